//! The inbox, and one conversation.

use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::State;
use domain::conversation::Conversation;
use domain::customer::Customer;
use domain::ids::{ConversationId, SegmentId, WorkspaceId};
use serde::{Deserialize, Serialize};
use store::{Consistency, Order, PageRequest, View};
use utoipa::{IntoParams, ToSchema};

use super::find::{head, shown};
use super::wire::{ConversationOut, Words};
use crate::auth::Viewer;
use crate::http::{
    Cursor, Id, ItemProblems, Limit, ListProblems, Meta, Problem, Query, Versioned, request,
};
use crate::schema;
use crate::segments::{self, Judge, MOST_QUERIES};

/// Which conversations, in which order.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListConversations {
    /// All of them, those with unread messages, or those whose customer waits for a person's
    /// answer. The last two are independent of each other. `all` unless given.
    #[param(inline)]
    view: Option<ViewIn>,
    /// By the last message; in the view `waiting` by how long the customer waits. `newest` unless
    /// given.
    #[param(inline)]
    order: Option<OrderIn>,
    /// Only with the customers of this segment. A page may then hold fewer than `limit`, even none,
    /// and still have a next one.
    #[param(value_type = Option<schema::SegmentId>)]
    segment: Option<SegmentId>,
    /// At most this many.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 100, default = 50)]
    limit: Option<Limit>,
    /// `meta.next_cursor` of the page before.
    #[param(value_type = Option<String>, min_length = 1)]
    cursor: Option<Cursor>,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ViewIn {
    All,
    Unread,
    Waiting,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum OrderIn {
    Newest,
    Oldest,
}

/// A page of conversations.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConversationList {
    conversations: Vec<ConversationOut>,
    meta: Meta,
}

/// List conversations.
#[utoipa::path(
    get, path = "/v1/conversations", tag = "conversations", params(ListConversations),
    security(("key" = ["viewer"])),
    responses((status = 200, description = "A page of the list.", body = ConversationList), ListProblems)
)]
pub(crate) async fn list_conversations(
    caller: Viewer,
    State(app): State<Arc<App>>,
    Query(query): Query<ListConversations>,
) -> Result<Json<ConversationList>, Problem> {
    let view = match query.view {
        None | Some(ViewIn::All) => View::All,
        Some(ViewIn::Unread) => View::Unread,
        Some(ViewIn::Waiting) => View::Waiting,
    };
    let order = match query.order {
        None | Some(OrderIn::Newest) => Order::Newest,
        Some(OrderIn::Oldest) => Order::Oldest,
    };
    let ws = caller.workspace();
    let judge = match query.segment {
        None => None,
        Some(id) => Some(Judge::of(&app, ws, segments::find(&app, ws, id).await?.filter).await?),
    };
    let asked = request(query.limit, query.cursor);
    let (heads, customers, next_cursor) = page(&app, ws, (view, order), judge, asked).await?;
    let book = app.book(ws).await?;
    let words = Words::of(&book.settings, None);
    let now = app.now();
    let conversations = heads
        .into_iter()
        .map(|head| {
            let customer = customers
                .iter()
                .find(|customer| customer.id == head.customer);
            ConversationOut::new(head, customer, &book.rules, &words, now)
        })
        .collect();
    let meta = Meta { next_cursor };
    Ok(Json(ConversationList {
        conversations,
        meta,
    }))
}

/// Conversations with their customers: one query, or as many as it takes to fill the page with
/// those of a segment.
async fn page(
    app: &App,
    ws: WorkspaceId,
    (view, order): (View, Order),
    judge: Option<Judge<'_>>,
    asked: PageRequest,
) -> Result<(Vec<Conversation>, Vec<Customer>, Option<String>), Problem> {
    let wanted = usize::from(asked.limit);
    let (mut heads, mut customers) = (Vec::new(), Vec::new());
    let mut cursor = asked.cursor.clone();
    for _ in 0..MOST_QUERIES {
        // No more than there is room for, so that the cursor stands behind the last one.
        let request = PageRequest {
            limit: u16::try_from(wanted - heads.len()).unwrap_or(u16::MAX),
            cursor: cursor.take(),
            ..asked
        };
        let read = app.store.inbox(ws, view, order, &request).await?;
        let ids: Vec<_> = read.items.iter().map(|head| head.customer).collect();
        let found = app.store.customers(ws, &ids, Consistency::Eventual).await?;
        cursor = read.next_cursor;
        let Some(judge) = &judge else {
            return Ok((read.items, found, cursor));
        };
        let members = judge.members(found).await?;
        let is_one = |head: &Conversation| members.iter().any(|one| one.id == head.customer);
        heads.extend(read.items.into_iter().filter(is_one));
        customers.extend(members);
        if cursor.is_none() || heads.len() >= wanted {
            break;
        }
    }
    Ok((heads, customers, cursor))
}

/// Get a conversation.
#[utoipa::path(
    get, path = "/v1/conversations/{id}", tag = "conversations", security(("key" = ["viewer"])),
    params(("id" = schema::ConversationId, Path)),
    responses(
        (status = 200, description = "As it is now.", body = ConversationOut,
         headers(("ETag" = String, description = "The version."))),
        ItemProblems
    )
)]
pub(crate) async fn get_conversation(
    caller: Viewer,
    State(app): State<Arc<App>>,
    Id(id): Id<ConversationId>,
) -> Result<Versioned<ConversationOut>, Problem> {
    let ws = caller.workspace();
    let head = head(&app, ws, id).await?;
    shown(&app, ws, head).await
}
