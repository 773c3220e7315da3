//! Nouns and rules of Nachfass, and nothing else.
//!
//! Everything here is a function of values plus `now`: no async, no clock, no randomness, no
//! environment, no I/O, no logging. The same [`decide`](decide::decide) runs in the Lambda, the
//! local runner, the preview, the tests and the simulator.

pub mod account;
pub mod booking_page;
pub mod broadcast;
pub mod channel;
pub mod connection;
pub mod consent;
pub mod contact;
pub mod content;
pub mod conversation;
pub mod cursor;
pub mod customer;
pub mod decide;
pub mod field;
#[cfg(test)]
mod fixtures;
pub mod ids;
pub mod keyword;
pub mod local_time;
pub mod message;
pub mod plan;
pub mod rebooking;
pub mod receipt;
pub mod review;
pub mod rule;
pub mod segment;
pub mod settings;
pub mod sms;
pub mod table;
pub mod template;
pub mod variables;
pub mod window;
