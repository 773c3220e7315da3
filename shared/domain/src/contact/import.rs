//! A table of customers, row by row, and what is wrong with it.
//!
//! Whoever imports reads all rows first and stores none unless the owner accepts the report: nothing
//! is half-imported.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{Read, Seek};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use strsim::normalized_levenshtein;

use super::{
    ContactKind, CustomValue, EmailAddress, FieldName, NameError, Profile, Reference, Tag,
};
use crate::channel::PhoneNumber;
use crate::consent::{Change, Class, Source, Standing, Stoppable};
use crate::customer::{Customer, CustomerName};
use crate::field::FieldError;
use crate::ids::KeyId;
use crate::local_time::Zone;
use crate::settings::Locale;
use crate::table::{self, Start, Unreadable};

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "column", rename_all = "snake_case")]
pub enum Column {
    /// The business's own id of the customer.
    Reference,
    /// The whole name.
    Name,
    /// First name.
    FirstName,
    /// Last name.
    LastName,
    /// An e-mail address.
    Email {
        /// What it is for.
        kind: ContactKind,
    },
    /// A phone number.
    Phone {
        /// What it is for.
        kind: ContactKind,
    },
    /// Tags, divided by `;` or `|`.
    Tags,
    /// Locations, divided in the same way.
    Locations,
    /// `de` or `en`.
    Language,
    /// An IANA zone.
    Zone,
    /// Yes or no to a class of messages.
    Consent {
        /// Which.
        class: Class,
    },
    /// Yes: the customer has stopped all SMS.
    SmsStopped,
    /// One of the owner's own fields.
    Custom {
        /// Its name.
        name: FieldName,
    },
    /// Left out.
    Ignored,
}

/// The columns with names of their own.
const NAMES: &[(&str, Column)] = &[
    ("reference", Column::Reference),
    ("customer_id", Column::Reference),
    ("kundennummer", Column::Reference),
    ("name", Column::Name),
    ("full_name", Column::Name),
    ("first_name", Column::FirstName),
    ("vorname", Column::FirstName),
    ("last_name", Column::LastName),
    ("nachname", Column::LastName),
    ("email", mail(ContactKind::Other)),
    ("e_mail", mail(ContactKind::Other)),
    ("email_work", mail(ContactKind::Work)),
    ("email_private", mail(ContactKind::Private)),
    ("email_newsletter", mail(ContactKind::Newsletter)),
    ("phone", phone(ContactKind::Other)),
    ("telefon", phone(ContactKind::Other)),
    ("phone_work", phone(ContactKind::Work)),
    ("phone_private", phone(ContactKind::Private)),
    ("mobile", phone(ContactKind::Mobile)),
    ("mobil", phone(ContactKind::Mobile)),
    ("handy", phone(ContactKind::Mobile)),
    ("tags", Column::Tags),
    ("location", Column::Locations),
    ("standort", Column::Locations),
    ("language", Column::Language),
    ("sprache", Column::Language),
    ("zone", Column::Zone),
    ("email_marketing", consent(Class::EmailMarketing)),
    ("email_transactional", consent(Class::EmailTransactional)),
    ("sms_marketing", consent(Class::SmsMarketing)),
    ("chat_marketing", consent(Class::ChatMarketing)),
    ("sms_stopped", Column::SmsStopped),
];

const fn mail(kind: ContactKind) -> Column {
    Column::Email { kind }
}

const fn phone(kind: ContactKind) -> Column {
    Column::Phone { kind }
}

const fn consent(class: Class) -> Column {
    Column::Consent { class }
}

/// Reads the first row. `custom` are the owner's own fields; a name that is neither is refused, with
/// the nearest one that is known.
pub fn columns(header: &[&str], custom: &[FieldName]) -> Result<Vec<Column>, Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut columns: Vec<Column> = Vec::new();
    for (place, text) in header.iter().enumerate() {
        let field = format!("columns[{place}]");
        match column(text, custom) {
            Some(column) if column != Column::Ignored && columns.contains(&column) => {
                errors.push(FieldError::new(
                    &field,
                    "doubled",
                    format!("the column {text:?} stands there twice"),
                    "leave one of them out, or give each its own kind, such as email_work",
                ));
            }
            Some(column) => columns.push(column),
            None => errors.push(FieldError::new(
                &field,
                "unknown_column",
                format!("the column {text:?} is not known"),
                remedy(text, custom),
            )),
        }
    }
    if errors.is_empty() && !columns.iter().any(says_who) {
        errors.push(FieldError::new(
            "columns",
            "nobody",
            "no column says who the customer is",
            "add at least one of name, first_name, last_name, email, phone, mobile",
        ));
    }
    if errors.is_empty() {
        Ok(columns)
    } else {
        Err(errors)
    }
}

fn column(text: &str, custom: &[FieldName]) -> Option<Column> {
    let wanted = simple(text);
    if wanted.is_empty() || wanted.starts_with('#') {
        return Some(Column::Ignored);
    }
    let own = custom.iter().find(|name| simple(name.as_str()) == wanted);
    let known = NAMES.iter().find(|(name, _)| *name == wanted);
    let known = known.map(|(_, column)| column.clone());
    known.or_else(|| own.map(|name| Column::Custom { name: name.clone() }))
}

/// `E-Mail (work)` and `e_mail_work` are one name.
fn simple(text: &str) -> String {
    let text = text.trim().trim_start_matches('\u{feff}').to_lowercase();
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '#'));
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    words.join("_").replace("e_mail", "email")
}

fn remedy(text: &str, custom: &[FieldName]) -> String {
    let wanted = simple(text);
    let known = NAMES.iter().map(|(name, _)| (*name).to_owned());
    let nearest = known
        .chain(custom.iter().map(|name| name.as_str().to_owned()))
        .map(|name| (normalized_levenshtein(&wanted, &simple(&name)), name))
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .filter(|(likeness, _)| *likeness > 0.6);
    match nearest {
        Some((_, name)) => format!("did you mean {name:?}? a name that begins with # is left out"),
        None => {
            "make it a field of your own first, or begin its name with # to leave it out".into()
        }
    }
}

fn says_who(column: &Column) -> bool {
    matches!(
        column,
        Column::Name
            | Column::FirstName
            | Column::LastName
            | Column::Email { .. }
            | Column::Phone { .. }
    )
}

/// What keeps a table from being read at all.
#[derive(Debug)]
pub enum NoTable {
    /// It is none.
    Unreadable(Unreadable),
    /// Columns that are not known, doubled, or say of nobody who they are.
    Columns(Vec<FieldError>),
}

impl From<Unreadable> for NoTable {
    fn from(error: Unreadable) -> Self {
        Self::Unreadable(error)
    }
}

/// The rows of a table, one after the other; none but the present one is held.
pub struct Rows<R> {
    rows: csv::Reader<R>,
    columns: Vec<Column>,
    record: csv::ByteRecord,
    /// The number of the row read last; the header is row 1.
    number: u64,
}

impl<R: Read + Seek> Rows<R> {
    /// Reads the header; a `separator` that is not given is told by it.
    pub fn open(
        mut source: R,
        separator: Option<u8>,
        custom: &[FieldName],
    ) -> Result<Self, NoTable> {
        let start = Start::look_at_list(&mut source, separator)?;
        let mut rows = start.rows(source)?;
        let header = table::header(&mut rows)?;
        let header: Vec<_> = header.iter().map(String::as_str).collect();
        Ok(Self {
            columns: columns(&header, custom).map_err(NoTable::Columns)?,
            rows,
            record: csv::ByteRecord::new(),
            number: 1,
        })
    }

    /// The next row with its number, or what is wrong with it. `None`: there is none.
    #[expect(
        clippy::type_complexity,
        reason = "a row is one or the other, or there is none"
    )]
    pub fn next(
        &mut self,
        phones: &dyn Fn(&str) -> Result<PhoneNumber, FieldError>,
        now: DateTime<Utc>,
    ) -> Result<Option<(u64, Result<Draft, Vec<RowProblem>>)>, Unreadable> {
        if !table::next(&mut self.rows, &mut self.record)? {
            return Ok(None);
        }
        self.number += 1;
        let mut cells: Vec<_> = self.record.iter().map(table::decode).collect();
        // Programs that write tables end rows with empty cells.
        while cells.len() > self.columns.len()
            && cells.last().is_some_and(|it| it.trim().is_empty())
        {
            cells.pop();
        }
        let cells: Vec<_> = cells.iter().map(AsRef::as_ref).collect();
        let row = read_row(self.number, &self.columns, &cells, phones, now);
        Ok(Some((self.number, row)))
    }
}

/// A customer as a row describes them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The business's own id of them.
    pub reference: Option<Reference>,
    /// The name.
    pub name: CustomerName,
    /// Addresses, tags and the rest.
    pub profile: Profile,
    /// What it says about messages. An import lifts no refusal, whatever it says.
    pub consent: Vec<Change>,
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Draft(…)")
    }
}

impl Draft {
    /// Whether a yes stands there, which counts with the text that the customers agreed to.
    #[must_use]
    pub fn agrees(&self) -> bool {
        let mut changes = self.consent.iter();
        changes.any(|change| matches!(change, Change::Grant { .. }))
    }

    /// Whether this is the customer whom the row describes: the one with its reference; without one
    /// who has an address of it and no other name. Of a row without any address it is who has none
    /// either, and that name.
    #[must_use]
    pub fn describes(&self, customer: &Customer) -> bool {
        if let (Some(ours), Some(theirs)) = (&self.reference, &customer.reference) {
            return ours == theirs;
        }
        let whole = |name: &CustomerName| {
            let mut words = crate::keyword::words(&name.full_name());
            words.sort();
            words
        };
        let (ours, theirs) = (whole(&self.name), whole(&customer.name));
        let (here, there) = (&self.profile, &customer.profile);
        if here.emails.is_empty() && here.phones.is_empty() {
            let is_bare = there.emails.is_empty() && there.phones.is_empty();
            return self.reference.is_none()
                && is_bare
                && customer.conversations.is_empty()
                && ours == theirs;
        }
        let mail = |key: String| there.emails.iter().any(|it| it.value.key() == key);
        let phone = |of: &PhoneNumber| there.phones.iter().any(|it| it.value == *of);
        let shares = here.emails.iter().any(|it| mail(it.value.key()))
            || here.phones.iter().any(|it| phone(&it.value));
        shares && (ours.is_empty() || theirs.is_empty() || ours == theirs)
    }

    /// Adds to a customer what the row tells and nobody knew; what is known stays. `text` is what
    /// they had agreed to who say yes. How often a yes stands against what they refused: it counts
    /// for nothing.
    pub fn onto(
        &self,
        customer: &mut Customer,
        by: KeyId,
        text: Option<&str>,
        now: DateTime<Utc>,
    ) -> u32 {
        if customer.name == CustomerName::default() && self.name != CustomerName::default() {
            customer.name = self.name.clone();
            customer.named_by_staff = true;
        }
        if customer.reference.is_none() {
            customer.reference.clone_from(&self.reference);
        }
        customer.profile.merge(&self.profile);
        let mut in_vain = 0;
        for change in &self.consent {
            if is_known(&customer.chat, change) {
                continue;
            }
            let text = text.filter(|_| matches!(change, Change::Grant { .. }));
            let source = Source::Import { key: by };
            let said = customer.say(change.clone(), source, text.map(str::to_owned), now);
            in_vain += u32::from(said.is_err());
        }
        in_vain
    }
}

/// What stands there already: a table that is read again tells nothing new.
fn is_known(standing: &Standing, change: &Change) -> bool {
    match change {
        Change::Grant { class } => {
            let said = standing.class(*class);
            said.granted.is_some() && said.refused.is_none()
        }
        Change::Refuse { class } => standing.class(*class).refused.is_some(),
        Change::Stop { what } => standing.stopped(*what).is_some(),
        _ => false,
    }
}

/// What is wrong with a cell. What it holds is not repeated: the report is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowProblem {
    /// The number of the row in the file; the header is row 1.
    pub row: u64,
    /// The number of the column, from 1; `None`: the row as a whole.
    pub column: Option<u32>,
    /// What is wrong.
    #[serde(flatten)]
    pub error: FieldError,
}

/// Reads one row. `phones` reads a phone number, in whichever form the workspace accepts.
pub fn read_row(
    number: u64,
    columns: &[Column],
    cells: &[&str],
    phones: &dyn Fn(&str) -> Result<PhoneNumber, FieldError>,
    now: DateTime<Utc>,
) -> Result<Draft, Vec<RowProblem>> {
    let problem = |column, error| RowProblem {
        row: number,
        column,
        error,
    };
    if cells.len() != columns.len() {
        return Err(vec![problem(
            None,
            FieldError::new(
                "row",
                "cells",
                format!(
                    "the row has {} cells, the header {}",
                    cells.len(),
                    columns.len()
                ),
                "check whether a cell holds the separator and needs quotes around it",
            ),
        )]);
    }
    let mut draft = Draft {
        reference: None,
        name: CustomerName::default(),
        profile: Profile::default(),
        consent: Vec::new(),
    };
    let mut problems = Vec::new();
    for (place, (column, cell)) in (1..).zip(columns.iter().zip(cells)) {
        let cell = cell.trim();
        if cell.is_empty() {
            continue;
        }
        // A quote that nobody closed takes in the rows below it, and other people's addresses with them.
        let is_own = matches!(column, Column::Custom { .. });
        if cell.contains(['\n', '\r']) && !is_own {
            let error = FieldError::new(
                "cell",
                "line_break",
                "the cell goes over several lines; a quote may be missing where it should end",
                "close the quote, or write the cell on one line",
            );
            problems.push(problem(Some(place), error));
            continue;
        }
        if let Err(error) = read_cell(&mut draft, column, cell, phones, now) {
            problems.push(problem(Some(place), error));
        }
    }
    let nobody = draft.name == CustomerName::default()
        && draft.profile.emails.is_empty()
        && draft.profile.phones.is_empty();
    if problems.is_empty() && nobody {
        problems.push(problem(
            None,
            FieldError::new(
                "row",
                "nobody",
                "the row has neither a name nor an address",
                "fill in one of them, or delete the row",
            ),
        ));
    }
    if problems.is_empty() {
        Ok(draft)
    } else {
        Err(problems)
    }
}

fn read_cell(
    draft: &mut Draft,
    column: &Column,
    cell: &str,
    phones: &dyn Fn(&str) -> Result<PhoneNumber, FieldError>,
    now: DateTime<Utc>,
) -> Result<(), FieldError> {
    let profile = &mut draft.profile;
    match column {
        Column::Reference => draft.reference = Some(Reference::parse(cell)?),
        Column::Name => draft.name.display = Some(name(cell)?),
        Column::FirstName => draft.name.first = Some(name(cell)?),
        Column::LastName => draft.name.last = Some(name(cell)?),
        Column::Email { kind } => {
            let address = EmailAddress::parse(cell).map_err(|error| {
                let message = format!("the cell {error}");
                FieldError::new(
                    "email",
                    "email",
                    message,
                    "correct it, or leave the cell empty",
                )
            })?;
            profile.add_email(address, *kind, now);
        }
        Column::Phone { kind } => {
            profile.add_phone(phones(cell)?, *kind, now);
        }
        Column::Tags => profile
            .tags
            .extend(tags(cell).map_err(|error| wrong_name("tags", error))?),
        Column::Locations => {
            let locations = tags(cell).map_err(|error| wrong_name("locations", error))?;
            profile.locations.extend(locations);
        }
        Column::Language => profile.locale = Some(locale(cell)?),
        Column::Zone => {
            let zone = Zone::parse(cell).map_err(|error| {
                FieldError::new(
                    "zone",
                    "zone",
                    format!("the zone {error}"),
                    "write an IANA name",
                )
            })?;
            profile.zone = Some(zone);
        }
        Column::Consent { class } => {
            let class = *class;
            draft.consent.push(if flag(cell)? {
                Change::Grant { class }
            } else {
                Change::Refuse { class }
            });
        }
        Column::SmsStopped => {
            if flag(cell)? {
                let what = Stoppable::Sms;
                draft.consent.push(Change::Stop { what });
            }
        }
        Column::Custom { name } => {
            let fields: &mut BTreeMap<_, _> = &mut profile.fields;
            fields.insert(name.clone(), custom(cell)?);
        }
        Column::Ignored => {}
    }
    Ok(())
}

fn name(cell: &str) -> Result<String, FieldError> {
    crate::field::required_text("name", Some(cell), 100, "write the customer's name")
}

fn tags(cell: &str) -> Result<Vec<Tag>, NameError> {
    let tags = cell.split([';', '|']).map(str::trim);
    tags.filter(|tag| !tag.is_empty()).map(Tag::parse).collect()
}

fn wrong_name(field: &str, error: NameError) -> FieldError {
    let message = format!("each of `{field}` {error}");
    FieldError::new(field, "name", message, "shorten it; divide several by `;`")
}

fn locale(cell: &str) -> Result<Locale, FieldError> {
    match cell.to_lowercase().as_str() {
        "de" | "deutsch" | "german" => Ok(Locale::De),
        "en" | "englisch" | "english" => Ok(Locale::En),
        _ => Err(FieldError::new(
            "language",
            "language",
            "the language is not one that customers are written to in",
            "write `de` or `en`, or leave the cell empty",
        )),
    }
}

fn flag(cell: &str) -> Result<bool, FieldError> {
    match cell.to_lowercase().as_str() {
        "yes" | "ja" | "true" | "1" | "x" | "y" | "j" => Ok(true),
        "no" | "nein" | "false" | "0" | "n" => Ok(false),
        _ => Err(FieldError::new(
            "consent",
            "yes_or_no",
            "the cell says neither yes nor no",
            "write `yes` or `no`; an empty cell says nothing",
        )),
    }
}

/// A day as `2026-11-02` is one, a whole number is a number; everything else is text.
fn custom(cell: &str) -> Result<CustomValue, FieldError> {
    if let Ok(day) = NaiveDate::parse_from_str(cell, "%Y-%m-%d") {
        return Ok(CustomValue::Date(day));
    }
    // A leading zero or plus is part of a code, not of a number.
    let number = cell.parse().ok().filter(|n: &i64| n.to_string() == cell);
    if let Some(number) = number {
        return Ok(CustomValue::Number(number));
    }
    let text = crate::field::required_text("field", Some(cell), 500, "shorten it")?;
    Ok(CustomValue::Text(text))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fixtures::monday;

    fn phones(cell: &str) -> Result<PhoneNumber, FieldError> {
        PhoneNumber::parse(cell)
            .map_err(|error| FieldError::new("phone", "phone", error.to_string(), "correct it"))
    }

    fn own() -> Vec<FieldName> {
        vec![FieldName::parse("Shoe size").unwrap()]
    }

    #[test]
    fn a_row_becomes_a_customer() {
        let header = [
            "Vorname",
            "Nachname",
            "E-Mail (work)",
            "Mobil",
            "Tags",
            "Sprache",
            "email marketing",
            "SMS stopped",
            "shoe SIZE",
            "# note",
            "e-mail",
        ];
        let columns = columns(&header, &own()).unwrap();
        let cells = [
            "Ada",
            " Lovelace ",
            "ada@work.example",
            "+49 (0)170 1234567",
            "vip; regular",
            "EN",
            "nein",
            "ja",
            "38",
            "anything",
            "",
        ];
        let draft = read_row(2, &columns, &cells, &phones, monday()).unwrap();
        insta::assert_json_snapshot!(draft);
        assert_eq!(format!("{draft:?}"), "Draft(…)");
    }

    #[test]
    fn everything_that_is_wrong_with_a_row_is_told_at_once() {
        let columns = columns(
            &["name", "email", "phone", "language", "email_marketing"],
            &[],
        )
        .unwrap();
        let read = |cells: &[&str]| read_row(7, &columns, cells, &phones, monday()).unwrap_err();
        let wrong = read(&["Ada", "ada@", "0170 1234", "kl", "perhaps"]);
        insta::assert_json_snapshot!(wrong);
        assert!(!format!("{wrong:?}").contains("ada@"));
        assert_eq!(read(&["Ada"])[0].error.code, "cells");
        let swallowed = "Zed,z@x.de\nY1,y1@x.de\nY2";
        assert_eq!(
            read(&[swallowed, "", "", "", ""])[0].error.code,
            "line_break"
        );
        assert_eq!(read(&["", " ", "", "de", ""])[0].error.code, "nobody");
    }

    #[test]
    fn columns_that_are_not_known_are_refused_with_the_nearest_name() {
        let wrong = columns(&["frist_name", "email", "E-Mail", "xyz"], &own()).unwrap_err();
        insta::assert_json_snapshot!(wrong);
        assert_eq!(columns(&["tags"], &[]).unwrap_err()[0].code, "nobody");
    }

    proptest! {
        #[test]
        fn no_cell_makes_it_panic(cells in proptest::collection::vec(any::<String>(), 6)) {
            let header = ["name", "email", "mobile", "tags", "zone", "shoe size"];
            let columns = columns(&header, &own()).unwrap();
            let cells: Vec<_> = cells.iter().map(String::as_str).collect();
            match read_row(2, &columns, &cells, &phones, monday()) {
                Ok(draft) => prop_assert!(draft.name != CustomerName::default() || !draft.profile.emails.is_empty() || !draft.profile.phones.is_empty()),
                Err(problems) => prop_assert!(!problems.is_empty()),
            }
        }
    }
}
