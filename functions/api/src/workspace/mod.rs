//! What belongs to the workspace as a whole: settings, keys, counters, the audit log.

mod account;
mod audit;
mod keys;
mod notifications;
mod settings;
mod usage;

pub(crate) use account::*;
pub(crate) use audit::*;
pub(crate) use keys::*;
pub(crate) use notifications::*;
pub(crate) use settings::*;
pub(crate) use usage::*;
