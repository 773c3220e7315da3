//! The OpenAPI document describes what `RuleDraft` reads, field by field.

use std::collections::BTreeSet;

use domain::ids::WorkspaceId;
use domain::local_time::Zone;
use domain::review::{Reachable, RuleDraft, check};
use domain::settings::{Locale, Settings};
use serde_json::{Value, json};
use utoipa::PartialSchema;

use super::wire::{DelayIn, RuleIn, RulePatch};

fn documented<T: PartialSchema>() -> BTreeSet<String> {
    let schema = serde_json::to_value(T::schema()).unwrap();
    schema["properties"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect()
}

#[test]
fn every_field_of_a_draft_is_documented_and_no_other() {
    let full = json!({
        "name": "n", "colour": "blue", "enabled": true, "priority": 1, "purpose": "marketing",
        "trigger": {"type": "silence", "description": "d", "any_silence": true},
        "stop": {"description": "s"}, "delay": {"mode": "manual", "minutes": 1},
        "message": {"mode": "custom", "text": "t"},
        "whatsapp_template": {"name": "n", "language": "de", "parameters": ["x"], "buttons": [],
            "header": {"type": "text", "text": "x"}},
        "channels": [], "on_unknown": "skip",
    });
    let draft: RuleDraft = serde_json::from_value(full.clone()).unwrap();
    let Value::Object(read) = serde_json::to_value(draft).unwrap() else {
        unreachable!()
    };
    let read: BTreeSet<String> = read.into_iter().map(|(name, _)| name).collect();
    assert_eq!(documented::<RuleIn>(), read);
    assert_eq!(documented::<RulePatch>(), read);
    assert!(serde_json::from_value::<RuleIn>(full.clone()).is_ok());
    assert!(serde_json::from_value::<RulePatch>(full).is_ok());
}

#[test]
fn a_delay_is_described_as_it_is_read() {
    for (delay, is_right) in [
        (json!({"mode": "ai"}), true),
        (json!({"minutes": 5}), true),
        (json!({"mode": "manual", "hours": 5}), true),
        (json!({}), false),
        (json!({"mode": "manual"}), false),
        (json!({"mode": "ai", "minutes": 5}), false),
        (json!({"minutes": 5, "hours": 5}), false),
    ] {
        let described = serde_json::from_value::<DelayIn>(delay.clone()).is_ok();
        assert_eq!(described, is_right, "{delay}");
        let body = json!({
            "name": "n", "trigger": {"description": "Wenn der Kunde schweigt."},
            "stop": {"description": "Wenn er zusagt."}, "message": {"text": "Hallo"}, "delay": delay,
        });
        let draft: RuleDraft = serde_json::from_value(body).unwrap();
        let settings = Settings::new(
            WorkspaceId::derive(&[]),
            Zone::parse("Europe/Berlin").unwrap(),
            Locale::De,
            None,
        );
        let nothing = Reachable {
            connections: &[],
            templates: &[],
            locale: settings.locale,
            described_delay: None,
            understood: true,
            has_booking_page: false,
            quiet_hours: None,
            has_business_name: true,
        };
        let errors = check(&draft, &nothing).err().unwrap_or_default();
        let about_delay = errors.iter().any(|error| error.field.starts_with("delay"));
        assert_eq!(!about_delay, is_right, "{delay}: {errors:?}");
    }
}
