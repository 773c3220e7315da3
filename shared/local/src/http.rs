//! Outgoing calls that do not go out: every request is kept in an outbox, and a stand-in of the
//! platform accepts it. A host may be sent on to a server on loopback instead.

mod forward;
mod outbox;
mod standin;

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use app::ports::{Clock, Http, HttpResponse, LeavingMessage};
use async_trait::async_trait;
use channels::{HttpRequest, TransportError};
use domain::channel::Channel;

pub use forward::{ForwardError, Loopback};
use outbox::Outbox;
pub use outbox::{Outcome, Sent};
use standin::StandIn;

/// What happens to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The built-in stand-in accepts it, or the server the host is forwarded to answers.
    Usual,
    /// The platform answers this.
    Status {
        /// The HTTP status.
        status: u16,
        /// Seconds or a date, as a platform would write it.
        retry_after: Option<String>,
        /// The body.
        body: String,
    },
    /// Connection refused: nothing left.
    Refused,
    /// The body left and no answer came; the platform accepted nothing.
    LostRequest,
    /// The body left, the platform accepted it, and its answer was lost.
    LostAnswer,
}

impl Answer {
    /// A JSON answer without `Retry-After`.
    #[must_use]
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::Status {
            status,
            retry_after: None,
            body: body.to_string(),
        }
    }
}

type Hook = Arc<dyn Fn(&HttpRequest, u64) -> Answer + Send + Sync>;

/// The platforms of a local process.
pub struct LocalHttp {
    clock: Arc<dyn Clock>,
    stand_in: StandIn,
    forwards: HashMap<String, (String, Arc<dyn Http>)>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    outbox: Outbox,
    script: VecDeque<Answer>,
    hook: Option<Hook>,
    seen: u64,
}

impl LocalHttp {
    /// Stand-ins only.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let stand_in = StandIn::starting_at(clock.now());
        Self {
            clock,
            stand_in,
            forwards: HashMap::new(),
            state: Mutex::default(),
        }
    }

    /// Sends what is meant for `host` to a server on this machine instead, for example
    /// `api.telegram.org` to `http://127.0.0.1:9000`.
    pub fn forward(self, host: &str, base: &str) -> Result<Self, ForwardError> {
        forward::check(base)?;
        let http = Loopback::new()?;
        Ok(self.forward_through(host, base, Arc::new(http)))
    }

    /// The same through another client; with `https://` and the host itself as `base` a local
    /// process reaches the real platform.
    #[must_use]
    pub fn forward_through(mut self, host: &str, base: &str, http: Arc<dyn Http>) -> Self {
        let base = base.trim_end_matches('/').to_owned();
        self.forwards
            .insert(host.to_ascii_lowercase(), (base, http));
        self
    }

    /// Puts an answer behind those already waiting; each is used for one request.
    pub fn next(&self, answer: Answer) {
        self.state().script.push_back(answer);
    }

    /// Asks `hook` about every request for which no answer was put in line. It is given how many
    /// requests came before, so a seed replays.
    pub fn answer_by(&self, hook: impl Fn(&HttpRequest, u64) -> Answer + Send + Sync + 'static) {
        self.state().hook = Some(Arc::new(hook));
    }

    /// Answers put in line that nobody asked for yet: a test that leaves some is wrong.
    #[must_use]
    pub fn unused_answers(&self) -> usize {
        self.state().script.len()
    }

    /// The requests of this process, oldest first; the oldest of more than 10,000 are gone.
    #[must_use]
    pub fn outbox(&self) -> Vec<Sent> {
        self.state().outbox.all()
    }

    /// Empties the outbox and returns what was in it.
    pub fn clear_outbox(&self) -> Vec<Sent> {
        self.state().outbox.take()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn decide(&self, request: &HttpRequest) -> Answer {
        let (hook, seen) = {
            let mut state = self.state();
            let seen = state.seen;
            state.seen += 1;
            if let Some(answer) = state.script.pop_front() {
                return answer;
            }
            (state.hook.clone(), seen)
        };
        hook.map_or(Answer::Usual, |hook| hook(request, seen))
    }

    async fn usual(&self, request: &HttpRequest) -> Result<HttpResponse, TransportError> {
        match forward::target(&self.forwards, request) {
            Some((request, http)) => http.send(&request).await,
            None => Ok(self.stand_in.accept(request, self.clock.now())),
        }
    }
}

#[async_trait]
impl Http for LocalHttp {
    async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, TransportError> {
        let (outcome, result) = match self.decide(request) {
            Answer::Usual => {
                let result = self.usual(request).await;
                (Outcome::of(&result), result)
            }
            Answer::Status {
                status,
                retry_after,
                body,
            } => {
                let result = Ok(HttpResponse {
                    status,
                    retry_after,
                    body: body.into_bytes(),
                });
                (Outcome::of(&result), result)
            }
            Answer::Refused => {
                let result = Err(TransportError::NotSent("connection refused".to_owned()));
                (Outcome::of(&result), result)
            }
            Answer::LostRequest => {
                let result = Err(TransportError::MaybeSent("no answer in time".to_owned()));
                (Outcome::of(&result), result)
            }
            Answer::LostAnswer => {
                let lost = Outcome::lost(&self.stand_in.accept(request, self.clock.now()));
                (
                    lost,
                    Err(TransportError::MaybeSent("no answer in time".to_owned())),
                )
            }
        };
        self.state().outbox.add(request, self.clock.now(), outcome);
        result
    }

    fn note_message(&self, message: &LeavingMessage<'_>) {
        let now = self.clock.now();
        let mut state = self.state();
        if message.channel == Channel::Loopback {
            state.outbox.add_loopback(message, now);
        } else {
            state.outbox.expect(message.channel);
        }
    }
}

#[cfg(test)]
mod tests;
