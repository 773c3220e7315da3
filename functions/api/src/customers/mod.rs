//! `/v1/customers`: everything that is stored about one person, to be read or erased as a whole.

mod erase;
mod export;

pub(crate) use erase::*;
pub(crate) use export::*;
