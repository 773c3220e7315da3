//! `##{{name}}`: the one syntax for variables in texts that go to customers.
//!
//! Only a bare name is allowed inside the braces. An unknown name is refused on save, with the
//! nearest known one suggested, and fails the send if it gets that far: raw braces never leave.

use std::collections::BTreeMap;

use crate::field::FieldError;

/// The variables that texts of follow-up rules may use, with what they stand for.
pub const FOLLOW_UP: [(&str, &str); 4] = [
    ("first_name", "the customer's first name"),
    ("last_name", "the customer's last name"),
    ("full_name", "the customer's whole name"),
    ("business_name", "the name of the business"),
];

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
        .map_err(|error| match error {
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
        })
}

/// Fills in the values. A variable with an empty value also takes the space before it away when
/// a punctuation mark follows, so that `Hallo ##{{first_name}},` becomes `Hallo,`.
pub fn render(text: &str, values: &BTreeMap<String, String>) -> Result<String, VariableError> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(OPEN) {
        out.push_str(&rest[..start]);
        let inside = &rest[start + OPEN.len()..];
        let end = inside.find(CLOSE).ok_or(VariableError::Unclosed)?;
        let name = &inside[..end];
        let value = values.get(name).ok_or_else(|| VariableError::Unknown {
            name: name.to_owned(),
        })?;
        rest = &inside[end + CLOSE.len()..];
        if value.is_empty() && rest.starts_with([',', '.', '!', '?', ':', ';']) {
            out.truncate(out.trim_end_matches(' ').len());
        }
        out.push_str(value);
    }
    out.push_str(rest);
    if out.contains(OPEN) {
        return Err(VariableError::Left);
    }
    Ok(out)
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
