//! Do the values fit the template?
//!
//! Checked when a rule is saved and again before a send, because the platform answers a
//! wrong value with a number, after the customer should have had the message.

use std::collections::BTreeSet;

use domain::content::{
    ButtonValue, HeaderParameter, Media, MediaKind, TemplateMessage, TextParameter,
};

use super::templates::{
    Button, ButtonKind, HeaderFormat, ParameterFormat, TemplateDefinition, TemplateState,
};
use crate::outbound::check_link;

/// The longest value of a quick reply's payload.
const PAYLOAD_CHARS: usize = 256;
/// The longest code to copy.
const CODE_CHARS: usize = 15;
/// The longest address of a button, variable included.
const URL_CHARS: usize = 2000;
/// The longest header and body with their values filled in.
const HEADER_CHARS: usize = 60;
const BODY_CHARS: usize = 1024;

/// One value that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {problem}: {remedy}")]
pub struct ParameterError {
    /// Which value: `header`, `body.1`, `body.first_name`, `buttons.0`, ...
    pub field: String,
    /// What is wrong.
    pub problem: Misfit,
    /// What to do.
    pub remedy: &'static str,
}

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// The template cannot be sent in its present state.
    #[error("is {0}, only approved templates can be sent")]
    NotApproved(String),
    /// The template needs a value that is not given.
    #[error("has no value")]
    Missing,
    /// The template has no place for it.
    #[error("has no place in the template")]
    Superfluous,
    /// A picture for a text, a code for a link, and so on.
    #[error("must be {0}")]
    WrongKind(&'static str),
    /// Media that the platform can neither fetch nor has.
    #[error("has no public http or https address")]
    NoSource,
    /// Nothing but white space.
    #[error("is empty")]
    Empty,
    /// Line breaks, tabs or more than four spaces in a row.
    #[error("contains line breaks, tabs or more than four spaces in a row")]
    WhiteSpace,
    /// Longer than the platform takes.
    #[error("has {actual} characters, the limit is {limit}")]
    TooLong {
        /// The limit.
        limit: usize,
        /// How much it is.
        actual: usize,
    },
}

/// Checks the values against the platform's own definition; all problems at once.
pub fn check_parameters(
    definition: &TemplateDefinition,
    message: &TemplateMessage,
) -> Result<(), Vec<ParameterError>> {
    let mut found = Vec::new();
    if definition.state() != TemplateState::Approved {
        found.push(misfit(
            "template",
            Misfit::NotApproved(definition.status.to_lowercase()),
            "wait for the approval or choose another template",
        ));
    }
    check_header(definition, message.header.as_ref(), &mut found);
    check_texts(definition, &message.body, &mut found);
    check_buttons(definition, message, &mut found);
    found.extend(value_errors(message));
    if found.is_empty() { Ok(()) } else { Err(found) }
}

/// The rules that hold whatever the definition says.
pub(crate) fn check_values(message: &TemplateMessage) -> Result<(), ParameterError> {
    match value_errors(message).into_iter().next() {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

fn value_errors(message: &TemplateMessage) -> Vec<ParameterError> {
    let header = match &message.header {
        Some(HeaderParameter::Text(value)) => text_error("header", &value.text),
        Some(HeaderParameter::Media(media)) => source_error(media),
        Some(HeaderParameter::Location(_)) | None => None,
    };
    let body = message
        .body
        .iter()
        .enumerate()
        .filter_map(|(index, value)| text_error(&body_field(index, value), &value.text));
    let buttons = message.buttons.iter().filter_map(|button| {
        let field = format!("buttons.{}", button.index);
        let (text, limit) = match &button.value {
            ButtonValue::Url { suffix } => (suffix, URL_CHARS),
            ButtonValue::QuickReply { payload } => (payload, PAYLOAD_CHARS),
            ButtonValue::CopyCode { code } => (code, CODE_CHARS),
        };
        text_error(&field, text).or_else(|| length_error(&field, text, limit))
    });
    header.into_iter().chain(body).chain(buttons).collect()
}

/// The platform fetches what it has no id for.
fn source_error(media: &Media) -> Option<ParameterError> {
    let link = media.link.as_deref();
    let found = media.id.is_some() || link.is_some_and(|link| check_link("header", link).is_ok());
    (!found).then(|| {
        misfit(
            "header",
            Misfit::NoSource,
            "give the full address, starting with https://",
        )
    })
}

fn text_error(field: &str, text: &str) -> Option<ParameterError> {
    if text.trim().is_empty() {
        return Some(misfit(
            field,
            Misfit::Empty,
            "give a value, or a fallback for when the variable is empty",
        ));
    }
    let wild = text.contains(['\n', '\r', '\t']) || text.contains("     ");
    wild.then(|| misfit(field, Misfit::WhiteSpace, "write the value in one line"))
}

fn length_error(field: &str, text: &str, limit: usize) -> Option<ParameterError> {
    let actual = text.chars().count();
    (actual > limit).then(|| {
        misfit(
            field,
            Misfit::TooLong { limit, actual },
            "shorten the value",
        )
    })
}

fn check_header(
    definition: &TemplateDefinition,
    value: Option<&HeaderParameter>,
    found: &mut Vec<ParameterError>,
) {
    let header = definition.header();
    let format = header.map(|header| header.format());
    let needs_text = header.is_some_and(|header| !header.variables().is_empty());
    let problem = match (format, value) {
        (Some(HeaderFormat::Text), Some(HeaderParameter::Text(value))) if needs_text => {
            check_header_text(definition, value, found);
            None
        }
        (Some(HeaderFormat::Text), Some(_)) if needs_text => Some(Misfit::WrongKind("text")),
        (Some(HeaderFormat::Text), None) if needs_text => Some(Misfit::Missing),
        (None | Some(HeaderFormat::Text | HeaderFormat::Other), None) => None,
        (None | Some(HeaderFormat::Text), Some(_)) => Some(Misfit::Superfluous),
        (Some(HeaderFormat::Other), Some(_)) => None,
        (Some(_), None) => Some(Misfit::Missing),
        (Some(format), Some(value)) => wrong_header(format, value).map(Misfit::WrongKind),
    };
    found.extend(problem.map(|problem| {
        misfit(
            "header",
            problem,
            "give the header what the template's definition names",
        )
    }));
}

fn wrong_header(format: HeaderFormat, value: &HeaderParameter) -> Option<&'static str> {
    let kind = match value {
        HeaderParameter::Media(media) => Some(media.kind),
        _ => None,
    };
    let is_place = matches!(value, HeaderParameter::Location(_));
    let (fits, expected) = match format {
        HeaderFormat::Image => (kind == Some(MediaKind::Image), "an image"),
        HeaderFormat::Video => (kind == Some(MediaKind::Video), "a video"),
        HeaderFormat::Document => (kind == Some(MediaKind::Document), "a document"),
        HeaderFormat::Location => (is_place, "a location"),
        HeaderFormat::Text | HeaderFormat::Other => (true, ""),
    };
    (!fits).then_some(expected)
}

fn check_header_text(
    definition: &TemplateDefinition,
    value: &TextParameter,
    found: &mut Vec<ParameterError>,
) {
    let Some(header) = definition.header() else {
        return;
    };
    let expected = header.variables();
    compare_names(
        definition,
        "header",
        &expected,
        std::slice::from_ref(value),
        found,
    );
    let filled = definition.fill(header.text(), std::slice::from_ref(value));
    found.extend(length_error("header", &filled, HEADER_CHARS));
}

fn check_texts(
    definition: &TemplateDefinition,
    values: &[TextParameter],
    found: &mut Vec<ParameterError>,
) {
    let Some(body) = definition.body() else {
        return;
    };
    compare_names(definition, "body", &body.variables(), values, found);
    let filled = definition.fill(body.text(), values);
    found.extend(length_error("body", &filled, BODY_CHARS));
}

/// Every variable has its value, and every value its variable.
fn compare_names(
    definition: &TemplateDefinition,
    part: &str,
    expected: &[String],
    values: &[TextParameter],
    found: &mut Vec<ParameterError>,
) {
    let given: Vec<String> = match definition.format() {
        ParameterFormat::Named => values
            .iter()
            .map(|value| value.name.clone().unwrap_or_default())
            .collect(),
        ParameterFormat::Positional => (1..=values.len()).map(|n| n.to_string()).collect(),
    };
    let expected: BTreeSet<&str> = expected.iter().map(String::as_str).collect();
    let named: BTreeSet<&str> = given.iter().map(String::as_str).collect();
    for missing in expected.difference(&named) {
        let field = format!("{part}.{missing}");
        found.push(misfit(
            &field,
            Misfit::Missing,
            "give a value for every variable",
        ));
    }
    for extra in named.difference(&expected) {
        let field = format!("{part}.{extra}");
        found.push(misfit(
            &field,
            Misfit::Superfluous,
            "give exactly the values of the template's definition",
        ));
    }
}

fn check_buttons(
    definition: &TemplateDefinition,
    message: &TemplateMessage,
    found: &mut Vec<ParameterError>,
) {
    let buttons = definition.buttons();
    for (index, button) in buttons.iter().enumerate() {
        let given = message
            .buttons
            .iter()
            .find(|given| usize::from(given.index) == index);
        let field = format!("buttons.{index}");
        let problem = match given.map(|given| &given.value) {
            None if button.needs_value() => Some(Misfit::Missing),
            None => None,
            Some(value) => wrong_button(button, value),
        };
        found.extend(problem.map(|problem| {
            misfit(
                &field,
                problem,
                "give the button what the template's definition names",
            )
        }));
        if let (Some(ButtonValue::Url { suffix }), Some(url)) =
            (given.map(|given| &given.value), &button.url)
        {
            let filled = url.replace("{{1}}", suffix);
            found.extend(length_error(&field, &filled, URL_CHARS));
        }
    }
    let outside = message
        .buttons
        .iter()
        .filter(|given| usize::from(given.index) >= buttons.len());
    found.extend(outside.map(|given| {
        let field = format!("buttons.{}", given.index);
        misfit(
            &field,
            Misfit::Superfluous,
            "the template has fewer buttons",
        )
    }));
}

fn wrong_button(button: &Button, value: &ButtonValue) -> Option<Misfit> {
    match (button.kind(), value) {
        (ButtonKind::Url, ButtonValue::Url { .. }) if button.needs_value() => None,
        (ButtonKind::Url, ButtonValue::Url { .. }) => Some(Misfit::Superfluous),
        (ButtonKind::Otp, ButtonValue::Url { .. })
        | (ButtonKind::QuickReply, ButtonValue::QuickReply { .. })
        | (ButtonKind::CopyCode, ButtonValue::CopyCode { .. }) => None,
        (ButtonKind::Url | ButtonKind::Otp, _) => Some(Misfit::WrongKind("the end of a link")),
        (ButtonKind::QuickReply, _) => Some(Misfit::WrongKind("a payload")),
        (ButtonKind::CopyCode, _) => Some(Misfit::WrongKind("a code")),
        (ButtonKind::Other, _) => Some(Misfit::Superfluous),
    }
}

fn body_field(index: usize, value: &TextParameter) -> String {
    match &value.name {
        Some(name) => format!("body.{name}"),
        None => format!("body.{}", index + 1),
    }
}

fn misfit(field: &str, problem: Misfit, remedy: &'static str) -> ParameterError {
    ParameterError {
        field: field.to_owned(),
        problem,
        remedy,
    }
}
