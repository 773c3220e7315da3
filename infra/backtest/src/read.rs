//! A table on disk, and what is said about it.

use std::fmt::Write as _;
use std::fs::File;

use anyhow::Context as _;
use domain::rebooking::backtest::Shop;
use domain::rebooking::import::{Role, Table, TableError, Tally, read as read_table};
use domain::table::Unreadable;

use crate::options::Backtest;

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

/// Reads the file.
pub fn read(options: &Backtest) -> anyhow::Result<Found> {
    let name = options.file.display();
    let open = File::open(&options.file).with_context(|| format!("{name} cannot be opened"))?;
    let table = read_table(open, &options.reading).map_err(|error| match error {
        TableError::Unreadable(Unreadable::NotText) => anyhow::anyhow!("{name} {error}"),
        TableError::Columns(error) => anyhow::anyhow!("{name}: {error} (--help shows how)"),
        TableError::Unreadable(error) => anyhow::anyhow!("{name}: {error}"),
    })?;
    let mut text = format!(
        "{name}: {} rows, separated by `{}`\n",
        table.tally.rows,
        char::from(table.separator).escape_default()
    );
    described(&table, &mut text);
    counted(&table, &mut text);
    Ok(Found {
        shop: table.shop,
        tally: table.tally,
        text,
    })
}

fn described(table: &Table, text: &mut String) {
    let columns = &table.columns;
    let named: Vec<String> = Role::ALL
        .into_iter()
        .filter_map(|role| Some(format!("{role} `{}`", table.header[columns.place(role)?])))
        .collect();
    let _ = writeln!(text, "  columns: {}", named.join(", "));
    if columns.status.is_none() {
        text.push_str("  no status column: every row counts as a completed visit\n");
    }
    if columns.category.is_none() {
        text.push_str("  no category column: one pattern for everything\n");
    }
}

fn counted(table: &Table, text: &mut String) {
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
    } = table.tally;
    let _ = writeln!(
        text,
        "  {visits} visits of {customers} customers; besides {same_day} further services on the \
         same day, {duplicates} duplicates,\n  {cancelled} cancelled, {no_show} no-shows, {booked} \
         never completed, {future} in the future",
    );
    if table.not_utf8 {
        text.push_str("  not all of it is UTF-8; what is not was read as Latin-1\n");
    }
    if all_broken > 0 {
        let _ = writeln!(text, "  {all_broken} broken rows, left out:");
        for row in &table.broken {
            let _ = writeln!(text, "    line {}: {}", row.line, row.problem);
        }
        let hidden = all_broken.saturating_sub(table.broken.len() as u64);
        if hidden > 0 {
            let _ = writeln!(text, "    and {hidden} more");
        }
    }
}
