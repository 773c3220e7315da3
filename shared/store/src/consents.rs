//! The ledger of consent, in the partition of the customer. Its entries are written with the
//! customer whose standing they add up to, and by nothing else.

use domain::consent::Entry;
use domain::ids::{CustomerId, WorkspaceId};

use crate::lists::{Page, PageRequest};
use crate::{Store, StoreError, keys};

impl Store {
    /// A page of what a customer said about messages, oldest first. One query.
    pub async fn consents(
        &self,
        ws: WorkspaceId,
        customer: CustomerId,
        page: &PageRequest,
    ) -> Result<Page<Entry>, StoreError> {
        let pk = keys::customer(ws, customer);
        self.page_of_partition("a consent", pk, keys::CONSENT, page)
            .await
    }
}
