//! Puts the rules to the decider and plans what it chose.

use ai::{Author as Voice, Language, RuleText, Transcript, Turn};
use app::apply::{self, Change, Loaded};
use app::{App, AppError};
use chrono::{DateTime, Utc};
use domain::content::Content;
use domain::decide::{Assessed, Event, Judgement};
use domain::ids::{MessageId, RuleId, RunId};
use domain::message::{Author, Message, Status};
use domain::rule::Rule;
use store::PageRequest;

use crate::judge::Judge;

/// A rule and the interval in which a time may be chosen for it.
pub(crate) type Asked = (RuleId, Option<(DateTime<Utc>, DateTime<Utc>)>);

pub(crate) async fn run(
    app: &App,
    mut loaded: Loaded,
    asked: &[Asked],
    now: DateTime<Utc>,
) -> Result<bool, AppError> {
    // Judged by the rules as they are, not as a warm function remembers them.
    loaded.book = app.book_since(loaded.conversation.workspace, now).await?;
    let transcript = transcript(app, &loaded).await?;
    let rules: Vec<&Rule> = asked
        .iter()
        .filter_map(|(id, _)| loaded.book.rules.iter().find(|rule| rule.id == *id))
        .collect();
    let texts: Vec<_> = rules.iter().map(|rule| text_of(rule)).collect();

    let mut judge = Judge::new(app, &loaded, now);
    let assessment = judge.assess(&transcript, &texts).await?;
    let anchor = loaded.conversation.last_interaction_at().unwrap_or(now);
    let mut judgements = Vec::new();
    for verdict in &assessment.rules {
        let Some((rule, interval)) = rules
            .iter()
            .find(|rule| rule.id.to_string() == verdict.rule)
            .and_then(|rule| {
                asked
                    .iter()
                    .find(|(id, _)| *id == rule.id)
                    .map(|(_, interval)| (*rule, *interval))
            })
        else {
            continue;
        };
        let time = match interval {
            Some((earliest, latest)) if verdict.applies && !verdict.stop => Some(
                judge
                    .time(&transcript, &text_of(rule), (earliest, latest), anchor)
                    .await?,
            ),
            _ => None,
        };
        judgements.push(Judgement {
            rule: rule.id,
            applies: verdict.applies,
            stop: verdict.stop,
            reason: verdict.reason.clone(),
            time,
        });
    }

    // The decider took its time; what it says holds only if nothing happened since.
    let now = app.now();
    let answer = Event::Assessed(Assessed {
        episode: loaded.conversation.episode,
        anchor,
        customer_waits: assessment.customer_waits,
        opt_out: assessment.opt_out,
        rules: judgements,
        new_run: (
            RunId::new(now, app.random10()),
            MessageId::new(now, app.random10()),
        ),
    });
    let change = Change {
        events: vec![Event::TimerFired, answer],
        cause: "assessed",
        decided_by: Some(judge.decided_by()),
        ..Change::default()
    };
    Ok(apply::apply_once(app, loaded, change, now).await?.is_some())
}

/// The last messages as the decider sees them.
pub(crate) async fn transcript(app: &App, loaded: &Loaded) -> Result<Transcript, AppError> {
    let head = &loaded.conversation;
    let page = PageRequest {
        limit: 30,
        newest_first: true,
        ..PageRequest::default()
    };
    let mut messages = app
        .store
        .messages(head.workspace, head.id, &page)
        .await?
        .items;
    // Platforms tell whole seconds; within one the core takes us for the last to speak.
    messages.sort_by_key(|message| (message.at, message.author.is_outbound()));
    // What the customer said before they opted in again is not held against them.
    let since = loaded.customer.chat.opted_in_at;
    messages.retain(|message| {
        since.is_none_or(|since| message.at > since || message.author.is_outbound())
    });
    Ok(Transcript {
        channel: head.channel.as_str().to_owned(),
        language: loaded
            .customer
            .language
            .as_deref()
            .and_then(Language::parse),
        turns: messages
            .iter()
            .filter(|message| is_part_of_talk(message))
            .map(turn)
            .collect(),
    })
}

/// Notes for staff and what never reached the customer are not part of the talk.
fn is_part_of_talk(message: &Message) -> bool {
    !message.hidden
        && !message.revoked
        && !matches!(
            message.status,
            Status::Skipped | Status::Failed | Status::Planned
        )
}

fn turn(message: &Message) -> Turn {
    let author = match message.author {
        Author::Customer { .. } => Voice::Customer,
        Author::Staff { .. } | Author::Platform => Voice::Business,
        Author::Rule { .. } => Voice::Automation,
    };
    Turn {
        author,
        at: message.at,
        text: words(message.edited.as_ref().unwrap_or(&message.content)),
    }
}

/// The whole text; media without words stand as `[audio]`, `[photo]`.
fn words(content: &Content) -> String {
    match content {
        Content::Text { text } => text.clone(),
        Content::Template(template) => template
            .rendered
            .clone()
            .unwrap_or_else(|| content.preview()),
        other => other.preview(),
    }
}

pub(crate) fn text_of(rule: &Rule) -> RuleText {
    RuleText {
        id: rule.id.to_string(),
        description: rule.spec.description().to_owned(),
        stop: rule.spec.stop.clone(),
    }
}
