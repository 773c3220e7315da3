//! Puts the rules to the decider and plans what it chose.

use app::apply::{self, Change, Loaded};
use app::judge::{Asked, Judge};
use app::transcript::transcript;
use app::{App, AppError};
use chrono::{DateTime, Utc};
use domain::decide::Event;

use crate::MODEL_TIME;

pub(crate) async fn run(
    app: &App,
    mut loaded: Loaded,
    asked: &[Asked],
    now: DateTime<Utc>,
) -> Result<bool, AppError> {
    // Judged by the rules as they are, not as a warm function remembers them.
    loaded.book = app.book_since(loaded.conversation.workspace, now).await?;
    let transcript = transcript(app, &loaded).await?;
    let mut judge = Judge::new(app, &loaded, now, MODEL_TIME);
    let answer = judge.assess(&transcript, asked).await?;
    let change = Change {
        events: vec![Event::TimerFired, Event::Assessed(answer)],
        cause: "assessed",
        decided_by: judge.decided_by(),
        ..Change::default()
    };
    // The decider took its time; what it says holds only if nothing happened since.
    let now = app.now();
    Ok(apply::apply_once(app, loaded, change, now).await?.is_some())
}
