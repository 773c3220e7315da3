//! How many requests a key and a workspace may make: a bucket for each, in the memory of a warm
//! process. It stops a script that runs wild; what a day may cost is counted in the table.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::{KeyId, WorkspaceId};
use domain::settings::Settings;

/// A bucket holds what may be asked in this time, so that much may come at once.
const SPAN: TimeDelta = TimeDelta::minutes(1);
/// How many buckets are kept; full ones are forgotten first, and lose nothing by it.
const MOST: usize = 10_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Bucket {
    Key(KeyId),
    Workspace(WorkspaceId),
}

/// When each bucket will be full again.
#[derive(Debug, Default)]
pub(crate) struct Limits(Mutex<HashMap<Bucket, DateTime<Utc>>>);

impl Limits {
    /// Takes a request out of both buckets, or says how long until there is one in each.
    pub(crate) fn take(
        &self,
        key: KeyId,
        settings: &Settings,
        now: DateTime<Utc>,
    ) -> Result<(), TimeDelta> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MOST {
            buckets.retain(|_, full_at| *full_at > now);
        }
        let both = [
            (Bucket::Key(key), settings.key_requests_per_minute),
            (
                Bucket::Workspace(settings.workspace),
                settings.requests_per_minute,
            ),
        ];
        let mut taken = Vec::new();
        for (bucket, per_minute) in both {
            let full_at = buckets.get(&bucket).copied().unwrap_or(now);
            taken.push((bucket, next(full_at, per_minute, now)?));
        }
        buckets.extend(taken);
        Ok(())
    }
}

/// When the bucket will be full after one request more, or how long until that fits.
fn next(
    full_at: DateTime<Utc>,
    per_minute: u32,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, TimeDelta> {
    // One that was taken at a later time by a clock that ran ahead holds nobody up for longer.
    let full_at = full_at.clamp(now, now + SPAN);
    let full_at = full_at + SPAN / i32::try_from(per_minute.max(1)).unwrap_or(i32::MAX);
    let missing = full_at - now - SPAN;
    if missing > TimeDelta::zero() {
        Err(missing)
    } else {
        Ok(full_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minutes_worth_may_come_at_once_and_then_as_fast_as_it_is_refilled() {
        let start = DateTime::from_timestamp(1_000_000, 0).unwrap();
        let mut full_at = start;
        let mut take = |now| match next(full_at, 60, now) {
            Ok(at) => {
                full_at = at;
                None
            }
            Err(wait) => Some(wait),
        };
        for _ in 0..60 {
            assert_eq!(take(start), None);
        }
        assert_eq!(take(start), Some(TimeDelta::seconds(1)));
        let later = start + TimeDelta::seconds(2);
        assert_eq!((take(later), take(later)), (None, None));
        assert_eq!(take(later), Some(TimeDelta::seconds(1)));
        // A clock that was set back.
        assert_eq!(
            take(start - TimeDelta::hours(1)),
            Some(TimeDelta::seconds(1))
        );
    }
}
