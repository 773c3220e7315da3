//! What the targets share: the property of every inbound parser, and what the table can hold.

pub mod inbound;
pub mod table;
