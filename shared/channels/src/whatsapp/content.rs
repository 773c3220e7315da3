//! The content of a message, by its `type`.

use domain::content::{
    ContactCard, Content, Degrees, Location, Media, MediaKind, Order, OrderItem,
};
use serde_json::Value;

use crate::node::{Node, kept};

/// The content. A type nobody knows, or one without its fields, is still a message.
pub(crate) fn read(message: &Node<'_>) -> Content {
    let kind = message.text("type").unwrap_or_else(|| "no type".to_owned());
    let detail = message.get(&kind);
    let known = detail.and_then(|detail| known(&kind, &detail));
    known.unwrap_or_else(|| unsupported(&hidden_kind(message, &kind)))
}

pub(crate) fn unsupported(kind: &str) -> Content {
    Content::Unsupported {
        kind: kind.to_owned(),
    }
}

/// What an `unsupported` message was before the platform hid it.
fn hidden_kind(message: &Node<'_>, kind: &str) -> String {
    message
        .get("unsupported")
        .and_then(|unsupported| unsupported.text("type"))
        .unwrap_or_else(|| kind.to_owned())
}

fn known(kind: &str, detail: &Node<'_>) -> Option<Content> {
    Some(match kind {
        "text" => Content::text(detail.text("body")?),
        "image" => media(MediaKind::Image, detail),
        "video" => media(MediaKind::Video, detail),
        "audio" | "voice" => media(MediaKind::Audio, detail),
        "document" => media(MediaKind::Document, detail),
        "sticker" => media(MediaKind::Sticker, detail),
        "location" => Content::Location(location(detail)?),
        "contacts" => contacts(detail)?,
        "button" => Content::Reply {
            id: detail.text("payload"),
            title: detail.text("text")?,
        },
        "interactive" => interactive(detail)?,
        "reaction" => Content::Reaction {
            target: detail.message_id("message_id")?,
            emoji: detail.text("emoji"),
        },
        "order" => order(detail),
        _ => return None,
    })
}

fn media(kind: MediaKind, detail: &Node<'_>) -> Content {
    Content::Media(Media {
        kind,
        id: detail.text("id"),
        link: detail.text("url").or_else(|| detail.text("link")),
        caption: detail.text("caption"),
        filename: detail.text("filename"),
        mime: detail.text("mime_type"),
    })
}

fn location(detail: &Node<'_>) -> Option<Location> {
    Some(Location {
        latitude: Degrees::parse(detail.float("latitude")?).ok()?,
        longitude: Degrees::parse(detail.float("longitude")?).ok()?,
        name: detail.text("name"),
        address: detail.text("address"),
    })
}

fn contacts(list: &Node<'_>) -> Option<Content> {
    let contacts = list.elements()?;
    let contacts = contacts.iter().map(|contact| {
        let name = contact.get("name");
        ContactCard {
            name: name.and_then(|name| name.text("formatted_name")),
            phones: contact
                .list("phones")
                .iter()
                .filter_map(|phone| phone.text("phone").or_else(|| phone.text("wa_id")))
                .collect(),
            own: contact.text("origin").as_deref() == Some("contact_request"),
        }
    });
    Some(Content::Contacts {
        contacts: contacts.collect(),
    })
}

fn interactive(detail: &Node<'_>) -> Option<Content> {
    let kind = detail.text("type")?;
    let answer = detail.get(&kind)?;
    match kind.as_str() {
        "button_reply" | "list_reply" => Some(Content::Reply {
            id: answer.text("id"),
            title: answer.text("title")?,
        }),
        "nfm_reply" => Some(Content::Form {
            name: answer.text("name"),
            answers: answer.get("response_json").map(|json| form_answers(&json)),
        }),
        _ => None,
    }
}

/// A form's answers are JSON inside a text; text that is no JSON stays text.
fn form_answers(json: &Node<'_>) -> Value {
    let value = json.value();
    let answers = value
        .as_str()
        .and_then(|text| serde_json::from_str(text).ok());
    kept(answers.unwrap_or_else(|| value.clone()))
}

fn order(detail: &Node<'_>) -> Content {
    let items = detail.list("product_items");
    let items = items.iter().filter_map(|item| {
        Some(OrderItem {
            product: item.text("product_retailer_id")?,
            quantity: item
                .int("quantity")
                .and_then(|quantity| u32::try_from(quantity).ok())
                .unwrap_or(1),
            price: item.text("item_price"),
            currency: item.text("currency"),
        })
    });
    Content::Order(Order {
        catalog: detail.text("catalog_id"),
        text: detail.text("text"),
        items: items.collect(),
    })
}
