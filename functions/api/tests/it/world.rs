//! A workspace with the whole API in front of it.

use std::sync::Arc;

use api::router;
use app::apply::first_customer;
use app::bootstrap::{Bootstrapped, create_workspace};
use app::connection_secrets;
use app::ports::{Model, Secrets};
use app::tasks::DueTask;
use app::{App, Config};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use chrono::{DateTime, TimeDelta, Utc};
use domain::channel::{Channel, ChannelUser};
use domain::content::Content;
use domain::conversation::Conversation;
use domain::customer::{Customer, CustomerName};
use domain::ids::{ConnectionId, ConversationId, KeyId, MessageId, NotificationId, WorkspaceId};
use domain::message::{Author, Message, Status};
use domain::receipt::Reason;
use local::{
    Dynamo, FileSecrets, LocalHttp, LocalQueues, LocalTimers, Queue, QueueLimits, Retries,
    SeededEntropy, VirtualClock,
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use store::{Commit, Committed, Notification, Role, Store};
use tower::ServiceExt;

pub(crate) const NOW: &str = "2026-11-02T09:00:00Z";

pub(crate) struct World {
    pub(crate) app: Arc<App>,
    pub(crate) http: Arc<LocalHttp>,
    pub(crate) secrets: Arc<FileSecrets>,
    pub(crate) workspace: WorkspaceId,
    pub(crate) loopback: ConnectionId,
    pub(crate) key: String,
    pub(crate) dynamo: Dynamo,
    clock: Arc<VirtualClock>,
    queues: Arc<LocalQueues>,
    router: Router,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map(|value| value.to_str().unwrap())
            .unwrap_or_default()
    }

    /// Asserts a problem document with this code that names this field.
    pub(crate) fn problem(self, status: u16, code: &str, field: &str) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.body["status"], status);
        let codes = self.body["errors"].as_array().cloned().unwrap_or_default();
        let named = codes
            .iter()
            .any(|error| error["code"] == code && error["field"] == field);
        assert!(
            named || (self.body["code"] == code && field.is_empty()),
            "{}",
            self.body
        );
        assert!(!self.body["request_id"].as_str().unwrap().is_empty());
        self
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with_model(None).await
    }

    pub(crate) async fn with_model(model: Option<Arc<dyn Model>>) -> Self {
        let now: DateTime<Utc> = NOW.parse().unwrap();
        let clock = Arc::new(VirtualClock::standing_at(now));
        let dynamo = Dynamo::memory().unwrap().with_retries(Retries::Off);
        dynamo
            .ensure_table(store::table_definition("nachfass"))
            .await
            .unwrap();
        let store = Store::new(dynamo.client(), "nachfass");
        let http = Arc::new(LocalHttp::new(clock.clone()));
        let secrets = Arc::new(FileSecrets::memory());
        let queues = Arc::new(LocalQueues::memory(clock.clone(), QueueLimits::default()).unwrap());
        let app = App::new(
            store,
            clock.clone(),
            Arc::new(SeededEntropy::new(1)),
            Config::read(|name| {
                (name == app::config::PUBLIC_URL).then(|| "https://messages.example.org".to_owned())
            })
            .unwrap(),
        )
        .with_queues(queues.clone())
        .with_timers(Arc::new(LocalTimers::new()))
        .with_http(http.clone())
        .with_secrets(secrets.clone())
        .with_model(model);
        let app = Arc::new(app);
        let Bootstrapped {
            workspace,
            key,
            loopback,
            ..
        } = create_workspace(&app, "Salon Mitte", None, None, Role::Owner)
            .await
            .unwrap();
        let key = key.expose_secret().to_owned();
        Self {
            router: router(app.clone()),
            app,
            http,
            secrets,
            workspace,
            loopback,
            key,
            dynamo,
            clock,
            queues,
        }
    }

    /// The same table and platforms behind an app with other secrets.
    pub(crate) fn with_secrets(self, secrets: Option<Arc<dyn Secrets>>) -> Self {
        let app = &self.app;
        let other = App::new(
            app.store.clone(),
            app.clock.clone(),
            app.entropy.clone(),
            app.config.clone(),
        )
        .with_queues(app.queues.clone())
        .with_timers(app.timers.clone())
        .with_http(app.http.clone());
        let other = Arc::new(match secrets {
            Some(secrets) => other.with_secrets(secrets),
            None => other,
        });
        Self {
            router: router(other.clone()),
            app: other,
            ..self
        }
    }

    /// The value of a connection's secret that is in use.
    pub(crate) async fn secret(&self, connection: &str, kind: &str) -> Option<String> {
        let id = ConnectionId::parse(connection).unwrap();
        let connection = self.app.store.connection_by_id(id).await.unwrap().unwrap();
        let value = connection_secrets::read(&self.app, &connection, kind).await;
        Some(value.unwrap()?.expose_secret().to_owned())
    }

    /// A second workspace in the same table; the answer is its key.
    pub(crate) async fn stranger(&self) -> String {
        let other = create_workspace(&self.app, "Other", None, None, Role::Owner)
            .await
            .unwrap();
        other.key.expose_secret().to_owned()
    }

    /// The same with its own workspace, table and clock in common.
    pub(crate) async fn second(&self) -> Self {
        let made = create_workspace(&self.app, "Other", None, None, Role::Owner)
            .await
            .unwrap();
        Self {
            workspace: made.workspace,
            loopback: made.loopback,
            key: made.key.expose_secret().to_owned(),
            app: self.app.clone(),
            http: self.http.clone(),
            secrets: self.secrets.clone(),
            dynamo: self.dynamo.clone(),
            clock: self.clock.clone(),
            queues: self.queues.clone(),
            router: self.router.clone(),
        }
    }

    pub(crate) async fn key_with(&self, role: &str) -> String {
        let body = json!({"name": role, "role": role});
        let made = self.post("/v1/keys", body).await.expect(201);
        made.body["key"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn raw(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let body = match bytes.len() {
            0 => Value::Null,
            _ => serde_json::from_slice(&bytes).unwrap(),
        };
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        let authorised = headers.iter().any(|(name, _)| *name == "authorization");
        if !authorised {
            request = request.header("authorization", format!("Bearer {}", self.key));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = match body {
            None => Body::empty(),
            // What takes text takes tables.
            Some(Value::String(table)) => {
                request = request.header("content-type", "text/csv");
                Body::from(table)
            }
            Some(body) => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
        };
        self.raw(request.body(body).unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, &[], None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call("POST", path, &[], Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call("PATCH", path, &[], Some(body)).await
    }

    /// Takes every visible task off the queue `due`.
    pub(crate) fn due(&self) -> Vec<DueTask> {
        let received = self.queues.receive(Queue::Due, 10).unwrap();
        received
            .iter()
            .map(|task| serde_json::from_str(&task.body).unwrap())
            .collect()
    }

    pub(crate) async fn advance_hours(&self, hours: i64) {
        self.advance_minutes(60 * hours).await;
    }

    pub(crate) async fn advance_minutes(&self, minutes: i64) {
        self.clock.advance(TimeDelta::minutes(minutes)).unwrap();
        self.app.fresh_book(self.workspace).await.unwrap();
    }

    /// Every item of the table, as text, in the order of its keys.
    pub(crate) async fn items(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let mut start = None;
        loop {
            let request = self.dynamo.client().scan().table_name("nachfass");
            let page = request.set_exclusive_start_key(start).send().await.unwrap();
            for item in page.items.unwrap_or_default() {
                let item: Value = serde_dynamo::from_item(item).unwrap();
                let key = format!("{} {}", item["pk"], item["sk"]);
                found.push((key, item.to_string()));
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                found.sort();
                return found;
            }
        }
    }

    /// How many rules there are.
    pub(crate) async fn rules(&self) -> usize {
        self.get("/v1/rules").await.expect(200).body["rules"]
            .as_array()
            .unwrap()
            .len()
    }

    /// A conversation that fell silent: the customer asked, we answered an hour ago.
    pub(crate) async fn conversation(
        &self,
        connection: ConnectionId,
        channel: Channel,
    ) -> ConversationId {
        let now = self.app.now();
        let user = ChannelUser::parse("anna").unwrap();
        let id = Conversation::id_for(connection, &user);
        let customer = first_customer(self.workspace, id);
        let asked = now - TimeDelta::hours(2);
        let answered = now - TimeDelta::hours(1);
        let head = Conversation {
            version: 1,
            episode: 1,
            last_customer_at: Some(asked),
            last_business_at: Some(answered),
            window_closes_at: channel.free_form_window().map(|length| asked + length),
            unread: 1,
            ..Conversation::new(self.workspace, connection, channel, user, customer, asked)
        };
        let message = |at, author, text: &str| Message {
            id: MessageId::new(at, self.app.random10()),
            workspace: self.workspace,
            conversation: id,
            at,
            author,
            content: Content::text(text),
            hidden: false,
            status: Status::Received,
            status_at: at,
            reason: None,
            provider_id: None,
            attempts: 0,
            edited: None,
            edited_at: None,
            revoked: false,
            reaction: None,
            reacted_at: None,
            referral: None,
        };
        let reach = domain::customer::Reach {
            conversation: id,
            connection,
            channel,
            window_closes_at: None,
            refusal: None,
        };
        let commit = Commit {
            head: Some(head),
            new_messages: vec![
                message(
                    asked,
                    Author::Customer { automatic: false },
                    "Hallo, kann ich einen Termin haben?",
                ),
                message(
                    answered,
                    Author::Staff {
                        key: KeyId::derive(&["k"]),
                    },
                    "Gern, passt Dienstag um 10 Uhr?",
                ),
            ],
            customer: Some(Customer {
                offered: Vec::new(),
                said: Vec::new(),
                id: customer,
                workspace: self.workspace,
                version: 1,
                name: CustomerName {
                    display: Some("Anna Alt".to_owned()),
                    ..CustomerName::default()
                },
                language: None,
                conversations: vec![reach],
                chat: domain::customer::ChatConsent::default(),
                turn: 0,
                automated_at: Vec::new(),
                named_by_staff: false,
                habit: Box::default(),
                reference: None,
                profile: domain::contact::Profile::default(),
                created_at: asked,
            }),
            ..Commit::default()
        };
        self.commit(&commit).await;
        id
    }

    /// A message of that conversation failed, and somebody should look.
    pub(crate) async fn notification(&self, conversation: ConversationId) -> String {
        let id = NotificationId::new(self.app.now(), self.app.random10());
        let commit = Commit {
            notifications: vec![Notification {
                id,
                at: self.app.now(),
                reason: Reason::OutcomeNeverKnown,
                conversation: Some(conversation),
                message: None,
                read_at: None,
                read_by: None,
            }],
            ..Commit::default()
        };
        self.commit(&commit).await;
        id.to_string()
    }

    pub(crate) async fn commit(&self, commit: &Commit) {
        let done = self.app.store.commit(self.workspace, commit).await;
        assert_eq!(done.unwrap(), Committed::Done);
    }
}

/// The rule of the source's first example.
pub(crate) fn rule() -> Value {
    json!({
        "name": "Erinnerung an ausstehenden Termin - 4 Stunden",
        "colour": "blue",
        "trigger": {"type": "silence", "description": "Nachfassaktion senden, wenn ein Kunde Interesse an der Vereinbarung eines Termins zeigt, aber Datum und Uhrzeit nicht bestätigt"},
        "stop": {"description": "Stoppen, wenn der Kunde den Termin bestätigt, die Anfrage storniert oder anzeigt, dass er nicht mehr interessiert ist"},
        "delay": {"mode": "manual", "minutes": 240},
        "message": {"mode": "custom", "text": "Hallo ##{{first_name}}, sollen wir den Termin festhalten?"},
    })
}

/// The same with some fields replaced; `null` takes a field out.
pub(crate) fn rule_with(changes: Value) -> Value {
    let mut rule = rule();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            rule.as_object_mut().unwrap().remove(name);
        } else {
            rule[name] = value.clone();
        }
    }
    rule
}
