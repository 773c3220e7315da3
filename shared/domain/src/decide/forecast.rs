//! What would become of a run at a given time: every gate, then frequency cap, quiet hours,
//! window and template. Sending acts on it, the pending view shows it (NX-24).

use chrono::{DateTime, TimeDelta, Utc};

use super::Snapshot;
use super::gates::{consent, gates, is_too_late, reply};
use super::visits::for_a_visit;
use crate::channel::Channel;
use crate::connection::ConnectionState;
use crate::conversation::{Run, Source};
use crate::customer::Reach;
use crate::ids::ConversationId;
use crate::plan::{self, Circumstances, Planned, Slot};
use crate::receipt::{Gate, GateName, How, Reason, Rescue};
use crate::rule::{Action, Purpose, Rule, RuleSpec};
use crate::template::{Template, TemplateCategory};

/// How often a paused connection is looked at again.
const LOOK_AGAIN: TimeDelta = TimeDelta::hours(1);

/// What would become of a run, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// The result.
    pub outlook: Outlook,
    /// Everything that was looked at, in order.
    pub gates: Vec<Gate>,
}

/// What would become of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outlook {
    /// It goes out.
    Send {
        /// As what.
        how: How,
    },
    /// It goes to the customer's other conversation.
    Move {
        /// Which one.
        to: ConversationId,
    },
    /// It waits.
    Hold {
        /// Until when.
        until: DateTime<Utc>,
        /// Why.
        reason: Reason,
    },
    /// It waits until a person has looked at it again.
    SetAside,
    /// Nothing is sent.
    Skip {
        /// Why.
        reason: Reason,
    },
}

/// What would become of a run at this time, as things stand. For the pending view the time is
/// the run's due time, or now if that is past.
#[must_use]
pub fn forecast(known: &Snapshot<'_>, run: &Run, at: DateTime<Utc>) -> Forecast {
    let (mut looked, refusal) = gates(known, run, at);
    let rule = run
        .rule()
        .and_then(|id| known.rules.iter().find(|rule| rule.id == id));
    let outlook = match refusal {
        Some(reason) => Outlook::Skip { reason },
        None if is_set_aside(known, run, &mut looked) => Outlook::SetAside,
        None => held(known, at, &mut looked).unwrap_or_else(|| {
            let outlook = match (&run.source, rule) {
                (_, Some(rule)) if run.visit.is_some() => {
                    for_a_visit(known, rule, run, at, &mut looked)
                }
                (_, Some(rule)) => for_a_rule(known, rule, run, at, &mut looked),
                (Source::Notice { purpose, .. }, None) => {
                    for_a_notice(known, *purpose, at, &mut looked)
                }
                (_, None) => for_a_person(known, at, &mut looked),
            };
            let outlook = while_paused(known, run, outlook, at, &mut looked);
            without_segments(known, run, outlook, at, &mut looked)
        }),
    };
    Forecast {
        outlook,
        gates: looked,
    }
}

/// What a person wrote for later, and the customer has written since.
fn is_set_aside(known: &Snapshot<'_>, run: &Run, looked: &mut Vec<Gate>) -> bool {
    let (input, replied) = match run.set_aside_at {
        Some(since) => {
            let since = known.settings.zone.show(since);
            (format!("set aside since {since}"), true)
        }
        None if run.is_held_by_reply() => reply(known, run),
        None => return false,
    };
    looked.push(Gate::new(GateName::Reply, !replied, input));
    replied
}

/// Whoever wrote it waits: the platform asked for a pause, or takes no second message that soon.
/// What a later moment does to window and quiet hours is looked at when it has come.
fn held(known: &Snapshot<'_>, at: DateTime<Utc>, looked: &mut Vec<Gate>) -> Option<Outlook> {
    let hold = known.connection.held(at);
    let input = match hold {
        None => "the platform asked for no pause".to_owned(),
        Some(hold) => hold.reason.clone(),
    };
    looked.push(Gate::new(GateName::RateLimit, hold.is_none(), input));
    if let Some(hold) = hold {
        let until = hold.until;
        let reason = Reason::ConnectionHeld { until };
        return Some(Outlook::Hold { until, reason });
    }

    let head = known.conversation;
    let pace = head.channel.pace().num_seconds();
    if pace == 0 {
        return None;
    }
    let paced = head.paced_until().filter(|until| *until > at);
    let input = match paced {
        None => format!("nothing left for this customer within {pace} s"),
        Some(_) => format!("something left for this customer within {pace} s"),
    };
    looked.push(Gate::new(GateName::Pace, paced.is_none(), input));
    paced.map(|until| Outlook::Hold {
        until,
        reason: Reason::Paced { until },
    })
}

/// The platform stopped the connection (token, payment, quality): what would leave on it waits
/// until somebody has switched it on again. That is announced; looking again now and then makes
/// good for an announcement that was lost, and finds out when the window has closed.
fn while_paused(
    known: &Snapshot<'_>,
    run: &Run,
    outlook: Outlook,
    at: DateTime<Utc>,
    looked: &mut Vec<Gate>,
) -> Outlook {
    let ConnectionState::Paused { reason: detail, .. } = &known.connection.state else {
        return outlook;
    };
    let Outlook::Send { how } = outlook else {
        return outlook;
    };
    let input = format!("paused: {detail}");
    looked.push(Gate::new(GateName::Connection, false, input));
    if is_too_late(run.wanted_at, at) {
        // Only a person's message comes this far; a rule's has expired.
        let reason = Reason::ConnectionInactive;
        return Outlook::Skip { reason };
    }
    let window = known.conversation.window();
    let closes = match run.rule() {
        None => window.closes_at(),
        Some(_) => window
            .last_moment()
            .map(|last| last + TimeDelta::seconds(1)),
    };
    let closes = closes.filter(|_| how == How::FreeForm);
    let again = at + LOOK_AGAIN;
    let until = closes.map_or(again, |closes| closes.min(again));
    let detail = detail.clone();
    let reason = Reason::ConnectionPaused { until, detail };
    Outlook::Hold { until, reason }
}

/// What cannot leave as SMS any more this month goes by e-mail where that is possible (MO-23). Whether
/// the customer may be written to there is looked at there.
fn without_segments(
    known: &Snapshot<'_>,
    run: &Run,
    outlook: Outlook,
    at: DateTime<Utc>,
    looked: &mut Vec<Gate>,
) -> Outlook {
    let Some((_, spent)) = known.segments_spent.filter(|(id, _)| *id == run.id) else {
        return outlook;
    };
    let Outlook::Send { .. } = outlook else {
        return outlook;
    };
    looked.push(spent.gate());
    let others = others(known);
    let by_email = others
        .iter()
        .filter(|reach| reach.channel == Channel::Email);
    if let Some(open) = plan::first_open(by_email.clone(), at, known.settings.zone, looked) {
        let to = open.conversation;
        return Outlook::Move { to };
    }
    if by_email.count() == 0 {
        let none = "no e-mail address is known, or no connection sends e-mail";
        looked.push(Gate::new(GateName::Channel, false, none));
    }
    let reason = spent.reason();
    Outlook::Skip { reason }
}

/// A person's message: only the platform's window stands in the way.
fn for_a_person(known: &Snapshot<'_>, at: DateTime<Utc>, looked: &mut Vec<Gate>) -> Outlook {
    let window = known.conversation.window();
    let open = window.is_open(at);
    looked.push(Gate::new(
        GateName::Window,
        open,
        plan::window_input(window, at, known.settings.zone),
    ));
    if open {
        Outlook::Send { how: How::FreeForm }
    } else {
        let closed_at = window.closes_at();
        Outlook::Skip {
            reason: Reason::WindowClosed { closed_at },
        }
    }
}

/// What nobody wrote to this customer alone: advertising also waits for the end of the quiet hours. What
/// the customer asked for does not: who books at midnight is told at midnight.
fn for_a_notice(
    known: &Snapshot<'_>,
    purpose: Purpose,
    at: DateTime<Utc>,
    looked: &mut Vec<Gate>,
) -> Outlook {
    let around = circumstances(known, &[], at);
    if purpose == Purpose::Marketing {
        let (until, gate) = plan::after_quiet(at, around);
        looked.push(gate);
        if until > at {
            let reason = Reason::QuietHours { until };
            return Outlook::Hold { until, reason };
        }
    }
    for_a_person(known, at, looked)
}

fn for_a_rule(
    known: &Snapshot<'_>,
    rule: &Rule,
    run: &Run,
    at: DateTime<Utc>,
    looked: &mut Vec<Gate>,
) -> Outlook {
    let others = others(known);
    let around = circumstances(known, &others, at);
    if let Some(until) = capped_until(known, run, at, looked) {
        // Held, when a legal moment comes soon enough; a text that is too late is worth nothing.
        let reason = Reason::FrequencyCap { until };
        return match plan::slot(&rule.spec, until, around).slot {
            Ok(slot) if slot.due_at >= until && !is_too_late(run.wanted_at, slot.due_at) => {
                Outlook::Hold {
                    until: slot.due_at,
                    reason,
                }
            }
            _ => Outlook::Skip { reason },
        };
    }

    let Planned { slot, gates } = plan::slot(&rule.spec, at, around);
    looked.extend(gates);
    match slot {
        Err(reason) => Outlook::Skip { reason },
        Ok(slot) if slot.due_at > at => Outlook::Hold {
            until: slot.due_at,
            reason: Reason::QuietHours { until: slot.due_at },
        },
        Ok(Slot {
            rescue: Some(Rescue::NextChannel { conversation, .. }),
            ..
        }) => Outlook::Move { to: conversation },
        Ok(Slot { how, .. }) => match template_refusal(known, &rule.spec, how, looked) {
            Some(reason) => Outlook::Skip { reason },
            None => Outlook::Send { how },
        },
    }
}

pub(super) fn capped_until(
    known: &Snapshot<'_>,
    run: &Run,
    at: DateTime<Utc>,
    looked: &mut Vec<Gate>,
) -> Option<DateTime<Utc>> {
    let cap = known.settings.frequency_cap;
    let mut customer = known.customer.clone();
    if let Some(repeated) = run.repeats {
        customer.forget_automated(repeated);
    }
    let until = customer.capped_until(cap, at);
    let (messages, hours) = (cap.messages, cap.hours);
    let input = match until {
        None => format!("fewer than {messages} automated messages within {hours} hours"),
        Some(_) => format!("{messages} automated messages within {hours} hours"),
    };
    looked.push(Gate::new(GateName::FrequencyCap, until.is_none(), input));
    until
}

/// A template that Meta lists as marketing needs that consent, whatever the rule says (CF-06).
pub(super) fn template_refusal(
    known: &Snapshot<'_>,
    spec: &RuleSpec,
    how: How,
    looked: &mut Vec<Gate>,
) -> Option<Reason> {
    let Action::Message { template, .. } = &spec.first_step().action;
    let wanted = template.as_ref().filter(|_| how == How::Template)?;
    let is_it = |known: &&Template| known.name == wanted.name && known.language == wanted.language;
    let found = known.templates.iter().find(is_it)?;
    if found.category != TemplateCategory::Marketing {
        return None;
    }
    let (input, refusal) = consent(known, Purpose::Marketing);
    let input = format!("the template is marketing: {input}");
    looked.push(Gate::new(GateName::Consent, refusal.is_none(), input));
    refusal
}

pub(super) fn circumstances<'a>(
    known: &Snapshot<'a>,
    others: &'a [Reach],
    now: DateTime<Utc>,
) -> Circumstances<'a> {
    Circumstances {
        channel: known.conversation.channel,
        window: known.conversation.window(),
        quiet: known.settings.quiet_hours,
        zone: known.settings.zone,
        templates: known.templates,
        others,
        now,
    }
}

/// The customer's other conversations, then those that may begin.
pub(super) fn others(known: &Snapshot<'_>) -> Vec<Reach> {
    let own = known.conversation.id;
    let customer = known.customer;
    let all = customer.conversations.iter().chain(&customer.offered);
    all.filter(|reach| reach.conversation != own)
        .cloned()
        .collect()
}
