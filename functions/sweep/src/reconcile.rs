//! Every night: the timers at the cloud and the heads of the conversations are held against each
//! other (NX-15), and silences that fell through are counted (NX-20).
//!
//! All conversations are divided into sixteen parts; each hour of the night looks at two of them,
//! so that a run is bounded and nothing has to be remembered between two runs. A timer that is
//! gone is armed again by `dispatch`, which may do that; this function may only list and remove.

use std::collections::BTreeSet;
use std::time::Duration;

use app::apply;
use app::metrics::Metric;
use app::ports::Part;
use app::tasks::DueTask;
use app::{App, AppError};
use chrono::{DateTime, TimeDelta, Timelike as _, Utc};
use domain::conversation::Conversation;
use domain::decide::is_forgotten;
use domain::ids::{ConversationId, WorkspaceId};
use store::{Due, Store};

/// Over how many hours a night the parts are spread.
const HOURS: u32 = 8;
/// Pages of one list in one part; what is beyond them is left for another night.
const MOST_PAGES: u32 = 1_000;
/// Items looked at in one call.
const BATCH: usize = 100;
/// What was written a moment ago may be armed this very moment.
const YOUNG: TimeDelta = TimeDelta::minutes(10);

type Key = (WorkspaceId, ConversationId);

/// What a night's hour found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// Timers of conversations that do not count on one: removed.
    pub orphaned: u64,
    /// Conversations that count on a timer that is not there: armed again.
    pub missing: u64,
    /// Conversations whose silence nobody judged and nobody will.
    pub silent_unplanned: u64,
    /// Lists that were too long for one night.
    pub cut: u64,
}

/// Looks at the parts whose hour it is.
pub async fn reconcile(app: &App) -> Result<Reconciled, AppError> {
    let mut found = Reconciled::default();
    let per_hour = u32::from(Part::COUNT) / HOURS;
    let first = app.now().hour() % HOURS * per_hour;
    for number in first..first + per_hour {
        reconcile_part(app, Part::new(number), &mut found).await?;
    }
    app.metrics.put(&[
        Metric::count("timers_orphaned", found.orphaned),
        Metric::count("timers_missing", found.missing),
        Metric::count("silent_unplanned", found.silent_unplanned),
        Metric::count("reconcile_cut", found.cut),
    ]);
    if found != Reconciled::default() {
        tracing::warn!(result = ?found, "timers and conversations did not agree");
    }
    Ok(found)
}

/// The same for one part.
pub async fn reconcile_part(app: &App, part: Part, found: &mut Reconciled) -> Result<(), AppError> {
    let mut armed = BTreeSet::new();
    let mut page = None;
    let mut pages = 0;
    let whole = loop {
        let listed = app.timers.armed(part, page).await?;
        for batch in listed.timers.chunks(BATCH) {
            found.orphaned += remove_orphans(app, batch).await?;
        }
        armed.extend(listed.timers);
        pages += 1;
        page = listed.next;
        match page {
            None => break true,
            Some(_) if pages >= MOST_PAGES => break false,
            Some(_) => {}
        }
    };
    if whole {
        rearm_missing(app, part, &armed, found).await?;
    } else {
        // A list that is not whole would make everything else look missing.
        found.cut += 1;
    }
    count_forgotten(app, part, found).await
}

/// Timers of conversations that are gone or do not count on one.
async fn remove_orphans(app: &App, armed: &[Key]) -> Result<u64, AppError> {
    let heads = app.store.heads(armed).await?;
    let counts_on: BTreeSet<Key> = heads.iter().filter(|head| counts(head)).map(key).collect();
    let mut removed = 0;
    for (ws, id) in armed.iter().filter(|timer| !counts_on.contains(*timer)) {
        app.timers.disarm(*ws, *id).await?;
        removed += 1;
        // It may have been armed between our look and the removal; then it has to be again.
        let now = app.store.head(*ws, *id).await?;
        if now.is_some_and(|head| counts(&head)) {
            rearm(app, *ws, *id).await?;
        }
    }
    Ok(removed)
}

/// Conversations that count on a far timer that was not listed.
async fn rearm_missing(
    app: &App,
    part: Part,
    armed: &BTreeSet<Key>,
    found: &mut Reconciled,
) -> Result<(), AppError> {
    let now = app.now();
    let horizon = TimeDelta::from_std(app.config.queue_horizon).unwrap_or_default();
    let far = now + horizon + TimeDelta::minutes(2);
    for shard in Store::due_shards() {
        let mut last: Option<Due> = None;
        for pages in 1.. {
            let due = app.store.due_after(shard, far, last.as_ref()).await?;
            let Some(end) = due.last() else { break };
            let end = *end;
            let suspects: Vec<Key> = due
                .iter()
                .map(|due| (due.workspace, due.conversation))
                .filter(|(_, id)| part.has(*id))
                .filter(|key| !armed.contains(key))
                .collect();
            for batch in suspects.chunks(BATCH) {
                for head in app.store.heads(batch).await? {
                    if is_missing(&head, now) {
                        rearm(app, head.workspace, head.id).await?;
                        found.missing += 1;
                    }
                }
            }
            if pages >= MOST_PAGES {
                found.cut += 1;
                break;
            }
            last = Some(end);
        }
    }
    Ok(())
}

/// A near timer will look at it and arm what is needed; only one that counts on nothing but the
/// far timer would wait for the sweep.
fn is_missing(head: &Conversation, now: DateTime<Utc>) -> bool {
    let near = head
        .armed_for
        .is_some_and(|at| at > now && head.far_timer.is_none_or(|far| far.at != at));
    let young = head.last_message_at() > now - YOUNG
        || head.runs.iter().any(|run| run.planned_at > now - YOUNG);
    head.sending.is_none() && head.due_at().is_some() && !near && !young
}

/// Silences that fell through.
async fn count_forgotten(app: &App, part: Part, found: &mut Reconciled) -> Result<(), AppError> {
    let now = app.now();
    let mut cursor = None;
    for pages in 1.. {
        let (heads, next) = app
            .store
            .every_conversation(part.number(), Part::COUNT, cursor)
            .await?;
        for head in heads.iter().filter(|head| head.is_unplanned()) {
            if let Some(loaded) = apply::load(app, head.workspace, head.id).await?
                && is_forgotten(&loaded.snapshot(), now)
            {
                found.silent_unplanned += 1;
            }
        }
        match next {
            None => break,
            Some(_) if pages >= MOST_PAGES => {
                found.cut += 1;
                break;
            }
            Some(next) => cursor = Some(next),
        }
    }
    Ok(())
}

fn counts(head: &Conversation) -> bool {
    head.far_timer.is_some()
}

fn key(head: &Conversation) -> Key {
    (head.workspace, head.id)
}

async fn rearm(app: &App, ws: WorkspaceId, id: ConversationId) -> Result<(), AppError> {
    let task = DueTask::RearmV1 {
        workspace: ws,
        conversation: id,
    };
    Ok(app.queues.send_due(&task, Duration::ZERO).await?)
}
