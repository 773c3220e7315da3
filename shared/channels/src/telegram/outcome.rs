//! Answers of the Bot API.

use chrono::TimeDelta;
use serde_json::Value;

use super::message_id;
use crate::node::Node;
use crate::outcome::{Detail, FailureReason, Outcome, Response, RetryScope, is_from_gateway};

pub(crate) fn classify(response: &Response<'_>) -> Outcome {
    let body: Value = serde_json::from_slice(response.body).unwrap_or_default();
    let body = Node::root(&body);
    if body.is_true("ok") {
        return accepted(&body);
    }
    if (200..300).contains(&response.status) && !body.has("error_code") {
        return Outcome::Unknown {
            detail: Detail::new("no id", "the answer names no message"),
        };
    }
    refused(response, &body)
}

fn accepted(body: &Node<'_>) -> Outcome {
    let result = body.get("result");
    let result = result.as_ref();
    let chat = result
        .and_then(|result| result.get("chat"))
        .and_then(|chat| chat.int("id"));
    let message = result.and_then(|result| result.int("message_id"));
    let id = chat
        .zip(message)
        .and_then(|(chat, message)| message_id(chat, message));
    match id {
        Some(id) => Outcome::Accepted { id, held: false },
        None => Outcome::Unknown {
            detail: Detail::new("no id", "the answer names no message"),
        },
    }
}

fn refused(response: &Response<'_>, body: &Node<'_>) -> Outcome {
    let code = body
        .int("error_code")
        .unwrap_or_else(|| i64::from(response.status));
    let description = body.text("description").unwrap_or_default();
    let detail = Detail::new(code.to_string(), &description);
    let parameters = body.get("parameters");
    let parameters = parameters.as_ref();
    let pause = parameters
        .and_then(|parameters| parameters.int("retry_after"))
        .and_then(TimeDelta::try_seconds)
        .or_else(|| response.pause());
    // Only groups move, and follow-ups go to one person.
    let moved = parameters.is_some_and(|parameters| parameters.has("migrate_to_chat_id"));
    let retry = |scope| Outcome::Retry {
        after: pause,
        scope,
        once: false,
        detail: detail.clone(),
    };
    let reason = match (code, moved) {
        (400, true) => FailureReason::RecipientUnreachable,
        (429, _) => return retry(RetryScope::Connection),
        (status, _) if is_from_gateway(status) => return Outcome::Unknown { detail },
        (500.., _) => return retry(RetryScope::Recipient),
        // Blocked, deactivated, or the customer never started the bot.
        (403, _) => FailureReason::RecipientUnreachable,
        (400, false) if names_nobody(&description) => FailureReason::RecipientUnreachable,
        (401 | 404, _) => FailureReason::ConnectionStopped,
        (400 | 409 | 413, _) => FailureReason::RequestBug,
        _ => FailureReason::Unrecognised,
    };
    Outcome::Permanent { reason, detail }
}

/// Both "nobody there" and "bad request" are 400; only the words tell them apart.
fn names_nobody(description: &str) -> bool {
    let description = description.to_ascii_lowercase();
    ["chat not found", "peer_id_invalid", "user not found"]
        .iter()
        .any(|words| description.contains(words))
}
