//! The names of secrets under which the API stores them and the functions find them.

use domain::ids::ConnectionId;

/// Token for sending.
pub const TOKEN: &str = "token";
/// Meta: the app secrets that sign webhooks, one per line; several while one is being replaced.
pub const APP_SECRETS: &str = "app_secrets";
/// Meta: the token of the GET handshake.
pub const VERIFY_TOKEN: &str = "verify_token";
/// Telegram: the secret tokens in the header; loopback: the signing secrets. One per line.
pub const WEBHOOK_SECRETS: &str = "webhook_secrets";
/// The key of an OpenAI-compatible model endpoint.
pub const MODEL_KEY: &str = "model/key";

/// The full name of a connection's secret.
#[must_use]
pub fn of(connection: ConnectionId, name: &str) -> String {
    format!("{connection}/{name}")
}
