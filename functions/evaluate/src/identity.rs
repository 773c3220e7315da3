//! One person under several ids of a platform, and one id that goes from person to person.
//!
//! A conversation goes by the id that lasts; what stands under each other one leads to it. A phone
//! number is given to somebody else one day: then it leads to them.

use app::apply::{self, Change, Loaded};
use app::join::{Joined, join};
use app::{App, AppError, audit};
use channels::InboundKind;
use domain::channel::ChannelUser;
use domain::conversation::Conversation;
use domain::customer::{ChatConsent, Customer};
use store::{Check, Commit, Committed};

use crate::arrival::{Arrival, Found};

/// How often a lost race is decided again.
const TRIES: u32 = 10;

/// What came of leading an id to a conversation.
enum Led {
    Done,
    /// Whoever stands there, or the conversation's own customer, is being erased.
    Not,
    /// Something changed at this moment: what was read is of no use.
    Overtaken,
}

impl Arrival {
    /// The conversation as it is, found also under an id the user had before.
    pub(crate) fn find<'a>(&'a self, app: &'a App) -> Found<'a, Option<Loaded>> {
        Box::pin(self.look_for(app))
    }

    async fn look_for(&self, app: &App) -> Result<Option<Loaded>, AppError> {
        for _ in 0..TRIES {
            let own = self.conversation_id();
            let found = match apply::load_followed(app, self.workspace, own).await? {
                Some(found) => self.united(app, found).await?,
                None => match self.under_other_id(app).await? {
                    Some(found) => self.led_from_own_id(app, found).await?,
                    None => return Ok(None),
                },
            };
            if let Some(mut found) = found {
                self.goes_by_present(&mut found.conversation);
                return Ok(Some(found));
            }
        }
        Err(AppError::Contended)
    }

    async fn under_other_id(&self, app: &App) -> Result<Option<Loaded>, AppError> {
        for alias in &self.event.aliases {
            let earlier = Conversation::id_for(self.connection, alias);
            let found = apply::load_followed(app, self.workspace, earlier).await?;
            if let Some(found) = found.filter(|it| self.is_with(&it.conversation)) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Whether the conversation is with this person: who is known by an id that lasts, and comes
    /// with another such id, is somebody else.
    fn is_with(&self, head: &Conversation) -> bool {
        self.users().any(|user| *user == head.user)
    }

    /// The id that lasts takes the place of the number it was known by.
    fn goes_by_present(&self, head: &mut Conversation) {
        if self.event.aliases.contains(&head.user) {
            head.goes_by(self.user.clone());
        }
    }

    /// So that the present id finds the conversation at once next time. `None`: look again.
    fn led_from_own_id<'a>(&'a self, app: &'a App, found: Loaded) -> Found<'a, Option<Loaded>> {
        Box::pin(async move {
            let mut found = found;
            let led = self.lead(app, &self.user, &mut found).await?;
            Ok((!matches!(led, Led::Overtaken)).then_some(found))
        })
    }

    /// With what is known of the person under their other ids. Whoever was met under two of them
    /// before the platform told that they are one is one customer from here, with what either had
    /// refused; both conversations stay. `None`: look again.
    fn united<'a>(&'a self, app: &'a App, found: Loaded) -> Found<'a, Option<Loaded>> {
        Box::pin(self.unite(app, found))
    }

    async fn unite(&self, app: &App, mut found: Loaded) -> Result<Option<Loaded>, AppError> {
        let is_told_now = matches!(self.event.kind, InboundKind::UserIdChanged { .. });
        for alias in &self.event.aliases {
            let earlier = Conversation::id_for(self.connection, alias);
            let here = &found.conversation;
            if here.id == earlier || here.looked_for.contains(&earlier) && !is_told_now {
                continue;
            }
            let led = match apply::load_followed(app, self.workspace, earlier).await? {
                Some(other) if other.customer.id == found.customer.id => Led::Done,
                Some(other) if self.is_with(&other.conversation) => {
                    self.joined(app, &mut found, other).await?
                }
                // It is somebody else's no longer.
                Some(_) | None => Box::pin(self.lead(app, alias, &mut found)).await?,
            };
            match led {
                Led::Done => found.conversation.was_looked_for(earlier),
                Led::Not => {}
                Led::Overtaken => return Ok(None),
            }
        }
        Ok(Some(found))
    }

    fn joined<'a>(&'a self, app: &'a App, found: &'a mut Loaded, other: Loaded) -> Found<'a, Led> {
        Box::pin(self.join(app, found, other))
    }

    /// The customer of whom more is known takes over all conversations of the other one.
    async fn join(&self, app: &App, found: &mut Loaded, other: Loaded) -> Result<Led, AppError> {
        let weight = |customer: &Customer| {
            let by_staff = customer.reference.is_some() || customer.named_by_staff;
            (!by_staff, customer.created_at, customer.id)
        };
        let (lighter, to) = if weight(&found.customer) < weight(&other.customer) {
            (&other, found.customer.id)
        } else {
            (&*found, other.customer.id)
        };
        // The one that tells that they are one comes last: whoever is interrupted begins again.
        let last = lighter.conversation.id;
        let all = lighter.customer.conversations.iter();
        let before = all.map(|reach| reach.conversation).filter(|id| *id != last);
        for id in before.chain([last]) {
            let change = audit::Change {
                by: None,
                action: "platform_joined_conversation",
            };
            match join(app, self.workspace, id, to, change).await? {
                Joined::Done(_) => {}
                Joined::Erasing => return Ok(Led::Not),
                Joined::Full => {
                    tracing::warn!(
                        conversation.id = %id,
                        "the platform tells of one person under two ids, and they have too many conversations to be joined"
                    );
                    return Ok(Led::Not);
                }
                Joined::NoConversation | Joined::NoCustomer | Joined::GoesOn(_) => {
                    return Ok(Led::Overtaken);
                }
            }
        }
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
        let again = apply::load(app, self.workspace, found.conversation.id).await?;
        let Some(again) = again else {
            return Ok(Led::Overtaken);
        };
        // What was noted of the other ids is not stored yet.
        let looked_for = std::mem::take(&mut found.conversation.looked_for);
        *found = again;
        for id in looked_for {
            found.conversation.was_looked_for(id);
        }
        Ok(Led::Done)
    }

    /// What leads from the user's other ids to a conversation that begins under the present one:
    /// an answer in the platform's own app names the phone alone.
    pub(crate) async fn pointers(
        &self,
        app: &App,
        begun: &Conversation,
    ) -> Result<Vec<Conversation>, AppError> {
        let mut pointers = Vec::new();
        for alias in self.event.aliases.iter().filter(|it| **it != self.user) {
            let id = Conversation::id_for(self.connection, alias);
            let known = app.store.head(self.workspace, id).await?;
            pointers.extend(self.leading(alias, known, begun));
        }
        Ok(pointers)
    }

    /// What stands under an id from now on, so that it leads to the conversation. `None`: it stays as
    /// it is, because what stands there is of this very person, and being erased, or the platform
    /// told of who has the id now after it told this.
    fn leading(
        &self,
        user: &ChannelUser,
        known: Option<Conversation>,
        to: &Conversation,
    ) -> Option<Conversation> {
        let version = known.as_ref().map_or(0, |it| it.version) + 1;
        match known {
            Some(head) if head.moved_to.is_none() && self.is_with(&head) => None,
            Some(head) if head.moved_to.is_none() => Some(Conversation {
                version,
                number_is_with: Some(to.id),
                ..head
            }),
            Some(pointer) if pointer.created_at > self.event.at => None,
            _ => Some(Conversation {
                version,
                ..to.pointer(user.clone(), self.event.at)
            }),
        }
    }

    /// So that this id finds the conversation at once next time.
    async fn lead(
        &self,
        app: &App,
        user: &ChannelUser,
        found: &mut Loaded,
    ) -> Result<Led, AppError> {
        let id = Conversation::id_for(self.connection, user);
        let known = app.store.head(self.workspace, id).await?;
        let Some(head) = self.leading(user, known, &found.conversation) else {
            return Ok(Led::Not);
        };
        // Written with the customer: an erasure that begins at this moment has to know of it. One
        // that has begun does not, and takes away what this event would lead to.
        let mut customer = Customer {
            version: found.customer.version + 1,
            ..found.customer.clone()
        };
        // What was refused under this id alone is theirs from here: nothing is claimed in between.
        let book = app.fresh_book(self.workspace).await?;
        let there = self
            .refused_before(app, &book, std::iter::once(user))
            .await?;
        let here = ChatConsent::still_refused(std::slice::from_ref(&customer.chat));
        let refused = ChatConsent::still_refused(&[there, customer.chat.clone()]);
        // A number that somebody else had: what they refused is not this one's.
        if refused != here && head.number_is_with.is_none() {
            customer.refuse_as(customer.id, &refused, self.now);
        }
        let commit = Commit {
            head: Some(head),
            customer: Some(customer.to_store()),
            checks: vec![Check::NotErasing {
                customer: customer.id,
            }],
            ..Commit::default()
        };
        Ok(match app.store.commit(self.workspace, &commit).await? {
            Committed::Done => {
                found.customer = customer;
                Led::Done
            }
            Committed::Refused(_) => Led::Not,
            Committed::Conflict | Committed::Duplicate | Committed::AtLimit => Led::Overtaken,
        })
    }
}
