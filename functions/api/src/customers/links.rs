//! A link for a customer: to the page of their preferences, or to the end of a class of messages.

use std::sync::Arc;

use app::App;
use app::config::CalledAt;
use app::links::{self, Recipient};
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json as Out};
use domain::consent::Class;
use domain::ids::CustomerId;
use serde::{Deserialize, Serialize};
use store::{LinkKind, Resource};
use utoipa::ToSchema;

use crate::auth::Admin;
use crate::http::{Id, Json, Problem, WriteProblems};
use crate::schema;

/// What the link is for.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(tag = "for", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum LinkIn {
    /// The page of all their preferences.
    Preferences {},
    /// The end of a class of messages: the page says so, and asks first.
    Unsubscribe {
        /// `sms_transactional` ends all SMS, `chat_transactional` all automated chat messages.
        #[schema(value_type = schema::ConsentClass)]
        class: Class,
    },
}

/// A link, good for as long as there is the customer.
#[derive(Serialize, ToSchema)]
#[schema(as = CustomerLink)]
pub(crate) struct LinkOut {
    /// Whoever has it may change what it is for, without a login: give it to the customer only.
    url: String,
    #[serde(flatten)]
    kind: LinkIn,
}

impl From<LinkIn> for LinkKind {
    fn from(wanted: LinkIn) -> Self {
        match wanted {
            LinkIn::Preferences {} => Self::Preferences,
            LinkIn::Unsubscribe { class } => Self::Unsubscribe { class },
        }
    }
}

/// Make a link for a customer.
///
/// The same again is the same link. Following it changes nothing; only what the customer sends from
/// the page does, and it is written to their ledger as their own word.
#[utoipa::path(
    post, path = "/v1/customers/{id}/links", tag = "customers", security(("key" = ["admin"])),
    params(("id" = schema::CustomerId, Path)),
    request_body = LinkIn,
    responses((status = 201, description = "The link.", body = LinkOut), WriteProblems)
)]
pub(crate) async fn create_link(
    caller: Admin,
    State(app): State<Arc<App>>,
    called_at: Option<Extension<CalledAt>>,
    Id(id): Id<CustomerId>,
    Json(wanted): Json<LinkIn>,
) -> Result<(StatusCode, Out<LinkOut>), Problem> {
    let called_at = called_at.as_ref().map(|Extension(host)| host);
    let base = app.config.public_url(called_at).ok_or_else(|| {
        Problem::conflict("where customers reach this installation is not known; set `PUBLIC_URL`")
    })?;
    let to = Recipient {
        workspace: caller.workspace(),
        customer: id,
        conversation: None,
    };
    let what = (Resource::Customer, id.to_string());
    let store = caller.noting(&app, "create_link", what, &(), &wanted)?;
    let token = links::make(&app, &store, to, wanted.into()).await?;
    let token = token.ok_or_else(|| Problem::not_found("a customer"))?;
    let url = links::url(&base, &token);
    Ok((StatusCode::CREATED, Out(LinkOut { url, kind: wanted })))
}
