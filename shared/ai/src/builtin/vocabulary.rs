//! Many words of patterns, compiled so that one look at a word of a text tells which of them match.
//! The lists have thousands of them; trying each would be most of the work of a verdict.

use aho_corasick::AhoCorasick;

use super::pattern::Word;

/// The words of patterns, numbered in the order they came in.
pub(super) struct Vocabulary {
    words: Vec<Word>,
    /// What is spelled out, under its whole and, where a slip is allowed, under two of its parts.
    spelled: Buckets,
    /// Beginnings, ends and what may stand anywhere.
    affixes: AhoCorasick,
    /// The word of each affix.
    affixed: Vec<usize>,
}

impl Vocabulary {
    pub(super) fn new(words: Vec<Word>) -> Vocabulary {
        let mut spelled = Vec::new();
        let mut affixed = Vec::new();
        let mut affixes = Vec::new();
        for (index, word) in words.iter().enumerate() {
            match word {
                Word::Only(text) => spelled.push((whole(text.as_bytes()), index)),
                Word::Exact(text) => {
                    let text = text.as_bytes();
                    spelled.push((whole(text), index));
                    if may_be_misspelled(text.len()) {
                        spelled.extend(parts(text, text.len()).map(|key| (key, index)));
                    }
                }
                Word::Prefix(text) | Word::Suffix(text) | Word::Inside(text) => {
                    affixed.push(index);
                    affixes.push(text.as_str());
                }
            }
        }
        let affixes = AhoCorasick::new(affixes).expect("a few thousand short words");
        Vocabulary {
            spelled: Buckets::new(&spelled),
            affixes,
            affixed,
            words,
        }
    }

    /// Calls `found` with the number of every word of a pattern that matches, of some more than once.
    pub(super) fn matches(&self, word: &str, mut found: impl FnMut(usize)) {
        let mut check = |index: usize| {
            if self.words[index].matches(word) {
                found(index);
            }
        };
        let text = word.as_bytes();
        self.spelled.get(whole(text)).for_each(&mut check);
        for end in Word::ENDINGS {
            if let Some(stem) = word.strip_suffix(end) {
                self.spelled
                    .get(whole(stem.as_bytes()))
                    .for_each(&mut check);
            }
        }
        // A slip leaves out, adds or changes a letter, or swaps two.
        for right in text.len().saturating_sub(1)..=text.len() + 1 {
            if may_be_misspelled(right) {
                for key in parts(text, right) {
                    self.spelled.get(key).for_each(&mut check);
                }
            }
        }
        for affix in self.affixes.find_overlapping_iter(word) {
            check(self.affixed[affix.pattern().as_usize()]);
        }
    }
}

fn may_be_misspelled(length: usize) -> bool {
    length >= Word::SHORTEST_MISSPELLED
}

fn whole(text: &[u8]) -> u64 {
    hash(0, text)
}

/// Its first and its last letters, as they would be in a word of the length `right`. One slip
/// spares one of them: the letter between keeps a swap from touching both.
fn parts(text: &[u8], right: usize) -> impl Iterator<Item = u64> + use<> {
    let first = (right - 1) / 2;
    let last = right - 1 - first;
    let (head, tail) = (&text[..first], &text[text.len() - last..]);
    // The first letter is always right.
    let tail = hash(hash(2 * right as u64 + 1, &text[..1]), tail);
    [hash(2 * right as u64, head), tail].into_iter()
}

/// FNV-1a; what falls together by chance is told apart by `Word::matches`.
fn hash(seed: u64, text: &[u8]) -> u64 {
    let start = 0xcbf2_9ce4_8422_2325 ^ seed;
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    let mixed = text.iter().fold(mix(start, &0), mix);
    mixed ^ mixed >> 32
}

/// A hash table that is built once: what has the same last bits of its key stands together.
struct Buckets {
    starts: Vec<usize>,
    entries: Vec<(u64, usize)>,
}

impl Buckets {
    fn new(entries: &[(u64, usize)]) -> Buckets {
        let size = entries.len().next_power_of_two() * 2;
        let bucket = |key: u64| key as usize & (size - 1);
        let mut starts = vec![0; size + 1];
        for (key, _) in entries {
            starts[bucket(*key) + 1] += 1;
        }
        for at in 1..=size {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let mut sorted = vec![(0, 0); entries.len()];
        for entry in entries {
            let at = &mut next[bucket(entry.0)];
            sorted[*at] = *entry;
            *at += 1;
        }
        Buckets {
            starts,
            entries: sorted,
        }
    }

    fn get(&self, key: u64) -> impl Iterator<Item = usize> {
        let bucket = key as usize & (self.starts.len() - 2);
        self.entries[self.starts[bucket]..self.starts[bucket + 1]]
            .iter()
            .filter(move |(other, _)| *other == key)
            .map(|(_, index)| *index)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Finds what trying each word would find, of words so alike that most are near misses.
        #[test]
        fn finds_what_trying_each_finds(
            sources in prop::collection::vec("[=*]?[abn]{1,9}e?[ns]?\\*?", 1..40),
            word in "[abn]{1,9}e?[ns]?",
        ) {
            let words: Vec<Word> = sources.iter().map(|source| Word::new(source)).collect();
            let tried: Vec<usize> = (0..words.len()).filter(|i| words[*i].matches(&word)).collect();
            let mut found = Vec::new();
            Vocabulary::new(words).matches(&word, |index| found.push(index));
            found.sort_unstable();
            found.dedup();
            prop_assert_eq!(found, tried);
        }
    }
}
