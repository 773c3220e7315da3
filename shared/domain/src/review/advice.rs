//! The review of a rule that may be saved: check list, channels, warnings, cost.

use super::reach::{self, Accounts, ChannelOutlook, Fit, Length};
use super::template::{Found, Standing};
use super::words::Words;
use super::{
    Check, CheckItem, CostNote, PRICE_LIST, Reachable, Review, RuleDraft, Warning, fields,
};
use crate::channel::Channel;
use crate::content::{HeaderParameter, TextParameter};
use crate::rule::{Action, MessageText, Purpose, RuleSpec};
use crate::template::TemplateCategory;
use crate::variables;

/// A description in fewer words than this can hardly say when.
const DESCRIPTION_WORDS: usize = 4;
/// A stop trigger in fewer words than this can hardly be well defined.
const STOP_WORDS: usize = 2;

pub(super) fn review(
    spec: &RuleSpec,
    draft: &RuleDraft,
    found: Option<&Found<'_>>,
    accounts: &Accounts<'_>,
    reach: &Reachable<'_>,
    words: Words,
) -> Review {
    let step = spec.first_step();
    let Action::Message { message, .. } = &step.action;
    let approved = found.is_some_and(|found| found.standing == Standing::Approved);
    let channels = reach::outlook(
        accounts,
        &spec.channels,
        step.after,
        message.as_ref(),
        approved,
        words,
    );
    let mut advice = Advice {
        spec,
        message: message.as_ref(),
        words,
        warnings: Vec::new(),
    };
    advice.on_delay(fields::delay_field(draft), accounts, reach);
    if spec.is_for_silence() {
        advice.on_words(reach);
    }
    advice.on_visit(reach);
    advice.on_message(accounts, reach);
    advice.on_template(found);
    advice.on_channels(&channels);
    let extra = found.is_some_and(|found| found.standing != Standing::Unused);
    Review {
        checks: checks(spec, found, accounts, &channels, reach, words),
        channels,
        warnings: advice.warnings,
        cost: CostNote {
            extra,
            message: words.cost(extra),
            price_list: PRICE_LIST.to_owned(),
        },
    }
}

fn checks(
    spec: &RuleSpec,
    found: Option<&Found<'_>>,
    accounts: &Accounts<'_>,
    channels: &[ChannelOutlook],
    reach: &Reachable<'_>,
    words: Words,
) -> Vec<Check> {
    let step = spec.first_step();
    let Action::Message { message, .. } = &step.action;
    let message = message.as_ref();
    let point = |item, ok, detail| Check { item, ok, detail };
    let usable = |outlook: &&ChannelOutlook| outlook.left_out.is_none();
    let over = reach::length(step.after) == Length::Over;
    let template_needed = message.is_none() || (over && accounts.reaches(Channel::WhatsApp));
    let template_ok = found.map_or(!template_needed, |found| {
        found.standing == Standing::Approved
    });
    let mut points = vec![
        point(
            CheckItem::Channels,
            true,
            words.active(accounts.active.iter().map(|connection| connection.channel)),
        ),
        point(CheckItem::Name, true, words.name(&spec.name)),
        point(
            CheckItem::Delay,
            channels.iter().any(|outlook| usable(&outlook)),
            match spec.after_visit() {
                None => words.delay(step.after, channels),
                Some((timing, _)) => words.after_visit(timing, channels),
            },
        ),
        point(
            CheckItem::Description,
            reach.understood && says_enough(spec.description(), DESCRIPTION_WORDS),
            words.quoted(spec.description()),
        ),
        point(
            CheckItem::Stop,
            says_enough(&spec.stop, STOP_WORDS),
            words.quoted(&spec.stop),
        ),
        point(CheckItem::Message, true, words.message(message)),
        point(
            CheckItem::Template,
            template_ok,
            words.template(found, template_needed),
        ),
        point(CheckItem::Cost, true, words.cost(found.is_some())),
    ];
    if !spec.is_for_silence() {
        // Nobody describes a visit, and what stops the reminder is an appointment.
        points.retain(|point| !matches!(point.item, CheckItem::Description | CheckItem::Stop));
    }
    points
}

fn says_enough(text: &str, words: usize) -> bool {
    text.split_whitespace().count() >= words
}

struct Advice<'a> {
    spec: &'a RuleSpec,
    message: Option<&'a MessageText>,
    words: Words,
    warnings: Vec<Warning>,
}

impl Advice<'_> {
    fn warn(&mut self, code: &str, field: &str, message: String) {
        self.warnings.push(Warning {
            code: code.to_owned(),
            field: field.to_owned(),
            message,
        });
    }

    fn on_delay(&mut self, field: &str, accounts: &Accounts<'_>, reach: &Reachable<'_>) {
        let (delay, words) = (self.spec.first_step().after, self.words);
        let windowed = accounts
            .active
            .iter()
            .any(|connection| connection.channel.free_form_window().is_some());
        if self.message.is_some() && windowed && reach::length(delay) == Length::InMargin {
            self.warn("delay_in_margin", field, words.delay_in_margin());
        }
        if let (Some(fixed), Some(described)) = (delay.fixed(), reach.described_delay)
            && fixed != described
        {
            let message = words.described_delay(fixed, described);
            self.warn("described_delay_differs", field, message);
        }
    }

    fn on_words(&mut self, reach: &Reachable<'_>) {
        let words = self.words;
        if !reach.understood {
            self.warn(
                "description_not_understood",
                "trigger.description",
                words.not_understood(),
            );
        }
        if !says_enough(self.spec.description(), DESCRIPTION_WORDS) {
            self.warn(
                "vague_description",
                "trigger.description",
                words.vague_description(),
            );
        }
        if !says_enough(&self.spec.stop, STOP_WORDS) {
            self.warn("vague_stop", "stop.description", words.vague_stop());
        }
        if self.spec.any_silence() {
            self.warn("any_silence", "trigger.any_silence", words.any_silence());
        }
    }

    fn on_visit(&mut self, reach: &Reachable<'_>) {
        let Some((timing, _)) = self.spec.after_visit() else {
            return;
        };
        if !self.spec.links_to_booking() {
            let message = self.words.booking_link_missing();
            self.warn("booking_link_missing", "message.text", message);
        }
        let moved = reach.quiet_hours.map(|quiet| quiet.within_day(timing.at));
        if let Some(moved) = moved.filter(|moved| *moved != timing.at) {
            let message = self.words.time_in_quiet_hours(timing.at, moved);
            self.warn("time_in_quiet_hours", "trigger.at", message);
        }
    }

    fn on_message(&mut self, accounts: &Accounts<'_>, reach: &Reachable<'_>) {
        let words = self.words;
        let Some(message) = self.message else { return };
        for channel in Channel::ALL {
            if !accounts.reaches(channel) {
                continue;
            }
            let limit = channel.text_limit();
            match reach::fit(channel, Some(message)) {
                Fit::Fits => {}
                Fit::Tight => self.warn(
                    "text_may_be_too_long",
                    "message.text",
                    words.text_tight(channel, limit),
                ),
                Fit::TooLong => self.warn(
                    "text_too_long",
                    "message.text",
                    words.text_too_long(channel, limit),
                ),
            }
        }
        if let MessageText::Custom { text } = message
            && let Some(word) = relative_date(text)
        {
            self.warn("relative_date", "message.text", words.relative_date(&word));
        }
        if let MessageText::Custom { text } = message {
            self.on_braces("message.text", text);
            if !reach.has_business_name && variables::uses(text, "business_name") {
                let message = words.no_business_name();
                self.warn("business_name_missing", "message.text", message);
            }
        }
    }

    fn on_braces(&mut self, field: &str, text: &str) {
        if let Some(name) = variables::without_hashes(text) {
            let message = self.words.without_hashes(name);
            self.warn("variable_without_hashes", field, message);
        }
    }

    fn on_template(&mut self, found: Option<&Found<'_>>) {
        let words = self.words;
        let Some(found) = found else { return };
        if let Some(HeaderParameter::Text(TextParameter { text, .. })) = &found.used.header {
            self.on_braces("whatsapp_template.header.text", text);
        }
        for (place, parameter) in found.used.parameters.iter().enumerate() {
            let field = format!("whatsapp_template.parameters[{place}]");
            self.on_braces(&field, &parameter.text);
        }
        let field = "whatsapp_template";
        match found.standing {
            Standing::Approved => {}
            Standing::Waiting => {
                let status = found.known.map(|known| &known.status);
                self.warn("template_waiting", field, words.template_waiting(status));
            }
            Standing::Unused => self.warn("template_unused", field, words.template_unused()),
            Standing::Unchecked => {
                self.warn("template_unchecked", field, words.template_unchecked());
            }
        }
        if !found.missing_on.is_empty() && found.standing == Standing::Approved {
            let message = words.template_missing_on(&found.missing_on);
            self.warn("template_not_everywhere", field, message);
        }
        let marketing = found
            .known
            .is_some_and(|known| known.category == TemplateCategory::Marketing);
        if marketing && self.spec.purpose == Purpose::Transactional {
            self.warn("template_is_marketing", "purpose", words.marketing());
        }
        let over = reach::length(self.spec.first_step().after) == Length::Over;
        if over && self.message.is_some() && found.standing == Standing::Approved {
            self.warn("text_rarely_used", "message", words.text_rarely_used());
        }
    }

    fn on_channels(&mut self, channels: &[ChannelOutlook]) {
        for outlook in channels {
            if let Some(left_out) = &outlook.left_out {
                self.warn("channel_left_out", "channels", left_out.message.clone());
            }
        }
    }
}

/// A word that means another day each time the text is sent (NX-27).
fn relative_date(text: &str) -> Option<String> {
    const DAYS: [&str; 8] = [
        "heute",
        "morgen",
        "übermorgen",
        "gestern",
        "today",
        "tonight",
        "tomorrow",
        "yesterday",
    ];
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.iter().enumerate().find_map(|(place, word)| {
        let before = place.checked_sub(1).map(|at| words[at].as_str());
        // "Guten Morgen" is a greeting.
        let greeting = word == "morgen" && matches!(before, Some("guten" | "gute"));
        let week = matches!(word.as_str(), "woche" | "week")
            && matches!(
                before,
                Some("nächste" | "nächster" | "diese" | "dieser" | "next" | "this")
            );
        let day = DAYS.contains(&word.as_str()) && !greeting;
        match (day, week, before) {
            (true, _, _) => Some(word.clone()),
            (_, true, Some(before)) => Some(format!("{before} {word}")),
            _ => None,
        }
    })
}
