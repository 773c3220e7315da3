//! The profile of a customer, and how two become one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::EmailAddress;
use crate::channel::{Channel, ChannelUser, PhoneNumber};
use crate::local_time::Zone;
use crate::rule::Purpose;
use crate::settings::Locale;

/// At most so many addresses of one sort.
pub const ADDRESSES: usize = 20;

/// What is known of a customer besides name and chats.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// E-mail addresses, in the order in which they were added.
    pub emails: Vec<Labelled<EmailAddress>>,
    /// Phone numbers, in the order in which they were added.
    pub phones: Vec<Labelled<PhoneNumber>>,
    /// Tags.
    pub tags: BTreeSet<Tag>,
    /// The owner's own fields.
    pub fields: BTreeMap<FieldName, CustomValue>,
    /// Locations they come to.
    pub locations: BTreeSet<Tag>,
    /// Who of the team takes care of them.
    pub responsible: BTreeSet<String>,
    /// The language they are written to in; else the workspace's.
    pub locale: Option<Locale>,
    /// Where they live, as far as the clock goes; else the workspace's.
    pub zone: Option<Zone>,
}

/// An address, what it is for, and since when we have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labelled<T> {
    /// The address.
    pub value: T,
    /// What it is for.
    pub kind: ContactKind,
    /// When it was added.
    pub added_at: DateTime<Utc>,
}

/// What an address is for.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum ContactKind {
    /// At work.
    Work,
    /// At home.
    Private,
    /// For advertising.
    Newsletter,
    /// A mobile phone.
    Mobile,
    /// Nobody said.
    #[default]
    Other,
}

/// Why a text cannot be a tag, a location or the name of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must have 1 to {max} characters and no line breaks or other control characters", max = Tag::MAX)]
pub struct NameError;

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The most characters (Unicode scalar values).
            pub const MAX: usize = 50;

            /// The only way in; white space around it is dropped.
            pub fn parse(text: &str) -> Result<Self, NameError> {
                let text = text.trim();
                let fits = (1..=Self::MAX).contains(&text.chars().count());
                if fits && !text.chars().any(char::is_control) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(NameError)
                }
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }
    };
}

name!(
    /// A tag or a location.
    Tag
);
name!(
    /// The name of one of the owner's own fields.
    FieldName
);

/// The value of one of the owner's own fields.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum CustomValue {
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Number(i64),
    /// A calendar day.
    Date(NaiveDate),
    /// Anything else.
    Text(String),
}

impl fmt::Debug for CustomValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CustomValue(…)")
    }
}

/// A field of which both of two customers had a value; that of the one who stays was kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "field", content = "name", rename_all = "snake_case")]
pub enum Conflict {
    /// One of the owner's own.
    Custom(FieldName),
    /// The language.
    Locale,
    /// The zone.
    Zone,
    /// More e-mail addresses than fit; the newest were left out.
    Emails,
    /// More phone numbers than fit; the newest were left out.
    Phones,
}

impl Profile {
    /// Under which ids channels would know somebody with these addresses.
    #[must_use]
    pub fn channel_ids(&self) -> Vec<(Channel, ChannelUser)> {
        let emails = self.emails.iter();
        let emails = emails.map(|email| (Channel::Email, email.value.key()));
        let phones = self.phones.iter().flat_map(|phone| {
            let number = phone.value.reveal();
            let digits = number.trim_start_matches('+');
            [
                (Channel::Sms, number.to_owned()),
                (Channel::WhatsApp, digits.to_owned()),
            ]
        });
        let ids = emails.chain(phones);
        let known = |(channel, id): (Channel, String)| {
            let user = ChannelUser::parse(&id).ok()?;
            Some((channel, user))
        };
        ids.filter_map(known).collect()
    }

    /// Adds an e-mail address unless it is there; a kind that was not known is learned. Whether
    /// there is room.
    pub fn add_email(
        &mut self,
        value: EmailAddress,
        kind: ContactKind,
        now: DateTime<Utc>,
    ) -> bool {
        let new = Labelled {
            value,
            kind,
            added_at: now,
        };
        add(&mut self.emails, new, |one, other| one.key() == other.key())
    }

    /// The same for a phone number.
    pub fn add_phone(&mut self, value: PhoneNumber, kind: ContactKind, now: DateTime<Utc>) -> bool {
        let new = Labelled {
            value,
            kind,
            added_at: now,
        };
        add(&mut self.phones, new, PartialEq::eq)
    }

    /// Where e-mail of this purpose goes: advertising to the first address for it, everything else
    /// to the first that is not only for advertising; else to the first at all.
    #[must_use]
    pub fn email_for(&self, purpose: Purpose) -> Option<&EmailAddress> {
        let fits = |it: &&Labelled<EmailAddress>| {
            (it.kind == ContactKind::Newsletter) == (purpose == Purpose::Marketing)
        };
        let first = self.emails.iter().find(fits).or(self.emails.first());
        first.map(|it| &it.value)
    }

    /// Where SMS go: the first mobile number, else the first nobody said is none.
    #[must_use]
    pub fn phone_for_sms(&self) -> Option<&PhoneNumber> {
        let of = |kind| self.phones.iter().find(move |it| it.kind == kind);
        let first = of(ContactKind::Mobile).or_else(|| of(ContactKind::Other));
        first.map(|it| &it.value)
    }

    /// Takes over what is known of a customer who turned out to be the same person. What both have
    /// is kept as it is here, and named.
    pub fn merge(&mut self, other: &Self) -> Vec<Conflict> {
        let mut conflicts = Vec::new();
        let emails = merged(&self.emails, &other.emails, |one, other| {
            one.key() == other.key()
        });
        let phones = merged(&self.phones, &other.phones, PartialEq::eq);
        if emails.len() > ADDRESSES {
            conflicts.push(Conflict::Emails);
        }
        if phones.len() > ADDRESSES {
            conflicts.push(Conflict::Phones);
        }
        self.emails = emails.into_iter().take(ADDRESSES).collect();
        self.phones = phones.into_iter().take(ADDRESSES).collect();
        self.tags.extend(other.tags.iter().cloned());
        self.locations.extend(other.locations.iter().cloned());
        self.responsible.extend(other.responsible.iter().cloned());
        for (name, value) in &other.fields {
            match self.fields.get(name) {
                None => drop(self.fields.insert(name.clone(), value.clone())),
                Some(ours) if ours == value => {}
                Some(_) => conflicts.push(Conflict::Custom(name.clone())),
            }
        }
        if self.locale.is_some() && other.locale.is_some() && self.locale != other.locale {
            conflicts.push(Conflict::Locale);
        }
        if self.zone.is_some() && other.zone.is_some() && self.zone != other.zone {
            conflicts.push(Conflict::Zone);
        }
        self.locale = self.locale.or(other.locale);
        self.zone = self.zone.or(other.zone);
        conflicts
    }
}

fn add<T>(list: &mut Vec<Labelled<T>>, new: Labelled<T>, same: impl Fn(&T, &T) -> bool) -> bool {
    let room = list.len() < ADDRESSES;
    match list.iter_mut().find(|it| same(&it.value, &new.value)) {
        Some(known) => {
            if known.kind == ContactKind::Other {
                known.kind = new.kind;
            }
            true
        }
        None if room => {
            list.push(new);
            true
        }
        None => false,
    }
}

/// Both lists in the order of addition, each address once, with the earlier time.
fn merged<T: Clone>(
    ours: &[Labelled<T>],
    theirs: &[Labelled<T>],
    same: impl Fn(&T, &T) -> bool,
) -> Vec<Labelled<T>> {
    let mut all: Vec<_> = ours.iter().chain(theirs).cloned().collect();
    all.sort_by_key(|it| it.added_at);
    let mut list: Vec<Labelled<T>> = Vec::new();
    for it in all {
        match list.iter_mut().find(|known| same(&known.value, &it.value)) {
            Some(known) if known.kind == ContactKind::Other => known.kind = it.kind,
            Some(_) => {}
            None => list.push(it),
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fixtures::{hours, monday};

    fn mail(text: &str) -> EmailAddress {
        EmailAddress::parse(text).unwrap()
    }

    fn phone(text: &str) -> PhoneNumber {
        PhoneNumber::parse(text).unwrap()
    }

    #[test]
    fn each_message_goes_to_the_address_for_it() {
        let mut profile = Profile::default();
        assert_eq!(profile.email_for(Purpose::Marketing), None);
        profile.add_email(mail("news@x.de"), ContactKind::Newsletter, monday());
        let to = |profile: &Profile, purpose| profile.email_for(purpose).unwrap().key();
        assert_eq!(to(&profile, Purpose::Transactional), "news@x.de");
        profile.add_email(mail("me@x.de"), ContactKind::Private, monday());
        assert_eq!(to(&profile, Purpose::Transactional), "me@x.de");
        assert_eq!(to(&profile, Purpose::Marketing), "news@x.de");
        profile.add_phone(phone("+49891234567"), ContactKind::Work, monday());
        assert_eq!(profile.phone_for_sms(), None);
        profile.add_phone(phone("+491701234567"), ContactKind::Mobile, monday());
        assert_eq!(profile.phone_for_sms(), Some(&phone("+491701234567")));
        // The same address in another spelling is no second one, but may say what it is.
        assert!(profile.add_email(mail("ME@x.de"), ContactKind::Work, monday()));
        assert_eq!(
            (profile.emails.len(), profile.emails[1].kind),
            (2, ContactKind::Private)
        );
    }

    #[test]
    fn two_profiles_become_one() {
        let mut one: Profile = serde_json::from_str("{}").unwrap();
        one.add_email(mail("b@x.de"), ContactKind::Other, monday() + hours(1));
        one.tags.insert(Tag::parse("vip").unwrap());
        one.locale = Some(Locale::De);
        let size = FieldName::parse("size").unwrap();
        one.fields.insert(size.clone(), CustomValue::Number(4));
        let mut other = Profile::default();
        other.add_email(mail("a@x.de"), ContactKind::Work, monday());
        other.add_email(mail("B@x.de"), ContactKind::Private, monday() + hours(2));
        other.tags.insert(Tag::parse("regular").unwrap());
        other.locale = Some(Locale::En);
        other.fields.insert(size.clone(), CustomValue::Number(5));
        let conflicts = one.merge(&other);
        assert_eq!(conflicts, [Conflict::Custom(size), Conflict::Locale]);
        let shown = serde_json::to_value(&one).unwrap();
        insta::assert_json_snapshot!(shown);
        assert_eq!(serde_json::from_value::<Profile>(shown).unwrap(), one);
    }

    fn profile() -> impl Strategy<Value = Profile> {
        proptest::collection::vec((0_u8..30, 0_i64..50), 0..20).prop_map(|list| {
            let mut profile = Profile::default();
            for (name, at) in list {
                let address = mail(&format!("a{name}@x.de"));
                profile.add_email(address, ContactKind::Other, monday() + hours(at));
                profile
                    .tags
                    .insert(Tag::parse(&format!("t{name}")).unwrap());
            }
            profile.emails.sort_by_key(|it| it.added_at);
            profile
        })
    }

    proptest! {
        #[test]
        fn merging_loses_nothing_that_fits_and_twice_is_once(one in profile(), other in profile()) {
            let mut merged = one.clone();
            let full = !merged.merge(&other).is_empty();
            let has = |list: &[Labelled<EmailAddress>], key: &str| list.iter().any(|it| it.value.key() == key);
            for it in one.emails.iter().chain(&other.emails) {
                prop_assert!(full || has(&merged.emails, &it.value.key()));
            }
            prop_assert!(merged.emails.is_sorted_by_key(|it| it.added_at));
            prop_assert!(merged.emails.len() <= ADDRESSES);
            prop_assert_eq!(merged.tags.len(), one.tags.union(&other.tags).count());
            let mut again = merged.clone();
            again.merge(&other);
            prop_assert!(full || again == merged);
        }
    }
}
