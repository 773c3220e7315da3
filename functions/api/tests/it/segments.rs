//! Segments: whom they hold, in which order a user sees them, and the inbox by segment.

use chrono::TimeDelta;
use domain::channel::Channel;
use serde_json::{Value, json};

use crate::world::{Answer, World};

fn tagged(tag: &str) -> Value {
    json!({"is": "tagged", "tag": tag})
}

async fn segment(world: &World, name: &str, filter: Value) -> String {
    let body = json!({"name": name, "filter": filter});
    let made = world.post("/v1/segments", body).await.expect(201).body;
    made["id"].as_str().unwrap().to_owned()
}

async fn customer(world: &World, first: &str, tags: &[&str]) {
    let body = json!({"name": {"first": first}, "tags": tags});
    world.post("/v1/customers", body).await.expect(201);
}

fn names(list: &Answer) -> Vec<&str> {
    let customers = list.body["customers"].as_array().unwrap().iter();
    customers
        .map(|one| one["full_name"].as_str().unwrap())
        .collect()
}

/// MO-09: a list is made from criteria, named and saved.
#[tokio::test]
async fn mo_09_a_segment_holds_those_who_fulfil_its_filter_now() {
    let world = World::new().await;
    customer(&world, "Anna", &["vip", "yoga"]).await;
    customer(&world, "Berta", &["vip"]).await;
    customer(&world, "Clara", &["yoga"]).await;
    let filter = json!({"is": "all", "of": [tagged("vip"), {"is": "not", "of": tagged("yoga")}]});
    let at = format!(
        "/v1/segments/{}",
        segment(&world, "Ohne Yoga", filter).await
    );
    let shown = world.get(&at).await.expect(200).body;
    assert_eq!(
        shown["explanation"],
        "hat das Etikett „vip“ und nicht: hat das Etikett „yoga“"
    );
    let members = world.get(&format!("{at}/customers")).await.expect(200);
    assert_eq!(names(&members), ["Berta"]);
    let count = world.get(&format!("{at}/count")).await.expect(200).body;
    assert_eq!(
        count,
        json!({"count": 1, "looked_at": 3, "meta": {"next_cursor": null}})
    );

    // It is looked at anew each time.
    customer(&world, "Dora", &["vip"]).await;
    let members = world.get(&format!("{at}/customers")).await.expect(200);
    assert_eq!(names(&members), ["Berta", "Dora"]);

    let first = world
        .get(&format!("{at}/customers?limit=1"))
        .await
        .expect(200);
    assert_eq!(names(&first), ["Berta"]);
    let cursor = first.body["meta"]["next_cursor"].as_str().unwrap();
    let rest = world
        .get(&format!("{at}/customers?limit=1&cursor={cursor}"))
        .await
        .expect(200);
    assert_eq!(names(&rest), ["Dora"]);

    let draft = json!({"filter": tagged("yoga")});
    let preview = world
        .post("/v1/segments/preview", draft)
        .await
        .expect(200)
        .body;
    assert_eq!(preview["count"], 2);
}

/// MO-09: appointments are a condition as soon as the booking system tells them.
#[tokio::test]
async fn mo_09_regulars_without_an_appointment() {
    let world = World::new().await;
    for name in ["Anna", "Berta", "Dora"] {
        let made = world.post("/v1/customers", json!({"name": {"first": name}}));
        let made = made.await.expect(201).body;
        let told = async |reference: &str, days: i64, status: &str| {
            let path = format!(
                "/v1/customers/{}/appointments/{reference}",
                made["id"].as_str().unwrap()
            );
            let body = json!({
                "starts_at": world.app.now() + TimeDelta::days(days), "status": status,
                "services": [{"category": "mens_cut"}],
            });
            world.call("PUT", &path, &[], Some(body)).await.expect(201);
        };
        if name != "Dora" {
            told("1", -90, "completed").await;
            told("2", -40, "completed").await;
        }
        if name == "Berta" {
            told("3", 3, "booked").await;
        }
    }
    let has = |status: &str, at_least: u32, category: Option<&str>| {
        json!({"is": "appointments", "test": {
            "status": status, "days": null, "category": category, "at_least": at_least,
        }})
    };
    let filter = json!({"is": "all", "of": [
        has("completed", 2, Some("mens_cut")), {"is": "last_visit_before", "days": 30},
        {"is": "not", "of": has("booked", 1, None)},
    ]});
    let id = segment(&world, "Stammkunden ohne Termin", filter).await;
    let count = world
        .get(&format!("/v1/segments/{id}/count"))
        .await
        .expect(200);
    assert_eq!(
        (&count.body["count"], &count.body["looked_at"]),
        (&json!(1), &json!(3))
    );
    let found = world
        .get(&format!("/v1/segments/{id}/customers"))
        .await
        .expect(200);
    assert_eq!(names(&found), ["Anna"]);
    let other = has("completed", 1, Some("colour"));
    let none = world
        .post("/v1/segments/preview", json!({"filter": other}))
        .await;
    assert_eq!(none.expect(200).body["count"], 0);
}

/// MO-09: choosing one in the inbox shows only the threads of those people.
#[tokio::test]
async fn mo_09_the_inbox_shows_the_threads_of_a_segment() {
    let world = World::new().await;
    let conversation = world.conversation(world.loopback, Channel::Loopback).await;
    let head = world
        .get(&format!("/v1/conversations/{conversation}"))
        .await
        .expect(200);
    let person = format!(
        "/v1/customers/{}",
        head.body["customer"]["id"].as_str().unwrap()
    );
    let vip = segment(&world, "VIP", tagged("vip")).await;
    let inbox = format!("/v1/conversations?segment={vip}");
    assert_eq!(
        world.get(&inbox).await.expect(200).body["conversations"],
        json!([])
    );
    world
        .patch(&person, json!({"tags": ["vip"]}))
        .await
        .expect(200);
    let shown = world.get(&inbox).await.expect(200).body;
    assert_eq!(shown["conversations"][0]["id"], conversation.to_string());

    let unread = segment(&world, "Ungelesen", json!({"is": "unread"})).await;
    let at = format!("/v1/segments/{unread}/count");
    assert_eq!(world.get(&at).await.expect(200).body["count"], 1);
    let read = format!("/v1/conversations/{conversation}/read");
    assert!(
        world
            .call("POST", &read, &[], None)
            .await
            .status
            .is_success()
    );
    assert_eq!(world.get(&at).await.expect(200).body["count"], 0);

    let nothing = format!("/v1/conversations?segment=seg_{}", "0".repeat(32));
    world.get(&nothing).await.problem(404, "not_found", "");
}

/// MO-10: reordered by dragging, per user.
#[tokio::test]
async fn mo_10_each_user_has_an_order_of_their_own() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for name in ["eins", "zwei", "drei"] {
        ids.push(segment(&world, name, tagged("vip")).await);
        world.advance_minutes(1).await;
    }
    let listed = |answer: Answer| -> Vec<String> {
        let list = answer.expect(200).body["segments"]
            .as_array()
            .unwrap()
            .clone();
        list.iter()
            .map(|one| one["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let order = json!({"segments": [ids[2], ids[0]]});
    let put = world
        .call("PUT", "/v1/segments/order", &[], Some(order))
        .await;
    assert_eq!(put.status, 204);
    assert_eq!(
        listed(world.get("/v1/segments").await),
        ["drei", "eins", "zwei"]
    );
    let first = world.get("/v1/segments?limit=2").await.expect(200);
    let cursor = first.body["meta"]["next_cursor"].as_str().unwrap();
    let rest = world
        .get(&format!("/v1/segments?limit=2&cursor={cursor}"))
        .await;
    assert_eq!(listed(rest), ["zwei"]);

    let other = format!("Bearer {}", world.key_with("viewer").await);
    let headers = [("authorization", other.as_str())];
    let theirs = world.call("GET", "/v1/segments", &headers, None).await;
    assert_eq!(listed(theirs), ["eins", "zwei", "drei"]);

    let unknown = json!({"segments": [ids[0], format!("seg_{}", "0".repeat(32))]});
    let refused = world
        .call("PUT", "/v1/segments/order", &[], Some(unknown))
        .await;
    refused.problem(422, "unknown_value", "segments[1]");

    let gone = format!("/v1/segments/{}", ids[2]);
    assert_eq!(world.call("DELETE", &gone, &[], None).await.status, 204);
    assert_eq!(listed(world.get("/v1/segments").await), ["eins", "zwei"]);
    world.get(&gone).await.problem(404, "not_found", "");
}

#[tokio::test]
async fn what_cannot_be_saved_is_named() {
    let world = World::new().await;
    let post = |body: Value| world.post("/v1/segments", body);
    let refused = post(json!({"name": " ", "filter": tagged("vip")})).await;
    refused.problem(422, "required", "name");
    let refused = post(json!({"name": "x", "filter": {"is": "any", "of": []}})).await;
    refused.problem(422, "required", "filter.of");
    let refused = post(json!({"name": "x", "filter": {"is": "wrote_within", "days": 0}})).await;
    refused.problem(422, "out_of_range", "filter.days");
    let refused =
        post(json!({"name": "x", "filter": {"is": "activity", "kind": "call", "days": 30}})).await;
    refused.problem(422, "not_recorded", "filter");
    let refused = post(json!({"name": "x", "filter": {"is": "rich"}})).await;
    assert_eq!(refused.status, 422, "{}", refused.body);

    let at = format!(
        "/v1/segments/{}",
        segment(&world, "VIP", tagged("vip")).await
    );
    let changed = world.patch(&at, json!({"name": "Beste"})).await.expect(200);
    assert_eq!(
        (&changed.body["name"], &changed.body["version"]),
        (&json!("Beste"), &json!(2))
    );
    assert_eq!(changed.body["filter"], tagged("vip"));
    let stale = [("if-match", "\"1\"")];
    let refused = world
        .call("PATCH", &at, &stale, Some(json!({"name": "x"})))
        .await;
    refused.problem(412, "stale_version", "");
}
