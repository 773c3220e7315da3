//! Customers.

use std::collections::HashSet;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use chrono::{DateTime, Utc};
use domain::channel::PhoneNumber;
use domain::contact::{EmailAddress, Reference};
use domain::conversation::Conversation;
use domain::customer::Customer;
use domain::ids::{ConversationId, CustomerId, WorkspaceId};
use serde::de::DeserializeOwned;

use crate::lists::{Page, PageRequest, bodies};
use crate::writes::Writes;
use crate::{Committed, KeyedAnswer, Store, StoreError, items, keys};

/// What a customer can be found by, beside their id and their name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownAs<'a> {
    /// The business's own id: one customer at the most.
    Reference(&'a Reference),
    /// An e-mail address; families share one.
    Email(&'a EmailAddress),
    /// A phone.
    Phone(&'a PhoneNumber),
}

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

    /// Stores a customer whose version is the one that was read, plus one, and what they can be
    /// found by. [`Committed::Duplicate`]: somebody else has the reference.
    pub async fn put_customer(
        &self,
        before: Option<&Customer>,
        customer: &Customer,
        answer: Option<&KeyedAnswer>,
    ) -> Result<Committed, StoreError> {
        let mut writes = Writes::new(&self.table);
        writes.put_customer(customer)?;
        let (old, new) = (before.map(known_as).unwrap_or_default(), known_as(customer));
        for gone in old.difference(&new) {
            writes.delete(gone.pk(customer.workspace), gone.sk(customer.id))?;
        }
        for added in new.difference(&old) {
            writes.put_known_as(customer, added)?;
        }
        if let Some(answer) = answer {
            writes.put_answer(answer)?;
        }
        writes.send(self).await
    }

    /// A page of those who are known as that, oldest first. One query.
    pub async fn customers_known_as(
        &self,
        ws: WorkspaceId,
        what: KnownAs<'_>,
        page: &PageRequest,
    ) -> Result<Page<CustomerId>, StoreError> {
        let pk = Known::of(what).pk(ws);
        self.page_of_partition("a look-up", pk, "", page).await
    }

    /// A page of the customers whose name starts like this, by name. One query.
    pub async fn customers_by_name(
        &self,
        ws: WorkspaceId,
        prefix: Option<&str>,
        page: &PageRequest,
    ) -> Result<Page<Customer>, StoreError> {
        let base = |sk: &str| -> Option<(String, String)> {
            let (_, id) = sk.rsplit_once('#')?;
            let id = CustomerId::parse(id).ok()?;
            Some((keys::customer(ws, id), keys::CUSTOMER.to_owned()))
        };
        let pk = keys::customers(ws);
        let (found, next_cursor) = self
            .page_of_index("customers", pk, prefix, page, base)
            .await?;
        Ok(Page {
            items: bodies("a customer", found)?,
            next_cursor,
        })
    }

    /// Whose appointments changed before this without anybody planning anew, the longest ago first.
    pub async fn unplanned_customers(
        &self,
        before: DateTime<Utc>,
        limit: u16,
    ) -> Result<Vec<(WorkspaceId, CustomerId)>, StoreError> {
        let found = self.overdue_in(keys::UNPLANNED, before, limit).await?;
        let of = |item: &items::Item| keys::parse_customer(items::text_of(item, "pk")?);
        Ok(found.iter().filter_map(of).collect())
    }

    /// Those of these customers that exist, in no order. One call for each hundred.
    pub async fn customers(
        &self,
        ws: WorkspaceId,
        ids: &[CustomerId],
        consistency: Consistency,
    ) -> Result<Vec<Customer>, StoreError> {
        let keys = ids
            .iter()
            .map(|id| (keys::customer(ws, *id), keys::CUSTOMER));
        self.bodies_of("a customer", keys.collect(), consistency)
            .await
    }

    /// Those of these conversations that exist, in no order, as they are now. One call for each
    /// hundred.
    pub async fn heads(
        &self,
        ids: &[(WorkspaceId, ConversationId)],
    ) -> Result<Vec<Conversation>, StoreError> {
        let keys = ids
            .iter()
            .map(|(ws, id)| (keys::conversation(*ws, *id), keys::HEAD));
        self.bodies_of("a conversation", keys.collect(), Consistency::Strong)
            .await
    }

    /// The bodies of these items. One call for each hundred.
    async fn bodies_of<T: DeserializeOwned>(
        &self,
        what: &'static str,
        wanted: HashSet<(String, &'static str)>,
        consistency: Consistency,
    ) -> Result<Vec<T>, StoreError> {
        // A set: the same key twice in one call would be refused.
        let wanted: Vec<_> = wanted.into_iter().collect();
        let mut found = Vec::with_capacity(wanted.len());
        for chunk in wanted.chunks(100) {
            let wanted = chunk
                .iter()
                .map(|(pk, sk)| items::key(pk, *sk))
                .fold(KeysAndAttributes::builder(), |wanted, key| wanted.keys(key))
                .consistent_read(consistency == Consistency::Strong)
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

/// Whether what was written a moment ago has to be in the answer; that costs twice as much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consistency {
    /// It has: the answer leads to a decision, or follows from what the caller just wrote.
    Strong,
    /// A second late is soon enough: lists.
    Eventual,
}

/// One thing that somebody can be found by, in the form in which it is looked up.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Known {
    kind: &'static str,
    value: String,
}

impl Known {
    fn of(what: KnownAs<'_>) -> Self {
        let (kind, value) = match what {
            KnownAs::Reference(reference) => (REFERENCE, reference.reveal().to_owned()),
            KnownAs::Email(address) => ("email", address.key()),
            KnownAs::Phone(phone) => ("phone", phone.reveal().to_owned()),
        };
        Self { kind, value }
    }

    pub(crate) fn pk(&self, ws: WorkspaceId) -> String {
        keys::known_as(ws, self.kind, &self.value)
    }

    /// Only one customer has a reference.
    pub(crate) fn sk(&self, id: CustomerId) -> String {
        if self.is_unique() {
            "REFERENCE".to_owned()
        } else {
            id.to_string()
        }
    }

    pub(crate) fn is_unique(&self) -> bool {
        self.kind == REFERENCE
    }
}

const REFERENCE: &str = "reference";

/// Everything a customer can be found by.
pub(crate) fn known_as(customer: &Customer) -> HashSet<Known> {
    let profile = &customer.profile;
    let reference = customer.reference.iter().map(KnownAs::Reference);
    let emails = profile
        .emails
        .iter()
        .map(|email| KnownAs::Email(&email.value));
    let phones = profile
        .phones
        .iter()
        .map(|phone| KnownAs::Phone(&phone.value));
    reference
        .chain(emails)
        .chain(phones)
        .map(Known::of)
        .collect()
}
