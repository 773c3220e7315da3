//! What the targets share: the properties of every inbound parser, and what the table can hold.

pub mod inbound;
pub mod reports;
pub mod table;
