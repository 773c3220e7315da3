//! Second question: when to send, inside the interval the core has computed as legal?
//! The answer is checked against that interval, so no model can reach outside it.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::duration::time_in_description;
use crate::error::AnswerError;
use crate::prompt::{self, Prompt, strict_object};
use crate::transcript::{RuleText, Transcript};

/// From when until when a message may be sent, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    pub earliest: DateTime<Utc>,
    pub latest: DateTime<Utc>,
}

impl Interval {
    pub fn contains(&self, at: DateTime<Utc>) -> bool {
        self.earliest <= at && at <= self.latest
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendTime {
    pub send_at: DateTime<Utc>,
    pub reason: String,
}

const TASK: &str = "You choose when an automatic follow-up to one customer is sent. Choose one \
instant from `interval.earliest` to `interval.latest`, both included. A time named in the \
rule's description (\"within 6 hours\", \"nach 6 Stunden\") counts from the last message of the \
business and guides you; otherwise go by the conversation: soon after a quick exchange, later \
when the customer asked for time or named a day, and at an hour at which this customer writes. \
send_at: RFC 3339 in UTC, such as 2026-05-04T09:30:00Z. reason: one short sentence in \
English, at most 200 characters.";

/// Asks for a time inside `interval`.
pub fn prompt(
    transcript: &Transcript,
    rule: &RuleText,
    interval: Interval,
    now: DateTime<Utc>,
) -> Prompt {
    let named_minutes = time_in_description(&rule.description).map(|named| named.num_minutes());
    Prompt {
        system: format!(
            "{TASK}\n\n{}\n\nThe owner's rule:\n{}",
            prompt::DATA_NOTICE,
            prompt::rules(std::slice::from_ref(rule))
        ),
        user: prompt::document(
            transcript,
            now,
            json!({
                "interval": {
                    "earliest": interval.earliest.to_rfc3339_opts(SecondsFormat::Secs, true),
                    "latest": interval.latest.to_rfc3339_opts(SecondsFormat::Secs, true),
                },
                "minutes_named_in_description": named_minutes,
            }),
        ),
        schema_name: "send_time",
        schema: strict_object(json!({
            "send_at": { "type": "string", "description": "RFC 3339, UTC." },
            "reason": { "type": "string", "description": "At most 200 characters." },
        })),
        max_output_tokens: 200,
    }
}

/// Reads the answer; an instant outside `interval` is an error, not a correction.
pub fn parse(json: &str, interval: Interval) -> Result<SendTime, AnswerError> {
    let answer: SendTime = prompt::read(json)?;
    // The prompt shows whole seconds, so an end of the interval may be answered as such.
    let whole = |at: DateTime<Utc>| at.timestamp();
    if whole(answer.send_at) < whole(interval.earliest)
        || whole(answer.send_at) > whole(interval.latest)
    {
        return Err(AnswerError::OutOfInterval);
    }
    Ok(SendTime {
        send_at: answer.send_at.max(interval.earliest).min(interval.latest),
        reason: prompt::check_reason(&answer.reason)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(send_at: &str, expected: Result<&str, AnswerError>) {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let interval = Interval {
            earliest: at("2026-05-04T08:00:00.500Z"),
            latest: at("2026-05-04T18:00:00Z"),
        };
        let json = format!(r#"{{"send_at":"{send_at}","reason":"morning"}}"#);
        let found = parse(&json, interval).map(|answer| answer.send_at);
        assert_eq!(found, expected.map(at), "{send_at}");
    }

    #[test]
    fn only_times_inside_the_interval() {
        check("2026-05-04T09:30:00Z", Ok("2026-05-04T09:30:00Z"));
        check("2026-05-04T11:30:00+02:00", Ok("2026-05-04T09:30:00Z"));
        check("2026-05-04T08:00:00Z", Ok("2026-05-04T08:00:00.500Z"));
        check("2026-05-04T18:00:01Z", Err(AnswerError::OutOfInterval));
        check("2026-05-03T09:30:00Z", Err(AnswerError::OutOfInterval));
        check(
            "tomorrow",
            Err(AnswerError::WrongShape("send_at".to_owned())),
        );
    }
}
