//! The inbox: its views, and who sees what.

use domain::channel::Channel;
use domain::ids::ConversationId;
use serde_json::{Value, json};

use crate::world::{Answer, World};

/// What somebody with this key gets to see.
async fn list(world: &World, key: &str, query: &str) -> Value {
    let bearer = format!("Bearer {key}");
    let path = format!("/v1/conversations{query}");
    let headers = [("authorization", bearer.as_str())];
    world
        .call("GET", &path, &headers, None)
        .await
        .expect(200)
        .body
}

async fn shown(world: &World, query: &str) -> usize {
    let body = list(world, &world.key, query).await;
    body["conversations"].as_array().unwrap().len()
}

async fn read(world: &World, id: ConversationId) -> Answer {
    let path = format!("/v1/conversations/{id}/read");
    world.call("POST", &path, &[], None).await
}

/// The two boxes do not depend on each other, and both can be ticked.
#[tokio::test]
async fn mo_03_and_04_unread_and_not_answered_are_two_boxes() {
    let world = World::new().await;
    let id = world.conversation(world.loopback, Channel::Loopback).await;
    let mut head = world
        .app
        .store
        .head(world.workspace, id)
        .await
        .unwrap()
        .unwrap();
    head.version += 1;
    head.waiting_since = Some(world.app.now());
    world
        .commit(&store::Commit {
            head: Some(head),
            ..store::Commit::default()
        })
        .await;
    for query in [
        "",
        "?unread=true",
        "?waiting=true",
        "?unread=true&waiting=true",
    ] {
        assert_eq!(shown(&world, query).await, 1, "{query}");
    }
    read(&world, id).await.expect(200);
    assert_eq!(shown(&world, "?unread=true").await, 0);
    assert_eq!(shown(&world, "?waiting=true").await, 1);
    assert_eq!(shown(&world, "?view=waiting&unread=true").await, 0);
    let nothing = list(&world, &world.key, "?unread=true").await;
    assert_eq!(nothing["empty"]["because"], "view");
}

/// By what has left, and on which channel.
#[tokio::test]
async fn mo_06_the_inbox_is_filtered_by_category_and_channel() {
    let world = World::new().await;
    let id = world.conversation(world.loopback, Channel::Loopback).await;
    let mut head = world
        .app
        .store
        .head(world.workspace, id)
        .await
        .unwrap()
        .unwrap();
    head.version += 1;
    head.sent.insert(domain::message::Category::Sequence);
    world
        .commit(&store::Commit {
            head: Some(head),
            ..store::Commit::default()
        })
        .await;
    for (query, count) in [
        ("?category=sequence", 1),
        ("?category=manual", 0),
        ("?channel=loopback", 1),
        ("?channel=sms", 0),
        ("?channel=loopback&category=sequence&order=oldest", 1),
        ("?channel=loopback&category=transactional", 0),
    ] {
        assert_eq!(shown(&world, query).await, count, "{query}");
    }
    let wrong = world.get("/v1/conversations?category=newsletter").await;
    assert_eq!(wrong.status, 400);
}

/// An inbox that is empty because of the location says so, and an owner lifts that.
#[tokio::test]
async fn mo_11_staff_of_one_location_see_their_customers_only() {
    let world = World::new().await;
    let id = world.conversation(world.loopback, Channel::Loopback).await;
    let made = json!({"name": "Empfang", "role": "agent", "location": "Bonn"});
    let made = world.post("/v1/keys", made).await.expect(201).body;
    assert_eq!(made["location"], "Bonn");
    let key = made["key"].as_str().unwrap();
    let bearer = format!("Bearer {key}");
    let headers = [("authorization", bearer.as_str())];

    let empty = list(&world, key, "").await;
    assert_eq!(empty["empty"]["because"], "location");
    let path = format!("/v1/conversations/{id}");
    world
        .call("GET", &path, &headers, None)
        .await
        .problem(404, "not_found", "");
    let answer = json!({"text": "Hallo"});
    let messages = format!("{path}/messages");
    let refused = world
        .call("POST", &messages, &headers, Some(answer.clone()))
        .await;
    refused.problem(404, "not_found", "");
    let rules = world.call("GET", "/v1/rules", &headers, None).await;
    rules.problem(403, "location_restricted", "");

    // Anna is a customer in Bonn now.
    let head = world.get(&path).await.expect(200).body;
    let customer = format!("/v1/customers/{}", head["customer"]["id"].as_str().unwrap());
    let bonn = json!({"locations": ["Bonn", "Köln"]});
    world
        .call("PATCH", &customer, &[], Some(bonn))
        .await
        .expect(200);
    let seen = list(&world, key, "").await;
    assert_eq!(seen["conversations"][0]["id"], json!(id.to_string()));
    assert_eq!(seen["empty"], Value::Null);
    world
        .call("GET", &customer, &headers, None)
        .await
        .expect(200);
    world
        .call("POST", &messages, &headers, Some(answer))
        .await
        .expect(202);

    // What they wrote for later is theirs to change and to take back.
    let later =
        json!({"text": "Bis morgen!", "send_at": world.app.now() + chrono::TimeDelta::hours(3)});
    let planned = world.call("POST", &messages, &headers, Some(later)).await;
    let planned = planned.expect(202).body["id"].as_str().unwrap().to_owned();
    let path_of_it = format!("{messages}/{planned}");
    let other = json!({"text": "Bis übermorgen!"});
    world
        .call("PATCH", &path_of_it, &headers, Some(other))
        .await
        .expect(200);
    world
        .call("DELETE", &path_of_it, &headers, None)
        .await
        .expect(204);

    let restriction = format!("/v1/keys/{}/location", made["id"].as_str().unwrap());
    let elsewhere = json!({"location": "Ulm"});
    world
        .call("PUT", &restriction, &[], Some(elsewhere))
        .await
        .expect(200);
    world
        .call("GET", &path, &headers, None)
        .await
        .problem(404, "not_found", "");
    let lifted = world
        .call("PUT", &restriction, &[], Some(json!({"location": null})))
        .await
        .expect(200);
    assert_eq!(lifted.body["location"], Value::Null);
    world.call("GET", &path, &headers, None).await.expect(200);
    world
        .call("GET", "/v1/rules", &headers, None)
        .await
        .expect(200);

    // Whoever forgets to say where does not lift it by that.
    let nothing = world.call("PUT", &restriction, &[], Some(json!({}))).await;
    nothing.problem(422, "required", "location");
    let admin = json!({"name": "Leitung", "role": "admin", "location": "Bonn"});
    let admin = world.post("/v1/keys", admin).await;
    admin.problem(422, "not_allowed", "location");
}

/// The thread itself says who it is with.
#[tokio::test]
async fn mo_02_beside_a_thread_stands_who_it_is_with() {
    let world = World::new().await;
    let id = world.conversation(world.loopback, Channel::Loopback).await;
    let path = format!("/v1/conversations/{id}");
    let thread = async || world.get(&path).await.expect(200).body["customer"].clone();
    let known = thread().await;
    assert_eq!(known["emails"], json!([]));
    let customer = known["id"].as_str().unwrap().to_owned();
    let profile = json!({
        "emails": [{"value": "anna@example.org", "kind": "private"}],
        "phones": [{"value": "+4915112345678", "kind": "mobile"}],
        "tags": ["vip"], "locations": ["Bonn"], "responsible": ["Jane"],
    });
    let customer = format!("/v1/customers/{customer}");
    world
        .call("PATCH", &customer, &[], Some(profile))
        .await
        .expect(200);
    let now = world.app.now();
    let days = |n| now + chrono::TimeDelta::days(n);
    for (reference, at, status) in [
        ("V1", days(-40), "completed"),
        ("V2", days(-10), "completed"),
        ("V3", days(-3), "no_show"),
        ("V4", days(9), "booked"),
        ("V5", days(4), "booked"),
    ] {
        let path = format!("{customer}/appointments/{reference}");
        let told = json!({"starts_at": at, "status": status});
        world.call("PUT", &path, &[], Some(told)).await.expect(201);
    }
    let shown = thread().await;
    for (field, value) in [
        ("emails", json!(["anna@example.org"])),
        ("phones", json!(["+4915112345678"])),
        ("tags", json!(["vip"])),
        ("locations", json!(["Bonn"])),
        ("responsible", json!(["Jane"])),
        ("last_visit_at", json!(days(-10))),
        ("next_appointment_at", json!(days(4))),
    ] {
        assert_eq!(shown[field], value, "{field}");
    }
}
