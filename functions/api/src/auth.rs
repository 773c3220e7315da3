//! Who is calling. A handler that asks for a role in its arguments cannot run without it.
//!
//! Each role may do all that the ones below it may: owner, admin, editor, agent, viewer.

use std::ops::Deref;
use std::sync::Arc;

use app::{App, audit};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use domain::contact::Tag;
use domain::ids::WorkspaceId;
use domain::segment::inbox::Visibility;
use serde::Serialize;
use store::{ApiKey, KeyHash, Resource, Role, Store};

use crate::http::{Code, Limits, Problem};

/// Longer texts are no keys and not worth a look-up.
const LONGEST_KEY: usize = 512;

/// The key that the request carries.
#[derive(Debug, Clone)]
pub(crate) struct Caller(ApiKey);

impl Caller {
    /// The only source of a workspace id in this crate.
    pub(crate) fn workspace(&self) -> WorkspaceId {
        self.0.workspace
    }

    pub(crate) fn key(&self) -> &ApiKey {
        &self.0
    }

    /// A change that this caller asked for, for the audit log.
    pub(crate) fn change(&self, action: &'static str) -> audit::Change {
        audit::Change {
            by: Some(self.0.id),
            action,
        }
    }

    /// The table, to write a change through together with its audit entry. `before` and `after`
    /// are wire types, which hold no secret; `()` where there is nothing.
    pub(crate) fn noting(
        &self,
        app: &App,
        action: &'static str,
        what: (Resource, String),
        before: &impl Serialize,
        after: &impl Serialize,
    ) -> Result<Store, Problem> {
        let before = serde_json::to_value(before).map_err(Problem::internal)?;
        let after = serde_json::to_value(after).map_err(Problem::internal)?;
        let entry = self.change(action).of(app, app.now(), what, before, after);
        Ok(app.store.noting(self.workspace(), &entry)?)
    }
}

/// A caller who may be somebody of one location: the handler looks at what they may see. Everywhere else
/// such a key is refused, so that a new route cannot forget it (MO-11).
pub(crate) struct Scoped<R>(R);

impl<R: Deref<Target = Caller>> Scoped<R> {
    /// What they may see.
    pub(crate) fn visibility(&self) -> Visibility {
        match self.0.key().location.clone() {
            None => Visibility::All,
            Some(location) => Visibility::Location { location },
        }
    }
}

impl<R> Deref for Scoped<R> {
    type Target = R;

    fn deref(&self) -> &R {
        &self.0
    }
}

macro_rules! roles {
    ($($(#[$doc:meta])* $name:ident),*) => {$(
        $(#[$doc])*
        pub(crate) struct $name(Caller);

        impl Deref for $name {
            type Target = Caller;

            fn deref(&self) -> &Caller {
                &self.0
            }
        }

        impl FromRequestParts<Arc<App>> for $name {
            type Rejection = Problem;

            async fn from_request_parts(
                parts: &mut Parts,
                app: &Arc<App>,
            ) -> Result<Self, Problem> {
                let caller = admit(parts, app, Role::$name).await?;
                match &caller.key().location {
                    None => Ok(Self(caller)),
                    Some(location) => Err(restricted(location)),
                }
            }
        }

        impl FromRequestParts<Arc<App>> for Scoped<$name> {
            type Rejection = Problem;

            async fn from_request_parts(
                parts: &mut Parts,
                app: &Arc<App>,
            ) -> Result<Self, Problem> {
                let caller = admit(parts, app, Role::$name).await?;
                Ok(Self($name(caller)))
            }
        }
    )*};
}

roles!(
    /// Reads.
    Viewer,
    /// Writes to customers, reads and assigns conversations.
    Agent,
    /// Edits rules and templates.
    Editor,
    /// Edits connections and settings.
    Admin,
    /// Makes and removes keys.
    Owner
);

async fn admit(parts: &Parts, app: &App, needed: Role) -> Result<Caller, Problem> {
    let token = bearer(parts)?;
    let key = app.store.key_by_hash(&KeyHash::of(token)).await?;
    let key = key.ok_or_else(|| {
        unauthenticated(
            "the API key is unknown or was removed",
            "Bearer error=\"invalid_token\"",
        )
    })?;
    slow_down(parts, app, &key).await?;
    if key.role < needed {
        return Err(Problem::new(
            Code::RoleTooLow,
            format!(
                "this needs the role `{}`; the key has the role `{}`",
                role_name(needed),
                role_name(key.role)
            ),
        ));
    }
    Ok(Caller(key))
}

fn restricted(location: &Tag) -> Problem {
    Problem::new(
        Code::LocationRestricted,
        format!(
            "this key sees the location `{location}` only, and this is about the whole workspace; an owner can \
             lift that with `PUT /v1/keys/{{id}}/location`"
        ),
    )
}

/// Counts the request, whatever becomes of it.
async fn slow_down(parts: &Parts, app: &App, key: &ApiKey) -> Result<(), Problem> {
    let Some(limits) = parts.extensions.get::<Arc<Limits>>() else {
        return Ok(());
    };
    let book = app.book(key.workspace).await?;
    let taken = limits.take(key.id, &book.settings, app.now());
    taken.map_err(|wait| {
        Problem::too_many(
            Code::RateLimited,
            "this key or its workspace makes more requests than the settings allow; wait as \
             `Retry-After` says, or raise `key_requests_per_minute` or `requests_per_minute`",
            wait,
        )
    })
}

fn bearer(parts: &Parts) -> Result<&str, Problem> {
    let missing = || unauthenticated("send an API key as `Authorization: Bearer <key>`", "Bearer");
    let header = parts
        .headers
        .get(header::AUTHORIZATION)
        .ok_or_else(missing)?;
    let (scheme, token) = header
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .ok_or_else(missing)?;
    let token = token.trim();
    let usable = scheme.eq_ignore_ascii_case("bearer") && (1..=LONGEST_KEY).contains(&token.len());
    usable.then_some(token).ok_or_else(missing)
}

fn unauthenticated(detail: &str, challenge: &'static str) -> Problem {
    Problem::new(Code::Unauthenticated, detail).with_header(
        header::WWW_AUTHENTICATE,
        HeaderValue::from_static(challenge),
    )
}

/// The name in JSON.
pub(crate) fn role_name(role: Role) -> &'static str {
    match role {
        Role::Viewer => "viewer",
        Role::Agent => "agent",
        Role::Editor => "editor",
        Role::Admin => "admin",
        Role::Owner => "owner",
    }
}
