//! What one SMS is made of, what it costs in segments, and what may still be sent this month.
//!
//! Knows nothing of providers. Some of them split at words (SNS) and may then need one part more
//! than counted here.

pub mod advice;
mod gsm7;
mod segments;
pub mod tier;

pub use segments::{Encoding, Segments, count, split};
