//! What WhatsApp, Messenger and Instagram share: the envelope, events of pages, Graph.

pub(crate) mod attachment;
pub(crate) mod graph;
pub(crate) mod inbound;
pub(crate) mod page;
pub(crate) mod send;
