//! A time an owner names inside a description: "does not answer within 6 hours",
//! "nach zwei Tagen". In AI mode it guides the choice; beside a manual delay it is
//! worth a warning.

use chrono::TimeDelta;

/// The first length of time named in `description`, German or English.
pub fn time_in_description(description: &str) -> Option<TimeDelta> {
    let text = description.to_lowercase();
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || "()[]\"“”„'’;:!?–—-".contains(c))
        .map(|word| word.trim_end_matches(['.', ',']))
        .filter(|word| !word.is_empty())
        .collect();
    (0..words.len()).find_map(|i| {
        let (number, unit) = match split_glued(words[i]) {
            Some(glued) => glued,
            // "half an hour", "half a day"
            None if words[i] == "half" => {
                ("half", *words[i + 1..].iter().find(|w| !is_article(w))?)
            }
            None => (words[i], *words.get(i + 1)?),
        };
        // "at 6 pm" and "um 6 Uhr" are times of day; their units are not in the table.
        if is_age(words.get(i + 2).copied(), words.get(i + 1).copied()) {
            return None;
        }
        duration(tenths(number)?, unit_minutes(unit)?)
    })
}

/// "24h" and "3d" are number and unit in one word.
fn split_glued(word: &str) -> Option<(&str, &str)> {
    let digits = word.find(|c: char| !c.is_ascii_digit())?;
    let unit_follows = word[digits..].starts_with(char::is_alphabetic);
    (digits > 0 && unit_follows).then(|| word.split_at(digits))
}

fn is_article(word: &str) -> bool {
    matches!(word, "a" | "an")
}

/// "ten years old", "6 Monate alt" say how old something is.
fn is_age(after: Option<&str>, glued_after: Option<&str>) -> bool {
    [after, glued_after]
        .into_iter()
        .flatten()
        .any(|word| matches!(word, "old" | "alt" | "alte" | "alten"))
}

/// A number as tenths, so that "1.5" and "anderthalb" stay exact.
fn tenths(word: &str) -> Option<i64> {
    const WORDS: [(&[&str], i64); 17] = [
        (&["half", "halbe", "halben", "halber"], 5),
        (
            &[
                "a", "an", "one", "ein", "eine", "einem", "einen", "einer", "eines",
            ],
            10,
        ),
        (&["anderthalb", "eineinhalb"], 15),
        (&["two", "zwei", "zweier"], 20),
        (&["three", "drei", "dreier"], 30),
        (&["four", "vier"], 40),
        (&["five", "fünf", "fuenf"], 50),
        (&["six", "sechs"], 60),
        (&["seven", "sieben"], 70),
        (&["eight", "acht"], 80),
        (&["nine", "neun"], 90),
        (&["ten", "zehn"], 100),
        (&["twelve", "zwölf", "zwoelf"], 120),
        (&["fourteen", "vierzehn"], 140),
        (&["twenty", "zwanzig"], 200),
        (&["thirty", "dreißig", "dreissig"], 300),
        (&["24", "vierundzwanzig"], 240),
    ];
    if let Some((_, value)) = WORDS.iter().find(|(names, _)| names.contains(&word)) {
        return Some(*value);
    }
    let (whole, fraction) = word.split_once(['.', ',']).unwrap_or((word, ""));
    let fraction = match fraction.len() {
        0 => 0,
        1 => fraction.parse().ok()?,
        _ => return None,
    };
    // Six digits are more than ten years of minutes.
    if whole.is_empty() || whole.len() > 6 || !whole.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(whole.parse::<i64>().ok()? * 10 + fraction)
}

fn unit_minutes(word: &str) -> Option<i64> {
    const UNITS: [(&[&str], i64); 5] = [
        (&["min", "mins", "minute", "minutes", "minuten"], 1),
        (
            &[
                "h", "hr", "hrs", "std", "hour", "hours", "stunde", "stunden",
            ],
            60,
        ),
        (
            &["d", "day", "days", "tag", "tage", "tagen", "tages"],
            1_440,
        ),
        (&["week", "weeks", "woche", "wochen"], 10_080),
        (
            &["month", "months", "monat", "monate", "monaten", "monats"],
            43_200,
        ),
    ];
    UNITS
        .iter()
        .find(|(names, _)| names.contains(&word))
        .map(|(_, minutes)| *minutes)
}

fn duration(tenths: i64, unit_minutes: i64) -> Option<TimeDelta> {
    let minutes = tenths * unit_minutes / 10;
    (minutes > 0).then(|| TimeDelta::minutes(minutes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(description: &str, minutes: Option<i64>) {
        let found = time_in_description(description).map(|named| named.num_minutes());
        assert_eq!(found, minutes, "{description}");
    }

    #[test]
    fn times_in_german() {
        check(
            "wenn der Kunde nicht innerhalb von 6 Stunden antwortet",
            Some(360),
        );
        check("nach zwei Tagen", Some(2_880));
        check("nach einer halben Stunde", Some(30));
        check("nach anderthalb Stunden", Some(90));
        check("nach 1,5 Stunden", Some(90));
        check("24-Stunden-Erinnerung", Some(1_440));
        check("spätestens nach einer Woche.", Some(10_080));
        check("Termin um 6 Uhr", None);
        check("Nachfassen, wenn ein Kunde schweigt", None);
    }

    #[test]
    fn times_in_english() {
        check("does not answer within 6 hours", Some(360));
        check("after a day", Some(1_440));
        check("after 24h", Some(1_440));
        check("after half an hour", Some(30));
        check("wait 90 minutes", Some(90));
        check("the car is 3 years old", None);
        check("asked for a room at 6 pm", None);
        check("999999999999999999 hours", None);
    }
}
