//! What is wrong with a value somebody sent: which field, which limit, and what to do about it.

use serde::{Deserialize, Serialize};

/// One thing that is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// Path of the field in the JSON that was sent: `delay.minutes`.
    pub field: String,
    /// Stable code for programs: `too_long`.
    pub code: String,
    /// What is wrong, in a sentence, with the limit.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

impl FieldError {
    /// All four parts.
    pub fn new(
        field: &str,
        code: &str,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            field: field.to_owned(),
            code: code.to_owned(),
            message: message.into(),
            remedy: remedy.into(),
        }
    }
}

/// Collects everything that is wrong, so that the sender hears it all at once.
#[derive(Debug, Default)]
pub struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    /// Notes an error.
    pub fn push(&mut self, error: FieldError) {
        self.0.push(error);
    }

    /// The value, or its error noted under the field.
    pub fn take<T>(&mut self, result: Result<T, FieldError>) -> Option<T> {
        result.map_err(|error| self.0.push(error)).ok()
    }

    /// `Ok` when nothing was noted.
    pub fn finish(self) -> Result<(), Vec<FieldError>> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(self.0)
        }
    }

    /// Whether something was noted.
    #[must_use]
    pub fn any(&self) -> bool {
        !self.0.is_empty()
    }
}

/// That a text has more than `max` characters, if it has.
#[must_use]
pub fn too_long(field: &str, length: usize, max: usize) -> Option<FieldError> {
    let remedy = match length.checked_sub(max)? {
        0 => return None,
        1 => "shorten it by one character".to_owned(),
        excess => format!("shorten it by {excess} characters"),
    };
    let message = format!("`{field}` has {length} characters; at most {max} are allowed");
    Some(FieldError::new(field, "too_long", message, remedy))
}

/// A text that must not be blank and has at most `max` characters (Unicode scalar values).
/// Surrounding white space is dropped.
pub fn required_text(
    field: &str,
    text: Option<&str>,
    max: usize,
    purpose: &str,
) -> Result<String, FieldError> {
    let text = text.unwrap_or_default().trim();
    if text.is_empty() {
        return Err(FieldError::new(
            field,
            "required",
            format!("`{field}` is required and must not be empty"),
            purpose,
        ));
    }
    if let Some(error) = too_long(field, text.chars().count(), max) {
        return Err(error);
    }
    if text
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    {
        return Err(FieldError::new(
            field,
            "control_character",
            format!("`{field}` contains control characters"),
            "remove them; line breaks and tabs are fine",
        ));
    }
    Ok(text.to_owned())
}
