//! Hosts [`sweep::sweep`] on a schedule.

use aws::Environment;
use aws::hosting::{HostError, run_schedule};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), HostError> {
    let environment = Environment::read().await?;
    let app = environment.app()?.with_queues(environment.queues());
    let app = &app;
    run_schedule(move || sweep::sweep(app)).await
}
