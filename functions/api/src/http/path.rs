//! Ids in paths. What is no id cannot exist, so it is a 404 like every other unknown id.

use std::str::FromStr;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use domain::contact::Reference;
use domain::field::FieldError;

use super::problem::{Code, Problem};

/// The id under the name `id`.
pub(crate) struct Id<T>(pub(crate) T);

impl<S: Send + Sync, T: FromStr + Send> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        parameter(parts, state, "id").await.map(Self)
    }
}

/// The word under the name `kind`.
pub(crate) struct Kind<T>(pub(crate) T);

impl<S: Send + Sync, T: FromStr + Send> FromRequestParts<S> for Kind<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let known = parameter(parts, state, "kind").await;
        known.map(Self).map_err(|_| {
            Problem::new(
                Code::NotFound,
                "there is no such kind; the list without it in the address names all of them",
            )
        })
    }
}

/// Two ids: that of the thing, and that of a message in it.
pub(crate) struct MessagePath<T, M>(pub(crate) T, pub(crate) M);

impl<S: Send + Sync, T: FromStr + Send, M: FromStr + Send> FromRequestParts<S>
    for MessagePath<T, M>
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let outer = parameter(parts, state, "id").await?;
        let message = parameter(parts, state, "message_id").await?;
        Ok(Self(outer, message))
    }
}

/// The id under the name `id`, and the business's own id of something that belongs to it.
pub(crate) struct ReferencePath<T>(pub(crate) T, pub(crate) Reference);

impl<S: Send + Sync, T: FromStr + Send> FromRequestParts<S> for ReferencePath<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let outer = parameter(parts, state, "id").await?;
        let text: String = parameter(parts, state, "reference").await?;
        let reference = Reference::parse(&text).map_err(Problem::parameter)?;
        if reference.reveal() != text {
            // Two addresses of one thing.
            return Err(Problem::parameter(FieldError::new(
                "reference",
                "invalid_value",
                "`reference` begins or ends with white space",
                "use an id without spaces",
            )));
        }
        Ok(Self(outer, reference))
    }
}

async fn parameter<S: Send + Sync, T: FromStr>(
    parts: &mut Parts,
    state: &S,
    name: &str,
) -> Result<T, Problem> {
    let unknown = || {
        Problem::new(
            Code::NotFound,
            "there is no such thing in this workspace: the address holds no id of this kind",
        )
    };
    // Fails on percent-encoding that is no UTF-8.
    let params = RawPathParams::from_request_parts(parts, state)
        .await
        .map_err(|_| unknown())?;
    params
        .iter()
        .find(|(key, _)| *key == name)
        .and_then(|(_, value)| value.parse().ok())
        .ok_or_else(unknown)
}
