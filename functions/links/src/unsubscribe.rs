//! The page that ends one class of messages, and the one click of mail programs (RFC 8058).

use app::App;
use app::hear::{Choice, hear};
use axum::response::Response;
use domain::consent::{Class, Source, Wanted};
use http::StatusCode;
use maud::{Markup, html};

use crate::answer::{Trouble, ok};
use crate::form::Form;
use crate::page::frame;
use crate::text::{self, Asking};
use crate::visit::Visit;

pub(crate) fn show(visit: &Visit, class: Class) -> Response {
    let said = visit.customer.chat.hear(class, Wanted::No).is_none();
    ok(match said {
        true => done(visit, class),
        false => asking(visit, class),
    })
}

/// The same again changes nothing and is answered the same way: mail programs ask twice.
pub(crate) async fn act(
    app: &App,
    visit: Visit,
    class: Class,
    form: &Form,
) -> Result<Response, Trouble> {
    let locale = visit.locale;
    let shown = if form.has(ACTION.0, ACTION.1) {
        Some(words(&visit, class).shown())
    } else if form.is_one_click() {
        None
    } else {
        return Err(Trouble::new(StatusCode::BAD_REQUEST, locale));
    };
    let choice = Choice {
        class,
        wanted: Wanted::No,
        shown,
    };
    let (ws, id) = (visit.customer.workspace, visit.customer.id);
    match hear(app, ws, id, &[choice], Source::FooterLink).await {
        Ok(Some(customer)) => Ok(ok(done(&visit.with(customer), class))),
        Ok(None) => Err(Trouble::nowhere(locale)),
        Err(error) => Err(Trouble::failed(&error, locale)),
    }
}

/// What the button sends.
const ACTION: (&str, &str) = ("action", "unsubscribe");

fn words(visit: &Visit, class: Class) -> Asking {
    text::asking(class, &visit.business, visit.locale)
}

fn asking(visit: &Visit, class: Class) -> Markup {
    let words = words(visit, class);
    let content = html! {
        p { (words.promise) }
        form method="post" {
            button name=(ACTION.0) value=(ACTION.1) { (words.button) }
        }
        (more(visit, words.more))
    };
    frame(visit.locale, &words.title, &content)
}

fn done(visit: &Visit, class: Class) -> Markup {
    let words = text::done(class, &visit.business, visit.locale);
    let content = html! {
        p.done role="status" { (words.promise) }
        (more(visit, words.more))
    };
    frame(visit.locale, words.title, &content)
}

fn more(visit: &Visit, words: &str) -> Markup {
    html! { a.more href=(visit.preferences()) { (words) } }
}
