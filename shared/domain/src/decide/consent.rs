//! What suspends a conversation, and what lifts it: opt-out, stop trigger, block, close.

use chrono::{DateTime, Utc};

use super::decider::Decider;
use super::{Effect, Judgement};
use crate::consent::{Class, Medium};
use crate::conversation::{Run, State};
use crate::receipt::{Entry, Reason, Verdict};

impl Decider<'_> {
    /// Messages overtake each other and come again: an older START lifts no newer STOP. Of two from
    /// one moment the STOP counts. A STOP that is late counts all the same.
    pub(super) fn consent(&mut self, at: DateTime<Utc>, opted_out: bool) {
        let at = at.min(self.now);
        let newer = self.opted_out_at.filter(|out| !opted_out && at <= *out);
        if let Some(since) = newer {
            self.nothing(self.stoppable.reason(since));
            return;
        }
        let what = self.stoppable;
        self.effects.push(Effect::SetOptOut {
            what,
            at,
            opted_out,
        });
        if opted_out {
            // The newest, or a START from before it would lift it.
            self.opted_out_at = self.opted_out_at.max(Some(at));
            let since = self.opted_out_at.unwrap_or(at);
            let reason = self.stoppable.reason(since);
            self.withdraw_what_waits(&reason);
            self.suspend(reason, None);
            return;
        }
        let lifted = self.opted_out_at.take().is_some() || self.conversation.is_opted_out();
        if self.conversation.is_opted_out() {
            // A stop trigger or a closed conversation is not lifted by consent.
            self.conversation.state = State::Open;
        }
        if lifted {
            self.opted_in_at = Some(at);
            self.counts_anew(at);
        }
        self.schedule_assessment();
    }

    /// What is planned of the class is over now and not only when it is due; what other rules would
    /// say is looked at again. Messages of a person are of no class.
    pub(super) fn class_refused(&mut self, class: Class) {
        let known = self.known;
        // Who takes it back at this moment is not overruled.
        let Some(mark) = known.customer.chat.class(class).refused else {
            return;
        };
        let (medium, since) = (Medium::of(self.conversation.channel), mark.at);
        let reason = match medium {
            Medium::Chat => Reason::MarketingRefused { since },
            _ => Reason::ClassRefused { class, since },
        };
        let had = known.plans(class);
        self.cancel_runs(&reason, |run| known.class_of(run) == Some(class));
        if had {
            self.schedule_assessment();
        }
    }

    /// What staff wrote for a later time was written to somebody who still wanted messages. Whoever
    /// wrote it is told, and may write again.
    fn withdraw_what_waits(&mut self, reason: &Reason) {
        let now = self.now;
        let is_later = |run: &Run| run.due_at > now || run.set_aside_at.is_some();
        let waits = |run: &Run| run.rule().is_none() && run.attempts == 0 && is_later(run);
        let runs = self.conversation.runs.iter();
        let runs = runs.filter(|run| waits(run) && self.is_counted_on(run));
        let told = runs.map(|run| Effect::NotifyStaff {
            message: run.message,
            reason: reason.clone(),
        });
        let told: Vec<_> = told.collect();
        self.effects.extend(told);
        self.cancel_runs(reason, waits);
    }

    /// The receipt says it where it makes a difference: where there was a silence before.
    fn counts_anew(&mut self, from: DateTime<Utc>) {
        let is_open = self.conversation.state == State::Open;
        if is_open && self.conversation.last_interaction_at() < self.anchor() {
            self.entries.push(Entry::new(Verdict::CountsAnew { from }));
        }
    }

    /// The stop trigger of one rule stops every rule until the customer writes again (DK-15).
    pub(super) fn stop(&mut self, judgement: &Judgement) {
        let rule = judgement.rule;
        self.suspend(Reason::StopTriggerMet { rule }, Some(judgement));
    }

    /// Follow-ups may go on from here, wherever nothing else is in the way.
    pub(super) fn let_in_again(&mut self, at: DateTime<Utc>) {
        let head = &mut self.conversation;
        head.reopened_at = head.reopened_at.max(Some(at));
        self.counts_anew(at);
    }

    pub(super) fn suspend(&mut self, reason: Reason, judgement: Option<&Judgement>) {
        self.conversation.revision += 1;
        self.cancel_rule_runs(&reason);
        self.cancel_runs(&reason, |run| run.visit.is_some());
        self.conversation.assess_at = None;
        self.conversation.state = State::Suspended {
            reason: reason.clone(),
            since: self.now,
        };
        let entry = Entry::new(Verdict::Suspended { reason });
        self.entries.push(match judgement {
            Some(judgement) => entry.rule(judgement.rule).remark(&judgement.reason),
            None => entry,
        });
    }

    /// Whoever has the thread talks to the customer: until it is given back nothing is planned,
    /// and what is pending is cancelled. That stands beside everything else that stops follow-ups
    /// and outlasts it. Any message that comes to us and not to a bystander proves that we have it,
    /// so a report that was lost is made good by the customer's next word.
    pub(super) fn thread_owner(&mut self, at: DateTime<Utc>, ours: bool) {
        let at = at.min(self.now);
        let thread = &mut self.conversation.thread;
        // Reports overtake each other and are repeated. Of two from one moment the careful one counts.
        let is_news = match thread.told_at {
            None => true,
            Some(told) if ours => at > told,
            Some(told) => at >= told,
        };
        if !is_news {
            return;
        }
        thread.told_at = Some(at);
        match (ours, thread.elsewhere_since) {
            (true, Some(_)) => {
                thread.elsewhere_since = None;
                self.let_in_again(at);
                self.schedule_assessment();
            }
            (false, None) => {
                thread.elsewhere_since = Some(at);
                self.conversation.revision += 1;
                let reason = Reason::ThreadElsewhere;
                self.cancel_rule_runs(&reason);
                self.conversation.assess_at = None;
                self.entries.push(Entry::new(Verdict::Suspended { reason }));
            }
            (true, None) | (false, Some(_)) => {}
        }
    }

    /// The customer blocked us or let us in again, or a message of theirs or a refusal of the
    /// platform says so. Those overtake each other as well.
    pub(super) fn reachability(&mut self, at: DateTime<Utc>, reachable: bool) {
        if !self.is_told(at, reachable) {
            return;
        }
        if reachable {
            self.let_in_again(at.min(self.now));
        } else {
            self.conversation.revision += 1;
            self.cancel_rule_runs(&Reason::Unreachable);
        }
        self.schedule_assessment();
    }

    /// Takes in what is told of a moment. Whether it changes anything; of two from one moment the
    /// careful one counts.
    pub(super) fn is_told(&mut self, at: DateTime<Utc>, reachable: bool) -> bool {
        let at = at.min(self.now);
        let head = &mut self.conversation;
        let is_news = match head.reach_told_at {
            None => true,
            Some(told) if reachable => at > told,
            Some(told) => at >= told,
        };
        if is_news {
            head.reach_told_at = Some(at);
        }
        is_news && std::mem::replace(&mut head.reachable, reachable) != reachable
    }

    pub(super) fn closed(&mut self) {
        self.conversation.state = State::Closed { since: self.now };
        self.conversation.revision += 1;
        self.conversation.waiting_since = None;
        self.cancel_rule_runs(&Reason::ConversationClosed);
        self.schedule_assessment();
    }

    pub(super) fn reopened(&mut self) {
        let head = &mut self.conversation;
        if matches!(head.state, State::Closed { .. }) && !head.business_spoke_last() {
            head.waiting_since = head.last_customer_at;
        }
        let was_open = head.state == State::Open;
        head.state = match self.opted_out_at {
            None => State::Open,
            // Only the customer takes an opt-out back.
            Some(since) => State::Suspended {
                reason: self.stoppable.reason(since),
                since: self.now,
            },
        };
        if !was_open {
            head.revision += 1;
            self.let_in_again(self.now);
        }
        self.schedule_assessment();
    }
}
