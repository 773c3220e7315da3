//! What the built-in decider says for its reasons, in German. It speaks English; a receipt keeps that
//! and is read in either language.

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

/// A reason of the built-in decider in German; `None` if it is not one of its own.
pub fn in_german(reason: &str) -> Option<&'static str> {
    let known = GERMAN.iter().find(|(english, _)| *english == reason);
    known.map(|(_, german)| *german)
}
