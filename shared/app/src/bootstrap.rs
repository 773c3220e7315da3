//! The first workspace of an installation: settings, a loopback connection to play the customer
//! on, and the owner's key. No third-party account is needed (NX-13).

use std::collections::BTreeMap;

use domain::channel::Channel;
use domain::connection::{Connection, ConnectionState};
use domain::ids::{ConnectionId, KeyId, WorkspaceId};
use domain::local_time::QuietHours;
use domain::settings::Settings;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use store::{ApiKey, KeyHash, Resource, Role};

use crate::connection_secrets::{WEBHOOK_SECRETS, new_name};
use crate::{App, AppError, audit, erase};

const KEY_PREFIX: &str = "nf_";

/// What is made. The key and the secret are shown this once.
#[derive(Debug)]
pub struct Bootstrapped {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The owner's key.
    pub key: SecretString,
    /// The loopback connection.
    pub loopback: ConnectionId,
    /// The secret that signs its webhooks.
    pub loopback_secret: SecretString,
}

impl Bootstrapped {
    /// Chooses ids and secrets and makes nothing yet.
    #[must_use]
    pub fn choose(app: &App, preset_key: Option<SecretString>) -> Self {
        let now = app.now();
        Self {
            workspace: WorkspaceId::new(now, app.random10()),
            loopback: ConnectionId::new(now, app.random10()),
            loopback_secret: random_secret(app, "lbs_"),
            key: preset_key.unwrap_or_else(|| random_secret(app, KEY_PREFIX)),
        }
    }
}

/// Makes a workspace with its loopback connection and a key.
pub async fn create_workspace(
    app: &App,
    name: &str,
    quiet_hours: Option<QuietHours>,
    preset_key: Option<SecretString>,
    role: Role,
) -> Result<Bootstrapped, AppError> {
    let chosen = Bootstrapped::choose(app, preset_key);
    make_workspace(app, &chosen, name, quiet_hours, role).await?;
    Ok(chosen)
}

/// Makes what was chosen, as far as it is not there yet: who died half-way calls it again.
pub async fn make_workspace(
    app: &App,
    chosen: &Bootstrapped,
    name: &str,
    quiet_hours: Option<QuietHours>,
    role: Role,
) -> Result<(), AppError> {
    let now = app.now();
    let workspace = chosen.workspace;
    let defaults = &app.config.defaults;
    let settings = Settings {
        business_name: name.to_owned(),
        assess_delay_seconds: defaults.assess_delay_seconds,
        ai_daily_tokens: defaults.daily_tokens,
        ..Settings::new(workspace, defaults.zone, defaults.locale, quiet_hours)
    };
    app.store.put_settings(&settings).await?;
    erase::create_key(app, workspace).await?;

    let secret_name = new_name(app, chosen.loopback, WEBHOOK_SECRETS);
    let connection = Connection {
        id: chosen.loopback,
        workspace,
        version: 1,
        channel: Channel::Loopback,
        name: "Loopback".to_owned(),
        account: None,
        business_account: None,
        sender: None,
        mail: None,
        voice: None,
        state: ConnectionState::Active,
        secrets: BTreeMap::from([(WEBHOOK_SECRETS.to_owned(), secret_name.clone())]),
        hold: None,
        created_at: now,
        updated_at: now,
    };
    app.secrets
        .put(&secret_name, &chosen.loopback_secret)
        .await?;
    app.store.create_connection(&connection).await?;

    let key = Some(chosen.key.clone());
    create_key(app, workspace, role, "first key", key).await?;
    Ok(())
}

/// Makes a key for a workspace; it is shown this once and stored hashed.
pub async fn create_key(
    app: &App,
    workspace: WorkspaceId,
    role: Role,
    name: &str,
    preset: Option<SecretString>,
) -> Result<SecretString, AppError> {
    let now = app.now();
    let key = preset.unwrap_or_else(|| random_secret(app, KEY_PREFIX));
    let record = ApiKey {
        id: KeyId::new(now, app.random10()),
        workspace,
        role,
        name: name.to_owned(),
        hint: hint(key.expose_secret()),
        created_at: now,
        location: None,
    };
    // `false`: this very key exists already, so a preset one is simply used again.
    let change = audit::Change {
        by: None,
        action: "create_key",
    };
    let what = (Resource::Key, record.id.to_string());
    let entry = change.of(app, now, what, Value::Null, in_audit(&record));
    app.store
        .noting(workspace, &entry)?
        .create_key(&KeyHash::of(key.expose_secret()), &record)
        .await?;
    Ok(key)
}

/// Takes a key away whose text is known, while the one that is kept instead is there. One that is
/// gone already stays gone.
pub async fn delete_key(
    app: &App,
    workspace: WorkspaceId,
    key: &str,
    kept: &str,
) -> Result<(), AppError> {
    let of_workspace = async |key: &str| {
        let found = app.store.key_by_hash(&KeyHash::of(key)).await?;
        Ok::<_, AppError>(found.filter(|record| record.workspace == workspace))
    };
    let (Some(record), Some(kept)) = (of_workspace(key).await?, of_workspace(kept).await?) else {
        return Ok(());
    };
    let change = audit::Change {
        by: None,
        action: "delete_key",
    };
    let what = (Resource::Key, record.id.to_string());
    let entry = change.of(app, app.now(), what, in_audit(&record), Value::Null);
    app.store
        .noting(workspace, &entry)?
        .delete_key(workspace, record.id, kept.id)
        .await?;
    Ok(())
}

fn in_audit(key: &ApiKey) -> Value {
    json!({"id": key.id, "name": key.name, "role": key.role, "hint": key.hint})
}

/// 32 random bytes as text.
#[must_use]
pub fn random_secret(app: &App, prefix: &str) -> SecretString {
    let mut bytes = [0; 32];
    app.entropy.fill(&mut bytes);
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    SecretString::from(format!("{prefix}{text}"))
}

/// The first characters of a key, to recognise it by in lists. Of a short one that somebody chose
/// no more than a quarter.
#[must_use]
pub fn hint(key: &str) -> String {
    let shown: String = key.chars().take(7.min(key.chars().count() / 4)).collect();
    format!("{shown}…")
}
