//! Makes messy chat text comparable: one spelling, words, sentences.
//!
//! Folding is deliberately coarse. `ä`, `ae` and `a` become the same letter, accents and
//! case go, "soooo" becomes "so". The word lists are folded the same way, so what matters
//! is only that both sides agree.

use std::cell::OnceCell;
use std::ops::Deref;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::stems::Members;

/// One sentence of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sentence {
    /// Folded words, numbers and commas in order.
    pub(super) words: Vec<Token>,
    pub(super) question_mark: bool,
}

/// A folded word, number or comma, which remembers which lists of stems it is in.
#[derive(Debug, Clone)]
pub(super) struct Token {
    text: String,
    members: OnceCell<Members>,
}

impl Token {
    fn new(text: String) -> Token {
        Token {
            text,
            members: OnceCell::new(),
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn members(&self) -> Members {
        *self.members.get_or_init(|| Members::of_word(&self.text))
    }
}

impl Deref for Token {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl PartialEq for Token {
    fn eq(&self, other: &Token) -> bool {
        self.text == other.text
    }
}

impl Eq for Token {}

impl PartialEq<str> for Token {
    fn eq(&self, other: &str) -> bool {
        self.text == other
    }
}

impl PartialEq<&str> for Token {
    fn eq(&self, other: &&str) -> bool {
        self.text == *other
    }
}

/// Stands for a comma, dash or colon: a border inside a sentence.
pub(super) const BREAK: &str = ",";
/// Stands for a thumbs-up and its like.
pub(super) const THUMB: &str = "thumbsup";

/// Longer texts are read only so far; a follow-up is not decided on page three.
const MAX_CHARS: usize = 4_000;

pub(super) fn sentences(text: &str) -> Vec<Sentence> {
    let mut reader = Reader::default();
    let text = match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => &text[..end],
        None => text,
    };
    if text.chars().all(stands_for_itself) {
        reader.read_all(text.chars());
    } else {
        reader.read_all(text.nfkc());
    }
    reader.end_sentence(false);
    reader.sentences
}

/// What NFKC never changes, whatever stands beside it: most of what people write.
fn stands_for_itself(c: char) -> bool {
    c.is_ascii()
        || matches!(
            c,
            '\u{c0}'..='\u{131}' | '–' | '—' | '‘' | '’' | '„' | '“' | '”' | '€'
        )
        || matches!(c, '\u{1f300}'..='\u{1faff}')
}

/// A message without words, or the folded words of it without punctuation.
pub(super) fn bare_words(text: &str) -> Vec<Token> {
    sentences(text)
        .into_iter()
        .flat_map(|sentence| sentence.words)
        .filter(|word| *word != BREAK && *word != THUMB)
        .collect()
}

/// Folds one word (or a pattern of words) to the common spelling.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    if text.is_ascii() {
        // Nothing to normalise, and most words of all word lists.
        text.chars()
            .for_each(|c| push_folded(&mut folded, c.to_ascii_lowercase()));
    } else {
        text.nfkc()
            .flat_map(char::to_lowercase)
            .nfd()
            .for_each(|c| push_folded(&mut folded, c));
    }
    squeeze(folded)
}

fn push_folded(folded: &mut String, c: char) {
    match c {
        // The second half of ae, oe and ue.
        'e' if folded.ends_with(['a', 'o', 'u']) => {}
        c if c.is_ascii() => folded.push(c),
        c if is_combining_mark(c) => {}
        'ß' => folded.push_str("ss"),
        'ı' => folded.push('i'),
        'ø' => folded.push('o'),
        'æ' => folded.push('a'),
        'œ' => folded.push('o'),
        c => folded.push(c),
    }
}

/// Three or more of one letter in a row are written once.
fn squeeze(word: String) -> String {
    let bytes = word.as_bytes();
    if !bytes.windows(3).any(|w| w[0] == w[1] && w[1] == w[2]) && word.is_ascii() {
        return word;
    }
    let chars: Vec<char> = word.chars().collect();
    let mut out = String::with_capacity(word.len());
    let mut i = 0;
    while i < chars.len() {
        let run = chars[i..].iter().take_while(|c| **c == chars[i]).count();
        let keep = if run >= 3 && chars[i].is_alphabetic() {
            1
        } else {
            run
        };
        out.extend(std::iter::repeat_n(chars[i], keep));
        i += run;
    }
    out
}

#[derive(Default)]
struct Reader {
    sentences: Vec<Sentence>,
    words: Vec<Token>,
    word: String,
}

impl Reader {
    fn read_all(&mut self, chars: impl Iterator<Item = char>) {
        let mut chars = chars.peekable();
        while let Some(c) = chars.next() {
            self.read(c, chars.peek().copied());
        }
    }

    fn read(&mut self, c: char, next: Option<char>) {
        let digit_next = next.is_some_and(|n| n.is_ascii_digit());
        match c {
            c if c.is_alphanumeric() || is_combining_mark(c) => self.word.push(c),
            // 16:30, 16.30, 3.960 and 9,80 are one word.
            ':' | '.' | ',' if digit_next && self.number() => self.word.push(c),
            '\'' | '’' | '‘' | '`' | '´' => self.apostrophe(),
            '€' | '£' | '$' | '%' | '₺' => {
                self.end_word();
                self.words.push(Token::new(c.to_string()));
            }
            '?' => self.end_sentence(true),
            '!' | '\n' | ';' | '…' | '[' | ']' => self.end_sentence(false),
            // "14." and "Str." are no ends.
            '.' if self.number() || next.is_some_and(char::is_alphanumeric) => self.end_word(),
            '.' => self.end_sentence(false),
            ',' | ':' | '–' | '—' | '(' | ')' | '"' | '„' | '“' | '”' => self.comma(),
            '-' if !next.is_some_and(char::is_alphanumeric) => self.comma(),
            '👍' | '👌' | '🤙' => {
                self.end_word();
                self.words.push(Token::new(THUMB.to_owned()));
            }
            _ => self.end_word(),
        }
    }

    fn number(&self) -> bool {
        self.word.starts_with(|c: char| c.is_ascii_digit())
    }

    /// "don't" stays one word; the short article or pronoun of "j'ai" is one of its own.
    fn apostrophe(&mut self) {
        let folded = fold(&self.word);
        if matches!(
            folded.as_str(),
            "j" | "n" | "l" | "d" | "c" | "s" | "m" | "t" | "qu" | "un" | "dell" | "all"
        ) {
            self.end_word();
        }
    }

    fn end_word(&mut self) {
        if self.word.is_empty() {
            return;
        }
        let word = fold(&self.word);
        self.word.clear();
        match self.words.last_mut() {
            // "e-mail" and "email" are one word.
            Some(last) if *last == "e" && word.starts_with("mail") => last.text.push_str(&word),
            _ => self.words.push(Token::new(word)),
        }
    }

    fn comma(&mut self) {
        self.end_word();
        if self.words.last().is_some_and(|word| *word != BREAK) {
            self.words.push(Token::new(BREAK.to_owned()));
        }
    }

    fn end_sentence(&mut self, question_mark: bool) {
        self.end_word();
        if !self.words.is_empty() {
            self.sentences.push(Sentence {
                words: std::mem::take(&mut self.words),
                question_mark,
            });
        } else if question_mark && let Some(last) = self.sentences.last_mut() {
            // "really!?"
            last.question_mark = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let read: Vec<String> = sentences(text)
            .into_iter()
            .map(|s| {
                s.words
                    .iter()
                    .map(Token::as_str)
                    .collect::<Vec<_>>()
                    .join(" ")
                    + if s.question_mark { " ?" } else { "" }
            })
            .collect();
        assert_eq!(read.join(" / "), expected, "{text}");
    }

    #[test]
    fn words_and_sentences() {
        check("Grüße aus MÜNCHEN!", "grusse aus munchen");
        check("gruesse", "grusse");
        check("Passt das? Ja.", "passt das ? / ja");
        check("am 14. um 16.30, ok", "am 14 um 16.30 , ok");
        check("I don't", "i dont");
        check("j'ai", "j ai");
        check("soooo 👍", "so thumbsup");
        check("3.960 €", "3.960 €");
        check("hm...", "hm");
    }
}
