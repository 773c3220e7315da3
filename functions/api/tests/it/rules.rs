//! Rules: created, listed, changed, switched, deleted, previewed.

use std::sync::Arc;

use app::tasks::DueTask;
use domain::channel::Channel;
use domain::ids::{ConversationId, MessageId};
use domain::message::Status;
use local::{Fault, ScriptedModel};
use serde_json::{Value, json};

use crate::world::{World, rule, rule_with};

#[tokio::test]
async fn a_new_rule_is_active_at_once_and_goes_out_as_it_came_in() {
    let world = World::new().await;
    let made = world.post("/v1/rules", rule()).await.expect(201);
    assert_eq!(made.header("etag"), "\"1\"");
    let at = made.header("location").to_owned();
    let read = world.get(&at).await.expect(200);
    assert_eq!(read.body, made.body);
    assert_eq!(read.body["enabled"], true);
    for (field, value) in rule().as_object().unwrap() {
        let shown = &read.body[field];
        match field.as_str() {
            "trigger" => assert_eq!(shown["description"], value["description"]),
            _ => assert_eq!(shown, value, "{field}"),
        }
    }
    assert_eq!(read.body["created_at"], crate::world::NOW);
}

#[tokio::test]
async fn rules_are_filtered_and_paged() {
    let world = World::new().await;
    for (name, colour) in [("a", "blue"), ("b", "green"), ("c", "blue"), ("d", "none")] {
        let body = rule_with(json!({"name": name, "colour": colour, "enabled": name != "c"}));
        world.post("/v1/rules", body).await.expect(201);
    }
    let names = |body: &Value| -> Vec<String> {
        let rules = body["rules"].as_array().unwrap();
        rules
            .iter()
            .map(|rule| rule["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let blue = world.get("/v1/rules?colour=blue").await.expect(200);
    assert_eq!(names(&blue.body).len(), 2);
    let on = world
        .get("/v1/rules?colour=blue&enabled=true")
        .await
        .expect(200);
    assert_eq!(names(&on.body), ["a"]);
    let mut seen = Vec::new();
    let mut path = "/v1/rules?limit=3".to_owned();
    loop {
        let page = world.get(&path).await.expect(200);
        seen.extend(names(&page.body));
        let Some(cursor) = page.body["meta"]["next_cursor"].as_str() else {
            break;
        };
        path = format!("/v1/rules?limit=3&cursor={cursor}");
    }
    seen.sort();
    assert_eq!(seen, ["a", "b", "c", "d"]);
}

#[tokio::test]
async fn a_patch_tells_absent_null_and_value_apart() {
    let world = World::new().await;
    let at = world
        .post("/v1/rules", rule())
        .await
        .expect(201)
        .header("location")
        .to_owned();
    let changed = world
        .patch(&at, json!({"colour": null, "delay": {"mode": "ai"}}))
        .await
        .expect(200);
    assert_eq!(changed.body["colour"], Value::Null);
    assert_eq!(changed.body["delay"], json!({"mode": "ai"}));
    assert_eq!(changed.body["name"], rule()["name"]);
    assert_eq!(changed.body["version"], 2);
    // Nothing changed, so nothing is planned anew.
    let same = world
        .patch(&at, json!({"delay": {"mode": "ai"}}))
        .await
        .expect(200);
    assert_eq!(same.body["version"], 2);
    world
        .patch(&at, json!({"name": null}))
        .await
        .problem(422, "required", "name");
    world
        .patch(&at, json!({"colour": 7}))
        .await
        .problem(422, "wrong_type", "colour");
    world
        .patch(&at, json!([]))
        .await
        .problem(422, "wrong_type", "");
}

#[tokio::test]
async fn every_change_is_announced_to_the_conversations() {
    let world = World::new().await;
    let at = world
        .post("/v1/rules", rule())
        .await
        .expect(201)
        .header("location")
        .to_owned();
    world
        .call("POST", &format!("{at}/disable"), &[], None)
        .await
        .expect(200);
    // Off already: nothing to announce.
    let off = world
        .call("POST", &format!("{at}/disable"), &[], None)
        .await
        .expect(200);
    assert_eq!(
        (&off.body["enabled"], &off.body["version"]),
        (&json!(false), &json!(2))
    );
    world
        .call("POST", &format!("{at}/enable"), &[], None)
        .await
        .expect(200);
    world.call("DELETE", &at, &[], None).await.expect(204);
    world.get(&at).await.problem(404, "not_found", "");
    let announced: Vec<DueTask> = world
        .due()
        .into_iter()
        .filter(|task| matches!(task, DueTask::RuleChangedV1 { .. }))
        .collect();
    assert_eq!(announced.len(), 4);
}

#[tokio::test]
async fn a_rule_that_cannot_work_any_more_can_be_switched_off_but_not_on() {
    let world = World::new().await;
    let at = world
        .post("/v1/rules", rule())
        .await
        .expect(201)
        .header("location")
        .to_owned();
    let loopback = format!("/v1/connections/{}", world.loopback);
    world
        .call("POST", &format!("{loopback}/disable"), &[], None)
        .await
        .expect(200);
    let shown = world.get(&at).await.expect(200);
    assert!(
        !shown.body["warnings"].as_array().unwrap().is_empty(),
        "{}",
        shown.body
    );
    world
        .patch(&at, json!({"enabled": false}))
        .await
        .expect(200);
    let answer = world
        .call("POST", &format!("{at}/enable"), &[], None)
        .await
        .expect(422);
    assert_eq!(answer.body["code"], "validation_failed");
}

#[tokio::test]
async fn the_same_idempotency_key_creates_one_rule() {
    let world = World::new().await;
    let headers = [("idempotency-key", "once")];
    let first = world
        .call("POST", "/v1/rules", &headers, Some(rule()))
        .await
        .expect(201);
    let again = world
        .call("POST", "/v1/rules", &headers, Some(rule()))
        .await
        .expect(201);
    assert_eq!(first.body, again.body);
    assert_eq!(first.header("location"), again.header("location"));
    assert_eq!(again.header("idempotent-replayed"), "true");
    let other = rule_with(json!({"name": "other"}));
    let other = world.call("POST", "/v1/rules", &headers, Some(other)).await;
    other.problem(422, "idempotency_mismatch", "");
    assert_eq!(world.rules().await, 1);
    // A refused request leaves its key free.
    let headers = [("idempotency-key", "corrected")];
    let wrong = rule_with(json!({"colour": "mauve"}));
    world
        .call("POST", "/v1/rules", &headers, Some(wrong))
        .await
        .expect(422);
    world
        .call("POST", "/v1/rules", &headers, Some(rule()))
        .await
        .expect(201);
}

#[tokio::test]
async fn a_rule_is_created_once_although_its_answer_got_lost() {
    let world = World::new().await;
    let headers = [("idempotency-key", "once")];
    world.dynamo.fail_by(|operation, _| match operation {
        "TransactWriteItems" => Fault::ApplyButLoseAnswer,
        _ => Fault::None,
    });
    let died = world
        .call("POST", "/v1/rules", &headers, Some(rule()))
        .await;
    died.problem(503, "unavailable", "");
    world.dynamo.heal();
    world.advance_minutes(2).await;
    let again = world
        .call("POST", "/v1/rules", &headers, Some(rule()))
        .await
        .expect(201);
    assert_eq!(world.rules().await, 1);
    let read = world.get(again.header("location")).await.expect(200);
    assert_eq!(read.body, again.body);
    assert_eq!(again.header("etag"), "\"1\"");
}

#[tokio::test]
async fn the_preview_shows_the_review_screen_and_stores_nothing() {
    let world = World::new().await;
    let shown = world.post("/v1/rules/preview", rule()).await.expect(200);
    let items: Vec<&str> = shown.body["review"]["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| check["item"].as_str().unwrap())
        .collect();
    for item in [
        "name",
        "delay",
        "description",
        "stop",
        "message",
        "template",
        "cost",
    ] {
        assert!(items.contains(&item), "{item} in {items:?}");
    }
    let text = "Hallo Ursula, sollen wir den Termin festhalten?";
    assert_eq!(shown.body["sample"]["text"], text);
    assert!(
        shown.body["review"]["cost"]["price_list"]
            .as_str()
            .unwrap()
            .starts_with("https://")
    );
    assert_eq!(shown.body["now"], Value::Null);
    assert_eq!(world.rules().await, 0);
    let wrong = rule_with(json!({"stop": null}));
    world
        .post("/v1/rules/preview", wrong)
        .await
        .problem(422, "required", "stop.description");
}

#[tokio::test]
async fn the_preview_says_what_would_happen_in_a_conversation() {
    let world = World::new().await;
    let id = world.conversation(world.loopback, Channel::Loopback).await;
    let before = world
        .get(&format!("/v1/conversations/{id}"))
        .await
        .expect(200);
    let path = format!("/v1/rules/preview?conversation={id}");
    let shown = world.post(&path, rule()).await.expect(200);
    let entries = shown.body["now"]["entries"].as_array().unwrap();
    assert!(!entries.is_empty(), "{}", shown.body);
    assert!(
        entries
            .iter()
            .all(|entry| !entry["explanation"].as_str().unwrap().is_empty())
    );
    let after = world
        .get(&format!("/v1/conversations/{id}"))
        .await
        .expect(200);
    assert_eq!(before.body, after.body);
    let unknown = "/v1/rules/preview?conversation=cnv_0123456789abcdef0123456789abcdef";
    world
        .post(unknown, rule())
        .await
        .problem(404, "not_found", "");
    world
        .post("/v1/rules/preview?conversation=x", rule())
        .await
        .problem(400, "invalid_value", "conversation");
}

#[tokio::test]
async fn the_preview_asks_the_model_that_decides_in_earnest() {
    let model = ScriptedModel::new()
        .text("no document at all")
        .answer(&json!({"text": "Passt Ihnen Dienstag noch?"}));
    let model = Arc::new(model);
    let world = World::with_model(Some(model.clone())).await;
    let id = world.conversation(world.loopback, Channel::Loopback).await;
    let path = format!("/v1/rules/preview?conversation={id}");
    let written = rule_with(json!({"message": {"mode": "ai"}}));
    let shown = world.post(&path, written).await.expect(200);
    let decided_by = shown.body["now"]["decided_by"].as_str().unwrap();
    assert!(decided_by.contains("unusable"), "{decided_by}");
    assert!(decided_by.ends_with("; model"), "{decided_by}");
    assert_eq!(shown.body["sample"]["text"], "Passt Ihnen Dienstag noch?");
    assert_eq!((model.asked().len(), model.unused()), (2, 0));
    let usage = world.get("/v1/usage").await.expect(200);
    assert_eq!(usage.body["usage"][0]["model_calls"], 2, "{}", usage.body);
    // Whoever may not edit rules may not spend tokens either.
    let agent = format!("Bearer {}", world.key_with("agent").await);
    world
        .call("POST", &path, &[("authorization", &agent)], Some(rule()))
        .await
        .problem(403, "role_too_low", "");
}

#[tokio::test]
async fn the_preview_reads_the_conversation_as_it_is_read_in_earnest() {
    let model = Arc::new(ScriptedModel::new());
    let world = World::with_model(Some(model.clone())).await;
    let id = world.conversation(world.loopback, Channel::Loopback).await;
    let sent = world
        .post(
            &format!("/v1/conversations/{id}/messages"),
            json!({"text": "never arrived"}),
        )
        .await
        .expect(202);
    fail(&world, id, &sent.body["id"]).await;
    let path = format!("/v1/rules/preview?conversation={id}");
    let written = rule_with(json!({"message": {"mode": "ai"}}));
    world.post(&path, written).await.expect(200);
    let asked = model.asked();
    assert!(asked[0].user.contains("passt Dienstag"), "{:?}", asked[0]);
    assert!(!asked[0].user.contains("never arrived"), "{:?}", asked[0]);
}

/// The platform did not take the message.
async fn fail(world: &World, conversation: ConversationId, message: &Value) {
    let message = MessageId::parse(message.as_str().unwrap()).unwrap();
    let change = store::StatusChange {
        status: Status::Failed,
        at: world.app.now(),
        reason: None,
    };
    let before = world
        .app
        .store
        .raise_status(
            world.workspace,
            conversation,
            world.app.now(),
            message,
            &change,
        )
        .await
        .unwrap();
    assert!(before.is_some());
}

/// NX-09: what a message would set off, by the functions that decide in earnest.
#[tokio::test]
async fn a_message_is_rehearsed_before_anybody_writes_it() {
    let world = World::new().await;
    let made = world.post("/v1/rules", rule()).await.expect(201).body;
    let name = made["name"].clone();
    let conversation = world.conversation(world.loopback, Channel::Loopback).await;
    let before = world
        .get(&format!("/v1/conversations/{conversation}"))
        .await;
    let rehearse = async |body: Value| {
        let answer = world.post("/v1/rehearsals?locale=en", body).await;
        answer.expect(200).body
    };
    let verdicts = |entries: &Value| -> Vec<String> {
        let entries = entries.as_array().unwrap().iter();
        entries
            .map(|entry| {
                format!(
                    "{} {}",
                    entry["verdict"]["verdict"], entry["verdict"]["reason"]["code"]
                )
            })
            .collect()
    };

    // In a conversation, and in none.
    for place in [json!({"conversation": conversation}), json!({})] {
        let with = |text: &str| {
            let mut body = place.clone();
            body["text"] = json!(text);
            body
        };
        let stop = rehearse(with("STOP")).await;
        assert_eq!(stop["opt_out"], "yes", "{stop}");
        assert_eq!(
            verdicts(&stop["on_arrival"]),
            [r#""suspended" "opted_out""#],
            "{stop}"
        );
        assert_eq!(stop["when_judged"], json!([]), "{stop}");

        let gone = "Danke, ich habe kein Interesse mehr an einem Termin.";
        let confirmed = rehearse(with(gone)).await;
        assert_eq!(confirmed["opt_out"], "no");
        let judged = &confirmed["when_judged"];
        assert_eq!(
            verdicts(judged),
            [r#""suspended" "stop_trigger_met""#],
            "{confirmed}"
        );
        assert_eq!(judged[0]["rule_name"], name);

        let asks = rehearse(with("Was kostet das denn?")).await;
        assert_eq!(
            verdicts(&asks["when_judged"]),
            [r#""nothing" "customer_waits""#],
            "{asks}"
        );
        let back = rehearse(with("START")).await;
        assert_eq!(
            (&back["opt_in"], &back["opt_out"]),
            (&json!(true), &json!("no"))
        );
    }
    // Nothing happened to anybody.
    let after = world
        .get(&format!("/v1/conversations/{conversation}"))
        .await;
    assert_eq!(after.expect(200).body, before.expect(200).body);
    let refused = world.post("/v1/rehearsals", json!({"text": " "})).await;
    refused.problem(422, "required", "text");
    let nowhere = json!({"text": "Hallo", "channel": "telegram"});
    world.post("/v1/rehearsals", nowhere).await.expect(409);
}

#[tokio::test]
async fn an_sms_is_rehearsed_as_an_sms() {
    let world = World::new().await;
    world.post("/v1/rules", rule()).await.expect(201);
    let sms = json!({
        "channel": "sms", "name": "Salon", "account": "ACfeed", "sender": "+4930555123",
        "secrets": {"token": "auth-token"},
    });
    world.post("/v1/connections", sms).await.expect(201);
    for (text, on_sms, in_chat) in [
        ("STOP", "yes", "yes"),
        ("Ende", "yes", "no"),
        ("Stop?", "unclear", "unclear"),
        ("Passt mir gut", "no", "no"),
    ] {
        for (channel, expected) in [("sms", on_sms), ("loopback", in_chat)] {
            let body = json!({"text": text, "channel": channel});
            let answer = world.post("/v1/rehearsals?locale=en", body).await;
            let told = answer.expect(200).body;
            assert_eq!(told["opt_out"], expected, "{text} on {channel}");
            let code = match channel {
                "sms" => "sms_stopped",
                _ => "opted_out",
            };
            let suspended = told["on_arrival"].to_string().contains(code);
            assert_eq!(suspended, expected == "yes", "{told}");
        }
    }
}
