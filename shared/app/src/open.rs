//! A conversation that we begin: to an address that the customer gave us, not to somebody who wrote.

use chrono::{DateTime, Utc};
use domain::channel::{Channel, ChannelUser, PhoneNumber};
use domain::connection::Connection;
use domain::contact::EmailAddress;
use domain::conversation::Conversation;
use domain::customer::{ChatConsent, Customer, Reach};
use domain::ids::{ConversationId, CustomerId, WorkspaceId};
use domain::rule::Purpose;
use store::{Book, Check, Consistency, KnownAs, PageRequest};

use crate::apply::{self, Change, Loaded};
use crate::join::MOST_CONVERSATIONS;
use crate::{App, AppError, refused};

/// How many who share an address are read at once.
const AT_ONCE: u16 = 20;

/// What came of it.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "moved once, and the large one is the usual one"
)]
pub enum Opened {
    /// The conversation as it is, or as it begins: its version is 0 then, and [`begun`] has to
    /// be part of the change that stores it.
    Loaded(Loaded),
    /// The workspace has no such customer.
    NoCustomer,
    /// It is another customer's by now.
    Taken(ConversationId),
    /// The customer has as many as there may be.
    Full,
    /// It is no address that a conversation can be with.
    NoAddress,
}

/// The customer's conversation with this address on this connection.
///
/// Families share an address: each of them has a conversation of their own there, and what is known
/// against the address holds for all.
pub async fn by_email(
    app: &App,
    ws: WorkspaceId,
    customer: CustomerId,
    connection: &Connection,
    address: &EmailAddress,
    now: DateTime<Utc>,
) -> Result<Opened, AppError> {
    let Some(user) = refused::user(address) else {
        return Ok(Opened::NoAddress);
    };
    let id = Conversation::id_for_customer(connection.id, &user, customer);
    let opened = begin(app, (ws, customer), connection, (id, user), now).await?;
    let Opened::Loaded(mut begun) = opened else {
        return Ok(opened);
    };
    if begun.conversation.version == 0
        && let Some(found) = refused::address(app, ws, address).await?
    {
        begun.conversation.suppress(found);
    }
    Ok(Opened::Loaded(begun))
}

/// The customer's conversation by SMS with this number on this connection.
///
/// Whoever writes from a number is found by the number alone, so it has one conversation there, and one
/// customer. What they said elsewhere about SMS holds here, too.
pub async fn by_sms(
    app: &App,
    ws: WorkspaceId,
    customer: CustomerId,
    connection: &Connection,
    number: &PhoneNumber,
    now: DateTime<Utc>,
) -> Result<Opened, AppError> {
    let user =
        ChannelUser::parse(number.reveal()).expect("a number is no empty text and no long one");
    let id = Conversation::id_for(connection.id, &user);
    let opened = begin(app, (ws, customer), connection, (id, user), now).await?;
    let Opened::Loaded(mut begun) = opened else {
        return Ok(opened);
    };
    if begun.conversation.version == 0 {
        let refused = refused_by_sms(app, &begun).await?;
        if refused.refuses_anything() {
            begun.customer.refuse_as(customer, &refused, now);
        }
    }
    Ok(Opened::Loaded(begun))
}

/// What was refused from this number on another connection, or before somebody was erased.
async fn refused_by_sms(app: &App, begun: &Loaded) -> Result<ChatConsent, AppError> {
    let (head, book) = (&begun.conversation, &begun.book);
    let gone = book
        .gone_connections
        .iter()
        .map(|gone| (gone.id, gone.channel));
    let there = book
        .connections
        .iter()
        .map(|there| (there.id, there.channel));
    let others = gone.chain(there);
    let others = others.filter(|(id, channel)| *channel == Channel::Sms && *id != head.connection);
    let mut places = Vec::new();
    for (connection, _) in others {
        let id = Conversation::id_for(connection, &head.user);
        let found = apply::load_followed(app, head.workspace, id).await?;
        let found = found.filter(|found| found.customer.id != begun.customer.id);
        places.extend(found.map(|found| found.customer.chat));
    }
    if let Some(key) = &book.suppression_key {
        let hashes = [key.hash(Channel::Sms, &head.user)];
        places.extend(app.store.suppressed(head.workspace, &hashes).await?);
    }
    Ok(ChatConsent::still_refused(&places))
}

/// The customer's conversation with this user, or the one with this id that begins.
async fn begin(
    app: &App,
    (ws, customer): (WorkspaceId, CustomerId),
    connection: &Connection,
    (id, user): (ConversationId, ChannelUser),
    now: DateTime<Utc>,
) -> Result<Opened, AppError> {
    let Some(mut known) = app.store.customer(ws, customer).await? else {
        return Ok(Opened::NoCustomer);
    };
    for reach in on(&known, connection) {
        let found = apply::load(app, ws, reach).await?;
        let same = |found: &Loaded| {
            let head = &found.conversation;
            head.user == user && head.moved_to.is_none() && head.customer == customer
        };
        if let Some(found) = found.filter(same) {
            return Ok(Opened::Loaded(found));
        }
    }
    if app.store.head(ws, id).await?.is_some() {
        return Ok(Opened::Taken(id));
    }
    if known.conversations.len() >= MOST_CONVERSATIONS {
        return Ok(Opened::Full);
    }
    let mut conversation = Conversation {
        id,
        ..Conversation::new(ws, connection.id, connection.channel, user, customer, now)
    };
    conversation.turn = known.turn;
    known.conversations.push(reach(id, connection));
    let book = app.book(ws).await?;
    Ok(Opened::Loaded(Loaded {
        templates: book.templates_of(connection.id),
        connection: connection.clone(),
        customer: known,
        conversation,
        book,
        sent_today: 0,
        segments_spent: None,
        pointers: Vec::new(),
    }))
}

/// The conversation by e-mail that a follow-up could begin with: with the address for messages that are
/// not advertising, from the oldest sender.
#[must_use]
pub fn offers(book: &Book, customer: &Customer) -> Vec<Reach> {
    let by_email =
        |connection: &&Connection| connection.channel == Channel::Email && connection.is_active();
    let active = book.connections.iter().filter(by_email);
    let oldest = active.min_by_key(|connection| (connection.created_at, connection.id));
    let address = customer.profile.email_for(Purpose::Transactional);
    let Some((connection, address)) = oldest.zip(address) else {
        return Vec::new();
    };
    let Some(user) = refused::user(address) else {
        return Vec::new();
    };
    let id = Conversation::id_for_customer(connection.id, &user, customer.id);
    let is_there = |reach: &Reach| reach.conversation == id;
    if customer.conversations.iter().any(is_there) {
        return Vec::new();
    }
    vec![reach(id, connection)]
}

/// The conversation that was offered, as it begins. `None`: it is none of those, or not any more.
pub async fn offered(
    app: &App,
    from: &Loaded,
    id: ConversationId,
    now: DateTime<Utc>,
) -> Result<Option<Loaded>, AppError> {
    let customer = &from.customer;
    let offered = customer
        .offered
        .iter()
        .find(|reach| reach.conversation == id);
    let connection = offered.and_then(|reach| from.book.connection(reach.connection));
    let address = customer.profile.email_for(Purpose::Transactional);
    let Some((connection, address)) = connection.zip(address) else {
        return Ok(None);
    };
    let ws = customer.workspace;
    let opened = by_email(app, ws, customer.id, connection, address, now).await?;
    Ok(match opened {
        Opened::Loaded(loaded) if loaded.conversation.id == id => Some(loaded),
        Opened::Loaded(_)
        | Opened::NoCustomer
        | Opened::Taken(_)
        | Opened::Full
        | Opened::NoAddress => None,
    })
}

fn reach(conversation: ConversationId, connection: &Connection) -> Reach {
    Reach {
        conversation,
        connection: connection.id,
        channel: connection.channel,
        window_closes_at: None,
        refusal: None,
    }
}

/// What belongs to the change that stores a conversation for the first time: the customer knows of it,
/// and is not being erased.
#[must_use]
pub fn begun(loaded: &Loaded, change: Change) -> Change {
    if loaded.conversation.version > 0 {
        return change;
    }
    let mut change = change;
    change.checks.push(Check::NotErasing {
        customer: loaded.customer.id,
    });
    Change {
        customer: change.customer.or_else(|| Some(loaded.customer.clone())),
        ..change
    }
}

/// Every conversation of the workspace with this address, whoever has it, on whichever connection.
pub async fn with_address(
    app: &App,
    ws: WorkspaceId,
    address: &EmailAddress,
) -> Result<Vec<Conversation>, AppError> {
    let user = refused::user(address);
    let mut found = Vec::new();
    let mut page = PageRequest {
        limit: AT_ONCE,
        ..PageRequest::default()
    };
    loop {
        let who = KnownAs::Email(address);
        let read = app.store.customers_known_as(ws, who, &page).await?;
        let customers = app.store.customers(ws, &read.items, Consistency::Strong);
        let customers = customers.await?;
        let reaches = customers
            .iter()
            .flat_map(|customer| &customer.conversations);
        let by_email = reaches.filter(|reach| reach.channel == Channel::Email);
        let ids: Vec<_> = by_email.map(|reach| (ws, reach.conversation)).collect();
        let heads = app.store.heads(&ids).await?;
        let with = |head: &Conversation| user.as_ref() == Some(&head.user);
        found.extend(heads.into_iter().filter(with));
        page.cursor = read.next_cursor;
        if page.cursor.is_none() {
            return Ok(found);
        }
    }
}

fn on(customer: &Customer, connection: &Connection) -> Vec<ConversationId> {
    let reaches = customer.conversations.iter();
    let there = reaches.filter(|reach| reach.connection == connection.id);
    there.map(|reach| reach.conversation).collect()
}
