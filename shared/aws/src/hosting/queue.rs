//! A function behind a queue: batches in, the failed records out.

use std::collections::HashMap;
use std::error::Error;
use std::future::Future;
use std::time::{Duration, SystemTime};

use app::ports::Clock as _;
use lambda_runtime::{LambdaEvent, service_fn};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::HostError;
use crate::WallClock;
use crate::batch::{self, Failed, Record};

/// Kept back of an invocation's time to report what was done.
const REPORT: Duration = Duration::from_secs(1);

/// What the queue promises about order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// In order per message group. Groups do not wait for each other.
    Fifo {
        /// How many groups at the same time.
        at_once: usize,
    },
    /// None; message groups only mark whose messages they are.
    Standard {
        /// How many messages at the same time.
        at_once: usize,
    },
}

/// Calls `handle` for every task of every batch until Lambda ends the process. The event source
/// must have `ReportBatchItemFailures`; without it what is returned here is ignored.
pub async fn run_queue<T, F, Fut, E>(order: Order, handle: F) -> Result<(), HostError>
where
    T: DeserializeOwned,
    F: Fn(T) -> Fut,
    Fut: Future<Output = Result<(), E>>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let handle = &handle;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Event>| async move {
        let left = time_left(event.context.deadline(), WallClock.now().into());
        Ok::<_, HostError>(invoke(&event.payload, order, left, handle).await)
    }))
    .await
}

async fn invoke<T, Fut, E>(
    event: &Event,
    order: Order,
    left: Duration,
    handle: &impl Fn(T) -> Fut,
) -> Response
where
    T: DeserializeOwned,
    Fut: Future<Output = Result<(), E>>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let (Order::Fifo { at_once } | Order::Standard { at_once }) = order;
    let records: Vec<Record<'_>> = event
        .records
        .iter()
        .map(|message| message.record(order))
        .collect();
    let failed = batch::run(&records, at_once, left, handle).await;
    failed.iter().for_each(log);
    Response {
        batch_item_failures: failed
            .into_iter()
            .map(|failed| Item {
                item_identifier: failed.id,
            })
            .collect(),
    }
}

/// The one line about a failed record, with the whole chain of causes.
fn log(failed: &Failed) {
    let mut chain = failed.why.to_string();
    let mut next = Error::source(&failed.why);
    while let Some(cause) = next {
        chain.push_str(": ");
        chain.push_str(&cause.to_string());
        next = cause.source();
    }
    tracing::warn!(
        message.id = failed.id,
        error = chain,
        "a task was not done and comes again"
    );
}

fn time_left(deadline: SystemTime, now: SystemTime) -> Duration {
    deadline
        .duration_since(now)
        .unwrap_or_default()
        .saturating_sub(REPORT)
}

/// Bodies stay text: one that is no JSON must not fail the batch.
#[derive(Debug, Deserialize)]
struct Event {
    #[serde(rename = "Records")]
    records: Vec<Message>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    message_id: String,
    #[serde(default)]
    body: String,
    #[serde(default)]
    attributes: HashMap<String, String>,
}

impl Message {
    fn record(&self, order: Order) -> Record<'_> {
        let group = match order {
            Order::Fifo { .. } => self.attributes.get("MessageGroupId").map(String::as_str),
            Order::Standard { .. } => None,
        };
        Record {
            id: &self.message_id,
            group,
            body: &self.body,
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    batch_item_failures: Vec<Item>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    item_identifier: String,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn message(id: &str, group: &str, body: &str) -> Value {
        json!({
            "messageId": id,
            "receiptHandle": "r",
            "body": body,
            "attributes": {"ApproximateReceiveCount": "1", "MessageGroupId": group},
            "messageAttributes": {},
            "md5OfBody": "0",
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:eu-central-1:1:events.fifo",
            "awsRegion": "eu-central-1",
        })
    }

    async fn respond(order: Order, messages: Vec<Value>) -> Value {
        let event: Event = serde_json::from_value(json!({"Records": messages})).unwrap();
        let handle = |task: u8| async move { if task == 0 { Err("zero") } else { Ok(()) } };
        serde_json::to_value(invoke(&event, order, Duration::from_secs(5), &handle).await).unwrap()
    }

    #[tokio::test]
    async fn the_failed_records_are_reported_by_id() {
        let order = Order::Standard { at_once: 2 };
        let messages = vec![
            message("a", "g", "0"),
            message("b", "g", "1"),
            message("c", "g", "poison"),
        ];
        assert_eq!(
            respond(order, messages).await,
            json!({"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "c"}]})
        );
        assert_eq!(
            respond(order, vec![message("a", "g", "1")]).await,
            json!({"batchItemFailures": []})
        );
    }

    #[tokio::test]
    async fn on_a_fifo_queue_the_group_keeps_its_order() {
        let messages = vec![
            message("a", "g", "0"),
            message("b", "g", "1"),
            message("c", "h", "1"),
        ];
        assert_eq!(
            respond(Order::Fifo { at_once: 1 }, messages).await,
            json!({"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "b"}]})
        );
    }

    #[test]
    fn a_second_is_kept_back_to_report() {
        let now = SystemTime::UNIX_EPOCH;
        assert_eq!(
            time_left(now + Duration::from_secs(20), now),
            Duration::from_secs(19)
        );
        assert_eq!(time_left(now, now), Duration::ZERO);
        assert_eq!(time_left(now, now + Duration::from_secs(1)), Duration::ZERO);
    }
}
