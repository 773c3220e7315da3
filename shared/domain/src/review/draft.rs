//! A rule as somebody typed it: the flat JSON of the API, everything optional, nothing checked.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use crate::channel::Channel;
use crate::content::{ButtonParameter, HeaderParameter, TextParameter};
use crate::rebooking::DayChoice;
use crate::rule::{
    Action, Colour, Delay, MessageText, OnUnknown, Purpose, Rule, TemplateUse, Trigger,
};

/// A rule before it is checked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RuleDraft {
    /// The name in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The label colour; absent, `null` and `none` mean no colour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub colour: Option<String>,
    /// Active at once unless `false` (DK-21).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Among competing rules the higher number wins; 0 unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<Number>,
    /// `transactional` (default) or `marketing`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// When it applies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<TriggerDraft>,
    /// When all follow-ups of the conversation stop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop: Option<StopDraft>,
    /// How long after the last interaction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay: Option<DelayDraft>,
    /// Free text, used inside the window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageDraft>,
    /// The approved template, used outside the window or when there is no message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub whatsapp_template: Option<TemplateDraft>,
    /// Only these channels; absent or empty means every chat channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channels: Option<Vec<String>>,
    /// `skip` (default) or `resend`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_unknown: Option<String>,
}

/// The `trigger` of a draft.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TriggerDraft {
    /// `silence`, also when absent, or `appointment_completed`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// When and why, in plain language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Also follows up on customers whom we have not answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub any_silence: Option<bool>,
    /// After a visit: `one_day_after`, `two_days_after`, `three_days_after` or `predicted` (default).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<String>,
    /// After a visit: the time of day, `HH:MM` on the wall clock of the business; 10:00 unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// After a visit: it may leave so many days after its day; 7 unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late_days: Option<Number>,
    /// After a visit: so many where its day was before the rule was on; 3 unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub go_live_days: Option<Number>,
}

/// The `stop` of a draft.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StopDraft {
    /// When to stop, in plain language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// The `delay` of a draft. Numbers are raw, so that 0, -1 and 1.5 become field errors.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DelayDraft {
    /// `manual` or `ai`; a number alone means `manual`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// Whole minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minutes: Option<Number>,
    /// Whole hours, instead of minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<Number>,
}

/// The `message` of a draft.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MessageDraft {
    /// `custom` or `ai`; a text alone means `custom`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// The text of mode `custom`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// The `whatsapp_template` of a draft.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TemplateDraft {
    /// The name it was approved under.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The language code it was approved in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The value of the header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<HeaderParameter>,
    /// The values of the body, in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Vec<ParameterDraft>>,
    /// The values of buttons.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buttons: Option<Vec<ButtonParameter>>,
}

/// A value of the body: a bare text, or a text with the parameter's name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ParameterDraft {
    /// Known by its place.
    Positional(String),
    /// Known by its name.
    Named {
        /// The parameter's name.
        name: String,
        /// Its value.
        text: String,
    },
}

impl RuleDraft {
    /// The draft after a PATCH body: a JSON merge patch (RFC 7396), except that `delay` and
    /// `message` are replaced as a whole, because their members exclude each other.
    pub fn patched(&self, patch: &Value) -> Result<Self, serde_json::Error> {
        let mut value = serde_json::to_value(self)?;
        if let (Value::Object(fields), Value::Object(changes)) = (&mut value, patch) {
            for whole in ["delay", "message"] {
                if changes.get(whole).is_some_and(Value::is_object) {
                    fields.remove(whole);
                }
            }
        }
        merge(&mut value, patch);
        serde_json::from_value(value)
    }
}

fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        target.clone_from(patch);
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(fields) = target else {
        return;
    };
    for (name, change) in changes {
        if change.is_null() {
            fields.remove(name);
        } else {
            merge(fields.entry(name.clone()).or_insert(Value::Null), change);
        }
    }
}

impl From<&Rule> for RuleDraft {
    fn from(rule: &Rule) -> Self {
        let spec = &rule.spec;
        let step = spec.first_step();
        let of_silence = spec.is_for_silence();
        let Action::Message { message, template } = &step.action;
        let names = |channels: &[Channel]| channels.iter().map(ToString::to_string).collect();
        Self {
            name: Some(spec.name.clone()),
            colour: spec.colour.map(|colour| colour_name(colour).to_owned()),
            enabled: Some(rule.enabled),
            priority: Some(spec.priority.into()),
            purpose: Some(purpose_name(spec.purpose).to_owned()),
            trigger: Some((&spec.trigger).into()),
            stop: of_silence.then(|| StopDraft {
                description: Some(spec.stop.clone()),
            }),
            delay: of_silence.then(|| step.after.into()),
            message: message.as_ref().map(MessageDraft::from),
            whatsapp_template: template.as_ref().map(TemplateDraft::from),
            channels: (!spec.channels.is_empty()).then(|| names(&spec.channels)),
            on_unknown: Some(on_unknown_name(spec.on_unknown).to_owned()),
        }
    }
}

impl From<&Trigger> for TriggerDraft {
    fn from(trigger: &Trigger) -> Self {
        match trigger {
            Trigger::Silence {
                description,
                any_silence,
            } => Self {
                kind: Some("silence".to_owned()),
                description: Some(description.clone()),
                any_silence: any_silence.then_some(true),
                ..Self::default()
            },
            Trigger::AppointmentCompleted { timing, limits } => Self {
                kind: Some("appointment_completed".to_owned()),
                day: Some(day_name(timing.day).to_owned()),
                at: Some(timing.at.to_string()),
                late_days: Some(limits.late_days.into()),
                go_live_days: Some(limits.go_live_days.into()),
                ..Self::default()
            },
        }
    }
}

impl From<Delay> for DelayDraft {
    fn from(delay: Delay) -> Self {
        let (mode, minutes) = match delay {
            Delay::Ai => ("ai", None),
            Delay::Manual { minutes } => ("manual", Some(minutes.into())),
        };
        Self {
            mode: Some(mode.to_owned()),
            minutes,
            hours: None,
        }
    }
}

impl From<&MessageText> for MessageDraft {
    fn from(message: &MessageText) -> Self {
        let (mode, text) = match message {
            MessageText::Ai => ("ai", None),
            MessageText::Custom { text } => ("custom", Some(text.clone())),
        };
        Self {
            mode: Some(mode.to_owned()),
            text,
        }
    }
}

impl From<&TemplateUse> for TemplateDraft {
    fn from(template: &TemplateUse) -> Self {
        let some = |parameters: &[TextParameter]| {
            (!parameters.is_empty()).then(|| parameters.iter().map(ParameterDraft::from).collect())
        };
        Self {
            name: Some(template.name.clone()),
            language: Some(template.language.clone()),
            header: template.header.clone(),
            parameters: some(&template.parameters),
            buttons: Some(template.buttons.clone()).filter(|buttons| !buttons.is_empty()),
        }
    }
}

impl From<&TextParameter> for ParameterDraft {
    fn from(parameter: &TextParameter) -> Self {
        let text = parameter.text.clone();
        match parameter.name.clone() {
            None => Self::Positional(text),
            Some(name) => Self::Named { name, text },
        }
    }
}

impl From<&ParameterDraft> for TextParameter {
    fn from(draft: &ParameterDraft) -> Self {
        match draft {
            ParameterDraft::Positional(text) => Self::positional(text.as_str()),
            ParameterDraft::Named { name, text } => Self::named(name.as_str(), text.as_str()),
        }
    }
}

fn colour_name(colour: Colour) -> &'static str {
    Colour::ALL
        .iter()
        .find(|(_, known)| *known == colour)
        .map_or("none", |(name, _)| name)
}

/// The name of a choice of day in JSON.
pub(super) fn day_name(day: DayChoice) -> &'static str {
    match day {
        DayChoice::OneDayAfter => "one_day_after",
        DayChoice::TwoDaysAfter => "two_days_after",
        DayChoice::ThreeDaysAfter => "three_days_after",
        DayChoice::Predicted => "predicted",
    }
}

/// The name of a purpose in JSON.
pub(super) fn purpose_name(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Transactional => "transactional",
        Purpose::Marketing => "marketing",
    }
}

fn on_unknown_name(on_unknown: OnUnknown) -> &'static str {
    match on_unknown {
        OnUnknown::Skip => "skip",
        OnUnknown::Resend => "resend",
    }
}
