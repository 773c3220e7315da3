//! What the pages touch is what `LinksRole` lets them touch. The emulator of the deploy test enforces
//! no condition on keys, so it is checked here, on the requests as they leave.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use app::App;
use async_trait::async_trait;
use domain::channel::Channel;
use http::{Request, StatusCode};
use local::{Call, Fault, Reply, Wire};
use serde_json::{Value, json};
use store::Store;
use tower::ServiceExt as _;

use super::*;
use crate::tidy::read;

/// What a request does to which partitions, in the words of IAM.
#[derive(Default)]
struct Watch(Mutex<BTreeSet<(String, String)>>);

#[async_trait]
impl Wire for Watch {
    async fn carry(&self, call: &Call<'_>) -> Result<Reply, Fault> {
        let body: Value = serde_json::from_slice(call.body).unwrap();
        let mut seen = self.0.lock().unwrap();
        let mut note = |action: &str, key: &Value| {
            let pk = key["pk"]["S"].as_str().unwrap();
            seen.insert((format!("dynamodb:{action}"), pk.to_owned()));
        };
        match call.operation {
            "GetItem" => note("GetItem", &body["Key"]),
            "PutItem" => note("PutItem", &body["Item"]),
            "Query" => {
                assert_eq!(body["IndexName"], Value::Null, "no index: {body}");
                note(
                    "Query",
                    &json!({"pk": body["ExpressionAttributeValues"][":pk"]}),
                );
            }
            "BatchGetItem" => {
                for table in body["RequestItems"].as_object().unwrap().values() {
                    let keys = table["Keys"].as_array().unwrap();
                    keys.iter().for_each(|key| note("BatchGetItem", key));
                }
            }
            "TransactWriteItems" => {
                for action in body["TransactItems"].as_array().unwrap() {
                    for (kind, what) in action.as_object().unwrap() {
                        match kind.as_str() {
                            "Put" => note("PutItem", &what["Item"]),
                            "ConditionCheck" => note("ConditionCheckItem", &what["Key"]),
                            "Update" => note("UpdateItem", &what["Key"]),
                            other => panic!("{other}: {what}"),
                        }
                    }
                }
            }
            other => panic!("{other}: {body}"),
        }
        drop(seen);
        Ok(call.run())
    }
}

/// The statements on the table: actions, and what the partition must be like.
fn allowed() -> Vec<(Vec<String>, Vec<String>)> {
    let template = read("template.yaml");
    let (_, role) = template.split_once("\n  LinksRole:\n").unwrap();
    let (role, _) = role.split_once("\n  # -----").unwrap();
    let statements = role.split("- Effect: Allow").skip(1);
    let on_table = statements.filter(|it| it.contains("Resource: !GetAtt Table.Arn"));
    let read = |statement: &str| {
        let (_, actions) = statement.split_once("Action: [").unwrap();
        let (actions, _) = actions.split_once(']').unwrap();
        let actions = actions.split(", ").map(str::to_owned).collect();
        let (_, keys) = statement.split_once("dynamodb:LeadingKeys:\n").unwrap();
        let keys = keys
            .lines()
            .filter_map(|line| line.trim().strip_prefix("- "));
        (actions, keys.map(str::to_owned).collect())
    };
    on_table.map(read).collect()
}

/// `StringLike` of IAM: `*` is anything, `?` one character.
fn is_like(text: &[u8], pattern: &[u8]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, rest) => rest.is_none(),
        (Some((b'*', pattern)), _) => {
            (0..=text.len()).any(|taken| is_like(&text[taken..], pattern))
        }
        (Some((b'?', pattern)), Some((_, text))) => is_like(text, pattern),
        (Some((one, pattern)), Some((other, text))) => one == other && is_like(text, pattern),
        (Some(_), None) => false,
    }
}

#[tokio::test]
async fn the_pages_touch_nothing_that_their_role_does_not_name() {
    let mut world = World::new().await;
    let (conversation, anna) = followed_up(&mut world).await;
    // Whoever wrote it is told that it is withdrawn.
    let later = json!({"text": "Bis morgen!", "send_at": "2026-11-03T09:00:00Z"});
    let path = format!("{conversation}/messages");
    let planned = world.0.api("POST", &path, Some(later)).await.unwrap();
    assert_eq!(planned.status, 202, "{}", planned.body);
    world.0.connect(Channel::Telegram, "bot").await.unwrap();
    let all = world.link(&anna, json!({"for": "preferences"})).await;
    let stop = world.unsubscribe(&anna, "sms_transactional").await;

    let page = json!({"booking_url": "https://salon.example/buchen"});
    let set = world.0.api("PATCH", "/v1/settings", Some(page)).await;
    set.unwrap().ok().unwrap();
    let watch = Arc::new(Watch::default());
    let runner = world.0.runner();
    let known = &runner.app;
    let to = Recipient {
        workspace: world.0.local.installation.workspace,
        customer: anna.rsplit('/').next().unwrap().parse().unwrap(),
        conversation: Some(conversation.rsplit('/').next().unwrap().parse().unwrap()),
    };
    let visit = "2026-11-01".parse().unwrap();
    let book = app::links::booking(known, to, visit)
        .await
        .unwrap()
        .unwrap();
    let book = book.strip_prefix("https://desk.example.org/nachfass");
    let book = book.unwrap();
    let client = runner.dynamo.client_through(Arc::<Watch>::clone(&watch));
    let app = App::new(
        Store::new(client, known.store.table()),
        Arc::clone(&known.clock),
        Arc::clone(&known.entropy),
        known.config.clone(),
    )
    .with_queues(Arc::clone(&known.queues))
    .with_timers(Arc::clone(&known.timers));
    let pages = links::router(Arc::new(app));
    for (method, path, body) in [
        ("GET", all.as_str(), ""),
        ("GET", book, ""),
        ("GET", "/l/0000000000000000000000000000000000000000", ""),
        ("POST", &stop, ONE_CLICK),
        (
            "POST",
            &all,
            "action=save&shown=sms_transactional&want=sms_transactional",
        ),
        ("POST", &all, "action=end_all"),
    ] {
        let request = Request::builder().method(method).uri(path);
        let request = request.header(CONTENT_TYPE, FORM);
        let request = request.body(Body::from(body)).unwrap();
        let page = Page::of(pages.clone().oneshot(request).await.unwrap()).await;
        let strange = path.ends_with("0000");
        let expected = match path {
            _ if strange => StatusCode::NOT_FOUND,
            _ if path == book => StatusCode::SEE_OTHER,
            _ => StatusCode::OK,
        };
        assert_eq!(page.status, expected, "{path}: {}", page.body);
    }
    assert_eq!(world.said(&anna).await.len(), 4);

    let (allowed, seen) = (allowed(), watch.0.lock().unwrap().clone());
    let names = |action: &String, key: &String| {
        let mut statements = allowed.iter();
        statements.any(|(actions, keys)| {
            let mut keys = keys.iter();
            actions.contains(action) && keys.any(|it| is_like(key.as_bytes(), it.as_bytes()))
        })
    };
    for (action, key) in &seen {
        assert!(names(action, key), "LinksRole lets nobody {action} {key}");
    }
    // And it names nothing that is not needed: no action, no partition, no way in of others.
    for (actions, keys) in &allowed {
        let used = |action: &String| seen.iter().any(|(used, _)| used == action);
        assert!(actions.iter().all(used), "{actions:?} and {seen:?}");
        for pattern in keys {
            let used = |(action, key): &(String, String)| {
                actions.contains(action) && is_like(key.as_bytes(), pattern.as_bytes())
            };
            assert!(seen.iter().any(used), "{pattern} is for nothing");
        }
    }
    let ws = world.0.local.installation.workspace;
    for key in [
        format!("W#{ws}#KEYS"),
        format!("W#{ws}#AUDIT"),
        format!("W#{ws}#SUPPRESSED"),
        "ENTRY#KEY#0".to_owned(),
        "ENTRY#CON#0".to_owned(),
    ] {
        let open = allowed.iter().flat_map(|(_, keys)| keys);
        let open: Vec<_> = open
            .filter(|it| is_like(key.as_bytes(), it.as_bytes()))
            .collect();
        assert!(open.is_empty(), "{key} is open by {open:?}");
    }
}
