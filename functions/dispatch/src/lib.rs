//! Queue `due`: a timer fired or a send is ready -> claim -> send -> record.
//!
//! The task is only a hint. What is due stands in the conversation's head, and the same `decide`
//! that planned it says what to do now. The claim is the last thing before the provider is
//! called, after any text was written, and one transaction checks everything that may have
//! changed: the conversation, the rule, the connection, the customer's consent, the day's limit.

mod assess;
mod changed;
mod compose;
mod mail;
mod month;
mod moved;
mod send;

use app::apply::{self, Applied, Change, Loaded};
use app::tasks::DueTask;
use app::timers::ANY_GENERATION;
use app::{App, AppError};
use chrono::{DateTime, TimeDelta, Utc};
use domain::account::Activity;
use domain::decide::{Effect, Event, decide};
use domain::ids::{ConversationId, WorkspaceId};

/// All questions of one task to a model; the function has a minute in all.
const MODEL_TIME: TimeDelta = TimeDelta::seconds(20);
/// How often a lost race is decided again.
const TRIES: u32 = 10;

/// Handles one task of the queue.
pub async fn handle(app: &App, task: DueTask) -> Result<(), AppError> {
    match task {
        DueTask::WakeV1 {
            workspace,
            conversation,
            generation,
        } => Box::pin(wake(app, workspace, conversation, generation)).await,
        DueTask::RearmV1 {
            workspace,
            conversation,
        } => rearm(app, workspace, conversation).await,
        DueTask::RuleChangedV1 {
            workspace,
            rule,
            cursor,
        } => changed::rule(app, workspace, rule, cursor).await,
        DueTask::VisitsChangedV1 {
            workspace,
            customer,
        } => Box::pin(app::visits::plan(app, workspace, customer)).await,
        DueTask::VisitRuleChangedV1 { workspace, cursor } => {
            Box::pin(changed::visit_rule(app, workspace, cursor)).await
        }
        DueTask::ConnectionBackV1 {
            workspace,
            connection,
            cursor,
        } => changed::connection_back(app, workspace, connection, cursor).await,
        DueTask::AccountV1 {
            workspace,
            cursor,
            bookings,
            active_customers,
        } => {
            let so_far = Activity {
                messages: 0,
                bookings,
                active_customers,
            };
            Box::pin(app::account::look(app, workspace, cursor, so_far)).await
        }
        DueTask::BroadcastV1 {
            workspace,
            broadcast,
        } => Box::pin(app::broadcasts::go_on(app, workspace, broadcast)).await,
        DueTask::EraseV1 {
            workspace,
            customer,
        } => app::erase::go_on(app, workspace, customer)
            .await
            .map(|_| ()),
    }
}

/// Looks at a conversation and does the one thing that is due. What is due after that comes
/// back through the timer that the commit arms.
async fn wake(
    app: &App,
    ws: WorkspaceId,
    id: ConversationId,
    generation: u64,
) -> Result<(), AppError> {
    let mut kept = None;
    for _ in 0..TRIES {
        let now = app.now();
        let Some(loaded) = apply::load(app, ws, id).await? else {
            tracing::info!(conversation.id = %id, "a timer fired for a conversation that is gone");
            return Ok(());
        };
        if is_stale(&loaded, generation, now) {
            return Ok(());
        }
        let next = decide(&loaded.snapshot(), &Event::TimerFired, now)
            .effects
            .into_iter()
            .find(is_ours);
        let done = match next {
            Some(Effect::Assess { rules }) => assess::run(app, loaded, &rules, now).await?,
            Some(Effect::Send { run, how }) => {
                Box::pin(send::run(app, loaded, &run, how, &mut kept)).await?
            }
            Some(Effect::MoveTo { run, to }) => {
                Box::pin(moved::run(app, loaded, &run, to, now)).await?
            }
            _ => timer_only(app, loaded, now).await?,
        };
        if done {
            return Ok(());
        }
    }
    Err(AppError::Contended)
}

/// The write that follows arms what is due anew.
async fn rearm(app: &App, ws: WorkspaceId, id: ConversationId) -> Result<(), AppError> {
    apply::apply(app, ws, id, app.now(), |loaded| {
        let mut head = loaded.conversation.clone();
        head.forget_timers();
        (head != loaded.conversation).then(|| Change {
            head: Some(head),
            cause: "rearmed",
            ..Change::default()
        })
    })
    .await?;
    Ok(())
}

/// Effects that only this function can carry out.
fn is_ours(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::Assess { .. } | Effect::Send { .. } | Effect::MoveTo { .. }
    )
}

/// A doubled or outdated timer with nothing due must not be armed again, or every duplicate
/// would live on for ever.
fn is_stale(loaded: &Loaded, generation: u64, now: DateTime<Utc>) -> bool {
    let head = &loaded.conversation;
    match head.due_at() {
        None => true,
        Some(due) => due > now && generation != ANY_GENERATION && !head.has_armed(generation),
    }
}

async fn timer_only(app: &App, loaded: Loaded, now: DateTime<Utc>) -> Result<bool, AppError> {
    let change = Change::event("timer_fired", Event::TimerFired);
    Ok(apply::apply_once(app, loaded, change, now).await?.is_some())
}

/// Whether a commit went through; `Refused` means that the kept book is out of date.
async fn settled(
    app: &App,
    ws: WorkspaceId,
    applied: Option<Applied>,
) -> Result<Option<Applied>, AppError> {
    match applied {
        Some(Applied::Refused(_)) => {
            app.fresh_book(ws).await?;
            Ok(None)
        }
        other => Ok(other),
    }
}
