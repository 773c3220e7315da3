//! What was known of all customers on the first day of a month, and nothing later.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::{Seen, Shop, gap, simple};
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
        let known = origins.iter().map(|day| Self {
            day: *day,
            category_days: category_days(*day, shop),
            offsets: offsets(&misses[..misses.partition_point(|(known, _)| known < day)]),
        });
        Months(known.collect())
    }
}

/// One vote per customer and category: the median of the gaps between days with a service of it.
fn category_days(origin: NaiveDate, shop: &Shop) -> Vec<f64> {
    let mut votes: Vec<Vec<f64>> = vec![Vec::new(); shop.categories.len()];
    for customer in &shop.customers {
        let before = |seen: &&Seen| seen.day < origin;
        let visits = customer.visits.iter().take_while(before);
        let further = customer.further.iter().take_while(before);
        let mut days: BTreeMap<u16, Vec<NaiveDate>> = BTreeMap::new();
        for seen in visits.chain(further) {
            days.entry(seen.category).or_default().push(seen.day);
        }
        for (category, mut days) in days {
            days.sort_unstable();
            votes[usize::from(category)].extend(own_median(gaps_newest_first(&days)));
        }
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
