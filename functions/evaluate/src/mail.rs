//! What SES reports on mails we sent: delivered, bounced, complained of.
//!
//! A report names the connection and the message in tags that we sent along, so it finds its way
//! without a look-up by address. A permanent bounce and a complaint are about the address, whoever has
//! it and whichever of our senders wrote to it: nothing more goes there.

use app::apply::{self, Change};
use app::correlation::Correlation;
use app::{App, AppError, open, refused};
use channels::InboundEvent;
use channels::email::inbound::{EmailEvent, EmailEventKind, Suppression as Told, parse};
use channels::inbound::{DeliveryStatus, InboundKind, Profile};
use chrono::{DateTime, Utc};
use domain::channel::Channel;
use domain::consent::{self, Cause, Class, Medium, Source, Suppression};
use domain::contact::EmailAddress;
use domain::conversation::Conversation;
use domain::customer::Customer;
use domain::ids::{ConnectionId, ConversationId, WorkspaceId};
use domain::message::Status;
use store::RawEvent;

use crate::arrival::Arrival;
use crate::reports;

/// Handles one message of the queue that SES's topic fills, with or without the topic's envelope.
pub async fn report(app: &App, body: &[u8]) -> Result<(), AppError> {
    let now = app.now();
    let events = match parse(body, now) {
        Ok(events) => events,
        Err(error) => {
            // It reads no better the next time.
            tracing::error!(error = %error, "a report on mails could not be read; it is left aside");
            return Ok(());
        }
    };
    for event in events {
        Box::pin(one(app, event, now)).await?;
    }
    Ok(())
}

async fn one(app: &App, event: EmailEvent, now: DateTime<Utc>) -> Result<(), AppError> {
    let workspace = event.workspace.as_deref();
    let known = workspace.and_then(|id| WorkspaceId::parse(id).ok());
    let about = event.correlation.as_deref().and_then(Correlation::parse);
    let Some((ws, about)) = known.zip(about) else {
        // The mail of another program in this account, or the confirmation of a subscription.
        tracing::info!(
            kind = kind(&event.kind),
            "a report on a mail that is none of ours was left aside"
        );
        return Ok(());
    };
    let Some(head) = app.store.head(ws, about.conversation).await? else {
        // Erased since.
        return Ok(());
    };
    let id = head.connection;
    let at = event.at.min(now);
    if let Some(told) = event.suppresses() {
        let found = Suppression {
            medium: Medium::Email,
            cause: match told {
                Told::Bounced => Cause::HardBounce,
                Told::Complained => Cause::Complaint,
            },
            since: at,
        };
        suppress(app, &head, found, raw(&event)).await?;
    }
    let arrival = arrival(ws, id, &head, &event, now);
    if let Some(outcome) = event.failure() {
        return reports::failed(app, &arrival, about, &outcome).await;
    }
    match event.status() {
        Some(status) => {
            let status = match status {
                DeliveryStatus::Sent | DeliveryStatus::Failed => Status::Sent,
                DeliveryStatus::Delivered => Status::Delivered,
                DeliveryStatus::Read | DeliveryStatus::Played => Status::Read,
            };
            reports::report(app, &arrival, about, status, at).await
        }
        None => keep(app, &head, &event, now).await,
    }
}

/// An event of no consequence: an open, a click, a delay. It stands beside the conversation.
async fn keep(
    app: &App,
    head: &Conversation,
    event: &EmailEvent,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    let raw = raw(event);
    apply::apply(app, head.workspace, head.id, now, |_| {
        Some(Change {
            raw: Some(raw.clone()),
            cause: "kept",
            ..Change::default()
        })
    })
    .await?;
    Ok(())
}

/// Nothing more goes to the address: in this conversation, and in every other one with it.
async fn suppress(
    app: &App,
    head: &Conversation,
    found: Suppression,
    raw: RawEvent,
) -> Result<(), AppError> {
    let ws = head.workspace;
    // Whoever gets the address next, or had it and is erased since.
    refused::keep_address(app, ws, &head.user, found).await?;
    let mut there: Vec<ConversationId> = vec![head.id];
    if let Ok(address) = EmailAddress::parse(head.user.reveal()) {
        let others = open::with_address(app, ws, &address).await?;
        there.extend(
            others
                .iter()
                .map(|other| other.id)
                .filter(|id| *id != head.id),
        );
    }
    for id in there {
        apply::apply(app, ws, id, app.now(), |loaded| {
            let mut head = loaded.conversation.clone();
            if !head.suppress(found) {
                return None;
            }
            let mut customer = loaded.customer.clone();
            note(&mut customer, found);
            Some(Change {
                head: Some(head),
                customer: Some(customer),
                raw: Some(raw.clone()),
                cause: "address_suppressed",
                ..Change::default()
            })
        })
        .await?;
    }
    Ok(())
}

/// In the ledger. Who called our mail spam wants no advertising either, at whichever address.
fn note(customer: &mut Customer, found: Suppression) {
    let Suppression {
        medium,
        cause,
        since,
    } = found;
    let class = Class::EmailMarketing;
    let complained = cause == Cause::Complaint && customer.chat.class(class).refused.is_none();
    let refused = complained.then_some(consent::Change::Refuse { class });
    let suppressed = consent::Change::Suppress { medium, cause };
    for change in std::iter::once(suppressed).chain(refused) {
        let said = customer.say(change, Source::Platform, None, since);
        debug_assert_eq!(said, Ok(()), "a provider may say so");
    }
}

/// The report as an event of the conversation.
fn arrival(
    workspace: WorkspaceId,
    connection: ConnectionId,
    head: &Conversation,
    event: &EmailEvent,
    now: DateTime<Utc>,
) -> Arrival {
    Arrival {
        workspace,
        connection,
        user: head.user.clone(),
        event: InboundEvent {
            channel: Channel::Email,
            account: None,
            business: None,
            user: Some(head.user.clone()),
            aliases: Vec::new(),
            profile: Profile::default(),
            at: event.at.min(now),
            at_is_ours: false,
            dedup: event.dedup.clone(),
            standby: false,
            kind: InboundKind::System {
                kind: kind(&event.kind).to_owned(),
            },
            raw: None,
        },
        key_at: event.at,
        now,
    }
}

/// As it is kept, without the address that its key would name.
fn raw(event: &EmailEvent) -> RawEvent {
    RawEvent {
        at: event.at,
        dedup: event.dedup.clone(),
        kind: format!("email_{}", kind(&event.kind)),
        raw: event
            .raw
            .clone()
            .or_else(|| serde_json::to_value(&event.kind).ok())
            .unwrap_or_default(),
    }
}

fn kind(kind: &EmailEventKind) -> &'static str {
    match kind {
        EmailEventKind::Sent => "sent",
        EmailEventKind::Delivered => "delivered",
        EmailEventKind::Bounced(_) => "bounced",
        EmailEventKind::Complained { .. } => "complained",
        EmailEventKind::Opened { .. } => "opened",
        EmailEventKind::Clicked { .. } => "clicked",
        EmailEventKind::Rejected { .. } => "rejected",
        EmailEventKind::RenderingFailed { .. } => "rendering_failed",
        EmailEventKind::Delayed { .. } => "delayed",
        EmailEventKind::SubscriptionChanged { .. } => "subscription_changed",
        EmailEventKind::Unknown { .. } => "unknown",
    }
}
