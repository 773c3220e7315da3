//! The content of a page message: text, quick replies, attachments.

use domain::content::{Content, Degrees, Location, Media, MediaKind};

use crate::node::Node;

/// What the message says, and its further parts.
///
/// Text beside a picture is the picture's caption; text beside a shared post stays the
/// message and the post follows.
pub(crate) fn read(message: &Node<'_>) -> (Content, Vec<Content>) {
    let text = message.text("text");
    if let (Some(title), Some(tap)) = (&text, message.get("quick_reply")) {
        let reply = Content::Reply {
            id: tap.text("payload"),
            title: title.clone(),
        };
        return (reply, Vec::new());
    }
    let mut parts: Vec<Content> = message.list("attachments").iter().map(part).collect();
    parts.extend(
        message
            .at(&["reply_to", "story"])
            .map(|story| Content::Share {
                kind: "story_reply".to_owned(),
                url: story.text("url"),
                title: None,
            }),
    );
    match (text, parts.first_mut()) {
        (Some(text), Some(Content::Media(media))) => media.caption = Some(text),
        (Some(text), _) => parts.insert(0, Content::Text { text }),
        (None, Some(_)) => {}
        (None, None) => parts.push(Content::Unsupported {
            kind: empty_kind(message).to_owned(),
        }),
    }
    let first = parts.remove(0);
    (first, parts)
}

fn empty_kind(message: &Node<'_>) -> &'static str {
    if message.is_true("is_unsupported") {
        "unsupported"
    } else {
        "empty"
    }
}

fn part(attachment: &Node<'_>) -> Content {
    let kind = attachment
        .text("type")
        .unwrap_or_else(|| "no type".to_owned());
    let payload = attachment.get("payload");
    let payload = payload.as_ref();
    let url = payload
        .and_then(|payload| payload.text("url"))
        .or_else(|| attachment.text("url"));
    let media = |kind| {
        Content::Media(Media {
            id: payload.and_then(|payload| {
                payload
                    .text("sticker_id")
                    .or_else(|| payload.text("attachment_id"))
            }),
            link: url.clone(),
            ..Media::empty(kind)
        })
    };
    match kind.as_str() {
        // Until August 2026 stickers came as pictures with an id beside them.
        "image" if payload.is_some_and(|payload| payload.has("sticker_id")) => {
            media(MediaKind::Sticker)
        }
        "image" | "ephemeral" => media(MediaKind::Image),
        "video" => media(MediaKind::Video),
        "audio" => media(MediaKind::Audio),
        "file" => media(MediaKind::Document),
        "sticker" => media(MediaKind::Sticker),
        "location" => payload
            .and_then(location)
            .unwrap_or(Content::Unsupported { kind }),
        "fallback" | "share" | "reel" | "ig_reel" | "post" | "ig_post" | "story_mention"
        | "template" => Content::Share {
            kind,
            url,
            title: payload
                .and_then(|payload| payload.text("title"))
                .or_else(|| attachment.text("title")),
        },
        _ => Content::Unsupported { kind },
    }
}

fn location(payload: &Node<'_>) -> Option<Content> {
    let coordinates = payload.get("coordinates")?;
    Some(Content::Location(Location {
        latitude: Degrees::parse(coordinates.float("lat")?).ok()?,
        longitude: Degrees::parse(coordinates.float("long")?).ok()?,
        name: payload.text("title"),
        address: None,
    }))
}
