//! The shapes of items: keys, index attributes, and the domain value as `body`.
//!
//! Attributes that a condition looks at stand beside the body, at the top level.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use domain::connection::Connection;
use domain::conversation::Conversation;
use domain::customer::Customer;
use domain::message::Message;
use domain::rule::Rule;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::Erasure;
use crate::error::StoreError;
use crate::keys;

pub(crate) type Item = HashMap<String, AttributeValue>;

/// Any value under its keys.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Plain<T> {
    pub pk: String,
    pub sk: String,
    #[serde(default)]
    pub version: u64,
    /// Seconds since 1970; DynamoDB removes the item some time after it. Clean-up, never logic.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expires_at: Option<i64>,
    pub body: T,
}

/// A conversation's head with its index attributes; absent ones keep it out of that index.
#[derive(Debug, Serialize)]
pub(crate) struct HeadItem<'a> {
    pk: String,
    sk: &'static str,
    version: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    inbox_pk: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inbox_sk: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unread_pk: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unread_sk: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting_pk: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting_sk: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    overdue_pk: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    overdue_sk: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pending_pk: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pending_sk: Option<String>,
    body: &'a Conversation,
}

impl<'a> HeadItem<'a> {
    pub(crate) fn new(head: &'a Conversation) -> Self {
        let (ws, id) = (head.workspace, head.id);
        let listed = head.moved_to.is_none();
        let index = |present: Option<DateTime<Utc>>, pk: String| match present.filter(|_| listed) {
            Some(at) => (Some(pk), Some(keys::at_conversation(at, id))),
            None => (None, None),
        };
        // Nobody has written there, and nobody will see that a reminder waits.
        let talked = !head.is_only_for_reminders();
        let (inbox_pk, inbox_sk) = index(talked.then(|| head.last_message_at()), keys::inbox(ws));
        let (unread_pk, unread_sk) = index(
            (head.unread > 0).then(|| head.last_message_at()),
            keys::unread(ws),
        );
        let (waiting_pk, waiting_sk) = index(head.waiting_since, keys::waiting(ws));
        let (overdue_pk, overdue_sk) = index(head.due_at(), keys::due_shard_of(id));
        let (pending_pk, pending_sk) = index(
            head.runs.iter().map(|run| run.due_at).min(),
            keys::pending(ws),
        );
        Self {
            pk: keys::conversation(ws, id),
            sk: keys::HEAD,
            version: head.version,
            inbox_pk,
            inbox_sk,
            unread_pk,
            unread_sk,
            waiting_pk,
            waiting_sk,
            overdue_pk,
            overdue_sk,
            pending_pk,
            pending_sk,
            body: head,
        }
    }
}

/// A message; ours stand in the sent log by category.
#[derive(Debug, Serialize)]
pub(crate) struct MessageItem<'a> {
    pk: String,
    sk: String,
    status: domain::message::Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_pk: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_sk: Option<String>,
    body: &'a Message,
}

impl<'a> MessageItem<'a> {
    pub(crate) fn new(message: &'a Message) -> Self {
        let category = message.author.category().filter(|_| !message.hidden);
        Self {
            pk: keys::conversation(message.workspace, message.conversation),
            sk: keys::message(message.at, message.id),
            status: message.status,
            sent_pk: category.map(|category| keys::sent(message.workspace, category.as_str())),
            sent_sk: category
                .map(|_| keys::at_message(message.at, message.conversation, message.id)),
            body: message,
        }
    }
}

/// A changed rule of which the conversations have not heard; the body says since when.
#[derive(Debug, Serialize)]
pub(crate) struct ChangedRule {
    pub pk: String,
    pub sk: String,
    pub overdue_pk: &'static str,
    pub overdue_sk: String,
    pub body: DateTime<Utc>,
}

/// Somebody who is being erased; the sweep finds who was left half-way.
#[derive(Debug, Serialize)]
pub(crate) struct ErasureItem<'a> {
    pub pk: String,
    pub sk: String,
    pub overdue_pk: &'static str,
    pub overdue_sk: String,
    pub body: &'a Erasure,
}

/// A customer, in the list of customers by name, and among what is overdue as long as nobody has planned
/// anew since their appointments changed.
#[derive(Debug, Serialize)]
pub(crate) struct CustomerItem<'a> {
    pk: String,
    sk: &'static str,
    version: u64,
    customers_pk: String,
    customers_sk: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    overdue_pk: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    overdue_sk: Option<String>,
    body: &'a Customer,
}

impl<'a> CustomerItem<'a> {
    pub(crate) fn new(customer: &'a Customer) -> Self {
        let (ws, id) = (customer.workspace, customer.id);
        let plan_since = customer.habit.plan_since;
        Self {
            pk: keys::customer(ws, id),
            sk: keys::CUSTOMER,
            version: customer.version,
            customers_pk: keys::customers(ws),
            customers_sk: keys::customer_by_name(&customer.name.sort_key(), id),
            overdue_pk: plan_since.map(|_| keys::UNPLANNED),
            overdue_sk: plan_since.map(|at| keys::at_customer(at, id)),
            body: customer,
        }
    }
}

pub(crate) fn rule_item(rule: &Rule) -> Plain<&Rule> {
    Plain {
        pk: keys::workspace(rule.workspace),
        sk: keys::rule(rule.id),
        version: rule.version,
        expires_at: None,
        body: rule,
    }
}

pub(crate) fn connection_item(connection: &Connection) -> Plain<&Connection> {
    Plain {
        pk: keys::workspace(connection.workspace),
        sk: keys::connection(connection.id),
        version: connection.version,
        expires_at: None,
        body: connection,
    }
}

/// Only what every item with a body has.
#[derive(Debug, Deserialize)]
struct Body<T> {
    body: T,
}

pub(crate) fn body<T: DeserializeOwned>(what: &'static str, item: Item) -> Result<T, StoreError> {
    serde_dynamo::from_item::<_, Body<T>>(item)
        .map(|item| item.body)
        .map_err(|source| StoreError::Unreadable { what, source })
}

pub(crate) fn to_item<T: Serialize>(what: &'static str, value: T) -> Result<Item, StoreError> {
    serde_dynamo::to_item(value).map_err(|source| StoreError::Unreadable { what, source })
}

pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(crate) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(crate) fn key(pk: impl Into<String>, sk: impl Into<String>) -> Item {
    HashMap::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))])
}

pub(crate) fn text_of<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)
        .and_then(|value| value.as_s().ok())
        .map(String::as_str)
}
