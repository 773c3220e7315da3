//! Messages: by the customer, and by people of the business outside our API.

use ai::builtin::OptOut;
use app::apply::{self, Applied, Change, Loaded};
use app::correlation::Correlation;
use app::reading::Reading;
use app::{App, AppError};
use channels::inbound::{Echo, EchoOrigin, InboundMessage, Postback};
use domain::channel::Channel;
use domain::content::Content;
use domain::conversation::Conversation;
use domain::decide::Event;
use domain::message::{Author, Message, Status};

use crate::arrival::Arrival;
use crate::reports;

/// The label of a conversation in which the customer may have asked for no more messages.
const OPT_OUT_LABEL: &str = "opt-out?";

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
    let words = message.content.words().unwrap_or_default();
    let mut reading = Reading::of(words, arrival.event.channel);
    reading.automatic |= message.automatic;
    // The inbox says what the decision was made on.
    let automatic = reading.automatic;
    let contents = std::iter::once(&message.content).chain(&message.more);
    let messages = contents
        .enumerate()
        .map(|(number, content)| stored(arrival, message, content.clone(), number, automatic))
        .collect();
    customer_wrote(app, arrival, messages, reading).await
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
        title: title.clone(),
    };
    let id = postback.id.as_deref().unwrap_or(&arrival.event.dedup);
    let message = Message {
        id: arrival.message_id(id),
        ..customer_message(arrival, content, false)
    };
    // Whoever taps is a person.
    let reading = Reading {
        automatic: false,
        ..Reading::of(&title, arrival.event.channel)
    };
    customer_wrote(app, arrival, vec![message], reading).await
}

async fn customer_wrote(
    app: &App,
    arrival: &Arrival,
    messages: Vec<Message>,
    reading: Reading,
) -> Result<(), AppError> {
    let preview = messages
        .first()
        .map(|message| message.content.preview())
        .unwrap_or_default();
    let (at, opens_window) = (arrival.event.at, arrival.event.opens_window());
    let event = Event::CustomerWrote(reading.customer_wrote(at, preview, opens_window));
    let extra = Extra {
        label: (reading.opt_out == OptOut::Unclear).then_some(OPT_OUT_LABEL),
        reading: Some(reading),
    };
    store(app, arrival, &messages, "customer_wrote", &event, extra).await
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
        && let Some(ours) = app
            .store
            .message_by_provider_id(arrival.workspace, found.conversation.id, &echo.id)
            .await?
    {
        let (about, at) = (reports::correlation_of(&ours), arrival.event.at);
        return reports::report(app, arrival, about, Status::Sent, at).await;
    }
    let message = Message {
        id: arrival.message_id(echo.id.reveal()),
        author: Author::Platform,
        status: Status::Sent,
        provider_id: Some(echo.id.clone()),
        ..customer_message(arrival, echo.content.clone(), false)
    };
    let event = Event::BusinessWrote {
        at: arrival.event.at,
        preview: echo.content.preview(),
    };
    store(
        app,
        arrival,
        &[message],
        "business_wrote",
        &event,
        Extra::default(),
    )
    .await
}

/// What a message sets off besides ending a silence.
#[derive(Clone, Copy, Default)]
struct Extra<'a> {
    /// A label for people.
    label: Option<&'a str>,
    /// What the customer's words mean; they may take an opt-out back.
    reading: Option<Reading>,
}

/// Stores the messages together with the decision about them.
async fn store(
    app: &App,
    arrival: &Arrival,
    messages: &[Message],
    cause: &'static str,
    event: &Event,
    extra: Extra<'_>,
) -> Result<(), AppError> {
    for _ in 0..10 {
        let Some(loaded) = arrival.find_or_begin(app).await? else {
            return Ok(());
        };
        let id = loaded.conversation.id;
        let is_new = loaded.conversation.version == 0;
        let mut head = loaded.conversation.clone();
        let messages = messages
            .iter()
            .map(|message| {
                let message = message.clone();
                head.take_early(Message {
                    conversation: id,
                    ..message
                })
            })
            .collect();
        label(&mut head, extra.label);
        let consent = extra
            .reading
            .and_then(|reading| reading.consent(&loaded.customer));
        let thread = thread(arrival, event);
        let change = Change {
            events: thread
                .into_iter()
                .chain([event.clone()])
                .chain(consent)
                .collect(),
            cause,
            new_messages: messages,
            dated_by_us: arrival.event.at_is_ours,
            customer: changed_customer(arrival, &loaded, event, is_new),
            head: (head != loaded.conversation).then_some(head),
            raw: arrival.raw(),
            ..Change::default()
        };
        match apply::apply_once(app, loaded, change, arrival.now).await? {
            None => {}
            Some(Applied::Duplicate) => {
                tracing::info!(conversation.id = %id, "an event was delivered again and changed nothing");
                return Ok(());
            }
            Some(_) => return Ok(()),
        }
    }
    Err(AppError::Contended)
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

/// One more label, unless the head has it.
fn label(head: &mut Conversation, label: Option<&str>) {
    if let Some(label) = label
        && !head.labels.iter().any(|known| known == label)
    {
        head.labels.push(label.to_owned());
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
    let wrote = matches!(event, Event::CustomerWrote(message) if !message.automatic);
    let opened = arrival.event.opens_window().then_some(arrival.event.at);
    customer.heard(loaded.conversation.id, opened, wrote);
    (is_new || customer != loaded.customer).then_some(customer)
}

fn stored(
    arrival: &Arrival,
    message: &InboundMessage,
    content: Content,
    number: usize,
    automatic: bool,
) -> Message {
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
        ..customer_message(arrival, content, automatic)
    }
}

fn customer_message(arrival: &Arrival, content: Content, automatic: bool) -> Message {
    Message {
        id: arrival.message_id(&arrival.event.dedup),
        workspace: arrival.workspace,
        conversation: arrival.conversation_id(),
        at: arrival.key_at,
        author: Author::Customer { automatic },
        content,
        hidden: false,
        status: Status::Received,
        status_at: arrival.event.at,
        reason: None,
        provider_id: None,
        attempts: 0,
        edited: None,
        revoked: false,
        reaction: None,
        referral: None,
    }
}
