//! What a customer told staff about being written to, recorded with who recorded it and why.

use std::sync::Arc;

use app::App;
use app::apply::{Applied, Change, Loaded, apply};
use axum::Json as Out;
use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::consent::{self, Source, Stoppable};
use domain::customer::{Customer, Reach};
use domain::decide::Event;
use domain::field::{FieldErrors, required_text};
use domain::ids::{ConversationId, CustomerId, WorkspaceId};
use serde::{Deserialize, Serialize};
use store::Resource;
use utoipa::ToSchema;

use super::update::save;
use crate::auth::Admin;
use crate::conversations::CustomerOut;
use crate::http::{Id, Json, Problem, WriteProblems};
use crate::schema;

/// How often a lost race is tried again: messages change customers, too.
const TRIES: u32 = 5;
const SOURCE_LIMIT: usize = 100;
const NOTE_LIMIT: usize = 500;

/// What the customer said, and how it is known.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConsentIn {
    /// `true`: no automated message any more; of `sms`, none at all. `false`: the customer takes
    /// that back.
    opted_out: bool,
    /// What it is about. Each has to be taken back for itself.
    #[serde(default)]
    #[schema(required = false)]
    about: About,
    /// Where the customer said so: `phone`, `in person`, the name of a form.
    #[schema(min_length = 1, max_length = 100)]
    source: String,
    /// What was said, so that it can be proved later.
    #[schema(min_length = 1, max_length = 500)]
    note: String,
}

/// What is stopped or taken back.
#[derive(Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ConsentAbout)]
enum About {
    /// Messengers.
    #[default]
    Chat,
    /// Text messages, also those that people write.
    Sms,
}

impl From<About> for Stoppable {
    fn from(about: About) -> Self {
        match about {
            About::Chat => Self::Chat,
            About::Sms => Self::Sms,
        }
    }
}

/// What the audit log keeps of it.
#[derive(Serialize)]
struct Recorded<'a> {
    opted_out_at: Option<DateTime<Utc>>,
    /// By these the entry is found when the customer is exported or erased.
    conversations: Vec<ConversationId>,
    #[serde(flatten)]
    said: Option<&'a ConsentIn>,
}

/// Record that a customer wants no automated messages, or wants them again.
///
/// Only the customer can take an opt-out back: by writing a word such as START, or by telling
/// somebody, which is recorded here with its source and a note. Both go to the audit log with the
/// key that recorded it. What the customer told the platform about marketing stays as it is, and so
/// does a STOP that the SMS provider has had: it lets nothing through until it has had a START.
#[utoipa::path(
    post, path = "/v1/customers/{id}/consent", tag = "customers", security(("key" = ["admin"])),
    params(("id" = schema::CustomerId, Path)),
    request_body = ConsentIn,
    responses((status = 200, description = "As it is now.", body = CustomerOut), WriteProblems)
)]
pub(crate) async fn record_consent(
    caller: Admin,
    State(app): State<Arc<App>>,
    Id(id): Id<CustomerId>,
    Json(said): Json<ConsentIn>,
) -> Result<Out<CustomerOut>, Problem> {
    let said = said.checked()?;
    let (ws, now) = (caller.workspace(), app.now());
    let before = find(&app, ws, id).await?;
    let what = Stoppable::from(said.about);
    let told = Source::Told {
        key: caller.key().id,
    };
    let mut entry = Some(caller.change("record_consent").of(
        &app,
        now,
        (Resource::Customer, id.to_string()),
        recorded(&before, what, None)?,
        recorded(&before, what, Some(&said))?,
    ));
    let of_that = |reach: &&Reach| Stoppable::of(reach.channel) == what;
    for reach in before.conversations.iter().filter(of_that) {
        let planned = |loaded: &Loaded| {
            // A conversation that is suspended for an opt-out is opened although the customer's own
            // item has it no more: the one before it in this loop took it away.
            let stands = loaded.conversation.is_opted_out() == said.opted_out
                && loaded.customer.chat.stopped(what).is_some() == said.opted_out;
            let event = Event::Consent {
                at: now,
                opted_out: said.opted_out,
            };
            (loaded.customer.id == id && !stands).then(|| Change {
                note: entry.clone(),
                said_by: Some(told),
                ..Change::event("consent_recorded", event)
            })
        };
        if let Applied::Done { .. } = apply(&app, ws, reach.conversation, now, planned).await? {
            entry = None;
        }
    }
    // Whoever has written nowhere yet has refused, too; and so has whoever was joined meanwhile.
    for _ in 0..TRIES {
        let before = find(&app, ws, id).await?;
        if before.chat.stopped(what).is_some() == said.opted_out {
            break;
        }
        let mut after = before.clone();
        after.version += 1;
        let change = match said.opted_out {
            true => consent::Change::Stop { what },
            false => consent::Change::Start { what },
        };
        after
            .say(change, told, None, now)
            .map_err(Problem::internal)?;
        let store = match &entry {
            Some(entry) => app.store.noting(ws, entry)?,
            None => app.store.clone(),
        };
        if save(&store, Some(&before), &after, None).await? {
            break;
        }
    }
    let after = find(&app, ws, id).await?;
    if after.chat.stopped(what).is_some() != said.opted_out {
        return Err(Problem::stale(None));
    }
    Ok(Out(CustomerOut::new(id, Some(&after), now)))
}

impl ConsentIn {
    fn checked(self) -> Result<Self, Problem> {
        let mut errors = FieldErrors::default();
        let mut text = |field, value: &str, limit, purpose| {
            let text = required_text(field, Some(value), limit, purpose);
            errors.take(text).unwrap_or_default()
        };
        let source = text(
            "source",
            &self.source,
            SOURCE_LIMIT,
            "say where the customer said so, such as `phone`",
        );
        let note = text(
            "note",
            &self.note,
            NOTE_LIMIT,
            "say what the customer said, so that it can be proved later",
        );
        errors.finish().map_err(Problem::invalid)?;
        Ok(Self {
            source,
            note,
            ..self
        })
    }
}

fn recorded(
    customer: &Customer,
    what: Stoppable,
    said: Option<&ConsentIn>,
) -> Result<serde_json::Value, Problem> {
    let conversations = customer.conversations.iter();
    let recorded = Recorded {
        opted_out_at: customer.chat.stopped(what).filter(|_| said.is_none()),
        conversations: conversations.map(|reach| reach.conversation).collect(),
        said,
    };
    serde_json::to_value(recorded).map_err(Problem::internal)
}

pub(super) async fn find(app: &App, ws: WorkspaceId, id: CustomerId) -> Result<Customer, Problem> {
    let found = app.store.customer(ws, id).await?;
    found.ok_or_else(|| Problem::not_found("a customer"))
}
