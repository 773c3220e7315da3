//! Links for customers: a way in without a login, for one person and one purpose.
//!
//! A token is computed with the workspace's key and holds no id; stored is its hash, under which it is
//! looked up, so that no comparison tells how much of a guess was right. The same link is the same
//! token again, so that a message that is composed twice adds nothing. Beside the customer stands that
//! there is one: their erasure ends it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, NaiveDate, Utc};
use domain::consent::Class;
use domain::ids::{ConversationId, CustomerId, WorkspaceId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::entry::{Entrance, plain};
use crate::lists::PageRequest;
use crate::writes::{Meaning, Writes};
use crate::{Committed, Store, StoreError, SuppressionKey, items, keys};

/// How many bytes of a token are random to everybody but us.
const BYTES: usize = 20;
/// The same of a link to book, which stands in an SMS and opens nothing but a page of the owner's: nobody
/// guesses one of these either.
const SHORT_BYTES: usize = 12;
/// How long that is in an address.
const SHORT: usize = SHORT_BYTES / 3 * 4;

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
    /// The owner's booking page, after a visit.
    Booking {
        /// The day of the visit.
        visit: NaiveDate,
    },
}

/// Who followed a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clicker {
    /// A person, as far as one can tell.
    Person,
    /// A program: what follows every link to see where it leads. It is no intent of anybody's.
    Machine,
}

/// How often a customer's link to book was followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clicks {
    /// The visit it was sent after.
    pub visit: NaiveDate,
    /// By people.
    pub people: u32,
    /// By programs.
    pub machines: u32,
    /// When it was first followed.
    pub first_at: DateTime<Utc>,
    /// When it was last followed.
    pub last_at: DateTime<Utc>,
}

/// How often a lost race is tried again.
const TRIES: u32 = 5;

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
        let is_short = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let shaped = match text.len() {
            SHORT => text.bytes().all(is_short),
            length => length == 2 * BYTES && text.bytes().all(is_digit),
        };
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
            LinkKind::Preferences => "preferences".to_owned(),
            LinkKind::Unsubscribe { class } => class.as_str().to_owned(),
            LinkKind::Booking { visit } => format!("booking {visit}"),
        };
        let place = self.conversation.map(|id| id.to_string());
        let words = [
            self.workspace.to_string(),
            self.customer.to_string(),
            place.unwrap_or_default(),
            purpose,
        ];
        let derived = key.derive(&words.join("#"));
        LinkToken(match self.kind {
            LinkKind::Booking { .. } => URL_SAFE_NO_PAD.encode(&derived[..SHORT_BYTES]),
            LinkKind::Preferences | LinkKind::Unsubscribe { .. } => hex::encode(&derived[..BYTES]),
        })
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

    /// Notes that a link to book was followed; with the customer, whose erasure ends it. `false`: it is
    /// no such link, or there is no such customer.
    pub async fn note_click(
        &self,
        token: &LinkToken,
        link: &Link,
        by: Clicker,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let LinkKind::Booking { visit } = link.kind else {
            return Ok(false);
        };
        let pk = keys::customer(link.workspace, link.customer);
        let sk = keys::click(&token.hash());
        for _ in 0..TRIES {
            let known: Option<Clicked> = self.get_body(CLICKS, pk.clone(), &sk).await?;
            let mut clicked = known.unwrap_or(Clicked {
                version: 0,
                clicks: Clicks {
                    visit,
                    people: 0,
                    machines: 0,
                    first_at: now,
                    last_at: now,
                },
            });
            let count = match by {
                Clicker::Person => &mut clicked.clicks.people,
                Clicker::Machine => &mut clicked.clicks.machines,
            };
            *count = count.saturating_add(1);
            clicked.clicks.last_at = clicked.clicks.last_at.max(now);
            clicked.version += 1;
            let version = clicked.version;
            let mut writes = Writes::new(&self.table);
            let item = items::to_item(
                CLICKS,
                items::Plain {
                    pk: pk.clone(),
                    sk: sk.clone(),
                    version,
                    expires_at: None,
                    body: clicked,
                },
            )?;
            writes.put_version(item, version, Meaning::Version)?;
            writes.must_exist(pk.clone(), keys::CUSTOMER)?;
            if writes.send(self).await? == Committed::Done {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// How often the customer's links to book were followed, by visit.
    pub async fn clicks(
        &self,
        ws: WorkspaceId,
        customer: CustomerId,
    ) -> Result<Vec<Clicks>, StoreError> {
        let pk = keys::customer(ws, customer);
        let page = PageRequest {
            limit: MOST_CLICKS,
            ..PageRequest::default()
        };
        let found = self
            .page_of_partition::<Clicked>(CLICKS, pk, keys::CLICK, &page)
            .await?;
        let mut clicks: Vec<_> = found.items.into_iter().map(|one| one.clicks).collect();
        clicks.sort_by_key(|one| one.visit);
        Ok(clicks)
    }
}

const CLICKS: &str = "clicks";
/// More visits than anybody is reminded after.
const MOST_CLICKS: u16 = 1000;

/// Clicks with the version of their item.
#[derive(Debug, Serialize, Deserialize)]
struct Clicked {
    version: u64,
    #[serde(flatten)]
    clicks: Clicks,
}
