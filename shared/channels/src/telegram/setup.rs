//! What a bot needs besides messages: its webhook, and the answer to a tap.

use domain::channel::TextLimit;
use serde_json::json;

use super::outbound::url;
use crate::http::HttpRequest;
use crate::outbound::{Account, OutboundError, check_link, check_text};

/// Tells Telegram where to post updates, and which.
///
/// `secret` comes back in every call, see [`crate::verify::telegram`].
pub fn set_webhook(
    account: &Account<'_>,
    address: &str,
    secret: &str,
) -> Result<HttpRequest, OutboundError> {
    check_link("webhook.address", address)?;
    check_text("webhook.secret", secret, TextLimit::Bytes(256))?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !secret.chars().all(allowed) {
        return Err(OutboundError::Invalid {
            field: "webhook.secret",
            reason: "has characters other than letters, digits, hyphens and underscores",
            remedy: "choose another secret",
        });
    }
    let body = json!({
        "url": address,
        "secret_token": secret,
        "allowed_updates": [
            "message",
            "edited_message",
            "callback_query",
            "my_chat_member",
            "message_reaction",
        ],
    });
    Ok(HttpRequest::post_json(url(account, "setWebhook")?, &body))
}

/// Acknowledges a tap, so that the customer's app stops waiting.
pub fn answer_tap(account: &Account<'_>, tap: &str) -> Result<HttpRequest, OutboundError> {
    let body = json!({ "callback_query_id": tap });
    Ok(HttpRequest::post_json(
        url(account, "answerCallbackQuery")?,
        &body,
    ))
}
