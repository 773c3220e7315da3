//! The platforms a customer can be reached on, and the identities people have there.
//!
//! Only facts that decide something live here: windows, templates, text limits. How a
//! platform spells its payloads is the business of the `channels` crate.

use std::fmt;
use std::str::FromStr;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// A platform that carries messages between a business and its customers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// WhatsApp Cloud API.
    #[serde(rename = "whatsapp")]
    WhatsApp,
    /// Instagram direct messages.
    Instagram,
    /// Facebook Messenger.
    Messenger,
    /// A Telegram bot.
    Telegram,
    /// SMS, through a provider that speaks Twilio's API.
    Sms,
    /// E-mail, through Amazon SES.
    Email,
    /// The built-in channel on which the owner plays the customer.
    Loopback,
}

impl Channel {
    /// Every channel, in the order lists show them.
    pub const ALL: [Self; 7] = [
        Self::WhatsApp,
        Self::Instagram,
        Self::Messenger,
        Self::Telegram,
        Self::Sms,
        Self::Email,
        Self::Loopback,
    ];

    /// The name used in JSON, keys and queries.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WhatsApp => "whatsapp",
            Self::Instagram => "instagram",
            Self::Messenger => "messenger",
            Self::Telegram => "telegram",
            Self::Sms => "sms",
            Self::Email => "email",
            Self::Loopback => "loopback",
        }
    }

    /// The short mark in front of a masked identity.
    pub fn mark(self) -> &'static str {
        match self {
            Self::WhatsApp => "wa",
            Self::Instagram => "ig",
            Self::Messenger => "fb",
            Self::Telegram => "tg",
            Self::Sms => "sm",
            Self::Email => "em",
            Self::Loopback => "lo",
        }
    }

    /// The least time between two messages to the same customer.
    pub fn pace(self) -> TimeDelta {
        match self {
            Self::WhatsApp => TimeDelta::seconds(6),
            // A sender number takes about one segment a second.
            Self::Telegram | Self::Sms => TimeDelta::seconds(1),
            Self::Instagram | Self::Messenger | Self::Email | Self::Loopback => TimeDelta::zero(),
        }
    }

    /// How long after the customer's last message free text may be sent. `None`: for ever.
    pub fn free_form_window(self) -> Option<TimeDelta> {
        match self {
            Self::WhatsApp | Self::Instagram | Self::Messenger => Some(TimeDelta::hours(24)),
            Self::Telegram | Self::Sms | Self::Email | Self::Loopback => None,
        }
    }

    /// How long after the customer's last message a *person* may still write, marked as such.
    ///
    /// Automated messages must never use this.
    pub fn human_agent_window(self) -> Option<TimeDelta> {
        match self {
            Self::Instagram | Self::Messenger => Some(TimeDelta::days(7)),
            Self::WhatsApp | Self::Telegram | Self::Sms | Self::Email | Self::Loopback => None,
        }
    }

    /// Whether approved templates can be sent outside the window.
    pub fn has_templates(self) -> bool {
        matches!(self, Self::WhatsApp)
    }

    /// Whether a message we send comes back, in a report or an echo, with our own id on it.
    ///
    /// Without that a send whose answer was lost stays unknown.
    pub fn returns_correlation(self) -> bool {
        match self {
            // By SMS it stands in the address of the status callback, by e-mail in a tag.
            Self::WhatsApp
            | Self::Instagram
            | Self::Messenger
            | Self::Sms
            | Self::Email
            | Self::Loopback => true,
            Self::Telegram => false,
        }
    }

    /// The longest text of one message.
    pub fn text_limit(self) -> TextLimit {
        match self {
            Self::WhatsApp | Self::Telegram | Self::Loopback => TextLimit::Chars(4096),
            Self::Messenger => TextLimit::Chars(2000),
            Self::Sms => TextLimit::Chars(1600),
            Self::Email => TextLimit::Chars(20_000),
            Self::Instagram => TextLimit::Bytes(1000),
        }
    }

    /// The longest caption under an image, video or document; 0 where there are none.
    pub fn caption_limit(self) -> TextLimit {
        match self {
            Self::WhatsApp | Self::Telegram | Self::Loopback => TextLimit::Chars(1024),
            Self::Messenger | Self::Instagram | Self::Sms | Self::Email => TextLimit::Chars(0),
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Channel {
    type Err = UnknownChannel;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|channel| channel.as_str() == name)
            .ok_or(UnknownChannel)
    }
}

/// The name belongs to no channel of this system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown channel; expected one of whatsapp, instagram, messenger, telegram, sms, email, loopback"
)]
pub struct UnknownChannel;

/// A limit together with the unit the platform counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextLimit {
    /// Unicode scalar values.
    Chars(usize),
    /// Bytes of UTF-8.
    Bytes(usize),
}

impl TextLimit {
    /// The length of a text in the unit of this limit.
    pub fn measure(self, text: &str) -> usize {
        match self {
            Self::Chars(_) => text.chars().count(),
            Self::Bytes(_) => text.len(),
        }
    }

    /// The largest length allowed.
    pub fn max(self) -> usize {
        match self {
            Self::Chars(max) | Self::Bytes(max) => max,
        }
    }

    /// The unit, for messages to people.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Chars(_) => "characters",
            Self::Bytes(_) => "bytes",
        }
    }

    /// Whether the text may be sent as one message.
    pub fn fits(self, text: &str) -> bool {
        self.measure(text) <= self.max()
    }
}

/// Why an identity was refused. The value itself is left out: it may be personal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// Nothing but white space.
    #[error("must not be empty")]
    Empty,
    /// Longer than the limit.
    #[error("must have at most {max} characters")]
    TooLong {
        /// The limit.
        max: usize,
    },
    /// Control characters cannot be part of an id.
    #[error("must not contain control characters")]
    ControlCharacter,
    /// Not a number in international form.
    #[error("must be a phone number in international form: + and 7 to 15 digits, no leading zero")]
    NotE164,
}

/// The channel's own id of a person: a business-scoped id, a page-scoped id, a chat id.
///
/// `Display` and `Debug` mask it; [`ChannelUser::reveal`] is for keys and requests.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ChannelUser(String);

impl ChannelUser {
    /// The longest id accepted.
    pub const MAX_CHARS: usize = 256;

    /// The only way in.
    pub fn parse(value: &str) -> Result<Self, IdentityError> {
        opaque(value, Self::MAX_CHARS).map(Self)
    }

    /// The id as the platform spells it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// A form for logs and lists that says where, but not who: `wa:49…12`.
    pub fn masked(&self, channel: Channel) -> String {
        format!("{}:{}", channel.mark(), mask(&self.0))
    }
}

/// The platform's id of one message.
///
/// Masked like an address, because some platforms encode the phone number in it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProviderMessageId(String);

impl ProviderMessageId {
    /// The longest id accepted.
    pub const MAX_CHARS: usize = 512;

    /// The only way in.
    pub fn parse(value: &str) -> Result<Self, IdentityError> {
        opaque(value, Self::MAX_CHARS).map(Self)
    }

    /// The id as the platform spells it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// A phone number in international form (E.164): `+` and 7 to 15 digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// The only way in. Spaces, hyphens, dots, slashes and brackets are dropped, and the zero in
    /// brackets that is dialled at home only.
    pub fn parse(value: &str) -> Result<Self, IdentityError> {
        let compact: String = value
            .trim()
            .replace("(0)", "")
            .chars()
            .filter(|c| !matches!(c, ' ' | '\u{a0}' | '-' | '.' | '/' | '(' | ')'))
            .collect();
        if compact.is_empty() {
            return Err(IdentityError::Empty);
        }
        let digits = compact.strip_prefix('+').ok_or(IdentityError::NotE164)?;
        let well_formed = (7..=15).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0');
        if well_formed {
            Ok(Self(compact))
        } else {
            Err(IdentityError::NotE164)
        }
    }

    /// The number with its leading `+`.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The digits alone, as WhatsApp spells numbers.
    pub fn digits(&self) -> &str {
        self.0.trim_start_matches('+')
    }
}

fn opaque(value: &str, max: usize) -> Result<String, IdentityError> {
    let value = value.trim();
    if value.is_empty() {
        Err(IdentityError::Empty)
    } else if value.chars().count() > max {
        Err(IdentityError::TooLong { max })
    } else if value.chars().any(char::is_control) {
        Err(IdentityError::ControlCharacter)
    } else {
        Ok(value.to_owned())
    }
}

/// Two characters at each end when at least four are hidden between them, else nothing.
pub(crate) fn mask(value: &str) -> String {
    let chars: Vec<char> = value.trim_start_matches('+').chars().collect();
    match chars.as_slice() {
        [a, b, hidden @ .., y, z] if hidden.len() >= 4 => format!("{a}{b}…{y}{z}"),
        _ => "…".to_owned(),
    }
}

macro_rules! masked_text {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&mask(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), mask(&self.0))
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdentityError;

            fn try_from(value: String) -> Result<Self, Self::Error> {
                Self::parse(&value)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }
    )*};
}

masked_text!(ChannelUser, ProviderMessageId, PhoneNumber);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_through_text_and_json() {
        for channel in Channel::ALL {
            assert_eq!(channel.as_str().parse(), Ok(channel));
            let json = serde_json::to_string(&channel).unwrap();
            assert_eq!(json, format!("\"{channel}\""));
            assert_eq!(serde_json::from_str::<Channel>(&json).unwrap(), channel);
        }
        assert_eq!("fax".parse::<Channel>(), Err(UnknownChannel));
    }

    #[test]
    fn identities_hide_themselves() {
        let user = ChannelUser::parse("4915112345612").unwrap();
        assert_eq!(format!("{user} {user:?}"), "49…12 ChannelUser(49…12)");
        assert_eq!(user.masked(Channel::WhatsApp), "wa:49…12");
        assert_eq!(user.reveal(), "4915112345612");
        let short = ChannelUser::parse("1234567").unwrap();
        assert_eq!(short.to_string(), "…");
        let phone = PhoneNumber::parse("+49 (151) 123-456 12").unwrap();
        assert_eq!(format!("{phone:?}"), "PhoneNumber(49…12)");
        assert_eq!(phone.digits(), "4915112345612");
        // The zero that is dialled at home only.
        assert_eq!(PhoneNumber::parse("+49 (0)151 12345612").unwrap(), phone);
    }

    #[test]
    fn identities_refuse_what_cannot_be_one() {
        assert_eq!(ChannelUser::parse(" "), Err(IdentityError::Empty));
        assert_eq!(
            ChannelUser::parse("a\u{0}b"),
            Err(IdentityError::ControlCharacter)
        );
        assert!(ChannelUser::parse(&"ü".repeat(256)).is_ok());
        assert_eq!(
            ChannelUser::parse(&"ü".repeat(257)),
            Err(IdentityError::TooLong { max: 256 })
        );
        for wrong in [
            "",
            "0151123456",
            "+0151123456",
            "+123456",
            "+1234567890123456",
            "+49x1512345",
        ] {
            assert!(PhoneNumber::parse(wrong).is_err(), "{wrong}");
        }
        assert!(serde_json::from_str::<PhoneNumber>("\"12\"").is_err());
    }

    #[test]
    fn instagram_counts_bytes_and_the_others_characters() {
        let text = "ü".repeat(501);
        assert!(!Channel::Instagram.text_limit().fits(&text));
        assert!(Channel::Messenger.text_limit().fits(&text));
        assert_eq!(Channel::Instagram.text_limit().measure(&text), 1002);
    }
}
