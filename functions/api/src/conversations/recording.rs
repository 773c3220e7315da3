//! What a caller left on the voicemail. It stays with the provider; here it is passed on.

use std::sync::Arc;

use app::App;
use app::connection_secrets::{TOKEN, read};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use channels::twilio::outbound::{Account, recording};
use domain::channel::Channel;
use domain::content::Content;
use domain::ids::{ConversationId, MessageId, WorkspaceId};
use secrecy::ExposeSecret as _;
use store::PageRequest;

use super::find::{check_seen, head};
use crate::auth::{Scoped, Viewer};
use crate::http::{Code, ItemProblems, MessagePath, Problem};
use crate::schema;

/// The port carries this much of an answer, which is more than four minutes of speech: a recording that
/// is not whole is not passed on.
const MOST_BYTES: usize = 1_048_576;

/// How many pages of messages are looked through, and how long one is.
const PAGES: usize = 5;
const PAGE: u16 = 200;

/// Listen to a voicemail: the recording of a message whose `content` is a `call` with a `recording`.
///
/// It is looked for among the newest 1,000 messages of the conversation.
#[utoipa::path(
    get, path = "/v1/conversations/{id}/messages/{message_id}/recording", tag = "conversations",
    security(("key" = ["viewer"])),
    params(("id" = schema::ConversationId, Path), ("message_id" = schema::MessageId, Path)),
    responses(
        (status = 200, description = "The recording.", content_type = "audio/mpeg", body = Vec<u8>),
        ItemProblems
    )
)]
pub(crate) async fn get_recording(
    caller: Scoped<Viewer>,
    State(app): State<Arc<App>>,
    MessagePath(id, message): MessagePath<ConversationId, MessageId>,
) -> Result<Response, Problem> {
    let ws = caller.workspace();
    check_seen(&app, ws, id, &caller.visibility()).await?;
    let head = head(&app, ws, id).await?;
    let none = || Problem::not_found("a recording of this message");
    let recorded = recording_of(&app, ws, id, message)
        .await?
        .ok_or_else(none)?;
    let connection = app.store.connection(ws, head.connection).await?;
    let connection = connection
        .filter(|connection| connection.channel == Channel::Sms)
        .ok_or_else(none)?;
    let token = read(&app, &connection, TOKEN).await?.ok_or_else(none)?;
    let account = connection.account.as_deref().unwrap_or_default();
    let request = recording(
        &Account {
            base_url: app.config.base_url(Channel::Sms),
            sid: account,
            user: account,
            secret: token.expose_secret(),
        },
        &recorded,
    )
    .map_err(Problem::internal)?;
    let away = |why: String| Problem::new(Code::PlatformFailed, why);
    let answer = app.http.send(&request).await.map_err(|error| {
        tracing::warn!(connection.id = %connection.id, error = %error, "a recording could not be fetched");
        away("The provider that keeps the recording could not be reached; try again.".to_owned())
    })?;
    match answer.status {
        200 if answer.body.len() < MOST_BYTES => {
            let headers = [
                (CONTENT_TYPE, "audio/mpeg"),
                (CACHE_CONTROL, "private, no-store"),
            ];
            Ok((headers, Bytes::from(answer.body)).into_response())
        }
        200 => Err(away(format!(
            "The recording is larger than {MOST_BYTES} bytes; listen to it at the provider."
        ))),
        404 => Err(none()),
        status => Err(away(format!(
            "The provider that keeps the recording answered {status}; check the connection's token."
        ))),
    }
}

async fn recording_of(
    app: &App,
    ws: WorkspaceId,
    conversation: ConversationId,
    message: MessageId,
) -> Result<Option<String>, Problem> {
    let mut page = PageRequest {
        limit: PAGE,
        newest_first: true,
        ..PageRequest::default()
    };
    for _ in 0..PAGES {
        let found = app.store.messages(ws, conversation, &page).await?;
        let mut messages = found.items.into_iter();
        if let Some(found) = messages.find(|known| known.id == message) {
            return Ok(match found.content {
                Content::Call(call) => call.recording,
                _ => None,
            });
        }
        page.cursor = found.next_cursor;
        if page.cursor.is_none() {
            break;
        }
    }
    Ok(None)
}
