//! A conversation: one customer on one connection. Its head is the only truth about what is
//! pending.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::channel::{Channel, ChannelUser};
use crate::consent::{Cause, Suppression};
use crate::customer::Customer;
use crate::ids::{ConnectionId, ConversationId, CustomerId, MessageId, RuleId, RunId, WorkspaceId};
use crate::message::{self, Afterthought, Category, Message};
use crate::receipt::{How, Reason, Rescue};
use crate::rule::Purpose;
use crate::window::Window;

/// The head of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    /// Derived from the connection and the channel user, so it is found without a look-up.
    pub id: ConversationId,
    /// Whose conversation.
    pub workspace: WorkspaceId,
    /// The account of the business.
    pub connection: ConnectionId,
    /// Its channel.
    pub channel: Channel,
    /// The customer's id on the channel.
    pub user: ChannelUser,
    /// Who that is.
    pub customer: CustomerId,
    /// Rises with every write; every write names the version it read.
    pub version: u64,
    /// When the first message came.
    pub created_at: DateTime<Utc>,
    /// Open, suspended or closed.
    pub state: State,
    /// Who has the thread, whatever the state.
    #[serde(default)]
    pub thread: Thread,
    /// When follow-ups were last let in again: staff opened it, the thread was given back, the
    /// customer lifted a block. A silence from before counts from here.
    #[serde(default)]
    pub reopened_at: Option<DateTime<Utc>>,
    /// Rises with whatever may change what is said here without being a message, or stops
    /// follow-ups: an edit, a reaction, a close, a block. A follow-up that left for another
    /// conversation is not sent past it.
    #[serde(default)]
    pub revision: u64,
    /// Rises each time the customer writes: one silence, one episode.
    pub episode: u32,
    /// Automated messages in this episode; one that was given to another conversation counts.
    pub episode_sent: u32,
    /// The customer's turn when a person last wrote here. If it has risen since, they wrote in
    /// another conversation of theirs.
    #[serde(default)]
    pub turn: u64,
    /// When the customer last wrote, by the platform's clock.
    pub last_customer_at: Option<DateTime<Utc>>,
    /// When a person of the business last wrote.
    pub last_business_at: Option<DateTime<Utc>>,
    /// When a rule last wrote.
    pub last_automated_at: Option<DateTime<Utc>>,
    /// When a send was last claimed: no later than it left.
    #[serde(default)]
    pub last_claimed_at: Option<DateTime<Utc>>,
    /// When the platform's free-form window closes; `None` before it ever opened.
    pub window_closes_at: Option<DateTime<Utc>>,
    /// The customer can be written to (has not blocked us).
    pub reachable: bool,
    /// When that was last told, by the platform's clock; a message of theirs tells it, too. What is
    /// older changes nothing.
    #[serde(default)]
    pub reach_told_at: Option<DateTime<Utc>>,
    /// Why nothing goes to this address any more, whoever has it (e-mail).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppressed: Option<Suppression>,
    /// When that was last lifted: what was reported before is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppression_lifted_at: Option<DateTime<Utc>>,
    /// Messages that nobody has read.
    pub unread: u32,
    /// Since when the customer waits for a person's answer.
    pub waiting_since: Option<DateTime<Utc>>,
    /// The last answer of a person through our API.
    #[serde(default)]
    pub answer: Option<Answer>,
    /// The categories of what has left here (MO-06).
    #[serde(default)]
    pub sent: BTreeSet<Category>,
    /// Who takes care of it.
    pub assignee: Option<String>,
    /// For people.
    pub labels: Vec<String>,
    /// The last message in one line.
    pub preview: Option<Preview>,
    /// What is pending.
    pub runs: Vec<Run>,
    /// Rules that apply in this silence but were outranked; when the first comes to nothing, the
    /// next one is planned.
    pub backlog: Vec<RuleId>,
    /// The send that is under way; one at a time.
    pub sending: Option<Sending>,
    /// Sends whose outcome is unknown and still awaited.
    pub unknown: Vec<UnknownSend>,
    /// When the rules are put to the decider.
    pub assess_at: Option<DateTime<Utc>>,
    /// When the rules were last put to the decider; an answer about rules that changed since is
    /// void.
    #[serde(default)]
    pub asked_at: Option<DateTime<Utc>>,
    /// When the armed timer will fire, at the latest.
    pub armed_for: Option<DateTime<Utc>>,
    /// Tells a re-armed timer from a doubled delivery.
    pub timer_generation: u64,
    /// The far timer, which stays armed behind a nearer one: however often a chat pauses, its
    /// follow-up only moves further away, and the far timer need not be touched.
    #[serde(default)]
    pub far_timer: Option<FarTimer>,
    /// What became of messages that have not arrived here yet.
    #[serde(default)]
    pub early: Vec<Afterthought>,
    /// This head stands for another conversation: the user's id on the platform changed.
    pub moved_to: Option<ConversationId>,
    /// What they went by before, oldest first: an answer in the platform's own app names that.
    #[serde(default)]
    pub earlier_users: Vec<ChannelUser>,
    /// The number that it began under was given to somebody else since, with whom this is the
    /// conversation. (A number that only leads somewhere is led elsewhere.)
    #[serde(default)]
    pub number_is_with: Option<ConversationId>,
    /// Where else this person was looked for: under other ids that the platform told of them.
    #[serde(default)]
    pub looked_for: Vec<ConversationId>,
}

/// Whether follow-ups may be planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// They may.
    Open,
    /// They may not until the customer writes again; after an opt-out not even then.
    Suspended {
        /// Why.
        reason: Reason,
        /// Since when.
        since: DateTime<Utc>,
    },
    /// Somebody closed it; it opens again when the customer writes.
    Closed {
        /// Since when.
        since: DateTime<Utc>,
    },
}

/// Who talks to the customer (Messenger, Instagram), as the platform last told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thread {
    /// Since when another application, or somebody in the platform's inbox, has it; `None`: we do.
    pub elsewhere_since: Option<DateTime<Utc>>,
    /// When that was last told, by the platform's clock. What is older changes nothing.
    pub told_at: Option<DateTime<Utc>>,
}

/// The last message in one line, for lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// The line.
    pub text: String,
    /// Whether the customer wrote it.
    pub from_customer: bool,
    /// When.
    pub at: DateTime<Utc>,
}

/// Something pending.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// The message it will become; fixed over all attempts.
    pub message: MessageId,
    /// What asked for it.
    pub source: Source,
    /// The episode it was planned in.
    pub episode: u32,
    /// The customer's turn it belongs to.
    #[serde(default)]
    pub turn: u64,
    /// The conversation it comes from, if that is another one.
    #[serde(default)]
    pub from: Option<Origin>,
    /// When it was planned.
    pub planned_at: DateTime<Utc>,
    /// When it is due.
    pub due_at: DateTime<Utc>,
    /// When the rule wanted it, before quiet hours and windows.
    pub wanted_at: DateTime<Utc>,
    /// What had to be changed to make it legal.
    pub rescue: Option<Rescue>,
    /// How often sending was tried.
    pub attempts: u32,
    /// When the attempt was claimed that this one repeats because nobody knows what became of it.
    /// It is the same message, and not another one before it.
    #[serde(default)]
    pub repeats: Option<DateTime<Utc>>,
    /// When the message stands in the history: part of its key. `None` before the first claim of
    /// a rule's message, which is not stored before.
    #[serde(default)]
    pub message_at: Option<DateTime<Utc>>,
    /// Since when it waits for a person's look and not for its time ([`OnReply::Hold`]).
    #[serde(default)]
    pub set_aside_at: Option<DateTime<Utc>>,
    /// The visit it reminds after; `None`: it reminds of none. Silences and replies do not concern a
    /// reminder, and it does not concern them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visit: Option<NaiveDate>,
}

/// Where a run was given up for another conversation of the customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// That conversation.
    pub conversation: ConversationId,
    /// Its silence then.
    #[serde(default)]
    pub episode: u32,
    /// When a person had last written there.
    #[serde(default)]
    pub last_interaction_at: Option<DateTime<Utc>>,
    /// Its revision then.
    #[serde(default)]
    pub revision: u64,
}

impl Origin {
    /// This conversation as it is.
    #[must_use]
    pub fn of(head: &Conversation) -> Self {
        Self {
            conversation: head.id,
            episode: head.episode,
            last_interaction_at: head.last_interaction_at(),
            revision: head.revision,
        }
    }

    /// Whether the follow-up is still wanted there: nobody has written since or is about to, nobody
    /// has changed what they had written, and nothing has stopped it, be it for a moment. Who read
    /// or labelled the conversation changes nothing.
    #[must_use]
    pub fn still_waits(&self, head: &Conversation, now: DateTime<Utc>) -> bool {
        *self == Self::of(head)
            && head.state == State::Open
            && head.thread.elsewhere_since.is_none()
            && head.reachable
            && head.moved_to.is_none()
            && !head.person_is_writing(now)
    }
}

/// What asked for a send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "snake_case")]
pub enum Source {
    /// A rule.
    Rule {
        /// Which one.
        rule: RuleId,
        /// In which version.
        version: u64,
        /// Which of its steps, from 0.
        step: u32,
    },
    /// A person, through the API. The message is stored already.
    Manual {
        /// When the message was written: part of its key.
        at: DateTime<Utc>,
        /// What a reply of the customer does to it while it waits.
        #[serde(default)]
        on_reply: OnReply,
    },
    /// The business, to this customer or to many, where nobody wrote it to them alone: a confirmation, a
    /// receipt, a broadcast. The message is stored already. Preferences of its class hold, and a
    /// reply changes nothing.
    Notice {
        /// When the message was stored: part of its key.
        at: DateTime<Utc>,
        /// What it is for.
        purpose: Purpose,
    },
}

/// What becomes of a person's message that waits for its time when the customer writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnReply {
    /// It is not sent: what it says may be answered already.
    Cancel,
    /// It is set aside until a person has looked at it again.
    #[default]
    Hold,
    /// It goes out all the same.
    Keep,
}

impl Source {
    /// When the message stands in the history, if it is stored already.
    #[must_use]
    pub fn stored_at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Rule { .. } => None,
            Self::Manual { at, .. } | Self::Notice { at, .. } => Some(*at),
        }
    }
}

impl Run {
    /// Whether a reply of the customer takes it back.
    #[must_use]
    pub fn ends_with_reply(&self) -> bool {
        match self.source {
            Source::Rule { .. } => self.visit.is_none(),
            Source::Manual { on_reply, .. } => on_reply == OnReply::Cancel,
            Source::Notice { .. } => false,
        }
    }

    /// Whether a reply of the customer sets it aside. What has been tried is on its way.
    #[must_use]
    pub fn is_held_by_reply(&self) -> bool {
        let holds = |on_reply| on_reply == OnReply::Hold && self.attempts == 0;
        matches!(self.source, Source::Manual { on_reply, .. } if holds(on_reply))
    }

    /// Whether a rule asked for it because of a silence.
    #[must_use]
    pub fn is_follow_up(&self) -> bool {
        self.rule().is_some() && self.visit.is_none()
    }

    /// The rule, if one asked for it.
    #[must_use]
    pub fn rule(&self) -> Option<RuleId> {
        match self.source {
            Source::Rule { rule, .. } => Some(rule),
            Source::Manual { .. } | Source::Notice { .. } => None,
        }
    }

    /// Where it stands in the sent log. A message to many was written by somebody.
    #[must_use]
    pub fn category(&self) -> Category {
        match self.source {
            Source::Rule { .. } => Category::Sequence,
            Source::Notice {
                purpose: Purpose::Transactional,
                ..
            } => Category::Transactional,
            Source::Manual { .. } | Source::Notice { .. } => Category::Manual,
        }
    }

    /// Whether somebody wrote it to this customer.
    #[must_use]
    pub fn is_persons(&self) -> bool {
        matches!(self.source, Source::Manual { .. })
    }
}

/// A send that was claimed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sending {
    /// What is sent.
    pub run: Run,
    /// When the message stands in the history: part of its key.
    pub message_at: DateTime<Utc>,
    /// The number of this attempt, from 1.
    pub attempt: u32,
    /// When it was claimed.
    pub claimed_at: DateTime<Utc>,
    /// Past this nobody is working on it any more.
    pub deadline: DateTime<Utc>,
    /// When a send was last claimed before: what the pace counts from if this one never leaves.
    #[serde(default)]
    pub claimed_before: Option<DateTime<Utc>>,
    /// As what it goes out; what was allowed when it was claimed.
    pub how: How,
    /// Something closed the door after the claim: what is under way cannot be called back, but
    /// it is not tried again.
    #[serde(default)]
    pub cancelled: Option<Reason>,
}

/// A send that the platform may or may not have accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnknownSend {
    /// What was sent.
    pub run: Run,
    /// When the message stands in the history: part of its key.
    pub message_at: DateTime<Utc>,
    /// The number of the attempt.
    pub attempt: u32,
    /// When it was claimed: no later than it left.
    pub claimed_at: DateTime<Utc>,
    /// Until when the platform's own receipt is awaited.
    pub wait_until: DateTime<Utc>,
    /// Something closed the door since: it is not sent again, whatever the rule says.
    #[serde(default)]
    pub cancelled: Option<Reason>,
}

/// A timer beyond the reach of a queue delay; a conversation has at most one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FarTimer {
    /// When it will fire.
    pub at: DateTime<Utc>,
    /// What it will name.
    pub generation: u64,
}

/// An answer of a person that the platform accepted, with what it changed, in case the platform
/// reports later that it failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The message.
    pub message: MessageId,
    /// When it left.
    pub at: DateTime<Utc>,
    /// When a person of ours had written before.
    pub business_before: Option<DateTime<Utc>>,
    /// Since when the customer had waited.
    pub waited_since: Option<DateTime<Utc>>,
}

impl Conversation {
    /// The conversation of this user on this connection.
    #[must_use]
    pub fn id_for(connection: ConnectionId, user: &ChannelUser) -> ConversationId {
        ConversationId::derive(&[&connection.to_string(), user.reveal()])
    }

    /// The same where several customers share one address: one for each of them.
    #[must_use]
    pub fn id_for_customer(
        connection: ConnectionId,
        user: &ChannelUser,
        customer: CustomerId,
    ) -> ConversationId {
        let (connection, customer) = (connection.to_string(), customer.to_string());
        ConversationId::derive(&[&connection, user.reveal(), &customer])
    }

    /// A conversation that has just begun.
    #[must_use]
    pub fn new(
        workspace: WorkspaceId,
        connection: ConnectionId,
        channel: Channel,
        user: ChannelUser,
        customer: CustomerId,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            id: Self::id_for(connection, &user),
            workspace,
            connection,
            channel,
            user,
            customer,
            version: 0,
            created_at: now,
            state: State::Open,
            thread: Thread::default(),
            reopened_at: None,
            revision: 0,
            episode: 0,
            episode_sent: 0,
            turn: 0,
            last_customer_at: None,
            last_business_at: None,
            last_automated_at: None,
            last_claimed_at: None,
            window_closes_at: None,
            reachable: true,
            reach_told_at: None,
            suppressed: None,
            suppression_lifted_at: None,
            unread: 0,
            waiting_since: None,
            answer: None,
            sent: BTreeSet::new(),
            assignee: None,
            labels: Vec::new(),
            preview: None,
            runs: Vec::new(),
            backlog: Vec::new(),
            sending: None,
            unknown: Vec::new(),
            assess_at: None,
            asked_at: None,
            armed_for: None,
            timer_generation: 0,
            far_timer: None,
            early: Vec::new(),
            moved_to: None,
            earlier_users: Vec::new(),
            number_is_with: None,
            looked_for: Vec::new(),
        }
    }

    /// The head that stands for this one under another id of the user's, of which the platform told
    /// then.
    #[must_use]
    pub fn pointer(&self, user: ChannelUser, told_at: DateTime<Utc>) -> Self {
        let (ws, connection, channel) = (self.workspace, self.connection, self.channel);
        Self {
            version: 1,
            moved_to: Some(self.id),
            ..Self::new(ws, connection, channel, user, self.customer, told_at)
        }
    }

    /// It belongs to another customer now, who last wrote in another conversation at `elsewhere`.
    /// What was up to date with the one is with the other, unless they have written since.
    pub fn change_customer(
        &mut self,
        from: &Customer,
        to: &Customer,
        elsewhere: Option<DateTime<Utc>>,
    ) {
        self.customer = to.id;
        let carry = |turn: &mut u64| *turn = if *turn == from.turn { to.turn } else { PAST };
        carry(&mut self.turn);
        self.all_runs().for_each(|run| carry(&mut run.turn));
        if let Some(elsewhere) = elsewhere {
            self.overtaken(elsewhere);
        }
    }

    /// It turns out that the customer wrote in another conversation then. What was planned before
    /// is no follow-up any more, and a silence that began before is none of theirs.
    pub fn overtaken(&mut self, elsewhere: DateTime<Utc>) {
        if self.last_interaction_at() < Some(elsewhere) {
            self.turn = PAST;
        }
        let before = self.all_runs().filter(|run| run.planned_at < elsewhere);
        before.for_each(|run| run.turn = PAST);
    }

    /// All that is pending or under way.
    fn all_runs(&mut self) -> impl Iterator<Item = &mut Run> {
        let sending = self.sending.iter_mut().map(|sending| &mut sending.run);
        let unknown = self.unknown.iter_mut().map(|unknown| &mut unknown.run);
        self.runs.iter_mut().chain(sending).chain(unknown)
    }

    /// Keeps what was done to a message that has not arrived. Of many the newest few are kept: what
    /// is done to a message that will never arrive must not stay for ever. `false`: this, or what
    /// replaces it, is known.
    pub fn keep_early(&mut self, early: Afterthought) -> bool {
        const MOST: usize = 5;
        if self.early.iter().any(|known| known.replaces(&early)) {
            return false;
        }
        self.early.retain(|known| !early.replaces(known));
        self.early.push(early);
        let excess = self.early.len().saturating_sub(MOST);
        self.early.drain(..excess);
        true
    }

    /// Every id of the person's that is known here; none that is somebody else's by now.
    pub fn users(&self) -> impl Iterator<Item = &ChannelUser> {
        let given_away = |user: &&ChannelUser| {
            self.number_is_with.is_some() && Self::id_for(self.connection, user) == self.id
        };
        let earlier = self.earlier_users.iter();
        earlier
            .filter(move |user| !given_away(user))
            .chain([&self.user])
    }

    /// The person goes by this id from now on.
    pub fn goes_by(&mut self, user: ChannelUser) {
        const MOST: usize = 8;
        if self.user != user {
            self.earlier_users.retain(|known| *known != user);
            let before = std::mem::replace(&mut self.user, user);
            self.earlier_users.push(before);
            let excess = self.earlier_users.len().saturating_sub(MOST);
            self.earlier_users.drain(..excess);
        }
    }

    /// Notes that this person was looked for there. Of many the newest few are kept: a person has
    /// two or three ids, and looking again is only a read.
    pub fn was_looked_for(&mut self, there: ConversationId) {
        const MOST: usize = 8;
        if !self.looked_for.contains(&there) {
            self.looked_for.push(there);
            let excess = self.looked_for.len().saturating_sub(MOST);
            self.looked_for.drain(..excess);
        }
    }

    /// One more label for people, unless it has it.
    pub fn label(&mut self, label: &str) {
        if !self.labels.iter().any(|known| known == label) {
            self.labels.push(label.to_owned());
        }
    }

    /// The parts of a message that arrives, with what was done to it before. That is used up by it.
    #[must_use]
    pub fn take_early(&mut self, mut parts: Vec<Message>) -> Vec<Message> {
        let Some(id) = parts.first().and_then(|first| first.provider_id.clone()) else {
            return parts;
        };
        for early in self.early.extract_if(.., |early| early.target == id) {
            parts = message::change_parts(parts, &early.change);
        }
        parts
    }

    /// The platform's free-form window.
    #[must_use]
    pub fn window(&self) -> Window {
        Window::of(self.channel, self.window_closes_at)
    }

    /// When the platform takes the next message to this customer, as far as its pace goes.
    #[must_use]
    pub fn paced_until(&self) -> Option<DateTime<Utc>> {
        self.last_claimed_at.map(|at| at + self.channel.pace())
    }

    /// When a person, on either side, last wrote.
    #[must_use]
    pub fn last_interaction_at(&self) -> Option<DateTime<Utc>> {
        self.last_customer_at.max(self.last_business_at)
    }

    /// What the delay of a rule counts from: the last word of a person or, if that is later, the
    /// moment from which the silence may be followed up at all. Otherwise what was held back by an
    /// opt-out, a block or a closed conversation would leave the moment that this is undone.
    #[must_use]
    pub fn anchor(&self, opted_in_at: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
        let last = self.last_interaction_at()?;
        Some(last.max(self.reopened_at.max(opted_in_at).unwrap_or(last)))
    }

    /// When anybody last wrote.
    #[must_use]
    pub fn last_message_at(&self) -> DateTime<Utc> {
        self.last_interaction_at()
            .max(self.last_automated_at)
            .unwrap_or(self.created_at)
    }

    /// Heads from before there was a `thread` say it by their state.
    pub(crate) fn read_thread_from_state(&mut self) {
        if let State::Suspended {
            reason: Reason::ThreadElsewhere,
            since,
        } = self.state
        {
            self.state = State::Open;
            self.thread = Thread {
                elsewhere_since: Some(since),
                told_at: Some(since),
            };
        }
    }

    /// Whether the last word of a person was ours.
    #[must_use]
    pub fn business_spoke_last(&self) -> bool {
        self.last_business_at.is_some() && self.last_business_at >= self.last_customer_at
    }

    /// What waits for its time, and not for a person's look.
    fn waiting_runs(&self) -> impl Iterator<Item = &Run> {
        let runs = self.runs.iter();
        runs.filter(|run| run.set_aside_at.is_none())
    }

    /// Whether a message of a person is on its way or will be within a day. One that is
    /// scheduled for next week does not keep follow-ups from going out today.
    #[must_use]
    pub fn person_is_writing(&self, now: DateTime<Utc>) -> bool {
        let soon = now + TimeDelta::days(1);
        let runs = self.waiting_runs().filter(|run| run.due_at <= soon);
        let sending = self.sending.iter().map(|sending| &sending.run);
        runs.chain(sending).any(Run::is_persons)
    }

    /// Whether it is suspended because the customer wants no messages.
    #[must_use]
    pub fn is_opted_out(&self) -> bool {
        matches!(
            self.state,
            State::Suspended {
                reason: Reason::OptedOut { .. } | Reason::SmsStopped { .. },
                ..
            }
        )
    }

    /// Nothing goes to this address any more. Whether that is news: a report comes again, late, or
    /// after it was lifted; the graver cause takes the place of the other.
    pub fn suppress(&mut self, found: Suppression) -> bool {
        let is_over = self.suppression_lifted_at >= Some(found.since);
        let stands = self
            .suppressed
            .is_some_and(|known| known.cause == found.cause || known.cause == Cause::Complaint);
        if is_over || stands {
            return false;
        }
        self.suppressed = Some(found);
        true
    }

    /// When somebody must look at this conversation again.
    #[must_use]
    pub fn due_at(&self) -> Option<DateTime<Utc>> {
        let runs = self.waiting_runs().map(|run| run.due_at);
        let sending = self.sending.iter().map(|sending| sending.deadline);
        let unknown = self.unknown.iter().map(|unknown| unknown.wait_until);
        // While a send is under way nothing else can start, so only its deadline counts.
        match &self.sending {
            Some(_) => sending.min(),
            None => runs.chain(unknown).chain(self.assess_at).min(),
        }
    }

    /// Whether nobody has ever written here: it began for a reminder that waits.
    #[must_use]
    pub fn is_only_for_reminders(&self) -> bool {
        let nobody_wrote = self.last_interaction_at().is_none() && self.last_claimed_at.is_none();
        nobody_wrote && !self.runs.is_empty() && self.runs.iter().all(|run| run.visit.is_some())
    }

    /// Whether nothing is pending although nobody has judged this silence.
    #[must_use]
    pub fn is_unplanned(&self) -> bool {
        self.due_at().is_none() && self.asked_at < self.last_interaction_at()
    }

    /// Whatever was armed is gone: the next write arms a timer again.
    pub fn forget_timers(&mut self) {
        self.armed_for = None;
        self.far_timer = None;
    }

    /// When a timer is to fire for which none is armed yet. Later due times need no new timer: it
    /// fires early, finds nothing due and is armed again (lazy re-arming). One that should have
    /// fired by now does not count: it has, or it is lost. A send under way needs none: its end
    /// is an event, and whoever dies in between is found by the sweep.
    #[must_use]
    pub fn needs_timer(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if self.sending.is_some() {
            return None;
        }
        let due = self.due_at()?;
        let in_time = self.timers().any(|at| at > now && at <= due);
        (!in_time).then_some(due)
    }

    /// When the next of the armed timers fires.
    #[must_use]
    pub fn next_timer(&self) -> Option<DateTime<Utc>> {
        self.timers().min()
    }

    fn timers(&self) -> impl Iterator<Item = DateTime<Utc>> {
        let far = self.far_timer.map(|timer| timer.at);
        self.armed_for.into_iter().chain(far)
    }

    /// Notes a timer that will be armed. A far one takes the place of the last far one, a near
    /// one stands beside it. The generation it is to name.
    pub fn arm(&mut self, at: DateTime<Utc>, far: bool) -> u64 {
        self.timer_generation += 1;
        let generation = self.timer_generation;
        self.armed_for = Some(at);
        if far {
            self.far_timer = Some(FarTimer { at, generation });
        }
        generation
    }

    /// Whether a timer of this generation is one of those that are armed.
    #[must_use]
    pub fn has_armed(&self, generation: u64) -> bool {
        let far = self.far_timer.map(|timer| timer.generation);
        generation == self.timer_generation || Some(generation) == far
    }

    /// A timer fired: the near one, and the far one if its time has come. Clocks differ, so a
    /// moment earlier is its time as well.
    pub fn timer_fired(&mut self, now: DateTime<Utc>) {
        self.armed_for = None;
        self.far_timer = self.far_timer.filter(|far| far.at > now + CLOCKS_DIFFER);
    }
}

/// The label of a conversation in which the customer may have asked for no more messages.
pub const OPT_OUT_LABEL: &str = "opt-out?";

/// A turn that never comes back: what belongs to it is past for good.
const PAST: u64 = u64::MAX;

/// How far the clock of a timer service may be ahead of ours.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::minutes(1);
/// How long after its due time a follow-up is still worth sending.
pub const LATEST_AFTER_DUE: TimeDelta = TimeDelta::days(2);
