//! What left, for people and tests to look at: credentials masked, the rest as it was.

use std::collections::{BTreeMap, VecDeque};

use app::ports::{HttpResponse, LeavingMessage};
use channels::{HttpRequest, TransportError};
use chrono::{DateTime, Utc};
use domain::channel::Channel;
use serde::Serialize;
use serde_json::{Value, json};

const CAPACITY: usize = 10_000;

/// Header fields whose value never shows.
const CREDENTIALS: [&str; 6] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "x-api-key",
    "api-key",
    "x-auth-token",
];

/// One request and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sent {
    /// Counts from 1 since the process started.
    pub number: u64,
    /// When, on the virtual clock.
    pub at: DateTime<Utc>,
    /// The channel; none for requests that carry no message.
    pub channel: Option<Channel>,
    /// GET or POST; `LOOPBACK` for the channel that needs no request.
    pub method: &'static str,
    /// Without the query and without a token in the path.
    pub url: String,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    /// JSON where it is JSON, the fields of a form, otherwise text.
    pub body: Value,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Outcome {
    /// There was an answer.
    Answered {
        /// The HTTP status.
        status: u16,
        /// JSON where it is JSON, otherwise text.
        body: Value,
    },
    /// Nothing left the machine.
    NotSent {
        /// Why.
        reason: String,
    },
    /// The body left, no answer came.
    NoAnswer {
        /// Why.
        reason: String,
        /// What the platform would have said: it did accept the message. `null` when it did not.
        accepted: Value,
    },
}

impl Outcome {
    pub(super) fn of(result: &Result<HttpResponse, TransportError>) -> Self {
        match result {
            Ok(response) => Self::Answered {
                status: response.status,
                body: readable(&response.body),
            },
            Err(TransportError::NotSent(reason)) => Self::NotSent {
                reason: reason.clone(),
            },
            Err(TransportError::MaybeSent(reason)) => Self::NoAnswer {
                reason: reason.clone(),
                accepted: Value::Null,
            },
        }
    }

    pub(super) fn lost(response: &HttpResponse) -> Self {
        Self::NoAnswer {
            reason: "no answer in time".to_owned(),
            accepted: readable(&response.body),
        }
    }

    /// Did the platform take it, whether or not its answer arrived?
    #[must_use]
    pub fn accepted(&self) -> bool {
        match self {
            Self::Answered { status, .. } => (200..300).contains(status),
            Self::NotSent { .. } => false,
            Self::NoAnswer { accepted, .. } => !accepted.is_null(),
        }
    }
}

#[derive(Default)]
pub(super) struct Outbox {
    ring: VecDeque<Sent>,
    number: u64,
    next_channel: Option<Channel>,
}

impl Outbox {
    /// The channel of the request that comes next.
    pub(super) fn expect(&mut self, channel: Channel) {
        self.next_channel = Some(channel);
    }

    pub(super) fn add(&mut self, request: &HttpRequest, at: DateTime<Utc>, outcome: Outcome) {
        let channel = self.next_channel.take();
        self.push(Sent {
            number: 0,
            at,
            channel,
            method: request.method.as_str(),
            url: request.redacted_url(),
            headers: request
                .headers
                .iter()
                .map(|(name, value)| masked(name, value))
                .collect(),
            body: if is_form(request) {
                fields(&request.body)
            } else {
                readable(&request.body)
            },
            outcome,
        });
    }

    pub(super) fn add_loopback(&mut self, message: &LeavingMessage<'_>, at: DateTime<Utc>) {
        self.push(Sent {
            number: 0,
            at,
            channel: Some(Channel::Loopback),
            method: "LOOPBACK",
            url: String::new(),
            headers: BTreeMap::new(),
            body: json!({
                "to": message.to.reveal(),
                "message": message.message,
                "content": message.content,
                "text": message.content.words(),
            }),
            outcome: Outcome::Answered {
                status: 200,
                body: Value::Null,
            },
        });
    }

    fn push(&mut self, sent: Sent) {
        self.number += 1;
        if self.ring.len() == CAPACITY {
            self.ring.pop_front();
        }
        self.ring.push_back(Sent {
            number: self.number,
            ..sent
        });
    }

    pub(super) fn all(&self) -> Vec<Sent> {
        self.ring.iter().cloned().collect()
    }

    pub(super) fn take(&mut self) -> Vec<Sent> {
        std::mem::take(&mut self.ring).into()
    }
}

/// Keeps the scheme (`Bearer`), which says how the request was authorised.
fn masked(name: &str, value: &str) -> (String, String) {
    let name = name.to_ascii_lowercase();
    if !CREDENTIALS.contains(&name.as_str()) {
        return (name, value.to_owned());
    }
    let value = match value.split_once(' ') {
        Some((scheme, _)) => format!("{scheme} …"),
        None => "…".to_owned(),
    };
    (name, value)
}

fn is_form(request: &HttpRequest) -> bool {
    let mut headers = request.headers.iter();
    headers.any(|(name, value)| {
        name.eq_ignore_ascii_case("content-type") && value == "application/x-www-form-urlencoded"
    })
}

fn fields(form: &[u8]) -> Value {
    let pairs = form_urlencoded::parse(form).into_owned();
    Value::Object(pairs.map(|(name, value)| (name, json!(value))).collect())
}

fn readable(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(bytes).into_owned()))
}
