//! The secrets of a connection: which ones a channel has, how they are checked and kept.

use std::collections::BTreeMap;

use app::App;
use app::secret_names::{APP_SECRETS, TOKEN, VERIFY_TOKEN, WEBHOOK_SECRETS, of};
use domain::channel::Channel;
use domain::field::{FieldError, FieldErrors};
use domain::ids::ConnectionId;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::http::{Patch, Problem};

/// Longer values do not fit where secrets are kept.
const LONGEST: usize = 4000;
/// Telegram refuses longer webhook secrets.
const LONGEST_WEBHOOK_SECRET: usize = 256;
/// While one is being replaced there are two.
const MOST_AT_ONCE: usize = 5;

/// Secrets to be stored. What is absent stays, `null` removes.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretsIn {
    /// The token for sending: of the app user, the page or the bot.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 4000, write_only)]
    token: Patch<String>,
    /// WhatsApp, Instagram, Messenger: the app secrets that sign webhooks; several while one is
    /// being replaced.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, max_items = 5, write_only)]
    app_secrets: Patch<Vec<String>>,
    /// WhatsApp, Instagram, Messenger: your own word for the webhook handshake.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 4000, write_only)]
    verify_token: Patch<String>,
    /// Telegram: the secret tokens of the webhook. Loopback: the secrets that sign it.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, max_items = 5, write_only)]
    webhook_secrets: Patch<Vec<String>>,
}

/// The names of the secrets that a channel has.
pub(super) fn names(channel: Channel) -> &'static [&'static str] {
    match channel {
        Channel::WhatsApp | Channel::Instagram | Channel::Messenger => {
            &[TOKEN, APP_SECRETS, VERIFY_TOKEN]
        }
        Channel::Telegram => &[TOKEN, WEBHOOK_SECRETS],
        Channel::Loopback => &[WEBHOOK_SECRETS],
    }
}

/// Which secrets are set.
pub(super) async fn present(
    app: &App,
    id: ConnectionId,
    channel: Channel,
) -> Result<BTreeMap<String, bool>, Problem> {
    let mut present = BTreeMap::new();
    for name in names(channel) {
        let found = app.secrets.get(&of(id, name)).await?;
        present.insert((*name).to_owned(), found.is_some());
    }
    Ok(present)
}

/// Removes all of them.
pub(super) async fn remove_all(
    app: &App,
    id: ConnectionId,
    channel: Channel,
) -> Result<(), Problem> {
    for name in names(channel) {
        app.secrets.delete(&of(id, name)).await?;
    }
    Ok(())
}

/// What is to be stored (`Some`) or removed, by name; checked.
pub(super) struct Changes(Vec<(&'static str, Option<SecretString>)>);

impl SecretsIn {
    pub(super) fn checked(self, channel: Channel, errors: &mut FieldErrors) -> Changes {
        let one = |value: Patch<String>| match value {
            Patch::Absent => Patch::Absent,
            Patch::Null => Patch::Null,
            Patch::Value(value) => Patch::Value(vec![value]),
        };
        let given = [
            (TOKEN, one(self.token)),
            (APP_SECRETS, self.app_secrets),
            (VERIFY_TOKEN, one(self.verify_token)),
            (WEBHOOK_SECRETS, self.webhook_secrets),
        ];
        let mut changes = Vec::new();
        for (name, value) in given {
            let change = match value {
                Patch::Absent => continue,
                Patch::Null => None,
                Patch::Value(values) => match joined(name, &values, channel) {
                    Ok(value) => Some(value),
                    Err(error) => {
                        errors.push(error);
                        continue;
                    }
                },
            };
            changes.push((name, change));
        }
        Changes(changes)
    }
}

impl Changes {
    /// Whether a value for this name is among them.
    pub(super) fn sets(&self, name: &str) -> bool {
        self.0
            .iter()
            .any(|(known, value)| *known == name && value.is_some())
    }

    pub(super) fn set(&mut self, name: &'static str, value: SecretString) {
        self.0.push((name, Some(value)));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) async fn store(&self, app: &App, id: ConnectionId) -> Result<(), Problem> {
        for (name, value) in &self.0 {
            match value {
                Some(value) => app.secrets.put(&of(id, name), value).await?,
                None => app.secrets.delete(&of(id, name)).await?,
            }
        }
        Ok(())
    }
}

/// One per line, as the functions read them.
fn joined(name: &str, values: &[String], channel: Channel) -> Result<SecretString, FieldError> {
    let field = format!("secrets.{name}");
    let refuse = |code, message: String, remedy| {
        Err(FieldError::new(
            &field,
            code,
            format!("`{field}` {message}"),
            remedy,
        ))
    };
    if !names(channel).contains(&name) {
        let known = names(channel).join(", ");
        return refuse(
            "not_on_this_channel",
            format!("is no secret of {channel}, which has {known}"),
            "leave it out",
        );
    }
    if values.is_empty() || values.len() > MOST_AT_ONCE {
        return refuse(
            "out_of_range",
            format!(
                "has {} values; 1 to {MOST_AT_ONCE} are allowed",
                values.len()
            ),
            "send `null` to remove it",
        );
    }
    let values: Vec<&str> = values.iter().map(|value| value.trim()).collect();
    // A secret becomes part of a header, an address or a line; it must not break out of it.
    let allowed = |b: u8| b.is_ascii_graphic() && !matches!(b, b'/' | b'?' | b'#');
    if values
        .iter()
        .any(|value| value.is_empty() || !value.bytes().all(allowed))
    {
        return refuse(
            "invalid_characters",
            "is empty or has characters that no token has".to_owned(),
            "copy it again from the platform, without spaces and line breaks",
        );
    }
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let webhook = name == WEBHOOK_SECRETS;
    if webhook
        && values
            .iter()
            .any(|v| v.len() > LONGEST_WEBHOOK_SECRET || !v.bytes().all(plain))
    {
        return refuse(
            "invalid_characters",
            format!("has at most {LONGEST_WEBHOOK_SECRET} letters, digits, `_` and `-`"),
            "choose another secret",
        );
    }
    let text = values.join("\n");
    if text.len() > LONGEST {
        return refuse(
            "too_long",
            format!("has more than {LONGEST} characters together"),
            "remove old ones",
        );
    }
    Ok(SecretString::from(text))
}
