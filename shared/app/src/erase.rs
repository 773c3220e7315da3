//! Erasing a person: everything that is stored about them, on every channel (NX-11).
//!
//! The wish is noted first, then carried out in steps that may be repeated. A task that goes on
//! with it is on the queue before the note is written, so it ends even if nobody asks again. What
//! the person writes before the end is erased, too; what they write after it begins a new
//! conversation, in which they are opted out if they were.

use std::time::Duration;

use domain::channel::{Channel, ChannelUser};
use domain::conversation::Conversation;
use domain::customer::{Customer, Reach};
use domain::ids::{ConversationId, CustomerId, WorkspaceId};
use serde_json::{Value, json};
use store::{Commit, Erasure, Resource, SuppressionKey};

use crate::apply::first_customer;
use crate::tasks::DueTask;
use crate::{App, AppError, audit};

/// How often a lost race is decided again.
const TRIES: u32 = 10;
/// How many pages one task deletes before it leaves the rest to the next one.
const PAGES: u32 = 200;
/// When the task looks whether the request that noted the wish got to the end.
const LATER: Duration = Duration::from_secs(60);

/// Whether anything is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Nothing is.
    Done,
    /// The queue goes on with it.
    GoesOn,
}

/// What has to be looked for to find everything about a customer.
pub async fn traces(app: &App, customer: &Customer) -> Result<Erasure, AppError> {
    let ws = customer.workspace;
    let mut heads = Vec::new();
    for reach in &customer.conversations {
        heads.extend(app.store.head(ws, reach.conversation).await?);
        for id in app.store.pointers(ws, reach.conversation).await? {
            // A number that was given to somebody else leads to them now.
            let pointer = app.store.head(ws, id).await?;
            heads.extend(pointer.filter(|it| it.moved_to == Some(reach.conversation)));
        }
    }
    let mut found = Erasure::of(customer, &heads, app.now());
    // Who was said to be the same person keeps what is known of them.
    for conversation in &found.conversations {
        let first = first_customer(ws, *conversation);
        if first != customer.id
            && let Some(other) = app.store.customer(ws, first).await?
            && other.conversations.is_empty()
        {
            found.earlier.push(first);
        }
    }
    Ok(found)
}

/// Notes the wish, or finds it noted. `None`: there is no such customer.
pub async fn begin(
    app: &App,
    ws: WorkspaceId,
    id: CustomerId,
    change: audit::Change,
) -> Result<Option<Erasure>, AppError> {
    if let Some(begun) = app.store.erasure(ws, id).await? {
        return Ok(Some(begun));
    }
    if app.store.customer(ws, id).await?.is_none() {
        return Ok(None);
    }
    create_key(app, ws).await?;
    app.queues.send_due(&task(ws, id), LATER).await?;
    for _ in 0..TRIES {
        let Some(customer) = app.store.customer(ws, id).await? else {
            return Ok(None);
        };
        let erasure = traces(app, &customer).await?;
        let what = (Resource::Customer, id.to_string());
        // The numbers only: what is erased must not stay here.
        let before = json!({"conversations": erasure.conversations.len()});
        let entry = change.of(app, erasure.started_at, what, before, Value::Null);
        let store = app.store.noting(ws, &entry)?;
        if store.begin_erasure(&erasure, &customer).await? {
            return Ok(Some(erasure));
        }
    }
    Err(AppError::Contended)
}

/// Goes on with an erasure from wherever it is.
pub async fn go_on(app: &App, ws: WorkspaceId, id: CustomerId) -> Result<Progress, AppError> {
    let Some(erasure) = app.store.erasure(ws, id).await? else {
        return Ok(Progress::Done);
    };
    let progress = carry_out(app, &erasure).await?;
    if progress == Progress::GoesOn {
        let next = task(ws, id);
        app.queues.send_due(&next, Duration::ZERO).await?;
    }
    Ok(progress)
}

async fn carry_out(app: &App, erasure: &Erasure) -> Result<Progress, AppError> {
    let ws = erasure.workspace;
    let key = create_key(app, ws).await?;
    // Families share an address: what others with it refuse is not this person's to take away.
    let is_own = |id: &&(Channel, ChannelUser)| id.0 != Channel::Email;
    let hash = |(channel, user): &(Channel, ChannelUser)| key.hash(*channel, user);
    // The person speaks for all their ids. Who began meanwhile under one of them speaks for that one: what
    // they took back there is not taken back under the others.
    let own_of = |person: &Customer| -> Vec<String> {
        let is_the_one = person.id == erasure.customer && person.created_at <= erasure.started_at;
        let is_theirs = |(channel, user): &(Channel, ChannelUser)| {
            let mut reaches = person.conversations.iter();
            is_the_one
                || reaches.any(|it| {
                    it.channel == *channel
                        && Conversation::id_for(it.connection, user) == it.conversation
                })
        };
        let own = erasure.users.iter().filter(is_own);
        own.filter(|id| is_theirs(id)).map(hash).collect()
    };
    let by_mail = erasure.users.iter().filter(|id| !is_own(id));
    let shared = erasure.addresses.iter().chain(by_mail);
    let mut shared: Vec<_> = shared.map(hash).collect();
    shared.sort();
    shared.dedup();
    let mut pages = 0;
    let mut given_away = Vec::new();
    loop {
        let mut found = false;
        // The customer before the heads: as long as there is a head nobody can begin again, so
        // that there is never a head whose customer was taken away. The person themselves last,
        // because they hold what all of them refused.
        for id in people(erasure) {
            let mut is_kept = false;
            while let Some(person) = app.store.customer(ws, id).await? {
                let is_theirs = |it: &Reach| erasure.conversations.contains(&it.conversation);
                if id != erasure.customer && !person.conversations.iter().all(is_theirs) {
                    // Staff have given them a conversation since: somebody else's.
                    is_kept = true;
                    break;
                }
                found = true;
                let own = own_of(&person);
                app.store.forget_customer(&person, (&own, &shared)).await?;
            }
            // After the customer: appointments and consents are only stored beside one.
            while !is_kept && app.store.delete_beside_customer_page(ws, id).await? {
                found = true;
            }
        }
        for conversation in &erasure.conversations {
            let head = app.store.head(ws, *conversation).await?;
            let leads_to = head.as_ref().and_then(|it| it.moved_to);
            if leads_to.is_some_and(|to| !erasure.conversations.contains(&to)) {
                // The number was given to somebody else since the wish was noted.
                continue;
            }
            given_away.extend(head.and_then(|it| it.number_is_with.map(|to| (it, to))));
            while app
                .store
                .delete_conversation_page(ws, *conversation)
                .await?
            {
                found = true;
                pages += 1;
                if pages >= PAGES {
                    return Ok(Progress::GoesOn);
                }
            }
        }
        // Once more, until nothing new came in between.
        if !found {
            break;
        }
    }
    for (head, to) in given_away {
        keep_number(app, erasure, &head, to).await?;
    }
    let looked_to = app.store.delete_mentions(erasure, PAGES).await?;
    if looked_to.is_some() {
        let further = Erasure {
            looked_to,
            ..erasure.clone()
        };
        app.store.go_on_with_erasure(&further).await?;
        return Ok(Progress::GoesOn);
    }
    app.store.end_erasure(erasure).await?;
    Ok(Progress::Done)
}

/// Everybody who is to be forgotten, the person themselves last: also whom a conversation makes that
/// begins meanwhile under one of the ids, and is erased with them.
fn people(erasure: &Erasure) -> Vec<CustomerId> {
    let begun = erasure.conversations.iter();
    let begun = begun.map(|id| first_customer(erasure.workspace, *id));
    let mut people: Vec<_> = begun.chain(erasure.earlier.iter().copied()).collect();
    people.sort_unstable();
    people.dedup();
    people.retain(|id| *id != erasure.customer);
    people.push(erasure.customer);
    people
}

/// A number that was given to somebody else goes on leading to them.
async fn keep_number(
    app: &App,
    erasure: &Erasure,
    was: &Conversation,
    to: ConversationId,
) -> Result<(), AppError> {
    let is_number = |user: &&ChannelUser| Conversation::id_for(was.connection, user) == was.id;
    let number = was.earlier_users.iter().find(is_number);
    if let (Some(number), Some(theirs)) = (number, app.store.head(erasure.workspace, to).await?) {
        let pointer = theirs.pointer(number.clone(), erasure.started_at);
        // Where somebody was faster, the number leads to them already.
        app.store
            .commit(erasure.workspace, &Commit::of_head(pointer))
            .await?;
    }
    Ok(())
}

/// The workspace's key, made now if it has none.
pub async fn create_key(app: &App, ws: WorkspaceId) -> Result<SuppressionKey, AppError> {
    if let Some(key) = app.fresh_book(ws).await?.suppression_key.clone() {
        return Ok(key);
    }
    let mut random = [0; 32];
    app.entropy.fill(&mut random);
    let new = SuppressionKey::new(random);
    app.store.create_suppression_key(ws, &new).await?;
    // Somebody else may have been faster.
    let stored = app.fresh_book(ws).await?.suppression_key.clone();
    Ok(stored.unwrap_or(new))
}

fn task(workspace: WorkspaceId, customer: CustomerId) -> DueTask {
    DueTask::EraseV1 {
        workspace,
        customer,
    }
}
