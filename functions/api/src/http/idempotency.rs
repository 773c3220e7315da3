//! `Idempotency-Key`: the second request with the same key gets the answer of the first one.

use app::App;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use domain::field::FieldError;
use domain::ids::WorkspaceId;
use serde::Serialize;
use store::{Begun, KeyedAnswer, Reservation, SavedAnswer};
use utoipa::IntoParams;

use super::problem::{Code, Problem};

const HEADER: &str = "idempotency-key";
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// `Idempotency-Key` in the OpenAPI document.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) struct IdempotencyHeader {
    /// Repeating the request with the same key within a day gives the first answer again, also if
    /// that never arrived: what the request does and its answer are stored in one write. While the
    /// first request is at work the answer is 409; one that died frees its key after a minute, and
    /// the repetition then finds what it stored, or does it. A refused request leaves its key free.
    #[param(rename = "Idempotency-Key", value_type = String, required = false, pattern = "^[!-~]{1,255}$")]
    idempotency_key: Option<String>,
}

/// The caller's key, if one was sent.
pub(crate) struct IdempotencyKey(Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get(HEADER) else {
            return Ok(Self(None));
        };
        match value.to_str() {
            Ok(key) if (1..=255).contains(&key.len()) => Ok(Self(Some(key.to_owned()))),
            _ => Err(Problem::parameter(FieldError::new(
                "Idempotency-Key",
                "invalid_value",
                "`Idempotency-Key` has 1 to 255 printable ASCII characters",
                "use a random UUID per thing that shall happen once",
            ))),
        }
    }
}

/// Whose request it is, and which.
pub(crate) struct Once<'a> {
    pub(crate) app: &'a App,
    pub(crate) ws: WorkspaceId,
    pub(crate) key: IdempotencyKey,
    /// Tells this request from others: address and body.
    pub(crate) request: String,
    pub(crate) now: DateTime<Utc>,
}

/// Where the answer is to be kept, if the caller sent a key.
pub(crate) struct Keep {
    reservation: Option<Reservation>,
    /// When the request began.
    pub(crate) now: DateTime<Utc>,
}

impl Keep {
    /// For the write that does the work. An answer that is stored by itself would be lost with
    /// a crash in between, and the repetition would do the work again.
    pub(crate) fn with(&self, answer: &SavedAnswer) -> Option<KeyedAnswer> {
        let reservation = self.reservation.as_ref()?;
        Some(reservation.answered(answer.clone(), self.now))
    }
}

/// Does the work, unless it was done before. A refused request frees its key again.
pub(crate) async fn once<F>(at: Once<'_>, work: impl FnOnce(Keep) -> F) -> Result<Response, Problem>
where
    F: Future<Output = Result<SavedAnswer, Problem>>,
{
    let Once {
        app,
        ws,
        key,
        request,
        now,
    } = at;
    let reservation = match key {
        IdempotencyKey(None) => None,
        IdempotencyKey(Some(key)) => {
            match app.store.begin_idempotent(ws, &key, &request, now).await? {
                Begun::Start(reservation) => Some(reservation),
                Begun::Replay(answer) => return response(answer, Some(REPLAYED)),
                Begun::InProgress => return Err(in_progress()),
                Begun::Mismatch => {
                    return Err(Problem::new(
                        Code::IdempotencyMismatch,
                        "this Idempotency-Key was used for another address or body; use a new one",
                    ));
                }
            }
        }
    };
    let keep = Keep {
        reservation: reservation.clone(),
        now,
    };
    match (work(keep).await, reservation) {
        (Ok(answer), _) => response(answer, None),
        // After a failure of ours nobody knows what was done; the key stays taken for its lease,
        // and then the stored answer, or its absence, tells.
        (Err(problem), Some(reservation)) if !problem.code.status().is_server_error() => {
            app.store.abandon_idempotent(&reservation).await?;
            Err(problem)
        }
        (Err(problem), _) => Err(problem),
    }
}

/// An answer as it goes out, now and when it is repeated.
pub(crate) fn answer(
    status: StatusCode,
    headers: Vec<(HeaderName, String)>,
    body: &impl Serialize,
) -> Result<SavedAnswer, Problem> {
    Ok(SavedAnswer {
        status: status.as_u16(),
        headers: headers
            .into_iter()
            .map(|(name, value)| (name.to_string(), value))
            .collect(),
        body: serde_json::to_string(body).map_err(Problem::internal)?,
    })
}

fn in_progress() -> Problem {
    Problem::new(
        Code::RequestInProgress,
        "a request with this Idempotency-Key has not ended yet; ask again in a moment",
    )
    .with_header(header::RETRY_AFTER, HeaderValue::from_static("2"))
}

fn response(answer: SavedAnswer, replayed: Option<HeaderName>) -> Result<Response, Problem> {
    let status = StatusCode::from_u16(answer.status).map_err(Problem::internal)?;
    let mut response = (status, answer.body).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    if let Some(name) = replayed {
        headers.insert(name, HeaderValue::from_static("true"));
    }
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(&value)) {
            headers.insert(name, value);
        }
    }
    Ok(response)
}
