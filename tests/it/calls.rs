//! What everything costs in calls, as a table. A change of it is a change of the bill, so it is
//! a snapshot that somebody has to look at.
//!
//! DynamoDB is counted at the connector in process, SQS, Scheduler and SSM at the SDK's own. The
//! functions have an [`App`](app::App) each, as deployed, so nothing is kept for one by another.

use std::fmt::Write as _;

use chrono::TimeDelta;
use domain::channel::ChannelUser;
use domain::conversation::Conversation;
use domain::ids::ConnectionId;
use domain::message::Status;
use serde_json::{Value, json};

use crate::installation::{Calls, Installation, whatsapp};

const ANNA: &str = "DE.13491208655302741918";
const FOUR_HOURS: u32 = 240;

/// The rows of the table.
#[derive(Default)]
struct Table(Vec<(String, Calls)>);

impl Table {
    fn row(&mut self, what: &str, calls: Calls) {
        self.0.push((what.to_owned(), calls));
    }

    fn print(&self) -> String {
        let mut text = String::new();
        let line = ["what", "SQS", "DynamoDB", "Scheduler", "SSM"];
        let [what, sqs, dynamodb, scheduler, ssm] = line;
        writeln!(
            text,
            "{what:62} {sqs:>3} {dynamodb:>8} {scheduler:>9} {ssm:>3}  of DynamoDB"
        )
        .unwrap();
        for (what, calls) in &self.0 {
            let operations: Vec<String> = calls
                .dynamodb
                .iter()
                .map(|(name, count)| format!("{name} {count}"))
                .collect();
            writeln!(
                text,
                "{what:62} {:>3} {:>8} {:>9} {:>3}  {}",
                calls.of("SQS"),
                calls.dynamodb(),
                calls.of("Scheduler"),
                calls.of("SSM"),
                operations.join(", "),
            )
            .unwrap();
        }
        text.lines()
            .map(str::trim_end)
            .collect::<Vec<_>>()
            .join("\n")
    }
}

/// A chat on WhatsApp.
struct Chat {
    installation: Installation,
    path: String,
    connection: ConnectionId,
}

impl Chat {
    async fn new(message: Value) -> Self {
        let installation = Installation::new().await;
        let connection = installation.whatsapp().await;
        installation.rule(FOUR_HOURS, message).await;
        installation.settle().await;
        installation.take_calls();
        Self {
            path: format!("/webhooks/whatsapp/{connection}"),
            installation,
            connection,
        }
    }

    async fn custom() -> Self {
        Self::new(json!({"mode": "custom", "text": "Hallo ##{{first_name}}, sollen wir den Termin festhalten?"})).await
    }

    /// A webhook with one element arrives and is answered; nothing else happens yet.
    async fn webhook(&self, list: &str, element: Value) {
        let body = whatsapp::body(vec![vec![whatsapp::change(ANNA, list, vec![element])]]);
        self.installation.meta(&self.path, &body).await.expect(200);
    }

    async fn customer(&self, text: &str) {
        let id = format!("wamid.in.{}", self.installation.random());
        self.webhook(
            "messages",
            whatsapp::text(ANNA, &id, self.installation.now(), text),
        )
        .await;
    }

    async fn staff(&self, text: &str) {
        let id = format!("wamid.out.{}", self.installation.random());
        self.webhook(
            "message_echoes",
            whatsapp::echo(ANNA, &id, self.installation.now(), text),
        )
        .await;
    }

    async fn status(&self, status: &str) {
        let sent = self.installation.http.outbox().pop().unwrap();
        let data = sent.body["biz_opaque_callback_data"].as_str().unwrap();
        let at = self.installation.now();
        self.webhook(
            "statuses",
            whatsapp::status(ANNA, "wamid.sent", status, at, data),
        )
        .await;
    }

    async fn pass(&self, seconds: i64) {
        self.installation.advance(TimeDelta::seconds(seconds)).await;
    }

    fn calls(&self) -> Calls {
        self.installation.take_calls()
    }

    async fn last_status(&self) -> Status {
        let messages = self.installation.messages(self.connection, ANNA).await;
        messages.last().unwrap().status
    }
}

/// The webhook function by itself.
async fn webhooks(table: &mut Table) {
    let chat = Chat::custom().await;
    chat.customer("Hallo, habt ihr diese Woche noch einen Termin?")
        .await;
    table.row("webhook: the first one of a process", chat.calls());
    chat.pass(30).await;
    chat.calls();
    chat.customer("Am liebsten am Freitag.").await;
    let warm = chat.calls();
    assert_eq!((warm.of("SQS"), warm.dynamodb()), (1, 0), "{warm:?}");
    assert_eq!((warm.of("Scheduler"), warm.of("SSM")), (0, 0), "{warm:?}");
    table.row("webhook: warm", warm);
}

/// One message, from the queue to the timer.
async fn messages(table: &mut Table) {
    let chat = Chat::custom().await;
    chat.customer("Hallo, habt ihr diese Woche noch einen Termin?")
        .await;
    chat.calls();
    chat.installation.settle().await;
    table.row("message: of a new customer", chat.calls());

    // Long ago for everything that is kept.
    chat.pass(3_600).await;
    chat.staff("Gern, Dienstag um 10 Uhr?").await;
    chat.calls();
    chat.installation.settle().await;
    table.row("message: staff answers in the business app", chat.calls());

    chat.pass(3_600).await;
    chat.customer("Geht auch Mittwoch?").await;
    chat.calls();
    chat.installation.settle().await;
    let known = chat.calls();
    assert!(known.dynamodb() <= 3, "{known:?}");
    assert_eq!(known.of("Scheduler"), 0, "{known:?}");
    table.row("message: of a known customer, after a pause", known);

    chat.pass(20).await;
    chat.calls();
    chat.customer("Oder Donnerstag?").await;
    chat.calls();
    chat.installation.settle().await;
    let known = chat.calls();
    assert!(known.dynamodb() <= 3, "{known:?}");
    assert_eq!(known.of("Scheduler"), 0, "{known:?}");
    table.row("message: of a known customer, 20 seconds later", known);
}

/// Twenty messages, customer and staff in turn, with everything that happens in between and
/// until the chat has fallen silent.
async fn chat(table: &mut Table, seconds: i64) {
    let chat = Chat::custom().await;
    for turn in 0..10 {
        chat.customer(&format!(
            "Und habt ihr am {}. einen Termin frei?",
            turn + 10
        ))
        .await;
        chat.pass(seconds).await;
        chat.staff(&format!("Am {}. geht es um 11 Uhr, passt das?", turn + 10))
            .await;
        chat.pass(seconds).await;
    }
    chat.pass(300).await;
    let calls = chat.calls();
    let messages = chat.installation.messages(chat.connection, ANNA).await;
    assert_eq!(messages.len(), 20);
    assert!(calls.of("Scheduler") <= 1, "{calls:?}");
    table.row(&format!("chat: 20 messages, one every {seconds} s"), calls);

    // And the follow-up still comes four hours after the last word.
    let last = messages.last().unwrap().at;
    chat.pass(5 * 3_600).await;
    let sent = chat.installation.http.outbox();
    assert_eq!(sent.len(), 1);
    assert_eq!((sent[0].at - last).num_minutes(), i64::from(FOUR_HOURS));
    table.row("  and its follow-up, until it is accepted", chat.calls());
}

/// From the silence to the delivery that the platform reports.
async fn follow_up(table: &mut Table, what: &str, message: Value) -> Calls {
    let chat = Chat::new(message).await;
    chat.customer("Hallo, habt ihr diese Woche noch einen Termin?")
        .await;
    chat.pass(600).await;
    chat.staff("Gern! Dienstag um 10 Uhr oder Donnerstag um 17 Uhr?")
        .await;
    chat.installation.settle().await;
    chat.calls();

    chat.pass(600).await;
    let planned = chat.calls();
    chat.pass(4 * 3_600 - 600).await;
    let sent = chat.calls();
    assert_eq!(chat.last_status().await, Status::Accepted);
    // Somebody else's message has just warmed the webhooks.
    chat.installation.get(&chat.path).await;
    chat.calls();
    for status in ["sent", "delivered"] {
        chat.pass(2).await;
        chat.status(status).await;
        chat.installation.settle().await;
    }
    let reported = chat.calls();
    assert_eq!(chat.last_status().await, Status::Delivered);

    let mut all = Calls::default();
    for part in [&planned, &sent, &reported] {
        all.add(part);
    }
    table.row(
        &format!("follow-up: {what}, from silence to delivery"),
        all.clone(),
    );
    table.row("  of which: assessed and planned", planned);
    table.row("  of which: claimed, sent, recorded", sent);
    table.row("  of which: `sent` and `delivered` reported", reported);
    all
}

/// What recipients do on the public pages.
async fn pages(table: &mut Table) {
    let chat = Chat::custom().await;
    chat.customer("Hallo, habt ihr diese Woche noch einen Termin?")
        .await;
    chat.installation.settle().await;
    let user = ChannelUser::parse(ANNA).unwrap();
    let id = Conversation::id_for(chat.connection, &user);
    let (ws, store) = (chat.installation.workspace, &chat.installation.store);
    let customer = store.head(ws, id).await.unwrap().unwrap().customer;
    for (class, what) in [
        ("chat_marketing", "one click: a class ends"),
        ("chat_transactional", "one click: all of a medium stops"),
    ] {
        let link = chat.installation.link(customer, class).await;
        chat.installation.page("GET", &link).await.expect(200);
        chat.calls();
        chat.installation.page("GET", &link).await.expect(200);
        table.row("page: it is looked at", chat.calls());
        chat.installation.page("POST", &link).await.expect(200);
        table.row(&format!("page: {what}"), chat.calls());
        chat.installation.page("POST", &link).await.expect(200);
        table.row("page: the same click again", chat.calls());
    }
}

async fn sweep(table: &mut Table) {
    let chat = Chat::custom().await;
    let swept = chat.installation.sweep().await;
    assert_eq!(swept.woken, 0);
    table.row("sweep: nothing is overdue", chat.calls());
}

#[tokio::test]
async fn what_everything_costs_in_calls() {
    let mut table = Table::default();
    // The futures of a whole installation do not fit on the stack of a test.
    Box::pin(webhooks(&mut table)).await;
    Box::pin(messages(&mut table)).await;
    Box::pin(chat(&mut table, 60)).await;
    Box::pin(chat(&mut table, 170)).await;
    let custom = json!({"mode": "custom", "text": "Hallo ##{{first_name}}, sollen wir den Termin festhalten?"});
    let calls = Box::pin(follow_up(&mut table, "own text", custom)).await;
    assert!(calls.dynamodb() <= 10, "{calls:?}");
    Box::pin(follow_up(&mut table, "AI text", json!({"mode": "ai"}))).await;
    Box::pin(pages(&mut table)).await;
    Box::pin(sweep(&mut table)).await;
    let table = table.print();
    eprintln!("{table}");
    insta::assert_snapshot!(table);
}
