//! Who may be written to, for what, and how we know (MO-26 to MO-31, NX-11).
//!
//! Everything a customer, the team or a platform says about messages is an [`Entry`] of a ledger
//! that only grows; each entry carries the hash of the one before it. What holds now is the
//! [`Standing`], the fold of the entries. It is stored with the customer, so that a send reads one
//! item. [`may_send`] asks it.
//!
//! | what | who ends it | who lifts it |
//! |---|---|---|
//! | a class of messages | customer | customer only |
//! | a class of messages | staff, import | customer; staff |
//! | marketing, at the platform | customer, in the platform's app | the same way only |
//! | all SMS (STOP) | customer | customer only |
//! | all automated chat messages | customer | customer only |
//! | an address (bounce, complaint, ...) | its provider | see [`Cause`] |
//!
//! An import or a merge never lifts anything, and a merge keeps whose refusal it was.

mod class;
mod gate;
mod ledger;
mod standing;
#[cfg(test)]
mod tests;

pub use class::{Class, Kind, Medium, Stoppable};
pub use gate::{
    Address, Audience, Basis, Cause, Policy, Send, Suppression, Tally, Verdict, may_send,
};
pub use ledger::{Broken, Change, Entry, Hash, Source, verify};
pub use standing::{ClassStanding, Denied, Mark, Standing, State, Wanted};
