//! The messages of a conversation, and the attempts at sending one.

use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::content::Content;
use domain::conversation::{OnReply, Run, Source};
use domain::ids::{BroadcastId, ConversationId, KeyId, MessageId, RuleId, RunId};
use domain::message::{Author, Message, Status};
use serde::{Deserialize, Serialize};
use store::{Attempt, PageRequest};
use utoipa::{IntoParams, ToSchema};

use super::find::{check_seen, head};
use super::wire::{ReasonOut, Words};
use crate::auth::{Scoped, Viewer};
use crate::http::{
    Cursor, Id, ItemProblems, Limit, ListProblems, MessagePath, Meta, Problem, Query, request,
};
use crate::schema;

/// One message.
#[derive(Serialize, ToSchema)]
#[schema(as = Message)]
pub(crate) struct MessageOut {
    #[schema(value_type = schema::MessageId)]
    id: MessageId,
    #[schema(value_type = schema::ConversationId)]
    conversation: ConversationId,
    /// Provider time for what came in, our time for what goes out.
    at: DateTime<Utc>,
    author: AuthorOut,
    #[schema(value_type = schema::Content)]
    content: Content,
    /// The words in it, where there are any.
    text: Option<String>,
    /// A note for staff, never delivered to the customer.
    hidden: bool,
    #[schema(value_type = schema::Status)]
    status: Status,
    status_at: DateTime<Utc>,
    /// When it is to go out, while it waits for that.
    send_at: Option<DateTime<Utc>>,
    /// What a reply does to it until then.
    #[schema(value_type = Option<schema::OnReply>)]
    on_reply: Option<OnReply>,
    /// Since when it waits for somebody to look at it again, because the customer wrote first; it
    /// goes out once it is given a `send_at`.
    set_aside_at: Option<DateTime<Utc>>,
    /// Why it failed or was skipped, or what is unknown.
    why: Option<ReasonOut>,
    /// How often sending was tried.
    attempts: u32,
    /// What the customer changed it to.
    #[schema(value_type = Option<schema::Content>)]
    edited: Option<Content>,
    /// Taken back by its author.
    revoked: bool,
    /// The customer's reaction.
    reaction: Option<String>,
    /// Where the customer came from: an ad, a link.
    #[schema(value_type = Option<Object>)]
    referral: Option<serde_json::Value>,
}

/// Who wrote it.
#[derive(Serialize, ToSchema)]
#[serde(tag = "by", rename_all = "snake_case")]
#[schema(as = Author)]
pub(crate) enum AuthorOut {
    Customer {
        /// A machine of theirs wrote it.
        automatic: bool,
    },
    /// A person of the business, through this API.
    Staff {
        #[schema(value_type = schema::KeyId)]
        key: KeyId,
    },
    /// A person of the business, in the platform's own app.
    Platform,
    Rule {
        #[schema(value_type = schema::RuleId)]
        rule: RuleId,
        version: u64,
        #[schema(value_type = schema::RunId)]
        run: RunId,
    },
    /// The business's own systems: a confirmation, a receipt.
    System {
        #[schema(value_type = schema::KeyId)]
        key: KeyId,
        /// The kind of e-mail template.
        template: String,
    },
    /// A person of the business, to many.
    Broadcast {
        #[schema(value_type = schema::KeyId)]
        key: KeyId,
        #[schema(value_type = schema::BroadcastId)]
        broadcast: BroadcastId,
        /// The kind of e-mail template, if it was one.
        template: Option<String>,
    },
}

impl MessageOut {
    pub(super) fn new(message: Message, words: &Words) -> Self {
        Self {
            text: message.content.words().map(str::to_owned),
            author: match message.author {
                Author::Customer { automatic } => AuthorOut::Customer { automatic },
                Author::Staff { key } => AuthorOut::Staff { key },
                Author::Platform => AuthorOut::Platform,
                Author::Rule { rule, version, run } => AuthorOut::Rule { rule, version, run },
                Author::System { key, template } => AuthorOut::System { key, template },
                Author::Broadcast {
                    key,
                    broadcast,
                    template,
                } => AuthorOut::Broadcast {
                    key,
                    broadcast,
                    template,
                },
            },
            why: message.reason.as_ref().map(|reason| words.reason(reason)),
            id: message.id,
            conversation: message.conversation,
            at: message.at,
            content: message.content,
            hidden: message.hidden,
            status: message.status,
            status_at: message.status_at,
            attempts: message.attempts,
            edited: message.edited,
            send_at: None,
            on_reply: None,
            set_aside_at: None,
            revoked: message.revoked,
            reaction: message.reaction,
            referral: message.referral.filter(serde_json::Value::is_object),
        }
    }
}

impl MessageOut {
    /// With what is pending of it.
    pub(super) fn waiting(mut self, runs: &[Run]) -> Self {
        let run = runs.iter().find(|run| run.message == self.id);
        let Some(run) = run.filter(|run| run.rule().is_none()) else {
            return self;
        };
        if let Source::Manual { on_reply, .. } = run.source {
            self.on_reply = Some(on_reply);
        }
        self.send_at = Some(run.due_at);
        self.set_aside_at = run.set_aside_at;
        self
    }
}

/// A page of messages.
#[derive(Serialize, ToSchema)]
pub(crate) struct MessageList {
    pub(super) messages: Vec<MessageOut>,
    pub(super) meta: Meta,
}

/// Which messages.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListMessages {
    /// At most this many.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 100, default = 50)]
    limit: Option<Limit>,
    /// `meta.next_cursor` of the page before.
    #[param(value_type = Option<String>, min_length = 1)]
    cursor: Option<Cursor>,
}

/// List the messages of a conversation, newest first.
#[utoipa::path(
    get, path = "/v1/conversations/{id}/messages", tag = "conversations",
    security(("key" = ["viewer"])), params(("id" = schema::ConversationId, Path), ListMessages),
    responses((status = 200, description = "A page of the list.", body = MessageList), ListProblems)
)]
pub(crate) async fn list_conversation_messages(
    caller: Scoped<Viewer>,
    State(app): State<Arc<App>>,
    Id(id): Id<ConversationId>,
    Query(query): Query<ListMessages>,
) -> Result<Json<MessageList>, Problem> {
    let ws = caller.workspace();
    check_seen(&app, ws, id, &caller.visibility()).await?;
    let runs = head(&app, ws, id).await?.runs;
    let page = PageRequest {
        newest_first: true,
        ..request(query.limit, query.cursor)
    };
    let found = app.store.messages(ws, id, &page).await?;
    let words = Words::of(&app.book(ws).await?.settings, None);
    let meta = Meta {
        next_cursor: found.next_cursor,
    };
    let messages = found
        .items
        .into_iter()
        .map(|m| MessageOut::new(m, &words).waiting(&runs))
        .collect();
    Ok(Json(MessageList { messages, meta }))
}

/// One try at sending a message.
#[derive(Serialize, ToSchema)]
#[schema(as = Attempt)]
pub(crate) struct AttemptOut {
    /// From 1.
    number: u32,
    started_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    /// `accepted`, `retry`, `permanent`, `unknown` or `not_sent`.
    outcome: Option<String>,
    /// What the platform said.
    detail: Option<String>,
}

/// The attempts, oldest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct AttemptList {
    attempts: Vec<AttemptOut>,
    meta: Meta,
}

/// List the attempts at sending a message.
#[utoipa::path(
    get, path = "/v1/conversations/{id}/messages/{message_id}/attempts", tag = "conversations",
    security(("key" = ["viewer"])),
    params(("id" = schema::ConversationId, Path), ("message_id" = schema::MessageId, Path)),
    responses((status = 200, description = "A page of the list.", body = AttemptList), ItemProblems)
)]
pub(crate) async fn list_attempts(
    caller: Viewer,
    State(app): State<Arc<App>>,
    MessagePath(id, message): MessagePath<ConversationId, MessageId>,
) -> Result<Json<AttemptList>, Problem> {
    let ws = caller.workspace();
    head(&app, ws, id).await?;
    let found = app.store.attempts(ws, id, message).await?;
    let attempts = found.into_iter().map(AttemptOut::from).collect();
    Ok(Json(AttemptList {
        attempts,
        meta: Meta { next_cursor: None },
    }))
}

impl From<Attempt> for AttemptOut {
    fn from(attempt: Attempt) -> Self {
        let Attempt {
            message: _,
            number,
            started_at,
            ended_at,
            outcome,
            detail,
        } = attempt;
        Self {
            number,
            started_at,
            ended_at,
            outcome,
            detail,
        }
    }
}
