//! What can go wrong below a store call. A lost race is no error but an answer.

use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};

/// The table could not be asked, or answered something unreadable.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// DynamoDB failed. Worth another try.
    #[error("DynamoDB {operation} failed ({code}): {detail}")]
    Unavailable {
        /// The operation.
        operation: &'static str,
        /// The service's error code.
        code: String,
        /// The chain of causes. The service never echoes item values.
        detail: String,
    },
    /// An item is not what this version of the code writes.
    #[error("an item in the table cannot be read as {what}")]
    Unreadable {
        /// What it should be.
        what: &'static str,
        /// Why not.
        #[source]
        source: serde_dynamo::Error,
    },
    /// A cursor was not made by us, or for another list.
    #[error("the cursor is not one of this list")]
    BadCursor,
}

impl StoreError {
    pub(crate) fn sdk<E, R>(operation: &'static str, error: SdkError<E, R>) -> Self
    where
        E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
        R: std::fmt::Debug + Send + Sync + 'static,
    {
        let code = error.code().unwrap_or("no answer").to_owned();
        Self::Unavailable {
            operation,
            code,
            detail: DisplayErrorContext(&error).to_string(),
        }
    }

    /// Somebody else was faster every time. Worth another try, later.
    pub(crate) fn lost_races(what: &str) -> Self {
        Self::Unavailable {
            operation: "TransactWriteItems",
            code: "lost race".to_owned(),
            detail: format!("{what} was written by others each time"),
        }
    }

    pub(crate) fn build(
        operation: &'static str,
        error: &aws_sdk_dynamodb::error::BuildError,
    ) -> Self {
        Self::Unavailable {
            operation,
            code: "request".to_owned(),
            detail: error.to_string(),
        }
    }
}
