//! Reading templates.

use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::State;
use domain::ids::ConnectionId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::wire::{TemplateList, TemplateOut};
use crate::auth::Viewer;
use crate::connections::find;
use crate::http::{Cursor, Id, Limit, ListProblems, Problem, Query, page_of, request};
use crate::schema;

/// Which templates.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListTemplates {
    /// Only those with this status: `approved` for the ones that can be sent.
    status: Option<String>,
    /// At most this many.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 100, default = 50)]
    limit: Option<Limit>,
    /// `meta.next_cursor` of the page before.
    #[param(value_type = Option<String>, min_length = 1)]
    cursor: Option<Cursor>,
}

/// List the templates of a connection, by name.
#[utoipa::path(
    get, path = "/v1/connections/{id}/templates", tag = "connections",
    security(("key" = ["viewer"])), params(("id" = schema::ConnectionId, Path), ListTemplates),
    responses((status = 200, description = "A page of the list.", body = TemplateList), ListProblems)
)]
pub(crate) async fn list_templates(
    caller: Viewer,
    State(app): State<Arc<App>>,
    Id(id): Id<ConnectionId>,
    Query(query): Query<ListTemplates>,
) -> Result<Json<TemplateList>, Problem> {
    find(&app, caller.workspace(), id).await?;
    let book = app.fresh_book(caller.workspace()).await?;
    let wanted = book.templates_of(id).into_iter().filter(|template| {
        let status = query.status.as_deref();
        status.is_none_or(|status| template.status.word() == status)
    });
    let page = request(query.limit, query.cursor);
    let key = |template: &_| sort_key(template);
    let (templates, meta) = page_of(&format!("templates of {id}"), wanted, key, &page)?;
    let templates = templates.into_iter().map(TemplateOut::from).collect();
    Ok(Json(TemplateList { templates, meta }))
}

fn sort_key(template: &domain::template::Template) -> String {
    format!("{}#{}", template.name, template.language)
}
