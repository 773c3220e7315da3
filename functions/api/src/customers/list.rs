//! Finding customers.

use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::State;
use domain::channel::PhoneNumber;
use domain::contact::{EmailAddress, Reference};
use domain::customer::{Customer, CustomerName};
use domain::field::{FieldError, too_long};
use domain::ids::{CustomerId, WorkspaceId};
use serde::{Deserialize, Serialize};
use store::{Consistency, KnownAs, Page, PageRequest};
use utoipa::{IntoParams, ToSchema};

use super::wire::CustomerOut;
use crate::auth::{Scoped, Viewer};
use crate::http::{
    Cursor, Id, ItemProblems, Limit, ListProblems, Meta, Problem, Query, Versioned, request,
};
use crate::schema;

/// What is longer begins no name.
const NAME_LIMIT: usize = 100;

/// Which customers. At most one of `name`, `reference`, `email` and `phone`.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListCustomers {
    /// Whose whole name begins like this; case does not matter.
    #[param(max_length = 100)]
    name: Option<String>,
    /// Who has this reference.
    #[param(max_length = 128)]
    reference: Option<String>,
    /// Who has this e-mail address.
    #[param(max_length = 254)]
    email: Option<String>,
    /// Who has this phone, in international form.
    #[param(max_length = 40)]
    phone: Option<String>,
    /// At most this many.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 100, default = 50)]
    limit: Option<Limit>,
    /// `meta.next_cursor` of the page before.
    #[param(value_type = Option<String>, min_length = 1)]
    cursor: Option<Cursor>,
}

/// A page of customers.
#[derive(Serialize, ToSchema)]
pub(crate) struct CustomerList {
    customers: Vec<CustomerOut>,
    meta: Meta,
}

impl CustomerList {
    pub(crate) fn new(customers: Vec<Customer>, meta: Meta) -> Self {
        Self {
            customers: customers.into_iter().map(CustomerOut::new).collect(),
            meta,
        }
    }
}

/// List customers, by name; those of one e-mail address or phone by name within each page.
#[utoipa::path(
    get, path = "/v1/customers", tag = "customers", security(("key" = ["viewer"])),
    params(ListCustomers),
    responses((status = 200, description = "A page of the list.", body = CustomerList), ListProblems)
)]
pub(crate) async fn list_customers(
    caller: Viewer,
    State(app): State<Arc<App>>,
    Query(query): Query<ListCustomers>,
) -> Result<Json<CustomerList>, Problem> {
    let ws = caller.workspace();
    let given = [&query.name, &query.reference, &query.email, &query.phone];
    if given.into_iter().flatten().count() > 1 {
        return Err(Problem::parameter(FieldError::new(
            "name",
            "invalid_value",
            "`name`, `reference`, `email` and `phone` cannot be combined",
            "ask for one of them",
        )));
    }
    let length = query.name.as_ref().map_or(0, |name| name.chars().count());
    if let Some(error) = too_long("name", length, NAME_LIMIT) {
        return Err(Problem::parameter(error));
    }
    let page = request(query.limit, query.cursor);
    let found = if let Some(reference) = &query.reference {
        let reference = Reference::parse(reference).map_err(Problem::parameter)?;
        known_as(&app, ws, KnownAs::Reference(&reference), &page).await?
    } else if let Some(email) = &query.email {
        let email = EmailAddress::parse(email).map_err(|error| wrong("email", &error))?;
        known_as(&app, ws, KnownAs::Email(&email), &page).await?
    } else if let Some(phone) = &query.phone {
        let phone = PhoneNumber::parse(phone).map_err(|error| wrong("phone", &error))?;
        known_as(&app, ws, KnownAs::Phone(&phone), &page).await?
    } else {
        let prefix = query.name.map(folded).filter(|prefix| !prefix.is_empty());
        app.store
            .customers_by_name(ws, prefix.as_deref(), &page)
            .await?
    };
    let meta = Meta {
        next_cursor: found.next_cursor,
    };
    Ok(Json(CustomerList::new(found.items, meta)))
}

/// Get a customer.
#[utoipa::path(
    get, path = "/v1/customers/{id}", tag = "customers", security(("key" = ["viewer"])),
    params(("id" = schema::CustomerId, Path)),
    responses(
        (status = 200, description = "As it is now.", body = CustomerOut,
         headers(("ETag" = String, description = "The version."))),
        ItemProblems
    )
)]
pub(crate) async fn get_customer(
    caller: Scoped<Viewer>,
    State(app): State<Arc<App>>,
    Id(id): Id<CustomerId>,
) -> Result<Versioned<CustomerOut>, Problem> {
    let customer = app.store.customer(caller.workspace(), id).await?;
    let customer = customer.filter(|it| caller.visibility().shows(&it.profile.locations));
    let customer = customer.ok_or_else(|| Problem::not_found("a customer"))?;
    Ok(Versioned::ok(customer.version, CustomerOut::new(customer)))
}

/// Who has just been made is found, too.
async fn known_as(
    app: &App,
    ws: WorkspaceId,
    what: KnownAs<'_>,
    page: &PageRequest,
) -> Result<Page<Customer>, Problem> {
    let found = app.store.customers_known_as(ws, what, page).await?;
    let read = app.store.customers(ws, &found.items, Consistency::Strong);
    let mut items = read.await?;
    items.sort_by_key(|customer| (customer.name.sort_key(), customer.id));
    Ok(Page {
        items,
        next_cursor: found.next_cursor,
    })
}

/// As the list spells names.
fn folded(prefix: String) -> String {
    let name = CustomerName {
        display: Some(prefix),
        ..CustomerName::default()
    };
    name.sort_key()
}

fn wrong(parameter: &str, error: &impl ToString) -> Problem {
    Problem::parameter(FieldError::new(
        parameter,
        "invalid_value",
        format!("`{parameter}` {}", error.to_string()),
        "correct it, or leave it out",
    ))
}
