//! The body of a send.

use domain::channel::{Channel, TextLimit};
use domain::content::{
    ButtonParameter, ButtonValue, Content, HeaderParameter, Location, Media, MediaKind,
    TemplateMessage, TextParameter,
};
use serde_json::{Map, Value, json};

use super::parameters;
use crate::http::HttpRequest;
use crate::meta::graph;
use crate::outbound::{Account, OutboundError, OutboundMessage, To, check_link, check_text};

/// The longest string the platform passes through in its reports.
const CALLBACK_CHARS: usize = 512;

pub(crate) fn request(
    account: &Account<'_>,
    to: &To,
    message: &OutboundMessage,
) -> Result<HttpRequest, OutboundError> {
    let url = graph::url(account, account.id, "messages")?;
    message.check_correlation(CALLBACK_CHARS)?;
    let (kind, content) = content(&message.content)?;
    let mut body = json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "type": kind,
        "biz_opaque_callback_data": message.correlation,
    });
    body[kind] = content;
    let (field, address) = recipient(to);
    body[field] = address.into();
    if let Some(quoted) = &message.reply_to {
        body["context"] = json!({ "message_id": quoted.reveal() });
    }
    Ok(HttpRequest::post_json(url, &body).bearer(account.checked_token()?))
}

/// `to` takes phone numbers, always with `+`, or else the platform puts the country code of
/// the business in front; `recipient` takes business-scoped ids.
fn recipient(to: &To) -> (&'static str, String) {
    let user = to.user.reveal();
    if is_phone(user) {
        return ("to", format!("+{}", user.trim_start_matches('+')));
    }
    match &to.phone {
        Some(phone) if !is_scoped(user) => ("to", phone.reveal().to_owned()),
        _ => ("recipient", user.to_owned()),
    }
}

fn is_phone(user: &str) -> bool {
    let digits = user.trim_start_matches('+');
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// A country, a dot and the id: `DE.1349…`.
fn is_scoped(user: &str) -> bool {
    user.split_once('.').is_some_and(|(country, id)| {
        country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase()) && !id.is_empty()
    })
}

fn content(content: &Content) -> Result<(&'static str, Value), OutboundError> {
    match content {
        Content::Text { text } => {
            check_text("text", text, Channel::WhatsApp.text_limit())?;
            let has_link = text.contains("https://") || text.contains("http://");
            Ok(("text", json!({ "body": text, "preview_url": has_link })))
        }
        Content::Media(item) => Ok((media_kind(item.kind), media(item)?)),
        Content::Template(message) => Ok(("template", template(message)?)),
        Content::Location(place) => Ok(("location", location(place))),
        Content::Reaction { target, emoji } => Ok((
            "reaction",
            json!({ "message_id": target.reveal(), "emoji": emoji.as_deref().unwrap_or("") }),
        )),
        _ => Err(OutboundError::NotSupported {
            channel: Channel::WhatsApp,
            what: "this kind of content",
            remedy: "send text, media, a location or a template",
        }),
    }
}

fn media_kind(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Image => "image",
        MediaKind::Video => "video",
        MediaKind::Audio => "audio",
        MediaKind::Document => "document",
        MediaKind::Sticker => "sticker",
    }
}

fn media(media: &Media) -> Result<Value, OutboundError> {
    let mut body = source(media)?;
    if let Some(caption) = &media.caption {
        if matches!(media.kind, MediaKind::Audio | MediaKind::Sticker) {
            return Err(OutboundError::Invalid {
                field: "media.caption",
                reason: "is not shown under audio and stickers",
                remedy: "send the text as a message of its own",
            });
        }
        check_text("media.caption", caption, Channel::WhatsApp.caption_limit())?;
        body.insert("caption".to_owned(), caption.as_str().into());
    }
    Ok(Value::Object(body))
}

/// By id or by link, with the file's name where it is shown.
fn source(media: &Media) -> Result<Map<String, Value>, OutboundError> {
    let mut body = Map::new();
    match (&media.id, &media.link) {
        (Some(id), _) => body.insert("id".to_owned(), id.as_str().into()),
        (None, Some(link)) => {
            check_link("media.link", link)?;
            body.insert("link".to_owned(), link.as_str().into())
        }
        (None, None) => return Err(OutboundError::no_media()),
    };
    if let (MediaKind::Document, Some(filename)) = (media.kind, &media.filename) {
        body.insert("filename".to_owned(), filename.as_str().into());
    }
    Ok(body)
}

fn location(place: &Location) -> Value {
    let mut body = json!({
        "latitude": place.latitude.degrees(),
        "longitude": place.longitude.degrees(),
    });
    if let Some(name) = &place.name {
        body["name"] = name.as_str().into();
    }
    if let Some(address) = &place.address {
        body["address"] = address.as_str().into();
    }
    body
}

/// Components without variables are left out altogether; the platform insists.
fn template(message: &TemplateMessage) -> Result<Value, OutboundError> {
    check_text("template.name", &message.name, TextLimit::Chars(512))?;
    check_text("template.language", &message.language, TextLimit::Chars(15))?;
    parameters::check_values(message)?;
    let mut components = Vec::new();
    if let Some(header) = &message.header {
        components.push(json!({ "type": "header", "parameters": [header_parameter(header)?] }));
    }
    if !message.body.is_empty() {
        let values: Vec<Value> = message.body.iter().map(text_parameter).collect();
        components.push(json!({ "type": "body", "parameters": values }));
    }
    components.extend(message.buttons.iter().map(button));
    let mut body = json!({
        "name": message.name,
        "language": { "code": message.language },
    });
    if !components.is_empty() {
        body["components"] = components.into();
    }
    Ok(body)
}

fn header_parameter(header: &HeaderParameter) -> Result<Value, OutboundError> {
    match header {
        HeaderParameter::Text(value) => Ok(text_parameter(value)),
        HeaderParameter::Location(place) => {
            Ok(json!({ "type": "location", "location": location(place) }))
        }
        HeaderParameter::Media(item) => {
            let kind = media_kind(item.kind);
            let mut body = json!({ "type": kind });
            body[kind] = Value::Object(source(item)?);
            Ok(body)
        }
    }
}

fn text_parameter(value: &TextParameter) -> Value {
    let mut body = json!({ "type": "text", "text": value.text });
    if let Some(name) = &value.name {
        body["parameter_name"] = name.as_str().into();
    }
    body
}

fn button(button: &ButtonParameter) -> Value {
    let (kind, value) = match &button.value {
        ButtonValue::Url { suffix } => ("url", json!({ "type": "text", "text": suffix })),
        ButtonValue::QuickReply { payload } => (
            "quick_reply",
            json!({ "type": "payload", "payload": payload }),
        ),
        ButtonValue::CopyCode { code } => (
            "copy_code",
            json!({ "type": "coupon_code", "coupon_code": code }),
        ),
    };
    json!({
        "type": "button",
        "sub_type": kind,
        "index": button.index.to_string(),
        "parameters": [value],
    })
}
