//! What the outside world must offer. Implemented twice: in `aws` on the real services, in
//! `local` in process and on a virtual clock.
//!
//! Ports speak our types. They are small because they must follow the virtual clock; the store
//! is no port, it is the same DynamoDB code everywhere.

use std::time::Duration;

use ai::{Answer, Prompt};
use async_trait::async_trait;
use channels::email::outbound::SendEmail;
use channels::{HttpRequest, Outcome, TransportError};
use chrono::{DateTime, Utc};
use domain::ids::{ConversationId, WorkspaceId};
use secrecy::SecretString;

use crate::tasks::{DueTask, EventTask};

/// A failure of the platform below us. The caller retries by not acknowledging its task.
#[derive(Debug, thiserror::Error)]
#[error("{service}: {message}")]
pub struct PortError {
    /// The port that failed, for the log.
    pub service: &'static str,
    /// What it said. Never holds customer data.
    pub message: String,
    /// The error underneath, logged once at the host.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The only source of time. A function reads it once per task.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> DateTime<Utc>;
}

/// The only source of randomness.
pub trait Entropy: Send + Sync {
    /// Fills the buffer with unpredictable bytes (in the simulator: seeded ones).
    fn fill(&self, buffer: &mut [u8]);
}

/// The two queues.
#[async_trait]
pub trait Queues: Send + Sync {
    /// Puts every task on the FIFO queue `events`, in order, in batches. `Ok` means that every
    /// single one was accepted; on `Err` some may have been (they are deduplicated by id).
    async fn send_events(&self, tasks: &[EventTask]) -> Result<(), PortError>;

    /// Puts a task on the queue `due`, visible after `delay` (at most 15 minutes).
    async fn send_due(&self, task: &DueTask, delay: Duration) -> Result<(), PortError>;
}

/// A one-shot timer that puts [`DueTask::WakeV1`] on the queue `due`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timer {
    /// Whose conversation.
    pub workspace: WorkspaceId,
    /// One timer per conversation: arming it again moves it.
    pub conversation: ConversationId,
    /// Goes into the task, so that re-arming is not taken for a duplicate.
    pub generation: u64,
    /// When to fire; may be late by a minute, and may fire more than once.
    pub at: DateTime<Utc>,
}

/// Timers that are too far away for a queue delay.
#[async_trait]
pub trait Timers: Send + Sync {
    /// Creates the conversation's timer or moves it.
    async fn arm(&self, timer: &Timer) -> Result<(), PortError>;

    /// The conversations of this part that have a timer, a page at a time.
    async fn armed(&self, part: Part, page: Option<String>) -> Result<ArmedPage, PortError>;

    /// Removes the conversation's timer; a missing one is no error.
    async fn disarm(&self, ws: WorkspaceId, conversation: ConversationId) -> Result<(), PortError>;
}

/// A sixteenth of all conversations: those whose id begins with this digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part(u8);

impl Part {
    /// How many there are.
    pub const COUNT: u8 = 16;

    /// The part with this number; numbers beyond the last begin anew.
    #[must_use]
    pub fn new(number: u32) -> Self {
        Self((number % u32::from(Self::COUNT)) as u8)
    }

    /// From 0.
    #[must_use]
    pub fn number(self) -> u8 {
        self.0
    }

    /// The hexadecimal digit.
    #[must_use]
    pub fn digit(self) -> char {
        char::from_digit(self.0.into(), 16).unwrap_or('0')
    }

    /// Whether the conversation belongs to it.
    #[must_use]
    pub fn has(self, conversation: ConversationId) -> bool {
        let id = conversation.to_string();
        id.strip_prefix(ConversationId::PREFIX)
            .is_some_and(|hex| hex.starts_with(self.digit()))
    }
}

/// A page of conversations that have a timer.
#[derive(Debug, Default)]
pub struct ArmedPage {
    /// Whose timers they are.
    pub timers: Vec<(WorkspaceId, ConversationId)>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

/// An answer of an HTTP server.
#[derive(Debug, Clone)]
pub struct HttpResponse {
    /// Status code.
    pub status: u16,
    /// The `Retry-After` header, as sent.
    pub retry_after: Option<String>,
    /// The body, at most 1 MiB of it.
    pub body: Vec<u8>,
}

/// Outgoing HTTPS calls to platforms and model providers. Follows no redirect. In production it
/// refuses everything but https to public addresses.
#[async_trait]
pub trait Http: Send + Sync {
    /// Sends the request. The error says whether the body may have left.
    async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, TransportError>;

    /// Hears of every message just before it leaves, also of those on the loopback channel, which
    /// need no request. Only the outbox of local runs cares.
    fn note_message(&self, _message: &LeavingMessage<'_>) {}
}

/// A message that is about to leave.
#[derive(Debug, Clone, Copy)]
pub struct LeavingMessage<'a> {
    /// On which channel.
    pub channel: domain::channel::Channel,
    /// Whom it is for.
    pub to: &'a domain::channel::ChannelUser,
    /// Our id of it.
    pub message: domain::ids::MessageId,
    /// What it says.
    pub content: &'a domain::content::Content,
}

/// The way out for e-mail.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Makes the call, once: nobody behind this tries again by itself.
    async fn send(&self, email: &SendEmail) -> Outcome;
}

/// Secrets of connections. Write-only for the API; read where a signature or a token is needed.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// The secret under this name, if there is one. `name` is a path such as
    /// `con_0123.../token`; the implementation puts its own prefix before it.
    async fn get(&self, name: &str) -> Result<Option<SecretString>, PortError>;

    /// Stores or replaces a secret.
    async fn put(&self, name: &str, value: &SecretString) -> Result<(), PortError>;

    /// Removes a secret; a missing one is no error.
    async fn delete(&self, name: &str) -> Result<(), PortError>;
}

/// A language model. Absent models are `None` in [`App`](crate::App), not a failing port.
#[async_trait]
pub trait Model: Send + Sync {
    /// Asks one question. Late, refusing and failing models are errors; the caller then uses the
    /// built-in decider and says so in the receipt.
    async fn ask(&self, prompt: &Prompt) -> Result<Answer, ModelFailure>;
}

/// Why a model gave no usable answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelFailure {
    /// No answer within the time allowed.
    #[error("the model did not answer in time")]
    Late,
    /// The provider's own safety said no.
    #[error("the model refused")]
    Refused,
    /// The provider could not be reached or failed.
    #[error("the model provider failed: {0}")]
    Failed(String),
}
