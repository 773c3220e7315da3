//! Confirmations, receipts and the like: e-mail templates, filled in for one customer.

use domain::content::Content;
use domain::field::FieldError;
use domain::variables;
use mail::{RenderError, Template, given};
use serde_json::{Map, Value};
use store::MailLayout;

use crate::apply::Loaded;

/// What one comes from.
#[derive(Debug, Clone)]
pub struct Confirmation {
    /// The template as the business has it.
    pub template: Template,
    /// What it is filled in with, but for the names.
    pub values: Map<String, Value>,
    /// The looks, and the words about refunds.
    pub layout: MailLayout,
}

impl Confirmation {
    /// The mail for the customer of this conversation, in their language where the template has it.
    pub fn filled(&self, loaded: &Loaded) -> Result<Content, Vec<FieldError>> {
        let settings = &loaded.book.settings;
        let wanted = loaded.customer.profile.locale.unwrap_or(settings.locale);
        let kind = self.template.kind;
        let locale = self.template.version(wanted).map_or(wanted, |(it, _)| it);
        let mut values = given::values(kind, &self.values, &self.layout.refund_texts, locale)?;
        let names = variables::values_for(&loaded.customer.name, &settings.business_name);
        let names = names.into_iter();
        values.extend(names.map(|(name, it)| (name, mail::Value::Text(it))));
        let filled = mail::fill(&self.template, &values, locale, &self.layout.theme);
        let filled = filled.map_err(|error| vec![cannot_be_sent(&error)])?;
        Ok(Content::Email {
            subject: filled.subject,
            text: filled.text,
            html: Some(filled.html),
        })
    }
}

fn cannot_be_sent(error: &RenderError) -> FieldError {
    let (field, remedy) = match error {
        RenderError::Missing("business_name") => {
            ("business_name", "give the business a name in the settings")
        }
        _ => (
            "template",
            "correct the template, or what it is filled in with",
        ),
    };
    FieldError::new(field, "cannot_be_sent", error.to_string(), remedy)
}
