//! Webhook bytes in, events out; the same events for every platform.
//!
//! Nothing is lost here. An element that cannot be read becomes
//! [`InboundKind::Unknown`] with its JSON and the place of the problem, and its
//! neighbours survive. Something a customer wrote in a form nobody knows is still a
//! message, because it ends a silence.

mod draft;
mod kind;

use chrono::{DateTime, Utc};
use domain::channel::{Channel, ChannelUser, PhoneNumber};
use domain::content::Content;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use draft::{Draft, each, fingerprint};
pub use kind::{
    AccountAlert, Call, CategoryChange, DeliveryStatus, Echo, EchoOrigin, Handover, HandoverAction,
    InboundKind, InboundMessage, MarketingChoice, Postback, Pricing, ProviderError, Reaching,
    Referral, StatusUpdate, Telephone, TemplateRef, TemplateStatus, WatermarkKind,
};

use crate::node::{Node, Problem};
use crate::{loopback, meta, telegram, twilio};

/// Reads one webhook body.
///
/// `channel` says which address it was posted to; the three platforms of Meta name
/// themselves in the body, and the body wins. `received_at` stands in where a payload
/// carries no time, and no event is dated later than it.
pub fn parse(
    channel: Channel,
    raw: &[u8],
    received_at: DateTime<Utc>,
) -> Result<Batch, ParseError> {
    let body: Value = match channel {
        // The one provider that posts forms.
        Channel::Sms => twilio::inbound::form(raw),
        Channel::Email => return Err(ParseError::NoWebhook),
        _ => serde_json::from_slice(raw)?,
    };
    if !body.is_object() {
        return Err(ParseError::NotAnObject);
    }
    let node = Node::root(&body);
    let events = match channel {
        Channel::WhatsApp | Channel::Messenger | Channel::Instagram => {
            meta::inbound::parse(channel, &node, received_at)
        }
        Channel::Telegram => telegram::inbound::parse(&node, received_at),
        Channel::Sms => vec![twilio::inbound::event_of(&node, received_at).into()],
        Channel::Email => return Err(ParseError::NoWebhook),
        Channel::Loopback => loopback::inbound::parse(&node, received_at),
    };
    Ok(Batch { events })
}

/// A body that is authentic and cannot be read, to be kept as it came.
pub fn unreadable(
    channel: Channel,
    raw: &[u8],
    received_at: DateTime<Utc>,
    error: &ParseError,
) -> InboundEvent {
    let text = Value::String(String::from_utf8_lossy(raw).into_owned());
    let problem = Problem(error.to_string());
    Draft::new(channel, received_at).unknown(&Node::root(&text), "unreadable", Some(problem))
}

/// Everything one webhook call reported, in its order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// One event per element of the body, at least.
    pub events: Vec<InboundEvent>,
}

/// The body cannot be read at all. When it was authentic, keep it ([`unreadable`]) and answer 200: it
/// never gets better.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// No JSON.
    #[error("the body is not JSON")]
    NotJson(#[from] serde_json::Error),
    /// JSON, but a list or a plain value.
    #[error("the body is not a JSON object")]
    NotAnObject,
    /// E-mail has no webhook: what SES reports comes through a queue.
    #[error("there are no webhooks of this channel")]
    NoWebhook,
}

/// One thing that happened on a platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboundEvent {
    /// Where it happened.
    pub channel: Channel,
    /// The business side: phone number id, page id, Instagram account id. A Telegram
    /// update does not name its bot; there the address it was posted to says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The WhatsApp business account, to which templates and alerts belong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business: Option<String>,
    /// The customer, by the most stable id the platform has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<ChannelUser>,
    /// Other ids of the same customer, under which an older conversation may be filed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<ChannelUser>,
    /// What the payload says about the customer.
    #[serde(default, skip_serializing_if = "Profile::is_empty")]
    pub profile: Profile,
    /// The platform's time of the event.
    pub at: DateTime<Utc>,
    /// The payload has no time that could be used: `at` is the arrival, another one at every
    /// delivery.
    #[serde(default, skip_serializing_if = "is_false")]
    pub at_is_ours: bool,
    /// Equal for two deliveries of the same event on the same connection. It may contain
    /// an address: hash it before it becomes a key or a log field.
    pub dedup: String,
    /// Another application owns the thread: listen, do not answer.
    #[serde(default, skip_serializing_if = "is_false")]
    pub standby: bool,
    /// What happened.
    pub kind: InboundKind,
    /// The element as received, where the event does not hold all that matters of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<Value>,
}

impl InboundEvent {
    /// Whether this opens or renews the platform's window for free-form messages.
    ///
    /// Only what the platforms document counts: reactions do on Messenger and Instagram
    /// and not on WhatsApp; edits, deletions and reports never do.
    pub fn opens_window(&self) -> bool {
        match &self.kind {
            InboundKind::Message(message) => {
                let hidden_edit =
                    matches!(&message.content, Content::Unsupported { kind } if kind == "edit");
                message.group.is_none() && !hidden_edit
            }
            InboundKind::Postback(_) => true,
            InboundKind::Call(call) => call.by_customer,
            InboundKind::Telephone(_) => false,
            InboundKind::Referral(_) => self.is_page_messaging(),
            InboundKind::Reaction { emoji, .. } => emoji.is_some() && self.is_page_messaging(),
            InboundKind::Echo(_)
            | InboundKind::Status(_)
            | InboundKind::Watermark { .. }
            | InboundKind::Read { .. }
            | InboundKind::Edited { .. }
            | InboundKind::Revoked { .. }
            | InboundKind::OptIn { .. }
            | InboundKind::UserIdChanged { .. }
            | InboundKind::PreferenceChanged { .. }
            | InboundKind::Reachability { .. }
            | InboundKind::TemplateStatus(_)
            | InboundKind::TemplateCategory { .. }
            | InboundKind::TemplateQuality { .. }
            | InboundKind::TemplateEdited(_)
            | InboundKind::AccountAlert(_)
            | InboundKind::Handover(_)
            | InboundKind::System { .. }
            | InboundKind::Unknown { .. } => false,
        }
    }

    fn is_page_messaging(&self) -> bool {
        matches!(self.channel, Channel::Messenger | Channel::Instagram)
    }
}

/// What a payload says about a customer; every part may be missing.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The name the customer chose to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The first name, where the platform tells it apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// The handle, without `@`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// A language code such as `de`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The phone number, when the platform vouches for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<PhoneNumber>,
}

impl Profile {
    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Says which parts are known, not what they are.
impl std::fmt::Debug for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let known = [
            ("display_name", self.display_name.is_some()),
            ("first_name", self.first_name.is_some()),
            ("username", self.username.is_some()),
            ("language", self.language.is_some()),
            ("phone", self.phone.is_some()),
        ];
        let names = known
            .iter()
            .filter(|(_, known)| *known)
            .map(|(name, _)| name);
        f.write_str("Profile")?;
        f.debug_set().entries(names).finish()
    }
}

fn is_false(value: &bool) -> bool {
    !value
}
