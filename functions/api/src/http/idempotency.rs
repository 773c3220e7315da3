//! `Idempotency-Key`: the second request with the same key gets the answer of the first one.

use app::App;
use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use domain::field::FieldError;
use domain::ids::WorkspaceId;
use serde::{Deserialize, Serialize};
use store::{Begun, SavedAnswer};
use utoipa::IntoParams;

use super::problem::{Code, Problem};

const HEADER: &str = "idempotency-key";
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// What is kept of an answer besides status and body.
const KEPT: [HeaderName; 2] = [header::LOCATION, header::ETAG];
/// Our own answers are far smaller.
const LARGEST_ANSWER: usize = 1024 * 1024;

/// `Idempotency-Key` in the OpenAPI document.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) struct IdempotencyHeader {
    /// Repeating the request with the same key within a day gives the first answer again.
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

#[derive(Serialize, Deserialize)]
struct Kept {
    headers: Vec<(String, String)>,
    body: String,
}

/// Does the work, unless it was done before. A refused request frees its key again.
pub(crate) async fn once<R: IntoResponse>(
    at: Once<'_>,
    work: impl Future<Output = Result<R, Problem>>,
) -> Result<Response, Problem> {
    let Once {
        app,
        ws,
        key,
        request,
        now,
    } = at;
    let IdempotencyKey(Some(key)) = key else {
        return work.await.map(IntoResponse::into_response);
    };
    match app.store.begin_idempotent(ws, &key, &request, now).await? {
        Begun::Start => {}
        Begun::Replay(answer) => return replay(answer),
        Begun::InProgress => {
            return Err(Problem::new(
                Code::RequestInProgress,
                "a request with this Idempotency-Key has not ended yet; ask again in a moment",
            )
            .with_header(header::RETRY_AFTER, HeaderValue::from_static("2")));
        }
        Begun::Mismatch => {
            return Err(Problem::new(
                Code::IdempotencyMismatch,
                "this Idempotency-Key was used for another address or body; use a new one",
            ));
        }
    }
    match work.await {
        Ok(answer) => {
            let (answer, saved) = keep(answer.into_response()).await?;
            app.store
                .finish_idempotent(ws, &key, &request, saved, now)
                .await?;
            Ok(answer)
        }
        // After a failure of ours nobody knows what was done; the key stays taken for its lease.
        Err(problem) if problem.code.status().is_server_error() => Err(problem),
        Err(problem) => {
            app.store.abandon_idempotent(ws, &key).await?;
            Err(problem)
        }
    }
}

async fn keep(response: Response) -> Result<(Response, SavedAnswer), Problem> {
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, LARGEST_ANSWER)
        .await
        .map_err(Problem::internal)?;
    let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let headers = KEPT
        .iter()
        .filter_map(|name| Some((name.to_string(), text(parts.headers.get(name)?))))
        .collect();
    let kept = Kept {
        headers,
        body: String::from_utf8_lossy(&bytes).into_owned(),
    };
    let saved = SavedAnswer {
        status: parts.status.as_u16(),
        body: serde_json::to_string(&kept).map_err(Problem::internal)?,
    };
    Ok((Response::from_parts(parts, Body::from(bytes)), saved))
}

fn replay(answer: SavedAnswer) -> Result<Response, Problem> {
    let kept: Kept = serde_json::from_str(&answer.body).map_err(Problem::internal)?;
    let status = StatusCode::from_u16(answer.status).map_err(Problem::internal)?;
    let mut response = (status, kept.body).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    for (name, value) in kept.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(&value)) {
            headers.insert(name, value);
        }
    }
    Ok(response)
}
