//! Looks once a day at what an account did in the last thirty: whether it mainly sends messages (MO-25).
//!
//! Nothing is counted for accounts of which nothing is asked. A look goes over all customers, a page at a
//! time; what it has counted so far travels with the task. The account stands in `overdue` until it was
//! looked at, so a look that was cut off begins again.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::account::{Account, Activity, LOOKED_AT_EVERY, LOOKS_BACK};
use domain::customer::Customer;
use domain::ids::{CustomerId, NotificationId, WorkspaceId};
use std::collections::BTreeSet;
use store::{Notification, PageRequest};

use crate::tasks::DueTask;
use crate::{App, AppError};

/// How long a look may take before it is begun again.
const PATIENCE: TimeDelta = TimeDelta::hours(6);
/// Between the change of the settings and the first look.
const FIRST: TimeDelta = TimeDelta::minutes(1);
const PAGE: u16 = 100;
const TRIES: u32 = 10;

/// Has the account looked at soon, because the owner asks something of it from now on. Before that is
/// stored, so that it is never forgotten.
pub async fn look_soon(app: &App, ws: WorkspaceId, now: DateTime<Utc>) -> Result<(), AppError> {
    for _ in 0..TRIES {
        let known = app.store.account(ws).await?;
        let after = Account {
            version: known.version + 1,
            next_at: Some(now + FIRST),
            ..known
        };
        if app.store.put_account(ws, &after, None).await? {
            let task = DueTask::AccountV1 {
                workspace: ws,
                cursor: None,
                bookings: 0,
                active_customers: 0,
            };
            let wait = FIRST.to_std().unwrap_or_default();
            // Lost, the sweep finds it.
            if let Err(error) = app.queues.send_due(&task, wait).await {
                tracing::warn!(error = %error, "the account is looked at by the next sweep");
            }
            return Ok(());
        }
    }
    Err(AppError::Contended)
}

/// Looks at a page of customers. `so_far`: what the pages before held.
pub async fn look(
    app: &App,
    ws: WorkspaceId,
    cursor: Option<String>,
    so_far: Activity,
) -> Result<(), AppError> {
    let now = app.now();
    if cursor.is_none() && !begun(app, ws, now).await? {
        return Ok(());
    }
    let page = PageRequest {
        limit: PAGE,
        cursor,
        ..PageRequest::default()
    };
    let found = app.store.customers_by_name(ws, None, &page).await?;
    let activity = with(app, so_far, &found.items, now).await?;
    if let Some(cursor) = found.next_cursor {
        let rest = DueTask::AccountV1 {
            workspace: ws,
            cursor: Some(cursor),
            bookings: activity.bookings,
            active_customers: activity.active_customers,
        };
        app.queues.send_due(&rest, Duration::ZERO).await?;
        return Ok(());
    }
    looked(app, ws, activity, now).await
}

/// Whether this look is the one that is due; others find that it has begun.
async fn begun(app: &App, ws: WorkspaceId, now: DateTime<Utc>) -> Result<bool, AppError> {
    let known = app.store.account(ws).await?;
    if known.next_at.is_none_or(|at| at > now) {
        return Ok(false);
    }
    let is_asked = app.fresh_book(ws).await?.settings.account_lock.is_some();
    let after = Account {
        version: known.version + 1,
        next_at: is_asked.then(|| now + PATIENCE),
        ..known
    };
    Ok(app.store.put_account(ws, &after, None).await? && is_asked)
}

async fn with(
    app: &App,
    so_far: Activity,
    customers: &[Customer],
    now: DateTime<Utc>,
) -> Result<Activity, AppError> {
    let since = now - LOOKS_BACK;
    let came = |customer: &Customer| {
        customer
            .habit
            .visits
            .iter()
            .filter(|at| **at >= since)
            .count()
    };
    let booked = |customer: &Customer| customer.habit.booked.iter().filter(|at| **at > now).count();
    let bookings: usize = customers.iter().map(|it| came(it) + booked(it)).sum();
    let mut active: BTreeSet<CustomerId> = customers
        .iter()
        .filter(|customer| came(customer) > 0)
        .map(|customer| customer.id)
        .collect();
    let silent = customers.iter().filter(|it| !active.contains(&it.id));
    let reaches = silent.flat_map(|it| {
        it.conversations
            .iter()
            .map(|reach| (it.workspace, reach.conversation))
    });
    let ids: Vec<_> = reaches.collect();
    for head in app.store.heads(&ids).await? {
        if head.last_customer_at.is_some_and(|at| at >= since) {
            active.insert(head.customer);
        }
    }
    Ok(Activity {
        bookings: so_far.bookings + bookings as u64,
        active_customers: so_far.active_customers + active.len() as u64,
        ..so_far
    })
}

/// Keeps what was found. Staff are told once the account is locked by it.
async fn looked(
    app: &App,
    ws: WorkspaceId,
    activity: Activity,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    let settings = &app.book(ws).await?.settings;
    let zone = settings.zone;
    let (from, to) = (zone.day(now - LOOKS_BACK), zone.day(now));
    let messages = app.store.messages_between(ws, from, to).await?;
    let activity = Activity {
        messages,
        ..activity
    };
    for _ in 0..TRIES {
        let known = app.store.account(ws).await?;
        let after = Account {
            version: known.version + 1,
            activity,
            looked_at: Some(now),
            next_at: Some(now + LOOKED_AT_EVERY),
            ..known
        };
        let refusal = |account: &Account| account.gate(settings.account_lock, now)?.1;
        let told = match (refusal(&known), refusal(&after)) {
            (None, Some(reason)) => Some(Notification {
                id: NotificationId::new(now, app.random10()),
                at: now,
                reason,
                conversation: None,
                message: None,
                read_at: None,
                read_by: None,
            }),
            _ => None,
        };
        if app.store.put_account(ws, &after, told.as_ref()).await? {
            if told.is_some() {
                tracing::warn!(workspace.id = %ws, "the account is locked: it mainly sends messages");
            }
            return Ok(());
        }
    }
    Err(AppError::Contended)
}
