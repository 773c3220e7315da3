//! `decide`: from what is known and what happened to what is to be done, with reasons.
//!
//! The heart of Nachfass. A pure function over values: the Lambda, the local runner, the
//! preview, the tests and the simulator call this one and nothing else.
//!
//! | event | what happens to the conversation | file |
//! |---|---|---|
//! | customer wrote | new episode, window opens, follow-ups cancelled, rules to be assessed later | `messages` |
//! | a machine of the customer wrote | the window opens; nothing is cancelled, nothing begins | `messages` |
//! | a person of ours wrote | anchor moves, follow-ups cancelled, rules to be assessed later | `messages` |
//! | assessed | follow-up planned, outranked, suspended by a stop trigger, or nothing | `assessment`, `planning` |
//! | rule changed | its pending follow-ups cancelled, rules assessed again | `planning` |
//! | appointments changed | the reminder after the last visit planned, moved or cancelled | `visits` |
//! | timer fired | what is due: assess, send, give up waiting; nothing due: armed again | `sending` |
//! | send claimed, finished | the send protocol, one send at a time | `sending` |
//! | outcome unknown, receipt | awaited; then the rule's `on_unknown` | `unknown` |
//! | opt-out, block, close, thread taken | follow-ups cancelled; what lifts it again, from when delays then count | `consent` |
//!
//! Two times matter. *Provider time* orders what people wrote, whatever order it arrives in; it
//! never lies in the future (a clock that runs ahead is clamped to `now`). *Our time* says when
//! something of ours is due.
//!
//! Whoever commits the state that comes with [`Effect::Assess`], [`Effect::Send`] or
//! [`Effect::MoveTo`] holds it for
//! [`LEASE`]: until then a timer that fires twice asks for nothing twice, after it a crash in
//! between is made good. `dispatch` commits only once it has the answer or the claim, which saves
//! a write: a timer that fires twice may ask a model twice, but only one answer is stored, and only
//! one send is claimed.

mod assessment;
mod consent;
mod decider;
mod forecast;
mod gates;
mod messages;
mod planning;
mod sending;
mod unknown;
mod visits;

#[cfg(test)]
mod tests;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

pub use assessment::is_forgotten;
pub use forecast::{Forecast, Outlook, forecast};
pub use gates::gates;
pub use visits::{Reminder, reminder, visit_rule};

use crate::account::Account;
use crate::connection::Connection;
use crate::consent::{Class, Medium, Stoppable};
use crate::conversation::{Conversation, OnReply, Origin, Run, Source};
use crate::customer::Customer;
use crate::ids::{ConversationId, MessageId, RuleId, RunId};
use crate::message::Status;
use crate::receipt::{Entry, How, Reason};
use crate::rule::{Purpose, Rule};
use crate::settings::Settings;
use crate::sms::tier::Spent;
use crate::template::Template;
use decider::Decider;

/// How long whoever was asked to assess or to send, and committed that, has for it before it is
/// asked for again.
pub const LEASE: TimeDelta = TimeDelta::minutes(2);

/// Everything a decision depends on, as read from the store.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot<'a> {
    /// The head.
    pub conversation: &'a Conversation,
    /// The person.
    pub customer: &'a Customer,
    /// The account of the business.
    pub connection: &'a Connection,
    /// The workspace's settings.
    pub settings: &'a Settings,
    /// Every rule of the workspace.
    pub rules: &'a [Rule],
    /// The templates of the connection.
    pub templates: &'a [Template],
    /// Automated sends of the workspace today.
    pub sent_today: u64,
    /// The message of this run, which is about to leave as SMS, needs more segments than the month has
    /// left. A shorter one may still fit.
    pub segments_spent: Option<(RunId, Spent)>,
    /// What the account did of late.
    pub account: &'a Account,
}

impl Snapshot<'_> {
    /// Whether a follow-up of this class is pending.
    #[must_use]
    pub fn plans(&self, class: Class) -> bool {
        let mut runs = self.conversation.runs.iter();
        runs.any(|run| self.class_of(run) == Some(class))
    }

    /// The class of a follow-up or a notice here; messages of a person have none.
    #[must_use]
    pub fn class_of(&self, run: &Run) -> Option<Class> {
        let purpose = match run.source {
            Source::Manual { .. } => return None,
            Source::Notice { purpose, .. } => purpose,
            Source::Rule { rule, .. } => {
                let mut rules = self.rules.iter();
                rules.find(|known| known.id == rule)?.spec.purpose
            }
        };
        Class::of(Medium::of(self.conversation.channel), purpose)
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The customer wrote.
    CustomerWrote(CustomerWrote),
    /// The customer did something that opens the window without saying anything (a reaction).
    /// What is pending is put to the decider again.
    CustomerActed {
        /// When.
        at: DateTime<Utc>,
    },
    /// The customer changed what they had written, or took it back: they say something else now.
    CustomerChanged {
        /// Whether it is a clear wish for no more messages now.
        opt_out: bool,
    },
    /// The customer called, and somebody of the business answered: what was open has been talked about.
    Spoke {
        /// When.
        at: DateTime<Utc>,
        /// The call in one line.
        preview: String,
    },
    /// A person of the business wrote, outside our API (an echo).
    BusinessWrote {
        /// When.
        at: DateTime<Utc>,
        /// The message in one line.
        preview: String,
    },
    /// A person of the business wants to write, through our API. The same run again, before it
    /// was tried, moves it to another time.
    ManualMessage {
        /// The run to add.
        run: RunId,
        /// The stored message.
        message: MessageId,
        /// When it was written.
        at: DateTime<Utc>,
        /// When it is to go out.
        send_at: DateTime<Utc>,
        /// What a reply does to it until then.
        on_reply: OnReply,
        /// A reply has set it aside, and nobody has looked at it since.
        set_aside_at: Option<DateTime<Utc>>,
    },
    /// The business has something to say that nobody wrote to this customer alone. The same run again
    /// changes nothing.
    Notice {
        /// The run to add.
        run: RunId,
        /// The stored message.
        message: MessageId,
        /// When it was stored.
        at: DateTime<Utc>,
        /// When it is to go out.
        send_at: DateTime<Utc>,
        /// What it is for.
        purpose: Purpose,
    },
    /// A person takes back a message that has not been claimed yet.
    ManualWithdrawn {
        /// The message.
        message: MessageId,
    },
    /// A timer fired, on time, early, late or twice.
    TimerFired,
    /// The decider answered what [`Effect::Assess`] asked.
    Assessed(Assessed),
    /// The caller wants to start the send that [`Effect::Send`] named. Every gate is looked at
    /// again; the send may start if `sending` then holds this run, and goes out as it says.
    Claim {
        /// Which run.
        run: RunId,
        /// Past this the send counts as abandoned.
        deadline: DateTime<Utc>,
    },
    /// The provider call came to an end.
    SendFinished {
        /// Which attempt.
        run: RunId,
        /// How it ended.
        outcome: SendOutcome,
    },
    /// The platform itself reports on a message of ours. It settles a send that is still under
    /// way or unknown, and takes back what was accepted and then failed.
    ReceiptArrived {
        /// Which message.
        message: MessageId,
        /// What it says.
        report: Report,
    },
    /// A follow-up is given to another conversation of the customer ([`Effect::MoveTo`]), in the
    /// write in which that one takes it.
    MovedAway {
        /// The run.
        run: RunId,
        /// Where to.
        to: ConversationId,
    },
    /// A follow-up comes from another conversation of the customer. It was taken if it is pending
    /// then.
    MovedHere {
        /// The run that is given up there.
        run: Run,
        /// Where, and how that conversation stood.
        from: Origin,
        /// It takes the place of an SMS for which no segments were left.
        instead: Option<Spent>,
    },
    /// The customer blocked us or let us in again.
    Reachability {
        /// Since when, by the platform's clock.
        at: DateTime<Utc>,
        /// Whether they can be written to.
        reachable: bool,
    },
    /// The customer told us or the platform that they want no messages, or want them again.
    Consent {
        /// When they said so, by the platform's clock.
        at: DateTime<Utc>,
        /// Opted out (`true`) or in again.
        opted_out: bool,
    },
    /// The customer refused a class of messages, which stands in their ledger already.
    ClassRefused {
        /// Which.
        class: Class,
    },
    /// The customer's appointments changed, or what a reminder after their last visit goes by.
    VisitsChanged {
        /// Ids for the reminder that may be planned, if it is to be planned here.
        plan: Option<(RunId, MessageId)>,
    },
    /// A rule was created, changed, switched or deleted.
    RuleChanged {
        /// Which one.
        rule: RuleId,
    },
    /// The platform tells who has the thread (Messenger, Instagram): we, or another application or
    /// its own inbox.
    ThreadOwner {
        /// Since when, by the platform's clock.
        at: DateTime<Utc>,
        /// Whether we do.
        ours: bool,
    },
    /// The connection may send again: what waited for that is looked at now.
    ConnectionBack,
    /// Staff read the conversation.
    Read,
    /// Staff closed it.
    Closed,
    /// Staff opened it again.
    Reopened,
}

/// A message of the customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerWrote {
    /// By the platform's clock.
    pub at: DateTime<Utc>,
    /// The message in one line.
    pub preview: String,
    /// Whether it opens the platform's window.
    pub opens_window: bool,
    /// Whether a machine of theirs wrote it.
    pub automatic: bool,
    /// Whether it is a clear wish for no more messages.
    pub opt_out: bool,
}

/// The decider's answer about every rule that was asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessed {
    /// The episode that was judged; an answer about an earlier one is void.
    pub episode: u32,
    /// The last interaction that was judged.
    pub anchor: DateTime<Utc>,
    /// The customer waits for us.
    pub customer_waits: bool,
    /// The customer asked for no more messages.
    pub opt_out: bool,
    /// One judgement for each rule.
    pub rules: Vec<Judgement>,
    /// Ids for the run that may be planned, made by the caller.
    pub new_run: (RunId, MessageId),
}

/// The judgement about one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The rule.
    pub rule: RuleId,
    /// Its description fits.
    pub applies: bool,
    /// Its stop trigger is met.
    pub stop: bool,
    /// In the decider's words.
    pub reason: String,
    /// The time chosen for a rule in AI mode.
    pub time: Option<DateTime<Utc>>,
}

/// How a provider call ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SendOutcome {
    /// The provider has it.
    Accepted,
    /// Provably not accepted; worth another try at this time.
    Retry {
        /// When; `None`: no more tries.
        at: Option<DateTime<Utc>>,
        /// What the provider said.
        detail: String,
    },
    /// Never going to work.
    Permanent {
        /// The class of the failure.
        class: String,
        /// What the provider said.
        detail: String,
        /// The customer cannot be reached on this channel any more.
        unreachable: bool,
    },
    /// Nobody knows.
    Unknown {
        /// What is known.
        detail: String,
    },
    /// A gate closed between the claim and the call; nothing left the house.
    NotSent {
        /// Which one.
        reason: Reason,
    },
}

/// What the platform reports on a message of ours, after it had taken it or while nobody knew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// It was passed on, delivered or read.
    Delivered,
    /// It will not arrive.
    Failed {
        /// When, by the platform's clock.
        at: DateTime<Utc>,
        /// The class of the failure.
        class: String,
        /// What the platform said.
        detail: String,
        /// The customer cannot be reached on this channel any more.
        unreachable: bool,
        /// The rule that wrote it and when it was claimed, if it still counts as sent.
        counted: Option<(RuleId, DateTime<Utc>)>,
    },
}

/// From the first to the last legal moment.
pub type Interval = (DateTime<Utc>, DateTime<Utc>);

/// What the caller has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Put these rules to the decider and come back with [`Event::Assessed`].
    Assess {
        /// The rules, each with the interval in which a time may be chosen.
        rules: Vec<(RuleId, Option<Interval>)>,
    },
    /// Claim this run and send it.
    Send {
        /// The run.
        run: Run,
        /// As what.
        how: How,
    },
    /// Bring the run to the customer's other conversation: [`Event::MovedAway`] here and
    /// [`Event::MovedHere`] there, in one write.
    MoveTo {
        /// The run, which is pending here until then.
        run: Run,
        /// Where to.
        to: ConversationId,
    },
    /// The message of this run will not be sent.
    Settle {
        /// The message.
        message: MessageId,
        /// Its key's time, for messages that are stored already.
        message_at: Option<DateTime<Utc>>,
        /// Why.
        reason: Reason,
        /// Skipped by decision, failed by the provider, or unknown.
        as_status: Status,
    },
    /// Suppress the customer's messages, all in chats or all SMS, or lift that.
    SetOptOut {
        /// All of what.
        what: Stoppable,
        /// Since when.
        at: DateTime<Utc>,
        /// Opted out or in again.
        opted_out: bool,
    },
    /// A person should look: an unknown or failed send.
    NotifyStaff {
        /// The message.
        message: MessageId,
        /// Why.
        reason: Reason,
    },
}

/// The new state, what is to be done, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The head as it is to be stored.
    pub conversation: Conversation,
    /// What is to be done once it is stored.
    pub effects: Vec<Effect>,
    /// What was decided about what; empty when there is nothing worth telling.
    pub entries: Vec<Entry>,
}

/// Decides.
#[must_use]
pub fn decide(snapshot: &Snapshot<'_>, event: &Event, now: DateTime<Utc>) -> Decision {
    let mut decider = Decider::new(snapshot, now);
    match event {
        Event::CustomerWrote(message) => decider.customer_wrote(message),
        Event::CustomerActed { at } => decider.customer_acted(*at),
        Event::CustomerChanged { opt_out } => decider.customer_changed(*opt_out),
        Event::Spoke { at, preview } => decider.spoke(*at, preview),
        Event::BusinessWrote { at, preview } => decider.business_wrote(*at, Some(preview)),
        Event::ManualMessage {
            run,
            message,
            at,
            send_at,
            on_reply,
            set_aside_at,
        } => {
            let source = Source::Manual {
                at: *at,
                on_reply: *on_reply,
            };
            decider.manual_message(*run, *message, source, *send_at, *set_aside_at);
        }
        Event::Notice {
            run,
            message,
            at,
            send_at,
            purpose,
        } => decider.notice(*run, *message, (*at, *purpose), *send_at),
        Event::ManualWithdrawn { message } => decider.manual_withdrawn(*message),
        Event::TimerFired => decider.timer_fired(),
        Event::Assessed(assessed) => decider.assessed(assessed),
        Event::Claim { run, deadline } => decider.claim(*run, *deadline),
        Event::SendFinished { run, outcome } => decider.send_finished(*run, outcome),
        Event::ReceiptArrived { message, report } => decider.receipt_arrived(*message, report),
        Event::MovedAway { run, to } => decider.moved_away(*run, *to),
        Event::MovedHere { run, from, instead } => decider.moved_here(run, *from, *instead),
        Event::ThreadOwner { at, ours } => decider.thread_owner(*at, *ours),
        Event::ConnectionBack => decider.connection_back(),
        Event::Reachability { at, reachable } => decider.reachability(*at, *reachable),
        Event::Consent { at, opted_out } => decider.consent(*at, *opted_out),
        Event::ClassRefused { class } => decider.class_refused(*class),
        Event::VisitsChanged { plan } => decider.visits_changed(*plan),
        Event::RuleChanged { rule } => decider.rule_changed(*rule),
        Event::Read => decider.conversation.unread = 0,
        Event::Closed => decider.closed(),
        Event::Reopened => decider.reopened(),
    }
    decider.finish()
}
