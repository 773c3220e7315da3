//! Graph: addresses of requests and the shape of errors.

use serde_json::Value;

use crate::inbound::ProviderError;
use crate::node::Node;
use crate::outbound::{Account, OutboundError};

/// The address of `/{version}/{id}/{edge}`.
pub(crate) fn url(account: &Account<'_>, id: &str, edge: &str) -> Result<String, OutboundError> {
    let base = account.checked_base_url()?;
    let version = path_part("account.api_version", account.api_version)?;
    let id = path_part("account.id", id)?;
    Ok(format!("{base}/{version}/{id}/{edge}"))
}

fn path_part<'a>(field: &'static str, value: &'a str) -> Result<&'a str, OutboundError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if !value.is_empty() && !value.starts_with('.') && value.chars().all(allowed) {
        Ok(value)
    } else {
        Err(OutboundError::Invalid {
            field,
            reason: "must consist of letters, digits, dots, hyphens and underscores",
            remedy: "correct the connection's settings",
        })
    }
}

/// An error answer.
pub(crate) struct GraphError {
    pub(crate) error: ProviderError,
    /// The platform says that trying again helps.
    pub(crate) transient: bool,
}

/// The error in a body, if it holds one.
pub(crate) fn error(body: &[u8]) -> Option<GraphError> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let error = Node::root(&body).get("error")?;
    Some(GraphError {
        error: ProviderError {
            code: error.int("code")?,
            subcode: error.int("error_subcode"),
            title: error
                .text("error_user_title")
                .or_else(|| error.text("message")),
            details: error
                .get("error_data")
                .and_then(|data| data.text("details")),
        },
        transient: error.is_true("is_transient"),
    })
}

/// `code` or `code/subcode`.
pub(crate) fn code_text(error: &ProviderError) -> String {
    match error.subcode {
        Some(subcode) => format!("{}/{subcode}", error.code),
        None => error.code.to_string(),
    }
}
