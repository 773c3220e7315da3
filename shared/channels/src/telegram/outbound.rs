//! The method and the body of a send. Telegram returns no string of ours, so a send whose
//! answer was lost stays unknown.

use domain::channel::Channel;
use domain::content::{Content, Media, MediaKind};
use serde_json::{Value, json};

use super::number_in_chat;
use crate::http::HttpRequest;
use crate::outbound::{Account, OutboundError, OutboundMessage, To, check_link, check_text};

pub(crate) fn request(
    account: &Account<'_>,
    to: &To,
    message: &OutboundMessage,
) -> Result<HttpRequest, OutboundError> {
    let (method, mut body) = content(&message.content)?;
    body["chat_id"] = chat_id(to);
    if let Some(quoted) = message.reply_to.as_ref().and_then(number_in_chat) {
        // A quoted message may be gone by now; the answer is worth more than the quote.
        body["reply_parameters"] =
            json!({ "message_id": quoted, "allow_sending_without_reply": true });
    }
    Ok(HttpRequest::post_json(url(account, method)?, &body))
}

/// The address of a method. The token is part of it.
pub(crate) fn url(account: &Account<'_>, method: &str) -> Result<String, OutboundError> {
    let base = account.checked_base_url()?;
    let token = account.checked_token()?;
    Ok(format!("{base}/bot{token}/{method}"))
}

/// A number where it is one, as the platform writes it itself.
fn chat_id(to: &To) -> Value {
    let user = to.user.reveal();
    user.parse::<i64>()
        .map_or_else(|_| user.into(), Value::from)
}

fn content(content: &Content) -> Result<(&'static str, Value), OutboundError> {
    match content {
        Content::Text { text } => {
            check_text("text", text, Channel::Telegram.text_limit())?;
            Ok(("sendMessage", json!({ "text": text })))
        }
        Content::Media(item) => media(item),
        Content::Location(place) => Ok((
            "sendLocation",
            json!({
                "latitude": place.latitude.degrees(),
                "longitude": place.longitude.degrees(),
            }),
        )),
        Content::Template(_) => Err(OutboundError::NotSupported {
            channel: Channel::Telegram,
            what: "templates",
            remedy: "send text: this channel has no window",
        }),
        _ => Err(OutboundError::NotSupported {
            channel: Channel::Telegram,
            what: "this kind of content",
            remedy: "send text, media or a location",
        }),
    }
}

fn media(media: &Media) -> Result<(&'static str, Value), OutboundError> {
    let (method, field) = match media.kind {
        MediaKind::Image => ("sendPhoto", "photo"),
        MediaKind::Video => ("sendVideo", "video"),
        MediaKind::Audio => ("sendAudio", "audio"),
        MediaKind::Document => ("sendDocument", "document"),
        MediaKind::Sticker => ("sendSticker", "sticker"),
    };
    let file = match (&media.id, &media.link) {
        (Some(id), _) => id,
        (None, Some(link)) => {
            check_link("media.link", link)?;
            link
        }
        (None, None) => return Err(OutboundError::no_media()),
    };
    let mut body = json!({ field: file });
    if let Some(caption) = &media.caption {
        if media.kind == MediaKind::Sticker {
            return Err(OutboundError::Invalid {
                field: "media.caption",
                reason: "is not shown under stickers",
                remedy: "send the text as a message of its own",
            });
        }
        check_text("media.caption", caption, Channel::Telegram.caption_limit())?;
        body["caption"] = caption.as_str().into();
    }
    Ok((method, body))
}
