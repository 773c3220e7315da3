//! The API through its router, on the embedded table; no sockets.

#![expect(clippy::unwrap_used, reason = "a test fails where it unwraps")]

mod access;
mod appointments;
mod audit;
mod broadcasts;
mod connections;
mod conversations;
mod customers;
mod imports;
mod inbox;
mod mail_templates;
mod openapi;
mod operations;
mod profiles;
mod rules;
mod segments;
mod templates;
mod workspace;
mod world;
mod wrong_input;
