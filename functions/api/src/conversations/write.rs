//! Staff write: to the customer, or a note that only staff see.

use std::sync::Arc;

use app::App;
use app::apply::{self, Applied, Change, Loaded};
use app::confirmation::Confirmation;
use app::join::MOST_CONVERSATIONS;
use app::open::{self, Opened};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use domain::channel::{Channel, PhoneNumber};
use domain::connection::Connection;
use domain::contact::EmailAddress;
use domain::content::Content;
use domain::conversation::{OnReply, Run, Source};
use domain::decide::{Event, gates};
use domain::field::{FieldError, required_text};
use domain::ids::{ConversationId, CustomerId, KeyId, MessageId, RunId, WorkspaceId};
use domain::message::{Author, Message, Status};
use domain::receipt::Reason;
use domain::rule::Purpose;
use domain::settings::Settings;
use domain::variables;
use serde::{Deserialize, Serialize};
use store::{Counter, Over, SavedAnswer};
use utoipa::ToSchema;

use super::find::{check_seen, missing};
use super::message::MessageOut;
use super::wire::Words;
use crate::auth::{Agent, Caller, Scoped};
use crate::http::{
    Code, Id, IdempotencyHeader, IdempotencyKey, Json, Keep, Once, Problem, WriteProblems, answer,
    once,
};
use crate::schema;

/// No channel takes more.
pub(crate) const TEXT_LIMIT: usize = 20_000;
/// The longest subject of an e-mail: mail programs show far less.
pub(super) const SUBJECT_LIMIT: usize = 200;
/// How often a lost race is decided again.
const TRIES: u32 = 10;
const FURTHEST: TimeDelta = TimeDelta::days(365);

/// What staff write.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MessageIn {
    /// The text. `##{{first_name}}`, `##{{last_name}}`, `##{{full_name}}` and `##{{business_name}}`
    /// are filled in; other variables are refused.
    #[schema(min_length = 1, max_length = 20000)]
    text: String,
    /// Of an e-mail, and required there; variables as in the text.
    #[serde(default)]
    #[schema(required = false, min_length = 1, max_length = 200)]
    subject: Option<String>,
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

/// What is written, once it was checked.
pub(super) struct Writing {
    says: Says,
    hidden: bool,
    send_at: Option<DateTime<Utc>>,
    on_reply: Option<OnReply>,
}

enum Says {
    /// By a person, with variables.
    Written(Box<Content>),
    /// By the business's systems.
    Template(Box<Confirmation>),
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
    caller: Scoped<Agent>,
    State(app): State<Arc<App>>,
    Id(id): Id<ConversationId>,
    key: IdempotencyKey,
    Json(body): Json<MessageIn>,
) -> Result<Response, Problem> {
    let body = body.checked()?;
    check_seen(&app, caller.workspace(), id, &caller.visibility()).await?;
    let fingerprint = serde_json::to_string(&body).unwrap_or_default();
    let at = Once {
        app: &app,
        ws: caller.workspace(),
        key,
        request: format!("POST /v1/conversations/{id}/messages {fingerprint}"),
        now: app.now(),
    };
    let target = Target::Conversation(id);
    let writing = body.writing();
    Box::pin(once(at, |keep| write(&app, &caller, target, writing, keep))).await
}

impl MessageIn {
    /// A message to be sent.
    pub(super) fn new(
        subject: Option<String>,
        text: String,
        send_at: Option<DateTime<Utc>>,
        on_reply: Option<OnReply>,
    ) -> Self {
        Self {
            text,
            subject,
            hidden: false,
            send_at,
            on_reply,
        }
    }

    pub(super) fn checked(self) -> Result<Self, Problem> {
        let text = required_text("text", Some(&self.text), TEXT_LIMIT, "write something");
        let text = text.map_err(|error| Problem::invalid(vec![error]))?;
        let of_sending = [
            ("subject", self.subject.is_some()),
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
        let subject = self.subject.as_deref().map(checked_subject).transpose()?;
        Ok(Self {
            text,
            subject,
            ..self
        })
    }

    pub(super) fn writing(self) -> Writing {
        let content = match self.subject {
            None => Content::text(self.text),
            Some(subject) => Content::Email {
                subject,
                text: self.text,
                html: None,
            },
        };
        Writing {
            says: Says::Written(Box::new(content)),
            hidden: self.hidden,
            send_at: self.send_at,
            on_reply: self.on_reply,
        }
    }
}

impl Writing {
    /// A confirmation, a receipt: what the business's systems have to say.
    pub(super) fn confirmation(says: Confirmation, send_at: Option<DateTime<Utc>>) -> Self {
        Self {
            says: Says::Template(Box::new(says)),
            hidden: false,
            send_at,
            on_reply: None,
        }
    }

    fn author(&self, key: KeyId) -> Author {
        match &self.says {
            Says::Written(_) => Author::Staff { key },
            Says::Template(says) => Author::System {
                key,
                template: says.template.kind.to_string(),
            },
        }
    }

    /// How it waits for its time.
    fn source(&self, at: DateTime<Utc>) -> Source {
        match &self.says {
            Says::Written(_) => Source::Manual {
                at,
                on_reply: self.on_reply.unwrap_or(match self.send_at {
                    Some(_) => OnReply::Hold,
                    // Whoever answers now is not to be told a second later that they were overtaken.
                    None => OnReply::Keep,
                }),
            },
            Says::Template(_) => Source::Notice {
                at,
                purpose: Purpose::Transactional,
            },
        }
    }

    /// What stands in the history, and goes out.
    fn content(&self, loaded: &Loaded) -> Result<Content, Problem> {
        match &self.says {
            Says::Written(content) if self.hidden => Ok(Content::clone(content)),
            Says::Written(content) => filled(loaded, content),
            Says::Template(says) => says.filled(loaded).map_err(Problem::invalid),
        }
    }
}

/// One line that says what the mail is about.
pub(crate) fn checked_subject(subject: &str) -> Result<String, Problem> {
    let remedy = "say in a few words what the e-mail is about";
    let subject = required_text("subject", Some(subject), SUBJECT_LIMIT, remedy)
        .map_err(|error| Problem::invalid(vec![error]))?;
    match subject.contains(char::is_control) {
        false => Ok(subject),
        true => Err(Problem::invalid(vec![FieldError::new(
            "subject",
            "line_break",
            "the subject has line breaks or other control characters",
            "write it on one line",
        )])),
    }
}

/// Where a message is written.
pub(super) enum Target {
    /// In this conversation.
    Conversation(ConversationId),
    /// To this address of a customer, in a conversation that may begin with it.
    Address {
        customer: CustomerId,
        connection: Box<Connection>,
        address: Address,
    },
}

/// An address of a customer's.
pub(super) enum Address {
    Email(EmailAddress),
    Phone(PhoneNumber),
}

impl Target {
    async fn load(
        &self,
        app: &App,
        ws: WorkspaceId,
        now: DateTime<Utc>,
    ) -> Result<Loaded, Problem> {
        let (customer, connection, address) = match self {
            Self::Conversation(id) => {
                return apply::load(app, ws, *id).await?.ok_or_else(missing);
            }
            Self::Address {
                customer,
                connection,
                address,
            } => (*customer, connection, address),
        };
        let opened = match address {
            Address::Email(to) => open::by_email(app, ws, customer, connection, to, now).await?,
            Address::Phone(to) => open::by_sms(app, ws, customer, connection, to, now).await?,
        };
        match opened {
            Opened::Loaded(loaded) => Ok(loaded),
            Opened::NoAddress => Err(Problem::invalid(vec![FieldError::new(
                "to",
                "invalid_value",
                "no conversation can be with an address this long",
                "choose another of the customer's addresses",
            )])),
            Opened::NoCustomer => Err(Problem::not_found("a customer")),
            Opened::Taken(id) => Err(Problem::conflict(format!(
                "the conversation {id} with this address belongs to another customer by now; write there, or join the two"
            ))),
            Opened::Full => Err(Problem::conflict(format!(
                "a customer has at most {MOST_CONVERSATIONS} conversations; write in one of them"
            ))),
        }
    }
}

pub(super) async fn write(
    app: &App,
    caller: &Caller,
    target: Target,
    body: Writing,
    keep: Keep,
) -> Result<SavedAnswer, Problem> {
    let (ws, now) = (caller.workspace(), keep.now);
    let send_at = due("send_at", body.send_at, now)?;
    let message = Message {
        id: MessageId::new(now, app.random10()),
        workspace: ws,
        // Filled in with everything else that only the conversation tells.
        conversation: ConversationId::derive(&[]),
        at: now,
        author: body.author(caller.key().id),
        content: Content::text(""),
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
    let source = body.source(now);
    let planned = |loaded: &Loaded, message: &Message| Run {
        id: run,
        message: message.id,
        source: source.clone(),
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
        visit: None,
    };
    // What the last round of `plan` came to: the answer that was stored, or why there is none.
    let mut answered = Err(Problem::stale(None));
    let mut tomorrow = now;
    let mut plan = |loaded: &Loaded| {
        tomorrow = loaded.book.settings.zone.next_day(now);
        let stored = body.content(loaded).and_then(|content| {
            let message = Message {
                conversation: loaded.conversation.id,
                content,
                ..message.clone()
            };
            if !message.hidden {
                sendable(loaded, &message, &planned(loaded, &message), now)?;
            }
            Ok(message)
        });
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
            match source {
                Source::Notice { purpose, .. } => {
                    let event = Event::Notice {
                        run,
                        message: message.id,
                        at: now,
                        send_at,
                        purpose,
                    };
                    Change::event("notice", event)
                }
                Source::Manual { on_reply, .. } => {
                    let event = Event::ManualMessage {
                        run,
                        message: message.id,
                        at: now,
                        send_at,
                        on_reply,
                        set_aside_at: None,
                    };
                    Change::event("staff_wrote", event)
                }
                Source::Rule { .. } => return None,
            }
        };
        let answer = answered.as_ref().ok()?;
        Some(Change {
            new_messages: vec![stored],
            answer: keep.with(answer),
            counters: (!message.hidden)
                .then(|| key_budget(caller, &loaded.book.settings, now))
                .into_iter()
                .collect(),
            ..change
        })
    };
    for _ in 0..TRIES {
        let loaded = target.load(app, ws, now).await?;
        let Some(change) = plan(&loaded) else {
            return answered;
        };
        let change = open::begun(&loaded, change);
        match apply::apply_once(app, loaded, change, now).await? {
            None => {}
            Some(Applied::Done { .. } | Applied::Nothing) => return answered,
            Some(Applied::Missing) => return Err(missing()),
            Some(Applied::AtLimit) => return Err(spent(tomorrow - now)),
            Some(Applied::Duplicate | Applied::Refused(_)) => break,
        }
    }
    Err(Problem::stale(None))
}

/// What one key may send in a calendar day of the workspace, counted in the write that plans the message.
pub(crate) fn key_budget(caller: &Caller, settings: &Settings, now: DateTime<Utc>) -> Counter {
    Counter {
        date: settings.zone.day(now),
        over: Over::Day,
        name: format!("messages_{}", caller.key().id).into(),
        by: 1,
        limit: Some(settings.key_daily_messages),
    }
}

/// Nothing is left of that today.
pub(crate) fn key_budget_spent(settings: &Settings, now: DateTime<Utc>) -> Problem {
    spent(settings.zone.next_day(now) - now)
}

fn spent(wait: TimeDelta) -> Problem {
    Problem::too_many(
        Code::DailyLimit,
        "this key may send no more messages today than the setting `key_daily_messages` allows; \
         wait for the next day, or raise it",
        wait,
    )
}

/// When a message goes out that is to go out then.
pub(crate) fn due(
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
pub(super) fn filled(loaded: &Loaded, content: &Content) -> Result<Content, Problem> {
    let text = content.words().unwrap_or_default();
    let business = &loaded.book.settings.business_name;
    let fill = |field, text| {
        variables::filled(field, text, &loaded.customer.name, business)
            .map_err(|error| Problem::invalid(vec![error]))
    };
    let text = fill("text", text)?;
    let by_email = loaded.conversation.channel == Channel::Email;
    let wrong = |code, message: &str, remedy| {
        let error = FieldError::new("subject", code, message, remedy);
        Err(Problem::invalid(vec![error]))
    };
    match content {
        Content::Email { subject, html, .. } if by_email => Ok(Content::Email {
            // A name may bring nothing that ends the line: names are cleaned.
            subject: fill("subject", subject)?,
            text,
            html: html.clone(),
        }),
        Content::Email { .. } => {
            let channel = loaded.conversation.channel;
            let message = format!("messages on {channel} have no subject");
            wrong("not_on_this_channel", &message, "leave it out")
        }
        _ if by_email => {
            let remedy = "say in a few words what the e-mail is about";
            wrong("required", "an e-mail needs a subject", remedy)
        }
        _ => Ok(Content::text(text)),
    }
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
