//! Lists of word stems, for asking whether any of them is in a text.

use super::pattern::Word;
use super::text::fold;

/// Written as words with blanks between; `*` as in a pattern. `a-b` needs both words,
/// anywhere.
pub(super) struct Stems(Vec<Vec<Word>>);

impl Stems {
    pub(super) fn new(list: &str) -> Stems {
        Stems(
            fold(list)
                .split_whitespace()
                .map(|stem| stem.split('-').map(Word::new).collect())
                .collect(),
        )
    }

    pub(super) fn in_any(&self, words: &[String]) -> bool {
        self.0.iter().any(|parts| {
            parts
                .iter()
                .all(|part| words.iter().any(|word| part.matches(word)))
        })
    }
}
