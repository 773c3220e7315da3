//! Tables as other programs write them: CSV with any of the usual separators, with or without a byte
//! order mark, in UTF-8 or Windows-1252, of which Latin-1 is a part.

use std::borrow::Cow;
use std::io::{self, BufRead as _, BufReader, Read, Seek, SeekFrom};

use csv::ByteRecord;
use encoding_rs::WINDOWS_1252;

/// How far into the table the first line may end.
const HEADER_MAX: u64 = 64 * 1024;

/// What cannot be read as a table at all.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Another encoding, or no text.
    #[error("is UTF-16 or no text; save it as CSV in UTF-8")]
    NotText,
    /// The first line has one field at most.
    #[error("the first line names no columns; a header like `customer_id,date` is needed")]
    NoHeader,
    /// The source failed, or its first line is not one.
    #[error("cannot be read: {0}")]
    Source(#[from] csv::Error),
}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        Self::Source(error.into())
    }
}

/// Where a table begins, and what separates its fields.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    at: u64,
    separator: u8,
}

impl Start {
    /// Looks at the first line; a table with one column needs its separator told.
    pub fn look_at(
        source: &mut (impl Read + Seek),
        separator: Option<u8>,
    ) -> Result<Self, Unreadable> {
        source.rewind()?;
        let mut line = Vec::new();
        BufReader::new(source.take(HEADER_MAX)).read_until(b'\n', &mut line)?;
        if line.starts_with(&[0xff, 0xfe]) || line.starts_with(&[0xfe, 0xff]) || line.contains(&0) {
            return Err(Unreadable::NotText);
        }
        let at = if line.starts_with("\u{feff}".as_bytes()) {
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
        let separator = separator.ok_or(Unreadable::NoHeader)?;
        Ok(Self { at, separator })
    }

    /// The same for a table that may be a list, of which the one column is separated by nothing.
    pub fn look_at_list(
        source: &mut (impl Read + Seek),
        separator: Option<u8>,
    ) -> Result<Self, Unreadable> {
        match Self::look_at(source, separator) {
            Err(Unreadable::NoHeader) => Self::look_at(source, Some(b',')),
            start => start,
        }
    }

    /// What separates the fields.
    #[must_use]
    pub fn separator(self) -> u8 {
        self.separator
    }

    /// The rows from the header on.
    pub fn rows<R: Read + Seek>(self, mut source: R) -> Result<csv::Reader<R>, Unreadable> {
        source.seek(SeekFrom::Start(self.at))?;
        Ok(csv::ReaderBuilder::new()
            .delimiter(self.separator)
            .flexible(true)
            .from_reader(source))
    }
}

/// The names of the columns.
pub(crate) fn header(rows: &mut csv::Reader<impl Read>) -> Result<Vec<String>, Unreadable> {
    let names = rows.byte_headers()?.iter();
    Ok(names.map(|name| decode(name).trim().to_owned()).collect())
}

/// The next row; `false`: there is none.
pub(crate) fn next(
    rows: &mut csv::Reader<impl Read>,
    record: &mut ByteRecord,
) -> Result<bool, Unreadable> {
    Ok(rows.read_byte_record(record)?)
}

/// A row that has not the fields of the header; empty ones at the end do not matter.
pub(crate) fn misshapen(record: &ByteRecord, columns: usize) -> Option<String> {
    let more = record
        .iter()
        .skip(columns)
        .any(|field| !field.trim_ascii().is_empty());
    (record.len() < columns || more)
        .then(|| format!("{} fields, the header has {columns}", record.len()))
}

/// UTF-8, else Windows-1252, in which spreadsheets save and every byte is a character.
pub(crate) fn decode(field: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(field) {
        Ok(text) => text.into(),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(field).0,
    }
}

/// Whether all of the row is UTF-8.
pub(crate) fn is_utf8(record: &ByteRecord) -> bool {
    record
        .iter()
        .all(|field| std::str::from_utf8(field).is_ok())
}
