//! The content of a message: the one field among many that is present.

use domain::content::{ContactCard, Content, Degrees, Location, Media, MediaKind};
use serde_json::Value;

use crate::node::{Node, kept};

/// The content. A field nobody knows is still a message.
pub(crate) fn read(message: &Node<'_>) -> Content {
    known(message).unwrap_or_else(|| Content::Unsupported {
        kind: unknown_kind(message),
    })
}

fn known(message: &Node<'_>) -> Option<Content> {
    if let Some(text) = message.text("text") {
        return Some(Content::Text { text });
    }
    media(message)
        .map(Content::Media)
        .or_else(|| location(message).map(Content::Location))
        .or_else(|| contact(message))
        .or_else(|| form(message))
}

fn media(message: &Node<'_>) -> Option<Media> {
    // An animation also fills `document`, so the more exact field comes first.
    const FIELDS: [(&str, MediaKind); 7] = [
        ("animation", MediaKind::Video),
        ("video", MediaKind::Video),
        ("video_note", MediaKind::Video),
        ("audio", MediaKind::Audio),
        ("voice", MediaKind::Audio),
        ("sticker", MediaKind::Sticker),
        ("document", MediaKind::Document),
    ];
    let found = FIELDS
        .into_iter()
        .find_map(|(field, kind)| Some((message.get(field)?, kind)));
    // Of a photo's sizes the last is the largest.
    let (file, kind) = match found {
        Some(found) => found,
        None => (message.list("photo").pop()?, MediaKind::Image),
    };
    Some(Media {
        kind,
        id: file.text("file_id"),
        link: None,
        caption: message.text("caption"),
        filename: file.text("file_name"),
        mime: file.text("mime_type"),
    })
}

fn location(message: &Node<'_>) -> Option<Location> {
    let venue = message.get("venue");
    let point = venue
        .as_ref()
        .and_then(|venue| venue.get("location"))
        .or_else(|| message.get("location"))?;
    Some(Location {
        latitude: Degrees::parse(point.float("latitude")?).ok()?,
        longitude: Degrees::parse(point.float("longitude")?).ok()?,
        name: venue.as_ref().and_then(|venue| venue.text("title")),
        address: venue.as_ref().and_then(|venue| venue.text("address")),
    })
}

fn contact(message: &Node<'_>) -> Option<Content> {
    let contact = message.get("contact")?;
    let sender = message.get("from").and_then(|from| from.int("id"));
    let names = [contact.text("first_name"), contact.text("last_name")];
    let name = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
    Some(Content::Contacts {
        contacts: vec![ContactCard {
            name: (!name.is_empty()).then_some(name),
            phones: contact.text("phone_number").into_iter().collect(),
            own: sender.is_some() && contact.int("user_id") == sender,
        }],
    })
}

fn form(message: &Node<'_>) -> Option<Content> {
    let form = message.get("web_app_data")?;
    let data = form.text("data");
    Some(Content::Form {
        name: form.text("button_text"),
        answers: data.map(|data| kept(serde_json::from_str(&data).unwrap_or(Value::String(data)))),
    })
}

/// The first field that is neither envelope nor decoration.
fn unknown_kind(message: &Node<'_>) -> String {
    const ENVELOPE: [&str; 12] = [
        "message_id",
        "date",
        "chat",
        "from",
        "sender_chat",
        "edit_date",
        "reply_to_message",
        "forward_origin",
        "media_group_id",
        "message_thread_id",
        "caption",
        "reply_markup",
    ];
    message
        .keys()
        .find(|key| !ENVELOPE.contains(key))
        .unwrap_or("empty")
        .to_owned()
}
