//! Hosts [`dispatch::handle`] on the queue `due`.

use aws::Environment;
use aws::hosting::{HostError, Order, run_queue};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), HostError> {
    let environment = Environment::read().await?;
    let queues = environment.queues();
    let timers = environment.timers(queues.clone())?;
    let secrets = environment.secrets()?;
    let model = environment.model(secrets.as_ref()).await?;
    let app = environment
        .app()?
        .with_queues(queues)
        .with_timers(timers)
        .with_secrets(secrets)
        .with_http(environment.http()?)
        .with_mailer(environment.mailer())
        .with_model(model);
    let app = &app;
    run_queue(Order::Standard { at_once: 4 }, move |task| {
        dispatch::handle(app, task)
    })
    .await
}
