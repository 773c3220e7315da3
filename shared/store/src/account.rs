//! What is known of an account (MO-25). It stands in the [`Book`](crate::Book): every decision reads it.

use chrono::{DateTime, NaiveDate, Utc};
use domain::account::Account;
use domain::ids::WorkspaceId;
use serde::Serialize;

use crate::items::{self, Item, text};
use crate::notification::notification_item;
use crate::writes::{Meaning, Writes};
use crate::{Committed, Notification, Store, StoreError, keys};

const ACCOUNT: &str = "an account";

/// With what keeps it in the index of what is overdue, while it is to be looked at again.
#[derive(Serialize)]
struct AccountItem<'a> {
    pk: String,
    sk: &'static str,
    version: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    overdue_pk: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    overdue_sk: Option<String>,
    body: &'a Account,
}

impl Store {
    /// The account as it is now.
    pub async fn account(&self, ws: WorkspaceId) -> Result<Account, StoreError> {
        let found = self
            .get_body(ACCOUNT, keys::workspace(ws), keys::ACCOUNT)
            .await?;
        Ok(found.unwrap_or_default())
    }

    /// Stores an account whose version is the one that was read, plus one, and what the owner should look
    /// at because of it. `false` on a lost race.
    pub async fn put_account(
        &self,
        ws: WorkspaceId,
        account: &Account,
        told: Option<&Notification>,
    ) -> Result<bool, StoreError> {
        let item = AccountItem {
            pk: keys::workspace(ws),
            sk: keys::ACCOUNT,
            version: account.version,
            overdue_pk: account.next_at.map(|_| keys::ACCOUNTS),
            overdue_sk: account.next_at.map(|at| keys::at_workspace(at, ws)),
            body: account,
        };
        let mut writes = Writes::new(&self.table);
        let item = items::to_item(ACCOUNT, item)?;
        writes.put_version(item, account.version, Meaning::Version)?;
        if let Some(told) = told {
            writes.put(notification_item(ws, told)?, None, Meaning::Plain)?;
        }
        Ok(writes.send(self).await? == Committed::Done)
    }

    /// Whose accounts are to be looked at before this, the longest ago first.
    pub async fn accounts_due(
        &self,
        before: DateTime<Utc>,
        limit: u16,
    ) -> Result<Vec<WorkspaceId>, StoreError> {
        let found = self.overdue_in(keys::ACCOUNTS, before, limit).await?;
        let of = |item: &Item| keys::parse_workspace(items::text_of(item, "pk")?);
        Ok(found.iter().filter_map(of).collect())
    }

    /// Messages of these days, the first and the last included: those of rules that were claimed, and
    /// those that people and systems wrote.
    pub async fn messages_between(
        &self,
        ws: WorkspaceId,
        from: NaiveDate,
        to: NaiveDate,
    ) -> Result<u64, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", text(keys::days(ws)))
            .expression_attribute_values(":from", text(keys::day(from)))
            .expression_attribute_values(":to", text(keys::day(to)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| StoreError::sdk("Query", error))?;
        let days = answer.items.unwrap_or_default();
        let counted = days.iter().flatten().filter_map(|(name, value)| {
            let is_messages = name == "automated_sends" || name.starts_with("messages_");
            is_messages
                .then_some(value)?
                .as_n()
                .ok()?
                .parse::<u64>()
                .ok()
        });
        Ok(counted.sum())
    }
}
