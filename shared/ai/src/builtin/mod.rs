//! The decider that needs no model: small grammars and word lists, German and English
//! first, with basic French, Spanish, Italian and Turkish.
//!
//! A message is read for what it does (`reading`, with the `lexicon` of its language), the
//! conversation is told turn by turn (`story`), the rule is read for what it presupposes
//! (`rule`), and `verdict` puts the two together: what was said in so many words decides alone,
//! the other readings are weighed (`readings`, `weights`). Every verdict has a reason.

mod language;
mod lexicon;
mod opt_out;
mod pattern;
mod reading;
mod readings;
mod reasons;
mod rule;
mod slots;
mod stems;
mod story;
mod text;
mod texts;
mod time;
mod topics;
mod verdict;
mod vocabulary;
mod weights;
mod write;

use domain::keyword::{self, Keyword, Place, Reading, Receiving};

use crate::transcript::Language;
use lexicon::Lexicon;

pub use language::guess_language;
pub use reasons::in_german;
pub use time::pick_time;
pub use verdict::{assess, assess_with, readings_of};
pub use weights::{Course, Weight, Weights};
pub use write::write;

/// Whether a text asks for no more messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptOut {
    Yes,
    No,
    /// A person should look at it.
    Unclear,
}

/// Whether one customer message asks for no more messages. On SMS a few more keywords
/// count, which elsewhere may be about an appointment (`cancel`, `ende`).
pub fn opt_out(text: &str, channel: &str) -> OptOut {
    opt_out::read(text, channel)
}

/// Whether a rule's description says anything that is understood here. A rule that does not is never
/// applied without a model.
pub fn understands(description: &str) -> bool {
    rule::is_understood(description)
}

/// Whether a machine of the customer's wrote this and says so.
///
/// An out-of-office note, a confirmation of receipt: neither an answer nor something to answer.
/// Whatever a person might have written is theirs.
pub fn is_automatic(text: &str) -> bool {
    let languages = match guess_language(text) {
        Some(language) => vec![language],
        None => vec![Language::De, Language::En],
    };
    languages.into_iter().any(|language| {
        story::calls_itself_automatic(&reading::customer(text, Lexicon::of(language)))
    })
}

/// Whether one customer message takes an earlier wish for no more messages back: the keyword as
/// the whole message, politeness aside, in the languages that an opt-out is read in.
pub fn opt_in(text: &str) -> bool {
    let start = Reading::Keyword {
        keyword: Keyword::Start,
    };
    keyword::read(text, Place::Chat, Receiving::Stopped) == start
}

#[cfg(test)]
mod tests {
    use super::is_automatic;

    /// NX-23: what a machine writes neither cancels a follow-up nor gets one. What a person may have
    /// written is a reply, and after a reply nothing goes out.
    #[test]
    fn only_what_calls_itself_automatic_is() {
        let machines = [
            "Automatische Antwort: außer Haus.",
            "Dies ist eine automatisch erstellte Nachricht. Bitte nicht antworten.",
            "Abwesenheitsnotiz",
            "Dies ist eine automatische Antwort: Ich bin bis Montag nicht im Büro.",
            "Automatic reply: the office is closed.",
            "This mailbox is not monitored.",
        ];
        for text in machines {
            assert!(is_automatic(text), "{text}");
        }
        let people = [
            "Danke für die Nachricht, Dienstag 10 Uhr passt mir gut.",
            "Danke für deine Nachricht, ich möchte den Termin doch nicht mehr.",
            "Danke für die Mail! Bitte buchen.",
            "Thanks for getting in touch, we will get back to you on Monday.",
            "Vielen Dank für Ihre Nachricht. Ich bin bis Freitag im Urlaub und melde mich danach.",
            "Ich habe die automatisch erstellte Rechnung bekommen, passt so.",
            "Danke für die Eingangsbestätigung!",
            "Eingangsbestätigung ist da, Dienstag passt",
            "Sorry, I am out of office until Monday",
            "Ist das eine automatische Antwort?",
        ];
        for text in people {
            assert!(!is_automatic(text), "{text}");
        }
    }
}
