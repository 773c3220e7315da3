//! SMS through AWS: sent with SNS, received through End User Messaging.

pub mod inbound;
pub mod outbound;
pub mod outcome;
