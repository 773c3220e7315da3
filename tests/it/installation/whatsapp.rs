//! What the WhatsApp Cloud API sends.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// The phone number id of the connection.
pub(crate) const ACCOUNT: &str = "106540352242922";

/// Everybody has a phone of their own.
pub(crate) fn phone(user: &str) -> String {
    let mixed = user.bytes().fold(7_u64, |mixed, byte| {
        mixed.wrapping_mul(31).wrapping_add(u64::from(byte))
    });
    format!("49151{:08}", mixed % 100_000_000)
}

/// One element of `messages`.
pub(crate) fn text(user: &str, id: &str, at: DateTime<Utc>, text: &str) -> Value {
    json!({
        "from": phone(user), "from_user_id": user, "id": id,
        "timestamp": at.timestamp().to_string(), "type": "text", "text": {"body": text},
    })
}

/// One element of `message_echoes`: somebody answered in the business app.
pub(crate) fn echo(user: &str, id: &str, at: DateTime<Utc>, text: &str) -> Value {
    json!({
        "from": "4930555123", "to": phone(user), "id": id,
        "timestamp": at.timestamp().to_string(), "type": "text", "text": {"body": text},
    })
}

/// One element of `statuses`.
pub(crate) fn status(user: &str, id: &str, status: &str, at: DateTime<Utc>, data: &str) -> Value {
    json!({
        "id": id, "status": status, "timestamp": at.timestamp().to_string(),
        "recipient_id": phone(user), "recipient_user_id": user,
        "biz_opaque_callback_data": data,
    })
}

/// A change with one list of elements.
pub(crate) fn change(user: &str, list: &str, elements: Vec<Value>) -> Value {
    let field = if list == "message_echoes" {
        "smb_message_echoes"
    } else {
        "messages"
    };
    json!({"field": field, "value": {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "4930555123", "phone_number_id": ACCOUNT},
        "contacts": [{"profile": {"name": "Anna Lindner"}, "wa_id": phone(user), "user_id": user}],
        list: elements,
    }})
}

/// The body of a webhook.
pub(crate) fn body(entries: Vec<Vec<Value>>) -> Value {
    let entries: Vec<Value> = entries
        .into_iter()
        .map(|changes| json!({"id": "102290129340398", "changes": changes}))
        .collect();
    json!({"object": "whatsapp_business_account", "entry": entries})
}
