//! `decide`: from what is known and what happened to what is to be done, with reasons.
//!
//! The heart of Nachfass. A pure function over values: the Lambda, the local runner, the
//! preview, the tests and the simulator call this one and nothing else.
//!
//! | event | what happens to the conversation |
//! |---|---|
//! | customer wrote | new episode, window opens, follow-ups cancelled, rules to be assessed later |
//! | a person of ours wrote | anchor moves, follow-ups cancelled, rules to be assessed later |
//! | timer fired | what is due: assess, send, give up waiting; nothing due: armed again |
//! | assessed | follow-up planned, outranked, suspended by a stop trigger, or nothing |
//! | send claimed / finished | the send protocol, one send at a time |
//! | rule changed | its pending follow-ups cancelled, rules assessed again |

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::connection::Connection;
use crate::conversation::{
    Conversation, LATEST_AFTER_DUE, Preview, Run, Sending, Source, State, UnknownSend,
};
use crate::customer::Customer;
use crate::ids::{MessageId, RuleId, RunId};
use crate::plan::{self, Circumstances, Planned};
use crate::receipt::{Entry, Gate, GateName, How, Reason, Rescue, Verdict};
use crate::rule::{OnUnknown, Rule};
use crate::settings::Settings;
use crate::template::Template;
use crate::window::Window;

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
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The customer wrote.
    CustomerWrote(CustomerWrote),
    /// The customer did something that opens the window without saying anything (a reaction).
    CustomerActed {
        /// When.
        at: DateTime<Utc>,
    },
    /// A person of the business wrote, outside our API (an echo).
    BusinessWrote {
        /// When.
        at: DateTime<Utc>,
        /// The message in one line.
        preview: String,
    },
    /// A person of the business wants to write, through our API.
    ManualMessage {
        /// The run to add.
        run: RunId,
        /// The stored message.
        message: MessageId,
        /// When it was written.
        at: DateTime<Utc>,
        /// When it is to go out.
        send_at: DateTime<Utc>,
    },
    /// A timer fired, on time, early, late or twice.
    TimerFired,
    /// The decider answered what [`Effect::Assess`] asked.
    Assessed(Assessed),
    /// The caller wants to start the send that [`Effect::Send`] named.
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
    /// The platform itself reports on a message whose outcome was unknown.
    ReceiptArrived {
        /// Which message.
        message: MessageId,
        /// Whether it was delivered or failed.
        delivered: bool,
    },
    /// The customer blocked us or let us in again.
    Reachability {
        /// Whether they can be written to.
        reachable: bool,
    },
    /// The customer told us or the platform that they want no messages, or want them again.
    Consent {
        /// Opted out (`true`) or in again.
        opted_out: bool,
    },
    /// A rule was created, changed, switched or deleted.
    RuleChanged {
        /// Which one.
        rule: RuleId,
    },
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
    /// Plan the rule in the customer's other conversation instead.
    MoveTo {
        /// The run that is given up here.
        run: Run,
        /// Where to.
        to: crate::ids::ConversationId,
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
        as_status: crate::message::Status,
    },
    /// Suppress the customer's chat messages, or lift that.
    SetOptOut {
        /// Opted out or in again.
        opted_out: bool,
    },
    /// A person should look: an unknown or failed send.
    NotifyStaff {
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
    let mut decider = Decider {
        known: *snapshot,
        conversation: snapshot.conversation.clone(),
        effects: Vec::new(),
        entries: Vec::new(),
        now,
    };
    match event {
        Event::CustomerWrote(message) => decider.customer_wrote(message),
        Event::CustomerActed { at } => decider.open_window(*at),
        Event::BusinessWrote { at, preview } => decider.business_wrote(*at, Some(preview)),
        Event::ManualMessage {
            run,
            message,
            at,
            send_at,
        } => decider.manual_message(*run, *message, *at, *send_at),
        Event::TimerFired => decider.timer_fired(),
        Event::Assessed(assessed) => decider.assessed(assessed),
        Event::Claim { run, deadline } => decider.claim(*run, *deadline),
        Event::SendFinished { run, outcome } => decider.send_finished(*run, outcome),
        Event::ReceiptArrived { message, delivered } => {
            decider.receipt_arrived(*message, *delivered)
        }
        Event::Reachability { reachable } => decider.reachability(*reachable),
        Event::Consent { opted_out } => decider.consent(*opted_out),
        Event::RuleChanged { rule } => decider.rule_changed(*rule),
        Event::Read => decider.conversation.unread = 0,
        Event::Closed => decider.closed(),
        Event::Reopened => decider.conversation.state = State::Open,
    }
    decider.finish()
}

/// The gates that stand before a send, looked at with fresh state. The same predicate serves
/// planning, sending, the pending view and the preview (NX-24).
#[must_use]
pub fn gates(known: &Snapshot<'_>, run: &Run, now: DateTime<Utc>) -> (Vec<Gate>, Option<Reason>) {
    let conversation = known.conversation;
    let zone = known.settings.zone;
    let mut gates = Vec::new();
    let mut refusal = None;
    let mut look = |gate: GateName, input: String, reason: Option<Reason>| {
        gates.push(Gate::new(gate, reason.is_none(), input));
        if refusal.is_none() {
            refusal = reason;
        }
    };

    look(
        GateName::Conversation,
        format!("{:?}", StateName(&conversation.state)),
        match &conversation.state {
            State::Open => None,
            // A person may always write into a suspended or closed conversation.
            _ if run.rule().is_none() => None,
            State::Suspended { .. } => Some(Reason::ConversationSuspended),
            State::Closed { .. } => Some(Reason::ConversationClosed),
        },
    );
    look(
        GateName::Reachable,
        if conversation.reachable {
            "not blocked".into()
        } else {
            "the customer blocked us".into()
        },
        (!conversation.reachable).then_some(Reason::Unreachable),
    );
    look(
        GateName::Connection,
        format!("{:?}", known.connection.state),
        (!known.connection.is_active()).then_some(Reason::ConnectionInactive),
    );

    let Source::Rule { rule, version, .. } = &run.source else {
        return (gates, refusal);
    };
    let rule = known.rules.iter().find(|known| known.id == *rule);
    look(
        GateName::Rule,
        rule_input(rule, *version),
        match rule {
            None => Some(Reason::RuleDeleted),
            Some(rule) if !rule.enabled => Some(Reason::RuleDisabled),
            Some(rule) if rule.version != *version => Some(Reason::RuleChanged),
            Some(_) => None,
        },
    );
    let Some(rule) = rule else {
        return (gates, refusal);
    };
    look(
        GateName::Channel,
        conversation.channel.to_string(),
        (!rule.spec.reaches(conversation.channel)).then_some(Reason::ChannelNotReached {
            channel: conversation.channel,
        }),
    );
    look(
        GateName::Reply,
        format!(
            "planned in episode {}, now {}",
            run.episode, conversation.episode
        ),
        (run.episode != conversation.episode).then_some(Reason::CustomerReplied),
    );
    look(
        GateName::Episode,
        format!("{} automated in this silence", conversation.episode_sent),
        (conversation.episode_sent > 0).then_some(Reason::EpisodeDone),
    );
    look(
        GateName::Consent,
        match known.customer.chat.refused_since(rule.spec.purpose) {
            None => format!("{:?} allowed", rule.spec.purpose).to_lowercase(),
            Some(since) => format!("refused since {}", zone.show(since)),
        },
        match (
            known.customer.chat.opted_out_at,
            known.customer.chat.refused_since(rule.spec.purpose),
        ) {
            (Some(since), _) => Some(Reason::OptedOut { since }),
            (None, Some(since)) => Some(Reason::MarketingRefused { since }),
            (None, None) => None,
        },
    );
    let limit = known.settings.daily_send_limit;
    look(
        GateName::DailyLimit,
        format!("{} of {limit} today", known.sent_today),
        (known.sent_today >= limit).then_some(Reason::DailyLimit { limit }),
    );
    look(
        GateName::Reply,
        format!("due {}, now {}", zone.show(run.due_at), zone.show(now)),
        (now > run.due_at + LATEST_AFTER_DUE).then_some(Reason::Expired),
    );
    (gates, refusal)
}

struct Decider<'a> {
    known: Snapshot<'a>,
    conversation: Conversation,
    effects: Vec<Effect>,
    entries: Vec<Entry>,
    now: DateTime<Utc>,
}

// Messages.
impl Decider<'_> {
    fn customer_wrote(&mut self, message: &CustomerWrote) {
        let head = &mut self.conversation;
        let newest = head.last_customer_at.is_none_or(|last| message.at >= last);
        head.episode += 1;
        head.episode_sent = 0;
        head.backlog.clear();
        head.unread = head.unread.saturating_add(1);
        head.reachable = true;
        if newest {
            head.last_customer_at = Some(message.at);
            head.preview = Some(Preview {
                text: message.preview.clone(),
                from_customer: true,
                at: message.at,
            });
        }
        if message.opens_window {
            self.open_window(message.at);
        }
        self.reopen_on_reply();
        self.cancel_rule_runs(&Reason::CustomerReplied);

        let head = &mut self.conversation;
        if message.automatic {
            self.entries.push(Entry::new(Verdict::Nothing {
                reason: Reason::AutomaticMessage,
            }));
        } else if !head.business_spoke_last() {
            head.waiting_since = head.waiting_since.or(Some(message.at));
        }
        if message.opt_out {
            self.consent(true);
            return;
        }
        self.schedule_assessment();
    }

    fn business_wrote(&mut self, at: DateTime<Utc>, preview: Option<&str>) {
        let head = &mut self.conversation;
        head.last_business_at = head.last_business_at.max(Some(at));
        if head.business_spoke_last() {
            head.waiting_since = None;
            head.unread = 0;
        }
        if let Some(text) = preview {
            head.preview = Some(Preview {
                text: text.to_owned(),
                from_customer: false,
                at,
            });
        }
        head.backlog.clear();
        self.cancel_rule_runs(&Reason::BusinessAnswered);
        self.schedule_assessment();
    }

    fn manual_message(
        &mut self,
        run: RunId,
        message: MessageId,
        at: DateTime<Utc>,
        send_at: DateTime<Utc>,
    ) {
        self.cancel_rule_runs(&Reason::BusinessIsWriting);
        self.conversation.assess_at = None;
        self.conversation.runs.push(Run {
            id: run,
            message,
            source: Source::Manual { at },
            episode: self.conversation.episode,
            planned_at: self.now,
            due_at: send_at,
            wanted_at: send_at,
            rescue: None,
            attempts: 0,
        });
    }

    fn open_window(&mut self, at: DateTime<Utc>) {
        let closes = Window::opened(self.conversation.channel, at);
        self.conversation.window_closes_at = self.conversation.window_closes_at.max(closes);
    }

    /// A stop trigger and a closed conversation last until the customer writes; an opt-out lasts.
    fn reopen_on_reply(&mut self) {
        if self.known.customer.chat.opted_out_at.is_none() {
            self.conversation.state = State::Open;
        }
    }
}

// Planning.
impl Decider<'_> {
    /// Sets the time at which the rules are put to the decider, or says why it never comes.
    fn schedule_assessment(&mut self) {
        self.conversation.assess_at = None;
        let verdict = match self.assessment_time() {
            Ok(at) => {
                self.conversation.assess_at = Some(at);
                Verdict::WillAssess { at }
            }
            Err(reason) => Verdict::Nothing { reason },
        };
        self.entries.push(Entry::new(verdict));
    }

    fn assessment_time(&self) -> Result<DateTime<Utc>, Reason> {
        let head = &self.conversation;
        match &head.state {
            State::Open => {}
            State::Suspended { .. } => return Err(Reason::ConversationSuspended),
            State::Closed { .. } => return Err(Reason::ConversationClosed),
        }
        let rules = self.rules_in_force();
        if rules.is_empty() {
            return Err(Reason::NoRules);
        }
        if head.last_customer_at.is_none()
            || (head.last_business_at.is_none() && !rules.iter().any(|r| r.spec.any_silence()))
        {
            return Err(Reason::NoAnswerYet);
        }
        if head.episode_sent > 0 {
            return Err(Reason::EpisodeDone);
        }
        let shortest = rules
            .iter()
            .filter_map(|rule| rule.spec.first_step().after.fixed())
            .min();
        let wait = self.known.settings.assess_delay();
        // A rule with a short delay is assessed half a minute before it is due, at the latest.
        let wait = shortest.map_or(wait, |delay| wait.min(delay - TimeDelta::seconds(30)));
        let anchor = head.last_interaction_at().unwrap_or(self.now);
        Ok((anchor + wait.max(TimeDelta::zero())).max(self.now))
    }

    fn rules_in_force(&self) -> Vec<&Rule> {
        let channel = self.conversation.channel;
        self.known
            .rules
            .iter()
            .filter(|rule| rule.enabled && rule.spec.reaches(channel))
            .collect()
    }

    fn assess(&mut self) {
        // Cleared only by the answer, so that a crash in between asks again.
        let Some(anchor) = self.conversation.last_interaction_at() else {
            return;
        };
        let rules: Vec<_> = self
            .rules_in_force()
            .iter()
            .map(|rule| {
                let chosen_by_decider = rule.spec.first_step().after.fixed().is_none();
                let interval = chosen_by_decider
                    .then(|| plan::legal_interval(&rule.spec, anchor, self.circumstances(&[])))
                    .flatten();
                (rule.id, interval)
            })
            .collect();
        if rules.is_empty() {
            self.conversation.assess_at = None;
            self.entries.push(Entry::new(Verdict::Nothing {
                reason: Reason::NoRules,
            }));
        } else {
            self.effects.push(Effect::Assess { rules });
        }
    }

    fn assessed(&mut self, answer: &Assessed) {
        let head = &self.conversation;
        if answer.episode != head.episode
            || Some(answer.anchor) != head.last_interaction_at()
            || head.state != State::Open
        {
            // The world moved on while the decider was thinking; a newer assessment is due.
            return;
        }
        self.conversation.assess_at = None;
        self.conversation.backlog.clear();
        if answer.opt_out {
            self.consent(true);
            return;
        }
        if let Some(stopped) = answer.rules.iter().find(|judgement| judgement.stop) {
            self.stop(stopped);
            return;
        }

        let mut candidates = Vec::new();
        for judgement in &answer.rules {
            let Some(rule) = self
                .known
                .rules
                .iter()
                .find(|rule| rule.id == judgement.rule && rule.enabled)
            else {
                continue;
            };
            match self.candidate(rule, judgement, answer) {
                Ok(()) => candidates.push((rule, judgement)),
                Err((reason, gates)) => self.entries.push(
                    Entry::new(Verdict::Nothing { reason })
                        .rule(rule.id)
                        .gates(gates)
                        .remark(&judgement.reason),
                ),
            }
        }
        // Highest priority first, then the older rule (DK-24).
        candidates.sort_by_key(|(rule, _)| {
            (
                std::cmp::Reverse(rule.spec.priority),
                rule.created_at,
                rule.id,
            )
        });
        self.plan_first(&candidates, answer);
    }

    /// Whether a rule competes at all.
    fn candidate(
        &self,
        rule: &Rule,
        judgement: &Judgement,
        answer: &Assessed,
    ) -> Result<(), (Reason, Vec<Gate>)> {
        let head = &self.conversation;
        let any = rule.spec.any_silence();
        let answered = any || (head.last_business_at.is_some() && !answer.customer_waits);
        let input = match (head.last_business_at, answer.customer_waits) {
            (None, _) => "we never answered",
            (Some(_), true) => "the customer waits for us",
            (Some(_), false) => "we wrote, and the customer owes the next word",
        };
        let gates = vec![
            Gate::new(GateName::Answered, answered, input),
            Gate::new(GateName::Stop, !judgement.stop, rule.spec.stop.clone()),
            Gate::new(
                GateName::Applies,
                judgement.applies,
                rule.spec.description(),
            ),
        ];
        if !answered {
            let reason = if head.last_business_at.is_none() {
                Reason::NoAnswerYet
            } else {
                Reason::CustomerWaits
            };
            return Err((reason, gates));
        }
        if !judgement.applies {
            return Err((Reason::DoesNotApply, gates));
        }
        Ok(())
    }

    fn plan_first(&mut self, candidates: &[(&Rule, &Judgement)], answer: &Assessed) {
        let mut winner: Option<RuleId> = None;
        for (rule, judgement) in candidates {
            if let Some(by) = winner {
                self.conversation.backlog.push(rule.id);
                let gate = Gate::new(
                    GateName::Priority,
                    false,
                    format!("priority {}", rule.spec.priority),
                );
                self.entries.push(
                    Entry::new(Verdict::Nothing {
                        reason: Reason::Outranked { by },
                    })
                    .rule(rule.id)
                    .gates(vec![gate])
                    .remark(&judgement.reason),
                );
                continue;
            }
            let wanted =
                plan::wanted_at(rule.spec.first_step().after, answer.anchor, judgement.time);
            if self.plan_rule(rule, wanted, answer.new_run, &judgement.reason) {
                winner = Some(rule.id);
            }
        }
    }

    fn plan_rule(
        &mut self,
        rule: &Rule,
        wanted: DateTime<Utc>,
        ids: (RunId, MessageId),
        remark: &str,
    ) -> bool {
        let others = self.others();
        let Planned { slot, mut gates } =
            plan::slot(&rule.spec, wanted, self.circumstances(&others));
        let mut run = Run {
            id: ids.0,
            message: ids.1,
            source: Source::Rule {
                rule: rule.id,
                version: rule.version,
                step: 0,
            },
            episode: self.conversation.episode,
            planned_at: self.now,
            due_at: wanted.max(self.now),
            wanted_at: wanted,
            rescue: None,
            attempts: 0,
        };
        let (mut all, refusal) = gates_of(self, &run);
        all.append(&mut gates);
        let entry = |verdict| {
            Entry::new(verdict)
                .rule(rule.id)
                .gates(all.clone())
                .remark(remark)
        };
        match (refusal, slot) {
            (Some(reason), _) | (None, Err(reason)) => {
                self.entries.push(entry(Verdict::Skipped { reason }));
                false
            }
            (None, Ok(slot)) => {
                run.due_at = slot.due_at;
                run.rescue.clone_from(&slot.rescue);
                let verdict = Verdict::Planned {
                    due_at: slot.due_at,
                    how: slot.how,
                    rescue: slot.rescue,
                };
                self.entries.push(entry(verdict).run(run.id));
                self.conversation.runs.push(run);
                true
            }
        }
    }

    fn stop(&mut self, judgement: &Judgement) {
        let reason = Reason::StopTriggerMet {
            rule: judgement.rule,
        };
        self.cancel_rule_runs(&reason);
        self.conversation.state = State::Suspended {
            reason: reason.clone(),
            since: self.now,
        };
        self.entries.push(
            Entry::new(Verdict::Suspended { reason })
                .rule(judgement.rule)
                .remark(&judgement.reason),
        );
    }

    fn rule_changed(&mut self, changed: RuleId) {
        let reason = match self.known.rules.iter().find(|rule| rule.id == changed) {
            None => Reason::RuleDeleted,
            Some(rule) if !rule.enabled => Reason::RuleDisabled,
            Some(_) => Reason::RuleChanged,
        };
        self.conversation.backlog.retain(|rule| *rule != changed);
        let had = self
            .conversation
            .runs
            .iter()
            .any(|run| run.rule() == Some(changed));
        self.cancel_runs(&reason, |run| run.rule() == Some(changed));
        // Planned anew from the same anchor, with the rules as they are now (DK-22). A rule that
        // is new here competes with what another rule has pending.
        let pending = self
            .conversation
            .runs
            .iter()
            .any(|run| run.rule().is_some());
        if had || (!pending && self.conversation.episode_sent == 0) {
            self.schedule_assessment();
        }
    }
}

// Timers and sends.
impl Decider<'_> {
    fn timer_fired(&mut self) {
        // Whatever was armed has fired; what is left is armed again by `needs_timer`.
        self.conversation.armed_for = None;
        if let Some(sending) = self.conversation.sending.clone() {
            if self.now >= sending.deadline {
                // Whoever claimed it died between claim and record.
                self.outcome_unknown(
                    sending,
                    "the sender stopped before it could record the outcome",
                );
            }
            return;
        }
        self.give_up_waiting();
        if self.conversation.assess_at.is_some_and(|at| at <= self.now) {
            self.assess();
            return;
        }
        self.start_next_send();
    }

    fn start_next_send(&mut self) {
        let now = self.now;
        let mut due: Vec<Run> = self
            .conversation
            .runs
            .iter()
            .filter(|run| run.due_at <= now)
            .cloned()
            .collect();
        // A person goes before a rule.
        due.sort_by_key(|run| (run.rule().is_some(), run.due_at, run.id));
        for run in due {
            match self.ready(&run) {
                Ready::Send { how, gates } => {
                    self.entries.push(
                        with_rule(
                            Entry::new(Verdict::Sending {
                                how,
                                attempt: run.attempts + 1,
                            }),
                            &run,
                        )
                        .gates(gates),
                    );
                    self.effects.push(Effect::Send { run, how });
                    return;
                }
                Ready::Move { to, gates } => {
                    self.remove_run(run.id);
                    let reason = Reason::MovedToOtherConversation { conversation: to };
                    self.entries.push(
                        with_rule(Entry::new(Verdict::Cancelled { reason }), &run).gates(gates),
                    );
                    self.effects.push(Effect::MoveTo { run, to });
                }
                Ready::Hold {
                    until,
                    reason,
                    gates,
                } => {
                    for pending in self
                        .conversation
                        .runs
                        .iter_mut()
                        .filter(|pending| pending.id == run.id)
                    {
                        pending.due_at = until;
                    }
                    self.entries.push(
                        with_rule(Entry::new(Verdict::Held { until, reason }), &run).gates(gates),
                    );
                }
                Ready::Skip { reason, gates } => self.skip(&run, reason, gates),
            }
        }
    }

    /// Every gate, with fresh state, immediately before a send.
    fn ready(&self, run: &Run) -> Ready {
        let (mut gates, refusal) = gates_of(self, run);
        if let Some(reason) = refusal {
            return Ready::Skip { reason, gates };
        }
        let Some(rule) = run
            .rule()
            .and_then(|id| self.known.rules.iter().find(|rule| rule.id == id))
        else {
            // A person's message: only the platform's window stands in the way.
            let open = self.conversation.window().allows(self.now);
            gates.push(Gate::new(
                GateName::Window,
                open,
                "a person's message, free text",
            ));
            return if open {
                Ready::Send {
                    how: How::FreeForm,
                    gates,
                }
            } else {
                let closed_at = self.conversation.window_closes_at;
                Ready::Skip {
                    reason: Reason::WindowClosed { closed_at },
                    gates,
                }
            };
        };

        let others = self.others();
        let cap = self.known.settings.frequency_cap;
        if let Some(until) = self.known.customer.capped_until(cap, self.now) {
            let count = format!("{} messages within {} hours", cap.messages, cap.hours);
            gates.push(Gate::new(GateName::FrequencyCap, false, count));
            let reason = Reason::FrequencyCap { until };
            let later = plan::slot(&rule.spec, until, self.circumstances(&others));
            return match later.slot {
                Ok(slot)
                    if slot.due_at <= run.wanted_at + LATEST_AFTER_DUE
                        && slot.due_at > self.now =>
                {
                    Ready::Hold {
                        until: slot.due_at,
                        reason,
                        gates,
                    }
                }
                _ => Ready::Skip { reason, gates },
            };
        }
        gates.push(Gate::new(
            GateName::FrequencyCap,
            true,
            format!("fewer than {} within {} hours", cap.messages, cap.hours),
        ));

        let Planned {
            slot,
            gates: mut found,
        } = plan::slot(&rule.spec, self.now, self.circumstances(&others));
        gates.append(&mut found);
        match slot {
            Err(reason) => Ready::Skip { reason, gates },
            Ok(slot) if slot.due_at > self.now => Ready::Hold {
                until: slot.due_at,
                reason: Reason::QuietHours { until: slot.due_at },
                gates,
            },
            Ok(plan::Slot {
                rescue: Some(Rescue::NextChannel { conversation, .. }),
                ..
            }) => Ready::Move {
                to: conversation,
                gates,
            },
            Ok(slot) => Ready::Send {
                how: slot.how,
                gates,
            },
        }
    }

    fn claim(&mut self, id: RunId, deadline: DateTime<Utc>) {
        let Some(run) = self
            .conversation
            .runs
            .iter()
            .find(|run| run.id == id)
            .cloned()
        else {
            return;
        };
        if self.conversation.sending.is_some() {
            return;
        }
        self.remove_run(id);
        let attempt = run.attempts + 1;
        let message_at = match run.source {
            Source::Manual { at } => at,
            // All attempts write the same item: the time of the first one is kept in the run.
            Source::Rule { .. } => run.planned_at,
        };
        self.conversation.sending = Some(Sending {
            run,
            message_at,
            attempt,
            claimed_at: self.now,
            deadline,
        });
    }

    fn send_finished(&mut self, id: RunId, outcome: &SendOutcome) {
        let Some(sending) = self
            .conversation
            .sending
            .take_if(|sending| sending.run.id == id)
        else {
            return;
        };
        let mut run = sending.run.clone();
        run.attempts = sending.attempt;
        let entry = |verdict| with_rule(Entry::new(verdict), &run);
        match outcome {
            SendOutcome::Accepted => {
                self.entries.push(entry(Verdict::Accepted));
                self.accepted(&run);
            }
            SendOutcome::Retry {
                at: Some(at),
                detail,
            } => {
                let reason = Reason::Provider {
                    class: "retry".into(),
                    detail: detail.clone(),
                };
                self.entries
                    .push(entry(Verdict::Held { until: *at, reason }));
                run.due_at = *at;
                self.conversation.runs.push(run);
            }
            SendOutcome::Retry { at: None, detail } => {
                self.give_up(
                    &run,
                    &sending,
                    Reason::RetriesExhausted {
                        detail: detail.clone(),
                    },
                );
            }
            SendOutcome::Permanent {
                class,
                detail,
                unreachable,
            } => {
                if *unreachable {
                    self.conversation.reachable = false;
                }
                self.give_up(
                    &run,
                    &sending,
                    Reason::Provider {
                        class: class.clone(),
                        detail: detail.clone(),
                    },
                );
            }
            SendOutcome::Unknown { detail } => self.outcome_unknown(sending, detail),
            SendOutcome::NotSent { reason } => {
                self.skip(&run, reason.clone(), Vec::new());
            }
        }
    }

    fn accepted(&mut self, run: &Run) {
        if run.rule().is_some() {
            self.conversation.episode_sent += 1;
            self.conversation.backlog.clear();
            self.conversation.last_automated_at =
                self.conversation.last_automated_at.max(Some(self.now));
        } else {
            self.business_wrote(self.now, None);
        }
    }

    fn give_up(&mut self, run: &Run, sending: &Sending, reason: Reason) {
        self.entries.push(with_rule(
            Entry::new(Verdict::Failed {
                reason: reason.clone(),
            }),
            run,
        ));
        self.effects.push(Effect::Settle {
            message: run.message,
            message_at: Some(sending.message_at),
            reason: reason.clone(),
            as_status: crate::message::Status::Failed,
        });
        self.effects.push(Effect::NotifyStaff { reason });
        self.plan_from_backlog();
    }

    fn outcome_unknown(&mut self, sending: Sending, detail: &str) {
        self.conversation.sending = None;
        let reason = Reason::OutcomeUnknown {
            detail: detail.to_owned(),
        };
        self.entries
            .push(with_rule(Entry::new(Verdict::Unknown), &sending.run).remark(detail));
        self.effects.push(Effect::Settle {
            message: sending.run.message,
            message_at: Some(sending.message_at),
            reason: reason.clone(),
            as_status: crate::message::Status::Unknown,
        });
        self.effects.push(Effect::NotifyStaff { reason });
        // Counted as sent: it may have arrived, and a second one must not follow it.
        if sending.run.rule().is_some() {
            self.conversation.episode_sent += 1;
        }
        self.conversation.unknown.push(UnknownSend {
            run: Run {
                attempts: sending.attempt,
                ..sending.run
            },
            message_at: sending.message_at,
            attempt: sending.attempt,
            wait_until: self.now + self.known.settings.unknown_wait(),
        });
    }

    fn receipt_arrived(&mut self, message: MessageId, delivered: bool) {
        let Some(place) = self
            .conversation
            .unknown
            .iter()
            .position(|unknown| unknown.run.message == message)
        else {
            return;
        };
        let unknown = self.conversation.unknown.remove(place);
        let automated = unknown.run.rule().is_some();
        if delivered {
            self.entries
                .push(with_rule(Entry::new(Verdict::Accepted), &unknown.run));
            if automated {
                self.conversation.last_automated_at =
                    self.conversation.last_automated_at.max(Some(self.now));
            } else {
                self.business_wrote(self.now, None);
            }
        } else {
            let reason = Reason::Provider {
                class: "reported".into(),
                detail: "the platform reported a failure".into(),
            };
            self.entries.push(with_rule(
                Entry::new(Verdict::Failed { reason }),
                &unknown.run,
            ));
        }
    }

    /// The waiting time for a platform's receipt is over: the rule says what happens.
    fn give_up_waiting(&mut self) {
        let (over, waiting): (Vec<_>, Vec<_>) = self
            .conversation
            .unknown
            .drain(..)
            .partition(|unknown| unknown.wait_until <= self.now);
        self.conversation.unknown = waiting;
        for unknown in over {
            let rule = unknown
                .run
                .rule()
                .and_then(|id| self.known.rules.iter().find(|rule| rule.id == id));
            let resend = rule.is_some_and(|rule| rule.spec.on_unknown == OnUnknown::Resend);
            if resend && unknown.run.episode == self.conversation.episode {
                self.conversation.episode_sent = self.conversation.episode_sent.saturating_sub(1);
                let run = Run {
                    due_at: self.now,
                    ..unknown.run
                };
                self.entries.push(with_rule(
                    Entry::new(Verdict::Held {
                        until: self.now,
                        reason: Reason::OutcomeNeverKnown,
                    }),
                    &run,
                ));
                self.conversation.runs.push(run);
            } else {
                self.entries.push(with_rule(
                    Entry::new(Verdict::Skipped {
                        reason: Reason::OutcomeNeverKnown,
                    }),
                    &unknown.run,
                ));
                self.effects.push(Effect::NotifyStaff {
                    reason: Reason::OutcomeNeverKnown,
                });
            }
        }
    }
}

// Consent, reachability, closing.
impl Decider<'_> {
    fn consent(&mut self, opted_out: bool) {
        self.effects.push(Effect::SetOptOut { opted_out });
        if opted_out {
            let reason = Reason::OptedOut { since: self.now };
            self.cancel_rule_runs(&reason);
            self.conversation.assess_at = None;
            self.conversation.state = State::Suspended {
                reason: reason.clone(),
                since: self.now,
            };
            self.entries.push(Entry::new(Verdict::Suspended { reason }));
        } else {
            self.conversation.state = State::Open;
            self.schedule_assessment();
        }
    }

    fn reachability(&mut self, reachable: bool) {
        self.conversation.reachable = reachable;
        if reachable {
            return;
        }
        self.conversation.assess_at = None;
        self.cancel_rule_runs(&Reason::Unreachable);
    }

    fn closed(&mut self) {
        self.conversation.state = State::Closed { since: self.now };
        self.conversation.assess_at = None;
        self.conversation.waiting_since = None;
        self.cancel_rule_runs(&Reason::ConversationClosed);
    }
}

// Small pieces.
impl Decider<'_> {
    fn circumstances<'b>(&'b self, others: &'b [crate::customer::Reach]) -> Circumstances<'b> {
        Circumstances {
            channel: self.conversation.channel,
            window: self.conversation.window(),
            quiet: self.known.settings.quiet_hours,
            zone: self.known.settings.zone,
            templates: self.known.templates,
            others,
            now: self.now,
        }
    }

    fn others(&self) -> Vec<crate::customer::Reach> {
        let own = self.conversation.id;
        self.known
            .customer
            .conversations
            .iter()
            .filter(|reach| reach.conversation != own)
            .cloned()
            .collect()
    }

    fn cancel_rule_runs(&mut self, reason: &Reason) {
        self.cancel_runs(reason, |run| run.rule().is_some());
    }

    fn cancel_runs(&mut self, reason: &Reason, which: impl Fn(&Run) -> bool) {
        let (gone, kept): (Vec<_>, Vec<_>) = self.conversation.runs.drain(..).partition(which);
        self.conversation.runs = kept;
        for run in gone {
            self.entries.push(with_rule(
                Entry::new(Verdict::Cancelled {
                    reason: reason.clone(),
                }),
                &run,
            ));
        }
    }

    fn skip(&mut self, run: &Run, reason: Reason, gates: Vec<Gate>) {
        self.remove_run(run.id);
        self.entries.push(
            with_rule(
                Entry::new(Verdict::Skipped {
                    reason: reason.clone(),
                }),
                run,
            )
            .gates(gates),
        );
        let message_at = match run.source {
            Source::Manual { at } => Some(at),
            // A message that was claimed once is stored; one that never was, is not.
            Source::Rule { .. } => (run.attempts > 0).then_some(run.planned_at),
        };
        self.effects.push(Effect::Settle {
            message: run.message,
            message_at,
            reason,
            as_status: crate::message::Status::Skipped,
        });
        self.plan_from_backlog();
    }

    /// The first choice came to nothing: the outranked rules get their chance. They are assessed
    /// again, because time has passed.
    fn plan_from_backlog(&mut self) {
        if !self.conversation.backlog.is_empty() && self.conversation.episode_sent == 0 {
            self.conversation.backlog.clear();
            if self.conversation.state == State::Open && self.conversation.assess_at.is_none() {
                self.conversation.assess_at = Some(self.now);
            }
        }
    }

    fn remove_run(&mut self, id: RunId) {
        self.conversation.runs.retain(|run| run.id != id);
    }

    fn finish(self) -> Decision {
        Decision {
            conversation: self.conversation,
            effects: self.effects,
            entries: self.entries,
        }
    }
}

enum Ready {
    Send {
        how: How,
        gates: Vec<Gate>,
    },
    Move {
        to: crate::ids::ConversationId,
        gates: Vec<Gate>,
    },
    Hold {
        until: DateTime<Utc>,
        reason: Reason,
        gates: Vec<Gate>,
    },
    Skip {
        reason: Reason,
        gates: Vec<Gate>,
    },
}

fn gates_of(decider: &Decider<'_>, run: &Run) -> (Vec<Gate>, Option<Reason>) {
    let known = Snapshot {
        conversation: &decider.conversation,
        ..decider.known
    };
    gates(&known, run, decider.now)
}

fn with_rule(entry: Entry, run: &Run) -> Entry {
    let entry = entry.run(run.id).message(run.message);
    match run.rule() {
        Some(rule) => entry.rule(rule),
        None => entry,
    }
}

fn rule_input(rule: Option<&Rule>, version: u64) -> String {
    match rule {
        None => "deleted".to_owned(),
        Some(rule) => format!(
            "{}, version {} (planned with {version})",
            if rule.enabled { "on" } else { "off" },
            rule.version
        ),
    }
}

/// A state in one word, for gates.
struct StateName<'a>(&'a State);

impl std::fmt::Debug for StateName<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            State::Open => "open",
            State::Suspended { .. } => "suspended",
            State::Closed { .. } => "closed",
        })
    }
}
