//! A cursor over JSON that knows where it is.
//!
//! Webhook bodies gain fields and change types without notice. Reading them through this
//! cursor, instead of into structs, means that an optional field of the wrong type is
//! simply absent and that a missing required one can say which.

use chrono::{DateTime, Datelike, Utc};
use domain::channel::{ChannelUser, PhoneNumber, ProviderMessageId};
use serde_json::Value;

/// A value and the path that leads to it.
#[derive(Clone, Debug)]
pub(crate) struct Node<'a> {
    value: &'a Value,
    path: String,
}

/// A required field is missing or has the wrong type.
#[derive(Debug)]
pub(crate) struct Problem(pub(crate) String);

impl<'a> Node<'a> {
    pub(crate) fn root(value: &'a Value) -> Self {
        Self {
            value,
            path: String::new(),
        }
    }

    pub(crate) fn value(&self) -> &'a Value {
        self.value
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The field, unless it is absent or null.
    pub(crate) fn get(&self, key: &str) -> Option<Node<'a>> {
        let value = self.value.get(key).filter(|value| !value.is_null())?;
        Some(Node {
            value,
            path: join(&self.path, key),
        })
    }

    /// The field, when it is an object.
    pub(crate) fn object(&self, key: &str) -> Option<Node<'a>> {
        self.get(key).filter(|node| node.value.is_object())
    }

    /// Follows several keys.
    pub(crate) fn at(&self, keys: &[&str]) -> Option<Node<'a>> {
        keys.iter()
            .try_fold(self.clone(), |node, key| node.get(key))
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// The elements, when this is an array.
    pub(crate) fn elements(&self) -> Option<Vec<Node<'a>>> {
        let elements = self.value.as_array()?;
        let nodes = elements.iter().enumerate().map(|(index, value)| Node {
            value,
            path: format!("{}[{index}]", self.path),
        });
        Some(nodes.collect())
    }

    /// The elements of an array field; none when it is no array.
    pub(crate) fn list(&self, key: &str) -> Vec<Node<'a>> {
        self.get(key)
            .and_then(|node| node.elements())
            .unwrap_or_default()
    }

    /// The names of the fields, when this is an object.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.value
            .as_object()
            .into_iter()
            .flat_map(|object| object.keys().map(String::as_str))
    }

    /// A non-empty text, or a number as text.
    pub(crate) fn text(&self, key: &str) -> Option<String> {
        match self.get(key)?.value {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    pub(crate) fn need_text(&self, key: &str) -> Result<String, Problem> {
        self.text(key).ok_or_else(|| self.missing(key, "text"))
    }

    /// A whole number, also when it is written as text.
    pub(crate) fn int(&self, key: &str) -> Option<i64> {
        match self.get(key)?.value {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    pub(crate) fn float(&self, key: &str) -> Option<f64> {
        self.get(key)?.value.as_f64()
    }

    /// Whether the field is literally `true`.
    pub(crate) fn is_true(&self, key: &str) -> bool {
        self.get(key)
            .is_some_and(|node| node.value.as_bool() == Some(true))
    }

    /// An instant in seconds or milliseconds since 1970, as number or text.
    pub(crate) fn time(&self, key: &str) -> Option<DateTime<Utc>> {
        epoch(self.int(key)?)
    }

    pub(crate) fn user(&self, key: &str) -> Option<ChannelUser> {
        ChannelUser::parse(&self.text(key)?).ok()
    }

    pub(crate) fn message_id(&self, key: &str) -> Option<ProviderMessageId> {
        ProviderMessageId::parse(&self.text(key)?).ok()
    }

    pub(crate) fn need_message_id(&self, key: &str) -> Result<ProviderMessageId, Problem> {
        self.message_id(key)
            .ok_or_else(|| self.missing(key, "a message id"))
    }

    /// A number that platforms write without its `+`.
    pub(crate) fn phone(&self, key: &str) -> Option<PhoneNumber> {
        let text = self.text(key)?;
        PhoneNumber::parse(&format!("+{}", text.trim().trim_start_matches('+'))).ok()
    }

    pub(crate) fn missing(&self, key: &str, expected: &str) -> Problem {
        Problem(format!("{}: expected {expected}", join(&self.path, key)))
    }
}

/// JSON as the queue and the table can hold it: as it is, or else as its text.
///
/// The table refuses documents that are nested deeply, attributes without a name and extreme
/// numbers; the queue's reader refuses deep nesting, too. Such a document must not hold up the
/// events behind it.
pub(crate) fn kept(value: Value) -> Value {
    if can_be_held(&value, 0) {
        value
    } else {
        Value::String(value.to_string())
    }
}

/// The table takes 32 levels; events and messages put some around it.
const MOST_LEVELS: usize = 20;

fn can_be_held(value: &Value, level: usize) -> bool {
    match value {
        Value::Array(items) => {
            level < MOST_LEVELS && items.iter().all(|item| can_be_held(item, level + 1))
        }
        Value::Object(fields) => {
            level < MOST_LEVELS
                && fields
                    .iter()
                    .all(|(name, field)| !name.is_empty() && can_be_held(field, level + 1))
        }
        Value::Number(number) => number
            .as_f64()
            .is_some_and(|number| number == 0.0 || (1e-130..1e126).contains(&number.abs())),
        // By itself it could not be told from nothing.
        Value::Null => level > 0,
        Value::Bool(_) | Value::String(_) => true,
    }
}

/// No platform existed before 1973, so larger numbers are milliseconds. A time before 1970 is
/// none, and neither is one that RFC 3339 cannot write.
fn epoch(number: i64) -> Option<DateTime<Utc>> {
    const FIRST_MILLISECONDS: i64 = 100_000_000_000;
    let time = if number >= FIRST_MILLISECONDS {
        DateTime::from_timestamp_millis(number)
    } else {
        DateTime::from_timestamp(number, 0)
    };
    time.filter(|time| (1970..=9999).contains(&time.year()))
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn wrong_types_are_absent_and_paths_are_kept() {
        let value = json!({"a": {"n": 7, "s": "x", "b": "true", "list": [{"id": ""}], "z": null}});
        let node = Node::root(&value).get("a").unwrap();
        assert_eq!(node.text("n").as_deref(), Some("7"));
        assert_eq!(node.int("s"), None);
        assert!(!node.is_true("b"));
        assert!(!node.has("z"));
        assert!(node.list("s").is_empty());
        let element = &node.list("list")[0];
        assert_eq!(element.path(), "a.list[0]");
        assert_eq!(
            element.need_text("id").unwrap_err().0,
            "a.list[0].id: expected text"
        );
    }

    #[test]
    fn seconds_and_milliseconds_are_told_apart() {
        let value = json!({"s": "1790000000", "ms": 1_790_000_000_123_i64, "far": i64::MAX, "before": -1,
            "after": 253_402_300_800_000_i64});
        let node = Node::root(&value);
        assert_eq!(node.time("s").unwrap().timestamp(), 1_790_000_000);
        assert_eq!(
            node.time("ms").unwrap().timestamp_millis(),
            1_790_000_000_123
        );
        for no_time in ["far", "before", "after"] {
            assert_eq!(node.time(no_time), None, "{no_time}");
        }
    }

    #[test]
    fn what_neither_queue_nor_table_could_hold_is_kept_as_text() {
        let nested = |levels: usize| {
            let text = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
            serde_json::from_str::<Value>(&text).unwrap()
        };
        for fine in [json!({"a": [1, -2.5, 0, u64::MAX, null]}), nested(20)] {
            assert_eq!(kept(fine.clone()), fine);
        }
        for odd in [
            Value::Null,
            json!({"": 1}),
            json!([1e126]),
            json!([-1e-131]),
            nested(21),
            nested(127),
        ] {
            assert_eq!(kept(odd.clone()), Value::String(odd.to_string()));
        }
    }
}
