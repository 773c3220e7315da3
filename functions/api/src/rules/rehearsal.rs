//! What a rule would do in a conversation right now: the same pure functions that decide in
//! earnest, with the built-in decider, on a copy that is thrown away.

use ai::{Language, RuleText, Transcript, Turn, builtin};
use app::App;
use app::apply::{Loaded, load};
use chrono::{DateTime, Utc};
use domain::conversation::Conversation;
use domain::decide::{Assessed, Decision, Effect, Event, Judgement, Snapshot, decide};
use domain::ids::{ConversationId, MessageId, RuleId, RunId};
use domain::message::{Author, Message};
use domain::rule::Rule;
use serde::Serialize;
use store::{Book, PageRequest};
use utoipa::ToSchema;

use crate::conversations::{EntryOut, Words};
use crate::http::Problem;
use crate::schema;

/// How far back the decider reads.
const TURNS: u16 = 50;

/// What the rule would do in a conversation if its silence were judged now.
#[derive(Serialize, ToSchema)]
#[schema(as = Rehearsal)]
pub(crate) struct RehearsalOut {
    #[schema(value_type = schema::ConversationId)]
    conversation: ConversationId,
    /// Who judged: always the built-in decider, so that a preview costs nothing.
    decided_by: String,
    /// What would be decided about the rule, or about the conversation as a whole.
    entries: Vec<EntryOut>,
}

/// The rehearsal, and the text the built-in writer would send.
pub(super) async fn rehearse(
    app: &App,
    book: &Book,
    rule: Rule,
    id: ConversationId,
) -> Result<(RehearsalOut, Option<String>), Problem> {
    let now = app.now();
    let loaded = load(app, rule.workspace, id).await?;
    let loaded = loaded.ok_or_else(|| Problem::not_found("a conversation"))?;
    let page = PageRequest {
        limit: TURNS,
        cursor: None,
        newest_first: true,
    };
    let messages = app.store.messages(rule.workspace, id, &page).await?.items;
    let transcript = transcript(&loaded, &messages);

    let candidate = rule.id;
    let text = text_of(&rule);
    let mut rules: Vec<Rule> = book
        .rules
        .iter()
        .filter(|known| known.id != candidate)
        .cloned()
        .collect();
    rules.push(rule);
    let stage = Stage {
        loaded: &loaded,
        rules: &rules,
        transcript: &transcript,
        now,
    };
    let ids = (
        RunId::new(now, app.random10()),
        MessageId::new(now, app.random10()),
    );
    let decision = stage.play(ids);

    let words = Words::of(&book.settings, None);
    let entries = decision
        .entries
        .into_iter()
        .filter(|entry| entry.rule.is_none_or(|rule| rule == candidate))
        .map(|entry| EntryOut::new(entry, &words, &rules))
        .collect();
    let language = transcript.language.unwrap_or(match book.settings.locale {
        domain::settings::Locale::De => Language::De,
        domain::settings::Locale::En => Language::En,
    });
    let name = loaded.customer.name.first_name();
    let name = Some(name.as_str()).filter(|name| !name.is_empty());
    let written = builtin::write(&text, &transcript, language, name);
    let rehearsal = RehearsalOut {
        conversation: id,
        decided_by: "built-in".to_owned(),
        entries,
    };
    Ok((rehearsal, Some(written)))
}

/// The interval in which a time may be chosen; `None`: there is no legal moment.
type Interval = Option<(DateTime<Utc>, DateTime<Utc>)>;

struct Stage<'a> {
    loaded: &'a Loaded,
    rules: &'a [Rule],
    transcript: &'a Transcript,
    now: DateTime<Utc>,
}

impl Stage<'_> {
    /// The timer that asks for a judgement fires, and the judgement arrives.
    fn play(&self, new_run: (RunId, MessageId)) -> Decision {
        let mut head = self.loaded.conversation.clone();
        head.assess_at = Some(self.now);
        let asked = self.decide(&head, &Event::TimerFired);
        let intervals = asked.effects.iter().find_map(|effect| match effect {
            Effect::Assess { rules } => Some(rules.clone()),
            _ => None,
        });
        let (Some(intervals), Some(anchor)) = (intervals, head.last_interaction_at()) else {
            return asked;
        };
        let answer = self.judge(&intervals, anchor, new_run);
        let mut decided = self.decide(&asked.conversation, &Event::Assessed(answer));
        if decided.entries.is_empty() {
            decided.entries = asked.entries;
        }
        decided
    }

    fn decide(&self, head: &Conversation, event: &Event) -> Decision {
        let snapshot = Snapshot {
            conversation: head,
            rules: self.rules,
            ..self.loaded.snapshot()
        };
        decide(&snapshot, event, self.now)
    }

    fn judge(
        &self,
        intervals: &[(RuleId, Interval)],
        anchor: DateTime<Utc>,
        new_run: (RunId, MessageId),
    ) -> Assessed {
        let asked: Vec<(&Rule, Interval)> = intervals
            .iter()
            .filter_map(|(id, interval)| {
                let rule = self.rules.iter().find(|rule| rule.id == *id)?;
                Some((rule, *interval))
            })
            .collect();
        let texts: Vec<RuleText> = asked.iter().map(|(rule, _)| text_of(rule)).collect();
        let assessment = builtin::assess(self.transcript, &texts, self.now);
        let time = |rule: &Rule, interval: Interval| {
            let (earliest, latest) = interval?;
            let description = rule.spec.description();
            Some(builtin::pick_time(
                description,
                earliest,
                latest,
                anchor,
                self.now,
            ))
        };
        let rules = asked
            .into_iter()
            .zip(assessment.rules)
            .map(|((rule, interval), verdict)| Judgement {
                rule: rule.id,
                applies: verdict.applies,
                stop: verdict.stop,
                reason: verdict.reason,
                time: time(rule, interval),
            })
            .collect();
        Assessed {
            episode: self.loaded.conversation.episode,
            anchor,
            customer_waits: assessment.customer_waits,
            opt_out: assessment.opt_out,
            rules,
            new_run,
        }
    }
}

fn text_of(rule: &Rule) -> RuleText {
    RuleText {
        id: rule.id.to_string(),
        description: rule.spec.description().to_owned(),
        stop: rule.spec.stop.clone(),
    }
}

/// Oldest first, and ours last within one second; what the customer never saw is left out.
fn transcript(loaded: &Loaded, messages: &[Message]) -> Transcript {
    let mut messages: Vec<_> = messages.iter().collect();
    messages.sort_by_key(|message| (message.at, message.author.is_outbound()));
    let turns = messages
        .into_iter()
        .filter(|message| !message.hidden && !message.revoked);
    Transcript {
        channel: loaded.conversation.channel.to_string(),
        language: loaded
            .customer
            .language
            .as_deref()
            .and_then(Language::parse),
        turns: turns
            .map(|message| Turn {
                author: match message.author {
                    Author::Customer { .. } => ai::Author::Customer,
                    Author::Staff { .. } | Author::Platform => ai::Author::Business,
                    Author::Rule { .. } => ai::Author::Automation,
                },
                at: message.at,
                text: words(message),
            })
            .collect(),
    }
}

fn words(message: &Message) -> String {
    let content = message.edited.as_ref().unwrap_or(&message.content);
    content
        .words()
        .map_or_else(|| content.preview(), str::to_owned)
}
