//! The public pages: how people end messages, or choose which they get (MO-27, RFC 8058, NX-43).
//!
//! A `GET` shows and changes nothing, so that programs which follow every link of a mail unsubscribe
//! nobody; a `POST` acts. The link to book leads on at once, because it changes nothing for anybody. No script, no cookie, nothing from elsewhere: a page is one answer. Who has
//! no token learns nothing, not even whether there is somebody.
//!
//! | address | `GET` | `POST` |
//! |---|---|---|
//! | `/l/{token}` of a class | asks | ends it; the one click of mail programs, too |
//! | `/l/{token}` of a visit | leads to the owner's booking page | nothing |
//! | `/l/{token}` of preferences, `/l/{token}/preferences` | the choices | takes them |

mod answer;
mod booking;
mod form;
mod language;
mod page;
mod preferences;
mod text;
mod unsubscribe;
mod visit;

use std::sync::Arc;

use app::App;
use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::get;
use domain::settings::Locale;
use http::{HeaderMap, Method, StatusCode};
use store::LinkKind;

use crate::answer::{Trouble, protected};
use crate::form::Form;
use crate::visit::Visit;

/// The largest body: the form of preferences has a few hundred bytes.
pub const BODY_LIMIT: usize = 16 * 1024;

/// Every route of this function.
pub fn router(app: Arc<App>) -> Router {
    let pages = get(show).post(act);
    let preferences = get(show_preferences).post(save_preferences);
    Router::new()
        .route("/l/{token}", pages)
        .route("/l/{token}/preferences", preferences)
        .fallback(nowhere)
        .method_not_allowed_fallback(no_method)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(map_response(protected))
        .with_state(app)
}

type Body = Result<Bytes, BytesRejection>;

async fn show(
    State(app): State<Arc<App>>,
    Path(token): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Trouble> {
    let visit = Visit::of(&app, &token, &headers).await?;
    Ok(match visit.kind() {
        LinkKind::Booking { .. } => booking::lead(&app, &visit, &method, &headers).await?,
        LinkKind::Unsubscribe { class } => unsubscribe::show(&visit, class),
        LinkKind::Preferences => preferences::show(&visit),
    })
}

async fn act(
    State(app): State<Arc<App>>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Trouble> {
    let visit = Visit::of(&app, &token, &headers).await?;
    let form = Form::read(&headers, body).map_err(|trouble| trouble.told_in(visit.locale))?;
    match visit.kind() {
        LinkKind::Booking { .. } => Err(Trouble::new(StatusCode::METHOD_NOT_ALLOWED, visit.locale)),
        LinkKind::Unsubscribe { class } => unsubscribe::act(&app, visit, class, &form).await,
        LinkKind::Preferences => preferences::save(&app, visit, &form).await,
    }
}

async fn show_preferences(
    State(app): State<Arc<App>>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Trouble> {
    let visit = who_may_choose(&app, &token, &headers).await?;
    Ok(preferences::show(&visit))
}

async fn save_preferences(
    State(app): State<Arc<App>>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Trouble> {
    let visit = who_may_choose(&app, &token, &headers).await?;
    let form = Form::read(&headers, body).map_err(|trouble| trouble.told_in(visit.locale))?;
    preferences::save(&app, visit, &form).await
}

/// A link to book is short, and passed on: it opens nobody's choices.
async fn who_may_choose(app: &App, token: &str, headers: &HeaderMap) -> Result<Visit, Trouble> {
    let visit = Visit::of(app, token, headers).await?;
    match visit.kind() {
        LinkKind::Booking { .. } => Err(Trouble::nowhere(visit.locale)),
        LinkKind::Unsubscribe { .. } | LinkKind::Preferences => Ok(visit),
    }
}

async fn nowhere(State(app): State<Arc<App>>, headers: HeaderMap) -> Trouble {
    Trouble::nowhere(foreign(&app, &headers))
}

async fn no_method(State(app): State<Arc<App>>, headers: HeaderMap) -> Trouble {
    Trouble::new(StatusCode::METHOD_NOT_ALLOWED, foreign(&app, &headers))
}

/// The language of somebody of whom nothing is known.
fn foreign(app: &App, headers: &HeaderMap) -> Locale {
    language::asked_for(headers).unwrap_or(app.config.defaults.locale)
}
