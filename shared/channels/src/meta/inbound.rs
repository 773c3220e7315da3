//! The envelope of Meta's webhooks: `object`, `entry[]`.

use chrono::{DateTime, Utc};
use domain::channel::Channel;

use super::page;
use crate::inbound::{Draft, InboundEvent};
use crate::node::Node;
use crate::whatsapp;

/// Reads the whole body. What the body calls itself wins over the address it came to,
/// because one address may serve several products of one application.
pub(crate) fn parse(
    posted_to: Channel,
    body: &Node<'_>,
    received_at: DateTime<Utc>,
) -> Vec<InboundEvent> {
    let object = body.text("object");
    let channel = match object.as_deref() {
        Some("whatsapp_business_account") => Channel::WhatsApp,
        Some("page") => Channel::Messenger,
        Some("instagram") => Channel::Instagram,
        other => {
            let draft = Draft::new(posted_to, received_at);
            let kind = other.unwrap_or("no object").to_owned();
            return vec![draft.unknown(body, &kind, None)];
        }
    };
    let draft = Draft::new(channel, received_at);
    let Some(entries) = body.get("entry").and_then(|entry| entry.elements()) else {
        let problem = body.missing("entry", "a list");
        return vec![draft.unknown(body, "entry", Some(problem))];
    };
    entries
        .iter()
        .flat_map(|entry| match channel {
            Channel::WhatsApp => whatsapp::inbound::entry(&draft, entry),
            _ => page::entry(&draft, entry),
        })
        .collect()
}
