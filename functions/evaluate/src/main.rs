//! Hosts [`evaluate::receive`] on the FIFO queue `events` and on the queue of reports on mails.

use aws::Environment;
use aws::hosting::{HostError, Order, run_queue};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), HostError> {
    let environment = Environment::read().await?;
    let queues = environment.queues();
    let timers = environment.timers(queues.clone())?;
    let app = environment.app()?.with_queues(queues).with_timers(timers);
    let app = &app;
    run_queue(Order::Fifo { at_once: 4 }, move |received| {
        evaluate::receive(app, received)
    })
    .await
}
