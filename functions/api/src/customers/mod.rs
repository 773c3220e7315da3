//! `/v1/customers`: who they are, what they and staff said about being written to, and everything
//! that is stored about one person, to be read or erased as a whole.

mod consent;
mod consents;
mod create;
mod erase;
mod export;
mod import;
mod links;
mod list;
mod update;
mod wire;

pub(crate) use consent::*;
pub(crate) use consents::*;
pub(crate) use create::*;
pub(crate) use erase::*;
pub(crate) use export::*;
pub(crate) use import::*;
pub(crate) use links::*;
pub(crate) use list::*;
pub(crate) use update::*;
