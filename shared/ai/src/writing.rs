//! Third question: what to write? The answer must fit the channel, be finished text and
//! bring no link of its own.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

use crate::error::AnswerError;
use crate::prompt::{self, Prompt, strict_object};
use crate::transcript::{Author, Language, RuleText, Transcript};

/// A text to be written.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    pub rule: &'a RuleText,
    pub transcript: &'a Transcript,
    /// The language to write in.
    pub language: Language,
    pub first_name: Option<&'a str>,
    pub limit: TextLimit,
}

/// The longest text a channel takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextLimit {
    /// Unicode scalar values.
    Chars(usize),
    /// Bytes of UTF-8.
    Bytes(usize),
}

impl TextLimit {
    pub fn allows(self, text: &str) -> bool {
        match self {
            TextLimit::Chars(max) => text.chars().count() <= max,
            TextLimit::Bytes(max) => text.len() <= max,
        }
    }

    fn describe(self) -> String {
        match self {
            TextLimit::Chars(max) => format!("{max} characters"),
            TextLimit::Bytes(max) => format!("{max} bytes of UTF-8"),
        }
    }
}

const TASK: &str = "You write one short follow-up message from a business to a customer who has \
gone silent. Follow the purpose in the rule's description, continue the latest open matter of \
the conversation, keep the tone and the form of address the business has used, be polite and \
without pressure. Promise nothing, state no price, time, discount or fact that the business \
has not stated, add no link, no placeholder and no subject line. Write in the language given \
by `language`. If `first_name` is given you may greet with it. Stay within `limit`.";

/// Room for the longest text a channel takes in a language of many tokens a word.
const MAX_OUTPUT_TOKENS: u32 = 800;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    text: String,
}

/// Asks for the text.
pub fn prompt(request: &Request<'_>, now: DateTime<Utc>) -> Prompt {
    Prompt {
        system: format!(
            "{TASK}\n\n{}\n\nThe owner's rule:\n{}",
            prompt::DATA_NOTICE,
            prompt::rules(std::slice::from_ref(request.rule))
        ),
        user: prompt::document(
            request.transcript,
            now,
            json!({
                "language": request.language.english_name(),
                "first_name": request.first_name.map(|name| prompt::clip(name, 60)),
                "limit": request.limit.describe(),
            }),
        ),
        schema_name: "follow_up_text",
        schema: strict_object(json!({ "text": { "type": "string" } })),
        max_output_tokens: MAX_OUTPUT_TOKENS,
    }
}

/// Reads the text and checks that it may be sent as it is.
pub fn parse(json: &str, request: &Request<'_>) -> Result<String, AnswerError> {
    let Written { text } = prompt::read(json)?;
    let text = text.trim();
    if text.is_empty() {
        return Err(AnswerError::Empty("text"));
    }
    if !request.limit.allows(text) {
        return Err(AnswerError::TooLong("text"));
    }
    if ["##{{", "{{", "}}"].iter().any(|mark| text.contains(mark)) {
        return Err(AnswerError::Placeholder);
    }
    let own = own_text(request);
    if links(text).any(|link| !own.contains(&link)) {
        return Err(AnswerError::ForeignLink);
    }
    Ok(text.to_owned())
}

/// Everything the owner and the business have written; links from there are fine.
fn own_text(request: &Request<'_>) -> String {
    let business = request
        .transcript
        .turns
        .iter()
        .filter(|turn| turn.author != Author::Customer)
        .map(|turn| turn.text.as_str());
    [
        request.rule.description.as_str(),
        request.rule.stop.as_str(),
    ]
    .into_iter()
    .chain(business)
    .collect::<Vec<_>>()
    .join("\n")
    .to_lowercase()
}

/// Words that a chat app would make clickable, in lower case and without the
/// punctuation around them.
fn links(text: &str) -> impl Iterator<Item = String> {
    text.split_whitespace()
        .map(|word| {
            word.trim_matches(|c: char| !c.is_alphanumeric() && c != '/')
                .to_lowercase()
        })
        .filter(|word| {
            word.contains("://")
                || word.starts_with("www.")
                || word.contains('@')
                || looks_like_a_domain(word)
        })
}

/// `shop.example/x`, also with a blank missing beside it, but neither `z.b` nor `9.30` nor a
/// missing blank after a full stop.
fn looks_like_a_domain(word: &str) -> bool {
    const ENDINGS: [&str; 26] = [
        "com", "net", "org", "info", "biz", "de", "at", "ch", "eu", "uk", "fr", "es", "it", "tr",
        "io", "me", "app", "shop", "online", "link", "ly", "gl", "co", "site", "page", "example",
    ];
    let in_a_host = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    word.split(|c| !in_a_host(c))
        .filter_map(|host| host.trim_matches('.').rsplit_once('.'))
        .any(|(name, ending)| name.chars().count() > 1 && ENDINGS.contains(&ending))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript::Turn;

    fn check(text: &str, expected: Result<&str, AnswerError>) {
        let rule = RuleText {
            id: "r".to_owned(),
            description: "Point to https://salon.example/book".to_owned(),
            stop: String::new(),
        };
        let turn = |author, text: &str| Turn {
            author,
            at: DateTime::UNIX_EPOCH,
            text: text.to_owned(),
        };
        let transcript = Transcript {
            channel: "whatsapp".to_owned(),
            language: None,
            turns: vec![
                turn(Author::Business, "Our menu is on salon.com"),
                turn(Author::Customer, "mine is on evil.com"),
            ],
        };
        let request = Request {
            rule: &rule,
            transcript: &transcript,
            language: Language::En,
            first_name: None,
            limit: TextLimit::Bytes(60),
        };
        let json = serde_json::json!({ "text": text }).to_string();
        assert_eq!(
            parse(&json, &request),
            expected.map(str::to_owned),
            "{text}"
        );
    }

    #[test]
    fn only_text_that_may_be_sent() {
        check(" Hi, still interested? ", Ok("Hi, still interested?"));
        check(
            "See https://salon.example/book.",
            Ok("See https://salon.example/book."),
        );
        check("See salon.com!", Ok("See salon.com!"));
        check("At 9.30, e.g. on Friday", Ok("At 9.30, e.g. on Friday"));
        check("  ", Err(AnswerError::Empty("text")));
        check(&"ä".repeat(31), Err(AnswerError::TooLong("text")));
        check("Hi ##{{first_name}}", Err(AnswerError::Placeholder));
        for foreign in [
            "See evil.com",
            "See (evil.com)now",
            "See evil.com,now",
            "a/evil.com",
        ] {
            check(foreign, Err(AnswerError::ForeignLink));
        }
        check("Write to x@y.example", Err(AnswerError::ForeignLink));
    }
}
