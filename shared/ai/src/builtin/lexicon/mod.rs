//! What people say when they do something with a message, per language.
//!
//! Each language is one table from an `Act` to phrases in the notation of `pattern`. The
//! tables are the whole knowledge of a language; the code that uses them knows none.

mod de;
mod en;
mod es;
mod fr;
mod it;
mod tr;

use std::sync::OnceLock;

use super::pattern::{Patterns, Span};
use super::text::{BREAK, Sentence, fold};
use crate::transcript::Language;

/// What a sentence does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Act {
    // Both sides.
    /// A question, also without its mark.
    Asks,
    /// "if", "as soon as": what follows has not happened.
    Condition,
    /// "maybe", "might": not certain, but no condition that somebody could meet.
    Hedges,
    /// An out-of-office note or an automatic receipt.
    AutoReply,
    /// Calls itself automatic.
    AutoLabel,

    // The customer.
    /// Wishes or asks for something to be done.
    Wants,
    /// Tells the business to do something; that comes before any promise of their own.
    Requests,
    /// Reminds the business of an answer it owes.
    Chases,
    /// Will come back to it: "I'll let you know", "must ask at home first".
    Announces,
    /// Excuses a late answer, which announces none.
    Apologises,
    /// Will do their part of a deal: pay, fetch, bring. After a yes it is part of the yes.
    Intends,
    /// Says that this is no refusal: "not saying no".
    Undecided,
    /// "yes", "fine": means something only after a question.
    Agrees,
    /// Takes what was offered.
    Books,
    /// A question only somebody asks who has accepted: "when can you start?"
    Starts,
    /// Has bought, paid, signed, enrolled, picked up.
    Done,
    /// Refuses the matter itself.
    Declines,
    /// "Thanks, but": a refusal when nothing else is in it.
    ThanksBut,
    /// Cancels an appointment or order.
    Cancels,
    /// Wants another appointment for one that falls through.
    Rebooks,
    /// Puts the matter off for a season or longer.
    Postpones,
    /// Asks to hear of something later or else: "ask us again in September".
    AsksAgain,
    /// Takes back what was just said: "only joking".
    Jokes,
    /// Has ended with another business, which is no refusal of us.
    EndsOther,
    /// Refuses one proposed time.
    BadTime,
    /// Has found, bought or signed somewhere else.
    Elsewhere,
    /// The need itself is gone.
    NeedGone,
    /// Hands in papers, pictures or data.
    Delivers,
    Problem,
    Pleased,
    Thanks,

    // The business.
    /// Owes the next word: "we'll check and come back".
    Promises,
    /// Sends goods on their way, which answers nobody and keeps nobody waiting for an answer.
    Ships,
    /// Advertising to everybody.
    Promo,
    /// Confirms a booking.
    Booked,
    /// Asks for papers, pictures or data.
    AsksDocs,
    /// Wants a yes without asking: "reply YES to renew".
    AsksYes,
    /// An open question: which, when, how many.
    AsksInfo,
    /// Asks how the customer liked it.
    AsksFeedback,
    /// Leaves the next word to the customer: "just let us know".
    Invites,
    /// Takes note of a refusal: "what a pity".
    Regrets,
    /// Sends an offer, a price list, a comparison.
    Offers,

    // Messages themselves.
    OptOut,
    /// May be one; a person should look.
    MaybeOptOut,
    /// Wants to be left in peace, or will come on their own.
    Peace,
    /// Counts our messages, or complains of their number.
    ManyMessages,
    /// Wants messages, or talks of a list without leaving it.
    OptIn,
    /// Text that gives orders to the program reading it.
    Planted,
}

impl Act {
    /// Ends a matter for good.
    pub(super) fn is_an_end(self) -> bool {
        use Act::{Cancels, Declines, Elsewhere, NeedGone};
        matches!(self, Declines | Elsewhere | NeedGone | Cancels)
    }

    /// Is about our messages or meant for the program, and says nothing of the matter.
    pub(super) fn is_about_messages(self) -> bool {
        use Act::{ManyMessages, MaybeOptOut, OptIn, OptOut, Peace, Planted};
        matches!(
            self,
            OptOut | MaybeOptOut | Peace | ManyMessages | OptIn | Planted
        )
    }

    /// Takes words it shares with a shorter phrase for something else.
    fn reinterprets(self, other: Act) -> bool {
        if self == Act::Apologises {
            return matches!(other, Act::Announces | Act::Chases);
        }
        let ends = matches!(self, Act::Declines | Act::Elsewhere | Act::NeedGone);
        ends && matches!(
            other,
            Act::Announces | Act::Asks | Act::Condition | Act::Hedges
        )
    }
}

pub(super) type Table = &'static [(Act, &'static [&'static str])];

/// Names for lists of words that several phrases share, written `@name` in them.
pub(super) type Groups = &'static [(&'static str, &'static str)];

struct Phrase {
    act: Act,
    /// Holds a negation itself: "kein Interesse".
    negative: bool,
}

/// An act found in a sentence.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub(super) act: Act,
    pub(super) span: Span,
    /// The phrase holds a negation itself and means what it says.
    pub(super) negative: bool,
}

pub(super) struct Lexicon {
    phrases: Vec<Phrase>,
    /// Of each phrase.
    patterns: Patterns,
    negators: Vec<String>,
}

impl Lexicon {
    pub(super) fn of(language: Language) -> &'static Lexicon {
        static READY: [OnceLock<Lexicon>; Language::ALL.len()] =
            [const { OnceLock::new() }; Language::ALL.len()];
        READY[language as usize].get_or_init(|| {
            let (table, groups, negators) = source(language);
            Lexicon::new(table, groups, negators)
        })
    }

    fn new(table: Table, groups: Groups, negators: &str) -> Lexicon {
        let negators: Vec<String> = fold(negators)
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        let all = table
            .iter()
            .flat_map(|(act, sources)| sources.iter().map(|source| (*act, *source)));
        let (phrases, sources): (Vec<Phrase>, Vec<String>) = all
            .map(|(act, source)| {
                let source = fold(&expand(source, groups));
                let mut words = source.split([' ', '|', '+']);
                let negative = words.any(|word| holds(&negators, word.trim_matches(['=', '*'])));
                (Phrase { act, negative }, source)
            })
            .unzip();
        Lexicon {
            patterns: Patterns::new(sources.iter().map(String::as_str)),
            phrases,
            negators,
        }
    }

    /// Every act found in a sentence and where. A longer phrase decides what the words in it
    /// mean: "more than I was hoping to spend" hopes for nothing.
    pub(super) fn acts(&self, sentence: &Sentence) -> Vec<Found> {
        let all = self.all_acts(sentence);
        let one_clause = |span: Span| {
            let words = &sentence.words[span.start..span.end];
            words.iter().all(|word| *word != BREAK)
        };
        let shadowed = |short: &Found| {
            all.iter().any(|long| {
                long.act.reinterprets(short.act)
                    && long.span.outdoes(short.span)
                    && one_clause(long.span)
            })
        };
        all.iter()
            .filter(|found| !shadowed(found))
            .copied()
            .collect()
    }

    fn all_acts(&self, sentence: &Sentence) -> Vec<Found> {
        let found = self.patterns.find(&sentence.words).into_iter();
        found
            .map(|(index, span)| Found {
                act: self.phrases[index].act,
                span,
                negative: self.phrases[index].negative,
            })
            .collect()
    }

    pub(super) fn is_negator(&self, word: &str) -> bool {
        holds(&self.negators, word)
    }
}

/// Writes groups out. A name ends where a word does: `@reach` is not in `@reaching`.
fn expand(phrase: &str, groups: Groups) -> String {
    phrase
        .split_inclusive([' ', '|', '+'])
        .map(|part| {
            let name = part.trim_end_matches([' ', '|', '+']);
            match groups.iter().find(|(group, _)| *group == name) {
                Some((_, words)) => part.replace(name, words),
                None => part.to_owned(),
            }
        })
        .collect()
}

fn holds(negators: &[String], word: &str) -> bool {
    negators
        .iter()
        .any(|negator| match negator.strip_suffix('*') {
            Some(stem) => word.starts_with(stem),
            None => word == negator,
        })
}

fn source(language: Language) -> (Table, Groups, &'static str) {
    match language {
        Language::De => (de::TABLE, de::GROUPS, de::NEGATORS),
        Language::En => (en::TABLE, en::GROUPS, en::NEGATORS),
        Language::Fr => (fr::TABLE, &[], fr::NEGATORS),
        Language::Es => (es::TABLE, &[], es::NEGATORS),
        Language::It => (it::TABLE, &[], it::NEGATORS),
        Language::Tr => (tr::TABLE, &[], tr::NEGATORS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_written_out() {
        let groups: Groups = &[("@reach", "call|text"), ("@reaching", "calling|texting")];
        let expanded = expand("stop @reaching|@reach me", groups);
        assert_eq!(expanded, "stop calling|texting|call|text me");
    }

    #[test]
    fn every_group_is_known() {
        for language in Language::ALL {
            let (table, groups, _) = source(language);
            let phrases = table.iter().flat_map(|(_, phrases)| phrases.iter());
            let unknown: Vec<_> = phrases
                .filter(|phrase| expand(phrase, groups).contains('@'))
                .collect();
            assert!(unknown.is_empty(), "{unknown:?}");
        }
    }
}
