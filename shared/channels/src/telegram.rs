//! A Telegram bot.

pub(crate) mod content;
pub(crate) mod inbound;
pub(crate) mod outbound;
pub(crate) mod outcome;
pub mod setup;

use domain::channel::ProviderMessageId;

/// Message ids count per chat, so ours carry the chat: `<chat>:<message>`.
pub(crate) fn message_id(chat: i64, message: i64) -> Option<ProviderMessageId> {
    ProviderMessageId::parse(&format!("{chat}:{message}")).ok()
}

/// The message's number inside its chat.
pub(crate) fn number_in_chat(id: &ProviderMessageId) -> Option<i64> {
    id.reveal().rsplit(':').next()?.parse().ok()
}
