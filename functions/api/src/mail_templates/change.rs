//! Changing e-mail templates, and going back to the built-in texts.

use std::sync::Arc;

use app::App;
use axum::extract::State;
use mail::{Template, TemplateDraft, TemplateKind};
use store::{Resource, StoredTemplate};

use super::list::told;
use super::wire::{Audited, MailTemplateOut, MailTemplatePatch};
use crate::auth::{Caller, Editor};
use crate::http::{IfMatch, IfMatchHeader, Json, Kind, Problem, Versioned, WriteProblems};
use crate::schema;

/// Change an e-mail template.
///
/// A language that is not named stays as it is; `null` takes it away.
#[utoipa::path(
    patch, path = "/v1/mail-templates/{kind}", tag = "mail", security(("key" = ["editor"])),
    params(("kind" = schema::MailTemplateKind, Path), IfMatchHeader),
    request_body = MailTemplatePatch,
    responses(
        (status = 200, description = "As it is now.", body = MailTemplateOut,
         headers(("ETag" = String, description = "The version."))),
        WriteProblems
    )
)]
pub(crate) async fn update_mail_template(
    caller: Editor,
    State(app): State<Arc<App>>,
    Kind(kind): Kind<TemplateKind>,
    if_match: IfMatch,
    Json(patch): Json<MailTemplatePatch>,
) -> Result<Versioned<MailTemplateOut>, Problem> {
    let before = app.store.mail_template(caller.workspace(), kind).await?;
    if_match.check(before.version)?;
    let draft = patch.applied(before.template().versions);
    let (template, _) = mail::review(kind, draft).map_err(Problem::invalid)?;
    let versions = (template != Template::built_in(kind)).then_some(template.versions);
    save(&app, &caller, "update_mail_template", before, versions).await
}

/// Go back to the built-in texts of an e-mail template.
#[utoipa::path(
    delete, path = "/v1/mail-templates/{kind}", tag = "mail", security(("key" = ["editor"])),
    params(("kind" = schema::MailTemplateKind, Path), IfMatchHeader),
    responses(
        (status = 200, description = "As it is now.", body = MailTemplateOut,
         headers(("ETag" = String, description = "The version."))),
        WriteProblems
    )
)]
pub(crate) async fn reset_mail_template(
    caller: Editor,
    State(app): State<Arc<App>>,
    Kind(kind): Kind<TemplateKind>,
    if_match: IfMatch,
) -> Result<Versioned<MailTemplateOut>, Problem> {
    let before = app.store.mail_template(caller.workspace(), kind).await?;
    if_match.check(before.version)?;
    save(&app, &caller, "reset_mail_template", before, None).await
}

async fn save(
    app: &App,
    caller: &Caller,
    action: &'static str,
    before: StoredTemplate,
    versions: Option<TemplateDraft>,
) -> Result<Versioned<MailTemplateOut>, Problem> {
    let locale = told(app, caller, None).await?;
    if versions == before.versions {
        let shown = MailTemplateOut::new(&before, locale);
        return Ok(Versioned::ok(before.version, shown));
    }
    let after = StoredTemplate {
        kind: before.kind,
        version: before.version + 1,
        updated_at: Some(app.now()),
        versions,
    };
    let what = (Resource::MailTemplate, after.kind.to_string());
    let was = Audited::new(&before);
    let store = match &after.versions {
        None => caller.noting(app, action, what, &was, &()),
        Some(_) => caller.noting(app, action, what, &was, &Audited::new(&after)),
    }?;
    if !store.put_mail_template(caller.workspace(), &after).await? {
        return Err(Problem::stale(None));
    }
    let shown = MailTemplateOut::new(&after, locale);
    Ok(Versioned::ok(after.version, shown))
}
