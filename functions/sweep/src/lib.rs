//! Every five minutes: whatever a crash or a lost call left behind is picked up again.
//!
//! The index of due conversations says who should have been looked at. A timer call that was
//! lost, a function that died between claim and record, a queue that was emptied: all of them
//! leave a conversation there that is overdue, and all are healed the same way. A changed
//! rule of which the conversations have not heard stands there too, and so does a person whose
//! erasure was cut off, or whose appointments changed without anybody planning anew, and so does a
//! broadcast that is to begin, or of which the next page was lost.

mod reconcile;

use std::time::Duration;

use app::metrics::Metric;
use app::rules::publish_change;
use app::tasks::DueTask;
use app::timers::{self, ANY_GENERATION};
use app::{App, AppError};
use chrono::TimeDelta;
use store::Store;

pub use reconcile::{Reconciled, reconcile, reconcile_part};

/// How late something must be before the sweep looks at it; timers may be a minute late.
pub const OVERDUE_AFTER: TimeDelta = TimeDelta::minutes(2);
/// How many conversations of a shard one sweep wakes; the next one goes on.
const PER_SHARD: u16 = 200;

/// Broadcasts that begin within this are put on the queue: a little more than the time to the next sweep.
const AHEAD: TimeDelta = TimeDelta::minutes(6);

/// What a sweep found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Conversations that were woken.
    pub woken: u64,
    /// Changed rules that were told again.
    pub rules: u64,
    /// Erasures that go on.
    pub erasures: u64,
    /// Customers whose appointments had changed without anybody planning anew.
    pub unplanned: u64,
    /// Broadcasts of which a page is to be looked at, now or soon.
    pub broadcasts: u64,
    /// Accounts that are looked at.
    pub accounts: u64,
    /// How late the most overdue one was, in seconds.
    pub latest_seconds: i64,
}

/// Wakes what is overdue.
pub async fn sweep(app: &App) -> Result<Swept, AppError> {
    let now = app.now();
    let mut swept = Swept::default();
    for shard in Store::due_shards() {
        for due in app
            .store
            .overdue(shard, now - OVERDUE_AFTER, PER_SHARD)
            .await?
        {
            let task = timers::wake(due.workspace, due.conversation, ANY_GENERATION);
            app.queues.send_due(&task, Duration::ZERO).await?;
            swept.woken += 1;
            swept.latest_seconds = swept.latest_seconds.max((now - due.at).num_seconds());
        }
    }
    let unheard = app
        .store
        .unheard_rule_changes(now - OVERDUE_AFTER, PER_SHARD);
    for (ws, rule) in unheard.await? {
        publish_change(app, ws, rule).await?;
        swept.rules += 1;
    }
    let unfinished = app
        .store
        .unfinished_erasures(now - OVERDUE_AFTER, PER_SHARD);
    for (workspace, customer) in unfinished.await? {
        let task = DueTask::EraseV1 {
            workspace,
            customer,
        };
        app.queues.send_due(&task, Duration::ZERO).await?;
        swept.erasures += 1;
    }
    let unplanned = app
        .store
        .unplanned_customers(now - OVERDUE_AFTER, PER_SHARD);
    for (workspace, customer) in unplanned.await? {
        let task = DueTask::VisitsChangedV1 {
            workspace,
            customer,
        };
        app.queues.send_due(&task, Duration::ZERO).await?;
        swept.unplanned += 1;
    }
    // Also those that begin before the next sweep: a queue delays no longer than a quarter of an hour.
    let soon = app.store.broadcasts_due(now + AHEAD, PER_SHARD);
    for (workspace, broadcast, at) in soon.await? {
        let task = DueTask::BroadcastV1 {
            workspace,
            broadcast,
        };
        let wait = (at - now).to_std().unwrap_or_default();
        app.queues.send_due(&task, wait).await?;
        swept.broadcasts += 1;
    }
    for workspace in app.store.accounts_due(now, PER_SHARD).await? {
        let task = DueTask::AccountV1 {
            workspace,
            cursor: None,
            bookings: 0,
            active_customers: 0,
        };
        app.queues.send_due(&task, Duration::ZERO).await?;
        swept.accounts += 1;
    }
    app.metrics.put(&[
        Metric::count("accounts_looked_at", swept.accounts),
        Metric::count("broadcasts_looked_at", swept.broadcasts),
        Metric::count("reminders_planned_again", swept.unplanned),
        Metric::count("erasures_resumed", swept.erasures),
        Metric::count("woken", swept.woken),
        Metric::count("rules_told_again", swept.rules),
        Metric::seconds("latest_seconds", swept.latest_seconds.unsigned_abs()),
    ]);
    if swept.unplanned > 0 {
        tracing::warn!(
            unplanned = swept.unplanned,
            "customers whose appointments had changed are planned anew"
        );
    }
    if swept.erasures > 0 {
        tracing::warn!(
            erasures = swept.erasures,
            "erasures that were cut off go on"
        );
    }
    if swept.rules > 0 {
        tracing::warn!(rules = swept.rules, "changed rules were told again");
    }
    if swept.woken > 0 {
        tracing::warn!(
            woken = swept.woken,
            latest_seconds = swept.latest_seconds,
            "overdue conversations were woken"
        );
    }
    Ok(swept)
}
