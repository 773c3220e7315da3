//! Every function of Nachfass in one process, on a virtual clock, with an embedded DynamoDB.
//!
//! What `cargo run` starts, and what the tests drive. The code is that of the functions; only
//! the ports are others.

pub mod control;
pub mod demo;
pub mod first_start;
pub mod import;
pub mod judge;
pub mod options;
pub mod runner;

pub use runner::Runner;
