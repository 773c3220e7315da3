//! The DynamoDB table: keys, items, transactions. One struct, no trait.
//!
//! There is no second implementation: conditional writes, transactions and index semantics are
//! where the bugs live, so local runs and tests use the real SDK against an embedded engine.
//! Items never leave this crate; what goes in and out are domain types.
//!
//! | partition | sort key | what |
//! |---|---|---|
//! | `W#<workspace>` | `SETTINGS`, `RULE#…`, `CON#…`, `TPL#…`, `ACCOUNT` | the [`Book`]: one query reads it all |
//! | `W#<workspace>#KEYS` | `KEY#…` | API keys, for the list |
//! | `W#<workspace>#CHANGED` | `RULE#…` | changed rules of which the conversations have not heard |
//! | `W#<workspace>#DAYS` | `DAY#<date>` | counters of a day |
//! | `W#<workspace>#RAW` | `con_…#E#…` | raw events of no conversation |
//! | `W#<workspace>#GONE` | `RULE#…` | the names of deleted rules |
//! | `W#<workspace>#AUDIT` | `L#…` | the audit log: who changed what |
//! | `W#<workspace>#NOTES` | `N#…` | what a person should look at, for 90 days |
//! | `W#<workspace>#MAIL` | `KIND#…`, `LAYOUT` | e-mail templates in the business's own words; their looks |
//! | `W#<workspace>#BROADCASTS` | `B#…` | messages to many |
//! | `W#<workspace>#SEGMENTS` | `SEG#…`, `ORDER#<key>` | saved filters over customers, and in which order a user sees them |
//! | `W#<workspace>#ERASING` | customer | people who are being erased |
//! | `W#<workspace>#SUPPRESSED` | keyed hash | what erased people had refused |
//! | `W#<workspace>#IDEM` | hash | answers to repeated POSTs |
//! | `W#<workspace>#C#<customer>` | `CUSTOMER`, `APPT#…`, `LINK#…`, `CLICK#…`, `FATE#…` | a customer, their appointments, the links they were given, who followed them, what became of broadcasts for them |
//! | `W#<workspace>#WHO#<hash>` | customer, `REFERENCE` | who has this address, or this reference |
//! | `W#<workspace>#V#<conversation>` | `HEAD`, `M#…`, `A#…`, `R#…`, `E#…`, `P#…` | conversation, messages, attempts, receipts, raw events, what else leads to it |
//! | `ENTRY#…` | `ENTRY` | the three ways in that lead to a workspace: key hash, connection id, link hash |

mod account;
mod appointments;
mod audit;
mod book;
mod broadcasts;
mod consents;
mod conversation;
mod customer;
mod day;
mod entry;
mod erasure;
mod error;
mod idempotency;
mod items;
mod keys;
mod links;
mod lists;
mod mail_templates;
mod notification;
mod retries;
mod segments;
mod suppression;
mod table;
mod writes;

use std::sync::Arc;

use aws_sdk_dynamodb::Client;

pub use appointments::MOST_AT_ONCE as MOST_APPOINTMENTS_AT_ONCE;
pub use audit::{AuditEntry, AuditFilter, Resource};
pub use book::{Book, GoneConnection};
pub use conversation::{Attempt, Check, Commit, Committed, RawEvent, StatusChange};
pub use customer::{Consistency, KnownAs};
pub use day::{Counter, ModelCall, ModelLimits, Over, SMS_SEGMENTS, Spent, Usage};
pub use entry::{ApiKey, Entrance, KeyHash, Role};
pub use erasure::{Erasure, StoredRecord};
pub use error::StoreError;
pub use idempotency::{Begun, KeyedAnswer, Reservation, SavedAnswer};
pub use links::{Clicker, Clicks, Link, LinkKind, LinkToken};
pub use lists::{Due, Order, Page, PageRequest, PendingItem, ScanCursor, View};
pub use mail_templates::{MailLayout, StoredTemplate};
pub use notification::Notification;
pub use retries::RetryConflicts;
pub use suppression::SuppressionKey;
pub use table::table_definition;

/// The table. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    table: String,
    /// An audit entry that every write here stores with it; see [`noting`](Self::noting).
    note: Option<Arc<items::Item>>,
}

impl Store {
    /// The table under this name.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self {
            client,
            table: table.into(),
            note: None,
        }
    }

    /// The table's name.
    #[must_use]
    pub fn table(&self) -> &str {
        &self.table
    }
}
