//! A visit history row by row as appointments that can be stored: whose, which, and what was done.

use std::collections::HashMap;
use std::io::{Read, Seek};

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use csv::ByteRecord;

use super::columns::{Columns, place_of};
use super::dates::parse_day;
use super::shop::{Row, RowError, minutes, price};
use super::status::parse_status;
use super::table::{Reading, TableError, tell_order};
use crate::contact::Reference;
use crate::local_time::Zone;
use crate::rebooking::category::Category;
use crate::rebooking::visit::{Appointment, Service, Status};
use crate::table::{self, Start, decode, misshapen};

/// Names under which programs export their id of an appointment.
const IDS: [&str; 12] = [
    "appointment_id",
    "appointment",
    "booking_id",
    "booking",
    "termin_id",
    "terminnummer",
    "termin_nr",
    "buchungs_id",
    "buchungsnummer",
    "buchungsnr",
    "reference",
    "id",
];
/// Names under which they export who did it.
const STAFF: [&str; 10] = [
    "staff",
    "staff_name",
    "employee",
    "mitarbeiter",
    "mitarbeiterin",
    "stylist",
    "team_member",
    "provider",
    "behandler",
    "bearbeiter",
];

/// A row of a visit history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// The line, from 1, which is the header.
    pub line: u64,
    /// The business's own id of the customer.
    pub customer: Reference,
    /// The business's own id of the appointment; where the table has none, one that follows from what
    /// the row says, so that the same table again says nothing new.
    pub reference: Reference,
    /// How it stands. Where only the day is known, at noon.
    pub appointment: Appointment,
    /// When it became so: whatever was told of it since counts more.
    pub changed_at: DateTime<Utc>,
}

/// Why a row is no appointment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PastError {
    /// Other fields than the header.
    #[error("{0}")]
    Misshapen(String),
    /// Something that every history needs.
    #[error(transparent)]
    Row(#[from] RowError),
    /// An id is too long, or has white space.
    #[error("the id of the {0} has white space, or more than 128 characters")]
    Id(&'static str),
    /// Outside what an appointment may be.
    #[error("{0}")]
    Outside(String),
}

/// Reads the table row by row; `take` gets each with its line. Memory holds how many rows without an id
/// each customer has on a day.
pub fn read_past(
    mut source: impl Read + Seek,
    reading: &Reading,
    now: DateTime<Utc>,
    mut take: impl FnMut(u64, Result<Past, PastError>),
) -> Result<(), TableError> {
    let start = Start::look_at(&mut source, reading.separator)?;
    let mut rows = start.rows(&mut source)?;
    let header = table::header(&mut rows)?;
    let columns = Columns::find(&header, |role| reading.columns.get(&role).cloned())?;
    let free = |names: &[&str]| place_of(&header, names).filter(|place| !columns.has(*place));
    let (id, staff) = (free(&IDS), free(&STAFF));
    let order = match reading.dates {
        Some(order) => Some(order),
        None => {
            let order = tell_order(rows, columns.date)?;
            rows = start.rows(&mut source)?;
            order
        }
    };
    let mut reader = Reader {
        reading,
        order,
        now,
        without_id: HashMap::new(),
    };
    let mut record = ByteRecord::new();
    while table::next(&mut rows, &mut record)? {
        let line = record.position().map_or(0, csv::Position::line);
        if let Some(problem) = misshapen(&record, header.len()) {
            take(line, Err(PastError::Misshapen(problem)));
            continue;
        }
        let fields: Vec<_> = record.iter().map(decode).collect();
        let field = |place: usize| fields.get(place).map(AsRef::as_ref);
        let row = Row {
            customer: field(columns.customer).unwrap_or_default(),
            date: field(columns.date).unwrap_or_default(),
            category: columns.category.and_then(field),
            status: columns.status.and_then(field),
            duration: columns.duration.and_then(field),
            price: columns.price.and_then(field),
        };
        let beside = (id.and_then(field), staff.and_then(field));
        take(line, reader.read(line, &row, beside));
    }
    Ok(())
}

struct Reader<'a> {
    reading: &'a Reading,
    order: Option<super::dates::SlashOrder>,
    now: DateTime<Utc>,
    without_id: HashMap<(String, NaiveDate, String), u32>,
}

impl Reader<'_> {
    fn read(
        &mut self,
        line: u64,
        row: &Row<'_>,
        (id, staff): (Option<&str>, Option<&str>),
    ) -> Result<Past, PastError> {
        let customer = row.customer.trim();
        if customer.is_empty() {
            return Err(RowError::NoCustomer.into());
        }
        let customer = Reference::parse(customer).map_err(|_| PastError::Id("customer"))?;
        let date = row.date.trim();
        let day = parse_day(date, self.order, self.reading.zone)
            .map_err(|error| RowError::Date(date.to_owned(), error))?;
        let category = match row.category.unwrap_or_default().trim() {
            "" => Category::unknown(),
            text => Category::parse(text).map_err(|_| RowError::Category)?,
        };
        let id = id.map(str::trim).filter(|id| !id.is_empty());
        let reference = match id {
            Some(id) => Reference::parse(id).map_err(|_| PastError::Id("appointment"))?,
            None => self.reference(&customer, day, &category)?,
        };
        let staff = staff.map(str::trim).filter(|staff| !staff.is_empty());
        let starts_at = noon(day, self.reading.zone);
        let appointment = Appointment {
            starts_at,
            status: self.status(row.status)?,
            services: vec![Service {
                category,
                duration_minutes: minutes(row.duration.unwrap_or_default())?,
                price_minor: price(row.price.unwrap_or_default())?,
                staff: staff.map(str::to_owned),
            }],
        };
        appointment.check(self.now).map_err(|errors| {
            let errors: Vec<_> = errors.into_iter().map(|error| error.message).collect();
            PastError::Outside(errors.join("; "))
        })?;
        Ok(Past {
            line,
            customer,
            reference,
            appointment,
            changed_at: starts_at.min(self.now),
        })
    }

    fn status(&self, word: Option<&str>) -> Result<Status, RowError> {
        let Some(word) = word.map(str::trim) else {
            return Ok(Status::Completed);
        };
        let own = self.reading.words.iter();
        let own = own
            .rev()
            .find(|(known, _)| known.eq_ignore_ascii_case(word));
        match own {
            Some((_, status)) => Ok(*status),
            None => parse_status(word).map_err(|_| RowError::Status(word.to_owned())),
        }
    }

    fn reference(
        &mut self,
        customer: &Reference,
        day: NaiveDate,
        category: &Category,
    ) -> Result<Reference, PastError> {
        let what: String = category
            .as_str()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join("_");
        let key = (customer.reveal().to_owned(), day, what.clone());
        let number = self.without_id.entry(key).or_insert(0);
        *number += 1;
        Reference::parse(&format!("history-{day}-{what}-{number}"))
            .map_err(|_| PastError::Id("appointment"))
    }
}

/// The middle of the day on the business's clock: no change of the clock takes it to another one.
fn noon(day: NaiveDate, zone: Zone) -> DateTime<Utc> {
    let noon = NaiveTime::from_hms_opt(12, 0, 0).unwrap_or(NaiveTime::MIN);
    zone.instant(day.and_time(noon))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn read(table: &str) -> Vec<(u64, Result<Past, PastError>)> {
        let zone = Zone::parse("Europe/Berlin").unwrap();
        let reading = Reading::new(zone, "2026-06-30".parse().unwrap());
        let mut found = Vec::new();
        let now = "2026-06-30T10:00:00Z".parse().unwrap();
        read_past(Cursor::new(table), &reading, now, |line, row| {
            found.push((line, row))
        })
        .unwrap();
        found
    }

    #[test]
    fn rows_become_appointments_under_the_ids_of_the_business() {
        let found = read(
            "Termin-ID;Kunden-Nr.;Datum;Leistung;Dauer;Preis;Mitarbeiterin;Status\n\
             T-1;K-1;05.01.2026;Herrenschnitt;30;35,00;Jane;erledigt\n\
             ;K-1;09.02.2026;brows;15;;;storniert\n",
        );
        let one = found[0].1.clone().unwrap();
        assert_eq!(
            (one.customer.reveal(), one.reference.reveal()),
            ("K-1", "T-1")
        );
        assert_eq!(one.appointment.status, Status::Completed);
        assert_eq!(
            one.appointment.starts_at.to_rfc3339(),
            "2026-01-05T11:00:00+00:00"
        );
        let service = &one.appointment.services[0];
        assert_eq!((service.duration_minutes, service.price_minor), (30, 3500));
        assert_eq!(service.staff.as_deref(), Some("Jane"));
        let other = found[1].1.clone().unwrap();
        assert_eq!(other.reference.reveal(), "history-2026-02-09-brows-1");
        assert_eq!(other.appointment.status, Status::Cancelled);
    }

    #[test]
    fn the_same_table_again_names_the_same_appointments() {
        let table = "customer_id,date,category\nK-1,2026-01-05,brows\nK-1,2026-01-05,brows\nK-2,2026-01-05,brows\n";
        let names = |found: Vec<(u64, Result<Past, PastError>)>| -> Vec<String> {
            let names = found.into_iter().map(|(_, row)| row.unwrap().reference);
            names.map(|name| name.reveal().to_owned()).collect()
        };
        let found = names(read(table));
        assert_eq!(found[0], "history-2026-01-05-brows-1");
        assert_eq!(found[1], "history-2026-01-05-brows-2");
        assert_eq!(found[2], "history-2026-01-05-brows-1");
        assert_eq!(names(read(table)), found);
    }

    #[test]
    fn what_is_wrong_with_a_row_is_said_with_its_line_and_the_others_are_read() {
        let found = read(
            "customer,date,status\n,2026-01-05,done\nK 1,2026-01-05,done\nK-1,2026-13-05,done\nK-1,2026-01-05,perhaps\nK-1,1970-01-05,done\nK-1\nK-1,2026-01-05,done\n",
        );
        let lines: Vec<_> = found
            .iter()
            .map(|(line, row)| (*line, row.is_ok()))
            .collect();
        let broken = (2..=7).map(|line| (line, false));
        assert_eq!(lines, broken.chain([(8, true)]).collect::<Vec<_>>());
    }
}
