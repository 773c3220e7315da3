//! What belongs to the workspace as a whole: settings, keys, counters.

mod keys;
mod settings;
mod usage;

pub(crate) use keys::*;
pub(crate) use settings::*;
pub(crate) use usage::*;
