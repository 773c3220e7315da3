//! What serde says of wrong input, in words of JSON: its own name types of ours, which mean nothing
//! to whoever called.

/// What chrono says of a text that is no time.
const OF_TIMES: [&str; 4] = [
    "premature end of input",
    "trailing input",
    "input is out of range",
    "input contains invalid characters",
];

/// The message without names of types.
pub(super) fn in_words(message: &str) -> String {
    if message.contains("did not match any variant") {
        return "the value has none of the forms that are allowed here".to_owned();
    }
    if OF_TIMES.iter().any(|said| message.starts_with(said)) {
        return "no such day, or no time of the form `2026-11-24T10:00:00+01:00` (a moment: date, `T`, time, \
                offset or `Z`) or `2026-11-24` (a day)"
            .to_owned();
    }
    if let Some(rest) = message.strip_prefix("unknown variant") {
        return format!("unknown value{rest}");
    }
    let Some((found, expected)) = message.split_once(", expected ") else {
        return message.to_owned();
    };
    let Some(found) = found
        .strip_prefix("invalid type: ")
        .or_else(|| found.strip_prefix("invalid value: "))
    else {
        return if found.starts_with("invalid length") {
            format!("{found}, expected another number of elements")
        } else {
            message.to_owned()
        };
    };
    let expected = expected.split(" at line ").next().unwrap_or_default();
    format!("{} where {} was expected", shown(found), wanted(expected))
}

fn shown(found: &str) -> String {
    match found {
        "map" => "an object".to_owned(),
        "sequence" => "a list".to_owned(),
        "null" | "unit value" => "`null`".to_owned(),
        found => match found.split_once(' ') {
            Some(("string", text)) => format!("the string {text}"),
            Some(("boolean", text)) => text.to_owned(),
            Some(("integer", text)) => format!("the number {text}"),
            _ => match found.strip_prefix("floating point ") {
                Some(text) => format!("the number {text}"),
                None => "something else".to_owned(),
            },
        },
    }
}

fn wanted(expected: &str) -> &str {
    let first = expected.split(' ').next().unwrap_or_default();
    match expected {
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" | "u64" | "usize" => "a whole number that is not negative",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a sequence" => "a list",
        "a map" => "an object",
        "a borrowed string" | "a string" => "a string",
        "unit" => "`null`",
        _ if first == "tuple" => "a list",
        _ if first == "struct" || expected.contains("tagged enum") => "an object",
        // What our own types and those for times say.
        _ if matches!(first, "a" | "an" | "one") && !expected.contains("enum") => expected,
        _ => "something else",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_become_words() {
        let check = |message, expected: &str| assert_eq!(in_words(message), expected, "{message}");
        check(
            "invalid type: string \"x\", expected struct NameIn at line 1 column 9",
            "the string \"x\" where an object was expected",
        );
        check(
            "invalid value: integer `300`, expected u8 at line 1 column 3",
            "the number `300` where a whole number from 0 to 255 was expected",
        );
        check(
            "invalid type: floating point `1.5`, expected a boolean",
            "the number `1.5` where a boolean was expected",
        );
        check(
            "data did not match any variant of untagged enum CustomValue",
            "the value has none of the forms that are allowed here",
        );
        check(
            "unknown variant `x`, expected `de` or `en`",
            "unknown value `x`, expected `de` or `en`",
        );
        let wrong_time = in_words("premature end of input at line 1 column 46");
        assert!(wrong_time.contains("offset"), "{wrong_time}");
        check(
            "unknown field `x`, expected `y` or `z`",
            "unknown field `x`, expected `y` or `z`",
        );
    }
}
