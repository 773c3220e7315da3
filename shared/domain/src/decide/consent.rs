//! What suspends a conversation, and what lifts it: opt-out, stop trigger, block, close.

use chrono::{DateTime, Utc};

use super::decider::Decider;
use super::{Effect, Judgement};
use crate::conversation::State;
use crate::receipt::{Entry, Reason, Verdict};

impl Decider<'_> {
    pub(super) fn consent(&mut self, opted_out: bool) {
        self.effects.push(Effect::SetOptOut { opted_out });
        if opted_out {
            let since = *self.opted_out_at.get_or_insert(self.now);
            self.suspend(Reason::OptedOut { since }, None);
            return;
        }
        self.opted_out_at = None;
        if self.conversation.is_opted_out() {
            // A stop trigger or a closed conversation is not lifted by consent.
            self.conversation.state = State::Open;
        }
        self.schedule_assessment();
    }

    /// The stop trigger of one rule stops every rule until the customer writes again (DK-15).
    pub(super) fn stop(&mut self, judgement: &Judgement) {
        let rule = judgement.rule;
        self.suspend(Reason::StopTriggerMet { rule }, Some(judgement));
    }

    fn suspend(&mut self, reason: Reason, judgement: Option<&Judgement>) {
        self.cancel_rule_runs(&reason);
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
    /// and what is pending is cancelled. Any message that comes to us and not to a bystander proves
    /// that we have it. Staff may lift it, too, by closing and reopening: a report that it was given
    /// back can be lost.
    pub(super) fn thread_owner(&mut self, at: DateTime<Utc>, ours: bool) {
        let at = at.min(self.now);
        let taken_at = self.conversation.thread_elsewhere_since();
        match (ours, taken_at) {
            (true, Some(taken)) if at >= taken => {
                self.conversation.state = State::Open;
                self.schedule_assessment();
            }
            (false, None) if !self.is_stopped_for_good() => {
                self.suspend(Reason::ThreadElsewhere, None);
                self.conversation.state = State::Suspended {
                    reason: Reason::ThreadElsewhere,
                    since: at,
                };
            }
            _ => {}
        }
    }

    /// Closed by staff, or by the customer's own word: that weighs more than who has the thread.
    fn is_stopped_for_good(&self) -> bool {
        self.opted_out_at.is_some() || matches!(self.conversation.state, State::Closed { .. })
    }

    pub(super) fn reachability(&mut self, reachable: bool) {
        let was = std::mem::replace(&mut self.conversation.reachable, reachable);
        if reachable == was {
            return;
        }
        if !reachable {
            self.cancel_rule_runs(&Reason::Unreachable);
        }
        self.schedule_assessment();
    }

    pub(super) fn closed(&mut self) {
        self.conversation.state = State::Closed { since: self.now };
        self.conversation.waiting_since = None;
        self.cancel_rule_runs(&Reason::ConversationClosed);
        self.schedule_assessment();
    }

    pub(super) fn reopened(&mut self) {
        let head = &mut self.conversation;
        if matches!(head.state, State::Closed { .. }) && !head.business_spoke_last() {
            head.waiting_since = head.last_customer_at;
        }
        head.state = match self.opted_out_at {
            None => State::Open,
            // Only the customer takes an opt-out back.
            Some(since) => State::Suspended {
                reason: Reason::OptedOut { since },
                since: self.now,
            },
        };
        self.schedule_assessment();
    }
}
