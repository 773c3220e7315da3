//! What a lost call leaves behind, and how it heals.

use app::ports::{Part, Timer, Timers as _};
use chrono::TimeDelta;
use domain::connection::ConnectionState;
use domain::conversation::Conversation;
use domain::ids::{ConnectionId, ConversationId};
use domain::message::Status;
use local::{Answer, Fault};
use serde_json::json;
use store::{Commit, Committed, PageRequest};
use sweep::Reconciled;

use crate::installation::{Installation, whatsapp};
use crate::world::{Happening, World};

const ANNA: &str = "DE.13491208655302741918";

/// Anna asked and was answered, a moment ago.
async fn silent(installation: &Installation, connection: ConnectionId) {
    let path = format!("/webhooks/whatsapp/{connection}");
    let asked = whatsapp::text(
        ANNA,
        "wamid.1",
        installation.now(),
        "Habt ihr noch einen Termin frei?",
    );
    let answered = whatsapp::echo(
        ANNA,
        "wamid.2",
        installation.now(),
        "Gern! Dienstag um 10:00?",
    );
    for (field, element) in [("messages", asked), ("message_echoes", answered)] {
        let body = whatsapp::body(vec![vec![whatsapp::change(ANNA, field, vec![element])]]);
        installation.meta(&path, &body).await.expect(200);
        installation.settle().await;
    }
}

async fn pending(installation: &Installation) -> usize {
    let page = PageRequest {
        limit: 10,
        ..PageRequest::default()
    };
    let found = installation.store.pending(installation.workspace, &page);
    found.await.unwrap().items.len()
}

#[tokio::test]
async fn a_changed_rule_whose_announcement_was_lost_is_announced_by_the_sweep() {
    let installation = Installation::new().await;
    let connection = installation.whatsapp().await;
    silent(&installation, connection).await;

    installation.sdk.fail_queues(true);
    installation
        .rule(
            240,
            json!({"mode": "custom", "text": "Passt einer der Termine?"}),
        )
        .await;
    installation.sdk.fail_queues(false);
    installation.advance(TimeDelta::minutes(5)).await;
    assert_eq!(pending(&installation).await, 0);

    assert_eq!(installation.sweep().await.rules, 1);
    installation.advance(TimeDelta::minutes(5)).await;
    assert_eq!(pending(&installation).await, 1);
    assert_eq!(installation.sweep().await.rules, 0);
}

#[tokio::test]
async fn a_changed_rule_that_was_announced_is_not_announced_again() {
    let installation = Installation::new().await;
    let connection = installation.whatsapp().await;
    silent(&installation, connection).await;
    installation
        .rule(
            240,
            json!({"mode": "custom", "text": "Passt einer der Termine?"}),
        )
        .await;
    installation.advance(TimeDelta::minutes(5)).await;
    assert_eq!(pending(&installation).await, 1);
    assert_eq!(installation.sweep().await.rules, 0);
}

/// A rule of four hours, Anna's silence, and a platform that answers her follow-up like that.
async fn follow_up_due(installation: &Installation, answer: Option<Answer>) -> ConnectionId {
    let connection = installation.whatsapp().await;
    let text = json!({"mode": "custom", "text": "Passt einer der Termine?"});
    installation.rule(240, text).await;
    silent(installation, connection).await;
    installation.advance(TimeDelta::minutes(5)).await;
    assert_eq!(pending(installation).await, 1);
    answer
        .into_iter()
        .for_each(|answer| installation.http.next(answer));
    connection
}

async fn state(installation: &Installation, connection: ConnectionId) -> ConnectionState {
    let read = installation
        .store
        .connection(installation.workspace, connection);
    read.await.unwrap().unwrap().state
}

#[tokio::test]
async fn a_refusal_is_recorded_although_the_connection_cannot_be_paused() {
    let installation = Installation::new().await;
    let expired = json!({"error": {"code": 190, "message": "the token has expired"}});
    let connection = follow_up_due(&installation, Some(Answer::json(401, &expired))).await;
    // Only what is written alone goes through this operation: the connection.
    installation.dynamo.fail_by(|operation, _| match operation {
        "PutItem" => Fault::Unavailable,
        _ => Fault::None,
    });
    installation.advance(TimeDelta::hours(4)).await;
    installation.dynamo.heal();
    let messages = installation.messages(connection, ANNA).await;
    let last = messages
        .iter()
        .find(|message| message.author.is_automated());
    assert_eq!(last.unwrap().status, Status::Failed);
    assert_eq!(
        state(&installation, connection).await,
        ConnectionState::Active
    );
}

#[tokio::test]
async fn a_connection_without_its_token_is_paused_and_says_why() {
    let installation = Installation::new().await;
    let connection = follow_up_due(&installation, None).await;
    installation.sdk.lose_secrets("token").await;
    installation.advance(TimeDelta::hours(4)).await;
    match state(&installation, connection).await {
        ConnectionState::Paused { reason, .. } => assert!(reason.contains("token"), "{reason}"),
        other => panic!("it is {other:?}"),
    }
    // Nothing was claimed, so nothing counts as tried.
    assert_eq!(installation.messages(connection, ANNA).await.len(), 2);
    assert!(installation.http.clear_outbox().is_empty());
}

/// A conversation of an installation in memory whose follow-up is hours away.
async fn waiting() -> (World, ConversationId) {
    let now = "2026-11-02T08:00:00Z".parse().unwrap();
    let mut world = World::start(now, None).await.unwrap();
    let rule = json!({
        "name": "Termin", "enabled": true,
        "trigger": { "type": "silence", "description": "Nachfassaktion senden, wenn ein Kunde Interesse an einem Termin zeigt, aber Datum und Uhrzeit nicht bestätigt" },
        "stop": { "description": "Stoppen, wenn der Kunde den Termin bestätigt" },
        "delay": { "mode": "manual", "minutes": 240 },
        "message": { "mode": "custom", "text": "Passt einer der Termine?" },
    });
    let made = world.api("POST", "/v1/rules", Some(rule)).await.unwrap();
    made.ok().unwrap();
    let wrote = Happening::Wrote {
        text: "Hallo, habt ihr noch einen Termin frei?".to_owned(),
        at: world.now(),
    };
    world.happens("loopback", "anna", &wrote).await.unwrap();
    let id = world.conversation("anna", "loopback").unwrap();
    let path = format!("/v1/conversations/{id}/messages");
    let answer = json!({ "text": "Gern! Dienstag um 10:00?" });
    let answer = world.api("POST", &path, Some(answer)).await.unwrap();
    answer.ok().unwrap();
    world.advance(TimeDelta::minutes(30)).await.unwrap();
    world.take_sent();
    assert_eq!(world.runner().timers.armed(), 1);
    (world, id)
}

/// A whole night.
async fn reconcile(world: &World) -> Reconciled {
    let mut found = Reconciled::default();
    for number in 0..u32::from(Part::COUNT) {
        let part = Part::new(number);
        sweep::reconcile_part(&world.runner().app, part, &mut found)
            .await
            .unwrap();
    }
    world.runner().settle().await.unwrap();
    found
}

#[tokio::test]
async fn where_timers_and_heads_agree_a_night_changes_nothing() {
    let (world, _) = waiting().await;
    assert_eq!(reconcile(&world).await, Reconciled::default());
    assert_eq!(world.runner().timers.armed(), 1);
}

#[tokio::test]
async fn a_timer_that_was_lost_is_armed_again_and_fires_in_time() {
    let (world, _) = waiting().await;
    world.runner().timers.clear();
    let found = reconcile(&world).await;
    assert_eq!((found.missing, found.orphaned), (1, 0));
    assert_eq!(world.runner().timers.armed(), 1);
    assert_eq!(reconcile(&world).await, Reconciled::default());
    world.advance(TimeDelta::hours(4)).await.unwrap();
    let sent = world.take_sent();
    assert_eq!(sent.len(), 1);
    let due = "2026-11-02T12:00:00Z".parse::<chrono::DateTime<chrono::Utc>>();
    assert_eq!(sent[0].at, due.unwrap());
}

#[tokio::test]
async fn timers_of_nobody_are_removed() {
    let (world, id) = waiting().await;
    let ws = world.local.installation.workspace;
    let stray = Timer {
        workspace: ws,
        conversation: ConversationId::derive(&["nobody"]),
        generation: 1,
        at: world.now() + TimeDelta::days(3),
    };
    world.runner().timers.arm(&stray).await.unwrap();
    assert_eq!(reconcile(&world).await.orphaned, 1);
    assert_eq!(world.runner().timers.armed(), 1);

    // A head that counts on no timer has none either.
    let store = &world.runner().app.store;
    let mut head = store.head(ws, id).await.unwrap().unwrap();
    head.version += 1;
    head.runs.clear();
    head.forget_timers();
    write(&world, head).await;
    assert_eq!(reconcile(&world).await.orphaned, 1);
    assert_eq!(world.runner().timers.armed(), 0);
}

#[tokio::test]
async fn a_silence_that_fell_through_is_counted() {
    let (world, id) = waiting().await;
    let ws = world.local.installation.workspace;
    let store = &world.runner().app.store;
    let mut head = store.head(ws, id).await.unwrap().unwrap();
    // As if "the customer replied" had cancelled everything and nobody had looked again.
    head.version += 1;
    head.runs.clear();
    head.asked_at = None;
    write(&world, head).await;
    assert_eq!(reconcile(&world).await.silent_unplanned, 1);
}

async fn write(world: &World, head: Conversation) {
    let ws = head.workspace;
    let commit = Commit {
        head: Some(head),
        ..Commit::default()
    };
    let done = world.runner().app.store.commit(ws, &commit).await.unwrap();
    assert_eq!(done, Committed::Done);
}

#[tokio::test]
async fn an_erasure_that_was_cut_off_is_ended_by_the_sweep() {
    let installation = Installation::new().await;
    let connection = installation.whatsapp().await;
    silent(&installation, connection).await;
    let (ws, store) = (installation.workspace, &installation.store);
    let user = domain::channel::ChannelUser::parse(ANNA).unwrap();
    let id = Conversation::id_for(connection, &user);
    let head = store.head(ws, id).await.unwrap().unwrap();
    let customer = store.customer(ws, head.customer).await.unwrap().unwrap();
    // Whoever asked died after the note and the customer; the task was lost.
    let erasure = store::Erasure::of(&customer, &[head], installation.now());
    assert!(store.begin_erasure(&erasure, &customer).await.unwrap());
    assert!(store.forget_customer(&customer, (&[], &[])).await.unwrap());

    installation.advance(TimeDelta::minutes(5)).await;
    assert_eq!(installation.sweep().await.erasures, 1);
    installation.settle().await;
    assert!(store.head(ws, id).await.unwrap().is_none());
    assert!(installation.messages(connection, ANNA).await.is_empty());
    assert_eq!(installation.sweep().await.erasures, 0);
}
