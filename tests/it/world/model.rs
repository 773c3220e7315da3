//! A language model that says what a scenario has written down, and during whose thinking other
//! things can happen.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use ai::{Answer, Prompt, Usage};
use app::App;
use app::ports::{Model, ModelFailure};
use async_trait::async_trait;
use axum::Router;
use local::{LocalQueues, Queue};
use nachfass::Runner;
use serde_json::Value;

use super::{Connected, deliver};

/// Answers in the given order; a question without an answer is a failure of the scenario.
#[derive(Default)]
pub(crate) struct PlayedModel {
    script: Mutex<Script>,
    around: OnceLock<Arc<Around>>,
}

#[derive(Default)]
struct Script {
    answers: VecDeque<(Say, Option<Meanwhile>)>,
    asked: usize,
    surprised: usize,
}

struct Around {
    app: Arc<App>,
    webhooks: Router,
    queues: Arc<LocalQueues>,
}

/// What the model says.
#[derive(Clone, Debug)]
pub(crate) enum Say {
    Text(String),
    Fail(ModelFailure),
}

/// What a platform posts while the model is thinking.
pub(crate) struct Meanwhile {
    pub(crate) account: Connected,
    pub(crate) body: Value,
}

impl PlayedModel {
    pub(super) fn meet(&self, runner: &Runner) {
        let around = Around {
            app: Arc::clone(&runner.app),
            webhooks: webhooks::router(Arc::clone(&runner.app)),
            queues: Arc::clone(&runner.queues),
        };
        assert!(
            self.around.set(Arc::new(around)).is_ok(),
            "one model, one world"
        );
    }

    /// Puts an answer behind those already waiting.
    pub(crate) fn next(&self, say: Say, meanwhile: Option<Meanwhile>) {
        self.script().answers.push_back((say, meanwhile));
    }

    /// Answers nobody asked for, and questions nobody had an answer to.
    pub(crate) fn left_over(&self) -> (usize, usize) {
        let script = self.script();
        (script.answers.len(), script.surprised)
    }

    /// How many questions there were.
    pub(crate) fn asked(&self) -> usize {
        self.script().asked
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self) -> Option<(Say, Option<Meanwhile>)> {
        let mut script = self.script();
        script.asked += 1;
        let next = script.answers.pop_front();
        if next.is_none() {
            script.surprised += 1;
        }
        next
    }
}

#[async_trait]
impl Model for PlayedModel {
    async fn ask(&self, _: &Prompt) -> Result<Answer, ModelFailure> {
        let Some((say, meanwhile)) = self.answer() else {
            return Err(ModelFailure::Failed("nobody wrote an answer".to_owned()));
        };
        if let (Some(meanwhile), Some(around)) = (meanwhile, self.around.get().cloned()) {
            // A task of its own: inside this one the stack would not do.
            let happened = tokio::spawn(async move { around.let_happen(meanwhile).await });
            let happened = happened.await.map_err(anyhow::Error::from).flatten();
            happened.map_err(|error| {
                ModelFailure::Failed(format!("what happened meanwhile: {error:#}"))
            })?;
        }
        match say {
            Say::Text(json) => Ok(Answer {
                json,
                usage: Usage {
                    input_tokens: 100,
                    output_tokens: 10,
                },
            }),
            Say::Fail(failure) => Err(failure),
        }
    }
}

impl Around {
    /// The webhook, and at once the function behind its queue: on AWS it runs beside the sender.
    async fn let_happen(&self, meanwhile: Meanwhile) -> anyhow::Result<()> {
        Box::pin(deliver(&self.webhooks, &meanwhile.account, &meanwhile.body)).await?;
        for message in self.queues.receive(Queue::Events, 10)? {
            let task = serde_json::from_str(&message.body)?;
            Box::pin(evaluate::handle(&self.app, task)).await?;
            self.queues.delete(&message.id)?;
        }
        Ok(())
    }
}
