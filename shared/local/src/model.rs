//! A language model that says what a test has written down.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ai::{Answer, Prompt, Usage};
use app::ports::{Model, ModelFailure};
use async_trait::async_trait;
use serde_json::Value;

/// Answers in the given order; afterwards it fails, so a question nobody expected is noticed.
#[derive(Default)]
pub struct ScriptedModel(Mutex<Script>);

#[derive(Default)]
struct Script {
    answers: VecDeque<Result<Answer, ModelFailure>>,
    asked: Vec<Prompt>,
}

impl ScriptedModel {
    /// Without answers every question fails.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The next answer: a document, right or wrong.
    #[must_use]
    pub fn answer(self, document: &Value) -> Self {
        self.text(&document.to_string())
    }

    /// The next answer: any text, also garbage.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        let usage = Usage {
            input_tokens: 100,
            output_tokens: 10,
        };
        self.push(Ok(Answer {
            json: text.to_owned(),
            usage,
        }))
    }

    /// The next question is not answered.
    #[must_use]
    pub fn fail(self, failure: ModelFailure) -> Self {
        self.push(Err(failure))
    }

    /// Everything that was asked.
    #[must_use]
    pub fn asked(&self) -> Vec<Prompt> {
        self.script().asked.clone()
    }

    /// Answers nobody asked for.
    #[must_use]
    pub fn unused(&self) -> usize {
        self.script().answers.len()
    }

    fn push(self, answer: Result<Answer, ModelFailure>) -> Self {
        self.script().answers.push_back(answer);
        self
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Model for ScriptedModel {
    async fn ask(&self, prompt: &Prompt) -> Result<Answer, ModelFailure> {
        let mut script = self.script();
        script.asked.push(prompt.clone());
        let over = || {
            Err(ModelFailure::Failed(
                "the script has no answer for this question".to_owned(),
            ))
        };
        script.answers.pop_front().unwrap_or_else(over)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn answers_come_in_order_and_questions_are_kept() {
        let model = ScriptedModel::new()
            .text("garbage")
            .fail(ModelFailure::Late);
        let prompt = Prompt {
            system: "s".to_owned(),
            user: "u".to_owned(),
            schema_name: "x",
            schema: serde_json::json!({}),
            max_output_tokens: 1,
        };
        assert_eq!(model.ask(&prompt).await.unwrap().json, "garbage");
        assert_eq!(model.ask(&prompt).await, Err(ModelFailure::Late));
        assert!(matches!(
            model.ask(&prompt).await,
            Err(ModelFailure::Failed(_))
        ));
        assert_eq!((model.asked().len(), model.unused()), (3, 0));
    }
}
