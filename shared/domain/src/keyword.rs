//! STOP, START and HELP: messages that are a keyword and nothing else (MO-28, NX-29).
//!
//! The whole message must be one, politeness aside: "Stop. Thank you" is, "Can't stop thinking
//! about that kitchen" is not. What could be either is for a person, not for a guess. Whether a
//! whole sentence asks for no more messages is the business of `ai`. The cases in
//! `tests/keywords/cases.tsv` are public; a word that is added here gets a line there.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// What a keyword asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keyword {
    /// No more messages.
    Stop,
    /// Messages again.
    Start,
    /// Who is writing, and how to stop it.
    Help,
}

/// Where the message came in. On SMS a keyword is all one can write, so there "CANCEL" is about
/// messages; in a chat it is more likely about an appointment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// A text message.
    Sms,
    /// A messenger.
    Chat,
}

/// Whether the customer gets messages there at present. "YES" starts them again only for those
/// who had stopped them; for everybody else it answers something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Receiving {
    /// They do.
    Yes,
    /// They said STOP.
    Stopped,
}

/// What a message was read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "reading", rename_all = "snake_case")]
pub enum Reading {
    /// No keyword.
    Nothing,
    /// A keyword and nothing else.
    Keyword {
        /// Which.
        keyword: Keyword,
    },
    /// Somebody of the team should look at it.
    Unclear {
        /// Why.
        because: Doubt,
    },
}

/// Why a person has to look at a message with a keyword in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// The keyword stands among other words.
    AmongOtherWords,
    /// It is asked, not said.
    Question,
    /// Keywords that contradict each other.
    SeveralKeywords,
    /// In a chat the word has other meanings.
    OtherMeaning,
}

/// Messages with more words are no keyword with politeness around it.
const MOST_WORDS: usize = 8;

/// STOP wherever it is written.
const STOP: &str = "stop stopp stoppen stopall stopit unsubscribe unsub optout abmelden abbestellen \
    arret arrêter désabonner désinscrire désabonnement disiscrivi disiscrivimi disiscrizione \
    bajalista darmedebaja dardebaja keinewerbung keinewerbungmehr keinesmsmehr stopsms \
    pasdepublicité abonelikten,çık";

/// STOP on SMS; anywhere else it may be about something else.
const STOP_ON_SMS: &str = "cancel end quit revoke remove td ende aufhören kündigen baja alto parar \
    cancelar detener fin basta ferma cancella annulla fine iptal dur ret";

/// START wherever it is written.
const START: &str = "start unstop restart resubscribe réabonner";

/// START of somebody who had stopped; for others it is about a course or a table.
const START_AGAIN: &str = "subscribe anmelden wiederanmelden alta iniciar inizia iscrivimi başla";

/// START on SMS, of somebody who had stopped.
const START_ON_SMS: &str = "yes ja oui si sì sí evet weiter début inicio";

/// HELP, on SMS. In a chat somebody asks a person for it.
const HELP: &str = "help info hilfe aide ayuda aiuto yardım";

/// Words that may stand around a keyword.
const POLITE: &str = "bitte danke vielen dank pls plz please thanks thank you ty thx merci s il vous \
    plaît te svp gracias por favor grazie per favore lütfen teşekkürler hi hallo hello bonjour hola \
    ciao it this me all alle alles the messages nachrichten sms newsletter mehr sofort jetzt now \
    immediately endlich ok okay cheers x";

#[derive(Clone, Copy, PartialEq, Eq)]
struct Entry {
    keyword: Keyword,
    holds: Holds,
}

/// Where a word means what its list says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Holds {
    Everywhere,
    Stopped,
    OnSms,
}

/// Reads one message.
#[must_use]
pub fn read(text: &str, place: Place, receiving: Receiving) -> Reading {
    let words = words(text);
    let Some(found) = whole_message(&words) else {
        return among_others(&words, place);
    };
    let Some(first) = found.first() else {
        return Reading::Nothing;
    };
    let because = |because| Reading::Unclear { because };
    let keyword = first.keyword;
    if found.iter().any(|entry| entry.keyword != keyword) {
        return because(Doubt::SeveralKeywords);
    }
    let holds = found.iter().map(|entry| entry.holds).min();
    let clear = holds == Some(Holds::Everywhere);
    match (keyword, place) {
        // "Ja?" and "Help?" answer or ask something.
        (Keyword::Start, _) if !clear && receiving == Receiving::Yes => Reading::Nothing,
        (Keyword::Start, Place::Chat) if holds == Some(Holds::OnSms) => Reading::Nothing,
        (Keyword::Help, Place::Chat) => Reading::Nothing,
        (Keyword::Help, Place::Sms) => Reading::Keyword { keyword },
        _ if text.contains(['?', '？']) => because(Doubt::Question),
        (Keyword::Stop, Place::Chat) if !clear => because(Doubt::OtherMeaning),
        _ => Reading::Keyword { keyword },
    }
}

/// The keywords of a message that consists of nothing else; `None` when it says more.
fn whole_message(words: &[String]) -> Option<Vec<Entry>> {
    static POLITE_WORDS: LazyLock<HashSet<String>> =
        LazyLock::new(|| words_of(POLITE).into_iter().collect());
    let single_letters = words.len() > 1 && words.iter().all(|word| word.len() == 1);
    if single_letters && let Some(entry) = entry(&words.concat()) {
        return Some(vec![entry]);
    }
    let mut found = Vec::new();
    let mut rest = words;
    while !rest.is_empty() {
        let longest = (1..=rest.len().min(4))
            .rev()
            .find_map(|n| Some((n, entry(&rest[..n].concat())?)));
        match longest {
            Some((n, entry)) => {
                found.push(entry);
                rest = &rest[n..];
            }
            None if POLITE_WORDS.contains(&rest[0]) => rest = &rest[1..],
            None => return None,
        }
    }
    (words.len() <= MOST_WORDS).then_some(found)
}

/// A clear STOP in a row of other words. In a chat only at either end, because there people write
/// sentences.
fn among_others(words: &[String], place: Place) -> Reading {
    let is_stop = |word: &String| {
        let entry = entry(word);
        entry.is_some_and(|it| it.holds == Holds::Everywhere && it.keyword == Keyword::Stop)
    };
    let doubtful = match place {
        Place::Sms => words.iter().any(is_stop),
        Place::Chat => words.first().is_some_and(is_stop) || words.last().is_some_and(is_stop),
    };
    if doubtful {
        let because = Doubt::AmongOtherWords;
        Reading::Unclear { because }
    } else {
        Reading::Nothing
    }
}

fn entry(word: &str) -> Option<Entry> {
    static ENTRIES: LazyLock<HashMap<String, Entry>> = LazyLock::new(|| {
        let lists = [
            (STOP, Keyword::Stop, Holds::Everywhere),
            (STOP_ON_SMS, Keyword::Stop, Holds::OnSms),
            (START, Keyword::Start, Holds::Everywhere),
            (START_AGAIN, Keyword::Start, Holds::Stopped),
            (START_ON_SMS, Keyword::Start, Holds::OnSms),
            (HELP, Keyword::Help, Holds::Everywhere),
        ];
        lists
            .into_iter()
            .flat_map(|(list, keyword, holds)| {
                let words = words_of(list).into_iter();
                words.map(move |word| (word, Entry { keyword, holds }))
            })
            .collect()
    });
    ENTRIES.get(word).copied()
}

/// The entries of a list; a comma joins the words of one.
fn words_of(list: &str) -> Vec<String> {
    list.split_whitespace()
        .map(|entry| words(entry).concat())
        .collect()
}

/// The words of a text in one spelling: without case, accents, punctuation and pictures. `ä`, `ae`
/// and `a` are the same, "stooop" is "stop"; hyphens join.
pub(crate) fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let joined = ['-', '_', '‐', '‑', '\u{ad}', '\u{200b}'];
    let folded = text
        .nfkc()
        .filter(|c| !joined.contains(c))
        .flat_map(char::to_lowercase)
        .nfd()
        .filter(|c| !is_combining_mark(*c));
    for c in folded {
        let word = words.last_mut().expect("there is always a last one");
        match c {
            'e' if word.ends_with(['a', 'o', 'u']) => {}
            'ß' => word.push_str("ss"),
            'ı' => word.push('i'),
            'ø' | 'œ' => word.push('o'),
            'æ' => word.push('a'),
            c if c.is_alphanumeric() => word.push(c),
            _ if word.is_empty() => {}
            _ => words.push(String::new()),
        }
    }
    words.retain(|word| !word.is_empty());
    words.iter_mut().for_each(|word| *word = squeeze(word));
    words
}

/// Three or more of one letter in a row are one.
fn squeeze(word: &str) -> String {
    let letters: Vec<char> = word.chars().collect();
    letters
        .chunk_by(|a, b| a == b)
        .flat_map(|run| if run.len() > 2 { &run[..1] } else { run })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CASES: &str = include_str!("../../../tests/keywords/cases.tsv");

    fn in_short(reading: Reading) -> &'static str {
        match reading {
            Reading::Nothing => "nothing",
            Reading::Keyword { keyword } => match keyword {
                Keyword::Stop => "stop",
                Keyword::Start => "start",
                Keyword::Help => "help",
            },
            Reading::Unclear { .. } => "unclear",
        }
    }

    #[test]
    fn the_public_cases() {
        let mut wrong = Vec::new();
        let mut seen = 0;
        for line in CASES.lines().filter(|line| !line.starts_with('#')) {
            let [on_sms, in_chat, stopped, text] = line.splitn(4, '\t').collect::<Vec<_>>()[..]
            else {
                panic!("four columns: {line}");
            };
            let text: String = serde_json::from_str(text).unwrap();
            let asked = [
                (on_sms, Place::Sms, Receiving::Yes),
                (in_chat, Place::Chat, Receiving::Yes),
                (stopped, Place::Sms, Receiving::Stopped),
            ];
            for (expected, place, receiving) in asked {
                let found = in_short(read(&text, place, receiving));
                if found != expected {
                    wrong.push(format!(
                        "{text:?} {place:?} {receiving:?}: {found}, not {expected}"
                    ));
                }
                seen += 1;
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(seen > 300);
    }

    #[test]
    fn no_word_stands_in_two_lists() {
        let lists = [
            STOP,
            STOP_ON_SMS,
            START,
            START_AGAIN,
            START_ON_SMS,
            HELP,
            POLITE,
        ]
        .map(words_of);
        let [keywords @ .., polite] = &lists;
        let mut seen = HashSet::new();
        for (list, words) in keywords.iter().enumerate() {
            for word in words {
                assert!(!polite.contains(word), "{word} is polite");
                seen.insert((word, list));
            }
        }
        let words: HashSet<_> = seen.iter().map(|(word, _)| word).collect();
        assert_eq!(words.len(), seen.len());
    }

    #[test]
    fn each_doubt_has_its_reason() {
        let because = |text, place| match read(text, place, Receiving::Yes) {
            Reading::Unclear { because } => Some(because),
            _ => None,
        };
        assert_eq!(
            because("STOP START", Place::Sms),
            Some(Doubt::SeveralKeywords)
        );
        assert_eq!(because("Stop?", Place::Sms), Some(Doubt::Question));
        assert_eq!(because("cancel", Place::Chat), Some(Doubt::OtherMeaning));
        assert_eq!(
            because("no wait, stop", Place::Chat),
            Some(Doubt::AmongOtherWords)
        );
        assert_eq!(because("cancel", Place::Sms), None);
    }

    #[test]
    fn who_stopped_a_chat_starts_it_with_a_word_that_is_about_messages() {
        let start = Reading::Keyword {
            keyword: Keyword::Start,
        };
        let read = |text| read(text, Place::Chat, Receiving::Stopped);
        assert_eq!(read("Wieder anmelden, bitte"), start);
        assert_eq!(read("START"), start);
        assert_eq!(read("ja"), Reading::Nothing);
    }

    proptest! {
        #[test]
        fn spelling_does_not_matter(
            word in proptest::sample::select(words_of(STOP)),
            before in "[ \"'„»(*]{0,3}", after in "[ !.\"'“«)*…🛑\n]{0,4}", upper in any::<bool>(),
        ) {
            let word = if upper { word.to_uppercase() } else { word };
            let text = format!("{before}{word}{after}");
            let stop = Reading::Keyword { keyword: Keyword::Stop };
            for place in [Place::Sms, Place::Chat] {
                prop_assert_eq!(read(&text, place, Receiving::Yes), stop, "{}", text);
            }
        }

        /// What leaves no doubt on a chat leaves none on SMS.
        #[test]
        fn sms_reads_no_less_than_a_chat(text in "(stop|start|please|cancel|ja|the|hilfe|\\?| |não){0,6}") {
            let chat = read(&text, Place::Chat, Receiving::Yes);
            if let Reading::Keyword { .. } = chat {
                prop_assert_eq!(read(&text, Place::Sms, Receiving::Yes), chat);
            }
        }
    }
}
