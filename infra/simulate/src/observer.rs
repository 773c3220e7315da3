//! Watches what is written to the table and what reaches the platforms, and knows what must
//! never be seen there.
//!
//! It reads the requests themselves, not what the code believes it did, and it computes none of
//! its answers with `decide`.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::channel::Channel;
use domain::connection::Connection;
use domain::conversation::{Conversation, Sending, State};
use domain::customer::Customer;
use domain::ids::{
    ConnectionId, ConversationId, CustomerId, MessageId, RuleId, RunId, WorkspaceId,
};
use domain::local_time::Zone;
use domain::message::{Author, Message, Status};
use domain::receipt::{How, Receipt, Verdict};
use domain::rule::{OnUnknown, Rule};
use domain::settings::Settings;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// How far the clocks of two processes may be apart here.
pub(crate) const SKEW: TimeDelta = TimeDelta::seconds(5);
/// How late something may be looked at once nothing goes wrong any more: overdue by two minutes,
/// found by a sweep every five, and a queue and two tries in between.
pub(crate) const BOUND: TimeDelta = TimeDelta::minutes(15);
/// The platforms' free-form window.
const WINDOW: TimeDelta = TimeDelta::hours(24);

/// Everything that must hold, with what it means.
pub const INVARIANTS: &[(&str, &str)] = &[
    (
        "head-fenced",
        "every head is written over the version before it",
    ),
    (
        "claimed-before-call",
        "a platform is called only for the attempt that was just claimed",
    ),
    (
        "no-double-send",
        "a platform accepts a message once, unless the owner chose to resend",
    ),
    (
        "one-follow-up-per-silence",
        "a rule writes once in a silence, unless the owner chose to resend",
    ),
    (
        "no-send-after-reply",
        "no follow-up is claimed that was planned before the customer's last word",
    ),
    (
        "no-send-after-stop",
        "no follow-up is claimed in a suspended or closed conversation",
    ),
    (
        "no-send-after-opt-out",
        "no follow-up is claimed for somebody who opted out",
    ),
    (
        "no-send-by-stale-rule",
        "no follow-up is claimed for a rule that is off, changed or gone",
    ),
    (
        "no-send-on-stopped-connection",
        "nothing is claimed on a connection that may not send",
    ),
    (
        "no-send-outside-window",
        "no free text leaves when the platform's window is closed",
    ),
    (
        "no-send-in-quiet-hours",
        "no follow-up is claimed in quiet hours",
    ),
    (
        "within-daily-limit",
        "no more follow-ups are accepted in a day than the limit says",
    ),
    (
        "within-frequency-cap",
        "nobody gets more follow-ups than the cap says",
    ),
    ("status-monotone", "a status never falls"),
    (
        "unread-true",
        "the unread count rises by the messages that are new",
    ),
    (
        "counters-true",
        "the counter of the day lies between what went out and what was claimed",
    ),
    (
        "no-foreign-workspace",
        "a function touches no key of another workspace",
    ),
    (
        "every-event-stored",
        "what was answered 200 is in the inbox",
    ),
    (
        "nothing-forgotten",
        "once faults end, nothing stays due beyond the bound",
    ),
    (
        "no-dead-letters",
        "once faults end and the dead letters are redriven, none is left",
    ),
    (
        "silence-explained",
        "for every silence a receipt says what each rule did",
    ),
];

/// Something that must not be.
#[derive(Debug, Clone)]
pub struct Violation {
    /// One of [`INVARIANTS`].
    pub invariant: &'static str,
    /// What was seen.
    pub detail: String,
}

/// What is known of a message that was written.
struct Seen {
    status: Status,
    rule: Option<RuleId>,
}

/// A follow-up that was claimed.
struct Claim {
    workspace: WorkspaceId,
    customer: CustomerId,
    at: DateTime<Utc>,
    rule: RuleId,
    episode: u32,
    conversation: ConversationId,
    accepted: u32,
}

#[derive(Default)]
pub(crate) struct Observer {
    writes: u64,
    pub(crate) heads: BTreeMap<ConversationId, Conversation>,
    customers: BTreeMap<CustomerId, Customer>,
    rules: BTreeMap<RuleId, Rule>,
    /// Changed rules of which the conversations have not heard, and since when.
    unheard: BTreeMap<RuleId, DateTime<Utc>>,
    /// When each rule last changed, by the number of writes.
    rule_changed: BTreeMap<RuleId, u64>,
    connections: BTreeMap<ConnectionId, Connection>,
    settings: BTreeMap<WorkspaceId, Settings>,
    messages: BTreeMap<MessageId, Seen>,
    /// The write with the customer's last word, and its time by the platform's clock.
    last_words: BTreeMap<ConversationId, (u64, DateTime<Utc>)>,
    planned: BTreeMap<RunId, u64>,
    claims: BTreeMap<(MessageId, u32), Claim>,
    called: BTreeSet<(MessageId, u32)>,
    accepted: BTreeMap<MessageId, u32>,
    counters: BTreeMap<(String, String), i64>,
    receipts: BTreeMap<ConversationId, Vec<(u64, Receipt)>>,
    pub(crate) violations: Vec<Violation>,
}

impl Observer {
    fn violated(&mut self, invariant: &'static str, detail: String) {
        debug_assert!(INVARIANTS.iter().any(|(name, _)| *name == invariant));
        self.violations.push(Violation { invariant, detail });
    }

    /// A request is about to reach the table on behalf of this workspace.
    pub(crate) fn asked(&mut self, workspace: WorkspaceId, body: &str) {
        let own = format!("W#{workspace}");
        let foreign = body
            .match_indices("\"W#")
            .find(|(at, _)| !body[at + 1..].starts_with(&own));
        if let Some((at, _)) = foreign {
            let key: String = body[at + 1..].chars().take_while(|c| *c != '"').collect();
            self.violated("no-foreign-workspace", format!("{key} for {workspace}"));
        }
    }

    /// A request took effect.
    pub(crate) fn written(&mut self, operation: &str, body: &Value, now: DateTime<Utc>) {
        self.writes += 1;
        match operation {
            "PutItem" => self.put(std::slice::from_ref(&body["Item"]), now),
            "DeleteItem" => self.deleted(&body["Key"]),
            "UpdateItem" => self.updated(body),
            "TransactWriteItems" => {
                let actions = body["TransactItems"]
                    .as_array()
                    .cloned()
                    .unwrap_or_default();
                let items: Vec<_> = actions
                    .iter()
                    .filter(|action| action["Put"].is_object())
                    .map(|action| action["Put"]["Item"].clone())
                    .collect();
                self.put(&items, now);
                for action in &actions {
                    if action["Update"].is_object() {
                        self.updated(&action["Update"]);
                    }
                    if action["Delete"].is_object() {
                        self.deleted(&action["Delete"]["Key"]);
                    }
                }
            }
            _ => {}
        }
    }

    fn put(&mut self, items: &[Value], now: DateTime<Utc>) {
        // Customers and rules as they are after this write belong to the claim in it.
        let mut fresh_words = 0;
        for item in items {
            match kind(item) {
                "CUSTOMER" => self.keep(item, |seen: &mut Self, it: Customer| {
                    seen.customers.insert(it.id, it);
                }),
                "SETTINGS" => self.keep(item, |seen: &mut Self, it: Settings| {
                    seen.settings.insert(it.workspace, it);
                }),
                "CON" => self.keep(item, |seen: &mut Self, it: Connection| {
                    seen.connections.insert(it.id, it);
                }),
                "RULE" if item["overdue_sk"].is_object() => {
                    if let Some(id) = rule_of(item) {
                        self.unheard.insert(id, now);
                    }
                }
                "RULE" => self.keep(item, |seen: &mut Self, it: Rule| {
                    seen.rule_changed.insert(it.id, seen.writes);
                    seen.rules.insert(it.id, it);
                }),
                "M" => {
                    let Some(message) = read::<Message>(&item["body"]) else {
                        continue;
                    };
                    let new = !self.messages.contains_key(&message.id);
                    if let (true, Author::Customer { automatic }) = (new, &message.author) {
                        fresh_words += 1;
                        let word = self.last_words.entry(message.conversation).or_default();
                        word.1 = word.1.max(message.at);
                        if !automatic {
                            word.0 = self.writes;
                        }
                    }
                    self.status(message.id, message.status);
                    let rule = match message.author {
                        Author::Rule { rule, .. } => Some(rule),
                        _ => None,
                    };
                    let status = message.status;
                    self.messages.insert(message.id, Seen { status, rule });
                }
                "R" => {
                    let writes = self.writes;
                    self.keep(item, move |seen: &mut Self, it: Receipt| {
                        seen.receipts
                            .entry(it.conversation)
                            .or_default()
                            .push((writes, it));
                    });
                }
                _ => {}
            }
        }
        for item in items {
            if kind(item) == "HEAD"
                && let Some(head) = read::<Conversation>(&item["body"])
            {
                self.head(head, fresh_words, now);
            }
        }
    }

    fn keep<T: DeserializeOwned>(&mut self, item: &Value, keep: impl FnOnce(&mut Self, T)) {
        if let Some(it) = read(&item["body"]) {
            keep(self, it);
        }
    }

    fn deleted(&mut self, key: &Value) {
        let Some(id) = rule_of(key) else { return };
        if text(&key["pk"]).ends_with("#CHANGED") {
            self.unheard.remove(&id);
        } else {
            self.rules.remove(&id);
            self.rule_changed.insert(id, self.writes);
        }
    }

    /// Counters and reported statuses are updated in place.
    fn updated(&mut self, update: &Value) {
        let (pk, sk) = (text(&update["Key"]["pk"]), text(&update["Key"]["sk"]));
        let values = &update["ExpressionAttributeValues"];
        if sk.starts_with("DAY#") {
            if update["ExpressionAttributeNames"]["#counter"] == "automated_sends" {
                let by: i64 = values[":by"]["N"]
                    .as_str()
                    .and_then(|n| n.parse().ok())
                    .unwrap_or(0);
                *self.counters.entry((pk, sk)).or_default() += by;
            }
        } else if sk.starts_with("M#")
            && let Some(status) = read::<Status>(&values[":status"])
            && let Some(id) = sk
                .rsplit('#')
                .next()
                .and_then(|id| MessageId::parse(id).ok())
        {
            self.status(id, status);
            if let Some(seen) = self.messages.get_mut(&id) {
                seen.status = status;
            }
        }
    }

    fn status(&mut self, id: MessageId, new: Status) {
        if let Some(old) = self.messages.get(&id).map(|seen| seen.status)
            && falls(old, new)
        {
            self.violated("status-monotone", format!("{id}: {old:?} -> {new:?}"));
        }
    }

    fn head(&mut self, head: Conversation, fresh_words: u32, now: DateTime<Utc>) {
        let old = self.heads.get(&head.id).cloned();
        for run in &head.runs {
            self.planned.entry(run.id).or_insert(self.writes);
        }
        if let Some(old) = &old {
            if head.version != old.version + 1 {
                let detail = format!("{}: {} over {}", head.id, head.version, old.version);
                self.violated("head-fenced", detail);
            }
            if head.unread.saturating_sub(old.unread) > fresh_words {
                let detail = format!(
                    "{}: {} -> {}, {fresh_words} new",
                    head.id, old.unread, head.unread
                );
                self.violated("unread-true", detail);
            }
        }
        if let Some(sending) = &head.sending {
            let known = old.as_ref().and_then(|old| old.sending.as_ref());
            let again = known.is_some_and(|known| {
                known.run.id == sending.run.id && known.attempt == sending.attempt
            });
            if !again {
                self.claimed(&head, sending, old.as_ref(), now);
            }
        }
        self.heads.insert(head.id, head);
    }

    fn claimed(
        &mut self,
        head: &Conversation,
        sending: &Sending,
        old: Option<&Conversation>,
        now: DateTime<Utc>,
    ) {
        let run = &sending.run;
        let what = format!("{} attempt {} in {}", run.message, sending.attempt, head.id);
        if !self
            .connections
            .get(&head.connection)
            .is_some_and(Connection::is_active)
        {
            self.violated("no-send-on-stopped-connection", what.clone());
        }
        let has_window = matches!(
            head.channel,
            Channel::WhatsApp | Channel::Messenger | Channel::Instagram
        );
        if has_window && sending.how == How::FreeForm {
            let last = self.last_words.get(&head.id).map(|(_, at)| *at);
            if last.is_none_or(|last| now >= last + WINDOW) {
                self.violated(
                    "no-send-outside-window",
                    format!("{what}, last word {last:?}"),
                );
            }
        }
        let Some(rule) = run.rule() else { return };
        let planned = self.planned.get(&run.id).copied().unwrap_or(self.writes);
        let last_word = self.last_words.get(&head.id).map_or(0, |(write, _)| *write);
        if planned <= last_word || run.episode != head.episode {
            self.violated("no-send-after-reply", what.clone());
        }
        if old.is_some_and(|old| old.state != State::Open) {
            self.violated("no-send-after-stop", what.clone());
        }
        let customer = self.customers.get(&head.customer);
        if customer.is_none_or(|it| it.chat.opted_out_at.is_some()) {
            self.violated("no-send-after-opt-out", what.clone());
        }
        if let domain::conversation::Source::Rule { version, .. } = run.source
            && !self
                .rules
                .get(&rule)
                .is_some_and(|it| it.enabled && it.version == version)
        {
            self.violated("no-send-by-stale-rule", what.clone());
        }
        let Some(settings) = self.settings.get(&head.workspace).cloned() else {
            return;
        };
        if let Some(quiet) = &settings.quiet_hours {
            let inside = |at| quiet.contains(at, settings.zone);
            if inside(now - SKEW - SKEW) && inside(now + SKEW + SKEW) {
                self.violated("no-send-in-quiet-hours", what.clone());
            }
        }
        let cap = settings.frequency_cap;
        let since = sending.claimed_at - cap.span();
        let recent = self.claims.iter().filter(|((message, _), claim)| {
            claim.customer == head.customer && self.counts(*message, claim) && claim.at > since
        });
        if recent.count() >= cap.messages as usize {
            self.violated("within-frequency-cap", what);
        }
        let claim = Claim {
            workspace: head.workspace,
            customer: head.customer,
            at: sending.claimed_at,
            rule,
            episode: run.episode,
            conversation: head.id,
            accepted: 0,
        };
        self.claims.insert((run.message, sending.attempt), claim);
    }

    /// A platform is called for this message.
    pub(crate) fn called(&mut self, message: MessageId) -> u32 {
        let sending = self.heads.values().filter_map(|head| head.sending.as_ref());
        let attempt = sending
            .filter(|sending| sending.run.message == message)
            .map(|sending| sending.attempt)
            .next();
        match attempt {
            Some(attempt) if self.called.insert((message, attempt)) => attempt,
            other => {
                self.violated(
                    "claimed-before-call",
                    format!("{message}, claimed: {other:?}"),
                );
                other.unwrap_or_default()
            }
        }
    }

    /// A platform has accepted it.
    pub(crate) fn accepted(&mut self, message: MessageId, attempt: u32) {
        let times = {
            let times = self.accepted.entry(message).or_default();
            *times += 1;
            *times
        };
        let rule = self.messages.get(&message).and_then(|seen| seen.rule);
        let may_repeat = rule
            .and_then(|rule| self.rules.get(&rule))
            .is_some_and(|rule| rule.spec.on_unknown == OnUnknown::Resend);
        if times > 1 && !may_repeat {
            self.violated("no-double-send", format!("{message}: {times} times"));
        }
        let Some(claim) = self.claims.get_mut(&(message, attempt)) else {
            return;
        };
        claim.accepted += 1;
        let (conversation, episode, rule) = (claim.conversation, claim.episode, claim.rule);
        let (workspace, at) = (claim.workspace, claim.at);
        let date = self.day(workspace, at);
        let in_silence = self.claims.values().filter(|it| {
            it.accepted > 0
                && (it.conversation, it.episode, it.rule) == (conversation, episode, rule)
        });
        if in_silence.count() > 1 && !may_repeat {
            self.violated(
                "one-follow-up-per-silence",
                format!("{rule} in {conversation}"),
            );
        }
        let limit = self
            .settings
            .get(&workspace)
            .map_or(u64::MAX, |it| it.daily_send_limit);
        let accepted = self.of_day(workspace, date, false);
        if accepted > limit {
            self.violated(
                "within-daily-limit",
                format!("{accepted} of {limit} on {date}"),
            );
        }
    }

    /// A message that the platform took and never reported as failed.
    fn counts(&self, message: MessageId, claim: &Claim) -> bool {
        let status = self.messages.get(&message).map(|seen| seen.status);
        claim.accepted > 0 && status != Some(Status::Failed)
    }

    /// The calendar day of the workspace.
    fn day(&self, ws: WorkspaceId, at: DateTime<Utc>) -> NaiveDate {
        let zone = self.settings.get(&ws).map_or(Zone::UTC, |it| it.zone);
        zone.day(at)
    }

    /// Follow-ups of a day: those that count, or all that were claimed.
    fn of_day(&self, ws: WorkspaceId, date: NaiveDate, claimed: bool) -> u64 {
        let claims = self.claims.iter();
        let found = claims.filter(|(_, it)| it.workspace == ws && self.day(ws, it.at) == date);
        found
            .filter(|((message, _), it)| claimed || self.counts(*message, it))
            .count() as u64
    }

    /// When the sweep would next find something.
    pub(crate) fn next_due(&self) -> Option<DateTime<Utc>> {
        let heads = self.heads.values().filter_map(Conversation::due_at);
        heads.chain(self.unheard.values().copied()).min()
    }

    /// What must hold when the last fault is long over.
    pub(crate) fn at_the_end(&mut self, now: DateTime<Utc>, expected: &[MessageId], dead: usize) {
        let mut found = Vec::new();
        for (id, head) in &self.heads {
            if let Some(due) = head.due_at().filter(|due| *due < now - BOUND) {
                found.push(("nothing-forgotten", format!("{id} was due at {due}")));
            }
        }
        for (id, since) in &self.unheard {
            if *since < now - BOUND {
                found.push(("nothing-forgotten", format!("{id}, changed at {since}")));
            }
        }
        for id in expected {
            if !self.messages.contains_key(id) {
                found.push(("every-event-stored", format!("{id} is not there")));
            }
        }
        if dead > 0 {
            found.push(("no-dead-letters", format!("{dead} tasks were given up")));
        }
        for ((pk, sk), counted) in &self.counters {
            let (Some(ws), Some(date)) = (
                pk.split('#')
                    .nth(1)
                    .and_then(|ws| WorkspaceId::parse(ws).ok()),
                sk.strip_prefix("DAY#").and_then(|date| date.parse().ok()),
            ) else {
                continue;
            };
            let least = self.of_day(ws, date, false);
            let most = self.of_day(ws, date, true);
            let counted = u64::try_from(*counted).unwrap_or_default();
            if !(least..=most).contains(&counted) {
                found.push((
                    "counters-true",
                    format!("{counted} on {date}, {least} accepted, {most} claimed"),
                ));
            }
        }
        found.extend(self.unexplained(now));
        for (invariant, detail) in found {
            self.violated(invariant, detail);
        }
    }

    /// Rules about which nothing was said although a silence went on under their eyes.
    fn unexplained(&self, now: DateTime<Utc>) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        for (id, head) in &self.heads {
            let Some((word, _)) = self.last_words.get(id) else {
                continue;
            };
            let silent = now - head.last_message_at() > TimeDelta::days(2);
            let opted_out = self
                .customers
                .get(&head.customer)
                .is_none_or(|it| it.chat.opted_out_at.is_some());
            let open = head.state == State::Open && head.reachable && !opted_out;
            if !silent || !open || head.moved_to.is_some() {
                continue;
            }
            let said = self.receipts.get(id).map(Vec::as_slice).unwrap_or_default();
            let since: Vec<_> = said.iter().filter(|(write, _)| write >= word).collect();
            for rule in self.rules.values() {
                let was_there = self.rule_changed.get(&rule.id).is_some_and(|at| at < word);
                let concerned = rule.workspace == head.workspace
                    && rule.enabled
                    && rule.spec.reaches(head.channel)
                    && was_there;
                let named = since.iter().any(|(_, receipt)| {
                    receipt.entries.iter().any(|entry| {
                        let of_all = matches!(entry.verdict, Verdict::Nothing { .. });
                        entry.rule == Some(rule.id) || entry.rule.is_none() && of_all
                    })
                });
                if concerned && !named {
                    let detail = format!("{} in {id} since write {word}", rule.id);
                    found.push(("silence-explained", detail));
                }
            }
        }
        found
    }
}

/// What kind of item it is, by its sort key.
fn kind(item: &Value) -> &str {
    let sk = item["sk"]["S"].as_str().unwrap_or_default();
    sk.split('#').next().unwrap_or_default()
}

/// The rule that an item or a key is about.
fn rule_of(item: &Value) -> Option<RuleId> {
    let sk = item["sk"]["S"].as_str()?;
    RuleId::parse(sk.strip_prefix("RULE#")?).ok()
}

fn text(value: &Value) -> String {
    value["S"].as_str().unwrap_or_default().to_owned()
}

fn read<T: DeserializeOwned>(value: &Value) -> Option<T> {
    serde_json::from_value(plain(value)).ok()
}

/// DynamoDB's JSON as plain JSON.
fn plain(value: &Value) -> Value {
    let Some((tag, inner)) = value.as_object().and_then(|object| object.iter().next()) else {
        return Value::Null;
    };
    match (tag.as_str(), inner) {
        ("S" | "BOOL", inner) => inner.clone(),
        ("N", inner) => inner
            .as_str()
            .and_then(|number| serde_json::from_str(number).ok())
            .unwrap_or_default(),
        ("L", Value::Array(list)) => list.iter().map(plain).collect(),
        ("M", Value::Object(map)) => {
            let fields = map.iter().map(|(name, value)| (name.clone(), plain(value)));
            Value::Object(fields.collect())
        }
        _ => Value::Null,
    }
}

/// Written down once more here, on purpose: the watcher does not ask the watched.
fn falls(old: Status, new: Status) -> bool {
    use Status::{
        Accepted, Delivered, Failed, Planned, Read, Received, Sending, Sent, Skipped, Unknown,
    };
    let rank = |status| match status {
        Received | Planned => 0,
        Sending => 1,
        Unknown => 2,
        Accepted => 3,
        Sent => 4,
        Delivered => 5,
        Read => 6,
        Failed | Skipped => 7,
    };
    match (old, new) {
        (old, new) if old == new => false,
        // The owner may ask for another attempt; a receipt proves a failure wrong.
        (Unknown, Sending) | (Failed, Delivered | Read) => false,
        (Received | Skipped | Failed, _) | (Delivered | Read, Failed | Skipped) => true,
        (old, new) => rank(new) < rank(old),
    }
}
