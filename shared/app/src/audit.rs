//! Entries of the audit log, as every change makes them.

use chrono::{DateTime, Utc};
use domain::conversation::Conversation;
use domain::ids::{AuditId, KeyId};
use serde_json::{Value, json};
use store::{AuditEntry, Resource};

use crate::App;

/// Whose change it is, and by which operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// The key; `None`: a direct invocation.
    pub by: Option<KeyId>,
    /// The operation id.
    pub action: &'static str,
}

impl Change {
    /// The entry for a change of one thing.
    #[must_use]
    pub fn of(
        self,
        app: &App,
        at: DateTime<Utc>,
        (resource, resource_id): (Resource, String),
        before: Value,
        after: Value,
    ) -> AuditEntry {
        AuditEntry {
            id: AuditId::new(at, app.random10()),
            at,
            by: self.by,
            action: self.action.to_owned(),
            resource,
            resource_id,
            before,
            after,
        }
    }

    /// The entry for a change of what staff decide about a conversation; `None`: it changed
    /// nothing of that.
    #[must_use]
    pub fn of_conversation(
        self,
        app: &App,
        at: DateTime<Utc>,
        before: &Conversation,
        after: &Conversation,
    ) -> Option<AuditEntry> {
        let what = (Resource::Conversation, after.id.to_string());
        let (before, after) = (decided_by_staff(before), decided_by_staff(after));
        (before != after).then(|| self.of(app, at, what, before, after))
    }
}

fn decided_by_staff(head: &Conversation) -> Value {
    json!({
        "state": head.state,
        "assignee": head.assignee,
        "labels": head.labels,
        "customer_id": head.customer,
        "suppressed": head.suppressed.map(|found| found.cause),
    })
}
