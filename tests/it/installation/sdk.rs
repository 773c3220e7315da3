//! SQS, Scheduler and SSM at the SDK's connector: every call is counted, and what it asks for
//! happens on the local queues.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use app::ports::{Queues as _, Secrets as _};
use app::tasks::{DueTask, EventTask};
use aws_config::SdkConfig;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use chrono::{DateTime, NaiveDateTime, Utc};
use local::{FileSecrets, LocalQueues};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

pub(crate) const EVENTS_URL: &str = "https://sqs/events.fifo";
pub(crate) const DUE_URL: &str = "https://sqs/due";
pub(crate) const SECRETS_PREFIX: &str = "/nachfass/tests";

/// Status and body.
type Answer = (u16, Value);

/// What the SDK is given as its HTTP client. Clones share everything.
#[derive(Clone)]
pub(crate) struct Sdk(Arc<Inner>);

struct Inner {
    queues: Arc<LocalQueues>,
    secrets: FileSecrets,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    calls: BTreeMap<String, u64>,
    /// As of EventBridge Scheduler: by name, gone when they have fired.
    schedules: BTreeMap<String, (DateTime<Utc>, DueTask)>,
    queues_fail: bool,
}

impl Sdk {
    pub(crate) fn over(queues: Arc<LocalQueues>) -> Self {
        Self(Arc::new(Inner {
            queues,
            secrets: FileSecrets::memory(),
            state: Mutex::default(),
        }))
    }

    /// Without retries: a call that is made twice is counted twice.
    pub(crate) fn config(&self) -> SdkConfig {
        let credentials = Credentials::new("test", "test", None, None, "test");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::from_static("eu-central-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(RetryConfig::disabled())
            .http_client(self.clone())
            .build()
    }

    /// Service and operation with their counts, since the last time this was asked.
    pub(crate) fn take_calls(&self) -> BTreeMap<String, u64> {
        std::mem::take(&mut self.state().calls)
    }

    pub(crate) fn fail_queues(&self, fail: bool) {
        self.state().queues_fail = fail;
    }

    /// Somebody removed the parameters of this kind.
    pub(crate) async fn lose_secrets(&self, kind: &str) {
        let names = self.0.secrets.names();
        let lost: Vec<_> = names
            .iter()
            .filter(|name| name.contains(&format!("/{kind}/")))
            .collect();
        assert!(!lost.is_empty(), "there is no {kind}");
        for name in lost {
            self.0.secrets.delete(name).await.unwrap();
        }
    }

    /// When the next schedule fires.
    pub(crate) fn next_at(&self) -> Option<DateTime<Utc>> {
        self.state().schedules.values().map(|(at, _)| *at).min()
    }

    /// Takes out the schedules that have fired by `now`.
    pub(crate) fn fired(&self, now: DateTime<Utc>) -> Vec<DueTask> {
        let fired = self
            .state()
            .schedules
            .extract_if(.., |_, (at, _)| *at <= now)
            .collect::<Vec<_>>();
        fired.into_iter().map(|(_, (_, task))| task).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap()
    }

    async fn answer(&self, operation: String, body: Value) -> Answer {
        let (name, schedule) = match operation.split_once(" /schedules/") {
            Some(("POST", schedule)) => ("Scheduler.CreateSchedule", schedule),
            Some(("PUT", schedule)) => ("Scheduler.UpdateSchedule", schedule),
            _ => (operation.trim_start_matches("Amazon"), ""),
        };
        *self.state().calls.entry(name.to_owned()).or_default() += 1;
        match name {
            "SQS.SendMessageBatch" | "SQS.SendMessage" if self.state().queues_fail => {
                failure(500, "InternalError")
            }
            "SQS.SendMessageBatch" => self.send_batch(&body).await,
            "SQS.SendMessage" => self.send_due(&body).await,
            "Scheduler.CreateSchedule" => self.schedule(schedule, &body, false),
            "Scheduler.UpdateSchedule" => self.schedule(schedule, &body, true),
            "SSM.GetParameter" => self.get_parameter(&body).await,
            "SSM.PutParameter" => self.put_parameter(&body).await,
            "SSM.DeleteParameter" => self.delete_parameter(&body).await,
            other => panic!("nobody expected {other}"),
        }
    }

    async fn send_batch(&self, body: &Value) -> Answer {
        assert_eq!(body["QueueUrl"], EVENTS_URL);
        let entries = body["Entries"].as_array().unwrap();
        if entries.len() > 10 {
            return failure(400, "TooManyEntriesInBatchRequest");
        }
        let mut tasks = Vec::new();
        for entry in entries {
            let task: EventTask = serde_json::from_str(text(&entry["MessageBody"])).unwrap();
            // The local queue takes both from the task.
            assert_eq!(entry["MessageGroupId"], task.group());
            assert_eq!(entry["MessageDeduplicationId"], task.deduplication());
            tasks.push(task);
        }
        self.0.queues.send_events(&tasks).await.unwrap();
        let done = entries.iter();
        let done: Vec<Value> = done
            .map(|entry| json!({"Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": "0"}))
            .collect();
        (200, json!({"Successful": done, "Failed": []}))
    }

    async fn send_due(&self, body: &Value) -> Answer {
        assert_eq!(body["QueueUrl"], DUE_URL);
        let task: DueTask = serde_json::from_str(text(&body["MessageBody"])).unwrap();
        let delay = Duration::from_secs(body["DelaySeconds"].as_u64().unwrap());
        self.0.queues.send_due(&task, delay).await.unwrap();
        (200, json!({"MessageId": "m", "MD5OfMessageBody": "0"}))
    }

    fn schedule(&self, name: &str, body: &Value, update: bool) -> Answer {
        let at = text(&body["ScheduleExpression"]);
        let at = NaiveDateTime::parse_from_str(at, "at(%Y-%m-%dT%H:%M:%S)")
            .unwrap()
            .and_utc();
        let task: DueTask = serde_json::from_str(text(&body["Target"]["Input"])).unwrap();
        let mut state = self.state();
        match (state.schedules.contains_key(name), update) {
            (true, false) => return failure(409, "ConflictException"),
            (false, true) => return failure(404, "ResourceNotFoundException"),
            _ => {}
        }
        state.schedules.insert(name.to_owned(), (at, task));
        (
            200,
            json!({"ScheduleArn": format!("arn:aws:scheduler:eu-central-1:1:schedule/tests/{name}")}),
        )
    }

    async fn delete_parameter(&self, body: &Value) -> Answer {
        self.0.secrets.delete(secret_name(body)).await.unwrap();
        (200, json!({}))
    }

    async fn get_parameter(&self, body: &Value) -> Answer {
        match self.0.secrets.get(secret_name(body)).await.unwrap() {
            None => failure(400, "ParameterNotFound"),
            Some(value) => {
                let value = value.expose_secret();
                (
                    200,
                    json!({"Parameter": {"Name": body["Name"], "Type": "SecureString", "Value": value}}),
                )
            }
        }
    }

    async fn put_parameter(&self, body: &Value) -> Answer {
        let value = SecretString::from(text(&body["Value"]).to_owned());
        self.0.secrets.put(secret_name(body), &value).await.unwrap();
        (200, json!({"Version": 1}))
    }
}

impl std::fmt::Debug for Sdk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sdk")
    }
}

impl HttpClient for Sdk {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Sdk {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let operation = match request.headers().get("x-amz-target") {
            Some(target) => target.to_owned(),
            None => {
                let path = request.uri().splitn(4, '/').nth(3).unwrap_or_default();
                format!("{} /{path}", request.method())
            }
        };
        let body = request.body().bytes().unwrap_or_default();
        let body = serde_json::from_slice(body).unwrap_or(Value::Null);
        let sdk = self.clone();
        HttpConnectorFuture::new(async move {
            let (status, body) = sdk.answer(operation, body).await;
            let mut response =
                HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body.to_string()));
            let headers = response.headers_mut();
            headers.insert("content-type", "application/json");
            if let Some(code) = body["__type"].as_str() {
                headers.insert("x-amzn-errortype", code.to_owned());
            }
            Ok(response)
        })
    }
}

fn failure(status: u16, code: &str) -> Answer {
    (
        status,
        json!({"__type": code, "message": "no", "Message": "no"}),
    )
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn secret_name(body: &Value) -> &str {
    text(&body["Name"])
        .strip_prefix(SECRETS_PREFIX)
        .unwrap()
        .trim_start_matches('/')
}
