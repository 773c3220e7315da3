//! What customers say about messages on a page of ours: written to their ledger, and at once the end
//! of what was planned.
//!
//! The customer first, with every entry in one write: from then on no claim lets a message through
//! that they refused. Then their conversations, one by one, as with a STOP that was written there;
//! whoever dies in between, or is asked again, finds there what is left.

use domain::consent::{Class, Medium, Source, Wanted};
use domain::customer::{Customer, Reach};
use domain::decide::Event;
use domain::ids::{CustomerId, WorkspaceId};

use crate::apply::{Change, Loaded, apply};
use crate::{App, AppError};

/// How often a lost race is tried again: messages change customers, too.
const TRIES: u32 = 10;

/// One choice, and the text the customer had before them.
#[derive(Debug, Clone)]
pub struct Choice {
    /// About these messages. One without a switch stands for all that ends together with it.
    pub class: Class,
    /// Whether they want them.
    pub wanted: Wanted,
    /// As it was shown; `None`: by their mail program, in its own words.
    pub shown: Option<String>,
}

/// Writes down what is new of these choices, and carries them out. `None`: there is no such customer
/// any more.
pub async fn hear(
    app: &App,
    ws: WorkspaceId,
    id: CustomerId,
    choices: &[Choice],
    source: Source,
) -> Result<Option<Customer>, AppError> {
    let Some(customer) = write_down(app, ws, id, choices, source).await? else {
        return Ok(None);
    };
    for choice in choices {
        match (choice.class.has_switch(), choice.wanted) {
            (true, Wanted::No) => end_class(app, &customer, choice.class).await?,
            (true, Wanted::Yes) => {}
            (false, _) => stop_or_start(app, &customer, choice, source).await?,
        }
    }
    Ok(Some(customer))
}

/// In every conversation in which something of the class is planned.
async fn end_class(app: &App, customer: &Customer, class: Class) -> Result<(), AppError> {
    let now = app.now();
    for reach in on(customer, class.medium()) {
        let planned = |loaded: &Loaded| {
            let theirs = loaded.customer.id == customer.id;
            (theirs && loaded.snapshot().plans(class))
                .then(|| Change::event("said_on_a_page", Event::ClassRefused { class }))
        };
        apply(app, customer.workspace, reach.conversation, now, planned).await?;
    }
    Ok(())
}

async fn write_down(
    app: &App,
    ws: WorkspaceId,
    id: CustomerId,
    choices: &[Choice],
    source: Source,
) -> Result<Option<Customer>, AppError> {
    for _ in 0..TRIES {
        let Some(before) = app.store.customer(ws, id).await? else {
            return Ok(None);
        };
        let mut after = before.clone();
        for choice in choices {
            let Some(change) = after.chat.hear(choice.class, choice.wanted) else {
                continue;
            };
            let said = after.say(change, source, choice.shown.clone(), app.now());
            debug_assert_eq!(
                said,
                Ok(()),
                "nobody denies customers what they say themselves"
            );
        }
        if after.said.is_empty() {
            return Ok(Some(after));
        }
        after.version += 1;
        let saved = app.store.put_customer(Some(&before), &after, None).await?;
        if saved == store::Committed::Done {
            return Ok(Some(after.to_store()));
        }
    }
    Err(AppError::Contended)
}

/// In every conversation in which it is not so yet.
async fn stop_or_start(
    app: &App,
    customer: &Customer,
    choice: &Choice,
    source: Source,
) -> Result<(), AppError> {
    let Some(what) = choice.class.stoppable() else {
        return Ok(());
    };
    let (now, opted_out) = (app.now(), choice.wanted == Wanted::No);
    for reach in on(customer, choice.class.medium()) {
        let planned = |loaded: &Loaded| {
            let theirs = loaded.customer.id == customer.id;
            let stands = loaded.conversation.is_opted_out() == opted_out;
            // Whoever has said something else meanwhile is not overruled.
            let still = loaded.customer.chat.stopped(what).is_some() == opted_out;
            let event = Event::Consent { at: now, opted_out };
            (theirs && still && !stands).then(|| Change {
                said_by: Some(source),
                ..Change::event("said_on_a_page", event)
            })
        };
        apply(app, customer.workspace, reach.conversation, now, planned).await?;
    }
    Ok(())
}

fn on(customer: &Customer, medium: Medium) -> impl Iterator<Item = &Reach> {
    let reaches = customer.conversations.iter();
    reaches.filter(move |reach| Medium::of(reach.channel) == medium)
}
