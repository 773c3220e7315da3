//! What a booking system says when something happens to an appointment: the form in which such systems
//! call others, with their own ids and nothing of ours.

use std::sync::Arc;

use app::App;
use axum::Json as Out;
use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::contact::Reference;
use domain::field::FieldError;
use domain::rebooking::Status;
use serde::{Deserialize, Serialize};
use store::{KnownAs, PageRequest};
use utoipa::ToSchema;

use super::change::{Told, tell};
use super::wire::{AppointmentIn, AppointmentOut, ServiceIn};
use crate::auth::Agent;
use crate::http::{Json, Problem, WriteProblems};

/// Something that happened to an appointment.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AppointmentEvent)]
pub(crate) struct EventIn {
    r#type: EventType,
    /// Your own id of the appointment: whatever is told under it is about the same one.
    #[schema(min_length = 1, max_length = 128, example = "T-17")]
    appointment: String,
    /// Your own id of the customer, the `reference` of somebody who is known here.
    #[schema(min_length = 1, max_length = 128, example = "K-17")]
    customer: String,
    /// When it happened, on the clock of your system. Events may come in any order and again: of each
    /// appointment what happened last counts.
    at: DateTime<Utc>,
    /// When the appointment starts, as things stand after the event.
    starts_at: DateTime<Utc>,
    /// What is done, as things stand after the event.
    #[serde(default)]
    #[schema(max_items = 20)]
    services: Vec<ServiceIn>,
}

/// What happened.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AppointmentEventType)]
pub(crate) enum EventType {
    Created,
    Moved,
    Completed,
    NoShow,
    Cancelled,
}

/// What came of an event.
#[derive(Serialize, ToSchema)]
#[schema(as = AppointmentEventTaken)]
pub(crate) struct EventTaken {
    /// Whether nobody had told of the appointment before.
    new: bool,
    /// As it is now, whether or not the event was news.
    appointment: AppointmentOut,
}

impl EventType {
    fn status(self) -> Status {
        match self {
            Self::Created | Self::Moved => Status::Booked,
            Self::Completed => Status::Completed,
            Self::NoShow => Status::NoShow,
            Self::Cancelled => Status::Cancelled,
        }
    }
}

/// Take what a booking system says of an appointment: created, moved, completed, missed or called off.
///
/// For systems that know only their own ids. Late, doubled and overtaken events are answered like any
/// other, and change nothing.
#[utoipa::path(
    post, path = "/v1/appointments/events", tag = "appointments",
    security(("key" = ["agent"])), request_body = EventIn,
    responses((status = 200, description = "It was taken.", body = EventTaken), WriteProblems)
)]
pub(crate) async fn create_appointment_event(
    caller: Agent,
    State(app): State<Arc<App>>,
    Json(body): Json<EventIn>,
) -> Result<Out<EventTaken>, Problem> {
    let ws = caller.workspace();
    let named = |field: &str, text: &str| {
        Reference::parse(text).map_err(|error| {
            Problem::invalid(vec![FieldError {
                field: field.to_owned(),
                ..error
            }])
        })
    };
    let reference = named("appointment", &body.appointment)?;
    let customer = named("customer", &body.customer)?;
    let (status, at) = (body.r#type.status(), body.at);
    let told = AppointmentIn::told(body.starts_at, status, body.services, at);
    let told = told.checked(app.now())?;
    let who = KnownAs::Reference(&customer);
    let page = PageRequest {
        limit: 1,
        ..PageRequest::default()
    };
    let found = app.store.customers_known_as(ws, who, &page).await?.items;
    let Some(id) = found.first() else {
        return Err(Problem::invalid(vec![FieldError::new(
            "customer",
            "unknown",
            "no customer has this reference",
            "make them first, with `reference` (POST /v1/customers, or the import), then send the event again",
        )]));
    };
    let (new, record) = match tell(&app, ws, *id, &reference, told).await? {
        Told::New(record) => (true, record),
        Told::Known(record) => (false, record),
    };
    Ok(Out(EventTaken {
        new,
        appointment: record.into(),
    }))
}
