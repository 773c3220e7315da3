#![recursion_limit = "256"]
//! Hosts [`api::router`] behind the HTTP API, and [`api::command`] for direct invocations.

use std::sync::Arc;

use aws::Environment;
use aws::hosting::{HostError, run_http};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), HostError> {
    let environment = Environment::read().await?;
    let queues = environment.queues();
    let timers = environment.timers(queues.clone())?;
    let secrets = environment.secrets()?;
    let model = environment.model(secrets.as_ref()).await?;
    let app = Arc::new(
        environment
            .app()?
            .with_queues(queues)
            .with_timers(timers)
            .with_secrets(secrets)
            .with_http(environment.http()?)
            .with_model(model),
    );
    let commands = Arc::clone(&app);
    run_http(api::router(app), move |payload| {
        let app = Arc::clone(&commands);
        async move { Ok(api::command::run(&app, payload).await?) }
    })
    .await
}
