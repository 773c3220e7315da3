//! Messages: by the customer, and by people of the business outside our API.

use ai::builtin::OptOut;
use app::apply::{self, Applied, Change, Loaded};
use app::correlation::Correlation;
use app::reading::Reading;
use app::{App, AppError};
use channels::inbound::{Echo, EchoOrigin, InboundKind, InboundMessage, Postback, Telephone};
use domain::channel::Channel;
use domain::consent::Standing;
use domain::content::{CallOutcome, Content};
use domain::conversation::{Conversation, OPT_OUT_LABEL};
use domain::decide::Event;
use domain::message::{Author, Message, Status};

use crate::arrival::Arrival;
use crate::{others, reports};

/// The customer wrote.
pub(crate) async fn from_customer(
    app: &App,
    arrival: &Arrival,
    message: &InboundMessage,
) -> Result<(), AppError> {
    if message.group.is_some() {
        // Groups have no single customer whose silence could be followed up.
        tracing::info!(connection.id = %arrival.connection, "a group message was left aside");
        return Ok(());
    }
    let contents = std::iter::once(&message.content).chain(&message.more);
    let messages: Vec<_> = contents
        .enumerate()
        .map(|(number, content)| stored(arrival, message, content.clone(), number))
        .collect();
    let writer = match message.automatic {
        true => Writer::Machine,
        false => Writer::Customer,
    };
    store(app, arrival, &messages, writer).await?;
    if arrival.event.channel == Channel::Sms {
        // What it reads is as large as what the message itself needs.
        Box::pin(others::stopped_or_started(
            app,
            arrival,
            message.content.words(),
        ))
        .await?;
    }
    Ok(())
}

/// The customer called.
pub(crate) async fn called(app: &App, arrival: &Arrival, call: &Telephone) -> Result<(), AppError> {
    let unique = match &call.entry.recording {
        Some(recording) => format!("recording:{recording}"),
        None => format!("call:{}", call.call),
    };
    let message = Message {
        id: arrival.message_id(&unique),
        ..customer_message(arrival, Content::Call(call.entry.clone()))
    };
    let writer = match call.entry.outcome {
        CallOutcome::Answered => Writer::Both,
        CallOutcome::Missed | CallOutcome::Voicemail => Writer::Person,
    };
    store(app, arrival, &[message], writer).await
}

/// The customer tapped a button of ours: that is an answer.
pub(crate) async fn button_tapped(
    app: &App,
    arrival: &Arrival,
    postback: &Postback,
) -> Result<(), AppError> {
    let title = postback
        .title
        .clone()
        .or_else(|| postback.payload.clone())
        .unwrap_or_default();
    let content = Content::Reply {
        id: postback.payload.clone(),
        title,
    };
    let id = postback.id.as_deref().unwrap_or(&arrival.event.dedup);
    let message = Message {
        id: arrival.message_id(id),
        ..customer_message(arrival, content)
    };
    store(app, arrival, &[message], Writer::Person).await
}

/// A message that did not come through our API: typed in the platform's own app or inbox
/// (NX-36), or the echo of one of ours.
pub(crate) async fn echo(app: &App, arrival: &Arrival, echo: &Echo) -> Result<(), AppError> {
    if let Some(correlation) = echo.metadata.as_deref().and_then(Correlation::parse) {
        let at = arrival.event.at;
        return reports::report(app, arrival, correlation, Status::Sent, at).await;
    }
    // Sent by a program: ours if we know the platform's id of it, else another desk's answer.
    if matches!(echo.origin, EchoOrigin::App { .. })
        && let Some(found) = arrival.find(app).await?
        && let Some(ours) = reports::parts(app, arrival, &found, &echo.id)
            .await?
            .into_iter()
            .next()
    {
        let (about, at) = (reports::correlation_of(&ours), arrival.event.at);
        return reports::report(app, arrival, about, Status::Sent, at).await;
    }
    let message = Message {
        id: arrival.message_id(echo.id.reveal()),
        author: Author::Platform,
        status: Status::Sent,
        provider_id: Some(echo.id.clone()),
        ..customer_message(arrival, echo.content.clone())
    };
    store(app, arrival, &[message], Writer::Business).await
}

/// Who wrote, as far as the platform tells.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Writer {
    /// The customer, or a machine of theirs: the words tell.
    Customer,
    /// A machine of theirs.
    Machine,
    /// The customer, and no machine: whoever taps is a person.
    Person,
    /// The business.
    Business,
    /// Both, in a call that was answered.
    Both,
}

/// Stores the messages together with the decision about them.
async fn store(
    app: &App,
    arrival: &Arrival,
    messages: &[Message],
    writer: Writer,
) -> Result<(), AppError> {
    let applied = apply::apply_read(app, arrival.now, || async {
        let found = arrival.find_or_begin(app).await?;
        Ok(found.map(|loaded| {
            let change = said(arrival, &loaded, messages, writer);
            (loaded, change)
        }))
    })
    .await?;
    match applied {
        Applied::Duplicate => {
            tracing::info!(conversation.id = %arrival.conversation_id(), "an event was delivered again and changed nothing");
        }
        // The connection was removed while it was on the queue: there is nobody to answer, and nothing is lost.
        Applied::Nothing => {
            let (ws, connection) = (arrival.workspace, arrival.connection);
            others::keep_for_workspace(app, ws, connection, &arrival.event).await?;
        }
        _ => {}
    }
    Ok(())
}

/// What the messages change. What was done to them before they arrived is part of them: they count
/// as they stand now.
fn said(arrival: &Arrival, loaded: &Loaded, messages: &[Message], writer: Writer) -> Change {
    let conversation = loaded.conversation.id;
    let mut head = loaded.conversation.clone();
    let parts = messages.iter().map(|message| Message {
        conversation,
        ..message.clone()
    });
    let mut messages = head.take_early(parts.collect());
    let first = messages.first();
    let preview = first.map(Message::preview).unwrap_or_default();
    let at = arrival.event.at;
    let (mut consent, mut said_by) = (None, None);
    let (cause, event) = match writer {
        Writer::Business => ("business_wrote", Event::BusinessWrote { at, preview }),
        Writer::Both => ("spoke", Event::Spoke { at, preview }),
        Writer::Customer | Writer::Machine | Writer::Person => {
            let standing = &loaded.customer.chat;
            let reading = reading(arrival, first, writer, standing);
            for message in &mut messages {
                // The inbox says what the decision was made on.
                let automatic = reading.automatic;
                message.author = Author::Customer { automatic };
            }
            label_unclear(&mut head, reading.opt_out);
            consent = reading.consent(arrival.event.channel, standing, at);
            said_by = Some(reading.said_by);
            let wrote = reading.customer_wrote(at, preview, arrival.event.opens_window());
            ("customer_wrote", Event::CustomerWrote(wrote))
        }
    };
    let is_new = loaded.conversation.version == 0;
    Change {
        customer: changed_customer(arrival, loaded, &event, is_new),
        events: thread(arrival, &event)
            .into_iter()
            .chain([event])
            .chain(consent)
            .collect(),
        cause,
        new_messages: messages,
        dated_by_us: arrival.event.at_is_ours,
        said_by,
        head: (head != loaded.conversation).then_some(head),
        raw: arrival.raw(),
        ..Change::default()
    }
}

fn reading(
    arrival: &Arrival,
    message: Option<&Message>,
    writer: Writer,
    standing: &Standing,
) -> Reading {
    let words = message.and_then(Message::says).and_then(Content::words);
    let mut reading = Reading::of(words.unwrap_or_default(), arrival.event.channel, standing);
    if let InboundKind::Message(message) = &arrival.event.kind {
        reading.heed(message.opt_out);
    }
    match writer {
        Writer::Machine => reading.automatic = true,
        Writer::Person => reading.automatic = false,
        Writer::Customer | Writer::Business | Writer::Both => {}
    }
    reading
}

/// What a message on Messenger or Instagram says about who has the thread: the owner is told
/// everything, the others stand by.
fn thread(arrival: &Arrival, event: &Event) -> Option<Event> {
    let inbound = &arrival.event;
    let on_page = matches!(inbound.channel, Channel::Messenger | Channel::Instagram);
    let by_customer = matches!(event, Event::CustomerWrote(_));
    (on_page && (inbound.standby || by_customer)).then_some(Event::ThreadOwner {
        at: inbound.at,
        ours: !inbound.standby,
    })
}

/// Where it is not clear whether the customer wants no more messages, a person reads it (NX-29).
pub(crate) fn label_unclear(head: &mut Conversation, opt_out: OptOut) {
    if opt_out == OptOut::Unclear {
        head.label(OPT_OUT_LABEL);
    }
}

/// The customer with what the event tells of them; `None` if that is nothing new.
fn changed_customer(
    arrival: &Arrival,
    loaded: &Loaded,
    event: &Event,
    is_new: bool,
) -> Option<domain::customer::Customer> {
    let mut customer = loaded.customer.clone();
    let told = arrival.name();
    if !customer.named_by_staff {
        let known = &mut customer.name;
        known.display = told.display.or(known.display.take());
        known.first = told.first.or(known.first.take());
    }
    if customer.language.is_none() {
        customer
            .language
            .clone_from(&arrival.event.profile.language);
    }
    let wrote = match event {
        Event::CustomerWrote(message) => !message.automatic,
        Event::Spoke { .. } => true,
        _ => false,
    };
    let opened = arrival.event.opens_window().then_some(arrival.event.at);
    customer.heard(loaded.conversation.id, opened, wrote);
    (is_new || customer != loaded.customer).then_some(customer)
}

fn stored(arrival: &Arrival, message: &InboundMessage, content: Content, number: usize) -> Message {
    let id = &message.id;
    let unique = if number == 0 {
        id.reveal().to_owned()
    } else {
        format!("{}#{number}", id.reveal())
    };
    Message {
        id: arrival.message_id(&unique),
        provider_id: Some(id.clone()),
        referral: message
            .referral
            .as_ref()
            .and_then(|referral| serde_json::to_value(referral).ok()),
        ..customer_message(arrival, content)
    }
}

fn customer_message(arrival: &Arrival, content: Content) -> Message {
    Message {
        id: arrival.message_id(&arrival.event.dedup),
        workspace: arrival.workspace,
        conversation: arrival.conversation_id(),
        at: arrival.key_at,
        author: Author::Customer { automatic: false },
        content,
        hidden: false,
        status: Status::Received,
        status_at: arrival.event.at,
        reason: None,
        provider_id: None,
        attempts: 0,
        edited: None,
        edited_at: None,
        revoked: false,
        reaction: None,
        reacted_at: None,
        referral: None,
    }
}
