//! What a model answers, to each of the questions.
#![no_main]

use std::fmt::Debug;
use std::sync::LazyLock;

use ai::timing::Interval;
use ai::writing::{Request, TextLimit};
use ai::{
    AnswerError, Author, Language, RuleText, Transcript, Turn, assess, openai, timing, writing,
};
use chrono::{DateTime, Utc};
use serde_json::json;

const LIMIT: TextLimit = TextLimit::Chars(300);

static RULES: LazyLock<[RuleText; 2]> = LazyLock::new(|| {
    ["a", "b"].map(|id| RuleText {
        id: id.to_owned(),
        description: "Point to https://salon.example/book".to_owned(),
        stop: "Booked.".to_owned(),
    })
});
static TRANSCRIPT: LazyLock<Transcript> = LazyLock::new(|| Transcript {
    channel: "whatsapp".to_owned(),
    language: None,
    turns: vec![Turn {
        author: Author::Customer,
        at: at(0),
        text: "I am on evil.com".to_owned(),
    }],
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(answer) = openai::parse(data) {
        assert!(
            !answer.json.trim().is_empty(),
            "an answer without an answer"
        );
        check(&answer.json);
    }
    if let Ok(text) = str::from_utf8(data) {
        check(text);
    }
});

fn check(answer: &str) {
    if let Ok(found) = assess::parse(answer, &*RULES) {
        let asked = RULES.iter().map(|rule| &rule.id);
        assert!(
            found.rules.iter().map(|verdict| &verdict.rule).eq(asked),
            "in the order asked"
        );
        for verdict in &found.rules {
            assert!(!(verdict.applies && verdict.stop), "both");
            assert!(
                verdict.stop || !found.opt_out,
                "an opt-out that stops nothing"
            );
            reason(&verdict.reason);
        }
        again(&found, |json| assess::parse(json, &*RULES));
    }
    if let Ok(found) = assess::parse_stop(answer) {
        assert!(found.stop || !found.opt_out);
        reason(&found.reason);
        again(&found, assess::parse_stop);
    }
    let interval = Interval {
        earliest: at(500),
        latest: at(90_000_000),
    };
    if let Ok(found) = timing::parse(answer, interval) {
        assert!(
            interval.contains(found.send_at),
            "outside the legal interval"
        );
        reason(&found.reason);
        again(&found, |json| timing::parse(json, interval));
    }
    let request = Request {
        rule: &RULES[0],
        transcript: &TRANSCRIPT,
        language: Language::De,
        first_name: None,
        limit: LIMIT,
    };
    if let Ok(text) = writing::parse(answer, &request) {
        assert!(!text.trim().is_empty() && LIMIT.allows(&text));
        assert!(
            !text.contains("{{") && !text.contains("}}"),
            "a placeholder"
        );
        let host = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
        let mut hosts = text.split(|c| !host(c)).map(|host| host.trim_matches('.'));
        assert!(!hosts.any(|host| host == "evil.com"), "the customer's link");
        let wrapped = json!({ "text": text }).to_string();
        assert_eq!(writing::parse(&wrapped, &request).as_ref(), Ok(&text));
    }
}

/// What was accepted is accepted again, unchanged.
fn again<T: serde::Serialize + PartialEq + Debug>(
    found: &T,
    parse: impl Fn(&str) -> Result<T, AnswerError>,
) {
    let json = serde_json::to_string(found).expect("answers are JSON");
    assert_eq!(parse(&json).as_ref(), Ok(found));
}

fn reason(text: &str) {
    assert!(!text.trim().is_empty() && text.chars().count() <= 200);
}

fn at(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_795_176_000_000 + millis).expect("in range")
}
