//! From an SDK's error to ours: the error code as text, the chain as source.

use app::ports::PortError;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};

/// What failed, with the service's error code. The service's own message stays in the source,
/// which is logged once at the host.
pub(crate) fn port_error<E, R>(
    service: &'static str,
    action: &str,
    error: SdkError<E, R>,
) -> PortError
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let kind = match &error {
        SdkError::ServiceError(context) => context.err().code().unwrap_or("unknown error"),
        SdkError::TimeoutError(_) => "timeout",
        SdkError::DispatchFailure(_) => "no connection",
        SdkError::ResponseError(_) => "unreadable answer",
        _ => "invalid request",
    };
    PortError {
        service,
        message: format!("{action}: {kind}"),
        source: Some(Box::new(error)),
    }
}

/// A failure that has no error of the SDK underneath.
pub(crate) fn plain(service: &'static str, message: impl Into<String>) -> PortError {
    PortError {
        service,
        message: message.into(),
        source: None,
    }
}
