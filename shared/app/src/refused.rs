//! What is kept of refusals apart from people: what somebody with these addresses had refused before they
//! were erased (NX-11), and addresses to which nothing goes any more, whoever has them.

use domain::channel::{Channel, ChannelUser};
use domain::consent::Suppression;
use domain::contact::{EmailAddress, Profile};
use domain::customer::ChatConsent;
use domain::ids::WorkspaceId;
use store::Book;

use crate::{App, AppError, erase};

/// What somebody with one of these addresses had refused. The book as it is now: the first erasure of the
/// workspace may have been a moment ago.
pub async fn with_profile(
    app: &App,
    book: &Book,
    profile: &Profile,
) -> Result<Option<ChatConsent>, AppError> {
    let Some(key) = &book.suppression_key else {
        return Ok(None);
    };
    let ids = profile.channel_ids();
    let mut hashes: Vec<_> = ids.iter().map(|(on, user)| key.hash(*on, user)).collect();
    hashes.sort();
    hashes.dedup();
    match hashes.is_empty() {
        true => Ok(None),
        false => {
            let ws = book.settings.workspace;
            Ok(app.store.suppressed(ws, &hashes).await?)
        }
    }
}

/// Why nothing goes to this address any more, if that is so.
pub async fn address(
    app: &App,
    ws: WorkspaceId,
    address: &EmailAddress,
) -> Result<Option<Suppression>, AppError> {
    let book = app.fresh_book(ws).await?;
    match (book.suppression_key.as_ref(), user(address)) {
        (Some(key), Some(user)) => {
            let hash = key.hash(Channel::Email, &user);
            Ok(app.store.address_suppressed(ws, &hash).await?)
        }
        _ => Ok(None),
    }
}

/// Nothing goes to this address any more. The graver cause stays.
pub async fn keep_address(
    app: &App,
    ws: WorkspaceId,
    user: &ChannelUser,
    found: Suppression,
) -> Result<(), AppError> {
    let key = erase::create_key(app, ws).await?;
    let hash = key.hash(Channel::Email, user);
    app.store.suppress_address(ws, &hash, found).await?;
    Ok(())
}

/// Messages may go to this address again.
pub async fn lift_address(app: &App, ws: WorkspaceId, user: &ChannelUser) -> Result<(), AppError> {
    if let Some(key) = &app.fresh_book(ws).await?.suppression_key {
        let hash = key.hash(Channel::Email, user);
        app.store.lift_address(ws, &hash).await?;
    }
    Ok(())
}

/// The address as channels know people.
#[must_use]
pub fn user(address: &EmailAddress) -> Option<ChannelUser> {
    ChannelUser::parse(&address.key()).ok()
}
