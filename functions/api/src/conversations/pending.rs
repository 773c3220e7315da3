//! What is pending in the whole workspace, the next one first, with the same gates that the
//! sender will look at.

use std::sync::Arc;

use app::App;
use app::apply::Loaded;
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::channel::Channel;
use domain::conversation::Run;
use domain::decide::{Forecast, Outlook, Snapshot, forecast};
use domain::ids::ConversationId;
use domain::receipt::Reason;
use domain::settings::{Locale, Settings};
use serde::{Deserialize, Serialize};
use store::Consistency;
use utoipa::{IntoParams, ToSchema};

use super::why::GateOut;
use super::wire::{CustomerOut, ReasonOut, RunOut, Words};
use crate::auth::Viewer;
use crate::http::{Cursor, Limit, ListProblems, Meta, Problem, Query, request};
use crate::schema;

/// Something pending, and whether it could leave as things stand now.
#[derive(Serialize, ToSchema)]
#[schema(as = Pending)]
pub(crate) struct PendingOut {
    #[schema(value_type = schema::ConversationId)]
    conversation: ConversationId,
    #[schema(value_type = schema::Channel)]
    channel: Channel,
    customer: CustomerOut,
    run: RunOut,
    /// The gates as the sender will find them, if everything stays as it is.
    gates: Vec<GateOut>,
    /// What would keep it from leaving, if it stays that way; `null`: nothing.
    blocked_by: Option<ReasonOut>,
}

impl PendingOut {
    fn new(run: &Run, loaded: &Loaded, words: &Words, now: DateTime<Utc>) -> Self {
        let head = &loaded.conversation;
        // What the sender will find at its time, if everything stays as it is.
        let at = run.due_at.max(now);
        let zone = loaded.book.settings.zone;
        let another_day = zone.day(at) != zone.day(now);
        let then = Snapshot {
            sent_today: if another_day { 0 } else { loaded.sent_today },
            ..loaded.snapshot()
        };
        let Forecast { outlook, gates } = forecast(&then, run, at);
        let refusal = match outlook {
            Outlook::Skip { reason } | Outlook::Hold { reason, .. } => Some(reason),
            Outlook::SetAside => Some(Reason::AwaitsReview),
            Outlook::Send { .. } | Outlook::Move { .. } => None,
        };
        Self {
            conversation: head.id,
            channel: head.channel,
            customer: CustomerOut::new(head.customer, Some(&loaded.customer), now),
            run: RunOut::new(run, &loaded.book.rules),
            gates: gates.into_iter().map(GateOut::from).collect(),
            blocked_by: refusal.map(|reason| words.reason(&reason)),
        }
    }
}

/// How much of the day's limit is used up. A page on which nothing is pending does not ask.
pub(super) async fn sent_today(
    app: &App,
    settings: &Settings,
    pending: bool,
    now: DateTime<Utc>,
) -> Result<u64, Problem> {
    let today = settings.zone.day(now);
    Ok(match pending {
        true => {
            let usage = app.store.usage(settings.workspace, today).await?;
            usage.automated_sends
        }
        false => 0,
    })
}

/// Everything pending in one conversation.
pub(super) fn pending(loaded: &Loaded, words: &Words, now: DateTime<Utc>) -> Vec<PendingOut> {
    let runs = loaded.conversation.runs.iter();
    runs.map(|run| PendingOut::new(run, loaded, words, now))
        .collect()
}

/// A page of what is pending. `limit` counts conversations, which seldom have more than one.
#[derive(Serialize, ToSchema)]
pub(crate) struct PendingList {
    pending: Vec<PendingOut>,
    meta: Meta,
}

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListPending {
    /// The workspace's own language unless given.
    #[param(inline, value_type = Option<schema::Locale>)]
    locale: Option<Locale>,
    /// At most this many conversations.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 100, default = 50)]
    limit: Option<Limit>,
    /// `meta.next_cursor` of the page before.
    #[param(value_type = Option<String>, min_length = 1)]
    cursor: Option<Cursor>,
}

/// List what is pending, the next one first.
#[utoipa::path(
    get, path = "/v1/pending", tag = "conversations", params(ListPending),
    security(("key" = ["viewer"])),
    responses((status = 200, description = "A page of the list.", body = PendingList), ListProblems)
)]
pub(crate) async fn list_pending(
    caller: Viewer,
    State(app): State<Arc<App>>,
    Query(query): Query<ListPending>,
) -> Result<Json<PendingList>, Problem> {
    let (ws, now) = (caller.workspace(), app.now());
    let page = app
        .store
        .pending(ws, &request(query.limit, query.cursor))
        .await?;
    let book = app.fresh_book(ws).await?;
    let ids: Vec<_> = page.items.iter().map(|head| head.customer).collect();
    let customers = app.store.customers(ws, &ids, Consistency::Eventual).await?;
    let words = Words::of(&book.settings, query.locale);
    let sent_today = sent_today(&app, &book.settings, !page.items.is_empty(), now).await?;
    let mut listed = Vec::new();
    for head in page.items {
        let customer = customers
            .iter()
            .find(|customer| customer.id == head.customer);
        let connection = book.connection(head.connection);
        // Without a customer or connection nothing can leave; the sweep settles such runs.
        let (Some(customer), Some(connection)) = (customer, connection) else {
            continue;
        };
        let loaded = Loaded {
            customer: customer.clone(),
            connection: connection.clone(),
            templates: book.templates_of(head.connection),
            book: Arc::clone(&book),
            sent_today,
            segments_spent: None,
            pointers: Vec::new(),
            conversation: head,
        };
        listed.extend(pending(&loaded, &words, now));
    }
    let meta = Meta {
        next_cursor: page.next_cursor,
    };
    Ok(Json(PendingList {
        pending: listed,
        meta,
    }))
}
