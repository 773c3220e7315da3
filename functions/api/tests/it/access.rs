//! Who may do what: taken from the document, tried on the router.

use domain::channel::Channel;
use serde_json::{Value, json};

use crate::world::{World, rule};

const ROLES: [&str; 5] = ["viewer", "agent", "editor", "admin", "owner"];

/// A body that the operation accepts.
fn example_body(operation: &str) -> Option<Value> {
    match operation {
        "update_rule" | "update_connection" => Some(json!({"name": "meins"})),
        "update_conversation" => Some(json!({"assignee": "ich"})),
        "join_conversation" => Some(json!({"customer_id": format!("cus_{}", "0".repeat(32))})),
        "create_message" => Some(json!({"text": "Hallo"})),
        "create_template" => Some(json!({
            "name": "meins", "language": "de", "category": "utility", "body": "Hallo.",
        })),
        _ => None,
    }
}

/// Every operation with the role it asks for; `None`: public.
fn operations() -> Vec<(String, String, Option<String>)> {
    let document: Value = serde_json::to_value(api::openapi()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let role = operation["security"][0]["key"][0]
                .as_str()
                .map(str::to_owned);
            let path = path
                .replace("{id}", &example_id(path))
                .replace("{message_id}", "msg_0");
            operations.push((method.to_uppercase(), path, role));
        }
    }
    assert!(operations.len() > 30, "{operations:?}");
    operations
}

fn example_id(path: &str) -> String {
    let prefix = match path.split('/').nth(2) {
        Some("rules") => "rul_",
        Some("connections") => "con_",
        Some("conversations") => "cnv_",
        _ => "key_",
    };
    format!("{prefix}{}", "0".repeat(32))
}

#[tokio::test]
async fn without_a_key_only_what_is_public_answers() {
    let world = World::new().await;
    for (method, path, role) in operations() {
        for header in [
            "",
            "Basic eDp5",
            "Bearer",
            "Bearer nf_unknown",
            "Bearer \u{7f}",
        ] {
            let headers = [("authorization", header)];
            let Ok(_) = axum::http::HeaderValue::from_str(header) else {
                continue;
            };
            let answer = world.call(&method, &path, &headers, None).await;
            if role.is_none() {
                answer.expect(200);
            } else {
                let answer = answer.problem(401, "unauthenticated", "");
                assert!(
                    answer.header("www-authenticate").starts_with("Bearer"),
                    "{method} {path}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_role_below_the_documented_one_is_refused_and_that_one_is_not() {
    let world = World::new().await;
    let mut keys = Vec::new();
    for role in ROLES {
        keys.push((role, format!("Bearer {}", world.key_with(role).await)));
    }
    for (method, path, needed) in operations() {
        let Some(needed) = needed else { continue };
        let needed = ROLES.iter().position(|role| *role == needed).unwrap();
        for (place, (role, bearer)) in keys.iter().enumerate() {
            let answer = world
                .call(&method, &path, &[("authorization", bearer)], None)
                .await;
            if place < needed {
                let answer = answer.problem(403, "role_too_low", "");
                let detail = answer.body["detail"].as_str().unwrap();
                assert!(detail.contains(ROLES[needed]), "{method} {path}: {detail}");
            } else {
                assert_ne!(answer.status, 403, "{method} {path} as {role}");
                assert_ne!(answer.status, 401, "{method} {path} as {role}");
            }
        }
    }
}

#[tokio::test]
async fn what_belongs_to_another_workspace_is_not_there() {
    let world = World::new().await;
    let conversation = world
        .conversation(world.loopback, Channel::Loopback)
        .await
        .to_string();
    let rule = world.post("/v1/rules", rule()).await.expect(201);
    let rule = rule.body["id"].as_str().unwrap().to_owned();
    let connection = json!({
        "channel": "whatsapp", "name": "x", "account": "1", "business_account": "2",
        "secrets": {"token": "t"},
    });
    let connection = world.post("/v1/connections", connection).await.expect(201);
    let connection = connection.body["id"].as_str().unwrap().to_owned();
    let key = world
        .post("/v1/keys", json!({"name": "x", "role": "viewer"}))
        .await
        .expect(201);
    let key = key.body["id"].as_str().unwrap().to_owned();
    let stranger = format!("Bearer {}", world.stranger().await);

    let document: Value = serde_json::to_value(api::openapi()).unwrap();
    let mut tried = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let id = match path.split('/').nth(2) {
            Some("rules") => &rule,
            Some("connections") => &connection,
            Some("conversations") => &conversation,
            _ => &key,
        };
        if !path.contains("{id}") {
            continue;
        }
        let message = format!("msg_{}", "0".repeat(32));
        let path = path.replace("{id}", id).replace("{message_id}", &message);
        for (method, operation) in item.as_object().unwrap() {
            let body = example_body(operation["operationId"].as_str().unwrap());
            let headers = [("authorization", stranger.as_str())];
            let answer = world
                .call(&method.to_uppercase(), &path, &headers, body)
                .await;
            assert_eq!(
                answer.body["code"], "not_found",
                "{method} {path}: {}",
                answer.body
            );
            tried += 1;
        }
    }
    assert!(tried > 20, "{tried}");
    for path in [
        format!("/v1/rules/{rule}"),
        format!("/v1/connections/{connection}"),
        format!("/v1/conversations/{conversation}"),
    ] {
        assert_eq!(
            world.get(&path).await.expect(200).body["version"],
            1,
            "{path}"
        );
    }
}
