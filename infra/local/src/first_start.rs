//! What the first start makes: a workspace, a key, the loopback connection and demo rules.

use std::path::Path;

use anyhow::Context as _;
use app::App;
use app::bootstrap;
use domain::ids::{ConnectionId, WorkspaceId};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use store::Role;

const FILE: &str = "installation.json";
/// A shorter key could be guessed.
const SHORTEST_KEY: usize = 8;

/// What the control endpoints and the banner need to know. Kept beside the data with mode 0600:
/// it holds the demo key and the loopback secret.
#[derive(Clone, Serialize, Deserialize)]
pub struct Installation {
    /// The demo workspace.
    pub workspace: WorkspaceId,
    /// The demo key.
    pub key: String,
    /// The loopback connection.
    pub loopback: ConnectionId,
    /// The secret that signs its webhooks.
    pub loopback_secret: String,
}

/// The installation in this folder, made now if there is none.
pub async fn open(
    app: &App,
    folder: Option<&Path>,
    preset: Option<&str>,
) -> anyhow::Result<Installation> {
    if let Some(preset) = preset {
        anyhow::ensure!(
            preset.chars().count() >= SHORTEST_KEY,
            "NACHFASS_API_KEY must have at least {SHORTEST_KEY} characters"
        );
    }
    let file = folder.map(|folder| folder.join(FILE));
    let known = match &file {
        Some(file) if file.exists() => {
            let bytes =
                std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
            Some(
                serde_json::from_slice::<Installation>(&bytes)
                    .with_context(|| format!("reading {}", file.display()))?,
            )
        }
        _ => None,
    };
    let installation = match known {
        Some(known) => with_key(app, known, preset).await?,
        None => make(app, preset).await?,
    };
    if let Some(file) = &file {
        local::write_private(file, &serde_json::to_vec_pretty(&installation)?)
            .with_context(|| format!("writing {}", file.display()))?;
    }
    Ok(installation)
}

async fn make(app: &App, preset: Option<&str>) -> anyhow::Result<Installation> {
    let preset = preset.map(|key| SecretString::from(key.to_owned()));
    // No quiet hours here, so that the tour works at any hour of the day.
    let made =
        bootstrap::create_workspace(app, "Salon Sonnenschein", None, preset, Role::Owner).await?;
    Ok(Installation {
        workspace: made.workspace,
        key: made.key.expose_secret().to_owned(),
        loopback: made.loopback,
        loopback_secret: made.loopback_secret.expose_secret().to_owned(),
    })
}

/// Another preset key than last time opens the same workspace.
async fn with_key(
    app: &App,
    known: Installation,
    preset: Option<&str>,
) -> anyhow::Result<Installation> {
    let Some(preset) = preset.filter(|preset| *preset != known.key) else {
        return Ok(known);
    };
    let secret = SecretString::from(preset.to_owned());
    bootstrap::create_key(
        app,
        known.workspace,
        Role::Owner,
        "preset key",
        Some(secret),
    )
    .await?;
    Ok(Installation {
        key: preset.to_owned(),
        ..known
    })
}
