//! The month's segments, and what happens to a message when they do not suffice.
//!
//! MO-22 to MO-25 and MO-34. Tiers, prices and limits are the owner's own
//! settings (NX-48).

use std::fmt;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::Segments;
use crate::local_time::Zone;
use crate::receipt::{Gate, GateName, Reason};

/// How many segments a month, for what price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tier {
    /// Its name in lists.
    pub name: String,
    /// Segments a month.
    pub segments: u64,
    /// The price of a month, in hundredths of the currency's unit.
    pub price_cents: u64,
}

/// A calendar month on the wall clock of the business: `2026-11`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Month {
    /// The year.
    pub year: i32,
    /// The month, 1 to 12.
    pub month: u32,
}

impl Month {
    /// The month of an instant.
    #[must_use]
    pub fn of(at: DateTime<Utc>, zone: Zone) -> Self {
        Self::of_date(zone.day(at))
    }

    /// The month of a day.
    #[must_use]
    pub fn of_date(day: NaiveDate) -> Self {
        Self {
            year: day.year(),
            month: day.month(),
        }
    }

    /// Its first day.
    #[must_use]
    pub fn first_day(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.year, self.month, 1).unwrap_or_default()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// What was used in one month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Which month.
    pub month: Month,
    /// Segments of messages.
    pub sms: u64,
    /// Segments of incoming calls. They are taken whether or not any are left.
    pub calls: u64,
    /// The limit of which the owner was told that it is reached.
    pub told_of_limit: Option<u64>,
}

impl Usage {
    /// A month in which nothing was used yet.
    #[must_use]
    pub fn new(month: Month) -> Self {
        Self {
            month,
            sms: 0,
            calls: 0,
            told_of_limit: None,
        }
    }

    /// This one, or an empty one when a new month has begun.
    #[must_use]
    pub fn at(self, now: DateTime<Utc>, zone: Zone) -> Self {
        let month = Month::of(now, zone);
        if self.month == month {
            self
        } else {
            Self::new(month)
        }
    }

    /// All of it.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.sms.saturating_add(self.calls)
    }

    /// What is left of a tier.
    #[must_use]
    pub fn left(&self, tier: &Tier) -> u64 {
        tier.segments.saturating_sub(self.total())
    }

    /// What a tier holds for messages, those that were sent already among them: calls took the rest.
    #[must_use]
    pub fn left_for_messages(&self, tier: &Tier) -> u64 {
        tier.segments.saturating_sub(self.calls)
    }
}

/// What an incoming call counts: so many segments for every minute begun; one that was not taken
/// counts nothing (MO-34).
#[must_use]
pub fn call_segments(seconds: u64, per_minute: u32) -> u64 {
    seconds.div_ceil(60).saturating_mul(u64::from(per_minute))
}

/// That a message needs more segments than the month has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// Segments of the message.
    pub needed: u64,
    /// Segments that were used.
    pub used: u64,
    /// Segments of the tier.
    pub limit: u64,
}

impl Spent {
    /// Why it does not leave as SMS.
    #[must_use]
    pub fn reason(self) -> Reason {
        let Self { used, limit, .. } = self;
        Reason::SegmentsSpent { used, limit }
    }

    /// The gate that it stops at.
    #[must_use]
    pub fn gate(self) -> Gate {
        let Self {
            needed,
            used,
            limit,
        } = self;
        let input = format!("needs {needed} segments; {used} of {limit} are used");
        Gate::new(GateName::Segments, false, input)
    }
}

/// The usage once this message has left as SMS, whole, or why it does not: then `decide` looks
/// whether the same message may go by e-mail (MO-23).
///
/// # Errors
/// The month has not enough segments left.
pub fn take(size: Segments, usage: Usage, tier: &Tier) -> Result<Usage, Spent> {
    let needed = u64::from(size.parts);
    if needed <= usage.left(tier) {
        let sms = usage.sms.saturating_add(needed);
        return Ok(Usage { sms, ..usage });
    }
    Err(Spent {
        needed,
        used: usage.total(),
        limit: tier.segments,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fixtures::{berlin, monday, utc};
    use crate::sms::count;

    fn tier(segments: u64) -> Tier {
        Tier {
            name: "S".into(),
            segments,
            price_cents: 1_000,
        }
    }

    fn used(sms: u64) -> Usage {
        Usage {
            sms,
            ..Usage::new(Month::of(monday(), berlin()))
        }
    }

    #[test]
    fn a_message_leaves_whole_or_not_at_all() {
        let two_parts = count(&"a".repeat(161));
        assert_eq!(take(two_parts, used(8), &tier(10)), Ok(used(10)));
        let spent = take(two_parts, used(9), &tier(10)).unwrap_err();
        assert_eq!(spent.reason(), Reason::SegmentsSpent { used: 9, limit: 10 });
        assert_eq!(spent.gate().input, "needs 2 segments; 9 of 10 are used");
        // A shorter one still fits.
        assert_eq!(take(count("Hi"), used(9), &tier(10)), Ok(used(10)));
    }

    #[test]
    fn a_new_month_begins_with_nothing_used() {
        let spent = Usage {
            told_of_limit: Some(10),
            ..used(10)
        };
        let next = spent.at(utc("2026-11-30T23:00:00Z"), berlin());
        assert_eq!(
            next,
            Usage::new(Month {
                year: 2026,
                month: 12
            })
        );
        assert_eq!(spent.at(utc("2026-11-30T22:59:59Z"), berlin()), spent);
        assert_eq!(next.month.to_string(), "2026-12");
    }

    #[test]
    fn calls_count_by_minutes_begun() {
        let minutes = [0, 1, 60, 61, 3600].map(|seconds| call_segments(seconds, 2));
        assert_eq!(minutes, [0, 2, 2, 4, 120]);
        let mut usage = used(9);
        usage.calls += call_segments(61, 2);
        // A call is taken although it uses more than was left; nothing is left then.
        assert_eq!((usage.total(), usage.left(&tier(10))), (13, 0));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_message_goes_beyond_the_limit(
            limit in 0_u64..60,
            lengths in proptest::collection::vec(1_usize..800, 0..40),
        ) {
            let mut usage = used(0);
            for length in lengths {
                let size = count(&"x".repeat(length));
                let fits = usage.total() + u64::from(size.parts) <= limit;
                match take(size, usage, &tier(limit)) {
                    Ok(after) => {
                        prop_assert!(fits);
                        usage = after;
                    }
                    Err(spent) => {
                        prop_assert!(!fits);
                        prop_assert!(spent.needed > limit - spent.used);
                    }
                }
                prop_assert!(usage.total() <= limit);
            }
        }
    }
}
