//! When a follow-up may go out, and as what: delay, quiet hours, window and templates together.
//!
//! The order of rescue when quiet hours would push a send past the window (NX-02): earlier, in
//! the last legal slot; else as template; else on the customer's next channel; else not at all.

use chrono::{DateTime, TimeDelta, Utc};

use crate::channel::Channel;
use crate::customer::Reach;
use crate::local_time::{QuietHours, Zone};
use crate::receipt::{Gate, GateName, How, Reason, Rescue};
use crate::rule::{Action, Delay, RuleSpec};
use crate::template::Template;
use crate::window::Window;

/// A rule in AI mode never waits longer than this for a free text without a window.
pub const AI_HORIZON: TimeDelta = TimeDelta::days(3);
/// A rule in AI mode waits at least this long.
const AI_MINIMUM: TimeDelta = TimeDelta::minutes(15);
/// A rule in AI mode waits this long when no time was chosen.
const AI_FALLBACK: TimeDelta = TimeDelta::hours(4);
/// Timers may fire a little late: what is moved to the end of something keeps this distance.
const SLACK: TimeDelta = TimeDelta::minutes(4);

/// Everything a slot depends on.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    /// The conversation's channel.
    pub channel: Channel,
    /// Its free-form window.
    pub window: Window,
    /// The workspace's quiet hours.
    pub quiet: Option<QuietHours>,
    /// The workspace's zone.
    pub zone: Zone,
    /// The templates known on the conversation's connection.
    pub templates: &'a [Template],
    /// The customer's other conversations.
    pub others: &'a [Reach],
    /// The present.
    pub now: DateTime<Utc>,
}

/// A legal time and form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// When.
    pub due_at: DateTime<Utc>,
    /// When it was wanted.
    pub wanted_at: DateTime<Utc>,
    /// As what.
    pub how: How,
    /// What had to be changed.
    pub rescue: Option<Rescue>,
}

/// A slot, or why there is none, and in either case the gates that were looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The result.
    pub slot: Result<Slot, Reason>,
    /// How it came about.
    pub gates: Vec<Gate>,
}

/// Finds the slot for a rule whose message is wanted at `wanted`.
#[must_use]
pub fn slot(spec: &RuleSpec, wanted: DateTime<Utc>, at: Circumstances<'_>) -> Planned {
    let wanted = wanted.max(at.now);
    let allowed = at
        .quiet
        .map_or(wanted, |quiet| quiet.next_allowed(wanted, at.zone));
    let mut gates = vec![quiet_gate(wanted, allowed, at)];

    let Action::Message { message, .. } = &spec.first_step().action;
    let has_text = message.is_some();
    let slot = |due_at, how, rescue| Slot {
        due_at,
        wanted_at: wanted,
        how,
        rescue,
    };

    if has_text {
        let open = at.window.allows(allowed);
        gates.push(Gate::new(
            GateName::Window,
            open,
            window_input(at.window, allowed, at.zone),
        ));
        if open {
            return Planned {
                slot: Ok(slot(allowed, How::FreeForm, None)),
                gates,
            };
        }
        if let Some(earlier) = slot_before_quiet(wanted, at) {
            gates.push(Gate::new(
                GateName::Window,
                true,
                format!("{} is before the quiet hours", at.zone.show(earlier)),
            ));
            return Planned {
                slot: Ok(slot(
                    earlier,
                    How::FreeForm,
                    Some(Rescue::Earlier { wanted }),
                )),
                gates,
            };
        }
    }

    let template = approved_template(spec, at);
    if let Some(gate) = template.gate {
        gates.push(gate);
    }
    if template.usable {
        let rescue = has_text.then_some(Rescue::Template);
        return Planned {
            slot: Ok(slot(allowed, How::Template, rescue)),
            gates,
        };
    }

    if has_text && let Some(other) = next_channel(spec, allowed, at) {
        gates.push(Gate::new(
            GateName::Channel,
            true,
            format!("{} is open to free text", other.channel),
        ));
        let rescue = Rescue::NextChannel {
            conversation: other.conversation,
            channel: other.channel,
        };
        return Planned {
            slot: Ok(slot(allowed, How::FreeForm, Some(rescue))),
            gates,
        };
    }

    let reason = template.reason.unwrap_or(Reason::WindowClosed {
        closed_at: at.window.closes_at(),
    });
    Planned {
        slot: Err(reason),
        gates,
    }
}

/// The interval inside which a decider may choose the time of a rule in AI mode; `None` when
/// there is no legal moment. Both ends are legal, and so the decider cannot break a rule.
#[must_use]
pub fn legal_interval(
    spec: &RuleSpec,
    anchor: DateTime<Utc>,
    at: Circumstances<'_>,
) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let earliest = slot(spec, anchor + AI_MINIMUM, at).slot.ok()?.due_at;
    let horizon = anchor + AI_HORIZON;
    let Action::Message { message, template } = &spec.first_step().action;
    let latest = match at.window.last_moment().map(|last| last - SLACK) {
        // A template costs extra, so inside an open window the time is chosen inside it.
        Some(last) if message.is_some() && last > earliest => last.min(horizon),
        Some(_) | None if template.is_some() || at.window == Window::Always => horizon,
        Some(_) | None => earliest,
    };
    let latest = at
        .quiet
        .map_or(latest, |quiet| quiet.last_allowed_before(latest, at.zone));
    Some((earliest, latest.max(earliest)))
}

/// When a rule wants its message: after its fixed delay, else at the time that was chosen.
#[must_use]
pub fn wanted_at(
    delay: Delay,
    anchor: DateTime<Utc>,
    chosen: Option<DateTime<Utc>>,
) -> DateTime<Utc> {
    match delay.fixed() {
        Some(fixed) => anchor + fixed,
        None => chosen.unwrap_or(anchor + AI_FALLBACK),
    }
}

struct TemplateAnswer {
    usable: bool,
    gate: Option<Gate>,
    reason: Option<Reason>,
}

fn approved_template(spec: &RuleSpec, at: Circumstances<'_>) -> TemplateAnswer {
    let Action::Message {
        template: wanted, ..
    } = &spec.first_step().action;
    let Some(wanted) = wanted.as_ref().filter(|_| at.channel.has_templates()) else {
        return TemplateAnswer {
            usable: false,
            gate: None,
            reason: None,
        };
    };
    let found = at
        .templates
        .iter()
        .find(|known| known.name == wanted.name && known.language == wanted.language);
    let usable = found.is_some_and(Template::is_approved);
    let input = match found {
        Some(template) => format!(
            "{} ({}) is {}",
            template.name,
            template.language,
            template.status.word()
        ),
        None => format!("{} ({}) is not known", wanted.name, wanted.language),
    };
    let reason = Reason::TemplateNotApproved {
        name: wanted.name.clone(),
        language: wanted.language.clone(),
    };
    TemplateAnswer {
        usable,
        gate: Some(Gate::new(GateName::Template, usable, input)),
        reason: (!usable).then_some(reason),
    }
}

/// The last legal moment before the quiet hours, when only they are in the way.
fn slot_before_quiet(wanted: DateTime<Utc>, at: Circumstances<'_>) -> Option<DateTime<Utc>> {
    let quiet = at
        .quiet
        .filter(|quiet| quiet.contains(wanted, at.zone) && at.window.allows(wanted))?;
    let last = quiet.last_allowed_before(wanted, at.zone);
    let earlier = (last - SLACK).max(at.now);
    (earlier <= last && !quiet.contains(earlier, at.zone) && at.window.allows(earlier))
        .then_some(earlier)
}

fn next_channel<'a>(
    spec: &RuleSpec,
    when: DateTime<Utc>,
    at: Circumstances<'a>,
) -> Option<&'a Reach> {
    at.others
        .iter()
        .filter(|other| spec.reaches(other.channel))
        .find(|other| Window::of(other.channel, other.window_closes_at).allows(when))
}

fn quiet_gate(wanted: DateTime<Utc>, allowed: DateTime<Utc>, at: Circumstances<'_>) -> Gate {
    let input = match at.quiet {
        None => format!("{}, no quiet hours", at.zone.show(wanted)),
        Some(quiet) => format!(
            "{}, quiet from {} to {}",
            at.zone.show(wanted),
            quiet.from(),
            quiet.to()
        ),
    };
    Gate::new(GateName::QuietHours, wanted == allowed, input)
}

pub(crate) fn window_input(window: Window, when: DateTime<Utc>, zone: Zone) -> String {
    match window {
        Window::Always => "no window on this channel".to_owned(),
        Window::Never => "never opened: the customer has not written here".to_owned(),
        Window::Until(closes_at) => {
            format!(
                "send at {}, window closes at {}",
                zone.show(when),
                zone.show(closes_at)
            )
        }
    }
}
