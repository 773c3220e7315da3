//! Connections and their secrets, kept for a minute.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use app::connection_secrets::{APP_SECRETS, TOKEN, VERIFY_TOKEN, WEBHOOK_SECRETS, read};
use app::{App, AppError};
use chrono::{DateTime, TimeDelta, Utc};
use domain::channel::Channel;
use domain::connection::Connection;
use domain::ids::ConnectionId;
use secrecy::{ExposeSecret, SecretString};

/// A replaced secret is accepted at the latest after this.
const KEPT: TimeDelta = TimeDelta::seconds(60);
/// How many are kept; beyond that all go, so that memory stays flat under invented ids.
const MOST: usize = 1000;

/// A connection and what its webhooks are checked against.
pub(crate) struct Known {
    pub(crate) connection: Connection,
    signing: Option<SecretString>,
    verify: Option<SecretString>,
}

impl Known {
    /// Several while one is being replaced.
    pub(crate) fn signing_secrets(&self) -> Vec<&str> {
        lines(self.signing.as_ref())
    }

    pub(crate) fn verify_tokens(&self) -> Vec<&str> {
        lines(self.verify.as_ref())
    }
}

fn lines(secret: Option<&SecretString>) -> Vec<&str> {
    let text = secret.map(ExposeSecret::expose_secret).unwrap_or_default();
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect()
}

type Kept = HashMap<ConnectionId, (DateTime<Utc>, Arc<Known>)>;

#[derive(Default)]
pub(crate) struct KnownConnections(Mutex<Kept>);

impl KnownConnections {
    pub(crate) async fn get(
        &self,
        app: &App,
        id: ConnectionId,
    ) -> Result<Option<Arc<Known>>, AppError> {
        let now = app.now();
        if let Some(known) = self.kept(id, now) {
            return Ok(Some(known));
        }
        let Some(connection) = app.store.connection_by_id(id).await? else {
            return Ok(None);
        };
        let (signing, verify) = match connection.channel {
            Channel::WhatsApp | Channel::Messenger | Channel::Instagram => {
                (APP_SECRETS, Some(VERIFY_TOKEN))
            }
            Channel::Sms => (TOKEN, None),
            // E-mail has no webhook, and no secret that could let one in.
            Channel::Telegram | Channel::Email | Channel::Loopback => (WEBHOOK_SECRETS, None),
        };
        let verify = match verify {
            Some(kind) => read(app, &connection, kind).await?,
            None => None,
        };
        let signing = read(app, &connection, signing).await?;
        let known = Arc::new(Known {
            connection,
            signing,
            verify,
        });
        self.keep(id, Arc::clone(&known), now);
        Ok(Some(known))
    }

    fn kept(&self, id: ConnectionId, now: DateTime<Utc>) -> Option<Arc<Known>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (read_at, known) = kept.get(&id)?;
        (*read_at <= now && now - *read_at < KEPT).then(|| Arc::clone(known))
    }

    fn keep(&self, id: ConnectionId, known: Arc<Known>, now: DateTime<Utc>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(id, (now, known));
    }
}
