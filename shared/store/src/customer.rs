//! Customers.

use std::collections::HashSet;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use domain::customer::Customer;
use domain::ids::{CustomerId, WorkspaceId};

use crate::{Store, StoreError, items, keys};

impl Store {
    /// One customer.
    pub async fn customer(
        &self,
        ws: WorkspaceId,
        id: CustomerId,
    ) -> Result<Option<Customer>, StoreError> {
        self.get_body("a customer", keys::customer(ws, id), keys::CUSTOMER)
            .await
    }

    /// Those of these customers that exist, in no order. One call for each hundred; for lists,
    /// so without strong consistency.
    pub async fn customers(
        &self,
        ws: WorkspaceId,
        ids: &[CustomerId],
    ) -> Result<Vec<Customer>, StoreError> {
        // The same key twice in one call would be refused.
        let unique: Vec<_> = ids.iter().collect::<HashSet<_>>().into_iter().collect();
        let mut found = Vec::with_capacity(unique.len());
        for chunk in unique.chunks(100) {
            let wanted = chunk
                .iter()
                .map(|id| items::key(keys::customer(ws, **id), keys::CUSTOMER))
                .fold(KeysAndAttributes::builder(), |wanted, key| wanted.keys(key))
                .build()
                .map_err(|error| StoreError::build("BatchGetItem", &error))?;
            let mut left = Some(wanted);
            while let Some(wanted) = left.take() {
                let answer = self
                    .client
                    .batch_get_item()
                    .request_items(&self.table, wanted)
                    .send()
                    .await
                    .map_err(|error| StoreError::sdk("BatchGetItem", error))?;
                let mut by_table = answer.responses.unwrap_or_default();
                let read = by_table.remove(&self.table).unwrap_or_default();
                // An answer has a size limit, so some may be left over; none at all is throttling.
                left = answer
                    .unprocessed_keys
                    .and_then(|mut left| left.remove(&self.table));
                if left.is_some() && read.is_empty() {
                    return Err(StoreError::Unavailable {
                        operation: "BatchGetItem",
                        code: "UnprocessedKeys".to_owned(),
                        detail: "the table is throttled".to_owned(),
                    });
                }
                for item in read {
                    found.push(items::body("a customer", item)?);
                }
            }
        }
        Ok(found)
    }
}
