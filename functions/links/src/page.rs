//! How a page looks: one frame, one style sheet, readable on a phone and by every program that reads
//! pages aloud.

use domain::settings::Locale;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// The whole style sheet. The policy names it by its hash, so nothing else styles a page.
pub(crate) const STYLE: &str = include_str!("style.css");

/// A page with this title, which is also its heading.
pub(crate) fn frame(locale: Locale, title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(locale.as_str()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex, nofollow";
                title { (title) }
                // Without it browsers ask for one, with the address of this page.
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    h1 { (title) }
                    (content)
                }
            }
        }
    }
}

/// There is nothing to show, and what to do about it.
pub(crate) fn trouble(locale: Locale, (title, remedy): &(&str, &str)) -> Markup {
    frame(locale, title, &html! { p { (remedy) } })
}
