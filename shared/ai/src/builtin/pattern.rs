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

use std::collections::HashMap;

use super::text::{BREAK, Token};
use super::vocabulary::Vocabulary;

/// Many patterns, to be looked for in a sentence all at once: first which of their words are in it,
/// then only the patterns of which all words are.
pub(super) struct Patterns {
    vocabulary: Vocabulary,
    /// Where each word of the vocabulary begins a choice.
    begins: Vec<Vec<Beginning>>,
    choices: Vec<Choices>,
    patterns: Vec<Pattern>,
    /// The patterns by the rarest of the choices they cannot do without.
    by_choices: Vec<Vec<usize>>,
    /// Those that can do without any.
    unconditional: Vec<usize>,
}

struct Pattern {
    parts: Vec<Part>,
    /// The choices it cannot do without.
    needs: Vec<usize>,
    /// It begins with the first of them.
    begins_with_need: bool,
}

/// Several runs of words of which one will do.
struct Choices {
    runs: Vec<Vec<usize>>,
    single_words: bool,
}

#[derive(Clone, Copy)]
struct Beginning {
    choices: usize,
    run: usize,
}

enum Part {
    Words {
        choices: usize,
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

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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

impl Patterns {
    /// From folded sources.
    pub(super) fn new<'a>(sources: impl IntoIterator<Item = &'a str>) -> Patterns {
        let mut compiler = Compiler::default();
        let patterns: Vec<Pattern> = sources
            .into_iter()
            .map(|source| compiler.pattern(source))
            .collect();
        let mut uses = vec![0_usize; compiler.choices.len()];
        for pattern in &patterns {
            pattern.needs.iter().for_each(|need| uses[*need] += 1);
        }
        let mut by_choices = vec![Vec::new(); compiler.choices.len()];
        let mut unconditional = Vec::new();
        for (index, pattern) in patterns.iter().enumerate() {
            match pattern.needs.iter().min_by_key(|need| uses[**need]) {
                Some(rarest) => by_choices[*rarest].push(index),
                None => unconditional.push(index),
            }
        }
        let mut begins = vec![Vec::new(); compiler.words.len()];
        for (choices, of) in compiler.choices.iter().enumerate() {
            for (run, words) in of.runs.iter().enumerate() {
                begins[words[0]].push(Beginning { choices, run });
            }
        }
        Patterns {
            vocabulary: Vocabulary::new(compiler.words),
            begins,
            choices: compiler.choices,
            patterns,
            by_choices,
            unconditional,
        }
    }

    /// Which patterns are in a sentence and where, by their beginnings.
    pub(super) fn find(&self, words: &[Token]) -> Vec<(usize, Span)> {
        let sentence = self.look_up(words);
        let candidates = sentence
            .present
            .iter()
            .flat_map(|choices| &self.by_choices[*choices])
            .chain(&self.unconditional);
        let mut found = Vec::new();
        for index in candidates {
            let pattern = &self.patterns[*index];
            let mut needs = pattern.needs.iter();
            if !needs.all(|need| sentence.anywhere.has(0, *need)) {
                continue;
            }
            for start in 0..words.len() {
                if pattern.begins_with_need && !sentence.choices.has(start, pattern.needs[0]) {
                    continue;
                }
                if let Some(end) = sentence.end_of(&pattern.parts, start) {
                    found.push((*index, Span { start, end }));
                }
            }
        }
        found.sort_unstable_by_key(|(index, span)| (span.start, *index));
        found
    }

    fn look_up<'a>(&'a self, words: &'a [Token]) -> LookedUp<'a> {
        let mut known = Bits::new(words.len(), self.begins.len());
        let mut lists: Vec<Vec<usize>> = Vec::with_capacity(words.len());
        for (at, word) in words.iter().enumerate() {
            let mut list = Vec::new();
            self.vocabulary.matches(word, |index| {
                if known.set(at, index) {
                    list.push(index);
                }
            });
            lists.push(list);
        }
        let mut looked_up = LookedUp {
            patterns: self,
            words,
            known,
            choices: Bits::new(words.len(), self.choices.len()),
            anywhere: Bits::new(1, self.choices.len()),
            present: Vec::new(),
        };
        for (at, list) in lists.iter().enumerate() {
            for beginning in list.iter().flat_map(|word| &self.begins[*word]) {
                let run = &self.choices[beginning.choices].runs[beginning.run];
                if looked_up.is_run(run, at) && looked_up.choices.set(at, beginning.choices) {
                    let is_new = looked_up.anywhere.set(0, beginning.choices);
                    looked_up
                        .present
                        .extend(is_new.then_some(beginning.choices));
                }
            }
        }
        looked_up
    }
}

/// Numbers each word and each list of choices once.
#[derive(Default)]
struct Compiler {
    words: Vec<Word>,
    word_numbers: HashMap<Word, usize>,
    choices: Vec<Choices>,
    choice_numbers: HashMap<String, usize>,
}

impl Compiler {
    fn pattern(&mut self, source: &str) -> Pattern {
        let parts: Vec<Part> = source
            .split_whitespace()
            .map(|part| self.part(part))
            .collect();
        let opening = parts
            .iter()
            .position(|part| !matches!(part, Part::Begin { .. }));
        let need = |(at, part): (usize, &Part)| match part {
            // No match begins at a comma.
            Part::Words { choices, or_end } if !or_end || opening == Some(at) => Some(*choices),
            _ => None,
        };
        Pattern {
            needs: parts.iter().enumerate().filter_map(need).collect(),
            begins_with_need: opening.is_some_and(|at| matches!(parts[at], Part::Words { .. })),
            parts,
        }
    }

    fn part(&mut self, source: &str) -> Part {
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
                choices: self.choices(words),
                or_end: words.split('|').any(|choice| choice == "$"),
            },
        }
    }

    fn choices(&mut self, source: &str) -> usize {
        if let Some(number) = self.choice_numbers.get(source) {
            return *number;
        }
        let runs: Vec<Vec<usize>> = source
            .split('|')
            .filter(|choice| *choice != "$")
            .map(|choice| choice.split('+').map(|word| self.word(word)).collect())
            .collect();
        self.choices.push(Choices {
            single_words: runs.iter().all(|run| run.len() == 1),
            runs,
        });
        let number = self.choices.len() - 1;
        self.choice_numbers.insert(source.to_owned(), number);
        number
    }

    fn word(&mut self, source: &str) -> usize {
        let next = self.words.len();
        let word = Word::new(source);
        let number = *self.word_numbers.entry(word.clone()).or_insert(next);
        if number == next {
            self.words.push(word);
        }
        number
    }
}

/// A sentence and what of the patterns is in it.
struct LookedUp<'a> {
    patterns: &'a Patterns,
    words: &'a [Token],
    /// By place, which words of the vocabulary stand there.
    known: Bits,
    /// By place, which choices begin there.
    choices: Bits,
    anywhere: Bits,
    present: Vec<usize>,
}

impl LookedUp<'_> {
    fn is_run(&self, run: &[usize], at: usize) -> bool {
        at + run.len() <= self.words.len()
            && run
                .iter()
                .enumerate()
                .all(|(ahead, word)| self.known.has(at + ahead, *word))
    }

    /// Where the parts end if they begin to match at a word.
    fn end_of(&self, parts: &[Part], at: usize) -> Option<usize> {
        let Some((first, rest)) = parts.split_first() else {
            return Some(at);
        };
        match first {
            Part::Begin { of_sentence } => {
                let after_break = || self.words.get(at - 1).is_some_and(|w| *w == BREAK);
                let begins = at == 0 || !of_sentence && after_break();
                if begins { self.end_of(rest, at) } else { None }
            }
            Part::End => {
                if self.is_end(at) {
                    self.end_of(rest, at)
                } else {
                    None
                }
            }
            Part::Number => {
                let word = self.words.get(at)?;
                word.starts_with(|c: char| c.is_ascii_digit())
                    .then_some(())?;
                self.end_of(rest, at + 1)
            }
            Part::Words { choices, or_end } => {
                self.end_after_words(*choices, rest, at).or_else(|| {
                    let ends = *or_end && self.is_end(at);
                    ends.then(|| self.end_of(rest, at)).flatten()
                })
            }
            Part::Gap {
                most,
                across_breaks,
            } => (0..=*most)
                .take_while(|skipped| {
                    *skipped == 0
                        || self
                            .words
                            .get(at + skipped - 1)
                            .is_some_and(|w| *across_breaks || *w != BREAK)
                })
                .find_map(|skipped| self.end_of(rest, at + skipped)),
        }
    }

    fn end_after_words(&self, choices: usize, rest: &[Part], at: usize) -> Option<usize> {
        if at >= self.words.len() || !self.choices.has(at, choices) {
            return None;
        }
        let choices = &self.patterns.choices[choices];
        if choices.single_words {
            return self.end_of(rest, at + 1);
        }
        choices
            .runs
            .iter()
            .filter(|run| self.is_run(run, at))
            .find_map(|run| self.end_of(rest, at + run.len()))
    }

    /// The end of the sentence or a comma.
    fn is_end(&self, at: usize) -> bool {
        self.words.get(at).is_none_or(|word| *word == BREAK)
    }
}

/// Rows of bits.
struct Bits {
    bits: Vec<u64>,
    width: usize,
}

impl Bits {
    fn new(rows: usize, columns: usize) -> Bits {
        let width = columns.div_ceil(64);
        Bits {
            bits: vec![0; rows * width],
            width,
        }
    }

    fn has(&self, row: usize, column: usize) -> bool {
        self.bits[row * self.width + column / 64] >> (column % 64) & 1 == 1
    }

    /// Whether it was not set before.
    fn set(&mut self, row: usize, column: usize) -> bool {
        let bits = &mut self.bits[row * self.width + column / 64];
        let before = *bits;
        *bits |= 1 << (column % 64);
        *bits != before
    }
}

impl Word {
    /// What a longer form of a word ends with.
    pub(super) const ENDINGS: [&str; 7] = ["e", "en", "er", "es", "em", "n", "s"];
    /// From so many letters on a slip of the finger is allowed.
    pub(super) const SHORTEST_MISSPELLED: usize = 6;

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
            .is_some_and(|end| Word::ENDINGS.contains(&end))
}

/// One slip of the finger: a letter missing, doubled or swapped in words of six letters,
/// and also another letter from eight on ("gebucht" and "gesucht" are both right).
fn is_typo_of(word: &str, right: &str) -> bool {
    let (a, b) = (word.as_bytes(), right.as_bytes());
    if b.len() < Word::SHORTEST_MISSPELLED || a.len().abs_diff(b.len()) > 1 {
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
        let patterns = Patterns::new([fold(pattern).as_str()]);
        let found = sentences(text)
            .iter()
            .any(|s| !patterns.find(&s.words).is_empty());
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
