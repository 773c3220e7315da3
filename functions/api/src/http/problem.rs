//! Problem documents (RFC 9457): the only shape an error ever has here.
//!
//! | where it belongs | how it is made |
//! |---|---|
//! | something in the request is wrong | a constructor of [`Problem`] with a [`Code`] |
//! | several fields are wrong | [`Problem::invalid`], every field at once |
//! | something below us failed | `?` on an `AppError`, `StoreError` or `PortError` |
//!
//! Failures below us become an opaque document; what really happened is logged once, in
//! [`render`](super::render).

use std::sync::Arc;

use app::AppError;
use app::ports::PortError;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::TimeDelta;
use domain::field::FieldError;
use serde::Serialize;
use store::StoreError;
use utoipa::ToSchema;

/// What went wrong, as a word that programs may rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Code {
    /// The body is not JSON.
    InvalidJson,
    /// A parameter of the query or a header is wrong.
    InvalidParameter,
    /// The cursor was not made for this list.
    BadCursor,
    /// There is no valid key in `Authorization`.
    Unauthenticated,
    /// The key's role does not allow this.
    RoleTooLow,
    LocationRestricted,
    /// There is no such thing in this workspace.
    NotFound,
    /// There is no such address.
    RouteNotFound,
    /// The address exists, the method does not.
    MethodNotAllowed,
    /// The state of things forbids it; `detail` says what to do.
    Conflict,
    /// A request with the same `Idempotency-Key` is still being worked on.
    RequestInProgress,
    /// Somebody else changed it since you read it.
    StaleVersion,
    /// The body is larger than 256 KiB.
    BodyTooLarge,
    /// The body is not declared as JSON.
    UnsupportedMediaType,
    /// The body is JSON, but fields are wrong; `errors` names each.
    ValidationFailed,
    /// The `Idempotency-Key` was used for another request.
    IdempotencyMismatch,
    /// More requests than the settings allow; `Retry-After` says when to ask again.
    RateLimited,
    /// The day's limit of the settings is reached; `Retry-After` says when the next day begins.
    DailyLimit,
    /// The platform said no, or said nothing.
    PlatformFailed,
    /// We failed.
    Internal,
    /// Something below us does not answer at present.
    Unavailable,
}

impl Code {
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::InvalidJson | Self::InvalidParameter | Self::BadCursor => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::RoleTooLow | Self::LocationRestricted => StatusCode::FORBIDDEN,
            Self::NotFound | Self::RouteNotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict | Self::RequestInProgress => StatusCode::CONFLICT,
            Self::StaleVersion => StatusCode::PRECONDITION_FAILED,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::ValidationFailed | Self::IdempotencyMismatch => StatusCode::UNPROCESSABLE_ENTITY,
            Self::RateLimited | Self::DailyLimit => StatusCode::TOO_MANY_REQUESTS,
            // Not 502: the alarms on 5xx are about us, not about a customer's expired token.
            Self::PlatformFailed => StatusCode::FAILED_DEPENDENCY,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::InvalidJson => "The body is not valid JSON",
            Self::InvalidParameter => "A parameter is not valid",
            Self::BadCursor => "The cursor is not one of this list",
            Self::Unauthenticated => "An API key is needed",
            Self::RoleTooLow => "The key's role does not allow this",
            Self::LocationRestricted => "The key sees one location only",
            Self::NotFound => "Not found",
            Self::RouteNotFound => "There is no such address",
            Self::MethodNotAllowed => "The address does not know this method",
            Self::Conflict => "Not possible in the present state",
            Self::RequestInProgress => "The same request is being worked on",
            Self::StaleVersion => "Somebody else changed it meanwhile",
            Self::BodyTooLarge => "The body is too large",
            Self::UnsupportedMediaType => "The body is not declared as JSON",
            Self::ValidationFailed => "Fields are not valid",
            Self::IdempotencyMismatch => "The Idempotency-Key belongs to another request",
            Self::RateLimited => "Too many requests",
            Self::DailyLimit => "The day's limit is reached",
            Self::PlatformFailed => "The platform did not do it",
            Self::Internal => "Something went wrong on our side",
            Self::Unavailable => "Not available at present",
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::InvalidJson => "invalid_json",
            Self::InvalidParameter => "invalid_parameter",
            Self::BadCursor => "bad_cursor",
            Self::Unauthenticated => "unauthenticated",
            Self::RoleTooLow => "role_too_low",
            Self::LocationRestricted => "location_restricted",
            Self::NotFound => "not_found",
            Self::RouteNotFound => "route_not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::Conflict => "conflict",
            Self::RequestInProgress => "request_in_progress",
            Self::StaleVersion => "stale_version",
            Self::BodyTooLarge => "body_too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::ValidationFailed => "validation_failed",
            Self::IdempotencyMismatch => "idempotency_mismatch",
            Self::RateLimited => "rate_limited",
            Self::DailyLimit => "daily_limit",
            Self::PlatformFailed => "platform_failed",
            Self::Internal => "internal",
            Self::Unavailable => "unavailable",
        }
    }
}

/// An error on its way out.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) code: Code,
    // Boxed, because every handler's result has room for it.
    more: Box<More>,
}

#[derive(Debug, Clone)]
struct More {
    detail: String,
    errors: Vec<FieldError>,
    header: Option<(HeaderName, HeaderValue)>,
    /// For the log only.
    cause: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Problem {
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            more: Box::new(More {
                detail: detail.into(),
                errors: Vec::new(),
                header: None,
                cause: None,
            }),
        }
    }

    /// Fields of the body are wrong.
    pub(crate) fn invalid(errors: Vec<FieldError>) -> Self {
        Self::new(Code::ValidationFailed, summary(&errors)).with_errors(errors)
    }

    /// One parameter of the query or one header is wrong.
    pub(crate) fn parameter(error: FieldError) -> Self {
        Self::new(Code::InvalidParameter, error.message.clone()).with_errors(vec![error])
    }

    /// `what` with its article: `a rule`.
    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(
            Code::NotFound,
            format!("there is no such thing in this workspace: {what} with this id"),
        )
    }

    pub(crate) fn stale(current: Option<u64>) -> Self {
        let detail = match current {
            Some(version) => {
                format!("it has version {version} now; read it again and repeat the change")
            }
            None => "it was changed at the same moment; read it again and repeat the change".into(),
        };
        Self::new(Code::StaleVersion, detail)
    }

    pub(crate) fn conflict(detail: impl Into<String>) -> Self {
        Self::new(Code::Conflict, detail)
    }

    pub(crate) fn internal(cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        let mut problem = Self::new(
            Code::Internal,
            "the request could not be worked on; the log has more under this request id",
        );
        problem.more.cause = Some(Arc::new(cause));
        problem
    }

    /// Too much was asked for; it may be asked again after this time.
    pub(crate) fn too_many(code: Code, detail: impl Into<String>, wait: TimeDelta) -> Self {
        // Rounded up: who waits so long is never too early.
        let seconds = wait.num_milliseconds().max(1).saturating_add(999) / 1000;
        Self::new(code, detail).with_header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    fn unavailable(cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        let mut problem = Self::new(
            Code::Unavailable,
            "a service that is needed does not answer; try again in a moment",
        )
        .with_header(header::RETRY_AFTER, HeaderValue::from_static("2"));
        problem.more.cause = Some(Arc::new(cause));
        problem
    }

    pub(crate) fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.more.errors = errors;
        self
    }

    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.more.header = Some((name, value));
        self
    }

    pub(crate) fn cause(&self) -> Option<&(dyn std::error::Error + Send + Sync)> {
        self.more.cause.as_deref()
    }

    pub(crate) fn header(&self) -> Option<&(HeaderName, HeaderValue)> {
        self.more.header.as_ref()
    }

    pub(crate) fn document(&self, request_id: &str) -> ProblemOut {
        ProblemOut {
            kind: format!("urn:nachfass:problem:{}", self.code.as_str()),
            title: self.code.title().to_owned(),
            status: self.code.status().as_u16(),
            detail: self.more.detail.clone(),
            code: self.code,
            errors: self
                .more
                .errors
                .iter()
                .cloned()
                .map(FieldErrorOut::from)
                .collect(),
            request_id: request_id.to_owned(),
        }
    }
}

fn summary(errors: &[FieldError]) -> String {
    match errors {
        [] => "the body cannot be accepted".to_owned(),
        [only] => only.message.clone(),
        [first, rest @ ..] => format!("{} (and {} more)", first.message, rest.len()),
    }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Store(error) => error.into(),
            AppError::Port(error) => error.into(),
            AppError::Contended => Self::unavailable(AppError::Contended),
            // The key exists, so its workspace must.
            AppError::NoWorkspace => Self::internal(AppError::NoWorkspace),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::BadCursor => Self::bad_cursor(),
            error @ StoreError::Unavailable { .. } => Self::unavailable(error),
            error @ StoreError::Unreadable { .. } => Self::internal(error),
        }
    }
}

impl Problem {
    pub(crate) fn bad_cursor() -> Self {
        let error = FieldError::new(
            "cursor",
            "bad_cursor",
            "the cursor is not one of this list",
            "start again without a cursor; cursors come from `meta.next_cursor` of the same list",
        );
        Self::new(Code::BadCursor, error.message.clone()).with_errors(vec![error])
    }
}

impl From<PortError> for Problem {
    fn from(error: PortError) -> Self {
        Self::unavailable(error)
    }
}

impl From<Vec<FieldError>> for Problem {
    fn from(errors: Vec<FieldError>) -> Self {
        Self::invalid(errors)
    }
}

/// The body is written by [`render`](super::render), which knows the request.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// A problem document (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemOut {
    /// Names the kind of problem; the same as `code`.
    #[serde(rename = "type")]
    kind: String,
    /// The kind of problem in a few words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// This very problem in a sentence.
    detail: String,
    /// Stable, for programs.
    code: Code,
    /// Every field that is wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<FieldErrorOut>,
    /// Stands in our log, too.
    request_id: String,
}

/// One thing that is wrong with one field.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FieldError)]
pub(crate) struct FieldErrorOut {
    /// Path of the field: `delay.minutes`.
    field: String,
    /// Stable, for programs: `too_long`.
    code: String,
    /// What is wrong, with the limit.
    message: String,
    /// What to do about it.
    remedy: String,
}

impl From<FieldError> for FieldErrorOut {
    fn from(error: FieldError) -> Self {
        let FieldError {
            field,
            code,
            message,
            remedy,
        } = error;
        Self {
            field,
            code,
            message,
            remedy,
        }
    }
}

pub(crate) use documented::{ItemProblems, ListProblems, WriteProblems, shared_responses};

mod documented {
    //! The same problems in the OpenAPI document, declared once and referred to.

    use std::collections::BTreeMap;

    use utoipa::IntoResponses;
    use utoipa::openapi::{
        ContentBuilder, HeaderBuilder, ObjectBuilder, Ref, RefOr, Response, ResponseBuilder, Type,
    };

    const SHARED: [(&str, &str, &str); 14] = [
        ("400", "BadRequest", "The request cannot be read."),
        ("401", "Unauthenticated", "There is no valid key."),
        (
            "403",
            "RoleTooLow",
            "The key's role does not allow this, or it sees one location only.",
        ),
        (
            "404",
            "NotFound",
            "There is no such thing in this workspace.",
        ),
        (
            "405",
            "MethodNotAllowed",
            "The address does not know this method.",
        ),
        ("409", "Conflict", "Not possible in the present state."),
        (
            "412",
            "StaleVersion",
            "`If-Match` does not name the present version.",
        ),
        ("413", "BodyTooLarge", "The body is larger than 256 KiB."),
        (
            "415",
            "UnsupportedMediaType",
            "The body is not declared as JSON.",
        ),
        (
            "422",
            "ValidationFailed",
            "Fields are wrong; `errors` names each.",
        ),
        (
            "424",
            "PlatformFailed",
            "The platform said no, or said nothing.",
        ),
        (
            "429",
            "TooManyRequests",
            "More than the settings allow; `Retry-After` says when to ask again.",
        ),
        ("500", "Internal", "We failed."),
        ("503", "Unavailable", "Something below us does not answer."),
    ];

    /// Problems of a list.
    pub(crate) struct ListProblems;
    /// Problems of reading one thing.
    pub(crate) struct ItemProblems;
    /// Problems of a change.
    pub(crate) struct WriteProblems;

    fn named(statuses: &[&str]) -> BTreeMap<String, RefOr<Response>> {
        SHARED
            .iter()
            .filter(|(status, ..)| statuses.contains(status))
            .map(|(status, name, _)| {
                let reference = Ref::new(format!("#/components/responses/{name}"));
                ((*status).to_owned(), RefOr::Ref(reference))
            })
            .collect()
    }

    impl IntoResponses for ListProblems {
        fn responses() -> BTreeMap<String, RefOr<Response>> {
            named(&["400", "401", "403", "404", "429", "500", "503"])
        }
    }

    impl IntoResponses for ItemProblems {
        fn responses() -> BTreeMap<String, RefOr<Response>> {
            named(&["400", "401", "403", "404", "429", "500", "503"])
        }
    }

    impl IntoResponses for WriteProblems {
        fn responses() -> BTreeMap<String, RefOr<Response>> {
            named(&[
                "400", "401", "403", "404", "409", "412", "413", "415", "422", "424", "429", "500",
                "503",
            ])
        }
    }

    /// What the references above lead to.
    pub(crate) fn shared_responses() -> BTreeMap<String, Response> {
        let document = || {
            ContentBuilder::new()
                .schema(Some(Ref::from_schema_name("Problem")))
                .build()
        };
        SHARED
            .iter()
            .map(|(status, name, description)| {
                let mut response = ResponseBuilder::new()
                    .description(*description)
                    .content("application/problem+json", document());
                let header = match *status {
                    "401" => Some(("WWW-Authenticate", Type::String)),
                    "429" => Some(("Retry-After", Type::Integer)),
                    _ => None,
                };
                if let Some((name, kind)) = header {
                    let value = ObjectBuilder::new().schema_type(kind).build();
                    let header = HeaderBuilder::new().schema(Some(value)).build();
                    response = response.header(name, header);
                }
                ((*name).to_owned(), response.build())
            })
            .collect()
    }
}
