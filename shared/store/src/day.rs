//! Counters of one day of one workspace: sends, model calls, tokens.

use aws_sdk_dynamodb::types::ReturnValue;
use chrono::{NaiveDate, NaiveTime, TimeDelta};
use domain::ids::WorkspaceId;

use crate::items::{self, Item, number};
use crate::{Store, StoreError, keys};

/// Something that is counted.
#[derive(Debug, Clone)]
pub struct Counter {
    /// The day, in UTC.
    pub date: NaiveDate,
    /// Its name: one of [`Usage`]'s fields.
    pub name: &'static str,
    /// By how much; less than nothing takes back what was counted before.
    pub by: i64,
    /// Counting is refused when the counter has reached this.
    pub limit: Option<u64>,
}

impl Counter {
    /// Counters are kept for 400 days, so that a year can be compared with the one before.
    pub(crate) fn expires_at(&self) -> i64 {
        (self.date.and_time(NaiveTime::MIN) + TimeDelta::days(400))
            .and_utc()
            .timestamp()
    }
}

/// The counters of a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Automated sends that were claimed.
    pub automated_sends: u64,
    /// Questions put to a model.
    pub model_calls: u64,
    /// Tokens that models read.
    pub input_tokens: u64,
    /// Tokens that models wrote.
    pub output_tokens: u64,
}

impl Usage {
    /// Tokens in both directions: what the daily limit is about.
    #[must_use]
    pub fn tokens(&self) -> u64 {
        self.input_tokens + self.output_tokens
    }
}

impl Store {
    /// The counters of a day.
    pub async fn usage(&self, ws: WorkspaceId, date: NaiveDate) -> Result<Usage, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(items::key(keys::days(ws), keys::day(date))))
            .send()
            .await
            .map_err(|error| StoreError::sdk("GetItem", error))?;
        Ok(usage_of(&answer.item.unwrap_or_default()))
    }

    /// Adds what a model call used and returns the day's counters.
    pub async fn count_model_call(
        &self,
        ws: WorkspaceId,
        date: NaiveDate,
        input_tokens: u64,
        output_tokens: u64,
    ) -> Result<Usage, StoreError> {
        let expires = Counter {
            date,
            name: "model_calls",
            by: 1,
            limit: None,
        }
        .expires_at();
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(items::key(keys::days(ws), keys::day(date))))
            .update_expression("SET expires_at = :expires ADD model_calls :one, input_tokens :in, output_tokens :out")
            .expression_attribute_values(":expires", number(expires))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":in", number(input_tokens))
            .expression_attribute_values(":out", number(output_tokens))
            .return_values(ReturnValue::AllNew)
            .send()
            .await
            .map_err(|error| StoreError::sdk("UpdateItem", error))?;
        Ok(usage_of(&answer.attributes.unwrap_or_default()))
    }
}

fn usage_of(item: &Item) -> Usage {
    let count = |name: &str| {
        item.get(name)
            .and_then(|value| value.as_n().ok())
            .and_then(|n| n.parse().ok())
            .unwrap_or_default()
    };
    Usage {
        automated_sends: count("automated_sends"),
        model_calls: count("model_calls"),
        input_tokens: count("input_tokens"),
        output_tokens: count("output_tokens"),
    }
}
