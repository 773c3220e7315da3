//! Messages to many, and beside each customer what became of one for them.

use chrono::{DateTime, Utc};
use domain::broadcast::{Broadcast, Fate};
use domain::ids::{BroadcastId, CustomerId, WorkspaceId};
use serde::Serialize;

use crate::items::{self, Item};
use crate::lists::{Page, PageRequest};
use crate::writes::{Meaning, Writes};
use crate::{Committed, Counter, KeyedAnswer, Store, StoreError, keys};

const BROADCAST: &str = "a broadcast";
const FATE: &str = "a broadcast's fate";

/// With what keeps it in the index of what is overdue, while there is a page to be looked at.
#[derive(Serialize)]
struct BroadcastItem<'a> {
    pk: String,
    sk: String,
    version: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    overdue_pk: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    overdue_sk: Option<String>,
    body: &'a Broadcast,
}

impl Store {
    /// One broadcast.
    pub async fn broadcast(
        &self,
        ws: WorkspaceId,
        id: BroadcastId,
    ) -> Result<Option<Broadcast>, StoreError> {
        self.get_body(BROADCAST, keys::broadcasts(ws), &keys::broadcast(id))
            .await
    }

    /// A page of them; ids sort by time.
    pub async fn broadcasts(
        &self,
        ws: WorkspaceId,
        page: &PageRequest,
    ) -> Result<Page<Broadcast>, StoreError> {
        self.page_of_partition(BROADCAST, keys::broadcasts(ws), keys::BROADCAST, page)
            .await
    }

    /// Stores a broadcast whose version is the one that was read, plus one, what is counted with it, and
    /// the answer to the request that asked for it.
    pub async fn put_broadcast(
        &self,
        broadcast: &Broadcast,
        counter: Option<&Counter>,
        answer: Option<&KeyedAnswer>,
    ) -> Result<Committed, StoreError> {
        let (ws, id) = (broadcast.workspace, broadcast.id);
        let next_at = broadcast.next_at();
        let item = BroadcastItem {
            pk: keys::broadcasts(ws),
            sk: keys::broadcast(id),
            version: broadcast.version,
            overdue_pk: next_at.map(|_| keys::RUNNING_BROADCASTS),
            overdue_sk: next_at.map(|at| keys::at_broadcast(at, id)),
            body: broadcast,
        };
        let mut writes = Writes::new(&self.table);
        let item = items::to_item(BROADCAST, item)?;
        writes.put_version(item, broadcast.version, Meaning::Version)?;
        if let Some(counter) = counter {
            writes.count(ws, counter)?;
        }
        if let Some(answer) = answer {
            writes.put_answer(answer)?;
        }
        writes.send(self).await
    }

    /// Removes a broadcast if it still has this version. `false` on a lost race.
    pub async fn delete_broadcast(&self, broadcast: &Broadcast) -> Result<bool, StoreError> {
        let pk = keys::broadcasts(broadcast.workspace);
        let mut writes = Writes::new(&self.table);
        writes.delete_version(pk, keys::broadcast(broadcast.id), broadcast.version)?;
        Ok(writes.send(self).await? == Committed::Done)
    }

    /// Those of which a page is to be looked at before this, the longest ago first, and when.
    pub async fn broadcasts_due(
        &self,
        before: DateTime<Utc>,
        limit: u16,
    ) -> Result<Vec<(WorkspaceId, BroadcastId, DateTime<Utc>)>, StoreError> {
        let found = self
            .overdue_in(keys::RUNNING_BROADCASTS, before, limit)
            .await?;
        let of = |item: &Item| {
            let (pk, sk) = (items::text_of(item, "pk")?, items::text_of(item, "sk")?);
            let (ws, id) = keys::parse_broadcast(pk, sk)?;
            let at = items::text_of(item, "overdue_sk")?.split('#').next()?;
            Some((ws, id, DateTime::from_timestamp_millis(at.parse().ok()?)?))
        };
        Ok(found.iter().filter_map(of).collect())
    }

    /// What became of a broadcast for this customer, if anybody looked.
    pub async fn fate(
        &self,
        ws: WorkspaceId,
        customer: CustomerId,
        broadcast: BroadcastId,
    ) -> Result<Option<Fate>, StoreError> {
        let pk = keys::customer(ws, customer);
        self.get_body(FATE, pk, &keys::fate(broadcast)).await
    }

    /// Notes that this customer does not get a broadcast. Something else may have been noted before, and
    /// they may be gone.
    pub async fn put_fate(
        &self,
        ws: WorkspaceId,
        customer: CustomerId,
        broadcast: BroadcastId,
        fate: &Fate,
    ) -> Result<Committed, StoreError> {
        let mut writes = Writes::new(&self.table);
        writes.fate(ws, customer, broadcast, fate)?;
        writes.must_exist(keys::customer(ws, customer), keys::CUSTOMER)?;
        writes.send(self).await
    }
}

impl Writes<'_> {
    /// To the caller this is what a message is that was stored before, where it was noted already.
    pub(crate) fn fate(
        &mut self,
        ws: WorkspaceId,
        customer: CustomerId,
        broadcast: BroadcastId,
        fate: &Fate,
    ) -> Result<(), StoreError> {
        let item = items::Plain {
            pk: keys::customer(ws, customer),
            sk: keys::fate(broadcast),
            version: 0,
            expires_at: None,
            body: fate,
        };
        let item = items::to_item(FATE, item)?;
        self.put(item, Some("attribute_not_exists(pk)"), Meaning::NewMessage)
    }
}
