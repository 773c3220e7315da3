//! The fields of a draft, one by one: what each must be by itself.

use serde_json::Number;

use super::Reachable;
use super::draft::{DelayDraft, MessageDraft, RuleDraft, TriggerDraft, day_name};
use crate::channel::Channel;
use crate::field::{FieldError, FieldErrors, required_text};
use crate::local_time::TimeOfDay;
use crate::rebooking::{DayChoice, Limits, Timing};
use crate::rule::{
    Action, Colour, DESCRIPTION_LIMIT, Delay, MessageText, NAME_LIMIT, OnUnknown, PRIORITY_LIMIT,
    Purpose, RuleSpec, Step, TemplateUse, Trigger,
};
use crate::variables;

/// With an approved template the source knows no upper limit (DK-11). This one keeps due times
/// inside the years that every calendar and timer can write: 100 years.
const MINUTES_LIMIT: i64 = 100 * 365 * 24 * 60;
/// When people are up and shops are open.
const TEN_O_CLOCK: &str = "10:00";
/// No channel takes a longer text.
const TEXT_LIMIT: usize = 4096;

/// What could be read. A part is `None` when its error has been noted.
pub(super) struct Fields {
    pub(super) name: Option<String>,
    pub(super) colour: Option<Option<Colour>>,
    pub(super) priority: Option<u16>,
    pub(super) purpose: Option<Purpose>,
    pub(super) trigger: Option<Trigger>,
    pub(super) stop: Option<String>,
    pub(super) delay: Option<Delay>,
    pub(super) message: Option<Option<MessageText>>,
    pub(super) channels: Option<Vec<Channel>>,
    pub(super) on_unknown: Option<OnUnknown>,
    /// What may stand in its texts.
    pub(super) variables: &'static [(&'static str, &'static str)],
}

impl Fields {
    /// The rule, when every part could be read.
    pub(super) fn into_spec(self, template: Option<TemplateUse>) -> Option<RuleSpec> {
        Some(RuleSpec {
            name: self.name?,
            colour: self.colour?,
            priority: self.priority?,
            purpose: self.purpose?,
            trigger: self.trigger?,
            stop: self.stop?,
            steps: vec![Step {
                after: self.delay?,
                action: Action::Message {
                    message: self.message?,
                    template,
                },
            }],
            channels: self.channels?,
            on_unknown: self.on_unknown?,
        })
    }
}

pub(super) fn read(draft: &RuleDraft, reach: &Reachable<'_>, errors: &mut FieldErrors) -> Fields {
    let trigger = draft.trigger.clone().unwrap_or_default();
    let kinds = [("silence", false), ("appointment_completed", true)];
    let after_visit = one_of("trigger.type", trigger.kind.as_deref(), &kinds, false);
    if errors.take(after_visit) == Some(true) {
        after_a_visit(draft, &trigger, reach, errors)
    } else {
        after_silence(draft, &trigger, errors)
    }
}

fn after_silence(draft: &RuleDraft, trigger: &TriggerDraft, errors: &mut FieldErrors) -> Fields {
    let stop = draft.stop.clone().unwrap_or_default();
    for (field, given) in [
        ("trigger.day", trigger.day.is_some()),
        ("trigger.at", trigger.at.is_some()),
        ("trigger.late_days", trigger.late_days.is_some()),
        ("trigger.go_live_days", trigger.go_live_days.is_some()),
    ] {
        if given {
            errors.push(not_allowed(
                field,
                "a silence has a `delay`, and no day and time of day",
                "leave it out, or use the trigger `appointment_completed`",
            ));
        }
    }
    let any_silence = trigger.any_silence.unwrap_or(false);
    Fields {
        name: errors.take(name(draft)),
        colour: errors.take(colour(draft.colour.as_deref())),
        priority: errors.take(priority(draft.priority.as_ref())),
        purpose: errors.take(one_of(
            "purpose",
            draft.purpose.as_deref(),
            &[
                ("transactional", Purpose::Transactional),
                ("marketing", Purpose::Marketing),
            ],
            Purpose::default(),
        )),
        trigger: errors
            .take(required_text(
                "trigger.description",
                trigger.description.as_deref(),
                DESCRIPTION_LIMIT,
                "say in plain language in which conversations, when and why the rule applies",
            ))
            .map(|description| Trigger::Silence {
                description,
                any_silence,
            }),
        stop: errors.take(required_text(
            "stop.description",
            stop.description.as_deref(),
            DESCRIPTION_LIMIT,
            "say in plain language when all follow-ups of the conversation stop",
        )),
        delay: errors.take(delay(draft.delay.as_ref())),
        message: errors.take(message(draft.message.as_ref(), &variables::FOLLOW_UP)),
        variables: &variables::FOLLOW_UP,
        channels: errors.take(channels(draft.channels.as_deref().unwrap_or_default())),
        on_unknown: errors.take(on_unknown(draft)),
    }
}

/// A reminder after a visit: what the source lets the owner choose, and nothing that only a silence
/// has (PH-04 to PH-09).
fn after_a_visit(
    draft: &RuleDraft,
    trigger: &TriggerDraft,
    reach: &Reachable<'_>,
    errors: &mut FieldErrors,
) -> Fields {
    for (field, given) in [
        ("trigger.description", trigger.description.is_some()),
        ("trigger.any_silence", trigger.any_silence.is_some()),
        ("stop", draft.stop.is_some()),
        ("delay", draft.delay.is_some()),
    ] {
        if given {
            errors.push(not_allowed(
                field,
                "a reminder after a visit goes by appointments, not by what was written",
                "leave it out, or use the trigger `silence`",
            ));
        }
    }
    if draft.purpose.as_deref() == Some("transactional") {
        errors.push(not_allowed(
            "purpose",
            "a reminder to book again is advertising, and needs that consent",
            "leave it out, or use `marketing`",
        ));
    }
    let purpose = one_of(
        "purpose",
        draft
            .purpose
            .as_deref()
            .filter(|given| *given != "transactional"),
        &[("marketing", Purpose::Marketing)],
        Purpose::Marketing,
    );
    let written = match (&draft.message, &draft.whatsapp_template) {
        (None, None) => Ok(Some(MessageText::Custom {
            text: variables::default_reminder(reach.locale).to_owned(),
        })),
        (given, _) => message(given.as_ref(), &variables::AFTER_VISIT),
    };
    let written = written.and_then(|written| match written {
        Some(MessageText::Ai) => Err(not_allowed(
            "message.mode",
            "nobody has said anything that a text could be written from",
            "leave `message` out for the default text, or use mode `custom`",
        )),
        written => bookable(written, reach),
    });
    let channels = match draft.channels.as_deref() {
        None | Some([]) => Ok(vec![Channel::Sms]),
        Some(named) => channels(named),
    };
    let (timing, limits) = (timing(trigger, errors), limits(trigger, errors));
    let trigger = timing.zip(limits);
    Fields {
        name: errors.take(name(draft)),
        colour: errors.take(colour(draft.colour.as_deref())),
        priority: errors.take(priority(draft.priority.as_ref())),
        purpose: errors.take(purpose),
        trigger: trigger.map(|(timing, limits)| Trigger::AppointmentCompleted { timing, limits }),
        stop: Some(String::new()),
        delay: Some(Delay::A_DAY),
        message: errors.take(written),
        channels: errors.take(channels),
        on_unknown: errors.take(on_unknown(draft)),
        variables: &variables::AFTER_VISIT,
    }
}

/// A link that leads nowhere is none (PH-04).
fn bookable(
    written: Option<MessageText>,
    reach: &Reachable<'_>,
) -> Result<Option<MessageText>, FieldError> {
    let links = |text: &MessageText| match text {
        MessageText::Custom { text } => variables::uses(text, variables::BOOKING_LINK),
        MessageText::Ai => false,
    };
    if reach.has_booking_page || !written.as_ref().is_some_and(links) {
        return Ok(written);
    }
    Err(FieldError::new(
        "message.text",
        "booking_page_missing",
        "`##{{booking_link}}` leads nowhere: the settings do not say where customers book",
        "set `booking_url` in /v1/settings first, or write a text without the link",
    ))
}

fn timing(trigger: &TriggerDraft, errors: &mut FieldErrors) -> Option<Timing> {
    let days = DayChoice::ALL.map(|day| (day_name(day), day));
    let day = one_of(
        "trigger.day",
        trigger.day.as_deref(),
        &days,
        DayChoice::default(),
    );
    let at = trigger.at.as_deref().unwrap_or(TEN_O_CLOCK);
    let at = TimeOfDay::parse(at).map_err(|error| {
        FieldError::new(
            "trigger.at",
            "invalid_value",
            format!("`trigger.at` {error}"),
            "write the hour at which the business may be heard, such as `10:00`",
        )
    });
    let (day, at) = (errors.take(day), errors.take(at));
    Some(Timing { day: day?, at: at? })
}

fn limits(trigger: &TriggerDraft, errors: &mut FieldErrors) -> Option<Limits> {
    let defaults = Limits::default();
    let mut days = |field, given: &Option<Number>, default| {
        let Some(given) = given else {
            return Some(default);
        };
        let number = whole(given).and_then(|number| u32::try_from(number).ok());
        let fits = number.filter(|days| *days <= Limits::MOST_DAYS);
        if fits.is_none() {
            errors.push(FieldError::new(
                field,
                "out_of_range",
                format!(
                    "`{field}` is {given}; it is a whole number from 0 to {}",
                    Limits::MOST_DAYS
                ),
                "leave late_days at 7 and go_live_days at 3",
            ));
        }
        fits
    };
    let late_days = days("trigger.late_days", &trigger.late_days, defaults.late_days);
    let go_live_days = days(
        "trigger.go_live_days",
        &trigger.go_live_days,
        defaults.go_live_days,
    );
    Some(Limits {
        late_days: late_days?,
        go_live_days: go_live_days?,
    })
}

fn not_allowed(field: &str, message: &str, remedy: &str) -> FieldError {
    FieldError::new(field, "not_allowed", message, remedy)
}

fn name(draft: &RuleDraft) -> Result<String, FieldError> {
    required_text(
        "name",
        draft.name.as_deref(),
        NAME_LIMIT,
        "give the rule a name that says what it is for",
    )
}

fn on_unknown(draft: &RuleDraft) -> Result<OnUnknown, FieldError> {
    one_of(
        "on_unknown",
        draft.on_unknown.as_deref(),
        &[("skip", OnUnknown::Skip), ("resend", OnUnknown::Resend)],
        OnUnknown::default(),
    )
}

/// The field of the delay that the sender used, for errors and warnings about its length.
pub(super) fn delay_field(draft: &RuleDraft) -> &'static str {
    match &draft.delay {
        Some(delay) if delay.hours.is_some() => "delay.hours",
        Some(delay) if delay.minutes.is_some() => "delay.minutes",
        _ => "delay",
    }
}

fn one_of<T: Copy>(
    field: &str,
    given: Option<&str>,
    known: &[(&str, T)],
    default: T,
) -> Result<T, FieldError> {
    let Some(given) = given else {
        return Ok(default);
    };
    let value = known.iter().find(|(name, _)| *name == given);
    value.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<_> = known.iter().map(|(name, _)| format!("`{name}`")).collect();
        FieldError::new(
            field,
            "unknown_value",
            format!("`{field}` cannot be `{given}`"),
            format!("use {}", names.join(" or ")),
        )
    })
}

fn colour(given: Option<&str>) -> Result<Option<Colour>, FieldError> {
    match given {
        None | Some("none") => Ok(None),
        Some(given) => Colour::parse(given).map(Some).ok_or_else(|| {
            let names = Colour::ALL.map(|(name, _)| name).join(", ");
            FieldError::new(
                "colour",
                "unknown_value",
                format!("`{given}` is not a label colour"),
                format!("use one of {names}, or none"),
            )
        }),
    }
}

fn priority(given: Option<&Number>) -> Result<u16, FieldError> {
    let Some(given) = given else { return Ok(0) };
    let number = whole(given).filter(|number| (0..=i64::from(PRIORITY_LIMIT)).contains(number));
    number
        .and_then(|number| u16::try_from(number).ok())
        .ok_or_else(|| {
            FieldError::new(
                "priority",
                "out_of_range",
                format!("`priority` is {given}; it is a whole number from 0 to {PRIORITY_LIMIT}"),
                "the rule with the higher number goes first; ties go to the older rule",
            )
        })
}

fn delay(given: Option<&DelayDraft>) -> Result<Delay, FieldError> {
    const REMEDY: &str = "use {\"mode\": \"manual\", \"minutes\": 240} or {\"mode\": \"ai\"}";
    let given = given.cloned().unwrap_or_default();
    let numbered = given.minutes.is_some() || given.hours.is_some();
    let mode = match given.mode.as_deref() {
        None if numbered => "manual",
        None => {
            let message = "`delay` is required: how long after the last interaction";
            return Err(FieldError::new("delay", "required", message, REMEDY));
        }
        Some(mode) => mode,
    };
    match (mode, &given.minutes, &given.hours) {
        ("ai", None, None) => Ok(Delay::Ai),
        ("ai", ..) => Err(FieldError::new(
            "delay",
            "contradiction",
            "in mode `ai` the time is chosen for each conversation; a number cannot be set",
            "leave the number out, or use mode `manual`",
        )),
        ("manual", Some(minutes), None) => minutes_of("delay.minutes", minutes, 1),
        ("manual", None, Some(hours)) => minutes_of("delay.hours", hours, 60),
        ("manual", Some(_), Some(_)) => Err(FieldError::new(
            "delay",
            "contradiction",
            "`delay.minutes` and `delay.hours` exclude each other",
            "write the whole delay in minutes",
        )),
        ("manual", None, None) => Err(FieldError::new(
            "delay.minutes",
            "required",
            "mode `manual` needs a number of minutes or hours",
            REMEDY,
        )),
        (other, ..) => Err(FieldError::new(
            "delay.mode",
            "unknown_value",
            format!("`delay.mode` cannot be `{other}`"),
            REMEDY,
        )),
    }
}

/// A whole number of minutes, at least 1; hours are converted (DK-31).
fn minutes_of(field: &str, number: &Number, unit: i64) -> Result<Delay, FieldError> {
    let limit = MINUTES_LIMIT / unit;
    let refuse = |code: &str, what: &str, remedy: String| {
        Err(FieldError::new(
            field,
            code,
            format!("`{field}` is {number}; {what}"),
            remedy,
        ))
    };
    let remedy = || format!("use a whole number from 1 to {limit}");
    if number.as_f64().is_some_and(|value| value <= 0.0) {
        return refuse("too_small", "the shortest delay is 1 minute", remedy());
    }
    if number.as_f64().is_some_and(|value| value > limit as f64) {
        let what = format!("at most {limit} (100 years) can be planned");
        return refuse("too_large", &what, remedy());
    }
    let Some(count) = whole(number) else {
        let exact = number.as_f64().map(|value| value * unit as f64);
        let remedy = match exact {
            Some(minutes) if unit > 1 && minutes >= 1.0 && minutes.fract() == 0.0 => {
                format!("write `delay.minutes`: {minutes}")
            }
            _ => remedy(),
        };
        return refuse("not_whole", "only whole numbers are allowed", remedy);
    };
    match u32::try_from(count * unit) {
        Ok(minutes) => Ok(Delay::Manual { minutes }),
        Err(_) => refuse("too_large", "that is too long", remedy()),
    }
}

/// The number when it is whole; JSON does not tell 4 from 4.0.
fn whole(number: &Number) -> Option<i64> {
    const EXACT: f64 = 9e15;
    number.as_i64().or_else(|| {
        number
            .as_f64()
            .filter(|value| value.fract() == 0.0 && value.abs() < EXACT)
            // Whole and far inside the range.
            .map(|value| value as i64)
    })
}

fn message(
    given: Option<&MessageDraft>,
    known: &[(&str, &str)],
) -> Result<Option<MessageText>, FieldError> {
    const REMEDY: &str = "use {\"mode\": \"custom\", \"text\": \"...\"} or {\"mode\": \"ai\"}";
    let Some(given) = given else { return Ok(None) };
    match (given.mode.as_deref(), given.text.as_deref()) {
        (None, None) => Err(FieldError::new(
            "message.mode",
            "required",
            "`message` says neither `ai` nor a text",
            REMEDY,
        )),
        (Some("ai"), None) => Ok(Some(MessageText::Ai)),
        (Some("ai"), Some(_)) => Err(FieldError::new(
            "message.text",
            "contradiction",
            "in mode `ai` the text is written for each conversation; it cannot be set",
            "leave the text out, or use mode `custom`",
        )),
        (None | Some("custom"), text) => {
            let purpose = "write the text that customers get";
            let text = required_text("message.text", text, TEXT_LIMIT, purpose)?;
            variables::check("message.text", &text, known)?;
            Ok(Some(MessageText::Custom { text }))
        }
        (Some(other), _) => Err(FieldError::new(
            "message.mode",
            "unknown_value",
            format!("`message.mode` cannot be `{other}`"),
            REMEDY,
        )),
    }
}

fn channels(given: &[String]) -> Result<Vec<Channel>, FieldError> {
    let mut channels = Vec::new();
    for (place, name) in given.iter().enumerate() {
        let channel = name.parse().map_err(|_| {
            FieldError::new(
                &format!("channels[{place}]"),
                "unknown_value",
                format!("`{name}` is no channel of this system"),
                format!(
                    "use any of {}",
                    Channel::ALL.map(Channel::as_str).join(", ")
                ),
            )
        })?;
        if !channels.contains(&channel) {
            channels.push(channel);
        }
    }
    Ok(channels)
}
