//! A function that runs on schedules; the event says on which.

use std::error::Error;
use std::fmt::Debug;
use std::future::Future;

use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;

use super::HostError;

/// Calls `work` with the event of every invocation until Lambda ends the process.
pub async fn run_schedule<F, Fut, T, E>(work: F) -> Result<(), HostError>
where
    F: Fn(Value) -> Fut,
    Fut: Future<Output = Result<T, E>>,
    T: Debug,
    E: Error + Send + Sync + 'static,
{
    let work = &work;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| async move {
        let done = work(event.payload).await?;
        tracing::debug!(result = ?done, "the scheduled run is done");
        Ok::<_, HostError>(Value::Null)
    }))
    .await
}
