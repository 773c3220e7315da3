//! What was known of all customers on the first day of a month, and nothing later.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::{Shop, gap, simple};
use crate::rebooking::category::{blended_days, own_median};
use crate::rebooking::formula::OWN_PATTERN_VISITS;
use crate::rebooking::predict::gaps_newest_first;

/// Before anybody came back a third time, the simple methods get the formula's prior.
const PRIOR_OFFSET: f64 = 0.4;

/// What was known on one day.
#[derive(Clone, Debug)]
pub(super) struct Known {
    day: NaiveDate,
    /// The typical gap of each category in days, the default blended with the shop's own.
    pub(super) category_days: Vec<f64>,
    /// What each simple method has to add (to the logarithm) so that 80 % of those who come
    /// back come by then.
    pub(super) offsets: [f64; 3],
}

/// What was known on each of some days.
pub(super) struct Months(Vec<Known>);

impl Months {
    /// What was known at the origin before this day.
    pub(super) fn at(&self, day: NaiveDate) -> &Known {
        let after = self.0.partition_point(|known| known.day <= day);
        &self.0[after.saturating_sub(1)]
    }
}

impl Known {
    /// For each of these days, which stand in order.
    pub(super) fn at_each(origins: &[NaiveDate], shop: &Shop) -> Months {
        let misses = misses(shop);
        let mut streams = Stream::all(shop);
        let known = origins.iter().map(|day| {
            for stream in &mut streams {
                stream.learn_until(*day);
            }
            Self {
                day: *day,
                category_days: category_days(&streams, shop),
                offsets: offsets(&misses[..misses.partition_point(|(known, _)| known < day)]),
            }
        });
        Months(known.collect())
    }
}

/// The days on which one customer had a service of one category.
struct Stream {
    category: u16,
    days: Vec<NaiveDate>,
    /// How many of them are known so far.
    known: usize,
    /// The customer's vote on the category, as far as is known.
    vote: Option<f64>,
}

impl Stream {
    fn all(shop: &Shop) -> Vec<Self> {
        let mut streams = Vec::new();
        for customer in &shop.customers {
            let mut own: BTreeMap<u16, Vec<NaiveDate>> = BTreeMap::new();
            for seen in customer.visits.iter().chain(&customer.further) {
                own.entry(seen.category).or_default().push(seen.day);
            }
            streams.extend(own.into_iter().map(|(category, mut days)| {
                days.sort_unstable();
                Self {
                    category,
                    days,
                    known: 0,
                    vote: None,
                }
            }));
        }
        streams
    }

    fn learn_until(&mut self, origin: NaiveDate) {
        let known = self.days.partition_point(|day| *day < origin);
        if known > self.known {
            self.known = known;
            self.vote = own_median(gaps_newest_first(&self.days[..known]));
        }
    }
}

/// The default of each category, blended with one vote per customer.
fn category_days(streams: &[Stream], shop: &Shop) -> Vec<f64> {
    let mut votes: Vec<Vec<f64>> = vec![Vec::new(); shop.categories.len()];
    for stream in streams {
        votes[usize::from(stream.category)].extend(stream.vote);
    }
    let defaults = shop.categories.iter().map(|known| known.default_days);
    defaults
        .zip(&mut votes)
        .map(|(default, votes)| blended_days(default, votes))
        .collect()
}

/// Of each return its day and by how much (in logarithms) each simple method missed it.
fn misses(shop: &Shop) -> Vec<(NaiveDate, [f64; 3])> {
    let mut misses = Vec::new();
    for customer in &shop.customers {
        let days: Vec<NaiveDate> = customer.visits.iter().map(|seen| seen.day).collect();
        for next in OWN_PATTERN_VISITS..days.len() {
            let actual = f64::from(gap(days[next - 1], days[next])).ln();
            if let Some(predicted) = simple(&days[..next]) {
                misses.push((
                    days[next],
                    predicted.map(|predicted| actual - predicted.ln()),
                ));
            }
        }
    }
    misses.sort_by_key(|(day, _)| *day);
    misses
}

fn offsets(misses: &[(NaiveDate, [f64; 3])]) -> [f64; 3] {
    [0, 1, 2].map(|method| {
        let mut all: Vec<f64> = misses.iter().map(|(_, by)| by[method]).collect();
        let at = (all.len() as f64 * 0.8) as usize;
        if all.is_empty() {
            return PRIOR_OFFSET;
        }
        *all.select_nth_unstable_by(at, f64::total_cmp).1
    })
}
