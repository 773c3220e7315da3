//! `/v1/segments`: saved filters over customers, whom they hold, and in which order a user sees them.

mod change;
mod list;
mod members;
mod wire;

pub(crate) use change::*;
pub(crate) use list::*;
pub(crate) use members::*;
