//! A conversation as the decider reads it, in earnest and in the preview of a rule.

use ai::{Author as Voice, Language, Transcript, Turn};
use domain::consent::Stoppable;
use domain::content::Content;
use domain::message::{Author, Message, Status};
use domain::receipt::Reason;
use store::PageRequest;

use crate::apply::Loaded;
use crate::{App, AppError};

/// How far back the decider reads.
const TURNS: u16 = 30;

/// The last messages, oldest first.
pub async fn transcript(app: &App, loaded: &Loaded) -> Result<Transcript, AppError> {
    let head = &loaded.conversation;
    let page = PageRequest {
        limit: TURNS,
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
    let since = loaded.customer.chat.started(Stoppable::of(head.channel));
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
            .filter_map(turn)
            .collect(),
    })
}

/// Notes for staff and what never reached the customer are not part of the talk. What went to another of
/// their conversations is: they were told.
fn is_part_of_talk(message: &Message) -> bool {
    let moved = matches!(
        message.reason,
        Some(Reason::MovedToOtherConversation { .. })
    );
    let reached = moved
        || !matches!(
            message.status,
            Status::Skipped | Status::Failed | Status::Planned
        );
    !message.hidden && reached
}

fn turn(message: &Message) -> Option<Turn> {
    let said = message.says()?;
    let author = match message.author {
        Author::Customer { .. } => Voice::Customer,
        Author::Staff { .. } | Author::Platform => Voice::Business,
        Author::Rule { .. } | Author::System { .. } | Author::Broadcast { .. } => Voice::Automation,
    };
    Some(Turn {
        author,
        at: message.at,
        text: words(said),
    })
}

/// The whole text; media without words stand as `[audio]`, `[photo]`.
fn words(content: &Content) -> String {
    match content {
        Content::Text { text } | Content::Email { text, .. } => text.clone(),
        Content::Template(template) => template
            .rendered
            .clone()
            .unwrap_or_else(|| content.preview()),
        other => other.preview(),
    }
}
