//! The envelope in which SNS, or EventBridge, puts what other services report.
//!
//! Topics deliver to our queue, which only they may write to; so there is no signature to check.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::inbound::ParseError;

/// A report, out of its envelope.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    /// The envelope's id; equal for two deliveries.
    pub id: Option<String>,
    /// The topic it came from.
    pub topic: Option<String>,
    /// When it was put into the envelope.
    pub at: Option<DateTime<Utc>>,
    /// The report.
    pub message: Value,
}

/// Takes a report out of its envelope. A report that came without one (raw delivery) is returned
/// as it is.
pub fn open(raw: &[u8]) -> Result<Envelope, ParseError> {
    let body: Value = serde_json::from_slice(raw)?;
    if !body.is_object() {
        return Err(ParseError::NotAnObject);
    }
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let at = |key: &str| text(key).and_then(|at| at.parse().ok());
    if let (Some(_), Some(message)) = (text("Type"), text("Message")) {
        // The confirmation of a subscription carries a sentence instead of a report.
        let report = serde_json::from_str(message)
            .ok()
            .filter(Value::is_object)
            .unwrap_or_else(|| body.clone());
        return Ok(Envelope {
            id: text("MessageId").map(str::to_owned),
            topic: text("TopicArn").map(str::to_owned),
            at: at("Timestamp"),
            message: report,
        });
    }
    if let (Some(_), Some(detail)) = (text("detail-type"), body.get("detail")) {
        return Ok(Envelope {
            id: text("id").map(str::to_owned),
            topic: None,
            at: at("time"),
            message: detail.clone(),
        });
    }
    Ok(Envelope {
        id: None,
        topic: None,
        at: None,
        message: body,
    })
}
