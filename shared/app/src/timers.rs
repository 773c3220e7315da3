//! Arms the timer of a conversation: a queue delay when it is near, the timer port when it is
//! far. The table was written before; a lost call here is healed by the sweep.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::ids::{ConversationId, WorkspaceId};

use crate::App;
use crate::ports::{PortError, Timer};
use crate::tasks::DueTask;

/// A generation that belongs to no timer: whoever sends it wants the conversation looked at.
pub const ANY_GENERATION: u64 = u64::MAX;

/// Sees to it that the conversation is looked at when `timer.at` has come.
pub async fn arm(app: &App, timer: &Timer, now: DateTime<Utc>) -> Result<(), PortError> {
    if is_far(app, timer.at, now) {
        app.timers.arm(timer).await
    } else {
        let ahead = ahead(timer.at, now);
        // Whole seconds, rounded up: early would only mean to come back once more.
        let delay = Duration::from_secs(ahead.as_secs() + u64::from(ahead.subsec_nanos() > 0));
        let task = wake(timer.workspace, timer.conversation, timer.generation);
        app.queues
            .send_due(&task, delay.min(Duration::from_secs(900)))
            .await
    }
}

/// Whether a timer for this moment is beyond the queue's reach.
#[must_use]
pub fn is_far(app: &App, at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    ahead(at, now) > app.config.queue_horizon
}

fn ahead(at: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
    (at - now).to_std().unwrap_or_default()
}

/// The task of a timer.
#[must_use]
pub fn wake(workspace: WorkspaceId, conversation: ConversationId, generation: u64) -> DueTask {
    DueTask::WakeV1 {
        workspace,
        conversation,
        generation,
    }
}
