//! What the customer would read: the rule's message with sample values filled in.

use std::collections::BTreeMap;

use channels::whatsapp::templates::TemplateDefinition;
use domain::rule::{Action, MessageText, RuleSpec, TemplateUse};
use domain::variables::{self, render};
use serde::Serialize;
use store::Book;
use utoipa::ToSchema;

/// As long as a real one.
const SAMPLE_LINK: &str = "https://nachfass.example/l/Uh3_aK9xQ-2bV7sT";

/// The rule's message with sample values.
#[derive(Serialize, ToSchema)]
#[schema(as = Sample)]
pub(crate) struct SampleOut {
    /// The free text; `null` when the rule has none, or when a decider writes it for each
    /// conversation and no conversation was named.
    pub(super) text: Option<String>,
    /// The text is written for each conversation.
    pub(super) written_for_each: bool,
    /// The template with its values; `null` when the rule has none, or it is not known here.
    pub(super) template: Option<String>,
}

/// Fills in "Ursula Hoffmann" for the customer and "Jane" for whoever served her (PH-05).
pub(super) fn sample(spec: &RuleSpec, book: &Book) -> SampleOut {
    let values = sample_values(&book.settings.business_name);
    let Action::Message { message, template } = &spec.first_step().action;
    SampleOut {
        text: match message {
            Some(MessageText::Custom { text }) => render(text, &values).ok(),
            Some(MessageText::Ai) | None => None,
        },
        written_for_each: matches!(message, Some(MessageText::Ai)),
        template: template
            .as_ref()
            .and_then(|used| render_template(used, book, &values)),
    }
}

fn sample_values(business: &str) -> BTreeMap<String, String> {
    let business = if business.is_empty() {
        "Nachfass"
    } else {
        business
    };
    [
        ("first_name", "Ursula"),
        ("last_name", "Hoffmann"),
        ("full_name", "Ursula Hoffmann"),
        ("business_name", business),
        ("staff_name", "Jane"),
        (variables::BOOKING_LINK, SAMPLE_LINK),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

fn render_template(
    used: &TemplateUse,
    book: &Book,
    values: &BTreeMap<String, String>,
) -> Option<String> {
    let known = book
        .templates
        .iter()
        .find(|known| known.name == used.name && known.language == used.language)?;
    let definition: TemplateDefinition = serde_json::from_value(known.definition.clone()).ok()?;
    Some(definition.render(&used.filled(values).ok()?))
}
