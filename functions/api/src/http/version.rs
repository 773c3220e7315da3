//! Versions: `ETag` out, `If-Match` in.
//!
//! `If-Match` is optional. Without it a change is made to whatever is there (two changes at the
//! same moment still never overwrite each other); with it a stale version is refused with 412.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::field::FieldError;
use serde::Serialize;
use store::SavedAnswer;
use utoipa::IntoParams;

use super::idempotency::answer;
use super::problem::Problem;

/// `If-Match` in the OpenAPI document.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) struct IfMatchHeader {
    /// The `ETag` that was read; the change is refused with 412 when it is not the present one.
    /// Without this header the change is made to whatever is there.
    #[param(rename = "If-Match", value_type = String, required = false, pattern = r#"^(\*|"[0-9]{1,19}"(, ?"[0-9]{1,19}")*)$"#)]
    if_match: Option<String>,
}

/// The versions that the caller accepts; `None`: any.
pub(crate) struct IfMatch(Option<Vec<String>>);

impl IfMatch {
    /// Refuses the change when somebody else changed it since the caller read it.
    pub(crate) fn check(&self, version: u64) -> Result<(), Problem> {
        match &self.0 {
            Some(accepted) if !accepted.contains(&tag(version)) => {
                Err(Problem::stale(Some(version)))
            }
            _ => Ok(()),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut tags = Vec::new();
        for value in parts.headers.get_all(header::IF_MATCH) {
            let text = value.to_str().map_err(|_| malformed())?.trim();
            if text == "*" {
                return Ok(Self(None));
            }
            for tag in text.split(',').map(str::trim) {
                let digits = tag
                    .strip_prefix('"')
                    .and_then(|rest| rest.strip_suffix('"'));
                let is_version = |digits: &str| {
                    (1..=19).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
                };
                if !digits.is_some_and(is_version) {
                    return Err(malformed());
                }
                tags.push(tag.to_owned());
            }
        }
        let given = parts.headers.contains_key(header::IF_MATCH);
        Ok(Self(given.then_some(tags)))
    }
}

fn malformed() -> Problem {
    Problem::parameter(FieldError::new(
        "If-Match",
        "invalid_value",
        "`If-Match` is a version as `ETag` showed it, in quotation marks: `\"3\"`",
        "send back the `ETag` of the version you have read, or leave the header out",
    ))
}

fn tag(version: u64) -> String {
    format!("\"{version}\"")
}

/// An answer with its version in `ETag`, and for new things with their place in `Location`.
pub(crate) struct Versioned<T> {
    status: StatusCode,
    version: u64,
    location: Option<String>,
    body: T,
}

impl<T> Versioned<T> {
    pub(crate) fn ok(version: u64, body: T) -> Self {
        Self {
            status: StatusCode::OK,
            version,
            location: None,
            body,
        }
    }

    pub(crate) fn created(version: u64, location: String, body: T) -> Self {
        Self {
            status: StatusCode::CREATED,
            version,
            location: Some(location),
            body,
        }
    }
}

impl<T: Serialize> Versioned<T> {
    /// The same, to be kept for repetitions.
    pub(crate) fn saved(&self) -> Result<SavedAnswer, Problem> {
        let mut headers = vec![(header::ETAG, tag(self.version))];
        headers.extend(self.location.clone().map(|at| (header::LOCATION, at)));
        answer(self.status, headers, &self.body)
    }
}

impl<T: Serialize> IntoResponse for Versioned<T> {
    fn into_response(self) -> Response {
        let mut response = (self.status, axum::Json(self.body)).into_response();
        let headers = response.headers_mut();
        if let Ok(value) = HeaderValue::from_str(&tag(self.version)) {
            headers.insert(header::ETAG, value);
        }
        if let Some(value) = self.location.and_then(|at| HeaderValue::from_str(&at).ok()) {
            headers.insert(header::LOCATION, value);
        }
        response
    }
}
