//! An SMS that a customer sent to a number of AWS End User Messaging.

use chrono::{DateTime, Utc};
use domain::content::Content;

use crate::inbound::{InboundKind, InboundMessage, ParseError, fingerprint};
use crate::node::{Node, Problem, kept};
use crate::sms::SmsEvent;
use crate::sns;

/// Reads one, in the envelope of SNS or without.
///
/// The payload tells no time, so that of the envelope counts.
pub fn parse(raw: &[u8], received_at: DateTime<Utc>) -> Result<SmsEvent, ParseError> {
    let envelope = sns::open(raw)?;
    let body = Node::root(&envelope.message);
    let at = envelope.at.unwrap_or(received_at);
    let at = at.min(received_at).max(DateTime::UNIX_EPOCH);
    let at_is_ours = envelope.at.is_none();
    let event = read(&body, at, at_is_ours);
    Ok(event.unwrap_or_else(|problem| unknown(&body, at, at_is_ours, problem)))
}

fn read(body: &Node<'_>, at: DateTime<Utc>, at_is_ours: bool) -> Result<SmsEvent, Problem> {
    let user = body
        .user("originationNumber")
        .ok_or_else(|| body.missing("originationNumber", "a number"))?;
    let id = body.need_message_id("inboundMessageId")?;
    let text = body.text("messageBody").unwrap_or_default();
    let dedup = format!("sms:{}", id.reveal());
    let message = InboundMessage {
        reply_to: body.message_id("previousPublishedMessageId"),
        ..InboundMessage::new(id, Content::Text { text })
    };
    Ok(SmsEvent {
        account: body.user("destinationNumber"),
        user: Some(user),
        at,
        at_is_ours,
        dedup,
        kind: InboundKind::Message(Box::new(message)),
        segments: None,
        raw: None,
    })
}

fn unknown(
    body: &Node<'_>,
    at: DateTime<Utc>,
    at_is_ours: bool,
    Problem(problem): Problem,
) -> SmsEvent {
    SmsEvent {
        account: body.user("destinationNumber"),
        user: body.user("originationNumber"),
        at,
        at_is_ours,
        dedup: fingerprint(body),
        kind: InboundKind::Unknown {
            kind: body.text("Type").unwrap_or_else(|| "sms".to_owned()),
            path: body.path().to_owned(),
            problem: Some(problem),
        },
        segments: None,
        raw: Some(kept(body.value().clone())),
    }
}
