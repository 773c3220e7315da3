//! What every function shares: the [`App`] with its store, ports and configuration, the queue
//! payloads, and the one way to load, decide, commit and publish.
//!
//! Nothing here names an AWS service. A function asks a port; `aws` and `local` are the two
//! crates that know what stands behind it.

mod absent;
pub mod account;
pub mod apply;
pub mod audit;
mod books;
pub mod bootstrap;
pub mod broadcasts;
pub mod config;
pub mod confirmation;
pub mod connection_secrets;
pub mod consequences;
pub mod correlation;
pub mod erase;
mod error;
pub mod hear;
pub mod join;
pub mod judge;
pub mod links;
pub mod metrics;
pub mod open;
pub mod ports;
pub mod reading;
pub mod refused;
pub mod rules;
pub mod segments;
pub mod tasks;
pub mod timers;
pub mod transcript;
pub mod visits;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::ids::WorkspaceId;
use store::{Book, Store};

pub use config::Config;
pub use error::AppError;

use crate::absent::Absent;
use crate::books::Books;
use crate::metrics::{Metrics, Totals};
use crate::ports::{Clock, Entropy, Http, Mailer, Model, Queues, Secrets, Timers};

/// Everything a function works with. Built once, before the first event.
pub struct App {
    /// The table.
    pub store: Store,
    /// The only source of time.
    pub clock: Arc<dyn Clock>,
    /// The only source of randomness.
    pub entropy: Arc<dyn Entropy>,
    /// The two queues.
    pub queues: Arc<dyn Queues>,
    /// Far timers.
    pub timers: Arc<dyn Timers>,
    /// Calls to platforms.
    pub http: Arc<dyn Http>,
    /// Calls to SES.
    pub mailer: Arc<dyn Mailer>,
    /// Secrets of connections.
    pub secrets: Arc<dyn Secrets>,
    /// The language model, if one is configured.
    pub model: Option<Arc<dyn Model>>,
    /// Numbers for the operator.
    pub metrics: Arc<dyn Metrics>,
    /// Configuration.
    pub config: Config,
    books: Books,
}

impl App {
    /// An app with nothing but a table, time and randomness; the rest is added by the `with_`
    /// methods. A port that was not added fails when it is asked, and says so.
    pub fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        config: Config,
    ) -> Self {
        Self {
            store,
            clock,
            entropy,
            queues: Arc::new(Absent),
            timers: Arc::new(Absent),
            http: Arc::new(Absent),
            mailer: Arc::new(Absent),
            secrets: Arc::new(Absent),
            model: None,
            metrics: Arc::new(Totals::default()),
            config,
            books: Books::default(),
        }
    }

    /// With these queues.
    #[must_use]
    pub fn with_queues(mut self, queues: Arc<dyn Queues>) -> Self {
        self.queues = queues;
        self
    }

    /// With these timers.
    #[must_use]
    pub fn with_timers(mut self, timers: Arc<dyn Timers>) -> Self {
        self.timers = timers;
        self
    }

    /// With this way out.
    #[must_use]
    pub fn with_http(mut self, http: Arc<dyn Http>) -> Self {
        self.http = http;
        self
    }

    /// With this way out for e-mail.
    #[must_use]
    pub fn with_mailer(mut self, mailer: Arc<dyn Mailer>) -> Self {
        self.mailer = mailer;
        self
    }

    /// With these secrets.
    #[must_use]
    pub fn with_secrets(mut self, secrets: Arc<dyn Secrets>) -> Self {
        self.secrets = secrets;
        self
    }

    /// With this place for numbers.
    #[must_use]
    pub fn with_metrics(mut self, metrics: Arc<dyn Metrics>) -> Self {
        self.metrics = metrics;
        self
    }

    /// With this model.
    #[must_use]
    pub fn with_model(mut self, model: Option<Arc<dyn Model>>) -> Self {
        self.model = model;
        self
    }

    /// The present. A function reads it once per task and passes it on.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Random bytes for a new id.
    #[must_use]
    pub fn random10(&self) -> [u8; 10] {
        let mut bytes = [0; 10];
        self.entropy.fill(&mut bytes);
        bytes
    }

    /// Settings, rules, connections and templates, at most half a minute old. Stale rules can
    /// plan, but never send: the claim checks the rule's version in the table.
    pub async fn book(&self, ws: WorkspaceId) -> Result<Arc<Book>, AppError> {
        let now = self.now();
        match self.books.get(ws, now) {
            Some(book) => Ok(book),
            None => self.fresh_book(ws).await,
        }
    }

    /// The same, read no earlier than `since`: for decisions that a changed rule must not miss.
    pub async fn book_since(
        &self,
        ws: WorkspaceId,
        since: DateTime<Utc>,
    ) -> Result<Arc<Book>, AppError> {
        match self.books.read_since(ws, since) {
            Some(book) => Ok(book),
            None => self.fresh_book(ws).await,
        }
    }

    /// The same as it is now.
    pub async fn fresh_book(&self, ws: WorkspaceId) -> Result<Arc<Book>, AppError> {
        let book = Arc::new(self.store.book(ws).await?.ok_or(AppError::NoWorkspace)?);
        self.books.put(ws, Arc::clone(&book), self.now());
        Ok(book)
    }
}
