//! The outermost layer: gives every answer a request id, writes problem documents, and logs
//! failures of ours, once.

use std::sync::Arc;

use app::App;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use super::problem::Problem;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

pub(crate) async fn render(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let id = given_id(&request).unwrap_or_else(|| new_id(&app));
    let method = request.method().clone();
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        log(&problem, &id, method.as_str());
        write(&mut response, &problem, &id);
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    // Answers hold personal data and shown-once secrets.
    response
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// The caller's own id, if it is harmless in a log line.
fn given_id(request: &Request) -> Option<String> {
    let id = request.headers().get(REQUEST_ID)?.to_str().ok()?;
    let harmless = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'=');
    let well_formed = (1..=128).contains(&id.len()) && id.bytes().all(harmless);
    well_formed.then(|| id.to_owned())
}

fn new_id(app: &App) -> String {
    app.random10()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn log(problem: &Problem, id: &str, method: &str) {
    let Some(cause) = problem.cause() else { return };
    let mut chain = cause.to_string();
    let mut next = cause.source();
    while let Some(error) = next {
        chain.push_str(": ");
        chain.push_str(&error.to_string());
        next = error.source();
    }
    tracing::error!(request.id = id, http.method = method, error = %chain, "a request failed: {chain}");
}

fn write(response: &mut Response, problem: &Problem, id: &str) {
    let body = serde_json::to_vec(&problem.document(id)).unwrap_or_default();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    if let Some((name, value)) = problem.header() {
        headers.insert(name.clone(), value.clone());
    }
    *response.body_mut() = Body::from(body);
}
