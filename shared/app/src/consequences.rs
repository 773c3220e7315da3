//! What a failed send means beyond its message: for the account, and for the customer.
//!
//! The same whether the platform answers the call or reports later by webhook. Each consequence
//! happens once, however often the failure is told, and never undoes what is newer than it.

use channels::Outcome;
use chrono::{DateTime, Utc};
use domain::connection::{Connection, ConnectionState};
use domain::customer::Customer;
use domain::ids::{ConnectionId, WorkspaceId};
use store::Counter;

use crate::{App, AppError};

/// How often a lost race is tried again.
const TRIES: u32 = 10;
/// The counter that the claim of an automated message raises.
pub const AUTOMATED_SENDS: &str = "automated_sends";

/// What changes with the customer, and what is counted back. One transaction stores both.
#[derive(Debug, Default)]
pub struct ForCustomer {
    /// The customer, if anything changes with them.
    pub customer: Option<Customer>,
    /// What the claim counted and the failure takes back.
    pub counters: Vec<Counter>,
}

/// A message that certainly did not go out counts neither against the frequency cap nor against
/// the day's limit; a customer who told the platform to stop marketing is believed.
///
/// `claimed_at` is when a rule's message was claimed. Its note with the customer is the marker
/// that makes sure that the claim is taken back once.
#[must_use]
pub fn for_customer(
    customer: &Customer,
    claimed_at: Option<DateTime<Utc>>,
    outcome: &Outcome,
    at: DateTime<Utc>,
) -> ForCustomer {
    let mut changed = customer.clone();
    let mut counters = Vec::new();
    if outcome.is_undelivered()
        && let Some(claimed_at) = claimed_at
        && changed.forget_automated(claimed_at)
    {
        counters.push(Counter {
            date: claimed_at.date_naive(),
            name: AUTOMATED_SENDS,
            by: -1,
            limit: None,
        });
    }
    if outcome.stops_marketing() {
        let chat = &mut changed.chat;
        chat.marketing_stopped_at = chat.marketing_stopped_at.or(Some(at));
    }
    ForCustomer {
        customer: (changed != *customer).then_some(changed),
        counters,
    }
}

/// The platform said stop (token, payment, restriction): nothing else is sent on this connection
/// until somebody has looked. `at` is when the failed send happened or was reported.
pub async fn for_connection(
    app: &App,
    ws: WorkspaceId,
    id: ConnectionId,
    outcome: &Outcome,
    at: DateTime<Utc>,
) -> Result<(), AppError> {
    if !outcome.stops_connection() {
        return Ok(());
    }
    for _ in 0..TRIES {
        let Some(read) = app.store.connection(ws, id).await? else {
            return Ok(());
        };
        let Some(changed) = stopped(&read, outcome, at, app.now()) else {
            return Ok(());
        };
        if app.store.put_connection(&changed).await? {
            tracing::error!(connection.id = %id, class = outcome.class(), "the platform refuses this connection; sending on it is paused");
            app.fresh_book(ws).await?;
            return Ok(());
        }
    }
    Err(AppError::Contended)
}

/// The connection as the failure leaves it; `None`: as it is.
fn stopped(
    read: &Connection,
    outcome: &Outcome,
    at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Option<Connection> {
    // Who changed the account after the failure knows more than the failure does.
    if !read.is_active() || read.updated_at > at {
        return None;
    }
    let mut changed = read.clone();
    changed.version += 1;
    changed.updated_at = now;
    changed.state = ConnectionState::Paused {
        reason: outcome
            .detail()
            .map(ToString::to_string)
            .unwrap_or_default(),
        since: now,
    };
    Some(changed)
}
