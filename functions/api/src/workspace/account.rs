//! `/v1/account`: whether it is locked because it mainly sends messages, and the owner's exception (MO-25).

use std::sync::Arc;

use app::App;
use axum::Json as Out;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use domain::account::{Account, Exception};
use domain::field::FieldError;
use domain::ids::KeyId;
use domain::settings::Settings;
use serde::{Deserialize, Serialize};
use store::Resource;
use utoipa::ToSchema;

use super::settings::AccountLock;
use crate::auth::{Caller, Owner, Viewer};
use crate::conversations::Words;
use crate::http::{ItemProblems, Json, Problem, WriteProblems};
use crate::schema;

/// How the account stands.
#[derive(Serialize, ToSchema)]
#[schema(as = Account)]
pub(crate) struct AccountOut {
    /// Nothing leaves while it is: messages are refused, follow-ups are skipped with this reason.
    locked: bool,
    /// Why.
    message: Option<String>,
    /// What is asked of it; `null`: nothing.
    rule: Option<AccountLock>,
    /// Of the last 30 days, as of `looked_at`.
    messages: u64,
    /// How many would have been fine; `null`: any number.
    messages_allowed: Option<u64>,
    /// Visits, and appointments to come.
    bookings: u64,
    /// Customers who came, or wrote.
    active_customers: u64,
    /// `null`: nobody has looked yet. It is looked at once a day, and a minute after the rule was changed.
    looked_at: Option<DateTime<Utc>>,
    exception: Option<AccountException>,
}

/// Leave to send nevertheless.
#[derive(Serialize, ToSchema)]
struct AccountException {
    #[schema(value_type = schema::KeyId)]
    by: KeyId,
    at: DateTime<Utc>,
    /// `null`: for good.
    until: Option<DateTime<Utc>>,
}

/// Leave to send nevertheless.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExceptionIn {
    /// Until when; for good unless given.
    #[serde(default)]
    #[schema(required = false)]
    until: Option<DateTime<Utc>>,
}

impl AccountOut {
    fn new(account: Account, settings: &Settings, now: DateTime<Utc>) -> Self {
        let refusal = account.gate(settings.account_lock, now).and_then(|it| it.1);
        let words = Words::of(settings, None);
        Self {
            locked: refusal.is_some(),
            message: refusal.map(|reason| reason.explain(words.locale, words.zone)),
            rule: settings.account_lock.map(AccountLock::from),
            messages: account.activity.messages,
            messages_allowed: settings
                .account_lock
                .map(|rule| rule.limit(account.activity)),
            bookings: account.activity.bookings,
            active_customers: account.activity.active_customers,
            looked_at: account.looked_at,
            exception: account.exception.map(|it| AccountException {
                by: it.by,
                at: it.at,
                until: it.until,
            }),
        }
    }
}

/// Get the account: whether it is locked, and what that goes by.
#[utoipa::path(
    get, path = "/v1/account", tag = "workspace", security(("key" = ["viewer"])),
    responses((status = 200, description = "As it is now.", body = AccountOut), ItemProblems)
)]
pub(crate) async fn get_account(
    caller: Viewer,
    State(app): State<Arc<App>>,
) -> Result<Out<AccountOut>, Problem> {
    let book = app.fresh_book(caller.workspace()).await?;
    Ok(Out(AccountOut::new(
        book.account,
        &book.settings,
        app.now(),
    )))
}

/// Let the account send although it is locked. The audit log keeps who did so.
#[utoipa::path(
    put, path = "/v1/account/exception", tag = "workspace", security(("key" = ["owner"])),
    request_body = ExceptionIn,
    responses((status = 200, description = "As it is now.", body = AccountOut), WriteProblems)
)]
pub(crate) async fn except_account(
    caller: Owner,
    State(app): State<Arc<App>>,
    Json(body): Json<ExceptionIn>,
) -> Result<Out<AccountOut>, Problem> {
    let now = app.now();
    if body.until.is_some_and(|until| until <= now) {
        return Err(Problem::invalid(vec![FieldError::new(
            "until",
            "in_the_past",
            "this time has passed",
            "choose a later one, or none: then the exception is for good",
        )]));
    }
    let exception = Exception {
        by: caller.key().id,
        at: now,
        until: body.until,
    };
    change(&app, &caller, "except_account", Some(exception)).await
}

/// End the exception.
#[utoipa::path(
    delete, path = "/v1/account/exception", tag = "workspace", security(("key" = ["owner"])),
    responses((status = 204, description = "There is none."), WriteProblems)
)]
pub(crate) async fn end_account_exception(
    caller: Owner,
    State(app): State<Arc<App>>,
) -> Result<StatusCode, Problem> {
    change(&app, &caller, "end_account_exception", None)
        .await
        .map(|_| StatusCode::NO_CONTENT)
}

async fn change(
    app: &App,
    caller: &Caller,
    action: &'static str,
    exception: Option<Exception>,
) -> Result<Out<AccountOut>, Problem> {
    let (ws, now) = (caller.workspace(), app.now());
    let before = app.store.account(ws).await?;
    let settings = &app.book(ws).await?.settings;
    let shown = |account| AccountOut::new(account, settings, now);
    let after = Account {
        version: before.version + 1,
        exception,
        ..before
    };
    if before.exception != exception {
        let what = (Resource::Account, ws.to_string());
        let store = caller.noting(app, action, what, &before.exception, &exception)?;
        if !store.put_account(ws, &after, None).await? {
            return Err(Problem::stale(None));
        }
        app.fresh_book(ws).await?;
    }
    Ok(Out(shown(after)))
}
