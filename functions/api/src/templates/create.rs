//! Making a template on the platform.

use std::sync::Arc;

use app::App;
use axum::Json as Out;
use axum::extract::State;
use axum::http::StatusCode;
use channels::whatsapp::templates::{
    Component, Created, NewButton, NewHeader, NewTemplate, ParameterFormat, TemplateDefinition,
    create, parse_created,
};
use domain::channel::PhoneNumber;
use domain::content::TextParameter;
use domain::field::FieldError;
use domain::ids::ConnectionId;
use domain::review::ParameterDraft;
use serde::Deserialize;
use store::Resource;
use utoipa::ToSchema;

use super::platform::{Platform, failed, template};
use super::wire::TemplateOut;
use crate::auth::Editor;
use crate::connections::find;
use crate::http::{Id, Json, Problem, WriteProblems};
use crate::schema;

/// A template to be made on the platform, which then reviews it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TemplateIn {
    /// Lower-case letters, digits and underscores.
    #[schema(min_length = 1, max_length = 512, pattern = "^[a-z0-9_]+$")]
    name: String,
    /// Such as `de` or `en_US`.
    #[schema(min_length = 1, max_length = 15)]
    language: String,
    /// The platform may decide otherwise; prices and consent follow its decision.
    category: CategoryIn,
    /// How variables are written: `{{1}}` (default) or `{{first_name}}`.
    #[serde(default)]
    #[schema(required = false)]
    format: FormatIn,
    /// The part above the text.
    header: Option<HeaderIn>,
    /// The text. Variables need words around them.
    #[schema(min_length = 1, max_length = 1024)]
    body: String,
    /// An example for every variable of the text, in order.
    #[serde(default)]
    #[schema(value_type = Vec<schema::Parameter>, required = false)]
    examples: Vec<ParameterDraft>,
    /// The small print.
    #[schema(min_length = 1, max_length = 60)]
    footer: Option<String>,
    #[serde(default)]
    #[schema(required = false, max_items = 10)]
    buttons: Vec<ButtonIn>,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = NewTemplateCategory)]
enum CategoryIn {
    Utility,
    Marketing,
    Authentication,
}

#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = NewTemplateFormat)]
enum FormatIn {
    #[default]
    Positional,
    Named,
}

#[derive(Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = NewTemplateHeader)]
enum HeaderIn {
    /// Text with one variable at most.
    Text {
        #[schema(min_length = 1, max_length = 60)]
        text: String,
        /// An example for the variable.
        #[schema(value_type = Option<schema::Parameter>)]
        example: Option<ParameterDraft>,
    },
    /// A picture, with the handle of an uploaded example.
    Image { handle: String },
    /// A film.
    Video { handle: String },
    /// A file.
    Document { handle: String },
}

#[derive(Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = NewTemplateButton)]
enum ButtonIn {
    /// Answers with its label.
    QuickReply {
        #[schema(min_length = 1, max_length = 25)]
        text: String,
    },
    /// Opens an address.
    Url {
        #[schema(min_length = 1, max_length = 25)]
        text: String,
        /// With one variable at its end, or none.
        #[schema(max_length = 2000)]
        url: String,
        /// The full address as an example, when there is a variable.
        example: Option<String>,
    },
    /// Calls a number.
    Phone {
        #[schema(min_length = 1, max_length = 25)]
        text: String,
        /// In international form, with `+`.
        number: String,
    },
    /// Copies a code.
    CopyCode {
        #[schema(min_length = 1, max_length = 15)]
        example: String,
    },
}

/// Make a template on the platform. It can be used once the platform has approved it.
///
/// The platform has one template for a name and a language: repeating the request never makes a
/// second one but is refused by the platform (424 `platform_failed`). If an answer got lost, the
/// synchronisation finds what was made.
#[utoipa::path(
    post, path = "/v1/connections/{id}/templates", tag = "connections",
    security(("key" = ["editor"])), params(("id" = schema::ConnectionId, Path)),
    request_body = TemplateIn,
    responses((status = 201, description = "It was made.", body = TemplateOut), WriteProblems)
)]
pub(crate) async fn create_template(
    caller: Editor,
    State(app): State<Arc<App>>,
    Id(id): Id<ConnectionId>,
    Json(body): Json<TemplateIn>,
) -> Result<(StatusCode, Out<TemplateOut>), Problem> {
    let (ws, now) = (caller.workspace(), app.now());
    let connection = find(&app, ws, id).await?;
    let platform = Platform::of(&app, &connection).await?;
    let new = body.into_new()?;
    let answer = platform
        .ask(|account, business| create(account, business, &new))
        .await?;
    let created = parse_created(&answer)
        .ok_or_else(|| failed("the platform's answer does not say what became of the template"))?;
    let made = template(id, &definition(&new, created), now)?;
    let which = (id, made.name.as_str(), made.language.as_str());
    // One of this name may have been there before, and have vanished from the platform.
    let known = app.store.template(ws, which).await?;
    let made = made.after(known.as_ref());
    let out = TemplateOut::from(made.clone());
    let what = (Resource::Template, id.to_string());
    let store = caller.noting(&app, "create_template", what, &(), &out)?;
    if !store.put_template(ws, &made).await? {
        return Err(Problem::conflict(
            "the platform made the template, and somebody else stored what it says of it at this \
             moment; list the templates, or synchronise them",
        ));
    }
    app.fresh_book(ws).await?;
    Ok((StatusCode::CREATED, Out(out)))
}

/// What the next synchronisation will find; buttons are filled in by it.
fn definition(new: &NewTemplate, created: Created) -> TemplateDefinition {
    let part = |kind: &str, format: Option<&str>, text: Option<&str>| Component {
        kind: kind.to_owned(),
        format: format.map(str::to_owned),
        text: text.map(str::to_owned),
        buttons: Vec::new(),
    };
    let header = new.header.as_ref().map(|header| match header {
        NewHeader::Text { text, .. } => part("HEADER", Some("TEXT"), Some(text)),
        NewHeader::Media { format, .. } => part("HEADER", Some(format), None),
    });
    let footer = new
        .footer
        .as_ref()
        .map(|text| part("FOOTER", None, Some(text)));
    let format = match new.format {
        ParameterFormat::Positional => "POSITIONAL",
        ParameterFormat::Named => "NAMED",
    };
    TemplateDefinition {
        id: Some(created.id),
        name: new.name.clone(),
        language: new.language.clone(),
        status: created.status,
        category: created.category.unwrap_or_else(|| new.category.clone()),
        previous_category: None,
        parameter_format: Some(format.to_owned()),
        rejected_reason: None,
        components: header
            .into_iter()
            .chain([part("BODY", None, Some(&new.body))])
            .chain(footer)
            .collect(),
    }
}

impl TemplateIn {
    fn into_new(self) -> Result<NewTemplate, Problem> {
        let buttons: Result<_, FieldError> = self
            .buttons
            .into_iter()
            .enumerate()
            .map(|(at, button)| button.into_new(at))
            .collect();
        Ok(NewTemplate {
            name: self.name,
            language: self.language,
            category: match self.category {
                CategoryIn::Utility => "UTILITY",
                CategoryIn::Marketing => "MARKETING",
                CategoryIn::Authentication => "AUTHENTICATION",
            }
            .to_owned(),
            format: match self.format {
                FormatIn::Positional => ParameterFormat::Positional,
                FormatIn::Named => ParameterFormat::Named,
            },
            header: self.header.map(HeaderIn::into_new),
            body: self.body,
            examples: self.examples.iter().map(TextParameter::from).collect(),
            footer: self.footer,
            buttons: buttons.map_err(|error| Problem::invalid(vec![error]))?,
        })
    }
}

impl HeaderIn {
    fn into_new(self) -> NewHeader {
        let media = |format: &str, handle| NewHeader::Media {
            format: format.to_owned(),
            handle,
        };
        match self {
            Self::Text { text, example } => NewHeader::Text {
                text,
                example: example.as_ref().map(TextParameter::from),
            },
            Self::Image { handle } => media("IMAGE", handle),
            Self::Video { handle } => media("VIDEO", handle),
            Self::Document { handle } => media("DOCUMENT", handle),
        }
    }
}

impl ButtonIn {
    fn into_new(self, place: usize) -> Result<NewButton, FieldError> {
        Ok(match self {
            Self::QuickReply { text } => NewButton::QuickReply { text },
            Self::Url { text, url, example } => NewButton::Url { text, url, example },
            Self::Phone { text, number } => NewButton::Phone {
                text,
                number: PhoneNumber::parse(&number).map_err(|error| {
                    let field = format!("buttons[{place}].number");
                    let message = format!("`{field}` {error}");
                    FieldError::new(
                        &field,
                        "invalid_value",
                        message,
                        "write it like +4930123456",
                    )
                })?,
            },
            Self::CopyCode { example } => NewButton::CopyCode { example },
        })
    }
}
