//! Which column is what.

use std::fmt;

/// What a column may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Who; needed.
    Customer,
    /// When; needed.
    Date,
    /// The category of the service.
    Category,
    /// How the appointment stands; without the column every row is a visit.
    Status,
    /// How long the service takes, in minutes.
    Duration,
    /// What it costs, in whole units or with two decimals.
    Price,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Customer,
        Self::Date,
        Self::Category,
        Self::Status,
        Self::Duration,
        Self::Price,
    ];

    /// The word for it in messages and options.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Date => "date",
            Self::Category => "category",
            Self::Status => "status",
            Self::Duration => "duration",
            Self::Price => "price",
        }
    }

    /// Names under which programs export it, the most telling first.
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Customer => &[
                "customer_id",
                "client_id",
                "kunden_id",
                "kundennummer",
                "kundennr",
                "kunden_nr",
                "kundin_id",
                "patient_id",
                "member_id",
                "customerid",
                "clientid",
                "kundenid",
                "customer",
                "client",
                "kunde",
                "kundin",
                "patient",
                "guest",
                "gast",
                "cust_id",
            ],
            Self::Date => &[
                "date",
                "datum",
                "visit_date",
                "appointment_date",
                "termindatum",
                "besuchsdatum",
                "starts_at",
                "start",
                "start_time",
                "start_date",
                "beginn",
                "terminbeginn",
                "termin",
                "besuch",
                "appointment",
                "visit",
                "tag",
                "day",
                "datetime",
                "zeitpunkt",
            ],
            Self::Category => &[
                "category",
                "kategorie",
                "service_category",
                "leistungskategorie",
                "dienstleistungskategorie",
                "service",
                "leistung",
                "dienstleistung",
                "behandlung",
                "service_name",
                "treatment",
                "leistungsart",
                "art",
            ],
            Self::Status => &[
                "status",
                "state",
                "appointment_status",
                "terminstatus",
                "zustand",
            ],
            Self::Duration => &[
                "duration_minutes",
                "duration",
                "dauer",
                "dauer_minuten",
                "dauer_min",
                "minutes",
                "minuten",
            ],
            Self::Price => &["price", "preis", "amount", "betrag", "umsatz", "total"],
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Where each column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Columns {
    /// The customer's.
    pub customer: usize,
    /// The date's.
    pub date: usize,
    /// The category's.
    pub category: Option<usize>,
    /// The status's.
    pub status: Option<usize>,
    /// The duration's.
    pub duration: Option<usize>,
    /// The price's.
    pub price: Option<usize>,
}

/// The columns cannot be told apart.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ColumnsError {
    /// A needed column has no name we know.
    #[error("no column looks like the {role}; the columns are {found}; name the right one")]
    Missing {
        /// Which.
        role: Role,
        /// What there is.
        found: String,
    },
    /// The column that was named is not there.
    #[error("there is no column `{name}` for the {role}; the columns are {found}")]
    Unknown {
        /// For what.
        role: Role,
        /// The name that was given.
        name: String,
        /// What there is.
        found: String,
    },
    /// One column is to be two things.
    #[error("the column `{name}` cannot be {first} and {second} at once")]
    Twice {
        /// Its name.
        name: String,
        /// One.
        first: Role,
        /// The other.
        second: Role,
    },
}

/// Where the first of these names stands.
pub(super) fn place_of(header: &[String], names: &[&str]) -> Option<usize> {
    let keys: Vec<String> = header.iter().map(|name| key(name)).collect();
    let mut names = names.iter();
    names.find_map(|name| keys.iter().position(|found| found == name))
}

impl Columns {
    /// Whether the column in this place is one of them.
    #[must_use]
    pub fn has(&self, place: usize) -> bool {
        let mut roles = Role::ALL.into_iter();
        roles.any(|role| self.place(role) == Some(place))
    }

    /// Where the column of this role stands.
    #[must_use]
    pub fn place(&self, role: Role) -> Option<usize> {
        match role {
            Role::Customer => Some(self.customer),
            Role::Date => Some(self.date),
            Role::Category => self.category,
            Role::Status => self.status,
            Role::Duration => self.duration,
            Role::Price => self.price,
        }
    }

    /// Finds the columns by the names that were given, else by the usual ones.
    pub fn find(
        header: &[String],
        named: impl Fn(Role) -> Option<String>,
    ) -> Result<Self, ColumnsError> {
        let keys: Vec<String> = header.iter().map(|name| key(name)).collect();
        let found = || format!("`{}`", header.join("`, `"));
        let mut places: Vec<(Role, usize)> = Vec::new();
        for role in Role::ALL {
            let place = match named(role) {
                Some(name) => {
                    let place = keys.iter().position(|found| *found == key(&name));
                    Some(place.ok_or_else(|| ColumnsError::Unknown {
                        role,
                        name,
                        found: found(),
                    })?)
                }
                None => role
                    .names()
                    .iter()
                    .find_map(|name| keys.iter().position(|found| found == name)),
            };
            let Some(place) = place else { continue };
            if let Some((first, _)) = places.iter().find(|(_, other)| *other == place) {
                return Err(ColumnsError::Twice {
                    name: header[place].clone(),
                    first: *first,
                    second: role,
                });
            }
            places.push((role, place));
        }
        let place = |role| {
            let found = places.iter().find(|(found, _)| *found == role);
            found.map(|(_, place)| *place)
        };
        let needed = |role| {
            place(role).ok_or_else(|| ColumnsError::Missing {
                role,
                found: found(),
            })
        };
        Ok(Self {
            customer: needed(Role::Customer)?,
            date: needed(Role::Date)?,
            category: place(Role::Category),
            status: place(Role::Status),
            duration: place(Role::Duration),
            price: place(Role::Price),
        })
    }
}

/// A name without capitals, spaces and signs: `Kunden-Nr.` is `kunden_nr`.
fn key(name: &str) -> String {
    let words = name
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("_").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(header: &str, named: &[(Role, &str)]) -> Result<Columns, ColumnsError> {
        let header: Vec<String> = header.split(';').map(str::to_owned).collect();
        Columns::find(&header, |role| {
            let found = named.iter().find(|(found, _)| *found == role);
            found.map(|(_, name)| (*name).to_owned())
        })
    }

    #[test]
    fn columns_are_found_by_their_usual_names_in_two_languages() {
        let found = find("Status;Datum;Kunden-Nr.;Leistung;Dauer (Min);Preis", &[]).unwrap();
        assert_eq!(
            (
                found.customer,
                found.date,
                found.category,
                found.status,
                found.duration,
                found.price
            ),
            (2, 1, Some(3), Some(0), Some(4), Some(5))
        );
        let found = find("customer_id;date", &[]).unwrap();
        assert_eq!(
            (found.customer, found.date, found.category, found.status),
            (0, 1, None, None)
        );
        // An id tells people apart better than a name, wherever it stands.
        assert_eq!(
            find("Client;Client ID;Start Time", &[]).unwrap().customer,
            1
        );
    }

    #[test]
    fn columns_may_be_named_and_mistakes_are_explained() {
        let found = find(
            "who;when;date",
            &[(Role::Customer, "WHO"), (Role::Date, "when")],
        );
        assert_eq!(found.map(|found| (found.customer, found.date)), Ok((0, 1)));
        assert!(matches!(
            find("who;date", &[]),
            Err(ColumnsError::Missing {
                role: Role::Customer,
                ..
            })
        ));
        let error = find("customer;date", &[(Role::Status, "state")]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no column `state` for the status; the columns are `customer`, `date`"
        );
        assert!(matches!(
            find("customer;date", &[(Role::Category, "date")]),
            Err(ColumnsError::Twice { .. })
        ));
    }
}
