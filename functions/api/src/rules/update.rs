//! Changing a rule: what was planned with the old version is planned anew.

use std::sync::Arc;

use app::App;
use axum::extract::State;
use domain::ids::RuleId;
use domain::review::RuleDraft;
use domain::rule::Rule;
use serde_json::Value;

use super::store::{answer, checked, find, save, shown};
use super::wire::{RuleOut, RulePatch};
use crate::auth::Editor;
use crate::http::{Id, IfMatch, IfMatchHeader, JsonPatch, Problem, Versioned, WriteProblems};
use crate::schema;

/// Change a rule.
#[utoipa::path(
    patch, path = "/v1/rules/{id}", tag = "rules", security(("key" = ["editor"])),
    params(("id" = schema::RuleId, Path), IfMatchHeader),
    request_body = RulePatch,
    responses(
        (status = 200, description = "As it is now.", body = RuleOut, headers(("ETag" = String, description = "The version."))),
        WriteProblems
    )
)]
pub(crate) async fn update_rule(
    caller: Editor,
    State(app): State<Arc<App>>,
    Id(id): Id<RuleId>,
    if_match: IfMatch,
    JsonPatch(patch, _): JsonPatch<RuleDraft>,
) -> Result<Versioned<RuleOut>, Problem> {
    let book = app.fresh_book(caller.workspace()).await?;
    let rule = find(&book, id)?;
    if_match.check(rule.version)?;
    let before = RuleDraft::from(rule);
    // The patch was read as a draft already, so what is put together is one.
    let after = before.patched(&patch).map_err(Problem::internal)?;
    if after == before {
        return Ok(answer(shown(rule, &book), rule.version));
    }
    let changed = if only_switches_off(&patch) {
        Rule {
            enabled: false,
            ..rule.clone()
        }
    } else {
        let checked = checked(&after, &book)?;
        Rule {
            enabled: checked.enabled,
            spec: checked.spec,
            ..rule.clone()
        }
    };
    let changed = Rule {
        version: rule.version + 1,
        updated_at: app.now(),
        ..changed
    };
    let body = save(&app, &caller, "update_rule", rule, &changed).await?;
    Ok(answer(body, changed.version))
}

/// A rule that could not be saved any more can still be switched off.
fn only_switches_off(patch: &Value) -> bool {
    patch.as_object().is_some_and(|fields| {
        fields.len() == 1 && fields.get("enabled") == Some(&Value::Bool(false))
    })
}
