//! A message of staff that waits for its time: changing it, and taking it back.

use std::sync::Arc;

use app::App;
use app::apply::{Applied, Change, Loaded, apply};
use axum::Json as Out;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use domain::content::Content;
use domain::conversation::{Conversation, OnReply, Run, Source};
use domain::decide::Event;
use domain::field::required_text;
use domain::ids::{ConversationId, MessageId};
use domain::message::Message;
use serde::Deserialize;
use utoipa::ToSchema;

use super::find::{check_seen, head, missing};
use super::message::MessageOut;
use super::wire::Words;
use super::write::{TEXT_LIMIT, checked_subject, due, filled, sendable};
use crate::auth::{Agent, Scoped};
use crate::http::{Json, MessagePath, Patch, Problem, WriteProblems};
use crate::schema;

/// What is to be different; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MessagePatch {
    #[serde(default)]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 20000)]
    text: Patch<String>,
    /// Of an e-mail.
    #[serde(default)]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 200)]
    subject: Patch<String>,
    /// When it is to go out; `null`: now. One that was set aside waits until this is given.
    #[serde(default)]
    #[schema(value_type = Option<DateTime<Utc>>)]
    send_at: Patch<DateTime<Utc>>,
    /// What becomes of it if the customer writes before that; `null`: `hold`.
    #[serde(default)]
    #[schema(value_type = Option<schema::OnReply>)]
    on_reply: Patch<OnReply>,
}

/// Change a message of staff that waits for its time, or send one that a reply has set aside.
#[utoipa::path(
    patch, path = "/v1/conversations/{id}/messages/{message_id}", tag = "conversations",
    security(("key" = ["agent"])),
    params(("id" = schema::ConversationId, Path), ("message_id" = schema::MessageId, Path)),
    request_body = MessagePatch,
    responses((status = 200, description = "As it is now.", body = MessageOut), WriteProblems)
)]
pub(crate) async fn update_message(
    caller: Scoped<Agent>,
    State(app): State<Arc<App>>,
    MessagePath(id, message): MessagePath<ConversationId, MessageId>,
    Json(patch): Json<MessagePatch>,
) -> Result<Out<MessageOut>, Problem> {
    let (ws, now) = (caller.workspace(), app.now());
    check_seen(&app, ws, id, &caller.visibility()).await?;
    let text = patch.text.clone().into_option().map(|text| {
        required_text(
            "text",
            text.as_deref(),
            TEXT_LIMIT,
            "write something, or leave it out",
        )
    });
    let text = text
        .transpose()
        .map_err(|error| Problem::invalid(vec![error]))?;
    let run = waiting(&head(&app, ws, id).await?, message)?;
    if !run.is_persons() {
        return Err(Problem::conflict(
            "this message comes from a template and cannot be changed; withdraw it with `DELETE`, and send it again",
        ));
    }
    let at = run.source.stored_at().ok_or_else(gone)?;
    let stored = app.store.message(ws, id, at, message).await?;
    let stored = stored.ok_or_else(gone)?;
    let subject = patch.subject.clone().into_option();
    let subject = subject.map(|subject| checked_subject(subject.as_deref().unwrap_or_default()));
    let stored = said(stored, text, subject.transpose()?);
    let mut changed = Err(gone());
    let plan = |loaded: &Loaded| {
        changed = with(&patch, loaded, &stored, now);
        let (message, run) = changed.as_ref().ok()?;
        let Source::Manual { at, on_reply } = run.source else {
            return None;
        };
        let event = Event::ManualMessage {
            run: run.id,
            message: message.id,
            at,
            send_at: run.due_at,
            on_reply,
            set_aside_at: run.set_aside_at,
        };
        Some(Change {
            // Written with the head: a sender that has read the old text cannot claim it any more.
            messages: patch
                .says_something()
                .then(|| message.clone())
                .into_iter()
                .collect(),
            ..Change::event("staff_changed", event)
        })
    };
    match apply(&app, ws, id, now, plan).await? {
        Applied::Done { loaded, .. } => {
            let (message, _) = changed?;
            let words = Words::of(&loaded.book.settings, None);
            let shown = MessageOut::new(message, &words);
            Ok(Out(shown.waiting(&loaded.conversation.runs)))
        }
        Applied::Missing => Err(missing()),
        Applied::Nothing | Applied::Duplicate | Applied::Refused(_) | Applied::AtLimit => {
            Err(changed.err().unwrap_or_else(|| Problem::stale(None)))
        }
    }
}

/// Withdraw a message of staff that waits for its time.
#[utoipa::path(
    delete, path = "/v1/conversations/{id}/messages/{message_id}", tag = "conversations",
    security(("key" = ["agent"])),
    params(("id" = schema::ConversationId, Path), ("message_id" = schema::MessageId, Path)),
    responses((status = 204, description = "It will not be sent."), WriteProblems)
)]
pub(crate) async fn delete_message(
    caller: Scoped<Agent>,
    State(app): State<Arc<App>>,
    MessagePath(id, message): MessagePath<ConversationId, MessageId>,
) -> Result<StatusCode, Problem> {
    check_seen(&app, caller.workspace(), id, &caller.visibility()).await?;
    let plan = |loaded: &Loaded| {
        waiting(&loaded.conversation, message).ok()?;
        let event = Event::ManualWithdrawn { message };
        Some(Change::event("staff_withdrew", event))
    };
    match apply(&app, caller.workspace(), id, app.now(), plan).await? {
        Applied::Done { .. } => Ok(StatusCode::NO_CONTENT),
        Applied::Missing => Err(missing()),
        Applied::Nothing => Err(gone()),
        Applied::Duplicate | Applied::Refused(_) | Applied::AtLimit => Err(Problem::stale(None)),
    }
}

impl MessagePatch {
    fn says_something(&self) -> bool {
        !self.text.is_absent() || !self.subject.is_absent()
    }
}

/// The message with these words. A new text of a mail takes the place of both its parts.
fn said(stored: Message, text: Option<String>, subject: Option<String>) -> Message {
    let content = match (&stored.content, subject) {
        (content, None) if text.is_none() => content.clone(),
        (
            Content::Email {
                subject: was,
                text: said,
                html,
            },
            new,
        ) => Content::Email {
            subject: new.unwrap_or_else(|| was.clone()),
            html: html.clone().filter(|_| text.is_none()),
            text: text.unwrap_or_else(|| said.clone()),
        },
        (content, Some(subject)) => Content::Email {
            subject,
            text: text.unwrap_or_else(|| content.words().unwrap_or_default().to_owned()),
            html: None,
        },
        (_, None) => Content::text(text.unwrap_or_default()),
    };
    Message { content, ..stored }
}

/// The message and its run as they would be.
fn with(
    patch: &MessagePatch,
    loaded: &Loaded,
    stored: &Message,
    now: DateTime<Utc>,
) -> Result<(Message, Run), Problem> {
    let pending = waiting(&loaded.conversation, stored.id)?;
    // Whoever changes it has seen what the customer wrote since.
    let mut run = Run {
        episode: loaded.conversation.episode,
        turn: loaded.customer.turn,
        ..pending
    };
    if let Some(send_at) = patch.send_at.clone().into_option() {
        run.due_at = due("send_at", send_at, now)?;
        run.set_aside_at = None;
    }
    let wanted = patch.on_reply.clone().into_option();
    if let (Source::Manual { on_reply, .. }, Some(wanted)) = (&mut run.source, wanted) {
        *on_reply = wanted.unwrap_or_default();
    }
    let message = match patch.says_something() {
        true => Message {
            content: filled(loaded, &stored.content)?,
            ..stored.clone()
        },
        false => stored.clone(),
    };
    sendable(loaded, &message, &run, now)?;
    Ok((message, run))
}

/// What is pending of a message of staff, while nobody has tried to send it.
fn waiting(head: &Conversation, message: MessageId) -> Result<Run, Problem> {
    let mut runs = head.runs.iter();
    let run = runs.find(|run| run.message == message && run.rule().is_none());
    run.filter(|run| run.attempts == 0)
        .cloned()
        .ok_or_else(gone)
}

fn gone() -> Problem {
    Problem::conflict(
        "no message of staff with this id waits for its time; it was sent, withdrawn or cancelled, \
         or never scheduled: see the messages of the conversation",
    )
}
