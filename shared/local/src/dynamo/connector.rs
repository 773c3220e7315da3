//! Where the SDK would open a connection: the request goes to the engine instead, past the call
//! log and the faults.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use aws_sdk_dynamodb::config::RuntimeComponents;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;

use super::{CallLog, engine};

const TARGET: &str = "DynamoDB_20120810.";

/// What goes wrong with one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// The table has had enough of us; nothing was written.
    Throttle,
    /// The call takes effect, but its answer never arrives.
    ApplyButLoseAnswer,
    /// Another transaction holds an item; nothing was written.
    Conflict,
    /// No connection; nothing was written.
    Unavailable,
}

/// Stands between a client and the engine: delays, fails, watches or changes calls. For the
/// simulator, whose faults come while other functions go on.
#[async_trait]
pub trait Wire: Send + Sync {
    /// Carries one call. `Err` is what the client hears instead of an answer; whether the engine
    /// was asked before is the wire's choice.
    async fn carry(&self, call: &Call<'_>) -> Result<Reply, Fault>;
}

/// A call on its way to the engine.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// The operation's name: `TransactWriteItems`.
    pub operation: &'a str,
    /// The request as JSON.
    pub body: &'a [u8],
    connector: &'a Connector,
}

impl Call<'_> {
    /// The engine's answer.
    #[must_use]
    pub fn run(&self) -> Reply {
        self.run_with(self.body)
    }

    /// The engine's answer to another request in this one's place.
    #[must_use]
    pub fn run_with(&self, body: &[u8]) -> Reply {
        let (status, body) = engine::call(&self.connector.database, self.operation, body);
        Reply { status, body }
    }
}

/// What the engine answered.
#[derive(Debug, Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// The JSON.
    pub body: String,
}

pub(super) type Hook = Arc<dyn Fn(&str, u64) -> Fault + Send + Sync>;

pub(super) struct Connector {
    pub(super) calls: CallLog,
    database: dynoxide::Database,
    hook: Mutex<(Option<Hook>, u64)>,
}

impl Connector {
    pub(super) fn new(database: dynoxide::Database) -> Self {
        Self {
            calls: CallLog::default(),
            database,
            hook: Mutex::new((None, 0)),
        }
    }

    pub(super) fn set_hook(&self, hook: Option<Hook>) {
        *self.hook.lock().unwrap_or_else(PoisonError::into_inner) = (hook, 0);
    }

    fn answer(&self, request: &HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let call = self.call(request);
        match self.fault(call.operation) {
            Fault::None => response(call.run()),
            fault => {
                if fault == Fault::ApplyButLoseAnswer {
                    let _ = call.run();
                }
                failed(fault, &call)
            }
        }
    }

    async fn carry(
        &self,
        wire: &dyn Wire,
        request: &HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        let call = self.call(request);
        match wire.carry(&call).await {
            Ok(reply) => response(reply),
            Err(fault) => failed(fault, &call),
        }
    }

    fn call<'a>(&'a self, request: &'a HttpRequest) -> Call<'a> {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let call = Call {
            operation: target.strip_prefix(TARGET).unwrap_or(target),
            body: request.body().bytes().unwrap_or_default(),
            connector: self,
        };
        self.calls.add(call.operation);
        call
    }

    fn fault(&self, operation: &str) -> Fault {
        let (hook, nth) = {
            let mut guard = self.hook.lock().unwrap_or_else(PoisonError::into_inner);
            let (Some(hook), nth) = (guard.0.clone(), guard.1) else {
                return Fault::None;
            };
            guard.1 += 1;
            (hook, nth)
        };
        hook(operation, nth)
    }
}

/// What the client hears of a fault.
fn failed(fault: Fault, call: &Call<'_>) -> Result<HttpResponse, ConnectorError> {
    let refused = |body| response(Reply { status: 400, body });
    match fault {
        Fault::None | Fault::ApplyButLoseAnswer => {
            Err(ConnectorError::timeout("the answer was lost".into()))
        }
        Fault::Unavailable => {
            Err(ConnectorError::io("connection refused".into()).never_connected())
        }
        Fault::Throttle => refused(error("ThrottlingException", "Rate exceeded")),
        Fault::Conflict => refused(conflict(call.operation, call.body)),
    }
}

fn response(Reply { status, body }: Reply) -> Result<HttpResponse, ConnectorError> {
    let status =
        StatusCode::try_from(status).map_err(|error| ConnectorError::other(error.into(), None))?;
    let mut response = HttpResponse::new(status, SdkBody::from(body));
    response
        .headers_mut()
        .insert("content-type", "application/x-amz-json-1.0");
    Ok(response)
}

/// A single write names the conflict itself; a transaction is cancelled with one reason per
/// action, and reads are never in anybody's way.
fn conflict(operation: &str, body: &[u8]) -> String {
    if operation != "TransactWriteItems" {
        return error(
            "TransactionConflictException",
            "Transaction is ongoing for the item",
        );
    }
    let actions = serde_json::from_slice::<serde_json::Value>(body)
        .ok()
        .and_then(|request| request["TransactItems"].as_array().map(Vec::len))
        .unwrap_or(1);
    let reasons: Vec<_> = (0..actions)
        .map(|nth| match nth {
            0 => serde_json::json!({"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}),
            _ => serde_json::json!({"Code": "None"}),
        })
        .collect();
    serde_json::json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": "Transaction cancelled, please refer cancellation reasons for specific reasons [TransactionConflict]",
        "CancellationReasons": reasons,
    })
    .to_string()
}

fn error(code: &str, message: &str) -> String {
    serde_json::json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": message})
        .to_string()
}

/// What the SDK is given as its HTTP client.
pub(super) struct InProcess {
    pub(super) connector: Arc<Connector>,
    pub(super) wire: Option<Arc<dyn Wire>>,
}

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InProcess")
    }
}

impl HttpClient for InProcess {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Self {
            connector: Arc::clone(&self.connector),
            wire: self.wire.clone(),
        })
    }
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Some(wire) = self.wire.clone() else {
            return HttpConnectorFuture::ready(self.connector.answer(&request));
        };
        let connector = Arc::clone(&self.connector);
        HttpConnectorFuture::new(async move { connector.carry(&*wire, &request).await })
    }
}
