//! The three ways into a workspace: an API key (by its hash), a connection id (in a webhook address)
//! and a customer's link (by the hash of its token). Nowhere else does a workspace id come from.

use chrono::{DateTime, Utc};
use domain::connection::Connection;
use domain::contact::Tag;
use domain::ids::{ConnectionId, KeyId, WorkspaceId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::book::GoneConnection;
use crate::items::{self, Plain};
use crate::links::Link;
use crate::lists::PageRequest;
use crate::writes::{Meaning, Writes};
use crate::{Committed, Store, StoreError, keys};

/// What a key may do. Each role may do all that the ones after it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads.
    Viewer,
    /// Writes to customers, reads and assigns conversations.
    Agent,
    /// Edits rules and templates.
    Editor,
    /// Edits connections and settings.
    Admin,
    /// Makes and removes keys.
    Owner,
}

/// SHA-256 of an API key: all that is stored of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyHash(String);

impl KeyHash {
    /// The hash of a key. Keys are long and random, so a fast hash is enough; finding it by its
    /// hash also makes the comparison independent of how many characters were guessed.
    #[must_use]
    pub fn of(key: &str) -> Self {
        Self(
            Sha256::digest(key.as_bytes())
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
        )
    }
}

/// An API key, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Its id.
    pub id: KeyId,
    /// Whose.
    pub workspace: WorkspaceId,
    /// What it may do.
    pub role: Role,
    /// What it is for.
    pub name: String,
    /// Its first characters, to recognise it by.
    pub hint: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// It sees the customers of one location only (MO-11).
    #[serde(default)]
    pub location: Option<Tag>,
}

/// What an entrance leads to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Entrance {
    /// A key.
    Key(ApiKey),
    /// A connection.
    Connection {
        /// Whose.
        workspace: WorkspaceId,
        /// Which one.
        connection: ConnectionId,
    },
    /// A link for a customer.
    Link(Link),
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredKey {
    hash: String,
    key: ApiKey,
}

impl Store {
    /// The key with this hash.
    pub async fn key_by_hash(&self, hash: &KeyHash) -> Result<Option<ApiKey>, StoreError> {
        let found = self
            .get_body("an entrance", keys::key_entrance(&hash.0), keys::ENTRY)
            .await?;
        Ok(match found {
            Some(Entrance::Key(key)) => Some(key),
            Some(Entrance::Connection { .. } | Entrance::Link(_)) | None => None,
        })
    }

    /// The workspace and the state of a connection, from its id alone.
    pub async fn connection_by_id(
        &self,
        id: ConnectionId,
    ) -> Result<Option<Connection>, StoreError> {
        let found = self
            .get_body("an entrance", keys::connection_entrance(id), keys::ENTRY)
            .await?;
        match found {
            Some(Entrance::Connection {
                workspace,
                connection,
            }) => self.connection(workspace, connection).await,
            Some(Entrance::Key(_) | Entrance::Link(_)) | None => Ok(None),
        }
    }

    /// Stores a new key under its hash. `false` if that very key exists.
    pub async fn create_key(&self, hash: &KeyHash, key: &ApiKey) -> Result<bool, StoreError> {
        let stored = StoredKey {
            hash: hash.0.clone(),
            key: key.clone(),
        };
        let listed = plain(keys::api_keys(key.workspace), keys::api_key(key.id), stored);
        let entrance = plain(
            keys::key_entrance(&hash.0),
            keys::ENTRY.to_owned(),
            Entrance::Key(key.clone()),
        );
        self.create_pair(
            items::to_item("a key", listed)?,
            items::to_item("an entrance", entrance)?,
        )
        .await
    }

    /// Stores a new connection and the entrance that leads to it.
    pub async fn create_connection(&self, connection: &Connection) -> Result<bool, StoreError> {
        let entrance = plain(
            keys::connection_entrance(connection.id),
            keys::ENTRY.to_owned(),
            Entrance::Connection {
                workspace: connection.workspace,
                connection: connection.id,
            },
        );
        let item = items::to_item("a connection", items::connection_item(connection))?;
        self.create_pair(item, items::to_item("an entrance", entrance)?)
            .await
    }

    /// The workspace's keys.
    pub async fn keys(&self, ws: WorkspaceId) -> Result<Vec<ApiKey>, StoreError> {
        Ok(self
            .stored_keys(ws)
            .await?
            .into_iter()
            .map(|stored| stored.key)
            .collect())
    }

    /// Changes what a key may see. `false` if there is none with this id any more.
    pub async fn restrict_key(&self, key: &ApiKey) -> Result<bool, StoreError> {
        let known = self.stored_keys(key.workspace).await?;
        let Some(stored) = known.into_iter().find(|stored| stored.key.id == key.id) else {
            return Ok(false);
        };
        let entrance = plain(
            keys::key_entrance(&stored.hash),
            keys::ENTRY.to_owned(),
            Entrance::Key(key.clone()),
        );
        let stored = StoredKey {
            key: key.clone(),
            ..stored
        };
        let listed = plain(keys::api_keys(key.workspace), keys::api_key(key.id), stored);
        let mut writes = Writes::new(&self.table);
        let both = [
            items::to_item("a key", listed)?,
            items::to_item("an entrance", entrance)?,
        ];
        for item in both {
            writes.put(item, Some("attribute_exists(pk)"), Meaning::Version)?;
        }
        Ok(writes.send(self).await? == Committed::Done)
    }

    /// Removes a key if the one that is to stay is still there. `false` if there is none with this
    /// id, or if somebody else changes the keys at this moment.
    pub async fn delete_key(
        &self,
        ws: WorkspaceId,
        id: KeyId,
        stays: KeyId,
    ) -> Result<bool, StoreError> {
        let Some(stored) = self
            .stored_keys(ws)
            .await?
            .into_iter()
            .find(|stored| stored.key.id == id)
        else {
            return Ok(false);
        };
        let mut writes = Writes::new(&self.table);
        writes.delete(keys::api_keys(ws), keys::api_key(id))?;
        writes.delete(keys::key_entrance(&stored.hash), keys::ENTRY)?;
        writes.must_exist(keys::api_keys(ws), &keys::api_key(stays))?;
        Ok(writes.send(self).await? == Committed::Done)
    }

    /// Removes a connection, if it still has this version, and its entrance. `false` on a lost
    /// race.
    pub async fn delete_connection(&self, connection: &Connection) -> Result<bool, StoreError> {
        let mut writes = Writes::new(&self.table);
        let Connection {
            id,
            workspace,
            version,
            channel,
            ..
        } = *connection;
        writes.delete_version(keys::workspace(workspace), keys::connection(id), version)?;
        writes.delete(keys::connection_entrance(id), keys::ENTRY)?;
        writes.put_plain(
            "a deleted connection",
            keys::workspace(workspace),
            keys::gone_connection(id),
            GoneConnection { id, channel },
        )?;
        Ok(writes.send(self).await? == Committed::Done)
    }

    async fn stored_keys(&self, ws: WorkspaceId) -> Result<Vec<StoredKey>, StoreError> {
        let all = PageRequest {
            limit: 1000,
            ..PageRequest::default()
        };
        Ok(self
            .page_of_partition("a key", keys::api_keys(ws), "KEY#", &all)
            .await?
            .items)
    }

    async fn create_pair(
        &self,
        first: items::Item,
        second: items::Item,
    ) -> Result<bool, StoreError> {
        let mut writes = Writes::new(&self.table);
        for item in [first, second] {
            writes.put(item, Some("attribute_not_exists(pk)"), Meaning::Version)?;
        }
        Ok(writes.send(self).await? == Committed::Done)
    }
}

pub(crate) fn plain<T>(pk: String, sk: String, body: T) -> Plain<T> {
    Plain {
        pk,
        sk,
        version: 0,
        expires_at: None,
        body,
    }
}
