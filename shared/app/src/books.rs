//! Books kept for a moment, so that a warm function reads none per event.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::WorkspaceId;
use store::Book;

/// How old a kept book may be.
const KEPT: TimeDelta = TimeDelta::seconds(30);
/// How many are kept; beyond that the oldest goes, so that memory stays flat.
const MOST: usize = 200;

/// When each was read.
type Kept = HashMap<WorkspaceId, (DateTime<Utc>, Arc<Book>)>;

#[derive(Debug, Default)]
pub(crate) struct Books(Mutex<Kept>);

impl Books {
    pub(crate) fn get(&self, ws: WorkspaceId, now: DateTime<Utc>) -> Option<Arc<Book>> {
        let books = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (read_at, book) = books.get(&ws)?;
        let fresh = *read_at <= now && now - *read_at < KEPT;
        fresh.then(|| Arc::clone(book))
    }

    /// One that was read no earlier than this.
    pub(crate) fn read_since(&self, ws: WorkspaceId, since: DateTime<Utc>) -> Option<Arc<Book>> {
        let books = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (read_at, book) = books.get(&ws)?;
        (*read_at >= since).then(|| Arc::clone(book))
    }

    pub(crate) fn put(&self, ws: WorkspaceId, book: Arc<Book>, now: DateTime<Utc>) {
        let mut books = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if books.len() >= MOST
            && let Some(oldest) = books
                .iter()
                .min_by_key(|(id, (at, _))| (*at, **id))
                .map(|(id, _)| *id)
        {
            books.remove(&oldest);
        }
        books.insert(ws, (now, book));
    }
}
