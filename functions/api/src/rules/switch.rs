//! Switching a rule on and off without deleting it.

use std::sync::Arc;

use app::App;
use axum::extract::State;
use domain::ids::RuleId;
use domain::review::RuleDraft;
use domain::rule::Rule;

use super::store::{answer, checked, find, save, shown};
use super::wire::RuleOut;
use crate::auth::{Caller, Editor};
use crate::http::{Id, IfMatch, IfMatchHeader, Problem, Versioned, WriteProblems};
use crate::schema;

macro_rules! switches {
    ($($(#[$doc:meta])* $name:ident, $path:literal, $enabled:literal;)*) => {$(
        $(#[$doc])*
        #[utoipa::path(
            post, path = $path, tag = "rules", security(("key" = ["editor"])),
            params(("id" = schema::RuleId, Path), IfMatchHeader),
            responses(
                (status = 200, description = "As it is now.", body = RuleOut,
                 headers(("ETag" = String, description = "The version."))),
                WriteProblems
            )
        )]
        pub(crate) async fn $name(
            caller: Editor,
            State(app): State<Arc<App>>,
            Id(id): Id<RuleId>,
            if_match: IfMatch,
        ) -> Result<Versioned<RuleOut>, Problem> {
            switch(&app, &caller, stringify!($name), id, &if_match, $enabled).await
        }
    )*};
}

switches! {
    /// Switch a rule on. It is checked again, because accounts and templates may have changed.
    enable_rule, "/v1/rules/{id}/enable", true;
    /// Switch a rule off; what it had planned is cancelled.
    disable_rule, "/v1/rules/{id}/disable", false;
}

async fn switch(
    app: &App,
    caller: &Caller,
    action: &'static str,
    id: RuleId,
    if_match: &IfMatch,
    enabled: bool,
) -> Result<Versioned<RuleOut>, Problem> {
    let book = app.fresh_book(caller.workspace()).await?;
    let rule = find(&book, id)?;
    if_match.check(rule.version)?;
    if rule.enabled == enabled {
        return Ok(answer(shown(rule, &book), rule.version));
    }
    if enabled {
        checked(&RuleDraft::from(rule), &book)?;
    }
    let changed = Rule {
        enabled,
        version: rule.version + 1,
        updated_at: app.now(),
        ..rule.clone()
    };
    let body = save(app, caller, action, rule, &changed).await?;
    Ok(answer(body, changed.version))
}
