//! The send protocol of one message: compose, claim, call, record.
//!
//! | dies after | what happens |
//! |---|---|
//! | compose | nothing was promised; the timer or the sweep starts over |
//! | claim | at the deadline the outcome counts as unknown; it is never resent blindly |
//! | call | the same; the platform's own receipt settles it where there is one |
//! | record | done |

use app::apply::{self, Applied, Change, Loaded};
use app::consequences::{self, AUTOMATED_SENDS, Failed, ForCustomer};
use app::correlation::Correlation;
use app::ports::LeavingMessage;
use app::{App, AppError, connection_secrets};
use channels::outbound::{OutboundAction, Purpose, SmsAccount};
use channels::outcome::Response;
use channels::sms::Sender;
use channels::{Account, OutboundMessage, Outcome, To, retry};
use chrono::{DateTime, TimeDelta, Utc};
use domain::channel::{Channel, ProviderMessageId};
use domain::connection::Connection;
use domain::consent;
use domain::content::Content;
use domain::conversation::{Conversation, Preview, Run, Source};
use domain::decide::{Effect, Event, SendOutcome, decide};
use domain::ids::RunId;
use domain::message::{Author, Message, Status};
use domain::receipt::{How, Reason};
use domain::sms::tier::Spent;
use domain::template::Template;
use secrecy::{ExposeSecret, SecretString};
use store::{Attempt, Check, Counter, Over};

use crate::compose::{Composed, compose};
use crate::{TRIES, mail, month, moved, settled, timer_only};

/// Past this a claimed send counts as abandoned: longer than the function may run.
const PATIENCE: TimeDelta = TimeDelta::seconds(120);

/// Sends what `decide` said is to be sent. `false`: the world changed meanwhile, decide again.
///
/// `kept` is what an earlier round wrote: a text that was paid for is not written again because
/// another write was faster, unless that changed what it says.
pub(crate) async fn run(
    app: &App,
    loaded: Loaded,
    run: &Run,
    how: How,
    kept: &mut Option<Kept>,
) -> Result<bool, AppError> {
    let looked_at = app.now();
    let Some(token) = token(app, &loaded.connection).await? else {
        let (ws, id) = (loaded.conversation.workspace, loaded.connection.id);
        consequences::for_connection_without_token(app, ws, id, looked_at).await?;
        return Ok(false);
    };
    let written_for = WrittenFor::new(&loaded, run, how);
    // What a person wrote may have been edited meanwhile, and costs nothing to read again.
    let still_good = |kept: &Kept| run.rule().is_some() && kept.written_for == written_for;
    let mut draft = match kept.take().filter(still_good) {
        Some(kept) => kept.draft,
        None => match draft(app, &loaded, run, how).await? {
            Some(draft) => draft,
            None => return give_up(app, loaded, run, Reason::RuleDeleted).await,
        },
    };
    *kept = Some(Kept {
        written_for,
        draft: draft.clone(),
    });
    // Writing a text may have taken seconds: quiet hours and windows count from here.
    let now = app.now();
    draft.at = draft.at.or(run.message_at).or(Some(now));
    let around = mail::around(app, &loaded, run).await?;
    let prepared = match prepare(app, &loaded, run, &draft, (&token, around.as_ref()), now) {
        Ok(prepared) => prepared,
        Err(reason) => return give_up(app, loaded, run, reason).await,
    };
    let segments = match &draft.content {
        Ok(content) => month::look(app, &loaded, content, now).await?,
        Err(_) => Ok(None),
    };
    let segments = match segments {
        Ok(segments) => segments,
        Err(spent) => return without_segments(app, loaded, run, spent, now).await,
    };
    let claiming = Claiming {
        run,
        how,
        segments,
        now,
    };
    let Some(claimed) = claim(app, loaded, claiming, draft).await? else {
        return Ok(false);
    };
    let Claimed { loaded, message } = claimed;
    let outcome = call(app, &loaded, &message, prepared).await;
    record(app, loaded, run, message, outcome).await?;
    Ok(true)
}

/// It does not leave as SMS: decided again with what is known now.
async fn without_segments(
    app: &App,
    loaded: Loaded,
    run: &Run,
    spent: Spent,
    now: DateTime<Utc>,
) -> Result<bool, AppError> {
    let loaded = Loaded {
        segments_spent: Some((run.id, spent)),
        ..loaded
    };
    let effects = decide(&loaded.snapshot(), &Event::TimerFired, now).effects;
    let moves = effects.into_iter().find_map(|effect| match effect {
        Effect::MoveTo { run: next, to } if next.id == run.id => Some(to),
        _ => None,
    });
    match moves {
        Some(to) => Box::pin(moved::run(app, loaded, run, to, now)).await,
        None => timer_only(app, loaded, now).await,
    }
}

/// A text that was written and could not be claimed, and for what.
pub(crate) struct Kept {
    written_for: WrittenFor,
    draft: Draft,
}

/// All that a text depends on.
#[derive(PartialEq, Eq)]
struct WrittenFor {
    run: RunId,
    source: Source,
    how: How,
    last_message_at: DateTime<Utc>,
    customer: u64,
    templates: Vec<Template>,
}

impl WrittenFor {
    fn new(loaded: &Loaded, run: &Run, how: How) -> Self {
        Self {
            run: run.id,
            source: run.source.clone(),
            how,
            last_message_at: loaded.conversation.last_message_at(),
            customer: loaded.customer.version,
            templates: loaded.templates.clone(),
        }
    }
}

/// What will be stored and sent.
#[derive(Clone)]
struct Draft {
    author: Author,
    content: Result<Content, Reason>,
    /// When it stands in the history: the first attempt's time.
    at: Option<DateTime<Utc>>,
    decided_by: Option<String>,
    attempts: u32,
}

/// What is to be claimed.
struct Claiming<'a> {
    run: &'a Run,
    how: How,
    /// The SMS segments that it counts.
    segments: Option<Counter>,
    now: DateTime<Utc>,
}

struct Claimed {
    loaded: Loaded,
    message: Message,
}

async fn draft(app: &App, loaded: &Loaded, run: &Run, how: How) -> Result<Option<Draft>, AppError> {
    let head = &loaded.conversation;
    match &run.source {
        Source::Manual { at, .. } | Source::Notice { at, .. } => {
            let stored = app
                .store
                .message(head.workspace, head.id, *at, run.message)
                .await?;
            Ok(stored.map(|message| Draft {
                author: message.author,
                content: Ok(message.content),
                at: Some(*at),
                decided_by: None,
                attempts: run.attempts,
            }))
        }
        Source::Rule { rule, version, .. } => {
            let Some(found) = loaded.book.rules.iter().find(|known| known.id == *rule) else {
                return Ok(None);
            };
            let Composed {
                content,
                decided_by,
            } = compose(app, loaded, (found, run.visit), how, app.now()).await?;
            let author = Author::Rule {
                rule: *rule,
                version: *version,
                run: run.id,
            };
            Ok(Some(Draft {
                author,
                content,
                at: None,
                decided_by,
                attempts: run.attempts,
            }))
        }
    }
}

/// What the platform knows the account by; nothing is behind loopback, and SES knows our own role. `None`: it was never set, or
/// is lost.
async fn token(app: &App, connection: &Connection) -> Result<Option<SecretString>, AppError> {
    if matches!(connection.channel, Channel::Loopback | Channel::Email) {
        return Ok(Some(SecretString::default()));
    }
    connection_secrets::read(app, connection, connection_secrets::TOKEN).await
}

/// The request, built before the claim, so that what can go wrong here costs no attempt.
fn prepare(
    app: &App,
    loaded: &Loaded,
    run: &Run,
    draft: &Draft,
    (token, around): (&SecretString, Option<&mail::Around>),
    now: DateTime<Utc>,
) -> Result<OutboundAction, Reason> {
    let content = draft.content.clone()?;
    let head = &loaded.conversation;
    let connection = &loaded.connection;
    let correlation = Correlation {
        conversation: head.id,
        at: draft.at.unwrap_or(now),
        message: run.message,
    };
    let automated = draft.author.is_automated();
    if let Some(around) = around {
        return mail::prepare(app, loaded, &content, around, &correlation, automated);
    }
    let sms = sms_account(app, connection)?;
    let account = Account {
        channel: head.channel,
        base_url: app.config.base_url(head.channel),
        api_version: &app.config.providers.graph_version,
        id: connection.account.as_deref().unwrap_or_default(),
        token: token.expose_secret(),
        sms: sms
            .as_ref()
            .map(|(sender, webhook)| SmsAccount { sender, webhook }),
    };
    let message = OutboundMessage {
        content,
        correlation: correlation.to_string(),
        reply_to: None,
        purpose: if automated {
            Purpose::FollowUp
        } else {
            Purpose::Reply
        },
    };
    channels::request(&account, &To::user(head.user.clone()), &message).map_err(|error| {
        Reason::TextUnusable {
            detail: error.to_string(),
        }
    })
}

/// Who an SMS comes from, and where the provider reports on it.
fn sms_account(app: &App, connection: &Connection) -> Result<Option<(Sender, String)>, Reason> {
    if connection.channel != Channel::Sms {
        return Ok(None);
    }
    let unusable = |detail: String| Reason::TextUnusable { detail };
    let sender = connection.sender.as_deref().unwrap_or_default();
    let sender = Sender::parse(sender).map_err(|error| unusable(error.to_string()))?;
    let missing = || unusable("PUBLIC_URL is not set, so nothing could be reported".to_owned());
    let public = app.config.public_url(None).ok_or_else(missing)?;
    let path = connection.webhook_path();
    Ok(Some((sender, format!("{public}{path}"))))
}

/// One transaction: the conversation is still the one that was read, and so are the rule, the
/// connection, the customer, the settings and the template; the day's limit is not reached.
async fn claim(
    app: &App,
    loaded: Loaded,
    claiming: Claiming<'_>,
    draft: Draft,
) -> Result<Option<Claimed>, AppError> {
    let Claiming {
        run,
        how,
        segments,
        now,
    } = claiming;
    let ws = loaded.conversation.workspace;
    let still = decide(&loaded.snapshot(), &Event::TimerFired, now)
        .effects
        .iter()
        .any(|effect| matches!(effect, Effect::Send { run: next, how: form } if next.id == run.id && *form == how));
    if !still {
        return Ok(None);
    }
    let attempt = run.attempts + 1;
    let message = Message {
        id: run.message,
        workspace: ws,
        conversation: loaded.conversation.id,
        at: draft.at.unwrap_or(now),
        author: draft.author,
        content: draft.content.unwrap_or_else(|_| Content::text("")),
        hidden: false,
        status: Status::Sending,
        status_at: now,
        reason: None,
        provider_id: None,
        attempts: draft.attempts + 1,
        edited: None,
        edited_at: None,
        revoked: false,
        reaction: None,
        reacted_at: None,
        referral: None,
    };
    let mut change = Change {
        events: vec![
            Event::TimerFired,
            Event::Claim {
                run: run.id,
                deadline: now + PATIENCE,
            },
        ],
        cause: "send",
        decided_by: draft.decided_by,
        messages: vec![message.clone()],
        attempt: Some(Attempt {
            message: run.message,
            number: attempt,
            started_at: now,
            ended_at: None,
            outcome: None,
            detail: None,
        }),
        checks: vec![Check::ConnectionUnchanged {
            connection: loaded.connection.id,
            version: loaded.connection.version,
        }],
        ..Change::default()
    };
    let asks = matches!(loaded.conversation.channel, Channel::Sms | Channel::Email);
    let stoppable = asks || !run.is_persons();
    if run.rule().is_none() && (run.ends_with_reply() || run.is_held_by_reply() || stoppable) {
        // A reply in another conversation, a STOP on another number, a preference or a corrected address
        // raises the customer alone. (A rule's claim writes them.)
        change.checks.push(Check::CustomerUnchanged {
            customer: loaded.customer.id,
            version: loaded.customer.version,
        });
    }
    if let Source::Rule { rule, version, .. } = run.source {
        change.checks.push(Check::RuleUnchanged { rule, version });
        // Written with its version as the condition: consent and cap are those that were read.
        change.claims_automated = true;
        let settings = &loaded.book.settings;
        let version = settings.version;
        change.checks.push(Check::SettingsUnchanged { version });
        if let Content::Template(used) = &message.content {
            let is_it =
                |known: &&Template| known.name == used.name && known.language == used.language;
            let known = loaded.templates.iter().find(is_it);
            change
                .checks
                .extend(known.map(|known| Check::TemplateUnchanged {
                    connection: known.connection,
                    name: known.name.clone(),
                    language: known.language.clone(),
                    version: known.version,
                }));
        }
        change.counters.push(Counter {
            date: settings.zone.day(now),
            over: Over::Day,
            name: AUTOMATED_SENDS.into(),
            by: 1,
            limit: Some(settings.daily_send_limit),
        });
    }

    if let Some(from) = run.from {
        let conversation = from.conversation;
        let there = app.store.head(ws, conversation).await?;
        let Some(there) = there.filter(|there| from.still_waits(there, now)) else {
            // A reply, an answer, a stop: it was heard where the follow-up comes from.
            give_up(
                app,
                loaded,
                run,
                Reason::ConversationWentOn { conversation },
            )
            .await?;
            return Ok(None);
        };
        // Whatever is written there at this very moment is looked at first.
        change.checks.push(Check::ConversationUnchanged {
            conversation,
            version: there.version,
        });
    }

    let counts_segments = segments.is_some();
    change.counters.extend(segments);
    let read = loaded.clone();
    let applied = apply::apply_once(app, loaded, change, now).await?;
    match settled(app, ws, applied).await? {
        Some(Applied::Done { loaded, .. }) if is_claimed(&loaded, run) => {
            Ok(Some(Claimed { loaded, message }))
        }
        // Others counted segments at the same moment, and may have counted some back: it is looked at anew.
        Some(Applied::AtLimit) if counts_segments && !is_at_limit(app, &read, now).await? => {
            Ok(None)
        }
        // There is room again for a person's message, for which nothing else is counted.
        Some(Applied::AtLimit) if run.rule().is_none() => Ok(None),
        Some(Applied::AtLimit) => {
            let at_limit = Loaded {
                sent_today: read.book.settings.daily_send_limit,
                ..read
            };
            let refused = Change::event("timer_fired", Event::TimerFired);
            apply::apply_once(app, at_limit, refused, now).await?;
            Ok(None)
        }
        _ => Ok(None),
    }
}

/// Whether the day's automated sends are used up.
async fn is_at_limit(app: &App, loaded: &Loaded, now: DateTime<Utc>) -> Result<bool, AppError> {
    let settings = &loaded.book.settings;
    let day = settings.zone.day(now);
    let usage = app.store.usage(settings.workspace, day).await?;
    Ok(usage.automated_sends >= settings.daily_send_limit)
}

/// The claim looks at every gate once more and may have decided against it.
fn is_claimed(loaded: &Loaded, run: &Run) -> bool {
    loaded
        .conversation
        .sending
        .as_ref()
        .is_some_and(|sending| sending.run.id == run.id)
}

/// The provider call. Nothing after it can be undone.
async fn call(app: &App, loaded: &Loaded, message: &Message, action: OutboundAction) -> Outcome {
    app.http.note_message(&LeavingMessage {
        channel: loaded.conversation.channel,
        to: &loaded.conversation.user,
        message: message.id,
        content: &message.content,
    });
    match action {
        OutboundAction::Loopback => match ProviderMessageId::parse(&message.id.to_string()) {
            Ok(id) => Outcome::Accepted { id, held: false },
            Err(_) => channels::TransportError::MaybeSent("no id".to_owned()).into(),
        },
        OutboundAction::Email(email) => app.mailer.send(&email).await,
        OutboundAction::Http(request) => match app.http.send(&request).await {
            Err(error) => error.into(),
            Ok(answer) => channels::classify(
                loaded.conversation.channel,
                &Response {
                    status: answer.status,
                    retry_after: answer.retry_after.as_deref(),
                    body: &answer.body,
                },
            ),
        },
    }
}

/// The outcome first: it is known now and never again. That the connection has to stop or to wait
/// is told by the next send as well.
async fn record(
    app: &App,
    loaded: Loaded,
    run: &Run,
    message: Message,
    outcome: Outcome,
) -> Result<(), AppError> {
    let now = app.now();
    let (ws, connection) = (loaded.conversation.workspace, loaded.connection.id);
    let failed = Failed {
        outcome: &outcome,
        attempt: message.attempts,
        // The claim wrote the message.
        since: message.status_at,
        at: now,
    };
    let recorded = write_down(app, loaded, run, &message, &outcome, now).await;
    if let Err(error) = consequences::for_connection(app, ws, connection, &failed).await {
        tracing::warn!(connection.id = %connection, error = %error, "what the platform said of the connection could not be noted; the next send will be told it again");
    }
    recorded
}

/// On the state the claim left, or on fresh state if others wrote.
async fn write_down(
    app: &App,
    loaded: Loaded,
    run: &Run,
    message: &Message,
    outcome: &Outcome,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    let (ws, id) = (loaded.conversation.workspace, loaded.conversation.id);
    let claimed_at = message.status_at;
    let ended = ended(app, outcome, message.attempts, now);
    let stored = after(message, loaded.conversation.channel, outcome, &ended, now);
    let mut loaded = Some(loaded);
    let mut stored = stored;
    for _ in 0..TRIES {
        let Some(read) = loaded.take() else {
            break;
        };
        let change = record_change(&read, run, &stored, claimed_at, outcome, &ended, now);
        if apply::apply_once(app, read, change, now).await?.is_some() {
            return Ok(());
        }
        // Somebody wrote meanwhile: an event, or the platform's own report on this message.
        loaded = apply::load(app, ws, id).await?;
        if let Some(found) = app.store.message(ws, id, stored.at, stored.id).await? {
            stored = merged(found, stored);
        }
    }
    Err(AppError::Contended)
}

/// What the platform reported stands, as far as it goes beyond what the call told.
fn merged(found: Message, after: Message) -> Message {
    if found.status == after.status || found.status.may_become(after.status) {
        return after;
    }
    Message {
        provider_id: found.provider_id.clone().or(after.provider_id),
        attempts: after.attempts,
        ..found
    }
}

fn record_change(
    loaded: &Loaded,
    run: &Run,
    message: &Message,
    claimed_at: DateTime<Utc>,
    outcome: &Outcome,
    ended: &SendOutcome,
    now: DateTime<Utc>,
) -> Change {
    let counted_at = run.rule().map(|_| claimed_at);
    let ForCustomer {
        customer,
        mut counters,
    } = consequences::for_customer(loaded, counted_at, outcome, now);
    let sending = loaded.conversation.sending.as_ref();
    // Once: a send that is recorded is not under way any more.
    if outcome.is_undelivered() && sending.is_some_and(|sending| sending.run.id == run.id) {
        counters.extend(month::taken_back(loaded, &message.content, claimed_at));
    }
    let taken = outcome.is_owned_elsewhere().then_some(Event::ThreadOwner {
        at: now,
        ours: false,
    });
    // The provider had a STOP that we have not. A START after the claim is newer than its refusal.
    let started = loaded.customer.chat.sms_started_at;
    let stopped =
        (outcome.is_opted_out() && started < Some(claimed_at)).then_some(Event::Consent {
            at: claimed_at,
            opted_out: true,
        });
    let finished = Event::SendFinished {
        run: run.id,
        outcome: ended.clone(),
    };
    Change {
        events: [finished].into_iter().chain(taken).chain(stopped).collect(),
        said_by: Some(consent::Source::Platform),
        cause: "send_finished",
        messages: vec![message.clone()],
        attempt: Some(Attempt {
            message: run.message,
            number: message.attempts,
            started_at: claimed_at,
            ended_at: Some(now),
            outcome: Some(word(ended).to_owned()),
            detail: outcome.detail().map(ToString::to_string),
        }),
        customer,
        counters,
        head: shown_as_last(loaded, message, outcome),
        ..Change::default()
    }
}

/// The head whose preview is this message, if it left and nothing newer came in.
fn shown_as_last(loaded: &Loaded, message: &Message, outcome: &Outcome) -> Option<Conversation> {
    let newer = loaded
        .conversation
        .preview
        .as_ref()
        .is_some_and(|shown| shown.at > message.at);
    if newer || !matches!(outcome, Outcome::Accepted { .. }) {
        return None;
    }
    let preview = Preview {
        text: message.content.preview(),
        from_customer: false,
        at: message.at,
    };
    Some(Conversation {
        preview: Some(preview),
        ..loaded.conversation.clone()
    })
}

fn ended(app: &App, outcome: &Outcome, attempt: u32, now: DateTime<Utc>) -> SendOutcome {
    match outcome {
        Outcome::Accepted { .. } => SendOutcome::Accepted,
        Outcome::Retry {
            after,
            once,
            detail,
            ..
        } => {
            let give_up = *once && attempt > 1;
            let pause = retry::delay(attempt, *after, jitter(app)).filter(|_| !give_up);
            SendOutcome::Retry {
                at: pause.map(|pause| now + pause),
                detail: detail.to_string(),
            }
        }
        Outcome::Permanent { reason, detail } => SendOutcome::Permanent {
            class: reason.class().to_owned(),
            detail: detail.to_string(),
            unreachable: outcome.is_unreachable(),
        },
        Outcome::Unknown { detail } => SendOutcome::Unknown {
            detail: detail.to_string(),
        },
    }
}

/// The message as it stands after the call.
fn after(
    message: &Message,
    channel: Channel,
    outcome: &Outcome,
    ended: &SendOutcome,
    now: DateTime<Utc>,
) -> Message {
    let detail = || outcome.detail().map(ToString::to_string);
    let refused = || {
        detail().map(|detail| Reason::Provider {
            class: outcome.class().to_owned(),
            detail,
        })
    };
    let mut after = Message {
        status_at: now,
        ..message.clone()
    };
    match (outcome, ended) {
        (Outcome::Accepted { id, held }, _) => {
            // Loopback has no platform behind it that would report the delivery.
            let delivered = channel == Channel::Loopback;
            after.status = if delivered {
                Status::Delivered
            } else {
                Status::Accepted
            };
            after.provider_id = Some(id.clone());
            after.reason = held.then_some(Reason::HeldByPlatform);
        }
        (Outcome::Retry { .. }, SendOutcome::Retry { at: Some(_), .. }) => {
            after.reason = refused();
        }
        (Outcome::Retry { .. }, _) => {
            after.status = Status::Failed;
            after.reason = detail().map(|detail| Reason::RetriesExhausted { detail });
        }
        (Outcome::Permanent { .. }, _) => {
            after.status = Status::Failed;
            after.reason = refused();
        }
        (Outcome::Unknown { .. }, _) => {
            after.status = Status::Unknown;
            after.reason = detail().map(|detail| Reason::OutcomeUnknown { detail });
        }
    }
    after
}

/// The text or the request cannot be: claimed and given up in one write.
async fn give_up(app: &App, loaded: Loaded, run: &Run, reason: Reason) -> Result<bool, AppError> {
    let now = app.now();
    let change = Change {
        events: vec![
            Event::TimerFired,
            Event::Claim {
                run: run.id,
                deadline: now + PATIENCE,
            },
            Event::SendFinished {
                run: run.id,
                outcome: SendOutcome::NotSent { reason },
            },
        ],
        cause: "send",
        ..Change::default()
    };
    Ok(apply::apply_once(app, loaded, change, now).await?.is_some())
}

fn jitter(app: &App) -> u16 {
    let bytes = app.random10();
    u16::from_be_bytes([bytes[0], bytes[1]]) % 1000
}

fn word(ended: &SendOutcome) -> &'static str {
    match ended {
        SendOutcome::Accepted => "accepted",
        SendOutcome::Retry { .. } => "retry",
        SendOutcome::Permanent { .. } => "permanent",
        SendOutcome::Unknown { .. } => "unknown",
        SendOutcome::NotSent { .. } => "not_sent",
    }
}
