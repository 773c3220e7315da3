//! The ports in process and on a virtual clock: what the local binary, the tests and the
//! simulator run on.
//!
//! The table is the real SDK over an embedded DynamoDB engine ([`Dynamo`]). Queues follow SQS
//! (order, deduplication, visibility, dead letters) and can live in a file that survives a
//! killed process. Nothing here leaves the machine unless a base URL on loopback says so.

mod clock;
mod dynamo;
mod entropy;
mod file;
mod folder;
mod http;
mod mailer;
mod model;
mod queues;
mod secrets;
mod timers;

pub use clock::{ClockError, VirtualClock};
pub use dynamo::{Call, CallLog, Dynamo, DynamoError, Fault, Reply, Retries, Wire};
pub use entropy::{OsEntropy, SeededEntropy};
pub use file::replace as write_private;
pub use folder::{DataFolder, FolderError};
pub use http::{Answer, ForwardError, LocalHttp, Loopback, Outcome, Sent};
pub use mailer::SesOverHttp;
pub use model::ScriptedModel;
pub use queues::{Counts, DeadLetter, LocalQueues, Queue, QueueLimits, Received};
pub use secrets::FileSecrets;
pub use timers::LocalTimers;
