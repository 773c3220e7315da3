//! A function behind the HTTP API: an axum router, and commands by direct invocation.
//!
//! A command is an invocation whose payload is `{"nachfass": "<name>", ...}`. Nobody can send one
//! through the API: there the payload is written by the gateway, and what a caller sends is only
//! ever a text inside it. Who may invoke the function directly is decided by IAM.

use std::future::Future;

use app::config::CalledAt;
use axum::Router;
use axum::extract::Request;
use axum::middleware::map_request;
use lambda_http::request::{LambdaRequest, RequestContext};
use lambda_http::{Adapter, Service};
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;

use super::HostError;

/// Answers HTTP events with `router` and everything else with `command`, until Lambda ends the
/// process. An error of `command` becomes the error of the invocation.
pub async fn run_http<F, Fut>(router: Router, command: F) -> Result<(), HostError>
where
    F: Fn(Value) -> Fut,
    Fut: Future<Output = Result<Value, HostError>>,
{
    let router = router.layer(map_request(note_host));
    let (router, command) = (&router, &command);
    lambda_runtime::run(service_fn(move |event| async move {
        invoke(router, command, event).await
    }))
    .await
}

async fn invoke<F, Fut>(
    router: &Router,
    command: &F,
    event: LambdaEvent<Value>,
) -> Result<Value, HostError>
where
    F: Fn(Value) -> Fut,
    Fut: Future<Output = Result<Value, HostError>>,
{
    if command_name(&event.payload).is_some() {
        return command(event.payload).await;
    }
    // Decodes base64 bodies, so the router sees the bytes that the caller sent.
    let request: LambdaRequest = serde_json::from_value(event.payload)?;
    let response = Adapter::from(router.clone())
        .call(LambdaEvent::new(request, event.context))
        .await;
    match response {
        Ok(response) => Ok(serde_json::to_value(response)?),
        Err(never) => match never {},
    }
}

/// Under which host the gateway was called stands in what it tells of the request, not in a header.
async fn note_host(mut request: Request) -> Request {
    let context = request.extensions().get::<RequestContext>();
    if let Some(RequestContext::ApiGatewayV2(context)) = context
        && let Some(host) = context.domain_name.clone()
    {
        request.extensions_mut().insert(CalledAt(host));
    }
    request
}

/// For a function that takes no commands.
pub async fn no_commands(_payload: Value) -> Result<Value, HostError> {
    Err("this function takes no commands".into())
}

/// The name of the command, when this payload is one.
#[must_use]
pub fn command_name(payload: &Value) -> Option<&str> {
    let fields = payload.as_object()?;
    // Every HTTP event has this field, whatever else a future gateway may put beside it.
    if fields.contains_key("requestContext") {
        return None;
    }
    fields.get("nachfass")?.as_str()
}

#[cfg(test)]
mod tests {
    use axum::Extension;
    use axum::body::Bytes;
    use axum::http::{HeaderMap, StatusCode};
    use axum::routing::{get, post};
    use serde_json::json;

    use super::*;

    fn event(method: &str, path: &str, body: &Value, is_base64: bool) -> Value {
        json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": path,
            "rawQueryString": "a=1&a=2",
            "headers": {"content-type": "application/json", "host": "x.execute-api.eu-central-1.amazonaws.com"},
            "requestContext": {
                "accountId": "1", "apiId": "x", "domainName": "x", "domainPrefix": "x", "requestId": "r",
                "routeKey": "$default", "stage": "$default", "time": "01/Mar/2026:08:00:00 +0000", "timeEpoch": 1,
                "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "1.1.1.1", "userAgent": "x"},
            },
            "body": body,
            "isBase64Encoded": is_base64,
        })
    }

    fn router() -> Router {
        Router::new()
            .route(
                "/echo",
                post(|body: Bytes| async move { String::from_utf8_lossy(&body).into_owned() }),
            )
            .route(
                "/query",
                get(
                    |axum::extract::RawQuery(query): axum::extract::RawQuery| async {
                        query.unwrap_or_default()
                    },
                ),
            )
            .route(
                "/host",
                get(|Extension(CalledAt(host)): Extension<CalledAt>| async { host }),
            )
            .route(
                "/no",
                get(|| async { (StatusCode::NOT_FOUND, HeaderMap::new(), "no") }),
            )
    }

    async fn answer(payload: Value) -> Value {
        let command = |payload: Value| async move { Ok(json!({"did": payload["nachfass"]})) };
        let event = LambdaEvent::new(payload, lambda_runtime::Context::default());
        let router = router().layer(map_request(note_host));
        invoke(&router, &command, event).await.unwrap()
    }

    #[tokio::test]
    async fn a_router_sees_the_raw_bytes_also_of_base64_bodies() {
        let plain = answer(event("POST", "/echo", &json!("{\"a\": 1}"), false)).await;
        assert_eq!(
            (&plain["statusCode"], &plain["body"]),
            (&json!(200), &json!("{\"a\": 1}"))
        );
        let coded = answer(event("POST", "/echo", &json!("YT1iJmM9ZA=="), true)).await;
        assert_eq!(coded["body"], "a=b&c=d");
        let query = answer(event("GET", "/query", &Value::Null, false)).await;
        assert_eq!(query["body"], "a=1&a=2");
        let host = answer(event("GET", "/host", &Value::Null, false)).await;
        assert_eq!(host["body"], "x", "not the header's");
        assert_eq!(
            answer(event("GET", "/no", &Value::Null, false)).await["statusCode"],
            404
        );
    }

    #[tokio::test]
    async fn a_direct_invocation_is_a_command_and_a_request_never_is() {
        assert_eq!(
            answer(json!({"nachfass": "create_key", "role": "owner"})).await,
            json!({"did": "create_key"})
        );
        let disguised = event(
            "POST",
            "/echo",
            &json!("{\"nachfass\": \"create_key\"}"),
            false,
        );
        assert_eq!(
            answer(disguised).await["body"],
            "{\"nachfass\": \"create_key\"}"
        );
        let mut injected = event("GET", "/no", &Value::Null, false);
        injected["nachfass"] = json!("create_key");
        assert_eq!(answer(injected).await["statusCode"], 404);
    }

    #[tokio::test]
    async fn an_event_of_nobody_is_an_error() {
        let event = LambdaEvent::new(json!({"x": 1}), lambda_runtime::Context::default());
        let command = |_| async { Ok(Value::Null) };
        assert!(invoke(&router(), &command, event).await.is_err());
    }
}
