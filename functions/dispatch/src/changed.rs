//! A rule was created, changed, switched or deleted, or a connection may send again: the
//! conversations that it concerns are decided again, a page at a time.
//!
//! Concerned are conversations with something pending, and those whose silence is still young
//! enough for the rule. Old silences are left alone: a new rule is no mailing to the past.

use std::time::Duration;

use app::apply::{self, Change};
use app::tasks::DueTask;
use app::{App, AppError};
use chrono::{DateTime, TimeDelta, Utc};
use domain::decide::Event;
use domain::ids::{ConnectionId, ConversationId, RuleId, WorkspaceId};
use domain::rule::Rule;
use store::PageRequest;

/// Conversations per task.
const PAGE: u16 = 50;
/// How far back a rule in AI mode looks.
const AI_REACH: TimeDelta = TimeDelta::hours(24);
/// No rule reaches further back, however long its delay.
const LONGEST_REACH: TimeDelta = TimeDelta::days(30);

pub(crate) async fn rule(
    app: &App,
    ws: WorkspaceId,
    rule: RuleId,
    cursor: Option<String>,
) -> Result<(), AppError> {
    let now = app.now();
    let is_first = cursor.is_none();
    // Read before the rule: a change after this is another one and is told again.
    let noted = match is_first {
        true => app.store.rule_change(ws, rule).await?,
        false => None,
    };
    let book = app.fresh_book(ws).await?;
    let changed = book.rules.iter().find(|known| known.id == rule);
    let reminds = changed.is_none_or(|rule| !rule.spec.is_for_silence());
    if is_first {
        pending(app, ws, rule, now).await?;
        if reminds && domain::decide::visit_rule(&book.rules).is_some() {
            Box::pin(visit_rule(app, ws, None)).await?;
        }
    }
    let since = now - changed.map_or(LONGEST_REACH, reach);
    let page = PageRequest {
        limit: PAGE,
        cursor,
        newest_first: true,
    };
    let found = app.store.active_since(ws, since, &page).await?;
    for conversation in &found.items {
        decide_again(app, ws, conversation.id, rule, now).await?;
    }
    if let Some(cursor) = found.next_cursor {
        let rest = DueTask::RuleChangedV1 {
            workspace: ws,
            rule,
            cursor: Some(cursor),
        };
        app.queues.send_due(&rest, Duration::ZERO).await?;
    }
    // The rest stands on the queue, which loses nothing.
    if let Some(changed_at) = noted {
        app.store.rule_change_heard(ws, rule, changed_at).await?;
    }
    Ok(())
}

/// Reminders after visits are planned for everybody who is due: those of the rule as it was are
/// cancelled by now, and others may have been there while it was off.
pub(crate) async fn visit_rule(
    app: &App,
    ws: WorkspaceId,
    cursor: Option<String>,
) -> Result<(), AppError> {
    let book = app.fresh_book(ws).await?;
    let page = PageRequest {
        limit: PAGE,
        cursor,
        ..PageRequest::default()
    };
    let found = app.store.customers_by_name(ws, None, &page).await?;
    for customer in &found.items {
        app::visits::plan_if_due(app, &book, customer).await?;
    }
    if let Some(cursor) = found.next_cursor {
        let rest = DueTask::VisitRuleChangedV1 {
            workspace: ws,
            cursor: Some(cursor),
        };
        app.queues.send_due(&rest, Duration::ZERO).await?;
    }
    Ok(())
}

/// Whatever is pending for the rule, however long ago the last message was.
async fn pending(
    app: &App,
    ws: WorkspaceId,
    rule: RuleId,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    let mut page = PageRequest {
        limit: PAGE,
        ..PageRequest::default()
    };
    loop {
        let found = app.store.pending(ws, &page).await?;
        for conversation in &found.items {
            if conversation.runs.iter().any(|run| run.rule() == Some(rule)) {
                decide_again(app, ws, conversation.id, rule, now).await?;
            }
        }
        match found.next_cursor {
            Some(cursor) => page.cursor = Some(cursor),
            None => return Ok(()),
        }
    }
}

/// A connection may send again: whatever is pending on it and waited for that is due now.
pub(crate) async fn connection_back(
    app: &App,
    ws: WorkspaceId,
    connection: ConnectionId,
    cursor: Option<String>,
) -> Result<(), AppError> {
    let now = app.now();
    app.fresh_book(ws).await?;
    let page = PageRequest {
        limit: PAGE,
        cursor,
        ..PageRequest::default()
    };
    let found = app.store.pending(ws, &page).await?;
    for head in found
        .items
        .iter()
        .filter(|head| head.connection == connection)
    {
        decide_about(
            app,
            ws,
            head.id,
            now,
            "connection_back",
            &Event::ConnectionBack,
        )
        .await?;
    }
    if let Some(cursor) = found.next_cursor {
        let rest = DueTask::ConnectionBackV1 {
            workspace: ws,
            connection,
            cursor: Some(cursor),
        };
        app.queues.send_due(&rest, Duration::ZERO).await?;
    }
    Ok(())
}

async fn decide_again(
    app: &App,
    ws: WorkspaceId,
    conversation: ConversationId,
    rule: RuleId,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    let event = Event::RuleChanged { rule };
    decide_about(app, ws, conversation, now, "rule_changed", &event).await
}

async fn decide_about(
    app: &App,
    ws: WorkspaceId,
    conversation: ConversationId,
    now: DateTime<Utc>,
    cause: &'static str,
    event: &Event,
) -> Result<(), AppError> {
    apply::apply(app, ws, conversation, now, |loaded| {
        let decision = domain::decide::decide(&loaded.snapshot(), event, now);
        let changes = decision.conversation != loaded.conversation;
        changes.then(|| Change::event(cause, event.clone()))
    })
    .await?;
    Ok(())
}

/// How long a silence may last for the rule still to be on time.
fn reach(rule: &Rule) -> TimeDelta {
    rule.spec
        .first_step()
        .after
        .fixed()
        .unwrap_or(AI_REACH)
        .min(LONGEST_REACH)
}
