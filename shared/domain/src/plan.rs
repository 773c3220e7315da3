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
use crate::settings::Locale;
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
    let (allowed, gate) = after_quiet(wanted, at);
    let mut gates = vec![gate];

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

    if has_text && let Some(other) = next_channel(spec, allowed, at, &mut gates) {
        let rescue = Rescue::NextChannel {
            conversation: other.conversation,
            channel: other.channel,
        };
        return Planned {
            slot: Ok(slot(allowed, How::FreeForm, Some(rescue))),
            gates,
        };
    }

    let closed = Reason::WindowClosed {
        closed_at: at.window.closes_at(),
    };
    let reason = template.reason.or_else(|| left_out(spec, at));
    let reason = reason.unwrap_or(closed);
    Planned {
        slot: Err(reason),
        gates,
    }
}

/// The first moment from `wanted` on that is not in the quiet hours.
pub(crate) fn after_quiet(wanted: DateTime<Utc>, at: Circumstances<'_>) -> (DateTime<Utc>, Gate) {
    let allowed = at
        .quiet
        .map_or(wanted, |quiet| quiet.next_allowed(wanted, at.zone));
    (allowed, quiet_gate(wanted, allowed, at))
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

/// Whether the rule can never send anything on this channel, whatever the window (DK-27).
fn left_out(spec: &RuleSpec, at: Circumstances<'_>) -> Option<Reason> {
    let step = spec.first_step();
    let Action::Message { message, .. } = &step.action;
    let channel = at.channel;
    let window = channel.free_form_window().zip(step.after.fixed());
    let too_late = window.is_some_and(|(window, delay)| delay >= window);
    let never = !channel.has_templates() && (message.is_none() || too_late);
    never.then_some(Reason::ChannelLeftOut { channel })
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
    gates: &mut Vec<Gate>,
) -> Option<&'a Reach> {
    let reached = |other: &&Reach| spec.reaches(other.channel);
    first_open(at.others.iter().filter(reached), when, at.zone, gates)
}

/// The first of these conversations that takes a free text then, as far as is known.
pub(crate) fn first_open<'a>(
    others: impl Iterator<Item = &'a Reach>,
    when: DateTime<Utc>,
    zone: Zone,
    gates: &mut Vec<Gate>,
) -> Option<&'a Reach> {
    for other in others {
        if !Window::of(other.channel, other.window_closes_at).allows(when) {
            continue;
        }
        let input = match &other.refusal {
            None => format!("{} is open to free text", other.channel),
            Some(reason) => {
                let why = reason.explain(Locale::En, zone);
                format!("{} takes nothing now: {why}", other.channel)
            }
        };
        let passed = other.refusal.is_none();
        gates.push(Gate::new(GateName::Channel, passed, input));
        if passed {
            return Some(other);
        }
    }
    None
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::fixtures::{
        berlin, hours, manual, minutes, monday, quiet, rule, template, utc, with_template,
        without_text,
    };
    use crate::ids::{ConnectionId, ConversationId};
    use crate::template::TemplateStatus;

    /// The customer wrote on Monday at 10:00 in Berlin; the window closes a day later.
    fn at(quiet: Option<QuietHours>) -> Circumstances<'static> {
        Circumstances {
            channel: Channel::WhatsApp,
            window: Window::Until(monday() + hours(24)),
            quiet,
            zone: berlin(),
            templates: &[],
            others: &[],
            now: monday() + hours(1),
        }
    }

    fn text_only() -> RuleSpec {
        rule("rule", manual(60)).spec
    }

    fn with_both() -> RuleSpec {
        with_template(rule("rule", manual(60))).spec
    }

    #[test]
    fn nx_02_every_outcome_of_quiet_hours_window_template_and_next_channel() {
        let templates = [template()];
        let open = Reach {
            conversation: ConversationId::derive(&["other"]),
            connection: ConnectionId::derive(&["other"]),
            channel: Channel::Telegram,
            window_closes_at: None,
            refusal: None,
        };
        let shut = Reach {
            channel: Channel::Messenger,
            window_closes_at: Some(monday()),
            ..open.clone()
        };
        let others = [shut, open];
        let night = Some(quiet("21:00", "11:00"));
        let wanted = |hour: i64| monday() + hours(hour);
        let slot = |spec: &RuleSpec, hour: i64, at: Circumstances<'_>| {
            super::slot(spec, wanted(hour), at)
                .slot
                .map(|slot| (slot.due_at, slot.how, slot.rescue))
        };
        let base = at(night);
        let morning = wanted(25);

        // Not quiet, window open: as wanted.
        assert_eq!(
            slot(&text_only(), 5, base),
            Ok((wanted(5), How::FreeForm, None))
        );
        // Quiet, and the window closes before the quiet ends: earlier.
        let earlier = utc("2026-11-02T19:55:00Z");
        let rescue = Some(Rescue::Earlier { wanted: wanted(13) });
        assert_eq!(
            slot(&with_both(), 13, base),
            Ok((earlier, How::FreeForm, rescue))
        );
        // The quiet has begun already: as template, when the quiet is over.
        let late = Circumstances {
            now: wanted(12),
            templates: &templates,
            ..base
        };
        let template = Ok((morning, How::Template, Some(Rescue::Template)));
        assert_eq!(slot(&with_both(), 13, late), template);
        // No template on the platform: on the next channel that is open.
        let elsewhere = Circumstances {
            templates: &[],
            others: &others,
            ..late
        };
        let moved = slot(&text_only(), 13, elsewhere).unwrap();
        assert_eq!((moved.0, moved.1), (morning, How::FreeForm));
        assert!(matches!(
            moved.2,
            Some(Rescue::NextChannel {
                channel: Channel::Telegram,
                ..
            })
        ));
        // A rule that may not go there stays, and is not sent.
        let mut restricted = text_only();
        restricted.channels = vec![Channel::WhatsApp];
        let closed = Reason::WindowClosed {
            closed_at: Some(wanted(24)),
        };
        assert_eq!(slot(&restricted, 13, elsewhere), Err(closed.clone()));
        assert_eq!(slot(&text_only(), 13, late), Err(closed));
        // Quiet, but the window is still open afterwards: held.
        let short = Circumstances {
            quiet: Some(quiet("21:00", "08:00")),
            ..base
        };
        assert_eq!(
            slot(&text_only(), 13, short),
            Ok((wanted(22), How::FreeForm, None))
        );
        // A template alone waits for the end of the quiet and needs no rescue.
        let alone = without_text(with_template(rule("rule", manual(60)))).spec;
        let ready = Circumstances {
            templates: &templates,
            ..base
        };
        assert_eq!(slot(&alone, 13, ready), Ok((morning, How::Template, None)));
        // No quiet hours at all.
        assert_eq!(
            slot(&text_only(), 13, at(None)),
            Ok((wanted(13), How::FreeForm, None))
        );
    }

    #[test]
    fn templates_that_are_not_approved_or_not_known_give_that_as_the_reason() {
        for status in [TemplateStatus::Pending, TemplateStatus::Other("odd".into())] {
            let templates = [Template {
                status,
                ..template()
            }];
            let around = Circumstances {
                templates: &templates,
                ..at(None)
            };
            let reason = slot(&with_both(), monday() + hours(30), around)
                .slot
                .unwrap_err();
            assert_eq!(reason.code(), "template_not_approved");
        }
        let reason = slot(&with_both(), monday() + hours(30), at(None))
            .slot
            .unwrap_err();
        assert_eq!(reason.code(), "template_not_approved");
    }

    #[test]
    fn the_interval_of_ai_mode_is_inside_the_window_unless_there_is_none() {
        let spec = rule("rule", Delay::Ai).spec;
        let anchor = monday() + hours(1);
        let interval = |spec: &RuleSpec, at| legal_interval(spec, anchor, at);
        let first = anchor + minutes(15);
        let last = monday() + hours(24) - minutes(9) - TimeDelta::seconds(1);
        assert_eq!(interval(&spec, at(None)), Some((first, last)));
        let always = Circumstances {
            window: Window::Always,
            channel: Channel::Telegram,
            ..at(None)
        };
        assert_eq!(interval(&spec, always), Some((first, anchor + AI_HORIZON)));
        let closed = Circumstances {
            window: Window::Until(monday()),
            ..at(None)
        };
        assert_eq!(interval(&spec, closed), None);
        let templates = [template()];
        let paid = Circumstances {
            templates: &templates,
            ..closed
        };
        let with_template = with_template(rule("rule", Delay::Ai)).spec;
        assert_eq!(
            interval(&with_template, paid),
            Some((first, anchor + AI_HORIZON))
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

        #[test]
        fn a_slot_is_never_quiet_never_past_and_never_outside_the_window(
            zone in select(vec!["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]),
            start in 1_790_000_000i64..1_830_000_000,
            window in -600i64..3000, wanted in -600i64..6000,
            night in prop::option::of((0u32..1440, 1u32..1439)),
            approved: bool, spec in select(vec![0u8, 1, 2]),
        ) {
            let now = DateTime::from_timestamp(start, 0).unwrap();
            let templates = [Template {
                status: if approved { TemplateStatus::Approved } else { TemplateStatus::Paused },
                ..template()
            }];
            let time = |minute: u32| format!("{:02}:{:02}", minute / 60 % 24, minute % 60);
            let around = Circumstances {
                channel: Channel::WhatsApp,
                window: Window::Until(now + minutes(window)),
                quiet: night.map(|(from, length)| quiet(&time(from), &time(from + length))),
                zone: Zone::parse(zone).unwrap(),
                templates: &templates,
                others: &[],
                now,
            };
            let spec = match spec {
                0 => text_only(),
                1 => with_both(),
                _ => without_text(with_template(rule("rule", manual(60)))).spec,
            };
            let wanted = now + minutes(wanted);
            let planned = slot(&spec, wanted, around);
            let Ok(slot) = planned.slot else { return Ok(()) };
            prop_assert!(slot.due_at >= now);
            prop_assert!(around.quiet.is_none_or(|quiet| !quiet.contains(slot.due_at, around.zone)));
            match slot.how {
                How::FreeForm => prop_assert!(around.window.allows(slot.due_at)),
                How::Template => prop_assert!(approved),
            }
            let earlier = matches!(slot.rescue, Some(Rescue::Earlier { .. }));
            prop_assert_eq!(slot.due_at < wanted.max(now), earlier);
        }

        #[test]
        fn both_ends_of_the_interval_are_legal(
            window in 1i64..3000, anchor in -3000i64..0,
            night in prop::option::of((0u32..1440, 1u32..1439)),
        ) {
            let time = |minute: u32| format!("{:02}:{:02}", minute / 60 % 24, minute % 60);
            let around = Circumstances {
                window: Window::Until(monday() + minutes(window)),
                quiet: night.map(|(from, length)| quiet(&time(from), &time(from + length))),
                now: monday(),
                ..at(None)
            };
            let spec = rule("rule", Delay::Ai).spec;
            if let Some((first, last)) = legal_interval(&spec, monday() + minutes(anchor), around) {
                prop_assert!(first <= last && first >= monday());
                for end in [first, last] {
                    prop_assert!(around.window.allows(end));
                    prop_assert!(around.quiet.is_none_or(|quiet| !quiet.contains(end, berlin())));
                }
            }
        }
    }
}
