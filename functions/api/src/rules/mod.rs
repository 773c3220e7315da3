//! `/v1/rules`: follow-up rules in their flat form.

mod create;
mod delete;
mod list;
mod message_rehearsal;
mod preview;
mod rehearsal;
mod sample;
mod store;
mod switch;
mod update;
mod wire;

#[cfg(test)]
mod wire_tests;

pub(crate) use create::*;
pub(crate) use delete::*;
pub(crate) use list::*;
pub(crate) use message_rehearsal::*;
pub(crate) use preview::*;
pub(crate) use store::announce;
pub(crate) use switch::*;
pub(crate) use update::*;
