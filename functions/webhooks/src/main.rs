//! Hosts [`webhooks::router`] behind the HTTP API.

use std::sync::Arc;

use aws::Environment;
use aws::hosting::{HostError, no_commands, run_http};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), HostError> {
    let environment = Environment::read().await?;
    let app = environment
        .app()?
        .with_queues(environment.queues())
        .with_secrets(environment.secrets()?);
    run_http(webhooks::router(Arc::new(app)), no_commands).await
}
