//! A cursor over JSON that knows where it is.
//!
//! Webhook bodies gain fields and change types without notice. Reading them through this
//! cursor, instead of into structs, means that an optional field of the wrong type is
//! simply absent and that a missing required one can say which.

use chrono::{DateTime, Utc};
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

/// No platform existed before 1973, so larger numbers are milliseconds.
fn epoch(number: i64) -> Option<DateTime<Utc>> {
    const FIRST_MILLISECONDS: i64 = 100_000_000_000;
    if number.unsigned_abs() >= FIRST_MILLISECONDS.unsigned_abs() {
        DateTime::from_timestamp_millis(number)
    } else {
        DateTime::from_timestamp(number, 0)
    }
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
        let value = json!({"s": "1790000000", "ms": 1_790_000_000_123_i64, "far": i64::MAX});
        let node = Node::root(&value);
        assert_eq!(node.time("s").unwrap().timestamp(), 1_790_000_000);
        assert_eq!(
            node.time("ms").unwrap().timestamp_millis(),
            1_790_000_000_123
        );
        assert_eq!(node.time("far"), None);
    }
}
