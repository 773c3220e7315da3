//! Creating a customer, before they have written.

use std::sync::Arc;

use app::App;
use axum::extract::State;
use axum::response::Response;
use domain::contact::Profile;
use domain::customer::{ChatConsent, Customer, CustomerName};
use domain::ids::CustomerId;
use store::{Resource, SavedAnswer};

use super::update::{changes, refused_before, save};
use super::wire::{CustomerIn, CustomerOut};
use crate::auth::{Agent, Caller};
use crate::http::{
    IdempotencyHeader, IdempotencyKey, Json, Keep, Once, Problem, Versioned, WriteProblems, once,
};

/// Create a customer.
///
/// Who writes on a channel becomes a customer by themselves; this is for those who have not.
#[utoipa::path(
    post, path = "/v1/customers", tag = "customers", security(("key" = ["agent"])),
    params(IdempotencyHeader),
    request_body = CustomerIn,
    responses(
        (status = 201, description = "It was made.", body = CustomerOut, headers(
            ("ETag" = String, description = "The version."),
            ("Location" = String, description = "Where the customer is.")
        )),
        WriteProblems
    )
)]
pub(crate) async fn create_customer(
    caller: Agent,
    State(app): State<Arc<App>>,
    key: IdempotencyKey,
    Json(body): Json<CustomerIn>,
) -> Result<Response, Problem> {
    let fingerprint = serde_json::to_string(&body).map_err(Problem::internal)?;
    let at = Once {
        app: &app,
        ws: caller.workspace(),
        key,
        request: format!("POST /v1/customers {fingerprint}"),
        now: app.now(),
    };
    Box::pin(once(at, |keep| create(&app, &caller, body, keep))).await
}

async fn create(
    app: &App,
    caller: &Caller,
    body: CustomerIn,
    keep: Keep,
) -> Result<SavedAnswer, Problem> {
    let nobody = Customer {
        id: CustomerId::new(keep.now, app.random10()),
        workspace: caller.workspace(),
        version: 1,
        name: CustomerName::default(),
        language: None,
        conversations: Vec::new(),
        chat: ChatConsent::default(),
        said: Vec::new(),
        turn: 0,
        offered: Vec::new(),
        automated_at: Vec::new(),
        named_by_staff: false,
        habit: Box::default(),
        reference: None,
        profile: Profile::default(),
        created_at: keep.now,
    };
    let mut customer = body.applied(&nobody, keep.now)?;
    refused_before(app, &nobody, &mut customer, keep.now).await?;
    let location = format!("/v1/customers/{}", customer.id);
    let shown = CustomerOut::new(customer.clone());
    let answer = Versioned::created(customer.version, location, shown).saved()?;
    let keyed = keep.with(&answer);
    let what = (Resource::Customer, customer.id.to_string());
    let after = changes(&nobody, &customer);
    let store = caller.noting(app, "create_customer", what, &(), &after)?;
    save(&store, None, &customer, keyed.as_ref()).await?;
    Ok(answer)
}
