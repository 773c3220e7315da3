//! What a `main.rs` needs: one call that turns invocations into calls of a plain function.
//!
//! The same dozen lines host every function; what it does is in its library.

mod http;
mod log;
mod queue;
mod schedule;

pub use http::{command_name, no_commands, run_http};
pub use log::{start_logging, subscriber};
pub use queue::{Order, run_queue};
pub use schedule::run_schedule;

/// The error of a host; it ends the process, and Lambda starts a new one.
pub type HostError = lambda_runtime::Error;
