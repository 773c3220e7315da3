//! Segments, and in which order each user sees them. Not part of the [`Book`](crate::Book): no
//! decision reads them.

use domain::ids::{KeyId, SegmentId, WorkspaceId};
use domain::segment::Segment;

use crate::items::Plain;
use crate::lists::PageRequest;
use crate::writes::{Meaning, Writes};
use crate::{Committed, KeyedAnswer, Store, StoreError, items, keys};

const SEGMENT: &str = "a segment";

impl Store {
    /// All segments, oldest first.
    pub async fn segments(&self, ws: WorkspaceId) -> Result<Vec<Segment>, StoreError> {
        let mut found = Vec::new();
        let mut page = PageRequest {
            limit: 100,
            ..PageRequest::default()
        };
        loop {
            let pk = keys::segments(ws);
            let read = self
                .page_of_partition(SEGMENT, pk, keys::SEGMENT, &page)
                .await?;
            found.extend(read.items);
            page.cursor = read.next_cursor;
            if page.cursor.is_none() {
                return Ok(found);
            }
        }
    }

    /// One segment.
    pub async fn segment(
        &self,
        ws: WorkspaceId,
        id: SegmentId,
    ) -> Result<Option<Segment>, StoreError> {
        self.get_body(SEGMENT, keys::segments(ws), &keys::segment(id))
            .await
    }

    /// Stores a segment whose version is the one that was read, plus one, and the answer to the
    /// request that asked for it. `false` on a lost race.
    pub async fn put_segment(
        &self,
        segment: &Segment,
        answer: Option<&KeyedAnswer>,
    ) -> Result<bool, StoreError> {
        let item = Plain {
            pk: keys::segments(segment.workspace),
            sk: keys::segment(segment.id),
            version: segment.version,
            expires_at: None,
            body: segment,
        };
        let mut writes = Writes::new(&self.table);
        let item = items::to_item(SEGMENT, item)?;
        writes.put_version(item, segment.version, Meaning::Version)?;
        if let Some(answer) = answer {
            writes.put_answer(answer)?;
        }
        Ok(writes.send(self).await? == Committed::Done)
    }

    /// Removes a segment if it still has this version. `false` on a lost race.
    pub async fn delete_segment(&self, segment: &Segment) -> Result<bool, StoreError> {
        let pk = keys::segments(segment.workspace);
        let mut writes = Writes::new(&self.table);
        writes.delete_version(pk, keys::segment(segment.id), segment.version)?;
        Ok(writes.send(self).await? == Committed::Done)
    }

    /// How this user dragged them; what they never placed, and what is gone, is not looked at here.
    pub async fn segment_order(
        &self,
        ws: WorkspaceId,
        user: KeyId,
    ) -> Result<Vec<SegmentId>, StoreError> {
        let sk = keys::segment_order(user);
        let found = self.get_body("an order", keys::segments(ws), &sk).await?;
        Ok(found.unwrap_or_default())
    }

    /// Keeps how this user dragged them; the last one wins.
    pub async fn put_segment_order(
        &self,
        ws: WorkspaceId,
        user: KeyId,
        order: &[SegmentId],
    ) -> Result<(), StoreError> {
        let mut writes = Writes::new(&self.table);
        let (pk, sk) = (keys::segments(ws), keys::segment_order(user));
        writes.put_plain("an order", pk, sk, order)?;
        writes.send(self).await.map(drop)
    }
}
