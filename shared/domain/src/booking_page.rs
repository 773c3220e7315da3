//! Where customers of the business book: a page of the owner's, not of ours.

use serde::{Deserialize, Serialize};

/// The address of the page on which customers book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BookingPage(String);

/// The text is no such address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "is no address of a booking page; it starts with https:// and a host, has no user name, no spaces and at most {} characters",
    BookingPage::LIMIT
)]
pub struct BookingPageError;

impl BookingPage {
    /// The longest address.
    pub const LIMIT: usize = 500;

    /// The only way in: a whole `https` address.
    pub fn parse(text: &str) -> Result<Self, BookingPageError> {
        let rest = text.strip_prefix("https://").ok_or(BookingPageError)?;
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let name = host.split(':').next().unwrap_or_default();
        let is_host = !name.is_empty()
            && host
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':'));
        let is_plain = text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'\\'));
        match is_host && is_plain && text.len() <= Self::LIMIT {
            true => Ok(Self(text.to_owned())),
            false => Err(BookingPageError),
        }
    }

    /// As it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For a customer whom the business knows by this reference, which is percent-encoded already: as
    /// `reference` behind whatever else the address asks for.
    #[must_use]
    pub fn for_customer(&self, encoded: Option<&str>) -> String {
        let Some(reference) = encoded else {
            return self.0.clone();
        };
        let (page, fragment) = match self.0.split_once('#') {
            Some((page, fragment)) => (page, format!("#{fragment}")),
            None => (self.0.as_str(), String::new()),
        };
        let and = match page.split_once('?') {
            None => "?",
            Some((_, "")) => "",
            Some(_) => "&",
        };
        format!("{page}{and}reference={reference}{fragment}")
    }
}

impl TryFrom<String> for BookingPage {
    type Error = BookingPageError;

    fn try_from(text: String) -> Result<Self, BookingPageError> {
        Self::parse(&text)
    }
}

impl From<BookingPage> for String {
    fn from(page: BookingPage) -> Self {
        page.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_https_addresses_are_taken() {
        for good in [
            "https://salon.example",
            "https://salon.example:8443/buchen?shop=1#top",
        ] {
            assert_eq!(BookingPage::parse(good).unwrap().as_str(), good);
        }
        let long = format!("https://salon.example/{}", "x".repeat(BookingPage::LIMIT));
        for bad in [
            "",
            "http://salon.example",
            "https://",
            "https:///buchen",
            "https://anna@salon.example",
            "https://salon.example/a b",
            "https://salon.example/\r\nSet-Cookie: a=b",
            "javascript:alert(1)",
            &long,
        ] {
            assert_eq!(BookingPage::parse(bad), Err(BookingPageError), "{bad}");
        }
    }

    #[test]
    fn the_reference_stands_behind_the_query_and_before_the_fragment() {
        let check = |page: &str, expected: &str| {
            let page = BookingPage::parse(page).unwrap();
            assert_eq!(page.for_customer(Some("K%201")), expected);
            assert_eq!(page.for_customer(None), page.as_str());
        };
        check("https://s.example", "https://s.example?reference=K%201");
        check(
            "https://s.example/b?",
            "https://s.example/b?reference=K%201",
        );
        check(
            "https://s.example/b?a=1#x",
            "https://s.example/b?a=1&reference=K%201#x",
        );
    }
}
