//! From the rules that apply to at most one pending follow-up.

use chrono::{DateTime, Utc};

use super::decider::{Decider, about};
use super::forecast::template_refusal;
use super::gates::{gates, is_too_late};
use super::{Assessed, Forecast, Judgement, Outlook, Snapshot};
use crate::channel::Channel;
use crate::conversation::{Origin, Run, Source};
use crate::ids::{ConversationId, MessageId, RuleId, RunId};
use crate::plan::{self, Planned};
use crate::receipt::{Entry, Gate, GateName, Rank, Reason, Rescue, Verdict};
use crate::rule::Rule;
use crate::sms::tier::Spent;

impl Decider<'_> {
    /// The first candidate that can be planned is; the others wait behind it.
    pub(super) fn plan_first(&mut self, candidates: &[(&Judgement, Rule)], answer: &Assessed) {
        let mut pending = self.pending_rule_run();
        let mut winner: Option<RuleId> = None;
        for (judgement, rule) in candidates {
            if let Some(by) = winner {
                self.conversation.backlog.push(rule.id);
                self.outranked(rule, by, &judgement.reason);
                continue;
            }
            let same = |run: &Run| is_for(run, rule) && self.still_stands(run);
            if pending.take_if(|run| same(run)).is_some() {
                winner = Some(rule.id);
                continue;
            }
            let wanted = self.wanted(rule, answer.anchor, judgement.time);
            let run = self.new_run(rule, wanted, answer.new_run);
            if self.plan_run(run, rule, &judgement.reason) {
                winner = Some(rule.id);
            }
        }
        // What was pending gives way to what the newest answer prefers.
        if let Some(run) = pending {
            let reason = match winner {
                None => Reason::DoesNotApply,
                Some(_) if run.rule() == winner => Reason::RuleChanged,
                Some(by) => self.outranked_by(by, run.rule().and_then(|id| self.rule(id))),
            };
            self.remove_run(run.id);
            self.cancelled(&run, reason);
        }
    }

    pub(super) fn pending_rule_run(&self) -> Option<Run> {
        let mut runs = self.conversation.runs.iter();
        runs.find(|run| run.is_follow_up()).cloned()
    }

    fn still_stands(&self, run: &Run) -> bool {
        let known = Snapshot {
            conversation: &self.conversation,
            ..self.known
        };
        gates(&known, run, self.now).1.is_none()
    }

    fn outranked_by(&self, by: RuleId, loser: Option<&Rule>) -> Reason {
        let priority = |rule: &Rule| rule.spec.priority;
        let rank = match loser.map(priority) == self.rule(by).map(priority) {
            true => Rank::Age,
            false => Rank::Priority,
        };
        Reason::Outranked { by, rank }
    }

    fn outranked(&mut self, rule: &Rule, by: RuleId, remark: &str) {
        let input = format!("priority {}", rule.spec.priority);
        let reason = self.outranked_by(by, Some(rule));
        self.entries.push(
            Entry::new(Verdict::Nothing { reason })
                .rule(rule.id)
                .gates(vec![Gate::new(GateName::Priority, false, input)])
                .remark(remark),
        );
    }

    /// When the rule wants its message; a chosen time is kept inside the legal interval (NX-10).
    fn wanted(
        &self,
        rule: &Rule,
        anchor: DateTime<Utc>,
        chosen: Option<DateTime<Utc>>,
    ) -> DateTime<Utc> {
        let delay = rule.spec.first_step().after;
        let wanted = plan::wanted_at(delay, anchor, chosen);
        if delay.fixed().is_some() {
            return wanted;
        }
        match plan::legal_interval(&rule.spec, anchor, self.circumstances(&[])) {
            Some((first, last)) => wanted.clamp(first, last),
            None => wanted,
        }
    }

    pub(super) fn new_run(
        &self,
        rule: &Rule,
        wanted: DateTime<Utc>,
        ids: (RunId, MessageId),
    ) -> Run {
        Run {
            id: ids.0,
            message: ids.1,
            source: Source::Rule {
                rule: rule.id,
                version: rule.version,
                step: 0,
            },
            episode: self.conversation.episode,
            turn: self.conversation.turn,
            from: None,
            planned_at: self.now,
            due_at: wanted.max(self.now),
            wanted_at: wanted,
            rescue: None,
            attempts: 0,
            repeats: None,
            message_at: None,
            set_aside_at: None,
            visit: None,
        }
    }

    /// Whether the run is pending now. In either case an entry says how it came about.
    fn plan_run(&mut self, mut run: Run, rule: &Rule, remark: &str) -> bool {
        let others = self.others();
        let known = Snapshot {
            conversation: &self.conversation,
            ..self.known
        };
        let (mut looked, refusal) = gates(&known, &run, self.now);
        let around = self.circumstances(&others);
        let Planned { slot, gates } = plan::slot(&rule.spec, run.wanted_at, around);
        looked.extend(gates);
        let planned = refusal.map_or(slot, Err).and_then(|slot| {
            match template_refusal(&known, &rule.spec, slot.how, &mut looked) {
                Some(reason) => Err(reason),
                None => Ok(slot),
            }
        });
        let mut remark = remark.to_owned();
        if let Ok(slot) = &planned
            && rule.spec.first_step().after.fixed().is_none()
            && slot.due_at > run.wanted_at
        {
            // The decider chose a time, and something else moved it: the receipt names both.
            let zone = self.known.settings.zone;
            let chosen = zone.show(run.wanted_at);
            remark.push_str(&format!(
                " [chosen: {chosen}; moved out of the quiet hours]"
            ));
        }
        let (verdict, pending) = match planned {
            Err(reason) => (Verdict::Skipped { reason }, false),
            Ok(slot) => {
                run.due_at = slot.due_at;
                run.rescue = slot.rescue.or(run.rescue);
                let verdict = Verdict::Planned {
                    due_at: slot.due_at,
                    how: slot.how,
                    rescue: run.rescue.clone(),
                };
                (verdict, true)
            }
        };
        let entry = if pending {
            about(verdict, &run)
        } else {
            Entry::new(verdict).rule(rule.id)
        };
        self.entries
            .push(entry.gates(looked).remark(remark.trim_start()));
        if pending {
            self.conversation.runs.push(run);
        }
        pending
    }

    /// The first choice came to nothing: the next rule that applied gets its chance. Nobody has
    /// said anything since, so the decider's answer still holds.
    pub(super) fn plan_from_backlog(&mut self) {
        let Some(anchor) = self.anchor() else {
            return;
        };
        while self.pending_rule_run().is_none() && !self.conversation.backlog.is_empty() {
            let id = self.conversation.backlog.remove(0);
            let Some(rule) = self.rule(id) else { continue };
            let wanted = self.wanted(rule, anchor, None);
            if is_too_late(wanted, self.now) {
                continue;
            }
            let run = self.new_run(rule, wanted, self.derived_ids(rule));
            self.plan_run(run, rule, "");
        }
    }

    /// Ids for a run that no caller has made ids for: the same in every replay.
    fn derived_ids(&self, rule: &Rule) -> (RunId, MessageId) {
        let parts = [
            self.conversation.id.to_string(),
            rule.id.to_string(),
            self.conversation.episode.to_string(),
            self.now.timestamp_micros().to_string(),
        ];
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        (RunId::derive(&parts), MessageId::derive(&parts))
    }

    pub(super) fn rule_changed(&mut self, changed: RuleId) {
        let rule = self.rule(changed);
        let reason = match rule {
            None => Reason::RuleDeleted,
            Some(rule) if !rule.enabled => Reason::RuleDisabled,
            Some(_) => Reason::RuleChanged,
        };
        let of_rule = |run: &Run| run.rule() == Some(changed);
        let follow_up = |run: &Run| of_rule(run) && run.is_follow_up();
        let had = self.conversation.runs.iter().any(follow_up);
        self.conversation.backlog.retain(|rule| *rule != changed);
        self.cancel_runs(&reason, of_rule);

        // Planned anew from the same anchor, with the rules as they are now (DK-22). A rule that
        // is new here competes with what another rule has pending.
        if had {
            self.schedule_assessment();
        } else if self.rules_in_force().any(|rule| rule.id == changed)
            && let Ok(at) = self.assessment_time()
        {
            self.assess_at(at);
        }
    }

    /// Another conversation of the customer takes the run in the same write. This silence has had
    /// its message, or nobody could tell the two apart when the rules are assessed again.
    pub(super) fn moved_away(&mut self, id: RunId, to: ConversationId) {
        let mut runs = self.conversation.runs.iter();
        let Some(run) = runs.find(|run| run.id == id).cloned() else {
            return;
        };
        let Forecast { outlook, gates } = self.forecast(&run);
        if outlook != (Outlook::Move { to }) {
            return;
        }
        self.remove_run(id);
        if run.is_follow_up() {
            self.conversation.backlog.clear();
            self.conversation.episode_sent += 1;
        }
        let reason = Reason::MovedToOtherConversation { conversation: to };
        let verdict = Verdict::Cancelled {
            reason: reason.clone(),
        };
        self.entries.push(about(verdict, &run).gates(gates));
        if run.attempts > 0 || run.rule().is_none() {
            self.settle_skipped(&run, reason);
        }
        // A person's answer that goes by another medium is none here before it has left: the customer still
        // waits, and nothing automated is sent.
    }

    /// What cannot go out in another conversation of the customer. It is taken only if it can leave
    /// at once: whatever would hold it here, the next channel may do better.
    pub(super) fn moved_here(&mut self, run: &Run, from: Origin, instead: Option<Spent>) {
        let run = Run {
            episode: self.conversation.episode,
            // Who wrote it themselves sees all of the customer's conversations.
            from: run.rule().map(|_| from),
            planned_at: self.now,
            due_at: self.now,
            wanted_at: self.now,
            rescue: instead.map(|_| Rescue::EmailInstead),
            attempts: 0,
            repeats: None,
            message_at: run.source.stored_at(),
            set_aside_at: None,
            ..run.clone()
        };
        let Some(id) = run.rule() else {
            return self.persons_message_moved_here(run);
        };
        let Some(rule) = self.rule(id) else {
            let reason = Reason::RuleDeleted;
            return self.note(Verdict::Skipped { reason }, &run);
        };
        if self.conversation.channel == Channel::Email {
            // Nobody writes to us there, so no silence of its own ever ends. The silence that this one
            // belongs to is counted where it comes from.
            self.conversation.episode_sent = 0;
        }
        let pending = self.pending_rule_run().filter(|_| run.is_follow_up());
        let pending = pending.and_then(|pending| pending.rule());
        let in_the_way = if self.conversation.waiting_since.is_some() {
            Some(Reason::CustomerWaits)
        } else if let Some(by) = pending {
            Some(Reason::Outranked {
                by,
                rank: Rank::Pending,
            })
        } else {
            self.cannot_leave_at_once(&run)
        };
        match in_the_way {
            Some(reason) => self.note(Verdict::Skipped { reason }, &run),
            None => {
                self.plan_run(run, rule, "");
            }
        }
    }

    fn persons_message_moved_here(&mut self, run: Run) {
        match self.cannot_leave_at_once(&run) {
            Some(reason) => self.note(Verdict::Skipped { reason }, &run),
            None => self.await_its_time(run),
        }
    }

    fn cannot_leave_at_once(&self, run: &Run) -> Option<Reason> {
        match self.forecast(run).outlook {
            Outlook::Send { .. }
            | Outlook::Hold {
                reason: Reason::Paced { .. },
                ..
            } => None,
            Outlook::Hold { reason, .. } | Outlook::Skip { reason } => Some(reason),
            Outlook::SetAside => Some(Reason::AwaitsReview),
            Outlook::Move { .. } => Some(Reason::WindowClosed {
                closed_at: self.conversation.window_closes_at,
            }),
        }
    }
}

fn is_for(run: &Run, rule: &Rule) -> bool {
    matches!(run.source, Source::Rule { rule: id, version, .. } if id == rule.id && version == rule.version)
}
