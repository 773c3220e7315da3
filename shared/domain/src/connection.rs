//! A connection: one account of the business on one channel.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::channel::{Channel, PhoneNumber};
use crate::ids::{ConnectionId, WorkspaceId};

/// One account on one channel. The values of its secrets are kept elsewhere and never shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Its id; part of the webhook address.
    pub id: ConnectionId,
    /// Whose account.
    pub workspace: WorkspaceId,
    /// Rises with every change.
    pub version: u64,
    /// The channel.
    pub channel: Channel,
    /// What the owner calls it.
    pub name: String,
    /// The account's id on the platform: phone number id, page id, Instagram account id.
    pub account: Option<String>,
    /// WhatsApp: the business account that owns the templates.
    pub business_account: Option<String>,
    /// SMS: the number they come from, or the provider's id of a pool of numbers. E-mail: the address
    /// they come from.
    #[serde(default)]
    pub sender: Option<String>,
    /// E-mail: what else belongs to its sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<MailAccount>,
    /// SMS: what happens to calls of its number; without it they are declined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voice: Option<VoiceLine>,
    /// Whether it may send.
    pub state: ConnectionState,
    /// The platform asked all sends of this account to wait; may be over.
    #[serde(default)]
    pub hold: Option<Hold>,
    /// Which secrets are set, and under which name the value of each is kept.
    #[serde(default)]
    pub secrets: BTreeMap<String, String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// Whether a connection may send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ConnectionState {
    /// It may.
    Active,
    /// The owner switched it off.
    Disabled,
    /// The platform said stop: token, payment, quality.
    Paused {
        /// Why, in the platform's words, without personal data.
        reason: String,
        /// Since when.
        since: DateTime<Utc>,
    },
}

/// What belongs to a sender of e-mail beside its address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MailAccount {
    /// The name beside the address; unless given, that of the business.
    pub from_name: Option<String>,
    /// Where answers go, if not to the sender.
    pub reply_to: Option<String>,
    /// The configuration set of SES through which reports come back; unless given, that of the
    /// installation.
    pub configuration_set: Option<String>,
    /// Opens are counted, with a picture that nobody sees.
    pub track_opens: bool,
    /// Clicks are counted, with links that lead over SES.
    pub track_clicks: bool,
}

/// What happens to calls (MO-21): they are passed on, and where nobody answers, or there is nobody to
/// pass them on to, the caller can leave a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoiceLine {
    /// Who answers, at a business or a private number that no caller gets to know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forward_to: Option<PhoneNumber>,
    /// How long it rings there, in seconds.
    pub ring_seconds: u16,
    /// What the caller hears before they leave a message; without one the built-in greeting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub greeting: Option<String>,
}

/// A pause that the platform asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Until when nothing is sent.
    pub until: DateTime<Utc>,
    /// Why, in the platform's words, without personal data.
    pub reason: String,
}

/// The secret with which a connection sends.
pub const TOKEN: &str = "token";
/// Meta: the app secrets that sign webhooks, one per line; several while one is being replaced.
pub const APP_SECRETS: &str = "app_secrets";
/// Meta: the token of the GET handshake.
pub const VERIFY_TOKEN: &str = "verify_token";
/// Telegram: the secret tokens in the header; loopback: the signing secrets. One per line.
pub const WEBHOOK_SECRETS: &str = "webhook_secrets";

/// The secrets that a channel has, and needs all of: the token to send, the others to receive. The
/// account's token of an SMS provider does both.
#[must_use]
pub fn secrets_of(channel: Channel) -> &'static [&'static str] {
    match channel {
        Channel::WhatsApp | Channel::Instagram | Channel::Messenger => {
            &[TOKEN, APP_SECRETS, VERIFY_TOKEN]
        }
        Channel::Telegram => &[TOKEN, WEBHOOK_SECRETS],
        Channel::Sms => &[TOKEN],
        // The function's own role lets it send.
        Channel::Email => &[],
        Channel::Loopback => &[WEBHOOK_SECRETS],
    }
}

impl Connection {
    /// Whether it has what it needs to send.
    #[must_use]
    pub fn can_send(&self) -> bool {
        !self.missing_secrets().contains(&TOKEN)
    }

    /// Where the platform's webhook points to, after the address of this installation.
    #[must_use]
    pub fn webhook_path(&self) -> String {
        format!("/webhooks/{}/{}", self.channel, self.id)
    }

    /// Where the provider asks what to do with a call, after the address of this installation.
    #[must_use]
    pub fn voice_path(&self) -> Option<String> {
        let line = self.voice.as_ref();
        line.map(|_| format!("{}/voice", self.webhook_path()))
    }

    /// Whether it has what it needs to receive.
    #[must_use]
    pub fn can_receive(&self) -> bool {
        let missing = self.missing_secrets();
        let signs = |kind: &str| kind != TOKEN || self.channel == Channel::Sms;
        !missing.into_iter().any(signs)
    }

    /// The secrets without which it cannot send, or not receive.
    #[must_use]
    pub fn missing_secrets(&self) -> Vec<&'static str> {
        let set = |kind: &&&str| !self.secrets.contains_key(**kind);
        secrets_of(self.channel)
            .iter()
            .filter(set)
            .copied()
            .collect()
    }

    /// The pause that is not over yet at this time.
    #[must_use]
    pub fn held(&self, at: DateTime<Utc>) -> Option<&Hold> {
        self.hold.as_ref().filter(|hold| hold.until > at)
    }

    /// Whether it may send.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.state == ConnectionState::Active
    }
}
