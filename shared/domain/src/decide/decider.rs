//! The working copy that the rules of deciding change, and the small pieces they share.

use chrono::{DateTime, Utc};

use super::{Decision, Effect, Forecast, Snapshot, forecast};
use crate::consent::Stoppable;
use crate::conversation::{Conversation, Run};
use crate::customer::Reach;
use crate::ids::{RuleId, RunId};
use crate::plan::Circumstances;
use crate::receipt::{Entry, Reason, Verdict};
use crate::rule::Rule;

/// What is known, what has been decided so far, and when.
pub(super) struct Decider<'a> {
    pub(super) known: Snapshot<'a>,
    pub(super) conversation: Conversation,
    pub(super) effects: Vec<Effect>,
    pub(super) entries: Vec<Entry>,
    pub(super) now: DateTime<Utc>,
    /// What a STOP in this conversation ends.
    pub(super) stoppable: Stoppable,
    /// Since when the customer wants none of that, this event included.
    pub(super) opted_out_at: Option<DateTime<Utc>>,
    /// When they last took that back, this event included.
    pub(super) opted_in_at: Option<DateTime<Utc>>,
}

impl<'a> Decider<'a> {
    pub(super) fn new(snapshot: &Snapshot<'a>, now: DateTime<Utc>) -> Self {
        let mut conversation = snapshot.conversation.clone();
        conversation.read_thread_from_state();
        let stoppable = Stoppable::of(conversation.channel);
        let standing = &snapshot.customer.chat;
        Self {
            known: *snapshot,
            conversation,
            effects: Vec::new(),
            entries: Vec::new(),
            now,
            stoppable,
            opted_out_at: standing.stopped(stoppable),
            opted_in_at: standing.started(stoppable),
        }
    }

    pub(super) fn finish(self) -> Decision {
        Decision {
            conversation: self.conversation,
            effects: self.effects,
            entries: self.entries,
        }
    }

    pub(super) fn rule(&self, id: RuleId) -> Option<&'a Rule> {
        self.known.rules.iter().find(|rule| rule.id == id)
    }

    /// The rules that may follow up on a silence here.
    pub(super) fn rules_in_force(&self) -> impl Iterator<Item = &'a Rule> + use<'a> {
        let channel = self.conversation.channel;
        self.known.rules.iter().filter(move |rule| {
            rule.enabled && rule.spec.is_for_silence() && rule.spec.reaches(channel)
        })
    }

    /// What would become of a run now, with everything that was decided so far.
    pub(super) fn forecast(&self, run: &Run) -> Forecast {
        let known = Snapshot {
            conversation: &self.conversation,
            ..self.known
        };
        forecast(&known, run, self.now)
    }

    pub(super) fn circumstances<'b>(&'b self, others: &'b [Reach]) -> Circumstances<'b> {
        super::forecast::circumstances(
            &Snapshot {
                conversation: &self.conversation,
                ..self.known
            },
            others,
            self.now,
        )
    }

    pub(super) fn others(&self) -> Vec<Reach> {
        super::forecast::others(&self.known)
    }

    /// What the delay of a rule counts from.
    pub(super) fn anchor(&self) -> Option<DateTime<Utc>> {
        self.conversation.anchor(self.opted_in_at)
    }

    /// A message of a person will be sent soon or is on its way.
    pub(super) fn person_is_writing(&self) -> bool {
        self.conversation.person_is_writing(self.now)
    }

    pub(super) fn nothing(&mut self, reason: Reason) {
        self.entries.push(Entry::new(Verdict::Nothing { reason }));
    }

    pub(super) fn note(&mut self, verdict: Verdict, run: &Run) {
        self.entries.push(about(verdict, run));
    }

    pub(super) fn remove_run(&mut self, id: RunId) {
        self.conversation.runs.retain(|run| run.id != id);
    }

    /// Whatever follow-ups are pending are not pending any more, for this reason.
    pub(super) fn cancel_rule_runs(&mut self, reason: &Reason) {
        self.conversation.backlog.clear();
        self.cancel_runs(reason, Run::is_follow_up);
    }

    /// Cancels what waits, and marks what is under way so that it is not tried again.
    pub(super) fn cancel_runs(&mut self, reason: &Reason, which: impl Fn(&Run) -> bool) {
        let head = &mut self.conversation;
        let (gone, kept): (Vec<_>, Vec<_>) = head.runs.drain(..).partition(&which);
        head.runs = kept;
        if let Some(sending) = head.sending.as_mut().filter(|sending| which(&sending.run)) {
            sending.cancelled.get_or_insert_with(|| reason.clone());
        }
        for unknown in head.unknown.iter_mut().filter(|send| which(&send.run)) {
            unknown.cancelled.get_or_insert_with(|| reason.clone());
        }
        for run in gone {
            self.cancelled(&run, reason.clone());
        }
    }

    /// A run that is no longer pending. Its message, if it was ever stored, is told.
    pub(super) fn cancelled(&mut self, run: &Run, reason: Reason) {
        let verdict = Verdict::Cancelled {
            reason: reason.clone(),
        };
        self.note(verdict, run);
        if run.attempts > 0 || run.rule().is_none() {
            self.settle_skipped(run, reason);
        }
    }

    pub(super) fn settle_skipped(&mut self, run: &Run, reason: Reason) {
        self.effects.push(Effect::Settle {
            message: run.message,
            message_at: stored_at(run),
            reason,
            as_status: crate::message::Status::Skipped,
        });
    }
}

/// An entry about a run.
pub(super) fn about(verdict: Verdict, run: &Run) -> Entry {
    let entry = Entry::new(verdict).run(run.id).message(run.message);
    match run.rule() {
        Some(rule) => entry.rule(rule),
        None => entry,
    }
}

/// The time in the key of the run's message, if that is stored already.
fn stored_at(run: &Run) -> Option<DateTime<Utc>> {
    run.message_at.or(run.source.stored_at())
}
