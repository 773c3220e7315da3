//! What goes out in the customer's other conversation: a follow-up whose window has closed (NX-02), and an
//! SMS for which the month has no segments left (MO-23).

use app::apply::{self, Change, Loaded};
use app::{App, AppError, open};
use chrono::{DateTime, Utc};
use domain::conversation::{Origin, Run};
use domain::decide::{Effect, Event, decide};
use domain::ids::ConversationId;
use domain::message::Message;
use domain::receipt::{Reason, Verdict};

use crate::{mail, timer_only};

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
            instead: loaded.segments_spent.map(|(_, spent)| spent),
        };
        match there(app, &loaded, run, to, &arrival, now).await? {
            Ok(there) => {
                let away = Change {
                    events: vec![Event::TimerFired, Event::MovedAway { run: run.id, to }],
                    cause: "timer_fired",
                    ..Change::default()
                };
                let arrives = Change {
                    messages: written(app, &loaded, &there, run).await?,
                    ..Change::event("moved_here", arrival)
                };
                let arrives = open::begun(&there, arrives);
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

/// What a person wrote, as it stands there; a rule's message is not written yet.
async fn written(
    app: &App,
    here: &Loaded,
    there: &Loaded,
    run: &Run,
) -> Result<Vec<Message>, AppError> {
    let Some(at) = run.source.stored_at() else {
        return Ok(Vec::new());
    };
    let (ws, id) = (here.conversation.workspace, here.conversation.id);
    let stored = app.store.message(ws, id, at, run.message).await?;
    let moved = stored.map(|message| {
        let text = message.content.words().unwrap_or_default().to_owned();
        Message {
            conversation: there.conversation.id,
            content: mail::said(there, text),
            ..message
        }
    });
    Ok(moved.into_iter().collect())
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
