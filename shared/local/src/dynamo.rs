//! DynamoDB in process: the real SDK serialises the request, an embedded engine answers it.
//!
//! Conditional writes, transactions and indexes are where the bugs of a store live, so they are
//! not imitated: `store` runs here unchanged. Calls are made directly on the calling thread. One
//! takes a fraction of a millisecond, and a simulation stays on one thread and in one order.

mod connector;
mod engine;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Credentials, Region, SharedHttpClient, StalledStreamProtectionConfig,
};
use aws_sdk_dynamodb::error::DisplayErrorContext;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableInputBuilder;
use aws_sdk_dynamodb::types::{
    CreateGlobalSecondaryIndexAction, GlobalSecondaryIndexUpdate, TableDescription,
};
use aws_sdk_dynamodb::{Client, Config};

pub use connector::{Call, Fault, Reply, Wire};
use connector::{Connector, Hook};

/// Why the embedded engine could not be used.
#[derive(Debug, thiserror::Error)]
pub enum DynamoError {
    /// The file cannot be opened as a database.
    #[error("the embedded database cannot be opened")]
    Open(#[source] dynoxide::DynoxideError),
    /// The table could not be created or extended.
    #[error("the table cannot be set up: {0}")]
    Table(String),
}

/// Does the SDK repeat a call that failed?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retries {
    /// As in production, with waiting in real time.
    Sdk,
    /// Every fault reaches the caller at once: for tests and the simulator.
    Off,
}

/// An embedded DynamoDB. Clones share it.
#[derive(Clone)]
pub struct Dynamo {
    connector: Arc<Connector>,
    retries: Retries,
}

impl Dynamo {
    /// In memory, gone with the last clone.
    pub fn memory() -> Result<Self, DynamoError> {
        dynoxide::Database::memory()
            .map(Self::over)
            .map_err(DynamoError::Open)
    }

    /// In an `SQLite` file. It is journalled ahead (WAL) with `SQLite`'s full synchronisation, so
    /// what was answered is on disk, whatever kills the process.
    pub fn open(file: &Path) -> Result<Self, DynamoError> {
        dynoxide::Database::new(&file.to_string_lossy())
            .map(Self::over)
            .map_err(DynamoError::Open)
    }

    fn over(database: dynoxide::Database) -> Self {
        Self {
            connector: Arc::new(Connector::new(database)),
            retries: Retries::Sdk,
        }
    }

    /// The same engine with another retry policy for the clients made from here on.
    #[must_use]
    pub fn with_retries(self, retries: Retries) -> Self {
        Self { retries, ..self }
    }

    /// A client of the SDK that talks to this engine and to nothing else.
    #[must_use]
    pub fn client(&self) -> Client {
        self.client_over(None)
    }

    /// A client whose every call goes through this wire, and past the faults of [`Self::fail_by`].
    #[must_use]
    pub fn client_through(&self, wire: Arc<dyn Wire>) -> Client {
        self.client_over(Some(wire))
    }

    fn client_over(&self, wire: Option<Arc<dyn Wire>>) -> Client {
        let retries = match self.retries {
            Retries::Sdk => RetryConfig::standard(),
            Retries::Off => RetryConfig::disabled(),
        };
        Client::from_conf(
            Config::builder()
                .behavior_version(BehaviorVersion::v2026_01_12())
                .region(Region::from_static("local"))
                .endpoint_url("http://dynamodb.in-process.invalid")
                .credentials_provider(Credentials::new("local", "local", None, None, "local"))
                .retry_config(retries)
                // Nothing streams here, and the watchdog would be a timer per call.
                .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
                .http_client(SharedHttpClient::new(connector::InProcess {
                    connector: Arc::clone(&self.connector),
                    wire,
                }))
                .build(),
        )
    }

    /// What has been called since the log was last reset.
    #[must_use]
    pub fn calls(&self) -> &CallLog {
        &self.connector.calls
    }

    /// Asks `hook` before every call what shall go wrong. It is given the operation and how many
    /// calls came before since this hook was set, so a seed replays.
    pub fn fail_by(&self, hook: impl Fn(&str, u64) -> Fault + Send + Sync + 'static) {
        self.connector.set_hook(Some(Arc::new(hook) as Hook));
    }

    /// Nothing goes wrong any more.
    pub fn heal(&self) {
        self.connector.set_hook(None);
    }

    /// Creates the table, or gives a table of an older version the indexes it does not have yet,
    /// so that a local installation keeps its data over an update.
    pub async fn ensure_table(&self, table: CreateTableInputBuilder) -> Result<(), DynamoError> {
        let client = self.client();
        let name = table.get_table_name().clone().unwrap_or_default();
        match client.describe_table().table_name(&name).send().await {
            Ok(found) => match found.table {
                Some(found) => add_indexes(&client, &found, &table).await,
                None => Ok(()),
            },
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|e| e.is_resource_not_found_exception()) =>
            {
                let created = table.send_with(&client).await;
                created.map(drop).map_err(|error| failed(&error))
            }
            Err(error) => Err(failed(&error)),
        }
    }
}

async fn add_indexes(
    client: &Client,
    found: &TableDescription,
    wanted: &CreateTableInputBuilder,
) -> Result<(), DynamoError> {
    let present: BTreeSet<&str> = found
        .global_secondary_indexes()
        .iter()
        .filter_map(|index| index.index_name())
        .collect();
    let wanted_indexes = wanted
        .get_global_secondary_indexes()
        .as_deref()
        .unwrap_or_default();
    for index in wanted_indexes
        .iter()
        .filter(|index| !present.contains(index.index_name()))
    {
        let action = CreateGlobalSecondaryIndexAction::builder()
            .index_name(index.index_name())
            .set_key_schema(Some(index.key_schema().to_vec()))
            .set_projection(index.projection().cloned())
            .build()
            .map_err(|error| failed(&error))?;
        client
            .update_table()
            .set_table_name(wanted.get_table_name().clone())
            .set_attribute_definitions(wanted.get_attribute_definitions().clone())
            .global_secondary_index_updates(
                GlobalSecondaryIndexUpdate::builder().create(action).build(),
            )
            .send()
            .await
            .map_err(|error| failed(&error))?;
    }
    Ok(())
}

fn failed(error: &(impl std::error::Error + 'static)) -> DynamoError {
    DynamoError::Table(DisplayErrorContext(error).to_string())
}

/// How often each operation was called. A call that a fault swallowed counts too: it would have
/// been billed.
#[derive(Debug, Default)]
pub struct CallLog(Mutex<BTreeMap<String, u64>>);

impl CallLog {
    /// Operation names with their counts.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<String, u64> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// All calls together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .sum()
    }

    /// Starts counting anew and returns what was there.
    pub fn reset(&self) -> BTreeMap<String, u64> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn add(&self, operation: &str) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match counts.get_mut(operation) {
            Some(count) => *count += 1,
            None => {
                counts.insert(operation.to_owned(), 1);
            }
        }
    }
}

#[cfg(test)]
mod tests;
