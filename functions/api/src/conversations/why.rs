//! Why something was sent, or was not: the receipts, newest first, in plain language.

use std::collections::HashMap;
use std::sync::Arc;

use app::App;
use app::apply::load;
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::ids::{ConversationId, MessageId, ReceiptId, RuleId, RunId};
use domain::receipt::{Entry, Gate, GateName, Receipt, Verdict};
use domain::rule::Rule;
use domain::settings::Locale;
use serde::{Deserialize, Serialize};
use store::{Book, PageRequest};
use utoipa::{IntoParams, ToSchema};

use super::find::head;
use super::pending::{PendingOut, pending, sent_today};
use super::wire::{ConversationOut, Words};
use crate::auth::Viewer;
use crate::http::{Cursor, Id, Limit, ListProblems, Meta, Problem, Query, request};
use crate::schema;

/// Which receipts, in which language.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExplainConversation {
    /// The workspace's own language unless given.
    #[param(inline, value_type = Option<schema::Locale>)]
    locale: Option<Locale>,
    /// At most this many.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 100, default = 50)]
    limit: Option<Limit>,
    /// `meta.next_cursor` of the page before.
    #[param(value_type = Option<String>, min_length = 1)]
    cursor: Option<Cursor>,
}

/// What stands now, and how it came about.
#[derive(Serialize, ToSchema)]
#[schema(as = Why)]
pub(crate) struct WhyOut {
    /// The conversation as it is.
    conversation: ConversationOut,
    /// What is pending, with the gates as they stand now.
    pending: Vec<PendingOut>,
    /// Every decision, newest first.
    receipts: Vec<ReceiptOut>,
    meta: Meta,
}

/// The stored explanation of one decision.
#[derive(Serialize, ToSchema)]
#[schema(as = Receipt)]
pub(crate) struct ReceiptOut {
    #[schema(value_type = schema::ReceiptId)]
    id: ReceiptId,
    at: DateTime<Utc>,
    /// What set the decision off: `customer_wrote`.
    event: String,
    /// Who judged, where judgement was asked for.
    decided_by: Option<String>,
    /// One for each thing considered.
    entries: Vec<EntryOut>,
}

/// What was decided about one rule, one message or the conversation as a whole.
#[derive(Serialize, ToSchema)]
#[schema(as = Decision)]
pub(crate) struct EntryOut {
    #[schema(value_type = Option<schema::RuleId>)]
    rule: Option<RuleId>,
    /// The rule's name, also after it was deleted.
    rule_name: Option<String>,
    #[schema(value_type = Option<schema::RunId>)]
    run: Option<RunId>,
    #[schema(value_type = Option<schema::MessageId>)]
    message: Option<MessageId>,
    #[schema(value_type = schema::Verdict)]
    verdict: Verdict,
    /// The verdict in plain language.
    explanation: String,
    /// What was looked at, in order.
    gates: Vec<GateOut>,
    /// The decider's own words; those of a model are in the language it answered in.
    remark: Option<String>,
}

/// One thing that was looked at.
#[derive(Serialize, ToSchema)]
#[schema(as = Gate)]
pub(crate) struct GateOut {
    #[schema(value_type = schema::GateName)]
    gate: GateName,
    passed: bool,
    /// What it was decided on.
    input: String,
}

/// What rules are called.
pub(crate) type RuleNames = HashMap<RuleId, String>;

pub(crate) fn names_of(rules: &[Rule]) -> RuleNames {
    let name = |rule: &Rule| (rule.id, rule.spec.name.clone());
    rules.iter().map(name).collect()
}

/// Deleted rules are looked up only when a receipt speaks of one.
async fn names_for(app: &App, book: &Book, receipts: &[Receipt]) -> Result<RuleNames, Problem> {
    let mut names = names_of(&book.rules);
    let mut named = receipts.iter().flat_map(|receipt| &receipt.entries);
    if named.any(|entry| entry.rule.is_some_and(|id| !names.contains_key(&id))) {
        names.extend(app.store.deleted_rules(book.settings.workspace).await?);
    }
    Ok(names)
}

impl From<Gate> for GateOut {
    fn from(gate: Gate) -> Self {
        let Gate {
            gate,
            passed,
            input,
        } = gate;
        Self {
            gate,
            passed,
            input,
        }
    }
}

impl EntryOut {
    pub(crate) fn new(entry: Entry, words: &Words, names: &RuleNames) -> Self {
        Self {
            rule: entry.rule,
            rule_name: entry.rule.and_then(|id| names.get(&id).cloned()),
            run: entry.run,
            message: entry.message,
            explanation: entry.verdict.explain(words.locale, words.zone),
            verdict: entry.verdict,
            gates: entry.gates.into_iter().map(GateOut::from).collect(),
            remark: entry.remark.map(|remark| words.remark(remark)),
        }
    }
}

impl ReceiptOut {
    fn new(receipt: Receipt, words: &Words, names: &RuleNames) -> Self {
        let Receipt {
            id,
            conversation: _,
            at,
            event,
            decided_by,
            entries,
        } = receipt;
        let entries = entries
            .into_iter()
            .map(|e| EntryOut::new(e, words, names))
            .collect();
        Self {
            id,
            at,
            event,
            decided_by,
            entries,
        }
    }
}

/// Explain a conversation: what is pending and every decision that was made.
#[utoipa::path(
    get, path = "/v1/conversations/{id}/why", tag = "conversations",
    security(("key" = ["viewer"])),
    params(("id" = schema::ConversationId, Path), ExplainConversation),
    responses((status = 200, description = "What stands now, and how it came about.", body = WhyOut), ListProblems)
)]
pub(crate) async fn explain_conversation(
    caller: Viewer,
    State(app): State<Arc<App>>,
    Id(id): Id<ConversationId>,
    Query(query): Query<ExplainConversation>,
) -> Result<Json<WhyOut>, Problem> {
    let (ws, now) = (caller.workspace(), app.now());
    let page = PageRequest {
        newest_first: true,
        ..request(query.limit, query.cursor)
    };
    let found = app.store.receipts(ws, id, &page).await?;
    let book = app.fresh_book(ws).await?;
    let words = Words::of(&book.settings, query.locale);
    // Not all of it is there once the connection is deleted; what was decided stays readable.
    let (head, customer, pending) = match load(&app, ws, id).await? {
        Some(mut loaded) => {
            let some = !loaded.conversation.runs.is_empty();
            loaded.sent_today = sent_today(&app, &book.settings, some, now).await?;
            let pending = pending(&loaded, &words, now);
            (loaded.conversation, Some(loaded.customer), pending)
        }
        None => (head(&app, ws, id).await?, None, Vec::new()),
    };
    let names = names_for(&app, &book, &found.items).await?;
    let receipts = found
        .items
        .into_iter()
        .map(|receipt| ReceiptOut::new(receipt, &words, &names))
        .collect();
    Ok(Json(WhyOut {
        conversation: ConversationOut::new(head, customer.as_ref(), &book.rules, &words, now),
        pending,
        receipts,
        meta: Meta {
            next_cursor: found.next_cursor,
        },
    }))
}
