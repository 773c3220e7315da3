//! `load -> decide -> commit -> publish`, written once.
//!
//! One conditional write on the version stores the head and everything that changes with it. A
//! lost race is decided again from fresh state, never overwritten. What is published afterwards
//! (a timer) is derived from the head, so the head itself is the outbox: a lost publication is
//! found by the sweep in the index of overdue conversations.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::broadcast::Fate;
use domain::connection::{Connection, ConnectionState};
use domain::consent::{self, Stoppable};
use domain::conversation::Conversation;
use domain::customer::Customer;
use domain::decide::{Decision, Effect, Event, Snapshot, decide};
use domain::ids::{
    BroadcastId, ConversationId, CustomerId, NotificationId, ReceiptId, RunId, WorkspaceId,
};
use domain::message::Message;
use domain::rebooking::Reminded;
use domain::receipt::Receipt;
use domain::sms::tier::Spent;
use domain::template::Template;
use store::{
    Attempt, AuditEntry, Book, Check, Commit, Committed, Counter, KeyedAnswer, Notification,
    RawEvent,
};

use crate::metrics::{self, Metric};
use crate::ports::Timer;
use crate::{App, AppError, audit, open, timers};

/// How often a lost race is decided again.
const TRIES: u32 = 10;

/// What was read for a decision.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The head.
    pub conversation: Conversation,
    /// The person.
    pub customer: Customer,
    /// Settings and rules.
    pub book: Arc<Book>,
    /// The account of the business.
    pub connection: Connection,
    /// Its templates.
    pub templates: Vec<Template>,
    /// Automated sends today, as far as known; the claim's counter is what binds.
    pub sent_today: u64,
    /// What the month's SMS segments do not suffice for, once somebody has looked.
    pub segments_spent: Option<(RunId, Spent)>,
    /// Heads that will stand for one that begins, under other ids of the user: written with it.
    pub pointers: Vec<Conversation>,
}

impl Loaded {
    /// Everything a decision depends on.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot<'_> {
        Snapshot {
            conversation: &self.conversation,
            customer: &self.customer,
            connection: &self.connection,
            settings: &self.book.settings,
            rules: &self.book.rules,
            templates: &self.templates,
            sent_today: self.sent_today,
            segments_spent: self.segments_spent,
            account: &self.book.account,
        }
    }
}

/// What is to be decided and what is to be stored with the decision.
#[derive(Debug, Default)]
pub struct Change {
    /// What happened, in order; each is decided on the state the one before it left.
    pub events: Vec<Event>,
    /// What the receipt names as the cause: `customer_wrote`.
    pub cause: &'static str,
    /// Who judged, for the receipt.
    pub decided_by: Option<String>,
    /// Messages that must not exist yet.
    pub new_messages: Vec<Message>,
    /// Their time is that of their arrival: a redelivery is found out by the id alone.
    pub dated_by_us: bool,
    /// Messages that are stored in any case.
    pub messages: Vec<Message>,
    /// A customer who changed for other reasons than the decision's.
    pub customer: Option<Customer>,
    /// By whom it is said whether messages are wanted; the customer's own message, where nobody else
    /// is named.
    pub said_by: Option<consent::Source>,
    /// An automated message is claimed: noted with the customer once it was decided, so that the
    /// frequency cap does not count the message against itself.
    pub claims_automated: bool,
    /// A changed head, where something changes that no event describes (assignee, labels).
    pub head: Option<Conversation>,
    /// One try at sending.
    pub attempt: Option<Attempt>,
    /// What came in, as it came.
    pub raw: Option<RawEvent>,
    /// What must hold at the moment of the write.
    pub checks: Vec<Check>,
    /// What is counted at the moment of the write.
    pub counters: Vec<Counter>,
    /// The answer to the request that asked for it.
    pub answer: Option<KeyedAnswer>,
    /// What becomes of a broadcast for the customer: they get it once.
    pub fate: Option<(BroadcastId, Fate)>,
    /// Whose change it is, for the audit log; a change that staff did not ask for has none.
    pub audit: Option<audit::Change>,
    /// The entry itself, where it tells of more than the conversation.
    pub note: Option<AuditEntry>,
}

impl Change {
    /// One event and its name.
    #[must_use]
    pub fn event(cause: &'static str, event: Event) -> Self {
        Self {
            events: vec![event],
            cause,
            ..Self::default()
        }
    }
}

/// What came of it.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "moved once, and the large one is the usual one"
)]
pub enum Applied {
    /// Stored; `loaded` is the state after it.
    Done {
        /// The state as stored.
        loaded: Loaded,
        /// What is left for the caller to do.
        effects: Vec<Effect>,
    },
    /// There is no such conversation.
    Missing,
    /// The plan had nothing to change.
    Nothing,
    /// A new message was stored before: the event is a repetition.
    Duplicate,
    /// Something that had to hold did not.
    Refused(Check),
    /// A daily limit is reached.
    AtLimit,
}

/// Loads a conversation with everything a decision needs.
pub async fn load(
    app: &App,
    ws: WorkspaceId,
    id: ConversationId,
) -> Result<Option<Loaded>, AppError> {
    match read(app, ws, id).await? {
        None => Ok(None),
        Some((conversation, customer)) => complete(app, conversation, customer).await,
    }
}

/// The conversation of whoever has this id now: one that goes on as another one leads there, and
/// one whose number was given to somebody else to theirs.
///
/// Whose customer the former was does not matter any more: staff may have joined the latter to
/// somebody else, and erased who was left.
pub async fn load_followed(
    app: &App,
    ws: WorkspaceId,
    id: ConversationId,
) -> Result<Option<Loaded>, AppError> {
    match read(app, ws, id).await? {
        None => Ok(None),
        Some((conversation, customer)) => {
            if let Some(target) = conversation.moved_to {
                return load(app, ws, target).await;
            }
            if let Some(target) = conversation.number_is_with
                && let Some(theirs) = load(app, ws, target).await?
            {
                return Ok(Some(theirs));
            }
            complete(app, conversation, customer).await
        }
    }
}

/// The head, and the customer if they are the first it had.
async fn read(
    app: &App,
    ws: WorkspaceId,
    id: ConversationId,
) -> Result<Option<(Conversation, Option<Customer>)>, AppError> {
    let (head, customer) = app
        .store
        .conversation(ws, id, first_customer(ws, id))
        .await?;
    Ok(head.map(|head| (head, customer)))
}

async fn complete(
    app: &App,
    conversation: Conversation,
    customer: Option<Customer>,
) -> Result<Option<Loaded>, AppError> {
    let ws = conversation.workspace;
    let book = app.book(ws).await?;
    let customer = match customer {
        Some(customer) if customer.id == conversation.customer => Some(customer),
        _ => app.store.customer(ws, conversation.customer).await?,
    };
    let Some(mut customer) = customer else {
        return Ok(None);
    };
    customer.offered = open::offers(&book, &customer);
    let connection = connection_of(app, &book, &conversation).await?;
    let templates = book.templates_of(connection.id);
    Ok(Some(Loaded {
        conversation,
        customer,
        book,
        connection,
        templates,
        sent_today: 0,
        segments_spent: None,
        pointers: Vec::new(),
    }))
}

/// The customer a conversation first belongs to, before any merge.
#[must_use]
pub fn first_customer(ws: WorkspaceId, conversation: ConversationId) -> CustomerId {
    CustomerId::derive(&[&ws.to_string(), &conversation.to_string()])
}

/// Loads, decides, commits and publishes, again and again until nobody else was faster.
pub async fn apply(
    app: &App,
    ws: WorkspaceId,
    id: ConversationId,
    now: DateTime<Utc>,
    mut plan: impl FnMut(&Loaded) -> Option<Change>,
) -> Result<Applied, AppError> {
    for _ in 0..TRIES {
        let Some(loaded) = load(app, ws, id).await? else {
            return Ok(Applied::Missing);
        };
        let Some(change) = plan(&loaded) else {
            return Ok(Applied::Nothing);
        };
        if let Some(applied) = apply_once(app, loaded, change, now).await? {
            return Ok(applied);
        }
    }
    Err(AppError::Contended)
}

/// The same for whoever reads more than a conversation whose id is known: `plan` reads what it
/// decides on anew in every round. `None`: there is nothing to change.
pub async fn apply_read<Read>(
    app: &App,
    now: DateTime<Utc>,
    mut plan: impl FnMut() -> Read,
) -> Result<Applied, AppError>
where
    Read: Future<Output = Result<Option<(Loaded, Change)>, AppError>>,
{
    for _ in 0..TRIES {
        let Some((loaded, change)) = plan().await? else {
            return Ok(Applied::Nothing);
        };
        if let Some(applied) = apply_once(app, loaded, change, now).await? {
            return Ok(applied);
        }
    }
    Err(AppError::Contended)
}

/// One round on state that was read already. `None`: somebody else was faster.
pub async fn apply_once(
    app: &App,
    loaded: Loaded,
    change: Change,
    now: DateTime<Utc>,
) -> Result<Option<Applied>, AppError> {
    let mut decided = Box::pin(decided(app, loaded, change, now)).await?;
    let commit = Box::new(std::mem::take(&mut decided.commit));
    committed(app, &commit, vec![*decided], now).await
}

/// One round on two conversations in one write. What came of it is that of the first.
pub async fn apply_to_both(
    app: &App,
    (here, change_here): (Loaded, Change),
    (there, change_there): (Loaded, Change),
    now: DateTime<Utc>,
) -> Result<Option<Applied>, AppError> {
    let mut here = Box::pin(decided(app, here, change_here, now)).await?;
    let mut there = Box::pin(decided(app, there, change_there, now)).await?;
    let mut commit = Box::new(std::mem::take(&mut here.commit));
    commit.beside.push(std::mem::take(&mut there.commit));
    committed(app, &commit, vec![*here, *there], now).await
}

/// A change as it is to be stored, and what follows once it is.
struct Decided {
    after: Loaded,
    commit: Commit,
    effects: Vec<Effect>,
    numbers: Vec<Metric>,
    timer: Option<Timer>,
}

async fn decided(
    app: &App,
    loaded: Loaded,
    change: Change,
    now: DateTime<Utc>,
) -> Result<Box<Decided>, AppError> {
    let mut after = loaded;
    let pointers = std::mem::take(&mut after.pointers);
    let read_customer = after.customer.version;
    let before = change
        .audit
        .map(|audit| (audit, after.conversation.clone()));
    if let Some(head) = change.head {
        after.conversation = head;
    }
    // Who has just become a customer is stored whatever the event says of them.
    let begins = read_customer == 0;
    let customer_changed = begins || change.customer.is_some() || change.claims_automated;
    if let Some(customer) = change.customer {
        after.customer = customer;
    }

    let mut effects = Vec::new();
    let mut entries = Vec::new();
    for event in &change.events {
        let Decision {
            conversation,
            effects: more,
            entries: why,
        } = decide(&after.snapshot(), event, now);
        after.conversation = conversation;
        effects.extend(more);
        entries.extend(why);
    }
    if change.claims_automated {
        let claimed = after.conversation.sending.as_ref();
        if let Some(repeated) = claimed.and_then(|sending| sending.run.repeats) {
            after.customer.forget_automated(repeated);
        }
        after.customer.note_automated(now);
        let claimed = after
            .conversation
            .sending
            .as_ref()
            .map(|sending| &sending.run);
        if let Some((run, visit)) = claimed.and_then(|run| Some((run, run.visit?))) {
            let message = run.message;
            after.customer.habit.reminded = Some(Reminded { visit, message });
        }
    }

    let mut commit = Commit {
        new_messages: change.new_messages,
        dated_by_us: change.dated_by_us,
        messages: change.messages,
        attempt: change.attempt,
        raw: change.raw,
        checks: change.checks,
        counters: change.counters,
        answer: change.answer,
        fate: change
            .fate
            .map(|(broadcast, fate)| (after.customer.id, broadcast, fate)),
        beside: pointers.into_iter().map(Commit::of_head).collect(),
        ..Commit::default()
    };
    let said_by = change.said_by.unwrap_or(consent::Source::Message);
    let opted = carry_out(app, &mut after, &mut commit, &mut effects, said_by, now).await?;
    if customer_changed || opted {
        after.customer.version = read_customer + 1;
        commit.customer = Some(after.customer.to_store());
        commit
            .checks
            .retain(|check| !matches!(check, Check::CustomerUnchanged { .. }));
    }

    after.conversation.version += 1;
    let timer = timer_for(app, &mut after.conversation, now);
    let numbers = metrics::of_receipt(&entries);
    if !entries.is_empty() {
        commit.receipt = Some(Receipt {
            id: ReceiptId::new(now, app.random10()),
            conversation: after.conversation.id,
            at: now,
            event: change.cause.to_owned(),
            decided_by: change.decided_by,
            entries,
        });
    }
    let of_conversation = before
        .and_then(|(audit, before)| audit.of_conversation(app, now, &before, &after.conversation));
    commit.audit = change.note.or(of_conversation);
    commit.head = Some(after.conversation.clone());
    Ok(Box::new(Decided {
        after,
        commit,
        effects,
        numbers,
        timer,
    }))
}

async fn committed(
    app: &App,
    commit: &Commit,
    decided: Vec<Decided>,
    now: DateTime<Utc>,
) -> Result<Option<Applied>, AppError> {
    let Some(ws) = commit.head.as_ref().map(|head| head.workspace) else {
        return Ok(Some(Applied::Nothing));
    };
    Ok(match app.store.commit(ws, commit).await? {
        Committed::Conflict => None,
        Committed::Duplicate => {
            app.metrics.put(&[Metric::count(metrics::DUPLICATES, 1)]);
            Some(Applied::Duplicate)
        }
        Committed::Refused(check) => Some(Applied::Refused(check)),
        Committed::AtLimit => Some(Applied::AtLimit),
        Committed::Done => {
            let mut done = None;
            for one in decided {
                if !one.numbers.is_empty() {
                    app.metrics.put(&one.numbers);
                }
                if let Some(timer) = one.timer {
                    publish(app, &timer, now).await;
                }
                done.get_or_insert(Applied::Done {
                    loaded: one.after,
                    effects: one.effects,
                });
            }
            done
        }
    })
}

/// The customer wants no SMS, or no automated message in chats any more, or takes that back. Whether that is new.
fn opt_out(
    customer: &mut Customer,
    what: Stoppable,
    opted_out: bool,
    said_by: consent::Source,
    at: DateTime<Utc>,
) -> bool {
    let change = match (opted_out, customer.chat.stopped(what)) {
        (true, known) if known < Some(at) => consent::Change::Stop { what },
        (false, Some(_)) => consent::Change::Start { what },
        (true, _) | (false, None) => return false,
    };
    let said = customer.say(change, said_by, None, at);
    debug_assert_eq!(said, Ok(()), "whoever says so may");
    said.is_ok()
}

/// Effects that are part of the same write; the others stay for the caller. Whether the
/// customer changed.
async fn carry_out(
    app: &App,
    after: &mut Loaded,
    commit: &mut Commit,
    effects: &mut Vec<Effect>,
    said_by: consent::Source,
    now: DateTime<Utc>,
) -> Result<bool, AppError> {
    let mut customer_changed = false;
    let mut left = Vec::new();
    for effect in effects.drain(..) {
        match effect {
            Effect::SetOptOut {
                what,
                at,
                opted_out,
            } => {
                customer_changed |= opt_out(&mut after.customer, what, opted_out, said_by, at);
            }
            Effect::Settle {
                message,
                message_at: Some(at),
                reason,
                as_status,
            } => {
                // The caller may be writing this very message; then its own shape wins.
                if commit.messages.iter().any(|written| written.id == message) {
                    continue;
                }
                let (ws, id) = (after.conversation.workspace, after.conversation.id);
                if let Some(stored) = app.store.message(ws, id, at, message).await?
                    && stored.status.may_become(as_status)
                {
                    let reason = Some(reason);
                    commit.messages.push(Message {
                        status: as_status,
                        status_at: now,
                        reason,
                        ..stored
                    });
                }
            }
            // A run that was never claimed has no stored message; its receipt tells the rest.
            Effect::Settle {
                message_at: None, ..
            } => {}
            Effect::NotifyStaff { message, reason } => {
                commit.notifications.push(Notification {
                    id: NotificationId::new(now, app.random10()),
                    at: now,
                    reason: reason.clone(),
                    conversation: Some(after.conversation.id),
                    message: Some(message),
                    read_at: None,
                    read_by: None,
                });
                tracing::warn!(
                    conversation.id = %after.conversation.id,
                    reason = %reason.code(),
                    "a message needs a person's look"
                );
            }
            other => left.push(other),
        }
    }
    *effects = left;
    Ok(customer_changed)
}

/// Notes in the head which timer will be armed, so that the next event need not arm it again.
fn timer_for(app: &App, conversation: &mut Conversation, now: DateTime<Utc>) -> Option<Timer> {
    let at = conversation.needs_timer(now)?;
    let generation = conversation.arm(at, timers::is_far(app, at, now));
    Some(Timer {
        workspace: conversation.workspace,
        conversation: conversation.id,
        generation,
        at,
    })
}

async fn publish(app: &App, timer: &Timer, now: DateTime<Utc>) {
    if let Err(error) = timers::arm(app, timer, now).await {
        tracing::warn!(
            conversation.id = %timer.conversation,
            error = %error,
            "the timer could not be armed; the sweep will find the conversation when it is overdue"
        );
    }
}

/// A connection that was made after the book was read is worth reading the book again. One that
/// was removed is none that may send: what is pending on it is skipped with that reason.
async fn connection_of(
    app: &App,
    book: &Arc<Book>,
    conversation: &Conversation,
) -> Result<Connection, AppError> {
    let id = conversation.connection;
    if let Some(found) = book.connection(id) {
        return Ok(found.clone());
    }
    let fresh = app.fresh_book(conversation.workspace).await?;
    Ok(fresh.connection(id).cloned().unwrap_or_else(|| Connection {
        id,
        workspace: conversation.workspace,
        version: 0,
        channel: conversation.channel,
        name: String::new(),
        account: None,
        business_account: None,
        sender: None,
        mail: None,
        voice: None,
        state: ConnectionState::Disabled,
        secrets: BTreeMap::new(),
        hold: None,
        created_at: conversation.created_at,
        updated_at: conversation.created_at,
    }))
}
