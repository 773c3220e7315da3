//! When the rules are put to the decider, and what its answer leads to.

use chrono::{DateTime, TimeDelta, Utc};

use super::decider::Decider;
use super::gates::is_too_late;
use super::{Assessed, Effect, Judgement, LEASE, Snapshot};
use crate::consent::Stoppable;
use crate::conversation::{OPT_OUT_LABEL, State};
use crate::plan;
use crate::receipt::{Entry, Gate, GateName, Reason, Verdict};
use crate::rule::Rule;

/// A rule with a short delay is assessed this long before it is due, at the latest.
const BEFORE_DUE: TimeDelta = TimeDelta::seconds(30);

impl Decider<'_> {
    /// Sets the time at which the rules are put to the decider, or says why it never comes.
    pub(super) fn schedule_assessment(&mut self) {
        match self.assessment_time() {
            Ok(at) => self.assess_at(at),
            Err(reason) => {
                self.conversation.assess_at = None;
                self.nothing(reason);
            }
        }
    }

    pub(super) fn assess_at(&mut self, at: DateTime<Utc>) {
        self.conversation.assess_at = Some(at);
        self.entries.push(Entry::new(Verdict::WillAssess { at }));
    }

    pub(super) fn assessment_time(&self) -> Result<DateTime<Utc>, Reason> {
        let head = &self.conversation;
        match &head.state {
            State::Open => {}
            State::Suspended { .. } => return Err(Reason::ConversationSuspended),
            State::Closed { .. } => return Err(Reason::ConversationClosed),
        }
        if head.thread.elsewhere_since.is_some() {
            return Err(Reason::ThreadElsewhere);
        }
        if let Some(since) = self.opted_out_at {
            return Err(self.stoppable.reason(since));
        }
        if !head.reachable {
            return Err(Reason::Unreachable);
        }
        if self.person_is_writing() {
            return Err(Reason::BusinessIsWriting);
        }
        if self.rules_in_force().next().is_none() {
            return Err(Reason::NoRules);
        }
        let any_silence = self.rules_in_force().any(|rule| rule.spec.any_silence());
        let (Some(_), Some(anchor)) = (head.last_customer_at, self.anchor()) else {
            return Err(Reason::NeverWrote);
        };
        if head.last_business_at.is_none() && !any_silence {
            return Err(Reason::NoAnswerYet);
        }
        if head.episode_sent > 0 {
            return Err(Reason::EpisodeDone);
        }
        if head.turn != self.known.customer.turn {
            // They went on in another conversation; this one is no silence of theirs.
            return Err(Reason::CustomerReplied);
        }
        // A rule that is new to an old silence must not wake everybody who ever fell silent.
        let in_time = |rule: &&Rule| !self.is_over(rule);
        if !self.rules_in_force().any(|rule| in_time(&rule)) {
            return Err(Reason::Expired);
        }
        let shortest = self
            .rules_in_force()
            .filter(in_time)
            .filter_map(|rule| rule.spec.first_step().after.fixed())
            .min();
        let wait = self.known.settings.assess_delay();
        let wait = shortest.map_or(wait, |delay| wait.min(delay - BEFORE_DUE));
        Ok((anchor + wait.max(TimeDelta::zero())).max(self.now))
    }

    /// Puts the rules to the decider. Only the answer ends it: after [`LEASE`] it is asked again.
    pub(super) fn assess(&mut self) {
        if let Err(reason) = self.assessment_time() {
            self.conversation.assess_at = None;
            self.nothing(reason);
            return;
        }
        let Some(anchor) = self.anchor() else {
            return;
        };
        let rules = self
            .rules_in_force()
            .map(|rule| {
                let by_decider = rule.spec.first_step().after.fixed().is_none();
                let interval = by_decider
                    .then(|| plan::legal_interval(&rule.spec, anchor, self.circumstances(&[])))
                    .flatten();
                (rule.id, interval)
            })
            .collect();
        self.effects.push(Effect::Assess { rules });
        self.conversation.asked_at = Some(self.now);
        self.conversation.assess_at = Some(self.now + LEASE);
    }

    pub(super) fn assessed(&mut self, answer: &Assessed) {
        let head = &self.conversation;
        if answer.episode != head.episode
            || Some(answer.anchor) != self.anchor()
            || head.state != State::Open
            || head.thread.elsewhere_since.is_some()
            || self.person_is_writing()
            || self.rules_changed_since(head.asked_at)
        {
            // The world moved on while the decider was thinking; what is due is asked anew.
            return;
        }
        self.conversation.assess_at = None;
        self.conversation.backlog.clear();
        if answer.opt_out {
            let at = self.conversation.last_customer_at.unwrap_or(self.now);
            match self.stoppable {
                Stoppable::Chat => self.consent(at, true),
                Stoppable::Sms => {
                    // It would end what people write as well, and only the customer could lift it:
                    // what they have not said themselves is for a person to read (MO-28).
                    self.conversation.label(OPT_OUT_LABEL);
                    self.suspend(Reason::OptedOut { since: at }, None);
                }
            }
            return;
        }
        let in_force =
            |judgement: &&Judgement| self.rules_in_force().any(|rule| rule.id == judgement.rule);
        let stopped = answer.rules.iter().filter(in_force).find(|one| one.stop);
        if let Some(stopped) = stopped {
            self.stop(stopped);
            return;
        }
        let candidates = self.candidates(answer);
        self.plan_first(&candidates, answer);
        if answer.rules.is_empty() {
            self.nothing(Reason::NoRules);
        }
    }

    /// Whether the silence is too old for the rule. That goes by when somebody wrote, even where
    /// its delay counts from later: nobody is reminded of what was said weeks ago because their
    /// conversation is opened again.
    fn is_over(&self, rule: &Rule) -> bool {
        let last = self.conversation.last_interaction_at();
        last.is_some_and(|last| is_too_late(latest_wish(rule, last), self.now))
    }

    /// The answer is about other rules than those in force.
    fn rules_changed_since(&self, asked_at: Option<DateTime<Utc>>) -> bool {
        asked_at.is_some_and(|asked| self.rules_in_force().any(|rule| rule.updated_at > asked))
    }

    /// The rules that compete, first choice first; for the others an entry that says why not.
    fn candidates<'b>(&mut self, answer: &'b Assessed) -> Vec<(&'b Judgement, Rule)> {
        let mut candidates = Vec::new();
        for judgement in &answer.rules {
            let Some(rule) = self.rule(judgement.rule) else {
                continue;
            };
            match self.competes(rule, judgement, answer) {
                Ok(()) => candidates.push((judgement, rule.clone())),
                Err((reason, gates)) => self.entries.push(
                    Entry::new(Verdict::Nothing { reason })
                        .rule(rule.id)
                        .gates(gates)
                        .remark(&judgement.reason),
                ),
            }
        }
        // Highest priority first, then the older rule (DK-24).
        candidates.sort_by_key(|(_, rule)| {
            let priority = std::cmp::Reverse(rule.spec.priority);
            (priority, rule.created_at, rule.id)
        });
        candidates
    }

    fn competes(
        &self,
        rule: &Rule,
        judgement: &Judgement,
        answer: &Assessed,
    ) -> Result<(), (Reason, Vec<Gate>)> {
        if !rule.enabled {
            return Err((Reason::RuleDisabled, Vec::new()));
        }
        let (answered, input, refusal) =
            match (self.conversation.last_business_at, answer.customer_waits) {
                (None, _) => (false, "we never answered", Reason::NoAnswerYet),
                (Some(_), true) => (false, "the customer waits for us", Reason::CustomerWaits),
                (Some(_), false) => (
                    true,
                    "we wrote, and the customer owes the next word",
                    Reason::CustomerWaits,
                ),
            };
        let answered = answered || rule.spec.any_silence();
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
            Err((refusal, gates))
        } else if self.anchor() > self.conversation.last_interaction_at() && self.is_over(rule) {
            Err((Reason::Expired, gates))
        } else if !judgement.applies {
            Err((Reason::DoesNotApply, gates))
        } else {
            Ok(())
        }
    }
}

/// Whether a silence has fallen through: the rules should be put to the decider, nobody has done
/// so since somebody last wrote, and nothing is pending that would (NX-20).
#[must_use]
pub fn is_forgotten(known: &Snapshot<'_>, now: DateTime<Utc>) -> bool {
    let head = known.conversation;
    head.is_unplanned() && Decider::new(known, now).assessment_time().is_ok()
}

/// The latest time at which a rule could want its message.
fn latest_wish(rule: &Rule, anchor: DateTime<Utc>) -> DateTime<Utc> {
    anchor
        + rule
            .spec
            .first_step()
            .after
            .fixed()
            .unwrap_or(plan::AI_HORIZON)
}
