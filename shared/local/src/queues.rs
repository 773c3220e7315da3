//! The two queues, with the rules of SQS on the virtual clock.
//!
//! `events` is FIFO: in order per group, one consumer per group, and what carries the same
//! deduplication id within five minutes is accepted and dropped. `due` is a standard queue with
//! delays. On both a received message stays hidden until it is deleted or its visibility ends,
//! and one that was received too often becomes a dead letter.
//!
//! The messages live in `SQLite`, in memory or in a file. On a file `Ok` from a `send` means that
//! the message survives a killed process, which is what a webhook's 200 promises.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use app::ports::{Clock, PortError, Queues};
use app::tasks::{DueTask, EventTask};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, named_params, params};
use serde::Serialize;

/// As on AWS: what SQS refuses must not pass here either.
const MAX_DELAY: Duration = Duration::from_secs(900);
const MAX_BODY_BYTES: usize = 1_048_576;
const DEDUPLICATION: TimeDelta = TimeDelta::minutes(5);
/// A message in whose handling the process died this often is a dead letter: it may be what kills
/// it. Otherwise a killed process is not the message's fault and is no receive.
const MOST_DEATHS: u32 = 20;

/// Which queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Queue {
    /// FIFO: something happened on a channel.
    Events,
    /// Standard: somebody must look at something now.
    Due,
}

impl Queue {
    fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Due => "due",
        }
    }
}

/// What the template sets on the real queues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueLimits {
    /// How long a received message is hidden from other consumers.
    pub visibility: TimeDelta,
    /// A message received this often and not deleted is a dead letter.
    pub max_receives: u32,
}

impl Default for QueueLimits {
    fn default() -> Self {
        Self {
            visibility: TimeDelta::seconds(90),
            max_receives: 5,
        }
    }
}

/// A message in the hands of a consumer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// For [`LocalQueues::delete`] and [`LocalQueues::release`].
    pub id: String,
    /// The JSON of the task, byte for byte what SQS would carry.
    pub body: String,
    /// 1 for the first delivery.
    pub receive_count: u32,
    /// The FIFO group; none on the standard queue.
    pub group: Option<String>,
}

/// A message that was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeadLetter {
    /// Its id; [`LocalQueues::delete`] takes it away.
    pub id: String,
    /// Where it came from.
    pub queue: Queue,
    /// The JSON of the task.
    pub body: String,
    /// When it was given up.
    pub at: DateTime<Utc>,
}

/// How much is where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Could be received now, but for the order within a group.
    pub ready: u64,
    /// Wait for their delay.
    pub delayed: u64,
    /// With a consumer.
    pub in_flight: u64,
    /// Given up.
    pub dead: u64,
}

/// Both queues of one local process.
pub struct LocalQueues {
    connection: Mutex<Connection>,
    clock: Arc<dyn Clock>,
    limits: QueueLimits,
}

impl LocalQueues {
    /// Gone with the process.
    pub fn memory(clock: Arc<dyn Clock>, limits: QueueLimits) -> Result<Self, PortError> {
        Self::over(Connection::open_in_memory().map_err(failed)?, clock, limits)
    }

    /// Kept in this `SQLite` file. What a killed process had in its hands is visible again at once,
    /// as if it had not been received.
    pub fn open(
        file: &Path,
        clock: Arc<dyn Clock>,
        limits: QueueLimits,
    ) -> Result<Self, PortError> {
        Self::over(Connection::open(file).map_err(failed)?, clock, limits)
    }

    fn over(
        connection: Connection,
        clock: Arc<dyn Clock>,
        limits: QueueLimits,
    ) -> Result<Self, PortError> {
        connection.execute_batch(SCHEMA).map_err(failed)?;
        // A file of an older version.
        if connection.prepare("SELECT deaths FROM messages").is_err() {
            connection.execute_batch(ADD_DEATHS).map_err(failed)?;
        }
        connection
            .execute(
                "UPDATE messages SET visible_at = :now, receives = receives - 1, deaths = deaths + 1
                 WHERE receives > 0 AND visible_at > :now AND dead_at IS NULL",
                named_params! { ":now": clock.now().timestamp_millis() },
            )
            .map_err(failed)?;
        Ok(Self {
            connection: Mutex::new(connection),
            clock,
            limits,
        })
    }

    /// Takes up to `max` messages that a consumer may have now. Several messages of one FIFO
    /// group come in order and together; the group is then closed until all of them are done.
    pub fn receive(&self, queue: Queue, max: usize) -> Result<Vec<Received>, PortError> {
        let now = self.now();
        self.transact(|transaction| {
            transaction.execute(
                "UPDATE messages SET dead_at = :now WHERE queue = :queue AND dead_at IS NULL
                 AND visible_at <= :now AND (receives >= :most OR deaths >= :deaths)",
                named_params! {
                    ":now": now, ":queue": queue.name(),
                    ":most": self.limits.max_receives, ":deaths": MOST_DEATHS,
                },
            )?;
            let found = transaction
                .prepare(match queue {
                    Queue::Events => RECEIVABLE_EVENTS,
                    Queue::Due => RECEIVABLE_DUE,
                })?
                .query_map(
                    params![now, i64::try_from(max).unwrap_or(i64::MAX)],
                    |row| {
                        Ok((
                            row.get::<_, i64>(0)?,
                            row.get(1)?,
                            row.get::<_, u32>(2)?,
                            row.get(3)?,
                        ))
                    },
                )?
                .collect::<Result<Vec<_>, _>>()?;
            let hidden_until = now + self.limits.visibility.num_milliseconds();
            let mut received = Vec::with_capacity(found.len());
            for (id, body, receives, group) in found {
                transaction.execute(
                    "UPDATE messages SET receives = receives + 1, visible_at = ?2 WHERE id = ?1",
                    params![id, hidden_until],
                )?;
                received.push(Received {
                    id: id.to_string(),
                    body,
                    receive_count: receives + 1,
                    group,
                });
            }
            Ok(received)
        })
    }

    /// The message is done. One that is gone already is no error.
    pub fn delete(&self, id: &str) -> Result<(), PortError> {
        self.transact(|transaction| {
            transaction
                .execute("DELETE FROM messages WHERE id = ?1", [id])
                .map(drop)
        })
    }

    /// Makes the message visible again without waiting for the end of its visibility.
    pub fn release(&self, id: &str) -> Result<(), PortError> {
        let now = self.now();
        self.transact(|transaction| {
            transaction
                .execute(
                    "UPDATE messages SET visible_at = ?2 WHERE id = ?1 AND visible_at > ?2",
                    params![id, now],
                )
                .map(drop)
        })
    }

    /// When the next message can be received: in the past when one is ready, otherwise the end of
    /// a delay or of a visibility.
    pub fn next_visible_at(&self) -> Result<Option<DateTime<Utc>>, PortError> {
        let next: Option<i64> = self
            .connection()
            .query_row(NEXT_VISIBLE, [], |row| row.get(0))
            .optional()
            .map_err(failed)?
            .flatten();
        Ok(next.and_then(DateTime::from_timestamp_millis))
    }

    /// Nothing is ready and nobody holds anything. Messages whose delay still runs do not count.
    pub fn is_idle(&self) -> Result<bool, PortError> {
        self.counts()
            .map(|counts| counts.ready == 0 && counts.in_flight == 0)
    }

    /// How much is where, over both queues.
    pub fn counts(&self) -> Result<Counts, PortError> {
        let now = self.now();
        self.connection()
            .query_row(COUNTS, [now], counts)
            .map_err(failed)
    }

    /// What was given up, oldest first.
    pub fn dead_letters(&self) -> Result<Vec<DeadLetter>, PortError> {
        let connection = self.connection();
        let read = || -> rusqlite::Result<Vec<DeadLetter>> {
            connection
                .prepare("SELECT id, queue, body, dead_at FROM messages WHERE dead_at IS NOT NULL ORDER BY dead_at, id")?
                .query_map([], dead_letter)?
                .collect()
        };
        read().map_err(failed)
    }

    /// Puts what was given up back on its queue, as a new message; how many there were.
    pub fn redrive(&self) -> Result<usize, PortError> {
        let now = self.now();
        self.transact(|transaction| {
            transaction.execute(
                "UPDATE messages SET dead_at = NULL, receives = 0, visible_at = :now
                 WHERE dead_at IS NOT NULL",
                named_params! { ":now": now },
            )
        })
    }

    /// Empties both queues, as an operator's purge would: for the simulator.
    pub fn purge(&self) -> Result<(), PortError> {
        self.transact(|transaction| {
            transaction
                .execute("DELETE FROM messages WHERE dead_at IS NULL", [])
                .map(drop)
        })
    }

    /// Takes the tasks of `due` that the table knows anyway off the queue.
    pub fn drop_due(&self, known: impl Fn(&str) -> bool) -> Result<(), PortError> {
        self.transact(|transaction| {
            let found = transaction
                .prepare("SELECT id, body FROM messages WHERE queue = 'due' AND dead_at IS NULL")?
                .query_map([], |row| {
                    Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
                })?
                .collect::<Result<Vec<_>, _>>()?;
            for (id, _) in found.iter().filter(|(_, body)| known(body)) {
                transaction.execute("DELETE FROM messages WHERE id = ?1", [id])?;
            }
            Ok(())
        })
    }

    /// All of them or none, in order; what was accepted within five minutes is dropped.
    fn accept(&self, messages: &[Fifo]) -> Result<(), PortError> {
        let now = self.now();
        self.transact(|transaction| {
            transaction.execute("DELETE FROM deduplication WHERE until <= ?1", [now])?;
            for Fifo {
                group,
                deduplication,
                body,
            } in messages
            {
                let fresh = transaction.execute(
                    "INSERT INTO deduplication (id, until) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                    params![deduplication, now + DEDUPLICATION.num_milliseconds()],
                )?;
                if fresh == 1 {
                    insert(transaction, Queue::Events, Some(group), body, now)?;
                }
            }
            Ok(())
        })
    }

    fn now(&self) -> i64 {
        self.clock.now().timestamp_millis()
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn transact<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, PortError> {
        let mut connection = self.connection();
        let run = || {
            let transaction = connection.transaction()?;
            let result = work(&transaction)?;
            transaction.commit()?;
            Ok(result)
        };
        run().map_err(failed)
    }
}

#[async_trait]
impl Queues for LocalQueues {
    async fn send_events(&self, tasks: &[EventTask]) -> Result<(), PortError> {
        let messages = tasks
            .iter()
            .map(|task| {
                Ok(Fifo {
                    group: task.group(),
                    deduplication: task.deduplication(),
                    body: body(task)?,
                })
            })
            .collect::<Result<Vec<_>, PortError>>()?;
        self.accept(&messages)
    }

    async fn send_due(&self, task: &DueTask, delay: Duration) -> Result<(), PortError> {
        if delay > MAX_DELAY {
            return Err(refused("a delay is at most 15 minutes"));
        }
        let body = body(task)?;
        let visible_at = self.now() + i64::try_from(delay.as_millis()).unwrap_or(i64::MAX);
        self.transact(|transaction| insert(transaction, Queue::Due, None, &body, visible_at))
    }
}

struct Fifo {
    group: String,
    deduplication: String,
    body: String,
}

fn insert(
    transaction: &Transaction<'_>,
    queue: Queue,
    group: Option<&str>,
    body: &str,
    visible_at: i64,
) -> rusqlite::Result<()> {
    transaction
        .execute(
            "INSERT INTO messages (queue, grp, body, visible_at) VALUES (?1, ?2, ?3, ?4)",
            params![queue.name(), group, body, visible_at],
        )
        .map(drop)
}

fn body(task: &impl Serialize) -> Result<String, PortError> {
    let body = serde_json::to_string(task).map_err(|error| PortError {
        service: "queues",
        message: "the task cannot be written as JSON".to_owned(),
        source: Some(error.into()),
    })?;
    if body.len() > MAX_BODY_BYTES {
        return Err(refused("the task is larger than 1 MiB"));
    }
    Ok(body)
}

fn counts(row: &Row<'_>) -> rusqlite::Result<Counts> {
    Ok(Counts {
        ready: row.get(0)?,
        delayed: row.get(1)?,
        in_flight: row.get(2)?,
        dead: row.get(3)?,
    })
}

fn dead_letter(row: &Row<'_>) -> rusqlite::Result<DeadLetter> {
    let queue: String = row.get(1)?;
    Ok(DeadLetter {
        id: row.get::<_, i64>(0)?.to_string(),
        queue: if queue == Queue::Events.name() {
            Queue::Events
        } else {
            Queue::Due
        },
        body: row.get(2)?,
        at: DateTime::from_timestamp_millis(row.get(3)?).unwrap_or_default(),
    })
}

fn refused(message: &str) -> PortError {
    PortError {
        service: "queues",
        message: message.to_owned(),
        source: None,
    }
}

fn failed(error: rusqlite::Error) -> PortError {
    PortError {
        service: "queues",
        message: "the queue database failed".to_owned(),
        source: Some(error.into()),
    }
}

/// Journalled ahead and synchronised in full: an accepted message is on disk.
const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS messages (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        queue TEXT NOT NULL,
        grp TEXT,
        body TEXT NOT NULL,
        visible_at INTEGER NOT NULL,
        receives INTEGER NOT NULL DEFAULT 0,
        dead_at INTEGER,
        deaths INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX IF NOT EXISTS by_visibility ON messages (queue, dead_at, visible_at);
    CREATE INDEX IF NOT EXISTS by_group ON messages (grp, visible_at);
    CREATE TABLE IF NOT EXISTS deduplication (id TEXT PRIMARY KEY, until INTEGER NOT NULL) STRICT;
    CREATE INDEX IF NOT EXISTS by_until ON deduplication (until);
";

const ADD_DEATHS: &str = "ALTER TABLE messages ADD COLUMN deaths INTEGER NOT NULL DEFAULT 0";

/// On the FIFO queue there is no delay, so whatever is invisible is with a consumer and closes
/// its group.
const RECEIVABLE_EVENTS: &str = "
    SELECT id, body, receives, grp FROM messages AS m
    WHERE queue = 'events' AND dead_at IS NULL AND visible_at <= ?1 AND NOT EXISTS (
        SELECT 1 FROM messages AS held
        WHERE held.grp = m.grp AND held.visible_at > ?1 AND held.dead_at IS NULL)
    ORDER BY id LIMIT ?2";

const RECEIVABLE_DUE: &str = "
    SELECT id, body, receives, grp FROM messages
    WHERE queue = 'due' AND dead_at IS NULL AND visible_at <= ?1
    ORDER BY visible_at, id LIMIT ?2";

const NEXT_VISIBLE: &str = "
    SELECT min(at) FROM (
        SELECT max(visible_at) AS at FROM messages
        WHERE queue = 'events' AND dead_at IS NULL GROUP BY grp
        UNION ALL
        SELECT visible_at FROM messages WHERE queue = 'due' AND dead_at IS NULL)";

const COUNTS: &str = "
    SELECT count(*) FILTER (WHERE dead_at IS NULL AND visible_at <= ?1),
           count(*) FILTER (WHERE dead_at IS NULL AND visible_at > ?1 AND receives = 0),
           count(*) FILTER (WHERE dead_at IS NULL AND visible_at > ?1 AND receives > 0),
           count(*) FILTER (WHERE dead_at IS NOT NULL)
    FROM messages";

#[cfg(test)]
mod tests;
