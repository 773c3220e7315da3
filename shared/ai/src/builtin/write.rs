//! What to write, without a model.

use crate::transcript::{Language, RuleText, Transcript};

/// Answers `writing::prompt` without a model.
pub fn write(
    _rule: &RuleText,
    _transcript: &Transcript,
    _language: Language,
    _first_name: Option<&str>,
) -> String {
    "Hallo".to_owned()
}
