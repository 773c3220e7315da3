//! Asks the model, if there is one and the day's tokens are not spent, else the built-in decider.
//!
//! A model that is late, refuses or answers outside its schema changes nothing but the receipt
//! (NX-10). What decides in earnest also answers the preview of a rule (DK-21).

use std::collections::BTreeSet;

use ai::assess::Assessment;
use ai::timing::{self, Interval};
use ai::writing::{self, TextLimit};
use ai::{Answer, Language, Prompt, RuleText, Transcript, Usage, builtin};
use chrono::{DateTime, TimeDelta, Utc};
use domain::channel::TextLimit as ChannelLimit;
use domain::consent::Stoppable;
use domain::decide::{Assessed, Judgement};
use domain::ids::{MessageId, RuleId, RunId};
use domain::rule::Rule;
use domain::settings::Locale;
use store::{ModelCall, ModelLimits, Spent};

use crate::apply::Loaded;
use crate::{App, AppError};

/// A rule and the interval in which a time may be chosen for it.
pub type Asked = (RuleId, Option<domain::decide::Interval>);

/// One decider for one task; remembers who answered.
pub struct Judge<'a> {
    app: &'a App,
    loaded: &'a Loaded,
    now: DateTime<Utc>,
    /// How long after `now` a model is still asked.
    patience: TimeDelta,
    answered_by: BTreeSet<String>,
    /// The model failed once in this task: it is not waited for again.
    gave_up: bool,
}

impl<'a> Judge<'a> {
    /// `patience` is for all questions together: after it no model is asked any more.
    #[must_use]
    pub fn new(app: &'a App, loaded: &'a Loaded, now: DateTime<Utc>, patience: TimeDelta) -> Self {
        Self {
            app,
            loaded,
            now,
            patience,
            answered_by: BTreeSet::new(),
            gave_up: false,
        }
    }

    /// Who answered, for the receipt; `None` if nothing was asked.
    #[must_use]
    pub fn decided_by(self) -> Option<String> {
        let names: Vec<_> = self.answered_by.into_iter().collect();
        (!names.is_empty()).then(|| names.join("; "))
    }

    /// Which rules apply and when, is a stop trigger met, who waits for whom?
    pub async fn assess(
        &mut self,
        transcript: &Transcript,
        asked: &[Asked],
    ) -> Result<Assessed, AppError> {
        let rules: Vec<(&Rule, RuleText, _)> = asked
            .iter()
            .filter_map(|(id, interval)| {
                let rule = self.loaded.book.rules.iter().find(|rule| rule.id == *id)?;
                Some((rule, text_of(rule), *interval))
            })
            .collect();
        let texts: Vec<_> = rules.iter().map(|(_, text, _)| text.clone()).collect();
        let head = &self.loaded.conversation;
        let what = Stoppable::of(head.channel);
        let anchor = head
            .anchor(self.loaded.customer.chat.started(what))
            .unwrap_or(self.now);

        let assessment = self.verdicts(transcript, &texts).await?;
        let mut judgements = Vec::new();
        for verdict in assessment.rules {
            let Some((rule, text, interval)) =
                rules.iter().find(|(_, text, _)| text.id == verdict.rule)
            else {
                continue;
            };
            let time = match interval {
                Some(legal) if verdict.applies && !verdict.stop => {
                    Some(self.time(transcript, text, *legal, anchor).await?)
                }
                _ => None,
            };
            judgements.push(Judgement {
                rule: rule.id,
                applies: verdict.applies,
                stop: verdict.stop,
                reason: verdict.reason,
                time,
            });
        }
        let now = self.app.now();
        Ok(Assessed {
            episode: head.episode,
            anchor,
            customer_waits: assessment.customer_waits,
            opt_out: assessment.opt_out,
            rules: judgements,
            new_run: (
                RunId::new(now, self.app.random10()),
                MessageId::new(now, self.app.random10()),
            ),
        })
    }

    async fn verdicts(
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
    async fn time(
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
    pub async fn write(
        &mut self,
        transcript: &Transcript,
        rule: &Rule,
    ) -> Result<String, AppError> {
        let rule = text_of(rule);
        let language = self.language(transcript);
        let first_name = self.loaded.customer.name.first_name();
        let first_name = Some(first_name.as_str()).filter(|name| !name.is_empty());
        let limit = match self.loaded.conversation.channel.text_limit() {
            ChannelLimit::Chars(max) => TextLimit::Chars(max),
            ChannelLimit::Bytes(max) => TextLimit::Bytes(max),
        };
        let request = writing::Request {
            rule: &rule,
            transcript,
            language,
            first_name,
            limit,
        };
        let prompt = writing::prompt(&request, self.now);
        let answer = self
            .ask(&prompt, |json| writing::parse(json, &request))
            .await?;
        Ok(answer.unwrap_or_else(|| builtin::write(&rule, transcript, language, first_name)))
    }

    /// The language the customer writes in, else the one the platform told, else the workspace's.
    fn language(&self, transcript: &Transcript) -> Language {
        let written = transcript
            .turns
            .iter()
            .rev()
            .filter(|turn| turn.author == ai::Author::Customer)
            .find_map(|turn| builtin::guess_language(&turn.text));
        written
            .or(transcript.language)
            .unwrap_or(match self.loaded.book.settings.locale {
                Locale::De => Language::De,
                Locale::En => Language::En,
            })
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
        if self.gave_up || self.app.now() - self.now > self.patience {
            return Ok(Err("built-in decider (the model takes too long)".to_owned()));
        }
        let (ws, today) = (settings.workspace, settings.zone.day(self.now));
        let prices = &self.app.config.prices;
        let (input, output) = (prompt.most_input_tokens(), prompt.max_output_tokens.into());
        let most = Spent {
            tokens: input + output,
            cost_micros: prices.cost_micros(input, output),
        };
        let limits = ModelLimits {
            tokens: settings.ai_daily_tokens,
            cost_micros: settings.ai_daily_cost_micros,
        };
        let store = &self.app.store;
        if !store.reserve_model_call(ws, today, most, limits).await? {
            return Ok(Err(
                "built-in decider (the day's model tokens are spent)".to_owned()
            ));
        }
        let answer = model.ask(prompt).await;
        // The provider has read a question that it answered late or not at all.
        let used = match &answer {
            Ok(answer) if answer.usage.input_tokens > 0 => answer.usage,
            Ok(_) | Err(_) => Usage {
                input_tokens: input,
                output_tokens: 0,
            },
        };
        let call = ModelCall {
            input_tokens: used.input_tokens,
            output_tokens: used.output_tokens,
            cost_micros: prices.cost_micros(used.input_tokens, used.output_tokens),
        };
        if let Err(error) = store.settle_model_call(ws, today, most, call).await {
            // The answer is paid for. What was set aside stays so: a hard limit errs on that side.
            tracing::warn!(workspace.id = %ws, error = %error, "what a model call used could not be noted");
        }
        Ok(answer.map_err(|failure| {
            self.gave_up = true;
            format!("built-in decider ({failure})")
        }))
    }
}

fn text_of(rule: &Rule) -> RuleText {
    RuleText {
        id: rule.id.to_string(),
        description: rule.spec.description().to_owned(),
        stop: rule.spec.stop.clone(),
    }
}
