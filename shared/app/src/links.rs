//! Links for customers: made for messages and by staff, followed on the public pages.
//!
//! The address is `<PUBLIC_URL>/l/<token>`. A token ends with the customer it was given to; see
//! [`store::Link`] for what it is made of.

use chrono::NaiveDate;
use domain::consent::Class;
use domain::customer::Customer;
use domain::ids::{ConversationId, CustomerId, WorkspaceId};
use store::{Link, LinkKind, LinkToken, Store};

use crate::{App, AppError, erase};

/// How often a lost race is tried again: messages change customers, too.
const TRIES: u32 = 5;
/// What stands before the token.
pub const PATH: &str = "/l/";

/// Whom a link is for.
#[derive(Debug, Clone, Copy)]
pub struct Recipient {
    /// Whose customer.
    pub workspace: WorkspaceId,
    /// Who.
    pub customer: CustomerId,
    /// The conversation it is sent in: staff may join that to somebody else later.
    pub conversation: Option<ConversationId>,
}

/// The link that ends the class of a message, for its foot and its header (MO-27, RFC 8058).
#[derive(Debug, Clone)]
pub struct Unsubscribe {
    /// The whole address.
    pub url: String,
}

impl Unsubscribe {
    /// The headers of an e-mail that lets a mail program unsubscribe with one click. Both must be
    /// among what DKIM signs.
    #[must_use]
    pub fn headers(&self) -> [(&'static str, String); 2] {
        [
            ("List-Unsubscribe", format!("<{}>", self.url)),
            (
                "List-Unsubscribe-Post",
                "List-Unsubscribe=One-Click".to_owned(),
            ),
        ]
    }
}

/// The link that ends this class of messages; the same one whenever it is asked for. `None`: there is
/// no such customer any more, or nobody knows where this installation is reached (`PUBLIC_URL`).
///
/// One read where the customer was given the link before, and one small transaction where not.
pub async fn unsubscribe(
    app: &App,
    to: Recipient,
    class: Class,
) -> Result<Option<Unsubscribe>, AppError> {
    let Some(base) = app.config.public_url(None) else {
        return Ok(None);
    };
    let token = given(app, link(app, to, LinkKind::Unsubscribe { class })).await?;
    Ok(token.map(|token| Unsubscribe {
        url: url(&base, &token),
    }))
}

/// The address that leads to the owner's booking page; the same one whenever it is asked for.
///
/// One for each customer and visit. `None`: there is no such customer any more, or nobody knows where this installation is
/// reached (`PUBLIC_URL`).
pub async fn booking(
    app: &App,
    to: Recipient,
    visit: NaiveDate,
) -> Result<Option<String>, AppError> {
    let Some(base) = app.config.public_url(None) else {
        return Ok(None);
    };
    let token = given(app, link(app, to, LinkKind::Booking { visit })).await?;
    Ok(token.map(|token| url(&base, &token)))
}

/// The token of this link, which leads there from now on if it did not before. `None`: there is no such
/// customer.
async fn given(app: &App, link: Link) -> Result<Option<LinkToken>, AppError> {
    let token = token(app, &link).await?;
    let known = app.store.link(&token).await?.is_some();
    let leads = known || put(app, &app.store, &token, &link).await?;
    Ok(leads.then_some(token))
}

/// Makes a link through this store, which may note it for the audit log. `None`: there is no such
/// customer.
pub async fn make(
    app: &App,
    store: &Store,
    to: Recipient,
    kind: LinkKind,
) -> Result<Option<LinkToken>, AppError> {
    let link = link(app, to, kind);
    let token = token(app, &link).await?;
    let made = put(app, store, &token, &link).await?;
    Ok(made.then_some(token))
}

/// The whole address.
#[must_use]
pub fn url(base: &str, token: &LinkToken) -> String {
    format!("{base}{PATH}{}", token.reveal())
}

fn link(app: &App, to: Recipient, kind: LinkKind) -> Link {
    Link {
        workspace: to.workspace,
        customer: to.customer,
        conversation: to.conversation,
        kind,
        created_at: app.now(),
    }
}

async fn token(app: &App, link: &Link) -> Result<LinkToken, AppError> {
    let known = app.book(link.workspace).await?.suppression_key.clone();
    let key = match known {
        Some(key) => key,
        None => erase::create_key(app, link.workspace).await?,
    };
    Ok(link.token(&key))
}

async fn put(app: &App, store: &Store, token: &LinkToken, link: &Link) -> Result<bool, AppError> {
    for _ in 0..TRIES {
        if store.put_link(token, link).await? {
            return Ok(true);
        }
        let customer = app.store.customer(link.workspace, link.customer).await?;
        if customer.is_none() {
            return Ok(false);
        }
    }
    Err(AppError::Contended)
}

/// Whom a link leads to now: who has the conversation it was sent in, since staff may have said that
/// they are somebody else; without one whoever was given it.
pub async fn customer(app: &App, link: &Link) -> Result<Option<Customer>, AppError> {
    let ws = link.workspace;
    let mut owner = link.customer;
    if let Some(id) = link.conversation
        && let Some(head) = app.store.head(ws, id).await?
    {
        let moved = match head.moved_to {
            Some(target) => app.store.head(ws, target).await?,
            None => None,
        };
        owner = moved.unwrap_or(head).customer;
    }
    Ok(app.store.customer(ws, owner).await?)
}
