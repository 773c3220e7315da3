//! Messages to many: what dies on the way, what is lost, what is looked at twice.

use app::broadcasts;
use chrono::TimeDelta;
use domain::broadcast::{Broadcast, Fate, MarketingSuite, State};
use domain::channel::Channel;
use domain::ids::{BroadcastId, CustomerId};
use serde_json::{Value, json};
use store::Committed;

use crate::world::World;

const NOW: &str = "2026-11-02T08:00:00Z";
const NAMES: [&str; 3] = ["Anna", "Ben", "Cora"];

/// A business that writes SMS, and three who have a telephone.
async fn salon() -> (World, Vec<CustomerId>) {
    let mut world = World::start(NOW.parse().unwrap(), None).await.unwrap();
    world.connect(Channel::Sms, "sms").await.unwrap();
    let mut customers = Vec::new();
    for (place, name) in NAMES.into_iter().enumerate() {
        let number = format!("+491511234567{place}");
        let body = json!({
            "name": {"display": name}, "phones": [{"value": number, "kind": "mobile"}],
        });
        let made = post(&world, "/v1/customers", body).await;
        customers.push(made["id"].as_str().unwrap().parse().unwrap());
    }
    (world, customers)
}

async fn post(world: &World, path: &str, body: Value) -> Value {
    let answer = world.api("POST", path, Some(body)).await.unwrap();
    answer.ok().unwrap()
}

/// Made and counted.
async fn written(world: &World, more: Value) -> BroadcastId {
    let mut body = json!({
        "medium": "sms", "text": "Hallo ##{{first_name}}", "audience": {"kind": "everybody"},
    });
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let made = post(world, "/v1/broadcasts", body).await;
    made["id"].as_str().unwrap().parse().unwrap()
}

async fn stored(world: &World, id: BroadcastId) -> Broadcast {
    let ws = world.local.installation.workspace;
    let store = &world.runner().app.store;
    store.broadcast(ws, id).await.unwrap().unwrap()
}

/// Confirmed by a function that dies before it tells anybody.
async fn only_confirmed(world: &World, id: BroadcastId) {
    let counted = stored(world, id).await;
    let confirmed = counted.confirm(3, (MarketingSuite::Off, 75), world.now());
    put(world, &confirmed.unwrap()).await;
}

async fn put(world: &World, broadcast: &Broadcast) {
    let store = &world.runner().app.store;
    let put = store.put_broadcast(broadcast, None, None).await.unwrap();
    assert_eq!(put, Committed::Done);
}

#[tokio::test]
async fn a_page_that_is_looked_at_twice_gives_nobody_the_message_twice() {
    let (world, customers) = salon().await;
    let id = written(&world, json!({})).await;
    only_confirmed(&world, id).await;
    let (ws, app) = (world.local.installation.workspace, &world.runner().app);
    let before = stored(&world, id).await;
    broadcasts::go_on(app, ws, id).await.unwrap();
    let done = stored(&world, id).await;
    assert!(matches!(done.state, State::Done { .. }), "{:?}", done.state);

    // Whoever looked at the page died before they noted how far they had come. Meanwhile Ben refused.
    let path = format!("/v1/customers/{}/consents", customers[1]);
    let refuses = json!({"class": "sms_marketing", "allowed": false});
    post(&world, &path, refuses).await;
    put(
        &world,
        &Broadcast {
            version: done.version + 1,
            ..before
        },
    )
    .await;
    broadcasts::go_on(app, ws, id).await.unwrap();
    let again = stored(&world, id).await;
    assert_eq!((&again.sent, &again.state), (&done.sent, &done.state));
    assert_eq!(again.sent.receive, 3);
    world.advance(TimeDelta::minutes(1)).await.unwrap();
    // The claim asks once more.
    let sent: Vec<_> = world.take_sent().into_iter().map(|it| it.text).collect();
    assert_eq!(sent, ["Hallo Anna", "Hallo Cora"]);
}

#[tokio::test]
async fn a_broadcast_of_which_nobody_was_told_is_found_by_the_sweep() {
    let (world, _) = salon().await;
    let id = written(&world, json!({})).await;
    only_confirmed(&world, id).await;
    assert_eq!(stored(&world, id).await.sent.receive, 0);
    for minutes in [10, 1] {
        world.advance(TimeDelta::minutes(minutes)).await.unwrap();
    }
    assert_eq!(world.take_sent().len(), 3);
    assert_eq!(stored(&world, id).await.sent.receive, 3);
}

#[tokio::test]
async fn a_broadcast_for_later_begins_on_time() {
    let (world, _) = salon().await;
    let send_at = world.now() + TimeDelta::minutes(127);
    let id = written(&world, json!({"send_at": send_at})).await;
    let path = format!("/v1/broadcasts/{id}/confirm");
    post(&world, &path, json!({"receive": 3})).await;
    world.advance(TimeDelta::minutes(126)).await.unwrap();
    assert!(world.take_sent().is_empty());
    world.advance(TimeDelta::seconds(63)).await.unwrap();
    assert_eq!(world.take_sent().len(), 3);
}

#[tokio::test]
async fn nx_11_what_became_of_a_broadcast_for_somebody_goes_with_them() {
    let (world, customers) = salon().await;
    let id = written(&world, json!({})).await;
    let path = format!("/v1/broadcasts/{id}/confirm");
    post(&world, &path, json!({"receive": 3})).await;
    world.advance(TimeDelta::minutes(1)).await.unwrap();
    let (ws, app) = (world.local.installation.workspace, &world.runner().app);
    let fate = async || app.store.fate(ws, customers[0], id).await.unwrap();
    assert!(matches!(fate().await, Some(Fate::Receives { .. })));
    let path = format!("/v1/customers/{}", customers[0]);
    let erased = world.api("DELETE", &path, None).await.unwrap();
    assert_eq!(erased.status, 204);
    world.advance(TimeDelta::minutes(10)).await.unwrap();
    assert_eq!(fate().await, None);
}

#[tokio::test]
async fn somebody_who_is_gone_when_their_turn_comes_is_counted_nowhere() {
    let (world, customers) = salon().await;
    let named = json!({"audience": {"kind": "customers", "customers": customers}});
    let id = written(&world, named).await;
    let path = format!("/v1/customers/{}", customers[0]);
    world.api("DELETE", &path, None).await.unwrap();
    only_confirmed(&world, id).await;
    for minutes in [10, 1] {
        world.advance(TimeDelta::minutes(minutes)).await.unwrap();
    }
    assert_eq!(stored(&world, id).await.sent.recipients(), 2);
    assert_eq!(world.take_sent().len(), 2);
}
