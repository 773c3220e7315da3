//! What can go wrong in a function, and whether another try can help.

use store::StoreError;

use crate::ports::PortError;

/// A failure that is not a decision. Decisions, also "nothing is sent", are values.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The workspace was removed, or never existed.
    #[error("there is no such workspace")]
    NoWorkspace,
    /// The table failed.
    #[error("the table failed")]
    Store(#[from] StoreError),
    /// A queue, timer, secret or model failed.
    #[error("a service failed")]
    Port(#[from] PortError),
    /// Others changed the same conversation again and again.
    #[error("the conversation changed too often while it was being decided")]
    Contended,
}

impl AppError {
    /// Whether the same task may succeed later.
    #[must_use]
    pub fn retryable(&self) -> bool {
        match self {
            Self::NoWorkspace => false,
            Self::Store(StoreError::BadCursor | StoreError::Unreadable { .. }) => false,
            Self::Store(StoreError::Unavailable { .. }) | Self::Port(_) | Self::Contended => true,
        }
    }
}
