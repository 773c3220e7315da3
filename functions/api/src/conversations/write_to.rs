//! Staff write to a customer who has not written: to an address of theirs (MO-01).

use std::sync::Arc;

use app::App;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::channel::Channel;
use domain::connection::Connection;
use domain::consent::Medium;
use domain::contact::EmailAddress;
use domain::conversation::OnReply;
use domain::customer::Customer;
use domain::field::FieldError;
use domain::ids::{ConnectionId, CustomerId};
use domain::receipt::Reason;
use domain::rule::Purpose;
use serde::{Deserialize, Serialize};
use store::Book;
use utoipa::ToSchema;

use super::message::MessageOut;
use super::wire::Words;
use super::write::{MessageIn, Target, write};
use crate::auth::Agent;
use crate::http::{
    Id, IdempotencyHeader, IdempotencyKey, Json, Once, Problem, WriteProblems, once,
};
use crate::schema;

/// What staff write to a customer.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CustomerMessageIn {
    /// How it travels.
    medium: MessageMedium,
    /// The subject of the e-mail; variables as in the text.
    #[schema(min_length = 1, max_length = 200)]
    subject: String,
    /// The text. `##{{first_name}}`, `##{{last_name}}`, `##{{full_name}}` and `##{{business_name}}`
    /// are filled in; other variables are refused.
    #[schema(min_length = 1, max_length = 20000)]
    text: String,
    /// Which of the customer's addresses; unless given, the first that is not for advertising only.
    #[serde(default)]
    #[schema(required = false, max_length = 254)]
    to: Option<String>,
    /// On which connection; unless given, the only active one for this medium.
    #[serde(default)]
    #[schema(value_type = Option<schema::ConnectionId>, required = false)]
    connection: Option<ConnectionId>,
    /// When it is to go out, at most a year ahead; now unless given. Until then it can be changed and
    /// withdrawn.
    #[serde(default)]
    #[schema(required = false)]
    send_at: Option<DateTime<Utc>>,
    /// What becomes of it if the customer writes before that: `cancel`, `hold` or `keep`. Unless given,
    /// `hold` for what has a `send_at`, and `keep` for what goes out now.
    #[serde(default)]
    #[schema(value_type = Option<schema::OnReply>, required = false)]
    on_reply: Option<OnReply>,
}

/// How a message travels to somebody who need not have written.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum MessageMedium {
    Email,
}

/// Write to a customer by e-mail (202: it is on its way); the conversation begins with it, unless
/// there is one.
#[utoipa::path(
    post, path = "/v1/customers/{id}/messages", tag = "customers",
    security(("key" = ["agent"])),
    params(("id" = schema::CustomerId, Path), IdempotencyHeader),
    request_body = CustomerMessageIn,
    responses(
        (status = 202, body = MessageOut, description = "The message will be sent."),
        WriteProblems
    )
)]
pub(crate) async fn create_customer_message(
    caller: Agent,
    State(app): State<Arc<App>>,
    Id(id): Id<CustomerId>,
    key: IdempotencyKey,
    Json(body): Json<CustomerMessageIn>,
) -> Result<Response, Problem> {
    let fingerprint = serde_json::to_string(&body).unwrap_or_default();
    let ws = caller.workspace();
    let at = Once {
        app: &app,
        ws,
        key,
        request: format!("POST /v1/customers/{id}/messages {fingerprint}"),
        now: app.now(),
    };
    let customer = app.store.customer(ws, id).await?;
    let customer = customer.ok_or_else(|| Problem::not_found("a customer"))?;
    let book = app.fresh_book(ws).await?;
    let target = Target::Address {
        customer: id,
        connection: Box::new(connection(&book, body.connection)?.clone()),
        address: address(&customer, &book, body.to.as_deref())?,
    };
    let message = MessageIn::email(body.subject, body.text, body.send_at, body.on_reply);
    let message = message.checked()?;
    Box::pin(once(at, |keep| write(&app, &caller, target, message, keep))).await
}

/// The connection for e-mail that was named, or the only one.
fn connection(book: &Book, wanted: Option<ConnectionId>) -> Result<&Connection, Problem> {
    let wrong = |code, message: &str, remedy| {
        let error = FieldError::new("connection", code, message, remedy);
        Problem::invalid(vec![error])
    };
    if let Some(id) = wanted {
        let found = book.connection(id);
        return found
            .filter(|found| found.channel == Channel::Email)
            .ok_or_else(|| {
                let message = "there is no connection for e-mail with this id";
                wrong("unknown", message, "see `GET /v1/connections`")
            });
    }
    let known = book.connections.iter();
    let mut active = known.filter(|it| it.channel == Channel::Email && it.is_active());
    match (active.next(), active.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => Err(Problem::conflict(
            "no connection for e-mail is active; make one with `POST /v1/connections`, or switch one on",
        )),
        (Some(_), Some(_)) => {
            let message = "several connections for e-mail are active";
            Err(wrong("required", message, "name the one to send on"))
        }
    }
}

/// An address of the customer's, or the one for messages to them.
fn address(
    customer: &Customer,
    book: &Book,
    wanted: Option<&str>,
) -> Result<EmailAddress, Problem> {
    let profile = &customer.profile;
    let Some(wanted) = wanted else {
        let first = profile.email_for(Purpose::Transactional).cloned();
        return first.ok_or_else(|| {
            let words = Words::of(&book.settings, None);
            let medium = Medium::Email;
            let reason = Reason::NoAddress { medium };
            Problem::conflict(reason.explain(words.locale, words.zone))
        });
    };
    let key = EmailAddress::parse(wanted)
        .ok()
        .map(|address| address.key());
    let mut known = profile.emails.iter();
    let found = known.find(|known| Some(known.value.key()) == key);
    found.map(|found| found.value.clone()).ok_or_else(|| {
        Problem::invalid(vec![FieldError::new(
            "to",
            "unknown",
            "the customer has no such e-mail address",
            "add it to the customer first, or leave `to` out",
        )])
    })
}
