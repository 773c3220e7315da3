//! A template as JSON.

use chrono::{DateTime, Utc};
use domain::template::{Template, TemplateCategory};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::Meta;

/// A template as the platform last described it.
#[derive(Serialize, ToSchema)]
#[schema(as = Template)]
pub(crate) struct TemplateOut {
    name: String,
    language: String,
    /// `approved`, `pending`, `rejected`, `paused`, `disabled`, `vanished` (the platform does not
    /// list it any more) or another word of the platform.
    status: String,
    /// `marketing`, `utility`, `authentication` or another word of the platform.
    category: String,
    /// The text with its placeholders.
    body: String,
    /// The values that the text needs, in order: their names, or `null` for numbered ones.
    body_parameters: Vec<Option<String>>,
    /// The platform's full definition.
    #[schema(value_type = Object)]
    definition: serde_json::Value,
    seen_at: DateTime<Utc>,
}

/// A page of templates.
#[derive(Serialize, ToSchema)]
pub(crate) struct TemplateList {
    pub(super) templates: Vec<TemplateOut>,
    pub(super) meta: Meta,
}

/// What a synchronisation found.
#[derive(Serialize, ToSchema)]
pub(crate) struct TemplateSync {
    /// How many the platform lists.
    pub(super) found: usize,
    /// Known here, but not listed any more; they cannot be sent.
    pub(super) vanished: Vec<String>,
    /// Listed, but not understood.
    pub(super) unreadable: Vec<String>,
}

impl From<Template> for TemplateOut {
    fn from(template: Template) -> Self {
        Self {
            status: template.status.word().to_owned(),
            category: match template.category {
                TemplateCategory::Marketing => "marketing".to_owned(),
                TemplateCategory::Utility => "utility".to_owned(),
                TemplateCategory::Authentication => "authentication".to_owned(),
                TemplateCategory::Other(word) => word,
            },
            name: template.name,
            language: template.language,
            body: template.body,
            body_parameters: template.body_parameters,
            definition: template.definition,
            seen_at: template.seen_at,
        }
    }
}
