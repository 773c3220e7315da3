//! Somebody wrote: the customer, a machine of theirs, or a person of ours.

use chrono::{DateTime, Utc};

use super::CustomerWrote;
use super::decider::{Decider, about};
use crate::consent::Stoppable;
use crate::conversation::{Preview, Run, Source, State};
use crate::ids::{MessageId, RunId};
use crate::message::Category;
use crate::receipt::{How, Reason, Verdict};
use crate::rule::Purpose;
use crate::window::Window;

impl Decider<'_> {
    pub(super) fn customer_wrote(&mut self, message: &CustomerWrote) {
        let at = message.at.min(self.now);
        self.conversation.unread = self.conversation.unread.saturating_add(1);
        // Whoever writes has not blocked us, unless that came after it.
        let is_back = self.is_told(at, true);
        self.show(at, &message.preview, true);
        if message.opens_window {
            self.open_window(at);
        }
        if message.automatic {
            // Neither an answer nor a question: what is pending stays, and no silence begins.
            // Otherwise two machines would keep each other going.
            self.nothing(Reason::AutomaticMessage);
            if message.opt_out {
                self.consent(at, true);
            } else if is_back {
                self.let_in_again(at);
                self.schedule_assessment();
            }
            return;
        }

        let head = &mut self.conversation;
        head.turn = self.known.customer.turn;
        head.episode += 1;
        if head.last_automated_at.is_none_or(|sent| at >= sent) {
            // A message that arrives late does not end the silence that we have written into.
            head.episode_sent = 0;
        }
        head.last_customer_at = head.last_customer_at.max(Some(at));
        if head.last_business_at.is_none_or(|answered| at >= answered) {
            let since = head.waiting_since.map_or(at, |since| since.min(at));
            head.waiting_since = Some(since);
        }
        if message.opt_out && self.stoppable == Stoppable::Sms {
            // The provider confirms it, and nobody of ours may write any more.
            head.waiting_since = None;
        }
        if self.opted_out_at.is_none() {
            // A stop trigger and a closed conversation last until the customer writes; an
            // opt-out lasts.
            self.conversation.state = State::Open;
        }
        self.cancel_rule_runs(&Reason::CustomerReplied);
        self.cancel_runs(&Reason::CustomerReplied, Run::ends_with_reply);
        if message.opt_out {
            self.consent(at, true);
        } else {
            self.set_aside_what_is_held();
            self.schedule_assessment();
        }
    }

    /// A call that was answered ends the silence as a message does, and is its own answer: nobody waits,
    /// and whether anything is to follow is not in writing.
    pub(super) fn spoke(&mut self, at: DateTime<Utc>, preview: &str) {
        let at = at.min(self.now);
        let head = &self.conversation;
        let (unread, waiting_since) = (head.unread, head.waiting_since);
        let newest = head.last_customer_at.is_none_or(|wrote| at >= wrote);
        self.customer_wrote(&CustomerWrote {
            at,
            preview: preview.to_owned(),
            opens_window: false,
            opt_out: false,
            automatic: false,
        });
        let head = &mut self.conversation;
        head.last_business_at = head.last_business_at.max(Some(at));
        if newest {
            head.waiting_since = None;
            head.unread = 0;
            head.assess_at = None;
        } else {
            // It is told late: what was written since still waits.
            head.waiting_since = waiting_since;
            head.unread = unread;
        }
    }

    /// What was judged is not what they say now: it is judged again before anything goes. It is no
    /// new message, so it neither begins a silence nor waits for an answer by itself. What a stop
    /// trigger was found in may be gone.
    pub(super) fn customer_changed(&mut self, opt_out: bool) {
        self.conversation.revision += 1;
        if opt_out {
            self.consent(self.now, true);
            return;
        }
        let stopped = matches!(
            self.conversation.state,
            State::Suspended {
                reason: Reason::StopTriggerMet { .. },
                ..
            }
        );
        if stopped {
            self.conversation.state = State::Open;
            self.schedule_assessment();
        } else {
            self.assess_again();
        }
    }

    /// A reaction says something too: what is pending is put to the decider again before it goes.
    pub(super) fn customer_acted(&mut self, at: DateTime<Utc>) {
        self.conversation.revision += 1;
        self.open_window(at.min(self.now));
        self.assess_again();
    }

    fn assess_again(&mut self) {
        let pending = self.conversation.runs.iter();
        let next = pending
            .filter(|run| run.is_follow_up())
            .map(|run| run.due_at)
            .min();
        if let (Some(due), Ok(_)) = (next, self.assessment_time()) {
            let soon = self.now + self.known.settings.assess_delay();
            self.assess_at(soon.min(due).max(self.now));
        }
    }

    pub(super) fn business_wrote(&mut self, at: DateTime<Utc>, preview: Option<&str>) {
        let at = at.min(self.now);
        let head = &mut self.conversation;
        let newest = head.last_interaction_at().is_none_or(|last| at >= last);
        head.last_business_at = head.last_business_at.max(Some(at));
        if head.last_customer_at.is_none_or(|wrote| at >= wrote) {
            head.waiting_since = None;
            head.unread = 0;
        }
        if let Some(text) = preview {
            // In the platform's own app; what went through us is counted when it was accepted.
            self.conversation.sent.insert(Category::Manual);
            self.show(at, text, false);
        }
        if newest {
            self.conversation.turn = self.known.customer.turn;
            self.cancel_rule_runs(&Reason::BusinessAnswered);
            self.schedule_assessment();
        } else if !self.conversation.runs.iter().any(Run::is_follow_up) {
            // It arrived late: what is pending counts from something newer and stays.
            self.schedule_assessment();
        }
    }

    pub(super) fn manual_message(
        &mut self,
        id: RunId,
        message: MessageId,
        source: Source,
        send_at: DateTime<Utc>,
        set_aside_at: Option<DateTime<Utc>>,
    ) {
        let mut runs = self.conversation.runs.iter();
        let known = runs.find(|run| run.id == id);
        let is_same = |run: &Run| {
            run.wanted_at == send_at && run.source == source && run.set_aside_at == set_aside_at
        };
        if known.is_some_and(|run| run.attempts > 0 || is_same(run)) {
            return;
        }
        let sending = self.conversation.sending.as_ref();
        if sending.is_some_and(|sending| sending.run.id == id) {
            return;
        }
        self.remove_run(id);
        let run = Run {
            set_aside_at,
            ..self.stored(id, message, source, send_at)
        };
        self.await_its_time(run);
    }

    /// What the business has to say stands here until it is due. It is no answer, and no answer to it is
    /// waited for.
    pub(super) fn notice(
        &mut self,
        id: RunId,
        message: MessageId,
        (at, purpose): (DateTime<Utc>, Purpose),
        send_at: DateTime<Utc>,
    ) {
        let head = &self.conversation;
        let sending = head.sending.iter().map(|sending| &sending.run);
        let unknown = head.unknown.iter().map(|unknown| &unknown.run);
        let mut known = head.runs.iter().chain(sending).chain(unknown);
        if known.all(|run| run.id != id) {
            let source = Source::Notice { at, purpose };
            self.await_its_time(self.stored(id, message, source, send_at));
        }
    }

    fn stored(&self, id: RunId, message: MessageId, source: Source, send_at: DateTime<Utc>) -> Run {
        Run {
            id,
            message,
            episode: self.conversation.episode,
            // Who writes now has seen the customer's other conversations, too.
            turn: self.known.customer.turn,
            from: None,
            planned_at: self.now,
            due_at: send_at,
            wanted_at: send_at,
            rescue: None,
            attempts: 0,
            repeats: None,
            message_at: source.stored_at(),
            set_aside_at: None,
            visit: None,
            source,
        }
    }

    /// A message that is written already stands here until it is due.
    pub(super) fn await_its_time(&mut self, run: Run) {
        let verdict = Verdict::Planned {
            due_at: run.due_at,
            how: How::FreeForm,
            rescue: run.rescue.clone(),
        };
        self.entries.push(about(verdict, &run));
        let persons = run.is_persons();
        self.conversation.runs.push(run);
        if persons && self.person_is_writing() {
            self.cancel_rule_runs(&Reason::BusinessIsWriting);
            self.conversation.assess_at = None;
        }
    }

    /// People want to look again at what they wrote for later, not to lose it (NX-26).
    fn set_aside_what_is_held(&mut self) {
        let runs = self.conversation.runs.iter();
        let held = runs.filter(|run| run.is_held_by_reply() && run.set_aside_at.is_none());
        let held: Vec<_> = held.cloned().collect();
        for run in held {
            self.set_aside(&run, Vec::new());
        }
    }

    pub(super) fn manual_withdrawn(&mut self, message: MessageId) {
        let of_message = |run: &Run| run.message == message && run.rule().is_none();
        let runs = self.conversation.runs.iter();
        let found: Vec<_> = runs.filter(|run| of_message(run)).cloned().collect();
        for run in found {
            self.remove_run(run.id);
            self.cancelled(&run, Reason::Withdrawn);
            self.after_nothing_was_sent(&run);
        }
    }

    fn open_window(&mut self, at: DateTime<Utc>) {
        let closes = Window::opened(self.conversation.channel, at);
        self.conversation.window_closes_at = self.conversation.window_closes_at.max(closes);
    }

    /// Keeps the newest message for lists, whatever order they arrive in.
    fn show(&mut self, at: DateTime<Utc>, text: &str, from_customer: bool) {
        let shown = self.conversation.preview.as_ref();
        if shown.is_none_or(|shown| at >= shown.at) {
            self.conversation.preview = Some(Preview {
                text: text.to_owned(),
                from_customer,
                at,
            });
        }
    }
}
