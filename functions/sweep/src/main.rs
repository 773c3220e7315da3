//! Hosts [`sweep::sweep`] and [`sweep::reconcile`] on their schedules.

use aws::Environment;
use aws::hosting::{HostError, run_schedule};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), HostError> {
    let environment = Environment::read().await?;
    let queues = environment.queues();
    let timers = environment.listed_timers(queues.clone())?;
    let app = environment.app()?.with_queues(queues).with_timers(timers);
    let app = &app;
    // What the nightly schedule of template.yaml puts into its event.
    run_schedule(move |event| async move {
        if event["task"] == "reconcile" {
            Box::pin(sweep::reconcile(app)).await.map(drop)
        } else {
            Box::pin(sweep::sweep(app)).await.map(drop)
        }
    })
    .await
}
