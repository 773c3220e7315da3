//! Watches what is written to the table and what reaches the platforms, and knows what must
//! never be seen there.
//!
//! It reads the requests themselves, not what the code believes it did, and it computes none of
//! its answers with `decide`.

mod end;
mod erased;
mod identities;
mod invariants;
mod items;
mod sends;
mod told;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use domain::channel::Channel;
use domain::connection::Connection;
use domain::consent::{Entry, verify};
use domain::content::Content;
use domain::conversation::{Conversation, Run, Sending};
use domain::customer::Customer;
use domain::ids::{
    ConnectionId, ConversationId, CustomerId, MessageId, RuleId, RunId, WorkspaceId,
};
use domain::message::{Author, Change, Message, Status};
use domain::receipt::Receipt;
use domain::rule::Rule;
use domain::settings::Settings;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use invariants::INVARIANTS;
use items::{customer_of, erasure_of, falls, kind, read, rule_of, text};
pub(crate) use told::Told;

/// How far the clocks of two processes may be apart here.
pub(crate) const SKEW: TimeDelta = TimeDelta::seconds(5);
/// How late something may be looked at once nothing goes wrong any more: overdue by two minutes,
/// found by a sweep every five, and a queue and two tries in between.
pub(crate) const BOUND: TimeDelta = TimeDelta::minutes(15);

/// With this word people refuse messages.
const REFUSES: &str = "STOP";
/// With this word people take back what they refused.
const TAKES_BACK: &str = "START";

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
    /// The customer wants no messages by it.
    refuses: bool,
}

/// What a customer wrote last, by the number of the write and by the platform's clock.
#[derive(Debug, Clone, Copy, Default)]
struct LastWords {
    write: u64,
    at: DateTime<Utc>,
    /// The same with what a machine of theirs wrote, which opens the window as well.
    opened_at: Option<DateTime<Utc>>,
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

/// A follow-up that will be looked at: where the world may do something about the same time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Due {
    pub(crate) conversation: ConversationId,
    pub(crate) rule: RuleId,
    pub(crate) at: DateTime<Utc>,
    pub(crate) stage: Stage,
}

/// How far a follow-up has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It waits for its time.
    Planned,
    /// The sender has just been woken for it.
    Woken,
    /// A platform is being called.
    UnderWay,
    /// It waits for another try, or for news of the last one.
    Tried,
}

impl Stage {
    fn of(run: &Run) -> Self {
        match run.attempts {
            0 => Self::Planned,
            _ => Self::Tried,
        }
    }
}

/// Who it is with, whichever account it is on.
fn address_of(head: &Conversation) -> (WorkspaceId, Channel, String) {
    (head.workspace, head.channel, head.user.reveal().to_owned())
}

/// Whether the customer refuses messages by it as it stands now.
fn refuses_by(message: &Message) -> bool {
    let theirs = matches!(message.author, Author::Customer { automatic: false });
    theirs && message.says().and_then(Content::words) == Some(REFUSES)
}

/// The same of a change of a message that has not arrived.
fn refuses_early(change: &Change) -> bool {
    matches!(change, Change::Edited { content, .. } if content.words() == Some(REFUSES))
}

#[derive(Default)]
pub(crate) struct Observer {
    writes: u64,
    pub(crate) heads: BTreeMap<ConversationId, Conversation>,
    /// Who wants no messages. Noted when it is written, and taken back by the customer's own word
    /// only, whatever is written later.
    refusing: BTreeSet<CustomerId>,
    rules: BTreeMap<RuleId, Rule>,
    /// Changed rules of which the conversations have not heard, and since when.
    unheard: BTreeMap<RuleId, DateTime<Utc>>,
    /// Who is being erased, and since when.
    erasing: BTreeMap<CustomerId, DateTime<Utc>>,
    /// When each rule last changed, by the number of writes.
    rule_changed: BTreeMap<RuleId, u64>,
    connections: BTreeMap<ConnectionId, Connection>,
    settings: BTreeMap<WorkspaceId, Settings>,
    messages: BTreeMap<MessageId, Seen>,
    last_words: BTreeMap<ConversationId, LastWords>,
    /// The write with which a conversation came to the customer it belongs to.
    joined: BTreeMap<ConversationId, u64>,
    /// What each customer said about messages.
    ledgers: BTreeMap<CustomerId, Vec<Entry>>,
    /// Who wrote which message, and in which conversation.
    words: identities::Words,
    /// What was told of a conversation and handled.
    told: told::Tellings,
    /// Who wants no messages, by account-independent address.
    refusing_users: BTreeSet<(WorkspaceId, Channel, String)>,
    /// The write with the last answer of a person of the business that was news when it came.
    answers: BTreeMap<ConversationId, u64>,
    /// The time of the newest message, whoever wrote it.
    newest: BTreeMap<ConversationId, DateTime<Utc>>,
    /// When each was planned, and with which write that was seen.
    planned: BTreeMap<RunId, (DateTime<Utc>, u64)>,
    /// What was under way when its conversation was erased.
    outlived: Vec<(ConversationId, Sending)>,
    /// Messages of people who were erased, and whether they had failed.
    erased: BTreeMap<MessageId, bool>,
    claims: BTreeMap<(MessageId, u32), Claim>,
    called: BTreeSet<(MessageId, u32)>,
    accepted: BTreeMap<MessageId, u32>,
    counters: BTreeMap<(String, String), i64>,
    receipts: BTreeMap<ConversationId, Vec<(u64, Receipt)>>,
    due: Vec<Due>,
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
        let mut written = Vec::new();
        let mut fresh_words = 0;
        let mut takes_back = false;
        let mut refuses = BTreeSet::new();
        for item in items {
            match kind(item) {
                "CUSTOMER" => {
                    if let Some(customer) = read::<Customer>(&item["body"]) {
                        written.push(customer);
                    }
                }
                "CONSENT" => {
                    let entry = read::<Entry>(&item["body"]);
                    if let (Some(id), Some(entry)) = (customer_of(item), entry) {
                        self.ledgers.entry(id).or_default().push(entry);
                    }
                }
                "SETTINGS" => self.keep(item, |seen: &mut Self, it: Settings| {
                    seen.settings.insert(it.workspace, it);
                }),
                "CON" => self.keep(item, |seen: &mut Self, it: Connection| {
                    seen.connections.insert(it.id, it);
                }),
                _ if erasure_of(item).is_some() => {
                    self.erasing.extend(erasure_of(item).map(|id| (id, now)));
                }
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
                    if !self.messages.contains_key(&message.id) {
                        let theirs = !message.author.is_outbound();
                        fresh_words += u32::from(theirs);
                        let says = message.says().and_then(Content::words);
                        takes_back |= theirs && says == Some(TAKES_BACK);
                        self.new_message(&message);
                    }
                    let refused = self.messages.get(&message.id).is_some_and(|it| it.refuses);
                    if refuses_by(&message) && !refused {
                        refuses.insert(message.conversation);
                    }
                    self.status(message.id, message.status);
                    let rule = match message.author {
                        Author::Rule { rule, .. } => Some(rule),
                        _ => None,
                    };
                    let status = message.status;
                    let seen = Seen {
                        status,
                        rule,
                        refuses: refuses_by(&message),
                    };
                    self.messages.insert(message.id, seen);
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
        let heads: Vec<Conversation> = items
            .iter()
            .filter(|item| kind(item) == "HEAD")
            .filter_map(|item| read(&item["body"]))
            .collect();
        for head in &heads {
            self.begins(head, &written, takes_back);
        }
        for customer in written {
            self.ledger(&customer);
            self.consent(&customer, takes_back);
        }
        for head in heads {
            let known = self.heads.get(&head.id).map(|known| known.early.clone());
            let known = known.unwrap_or_default();
            let mut early = head.early.iter().filter(|early| !known.contains(early));
            if early.any(|early| refuses_early(&early.change)) {
                refuses.insert(head.id);
            }
            self.head(head, fresh_words, now);
        }
        for conversation in refuses {
            if let Some(head) = self.heads.get(&conversation) {
                self.refusing.insert(head.customer);
            }
        }
    }

    /// A conversation with somebody who had refused messages on that channel before.
    fn begins(&mut self, head: &Conversation, written: &[Customer], takes_back: bool) {
        let address = address_of(head);
        let is_new = !self.heads.contains_key(&head.id) && head.moved_to.is_none();
        if !is_new || takes_back || !self.refusing_users.contains(&address) {
            return;
        }
        let customer = written.iter().find(|it| it.id == head.customer);
        if customer.is_some_and(|it| it.chat.opted_out_at.is_none()) {
            self.violated("opt-out-survives", format!("{} begins without", head.id));
        }
    }

    fn new_message(&mut self, message: &Message) {
        let newest = self.newest.entry(message.conversation).or_default();
        let is_newest = message.at > *newest;
        *newest = message.at.max(*newest);
        match message.author {
            Author::Customer { automatic } => {
                self.words.stored(message);
                let words = self.last_words.entry(message.conversation).or_default();
                words.opened_at = words.opened_at.max(Some(message.at));
                if !automatic {
                    words.write = self.writes;
                    words.at = words.at.max(message.at);
                }
            }
            // One that arrives late says nothing about what was planned after something newer.
            Author::Platform if is_newest => {
                self.answers.insert(message.conversation, self.writes);
            }
            // What staff write through the API counts from when it is about to go out.
            Author::Staff { .. }
            | Author::Platform
            | Author::Rule { .. }
            | Author::System { .. }
            | Author::Broadcast { .. } => {}
        }
    }

    fn ledger(&mut self, customer: &Customer) {
        let said = self.ledgers.get(&customer.id).map(Vec::as_slice);
        if let Err(broken) = verify(said.unwrap_or_default(), &customer.chat) {
            self.violated("ledger-true", format!("{}: {broken}", customer.id));
        }
    }

    fn consent(&mut self, customer: &Customer, takes_back: bool) {
        let heads = self.heads.values();
        let of_theirs = heads.filter(|head| head.customer == customer.id);
        let addresses: Vec<_> = of_theirs.map(address_of).collect();
        for address in addresses {
            if customer.chat.opted_out_at.is_some() {
                self.refusing_users.insert(address);
            } else if takes_back {
                self.refusing_users.remove(&address);
            }
        }
        if customer.chat.opted_out_at.is_some() {
            self.refusing.insert(customer.id);
        } else if takes_back {
            self.refusing.remove(&customer.id);
        } else if self.refusing.contains(&customer.id) {
            self.violated("opt-out-lasts", format!("{} without a word", customer.id));
        }
    }

    fn keep<T: DeserializeOwned>(&mut self, item: &Value, keep: impl FnOnce(&mut Self, T)) {
        if let Some(it) = read(&item["body"]) {
            keep(self, it);
        }
    }

    fn deleted(&mut self, key: &Value) {
        let sk = text(&key["sk"]);
        self.erased(key, &sk);
        let connection = sk.strip_prefix("CON#").map(ConnectionId::parse);
        if let Some(Ok(id)) = connection {
            self.connections.remove(&id);
        }
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
            // Staff may give theirs another time: that is planned anew.
            let planned = (run.planned_at, self.writes);
            let known = self.planned.get(&run.id);
            let is_news = known.is_none_or(|(at, _)| *at != run.planned_at);
            if is_news {
                self.planned.insert(run.id, planned);
            }
            if is_news && run.is_persons() && run.due_at <= now + TimeDelta::days(1) {
                self.answers.insert(head.id, self.writes);
            }
        }
        self.note_due(&head, old.as_ref());
        if let Some(old) = &old {
            if head.customer != old.customer {
                self.joined.insert(head.id, self.writes);
            }
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
        let id = head.id;
        self.heads.insert(id, head);
        self.of_one_person(id);
    }

    fn note_due(&mut self, head: &Conversation, old: Option<&Conversation>) {
        let of = |head: &Conversation| {
            let waiting = head.runs.iter().map(|run| (run.clone(), run.due_at));
            let unknown = head.unknown.iter();
            let unknown = unknown.map(|send| (send.run.clone(), send.wait_until));
            waiting.chain(unknown).collect::<Vec<_>>()
        };
        let known: Vec<_> = old.map(of).unwrap_or_default();
        for (run, at) in of(head) {
            let Some(rule) = run.rule() else { continue };
            if !known
                .iter()
                .any(|(old, then)| (old.id, *then) == (run.id, at))
            {
                self.due.push(Due {
                    conversation: head.id,
                    rule,
                    at,
                    stage: Stage::of(&run),
                });
            }
        }
    }

    /// What has a new time since this was last asked.
    pub(crate) fn take_due(&mut self) -> Vec<Due> {
        std::mem::take(&mut self.due)
    }

    /// The follow-up of this conversation that is due by now.
    pub(crate) fn due_now(&self, id: ConversationId, now: DateTime<Utc>) -> Option<Due> {
        let runs = self.heads.get(&id)?.runs.iter();
        let mut due = runs.filter(|run| run.due_at <= now);
        due.find_map(|run| {
            Some(Due {
                conversation: id,
                rule: run.rule()?,
                at: run.due_at,
                stage: Stage::of(run),
            })
        })
    }

    /// A message of staff that a reply has set aside.
    pub(crate) fn set_aside(&self, id: ConversationId) -> Option<MessageId> {
        let runs = self.heads.get(&id)?.runs.iter();
        let mut set_aside = runs.filter(|run| run.set_aside_at.is_some());
        set_aside.next().map(|run| run.message)
    }

    /// When the sweep would next find something.
    pub(crate) fn next_due(&self) -> Option<DateTime<Utc>> {
        let heads = self.heads.values().filter_map(Conversation::due_at);
        let others = self.unheard.values().chain(self.erasing.values());
        heads.chain(others.copied()).min()
    }
}
