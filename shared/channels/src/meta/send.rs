//! The Send API of Messenger and Instagram: bodies out, answers in.

use chrono::TimeDelta;
use domain::channel::Channel;
use domain::content::{Content, Media, MediaKind};
use serde_json::{Value, json};

use super::graph;
use crate::http::HttpRequest;
use crate::inbound::ProviderError;
use crate::node::Node;
use crate::outbound::{
    Account, OutboundError, OutboundMessage, Purpose, To, check_link, check_text,
};
use crate::outcome::{Detail, FailureReason, Outcome, Response, RetryScope};
use crate::whatsapp;

/// The longest string the platform passes through.
const METADATA_CHARS: usize = 1000;

/// A send on behalf of a page or an Instagram account.
pub(crate) fn request(
    account: &Account<'_>,
    to: &To,
    message: &OutboundMessage,
) -> Result<HttpRequest, OutboundError> {
    let url = graph::url(account, account.id, "messages")?;
    let mut content = content(account.channel, &message.content)?;
    message.check_correlation(METADATA_CHARS)?;
    content["metadata"] = message.correlation.as_str().into();
    let mut body = json!({
        "recipient": { "id": to.user.reveal() },
        "message": content,
    });
    match message.purpose {
        Purpose::Reply => body["messaging_type"] = "RESPONSE".into(),
        Purpose::FollowUp => body["messaging_type"] = "UPDATE".into(),
        Purpose::PersonAfterWindow => {
            body["messaging_type"] = "MESSAGE_TAG".into();
            body["tag"] = "HUMAN_AGENT".into();
        }
    }
    if let Some(quoted) = &message.reply_to {
        body["reply_to"] = json!({ "mid": quoted.reveal() });
    }
    Ok(HttpRequest::post_json(url, &body).bearer(account.checked_token()?))
}

fn content(channel: Channel, content: &Content) -> Result<Value, OutboundError> {
    match content {
        Content::Text { text } => {
            check_text("text", text, channel.text_limit())?;
            Ok(json!({ "text": text }))
        }
        Content::Media(media) => attachment(media),
        Content::Template(_) => Err(OutboundError::NotSupported {
            channel,
            what: "templates",
            remedy: "send text while the window is open, or use WhatsApp",
        }),
        _ => Err(OutboundError::NotSupported {
            channel,
            what: "this kind of content",
            remedy: "send text or media",
        }),
    }
}

fn attachment(media: &Media) -> Result<Value, OutboundError> {
    let kind = match media.kind {
        MediaKind::Image | MediaKind::Sticker => "image",
        MediaKind::Video => "video",
        MediaKind::Audio => "audio",
        MediaKind::Document => "file",
    };
    if media.caption.is_some() {
        return Err(OutboundError::Invalid {
            field: "media.caption",
            reason: "this platform shows no text under media",
            remedy: "send the text as a message of its own",
        });
    }
    let payload = match (&media.id, &media.link) {
        (Some(id), _) => json!({ "attachment_id": id }),
        (None, Some(link)) => {
            check_link("media.link", link)?;
            json!({ "url": link, "is_reusable": false })
        }
        (None, None) => return Err(OutboundError::no_media()),
    };
    Ok(json!({ "attachment": { "type": kind, "payload": payload } }))
}

/// Reads the answer.
pub(crate) fn classify(response: &Response<'_>) -> Outcome {
    if (200..300).contains(&response.status) {
        return accepted(response);
    }
    match graph::error(response.body) {
        Some(graph) => match classify_error(&graph.error, response.pause()) {
            Outcome::Permanent {
                reason: FailureReason::Unrecognised,
                detail,
            } if graph.transient => Outcome::Retry {
                after: response.pause(),
                scope: RetryScope::Recipient,
                once: false,
                detail,
            },
            outcome => outcome,
        },
        None => whatsapp::outcome::by_status(response),
    }
}

fn accepted(response: &Response<'_>) -> Outcome {
    let body: Value = serde_json::from_slice(response.body).unwrap_or_default();
    let body = Node::root(&body);
    match body.message_id("message_id") {
        Some(id) => Outcome::Accepted { id, held: false },
        None => Outcome::Unknown {
            detail: Detail::new("no id", "the answer names no message"),
        },
    }
}

/// The table of error codes; here the subcode decides, where there is one.
pub(crate) fn classify_error(error: &ProviderError, pause: Option<TimeDelta>) -> Outcome {
    use FailureReason::{
        ConnectionStopped, OutsideWindow, RecipientUnreachable, RequestBug, ThreadOwnedElsewhere,
        Unrecognised,
    };
    let title = error.title.as_deref().unwrap_or("no title");
    let detail = Detail::new(graph::code_text(error), title);
    let retry = |scope| (Some(scope), Unrecognised);
    let never = |reason| (None, reason);
    let (again, reason) = match (error.code, error.subcode.unwrap_or(0)) {
        (10, 2_018_278 | 2_534_022 | 2_018_065) => never(OutsideWindow),

        (2_018_300 | 2_018_321, _) | (_, 2_018_300 | 2_018_321) | (100, 2_534_037) => {
            never(ThreadOwnedElsewhere)
        }

        // The platform explains 1545041 in two ways; either way this person is out of reach.
        (551, _) | (_, 1_545_041) => never(RecipientUnreachable),
        (10, 2_018_108 | 1_893_015) => never(RecipientUnreachable),
        (100, 2_018_001 | 2_534_014 | 2_534_029) => never(RecipientUnreachable),

        // An abuse warning about one conversation: slow down there only.
        (613, 2_018_338) => retry(RetryScope::Recipient),
        (4 | 17 | 32 | 613 | 80_006, _) => retry(RetryScope::Connection),
        (1 | 2 | 1200, _) => retry(RetryScope::Recipient),

        (10, 1_893_063) | (368 | 2022, _) | (_, 2022) => never(ConnectionStopped),
        (10, 0 | 2_534_077) => never(ConnectionStopped),
        (102 | 190 | 200..=299, _) | (100, 2_534_013) => never(ConnectionStopped),

        (100 | 2_018_008 | 2_018_109 | 2_018_074 | 2_018_294 | 9_000_001, _) => never(RequestBug),
        (_, 2_018_008 | 2_018_109 | 2_018_074 | 2_018_294 | 9_000_001) => never(RequestBug),

        _ => never(Unrecognised),
    };
    match again {
        Some(scope) => Outcome::Retry {
            after: pause,
            scope,
            once: false,
            detail,
        },
        None => Outcome::Permanent { reason, detail },
    }
}
