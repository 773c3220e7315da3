//! What the platforms say and want to hear, without talking to them.
//!
//! Three pure steps per platform, each a function over values:
//!
//! - [`verify`] and [`inbound`]: the bytes of a webhook become events,
//! - [`outbound`]: a message becomes the description of an HTTP request,
//! - [`outcome`]: the answer to that request becomes accepted, retry, permanent or unknown.
//!
//! Nothing here opens a connection, reads a clock, draws a random number or logs. Whoever
//! calls brings the time and the secrets, and carries the requests. Payloads of every kind
//! lie under `fixtures/`, with their parsed form beside the tests.

pub mod email;
pub mod http;
pub mod in_app;
pub mod inbound;
mod loopback;
mod meta;
mod node;
pub mod outbound;
pub mod outcome;
pub mod retry;
pub mod sms;
pub mod sns;
pub mod sns_sms;
pub mod standard_webhooks;
pub mod telegram;
pub mod twilio;
pub mod verify;
pub mod whatsapp;

pub use http::{HttpRequest, Method};
pub use inbound::{Batch, InboundEvent, InboundKind, ParseError, parse};
pub use outbound::{Account, OutboundAction, OutboundError, OutboundMessage, Purpose, To, request};
pub use outcome::{FailureReason, Outcome, Response, TransportError, classify};
