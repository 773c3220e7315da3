//! Answers of `Publish`. There are no reports afterwards: what was accepted stays accepted.

use domain::channel::ProviderMessageId;

use crate::outcome::{Detail, FailureReason, Outcome, RetryScope};

/// An answer, as whoever carried the call has it.
#[derive(Clone, Copy, Debug)]
pub enum Answer<'a> {
    /// SNS took it.
    Accepted {
        /// SNS's id.
        message_id: &'a str,
    },
    /// SNS refused it.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The name of the error; empty where the answer has none.
        code: &'a str,
        /// In SNS's words.
        message: &'a str,
    },
    /// It was not even asked: `CheckIfPhoneNumberIsOptedOut` said that the number is opted out.
    OptedOut,
}

/// Reads the answer.
pub fn classify(answer: &Answer<'_>) -> Outcome {
    let (status, code, message) = match *answer {
        Answer::Accepted { message_id } => {
            return match ProviderMessageId::parse(message_id) {
                Ok(id) => Outcome::Accepted { id, held: false },
                Err(_) => Outcome::Unknown {
                    detail: Detail::new("no id", "the answer names no message"),
                },
            };
        }
        Answer::OptedOut => {
            return Outcome::Permanent {
                reason: FailureReason::RecipientUnreachable,
                detail: Detail::new("opted out", "the number is on the account's opt-out list"),
            };
        }
        Answer::Refused {
            status,
            code,
            message,
        } => (status, code, message),
    };
    let shown = match code {
        "" => format!("http {status}"),
        code => code.to_owned(),
    };
    let detail = Detail::new(shown, message);
    let code = code.trim_end_matches("Exception");
    let permanent = |reason| Outcome::Permanent {
        reason,
        detail: detail.clone(),
    };
    match code {
        "Throttled" | "Throttling" | "TooManyRequests" | "KMSThrottling" => Outcome::Retry {
            after: None,
            scope: RetryScope::Connection,
            once: false,
            detail,
        },
        "OptedOut" => permanent(FailureReason::RecipientUnreachable),
        "InvalidParameter" | "ParameterValueInvalid" | "InvalidParameterValue" | "Validation" => {
            permanent(FailureReason::RequestBug)
        }
        _ if code.starts_with("KMS") => permanent(FailureReason::ConnectionStopped),
        "AuthorizationError" | "AccessDenied" | "UserError" | "NotFound" => {
            permanent(FailureReason::ConnectionStopped)
        }
        _ if status == 504 => Outcome::Unknown { detail },
        _ if status == 429 || status >= 500 => Outcome::Retry {
            after: None,
            scope: RetryScope::Connection,
            once: false,
            detail,
        },
        _ if status == 401 || status == 403 => permanent(FailureReason::ConnectionStopped),
        _ => permanent(FailureReason::Unrecognised),
    }
}
