//! `/v1/notifications`: what a person should look at.

use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::ids::{ConversationId, KeyId, MessageId, NotificationId};
use domain::receipt::Reason;
use domain::settings::Settings;
use serde::{Deserialize, Serialize};
use store::{Notification, Role};
use utoipa::{IntoParams, ToSchema};

use crate::auth::Agent;
use crate::conversations::{ReasonOut, Words};
use crate::http::{Cursor, Id, Limit, ListProblems, Meta, Problem, Query, WriteProblems, request};
use crate::schema;

/// Something to look at: a message that failed, or of which nobody knows whether it arrived.
#[derive(Serialize, ToSchema)]
#[schema(as = Notification)]
pub(crate) struct NotificationOut {
    #[schema(value_type = schema::NotificationId)]
    id: NotificationId,
    at: DateTime<Utc>,
    #[serde(flatten)]
    #[schema(inline)]
    why: ReasonOut,
    /// Where the tier is raised, if it is the month's SMS segments that are spent (`sms_upgrade_url` of
    /// the settings); for the roles `admin` and `owner`.
    #[serde(skip_serializing_if = "Option::is_none")]
    upgrade_url: Option<String>,
    /// `null`: it is about the workspace as a whole.
    #[schema(value_type = Option<schema::ConversationId>)]
    conversation: Option<ConversationId>,
    #[schema(value_type = Option<schema::MessageId>)]
    message: Option<MessageId>,
    /// When somebody first marked it as read; `null`: nobody has.
    read_at: Option<DateTime<Utc>>,
    /// Whose key that was.
    #[schema(value_type = Option<schema::KeyId>)]
    read_by: Option<KeyId>,
}

impl NotificationOut {
    fn new(notification: Notification, words: &Words, upgrade: Option<&String>) -> Self {
        let Notification {
            id,
            at,
            reason,
            conversation,
            message,
            read_at,
            read_by,
        } = notification;
        let spent = conversation.is_none() && matches!(reason, Reason::SegmentsSpent { .. });
        let upgrade_url = upgrade.filter(|_| spent).cloned();
        Self {
            id,
            at,
            why: words.reason(&reason),
            upgrade_url,
            conversation,
            message,
            read_at,
            read_by,
        }
    }
}

/// Who may change the tier is told where; nobody else has to do with what it costs (MO-23).
fn upgrade_url<'a>(caller: &Agent, settings: &'a Settings) -> Option<&'a String> {
    let may = caller.key().role >= Role::Admin;
    settings.sms_upgrade_url.as_ref().filter(|_| may)
}

/// A page of notifications.
#[derive(Serialize, ToSchema)]
pub(crate) struct NotificationList {
    notifications: Vec<NotificationOut>,
    meta: Meta,
}

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListNotifications {
    /// At most this many.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 100, default = 50)]
    limit: Option<Limit>,
    /// `meta.next_cursor` of the page before.
    #[param(value_type = Option<String>, min_length = 1)]
    cursor: Option<Cursor>,
}

/// List what a person should look at, newest first. Kept for 90 days.
#[utoipa::path(
    get, path = "/v1/notifications", tag = "workspace", params(ListNotifications),
    security(("key" = ["agent"])),
    responses((status = 200, description = "A page of the list.", body = NotificationList), ListProblems)
)]
pub(crate) async fn list_notifications(
    caller: Agent,
    State(app): State<Arc<App>>,
    Query(query): Query<ListNotifications>,
) -> Result<Json<NotificationList>, Problem> {
    let ws = caller.workspace();
    let page = request(query.limit, query.cursor);
    let found = app.store.notifications(ws, &page).await?;
    let book = app.book(ws).await?;
    let words = Words::of(&book.settings, None);
    let upgrade = upgrade_url(&caller, &book.settings);
    let shown = found.items.into_iter();
    Ok(Json(NotificationList {
        notifications: shown
            .map(|one| NotificationOut::new(one, &words, upgrade))
            .collect(),
        meta: Meta {
            next_cursor: found.next_cursor,
        },
    }))
}

/// Mark a notification as read. Who did so first stays noted.
#[utoipa::path(
    post, path = "/v1/notifications/{id}/read", tag = "workspace", security(("key" = ["agent"])),
    params(("id" = schema::NotificationId, Path)),
    responses((status = 200, description = "As it is now.", body = NotificationOut), WriteProblems)
)]
pub(crate) async fn read_notification(
    caller: Agent,
    State(app): State<Arc<App>>,
    Id(id): Id<NotificationId>,
) -> Result<Json<NotificationOut>, Problem> {
    let ws = caller.workspace();
    let by = caller.key().id;
    let marked = app.store.read_notification(ws, id, by, app.now()).await?;
    let marked = marked.ok_or_else(|| Problem::not_found("a notification"))?;
    let book = app.book(ws).await?;
    let words = Words::of(&book.settings, None);
    let upgrade = upgrade_url(&caller, &book.settings);
    Ok(Json(NotificationOut::new(marked, &words, upgrade)))
}
