//! An address to which nothing goes any more, and how staff let it in again.

use std::sync::Arc;

use app::App;
use app::apply::{Applied, Change, Loaded, apply};
use app::{open, refused};
use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::channel::Channel;
use domain::consent::{self, Cause, Denied, Source, Suppression};
use domain::contact::EmailAddress;
use domain::conversation::Conversation;
use domain::ids::ConversationId;
use serde::Serialize;
use utoipa::ToSchema;

use super::find::{head, missing, shown};
use super::wire::ConversationOut;
use crate::auth::{Agent, Caller};
use crate::http::{Id, Problem, Versioned, WriteProblems};
use crate::schema;

/// Why nothing goes to an address any more.
#[derive(Serialize, ToSchema)]
#[schema(as = Suppression)]
pub(crate) struct SuppressionOut {
    /// `hard_bounce` (it does not exist) or `complaint` (its owner called our mail spam).
    #[schema(value_type = String)]
    cause: Cause,
    since: DateTime<Utc>,
}

impl From<Suppression> for SuppressionOut {
    fn from(found: Suppression) -> Self {
        Self {
            cause: found.cause,
            since: found.since,
        }
    }
}

/// Let mail go to an address again that had bounced: it works now.
///
/// In every conversation with that address. What its owner complained of only they lift. SES keeps a
/// list of its own; an address that stands there bounces again until it is taken off.
#[utoipa::path(
    post, path = "/v1/conversations/{id}/lift", tag = "conversations", security(("key" = ["agent"])),
    params(("id" = schema::ConversationId, Path)),
    responses(
        (status = 200, description = "As it is now.", body = ConversationOut,
         headers(("ETag" = String, description = "The version."))),
        WriteProblems
    )
)]
pub(crate) async fn lift_suppression(
    caller: Agent,
    State(app): State<Arc<App>>,
    Id(id): Id<ConversationId>,
) -> Result<Versioned<ConversationOut>, Problem> {
    let ws = caller.workspace();
    let known = head(&app, ws, id).await?;
    lift(&app, &caller, id).await?;
    if known.channel == Channel::Email {
        refused::lift_address(&app, ws, &known.user).await?;
    }
    if let Ok(address) = EmailAddress::parse(known.user.reveal()) {
        let others = open::with_address(&app, ws, &address).await?;
        for other in others.iter().filter(|other| other.id != id) {
            lift(&app, &caller, other.id).await?;
        }
    }
    let head = head(&app, ws, id).await?;
    shown(&app, ws, head).await
}

async fn lift(app: &App, caller: &Caller, id: ConversationId) -> Result<(), Problem> {
    let source = Source::Staff {
        key: caller.key().id,
    };
    let now = app.now();
    let mut denied = None;
    let change = |loaded: &Loaded| {
        let found = loaded.conversation.suppressed?;
        match lifted(loaded, found, source, now) {
            Ok(change) => Some(Change {
                audit: Some(caller.change("lift_suppression")),
                ..change
            }),
            Err(why) => {
                denied = Some(why);
                None
            }
        }
    };
    let applied = apply(app, caller.workspace(), id, now, change).await?;
    match (denied, applied) {
        (Some(why), _) => Err(Problem::conflict(why.to_string())),
        (None, Applied::Missing) => Err(missing()),
        (None, Applied::Refused(_)) => Err(Problem::stale(None)),
        (None, Applied::Done { .. } | Applied::Nothing | Applied::Duplicate | Applied::AtLimit) => {
            Ok(())
        }
    }
}

fn lifted(
    loaded: &Loaded,
    found: Suppression,
    source: Source,
    now: DateTime<Utc>,
) -> Result<Change, Denied> {
    let Suppression { medium, cause, .. } = found;
    let mut customer = loaded.customer.clone();
    customer.say(consent::Change::Lift { medium, cause }, source, None, now)?;
    Ok(Change {
        head: Some(Conversation {
            suppressed: None,
            suppression_lifted_at: Some(now),
            ..loaded.conversation.clone()
        }),
        customer: Some(customer),
        cause: "suppression_lifted",
        ..Change::default()
    })
}
