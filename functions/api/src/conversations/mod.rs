//! `/v1/conversations`: who wrote what, what is pending, and why.

mod assign;
mod find;
mod join;
mod list;
mod message;
mod pending;
mod recording;
mod scheduled;
mod sent;
mod state;
mod suppressed;
mod why;
mod wire;
mod write;
mod write_to;

pub(crate) use assign::*;
pub(crate) use join::*;
pub(crate) use list::*;
pub(crate) use message::*;
pub(crate) use pending::*;
pub(crate) use recording::*;
pub(crate) use scheduled::*;
pub(crate) use sent::*;
pub(crate) use state::*;
pub(crate) use suppressed::*;
pub(crate) use why::*;
pub(crate) use wire::{CustomerOut, ReasonOut, Words};
pub(crate) use write::*;
pub(crate) use write_to::*;
