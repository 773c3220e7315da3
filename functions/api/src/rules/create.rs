//! Creating a rule. It is active at once.

use std::sync::Arc;

use app::App;
use axum::extract::State;
use axum::response::Response;
use domain::ids::RuleId;
use domain::review::RuleDraft;
use domain::rule::Rule;
use store::{Resource, SavedAnswer};

use super::store::{announce, checked, shown};
use super::wire::{RuleIn, RuleOut, canonical};
use crate::auth::{Caller, Editor};
use crate::http::{
    IdempotencyHeader, IdempotencyKey, Json, Keep, Once, Problem, Versioned, WriteProblems, once,
};

/// Every decision reads all rules of a workspace.
const MOST_RULES: usize = 500;

/// Create a rule; it is active at once unless `enabled` is `false`.
#[utoipa::path(
    post, path = "/v1/rules", tag = "rules", security(("key" = ["editor"])),
    params(IdempotencyHeader),
    request_body = RuleIn,
    responses(
        (status = 201, description = "It was made.", body = RuleOut, headers(
            ("ETag" = String, description = "The version."),
            ("Location" = String, description = "Where the rule is.")
        )),
        WriteProblems
    )
)]
pub(crate) async fn create_rule(
    caller: Editor,
    State(app): State<Arc<App>>,
    key: IdempotencyKey,
    Json(draft): Json<RuleDraft>,
) -> Result<Response, Problem> {
    let at = Once {
        app: &app,
        ws: caller.workspace(),
        key,
        request: format!("POST /v1/rules {}", canonical(&draft)),
        now: app.now(),
    };
    Box::pin(once(at, |keep| create(&app, &caller, &draft, keep))).await
}

async fn create(
    app: &App,
    caller: &Caller,
    draft: &RuleDraft,
    keep: Keep,
) -> Result<SavedAnswer, Problem> {
    let book = app.fresh_book(caller.workspace()).await?;
    let checked = checked(draft, &book)?;
    if book.rules.len() >= MOST_RULES {
        return Err(Problem::conflict(format!(
            "a workspace has at most {MOST_RULES} rules; delete one first"
        )));
    }
    let now = keep.now;
    let rule = Rule {
        id: RuleId::new(now, app.random10()),
        workspace: caller.workspace(),
        version: 1,
        created_at: now,
        updated_at: now,
        enabled: checked.enabled,
        spec: checked.spec,
    };
    let location = format!("/v1/rules/{}", rule.id);
    let answer = Versioned::created(rule.version, location, shown(&rule, &book)).saved()?;
    let keyed = keep.with(&answer);
    let what = (Resource::Rule, rule.id.to_string());
    let store = caller.noting(app, "create_rule", what, &(), &RuleDraft::from(&rule))?;
    if !store.create_rule(&rule, keyed.as_ref()).await? {
        return Err(Problem::stale(None));
    }
    announce(app, rule.workspace, rule.id).await;
    app.fresh_book(rule.workspace).await?;
    Ok(answer)
}
