//! Answers to repeated POSTs with the same `Idempotency-Key`.
//!
//! The answer is stored in the one write that does what was asked, and only while the key is still
//! reserved for this request. So there is never a thing made without its answer: a request that
//! died has either left both, or has done nothing and never will.

use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::WorkspaceId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::items::{self, Item, Plain, number};
use crate::writes::if_held;
use crate::{Store, StoreError, keys};

/// How long an answer is kept.
const KEPT: TimeDelta = TimeDelta::hours(24);
/// After this a request that never finished is taken for dead, and its key is free again.
const LEASE: TimeDelta = TimeDelta::seconds(60);

/// What came of beginning a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It is new: do the work, and store the answer with it.
    Start(Reservation),
    /// It was done: this was the answer.
    Replay(SavedAnswer),
    /// Somebody is doing it right now.
    InProgress,
    /// The key was used for another request.
    Mismatch,
}

/// A key that is taken for one request, until its lease ends and another one takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    workspace: WorkspaceId,
    key: String,
    request: String,
    /// Milliseconds since 1970; tells this reservation from a later one of the same key.
    until: i64,
}

/// The answer to the first request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedAnswer {
    /// Status code.
    pub status: u16,
    /// What is kept of the headers.
    pub headers: Vec<(String, String)>,
    /// JSON body.
    pub body: String,
}

/// An answer, to be stored in the write that makes it true.
#[derive(Debug, Clone)]
pub struct KeyedAnswer {
    reservation: Reservation,
    answer: SavedAnswer,
    at: DateTime<Utc>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Record {
    request: String,
    answer: Option<SavedAnswer>,
    /// Milliseconds since 1970.
    until: i64,
}

impl Reservation {
    /// The answer to the request that holds this key.
    #[must_use]
    pub fn answered(&self, answer: SavedAnswer, now: DateTime<Utc>) -> KeyedAnswer {
        KeyedAnswer {
            reservation: self.clone(),
            answer,
            at: now,
        }
    }
}

impl KeyedAnswer {
    /// The item, and the `until` that the one it replaces must still have.
    pub(crate) fn item(&self) -> Result<(Item, i64), StoreError> {
        let Reservation {
            workspace,
            key,
            request,
            until,
        } = &self.reservation;
        let record = Record {
            request: request.clone(),
            answer: Some(self.answer.clone()),
            until: (self.at + KEPT).timestamp_millis(),
        };
        Ok((to_item(*workspace, key, record, self.at)?, *until))
    }
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
        let reservation = Reservation {
            workspace: ws,
            key: hash(key),
            request: hash(request),
            until: (now + LEASE).timestamp_millis(),
        };
        let record = Record {
            request: reservation.request.clone(),
            answer: None,
            until: reservation.until,
        };
        let item = to_item(ws, &reservation.key, record, now)?;
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
        if if_held("PutItem", answer)?.is_some() {
            return Ok(Begun::Start(reservation));
        }
        let found: Option<Record> = self
            .get_body("an answer", keys::idempotency(ws), &reservation.key)
            .await?;
        Ok(match found {
            // It ran out between the two calls: as good as new for the next try.
            None => Begun::InProgress,
            Some(record) if record.request != reservation.request => Begun::Mismatch,
            Some(Record {
                answer: Some(answer),
                ..
            }) => Begun::Replay(answer),
            Some(Record { answer: None, .. }) => Begun::InProgress,
        })
    }

    /// Frees the key: the request failed before it did anything. One that somebody else holds by
    /// now stays theirs.
    pub async fn abandon_idempotent(&self, reservation: &Reservation) -> Result<(), StoreError> {
        let Reservation {
            workspace,
            key,
            until,
            ..
        } = reservation;
        let answer = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(items::key(keys::idempotency(*workspace), key)))
            .condition_expression("body.#until = :until")
            .expression_attribute_names("#until", "until")
            .expression_attribute_values(":until", number(until))
            .send()
            .await;
        if_held("DeleteItem", answer).map(|_| ())
    }
}

fn to_item(
    ws: WorkspaceId,
    hashed_key: &str,
    record: Record,
    now: DateTime<Utc>,
) -> Result<Item, StoreError> {
    let item = Plain {
        pk: keys::idempotency(ws),
        sk: hashed_key.to_owned(),
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
