//! What the first start makes: a workspace, a key, the loopback connection and demo rules.
//!
//! Ids and secrets are chosen and written to a file before anything is made, so a start that
//! was killed half-way is finished by the next one, and no second workspace comes about.

use std::path::Path;

use anyhow::Context as _;
use app::App;
use app::bootstrap::{self, Bootstrapped};
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
    /// All of it is there, the demo rules too. Files of older versions do not say so.
    #[serde(default = "yes")]
    pub complete: bool,
}

fn yes() -> bool {
    true
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
    let known = match folder {
        Some(folder) => read(&folder.join(FILE))?,
        None => None,
    };
    let installation = match known {
        Some(known) if known.complete => with_key(app, known, preset).await?,
        Some(known) => known,
        None => {
            let preset = preset.map(|key| SecretString::from(key.to_owned()));
            Bootstrapped::choose(app, preset).into()
        }
    };
    write(folder, &installation)?;
    if installation.complete {
        return Ok(installation);
    }
    // No quiet hours here, so that the tour works at any hour of the day.
    let chosen = Bootstrapped::from(&installation);
    bootstrap::make_workspace(app, &chosen, "Salon Sonnenschein", None, Role::Owner).await?;
    // Another preset key than that of the start that was killed.
    with_key(app, installation, preset).await
}

/// Notes that everything is there.
pub fn completed(folder: Option<&Path>, installation: &mut Installation) -> anyhow::Result<()> {
    installation.complete = true;
    write(folder, installation)
}

fn read(file: &Path) -> anyhow::Result<Option<Installation>> {
    if !file.exists() {
        return Ok(None);
    }
    let bytes = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    let known =
        serde_json::from_slice(&bytes).with_context(|| format!("reading {}", file.display()))?;
    Ok(Some(known))
}

fn write(folder: Option<&Path>, installation: &Installation) -> anyhow::Result<()> {
    let Some(file) = folder.map(|folder| folder.join(FILE)) else {
        return Ok(());
    };
    local::write_private(&file, &serde_json::to_vec_pretty(installation)?)
        .with_context(|| format!("writing {}", file.display()))
}

impl From<Bootstrapped> for Installation {
    fn from(chosen: Bootstrapped) -> Self {
        Self {
            workspace: chosen.workspace,
            key: chosen.key.expose_secret().to_owned(),
            loopback: chosen.loopback,
            loopback_secret: chosen.loopback_secret.expose_secret().to_owned(),
            complete: false,
        }
    }
}

impl From<&Installation> for Bootstrapped {
    fn from(installation: &Installation) -> Self {
        Self {
            workspace: installation.workspace,
            key: installation.key.clone().into(),
            loopback: installation.loopback,
            loopback_secret: installation.loopback_secret.clone().into(),
        }
    }
}

/// Another preset key than last time opens the same workspace, and the one before does no more.
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
    // Before the file forgets it: a start that is killed in between comes by here again.
    bootstrap::delete_key(app, known.workspace, &known.key, preset).await?;
    Ok(Installation {
        key: preset.to_owned(),
        ..known
    })
}
