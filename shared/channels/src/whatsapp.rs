//! WhatsApp Cloud API.

pub(crate) mod account;
pub(crate) mod content;
pub(crate) mod inbound;
pub(crate) mod outbound;
pub(crate) mod outcome;
pub mod parameters;
pub mod templates;
