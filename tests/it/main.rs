//! Everything that is tested through the whole system, as one program.

mod batch;
mod calls;
mod installation;
mod scenarios;
mod tidy;
mod webhooks;
mod world;
