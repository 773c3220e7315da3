//! An event with a person behind it, and the conversation it belongs to.

use std::pin::Pin;

use app::apply::{self, Change, Loaded};
use app::join::{Joined, join};
use app::{App, AppError, audit, erase};
use channels::inbound::MarketingChoice;
use channels::{InboundEvent, InboundKind};
use chrono::{DateTime, Utc};
use domain::channel::{Channel, ChannelUser};
use domain::contact::Profile;
use domain::conversation::Conversation;
use domain::customer::{ChatConsent, Customer, CustomerName, Reach};
use domain::ids::{ConnectionId, ConversationId, MessageId, WorkspaceId};
use store::{Book, Check, Commit, Committed, RawEvent, SuppressionKey};

/// What is read of a conversation is large, and asked for from deep within: it waits on the heap.
type Found<'a, T> = Pin<Box<dyn Future<Output = Result<T, AppError>> + Send + 'a>>;

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

    /// The conversation as it is, found also under an id the user had before.
    pub(crate) fn find<'a>(&'a self, app: &'a App) -> Found<'a, Option<Loaded>> {
        Box::pin(self.look_for(app))
    }

    async fn look_for(&self, app: &App) -> Result<Option<Loaded>, AppError> {
        let own = self.conversation_id();
        if let Some(found) = apply::load_followed(app, self.workspace, own).await? {
            let mut found = self.united(app, found).await?;
            self.goes_by_present(&mut found.conversation);
            return Ok(Some(found));
        }
        for alias in &self.event.aliases {
            let earlier = Conversation::id_for(self.connection, alias);
            let found = apply::load_followed(app, self.workspace, earlier).await?;
            if let Some(mut found) = found.filter(|it| self.is_with(&it.conversation)) {
                Box::pin(self.leave_pointer(app, &self.user, &mut found)).await?;
                self.goes_by_present(&mut found.conversation);
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Whether the conversation is with this person. Phone numbers are given to somebody else one
    /// day: who is known by an id that lasts, and comes with another such id, is somebody else.
    fn is_with(&self, head: &Conversation) -> bool {
        self.users().any(|user| *user == head.user)
    }

    /// The id that lasts takes the place of the number it was known by.
    fn goes_by_present(&self, head: &mut Conversation) {
        if self.event.aliases.contains(&head.user) {
            head.user = self.user.clone();
        }
    }

    /// With what is known of the person under their other ids. Whoever was met under two of them
    /// before the platform told that they are one is one customer from here, with what either had
    /// refused; both conversations stay.
    fn united<'a>(&'a self, app: &'a App, found: Loaded) -> Found<'a, Loaded> {
        Box::pin(self.unite(app, found))
    }

    async fn unite(&self, app: &App, mut found: Loaded) -> Result<Loaded, AppError> {
        let is_told_now = matches!(self.event.kind, InboundKind::UserIdChanged { .. });
        for alias in &self.event.aliases {
            let earlier = Conversation::id_for(self.connection, alias);
            let here = &found.conversation;
            if here.id == earlier || here.looked_for.contains(&earlier) && !is_told_now {
                continue;
            }
            match apply::load_followed(app, self.workspace, earlier).await? {
                Some(other) if other.customer.id == found.customer.id => {}
                Some(other) if !self.is_with(&other.conversation) => {}
                Some(other) => found = Box::pin(self.join(app, found, &other)).await?,
                None => Box::pin(self.leave_pointer(app, alias, &mut found)).await?,
            }
            found.conversation.was_looked_for(earlier);
        }
        Ok(found)
    }

    /// The customer of whom more is known takes the other's conversation over.
    async fn join(&self, app: &App, found: Loaded, other: &Loaded) -> Result<Loaded, AppError> {
        let weight = |customer: &Customer| {
            let by_staff = customer.reference.is_some() || customer.named_by_staff;
            (!by_staff, customer.created_at, customer.id)
        };
        let (moved, to) = if weight(&found.customer) < weight(&other.customer) {
            (other.conversation.id, found.customer.id)
        } else {
            (found.conversation.id, other.customer.id)
        };
        let change = audit::Change {
            by: None,
            action: "platform_joined_conversation",
        };
        let joined = join(app, self.workspace, moved, to, change).await?;
        let other = other.conversation.id;
        apply::apply(app, self.workspace, other, self.now, |loaded| {
            let mut head = loaded.conversation.clone();
            self.goes_by_present(&mut head);
            (head != loaded.conversation).then(|| Change {
                head: Some(head),
                cause: "joined",
                ..Change::default()
            })
        })
        .await?;
        if !matches!(joined, Joined::Done(_)) {
            tracing::warn!(
                conversation.id = %moved,
                "the platform tells of one person under two ids, and their conversations could not be joined"
            );
        }
        let again = apply::load(app, self.workspace, found.conversation.id).await?;
        Ok(again.unwrap_or(found))
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
        let refused = self.refused_before(app, &book, connection.channel).await?;
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
            chat: ChatConsent::default(),
            said: Vec::new(),
            automated_at: Vec::new(),
            named_by_staff: false,
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
        }))
    }

    /// Who had opted out before they were erased stays so (NX-11), and so does who had opted out on
    /// another connection of the channel, whether it is still there or was deleted (NX-29).
    async fn refused_before(
        &self,
        app: &App,
        book: &Book,
        channel: Channel,
    ) -> Result<ChatConsent, AppError> {
        let mut places = Vec::new();
        for connection in other_connections(book, self.connection, channel) {
            for user in self.users() {
                let id = Conversation::id_for(connection, user);
                let found = apply::load_followed(app, self.workspace, id).await?;
                places.extend(found.map(|found| found.customer.chat));
            }
        }
        if let Some(key) = &book.suppression_key {
            let hashes = self.hashes(key, channel);
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
        for hash in key.map_or_else(Vec::new, |key| self.hashes(&key, self.event.channel)) {
            match choice {
                MarketingChoice::Stop => app.store.keep_marketing_stop(ws, &hash, at).await,
                MarketingChoice::Resume => app.store.keep_marketing_allowed(ws, &hash, at).await,
            }?;
        }
        Ok(())
    }

    fn hashes(&self, key: &SuppressionKey, channel: Channel) -> Vec<String> {
        let mut hashes: Vec<_> = self.users().map(|user| key.hash(channel, user)).collect();
        hashes.sort();
        hashes.dedup();
        hashes
    }

    /// Every id that the platform tells of the person.
    fn users(&self) -> impl Iterator<Item = &ChannelUser> {
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

    /// What leads from the user's other ids to a conversation that begins under the present one:
    /// an answer in the platform's own app names the phone alone. One that led to somebody else
    /// leads here now.
    async fn pointers(
        &self,
        app: &App,
        begun: &Conversation,
    ) -> Result<Vec<Conversation>, AppError> {
        let mut pointers = Vec::new();
        for alias in self.event.aliases.iter().filter(|it| **it != self.user) {
            let id = Conversation::id_for(self.connection, alias);
            let known = app.store.head(self.workspace, id).await?;
            let is_free = known.as_ref().is_none_or(|it| it.moved_to.is_some());
            if is_free {
                pointers.push(Conversation {
                    version: known.map_or(0, |it| it.version) + 1,
                    ..begun.pointer(alias.clone(), self.now)
                });
            }
        }
        Ok(pointers)
    }

    /// So that this id finds the conversation at once next time.
    async fn leave_pointer(
        &self,
        app: &App,
        user: &ChannelUser,
        found: &mut Loaded,
    ) -> Result<(), AppError> {
        let pointer = found.conversation.pointer(user.clone(), self.now);
        // Written with the customer: an erasure that begins at this moment has to know of it. One
        // that has begun does not, and takes away what this event would lead to.
        let customer = Customer {
            version: found.customer.version + 1,
            ..found.customer.clone()
        };
        let commit = Commit {
            head: Some(pointer),
            customer: Some(customer.clone()),
            checks: vec![Check::NotErasing {
                customer: customer.id,
            }],
            ..Commit::default()
        };
        match app.store.commit(self.workspace, &commit).await? {
            Committed::Done => found.customer = customer,
            // Somebody else left the same pointer, or the next event will.
            Committed::Conflict
            | Committed::Duplicate
            | Committed::Refused(_)
            | Committed::AtLimit => {}
        }
        Ok(())
    }
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
