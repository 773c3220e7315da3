//! Whether an account mainly sends messages, and is locked for it (MO-25). The owner of the installation
//! sets the ratio, none unless they do, and can make an exception.

use std::num::NonZeroU32;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::KeyId;
use crate::receipt::{Gate, GateName, Reason};

/// When an account counts as one that mainly sends messages (MO-25).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockRule {
    /// So many messages for each booking or active customer, whichever are more, are fine.
    pub messages_each: NonZeroU32,
    /// Up to so many messages nothing is locked: a business that has just begun has few bookings.
    pub always_allowed: u64,
}

impl LockRule {
    /// How many messages an account may send that did this much.
    #[must_use]
    pub fn limit(self, activity: Activity) -> u64 {
        let base = activity.bookings.max(activity.active_customers);
        base.saturating_mul(u64::from(self.messages_each.get()))
            .max(self.always_allowed)
    }
}

impl Default for LockRule {
    fn default() -> Self {
        Self {
            messages_each: NonZeroU32::new(50).expect("50 is not 0"),
            always_allowed: 1_000,
        }
    }
}

/// How far back is looked.
pub const LOOKS_BACK: TimeDelta = TimeDelta::days(30);
/// How often.
pub const LOOKED_AT_EVERY: TimeDelta = TimeDelta::days(1);

/// What is known of an account, and what it was allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Rises with every change; 0: nobody has looked yet.
    pub version: u64,
    /// What it did.
    pub activity: Activity,
    /// When that was looked at; `None`: never.
    pub looked_at: Option<DateTime<Utc>>,
    /// When it is looked at again; `None`: nothing is asked of it.
    pub next_at: Option<DateTime<Utc>>,
    /// What the owner allowed.
    pub exception: Option<Exception>,
}

impl Account {
    /// The gate, if anything is asked of the account.
    #[must_use]
    pub fn gate(
        &self,
        rule: Option<LockRule>,
        now: DateTime<Utc>,
    ) -> Option<(Gate, Option<Reason>)> {
        Some(account(self.activity, rule?, self.exception, now))
    }
}

/// What an account did in the last 30 days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// Messages that left, or were put on their way by a person.
    pub messages: u64,
    /// Visits, and appointments to come.
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
fn account(
    activity: Activity,
    rule: LockRule,
    exception: Option<Exception>,
    now: DateTime<Utc>,
) -> (Gate, Option<Reason>) {
    let limit = rule.limit(activity);
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
    use super::*;
    use crate::fixtures::{hours, monday};

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
}
