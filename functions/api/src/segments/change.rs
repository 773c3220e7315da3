//! Making, changing and deleting segments.

use std::sync::Arc;

use app::App;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::ids::SegmentId;
use domain::segment::Segment;
use store::{Resource, SavedAnswer};

use super::list::find;
use super::wire::{SegmentIn, SegmentOut, SegmentPatch};
use crate::auth::{Agent, Caller};
use crate::http::{
    Id, IdempotencyHeader, IdempotencyKey, IfMatch, IfMatchHeader, Json, Keep, Once, Problem,
    Versioned, WriteProblems, once,
};
use crate::schema;

/// Lists of segments show all of them.
const MOST_SEGMENTS: usize = 200;

/// Create a segment.
#[utoipa::path(
    post, path = "/v1/segments", tag = "segments", security(("key" = ["agent"])),
    params(IdempotencyHeader),
    request_body = SegmentIn,
    responses(
        (status = 201, description = "It was made.", body = SegmentOut, headers(
            ("ETag" = String, description = "The version."),
            ("Location" = String, description = "Where the segment is.")
        )),
        WriteProblems
    )
)]
pub(crate) async fn create_segment(
    caller: Agent,
    State(app): State<Arc<App>>,
    key: IdempotencyKey,
    Json(body): Json<SegmentIn>,
) -> Result<Response, Problem> {
    let fingerprint = serde_json::to_string(&body).map_err(Problem::internal)?;
    let at = Once {
        app: &app,
        ws: caller.workspace(),
        key,
        request: format!("POST /v1/segments {fingerprint}"),
        now: app.now(),
    };
    Box::pin(once(at, |keep| create(&app, &caller, body, keep))).await
}

async fn create(
    app: &App,
    caller: &Caller,
    body: SegmentIn,
    keep: Keep,
) -> Result<SavedAnswer, Problem> {
    let ws = caller.workspace();
    let (name, filter) = body.checked()?;
    if app.store.segments(ws).await?.len() >= MOST_SEGMENTS {
        return Err(Problem::conflict(format!(
            "a workspace has at most {MOST_SEGMENTS} segments; delete one first"
        )));
    }
    let segment = Segment {
        id: SegmentId::new(keep.now, app.random10()),
        workspace: ws,
        version: 1,
        name,
        filter,
        created_at: keep.now,
    };
    let locale = app.book(ws).await?.settings.locale;
    let location = format!("/v1/segments/{}", segment.id);
    let shown = SegmentOut::new(segment.clone(), locale);
    let answer = Versioned::created(segment.version, location, shown).saved()?;
    let keyed = keep.with(&answer);
    let what = (Resource::Segment, segment.id.to_string());
    let store = caller.noting(app, "create_segment", what, &(), &segment)?;
    if !store.put_segment(&segment, keyed.as_ref()).await? {
        return Err(Problem::stale(None));
    }
    Ok(answer)
}

/// Change a segment.
#[utoipa::path(
    patch, path = "/v1/segments/{id}", tag = "segments", security(("key" = ["agent"])),
    params(("id" = schema::SegmentId, Path), IfMatchHeader),
    request_body = SegmentPatch,
    responses(
        (status = 200, description = "As it is now.", body = SegmentOut,
         headers(("ETag" = String, description = "The version."))),
        WriteProblems
    )
)]
pub(crate) async fn update_segment(
    caller: Agent,
    State(app): State<Arc<App>>,
    Id(id): Id<SegmentId>,
    if_match: IfMatch,
    Json(patch): Json<SegmentPatch>,
) -> Result<Versioned<SegmentOut>, Problem> {
    let ws = caller.workspace();
    let before = find(&app, ws, id).await?;
    if_match.check(before.version)?;
    let locale = app.book(ws).await?.settings.locale;
    let after = patch.applied(before.clone())?;
    if after == before {
        return Ok(Versioned::ok(
            before.version,
            SegmentOut::new(before, locale),
        ));
    }
    let after = Segment {
        version: before.version + 1,
        ..after
    };
    let what = (Resource::Segment, id.to_string());
    let store = caller.noting(&app, "update_segment", what, &before, &after)?;
    if !store.put_segment(&after, None).await? {
        return Err(Problem::stale(None));
    }
    Ok(Versioned::ok(after.version, SegmentOut::new(after, locale)))
}

/// Delete a segment. Its customers stay.
#[utoipa::path(
    delete, path = "/v1/segments/{id}", tag = "segments", security(("key" = ["agent"])),
    params(("id" = schema::SegmentId, Path), IfMatchHeader),
    responses((status = 204, description = "It is gone."), WriteProblems)
)]
pub(crate) async fn delete_segment(
    caller: Agent,
    State(app): State<Arc<App>>,
    Id(id): Id<SegmentId>,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    let segment = find(&app, caller.workspace(), id).await?;
    if_match.check(segment.version)?;
    let what = (Resource::Segment, id.to_string());
    let store = caller.noting(&app, "delete_segment", what, &segment, &())?;
    if !store.delete_segment(&segment).await? {
        return Err(Problem::stale(None));
    }
    Ok(StatusCode::NO_CONTENT)
}
