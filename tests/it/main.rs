//! Everything that is tested through the whole system, as one program.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and says where"
)]

mod batch;
mod broadcasts;
mod calls;
mod customers;
mod erasure;
mod fences;
mod healing;
mod identities;
mod imports;
mod installation;
mod links;
mod logs;
mod model_budget;
mod scenarios;
mod sms;
mod telephone;
mod tidy;
mod visits;
mod webhooks;
mod world;
