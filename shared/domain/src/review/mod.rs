//! The check of a rule on save, and what the review screen shows before it (DK-21).
//!
//! What cannot work is refused, every field at once, each with its limit and a remedy. What can
//! work but may surprise is saved with a warning. The same check serves creation, change and the
//! preview.

mod advice;
mod draft;
mod fields;
mod reach;
mod template;
mod words;

#[cfg(test)]
mod tests;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

pub use draft::{
    DelayDraft, MessageDraft, ParameterDraft, RuleDraft, StopDraft, TemplateDraft, TriggerDraft,
};
pub use reach::{ChannelOutlook, LeftOut};

use crate::channel::Channel;
use crate::connection::Connection;
use crate::field::{FieldError, FieldErrors};
use crate::local_time::QuietHours;
use crate::receipt::channel_name;
use crate::rule::{Delay, MessageText, RuleSpec};
use crate::settings::Locale;
use crate::template::Template;
use reach::{Accounts, Fit, Length};
use template::{Found, Place};
use words::Words;

/// Meta's official price list (DK-20).
pub const PRICE_LIST: &str =
    "https://developers.facebook.com/documentation/business-messaging/whatsapp/pricing";

/// What a rule is checked against.
#[derive(Clone, Copy, Debug)]
pub struct Reachable<'a> {
    /// Every connection of the workspace, active or not.
    pub connections: &'a [Connection],
    /// The templates of all connections.
    pub templates: &'a [Template],
    /// The language of the review.
    pub locale: Locale,
    /// The time that the description itself names, where it names one (DK-30).
    pub described_delay: Option<TimeDelta>,
    /// Whether the description can be judged without a model.
    pub understood: bool,
    /// Whether the workspace says what the business is called.
    pub has_business_name: bool,
    /// Whether it says where customers book.
    pub has_booking_page: bool,
    /// Its quiet hours.
    pub quiet_hours: Option<QuietHours>,
}

/// A rule that may be saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The rule.
    pub spec: RuleSpec,
    /// Whether it is to be active; it is, unless the draft says otherwise.
    pub enabled: bool,
    /// What the review screen shows.
    pub review: Review,
}

/// The review screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// The check list, always the same points in the same order.
    pub checks: Vec<Check>,
    /// What the rule can do on each channel it may act on.
    pub channels: Vec<ChannelOutlook>,
    /// What may surprise.
    pub warnings: Vec<Warning>,
    /// What it costs.
    pub cost: CostNote,
}

/// One point of the check list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// The point.
    pub item: CheckItem,
    /// Whether it is as it should be; `false` is advice, the rule can be saved all the same.
    pub ok: bool,
    /// What was found, in a sentence.
    pub detail: String,
}

/// The points of the check list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckItem {
    /// At least one chat channel is active.
    Channels,
    /// The name.
    Name,
    /// The delay suits the platforms.
    Delay,
    /// The description says when.
    Description,
    /// The stop trigger.
    Stop,
    /// Who writes the text.
    Message,
    /// The template, where one is needed.
    Template,
    /// What it costs.
    Cost,
}

/// Something that may surprise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// Stable code: `delay_in_margin`.
    pub code: String,
    /// The field it is about.
    pub field: String,
    /// What it is, in a sentence.
    pub message: String,
}

/// What a rule costs (DK-20).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostNote {
    /// The rule may send templates, which cost extra.
    pub extra: bool,
    /// What there is to know, in a sentence or two.
    pub message: String,
    /// Meta's official price list.
    pub price_list: String,
}

/// Checks a draft. Either everything that is wrong with it, or the rule and its review.
pub fn check(draft: &RuleDraft, reach: &Reachable<'_>) -> Result<Checked, Vec<FieldError>> {
    let mut errors = FieldErrors::default();
    let fields = fields::read(draft, reach, &mut errors);

    let channels = fields.channels.clone().unwrap_or_default();
    let accounts = Accounts::of(reach.connections, reach.templates, &channels);
    if fields.channels.is_some() {
        errors.take(reach::require_account(
            &accounts,
            reach.connections,
            &channels,
        ));
    }
    let judged = accounts.judged(&channels);
    let found = draft.whatsapp_template.as_ref().map(|template| {
        let over = fields
            .delay
            .is_some_and(|d| reach::length(d) == Length::Over);
        let required = fields.message == Some(None) || over;
        let place = Place {
            required,
            restricted_to_others: !channels.is_empty() && !channels.contains(&Channel::WhatsApp),
            variables: fields.variables,
        };
        template::check(template, &place, &accounts, &mut errors)
    });
    if let (Some(delay), Some(message)) = (fields.delay, &fields.message) {
        let plan = Plan {
            draft,
            delay,
            message: message.as_ref(),
            has_template: draft.whatsapp_template.is_some(),
        };
        refuse_unsendable(&plan, &judged, &mut errors);
    }
    errors.finish()?;

    let found: Option<Found<'_>> = found.flatten();
    let template = found.as_ref().map(|found| found.used.clone());
    let spec = fields
        .into_spec(template)
        .expect("a part that could not be read has noted its error");
    let words = Words::new(reach.locale);
    let review = advice::review(&spec, draft, found.as_ref(), &accounts, reach, words);
    Ok(Checked {
        spec,
        enabled: draft.enabled.unwrap_or(true),
        review,
    })
}

/// What the parts of a rule add up to.
struct Plan<'a> {
    draft: &'a RuleDraft,
    delay: Delay,
    message: Option<&'a MessageText>,
    has_template: bool,
}

/// Refuses what no channel could ever send. Nothing connected is an error of its own.
fn refuse_unsendable(plan: &Plan<'_>, judged: &[Channel], errors: &mut FieldErrors) {
    let whatsapp = judged.contains(&Channel::WhatsApp);
    if plan.message.is_none() && !plan.has_template {
        errors.push(FieldError::new(
            "message",
            "nothing_to_send",
            "the rule has neither a message nor a WhatsApp template",
            "add `message` (custom or ai), `whatsapp_template`, or both",
        ));
        return;
    }
    if judged.is_empty() {
        return;
    }
    if plan.message.is_none() && !whatsapp {
        errors.push(FieldError::new(
            "whatsapp_template",
            "nothing_to_send",
            format!(
                "only WhatsApp sends templates, and this rule reaches {}",
                titles(judged)
            ),
            "add `message`, or let the rule act on an active WhatsApp account",
        ));
        return;
    }
    let over = reach::length(plan.delay) == Length::Over;
    let windowless = judged
        .iter()
        .any(|channel| channel.free_form_window().is_none());
    if over && whatsapp && !plan.has_template {
        let others = if windowless {
            ", or restrict `channels` to those without a window"
        } else {
            ""
        };
        errors.push(FieldError::new(
            "whatsapp_template",
            "template_required",
            "24 hours or more after the last interaction WhatsApp takes only approved templates",
            format!(
                "add `whatsapp_template` with an approved template, choose a delay under 24 hours{others}"
            ),
        ));
    } else if over && !whatsapp && !windowless {
        errors.push(FieldError::new(
            fields::delay_field(plan.draft),
            "delay_over_window",
            format!(
                "{} takes automated messages only within 24 hours after the customer's last message",
                titles(judged)
            ),
            "choose a delay under 24 hours (at most 1439 minutes), or reach WhatsApp with an approved template",
        ));
    }
    let too_long = |channel: &Channel| reach::fit(*channel, plan.message) == Fit::TooLong;
    if judged.iter().all(too_long) {
        let limits: Vec<_> = judged
            .iter()
            .map(|channel| {
                let limit = channel.text_limit();
                format!(
                    "{} {} {}",
                    channel_name(*channel),
                    limit.max(),
                    limit.unit()
                )
            })
            .collect();
        errors.push(FieldError::new(
            "message.text",
            "too_long",
            format!(
                "the text is longer than every channel of this rule allows: {}",
                limits.join(", ")
            ),
            "shorten it",
        ));
    }
}

fn titles(channels: &[Channel]) -> String {
    let titles: Vec<_> = channels
        .iter()
        .map(|channel| channel_name(*channel))
        .collect();
    titles.join(", ")
}
