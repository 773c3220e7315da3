//! Hosts [`links::router`] behind the HTTP API.

use std::sync::Arc;

use aws::Environment;
use aws::hosting::{HostError, no_commands, run_http};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), HostError> {
    let environment = Environment::read().await?;
    let queues = environment.queues();
    let timers = environment.timers(queues.clone())?;
    let app = environment.app()?.with_queues(queues).with_timers(timers);
    run_http(links::router(Arc::new(app)), no_commands).await
}
