//! A message becomes the description of a request.
//!
//! Whatever a platform would refuse for its size or shape is refused here first, with the
//! limit and the remedy in the error: platforms are vague, and some cut silently.
//! Whether a message *may* leave (windows, consent, stops) is decided elsewhere.

use std::fmt;

use domain::channel::{Channel, ChannelUser, PhoneNumber, ProviderMessageId, TextLimit};
use domain::content::Content;

use crate::email::outbound::SendEmail;
use crate::http::HttpRequest;
use crate::sms::Sender;
use crate::{meta, telegram, twilio, whatsapp};

/// The version of Graph used when the configuration names none.
pub const DEFAULT_GRAPH_VERSION: &str = "v25.0";

/// Where the platform is reached when the configuration says nothing else.
///
/// Instagram accounts connected without a page use `https://graph.instagram.com`.
pub fn default_base_url(channel: Channel) -> &'static str {
    match channel {
        Channel::WhatsApp | Channel::Messenger | Channel::Instagram => "https://graph.facebook.com",
        Channel::Telegram => "https://api.telegram.org",
        Channel::Sms => twilio::outbound::DEFAULT_BASE_URL,
        // SES is where the account is; nothing is behind loopback.
        Channel::Email | Channel::Loopback => "",
    }
}

/// The sender.
#[derive(Clone, Copy)]
pub struct Account<'a> {
    /// The platform.
    pub channel: Channel,
    /// See [`default_base_url`]; a stub's address in tests.
    pub base_url: &'a str,
    /// The version of Graph, such as `v25.0`; unused on Telegram.
    pub api_version: &'a str,
    /// Phone number id, page id or Instagram account id; unused on Telegram.
    pub id: &'a str,
    /// The access token, on Telegram the bot's token.
    pub token: &'a str,
    /// SMS: who it comes from, and where the provider reports what became of it, without the
    /// correlation, which is added.
    pub sms: Option<SmsAccount<'a>>,
}

/// Under this name our correlation stands in the address to which an SMS provider reports.
pub const CORRELATION: &str = "c";

/// What only SMS need.
#[derive(Clone, Copy, Debug)]
pub struct SmsAccount<'a> {
    /// Who it comes from.
    pub sender: &'a Sender,
    /// The public address of the connection's webhook.
    pub webhook: &'a str,
}

impl Account<'_> {
    pub(crate) fn checked_base_url(&self) -> Result<&str, OutboundError> {
        let base = self.base_url.trim_end_matches('/');
        let has_scheme = base.starts_with("https://") || base.starts_with("http://");
        if has_scheme && !base.contains(['?', '#', ' ']) {
            Ok(base)
        } else {
            Err(OutboundError::Invalid {
                field: "account.base_url",
                reason: "must be an http or https address without query",
                remedy: "correct the connection's settings",
            })
        }
    }

    /// A token becomes part of a header or an address, so it must not break out of it.
    pub(crate) fn checked_token(&self) -> Result<&str, OutboundError> {
        let token = self.token.trim();
        let allowed = |c: char| c.is_ascii_graphic() && !matches!(c, '/' | '?' | '#');
        if !token.is_empty() && token.chars().all(allowed) {
            Ok(token)
        } else {
            Err(OutboundError::Invalid {
                field: "account.token",
                reason: "is empty or contains characters that no token has",
                remedy: "store the connection's token again",
            })
        }
    }
}

impl fmt::Debug for Account<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("channel", &self.channel)
            .field("base_url", &self.base_url)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// The customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct To {
    /// The channel's own id.
    pub user: ChannelUser,
    /// The phone number, where it is known.
    pub phone: Option<PhoneNumber>,
}

impl To {
    /// A customer of whom only the channel's id is known.
    pub fn user(user: ChannelUser) -> Self {
        Self { user, phone: None }
    }
}

/// What to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboundMessage {
    /// The content.
    pub content: Content,
    /// Our own message id; the platform returns it where it can.
    pub correlation: String,
    /// The message to quote.
    pub reply_to: Option<ProviderMessageId>,
    /// On whose initiative.
    pub purpose: Purpose,
}

impl OutboundMessage {
    /// A follow-up that quotes nothing.
    pub fn follow_up(content: Content, correlation: impl Into<String>) -> Self {
        Self {
            content,
            correlation: correlation.into(),
            reply_to: None,
            purpose: Purpose::FollowUp,
        }
    }

    pub(crate) fn check_correlation(&self, max: usize) -> Result<(), OutboundError> {
        check_text("correlation", &self.correlation, TextLimit::Chars(max))
    }
}

/// On whose initiative a message is sent. Some platforms want to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// It answers the customer, inside the window.
    Reply,
    /// We write first, inside the window.
    FollowUp,
    /// A *person* wrote it, up to seven days after the customer's last message. Only this
    /// gets the human-agent tag, so an automated message can never carry it.
    PersonAfterWindow,
}

/// What has to be done to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutboundAction {
    /// Carry this request and give the answer to [`crate::classify`].
    Http(HttpRequest),
    /// Carry this call to SES and give the answer to [`crate::email::outcome::classify`].
    Email(Box<SendEmail>),
    /// Nothing leaves: the message is stored, and that is its delivery.
    Loopback,
}

/// Builds the request for one message.
pub fn request(
    account: &Account<'_>,
    to: &To,
    message: &OutboundMessage,
) -> Result<OutboundAction, OutboundError> {
    check_purpose(account.channel, message)?;
    let request = match account.channel {
        Channel::WhatsApp => whatsapp::outbound::request(account, to, message)?,
        Channel::Messenger | Channel::Instagram => meta::send::request(account, to, message)?,
        Channel::Telegram => telegram::outbound::request(account, to, message)?,
        Channel::Sms => sms(account, to, message)?,
        Channel::Email => {
            return Err(OutboundError::NotSupported {
                channel: Channel::Email,
                what: "a message without what stands around a mail",
                remedy: "build it with `email::outbound::send_email`",
            });
        }
        Channel::Loopback => {
            if let Content::Text { text } = &message.content {
                check_text("text", text, Channel::Loopback.text_limit())?;
            }
            return Ok(OutboundAction::Loopback);
        }
    };
    Ok(OutboundAction::Http(request))
}

/// The provider returns no string of ours, but it posts its reports to an address of ours.
fn sms(
    account: &Account<'_>,
    to: &To,
    message: &OutboundMessage,
) -> Result<HttpRequest, OutboundError> {
    let Content::Text { text } = &message.content else {
        return Err(OutboundError::NotSupported {
            channel: Channel::Sms,
            what: "anything but text",
            remedy: "send a text with a link",
        });
    };
    let number = PhoneNumber::parse(to.user.reveal()).map_err(|_| OutboundError::Invalid {
        field: "to",
        reason: "is no number in international form",
        remedy: "short codes cannot be answered",
    })?;
    let ours = account.sms.ok_or(OutboundError::Empty {
        field: "account.sender",
        remedy: "complete the connection's settings",
    })?;
    message.check_correlation(200)?;
    let callback = format!("{}?{CORRELATION}={}", ours.webhook, message.correlation);
    twilio::outbound::sms(
        &twilio::outbound::Account {
            base_url: account.base_url,
            sid: account.id,
            user: account.id,
            secret: account.token,
        },
        &twilio::outbound::Sms {
            to: &number,
            from: ours.sender,
            text,
            status_callback: Some(&callback),
            validity_seconds: None,
            smart_encoded: true,
        },
    )
}

/// Outside a window a person may still write only where the platform has a tag for it.
fn check_purpose(channel: Channel, message: &OutboundMessage) -> Result<(), OutboundError> {
    let outside = message.purpose == Purpose::PersonAfterWindow;
    let closed = channel.free_form_window().is_some() && channel.human_agent_window().is_none();
    let template = matches!(message.content, Content::Template(_));
    if outside && closed && !template {
        return Err(OutboundError::NotSupported {
            channel,
            what: "free text outside its window",
            remedy: "send an approved template",
        });
    }
    Ok(())
}

/// Why a message cannot be sent as it is. Nothing has left.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    /// More than the platform takes.
    #[error("{field} has {actual} {unit}, the limit is {limit}: {remedy}")]
    TooLong {
        /// Which field.
        field: &'static str,
        /// The limit.
        limit: usize,
        /// How much it is.
        actual: usize,
        /// What is counted.
        unit: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// Nothing where something is needed.
    #[error("{field} is empty: {remedy}")]
    Empty {
        /// Which field.
        field: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// The wrong form.
    #[error("{field} {reason}: {remedy}")]
    Invalid {
        /// Which field.
        field: &'static str,
        /// What is wrong with it.
        reason: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// This platform has no such thing.
    #[error("{channel} does not take {what}: {remedy}")]
    NotSupported {
        /// The platform.
        channel: Channel,
        /// What it does not take.
        what: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// The values do not fit the template.
    #[error("the values do not fit the template: {0}")]
    Template(#[from] whatsapp::parameters::ParameterError),
}

impl OutboundError {
    /// The field at fault.
    pub fn field(&self) -> &str {
        match self {
            Self::TooLong { field, .. }
            | Self::Empty { field, .. }
            | Self::Invalid { field, .. } => field,
            Self::NotSupported { .. } => "content",
            Self::Template(error) => &error.field,
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> &str {
        match self {
            Self::TooLong { remedy, .. }
            | Self::Empty { remedy, .. }
            | Self::Invalid { remedy, .. }
            | Self::NotSupported { remedy, .. } => remedy,
            Self::Template(error) => error.remedy,
        }
    }

    pub(crate) fn no_media() -> Self {
        Self::Empty {
            field: "media",
            remedy: "give a link or the platform's media id",
        }
    }
}

/// A text that must not be blank and must fit.
pub(crate) fn check_text(
    field: &'static str,
    text: &str,
    limit: TextLimit,
) -> Result<(), OutboundError> {
    if text.trim().is_empty() {
        return Err(OutboundError::Empty {
            field,
            remedy: "write something",
        });
    }
    if limit.fits(text) {
        return Ok(());
    }
    Err(OutboundError::TooLong {
        field,
        limit: limit.max(),
        actual: limit.measure(text),
        unit: limit.unit(),
        remedy: "shorten it",
    })
}

/// A link that the platform can fetch.
pub(crate) fn check_link(field: &'static str, link: &str) -> Result<(), OutboundError> {
    let host = link
        .strip_prefix("https://")
        .or_else(|| link.strip_prefix("http://"));
    let odd = |c: char| c.is_whitespace() || c.is_control();
    match host {
        Some(host) if !host.is_empty() && !link.chars().any(odd) => Ok(()),
        _ => Err(OutboundError::Invalid {
            field,
            reason: "is no public http or https address",
            remedy: "give the full address, starting with https://",
        }),
    }
}
