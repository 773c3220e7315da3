//! An HTTP request as a value. Somebody else carries it.

use std::fmt;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde::Serialize;

/// The verbs we need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Read.
    Get,
    /// Send or create.
    Post,
}

impl Method {
    /// The verb as HTTP spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// A request, ready to be carried. `Debug` hides tokens, addresses and texts.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// The verb.
    pub method: Method,
    /// The full address; on Telegram it contains the bot's token.
    pub url: String,
    /// Header fields, among them the authorisation.
    pub headers: Vec<(String, String)>,
    /// The body: UTF-8 JSON, a form, or empty.
    pub body: Vec<u8>,
}

impl HttpRequest {
    pub(crate) fn get(url: String) -> Self {
        Self {
            method: Method::Get,
            url,
            headers: vec![("accept".to_owned(), "application/json".to_owned())],
            body: Vec::new(),
        }
    }

    pub(crate) fn post_json(url: String, body: &serde_json::Value) -> Self {
        Self {
            method: Method::Post,
            url,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: body.to_string().into_bytes(),
        }
    }

    pub(crate) fn post_form(url: String, fields: &[(&str, String)]) -> Self {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        let content_type = "application/x-www-form-urlencoded".to_owned();
        Self {
            method: Method::Post,
            url,
            headers: vec![
                ("accept".to_owned(), "application/json".to_owned()),
                ("content-type".to_owned(), content_type),
            ],
            body: form.finish().into_bytes(),
        }
    }

    pub(crate) fn basic(mut self, user: &str, password: &str) -> Self {
        let credentials = BASE64_STANDARD.encode(format!("{user}:{password}"));
        self.headers
            .push(("authorization".to_owned(), format!("Basic {credentials}")));
        self
    }

    pub(crate) fn bearer(mut self, token: &str) -> Self {
        self.headers
            .push(("authorization".to_owned(), format!("Bearer {token}")));
        self
    }

    /// The address without the secrets in it, for logs and outboxes.
    pub fn redacted_url(&self) -> String {
        let url = self.url.split('?').next().unwrap_or_default();
        let segments = url.split('/').map(|segment| match segment {
            bot if bot.starts_with("bot") && bot.contains(':') => "bot…",
            other => other,
        });
        segments.collect::<Vec<_>>().join("/")
    }
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("HttpRequest")
            .field("method", &self.method.as_str())
            .field("url", &self.redacted_url())
            .field("headers", &headers)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_neither_token_nor_text() {
        let body = serde_json::json!({"text": "Hallo Anna"});
        let url = "https://api.telegram.org/bot42:geheim/sendMessage?x=geheim".to_owned();
        let request = HttpRequest::post_json(url, &body).bearer("geheim");
        let shown = format!("{request:?}");
        assert!(
            !shown.contains("geheim") && !shown.contains("Anna"),
            "{shown}"
        );
        assert!(
            shown.contains("https://api.telegram.org/bot…/sendMessage"),
            "{shown}"
        );
    }
}
