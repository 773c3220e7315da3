//! E-mail through SES v2.
//!
//! A message becomes the description of one `SendEmail` call; SES builds the MIME. What SES reports
//! comes back through a topic, see [`inbound`].

pub mod header;
pub mod inbound;
pub mod machine;
pub mod outbound;
pub mod outcome;

/// The tag that carries our own message id there and back.
pub const TAG_MESSAGE: &str = "message";
/// The tag that names the connection a mail was sent on.
pub const TAG_WORKSPACE: &str = "workspace";
