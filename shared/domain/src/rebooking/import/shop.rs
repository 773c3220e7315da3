//! Row by row to the history of a whole shop.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::dates::{DateError, SlashOrder, parse_day};
use super::status::parse_status;
use crate::local_time::Zone;
use crate::rebooking::backtest::{Customer, KnownCategory, Seen, Shop};
use crate::rebooking::category::{Category, Patterns};
use crate::rebooking::visit::Status;

/// One row, as it stands in the file.
#[derive(Clone, Copy, Debug, Default)]
pub struct Row<'a> {
    /// Who.
    pub customer: &'a str,
    /// When.
    pub date: &'a str,
    /// What.
    pub category: Option<&'a str>,
    /// How it stands; a file without such a column lists visits.
    pub status: Option<&'a str>,
    /// How long it takes, in minutes; empty where that is not known.
    pub duration: Option<&'a str>,
    /// What it costs; empty where that is not known.
    pub price: Option<&'a str>,
}

/// Why a row cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// Nobody to whom it belongs.
    #[error("the customer is empty")]
    NoCustomer,
    /// The date.
    #[error("date `{0}`: {1}")]
    Date(String, DateError),
    /// The status.
    #[error("status `{0}` is not known; say whether it means a completed visit")]
    Status(String),
    /// The category.
    #[error("the category is longer than a category may be")]
    Category,
    /// The duration.
    #[error("duration `{0}` is no number of minutes")]
    Duration(String),
    /// The price.
    #[error("price `{0}` is no price; write it like 45 or 45,00")]
    Price(String),
    /// More categories than a shop has.
    #[error(
        "there are more than {} categories; is this the right column?",
        u16::MAX
    )]
    TooManyCategories,
}

/// What became of the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// All rows, also the broken ones.
    pub rows: u64,
    /// Rows that could not be used.
    pub broken: u64,
    /// Cancelled appointments.
    pub cancelled: u64,
    /// Appointments to which nobody came.
    pub no_show: u64,
    /// Appointments in the book that never were completed.
    pub booked: u64,
    /// Visits after today.
    pub future: u64,
    /// Rows that say exactly what another one says.
    pub duplicates: u64,
    /// Further services on a day that is a visit already.
    pub same_day: u64,
    /// Visits.
    pub visits: u64,
    /// Customers with at least one visit.
    pub customers: u64,
}

/// Collects the rows of a file.
#[derive(Debug)]
pub struct ShopBuilder {
    zone: Zone,
    today: NaiveDate,
    order: Option<SlashOrder>,
    patterns: Patterns,
    /// What the owner's own words for a status mean, in small letters.
    words: HashMap<String, Status>,
    categories: Vec<KnownCategory>,
    category_ids: HashMap<String, u16>,
    customers: HashMap<String, Vec<Done>>,
    tally: Tally,
}

/// One completed service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Done {
    day: NaiveDate,
    duration_minutes: u32,
    price_minor: u64,
    category: u16,
}

impl ShopBuilder {
    /// An empty one. Visits after `today` do not count.
    #[must_use]
    pub fn new(
        zone: Zone,
        today: NaiveDate,
        order: Option<SlashOrder>,
        patterns: Patterns,
    ) -> Self {
        Self {
            zone,
            today,
            order,
            patterns,
            words: HashMap::new(),
            categories: Vec::new(),
            category_ids: HashMap::new(),
            customers: HashMap::new(),
            tally: Tally::default(),
        }
    }

    /// What a word of the owner's means; it goes before what we know.
    #[must_use]
    pub fn status_word(mut self, word: &str, means: Status) -> Self {
        self.words.insert(word.trim().to_lowercase(), means);
        self
    }

    /// A row that could not even be split into fields.
    pub fn unreadable(&mut self) {
        self.tally.rows += 1;
        self.tally.broken += 1;
    }

    /// Takes a row, or says what is wrong with it; it is counted either way.
    pub fn add(&mut self, row: &Row<'_>) -> Result<(), RowError> {
        self.tally.rows += 1;
        self.take(row).inspect_err(|_| self.tally.broken += 1)
    }

    fn take(&mut self, row: &Row<'_>) -> Result<(), RowError> {
        let customer = row.customer.trim();
        if customer.is_empty() {
            return Err(RowError::NoCustomer);
        }
        let date = row.date.trim();
        let day = parse_day(date, self.order, self.zone)
            .map_err(|error| RowError::Date(date.to_owned(), error))?;
        let status = row
            .status
            .map_or(Ok(Status::Completed), |word| self.status(word))?;
        let done = Done {
            day,
            duration_minutes: minutes(row.duration.unwrap_or_default())?,
            price_minor: price(row.price.unwrap_or_default())?,
            category: self.category(row.category.unwrap_or_default())?,
        };
        let counted = match status {
            Status::Completed if day <= self.today => {
                self.customers
                    .entry(customer.to_owned())
                    .or_default()
                    .push(done);
                return Ok(());
            }
            Status::Completed => &mut self.tally.future,
            Status::Cancelled => &mut self.tally.cancelled,
            Status::NoShow => &mut self.tally.no_show,
            Status::Booked => &mut self.tally.booked,
        };
        *counted += 1;
        Ok(())
    }

    fn status(&self, word: &str) -> Result<Status, RowError> {
        let word = word.trim();
        match self.words.get(&word.to_lowercase()) {
            Some(status) => Ok(*status),
            None => parse_status(word).map_err(|_| RowError::Status(word.to_owned())),
        }
    }

    fn category(&mut self, text: &str) -> Result<u16, RowError> {
        let text = text.trim();
        if let Some(id) = self.category_ids.get(text) {
            return Ok(*id);
        }
        let category = match text {
            "" => Category::unknown(),
            _ => Category::parse(text).map_err(|_| RowError::Category)?,
        };
        let id = u16::try_from(self.categories.len()).map_err(|_| RowError::TooManyCategories)?;
        self.categories.push(KnownCategory {
            default_days: self.patterns.days(&category),
            category,
        });
        self.category_ids.insert(text.to_owned(), id);
        Ok(id)
    }

    /// The shop, customers in the order of their ids, and what became of the rows.
    #[must_use]
    pub fn finish(self) -> (Shop, Tally) {
        let mut tally = self.tally;
        let mut customers: Vec<(String, Vec<Done>)> = self.customers.into_iter().collect();
        customers.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let categories = self.categories;
        let rank = |done: &Done| {
            let known = &categories[usize::from(done.category)];
            (
                done.duration_minutes,
                done.price_minor,
                known.default_days,
                std::cmp::Reverse(&known.category),
            )
        };
        let mut histories = Vec::with_capacity(customers.len());
        for (_, mut all) in customers {
            all.sort_by(|a, b| (a.day, rank(a)).cmp(&(b.day, rank(b))));
            let before = all.len();
            all.dedup();
            tally.duplicates += (before - all.len()) as u64;
            let mut customer = Customer::default();
            for day in all.chunk_by(|a, b| a.day == b.day) {
                let seen = |done: &Done| Seen {
                    day: done.day,
                    category: done.category,
                };
                // The primary service is the last of its day.
                let (primary, further) = (&day[day.len() - 1], &day[..day.len() - 1]);
                customer.visits.push(seen(primary));
                customer.further.extend(further.iter().map(seen));
            }
            tally.same_day += customer.further.len() as u64;
            tally.visits += customer.visits.len() as u64;
            tally.customers += 1;
            histories.push(customer);
        }
        let shop = Shop {
            categories,
            customers: histories,
        };
        (shop, tally)
    }
}

pub(super) fn minutes(text: &str) -> Result<u32, RowError> {
    let number = text
        .trim()
        .trim_end_matches(|c: char| c.is_alphabetic() || c == '.');
    if number.is_empty() && text.trim().is_empty() {
        return Ok(0);
    }
    number
        .trim_end()
        .parse()
        .map_err(|_| RowError::Duration(text.trim().to_owned()))
}

/// Hundredths of the currency's unit: `1.234,50 €` is 123450.
pub(super) fn price(text: &str) -> Result<u64, RowError> {
    let wrong = || RowError::Price(text.trim().to_owned());
    let digits = |c: char| c.is_ascii_digit() || c == ',' || c == '.';
    let number = text
        .trim()
        .trim_matches(|c: char| !digits(c) && c != '-')
        .trim_end_matches(['.', ',', '-'])
        .replace(['\'', ' ', '\u{a0}'], "");
    if number.is_empty() {
        return if text.trim().is_empty() {
            Ok(0)
        } else {
            Err(wrong())
        };
    }
    let (whole, hundredths) = match number.rfind([',', '.']) {
        Some(at) if number.len() - at <= 3 => (&number[..at], &number[at + 1..]),
        _ => (number.as_str(), ""),
    };
    if hundredths.chars().any(|c| !c.is_ascii_digit()) {
        return Err(wrong());
    }
    let whole: u64 = whole.replace([',', '.'], "").parse().map_err(|_| wrong())?;
    let hundredths: u64 = format!("{hundredths:0<2}").parse().map_err(|_| wrong())?;
    whole
        .checked_mul(100)
        .and_then(|whole| whole.checked_add(hundredths))
        .ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn builder() -> ShopBuilder {
        let today = "2026-06-30".parse().unwrap();
        ShopBuilder::new(Zone::UTC, today, None, Patterns::default())
    }

    fn row<'a>(customer: &'a str, date: &'a str, category: &'a str, status: &'a str) -> Row<'a> {
        Row {
            customer,
            date,
            category: Some(category),
            status: Some(status),
            ..Row::default()
        }
    }

    #[test]
    fn rows_become_visits_and_every_other_row_is_counted() {
        let mut builder = builder().status_word("da", Status::Completed);
        for (customer, date, category, status) in [
            ("b", "2026-01-01", "brows", "completed"),
            ("b", "2026-01-01", "highlights", "done"),
            ("b", "01.01.2026", "brows", "erledigt"), // the first once more
            ("b", "2026-02-01", "", "DA"),
            ("a", "2026-03-01", "brows", "completed"),
            ("a", "2026-04-01", "brows", "storniert"),
            ("a", "2026-05-01", "brows", "no-show"),
            ("a", "2026-06-01", "brows", "gebucht"),
            ("a", "2026-07-01", "brows", "completed"),
        ] {
            builder.add(&row(customer, date, category, status)).unwrap();
        }
        for (broken, error) in [
            (row(" ", "2026-01-01", "", "done"), "the customer is empty"),
            (
                row("a", "gestern", "", "done"),
                "date `gestern`: is no date; write it like 2026-06-01 or 01.06.2026",
            ),
            (
                row("a", "2026-01-01", "", "x"),
                "status `x` is not known; say whether it means a completed visit",
            ),
        ] {
            assert_eq!(builder.add(&broken).unwrap_err().to_string(), error);
        }
        builder.unreadable();
        let (shop, tally) = builder.finish();
        assert_eq!(
            tally,
            Tally {
                rows: 13,
                broken: 4,
                cancelled: 1,
                no_show: 1,
                booked: 1,
                future: 1,
                duplicates: 1,
                same_day: 1,
                visits: 3,
                customers: 2,
            }
        );
        let seen: Vec<Vec<(String, &str)>> = shop
            .customers
            .iter()
            .map(|Customer { visits, .. }| {
                let name = |seen: &Seen| {
                    shop.categories[usize::from(seen.category)]
                        .category
                        .as_str()
                };
                visits
                    .iter()
                    .map(|seen| (seen.day.to_string(), name(seen)))
                    .collect()
            })
            .collect();
        assert_eq!(seen[0], [("2026-03-01".to_owned(), "brows")]);
        assert_eq!(seen[1][0], ("2026-01-01".to_owned(), "highlights"));
        assert_eq!(seen[1][1], ("2026-02-01".to_owned(), "unknown"));
    }

    #[test]
    fn the_order_of_the_rows_does_not_matter() {
        let rows = [
            row("a", "2026-01-01", "massage", "done"),
            row("a", "2026-01-01", "facial", "done"),
            row("b", "2026-01-02", "brows", "done"),
        ];
        let build = |rows: &[Row<'_>]| {
            let mut builder = builder();
            for row in rows {
                builder.add(row).unwrap();
            }
            let (shop, tally) = builder.finish();
            let name = |seen: &Seen| shop.categories[usize::from(seen.category)].category.clone();
            let names: Vec<Category> = shop
                .customers
                .iter()
                .flat_map(|one| &one.visits)
                .map(name)
                .collect();
            (names, tally)
        };
        let mut turned = rows;
        turned.reverse();
        assert_eq!(build(&rows), build(&turned));
    }

    #[test]
    fn durations_and_prices_are_read_as_they_are_written() {
        for (text, expected) in [("", 0), ("45", 45), ("45 min", 45), ("45 Min.", 45)] {
            assert_eq!(minutes(text), Ok(expected), "{text}");
        }
        for (text, expected) in [
            ("", 0),
            ("45", 4500),
            ("45,5", 4550),
            ("45.00", 4500),
            ("1.234,50 €", 123_450),
            ("€ 1,234", 123_400),
            ("CHF 1'200.-", 120_000),
        ] {
            assert_eq!(price(text), Ok(expected), "{text}");
        }
        assert!(minutes("lang").is_err() && minutes("1:30").is_err());
        assert!(price("gratis").is_err() && price("-5").is_err() && price("1.2.3x4").is_err());
    }
}
