//! A table on disk, row by row.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use anyhow::{Context as _, bail};
use csv::ByteRecord;
use domain::rebooking::backtest::Shop;
use domain::rebooking::import::{Columns, Role, Row, ShopBuilder, SlashOrder, Tally, slash_hint};

use crate::options::Backtest;

/// So many broken rows are shown.
const SHOWN: usize = 20;
/// How far into the file the first line may end.
const HEADER_MAX: u64 = 64 * 1024;
/// So many rows are looked at before it is believed that no date has slashes.
const PEEK_ROWS: usize = 100;

/// What was found in a file.
#[derive(Debug)]
pub struct Found {
    /// The visits.
    pub shop: Shop,
    /// What became of the rows.
    pub tally: Tally,
    /// What was read and what could not be, in sentences.
    pub text: String,
}

/// Reads the file once, or twice where its dates have slashes.
pub fn read(options: &Backtest) -> anyhow::Result<Found> {
    let name = options.file.display();
    let (start, separator) = look_at(&options.file, options.separator)?;
    let open = || reader(&options.file, start, separator);
    let mut rows = open()?;
    let header: Vec<String> = rows
        .byte_headers()
        .with_context(|| format!("{name}: the header"))?
        .iter()
        .map(|field| decode(field).trim().to_owned())
        .collect();
    let columns = Columns::find(&header, |role| options.columns.get(&role).cloned())
        .map_err(|error| anyhow::anyhow!("{name}: {error} (--help shows how)"))?;
    let order = match options.dates {
        Some(order) => Some(order),
        None => tell_order(open()?, columns.date)?,
    };

    let mut builder =
        ShopBuilder::new(options.zone, options.today, order, options.patterns.clone());
    for (word, means) in &options.words {
        builder = builder.status_word(word, *means);
    }
    let mut broken = Vec::new();
    let mut not_utf8 = false;
    let mut record = ByteRecord::new();
    loop {
        match rows.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => return Err(error).with_context(|| format!("{name}: reading on")),
        }
        let line = record.position().map_or(0, csv::Position::line);
        let problem = if let Some(problem) = misshapen(&record, header.len()) {
            builder.unreadable();
            Some(problem)
        } else {
            let fields: Vec<_> = record.iter().map(decode).collect();
            not_utf8 |= record
                .iter()
                .any(|field| std::str::from_utf8(field).is_err());
            let field = |place: usize| fields.get(place).map(AsRef::as_ref);
            let row = Row {
                customer: field(columns.customer).unwrap_or_default(),
                date: field(columns.date).unwrap_or_default(),
                category: columns.category.and_then(field),
                status: columns.status.and_then(field),
                duration: columns.duration.and_then(field),
                price: columns.price.and_then(field),
            };
            builder.add(&row).err().map(|error| error.to_string())
        };
        if let Some(problem) = problem
            && broken.len() < SHOWN
        {
            broken.push(format!("  line {line}: {problem}"));
        }
    }
    let (shop, tally) = builder.finish();
    let mut text = format!(
        "{name}: {} rows, separated by `{}`\n",
        tally.rows,
        char::from(separator).escape_default()
    );
    described(&columns, &header, &mut text);
    counted(&tally, not_utf8, &broken, &mut text);
    Ok(Found { shop, tally, text })
}

/// Where the table begins (after a byte order mark) and what separates its fields.
fn look_at(file: &Path, separator: Option<u8>) -> anyhow::Result<(u64, u8)> {
    let name = file.display();
    let open = File::open(file).with_context(|| format!("{name} cannot be opened"))?;
    let mut line = Vec::new();
    BufReader::new(open.take(HEADER_MAX))
        .read_until(b'\n', &mut line)
        .with_context(|| format!("{name} cannot be read"))?;
    if line.starts_with(&[0xff, 0xfe]) || line.starts_with(&[0xfe, 0xff]) || line.contains(&0) {
        bail!("{name} is UTF-16 or no text; save it as CSV in UTF-8");
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
    match separator.or(found.map(|(sign, _)| sign)) {
        Some(separator) => Ok((start, separator)),
        None => bail!(
            "{name}: the first line names no columns; a header like `customer_id,date` is needed"
        ),
    }
}

fn reader(file: &Path, start: u64, separator: u8) -> anyhow::Result<csv::Reader<File>> {
    let name = file.display();
    let mut open = File::open(file).with_context(|| format!("{name} cannot be opened"))?;
    open.seek(SeekFrom::Start(start))?;
    Ok(csv::ReaderBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .from_reader(open))
}

/// How the dates of a file with slashes are meant, as far as one of them tells and no other one
/// says the opposite.
fn tell_order(mut rows: csv::Reader<File>, date: usize) -> anyhow::Result<Option<SlashOrder>> {
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
fn decode(field: &[u8]) -> std::borrow::Cow<'_, str> {
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

fn described(columns: &Columns, header: &[String], text: &mut String) {
    let places = [
        (Role::Customer, Some(columns.customer)),
        (Role::Date, Some(columns.date)),
        (Role::Category, columns.category),
        (Role::Status, columns.status),
        (Role::Duration, columns.duration),
        (Role::Price, columns.price),
    ];
    let named: Vec<String> = places
        .into_iter()
        .filter_map(|(role, place)| Some(format!("{role} `{}`", header[place?])))
        .collect();
    let _ = writeln!(text, "  columns: {}", named.join(", "));
    if columns.status.is_none() {
        text.push_str("  no status column: every row counts as a completed visit\n");
    }
    if columns.category.is_none() {
        text.push_str("  no category column: one pattern for everything\n");
    }
}

fn counted(tally: &Tally, not_utf8: bool, broken: &[String], text: &mut String) {
    let Tally {
        rows: _,
        broken: all_broken,
        cancelled,
        no_show,
        booked,
        future,
        duplicates,
        same_day,
        visits,
        customers,
    } = tally;
    let _ = writeln!(
        text,
        "  {visits} visits of {customers} customers; besides {same_day} further services on the \
         same day, {duplicates} duplicates,\n  {cancelled} cancelled, {no_show} no-shows, {booked} \
         never completed, {future} in the future",
    );
    if not_utf8 {
        text.push_str("  not all of it is UTF-8; what is not was read as Latin-1\n");
    }
    if *all_broken > 0 {
        let _ = writeln!(text, "  {all_broken} broken rows, left out:");
        for line in broken {
            let _ = writeln!(text, "  {line}");
        }
        let hidden = all_broken.saturating_sub(broken.len() as u64);
        if hidden > 0 {
            let _ = writeln!(text, "    and {hidden} more");
        }
    }
}
