//! The ports on AWS, and what hosts a function in Lambda.
//!
//! The only crate that names AWS services other than the table. [`Aws`] reads the configuration
//! once and builds the clients a function asks for; [`hosting`] turns invocations into calls of
//! plain async functions. Nothing here decides anything about customers.

pub mod batch;
pub mod hosting;

mod config;
mod environment;
mod error;
mod http;
mod mailer;
mod metrics;
mod model;
mod openai;
mod queues;
mod secrets;
mod time;
mod timers;

pub use config::Aws;
pub use environment::Environment;
pub use http::{ReqwestHttp, is_public};
pub use mailer::SesMailer;
pub use metrics::EmbeddedMetrics;
pub use model::BedrockModel;
pub use openai::HttpsModel;
pub use queues::SqsQueues;
pub use secrets::SsmSecrets;
pub use time::{OsEntropy, WallClock};
pub use timers::{SchedulerTimers, TimerTarget};

#[cfg(test)]
mod testing;
