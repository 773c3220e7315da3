//! The few answers a platform gets.

use axum::response::{IntoResponse, Response};
use channels::twilio::twiml;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use serde_json::json;

/// Taken.
pub(crate) fn ok() -> Response {
    (StatusCode::OK, "").into_response()
}

/// Taken, and nothing to be done: what SMS providers want to hear.
pub(crate) fn no_instructions() -> Response {
    instructions(twiml::nothing())
}

/// What is to be done with a call.
pub(crate) fn instructions(document: String) -> Response {
    let kind = HeaderValue::from_static(twiml::CONTENT_TYPE);
    (StatusCode::OK, [(CONTENT_TYPE, kind)], document).into_response()
}

/// The challenge as the whole body, as plain text.
pub(crate) fn handshake(challenge: String) -> Response {
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    (StatusCode::OK, [(CONTENT_TYPE, plain)], challenge).into_response()
}

/// A problem document (RFC 9457).
pub(crate) fn problem(status: u16, code: &'static str, detail: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or_default(),
        "status": status.as_u16(),
        "code": code,
        "detail": detail,
    });
    let kind = HeaderValue::from_static("application/problem+json");
    (status, [(CONTENT_TYPE, kind)], body.to_string()).into_response()
}
