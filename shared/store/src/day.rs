//! Counters of one day of one workspace: sends, model calls, tokens. And of one month: SMS segments.

use std::borrow::Cow;

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use domain::ids::WorkspaceId;
use domain::sms;
use domain::sms::tier::Month;

use crate::items::{self, Item, number};
use crate::notification::notification_item;
use crate::writes::{Meaning, Writes, if_held};
use crate::{Committed, Notification, Store, StoreError, keys};

/// The limit of which staff were told that it is reached.
pub(crate) const TOLD_OF_LIMIT: &str = "told_of_limit";

/// Something that is counted.
#[derive(Debug, Clone)]
pub struct Counter {
    /// The calendar day, in the workspace's zone.
    pub date: NaiveDate,
    /// Whether it is counted for that day, or for its month.
    pub over: Over,
    /// Its name: one of [`Usage`]'s fields, or one of a key's own.
    pub name: Cow<'static, str>,
    /// By how much; less than nothing takes back what was counted before.
    pub by: i64,
    /// Counting is refused when the counter has reached this.
    pub limit: Option<u64>,
}

/// Over which time something is counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Over {
    /// A day.
    #[default]
    Day,
    /// A month.
    Month,
}

/// The name of the counter of what calls took of a month's segments.
const CALL_SEGMENTS: &str = "call_segments";
/// How often counting a call is tried again after a lost race.
const TRIES: u32 = 5;

/// The name of the counter of the segments of a month.
pub const SMS_SEGMENTS: &str = "sms_segments";

impl Counter {
    pub(crate) fn sk(&self) -> String {
        match self.over {
            Over::Day => keys::day(self.date),
            Over::Month => keys::month(Month::of_date(self.date)),
        }
    }

    pub(crate) fn expires_at(&self) -> i64 {
        expires_at(self.date)
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
    /// What the daily limits are about: tokens in both directions and what they cost, with what
    /// is reserved for calls that are not over.
    pub model: Spent,
}

/// What model calls use up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Tokens in both directions.
    pub tokens: u64,
    /// In millionths of the currency's unit.
    pub cost_micros: u64,
}

/// What a model call used in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelCall {
    /// Tokens read.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// In millionths of the currency's unit.
    pub cost_micros: u64,
}

/// How much a day may use up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelLimits {
    /// Tokens.
    pub tokens: u64,
    /// Cost, where there is a limit to it.
    pub cost_micros: Option<u64>,
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

    /// The SMS segments of a month.
    pub async fn sms_usage(
        &self,
        ws: WorkspaceId,
        month: Month,
    ) -> Result<sms::tier::Usage, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(items::key(keys::days(ws), keys::month(month))))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| StoreError::sdk("GetItem", error))?;
        let item = answer.item.unwrap_or_default();
        let read = |name: &str| item.get(name)?.as_n().ok()?.parse().ok();
        Ok(sms::tier::Usage {
            sms: read(SMS_SEGMENTS).unwrap_or_default(),
            calls: read(CALL_SEGMENTS).unwrap_or_default(),
            told_of_limit: read(TOLD_OF_LIMIT),
            ..sms::tier::Usage::new(month)
        })
    }

    /// Counts a call (MO-34). Its parts are told one by one, in any order and more than once, and each
    /// may be the whole of it: what it counts is what its longest part comes to.
    pub async fn count_call(
        &self,
        ws: WorkspaceId,
        month: Month,
        call: &str,
        segments: u64,
    ) -> Result<(), StoreError> {
        let key = items::key(keys::days(ws), keys::call(call));
        for _ in 0..TRIES {
            let answer = self
                .client
                .get_item()
                .table_name(&self.table)
                .set_key(Some(key.clone()))
                .consistent_read(true)
                .send()
                .await
                .map_err(|error| StoreError::sdk("GetItem", error))?;
            let counted = answer.item.as_ref().and_then(|item| item.get("counted"));
            let counted: u64 = counted
                .and_then(|value| value.as_n().ok()?.parse().ok())
                .unwrap_or_default();
            let Some(more) = segments.checked_sub(counted).filter(|more| *more > 0) else {
                return Ok(());
            };
            let mut writes = Writes::new(&self.table);
            writes.call_counted(key.clone(), counted, segments, month)?;
            writes.count(
                ws,
                &Counter {
                    date: month.first_day(),
                    over: Over::Month,
                    name: CALL_SEGMENTS.into(),
                    by: i64::try_from(more).unwrap_or(i64::MAX),
                    limit: None,
                },
            )?;
            if writes.send(self).await? == Committed::Done {
                return Ok(());
            }
        }
        // Its next part counts it; the last one is told when the call is over.
        Err(StoreError::lost_races("a call"))
    }

    /// Tells staff that the segments of the month are spent, once for each limit of the month.
    pub async fn tell_of_limit(
        &self,
        ws: WorkspaceId,
        month: Month,
        limit: u64,
        notification: &Notification,
    ) -> Result<(), StoreError> {
        let mut writes = Writes::new(&self.table);
        writes.told_of_limit(ws, month, limit)?;
        let item = notification_item(ws, notification)?;
        writes.put(item, None, Meaning::Plain)?;
        // `AtLimit`: somebody else has told of it.
        writes.send(self).await.map(|_: Committed| ())
    }

    /// Sets aside the most that a call can use, in one conditional write, so that calls beside
    /// each other cannot pass the limits together. `false`: there is no room for it.
    pub async fn reserve_model_call(
        &self,
        ws: WorkspaceId,
        date: NaiveDate,
        most: Spent,
        limits: ModelLimits,
    ) -> Result<bool, StoreError> {
        let cost_limit = limits.cost_micros.unwrap_or(u64::MAX);
        let (Some(room), Some(cost_room)) = (
            limits.tokens.checked_sub(most.tokens),
            cost_limit.checked_sub(most.cost_micros),
        ) else {
            return Ok(false);
        };
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(items::key(keys::days(ws), keys::day(date))))
            .update_expression("SET expires_at = :expires ADD model_calls :one, model_tokens :tokens, model_cost_micros :cost")
            .condition_expression("attribute_not_exists(model_tokens) OR (model_tokens <= :room AND model_cost_micros <= :cost_room)")
            .expression_attribute_values(":expires", number(expires_at(date)))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":tokens", number(most.tokens))
            .expression_attribute_values(":cost", number(most.cost_micros))
            .expression_attribute_values(":room", number(room))
            .expression_attribute_values(":cost_room", number(cost_room))
            .send()
            .await;
        Ok(if_held("UpdateItem", answer)?.is_some())
    }

    /// Puts what a call used in the place of what was set aside for it. A caller that dies before
    /// leaves what was set aside: a hard limit errs on that side.
    pub async fn settle_model_call(
        &self,
        ws: WorkspaceId,
        date: NaiveDate,
        reserved: Spent,
        used: ModelCall,
    ) -> Result<(), StoreError> {
        let change = |used: u64, reserved: u64| number(i128::from(used) - i128::from(reserved));
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(items::key(keys::days(ws), keys::day(date))))
            .update_expression("ADD input_tokens :in, output_tokens :out, model_tokens :tokens, model_cost_micros :cost")
            .expression_attribute_values(":in", number(used.input_tokens))
            .expression_attribute_values(":out", number(used.output_tokens))
            .expression_attribute_values(
                ":tokens",
                change(used.input_tokens + used.output_tokens, reserved.tokens),
            )
            .expression_attribute_values(":cost", change(used.cost_micros, reserved.cost_micros))
            .send()
            .await
            .map_err(|error| StoreError::sdk("UpdateItem", error))?;
        Ok(())
    }
}

/// Counters are kept for 400 days, so that a year can be compared with the one before.
pub(crate) fn expires_at(date: NaiveDate) -> i64 {
    (date.and_time(NaiveTime::MIN) + TimeDelta::days(400))
        .and_utc()
        .timestamp()
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
        model: Spent {
            tokens: count("model_tokens"),
            cost_micros: count("model_cost_micros"),
        },
    }
}
