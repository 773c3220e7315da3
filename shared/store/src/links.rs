//! Links for customers: a way in without a login, for one person and one purpose.
//!
//! A token is computed with the workspace's key and holds no id; stored is its hash, under which it is
//! looked up, so that no comparison tells how much of a guess was right. The same link is the same
//! token again, so that a message that is composed twice adds nothing. Beside the customer stands that
//! there is one: their erasure ends it.

use std::fmt;

use chrono::{DateTime, Utc};
use domain::consent::Class;
use domain::ids::{ConversationId, CustomerId, WorkspaceId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::entry::{Entrance, plain};
use crate::writes::{Meaning, Writes};
use crate::{Committed, Store, StoreError, SuppressionKey, items, keys};

/// How many bytes of a token are random to everybody but us.
const BYTES: usize = 20;

/// Where a link leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Whose customer.
    pub workspace: WorkspaceId,
    /// Who was given it.
    pub customer: CustomerId,
    /// The conversation it was sent in: whoever it belongs to now.
    pub conversation: Option<ConversationId>,
    /// What it is for.
    #[serde(flatten)]
    pub kind: LinkKind,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "for", rename_all = "snake_case")]
pub enum LinkKind {
    /// The page of preferences.
    Preferences,
    /// Ending a class of messages, or what ends together with it.
    Unsubscribe {
        /// Which.
        class: Class,
    },
}

/// What stands in the address of a link. Whoever has it may do what the link is for.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkToken(String);

impl fmt::Debug for LinkToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkToken(…)")
    }
}

impl LinkToken {
    /// Reads one; `None`: it was never one of ours.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let shaped = text.len() == 2 * BYTES && text.bytes().all(is_digit);
        shaped.then(|| Self(text.to_owned()))
    }

    /// The token itself, for the address.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    fn hash(&self) -> String {
        hex::encode(Sha256::digest(self.0.as_bytes()))
    }
}

impl Link {
    /// Always the same for the same link of the same workspace.
    #[must_use]
    pub fn token(&self, key: &SuppressionKey) -> LinkToken {
        let purpose = match self.kind {
            LinkKind::Preferences => "preferences",
            LinkKind::Unsubscribe { class } => class.as_str(),
        };
        let place = self.conversation.map(|id| id.to_string());
        let words = [
            self.workspace.to_string(),
            self.customer.to_string(),
            place.unwrap_or_default(),
            purpose.to_owned(),
        ];
        LinkToken(hex::encode(&key.derive(&words.join("#"))[..BYTES]))
    }
}

impl Store {
    /// Where the token leads, if it was given to somebody who is still there.
    pub async fn link(&self, token: &LinkToken) -> Result<Option<Link>, StoreError> {
        let pk = keys::link_entrance(&token.hash());
        let found = self.get_body("an entrance", pk, keys::ENTRY).await?;
        Ok(match found {
            Some(Entrance::Link(link)) => Some(link),
            Some(Entrance::Key(_) | Entrance::Connection { .. }) | None => None,
        })
    }

    /// Lets the token lead there. `false`: there is no such customer, or somebody changes them at this
    /// moment.
    pub async fn put_link(&self, token: &LinkToken, link: &Link) -> Result<bool, StoreError> {
        let hash = token.hash();
        let entrance = plain(
            keys::link_entrance(&hash),
            keys::ENTRY.to_owned(),
            Entrance::Link(link.clone()),
        );
        let customer = keys::customer(link.workspace, link.customer);
        let mut writes = Writes::new(&self.table);
        let entrance = items::to_item("an entrance", entrance)?;
        writes.put(entrance, None, Meaning::Plain)?;
        writes.put_plain("a link", customer.clone(), keys::link(&hash), link)?;
        writes.must_exist(customer, keys::CUSTOMER)?;
        Ok(writes.send(self).await? == Committed::Done)
    }
}
