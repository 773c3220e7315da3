//! `/v1/connections`: accounts on channels. Secrets go in and never come out again.

mod change;
mod create;
mod list;
mod secrets;
mod wire;

pub(crate) use change::*;
pub(crate) use create::*;
pub(crate) use list::find;
pub(crate) use list::*;
