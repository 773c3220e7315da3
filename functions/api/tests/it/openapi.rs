//! The document: committed, served, and true to what is served.

use std::path::Path;

use serde_json::Value;

use crate::world::World;

/// `NACHFASS_RENEW=1 cargo test -p api openapi` writes it anew.
#[test]
#[expect(clippy::disallowed_methods, reason = "a switch of this test alone")]
fn the_committed_openapi_document_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra/openapi.json");
    let mut current = api::openapi().to_pretty_json().unwrap();
    current.push('\n');
    if std::env::var("NACHFASS_RENEW").is_ok() {
        std::fs::write(&path, &current).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == current,
        "infra/openapi.json is stale; run `NACHFASS_RENEW=1 cargo test -p api openapi`"
    );
}

#[test]
fn every_openapi_operation_has_an_id_a_tag_and_its_problems() {
    let document: Value = serde_json::to_value(api::openapi()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let at = format!("{method} {path}");
            assert!(operation["operationId"].is_string(), "{at}");
            assert!(operation["tags"][0].is_string(), "{at}");
            let responses = operation["responses"].as_object().unwrap();
            assert!(
                responses.keys().any(|status| status.starts_with('2')),
                "{at}"
            );
            if operation["security"].is_array() {
                for status in ["401", "403", "500", "503"] {
                    assert!(responses.contains_key(status), "{at} {status}");
                }
            }
        }
    }
}

#[test]
fn every_openapi_reference_leads_somewhere() {
    fn walk(value: &Value, document: &Value) {
        match value {
            Value::Object(fields) => {
                if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                    let pointer = reference.trim_start_matches('#');
                    assert!(document.pointer(pointer).is_some(), "{reference}");
                }
                fields.values().for_each(|field| walk(field, document));
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, document)),
            _ => {}
        }
    }
    let document: Value = serde_json::to_value(api::openapi()).unwrap();
    walk(&document, &document);
}

#[tokio::test]
async fn the_openapi_document_is_served_without_a_key() {
    let world = World::new().await;
    let headers = [("authorization", "")];
    let served = world
        .call("GET", "/v1/openapi.json", &headers, None)
        .await
        .expect(200);
    assert_eq!(served.body, serde_json::to_value(api::openapi()).unwrap());
    let health = world
        .call("GET", "/health", &headers, None)
        .await
        .expect(200);
    assert_eq!(health.body["status"], "ok");
}
