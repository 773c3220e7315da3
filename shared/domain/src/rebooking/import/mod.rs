//! The fields of a visit history as other programs export it: which column is what, what a date
//! and a status mean.

mod columns;
mod dates;
mod past;
mod shop;
mod status;
mod table;

pub use columns::{Columns, ColumnsError, Role};
pub use dates::{DateError, SlashOrder, parse_day, slash_hint};
pub use past::{Past, PastError, read_past};
pub use shop::{Row, RowError, ShopBuilder, Tally};
pub use status::{StatusError, parse_status};
pub use table::{BrokenRow, Reading, Table, TableError, read};
