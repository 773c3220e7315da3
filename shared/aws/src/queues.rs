//! The two queues on SQS.

use std::time::Duration;

use app::ports::{PortError, Queues};
use app::tasks::{DueTask, EventTask};
use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{BatchResultErrorEntry, SendMessageBatchRequestEntry};
use serde::Serialize;

use crate::error::{plain, port_error};

const SERVICE: &str = "queues";
const MAX_ENTRIES: usize = 10;
/// For one message as for a whole batch.
const MAX_BYTES: usize = 1_048_576;
const MAX_DELAY: Duration = Duration::from_secs(900);

/// FIFO queue `events`, standard queue `due`.
#[derive(Debug, Clone)]
pub struct SqsQueues {
    client: Client,
    events_url: String,
    due_url: String,
}

impl SqsQueues {
    pub(crate) fn new(client: Client, events_url: &str, due_url: &str) -> Self {
        Self {
            client,
            events_url: events_url.to_owned(),
            due_url: due_url.to_owned(),
        }
    }

    /// Sends one batch and, once more, the entries that SQS did not take. That happens before
    /// the next batch, so that a later event of a customer does not overtake an earlier one.
    async fn send_batch(&self, batch: Vec<SendMessageBatchRequestEntry>) -> Result<(), PortError> {
        let failed = self.attempt(batch.clone()).await?;
        if failed.is_empty() {
            return Ok(());
        }
        let is_failed =
            |entry: &SendMessageBatchRequestEntry| failed.iter().any(|f| f.id() == entry.id());
        let again: Vec<_> = batch.into_iter().filter(is_failed).collect();
        match self.attempt(again).await?.as_slice() {
            [] => Ok(()),
            [first, rest @ ..] => Err(plain(
                SERVICE,
                format!(
                    "SQS refused {} of a batch: {}",
                    1 + rest.len(),
                    first.code()
                ),
            )),
        }
    }

    async fn attempt(
        &self,
        entries: Vec<SendMessageBatchRequestEntry>,
    ) -> Result<Vec<BatchResultErrorEntry>, PortError> {
        let request = self.client.send_message_batch().queue_url(&self.events_url);
        let answer = request
            .set_entries(Some(entries))
            .send()
            .await
            .map_err(|error| port_error(SERVICE, "SendMessageBatch", error))?;
        Ok(answer.failed)
    }
}

#[async_trait]
impl Queues for SqsQueues {
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
        for batch in batches(messages) {
            self.send_batch(entries(batch)?).await?;
        }
        Ok(())
    }

    async fn send_due(&self, task: &DueTask, delay: Duration) -> Result<(), PortError> {
        if delay > MAX_DELAY {
            return Err(plain(SERVICE, "a delay is at most 15 minutes"));
        }
        // Rounded up: a wake-up that comes early only has to be armed again.
        let seconds = i32::try_from(delay.as_millis().div_ceil(1_000)).unwrap_or(900);
        self.client
            .send_message()
            .queue_url(&self.due_url)
            .message_body(body(task)?)
            .delay_seconds(seconds)
            .send()
            .await
            .map(drop)
            .map_err(|error| port_error(SERVICE, "SendMessage", error))
    }
}

pub(crate) struct Fifo {
    pub(crate) group: String,
    pub(crate) deduplication: String,
    pub(crate) body: String,
}

/// At most ten messages and one mebibyte each, in order.
fn batches(messages: Vec<Fifo>) -> Vec<Vec<Fifo>> {
    let mut batches: Vec<Vec<Fifo>> = Vec::new();
    let mut bytes = 0;
    for message in messages {
        let size = message.body.len();
        match batches.last_mut() {
            Some(batch) if batch.len() < MAX_ENTRIES && bytes + size <= MAX_BYTES => {
                bytes += size;
                batch.push(message);
            }
            _ => {
                bytes = size;
                batches.push(vec![message]);
            }
        }
    }
    batches
}

fn entries(batch: Vec<Fifo>) -> Result<Vec<SendMessageBatchRequestEntry>, PortError> {
    batch
        .into_iter()
        .enumerate()
        .map(|(nth, message)| {
            SendMessageBatchRequestEntry::builder()
                .id(nth.to_string())
                .message_group_id(message.group)
                .message_deduplication_id(message.deduplication)
                .message_body(message.body)
                .build()
                .map_err(|_| plain(SERVICE, "an entry of the batch is incomplete"))
        })
        .collect()
}

fn body(task: &impl Serialize) -> Result<String, PortError> {
    let body = serde_json::to_string(task).map_err(|error| PortError {
        service: SERVICE,
        message: "the task cannot be written as JSON".to_owned(),
        source: Some(error.into()),
    })?;
    if body.len() > MAX_BYTES {
        return Err(plain(SERVICE, "the task is larger than 1 MiB"));
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use domain::ids::{ConversationId, WorkspaceId};
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::{self, Canned};

    fn message(nth: usize, bytes: usize) -> Fifo {
        Fifo {
            group: format!("g{nth}"),
            deduplication: format!("d{nth}"),
            body: "x".repeat(bytes),
        }
    }

    fn queues(answers: Vec<Canned>) -> (SqsQueues, testing::Recorder) {
        let recorder = testing::Recorder::new(answers);
        let client = Client::from_conf(testing::config!(aws_sdk_sqs, recorder));
        (
            SqsQueues::new(client, "https://sqs/events.fifo", "https://sqs/due"),
            recorder,
        )
    }

    fn ok(ids: &[&str]) -> Canned {
        let done: Vec<Value> = ids
            .iter()
            .map(|id| json!({"Id": id, "MessageId": "m", "MD5OfMessageBody": "0"}))
            .collect();
        testing::answer(200, json!({"Successful": done, "Failed": []}))
    }

    fn refused(ok: &[&str], failed: &[&str]) -> Canned {
        let done: Vec<Value> = ok
            .iter()
            .map(|id| json!({"Id": id, "MessageId": "m", "MD5OfMessageBody": "0"}))
            .collect();
        let failed: Vec<Value> = failed
            .iter()
            .map(|id| json!({"Id": id, "SenderFault": false, "Code": "InternalError"}))
            .collect();
        testing::answer(200, json!({"Successful": done, "Failed": failed}))
    }

    #[test]
    fn batches_hold_at_most_ten_messages_and_a_mebibyte_and_keep_the_order() {
        let sizes = |messages| -> Vec<usize> { batches(messages).iter().map(Vec::len).collect() };
        assert_eq!(
            sizes((0..23).map(|nth| message(nth, 1)).collect()),
            [10, 10, 3]
        );
        assert_eq!(
            sizes((0..4).map(|nth| message(nth, 400_000)).collect()),
            [2, 2]
        );
        assert_eq!(sizes(vec![message(0, MAX_BYTES), message(1, 1)]), [1, 1]);
        assert!(batches(Vec::new()).is_empty());
        let order: Vec<String> = batches((0..12).map(|nth| message(nth, 1)).collect())
            .into_iter()
            .flatten()
            .map(|m| m.group)
            .collect();
        assert_eq!(order[9..], ["g9", "g10", "g11"]);
    }

    #[tokio::test]
    async fn one_batch_is_one_call_with_group_and_deduplication_per_entry() {
        let (queues, recorder) = queues(vec![ok(&["0", "1"])]);
        queues
            .send_batch(entries(vec![message(0, 1), message(1, 1)]).unwrap())
            .await
            .unwrap();
        let calls = recorder.calls();
        assert_eq!(calls.len(), 1);
        assert_eq!(calls[0].operation, "AmazonSQS.SendMessageBatch");
        assert_eq!(
            calls[0].body,
            json!({
                "QueueUrl": "https://sqs/events.fifo",
                "Entries": [
                    {"Id": "0", "MessageBody": "x", "MessageGroupId": "g0", "MessageDeduplicationId": "d0"},
                    {"Id": "1", "MessageBody": "x", "MessageGroupId": "g1", "MessageDeduplicationId": "d1"},
                ],
            })
        );
    }

    #[tokio::test]
    async fn what_sqs_did_not_take_is_sent_once_more_and_only_that() {
        let (queues, recorder) = queues(vec![refused(&["0", "2"], &["1"]), ok(&["1"])]);
        let batch = (0..3).map(|nth| message(nth, 1)).collect();
        queues.send_batch(entries(batch).unwrap()).await.unwrap();
        let again = recorder.calls()[1].body["Entries"].clone();
        assert_eq!(again.as_array().unwrap().len(), 1);
        assert_eq!(again[0]["MessageGroupId"], "g1");
    }

    #[tokio::test]
    async fn what_sqs_does_not_take_twice_is_an_error() {
        let (queues, recorder) = queues(vec![refused(&[], &["0"]), refused(&[], &["0"])]);
        let error = queues
            .send_batch(entries(vec![message(0, 1)]).unwrap())
            .await
            .unwrap_err();
        assert_eq!(error.message, "SQS refused 1 of a batch: InternalError");
        assert_eq!(recorder.calls().len(), 2);
    }

    #[tokio::test]
    async fn a_due_task_carries_its_delay() {
        let task = DueTask::WakeV1 {
            workspace: WorkspaceId::derive(&["w"]),
            conversation: ConversationId::derive(&["c"]),
            generation: 3,
        };
        let (queues, recorder) = queues(vec![testing::answer(
            200,
            json!({"MessageId": "m", "MD5OfMessageBody": "0"}),
        )]);
        queues
            .send_due(&task, Duration::from_millis(59_001))
            .await
            .unwrap();
        assert!(
            queues
                .send_due(&task, Duration::from_secs(901))
                .await
                .is_err()
        );
        let calls = recorder.calls();
        assert_eq!(calls.len(), 1);
        assert_eq!(
            (&calls[0].body["QueueUrl"], &calls[0].body["DelaySeconds"]),
            (&json!("https://sqs/due"), &json!(60))
        );
        let body: DueTask =
            serde_json::from_str(calls[0].body["MessageBody"].as_str().unwrap()).unwrap();
        assert_eq!(body, task);
    }

    #[tokio::test]
    async fn an_error_names_the_code_and_keeps_the_rest_in_its_source() {
        let denied = json!({"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "gone"});
        let (queues, _) = queues(vec![testing::answer(400, denied)]);
        let error = queues
            .send_batch(entries(vec![message(0, 1)]).unwrap())
            .await
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "queues: SendMessageBatch: QueueDoesNotExist"
        );
        assert!(error.source.is_some());
    }
}
