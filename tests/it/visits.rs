//! Reminders after visits: what a call that was lost leaves behind, what overtakes a claim, and what is
//! left of the link when the customer is erased.

use app::apply::{self, Change};
use axum::body::Body;
use chrono::{DateTime, TimeDelta, Utc};
use domain::channel::Channel;
use domain::contact::Reference;
use domain::conversation::Run;
use domain::customer::Customer;
use domain::decide::Event;
use domain::ids::{ConversationId, CustomerId};
use domain::rebooking::{Appointment, Record, Status};
use http::Request;
use serde_json::{Value, json};

use crate::world::{Sent, World};

const NOW: &str = "2026-11-02T08:00:00Z";

/// A business that reminds by SMS the day after, and Anna, who has a telephone.
async fn salon() -> (World, CustomerId) {
    let mut world = World::start(NOW.parse().unwrap(), None).await.unwrap();
    world.connect(Channel::Sms, "sms").await.unwrap();
    let made = async |method: &str, path: &str, body: Value| {
        let answer = world.api(method, path, Some(body)).await.unwrap();
        answer.ok().unwrap()
    };
    let page = json!({"booking_url": "https://salon.example/buchen"});
    made("PATCH", "/v1/settings", page).await;
    let rule = json!({
        "name": "Nachtermin",
        "trigger": {"type": "appointment_completed", "day": "one_day_after", "at": "10:00"},
    });
    made("POST", "/v1/rules", rule).await;
    let anna = json!({
        "name": {"display": "Anna"}, "phones": [{"value": "+4915112345678", "kind": "mobile"}],
    });
    let anna = made("POST", "/v1/customers", anna).await;
    let id = anna["id"].as_str().unwrap().parse().unwrap();
    world.advance(TimeDelta::minutes(1)).await.unwrap();
    (world, id)
}

async fn told(world: &World, id: CustomerId, reference: &str, status: &str, starts_at: &str) {
    let path = format!("/v1/customers/{id}/appointments/{reference}");
    let body = json!({"starts_at": starts_at, "status": status});
    let answer = world.api("PUT", &path, Some(body)).await.unwrap();
    answer.ok().unwrap();
}

async fn customer(world: &World, id: CustomerId) -> Customer {
    let ws = world.local.installation.workspace;
    let store = &world.runner().app.store;
    store.customer(ws, id).await.unwrap().unwrap()
}

/// The appointment as the API stores it, by a function that dies when it is stored.
async fn only_stored(
    world: &World,
    id: CustomerId,
    reference: &str,
    status: Status,
    starts_at: DateTime<Utc>,
) {
    let (ws, now) = (world.local.installation.workspace, world.now());
    let app = &world.runner().app;
    let before = customer(world, id).await;
    let record = Record {
        workspace: ws,
        customer: id,
        reference: Reference::parse(reference).unwrap(),
        version: 1,
        appointment: Appointment {
            starts_at,
            status,
            services: Vec::new(),
        },
        changed_at: now,
        created_at: now,
    };
    let mut all = app.store.all_appointments(ws, id).await.unwrap();
    all.push(record.clone());
    let settings = &app.book(ws).await.unwrap().settings;
    let (patterns, zone) = (settings.patterns(), settings.zone);
    let after = Customer {
        version: before.version + 1,
        habit: Box::new(before.habit.told(&all, &patterns, zone, now)),
        ..before
    };
    assert!(app.store.put_appointment(&record, &after).await.unwrap());
}

async fn pending(world: &World) -> Vec<Value> {
    let found = world.get("/v1/pending").await.unwrap();
    found["pending"].as_array().unwrap().clone()
}

async fn planned(world: &World, id: CustomerId) -> (ConversationId, Run) {
    let ws = world.local.installation.workspace;
    let known = customer(world, id).await;
    let conversation = known.conversations[0].conversation;
    let store = &world.runner().app.store;
    let head = store.head(ws, conversation).await.unwrap().unwrap();
    (conversation, head.runs[0].clone())
}

#[tokio::test]
async fn a_reminder_that_nobody_planned_is_planned_by_the_sweep() {
    let (world, id) = salon().await;
    only_stored(&world, id, "V1", Status::Completed, world.now()).await;
    assert!(customer(&world, id).await.habit.plan_since.is_some());
    assert!(pending(&world).await.is_empty());
    world.advance(TimeDelta::minutes(10)).await.unwrap();
    assert_eq!(pending(&world).await.len(), 1);
    assert_eq!(customer(&world, id).await.habit.plan_since, None);
    assert_eq!(world.runner().metrics.total("reminders_planned_again"), 1);

    // The other way round: a booking of which nobody told the plan stops it all the same.
    let later = world.now() + TimeDelta::days(20);
    only_stored(&world, id, "V2", Status::Booked, later).await;
    assert_eq!(pending(&world).await.len(), 1);
    world.advance(TimeDelta::days(3)).await.unwrap();
    assert!(world.take_sent().is_empty());
    assert!(pending(&world).await.is_empty());
    world.finish().unwrap();
}

/// PH-08: the appointment is stored when everything was looked at and nothing is claimed yet.
#[tokio::test]
async fn ph_08_a_booking_between_the_last_look_and_the_claim_stops_it() {
    let (world, id) = salon().await;
    told(&world, id, "V1", "completed", NOW).await;
    let (conversation, run) = planned(&world, id).await;
    let (ws, app) = (world.local.installation.workspace, &world.runner().app);
    let now = run.due_at;
    let loaded = apply::load(app, ws, conversation).await.unwrap().unwrap();
    let next = now + TimeDelta::days(20);
    only_stored(&world, id, "V2", Status::Booked, next).await;
    let claim = || Change {
        events: vec![
            Event::TimerFired,
            Event::Claim {
                run: run.id,
                deadline: now + TimeDelta::minutes(2),
            },
        ],
        cause: "send",
        claims_automated: true,
        ..Change::default()
    };
    let claimed = apply::apply_once(app, loaded, claim(), now).await.unwrap();
    assert!(claimed.is_none(), "the customer was another one by then");
    let head = app.store.head(ws, conversation).await.unwrap().unwrap();
    assert_eq!((head.sending, head.runs.len()), (None, 1));
    world.advance(TimeDelta::days(3)).await.unwrap();
    assert!(world.take_sent().is_empty());
}

#[tokio::test]
async fn a_reminder_that_waits_is_no_conversation_in_the_inbox() {
    let (world, id) = salon().await;
    let inbox = async || {
        let found = world.get("/v1/conversations").await.unwrap();
        found["conversations"].as_array().unwrap().len()
    };
    told(&world, id, "V1", "completed", NOW).await;
    assert_eq!((inbox().await, pending(&world).await.len()), (0, 1));
    world.advance(TimeDelta::days(2)).await.unwrap();
    assert_eq!(world.take_sent().len(), 1);
    assert_eq!(inbox().await, 1);
}

/// A number that was changed before the reminder went gets it, and the former one does not.
#[tokio::test]
async fn the_reminder_goes_where_the_customer_can_be_reached_by_then() {
    let (world, id) = salon().await;
    told(&world, id, "V1", "completed", NOW).await;
    let path = format!("/v1/customers/{id}");
    let phones = json!({"phones": [{"value": "+4915187654321", "kind": "mobile"}]});
    let answer = world.api("PATCH", &path, Some(phones)).await.unwrap();
    answer.ok().unwrap();
    assert_eq!(pending(&world).await.len(), 1);
    world.advance(TimeDelta::days(3)).await.unwrap();
    let to: Vec<_> = world
        .take_sent()
        .into_iter()
        .map(|sent: Sent| sent.to)
        .collect();
    assert_eq!(to, ["+4915187654321"]);
}

#[tokio::test]
async fn the_link_to_book_opens_nothing_else_and_ends_with_the_customer() {
    let (world, id) = salon().await;
    told(&world, id, "V1", "completed", NOW).await;
    world.advance(TimeDelta::days(2)).await.unwrap();
    let sent = world.take_sent().remove(0);
    let mut words = sent.text.split_whitespace();
    let link = words.find(|word| word.contains("/l/")).unwrap().to_owned();
    let token = link.rsplit('/').next().unwrap();
    assert_eq!(token.len(), 16);

    let page = "303 https://salon.example/buchen";
    assert_eq!(world.follows(&link, None).await.unwrap(), page);
    let clicks = world.get(&format!("/v1/customers/{id}/rebooking")).await;
    let clicks = clicks.unwrap()["link_clicks"].take();
    assert_eq!(
        (&clicks[0]["people"], &clicks[0]["machines"]),
        (&json!(1), &json!(0))
    );
    let asked = async |method: &str, path: String| {
        let request = Request::builder().method(method).uri(path);
        let request = request.body(Body::empty()).unwrap();
        world.anybody(request).await.status().as_u16()
    };
    assert_eq!(asked("POST", format!("/l/{token}")).await, 405);
    assert_eq!(asked("GET", format!("/l/{token}/preferences")).await, 404);
    assert_eq!(asked("POST", format!("/l/{token}/preferences")).await, 404);

    let path = format!("/v1/customers/{id}");
    let (mut clicks, mut page) = (0, format!("{path}/export"));
    loop {
        let export = world.get(&page).await.unwrap();
        let records = export["records"].as_array().unwrap().iter();
        clicks += records.filter(|record| record["kind"] == "click").count();
        match export["meta"]["next_cursor"].as_str() {
            Some(cursor) => page = format!("{path}/export?cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(clicks, 1);
    let erased = world.api("DELETE", &path, None).await.unwrap();
    assert_eq!(erased.status, 204, "{}", erased.body);
    world.advance(TimeDelta::hours(1)).await.unwrap();
    assert_eq!(world.follows(&link, None).await.unwrap(), "404 ");
    let ws = world.local.installation.workspace;
    let clicks = world.runner().app.store.clicks(ws, id).await.unwrap();
    assert!(clicks.is_empty(), "{clicks:?}");
}

/// MO-23: what the month's segments do not suffice for goes by e-mail, reminders as well, and once.
#[tokio::test]
async fn mo_23_a_reminder_for_which_no_segments_are_left_goes_by_email() {
    let (mut world, id) = salon().await;
    world.connect(Channel::Email, "email").await.unwrap();
    let patch = async |path: &str, body: Value| {
        let answer = world.api("PATCH", path, Some(body)).await.unwrap();
        answer.ok().unwrap();
    };
    let emails = json!({"emails": [{"value": "anna@example.org", "kind": "private"}]});
    patch(&format!("/v1/customers/{id}"), emails).await;
    let none = json!([{"name": "None", "segments": 0, "price_cents": 0}]);
    patch(
        "/v1/settings",
        json!({"sms_tiers": none, "sms_tier": "None"}),
    )
    .await;
    told(&world, id, "V1", "completed", NOW).await;
    world.advance(TimeDelta::days(3)).await.unwrap();
    let sent = world.take_sent();
    let to: Vec<_> = sent
        .iter()
        .map(|sent| (sent.channel, sent.to.as_str()))
        .collect();
    assert_eq!(to, [(Channel::Email, "anna@example.org")]);
    assert!(sent[0].text.contains("/l/"), "{}", sent[0].text);
    // The visit has had its reminder, wherever it went.
    told(&world, id, "V0", "no_show", NOW).await;
    world.advance(TimeDelta::days(30)).await.unwrap();
    assert!(world.take_sent().is_empty());
    let rebooking = world.get(&format!("/v1/customers/{id}/rebooking")).await;
    assert_eq!(
        rebooking.unwrap()["reminder"]["reason"]["code"],
        "already_reminded"
    );
}

/// PH-14: all times are those of the business's zone, also once it is another one, and also of what is
/// planned already.
#[tokio::test]
async fn ph_14_a_planned_reminder_goes_by_the_zone_that_was_set_since() {
    let (world, id) = salon().await;
    told(&world, id, "V1", "completed", NOW).await;
    let due = async || planned(&world, id).await.1.due_at.to_rfc3339();
    assert_eq!(due().await, "2026-11-03T09:00:00+00:00");
    let settings = async |body: Value| {
        let answer = world
            .api("PATCH", "/v1/settings", Some(body))
            .await
            .unwrap();
        answer.ok().unwrap();
        world.advance(TimeDelta::minutes(1)).await.unwrap();
    };
    settings(json!({"zone": "America/New_York"})).await;
    assert_eq!(due().await, "2026-11-03T15:00:00+00:00");
    settings(json!({"quiet_hours": {"from": "21:00", "to": "11:00"}})).await;
    assert_eq!(due().await, "2026-11-03T16:00:00+00:00");
    settings(json!({"zone": "Europe/Berlin", "quiet_hours": null})).await;
    assert_eq!(due().await, "2026-11-03T09:00:00+00:00");
    world.advance(TimeDelta::days(2)).await.unwrap();
    assert_eq!(world.take_sent().len(), 1);
}
