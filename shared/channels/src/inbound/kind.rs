//! What an inbound event can be.

use chrono::{DateTime, Utc};
use domain::channel::{ChannelUser, ProviderMessageId};
use domain::content::Content;
use domain::keyword::Keyword;
use serde::{Deserialize, Serialize};

use super::is_false;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum InboundKind {
    /// The customer wrote.
    Message(Box<InboundMessage>),
    /// The business wrote, through us, another tool or the platform's own app.
    Echo(Echo),
    /// A report about one message we sent.
    Status(StatusUpdate),
    /// Everything sent up to an instant was delivered or read.
    Watermark {
        /// Which of the two.
        level: WatermarkKind,
        /// The instant.
        up_to: DateTime<Utc>,
    },
    /// One message was read.
    Read {
        /// Our message.
        target: ProviderMessageId,
    },
    /// An earlier message was changed by whoever had written it.
    Edited {
        /// The earlier message.
        target: ProviderMessageId,
        /// What it says now.
        content: Content,
        /// Somebody of the business did, in the platform's own app.
        #[serde(default, skip_serializing_if = "is_false")]
        by_business: bool,
    },
    /// An earlier message was taken back by whoever had written it.
    Revoked {
        /// The earlier message.
        target: ProviderMessageId,
        /// Somebody of the business did, in the platform's own app.
        #[serde(default, skip_serializing_if = "is_false")]
        by_business: bool,
    },
    /// The customer reacted to a message, or took the reaction back.
    Reaction {
        /// The message reacted to.
        target: ProviderMessageId,
        /// The emoji; without one the reaction was removed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        emoji: Option<String>,
    },
    /// The customer tapped a button.
    Postback(Postback),
    /// The customer came back through a link or an advertisement without writing.
    Referral(Referral),
    /// The customer agreed to receive a kind of message.
    OptIn {
        /// The platform's word for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<String>,
        /// The address such messages go to, where it is not the customer's id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<ChannelUser>,
        /// Our own string, passed through.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reference: Option<String>,
        /// The platform says that the consent was withdrawn.
        #[serde(default, skip_serializing_if = "is_false")]
        withdrawn: bool,
    },
    /// The customer is now known under another id.
    UserIdChanged {
        /// The id until now.
        previous: ChannelUser,
        /// The id from now on.
        current: ChannelUser,
    },
    /// The customer stopped or resumed marketing messages in the platform's own menu.
    PreferenceChanged {
        /// The choice.
        marketing: MarketingChoice,
    },
    /// The customer blocked or unblocked us.
    Reachability {
        /// Which of the two.
        state: Reaching,
    },
    /// A template was approved, rejected, paused and so on.
    TemplateStatus(TemplateStatus),
    /// The platform moved, or will move, a template to another category.
    TemplateCategory {
        /// The template.
        template: TemplateRef,
        /// The change.
        change: CategoryChange,
    },
    /// The quality score of a template changed.
    TemplateQuality {
        /// The template.
        template: TemplateRef,
        /// The score before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        previous: Option<String>,
        /// The score now: GREEN, YELLOW, RED, UNKNOWN.
        current: String,
    },
    /// The text of a template changed; read its definition again.
    TemplateEdited(TemplateRef),
    /// Something about the account needs a person.
    AccountAlert(AccountAlert),
    /// The thread was passed between applications.
    Handover(Handover),
    /// A call on the platform.
    Call(Call),
    /// A telephone call.
    Telephone(Telephone),
    /// A note by the platform itself that needs nothing.
    System {
        /// The platform's word for it.
        kind: String,
    },
    /// An element that cannot be understood; its JSON is kept.
    Unknown {
        /// The platform's word for it, as far as there is one.
        kind: String,
        /// Where in the body it stands.
        path: String,
        /// What was missing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        problem: Option<String>,
    },
}

/// Something the customer wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboundMessage {
    /// The platform's id of the message.
    pub id: ProviderMessageId,
    /// What it says.
    pub content: Content,
    /// Further parts of the same message: more pictures, the story it answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<Content>,
    /// The message it quotes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<ProviderMessageId>,
    /// The link, advertisement or product it started from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referral: Option<Referral>,
    /// Whether the customer forwarded it from elsewhere.
    #[serde(default, skip_serializing_if = "is_false")]
    pub forwarded: bool,
    /// Whether the payload gives away that no person wrote it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub automatic: bool,
    /// The group it was written in; absent in a conversation between two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Equal for the pictures of one album, which arrive one by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub album: Option<String>,
    /// The word for no more messages, or for messages again, that the provider has acted upon; it may be
    /// one of the owner's own choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opt_out: Option<Keyword>,
}

impl InboundMessage {
    /// A message without any of the optional parts.
    pub fn new(id: ProviderMessageId, content: Content) -> Self {
        Self {
            id,
            content,
            more: Vec::new(),
            reply_to: None,
            referral: None,
            forwarded: false,
            automatic: false,
            group: None,
            album: None,
            opt_out: None,
        }
    }
}

/// Something the business wrote, as the platform reports it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Echo {
    /// The platform's id of the message.
    pub id: ProviderMessageId,
    /// What it says.
    pub content: Content,
    /// Who sent it.
    pub origin: EchoOrigin,
    /// What the sender attached; on our own messages the correlation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<String>,
}

impl Echo {
    /// Whether this is our own send coming back.
    ///
    /// Without a known application id, attached metadata is the sign; compare it, or the
    /// message id, with what was sent before believing it.
    pub fn is_own(&self, own_app_id: Option<&str>) -> bool {
        match (&self.origin, own_app_id) {
            (EchoOrigin::App { app_id }, Some(own)) => app_id == own,
            (EchoOrigin::App { .. }, None) => self.metadata.is_some(),
            (EchoOrigin::Person, _) => false,
        }
    }
}

/// Who sent a message of the business.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum EchoOrigin {
    /// Somebody in the platform's own app or inbox.
    Person,
    /// An application over the API: ours or another.
    App {
        /// Its id at the platform.
        app_id: String,
    },
}

/// A report about one message we sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusUpdate {
    /// The message.
    pub id: ProviderMessageId,
    /// What became of it.
    pub status: DeliveryStatus,
    /// Our own message id, as we sent it along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<String>,
    /// Why it failed; see [`crate::outcome::classify_failed`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ProviderError>,
    /// What it costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pricing: Option<Pricing>,
    /// Until when messages to this customer are free, after an advertisement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_until: Option<DateTime<Utc>>,
    /// The member of a group that the report is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub participant: Option<ChannelUser>,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// It left the platform.
    Sent,
    /// It is on the customer's device.
    Delivered,
    /// The customer saw it.
    Read,
    /// The customer listened to it.
    Played,
    /// It did not get there.
    Failed,
}

impl DeliveryStatus {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "sent" => Self::Sent,
            "delivered" => Self::Delivered,
            "read" => Self::Read,
            "played" => Self::Played,
            "failed" => Self::Failed,
            _ => return None,
        })
    }
}

/// An error in the platform's own terms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderError {
    /// Its number.
    pub code: i64,
    /// The finer number, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subcode: Option<i64>,
    /// Its short title; wordings change, so never decide on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The longer explanation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
}

/// What the platform says about the price of a message. Every value is an open list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pricing {
    /// Whether it is charged; the platform is phasing this out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billable: Option<bool>,
    /// `PMP` per message, `CBP` per conversation (old).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// `regular`, `free_customer_service`, `free_entry_point`, ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// `marketing`, `utility`, `authentication`, `service`, ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
}

/// How far a watermark reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WatermarkKind {
    /// On the device.
    Delivered,
    /// Seen.
    Read,
}

/// A tap on a button that we, or the platform's menu, offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Postback {
    /// The id of the tap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Our own string; missing while another application owns the thread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<String>,
    /// The message that carried the button.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<ProviderMessageId>,
    /// The link or advertisement it came through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referral: Option<Referral>,
}

/// Where a customer came from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Referral {
    /// The platform's word for the way: `ad`, `post`, `SHORTLINK`, `ADS`, `start`, ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The string in our link: `ref`, or the payload of `/start`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The advertisement or post.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    /// Its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Its headline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headline: Option<String>,
    /// The click, for the platform's own statistics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub click_id: Option<String>,
    /// The catalogue and product asked about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
}

impl Referral {
    /// Whether a paid advertisement brought the customer.
    pub fn is_ad(&self) -> bool {
        self.source
            .as_deref()
            .is_some_and(|source| matches!(source, "ad" | "ADS"))
    }
}

/// The customer's choice about marketing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarketingChoice {
    /// No more of it.
    Stop,
    /// Welcome again.
    Resume,
}

/// Whether we can reach the customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reaching {
    /// Nothing gets through until the customer undoes it.
    Blocked,
    /// Reachable again.
    Unblocked,
}

/// Which template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateRef {
    /// The platform's id.
    pub id: String,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// A template was approved, rejected, paused and so on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateStatus {
    /// The template.
    #[serde(flatten)]
    pub template: TemplateRef,
    /// `APPROVED`, `REJECTED`, `PAUSED`, `DISABLED`, ... (an open list).
    pub event: String,
    /// Its category now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Why, when the platform says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// A sentence for people: what happened, or what to change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// A template's move between categories. Consent and price follow the category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum CategoryChange {
    /// It will move.
    Impending {
        /// The category until then.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        current: Option<String>,
        /// The category the platform considers correct.
        correct: String,
        /// When.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<DateTime<Utc>>,
    },
    /// It has moved.
    Done {
        /// The category before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        previous: Option<String>,
        /// The category now.
        current: String,
    },
}

/// Something about the account needs a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountAlert {
    /// The webhook field it came in.
    pub field: String,
    /// The platform's word for what happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Errors, when it is about some.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ProviderError>,
}

/// The thread was passed between applications.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handover {
    /// How.
    pub action: HandoverAction,
    /// The application that owned it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_owner: Option<String>,
    /// The application that owns it now, or wants to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_owner: Option<String>,
    /// What the other application said about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<String>,
}

impl Handover {
    /// Whether the thread is with us now; `None`: nobody has got it by this.
    ///
    /// The payload does not say which application is ours. What is passed is told to the one that
    /// gets it, what is taken to the one that loses it; only the platform's own inbox, where
    /// people work, has a name of its own.
    #[must_use]
    pub fn is_to_us(&self) -> Option<bool> {
        const INBOXES: [&str; 2] = ["26390203743090", "263902037430900"];
        let is_inbox = |owner: &Option<String>| {
            let owner = owner.as_deref();
            owner.is_some_and(|owner| INBOXES.contains(&owner))
        };
        match self.action {
            HandoverAction::Requested | HandoverAction::Roles => None,
            _ if is_inbox(&self.new_owner) => Some(false),
            _ if is_inbox(&self.previous_owner) => Some(true),
            HandoverAction::Passed => Some(true),
            HandoverAction::Taken => Some(false),
        }
    }
}

/// How a thread changes hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandoverAction {
    /// The owner gave it to somebody.
    Passed,
    /// The primary application took it.
    Taken,
    /// Somebody asks for it.
    Requested,
    /// The roles of applications changed.
    Roles,
}

/// A telephone call to a number of ours: a part of it that is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Telephone {
    /// The provider's id of the call.
    pub call: String,
    /// What the conversation shows of it.
    pub entry: domain::content::Call,
    /// How long this part was, in seconds: what a call counts follows from its longest.
    pub seconds: u32,
}

/// A call on the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Its id.
    pub id: String,
    /// `connect`, `terminate`, ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Whether the customer called us.
    pub by_customer: bool,
}
