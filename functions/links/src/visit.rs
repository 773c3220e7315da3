//! Who came by a link, and what is shown to them.

use app::{App, AppError};
use domain::booking_page::BookingPage;
use domain::customer::Customer;
use domain::settings::Locale;
use http::HeaderMap;
use store::{Link, LinkKind, LinkToken};

use crate::answer::Trouble;
use crate::{foreign, language};

/// A customer on one of the pages.
pub(crate) struct Visit {
    pub(crate) customer: Customer,
    pub(crate) business: String,
    /// Where its customers book.
    pub(crate) booking_page: Option<BookingPage>,
    pub(crate) locale: Locale,
    /// As it stands in the address.
    pub(crate) token: LinkToken,
    link: Link,
}

impl Visit {
    pub(crate) async fn of(app: &App, token: &str, headers: &HeaderMap) -> Result<Self, Trouble> {
        let locale = foreign(app, headers);
        // What has not the shape of a token costs no look-up.
        let token = LinkToken::parse(token).ok_or(Trouble::nowhere(locale))?;
        match found(app, token, headers).await {
            Ok(Some(visit)) => Ok(visit),
            Ok(None) | Err(AppError::NoWorkspace) => Err(Trouble::nowhere(locale)),
            Err(error) => Err(Trouble::failed(&error, locale)),
        }
    }

    /// The same, after something was said.
    pub(crate) fn with(self, customer: Customer) -> Self {
        Self { customer, ..self }
    }

    pub(crate) fn link(&self) -> &Link {
        &self.link
    }

    pub(crate) fn kind(&self) -> LinkKind {
        self.link.kind
    }

    /// The page of preferences, seen from the page of the link: whatever stands before it in the
    /// public address stays.
    pub(crate) fn preferences(&self) -> String {
        format!("{}/preferences", self.token.reveal())
    }
}

async fn found(
    app: &App,
    token: LinkToken,
    headers: &HeaderMap,
) -> Result<Option<Visit>, AppError> {
    let Some(link) = app.store.link(&token).await? else {
        return Ok(None);
    };
    let Some(customer) = app::links::customer(app, &link).await? else {
        return Ok(None);
    };
    let settings = &app.book(link.workspace).await?.settings;
    Ok(Some(Visit {
        locale: language::of(&customer, headers, settings.locale),
        business: settings.business_name.clone(),
        booking_page: settings.booking_url.clone(),
        customer,
        token,
        link,
    }))
}
