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

/// Whether a machine of the customer's wrote this: an out-of-office note, a confirmation of
/// receipt. Such a text is neither an answer nor something to answer.
pub fn is_automatic(text: &str) -> bool {
    let languages = match guess_language(text) {
        Some(language) => vec![language],
        None => vec![Language::De, Language::En],
    };
    languages
        .into_iter()
        .any(|language| story::is_automatic(&reading::customer(text, Lexicon::of(language))))
}

/// Whether one customer message takes an earlier wish for no more messages back: the keyword as
/// the whole message, politeness aside, in the languages that an opt-out is read in.
pub fn opt_in(text: &str) -> bool {
    let start = Reading::Keyword {
        keyword: Keyword::Start,
    };
    keyword::read(text, Place::Chat, Receiving::Stopped) == start
}
