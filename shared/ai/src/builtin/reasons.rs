//! What the built-in decider says for its reasons, in German. It speaks English; a receipt keeps that
//! and is read in either language.

use super::weights::Course;

const GERMAN: [(&str, &str); 34] = [
    (
        "description not understood; needs a model or clearer words",
        "Beschreibung nicht verstanden; nötig ist ein Modell oder klarere Worte",
    ),
    (
        "what the rule waits for has not happened yet",
        "worauf die Regel wartet, ist noch nicht geschehen",
    ),
    (
        "the customer has put it off",
        "der Kunde hat es aufgeschoben",
    ),
    (
        "the customer asked for no more messages",
        "der Kunde möchte keine Nachrichten mehr",
    ),
    (
        "the customer owes the next word and has gone silent",
        "der Kunde ist am Zug und schweigt",
    ),
    (
        "the customer has gone silent after our answer",
        "der Kunde schweigt seit unserer Antwort",
    ),
    (
        "all was delivered and the customer has not said how it was",
        "alles ist geliefert, und der Kunde hat nicht gesagt, wie es war",
    ),
    (
        "no offer or price was given yet",
        "es gab noch kein Angebot und keinen Preis",
    ),
    (
        "nobody has spoken of an appointment",
        "von einem Termin war nicht die Rede",
    ),
    (
        "nothing has been delivered or done yet",
        "noch ist nichts geliefert oder getan",
    ),
    (
        "nothing is open on the customer's side",
        "beim Kunden ist nichts offen",
    ),
    (
        "the description leaves this kind of conversation out",
        "die Beschreibung nimmt solche Unterhaltungen aus",
    ),
    (
        "the conversation is about something else",
        "in der Unterhaltung geht es um etwas anderes",
    ),
    (
        "found it somewhere else",
        "der Kunde ist anderswo fündig geworden",
    ),
    ("the need is gone", "der Bedarf ist weggefallen"),
    ("the customer declined", "der Kunde hat abgelehnt"),
    ("the goal was reached", "das Ziel ist erreicht"),
    ("the customer confirmed", "der Kunde hat bestätigt"),
    (
        "what was asked for has been sent",
        "das Erbetene wurde geschickt",
    ),
    (
        "the customer reported a problem",
        "der Kunde hat ein Problem gemeldet",
    ),
    ("the customer is satisfied", "der Kunde ist zufrieden"),
    ("the customer said thank you", "der Kunde hat sich bedankt"),
    (
        "the customer has told how it was",
        "der Kunde hat gesagt, wie es war",
    ),
    (
        "a voice message or picture is unanswered",
        "eine Sprachnachricht oder ein Bild ist unbeantwortet",
    ),
    (
        "the customer's question is open",
        "die Frage des Kunden ist offen",
    ),
    (
        "nobody has answered the customer yet",
        "dem Kunden hat noch niemand geantwortet",
    ),
    (
        "the customer asked for something",
        "der Kunde hat um etwas gebeten",
    ),
    (
        "the customer is waiting to hear from the business",
        "der Kunde wartet darauf, von uns zu hören",
    ),
    (
        "the customer set a condition the business must answer",
        "der Kunde hat eine Bedingung gestellt, auf die wir antworten müssen",
    ),
    (
        "what was asked for is there; the business is next",
        "das Erbetene ist da; wir sind am Zug",
    ),
    (
        "the customer answered our question; the business is next",
        "der Kunde hat unsere Frage beantwortet; wir sind am Zug",
    ),
    (
        "the proposed time does not suit; another is to be proposed",
        "der vorgeschlagene Termin passt nicht; ein anderer ist vorzuschlagen",
    ),
    (
        "the customer told something that wants an answer",
        "der Kunde hat etwas erzählt, das eine Antwort verlangt",
    ),
    (
        "the business promised to come back",
        "wir haben versprochen, uns zu melden",
    ),
];

/// How a reason begins that no single reading gives.
const HEADS: [(Course, &str, &str); 3] = [
    (
        Course::Neither,
        "taken together, nothing to follow up",
        "alles in allem nichts zum Nachfassen",
    ),
    (
        Course::Stop,
        "taken together, the matter has ended",
        "alles in allem ist die Sache beendet",
    ),
    (
        Course::FollowUp,
        "taken together, the matter is open and the customer silent",
        "alles in allem ist die Sache offen und der Kunde schweigt",
    ),
];

/// What people call the readings, by the ends of their names after "customer" or "business".
const READINGS: [(&str, &str, &str); 40] = [
    ("Asks", "a question", "eine Frage"),
    ("asks", "a question", "eine Frage"),
    ("question mark", "a question", "eine Frage"),
    ("price", "a price", "ein Preis"),
    ("times", "times", "Zeiten"),
    ("choice of times", "several times", "mehrere Zeiten"),
    (
        "media",
        "a picture or voice message",
        "ein Bild oder eine Sprachnachricht",
    ),
    ("promise", "a promise", "ein Versprechen"),
    ("short", "few words", "wenige Worte"),
    ("long", "many words", "viele Worte"),
    ("Condition", "a condition", "eine Bedingung"),
    ("Hedges", "a perhaps", "ein Vielleicht"),
    ("Wants", "a wish", "ein Wunsch"),
    ("Requests", "a request", "eine Bitte"),
    ("Chases", "a reminder", "eine Mahnung"),
    ("Announces", "an announcement", "eine Ankündigung"),
    ("Intends", "an intention", "eine Absicht"),
    ("Undecided", "indecision", "Unentschlossenheit"),
    ("Agrees", "agreement", "Zustimmung"),
    ("Books", "a booking", "eine Buchung"),
    ("Done", "something done", "etwas Erledigtes"),
    ("Declines", "a refusal", "eine Ablehnung"),
    ("Cancels", "a cancellation", "eine Absage"),
    (
        "Rebooks",
        "another time asked for",
        "ein anderer Termin gewünscht",
    ),
    ("Postpones", "a postponement", "ein Aufschub"),
    (
        "BadTime",
        "a time that does not suit",
        "ein unpassender Termin",
    ),
    ("Elsewhere", "found somewhere else", "anderswo gefunden"),
    ("NeedGone", "no more need", "kein Bedarf mehr"),
    ("Delivers", "something handed in", "etwas Eingereichtes"),
    ("Problem", "a problem", "ein Problem"),
    ("Pleased", "praise", "Lob"),
    ("Thanks", "thanks", "Dank"),
    ("Promises", "a promise", "ein Versprechen"),
    ("Ships", "a delivery", "eine Lieferung"),
    ("Booked", "a confirmed booking", "eine bestätigte Buchung"),
    ("AsksDocs", "papers asked for", "Unterlagen erbeten"),
    ("AsksInfo", "details asked for", "Angaben erbeten"),
    (
        "Invites",
        "an invitation to answer",
        "eine Einladung zu antworten",
    ),
    ("Regrets", "regret", "Bedauern"),
    ("Offers", "an offer", "ein Angebot"),
];

const SIDES: [(&str, &str, &str); 2] = [
    ("customer", "from the customer", "vom Kunden"),
    ("business", "from us", "von uns"),
];

/// At most so many readings stand in a reason.
const MOST_READINGS: usize = 3;

/// The reason for a course that the readings together speak for; `strongest` first.
pub(super) fn weighed(course: Course, strongest: &[&str]) -> String {
    let head = HEADS.iter().find(|(of, ..)| *of == course);
    let mut reason = head.map_or("", |(_, english, _)| *english).to_owned();
    let mut named: Vec<String> = Vec::new();
    for part in strongest.iter().filter_map(|name| describe(name)) {
        if !named.contains(&part) {
            named.push(part);
        }
    }
    named.truncate(MOST_READINGS);
    if !named.is_empty() {
        reason.push_str(": ");
        reason.push_str(&named.join(", "));
    }
    reason
}

/// "customer last: Thanks" is "thanks from the customer"; only messages have names for people.
fn describe(reading: &str) -> Option<String> {
    let (place, what) = reading.split_once(": ")?;
    let (_, side, _) = SIDES.iter().find(|(side, ..)| place.starts_with(side))?;
    let what = what.trim_matches(['(', ')']);
    let (_, english, _) = READINGS.iter().find(|(name, ..)| *name == what)?;
    Some(format!("{english} {side}"))
}

/// A reason of the built-in decider in German; `None` if it is not one of its own.
pub fn in_german(reason: &str) -> Option<String> {
    if let Some((_, german)) = GERMAN.iter().find(|(english, _)| *english == reason) {
        return Some((*german).to_owned());
    }
    let (head, parts) = reason.split_once(": ").unwrap_or((reason, ""));
    let (.., head) = HEADS.iter().find(|(_, english, _)| *english == head)?;
    let parts = parts.split(", ").filter(|part| !part.is_empty());
    let parts: Vec<String> = parts.map(part_in_german).collect::<Option<_>>()?;
    Some(if parts.is_empty() {
        (*head).to_owned()
    } else {
        format!("{head}: {}", parts.join(", "))
    })
}

fn part_in_german(part: &str) -> Option<String> {
    let (_, english, side) = SIDES
        .iter()
        .find(|(_, english, _)| part.ends_with(english))?;
    let what = part.strip_suffix(english)?.trim_end();
    let (.., german) = READINGS.iter().find(|(_, english, _)| *english == what)?;
    Some(format!("{german} {side}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weighed_reason_names_readings_in_both_languages() {
        let strongest = [
            "waits: no",
            "customer last: (Thanks)",
            "customer, with the last word: Thanks",
            "business last: price",
        ];
        let english = weighed(Course::FollowUp, &strongest);
        assert_eq!(
            english,
            "taken together, the matter is open and the customer silent: thanks from the customer, \
             a price from us"
        );
        assert_eq!(
            in_german(&english).as_deref(),
            Some(
                "alles in allem ist die Sache offen und der Kunde schweigt: Dank vom Kunden, ein Preis von uns"
            )
        );
    }

    #[test]
    fn every_weighed_reason_is_known_in_german() {
        for (course, ..) in HEADS {
            for (name, ..) in READINGS {
                for (side, ..) in SIDES {
                    let reason = weighed(course, &[&format!("{side} last: {name}")]);
                    assert!(
                        in_german(&reason).is_some_and(|german| german.contains(": ")),
                        "{reason}"
                    );
                }
            }
        }
    }
}
