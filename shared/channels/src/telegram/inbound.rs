//! One update per call; at most one of its optional objects is present.

use chrono::{DateTime, Utc};
use domain::channel::{Channel, ChannelUser, PhoneNumber, ProviderMessageId};

use super::{content, message_id};
use crate::inbound::{
    Draft, InboundEvent, InboundKind, InboundMessage, Postback, Profile, Reaching, Referral,
    fingerprint,
};
use crate::node::{Node, Problem};

/// Reads the update; the result has exactly one event.
pub(crate) fn parse(body: &Node<'_>, received_at: DateTime<Utc>) -> Vec<InboundEvent> {
    let draft = Draft::new(Channel::Telegram, received_at);
    let dedup = match body.int("update_id") {
        Some(update) => format!("update:{update}"),
        None => fingerprint(body),
    };
    let mut event = read_update(&draft, body)
        .unwrap_or_else(|problem| draft.unknown(body, kind_of(body), Some(problem)));
    event.dedup = dedup;
    vec![event]
}

fn read_update(draft: &Draft, body: &Node<'_>) -> Result<InboundEvent, Problem> {
    if let Some(message) = body.get("message") {
        read_message(draft, &message)
    } else if let Some(message) = body.get("edited_message") {
        read_edit(draft, &message)
    } else if let Some(query) = body.get("callback_query") {
        read_tap(draft, &query)
    } else if let Some(member) = body.get("my_chat_member") {
        read_membership(draft, &member)
    } else if let Some(reaction) = body.get("message_reaction") {
        read_reaction(draft, &reaction)
    } else {
        Ok(draft.unknown(body, kind_of(body), None))
    }
}

fn kind_of<'a>(body: &Node<'a>) -> &'a str {
    body.keys()
        .find(|key| *key != "update_id")
        .unwrap_or("empty update")
}

fn read_message(draft: &Draft, message: &Node<'_>) -> Result<InboundEvent, Problem> {
    let chat = Chat::of(message)?;
    let id = chat.message(message)?;
    let kind = match moved_group(&chat, message).or_else(|| service(message)) {
        Some(kind) => kind,
        None => InboundKind::Message(Box::new(inbound_message(&chat, id, message))),
    };
    let from = message.get("from");
    let mut profile = from.as_ref().map(profile).unwrap_or_default();
    profile.phone = own_phone(message);
    Ok(draft
        .event(message.time("date"), String::new(), kind)
        .by(chat.user(from.as_ref()))
        .with_profile(profile)
        .with_raw_if_unsupported(message))
}

fn inbound_message(chat: &Chat, id: ProviderMessageId, message: &Node<'_>) -> InboundMessage {
    let from = message.get("from");
    let automatic = from.is_some_and(|from| from.is_true("is_bot"))
        || message.is_true("is_automatic_forward")
        || message.is_true("is_from_offline")
        || message.has("via_bot");
    let quoted = message
        .get("reply_to_message")
        .and_then(|quoted| quoted.int("message_id"));
    InboundMessage {
        reply_to: quoted.and_then(|quoted| message_id(chat.id, quoted)),
        referral: start_payload(message).map(|payload| Referral {
            source: Some("start".to_owned()),
            reference: Some(payload),
            ..Referral::default()
        }),
        forwarded: message.has("forward_origin") || message.has("forward_date"),
        automatic,
        group: (!chat.private).then(|| chat.id.to_string()),
        album: message.text("media_group_id"),
        ..InboundMessage::new(id, content::read(message))
    }
}

/// The token of a deep link: the text after `/start`.
fn start_payload(message: &Node<'_>) -> Option<String> {
    let text = message.text("text")?;
    let (command, payload) = text.split_once(' ')?;
    let is_start = command == "/start" || command.starts_with("/start@");
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let well_formed = (1..=64).contains(&payload.len()) && payload.chars().all(allowed);
    (is_start && well_formed).then(|| payload.to_owned())
}

/// Only a customer's own contact card proves the number.
fn own_phone(message: &Node<'_>) -> Option<PhoneNumber> {
    let contact = message.get("contact")?;
    let own = contact.int("user_id")? == message.get("from")?.int("id")?;
    if own {
        contact.phone("phone_number")
    } else {
        None
    }
}

fn moved_group(chat: &Chat, message: &Node<'_>) -> Option<InboundKind> {
    Some(InboundKind::UserIdChanged {
        previous: ChannelUser::parse(&chat.id.to_string()).ok()?,
        current: message.user("migrate_to_chat_id")?,
    })
}

/// Notes of the platform inside a chat.
fn service(message: &Node<'_>) -> Option<InboundKind> {
    const NOTES: [&str; 12] = [
        "new_chat_members",
        "left_chat_member",
        "new_chat_title",
        "new_chat_photo",
        "delete_chat_photo",
        "group_chat_created",
        "supergroup_chat_created",
        "channel_chat_created",
        "pinned_message",
        "migrate_from_chat_id",
        "message_auto_delete_timer_changed",
        "write_access_allowed",
    ];
    let note = NOTES.into_iter().find(|note| message.has(note))?;
    Some(InboundKind::System {
        kind: note.to_owned(),
    })
}

fn read_edit(draft: &Draft, message: &Node<'_>) -> Result<InboundEvent, Problem> {
    let chat = Chat::of(message)?;
    let kind = InboundKind::Edited {
        target: chat.message(message)?,
        content: content::read(message),
        by_business: false,
    };
    let at = message.time("edit_date").or_else(|| message.time("date"));
    let from = message.get("from");
    Ok(draft
        .event(at, String::new(), kind)
        .by(chat.user(from.as_ref()))
        .with_profile(from.as_ref().map(profile).unwrap_or_default()))
}

/// A tap carries no time of its own; the message's time is when the button was sent.
fn read_tap(draft: &Draft, query: &Node<'_>) -> Result<InboundEvent, Problem> {
    let from = query
        .get("from")
        .ok_or_else(|| query.missing("from", "an object"))?;
    let message = query.get("message");
    let chat = message.as_ref().and_then(|message| Chat::of(message).ok());
    let target = message
        .as_ref()
        .zip(chat.as_ref())
        .and_then(|(message, chat)| chat.message(message).ok());
    let payload = query.text("data");
    let kind = InboundKind::Postback(Postback {
        id: Some(query.need_text("id")?),
        title: message
            .as_ref()
            .and_then(|message| button_label(message, payload.as_deref()?)),
        payload,
        target,
        referral: None,
    });
    let user = match &chat {
        Some(chat) => chat.user(Some(&from)),
        None => from.user("id"),
    };
    Ok(draft
        .event(None, String::new(), kind)
        .by(user)
        .with_profile(profile(&from)))
}

fn button_label(message: &Node<'_>, data: &str) -> Option<String> {
    let keyboard = message.get("reply_markup")?.list("inline_keyboard");
    let rows = keyboard.iter().filter_map(Node::elements);
    rows.flatten()
        .find(|button| button.text("callback_data").as_deref() == Some(data))?
        .text("text")
}

/// In a private chat the bot's own membership changes only by block and unblock.
fn read_membership(draft: &Draft, member: &Node<'_>) -> Result<InboundEvent, Problem> {
    let chat = Chat::of(member)?;
    let now = member
        .get("new_chat_member")
        .ok_or_else(|| member.missing("new_chat_member", "an object"))?
        .need_text("status")?;
    let kind = match now.as_str() {
        _ if !chat.private => InboundKind::System {
            kind: format!("bot is {now}"),
        },
        "kicked" | "left" => InboundKind::Reachability {
            state: Reaching::Blocked,
        },
        _ => InboundKind::Reachability {
            state: Reaching::Unblocked,
        },
    };
    let from = member.get("from");
    Ok(draft
        .event(member.time("date"), String::new(), kind)
        .by(chat.user(from.as_ref()))
        .with_profile(from.as_ref().map(profile).unwrap_or_default()))
}

fn read_reaction(draft: &Draft, reaction: &Node<'_>) -> Result<InboundEvent, Problem> {
    let chat = Chat::of(reaction)?;
    let emoji = reaction.list("new_reaction").first().and_then(|first| {
        first
            .text("emoji")
            .or_else(|| first.text("custom_emoji_id"))
    });
    let kind = InboundKind::Reaction {
        target: chat.message(reaction)?,
        emoji,
    };
    let user = reaction.get("user");
    Ok(draft
        .event(reaction.time("date"), String::new(), kind)
        .by(chat.user(user.as_ref()))
        .with_profile(user.as_ref().map(profile).unwrap_or_default()))
}

/// The chat an update belongs to.
struct Chat {
    id: i64,
    private: bool,
}

impl Chat {
    fn of(node: &Node<'_>) -> Result<Self, Problem> {
        let chat = node
            .get("chat")
            .ok_or_else(|| node.missing("chat", "an object"))?;
        Ok(Self {
            id: chat
                .int("id")
                .ok_or_else(|| chat.missing("id", "a number"))?,
            private: chat.text("type").is_none_or(|kind| kind == "private"),
        })
    }

    fn message(&self, node: &Node<'_>) -> Result<ProviderMessageId, Problem> {
        node.int("message_id")
            .and_then(|message| message_id(self.id, message))
            .ok_or_else(|| node.missing("message_id", "a number"))
    }

    /// The person: in a private chat the chat itself, in a group whoever acted.
    fn user(&self, from: Option<&Node<'_>>) -> Option<ChannelUser> {
        if self.private {
            ChannelUser::parse(&self.id.to_string()).ok()
        } else {
            from?.user("id")
        }
    }
}

fn profile(from: &Node<'_>) -> Profile {
    let first = from.text("first_name");
    let display = match (&first, from.text("last_name")) {
        (Some(first), Some(last)) => Some(format!("{first} {last}")),
        (first, last) => first.clone().or(last),
    };
    Profile {
        display_name: display,
        first_name: first,
        username: from.text("username"),
        language: from.text("language_code"),
        phone: None,
    }
}
