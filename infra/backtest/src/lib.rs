//! Rebooking on the owner's own past: a visit history from a CSV file, and what the prediction
//! would have been worth on it. Also how long a million customers take.
//!
//! Knows files, clocks and terminals; what is predicted and counted is `domain::rebooking`.

pub mod bench;
pub mod command;
pub mod options;
pub mod read;
