//! Message templates: read from the platform, created on it.
//!
//! The platform's list is the truth about what may be sent and in which category: it can
//! move a template to another category on its own.

mod create;
mod definition;

use serde::Deserialize;
use serde_json::Value;

pub use create::{Created, NewButton, NewHeader, NewTemplate, create, parse_created};
pub use definition::{
    Button, ButtonKind, Component, HeaderFormat, ParameterFormat, TemplateDefinition, TemplateState,
};

use crate::http::HttpRequest;
use crate::meta::graph;
use crate::node::Node;
use crate::outbound::{Account, OutboundError};

/// What a user is told before a rule with a template is saved.
pub const COST_NOTE: &str = "Sending a template costs extra. The price depends on the \
    template's category and the customer's country; the official price list says how much.";
/// The official price list.
pub const PRICE_LIST_URL: &str = "https://business.whatsapp.com/products/platform-pricing";

const FIELDS: &str = "name,status,category,language,id,components,parameter_format,\
    sub_category,quality_score,previous_category,rejected_reason";

/// Asks for one page of the templates of a business account.
pub fn list(
    account: &Account<'_>,
    business: &str,
    after: Option<&str>,
) -> Result<HttpRequest, OutboundError> {
    let url = graph::url(account, business, "message_templates")?;
    let mut url = format!("{url}?fields={FIELDS}&limit=100");
    if let Some(after) = after {
        url.push_str("&after=");
        url.extend(after.bytes().map(query_byte));
    }
    Ok(HttpRequest::get(url).bearer(account.checked_token()?))
}

/// One page of templates.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The templates that could be read.
    pub templates: Vec<TemplateDefinition>,
    /// Those that could not, with the reason; better shown than lost.
    pub unreadable: Vec<String>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// Reads one page of the list.
pub fn parse_list(body: &[u8]) -> Result<Page, ListError> {
    let body: Value = serde_json::from_slice(body)?;
    let body = Node::root(&body);
    let items = body.get("data").and_then(|data| data.elements());
    let mut page = Page {
        templates: Vec::new(),
        unreadable: Vec::new(),
        next: next_page(&body),
    };
    for item in items.ok_or(ListError::NotAList)? {
        match serde_path_to_error::deserialize::<_, TemplateDefinition>(item.value()) {
            Ok(template) => page.templates.push(template),
            Err(error) => page.unreadable.push(format!("{}: {error}", item.path())),
        }
    }
    Ok(page)
}

/// The last page still has a cursor, but no `next`.
fn next_page(body: &Node<'_>) -> Option<String> {
    let paging = body.get("paging")?;
    paging.get("next")?;
    paging.get("cursors")?.text("after")
}

/// The answer is no list of templates.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// No JSON.
    #[error("the answer is not JSON")]
    NotJson(#[from] serde_json::Error),
    /// JSON of another shape.
    #[error("the answer holds no list of templates")]
    NotAList,
}

fn query_byte(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

/// Reads a field as text and anything else as absent, so that one odd field does not cost
/// the whole template.
fn lenient<'de, D>(deserializer: D) -> Result<Option<String>, D::Error>
where
    D: serde::Deserializer<'de>,
{
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}
