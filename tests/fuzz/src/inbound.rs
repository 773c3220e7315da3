//! The property of every inbound parser: whatever the bytes are, what comes out survives the
//! queue and the table, and a second delivery gives the same.

use channels::{Batch, InboundEvent, InboundKind, parse};
use chrono::{DateTime, TimeDelta, Utc};
use domain::channel::Channel;
use domain::content::Content;
use serde_json::Value;

use crate::table;

/// Parses a body that was posted to `channel`.
pub fn check(channel: Channel, body: &[u8]) {
    let received_at = DateTime::from_timestamp_micros(1_795_176_000_123_456).expect("in range");
    let is_object = serde_json::from_slice::<Value>(body).is_ok_and(|body| body.is_object());
    let parsed = parse(channel, body, received_at);
    assert_eq!(parsed.is_ok(), is_object, "every JSON object can be read");
    let Ok(batch) = parsed else { return };
    assert_eq!(
        Some(&batch),
        parse(channel, body, received_at).ok().as_ref(),
        "the same delivery twice"
    );

    let queued = serde_json::to_string(&batch).expect("events are JSON");
    let read: Batch = serde_json::from_str(&queued).expect("the queue gives back what it got");
    table::same(&batch, &read);
    batch
        .events
        .iter()
        .for_each(|event| check_event(event, received_at));
}

fn check_event(event: &InboundEvent, received_at: DateTime<Utc>) {
    // A platform's clock may run ahead; a day is no clock.
    let tomorrow = received_at + TimeDelta::days(1);
    assert!(event.at < tomorrow, "an event of the future");
    assert!(
        event.at <= received_at || event.at_is_ours,
        "a time ahead of ours is told apart"
    );
    assert!(event.at >= DateTime::UNIX_EPOCH, "before all platforms");
    assert!(
        !event.dedup.is_empty(),
        "nothing to recognise a repetition by"
    );
    if matches!(event.kind, InboundKind::Unknown { .. }) {
        assert!(event.raw.is_some(), "what nobody understands is kept");
        assert!(
            !event.opens_window(),
            "what nobody understands opens nothing"
        );
    }
    if let Some(user) = &event.user {
        let (shown, address) = (format!("{user:?}"), user.reveal());
        let told = address.chars().count() > 8 && shown.contains(address);
        assert!(!told, "an address as it would stand in a log line: {shown}");
    }
    table::holds(event);
    contents(&event.kind).for_each(|content| {
        assert!(!content.preview().contains('\n'), "a preview is one line");
    });
}

fn contents(kind: &InboundKind) -> impl Iterator<Item = &Content> {
    let (first, more) = match kind {
        InboundKind::Message(message) => (Some(&message.content), message.more.as_slice()),
        InboundKind::Echo(echo) => (Some(&echo.content), &[][..]),
        InboundKind::Edited { content, .. } => (Some(content), &[][..]),
        _ => (None, &[][..]),
    };
    first.into_iter().chain(more)
}
