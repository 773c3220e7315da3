//! A template as the platform describes it.

use domain::content::{HeaderParameter, TemplateMessage, TextParameter};
use serde::{Deserialize, Serialize};

use super::lenient;

/// A template as the platform describes it; name and language together are unique.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateDefinition {
    /// The platform's id.
    #[serde(default, deserialize_with = "lenient")]
    pub id: Option<String>,
    /// Its name.
    pub name: String,
    /// Its language, such as `de` or `en_US`.
    pub language: String,
    /// Its state in the platform's words; see [`TemplateDefinition::state`].
    pub status: String,
    /// `MARKETING`, `UTILITY` or `AUTHENTICATION`; consent and price follow it.
    pub category: String,
    /// The category before the platform moved it.
    #[serde(
        default,
        deserialize_with = "lenient",
        skip_serializing_if = "Option::is_none"
    )]
    pub previous_category: Option<String>,
    /// `POSITIONAL` or `NAMED`; see [`TemplateDefinition::format`].
    #[serde(
        default,
        deserialize_with = "lenient",
        skip_serializing_if = "Option::is_none"
    )]
    pub parameter_format: Option<String>,
    /// Why it was rejected.
    #[serde(
        default,
        deserialize_with = "lenient",
        skip_serializing_if = "Option::is_none"
    )]
    pub rejected_reason: Option<String>,
    /// Its parts.
    #[serde(default)]
    pub components: Vec<Component>,
}

/// One part of a template.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    /// `HEADER`, `BODY`, `FOOTER`, `BUTTONS`, ...
    #[serde(rename = "type")]
    pub kind: String,
    /// Of a header: `TEXT`, `IMAGE`, `VIDEO`, `DOCUMENT`, `LOCATION`, ...
    #[serde(
        default,
        deserialize_with = "lenient",
        skip_serializing_if = "Option::is_none"
    )]
    pub format: Option<String>,
    /// The text with its variables.
    #[serde(
        default,
        deserialize_with = "lenient",
        skip_serializing_if = "Option::is_none"
    )]
    pub text: Option<String>,
    /// The buttons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<Button>,
}

/// One button of a template.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// `QUICK_REPLY`, `URL`, `PHONE_NUMBER`, `COPY_CODE`, `OTP`, ...
    #[serde(rename = "type")]
    pub name: String,
    /// Its label.
    #[serde(
        default,
        deserialize_with = "lenient",
        skip_serializing_if = "Option::is_none"
    )]
    pub text: Option<String>,
    /// Its address, with one variable at the end or none.
    #[serde(
        default,
        deserialize_with = "lenient",
        skip_serializing_if = "Option::is_none"
    )]
    pub url: Option<String>,
}

/// Whether a template can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateState {
    /// It can.
    Approved,
    /// Not yet.
    Pending,
    /// Not now: quality; the platform or time will change that.
    Paused,
    /// Not as it is.
    Refused,
}

/// How variables are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterFormat {
    /// `{{1}}`, `{{2}}`, ...
    Positional,
    /// `{{first_name}}`.
    Named,
}

/// What a header shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderFormat {
    /// Text with one variable at most.
    Text,
    /// A picture.
    Image,
    /// A film.
    Video,
    /// A file.
    Document,
    /// A place.
    Location,
    /// Something newer.
    Other,
}

/// What a button does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ButtonKind {
    /// Answers with a fixed text.
    QuickReply,
    /// Opens an address.
    Url,
    /// Copies a code.
    CopyCode,
    /// Takes over a one-time code.
    Otp,
    /// Anything that takes no value from us.
    Other,
}

impl TemplateDefinition {
    /// Whether it can be sent.
    pub fn state(&self) -> TemplateState {
        match self.status.as_str() {
            "APPROVED" => TemplateState::Approved,
            "PENDING" | "IN_APPEAL" => TemplateState::Pending,
            "PAUSED" | "LIMIT_EXCEEDED" | "FLAGGED" => TemplateState::Paused,
            _ => TemplateState::Refused,
        }
    }

    /// How its variables are written.
    pub fn format(&self) -> ParameterFormat {
        match self.parameter_format.as_deref() {
            Some("NAMED") => ParameterFormat::Named,
            _ => ParameterFormat::Positional,
        }
    }

    /// The part above the text.
    pub fn header(&self) -> Option<&Component> {
        self.part("HEADER")
    }

    /// The text.
    pub fn body(&self) -> Option<&Component> {
        self.part("BODY")
    }

    /// The buttons, in their order.
    pub fn buttons(&self) -> &[Button] {
        self.part("BUTTONS").map_or(&[], |part| &part.buttons)
    }

    /// The whole text as the customer will see it, for histories.
    pub fn render(&self, message: &TemplateMessage) -> String {
        let header = self.header().map(|header| match &message.header {
            Some(HeaderParameter::Text(value)) => {
                self.fill(header.text(), std::slice::from_ref(value))
            }
            Some(HeaderParameter::Media(media)) => media.kind.label().to_owned(),
            Some(HeaderParameter::Location(_)) => "[location]".to_owned(),
            None => header.text().to_owned(),
        });
        let body = self
            .body()
            .map(|body| self.fill(body.text(), &message.body));
        let footer = self.part("FOOTER").map(|footer| footer.text().to_owned());
        let parts = [header, body, footer].into_iter().flatten();
        parts
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// A text with its variables replaced; unknown ones stay as they are.
    pub(crate) fn fill(&self, text: &str, values: &[TextParameter]) -> String {
        let find = |variable: &str| match self.format() {
            ParameterFormat::Named => values
                .iter()
                .find(|value| value.name.as_deref() == Some(variable)),
            ParameterFormat::Positional => {
                let place: usize = variable.parse().ok()?;
                values.get(place.checked_sub(1)?)
            }
        };
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, variable, after)) = next_variable(rest) {
            filled.push_str(before);
            match find(variable) {
                Some(value) => filled.push_str(&value.text),
                None => filled.push_str(&rest[before.len()..rest.len() - after.len()]),
            }
            rest = after;
        }
        filled.push_str(rest);
        filled
    }

    fn part(&self, kind: &str) -> Option<&Component> {
        self.components
            .iter()
            .find(|part| part.kind.eq_ignore_ascii_case(kind))
    }
}

impl Component {
    /// Its text, or nothing.
    pub fn text(&self) -> &str {
        self.text.as_deref().unwrap_or_default()
    }

    /// What a header shows.
    pub fn format(&self) -> HeaderFormat {
        match self.format.as_deref() {
            Some("TEXT") | None => HeaderFormat::Text,
            Some("IMAGE") => HeaderFormat::Image,
            Some("VIDEO") => HeaderFormat::Video,
            Some("DOCUMENT") => HeaderFormat::Document,
            Some("LOCATION") => HeaderFormat::Location,
            Some(_) => HeaderFormat::Other,
        }
    }

    /// The variables in its text, in their order.
    pub fn variables(&self) -> Vec<String> {
        variables(self.text())
    }
}

impl Button {
    /// What it does.
    pub fn kind(&self) -> ButtonKind {
        match self.name.as_str() {
            "QUICK_REPLY" => ButtonKind::QuickReply,
            "URL" => ButtonKind::Url,
            "COPY_CODE" => ButtonKind::CopyCode,
            "OTP" => ButtonKind::Otp,
            _ => ButtonKind::Other,
        }
    }

    /// Whether a message must bring a value for it. A quick reply's payload is optional.
    pub fn needs_value(&self) -> bool {
        match self.kind() {
            ButtonKind::Url => self.url.as_deref().is_some_and(|url| url.contains("{{")),
            ButtonKind::CopyCode | ButtonKind::Otp => true,
            ButtonKind::QuickReply | ButtonKind::Other => false,
        }
    }
}

/// The variables of a text, in their order.
pub(crate) fn variables(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, variable, after)) = next_variable(rest) {
        found.push(variable.to_owned());
        rest = after;
    }
    found
}

/// Splits at the first variable: the text before, its name, the text after.
pub(crate) fn next_variable(text: &str) -> Option<(&str, &str, &str)> {
    let (before, opened) = text.split_once("{{")?;
    let (name, after) = opened.split_once("}}")?;
    Some((before, name.trim(), after))
}
