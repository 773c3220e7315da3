//! A message on its way out, read back from the request that the platform got.

use channels::email::{TAG_MESSAGE, TAG_WORKSPACE};
use chrono::{DateTime, Utc};
use domain::channel::Channel;
use serde_json::Value;

/// One attempt at sending one message.
#[derive(Clone, Debug)]
pub struct Sent {
    pub at: DateTime<Utc>,
    pub channel: Channel,
    /// The id of the customer on the channel.
    pub to: String,
    /// The text, or the values of the template.
    pub text: String,
    pub template: Option<String>,
    /// Comes back in the platform's reports.
    pub correlation: Option<String>,
    /// All that the platform got.
    pub body: Box<Value>,
    pub provider_id: Option<String>,
    /// The platform has it, whether or not we heard so.
    pub accepted: bool,
    /// What we heard, when that was not a success.
    pub trouble: Option<String>,
}

impl Sent {
    /// `None` for requests that carry no message.
    pub fn read(sent: &local::Sent) -> Option<Self> {
        let channel = sent.channel?;
        let body = &sent.body;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let template = &body["template"];
        let (to, words, correlation) = match channel {
            Channel::WhatsApp => (
                text(&body["to"]).or_else(|| text(&body["recipient"])),
                text(&body["text"]["body"]),
                text(&body["biz_opaque_callback_data"]),
            ),
            Channel::Instagram | Channel::Messenger => (
                text(&body["recipient"]["id"]),
                text(&body["message"]["text"]),
                text(&body["message"]["metadata"]),
            ),
            Channel::Telegram => (
                Some(body["chat_id"].to_string().replace('"', "")),
                text(&body["text"]),
                None,
            ),
            Channel::Sms => {
                let callback = body["StatusCallback"].as_str().unwrap_or_default();
                let correlation = callback.split_once("?c=").map(|(_, ours)| ours.to_owned());
                (text(&body["To"]), text(&body["Body"]), correlation)
            }
            Channel::Email => (
                text(&body["Destination"]["ToAddresses"][0]),
                text(&body["Content"]["Simple"]["Body"]["Text"]["Data"]).map(without_foot),
                tag(body, TAG_MESSAGE),
            ),
            Channel::Loopback => (text(&body["to"]), text(&body["text"]), None),
        };
        let (answer, trouble) = match &sent.outcome {
            local::Outcome::Answered { status, body } if (200..300).contains(status) => {
                (body.clone(), None)
            }
            local::Outcome::Answered { status, .. } => {
                (Value::Null, Some(format!("answered {status}")))
            }
            local::Outcome::NotSent { reason } => (Value::Null, Some(reason.clone())),
            local::Outcome::NoAnswer { reason, accepted } => {
                let has = if accepted.is_null() {
                    "lost"
                } else {
                    "the platform has it"
                };
                (accepted.clone(), Some(format!("{reason}; {has}")))
            }
        };
        let provider_id = text(&answer["messages"][0]["id"])
            .or_else(|| text(&answer["message_id"]))
            .or_else(|| text(&answer["sid"]))
            .or_else(|| text(&answer["MessageId"]))
            .or_else(|| {
                answer["result"]["message_id"]
                    .as_i64()
                    .map(|id| id.to_string())
            });
        Some(Self {
            at: sent.at,
            channel,
            to: to.unwrap_or_default(),
            text: words.unwrap_or_else(|| values(template)),
            template: text(&template["name"]),
            correlation,
            body: Box::new(body.clone()),
            provider_id,
            accepted: sent.outcome.accepted(),
            trouble,
        })
    }
}

impl Sent {
    /// The tag of a mail that names the workspace.
    pub fn workspace(&self) -> Option<String> {
        tag(&self.body, TAG_WORKSPACE)
    }

    /// The subject of a mail.
    pub fn subject(&self) -> Option<&str> {
        self.body["Content"]["Simple"]["Subject"]["Data"].as_str()
    }
}

/// A tag of a mail.
fn tag(body: &Value, name: &str) -> Option<String> {
    let mut tags = body["EmailTags"].as_array()?.iter();
    let found = tags.find(|tag| tag["Name"] == name)?;
    found["Value"].as_str().map(str::to_owned)
}

/// What was written, without what stands under every mail.
fn without_foot(text: String) -> String {
    match text.split_once("\n\n-- \n") {
        Some((written, _)) => written.to_owned(),
        None => text,
    }
}

/// The values of a template, in order.
fn values(template: &Value) -> String {
    let components = template["components"].as_array().into_iter().flatten();
    let parameters =
        components.flat_map(|part| part["parameters"].as_array().into_iter().flatten());
    let texts: Vec<_> = parameters
        .filter_map(|parameter| parameter["text"].as_str())
        .collect();
    texts.join(" | ")
}
