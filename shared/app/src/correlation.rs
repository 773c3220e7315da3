//! Our message id in the form that travels with a send and comes back in the platform's own
//! reports: conversation, the time in the message's key, and the message.
//!
//! It names no workspace: that comes from the connection the report arrived on.

use chrono::{DateTime, Utc};
use domain::ids::{ConversationId, MessageId};

/// Which message a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Correlation {
    /// The conversation.
    pub conversation: ConversationId,
    /// The time in the message's key.
    pub at: DateTime<Utc>,
    /// The message.
    pub message: MessageId,
}

impl Correlation {
    /// The form for tags of mails, which have no dots in them.
    #[must_use]
    pub fn tag(&self) -> String {
        self.to_string().replace('.', "-")
    }

    /// Reads either text form; anything else is not ours.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(['.', '-']);
        let found = Self {
            conversation: ConversationId::parse(parts.next()?).ok()?,
            at: DateTime::from_timestamp_millis(parts.next()?.parse().ok()?)?,
            message: MessageId::parse(parts.next()?).ok()?,
        };
        parts.next().is_none().then_some(found)
    }
}

impl std::fmt::Display for Correlation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}.{}.{}",
            self.conversation,
            self.at.timestamp_millis(),
            self.message
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correlation_survives_its_text_form() {
        let correlation = Correlation {
            conversation: ConversationId::derive(&["a"]),
            at: DateTime::from_timestamp_millis(1_700_000_000_123).unwrap(),
            message: MessageId::derive(&["b"]),
        };
        assert_eq!(
            Correlation::parse(&correlation.to_string()),
            Some(correlation)
        );
        assert_eq!(Correlation::parse(&correlation.tag()), Some(correlation));
        for wrong in ["", "x", "cnv_1.2.msg_3", &format!("{correlation}.x")] {
            assert_eq!(Correlation::parse(wrong), None, "{wrong}");
        }
    }
}
