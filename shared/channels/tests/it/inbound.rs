//! Rules that hold across payloads.

use std::collections::HashSet;

use channels::inbound::{InboundKind, InboundMessage};
use channels::{InboundEvent, ParseError, parse};
use chrono::{TimeDelta, TimeZone, Utc};
use domain::channel::Channel;
use domain::content::Content;
use serde_json::{Value, json};

use crate::fixtures::{all, arrival, fixture};

fn only(channel: Channel, name: &str) -> InboundEvent {
    let events = fixture(channel, name).parsed().events;
    let [event] = events.try_into().expect("one event");
    event
}

fn message(event: &InboundEvent) -> &InboundMessage {
    match &event.kind {
        InboundKind::Message(message) => message,
        other => panic!("no message: {other:?}"),
    }
}

#[test]
fn a_thousand_updates_in_one_body_are_all_read() {
    let messages: Vec<Value> = (0..500)
        .map(|n| {
            json!({
                "from": format!("49151{n:07}"), "from_user_id": format!("DE.{n}"),
                "id": format!("wamid.{n}"), "timestamp": "1795255200",
                "type": "text", "text": { "body": format!("Nachricht {n}") },
            })
        })
        .collect();
    let statuses: Vec<Value> = (0..500)
        .map(|n| json!({ "id": format!("wamid.out.{n}"), "status": "sent", "timestamp": "1795255200" }))
        .collect();
    let value = |key: &str, list: &[Value]| json!({ "field": "messages", "value": { "metadata": { "phone_number_id": "1" }, key: list } });
    let body = json!({ "object": "whatsapp_business_account", "entry": [
        { "id": "a", "changes": [value("messages", &messages[..250]), value("statuses", &statuses)] },
        { "id": "b", "changes": [value("messages", &messages[250..])] },
    ]});
    let batch = parse(Channel::WhatsApp, body.to_string().as_bytes(), arrival()).unwrap();
    assert_eq!(batch.events.len(), 1000);
    let keys: HashSet<&str> = batch.events.iter().map(|e| e.dedup.as_str()).collect();
    assert_eq!(keys.len(), 1000);
    let unknown = |e: &&InboundEvent| matches!(e.kind, InboundKind::Unknown { .. });
    assert_eq!(batch.events.iter().filter(unknown).count(), 0);
}

#[test]
fn only_a_body_that_is_no_object_is_refused() {
    let read = |raw: &[u8]| parse(Channel::WhatsApp, raw, arrival());
    assert!(matches!(read(b""), Err(ParseError::NotJson(_))));
    assert!(matches!(read(b"{"), Err(ParseError::NotJson(_))));
    assert!(matches!(read(b"[]"), Err(ParseError::NotAnObject)));
    assert_eq!(read(b"{}").unwrap().events.len(), 1);
}

#[test]
fn nothing_but_the_malformed_elements_is_unknown() {
    let expected: HashSet<&str> = [
        "whatsapp/malformed_neighbours",
        "whatsapp/new_field",
        "whatsapp/status_new",
        "messenger/account_linking",
        "messenger/feed_change",
        "messenger/malformed_neighbours",
        "instagram/comment",
        "instagram/to_self",
        "telegram/channel_post",
        "telegram/malformed_message",
        "telegram/new_update_kind",
        "loopback/malformed_neighbours",
    ]
    .into();
    for fixture in all() {
        let name = format!("{}/{}", fixture.channel, fixture.name);
        let events = fixture.parsed().events;
        let unknown = events
            .iter()
            .any(|event| matches!(event.kind, InboundKind::Unknown { .. }));
        assert_eq!(unknown, expected.contains(name.as_str()), "{name}");
        for event in events {
            if matches!(event.kind, InboundKind::Unknown { .. }) {
                assert!(event.raw.is_some(), "{name} lost its JSON");
            }
        }
    }
}

#[test]
fn a_message_in_an_unknown_form_is_still_a_message() {
    for (channel, name) in [
        (Channel::WhatsApp, "new_type"),
        (Channel::WhatsApp, "unsupported"),
        (Channel::Instagram, "unsupported"),
        (Channel::Telegram, "poll"),
    ] {
        let event = only(channel, name);
        assert!(matches!(
            message(&event).content,
            Content::Unsupported { .. }
        ));
        assert!(
            event.raw.is_some() && event.opens_window(),
            "{channel}/{name}"
        );
    }
}

#[test]
fn the_scoped_id_comes_first_and_the_number_is_an_alias() {
    let both = only(Channel::WhatsApp, "text");
    assert_eq!(both.user.unwrap().reveal(), "DE.13491208655302741918");
    assert_eq!(both.aliases[0].reveal(), "4915123456789");
    assert_eq!(both.profile.phone.unwrap().reveal(), "+4915123456789");
    let hidden = only(Channel::WhatsApp, "text_username_only");
    assert_eq!(hidden.user.unwrap().reveal(), "DE.20871466390155820047");
    assert!(hidden.aliases.is_empty() && hidden.profile.phone.is_none());
    let old = only(Channel::WhatsApp, "text_phone_only");
    assert_eq!(old.user.unwrap().reveal(), "4915123456789");
}

#[test]
fn an_echo_belongs_to_the_customer_and_says_who_wrote() {
    let check = |channel, name, own: bool, person: bool| {
        let event = only(channel, name);
        let InboundKind::Echo(echo) = &event.kind else {
            panic!("{name} is no echo");
        };
        assert_ne!(
            event.user.as_ref().map(|u| u.reveal()),
            event.account.as_deref()
        );
        assert_eq!(echo.is_own(None), own, "{name}");
        assert_eq!(echo.is_own(Some("517793741234567")), own, "{name}");
        let by_person = echo.origin == channels::inbound::EchoOrigin::Person;
        assert_eq!(by_person, person, "{name}");
    };
    check(Channel::Messenger, "echo_own", true, false);
    check(Channel::Messenger, "echo_inbox", false, true);
    check(Channel::Messenger, "echo_without_app", false, true);
    check(Channel::Messenger, "echo_other_app", false, false);
    check(Channel::Instagram, "echo_app", false, true);
    check(Channel::Instagram, "echo_own", true, false);
    check(Channel::WhatsApp, "echo", false, true);
}

#[test]
fn windows_open_as_the_platforms_document_it() {
    let opens = |channel, name| only(channel, name).opens_window();
    for name in [
        "text",
        "button",
        "interactive_button",
        "image",
        "call",
        "order",
    ] {
        assert!(opens(Channel::WhatsApp, name), "{name}");
    }
    for name in [
        "reaction",
        "edit",
        "revoke",
        "status_read",
        "echo",
        "system_number_changed",
        "text_group",
        "unsupported_edit",
        "user_preferences_resume",
    ] {
        assert!(!opens(Channel::WhatsApp, name), "{name}");
    }
    for name in [
        "text",
        "postback",
        "reaction",
        "referral",
        "standby_message",
    ] {
        assert!(opens(Channel::Messenger, name), "{name}");
    }
    for name in [
        "reaction_removed",
        "read",
        "delivery",
        "edit",
        "echo_inbox",
        "optin",
    ] {
        assert!(!opens(Channel::Messenger, name), "{name}");
    }
    assert!(opens(Channel::Instagram, "reaction") && !opens(Channel::Instagram, "deleted"));
}

#[test]
fn the_body_of_meta_says_which_platform_it_is() {
    let page = fixture(Channel::Messenger, "text");
    let batch = parse(Channel::WhatsApp, &page.body, arrival()).unwrap();
    assert_eq!(batch.events[0].channel, Channel::Messenger);
}

#[test]
fn no_event_is_dated_after_its_arrival() {
    let early = Utc.timestamp_opt(1_795_000_000, 0).unwrap();
    let text = fixture(Channel::WhatsApp, "text");
    let batch = parse(Channel::WhatsApp, &text.body, early).unwrap();
    assert_eq!(batch.events[0].at, early);
}

#[test]
fn a_second_delivery_has_the_same_keys_and_a_second_event_has_not() {
    let later = arrival() + TimeDelta::minutes(5);
    let mut seen = HashSet::new();
    for fixture in all() {
        // Without an id the loopback channel takes equal texts for two messages.
        if fixture.channel == Channel::Loopback {
            continue;
        }
        let first = fixture.parsed();
        let second = parse(fixture.channel, &fixture.body, later).unwrap();
        for (a, b) in first.events.iter().zip(&second.events) {
            assert_eq!(a.dedup, b.dedup);
            let key = (a.channel, a.dedup.clone());
            let malformed = matches!(a.kind, InboundKind::Unknown { .. });
            assert!(
                seen.insert(key) || malformed,
                "{}: {}",
                fixture.name,
                a.dedup
            );
        }
    }
}

#[test]
fn equal_texts_on_the_loopback_channel_are_two_messages() {
    let body = br#"{"from":"anna","text":"Hallo"}"#;
    let key = |at| {
        parse(Channel::Loopback, body, at).unwrap().events[0]
            .dedup
            .clone()
    };
    assert_ne!(key(arrival()), key(arrival() + TimeDelta::seconds(1)));
}

#[test]
fn a_deep_link_carries_its_token() {
    let event = only(Channel::Telegram, "start_with_token");
    let referral = message(&event).referral.clone().unwrap();
    assert_eq!(referral.reference.as_deref(), Some("Q2xhcmEtVm9ndC0yMDI2"));
    assert_eq!(message(&only(Channel::Telegram, "start")).referral, None);
}

#[test]
fn only_an_own_card_proves_a_number() {
    let own = only(Channel::Telegram, "contact_own");
    assert_eq!(own.profile.phone.unwrap().reveal(), "+4915123456789");
    assert_eq!(only(Channel::Telegram, "contact_other").profile.phone, None);
}

#[test]
fn debug_output_hides_who_it_was() {
    let shown = format!("{:?}", only(Channel::WhatsApp, "text").profile);
    assert_eq!(shown, r#"Profile{"display_name", "phone"}"#);
    let user = format!("{:?}", only(Channel::WhatsApp, "text").user);
    assert!(!user.contains("1349120865"), "{user}");
}
