//! The audit log: every change that somebody asks for is in it, with the change or not at all.

use app::apply::{Change, Loaded, apply};
use app::broadcasts;
use domain::channel::Channel;
use domain::consent::{Cause, Medium, Suppression};
use serde_json::{Value, json};

use crate::operations::{Operation, Things, operations};
use crate::world::{Answer, World};

/// What changes nothing that an owner decides: rehearsals, what was read, how a user likes their
/// lists, messages, which themselves say who wrote them, and what the booking system tells.
const NOT_AUDITED: [&str; 17] = [
    "rehearse_message",
    "backtest_rebooking",
    "preview_draft",
    "preview_rule",
    "preview_mail_template",
    "preview_segment",
    "order_segments",
    "read_conversation",
    "read_notification",
    "create_customer_message",
    "create_message",
    "update_message",
    "delete_message",
    "create_appointment_event",
    "import_appointments",
    "put_appointment",
    "delete_appointment",
];

async fn entries(world: &World, filter: &str) -> Vec<Value> {
    let path = format!("/v1/audit?limit=100{filter}");
    let answer = world.get(&path).await.expect(200);
    answer.body["audit"].as_array().unwrap().clone()
}

async fn carry_out(world: &World, operation: &Operation, things: &Things) -> Answer {
    let mut body = operation.body();
    match operation.id.as_str() {
        // Somebody else to give the conversation to.
        "join_conversation" => {
            let other = world.post(
                "/v1/connections",
                json!({"channel": "loopback", "name": "x"}),
            );
            let id = other.await.expect(201).body["id"]
                .as_str()
                .unwrap()
                .to_owned();
            let other = world
                .conversation(id.parse().unwrap(), Channel::Loopback)
                .await;
            let head = world
                .get(&format!("/v1/conversations/{other}"))
                .await
                .expect(200);
            body = Some(json!({"customer_id": head.body["customer"]["id"]}));
        }
        // From the other state.
        "enable_rule" => {
            let path = format!("/v1/rules/{}/disable", things.id("rules"));
            world.post(&path, Value::Null).await.expect(200);
        }
        "enable_connection" => {
            let path = format!("/v1/connections/{}/disable", things.id("connections"));
            world.post(&path, Value::Null).await.expect(200);
        }
        "confirm_broadcast" | "pause_broadcast" | "resume_broadcast" => {
            let broadcast = things.id("broadcasts");
            let id = broadcast.parse().unwrap();
            broadcasts::go_on(&world.app, world.workspace, id)
                .await
                .unwrap();
            let path = |what: &str| format!("/v1/broadcasts/{broadcast}/{what}");
            if operation.id != "confirm_broadcast" {
                let seen = json!({"receive": 1});
                world.post(&path("confirm"), seen).await.expect(200);
            }
            if operation.id == "resume_broadcast" {
                world.post(&path("pause"), Value::Null).await.expect(200);
            }
        }
        "end_account_exception" => {
            let path = operation.path(things);
            world
                .call("PUT", &path, &[], Some(json!({})))
                .await
                .expect(200);
        }
        "reset_mail_template" => {
            let path = operation.path(things);
            let own = json!({"versions": {"en": null}});
            world.patch(&path, own).await.expect(200);
        }
        "lift_suppression" => {
            let id = things.id("conversations").parse().unwrap();
            let now = world.app.now();
            let bounced = Suppression {
                medium: Medium::Email,
                cause: Cause::HardBounce,
                since: now,
            };
            let change = |loaded: &Loaded| {
                let mut head = loaded.conversation.clone();
                head.suppress(bounced).then(|| Change {
                    head: Some(head),
                    cause: "address_suppressed",
                    ..Change::default()
                })
            };
            apply(&world.app, world.workspace, id, now, change)
                .await
                .unwrap();
        }
        "reopen_conversation" => {
            let path = format!("/v1/conversations/{}/close", things.id("conversations"));
            world.post(&path, Value::Null).await.expect(200);
        }
        "create_template" => {
            let made = json!({"id": "1", "status": "PENDING", "category": "UTILITY"});
            world.http.next(local::Answer::json(200, &made));
        }
        "sync_templates" => {
            let listed = json!({"data": [{
                "id": "1", "name": "neu", "language": "de", "status": "APPROVED",
                "category": "UTILITY", "components": [{"type": "BODY", "text": "Hallo."}],
            }]});
            world.http.next(local::Answer::json(200, &listed));
        }
        _ => {}
    }
    // Entries of one millisecond have no order.
    world.advance_minutes(1).await;
    let path = operation.path(things);
    world.call(&operation.method, &path, &[], body).await
}

#[tokio::test]
async fn every_operation_that_changes_something_leaves_an_entry() {
    for operation in operations() {
        if operation.method == "GET" || NOT_AUDITED.contains(&operation.id.as_str()) {
            continue;
        }
        let world = World::new().await;
        let things = Things::make(&world).await;
        let answer = carry_out(&world, &operation, &things).await;
        assert!(
            answer.status.is_success(),
            "{}: {}",
            operation.id,
            answer.body
        );
        let newest = entries(&world, "").await.remove(0);
        assert_eq!(newest["action"], operation.id);
        assert!(newest["key_id"].as_str().unwrap().starts_with("key_"));
        assert!(newest["at"].is_string());
        assert!(newest["resource_id"].is_string());
        assert_ne!(newest["before"], newest["after"], "{newest}");
        let id = operation.id.as_str();
        let adds = ["sync_templates", "import_customers", "except_account"].contains(&id);
        assert_eq!(
            newest["before"].is_null(),
            adds || id.starts_with("create_")
        );
        assert_eq!(newest["after"].is_null(), operation.method == "DELETE");
        // Secrets go in, and nowhere else.
        let told = Value::from(entries(&world, "").await).to_string();
        for secret in [&world.key, "token-of-mitte"] {
            assert!(!told.contains(secret), "{}: {told}", operation.id);
        }
        if operation.id == "create_key" {
            let key = answer.body["key"].as_str().unwrap();
            assert!(!told.contains(key), "{told}");
        }
    }
}

#[tokio::test]
async fn what_was_refused_or_changed_nothing_leaves_none() {
    let world = World::new().await;
    let things = Things::make(&world).await;
    let before = entries(&world, "").await.len();
    let stale = [("if-match", "\"7\"")];
    for operation in operations() {
        let is_settled = !NOT_AUDITED.contains(&operation.id.as_str());
        if operation.method == "PATCH" && is_settled {
            let path = operation.path(&things);
            world
                .call("PATCH", &path, &stale, operation.body())
                .await
                .problem(412, "stale_version", "");
            let nothing = Some(json!({}));
            world.call("PATCH", &path, &[], nothing).await.expect(200);
        }
    }
    let path = format!("/v1/conversations/{}/reopen", things.id("conversations"));
    world.post(&path, Value::Null).await.expect(200);
    world
        .patch("/v1/settings", json!({"zone": "Nowhere"}))
        .await
        .problem(422, "unknown_value", "zone");
    assert_eq!(entries(&world, "").await.len(), before);
}

#[tokio::test]
async fn entries_are_pages_newest_first_and_can_be_filtered() {
    let world = World::new().await;
    let things = Things::make(&world).await;
    let rule = things.id("rules");
    for name in ["eins", "zwei", "drei"] {
        world.advance_minutes(1).await;
        let path = format!("/v1/rules/{rule}");
        world.patch(&path, json!({"name": name})).await.expect(200);
        world
            .patch("/v1/settings", json!({"business_name": name}))
            .await
            .expect(200);
    }
    for wrong in [String::new(), "0".repeat(65)] {
        let refused = world.get(&format!("/v1/audit?resource_id={wrong}")).await;
        refused.problem(400, "invalid_value", "resource_id");
    }
    let names: Vec<_> = entries(&world, &format!("&resource=rule&resource_id={rule}"))
        .await
        .iter()
        .map(|entry| entry["after"]["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names[..3], ["drei", "zwei", "eins"]);
    assert_eq!(names.len(), 4);

    // Page after page is the whole, without a gap or a repetition.
    for filter in ["", "&resource=settings"] {
        let whole = entries(&world, filter).await;
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/v1/audit?limit=2{filter}{cursor}");
            let page = world.get(&path).await.expect(200).body;
            seen.extend(page["audit"].as_array().unwrap().clone());
            let Some(next) = page["meta"]["next_cursor"].as_str() else {
                break;
            };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(seen, whole, "{filter}");
    }
    let wrong = world.get("/v1/audit?resource=people").await;
    assert_eq!(wrong.status, 400);
}

#[tokio::test]
async fn a_key_made_by_a_direct_invocation_is_in_it_too() {
    let world = World::new().await;
    let command = json!({"nachfass": "create_key", "workspace": world.workspace});
    let made = api::command::run(&world.app, command).await.unwrap();
    let newest = entries(&world, "&resource=key").await.remove(0);
    assert_eq!(newest["action"], "create_key");
    assert_eq!(newest["key_id"], Value::Null);
    assert!(!newest.to_string().contains(made["key"].as_str().unwrap()));
}
