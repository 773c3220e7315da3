//! One message, in or out, and how its status may change.
//!
//! ```text
//! planned -> sending -> accepted -> sent -> delivered -> read
//!                    -> unknown  -> sent (the platform's own receipt) | failed | skipped
//!                    -> failed
//! planned -> skipped, sending -> skipped (a gate closed before the call)
//! ```
//! A status only rises by rank; late reports never take "delivered" back (NX-35).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::channel::ProviderMessageId;
use crate::content::Content;
use crate::ids::{BroadcastId, ConversationId, KeyId, MessageId, RuleId, RunId, WorkspaceId};
use crate::receipt::Reason;

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// Whose.
    pub workspace: WorkspaceId,
    /// Where.
    pub conversation: ConversationId,
    /// Provider time for what came in, our time for what goes out.
    pub at: DateTime<Utc>,
    /// Who wrote it.
    pub author: Author,
    /// What it says.
    pub content: Content,
    /// A note for staff, never delivered to the customer.
    pub hidden: bool,
    /// Where it stands.
    pub status: Status,
    /// When the status last changed.
    pub status_at: DateTime<Utc>,
    /// Why it failed or was skipped, or what is unknown.
    pub reason: Option<Reason>,
    /// The platform's id.
    pub provider_id: Option<ProviderMessageId>,
    /// How often sending was tried.
    pub attempts: u32,
    /// What its author changed it to.
    pub edited: Option<Content>,
    /// When, by the platform's clock; an edit that is not newer changes nothing.
    #[serde(default)]
    pub edited_at: Option<DateTime<Utc>>,
    /// Taken back by its author.
    pub revoked: bool,
    /// The customer's reaction.
    pub reaction: Option<String>,
    /// When they last reacted or took that back, by the platform's clock; what is older changes
    /// nothing.
    #[serde(default)]
    pub reacted_at: Option<DateTime<Utc>>,
    /// Where the customer came from: an ad, a link.
    pub referral: Option<serde_json::Value>,
}

/// Who wrote a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Author {
    /// The customer.
    Customer {
        /// Whether it was written by a machine of theirs (an automatic reply).
        automatic: bool,
    },
    /// A person of the business, through our API.
    Staff {
        /// The key that was used.
        key: KeyId,
    },
    /// A person of the business, in the platform's own app or inbox (NX-36).
    Platform,
    /// A rule.
    Rule {
        /// Which one.
        rule: RuleId,
        /// In which version.
        version: u64,
        /// For which run.
        run: RunId,
    },
    /// The business's own systems, through our API: a confirmation, a receipt.
    System {
        /// The key that was used.
        key: KeyId,
        /// The kind of e-mail template.
        template: String,
    },
    /// A person of the business, to many.
    Broadcast {
        /// The key that was used.
        key: KeyId,
        /// In which broadcast.
        broadcast: BroadcastId,
        /// The kind of e-mail template, if it was one.
        template: Option<String>,
    },
}

impl Author {
    /// Whether the message goes to the customer.
    #[must_use]
    pub fn is_outbound(&self) -> bool {
        !matches!(self, Self::Customer { .. })
    }

    /// Whether no person wrote it. Automated messages never count as an answer (CF-03).
    #[must_use]
    pub fn is_automated(&self) -> bool {
        matches!(
            self,
            Self::Rule { .. } | Self::System { .. } | Self::Broadcast { .. }
        )
    }

    /// The category in the sent log.
    #[must_use]
    pub fn category(&self) -> Option<Category> {
        match self {
            Self::Customer { .. } => None,
            Self::Staff { .. } | Self::Platform | Self::Broadcast { template: None, .. } => {
                Some(Category::Manual)
            }
            Self::Rule { .. } => Some(Category::Sequence),
            Self::System { .. } | Self::Broadcast { .. } => Some(Category::Transactional),
        }
    }
}

/// What was done to a message after it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Afterthought {
    /// The message, by the platform's id.
    pub target: ProviderMessageId,
    /// What was done.
    pub change: Change,
}

impl Afterthought {
    /// Whether nothing is left of the other one after this one.
    pub(crate) fn replaces(&self, other: &Self) -> bool {
        let newer = match (&self.change, &other.change) {
            (Change::Edited { at, .. }, Change::Edited { at: before, .. }) => at >= before,
            (Change::Reacted { at, .. }, Change::Reacted { at: before, .. }) if at > before => true,
            (change, other) => change == other,
        };
        newer && self.target == other.target
    }
}

/// A change of a message by whoever wrote it, or a reaction to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
#[expect(
    clippy::large_enum_variant,
    reason = "few at a time, and most of them are edits"
)]
pub enum Change {
    /// It says something else now.
    Edited {
        /// What.
        content: Content,
        /// When that was said, by the platform's clock.
        #[serde(default)]
        at: DateTime<Utc>,
    },
    /// It was taken back.
    Revoked,
    /// Somebody reacted to it, or took the reaction back.
    Reacted {
        /// With what.
        emoji: Option<String>,
        /// When, by the platform's clock.
        #[serde(default)]
        at: DateTime<Utc>,
    },
}

/// A message that its platform sent in several parts, the first one with the words, after that.
/// Who takes it back takes back all of it.
#[must_use]
pub fn change_parts(parts: Vec<Message>, change: &Change) -> Vec<Message> {
    let concerned = |place| place == 0 || *change == Change::Revoked;
    let parts = parts.into_iter().enumerate();
    parts
        .map(|(place, part)| match concerned(place) {
            true => part.changed(change),
            false => part,
        })
        .collect()
}

impl Message {
    /// What it says now; `None` if it was taken back. Whatever is decided, judged or shown goes by
    /// this.
    #[must_use]
    pub fn says(&self) -> Option<&Content> {
        let latest = self.edited.as_ref().unwrap_or(&self.content);
        (!self.revoked).then_some(latest)
    }

    /// What it says now, in one line.
    #[must_use]
    pub fn preview(&self) -> String {
        self.says().map(Content::preview).unwrap_or_default()
    }

    /// The message after that. Edits are repeated and overtake each other: the newest one counts.
    #[must_use]
    pub fn changed(mut self, change: &Change) -> Self {
        match change {
            Change::Edited { content, at } if self.edited_at.is_none_or(|known| *at > known) => {
                self.edited = Some(content.clone());
                self.edited_at = Some(*at);
            }
            Change::Edited { .. } => {}
            Change::Revoked => self.revoked = true,
            // Platforms tell seconds: of two from one moment the one that came last counts.
            Change::Reacted { emoji, at } if self.reacted_at.is_none_or(|known| *at >= known) => {
                self.reaction.clone_from(emoji);
                self.reacted_at = Some(*at);
            }
            Change::Reacted { .. } => {}
        }
        self
    }
}

impl Message {
    /// The template that it was made from, by its name.
    #[must_use]
    pub fn template(&self) -> Option<&str> {
        match (&self.author, &self.content) {
            (Author::System { template, .. }, _) => Some(template),
            (Author::Broadcast { template, .. }, _) => template.as_deref(),
            (_, Content::Template(template)) => Some(&template.name),
            _ => None,
        }
    }
}

impl Message {
    /// The broadcast that it is part of.
    #[must_use]
    pub fn broadcast(&self) -> Option<BroadcastId> {
        match self.author {
            Author::Broadcast { broadcast, .. } => Some(broadcast),
            _ => None,
        }
    }
}

/// The categories of the sent log (MO-05).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Confirmations, receipts and the like.
    Transactional,
    /// Follow-ups and other automation.
    Sequence,
    /// Written by a person.
    Manual,
}

impl Category {
    /// The name in queries and keys.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Transactional => "transactional",
            Self::Sequence => "sequence",
            Self::Manual => "manual",
        }
    }
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Came in from the customer or the platform's app.
    Received,
    /// Waits for its time.
    Planned,
    /// Claimed; the provider is being called.
    Sending,
    /// The provider may or may not have it.
    Unknown,
    /// The provider took it.
    Accepted,
    /// The provider passed it on.
    Sent,
    /// It reached the customer's device.
    Delivered,
    /// The customer saw it.
    Read,
    /// It will not arrive.
    Failed,
    /// Decided against before sending.
    Skipped,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 10] = [
        Self::Received,
        Self::Planned,
        Self::Sending,
        Self::Unknown,
        Self::Accepted,
        Self::Sent,
        Self::Delivered,
        Self::Read,
        Self::Failed,
        Self::Skipped,
    ];

    /// Whether a report may change this status to `next`. Equal is no change.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        match (self, next) {
            // What was never sent cannot be reported on, and a decision is final.
            (Self::Received | Self::Skipped, _) => false,
            // What no call has taken anywhere cannot have arrived; raised, it could never be sent.
            (Self::Planned, next)
                if !matches!(next, Self::Sending | Self::Failed | Self::Skipped) =>
            {
                false
            }
            // A failure is final, except that a receipt proves it wrong.
            (Self::Failed, next) => matches!(next, Self::Delivered | Self::Read),
            // Platforms report failures after acceptance, but not after delivery.
            (
                Self::Planned | Self::Sending | Self::Unknown | Self::Accepted | Self::Sent,
                Self::Failed,
            ) => true,
            // A gate may close between the claim and the call.
            (Self::Planned | Self::Sending | Self::Unknown, Self::Skipped) => true,
            (_, Self::Failed | Self::Skipped | Self::Received | Self::Planned) => false,
            (current, next) => next.rank() > current.rank(),
        }
    }

    fn rank(self) -> u8 {
        match self {
            Self::Received | Self::Planned => 0,
            Self::Sending => 1,
            Self::Unknown => 2,
            Self::Accepted => 3,
            Self::Sent => 4,
            Self::Delivered => 5,
            Self::Read => 6,
            Self::Failed | Self::Skipped => 7,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_only_rises() {
        use Status::{Accepted, Delivered, Failed, Planned, Read, Sending, Sent, Skipped, Unknown};
        let all = [
            Planned, Sending, Unknown, Accepted, Sent, Delivered, Read, Failed, Skipped,
        ];
        for from in all {
            assert!(!from.may_become(from), "{from:?}");
            for to in all {
                assert!(
                    !(from.may_become(to) && to.may_become(from)),
                    "{from:?} <-> {to:?}"
                );
            }
        }
        assert!(!Delivered.may_become(Sent));
        assert!(!Delivered.may_become(Failed));
        assert!(Sent.may_become(Failed));
        assert!(Unknown.may_become(Sent));
        assert!(Accepted.may_become(Read));
        assert!(Sending.may_become(Skipped));
        assert!(Planned.may_become(Sending));
        assert!(!Planned.may_become(Delivered));
        assert!(!Planned.may_become(Read));
        assert!(!Accepted.may_become(Skipped));
        assert!(!Skipped.may_become(Delivered));
    }

    #[test]
    fn of_several_edits_the_newest_counts_whatever_order_they_arrive_in() {
        use crate::fixtures::{hours, monday};
        let edit = |hour: i64, text: &str| Change::Edited {
            content: Content::text(text),
            at: monday() + hours(hour),
        };
        let (first, second) = (edit(1, "first"), edit(2, "second"));
        let original = crate::fixtures::message("original");
        assert_eq!(original.says(), Some(&Content::text("original")));
        for order in [[&first, &second], [&second, &first]] {
            let once = order
                .iter()
                .fold(original.clone(), |message, edit| message.changed(edit));
            assert_eq!(once.says(), Some(&Content::text("second")));
            // Delivered again, all of it.
            let twice = order
                .iter()
                .fold(once.clone(), |message, edit| message.changed(edit));
            assert_eq!(twice, once);
        }
        let reaction = |hour: i64, emoji: Option<&str>| Change::Reacted {
            emoji: emoji.map(str::to_owned),
            at: monday() + hours(hour),
        };
        let taken_away = original.clone().changed(&reaction(2, None));
        assert_eq!(taken_away.changed(&reaction(1, Some("👍"))).reaction, None);
        let taken_back = original.changed(&Change::Revoked).changed(&first);
        assert_eq!(
            (taken_back.says(), taken_back.preview().as_str()),
            (None, "")
        );
    }
}
