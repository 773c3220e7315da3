//! Reading segments, and the order in which a user sees them.

use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::field::FieldError;
use domain::ids::{SegmentId, WorkspaceId};
use domain::segment::{Segment, in_order};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::wire::{SegmentList, SegmentOut};
use crate::auth::{Scoped, Viewer};
use crate::http::{
    Cursor, Id, ItemProblems, Json as Body, Limit, ListProblems, Problem, Query, Versioned,
    WriteProblems, page_of, request,
};
use crate::schema;

/// Which segments.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListSegments {
    /// At most this many.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 100, default = 50)]
    limit: Option<Limit>,
    /// `meta.next_cursor` of the page before.
    #[param(value_type = Option<String>, min_length = 1)]
    cursor: Option<Cursor>,
}

/// How a user wants to see them.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrderIn {
    /// From top to bottom. Those that are left out follow, oldest first.
    #[schema(value_type = Vec<schema::SegmentId>, max_items = 200)]
    segments: Vec<String>,
}

/// List segments in the order of this key's holder, then oldest first.
#[utoipa::path(
    get, path = "/v1/segments", tag = "segments", security(("key" = ["viewer"])),
    params(ListSegments),
    responses((status = 200, description = "A page of the list.", body = SegmentList), ListProblems)
)]
pub(crate) async fn list_segments(
    caller: Scoped<Viewer>,
    State(app): State<Arc<App>>,
    Query(query): Query<ListSegments>,
) -> Result<Json<SegmentList>, Problem> {
    let ws = caller.workspace();
    let locale = app.book(ws).await?.settings.locale;
    let all = app.store.segments(ws).await?;
    let ids: Vec<SegmentId> = all.iter().map(|segment| segment.id).collect();
    let dragged = app.store.segment_order(ws, caller.key().id).await?;
    let order = in_order(&ids, &dragged);
    let place = |segment: &Segment| order.iter().position(|id| *id == segment.id);
    let page = request(query.limit, query.cursor);
    // A place in the order, so that it sorts as text.
    let key = |segment: &Segment| format!("{:04}", place(segment).unwrap_or(order.len()));
    let (found, meta) = page_of("segments", all, key, &page)?;
    let shown = |segment| SegmentOut::new(segment, locale);
    Ok(Json(SegmentList {
        segments: found.into_iter().map(shown).collect(),
        meta,
    }))
}

/// Put the segments into an order; each key has its own.
#[utoipa::path(
    put, path = "/v1/segments/order", tag = "segments", security(("key" = ["viewer"])),
    request_body = OrderIn,
    responses((status = 204, description = "It is kept."), WriteProblems)
)]
pub(crate) async fn order_segments(
    caller: Viewer,
    State(app): State<Arc<App>>,
    Body(body): Body<OrderIn>,
) -> Result<StatusCode, Problem> {
    let ws = caller.workspace();
    let known: Vec<SegmentId> = app
        .store
        .segments(ws)
        .await?
        .iter()
        .map(|it| it.id)
        .collect();
    let mut order = Vec::new();
    for (place, text) in body.segments.iter().enumerate() {
        let id = SegmentId::parse(text).ok().filter(|id| known.contains(id));
        order.push(id.ok_or_else(|| unknown(place))?);
    }
    let order = in_order(&order, &order);
    app.store
        .put_segment_order(ws, caller.key().id, &order)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Get a segment.
#[utoipa::path(
    get, path = "/v1/segments/{id}", tag = "segments", security(("key" = ["viewer"])),
    params(("id" = schema::SegmentId, Path)),
    responses(
        (status = 200, description = "As it is now.", body = SegmentOut,
         headers(("ETag" = String, description = "The version."))),
        ItemProblems
    )
)]
pub(crate) async fn get_segment(
    caller: Viewer,
    State(app): State<Arc<App>>,
    Id(id): Id<SegmentId>,
) -> Result<Versioned<SegmentOut>, Problem> {
    let ws = caller.workspace();
    let segment = find(&app, ws, id).await?;
    let locale = app.book(ws).await?.settings.locale;
    Ok(Versioned::ok(
        segment.version,
        SegmentOut::new(segment, locale),
    ))
}

/// The segment with this id.
pub(crate) async fn find(app: &App, ws: WorkspaceId, id: SegmentId) -> Result<Segment, Problem> {
    let found = app.store.segment(ws, id).await?;
    found.ok_or_else(|| Problem::not_found("a segment"))
}

fn unknown(place: usize) -> Problem {
    Problem::invalid(vec![FieldError::new(
        &format!("segments[{place}]"),
        "unknown_value",
        "there is no such segment in this workspace",
        "list the segments, and send their ids in the order you want",
    )])
}
