//! A follow-up that goes out in the customer's other conversation (NX-02).

use app::apply::{self, Change, Loaded};
use app::{App, AppError};
use chrono::{DateTime, Utc};
use domain::conversation::Run;
use domain::decide::{Assessed, Event, Judgement};
use domain::ids::{ConversationId, MessageId, RunId};

/// Gives the run up here and plans its rule there. First there: if the process dies in between,
/// the run here is decided again, and the episode there has one pending follow-up at the most.
pub(crate) async fn run(
    app: &App,
    loaded: Loaded,
    run: &Run,
    to: ConversationId,
    now: DateTime<Utc>,
) -> Result<bool, AppError> {
    if let Some(rule) = run.rule() {
        let ids = (
            RunId::derive(&[&run.id.to_string(), "moved"]),
            MessageId::derive(&[&run.id.to_string(), "moved"]),
        );
        apply::apply(app, loaded.conversation.workspace, to, now, |there| {
            let head = &there.conversation;
            let taken = head
                .runs
                .iter()
                .any(|pending| pending.id == ids.0 || pending.rule() == Some(rule));
            if taken {
                return None;
            }
            let judgement = Judgement {
                rule,
                applies: true,
                stop: false,
                reason: "moved here from the customer's other conversation".to_owned(),
                time: Some(now),
            };
            let planned = Event::Assessed(Assessed {
                episode: head.episode,
                anchor: head.last_interaction_at().unwrap_or(head.created_at),
                customer_waits: false,
                opt_out: false,
                rules: vec![judgement],
                new_run: ids,
            });
            Some(Change::event("moved_here", planned))
        })
        .await?;
    }
    let change = Change::event("timer_fired", Event::TimerFired);
    Ok(apply::apply_once(app, loaded, change, now).await?.is_some())
}
