//! Which characters make an SMS dear, and what to write instead (NX-07, NX-45).
//!
//! A suggestion is for the eyes of whoever writes the text. It is never applied unasked: `ş` and
//! `s` are different letters.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

use super::{Encoding, Segments, count, gsm7};

/// What a text costs as SMS, why, and how to make it cheaper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advice {
    /// Its size as it stands.
    pub now: Segments,
    /// What is not in GSM-7, in the order of its first appearance; empty when all of it is.
    pub causes: Vec<Cause>,
    /// A text that fits into GSM-7 and takes no more parts; `None` when there is none or none is
    /// needed.
    pub suggestion: Option<Suggestion>,
}

/// Something outside GSM-7.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// What it is: one character, or several that are seen as one.
    pub text: String,
    /// Where it first stands: characters before it (Unicode scalar values).
    pub first_at: u32,
    /// How often it stands there.
    pub times: u32,
    /// What could stand in its place; `None`: nothing says the same in GSM-7.
    pub replacement: Option<Replacement>,
}

/// What could stand in the place of something outside GSM-7.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replacement {
    /// The text, possibly empty.
    pub to: String,
    /// What it changes.
    pub change: Change,
}

/// What a replacement changes for the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Nothing: the same character, stored in one piece, or something nobody sees.
    Invisible,
    /// The sign looks a little different.
    LookAlike,
    /// A letter loses its accent or is written in another way.
    PlainLetter,
    /// A picture is left out.
    Removed,
}

/// The cheaper text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    /// All of it.
    pub text: String,
    /// Its size.
    pub then: Segments,
    /// How many parts that saves with each message.
    pub saved_parts: u32,
}

/// Looks at a text.
#[must_use]
pub fn advise(text: &str) -> Advice {
    let now = count(text);
    if now.encoding == Encoding::Gsm7 {
        return Advice {
            now,
            causes: Vec::new(),
            suggestion: None,
        };
    }
    let mut causes: Vec<Cause> = Vec::new();
    let mut rewritten = Rewriter::default();
    let mut at = 0;
    for cluster in text.graphemes(true) {
        if is_gsm7(cluster) {
            rewritten.keep(cluster);
        } else {
            let known = causes.iter().position(|cause| cause.text == cluster);
            let place = known.unwrap_or_else(|| {
                causes.push(Cause {
                    text: cluster.to_owned(),
                    first_at: at,
                    times: 0,
                    replacement: replace(cluster),
                });
                causes.len() - 1
            });
            causes[place].times += 1;
            rewritten.replace(cluster, causes[place].replacement.as_ref());
        }
        at += u32::try_from(cluster.chars().count()).unwrap_or(0);
    }
    let all_replaced = causes.iter().all(|cause| cause.replacement.is_some());
    let suggestion = Some(rewritten.finish())
        .filter(|text| all_replaced && !text.is_empty())
        .and_then(|text| {
            let then = count(&text);
            let saved_parts = now.parts.checked_sub(then.parts)?;
            Some(Suggestion {
                text,
                then,
                saved_parts,
            })
        });
    Advice {
        now,
        causes,
        suggestion,
    }
}

/// Puts the cheaper text together. A picture that is left out takes one of the spaces around it
/// along.
#[derive(Default)]
struct Rewriter {
    text: String,
    after_removed: bool,
}

impl Rewriter {
    fn keep(&mut self, cluster: &str) {
        let doubled = self.after_removed && (self.text.is_empty() || self.text.ends_with(' '));
        if !(doubled && cluster == " ") {
            self.text.push_str(cluster);
        }
        self.after_removed = false;
    }

    fn replace(&mut self, cluster: &str, replacement: Option<&Replacement>) {
        match replacement {
            Some(it) if it.change == Change::Removed => self.after_removed = true,
            Some(it) => self.keep(&it.to),
            None => self.keep(cluster),
        }
    }

    fn finish(mut self) -> String {
        if self.after_removed && self.text.ends_with(' ') {
            self.text.pop();
        }
        self.text
    }
}

fn is_gsm7(text: &str) -> bool {
    text.chars().all(|c| gsm7::septets(c).is_some())
}

fn replace(cluster: &str) -> Option<Replacement> {
    let composed: String = cluster.nfc().collect();
    if is_gsm7(&composed) {
        let change = Change::Invisible;
        return Some(Replacement {
            to: composed,
            change,
        });
    }
    let mut to = String::new();
    let mut change = Change::Invisible;
    for c in composed.chars() {
        let (text, what) = replace_char(c)?;
        to.push_str(&text);
        change = graver(change, what);
    }
    let change = if change == Change::Removed && !to.is_empty() {
        Change::LookAlike
    } else {
        change
    };
    Some(Replacement { to, change })
}

fn graver(one: Change, other: Change) -> Change {
    let rank = |change| match change {
        Change::Invisible => 0,
        Change::LookAlike => 1,
        Change::PlainLetter => 2,
        Change::Removed => 3,
    };
    if rank(one) < rank(other) { other } else { one }
}

fn replace_char(c: char) -> Option<(String, Change)> {
    if gsm7::septets(c).is_some() {
        return Some((c.to_string(), Change::Invisible));
    }
    if let Some((text, change)) = by_name(c) {
        return Some((text.to_owned(), change));
    }
    if is_combining_mark(c) {
        return Some((String::new(), Change::LookAlike));
    }
    if is_picture(c) {
        return Some((String::new(), Change::Removed));
    }
    if !c.is_alphanumeric() {
        return None;
    }
    let plain: String = c.nfkd().filter(|c| !is_combining_mark(*c)).collect();
    let change = if c.is_alphabetic() {
        Change::PlainLetter
    } else {
        Change::LookAlike
    };
    (!plain.is_empty() && is_gsm7(&plain)).then_some((plain, change))
}

/// What has a name of its own; the rest follows from how Unicode takes characters apart.
fn by_name(c: char) -> Option<(&'static str, Change)> {
    use Change::{Invisible, LookAlike, PlainLetter};
    Some(match c {
        '„' | '“' | '”' | '‟' | '«' | '»' | '〝' | '〞' | '″' => ("\"", LookAlike),
        '‘' | '’' | '‚' | '‛' | '‹' | '›' | '′' | 'ʼ' | 'ʻ' | '´' | '`' => {
            ("'", LookAlike)
        }
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '﹣' | '－' => ("-", LookAlike),
        '…' => ("...", LookAlike),
        '•' | '‣' | '∙' | '●' | '▪' => ("*", LookAlike),
        '·' | '․' => (".", LookAlike),
        '×' => ("x", LookAlike),
        '÷' | '⁄' | '∕' => ("/", LookAlike),
        '→' => ("->", LookAlike),
        '←' => ("<-", LookAlike),
        '⇒' => ("=>", LookAlike),
        '≤' => ("<=", LookAlike),
        '≥' => (">=", LookAlike),
        '©' => ("(c)", LookAlike),
        '®' => ("(R)", LookAlike),
        '™' => ("TM", LookAlike),
        '\t' | '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => {
            (" ", Invisible)
        }
        '\u{b}' | '\u{85}' | '\u{2028}' | '\u{2029}' => ("\n", Invisible),
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' => ("", Invisible),
        '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fe0e}' | '\u{fe0f}' => ("", Invisible),
        'œ' => ("oe", PlainLetter),
        'Œ' => ("OE", PlainLetter),
        'ẞ' => ("SS", PlainLetter),
        'ı' => ("i", PlainLetter),
        'ł' => ("l", PlainLetter),
        'Ł' => ("L", PlainLetter),
        'đ' | 'ð' => ("d", PlainLetter),
        'Đ' | 'Ð' => ("D", PlainLetter),
        'þ' => ("th", PlainLetter),
        'Þ' => ("Th", PlainLetter),
        _ => return None,
    })
}

fn is_picture(c: char) -> bool {
    matches!(c,
        '\u{2300}'..='\u{23ff}' | '\u{2600}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}'
        | '\u{1f000}'..='\u{1faff}' | '\u{e0020}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, cheaper: Option<&str>, saved: u32) {
        let advice = advise(text);
        let suggested = advice.suggestion.as_ref();
        assert_eq!(suggested.map(|it| it.text.as_str()), cheaper, "{text}");
        assert_eq!(suggested.map_or(0, |it| it.saved_parts), saved, "{text}");
    }

    #[test]
    fn cheaper_texts() {
        check("Grüße aus Köln, 5 €", None, 0);
        check(
            "Wir sagen „Danke“ – bis bald…",
            Some("Wir sagen \"Danke\" - bis bald..."),
            0,
        );
        check(
            "Ça coûte 10 € à l’hôtel",
            Some("Ça coute 10 € à l'hotel"),
            0,
        );
        check("Mañana a las 8, ¿sí?", Some("Mañana a las 8, ¿si?"), 0);
        check(
            "Yarın görüşürüz, İyi günler",
            Some("Yarin görüsürüz, Iyi günler"),
            0,
        );
        check("Cafe\u{301}", Some("Café"), 0);
        check("Hallo 😀 Welt 👩‍👧", Some("Hallo Welt"), 0);
        check("1️⃣ Termin ❤️ 80 m²", Some("1 Termin 80 m2"), 0);
        check("a\tb\u{a0}c\u{200b}d", Some("a b cd"), 0);
        // Nothing says the same, so nothing is suggested.
        check("Привет", None, 0);
        check("2 ≠ 3", None, 0);
        check("👍", None, 0);
        // Longer is not cheaper.
        check(&"…".repeat(70), None, 0);
        check(
            &format!("{}’", "a".repeat(159)),
            Some(&format!("{}'", "a".repeat(159))),
            2,
        );
    }

    #[test]
    fn each_cause_is_named_with_its_place() {
        let advice = advise("Ü’ç’ 😀ж");
        insta::assert_json_snapshot!(advice.causes);
        assert_eq!(advice.suggestion, None);
    }

    proptest! {
        #[test]
        fn a_suggestion_is_in_gsm7_and_needs_no_second(text in "[ a-zäçşœ“–…😀\u{301}\u{fe0f}\u{20e3}1½²°ж\u{200d}]{0,200}") {
            let advice = advise(&text);
            prop_assert_eq!(advice.causes.is_empty(), advice.now.encoding == Encoding::Gsm7);
            for cause in &advice.causes {
                prop_assert!(cause.times > 0 && text.contains(&cause.text));
            }
            if let Some(suggestion) = advice.suggestion {
                prop_assert_eq!(suggestion.then.encoding, Encoding::Gsm7);
                prop_assert!(suggestion.then.parts <= advice.now.parts);
                prop_assert_eq!(advise(&suggestion.text).causes, vec![]);
            }
        }
    }
}
