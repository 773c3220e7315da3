//! The OpenAPI document describes what `RuleDraft` reads, field by field.

use std::collections::BTreeSet;

use domain::review::RuleDraft;
use serde_json::{Value, json};
use utoipa::PartialSchema;

use super::wire::{RuleIn, RulePatch};

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
        "stop": {"description": "s"}, "delay": {"mode": "manual", "minutes": 1, "hours": 1},
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
