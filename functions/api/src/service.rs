//! The service itself: no key needed, nothing private in the answers.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// The service answers.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// Always `ok`.
    status: String,
    /// The version of the service.
    version: String,
}

/// Say that the service answers.
#[utoipa::path(
    get, path = "/health", tag = "service", responses((status = 200, description = "It answers.", body = Health))
)]
pub(crate) async fn get_health() -> axum::Json<Health> {
    axum::Json(Health {
        status: "ok".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}

/// Get this document.
#[utoipa::path(
    get, path = "/v1/openapi.json", tag = "service",
    responses((status = 200, description = "The document.", body = Object, content_type = "application/json"))
)]
pub(crate) async fn get_openapi() -> Response {
    let document = crate::openapi().to_json().unwrap_or_default();
    ([(header::CONTENT_TYPE, "application/json")], document).into_response()
}
