//! When one customer is expected, overdue, and to be reminded.

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use super::category::{Category, CategoryRhythm, Patterns};
use super::formula::{self, GAPS, OWN_PATTERN_VISITS, Rhythm};
use super::visit::Visit;
use crate::field::FieldError;
use crate::settings::Locale;

/// Who is this irregular (log spread) is reminded too early as often as not.
pub const IRREGULAR_SPREAD_PERCENT: u32 = 80;
/// So many of the last gaps are shown.
const SHOWN_GAPS: usize = 3;

/// What an owner may set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// How far customers of whom little is known deviate from their rhythm, in percent. Higher:
    /// later reminders, fewer too early.
    pub prior_spread_percent: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            prior_spread_percent: 40,
        }
    }
}

impl Settings {
    /// What is outside its limits.
    pub fn check(&self) -> Result<(), FieldError> {
        if (10..=150).contains(&self.prior_spread_percent) {
            return Ok(());
        }
        Err(FieldError::new(
            "prior_spread_percent",
            "out_of_range",
            format!("is {}, and must be 10 to 150", self.prior_spread_percent),
            "Leave it at 40; raise it when reminders reach irregular customers too early.",
        ))
    }

    /// The spread as the formula takes it.
    #[must_use]
    pub fn prior_spread(&self) -> f64 {
        f64::from(self.prior_spread_percent) / 100.0
    }
}

/// The days on which a customer was there: each once, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History(Vec<NaiveDate>);

impl History {
    /// From days in any order; several visits on one day are one.
    #[must_use]
    pub fn new(days: impl IntoIterator<Item = NaiveDate>) -> Self {
        let mut days: Vec<NaiveDate> = days.into_iter().collect();
        days.sort_unstable();
        days.dedup();
        Self(days)
    }

    /// From visits.
    #[must_use]
    pub fn of(visits: &[Visit]) -> Self {
        Self::new(visits.iter().map(|visit| visit.day))
    }

    /// The days, oldest first.
    #[must_use]
    pub fn days(&self) -> &[NaiveDate] {
        &self.0
    }

    /// Those that are not in the future.
    fn until(&self, today: NaiveDate) -> &[NaiveDate] {
        let past = self.0.partition_point(|day| *day <= today);
        &self.0[..past]
    }
}

/// Gaps between days in order, in days, newest first.
pub fn gaps_newest_first(days: &[NaiveDate]) -> impl Iterator<Item = u32> + '_ {
    days.windows(2)
        .rev()
        .map(|pair| u32::try_from((pair[1] - pair[0]).num_days()).unwrap_or(0))
}

/// What a prediction rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "basis", rename_all = "snake_case")]
pub enum Basis {
    /// Fewer than three visits: the pattern of the category (PH-11).
    Category {
        /// The category of the last visit.
        category: Category,
        /// Its typical gap in this shop, in days.
        days: u32,
    },
    /// Three visits or more: the customer's own pattern (PH-12).
    Own {
        /// The last gaps in days, up to three, oldest first.
        last_gaps: Vec<u32>,
        /// How many gaps were used, at most 24.
        gaps_used: u32,
    },
}

/// When a customer is expected, from when they are overdue, and when to remind them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prediction {
    /// The last completed visit.
    pub last_visit: NaiveDate,
    /// How many completed visits there are.
    pub visits: u32,
    /// The typical gap, in whole days.
    pub typical_days: u32,
    /// The day on which the customer would come by their own habit.
    pub expected_next: NaiveDate,
    /// The first day on which they are overdue: "at risk" (PH-12).
    pub at_risk: NaiveDate,
    /// Five days before that (PH-10, PH-16).
    pub reminder: NaiveDate,
    /// The usual deviation from the typical gap, in percent.
    pub spread_percent: u32,
    /// What all this rests on.
    pub basis: Basis,
}

impl Prediction {
    /// Whether the customer comes so irregularly that the reminder is likely to be early.
    #[must_use]
    pub fn irregular(&self) -> bool {
        self.spread_percent > IRREGULAR_SPREAD_PERCENT
    }

    /// The last visit plus the days until overdue.
    #[must_use]
    pub fn at_risk_day(&self) -> i64 {
        (self.at_risk - self.last_visit).num_days()
    }

    /// The reason in words, for the customer's page.
    #[must_use]
    pub fn explain(&self, patterns: &Patterns, locale: Locale) -> String {
        super::words::explain(self, patterns, locale)
    }
}

/// Predicts from the visits up to and including `today`. `category` is that of the last visit.
/// `None` without a visit, and where the calendar ends.
#[must_use]
pub fn predict(
    history: &History,
    category: &CategoryRhythm,
    settings: &Settings,
    today: NaiveDate,
) -> Option<Prediction> {
    let days = history.until(today);
    let last_visit = *days.last()?;
    let gaps = gaps_newest_first(days);
    let rhythm = formula::rhythm(gaps, category.days, settings.prior_spread());
    let basis = if days.len() < OWN_PATTERN_VISITS {
        Basis::Category {
            category: category.category.clone(),
            days: whole(category.days),
        }
    } else {
        let mut last_gaps: Vec<u32> = gaps_newest_first(days).take(SHOWN_GAPS).collect();
        last_gaps.reverse();
        Basis::Own {
            last_gaps,
            gaps_used: count((days.len() - 1).min(GAPS)),
        }
    };
    on_calendar(last_visit, &rhythm, count(days.len()), basis)
}

fn on_calendar(
    last_visit: NaiveDate,
    rhythm: &Rhythm,
    visits: u32,
    basis: Basis,
) -> Option<Prediction> {
    let after = |days: i64| last_visit.checked_add_days(Days::new(u64::try_from(days).ok()?));
    let typical_days = whole(rhythm.typical_days);
    Some(Prediction {
        last_visit,
        visits,
        typical_days,
        expected_next: after(i64::from(typical_days))?,
        at_risk: after(rhythm.at_risk_day)?,
        reminder: after(rhythm.reminder_day())?,
        spread_percent: whole(rhythm.spread * 100.0),
        basis,
    })
}

/// Rounded; the formula's numbers are positive and small.
fn whole(number: f64) -> u32 {
    number.round() as u32
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn history(days: &[&str]) -> History {
        History::new(days.iter().map(|text| day(text)))
    }

    fn category(days: u32) -> CategoryRhythm {
        let mut patterns = Patterns::default();
        let gel = Category::parse("gel_nails").unwrap();
        patterns.set(gel.clone(), days).unwrap();
        CategoryRhythm::default_of(&gel, &patterns)
    }

    fn of(history: &History, category_days: u32) -> Prediction {
        let today = day("2030-01-01");
        predict(
            history,
            &category(category_days),
            &Settings::default(),
            today,
        )
        .unwrap()
    }

    #[test]
    fn ph_11_ph_12_two_visits_take_the_category_and_three_the_own_pattern() {
        let two = of(&history(&["2026-01-05", "2026-02-02"]), 35);
        assert!(
            matches!(&two.basis, Basis::Category { days: 35, category } if category.as_str() == "gel_nails")
        );
        assert_eq!((two.typical_days, two.at_risk_day()), (35, 52));
        assert_eq!(two.reminder, day("2026-03-21"));

        let three = of(&history(&["2026-01-05", "2026-02-02", "2026-03-02"]), 35);
        assert_eq!(
            three.basis,
            Basis::Own {
                last_gaps: vec![28, 28],
                gaps_used: 2
            }
        );
        assert_eq!(three.typical_days, 28);
        assert_eq!(three.expected_next, day("2026-03-30"));
    }

    #[test]
    fn gaps_over_a_leap_day_are_counted_on_the_calendar() {
        let leap = of(&history(&["2024-02-01", "2024-02-29", "2024-03-28"]), 28);
        assert_eq!(leap.typical_days, 28);
        assert_eq!(leap.expected_next, day("2024-04-25"));
        let on_it = of(&history(&["2024-02-29"]), 365);
        assert_eq!(on_it.expected_next, day("2025-02-28"));
        assert_eq!(
            of(&history(&["2023-02-28"]), 366).expected_next,
            day("2024-02-29")
        );
    }

    #[test]
    fn of_200_visits_the_last_24_gaps_count() {
        let start = day("2010-01-01");
        let every = |days: u64, from: NaiveDate, visits: u64| {
            (0..visits).map(move |n| from + Days::new(n * days))
        };
        let old: Vec<NaiveDate> = every(60, start, 175).collect();
        let new: Vec<NaiveDate> = every(14, *old.last().unwrap(), 26).skip(1).collect();
        let both = predict(
            &History::new(old.into_iter().chain(new)),
            &category(21),
            &Settings::default(),
            day("2060-01-01"),
        )
        .unwrap();
        assert_eq!((both.visits, both.typical_days), (200, 14));
        assert!(matches!(both.basis, Basis::Own { gaps_used: 24, .. }));
    }

    #[test]
    fn a_visit_in_the_future_is_not_one_yet() {
        let days = history(&["2026-01-05", "2026-02-02", "2026-03-02"]);
        let on = |today: &str| predict(&days, &category(21), &Settings::default(), day(today));
        assert_eq!(on("2026-01-04"), None);
        assert_eq!(on("2026-03-01").unwrap().visits, 2);
        assert_eq!(on("2026-03-02").unwrap().visits, 3);
    }

    #[test]
    fn visits_all_on_one_day_are_one_visit() {
        let found = of(&history(&["2026-01-05"; 9]), 21);
        assert_eq!(found.visits, 1);
        assert!(matches!(found.basis, Basis::Category { .. }));
        assert_eq!(
            predict(
                &History::default(),
                &category(21),
                &Settings::default(),
                day("2026-01-01")
            ),
            None
        );
    }

    #[test]
    fn the_end_of_the_calendar_is_no_panic() {
        let last = History::new([NaiveDate::MAX]);
        assert_eq!(
            predict(&last, &category(21), &Settings::default(), NaiveDate::MAX),
            None
        );
        let far = History::new([NaiveDate::MIN, day("2026-01-01"), day("2026-02-01")]);
        assert!(predict(&far, &category(21), &Settings::default(), NaiveDate::MAX).is_some());
    }

    #[test]
    fn settings_have_limits() {
        assert!(Settings::default().check().is_ok());
        for wrong in [0, 9, 151] {
            let settings = Settings {
                prior_spread_percent: wrong,
            };
            assert_eq!(settings.check().unwrap_err().field, "prior_spread_percent");
        }
    }

    fn some_history() -> impl Strategy<Value = (NaiveDate, Vec<u64>)> {
        let start = (0u64..20_000).prop_map(|n| day("1990-01-01") + Days::new(n));
        (start, prop::collection::vec(1u64..400, 0..30))
    }

    fn along(start: NaiveDate, gaps: &[u64]) -> History {
        let steps = gaps.iter().scan(start, |day, gap| {
            *day = *day + Days::new(*gap);
            Some(*day)
        });
        History::new(std::iter::once(start).chain(steps))
    }

    proptest! {
        #[test]
        fn nobody_is_expected_or_reminded_before_their_last_visit(
            (start, gaps) in some_history(), category_days in 1u32..400,
        ) {
            let found = predict(&along(start, &gaps), &category(category_days), &Settings::default(), NaiveDate::MAX).unwrap();
            prop_assert!(found.last_visit < found.expected_next);
            prop_assert!(found.expected_next <= found.reminder);
            prop_assert_eq!(found.reminder + Days::new(5), found.at_risk);
        }

        /// The same customer a number of days later.
        #[test]
        fn a_history_that_is_moved_moves_every_day_with_it(
            (start, gaps) in some_history(), by in 0u64..1000, category_days in 1u32..400,
        ) {
            let settings = Settings::default();
            let on = |start| predict(&along(start, &gaps), &category(category_days), &settings, NaiveDate::MAX).unwrap();
            let (before, after) = (on(start), on(start + Days::new(by)));
            prop_assert_eq!(before.expected_next + Days::new(by), after.expected_next);
            prop_assert_eq!(before.at_risk + Days::new(by), after.at_risk);
            prop_assert_eq!(before.reminder + Days::new(by), after.reminder);
        }

        /// Only the last visit, which changes the rhythm as well. The expected day never goes
        /// back. The spread may shrink by more than the rhythm grows when the last gap was far
        /// shorter than usual: then, rarely, the reminder is a day earlier.
        #[test]
        fn a_later_last_visit_is_never_followed_by_an_earlier_one(
            (start, gaps) in some_history(), last in 1u64..400, by in 1u64..60, category_days in 1u32..400,
        ) {
            let settings = Settings::default();
            let on = |last| {
                let gaps: Vec<u64> = gaps.iter().copied().chain([last]).collect();
                predict(&along(start, &gaps), &category(category_days), &settings, NaiveDate::MAX).unwrap()
            };
            let (before, after) = (on(last), on(last + by));
            prop_assert!(before.expected_next <= after.expected_next);
            prop_assert!(before.reminder <= after.reminder + Days::new(1));
        }
    }
}
