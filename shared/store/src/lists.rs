//! Pages of lists: by partition, by index.
//!
//! A cursor is the sort key at which the last page ended. It holds no partition:
//! that comes from the verified workspace and the list that is asked for, so a forged cursor
//! can at most start somewhere else in the same list.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use domain::conversation::Conversation;
use domain::cursor;
use domain::ids::{ConversationId, MessageId, WorkspaceId};
use domain::message::{Category, Message};
use serde::de::DeserializeOwned;

use crate::items::{self, Item, text};
use crate::{Store, StoreError, keys};

/// Which page is wanted.
#[derive(Debug, Clone, Default)]
pub struct PageRequest {
    /// How many items at the most.
    pub limit: u16,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// Newest first, instead of oldest first.
    pub newest_first: bool,
}

/// One page.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Where the next one begins, if there is one.
    pub next_cursor: Option<String>,
}

/// The views of the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Every conversation.
    All,
    /// With messages that nobody has read.
    Unread,
    /// Whose customer waits for a person's answer.
    Waiting,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Newest first.
    Newest,
    /// Oldest first.
    Oldest,
}

/// A conversation that somebody should have looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// Whose.
    pub workspace: WorkspaceId,
    /// Which.
    pub conversation: ConversationId,
    /// Since when.
    pub at: DateTime<Utc>,
}

/// Where a page of [`Store::every_conversation`] ended.
#[derive(Debug)]
pub struct ScanCursor(HashMap<String, AttributeValue>);

/// A conversation with pending follow-ups.
pub type PendingItem = Conversation;

impl Store {
    /// A page of the inbox. One query.
    pub async fn inbox(
        &self,
        ws: WorkspaceId,
        view: View,
        order: Order,
        page: &PageRequest,
    ) -> Result<Page<Conversation>, StoreError> {
        let (index, pk) = match view {
            View::All => ("inbox", keys::inbox(ws)),
            View::Unread => ("unread", keys::unread(ws)),
            View::Waiting => ("waiting", keys::waiting(ws)),
        };
        let page = PageRequest {
            newest_first: order == Order::Newest,
            ..page.clone()
        };
        self.page_of_heads(ws, index, pk, &page).await
    }

    /// Conversations whose last message is not older than `since`, newest first.
    pub async fn active_since(
        &self,
        ws: WorkspaceId,
        since: DateTime<Utc>,
        page: &PageRequest,
    ) -> Result<Page<Conversation>, StoreError> {
        let page = PageRequest {
            newest_first: true,
            ..page.clone()
        };
        let mut found = self
            .page_of_heads(ws, "inbox", keys::inbox(ws), &page)
            .await?;
        let before = found.items.len();
        found.items.retain(|head| head.last_message_at() >= since);
        if found.items.len() < before {
            found.next_cursor = None;
        }
        Ok(found)
    }

    /// Conversations with pending follow-ups, the next one first. One query.
    pub async fn pending(
        &self,
        ws: WorkspaceId,
        page: &PageRequest,
    ) -> Result<Page<PendingItem>, StoreError> {
        self.page_of_heads(ws, "pending", keys::pending(ws), page)
            .await
    }

    /// What was sent in one category, newest first. One query.
    pub async fn sent(
        &self,
        ws: WorkspaceId,
        category: Category,
        page: &PageRequest,
    ) -> Result<Page<Message>, StoreError> {
        let pk = keys::sent(ws, category.as_str());
        let base = |sk: &str| -> Option<(String, String)> {
            let mut parts = sk.split('#');
            let (at, conversation, message) = (parts.next()?, parts.next()?, parts.next()?);
            let conversation = ConversationId::parse(conversation).ok()?;
            let message = MessageId::parse(message).ok()?;
            let digits = at.len() == 13 && at.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| {
                (
                    keys::conversation(ws, conversation),
                    format!("M#{at}#{message}"),
                )
            })
        };
        let page = PageRequest {
            newest_first: true,
            ..page.clone()
        };
        let (items, next_cursor) = self.page_of_index("sent", pk, None, &page, base).await?;
        Ok(Page {
            items: bodies("a message", items)?,
            next_cursor,
        })
    }

    /// Conversations of one shard that were due before `before`, the most overdue first.
    pub async fn overdue(
        &self,
        shard: u8,
        before: DateTime<Utc>,
        limit: u16,
    ) -> Result<Vec<Due>, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("overdue")
            .key_condition_expression("overdue_pk = :pk AND overdue_sk < :before")
            .expression_attribute_values(":pk", text(keys::due_shard(shard)))
            .expression_attribute_values(":before", text(keys::millis(before)))
            .limit(i32::from(limit))
            .send()
            .await
            .map_err(|error| StoreError::sdk("Query", error))?;
        Ok(answer
            .items
            .unwrap_or_default()
            .iter()
            .filter_map(due_of)
            .collect())
    }

    /// Conversations of one shard that are due after `after`, the next one first, a page at a time.
    pub async fn due_after(
        &self,
        shard: u8,
        after: DateTime<Utc>,
        cursor: Option<&Due>,
    ) -> Result<Vec<Due>, StoreError> {
        let start = cursor.map(|last| {
            let mut start = items::key(
                keys::conversation(last.workspace, last.conversation),
                keys::HEAD,
            );
            let sk = keys::at_conversation(last.at, last.conversation);
            start.insert("overdue_pk".to_owned(), text(keys::due_shard(shard)));
            start.insert("overdue_sk".to_owned(), text(sk));
            start
        });
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("overdue")
            .key_condition_expression("overdue_pk = :pk AND overdue_sk > :after")
            .expression_attribute_values(":pk", text(keys::due_shard(shard)))
            .expression_attribute_values(":after", text(keys::millis(after)))
            .limit(1_000)
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(|error| StoreError::sdk("Query", error))?;
        let found = answer.items.unwrap_or_default();
        Ok(found.iter().filter_map(due_of).collect())
    }

    /// One of `parts` parts of all conversations, whosesoever they are, a page at a time: for
    /// jobs that look at everybody once a day.
    pub async fn every_conversation(
        &self,
        part: u8,
        parts: u8,
        cursor: Option<ScanCursor>,
    ) -> Result<(Vec<Conversation>, Option<ScanCursor>), StoreError> {
        let answer = self
            .client
            .scan()
            .table_name(&self.table)
            .index_name("inbox")
            .segment(i32::from(part))
            .total_segments(i32::from(parts))
            .set_exclusive_start_key(cursor.map(|cursor| cursor.0))
            .send()
            .await
            .map_err(|error| StoreError::sdk("Scan", error))?;
        let found = bodies("a conversation", answer.items.unwrap_or_default())?;
        Ok((found, answer.last_evaluated_key.map(ScanCursor)))
    }

    /// Into how many shards [`overdue`](Self::overdue) is spread.
    #[must_use]
    pub fn due_shards() -> std::ops::Range<u8> {
        0..keys::DUE_SHARDS
    }

    async fn page_of_heads(
        &self,
        ws: WorkspaceId,
        index: &'static str,
        pk: String,
        page: &PageRequest,
    ) -> Result<Page<Conversation>, StoreError> {
        let base = |sk: &str| -> Option<(String, String)> {
            let (at, id) = sk.split_once('#')?;
            let digits = at.len() == 13 && at.bytes().all(|byte| byte.is_ascii_digit());
            let id = ConversationId::parse(id).ok().filter(|_| digits)?;
            Some((keys::conversation(ws, id), keys::HEAD.to_owned()))
        };
        let (items, next_cursor) = self.page_of_index(index, pk, None, page, base).await?;
        Ok(Page {
            items: bodies("a conversation", items)?,
            next_cursor,
        })
    }

    /// One query on an index, for index sort keys with this prefix. `base` gives the item's own key
    /// from its index sort key.
    pub(crate) async fn page_of_index(
        &self,
        index: &'static str,
        pk: String,
        prefix: Option<&str>,
        page: &PageRequest,
        base: impl Fn(&str) -> Option<(String, String)>,
    ) -> Result<(Vec<Item>, Option<String>), StoreError> {
        let (pk_name, sk_name) = (format!("{index}_pk"), format!("{index}_sk"));
        let start = match &page.cursor {
            None => None,
            Some(cursor) => {
                let sk = cursor::decode(cursor).ok_or(StoreError::BadCursor)?;
                let (base_pk, base_sk) = base(&sk).ok_or(StoreError::BadCursor)?;
                // Of the same list, asked for in another way.
                if prefix.is_some_and(|prefix| !sk.starts_with(prefix)) {
                    return Err(StoreError::BadCursor);
                }
                let mut start = items::key(base_pk, base_sk);
                start.insert(pk_name.clone(), text(pk.clone()));
                start.insert(sk_name.clone(), text(sk));
                Some(start)
            }
        };
        let mut query = self.client.query();
        let mut condition = "#pk = :pk".to_owned();
        if let Some(prefix) = prefix {
            condition.push_str(" AND begins_with(#sk, :prefix)");
            query = query
                .expression_attribute_names("#sk", &sk_name)
                .expression_attribute_values(":prefix", text(prefix));
        }
        let answer = query
            .table_name(&self.table)
            .index_name(index)
            .key_condition_expression(condition)
            .expression_attribute_names("#pk", pk_name)
            .expression_attribute_values(":pk", text(pk))
            .limit(i32::from(page.limit.max(1)))
            .scan_index_forward(!page.newest_first)
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(|error| StoreError::sdk("Query", error))?;
        let next = next_cursor(answer.last_evaluated_key, &sk_name);
        Ok((answer.items.unwrap_or_default(), next))
    }

    /// One query on a partition, for sort keys with this prefix.
    pub(crate) async fn page_of_partition<T: DeserializeOwned>(
        &self,
        what: &'static str,
        pk: String,
        prefix: &str,
        page: &PageRequest,
    ) -> Result<Page<T>, StoreError> {
        let start = match &page.cursor {
            None => None,
            Some(cursor) => {
                let sk = cursor::decode(cursor).ok_or(StoreError::BadCursor)?;
                if !sk.starts_with(prefix) {
                    return Err(StoreError::BadCursor);
                }
                Some(items::key(pk.clone(), sk))
            }
        };
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", text(pk))
            .expression_attribute_values(":prefix", text(prefix))
            .limit(i32::from(page.limit.max(1)))
            .scan_index_forward(!page.newest_first)
            .consistent_read(true)
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(|error| StoreError::sdk("Query", error))?;
        let next_cursor = next_cursor(answer.last_evaluated_key, "sk");
        Ok(Page {
            items: bodies(what, answer.items.unwrap_or_default())?,
            next_cursor,
        })
    }

    /// The body of one item, with strong consistency.
    pub(crate) async fn get_body<T: DeserializeOwned>(
        &self,
        what: &'static str,
        pk: String,
        sk: &str,
    ) -> Result<Option<T>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(items::key(pk, sk)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| StoreError::sdk("GetItem", error))?;
        answer.item.map(|item| items::body(what, item)).transpose()
    }
}

pub(crate) fn bodies<T: DeserializeOwned>(
    what: &'static str,
    found: Vec<Item>,
) -> Result<Vec<T>, StoreError> {
    found
        .into_iter()
        .map(|item| items::body(what, item))
        .collect()
}

fn due_of(item: &Item) -> Option<Due> {
    let (workspace, conversation) = keys::parse_conversation(items::text_of(item, "pk")?)?;
    let (at, _) = items::text_of(item, "overdue_sk")?.split_once('#')?;
    let at = DateTime::from_timestamp_millis(at.parse().ok()?)?;
    Some(Due {
        workspace,
        conversation,
        at,
    })
}

fn next_cursor(last: Option<HashMap<String, AttributeValue>>, sk_name: &str) -> Option<String> {
    last.as_ref()
        .and_then(|key| items::text_of(key, sk_name))
        .map(cursor::encode)
}
