//! A tiny language for phrases, so that the word lists stay readable.
//!
//! A pattern is words separated by blanks, matched against the folded words of a sentence:
//!
//! | written | means |
//! |---|---|
//! | `word` | this word or a longer form of it; long words may be off by one letter |
//! | `=word` | this word, spelled exactly so |
//! | `word*`, `*word`, `*word*` | begins with, ends with, holds |
//! | `a\|b` | one of these |
//! | `a+b` | two words as one choice: `a+b\|c` |
//! | `_` | up to three words, not across a comma |
//! | `..` | up to eight words, also across commas |
//! | `#` | a number |
//! | `^`, `$` | begin or end of the sentence, or a comma there; `a\|$` is `a` or the end |
//! | `^^` | begin of the sentence |

use super::text::BREAK;

#[derive(Debug, Clone)]
pub(super) struct Pattern {
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
enum Part {
    /// One of several runs of words.
    Words {
        choices: Vec<Vec<Word>>,
        /// The end of the clause will do as well.
        or_end: bool,
    },
    Gap {
        most: usize,
        across_breaks: bool,
    },
    Number,
    Begin {
        of_sentence: bool,
    },
    End,
}

#[derive(Debug, Clone)]
pub(super) enum Word {
    /// No typo allowed.
    Only(String),
    Exact(String),
    Prefix(String),
    Suffix(String),
    Inside(String),
}

/// Where a pattern was found, as a range of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Span {
    /// Takes words of a shorter span.
    pub(super) fn outdoes(self, other: Span) -> bool {
        self.overlaps(other) && self.end - self.start > other.end - other.start
    }

    pub(super) fn overlaps(self, other: Span) -> bool {
        self.start < other.end && other.start < self.end
    }
}

impl Pattern {
    /// From a folded source.
    pub(super) fn new(source: &str) -> Pattern {
        Pattern {
            parts: source.split_whitespace().map(part).collect(),
        }
    }

    /// Where the pattern ends if it begins to match at a word.
    pub(super) fn find_at(&self, words: &[String], start: usize) -> Option<Span> {
        matches_at(&self.parts, words, start).map(|end| Span { start, end })
    }

    /// The bytes a match can begin with; `None` when it can begin with any.
    pub(super) fn first_bytes(&self) -> Option<Vec<u8>> {
        let first = self
            .parts
            .iter()
            .find(|part| !matches!(part, Part::Begin { .. }))?;
        let Part::Words { choices, .. } = first else {
            return None;
        };
        let mut bytes: Vec<u8> = choices
            .iter()
            .map(|choice| choice.first().and_then(Word::first_byte))
            .collect::<Option<_>>()?;
        bytes.sort_unstable();
        bytes.dedup();
        Some(bytes)
    }
}

fn part(source: &str) -> Part {
    match source {
        "_" => Part::Gap {
            most: 3,
            across_breaks: false,
        },
        ".." => Part::Gap {
            most: 8,
            across_breaks: true,
        },
        "#" => Part::Number,
        "^" => Part::Begin { of_sentence: false },
        "^^" => Part::Begin { of_sentence: true },
        "$" => Part::End,
        words => Part::Words {
            choices: words
                .split('|')
                .filter(|choice| *choice != "$")
                .map(|choice| choice.split('+').map(Word::new).collect())
                .collect(),
            or_end: words.split('|').any(|choice| choice == "$"),
        },
    }
}

fn matches_at(parts: &[Part], words: &[String], at: usize) -> Option<usize> {
    let Some((first, rest)) = parts.split_first() else {
        return Some(at);
    };
    match first {
        Part::Begin { of_sentence } => {
            let after_break = || words.get(at - 1).is_some_and(|w| w == BREAK);
            let begins = at == 0 || !of_sentence && after_break();
            if begins {
                matches_at(rest, words, at)
            } else {
                None
            }
        }
        Part::End => {
            if is_end(words, at) {
                matches_at(rest, words, at)
            } else {
                None
            }
        }
        Part::Number => {
            let word = words.get(at)?;
            word.starts_with(|c: char| c.is_ascii_digit())
                .then_some(())?;
            matches_at(rest, words, at + 1)
        }
        Part::Words { choices, or_end } => choices
            .iter()
            .filter(|choice| starts_with(&words[at.min(words.len())..], choice))
            .find_map(|choice| matches_at(rest, words, at + choice.len()))
            .or_else(|| {
                let ends = *or_end && is_end(words, at);
                ends.then(|| matches_at(rest, words, at)).flatten()
            }),
        Part::Gap {
            most,
            across_breaks,
        } => (0..=*most)
            .take_while(|skipped| {
                *skipped == 0
                    || words
                        .get(at + skipped - 1)
                        .is_some_and(|w| *across_breaks || w != BREAK)
            })
            .find_map(|skipped| matches_at(rest, words, at + skipped)),
    }
}

/// The end of the sentence or a comma.
fn is_end(words: &[String], at: usize) -> bool {
    words.get(at).is_none_or(|word| word == BREAK)
}

fn starts_with(words: &[String], choice: &[Word]) -> bool {
    choice.len() <= words.len()
        && choice
            .iter()
            .zip(words)
            .all(|(part, word)| part.matches(word))
}

impl Word {
    /// From a folded source.
    pub(super) fn new(source: &str) -> Word {
        if let Some(text) = source.strip_prefix('=') {
            return Word::Only(text.to_owned());
        }
        let text = source.trim_matches('*').to_owned();
        match (source.starts_with('*'), source.ends_with('*')) {
            (true, true) => Word::Inside(text),
            (true, false) => Word::Suffix(text),
            (false, true) => Word::Prefix(text),
            (false, false) => Word::Exact(text),
        }
    }

    fn first_byte(&self) -> Option<u8> {
        match self {
            Word::Only(text) | Word::Exact(text) | Word::Prefix(text) => {
                text.as_bytes().first().copied()
            }
            Word::Suffix(_) | Word::Inside(_) => None,
        }
    }

    pub(super) fn matches(&self, word: &str) -> bool {
        match self {
            // Most words differ in their first letter already.
            Word::Exact(text) => {
                text.as_bytes().first() == word.as_bytes().first()
                    && (text == word || is_form_of(word, text) || is_typo_of(word, text))
            }
            Word::Only(text) => text == word,
            Word::Prefix(text) => word.starts_with(text.as_str()),
            Word::Suffix(text) => word.ends_with(text.as_str()),
            Word::Inside(text) => word.contains(text.as_str()),
        }
    }
}

/// A longer form of a word: "zufrieden" and "zufriedene", "booking" and "bookings".
fn is_form_of(word: &str, stem: &str) -> bool {
    stem.len() >= 5
        && word
            .strip_prefix(stem)
            .is_some_and(|end| matches!(end, "e" | "en" | "er" | "es" | "em" | "n" | "s"))
}

/// One slip of the finger: a letter missing, doubled or swapped in words of six letters,
/// and also another letter from eight on ("gebucht" and "gesucht" are both right).
fn is_typo_of(word: &str, right: &str) -> bool {
    let (a, b) = (word.as_bytes(), right.as_bytes());
    if b.len() < 6 || a.len().abs_diff(b.len()) > 1 {
        return false;
    }
    let same = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[same..], &b[same..]);
    match a.len().cmp(&b.len()) {
        std::cmp::Ordering::Less => a == &b[1..],
        std::cmp::Ordering::Greater => &a[1..] == b,
        std::cmp::Ordering::Equal if a.len() >= 2 => {
            let swapped = a[0] == b[1] && a[1] == b[0] && a[2..] == b[2..];
            swapped || (right.len() >= 8 && a[1..] == b[1..])
        }
        std::cmp::Ordering::Equal => right.len() >= 8,
    }
}

#[cfg(test)]
mod tests {
    use super::super::text::{fold, sentences};
    use super::*;

    fn check(pattern: &str, text: &str, expected: bool) {
        let pattern = Pattern::new(&fold(pattern));
        let found = sentences(text)
            .iter()
            .any(|s| (0..s.words.len()).any(|at| pattern.find_at(&s.words, at).is_some()));
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn phrases() {
        check(
            "kein* _ interesse",
            "Wir haben leider kein großes Interesse",
            true,
        );
        check("kein* _ interesse", "Kein Problem, Interesse ist da", false);
        check("kein* .. interesse", "Kein Problem, Interesse ist da", true);
        check("^ ja $", "ja, gern", true);
        check("^ ja $", "das ist ja gut", false);
        check("^ wer _", "mein Bruder, wer sonst", true);
        check("^^ wer _", "mein Bruder, wer sonst", false);
        check("um # uhr", "um 16:30 Uhr", true);
        check("*termin*", "Zahnarzttermine", true);
    }

    #[test]
    fn typos() {
        check("interesse", "interese", true);
        check("interesse", "intresse", true);
        check("gebucht", "gesucht", false);
        check("passt", "past", false);
        check("bestellung", "bestelung", true);
    }
}
