//! How many parts a text takes as SMS (NX-45).
//!
//! 160 septets of GSM-7 or 70 code units of UCS-2 fit into one message. Longer texts are sent in
//! parts of 153 or 67, because each part carries a header. What belongs together is never torn
//! apart: a character of the extension table, a surrogate pair, a grapheme cluster.

use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

use super::gsm7;

/// The alphabet of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Encoding {
    /// Seven bits a character, two characters of it for those of the extension table.
    #[serde(rename = "gsm7")]
    Gsm7,
    /// Sixteen bits a code unit: what a single character outside GSM-7 turns the text to.
    #[serde(rename = "ucs2")]
    Ucs2,
}

impl Encoding {
    /// The alphabet this text is sent in.
    #[must_use]
    pub fn of(text: &str) -> Self {
        if text.chars().all(|c| gsm7::septets(c).is_some()) {
            Self::Gsm7
        } else {
            Self::Ucs2
        }
    }

    /// What fits into a message that is not divided.
    #[must_use]
    pub fn single(self) -> usize {
        match self {
            Self::Gsm7 => 160,
            Self::Ucs2 => 70,
        }
    }

    /// What fits into each part of a divided message.
    #[must_use]
    pub fn part(self) -> usize {
        match self {
            Self::Gsm7 => 153,
            Self::Ucs2 => 67,
        }
    }

    fn units(self, piece: &str) -> usize {
        match self {
            Self::Gsm7 => piece.chars().filter_map(gsm7::septets).sum(),
            Self::Ucs2 => piece.encode_utf16().count(),
        }
    }
}

/// The size of a text as SMS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Segments {
    /// The alphabet.
    pub encoding: Encoding,
    /// How many parts are sent and paid for; 0 for the empty text.
    pub parts: u32,
    /// Its length, in septets (GSM-7) or code units (UCS-2).
    pub units: u32,
    /// How much more fits in before the next part begins, in the same units.
    pub left: u32,
}

/// The size of a text.
#[must_use]
pub fn count(text: &str) -> Segments {
    let encoding = Encoding::of(text);
    let units = encoding.units(text);
    let (parts, left) = if units <= encoding.single() {
        (usize::from(units > 0), encoding.single() - units)
    } else {
        let parts = split(text);
        let last = parts.last().map_or(0, |part| encoding.units(part));
        (parts.len(), encoding.part() - last)
    };
    let [parts, units, left] = [parts, units, left].map(|n| u32::try_from(n).unwrap_or(u32::MAX));
    Segments {
        encoding,
        parts,
        units,
        left,
    }
}

/// The parts of a text, in order.
#[must_use]
pub fn split(text: &str) -> Vec<&str> {
    let encoding = Encoding::of(text);
    if text.is_empty() {
        return Vec::new();
    }
    if encoding.units(text) <= encoding.single() {
        return vec![text];
    }
    let mut parts = Vec::new();
    let (mut start, mut end, mut used) = (0, 0, 0);
    for piece in pieces(encoding, text) {
        let size = encoding.units(piece);
        if used + size > encoding.part() {
            parts.push(&text[start..end]);
            (start, used) = (end, 0);
        }
        end += piece.len();
        used += size;
    }
    parts.push(&text[start..]);
    parts
}

/// What must stay in one part: a grapheme cluster, unless no part could hold it. The two halves of
/// a line break are characters of their own, and GSM-7 has no other clusters.
fn pieces(encoding: Encoding, text: &str) -> Vec<&str> {
    let chars = |text| str::split_inclusive(text, |_: char| true);
    match encoding {
        Encoding::Gsm7 => chars(text).collect(),
        Encoding::Ucs2 => {
            let divided = |it: &str| it == "\r\n" || encoding.units(it) > encoding.part();
            let clusters = text.graphemes(true);
            clusters
                .flat_map(|it| {
                    if divided(it) {
                        chars(it).collect()
                    } else {
                        vec![it]
                    }
                })
                .collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, encoding: Encoding, parts: u32, units: u32, left: u32) {
        let expected = Segments {
            encoding,
            parts,
            units,
            left,
        };
        assert_eq!(count(text), expected, "{text:?}");
    }

    #[test]
    fn the_limits_are_met_exactly() {
        use Encoding::{Gsm7, Ucs2};
        check("", Gsm7, 0, 0, 160);
        check(&"a".repeat(160), Gsm7, 1, 160, 0);
        check(&"a".repeat(161), Gsm7, 2, 161, 145);
        check(&"a".repeat(306), Gsm7, 2, 306, 0);
        check(&"a".repeat(307), Gsm7, 3, 307, 152);
        check(&"я".repeat(70), Ucs2, 1, 70, 0);
        check(&"я".repeat(71), Ucs2, 2, 71, 63);
        check(&"я".repeat(134), Ucs2, 2, 134, 0);
        check(&"я".repeat(135), Ucs2, 3, 135, 66);
    }

    #[test]
    fn the_extension_table_counts_double_in_gsm7_only() {
        check("€", Encoding::Gsm7, 1, 2, 158);
        check("€я", Encoding::Ucs2, 1, 2, 68);
    }

    #[test]
    fn an_extension_pair_stays_in_one_part() {
        let text = format!("{}€{}", "a".repeat(152), "a".repeat(152));
        assert_eq!(split(&text)[0].len(), 152);
        check(&text, Encoding::Gsm7, 3, 306, 152);
    }

    #[test]
    fn a_family_stays_in_one_part() {
        let family = "👨‍👩‍👧‍👦";
        let text = format!("{}{family}{}", "я".repeat(60), "я".repeat(56));
        let parts = split(&text);
        assert_eq!(parts[0], "я".repeat(60));
        assert!(parts[1].starts_with(family));
        check(&text, Encoding::Ucs2, 2, 127, 0);
    }

    #[test]
    fn a_line_break_may_be_divided() {
        let text = format!("{}\r\n{}", "a".repeat(152), "a".repeat(10));
        let parts = split(&text);
        assert!(parts[0].ends_with('\r') && parts[1].starts_with('\n'));
    }

    #[test]
    fn a_cluster_larger_than_a_part_is_divided_between_characters() {
        let text = format!("e{}", "\u{301}".repeat(99));
        check(&text, Encoding::Ucs2, 2, 100, 34);
        let text = "\u{1f1e6}\u{200d}".repeat(60);
        assert_eq!(split(&text).concat(), text);
    }

    proptest! {
        #[test]
        fn parts_are_the_text_and_no_part_is_too_long(text in "(?s)[a-z€äя\u{301}\u{200d}👩👧🇩🇪\r\n]{0,400}") {
            let parts = split(&text);
            let size = count(&text);
            prop_assert_eq!(parts.concat(), text.clone());
            prop_assert_eq!(parts.len(), size.parts as usize);
            let most = if parts.len() > 1 { size.encoding.part() } else { size.encoding.single() };
            prop_assert!(parts.iter().all(|part| (1..=most).contains(&size.encoding.units(part))));
            // Greedy: the next piece would not have fitted.
            for pair in parts.windows(2) {
                let next = pieces(size.encoding, pair[1])[0];
                prop_assert!(size.encoding.units(pair[0]) + size.encoding.units(next) > most);
            }
        }
    }
}
