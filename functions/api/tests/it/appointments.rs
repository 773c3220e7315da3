//! What the booking system tells of a customer, and what follows from it.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::world::{Answer, World};

async fn anna(world: &World) -> String {
    let made = world.post("/v1/customers", json!({"name": {"first": "Anna"}}));
    let made = made.await.expect(201);
    format!("/v1/customers/{}", made.body["id"].as_str().unwrap())
}

async fn told(world: &World, path: &str, body: Value) -> Answer {
    world.call("PUT", path, &[], Some(body)).await
}

#[tokio::test]
async fn an_appointment_is_told_again_and_late_and_in_any_order() {
    let world = World::new().await;
    let customer = anna(&world).await;
    let path = format!("{customer}/appointments/T%2F17");
    let at = |hours| (world.app.now() + TimeDelta::hours(hours)).to_rfc3339();
    let body = |status: &str, starts: i64, changed: i64| {
        json!({
            "starts_at": at(starts), "status": status, "changed_at": at(changed),
            "services": [{"category": "mens_cut", "duration_minutes": 30, "price_minor": 3500, "staff": "Jane"}],
        })
    };
    let made = told(&world, &path, body("booked", 48, -3))
        .await
        .expect(201);
    assert_eq!(made.body["reference"], "T/17");
    assert_eq!(made.headers["location"], path);
    let again = told(&world, &path, body("booked", 48, -3))
        .await
        .expect(200);
    assert_eq!(again.body, made.body);

    let moved = told(&world, &path, body("booked", 72, -1))
        .await
        .expect(200);
    assert_eq!(moved.body["version"], 2);
    let late = told(&world, &path, body("cancelled", 48, -2))
        .await
        .expect(200);
    assert_eq!(
        late.body, moved.body,
        "what was over before changes nothing"
    );
    assert_eq!(world.get(&path).await.expect(200).body, moved.body);

    // A clock ahead of ours does not outlast what comes after.
    let ahead = told(&world, &path, body("booked", 96, 50))
        .await
        .expect(200);
    assert_eq!(ahead.body["version"], 3);
    world.advance_minutes(1).await;
    let now = json!({"starts_at": at(96), "status": "cancelled"});
    let last = told(&world, &path, now).await.expect(200);
    assert_eq!(last.body["status"], "cancelled");
    let list = world
        .get(&format!("{customer}/appointments"))
        .await
        .expect(200);
    assert_eq!(list.body["appointments"], json!([last.body]));

    let stale = [("if-match", "\"1\"")];
    let refused = world.call("DELETE", &path, &stale, None).await;
    refused.problem(412, "stale_version", "");
    world.call("DELETE", &path, &[], None).await.expect(204);
    world.get(&path).await.problem(404, "not_found", "");
}

#[tokio::test]
async fn what_is_wrong_with_an_appointment_is_named_and_nothing_is_stored() {
    let world = World::new().await;
    let customer = anna(&world).await;
    let path = format!("{customer}/appointments/T-1");
    let at = world.app.now().to_rfc3339();
    let service =
        |service: Value| json!({"starts_at": at, "status": "booked", "services": [service]});
    let long = "x".repeat(101);
    for (body, code, field) in [
        (json!({"status": "booked"}), "required", "starts_at"),
        (
            json!({"starts_at": "2099-01-01T09:00:00Z", "status": "booked"}),
            "out_of_range",
            "starts_at",
        ),
        (
            json!({"starts_at": at, "status": "perhaps"}),
            "unknown_value",
            "status",
        ),
        (
            service(json!({"category": long})),
            "invalid_value",
            "services[0].category",
        ),
        (
            service(json!({"staff": ""})),
            "invalid_value",
            "services[0].staff",
        ),
        (
            service(json!({"duration_minutes": 2000})),
            "out_of_range",
            "services[0].duration_minutes",
        ),
        (
            service(json!({"colour": "red"})),
            "unknown_field",
            "services[0].colour",
        ),
    ] {
        told(&world, &path, body).await.problem(422, code, field);
    }
    let spaced = told(
        &world,
        &format!("{customer}/appointments/T%201"),
        service(json!({})),
    )
    .await;
    spaced.problem(400, "invalid_value", "reference");
    let led = told(
        &world,
        &format!("{customer}/appointments/%20T"),
        service(json!({})),
    )
    .await;
    led.problem(400, "invalid_value", "reference");
    world.get(&path).await.problem(404, "not_found", "");
    let nobody = format!("/v1/customers/cus_{}/appointments/T-1", "0".repeat(32));
    let refused = told(&world, &nobody, service(json!({}))).await;
    refused.problem(404, "not_found", "");
}

/// PH-11, PH-12: the trade's pattern below three visits, the customer's own from three on.
#[tokio::test]
async fn the_day_on_which_a_customer_is_expected_again_comes_with_its_reason() {
    let world = World::new().await;
    let customer = anna(&world).await;
    let expected = async || {
        let answer = world.get(&format!("{customer}/rebooking")).await;
        answer.expect(200).body
    };
    let nothing =
        json!({"visits": 0, "last_visit": null, "next_booking": null, "prediction": null});
    assert_eq!(expected().await, nothing);

    let visit = async |reference: &str, days: i64, status: &str| {
        let starts_at = world.app.now() + TimeDelta::days(days);
        let body = json!({
            "starts_at": starts_at, "status": status, "services": [{"category": "mens_cut"}],
        });
        let path = format!("{customer}/appointments/{reference}");
        told(&world, &path, body).await.expect(201);
    };
    visit("1", -66, "completed").await;
    visit("2", -38, "completed").await;
    visit("3", -24, "no_show").await;
    let two = expected().await;
    assert_eq!(
        (&two["visits"], &two["prediction"]["typical_days"]),
        (&json!(2), &json!(35))
    );
    visit("4", -10, "completed").await;
    let three = expected().await;
    assert_eq!(three["prediction"]["typical_days"], 28);
    let explanation = three["prediction"]["explanation"].as_str().unwrap();
    assert!(explanation.contains("28"), "{explanation}");
    let english = world
        .get(&format!("{customer}/rebooking?locale=en"))
        .await
        .expect(200);
    assert_ne!(english.body["prediction"]["explanation"], explanation);
    let unknown = world.get(&format!("{customer}/rebooking?locale=xx")).await;
    unknown.problem(400, "invalid_value", "locale");
    assert_eq!(three["next_booking"], Value::Null);
    visit("5", 20, "booked").await;
    assert_ne!(expected().await["next_booking"], Value::Null);
}

/// NX-11: they are exported and erased with the person.
#[tokio::test]
async fn appointments_are_exported_and_erased_with_the_person() {
    let world = World::new().await;
    let customer = anna(&world).await;
    let body =
        json!({"starts_at": world.app.now(), "status": "booked", "services": [{"staff": "Jane"}]});
    let path = format!("{customer}/appointments/T-1");
    told(&world, &path, body).await.expect(201);

    let mut found = Vec::new();
    let mut page = format!("{customer}/export");
    loop {
        let answer = world.get(&page).await.expect(200);
        found.extend(answer.body["records"].as_array().unwrap().clone());
        let Some(cursor) = answer.body["meta"]["next_cursor"].as_str() else {
            break;
        };
        page = format!("{customer}/export?cursor={cursor}");
    }
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["kind"], "appointment");
    assert_eq!(
        found[0]["data"]["appointment"]["services"][0]["staff"],
        "Jane"
    );

    let erased = world.call("DELETE", &customer, &[], None).await;
    assert!(erased.status.is_success(), "{}", erased.body);
    let left = world.items().await;
    assert!(
        !left.iter().any(|(_, item)| item.contains("Jane")),
        "{left:?}"
    );
}
