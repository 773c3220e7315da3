//! A table with a header, row by row: a file, or what somebody sent.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{Read, Seek};

use chrono::NaiveDate;
use csv::ByteRecord;

use super::columns::{Columns, ColumnsError, Role};
use super::dates::{SlashOrder, slash_hint};
use super::shop::{Row, ShopBuilder, Tally};
use crate::local_time::Zone;
use crate::rebooking::backtest::Shop;
use crate::rebooking::category::Patterns;
use crate::rebooking::visit::Status;
use crate::table::{self, Start, Unreadable, decode, misshapen};

/// So many broken rows are told of; the tally counts all.
const TOLD: usize = 20;
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
    /// It is none.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The columns cannot be told apart.
    #[error(transparent)]
    Columns(#[from] ColumnsError),
}

/// Reads the table once, or twice where its dates have slashes. Memory holds the visits, not the
/// rows.
pub fn read(mut source: impl Read + Seek, reading: &Reading) -> Result<Table, TableError> {
    let start = Start::look_at(&mut source, reading.separator)?;
    let mut rows = start.rows(&mut source)?;
    let header = table::header(&mut rows)?;
    let columns = Columns::find(&header, |role| reading.columns.get(&role).cloned())?;
    let order = match reading.dates {
        Some(order) => Some(order),
        None => {
            let order = tell_order(rows, columns.date)?;
            rows = start.rows(&mut source)?;
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
    while table::next(&mut rows, &mut record)? {
        let problem = if let Some(problem) = misshapen(&record, header.len()) {
            builder.unreadable();
            Some(problem)
        } else {
            let fields: Vec<_> = record.iter().map(decode).collect();
            not_utf8 |= !table::is_utf8(&record);
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
        separator: start.separator(),
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

/// How the dates of a table with slashes are meant, as far as one of them tells and no other one
/// says the opposite.
pub(super) fn tell_order(
    mut rows: csv::Reader<impl Read>,
    date: usize,
) -> Result<Option<SlashOrder>, Unreadable> {
    let mut record = ByteRecord::new();
    let (mut told, mut slashes, mut seen) = (None, false, 0);
    while table::next(&mut rows, &mut record)? {
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
