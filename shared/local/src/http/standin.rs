//! How a platform accepts a message. Told apart by host and body, as the answers differ.

use std::sync::atomic::{AtomicU64, Ordering};

use app::ports::HttpResponse;
use channels::{HttpRequest, Method};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// All platforms at once. Ids are counted on from the moment the process started, so that they
/// replay on a standing clock and do not meet those of an earlier process.
pub(super) struct StandIn {
    epoch: i64,
    count: AtomicU64,
}

impl StandIn {
    pub(super) fn starting_at(now: DateTime<Utc>) -> Self {
        Self {
            epoch: now.timestamp(),
            count: AtomicU64::new(0),
        }
    }

    pub(super) fn accept(&self, request: &HttpRequest, now: DateTime<Utc>) -> HttpResponse {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let (host, path) = split(&request.url);
        let (status, answer) = match host {
            "api.telegram.org" => (200, self.telegram(path, &body, now)),
            host if host.starts_with("graph.") => (200, self.graph(request.method, &body)),
            "api.twilio.com" => (201, self.twilio(path)),
            _ if path == "/v2/email/outbound-emails" => (200, json!({"MessageId": self.id("01")})),
            _ => (200, json!({"ok": true})),
        };
        HttpResponse {
            status,
            retry_after: None,
            body: answer.to_string().into_bytes(),
        }
    }

    fn graph(&self, method: Method, body: &Value) -> Value {
        if method == Method::Get {
            return json!({"data": []});
        }
        let is_whatsapp = body["messaging_product"] == "whatsapp";
        if is_whatsapp && body["status"].is_null() {
            let to = body["to"]
                .as_str()
                .or(body["recipient"].as_str())
                .unwrap_or_default();
            return json!({
                "messaging_product": "whatsapp",
                "contacts": [{"input": to, "wa_id": to.trim_start_matches('+')}],
                "messages": [{"id": format!("wamid.{}", self.id("LOCAL")), "message_status": "accepted"}],
            });
        }
        match &body["recipient"]["id"] {
            Value::Null => json!({"success": true}),
            user if body["message"].is_null() => json!({"recipient_id": user}),
            user => json!({"recipient_id": user, "message_id": self.id("m_")}),
        }
    }

    fn telegram(&self, path: &str, body: &Value, now: DateTime<Utc>) -> Value {
        let result = match path.rsplit('/').next().unwrap_or_default() {
            "getMe" => json!({
                "id": 1, "is_bot": true, "first_name": "Nachfass", "username": "nachfass_local_bot",
            }),
            "sendChatAction" => json!(true),
            send if send.starts_with("send") => json!({
                "message_id": self.number(),
                "date": now.timestamp(),
                "chat": {"id": body["chat_id"], "type": "private"},
                "text": body["text"],
            }),
            _ => json!(true),
        };
        json!({"ok": true, "result": result})
    }

    fn twilio(&self, path: &str) -> Value {
        let prefix = if path.ends_with("/Calls.json") {
            "CA"
        } else {
            "SM"
        };
        json!({"sid": self.id(prefix), "status": "queued"})
    }

    fn id(&self, prefix: &str) -> String {
        format!(
            "{prefix}{:010x}{:08x}",
            self.epoch,
            self.count.fetch_add(1, Ordering::Relaxed) + 1
        )
    }

    /// Telegram counts messages per chat; a number that only grows is as good.
    fn number(&self) -> i64 {
        let count = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        self.epoch
            .saturating_mul(1_000)
            .saturating_add(i64::try_from(count).unwrap_or(i64::MAX))
    }
}

/// Host (without port) and path of an address.
pub(super) fn split(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = rest
        .find('/')
        .map_or((rest, "/"), |slash| rest.split_at(slash));
    let host = authority.rsplit('@').next().unwrap_or_default();
    (host.split(':').next().unwrap_or_default(), path)
}
