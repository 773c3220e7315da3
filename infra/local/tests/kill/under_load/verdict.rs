//! What became of every customer: the message list and its receipts against what the platform
//! was given.

use serde_json::Value;

use super::load::{Customer, Kind};
use super::platform::Taken;
use super::target::Target;

/// The figures, and everything that is not as promised.
#[derive(Default)]
pub(super) struct Verdict {
    customers: usize,
    received: usize,
    answers: usize,
    /// Follow-ups that were accepted.
    pub(super) sent: usize,
    /// Messages that may or may not have arrived, each with its receipts.
    pub(super) unknown: usize,
    arrived_anyway: usize,
    /// Whose answer's outcome is unknown, which is no silence to follow up on.
    not_due: usize,
    dead_letters: usize,
    pub(super) wrong: Vec<String>,
}

impl Verdict {
    /// Looks at all of them.
    pub(super) async fn of(target: &Target, customers: &[Customer], taken: &Taken) -> Self {
        let mut verdict = Self {
            customers: customers.len(),
            ..Self::default()
        };
        for customer in customers {
            let path = format!(
                "/v1/conversations/{}/messages?limit=100",
                customer.conversation
            );
            let messages = target.get(&path).await;
            let messages = messages["messages"].as_array().unwrap();
            verdict.look_at(target, customer, messages, taken).await;
        }
        for ((chat, text), times) in taken {
            if *times > 1 {
                verdict
                    .wrong
                    .push(format!("{chat} got `{text}` {times} times"));
            }
        }
        let known = verdict.conversations(target).await;
        if known != customers.len() {
            verdict.wrong.push(format!("{known} conversations"));
        }
        verdict.queues(target).await;
        verdict
    }

    /// Name and figure of each.
    pub(super) fn figures(&self) -> [(&'static str, usize); 9] {
        [
            ("customers", self.customers),
            ("messages in the inbox", self.received),
            ("answers of staff", self.answers),
            ("follow-ups sent", self.sent),
            ("outcome unknown, not resent", self.unknown),
            ("  of them the platform has", self.arrived_anyway),
            ("  no follow-up due, explained", self.not_due),
            ("dead letters", self.dead_letters),
            ("lost, doubled or unexplained", self.wrong.len()),
        ]
    }

    async fn look_at(
        &mut self,
        target: &Target,
        customer: &Customer,
        messages: &[Value],
        taken: &Taken,
    ) {
        let by = |author: &str| -> Vec<&Value> {
            let of_author = |message: &&Value| message["author"]["by"] == author;
            messages.iter().filter(of_author).collect()
        };
        let (received, answers, follow_ups) = (by("customer"), by("staff"), by("rule"));
        let from_app = by("platform");
        let expected = match customer.kind {
            Kind::Loopback => [1, 1, 0],
            Kind::Telegram => [1, 0, 1],
        };
        if [received.len(), from_app.len(), answers.len()] != expected {
            self.complain(customer, "lost or doubled", messages);
        }
        self.received += received.len() + from_app.len();
        self.answers += answers.len();
        for message in answers.iter().chain(&follow_ups) {
            let text = message["text"].as_str().unwrap_or_default().to_owned();
            let arrived = taken.contains_key(&(customer.chat, text));
            match (message["status"].as_str(), customer.kind) {
                (Some("delivered"), Kind::Loopback) => {}
                (Some("accepted"), Kind::Telegram) if arrived => {}
                (Some("unknown"), _) => {
                    self.unknown += 1;
                    self.arrived_anyway += usize::from(arrived);
                    let receipts = Receipts::of(target, customer).await;
                    if !receipts.say_unknown(&message["id"]) {
                        self.complain(customer, "unknown without a receipt", messages);
                    }
                    continue;
                }
                _ => self.complain(customer, "neither taken nor unknown", messages),
            }
            self.sent += usize::from(message["author"]["by"] == "rule");
        }
        if follow_ups.len() == 1 {
            return;
        }
        // Nobody follows up on an answer that may never have arrived.
        let unanswered = answers.iter().any(|answer| answer["status"] == "unknown");
        let receipts = Receipts::of(target, customer).await;
        if follow_ups.is_empty() && unanswered && receipts.end_with("no_answer_yet") {
            self.not_due += 1;
        } else {
            self.complain(customer, "not one follow-up", messages);
            self.wrong.extend(receipts.0.iter().map(Value::to_string));
        }
    }

    fn complain(&mut self, customer: &Customer, what: &str, messages: &[Value]) {
        let messages: Vec<String> = messages.iter().map(Value::to_string).collect();
        let messages = messages.join("\n  ");
        self.wrong
            .push(format!("{customer:?}: {what}\n  {messages}"));
    }

    async fn conversations(&self, target: &Target) -> usize {
        let mut known = 0;
        let mut cursor = String::new();
        loop {
            let page = target
                .get(&format!("/v1/conversations?limit=100{cursor}"))
                .await;
            known += page["conversations"].as_array().unwrap().len();
            match page["meta"]["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return known,
            }
        }
    }

    /// Nothing is left, and nothing was given up.
    async fn queues(&mut self, target: &Target) {
        let queues = target.get("/local/queues").await;
        self.dead_letters = queues["dead_letters"].as_array().unwrap().len();
        for name in ["ready", "delayed", "in_flight", "dead"] {
            if queues["counts"][name] != 0 {
                self.wrong.push(format!("in the queues: {queues}"));
                return;
            }
        }
    }
}

/// Every decision about a conversation, newest first; each has several entries.
struct Receipts(Vec<Value>);

impl Receipts {
    async fn of(target: &Target, customer: &Customer) -> Self {
        let id = customer.conversation;
        let why = target
            .get(&format!("/v1/conversations/{id}/why?limit=100"))
            .await;
        let receipts = why["receipts"].as_array().unwrap().iter();
        Self(receipts.map(|receipt| receipt["entries"].clone()).collect())
    }

    /// First that the outcome is unknown, and at last that nothing more is done about it.
    fn say_unknown(&self, message: &Value) -> bool {
        let entries = self
            .0
            .iter()
            .flat_map(|entries| entries.as_array().unwrap());
        let verdicts: Vec<String> = entries
            .filter(|entry| entry["message"] == *message)
            .map(|entry| entry["verdict"].to_string())
            .collect();
        verdicts
            .iter()
            .any(|verdict| verdict.contains("\"unknown\""))
            && verdicts[0].contains("outcome_never_known")
    }

    fn end_with(&self, code: &str) -> bool {
        self.0[0].to_string().contains(code)
    }
}
