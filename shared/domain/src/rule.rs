//! Follow-up rules: one trigger, a stop trigger, and steps.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::channel::Channel;
use crate::content::{
    ButtonParameter, ButtonValue, HeaderParameter, TemplateMessage, TextParameter,
};
use crate::ids::{RuleId, WorkspaceId};
use crate::rebooking::{Limits, Timing};
use crate::variables::{self, VariableError};

/// The longest name of a rule, in Unicode scalar values (DK-05).
pub const NAME_LIMIT: usize = 100;
/// The longest description and stop trigger, in Unicode scalar values.
pub const DESCRIPTION_LIMIT: usize = 2000;
/// The highest priority.
pub const PRIORITY_LIMIT: u16 = 1000;

/// An automation that the owner set up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Its id.
    pub id: RuleId,
    /// Whose rule.
    pub workspace: WorkspaceId,
    /// Rises with every change; a run never sends for another version than its own.
    pub version: u64,
    /// When it was made; of two rules with the same priority the older one wins.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// Disabled rules neither plan nor send.
    pub enabled: bool,
    /// What the owner wrote.
    #[serde(flatten)]
    pub spec: RuleSpec,
}

/// What the owner decides about a rule; only [`check`](crate::review::check) makes one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleSpec {
    /// The name in lists, at most [`NAME_LIMIT`] characters.
    pub name: String,
    /// The label.
    pub colour: Option<Colour>,
    /// Among rules that compete for one silence the higher number wins, 0 to 1000.
    pub priority: u16,
    /// Which consent it needs.
    pub purpose: Purpose,
    /// When it applies.
    pub trigger: Trigger,
    /// When all follow-ups of the conversation stop, in plain language.
    pub stop: String,
    /// What happens, in order. Follow-up rules have exactly one step.
    pub steps: Vec<Step>,
    /// Only these channels; empty means every chat channel, see [`reaches`].
    pub channels: Vec<Channel>,
    /// What to do when the outcome of a send stays unknown.
    pub on_unknown: OnUnknown,
}

impl RuleSpec {
    /// The step that runs first.
    #[must_use]
    pub fn first_step(&self) -> &Step {
        self.steps
            .first()
            .expect("a rule is only made with at least one step")
    }

    /// Whether the rule may act on this channel.
    #[must_use]
    pub fn reaches(&self, channel: Channel) -> bool {
        reaches(&self.channels, channel)
    }

    /// The description of a silence; nobody has to describe a visit.
    #[must_use]
    pub fn description(&self) -> &str {
        match &self.trigger {
            Trigger::Silence { description, .. } => description,
            Trigger::AppointmentCompleted { .. } => "",
        }
    }

    /// Whether it also follows up on customers whom we have not answered.
    #[must_use]
    pub fn any_silence(&self) -> bool {
        match &self.trigger {
            Trigger::Silence { any_silence, .. } => *any_silence,
            Trigger::AppointmentCompleted { .. } => false,
        }
    }

    /// Whether it follows up on silences.
    #[must_use]
    pub fn is_for_silence(&self) -> bool {
        self.after_visit().is_none()
    }

    /// Whether something it sends has the link to book in it.
    #[must_use]
    pub fn links_to_booking(&self) -> bool {
        let Action::Message { message, template } = &self.first_step().action;
        let has = |text: &str| variables::uses(text, variables::BOOKING_LINK);
        let in_message = match message {
            Some(MessageText::Custom { text }) => has(text),
            Some(MessageText::Ai) | None => false,
        };
        in_message || template.as_ref().is_some_and(|used| used.texts().any(has))
    }

    /// When it reminds after a visit, and until when; `None`: it does not.
    #[must_use]
    pub fn after_visit(&self) -> Option<(&Timing, &Limits)> {
        match &self.trigger {
            Trigger::Silence { .. } => None,
            Trigger::AppointmentCompleted { timing, limits } => Some((timing, limits)),
        }
    }
}

/// Whether a rule with these channels may act on this one. A mail is sent only where that was asked
/// for: it needs a subject, and people who write in a chat do not expect one.
#[must_use]
pub fn reaches(channels: &[Channel], channel: Channel) -> bool {
    match channels {
        [] => channel != Channel::Email,
        named => named.contains(&channel),
    }
}

/// The label colours of DK-06; blue and green come from the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// Blue.
    Blue,
    /// Green.
    Green,
    /// Yellow.
    Yellow,
    /// Orange.
    Orange,
    /// Red.
    Red,
    /// Purple.
    Purple,
    /// Pink.
    Pink,
    /// Grey.
    Grey,
}

impl Colour {
    /// Every colour with its name.
    pub const ALL: [(&'static str, Self); 8] = [
        ("blue", Self::Blue),
        ("green", Self::Green),
        ("yellow", Self::Yellow),
        ("orange", Self::Orange),
        ("red", Self::Red),
        ("purple", Self::Purple),
        ("pink", Self::Pink),
        ("grey", Self::Grey),
    ];

    /// The colour with this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, colour)| *colour)
    }
}

/// Which consent a message needs (CF-06).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// About something the customer asked for.
    #[default]
    Transactional,
    /// Advertising.
    Marketing,
}

/// What sets a rule off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Trigger {
    /// A conversation fell silent.
    Silence {
        /// When and why, in plain language.
        description: String,
        /// Also when the last word was the customer's and we never answered; for businesses
        /// whose own answers are not visible to us.
        #[serde(default)]
        any_silence: bool,
    },
    /// A visit is over, and the customer has not booked again.
    AppointmentCompleted {
        /// On which day, at which time.
        timing: Timing,
        /// How late is too late.
        limits: Limits,
    },
}

/// One thing a rule does, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// How long after the last interaction. Of a reminder after a visit [`Delay::A_DAY`]: the trigger
    /// says when it goes, and that is no sooner.
    pub after: Delay,
    /// What then.
    pub action: Action,
}

/// How long to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub enum Delay {
    /// The decider picks the best time inside the legal interval.
    Ai,
    /// A fixed time, at least one minute.
    Manual {
        /// Whole minutes.
        minutes: u32,
    },
}

impl Delay {
    /// Longer than every platform's window.
    pub const A_DAY: Self = Self::Manual { minutes: 24 * 60 };

    /// The fixed time, if it is one.
    #[must_use]
    pub fn fixed(self) -> Option<TimeDelta> {
        match self {
            Self::Ai => None,
            Self::Manual { minutes } => Some(TimeDelta::minutes(i64::from(minutes))),
        }
    }
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Action {
    /// Writes to the customer on the conversation's channel: inside the window the message,
    /// outside it the template. At least one of the two is there.
    Message {
        /// Free text.
        message: Option<MessageText>,
        /// The approved template.
        template: Option<TemplateUse>,
    },
}

/// Free text, inside the window only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub enum MessageText {
    /// Written for this conversation.
    Ai,
    /// The same for everybody, with variables.
    Custom {
        /// The text.
        text: String,
    },
}

/// An approved template and the values it gets; values may hold variables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateUse {
    /// Its name.
    pub name: String,
    /// Its language code.
    pub language: String,
    /// The value of the header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<HeaderParameter>,
    /// The values of the body, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<TextParameter>,
    /// The values of buttons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<ButtonParameter>,
}

impl TemplateUse {
    /// All texts that may hold variables.
    fn texts(&self) -> impl Iterator<Item = &str> {
        let header = match &self.header {
            Some(HeaderParameter::Text(text)) => Some(text.text.as_str()),
            _ => None,
        };
        let body = self.parameters.iter().map(|text| text.text.as_str());
        let buttons = self.buttons.iter().map(|button| match &button.value {
            ButtonValue::Url { suffix } => suffix.as_str(),
            ButtonValue::QuickReply { payload } => payload.as_str(),
            ButtonValue::CopyCode { code } => code.as_str(),
        });
        header.into_iter().chain(body).chain(buttons)
    }

    /// The template with its values filled in.
    pub fn filled(
        &self,
        values: &BTreeMap<String, String>,
    ) -> Result<TemplateMessage, VariableError> {
        let fill = |text: &str| variables::render(text, values);
        let parameter = |given: &TextParameter| {
            let text = fill(&given.text)?;
            // The platform refuses an empty value; a dash at least reads as an omission.
            let text = match text.trim().is_empty() {
                true => "–".to_owned(),
                false => text,
            };
            Ok(TextParameter {
                text,
                ..given.clone()
            })
        };
        let button = |given: &ButtonParameter| {
            let value = match &given.value {
                ButtonValue::Url { suffix } => ButtonValue::Url {
                    suffix: fill(suffix)?,
                },
                ButtonValue::QuickReply { payload } => ButtonValue::QuickReply {
                    payload: fill(payload)?,
                },
                ButtonValue::CopyCode { code } => ButtonValue::CopyCode { code: fill(code)? },
            };
            Ok(ButtonParameter {
                value,
                ..given.clone()
            })
        };
        let header = match &self.header {
            Some(HeaderParameter::Text(text)) => Some(HeaderParameter::Text(parameter(text)?)),
            other => other.clone(),
        };
        Ok(TemplateMessage {
            header,
            body: self
                .parameters
                .iter()
                .map(parameter)
                .collect::<Result<_, _>>()?,
            buttons: self.buttons.iter().map(button).collect::<Result<_, _>>()?,
            ..TemplateMessage::new(self.name.as_str(), self.language.as_str())
        })
    }
}

/// What to do when the outcome of a send stays unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnUnknown {
    /// Leave it; staff see it. A missing nudge is cheaper than a double one.
    #[default]
    Skip,
    /// Send again: the customer may get it twice.
    Resend,
}
