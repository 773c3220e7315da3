//! What a rule would do in a conversation right now: the functions that decide in earnest, on a
//! copy that is thrown away.

use std::sync::Arc;

use app::App;
use app::apply::{Loaded, load};
use app::judge::Judge;
use app::transcript::transcript;
use chrono::{DateTime, TimeDelta, Utc};
use domain::decide::{Effect, Event, Snapshot, decide};
use domain::ids::{ConversationId, MessageId, RunId};
use domain::rule::{Action, MessageText, Rule};
use domain::settings::Locale;
use serde::Serialize;
use store::Book;
use utoipa::ToSchema;

use crate::conversations::{EntryOut, Words, names_of};
use crate::http::Problem;
use crate::schema;

/// Past this no model is asked: an answer takes up to 20 seconds, and this function has 29.
pub(super) const MODEL_TIME: TimeDelta = TimeDelta::seconds(6);

/// What the rule would do in a conversation if its silence were judged now.
#[derive(Serialize, ToSchema)]
#[schema(as = Rehearsal)]
pub(crate) struct RehearsalOut {
    #[schema(value_type = schema::ConversationId)]
    conversation: ConversationId,
    /// Who judged and wrote: the model, or the built-in decider and why; `null` if nobody had to.
    decided_by: Option<String>,
    /// What would be decided about the rule, or about the conversation as a whole.
    entries: Vec<EntryOut>,
}

/// The rehearsal, and the text that would be written if the rule leaves that to the decider.
pub(super) async fn rehearse(
    app: &App,
    book: &Book,
    rule: Rule,
    (id, locale): (ConversationId, Locale),
) -> Result<(RehearsalOut, Option<String>), Problem> {
    let now = app.now();
    let loaded = load(app, rule.workspace, id).await?;
    let mut loaded = loaded.ok_or_else(|| Problem::not_found("a conversation"))?;
    let mut book = book.clone();
    book.rules.retain(|known| known.id != rule.id);
    book.rules.push(rule.clone());
    loaded.book = Arc::new(book);
    if !rule.spec.is_for_silence() {
        return Ok((after_visit(&loaded, &rule, (id, locale), now), None));
    }
    // As if the timer that asks for a judgement fired now.
    loaded.conversation.assess_at = Some(now);

    let asked = decide(&loaded.snapshot(), &Event::TimerFired, now);
    let rules = asked.effects.iter().find_map(|effect| match effect {
        Effect::Assess { rules } => Some(rules),
        _ => None,
    });
    let transcript = transcript(app, &loaded).await?;
    let mut judge = Judge::new(app, &loaded, now, MODEL_TIME);
    let mut entries = asked.entries;
    if let Some(rules) = rules {
        let answer = judge.assess(&transcript, rules).await?;
        let snapshot = Snapshot {
            conversation: &asked.conversation,
            ..loaded.snapshot()
        };
        let decided = decide(&snapshot, &Event::Assessed(answer), now);
        if !decided.entries.is_empty() {
            entries = decided.entries;
        }
    }
    let written = match &rule.spec.first_step().action {
        Action::Message {
            message: Some(MessageText::Ai),
            ..
        } => Some(judge.write(&transcript, &rule).await?),
        Action::Message { .. } => None,
    };
    let decided_by = judge.decided_by();

    let words = Words::of(&loaded.book.settings, Some(locale));
    let names = names_of(&loaded.book.rules);
    let entries = entries
        .into_iter()
        .filter(|entry| entry.rule.is_none_or(|about| about == rule.id))
        .map(|entry| EntryOut::new(entry, &words, &names))
        .collect();
    let rehearsal = RehearsalOut {
        conversation: id,
        decided_by,
        entries,
    };
    Ok((rehearsal, written))
}

/// What the rule would plan for the customer of this conversation, were it the only one that reminds.
fn after_visit(
    loaded: &Loaded,
    rule: &Rule,
    (id, locale): (ConversationId, Locale),
    now: DateTime<Utc>,
) -> RehearsalOut {
    let mut known = loaded.clone();
    known.conversation.runs.retain(|run| run.visit.is_none());
    let mut book = Book::clone(&known.book);
    book.rules.retain(|known| known.id == rule.id);
    known.book = Arc::new(book);
    // Ids that are never stored.
    let plan = Some((
        RunId::derive(&["rehearsal"]),
        MessageId::derive(&["rehearsal"]),
    ));
    let decided = decide(&known.snapshot(), &Event::VisitsChanged { plan }, now);
    let words = Words::of(&known.book.settings, Some(locale));
    let names = names_of(&known.book.rules);
    let entries = decided.entries.into_iter();
    RehearsalOut {
        conversation: id,
        decided_by: None,
        entries: entries
            .map(|entry| EntryOut::new(entry, &words, &names))
            .collect(),
    }
}
