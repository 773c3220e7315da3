//! Asks the model, if there is one and the day's tokens are not spent, and else the built-in
//! decider. A model that is late, refuses or answers outside its schema changes nothing but the
//! receipt (NX-10).

use std::collections::BTreeSet;

use ai::assess::Assessment;
use ai::timing::{self, Interval};
use ai::writing::{self, TextLimit};
use ai::{Answer, Language, Prompt, RuleText, Transcript, builtin};
use app::apply::Loaded;
use app::{App, AppError};
use chrono::{DateTime, TimeDelta, Utc};

/// All questions of one task together; the function has a minute in all.
const MODEL_TIME: TimeDelta = TimeDelta::seconds(20);

/// One decider for one task; remembers who answered.
pub(crate) struct Judge<'a> {
    app: &'a App,
    loaded: &'a Loaded,
    now: DateTime<Utc>,
    answered_by: BTreeSet<String>,
    /// The model failed once in this task: it is not waited for again.
    gave_up: bool,
}

impl<'a> Judge<'a> {
    pub(crate) fn new(app: &'a App, loaded: &'a Loaded, now: DateTime<Utc>) -> Self {
        Self {
            app,
            loaded,
            now,
            answered_by: BTreeSet::new(),
            gave_up: false,
        }
    }

    /// Who answered, for the receipt.
    pub(crate) fn decided_by(self) -> String {
        self.answered_by.into_iter().collect::<Vec<_>>().join("; ")
    }

    /// Which rules apply, is a stop trigger met, who waits for whom?
    pub(crate) async fn assess(
        &mut self,
        transcript: &Transcript,
        rules: &[RuleText],
    ) -> Result<Assessment, AppError> {
        let prompt = ai::assess::prompt(transcript, rules, self.now);
        let answer = self
            .ask(&prompt, |json| ai::assess::parse(json, rules))
            .await?;
        Ok(answer.unwrap_or_else(|| builtin::assess(transcript, rules, self.now)))
    }

    /// When, inside the legal interval?
    pub(crate) async fn time(
        &mut self,
        transcript: &Transcript,
        rule: &RuleText,
        (earliest, latest): (DateTime<Utc>, DateTime<Utc>),
        anchor: DateTime<Utc>,
    ) -> Result<DateTime<Utc>, AppError> {
        let interval = Interval { earliest, latest };
        let prompt = timing::prompt(transcript, rule, interval, self.now);
        let answer = self
            .ask(&prompt, |json| timing::parse(json, interval))
            .await?;
        Ok(answer.map_or_else(
            || builtin::pick_time(&rule.description, earliest, latest, anchor, self.now),
            |time| time.send_at,
        ))
    }

    /// What to write?
    pub(crate) async fn write(
        &mut self,
        transcript: &Transcript,
        rule: &RuleText,
        language: Language,
        limit: TextLimit,
    ) -> Result<String, AppError> {
        let first_name = self.loaded.customer.name.first_name();
        let first_name = Some(first_name.as_str()).filter(|name| !name.is_empty());
        let request = writing::Request {
            rule,
            transcript,
            language,
            first_name,
            limit,
        };
        let prompt = writing::prompt(&request, self.now);
        let answer = self
            .ask(&prompt, |json| writing::parse(json, &request))
            .await?;
        Ok(answer.unwrap_or_else(|| builtin::write(rule, transcript, language, first_name)))
    }

    /// The model's answer if it is usable; the reason is noted if it is not.
    async fn ask<T>(
        &mut self,
        prompt: &Prompt,
        parse: impl FnOnce(&str) -> Result<T, ai::AnswerError>,
    ) -> Result<Option<T>, AppError> {
        let why_not = match self.answer(prompt).await? {
            Ok(answer) => match parse(&answer.json) {
                Ok(parsed) => {
                    self.answered_by.insert("model".to_owned());
                    return Ok(Some(parsed));
                }
                Err(error) => {
                    format!("built-in decider (the model's answer was unusable: {error})")
                }
            },
            Err(why_not) => why_not,
        };
        self.answered_by.insert(why_not);
        Ok(None)
    }

    async fn answer(&mut self, prompt: &Prompt) -> Result<Result<Answer, String>, AppError> {
        let settings = &self.loaded.book.settings;
        let Some(model) = self
            .app
            .model
            .as_ref()
            .filter(|_| settings.ai_daily_tokens > 0)
        else {
            return Ok(Err("built-in decider".to_owned()));
        };
        let (ws, today) = (settings.workspace, self.now.date_naive());
        let used = self.app.store.usage(ws, today).await?;
        if used.tokens() >= settings.ai_daily_tokens {
            return Ok(Err(
                "built-in decider (the day's model tokens are spent)".to_owned()
            ));
        }
        if self.gave_up || self.app.now() - self.now > MODEL_TIME {
            return Ok(Err("built-in decider (the model takes too long)".to_owned()));
        }
        match model.ask(prompt).await {
            Ok(answer) => {
                let usage = answer.usage;
                self.app
                    .store
                    .count_model_call(ws, today, usage.input_tokens, usage.output_tokens)
                    .await?;
                Ok(Ok(answer))
            }
            Err(failure) => {
                self.gave_up = true;
                Ok(Err(format!("built-in decider ({failure})")))
            }
        }
    }
}
