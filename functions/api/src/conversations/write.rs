//! Staff write: to the customer, or a note that only staff see.

use std::sync::Arc;

use app::App;
use app::apply::{Applied, Change, Loaded, apply};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use domain::content::Content;
use domain::conversation::{OnReply, Run, Source};
use domain::decide::{Event, gates};
use domain::field::{FieldError, required_text};
use domain::ids::{ConversationId, MessageId, RunId};
use domain::message::{Author, Message, Status};
use domain::receipt::Reason;
use domain::settings::Settings;
use domain::variables;
use serde::{Deserialize, Serialize};
use store::{Counter, Over, SavedAnswer};
use utoipa::ToSchema;

use super::find::missing;
use super::message::MessageOut;
use super::wire::Words;
use crate::auth::{Agent, Caller};
use crate::http::{
    Code, Id, IdempotencyHeader, IdempotencyKey, Json, Keep, Once, Problem, WriteProblems, answer,
    once,
};
use crate::schema;

/// No channel takes more.
pub(super) const TEXT_LIMIT: usize = 4096;
const FURTHEST: TimeDelta = TimeDelta::days(365);

/// What staff write.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MessageIn {
    /// The text. `##{{first_name}}`, `##{{last_name}}`, `##{{full_name}}` and `##{{business_name}}`
    /// are filled in; other variables are refused.
    #[schema(min_length = 1, max_length = 4096)]
    text: String,
    /// A note for staff; the customer never sees it.
    #[serde(default)]
    hidden: bool,
    /// When it is to go out, at most a year ahead; now unless given. Until then it can be changed and
    /// withdrawn.
    #[schema(required = false)]
    send_at: Option<DateTime<Utc>>,
    /// What becomes of it if the customer writes before that: `cancel`, `hold` (it is set aside, and
    /// staff are told, until somebody gives it a time again) or `keep` (it goes out all the same).
    /// Unless given, `hold` for what has a `send_at`, and `keep` for what goes out now.
    #[schema(value_type = Option<schema::OnReply>, required = false)]
    on_reply: Option<OnReply>,
}

/// Write to the customer (202: it is on its way), or leave a note for staff (201).
#[utoipa::path(
    post, path = "/v1/conversations/{id}/messages", tag = "conversations",
    security(("key" = ["agent"])),
    params(
        ("id" = schema::ConversationId, Path),
        IdempotencyHeader
    ),
    request_body = MessageIn,
    responses(
        (status = 201, body = MessageOut, description = "The note is stored."),
        (status = 202, body = MessageOut, description = "The message will be sent."),
        WriteProblems
    )
)]
pub(crate) async fn create_message(
    caller: Agent,
    State(app): State<Arc<App>>,
    Id(id): Id<ConversationId>,
    key: IdempotencyKey,
    Json(body): Json<MessageIn>,
) -> Result<Response, Problem> {
    let body = body.checked()?;
    let fingerprint = serde_json::to_string(&body).unwrap_or_default();
    let at = Once {
        app: &app,
        ws: caller.workspace(),
        key,
        request: format!("POST /v1/conversations/{id}/messages {fingerprint}"),
        now: app.now(),
    };
    Box::pin(once(at, |keep| write(&app, &caller, id, body, keep))).await
}

impl MessageIn {
    fn checked(self) -> Result<Self, Problem> {
        let text = required_text("text", Some(&self.text), TEXT_LIMIT, "write something");
        let text = text.map_err(|error| Problem::invalid(vec![error]))?;
        let of_sending = [
            ("send_at", self.send_at.is_some()),
            ("on_reply", self.on_reply.is_some()),
        ];
        let not_of_notes = of_sending.into_iter().find(|(_, is_there)| *is_there);
        if let Some((field, _)) = not_of_notes.filter(|_| self.hidden) {
            return Err(Problem::invalid(vec![FieldError::new(
                field,
                "not_allowed",
                "a note is never sent",
                format!("leave `{field}` out, or leave `hidden` out"),
            )]));
        }
        Ok(Self { text, ..self })
    }
}

async fn write(
    app: &App,
    caller: &Caller,
    id: ConversationId,
    body: MessageIn,
    keep: Keep,
) -> Result<SavedAnswer, Problem> {
    let (ws, now) = (caller.workspace(), keep.now);
    let send_at = due("send_at", body.send_at, now)?;
    let message = Message {
        id: MessageId::new(now, app.random10()),
        workspace: ws,
        conversation: id,
        at: now,
        author: Author::Staff {
            key: caller.key().id,
        },
        content: Content::text(&body.text),
        hidden: body.hidden,
        // A note is where it belongs as soon as it is stored.
        status: if body.hidden {
            Status::Received
        } else {
            Status::Planned
        },
        status_at: now,
        reason: None,
        provider_id: None,
        attempts: 0,
        edited: None,
        edited_at: None,
        revoked: false,
        reaction: None,
        reacted_at: None,
        referral: None,
    };
    let run = RunId::new(now, app.random10());
    let status = if message.hidden {
        StatusCode::CREATED
    } else {
        StatusCode::ACCEPTED
    };
    let on_reply = body.on_reply.unwrap_or(match body.send_at {
        Some(_) => OnReply::Hold,
        // Whoever answers now is not to be told a second later that they were overtaken.
        None => OnReply::Keep,
    });
    let planned = |loaded: &Loaded, message: &Message| Run {
        id: run,
        message: message.id,
        source: Source::Manual { at: now, on_reply },
        turn: loaded.customer.turn,
        from: None,
        episode: loaded.conversation.episode,
        planned_at: now,
        message_at: Some(now),
        due_at: send_at,
        wanted_at: send_at,
        rescue: None,
        attempts: 0,
        repeats: None,
        set_aside_at: None,
    };
    // What the last round of `plan` came to: the answer that was stored, or why there is none.
    let mut answered = Err(Problem::stale(None));
    let mut tomorrow = now;
    let plan = |loaded: &Loaded| {
        tomorrow = loaded.book.settings.zone.next_day(now);
        let stored = if message.hidden {
            Ok(message.clone())
        } else {
            filled(loaded, &message).and_then(|message| {
                sendable(loaded, &message, &planned(loaded, &message), now)?;
                Ok(message)
            })
        };
        let stored = match stored {
            Ok(stored) => stored,
            Err(problem) => {
                answered = Err(problem);
                return None;
            }
        };
        let words = Words::of(&loaded.book.settings, None);
        let shown = MessageOut::new(stored.clone(), &words);
        let shown = match body.send_at {
            Some(_) => shown.waiting(&[planned(loaded, &stored)]),
            None => shown,
        };
        answered = answer(status, Vec::new(), &shown);
        let change = if message.hidden {
            Change {
                cause: "note",
                ..Change::default()
            }
        } else {
            let event = Event::ManualMessage {
                run,
                message: message.id,
                at: now,
                send_at,
                on_reply,
                set_aside_at: None,
            };
            Change::event("staff_wrote", event)
        };
        let answer = answered.as_ref().ok()?;
        Some(Change {
            new_messages: vec![stored],
            answer: keep.with(answer),
            counters: (!message.hidden)
                .then(|| budget(caller, &loaded.book.settings, now))
                .into_iter()
                .collect(),
            ..change
        })
    };
    match apply(app, ws, id, now, plan).await? {
        Applied::Done { .. } | Applied::Nothing => answered,
        Applied::Missing => Err(missing()),
        Applied::AtLimit => Err(spent(tomorrow - now)),
        Applied::Duplicate | Applied::Refused(_) => Err(Problem::stale(None)),
    }
}

/// What one key may send in a calendar day of the workspace, counted in the write that plans the message.
fn budget(caller: &Caller, settings: &Settings, now: DateTime<Utc>) -> Counter {
    Counter {
        date: settings.zone.day(now),
        over: Over::Day,
        name: format!("messages_{}", caller.key().id).into(),
        by: 1,
        limit: Some(settings.key_daily_messages),
    }
}

fn spent(wait: TimeDelta) -> Problem {
    Problem::too_many(
        Code::DailyLimit,
        "this key has sent as many messages today as the setting `key_daily_messages` allows; \
         wait for the next day, or raise it",
        wait,
    )
}

/// When a message goes out that is to go out then.
pub(super) fn due(
    field: &str,
    wanted: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, Problem> {
    let Some(at) = wanted else {
        return Ok(now);
    };
    let wrong = |code, message: &str, remedy| {
        Err(Problem::invalid(vec![FieldError::new(
            field, code, message, remedy,
        )]))
    };
    if at <= now {
        return wrong(
            "in_the_past",
            "this time has passed",
            "choose a later one, or none: then it goes out at once",
        );
    }
    if at > now + FURTHEST {
        return wrong(
            "too_far",
            "this is more than 365 days ahead",
            "choose an earlier time",
        );
    }
    Ok(at)
}

/// With its variables filled in: what staff see in the history is what goes out.
pub(super) fn filled(loaded: &Loaded, message: &Message) -> Result<Message, Problem> {
    let text = message.content.words().unwrap_or_default();
    let business = &loaded.book.settings.business_name;
    let text = variables::filled("text", text, &loaded.customer.name, business)
        .map_err(|error| Problem::invalid(vec![error]))?;
    Ok(Message {
        content: Content::text(text),
        ..message.clone()
    })
}

/// Says at once what the sender would find out later: the same gates, the window, the length.
pub(super) fn sendable(
    loaded: &Loaded,
    message: &Message,
    run: &Run,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let head = &loaded.conversation;
    if let Some(other) = head.moved_to {
        return Err(Problem::conflict(format!(
            "this conversation goes on as {other}; write there"
        )));
    }
    let channel = head.channel;
    let text = message.content.words().unwrap_or_default();
    let limit = channel.text_limit();
    if !limit.fits(text) {
        let (length, max, unit) = (limit.measure(text), limit.max(), limit.unit());
        return Err(Problem::invalid(vec![FieldError::new(
            "text",
            "too_long",
            format!("the text has {length} {unit}; {channel} takes at most {max}"),
            "shorten it, or send it in parts",
        )]));
    }
    let words = Words::of(&loaded.book.settings, None);
    let refuse = |reason: &Reason| Err(Problem::conflict(reason.explain(words.locale, words.zone)));
    if let (_, Some(reason)) = gates(&loaded.snapshot(), run, now) {
        return refuse(&reason);
    }
    if !loaded.connection.is_active() {
        // Whoever writes now can do something about it; what was due before waits.
        return refuse(&Reason::ConnectionInactive);
    }
    if head.window().is_open(run.due_at) {
        return Ok(());
    }
    if let Some(closes_at) = head.window().closes_at().filter(|at| *at > now) {
        return Err(Problem::invalid(vec![FieldError::new(
            "send_at",
            "window_closed",
            format!("{channel} takes text only until {}", closes_at.to_rfc3339()),
            "choose an earlier time, or wait until the customer writes again",
        )]));
    }
    refuse(&Reason::WindowClosed {
        closed_at: head.window().closes_at(),
    })
}
