//! Deleting a rule; what it had planned is cancelled.

use std::sync::Arc;

use app::App;
use axum::extract::State;
use axum::http::StatusCode;
use domain::ids::RuleId;
use domain::review::RuleDraft;
use store::Resource;

use super::store::{announce, find};
use crate::auth::Editor;
use crate::http::{Id, IfMatch, IfMatchHeader, Problem, WriteProblems};
use crate::schema;

/// Delete a rule.
#[utoipa::path(
    delete, path = "/v1/rules/{id}", tag = "rules", security(("key" = ["editor"])),
    params(("id" = schema::RuleId, Path), IfMatchHeader),
    responses((status = 204, description = "It is gone."), WriteProblems)
)]
pub(crate) async fn delete_rule(
    caller: Editor,
    State(app): State<Arc<App>>,
    Id(id): Id<RuleId>,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    let ws = caller.workspace();
    let book = app.fresh_book(ws).await?;
    let rule = find(&book, id)?;
    if_match.check(rule.version)?;
    let what = (Resource::Rule, id.to_string());
    let store = caller.noting(&app, "delete_rule", what, &RuleDraft::from(rule), &())?;
    if !store.delete_rule(rule, app.now()).await? {
        return Err(Problem::stale(None));
    }
    announce(&app, ws, id).await;
    app.fresh_book(ws).await?;
    Ok(StatusCode::NO_CONTENT)
}
