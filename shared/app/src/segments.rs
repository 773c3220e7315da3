//! Whom a segment holds. Filters are evaluated over what is stored now; nothing is kept beside it
//! that could be out of date.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::conversation::Conversation;
use domain::customer::Customer;
use domain::ids::{CustomerId, WorkspaceId};
use domain::local_time::Zone;
use domain::rebooking::{Appointment, Record};
use domain::segment::{Filter, Subject, Thread, matches};

use crate::{App, AppError};

/// Evaluates one filter over customers as they are read.
pub struct Judge<'a> {
    app: &'a App,
    ws: WorkspaceId,
    filter: Filter,
    now: DateTime<Utc>,
    zone: Zone,
}

impl<'a> Judge<'a> {
    /// For this workspace, as of now.
    pub async fn of(app: &'a App, ws: WorkspaceId, filter: Filter) -> Result<Self, AppError> {
        Ok(Self {
            app,
            ws,
            filter,
            now: app.now(),
            zone: app.book(ws).await?.settings.zone,
        })
    }

    /// Whether each customer takes a query of their own.
    #[must_use]
    pub fn reads_one_by_one(&self) -> bool {
        self.filter.needs().appointments
    }

    /// Those of these customers that the filter holds.
    pub async fn members(&self, customers: Vec<Customer>) -> Result<Vec<Customer>, AppError> {
        let threads = self.threads(&customers).await?;
        let appointments = self.appointments(&customers).await?;
        let holds = |customer: &Customer| {
            let appointments = appointments.get(&customer.id);
            let subject = Subject {
                customer,
                profile: &customer.profile,
                appointments: appointments.map_or(&[], Vec::as_slice),
                activity: &[],
                threads: threads.get(&customer.id).map_or(&[], Vec::as_slice),
            };
            matches(&self.filter, subject, self.now, self.zone)
        };
        Ok(customers.into_iter().filter(holds).collect())
    }

    /// The appointments of these customers, if the filter looks at any.
    async fn appointments(
        &self,
        customers: &[Customer],
    ) -> Result<HashMap<CustomerId, Vec<Appointment>>, AppError> {
        if !self.filter.needs().appointments {
            return Ok(HashMap::new());
        }
        let ids: Vec<_> = customers.iter().map(|customer| customer.id).collect();
        let records = self.app.store.appointments_of(self.ws, &ids).await?;
        let appointments = |(id, records): (CustomerId, Vec<Record>)| {
            let told = records.into_iter().map(|record| record.appointment);
            (id, told.collect())
        };
        Ok(records.into_iter().map(appointments).collect())
    }

    /// The conversations of these customers, if the filter looks at any.
    async fn threads(
        &self,
        customers: &[Customer],
    ) -> Result<HashMap<CustomerId, Vec<Thread>>, AppError> {
        let mut threads: HashMap<_, Vec<_>> = HashMap::new();
        if self.filter.needs().threads {
            let reaches = customers
                .iter()
                .flat_map(|customer| &customer.conversations);
            let ids: Vec<_> = reaches.map(|reach| (self.ws, reach.conversation)).collect();
            let heads = self.app.store.heads(&ids).await?;
            for head in heads.iter().filter(|head| head.moved_to.is_none()) {
                threads.entry(head.customer).or_default().push(thread(head));
            }
        }
        Ok(threads)
    }
}

/// As lists look at it.
#[must_use]
pub fn thread(head: &Conversation) -> Thread {
    Thread {
        channel: head.channel,
        unread: head.unread,
        waiting_since: head.waiting_since,
        last_customer_at: head.last_customer_at,
    }
}
