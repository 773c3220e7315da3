//! Every payload that does not come from a chat platform, with its parsed form beside it.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use channels::{email, sns_sms, twilio};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::fixtures::{arrival, sorted};

const FOLDERS: [&str; 4] = ["ses", "end_user_messaging", "twilio_sms", "twilio_voice"];

/// Name and body of every fixture of a folder.
pub(crate) fn bodies(folder: &str) -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let paths = sorted(&root.join(folder)).into_iter();
    let named = paths.map(|path| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, fs::read(&path).unwrap())
    });
    named.collect()
}

pub(crate) fn body(folder: &str, name: &str) -> Vec<u8> {
    let found = bodies(folder).into_iter().find(|(found, _)| found == name);
    found
        .unwrap_or_else(|| panic!("no fixture {folder}/{name}"))
        .1
}

/// What a body is read as, when it comes in this long after the day all fixtures arrive.
fn read(folder: &str, body: &[u8], later: TimeDelta) -> Vec<Value> {
    let at = arrival() + later;
    let events = match folder {
        "ses" => json!(email::inbound::parse(body, at).unwrap()),
        "end_user_messaging" => json!([sns_sms::inbound::parse(body, at).unwrap()]),
        "twilio_sms" => json!([twilio::inbound::parse(body, at)]),
        "twilio_voice" => json!([twilio::voice::parse(body, at)]),
        other => panic!("{other}"),
    };
    serde_json::from_value(events).unwrap()
}

#[test]
fn every_report_is_read_as_recorded() {
    for folder in FOLDERS {
        for (name, body) in bodies(folder) {
            let mut settings = insta::Settings::clone_current();
            settings.set_snapshot_path(format!("snapshots/{folder}"));
            settings.set_prepend_module_to_snapshot(false);
            settings.set_omit_expression(true);
            settings.bind(|| {
                insta::assert_json_snapshot!(name.as_str(), read(folder, &body, TimeDelta::zero()));
            });
        }
    }
}

#[test]
fn a_second_delivery_has_the_same_keys_and_a_second_event_has_not() {
    let mut seen = HashSet::new();
    for folder in FOLDERS {
        for (name, body) in bodies(folder) {
            let first = read(folder, &body, TimeDelta::zero());
            let second = read(folder, &body, TimeDelta::minutes(5));
            assert!(!first.is_empty(), "{folder}/{name}");
            for (a, b) in first.iter().zip(&second) {
                assert_eq!(a["dedup"], b["dedup"], "{folder}/{name}");
                let key = (folder, a["dedup"].to_string());
                assert!(seen.insert(key), "{folder}/{name}: {}", a["dedup"]);
            }
        }
    }
}

#[test]
fn nothing_but_the_malformed_reports_is_unknown() {
    let expected: HashSet<&str> = [
        "ses/new_event",
        "ses/malformed",
        "ses/subscription_confirmation",
        "end_user_messaging/malformed",
        "twilio_sms/malformed",
        "twilio_voice/malformed",
    ]
    .into();
    for folder in FOLDERS {
        for (name, body) in bodies(folder) {
            for event in read(folder, &body, TimeDelta::zero()) {
                let unknown = event["kind"]["type"] == "unknown";
                let name = format!("{folder}/{name}");
                assert_eq!(unknown, expected.contains(name.as_str()), "{name}");
                assert_eq!(unknown, event.get("raw").is_some(), "{name} and its JSON");
            }
        }
    }
}
