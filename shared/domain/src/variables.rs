//! `##{{name}}`: the one syntax for variables in texts that go to customers.
//!
//! Only a bare name is allowed inside the braces. An unknown name is refused on save, with the
//! nearest known one suggested, and fails the send if it gets that far: raw braces never leave.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::customer::CustomerName;
use crate::field::FieldError;
use crate::settings::Locale;

/// The variables that texts of follow-up rules may use, with what they stand for.
pub const FOLLOW_UP: [(&str, &str); 4] = [
    ("first_name", "the customer's first name"),
    ("last_name", "the customer's last name"),
    ("full_name", "the customer's whole name"),
    ("business_name", "the name of the business"),
];

/// The variable that becomes the link to the owner's booking page.
pub const BOOKING_LINK: &str = "booking_link";

/// The variables that reminders after a visit may use.
pub const AFTER_VISIT: [(&str, &str); 6] = [
    FOLLOW_UP[0],
    FOLLOW_UP[1],
    FOLLOW_UP[2],
    FOLLOW_UP[3],
    ("staff_name", "who served the customer last"),
    (BOOKING_LINK, "the customer's own link to the booking page"),
];

/// The text that a reminder after a visit begins with (PH-02, PH-04): one SMS, unless names are long.
#[must_use]
pub fn default_reminder(locale: Locale) -> &'static str {
    match locale {
        Locale::De => {
            "Hallo ##{{first_name}}, Zeit für den nächsten Termin? Hier buchen: ##{{booking_link}} Bis bald! ##{{staff_name}}"
        }
        Locale::En => {
            "Hi ##{{first_name}}, time for your next appointment? Book here: ##{{booking_link}} See you soon! ##{{staff_name}}"
        }
    }
}

const OPEN: &str = "##{{";
const CLOSE: &str = "}}";

/// A text could not be rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VariableError {
    /// No such variable.
    #[error("`##{{{{{name}}}}}` is no variable of this text")]
    Unknown {
        /// As written.
        name: String,
    },
    /// `##{{` without `}}`.
    #[error("`##{{{{` is never closed by `}}}}`")]
    Unclosed,
    /// With the values filled in there is another `##{{`: a value brought it, or it came together
    /// around one.
    #[error("with its variables filled in the text holds `##{{{{`")]
    Left,
}

/// Checks a text on save.
pub fn check(field: &str, text: &str, known: &[(&str, &str)]) -> Result<(), FieldError> {
    let values = known
        .iter()
        .map(|(name, _)| ((*name).to_owned(), String::new()))
        .collect();
    render(text, &values)
        .map(drop)
        .map_err(|error| refused(field, error, known))
}

/// There is no such variable, and the one that is probably meant.
#[must_use]
pub fn unknown(field: &str, name: &str, known: &[(&str, &str)]) -> FieldError {
    let name = name.to_owned();
    refused(field, VariableError::Unknown { name }, known)
}

/// What is wrong with the text, and what may stand there.
fn refused(field: &str, error: VariableError, known: &[(&str, &str)]) -> FieldError {
    match error {
        VariableError::Unknown { name } => FieldError::new(
            field,
            "unknown_variable",
            format!("`##{{{{{name}}}}}` is not a variable that can be used here"),
            remedy(&name, known),
        ),
        VariableError::Unclosed => FieldError::new(
            field,
            "unclosed_variable",
            error.to_string(),
            "close it, as in `##{{first_name}}`",
        ),
        VariableError::Left => FieldError::new(
            field,
            "nested_variable",
            error.to_string(),
            "take apart what stands around the variables, as in `##{{first_name}} ##{{last_name}}`",
        ),
    }
}

/// The values of [`FOLLOW_UP`].
#[must_use]
pub fn values_for(customer: &CustomerName, business: &str) -> BTreeMap<String, String> {
    BTreeMap::from(
        [
            ("first_name", customer.first_name()),
            ("last_name", customer.last_name()),
            ("full_name", customer.full_name()),
            ("business_name", business.to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    )
}

/// A text that a person wrote to this customer, as it goes out.
pub fn filled(
    field: &str,
    text: &str,
    customer: &CustomerName,
    business: &str,
) -> Result<String, FieldError> {
    let filled = render(text, &values_for(customer, business))
        .map_err(|error| refused(field, error, &FOLLOW_UP))?;
    if filled.trim().is_empty() {
        return Err(FieldError::new(
            field,
            "empty",
            "nothing is left of the text once its variables are filled in",
            "write more than a variable: what it stands for is not known of this customer",
        ));
    }
    Ok(filled)
}

/// Fills in the values. A variable with an empty value also takes the space before it away when
/// a punctuation mark follows, so that `Hallo ##{{first_name}},` becomes `Hallo,`.
pub fn render(text: &str, values: &BTreeMap<String, String>) -> Result<String, VariableError> {
    fill(text, |name| {
        values.get(name).map(|value| Cow::Borrowed(value.as_str()))
    })
}

/// As [`render`], with the values from a function; `None` is an unknown variable.
pub fn fill<'v>(
    text: &str,
    value_of: impl Fn(&str) -> Option<Cow<'v, str>>,
) -> Result<String, VariableError> {
    let mut out = String::with_capacity(text.len());
    for piece in pieces(text) {
        match piece? {
            Piece::Text(text) => out.push_str(text),
            Piece::Variable { name, after } => {
                let value = value_of(name).ok_or_else(|| VariableError::Unknown {
                    name: name.to_owned(),
                })?;
                if value.is_empty() && after.starts_with([',', '.', '!', '?', ':', ';']) {
                    out.truncate(out.trim_end_matches(' ').len());
                }
                out.push_str(&value);
            }
        }
    }
    if out.contains(OPEN) {
        return Err(VariableError::Left);
    }
    Ok(out)
}

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'t> {
    /// Stays as it is.
    Text(&'t str),
    /// Stands for a value.
    Variable {
        /// What is between the braces.
        name: &'t str,
        /// The rest of the text behind it.
        after: &'t str,
    },
}

/// The parts of a text, in order. Ends with the first variable that is never closed.
pub fn pieces(text: &str) -> impl Iterator<Item = Result<Piece<'_>, VariableError>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let Some(inside) = rest.strip_prefix(OPEN) else {
            let (text, after) = rest.split_at(rest.find(OPEN).unwrap_or(rest.len()));
            rest = after;
            return Some(Ok(Piece::Text(text)));
        };
        let Some((name, after)) = inside.split_once(CLOSE) else {
            rest = "";
            return Some(Err(VariableError::Unclosed));
        };
        rest = after;
        Some(Ok(Piece::Variable { name, after }))
    })
}

/// Whether the text has this variable.
#[must_use]
pub fn uses(text: &str, variable: &str) -> bool {
    let mut pieces = pieces(text).flatten();
    pieces.any(|piece| matches!(piece, Piece::Variable { name, .. } if name == variable))
}

/// The first name in braces that lacks its hashes, `{{first_name}}`: it would be sent as written.
#[must_use]
pub fn without_hashes(text: &str) -> Option<&str> {
    text.match_indices("{{").find_map(|(start, _)| {
        let inside = &text[start + 2..];
        let name = inside[..inside.find(CLOSE)?].trim();
        let is_name =
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        (is_name && !text[..start].ends_with("##")).then_some(name)
    })
}

fn remedy(name: &str, known: &[(&str, &str)]) -> String {
    let nearest = known
        .iter()
        .map(|(candidate, _)| {
            (
                strsim::damerau_levenshtein(candidate, name.trim()),
                *candidate,
            )
        })
        .min()
        .filter(|(distance, candidate)| *distance <= candidate.len() / 2);
    let all = known
        .iter()
        .map(|(name, _)| format!("##{{{{{name}}}}}"))
        .collect::<Vec<_>>()
        .join(", ");
    match nearest {
        Some((_, candidate)) => format!("did you mean `##{{{{{candidate}}}}}`? Known here: {all}"),
        None => format!("use one of: {all}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> BTreeMap<String, String> {
        [("first_name", "Ada"), ("last_name", "")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into()
    }

    #[test]
    fn values_are_filled_in_and_nothing_else_is_touched() {
        let check = |text: &str, expected: &str| {
            assert_eq!(render(text, &values()).as_deref(), Ok(expected))
        };
        check(
            "Hallo ##{{first_name}}, {{x}} # ## {",
            "Hallo Ada, {{x}} # ## {",
        );
        check("Hallo ##{{last_name}}, wie geht's?", "Hallo, wie geht's?");
        check("##{{first_name}} ##{{last_name}}!", "Ada!");
        check("", "");
    }

    #[test]
    fn unknown_and_unclosed_variables_never_leave() {
        assert_eq!(
            render("##{{firstname}}", &values()),
            Err(VariableError::Unknown {
                name: "firstname".into()
            })
        );
        assert_eq!(
            render("##{{first_name", &values()),
            Err(VariableError::Unclosed)
        );
        assert!(render("##{{first_name|upper}}", &values()).is_err());
        assert!(render("##{{ first_name }}", &values()).is_err());
    }

    #[test]
    fn values_bring_no_variables_and_none_come_together() {
        let from_outside = [("first_name".to_owned(), "##{{last_name}}".to_owned())].into();
        assert_eq!(
            render("Hallo ##{{first_name}}", &from_outside),
            Err(VariableError::Left)
        );
        let text = "##{##{{last_name}}{first_name}}";
        assert_eq!(render(text, &values()), Err(VariableError::Left));
        let error = check("message.text", text, &FOLLOW_UP).unwrap_err();
        assert_eq!(error.code, "nested_variable");
    }

    #[test]
    fn a_text_is_taken_apart_without_loss() {
        let found: Vec<_> = pieces("a##{{b}}##{{c}} d").map(Result::unwrap).collect();
        let variable = |name, after| Piece::Variable { name, after };
        assert_eq!(
            found,
            [
                Piece::Text("a"),
                variable("b", "##{{c}} d"),
                variable("c", " d"),
                Piece::Text(" d"),
            ]
        );
        let unclosed: Vec<_> = pieces("a##{{b").collect();
        assert_eq!(
            unclosed,
            [Ok(Piece::Text("a")), Err(VariableError::Unclosed)]
        );
        assert_eq!(pieces("").count(), 0);
    }

    #[test]
    fn braces_without_hashes_are_noticed() {
        for (text, found) in [
            ("Hallo {{first_name}},", Some("first_name")),
            ("##{{first_name}} {{ last_name }}", Some("last_name")),
            ("Hallo #{{first_name}}", Some("first_name")),
            ("##{{first_name}}", None),
            ("{{}} {{two words}} {{open", None),
        ] {
            assert_eq!(without_hashes(text), found, "{text}");
        }
    }

    #[test]
    fn the_nearest_known_name_is_suggested() {
        let error = check("message.text", "Hi ##{{firstname}}", &FOLLOW_UP).unwrap_err();
        assert_eq!(error.code, "unknown_variable");
        assert!(
            error.remedy.contains("did you mean `##{{first_name}}`"),
            "{}",
            error.remedy
        );
    }
}
