//! `/v1/mail-templates`: what the transactional e-mails say, in the business's own words or the
//! built-in ones; `/v1/mail-layout`: what all e-mails have in common.

mod change;
mod layout;
mod list;
mod preview;
mod wire;

pub(crate) use change::*;
pub(crate) use layout::*;
pub(crate) use list::*;
pub(crate) use preview::*;
