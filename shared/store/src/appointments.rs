//! Appointments, in the partition of the customer: whoever decides about them reads all of them.

use std::collections::HashMap;

use domain::contact::Reference;
use domain::customer::Customer;
use domain::ids::{CustomerId, WorkspaceId};
use domain::rebooking::Record;
use futures_util::future::try_join_all;

use crate::items::{self, Plain};
use crate::lists::{Page, PageRequest};
use crate::writes::{Meaning, Writes};
use crate::{Committed, Store, StoreError, keys};

const APPOINTMENT: &str = "an appointment";
/// A write holds a hundred items; the customer and what they said are some of them.
pub const MOST_AT_ONCE: usize = 90;
/// How many customers are read at the same time.
const AT_ONCE: usize = 16;

impl Store {
    /// One appointment, by the business's own id.
    pub async fn appointment(
        &self,
        ws: WorkspaceId,
        customer: CustomerId,
        reference: &Reference,
    ) -> Result<Option<Record>, StoreError> {
        let pk = keys::customer(ws, customer);
        self.get_body(APPOINTMENT, pk, &keys::appointment(reference))
            .await
    }

    /// A page of a customer's appointments, in no order that means anything. One query.
    pub async fn appointments(
        &self,
        ws: WorkspaceId,
        customer: CustomerId,
        page: &PageRequest,
    ) -> Result<Page<Record>, StoreError> {
        let pk = keys::customer(ws, customer);
        self.page_of_partition(APPOINTMENT, pk, keys::APPOINTMENT, page)
            .await
    }

    /// All appointments of each of these customers: nobody's habit shows in the newest alone.
    pub async fn appointments_of(
        &self,
        ws: WorkspaceId,
        customers: &[CustomerId],
    ) -> Result<HashMap<CustomerId, Vec<Record>>, StoreError> {
        let mut found = HashMap::with_capacity(customers.len());
        for some in customers.chunks(AT_ONCE) {
            let reads = some.iter().map(|id| self.all_appointments(ws, *id));
            let read = try_join_all(reads).await?;
            found.extend(some.iter().copied().zip(read));
        }
        Ok(found)
    }

    /// All appointments of a customer.
    pub async fn all_appointments(
        &self,
        ws: WorkspaceId,
        customer: CustomerId,
    ) -> Result<Vec<Record>, StoreError> {
        let mut found = Vec::new();
        let mut page = PageRequest {
            limit: 1000,
            ..PageRequest::default()
        };
        loop {
            let read = self.appointments(ws, customer, &page).await?;
            found.extend(read.items);
            page.cursor = read.next_cursor;
            if page.cursor.is_none() {
                return Ok(found);
            }
        }
    }

    /// Stores an appointment and its customer, to whose habit it belongs; the versions of both are
    /// those that were read, plus one. `false`: somebody else was faster, or there is no such customer
    /// any more.
    pub async fn put_appointment(
        &self,
        record: &Record,
        customer: &Customer,
    ) -> Result<bool, StoreError> {
        self.put_appointments(std::slice::from_ref(record), customer)
            .await
    }

    /// Stores several appointments of a customer and what all of theirs come to, in one write. `false`:
    /// somebody else was faster, or there is no such customer any more. At most [`MOST_AT_ONCE`].
    pub async fn put_appointments(
        &self,
        records: &[Record],
        customer: &Customer,
    ) -> Result<bool, StoreError> {
        let mut writes = Writes::new(&self.table);
        for record in records {
            let item = Plain {
                pk: keys::customer(record.workspace, record.customer),
                sk: keys::appointment(&record.reference),
                version: record.version,
                expires_at: None,
                body: record,
            };
            let item = items::to_item(APPOINTMENT, item)?;
            writes.put_version(item, record.version, Meaning::Version)?;
        }
        writes.put_customer(customer)?;
        Ok(writes.send(self).await? == Committed::Done)
    }

    /// Removes an appointment if it still has this version, and stores its customer. `false` on a lost
    /// race.
    pub async fn delete_appointment(
        &self,
        record: &Record,
        customer: &Customer,
    ) -> Result<bool, StoreError> {
        let pk = keys::customer(record.workspace, record.customer);
        let mut writes = Writes::new(&self.table);
        writes.delete_version(pk, keys::appointment(&record.reference), record.version)?;
        writes.put_customer(customer)?;
        Ok(writes.send(self).await? == Committed::Done)
    }
}
