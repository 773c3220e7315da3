//! Changes of a profile as they are sent: every part may be wrong, and all of it is said at once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::profile::ADDRESSES;
use super::{ContactKind, CustomValue, EmailAddress, FieldName, Labelled, Profile, Tag};
use crate::channel::{PhoneNumber, mask};
use crate::field::{FieldError, FieldErrors, required_text};
use crate::local_time::Zone;
use crate::settings::Locale;

/// A customer has at most this many tags.
const MOST_TAGS: usize = 50;
/// A customer has at most this many fields of the owner's own.
const MOST_FIELDS: usize = 50;
/// A customer belongs to at most this many locations, and members of staff.
const MOST_PLACES: usize = 20;
/// The longest name of a member of staff, in characters.
const LONGEST_NAME: usize = 100;
/// The longest text in a field of the owner's own, in characters.
const LONGEST_VALUE: usize = 500;
/// The longest reference, in characters.
const LONGEST_REFERENCE: usize = 128;

/// The business's own id of a customer or of an appointment. Masked: it may be an address.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reference(String);

impl Reference {
    /// The only way in.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let purpose = "send your own id, or leave it out";
        let text = required_text("reference", Some(text), LONGEST_REFERENCE, purpose)?;
        if text.contains(char::is_whitespace) {
            return Err(FieldError::new(
                "reference",
                "invalid_value",
                "`reference` contains white space",
                "use an id without spaces",
            ));
        }
        Ok(Self(text))
    }

    /// As the business spells it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reference({})", mask(&self.0))
    }
}

impl TryFrom<String> for Reference {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).map_err(|error| error.message)
    }
}

impl From<Reference> for String {
    fn from(reference: Reference) -> Self {
        reference.0
    }
}

/// An address as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactDraft {
    /// As written.
    pub value: String,
    /// What it is used for.
    pub kind: ContactKind,
}

/// What is to be known about a customer. `None`: as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileDraft {
    /// All e-mail addresses.
    pub emails: Option<Vec<ContactDraft>>,
    /// All phones.
    pub phones: Option<Vec<ContactDraft>>,
    /// `Some(None)`: unknown.
    pub locale: Option<Option<Locale>>,
    /// `Some(None)`: unknown.
    pub zone: Option<Option<String>>,
    /// All tags.
    pub tags: Option<Vec<String>>,
    /// Fields to set; `None` removes one. Those that are not named stay.
    pub fields: BTreeMap<String, Option<CustomValue>>,
    /// All locations.
    pub locations: Option<Vec<String>>,
    /// Everybody who is responsible.
    pub responsible: Option<Vec<String>>,
}

impl Profile {
    /// The profile with these changes, or everything that is wrong with them. An address that was
    /// known keeps the time at which it was added.
    pub fn changed(
        &self,
        draft: &ProfileDraft,
        now: DateTime<Utc>,
    ) -> Result<Self, Vec<FieldError>> {
        let mut errors = FieldErrors::default();
        let mut new = self.clone();
        if let Some(emails) = &draft.emails {
            let parse = |text: &str| EmailAddress::parse(text).map_err(|error| error.to_string());
            new.emails = contacts("emails", emails, &self.emails, now, parse, &mut errors);
        }
        if let Some(phones) = &draft.phones {
            let parse = |text: &str| PhoneNumber::parse(text).map_err(|error| error.to_string());
            new.phones = contacts("phones", phones, &self.phones, now, parse, &mut errors);
        }
        if let Some(locale) = draft.locale {
            new.locale = locale;
        }
        if let Some(zone) = &draft.zone {
            let parsed = zone.as_deref().map(zone_of).transpose();
            new.zone = errors.take(parsed).flatten();
        }
        if let Some(tags) = &draft.tags {
            new.tags = labels("tags", tags, MOST_TAGS, &mut errors);
        }
        if let Some(locations) = &draft.locations {
            new.locations = labels("locations", locations, MOST_PLACES, &mut errors);
        }
        if let Some(people) = &draft.responsible {
            new.responsible = names("responsible", people, &mut errors);
        }
        set_fields(&mut new.fields, &draft.fields, &mut errors);
        errors.finish().map(|()| new)
    }
}

fn contacts<T: PartialEq>(
    field: &str,
    drafts: &[ContactDraft],
    known: &[Labelled<T>],
    now: DateTime<Utc>,
    parse: impl Fn(&str) -> Result<T, String>,
    errors: &mut FieldErrors,
) -> Vec<Labelled<T>> {
    at_most(field, drafts.len(), ADDRESSES, errors);
    let mut checked: Vec<Labelled<T>> = Vec::new();
    for (place, draft) in drafts.iter().enumerate() {
        let name = format!("{field}[{place}].value");
        let parsed = parse(&draft.value).map_err(|error| {
            let message = format!("`{name}` {error}");
            FieldError::new(
                &name,
                "invalid_value",
                message,
                "correct it, or leave it out",
            )
        });
        let Some(value) = errors.take(parsed) else {
            continue;
        };
        if checked.iter().any(|earlier| earlier.value == value) {
            continue;
        }
        let earlier = known.iter().find(|known| known.value == value);
        checked.push(Labelled {
            added_at: earlier.map_or(now, |known| known.added_at),
            kind: draft.kind,
            value,
        });
    }
    checked
}

fn labels(field: &str, texts: &[String], most: usize, errors: &mut FieldErrors) -> BTreeSet<Tag> {
    at_most(field, texts.len(), most, errors);
    let mut checked = BTreeSet::new();
    for (place, text) in texts.iter().enumerate() {
        let name = format!("{field}[{place}]");
        let label = Tag::parse(text).map_err(|error| {
            let message = format!("`{name}` {error}");
            FieldError::new(
                &name,
                "invalid_value",
                message,
                "shorten it, or leave it out",
            )
        });
        checked.extend(errors.take(label));
    }
    checked
}

fn names(field: &str, texts: &[String], errors: &mut FieldErrors) -> BTreeSet<String> {
    at_most(field, texts.len(), MOST_PLACES, errors);
    let mut checked = BTreeSet::new();
    for (place, text) in texts.iter().enumerate() {
        let name = format!("{field}[{place}]");
        let person = required_text(&name, Some(text), LONGEST_NAME, "leave empty ones out");
        checked.extend(errors.take(person));
    }
    checked
}

fn set_fields(
    known: &mut BTreeMap<FieldName, CustomValue>,
    changes: &BTreeMap<String, Option<CustomValue>>,
    errors: &mut FieldErrors,
) {
    for (name, value) in changes {
        let path = format!("fields.{name}");
        let parsed = FieldName::parse(name).map_err(|error| {
            let message = format!("the name of a field {error}");
            FieldError::new(
                &path,
                "invalid_name",
                message,
                "rename it, such as `shoe_size`",
            )
        });
        let Some(name) = errors.take(parsed) else {
            continue;
        };
        match value {
            None => {
                known.remove(&name);
            }
            Some(CustomValue::Text(text)) => {
                let remedy = "send `null` to remove the field";
                let text = required_text(&path, Some(text), LONGEST_VALUE, remedy);
                if let Some(text) = errors.take(text) {
                    known.insert(name, CustomValue::Text(text));
                }
            }
            Some(value) => {
                known.insert(name, value.clone());
            }
        }
    }
    at_most("fields", known.len(), MOST_FIELDS, errors);
}

fn at_most(field: &str, length: usize, most: usize, errors: &mut FieldErrors) {
    if length > most {
        errors.push(FieldError::new(
            field,
            "too_many",
            format!("{length} in `{field}`; at most {most} are allowed"),
            "remove some",
        ));
    }
}

fn zone_of(name: &str) -> Result<Zone, FieldError> {
    Zone::parse(name).map_err(|error| {
        let message = format!("`zone` {error}");
        let remedy = "use the name of an IANA time zone";
        FieldError::new("zone", "unknown_value", message, remedy)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{hours, monday};

    fn contact(value: &str, kind: ContactKind) -> ContactDraft {
        ContactDraft {
            value: value.into(),
            kind,
        }
    }

    fn with_emails(emails: &[(&str, ContactKind)]) -> ProfileDraft {
        let emails = emails.iter().map(|(value, kind)| contact(value, *kind));
        ProfileDraft {
            emails: Some(emails.collect()),
            ..ProfileDraft::default()
        }
    }

    #[test]
    fn an_address_keeps_its_time_and_takes_the_place_that_was_sent() {
        let first = with_emails(&[("a@example.com", ContactKind::Work)]);
        let profile = Profile::default().changed(&first, monday()).unwrap();
        let both = with_emails(&[
            ("b@example.com", ContactKind::Private),
            ("a@example.com", ContactKind::Newsletter),
            ("b@example.com", ContactKind::Other),
        ]);
        let later = monday() + hours(1);
        let profile = profile.changed(&both, later).unwrap();
        let known: Vec<_> = profile
            .emails
            .iter()
            .map(|it| (it.kind, it.added_at))
            .collect();
        let wanted = [
            (ContactKind::Private, later),
            (ContactKind::Newsletter, monday()),
        ];
        assert_eq!(known, wanted);
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let draft = ProfileDraft {
            emails: Some(vec![contact("nobody", ContactKind::Work)]),
            phones: Some(vec![contact("0151 1234567", ContactKind::Mobile)]),
            zone: Some(Some("Mars/Olympus".into())),
            tags: Some(vec!["x".repeat(51)]),
            fields: BTreeMap::from([("x".repeat(51), Some(CustomValue::Number(1)))]),
            responsible: Some(vec![String::new()]),
            ..ProfileDraft::default()
        };
        let errors = Profile::default().changed(&draft, monday()).unwrap_err();
        let found: Vec<_> = errors
            .iter()
            .map(|error| (error.field.as_str(), error.code.as_str()))
            .collect();
        let long = format!("fields.{}", "x".repeat(51));
        let wanted = [
            ("emails[0].value", "invalid_value"),
            ("phones[0].value", "invalid_value"),
            ("zone", "unknown_value"),
            ("tags[0]", "invalid_value"),
            ("responsible[0]", "required"),
            (long.as_str(), "invalid_name"),
        ];
        assert_eq!(found, wanted);
        assert!(Reference::parse("a b").is_err());
        assert!(Reference::parse(&"x".repeat(129)).is_err());
        assert_eq!(
            format!("{:?}", Reference::parse("customer-17").unwrap()),
            "Reference(cu…17)"
        );
    }

    #[test]
    fn fields_change_one_by_one() {
        let set = |name: &str, value| ProfileDraft {
            fields: BTreeMap::from([(name.into(), value)]),
            ..ProfileDraft::default()
        };
        let size = set("size", Some(CustomValue::Number(42)));
        let profile = Profile::default().changed(&size, monday()).unwrap();
        let vip = set("vip", Some(CustomValue::Flag(true)));
        let profile = profile.changed(&vip, monday()).unwrap();
        assert_eq!(profile.fields.len(), 2);
        let profile = profile.changed(&set("size", None), monday()).unwrap();
        let left = FieldName::parse("vip").unwrap();
        assert_eq!(
            profile.fields,
            BTreeMap::from([(left, CustomValue::Flag(true))])
        );
        let many = ProfileDraft {
            fields: (0..50)
                .map(|number| (format!("f{number}"), Some(CustomValue::Flag(true))))
                .collect(),
            ..ProfileDraft::default()
        };
        let errors = profile.changed(&many, monday()).unwrap_err();
        assert_eq!((errors.len(), errors[0].code.as_str()), (1, "too_many"));
    }
}
