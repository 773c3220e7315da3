//! Links in mail: https and nothing else.

use std::fmt;

use domain::field::FieldError;
use domain::variables::{Piece, VariableError, fill, pieces};
use serde::{Deserialize, Serialize};

/// The longest link.
pub const LONGEST: usize = 2_000;

/// An address that starts with `https://`. `Debug` shows the host only: the rest may be a token.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Link(String);

/// The text is no link that may stand in mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Another scheme, or none.
    #[error("must be a full address that starts with https://")]
    NotHttps,
    /// No host, a name and password in it, white space, quotes or brackets.
    #[error("has characters that no address has, or no host")]
    Malformed,
    /// Too long.
    #[error("has more than {LONGEST} bytes")]
    TooLong,
}

impl Link {
    /// The only way in.
    pub fn parse(text: &str) -> Result<Self, LinkError> {
        let text = text.trim();
        let rest = text.strip_prefix("https://").ok_or(LinkError::NotHttps)?;
        if text.len() > LONGEST {
            return Err(LinkError::TooLong);
        }
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let fits_host = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | ':');
        let odd = |c: char| c.is_whitespace() || c.is_control() || "\"'<>\\^`{}|".contains(c);
        let named = host.chars().next().is_some_and(char::is_alphanumeric);
        if !named || !host.chars().all(fits_host) || rest.chars().any(odd) {
            return Err(LinkError::Malformed);
        }
        Ok(Self(text.to_owned()))
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.0.split('/').nth(2).unwrap_or_default();
        write!(f, "Link({host})")
    }
}

impl TryFrom<String> for Link {
    type Error = LinkError;

    fn try_from(text: String) -> Result<Self, LinkError> {
        Self::parse(&text)
    }
}

impl From<Link> for String {
    fn from(link: Link) -> Self {
        link.0
    }
}

/// Checks a link in a template: a link, a variable that stands for one, or a link with variables
/// behind its host.
pub(crate) fn check(
    field: &str,
    text: &str,
    is_link: impl Fn(&str) -> bool,
) -> Result<(), FieldError> {
    let error = |problem: LinkError| {
        FieldError::new(
            field,
            "invalid_link",
            format!("`{field}` {problem}"),
            "write the full address, as in https://example.org/page, or one variable that stands \
             for a link, as in `##{{url}}`",
        )
    };
    let text = text.trim();
    if sole_variable(text).is_some_and(&is_link) {
        return Ok(());
    }
    // Whoever receives the mail must not choose the host.
    let first_variable = text.find("##{{").unwrap_or(text.len());
    let head = &text[..first_variable];
    let host_ends = head
        .strip_prefix("https://")
        .is_some_and(|rest| first_variable == text.len() || rest.contains(['/', '?', '#']));
    if !host_ends {
        return Err(error(LinkError::NotHttps));
    }
    let sample = fill(text, |_| Some("x".into())).map_err(|_| error(LinkError::Malformed))?;
    Link::parse(&sample).map(drop).map_err(error)
}

/// Fills in a link. Values in the middle of an address are percent-encoded.
pub(crate) fn filled(
    text: &str,
    value_of: impl Fn(&str) -> Option<String>,
) -> Result<Result<Link, LinkError>, VariableError> {
    let text = text.trim();
    let whole = sole_variable(text).is_some();
    let link = fill(text, |name| {
        let value = value_of(name)?;
        Some(
            if whole {
                value
            } else {
                percent_encoded(&value)
            }
            .into(),
        )
    })?;
    Ok(Link::parse(&link))
}

fn sole_variable(text: &str) -> Option<&str> {
    let mut parts = pieces(text);
    match (parts.next(), parts.next()) {
        (Some(Ok(Piece::Variable { name, .. })), None) => Some(name),
        _ => None,
    }
}

fn percent_encoded(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_with_a_host_is_a_link() {
        for fine in [
            "https://example.org",
            "https://example.org:8443/a?b=c&d=%20#e",
            "https://bücher.example/ä",
            " https://example.org/ ",
        ] {
            assert!(Link::parse(fine).is_ok(), "{fine}");
        }
        for wrong in [
            "",
            "http://example.org",
            "HTTPS://example.org",
            "javascript:alert(1)",
            "//example.org",
            "https://",
            "https:///path",
            "https://user:password@example.org",
            "https://example.org/\"onclick",
            "https://example.org/a b",
            "https://example.org/<b>",
        ] {
            assert!(Link::parse(wrong).is_err(), "{wrong}");
        }
        assert!(Link::parse(&format!("https://a.example/{}", "x".repeat(LONGEST))).is_err());
    }

    #[test]
    fn a_variable_may_be_the_link_or_stand_behind_the_host() {
        let is_link = |name: &str| name == "url";
        for fine in [
            "https://example.org",
            "##{{url}}",
            "https://example.org/?n=##{{first_name}}",
        ] {
            assert_eq!(check("link", fine, is_link), Ok(()), "{fine}");
        }
        for wrong in [
            "##{{first_name}}",
            "https://##{{first_name}}.example.org/",
            "https://example.org##{{first_name}}",
            "##{{url}}/more",
            "http://example.org",
        ] {
            assert_eq!(
                check("link", wrong, is_link).unwrap_err().code,
                "invalid_link",
                "{wrong}"
            );
        }
    }

    #[test]
    fn values_inside_a_link_cannot_change_it() {
        let value = |name: &str| (name == "n").then(|| "a&b=c/../ü\"".to_owned());
        let link = filled("https://example.org/?n=##{{n}}", value).unwrap();
        assert_eq!(
            link.unwrap().as_str(),
            "https://example.org/?n=a%26b%3Dc%2F..%2F%C3%BC%22"
        );
        let evil = filled("##{{url}}", |_| Some("javascript:alert(1)".to_owned()));
        assert_eq!(evil, Ok(Err(LinkError::NotHttps)));
        assert!(filled("##{{other}}", |_| None).is_err());
    }

    #[test]
    fn debug_shows_no_token() {
        let link = Link::parse("https://links.example/u/geheim").unwrap();
        assert_eq!(format!("{link:?}"), "Link(links.example)");
    }
}
