//! Query parameters, with the name of the one that is wrong.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::field::FieldError;
use serde::de::DeserializeOwned;

use super::problem::Problem;
use super::wording::in_words;

/// The parameters as one struct with `deny_unknown_fields`.
pub(crate) struct Query<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        axum::extract::Query::try_from_uri(&parts.uri)
            .map(|axum::extract::Query(value)| Self(value))
            .map_err(|rejection| refuse(&rejection))
    }
}

fn refuse(rejection: &axum::extract::rejection::QueryRejection) -> Problem {
    use std::error::Error as _;
    // "limit: invalid digit", or without a name where the parameter itself is unknown.
    let message = rejection
        .source()
        .map_or_else(|| rejection.body_text(), ToString::to_string);
    let field = match message.split_once(": ") {
        Some((field, _)) if field.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') => field,
        _ => message.split('`').nth(1).unwrap_or_default(),
    };
    let (code, remedy) = if message.contains("unknown field") {
        ("unknown_parameter", "remove it, or correct its spelling")
    } else if message.contains("missing field") {
        ("required", "add it")
    } else {
        ("invalid_value", "see the OpenAPI document for its values")
    };
    Problem::parameter(FieldError::new(field, code, in_words(&message), remedy))
}
