//! Which customers may be the same person.

use serde::{Deserialize, Serialize};

use super::Profile;
use crate::customer::CustomerName;

/// What two records of one person have in common. Customers with an equal key are shown as possible
/// duplicates; joining them is a decision of staff. A key is personal data, to be hashed where it is
/// kept.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "same", content = "value", rename_all = "snake_case")]
pub enum Key {
    /// An e-mail address.
    Email(String),
    /// A phone number. Families share one, so the first name belongs to it.
    PhoneAndName(String),
    /// The whole name and a place.
    NameAndLocation(String),
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Email(_) => "Email(…)",
            Self::PhoneAndName(_) => "PhoneAndName(…)",
            Self::NameAndLocation(_) => "NameAndLocation(…)",
        })
    }
}

/// All keys of one customer.
#[must_use]
pub fn keys(name: &CustomerName, profile: &Profile) -> Vec<Key> {
    let first = plain(&name.first_name());
    let whole = plain(&name.full_name());
    let mut keys: Vec<_> = profile
        .emails
        .iter()
        .map(|it| Key::Email(it.value.key()))
        .collect();
    if !first.is_empty() {
        let phones = profile.phones.iter().map(|it| it.value.reveal());
        keys.extend(phones.map(|phone| Key::PhoneAndName(format!("{phone} {first}"))));
    }
    // One word is no name that tells two people apart.
    if whole.contains(' ') {
        let locations = profile.locations.iter();
        keys.extend(locations.map(|it| Key::NameAndLocation(format!("{whole}, {it}"))));
    }
    keys.sort();
    keys.dedup();
    keys
}

/// Letters in lower case without accents; `ä` and `ae` are the same. Words in alphabetical order, so
/// that "Lovelace, Ada" is "Ada Lovelace".
fn plain(name: &str) -> String {
    let mut words = crate::keyword::words(name);
    words.sort();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::PhoneNumber;
    use crate::contact::{ContactKind, EmailAddress, Tag};
    use crate::fixtures::monday;

    fn person(name: &str, email: &str, phone: &str) -> Vec<Key> {
        let mut profile = Profile::default();
        if let Ok(email) = EmailAddress::parse(email) {
            profile.add_email(email, ContactKind::Other, monday());
        }
        if let Ok(phone) = PhoneNumber::parse(phone) {
            profile.add_phone(phone, ContactKind::Other, monday());
        }
        profile.locations.insert(Tag::parse("Köln").unwrap());
        let name = CustomerName {
            display: Some(name.to_owned()),
            ..CustomerName::default()
        };
        keys(&name, &profile)
    }

    fn alike(one: &[Key], other: &[Key]) -> bool {
        one.iter().any(|key| other.contains(key))
    }

    #[test]
    fn the_same_person_in_two_spellings() {
        let one = person("Jörg Müller", "J.Mueller@x.de", "+49 170 1234567");
        assert!(alike(&one, &person("J. M.", "j.mueller@X.DE", "")));
        assert!(alike(&one, &person("Joerg M.", "", "+491701234567")));
        assert!(alike(&one, &person("Mueller, Joerg", "", "")));
        // His wife has the same phone, another guest the same first name.
        assert!(!alike(&one, &person("Eva Müller", "", "+491701234567")));
        assert!(!alike(&one, &person("Jörg", "", "")));
        assert_eq!(format!("{:?}", one[0]), "Email(…)");
    }
}
