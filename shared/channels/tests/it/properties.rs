//! Whatever arrives: no panic, and nothing lost.

use std::sync::OnceLock;

use channels::outbound::SmsAccount;
use channels::sms::Sender;
use channels::{Account, OutboundMessage, Response, To, classify, parse, request};
use domain::channel::{Channel, ChannelUser};
use domain::content::Content;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use crate::fixtures::{all, arrival};

fn bodies() -> &'static [(Channel, Value)] {
    static BODIES: OnceLock<Vec<(Channel, Value)>> = OnceLock::new();
    BODIES.get_or_init(|| {
        all()
            .into_iter()
            .map(|fixture| {
                (
                    fixture.channel,
                    serde_json::from_slice(&fixture.body).unwrap(),
                )
            })
            .collect()
    })
}

/// What must come out at least: every element of every list that holds events.
fn elements(channel: Channel, body: &Value) -> usize {
    const OBJECTS: [&str; 3] = ["whatsapp_business_account", "page", "instagram"];
    const LISTS: [&str; 10] = [
        "messages",
        "statuses",
        "message_echoes",
        "calls",
        "user_preferences",
        "user_id_update",
        "errors",
        "messaging",
        "standby",
        "changes",
    ];
    let list = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
    match channel {
        Channel::Telegram => 1,
        Channel::Loopback => list(body, "events").len(),
        // A body that nobody knows stays together, as one event.
        _ if !OBJECTS.iter().any(|object| body["object"] == *object) => 1,
        _ => list(body, "entry")
            .iter()
            .map(|entry| {
                let direct: usize = ["messaging", "standby"]
                    .iter()
                    .map(|key| list(entry, key).len())
                    .sum();
                let changes = list(entry, "changes");
                let inner: usize = changes
                    .iter()
                    .map(|change| {
                        let inside: usize = LISTS
                            .iter()
                            .map(|key| list(&change["value"], key).len())
                            .sum();
                        inside.max(1)
                    })
                    .sum();
                let is_page = body["object"] != "whatsapp_business_account";
                direct + if is_page { changes.len() } else { inner }
            })
            .sum(),
    }
}

/// Replaces the value at one place of the tree.
fn mutate(value: &mut Value, place: &Index, replacement: &Value) {
    let mut count = 0;
    visit(value, &mut |_| {
        count += 1;
        false
    });
    let target = place.index(count);
    let mut seen = 0;
    visit(value, &mut |node| {
        let hit = seen == target;
        seen += 1;
        if hit {
            *node = replacement.clone();
        }
        hit
    });
}

/// Depth first; stops when the visitor says so.
fn visit(value: &mut Value, visitor: &mut dyn FnMut(&mut Value) -> bool) -> bool {
    if visitor(value) {
        return true;
    }
    match value {
        Value::Array(items) => items.iter_mut().any(|item| visit(item, visitor)),
        Value::Object(fields) => fields.values_mut().any(|field| visit(field, visitor)),
        _ => false,
    }
}

fn odd_values() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(1.5e300),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(""),
        json!("\u{0}"),
        json!("9".repeat(600)),
        json!([]),
        json!([null, 7, {}]),
        json!({}),
        json!({ "id": {}, "type": [] }),
    ]
}

/// A customer writes these documents; one that nobody could read again would hold up the queue.
#[test]
fn deep_documents_of_customers_survive_the_queue() {
    let deep = format!("{}1{}", "[".repeat(120), "]".repeat(120));
    let form = json!({ "update_id": 1, "message": {
        "message_id": 7, "date": 1_790_000_000, "from": { "id": 5, "first_name": "A" },
        "chat": { "id": 5, "type": "private" },
        "web_app_data": { "button_text": "Formular", "data": deep },
    } });
    let unknown = format!("{{\"update_id\":2,\"novelty\":{deep}}}");
    for body in [form.to_string(), unknown] {
        let batch = parse(Channel::Telegram, body.as_bytes(), arrival()).unwrap();
        let queued = serde_json::to_string(&batch).unwrap();
        let read: channels::Batch = serde_json::from_str(&queued).unwrap();
        assert_eq!(read, batch);
        assert!(queued.contains(&deep), "nothing is lost: {queued}");
    }
}

#[test]
fn no_event_is_dated_before_1970() {
    for at in ["-262000-01-01T00:00:00Z", "1969-12-31T23:59:59Z"] {
        let body = json!({ "from": "anna", "text": "x", "at": at }).to_string();
        let batch = parse(Channel::Loopback, body.as_bytes(), arrival()).unwrap();
        assert_eq!(batch.events[0].at, chrono::DateTime::UNIX_EPOCH);
    }
}

/// Of mail there are reports only, and the call of an SDK.
fn with_webhook() -> Vec<Channel> {
    let all = Channel::ALL.into_iter();
    all.filter(|channel| *channel != Channel::Email).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(raw in prop::collection::vec(any::<u8>(), 0..400)) {
        for channel in with_webhook() {
            let _ = parse(channel, &raw, arrival());
            for status in [200, 400, 429, 500] {
                let response = Response { status, retry_after: Some("x"), body: &raw };
                let _ = classify(channel, &response);
            }
        }
    }

    #[test]
    fn damaged_payloads_lose_no_element(
        which in any::<Index>(),
        damages in prop::collection::vec((any::<Index>(), select(odd_values())), 1..4),
    ) {
        let (channel, body) = which.get(bodies());
        let mut body = body.clone();
        for (place, value) in &damages {
            mutate(&mut body, place, value);
        }
        let raw = body.to_string();
        match parse(*channel, raw.as_bytes(), arrival()) {
            Ok(batch) => {
                prop_assert!(batch.events.len() >= elements(*channel, &body), "{raw}");
                prop_assert!(batch.events.iter().all(|event| event.at <= arrival()));
            }
            Err(_) => prop_assert!(!body.is_object()),
        }
    }

    #[test]
    fn a_text_leaves_exactly_when_it_fits(
        text in "[a-zü😀 \n]{0,40}",
        times in 0_usize..60,
        which in select(with_webhook()),
    ) {
        let text = text.repeat(times);
        let account = Account {
            channel: which,
            base_url: "https://platform.example",
            api_version: "v25.0",
            id: "1",
            token: "1:a",
            sms: Some(SmsAccount {
                sender: &Sender::parse("+4930555123").unwrap(),
                webhook: "https://desk.example.org/webhooks/sms/con_1",
            }),
        };
        // By SMS only numbers can be written to.
        let user = if which == Channel::Sms { "+4915112345678" } else { "1" };
        let to = To::user(ChannelUser::parse(user).unwrap());
        let message = OutboundMessage::follow_up(Content::text(text.clone()), "msg_1");
        let fits = !text.trim().is_empty() && which.text_limit().fits(&text);
        prop_assert_eq!(request(&account, &to, &message).is_ok(), fits);
    }

    #[test]
    fn any_channel_reads_any_platforms_payload(which in any::<Index>()) {
        let (_, body) = which.get(bodies());
        for channel in with_webhook() {
            let batch = parse(channel, body.to_string().as_bytes(), arrival()).unwrap();
            prop_assert!(!batch.events.is_empty());
        }
    }
}
