//! The classes of messages that can be refused by themselves.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::channel::Channel;
use crate::receipt::Reason;
use crate::rule::Purpose;

/// How a message travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Medium {
    /// E-mail.
    Email,
    /// Text message.
    Sms,
    /// A messenger.
    Chat,
    /// In the business's own app. It has no classes: who looks there has come to look.
    InApp,
}

impl Medium {
    /// The medium of a channel.
    #[must_use]
    pub fn of(channel: Channel) -> Self {
        match channel {
            Channel::Sms => Self::Sms,
            Channel::Email => Self::Email,
            Channel::WhatsApp
            | Channel::Instagram
            | Channel::Messenger
            | Channel::Telegram
            | Channel::Loopback => Self::Chat,
        }
    }
}

/// What can be refused by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Advertising by e-mail.
    EmailMarketing,
    /// Confirmations, cancellations, receipts by e-mail.
    EmailTransactional,
    /// Advertising by SMS.
    SmsMarketing,
    /// Reminders and confirmations by SMS. Only a STOP ends it (MO-26).
    SmsTransactional,
    /// Advertising in a messenger.
    ChatMarketing,
    /// Any other automated message in a messenger. Only an opt-out ends it.
    ChatTransactional,
}

impl Class {
    /// Every class.
    pub const ALL: [Self; 6] = [
        Self::EmailMarketing,
        Self::EmailTransactional,
        Self::SmsMarketing,
        Self::SmsTransactional,
        Self::ChatMarketing,
        Self::ChatTransactional,
    ];

    /// The class of a message; `None` for media without classes.
    #[must_use]
    pub fn of(medium: Medium, purpose: Purpose) -> Option<Self> {
        match (medium, purpose) {
            (Medium::Email, Purpose::Marketing) => Some(Self::EmailMarketing),
            (Medium::Email, Purpose::Transactional) => Some(Self::EmailTransactional),
            (Medium::Sms, Purpose::Marketing) => Some(Self::SmsMarketing),
            (Medium::Sms, Purpose::Transactional) => Some(Self::SmsTransactional),
            (Medium::Chat, Purpose::Marketing) => Some(Self::ChatMarketing),
            (Medium::Chat, Purpose::Transactional) => Some(Self::ChatTransactional),
            (Medium::InApp, _) => None,
        }
    }

    /// How its messages travel.
    #[must_use]
    pub fn medium(self) -> Medium {
        match self {
            Self::EmailMarketing | Self::EmailTransactional => Medium::Email,
            Self::SmsMarketing | Self::SmsTransactional => Medium::Sms,
            Self::ChatMarketing | Self::ChatTransactional => Medium::Chat,
        }
    }

    /// Whether it can be refused by itself: by a footer link, on the page of preferences, by staff.
    #[must_use]
    pub fn has_switch(self) -> bool {
        !matches!(self, Self::SmsTransactional | Self::ChatTransactional)
    }

    /// Whether its messages carry a link at the foot that ends just this class (MO-27).
    #[must_use]
    pub fn has_footer_link(self) -> bool {
        matches!(self, Self::EmailMarketing | Self::EmailTransactional)
    }

    /// What ends it together with its sisters.
    #[must_use]
    pub fn stoppable(self) -> Option<Stoppable> {
        match self {
            Self::EmailMarketing | Self::EmailTransactional => None,
            Self::SmsMarketing | Self::SmsTransactional => Some(Stoppable::Sms),
            Self::ChatMarketing | Self::ChatTransactional => Some(Stoppable::Chat),
        }
    }

    /// The name in JSON, keys and queries.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EmailMarketing => "email_marketing",
            Self::EmailTransactional => "email_transactional",
            Self::SmsMarketing => "sms_marketing",
            Self::SmsTransactional => "sms_transactional",
            Self::ChatMarketing => "chat_marketing",
            Self::ChatTransactional => "chat_transactional",
        }
    }

    /// The class as people write it, German and English.
    #[must_use]
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::EmailMarketing => ("Werbe-E-Mails", "marketing e-mails"),
            Self::EmailTransactional => ("E-Mails zu Buchungen", "e-mails about bookings"),
            Self::SmsMarketing => ("Werbe-SMS", "marketing SMS"),
            Self::SmsTransactional => ("SMS zu Buchungen", "SMS about bookings"),
            Self::ChatMarketing => ("Werbung im Chat", "marketing in chats"),
            Self::ChatTransactional => ("automatische Chat-Nachrichten", "automated chat messages"),
        }
    }
}

/// What a single word ends altogether.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stoppable {
    /// All SMS, transactional ones as well (MO-28).
    Sms,
    /// All automated messages in messengers.
    Chat,
}

impl Stoppable {
    /// What a STOP on this channel ends.
    #[must_use]
    pub fn of(channel: Channel) -> Self {
        match Medium::of(channel) {
            Medium::Sms => Self::Sms,
            Medium::Email | Medium::Chat | Medium::InApp => Self::Chat,
        }
    }

    /// Why nothing is sent since then.
    #[must_use]
    pub fn reason(self, since: DateTime<Utc>) -> Reason {
        match self {
            Self::Sms => Reason::SmsStopped { since },
            Self::Chat => Reason::OptedOut { since },
        }
    }
}

/// What a message is about; decides its purpose (MO-29, PH-15).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A class or appointment is booked or moved.
    Confirmation,
    /// A class or appointment is cancelled.
    Cancellation,
    /// What was paid.
    Receipt,
    /// An appointment comes up.
    Reminder,
    /// A place on the waiting list has come free.
    WaitingList,
    /// The waiver has changed and wants to be signed again (MO-20).
    WaiverUpdate,
    /// A step of a marketing sequence.
    Sequence,
    /// A first message to somebody who showed interest.
    Lead,
    /// Written through the marketing suite.
    MarketingSuite,
    /// It is time to book again.
    Rebooking,
}

impl Kind {
    /// What the message is for.
    #[must_use]
    pub fn purpose(self) -> Purpose {
        match self {
            Self::Confirmation
            | Self::Cancellation
            | Self::Receipt
            | Self::Reminder
            | Self::WaitingList
            | Self::WaiverUpdate => Purpose::Transactional,
            Self::Sequence | Self::Lead | Self::MarketingSuite | Self::Rebooking => {
                Purpose::Marketing
            }
        }
    }
}
