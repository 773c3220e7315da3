//! Sends that the platform may or may not have accepted: its own receipts settle them, else the
//! rule's `on_unknown` does, once the waiting time is over. Never resent blindly.

use super::decider::{Decider, about};
use super::sending::Flight;
use super::{Effect, Report};
use crate::conversation::{Run, UnknownSend};
use crate::ids::MessageId;
use crate::message::Status;
use crate::receipt::{Entry, Reason, Verdict};
use crate::rule::OnUnknown;

/// Past this many attempts even a rule that resends gives up.
const MOST_ATTEMPTS: u32 = 3;

impl Decider<'_> {
    pub(super) fn outcome_unknown(&mut self, flight: Flight, detail: &str) {
        let reason = Reason::OutcomeUnknown {
            detail: detail.to_owned(),
        };
        self.entries
            .push(about(Verdict::Unknown, &flight.run).remark(detail));
        self.effects.push(Effect::Settle {
            message: flight.run.message,
            message_at: Some(flight.message_at),
            reason: reason.clone(),
            as_status: Status::Unknown,
        });
        self.tell_staff(&flight.run, reason);
        // Counted as sent: it may have arrived, and a second one must not follow it.
        if flight.run.rule().is_some() {
            self.count(&flight);
        }
        self.conversation.unknown.push(UnknownSend {
            attempt: flight.run.attempts,
            run: flight.run,
            message_at: flight.message_at,
            claimed_at: flight.claimed_at,
            wait_until: self.now + self.known.settings.unknown_wait(),
            cancelled: flight.cancelled,
        });
    }

    pub(super) fn receipt_arrived(&mut self, message: MessageId, report: &Report) {
        let of_message = |run: &Run| run.message == message;
        let Report::Failed {
            at,
            class,
            detail,
            unreachable,
            counted,
        } = report
        else {
            if let Some(flight) = self.landed_by_report(true, of_message) {
                self.accepted(&flight);
            }
            return;
        };
        // Whoever has written since can be reached again.
        let last_heard = self.conversation.last_customer_at;
        if *unreachable && last_heard.is_none_or(|wrote| wrote <= *at) {
            self.reachability(*at, false);
        }
        if self.answer_failed(message) {
            return;
        }
        let reason = Reason::Provider {
            class: class.clone(),
            detail: detail.clone(),
        };
        if let Some(flight) = self.landed_by_report(false, of_message) {
            self.give_up(&flight, reason);
        } else if let Some((rule, claimed_at)) = counted {
            // Taken, counted, and then it failed after all: this silence had no message.
            if self
                .rule(*rule)
                .is_none_or(|rule| rule.spec.is_for_silence())
            {
                self.uncount(*claimed_at);
            }
            let verdict = Verdict::Failed {
                reason: reason.clone(),
            };
            self.entries
                .push(Entry::new(verdict).rule(*rule).message(message));
            self.effects.push(Effect::NotifyStaff { message, reason });
        }
    }

    /// The platform may be faster than the sender.
    fn landed_by_report(&mut self, left: bool, which: impl Fn(&Run) -> bool) -> Option<Flight> {
        let sending = &mut self.conversation.sending;
        match sending.take_if(|sending| which(&sending.run)) {
            Some(sending) => Some(sending.into()),
            None => self.recall(left, which),
        }
    }

    /// Takes a send out of those whose outcome is unknown; if it left for certain, also out of
    /// what waits for another try.
    pub(super) fn recall(&mut self, left: bool, which: impl Fn(&Run) -> bool) -> Option<Flight> {
        let head = &mut self.conversation;
        if let Some(place) = head.unknown.iter().position(|unknown| which(&unknown.run)) {
            let flight = Flight::from(head.unknown.remove(place));
            if flight.run.is_follow_up() {
                self.uncount(flight.claimed_at);
            }
            return Some(flight);
        }
        let tried = |run: &Run| run.attempts > 0 && which(run);
        let place = head.runs.iter().position(|run| left && tried(run))?;
        let run = head.runs.remove(place);
        let message_at = run.message_at.unwrap_or(run.planned_at);
        Some(Flight {
            claimed_at: message_at,
            message_at,
            run,
            cancelled: None,
        })
    }

    /// A person's answer was accepted and then failed: the customer still waits.
    fn answer_failed(&mut self, message: MessageId) -> bool {
        let head = &mut self.conversation;
        let Some(answer) = head.answer.take_if(|answer| answer.message == message) else {
            return false;
        };
        if head.last_business_at != Some(answer.at) {
            // Somebody has written since.
            return true;
        }
        head.last_business_at = answer.business_before;
        head.waiting_since = head.waiting_since.or(answer.waited_since);
        self.cancel_rule_runs(&Reason::AnswerFailed);
        self.nothing(Reason::AnswerFailed);
        self.effects.push(Effect::NotifyStaff {
            message,
            reason: Reason::AnswerFailed,
        });
        self.schedule_assessment();
        true
    }

    /// The waiting time for a platform's receipt is over: the rule says what happens.
    pub(super) fn give_up_waiting(&mut self) {
        let now = self.now;
        let (over, waiting): (Vec<_>, Vec<_>) = self
            .conversation
            .unknown
            .drain(..)
            .partition(|unknown| unknown.wait_until <= now);
        self.conversation.unknown = waiting;
        for unknown in over {
            let flight = Flight::from(unknown);
            if self.is_sent_again(&flight) {
                if flight.run.is_follow_up() {
                    self.uncount(flight.claimed_at);
                }
                let run = Run {
                    repeats: Some(flight.claimed_at),
                    ..flight.run
                };
                self.put_back(run, now, Reason::SentAgain);
            } else {
                self.never_known(&flight);
            }
        }
    }

    fn is_sent_again(&self, flight: &Flight) -> bool {
        let rule = flight.run.rule().and_then(|id| self.rule(id));
        rule.is_some_and(|rule| rule.spec.on_unknown == OnUnknown::Resend)
            && flight.cancelled.is_none()
            && (flight.run.visit.is_some() || flight.run.episode == self.conversation.episode)
            && flight.run.attempts < MOST_ATTEMPTS
    }

    fn never_known(&mut self, flight: &Flight) {
        let reason = Reason::OutcomeNeverKnown;
        let verdict = Verdict::Skipped {
            reason: reason.clone(),
        };
        self.note(verdict, &flight.run);
        self.tell_staff(&flight.run, reason);
        if flight.run.rule().is_none() {
            self.after_nothing_was_sent(&flight.run);
        }
    }
}
