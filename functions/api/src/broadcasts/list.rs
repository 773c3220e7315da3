//! Reading broadcasts.

use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::State;
use domain::broadcast::Broadcast;
use domain::ids::{BroadcastId, WorkspaceId};
use serde::Deserialize;
use store::PageRequest;
use utoipa::IntoParams;

use super::wire::{BroadcastList, BroadcastOut};
use crate::auth::Viewer;
use crate::http::{
    Cursor, Id, ItemProblems, Limit, ListProblems, Meta, Problem, Query, Versioned, request,
};
use crate::schema;

/// Which broadcasts.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListBroadcasts {
    /// At most this many.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 100, default = 50)]
    limit: Option<Limit>,
    /// `meta.next_cursor` of the page before.
    #[param(value_type = Option<String>, min_length = 1)]
    cursor: Option<Cursor>,
}

/// List broadcasts, newest first.
#[utoipa::path(
    get, path = "/v1/broadcasts", tag = "broadcasts", security(("key" = ["viewer"])),
    params(ListBroadcasts),
    responses((status = 200, description = "A page of the list.", body = BroadcastList), ListProblems)
)]
pub(crate) async fn list_broadcasts(
    caller: Viewer,
    State(app): State<Arc<App>>,
    Query(query): Query<ListBroadcasts>,
) -> Result<Json<BroadcastList>, Problem> {
    let ws = caller.workspace();
    let page = PageRequest {
        newest_first: true,
        ..request(query.limit, query.cursor)
    };
    let found = app.store.broadcasts(ws, &page).await?;
    let settings = &app.book(ws).await?.settings;
    let shown = |broadcast| BroadcastOut::new(broadcast, settings);
    Ok(Json(BroadcastList {
        broadcasts: found.items.into_iter().map(shown).collect(),
        meta: Meta {
            next_cursor: found.next_cursor,
        },
    }))
}

/// Get a broadcast, with its figures so far.
#[utoipa::path(
    get, path = "/v1/broadcasts/{id}", tag = "broadcasts", security(("key" = ["viewer"])),
    params(("id" = schema::BroadcastId, Path)),
    responses(
        (status = 200, description = "As it is now.", body = BroadcastOut,
         headers(("ETag" = String, description = "The version."))),
        ItemProblems
    )
)]
pub(crate) async fn get_broadcast(
    caller: Viewer,
    State(app): State<Arc<App>>,
    Id(id): Id<BroadcastId>,
) -> Result<Versioned<BroadcastOut>, Problem> {
    let ws = caller.workspace();
    let broadcast = find(&app, ws, id).await?;
    let settings = &app.book(ws).await?.settings;
    let version = broadcast.version;
    Ok(Versioned::ok(
        version,
        BroadcastOut::new(broadcast, settings),
    ))
}

/// The broadcast with this id.
pub(super) async fn find(
    app: &App,
    ws: WorkspaceId,
    id: BroadcastId,
) -> Result<Broadcast, Problem> {
    let found = app.store.broadcast(ws, id).await?;
    found.ok_or_else(|| Problem::not_found("a broadcast"))
}
