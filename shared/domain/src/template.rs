//! Approved WhatsApp templates, as far as planning needs to know them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::ConnectionId;

/// A template on the platform, as last seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// The connection it can be sent on.
    pub connection: ConnectionId,
    /// Rises with every change.
    #[serde(default)]
    pub version: u64,
    /// Its name; together with the language it is unique.
    pub name: String,
    /// Its language code: `de`, `en_US`.
    pub language: String,
    /// What the platform says about it.
    pub status: TemplateStatus,
    /// The category the platform assigned; prices and consent follow it.
    pub category: TemplateCategory,
    /// The body text with its placeholders.
    pub body: String,
    /// The body's parameters in order: named, or `None` for positional ones.
    pub body_parameters: Vec<Option<String>>,
    /// The platform's full definition, for checks of header and buttons.
    pub definition: serde_json::Value,
    /// When we last heard of it.
    pub seen_at: DateTime<Utc>,
}

impl Template {
    /// In place of what was known of it.
    #[must_use]
    pub fn after(self, known: Option<&Self>) -> Self {
        let version = known.map_or(0, |known| known.version) + 1;
        Self { version, ..self }
    }

    /// Whether it can be sent now.
    #[must_use]
    pub fn is_approved(&self) -> bool {
        self.status == TemplateStatus::Approved
    }
}

/// What the platform says about a template. Open: new words do not break us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TemplateStatus {
    /// It may be sent.
    Approved,
    /// In review.
    Pending,
    /// Refused.
    Rejected,
    /// Stopped for a while because of its quality.
    Paused,
    /// Stopped for good.
    Disabled,
    /// Any other word of the platform.
    Other(String),
}

impl TemplateStatus {
    /// The status as a word, for people.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Approved => "approved",
            Self::Pending => "pending",
            Self::Rejected => "rejected",
            Self::Paused => "paused",
            Self::Disabled => "disabled",
            Self::Other(word) => word,
        }
    }
}

/// The platform's category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TemplateCategory {
    /// Advertising; needs marketing consent.
    Marketing,
    /// About something the customer asked for.
    Utility,
    /// One-time codes.
    Authentication,
    /// Any other word of the platform.
    Other(String),
}
