//! When to send, without a model: the time the owner named, else a few hours.

use chrono::{DateTime, TimeDelta, Utc};

use crate::duration::time_in_description;

/// When the description names no time: long enough not to press, and inside a window of
/// 24 hours.
const USUAL_DELAY: TimeDelta = TimeDelta::hours(4);

/// Chooses an instant from `earliest` to `latest`, whatever else is asked. `anchor` is
/// the message the delay counts from. If the interval is empty, it is `earliest`.
pub fn pick_time(
    description: &str,
    earliest: DateTime<Utc>,
    latest: DateTime<Utc>,
    anchor: DateTime<Utc>,
    now: DateTime<Utc>,
) -> DateTime<Utc> {
    let delay = time_in_description(description).unwrap_or(USUAL_DELAY);
    let wished = anchor.checked_add_signed(delay).unwrap_or(latest);
    // `max` last: an empty interval must not send before its start.
    wished.max(now).min(latest).max(earliest)
}
