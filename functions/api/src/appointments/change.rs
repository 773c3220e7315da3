//! Telling and deleting appointments.

use std::sync::Arc;

use app::App;
use axum::extract::State;
use axum::http::StatusCode;
use domain::ids::CustomerId;
use domain::rebooking::Record;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::find::{customer, find};
use super::wire::{AppointmentIn, AppointmentOut};
use crate::auth::Agent;
use crate::http::{IfMatch, IfMatchHeader, Json, Problem, ReferencePath, Versioned, WriteProblems};
use crate::schema;

/// How often a lost race is tried again.
const TRIES: u32 = 5;

/// Tell how an appointment stands.
///
/// As often and in whichever order you like: what became so last, by `changed_at`, counts, and the
/// answer shows it. The same again changes nothing.
#[utoipa::path(
    put, path = "/v1/customers/{id}/appointments/{reference}", tag = "appointments",
    security(("key" = ["agent"])),
    params(("id" = schema::CustomerId, Path), ("reference" = inline(schema::Reference), Path)),
    request_body = AppointmentIn,
    responses(
        (status = 200, description = "As it is now.", body = AppointmentOut,
         headers(("ETag" = String, description = "The version."))),
        (status = 201, description = "It was not known before.", body = AppointmentOut, headers(
            ("ETag" = String, description = "The version."),
            ("Location" = String, description = "Where the appointment is.")
        )),
        WriteProblems
    )
)]
pub(crate) async fn put_appointment(
    caller: Agent,
    State(app): State<Arc<App>>,
    ReferencePath(id, reference): ReferencePath<CustomerId>,
    Json(body): Json<AppointmentIn>,
) -> Result<Versioned<AppointmentOut>, Problem> {
    let (ws, now) = (caller.workspace(), app.now());
    let (appointment, changed_at) = body.checked(now)?;
    for _ in 0..TRIES {
        customer(&app, ws, id).await?;
        let Some(before) = app.store.appointment(ws, id, &reference).await? else {
            let record = Record {
                workspace: ws,
                customer: id,
                reference: reference.clone(),
                version: 1,
                appointment: appointment.clone(),
                changed_at,
                created_at: now,
            };
            if app.store.put_appointment(&record).await? {
                let name = utf8_percent_encode(reference.reveal(), NON_ALPHANUMERIC);
                let location = format!("/v1/customers/{id}/appointments/{name}");
                return Ok(Versioned::created(record.version, location, record.into()));
            }
            continue;
        };
        let Some(record) = before.told(appointment.clone(), changed_at) else {
            return Ok(Versioned::ok(before.version, before.into()));
        };
        if app.store.put_appointment(&record).await? {
            return Ok(Versioned::ok(record.version, record.into()));
        }
    }
    Err(Problem::stale(None))
}

/// Delete an appointment that should never have been told.
///
/// Nothing of it is kept, so that it is made again when it is told again. One that was called off is
/// no mistake: tell it as `cancelled`.
#[utoipa::path(
    delete, path = "/v1/customers/{id}/appointments/{reference}", tag = "appointments",
    security(("key" = ["agent"])),
    params(
        ("id" = schema::CustomerId, Path), ("reference" = inline(schema::Reference), Path), IfMatchHeader
    ),
    responses((status = 204, description = "It is gone."), WriteProblems)
)]
pub(crate) async fn delete_appointment(
    caller: Agent,
    State(app): State<Arc<App>>,
    ReferencePath(id, reference): ReferencePath<CustomerId>,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    let record = find(&app, caller.workspace(), id, &reference).await?;
    if_match.check(record.version)?;
    if !app.store.delete_appointment(&record).await? {
        return Err(Problem::stale(None));
    }
    Ok(StatusCode::NO_CONTENT)
}
