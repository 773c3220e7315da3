//! Settings, keys, counters, and the service itself.

use domain::channel::Channel;
use serde_json::{Value, json};

use crate::world::World;

#[tokio::test]
async fn settings_are_changed_field_by_field() {
    let world = World::new().await;
    let before = world.get("/v1/settings").await.expect(200);
    assert_eq!(before.header("etag"), "\"1\"");
    let body = json!({"zone": "America/New_York", "quiet_hours": {"from": "20:00", "to": "08:00"}});
    let after = world.patch("/v1/settings", body).await.expect(200);
    assert_eq!(after.header("etag"), "\"2\"");
    assert_eq!(
        after.body["quiet_hours"],
        json!({"from": "20:00", "to": "08:00"})
    );
    assert_eq!(after.body["business_name"], before.body["business_name"]);
    let none = world
        .patch("/v1/settings", json!({"quiet_hours": null}))
        .await
        .expect(200);
    assert_eq!(none.body["quiet_hours"], Value::Null);
    let stale = world
        .call(
            "PATCH",
            "/v1/settings",
            &[("if-match", "\"1\"")],
            Some(json!({"locale": "en"})),
        )
        .await;
    stale.problem(412, "stale_version", "");
}

#[tokio::test]
async fn settings_outside_their_limits_are_refused_together() {
    let world = World::new().await;
    let check = |body: Value, code: &'static str, field: &'static str| {
        let world = &world;
        async move {
            world
                .patch("/v1/settings", body)
                .await
                .problem(422, code, field)
        }
    };
    check(json!({"zone": "Berlin"}), "unknown_value", "zone").await;
    check(json!({"locale": "fr"}), "unknown_value", "locale").await;
    check(
        json!({"quiet_hours": {"from": "8:00", "to": "25:00"}}),
        "invalid_value",
        "quiet_hours.from",
    )
    .await;
    check(
        json!({"quiet_hours": {"from": "08:00", "to": "08:00"}}),
        "invalid_value",
        "quiet_hours",
    )
    .await;
    check(
        json!({"frequency_cap": {"messages": 0, "hours": 24}}),
        "out_of_range",
        "frequency_cap.messages",
    )
    .await;
    check(
        json!({"assess_delay_seconds": 3601}),
        "out_of_range",
        "assess_delay_seconds",
    )
    .await;
    check(
        json!({"assess_delay_seconds": -1}),
        "wrong_type",
        "assess_delay_seconds",
    )
    .await;
    check(json!({"workspace": "ws_x"}), "unknown_field", "workspace").await;
    assert_eq!(
        world.get("/v1/settings").await.expect(200).body["version"],
        1
    );
}

#[tokio::test]
async fn a_key_is_shown_once_and_stops_working_when_it_is_removed() {
    let world = World::new().await;
    let made = world
        .post("/v1/keys", json!({"name": "CRM", "role": "viewer"}))
        .await
        .expect(201);
    let key = made.body["key"].as_str().unwrap().to_owned();
    assert!(key.starts_with("nf_"));
    let listed = world.get("/v1/keys").await.expect(200).body;
    assert!(!listed.to_string().contains(&key));
    assert_eq!(listed["keys"].as_array().unwrap().len(), 2);
    let bearer = format!("Bearer {key}");
    let with_key = [("authorization", bearer.as_str())];
    world
        .call("GET", "/v1/rules", &with_key, None)
        .await
        .expect(200);
    world
        .call("DELETE", made.header("location"), &[], None)
        .await
        .expect(204);
    world
        .call("GET", "/v1/rules", &with_key, None)
        .await
        .problem(401, "unauthenticated", "");
    world
        .call("DELETE", made.header("location"), &[], None)
        .await
        .problem(404, "not_found", "");
    let own = listed["keys"]
        .as_array()
        .unwrap()
        .iter()
        .find(|key| key["role"] == "owner")
        .unwrap();
    let own = format!("/v1/keys/{}", own["id"].as_str().unwrap());
    world
        .call("DELETE", &own, &[], None)
        .await
        .problem(409, "conflict", "");
}

#[tokio::test]
async fn counters_are_listed_by_day() {
    let world = World::new().await;
    let usage = world.get("/v1/usage?days=2").await.expect(200);
    assert_eq!(usage.body["usage"][0]["date"], "2026-11-02");
    assert_eq!(usage.body["usage"][1]["date"], "2026-11-01");
    world
        .get("/v1/usage?days=32")
        .await
        .problem(400, "invalid_value", "days");
}

#[tokio::test]
async fn a_failure_of_ours_is_opaque() {
    let world = World::new().await;
    world.dynamo.fail_by(|_, _| local::Fault::Unavailable);
    let answer = world.get("/v1/rules").await.problem(503, "unavailable", "");
    assert_eq!(answer.header("retry-after"), "2");
    let shown = answer.body.to_string();
    assert!(
        !shown.contains("Dynamo") && !shown.contains("GetItem"),
        "{shown}"
    );
}

#[tokio::test]
async fn too_many_requests_wait_for_as_long_as_they_are_told() {
    let world = World::new().await;
    let low = json!({"key_requests_per_minute": 600});
    world.patch("/v1/settings", low).await.expect(200);
    let other = format!("Bearer {}", world.key_with("viewer").await);
    let refused = loop {
        let answer = world.get("/v1/keys").await;
        if answer.status != 200 {
            break answer;
        }
    };
    let wait = refused.header("retry-after").parse::<i64>().unwrap();
    assert_eq!(wait, 1);
    refused.problem(429, "rate_limited", "");
    // Another key has a bucket of its own, and so has another workspace.
    let headers = [("authorization", other.as_str())];
    world
        .call("GET", "/v1/rules", &headers, None)
        .await
        .expect(200);
    let stranger = format!("Bearer {}", world.stranger().await);
    let headers = [("authorization", stranger.as_str())];
    world
        .call("GET", "/v1/rules", &headers, None)
        .await
        .expect(200);
    world.advance_minutes(1).await;
    world.get("/v1/keys").await.expect(200);
}

#[tokio::test]
async fn all_keys_of_a_workspace_share_its_bucket() {
    let world = World::new().await;
    let low = json!({"requests_per_minute": 600});
    world.patch("/v1/settings", low).await.expect(200);
    let other = format!("Bearer {}", world.key_with("viewer").await);
    while world.get("/v1/keys").await.status == 200 {}
    let headers = [("authorization", other.as_str())];
    let answer = world.call("GET", "/v1/rules", &headers, None).await;
    answer.problem(429, "rate_limited", "");
}

#[tokio::test]
async fn a_key_sends_no_more_in_a_day_than_it_may_and_notes_do_not_count() {
    let world = World::new().await;
    let low = json!({"key_daily_messages": 2});
    world.patch("/v1/settings", low).await.expect(200);
    let id = world.conversation(world.loopback, Channel::Loopback).await;
    let path = format!("/v1/conversations/{id}/messages");
    let note = json!({"text": "nur intern", "hidden": true});
    world.post(&path, note).await.expect(201);
    let headers = [("idempotency-key", "a")];
    for _ in 0..3 {
        // A repetition is no second message.
        let body = Some(json!({"text": "Hallo"}));
        world.call("POST", &path, &headers, body).await.expect(202);
    }
    world
        .post(&path, json!({"text": "Hallo"}))
        .await
        .expect(202);
    let refused = world.post(&path, json!({"text": "Hallo"})).await;
    // Nine o'clock in Greenwich is ten in the workspace: fourteen hours.
    assert_eq!(refused.header("retry-after"), (14 * 3600).to_string());
    refused.problem(429, "daily_limit", "");
    let other = format!("Bearer {}", world.key_with("agent").await);
    let headers = [("authorization", other.as_str())];
    let body = Some(json!({"text": "Hallo"}));
    world.call("POST", &path, &headers, body).await.expect(202);
    world.advance_hours(16).await;
    world
        .post(&path, json!({"text": "Guten Morgen"}))
        .await
        .expect(202);
}

#[tokio::test]
async fn notifications_are_listed_and_marked_as_read_once() {
    let world = World::new().await;
    let conversation = world.conversation(world.loopback, Channel::Loopback).await;
    let older = world.notification(conversation).await;
    let newer = world.notification(conversation).await;
    let listed = world
        .get("/v1/notifications?limit=1")
        .await
        .expect(200)
        .body;
    let first = listed["notifications"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let cursor = listed["meta"]["next_cursor"].as_str().unwrap();
    let path = format!("/v1/notifications?limit=1&cursor={cursor}");
    let rest = world.get(&path).await.expect(200).body;
    let second = rest["notifications"][0].clone();
    let mut found = [first.clone(), second["id"].as_str().unwrap().to_owned()];
    let mut made = [older, newer];
    found.sort();
    made.sort();
    assert_eq!(found, made);
    assert_eq!(second["conversation"], json!(conversation.to_string()));
    assert_eq!(second["reason"]["code"], "outcome_never_known");
    assert!(!second["explanation"].as_str().unwrap().is_empty());
    assert_eq!(second["read_at"], Value::Null);

    let path = format!("/v1/notifications/{first}/read");
    let read = world.post(&path, json!({})).await.expect(200).body;
    assert!(read["read_at"].is_string() && read["read_by"].is_string());
    let again = world.post(&path, json!({})).await.expect(200).body;
    assert_eq!(again, read);
    let listed = world.get("/v1/notifications").await.expect(200).body;
    let unread = listed["notifications"].as_array().unwrap().iter();
    assert_eq!(unread.filter(|one| one["read_at"].is_null()).count(), 1);
}

#[tokio::test]
async fn mo_24_tiers_of_sms_segments_are_chosen_and_shown() {
    let world = World::new().await;
    let tier =
        |name: &str, segments: u64| json!({"name": name, "segments": segments, "price_cents": 900});
    let tiers = json!([tier("S", 100), tier("L", 5000)]);
    let chosen = world
        .patch("/v1/settings", json!({"sms_tiers": tiers, "sms_tier": "S"}))
        .await
        .expect(200);
    assert_eq!(chosen.body["sms_tiers"], tiers);
    let sms = world.get("/v1/usage").await.expect(200).body["sms"].clone();
    assert_eq!(
        sms,
        json!({
            "month": "2026-11", "segments_used": 0, "call_segments": 0, "segments_left": 100, "tier": tier("S", 100),
            "other_tiers": [tier("L", 5000)],
        })
    );
    for (wrong, code, field) in [
        (json!({"sms_tier": "XL"}), "unknown_value", "sms_tier"),
        // The one that is chosen cannot go.
        (
            json!({"sms_tiers": [tier("L", 1)]}),
            "unknown_value",
            "sms_tier",
        ),
        (
            json!({"sms_tiers": [tier("S", 1), tier("S", 2)]}),
            "taken",
            "sms_tiers[1].name",
        ),
        (
            json!({"sms_tiers": [tier("S", 20_000_000)]}),
            "out_of_range",
            "sms_tiers[0].segments",
        ),
        (
            json!({"sms_tiers": [tier(" ", 1)]}),
            "required",
            "sms_tiers[0].name",
        ),
        (
            json!({"sms_upgrade_url": "http://example.org"}),
            "invalid_value",
            "sms_upgrade_url",
        ),
    ] {
        world
            .patch("/v1/settings", wrong)
            .await
            .problem(422, code, field);
    }
    let none = json!({"sms_tier": null});
    world.patch("/v1/settings", none).await.expect(200);
    let sms = world.get("/v1/usage").await.expect(200).body["sms"].clone();
    assert_eq!(
        (&sms["tier"], &sms["segments_left"]),
        (&Value::Null, &Value::Null)
    );
}
