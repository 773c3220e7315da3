//! `/v1/customers/{id}/appointments`: what the business's booking system tells, and what follows
//! from it for the day on which this customer is expected again.

mod backtest;
mod change;
mod event;
mod find;
mod import;
mod rebooking;
mod wire;

pub(crate) use backtest::*;
pub(crate) use change::*;
pub(crate) use event::*;
pub(crate) use find::*;
pub(crate) use import::*;
pub(crate) use rebooking::*;
