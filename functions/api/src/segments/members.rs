//! Whom a segment holds, page by page, and how many that are.

use std::sync::Arc;

use app::App;
use app::segments::Judge;
use axum::Json;
use axum::extract::State;
use domain::customer::Customer;
use domain::ids::{SegmentId, WorkspaceId};
use domain::segment::Filter;
use serde::{Deserialize, Serialize};
use store::PageRequest;
use utoipa::{IntoParams, ToSchema};

use super::list::find;
use super::wire::FilterIn;
use crate::auth::Viewer;
use crate::customers::CustomerList;
use crate::http::{
    Cursor, Id, Json as Body, Limit, ListProblems, Meta, Problem, Query, WriteProblems, request,
};
use crate::schema;

/// A page of a segment may end early after so many queries, with a cursor.
pub(crate) const MOST_QUERIES: usize = 20;
/// How many customers one query of a count reads.
const COUNTED_AT_ONCE: u16 = 500;
/// The same where each of them takes a query of their own.
const COUNTED_ONE_BY_ONE: u16 = 50;

/// Which part of a segment.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListMembers {
    /// At most this many.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 100, default = 50)]
    limit: Option<Limit>,
    /// `meta.next_cursor` of the page before.
    #[param(value_type = Option<String>, min_length = 1)]
    cursor: Option<Cursor>,
}

/// Where to go on counting.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CountFrom {
    /// `meta.next_cursor` of the count before.
    #[param(value_type = Option<String>, min_length = 1)]
    cursor: Option<Cursor>,
}

/// How many customers a filter holds.
#[derive(Serialize, ToSchema)]
pub(crate) struct Count {
    /// Of those looked at.
    count: u64,
    /// How many customers were looked at: at most 10,000 in one call, 1,000 where the filter asks
    /// for appointments.
    looked_at: u64,
    /// With a cursor there are more: ask again with it, and add the counts.
    meta: Meta,
}

/// List the customers of a segment, by name.
///
/// A page may hold fewer than `limit`, even none, and still have a next one.
#[utoipa::path(
    get, path = "/v1/segments/{id}/customers", tag = "segments", security(("key" = ["viewer"])),
    params(("id" = schema::SegmentId, Path), ListMembers),
    responses((status = 200, description = "A page of the list.", body = CustomerList), ListProblems)
)]
pub(crate) async fn list_members(
    caller: Viewer,
    State(app): State<Arc<App>>,
    Id(id): Id<SegmentId>,
    Query(query): Query<ListMembers>,
) -> Result<Json<CustomerList>, Problem> {
    let ws = caller.workspace();
    let segment = find(&app, ws, id).await?;
    let judge = Judge::of(&app, ws, segment.filter).await?;
    let asked = request(query.limit, query.cursor);
    let wanted = usize::from(asked.limit);
    let mut found: Vec<Customer> = Vec::new();
    let mut cursor = asked.cursor;
    for _ in 0..MOST_QUERIES {
        // No more than there is room for, so that the cursor stands behind the last one.
        let page = PageRequest {
            limit: u16::try_from(wanted - found.len()).unwrap_or(u16::MAX),
            cursor: cursor.take(),
            newest_first: false,
        };
        let read = app.store.customers_by_name(ws, None, &page).await?;
        found.extend(judge.members(read.items).await?);
        cursor = read.next_cursor;
        if cursor.is_none() || found.len() >= wanted {
            break;
        }
    }
    let meta = Meta {
        next_cursor: cursor,
    };
    Ok(Json(CustomerList::new(found, meta)))
}

/// Count the customers of a segment, as they are now.
#[utoipa::path(
    get, path = "/v1/segments/{id}/count", tag = "segments", security(("key" = ["viewer"])),
    params(("id" = schema::SegmentId, Path), CountFrom),
    responses((status = 200, description = "How many.", body = Count), ListProblems)
)]
pub(crate) async fn count_segment(
    caller: Viewer,
    State(app): State<Arc<App>>,
    Id(id): Id<SegmentId>,
    Query(query): Query<CountFrom>,
) -> Result<Json<Count>, Problem> {
    let ws = caller.workspace();
    let segment = find(&app, ws, id).await?;
    count(&app, ws, segment.filter, query.cursor).await
}

/// Count the customers of a filter before it is saved.
#[utoipa::path(
    post, path = "/v1/segments/preview", tag = "segments", security(("key" = ["viewer"])),
    params(CountFrom), request_body = FilterIn,
    responses((status = 200, description = "How many.", body = Count), WriteProblems)
)]
pub(crate) async fn preview_segment(
    caller: Viewer,
    State(app): State<Arc<App>>,
    Query(query): Query<CountFrom>,
    Body(body): Body<FilterIn>,
) -> Result<Json<Count>, Problem> {
    count(&app, caller.workspace(), body.checked()?, query.cursor).await
}

async fn count(
    app: &App,
    ws: WorkspaceId,
    filter: Filter,
    cursor: Option<Cursor>,
) -> Result<Json<Count>, Problem> {
    let judge = Judge::of(app, ws, filter).await?;
    let (mut count, mut looked_at) = (0, 0);
    let mut page = PageRequest {
        limit: match judge.reads_one_by_one() {
            true => COUNTED_ONE_BY_ONE,
            false => COUNTED_AT_ONCE,
        },
        cursor: cursor.map(Cursor::into_text),
        newest_first: false,
    };
    for _ in 0..MOST_QUERIES {
        let read = app.store.customers_by_name(ws, None, &page).await?;
        looked_at += read.items.len() as u64;
        count += judge.members(read.items).await?.len() as u64;
        page.cursor = read.next_cursor;
        if page.cursor.is_none() {
            break;
        }
    }
    Ok(Json(Count {
        count,
        looked_at,
        meta: Meta {
            next_cursor: page.cursor,
        },
    }))
}
