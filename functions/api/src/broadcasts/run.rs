//! What is done with a broadcast: counted again, confirmed, paused, resumed, cancelled.

use std::sync::Arc;

use app::{App, broadcasts};
use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::broadcast::{Broadcast, MarketingSuite, Refused};
use domain::ids::BroadcastId;
use store::{Book, Committed, Counter, Resource};

use super::list::find;
use super::wire::{BroadcastOut, ConfirmationIn};
use crate::auth::{Agent, Caller};
use crate::conversations::{key_budget, key_budget_spent};
use crate::http::{Id, Json, Problem, Versioned, WriteProblems};
use crate::schema;

/// Count again who would get it.
#[utoipa::path(
    post, path = "/v1/broadcasts/{id}/count", tag = "broadcasts", security(("key" = ["agent"])),
    params(("id" = schema::BroadcastId, Path)),
    responses((status = 200, description = "It is being counted.", body = BroadcastOut), WriteProblems)
)]
pub(crate) async fn count_broadcast(
    caller: Agent,
    State(app): State<Arc<App>>,
    Id(id): Id<BroadcastId>,
) -> Result<Versioned<BroadcastOut>, Problem> {
    let change = |broadcast: Broadcast, now, _: &Book| broadcast.count_again(now);
    changed(&app, &caller, id, "count_broadcast", change).await
}

/// Confirm the figures: it is sent, or begins at its `send_at`.
///
/// Counts towards the messages that the key may send in a day (`key_daily_messages`).
#[utoipa::path(
    post, path = "/v1/broadcasts/{id}/confirm", tag = "broadcasts", security(("key" = ["agent"])),
    params(("id" = schema::BroadcastId, Path)),
    request_body = ConfirmationIn,
    responses((status = 200, description = "It is on its way.", body = BroadcastOut), WriteProblems)
)]
pub(crate) async fn confirm_broadcast(
    caller: Agent,
    State(app): State<Arc<App>>,
    Id(id): Id<BroadcastId>,
    Json(body): Json<ConfirmationIn>,
) -> Result<Versioned<BroadcastOut>, Problem> {
    let change = |broadcast: Broadcast, now, book: &Book| {
        let settings = &book.settings;
        let suite = match settings.marketing_suite {
            true => MarketingSuite::On,
            false => MarketingSuite::Off,
        };
        let limits = (suite, settings.email_recipients_limit);
        broadcast.confirm(body.receive, limits, now)
    };
    changed(&app, &caller, id, CONFIRM, change).await
}

/// Pause a broadcast. What was handed over already, no more than leaves in ten seconds, still goes out.
#[utoipa::path(
    post, path = "/v1/broadcasts/{id}/pause", tag = "broadcasts", security(("key" = ["agent"])),
    params(("id" = schema::BroadcastId, Path)),
    responses((status = 200, description = "It is paused.", body = BroadcastOut), WriteProblems)
)]
pub(crate) async fn pause_broadcast(
    caller: Agent,
    State(app): State<Arc<App>>,
    Id(id): Id<BroadcastId>,
) -> Result<Versioned<BroadcastOut>, Problem> {
    let change = |broadcast: Broadcast, _, _: &Book| broadcast.pause();
    changed(&app, &caller, id, "pause_broadcast", change).await
}

/// Let a paused broadcast go on where it was.
#[utoipa::path(
    post, path = "/v1/broadcasts/{id}/resume", tag = "broadcasts", security(("key" = ["agent"])),
    params(("id" = schema::BroadcastId, Path)),
    responses((status = 200, description = "It goes on.", body = BroadcastOut), WriteProblems)
)]
pub(crate) async fn resume_broadcast(
    caller: Agent,
    State(app): State<Arc<App>>,
    Id(id): Id<BroadcastId>,
) -> Result<Versioned<BroadcastOut>, Problem> {
    let change = |broadcast: Broadcast, now, _: &Book| broadcast.resume(now);
    changed(&app, &caller, id, "resume_broadcast", change).await
}

/// Cancel a broadcast for good. What was handed over already, no more than leaves in ten seconds, still
/// goes out.
#[utoipa::path(
    post, path = "/v1/broadcasts/{id}/cancel", tag = "broadcasts", security(("key" = ["agent"])),
    params(("id" = schema::BroadcastId, Path)),
    responses((status = 200, description = "It is cancelled.", body = BroadcastOut), WriteProblems)
)]
pub(crate) async fn cancel_broadcast(
    caller: Agent,
    State(app): State<Arc<App>>,
    Id(id): Id<BroadcastId>,
) -> Result<Versioned<BroadcastOut>, Problem> {
    let change = |broadcast: Broadcast, now, _: &Book| broadcast.cancel(now);
    changed(&app, &caller, id, "cancel_broadcast", change).await
}

const CONFIRM: &str = "confirm_broadcast";
/// While it is counted or sent its place changes every moment.
const TRIES: u32 = 10;

async fn changed(
    app: &App,
    caller: &Caller,
    id: BroadcastId,
    action: &'static str,
    change: impl Fn(Broadcast, DateTime<Utc>, &Book) -> Result<Broadcast, Refused>,
) -> Result<Versioned<BroadcastOut>, Problem> {
    let ws = caller.workspace();
    for _ in 0..TRIES {
        let now = app.now();
        let book = app.fresh_book(ws).await?;
        let before = find(app, ws, id).await?;
        let after = change(before.clone(), now, &book).map_err(problem)?;
        let counter = match action {
            CONFIRM => Some(budget(caller, &book, after.counted.receive, now)?),
            _ => None,
        };
        let what = (Resource::Broadcast, id.to_string());
        let store = caller.noting(app, action, what, &before, &after)?;
        match store.put_broadcast(&after, counter.as_ref(), None).await? {
            Committed::Done => {
                broadcasts::publish(app, &after, now).await;
                let shown = BroadcastOut::new(after, &book.settings);
                return Ok(Versioned::ok(before.version + 1, shown));
            }
            Committed::AtLimit => return Err(key_budget_spent(&book.settings, now)),
            Committed::Conflict | Committed::Duplicate | Committed::Refused(_) => {}
        }
    }
    Err(Problem::stale(None))
}

/// All of them must fit into what the key may send in a day.
fn budget(
    caller: &Caller,
    book: &Book,
    receive: u64,
    now: DateTime<Utc>,
) -> Result<Counter, Problem> {
    let counter = key_budget(caller, &book.settings, now);
    let limit = book.settings.key_daily_messages.checked_sub(receive);
    let limit = limit.ok_or_else(|| key_budget_spent(&book.settings, now))?;
    Ok(Counter {
        by: i64::try_from(receive).unwrap_or(i64::MAX),
        limit: Some(limit + 1),
        ..counter
    })
}

fn problem(refused: Refused) -> Problem {
    match refused {
        Refused::State { is, remedy } => Problem::conflict(format!("it is `{is}`; {remedy}")),
        Refused::Outdated => Problem::conflict(
            "the figures are more than an hour old; have it counted again, and look at them",
        ),
        Refused::OtherFigures { counted } => Problem::conflict(format!(
            "`receive` is not what was counted: {counted} would get it; look at the figures again"
        )),
        Refused::Nobody => Problem::conflict(
            "nobody would get it: see `counted.refused`, or choose another audience",
        ),
        Refused::TooMany(error) => Problem::invalid(vec![error]),
    }
}
