//! Finding appointments.

use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::State;
use domain::contact::Reference;
use domain::customer::Customer;
use domain::ids::{CustomerId, WorkspaceId};
use domain::rebooking::Record;
use serde::Deserialize;
use utoipa::IntoParams;

use super::wire::{AppointmentList, AppointmentOut};
use crate::auth::Viewer;
use crate::http::{
    Cursor, Id, ItemProblems, Limit, ListProblems, Meta, Problem, Query, ReferencePath, Versioned,
    request,
};
use crate::schema;

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListAppointments {
    /// At most this many.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 100, default = 50)]
    limit: Option<Limit>,
    /// `meta.next_cursor` of the page before.
    #[param(value_type = Option<String>, min_length = 1)]
    cursor: Option<Cursor>,
}

/// List a customer's appointments, in no particular order.
#[utoipa::path(
    get, path = "/v1/customers/{id}/appointments", tag = "appointments",
    security(("key" = ["viewer"])),
    params(("id" = schema::CustomerId, Path), ListAppointments),
    responses((status = 200, description = "A page of the list.", body = AppointmentList), ListProblems)
)]
pub(crate) async fn list_appointments(
    caller: Viewer,
    State(app): State<Arc<App>>,
    Id(id): Id<CustomerId>,
    Query(query): Query<ListAppointments>,
) -> Result<Json<AppointmentList>, Problem> {
    let ws = caller.workspace();
    customer(&app, ws, id).await?;
    let page = request(query.limit, query.cursor);
    let found = app.store.appointments(ws, id, &page).await?;
    Ok(Json(AppointmentList {
        appointments: found.items.into_iter().map(AppointmentOut::from).collect(),
        meta: Meta {
            next_cursor: found.next_cursor,
        },
    }))
}

/// Get an appointment by your own id of it.
#[utoipa::path(
    get, path = "/v1/customers/{id}/appointments/{reference}", tag = "appointments",
    security(("key" = ["viewer"])),
    params(("id" = schema::CustomerId, Path), ("reference" = inline(schema::Reference), Path)),
    responses(
        (status = 200, description = "As it is now.", body = AppointmentOut,
         headers(("ETag" = String, description = "The version."))),
        ItemProblems
    )
)]
pub(crate) async fn get_appointment(
    caller: Viewer,
    State(app): State<Arc<App>>,
    ReferencePath(id, reference): ReferencePath<CustomerId>,
) -> Result<Versioned<AppointmentOut>, Problem> {
    let found = find(&app, caller.workspace(), id, &reference).await?;
    Ok(Versioned::ok(found.version, found.into()))
}

pub(super) async fn find(
    app: &App,
    ws: WorkspaceId,
    id: CustomerId,
    reference: &Reference,
) -> Result<Record, Problem> {
    let found = app.store.appointment(ws, id, reference).await?;
    found.ok_or_else(|| Problem::not_found("an appointment"))
}

pub(super) async fn customer(
    app: &App,
    ws: WorkspaceId,
    id: CustomerId,
) -> Result<Customer, Problem> {
    let found = app.store.customer(ws, id).await?;
    found.ok_or_else(|| Problem::not_found("a customer"))
}
