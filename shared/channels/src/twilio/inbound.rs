//! What the provider posts about SMS: one that came in, or what became of one of ours.

use chrono::{DateTime, Utc};
use domain::content::{Content, Media, MediaKind};
use domain::keyword::Keyword;
use serde_json::{Map, Value};

use crate::inbound::{
    DeliveryStatus, InboundKind, InboundMessage, ProviderError, StatusUpdate, fingerprint,
};
use crate::node::{Node, Problem, kept};
use crate::sms::SmsEvent;

/// Reads one form. Every form is an event, if only an unknown one.
pub fn parse(raw: &[u8], received_at: DateTime<Utc>) -> SmsEvent {
    event_of(&Node::root(&form(raw)), received_at)
}

/// The same of a form that was taken apart.
pub(crate) fn event_of(body: &Node<'_>, received_at: DateTime<Utc>) -> SmsEvent {
    let read = if body.has("MessageStatus") || body.has("SmsStatus") && !is_inbound(body) {
        read_status(body, received_at)
    } else {
        read_message(body, received_at)
    };
    read.unwrap_or_else(|Problem(problem)| {
        let kind = InboundKind::Unknown {
            kind: "sms".to_owned(),
            path: String::new(),
            problem: Some(problem),
        };
        SmsEvent {
            raw: Some(kept(body.value().clone())),
            ..event(body, received_at, fingerprint(body), kind, Direction::In)
        }
    })
}

/// A form as JSON, so that it is read as everything else is. Of equal names the first counts.
pub(crate) fn form(raw: &[u8]) -> Value {
    let mut fields = Map::new();
    for (name, value) in form_urlencoded::parse(raw) {
        if !name.is_empty() {
            let value = Value::String(value.into_owned());
            fields.entry(name.into_owned()).or_insert(value);
        }
    }
    Value::Object(fields)
}

/// A message that came in carries this status, too.
fn is_inbound(body: &Node<'_>) -> bool {
    matches!(
        body.text("SmsStatus").as_deref(),
        Some("received" | "receiving")
    )
}

#[derive(Clone, Copy)]
enum Direction {
    In,
    Out,
}

fn event(
    body: &Node<'_>,
    received_at: DateTime<Utc>,
    dedup: String,
    kind: InboundKind,
    direction: Direction,
) -> SmsEvent {
    let (ours, theirs) = match direction {
        Direction::In => ("To", "From"),
        Direction::Out => ("From", "To"),
    };
    SmsEvent {
        account: body.user(ours),
        user: body.user(theirs),
        at: received_at.max(DateTime::UNIX_EPOCH),
        at_is_ours: true,
        dedup,
        kind,
        segments: None,
        raw: None,
    }
}

fn read_message(body: &Node<'_>, received_at: DateTime<Utc>) -> Result<SmsEvent, Problem> {
    let id = body
        .message_id("MessageSid")
        .map_or_else(|| body.need_message_id("SmsSid"), Ok)?;
    if !body.has("From") {
        return Err(body.missing("From", "a number"));
    }
    let dedup = format!("sms:{}", id.reveal());
    let mut contents = media(body);
    // An empty SMS is one, too, and ends a silence.
    if let Some(text) = body
        .text("Body")
        .or_else(|| contents.is_empty().then(String::new))
    {
        contents.insert(0, Content::Text { text });
    }
    let first = contents.remove(0);
    let opt_out = match body.text("OptOutType").as_deref() {
        Some("STOP") => Some(Keyword::Stop),
        Some("START") => Some(Keyword::Start),
        Some("HELP") => Some(Keyword::Help),
        _ => None,
    };
    let message = InboundMessage {
        more: contents,
        opt_out,
        ..InboundMessage::new(id, first)
    };
    let segments = body
        .int("NumSegments")
        .and_then(|count| count.try_into().ok());
    let kind = InboundKind::Message(Box::new(message));
    Ok(SmsEvent {
        segments,
        ..event(body, received_at, dedup, kind, Direction::In)
    })
}

fn media(body: &Node<'_>) -> Vec<Content> {
    const MOST: i64 = 10;
    let count = body.int("NumMedia").unwrap_or_default().clamp(0, MOST);
    let one = |index: i64| {
        let link = body.text(&format!("MediaUrl{index}"))?;
        let mime = body.text(&format!("MediaContentType{index}"));
        let kind = match mime.as_deref().and_then(|mime| mime.split('/').next()) {
            Some("image") => MediaKind::Image,
            Some("video") => MediaKind::Video,
            Some("audio") => MediaKind::Audio,
            _ => MediaKind::Document,
        };
        Some(Content::Media(Media {
            mime,
            ..Media::by_link(kind, &link)
        }))
    };
    (0..count).filter_map(one).collect()
}

fn read_status(body: &Node<'_>, received_at: DateTime<Utc>) -> Result<SmsEvent, Problem> {
    let id = body
        .message_id("MessageSid")
        .map_or_else(|| body.need_message_id("SmsSid"), Ok)?;
    let word = body
        .text("MessageStatus")
        .map_or_else(|| body.need_text("SmsStatus"), Ok)?;
    let status = match word.as_str() {
        "sent" => Some(DeliveryStatus::Sent),
        "delivered" | "partially_delivered" => Some(DeliveryStatus::Delivered),
        "read" => Some(DeliveryStatus::Read),
        "failed" | "undelivered" | "canceled" => Some(DeliveryStatus::Failed),
        // It has not left the provider yet.
        _ => None,
    };
    let dedup = format!("status:{}:{word}", id.reveal());
    let error = body.int("ErrorCode").filter(|code| *code != 0);
    let kind = match status {
        Some(status) => InboundKind::Status(StatusUpdate {
            id,
            status,
            correlation: None,
            errors: error
                .map(|code| ProviderError {
                    code,
                    subcode: None,
                    title: None,
                    details: None,
                })
                .into_iter()
                .collect(),
            pricing: None,
            free_until: None,
            participant: None,
        }),
        None => InboundKind::System { kind: word },
    };
    Ok(event(body, received_at, dedup, kind, Direction::Out))
}
