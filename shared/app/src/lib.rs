//! What every function shares: the [`App`] with its store, ports and configuration, the queue
//! payloads, and the one way to load, decide, commit and publish.
//!
//! Nothing here names an AWS service. A function asks a port; `aws` and `local` are the two
//! crates that know what stands behind it.

pub mod ports;
pub mod tasks;
