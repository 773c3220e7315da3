//! Who takes care of a conversation, and its labels.

use std::sync::Arc;

use app::App;
use app::apply::{Applied, Change, apply};
use axum::extract::State;
use domain::conversation::Conversation;
use domain::field::{FieldError, FieldErrors, required_text};
use domain::ids::ConversationId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::find::{answer, check_seen, missing};
use super::wire::ConversationOut;
use crate::auth::{Agent, Scoped};
use crate::http::{
    Id, IfMatch, IfMatchHeader, Json, Patch, Problem, Versioned, WriteProblems, optional_text,
};
use crate::schema;

const NAME_LIMIT: usize = 100;
const LABEL_LIMIT: usize = 50;
const MOST_LABELS: usize = 20;

/// What staff may change; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConversationPatch {
    /// Who takes care of it; `null`: nobody.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    assignee: Patch<String>,
    /// All labels; `null`: none.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, max_items = 20)]
    labels: Patch<Vec<String>>,
}

/// Assign or label a conversation.
#[utoipa::path(
    patch, path = "/v1/conversations/{id}", tag = "conversations", security(("key" = ["agent"])),
    params(("id" = schema::ConversationId, Path), IfMatchHeader),
    request_body = ConversationPatch,
    responses(
        (status = 200, description = "As it is now.", body = ConversationOut,
         headers(("ETag" = String, description = "The version."))),
        WriteProblems
    )
)]
pub(crate) async fn update_conversation(
    caller: Scoped<Agent>,
    State(app): State<Arc<App>>,
    Id(id): Id<ConversationId>,
    if_match: IfMatch,
    Json(patch): Json<ConversationPatch>,
) -> Result<Versioned<ConversationOut>, Problem> {
    let patch = patch.checked()?;
    check_seen(&app, caller.workspace(), id, &caller.visibility()).await?;
    let mut refused = None;
    let plan = |loaded: &app::apply::Loaded| {
        let head = &loaded.conversation;
        refused = if_match.check(head.version).err();
        let head = refused.is_none().then(|| patch.applied(head.clone()))?;
        Some(Change {
            head: Some(head),
            cause: "assigned",
            audit: Some(caller.change("update_conversation")),
            ..Change::default()
        })
    };
    match apply(&app, caller.workspace(), id, app.now(), plan).await? {
        Applied::Done { loaded, .. } => {
            answer(&app, loaded.conversation, Some(&loaded.customer)).await
        }
        Applied::Missing => Err(missing()),
        // Only `If-Match` stands in the way here.
        Applied::Nothing | Applied::Duplicate | Applied::Refused(_) | Applied::AtLimit => {
            Err(refused.unwrap_or_else(|| Problem::stale(None)))
        }
    }
}

impl ConversationPatch {
    fn checked(self) -> Result<Self, Problem> {
        let mut errors = FieldErrors::default();
        let assignee = match self.assignee {
            Patch::Value(name) => errors
                .take(optional_text("assignee", Some(&name), NAME_LIMIT))
                .flatten()
                .map_or(Patch::Absent, Patch::Value),
            other => other,
        };
        let labels = match self.labels {
            Patch::Value(labels) => errors
                .take(check_labels(&labels))
                .map_or(Patch::Absent, Patch::Value),
            other => other,
        };
        errors.finish()?;
        Ok(Self { assignee, labels })
    }

    fn applied(&self, mut head: Conversation) -> Conversation {
        self.assignee.clone().apply(&mut head.assignee);
        match &self.labels {
            Patch::Absent => {}
            Patch::Null => head.labels.clear(),
            Patch::Value(labels) => head.labels.clone_from(labels),
        }
        head
    }
}

fn check_labels(labels: &[String]) -> Result<Vec<String>, FieldError> {
    if labels.len() > MOST_LABELS {
        return Err(FieldError::new(
            "labels",
            "too_many",
            format!("{} labels; at most {MOST_LABELS} are allowed", labels.len()),
            "remove some",
        ));
    }
    let mut checked = Vec::new();
    for (place, label) in labels.iter().enumerate() {
        let field = format!("labels[{place}]");
        let label = required_text(&field, Some(label), LABEL_LIMIT, "leave empty labels out")?;
        if !checked.contains(&label) {
            checked.push(label);
        }
    }
    Ok(checked)
}
