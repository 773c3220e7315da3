//! Read, close, reopen: what staff do to a conversation as a whole.

use std::sync::Arc;

use app::apply::{Applied, Change, apply};
use app::{App, audit};
use axum::extract::State;
use domain::decide::Event;
use domain::ids::ConversationId;

use super::find::{answer, check_seen, head, missing, shown};
use super::wire::ConversationOut;
use crate::auth::{Agent, Caller, Scoped};
use crate::http::{Id, Problem, Versioned, WriteProblems};
use crate::schema;

macro_rules! handlers {
    ($($(#[$doc:meta])* $name:ident, $path:literal, $cause:literal, $event:expr, $audited:expr;)*) => {$(
        $(#[$doc])*
        #[utoipa::path(
            post, path = $path, tag = "conversations", security(("key" = ["agent"])),
            params(("id" = schema::ConversationId, Path)),
            responses(
                (status = 200, description = "As it is now.", body = ConversationOut,
                 headers(("ETag" = String, description = "The version."))),
                WriteProblems
            )
        )]
        pub(crate) async fn $name(
            caller: Scoped<Agent>,
            State(app): State<Arc<App>>,
            Id(id): Id<ConversationId>,
        ) -> Result<Versioned<ConversationOut>, Problem> {
            check_seen(&app, caller.workspace(), id, &caller.visibility()).await?;
            let audit = $audited.then(|| caller.change(stringify!($name)));
            happen(&app, &caller, id, ($cause, $event), audit).await
        }
    )*};
}

handlers! {
    /// Mark everything as read.
    read_conversation, "/v1/conversations/{id}/read", "read", Event::Read, false;
    /// Close it; what is pending is cancelled. It opens again when the customer writes.
    close_conversation, "/v1/conversations/{id}/close", "closed", Event::Closed, true;
    /// Open it again.
    reopen_conversation, "/v1/conversations/{id}/reopen", "reopened", Event::Reopened, true;
}

async fn happen(
    app: &App,
    caller: &Caller,
    id: ConversationId,
    (cause, event): (&'static str, Event),
    audit: Option<audit::Change>,
) -> Result<Versioned<ConversationOut>, Problem> {
    let ws = caller.workspace();
    let change = |_: &_| {
        Some(Change {
            audit,
            ..Change::event(cause, event.clone())
        })
    };
    match apply(app, ws, id, app.now(), change).await? {
        Applied::Done { loaded, .. } => {
            answer(app, loaded.conversation, Some(&loaded.customer)).await
        }
        Applied::Missing => Err(missing()),
        // No plan, message, check or counter of ours stands in the way.
        Applied::Nothing | Applied::Duplicate | Applied::Refused(_) | Applied::AtLimit => {
            let head = head(app, ws, id).await?;
            shown(app, ws, head).await
        }
    }
}
