//! The audit log: who changed what, and when. An entry is stored in the transaction of the change
//! itself, so there is never one without the other, and it is never written again.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::ids::{AuditId, KeyId, WorkspaceId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::items::{self, Item, Plain};
use crate::lists::{Page, PageRequest};
use crate::{Store, StoreError, keys};

/// How many queries a filtered page takes at the most; then it ends early.
const MOST_QUERIES: usize = 20;

/// One change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Its id.
    pub id: AuditId,
    /// When.
    pub at: DateTime<Utc>,
    /// The key that asked for it; `None`: a direct invocation of the function.
    pub by: Option<KeyId>,
    /// What was asked for: the operation id.
    pub action: String,
    /// What kind of thing changed.
    pub resource: Resource,
    /// Which one.
    pub resource_id: String,
    /// As it was; `null` for something new. Never holds a secret.
    pub before: Value,
    /// As it is since; `null` for something that is gone. Never holds a secret.
    pub after: Value,
}

/// What can change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    /// The settings.
    Settings,
    /// Whether the account is locked.
    Account,
    /// A key.
    Key,
    /// A connection.
    Connection,
    /// Templates of a connection, by its id.
    Template,
    /// A rule.
    Rule,
    /// A conversation.
    Conversation,
    /// A customer.
    Customer,
    /// A segment.
    Segment,
    /// A message to many.
    Broadcast,
    /// An e-mail template, by its kind.
    MailTemplate,
    /// The looks of e-mails.
    MailLayout,
}

/// Which entries are wanted; `None`: all.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Of this kind.
    pub resource: Option<Resource>,
    /// Of this one.
    pub resource_id: Option<String>,
}

impl AuditFilter {
    fn admits(&self, entry: &AuditEntry) -> bool {
        self.resource.is_none_or(|wanted| wanted == entry.resource)
            && self
                .resource_id
                .as_ref()
                .is_none_or(|wanted| *wanted == entry.resource_id)
    }
}

impl Store {
    /// The same table; what is written through this one stores the entry in the same transaction.
    /// For one change.
    pub fn noting(&self, ws: WorkspaceId, entry: &AuditEntry) -> Result<Self, StoreError> {
        Ok(Self {
            note: Some(Arc::new(audit_item(ws, entry)?)),
            ..self.clone()
        })
    }

    /// The entries, newest first. A filtered page may end before it is full, with a cursor.
    pub async fn audit(
        &self,
        ws: WorkspaceId,
        filter: &AuditFilter,
        page: &PageRequest,
    ) -> Result<Page<AuditEntry>, StoreError> {
        let all = filter.resource.is_none() && filter.resource_id.is_none();
        let wanted = usize::from(page.limit.max(1));
        let mut found = Page {
            items: Vec::new(),
            next_cursor: page.cursor.clone(),
        };
        for _ in 0..MOST_QUERIES {
            // No more than there is room for, so that the cursor stands behind the last one.
            let room = u16::try_from(wanted - found.items.len()).unwrap_or(u16::MAX);
            let next = PageRequest {
                limit: room,
                cursor: found.next_cursor.take(),
                newest_first: true,
            };
            let read: Page<AuditEntry> = self
                .page_of_partition("an audit entry", keys::audit(ws), "L#", &next)
                .await?;
            let admitted = read.items.into_iter().filter(|entry| filter.admits(entry));
            found.items.extend(admitted);
            found.next_cursor = read.next_cursor;
            if all || found.next_cursor.is_none() || found.items.len() >= wanted {
                break;
            }
        }
        Ok(found)
    }
}

pub(crate) fn audit_item(ws: WorkspaceId, entry: &AuditEntry) -> Result<Item, StoreError> {
    let item = Plain {
        pk: keys::audit(ws),
        sk: keys::audit_entry(entry.at, entry.id),
        version: 0,
        expires_at: None,
        body: entry,
    };
    items::to_item("an audit entry", item)
}
