//! Who may do what: taken from the document, tried on the router. Every operation is called with
//! no key, a wrong one, one of each lower role, and one of another workspace with ids of this one.

use std::fmt::Write as _;

use axum::http::HeaderValue;
use domain::channel::Channel;
use serde_json::{Value, json};

use crate::operations::{Operation, ROLES, Things, operations};
use crate::world::{Answer, World};

/// What each call came to, as a table; every refusal leaves the table of the store as it was and
/// tells nothing.
#[tokio::test]
async fn nobody_else_reads_or_changes_anything() {
    let world = World::new().await;
    let things = Things::make(&world).await;
    let mut keys = Vec::new();
    for role in ROLES {
        keys.push(format!("Bearer {}", world.key_with(role).await));
    }
    let stranger = format!("Bearer {}", world.stranger().await);
    let agent = json!({"name": "Bonn", "role": "agent", "location": "Bonn"});
    let agent = world.post("/v1/keys", agent).await.expect(201);
    let in_bonn = format!("Bearer {}", agent.body["key"].as_str().unwrap());
    let before = world.items().await;

    let mut table = format!(
        "{:<68} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>7} {:>8}\n",
        "operation",
        "no key",
        "wrong",
        "viewer",
        "agent",
        "editor",
        "admin",
        "owner",
        "in Bonn",
        "stranger"
    );
    for operation in operations() {
        let call = |bearer: Option<String>| call(&world, &operation, &things, bearer);
        let _ = write!(
            table,
            "{:<68}",
            format!("{} {}", operation.method, operation.template)
        );
        let Some(needed) = operation.needed else {
            let answer = call(None).await.expect(200);
            tells_nothing(&answer, &things, &operation);
            table.push_str(" public\n");
            continue;
        };
        for bearer in [None, Some("Bearer nf_unknown".to_owned())] {
            let answer = call(bearer).await;
            tells_nothing(&answer, &things, &operation);
            let _ = write!(table, " {:>6}", answer.status.as_u16());
            answer.problem(401, "unauthenticated", "");
        }
        for (role, bearer) in keys.iter().enumerate() {
            if role >= needed {
                let _ = write!(table, " {:>6}", "may");
                continue;
            }
            let answer = call(Some(bearer.clone())).await;
            tells_nothing(&answer, &things, &operation);
            let _ = write!(table, " {:>6}", answer.status.as_u16());
            let answer = answer.problem(403, "role_too_low", "");
            let detail = answer.body["detail"].as_str().unwrap();
            assert!(detail.contains(ROLES[needed]), "{}: {detail}", operation.id);
        }
        // An agent of one location sees nothing of somebody who is not known there (MO-11).
        let answer = call(Some(in_bonn.clone())).await;
        let _ = write!(table, " {:>7}", answer.status.as_u16());
        match answer.status.as_u16() {
            // What segments ask for is about nobody.
            200 if operation.id == "list_segments" => {}
            200 => tells_nothing(&answer, &things, &operation),
            404 => drop(answer.problem(404, "not_found", "")),
            _ if needed > 1 => drop(answer.problem(403, "role_too_low", "")),
            _ => drop(answer.problem(403, "location_restricted", "")),
        }
        if operation.template.contains("{id}") {
            let answer = call(Some(stranger.clone())).await;
            tells_nothing(&answer, &things, &operation);
            let _ = writeln!(table, " {:>8}", answer.status.as_u16());
            answer.problem(404, "not_found", "");
        } else {
            // It names nothing of ours, so it is about the stranger's own workspace.
            let _ = writeln!(table, " {:>8}", "own");
        }
        assert!(
            world.items().await == before,
            "{} changed something",
            operation.id
        );
    }
    insta::assert_snapshot!(table);

    // What is about the stranger's own workspace is last, because it may change that.
    for operation in operations() {
        if operation.needed.is_some() && !operation.template.contains("{id}") {
            let answer = call(&world, &operation, &things, Some(stranger.clone())).await;
            if operation.id == "create_appointment_event" {
                // It names a customer by the business's own id, and the stranger has none.
                answer.problem(422, "unknown", "customer");
                continue;
            }
            if operation.id == "create_broadcast" {
                // Nor a sender of e-mail.
                answer.problem(409, "conflict", "");
                continue;
            }
            assert!(
                answer.status.is_success(),
                "{}: {}",
                operation.id,
                answer.body
            );
            tells_nothing(&answer, &things, &operation);
        }
    }
    let after = world.items().await;
    let ours = |item: &&(String, String)| item.1.contains(&world.workspace.to_string());
    assert!(
        after.iter().filter(ours).eq(before.iter().filter(ours)),
        "a stranger changed something"
    );
}

async fn call(
    world: &World,
    operation: &Operation,
    things: &Things,
    bearer: Option<String>,
) -> Answer {
    let bearer = bearer.unwrap_or_default();
    let path = operation.path(things);
    let headers = [("authorization", bearer.as_str())];
    world
        .call(&operation.method, &path, &headers, operation.body())
        .await
}

fn tells_nothing(answer: &Answer, things: &Things, operation: &Operation) {
    // The caller's own words may come back, and no more than these.
    let said = operation.body().unwrap_or_default().to_string();
    let told = format!("{} {:?}", answer.body, answer.headers);
    for private in &things.private {
        assert!(
            !told.contains(private) || said.contains(private),
            "{} tells {private}: {told}",
            operation.id
        );
    }
}

#[tokio::test]
async fn the_documented_role_and_every_higher_one_is_enough() {
    let world = World::new().await;
    let nothing = Things::none();
    for role in ROLES {
        let bearer = format!("Bearer {}", world.key_with(role).await);
        let place = ROLES.iter().position(|known| *known == role).unwrap();
        for operation in operations() {
            if operation.needed.is_some_and(|needed| place >= needed) {
                let answer = call(&world, &operation, &nothing, Some(bearer.clone())).await;
                assert_ne!(answer.status, 403, "{} as {role}", operation.id);
                assert_ne!(answer.status, 401, "{} as {role}", operation.id);
            }
        }
    }
}

#[tokio::test]
async fn what_is_no_key_is_refused_with_a_challenge() {
    let world = World::new().await;
    for header in [
        "",
        "Basic eDp5",
        "Bearer",
        "Bearer  ",
        "Bearer nf_unknown",
        &format!("Bearer {}", world.key.to_uppercase()),
        &format!("Bearer {}", &world.key[..world.key.len() - 1]),
        &format!("Bearer {}", "x".repeat(5000)),
    ] {
        assert!(HeaderValue::from_str(header).is_ok());
        let headers = [("authorization", header)];
        let answer = world.call("GET", "/v1/rules", &headers, None).await;
        let answer = answer.problem(401, "unauthenticated", "");
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
    }
}

/// Ids that stand in a body and not in the address.
#[tokio::test]
async fn a_conversation_cannot_be_given_to_a_customer_of_another_workspace() {
    let world = World::new().await;
    let things = Things::make(&world).await;
    let stranger = world.second().await;
    let theirs = stranger
        .conversation(stranger.loopback, Channel::Loopback)
        .await;
    let before = world.items().await;
    let body = json!({"customer_id": things.id("customers")});
    let path = format!("/v1/conversations/{theirs}/customer");
    let answer = stranger.call("PUT", &path, &[], Some(body)).await;
    let answer = answer.problem(422, "unknown_value", "customer_id");
    assert!(!answer.body.to_string().contains("Anna"), "{}", answer.body);
    assert!(world.items().await == before);
}

/// A cursor holds no partition: one of another workspace leads nowhere but into the own list.
#[tokio::test]
async fn a_cursor_of_another_workspace_shows_nothing_of_it() {
    let world = World::new().await;
    let things = Things::make(&world).await;
    let stranger = format!("Bearer {}", world.stranger().await);
    let mut tried = 0;
    for operation in operations() {
        if operation.method != "GET" || operation.template.contains("{id}") {
            continue;
        }
        let path = operation.path(&things);
        let path = format!(
            "{path}{}limit=1",
            if path.contains('?') { '&' } else { '?' }
        );
        let ours = world.get(&path).await;
        let Some(cursor) = ours.body["meta"]["next_cursor"].as_str() else {
            continue;
        };
        let path = format!("{path}&cursor={cursor}");
        let headers = [("authorization", stranger.as_str())];
        let answer = world.call("GET", &path, &headers, None).await;
        tells_nothing(&answer, &things, &operation);
        assert!(
            matches!(answer.status.as_u16(), 200 | 400),
            "{}",
            answer.body
        );
        assert_ne!(answer.body, Value::Null);
        tried += 1;
    }
    assert!(tried >= 2, "{tried}");
}
