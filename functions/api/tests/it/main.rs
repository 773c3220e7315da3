//! The API through its router, on the embedded table; no sockets.

mod access;
mod connections;
mod conversations;
mod openapi;
mod rules;
mod templates;
mod workspace;
mod world;
mod wrong_input;
