//! Reading rules.

use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::State;
use domain::ids::RuleId;
use domain::rule::Colour;
use serde::Deserialize;
use utoipa::IntoParams;

use super::store::{answer, find, shown};
use super::wire::{RuleList, RuleOut};
use crate::auth::Viewer;
use crate::http::{
    Cursor, Id, ItemProblems, Limit, ListProblems, Problem, Query, Versioned, page_of, request,
};
use crate::schema;

/// Which rules.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListRules {
    /// Only rules with this label.
    #[param(inline, value_type = Option<schema::Colour>)]
    colour: Option<Colour>,
    /// Only rules that are on, or off.
    #[param(value_type = Option<bool>)]
    enabled: Option<bool>,
    /// At most this many.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 100, default = 50)]
    limit: Option<Limit>,
    /// `meta.next_cursor` of the page before.
    #[param(value_type = Option<String>, min_length = 1)]
    cursor: Option<Cursor>,
}

/// List rules, oldest first.
#[utoipa::path(
    get, path = "/v1/rules", tag = "rules", params(ListRules), security(("key" = ["viewer"])),
    responses((status = 200, description = "A page of the list.", body = RuleList), ListProblems)
)]
pub(crate) async fn list_rules(
    caller: Viewer,
    State(app): State<Arc<App>>,
    Query(query): Query<ListRules>,
) -> Result<Json<RuleList>, Problem> {
    let book = app.fresh_book(caller.workspace()).await?;
    let wanted = book.rules.iter().filter(|rule| {
        query
            .colour
            .is_none_or(|colour| rule.spec.colour == Some(colour))
            && query.enabled.is_none_or(|enabled| rule.enabled == enabled)
    });
    // Ids sort by the time they were made.
    let page = request(query.limit, query.cursor);
    let (rules, meta) = page_of("rules", wanted, |rule| rule.id.to_string(), &page)?;
    let rules = rules.into_iter().map(|rule| shown(rule, &book)).collect();
    Ok(Json(RuleList { rules, meta }))
}

/// Get a rule.
#[utoipa::path(
    get, path = "/v1/rules/{id}", tag = "rules", security(("key" = ["viewer"])),
    params(("id" = schema::RuleId, Path)),
    responses(
        (status = 200, description = "As it is now.", body = RuleOut, headers(("ETag" = String, description = "The version."))),
        ItemProblems
    )
)]
pub(crate) async fn get_rule(
    caller: Viewer,
    State(app): State<Arc<App>>,
    Id(id): Id<RuleId>,
) -> Result<Versioned<RuleOut>, Problem> {
    let book = app.fresh_book(caller.workspace()).await?;
    let rule = find(&book, id)?;
    Ok(answer(shown(rule, &book), rule.version))
}
