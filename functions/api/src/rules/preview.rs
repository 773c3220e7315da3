//! The review screen before saving (DK-21): check list, channels, warnings, cost, a sample, and on
//! request what the rule would do in a given conversation right now. Nothing is stored or sent.

use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::ids::{ConversationId, RuleId};
use domain::review::RuleDraft;
use domain::rule::Rule;
use domain::settings::Locale;
use serde::{Deserialize, Serialize};
use store::Book;
use utoipa::{IntoParams, ToSchema};

use super::rehearsal::{RehearsalOut, rehearse};
use super::sample::{SampleOut, sample};
use super::store::{checked_in, find};
use super::wire::{ReviewOut, RuleIn};
use crate::auth::{Caller, Editor};
use crate::http::{Id, Json as Body, Problem, Query, WriteProblems};
use crate::schema;

/// What else to show.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PreviewRule {
    /// The workspace's own language unless given.
    #[param(inline, value_type = Option<schema::Locale>)]
    locale: Option<Locale>,
    /// Also what the rule would do in this conversation right now. Judged as in earnest: by the
    /// model if there is one, and then it counts against the day's tokens.
    #[param(value_type = Option<schema::ConversationId>)]
    conversation: Option<ConversationId>,
}

/// What the rule would be.
#[derive(Serialize, ToSchema)]
#[schema(as = RulePreview)]
pub(crate) struct PreviewOut {
    review: ReviewOut,
    sample: SampleOut,
    /// What it would do in the conversation named.
    now: Option<RehearsalOut>,
}

/// Review a rule before it is created. What could not be saved is refused as on creation.
#[utoipa::path(
    post, path = "/v1/rules/preview", tag = "rules", security(("key" = ["editor"])),
    params(PreviewRule), request_body = RuleIn,
    responses((status = 200, description = "The review.", body = PreviewOut), WriteProblems)
)]
pub(crate) async fn preview_draft(
    caller: Editor,
    State(app): State<Arc<App>>,
    Query(query): Query<PreviewRule>,
    Body(draft): Body<RuleDraft>,
) -> Result<Json<PreviewOut>, Problem> {
    let book = app.fresh_book(caller.workspace()).await?;
    let now = app.now();
    let rule = Drafted {
        id: RuleId::new(now, app.random10()),
        created_at: now,
        draft,
    };
    preview(&app, &caller, &book, rule, query).await.map(Json)
}

/// Review a rule as it is.
#[utoipa::path(
    post, path = "/v1/rules/{id}/preview", tag = "rules", security(("key" = ["editor"])),
    params(("id" = schema::RuleId, Path), PreviewRule),
    responses((status = 200, description = "The review.", body = PreviewOut), WriteProblems)
)]
pub(crate) async fn preview_rule(
    caller: Editor,
    State(app): State<Arc<App>>,
    Id(id): Id<RuleId>,
    Query(query): Query<PreviewRule>,
) -> Result<Json<PreviewOut>, Problem> {
    let book = app.fresh_book(caller.workspace()).await?;
    let stored = find(&book, id)?;
    let rule = Drafted {
        id,
        created_at: stored.created_at,
        draft: RuleDraft::from(stored),
    };
    preview(&app, &caller, &book, rule, query).await.map(Json)
}

struct Drafted {
    id: RuleId,
    created_at: DateTime<Utc>,
    draft: RuleDraft,
}

async fn preview(
    app: &App,
    caller: &Caller,
    book: &Book,
    drafted: Drafted,
    query: PreviewRule,
) -> Result<PreviewOut, Problem> {
    let locale = query.locale.unwrap_or(book.settings.locale);
    let checked = checked_in(locale, &drafted.draft, book)?;
    let mut sample = sample(&checked.spec, book);
    let rule = Rule {
        id: drafted.id,
        workspace: caller.workspace(),
        version: 1,
        created_at: drafted.created_at,
        updated_at: drafted.created_at,
        // "Would" means: if it were on.
        enabled: true,
        spec: checked.spec,
    };
    let now = match query.conversation {
        None => None,
        Some(id) => {
            let (rehearsal, text) = rehearse(app, book, rule, (id, locale)).await?;
            sample.text = text.or(sample.text);
            Some(rehearsal)
        }
    };
    Ok(PreviewOut {
        review: checked.review.into(),
        sample,
        now,
    })
}
