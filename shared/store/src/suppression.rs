//! What is left of an erased person who had opted out: a keyed hash of their id on the channel, so
//! that they stay opted out when they write or are imported again (NX-11). And what people refused
//! on a platform before they ever wrote to us.
//!
//! The hash says nothing without the workspace's key, and nobody but us can ask for it: ids such as
//! phone numbers are few enough to try out, a plain hash of one would be as good as the number.

use std::fmt;

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use chrono::{DateTime, Utc};
use domain::channel::{Channel, ChannelUser};
use domain::consent::{Cause, Suppression};
use domain::customer::ChatConsent;
use domain::ids::WorkspaceId;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::items::{self, Item, Plain};
use crate::writes::{Meaning, Writes, if_held};
use crate::{Committed, Store, StoreError, keys};

/// The key of a workspace. Never shown, never logged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuppressionKey(String);

impl fmt::Debug for SuppressionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SuppressionKey(…)")
    }
}

impl SuppressionKey {
    /// A key of random bytes.
    #[must_use]
    pub fn new(random: [u8; 32]) -> Self {
        Self(hex::encode(random))
    }

    /// The hash under which the person is known. Not of the connection: who opted out on one
    /// number of the business stays so on its others.
    #[must_use]
    pub fn hash(&self, channel: Channel, user: &ChannelUser) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_bytes())
            .expect("HMAC takes keys of every length");
        mac.update(channel.as_str().as_bytes());
        mac.update(b"#");
        mac.update(user.reveal().as_bytes());
        hex::encode(mac.finalize().into_bytes())
    }

    /// What nobody else can compute of these words. Apart from the hashes above, which begin with
    /// the name of a channel.
    pub(crate) fn derive(&self, words: &str) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_bytes())
            .expect("HMAC takes keys of every length");
        mac.update(b"link#");
        mac.update(words.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

impl Store {
    /// Gives the workspace its key, unless it has one.
    pub async fn create_suppression_key(
        &self,
        ws: WorkspaceId,
        key: &SuppressionKey,
    ) -> Result<(), StoreError> {
        let mut writes = Writes::new(&self.table);
        let item = items::to_item(
            "a suppression key",
            Plain {
                pk: keys::workspace(ws),
                sk: keys::SUPPRESSION_KEY.to_owned(),
                version: 0,
                expires_at: None,
                body: key,
            },
        )?;
        let new = Some("attribute_not_exists(pk)");
        writes.put(item, new, Meaning::Version)?;
        // `Conflict`: it has one already.
        writes.send(self).await.map(|_: Committed| ())
    }

    /// What an erased person with one of these hashes had refused. One call.
    pub async fn suppressed(
        &self,
        ws: WorkspaceId,
        hashes: &[String],
    ) -> Result<Option<ChatConsent>, StoreError> {
        let mut wanted = KeysAndAttributes::builder().consistent_read(true);
        for hash in hashes {
            wanted = wanted.keys(items::key(keys::suppressed(ws), hash));
        }
        let wanted = wanted
            .build()
            .map_err(|error| StoreError::build("BatchGetItem", &error))?;
        let answer = self
            .client
            .batch_get_item()
            .request_items(&self.table, wanted)
            .send()
            .await
            .map_err(|error| StoreError::sdk("BatchGetItem", error))?;
        let unread = answer.unprocessed_keys.is_some_and(|left| !left.is_empty());
        if unread {
            return Err(StoreError::Unavailable {
                operation: "BatchGetItem",
                code: "UnprocessedKeys".to_owned(),
                detail: "the table is throttled".to_owned(),
            });
        }
        let mut found: Option<ChatConsent> = None;
        for item in answer
            .responses
            .unwrap_or_default()
            .remove(&self.table)
            .unwrap_or_default()
        {
            let refused: ChatConsent = items::body("a refusal", item)?;
            found.get_or_insert_default().refuse_also(&refused);
        }
        Ok(found)
    }
}

impl Store {
    /// Why nothing goes to the address with this hash any more.
    pub async fn address_suppressed(
        &self,
        ws: WorkspaceId,
        hash: &str,
    ) -> Result<Option<Suppression>, StoreError> {
        let sk = keys::suppressed_address(hash);
        self.get_body(ADDRESS, keys::suppressed(ws), &sk).await
    }

    /// Keeps that nothing goes to the address any more; a complaint stays.
    pub async fn suppress_address(
        &self,
        ws: WorkspaceId,
        hash: &str,
        found: Suppression,
    ) -> Result<(), StoreError> {
        let known = self.address_suppressed(ws, hash).await?;
        let graver =
            |known: Suppression| known.cause == Cause::Complaint || known.cause == found.cause;
        if known.is_some_and(graver) {
            return Ok(());
        }
        let sk = keys::suppressed_address(hash);
        let mut writes = Writes::new(&self.table);
        writes.put_plain(ADDRESS, keys::suppressed(ws), sk, found)?;
        writes.send(self).await.map(|_: Committed| ())
    }

    /// Forgets that; see [`Self::suppress_address`].
    pub async fn lift_address(&self, ws: WorkspaceId, hash: &str) -> Result<(), StoreError> {
        let mut writes = Writes::new(&self.table);
        writes.delete(keys::suppressed(ws), keys::suppressed_address(hash))?;
        writes.send(self).await.map(|_: Committed| ())
    }
}

const ADDRESS: &str = "an address to which nothing goes";

impl Store {
    /// Keeps that somebody of whom nothing else is known stopped marketing then.
    pub async fn keep_marketing_stop(
        &self,
        ws: WorkspaceId,
        hash: &str,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let refused = ChatConsent {
            marketing_stopped_at: Some(at),
            ..ChatConsent::default()
        };
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(suppressed_item(ws, hash, &refused)?))
            .condition_expression("attribute_not_exists(pk)")
            .send()
            .await;
        if if_held("PutItem", put)?.is_some() {
            return Ok(());
        }
        // What an erased person had refused besides stays as it is.
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(items::key(keys::suppressed(ws), hash)))
            .condition_expression("attribute_exists(pk)")
            .update_expression("SET body.marketing_stopped_at = :at")
            .expression_attribute_values(":at", time(at)?)
            .send()
            .await;
        if_held("UpdateItem", answer).map(|_| ())
    }

    /// Keeps that they allowed it again then, which lifts no later stop.
    pub async fn keep_marketing_allowed(
        &self,
        ws: WorkspaceId,
        hash: &str,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(items::key(keys::suppressed(ws), hash)))
            .condition_expression("body.marketing_stopped_at <= :at")
            .update_expression("REMOVE body.marketing_stopped_at")
            .expression_attribute_values(":at", time(at)?)
            .send()
            .await;
        if_held("UpdateItem", answer).map(|_| ())
    }
}

fn time(at: DateTime<Utc>) -> Result<AttributeValue, StoreError> {
    serde_dynamo::to_attribute_value(at).map_err(|source| StoreError::Unreadable {
        what: "a time",
        source,
    })
}

/// The refusal of an erased person, and nothing else of them.
pub(crate) fn suppressed_item(
    ws: WorkspaceId,
    hash: &str,
    refused: &ChatConsent,
) -> Result<Item, StoreError> {
    let body = refused.refusals();
    let item = Plain {
        pk: keys::suppressed(ws),
        sk: hash.to_owned(),
        version: 0,
        expires_at: None,
        body,
    };
    items::to_item("a refusal", item)
}
