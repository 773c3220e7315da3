//! The secrets of a connection: which kinds there are, and how a function finds their values.
//!
//! The connection says under which name each value is kept. A new value gets a new name, and only
//! the write that stores the connection puts it into use: a change that is refused leaves the old
//! value working.

use domain::connection::Connection;
use domain::ids::ConnectionId;
use secrecy::SecretString;

use crate::{App, AppError};

pub use domain::connection::{APP_SECRETS, TOKEN, VERIFY_TOKEN, WEBHOOK_SECRETS};

/// A name that no value is kept under yet.
#[must_use]
pub fn new_name(app: &App, connection: ConnectionId, kind: &str) -> String {
    let random: String = app
        .random10()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{connection}/{kind}/{random}")
}

/// The value that is in use now. `connection` may have been read a while ago.
pub async fn read(
    app: &App,
    connection: &Connection,
    kind: &str,
) -> Result<Option<SecretString>, AppError> {
    let Some(name) = connection.secrets.get(kind) else {
        return Ok(None);
    };
    if let Some(value) = app.secrets.get(name).await? {
        return Ok(Some(value));
    }
    // It was replaced since the connection was read, and the old value removed.
    let ws = connection.workspace;
    let present = app.store.connection(ws, connection.id).await?;
    match present.and_then(|present| present.secrets.get(kind).cloned()) {
        Some(name) => Ok(app.secrets.get(&name).await?),
        None => Ok(None),
    }
}
