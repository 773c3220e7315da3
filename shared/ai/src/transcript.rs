//! What is put before the decider: a conversation and the owner's rules, as plain values.
//! Nothing here knows where a conversation is stored or how a rule is edited.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A conversation, oldest turn first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transcript {
    /// `whatsapp`, `email`, ...; a few opt-out words count on SMS only.
    pub channel: String,
    /// The customer's language where it is known; otherwise it is guessed.
    pub language: Option<Language>,
    pub turns: Vec<Turn>,
}

/// One message. Media without text is written as `[audio]`, `[photo]` and the like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    pub author: Author,
    pub at: DateTime<Utc>,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    Customer,
    /// A person of the business.
    Business,
    /// One of our own automated messages; it answers nobody.
    Automation,
}

/// A follow-up rule in the owner's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleText {
    pub id: String,
    /// When and why to follow up.
    pub description: String,
    /// What ends it; may be empty.
    pub stop: String,
}

/// The languages the built-in decider reads and writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    De,
    En,
    Fr,
    Es,
    It,
    Tr,
}

impl Language {
    pub const ALL: [Language; 6] = [
        Language::De,
        Language::En,
        Language::Fr,
        Language::Es,
        Language::It,
        Language::Tr,
    ];

    /// Reads a language tag; the region is ignored (`de-AT`, `en_GB`).
    pub fn parse(tag: &str) -> Option<Language> {
        let code = tag.trim().split(['-', '_']).next()?.to_ascii_lowercase();
        Language::ALL.into_iter().find(|l| l.code() == code)
    }

    pub fn code(self) -> &'static str {
        match self {
            Language::De => "de",
            Language::En => "en",
            Language::Fr => "fr",
            Language::Es => "es",
            Language::It => "it",
            Language::Tr => "tr",
        }
    }

    /// The name a prompt uses.
    pub fn english_name(self) -> &'static str {
        match self {
            Language::De => "German",
            Language::En => "English",
            Language::Fr => "French",
            Language::Es => "Spanish",
            Language::It => "Italian",
            Language::Tr => "Turkish",
        }
    }
}
