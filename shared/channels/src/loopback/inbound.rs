//! The loopback channel's own webhook, which speaks every kind of event.
//!
//! One event stands alone, several stand under `events`:
//!
//! ```json
//! {"from": "anna", "text": "Haben Sie Samstag noch etwas frei?"}
//! {"events": [{"type": "status", "from": "anna", "id": "lo-1", "status": "read"}]}
//! ```
//!
//! `type` is `message` (the default), `echo`, `status`, `reaction`, `postback`, `edited`,
//! `revoked`, `blocked`, `unblocked`, `marketing_stop` or `marketing_resume`. `id`, `at`
//! (RFC 3339) and `account` may be left out; `content` may replace `text` to play media.

use chrono::{DateTime, Utc};
use domain::channel::{Channel, ProviderMessageId};
use domain::content::Content;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::inbound::{
    DeliveryStatus, Draft, Echo, EchoOrigin, InboundEvent, InboundKind, InboundMessage,
    MarketingChoice, Postback, Profile, ProviderError, Reaching, Referral, StatusUpdate, each,
};
use crate::node::{Node, Problem, kept};

/// Reads one event or several.
pub(crate) fn parse(body: &Node<'_>, received_at: DateTime<Utc>) -> Vec<InboundEvent> {
    let draft = Draft {
        account: body.text("account"),
        ..Draft::new(Channel::Loopback, received_at)
    };
    let mut events = Vec::new();
    if body.has("events") {
        each(&draft, body, "events", &mut events, |event| {
            read_event(&draft, event)
        });
    } else {
        let event = read_event(&draft, body);
        events.push(event.unwrap_or_else(|problem| draft.unknown(body, "event", Some(problem))));
    }
    events
}

fn read_event(draft: &Draft, event: &Node<'_>) -> Result<InboundEvent, Problem> {
    let user = event
        .user("from")
        .ok_or_else(|| event.missing("from", "the customer's id"))?;
    let name = event.text("type").unwrap_or_else(|| "message".to_owned());
    let id = own_or_made_id(draft, event)?;
    let Some(kind) = read_kind(event, &name, id.clone())? else {
        return Ok(draft.unknown(event, &name, None).by(Some(user)));
    };
    let dedup = match &kind {
        InboundKind::Status(update) => format!("status:{}:{:?}", id.reveal(), update.status),
        _ => format!("{name}:{}", id.reveal()),
    };
    let at = event.text("at").and_then(|at| at.parse().ok());
    let profile = Profile {
        display_name: event.text("name"),
        first_name: event.text("first_name"),
        language: event.text("language"),
        phone: event.phone("phone"),
        ..Profile::default()
    };
    let event = draft.event(at, dedup, kind);
    Ok(event.by(Some(user)).with_profile(profile))
}

fn read_kind(
    event: &Node<'_>,
    name: &str,
    id: ProviderMessageId,
) -> Result<Option<InboundKind>, Problem> {
    Ok(Some(match name {
        "message" => InboundKind::Message(Box::new(InboundMessage {
            reply_to: event.message_id("reply_to"),
            automatic: event.is_true("automatic"),
            referral: event.text("ref").map(|reference| Referral {
                source: Some("start".to_owned()),
                reference: Some(reference),
                ..Referral::default()
            }),
            ..InboundMessage::new(id, read_content(event)?)
        })),
        "echo" => InboundKind::Echo(Echo {
            id,
            content: read_content(event)?,
            origin: match event.text("app_id") {
                Some(app_id) => EchoOrigin::App { app_id },
                None => EchoOrigin::Person,
            },
            metadata: event.text("metadata"),
        }),
        "status" => InboundKind::Status(read_status(event, id)?),
        "reaction" => InboundKind::Reaction {
            target: event.need_message_id("target")?,
            emoji: event.text("emoji"),
        },
        "postback" => InboundKind::Postback(Postback {
            id: Some(id.reveal().to_owned()),
            title: event.text("title"),
            payload: event.text("payload"),
            target: event.message_id("target"),
            referral: None,
        }),
        "edited" => InboundKind::Edited {
            target: event.need_message_id("target")?,
            content: read_content(event)?,
            by_business: false,
        },
        "revoked" => InboundKind::Revoked {
            target: event.need_message_id("target")?,
            by_business: false,
        },
        "blocked" => InboundKind::Reachability {
            state: Reaching::Blocked,
        },
        "unblocked" => InboundKind::Reachability {
            state: Reaching::Unblocked,
        },
        "marketing_stop" => InboundKind::PreferenceChanged {
            marketing: MarketingChoice::Stop,
        },
        "marketing_resume" => InboundKind::PreferenceChanged {
            marketing: MarketingChoice::Resume,
        },
        _ => return Ok(None),
    }))
}

fn read_content(event: &Node<'_>) -> Result<Content, Problem> {
    if let Some(text) = event.text("text") {
        return Ok(Content::Text { text });
    }
    let content = event
        .get("content")
        .ok_or_else(|| event.missing("text", "text, or content beside it"))?;
    let mut read = Content::deserialize(content.value())
        .map_err(|error| Problem(format!("{}: {error}", content.path())))?;
    if let Content::Form { answers, .. } = &mut read {
        *answers = answers.take().map(kept);
    }
    Ok(read)
}

fn read_status(event: &Node<'_>, id: ProviderMessageId) -> Result<StatusUpdate, Problem> {
    let status = DeliveryStatus::from_name(&event.need_text("status")?)
        .ok_or_else(|| event.missing("status", "sent, delivered, read, played or failed"))?;
    let error = event.int("error_code").map(|code| ProviderError {
        code,
        subcode: None,
        title: event.text("error"),
        details: None,
    });
    Ok(StatusUpdate {
        id,
        status,
        correlation: event.text("correlation"),
        errors: error.into_iter().collect(),
        pricing: None,
        free_until: None,
        participant: None,
    })
}

/// Without an id the arrival makes the event unique: two equal texts are two messages.
fn own_or_made_id(draft: &Draft, event: &Node<'_>) -> Result<ProviderMessageId, Problem> {
    if event.has("id") {
        return event.need_message_id("id");
    }
    let arrival = draft.received_at.timestamp_micros();
    let seed = format!("{arrival}:{}:{}", event.path(), event.value());
    let digest = Sha256::digest(seed.as_bytes());
    let made = format!("lo-{}", hex::encode(&digest[..12]));
    ProviderMessageId::parse(&made).map_err(|error| Problem(error.to_string()))
}
