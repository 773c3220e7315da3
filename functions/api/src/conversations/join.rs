//! Whose conversation it is.

use std::sync::Arc;

use app::App;
use app::audit::Change;
use app::join::{Joined, MOST_CONVERSATIONS, join};
use axum::extract::State;
use domain::field::FieldError;
use domain::ids::{ConversationId, CustomerId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::find::{answer, missing};
use super::wire::ConversationOut;
use crate::auth::Agent;
use crate::http::{Id, Json, Problem, Versioned, WriteProblems};
use crate::schema;

/// Who it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct JoinIn {
    /// `customer.id` of any conversation with the same person.
    #[schema(value_type = schema::CustomerId)]
    customer_id: String,
}

/// Say that a conversation is with a customer who is known from another one.
///
/// Follow-ups can then move between the customer's conversations. What either of the two refused
/// stays refused, and messages to either count for the frequency cap. The customer it belonged to
/// stays, with the conversations left; naming that one here gives the conversation back, without
/// what was taken over. Repeating the request changes nothing.
#[utoipa::path(
    put, path = "/v1/conversations/{id}/customer", tag = "conversations",
    security(("key" = ["agent"])),
    params(("id" = schema::ConversationId, Path)),
    request_body = JoinIn,
    responses(
        (status = 200, description = "As it is now.", body = ConversationOut,
         headers(("ETag" = String, description = "The version."))),
        WriteProblems
    )
)]
pub(crate) async fn join_conversation(
    caller: Agent,
    State(app): State<Arc<App>>,
    Id(id): Id<ConversationId>,
    Json(body): Json<JoinIn>,
) -> Result<Versioned<ConversationOut>, Problem> {
    let unknown = || {
        let error = FieldError::new(
            "customer_id",
            "unknown_value",
            "there is no customer with this id",
            "send `customer.id` of a conversation with the same person",
        );
        Problem::invalid(vec![error])
    };
    let customer = CustomerId::parse(&body.customer_id).map_err(|_| unknown())?;
    let change = Change {
        by: Some(caller.key().id),
        action: "join_conversation",
    };
    match join(&app, caller.workspace(), id, customer, change).await? {
        Joined::Done(loaded) => answer(&app, loaded.conversation, Some(&loaded.customer)).await,
        Joined::NoConversation => Err(missing()),
        Joined::NoCustomer => Err(unknown()),
        Joined::GoesOn(other) => Err(Problem::conflict(format!(
            "this conversation goes on as {other}; say it there"
        ))),
        Joined::Erasing => Err(Problem::conflict(
            "the customer of this conversation, or the one named, is being erased",
        )),
        Joined::Full => Err(Problem::conflict(format!(
            "the customer has {MOST_CONVERSATIONS} conversations, and cannot have more"
        ))),
    }
}
