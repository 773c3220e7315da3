//! `/v1/rehearsals`: a message that a customer might write, and what it would set off (NX-09). The
//! functions that decide in earnest, on a copy that is thrown away.

use std::sync::Arc;

use ai::builtin::OptOut;
use ai::{Author, Transcript, Turn};
use app::App;
use app::apply::{Loaded, first_customer, load};
use app::judge::Judge;
use app::reading::Reading;
use app::transcript::transcript;
use axum::Json as Out;
use axum::extract::State;
use chrono::{DateTime, TimeDelta, Utc};
use domain::channel::{Channel, ChannelUser};
use domain::connection::Connection;
use domain::consent::Stoppable;
use domain::contact::Profile;
use domain::content::Content;
use domain::conversation::Conversation;
use domain::customer::{ChatConsent, Customer, CustomerName, Reach};
use domain::decide::{Effect, Event, decide};
use domain::field::required_text;
use domain::ids::{ConversationId, WorkspaceId};
use domain::receipt::Entry;
use domain::settings::Locale;
use domain::window::Window;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::rehearsal::MODEL_TIME;
use crate::auth::Editor;
use crate::conversations::{EntryOut, Words, names_of};
use crate::http::{Json, Problem, Query, WriteProblems};
use crate::schema;

const TEXT_LIMIT: usize = 4096;

/// In which language to explain.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RehearseMessage {
    /// The workspace's own language unless given.
    #[param(inline, value_type = Option<schema::Locale>)]
    locale: Option<Locale>,
}

/// What a customer might write.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MessageRehearsalIn {
    /// The message.
    #[schema(min_length = 1, max_length = 4096)]
    text: String,
    /// In this conversation; absent: in one that has nothing but an answer of ours.
    #[schema(value_type = Option<schema::ConversationId>)]
    conversation: Option<ConversationId>,
    /// On this channel, where no conversation is named; the first connection's unless given.
    #[schema(value_type = Option<schema::Channel>)]
    channel: Option<Channel>,
}

/// What the message would set off.
#[derive(Serialize, ToSchema)]
#[schema(as = MessageRehearsal)]
pub(crate) struct MessageRehearsalOut {
    /// Whether it asks for no more messages.
    opt_out: OptOutOut,
    /// Whether it takes an earlier opt-out back, if there is one.
    opt_in: bool,
    /// Whether a machine of the customer's seems to have written it.
    automatic: bool,
    /// What would be decided when it arrives.
    on_arrival: Vec<EntryOut>,
    /// What would be decided about the rules and their stop triggers when it is judged soon after.
    when_judged: Vec<EntryOut>,
    /// Who judged: the model, or the built-in decider and why; `null` if nobody had to.
    decided_by: Option<String>,
}

/// Whether a message asks for no more messages.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OptOutReading)]
pub(crate) enum OptOutOut {
    Yes,
    No,
    /// A person is to read it; the conversation would get the label `opt-out?`.
    Unclear,
}

/// Rehearse a customer's message: which opt-outs, stop triggers and rules would react.
///
/// Nothing is stored or sent. Judged as in earnest: by the model if there is one, and then it counts
/// against the day's tokens.
#[utoipa::path(
    post, path = "/v1/rehearsals", tag = "rules", security(("key" = ["editor"])),
    params(RehearseMessage), request_body = MessageRehearsalIn,
    responses((status = 200, description = "What it would set off.", body = MessageRehearsalOut), WriteProblems)
)]
pub(crate) async fn rehearse_message(
    caller: Editor,
    State(app): State<Arc<App>>,
    Query(query): Query<RehearseMessage>,
    Json(body): Json<MessageRehearsalIn>,
) -> Result<Out<MessageRehearsalOut>, Problem> {
    let purpose = "say what the customer might write";
    let text = required_text("text", Some(&body.text), TEXT_LIMIT, purpose)
        .map_err(|error| Problem::invalid(vec![error]))?;
    let (ws, now) = (caller.workspace(), app.now());
    let (mut loaded, mut talk) = match body.conversation {
        Some(id) => {
            let found = load(&app, ws, id).await?;
            let loaded = found.ok_or_else(|| Problem::not_found("a conversation"))?;
            let talk = transcript(&app, &loaded).await?;
            (loaded, talk)
        }
        None => invented(&app, ws, body.channel, now).await?,
    };
    let (channel, standing) = (loaded.conversation.channel, &loaded.customer.chat);
    let reading = Reading::of(&text, channel, standing);
    let wrote = reading.customer_wrote(now, Content::text(text.as_str()).preview(), true);
    let consent = reading.consent(channel, standing, now);
    if consent.is_some() {
        // What they said before they took it back is not held against them.
        talk.turns.retain(|turn| turn.author != Author::Customer);
    } else {
        talk.turns.push(Turn {
            author: Author::Customer,
            at: now,
            text,
        });
    }
    let mut on_arrival = Vec::new();
    for event in [Event::CustomerWrote(wrote)].into_iter().chain(consent) {
        on_arrival.extend(happens(&mut loaded, &event, now).0);
    }
    let (when_judged, decided_by) = judged(&app, &mut loaded, &talk).await?;

    let words = Words::of(&loaded.book.settings, query.locale);
    let names = names_of(&loaded.book.rules);
    let shown = |entries: Vec<Entry>| {
        let entries = entries.into_iter();
        entries
            .map(|entry| EntryOut::new(entry, &words, &names))
            .collect()
    };
    Ok(Out(MessageRehearsalOut {
        opt_out: match reading.opt_out {
            OptOut::Yes => OptOutOut::Yes,
            OptOut::No => OptOutOut::No,
            OptOut::Unclear => OptOutOut::Unclear,
        },
        opt_in: reading.opts_in,
        automatic: reading.automatic,
        on_arrival: shown(on_arrival),
        when_judged: shown(when_judged),
        decided_by,
    }))
}

/// Puts the rules to the decider at the time that was set for it, if one was.
async fn judged(
    app: &App,
    loaded: &mut Loaded,
    talk: &Transcript,
) -> Result<(Vec<Entry>, Option<String>), Problem> {
    let Some(at) = loaded.conversation.assess_at else {
        return Ok((Vec::new(), None));
    };
    let (mut entries, effects) = happens(loaded, &Event::TimerFired, at);
    let rules = effects.iter().find_map(|effect| match effect {
        Effect::Assess { rules } => Some(rules),
        _ => None,
    });
    let Some(rules) = rules else {
        return Ok((entries, None));
    };
    let before = loaded.clone();
    let mut judge = Judge::new(app, &before, app.now(), MODEL_TIME);
    let answer = judge.assess(talk, rules).await?;
    let decided_by = judge.decided_by();
    entries.extend(happens(loaded, &Event::Assessed(answer), at).0);
    Ok((entries, decided_by))
}

/// Decides on the copy, and keeps what the decision makes of it.
fn happens(loaded: &mut Loaded, event: &Event, at: DateTime<Utc>) -> (Vec<Entry>, Vec<Effect>) {
    let decision = decide(&loaded.snapshot(), event, at);
    loaded.conversation = decision.conversation;
    for effect in &decision.effects {
        if let Effect::SetOptOut {
            what, opted_out, ..
        } = effect
        {
            let chat = &mut loaded.customer.chat;
            let stopped = match what {
                Stoppable::Chat => &mut chat.opted_out_at,
                Stoppable::Sms => &mut chat.sms_stopped_at,
            };
            *stopped = opted_out.then_some(at);
        }
    }
    (decision.entries, decision.effects)
}

/// A customer whom we have answered a moment ago, and nothing more.
async fn invented(
    app: &App,
    ws: WorkspaceId,
    channel: Option<Channel>,
    now: DateTime<Utc>,
) -> Result<(Loaded, Transcript), Problem> {
    let book = app.fresh_book(ws).await?;
    let on_it = |known: &&Connection| channel.is_none_or(|channel| known.channel == channel);
    let connection = book.connections.iter().find(on_it).cloned();
    let connection = connection.ok_or_else(|| {
        Problem::conflict(
            "there is no connection on that channel; make one, or name another channel",
        )
    })?;
    let user = ChannelUser::parse("rehearsal").map_err(Problem::internal)?;
    let id = Conversation::id_for(connection.id, &user);
    let (asked, answered) = (now - TimeDelta::minutes(2), now - TimeDelta::minutes(1));
    let channel = connection.channel;
    let customer = first_customer(ws, id);
    let conversation = Conversation {
        episode: 1,
        last_customer_at: Some(asked),
        last_business_at: Some(answered),
        window_closes_at: Window::opened(channel, asked),
        ..Conversation::new(ws, connection.id, channel, user, customer, asked)
    };
    let customer = Customer {
        id: customer,
        workspace: ws,
        version: 0,
        name: CustomerName::default(),
        language: None,
        conversations: vec![Reach {
            conversation: id,
            connection: connection.id,
            channel,
            window_closes_at: conversation.window_closes_at,
            refusal: None,
        }],
        turn: 0,
        chat: ChatConsent::default(),
        offered: Vec::new(),
        said: Vec::new(),
        automated_at: Vec::new(),
        reference: None,
        named_by_staff: false,
        habit: Box::default(),
        profile: Profile::default(),
        created_at: asked,
    };
    let answer = Turn {
        author: Author::Business,
        at: answered,
        text: "👍".to_owned(),
    };
    let talk = Transcript {
        channel: channel.as_str().to_owned(),
        language: None,
        turns: vec![answer],
    };
    let loaded = Loaded {
        templates: book.templates_of(connection.id),
        conversation,
        customer,
        connection,
        book,
        sent_today: 0,
        segments_spent: None,
        pointers: Vec::new(),
    };
    Ok((loaded, talk))
}
