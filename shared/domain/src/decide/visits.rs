//! Reminders after a visit: when the one for the customer's last visit may go, and planning it.
//!
//! They are runs like any other, with the visit they remind after. What a silence, a reply or an answer
//! does to follow-ups it does not do to them: they end with what ends them here, which is asked when
//! they are planned, when they are due, and in the claim.

use std::cmp::Reverse;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::decider::{Decider, about};
use super::forecast::{capped_until, circumstances, template_refusal};
use super::gates::gates;
use super::{Outlook, Snapshot};
use crate::conversation::{Run, Source};
use crate::customer::Customer;
use crate::ids::{MessageId, RunId};
use crate::plan::{self, Planned};
use crate::rebooking::due;
use crate::rebooking::{Decision, Situation, Timing};
use crate::receipt::{Entry, Gate, GateName, Reason, Verdict};
use crate::rule::Rule;
use crate::settings::Settings;

/// Who wrote so short a time ago and has no answer yet is not reminded of anything.
const TALKING: TimeDelta = TimeDelta::days(1);

/// Nothing leaves sooner after the appointments changed: a history is told one by one, and the next word
/// may be of a later visit.
const SETTLING: TimeDelta = TimeDelta::minutes(10);

/// When the reminder for a visit may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reminder {
    /// The customer's last visit.
    pub visit: NaiveDate,
    /// Now, or in the future.
    pub at: DateTime<Utc>,
}

/// The rule that reminds: of several the one with the highest priority, then the oldest. A visit has
/// one reminder, whatever the number of rules.
#[must_use]
pub fn visit_rule(rules: &[Rule]) -> Option<&Rule> {
    let reminds = |rule: &&Rule| rule.enabled && rule.spec.after_visit().is_some();
    rules
        .iter()
        .filter(reminds)
        .min_by_key(|rule| (Reverse(rule.spec.priority), rule.created_at, rule.id))
}

/// When the reminder of this rule for the customer's last visit may go, or why it does not. `own` is its
/// message, if it has been planned: that this very message was tried is no reminder before it.
pub fn reminder(
    customer: &Customer,
    settings: &Settings,
    rule: &Rule,
    own: Option<MessageId>,
    now: DateTime<Utc>,
) -> Result<Reminder, Reason> {
    let (habit, zone) = (&customer.habit, settings.zone);
    let (timing, limits) = rule.spec.after_visit().ok_or(Reason::NoVisit)?;
    // Of a customer who was never there nothing else is looked at: most of them are.
    if habit.visits.is_empty() {
        return Err(Reason::NoVisit);
    }
    let prediction = habit.predict(&settings.patterns(), zone, now);
    let prediction = prediction.ok_or(Reason::NoVisit)?;
    let visit = prediction.last_visit;
    let of_others = |message| Some(message) != own;
    let reminded = habit.reminded.filter(|last| of_others(last.message));
    let situation = Situation {
        now,
        zone,
        last_visit: visit,
        next_booking: habit.next_booking(now),
        reminded_for: reminded.map(|last| last.visit),
        // Asked of the ledger, by a gate of its own.
        marketing: due::Marketing::Allowed,
        live_since: rule
            .updated_at
            .max(habit.known_since.unwrap_or(rule.updated_at)),
    };
    // Quiet hours move it within its day, never to another one (PH-16).
    let timing = Timing {
        at: settings
            .quiet_hours
            .map_or(timing.at, |quiet| quiet.within_day(timing.at)),
        ..*timing
    };
    match due::decide(&prediction, &timing, limits, &situation) {
        Decision::Send { at, .. } | Decision::Hold { until: at } => Ok(Reminder { visit, at }),
        Decision::Skip(skip) => Err(skip.into()),
    }
}

/// What the gate of a planned reminder says: it is for the customer's last visit, and still wanted.
pub(super) fn visit_gate(
    known: &Snapshot<'_>,
    rule: &Rule,
    run: &Run,
    day: NaiveDate,
    now: DateTime<Utc>,
) -> (String, Option<Reason>) {
    let last = known.customer.habit.last_visit(known.settings.zone, now);
    let refusal = match last {
        Some(last) if last > day => Some(Reason::LaterVisit { on: last }),
        Some(last) if last == day => {
            reminder(known.customer, known.settings, rule, Some(run.message), now).err()
        }
        // It was moved, or is none any more.
        Some(_) | None => Some(Reason::NoVisit),
    };
    let last = last.map_or("none".to_owned(), |day| day.to_string());
    let next = known.customer.habit.next_booking(now);
    let next = next.map_or("nothing".to_owned(), |at| known.settings.zone.show(at));
    let input = format!("for the visit on {day}, last visit {last}, {next} booked");
    (input, refusal)
}

/// What becomes of a reminder that no gate refuses. Whatever is in the way for a while makes it wait
/// for the same time of another day, as long as it is not too late then.
pub(super) fn for_a_visit(
    known: &Snapshot<'_>,
    rule: &Rule,
    run: &Run,
    at: DateTime<Utc>,
    looked: &mut Vec<Gate>,
) -> Outlook {
    let zone = known.settings.zone;
    let when = |at| reminder(known.customer, known.settings, rule, Some(run.message), at);
    let from = |moment: DateTime<Utc>, reason: Reason| match when(moment) {
        Ok(next) => Outlook::Hold {
            until: next.at.max(moment),
            reason,
        },
        Err(_) => Outlook::Skip { reason },
    };
    let due = match when(at) {
        Ok(due) => due.at,
        Err(reason) => return Outlook::Skip { reason },
    };
    let input = format!("{}, may go {}", zone.show(at), zone.show(due));
    looked.push(Gate::new(GateName::TimeOfDay, due <= at, input));
    if due > at {
        let reason = Reason::TimeOfDay { until: due };
        return Outlook::Hold { until: due, reason };
    }

    let head = known.conversation;
    let talking = head.waiting_since.filter(|since| at - *since < TALKING);
    let in_the_way = if head.person_is_writing(at) {
        Some((
            "a person's message goes out within a day",
            Reason::BusinessIsWriting,
        ))
    } else {
        talking.map(|_| ("the customer waits for us", Reason::CustomerWaits))
    };
    let input = in_the_way
        .as_ref()
        .map_or("nobody is writing", |(input, _)| input);
    looked.push(Gate::new(GateName::Person, in_the_way.is_none(), input));
    if let Some((_, reason)) = in_the_way {
        return from(zone.next_day(at), reason);
    }
    if let Some(until) = capped_until(known, run, at, looked) {
        return from(until, Reason::FrequencyCap { until });
    }
    let Planned { slot, gates } = plan::slot(&rule.spec, at, circumstances(known, &[], at));
    looked.extend(gates);
    match slot {
        Err(reason) => Outlook::Skip { reason },
        Ok(slot) if slot.due_at > at => {
            let until = slot.due_at;
            from(until, Reason::QuietHours { until })
        }
        Ok(slot) => match template_refusal(known, &rule.spec, slot.how, looked) {
            Some(reason) => Outlook::Skip { reason },
            None => Outlook::Send { how: slot.how },
        },
    }
}

impl Decider<'_> {
    /// The customer's appointments changed, or the rule did, or where it reaches them. What is pending
    /// and still right stays; `plan` has the ids for a new one, if this is the place for it.
    pub(super) fn visits_changed(&mut self, plan: Option<(RunId, MessageId)>) {
        let runs = self.conversation.runs.iter();
        let pending: Vec<Run> = runs.filter(|run| run.visit.is_some()).cloned().collect();
        let rule = plan.and_then(|_| visit_rule(self.known.rules));
        let own = pending.first().map(|run| run.message);
        let (customer, settings) = (self.known.customer, self.known.settings);
        let wanted = rule.map(|rule| (rule, reminder(customer, settings, rule, own, self.now)));
        let mut stays = false;
        for run in pending {
            let refused = || {
                let known = Snapshot {
                    conversation: &self.conversation,
                    ..self.known
                };
                gates(&known, &run, self.now).1
            };
            let reason = match &wanted {
                Some((rule, Ok(due))) if !stays && is_it(&run, rule, *due, self.now) => {
                    stays = true;
                    continue;
                }
                Some((_, Err(reason))) => reason.clone(),
                Some((_, Ok(_))) => Reason::AppointmentsChanged,
                None => refused().unwrap_or(Reason::AppointmentsChanged),
            };
            self.cancel_runs(&reason, |known| known.id == run.id);
        }
        match (wanted, plan) {
            (Some((rule, Err(reason))), _) => {
                let verdict = Verdict::Nothing { reason };
                self.entries.push(Entry::new(verdict).rule(rule.id));
            }
            (Some((rule, Ok(due))), Some(ids)) if !stays => self.plan_reminder(rule, due, ids),
            (Some(_) | None, _) => {}
        }
    }

    fn plan_reminder(&mut self, rule: &Rule, due: Reminder, ids: (RunId, MessageId)) {
        let due_at = due.at.max(self.now + SETTLING);
        let run = Run {
            visit: Some(due.visit),
            due_at,
            ..self.new_run(rule, due.at, ids)
        };
        let known = Snapshot {
            conversation: &self.conversation,
            ..self.known
        };
        // Who refuses it now may have allowed it by then.
        let (mut looked, _) = gates(&known, &run, self.now);
        let around = self.circumstances(&[]);
        let Planned { slot, gates } = plan::slot(&rule.spec, due.at, around);
        looked.extend(gates);
        match slot {
            Err(reason) => {
                let entry = Entry::new(Verdict::Skipped { reason });
                self.entries.push(entry.rule(rule.id).gates(looked));
            }
            Ok(slot) => {
                let verdict = Verdict::Planned {
                    due_at,
                    how: slot.how,
                    rescue: None,
                };
                self.entries.push(about(verdict, &run).gates(looked));
                self.conversation.runs.push(run);
            }
        }
    }
}

/// Whether what is pending is what would be planned. What was due and waits for something stays.
fn is_it(run: &Run, rule: &Rule, due: Reminder, now: DateTime<Utc>) -> bool {
    let by_rule = matches!(run.source, Source::Rule { rule: id, version, .. } if id == rule.id && version == rule.version);
    by_rule && run.visit == Some(due.visit) && (run.wanted_at == due.at || run.wanted_at <= now)
}
