//! E-mail addresses.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest address, in bytes.
const LONGEST: usize = 254;

/// An e-mail address: one `@`, no white space, a domain with a dot, in lower case and as the name system
/// knows it (`müller.de` is `xn--mller-kva.de`).
///
/// `Display` and `Debug` mask it; [`EmailAddress::reveal`] is for keys and requests.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

/// Why a text is no e-mail address. The text itself is left out: it is personal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// Nothing but white space.
    #[error("must not be empty")]
    Empty,
    /// More than the standard allows (RFC 5321, 4.5.3.1).
    #[error("must have at most 64 bytes before the @ and 254 in all")]
    TooLong,
    /// Letters outside ASCII before the @. Few mail servers take them, and SES sends to none.
    #[error("must have plain letters, digits and signs before the @: no umlauts and the like")]
    NotAscii,
    /// Not of the form name@example.com.
    #[error("must be an e-mail address like name@example.com, and only one")]
    Malformed,
}

impl EmailAddress {
    /// The only way in. Conservative: quoted names and addresses without a dot in the domain are
    /// legal and in nobody's customer list.
    pub fn parse(value: &str) -> Result<Self, EmailError> {
        let value = value.trim();
        if value.is_empty() {
            return Err(EmailError::Empty);
        }
        let (name, domain) = value.split_once('@').ok_or(EmailError::Malformed)?;
        if name.len() > 64 || value.len() > LONGEST {
            return Err(EmailError::TooLong);
        }
        if name.chars().any(|c| !c.is_ascii() && c.is_alphanumeric()) {
            return Err(EmailError::NotAscii);
        }
        let domain = idna::domain_to_ascii(domain).map_err(|_| EmailError::Malformed)?;
        if name.len() + 1 + domain.len() > LONGEST {
            return Err(EmailError::TooLong);
        }
        let in_name = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+/=?^_`{|}~-.".contains(c);
        let name_fits = name.chars().all(in_name) && name.split('.').all(|part| !part.is_empty());
        let label_fits = |label: &str| {
            (1..=63).contains(&label.len())
                && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let top = domain.rsplit('.').next().unwrap_or_default();
        let domain_fits = domain.contains('.')
            && domain.split('.').all(label_fits)
            && !top.chars().all(|c| c.is_ascii_digit());
        if !(name_fits && domain_fits) {
            return Err(EmailError::Malformed);
        }
        Ok(Self(format!("{name}@{domain}")))
    }

    /// The address as it is written to.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The form in which two spellings of one address are equal. Names before the `@` differ by case
    /// in theory only.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }

    fn masked(&self) -> String {
        let (name, domain) = self.0.split_once('@').unwrap_or_default();
        let first = name.chars().next().unwrap_or('…');
        let top = domain.rsplit('.').next().unwrap_or_default();
        format!("{first}…@….{top}")
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EmailAddress({})", self.masked())
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = EmailError;

    fn try_from(value: String) -> Result<Self, EmailError> {
        Self::parse(&value)
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_normalised_and_masked() {
        let address = EmailAddress::parse("  Ada.Lovelace+news@Mail.Example.COM ").unwrap();
        assert_eq!(address.reveal(), "Ada.Lovelace+news@mail.example.com");
        assert_eq!(address.key(), "ada.lovelace+news@mail.example.com");
        assert_eq!(
            format!("{address} {address:?}"),
            "A…@….com EmailAddress(A…@….com)"
        );
        let umlaut = EmailAddress::parse("info@Müller.DE").unwrap();
        assert_eq!(umlaut.reveal(), "info@xn--mller-kva.de");
        assert_eq!(EmailAddress::parse("info@xn--mller-kva.de"), Ok(umlaut));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for wrong in [
            "ada",
            "@example.com",
            "ada@",
            "ada@example",
            "a@b@example.com",
            "ada @example.com",
            "a..b@example.com",
            ".a@example.com",
            "ada@-x.com",
            "ada@x..com",
            "ada@1.2.3.4",
            "a@x.com, b@x.com",
            "Ada <ada@example.com>",
            "ada@example.com\r\nBcc: b@x.com",
        ] {
            assert_eq!(
                EmailAddress::parse(wrong),
                Err(EmailError::Malformed),
                "{wrong}"
            );
        }
        assert_eq!(EmailAddress::parse(" "), Err(EmailError::Empty));
        let long = format!("{}@example.com", "a".repeat(65));
        assert_eq!(EmailAddress::parse(&long), Err(EmailError::TooLong));
        let name = EmailAddress::parse("grüße@müller.de");
        assert_eq!(name, Err(EmailError::NotAscii));
    }

    /// What may be an address may also stand in a conversation, whose ids have their own limit.
    #[test]
    fn the_longest_address_is_the_id_of_a_conversation() {
        let label = "x".repeat(63);
        let of = |label: &str| format!("{}@{label}.{label}.{label}.de", "a".repeat(59));
        let longest = EmailAddress::parse(&of(&label)).unwrap();
        assert_eq!(longest.key().len(), LONGEST);
        assert!(crate::channel::ChannelUser::parse(&longest.key()).is_ok());
        let longer = EmailAddress::parse(&format!("a{}", of(&label)));
        assert_eq!(longer, Err(EmailError::TooLong));
    }
}
