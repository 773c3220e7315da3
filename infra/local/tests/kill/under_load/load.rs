//! Customers who write without a pause. A webhook without an answer is posted again, as the
//! platforms do, and some are posted again although they were answered.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use domain::channel::ChannelUser;
use domain::conversation::Conversation;
use domain::ids::{ConnectionId, ConversationId};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};

use super::target::{Request, Target, seconds};

/// Between two requests of the customers, and of the staff.
const PACE: Duration = Duration::from_millis(150);
/// Of the virtual clock, with every request to it.
const STEP: &str = "PT10S";
/// For what was begun when the load ends.
const LONGEST_END: Duration = Duration::from_secs(300);
const SECRET: &str = "a-word-between-telegram-and-us";
/// Every so many customers' webhooks are delivered once more.
const DELIVERED_AGAIN: i64 = 7;

const QUESTION: &str = "Hallo, habt ihr diese Woche noch einen Termin frei?";
const ANSWER: &str = "Gern! Dienstag um 10:00 oder Donnerstag um 17:00?";
const FOLLOW_UP: &str = "Hallo ##{{first_name}}, welcher der Termine passt dir?";

/// What a customer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Writes on the loopback channel and is answered there, all in one webhook.
    Loopback,
    /// Writes on Telegram and is answered through our API.
    Telegram,
}

/// Somebody who wrote, and whose webhooks were all answered with 200.
#[derive(Clone, Copy, Debug)]
pub(super) struct Customer {
    pub(super) kind: Kind,
    pub(super) chat: i64,
    pub(super) conversation: ConversationId,
}

/// The customers, the staff, and the clock.
pub(super) struct Load {
    pub(super) target: Target,
    loopback: Connected,
    telegram: Connected,
    next: AtomicI64,
    /// The latest reading of the virtual clock, in seconds.
    now: AtomicI64,
    to_be_answered: Mutex<VecDeque<Customer>>,
    /// No new customers.
    closing: AtomicBool,
    /// No customer is left who writes.
    closed: AtomicBool,
    accepted: AtomicU64,
    again: AtomicU64,
    unanswered: AtomicU64,
}

/// What runs until it is told to stop.
pub(super) struct Running {
    customers: JoinSet<Vec<Customer>>,
    others: JoinSet<()>,
}

struct Connected {
    id: ConnectionId,
    path: String,
}

impl Load {
    /// Makes both connections and the rule.
    pub(super) async fn set_up(target: Target) -> Self {
        let limit = json!({ "daily_send_limit": 1_000_000 }).to_string();
        target.ask(Method::PATCH, "/v1/settings", &limit).await;
        target.post("/v1/rules", &rule()).await;
        Self {
            loopback: connect(&target, "loopback").await,
            telegram: connect(&target, "telegram").await,
            next: AtomicI64::new(700_000_000),
            now: AtomicI64::new(target.move_clock("PT1S").await),
            to_be_answered: Mutex::default(),
            closing: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            accepted: AtomicU64::new(0),
            again: AtomicU64::new(0),
            unanswered: AtomicU64::new(0),
            target,
        }
    }

    /// Begins.
    pub(super) fn start(self: &Arc<Self>) -> Running {
        let mut running = Running {
            customers: JoinSet::new(),
            others: JoinSet::new(),
        };
        let load = Arc::clone(self);
        running
            .customers
            .spawn(async move { load.customers().await });
        let load = Arc::clone(self);
        running.others.spawn(async move { load.staff().await });
        let load = Arc::clone(self);
        running
            .others
            .spawn(async move { load.time_passes().await });
        running
    }

    /// Waits until everything that was begun is accepted. Time has to pass for that: the request
    /// of a killed process holds its `Idempotency-Key` for a while.
    pub(super) async fn finish(&self, running: Running) -> Vec<Customer> {
        match timeout(LONGEST_END, self.end(running)).await {
            Ok(customers) => customers,
            Err(_) => panic!("never in the inbox: {:?}", self.queue()),
        }
    }

    async fn end(&self, running: Running) -> Vec<Customer> {
        self.closing.store(true, Relaxed);
        let customers = running.customers.join_all().await.concat();
        self.closed.store(true, Relaxed);
        running.others.join_all().await;
        customers
    }

    /// What was posted.
    pub(super) fn figures(&self) -> [(&'static str, u64); 3] {
        [
            ("webhooks answered with 200", self.accepted.load(Relaxed)),
            ("  posted again after that", self.again.load(Relaxed)),
            ("webhooks without an answer", self.unanswered.load(Relaxed)),
        ]
    }

    async fn customers(&self) -> Vec<Customer> {
        let mut pace = pace();
        let mut done = Vec::new();
        while !self.closing.load(Relaxed) {
            done.push(self.customer(&mut pace).await);
        }
        done
    }

    async fn customer(&self, pace: &mut Interval) -> Customer {
        let chat = self.next.fetch_add(1, Relaxed);
        let (kind, connected, body) = match chat % 2 {
            0 => (Kind::Loopback, &self.loopback, written_and_answered(chat)),
            _ => (Kind::Telegram, &self.telegram, self.update(chat)),
        };
        self.deliver(&connected.path, &body, pace).await;
        if chat % DELIVERED_AGAIN == 0 {
            self.deliver(&connected.path, &body, pace).await;
            self.again.fetch_add(1, Relaxed);
        }
        let user = ChannelUser::parse(&chat.to_string()).unwrap();
        let customer = Customer {
            kind,
            chat,
            conversation: Conversation::id_for(connected.id, &user),
        };
        if kind == Kind::Telegram {
            self.queue().push_back(customer);
        }
        customer
    }

    fn queue(&self) -> MutexGuard<'_, VecDeque<Customer>> {
        self.to_be_answered.lock().unwrap()
    }

    /// An update of the Bot API.
    fn update(&self, chat: i64) -> String {
        let update = json!({ "update_id": chat, "message": {
            "message_id": 1, "date": self.now.load(Relaxed), "text": QUESTION,
            "from": { "id": chat, "first_name": "Anna", "is_bot": false },
            "chat": { "id": chat, "first_name": "Anna", "type": "private" },
        }});
        update.to_string()
    }

    /// Posts a webhook until it is accepted.
    async fn deliver(&self, path: &str, body: &str, pace: &mut Interval) {
        let signature = channels::verify::sign(SECRET, body.as_bytes()).unwrap();
        let request = Request {
            method: Method::POST,
            path,
            headers: &[
                ("x-nachfass-signature", &signature),
                ("x-telegram-bot-api-secret-token", SECRET),
            ],
            body,
        };
        loop {
            pace.tick().await;
            match self.target.try_send(&request).await {
                Some((200, _)) => break,
                None => self.unanswered.fetch_add(1, Relaxed),
                Some(other) => panic!("a webhook was answered with {other:?}"),
            };
        }
        self.accepted.fetch_add(1, Relaxed);
    }

    /// Staff answer through the API, with one `Idempotency-Key` however often they have to ask.
    async fn staff(&self) {
        let mut pace = pace();
        while self.goes_on() {
            pace.tick().await;
            let Some(customer) = self.queue().front().copied() else {
                continue;
            };
            let path = format!("/v1/conversations/{}/messages", customer.conversation);
            let request = Request {
                method: Method::POST,
                path: &path,
                headers: &[("idempotency-key", &format!("answer-{}", customer.chat))],
                body: &json!({ "text": ANSWER }).to_string(),
            };
            let status = self.target.try_send(&request).await;
            let mut queue = self.queue();
            match status {
                Some((202, _)) => queue.retain(|waiting| waiting.chat != customer.chat),
                // Killed, or not evaluated yet, or a request that was killed holds the key.
                None | Some((404 | 409, _)) => queue.rotate_left(1),
                Some(other) => panic!("an answer was answered with {other:?}"),
            }
        }
    }

    async fn time_passes(&self) {
        let mut pace = pace();
        let request = Request {
            method: Method::POST,
            path: "/local/clock",
            headers: &[],
            body: &json!({ "advance": STEP }).to_string(),
        };
        while self.goes_on() {
            pace.tick().await;
            if let Some((200, clock)) = self.target.try_send(&request).await {
                self.now.fetch_max(seconds(&clock), Relaxed);
            }
        }
    }

    fn goes_on(&self) -> bool {
        !self.closed.load(Relaxed) || !self.queue().is_empty()
    }
}

async fn connect(target: &Target, channel: &str) -> Connected {
    let mut secrets = json!({ "webhook_secrets": [SECRET] });
    if channel == "telegram" {
        secrets["token"] = json!("42:token-of-the-bot");
    }
    let wanted = json!({ "channel": channel, "name": channel, "secrets": secrets });
    let made = target.post("/v1/connections", &wanted).await;
    Connected {
        id: made["id"].as_str().unwrap().parse().unwrap(),
        path: made["webhook_path"].as_str().unwrap().to_owned(),
    }
}

/// A message and the answer from the platform's own app.
fn written_and_answered(chat: i64) -> String {
    let from = chat.to_string();
    let event = |kind, text| {
        json!({ "type": kind, "from": from, "id": format!("{kind}-{chat}"), "text": text,
            "first_name": "Anna" })
    };
    json!({ "events": [event("message", QUESTION), event("echo", ANSWER)] }).to_string()
}

fn rule() -> Value {
    json!({
        "name": "Erinnerung an ausstehenden Termin",
        "colour": "blue",
        "trigger": {
            "type": "silence",
            "description": "Nachfassaktion senden, wenn ein Kunde Interesse an der Vereinbarung eines Termins zeigt, aber Datum und Uhrzeit nicht bestätigt",
        },
        "stop": { "description": "Stoppen, wenn der Kunde den Termin bestätigt, die Anfrage storniert oder anzeigt, dass er nicht mehr interessiert ist" },
        "delay": { "mode": "manual", "minutes": 1 },
        "message": { "mode": "custom", "text": FOLLOW_UP },
    })
}

fn pace() -> Interval {
    let mut pace = interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pace
}
