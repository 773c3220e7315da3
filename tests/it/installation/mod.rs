//! An installation as it is deployed: one [`App`] per function, the real `aws` ports, and below
//! the SDK's connector local queues, schedules and the embedded table.

mod sdk;
pub(crate) mod whatsapp;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use app::App;
use app::bootstrap::create_workspace;
use app::config::{CalledAt, Config};
use app::ports::{Clock as _, Entropy, Queues as _};
use aws::{Aws, TimerTarget};
use aws_sdk_dynamodb::types::AttributeValue;
use axum::Router;
use axum::body::{Body, to_bytes};
use channels::verify;
use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::{ConnectionId, CustomerId, WorkspaceId};
use domain::message::Message;
use http::{HeaderMap, Method, Request, StatusCode};
use local::{
    Dynamo, LocalHttp, LocalQueues, Queue, QueueLimits, Retries, SeededEntropy, VirtualClock,
};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use store::{PageRequest, Role, Store};
use tower::ServiceExt as _;

use sdk::Sdk;

/// A Monday, ten o'clock in Berlin.
pub(crate) const NOW: &str = "2026-11-02T09:00:00Z";
/// Under which host the gateway is called.
const HOST: &str = "desk.example.org";
pub(crate) const APP_SECRET: &str = "9d6f1a7b3c5e4f20a1b2c3d4e5f60718";
pub(crate) const VERIFY_TOKEN: &str = "a-token-of-ours";

pub(crate) struct Installation {
    pub(crate) workspace: WorkspaceId,
    pub(crate) sdk: Sdk,
    pub(crate) dynamo: Dynamo,
    pub(crate) http: Arc<LocalHttp>,
    pub(crate) queues: Arc<LocalQueues>,
    pub(crate) webhooks: Router,
    pub(crate) links: Router,
    /// The table, for looking without being counted as a function.
    pub(crate) store: Store,
    pub(crate) loopback: ConnectionId,
    pub(crate) loopback_secret: String,
    pub(crate) clock: Arc<VirtualClock>,
    entropy: Arc<dyn Entropy>,
    api: Router,
    evaluate: App,
    dispatch: App,
    sweep: App,
    key: String,
}

/// An answer over HTTP.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    /// Asserts a problem document with this code.
    pub(crate) fn problem(self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        let body = self.json();
        assert_eq!(
            (&body["status"], &body["code"]),
            (&json!(status), &json!(code))
        );
        for field in ["type", "title", "detail"] {
            assert!(
                body[field].as_str().is_some_and(|text| !text.is_empty()),
                "{field}: {body}"
            );
        }
    }
}

/// Calls by service.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Calls {
    pub(crate) dynamodb: BTreeMap<String, u64>,
    /// SQS, Scheduler and SSM: service and operation.
    pub(crate) others: BTreeMap<String, u64>,
}

impl Calls {
    pub(crate) fn dynamodb(&self) -> u64 {
        self.dynamodb.values().sum()
    }

    pub(crate) fn of(&self, service: &str) -> u64 {
        let of_service = |name: &str| name.split('.').next() == Some(service);
        self.others
            .iter()
            .filter(|(name, _)| of_service(name))
            .map(|(_, count)| count)
            .sum()
    }

    pub(crate) fn add(&mut self, more: &Self) {
        for (name, count) in &more.dynamodb {
            *self.dynamodb.entry(name.clone()).or_default() += count;
        }
        for (name, count) in &more.others {
            *self.others.entry(name.clone()).or_default() += count;
        }
    }
}

impl Installation {
    pub(crate) async fn new() -> Self {
        let now: DateTime<Utc> = NOW.parse().unwrap();
        let clock = Arc::new(VirtualClock::standing_at(now));
        let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(7));
        let dynamo = Dynamo::memory().unwrap().with_retries(Retries::Off);
        dynamo
            .ensure_table(store::table_definition("nachfass"))
            .await
            .unwrap();
        let queues =
            LocalQueues::memory(Arc::<VirtualClock>::clone(&clock), QueueLimits::default());
        let queues = Arc::new(queues.unwrap());
        let sdk = Sdk::over(Arc::clone(&queues));
        let http = Arc::new(LocalHttp::new(Arc::<VirtualClock>::clone(&clock)));

        let app = || {
            let aws = Aws::over(sdk.config());
            let sqs = Arc::new(aws.queues(sdk::EVENTS_URL, sdk::DUE_URL));
            let target = TimerTarget {
                group: "tests".to_owned(),
                queue_arn: "arn:aws:sqs:eu-central-1:1:due".to_owned(),
                role_arn: "arn:aws:iam::1:role/timers".to_owned(),
                dead_letter_arn: "arn:aws:sqs:eu-central-1:1:dead".to_owned(),
            };
            let timers = aws.timers(
                target,
                Arc::<aws::SqsQueues>::clone(&sqs),
                Arc::<VirtualClock>::clone(&clock),
            );
            App::new(
                Store::new(dynamo.client(), "nachfass"),
                Arc::<VirtualClock>::clone(&clock),
                Arc::clone(&entropy),
                Config::read(|_| None).unwrap(),
            )
            .with_queues(sqs)
            .with_timers(Arc::new(timers))
            .with_http(Arc::<LocalHttp>::clone(&http))
            .with_secrets(Arc::new(
                aws.secrets(sdk::SECRETS_PREFIX, Arc::<VirtualClock>::clone(&clock)),
            ))
        };

        let admin = Arc::new(app());
        let made = create_workspace(&admin, "Salon Mitte", None, None, Role::Owner)
            .await
            .unwrap();
        let webhooks = webhooks::router(Arc::new(app()));
        let links = links::router(Arc::new(app()));
        let (evaluate, mut dispatch, sweep) = (app(), app(), app());
        // The template tells it, for the reports of an SMS provider.
        dispatch.config.public_url = Some(format!("https://{HOST}"));
        Self {
            workspace: made.workspace,
            loopback: made.loopback,
            loopback_secret: made.loopback_secret.expose_secret().to_owned(),
            key: made.key.expose_secret().to_owned(),
            store: Store::new(dynamo.client(), "nachfass"),
            api: api::router(admin),
            evaluate,
            dispatch,
            sweep,
            webhooks,
            links,
            sdk,
            dynamo,
            http,
            queues,
            clock,
            entropy,
        }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// An admin's request.
    pub(crate) async fn admin(&self, method: Method, path: &str, body: Value) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json")
            .extension(CalledAt(HOST.to_owned()))
            .body(Body::from(body.to_string()))
            .unwrap();
        call(&self.api, request).await
    }

    /// An admin's request, expected to make something.
    pub(crate) async fn make(&self, path: &str, body: Value) -> Value {
        let answer = self.admin(Method::POST, path, body).await;
        answer.expect(201).json()
    }

    /// The path of the link that ends these messages to a customer.
    pub(crate) async fn link(&self, customer: CustomerId, class: &str) -> String {
        let wanted = json!({"for": "unsubscribe", "class": class});
        let path = format!("/v1/customers/{customer}/links");
        let made = self.make(&path, wanted).await;
        let url = made["url"].as_str().unwrap();
        let path = url.strip_prefix("https://").unwrap().strip_prefix(HOST);
        path.unwrap().to_owned()
    }

    /// A recipient looks at a page, or their mail program sends its one click.
    pub(crate) async fn page(&self, method: &str, path: &str) -> Answer {
        let kind = "application/x-www-form-urlencoded";
        let request = Request::builder().method(method).uri(path);
        let request = request.header("content-type", kind);
        let body = Body::from("List-Unsubscribe=One-Click");
        call(&self.links, request.body(body).unwrap()).await
    }

    /// A WhatsApp number, with the secrets that its webhooks are checked against.
    pub(crate) async fn whatsapp(&self) -> ConnectionId {
        let made = self
            .make(
                "/v1/connections",
                json!({
                    "channel": "whatsapp", "name": "Salon", "account": whatsapp::ACCOUNT,
                    "business_account": "102290129340398",
                    "secrets": {"token": "EAAG-token", "app_secrets": [APP_SECRET], "verify_token": VERIFY_TOKEN},
                }),
            )
            .await;
        ConnectionId::parse(made["id"].as_str().unwrap()).unwrap()
    }

    /// The rule of the first example, with this message.
    pub(crate) async fn rule(&self, minutes: u32, message: Value) {
        self.rule_with(minutes, "message", message).await;
    }

    /// The same, with this in place of a message.
    pub(crate) async fn rule_with(&self, minutes: u32, field: &str, says: Value) {
        let rule = json!({
            "name": "Erinnerung an ausstehenden Termin",
            "trigger": {"type": "silence", "description": "Nachfassaktion senden, wenn ein Kunde Interesse an der Vereinbarung eines Termins zeigt, aber Datum und Uhrzeit nicht bestätigt"},
            "stop": {"description": "Stoppen, wenn der Kunde den Termin bestätigt, die Anfrage storniert oder anzeigt, dass er nicht mehr interessiert ist"},
            "delay": {"mode": "manual", "minutes": minutes},
            field: says,
        });
        self.make("/v1/rules", rule).await;
    }

    /// Replaces the secrets that sign a connection's webhooks.
    pub(crate) async fn sign_with(&self, connection: ConnectionId, app_secrets: &[&str]) {
        let path = format!("/v1/connections/{connection}");
        let body = json!({"secrets": {"app_secrets": app_secrets}});
        self.admin(Method::PATCH, &path, body).await.expect(200);
    }

    /// A webhook of Meta's, signed with [`APP_SECRET`].
    pub(crate) async fn meta(&self, path: &str, body: &Value) -> Answer {
        let body = body.to_string();
        let signature = verify::sign(APP_SECRET, body.as_bytes()).unwrap();
        self.post(path, &[("x-hub-signature-256", &signature)], body)
            .await
    }

    pub(crate) async fn post(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let mut request = Request::post(path).header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        call(&self.webhooks, request.body(body.into()).unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        call(
            &self.webhooks,
            Request::get(path).body(Body::empty()).unwrap(),
        )
        .await
    }

    pub(crate) async fn put(&self, path: &str) -> Answer {
        call(
            &self.webhooks,
            Request::put(path).body(Body::empty()).unwrap(),
        )
        .await
    }

    /// Everything that lies on the queue `events`. How many tasks that were.
    pub(crate) async fn evaluate(&self) -> usize {
        let mut handled = 0;
        loop {
            let received = self.queues.receive(Queue::Events, 10).unwrap();
            if received.is_empty() {
                return handled;
            }
            handled += received.len();
            for message in received {
                let task = serde_json::from_str(&message.body).unwrap();
                Box::pin(evaluate::handle(&self.evaluate, task))
                    .await
                    .unwrap();
                self.queues.delete(&message.id).unwrap();
            }
        }
    }

    /// Everything that can be received from the queue `due`.
    async fn dispatch(&self) -> usize {
        let received = self.queues.receive(Queue::Due, 10).unwrap();
        let handled = received.len();
        for message in received {
            let task = serde_json::from_str(&message.body).unwrap();
            Box::pin(dispatch::handle(&self.dispatch, task))
                .await
                .unwrap();
            self.queues.delete(&message.id).unwrap();
        }
        handled
    }

    /// Everything that is due now. The sweep runs only when it is asked to.
    pub(crate) async fn settle(&self) {
        loop {
            for task in self.sdk.fired(self.now()) {
                // Scheduler sends it, not we.
                self.queues.send_due(&task, Duration::ZERO).await.unwrap();
            }
            if self.evaluate().await + self.dispatch().await == 0 {
                return;
            }
        }
    }

    /// Moves the clock; everything due on the way happens, in order.
    pub(crate) async fn advance(&self, by: TimeDelta) {
        let target = self.now() + by;
        self.settle().await;
        loop {
            let queued = self.queues.next_visible_at().unwrap();
            let next = [queued, self.sdk.next_at()].into_iter().flatten().min();
            let Some(next) = next.filter(|at| *at <= target) else {
                break;
            };
            self.clock.set(next.max(self.now())).unwrap();
            self.settle().await;
        }
        self.clock.set(target).unwrap();
        self.settle().await;
    }

    pub(crate) async fn sweep(&self) -> sweep::Swept {
        sweep::sweep(&self.sweep).await.unwrap()
    }

    /// Every call since this was last asked.
    pub(crate) fn take_calls(&self) -> Calls {
        Calls {
            dynamodb: self.dynamo.calls().reset(),
            others: self.sdk.take_calls(),
        }
    }

    /// The messages of the conversation with this user.
    pub(crate) async fn messages(&self, connection: ConnectionId, user: &str) -> Vec<Message> {
        let user = domain::channel::ChannelUser::parse(user).unwrap();
        let id = domain::conversation::Conversation::id_for(connection, &user);
        let page = PageRequest {
            limit: 100,
            ..PageRequest::default()
        };
        self.store
            .messages(self.workspace, id, &page)
            .await
            .unwrap()
            .items
    }

    /// The events that belong to no conversation, as they are stored.
    pub(crate) async fn raw_events(&self) -> Vec<String> {
        let found = self
            .dynamo
            .client()
            .query()
            .table_name(self.store.table())
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(
                ":pk",
                AttributeValue::S(format!("W#{}#RAW", self.workspace)),
            )
            .send()
            .await
            .unwrap();
        found
            .items()
            .iter()
            .map(|item| format!("{item:?}"))
            .collect()
    }

    /// A number that differs from test step to test step and not from run to run.
    pub(crate) fn random(&self) -> u64 {
        let mut bytes = [0; 8];
        self.entropy.fill(&mut bytes);
        u64::from_be_bytes(bytes)
    }
}

pub(crate) async fn call(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body,
    }
}
