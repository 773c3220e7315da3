//! A rule as JSON: what comes in (read into [`RuleDraft`], described here) and what goes out.

use chrono::{DateTime, Utc};
use domain::channel::Channel;
use domain::content::{ButtonParameter, HeaderParameter};
use domain::field::FieldError;
use domain::ids::RuleId;
use domain::rebooking::DayChoice;
use domain::review::{
    ChannelOutlook, Check, CheckItem, CostNote, ParameterDraft, Review, RuleDraft, Warning,
};
use domain::rule::{
    Action, Colour, Delay, MessageText, OnUnknown, Purpose, Rule, TemplateUse, Trigger,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::Meta;
use crate::schema;

/// A rule to be created. Besides what is required it needs `message`, `whatsapp_template` or both.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes `RuleDraft`, which is what is read")]
pub(crate) struct RuleIn {
    /// The name in lists.
    #[schema(
        min_length = 1,
        max_length = 100,
        example = "Reminder: open appointment - 4 h"
    )]
    name: String,
    /// The label; absent, `null` and `none` mean no colour.
    colour: Option<ColourIn>,
    /// Active at once unless `false`.
    enabled: Option<bool>,
    /// Among competing rules the higher number wins, then the older rule. 0 unless given.
    #[schema(minimum = 0, maximum = 1000)]
    priority: Option<u16>,
    /// Which consent it needs; `transactional` unless given. A reminder after a visit is `marketing`.
    #[schema(value_type = Option<schema::Purpose>)]
    purpose: Option<String>,
    /// When it applies.
    trigger: TriggerIn,
    /// When all follow-ups of the conversation stop: required after a silence, and only there.
    stop: Option<StopIn>,
    /// How long after the last interaction: required after a silence, and only there.
    delay: Option<DelayIn>,
    /// Free text, used inside the platform's window. After a visit it begins with a default text in the
    /// workspace's language, where no template is named.
    message: Option<RuleMessageIn>,
    /// The approved template, used outside the window, or always when there is no message.
    whatsapp_template: Option<TemplateUseIn>,
    /// Only these channels; absent or empty means every chat channel, and `sms` after a visit. After a
    /// visit the first on which the customer can be reached is taken.
    #[schema(value_type = Option<Vec<schema::Channel>>)]
    channels: Option<Vec<String>>,
    /// What to do when the outcome of a send stays unknown; `skip` unless given.
    #[schema(value_type = Option<schema::OnUnknown>)]
    on_unknown: Option<String>,
}

/// A change of a rule: a JSON merge patch (RFC 7396). What is absent stays, `null` takes away;
/// `delay` and `message` are replaced as a whole.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes `RuleDraft`, which is what is read")]
pub(crate) struct RulePatch {
    /// The name in lists.
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// The label.
    colour: Option<ColourIn>,
    /// On or off.
    enabled: Option<bool>,
    /// 0 to 1000.
    #[schema(minimum = 0, maximum = 1000)]
    priority: Option<u16>,
    /// Which consent it needs.
    #[schema(value_type = Option<schema::Purpose>)]
    purpose: Option<String>,
    /// When it applies.
    trigger: Option<TriggerPatch>,
    /// When all follow-ups of the conversation stop.
    stop: Option<StopIn>,
    /// How long after the last interaction.
    delay: Option<DelayIn>,
    /// Free text.
    message: Option<RuleMessageIn>,
    /// The approved template.
    whatsapp_template: Option<TemplateUsePatch>,
    /// Only these channels.
    #[schema(value_type = Option<Vec<schema::Channel>>)]
    channels: Option<Vec<String>>,
    /// What to do when the outcome of a send stays unknown.
    #[schema(value_type = Option<schema::OnUnknown>)]
    on_unknown: Option<String>,
}

/// A label colour, or none.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ColourIn {
    Blue,
    Green,
    Yellow,
    Orange,
    Red,
    Purple,
    Pink,
    Grey,
    None,
}

/// What sets a rule off.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) struct TriggerIn {
    /// `silence`, also when absent.
    r#type: Option<TriggerKind>,
    /// After a silence, and required there. In plain language: in which conversations, when and why.
    #[schema(min_length = 1, max_length = 2000)]
    description: Option<String>,
    /// After a silence: also when the last word was the customer's and nobody answered.
    any_silence: Option<bool>,
    /// After a visit: on which day the reminder goes; `predicted` (five days before the customer would
    /// be overdue by their own habit) unless given.
    #[schema(value_type = Option<schema::DayChoice>)]
    day: Option<String>,
    /// After a visit: at which time of that day, on the wall clock of the workspace; 10:00 unless given.
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", example = "10:00")]
    at: Option<String>,
    /// After a visit: it may leave so many days after its day; 7 unless given.
    #[schema(minimum = 0, maximum = 60)]
    late_days: Option<u32>,
    /// After a visit: the same where its day was before the rule was changed or the visit known; 3
    /// unless given.
    #[schema(minimum = 0, maximum = 60)]
    go_live_days: Option<u32>,
}

/// A change of what sets a rule off.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) struct TriggerPatch {
    r#type: Option<TriggerKind>,
    /// In plain language: in which conversations, when and why.
    #[schema(min_length = 1, max_length = 2000)]
    description: Option<String>,
    /// Also when nobody answered the customer.
    any_silence: Option<bool>,
    /// On which day after a visit.
    #[schema(value_type = Option<schema::DayChoice>)]
    day: Option<String>,
    /// At which time of that day.
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", example = "10:00")]
    at: Option<String>,
    /// It may leave so many days after its day.
    #[schema(minimum = 0, maximum = 60)]
    late_days: Option<u32>,
    /// The same where its day was before the rule was changed or the visit known.
    #[schema(minimum = 0, maximum = 60)]
    go_live_days: Option<u32>,
}

/// The kind of a trigger.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TriggerKind {
    /// A conversation fell silent.
    Silence,
    /// A visit is over, and the customer has not booked again.
    AppointmentCompleted,
}

/// When all follow-ups of the conversation stop.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) struct StopIn {
    /// In plain language.
    #[schema(min_length = 1, max_length = 2000)]
    description: String,
}

/// How long to wait: chosen by the decider, or given in minutes or in hours.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) enum DelayIn {
    Chosen(DelayChosen),
    Minutes(DelayMinutes),
    Hours(DelayHours),
}

/// The decider chooses a time.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) struct DelayChosen {
    mode: DelayByDecider,
}

/// A number of minutes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) struct DelayMinutes {
    /// May be left out.
    mode: Option<DelayByHand>,
    #[schema(minimum = 1)]
    minutes: u32,
}

/// A number of hours.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) struct DelayHours {
    /// May be left out.
    mode: Option<DelayByHand>,
    #[schema(minimum = 1)]
    hours: u32,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DelayByDecider {
    Ai,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DelayByHand {
    Manual,
}

/// Free text: `{"mode": "ai"}`, or `custom` with the text.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) struct RuleMessageIn {
    /// A text alone means `custom`.
    mode: Option<MessageMode>,
    /// May hold `##{{first_name}}`, `##{{last_name}}`, `##{{full_name}}`, `##{{business_name}}`, and
    /// after a visit `##{{staff_name}}` and `##{{booking_link}}`.
    #[schema(
        min_length = 1,
        max_length = 4096,
        example = "Hallo ##{{first_name}}, …"
    )]
    text: Option<String>,
}

/// Who writes.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MessageMode {
    Custom,
    Ai,
}

/// An approved template and its values; values may hold variables.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) struct TemplateUseIn {
    /// The name it was approved under.
    name: String,
    /// The language code it was approved in.
    language: String,
    /// The value of the header.
    header: Option<schema::Header>,
    /// The values of the body, in order.
    parameters: Option<Vec<schema::Parameter>>,
    /// The values of buttons.
    buttons: Option<Vec<schema::Button>>,
}

/// A change of the template and its values.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) struct TemplateUsePatch {
    /// The name it was approved under.
    name: Option<String>,
    /// The language code it was approved in.
    language: Option<String>,
    /// The value of the header.
    header: Option<schema::Header>,
    /// The values of the body, in order.
    parameters: Option<Vec<schema::Parameter>>,
    /// The values of buttons.
    buttons: Option<Vec<schema::Button>>,
}

/// A rule.
#[derive(Serialize, ToSchema)]
#[schema(as = Rule)]
pub(crate) struct RuleOut {
    #[schema(value_type = schema::RuleId)]
    id: RuleId,
    /// Also in `ETag`.
    version: u64,
    name: String,
    #[schema(value_type = Option<schema::Colour>)]
    colour: Option<Colour>,
    enabled: bool,
    priority: u16,
    #[schema(value_type = schema::Purpose)]
    purpose: Purpose,
    trigger: TriggerOut,
    /// `null` after a visit.
    stop: Option<StopOut>,
    /// `null` after a visit.
    delay: Option<DelayOut>,
    message: Option<MessageOut>,
    whatsapp_template: Option<TemplateUseOut>,
    #[schema(value_type = Vec<schema::Channel>)]
    channels: Vec<Channel>,
    #[schema(value_type = schema::OnUnknown)]
    on_unknown: OnUnknown,
    /// What may surprise, or keeps it from sending at present.
    warnings: Vec<WarningOut>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A page of rules.
#[derive(Serialize, ToSchema)]
pub(crate) struct RuleList {
    pub(super) rules: Vec<RuleOut>,
    pub(super) meta: Meta,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Trigger)]
pub(crate) struct TriggerOut {
    r#type: TriggerKind,
    /// Of a silence.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// Of a silence.
    #[serde(skip_serializing_if = "Option::is_none")]
    any_silence: Option<bool>,
    /// After a visit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::DayChoice>)]
    day: Option<DayChoice>,
    /// After a visit.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    /// After a visit.
    #[serde(skip_serializing_if = "Option::is_none")]
    late_days: Option<u32>,
    /// After a visit.
    #[serde(skip_serializing_if = "Option::is_none")]
    go_live_days: Option<u32>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Stop)]
pub(crate) struct StopOut {
    description: String,
}

#[derive(Serialize, ToSchema)]
#[serde(tag = "mode", rename_all = "snake_case")]
#[schema(as = Delay)]
pub(crate) enum DelayOut {
    Ai,
    Manual { minutes: u32 },
}

#[derive(Serialize, ToSchema)]
#[serde(tag = "mode", rename_all = "snake_case")]
#[schema(as = RuleMessage)]
pub(crate) enum MessageOut {
    Ai,
    Custom { text: String },
}

#[derive(Serialize, ToSchema)]
#[schema(as = TemplateUse)]
pub(crate) struct TemplateUseOut {
    name: String,
    language: String,
    #[schema(value_type = Option<schema::Header>)]
    header: Option<HeaderParameter>,
    #[schema(value_type = Vec<schema::Parameter>)]
    parameters: Vec<ParameterDraft>,
    #[schema(value_type = Vec<schema::Button>)]
    buttons: Vec<ButtonParameter>,
}

/// Something that may surprise.
#[derive(Serialize, ToSchema)]
#[schema(as = Warning)]
pub(crate) struct WarningOut {
    /// Stable, for programs: `delay_in_margin`.
    code: String,
    field: String,
    message: String,
}

/// The review screen.
#[derive(Serialize, ToSchema)]
#[schema(as = Review)]
pub(crate) struct ReviewOut {
    /// The check list; `ok: false` is advice.
    checks: Vec<CheckOut>,
    /// What the rule can do on each channel.
    channels: Vec<ChannelOutlookOut>,
    warnings: Vec<WarningOut>,
    cost: CostOut,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ReviewCheck)]
pub(crate) struct CheckOut {
    #[schema(value_type = schema::CheckItem)]
    item: CheckItem,
    ok: bool,
    detail: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ChannelOutlook)]
pub(crate) struct ChannelOutlookOut {
    #[schema(value_type = schema::Channel)]
    channel: Channel,
    /// Free text can leave there.
    free_form: bool,
    /// The approved template can leave there.
    template: bool,
    /// Nothing will be sent there, and why.
    left_out: Option<LeftOutOut>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = LeftOut)]
pub(crate) struct LeftOutOut {
    code: String,
    message: String,
}

/// What the rule costs.
#[derive(Serialize, ToSchema)]
#[schema(as = Cost)]
pub(crate) struct CostOut {
    /// It may send templates, which cost extra.
    extra: bool,
    message: String,
    /// The official price list.
    price_list: String,
}

impl RuleOut {
    pub(super) fn new(rule: Rule, warnings: Vec<WarningOut>) -> Self {
        let of_silence = rule.spec.is_for_silence();
        let delay = of_silence.then(|| rule.spec.first_step().after.into());
        let Action::Message { message, template } = rule.spec.first_step().action.clone();
        Self {
            id: rule.id,
            version: rule.version,
            name: rule.spec.name,
            colour: rule.spec.colour,
            enabled: rule.enabled,
            priority: rule.spec.priority,
            purpose: rule.spec.purpose,
            trigger: rule.spec.trigger.into(),
            stop: of_silence.then_some(StopOut {
                description: rule.spec.stop,
            }),
            delay,
            message: message.map(MessageOut::from),
            whatsapp_template: template.map(TemplateUseOut::from),
            channels: rule.spec.channels,
            on_unknown: rule.spec.on_unknown,
            warnings,
            created_at: rule.created_at,
            updated_at: rule.updated_at,
        }
    }
}

impl From<Trigger> for TriggerOut {
    fn from(trigger: Trigger) -> Self {
        match trigger {
            Trigger::Silence {
                description,
                any_silence,
            } => Self {
                r#type: TriggerKind::Silence,
                description: Some(description),
                any_silence: Some(any_silence),
                day: None,
                at: None,
                late_days: None,
                go_live_days: None,
            },
            Trigger::AppointmentCompleted { timing, limits } => Self {
                r#type: TriggerKind::AppointmentCompleted,
                description: None,
                any_silence: None,
                day: Some(timing.day),
                at: Some(timing.at.to_string()),
                late_days: Some(limits.late_days),
                go_live_days: Some(limits.go_live_days),
            },
        }
    }
}

impl From<Delay> for DelayOut {
    fn from(delay: Delay) -> Self {
        match delay {
            Delay::Ai => Self::Ai,
            Delay::Manual { minutes } => Self::Manual { minutes },
        }
    }
}

impl From<MessageText> for MessageOut {
    fn from(message: MessageText) -> Self {
        match message {
            MessageText::Ai => Self::Ai,
            MessageText::Custom { text } => Self::Custom { text },
        }
    }
}

impl From<TemplateUse> for TemplateUseOut {
    fn from(template: TemplateUse) -> Self {
        Self {
            parameters: template
                .parameters
                .iter()
                .map(ParameterDraft::from)
                .collect(),
            name: template.name,
            language: template.language,
            header: template.header,
            buttons: template.buttons,
        }
    }
}

impl From<Warning> for WarningOut {
    fn from(warning: Warning) -> Self {
        let Warning {
            code,
            field,
            message,
        } = warning;
        Self {
            code,
            field,
            message,
        }
    }
}

/// What kept a stored rule from being saved again keeps it from sending.
impl From<FieldError> for WarningOut {
    fn from(error: FieldError) -> Self {
        Self {
            message: format!("{}; {}", error.message, error.remedy),
            code: error.code,
            field: error.field,
        }
    }
}

impl From<Review> for ReviewOut {
    fn from(review: Review) -> Self {
        let Review {
            checks,
            channels,
            warnings,
            cost,
        } = review;
        let CostNote {
            extra,
            message,
            price_list,
        } = cost;
        Self {
            checks: checks
                .into_iter()
                .map(|Check { item, ok, detail }| CheckOut { item, ok, detail })
                .collect(),
            channels: channels.into_iter().map(ChannelOutlookOut::from).collect(),
            warnings: warnings.into_iter().map(WarningOut::from).collect(),
            cost: CostOut {
                extra,
                message,
                price_list,
            },
        }
    }
}

impl From<ChannelOutlook> for ChannelOutlookOut {
    fn from(outlook: ChannelOutlook) -> Self {
        let ChannelOutlook {
            channel,
            free_form,
            template,
            left_out,
        } = outlook;
        let left_out = left_out.map(|left| LeftOutOut {
            code: left.code,
            message: left.message,
        });
        Self {
            channel,
            free_form,
            template,
            left_out,
        }
    }
}

/// The same JSON always leads to the same text: part of an idempotency fingerprint.
pub(super) fn canonical(draft: &RuleDraft) -> String {
    serde_json::to_string(draft).unwrap_or_default()
}
