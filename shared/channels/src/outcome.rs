//! What the answer to a send means.
//!
//! Four answers and no fifth: accepted, try again, never again, and *unknown*. A message is
//! tried again only when the platform certainly did not take it. Whoever gets `Unknown`
//! must not send again before the platform's own report, or a person, has decided.

use chrono::TimeDelta;
use domain::channel::{Channel, ProviderMessageId};

use crate::inbound::ProviderError;
use crate::{email, meta, retry, telegram, twilio, whatsapp};

/// An answer of a platform.
#[derive(Clone, Copy, Debug)]
pub struct Response<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The header `Retry-After`, if there was one.
    pub retry_after: Option<&'a str>,
    /// The body.
    pub body: &'a [u8],
}

impl Response<'_> {
    /// The pause asked for in seconds; dates are not used by these platforms.
    pub(crate) fn pause(&self) -> Option<TimeDelta> {
        let seconds: u32 = self.retry_after?.trim().parse().ok()?;
        Some(TimeDelta::seconds(i64::from(seconds)))
    }
}

/// What became of a send.
///
/// Also what a report says that comes later; see [`classify_failed`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The platform took the message. That is all: it may still fail, by a report.
    Accepted {
        /// The platform's id of it.
        id: ProviderMessageId,
        /// The platform holds it back for a quality check.
        held: bool,
    },
    /// The platform did not take it now.
    Retry {
        /// Not before this pause is over; `None` leaves it to the schedule.
        after: Option<TimeDelta>,
        /// Whose sends have to wait.
        scope: RetryScope,
        /// Trying more than once more is of no use.
        once: bool,
        /// In the platform's terms.
        detail: Detail,
    },
    /// The platform refused it, and would again.
    Permanent {
        /// Why.
        reason: FailureReason,
        /// In the platform's terms.
        detail: Detail,
    },
    /// It may have been taken. Never resend blindly.
    Unknown {
        /// What happened.
        detail: Detail,
    },
}

impl Outcome {
    /// The platform's own words, where it did not simply accept.
    pub fn detail(&self) -> Option<&Detail> {
        match self {
            Self::Accepted { .. } => None,
            Self::Retry { detail, .. }
            | Self::Permanent { detail, .. }
            | Self::Unknown { detail } => Some(detail),
        }
    }

    /// The class of a failure in one word.
    pub fn class(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::Retry { .. } => "retry",
            Self::Permanent { reason, .. } => reason.class(),
            Self::Unknown { .. } => "unknown",
        }
    }

    /// Whether the platform certainly does not have the message.
    pub fn is_undelivered(&self) -> bool {
        matches!(self, Self::Retry { .. } | Self::Permanent { .. })
    }

    /// Whether the customer cannot be reached on this channel any more.
    pub fn is_unreachable(&self) -> bool {
        self.reason() == Some(&FailureReason::RecipientUnreachable)
    }

    /// Whether the customer has told the provider that they want no message at all.
    pub fn is_opted_out(&self) -> bool {
        self.reason() == Some(&FailureReason::OptedOut)
    }

    /// Whether another application has the customer's thread.
    pub fn is_owned_elsewhere(&self) -> bool {
        self.reason() == Some(&FailureReason::ThreadOwnedElsewhere)
    }

    /// Whether every further send of the connection would be refused.
    pub fn stops_connection(&self) -> bool {
        self.reason() == Some(&FailureReason::ConnectionStopped)
    }

    /// The pause that the platform wants from every send of the connection, for this many
    /// failed attempts in a row (from 1).
    pub fn holds_connection(&self, attempt: u32) -> Option<TimeDelta> {
        match self {
            Self::Retry {
                after,
                scope: RetryScope::Connection,
                ..
            } => {
                let attempt = attempt.clamp(1, retry::SCHEDULE.len() as u32);
                retry::delay(attempt, *after, 0)
            }
            Self::Accepted { .. }
            | Self::Retry { .. }
            | Self::Permanent { .. }
            | Self::Unknown { .. } => None,
        }
    }

    /// Whether the customer told the platform that they want no marketing.
    pub fn stops_marketing(&self) -> bool {
        matches!(
            self.reason(),
            Some(FailureReason::MarketingSuppressed { opted_out: true })
        )
    }

    fn reason(&self) -> Option<&FailureReason> {
        match self {
            Self::Permanent { reason, .. } => Some(reason),
            Self::Accepted { .. } | Self::Retry { .. } | Self::Unknown { .. } => None,
        }
    }
}

/// Whose sends have to wait before a retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryScope {
    /// Only those to this customer.
    Recipient,
    /// All sends of this connection.
    Connection,
}

/// Why a message can never be sent as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FailureReason {
    /// The platform's window is closed: a template, or nothing.
    OutsideWindow,
    /// This customer cannot be reached on this channel: try the next channel.
    RecipientUnreachable,
    /// The customer told the provider STOP: nothing more until they say START.
    OptedOut,
    /// It did not get through this time: the telephone was off, or nobody knows why.
    NotDelivered,
    /// The carrier took the text for spam.
    Filtered,
    /// The platform does not deliver marketing to this customer.
    MarketingSuppressed {
        /// The customer said so: suppress marketing for good.
        opted_out: bool,
    },
    /// The template must be changed first: stop everything that uses it.
    TemplateProblem,
    /// We sent nonsense; somebody must look at it.
    RequestBug,
    /// The connection itself is refused (token, payment, restriction): stop it, alert.
    ConnectionStopped,
    /// Another application owns the conversation.
    ThreadOwnedElsewhere,
    /// A refusal with a code that nobody knows.
    Unrecognised,
}

impl FailureReason {
    /// Whether the same message may reach the customer on another channel.
    pub fn allows_other_channel(&self) -> bool {
        match self {
            Self::OutsideWindow
            | Self::RecipientUnreachable
            | Self::NotDelivered
            | Self::Filtered
            | Self::RequestBug
            | Self::TemplateProblem
            | Self::ConnectionStopped
            | Self::Unrecognised => true,
            Self::MarketingSuppressed { opted_out } => !opted_out,
            // Somebody else is talking to the customer, or nobody is to.
            Self::ThreadOwnedElsewhere | Self::OptedOut => false,
        }
    }

    /// The class in one word.
    pub fn class(&self) -> &'static str {
        match self {
            Self::OutsideWindow => "outside_window",
            Self::RecipientUnreachable => "recipient_unreachable",
            Self::OptedOut => "opted_out",
            Self::NotDelivered => "not_delivered",
            Self::Filtered => "filtered",
            Self::MarketingSuppressed { .. } => "marketing_suppressed",
            Self::TemplateProblem => "template_problem",
            Self::RequestBug => "request_bug",
            Self::ConnectionStopped => "connection_stopped",
            Self::ThreadOwnedElsewhere => "thread_owned_elsewhere",
            Self::Unrecognised => "unrecognised",
        }
    }
}

/// What the platform said: its code and its short title, and nothing personal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// Such as `131047`, `10/2018278`, `403` or `timeout`.
    pub code: String,
    /// For people; never decide on it.
    pub title: String,
}

impl Detail {
    pub(crate) fn new(code: impl Into<String>, title: &str) -> Self {
        Self {
            code: code.into(),
            title: without_numbers(title),
        }
    }

    pub(crate) fn http(status: u16) -> Self {
        Self::new(format!("http {status}"), "no explanation in the answer")
    }
}

impl std::fmt::Display for Detail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.title)
    }
}

/// A request that got no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// Nothing left: refused connection, no such host, handshake failed.
    #[error("not sent: {0}")]
    NotSent(String),
    /// The body left, or may have left, and no answer came.
    #[error("may have been sent: {0}")]
    MaybeSent(String),
}

impl From<TransportError> for Outcome {
    fn from(error: TransportError) -> Self {
        match error {
            TransportError::NotSent(reason) => Self::Retry {
                after: None,
                scope: RetryScope::Connection,
                once: false,
                detail: Detail::new("not sent", &reason),
            },
            TransportError::MaybeSent(reason) => Self::Unknown {
                detail: Detail::new("no answer", &reason),
            },
        }
    }
}

/// Reads the answer to a send.
pub fn classify(channel: Channel, response: &Response<'_>) -> Outcome {
    match channel {
        Channel::WhatsApp => whatsapp::outcome::classify(response),
        Channel::Messenger | Channel::Instagram => meta::send::classify(response),
        Channel::Telegram => telegram::outcome::classify(response),
        Channel::Sms => twilio::outcome::classify(response),
        Channel::Email => email::outcome::read(response),
        // Loopback is delivered in process; an answer over HTTP is somebody's mistake.
        Channel::Loopback => Outcome::Permanent {
            reason: FailureReason::RequestBug,
            detail: Detail::http(response.status),
        },
    }
}

/// Reads the errors of a report that says `failed`.
///
/// The same codes mean the same as in an answer. A report without errors is a failure
/// that nobody explains.
pub fn classify_failed(channel: Channel, errors: &[ProviderError]) -> Outcome {
    let outcome = errors.first().map(|error| match channel {
        Channel::Sms => twilio::outcome::classify_report(Some(error.code)),
        Channel::WhatsApp => whatsapp::outcome::classify_report(error),
        _ => meta::send::classify_error(error, None),
    });
    outcome.unwrap_or_else(|| Outcome::Permanent {
        reason: FailureReason::Unrecognised,
        detail: Detail::new("failed", "the platform gave no reason"),
    })
}

/// A gateway answered in the place of the platform, and had passed the request on: behind it the
/// message may have been taken. Other answers above 500 say that the platform itself did not take
/// it, and the platforms ask to try again.
pub(crate) fn is_from_gateway(status: i64) -> bool {
    matches!(status, 502 | 504 | 520..=527)
}

/// Titles are short and carry no numbers that could be somebody's address.
fn without_numbers(title: &str) -> String {
    const LONGEST: usize = 120;
    const LONGEST_NUMBER: usize = 6;
    let hidden = title
        .split_whitespace()
        .map(|word| {
            let digits = word.chars().filter(char::is_ascii_digit).count();
            let address = digits > LONGEST_NUMBER || word.contains('@');
            if address { "…" } else { word }
        })
        .collect::<Vec<_>>()
        .join(" ");
    hidden.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_surely_stayed_here_is_retried() {
        let kept = Outcome::from(TransportError::NotSent("connection refused".to_owned()));
        assert!(matches!(kept, Outcome::Retry { .. }));
        let left = Outcome::from(TransportError::MaybeSent("timeout".to_owned()));
        assert!(matches!(left, Outcome::Unknown { .. }));
    }

    #[test]
    fn details_hide_addresses() {
        let detail = Detail::new("131026", "Message to +4915112345612 (a@b.de) undeliverable");
        assert_eq!(detail.to_string(), "131026: Message to … … undeliverable");
    }
}
