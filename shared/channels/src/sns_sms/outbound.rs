//! An SMS becomes one `Publish` call.

use std::collections::BTreeMap;

use domain::channel::PhoneNumber;
use serde::Serialize;

use crate::outbound::OutboundError;
use crate::sms::{Sender, check_body};

/// What an SMS is about. AWS delivers the one more reliably and the other more cheaply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmsType {
    /// Confirmations, reminders.
    Transactional,
    /// Everything else.
    Promotional,
}

/// The call, with the names of the API. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Publish {
    /// The recipient.
    pub phone_number: String,
    /// The text.
    pub message: String,
    /// How it is sent.
    pub message_attributes: BTreeMap<&'static str, Attribute>,
}

impl std::fmt::Debug for Publish {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Publish").finish_non_exhaustive()
    }
}

/// How it is sent.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Attribute {
    /// `String` or `Number`.
    pub data_type: &'static str,
    /// The value.
    pub string_value: String,
}

/// Builds the call. `max_price_micros` is the most that one segment may cost, in millionths of a
/// US dollar.
pub fn publish(
    to: &PhoneNumber,
    text: &str,
    sender: Option<&Sender>,
    kind: SmsType,
    max_price_micros: Option<u32>,
) -> Result<Publish, OutboundError> {
    check_body(text)?;
    let mut attributes = BTreeMap::new();
    let mut set = |name, data_type, string_value| {
        let attribute = Attribute {
            data_type,
            string_value,
        };
        attributes.insert(name, attribute);
    };
    let kind = match kind {
        SmsType::Transactional => "Transactional",
        SmsType::Promotional => "Promotional",
    };
    set("AWS.SNS.SMS.SMSType", "String", kind.to_owned());
    match sender {
        None => {}
        Some(Sender::Number(number)) => {
            let number = number.reveal().to_owned();
            set("AWS.MM.SMS.OriginationNumber", "String", number);
        }
        Some(Sender::Name(name)) => {
            if name.as_str().contains(' ') {
                return Err(OutboundError::Invalid {
                    field: "sender",
                    reason: "has a space, which this provider does not take",
                    remedy: "choose a name of letters and digits",
                });
            }
            set("AWS.SNS.SMS.SenderID", "String", name.as_str().to_owned());
        }
        Some(Sender::Pool(_)) => {
            return Err(OutboundError::Invalid {
                field: "sender",
                reason: "is a pool, and this provider has none",
                remedy: "choose a number or a name",
            });
        }
    }
    if let Some(micros) = max_price_micros {
        let price = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
        set("AWS.SNS.SMS.MaxPrice", "Number", price);
    }
    Ok(Publish {
        phone_number: to.reveal().to_owned(),
        message: text.to_owned(),
        message_attributes: attributes,
    })
}
