//! One batch of a queue, record by record, so that one bad record costs nobody else anything.
//!
//! Knows neither SQS nor Lambda: the local host runs its queues through the same function.

use std::any::Any;
use std::collections::HashMap;
use std::error::Error;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _, stream};
use serde::de::DeserializeOwned;

/// A record as it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// What the queue calls it.
    pub id: &'a str,
    /// On a FIFO queue its group; none where there is no order to keep.
    pub group: Option<&'a str>,
    /// The JSON of a task, or whatever somebody put there.
    pub body: &'a str,
}

/// A record that has to come again.
#[derive(Debug)]
pub struct Failed {
    /// What the queue calls it.
    pub id: String,
    /// Why it was not done.
    pub why: Failure,
}

/// Why a record was not done.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Not a task of ours. It will never be, so it ends as a dead letter, where a person sees it.
    #[error("the body is not a task")]
    Unreadable,
    /// The handler said so.
    #[error("the handler failed")]
    Error(#[source] Box<dyn Error + Send + Sync>),
    /// The handler panicked. The text is kept only when it is a constant of the program.
    #[error("the handler panicked: {0}")]
    Panic(&'static str),
    /// The handler was stopped, or never started, because the invocation ends.
    #[error("no time was left")]
    OutOfTime,
    /// An earlier record of its group failed; the order must not be broken.
    #[error("an earlier record of the group failed")]
    Blocked,
}

/// Runs `handle` for every record and returns those that were not done, in their order.
///
/// Records of one group run one after the other, and after the first failure the rest of that
/// group is not tried. Up to `at_once` groups, or records without one, run at the same time.
/// What is not done when `time_left` is over counts as failed, so that the rest of the batch is
/// not repeated with it.
pub async fn run<T, F, Fut, E>(
    records: &[Record<'_>],
    at_once: usize,
    time_left: Duration,
    handle: F,
) -> Vec<Failed>
where
    T: DeserializeOwned,
    F: Fn(T) -> Fut,
    Fut: Future<Output = Result<(), E>>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let deadline = tokio::time::Instant::now() + time_left;
    let handle = &handle;
    let done = stream::iter(in_order(records))
        .map(|group| async move {
            let mut failed = Vec::new();
            for nth in group {
                let why = match failed.is_empty() {
                    true => one(records[nth].body, deadline, handle).await.err(),
                    false => Some(Failure::Blocked),
                };
                failed.extend(why.map(|why| (nth, why)));
            }
            failed
        })
        .buffer_unordered(at_once.max(1))
        .concat();
    let mut failed = done.await;
    failed.sort_by_key(|(nth, _)| *nth);
    failed
        .into_iter()
        .map(|(nth, why)| Failed {
            id: records[nth].id.to_owned(),
            why,
        })
        .collect()
}

async fn one<T, Fut, E>(
    body: &str,
    deadline: tokio::time::Instant,
    handle: &impl Fn(T) -> Fut,
) -> Result<(), Failure>
where
    T: DeserializeOwned,
    Fut: Future<Output = Result<(), E>>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    // The parser's message would quote the body.
    let task = serde_json::from_str(body).map_err(|_| Failure::Unreadable)?;
    // What a panic leaves half done is in this future only, and that is dropped: tasks are
    // idempotent, and the process shares nothing but clients.
    let caught = AssertUnwindSafe(async move { handle(task).await }).catch_unwind();
    match tokio::time::timeout_at(deadline, caught).await {
        Ok(Ok(Ok(()))) => Ok(()),
        Ok(Ok(Err(error))) => Err(Failure::Error(error.into())),
        Ok(Err(panic)) => Err(Failure::Panic(constant(&*panic))),
        Err(_) => Err(Failure::OutOfTime),
    }
}

/// A formatted message may hold data of a customer; a literal cannot.
fn constant(panic: &(dyn Any + Send)) -> &'static str {
    panic
        .downcast_ref::<&'static str>()
        .copied()
        .unwrap_or("see the place in the log")
}

/// The positions of the records, one list per group; each record without a group is its own.
fn in_order(records: &[Record<'_>]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut known: HashMap<&str, usize> = HashMap::new();
    for (nth, record) in records.iter().enumerate() {
        match record.group.and_then(|group| known.get(group)) {
            Some(&at) => groups[at].push(nth),
            None => {
                if let Some(group) = record.group {
                    known.insert(group, groups.len());
                }
                groups.push(vec![nth]);
            }
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    fn record<'a>(id: &'a str, group: Option<&'a str>, body: &'a str) -> Record<'a> {
        Record { id, group, body }
    }

    /// Tasks are texts; some of them are what goes wrong.
    async fn handle(task: String) -> Result<(), &'static str> {
        match task.as_str() {
            "error" => Err("no"),
            "panic" => panic!("constant"),
            "personal" => panic!("{}", format!("{task} data")),
            "hang" => std::future::pending().await,
            _ => Ok(()),
        }
    }

    fn shown(failed: &[Failed]) -> Vec<String> {
        failed
            .iter()
            .map(|failed| format!("{}: {}", failed.id, failed.why))
            .collect()
    }

    #[tokio::test(start_paused = true)]
    async fn every_record_fails_for_itself() {
        let records = [
            record("1", None, "\"ok\""),
            record("2", None, "{\"half\":"),
            record("3", None, "\"error\""),
            record("4", None, "\"panic\""),
            record("5", None, "\"personal\""),
            record("6", None, "\"hang\""),
            record("7", None, "\"ok\""),
        ];
        let failed = run(&records, 4, LONG, handle).await;
        assert_eq!(
            shown(&failed),
            [
                "2: the body is not a task",
                "3: the handler failed",
                "4: the handler panicked: constant",
                "5: the handler panicked: see the place in the log",
                "6: no time was left",
            ]
        );
    }

    #[tokio::test]
    async fn the_first_failure_of_a_group_blocks_the_rest_of_that_group_only() {
        let done = Mutex::new(Vec::new());
        let records = [
            record("1", Some("a"), "\"a1\""),
            record("2", Some("b"), "\"b1\""),
            record("3", Some("a"), "\"error\""),
            record("4", Some("a"), "\"a3\""),
            record("5", Some("b"), "\"b2\""),
            record("6", Some("a"), "\"a4\""),
        ];
        let failed = run(&records, 1, LONG, |task: String| {
            done.lock().unwrap().push(task.clone());
            handle(task)
        })
        .await;
        let ids: Vec<&str> = failed.iter().map(|failed| failed.id.as_str()).collect();
        assert_eq!(ids, ["3", "4", "6"]);
        assert!(matches!(failed[1].why, Failure::Blocked));
        assert_eq!(*done.lock().unwrap(), ["a1", "error", "b1", "b2"]);
    }

    #[tokio::test]
    async fn when_all_fail_all_are_returned() {
        let records = [record("1", None, "x"), record("2", None, "\"error\"")];
        assert_eq!(run(&records, 2, LONG, handle).await.len(), 2);
        assert_eq!(run(&[], 2, LONG, handle).await.len(), 0);
    }

    #[tokio::test]
    async fn no_more_than_allowed_run_at_once() {
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let records: Vec<Record<'_>> = (0..20).map(|_| record("x", None, "1")).collect();
        let failed = run(&records, 3, LONG, |_: u8| async {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            now.fetch_sub(1, Ordering::SeqCst);
            Ok::<(), &'static str>(())
        })
        .await;
        assert!(failed.is_empty());
        assert_eq!(most.load(Ordering::SeqCst), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn without_time_nothing_is_started_twice_and_nothing_is_lost() {
        let records = [
            record("1", Some("a"), "\"hang\""),
            record("2", Some("a"), "\"ok\""),
        ];
        let failed = run(&records, 1, Duration::ZERO, handle).await;
        assert_eq!(
            shown(&failed),
            [
                "1: no time was left",
                "2: an earlier record of the group failed"
            ]
        );
    }
}
