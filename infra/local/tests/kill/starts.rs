//! A first start that dies between any two of its writes is finished by the next one, and a
//! restart neither makes nor wakes anything twice.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use app::Config;
use app::ports::Queues as _;
use app::tasks::DueTask;
use app::timers::ANY_GENERATION;
use domain::ids::{ConversationId, RuleId};
use http::Method;
use local::{Fault, OsEntropy, Retries};
use nachfass::control::{self, Local};
use nachfass::demo;
use nachfass::runner::{Parts, Runner};
use serde_json::{Value, json};

const KEY: &str = "a-key-of-the-owner";

/// A start in this folder whose table breaks off with `last` after so many calls.
async fn start(folder: &Path, survived: Option<(u64, Fault)>) -> anyhow::Result<Local> {
    start_with(KEY, folder, survived).await
}

async fn start_with(
    key: &str,
    folder: &Path,
    survived: Option<(u64, Fault)>,
) -> anyhow::Result<Local> {
    let mut parts = Parts::open(Some(folder), Arc::new(OsEntropy), Config::read(|_| None)?)?;
    parts.dynamo = parts.dynamo.with_retries(Retries::Off);
    if let Some((calls, last)) = survived {
        parts.dynamo.fail_by(move |_, call| match call {
            call if call < calls => Fault::None,
            call if call == calls => last,
            _ => Fault::Unavailable,
        });
    }
    let runner = Runner::start(parts).await?;
    let installation = demo::open(&runner, Some(folder), Some(key)).await?;
    Ok(Local::new(runner, installation))
}

/// What the owner of the key finds, after Anna wrote.
async fn found(local: Local) -> [usize; 4] {
    let router = control::router(Arc::new(local));
    let ask = async |method, path: &str, body| demo::call(&router, KEY, method, path, body).await;
    let hello = json!({ "from": "anna", "text": "Hallo" });
    ask(Method::POST, "/local/loopback", Some(hello))
        .await
        .unwrap();
    let count = async |path: &str, list: &str| {
        let answer: Value = ask(Method::GET, path, None).await.unwrap();
        answer[list].as_array().unwrap().len()
    };
    [
        count("/v1/keys", "keys").await,
        count("/v1/connections", "connections").await,
        count("/v1/rules", "rules").await,
        count("/v1/conversations", "conversations").await,
    ]
}

#[tokio::test]
async fn a_first_start_that_was_killed_anywhere_is_finished_by_the_next_one() {
    for last in [Fault::Unavailable, Fault::ApplyButLoseAnswer] {
        let mut calls = 0;
        loop {
            let folder = tempfile::tempdir().unwrap();
            let first = start(folder.path(), Some((calls, last))).await;
            let whole = first.is_ok();
            drop(first);
            let second = start(folder.path(), None).await.unwrap();
            assert_eq!(
                found(second).await,
                [1, 1, 2, 1],
                "{last:?} at call {calls}"
            );
            if whole {
                break;
            }
            calls += 1;
        }
        assert!(calls > 8, "a first start makes more calls than {calls}");
    }
}

#[tokio::test]
async fn what_was_deleted_on_purpose_stays_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let router = control::router(Arc::new(start(folder.path(), None).await.unwrap()));
    let ask = async |method, path: &str| demo::call(&router, KEY, method, path, None).await;
    let rules = ask(Method::GET, "/v1/rules").await.unwrap();
    for rule in rules["rules"].as_array().unwrap() {
        let path = format!("/v1/rules/{}", rule["id"].as_str().unwrap());
        ask(Method::DELETE, &path).await.unwrap();
    }
    drop(router);

    let again = start(folder.path(), None).await.unwrap();
    assert_eq!(found(again).await, [1, 1, 0, 1]);
}

#[tokio::test]
async fn a_restart_does_not_double_what_is_to_be_woken() {
    let folder = tempfile::tempdir().unwrap();
    let before = start(folder.path(), None).await.unwrap();
    let (queues, ws) = (&before.runner.queues, before.installation.workspace);
    let wake = app::timers::wake(ws, ConversationId::derive(&["c"]), ANY_GENERATION);
    let changed = DueTask::RuleChangedV1 {
        workspace: ws,
        rule: RuleId::derive(&["r"]),
        cursor: None,
    };
    let ready = |local: &Local| local.runner.queues.counts().unwrap().ready;
    let already = ready(&before);
    for task in [&wake, &wake, &changed] {
        queues.send_due(task, Duration::ZERO).await.unwrap();
    }
    drop(before);

    let after = start(folder.path(), None).await.unwrap();
    assert_eq!(ready(&after), already + 1);
}

#[tokio::test]
async fn another_preset_key_takes_the_place_of_the_one_before() {
    const OTHER: &str = "another-key-of-the-owner";
    for last in [Fault::Unavailable, Fault::ApplyButLoseAnswer] {
        let mut calls = 0;
        loop {
            let folder = tempfile::tempdir().unwrap();
            drop(start(folder.path(), None).await.unwrap());
            let killed = start_with(OTHER, folder.path(), Some((calls, last))).await;
            let whole = killed.is_ok();
            drop(killed);
            let again = start_with(OTHER, folder.path(), None).await.unwrap();
            let router = control::router(Arc::new(again));
            let keys = demo::call(&router, OTHER, Method::GET, "/v1/keys", None).await;
            let keys = keys.unwrap()["keys"].as_array().unwrap().len();
            assert_eq!(keys, 1, "{last:?} at call {calls}");
            let old = demo::call(&router, KEY, Method::GET, "/v1/keys", None).await;
            assert!(old.unwrap_err().to_string().contains("401"));
            if whole {
                break;
            }
            calls += 1;
        }
        assert!(calls > 2, "replacing a key makes more calls than {calls}");
    }
}

#[tokio::test]
async fn a_second_process_is_kept_out_of_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let first = start(folder.path(), None).await.unwrap();
    let refused = start(folder.path(), None).await.err().unwrap().to_string();
    assert!(refused.contains("another process is using"), "{refused}");
    drop(first);
    start(folder.path(), None).await.unwrap();
}

#[tokio::test]
async fn without_the_loopback_connection_the_remedy_is_named_and_works() {
    let folder = tempfile::tempdir().unwrap();
    let router = control::router(Arc::new(start(folder.path(), None).await.unwrap()));
    let ask = async |method, path: &str, body| demo::call(&router, KEY, method, path, body).await;
    let listed = ask(Method::GET, "/v1/connections", None).await.unwrap();
    let id = listed["connections"][0]["id"].as_str().unwrap().to_owned();
    ask(Method::DELETE, &format!("/v1/connections/{id}"), None)
        .await
        .unwrap();
    let hello = || Some(json!({ "from": "anna", "text": "Hallo" }));
    let refused = ask(Method::POST, "/local/loopback", hello()).await;
    let refused = refused.unwrap_err().to_string();
    assert!(
        refused.contains("409") && refused.contains("POST /v1/connections"),
        "{refused}"
    );

    let another = json!({ "channel": "loopback", "name": "Loopback" });
    ask(Method::POST, "/v1/connections", Some(another))
        .await
        .unwrap();
    let heard = ask(Method::POST, "/local/loopback", hello()).await.unwrap();
    let path = format!(
        "/v1/conversations/{}",
        heard["conversation"].as_str().unwrap()
    );
    ask(Method::GET, &path, None).await.unwrap();
}

#[tokio::test]
async fn a_page_under_a_name_of_its_own_does_not_reach_the_controls() {
    use tower::ServiceExt as _;
    let folder = tempfile::tempdir().unwrap();
    let router = control::router(Arc::new(start(folder.path(), None).await.unwrap()));
    let status = async |host: &str, path: &str| {
        let request = http::Request::get(path).header("host", host);
        let request = request.body(axum::body::Body::empty()).unwrap();
        router.clone().oneshot(request).await.unwrap().status()
    };
    for host in ["127.0.0.1:8787", "localhost:8787", "[::1]:8787"] {
        assert_eq!(status(host, "/local/clock").await, 200, "{host}");
    }
    for host in ["evil.example:8787", "192.168.1.7:8787", "not a host"] {
        assert_eq!(status(host, "/local/clock").await, 403, "{host}");
        // What asks for a key has its own name wherever it is hosted.
        assert_eq!(status(host, "/health").await, 200, "{host}");
    }
}
