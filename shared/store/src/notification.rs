//! What a person of the business should look at: a message that failed, an outcome nobody knows.
//!
//! Stored in the write that decided it, so nothing is told that did not happen.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::{ConversationId, KeyId, MessageId, NotificationId, WorkspaceId};
use domain::receipt::Reason;
use serde::{Deserialize, Serialize};

use crate::items::{self, Item, Plain};
use crate::lists::{Page, PageRequest};
use crate::writes::if_held;
use crate::{Store, StoreError, keys};

/// How long one is kept.
const KEPT: TimeDelta = TimeDelta::days(90);

/// Something to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// Its id; sorts by time.
    pub id: NotificationId,
    /// When.
    pub at: DateTime<Utc>,
    /// What happened.
    pub reason: Reason,
    /// Where; `None`: it is about the workspace.
    pub conversation: Option<ConversationId>,
    /// The message it is about.
    pub message: Option<MessageId>,
    /// When somebody marked it as read.
    pub read_at: Option<DateTime<Utc>>,
    /// Whose key that was.
    pub read_by: Option<KeyId>,
}

impl Store {
    /// What there is to look at, newest first.
    pub async fn notifications(
        &self,
        ws: WorkspaceId,
        page: &PageRequest,
    ) -> Result<Page<Notification>, StoreError> {
        let page = PageRequest {
            newest_first: true,
            ..page.clone()
        };
        let pk = keys::notifications(ws);
        self.page_of_partition("a notification", pk, keys::NOTIFICATION, &page)
            .await
    }

    /// Marks one as read; the first to do so stays noted. `None`: there is no such one.
    pub async fn read_notification(
        &self,
        ws: WorkspaceId,
        id: NotificationId,
        by: KeyId,
        at: DateTime<Utc>,
    ) -> Result<Option<Notification>, StoreError> {
        let (pk, sk) = (keys::notifications(ws), keys::notification(id));
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(items::key(&pk, &sk)))
            .update_expression("SET body.read_at = :at, body.read_by = :by")
            .condition_expression("attribute_exists(pk) AND body.read_at = :unread")
            .expression_attribute_values(":at", value("a time", at)?)
            .expression_attribute_values(":by", value("a key", by)?)
            .expression_attribute_values(":unread", AttributeValue::Null(true))
            .send()
            .await;
        if_held("UpdateItem", answer)?;
        self.get_body("a notification", pk, &sk).await
    }
}

fn value<T: Serialize>(what: &'static str, value: T) -> Result<AttributeValue, StoreError> {
    serde_dynamo::to_attribute_value(value)
        .map_err(|source| StoreError::Unreadable { what, source })
}

pub(crate) fn notification_item(
    ws: WorkspaceId,
    notification: &Notification,
) -> Result<Item, StoreError> {
    let item = Plain {
        pk: keys::notifications(ws),
        sk: keys::notification(notification.id),
        version: 0,
        expires_at: Some((notification.at + KEPT).timestamp()),
        body: notification,
    };
    items::to_item("a notification", item)
}
