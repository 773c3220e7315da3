//! Reminders after a visit: one for each customer, in the conversation in which the rule reaches them.
//!
//! Whoever changes an appointment stores with it what the customer's appointments come to now, and that
//! this is to be planned ([`Habit::plan_since`](domain::rebooking::Habit)). The write that plans takes
//! the note away; the sweep finds the notes of those who died in between.

use chrono::{DateTime, Utc};
use domain::channel::Channel;
use domain::connection::Connection;
use domain::conversation::Conversation;
use domain::customer::Customer;
use domain::decide::{Event, decide, reminder, visit_rule};
use domain::ids::{ConversationId, CustomerId, MessageId, RunId, WorkspaceId};
use domain::rule::{Purpose, Rule};
use store::{Book, Committed};

use crate::apply::{self, Applied, Change, Loaded};
use crate::open::{self, Opened};
use crate::{App, AppError};

/// How often a lost race is decided again.
const TRIES: u32 = 10;

/// Plans the reminder after the customer's last visit, moves it or takes it back, as things stand now.
pub async fn plan(app: &App, ws: WorkspaceId, customer: CustomerId) -> Result<(), AppError> {
    // Rules that were switched a moment ago told those who had been there; this is one more.
    let book = app.fresh_book(ws).await?;
    plan_with(app, &book, ws, customer).await
}

async fn plan_with(
    app: &App,
    book: &Book,
    ws: WorkspaceId,
    customer: CustomerId,
) -> Result<(), AppError> {
    for _ in 0..TRIES {
        let Some(known) = app.store.customer(ws, customer).await? else {
            return Ok(());
        };
        // What plans is much larger than what finds nothing to plan.
        if Box::pin(plan_once(app, book, known)).await? {
            return Ok(());
        }
    }
    Err(AppError::Contended)
}

/// The same without a read where there is nothing to plan: rules are told to everybody, and most were
/// reminded, or overdue, long ago.
pub async fn plan_if_due(app: &App, book: &Book, customer: &Customer) -> Result<(), AppError> {
    let now = app.now();
    let is_due = visit_rule(&book.rules)
        .is_some_and(|rule| reminder(customer, &book.settings, rule, None, now).is_ok());
    match is_due {
        true => plan_with(app, book, customer.workspace, customer.id).await,
        false => Ok(()),
    }
}

/// `false`: somebody else was faster.
async fn plan_once(app: &App, book: &Book, customer: Customer) -> Result<bool, AppError> {
    let now = app.now();
    let rule = visit_rule(&book.rules);
    let mut here = None;
    if let Some(rule) = rule
        && reminder(
            &customer,
            &book.settings,
            rule,
            pending(app, &customer).await?,
            now,
        )
        .is_ok()
    {
        here = place(app, book, &customer, rule, now).await?;
    }
    let id = here.as_ref().map(|(loaded, _)| loaded.conversation.id);
    elsewhere(app, &customer, id, now).await?;
    let Some((loaded, event)) = here else {
        return told(app, &customer).await;
    };
    if loaded.customer.version != customer.version {
        return Ok(false);
    }
    let changes = decide(&loaded.snapshot(), &event, now).conversation != loaded.conversation;
    if !changes {
        return told(app, &customer).await;
    }
    let mut planned = loaded.customer.clone();
    planned.habit.plan_since = None;
    let change = Change {
        customer: Some(planned),
        ..Change::event("visits_changed", event)
    };
    let change = open::begun(&loaded, change);
    Ok(match apply::apply_once(app, loaded, change, now).await? {
        Some(Applied::Done { .. } | Applied::Nothing) => true,
        // They are being erased.
        Some(Applied::Refused(_) | Applied::Missing) => true,
        Some(Applied::Duplicate | Applied::AtLimit) | None => false,
    })
}

/// The message of the reminder that is planned, wherever that is.
async fn pending(app: &App, customer: &Customer) -> Result<Option<MessageId>, AppError> {
    let heads = heads(app, customer).await?;
    let mut runs = heads.iter().flat_map(|head| &head.runs);
    let found = runs.find(|run| run.visit.is_some());
    Ok(found.map(|run| run.message))
}

async fn heads(app: &App, customer: &Customer) -> Result<Vec<Conversation>, AppError> {
    let reaches = customer.conversations.iter();
    let ids: Vec<_> = reaches
        .map(|reach| (customer.workspace, reach.conversation))
        .collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(app.store.heads(&ids).await?)
}

/// Nothing is planned, and nobody need look again.
async fn told(app: &App, customer: &Customer) -> Result<bool, AppError> {
    if customer.habit.plan_since.is_none() {
        return Ok(true);
    }
    let mut after = customer.clone();
    after.version += 1;
    after.habit.plan_since = None;
    let stored = app.store.put_customer(Some(customer), &after, None).await?;
    Ok(stored == Committed::Done)
}

/// Takes back what is planned in the customer's other conversations, and where nothing is to be planned.
async fn elsewhere(
    app: &App,
    customer: &Customer,
    here: Option<ConversationId>,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    for head in heads(app, customer).await? {
        let reminds = head.runs.iter().any(|run| run.visit.is_some());
        if !reminds || Some(head.id) == here {
            continue;
        }
        let event = Event::VisitsChanged { plan: None };
        apply::apply(app, head.workspace, head.id, now, |loaded| {
            let runs = &loaded.conversation.runs;
            let reminds = runs.iter().any(|run| run.visit.is_some());
            reminds.then(|| Change::event("visits_changed", event.clone()))
        })
        .await?;
    }
    Ok(())
}

/// The first conversation in which the rule reaches the customer: on its channels in their order, one
/// that is there before one that begins. With the event that plans there.
async fn place(
    app: &App,
    book: &Book,
    customer: &Customer,
    rule: &Rule,
    now: DateTime<Utc>,
) -> Result<Option<(Loaded, Event)>, AppError> {
    for channel in &rule.spec.channels {
        for mut loaded in Box::pin(candidates(app, book, customer, *channel, now)).await? {
            let plan = Some((
                RunId::new(now, app.random10()),
                MessageId::new(now, app.random10()),
            ));
            let event = Event::VisitsChanged { plan };
            if loaded.conversation.version == 0 {
                // What it is planned on is what was read first.
                loaded.customer.habit = customer.habit.clone();
            }
            let decided = decide(&loaded.snapshot(), &event, now).conversation;
            if decided.runs.iter().any(|run| run.visit.is_some()) {
                return Ok(Some((loaded, event)));
            }
        }
    }
    Ok(None)
}

async fn candidates(
    app: &App,
    book: &Book,
    customer: &Customer,
    channel: Channel,
    now: DateTime<Utc>,
) -> Result<Vec<Loaded>, AppError> {
    let (ws, id) = (customer.workspace, customer.id);
    let mut connections: Vec<&Connection> = book
        .connections
        .iter()
        .filter(|connection| connection.channel == channel && connection.is_active())
        .collect();
    connections.sort_by_key(|connection| (connection.created_at, connection.id));
    let oldest = connections.first();
    let profile = &customer.profile;
    let opened = match (channel, oldest) {
        (Channel::Sms, Some(connection)) => match profile.phone_for_sms() {
            Some(number) => Some(open::by_sms(app, ws, id, connection, number, now).await?),
            None => None,
        },
        (Channel::Email, Some(connection)) => match profile.email_for(Purpose::Marketing) {
            Some(address) => Some(open::by_email(app, ws, id, connection, address, now).await?),
            None => None,
        },
        _ => None,
    };
    let mut found = Vec::new();
    let reaches = customer.conversations.iter();
    for reach in reaches.filter(|reach| reach.channel == channel) {
        let is_there = |known: &&&Connection| known.id == reach.connection;
        if connections.iter().find(is_there).is_none() {
            continue;
        }
        let loaded = apply::load(app, ws, reach.conversation).await?;
        found.extend(
            loaded.filter(|loaded| {
                loaded.customer.id == id && loaded.conversation.moved_to.is_none()
            }),
        );
    }
    // Where they wrote last; of those where they never wrote, the one with their present address.
    found.sort_by_key(|loaded| std::cmp::Reverse(loaded.conversation.last_customer_at));
    if let Some(Opened::Loaded(loaded)) = opened {
        let id = loaded.conversation.id;
        let talked = found
            .iter()
            .take_while(|known| known.conversation.last_customer_at.is_some())
            .count();
        found.retain({
            let mut place = 0;
            move |known| {
                place += 1;
                place <= talked || known.conversation.id != id
            }
        });
        if !found.iter().any(|known| known.conversation.id == id) {
            found.insert(talked.min(found.len()), loaded);
        }
    }
    Ok(found)
}
