//! What the message says: the custom text with its variables, a written one, or the template.

use std::collections::BTreeMap;

use app::apply::Loaded;
use app::judge::Judge;
use app::links::Recipient;
use app::transcript::transcript;
use app::{App, AppError, links};
use channels::whatsapp::templates::TemplateDefinition;
use chrono::{DateTime, NaiveDate, Utc};
use domain::content::Content;
use domain::customer::CustomerName;
use domain::receipt::{How, Reason};
use domain::rule::{Action, MessageText, Rule, TemplateUse};
use domain::variables::{self, VariableError};

use crate::{MODEL_TIME, mail};

/// A text, or why there is none.
pub(crate) struct Composed {
    pub(crate) content: Result<Content, Reason>,
    /// Who wrote it, where somebody did.
    pub(crate) decided_by: Option<String>,
}

pub(crate) async fn compose(
    app: &App,
    loaded: &Loaded,
    (rule, visit): (&Rule, Option<NaiveDate>),
    how: How,
    now: DateTime<Utc>,
) -> Result<Composed, AppError> {
    let Action::Message { message, template } = &rule.spec.first_step().action;
    let plain = |content| {
        Ok(Composed {
            content,
            decided_by: None,
        })
    };
    let values = match visit {
        None => values(loaded),
        Some(visit) => match Box::pin(values_after(app, loaded, rule, visit)).await? {
            Ok(values) => values,
            Err(reason) => return plain(Err(reason)),
        },
    };
    match (how, message, template) {
        (How::Template, _, Some(template)) => plain(filled_template(loaded, template, &values)),
        (How::FreeForm, Some(MessageText::Custom { text }), _) => {
            plain(custom(loaded, text, &values))
        }
        (How::FreeForm, Some(MessageText::Ai), _) => written(app, loaded, rule, now).await,
        (How::Template, _, None) | (How::FreeForm, None, _) => plain(Err(Reason::TextUnusable {
            detail: "the rule has no such message".to_owned(),
        })),
    }
}

async fn written(
    app: &App,
    loaded: &Loaded,
    rule: &Rule,
    now: DateTime<Utc>,
) -> Result<Composed, AppError> {
    let transcript = transcript(app, loaded).await?;
    let mut judge = Judge::new(app, loaded, now, MODEL_TIME);
    let text = judge.write(&transcript, rule).await?;
    Ok(Composed {
        content: Ok(mail::said(loaded, text)),
        decided_by: judge.decided_by(),
    })
}

fn custom(
    loaded: &Loaded,
    text: &str,
    values: &BTreeMap<String, String>,
) -> Result<Content, Reason> {
    variables::render(text, values)
        .map(|text| mail::said(loaded, text))
        .map_err(unusable)
}

fn filled_template(
    loaded: &Loaded,
    wanted: &TemplateUse,
    values: &BTreeMap<String, String>,
) -> Result<Content, Reason> {
    let mut message = wanted.filled(values).map_err(unusable)?;
    let definition = loaded
        .templates
        .iter()
        .find(|template| template.name == wanted.name && template.language == wanted.language)
        .and_then(|template| {
            serde_json::from_value::<TemplateDefinition>(template.definition.clone()).ok()
        });
    if let Some(definition) = definition {
        if let Err(errors) = channels::whatsapp::parameters::check_parameters(&definition, &message)
        {
            let detail = errors
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("; ");
            return Err(Reason::TextUnusable { detail });
        }
        message.rendered = Some(definition.render(&message));
    }
    Ok(Content::Template(message))
}

fn values(loaded: &Loaded) -> BTreeMap<String, String> {
    variables::values_for(&loaded.customer.name, &loaded.book.settings.business_name)
}

/// Of a reminder: who served the customer, and where they book.
async fn values_after(
    app: &App,
    loaded: &Loaded,
    rule: &Rule,
    visit: NaiveDate,
) -> Result<Result<BTreeMap<String, String>, Reason>, AppError> {
    let mut values = values(loaded);
    let staff = loaded.customer.habit.staff.as_deref().unwrap_or_default();
    // As names of customers are: from outside, and in one line.
    let staff = CustomerName::told(Some(staff), None).full_name();
    values.insert("staff_name".to_owned(), staff);
    let mut address = String::new();
    if rule.spec.links_to_booking() {
        let detail = |what: &str| Reason::TextUnusable {
            detail: format!("there is no link to book: {what}"),
        };
        if loaded.book.settings.booking_url.is_none() {
            return Ok(Err(detail("the setting `booking_url` is empty")));
        }
        let head = &loaded.conversation;
        let to = Recipient {
            workspace: head.workspace,
            customer: loaded.customer.id,
            conversation: Some(head.id),
        };
        match links::booking(app, to, visit).await? {
            Some(url) => address = url,
            None => return Ok(Err(detail("PUBLIC_URL is not set"))),
        }
    }
    values.insert(variables::BOOKING_LINK.to_owned(), address);
    Ok(Ok(values))
}

fn unusable(error: VariableError) -> Reason {
    Reason::TextUnusable {
        detail: error.to_string(),
    }
}
