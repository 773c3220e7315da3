//! Answers to repeated POSTs with the same `Idempotency-Key`.

use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::WorkspaceId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::items::{self, Plain, number, text};
use crate::{Store, StoreError, keys};

/// How long an answer is kept.
const KEPT: TimeDelta = TimeDelta::hours(24);
/// After this a request that never finished is taken for crashed, and its key is free again.
const LEASE: TimeDelta = TimeDelta::seconds(60);

/// What came of beginning a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It is new: do the work, then call [`Store::finish_idempotent`].
    Start,
    /// It was done: this was the answer.
    Replay(SavedAnswer),
    /// Somebody is doing it right now.
    InProgress,
    /// The key was used for another request.
    Mismatch,
}

/// The answer to the first request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedAnswer {
    /// Status code.
    pub status: u16,
    /// JSON body.
    pub body: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Record {
    request: String,
    answer: Option<SavedAnswer>,
    /// Milliseconds since 1970.
    until: i64,
}

impl Store {
    /// Claims the key for this request, or says what became of the earlier one.
    pub async fn begin_idempotent(
        &self,
        ws: WorkspaceId,
        key: &str,
        request: &str,
        now: DateTime<Utc>,
    ) -> Result<Begun, StoreError> {
        let record = Record {
            request: hash(request),
            answer: None,
            until: (now + LEASE).timestamp_millis(),
        };
        let item = to_item(ws, key, record, now)?;
        let answer = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk) OR body.#until < :now")
            .expression_attribute_names("#until", "until")
            .expression_attribute_values(":now", number(now.timestamp_millis()))
            .send()
            .await;
        match answer {
            Ok(_) => Ok(Begun::Start),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|e| e.is_conditional_check_failed_exception()) =>
            {
                let found: Option<Record> = self
                    .get_body("an answer", keys::idempotency(ws), &hash(key))
                    .await?;
                Ok(match found {
                    // It ran out between the two calls: as good as new for the next try.
                    None => Begun::InProgress,
                    Some(record) if record.request != hash(request) => Begun::Mismatch,
                    Some(Record {
                        answer: Some(answer),
                        ..
                    }) => Begun::Replay(answer),
                    Some(Record { answer: None, .. }) => Begun::InProgress,
                })
            }
            Err(error) => Err(StoreError::sdk("PutItem", error)),
        }
    }

    /// Saves the answer for repetitions.
    pub async fn finish_idempotent(
        &self,
        ws: WorkspaceId,
        key: &str,
        request: &str,
        answer: SavedAnswer,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let record = Record {
            request: hash(request),
            answer: Some(answer),
            until: (now + KEPT).timestamp_millis(),
        };
        self.client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(to_item(ws, key, record, now)?))
            .send()
            .await
            .map_err(|error| StoreError::sdk("PutItem", error))?;
        Ok(())
    }

    /// Frees the key: the request failed before it did anything.
    pub async fn abandon_idempotent(&self, ws: WorkspaceId, key: &str) -> Result<(), StoreError> {
        self.client
            .delete_item()
            .table_name(&self.table)
            .key("pk", text(keys::idempotency(ws)))
            .key("sk", text(hash(key)))
            .send()
            .await
            .map_err(|error| StoreError::sdk("DeleteItem", error))?;
        Ok(())
    }
}

fn to_item(
    ws: WorkspaceId,
    key: &str,
    record: Record,
    now: DateTime<Utc>,
) -> Result<items::Item, StoreError> {
    let item = Plain {
        pk: keys::idempotency(ws),
        sk: hash(key),
        version: 0,
        expires_at: Some((now + KEPT).timestamp()),
        body: record,
    };
    items::to_item("an answer", item)
}

fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
