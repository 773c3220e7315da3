//! A thousand updates in one webhook: all are enqueued, all arrive, and a second delivery of the
//! same body changes nothing.

use chrono::TimeDelta;
use domain::channel::ChannelUser;
use domain::conversation::Conversation;
use domain::ids::ConnectionId;
use serde_json::Value;

use crate::installation::{Installation, whatsapp};

const CUSTOMERS: usize = 40;
const MESSAGES: usize = 25;

fn user(number: usize) -> String {
    format!("DE.{number:020}")
}

fn words(customer: usize, message: usize) -> String {
    format!("Nachricht {message} von Kundin {customer}")
}

/// Two entries with a change for every customer and half of their messages each.
fn thousand(installation: &Installation) -> Value {
    let at = installation.now();
    let half = |messages: std::ops::Range<usize>| {
        (0..CUSTOMERS)
            .map(|customer| {
                let texts = messages.clone().map(|message| {
                    let id = format!("wamid.{customer}.{message}");
                    let second = at + TimeDelta::seconds(i64::try_from(message).unwrap());
                    let text = words(customer, message);
                    whatsapp::text(&user(customer), &id, second - TimeDelta::minutes(1), &text)
                });
                whatsapp::change(&user(customer), "messages", texts.collect())
            })
            .collect()
    };
    whatsapp::body(vec![half(0..MESSAGES / 2), half(MESSAGES / 2..MESSAGES)])
}

/// The texts in the table, of all customers, in the order in which they stand there.
async fn stored(installation: &Installation, connection: ConnectionId) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for customer in 0..CUSTOMERS {
        let messages = installation.messages(connection, &user(customer)).await;
        let texts = messages.iter().map(|message| message.content.preview());
        all.push(texts.collect());
    }
    all
}

/// Version and number of unread messages of every head.
async fn heads(installation: &Installation, connection: ConnectionId) -> Vec<(u64, u32)> {
    let mut all = Vec::new();
    for customer in 0..CUSTOMERS {
        let id = Conversation::id_for(connection, &ChannelUser::parse(&user(customer)).unwrap());
        let head = installation
            .store
            .head(installation.workspace, id)
            .await
            .unwrap()
            .unwrap();
        all.push((head.version, head.unread));
    }
    all
}

#[tokio::test]
async fn a_thousand_updates_in_one_webhook_are_one_round_of_batches_and_none_is_lost() {
    let installation = Installation::new().await;
    let connection = installation.whatsapp().await;
    let path = format!("/webhooks/whatsapp/{connection}");
    let body = thousand(&installation);
    installation.settle().await;
    installation.take_calls();

    installation.meta(&path, &body).await.expect(200);
    let calls = installation.take_calls();
    assert_eq!(calls.of("SQS"), 100, "{calls:?}");
    let counts = installation.queues.counts().unwrap();
    assert_eq!(counts.ready, 1_000);

    assert_eq!(installation.evaluate().await, 1_000);
    let expected: Vec<Vec<String>> = (0..CUSTOMERS)
        .map(|customer| {
            (0..MESSAGES)
                .map(|message| words(customer, message))
                .collect()
        })
        .collect();
    assert_eq!(stored(&installation, connection).await, expected);
    let unread = u32::try_from(MESSAGES).unwrap();
    let heads_now = heads(&installation, connection).await;
    assert!(heads_now.iter().all(|(_, of_one)| *of_one == unread));

    // Within five minutes the queue itself drops the repetition.
    installation.advance(TimeDelta::minutes(1)).await;
    let before = heads(&installation, connection).await;
    installation.meta(&path, &body).await.expect(200);
    assert_eq!(installation.evaluate().await, 0);

    // Later the table does. A tenth shows that as well as the whole.
    installation.advance(TimeDelta::minutes(30)).await;
    let mut tenth = body.clone();
    for entry in tenth["entry"].as_array_mut().unwrap() {
        entry["changes"]
            .as_array_mut()
            .unwrap()
            .truncate(CUSTOMERS / 10);
    }
    installation.meta(&path, &tenth).await.expect(200);
    assert_eq!(installation.evaluate().await, 100);
    assert_eq!(stored(&installation, connection).await, expected);
    assert_eq!(heads(&installation, connection).await, before);
    let counts = installation.queues.counts().unwrap();
    assert_eq!((counts.ready, counts.in_flight, counts.dead), (0, 0, 0));
}
