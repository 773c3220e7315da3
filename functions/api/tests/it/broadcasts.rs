//! Messages to many: what is refused when one is made, and what the figures are shown with.

use domain::channel::Channel;
use serde_json::{Value, json};

use crate::world::World;

/// A business that sends e-mail and SMS, and Anna.
async fn salon() -> (World, String) {
    let world = World::new().await;
    let sender = json!({"channel": "email", "name": "Post", "sender": "hallo@salon.example"});
    world.post("/v1/connections", sender).await.expect(201);
    let sms = json!({
        "channel": "sms", "name": "SMS", "account": "AC0123456789abcdef0123456789abcdef",
        "sender": "+4930555123", "secrets": {"token": "token-of-mitte"},
    });
    world.post("/v1/connections", sms).await.expect(201);
    let anna = json!({
        "name": {"first": "Anna"}, "emails": [{"value": "anna@example.org", "kind": "private"}],
    });
    let made = world.post("/v1/customers", anna).await.expect(201);
    (world, made.body["id"].as_str().unwrap().to_owned())
}

fn with(changes: Value) -> Value {
    let mut body = json!({
        "medium": "email", "subject": "Neues", "text": "Hallo ##{{first_name}}",
        "audience": {"kind": "everybody"},
    });
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(body.as_object_mut().unwrap().remove(name)),
            value => body[name] = value.clone(),
        }
    }
    body
}

#[tokio::test]
async fn what_cannot_be_sent_to_many_is_refused_when_it_is_made() {
    let (world, anna) = salon().await;
    let nobody = format!("cus_{}", "0".repeat(32));
    let no_list = format!("seg_{}", "0".repeat(32));
    let many = vec![nobody.as_str(); 1_001];
    let named = |of: Value| json!({"audience": {"kind": "customers", "customers": of}});
    for (changes, code, field) in [
        (
            json!({"text": "Hallo ##{{firstname}}"}),
            "unknown_variable",
            "text",
        ),
        (
            json!({"subject": "Für ##{{firstname}}"}),
            "unknown_variable",
            "subject",
        ),
        (json!({"text": "  "}), "required", "text"),
        (json!({"subject": null}), "required", "subject"),
        (json!({"medium": "sms"}), "not_on_this_channel", "subject"),
        (
            json!({"medium": "sms", "subject": null, "text": "x".repeat(2_000)}),
            "too_long",
            "text",
        ),
        (
            json!({"values": {"url": "https://example.org"}}),
            "not_allowed",
            "values",
        ),
        (
            json!({"template": "waiver_updated"}),
            "not_allowed",
            "subject",
        ),
        (
            json!({"template": "waiver_updated", "subject": null, "text": null}),
            "required",
            "values.url",
        ),
        (
            json!({"template": "staff_booking", "subject": null, "text": null}),
            "not_for_customers",
            "template",
        ),
        (
            json!({"template": "waiver_updated", "subject": null, "text": null, "medium": "sms"}),
            "not_on_this_channel",
            "template",
        ),
        (json!({"per_minute": 0}), "out_of_range", "per_minute"),
        (json!({"per_minute": 6_001}), "out_of_range", "per_minute"),
        (
            json!({"send_at": world.app.now()}),
            "in_the_past",
            "send_at",
        ),
        (named(json!([])), "out_of_range", "audience.customers"),
        (named(json!(many)), "out_of_range", "audience.customers"),
        (
            named(json!([anna, nobody])),
            "unknown",
            "audience.customers",
        ),
        (
            json!({"audience": {"kind": "segment", "segment": no_list}}),
            "unknown",
            "audience.segment",
        ),
    ] {
        let answer = world.post("/v1/broadcasts", with(changes.clone())).await;
        assert_eq!(answer.status, 422, "{changes}: {}", answer.body);
        answer.problem(422, code, field);
    }
    let made = world
        .post("/v1/broadcasts", with(json!({})))
        .await
        .expect(201);
    assert_eq!(made.body["state"], "counting");
    assert_eq!(made.body["purpose"], "marketing");
    let listed = world.get("/v1/broadcasts").await.expect(200).body;
    assert_eq!(listed["broadcasts"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_text_that_names_the_business_needs_its_name() {
    let (world, _) = salon().await;
    let nameless = json!({"business_name": null});
    world
        .call("PATCH", "/v1/settings", &[], Some(nameless))
        .await
        .expect(200);
    let text = json!({"text": "Ihr ##{{business_name}}"});
    let answer = world.post("/v1/broadcasts", with(text)).await;
    answer.problem(422, "no_business_name", "text");
}

#[tokio::test]
async fn what_was_not_confirmed_can_be_thrown_away_and_what_was_cannot() {
    let (world, _) = salon().await;
    let made = async || {
        let made = world
            .post("/v1/broadcasts", with(json!({})))
            .await
            .expect(201);
        made.body["id"].as_str().unwrap().to_owned()
    };
    let first = made().await;
    let path = format!("/v1/broadcasts/{first}");
    world.call("DELETE", &path, &[], None).await.expect(204);
    world.get(&path).await.expect(404);

    let second = made().await;
    let path = format!("/v1/broadcasts/{second}");
    app::broadcasts::go_on(&world.app, world.workspace, second.parse().unwrap())
        .await
        .unwrap();
    let counted = world.get(&path).await.expect(200).body;
    assert_eq!(counted["counted"]["receive"], 1, "{counted}");
    let confirm = format!("{path}/confirm");
    let seen = json!({"receive": 1});
    world.post(&confirm, seen).await.expect(200);
    let gone = world.call("DELETE", &path, &[], None).await;
    gone.problem(409, "conflict", "");
}

/// What a key may send in a day holds for what it sends at once, too.
#[tokio::test]
async fn a_broadcast_counts_towards_what_the_key_may_send() {
    let (world, _) = salon().await;
    world.conversation(world.loopback, Channel::Loopback).await;
    let none = json!({"key_daily_messages": 0});
    world
        .call("PATCH", "/v1/settings", &[], Some(none))
        .await
        .expect(200);
    let made = world
        .post("/v1/broadcasts", with(json!({})))
        .await
        .expect(201);
    let id = made.body["id"].as_str().unwrap();
    app::broadcasts::go_on(&world.app, world.workspace, id.parse().unwrap())
        .await
        .unwrap();
    let confirm = format!("/v1/broadcasts/{id}/confirm");
    let spent = world.post(&confirm, json!({"receive": 1})).await;
    spent.problem(429, "daily_limit", "");
}
