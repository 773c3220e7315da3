//! One conversation, a clock, a timer, a decider and a provider.

use std::collections::VecDeque;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::account::Account;
use crate::channel::Channel;
use crate::connection::Connection;
use crate::consent::{Change, Source};
use crate::conversation::{Conversation, OnReply, Run};
use crate::customer::Customer;
use crate::decide::{
    Assessed, CustomerWrote, Decision, Effect, Event, Judgement, Report, SendOutcome, Snapshot,
    decide,
};
use crate::fixtures;
use crate::ids::{MessageId, RuleId, RunId};
use crate::rebooking::Reminded;
use crate::receipt::{Entry, How, Reason, Verdict};
use crate::rule::Rule;
use crate::settings::Settings;
use crate::sms::tier::Spent;
use crate::template::Template;

/// A report of the platform that a message failed.
pub(super) fn failed(at: DateTime<Utc>, counted: Option<(RuleId, DateTime<Utc>)>) -> Report {
    Report::Failed {
        at,
        class: "unrecognised".into(),
        detail: "no reason".into(),
        unreachable: false,
        counted,
    }
}

/// Something that left the house.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) at: DateTime<Utc>,
    pub(super) how: How,
    pub(super) rule: Option<RuleId>,
    pub(super) visit: Option<NaiveDate>,
}

/// What the decider answers.
#[derive(Clone, Debug, Default)]
pub(super) struct Opinion {
    pub(super) customer_waits: bool,
    pub(super) opt_out: bool,
    /// This rule's stop trigger is met.
    pub(super) stop: Option<RuleId>,
    /// These rules do not apply.
    pub(super) unfit: Vec<RuleId>,
    /// The time for rules in AI mode.
    pub(super) time: Option<DateTime<Utc>>,
}

pub(super) struct World {
    pub(super) now: DateTime<Utc>,
    pub(super) head: Conversation,
    pub(super) customer: Customer,
    pub(super) connection: Connection,
    pub(super) settings: Settings,
    pub(super) segments_spent: Option<(RunId, Spent)>,
    pub(super) account: Account,
    pub(super) rules: Vec<Rule>,
    pub(super) templates: Vec<Template>,
    pub(super) opinion: Opinion,
    /// How the next sends end; then they are accepted.
    pub(super) outcomes: VecDeque<SendOutcome>,
    pub(super) sent: Vec<Sent>,
    pub(super) entries: Vec<Entry>,
    pub(super) effects: Vec<Effect>,
    pub(super) asked: u32,
    ids: u64,
}

impl World {
    /// Monday, 10:00 in Berlin, no quiet hours, no frequency cap to speak of.
    pub(super) fn on(channel: Channel, rules: Vec<Rule>) -> Self {
        let head = fixtures::conversation(channel);
        let mut settings = fixtures::settings();
        settings.frequency_cap.messages = 100;
        Self {
            now: fixtures::monday(),
            customer: fixtures::customer(&head),
            connection: fixtures::connection(channel),
            settings,
            segments_spent: None,
            account: Account::default(),
            rules,
            templates: vec![fixtures::template()],
            opinion: Opinion::default(),
            outcomes: VecDeque::new(),
            sent: Vec::new(),
            entries: Vec::new(),
            effects: Vec::new(),
            asked: 0,
            ids: 0,
            head,
        }
    }

    /// A customer asked, a person of ours answered one minute later, and it is one minute past.
    pub(super) fn answered(channel: Channel, rules: Vec<Rule>) -> Self {
        let mut world = Self::on(channel, rules);
        world.customer_writes();
        world.advance(1);
        world.staff_answers();
        world
    }

    pub(super) fn snapshot(&self) -> Snapshot<'_> {
        Snapshot {
            conversation: &self.head,
            customer: &self.customer,
            connection: &self.connection,
            settings: &self.settings,
            rules: &self.rules,
            templates: &self.templates,
            sent_today: 0,
            segments_spent: self.segments_spent,
            account: &self.account,
        }
    }

    /// Decides and commits, as the application does. The entries and effects of this event.
    pub(super) fn happens(&mut self, event: &Event) -> (Vec<Entry>, Vec<Effect>) {
        let Decision {
            conversation,
            effects,
            entries,
        } = decide(&self.snapshot(), event, self.now);
        self.head = conversation;
        for effect in &effects {
            if let Effect::SetOptOut {
                what,
                at,
                opted_out,
            } = effect
            {
                let what = *what;
                let change = match *opted_out {
                    true => Change::Stop { what },
                    false => Change::Start { what },
                };
                let said = self.customer.say(change, Source::Message, None, *at);
                said.unwrap();
            }
        }
        self.head.version += 1;
        if let Some(at) = self.head.needs_timer(self.now) {
            self.head.arm(at, at - self.now > TimeDelta::minutes(15));
        }
        self.entries.extend(entries.clone());
        self.effects.extend(effects.clone());
        (entries, effects)
    }

    pub(super) fn writes(&mut self, at: DateTime<Utc>) -> CustomerWrote {
        let message = CustomerWrote {
            at,
            preview: "Hallo".into(),
            opens_window: true,
            automatic: false,
            opt_out: false,
        };
        self.happens(&Event::CustomerWrote(message.clone()));
        message
    }

    pub(super) fn customer_writes(&mut self) {
        self.writes(self.now);
    }

    /// In the platform's own app.
    pub(super) fn staff_answers(&mut self) {
        let event = Event::BusinessWrote {
            at: self.now,
            preview: "Gern!".into(),
        };
        self.happens(&event);
    }

    /// The customer blocks us, or lets us in again.
    pub(super) fn reachable(&mut self, reachable: bool) {
        let at = self.now;
        self.happens(&Event::Reachability { at, reachable });
    }

    /// Through our API.
    pub(super) fn staff_writes(&mut self, send_at: DateTime<Utc>) -> MessageId {
        self.staff_writes_unless(send_at, OnReply::Keep)
    }

    pub(super) fn staff_writes_unless(
        &mut self,
        send_at: DateTime<Utc>,
        on_reply: OnReply,
    ) -> MessageId {
        let (run, message) = self.new_ids();
        let at = self.now;
        self.happens(&Event::ManualMessage {
            run,
            message,
            at,
            send_at,
            on_reply,
            set_aside_at: None,
        });
        message
    }

    pub(super) fn new_ids(&mut self) -> (RunId, MessageId) {
        self.ids += 1;
        let n = self.ids.to_string();
        (RunId::derive(&[&n]), MessageId::derive(&[&n]))
    }

    /// Everything that is due on the way happens, in order.
    pub(super) fn advance(&mut self, minutes: i64) {
        self.advance_to(self.now + TimeDelta::minutes(minutes));
    }

    pub(super) fn advance_to(&mut self, end: DateTime<Utc>) {
        for _ in 0..1_000 {
            // The sweep finds a send that nobody finishes.
            let abandoned = self.head.sending.as_ref().map(|sending| sending.deadline);
            let next = self.head.next_timer().into_iter().chain(abandoned).min();
            match next {
                Some(at) if at <= end => {
                    self.now = self.now.max(at);
                    self.fire();
                }
                _ => {
                    self.now = end;
                    return;
                }
            }
        }
        panic!("the timer never comes to rest: {:?}", self.head);
    }

    /// The timer fires, and whatever it asks for is done.
    pub(super) fn fire(&mut self) {
        let (_, effects) = self.happens(&Event::TimerFired);
        for effect in effects {
            match effect {
                Effect::Assess { rules } => {
                    self.asked += 1;
                    let ids = rules.iter().map(|(id, _)| *id).collect::<Vec<_>>();
                    let answer = self.answer(&ids);
                    self.happens(&Event::Assessed(answer));
                }
                Effect::Send { run, .. } => self.send(&run),
                _ => {}
            }
        }
    }

    pub(super) fn answer(&mut self, rules: &[RuleId]) -> Assessed {
        let opinion = self.opinion.clone();
        Assessed {
            episode: self.head.episode,
            anchor: self.head.anchor(self.customer.chat.opted_in_at).unwrap(),
            customer_waits: opinion.customer_waits,
            opt_out: opinion.opt_out,
            rules: rules
                .iter()
                .map(|rule| Judgement {
                    rule: *rule,
                    applies: !opinion.unfit.contains(rule),
                    stop: opinion.stop == Some(*rule),
                    reason: String::new(),
                    time: opinion.time,
                })
                .collect(),
            new_run: self.new_ids(),
        }
    }

    fn send(&mut self, run: &Run) {
        if self.claim(run.id) {
            let outcome = self.outcomes.pop_front().unwrap_or(SendOutcome::Accepted);
            let run = run.id;
            self.happens(&Event::SendFinished { run, outcome });
        }
    }

    /// Whether the send may start.
    pub(super) fn claim(&mut self, run: RunId) -> bool {
        let before = self.head.sending.clone();
        let deadline = self.now + TimeDelta::minutes(1);
        self.happens(&Event::Claim { run, deadline });
        let Some(sending) = self.head.sending.clone() else {
            return false;
        };
        if before.is_some() || sending.run.id != run {
            return false;
        }
        if let Some(visit) = sending.run.visit {
            // As the claim writes it.
            let message = sending.run.message;
            self.customer.habit.reminded = Some(Reminded { visit, message });
        }
        self.sent.push(Sent {
            at: self.now,
            how: sending.how,
            rule: sending.run.rule(),
            visit: sending.run.visit,
        });
        true
    }

    /// When each message left, in minutes since the start.
    pub(super) fn minutes(&self) -> Vec<i64> {
        let start = fixtures::monday();
        let sent = self.sent.iter();
        sent.map(|sent| (sent.at - start).num_minutes()).collect()
    }

    pub(super) fn pending(&self) -> Option<&Run> {
        self.head.runs.first()
    }

    /// The newest reason for nothing, a skip, a cancellation, a failure or a suspension.
    pub(super) fn last_reason(&self) -> Option<Reason> {
        self.entries
            .iter()
            .rev()
            .find_map(|entry| reason(&entry.verdict))
    }
}

pub(super) fn reason(verdict: &Verdict) -> Option<Reason> {
    match verdict {
        Verdict::Held { reason, .. }
        | Verdict::SetAside { reason }
        | Verdict::Failed { reason }
        | Verdict::Skipped { reason }
        | Verdict::Cancelled { reason }
        | Verdict::Suspended { reason }
        | Verdict::Nothing { reason } => Some(reason.clone()),
        _ => None,
    }
}
