//! Queue `events`: something happened in a conversation -> decide -> commit.
//!
//! Every handler is idempotent: a customer's message is stored under an id that follows from the
//! platform's, in the same transaction as the decision about it, so a redelivered event finds
//! the message in place and changes nothing.

mod arrival;
mod identity;
mod mail;
mod messages;
mod others;
mod reports;
mod telephone;

use app::tasks::EventTask;
use app::{App, AppError};
use channels::{InboundEvent, InboundKind};
use chrono::{DateTime, Utc};
use domain::channel::Channel;
use domain::ids::{ConnectionId, WorkspaceId};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::arrival::Arrival;
use crate::reports::By;

pub use mail::report;

/// What the function's two queues bring.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Received {
    /// A task of the queue `events`.
    Task(Box<EventTask>),
    /// What SES told its topic, as the topic put it on the queue of reports.
    Report(Map<String, Value>),
}

/// Handles what came from either queue.
pub async fn receive(app: &App, received: Received) -> Result<(), AppError> {
    match received {
        Received::Task(task) => handle(app, *task).await,
        Received::Report(body) => {
            let body = Value::Object(body).to_string();
            Box::pin(report(app, body.as_bytes())).await
        }
    }
}

/// Handles one task of the queue.
pub async fn handle(app: &App, task: EventTask) -> Result<(), AppError> {
    let EventTask::InboundV1 {
        workspace,
        connection,
        event,
    } = task;
    let now = app.now();
    // What it reads and decides on is large, and hosts call this from deep within.
    Box::pin(inbound(app, workspace, connection, event, now)).await
}

async fn inbound(
    app: &App,
    workspace: WorkspaceId,
    connection: ConnectionId,
    mut event: InboundEvent,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    let key_at = event.at;
    // A platform's clock that runs ahead must not keep a window open longer than it is.
    event.at = event.at.min(now);
    let Some(user) = event.user.clone() else {
        return others::about_the_account(app, workspace, connection, &event, now).await;
    };
    let arrival = Arrival {
        workspace,
        connection,
        user,
        event,
        key_at,
        now,
    };
    match &arrival.event.kind {
        InboundKind::Message(message) => messages::from_customer(app, &arrival, message).await,
        InboundKind::Postback(postback) => messages::button_tapped(app, &arrival, postback).await,
        InboundKind::Echo(echo) => messages::echo(app, &arrival, echo).await,
        InboundKind::Status(status) => reports::status(app, &arrival, status).await,
        InboundKind::Watermark { level, up_to } => {
            reports::watermark(app, &arrival, *level, *up_to).await
        }
        InboundKind::Read { target } => reports::read(app, &arrival, target).await,
        InboundKind::Edited {
            target,
            content,
            by_business,
        } => {
            let by = By::new(*by_business);
            reports::edited(app, &arrival, target, content, by).await
        }
        InboundKind::Revoked {
            target,
            by_business,
        } => {
            let by = By::new(*by_business);
            reports::revoked(app, &arrival, target, by).await
        }
        InboundKind::Reaction { target, emoji } => {
            reports::reaction(app, &arrival, target, emoji.as_deref()).await
        }
        InboundKind::UserIdChanged { previous, current } => {
            others::user_id_changed(app, &arrival, previous, current).await
        }
        InboundKind::PreferenceChanged { marketing } => {
            others::preference(app, &arrival, *marketing).await
        }
        InboundKind::Reachability { state } => others::reachability(app, &arrival, *state).await,
        InboundKind::Telephone(call) => Box::pin(telephone::called(app, &arrival, call)).await,
        InboundKind::Referral(_) | InboundKind::Call(_) => others::acted(app, &arrival).await,
        InboundKind::TemplateStatus(_)
        | InboundKind::TemplateCategory { .. }
        | InboundKind::TemplateQuality { .. }
        | InboundKind::TemplateEdited(_)
        | InboundKind::AccountAlert(_) => {
            others::about_the_account(app, workspace, connection, &arrival.event, now).await
        }
        InboundKind::Handover(handover) => others::handover(app, &arrival, handover).await,
        // It has not left the SMS provider yet; that it is there its answer has told us.
        InboundKind::System { .. } if arrival.event.channel == Channel::Sms => Ok(()),
        InboundKind::OptIn { .. } | InboundKind::System { .. } | InboundKind::Unknown { .. } => {
            others::keep(app, &arrival).await
        }
    }
}
