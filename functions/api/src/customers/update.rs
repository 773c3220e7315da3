//! Changing what is known about a customer.

use std::sync::Arc;

use app::{App, refused};
use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::contact::Profile;
use domain::customer::Customer;
use domain::field::FieldError;
use domain::ids::CustomerId;
use serde::Serialize;
use store::{Committed, KeyedAnswer, Resource, Store};

use super::wire::{CustomerIn, CustomerOut};
use crate::appointments::plan;
use crate::auth::Agent;
use crate::http::{Id, IfMatch, IfMatchHeader, Json, Problem, Versioned, WriteProblems};
use crate::schema;

/// How often a lost race is tried again: messages change customers, too.
const TRIES: u32 = 5;

/// Change what is known about a customer.
///
/// A JSON merge patch (RFC 7396): what is absent stays, `null` clears, parts of `name` and `fields`
/// that are not named stay, and lists are replaced as a whole.
#[utoipa::path(
    patch, path = "/v1/customers/{id}", tag = "customers", security(("key" = ["agent"])),
    params(("id" = schema::CustomerId, Path), IfMatchHeader),
    request_body = CustomerIn,
    responses(
        (status = 200, description = "As it is now.", body = CustomerOut,
         headers(("ETag" = String, description = "The version."))),
        WriteProblems
    )
)]
pub(crate) async fn update_customer(
    caller: Agent,
    State(app): State<Arc<App>>,
    Id(id): Id<CustomerId>,
    if_match: IfMatch,
    Json(body): Json<CustomerIn>,
) -> Result<Versioned<CustomerOut>, Problem> {
    let ws = caller.workspace();
    for _ in 0..TRIES {
        let before = app.store.customer(ws, id).await?;
        let before = before.ok_or_else(|| Problem::not_found("a customer"))?;
        if_match.check(before.version)?;
        let mut after = body.clone().applied(&before, app.now())?;
        if after == before {
            return Ok(Versioned::ok(before.version, CustomerOut::new(before)));
        }
        let (was, is) = (&before.profile, &after.profile);
        let moved = was.phones != is.phones || was.emails != is.emails;
        let remind = moved && !after.habit.visits.is_empty();
        if remind {
            // A reminder may reach them somewhere else from now on, or nowhere.
            after.remind_again(app.now());
        }
        after.version += 1;
        refused_before(&app, &before, &mut after, app.now()).await?;
        let what = (Resource::Customer, id.to_string());
        let (was, is) = (changes(&before, &before), changes(&before, &after));
        let store = caller.noting(&app, "update_customer", what, &was, &is)?;
        if save(&store, Some(&before), &after, None).await? {
            if remind {
                plan(&app, ws, id).await;
            }
            return Ok(Versioned::ok(after.version, CustomerOut::new(after)));
        }
    }
    Err(Problem::stale(None))
}

/// Whoever has an address now of somebody who was erased goes on to refuse what they did (NX-11).
pub(super) async fn refused_before(
    app: &App,
    before: &Customer,
    after: &mut Customer,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let (was, is) = (&before.profile, &after.profile);
    let mut added = Profile {
        emails: is.emails.clone(),
        phones: is.phones.clone(),
        ..Profile::default()
    };
    added
        .emails
        .retain(|it| was.emails.iter().all(|known| known.value != it.value));
    added
        .phones
        .retain(|it| was.phones.iter().all(|known| known.value != it.value));
    let book = app.fresh_book(after.workspace).await?;
    if let Some(refused) = refused::with_profile(app, &book, &added).await? {
        after.refuse_as(after.id, &refused, now);
    }
    Ok(())
}

/// What the audit log keeps: which parts changed, not what they hold. Who is erased must not stay
/// there.
#[derive(Serialize)]
pub(super) struct Changes {
    version: u64,
    changed: Vec<&'static str>,
}

pub(super) fn changes(before: &Customer, after: &Customer) -> Changes {
    let (was, is) = (&before.profile, &after.profile);
    let parts = [
        ("name", before.name != after.name),
        ("reference", before.reference != after.reference),
        ("emails", was.emails != is.emails),
        ("phones", was.phones != is.phones),
        ("locale", was.locale != is.locale),
        ("zone", was.zone != is.zone),
        ("tags", was.tags != is.tags),
        ("fields", was.fields != is.fields),
        ("locations", was.locations != is.locations),
        ("responsible", was.responsible != is.responsible),
    ];
    let changed = parts.into_iter().filter(|(_, differs)| *differs);
    Changes {
        version: after.version,
        changed: changed.map(|(part, _)| part).collect(),
    }
}

/// Stores the customer. `false`: somebody else changed them at this moment.
pub(super) async fn save(
    store: &Store,
    before: Option<&Customer>,
    after: &Customer,
    answer: Option<&KeyedAnswer>,
) -> Result<bool, Problem> {
    match store.put_customer(before, after, answer).await? {
        Committed::Done => Ok(true),
        Committed::Duplicate => Err(Problem::invalid(vec![FieldError::new(
            "reference",
            "taken",
            "another customer of this workspace has this reference",
            "find them with `GET /v1/customers?reference=`, and change or merge them",
        )])),
        // A new customer has nobody to race with but the same request.
        _ if before.is_none() => Err(Problem::stale(None)),
        _ => Ok(false),
    }
}
