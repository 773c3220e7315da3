//! Which channels a rule can send on, and as what (DK-10, DK-11, DK-12, DK-27).

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::words::Words;
use crate::channel::Channel;
use crate::connection::{Connection, ConnectionState};
use crate::field::FieldError;
use crate::receipt::channel_name;
use crate::rule::{Delay, MessageText, reaches};
use crate::template::Template;
use crate::variables;
use crate::window::MARGIN;

/// The free-form window of the platforms that have one.
pub(super) const WINDOW: TimeDelta = TimeDelta::hours(24);
/// How long the value of a variable may well be.
const VALUE_LENGTH: usize = 40;

/// What a rule can do on one channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelOutlook {
    /// The channel.
    pub channel: Channel,
    /// Free text can leave there.
    pub free_form: bool,
    /// The approved template can leave there.
    pub template: bool,
    /// Nothing will be sent there, and why.
    pub left_out: Option<LeftOut>,
}

/// Why nothing will be sent on a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Stable code: `not_connected`, `delay_over_window`, `delay_in_margin`, `template_missing`,
    /// `no_message`, `text_too_long`.
    pub code: String,
    /// The same in a sentence.
    pub message: String,
}

/// The active accounts that a rule may use.
pub(super) struct Accounts<'a> {
    pub(super) active: Vec<&'a Connection>,
    pub(super) templates: &'a [Template],
}

impl<'a> Accounts<'a> {
    pub(super) fn of(
        connections: &'a [Connection],
        templates: &'a [Template],
        channels: &[Channel],
    ) -> Self {
        let wanted = |channel| reaches(channels, channel);
        Self {
            active: connections
                .iter()
                .filter(|connection| connection.is_active() && wanted(connection.channel))
                .collect(),
            templates,
        }
    }

    pub(super) fn on(&self, channel: Channel) -> impl Iterator<Item = &'a Connection> {
        self.active
            .iter()
            .copied()
            .filter(move |connection| connection.channel == channel)
    }

    pub(super) fn reaches(&self, channel: Channel) -> bool {
        self.on(channel).next().is_some()
    }

    /// The templates of the WhatsApp accounts among these.
    pub(super) fn whatsapp_templates(&self) -> impl Iterator<Item = &'a Template> {
        self.templates.iter().filter(|template| {
            self.on(Channel::WhatsApp)
                .any(|connection| connection.id == template.connection)
        })
    }

    /// The channels that count when a delay is judged. The built-in test channel alone does not
    /// save a rule whose real channels cannot send, unless the rule names it.
    pub(super) fn judged(&self, channels: &[Channel]) -> Vec<Channel> {
        let reached: Vec<_> = Channel::ALL
            .into_iter()
            .filter(|channel| self.reaches(*channel))
            .collect();
        let real: Vec<_> = reached
            .iter()
            .copied()
            .filter(|channel| *channel != Channel::Loopback)
            .collect();
        if real.is_empty() || channels.contains(&Channel::Loopback) {
            reached
        } else {
            real
        }
    }
}

/// DK-01: without an active chat channel there is nothing to create.
pub(super) fn require_account(
    accounts: &Accounts<'_>,
    connections: &[Connection],
    channels: &[Channel],
) -> Result<(), FieldError> {
    if !accounts.active.is_empty() {
        return Ok(());
    }
    let names = |channels: &[Channel]| {
        let titles: Vec<_> = channels
            .iter()
            .map(|channel| channel_name(*channel))
            .collect();
        titles.join(", ")
    };
    let asleep: Vec<_> = connections
        .iter()
        .filter(|connection| reaches(channels, connection.channel))
        .map(|connection| {
            let state = match &connection.state {
                ConnectionState::Active => "active",
                ConnectionState::Disabled => "switched off",
                ConnectionState::Paused { .. } => "paused by the platform",
            };
            let (name, channel) = (&connection.name, channel_name(connection.channel));
            format!("{channel} \"{name}\" is {state}")
        })
        .collect();
    let missing = if channels.is_empty() {
        format!(
            "no chat channel is connected and active; a follow-up needs one of {}",
            names(
                &Channel::ALL
                    .into_iter()
                    .filter(|channel| reaches(&[], *channel))
                    .collect::<Vec<_>>()
            )
        )
    } else {
        format!(
            "none of the channels of this rule is connected and active: {}",
            names(channels)
        )
    };
    let message = if asleep.is_empty() {
        missing
    } else {
        format!("{missing} ({})", asleep.join("; "))
    };
    Err(FieldError::new(
        "channels",
        "no_active_channel",
        message,
        "connect a channel or activate one, then save the rule again",
    ))
}

/// How a text fits a channel, with variables counted as empty or as long values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    Fits,
    /// Only with short values.
    Tight,
    TooLong,
}

pub(super) fn fit(channel: Channel, message: Option<&MessageText>) -> Fit {
    let Some(MessageText::Custom { text }) = message else {
        return Fit::Fits;
    };
    let filled = |value: String| {
        let values = variables::AFTER_VISIT
            .map(|(name, _)| (name.to_owned(), value.clone()))
            .into();
        variables::render(text, &values).unwrap_or_default()
    };
    let limit = channel.text_limit();
    if !limit.fits(&filled(String::new())) {
        Fit::TooLong
    } else if !limit.fits(&filled("x".repeat(VALUE_LENGTH))) {
        Fit::Tight
    } else {
        Fit::Fits
    }
}

/// Where a fixed delay falls on a channel with a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    Inside,
    /// Under 24 h, but never before the last 5 minutes.
    InMargin,
    Over,
}

pub(super) fn length(delay: Delay) -> Length {
    match delay.fixed() {
        None => Length::Inside,
        Some(fixed) if fixed >= WINDOW => Length::Over,
        Some(fixed) if fixed >= WINDOW - MARGIN => Length::InMargin,
        Some(_) => Length::Inside,
    }
}

/// What the rule can do on each channel it may act on.
pub(super) fn outlook(
    accounts: &Accounts<'_>,
    channels: &[Channel],
    delay: Delay,
    message: Option<&MessageText>,
    template_approved: bool,
    words: Words,
) -> Vec<ChannelOutlook> {
    Channel::ALL
        .into_iter()
        .filter(|channel| accounts.reaches(*channel) || channels.contains(channel))
        .map(|channel| {
            let obstacle = obstacle(accounts, channel, delay, message);
            let connected = accounts.reaches(channel);
            let template = template_approved && channel.has_templates() && connected;
            ChannelOutlook {
                channel,
                free_form: obstacle.is_none(),
                template,
                left_out: obstacle.filter(|_| !template).map(|code| LeftOut {
                    code: code.to_owned(),
                    message: words.left_out(code, channel),
                }),
            }
        })
        .collect()
}

/// What stands in the way of free text on a channel.
fn obstacle(
    accounts: &Accounts<'_>,
    channel: Channel,
    delay: Delay,
    message: Option<&MessageText>,
) -> Option<&'static str> {
    if !accounts.reaches(channel) {
        return Some("not_connected");
    }
    if message.is_none() {
        return Some("no_message");
    }
    let windowed = channel.free_form_window().is_some();
    match length(delay) {
        Length::Over if windowed && channel.has_templates() => return Some("template_missing"),
        Length::Over if windowed => return Some("delay_over_window"),
        Length::InMargin if windowed => return Some("delay_in_margin"),
        _ => {}
    }
    (fit(channel, message) == Fit::TooLong).then_some("text_too_long")
}
