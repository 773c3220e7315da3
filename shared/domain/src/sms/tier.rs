//! The month's segments, and what happens to a message when they do not suffice.
//!
//! MO-22 to MO-25 and MO-34. Tiers, prices and limits are the owner's own
//! settings (NX-48).

use std::fmt;
use std::num::NonZeroU32;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::Segments;
use crate::ids::KeyId;
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

    /// Notes a call that was taken.
    pub fn note_call(&mut self, seconds: u64, per_minute: u32) {
        self.calls = self
            .calls
            .saturating_add(call_segments(seconds, per_minute));
    }
}

/// What an incoming call counts: so many segments for every minute begun; one that was not taken
/// counts nothing (MO-34).
#[must_use]
pub fn call_segments(seconds: u64, per_minute: u32) -> u64 {
    seconds.div_ceil(60).saturating_mul(u64::from(per_minute))
}

/// What happens to an SMS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "route", rename_all = "snake_case")]
pub enum Route {
    /// It leaves as SMS.
    Sms {
        /// What it uses.
        segments: u32,
        /// What is left afterwards.
        left: u64,
    },
    /// The same message goes by e-mail.
    EmailInstead {
        /// Why not as SMS.
        reason: Reason,
    },
    /// It fails.
    Fail {
        /// Why not as SMS.
        reason: Reason,
        /// Why not by e-mail.
        email: Reason,
    },
}

/// What happens to an SMS, and what that was decided on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Routing {
    /// What happens.
    pub route: Route,
    /// The owner has not heard yet that this limit is reached: tell them, with the link to the
    /// larger tiers, and keep [`Usage::told_of_limit`] in the same write. The link goes to nobody
    /// else (MO-23).
    pub tell_owner: bool,
    /// The usage afterwards.
    pub usage: Usage,
    /// What was looked at.
    pub gates: Vec<Gate>,
}

/// Decides about a message that may be sent as SMS as far as the customer goes.
///
/// It leaves whole or not at all. `email` is what [`may_send`](crate::consent::may_send) says of the same message by
/// e-mail; it is asked for only where it matters.
#[must_use]
pub fn route(
    size: Segments,
    usage: Usage,
    tier: &Tier,
    email: impl FnOnce() -> Option<Reason>,
) -> Routing {
    let needed = u64::from(size.parts);
    let (used, limit, left) = (usage.total(), tier.segments, usage.left(tier));
    let enough = needed <= left;
    let input = format!("needs {needed} segments; {used} of {limit} are used");
    let mut gates = vec![Gate::new(GateName::Segments, enough, input)];
    let mut usage = usage;
    if enough {
        usage.sms = usage.sms.saturating_add(needed);
        let route = Route::Sms {
            segments: size.parts,
            left: left - needed,
        };
        return Routing {
            route,
            tell_owner: false,
            usage,
            gates,
        };
    }
    let reason = Reason::SegmentsSpent { used, limit };
    let refusal = email();
    gates.push(Gate::new(
        GateName::Channel,
        refusal.is_none(),
        "the same message by e-mail",
    ));
    let route = match refusal {
        None => Route::EmailInstead { reason },
        Some(email) => Route::Fail { reason, email },
    };
    let tell_owner = usage.told_of_limit != Some(limit);
    usage.told_of_limit = Some(limit);
    Routing {
        route,
        tell_owner,
        usage,
        gates,
    }
}

/// When an account counts as one that mainly sends messages (MO-25).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockRule {
    /// So many messages for each booking or active customer, whichever are more, are fine.
    pub messages_each: NonZeroU32,
    /// Up to so many messages nothing is locked: a business that has just begun has few bookings.
    pub always_allowed: u64,
}

impl Default for LockRule {
    fn default() -> Self {
        Self {
            messages_each: NonZeroU32::new(50).expect("50 is not 0"),
            always_allowed: 1_000,
        }
    }
}

/// What an account did in the last 30 days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// Messages that left.
    pub messages: u64,
    /// Bookings.
    pub bookings: u64,
    /// Customers with a visit or a message of theirs.
    pub active_customers: u64,
}

/// Leave for one account to send nevertheless, by the owner of the installation. It is also an
/// entry of the audit log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// With which key.
    pub by: KeyId,
    /// Since when.
    pub at: DateTime<Utc>,
    /// Until when; `None`: for good.
    pub until: Option<DateTime<Utc>>,
}

/// Whether the account may send messages.
#[must_use]
pub fn account(
    activity: Activity,
    rule: LockRule,
    exception: Option<Exception>,
    now: DateTime<Utc>,
) -> (Gate, Option<Reason>) {
    let base = activity.bookings.max(activity.active_customers);
    let limit = base
        .saturating_mul(u64::from(rule.messages_each.get()))
        .max(rule.always_allowed);
    let messages = activity.messages;
    let input = format!("{messages} messages in 30 days, {limit} allowed");
    let excepted = exception.is_some_and(|it| it.until.is_none_or(|until| now < until));
    match (messages > limit, excepted) {
        (false, _) => (Gate::new(GateName::Account, true, input), None),
        (true, true) => {
            let input = format!("{input}; the owner of the installation made an exception");
            (Gate::new(GateName::Account, true, input), None)
        }
        (true, false) => {
            let refusal = Reason::AccountLocked { messages, limit };
            (Gate::new(GateName::Account, false, input), Some(refusal))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fixtures::{berlin, hours, monday, utc};
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

    fn no_address() -> Option<Reason> {
        let medium = crate::consent::Medium::Email;
        Some(Reason::NoAddress { medium })
    }

    #[test]
    fn a_message_leaves_whole_or_not_at_all() {
        let two_parts = count(&"a".repeat(161));
        let fits = route(two_parts, used(8), &tier(10), || None);
        assert_eq!(
            fits.route,
            Route::Sms {
                segments: 2,
                left: 0
            }
        );
        assert_eq!((fits.usage.sms, fits.tell_owner), (10, false));
        let spent = route(two_parts, used(9), &tier(10), || None);
        let reason = Reason::SegmentsSpent { used: 9, limit: 10 };
        assert_eq!(spent.route, Route::EmailInstead { reason });
        assert_eq!(spent.usage.sms, 9);
        // A shorter one still fits.
        let short = route(count("Hi"), spent.usage, &tier(10), || None);
        assert_eq!(
            short.route,
            Route::Sms {
                segments: 1,
                left: 0
            }
        );
    }

    #[test]
    fn without_an_address_it_fails_with_both_reasons() {
        let spent = route(count("Hi"), used(10), &tier(10), no_address);
        insta::assert_json_snapshot!(spent);
    }

    #[test]
    fn the_owner_is_told_once_for_each_limit() {
        let spent = |usage, limit| route(count("Hi"), usage, &tier(limit), || None);
        let first = spent(used(10), 10);
        assert!(first.tell_owner);
        let second = spent(first.usage, 10);
        assert!(!second.tell_owner);
        // The tier was raised, and spent again.
        let raised = Usage {
            sms: 20,
            ..second.usage
        };
        assert!(spent(raised, 20).tell_owner);
        // The next month tells anew.
        let next = second.usage.at(utc("2026-11-30T23:00:00Z"), berlin());
        assert_eq!(
            next,
            Usage::new(Month {
                year: 2026,
                month: 12
            })
        );
        assert_eq!(
            second.usage.at(utc("2026-11-30T22:59:59Z"), berlin()),
            second.usage
        );
        assert_eq!(next.month.to_string(), "2026-12");
    }

    #[test]
    fn calls_count_by_minutes_begun() {
        let minutes = [0, 1, 60, 61, 3600].map(|seconds| call_segments(seconds, 2));
        assert_eq!(minutes, [0, 2, 2, 4, 120]);
        let mut usage = used(9);
        usage.note_call(61, 2);
        // A call is taken although it uses more than was left; nothing is left then.
        assert_eq!((usage.total(), usage.left(&tier(10))), (13, 0));
    }

    #[test]
    fn an_account_that_mainly_sends_messages_is_locked() {
        let rule = LockRule::default();
        let sent = |messages, exception| {
            let activity = Activity {
                messages,
                bookings: 30,
                active_customers: 40,
            };
            account(activity, rule, exception, monday()).1
        };
        let locked = Some(Reason::AccountLocked {
            messages: 2_001,
            limit: 2_000,
        });
        assert_eq!(sent(2_000, None), None);
        assert_eq!(sent(2_001, None), locked);
        let exception = |until| Exception {
            by: KeyId::derive(&["owner"]),
            at: monday(),
            until,
        };
        assert_eq!(sent(2_001, Some(exception(None))), None);
        assert_eq!(
            sent(2_001, Some(exception(Some(monday() + hours(1))))),
            None
        );
        assert_eq!(sent(2_001, Some(exception(Some(monday())))), locked);
        let new = Activity {
            messages: 1_000,
            ..Activity::default()
        };
        assert_eq!(account(new, rule, None, monday()).1, None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_message_goes_beyond_the_limit(
            limit in 0_u64..60,
            lengths in proptest::collection::vec(1_usize..800, 0..40),
        ) {
            let mut usage = used(0);
            let mut told = 0;
            for length in lengths {
                let size = count(&"x".repeat(length));
                let routing = route(size, usage, &tier(limit), || None);
                let left = matches!(routing.route, Route::Sms { .. });
                prop_assert_eq!(left, usage.total() + u64::from(size.parts) <= limit);
                told += u32::from(routing.tell_owner);
                usage = routing.usage;
                prop_assert!(usage.total() <= limit);
            }
            prop_assert!(told <= 1);
        }
    }
}
