//! Exporting and erasing a person.

use std::collections::BTreeSet;

use app::erase::{Progress, go_on};
use app::tasks::DueTask;
use axum::http::StatusCode;
use domain::channel::Channel;
use domain::ids::{ConversationId, CustomerId};
use local::Fault;
use serde_json::{Value, json};
use store::{Commit, Committed, RawEvent};

use crate::world::World;

struct Person {
    customer: CustomerId,
    path: String,
    /// Everything that must not be anywhere once they are erased.
    traces: Vec<String>,
}

/// Anna on two accounts, known to be one person, under an earlier id as well, with a note, a
/// message of ours and an event of no conversation.
async fn anna(world: &World) -> Person {
    let other = json!({"channel": "loopback", "name": "Zweites Konto"});
    let other = world.post("/v1/connections", other).await.expect(201);
    let other = other.body["id"].as_str().unwrap().parse().unwrap();
    let first = world.conversation(world.loopback, Channel::Loopback).await;
    let second = world.conversation(other, Channel::Loopback).await;
    let customer_of = |id: ConversationId| async move {
        let head = world.app.store.head(world.workspace, id).await.unwrap();
        head.unwrap().customer
    };
    let (customer, merged) = (customer_of(first).await, customer_of(second).await);
    let path = format!("/v1/conversations/{second}/customer");
    let body = json!({"customer_id": customer});
    world.call("PUT", &path, &[], Some(body)).await.expect(200);
    let mut known = world
        .app
        .store
        .customer(world.workspace, customer)
        .await
        .unwrap()
        .unwrap();
    let head = world
        .app
        .store
        .head(world.workspace, first)
        .await
        .unwrap()
        .unwrap();
    known.version += 1;
    known.chat.opted_out_at = Some(world.app.now());
    // An earlier id of hers leads to the first conversation, as `evaluate` notes it.
    let earlier = domain::channel::ChannelUser::parse("anna-frueher").unwrap();
    let pointer = domain::conversation::Conversation {
        id: domain::conversation::Conversation::id_for(world.loopback, &earlier),
        user: earlier,
        version: 1,
        moved_to: Some(first),
        ..head
    };
    let pointer_id = pointer.id;
    let commit = Commit {
        head: Some(pointer),
        customer: Some(known),
        ..Commit::default()
    };
    let stored = world.app.store.commit(world.workspace, &commit).await;
    assert_eq!(stored.unwrap(), Committed::Done);

    let path = format!("/v1/conversations/{first}/messages");
    let note = json!({"text": "Mag Kaffee mit Zimt", "hidden": true});
    let headers = [("idempotency-key", "a-note")];
    world
        .call("POST", &path, &headers, Some(note))
        .await
        .expect(201);
    let labels = json!({"labels": ["zimtfreundin"]});
    let path = format!("/v1/conversations/{first}");
    world.patch(&path, labels).await.expect(200);
    for (dedup, user) in [("1", "anna-frueher"), ("2", "ben")] {
        let raw = RawEvent {
            at: world.app.now(),
            dedup: dedup.to_owned(),
            kind: "unknown".to_owned(),
            raw: json!({"from": user}),
        };
        let kept = world
            .app
            .store
            .keep_raw(world.workspace, world.loopback, &raw);
        kept.await.unwrap();
    }
    let ids = [first, second, pointer_id].map(|id| id.to_string());
    let words = [
        "Anna Alt",
        "anna",
        "frueher",
        "Zimt",
        "zimt",
        "Termin haben",
        "passt Dienstag",
    ];
    let traces = ids.into_iter().chain(words.map(str::to_owned));
    Person {
        customer,
        path: format!("/v1/customers/{customer}"),
        traces: traces.chain([merged.to_string()]).collect(),
    }
}

/// Items that mention the person.
async fn mentions(world: &World, person: &Person) -> Vec<String> {
    let items = world.items().await.into_iter();
    let about = |text: &String| person.traces.iter().any(|trace| text.contains(trace));
    items.map(|(_, text)| text).filter(about).collect()
}

async fn export(world: &World, person: &Person) -> Vec<Value> {
    let (mut records, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("{}/export{cursor}", person.path);
        let page = world.get(&path).await.expect(200).body;
        assert_eq!(page["customer"]["name"]["display"], "Anna Alt");
        records.extend(page["records"].as_array().unwrap().clone());
        let Some(next) = page["meta"]["next_cursor"].as_str() else {
            return records;
        };
        cursor = format!("?cursor={next}");
    }
}

#[tokio::test]
async fn an_export_holds_every_item_about_the_person() {
    let world = World::new().await;
    let person = anna(&world).await;
    let records = export(&world, &person).await;
    let of = |name: &str| format!("W#{}#{name}", world.workspace);
    let items = world.items().await;
    let conversations = items.iter().filter(|(key, _)| key.contains(&of("V#")));
    // All conversations are hers, and one of the two events of no conversation.
    assert_eq!(records.len(), conversations.count() + 1);
    let kinds: BTreeSet<_> = records
        .iter()
        .map(|one| one["kind"].as_str().unwrap())
        .collect();
    let wanted = ["conversation", "event", "message", "pointer", "receipt"];
    assert_eq!(kinds, BTreeSet::from(wanted));
    let told = Value::from(records).to_string();
    for text in [
        "kann ich einen Termin haben",
        "Mag Kaffee mit Zimt",
        "anna-frueher",
    ] {
        assert!(told.contains(text), "{text}");
    }
    assert!(!told.contains("\"ben\""), "{told}");
    let wrong = world
        .get(&format!("{}/export?cursor=7c", person.path))
        .await;
    wrong.problem(400, "bad_cursor", "");
}

#[tokio::test]
async fn nothing_mentions_an_erased_person_but_a_keyed_hash() {
    let world = World::new().await;
    let person = anna(&world).await;
    let before = world.items().await.len();
    assert!(mentions(&world, &person).await.len() > 10);
    world
        .call("DELETE", &person.path, &[], None)
        .await
        .expect(204);
    assert_eq!(mentions(&world, &person).await, Vec::<String>::new());
    // Settings, keys, connections and the other person's event are as they were.
    assert!(before > world.items().await.len());
    let left = world.items().await;
    assert!(left.iter().any(|(_, text)| text.contains("\"ben\"")));
    let hashes: Vec<_> = left
        .iter()
        .filter(|(key, _)| key.contains("#SUPPRESSED"))
        .collect();
    // One for each id that she had.
    assert_eq!(hashes.len(), 2, "{hashes:?}");

    for path in [person.path.clone(), format!("{}/export", person.path)] {
        let method = if path.ends_with("export") {
            "GET"
        } else {
            "DELETE"
        };
        let gone = world.call(method, &path, &[], None).await;
        gone.problem(404, "not_found", "");
    }
    let log = world.get("/v1/audit?resource=customer").await.expect(200);
    assert_eq!(
        log.body["audit"][0]["resource_id"],
        person.customer.to_string()
    );
}

#[tokio::test]
async fn who_had_refused_nothing_leaves_nothing() {
    let world = World::new().await;
    let person = anna(&world).await;
    let ws = world.workspace;
    let mut known = world
        .app
        .store
        .customer(ws, person.customer)
        .await
        .unwrap()
        .unwrap();
    known.version += 1;
    known.chat.opted_out_at = None;
    let commit = Commit {
        customer: Some(known),
        ..Commit::default()
    };
    assert_eq!(
        world.app.store.commit(ws, &commit).await.unwrap(),
        Committed::Done
    );
    world
        .call("DELETE", &person.path, &[], None)
        .await
        .expect(204);
    assert_eq!(mentions(&world, &person).await, Vec::<String>::new());
    let left = world.items().await;
    assert!(!left.iter().any(|(key, _)| key.contains("#SUPPRESSED")));
}

/// The process dies after every single call, with and without the call having been carried out;
/// the task that was put on the queue before goes on.
#[tokio::test]
async fn an_erasure_that_was_interrupted_anywhere_ends() {
    for fault in [Fault::Unavailable, Fault::ApplyButLoseAnswer] {
        let mut calls = 0;
        loop {
            let world = World::new().await;
            let person = anna(&world).await;
            world.due();
            world.dynamo.fail_by(
                move |_, before| {
                    if before >= calls { fault } else { Fault::None }
                },
            );
            let answer = world.call("DELETE", &person.path, &[], None).await;
            world.dynamo.heal();
            if answer.status == StatusCode::NO_CONTENT {
                assert!(calls > 15, "{calls}");
                break;
            }
            answer.problem(503, "unavailable", "");
            world.advance_minutes(2).await;
            let tasks = world.due().into_iter();
            let ours: Vec<_> = tasks
                .filter(|task| matches!(task, DueTask::EraseV1 { .. }))
                .collect();
            let begun = world
                .app
                .store
                .erasure(world.workspace, person.customer)
                .await;
            if begun.unwrap().is_some() {
                assert_eq!(ours.len(), 1, "nobody goes on after {calls} calls");
                let end = go_on(&world.app, world.workspace, person.customer).await;
                assert_eq!(end.unwrap(), Progress::Done);
                assert_eq!(mentions(&world, &person).await, Vec::<String>::new());
                let left = world.items().await;
                let hashes = left.iter().filter(|(key, _)| key.contains("#SUPPRESSED"));
                assert_eq!(hashes.count(), 2, "after {calls} calls");
            }
            calls += 1;
        }
    }
}

#[tokio::test]
async fn a_recorded_consent_takes_an_opt_out_back_and_is_proved_by_the_audit_log() {
    let world = World::new().await;
    let anna = anna(&world).await;
    let path = format!("/v1/customers/{}/consent", anna.customer);
    let unproved = json!({"opted_out": false, "source": " ", "note": "x"});
    let refused = world.post(&path, unproved).await;
    refused.problem(422, "required", "source");

    let said = |opted_out: bool| json!({"opted_out": opted_out, "source": "phone", "note": "rang us up herself"});
    let record = async |opted_out| world.post(&path, said(opted_out)).await.expect(200).body;
    let audited = async || {
        let log = world.get("/v1/audit?resource=customer").await.expect(200);
        log.body["audit"].as_array().unwrap().clone()
    };
    // Twice is once.
    for _ in 0..2 {
        assert_eq!(record(false).await["opted_out_at"], Value::Null);
        let log = audited().await;
        assert_eq!(log.len(), 1, "{log:?}");
        assert_eq!(log[0]["after"]["note"], "rang us up herself");
        assert!(log[0]["before"]["opted_out_at"].is_string() && log[0]["key_id"].is_string());
    }

    world.advance_minutes(1).await;
    assert!(record(true).await["opted_out_at"].is_string());
    let heads = world.get("/v1/conversations").await.expect(200);
    for head in heads.body["conversations"].as_array().unwrap() {
        assert_eq!(head["state"]["reason"]["code"], "opted_out", "{head}");
    }
    world.advance_minutes(1).await;
    record(false).await;
    let heads = world.get("/v1/conversations").await.expect(200);
    for head in heads.body["conversations"].as_array().unwrap() {
        assert_eq!(head["state"]["state"], "open", "{head}");
    }
    assert_eq!(audited().await.len(), 3);

    let path = format!("/v1/customers/{}", anna.customer);
    world.call("DELETE", &path, &[], None).await.expect(204);
    let log = world.get("/v1/audit?limit=100").await.expect(200);
    assert!(!log.body.to_string().contains("rang us up"), "{}", log.body);
}

#[tokio::test]
async fn mo_26_staff_switch_a_class_off_and_on_again_and_what_the_customer_said_stays() {
    let world = World::new().await;
    let anna = anna(&world).await;
    let path = format!("/v1/customers/{}/consents", anna.customer);
    let switch = async |class: &str, allowed: bool| {
        let body = json!({"class": class, "allowed": allowed});
        world.post(&path, body).await
    };
    let state = |standing: &Value, class: &str| {
        let classes = standing["classes"].as_array().unwrap().iter();
        let found = classes
            .filter(|it| it["class"] == class)
            .collect::<Vec<_>>();
        assert_eq!(found.len(), 1, "{standing}");
        found[0]["state"].as_str().unwrap().to_owned()
    };
    for class in [
        "email_marketing",
        "email_transactional",
        "sms_marketing",
        "chat_marketing",
    ] {
        // Twice is once.
        for _ in 0..2 {
            let off = switch(class, false).await.expect(200).body;
            assert_eq!(state(&off, class), "refused");
        }
        world.advance_minutes(1).await;
        for _ in 0..2 {
            let on = switch(class, true).await.expect(200).body;
            assert_eq!(state(&on, class), "unsaid", "no consent of the customer's");
        }
    }
    for class in ["sms_transactional", "chat_transactional"] {
        // Neither off nor on, with her STOP in force.
        for allowed in [false, true] {
            let refused = switch(class, allowed).await;
            refused.problem(422, "no_switch", "class");
        }
    }

    let page = world.get(&format!("{path}?limit=3")).await.expect(200).body;
    let ledger = world.get(&path).await.expect(200).body;
    let standing = &ledger["standing"];
    assert!(
        standing["chat_stopped_at"].is_string(),
        "her own word: {standing}"
    );
    let entries = ledger["entries"].as_array().unwrap();
    let changes: Vec<_> = entries
        .iter()
        .map(|it| it["change"].as_str().unwrap())
        .collect();
    assert_eq!(changes[..3], ["stop", "refuse", "restore"]);
    assert_eq!(changes.len(), 9);
    // Stored before there was a ledger.
    assert_eq!(entries[0]["said_by"]["source"], "migration");
    assert!(entries[1]["said_by"]["key"].is_string(), "{}", entries[1]);
    let numbers: Vec<_> = entries
        .iter()
        .map(|it| it["number"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, (1..=9).collect::<Vec<_>>());
    assert_eq!(page["entries"].as_array().unwrap()[..], entries[..3]);
    let next = page["meta"]["next_cursor"].as_str().unwrap();
    let next = format!("{path}?limit=100&cursor={next}");
    let next = world.get(&next).await.expect(200).body;
    assert_eq!(next["entries"].as_array().unwrap()[..], entries[3..]);

    let log = world
        .get("/v1/audit?resource=customer")
        .await
        .expect(200)
        .body;
    let log = log["audit"].as_array().unwrap();
    assert_eq!(log.len(), 8, "one for each change: {log:?}");
    assert_eq!(log[0]["action"], "switch_consent");

    // What she told staff is her own word, and theirs is no STOP.
    let told = json!({"opted_out": false, "source": "phone", "note": "rang us up herself"});
    let one = format!("/v1/customers/{}/consent", anna.customer);
    world.post(&one, told).await.expect(200);
    let ledger = world.get(&path).await.expect(200).body;
    assert_eq!(ledger["standing"]["chat_stopped_at"], Value::Null);
    let last = ledger["entries"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone();
    assert_eq!(
        (&last["change"], &last["what"]),
        (&json!("start"), &json!("chat"))
    );
    assert_eq!(last["said_by"]["source"], "told");

    let export = format!("/v1/customers/{}/export", anna.customer);
    let mut cursor = String::new();
    let mut consents = 0;
    loop {
        let page = world
            .get(&format!("{export}{cursor}"))
            .await
            .expect(200)
            .body;
        let records = page["records"].as_array().unwrap().iter();
        consents += records.filter(|it| it["kind"] == "consent").count();
        let Some(next) = page["meta"]["next_cursor"].as_str() else {
            break;
        };
        cursor = format!("?cursor={next}");
    }
    assert_eq!(consents, 10);
}

/// A cursor belongs to the list that gave it.
#[tokio::test]
async fn a_cursor_of_other_names_is_refused() {
    let world = World::new().await;
    for name in ["Anna", "Ben", "Berta"] {
        let customer = json!({"name": {"first": name}});
        world.post("/v1/customers", customer).await.expect(201);
    }
    let page = world.get("/v1/customers?limit=1").await.expect(200).body;
    let cursor = page["meta"]["next_cursor"].as_str().unwrap();
    let of = |name: &str| format!("/v1/customers?name={name}&cursor={cursor}");
    world.get(&of("Be")).await.problem(400, "bad_cursor", "");
    world.get(&of("An")).await.expect(200);
}
