//! The ports with everything that can go wrong behind them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ai::{Answer, Prompt, Usage};
use app::ports::{
    ArmedPage, Clock, Http, HttpResponse, LeavingMessage, Model, ModelFailure, Part, PortError,
    Queues, Secrets, Timer, Timers,
};
use app::tasks::{DueTask, EventTask};
use async_trait::async_trait;
use channels::{HttpRequest, TransportError};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use domain::channel::Channel;
use domain::ids::{ConversationId, MessageId, WorkspaceId};
use local::{FileSecrets, LocalHttp, LocalQueues, Queue, Received};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::bugs::Bug;
use crate::faults::Fault;
use crate::hub::Hub;
use crate::platform::Sent;
use crate::table::{Watch, lock, watch};

fn failed(service: &'static str, message: &str) -> PortError {
    PortError {
        service,
        message: message.to_owned(),
        source: None,
    }
}

/// The queues of the local runner, with what SQS may do to a message on its way.
pub(crate) struct SimQueues {
    pub(crate) hub: Arc<Hub>,
    pub(crate) inner: Arc<LocalQueues>,
    /// Something came in or went since the driver last looked.
    pub(crate) changed: Mutex<bool>,
    /// The answer to the question that is asked most.
    pub(crate) next: Mutex<Option<Option<DateTime<Utc>>>>,
}

impl SimQueues {
    /// Something came in or went.
    pub(crate) fn touch(&self) {
        *lock(&self.changed) = true;
        *lock(&self.next) = None;
    }

    /// As [`LocalQueues::receive`].
    pub(crate) fn receive(&self, queue: Queue) -> Result<Option<Received>, PortError> {
        *lock(&self.next) = None;
        Ok(self.inner.receive(queue, 1)?.pop())
    }

    /// As [`LocalQueues::next_visible_at`], asked again only after something has changed.
    pub(crate) fn next_visible_at(&self) -> Result<Option<DateTime<Utc>>, PortError> {
        let mut next = lock(&self.next);
        if let Some(known) = *next {
            return Ok(known);
        }
        let found = self.inner.next_visible_at()?;
        *next = Some(found);
        Ok(found)
    }
}

#[async_trait]
impl Queues for SimQueues {
    async fn send_events(&self, tasks: &[EventTask]) -> Result<(), PortError> {
        self.hub.edge().await;
        if self.hub.fault(Fault::QueueRefused) {
            if self.hub.has_bug(Bug::LostWebhook) {
                return Ok(());
            }
            // Of a batch some may have been taken.
            if let Some((first, _)) = tasks.split_first().filter(|(_, rest)| !rest.is_empty()) {
                self.inner.send_events(std::slice::from_ref(first)).await?;
                self.touch();
            }
            return Err(failed("queues", "refused"));
        }
        self.inner.send_events(tasks).await?;
        self.touch();
        self.hub.note(&format!("queue: {} events", tasks.len()));
        self.hub.edge().await;
        if self.hub.fault(Fault::QueueAnswerLost) {
            return Err(failed("queues", "no answer"));
        }
        Ok(())
    }

    async fn send_due(&self, task: &DueTask, delay: Duration) -> Result<(), PortError> {
        self.hub.edge().await;
        if self.hub.fault(Fault::QueueRefused) {
            return Err(failed("queues", "refused"));
        }
        let rearmed = matches!(task, DueTask::WakeV1 { generation, .. } if *generation > 1);
        if !(self.hub.has_bug(Bug::RearmLost) && rearmed) {
            let late = if self.hub.fault(Fault::QueueLate) {
                self.hub.dice(|dice| dice.between(10, 300))
            } else if self.hub.fault(Fault::QueueReordered) {
                self.hub.dice(|dice| dice.between(1, 5))
            } else {
                0
            };
            let delay = (delay + Duration::from_secs(late)).min(Duration::from_secs(900));
            self.inner.send_due(task, delay).await?;
            self.touch();
            self.hub
                .note(&format!("queue: due in {} s", delay.as_secs()));
        }
        self.hub.edge().await;
        if self.hub.fault(Fault::QueueAnswerLost) {
            return Err(failed("queues", "no answer"));
        }
        Ok(())
    }
}

/// When a timer will fire, and its generation.
pub(crate) type Armed = BTreeMap<(WorkspaceId, ConversationId), Vec<(DateTime<Utc>, u64)>>;

/// The scheduler: one timer per conversation, which may fire late, early, twice or never.
pub(crate) struct SimTimers {
    pub(crate) hub: Arc<Hub>,
    pub(crate) armed: Mutex<Armed>,
}

impl SimTimers {
    pub(crate) fn next_at(&self) -> Option<DateTime<Utc>> {
        lock(&self.armed)
            .values()
            .flatten()
            .map(|(at, _)| *at)
            .min()
    }

    /// Takes out what has fired by now.
    pub(crate) fn due(&self, now: DateTime<Utc>) -> Vec<Timer> {
        let mut due = Vec::new();
        let mut armed = lock(&self.armed);
        for ((workspace, conversation), times) in armed.iter_mut() {
            times.retain(|(at, generation)| {
                let fires = *at <= now;
                if fires {
                    due.push(Timer {
                        workspace: *workspace,
                        conversation: *conversation,
                        generation: *generation,
                        at: *at,
                    });
                }
                !fires
            });
        }
        armed.retain(|_, times| !times.is_empty());
        due
    }
}

#[async_trait]
impl Timers for SimTimers {
    async fn arm(&self, timer: &Timer) -> Result<(), PortError> {
        self.asked().await?;
        let mut fires = Vec::new();
        let rearm_lost = self.hub.has_bug(Bug::RearmLost) && timer.generation > 1;
        if !rearm_lost && !self.hub.fault(Fault::TimerLost) {
            let seconds = self.hub.dice(|dice| dice.between(0, 59));
            let shift = if self.hub.fault(Fault::TimerLate) {
                seconds + self.hub.dice(|dice| dice.between(60, 900))
            } else if self.hub.fault(Fault::TimerEarly) {
                -self.hub.dice(|dice| dice.between(1, 30))
            } else {
                seconds
            };
            fires.push((timer.at + TimeDelta::seconds(shift), timer.generation));
            if self.hub.fault(Fault::TimerDoubled) {
                let again = self.hub.dice(|dice| dice.between(0, 600));
                fires.push((
                    timer.at + TimeDelta::seconds(shift + again),
                    timer.generation,
                ));
            }
        }
        lock(&self.armed).insert((timer.workspace, timer.conversation), fires);
        self.hub
            .note(&format!("timer: {} {}", timer.conversation, timer.at));
        self.hub.edge().await;
        if self.hub.fault(Fault::TimerAnswerLost) {
            return Err(failed("timers", "no answer"));
        }
        Ok(())
    }

    async fn armed(&self, part: Part, _: Option<String>) -> Result<ArmedPage, PortError> {
        self.asked().await?;
        let armed = lock(&self.armed);
        let timers = armed
            .iter()
            .filter(|((_, it), times)| part.has(*it) && !times.is_empty());
        Ok(ArmedPage {
            timers: timers.map(|(key, _)| *key).collect(),
            next: None,
        })
    }

    async fn disarm(&self, ws: WorkspaceId, conversation: ConversationId) -> Result<(), PortError> {
        self.asked().await?;
        lock(&self.armed).remove(&(ws, conversation));
        Ok(())
    }
}

impl SimTimers {
    async fn asked(&self) -> Result<(), PortError> {
        self.hub.edge().await;
        if self.hub.fault(Fault::TimerRefused) {
            return Err(failed("timers", "throttled"));
        }
        Ok(())
    }
}

/// A message that a platform has, with its id there.
pub(crate) struct Accepted {
    pub(crate) sent: Sent,
}

/// The platforms.
pub(crate) struct SimHttp {
    pub(crate) hub: Arc<Hub>,
    pub(crate) inner: LocalHttp,
    pub(crate) observer: Watch,
    /// What `note_message` named; the request follows without another function in between.
    pub(crate) leaving: Mutex<Option<MessageId>>,
    pub(crate) accepted: Mutex<Vec<Accepted>>,
}

impl SimHttp {
    pub(crate) fn new(hub: Arc<Hub>, observer: Watch) -> Self {
        let clock: Arc<dyn Clock> = Arc::<Hub>::clone(&hub);
        Self {
            hub,
            inner: LocalHttp::new(clock),
            observer,
            leaving: Mutex::default(),
            accepted: Mutex::default(),
        }
    }

    /// What the platform does with this request.
    fn answer(&self) -> local::Answer {
        let graph = |status, code: u32| {
            let message = json!({ "error": { "message": "(simulated)", "code": code } });
            local::Answer::json(status, &message)
        };
        if self.hub.fault(Fault::ProviderUnreachable) {
            local::Answer::Refused
        } else if self.hub.fault(Fault::ProviderBusy) {
            local::Answer::Status {
                status: 429,
                retry_after: Some("30".to_owned()),
                body: json!({
                    "ok": false, "error_code": 429, "parameters": { "retry_after": 30 },
                    "error": { "message": "(simulated)", "code": 130_429 },
                })
                .to_string(),
            }
        } else if self.hub.fault(Fault::ProviderBroken) {
            graph(503, 2)
        } else if self.hub.fault(Fault::ProviderRequestLost) {
            local::Answer::LostRequest
        } else if self.hub.fault(Fault::ProviderAnswerLost) {
            local::Answer::LostAnswer
        } else if self.hub.fault(Fault::ProviderRefuses) {
            graph(400, 131_026)
        } else if self.hub.fault(Fault::ProviderStops) {
            graph(401, 190)
        } else {
            local::Answer::Usual
        }
    }
}

#[async_trait]
impl Http for SimHttp {
    async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, TransportError> {
        let message = lock(&self.leaving).take();
        let attempt = message.map(|id| (id, watch(&self.observer, |it| it.called(id))));
        self.inner.next(self.answer());
        let result = self.inner.send(request).await;
        // One that is in trouble is seldom quick about it.
        let in_trouble = !matches!(&result, Ok(answer) if answer.status < 300);
        let sent = self.inner.clear_outbox().pop();
        if let (Some((id, attempt)), Some(sent)) = (attempt, sent.as_ref().and_then(Sent::read)) {
            self.hub.note(&format!(
                "platform: {id} {attempt} accepted: {}",
                sent.accepted
            ));
            if sent.accepted {
                watch(&self.observer, |it| it.accepted(id, attempt));
                lock(&self.accepted).push(Accepted { sent });
            }
        }
        let slow = self.hub.fault(Fault::ProviderSlow);
        if slow || in_trouble && self.hub.is_stormy() {
            if let Some((id, _)) = attempt {
                watch(&self.observer, |it| it.lingers(id));
            }
            let seconds = self.hub.dice(|dice| dice.between(1, 25));
            self.hub.pause(TimeDelta::seconds(seconds)).await;
        }
        self.hub.edge().await;
        match result {
            Err(TransportError::MaybeSent(why)) if self.hub.has_bug(Bug::BlindResend) => {
                Err(TransportError::NotSent(why))
            }
            other => other,
        }
    }

    fn note_message(&self, message: &LeavingMessage<'_>) {
        self.inner.note_message(message);
        if message.channel == Channel::Loopback {
            let id = message.message;
            let _ = self.inner.clear_outbox();
            watch(&self.observer, |it| {
                let attempt = it.called(id);
                it.accepted(id, attempt);
            });
        } else {
            *lock(&self.leaving) = Some(message.message);
        }
    }
}

/// Secrets that sometimes cannot be read.
pub(crate) struct SimSecrets {
    pub(crate) hub: Arc<Hub>,
    pub(crate) inner: Arc<FileSecrets>,
}

#[async_trait]
impl Secrets for SimSecrets {
    async fn get(&self, name: &str) -> Result<Option<SecretString>, PortError> {
        self.hub.edge().await;
        if self.hub.fault(Fault::SecretsFailed) {
            return Err(failed("secrets", "throttled"));
        }
        self.inner.get(name).await
    }

    async fn put(&self, name: &str, value: &SecretString) -> Result<(), PortError> {
        self.inner.put(name, value).await
    }

    async fn delete(&self, name: &str) -> Result<(), PortError> {
        self.inner.delete(name).await
    }
}

/// A model that mostly follows up, sometimes thinks for long, and sometimes talks nonsense.
pub(crate) struct SimModel {
    pub(crate) hub: Arc<Hub>,
}

#[async_trait]
impl Model for SimModel {
    async fn ask(&self, prompt: &Prompt) -> Result<Answer, ModelFailure> {
        self.hub.edge().await;
        if self.hub.fault(Fault::ModelFailed) {
            let refused = self.hub.dice(|dice| dice.one_in(2));
            return Err(match refused {
                true => ModelFailure::Refused,
                false => ModelFailure::Failed("simulated".to_owned()),
            });
        }
        let late = self.hub.fault(Fault::ModelLate);
        let seconds = self
            .hub
            .dice(|dice| if late { dice.between(8, 30) } else { 1 });
        self.hub.pause(TimeDelta::seconds(seconds)).await;
        let json = if self.hub.fault(Fault::ModelWrong) {
            self.hub
                .dice(|dice| {
                    dice.one_of(&[
                        "",
                        "[]",
                        "{\"rules\":[]}",
                        "{\"text\":\"see http://evil.example\"}",
                    ])
                })
                .to_owned()
        } else {
            self.document(prompt).to_string()
        };
        let usage = Usage {
            input_tokens: 400,
            output_tokens: 40,
        };
        Ok(Answer { json, usage })
    }
}

impl SimModel {
    fn document(&self, prompt: &Prompt) -> Value {
        match prompt.schema_name {
            "assessment" => {
                let asked = &prompt.schema["properties"]["rules"]["items"]["properties"]["rule"];
                let ids = asked["enum"].as_array().cloned().unwrap_or_default();
                let rules: Vec<_> = ids
                    .into_iter()
                    .map(|id| {
                        let (applies, stop) =
                            self.hub.dice(|dice| (!dice.one_in(5), dice.one_in(10)));
                        json!({ "rule": id, "applies": applies && !stop, "stop": stop, "reason": "as thrown" })
                    })
                    .collect();
                let opt_out = self.hub.dice(|dice| dice.one_in(50));
                json!({ "customer_waits": false, "opt_out": opt_out, "rules": rules })
            }
            "send_time" => {
                let asked: Value = serde_json::from_str(&prompt.user).unwrap_or_default();
                let end = |name: &str| -> Option<DateTime<Utc>> {
                    asked["interval"][name].as_str()?.parse().ok()
                };
                let (Some(from), Some(to)) = (end("earliest"), end("latest")) else {
                    return Value::Null;
                };
                let span = (to - from).num_seconds().max(0);
                let at = from + TimeDelta::seconds(self.hub.dice(|dice| dice.between(0, span)));
                let at = at.to_rfc3339_opts(SecondsFormat::Secs, true);
                json!({ "send_at": at, "reason": "as thrown" })
            }
            _ => json!({ "text": "Hallo, passt einer der Termine?" }),
        }
    }
}
