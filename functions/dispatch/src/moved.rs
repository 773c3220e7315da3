//! A follow-up that goes out in the customer's other conversation (NX-02).

use app::apply::{self, Change, Loaded};
use app::{App, AppError};
use chrono::{DateTime, Utc};
use domain::conversation::Run;
use domain::decide::Event;
use domain::ids::ConversationId;

/// Gives the run up here and brings it there. First there: if the process dies in between, the
/// run here is decided again, and bringing it a second time changes nothing.
pub(crate) async fn run(
    app: &App,
    loaded: Loaded,
    run: &Run,
    to: ConversationId,
    now: DateTime<Utc>,
) -> Result<bool, AppError> {
    let arrival = Event::MovedHere { run: run.clone() };
    apply::apply(app, loaded.conversation.workspace, to, now, |_| {
        Some(Change::event("moved_here", arrival.clone()))
    })
    .await?;
    let change = Change::event("timer_fired", Event::TimerFired);
    Ok(apply::apply_once(app, loaded, change, now).await?.is_some())
}
