//! Changing, switching and deleting a connection. Any change raises its version, so a send that
//! was claimed before fails its check.

use std::sync::Arc;
use std::time::Duration;

use app::App;
use app::tasks::DueTask;
use axum::extract::State;
use axum::http::StatusCode;
use domain::connection::{Connection, ConnectionState};
use domain::field::FieldErrors;
use domain::ids::ConnectionId;
use store::Resource;

use super::list::{find, shown};
use super::secrets::{Swapped, remove};
use super::wire::{ConnectionOut, ConnectionPatch, check_accounts, name, only_one_of_account};
use crate::auth::{Admin, Caller};
use crate::http::{Id, IfMatch, IfMatchHeader, Json, Patch, Problem, Versioned, WriteProblems};
use crate::schema;

/// Change a connection or replace its secrets.
#[utoipa::path(
    patch, path = "/v1/connections/{id}", tag = "connections", security(("key" = ["admin"])),
    params(("id" = schema::ConnectionId, Path), IfMatchHeader),
    request_body = ConnectionPatch,
    responses(
        (status = 200, description = "As it is now.", body = ConnectionOut,
         headers(("ETag" = String, description = "The version."))),
        WriteProblems
    )
)]
pub(crate) async fn update_connection(
    caller: Admin,
    State(app): State<Arc<App>>,
    Id(id): Id<ConnectionId>,
    if_match: IfMatch,
    Json(patch): Json<ConnectionPatch>,
) -> Result<Versioned<ConnectionOut>, Problem> {
    let before = find(&app, caller.workspace(), id).await?;
    if_match.check(before.version)?;
    let mut after = before.clone();
    let mut errors = FieldErrors::default();
    if let Some(wanted) = &patch.name {
        after.name = errors.take(name(wanted)).unwrap_or_default();
    }
    patch.account.apply(&mut after.account);
    patch.business_account.apply(&mut after.business_account);
    patch.sender.apply(&mut after.sender);
    match patch.mail {
        Patch::Absent => {}
        Patch::Null => after.mail = None,
        Patch::Value(mail) => after.mail = Some(mail.into()),
    }
    match patch.voice {
        Patch::Absent => {}
        Patch::Null => after.voice = None,
        Patch::Value(voice) => after.voice = Some(voice.checked(&mut errors)),
    }
    let secrets = patch.secrets.checked(after.channel, &mut errors);
    check_accounts(&after, &mut errors);
    errors.finish()?;
    if (&after.account, &after.sender) != (&before.account, &before.sender) {
        let book = app.fresh_book(caller.workspace()).await?;
        only_one_of_account(&after, &book.connections)?;
    }
    let swapped = secrets.put(&app, &mut after).await?;
    if after == before {
        return Ok(shown(before, app.now()));
    }
    save(&app, &caller, "update_connection", before, (after, swapped)).await
}

macro_rules! switches {
    ($($(#[$doc:meta])* $name:ident, $path:literal, $state:expr;)*) => {$(
        $(#[$doc])*
        #[utoipa::path(
            post, path = $path, tag = "connections", security(("key" = ["admin"])),
            params(("id" = schema::ConnectionId, Path), IfMatchHeader),
            responses(
                (status = 200, description = "As it is now.", body = ConnectionOut,
                 headers(("ETag" = String, description = "The version."))),
                WriteProblems
            )
        )]
        pub(crate) async fn $name(
            caller: Admin,
            State(app): State<Arc<App>>,
            Id(id): Id<ConnectionId>,
            if_match: IfMatch,
        ) -> Result<Versioned<ConnectionOut>, Problem> {
            switch(&app, &caller, stringify!($name), id, &if_match, $state).await
        }
    )*};
}

switches! {
    /// Let a connection send, also after the platform paused it.
    enable_connection, "/v1/connections/{id}/enable", ConnectionState::Active;
    /// Stop a connection from sending. What comes in is still stored.
    disable_connection, "/v1/connections/{id}/disable", ConnectionState::Disabled;
}

/// Delete a connection with its secrets and templates. Conversations stay readable.
#[utoipa::path(
    delete, path = "/v1/connections/{id}", tag = "connections", security(("key" = ["admin"])),
    params(("id" = schema::ConnectionId, Path), IfMatchHeader),
    responses((status = 204, description = "It is gone."), WriteProblems)
)]
pub(crate) async fn delete_connection(
    caller: Admin,
    State(app): State<Arc<App>>,
    Id(id): Id<ConnectionId>,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    let ws = caller.workspace();
    let connection = find(&app, ws, id).await?;
    if_match.check(connection.version)?;
    let book = app.fresh_book(ws).await?;
    let store = caller.noting(
        &app,
        "delete_connection",
        (Resource::Connection, id.to_string()),
        &ConnectionOut::new(connection.clone(), app.now()),
        &(),
    )?;
    if !store.delete_connection(&connection).await? {
        return Err(Problem::stale(None));
    }
    remove(&app, connection.secrets.into_values()).await;
    for template in book.templates_of(id) {
        app.store.delete_template(ws, &template).await?;
    }
    app.fresh_book(ws).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn switch(
    app: &App,
    caller: &Caller,
    action: &'static str,
    id: ConnectionId,
    if_match: &IfMatch,
    state: ConnectionState,
) -> Result<Versioned<ConnectionOut>, Problem> {
    let before = find(app, caller.workspace(), id).await?;
    if_match.check(before.version)?;
    if before.state == state {
        return Ok(shown(before, app.now()));
    }
    let changed = Connection {
        state,
        ..before.clone()
    };
    save(app, caller, action, before, (changed, Swapped::default())).await
}

async fn save(
    app: &App,
    caller: &Caller,
    action: &'static str,
    before: Connection,
    (changed, swapped): (Connection, Swapped),
) -> Result<Versioned<ConnectionOut>, Problem> {
    let changed = Connection {
        version: changed.version + 1,
        updated_at: app.now(),
        ..changed
    };
    let was_active = before.is_active();
    let store = caller.noting(
        app,
        action,
        (Resource::Connection, changed.id.to_string()),
        &ConnectionOut::new(before, changed.updated_at),
        &ConnectionOut::new(changed.clone(), changed.updated_at),
    )?;
    let stored = store.put_connection(&changed).await?;
    swapped.clean_up(app, stored).await;
    if !stored {
        return Err(Problem::stale(None));
    }
    app.fresh_book(changed.workspace).await?;
    if changed.is_active() && !was_active {
        announce(app, &changed).await;
    }
    let now = changed.updated_at;
    Ok(shown(changed, now))
}

/// What waited for the connection goes out now. Where nobody hears of it, it is found within the
/// hour, so the switch does not fail for it.
async fn announce(app: &App, connection: &Connection) {
    let task = DueTask::ConnectionBackV1 {
        workspace: connection.workspace,
        connection: connection.id,
        cursor: None,
    };
    if let Err(error) = app.queues.send_due(&task, Duration::ZERO).await {
        tracing::warn!(connection.id = %connection.id, error = %error, "nobody could be told that the connection is back; what waits for it is looked at within the hour");
    }
}
