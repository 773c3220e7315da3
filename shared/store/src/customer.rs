//! Customers.

use domain::customer::Customer;
use domain::ids::{CustomerId, WorkspaceId};

use crate::{Store, StoreError, keys};

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
}
