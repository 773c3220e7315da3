//! The property of what providers of mail, SMS and calls report: whatever the bytes are, what comes
//! out survives the queue and the table, and a second delivery gives the same.

use std::fmt::Debug;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::table;

/// When everything arrives.
pub fn arrival() -> DateTime<Utc> {
    DateTime::from_timestamp_micros(1_795_176_000_123_456).expect("in range")
}

/// Holds `read` against the property for one body. `facts` tells an event's time and key.
pub fn check<T>(
    body: &[u8],
    read: impl Fn(&[u8], DateTime<Utc>) -> Vec<T>,
    facts: impl Fn(&T) -> (DateTime<Utc>, &str),
) where
    T: Serialize + DeserializeOwned + PartialEq + Debug,
{
    let events = read(body, arrival());
    assert_eq!(events, read(body, arrival()), "the same delivery twice");
    for event in &events {
        let (at, dedup) = facts(event);
        assert!(at <= arrival(), "an event of the future");
        assert!(at >= DateTime::UNIX_EPOCH, "before all platforms");
        assert!(!dedup.is_empty(), "nothing to recognise a repetition by");
        table::holds(event);
        let queued = serde_json::to_string(event).expect("events are JSON");
        let back: T = serde_json::from_str(&queued).expect("the queue gives back what it got");
        table::same(event, &back);
    }
}
