//! The control endpoints of the local binary: the clock, the outbox, and you as the customer.
//! They exist nowhere else.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context as _;
use app::connection_secrets::{self, WEBHOOK_SECRETS};
use axum::extract::rejection::JsonRejection;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use chrono::TimeDelta;
use domain::channel::{Channel, ChannelUser};
use domain::connection::Connection;
use domain::conversation::Conversation;
use http::{HeaderValue, StatusCode};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::Runner;
use crate::first_start::Installation;

/// The longest single advance.
const LONGEST_ADVANCE: TimeDelta = TimeDelta::days(366);

/// The runner and what the first start made.
pub struct Local {
    /// The installation's parts.
    pub runner: Runner,
    /// Its workspace, keys and connections.
    pub installation: Installation,
    /// Tells apart what is said within one microsecond.
    said: AtomicU64,
}

impl Local {
    /// Both together.
    pub fn new(runner: Runner, installation: Installation) -> Self {
        Self {
            runner,
            installation,
            said: AtomicU64::new(0),
        }
    }

    fn next_number(&self) -> u64 {
        self.said.fetch_add(1, Ordering::Relaxed)
    }
}

/// Every route of the local binary: those of the functions, and the control endpoints.
pub fn router(local: Arc<Local>) -> Router {
    let app = &local.runner.app;
    let webhooks = webhooks::router(Arc::clone(app));
    let settled = || axum::middleware::from_fn_with_state(Arc::clone(&local), settle_after);
    // The API answers everything else, so that an unknown path gets its problem document.
    let functions = api::router(Arc::clone(app)).layer(settled());
    let links = links::router(Arc::clone(app)).layer(settled());
    let control = Router::new()
        .route("/local/clock", get(read_clock).post(move_clock))
        .route("/local/outbox", get(read_outbox).delete(empty_outbox))
        .route("/local/loopback", post(speak_as_customer))
        .route("/local/ses", post(take_report))
        .route("/local/queues", get(read_queues))
        .route("/local/queues/redrive", post(redrive_queues))
        .layer(axum::middleware::from_fn(only_from_here));
    control
        .route(
            "/webhooks/{*rest}",
            any(async move |request| pass_on(webhooks, request).await),
        )
        .route(
            "/l/{*rest}",
            any(async move |request| pass_on(links, request).await),
        )
        .with_state(Arc::clone(&local))
        .fallback_service(functions)
}

/// The control endpoints ask for no key, so a page in a browser must not reach them. One whose name
/// is made to lead here (DNS rebinding) still says its own name.
async fn only_from_here(request: Request, next: axum::middleware::Next) -> Response {
    let header = request.headers().get(http::header::HOST);
    let named = match (header, request.uri().authority()) {
        (Some(host), _) => host.to_str().ok().and_then(|host| host.parse().ok()),
        (None, Some(authority)) => Some(authority.clone()),
        // No browser leaves it out.
        (None, None) => return next.run(request).await,
    };
    if named.is_some_and(|authority| is_this_machine(authority.host())) {
        return next.run(request).await;
    }
    problem(
        StatusCode::FORBIDDEN,
        "foreign_host",
        "Host",
        "`/local/...` answers only under 127.0.0.1, [::1] and localhost; call it by one of these names",
    )
}

fn is_this_machine(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => bare.eq_ignore_ascii_case("localhost"),
    }
}

/// The function reads the parameters of its own route; those of the route here would come on top.
async fn pass_on(function: Router, mut request: Request) -> Response {
    request.extensions_mut().clear();
    function.oneshot(request).await.into_response()
}

/// On AWS the queues are worked on while the answer travels; here it is done right after it is
/// made, so that the next request sees what the last one set off.
async fn settle_after(
    State(local): State<Arc<Local>>,
    request: Request,
    next: axum::middleware::Next,
) -> Response {
    let response = next.run(request).await;
    if let Err(error) = local.runner.settle().await {
        tracing::error!(error = format!("{error:#}"), "working on the queues failed");
    }
    response
}

async fn read_clock(State(local): State<Arc<Local>>) -> Response {
    Json(clock(&local)).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MoveClock {
    advance: String,
}

async fn move_clock(
    State(local): State<Arc<Local>>,
    body: Result<Json<MoveClock>, JsonRejection>,
) -> Response {
    let Json(MoveClock { advance }) = match body {
        Ok(body) => body,
        Err(rejection) => return invalid("invalid_json", "advance", &rejection.body_text()),
    };
    let Some(by) = duration(&advance) else {
        return invalid(
            "invalid_duration",
            "advance",
            "`advance` is an ISO 8601 duration of weeks, days, hours, minutes and seconds, at most 366 days: `PT4H`, `P1DT30M`",
        );
    };
    match local.runner.advance(by).await {
        Ok(_) => Json(clock(&local)).into_response(),
        Err(error) => failed(&error),
    }
}

async fn read_outbox(State(local): State<Arc<Local>>) -> Response {
    Json(json!({ "messages": local.runner.http.outbox() })).into_response()
}

/// Plays the queue of reports: what SES would have told its topic of a mail.
async fn take_report(State(local): State<Arc<Local>>, body: axum::body::Bytes) -> Response {
    if serde_json::from_slice::<Value>(&body).is_err() {
        return invalid(
            "invalid_json",
            "",
            "send an event of SES as JSON, with or without the envelope of its topic",
        );
    }
    let done = async {
        local.runner.report(&body).await?;
        local.runner.settle().await
    };
    match Box::pin(done).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => failed(&error),
    }
}

async fn empty_outbox(State(local): State<Arc<Local>>) -> Response {
    local.runner.http.clear_outbox();
    StatusCode::NO_CONTENT.into_response()
}

async fn read_queues(State(local): State<Arc<Local>>) -> Response {
    match (
        local.runner.queues.counts(),
        local.runner.queues.dead_letters(),
    ) {
        (Ok(counts), Ok(dead)) => {
            Json(json!({ "counts": counts, "dead_letters": dead })).into_response()
        }
        (Err(error), _) | (_, Err(error)) => failed(&error.into()),
    }
}

/// Gives what was given up another chance, as the redrive of a dead-letter queue does on AWS.
async fn redrive_queues(State(local): State<Arc<Local>>) -> Response {
    match local.runner.queues.redrive() {
        Ok(redriven) => match local.runner.settle().await {
            Ok(()) => Json(json!({ "redriven": redriven })).into_response(),
            Err(error) => failed(&error),
        },
        Err(error) => failed(&error.into()),
    }
}

/// The loopback webhook, signed for you.
async fn speak_as_customer(
    State(local): State<Arc<Local>>,
    body: Result<Json<Value>, JsonRejection>,
) -> Response {
    let mut body = match body {
        Ok(Json(Value::Object(body))) => body,
        Ok(_) => {
            return invalid(
                "invalid_json",
                "",
                "the body is an object: {\"from\": \"anna\", \"text\": \"Hallo\"}",
            );
        }
        Err(rejection) => return invalid("invalid_json", "", &rejection.body_text()),
    };
    let Some(user) = body
        .get("from")
        .and_then(Value::as_str)
        .and_then(|from| ChannelUser::parse(from).ok())
    else {
        return invalid(
            "required",
            "from",
            "`from` says who you are: up to 256 characters, such as `anna`",
        );
    };
    if !body.contains_key("events")
        && body
            .get("text")
            .and_then(Value::as_str)
            .is_none_or(|text| text.trim().is_empty())
    {
        return invalid("required", "text", "`text` says what the customer writes");
    }
    // The same words said twice are two messages.
    let number = local.runner.now().timestamp_micros();
    body.entry("id")
        .or_insert_with(|| json!(format!("local-{number}-{}", local.next_number())));
    let connection = match loopback(&local).await {
        Ok(Some(connection)) => connection,
        Ok(None) => {
            return problem(
                StatusCode::CONFLICT,
                "no_loopback",
                "",
                "the loopback connection was deleted; make another one with POST /v1/connections {\"channel\": \"loopback\", \"name\": \"Loopback\"}",
            );
        }
        Err(error) => return failed(&error),
    };
    match deliver(&local, &connection, &Value::Object(body)).await {
        Ok(()) => {
            let conversation = Conversation::id_for(connection.id, &user);
            (
                StatusCode::ACCEPTED,
                Json(json!({ "conversation": conversation, "at": local.runner.now() })),
            )
                .into_response()
        }
        Err(error) => failed(&error),
    }
}

/// The connection of the first start, or another one if that was deleted.
async fn loopback(local: &Local) -> anyhow::Result<Option<Connection>> {
    let first = local.installation.loopback;
    let book = local
        .runner
        .app
        .fresh_book(local.installation.workspace)
        .await?;
    let known = || {
        book.connections
            .iter()
            .filter(|known| known.channel == Channel::Loopback)
    };
    let connection = known()
        .find(|known| known.id == first)
        .or_else(|| known().next());
    Ok(connection.cloned())
}

/// Posts to the real webhook route, with a real signature.
async fn deliver(local: &Arc<Local>, connection: &Connection, body: &Value) -> anyhow::Result<()> {
    let secrets = connection_secrets::read(&local.runner.app, connection, WEBHOOK_SECRETS).await?;
    let secrets = secrets.context("the loopback connection has no secret")?;
    let secret = secrets.expose_secret().lines().next().unwrap_or_default();
    let body = body.to_string();
    let signature = channels::verify::sign(secret, body.as_bytes()).unwrap_or_default();
    let connection = connection.id;
    let request = http::Request::builder()
        .method("POST")
        .uri(format!("/webhooks/loopback/{connection}"))
        .header("content-type", "application/json")
        .header("x-nachfass-signature", signature)
        .body(axum::body::Body::from(body))?;
    let response = webhooks::router(Arc::clone(&local.runner.app))
        .oneshot(request)
        .await?;
    anyhow::ensure!(
        response.status().is_success(),
        "the webhook answered {}",
        response.status()
    );
    local.runner.settle().await
}

fn clock(local: &Local) -> Value {
    let now = local.runner.now();
    json!({
        "now": now.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
        "standing": local.runner.clock.is_standing(),
    })
}

fn duration(text: &str) -> Option<TimeDelta> {
    let parsed = iso8601_duration::Duration::parse(text).ok()?;
    // The library panics on what no `Duration` holds; a little more than allowed is caught below.
    let most = LONGEST_ADVANCE.num_seconds() as f32 + 60.0;
    parsed.num_seconds().filter(|s| (0.0..=most).contains(s))?;
    // Months and years have no fixed length.
    let fixed = parsed.to_std()?;
    TimeDelta::from_std(fixed)
        .ok()
        .filter(|by| *by <= LONGEST_ADVANCE)
}

fn invalid(code: &str, field: &str, detail: &str) -> Response {
    problem(StatusCode::BAD_REQUEST, code, field, detail)
}

fn problem(status: StatusCode, code: &str, field: &str, detail: &str) -> Response {
    let body = json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or_default(),
        "status": status.as_u16(),
        "code": code,
        "detail": detail,
        "errors": [{ "field": field, "code": code, "message": detail }],
    });
    let kind = HeaderValue::from_static("application/problem+json");
    (
        status,
        [(http::header::CONTENT_TYPE, kind)],
        body.to_string(),
    )
        .into_response()
}

fn failed(error: &anyhow::Error) -> Response {
    tracing::error!(error = format!("{error:#}"), "a control endpoint failed");
    problem(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        "",
        "something broke here; the log of the process says what",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_its_own() {
        for host in ["127.0.0.1", "127.8.8.8", "localhost", "LOCALHOST", "[::1]"] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "192.168.1.7",
            "0.0.0.0",
            "",
        ] {
            assert!(!is_this_machine(host), "{host}");
        }
    }

    #[test]
    fn a_duration_goes_forward_and_not_too_far() {
        assert_eq!(duration("PT4H"), Some(TimeDelta::hours(4)));
        assert_eq!(duration("P1DT30M"), Some(TimeDelta::minutes(24 * 60 + 30)));
        assert_eq!(duration("P366D"), Some(LONGEST_ADVANCE));
        for wrong in [
            "P367D",
            "PT-5H",
            "-PT5H",
            "P99999999999999999999D",
            "P1Y",
            "5h",
            "",
        ] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }
}
