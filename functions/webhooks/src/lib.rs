//! Public HTTP in from the platforms: verify the raw bytes, normalise, put on the queue, 200.
//!
//! Nothing slow and nothing clever: no table write, no model, no decision. The connection and
//! its secrets are kept for a minute, so a warm function makes exactly one call per webhook, to
//! the queue. When the queue fails the platform is told so and delivers again.
//!
//! `GET  /webhooks/{channel}/{connection}`: the handshake of Meta's platforms.
//! `POST /webhooks/{channel}/{connection}`: updates.

mod answer;
mod known;
mod voice;

use std::sync::Arc;

use app::App;
use app::config::CalledAt;
use app::tasks::EventTask;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, RawQuery, State};
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use channels::inbound::{Echo, InboundMessage, Postback, Profile};
use channels::outbound::CORRELATION;
use channels::twilio::verify::{Received, SETTINGS_HEADER, SIGNATURE_HEADER};
use channels::verify::{self, Verification};
use channels::{InboundEvent, InboundKind, twilio};
use domain::channel::Channel;
use domain::content::Content;
use domain::ids::ConnectionId;
use http::{HeaderMap, Uri};
use serde_json::{Value, json};

use crate::answer::{handshake, no_instructions, ok, problem};
use crate::known::{Known, KnownConnections};

/// The largest body: Meta sends up to 3 MB.
pub const BODY_LIMIT: usize = 4 * 1024 * 1024;

/// The largest raw event that is kept whole, in bytes.
const RAW_LIMIT: usize = 100_000;
/// The largest event that is put on the queue, in bytes: below what an item of the table holds.
const EVENT_LIMIT: usize = 256 * 1024;
/// Other ids of the customer in an event that is larger than that.
const MOST_ALIASES: usize = 8;
/// The longest text in an event that is larger than that.
const TEXT_LIMIT: usize = 32 * 1024;

const META_SIGNATURE: &str = "x-hub-signature-256";
const TELEGRAM_TOKEN: &str = "x-telegram-bot-api-secret-token";
const LOOPBACK_SIGNATURE: &str = "x-nachfass-signature";

struct Webhooks {
    app: Arc<App>,
    known: KnownConnections,
}

/// Every route of this function.
pub fn router(app: Arc<App>) -> Router {
    let state = Arc::new(Webhooks {
        app,
        known: KnownConnections::default(),
    });
    Router::new()
        .route(
            "/webhooks/{channel}/{connection}",
            get(answer_handshake).post(receive_updates),
        )
        .route(
            "/webhooks/{channel}/{connection}/voice",
            axum::routing::post(answer_call),
        )
        .fallback(|| async { nowhere() })
        .method_not_allowed_fallback(|| async {
            problem(405, "method_not_allowed", "Use GET or POST.")
        })
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(state)
}

async fn answer_handshake(
    State(state): State<Arc<Webhooks>>,
    Path((channel, connection)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Response {
    let known = match find(&state, &channel, &connection).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let tokens = known.verify_tokens();
    match verify::handshake(&query.unwrap_or_default(), &tokens) {
        Ok(challenge) => handshake(challenge),
        Err(error) => problem(403, "handshake_refused", &error.to_string()),
    }
}

async fn receive_updates(
    State(state): State<Arc<Webhooks>>,
    Path((channel, connection)): Path<(String, String)>,
    uri: Uri,
    called_at: Option<Extension<CalledAt>>,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Response {
    let known = match find(&state, &channel, &connection).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let url = public_url(&state, &uri, called_at);
    let body = match authentic(&known, url.as_deref(), &headers, body) {
        Ok(body) => body,
        Err(response) => return *response,
    };
    let (channel, now) = (known.connection.channel, state.app.now());
    let done = match channel {
        Channel::Sms => no_instructions,
        _ => ok,
    };
    let events = match channels::parse(channel, &body, now) {
        Ok(batch) => with_correlation(batch.events, channel, uri.query()),
        Err(error) => {
            // A refusal would be delivered again for days, and in the end the webhook switched off.
            tracing::warn!(connection.id = %known.connection.id, error = %error, "a signed update could not be read; it is kept as it came");
            vec![channels::inbound::unreadable(channel, &body, now, &error)]
        }
    };
    let tasks: Vec<_> = events
        .into_iter()
        .map(|event| EventTask::InboundV1 {
            workspace: known.connection.workspace,
            connection: known.connection.id,
            event: without_excess(event),
        })
        .collect();
    if tasks.is_empty() {
        return done();
    }
    match state.app.queues.send_events(&tasks).await {
        Ok(()) => done(),
        Err(error) => {
            tracing::error!(connection.id = %known.connection.id, error = %error, "updates could not be queued; the platform will deliver them again");
            problem(
                503,
                "queue_unavailable",
                "The updates could not be queued; deliver them again.",
            )
        }
    }
}

/// A call comes in, or a part of it is over: the provider asks what to do.
async fn answer_call(
    State(state): State<Arc<Webhooks>>,
    Path((channel, connection)): Path<(String, String)>,
    uri: Uri,
    called_at: Option<Extension<CalledAt>>,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Response {
    let known = match find(&state, &channel, &connection).await {
        Ok(known) if known.connection.channel == Channel::Sms => known,
        Ok(_) => return nowhere(),
        Err(response) => return response,
    };
    let url = public_url(&state, &uri, called_at);
    let body = match authentic(&known, url.as_deref(), &headers, body) {
        Ok(body) => body,
        Err(response) => return *response,
    };
    voice::answer(&state.app, &known.connection, url.as_deref(), &body).await
}

/// The whole address that was called, as far as we know it.
fn public_url(
    state: &Webhooks,
    uri: &Uri,
    called_at: Option<Extension<CalledAt>>,
) -> Option<String> {
    let called_at = called_at.as_ref().map(|Extension(host)| host);
    let public = state.app.config.public_url(called_at)?;
    let path = uri.path_and_query().map_or(uri.path(), |it| it.as_str());
    Some(format!("{public}{path}"))
}

/// The body, if the platform has signed it.
fn authentic(
    known: &Known,
    url: Option<&str>,
    headers: &HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<Bytes, Box<Response>> {
    let body = match body {
        Ok(body) => body,
        Err(rejection) if rejection.status() == 413 => {
            return Err(Box::new(problem(
                413,
                "body_too_large",
                "The body is larger than 4 MiB; send fewer updates at once.",
            )));
        }
        Err(_) => {
            return Err(Box::new(problem(
                400,
                "body_unreadable",
                "The body could not be read to its end; send it again.",
            )));
        }
    };
    let (code, detail) = match signature(known, url, headers, &body) {
        Verification::Verified => return Ok(body),
        Verification::Missing => ("signature_missing", "The request carries no signature."),
        Verification::Malformed => ("signature_malformed", "The signature cannot be read."),
        Verification::Mismatch => ("signature_mismatch", "The signature does not fit the body."),
    };
    Err(Box::new(problem(401, code, detail)))
}

fn nowhere() -> Response {
    problem(404, "not_found", "There is no such webhook.")
}

/// SMS providers return no string of ours, but call the address that was given with the message. Its
/// query is signed.
fn with_correlation(
    mut events: Vec<InboundEvent>,
    channel: Channel,
    query: Option<&str>,
) -> Vec<InboundEvent> {
    let ours = || {
        let mut pairs = form_urlencoded::parse(query?.as_bytes());
        pairs.find_map(|(name, value)| (name == CORRELATION).then(|| value.into_owned()))
    };
    if channel == Channel::Sms {
        for event in &mut events {
            if let InboundKind::Status(status) = &mut event.kind {
                status.correlation = ours();
            }
        }
    }
    events
}

/// Queue and table take only so much at once. A part that is too long is cut and says so; the
/// event itself is never lost, because it ends a silence whatever it says.
fn without_excess(mut event: InboundEvent) -> InboundEvent {
    event.raw = event.raw.map(|raw| match raw.to_string() {
        text if text.len() > RAW_LIMIT => cut(&text),
        _ => raw,
    });
    let size = |event: &InboundEvent| serde_json::to_string(event).map_or(usize::MAX, |t| t.len());
    if size(&event) <= EVENT_LIMIT {
        return event;
    }
    let shorter = serde_json::to_value(&event)
        .map(shortened)
        .and_then(serde_json::from_value::<InboundEvent>);
    match shorter {
        Ok(shorter) if size(&shorter) <= EVENT_LIMIT => shorter,
        // Not long texts but very many parts: all that stays is what it was and whose.
        _ => {
            let whole = serde_json::to_string(&event.kind).unwrap_or_default();
            event.kind = without_parts(event.kind);
            event.raw = Some(cut(&whole));
            event.profile = Profile::default();
            event.aliases.truncate(MOST_ALIASES);
            event
        }
    }
}

/// Who wrote, and that it was too large to be read: whatever it said, it ends a silence.
fn without_parts(kind: InboundKind) -> InboundKind {
    let unread = || Content::Unsupported {
        kind: "too_large".to_owned(),
    };
    match kind {
        InboundKind::Message(message) => InboundKind::Message(Box::new(InboundMessage {
            automatic: message.automatic,
            group: message.group.map(|_| "too_large".to_owned()),
            ..InboundMessage::new(message.id, unread())
        })),
        InboundKind::Postback(postback) => InboundKind::Postback(Postback {
            id: postback.id,
            title: None,
            payload: None,
            target: None,
            referral: None,
        }),
        InboundKind::Echo(echo) => InboundKind::Echo(Echo {
            content: unread(),
            ..echo
        }),
        InboundKind::Edited {
            target,
            by_business,
            ..
        } => InboundKind::Edited {
            target,
            content: unread(),
            by_business,
        },
        _ => InboundKind::Unknown {
            kind: "too_large".to_owned(),
            path: String::new(),
            problem: Some(format!("larger than {EVENT_LIMIT} bytes")),
        },
    }
}

/// The beginning, and how much there was.
fn cut(text: &str) -> Value {
    let start: String = text.chars().take(RAW_LIMIT / 8).collect();
    json!({ "cut_from_bytes": text.len(), "start": start })
}

/// Every text that is longer than any platform allows, cut.
fn shortened(value: Value) -> Value {
    match value {
        Value::String(text) if text.len() > TEXT_LIMIT => {
            let start: String = text.chars().take(TEXT_LIMIT / 4).collect();
            Value::String(format!("{start} [… {} bytes]", text.len()))
        }
        Value::Array(values) => values.into_iter().map(shortened).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| (name, shortened(value)))
            .collect(),
        other => other,
    }
}

/// `url` is the whole address that was called, as far as we know it.
fn signature(known: &Known, url: Option<&str>, headers: &HeaderMap, body: &[u8]) -> Verification {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match known.connection.channel {
        Channel::WhatsApp | Channel::Messenger | Channel::Instagram => {
            verify::meta(header(META_SIGNATURE), body, &known.signing_secrets())
        }
        Channel::Sms => {
            let Some(url) = url else {
                tracing::error!(connection.id = %known.connection.id, "an SMS provider signs the public address, and PUBLIC_URL is not set");
                return Verification::Mismatch;
            };
            let received = Received {
                url,
                signature: header(SIGNATURE_HEADER),
                settings: header(SETTINGS_HEADER),
                body,
            };
            twilio::verify::check(&received, &known.signing_secrets(), &[])
        }
        Channel::Email => Verification::Mismatch,
        Channel::Telegram => verify::telegram(header(TELEGRAM_TOKEN), &known.signing_secrets()),
        Channel::Loopback => {
            verify::loopback(header(LOOPBACK_SIGNATURE), body, &known.signing_secrets())
        }
    }
}

/// The connection that an address names; whether it is unknown or of another channel is not told.
async fn find(state: &Webhooks, channel: &str, connection: &str) -> Result<Arc<Known>, Response> {
    let (Ok(channel), Ok(id)) = (channel.parse::<Channel>(), ConnectionId::parse(connection))
    else {
        return Err(nowhere());
    };
    match state.known.get(&state.app, id).await {
        Ok(Some(known)) if known.connection.channel == channel && channel != Channel::Email => {
            Ok(known)
        }
        Ok(_) => Err(nowhere()),
        Err(error) => {
            tracing::error!(connection.id = %id, error = %error, "the connection could not be read");
            Err(problem(503, "unavailable", "Try again in a moment."))
        }
    }
}
