//! Scenarios and properties of [`decide`](super::decide) in a small world of one conversation.

mod assessment;
mod messages;
mod notices;
mod properties;
mod rules;
mod sending;
mod unknown;
mod visits;
mod world;
