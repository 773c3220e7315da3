//! `/v1/audit`: who changed what, and when.

use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::field::FieldError;
use domain::ids::{AuditId, KeyId};
use serde::{Deserialize, Serialize};
use store::{AuditEntry, AuditFilter, Resource};
use utoipa::{IntoParams, ToSchema};

use crate::auth::Owner;
use crate::http::{Cursor, Limit, ListProblems, Meta, Problem, Query, request};
use crate::schema;

/// A change that somebody asked for.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub(crate) struct AuditOut {
    #[schema(value_type = schema::AuditId)]
    id: AuditId,
    at: DateTime<Utc>,
    /// The key that asked for it; `null`: a direct invocation of the function.
    #[schema(value_type = Option<schema::KeyId>)]
    key_id: Option<KeyId>,
    /// What was asked for: the id of the operation in this document.
    #[schema(example = "update_rule")]
    action: String,
    #[schema(value_type = schema::Resource)]
    resource: Resource,
    /// Which one; of templates the connection, of settings the workspace.
    resource_id: String,
    /// As it was; `null` for something new. Secrets are never in it.
    #[schema(value_type = Option<Object>)]
    before: serde_json::Value,
    /// As it is since; `null` for something that is gone. Secrets are never in it.
    #[schema(value_type = Option<Object>)]
    after: serde_json::Value,
}

/// A page of the audit log.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditList {
    audit: Vec<AuditOut>,
    meta: Meta,
}

/// No id of ours is longer.
const ID_LIMIT: usize = 64;

/// Which entries.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListAudit {
    /// Only of this kind.
    #[param(value_type = Option<schema::Resource>)]
    resource: Option<Resource>,
    /// Only of the one with this id.
    #[param(min_length = 1, max_length = 64)]
    resource_id: Option<String>,
    /// At most this many.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 100, default = 50)]
    limit: Option<Limit>,
    /// `meta.next_cursor` of the page before.
    #[param(value_type = Option<String>, min_length = 1)]
    cursor: Option<Cursor>,
}

/// List who changed what, newest first.
///
/// Every change of settings, keys, connections, templates and rules, and what staff decide about
/// conversations and customers. An entry is stored together with the change and is never changed.
/// With a filter a page may be short, or empty, and still have a next one.
#[utoipa::path(
    get, path = "/v1/audit", tag = "workspace", params(ListAudit), security(("key" = ["owner"])),
    responses((status = 200, description = "A page of the list.", body = AuditList), ListProblems)
)]
pub(crate) async fn list_audit(
    caller: Owner,
    State(app): State<Arc<App>>,
    Query(query): Query<ListAudit>,
) -> Result<Json<AuditList>, Problem> {
    let id = query.resource_id.as_deref();
    if let Some(id) = id.filter(|id| !(1..=ID_LIMIT).contains(&id.chars().count())) {
        return Err(Problem::parameter(FieldError::new(
            "resource_id",
            "invalid_value",
            format!("`resource_id` has {} characters", id.chars().count()),
            format!("send an id of 1 to {ID_LIMIT} characters, or leave it out"),
        )));
    }
    let filter = AuditFilter {
        resource: query.resource,
        resource_id: query.resource_id,
    };
    let page = request(query.limit, query.cursor);
    let found = app.store.audit(caller.workspace(), &filter, &page).await?;
    Ok(Json(AuditList {
        audit: found.items.into_iter().map(AuditOut::from).collect(),
        meta: Meta {
            next_cursor: found.next_cursor,
        },
    }))
}

impl From<AuditEntry> for AuditOut {
    fn from(entry: AuditEntry) -> Self {
        let AuditEntry {
            id,
            at,
            by,
            action,
            resource,
            resource_id,
            before,
            after,
        } = entry;
        Self {
            id,
            at,
            key_id: by,
            action,
            resource,
            resource_id,
            before,
            after,
        }
    }
}
