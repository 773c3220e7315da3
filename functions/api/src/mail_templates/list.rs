//! Reading e-mail templates.

use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::State;
use domain::settings::Locale;
use mail::TemplateKind;
use serde::Deserialize;
use utoipa::IntoParams;

use super::wire::{MailTemplateLine, MailTemplateList, MailTemplateOut};
use crate::auth::{Caller, Viewer};
use crate::http::{
    Cursor, ItemProblems, Kind, Limit, ListProblems, Problem, Query, Versioned, page_of, request,
};
use crate::schema;

/// In which language titles and meanings are told.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Told {
    /// The workspace's own language unless given.
    #[param(inline, value_type = Option<schema::Locale>)]
    pub(super) locale: Option<Locale>,
}

/// Which templates.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListMailTemplates {
    /// In which language their titles are told; the workspace's own unless given.
    #[param(inline, value_type = Option<schema::Locale>)]
    locale: Option<Locale>,
    /// At most this many.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 100, default = 50)]
    limit: Option<Limit>,
    /// `meta.next_cursor` of the page before.
    #[param(value_type = Option<String>, min_length = 1)]
    cursor: Option<Cursor>,
}

/// List the e-mail templates, by kind.
#[utoipa::path(
    get, path = "/v1/mail-templates", tag = "mail", security(("key" = ["viewer"])),
    params(ListMailTemplates),
    responses((status = 200, description = "A page of the list.", body = MailTemplateList), ListProblems)
)]
pub(crate) async fn list_mail_templates(
    caller: Viewer,
    State(app): State<Arc<App>>,
    Query(query): Query<ListMailTemplates>,
) -> Result<Json<MailTemplateList>, Problem> {
    let ws = caller.workspace();
    let locale = told(&app, &caller, query.locale).await?;
    let all = app.store.mail_templates(ws).await?;
    let page = request(query.limit, query.cursor);
    let (found, meta) = page_of(
        "mail_templates",
        all,
        |one| one.kind.as_str().to_owned(),
        &page,
    )?;
    let mail_templates = found
        .iter()
        .map(|one| MailTemplateLine::new(one, locale))
        .collect();
    Ok(Json(MailTemplateList {
        mail_templates,
        meta,
    }))
}

/// Get an e-mail template with the variables that may stand in it.
#[utoipa::path(
    get, path = "/v1/mail-templates/{kind}", tag = "mail", security(("key" = ["viewer"])),
    params(("kind" = schema::MailTemplateKind, Path), Told),
    responses(
        (status = 200, description = "As it is now.", body = MailTemplateOut,
         headers(("ETag" = String, description = "The version."))),
        ItemProblems
    )
)]
pub(crate) async fn get_mail_template(
    caller: Viewer,
    State(app): State<Arc<App>>,
    Kind(kind): Kind<TemplateKind>,
    Query(query): Query<Told>,
) -> Result<Versioned<MailTemplateOut>, Problem> {
    let locale = told(&app, &caller, query.locale).await?;
    let stored = app.store.mail_template(caller.workspace(), kind).await?;
    let shown = MailTemplateOut::new(&stored, locale);
    Ok(Versioned::ok(stored.version, shown))
}

/// The language asked for, or else the workspace's.
pub(super) async fn told(
    app: &App,
    caller: &Caller,
    wanted: Option<Locale>,
) -> Result<Locale, Problem> {
    match wanted {
        Some(locale) => Ok(locale),
        None => Ok(app.book(caller.workspace()).await?.settings.locale),
    }
}
