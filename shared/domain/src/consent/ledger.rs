//! The ledger: what was said about messages, by whom, when, and which text they had before them.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Cause, Class, Medium, Standing, Stoppable};
use crate::ids::{CustomerId, KeyId};

/// One thing that was said. Entries are never changed or removed while the customer exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number, from 1, without gaps.
    pub number: u64,
    /// When it was said.
    pub at: DateTime<Utc>,
    /// What.
    pub change: Change,
    /// By whom.
    pub source: Source,
    /// The text they agreed to or that led them to it, as it was shown.
    pub shown: Option<String>,
    /// The hash of the entry before; `None` for the first.
    pub previous: Option<Hash>,
    /// The hash of this one, over all of the above.
    pub hash: Hash,
}

/// What was said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// Yes to a class.
    Grant {
        /// Which.
        class: Class,
    },
    /// A yes that still has to be confirmed by a link sent to the address (double opt-in).
    Ask {
        /// Which class.
        class: Class,
    },
    /// The link was followed.
    Confirm {
        /// Which class.
        class: Class,
    },
    /// No to a class.
    Refuse {
        /// Which.
        class: Class,
    },
    /// The refusal of a class is taken back; what was agreed to before it holds again (MO-26).
    Restore {
        /// Which class.
        class: Class,
    },
    /// STOP.
    Stop {
        /// What.
        what: Stoppable,
    },
    /// START.
    Start {
        /// What.
        what: Stoppable,
    },
    /// Nothing goes to an address of theirs any more. It is kept with the address, not with what they
    /// said; here it stands for whoever asks what happened.
    Suppress {
        /// On this medium.
        medium: Medium,
        /// Why.
        cause: Cause,
    },
    /// That ends.
    Lift {
        /// On this medium.
        medium: Medium,
        /// What had been the cause.
        cause: Cause,
    },
    /// Another customer turned out to be the same person: what they had refused is refused.
    Merge {
        /// Who.
        from: CustomerId,
        /// What held for them.
        standing: Box<Standing>,
    },
}

impl Change {
    /// Whether it lets messages through that did not go before.
    #[must_use]
    pub fn allows(&self) -> bool {
        match self {
            Self::Grant { .. }
            | Self::Confirm { .. }
            | Self::Restore { .. }
            | Self::Start { .. }
            | Self::Lift { .. } => true,
            Self::Ask { .. }
            | Self::Refuse { .. }
            | Self::Stop { .. }
            | Self::Suppress { .. }
            | Self::Merge { .. } => false,
        }
    }
}

/// By whom or what it was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "snake_case")]
pub enum Source {
    /// The customer, with a keyword.
    Keyword,
    /// The customer, in a message that asked for it in other words.
    Message,
    /// The customer, by the link at the foot of a message, or their mail program's button.
    FooterLink,
    /// The customer, on the page of preferences.
    Preferences,
    /// The customer, on a form.
    Form,
    /// The customer, by the link that confirms an address.
    ConfirmationLink,
    /// The customer, to somebody of the team, who recorded where and what they said.
    Told {
        /// With this key.
        key: KeyId,
    },
    /// The customer, in the platform's app.
    Platform,
    /// Somebody of the team.
    Staff {
        /// With this key.
        key: KeyId,
    },
    /// A file that was imported.
    Import {
        /// With this key.
        key: KeyId,
    },
    /// Two customers turned out to be one.
    Merge,
    /// The state from before there was a ledger.
    Migration,
}

impl Source {
    /// Whether the customer said so, to us.
    #[must_use]
    pub fn is_customer(self) -> bool {
        match self {
            Self::Keyword
            | Self::Message
            | Self::FooterLink
            | Self::Preferences
            | Self::Form
            | Self::ConfirmationLink
            | Self::Told { .. } => true,
            Self::Platform
            | Self::Staff { .. }
            | Self::Import { .. }
            | Self::Merge
            | Self::Migration => false,
        }
    }
}

/// SHA-256 of an entry.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hash([u8; 32]);

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<Hash> for String {
    fn from(hash: Hash) -> Self {
        hash.to_string()
    }
}

/// The text is no hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a hash has 64 hexadecimal digits")]
pub struct HashError;

impl TryFrom<String> for Hash {
    type Error = HashError;

    fn try_from(text: String) -> Result<Self, HashError> {
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let bytes: Option<Vec<u8>> = pairs.iter().map(|pair| byte(*pair)).collect();
        match bytes.map(<[u8; 32]>::try_from) {
            Some(Ok(bytes)) if rest.is_empty() => Ok(Self(bytes)),
            _ => Err(HashError),
        }
    }
}

fn byte([high, low]: [u8; 2]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

impl Entry {
    pub(super) fn chained(
        previous: Option<(u64, Hash)>,
        change: Change,
        source: Source,
        shown: Option<String>,
        at: DateTime<Utc>,
    ) -> Self {
        let mut entry = Self {
            number: previous.map_or(1, |(number, _)| number + 1),
            at,
            change,
            source,
            shown,
            previous: previous.map(|(_, hash)| hash),
            hash: Hash([0; 32]),
        };
        entry.hash = entry.hashed();
        entry
    }

    /// Over the JSON of everything else: field names and order are part of the format.
    fn hashed(&self) -> Hash {
        let content = (
            self.number,
            self.at,
            &self.change,
            self.source,
            &self.shown,
            self.previous,
        );
        let json = serde_json::to_vec(&content).expect("an entry has only keys that are text");
        Hash(Sha256::digest(json).into())
    }
}

/// Where a ledger is not what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// The entry was changed.
    #[error("entry {number} is not what its hash says")]
    Changed {
        /// Which.
        number: u64,
    },
    /// Something before the entry is missing, doubled or was replaced.
    #[error("entry {number} does not follow the one before it")]
    Torn {
        /// Which.
        number: u64,
    },
    /// Entries at the end are missing, or more than the customer knows of are there.
    #[error("the ledger does not end where the customer says")]
    Cut,
    /// The entries lead to something else than what is stored with the customer.
    #[error("the entries do not add up to what is stored")]
    OtherStanding,
}

/// Whether these are all entries, unchanged, in order, and add up to what is stored.
pub fn verify(entries: &[Entry], stored: &Standing) -> Result<(), Broken> {
    let mut folded = Standing::default();
    for entry in entries {
        let number = entry.number;
        if entry.hashed() != entry.hash {
            return Err(Broken::Changed { number });
        }
        let follows = folded.head.map_or(1, |(number, _)| number + 1);
        if number != follows || entry.previous != folded.head.map(|(_, hash)| hash) {
            return Err(Broken::Torn { number });
        }
        folded.fold(entry);
    }
    if folded.head != stored.head {
        return Err(Broken::Cut);
    }
    if folded != *stored {
        return Err(Broken::OtherStanding);
    }
    Ok(())
}
