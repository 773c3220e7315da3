//! The built-in channel: the owner plays the customer, nothing leaves the house.

pub(crate) mod inbound;
