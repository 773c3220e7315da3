//! After switch-on: what reminders change, against customers who get none (NX-06).

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::interval::{Interval, difference};
use crate::settings::Locale;

/// Below so many customers in either group nothing is concluded.
pub const LEAST_CUSTOMERS: u64 = 100;
/// Below so many who came back, or who did not, in either group nothing is concluded.
pub const LEAST_EVENTS: u64 = 10;

/// Whether this customer is in the holdout.
///
/// The customer stays in it (or out) for as long as
/// the rule lives: changing sides would mix both groups. `share_percent` 0, the default, keeps
/// nobody back; more percent only add customers.
#[must_use]
pub fn is_held_out(rule: &str, customer: &str, share_percent: u32) -> bool {
    let digest = Sha256::new()
        .chain_update((rule.len() as u64).to_be_bytes())
        .chain_update(rule)
        .chain_update(customer)
        .finalize();
    let number = digest[..8]
        .iter()
        .fold(0u64, |number, byte| number << 8 | u64::from(*byte));
    number % 100 < u64::from(share_percent)
}

/// One group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Customers whose reminder was due, sent or held back.
    pub customers: u64,
    /// Those of them who booked or came within the time that counts.
    pub returned: u64,
}

impl Group {
    /// Customers are counted once, with the first reminder that was due.
    pub fn add(&mut self, returned: bool) {
        self.customers += 1;
        self.returned += u64::from(returned);
    }
}

/// What may be concluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Too few customers, or nearly all or none came back.
    TooLittleData,
    /// The range includes no difference at all.
    NotProven,
    /// More come back with a reminder.
    Helps,
    /// Fewer do.
    Harms,
}

/// What reminders change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lift {
    /// Difference of the shares who came back, reminded minus held out: 0.05 is five more of a
    /// hundred. The range holds the true value with 95 % certainty.
    pub range: Interval,
    /// What follows from it.
    pub verdict: Verdict,
}

/// Compares who was reminded with who was held out.
#[must_use]
pub fn lift(reminded: Group, held_out: Group) -> Lift {
    let range = difference(
        (reminded.returned, reminded.customers),
        (held_out.returned, held_out.customers),
    );
    let enough = |group: Group| {
        let stayed_away = group.customers.saturating_sub(group.returned);
        group.customers >= LEAST_CUSTOMERS && group.returned.min(stayed_away) >= LEAST_EVENTS
    };
    let verdict = if !enough(reminded) || !enough(held_out) {
        Verdict::TooLittleData
    } else if !range.excludes_zero() {
        Verdict::NotProven
    } else if range.low > 0.0 {
        Verdict::Helps
    } else {
        Verdict::Harms
    };
    Lift { range, verdict }
}

impl Lift {
    /// In words.
    #[must_use]
    pub fn explain(&self, locale: Locale) -> String {
        let per_hundred = |share: f64| (share * 100.0).round() as i64;
        let (low, high) = (per_hundred(self.range.low), per_hundred(self.range.high));
        match (self.verdict, locale) {
            (Verdict::TooLittleData, Locale::De) => {
                "Noch kein Urteil: zu wenige Kunden in einer der beiden Gruppen.".to_owned()
            }
            (Verdict::TooLittleData, Locale::En) => {
                "No verdict yet: too few customers in one of the groups.".to_owned()
            }
            (Verdict::NotProven, Locale::De) => format!(
                "Kein nachweisbarer Unterschied: zwischen {low} und {high} mehr von hundert kommen wieder."
            ),
            (Verdict::NotProven, Locale::En) => format!(
                "No difference is proven: between {low} and {high} more of a hundred come back."
            ),
            (_, Locale::De) => format!(
                "Mit Erinnerung kommen von hundert Kunden zwischen {low} und {high} mehr wieder."
            ),
            (_, Locale::En) => format!(
                "With a reminder between {low} and {high} more of a hundred customers come back."
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(customers: u64, returned: u64) -> Group {
        Group {
            customers,
            returned,
        }
    }

    #[test]
    fn nx_06_too_little_data_gives_no_verdict() {
        let verdict = |a, b| lift(a, b).verdict;
        assert_eq!(verdict(group(0, 0), group(0, 0)), Verdict::TooLittleData);
        assert_eq!(
            verdict(group(99, 90), group(1000, 100)),
            Verdict::TooLittleData
        );
        assert_eq!(
            verdict(group(1000, 900), group(100, 9)),
            Verdict::TooLittleData
        );
        assert_eq!(
            verdict(group(1000, 995), group(100, 50)),
            Verdict::TooLittleData
        );
        assert_eq!(
            verdict(group(1000, 410), group(100, 40)),
            Verdict::NotProven
        );
        assert_eq!(verdict(group(5000, 2500), group(1000, 400)), Verdict::Helps);
        assert_eq!(verdict(group(5000, 2000), group(1000, 500)), Verdict::Harms);
        let found = lift(group(5000, 2500), group(1000, 400));
        assert_eq!(
            found.explain(Locale::En),
            "With a reminder between 7 and 13 more of a hundred customers come back."
        );
        for locale in [Locale::De, Locale::En] {
            for (a, b) in [(0, 0), (410, 40), (800, 20)] {
                let text = lift(group(1000, a), group(100, b)).explain(locale);
                assert!(text.ends_with('.'), "{text}");
            }
        }
    }

    #[test]
    fn the_holdout_is_as_large_as_asked_and_only_grows() {
        let mut count = [0; 2];
        for n in 0..10_000 {
            let customer = format!("cus_{n}");
            assert!(!is_held_out("rul_1", &customer, 0));
            assert!(is_held_out("rul_1", &customer, 100));
            let (ten, twenty) = (
                is_held_out("rul_1", &customer, 10),
                is_held_out("rul_1", &customer, 20),
            );
            assert!(!ten || twenty);
            count[0] += u32::from(ten);
            count[1] += u32::from(ten && is_held_out("rul_2", &customer, 10));
        }
        assert!((900..1100).contains(&count[0]), "{count:?}");
        assert!((60..150).contains(&count[1]), "{count:?}"); // rules keep back others
    }
}
