//! Items of the table as JSON, read without the code that wrote them.

use domain::ids::{CustomerId, RuleId};
use domain::message::Status;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What kind of item it is, by its sort key.
pub(super) fn kind(item: &Value) -> &str {
    let sk = item["sk"]["S"].as_str().unwrap_or_default();
    sk.split('#').next().unwrap_or_default()
}

/// The rule that an item or a key is about.
pub(super) fn rule_of(item: &Value) -> Option<RuleId> {
    let sk = item["sk"]["S"].as_str()?;
    RuleId::parse(sk.strip_prefix("RULE#")?).ok()
}

/// Who is being erased, if an item or a key notes that.
pub(super) fn erasure_of(item: &Value) -> Option<CustomerId> {
    let is_note = item["pk"]["S"].as_str()?.ends_with("#ERASING");
    let id = item["sk"]["S"].as_str().filter(|_| is_note)?;
    CustomerId::parse(id).ok()
}

/// Whose partition an item stands in.
pub(super) fn customer_of(item: &Value) -> Option<CustomerId> {
    let (_, id) = item["pk"]["S"].as_str()?.split_once("#C#")?;
    CustomerId::parse(id).ok()
}

pub(super) fn text(value: &Value) -> String {
    value["S"].as_str().unwrap_or_default().to_owned()
}

pub(super) fn read<T: DeserializeOwned>(value: &Value) -> Option<T> {
    serde_json::from_value(plain(value)).ok()
}

/// DynamoDB's JSON as plain JSON.
pub(super) fn plain(value: &Value) -> Value {
    let Some((tag, inner)) = value.as_object().and_then(|object| object.iter().next()) else {
        return Value::Null;
    };
    match (tag.as_str(), inner) {
        ("S" | "BOOL", inner) => inner.clone(),
        ("N", inner) => inner
            .as_str()
            .and_then(|number| serde_json::from_str(number).ok())
            .unwrap_or_default(),
        ("L", Value::Array(list)) => list.iter().map(plain).collect(),
        ("M", Value::Object(map)) => {
            let fields = map.iter().map(|(name, value)| (name.clone(), plain(value)));
            Value::Object(fields.collect())
        }
        _ => Value::Null,
    }
}

/// Written down once more here, on purpose: the watcher does not ask the watched.
pub(super) fn falls(old: Status, new: Status) -> bool {
    use Status::{
        Accepted, Delivered, Failed, Planned, Read, Received, Sending, Sent, Skipped, Unknown,
    };
    let rank = |status| match status {
        Received | Planned => 0,
        Sending => 1,
        Unknown => 2,
        Accepted => 3,
        Sent => 4,
        Delivered => 5,
        Read => 6,
        Failed | Skipped => 7,
    };
    match (old, new) {
        (old, new) if old == new => false,
        // The owner may ask for another attempt; a receipt proves a failure wrong.
        (Unknown, Sending) | (Failed, Delivered | Read) => false,
        (Received | Skipped | Failed, _) | (Delivered | Read, Failed | Skipped) => true,
        (old, new) => rank(new) < rank(old),
    }
}
