//! A function that runs on a schedule and takes nothing from the event.

use std::error::Error;
use std::fmt::Debug;
use std::future::Future;

use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;

use super::HostError;

/// Calls `work` at every invocation until Lambda ends the process.
pub async fn run_schedule<F, Fut, T, E>(work: F) -> Result<(), HostError>
where
    F: Fn() -> Fut,
    Fut: Future<Output = Result<T, E>>,
    T: Debug,
    E: Error + Send + Sync + 'static,
{
    let work = &work;
    lambda_runtime::run(service_fn(move |_: LambdaEvent<Value>| async move {
        let done = work().await?;
        tracing::debug!(result = ?done, "the scheduled run is done");
        Ok::<_, HostError>(Value::Null)
    }))
    .await
}
