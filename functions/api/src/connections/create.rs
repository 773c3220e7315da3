//! Making a connection.

use std::collections::BTreeMap;
use std::sync::Arc;

use app::App;
use app::bootstrap::random_secret;
use app::connection_secrets::WEBHOOK_SECRETS;
use axum::extract::State;
use domain::connection::{Connection, ConnectionState, secrets_of};
use domain::field::FieldErrors;
use domain::ids::ConnectionId;
use secrecy::ExposeSecret as _;
use store::Resource;

use super::wire::{
    ConnectionCreated, ConnectionIn, ConnectionOut, check_accounts, name, only_one_of_account,
};
use crate::auth::Admin;
use crate::http::{Json, Problem, Versioned, WriteProblems};

/// Every decision reads all connections of a workspace.
const MOST_CONNECTIONS: usize = 100;

/// Make a connection; it is active at once, or as soon as the secrets in `missing` are set.
///
/// There is no `Idempotency-Key` here, because the answer may hold a secret and is kept nowhere. If
/// it got lost, look for the connection in the list and replace its secrets, or delete it.
#[utoipa::path(
    post, path = "/v1/connections", tag = "connections", security(("key" = ["admin"])),
    request_body = ConnectionIn,
    responses(
        (status = 201, description = "It was made.", body = ConnectionCreated, headers(
            ("ETag" = String, description = "The version."),
            ("Location" = String, description = "Where the connection is.")
        )),
        WriteProblems
    )
)]
pub(crate) async fn create_connection(
    caller: Admin,
    State(app): State<Arc<App>>,
    Json(body): Json<ConnectionIn>,
) -> Result<Versioned<ConnectionCreated>, Problem> {
    let (ws, now) = (caller.workspace(), app.now());
    let mut errors = FieldErrors::default();
    let name = errors.take(name(&body.name)).unwrap_or_default();
    let mut secrets = body.secrets.checked(body.channel, &mut errors);
    let mut connection = Connection {
        id: ConnectionId::new(now, app.random10()),
        workspace: ws,
        version: 1,
        channel: body.channel,
        name,
        account: body.account,
        business_account: body.business_account,
        sender: body.sender,
        mail: body.mail.map(Into::into),
        voice: body.voice.map(|voice| voice.checked(&mut errors)),
        state: ConnectionState::Active,
        secrets: BTreeMap::new(),
        hold: None,
        created_at: now,
        updated_at: now,
    };
    check_accounts(&connection, &mut errors);
    errors.finish()?;
    let book = app.fresh_book(ws).await?;
    only_one_of_account(&connection, &book.connections)?;
    if book.connections.len() >= MOST_CONNECTIONS {
        return Err(Problem::conflict(format!(
            "a workspace has at most {MOST_CONNECTIONS} connections; delete one first"
        )));
    }

    let mut generated = None;
    if secrets_of(connection.channel).contains(&WEBHOOK_SECRETS) && !secrets.sets(WEBHOOK_SECRETS) {
        let secret = random_secret(&app, "whs_");
        generated = Some(secret.expose_secret().to_owned());
        secrets.set(WEBHOOK_SECRETS, secret);
    }
    // Secrets first: a connection must never be there without what verifies its webhooks.
    let swapped = secrets.put(&app, &mut connection).await?;
    let store = caller.noting(
        &app,
        "create_connection",
        (Resource::Connection, connection.id.to_string()),
        &(),
        &ConnectionOut::new(connection.clone(), now),
    )?;
    let stored = store.create_connection(&connection).await?;
    swapped.clean_up(&app, stored).await;
    if !stored {
        return Err(Problem::stale(None));
    }
    app.fresh_book(ws).await?;
    let location = format!("/v1/connections/{}", connection.id);
    let body = ConnectionCreated {
        connection: ConnectionOut::new(connection, now),
        webhook_secret: generated,
    };
    Ok(Versioned::created(1, location, body))
}
