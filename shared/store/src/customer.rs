//! Customers.

use std::collections::HashSet;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use domain::conversation::Conversation;
use domain::customer::Customer;
use domain::ids::{ConversationId, CustomerId, WorkspaceId};
use serde::de::DeserializeOwned;

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
        let keys = ids
            .iter()
            .map(|id| (keys::customer(ws, *id), keys::CUSTOMER));
        self.bodies_of("a customer", keys.collect()).await
    }

    /// Those of these conversations that exist, in no order; as [`customers`](Self::customers), but
    /// as they are now.
    pub async fn heads(
        &self,
        ids: &[(WorkspaceId, ConversationId)],
    ) -> Result<Vec<Conversation>, StoreError> {
        let keys = ids
            .iter()
            .map(|(ws, id)| (keys::conversation(*ws, *id), keys::HEAD));
        self.bodies_of("a conversation", keys.collect()).await
    }

    /// The bodies of these items. One call for each hundred.
    async fn bodies_of<T: DeserializeOwned>(
        &self,
        what: &'static str,
        wanted: HashSet<(String, &'static str)>,
    ) -> Result<Vec<T>, StoreError> {
        // A set: the same key twice in one call would be refused.
        let wanted: Vec<_> = wanted.into_iter().collect();
        let mut found = Vec::with_capacity(wanted.len());
        for chunk in wanted.chunks(100) {
            let wanted = chunk
                .iter()
                .map(|(pk, sk)| items::key(pk, *sk))
                .fold(KeysAndAttributes::builder(), |wanted, key| wanted.keys(key))
                .consistent_read(true)
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
                    found.push(items::body(what, item)?);
                }
            }
        }
        Ok(found)
    }
}
