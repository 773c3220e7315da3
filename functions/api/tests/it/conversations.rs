//! Conversations: the inbox, what staff do, and why.

use app::tasks::DueTask;
use chrono::TimeDelta;
use domain::channel::Channel;
use domain::customer::Customer;
use domain::ids::{CustomerId, WorkspaceId};
use local::Fault;
use serde_json::{Value, json};
use store::{Begun, Commit, Committed, Counter, Reservation, SavedAnswer};

use crate::world::{World, rule};

#[tokio::test]
async fn the_inbox_shows_the_customer_and_its_views_are_independent() {
    let world = World::new().await;
    let id = world.conversation(world.loopback, Channel::Loopback).await;
    let list = |view: &'static str| {
        let world = &world;
        async move {
            let answer = world
                .get(&format!("/v1/conversations?view={view}&order=oldest"))
                .await;
            answer.expect(200).body["conversations"]
                .as_array()
                .unwrap()
                .clone()
        }
    };
    assert_eq!(list("all").await[0]["customer"]["name"], "Anna Alt");
    assert_eq!(list("unread").await.len(), 1);
    assert_eq!(list("waiting").await.len(), 0);
    let read = world
        .call("POST", &format!("/v1/conversations/{id}/read"), &[], None)
        .await
        .expect(200);
    assert_eq!(read.body["unread"], 0);
    assert_eq!(list("unread").await.len(), 0);
}

/// NX-24: the sender looks at the day's limit, so the view does, for the day on which it will leave.
#[tokio::test]
async fn what_is_pending_is_blocked_by_the_limit_of_its_day() {
    use domain::conversation::{Run, Source};
    use domain::ids::{MessageId, RuleId, RunId};
    let world = World::new().await;
    let id = world.conversation(world.loopback, Channel::Loopback).await;
    let rule = world.post("/v1/rules", rule()).await.expect(201).body;
    let rule: RuleId = rule["id"].as_str().unwrap().parse().unwrap();
    let limit = json!({"daily_send_limit": 1});
    let settings = world.call("PATCH", "/v1/settings", &[], Some(limit));
    settings.await.expect(200);

    let now = world.app.now();
    let pending_at = async |due_at| {
        let head = world.app.store.head(world.workspace, id).await.unwrap();
        let mut head = head.unwrap();
        head.version += 1;
        head.runs = vec![Run {
            id: RunId::derive(&["run"]),
            message: MessageId::derive(&["message"]),
            source: Source::Rule {
                rule,
                version: 1,
                step: 0,
            },
            episode: head.episode,
            planned_at: now,
            due_at,
            wanted_at: due_at,
            rescue: None,
            attempts: 0,
            message_at: None,
            from: None,
            turn: 0,
            repeats: None,
            set_aside_at: None,
            visit: None,
        }];
        let sent = Counter {
            date: now.date_naive(),
            over: store::Over::Day,
            name: "automated_sends".into(),
            by: 1,
            limit: None,
        };
        let commit = Commit {
            head: Some(head),
            counters: vec![sent],
            ..Commit::default()
        };
        let done = world.app.store.commit(world.workspace, &commit).await;
        assert_eq!(done.unwrap(), Committed::Done);
        let listed = world.get("/v1/pending?locale=en").await.expect(200).body;
        let why = format!("/v1/conversations/{id}/why?locale=en");
        let why = world.get(&why).await.expect(200).body;
        let blocked = listed["pending"][0]["blocked_by"].clone();
        assert_eq!(blocked, why["pending"][0]["blocked_by"]);
        blocked
    };
    let today = pending_at(now + TimeDelta::minutes(5)).await;
    assert_eq!(today["reason"]["code"], "daily_limit");
    assert!(
        today["explanation"]
            .as_str()
            .unwrap()
            .contains("daily limit of 1")
    );
    assert_eq!(pending_at(now + TimeDelta::days(1)).await, Value::Null);
}

#[tokio::test]
async fn staff_write_to_the_customer_once() {
    let world = World::new().await;
    let id = world.conversation(world.loopback, Channel::Loopback).await;
    let path = format!("/v1/conversations/{id}/messages");
    let headers = [("idempotency-key", "a")];
    let body = Some(json!({"text": "Bis Dienstag!"}));
    let sent = world
        .call("POST", &path, &headers, body.clone())
        .await
        .expect(202);
    let again = world.call("POST", &path, &headers, body).await.expect(202);
    assert_eq!(sent.body["id"], again.body["id"]);
    assert_eq!(sent.body["status"], "planned");
    let messages = world.get(&path).await.expect(200).body["messages"]
        .as_array()
        .unwrap()
        .clone();
    let texts: Vec<&str> = messages
        .iter()
        .map(|message| message["text"].as_str().unwrap())
        .collect();
    assert_eq!(texts.len(), 3);
    assert_eq!(texts[0], "Bis Dienstag!");
    let pending = world.get("/v1/pending").await.expect(200);
    assert_eq!(
        pending.body["pending"][0]["run"]["message"],
        sent.body["id"]
    );
    assert_eq!(pending.body["pending"][0]["blocked_by"], Value::Null);
    let woken = world
        .due()
        .into_iter()
        .any(|task| matches!(task, DueTask::WakeV1 { .. }));
    assert!(woken, "the sender was not told");
    let attempts = format!("{path}/{}/attempts", sent.body["id"].as_str().unwrap());
    assert_eq!(
        world.get(&attempts).await.expect(200).body["attempts"],
        json!([])
    );
}

#[tokio::test]
async fn a_repetition_after_a_crash_finds_what_was_stored() {
    let world = World::new().await;
    let id = world.conversation(world.loopback, Channel::Loopback).await;
    let path = format!("/v1/conversations/{id}/messages");
    let texts = async || {
        let list = world.get(&path).await.expect(200);
        list.body["messages"].as_array().unwrap().len()
    };
    for (body, status) in [
        (json!({"text": "Bis Dienstag!"}), 202),
        (json!({"text": "ruft oft an", "hidden": true}), 201),
    ] {
        let headers = [("idempotency-key", body["text"].as_str().unwrap())];
        let before = texts().await;
        // The function dies with the write that does the work: its answer never arrives.
        world.dynamo.fail_by(|operation, _| match operation {
            "TransactWriteItems" => Fault::ApplyButLoseAnswer,
            _ => Fault::None,
        });
        let died = world
            .call("POST", &path, &headers, Some(body.clone()))
            .await;
        died.problem(503, "unavailable", "");
        world.dynamo.heal();
        assert_eq!(texts().await, before + 1);
        for minutes in [0, 2] {
            world.advance_minutes(minutes).await;
            let again = world
                .call("POST", &path, &headers, Some(body.clone()))
                .await
                .expect(status);
            assert_eq!(again.header("idempotent-replayed"), "true");
            assert_eq!(again.body["text"], body["text"]);
            assert_eq!(texts().await, before + 1);
        }
    }
}

#[tokio::test]
async fn a_request_that_died_before_its_write_is_done_by_its_repetition() {
    let world = World::new().await;
    let id = world.conversation(world.loopback, Channel::Loopback).await;
    let path = format!("/v1/conversations/{id}/messages");
    let headers = [("idempotency-key", "a")];
    let body = Some(json!({"text": "Bis Dienstag!"}));
    world.dynamo.fail_by(|operation, _| match operation {
        "TransactWriteItems" => Fault::Unavailable,
        _ => Fault::None,
    });
    let died = world.call("POST", &path, &headers, body.clone()).await;
    died.problem(503, "unavailable", "");
    world.dynamo.heal();
    let early = world.call("POST", &path, &headers, body.clone()).await;
    early.problem(409, "request_in_progress", "");
    world.advance_minutes(2).await;
    let again = world.call("POST", &path, &headers, body).await.expect(202);
    assert_eq!(again.header("idempotent-replayed"), "");
}

#[tokio::test]
async fn a_request_that_lost_its_key_to_a_repetition_stores_nothing() {
    let world = World::new().await;
    let store = &world.app.store;
    let begin = async || {
        let begun = store
            .begin_idempotent(world.workspace, "a", "POST /", world.app.now())
            .await;
        match begun.unwrap() {
            Begun::Start(reservation) => reservation,
            other => panic!("{other:?}"),
        }
    };
    let late = begin().await;
    world.advance_minutes(2).await;
    let present = begin().await;
    let answer = |text: &str| SavedAnswer {
        status: 201,
        headers: Vec::new(),
        body: text.to_owned(),
    };
    let commit = |reservation: &Reservation, text: &str| Commit {
        answer: Some(reservation.answered(answer(text), world.app.now())),
        ..Commit::default()
    };
    let stored = store.commit(world.workspace, &commit(&late, "late")).await;
    assert_eq!(stored.unwrap(), Committed::Conflict);
    // Neither does it free the key that is somebody else's by now.
    store.abandon_idempotent(&late).await.unwrap();
    let stored = store
        .commit(world.workspace, &commit(&present, "present"))
        .await;
    assert_eq!(stored.unwrap(), Committed::Done);
    let begun = store
        .begin_idempotent(world.workspace, "a", "POST /", world.app.now())
        .await;
    assert_eq!(begun.unwrap(), Begun::Replay(answer("present")));
}

#[tokio::test]
async fn a_hidden_note_is_stored_and_sent_to_nobody() {
    let world = World::new().await;
    let id = world.conversation(world.loopback, Channel::Loopback).await;
    let path = format!("/v1/conversations/{id}/messages");
    let note = world
        .post(&path, json!({"text": "ruft oft an", "hidden": true}))
        .await
        .expect(201);
    assert_eq!(note.body["hidden"], true);
    let pending = world.get("/v1/pending").await.expect(200);
    assert_eq!(pending.body["pending"], json!([]));
    let manual = world.get("/v1/messages?category=manual").await.expect(200);
    assert!(!manual.body.to_string().contains("ruft oft an"));
}

#[tokio::test]
async fn a_text_that_cannot_leave_is_refused_at_once() {
    let world = World::new().await;
    let body = json!({"channel": "whatsapp", "name": "x", "account": "1"});
    let made = world.post("/v1/connections", body).await.expect(201);
    let connection = made.body["id"].as_str().unwrap().parse().unwrap();
    let id = world.conversation(connection, Channel::WhatsApp).await;
    let path = format!("/v1/conversations/{id}/messages");
    let text = json!({"text": "x".repeat(4097)});
    world
        .post(&path, text)
        .await
        .problem(422, "too_long", "text");
    world
        .post(&path, json!({"text": " "}))
        .await
        .problem(422, "required", "text");
    world
        .post(&path, json!({"text": "a\u{0}b"}))
        .await
        .problem(422, "control_character", "text");
    world.advance_hours(22).await;
    let answer = world
        .post(&path, json!({"text": "zu spät"}))
        .await
        .problem(409, "conflict", "");
    assert!(
        answer.body["detail"]
            .as_str()
            .unwrap()
            .contains("2026-11-03 08:00"),
        "{}",
        answer.body
    );
    // A note is no message.
    world
        .post(&path, json!({"text": "zu spät", "hidden": true}))
        .await
        .expect(201);
    let disable = format!("/v1/connections/{connection}/disable");
    world.call("POST", &disable, &[], None).await.expect(200);
    world
        .post(&path, json!({"text": "aus"}))
        .await
        .problem(409, "conflict", "");
}

#[tokio::test]
async fn conversations_are_assigned_labelled_closed_and_reopened() {
    let world = World::new().await;
    let id = world.conversation(world.loopback, Channel::Loopback).await;
    let at = format!("/v1/conversations/{id}");
    let body = json!({"assignee": "Jane", "labels": ["vip", "vip", "termin"]});
    let changed = world
        .call("PATCH", &at, &[("if-match", "\"1\"")], Some(body))
        .await
        .expect(200);
    assert_eq!(changed.body["labels"], json!(["vip", "termin"]));
    assert_eq!(changed.body["assignee"], "Jane");
    let stale = world
        .call(
            "PATCH",
            &at,
            &[("if-match", "\"1\"")],
            Some(json!({"assignee": null})),
        )
        .await;
    stale.problem(412, "stale_version", "");
    let nobody = world
        .patch(&at, json!({"assignee": null}))
        .await
        .expect(200);
    assert_eq!(nobody.body["assignee"], Value::Null);
    assert_eq!(nobody.body["labels"], json!(["vip", "termin"]));
    world
        .patch(&at, json!({"labels": ["x", ""]}))
        .await
        .problem(422, "required", "labels[1]");
    let closed = world
        .call("POST", &format!("{at}/close"), &[], None)
        .await
        .expect(200);
    assert_eq!(closed.body["state"]["state"], "closed");
    let open = world
        .call("POST", &format!("{at}/reopen"), &[], None)
        .await
        .expect(200);
    assert_eq!(open.body["state"], json!({"state": "open"}));
}

#[tokio::test]
async fn why_tells_every_decision_in_the_language_asked_for() {
    let world = World::new().await;
    let id = world.conversation(world.loopback, Channel::Loopback).await;
    let at = format!("/v1/conversations/{id}");
    world
        .post(&format!("{at}/messages"), json!({"text": "Hallo"}))
        .await
        .expect(202);
    let why = world.get(&format!("{at}/why?locale=en")).await.expect(200);
    assert_eq!(why.body["pending"].as_array().unwrap().len(), 1);
    let receipts = why.body["receipts"].as_array().unwrap();
    assert!(!receipts.is_empty(), "{}", why.body);
    let german = world.get(&format!("{at}/why")).await.expect(200);
    let explained = |body: &Value| body["receipts"][0]["entries"][0]["explanation"].clone();
    assert_ne!(explained(&why.body), explained(&german.body));
    // What the connection's deletion leaves can still be read.
    world
        .call(
            "DELETE",
            &format!("/v1/connections/{}", world.loopback),
            &[],
            None,
        )
        .await
        .expect(204);
    world.get(&format!("{at}/why")).await.expect(200);
    world.get(&at).await.expect(200);
    world.get("/v1/pending").await.expect(200);
}

#[tokio::test]
async fn staff_say_that_two_conversations_are_with_one_person() {
    let world = World::new().await;
    let body = json!({"channel": "telegram", "name": "Bot", "secrets": {"token": "1:A"}});
    let made = world.post("/v1/connections", body).await.expect(201);
    let telegram = made.body["id"].as_str().unwrap().parse().unwrap();
    let one = world.conversation(world.loopback, Channel::Loopback).await;
    let other = world.conversation(telegram, Channel::Telegram).await;
    let at = |id| format!("/v1/conversations/{id}");
    let customer_of = async |id| {
        let shown = world.get(&at(id)).await.expect(200);
        shown.body["customer"].clone()
    };
    let put = async |body: Value| {
        let path = format!("{}/customer", at(other));
        world.call("PUT", &path, &[], Some(body)).await
    };
    let left = customer_of(other).await;
    let person = customer_of(one).await;
    let (left_id, id) = (customer_id(&left), customer_id(&person));
    let ws = world.workspace;
    let store = &world.app.store;

    // The one who is left had opted out.
    let mut opted_out = store.customer(ws, left_id).await.unwrap().unwrap();
    opted_out.chat.opted_out_at = Some(world.app.now());
    opted_out.version += 1;
    let commit = Commit {
        customer: Some(opted_out),
        ..Commit::default()
    };
    assert_eq!(store.commit(ws, &commit).await.unwrap(), Committed::Done);

    let body = json!({"customer_id": person["id"]});
    let joined = put(body.clone()).await.expect(200);
    assert_eq!(joined.body["customer"]["id"], person["id"]);
    assert_ne!(joined.body["customer"]["opted_out_at"], Value::Null);
    assert_eq!(customer_of(one).await, joined.body["customer"]);
    let again = put(body).await.expect(200);
    assert_eq!(again.body, joined.body);
    let kept = store.customer(ws, id).await.unwrap().unwrap();
    assert!(kept.conversations.iter().any(|reach| {
        (reach.conversation, reach.connection, reach.channel)
            == (other, telegram, Channel::Telegram)
    }));
    let kept = store.customer(ws, left_id).await.unwrap().unwrap();
    assert_eq!(kept.conversations, []);

    let why = format!("{}/why?locale=en", at(other));
    let why = world.get(&why).await.expect(200);
    let receipts = why.body["receipts"].as_array().unwrap();
    assert_eq!(receipts.len(), 1, "{receipts:?}");
    let keys = world.get("/v1/keys").await.expect(200);
    assert_eq!(receipts[0]["decided_by"], keys.body["keys"][0]["id"]);
    let verdict = &receipts[0]["entries"][0]["verdict"];
    let expected = json!({"verdict": "joined", "from": left["id"], "to": person["id"]});
    assert_eq!(verdict, &expected);

    // Given back, and the refusal stays with both.
    let back = put(json!({"customer_id": left["id"]})).await.expect(200);
    assert_eq!(back.body["customer"]["id"], left["id"]);
    assert_ne!(customer_of(one).await["opted_out_at"], Value::Null);

    for wrong in [
        "x",
        "cus_0123456789abcdef0123456789abcdef",
        &one.to_string(),
    ] {
        let answer = put(json!({"customer_id": wrong})).await;
        answer.problem(422, "unknown_value", "customer_id");
    }
}

#[tokio::test]
async fn nobody_is_joined_to_a_customer_of_another_workspace() {
    let world = World::new().await;
    let id = world.conversation(world.loopback, Channel::Loopback).await;
    let ws = WorkspaceId::derive(&["another"]);
    let own = world
        .get(&format!("/v1/conversations/{id}"))
        .await
        .expect(200);
    let own = world
        .app
        .store
        .customer(world.workspace, customer_id(&own.body["customer"]))
        .await
        .unwrap()
        .unwrap();
    let foreign = Customer {
        id: CustomerId::derive(&["another"]),
        workspace: ws,
        version: 1,
        ..own
    };
    let body = json!({"customer_id": foreign.id});
    let commit = Commit {
        customer: Some(foreign),
        ..Commit::default()
    };
    let stored = world.app.store.commit(ws, &commit).await.unwrap();
    assert_eq!(stored, Committed::Done);
    let path = format!("/v1/conversations/{id}/customer");
    let answer = world.call("PUT", &path, &[], Some(body)).await;
    answer.problem(422, "unknown_value", "customer_id");
}

fn customer_id(shown: &Value) -> CustomerId {
    CustomerId::parse(shown["id"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn what_staff_write_has_its_variables_filled_in_or_is_refused() {
    let world = World::new().await;
    let id = world.conversation(world.loopback, Channel::Loopback).await;
    let path = format!("/v1/conversations/{id}/messages");
    let sent = world
        .post(
            &path,
            json!({"text": "Hallo ##{{first_name}}, bis gleich!"}),
        )
        .await
        .expect(202);
    assert_eq!(sent.body["text"], "Hallo Anna, bis gleich!");
    let refused = world
        .post(&path, json!({"text": "Hallo ##{{firstname}}"}))
        .await
        .problem(422, "unknown_variable", "text");
    let remedy = refused.body["errors"][0]["remedy"].as_str().unwrap();
    assert!(remedy.contains("##{{first_name}}") && remedy.contains("##{{business_name}}"));
    world
        .post(&path, json!({"text": "Hallo ##{{first_name"}))
        .await
        .problem(422, "unclosed_variable", "text");
    // A note is for staff and stays as it was written.
    let note = json!({"text": "schreibt ##{{x}}", "hidden": true});
    world.post(&path, note).await.expect(201);
}

#[tokio::test]
async fn a_message_waits_for_its_time_and_can_be_changed_and_withdrawn() {
    let world = World::new().await;
    let id = world.conversation(world.loopback, Channel::Loopback).await;
    let path = format!("/v1/conversations/{id}/messages");
    let at = |hours| (world.app.now() + TimeDelta::hours(hours)).to_rfc3339();
    let refused = async |body, code: &str, field: &str| {
        let answer = world.post(&path, body).await;
        answer.problem(422, code, field);
    };
    refused(
        json!({"text": "x", "send_at": at(-1)}),
        "in_the_past",
        "send_at",
    )
    .await;
    refused(
        json!({"text": "x", "send_at": at(9000)}),
        "too_far",
        "send_at",
    )
    .await;
    let note = json!({"text": "x", "send_at": at(1), "hidden": true});
    refused(note, "not_allowed", "send_at").await;

    let later = json!({"text": "Bis morgen", "send_at": at(3), "on_reply": "cancel"});
    let made = world.post(&path, later).await.expect(202).body;
    assert_eq!(made["on_reply"], "cancel");
    assert_eq!(made["status"], "planned");
    let pending = async || world.get("/v1/pending").await.expect(200).body["pending"].clone();
    assert_eq!(pending().await[0]["run"]["message"], made["id"]);

    let one = format!("{path}/{}", made["id"].as_str().unwrap());
    let changed = json!({"text": "Bis dann, ##{{first_name}}", "send_at": at(5)});
    let changed = world.patch(&one, changed).await.expect(200).body;
    assert_eq!(changed["text"], "Bis dann, Anna");
    assert_eq!(changed["on_reply"], "cancel");
    assert_ne!(changed["send_at"], made["send_at"]);
    let listed = world.get(&path).await.expect(200).body["messages"][0].clone();
    assert_eq!(listed["text"], "Bis dann, Anna");
    assert_eq!(listed["send_at"], changed["send_at"]);
    assert_eq!(pending().await[0]["run"]["due_at"], changed["send_at"]);
    let past = world.patch(&one, json!({"send_at": at(-1)})).await;
    past.problem(422, "in_the_past", "send_at");

    let emptied = world.patch(&one, json!({"text": null})).await;
    emptied.problem(422, "required", "text");
    let kept = world
        .patch(&one, json!({"on_reply": null}))
        .await
        .expect(200)
        .body;
    assert_eq!(kept["on_reply"], "hold");
    assert_eq!(kept["send_at"], changed["send_at"]);
    let now = world
        .patch(&one, json!({"send_at": null}))
        .await
        .expect(200)
        .body;
    assert_eq!(now["send_at"], json!(world.app.now()));

    world.call("DELETE", &one, &[], None).await.expect(204);
    assert_eq!(pending().await, json!([]));
    let told = world.get(&path).await.expect(200).body["messages"][0].clone();
    assert_eq!(told["status"], "skipped");
    let again = world.call("DELETE", &one, &[], None).await;
    again.problem(409, "conflict", "");
    let late = world.patch(&one, json!({"text": "x"})).await;
    late.problem(409, "conflict", "");
}
