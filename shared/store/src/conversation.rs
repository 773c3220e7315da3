//! Conversations, their messages, attempts, receipts and raw events, and the one write that
//! changes them together.

use aws_sdk_dynamodb::types::{KeysAndAttributes, ReturnValue};
use chrono::{DateTime, Utc};
use domain::broadcast::Fate;
use domain::channel::ProviderMessageId;
use domain::conversation::Conversation;
use domain::customer::Customer;
use domain::ids::{
    BroadcastId, ConnectionId, ConversationId, CustomerId, MessageId, RuleId, WorkspaceId,
};
use domain::message::{Message, Status};
use domain::receipt::{Reason, Receipt};
use serde::{Deserialize, Serialize};

use crate::audit::{AuditEntry, audit_item};
use crate::items::{self, HeadItem, MessageItem, Plain};
use crate::lists::{Page, PageRequest};
use crate::notification::{Notification, notification_item};
use crate::writes::{Meaning, Writes, if_held};
use crate::{Counter, KeyedAnswer, Store, StoreError, keys};

/// Everything that changes together with a conversation.
#[derive(Debug, Default)]
pub struct Commit {
    /// The head as it is to be stored; its version is the one that was read, plus one.
    pub head: Option<Conversation>,
    /// Messages that must not exist yet: this is where redelivered events are found out.
    pub new_messages: Vec<Message>,
    /// The new messages bear the time of their arrival, which is part of their key: a redelivery
    /// is found out by the id alone.
    pub dated_by_us: bool,
    /// Messages that are stored unless their status stands higher already.
    pub messages: Vec<Message>,
    /// The decision's explanation.
    pub receipt: Option<Receipt>,
    /// A customer who is new or changed; its version is the one that was read, plus one.
    pub customer: Option<Customer>,
    /// The customer who loses the conversation to that one; versioned in the same way.
    pub left: Option<Customer>,
    /// One try at sending.
    pub attempt: Option<Attempt>,
    /// What came in, as it came.
    pub raw: Option<RawEvent>,
    /// What must hold at the moment of the write.
    pub checks: Vec<Check>,
    /// What is counted at the moment of the write.
    pub counters: Vec<Counter>,
    /// The answer to the request that asked for it.
    pub answer: Option<KeyedAnswer>,
    /// What became of a broadcast for a customer, which must not be known yet.
    pub fate: Option<(CustomerId, BroadcastId, Fate)>,
    /// Who asked for it, where staff decided something.
    pub audit: Option<AuditEntry>,
    /// What a person should look at because of it.
    pub notifications: Vec<Notification>,
    /// What changes with other conversations in the same write. What stands beside these is not
    /// looked at.
    pub beside: Vec<Commit>,
}

impl Commit {
    /// Nothing but a head.
    #[must_use]
    pub fn of_head(head: Conversation) -> Self {
        Self {
            head: Some(head),
            ..Self::default()
        }
    }
}

/// What came of a [`Commit`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Committed {
    /// It is stored, all of it.
    Done,
    /// Somebody else was faster; read again and decide again.
    Conflict,
    /// A new message exists already: the event was delivered before.
    Duplicate,
    /// A check did not hold.
    Refused(Check),
    /// A counter is at its limit.
    AtLimit,
}

/// A condition on another item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// The rule is on and has this version.
    RuleUnchanged {
        /// Which rule.
        rule: RuleId,
        /// The version it was planned with.
        version: u64,
    },
    /// The connection has this version (any pause or switch-off raises it).
    ConnectionUnchanged {
        /// Which connection.
        connection: ConnectionId,
        /// The version that was read.
        version: u64,
    },
    /// The conversation has this version (anything that happens in it raises it).
    ConversationUnchanged {
        /// Which conversation.
        conversation: ConversationId,
        /// The version that was read.
        version: u64,
    },
    /// The customer has this version (any opt-out raises it).
    CustomerUnchanged {
        /// Which customer.
        customer: CustomerId,
        /// The version that was read.
        version: u64,
    },
    /// The settings have this version (quiet hours, limits, the zone).
    SettingsUnchanged {
        /// The version that was read.
        version: u64,
    },
    /// The template has this version (any change of its status or text raises it).
    TemplateUnchanged {
        /// Which connection's.
        connection: ConnectionId,
        /// Its name.
        name: String,
        /// Its language.
        language: String,
        /// The version that was read.
        version: u64,
    },
    /// Nobody has asked for the customer to be erased.
    NotErasing {
        /// Which customer.
        customer: CustomerId,
    },
}

/// One try at sending a message (NX-35).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Attempt {
    /// The message.
    pub message: MessageId,
    /// The number, from 1.
    pub number: u32,
    /// When it was claimed.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// How it ended: `accepted`, `retry`, `permanent`, `unknown`, `not_sent`.
    pub outcome: Option<String>,
    /// What the provider said.
    pub detail: Option<String>,
}

/// What a platform sent, kept as it came.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RawEvent {
    /// By the platform's clock.
    pub at: DateTime<Utc>,
    /// The platform's own id of the event.
    pub dedup: String,
    /// The kind, in our words.
    pub kind: String,
    /// As it came.
    pub raw: serde_json::Value,
}

/// A change of a message's status that was reported from outside.
#[derive(Debug, Clone)]
pub struct StatusChange {
    /// The new status.
    pub status: Status,
    /// When, by the platform's clock.
    pub at: DateTime<Utc>,
    /// Why, for failures.
    pub reason: Option<Reason>,
}

impl Writes<'_> {
    fn commit(&mut self, ws: WorkspaceId, commit: &Commit) -> Result<(), StoreError> {
        if let Some(head) = &commit.head {
            let item = items::to_item("a conversation", HeadItem::new(head))?;
            self.put_version(item, head.version, Meaning::Version)?;
            if let Some(target) = head.moved_to {
                // So that everything about a person can be found from their conversations.
                let pk = keys::conversation(ws, target);
                self.put_plain("a pointer", pk, keys::pointer(head.id), head.id)?;
            }
        }
        for message in &commit.new_messages {
            let item = items::to_item("a message", MessageItem::new(message))?;
            self.put(item, Some("attribute_not_exists(pk)"), Meaning::NewMessage)?;
        }
        if let Some(message) = commit.new_messages.first().filter(|_| commit.dated_by_us) {
            let note = Plain {
                pk: keys::conversation(ws, message.conversation),
                sk: keys::delivery(message.id),
                version: 0,
                // Longer than any platform tries.
                expires_at: Some((message.at + chrono::TimeDelta::days(30)).timestamp()),
                body: message.at,
            };
            let item = items::to_item("a delivery", note)?;
            self.put(item, Some("attribute_not_exists(pk)"), Meaning::NewMessage)?;
        }
        for message in &commit.messages {
            self.put_message(message)?;
        }
        for customer in commit.customer.iter().chain(&commit.left) {
            self.put_customer(customer)?;
        }
        if let (Some(receipt), Some(head)) = (&commit.receipt, &commit.head) {
            let pk = keys::conversation(ws, receipt.conversation);
            let sk = keys::receipt(receipt.at, head.version, receipt.id);
            self.put_plain("a receipt", pk, sk, receipt)?;
        }
        if let (Some(attempt), Some(head)) = (&commit.attempt, &commit.head) {
            let pk = keys::conversation(ws, head.id);
            self.put_plain(
                "an attempt",
                pk,
                keys::attempt(attempt.message, attempt.number),
                attempt,
            )?;
        }
        if let (Some(raw), Some(head)) = (&commit.raw, &commit.head) {
            let pk = keys::conversation(ws, head.id);
            self.put_plain("an event", pk, keys::raw_event(raw.at, &raw.dedup), raw)?;
        }
        for notification in &commit.notifications {
            let item = notification_item(ws, notification)?;
            self.put(item, None, Meaning::Plain)?;
        }
        for check in &commit.checks {
            self.check(ws, check)?;
        }
        for counter in &commit.counters {
            self.count(ws, counter)?;
        }
        if let Some(answer) = &commit.answer {
            self.put_answer(answer)?;
        }
        if let Some((customer, broadcast, fate)) = &commit.fate {
            self.fate(ws, *customer, *broadcast, fate)?;
        }
        if let Some(entry) = &commit.audit {
            self.put(audit_item(ws, entry)?, None, Meaning::Plain)?;
        }
        Ok(())
    }
}

impl Store {
    /// The head of a conversation together with the customer it first belonged to. One call.
    pub async fn conversation(
        &self,
        ws: WorkspaceId,
        id: ConversationId,
        customer: CustomerId,
    ) -> Result<(Option<Conversation>, Option<Customer>), StoreError> {
        let wanted = KeysAndAttributes::builder()
            .keys(items::key(keys::conversation(ws, id), keys::HEAD))
            .keys(items::key(keys::customer(ws, customer), keys::CUSTOMER))
            .consistent_read(true)
            .build()
            .map_err(|error| StoreError::build("BatchGetItem", &error))?;
        let answer = self
            .client
            .batch_get_item()
            .request_items(&self.table, wanted)
            .send()
            .await
            .map_err(|error| StoreError::sdk("BatchGetItem", error))?;
        if answer
            .unprocessed_keys()
            .is_some_and(|keys| !keys.is_empty())
        {
            return Err(StoreError::Unavailable {
                operation: "BatchGetItem",
                code: "UnprocessedKeys".to_owned(),
                detail: "the table is throttled".to_owned(),
            });
        }
        let mut head = None;
        let mut person = None;
        for item in answer
            .responses
            .unwrap_or_default()
            .remove(&self.table)
            .unwrap_or_default()
        {
            match items::text_of(&item, "sk") {
                Some(keys::HEAD) => head = Some(items::body("a conversation", item)?),
                _ => person = Some(items::body("a customer", item)?),
            }
        }
        Ok((head, person))
    }

    /// The head alone.
    pub async fn head(
        &self,
        ws: WorkspaceId,
        id: ConversationId,
    ) -> Result<Option<Conversation>, StoreError> {
        self.get_body("a conversation", keys::conversation(ws, id), keys::HEAD)
            .await
    }

    /// Stores everything or nothing.
    pub async fn commit(&self, ws: WorkspaceId, commit: &Commit) -> Result<Committed, StoreError> {
        let mut writes = Writes::new(&self.table);
        writes.commit(ws, commit)?;
        for beside in &commit.beside {
            writes.commit(ws, beside)?;
        }
        writes.send(self).await
    }

    /// Keeps an event that belongs to no conversation, for 90 days.
    pub async fn keep_raw(
        &self,
        ws: WorkspaceId,
        connection: ConnectionId,
        raw: &RawEvent,
    ) -> Result<(), StoreError> {
        let item = Plain {
            pk: keys::raw_events(ws),
            sk: format!("{connection}#{}", keys::raw_event(raw.at, &raw.dedup)),
            version: 0,
            expires_at: Some((raw.at + chrono::TimeDelta::days(90)).timestamp()),
            body: raw,
        };
        self.client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(items::to_item("an event", item)?))
            .send()
            .await
            .map_err(|error| StoreError::sdk("PutItem", error))?;
        Ok(())
    }

    /// One message; `at` is part of its key.
    pub async fn message(
        &self,
        ws: WorkspaceId,
        conversation: ConversationId,
        at: DateTime<Utc>,
        id: MessageId,
    ) -> Result<Option<Message>, StoreError> {
        self.get_body(
            "a message",
            keys::conversation(ws, conversation),
            &keys::message(at, id),
        )
        .await
    }

    /// The conversation's messages.
    pub async fn messages(
        &self,
        ws: WorkspaceId,
        conversation: ConversationId,
        page: &PageRequest,
    ) -> Result<Page<Message>, StoreError> {
        self.page_of_partition(
            "a message",
            keys::conversation(ws, conversation),
            "M#",
            page,
        )
        .await
    }

    /// The conversation's receipts.
    pub async fn receipts(
        &self,
        ws: WorkspaceId,
        conversation: ConversationId,
        page: &PageRequest,
    ) -> Result<Page<Receipt>, StoreError> {
        self.page_of_partition(
            "a receipt",
            keys::conversation(ws, conversation),
            "R#",
            page,
        )
        .await
    }

    /// The tries at sending one message, oldest first.
    pub async fn attempts(
        &self,
        ws: WorkspaceId,
        conversation: ConversationId,
        message: MessageId,
    ) -> Result<Vec<Attempt>, StoreError> {
        let prefix = format!("A#{message}#");
        let page = PageRequest {
            limit: 100,
            ..PageRequest::default()
        };
        Ok(self
            .page_of_partition(
                "an attempt",
                keys::conversation(ws, conversation),
                &prefix,
                &page,
            )
            .await?
            .items)
    }

    /// The parts of the message with this id on the platform, among the newest 200: most have one.
    pub async fn messages_by_provider_id(
        &self,
        ws: WorkspaceId,
        conversation: ConversationId,
        provider_id: &ProviderMessageId,
    ) -> Result<Vec<Message>, StoreError> {
        let page = PageRequest {
            limit: 200,
            newest_first: true,
            ..PageRequest::default()
        };
        let mut recent = self.messages(ws, conversation, &page).await?.items;
        recent.retain(|message| message.provider_id.as_ref() == Some(provider_id));
        Ok(recent)
    }

    /// Raises a message's status, unless it stands higher already (NX-35). One call. The answer
    /// is the message as it was before, `None` if it stays as it is or is not there.
    pub async fn raise_status(
        &self,
        ws: WorkspaceId,
        conversation: ConversationId,
        at: DateTime<Utc>,
        id: MessageId,
        change: &StatusChange,
    ) -> Result<Option<Message>, StoreError> {
        let value = |status: Status| {
            serde_dynamo::to_attribute_value(status).map_err(|source| StoreError::Unreadable {
                what: "a status",
                source,
            })
        };
        let mut request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(items::key(
                keys::conversation(ws, conversation),
                keys::message(at, id),
            )))
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":status", value(change.status)?)
            .expression_attribute_values(
                ":at",
                serde_dynamo::to_attribute_value(change.at).map_err(|source| {
                    StoreError::Unreadable {
                        what: "a time",
                        source,
                    }
                })?,
            )
            .return_values(ReturnValue::AllOld);
        let mut update =
            "SET #status = :status, body.#status = :status, body.status_at = :at".to_owned();
        if let Some(reason) = &change.reason {
            update.push_str(", body.reason = :reason");
            request = request.expression_attribute_values(
                ":reason",
                serde_dynamo::to_attribute_value(reason).map_err(|source| {
                    StoreError::Unreadable {
                        what: "a reason",
                        source,
                    }
                })?,
            );
        }
        let mut lower = Vec::new();
        for (number, status) in Status::ALL
            .into_iter()
            .filter(|from| from.may_become(change.status))
            .enumerate()
        {
            let name = format!(":lower{number}");
            request = request.expression_attribute_values(name.clone(), value(status)?);
            lower.push(name);
        }
        let answer = request
            .update_expression(update)
            .condition_expression(format!("#status IN ({})", lower.join(", ")))
            .send()
            .await;
        if_held("UpdateItem", answer)?
            .and_then(|answer| answer.attributes)
            .map(|item| items::body("a message", item))
            .transpose()
    }
}
