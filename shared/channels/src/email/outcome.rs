//! Answers of `SendEmail`.

use chrono::TimeDelta;
use domain::channel::ProviderMessageId;
use serde_json::Value;

use crate::outcome::{Detail, FailureReason, Outcome, Response, RetryScope};

/// An answer, as whoever carried the call has it.
#[derive(Clone, Copy, Debug)]
pub enum Answer<'a> {
    /// SES took it.
    Accepted {
        /// SES's id.
        message_id: &'a str,
    },
    /// SES refused it.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The name of the exception; empty where the answer has none.
        code: &'a str,
        /// In SES's words.
        message: &'a str,
    },
}

/// Reads the answer.
pub fn classify(answer: &Answer<'_>) -> Outcome {
    match *answer {
        Answer::Accepted { message_id } => match ProviderMessageId::parse(message_id) {
            Ok(id) => Outcome::Accepted { id, held: false },
            Err(_) => Outcome::Unknown {
                detail: Detail::new("no id", "the answer names no message"),
            },
        },
        Answer::Refused {
            status,
            code,
            message,
        } => refused(status, name(code), message),
    }
}

/// Reads an answer as it comes over HTTP.
pub fn read(response: &Response<'_>) -> Outcome {
    let body: Value = serde_json::from_slice(response.body).unwrap_or_default();
    let text = |names: &[&str]| {
        let mut found = names.iter().filter_map(|name| body[*name].as_str());
        found.next().unwrap_or_default()
    };
    if (200..300).contains(&response.status) {
        return classify(&Answer::Accepted {
            message_id: text(&["MessageId"]),
        });
    }
    classify(&Answer::Refused {
        status: response.status,
        code: text(&["__type", "code", "type"]),
        message: text(&["message", "Message"]),
    })
}

/// Without its namespace and the address behind it.
fn name(code: &str) -> &str {
    let code = code.split(':').next().unwrap_or_default();
    code.rsplit('#').next().unwrap_or_default()
}

fn refused(status: u16, code: &str, message: &str) -> Outcome {
    let shown = match code {
        "" => format!("http {status}"),
        code => code.to_owned(),
    };
    let detail = Detail::new(shown, message);
    let retry = |after, scope| Outcome::Retry {
        after,
        scope,
        once: false,
        detail: detail.clone(),
    };
    let permanent = |reason| Outcome::Permanent {
        reason,
        detail: detail.clone(),
    };
    let throttled = matches!(
        code,
        "TooManyRequestsException" | "ThrottlingException" | "Throttling" | "RequestThrottled"
    );
    match code {
        _ if throttled || status == 429 => {
            // The day's quota moves slowly: asking again in seconds only costs calls.
            let daily = message.to_ascii_lowercase().contains("daily");
            let pause = daily.then(|| TimeDelta::minutes(10));
            retry(pause, RetryScope::Connection)
        }
        "AccountSuspendedException"
        | "SendingPausedException"
        | "MailFromDomainNotVerifiedException"
        | "LimitExceededException"
        | "AccessDeniedException"
        | "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "ExpiredTokenException" => permanent(FailureReason::ConnectionStopped),
        // The sender, or an account that may not yet write to everybody: nothing else would leave
        // either, until somebody has looked.
        "MessageRejected" if message.to_ascii_lowercase().contains("not verified") => {
            permanent(FailureReason::ConnectionStopped)
        }
        "MessageRejected" | "BadRequestException" | "NotFoundException" => {
            permanent(FailureReason::RequestBug)
        }
        "ConcurrentModificationException" => retry(None, RetryScope::Recipient),
        // Something broke on the way, and behind it the mail may have been taken. Its report tells.
        _ if matches!(status, 500 | 502 | 504) => Outcome::Unknown { detail },
        _ if status >= 500 => retry(None, RetryScope::Connection),
        _ if status == 401 || status == 403 => permanent(FailureReason::ConnectionStopped),
        _ => permanent(FailureReason::Unrecognised),
    }
}
