//! Finding a conversation of the caller's workspace.

use app::App;
use domain::conversation::Conversation;
use domain::customer::Customer;
use domain::ids::{ConversationId, WorkspaceId};
use domain::segment::inbox::Visibility;

use super::wire::{ConversationOut, Words};
use crate::http::{Problem, Versioned};

pub(super) fn missing() -> Problem {
    Problem::not_found("a conversation")
}

/// The head.
pub(super) async fn head(
    app: &App,
    ws: WorkspaceId,
    id: ConversationId,
) -> Result<Conversation, Problem> {
    app.store.head(ws, id).await?.ok_or_else(missing)
}

/// What is at a location that the caller does not see is as good as not there.
pub(super) async fn check_seen(
    app: &App,
    ws: WorkspaceId,
    id: ConversationId,
    by: &Visibility,
) -> Result<(), Problem> {
    if *by == Visibility::All {
        return Ok(());
    }
    let head = head(app, ws, id).await?;
    let customer = app.store.customer(ws, head.customer).await?;
    let seen = customer.is_some_and(|customer| by.shows(&customer.profile.locations));
    seen.then_some(()).ok_or_else(missing)
}

/// The conversation as it goes out.
pub(super) async fn shown(
    app: &App,
    ws: WorkspaceId,
    head: Conversation,
) -> Result<Versioned<ConversationOut>, Problem> {
    let customer = app.store.customer(ws, head.customer).await?;
    answer(app, head, customer.as_ref()).await
}

/// The same where the customer is known already.
pub(super) async fn answer(
    app: &App,
    head: Conversation,
    customer: Option<&Customer>,
) -> Result<Versioned<ConversationOut>, Problem> {
    let book = app.book(head.workspace).await?;
    let words = Words::of(&book.settings, None);
    let body = ConversationOut::new(head, customer, &book.rules, &words, app.now());
    Ok(Versioned::ok(body.version(), body))
}
