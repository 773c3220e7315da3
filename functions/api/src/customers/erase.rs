//! Erasing a person.

use std::sync::Arc;

use app::App;
use app::erase::{Progress, begin, go_on};
use axum::extract::State;
use axum::http::StatusCode;
use domain::ids::CustomerId;

use crate::auth::Admin;
use crate::http::{Id, Problem, WriteProblems};
use crate::schema;

/// Erase a customer with all conversations, messages, receipts, attempts and raw events.
///
/// What stays: the counters of each day, the audit log's entry that somebody was erased, and if the
/// customer had opted out a keyed hash of their id on each channel, so that they stay opted out
/// when they write again. What they write before the erasure has ended is erased, too. Usually it
/// has ended when the answer comes (204); else it goes on by itself (202), and repeating the request
/// tells how far it is. Backups of the table keep the data until they expire.
#[utoipa::path(
    delete, path = "/v1/customers/{id}", tag = "customers", security(("key" = ["admin"])),
    params(("id" = schema::CustomerId, Path)),
    responses(
        (status = 202, description = "Part of it is gone; the rest goes by itself."),
        (status = 204, description = "Everything is gone."),
        WriteProblems
    )
)]
pub(crate) async fn erase_customer(
    caller: Admin,
    State(app): State<Arc<App>>,
    Id(id): Id<CustomerId>,
) -> Result<StatusCode, Problem> {
    let ws = caller.workspace();
    let begun = begin(&app, ws, id, caller.change("erase_customer")).await?;
    begun.ok_or_else(|| Problem::not_found("a customer"))?;
    Ok(match go_on(&app, ws, id).await? {
        Progress::Done => StatusCode::NO_CONTENT,
        Progress::GoesOn => StatusCode::ACCEPTED,
    })
}
