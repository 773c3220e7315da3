//! The sent log, by category.

use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::State;
use domain::ids::BroadcastId;
use domain::message::Category;
use serde::Deserialize;
use utoipa::IntoParams;

use super::message::{MessageList, MessageOut};
use super::wire::Words;
use crate::auth::Viewer;
use crate::http::{Cursor, Limit, ListProblems, Meta, Problem, Query, request};
use crate::schema;

/// Which part of the sent log.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListSent {
    /// `sequence`: follow-ups; `manual`: written by a person; `transactional`: confirmations.
    #[param(inline, value_type = schema::Category)]
    category: Category,
    /// Only what was made from this template: a kind of e-mail template, or the name of a template of the
    /// platform. A page holds fewer then, or none, and the next one may hold more.
    #[param(min_length = 1, max_length = 512)]
    template: Option<String>,
    /// Only what is part of this broadcast.
    #[param(value_type = Option<schema::BroadcastId>)]
    broadcast: Option<BroadcastId>,
    /// At most this many.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 100, default = 50)]
    limit: Option<Limit>,
    /// `meta.next_cursor` of the page before.
    #[param(value_type = Option<String>, min_length = 1)]
    cursor: Option<Cursor>,
}

/// List what was sent in one category, newest first.
#[utoipa::path(
    get, path = "/v1/messages", tag = "conversations", params(ListSent),
    security(("key" = ["viewer"])),
    responses((status = 200, description = "A page of the list.", body = MessageList), ListProblems)
)]
pub(crate) async fn list_messages(
    caller: Viewer,
    State(app): State<Arc<App>>,
    Query(query): Query<ListSent>,
) -> Result<Json<MessageList>, Problem> {
    let ws = caller.workspace();
    let page = request(query.limit, query.cursor);
    let found = app.store.sent(ws, query.category, &page).await?;
    let words = Words::of(&app.book(ws).await?.settings, None);
    let meta = Meta {
        next_cursor: found.next_cursor,
    };
    let wanted = query.template.as_deref();
    let messages = found
        .items
        .into_iter()
        .filter(|message| wanted.is_none() || message.template() == wanted)
        .filter(|message| query.broadcast.is_none() || message.broadcast() == query.broadcast)
        .map(|m| MessageOut::new(m, &words))
        .collect();
    Ok(Json(MessageList { messages, meta }))
}
