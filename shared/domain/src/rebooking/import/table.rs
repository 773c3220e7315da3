//! A table with a header, row by row: a file, or what somebody sent.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, BufRead as _, BufReader, Read, Seek, SeekFrom};

use chrono::NaiveDate;
use csv::ByteRecord;

use super::columns::{Columns, ColumnsError, Role};
use super::dates::{SlashOrder, slash_hint};
use super::shop::{Row, ShopBuilder, Tally};
use crate::local_time::Zone;
use crate::rebooking::backtest::Shop;
use crate::rebooking::category::Patterns;
use crate::rebooking::visit::Status;

/// So many broken rows are told of; the tally counts all.
const TOLD: usize = 20;
/// How far into the table the first line may end.
const HEADER_MAX: u64 = 64 * 1024;
/// So many rows are looked at before it is believed that no date has slashes.
const PEEK_ROWS: usize = 100;

/// How a table is to be read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Columns by name, where theirs is not a usual one.
    pub columns: BTreeMap<Role, String>,
    /// What separates the fields; `None`: the table tells.
    pub separator: Option<u8>,
    /// What dates with slashes mean; `None`: the table tells.
    pub dates: Option<SlashOrder>,
    /// The business zone.
    pub zone: Zone,
    /// What is after it is in the future.
    pub today: NaiveDate,
    /// The patterns of the categories.
    pub patterns: Patterns,
    /// What the owner's own words of the status column mean.
    pub words: Vec<(String, Status)>,
}

impl Reading {
    /// With everything as the table tells it.
    #[must_use]
    pub fn new(zone: Zone, today: NaiveDate) -> Self {
        Self {
            columns: BTreeMap::new(),
            separator: None,
            dates: None,
            zone,
            today,
            patterns: Patterns::default(),
            words: Vec::new(),
        }
    }
}

/// What stood in a table.
#[derive(Clone, Debug)]
pub struct Table {
    /// The visits.
    pub shop: Shop,
    /// What became of the rows.
    pub tally: Tally,
    /// The names of the columns.
    pub header: Vec<String>,
    /// Which column is what.
    pub columns: Columns,
    /// What separates the fields.
    pub separator: u8,
    /// Not all of it is UTF-8; what is not was read as Latin-1.
    pub not_utf8: bool,
    /// The first rows that could not be used.
    pub broken: Vec<BrokenRow>,
}

/// A row that could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenRow {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub problem: String,
}

/// A table that cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// Another encoding, or no text.
    #[error("is UTF-16 or no text; save it as CSV in UTF-8")]
    NotText,
    /// The first line has one field at most.
    #[error("the first line names no columns; a header like `customer_id,date` is needed")]
    NoHeader,
    /// The columns cannot be told apart.
    #[error(transparent)]
    Columns(#[from] ColumnsError),
    /// The source failed, or its first line is not one.
    #[error("cannot be read: {0}")]
    Source(#[from] csv::Error),
}

impl From<io::Error> for TableError {
    fn from(error: io::Error) -> Self {
        Self::Source(error.into())
    }
}

/// Reads the table once, or twice where its dates have slashes. Memory holds the visits, not the
/// rows.
pub fn read(mut source: impl Read + Seek, reading: &Reading) -> Result<Table, TableError> {
    let (start, separator) = look_at(&mut source, reading.separator)?;
    let mut rows = rows(&mut source, start, separator)?;
    let header: Vec<String> = rows
        .byte_headers()?
        .iter()
        .map(|field| decode(field).trim().to_owned())
        .collect();
    let columns = Columns::find(&header, |role| reading.columns.get(&role).cloned())?;
    let order = match reading.dates {
        Some(order) => Some(order),
        None => {
            let order = tell_order(rows, columns.date)?;
            rows = self::rows(&mut source, start, separator)?;
            order
        }
    };

    let mut builder =
        ShopBuilder::new(reading.zone, reading.today, order, reading.patterns.clone());
    for (word, means) in &reading.words {
        builder = builder.status_word(word, *means);
    }
    let (mut broken, mut not_utf8) = (Vec::new(), false);
    let mut record = ByteRecord::new();
    while rows.read_byte_record(&mut record)? {
        let problem = if let Some(problem) = misshapen(&record, header.len()) {
            builder.unreadable();
            Some(problem)
        } else {
            let fields: Vec<_> = record.iter().map(decode).collect();
            not_utf8 |= record
                .iter()
                .any(|field| std::str::from_utf8(field).is_err());
            add(&mut builder, &fields, &columns).err()
        };
        if let Some(problem) = problem.filter(|_| broken.len() < TOLD) {
            let line = record.position().map_or(0, csv::Position::line);
            broken.push(BrokenRow { line, problem });
        }
    }
    let (shop, tally) = builder.finish();
    Ok(Table {
        shop,
        tally,
        header,
        columns,
        separator,
        not_utf8,
        broken,
    })
}

fn add(
    builder: &mut ShopBuilder,
    fields: &[Cow<'_, str>],
    columns: &Columns,
) -> Result<(), String> {
    let field = |place: usize| fields.get(place).map(AsRef::as_ref);
    let row = Row {
        customer: field(columns.customer).unwrap_or_default(),
        date: field(columns.date).unwrap_or_default(),
        category: columns.category.and_then(field),
        status: columns.status.and_then(field),
        duration: columns.duration.and_then(field),
        price: columns.price.and_then(field),
    };
    builder.add(&row).map_err(|error| error.to_string())
}

/// Where the table begins (after a byte order mark) and what separates its fields.
fn look_at(
    source: &mut (impl Read + Seek),
    separator: Option<u8>,
) -> Result<(u64, u8), TableError> {
    source.rewind()?;
    let mut line = Vec::new();
    BufReader::new(source.take(HEADER_MAX)).read_until(b'\n', &mut line)?;
    if line.starts_with(&[0xff, 0xfe]) || line.starts_with(&[0xfe, 0xff]) || line.contains(&0) {
        return Err(TableError::NotText);
    }
    let start = if line.starts_with("\u{feff}".as_bytes()) {
        3
    } else {
        0
    };
    let mut quoted = false;
    let mut counts = [(b';', 0), (b',', 0), (b'\t', 0), (b'|', 0)];
    for byte in &line {
        quoted ^= *byte == b'"';
        if let Some((_, count)) = counts.iter_mut().find(|(sign, _)| sign == byte && !quoted) {
            *count += 1;
        }
    }
    let most = counts.into_iter().max_by_key(|(_, count)| *count);
    let found = most.filter(|(_, count)| *count > 0);
    let separator = separator.or(found.map(|(sign, _)| sign));
    let separator = separator.ok_or(TableError::NoHeader)?;
    Ok((start, separator))
}

fn rows<R: Read + Seek>(
    mut source: R,
    start: u64,
    separator: u8,
) -> Result<csv::Reader<R>, TableError> {
    source.seek(SeekFrom::Start(start))?;
    Ok(csv::ReaderBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .from_reader(source))
}

/// How the dates of a table with slashes are meant, as far as one of them tells and no other one
/// says the opposite.
fn tell_order(
    mut rows: csv::Reader<impl Read>,
    date: usize,
) -> Result<Option<SlashOrder>, TableError> {
    let mut record = ByteRecord::new();
    let (mut told, mut slashes, mut seen) = (None, false, 0);
    while rows.read_byte_record(&mut record)? {
        let field = decode(record.get(date).unwrap_or_default());
        let year_first = field.trim().find(['-', '/']) == Some(4);
        slashes |= field.contains(['/', '-']) && !year_first;
        seen += 1;
        if seen >= PEEK_ROWS && !slashes {
            break;
        }
        match (told, slash_hint(&field)) {
            (_, None) => {}
            (None, hint) => told = hint,
            (Some(before), Some(hint)) if before != hint => return Ok(None),
            (Some(_), Some(_)) => {}
        }
    }
    Ok(told)
}

/// A row that has not the fields of the header; empty ones at the end do not matter.
fn misshapen(record: &ByteRecord, columns: usize) -> Option<String> {
    let more = record
        .iter()
        .skip(columns)
        .any(|field| !field.trim_ascii().is_empty());
    (record.len() < columns || more)
        .then(|| format!("{} fields, the header has {columns}", record.len()))
}

/// UTF-8, else Latin-1, in which every byte is a character.
fn decode(field: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(field) {
        Ok(text) => text.into(),
        Err(_) => field
            .iter()
            .copied()
            .map(char::from)
            .collect::<String>()
            .into(),
    }
}
