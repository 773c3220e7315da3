//! Telling and deleting appointments.

use std::sync::Arc;

use app::App;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use domain::contact::Reference;
use domain::customer::Customer;
use domain::ids::{CustomerId, WorkspaceId};
use domain::rebooking::{Appointment, Record};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::find::customer;
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
    let told = body.checked(app.now())?;
    Ok(
        match tell(&app, caller.workspace(), id, &reference, told).await? {
            Told::Known(record) => Versioned::ok(record.version, record.into()),
            Told::New(record) => {
                let name = utf8_percent_encode(reference.reveal(), NON_ALPHANUMERIC);
                let location = format!("/v1/customers/{id}/appointments/{name}");
                Versioned::created(record.version, location, record.into())
            }
        },
    )
}

/// An appointment as it stands after it was told.
pub(super) enum Told {
    /// Nobody had told of it before.
    New(Record),
    /// It was changed, or what was told is no news.
    Known(Record),
}

/// Stores how an appointment stands and since when, with what all of the customer's come to, and plans
/// anew what follows from it.
pub(super) async fn tell(
    app: &App,
    ws: WorkspaceId,
    id: CustomerId,
    reference: &Reference,
    (appointment, changed_at): (Appointment, DateTime<Utc>),
) -> Result<Told, Problem> {
    let now = app.now();
    for _ in 0..TRIES {
        // The customer first: whatever is told of them from here on makes the write fail.
        let known = customer(app, ws, id).await?;
        let all = app.store.all_appointments(ws, id).await?;
        let before = all.iter().find(|known| known.reference == *reference);
        let is_new = before.is_none();
        let record = match before {
            None => Record {
                workspace: ws,
                customer: id,
                reference: reference.clone(),
                version: 1,
                appointment: appointment.clone(),
                changed_at,
                created_at: now,
            },
            Some(before) => match before.told(appointment.clone(), changed_at) {
                Some(record) => record,
                None => return Ok(Told::Known(before.clone())),
            },
        };
        let others = all.into_iter().filter(|one| one.reference != *reference);
        let all: Vec<_> = others.chain([record.clone()]).collect();
        let known = with_habit(app, known, &all, now).await?;
        if app.store.put_appointment(&record, &known).await? {
            plan(app, ws, id).await;
            return Ok(match is_new {
                true => Told::New(record),
                false => Told::Known(record),
            });
        }
    }
    Err(Problem::stale(None))
}

/// The customer as they are to be stored when these are all of their appointments.
pub(super) async fn with_habit(
    app: &App,
    known: Customer,
    all: &[Record],
    now: DateTime<Utc>,
) -> Result<Customer, Problem> {
    let settings = &app.book(known.workspace).await?.settings;
    let habit = known
        .habit
        .told(all, &settings.patterns(), settings.zone, now);
    Ok(Customer {
        version: known.version + 1,
        habit: Box::new(habit),
        ..known
    })
}

/// What is stored says that it has to be done: if this is lost, the sweep does it.
pub(crate) async fn plan(app: &App, ws: WorkspaceId, customer: CustomerId) {
    if let Err(error) = Box::pin(app::visits::plan(app, ws, customer)).await {
        tracing::warn!(customer.id = %customer, error = %error, "a reminder could not be planned; the sweep will do it");
    }
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
    let (ws, now) = (caller.workspace(), app.now());
    for _ in 0..TRIES {
        let known = customer(&app, ws, id).await?;
        let mut all = app.store.all_appointments(ws, id).await?;
        let place = all.iter().position(|known| known.reference == reference);
        let place = place.ok_or_else(|| Problem::not_found("an appointment"))?;
        let record = all.swap_remove(place);
        if_match.check(record.version)?;
        let known = with_habit(&app, known, &all, now).await?;
        if app.store.delete_appointment(&record, &known).await? {
            plan(&app, ws, id).await;
            return Ok(StatusCode::NO_CONTENT);
        }
    }
    Err(Problem::stale(None))
}
