//! Checks of single fields that several resources share.

use std::ops::RangeInclusive;

use domain::field::{FieldError, required_text};

/// A text that may be missing, but if it is there must not be blank.
pub(crate) fn optional_text(
    field: &str,
    text: Option<&str>,
    max: usize,
) -> Result<Option<String>, FieldError> {
    text.map(|text| required_text(field, Some(text), max, "leave it out, or send `null`"))
        .transpose()
}

/// A number inside its limits.
pub(crate) fn check_range(
    field: &str,
    number: u64,
    range: RangeInclusive<u64>,
) -> Result<u64, FieldError> {
    if range.contains(&number) {
        return Ok(number);
    }
    let (low, high) = range.into_inner();
    Err(FieldError::new(
        field,
        "out_of_range",
        format!("`{field}` is {number}; it is a whole number from {low} to {high}"),
        "choose a number inside these limits",
    ))
}
