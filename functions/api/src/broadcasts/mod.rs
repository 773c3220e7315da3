//! `/v1/broadcasts`: a message to many, counted before it is confirmed, paced, paused and cancelled.

mod create;
mod list;
mod run;
mod wire;

pub(crate) use create::*;
pub(crate) use list::*;
pub(crate) use run::*;
