//! Wrong input: each a problem document with a stable code and the field, and nothing stored.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::operations::{Things, operations};
use crate::world::{World, rule, rule_with};

/// A rule that must be refused.
async fn refused(world: &World, body: Value, code: &str, field: &str) {
    world
        .post("/v1/rules", body)
        .await
        .problem(422, code, field);
    assert_eq!(world.rules().await, 0);
}

async fn send_raw(
    world: &World,
    content_type: Option<&str>,
    body: impl Into<Body>,
) -> crate::world::Answer {
    let mut request =
        Request::post("/v1/rules").header("authorization", format!("Bearer {}", world.key));
    if let Some(content_type) = content_type {
        request = request.header("content-type", content_type);
    }
    world.raw(request.body(body.into()).unwrap()).await
}

#[tokio::test]
async fn bad_json() {
    let world = World::new().await;
    for body in ["", "{", "{\"name\": }", "nonsense", "{} {}", "\u{0}"] {
        let answer = send_raw(&world, Some("application/json"), body.to_owned()).await;
        let answer = answer.problem(400, "invalid_json", "");
        assert!(
            answer.body["detail"].as_str().unwrap().contains("line 1"),
            "{}",
            answer.body
        );
    }
    let not_utf8 = send_raw(&world, Some("application/json"), vec![b'"', 0xff, b'"']).await;
    assert!(not_utf8.status.is_client_error());
    assert_eq!(world.rules().await, 0);
}

#[tokio::test]
async fn a_body_that_is_not_declared_as_json() {
    let world = World::new().await;
    for declared in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
    ] {
        let answer = send_raw(&world, declared, rule().to_string()).await;
        answer.problem(415, "unsupported_media_type", "");
    }
    let answer = send_raw(
        &world,
        Some("application/json; charset=utf-8"),
        rule().to_string(),
    )
    .await;
    answer.expect(201);
}

#[tokio::test]
async fn oversized_body() {
    let world = World::new().await;
    let body = rule_with(json!({"name": "x".repeat(256 * 1024)}));
    world
        .post("/v1/rules", body)
        .await
        .problem(413, "body_too_large", "");
    assert_eq!(world.rules().await, 0);
}

#[tokio::test]
async fn unknown_fields() {
    let world = World::new().await;
    refused(
        &world,
        rule_with(json!({"delays": {}})),
        "unknown_field",
        "delays",
    )
    .await;
    let nested = rule_with(json!({"trigger": {"type": "silence", "description": "x", "when": 1}}));
    refused(&world, nested, "unknown_field", "trigger.when").await;
}

#[tokio::test]
async fn over_long_names() {
    let world = World::new().await;
    refused(
        &world,
        rule_with(json!({"name": "ä".repeat(101)})),
        "too_long",
        "name",
    )
    .await;
    let longest = rule_with(json!({"name": "ä".repeat(100)}));
    world.post("/v1/rules", longest).await.expect(201);
}

#[tokio::test]
async fn delay_zero_negative_or_fractional() {
    let world = World::new().await;
    for minutes in [json!(0), json!(-1), json!(1.5)] {
        let body = rule_with(json!({"delay": {"mode": "manual", "minutes": minutes}}));
        let answer = world.post("/v1/rules", body).await.expect(422);
        assert_eq!(
            answer.body["errors"][0]["field"], "delay.minutes",
            "{}",
            answer.body
        );
        assert_eq!(answer.body["code"], "validation_failed");
    }
    assert_eq!(world.rules().await, 0);
}

#[tokio::test]
async fn a_day_on_instagram_alone() {
    let world = World::new().await;
    let body = json!({"channel": "instagram", "name": "Salon", "account": "178414"});
    world.post("/v1/connections", body).await.expect(201);
    let body = rule_with(json!({"delay": {"hours": 24}, "channels": ["instagram"]}));
    refused(&world, body, "delay_over_window", "delay.hours").await;
    // The built-in test channel does not save a rule whose real channels cannot send.
    let body = rule_with(json!({"delay": {"minutes": 1440}}));
    refused(&world, body, "delay_over_window", "delay.minutes").await;
}

#[tokio::test]
async fn missing_description_or_stop_trigger() {
    let world = World::new().await;
    refused(
        &world,
        rule_with(json!({"trigger": null})),
        "required",
        "trigger.description",
    )
    .await;
    refused(
        &world,
        rule_with(json!({"trigger": {"description": "  "}})),
        "required",
        "trigger.description",
    )
    .await;
    refused(
        &world,
        rule_with(json!({"stop": null})),
        "required",
        "stop.description",
    )
    .await;
}

#[tokio::test]
async fn unknown_colour() {
    let world = World::new().await;
    refused(
        &world,
        rule_with(json!({"colour": "mauve"})),
        "unknown_value",
        "colour",
    )
    .await;
}

#[tokio::test]
async fn unknown_variable() {
    let world = World::new().await;
    let body = rule_with(json!({"message": {"text": "Hallo ##{{firstname}}"}}));
    refused(&world, body, "unknown_variable", "message.text").await;
}

#[tokio::test]
async fn everything_that_is_wrong_is_named_at_once() {
    let world = World::new().await;
    let body = json!({"colour": "mauve", "delay": {"minutes": 0}, "message": {"text": "x"}});
    let answer = world.post("/v1/rules", body).await.expect(422);
    let fields: Vec<&str> = answer.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["field"].as_str().unwrap())
        .collect();
    for field in [
        "name",
        "colour",
        "delay.minutes",
        "trigger.description",
        "stop.description",
    ] {
        assert!(fields.contains(&field), "{field} in {fields:?}");
    }
}

#[tokio::test]
async fn stale_if_match() {
    let world = World::new().await;
    let made = world.post("/v1/rules", rule()).await.expect(201);
    let at = made.header("location").to_owned();
    let change = |name: &str| Some(json!({"name": name}));
    let first = made.header("etag").to_owned();
    let second = world
        .call("PATCH", &at, &[("if-match", &first)], change("neu"))
        .await
        .expect(200);
    assert_eq!(second.header("etag"), "\"2\"");
    for method in ["PATCH", "DELETE"] {
        let answer = world
            .call(method, &at, &[("if-match", &first)], change("alt"))
            .await;
        answer.problem(412, "stale_version", "");
    }
    let garbage = world
        .call("PATCH", &at, &[("if-match", "2")], change("alt"))
        .await;
    garbage.problem(400, "invalid_value", "If-Match");
    let now = world.get(&at).await.expect(200);
    assert_eq!(
        (&now.body["name"], &now.body["version"]),
        (&json!("neu"), &json!(2))
    );
}

#[tokio::test]
async fn foreign_ids_are_unknown_ids() {
    let world = World::new().await;
    let at = world
        .post("/v1/rules", rule())
        .await
        .expect(201)
        .header("location")
        .to_owned();
    let stranger = format!("Bearer {}", world.stranger().await);
    let headers = [("authorization", stranger.as_str())];
    for method in ["GET", "PATCH", "DELETE"] {
        let body = (method == "PATCH").then(|| json!({"name": "meins"}));
        world
            .call(method, &at, &headers, body)
            .await
            .problem(404, "not_found", "");
    }
    for action in ["enable", "disable", "preview"] {
        let path = format!("{at}/{action}");
        world
            .call("POST", &path, &headers, None)
            .await
            .problem(404, "not_found", "");
    }
    assert_eq!(world.get(&at).await.expect(200).body["version"], 1);
}

#[tokio::test]
async fn ids_that_are_none() {
    let world = World::new().await;
    for id in [
        "x",
        "rul_",
        "%00",
        "rul_%00",
        "%ff",
        "%0a",
        "con_0123456789abcdef0123456789abcdef",
        "..%2f",
    ] {
        world
            .get(&format!("/v1/rules/{id}"))
            .await
            .problem(404, "not_found", "");
    }
}

#[tokio::test]
async fn bad_query_parameters() {
    let world = World::new().await;
    let check = |query: &'static str, code: &'static str, field: &'static str| {
        let world = &world;
        async move {
            world
                .get(&format!("/v1/rules?{query}"))
                .await
                .problem(400, code, field)
        }
    };
    check("limit=0", "invalid_value", "limit").await;
    check("limit=101", "invalid_value", "limit").await;
    check("limit=ten", "invalid_value", "limit").await;
    check("colour=mauve", "invalid_value", "colour").await;
    check("enabled=yes", "invalid_value", "enabled").await;
    check("farbe=blau", "unknown_parameter", "farbe").await;
    check("cursor=%00", "bad_cursor", "cursor").await;
    check("cursor=zz", "bad_cursor", "cursor").await;
    world
        .get("/v1/messages")
        .await
        .problem(400, "required", "category");
    for list in ["conversations", "pending", "connections", "keys"] {
        let answer = world.get(&format!("/v1/{list}?cursor=666f6fff")).await;
        answer.problem(400, "bad_cursor", "cursor");
    }
}

#[tokio::test]
async fn unknown_addresses_and_methods() {
    let world = World::new().await;
    world
        .get("/v1/nothing")
        .await
        .problem(404, "route_not_found", "");
    let answer = world.call("PUT", "/v1/rules", &[], None).await;
    let answer = answer.problem(405, "method_not_allowed", "");
    let allow = answer.header("allow");
    assert!(allow.contains("GET") && allow.contains("POST"), "{allow}");
    assert!(!answer.header("x-request-id").is_empty());
}

#[tokio::test]
async fn an_empty_cursor_and_what_is_no_version_are_named() {
    let world = World::new().await;
    for list in ["rules", "connections", "conversations", "keys", "pending"] {
        let answer = world.get(&format!("/v1/{list}?cursor=")).await;
        answer.problem(400, "invalid_value", "cursor");
    }
    let at = format!("/v1/connections/{}", world.loopback);
    let patch = async |tag: &str| {
        let body = Some(json!({"name": "x"}));
        world.call("PATCH", &at, &[("if-match", tag)], body).await
    };
    for wrong in [
        "3",
        "\"x\"",
        "W/\"1\"",
        "\"1\",",
        "\"\"",
        "\"12345678901234567890\"",
    ] {
        let answer = patch(wrong).await;
        answer.problem(400, "invalid_value", "If-Match");
    }
    patch("\"7\"").await.problem(412, "stale_version", "");
    patch("\"7\", \"1\"").await.expect(200);
}

/// Names that only our source has: none of them means anything to a caller.
fn names_a_type(answer: &str) -> bool {
    const KEYWORDS: [&str; 14] = [
        "struct", "enum", "variant", "tuple", "newtype", "untagged", "usize", "u8", "u16", "u32",
        "u64", "i64", "f64", "Option",
    ];
    let mut words = answer.split(|c: char| !c.is_alphanumeric());
    let camel = |word: &str| {
        let inside = word.chars().skip(1).any(char::is_uppercase);
        let begins = word.chars().next().is_some_and(char::is_uppercase);
        begins && inside && word.chars().any(char::is_lowercase) && word != "OpenAPI"
    };
    words.any(|word| KEYWORDS.contains(&word) || camel(word))
}

/// Every place in a body, as pointers.
fn places(body: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match body {
        Value::Object(fields) => {
            for (name, value) in fields {
                places(value, &format!("{at}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (number, value) in items.iter().enumerate() {
                places(value, &format!("{at}/{number}"), found);
            }
        }
        _ => {}
    }
}

#[tokio::test]
async fn no_answer_names_a_type_of_our_source() {
    let world = World::new().await;
    let things = Things::make(&world).await;
    let wrong = [
        json!(7),
        json!(-1.5),
        json!(true),
        json!("x"),
        json!([]),
        json!([[7]]),
        json!({}),
        json!({"x": {}}),
    ];
    let mut refused = 0;
    for operation in operations() {
        let Some(mut whole) = operation.body() else {
            continue;
        };
        // Fields that the examples do not use.
        if operation.id == "update_customer" {
            whole = json!({
                "reference": "r", "name": {"first": "B"}, "emails": [{"value": "b@example.com", "kind": "work"}],
                "locale": "de", "zone": "UTC", "tags": ["t"], "fields": {"f": 1}, "locations": ["l"],
            });
        }
        if operation.id == "update_settings" {
            whole = json!({
                "business_name": "x", "locale": "de", "daily_send_limit": 1,
                "quiet_hours": {"from": "20:00", "to": "08:00"},
                "frequency_cap": {"messages": 1, "hours": 24},
            });
        }
        let mut found = Vec::new();
        places(&whole, "", &mut found);
        for place in found {
            for value in &wrong {
                let mut body = whole.clone();
                *body.pointer_mut(&place).unwrap() = value.clone();
                let path = operation.path(&things);
                let answer = world.call(&operation.method, &path, &[], Some(body)).await;
                if answer.status.is_client_error() {
                    refused += 1;
                    let told = answer.body.to_string();
                    assert!(
                        !names_a_type(&told),
                        "{} {place} {value}: {told}",
                        operation.id
                    );
                }
            }
        }
    }
    assert!(refused > 300, "{refused}");
}
