//! What can go into the table comes out again. By the rules of DynamoDB, without DynamoDB.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_dynamo::AttributeValue;
use serde_json::Value;

/// The deepest document that DynamoDB takes; our items put theirs one level down.
const LEVELS: usize = 31;

/// Writes a value as an attribute, looks at it with the table's eyes and reads it back.
pub fn holds<T: Serialize + DeserializeOwned>(value: &T) {
    let stored: AttributeValue =
        serde_dynamo::to_attribute_value(value).expect("it can be written");
    accepted(&stored, 0);
    let read: T = serde_dynamo::from_attribute_value(stored).expect("it can be read");
    same(value, &read);
}

/// Whether a copy says the same. Neither table nor JSON tells 5 from 5.0, and the last bit of a
/// fraction may get lost.
pub fn same<T: Serialize>(value: &T, copy: &T) {
    let json = |value| serde_json::to_value(value).expect("it is JSON");
    let (value, copy) = (json(value), json(copy));
    assert!(alike(&value, &copy), "changed on the way:\n{value}\n{copy}");
}

fn alike(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => match (one.as_f64(), other.as_f64()) {
            (Some(x), Some(y)) => one == other || (x - y).abs() <= x.abs() * 1e-15,
            _ => false,
        },
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(x, y)| alike(x, y))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(name, x)| other.get(name).is_some_and(|y| alike(x, y)))
        }
        _ => one == other,
    }
}

fn accepted(value: &AttributeValue, level: usize) {
    assert!(level <= LEVELS, "nested too deeply for the table");
    match value {
        AttributeValue::N(number) => representable(number),
        AttributeValue::L(list) => list.iter().for_each(|value| accepted(value, level + 1)),
        AttributeValue::M(map) => map.iter().for_each(|(name, value)| {
            assert!(!name.is_empty(), "an attribute without a name");
            accepted(value, level + 1);
        }),
        _ => {}
    }
}

/// 38 significant digits, magnitudes from 1E-130 to 9.9E+125.
fn representable(text: &str) {
    let number: f64 = text.parse().expect("a number");
    let size = number.abs();
    assert!(
        number == 0.0 || (1e-130..1e126).contains(&size),
        "{text} is too large or too small for the table"
    );
    let digits = text.split(['e', 'E']).next().unwrap_or_default();
    let digits: String = digits.chars().filter(char::is_ascii_digit).collect();
    assert!(
        digits.trim_matches('0').len() <= 38,
        "{text} has too many digits"
    );
}
