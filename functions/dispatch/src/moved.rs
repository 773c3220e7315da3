//! A follow-up that goes out in the customer's other conversation (NX-02).

use app::apply::{self, Change, Loaded};
use app::{App, AppError, open};
use chrono::{DateTime, Utc};
use domain::conversation::{Origin, Run};
use domain::decide::{Effect, Event, decide};
use domain::ids::ConversationId;
use domain::receipt::{Reason, Verdict};

use crate::timer_only;

/// Gives the run up here and takes it there, in one write. If it cannot leave there, the next
/// channel is asked; where no channel takes it, the receipt here says why.
pub(crate) async fn run(
    app: &App,
    mut loaded: Loaded,
    run: &Run,
    to: ConversationId,
    now: DateTime<Utc>,
) -> Result<bool, AppError> {
    let mut target = Some(to);
    while let Some(to) = target {
        let arrival = Event::MovedHere {
            run: run.clone(),
            from: Origin::of(&loaded.conversation),
        };
        match there(app, &loaded, run, to, &arrival, now).await? {
            Ok(there) => {
                let away = Change {
                    events: vec![Event::TimerFired, Event::MovedAway { run: run.id, to }],
                    cause: "timer_fired",
                    ..Change::default()
                };
                let arrives = open::begun(&there, Change::event("moved_here", arrival));
                let both = apply::apply_to_both(app, (loaded, away), (there, arrives), now);
                return Ok(both.await?.is_some());
            }
            Err(reason) => {
                let customer = &mut loaded.customer;
                let offered = customer.offered.iter_mut();
                let mut known = customer.conversations.iter_mut().chain(offered);
                let Some(reach) = known.find(|reach| reach.conversation == to) else {
                    return Ok(false);
                };
                reach.refusal = Some(reason);
            }
        }
        let effects = decide(&loaded.snapshot(), &Event::TimerFired, now).effects;
        target = effects.into_iter().find_map(|effect| match effect {
            Effect::MoveTo { run: next, to } if next.id == run.id => Some(to),
            _ => None,
        });
    }
    timer_only(app, loaded, now).await
}

/// The other conversation, if the run can leave there at once, or why it cannot.
async fn there(
    app: &App,
    here: &Loaded,
    run: &Run,
    to: ConversationId,
    arrival: &Event,
    now: DateTime<Utc>,
) -> Result<Result<Loaded, Reason>, AppError> {
    let found = match apply::load(app, here.conversation.workspace, to).await? {
        None => open::offered(app, here, to, now).await?,
        found => found,
    };
    let same = |there: &Loaded| {
        there.customer.id == here.customer.id && there.conversation.moved_to.is_none()
    };
    // Erased, or somebody else's by now: nobody there can be reached as this customer.
    let Some(there) = found.filter(same) else {
        return Ok(Err(Reason::Unreachable));
    };
    let decision = decide(&there.snapshot(), arrival, now);
    if decision
        .conversation
        .runs
        .iter()
        .any(|taken| taken.id == run.id)
    {
        return Ok(Ok(there));
    }
    let mut entries = decision.entries.into_iter();
    let refusal = entries.find_map(|entry| match entry.verdict {
        Verdict::Skipped { reason } => Some(reason),
        _ => None,
    });
    Ok(Err(refusal.unwrap_or(Reason::Unreachable)))
}
