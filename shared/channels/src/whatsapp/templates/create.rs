//! A new template, checked before the platform sees it: a rejection costs days.

use domain::channel::TextLimit;
use domain::content::TextParameter;
use serde_json::{Value, json};

use super::definition::{ParameterFormat, next_variable, variables};
use crate::http::HttpRequest;
use crate::meta::graph;
use crate::node::Node;
use crate::outbound::{Account, OutboundError, check_link, check_text};

const NAME_CHARS: usize = 512;
const HEADER_CHARS: usize = 60;
const BODY_CHARS: usize = 1024;
const FOOTER_CHARS: usize = 60;
const LABEL_CHARS: usize = 25;
const URL_CHARS: usize = 2000;
const CODE_CHARS: usize = 15;
const BUTTONS: usize = 10;

/// A template to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTemplate {
    /// Lower-case letters, digits and underscores.
    pub name: String,
    /// Such as `de` or `en_US`.
    pub language: String,
    /// `UTILITY` or `MARKETING`; the platform may decide otherwise.
    pub category: String,
    /// How variables are written.
    pub format: ParameterFormat,
    /// The part above the text.
    pub header: Option<NewHeader>,
    /// The text.
    pub body: String,
    /// An example for every variable of the body, in order.
    pub examples: Vec<TextParameter>,
    /// The small print.
    pub footer: Option<String>,
    /// The buttons.
    pub buttons: Vec<NewButton>,
}

/// The header of a new template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewHeader {
    /// Text with one variable at most, and an example for it.
    Text {
        /// The text.
        text: String,
        /// The example.
        example: Option<TextParameter>,
    },
    /// `IMAGE`, `VIDEO` or `DOCUMENT`, with the handle of an uploaded example.
    Media {
        /// The format.
        format: String,
        /// The handle.
        handle: String,
    },
}

/// A button of a new template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewButton {
    /// Answers with its label.
    QuickReply {
        /// The label.
        text: String,
    },
    /// Opens an address.
    Url {
        /// The label.
        text: String,
        /// The address; one variable, at its end.
        url: String,
        /// The full address as an example, when there is a variable.
        example: Option<String>,
    },
    /// Calls a number.
    Phone {
        /// The label.
        text: String,
        /// The number.
        number: domain::channel::PhoneNumber,
    },
    /// Copies a code.
    CopyCode {
        /// The code as an example.
        example: String,
    },
}

/// Checks the template against the platform's limits and builds the request.
pub fn create(
    account: &Account<'_>,
    business: &str,
    template: &NewTemplate,
) -> Result<HttpRequest, OutboundError> {
    check(template)?;
    let url = graph::url(account, business, "message_templates")?;
    let format = match template.format {
        ParameterFormat::Positional => "POSITIONAL",
        ParameterFormat::Named => "NAMED",
    };
    let mut components: Vec<Value> = Vec::new();
    components.extend(
        template
            .header
            .as_ref()
            .map(|new| header(template.format, new)),
    );
    components.push(body(template));
    components.extend(
        template
            .footer
            .as_ref()
            .map(|text| json!({ "type": "FOOTER", "text": text })),
    );
    if !template.buttons.is_empty() {
        let buttons: Vec<Value> = template.buttons.iter().map(button).collect();
        components.push(json!({ "type": "BUTTONS", "buttons": buttons }));
    }
    let body = json!({
        "name": template.name,
        "language": template.language,
        "category": template.category,
        "parameter_format": format,
        "components": components,
    });
    Ok(HttpRequest::post_json(url, &body).bearer(account.checked_token()?))
}

/// The platform's answer to a creation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// The new template's id.
    pub id: String,
    /// `PENDING`, `APPROVED` or `REJECTED`.
    pub status: String,
    /// The category the platform chose.
    pub category: Option<String>,
}

/// Reads the answer to a creation; `None` when it is no such answer.
pub fn parse_created(body: &[u8]) -> Option<Created> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let body = Node::root(&body);
    Some(Created {
        id: body.text("id")?,
        status: body.text("status").unwrap_or_else(|| "PENDING".to_owned()),
        category: body.text("category"),
    })
}

fn header(format: ParameterFormat, header: &NewHeader) -> Value {
    match header {
        NewHeader::Text { text, example } => {
            let mut part = json!({ "type": "HEADER", "format": "TEXT", "text": text });
            if let Some(example) = example {
                part["example"] = match format {
                    ParameterFormat::Positional => json!({ "header_text": [example.text] }),
                    ParameterFormat::Named => {
                        json!({ "header_text_named_params": [named_example(example)] })
                    }
                };
            }
            part
        }
        NewHeader::Media { format, handle } => json!({
            "type": "HEADER",
            "format": format,
            "example": { "header_handle": [handle] },
        }),
    }
}

fn body(template: &NewTemplate) -> Value {
    let mut part = json!({ "type": "BODY", "text": template.body });
    if !template.examples.is_empty() {
        part["example"] = match template.format {
            ParameterFormat::Positional => {
                let row: Vec<&str> = template.examples.iter().map(|e| e.text.as_str()).collect();
                json!({ "body_text": [row] })
            }
            ParameterFormat::Named => {
                let named: Vec<Value> = template.examples.iter().map(named_example).collect();
                json!({ "body_text_named_params": named })
            }
        };
    }
    part
}

fn named_example(example: &TextParameter) -> Value {
    json!({ "param_name": example.name, "example": example.text })
}

fn button(button: &NewButton) -> Value {
    match button {
        NewButton::QuickReply { text } => json!({ "type": "QUICK_REPLY", "text": text }),
        NewButton::Url { text, url, example } => {
            let mut part = json!({ "type": "URL", "text": text, "url": url });
            if let Some(example) = example {
                part["example"] = json!([example]);
            }
            part
        }
        NewButton::Phone { text, number } => {
            json!({ "type": "PHONE_NUMBER", "text": text, "phone_number": number.reveal() })
        }
        NewButton::CopyCode { example } => json!({ "type": "COPY_CODE", "example": example }),
    }
}

fn check(template: &NewTemplate) -> Result<(), OutboundError> {
    check_name(&template.name)?;
    check_text("language", &template.language, TextLimit::Chars(15))?;
    if !matches!(
        template.category.as_str(),
        "UTILITY" | "MARKETING" | "AUTHENTICATION"
    ) {
        return Err(invalid(
            "category",
            "is none of UTILITY, MARKETING and AUTHENTICATION",
            "choose one of the three",
        ));
    }
    check_text("body", &template.body, TextLimit::Chars(BODY_CHARS))?;
    check_variables("body", template.format, &template.body, &template.examples)?;
    check_edges(&template.body)?;
    if let Some(NewHeader::Text { text, example }) = &template.header {
        check_text("header", text, TextLimit::Chars(HEADER_CHARS))?;
        check_variables("header", template.format, text, example.as_slice())?;
        if variables(text).len() > 1 {
            return Err(invalid("header", "has more than one variable", "keep one"));
        }
    }
    if let Some(footer) = &template.footer {
        check_text("footer", footer, TextLimit::Chars(FOOTER_CHARS))?;
        if !variables(footer).is_empty() {
            return Err(invalid("footer", "has variables", "move them to the body"));
        }
    }
    check_buttons(&template.buttons)
}

fn check_name(name: &str) -> Result<(), OutboundError> {
    check_text("name", name, TextLimit::Chars(NAME_CHARS))?;
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.chars().all(allowed) {
        Ok(())
    } else {
        Err(invalid(
            "name",
            "has characters other than lower-case letters, digits and underscores",
            "write it like termin_erinnerung",
        ))
    }
}

/// Variables are numbered from 1 without a gap, or named, and each has an example.
fn check_variables(
    field: &'static str,
    format: ParameterFormat,
    text: &str,
    examples: &[TextParameter],
) -> Result<(), OutboundError> {
    let found = variables(text);
    let well_written = match format {
        ParameterFormat::Positional => found
            .iter()
            .enumerate()
            .all(|(index, name)| *name == (index + 1).to_string()),
        ParameterFormat::Named => found.iter().all(|name| is_variable_name(name)),
    };
    if !well_written {
        return Err(invalid(
            field,
            "has variables that are not written as the parameter format asks",
            "write {{1}}, {{2}} in order, or names of lower-case letters and underscores",
        ));
    }
    let examples_fit = match format {
        ParameterFormat::Positional => examples.len() == found.len(),
        ParameterFormat::Named => found
            .iter()
            .all(|name| examples.iter().any(|e| e.name.as_deref() == Some(name))),
    };
    if examples_fit {
        Ok(())
    } else {
        Err(invalid(
            field,
            "does not have one example per variable",
            "give an example for every variable",
        ))
    }
}

fn is_variable_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(allowed)
}

/// The platform rejects variables at either end and variables that touch.
fn check_edges(body: &str) -> Result<(), OutboundError> {
    let body = body.trim();
    if body.starts_with("{{") || body.ends_with("}}") {
        return Err(invalid(
            "body",
            "starts or ends with a variable",
            "put words before the first and after the last variable",
        ));
    }
    let mut rest = body;
    let mut first = true;
    while let Some((before, _, after)) = next_variable(rest) {
        if !first && before.trim().is_empty() {
            return Err(invalid(
                "body",
                "has variables side by side",
                "put words between them",
            ));
        }
        first = false;
        rest = after;
    }
    Ok(())
}

fn check_buttons(buttons: &[NewButton]) -> Result<(), OutboundError> {
    check_count("buttons", buttons.len(), BUTTONS)?;
    let count = |wanted: fn(&NewButton) -> bool| buttons.iter().filter(|b| wanted(b)).count();
    check_count(
        "buttons.url",
        count(|b| matches!(b, NewButton::Url { .. })),
        2,
    )?;
    check_count(
        "buttons.phone",
        count(|b| matches!(b, NewButton::Phone { .. })),
        1,
    )?;
    check_count(
        "buttons.copy_code",
        count(|b| matches!(b, NewButton::CopyCode { .. })),
        1,
    )?;
    let replies = |b: &NewButton| matches!(b, NewButton::QuickReply { .. });
    let groups = buttons.chunk_by(|a, b| replies(a) == replies(b));
    if groups.filter(|group| replies(&group[0])).count() > 1 {
        return Err(invalid(
            "buttons",
            "mixes quick replies with other buttons",
            "put all quick replies side by side",
        ));
    }
    buttons.iter().try_for_each(check_button)
}

fn check_button(button: &NewButton) -> Result<(), OutboundError> {
    match button {
        NewButton::QuickReply { text } | NewButton::Phone { text, .. } => {
            check_text("buttons.text", text, TextLimit::Chars(LABEL_CHARS))
        }
        NewButton::Url { text, url, example } => {
            check_text("buttons.text", text, TextLimit::Chars(LABEL_CHARS))?;
            check_text("buttons.url", url, TextLimit::Chars(URL_CHARS))?;
            check_link("buttons.url", url)?;
            match (variables(url).len(), example) {
                (0, _) => Ok(()),
                (1, Some(_)) if url.ends_with("}}") => Ok(()),
                (1, None) => Err(invalid(
                    "buttons.url",
                    "has a variable without an example",
                    "give the full address as an example",
                )),
                _ => Err(invalid(
                    "buttons.url",
                    "may have one variable only, at its end",
                    "move the variable to the end",
                )),
            }
        }
        NewButton::CopyCode { example } => {
            check_text("buttons.copy_code", example, TextLimit::Chars(CODE_CHARS))
        }
    }
}

fn check_count(field: &'static str, actual: usize, limit: usize) -> Result<(), OutboundError> {
    if actual <= limit {
        return Ok(());
    }
    Err(OutboundError::TooLong {
        field,
        limit,
        actual,
        unit: "entries",
        remedy: "remove some",
    })
}

fn invalid(field: &'static str, reason: &'static str, remedy: &'static str) -> OutboundError {
    OutboundError::Invalid {
        field,
        reason,
        remedy,
    }
}
