//! What the functions log while scenarios are played: nothing about a person, and no secret.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::{Arc, Mutex};

use tracing::Dispatch;
use tracing::level_filters::LevelFilter;
use tracing::subscriber::NoSubscriber;

use crate::scenarios::{folder, played};

/// Between them they have every platform, a model, failures of every kind, reports and opt-outs.
const PLAYED: [&str; 13] = [
    "dk_10_instagram_and_messenger",
    "dk_16_b_ai_text",
    "dk_18_template_after_24h",
    "mo_28_b_other_number",
    "nx_02_b_next_channel",
    "nx_10_model_fails",
    "nx_23_automatic_replies",
    "nx_29_opt_out",
    "nx_36_echo",
    "nx_39_delivered_twice",
    "nx_42_a_tried_again",
    "nx_42_d_fails_later",
    "nx_42_i_by_sms",
];

/// Ids of the people on the platforms, and the beginnings of keys and secrets.
const SECRET: [&str; 13] = [
    "DE.1349120865530274",
    "98441023607",
    "612987443021",
    "520883",
    "4915123456",
    "wamid.",
    "secret-of-",
    "123:token",
    "nf_",
    "lbs_",
    "whs_",
    "Bearer",
    "sha256=",
];

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Names of people and everything that is said, from the scripts and from what was sent.
fn personal(name: &str, transcript: &str) -> BTreeSet<String> {
    let script = std::fs::read_to_string(folder().join(format!("{name}.txt"))).unwrap();
    let mut found = BTreeSet::new();
    for line in script.lines() {
        let Some((verb, rest)) = line.split_once(' ') else {
            continue;
        };
        if !["customer", "staff", "note", "echo", "machine"].contains(&verb) {
            continue;
        }
        let (who, said) = rest.split_once(": ").unwrap();
        found.insert(who.split(' ').next().unwrap().to_owned());
        found.insert(said.to_owned());
    }
    let quoted = transcript.lines().filter_map(|line| line.split('"').nth(1));
    found.extend(quoted.filter(|text| text.len() > 8).map(str::to_owned));
    assert!(found.len() > 2, "{name}");
    found
}

/// As a whole word, in whatever case: `ben` is not in `been`.
fn holds(line: &str, word: &str) -> bool {
    let (line, word) = (line.to_lowercase(), word.to_lowercase());
    let outside = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    line.match_indices(&word).any(|(at, found)| {
        outside(line[..at].chars().next_back()) && outside(line[at + found.len()..].chars().next())
    })
}

#[tokio::test]
async fn no_line_holds_personal_data_or_a_secret() {
    let buffer = Buffer::default();
    let writer = buffer.clone();
    let logged = aws::hosting::subscriber(LevelFilter::DEBUG, move || writer.clone());
    let mut words = BTreeSet::new();
    {
        // As long as there is one subscriber only, whether a line is wanted at all goes by that of
        // the thread which comes to it first, and other tests in other threads have none.
        let _second = Dispatch::new(NoSubscriber::new());
        let _guard = tracing::subscriber::set_default(logged);
        for name in PLAYED {
            let transcript = Box::pin(played(name)).await;
            words.extend(personal(name, &transcript));
        }
    }
    let bytes = buffer.0.lock().unwrap().clone();
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.lines().count() > 10, "{text}");
    assert!(text.contains("delivered again"), "{text}");
    for line in text.lines() {
        for word in &words {
            assert!(!holds(line, word), "{word:?} is in {line}");
        }
        for secret in SECRET {
            assert!(!line.contains(secret), "{secret} is in {line}");
        }
    }
}

#[test]
fn the_search_finds_what_it_looks_for() {
    let line = r#"{"message":"to Anna: \"Hallo, du\"","user":"ben"}"#;
    for word in ["anna", "ben", "Hallo, du"] {
        assert!(holds(line, word), "{word}");
    }
    assert!(!holds(line, "hall"));
}
