//! The inbox, and one conversation.

use std::sync::Arc;

use app::App;
use app::segments::{Judge, thread};
use axum::Json;
use axum::extract::State;
use domain::channel::Channel;
use domain::conversation::Conversation;
use domain::customer::Customer;
use domain::ids::{ConversationId, SegmentId, WorkspaceId};
use domain::message::Category;
use domain::segment::inbox::{self, Empty, Only, Visibility};
use serde::{Deserialize, Serialize};
use store::{Consistency, Order, PageRequest, View};
use utoipa::{IntoParams, ToSchema};

use super::find::{check_seen, head, shown};
use super::wire::{ConversationOut, Words};
use crate::auth::{Scoped, Viewer};
use crate::http::{
    Cursor, Id, ItemProblems, Limit, ListProblems, Meta, Problem, Query, Versioned, request,
};
use crate::schema;
use crate::segments::{self, MOST_QUERIES};

/// Which conversations, in which order.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListConversations {
    /// All of them, those with unread messages, or those whose customer waits for a person's
    /// answer. The last two are independent of each other. `all` unless given.
    #[param(inline)]
    view: Option<ViewIn>,
    /// Only those with messages nobody has read; also together with `waiting`.
    #[serde(default)]
    unread: bool,
    /// Only those whose customer waits for a person's answer. What was sent automatically and notes are
    /// none.
    #[serde(default)]
    waiting: bool,
    /// Only on this channel.
    #[param(inline, value_type = Option<schema::Channel>)]
    channel: Option<Channel>,
    /// Only where a message of this category has left: `manual`, `transactional` or `sequence`.
    #[param(inline, value_type = Option<schema::Category>)]
    category: Option<Category>,
    /// By the last message; in the view `waiting` by how long the customer waits. `newest` unless
    /// given.
    #[param(inline)]
    order: Option<OrderIn>,
    /// Only with the customers of this segment. With it, or with a channel or a category, a page may hold
    /// fewer than `limit`, even none, and still have a next one.
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
    /// Why there is nothing, where there is nothing and no next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    empty: Option<EmptyOut>,
    meta: Meta,
}

/// Why a list is empty.
#[derive(Serialize, ToSchema)]
struct EmptyOut {
    /// `nothing`, `view` (nothing fits the filters) or `location` (there may be something at locations
    /// that the key does not see).
    because: &'static str,
    message: String,
}

/// List conversations.
#[utoipa::path(
    get, path = "/v1/conversations", tag = "conversations", params(ListConversations),
    security(("key" = ["viewer"])),
    responses((status = 200, description = "A page of the list.", body = ConversationList), ListProblems)
)]
pub(crate) async fn list_conversations(
    caller: Scoped<Viewer>,
    State(app): State<Arc<App>>,
    Query(query): Query<ListConversations>,
) -> Result<Json<ConversationList>, Problem> {
    let wanted = query.wanted();
    // The narrowest index; the rest is looked at one by one.
    let view = match (wanted.only.contains(&Only::Waiting), wanted.only.is_empty()) {
        (true, _) => View::Waiting,
        (false, false) => View::Unread,
        (false, true) => View::All,
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
    let first = asked.cursor.is_none();
    let filter = Filter {
        wanted,
        seen_by: caller.visibility(),
        judge,
    };
    let (heads, customers, next_cursor) = page(&app, ws, (view, order), &filter, asked).await?;
    let book = app.book(ws).await?;
    let words = Words::of(&book.settings, None);
    let now = app.now();
    let nothing = heads.is_empty() && first && next_cursor.is_none();
    let empty = match nothing {
        true => why_empty(&app, ws, filter).await?,
        false => None,
    };
    let empty = empty.map(|why| EmptyOut {
        because: match why {
            Empty::Nothing => "nothing",
            Empty::View => "view",
            Empty::Location { .. } => "location",
        },
        message: why.explain(words.locale),
    });
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
        empty,
        meta,
    }))
}

impl ListConversations {
    fn wanted(&self) -> inbox::View {
        let unread = self.unread || matches!(self.view, Some(ViewIn::Unread));
        let waiting = self.waiting || matches!(self.view, Some(ViewIn::Waiting));
        let only = [(unread, Only::Unread), (waiting, Only::Waiting)];
        inbox::View {
            only: only
                .into_iter()
                .filter_map(|(is, it)| is.then_some(it))
                .collect(),
            channel: self.channel,
            category: self.category,
        }
    }
}

/// What is shown of what the index holds.
struct Filter<'a> {
    wanted: inbox::View,
    seen_by: Visibility,
    judge: Option<Judge<'a>>,
}

impl Filter<'_> {
    /// Whether the index alone holds what is wanted.
    fn is_open(&self) -> bool {
        let inbox::View {
            only,
            channel,
            category,
        } = &self.wanted;
        let by_index = only.len() < 2 && channel.is_none() && category.is_none();
        by_index && self.seen_by == Visibility::All && self.judge.is_none()
    }

    async fn members(&self, customers: Vec<Customer>) -> Result<Vec<Customer>, Problem> {
        let seen = |customer: &Customer| self.seen_by.shows(&customer.profile.locations);
        let customers: Vec<_> = customers.into_iter().filter(seen).collect();
        match &self.judge {
            None => Ok(customers),
            Some(judge) => Ok(judge.members(customers).await?),
        }
    }

    fn shows(&self, head: &Conversation, customers: &[Customer]) -> bool {
        let customer = customers.iter().find(|one| one.id == head.customer);
        customer.is_some_and(|customer| {
            self.wanted.shows(inbox::Row {
                thread: &thread(head),
                locations: &customer.profile.locations,
                categories: &head.sent,
            })
        })
    }
}

/// Looks at a part of everything: enough to tell whether the filters or the location are to blame.
async fn why_empty(
    app: &App,
    ws: WorkspaceId,
    filter: Filter<'_>,
) -> Result<Option<Empty>, Problem> {
    let some = PageRequest {
        limit: 100,
        ..PageRequest::default()
    };
    let read = app.store.inbox(ws, View::All, Order::Newest, &some).await?;
    let ids: Vec<_> = read.items.iter().map(|head| head.customer).collect();
    let found = app.store.customers(ws, &ids, Consistency::Eventual).await?;
    let seen = |customer: &&Customer| filter.seen_by.shows(&customer.profile.locations);
    let may_see = found.iter().filter(seen).count();
    let (there, may_see) = (read.items.len() as u64, may_see as u64);
    Ok(filter.wanted.empty(&filter.seen_by, there, may_see, 0))
}

/// Conversations with their customers: one query, or as many as it takes to fill the page with
/// those that are wanted.
async fn page(
    app: &App,
    ws: WorkspaceId,
    (view, order): (View, Order),
    filter: &Filter<'_>,
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
        if filter.is_open() {
            return Ok((read.items, found, cursor));
        }
        let members = filter.members(found).await?;
        let shown = read.items.into_iter();
        heads.extend(shown.filter(|head| filter.shows(head, &members)));
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
    caller: Scoped<Viewer>,
    State(app): State<Arc<App>>,
    Id(id): Id<ConversationId>,
) -> Result<Versioned<ConversationOut>, Problem> {
    let ws = caller.workspace();
    check_seen(&app, ws, id, &caller.visibility()).await?;
    let head = head(&app, ws, id).await?;
    shown(&app, ws, head).await
}
