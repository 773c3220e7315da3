//! Queue payloads. Each variant carries its version in its name, so that messages in flight
//! survive a deploy: a new shape is a new variant, the old one stays readable.

use channels::InboundEvent;
use domain::ids::{BroadcastId, ConnectionId, ConversationId, CustomerId, RuleId, WorkspaceId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A task on the FIFO queue `events`: something happened on a channel.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub enum EventTask {
    /// One update of a platform, verified and normalised.
    InboundV1 {
        /// From the connection, never from the payload.
        workspace: WorkspaceId,
        /// The connection that the webhook belongs to.
        connection: ConnectionId,
        /// What happened.
        event: InboundEvent,
    },
}

impl EventTask {
    /// FIFO message group: one customer on one connection, so that their events stay in order
    /// and nobody else waits for them. A hash, because user ids are personal data.
    #[must_use]
    pub fn group(&self) -> String {
        let Self::InboundV1 {
            connection, event, ..
        } = self;
        let user = event.user.as_ref().map_or("", |user| user.reveal());
        hash(&["group", &connection.to_string(), user])
    }

    /// FIFO deduplication id: the platform's own id of this update.
    #[must_use]
    pub fn deduplication(&self) -> String {
        let Self::InboundV1 {
            connection, event, ..
        } = self;
        hash(&["dedup", &connection.to_string(), &event.dedup])
    }
}

/// A task on the queue `due`: somebody must look at something now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub enum DueTask {
    /// A timer fired, or a message is ready to be sent. Only a hint: the conversation says what
    /// is due.
    WakeV1 {
        /// Whose conversation.
        workspace: WorkspaceId,
        /// Which one.
        conversation: ConversationId,
        /// The timer generation; tells a re-armed timer from a doubled delivery.
        generation: u64,
    },
    /// The timer of a conversation is gone although the head counts on it: it is armed again.
    RearmV1 {
        /// Whose conversation.
        workspace: WorkspaceId,
        /// Which one.
        conversation: ConversationId,
    },
    /// A rule was created, changed or removed: conversations that it concerns are decided again.
    RuleChangedV1 {
        /// Whose rule.
        workspace: WorkspaceId,
        /// Which one.
        rule: RuleId,
        /// Where the last page ended.
        cursor: Option<String>,
    },
    /// A customer's appointments changed: their reminder is planned anew.
    VisitsChangedV1 {
        /// Whose customer.
        workspace: WorkspaceId,
        /// Whose appointments.
        customer: CustomerId,
    },
    /// A rule that reminds after visits was changed: customers are planned anew, a page at a time.
    VisitRuleChangedV1 {
        /// Whose rule.
        workspace: WorkspaceId,
        /// Where the last page ended.
        cursor: Option<String>,
    },
    /// A connection may send again: what waited for it is looked at.
    ConnectionBackV1 {
        /// Whose connection.
        workspace: WorkspaceId,
        /// Which one.
        connection: ConnectionId,
        /// Where the last page ended.
        cursor: Option<String>,
    },
    /// The next page of customers is to be looked at, to see whether the account mainly sends messages.
    AccountV1 {
        /// Whose.
        workspace: WorkspaceId,
        /// Where the last page ended.
        cursor: Option<String>,
        /// What was found so far.
        bookings: u64,
        /// What was found so far.
        active_customers: u64,
    },
    /// The next page of a broadcast is to be looked at.
    BroadcastV1 {
        /// Whose.
        workspace: WorkspaceId,
        /// Which one.
        broadcast: BroadcastId,
    },
    /// The erasure of a person goes on, if it has not ended.
    EraseV1 {
        /// Whose customer.
        workspace: WorkspaceId,
        /// Who.
        customer: CustomerId,
    },
}

fn hash(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hex_of(&hash.finalize()[..16])
}

fn hex_of(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
