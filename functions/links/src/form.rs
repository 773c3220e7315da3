//! What is sent from a page, or by a mail program.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};

use crate::answer::Refusal;

/// The field and its value that mail programs send (RFC 8058).
const ONE_CLICK: (&str, &str) = ("List-Unsubscribe", "One-Click");

/// The fields of a form.
#[derive(Debug)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    pub(crate) fn read(
        headers: &HeaderMap,
        body: Result<Bytes, BytesRejection>,
    ) -> Result<Self, Refusal> {
        let body = body.map_err(|rejection| Refusal(rejection.status()))?;
        let kind = headers
            .get(CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or_default().to_ascii_lowercase();
        if kind.starts_with("multipart/form-data") {
            // RFC 8058 allows it, for that one field only.
            return Ok(Self(one_click(&body).into_iter().collect()));
        }
        let is_form = kind.starts_with("application/x-www-form-urlencoded");
        if !is_form && !kind.is_empty() {
            return Err(Refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        let pairs = form_urlencoded::parse(&body);
        Ok(Self(
            pairs
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
        ))
    }

    /// Whether a mail program wants it, without any page.
    pub(crate) fn is_one_click(&self) -> bool {
        self.has(ONE_CLICK.0, ONE_CLICK.1)
    }

    pub(crate) fn has(&self, name: &str, value: &str) -> bool {
        self.0.iter().any(|(n, v)| n == name && v == value)
    }
}

/// The field in the parts of a multipart body.
fn one_click(body: &[u8]) -> Option<(String, String)> {
    let text = String::from_utf8_lossy(body);
    let (name, value) = ONE_CLICK;
    let (_, after) = text.split_once(&format!("name=\"{name}\""))?;
    let (_, content) = after
        .split_once("\r\n\r\n")
        .or_else(|| after.split_once("\n\n"))?;
    let found = content.lines().next()?.trim() == value;
    found.then(|| (name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(kind: &'static str, body: &'static str) -> Result<Form, Refusal> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        Form::read(&headers, Ok(Bytes::from_static(body.as_bytes())))
    }

    #[test]
    fn one_click_is_understood_in_both_forms() {
        let form = "application/x-www-form-urlencoded";
        let parts = "multipart/form-data; boundary=x";
        let part = "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n";
        let other = "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nTwo-Click\r\n--x--\r\n";
        for (kind, body, expected) in [
            (form, "List-Unsubscribe=One-Click", true),
            ("", "List-Unsubscribe=One-Click", true),
            (form, "List-Unsubscribe=one-click", false),
            (form, "List-Unsubscribe", false),
            (form, "", false),
            (parts, part, true),
            (parts, other, false),
            (parts, "List-Unsubscribe=One-Click", false),
        ] {
            assert_eq!(read(kind, body).unwrap().is_one_click(), expected, "{body}");
        }
        let json = read("application/json", "{}").unwrap_err();
        assert_eq!(json.0, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
}
