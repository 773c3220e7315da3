//! A whole installation in memory, on a clock that stands still: every function, the queues, the
//! timers, the table, and platforms that take what they are sent.
//!
//! Customers write through the real webhooks, signed as their platform signs; staff work through
//! the real API.

mod model;

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use app::Config;
use app::ports::Model;
use axum::Router;
use axum::body::Body;
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use domain::channel::{Channel, ChannelUser};
use domain::conversation::Conversation;
use domain::ids::{ConnectionId, ConversationId, CustomerId};
use http::{Request, StatusCode};
use local::SeededEntropy;
use nachfass::Runner;
use nachfass::control::{self, Local};
use nachfass::first_start;
use nachfass::runner::Parts;
use serde_json::{Value, json};
use simulate::platform;
use tower::ServiceExt as _;

pub(crate) use model::{Meanwhile, PlayedModel, Say};
pub(crate) use simulate::platform::{Happening, Person, Sent};

/// Where providers reach it.
const PUBLIC_URL: &str = "https://desk.example.org/nachfass";

/// Everything in one process.
pub(crate) struct World {
    pub(crate) local: Arc<Local>,
    router: Router,
    connections: Vec<Connected>,
    people: BTreeMap<String, Person>,
    /// Those who were made through the API.
    customers: BTreeMap<String, CustomerId>,
    /// Numbers what the platforms deliver.
    delivered: u64,
    last_delivery: Option<(ConnectionId, Value)>,
}

/// An account of the business on a platform.
#[derive(Clone)]
pub(crate) struct Connected {
    pub(crate) id: ConnectionId,
    pub(crate) channel: Channel,
    /// What a scenario calls it.
    pub(crate) name: String,
    secret: String,
}

/// What the API answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

impl Answer {
    /// The body of a success; anything else is an error that shows the problem document.
    pub(crate) fn ok(self) -> anyhow::Result<Value> {
        ensure!(self.status.is_success(), "{}: {}", self.status, self.body);
        Ok(self.body)
    }
}

impl World {
    /// A new workspace in Berlin with nothing but the loopback channel.
    pub(crate) async fn start(
        now: DateTime<Utc>,
        model: Option<Arc<PlayedModel>>,
    ) -> anyhow::Result<Self> {
        // One unit of the currency for a million tokens read, five for a million written.
        let config = Config::read(|name| match name {
            app::config::MODEL_INPUT_PRICE => Some("1000000".to_owned()),
            app::config::MODEL_OUTPUT_PRICE => Some("5000000".to_owned()),
            app::config::PUBLIC_URL => Some(PUBLIC_URL.to_owned()),
            _ => None,
        })?;
        let mut parts = Parts::memory(now, Arc::new(SeededEntropy::new(1)), config)?;
        parts.model = model.clone().map(|model| model as Arc<dyn Model>);
        let runner = Runner::start(parts).await?;
        let installation = first_start::open(&runner.app, None, None).await?;
        if let Some(model) = model {
            model.meet(&runner);
        }
        let loopback = Connected {
            id: installation.loopback,
            channel: Channel::Loopback,
            name: "loopback".to_owned(),
            secret: installation.loopback_secret.clone(),
        };
        let local = Arc::new(Local::new(runner, installation));
        Ok(Self {
            router: control::router(Arc::clone(&local)),
            local,
            connections: vec![loopback],
            people: BTreeMap::new(),
            customers: BTreeMap::new(),
            delivered: 0,
            last_delivery: None,
        })
    }

    pub(crate) fn runner(&self) -> &Runner {
        &self.local.runner
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.runner().now()
    }

    /// Moves the clock; whatever is due on the way happens.
    pub(crate) async fn advance(&self, by: TimeDelta) -> anyhow::Result<()> {
        Box::pin(self.runner().advance(by)).await.map(|_| ())
    }

    /// A request of the owner, through the router.
    pub(crate) async fn api(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> anyhow::Result<Answer> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(
                "authorization",
                format!("Bearer {}", self.local.installation.key),
            )
            .header("content-type", "application/json")
            .body(Body::from(
                body.map(|body| body.to_string()).unwrap_or_default(),
            ))?;
        let response = Box::pin(self.router.clone().oneshot(request)).await?;
        let status = response.status();
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await?;
        let body = match bytes.len() {
            0 => Value::Null,
            _ => serde_json::from_slice(&bytes)?,
        };
        Ok(Answer { status, body })
    }

    /// A request of anybody, as it comes.
    pub(crate) async fn anybody(&self, request: Request<Body>) -> Response {
        let answer = Box::pin(self.router.clone().oneshot(request)).await;
        answer.unwrap_or_else(|never| match never {})
    }

    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.api("GET", path, None).await?.ok()
    }

    /// Makes an account through the API.
    pub(crate) async fn connect(&mut self, channel: Channel, name: &str) -> anyhow::Result<()> {
        let secret = format!("secret-of-{name}");
        // Connected again, an account is the same one.
        let others = self.connections.iter();
        let others = others.filter(|known| known.channel == channel && known.name != name);
        let number = others.count();
        let made = self
            .api(
                "POST",
                "/v1/connections",
                Some(platform::account(channel, name, number, &secret)),
            )
            .await?
            .ok()?;
        let id = made["id"].as_str().unwrap_or_default();
        self.connections.push(Connected {
            id: ConnectionId::parse(id)?,
            channel,
            name: name.to_owned(),
            secret,
        });
        Ok(())
    }

    pub(crate) fn connection(&self, name: &str) -> anyhow::Result<&Connected> {
        let known = self.connections.iter().rev();
        known
            .clone()
            .find(|connected| connected.name == name)
            .or_else(|| {
                let mut known = known;
                known.find(|connected| connected.channel.as_str() == name)
            })
            .with_context(|| format!("there is no connection {name}"))
    }

    /// Somebody, known from now on; the same name is always the same person.
    pub(crate) fn person(&mut self, name: &str) -> Person {
        let number = self.people.len() + 1;
        self.people
            .entry(name.to_owned())
            .or_insert_with(|| Person::new(name, number))
            .clone()
    }

    /// Who has this id on a channel.
    pub(crate) fn name_of(&self, user: &str) -> String {
        let known = self.people.values();
        let mut known = known.filter(|person| person.ids().iter().any(|id| id == user));
        known
            .next()
            .map_or_else(|| user.to_owned(), |person| person.name.clone())
    }

    /// Where a person talks to the business on this account.
    pub(crate) fn conversation(
        &mut self,
        person: &str,
        account: &str,
    ) -> anyhow::Result<ConversationId> {
        let person = self.person(person);
        let connected = self.connection(account)?;
        let user = ChannelUser::parse(&person.user(connected.channel))?;
        if connected.channel == Channel::Email {
            let customer = self.customers.get(&person.name);
            let customer = customer.context("nobody has an address yet")?;
            return Ok(Conversation::id_for_customer(
                connected.id,
                &user,
                *customer,
            ));
        }
        Ok(Conversation::id_for(connected.id, &user))
    }

    /// Who this is, as far as the API has told.
    pub(crate) fn is_customer(&mut self, person: &str, id: CustomerId) {
        self.customers.insert(person.to_owned(), id);
    }

    /// Who this is.
    pub(crate) fn customer(&self, person: &str) -> anyhow::Result<CustomerId> {
        let known = self.customers.get(person).copied();
        known.with_context(|| format!("{person} is no customer that was made here"))
    }

    /// A mail program's one click on the link of a mail (RFC 8058); the status that it gets.
    pub(crate) async fn one_click(&self, link: &str) -> anyhow::Result<u16> {
        let path = link.strip_prefix(PUBLIC_URL).context("another address")?;
        let request = Request::builder()
            .method("POST")
            .uri(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from("List-Unsubscribe=One-Click"))?;
        let response = Box::pin(self.router.clone().oneshot(request)).await?;
        let status = response.status().as_u16();
        Box::pin(self.runner().settle()).await?;
        Ok(status)
    }

    /// Somebody, or a program of this name, follows a link of a message; where it leads.
    pub(crate) async fn follows(&self, link: &str, agent: Option<&str>) -> anyhow::Result<String> {
        const BROWSER: &str = "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36";
        let path = link.strip_prefix(PUBLIC_URL).context("another address")?;
        let request = Request::builder()
            .uri(path)
            .header("user-agent", agent.unwrap_or(BROWSER))
            .body(Body::empty())?;
        let response = self.anybody(request).await;
        let leads = response.headers().get("location");
        let leads = leads.and_then(|value| value.to_str().ok());
        let status = response.status().as_u16();
        Ok(format!("{status} {}", leads.unwrap_or_default()))
    }

    /// SES tells its topic what became of a mail, and the topic the queue.
    pub(crate) async fn ses_tells(&mut self, sent: Sent, status: &str) -> anyhow::Result<()> {
        self.delivered += 1;
        let name = self.name_of(&sent.to);
        let person = self.person(&name);
        let told = Happening::Status {
            of: sent,
            status: status.to_owned(),
            code: None,
        };
        let body = platform::body(Channel::Email, &person, &told, self.delivered, self.now())?;
        self.runner().report(body.to_string().as_bytes()).await?;
        Box::pin(self.runner().settle()).await
    }

    /// What a platform would post about this, not delivered yet.
    pub(crate) fn post(
        &mut self,
        account: &str,
        person: &str,
        happening: &Happening,
    ) -> anyhow::Result<(Connected, Value)> {
        self.delivered += 1;
        let person = self.person(person);
        let connected = self.connection(account)?.clone();
        let body = platform::body(
            connected.channel,
            &person,
            happening,
            self.delivered,
            self.now(),
        )?;
        Ok((connected, body))
    }

    /// How much the platforms have delivered: the number of what came last.
    pub(crate) fn delivered(&self) -> u64 {
        self.delivered
    }

    /// A platform posts, and everything that follows at once happens.
    pub(crate) async fn happens(
        &mut self,
        account: &str,
        person: &str,
        happening: &Happening,
    ) -> anyhow::Result<()> {
        let (connected, body) = self.post(account, person, happening)?;
        self.last_delivery = Some((connected.id, body.clone()));
        self.deliver(&connected, &body).await
    }

    /// The platform did not hear our 200 and posts the same bytes again.
    pub(crate) async fn happens_again(&mut self) -> anyhow::Result<()> {
        let last = self.last_delivery.clone();
        let (id, body) = last.context("nothing was delivered yet")?;
        let known = self.connections.iter().find(|known| known.id == id);
        let connected = known.cloned().context("the account is gone")?;
        self.deliver(&connected, &body).await
    }

    async fn deliver(&self, connected: &Connected, body: &Value) -> anyhow::Result<()> {
        Box::pin(deliver(&self.router, connected, body)).await?;
        Box::pin(self.runner().settle()).await
    }

    /// The templates that the platform lists from now on.
    pub(crate) async fn sync_templates(
        &self,
        account: &str,
        listed: &[Value],
    ) -> anyhow::Result<()> {
        let id = self.connection(account)?.id;
        self.runner()
            .http
            .next(local::Answer::json(200, &json!({ "data": listed })));
        let path = format!("/v1/connections/{id}/templates/sync");
        self.api("POST", &path, None).await?.ok()?;
        self.runner().http.clear_outbox();
        Ok(())
    }

    /// What left since the last time, as the platforms saw it.
    pub(crate) fn take_sent(&self) -> Vec<Sent> {
        let left = self.runner().http.clear_outbox();
        left.iter().filter_map(Sent::read).collect()
    }

    /// Nothing may be left over: no task that nobody took, none given up, no unused answer.
    pub(crate) fn finish(&self) -> anyhow::Result<()> {
        let runner = self.runner();
        let counts = runner.queues.counts()?;
        ensure!(
            counts.ready + counts.in_flight + counts.dead == 0,
            "work is left over: {counts:?} {:?}",
            runner.queues.dead_letters()?
        );
        let unused = runner.http.unused_answers();
        ensure!(unused == 0, "{unused} answers of a provider were not used");
        Ok(())
    }
}

/// The real webhook route, with a real signature.
async fn deliver(router: &Router, connected: &Connected, body: &Value) -> anyhow::Result<()> {
    let (query, body) = platform::posted(connected.channel, body);
    let path = format!("/webhooks/{}/{}{query}", connected.channel, connected.id);
    let url = format!("{PUBLIC_URL}{path}");
    let (header, signature) =
        platform::signature(connected.channel, &connected.secret, &url, &body);
    let request = Request::builder()
        .method("POST")
        .uri(path)
        .header(header, signature)
        .body(Body::from(body))?;
    let response = router.clone().oneshot(request).await?;
    let status = response.status();
    ensure!(status == StatusCode::OK, "the webhook answered {status}");
    Ok(())
}
