//! The secrets of a connection: which ones a channel has, how they are checked and kept.

use app::App;
use app::connection_secrets::{APP_SECRETS, TOKEN, VERIFY_TOKEN, WEBHOOK_SECRETS, new_name};
use domain::channel::Channel;
use domain::connection::{Connection, secrets_of};
use domain::field::{FieldError, FieldErrors};

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
    /// The token for sending: of the app user, the page or the bot. SMS: the auth token of the
    /// account, which also signs what the provider posts.
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

    /// Keeps the new values under new names and enters these into the connection. Nobody uses
    /// them before the connection is stored.
    pub(super) async fn put(
        self,
        app: &App,
        connection: &mut Connection,
    ) -> Result<Swapped, Problem> {
        let mut swapped = Swapped::default();
        for (kind, value) in self.0 {
            let replaced = match value {
                Some(value) => {
                    let name = new_name(app, connection.id, kind);
                    app.secrets.put(&name, &value).await?;
                    swapped.new.push(name.clone());
                    connection.secrets.insert(kind.to_owned(), name)
                }
                None => connection.secrets.remove(kind),
            };
            swapped.old.extend(replaced);
        }
        Ok(swapped)
    }
}

/// The names of values that one write of a connection puts into use, and out of it.
#[derive(Default)]
pub(super) struct Swapped {
    new: Vec<String>,
    old: Vec<String>,
}

impl Swapped {
    /// What is not in use now that the write went through, or was refused. After a failure nobody
    /// knows which it is, and both stay.
    pub(super) async fn clean_up(self, app: &App, stored: bool) {
        remove(app, if stored { self.old } else { self.new }).await;
    }
}

/// Removes values that nothing refers to any more. One that stays can do no harm but lie there,
/// so the request does not fail for it.
pub(super) async fn remove(app: &App, names: impl IntoIterator<Item = String>) {
    for name in names {
        if let Err(error) = app.secrets.delete(&name).await {
            tracing::error!(secret.name = %name, error = %error, "a secret that is not in use any more could not be removed");
        }
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
    if !secrets_of(channel).contains(&name) {
        let known = secrets_of(channel).join(", ");
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
