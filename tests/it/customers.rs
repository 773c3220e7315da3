//! What staff know of a customer, beside what the platform tells.

use chrono::{DateTime, TimeDelta, Utc};
use domain::channel::Channel;
use serde_json::json;

use crate::world::{Happening, World};

#[tokio::test]
async fn the_name_that_staff_gave_stays_whatever_the_platform_tells() {
    let now = "2026-11-02T08:00:00Z".parse().unwrap();
    let mut world = World::start(now, None).await.unwrap();
    world.connect(Channel::WhatsApp, "salon").await.unwrap();
    let mut names = Vec::new();
    for text in [
        "Hallo, habt ihr noch einen Termin frei?",
        "Am liebsten früh",
    ] {
        let wrote = Happening::Wrote {
            text: text.to_owned(),
            at: world.now(),
        };
        world.happens("salon", "anna", &wrote).await.unwrap();
        let id = world.conversation("anna", "salon").unwrap();
        let path = format!("/v1/conversations/{id}");
        let customer = world.get(&path).await.unwrap()["customer"].take();
        names.push(customer["name"].as_str().unwrap().to_owned());
        let path = format!("/v1/customers/{}", customer["id"].as_str().unwrap());
        let name = json!({"name": {"first": "Annegret", "last": "Alt"}});
        let named = world.api("PATCH", &path, Some(name)).await.unwrap();
        assert_eq!(named.status, 200, "{}", named.body);
        world.advance(TimeDelta::minutes(1)).await.unwrap();
    }
    assert_ne!(names[0], "Annegret Alt");
    assert_eq!(names[1], "Annegret Alt");
    world.finish().unwrap();
}

/// The message was on its way for longer than the news that followed it.
#[tokio::test]
async fn a_block_that_is_told_before_the_first_message_is_heeded() {
    let now: DateTime<Utc> = "2026-11-02T08:00:00Z".parse().unwrap();
    let mut world = World::start(now, None).await.unwrap();
    world.connect(Channel::Telegram, "salon").await.unwrap();
    let wrote = Happening::Wrote {
        text: "Hallo, habt ihr noch einen Termin frei?".to_owned(),
        at: now - TimeDelta::minutes(10),
    };
    for happening in [&Happening::Blocked, &wrote] {
        world.happens("salon", "anna", happening).await.unwrap();
    }
    let id = world.conversation("anna", "salon").unwrap();
    let shown = world.get(&format!("/v1/conversations/{id}")).await.unwrap();
    assert_eq!(shown["reachable"], false);
    assert_eq!(shown["unread"], 1);
    world.finish().unwrap();
}
