//! An event with a person behind it, and the conversation it belongs to.

use std::pin::Pin;

use app::apply::{self, Loaded};
use app::{App, AppError, erase};
use channels::inbound::MarketingChoice;
use channels::{InboundEvent, InboundKind};
use chrono::{DateTime, Utc};
use domain::channel::{Channel, ChannelUser};
use domain::contact::Profile;
use domain::conversation::Conversation;
use domain::customer::{ChatConsent, Customer, CustomerName, Reach};
use domain::ids::{ConnectionId, ConversationId, MessageId, WorkspaceId};
use store::{Book, RawEvent, SuppressionKey};

/// What is read of a conversation is large, and asked for from deep within: it waits on the heap.
pub(crate) type Found<'a, T> = Pin<Box<dyn Future<Output = Result<T, AppError>> + Send + 'a>>;

/// An event that names a person.
pub(crate) struct Arrival {
    pub(crate) workspace: WorkspaceId,
    pub(crate) connection: ConnectionId,
    pub(crate) user: ChannelUser,
    pub(crate) event: InboundEvent,
    /// The time in the keys of what is stored: the platform's, the same at every delivery,
    /// whatever the clock of the process that handles it says.
    pub(crate) key_at: DateTime<Utc>,
    pub(crate) now: DateTime<Utc>,
}

impl Arrival {
    /// The conversation of the user's present id.
    pub(crate) fn conversation_id(&self) -> ConversationId {
        Conversation::id_for(self.connection, &self.user)
    }

    /// Our id for something the platform has an id for: the same at every delivery.
    pub(crate) fn message_id(&self, provider_id: &str) -> MessageId {
        MessageId::derive(&[&self.connection.to_string(), provider_id])
    }

    /// The event as it came, where its kind keeps that.
    pub(crate) fn raw(&self) -> Option<RawEvent> {
        let raw = self.event.raw.clone()?;
        Some(RawEvent {
            at: self.key_at,
            dedup: self.event.dedup.clone(),
            kind: self.kind(),
            raw,
        })
    }

    /// The kind in one word.
    pub(crate) fn kind(&self) -> String {
        kind_of(&self.event.kind)
    }

    /// The conversation, begun now if there is none. `None`: somebody else begins it right now.
    pub(crate) fn find_or_begin<'a>(&'a self, app: &'a App) -> Found<'a, Option<Loaded>> {
        Box::pin(self.look_for_or_begin(app))
    }

    async fn look_for_or_begin(&self, app: &App) -> Result<Option<Loaded>, AppError> {
        if let Some(found) = self.find(app).await? {
            return Ok(Some(found));
        }
        // As it is now: what they refused may have been noted a moment ago.
        let book = app.fresh_book(self.workspace).await?;
        let Some(connection) = book.connection(self.connection).cloned() else {
            // Removed while the event was on the queue: nobody is left to answer.
            return Ok(None);
        };
        let id = self.conversation_id();
        let customer_id = apply::first_customer(self.workspace, id);
        let mut conversation = Conversation::new(
            self.workspace,
            self.connection,
            connection.channel,
            self.user.clone(),
            customer_id,
            self.now,
        );
        for alias in &self.event.aliases {
            conversation.was_looked_for(Conversation::id_for(self.connection, alias));
        }
        let refused = self.refused_before(app, &book, self.users()).await?;
        let mut customer = Customer {
            id: customer_id,
            workspace: self.workspace,
            version: 0,
            name: self.name(),
            language: self.event.profile.language.clone(),
            conversations: vec![Reach {
                conversation: id,
                connection: self.connection,
                channel: connection.channel,
                window_closes_at: None,
                refusal: None,
            }],
            turn: 0,
            offered: Vec::new(),
            chat: ChatConsent::default(),
            said: Vec::new(),
            automated_at: Vec::new(),
            named_by_staff: false,
            habit: Box::default(),
            reference: None,
            profile: Profile::default(),
            created_at: self.now,
        };
        if refused.refuses_anything() {
            customer.refuse_as(customer_id, &refused, self.now);
        }
        let templates = book.templates_of(connection.id);
        Ok(Some(Loaded {
            pointers: self.pointers(app, &conversation).await?,
            conversation,
            customer,
            book,
            connection,
            templates,
            sent_today: 0,
            segments_spent: None,
        }))
    }

    /// What was refused under these ids: who had opted out before they were erased stays so (NX-11), and so
    /// does who had opted out on another connection of the channel, whether it is still there or was
    /// deleted (NX-29).
    pub(crate) async fn refused_before(
        &self,
        app: &App,
        book: &Book,
        under: impl Iterator<Item = &ChannelUser> + Clone + Send,
    ) -> Result<ChatConsent, AppError> {
        let channel = self.event.channel;
        let mut places = Vec::new();
        for connection in other_connections(book, self.connection, channel) {
            for user in under.clone() {
                let id = Conversation::id_for(connection, user);
                let found = apply::load_followed(app, self.workspace, id).await?;
                places.extend(found.map(|found| found.customer.chat));
            }
        }
        if let Some(key) = &book.suppression_key {
            let hashes = hashes(key, channel, under);
            places.extend(app.store.suppressed(self.workspace, &hashes).await?);
        }
        Ok(ChatConsent::still_refused(&places))
    }

    /// Keeps what they chose although nobody has talked to them here yet, so that it holds once
    /// somebody does.
    pub(crate) async fn keep_marketing(
        &self,
        app: &App,
        choice: MarketingChoice,
    ) -> Result<(), AppError> {
        let (ws, at) = (self.workspace, self.event.at);
        let key = match choice {
            MarketingChoice::Stop => Some(erase::create_key(app, ws).await?),
            // Without a key nothing was ever kept.
            MarketingChoice::Resume => app.fresh_book(ws).await?.suppression_key.clone(),
        };
        let channel = self.event.channel;
        for hash in key.map_or_else(Vec::new, |key| hashes(&key, channel, self.users())) {
            match choice {
                MarketingChoice::Stop => app.store.keep_marketing_stop(ws, &hash, at).await,
                MarketingChoice::Resume => app.store.keep_marketing_allowed(ws, &hash, at).await,
            }?;
        }
        Ok(())
    }

    /// Every id that the platform tells of the person.
    pub(crate) fn users(&self) -> impl Iterator<Item = &ChannelUser> + Clone {
        [&self.user].into_iter().chain(&self.event.aliases)
    }

    /// What the platform tells of the name.
    pub(crate) fn name(&self) -> CustomerName {
        let profile = &self.event.profile;
        let display = profile
            .display_name
            .as_deref()
            .or(profile.username.as_deref());
        CustomerName::told(display, profile.first_name.as_deref())
    }
}

fn hashes<'a>(
    key: &SuppressionKey,
    channel: Channel,
    users: impl Iterator<Item = &'a ChannelUser>,
) -> Vec<String> {
    let mut hashes: Vec<_> = users.map(|user| key.hash(channel, user)).collect();
    hashes.sort();
    hashes.dedup();
    hashes
}

/// The other connections of a channel, those that were deleted first.
pub(crate) fn other_connections(
    book: &Book,
    this: ConnectionId,
    channel: Channel,
) -> impl Iterator<Item = ConnectionId> {
    let gone = book.gone_connections.iter();
    let gone = gone.map(|gone| (gone.id, gone.channel));
    let others = book.connections.iter();
    let others = others.map(|other| (other.id, other.channel));
    gone.chain(others)
        .filter(move |(id, on)| *on == channel && *id != this)
        .map(|(id, _)| id)
}

/// The kind of an event in one word.
pub(crate) fn kind_of(kind: &InboundKind) -> String {
    serde_json::to_value(kind)
        .ok()
        .and_then(|value| {
            value
                .get("type")
                .and_then(|kind| kind.as_str().map(str::to_owned))
        })
        .unwrap_or_default()
}
