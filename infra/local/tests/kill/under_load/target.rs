//! The installation as its callers know it: HTTP, at whatever address it listens at the moment.

use chrono::{DateTime, Utc};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::process::KEY;

/// Who is called.
pub(super) struct Target {
    client: Client,
    address: watch::Receiver<Option<String>>,
}

/// A request that may be repeated.
pub(super) struct Request<'a> {
    pub(super) method: Method,
    pub(super) path: &'a str,
    pub(super) headers: &'a [(&'a str, &'a str)],
    pub(super) body: &'a str,
}

impl Target {
    pub(super) fn new(address: watch::Receiver<Option<String>>) -> Self {
        let client = Client::builder().no_proxy().build().unwrap();
        Self { client, address }
    }

    /// Status and body, if there is an answer.
    pub(super) async fn try_send(&self, request: &Request<'_>) -> Option<(u16, Value)> {
        let address = self.address.borrow().clone()?;
        let mut outgoing = self
            .client
            .request(request.method.clone(), format!("{address}{}", request.path))
            .header("authorization", format!("Bearer {KEY}"))
            .header("content-type", "application/json")
            .body(request.body.to_owned());
        for (name, value) in request.headers {
            outgoing = outgoing.header(*name, *value);
        }
        let answer = outgoing.send().await.ok()?;
        let status = answer.status().as_u16();
        let body = answer.bytes().await.ok()?;
        Some((status, serde_json::from_slice(&body).unwrap_or_default()))
    }

    /// Asks a process that nobody kills meanwhile.
    pub(super) async fn ask(&self, method: Method, path: &str, body: &str) -> Value {
        let mut address = self.address.clone();
        address.wait_for(Option::is_some).await.unwrap();
        let request = Request {
            method,
            path,
            headers: &[],
            body,
        };
        match self.try_send(&request).await {
            Some((200..300, answer)) => answer,
            other => panic!("{path}: {other:?}"),
        }
    }

    /// Looks at something.
    pub(super) async fn get(&self, path: &str) -> Value {
        self.ask(Method::GET, path, "").await
    }

    /// Makes or changes something.
    pub(super) async fn post(&self, path: &str, body: &Value) -> Value {
        self.ask(Method::POST, path, &body.to_string()).await
    }

    /// Moves the virtual clock and says where it is then, in seconds.
    pub(super) async fn move_clock(&self, by: &str) -> i64 {
        seconds(&self.post("/local/clock", &json!({ "advance": by })).await)
    }
}

/// What the clock answered.
pub(super) fn seconds(clock: &Value) -> i64 {
    let now: DateTime<Utc> = clock["now"].as_str().unwrap().parse().unwrap();
    now.timestamp()
}
