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
    let nothing = json!({"visits": 0, "last_visit": null, "next_booking": null, "prediction": null, "reminder": null, "link_clicks": []});
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

async fn backtest(world: &World, query: &str, table: &str) -> Answer {
    let path = format!("/v1/rebooking/backtest{query}");
    world.call("POST", &path, &[], Some(json!(table))).await
}

/// Customers who come every 35 days, a little earlier or later.
fn history() -> String {
    let first: chrono::NaiveDate = "2024-01-08".parse().unwrap();
    let mut table = "Kundennummer;Datum;Leistung\n".to_owned();
    for customer in 0..80_i64 {
        for visit in 0..18_i64 {
            let day = first + TimeDelta::days(customer % 30 + visit * 35 + (customer * visit) % 7);
            let day = day.format("%d.%m.%Y");
            table.push_str(&format!("K{customer};{day};Schnitt\n"));
        }
    }
    table
}

#[tokio::test]
async fn ph_07_the_past_says_which_of_the_days_would_have_been_right() {
    let world = World::new().await;
    let table = history() + "K1;32.01.2025;Schnitt\nK2\n";
    let answer = backtest(&world, "", &table).await.expect(200).body;
    assert_eq!(answer["rows"]["rows"], 80 * 18 + 2);
    assert_eq!(answer["rows"]["broken"], 2);
    assert_eq!(answer["broken"][0]["line"], 80 * 18 + 2);
    assert_eq!(
        answer["columns"][0],
        json!({"role": "customer", "name": "Kundennummer"})
    );
    let choice = |day: &str| {
        let choices = answer["choices"].as_array().unwrap();
        choices
            .iter()
            .find(|choice| choice["day"] == day)
            .unwrap()
            .clone()
    };
    // Whoever comes every five weeks is reminded too early the day after, and in time by the formula.
    let (next_day, predicted) = (choice("one_day_after"), choice("predicted"));
    assert_eq!(next_day["in_time"], 0);
    assert_eq!(next_day["too_early"], next_day["sent"]);
    assert!(
        predicted["in_time"].as_u64() > predicted["too_early"].as_u64(),
        "{predicted}"
    );
    let formula = &answer["methods"][3];
    assert_eq!(formula["method"], "formula");
    assert!(formula["predictions"].as_u64().unwrap() > 200);
    assert!(answer["svg"].as_str().unwrap().starts_with("<svg"));
    assert!(!answer["table"].as_str().unwrap().is_empty());
    // Nothing of it is kept.
    assert!(
        world
            .items()
            .await
            .iter()
            .all(|(_, item)| !item.contains("Schnitt"))
    );
}

#[tokio::test]
async fn too_little_past_allows_no_verdict_and_says_so() {
    let world = World::new().await;
    let table = "customer_id,date\n1,2026-01-05\n1,2026-02-09\n1,2026-03-16\n";
    let answer = backtest(&world, "?follow_up=30", table)
        .await
        .expect(200)
        .body;
    assert_eq!(answer["follow_up_days"], 30);
    for change in answer["changes"].as_array().unwrap() {
        assert_eq!(change["verdict"], "too_little_data");
    }
}

#[tokio::test]
async fn a_history_that_cannot_be_read_is_refused_with_what_is_wrong() {
    let world = World::new().await;
    let refused = async |query: &str, table: &str, status: u16, code: &str, field: &str| {
        let answer = backtest(&world, query, table).await;
        answer.problem(status, code, field);
    };
    refused("", "", 422, "not_a_table", "").await;
    refused("", "Hallo\n", 422, "not_a_table", "").await;
    refused("", "a,b\n1,2\n", 422, "unknown_column", "customer").await;
    let table = "wer,wann\n1,2026-01-05\n";
    refused(
        "?customer=wer&date=wannn",
        table,
        422,
        "unknown_column",
        "date",
    )
    .await;
    backtest(&world, "?customer=wer&date=wann", table)
        .await
        .expect(200);
    refused("", "customer_id,date\n1,2036-01-05\n", 422, "no_visits", "").await;
    let visits = "customer_id,date\n1,2026-01-05\n1,2026-02-09\n";
    refused("?follow_up=0", visits, 400, "out_of_range", "follow_up").await;
    refused("?follow_up=3000", visits, 400, "no_days", "follow_up").await;
    refused(
        "?from=2026-02-09&to=2026-01-05",
        visits,
        400,
        "no_days",
        "from",
    )
    .await;
}

#[tokio::test]
async fn ph_11_the_owner_says_after_how_many_days_a_category_is_repeated() {
    let world = World::new().await;
    let days = async |category: &str| {
        let answer = world
            .get("/v1/rebooking/patterns?locale=en")
            .await
            .expect(200);
        let listed = answer.body["patterns"].as_array().unwrap().clone();
        let found = listed.into_iter().find(|it| it["category"] == category);
        found.map(|it| (it["days"].clone(), it["source"].clone(), it["name"].clone()))
    };
    let default = (json!(35), json!("measured"), json!("men's cut"));
    assert_eq!(days("mens_cut").await, Some(default.clone()));
    assert_eq!(days("Bartpflege").await, None);
    let own = json!({"category_days": {"mens_cut": 28, "Bartpflege": 14}});
    let changed = world
        .patch("/v1/settings", own.clone())
        .await
        .expect(200)
        .body;
    assert_eq!(changed["category_days"], own["category_days"]);
    let owner = |days: u32, name: &str| Some((json!(days), json!("owner"), json!(name)));
    assert_eq!(days("mens_cut").await, owner(28, "men's cut"));
    assert_eq!(days("Bartpflege").await, owner(14, "Bartpflege"));

    // What counts for a customer who came once.
    let customer = anna(&world).await;
    let path = format!("{customer}/appointments/T1");
    let service = json!({"category": "Bartpflege"});
    let visit = json!({
        "starts_at": "2026-10-30T10:00:00Z", "status": "completed", "services": [service],
    });
    told(&world, &path, visit).await.expect(201);
    let rebooking = world
        .get(&format!("{customer}/rebooking"))
        .await
        .expect(200)
        .body;
    assert_eq!(rebooking["prediction"]["typical_days"], 14);

    let back = json!({"category_days": {"mens_cut": null}});
    world.patch("/v1/settings", back).await.expect(200);
    assert_eq!(days("mens_cut").await, Some(default));
    assert_eq!(days("Bartpflege").await, owner(14, "Bartpflege"));
    let refused = async |body: Value, code: &str, field: &str| {
        world
            .patch("/v1/settings", body)
            .await
            .problem(422, code, field);
    };
    refused(
        json!({"category_days": {"x": 0}}),
        "out_of_range",
        "category_days.x",
    )
    .await;
    refused(
        json!({"category_days": {"x": 731}}),
        "out_of_range",
        "category_days.x",
    )
    .await;
    refused(
        json!({"category_days": {" ": 7}}),
        "invalid_value",
        "category_days. ",
    )
    .await;
    let many: serde_json::Map<_, _> = (0..201).map(|n| (n.to_string(), json!(7))).collect();
    refused(json!({"category_days": many}), "too_many", "category_days").await;
}

/// Whatever order the events of one appointment come in, and however often, what happened last counts.
#[tokio::test]
async fn events_of_a_booking_system_may_come_in_any_order_and_again() {
    let happened = [
        ("created", 48, -50),
        ("moved", 24, -40),
        ("cancelled", 24, -30),
        ("moved", -2, -20),
        ("completed", -2, -1),
    ];
    for order in [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 4, 0, 3, 1]] {
        let world = World::new().await;
        let anna = json!({"name": {"first": "Anna"}, "reference": "K-17"});
        let made = world.post("/v1/customers", anna).await.expect(201);
        let customer = format!("/v1/customers/{}", made.body["id"].as_str().unwrap());
        let at = |hours| (world.app.now() + TimeDelta::hours(hours)).to_rfc3339();
        let mut new = 0;
        for place in order.into_iter().chain(order) {
            let (what, starts, when) = happened[place];
            let event = json!({
                "type": what, "appointment": "T-1", "customer": "K-17", "at": at(when),
                "starts_at": at(starts), "services": [{"category": "mens_cut", "staff": "Jane"}],
            });
            let taken = world.post("/v1/appointments/events", event).await;
            let taken = taken.expect(200).body;
            new += u32::from(taken["new"] == true);
        }
        let list = world
            .get(&format!("{customer}/appointments"))
            .await
            .expect(200);
        let list = list.body["appointments"].as_array().unwrap().clone();
        assert_eq!((list.len(), new), (1, 1), "{order:?}");
        assert_eq!(list[0]["status"], "completed", "{order:?}");
        let rebooking = world
            .get(&format!("{customer}/rebooking"))
            .await
            .expect(200);
        assert_eq!(rebooking.body["visits"], 1);
    }
}

#[tokio::test]
async fn an_event_that_cannot_be_taken_says_why() {
    let world = World::new().await;
    let event = |change: Value| {
        let mut event = json!({
            "type": "created", "appointment": "T-1", "customer": "K-17",
            "at": "2026-11-01T10:00:00Z", "starts_at": "2026-11-20T10:00:00Z",
        });
        let fields = event.as_object_mut().unwrap();
        fields.extend(change.as_object().unwrap().clone());
        world.post("/v1/appointments/events", event)
    };
    for (change, code, field) in [
        (json!({}), "unknown", "customer"),
        (json!({"type": "deleted"}), "unknown_value", "type"),
        (json!({"appointment": ""}), "required", "appointment"),
        (
            json!({"starts_at": "2099-01-01T00:00:00Z"}),
            "out_of_range",
            "starts_at",
        ),
    ] {
        event(change).await.problem(422, code, field);
    }
}

/// A history is stored under the ids of the business, again without effect, and nothing of it is
/// written to.
#[tokio::test]
async fn a_visit_history_is_imported_whole_or_not_at_all() {
    let world = World::new().await;
    for reference in ["K-1", "K-2"] {
        let body = json!({"name": {"first": "Anna"}, "reference": reference});
        world.post("/v1/customers", body).await.expect(201);
    }
    let send = async |query: &str, table: &str| {
        let path = format!("/v1/appointments/import{query}");
        let answer = world.call("POST", &path, &[], Some(json!(table))).await;
        answer.expect(200).body
    };
    let day = |ago: i64| {
        (world.app.now() - TimeDelta::days(ago))
            .date_naive()
            .to_string()
    };
    let good = format!(
        "customer_id,date,category,staff\nK-1,{},mens_cut,Jane\nK-1,{},mens_cut,Jane\nK-2,{},brows,\n",
        day(60),
        day(30),
        day(10),
    );
    let broken = format!("{good}K-9,{},brows,\nK-1,2026-02-31,brows,\n", day(5));

    let report = send("", &broken).await;
    assert_eq!(
        (&report["stored"], &report["broken"]),
        (&json!(false), &json!(2))
    );
    let problems: Vec<_> = report["problems"].as_array().unwrap().iter().collect();
    assert_eq!(
        (&problems[0]["row"], &problems[0]["code"]),
        (&json!(5), &json!("unknown_customer"))
    );
    assert_eq!(
        (&problems[1]["row"], &problems[1]["code"]),
        (&json!(6), &json!("broken_row"))
    );
    assert_eq!(send("?dry_run=true", &good).await["new"], 3);
    let report = send("?skip_broken=true", &broken).await;
    assert_eq!(
        (&report["stored"], &report["new"], &report["customers"]),
        (&json!(true), &json!(3), &json!(2))
    );
    let again = send("", &good).await;
    assert_eq!(
        (&again["new"], &again["changed"], &again["unchanged"]),
        (&json!(0), &json!(0), &json!(3))
    );

    let found = world.get("/v1/customers?reference=K-1").await.expect(200);
    let id = found.body["customers"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let rebooking = world
        .get(&format!("/v1/customers/{id}/rebooking"))
        .await
        .expect(200);
    assert_eq!(rebooking.body["visits"], 2);
}
