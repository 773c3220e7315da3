//! What every answer carries, and the pages for when there is nothing to show.

use std::sync::LazyLock;

use app::AppError;
use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::settings::Locale;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderName, HeaderValue, StatusCode};
use maud::Markup;
use sha2::{Digest, Sha256};

use crate::page::{self, STYLE};
use crate::text;

const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

/// Nothing but this page: its one style sheet by its hash, its form, and the icon that is none.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; img-src data:; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'"
    )
});

/// The address is a secret: it goes into no cache, no index and no `Referer`.
pub(crate) async fn protected(mut response: Response) -> Response {
    let policy = HeaderValue::from_str(&POLICY).expect("a policy is plain text");
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    for (name, value) in [
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (ROBOTS, "noindex, nofollow"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

pub(crate) fn ok(page: Markup) -> Response {
    Html(page.into_string()).into_response()
}

/// What was sent cannot be taken; said in the visitor's language.
#[derive(Debug)]
pub(crate) struct Refusal(pub(crate) StatusCode);

impl Refusal {
    pub(crate) fn told_in(self, locale: Locale) -> Trouble {
        Trouble::new(self.0, locale)
    }
}

/// There is nothing to show.
pub(crate) struct Trouble {
    status: StatusCode,
    locale: Locale,
}

impl Trouble {
    pub(crate) fn new(status: StatusCode, locale: Locale) -> Self {
        Self { status, locale }
    }

    /// No such link: unknown, ended, or never one. It is not told which.
    pub(crate) fn nowhere(locale: Locale) -> Self {
        Self::new(StatusCode::NOT_FOUND, locale)
    }

    /// Something below us failed. Mail programs try again.
    pub(crate) fn failed(error: &AppError, locale: Locale) -> Self {
        let source = std::error::Error::source(error);
        let source = source.map(ToString::to_string).unwrap_or_default();
        tracing::error!(error = %error, source = %source, "a page could not be served");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, locale)
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let Self { status, locale } = self;
        let words = text::trouble(status, locale);
        let mut response = (status, ok(page::trouble(locale, &words))).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            let soon = HeaderValue::from_static("30");
            response.headers_mut().insert(RETRY_AFTER, soon);
        }
        response
    }
}
