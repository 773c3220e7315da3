//! What SES reports about mails we sent: one event per recipient.

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use domain::channel::{ChannelUser, ProviderMessageId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::machine::{Actor, clicked, opened};
use super::{TAG_MESSAGE, TAG_WORKSPACE};
use crate::inbound::{DeliveryStatus, ParseError, fingerprint};
use crate::node::{Node, Problem, kept};
use crate::outcome::{Detail, FailureReason, Outcome};
use crate::sns;

/// Something that became of a mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailEvent {
    /// SES's id of the mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<ProviderMessageId>,
    /// Our own message id, as we sent it along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<String>,
    /// The workspace, as we sent it along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// Whom it is about. A complaint may name several of one provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<ChannelUser>,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// Equal for two deliveries of the same event. It contains an address: hash it before it
    /// becomes a key or a log field.
    pub dedup: String,
    /// What happened.
    pub kind: EmailEventKind,
    /// As received, where it could not be understood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<Value>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EmailEventKind {
    /// SES took it and will try to deliver it.
    Sent,
    /// The recipient's server took it.
    Delivered,
    /// The recipient's server refused it.
    Bounced(Bounce),
    /// The recipient called it spam.
    Complained {
        /// `abuse`, `not-spam`, ... as their provider says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        feedback: Option<String>,
        /// SES did not even send it: the address is on the account's list.
        on_account_list: bool,
    },
    /// Its pictures were loaded. Says little: see [`super::machine`].
    Opened {
        /// Who did that.
        by: Actor,
    },
    /// A link was followed.
    Clicked {
        /// Which.
        link: String,
        /// Who did that.
        by: Actor,
    },
    /// SES found something bad in it and did not send it.
    Rejected {
        /// In SES's words.
        reason: String,
    },
    /// SES could not fill in a template of its own.
    RenderingFailed {
        /// In SES's words.
        reason: String,
    },
    /// It is still on its way.
    Delayed {
        /// `MailboxFull`, `SpamDetected`, ...
        reason: String,
        /// When SES gives up.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<DateTime<Utc>>,
    },
    /// The recipient used the unsubscribe link of SES's own lists.
    SubscriptionChanged {
        /// Whether they want nothing at all any more.
        unsubscribed_from_all: bool,
        /// The topics they do not want any more.
        unsubscribed_topics: Vec<String>,
    },
    /// Something nobody knows; its JSON is kept.
    Unknown {
        /// SES's word for it.
        kind: String,
        /// What was missing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        problem: Option<String>,
    },
}

/// Why the recipient's server refused it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounce {
    /// For how long.
    pub class: BounceClass,
    /// `General`, `NoEmail`, `MailboxFull`, `ContentRejected`, ... (an open list).
    pub reason: String,
    /// Such as `5.1.1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

/// For how long a bounce holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BounceClass {
    /// For ever.
    Permanent,
    /// Not for long; SES has tried again before it says this.
    Transient,
    /// Nobody can tell.
    Undetermined,
}

/// Why an address gets no more mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Suppression {
    /// There is nobody there.
    Bounced,
    /// The recipient called our mail spam.
    Complained,
}

impl EmailEvent {
    /// Whether nothing may be sent to this address any more, and why.
    ///
    /// A permanent bounce over the content says nothing about the address; a transient one is
    /// counted by whoever keeps the address.
    pub fn suppresses(&self) -> Option<Suppression> {
        match &self.kind {
            EmailEventKind::Bounced(bounce) => {
                let gone = bounce.class == BounceClass::Permanent && !bounce.is_about_content();
                gone.then_some(Suppression::Bounced)
            }
            EmailEventKind::Complained { feedback, .. } => {
                let praise = feedback.as_deref() == Some("not-spam");
                (!praise).then_some(Suppression::Complained)
            }
            _ => None,
        }
    }

    /// What it makes of the message's status; opens and clicks prove nothing.
    pub fn status(&self) -> Option<DeliveryStatus> {
        match &self.kind {
            EmailEventKind::Sent => Some(DeliveryStatus::Sent),
            EmailEventKind::Delivered => Some(DeliveryStatus::Delivered),
            EmailEventKind::Bounced(_)
            | EmailEventKind::Rejected { .. }
            | EmailEventKind::RenderingFailed { .. } => Some(DeliveryStatus::Failed),
            EmailEventKind::Complained {
                on_account_list, ..
            } => on_account_list.then_some(DeliveryStatus::Failed),
            EmailEventKind::Opened { .. }
            | EmailEventKind::Clicked { .. }
            | EmailEventKind::Delayed { .. }
            | EmailEventKind::SubscriptionChanged { .. }
            | EmailEventKind::Unknown { .. } => None,
        }
    }

    /// Where the mail failed: why, in the terms of an answer.
    pub fn failure(&self) -> Option<Outcome> {
        let (reason, code, title) = match &self.kind {
            EmailEventKind::Bounced(bounce) => {
                let reason = match bounce.class {
                    _ if bounce.is_about_content() => FailureReason::RequestBug,
                    BounceClass::Permanent => FailureReason::RecipientUnreachable,
                    // SES tried for hours; this mail is over, the address is not.
                    BounceClass::Transient | BounceClass::Undetermined => {
                        FailureReason::Unrecognised
                    }
                };
                let code = bounce.status.as_deref().unwrap_or("bounce");
                (reason, code, bounce.reason.as_str())
            }
            EmailEventKind::Complained {
                on_account_list: true,
                ..
            } => (
                FailureReason::RecipientUnreachable,
                "complaint",
                "on the account's suppression list",
            ),
            EmailEventKind::Rejected { reason } => {
                (FailureReason::RequestBug, "reject", reason.as_str())
            }
            EmailEventKind::RenderingFailed { reason } => {
                (FailureReason::RequestBug, "rendering", reason.as_str())
            }
            _ => return None,
        };
        Some(Outcome::Permanent {
            reason,
            detail: Detail::new(code, title),
        })
    }
}

impl Bounce {
    /// The mail was refused, not the recipient.
    fn is_about_content(&self) -> bool {
        matches!(
            self.reason.as_str(),
            "MessageTooLarge" | "ContentRejected" | "AttachmentRejected"
        )
    }
}

/// Reads one report, in the envelope of SNS or EventBridge or without one.
pub fn parse(raw: &[u8], received_at: DateTime<Utc>) -> Result<Vec<EmailEvent>, ParseError> {
    let envelope = sns::open(raw)?;
    let body = Node::root(&envelope.message);
    let report = Report {
        body: body.clone(),
        arrived: envelope
            .at
            .unwrap_or(received_at)
            .min(received_at)
            .max(DateTime::UNIX_EPOCH),
    };
    Ok(report
        .events()
        .unwrap_or_else(|problem| vec![report.unknown(Some(problem))]))
}

struct Report<'a> {
    body: Node<'a>,
    arrived: DateTime<Utc>,
}

impl<'a> Report<'a> {
    fn kind(&self) -> Option<String> {
        // Notifications of an identity, without a configuration set, use the other name.
        self.body
            .text("eventType")
            .or_else(|| self.body.text("notificationType"))
    }

    fn events(&self) -> Result<Vec<EmailEvent>, Problem> {
        let kind = self.kind();
        let Some(kind) = kind.as_deref() else {
            return Err(self.body.missing("eventType", "text"));
        };
        match kind {
            "Send" => self.one("send", |_| Ok(EmailEventKind::Sent)),
            "Delivery" => self.each("delivery", "recipients", |_, _| {
                Ok(EmailEventKind::Delivered)
            }),
            "Bounce" => self.each("bounce", "bouncedRecipients", read_bounce),
            "Complaint" => self.each("complaint", "complainedRecipients", read_complaint),
            "Reject" => self.one("reject", |reject| {
                Ok(EmailEventKind::Rejected {
                    reason: reject.text("reason").unwrap_or_default(),
                })
            }),
            "Open" => self.one("open", |open| {
                let agent = open.text("userAgent");
                Ok(EmailEventKind::Opened {
                    by: opened(agent.as_deref(), self.since_sent(open)),
                })
            }),
            "Click" => self.one("click", |click| {
                let agent = click.text("userAgent");
                Ok(EmailEventKind::Clicked {
                    link: click.need_text("link")?,
                    by: clicked(agent.as_deref(), self.since_sent(click)),
                })
            }),
            "Rendering Failure" => self.one("failure", |failure| {
                Ok(EmailEventKind::RenderingFailed {
                    reason: failure.text("errorMessage").unwrap_or_default(),
                })
            }),
            "DeliveryDelay" => self.each("deliveryDelay", "delayedRecipients", read_delay),
            "Subscription" => self.one("subscription", read_subscription),
            _ => Ok(vec![self.unknown(None)]),
        }
    }

    fn mail(&self) -> Option<Node<'a>> {
        self.body.get("mail")
    }

    /// One event about the mail's only recipient.
    fn one(
        &self,
        part: &str,
        read: impl Fn(&Node<'a>) -> Result<EmailEventKind, Problem>,
    ) -> Result<Vec<EmailEvent>, Problem> {
        let part = self.part(part)?;
        let recipient = self.mail().map(|mail| mail.list("destination"));
        let recipient = recipient.iter().flatten().find_map(address);
        Ok(vec![self.event(&part, recipient, read(&part)?)])
    }

    /// One event per recipient that the part lists.
    fn each(
        &self,
        part: &str,
        list: &str,
        read: impl Fn(&Node<'a>, &Node<'a>) -> Result<EmailEventKind, Problem>,
    ) -> Result<Vec<EmailEvent>, Problem> {
        let part = self.part(part)?;
        let recipients = part.list(list);
        if recipients.is_empty() {
            return Err(part.missing(list, "a list of recipients"));
        }
        let of = |recipient: &Node<'a>| {
            Ok(self.event(&part, address(recipient), read(&part, recipient)?))
        };
        recipients.iter().map(of).collect()
    }

    fn part(&self, name: &str) -> Result<Node<'a>, Problem> {
        self.body
            .object(name)
            .ok_or_else(|| self.body.missing(name, "an object"))
    }

    fn event(
        &self,
        part: &Node<'a>,
        recipient: Option<ChannelUser>,
        kind: EmailEventKind,
    ) -> EmailEvent {
        let mail = self.mail();
        let message = mail.as_ref().and_then(|mail| mail.message_id("messageId"));
        let tags = mail.as_ref().and_then(|mail| mail.get("tags"));
        let tag = |name| {
            let tag = tags.as_ref()?.list(name).into_iter().next()?;
            tag.value().as_str().map(str::to_owned)
        };
        let sent = mail.as_ref().and_then(|mail| time(mail, "timestamp"));
        let at = time(part, "timestamp").or(sent).unwrap_or(self.arrived);
        EmailEvent {
            dedup: self.dedup(part, message.as_ref(), recipient.as_ref(), &kind),
            message,
            correlation: tag(TAG_MESSAGE),
            workspace: tag(TAG_WORKSPACE),
            recipient,
            at: at.min(self.arrived),
            kind,
            raw: None,
        }
    }

    /// SES repeats reports. What has no id of its own is told apart by mail, recipient and, for
    /// what can happen twice, link and time.
    fn dedup(
        &self,
        part: &Node<'a>,
        message: Option<&ProviderMessageId>,
        recipient: Option<&ChannelUser>,
        kind: &EmailEventKind,
    ) -> String {
        let recipient = recipient.map(ChannelUser::reveal).unwrap_or_default();
        if let Some(feedback) = part.text("feedbackId") {
            return format!("feedback:{feedback}:{recipient}");
        }
        let message = message.map(ProviderMessageId::reveal).unwrap_or_default();
        let name = self.kind().unwrap_or_default();
        let again = match kind {
            EmailEventKind::Opened { .. }
            | EmailEventKind::Delayed { .. }
            | EmailEventKind::SubscriptionChanged { .. } => part.text("timestamp"),
            EmailEventKind::Clicked { link, .. } => {
                let at = part.text("timestamp").unwrap_or_default();
                Some(format!("{at}:{link}"))
            }
            _ => None,
        };
        format!("{name}:{message}:{recipient}:{}", again.unwrap_or_default())
    }

    fn since_sent(&self, part: &Node<'a>) -> TimeDelta {
        let sent = self.mail().and_then(|mail| time(&mail, "timestamp"));
        let at = time(part, "timestamp");
        sent.zip(at).map_or(TimeDelta::MAX, |(sent, at)| at - sent)
    }

    fn unknown(&self, problem: Option<Problem>) -> EmailEvent {
        let kind = EmailEventKind::Unknown {
            kind: self
                .kind()
                .or_else(|| self.body.text("Type"))
                .unwrap_or_else(|| "no kind".to_owned()),
            problem: problem.map(|Problem(text)| text),
        };
        EmailEvent {
            message: self.mail().and_then(|mail| mail.message_id("messageId")),
            correlation: None,
            workspace: None,
            recipient: None,
            at: self.arrived,
            dedup: fingerprint(&self.body),
            kind,
            raw: Some(kept(self.body.value().clone())),
        }
    }
}

fn read_bounce(bounce: &Node<'_>, recipient: &Node<'_>) -> Result<EmailEventKind, Problem> {
    let class = match bounce.need_text("bounceType")?.as_str() {
        "Permanent" => BounceClass::Permanent,
        "Transient" => BounceClass::Transient,
        _ => BounceClass::Undetermined,
    };
    Ok(EmailEventKind::Bounced(Bounce {
        class,
        reason: bounce
            .text("bounceSubType")
            .unwrap_or_else(|| "Undetermined".to_owned()),
        status: recipient.text("status"),
    }))
}

fn read_complaint(complaint: &Node<'_>, _: &Node<'_>) -> Result<EmailEventKind, Problem> {
    let sub_type = complaint.text("complaintSubType");
    Ok(EmailEventKind::Complained {
        feedback: complaint.text("complaintFeedbackType"),
        on_account_list: sub_type.as_deref() == Some("OnAccountSuppressionList"),
    })
}

fn read_delay(delay: &Node<'_>, _: &Node<'_>) -> Result<EmailEventKind, Problem> {
    Ok(EmailEventKind::Delayed {
        reason: delay
            .text("delayType")
            .unwrap_or_else(|| "Undetermined".to_owned()),
        until: time(delay, "expirationTime"),
    })
}

fn read_subscription(subscription: &Node<'_>) -> Result<EmailEventKind, Problem> {
    let now = subscription
        .object("newTopicPreferences")
        .ok_or_else(|| subscription.missing("newTopicPreferences", "an object"))?;
    let topics = now.list("topicSubscriptionStatus");
    let out = topics
        .iter()
        .filter(|topic| topic.text("subscriptionStatus").as_deref() == Some("OptOut"));
    Ok(EmailEventKind::SubscriptionChanged {
        unsubscribed_from_all: now.is_true("unsubscribeAll"),
        unsubscribed_topics: out.filter_map(|topic| topic.text("topicName")).collect(),
    })
}

/// A recipient is an object with its address, or the address alone.
fn address(node: &Node<'_>) -> Option<ChannelUser> {
    let alone = node.value().as_str().map(str::to_owned);
    let text = alone.or_else(|| node.text("emailAddress"))?;
    // `Anna <anna@example.org>` in the mail's own list.
    let inside = text
        .rsplit_once('<')
        .map_or(text.as_str(), |(_, inside)| inside);
    ChannelUser::parse(inside.trim_end_matches('>')).ok()
}

/// A time that a platform can mean and RFC 3339 can write.
fn time(node: &Node<'_>, key: &str) -> Option<DateTime<Utc>> {
    let at: DateTime<Utc> = node.text(key)?.parse().ok()?;
    (1970..=9999).contains(&at.year()).then_some(at)
}
