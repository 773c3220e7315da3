//! E-mail templates as JSON. `mail` knows nothing of HTTP; what it serialises is described here.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::field::FieldError;
use domain::settings::Locale;
use mail::template::Warning;
use mail::value::ValueType;
use mail::variable::Variable;
use mail::{Audience, Template, TemplateDraft, TemplateKind, Value, Version};
use serde::{Deserialize, Serialize, Serializer};
use store::StoredTemplate;
use utoipa::ToSchema;

use crate::http::{Meta, Patch};
use crate::schema;

/// An e-mail template.
#[derive(Serialize, ToSchema)]
#[schema(as = MailTemplate)]
pub(crate) struct MailTemplateOut {
    #[serde(flatten)]
    #[schema(inline)]
    line: MailTemplateLine,
    /// What it says, by language.
    #[schema(value_type = schema::MailVersions)]
    versions: TemplateDraft,
    /// What may stand in it; nothing else may.
    variables: Vec<VariableOut>,
    /// What may surprise.
    warnings: Vec<WarningOut>,
}

/// An e-mail template in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct MailTemplateLine {
    #[schema(value_type = schema::MailTemplateKind)]
    kind: TemplateKind,
    /// Its name for people.
    title: &'static str,
    #[schema(value_type = schema::Audience)]
    audience: Audience,
    /// Also in `ETag`; 0: never changed.
    version: u64,
    /// Whether it says what is built in.
    built_in: bool,
    updated_at: Option<DateTime<Utc>>,
}

/// A page of e-mail templates.
#[derive(Serialize, ToSchema)]
pub(crate) struct MailTemplateList {
    pub(super) mail_templates: Vec<MailTemplateLine>,
    pub(super) meta: Meta,
}

/// Something that may stand in the text.
#[derive(Serialize, ToSchema)]
#[schema(as = MailVariable)]
struct VariableOut {
    /// As it is written in the text, to copy.
    #[schema(example = "##{{first_name}}")]
    copy: String,
    name: &'static str,
    /// `text`, `lines`, `date`, `time`, `money`, `count` or `link`.
    #[schema(value_type = String)]
    r#type: ValueType,
    /// What it stands for.
    meaning: &'static str,
    /// What previews show.
    sample: String,
    /// The text cannot do without it.
    required: bool,
    /// There are mails in which it stands for nothing.
    may_be_empty: bool,
}

/// A change of an e-mail template.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MailTemplatePatch)]
pub(crate) struct MailTemplatePatch {
    /// By language: the whole version, or `null` to take it away. A language that is not named
    /// stays as it is.
    #[serde(default)]
    #[schema(value_type = schema::MailVersions)]
    versions: BTreeMap<Locale, Patch<Version>>,
}

/// Something that may surprise.
#[derive(Serialize, ToSchema)]
#[schema(as = MailWarning)]
pub(crate) struct WarningOut {
    /// Stable, for programs: `clipped_by_gmail`.
    code: String,
    field: String,
    message: String,
}

impl MailTemplateOut {
    pub(super) fn new(stored: &StoredTemplate, locale: Locale) -> Self {
        let kind = stored.kind;
        let Template { versions, .. } = stored.template();
        let warnings = match mail::review(kind, versions.clone()) {
            Ok((_, warnings)) => warnings.iter().map(WarningOut::from).collect(),
            // What could not be saved any more keeps it from being sent.
            Err(errors) => errors.into_iter().map(WarningOut::from).collect(),
        };
        let variables = kind.variables().iter();
        Self {
            line: MailTemplateLine::new(stored, locale),
            versions,
            variables: variables
                .map(|variable| VariableOut::new(variable, kind, locale))
                .collect(),
            warnings,
        }
    }
}

impl MailTemplateLine {
    pub(super) fn new(stored: &StoredTemplate, locale: Locale) -> Self {
        Self {
            kind: stored.kind,
            title: stored.kind.title(locale),
            audience: stored.kind.audience(),
            version: stored.version,
            built_in: stored.versions.is_none(),
            updated_at: stored.updated_at,
        }
    }
}

impl VariableOut {
    fn new(variable: &Variable, kind: TemplateKind, locale: Locale) -> Self {
        let sample: Value = variable.sample(locale);
        Self {
            copy: format!("##{{{{{}}}}}", variable.name),
            name: variable.name,
            r#type: variable.value_type(),
            meaning: variable.meaning(locale),
            sample: sample.show(locale),
            required: kind.required().contains(&variable.name),
            may_be_empty: variable.may_be_empty,
        }
    }
}

impl MailTemplatePatch {
    /// The versions as they would be.
    pub(super) fn applied(self, mut versions: TemplateDraft) -> TemplateDraft {
        for (locale, change) in self.versions {
            match change {
                Patch::Absent => {}
                Patch::Null => {
                    versions.remove(&locale);
                }
                Patch::Value(version) => {
                    versions.insert(locale, version);
                }
            }
        }
        versions
    }
}

impl From<&Warning> for WarningOut {
    fn from(warning: &Warning) -> Self {
        let (code, locale, message) = match warning {
            Warning::ClippedByGmail {
                locale,
                bytes,
                limit,
            } => (
                "clipped_by_gmail",
                locale,
                format!(
                    "with sample values the e-mail has {bytes} bytes; above {limit} Gmail shows only \
                     its beginning, without the footer"
                ),
            ),
            Warning::NoVersion { locale } => (
                "no_version",
                locale,
                "customers of this language get another one".to_owned(),
            ),
        };
        Self {
            code: code.to_owned(),
            field: format!("versions.{}", locale.as_str()),
            message,
        }
    }
}

impl From<FieldError> for WarningOut {
    fn from(error: FieldError) -> Self {
        Self {
            message: format!("{}; {}", error.message, error.remedy),
            code: error.code,
            field: error.field,
        }
    }
}

/// What the audit log keeps of a template: all of it, or of a very long one its outline, because
/// an entry holds it twice and has a limit of its own.
pub(super) struct Audited<'a>(&'a StoredTemplate);

/// In bytes of JSON.
const LONGEST_AUDITED: usize = 100_000;

#[derive(Serialize)]
struct Outline<'a> {
    subject: &'a str,
    body_bytes: usize,
}

impl<'a> Audited<'a> {
    pub(super) fn new(template: &'a StoredTemplate) -> Self {
        Self(template)
    }
}

impl Serialize for Audited<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(versions) = &self.0.versions else {
            return serializer.serialize_str("built_in");
        };
        let size = |version: &Version| serde_json::to_string(&version.body).map(|json| json.len());
        let sizes = versions.iter().map(|(locale, version)| {
            let body_bytes = size(version).map_err(serde::ser::Error::custom)?;
            let subject = version.subject.as_str();
            Ok((
                locale,
                Outline {
                    subject,
                    body_bytes,
                },
            ))
        });
        let outline: BTreeMap<_, _> = sizes.collect::<Result<_, S::Error>>()?;
        if outline.values().map(|one| one.body_bytes).sum::<usize>() > LONGEST_AUDITED {
            outline.serialize(serializer)
        } else {
            versions.serialize(serializer)
        }
    }
}
