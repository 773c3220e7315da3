//! The page on which customers choose what they get.

use app::App;
use app::hear::{Choice, hear};
use axum::response::Response;
use domain::consent::{Class, Medium, Source, Wanted};
use http::StatusCode;
use maud::{Markup, html};
use store::LinkKind;

use crate::answer::{Trouble, ok};
use crate::form::Form;
use crate::page::frame;
use crate::text;
use crate::visit::Visit;

/// A choice that stands on the page.
const SHOWN: &str = "shown";
/// It was ticked when the page was made.
const WAS: &str = "was";
/// It is ticked now.
const WANT: &str = "want";
/// The button that ends everything.
const END_ALL: (&str, &str) = ("action", "end_all");
/// The button that saves.
const SAVE: (&str, &str) = ("action", "save");

pub(crate) fn show(visit: &Visit) -> Response {
    ok(page(visit, Saved::No))
}

pub(crate) async fn save(app: &App, visit: Visit, form: &Form) -> Result<Response, Trouble> {
    let locale = visit.locale;
    let end_all = form.has(END_ALL.0, END_ALL.1);
    if !end_all && !form.has(SAVE.0, SAVE.1) {
        return Err(Trouble::new(StatusCode::BAD_REQUEST, locale));
    }
    let choices = offered(&visit).into_iter().filter_map(|class| {
        let wanted = match end_all {
            true => Some(Wanted::No),
            false => chosen(form, class),
        };
        let shown = Some(text::row(class, locale).shown());
        wanted.map(|wanted| Choice {
            class,
            wanted,
            shown,
        })
    });
    let choices: Vec<_> = choices.collect();
    let (ws, id) = (visit.customer.workspace, visit.customer.id);
    match hear(app, ws, id, &choices, Source::Preferences).await {
        Ok(Some(customer)) => Ok(ok(page(&visit.with(customer), Saved::Yes))),
        Ok(None) => Err(Trouble::nowhere(locale)),
        Err(error) => Err(Trouble::failed(&error, locale)),
    }
}

/// What a form says about a class. No tick is a no, also where there was none before: the page was
/// looked at and sent. A tick is a yes only where it is new: a page that was opened before a refusal
/// must not take that back.
fn chosen(form: &Form, class: Class) -> Option<Wanted> {
    let of = |field| form.has(field, class.as_str());
    match (of(SHOWN), of(WANT), of(WAS)) {
        (true, false, _) => Some(Wanted::No),
        (true, true, false) => Some(Wanted::Yes),
        (true, true, true) | (false, _, _) => None,
    }
}

/// The classes of the media on which the customer can be reached, and of the link they came by.
fn offered(visit: &Visit) -> Vec<Class> {
    let customer = &visit.customer;
    let writes_on = |medium| {
        let mut reaches = customer.conversations.iter();
        reaches.any(|reach| Medium::of(reach.channel) == medium)
    };
    let came_by = match visit.kind() {
        LinkKind::Unsubscribe { class } => Some(class),
        LinkKind::Preferences | LinkKind::Booking { .. } => None,
    };
    let has = |medium| match medium {
        Medium::Email => !customer.profile.emails.is_empty(),
        Medium::Sms => !customer.profile.phones.is_empty() || writes_on(Medium::Sms),
        Medium::Chat => writes_on(Medium::Chat),
        Medium::InApp => false,
    };
    let of_link = |medium| came_by.is_some_and(|class| class.medium() == medium);
    let wanted = |medium: Medium| has(medium) || of_link(medium);
    let all = Class::ALL.into_iter();
    let found: Vec<_> = all.filter(|class| wanted(class.medium())).collect();
    match found.is_empty() {
        // Nothing is known yet; what they say now holds when there is an address.
        true => Class::ALL
            .into_iter()
            .filter(|it| it.medium() != Medium::Chat)
            .collect(),
        false => found,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Saved {
    Yes,
    No,
}

fn page(visit: &Visit, saved: Saved) -> Markup {
    let (locale, offered) = (visit.locale, offered(visit));
    let words = text::choosing(&visit.business, locale);
    let media = [Medium::Email, Medium::Sms, Medium::Chat];
    let content = html! {
        @if saved == Saved::Yes {
            p.done role="status" { (words.saved) }
        }
        p { (words.intro) }
        form method="post" {
            @for medium in media {
                @let classes: Vec<_> = offered.iter().filter(|it| it.medium() == medium).collect();
                @if !classes.is_empty() {
                    fieldset {
                        legend { (text::medium(medium, locale)) }
                        @for class in classes { (row(visit, *class)) }
                    }
                }
            }
            button name=(SAVE.0) value=(SAVE.1) { (words.save) }
            button.second name=(END_ALL.0) value=(END_ALL.1) { (words.end_all) }
        }
    };
    frame(locale, words.title, &content)
}

fn row(visit: &Visit, class: Class) -> Markup {
    let (standing, name) = (&visit.customer.chat, class.as_str());
    let words = text::row(class, visit.locale);
    let ticked = standing.lets_through(class);
    let elsewhere = class == Class::ChatMarketing && standing.marketing_stopped_at.is_some();
    let hint = format!("{name}-hint");
    html! {
        div.row {
            input type="checkbox" id=(name) name=(WANT) value=(name) checked[ticked]
                disabled[elsewhere] aria-describedby=(hint);
            label for=(name) { (words.label) }
            p id=(hint) {
                (words.hint)
                @if elsewhere { " " (text::at_platform(visit.locale)) }
            }
            @if !elsewhere {
                input type="hidden" name=(SHOWN) value=(name);
                @if ticked { input type="hidden" name=(WAS) value=(name); }
            }
        }
    }
}
