//! What an e-mail will look like, with sample values.

use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::State;
use domain::settings::Locale;
use mail::{Footer, Surroundings, TemplateKind, template};
use serde::Serialize;
use utoipa::ToSchema;

use super::list::{Told, told};
use super::wire::{MailTemplatePatch, WarningOut};
use crate::auth::Editor;
use crate::http::{Json as Body, Kind, Problem, Query, WriteProblems};
use crate::schema;

/// An e-mail with sample values.
#[derive(Serialize, ToSchema)]
#[schema(as = MailPreview)]
pub(crate) struct PreviewOut {
    /// In which language it is; another one than was asked for where the template lacks that.
    #[schema(value_type = schema::Locale)]
    locale: Locale,
    subject: String,
    /// The text part.
    text: String,
    /// The HTML part.
    html: String,
    /// Variables of the template that stand for nothing here.
    empty: Vec<&'static str>,
    warnings: Vec<WarningOut>,
}

/// Preview an e-mail template with sample values.
///
/// With `versions` as they would be after that change; `{}` for what is saved. Nothing is stored.
#[utoipa::path(
    post, path = "/v1/mail-templates/{kind}/preview", tag = "mail", security(("key" = ["editor"])),
    params(("kind" = schema::MailTemplateKind, Path), Told),
    request_body = MailTemplatePatch,
    responses((status = 200, description = "The e-mail.", body = PreviewOut), WriteProblems)
)]
pub(crate) async fn preview_mail_template(
    caller: Editor,
    State(app): State<Arc<App>>,
    Kind(kind): Kind<TemplateKind>,
    Query(query): Query<Told>,
    Body(patch): Body<MailTemplatePatch>,
) -> Result<Json<PreviewOut>, Problem> {
    let ws = caller.workspace();
    let locale = told(&app, &caller, query.locale).await?;
    let stored = app.store.mail_template(ws, kind).await?;
    let layout = app.store.mail_layout(ws).await?;
    let book = app.book(ws).await?;
    let draft = patch.applied(stored.template().versions);
    let (draft, warnings) = mail::review(kind, draft).map_err(Problem::invalid)?;
    let around = Surroundings {
        locale,
        business_name: &book.settings.business_name,
        address: &layout.address,
        theme: &layout.theme,
        footer: &Footer::sample(kind.audience()),
    };
    let mail = template::preview(&draft, &around).map_err(|error| Problem::invalid(vec![error]))?;
    Ok(Json(PreviewOut {
        locale: mail.locale,
        subject: mail.subject,
        text: mail.text,
        html: mail.html,
        empty: mail.empty,
        warnings: warnings.iter().map(WarningOut::from).collect(),
    }))
}
