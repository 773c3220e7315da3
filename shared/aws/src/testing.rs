//! An HTTP client for the SDK that keeps what is sent and answers what a test has written down.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use aws_sdk_sqs::config::{HttpClient, RuntimeComponents};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use serde_json::Value;

/// Status and body.
pub(crate) type Canned = (u16, Value);

pub(crate) fn answer(status: u16, body: Value) -> Canned {
    (status, body)
}

/// A request of the SDK.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// The header `x-amz-target`, or method and path where there is none.
    pub(crate) operation: String,
    pub(crate) body: Value,
}

#[derive(Debug, Clone)]
pub(crate) struct Recorder(Arc<Mutex<(VecDeque<Canned>, Vec<Call>)>>);

impl Recorder {
    pub(crate) fn new(answers: Vec<Canned>) -> Self {
        Self(Arc::new(Mutex::new((answers.into(), Vec::new()))))
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.0.lock().unwrap().1.clone()
    }
}

impl HttpClient for Recorder {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Recorder {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let operation = match request.headers().get("x-amz-target") {
            Some(target) => target.to_owned(),
            None => {
                let path = request.uri().split_once("://").map_or("", |(_, rest)| rest);
                let path = path.find('/').map_or("/", |at| &path[at..]);
                format!("{} {path}", request.method())
            }
        };
        let body = request.body().bytes().unwrap_or_default();
        let body = serde_json::from_slice(body).unwrap_or(Value::Null);
        let mut state = self.0.lock().unwrap();
        state.1.push(Call { operation, body });
        let Some((status, body)) = state.0.pop_front() else {
            return HttpConnectorFuture::ready(Err(ConnectorError::io("no answer is left".into())));
        };
        let mut response =
            HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body.to_string()));
        response
            .headers_mut()
            .insert("content-type", "application/json");
        if let Some(code) = body["__type"].as_str() {
            response
                .headers_mut()
                .insert("x-amzn-errortype", code.to_owned());
        }
        HttpConnectorFuture::ready(Ok(response))
    }
}

/// The configuration of one service's client over a recorder, without retries.
macro_rules! config {
    ($sdk:ident, $recorder:expr) => {
        $sdk::Config::builder()
            .behavior_version($sdk::config::BehaviorVersion::v2026_01_12())
            .region($sdk::config::Region::from_static("eu-central-1"))
            .credentials_provider($sdk::config::Credentials::new(
                "test", "test", None, None, "test",
            ))
            .retry_config($sdk::config::retry::RetryConfig::disabled())
            .http_client($recorder.clone())
            .build()
    };
}
pub(crate) use config;
