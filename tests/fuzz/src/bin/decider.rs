//! The built-in decider on any conversation. A rule's description, its stop trigger and the
//! customer's name on a line each, then turns that begin with `C`ustomer, `B`usiness or
//! `A`utomation.
#![no_main]

use ai::timing::Interval;
use ai::writing::{Request, TextLimit};
use ai::{Author, Language, RuleText, Transcript, Turn, assess, builtin, writing};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.split('\n');
    let mut next = || lines.next().unwrap_or_default().to_owned();
    let rule = RuleText {
        id: "r".to_owned(),
        description: next(),
        stop: next(),
    };
    let name = next();
    let turns = lines.zip(0_i64..).map(|(line, place)| {
        let (author, text) = match line.split_at_checked(1) {
            Some(("B", text)) => (Author::Business, text),
            Some(("A", text)) => (Author::Automation, text),
            Some(("C", text)) => (Author::Customer, text),
            _ => (Author::Customer, line),
        };
        Turn {
            author,
            at: now() + TimeDelta::minutes(place),
            text: text.to_owned(),
        }
    });
    let turns: Vec<Turn> = turns.collect();
    let language = [
        None,
        Some(Language::De),
        Some(Language::En),
        Some(Language::Tr),
    ][data.len() % 4];
    judges(
        &rule,
        &Transcript {
            channel: "whatsapp".to_owned(),
            language,
            turns,
        },
        &name,
    );
    times(&rule.description, data.len());
});

fn judges(rule: &RuleText, transcript: &Transcript, name: &str) {
    let rules = std::slice::from_ref(rule);
    let found = builtin::assess(transcript, rules, now());
    let strict = serde_json::to_string(&found).expect("a verdict is JSON");
    assert_eq!(
        assess::parse(&strict, rules).as_ref(),
        Ok(&found),
        "the built-in decider is held to what a model is held to"
    );
    assert!(
        !(found.customer_waits && found.rules[0].applies),
        "nudges a customer who waits"
    );

    for turn in &transcript.turns {
        let _ = (
            builtin::opt_out(&turn.text, "sms"),
            builtin::opt_in(&turn.text),
            builtin::is_automatic(&turn.text),
        );
    }
    let language = transcript.language.unwrap_or(Language::Fr);
    let text = builtin::write(rule, transcript, language, Some(name));
    let request = Request {
        rule,
        transcript,
        language,
        first_name: Some(name),
        limit: TextLimit::Chars(1000),
    };
    let wrapped = json!({ "text": text }).to_string();
    assert_eq!(
        writing::parse(&wrapped, &request),
        Ok(text),
        "it may be sent as it is"
    );
}

fn times(description: &str, seed: usize) {
    if let Some(named) = ai::time_in_description(description) {
        assert!(named > TimeDelta::zero());
    }
    let minutes = TimeDelta::minutes(i64::try_from(seed).unwrap_or_default());
    let interval = Interval {
        earliest: now() + minutes,
        latest: now() + minutes * 3,
    };
    for anchor in [now() - minutes, now() + minutes * 2] {
        let at = builtin::pick_time(
            description,
            interval.earliest,
            interval.latest,
            anchor,
            now(),
        );
        assert!(interval.contains(at), "outside the legal interval");
    }
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_176_000, 0).expect("in range")
}
