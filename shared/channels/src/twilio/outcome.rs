//! Answers, and the numbers in failure reports.

use domain::channel::ProviderMessageId;
use serde_json::Value;

use crate::node::Node;
use crate::outcome::{Detail, FailureReason, Outcome, Response, RetryScope};

/// Reads the answer to an SMS or a call.
pub fn classify(response: &Response<'_>) -> Outcome {
    let body: Value = serde_json::from_slice(response.body).unwrap_or_default();
    let body = Node::root(&body);
    if (200..300).contains(&response.status) {
        return match body.message_id("sid") {
            // The provider may take a message and refuse it in the same breath.
            Some(id) => match body.int("error_code") {
                None => Outcome::Accepted { id, held: false },
                Some(code) => by_code(code, 400, &text(&body, "error_message"), response),
            },
            None => Outcome::Unknown {
                detail: Detail::new("no id", "the answer names no message"),
            },
        };
    }
    let title = text(&body, "message");
    match body.int("code") {
        Some(code) => by_code(code, response.status, &title, response),
        None => by_status(response, &title),
    }
}

/// Reads the error of a report that says `failed` or `undelivered`.
pub fn classify_report(code: Option<i64>) -> Outcome {
    let nothing = Response {
        status: 400,
        retry_after: None,
        body: b"",
    };
    match code {
        Some(code) => match by_code(code, 400, "reported by the provider", &nothing) {
            // It was taken and did not get through. It is not sent again: what was worth a message
            // then is for the next rule, or for a person.
            Outcome::Retry {
                scope: RetryScope::Recipient,
                detail,
                ..
            } => Outcome::Permanent {
                reason: FailureReason::NotDelivered,
                detail,
            },
            outcome => outcome,
        },
        None => Outcome::Permanent {
            reason: FailureReason::Unrecognised,
            detail: Detail::new("failed", "the provider gave no reason"),
        },
    }
}

/// The provider's id of an accepted message, and how many segments it counted (0: not yet).
pub fn accepted(response: &Response<'_>) -> Option<(ProviderMessageId, u32)> {
    let body: Value = serde_json::from_slice(response.body).ok()?;
    let body = Node::root(&body);
    let segments = body.int("num_segments").unwrap_or_default();
    Some((body.message_id("sid")?, segments.try_into().ok()?))
}

fn text(body: &Node<'_>, key: &str) -> String {
    body.text(key).unwrap_or_default()
}

fn by_code(code: i64, status: u16, title: &str, response: &Response<'_>) -> Outcome {
    let detail = Detail::new(code.to_string(), title);
    let retry = |scope, once| Outcome::Retry {
        after: response.pause(),
        scope,
        once,
        detail: detail.clone(),
    };
    let reason = match code {
        // Queue overflow, too many requests, rate limits.
        20_429 | 30_001 | 30_022 | 14_107 | 21_611 | 63_018 => {
            return retry(RetryScope::Connection, false);
        }
        20_500 | 20_503 => return retry(RetryScope::Recipient, false),
        // The phone is off or has no network.
        30_003 => return retry(RetryScope::Recipient, false),
        30_008 => return retry(RetryScope::Recipient, true),
        20_504 => {
            return Outcome::Unknown {
                detail: detail.clone(),
            };
        }
        // The provider had a STOP from them, and answers for that itself.
        21_610 => FailureReason::OptedOut,
        // No number, no mobile, unknown, landline, no route, not in service.
        21_211 | 21_214 | 21_217 | 21_612 | 21_614 | 30_004 | 30_005 | 30_006 | 13_223 | 13_224
        | 13_225 | 13_226 => FailureReason::RecipientUnreachable,
        30_007 => FailureReason::Filtered,
        // A field is missing or wrong, or the text too long.
        21_601 | 21_602 | 21_603 | 21_604 | 21_605 | 21_617 | 21_619 | 21_205 | 21_609 | 12_100
        | 12_200 | 30_019 => FailureReason::RequestBug,
        // Token, sender, country, registration, account, money.
        20_003 | 20_005 | 20_403 | 20_404 | 10_001 | 21_212 | 21_408 | 21_606 | 21_659 | 21_660
        | 21_703 | 21_704 | 21_705 | 30_002 | 30_018 | 30_032 | 30_034 | 30_035 | 30_036
        | 13_227 | 21_215 | 21_216 => FailureReason::ConnectionStopped,
        _ if status == 429 || status >= 500 => return by_status(response, title),
        _ => FailureReason::Unrecognised,
    };
    Outcome::Permanent { reason, detail }
}

fn by_status(response: &Response<'_>, title: &str) -> Outcome {
    let detail = match title {
        "" => Detail::http(response.status),
        title => Detail::new(format!("http {}", response.status), title),
    };
    let retry = |scope| Outcome::Retry {
        after: response.pause(),
        scope,
        once: false,
        detail: detail.clone(),
    };
    match response.status {
        429 => retry(RetryScope::Connection),
        // A gateway gave up waiting; behind it the message may have been taken.
        502 | 504 => Outcome::Unknown { detail },
        500.. => retry(RetryScope::Connection),
        401 | 403 | 404 => Outcome::Permanent {
            reason: FailureReason::ConnectionStopped,
            detail,
        },
        _ => Outcome::Permanent {
            reason: FailureReason::Unrecognised,
            detail,
        },
    }
}
