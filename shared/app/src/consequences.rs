//! What a failed send means beyond its message: for the account, and for the customer.
//!
//! The same whether the platform answers the call or reports later by webhook. Each consequence
//! happens once, however often the failure is told, and never undoes what is newer than it.

use channels::Outcome;
use chrono::{DateTime, Utc};
use domain::connection::{Connection, ConnectionState, Hold};
use domain::consent::{Change, Class, Source};
use domain::customer::Customer;
use domain::ids::{ConnectionId, WorkspaceId};
use store::{Counter, Over};

use crate::apply::Loaded;
use crate::{App, AppError};

/// How often a lost race is tried again.
const TRIES: u32 = 10;
/// Why a connection without a token is paused.
const NO_TOKEN: &str = "there is no token to send with; set it anew and switch the connection on";
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
    loaded: &Loaded,
    claimed_at: Option<DateTime<Utc>>,
    outcome: &Outcome,
    at: DateTime<Utc>,
) -> ForCustomer {
    let customer = &loaded.customer;
    let mut changed = customer.clone();
    let mut counters = Vec::new();
    if outcome.is_undelivered()
        && let Some(claimed_at) = claimed_at
        && changed.forget_automated(claimed_at)
    {
        counters.push(Counter {
            // Where the claim counted it, unless the zone was changed in between.
            date: loaded.book.settings.zone.day(claimed_at),
            over: Over::Day,
            name: AUTOMATED_SENDS.into(),
            by: -1,
            limit: None,
        });
    }
    if outcome.stops_marketing() && customer.chat.marketing_stopped_at.is_none() {
        let class = Class::ChatMarketing;
        let refused = changed.say(Change::Refuse { class }, Source::Platform, None, at);
        debug_assert_eq!(refused, Ok(()), "a platform may say so");
    }
    ForCustomer {
        customer: (changed != *customer).then_some(changed),
        counters,
    }
}

/// A failed send, as far as the connection cares.
#[derive(Debug)]
pub struct Failed<'a> {
    /// What the platform said.
    pub outcome: &'a Outcome,
    /// How often in a row, from 1.
    pub attempt: u32,
    /// No later than what was refused: a change of the account after this is newer.
    pub since: DateTime<Utc>,
    /// When the platform said so.
    pub at: DateTime<Utc>,
}

/// The platform said stop (token, payment, restriction): nothing else is sent on this connection
/// until somebody has looked. Or it said slowly: nothing is sent until the pause is over.
pub async fn for_connection(
    app: &App,
    ws: WorkspaceId,
    id: ConnectionId,
    failed: &Failed<'_>,
) -> Result<(), AppError> {
    let outcome = failed.outcome;
    if !outcome.stops_connection() && outcome.holds_connection(1).is_none() {
        return Ok(());
    }
    change(app, ws, id, outcome.class(), |read, now| {
        let stop = failed.outcome.stops_connection();
        stop.then(|| paused(read, words(failed.outcome), failed.since, now))
            .flatten()
            .or_else(|| held(read, failed, now))
    })
    .await
}

/// The connection has no token to send with: what is due on it would fail, one after the other.
/// `since` is when the token was looked for: a change of the account after that is newer.
pub async fn for_connection_without_token(
    app: &App,
    ws: WorkspaceId,
    id: ConnectionId,
    since: DateTime<Utc>,
) -> Result<(), AppError> {
    change(app, ws, id, "no_token", |read, now| {
        paused(read, NO_TOKEN.to_owned(), since, now)
    })
    .await?;
    // Paused or given a new token by somebody else: the kept book does not know of it.
    app.fresh_book(ws).await?;
    Ok(())
}

async fn change(
    app: &App,
    ws: WorkspaceId,
    id: ConnectionId,
    class: &str,
    edit: impl Fn(&Connection, DateTime<Utc>) -> Option<Connection>,
) -> Result<(), AppError> {
    for _ in 0..TRIES {
        let Some(read) = app.store.connection(ws, id).await? else {
            return Ok(());
        };
        let now = app.now();
        let Some(changed) = edit(&read, now) else {
            return Ok(());
        };
        if app.store.put_connection(&changed).await? {
            match changed.is_active() {
                false => {
                    tracing::error!(connection.id = %id, class, "nothing can be sent on this connection; sending on it is paused");
                }
                true => {
                    tracing::warn!(connection.id = %id, "the platform slows this connection down; sending on it waits");
                }
            }
            app.fresh_book(ws).await?;
            return Ok(());
        }
    }
    Err(AppError::Contended)
}

/// The connection, paused; `None`: it stays as it is.
fn paused(
    read: &Connection,
    reason: String,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Option<Connection> {
    // Who changed the account after the failure knows more than the failure does.
    let stands = read.is_active() && read.updated_at <= since;
    stands.then(|| Connection {
        version: read.version + 1,
        updated_at: now,
        state: ConnectionState::Paused { reason, since: now },
        ..read.clone()
    })
}

/// The connection, held; `None`: it waits as long already, or the pause is over. No change of the
/// account's: `updated_at` stays, the version rises for claims that do not know of it yet.
fn held(read: &Connection, failed: &Failed<'_>, now: DateTime<Utc>) -> Option<Connection> {
    let until = failed.at + failed.outcome.holds_connection(failed.attempt)?;
    if !read.is_active() {
        return None;
    }
    let longer = read.hold.as_ref().is_none_or(|hold| hold.until < until);
    (longer && until > now).then(|| Connection {
        version: read.version + 1,
        hold: Some(Hold {
            until,
            reason: words(failed.outcome),
        }),
        ..read.clone()
    })
}

fn words(outcome: &Outcome) -> String {
    outcome
        .detail()
        .map(ToString::to_string)
        .unwrap_or_default()
}
