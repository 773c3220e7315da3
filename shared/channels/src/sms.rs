//! SMS, whoever carries them: what all providers have in common.

use std::fmt;

use chrono::{DateTime, Utc};
use domain::channel::{Channel, ChannelUser, PhoneNumber, TextLimit};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::inbound::{InboundEvent, InboundKind, Profile};
use crate::outbound::{OutboundError, check_text};

/// The longest text that the providers take; how many SMS that is, `domain::sms` counts.
pub const TEXT_LIMIT: TextLimit = TextLimit::Chars(1600);

/// Who an SMS comes from.
#[derive(Clone, PartialEq, Eq)]
pub enum Sender {
    /// A number of ours: people can answer.
    Number(PhoneNumber),
    /// A short name: nobody can answer, and not every country allows it.
    Name(SenderName),
    /// A pool of senders at the provider, which chooses.
    Pool(String),
}

impl Sender {
    /// A number in international form, or the id of a pool (`MG` and 32 digits): those that people
    /// can answer to.
    pub fn parse(sender: &str) -> Result<Self, OutboundError> {
        let sender = sender.trim();
        let digits = sender.strip_prefix("MG").unwrap_or_default();
        if digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Ok(Self::Pool(sender.to_owned()));
        }
        let number = sender.starts_with('+').then(|| PhoneNumber::parse(sender));
        match number {
            Some(Ok(number)) => Ok(Self::Number(number)),
            _ => Err(OutboundError::Invalid {
                field: "sender",
                reason: "is neither a number in international form nor the id of a messaging service",
                remedy: "write the number as `+4915112345678`, or copy the id, which begins with `MG`",
            }),
        }
    }

    /// As requests and settings spell it.
    pub fn reveal(&self) -> &str {
        match self {
            Self::Number(number) => number.reveal(),
            Self::Name(name) => name.as_str(),
            Self::Pool(pool) => pool,
        }
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "Number({number})"),
            Self::Name(name) => write!(f, "Name({})", name.as_str()),
            Self::Pool(pool) => write!(f, "Pool({pool})"),
        }
    }
}

/// 1 to 11 letters and digits, at least one of them a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SenderName(String);

impl SenderName {
    /// The only way in. Spaces are allowed inside: phones show them.
    pub fn parse(name: &str) -> Result<Self, OutboundError> {
        let name = name.trim();
        let fits = |c: char| c.is_ascii_alphanumeric() || c == ' ';
        let letter = name.chars().any(|c| c.is_ascii_alphabetic());
        if (1..=11).contains(&name.len()) && letter && name.chars().all(fits) {
            return Ok(Self(name.to_owned()));
        }
        Err(OutboundError::Invalid {
            field: "sender",
            reason: "has something other than 1 to 11 letters and digits, or no letter",
            remedy: "choose a shorter name without umlauts and signs",
        })
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Something that happened to an SMS: one came in, or one of ours went on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmsEvent {
    /// Our number, name or pool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<ChannelUser>,
    /// The customer's number as the provider spells it. Short codes write, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<ChannelUser>,
    /// When it happened; most providers tell no time, then it is the arrival.
    pub at: DateTime<Utc>,
    /// Whether `at` is the arrival, another one at every delivery.
    pub at_is_ours: bool,
    /// Equal for two deliveries of the same event.
    pub dedup: String,
    /// What happened: a message, a status, or something unknown.
    pub kind: InboundKind,
    /// How many segments the provider counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segments: Option<u32>,
    /// As received, where it could not be understood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<Value>,
}

impl SmsEvent {
    /// The customer's number, where it is one.
    pub fn phone(&self) -> Option<PhoneNumber> {
        PhoneNumber::parse(self.user.as_ref()?.reveal()).ok()
    }
}

impl From<SmsEvent> for InboundEvent {
    fn from(event: SmsEvent) -> Self {
        let phone = event.phone();
        Self {
            channel: Channel::Sms,
            account: event.account.map(|account| account.reveal().to_owned()),
            business: None,
            // A number is written in one way only; a short code stays as it is.
            user: event.user,
            aliases: Vec::new(),
            profile: Profile {
                phone,
                ..Profile::default()
            },
            at: event.at,
            at_is_ours: event.at_is_ours,
            dedup: event.dedup,
            standby: false,
            kind: event.kind,
            raw: event.raw,
        }
    }
}

/// A text that can be sent.
pub(crate) fn check_body(text: &str) -> Result<(), OutboundError> {
    check_text("text", text, TEXT_LIMIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_sends_from_a_number_or_a_pool() {
        let pool = format!("MG{}", "0a".repeat(16));
        for fine in ["+4915112345678", " +49 151 12345678 ", &pool] {
            assert!(Sender::parse(fine).is_ok(), "{fine}");
        }
        for wrong in ["", "4915112345678", "Salon", "MG12", "+49", "MGxx"] {
            assert!(Sender::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sender_names_are_short_and_plain() {
        for fine in ["Salon", "Salon Mitte", "A1", " 4You "] {
            assert!(SenderName::parse(fine).is_ok(), "{fine}");
        }
        for wrong in [
            "",
            "123",
            "Salon-Mitte",
            "Müller",
            "Zwölf Zeichen",
            "ABCDEFGHIJKL",
        ] {
            assert!(SenderName::parse(wrong).is_err(), "{wrong}");
        }
    }
}
