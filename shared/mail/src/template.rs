//! A template with its versions, and what is checked when it is saved.

use std::collections::BTreeMap;

use domain::field::{FieldError, FieldErrors, required_text};
use domain::settings::Locale;
use domain::variables;
use serde::{Deserialize, Serialize};

use crate::block::{self, Block, LONGEST_TEXT};
use crate::footer::Footer;
use crate::html;
use crate::kind::TemplateKind;
use crate::render::{GMAIL_CLIPS_AT, Rendered, Surroundings, mentions, render};
use crate::theme::Theme;
use crate::value::Value;

/// The longest subject, in characters, before its variables are filled in.
pub const LONGEST_SUBJECT: usize = 200;
/// The longest HTML written by hand, in bytes.
pub const LONGEST_HTML: usize = 200_000;

/// The largest template, all its languages together, in bytes: it is one item of the table,
/// which has room for 400 KB (DynamoDB's limit).
pub const LARGEST: usize = 350_000;

/// A template that was checked, or is built in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// What it is for.
    pub kind: TemplateKind,
    /// One per language, at least one.
    pub versions: BTreeMap<Locale, Version>,
}

/// A template in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// The subject; variables allowed.
    pub subject: String,
    /// The rest.
    pub body: Body,
}

/// What a template says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "format", rename_all = "snake_case", deny_unknown_fields)]
pub enum Body {
    /// Plain text; the HTML part is made from it.
    Text {
        /// Paragraphs, separated by empty lines.
        text: String,
    },
    /// Blocks; both parts are made from them.
    Blocks {
        /// From top to bottom.
        blocks: Vec<Block>,
    },
    /// HTML written by hand, with its text part.
    Html {
        /// A small subset of HTML; what stands in the body, without head and footer.
        html: String,
        /// The same in plain text.
        text: String,
    },
}

/// A template as somebody sends it.
pub type TemplateDraft = BTreeMap<Locale, Version>;

/// Something to think about that does not keep a template from being saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Warning {
    /// With sample values Gmail would cut the mail off before the footer.
    ClippedByGmail {
        /// In which language.
        locale: Locale,
        /// How large the HTML is, in bytes.
        bytes: usize,
        /// From where on it is cut.
        limit: usize,
    },
    /// Customers of this language get another one.
    NoVersion {
        /// The language.
        locale: Locale,
    },
}

impl Template {
    /// The version in this language, or else the first there is.
    #[must_use]
    pub fn version(&self, locale: Locale) -> Option<(Locale, &Version)> {
        let wanted = self.versions.get_key_value(&locale);
        let found = wanted.or_else(|| self.versions.first_key_value());
        found.map(|(locale, version)| (*locale, version))
    }
}

impl Version {
    /// Every text in which variables may stand.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.subject.as_str()).chain(self.body.texts())
    }
}

impl Body {
    fn texts(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        match self {
            Self::Text { text } => Box::new(std::iter::once(text.as_str())),
            Self::Blocks { blocks } => block::texts(blocks),
            Self::Html { html, text } => Box::new([html.as_str(), text.as_str()].into_iter()),
        }
    }
}

/// Checks a template on save. The warnings come with it.
pub fn review(
    kind: TemplateKind,
    draft: TemplateDraft,
) -> Result<(Template, Vec<Warning>), Vec<FieldError>> {
    let mut errors = FieldErrors::default();
    if draft.is_empty() {
        errors.push(FieldError::new(
            "versions",
            "required",
            "the template has no version",
            "write it in at least one language",
        ));
    }
    for (locale, version) in &draft {
        let field = format!("versions.{}", locale.as_str());
        check_version(&field, version, kind, &mut errors);
    }
    let size: usize = draft.values().flat_map(Version::texts).map(str::len).sum();
    if size > LARGEST {
        errors.push(FieldError::new(
            "versions",
            "too_long",
            format!("all languages together have {size} bytes; at most {LARGEST} are allowed"),
            "leave out what is not needed; link to the rest",
        ));
    }
    errors.finish()?;
    let template = Template {
        kind,
        versions: draft,
    };
    let warnings = warnings(&template)?;
    Ok((template, warnings))
}

/// A mail with sample values and the business's own name, if it has one: for previews, and to see
/// on save that one can be made.
pub fn preview(template: &Template, around: &Surroundings<'_>) -> Result<Rendered, FieldError> {
    let locale = template
        .version(around.locale)
        .map_or(around.locale, |(locale, _)| locale);
    let mut values = template.kind.sample(locale);
    if !around.business_name.is_empty() {
        let name = Value::Text(around.business_name.to_owned());
        values.insert("business_name".to_owned(), name);
    }
    render(template, &values, around).map_err(|error| {
        FieldError::new(
            &format!("versions.{}", locale.as_str()),
            "cannot_be_sent",
            format!("with sample values: {error}"),
            "correct the text",
        )
    })
}

fn check_version(field: &str, version: &Version, kind: TemplateKind, errors: &mut FieldErrors) {
    let known = kind.known(Locale::default());
    let subject = format!("{field}.subject");
    let checked = required_text(
        &subject,
        Some(&version.subject),
        LONGEST_SUBJECT,
        "say in a few words what the mail is about",
    )
    .and_then(|text| variables::check(&subject, &text, &known));
    errors.take(checked);
    if version.subject.contains(['\n', '\r']) {
        errors.push(FieldError::new(
            &subject,
            "line_break",
            "the subject has several lines",
            "write it on one line",
        ));
    }
    match &version.body {
        Body::Text { text } => check_text(&format!("{field}.body.text"), text, kind, errors),
        Body::Blocks { blocks } => {
            block::check(&format!("{field}.body.blocks"), blocks, kind, errors);
        }
        Body::Html { html, text } => {
            check_text(&format!("{field}.body.text"), text, kind, errors);
            check_html(&format!("{field}.body.html"), html, kind, errors);
        }
    }
    check_required(field, version, kind, errors);
}

/// In HTML written by hand both parts need what must stay: one of them is what people see.
fn check_required(field: &str, version: &Version, kind: TemplateKind, errors: &mut FieldErrors) {
    for name in kind.required() {
        let missing = match &version.body {
            Body::Html { html, text } => !mentions(html, name) || !mentions(text, name),
            body => !body.texts().any(|text| mentions(text, name)),
        };
        if missing {
            errors.push(FieldError::new(
                &format!("{field}.body"),
                "required_variable",
                format!("`##{{{{{name}}}}}` must stay in this template"),
                format!("put `##{{{{{name}}}}}` back where it belongs"),
            ));
        }
    }
}

fn check_text(field: &str, text: &str, kind: TemplateKind, errors: &mut FieldErrors) {
    let known = kind.known(Locale::default());
    let checked = required_text(field, Some(text), LONGEST_TEXT, "write what the mail says")
        .and_then(|_| variables::check(field, text, &known));
    errors.take(checked);
}

fn check_html(field: &str, text: &str, kind: TemplateKind, errors: &mut FieldErrors) {
    if text.len() > LONGEST_HTML {
        errors.push(FieldError::new(
            field,
            "too_long",
            format!(
                "`{field}` has {} bytes; at most {LONGEST_HTML} are allowed",
                text.len()
            ),
            "leave out what is not needed; link to the rest",
        ));
        return;
    }
    for error in html::check(field, text, kind).err().into_iter().flatten() {
        errors.push(error);
    }
}

fn warnings(template: &Template) -> Result<Vec<Warning>, Vec<FieldError>> {
    let footer = Footer::sample(template.kind.audience());
    let mut warnings = Vec::new();
    for locale in Locale::ALL {
        if !template.versions.contains_key(&locale) {
            warnings.push(Warning::NoVersion { locale });
            continue;
        }
        let theme = Theme::default();
        let around = Surroundings {
            locale,
            business_name: "Studio Mitte",
            address: &[],
            theme: &theme,
            footer: &footer,
        };
        let rendered = preview(template, &around).map_err(|error| vec![error])?;
        if rendered.is_clipped_by_gmail() {
            warnings.push(Warning::ClippedByGmail {
                locale,
                bytes: rendered.html.len(),
                limit: GMAIL_CLIPS_AT,
            });
        }
    }
    Ok(warnings)
}
