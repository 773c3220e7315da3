//! Messages in the business's own app or website: stored, read there, and told by a webhook.

use chrono::{DateTime, Utc};
use domain::channel::ProviderMessageId;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::http::HttpRequest;
use crate::outbound::{OutboundError, check_link};
use crate::outcome::{Detail, FailureReason, Outcome, Response, RetryScope, TransportError};
use crate::standard_webhooks::{Secret, headers};

/// A message in the app. `Debug` hides what it says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InAppMessage {
    /// Its id; the webhook's, too.
    pub id: String,
    /// The conversation it belongs to.
    pub conversation: String,
    /// Whom it is for.
    pub customer: String,
    /// What it says.
    pub text: String,
    /// Where a tap leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When the customer saw it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at: Option<DateTime<Utc>>,
}

impl std::fmt::Debug for InAppMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InAppMessage")
            .field("id", &self.id)
            .field("created_at", &self.created_at)
            .field("read_at", &self.read_at)
            .finish_non_exhaustive()
    }
}

impl InAppMessage {
    /// The customer saw it. The first time counts.
    #[must_use]
    pub fn read(mut self, at: DateTime<Utc>) -> Self {
        self.read_at.get_or_insert(at.max(self.created_at));
        self
    }
}

/// The webhook that tells the app of a message. Every attempt has the same id, so that the app
/// can tell a repetition; `now` is the time of this attempt.
pub fn created(
    address: &str,
    message: &InAppMessage,
    secrets: &[Secret],
    now: DateTime<Utc>,
) -> Result<HttpRequest, OutboundError> {
    check_link("webhook.address", address)?;
    if secrets.is_empty() {
        return Err(OutboundError::Empty {
            field: "webhook.secrets",
            remedy: "create a signing secret first",
        });
    }
    if message.id.is_empty() || message.id.contains('.') || !message.id.is_ascii() {
        return Err(OutboundError::Invalid {
            field: "message.id",
            reason: "is empty or has a dot",
            remedy: "use one of our own ids",
        });
    }
    let body = json!({
        "type": "in_app_message.created",
        "timestamp": message.created_at,
        "data": message,
    });
    let mut request = HttpRequest::post_json(address.to_owned(), &body);
    let signed = headers(&message.id, now, &request.body, secrets);
    request.headers.extend(signed);
    Ok(request)
}

/// Reads the answer for the message of this id. An attempt may always be repeated, also when no
/// answer came: the app knows the id.
pub fn classify(id: &ProviderMessageId, answer: Result<Response<'_>, TransportError>) -> Outcome {
    let retry = |after, detail| Outcome::Retry {
        after,
        scope: RetryScope::Connection,
        once: false,
        detail,
    };
    let response = match answer {
        Ok(response) => response,
        Err(TransportError::NotSent(reason) | TransportError::MaybeSent(reason)) => {
            return retry(None, Detail::new("no answer", &reason));
        }
    };
    let detail = Detail::http(response.status);
    match response.status {
        200..300 => Outcome::Accepted {
            id: id.clone(),
            held: false,
        },
        // The receiver wants no more of it.
        410 => Outcome::Permanent {
            reason: FailureReason::ConnectionStopped,
            detail,
        },
        _ => retry(response.pause(), detail),
    }
}
