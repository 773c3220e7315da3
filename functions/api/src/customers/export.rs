//! Everything that is stored about a person, as it is stored.

use std::sync::Arc;

use app::App;
use app::erase::traces;
use axum::Json;
use axum::extract::State;
use domain::ids::{ConversationId, CustomerId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::StoredRecord;
use utoipa::{IntoParams, ToSchema};

use crate::auth::Admin;
use crate::http::{Cursor, Id, ListProblems, Meta, Problem, Query};
use crate::schema;

/// A page of everything that is stored about a person.
#[derive(Serialize, ToSchema)]
pub(crate) struct CustomerExport {
    /// Name, consent and conversations.
    #[schema(value_type = Object)]
    customer: Value,
    /// The records of this page, conversation by conversation.
    records: Vec<RecordOut>,
    meta: Meta,
}

/// One record, as it is stored.
#[derive(Serialize, ToSchema)]
#[schema(as = StoredRecord)]
struct RecordOut {
    /// `conversation`, `message`, `attempt`, `receipt`, `event` (as the platform sent it),
    /// `pointer` (another id that leads to the conversation), `delivery` (that it came in),
    /// `appointment`, `consent` (what was said about messages), `link` (that they were given one) or
    /// `click` (how often one to book was followed).
    kind: String,
    /// `null`: an event that belongs to no conversation.
    #[schema(value_type = Option<schema::ConversationId>)]
    conversation_id: Option<ConversationId>,
    /// Its fields are those of the present release.
    #[schema(value_type = Value)]
    data: Value,
}

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportCustomer {
    /// `meta.next_cursor` of the page before.
    #[param(value_type = Option<String>, min_length = 1)]
    cursor: Option<Cursor>,
}

/// Export everything that is stored about a customer.
///
/// Page after page until `meta.next_cursor` is `null`; a page has at most a hundred records and may
/// have none.
#[utoipa::path(
    get, path = "/v1/customers/{id}/export", tag = "customers", security(("key" = ["admin"])),
    params(("id" = schema::CustomerId, Path), ExportCustomer),
    responses((status = 200, description = "A page of the export.", body = CustomerExport), ListProblems)
)]
pub(crate) async fn export_customer(
    caller: Admin,
    State(app): State<Arc<App>>,
    Id(id): Id<CustomerId>,
    Query(query): Query<ExportCustomer>,
) -> Result<Json<CustomerExport>, Problem> {
    let ws = caller.workspace();
    let customer = app.store.customer(ws, id).await?;
    let customer = customer.ok_or_else(|| Problem::not_found("a customer"))?;
    let traces = traces(&app, &customer).await?;
    let cursor = query.cursor.map(Cursor::into_text);
    let page = app.store.stored_records(&traces, cursor.as_deref()).await?;
    Ok(Json(CustomerExport {
        customer: serde_json::to_value(&customer).map_err(Problem::internal)?,
        records: page.items.into_iter().map(RecordOut::from).collect(),
        meta: Meta {
            next_cursor: page.next_cursor,
        },
    }))
}

impl From<StoredRecord> for RecordOut {
    fn from(record: StoredRecord) -> Self {
        let StoredRecord {
            kind,
            conversation,
            data,
        } = record;
        Self {
            kind: kind.to_owned(),
            conversation_id: conversation,
            data,
        }
    }
}
