//! `/v1/keys`. A key is shown when it is made and never again; only its hash is kept.

use std::sync::Arc;

use app::App;
use app::bootstrap::{hint, random_secret};
use axum::Json as Out;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use chrono::{DateTime, Utc};
use domain::contact::Tag;
use domain::field::{FieldError, required_text};
use domain::ids::KeyId;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use store::{ApiKey, KeyHash, Resource, Role};
use utoipa::{IntoParams, ToSchema};

use crate::auth::Owner;
use crate::http::{
    Cursor, Id, Json, Limit, ListProblems, Meta, Problem, Query, WriteProblems, page_of, request,
};
use crate::schema;

const NAME_LIMIT: usize = 100;
/// The list is read as a whole.
const MOST_KEYS: usize = 200;

/// A key, without its secret.
#[derive(Serialize, ToSchema)]
#[schema(as = Key)]
pub(crate) struct KeyOut {
    #[schema(value_type = schema::KeyId)]
    id: KeyId,
    /// What it is for.
    name: String,
    #[schema(value_type = schema::Role)]
    role: Role,
    /// Its first characters, to recognise it by.
    hint: String,
    /// It sees the customers of this location only; `null`: everything.
    #[schema(value_type = Option<String>)]
    location: Option<Tag>,
    created_at: DateTime<Utc>,
}

/// A key that was just made.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeyCreated {
    #[serde(flatten)]
    record: KeyOut,
    /// The key itself. Shown this once.
    key: String,
}

/// A page of keys.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeyList {
    keys: Vec<KeyOut>,
    meta: Meta,
}

/// A key to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyIn {
    /// What it is for.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    #[schema(value_type = schema::Role)]
    role: Role,
    /// It sees the customers of this location only, and their conversations: for the roles `viewer` and
    /// `agent`. What is about the whole workspace is refused.
    #[schema(required = false, min_length = 1, max_length = 50)]
    location: Option<String>,
}

/// What a key may see.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyLocation {
    /// The customers of this location, and their conversations; `null`, which has to be said: everything.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required = true, min_length = 1, max_length = 50)]
    location: Option<String>,
}

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListKeys {
    /// At most this many.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 100, default = 50)]
    limit: Option<Limit>,
    /// `meta.next_cursor` of the page before.
    #[param(value_type = Option<String>, min_length = 1)]
    cursor: Option<Cursor>,
}

/// List keys, oldest first.
#[utoipa::path(
    get, path = "/v1/keys", tag = "workspace", params(ListKeys), security(("key" = ["owner"])),
    responses((status = 200, description = "A page of the list.", body = KeyList), ListProblems)
)]
pub(crate) async fn list_keys(
    caller: Owner,
    State(app): State<Arc<App>>,
    Query(query): Query<ListKeys>,
) -> Result<Out<KeyList>, Problem> {
    let known = app.store.keys(caller.workspace()).await?;
    let page = request(query.limit, query.cursor);
    let (keys, meta) = page_of("keys", known, |key| key.id.to_string(), &page)?;
    Ok(Out(KeyList {
        keys: keys.into_iter().map(KeyOut::from).collect(),
        meta,
    }))
}

/// Make a key. It is shown in the answer and never again.
///
/// There is no `Idempotency-Key` here, because the answer is kept nowhere. If it got lost, look for
/// the key in the list, remove it and make another one.
#[utoipa::path(
    post, path = "/v1/keys", tag = "workspace", security(("key" = ["owner"])),
    request_body = KeyIn,
    responses(
        (status = 201, description = "It was made.", body = KeyCreated,
         headers(("Location" = String, description = "Where it can be removed."))),
        WriteProblems
    )
)]
pub(crate) async fn create_key(
    caller: Owner,
    State(app): State<Arc<App>>,
    Json(body): Json<KeyIn>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Out<KeyCreated>), Problem> {
    let name = required_text(
        "name",
        Some(&body.name),
        NAME_LIMIT,
        "say what the key is for",
    )
    .map_err(|error| Problem::invalid(vec![error]))?;
    let location = location(body.role, body.location.as_deref())?;
    let (ws, now) = (caller.workspace(), app.now());
    if app.store.keys(ws).await?.len() >= MOST_KEYS {
        return Err(Problem::conflict(format!(
            "a workspace has at most {MOST_KEYS} keys; remove one first"
        )));
    }
    let secret = random_secret(&app, "nf_");
    let key = secret.expose_secret();
    let record = ApiKey {
        id: KeyId::new(now, app.random10()),
        workspace: ws,
        role: body.role,
        name,
        hint: hint(key),
        created_at: now,
        location,
    };
    let store = caller.noting(
        &app,
        "create_key",
        (Resource::Key, record.id.to_string()),
        &(),
        &KeyOut::from(record.clone()),
    )?;
    if !store.create_key(&KeyHash::of(key), &record).await? {
        return Err(Problem::stale(None));
    }
    let location = [(header::LOCATION, format!("/v1/keys/{}", record.id))];
    let created = KeyCreated {
        record: record.into(),
        key: key.to_owned(),
    };
    Ok((StatusCode::CREATED, location, Out(created)))
}

/// Change what a key may see. It holds from the next request on.
#[utoipa::path(
    put, path = "/v1/keys/{id}/location", tag = "workspace", security(("key" = ["owner"])),
    params(("id" = schema::KeyId, Path)),
    request_body = KeyLocation,
    responses((status = 200, description = "As it is now.", body = KeyOut), WriteProblems)
)]
pub(crate) async fn restrict_key(
    caller: Owner,
    State(app): State<Arc<App>>,
    Id(id): Id<KeyId>,
    Json(body): Json<KeyLocation>,
) -> Result<Out<KeyOut>, Problem> {
    let known = app.store.keys(caller.workspace()).await?;
    let before = known.into_iter().find(|key| key.id == id);
    let before = before.ok_or_else(|| Problem::not_found("a key"))?;
    let after = ApiKey {
        location: location(before.role, body.location.as_deref())?,
        ..before.clone()
    };
    let store = caller.noting(
        &app,
        "restrict_key",
        (Resource::Key, id.to_string()),
        &KeyOut::from(before),
        &KeyOut::from(after.clone()),
    )?;
    match store.restrict_key(&after).await? {
        true => Ok(Out(after.into())),
        false => Err(Problem::not_found("a key")),
    }
}

/// What a key of this role may be restricted to.
fn location(role: Role, wanted: Option<&str>) -> Result<Option<Tag>, Problem> {
    let Some(wanted) = wanted else {
        return Ok(None);
    };
    let invalid = |code, message: String, remedy| {
        Problem::invalid(vec![FieldError::new("location", code, message, remedy)])
    };
    if role > Role::Agent {
        return Err(invalid(
            "not_allowed",
            "only keys of the roles `viewer` and `agent` can be of one location".to_owned(),
            "leave it out, or choose one of these roles",
        ));
    }
    let location = Tag::parse(wanted).map_err(|error| {
        let message = format!("the location {error}");
        invalid(
            "invalid_value",
            message,
            "name it as your customers' profiles do",
        )
    })?;
    Ok(Some(location))
}

/// Remove a key; it stops working at once. The last key of an owner stays.
#[utoipa::path(
    delete, path = "/v1/keys/{id}", tag = "workspace", security(("key" = ["owner"])),
    params(("id" = schema::KeyId, Path)),
    responses((status = 204, description = "It is gone."), WriteProblems)
)]
pub(crate) async fn delete_key(
    caller: Owner,
    State(app): State<Arc<App>>,
    Id(id): Id<KeyId>,
) -> Result<StatusCode, Problem> {
    let ws = caller.workspace();
    let known = app.store.keys(ws).await?;
    let missing = || Problem::not_found("a key");
    let key = known.iter().find(|key| key.id == id).ok_or_else(missing)?;
    let mut owners = known.iter().filter(|key| key.role == Role::Owner);
    // The caller's own, unless it is the one that goes: two owners must not lock each other out.
    let own = caller.key().id;
    let stays = if id == own {
        owners.find(|owner| owner.id != id).map(|owner| owner.id)
    } else {
        Some(own)
    };
    let stays = stays.ok_or_else(|| {
        Problem::conflict("this is the last key with the role `owner`; make another one first")
    })?;
    let store = caller.noting(
        &app,
        "delete_key",
        (Resource::Key, id.to_string()),
        &KeyOut::from(key.clone()),
        &(),
    )?;
    if store.delete_key(ws, id, stays).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::stale(None))
    }
}

impl From<ApiKey> for KeyOut {
    fn from(key: ApiKey) -> Self {
        let ApiKey {
            id,
            workspace: _,
            role,
            name,
            hint,
            created_at,
            location,
        } = key;
        Self {
            id,
            name,
            role,
            hint,
            location,
            created_at,
        }
    }
}
