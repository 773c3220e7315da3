//! What platforms and customers report on messages afterwards: delivered, read, failed, edited,
//! taken back, reacted to.

use ai::builtin::OptOut;
use app::apply::{self, Change, Loaded};
use app::consequences::{self, Failed, ForCustomer};
use app::correlation::Correlation;
use app::{App, AppError};
use channels::Outcome;
use channels::inbound::{DeliveryStatus, StatusUpdate, WatermarkKind};
use channels::outcome::classify_failed;
use chrono::{DateTime, Utc};
use domain::channel::Channel;
use domain::channel::ProviderMessageId;
use domain::consent::{Source, Stoppable};
use domain::content::Content;
use domain::conversation::Conversation;
use domain::decide::{Event, Report, decide};
use domain::message::{self, Afterthought, Author, Message, Status};
use domain::receipt::Reason;
use store::{PageRequest, StatusChange};

use crate::arrival::Arrival;
use crate::messages::label_unclear;
use crate::others;

/// A status report on one message of ours.
pub(crate) async fn status(
    app: &App,
    arrival: &Arrival,
    update: &StatusUpdate,
) -> Result<(), AppError> {
    let about = match update.correlation.as_deref().and_then(Correlation::parse) {
        Some(correlation) => correlation,
        None => match find(app, arrival, &update.id).await? {
            Some(message) => correlation_of(&message),
            // Sent by somebody else's program over the same account.
            None => return Ok(()),
        },
    };
    let status = match update.status {
        DeliveryStatus::Sent => Status::Sent,
        DeliveryStatus::Delivered => Status::Delivered,
        DeliveryStatus::Read | DeliveryStatus::Played => Status::Read,
        DeliveryStatus::Failed => {
            let outcome = classify_failed(arrival.event.channel, &update.errors);
            return failed(app, arrival, about, &outcome).await;
        }
    };
    let at = arrival.event.at;
    report(app, arrival, about, status, at).await
}

/// Raises the status; a message whose outcome was unknown is settled by it.
pub(crate) async fn report(
    app: &App,
    arrival: &Arrival,
    about: Correlation,
    status: Status,
    at: DateTime<Utc>,
) -> Result<(), AppError> {
    let change = StatusChange {
        status,
        at,
        reason: None,
    };
    let before = match raise(app, arrival, about, &change).await? {
        Raised::From(message) => message.status,
        // The report may have raised the status and then lost the rest: it is done again.
        Raised::Again(_) => Status::Unknown,
        Raised::Nothing => return Ok(()),
    };
    if !matches!(before, Status::Unknown | Status::Sending) {
        return Ok(());
    }
    let event = Event::ReceiptArrived {
        message: about.message,
        report: Report::Delivered,
    };
    let (ws, now) = (arrival.workspace, arrival.now);
    apply::apply(app, ws, about.conversation, now, |loaded| {
        let decision = decide(&loaded.snapshot(), &event, now);
        // One that awaits nothing stays as it is.
        (decision.conversation != loaded.conversation)
            .then(|| Change::event("receipt_arrived", event.clone()))
    })
    .await?;
    Ok(())
}

/// The platform took it and now says that it will not arrive: the same follows as if it had
/// refused it at once, but it is not tried again. The account and the customer hear of it; a
/// person's answer is taken back; a rule's message is not counted.
pub(crate) async fn failed(
    app: &App,
    arrival: &Arrival,
    about: Correlation,
    outcome: &Outcome,
) -> Result<(), AppError> {
    let (ws, now, at) = (arrival.workspace, arrival.now, arrival.event.at);
    let detail = outcome.detail().map(ToString::to_string);
    let detail = detail.unwrap_or_default();
    let change = StatusChange {
        status: Status::Failed,
        at,
        reason: Some(Reason::Provider {
            class: outcome.class().to_owned(),
            detail: detail.clone(),
        }),
    };
    let message = match raise(app, arrival, about, &change).await? {
        Raised::From(message) => {
            tracing::warn!(message.id = %about.message, class = outcome.class(), "the platform reported a failure after it had accepted");
            message
        }
        Raised::Again(message) => message,
        // It was delivered before, or is not ours: nothing follows from it.
        Raised::Nothing => return Ok(()),
    };
    let told = Failed {
        outcome,
        attempt: 1,
        since: at,
        at,
    };
    consequences::for_connection(app, ws, arrival.connection, &told).await?;
    let attempts = app
        .store
        .attempts(ws, about.conversation, about.message)
        .await?;
    let rule = match message.author {
        Author::Rule { rule, .. } => Some(rule),
        Author::Customer { .. }
        | Author::Staff { .. }
        | Author::Platform
        | Author::System { .. }
        | Author::Broadcast { .. } => None,
    };
    let claimed_at = attempts.last().map(|attempt| attempt.started_at);
    let claim = rule.zip(claimed_at);
    apply::apply(app, ws, about.conversation, now, |loaded| {
        let ForCustomer { customer, counters } =
            consequences::for_customer(loaded, claim.map(|(_, at)| at), outcome, at);
        let event = Event::ReceiptArrived {
            message: about.message,
            report: Report::Failed {
                at,
                class: outcome.class().to_owned(),
                detail: detail.clone(),
                // What is known against an address of e-mail stands with the address.
                unreachable: outcome.is_unreachable() && arrival.event.channel != Channel::Email,
                counted: claim.filter(|_| !counters.is_empty()),
            },
        };
        let decision = decide(&loaded.snapshot(), &event, now);
        // Nobody told us of the STOP. What was said since we sent it is newer than the refusal.
        let standing = &loaded.customer.chat;
        let newer = claimed_at.is_some_and(|at| standing.started(Stoppable::Sms) >= Some(at));
        let heard = newer || standing.stopped(Stoppable::Sms).is_some();
        let stopped = (outcome.is_opted_out() && !heard).then_some(Event::Consent {
            at: claimed_at.unwrap_or(at),
            opted_out: true,
        });
        let changes =
            customer.is_some() || stopped.is_some() || decision.conversation != loaded.conversation;
        changes.then(|| Change {
            customer,
            counters,
            said_by: Some(Source::Platform),
            events: [event].into_iter().chain(stopped).collect(),
            cause: "receipt_arrived",
            ..Change::default()
        })
    })
    .await?;
    Ok(())
}

/// What a report did to the status.
enum Raised {
    /// It is raised; this is the message as it was.
    From(Message),
    /// It is what the report says already.
    Again(Message),
    /// It stands higher, or is not there.
    Nothing,
}

async fn raise(
    app: &App,
    arrival: &Arrival,
    about: Correlation,
    change: &StatusChange,
) -> Result<Raised, AppError> {
    let (ws, conversation) = (arrival.workspace, about.conversation);
    let (at, id) = (about.at, about.message);
    let raised = app
        .store
        .raise_status(ws, conversation, at, id, change)
        .await?;
    if let Some(before) = raised {
        return Ok(Raised::From(before));
    }
    let found = app.store.message(ws, conversation, at, id).await?;
    Ok(match found {
        Some(message) if message.status == change.status => Raised::Again(message),
        _ => Raised::Nothing,
    })
}

/// Everything of ours up to an instant was delivered or read. That says nothing about a message
/// the platform has not taken: it would be counted as sent and never be sent.
pub(crate) async fn watermark(
    app: &App,
    arrival: &Arrival,
    level: WatermarkKind,
    up_to: DateTime<Utc>,
) -> Result<(), AppError> {
    let status = match level {
        WatermarkKind::Delivered => Status::Delivered,
        WatermarkKind::Read => Status::Read,
    };
    let Some(loaded) = arrival.find(app).await? else {
        return Ok(());
    };
    let page = PageRequest {
        limit: 50,
        newest_first: true,
        ..PageRequest::default()
    };
    let recent = app
        .store
        .messages(arrival.workspace, loaded.conversation.id, &page)
        .await?;
    for message in recent.items {
        let taken = message.provider_id.is_some()
            && matches!(
                message.status,
                Status::Accepted | Status::Sent | Status::Delivered
            );
        let concerned = message.author.is_outbound() && taken && message.at <= up_to;
        if concerned && message.status.may_become(status) {
            report(app, arrival, correlation_of(&message), status, up_to).await?;
        }
    }
    Ok(())
}

/// One message of ours was read.
pub(crate) async fn read(
    app: &App,
    arrival: &Arrival,
    target: &ProviderMessageId,
) -> Result<(), AppError> {
    let Some(message) = find(app, arrival, target).await? else {
        return Ok(());
    };
    let at = arrival.event.at;
    report(app, arrival, correlation_of(&message), Status::Read, at).await
}

/// Who changed a message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// The customer.
    Customer,
    /// Somebody of the business, in the platform's own app.
    Business,
}

impl By {
    pub(crate) fn new(by_business: bool) -> Self {
        match by_business {
            true => Self::Business,
            false => Self::Customer,
        }
    }
}

/// A message was changed. What the customer says now counts, also if the message itself is still
/// on its way.
pub(crate) async fn edited(
    app: &App,
    arrival: &Arrival,
    target: &ProviderMessageId,
    content: &Content,
    by: By,
) -> Result<(), AppError> {
    let edited = message::Change::Edited {
        content: content.clone(),
        at: arrival.event.at,
    };
    afterwards(app, arrival, target, &edited, by).await
}

/// A message was taken back.
pub(crate) async fn revoked(
    app: &App,
    arrival: &Arrival,
    target: &ProviderMessageId,
    by: By,
) -> Result<(), AppError> {
    afterwards(app, arrival, target, &message::Change::Revoked, by).await
}

/// The customer reacted to a message, or took the reaction back. On some platforms that opens
/// the window.
pub(crate) async fn reaction(
    app: &App,
    arrival: &Arrival,
    target: &ProviderMessageId,
    emoji: Option<&str>,
) -> Result<(), AppError> {
    let emoji = emoji.map(str::to_owned);
    let at = arrival.event.at;
    let reacted = message::Change::Reacted { emoji, at };
    afterwards(app, arrival, target, &reacted, By::Customer).await?;
    if arrival.event.opens_window() {
        others::acted(app, arrival).await
    } else {
        Ok(())
    }
}

/// Stores what was done to a message together with the decision about it. One that has not
/// arrived yet finds it in the head.
async fn afterwards(
    app: &App,
    arrival: &Arrival,
    target: &ProviderMessageId,
    change: &message::Change,
    by: By,
) -> Result<(), AppError> {
    let reacted = matches!(change, message::Change::Reacted { .. });
    apply::apply_read(app, arrival.now, || async {
        // What was changed or taken back may be the first that we hear of somebody; whoever reacts
        // has had a message.
        let found = match reacted {
            false => arrival.find_or_begin(app).await?,
            true => arrival.find(app).await?,
        };
        let Some(loaded) = found else {
            return Ok(None);
        };
        let known = parts(app, arrival, &loaded, target).await?;
        let plan = match known.is_empty() {
            false => to_known(arrival, &loaded, known, change, by),
            true => to_one_on_its_way(arrival, &loaded, target, change, by),
        };
        Ok(plan.map(|plan| (loaded, plan)))
    })
    .await?;
    Ok(())
}

/// `None`: it was delivered again, or something newer overtook it.
fn to_known(
    arrival: &Arrival,
    loaded: &Loaded,
    before: Vec<Message>,
    change: &message::Change,
    by: By,
) -> Option<Change> {
    let after = message::change_parts(before.clone(), change);
    let mut head = loaded.conversation.clone();
    let mut plan = Change {
        cause: "message_changed",
        raw: arrival.raw(),
        ..Change::default()
    };
    let mut says_something_else = false;
    for (before, after) in before.into_iter().zip(after) {
        if after == before {
            continue;
        }
        let shown = head.preview.as_mut();
        if let Some(shown) =
            shown.filter(|shown| shown.at == before.at && shown.text == before.preview())
        {
            shown.text = after.preview();
        }
        let by_customer =
            by == By::Customer && matches!(before.author, Author::Customer { automatic: false });
        says_something_else |= by_customer && after.says() != before.says();
        plan.messages.push(after);
    }
    // Its words stand in the first part.
    let first = plan.messages.first()?;
    if says_something_else {
        plan.events.push(says_now(arrival, &mut head, first.says()));
    }
    plan.head = (head != loaded.conversation).then_some(head);
    Some(plan)
}

/// The same for a message that has not arrived.
fn to_one_on_its_way(
    arrival: &Arrival,
    loaded: &Loaded,
    target: &ProviderMessageId,
    change: &message::Change,
    by: By,
) -> Option<Change> {
    let mut head = loaded.conversation.clone();
    let is_news = head.keep_early(Afterthought {
        target: target.clone(),
        change: change.clone(),
    });
    if !is_news {
        return None;
    }
    let mut plan = Change {
        cause: "message_changed",
        raw: arrival.raw(),
        customer: (head.version == 0).then(|| loaded.customer.clone()),
        ..Change::default()
    };
    let says = match change {
        message::Change::Edited { content, .. } => Some(Some(content)),
        message::Change::Revoked => Some(None),
        message::Change::Reacted { .. } => None,
    };
    if let (By::Customer, Some(says)) = (by, says) {
        plan.events.push(says_now(arrival, &mut head, says));
    }
    plan.head = Some(head);
    Some(plan)
}

/// What the customer says by it, as far as it decides anything; what is unclear a person reads.
fn says_now(arrival: &Arrival, head: &mut Conversation, says: Option<&Content>) -> Event {
    let words = says.and_then(Content::words).unwrap_or_default();
    let opt_out = ai::builtin::opt_out(words, arrival.event.channel.as_str());
    label_unclear(head, opt_out);
    Event::CustomerChanged {
        opt_out: opt_out == OptOut::Yes,
    }
}

async fn find(
    app: &App,
    arrival: &Arrival,
    id: &ProviderMessageId,
) -> Result<Option<Message>, AppError> {
    let Some(loaded) = arrival.find(app).await? else {
        return Ok(None);
    };
    let parts = parts(app, arrival, &loaded, id).await?;
    Ok(parts.into_iter().next())
}

/// The parts of the message with this id on the platform, the first one first.
pub(crate) async fn parts(
    app: &App,
    arrival: &Arrival,
    loaded: &Loaded,
    id: &ProviderMessageId,
) -> Result<Vec<Message>, AppError> {
    let (ws, conversation) = (arrival.workspace, loaded.conversation.id);
    let store = &app.store;
    let mut parts = store.messages_by_provider_id(ws, conversation, id).await?;
    let first = arrival.message_id(id.reveal());
    parts.sort_by_key(|part| (part.id != first, part.id));
    Ok(parts)
}

pub(crate) fn correlation_of(message: &Message) -> Correlation {
    Correlation {
        conversation: message.conversation,
        at: message.at,
        message: message.id,
    }
}
