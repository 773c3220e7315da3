//! Reading connections.

use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::connection::Connection;
use domain::ids::{ConnectionId, WorkspaceId};
use serde::Deserialize;
use utoipa::IntoParams;

use super::wire::{ConnectionList, ConnectionOut};
use crate::auth::Viewer;
use crate::http::{
    Cursor, Id, ItemProblems, Limit, ListProblems, Problem, Query, Versioned, page_of, request,
};
use crate::schema;

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListConnections {
    /// At most this many.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 100, default = 50)]
    limit: Option<Limit>,
    /// `meta.next_cursor` of the page before.
    #[param(value_type = Option<String>, min_length = 1)]
    cursor: Option<Cursor>,
}

/// List connections, oldest first.
#[utoipa::path(
    get, path = "/v1/connections", tag = "connections", params(ListConnections),
    security(("key" = ["viewer"])),
    responses((status = 200, description = "A page of the list.", body = ConnectionList), ListProblems)
)]
pub(crate) async fn list_connections(
    caller: Viewer,
    State(app): State<Arc<App>>,
    Query(query): Query<ListConnections>,
) -> Result<Json<ConnectionList>, Problem> {
    let book = app.fresh_book(caller.workspace()).await?;
    let (page, now) = (request(query.limit, query.cursor), app.now());
    let (found, meta) = page_of(
        "connections",
        &book.connections,
        |known| known.id.to_string(),
        &page,
    )?;
    Ok(Json(ConnectionList {
        connections: found
            .into_iter()
            .map(|connection| ConnectionOut::new(connection.clone(), now))
            .collect(),
        meta,
    }))
}

/// Get a connection.
#[utoipa::path(
    get, path = "/v1/connections/{id}", tag = "connections", security(("key" = ["viewer"])),
    params(("id" = schema::ConnectionId, Path)),
    responses(
        (status = 200, description = "As it is now.", body = ConnectionOut,
         headers(("ETag" = String, description = "The version."))),
        ItemProblems
    )
)]
pub(crate) async fn get_connection(
    caller: Viewer,
    State(app): State<Arc<App>>,
    Id(id): Id<ConnectionId>,
) -> Result<Versioned<ConnectionOut>, Problem> {
    let connection = find(&app, caller.workspace(), id).await?;
    Ok(shown(connection, app.now()))
}

/// The connection, if it is one of this workspace.
pub(crate) async fn find(
    app: &App,
    ws: WorkspaceId,
    id: ConnectionId,
) -> Result<Connection, Problem> {
    let found = app.store.connection(ws, id).await?;
    found.ok_or_else(|| Problem::not_found("a connection"))
}

pub(super) fn shown(connection: Connection, now: DateTime<Utc>) -> Versioned<ConnectionOut> {
    Versioned::ok(connection.version, ConnectionOut::new(connection, now))
}
