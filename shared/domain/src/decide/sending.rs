//! Timers and the send protocol: due, claimed, finished; one send at a time.

use chrono::{DateTime, Utc};

use super::decider::{Decider, about};
use super::{Effect, Forecast, LEASE, Outlook, SendOutcome, Snapshot, forecast};
use crate::conversation::{Answer, Run, Sending, Source, UnknownSend};
use crate::ids::RunId;
use crate::message::Status;
use crate::receipt::{Gate, Rank, Reason, Verdict};
use crate::rule::Purpose;

/// A send that was claimed and may have left the house.
pub(super) struct Flight {
    /// With this attempt counted.
    pub(super) run: Run,
    /// The time in the message's key.
    pub(super) message_at: DateTime<Utc>,
    /// No later than it left.
    pub(super) claimed_at: DateTime<Utc>,
    /// Not to be tried again.
    pub(super) cancelled: Option<Reason>,
}

impl From<Sending> for Flight {
    fn from(sending: Sending) -> Self {
        Self {
            run: Run {
                attempts: sending.attempt,
                ..sending.run
            },
            message_at: sending.message_at,
            claimed_at: sending.claimed_at,
            cancelled: sending.cancelled,
        }
    }
}

impl From<UnknownSend> for Flight {
    fn from(unknown: UnknownSend) -> Self {
        Self {
            run: unknown.run,
            message_at: unknown.message_at,
            claimed_at: unknown.claimed_at,
            cancelled: unknown.cancelled,
        }
    }
}

// Due.
impl Decider<'_> {
    pub(super) fn timer_fired(&mut self) {
        // What is left is armed again by `needs_timer`.
        self.conversation.timer_fired(self.now);
        if let Some(sending) = self.conversation.sending.clone() {
            if self.now < sending.deadline {
                return;
            }
            // Whoever claimed it died between claim and record.
            self.conversation.sending = None;
            self.outcome_unknown(
                sending.into(),
                "the sender stopped before it could record the outcome",
            );
        }
        self.give_up_waiting();
        if self.conversation.assess_at.is_some_and(|at| at <= self.now) {
            // The answer may cancel what is due.
            self.assess();
        } else {
            self.start_next_send();
        }
    }

    fn start_next_send(&mut self) {
        let now = self.now;
        let runs = self.conversation.runs.iter();
        let is_due = |run: &&Run| run.due_at <= now && run.set_aside_at.is_none();
        let mut due: Vec<Run> = runs.filter(is_due).cloned().collect();
        // A person goes before a rule, and what was wanted first goes first.
        due.sort_by_key(|run| (run.rule().is_some(), run.wanted_at, run.id));
        for run in due {
            if !self.conversation.runs.iter().any(|left| left.id == run.id) {
                continue;
            }
            if let Some(until) = self.earlier_retry(&run) {
                let reason = Reason::InFlight { until };
                self.hold(&run, until, reason, Vec::new());
                continue;
            }
            let Forecast { outlook, gates } = self.forecast(&run);
            match outlook {
                Outlook::Send { how } => {
                    let attempt = run.attempts + 1;
                    let entry = about(Verdict::Sending { how, attempt }, &run);
                    self.entries.push(entry.gates(gates));
                    self.set_due(run.id, now + LEASE);
                    self.effects.push(Effect::Send { run, how });
                    return;
                }
                other => self.not_now(&run, other, gates),
            }
        }
    }

    /// Messages of a person keep their order: a later one waits for an earlier one's next try.
    fn earlier_retry(&self, run: &Run) -> Option<DateTime<Utc>> {
        let runs = self.conversation.runs.iter();
        runs.filter(|other| {
            run.rule().is_none()
                && other.rule().is_none()
                && other.attempts > 0
                && other.due_at > self.now
                && (other.wanted_at, other.id) < (run.wanted_at, run.id)
        })
        .map(|other| other.due_at)
        .max()
    }

    fn not_now(&mut self, run: &Run, outlook: Outlook, gates: Vec<Gate>) {
        match outlook {
            Outlook::Send { .. } => {}
            Outlook::Move { to } => {
                self.set_due(run.id, self.now + LEASE);
                let run = run.clone();
                self.effects.push(Effect::MoveTo { run, to });
            }
            Outlook::Hold { until, reason } => self.hold(run, until, reason, gates),
            Outlook::SetAside => {
                self.set_aside(run, gates);
                // It keeps nobody else from writing any more.
                self.after_nothing_was_sent(run);
            }
            Outlook::Skip { reason } => self.skip(run, reason, gates),
        }
    }

    /// What waits for the connection is due now; what waits for something else is held again.
    pub(super) fn connection_back(&mut self) {
        let now = self.now;
        let runs = self.conversation.runs.iter_mut();
        for run in runs.filter(|run| run.attempts == 0 && run.wanted_at <= now) {
            run.due_at = run.due_at.min(now);
        }
    }

    fn hold(&mut self, run: &Run, until: DateTime<Utc>, reason: Reason, gates: Vec<Gate>) {
        self.set_due(run.id, until);
        let entry = about(Verdict::Held { until, reason }, run);
        self.entries.push(entry.gates(gates));
    }

    /// It is due no more: whoever wrote it looks at it again and says when it goes.
    pub(super) fn set_aside(&mut self, run: &Run, gates: Vec<Gate>) {
        let now = self.now;
        let mut runs = self.conversation.runs.iter_mut();
        if let Some(run) = runs.find(|known| known.id == run.id) {
            run.set_aside_at = Some(now);
        }
        let reason = Reason::AwaitsReview;
        let verdict = Verdict::SetAside {
            reason: reason.clone(),
        };
        self.entries.push(about(verdict, run).gates(gates));
        self.effects.push(Effect::NotifyStaff {
            message: run.message,
            reason,
        });
    }

    fn set_due(&mut self, id: RunId, due_at: DateTime<Utc>) {
        let mut runs = self.conversation.runs.iter_mut();
        if let Some(run) = runs.find(|run| run.id == id) {
            run.due_at = due_at;
        }
    }

    fn skip(&mut self, run: &Run, reason: Reason, gates: Vec<Gate>) {
        self.remove_run(run.id);
        let verdict = Verdict::Skipped {
            reason: reason.clone(),
        };
        self.entries.push(about(verdict, run).gates(gates));
        if self.is_counted_on(run) {
            self.effects.push(Effect::NotifyStaff {
                message: run.message,
                reason: reason.clone(),
            });
        }
        self.settle_skipped(run, reason);
        self.after_nothing_was_sent(run);
    }

    /// A send that came to nothing, whoever wanted it, but for one of many.
    pub(super) fn tell_staff(&mut self, run: &Run, reason: Reason) {
        if run.rule().is_some() || self.is_counted_on(run) {
            let message = run.message;
            self.effects.push(Effect::NotifyStaff { message, reason });
        }
    }

    /// Whether staff are told what became of it: a message to many has counts of its own.
    pub(super) fn is_counted_on(&self, run: &Run) -> bool {
        match run.source {
            Source::Manual { .. } => true,
            Source::Notice { purpose, .. } => purpose == Purpose::Transactional,
            Source::Rule { .. } => false,
        }
    }

    /// The silence goes on: the next rule gets its chance, or the rules are assessed again.
    pub(super) fn after_nothing_was_sent(&mut self, run: &Run) {
        if run.visit.is_some() {
            // It was no follow-up on a silence.
        } else if run.rule().is_none() {
            if run.is_persons() && !self.person_is_writing() {
                self.schedule_assessment();
            }
        } else if run.episode == self.conversation.episode {
            self.plan_from_backlog();
        }
    }
}

// Claimed and finished.
impl Decider<'_> {
    pub(super) fn claim(&mut self, id: RunId, deadline: DateTime<Utc>) {
        let mut runs = self.conversation.runs.iter();
        let Some(mut run) = runs.find(|run| run.id == id).cloned() else {
            return;
        };
        if self.conversation.sending.is_some() {
            return;
        }
        // Time has passed since the timer fired, and a text was written.
        let Forecast { outlook, gates } = self.forecast_for_claim(&run);
        let Outlook::Send { how } = outlook else {
            self.not_now(&run, outlook, gates);
            return;
        };
        self.remove_run(id);
        let claimed_before = self.conversation.last_claimed_at.replace(self.now);
        // The history shows when it first went out; later attempts write the same item.
        let stored_at = run.source.stored_at().unwrap_or(self.now);
        let message_at = *run.message_at.get_or_insert(stored_at);
        self.conversation.sending = Some(Sending {
            attempt: run.attempts + 1,
            run,
            message_at,
            claimed_at: self.now,
            claimed_before,
            deadline,
            how,
            cancelled: None,
        });
    }

    /// The write that claims a message also notes it with the customer; the frequency cap must
    /// not count the message against itself.
    fn forecast_for_claim(&self, run: &Run) -> Forecast {
        let mut customer = self.known.customer.clone();
        customer.automated_at.retain(|at| *at != self.now);
        let known = Snapshot {
            conversation: &self.conversation,
            customer: &customer,
            ..self.known
        };
        forecast(&known, run, self.now)
    }

    pub(super) fn send_finished(&mut self, id: RunId, outcome: &SendOutcome) {
        let head = &mut self.conversation;
        let sending = head.sending.as_ref().filter(|sending| sending.run.id == id);
        if let (Some(sending), SendOutcome::NotSent { .. }) = (sending, outcome) {
            // The platform has seen nothing, so its pace does not count from here.
            head.last_claimed_at = sending.claimed_before;
        }
        let Some(flight) = self.land(id, outcome) else {
            return;
        };
        match outcome {
            SendOutcome::Accepted => self.accepted(&flight),
            SendOutcome::Retry { at, detail } => self.retry(flight, *at, detail),
            SendOutcome::Permanent {
                class,
                detail,
                unreachable,
            } => {
                let reason = Reason::Provider {
                    class: class.clone(),
                    detail: detail.clone(),
                };
                if *unreachable {
                    self.reachability(flight.claimed_at, false);
                }
                self.give_up(&flight, reason);
            }
            SendOutcome::Unknown { detail } => self.outcome_unknown(flight, detail),
            SendOutcome::NotSent { reason } => self.not_sent(flight, reason),
        }
    }

    /// Takes the send out of the state. It may have been given up as unknown, and even be waiting
    /// to be sent again, when its sender comes back late with what it knows for certain.
    fn land(&mut self, id: RunId, outcome: &SendOutcome) -> Option<Flight> {
        let sending = &mut self.conversation.sending;
        if let Some(sending) = sending.take_if(|sending| sending.run.id == id) {
            return Some(sending.into());
        }
        if matches!(outcome, SendOutcome::Unknown { .. }) {
            return None;
        }
        let accepted = *outcome == SendOutcome::Accepted;
        self.recall(accepted, |run| run.id == id)
    }

    pub(super) fn accepted(&mut self, flight: &Flight) {
        let run = &flight.run;
        self.note(Verdict::Accepted, run);
        self.conversation.sent.insert(run.category());
        if run.rule().is_some() {
            self.count(flight);
            if run.is_follow_up() && self.conversation.episode_sent > 0 {
                self.cancel_rule_runs(&Reason::EpisodeDone);
            }
            return;
        }
        if !run.is_persons() {
            // Who waits for an answer still does (MO-03).
            return;
        }
        self.conversation.answer = Some(Answer {
            message: run.message,
            at: flight.claimed_at,
            business_before: self.conversation.last_business_at,
            waited_since: self.conversation.waiting_since,
        });
        self.business_wrote(flight.claimed_at, None);
    }

    /// Counts an automated message into the silence it fell into.
    pub(super) fn count(&mut self, flight: &Flight) {
        let head = &mut self.conversation;
        head.last_automated_at = head.last_automated_at.max(Some(flight.claimed_at));
        let is_follow_up = flight.run.is_follow_up();
        if is_follow_up && fell_into_this_silence(head.last_customer_at, flight.claimed_at) {
            head.episode_sent += 1;
        }
    }

    pub(super) fn uncount(&mut self, claimed_at: DateTime<Utc>) {
        let head = &mut self.conversation;
        if fell_into_this_silence(head.last_customer_at, claimed_at) {
            head.episode_sent = head.episode_sent.saturating_sub(1);
        }
    }

    fn retry(&mut self, flight: Flight, at: Option<DateTime<Utc>>, detail: &str) {
        if let Some(reason) = flight.cancelled {
            self.cancelled(&flight.run, reason);
            self.after_nothing_was_sent(&flight.run);
            return;
        }
        let Some(at) = at else {
            let detail = detail.to_owned();
            self.give_up(&flight, Reason::RetriesExhausted { detail });
            return;
        };
        let reason = Reason::Provider {
            class: "retry".into(),
            detail: detail.to_owned(),
        };
        self.put_back(flight.run, at, reason);
    }

    fn not_sent(&mut self, flight: Flight, reason: &Reason) {
        if let Some(reason) = flight.cancelled {
            self.cancelled(&flight.run, reason);
            self.after_nothing_was_sent(&flight.run);
            return;
        }
        match reason {
            Reason::QuietHours { until }
            | Reason::FrequencyCap { until }
            | Reason::ConnectionHeld { until }
            | Reason::ConnectionPaused { until, .. }
            | Reason::Paced { until }
            | Reason::InFlight { until }
            | Reason::TimeOfDay { until }
                if *until > self.now =>
            {
                self.put_back(flight.run, *until, reason.clone());
            }
            _ => self.skip(&flight.run, reason.clone(), Vec::new()),
        }
    }

    pub(super) fn put_back(&mut self, mut run: Run, due_at: DateTime<Utc>, reason: Reason) {
        // While it was under way another rule's follow-up was planned in its place.
        let other = self.pending_rule_run().and_then(|pending| pending.rule());
        if let (true, Some(by)) = (run.is_follow_up(), other) {
            let rank = Rank::Pending;
            self.cancelled(&run, Reason::Outranked { by, rank });
            return;
        }
        let until = due_at.max(self.now);
        run.due_at = until;
        self.note(Verdict::Held { until, reason }, &run);
        self.conversation.runs.push(run);
    }

    pub(super) fn give_up(&mut self, flight: &Flight, reason: Reason) {
        let run = &flight.run;
        let verdict = Verdict::Failed {
            reason: reason.clone(),
        };
        self.note(verdict, run);
        self.effects.push(Effect::Settle {
            message: run.message,
            message_at: Some(flight.message_at),
            reason: reason.clone(),
            as_status: Status::Failed,
        });
        self.tell_staff(run, reason);
        self.after_nothing_was_sent(run);
    }
}

fn fell_into_this_silence(
    last_customer_at: Option<DateTime<Utc>>,
    claimed_at: DateTime<Utc>,
) -> bool {
    last_customer_at.is_none_or(|wrote| claimed_at > wrote)
}
