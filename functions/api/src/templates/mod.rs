//! `/v1/connections/{id}/templates`: the platform's list, kept here; new ones are made there.

mod create;
mod list;
mod platform;
mod sync;
mod wire;

pub(crate) use create::*;
pub(crate) use list::*;
pub(crate) use sync::*;
