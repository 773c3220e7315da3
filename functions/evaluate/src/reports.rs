//! What platforms and customers report on messages afterwards: delivered, read, failed, edited,
//! taken back, reacted to.

use app::apply::{self, Change};
use app::correlation::Correlation;
use app::{App, AppError};
use channels::Outcome;
use channels::inbound::{DeliveryStatus, StatusUpdate, WatermarkKind};
use channels::outcome::classify_failed;
use chrono::{DateTime, Utc};
use domain::channel::ProviderMessageId;
use domain::content::Content;
use domain::decide::{Event, decide};
use domain::message::{Message, Status};
use domain::receipt::Reason;
use store::{PageRequest, StatusChange};

use crate::arrival::Arrival;
use crate::others;

/// A status report on one message of ours.
pub(crate) async fn status(
    app: &App,
    arrival: &Arrival,
    update: &StatusUpdate,
) -> Result<(), AppError> {
    let change = StatusChange {
        status: match update.status {
            DeliveryStatus::Sent => Status::Sent,
            DeliveryStatus::Delivered => Status::Delivered,
            DeliveryStatus::Read | DeliveryStatus::Played => Status::Read,
            DeliveryStatus::Failed => Status::Failed,
        },
        at: arrival.event.at,
        reason: (update.status == DeliveryStatus::Failed).then(|| failure(arrival, update)),
    };
    match update.correlation.as_deref().and_then(Correlation::parse) {
        Some(correlation) => report(app, arrival, correlation, change).await,
        None => match find(app, arrival, &update.id).await? {
            Some(message) => report(app, arrival, correlation_of(&message), change).await,
            // Sent by somebody else's program over the same account.
            None => Ok(()),
        },
    }
}

/// Raises the status; a message whose outcome was unknown is settled by it.
pub(crate) async fn report(
    app: &App,
    arrival: &Arrival,
    about: Correlation,
    change: StatusChange,
) -> Result<(), AppError> {
    let failed = change.status == Status::Failed;
    let before = app
        .store
        .raise_status(
            arrival.workspace,
            about.conversation,
            about.at,
            about.message,
            &change,
        )
        .await?;
    // A redelivered report may have raised the status and then lost the rest: it is done again.
    let Some(before) = before else {
        let again = app
            .store
            .message(
                arrival.workspace,
                about.conversation,
                about.at,
                about.message,
            )
            .await?;
        return match again {
            Some(message) if message.status == change.status => {
                settle(app, arrival, about, failed).await
            }
            _ => Ok(()),
        };
    };
    // Settles an unknown outcome; a failure after acceptance takes a person's answer back.
    if failed || matches!(before.status, Status::Unknown | Status::Sending) {
        settle(app, arrival, about, failed).await?;
    }
    if failed {
        tracing::warn!(message.id = %about.message, "the platform reported a failure after it had accepted");
    }
    Ok(())
}

/// Tells the conversation; one that awaits nothing stays as it is.
async fn settle(
    app: &App,
    arrival: &Arrival,
    about: Correlation,
    failed: bool,
) -> Result<(), AppError> {
    let event = Event::ReceiptArrived {
        message: about.message,
        delivered: !failed,
    };
    apply::apply(
        app,
        arrival.workspace,
        about.conversation,
        arrival.now,
        |loaded| {
            let decision = decide(&loaded.snapshot(), &event, arrival.now);
            (decision.conversation != loaded.conversation)
                .then(|| Change::event("receipt_arrived", event.clone()))
        },
    )
    .await?;
    Ok(())
}

/// Everything of ours up to an instant was delivered or read.
pub(crate) async fn watermark(
    app: &App,
    arrival: &Arrival,
    level: WatermarkKind,
    up_to: DateTime<Utc>,
) -> Result<(), AppError> {
    let status = match level {
        WatermarkKind::Delivered => Status::Delivered,
        WatermarkKind::Read => Status::Read,
    };
    let Some(loaded) = arrival.find(app).await? else {
        return Ok(());
    };
    let page = PageRequest {
        limit: 50,
        newest_first: true,
        ..PageRequest::default()
    };
    let recent = app
        .store
        .messages(arrival.workspace, loaded.conversation.id, &page)
        .await?;
    for message in recent.items {
        let concerned =
            message.author.is_outbound() && !message.hidden && message.status_at <= up_to;
        if concerned && message.status.may_become(status) {
            let change = StatusChange {
                status,
                at: up_to,
                reason: None,
            };
            report(app, arrival, correlation_of(&message), change).await?;
        }
    }
    Ok(())
}

/// One message of ours was read.
pub(crate) async fn read(
    app: &App,
    arrival: &Arrival,
    target: &ProviderMessageId,
) -> Result<(), AppError> {
    let Some(message) = find(app, arrival, target).await? else {
        return Ok(());
    };
    let change = StatusChange {
        status: Status::Read,
        at: arrival.event.at,
        reason: None,
    };
    report(app, arrival, correlation_of(&message), change).await
}

/// The customer changed a message.
pub(crate) async fn edited(
    app: &App,
    arrival: &Arrival,
    target: &ProviderMessageId,
    content: &Content,
) -> Result<(), AppError> {
    if let Some(message) = find(app, arrival, target).await? {
        app.store
            .annotate_message(&message, Some(content.clone()), false, None)
            .await?;
    }
    Ok(())
}

/// The customer took a message back.
pub(crate) async fn revoked(
    app: &App,
    arrival: &Arrival,
    target: &ProviderMessageId,
) -> Result<(), AppError> {
    if let Some(message) = find(app, arrival, target).await? {
        app.store
            .annotate_message(&message, None, true, None)
            .await?;
    }
    Ok(())
}

/// The customer reacted to a message, or took the reaction back. On some platforms that opens
/// the window.
pub(crate) async fn reaction(
    app: &App,
    arrival: &Arrival,
    target: &ProviderMessageId,
    emoji: Option<&str>,
) -> Result<(), AppError> {
    if let Some(message) = find(app, arrival, target).await? {
        app.store
            .annotate_message(&message, None, false, Some(emoji.map(str::to_owned)))
            .await?;
    }
    if arrival.event.opens_window() {
        others::acted(app, arrival).await
    } else {
        Ok(())
    }
}

async fn find(
    app: &App,
    arrival: &Arrival,
    id: &ProviderMessageId,
) -> Result<Option<Message>, AppError> {
    let Some(loaded) = arrival.find(app).await? else {
        return Ok(None);
    };
    Ok(app
        .store
        .message_by_provider_id(arrival.workspace, loaded.conversation.id, id)
        .await?)
}

pub(crate) fn correlation_of(message: &Message) -> Correlation {
    Correlation {
        conversation: message.conversation,
        at: message.at,
        message: message.id,
    }
}

fn failure(arrival: &Arrival, update: &StatusUpdate) -> Reason {
    match classify_failed(arrival.event.channel, &update.errors) {
        Outcome::Permanent { detail, .. }
        | Outcome::Retry { detail, .. }
        | Outcome::Unknown { detail } => Reason::Provider {
            class: "reported".to_owned(),
            detail: detail.to_string(),
        },
        Outcome::Accepted { .. } => Reason::Provider {
            class: "reported".to_owned(),
            detail: "failed without a reason".to_owned(),
        },
    }
}
