//! Days and times in a text, comparable across languages: what the business proposed and
//! what the customer picked.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::text::{BREAK, Sentence, Token, fold};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    /// Monday is 0; today is 7, tomorrow 8.
    Day(u8),
    /// A number that may be an hour or a day of the month, with minutes if it had any.
    Number(u16, u16),
}

/// The first word of a line is Monday in that spelling, and so on through the week;
/// then today and tomorrow.
const DAYS: [&str; 12] = [
    "montag dienstag mittwoch donnerstag freitag samstag sonntag heute morgen",
    "montags dienstags mittwochs donnerstags freitags sonnabend sonntags heit übermorgen",
    "mo di mi do fr sa so heut morgn",
    "mäntig ziischtig mittwuch dunschtig friitig samschtig sunntig hüt morn",
    "mondays tuesdays wednesdays thursdays fridays saturdays sundays tonight tmrw",
    "monday tuesday wednesday thursday friday saturday sunday today tomorrow",
    "mon tue wed thu fri sat sun tonite tomoz",
    "mon tues weds thurs fri sat sun today tomorow",
    "lundi mardi mercredi jeudi vendredi samedi dimanche aujourdhui demain",
    "lunes martes miércoles jueves viernes sábado domingo hoy mañana",
    "lunedì martedì mercoledì giovedì venerdì sabato domenica oggi domani",
    "pazartesi salı çarşamba perşembe cuma cumartesi pazar bugün yarın",
];

/// Short names that are also words; a day only beside a number or a preposition of time.
const AMBIGUOUS: [&str; 10] = [
    "mo", "di", "mi", "do", "fr", "sa", "so", "sun", "mon", "sat",
];

pub(super) fn slots(sentence: &Sentence) -> Vec<Slot> {
    let words = &sentence.words;
    (0..words.len())
        .filter_map(|i| {
            day(words, i)
                .or_else(|| number(words, i))
                .or_else(|| spelled(words, i))
        })
        .collect()
}

fn day(words: &[Token], i: usize) -> Option<Slot> {
    let word = words[i].as_str();
    if AMBIGUOUS.contains(&word) && words.len() > 2 && !beside_time(words, i) {
        return None;
    }
    // "guten Morgen"
    if word == "morgen" && i > 0 && words[i - 1].starts_with("gut") {
        return None;
    }
    day_names().get(word).map(|at| Slot::Day(*at))
}

fn day_names() -> &'static HashMap<String, u8> {
    static NAMES: LazyLock<HashMap<String, u8>> = LazyLock::new(|| {
        DAYS.iter()
            .flat_map(|week| (0..).zip(week.split_whitespace()))
            .map(|(at, name)| (fold(name), at))
            .collect()
    });
    &NAMES
}

fn beside_time(words: &[Token], i: usize) -> bool {
    let next_is_time = words.get(i + 1).is_some_and(|next| {
        next.starts_with(|c: char| c.is_ascii_digit())
            || matches!(
                next.as_str(),
                "um" | "at" | "oder" | "or" | "works" | "passt" | "geht"
            )
    });
    let after_preposition = i > 0
        && matches!(
            words[i - 1].as_str(),
            "am" | "on" | "this" | "next" | "nachste" | "u" | "for"
        );
    next_is_time || after_preposition
}

fn number(words: &[Token], i: usize) -> Option<Slot> {
    let word = words[i].as_str();
    let is_price = [i.checked_sub(1), Some(i + 1)]
        .into_iter()
        .flatten()
        .filter_map(|at| words.get(at))
        .any(|beside| is_money(beside) || is_quantity(beside));
    if is_price {
        return None;
    }
    let digits: String = word.chars().take_while(char::is_ascii_digit).collect();
    let hour: u16 = digits.parse().ok().filter(|n| (1..=31).contains(n))?;
    let rest = &word[digits.len()..];
    let rest = ["am", "pm", "uhr"]
        .iter()
        .find_map(|half| rest.strip_suffix(half))
        .unwrap_or(rest);
    let minutes = match rest.strip_prefix([':', '.', 'h']) {
        Some(minutes) if minutes.len() == 2 => minutes.parse().ok()?,
        Some("") => 0,
        Some(_) => return None,
        None if matches!(rest, "" | "th" | "st" | "nd" | "rd") => 0,
        None => return None,
    };
    Some(Slot::Number(hour, minutes))
}

/// "um zwei", "at four": a number in letters counts only after a word of time.
fn spelled(words: &[Token], i: usize) -> Option<Slot> {
    const HOURS: [&str; 24] = [
        "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "elf",
        "zwölf", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve",
    ];
    let after_time = i > 0 && matches!(words[i - 1].as_str(), "um" | "gegen" | "at" | "the");
    if !after_time {
        return None;
    }
    let at = HOURS
        .iter()
        .position(|name| words[i] == fold(name).as_str())?;
    u16::try_from(at % 12 + 1)
        .ok()
        .map(|hour| Slot::Number(hour, 0))
}

pub(super) fn is_money(word: &str) -> bool {
    const MONEY: [&str; 16] = [
        "€", "£", "$", "₺", "euro", "euros", "eur", "tl", "lira", "chf", "franken", "pound",
        "pounds", "quid", "usd", "gbp",
    ];
    MONEY.contains(&word)
}

fn is_quantity(word: &str) -> bool {
    const QUANTITIES: [&str; 30] = [
        "%",
        "qm",
        "km",
        "kg",
        "personen",
        "leute",
        "kinder",
        "klasse",
        "nachte",
        "monate",
        "jahre",
        "wochen",
        "tage",
        "people",
        "nights",
        "years",
        "year",
        "months",
        "weeks",
        "days",
        "pax",
        "personas",
        "persone",
        "personnes",
        "kisi",
        "stuck",
        "monaten",
        "mal",
        "minuten",
        "minutes",
    ];
    QUANTITIES.contains(&word)
}

/// A price: a number with money beside it.
pub(super) fn has_price(sentence: &Sentence) -> bool {
    let words = &sentence.words;
    words.windows(2).any(|pair| {
        let number = |w: &str| w.starts_with(|c: char| c.is_ascii_digit());
        (is_money(&pair[0]) && number(&pair[1])) || (number(&pair[0]) && is_money(&pair[1]))
    })
}

/// Whether two sets have a day or a time in common.
pub(super) fn overlap(offered: &[Slot], said: &[Slot]) -> bool {
    said.iter()
        .any(|slot| offered.iter().any(|other| same(*slot, *other)))
}

/// "14 Uhr" is "um zwei" to most people.
fn same(a: Slot, b: Slot) -> bool {
    match (a, b) {
        (Slot::Number(h, m), Slot::Number(g, n)) => {
            m == n && (h == g || h + 12 == g || g + 12 == h)
        }
        _ => a == b,
    }
}

/// "9 oder 11" are two times to choose from, and so is a list of days; "Freitag um 10" is
/// one, "9 bis 11" is an opening time.
pub(super) fn is_choice(sentences: &[Sentence]) -> bool {
    const OR: [&str; 8] = ["oder", "or", "ou", "o", "ya", "veya", "od", "bzw"];
    let says_or = || {
        let mut words = sentences.iter().flat_map(|s| &s.words);
        words.any(|word| OR.contains(&word.as_str()))
    };
    let all: Vec<Slot> = sentences.iter().flat_map(slots).collect();
    let days = all.iter().filter(|s| matches!(s, Slot::Day(_))).count();
    let several = days >= 2 || all.len() - days >= 2;
    several && (says_or() || sentences.iter().any(lists_times))
}

/// Two times with "and" or a comma between them; a date before a time is no list.
fn lists_times(sentence: &Sentence) -> bool {
    const AND: [&str; 9] = [BREAK, "und", "and", "et", "y", "e", "ve", "sowie", "also"];
    const RANGE: [&str; 8] = ["bis", "to", "until", "till", "til", "au", "hasta", "alle"];
    let words = &sentence.words;
    let says = |words: &[Token], list: &[&str]| words.iter().any(|w| list.contains(&w.as_str()));
    let times: Vec<usize> = (0..words.len())
        .filter(|&i| number(words, i).is_some() && !is_month(words.get(i + 1)))
        .collect();
    !says(words, &RANGE)
        && times
            .windows(2)
            .any(|pair| says(&words[pair[0]..pair[1]], &AND))
}

fn is_month(word: Option<&Token>) -> bool {
    const MONTHS: [&str; 14] = [
        "jan", "feb", "mar", "apr", "mai", "may", "jun", "jul", "aug", "sep", "okt", "oct", "nov",
        "dez",
    ];
    word.is_some_and(|word| MONTHS.iter().any(|month| word.starts_with(month)))
}

#[cfg(test)]
mod tests {
    use super::super::text::sentences;
    use super::*;

    fn check(text: &str, expected: &[Slot]) {
        let found: Vec<Slot> = sentences(text).iter().flat_map(slots).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn days_and_times() {
        check(
            "dann bis Freitag um 10!",
            &[Slot::Day(4), Slot::Number(10, 0)],
        );
        check("see u sat at 2", &[Slot::Day(5), Slot::Number(2, 0)]);
        check("Guten Morgen", &[]);
        check("45 €", &[]);
        check(
            "am 14. um 16.30 Uhr",
            &[Slot::Number(14, 0), Slot::Number(16, 30)],
        );
        check("so do i", &[]);
    }
}
