//! Commands by direct invocation, for whoever may invoke the function (IAM decides): the first
//! key of an installation, or another one when all were lost.

use app::bootstrap;
use app::{App, AppError};
use domain::ids::WorkspaceId;
use domain::local_time::{QuietHours, TimeOfDay};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::{Value, json};
use store::Role;

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The payload is no command.
    #[error(
        "the payload is not a command: {0}; send {{\"nachfass\":\"create_key\",\"role\":\"owner\"}}"
    )]
    Unreadable(#[from] serde_json::Error),
    /// The work failed.
    #[error("the command failed")]
    App(#[from] AppError),
    /// Our own defaults are wrong.
    #[error("the default quiet hours cannot be used")]
    Defaults,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "nachfass", rename_all = "snake_case", deny_unknown_fields)]
enum Command {
    /// A key: for a new workspace, or for the one that is named.
    CreateKey {
        #[serde(default = "owner")]
        role: Role,
        #[serde(default)]
        workspace: Option<WorkspaceId>,
        #[serde(default)]
        name: Option<String>,
    },
}

fn owner() -> Role {
    Role::Owner
}

/// Carries out a command and returns what its caller needs, once.
pub async fn run(app: &App, payload: Value) -> Result<Value, CommandError> {
    let Command::CreateKey {
        role,
        workspace,
        name,
    } = serde_json::from_value(payload)?;
    match workspace {
        Some(workspace) => {
            app.fresh_book(workspace).await?;
            let key = bootstrap::create_key(app, workspace, role, "made by command", None).await?;
            Ok(json!({ "workspace": workspace, "key": key.expose_secret() }))
        }
        None => {
            // People sleep: a new workspace sends nothing automated at night.
            let time = |text| TimeOfDay::parse(text).map_err(|_| CommandError::Defaults);
            let quiet = QuietHours::new(time("21:00")?, time("08:00")?)
                .map_err(|_| CommandError::Defaults)?;
            let name = name.unwrap_or_default();
            let made = bootstrap::create_workspace(app, &name, Some(quiet), None, role).await?;
            Ok(json!({
                "workspace": made.workspace,
                "key": made.key.expose_secret(),
                "loopback": {
                    "connection": made.loopback,
                    "webhook_path": format!("/webhooks/loopback/{}", made.loopback),
                    "secret": made.loopback_secret.expose_secret(),
                },
            }))
        }
    }
}
