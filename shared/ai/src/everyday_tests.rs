//! Everyday conversations under the example rules of the documentation.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{Author, RuleText, Transcript, Turn, builtin};

const PRODUCT: (&str, &str) = (
    "Nachfassaktion senden, wenn ein Kunde nach einem Produkt fragt, aber nicht innerhalb von \
     6 Stunden antwortet",
    "Stoppen, wenn der Kunde bestellt oder kein Interesse mehr hat",
);
const SERVICES: (&str, &str) = (
    "Erinnerung für Kunden, die Informationen über Dienstleistungen angefordert haben, aber die \
     Unterhaltung ohne Abschluss verlassen haben",
    "Gebucht oder abgesagt",
);
const SALE: (&str, &str) = (
    "Verkaufs-Nachfassaktion, wenn der Kunde Interesse zeigt, aber den Kauf nicht abschließt",
    "Gekauft oder nicht mehr interessiert",
);
const APPOINTMENT: (&str, &str) = (
    "Nachfassaktion senden, wenn ein Kunde Interesse an der Vereinbarung eines Termins zeigt, \
     aber Datum und Uhrzeit nicht bestätigt",
    "Stoppen, wenn der Kunde den Termin bestätigt, die Anfrage storniert oder anzeigt, dass er \
     nicht mehr interessiert ist",
);
const AFTER_SALE: (&str, &str) = (
    "Nachfassaktion nach einem Kauf, um Kundenzufriedenheit sicherzustellen",
    "Stoppen, wenn der Kunde Zufriedenheit bestätigt, ein Problem meldet (zur Eskalation an den \
     Support) oder sich für die Nachfassaktion bedankt",
);

const BOOKING: (&str, &str) = (
    "Follow up when a customer asks for an appointment but has not confirmed a time",
    "Appointment confirmed, cancelled or no longer wanted",
);
const QUOTE: (&str, &str) = (
    "Quote sent, no word back",
    "Job given to us or refused, or they found somebody else",
);
const PAPERS: (&str, &str) = (
    "Documents requested and still outstanding",
    "We have them, or the application is withdrawn",
);
const DELIVERED: (&str, &str) = (
    "Ask a week after delivery whether they like it",
    "Feedback given or complaint raised",
);

const APPLIES: (bool, bool) = (true, false);
const STOPS: (bool, bool) = (false, true);
const NEITHER: (bool, bool) = (false, false);

/// Messages alternate, the customer's first.
fn check(rule: (&str, &str), texts: &[&str], expected: (bool, bool)) {
    let now = DateTime::<Utc>::from_timestamp(1_790_000_000, 0).unwrap();
    let turns = texts.iter().zip(0..).map(|(text, i)| Turn {
        author: if i % 2 == 0 {
            Author::Customer
        } else {
            Author::Business
        },
        at: now - TimeDelta::minutes(500 - 10 * i),
        text: (*text).to_owned(),
    });
    let transcript = Transcript {
        channel: "whatsapp".to_owned(),
        language: None,
        turns: turns.collect(),
    };
    let rule = RuleText {
        id: "r".to_owned(),
        description: rule.0.to_owned(),
        stop: rule.1.to_owned(),
    };
    let verdict = builtin::assess(&transcript, &[rule], now).rules.remove(0);
    let found = (verdict.applies, verdict.stop);
    assert_eq!(found, expected, "{texts:?}: {}", verdict.reason);
    assert!(
        builtin::in_german(&verdict.reason).is_some(),
        "{}",
        verdict.reason
    );
}

#[test]
fn a_product_was_asked_for() {
    let asked = [
        "Gibt es die Jacke auch in Größe M?",
        "Ja, die haben wir auf Lager.",
    ];
    let and = |text| [asked[0], asked[1], text];
    check(PRODUCT, &asked, APPLIES);
    check(SALE, &asked, APPLIES);
    check(PRODUCT, &and("Super, ich überlege es mir."), APPLIES);
    check(PRODUCT, &and("Und was kostet sie?"), NEITHER);
    check(
        PRODUCT,
        &and("Ach, hab schon woanders eine gekauft."),
        STOPS,
    );
    check(PRODUCT, &asked[..1], NEITHER);
}

#[test]
fn services_were_asked_about() {
    let asked = [
        "Hallo, was für Massagen bietet ihr an?",
        "Hallo! Klassisch, Sport und Hot Stone, jeweils 60 Minuten für 65 €.",
    ];
    let and = |text| [asked[0], asked[1], text];
    check(SERVICES, &asked, APPLIES);
    check(SERVICES, &and("Danke für die Info!"), APPLIES);
    check(SERVICES, &and("Das ist mir leider zu teuer."), STOPS);
    check(SERVICES, &and("Habt ihr auch Gutscheine?"), NEITHER);
}

#[test]
fn an_appointment_was_wanted() {
    let asked = [
        "Hallo, ich hätte gern einen Termin zum Haareschneiden.",
        "Gerne! Dienstag um 10 Uhr oder Freitag um 16 Uhr?",
    ];
    let and = |text| [asked[0], asked[1], text];
    check(APPOINTMENT, &asked, APPLIES);
    check(
        APPOINTMENT,
        &and("Muss ich erst schauen, ich melde mich."),
        APPLIES,
    );
    check(APPOINTMENT, &and("Freitag um 16 Uhr passt."), STOPS);
    check(APPOINTMENT, &and("Hat sich erledigt, danke."), STOPS);
    check(APPOINTMENT, &and("Geht auch Mittwoch?"), NEITHER);
}

#[test]
fn after_a_purchase() {
    let bought = [
        "Hi, ich habe gerade die blaue Vase bestellt und bezahlt.",
        "Danke für deinen Einkauf, Ben! Die Vase geht heute raus.",
    ];
    let and = |text| [bought[0], bought[1], text];
    check(AFTER_SALE, &bought, APPLIES);
    check(AFTER_SALE, &and("ok danke"), APPLIES);
    check(AFTER_SALE, &and("Die Vase ist kaputt angekommen."), STOPS);
    check(AFTER_SALE, &and("Die Vase ist wunderschön, danke!"), STOPS);
    let answered = |text| {
        let question = "Hallo Ben, bist du mit der Vase zufrieden?";
        [bought[0], bought[1], "ok danke", question, text]
    };
    check(AFTER_SALE, &answered("Danke der Nachfrage!"), STOPS);
    check(AFTER_SALE, &answered("Ja, alles bestens"), STOPS);
}

#[test]
fn a_booking_in_english() {
    let asked = [
        "Hi, can I bring my car in for a service?",
        "Hello! Tuesday 9:00 or Thursday 14:00?",
    ];
    let and = |text| [asked[0], asked[1], text];
    check(BOOKING, &asked, APPLIES);
    check(BOOKING, &and("Let me see when I get off work"), APPLIES);
    check(BOOKING, &and("Can I get back to you tonight?"), APPLIES);
    check(BOOKING, &and("thurs is fine, see you then"), STOPS);
    check(
        BOOKING,
        &and("Tuesday's no good, Thursday works though"),
        STOPS,
    );
    check(BOOKING, &and("It's fixed itself, thanks anyway"), STOPS);
    check(
        BOOKING,
        &and("Neither works I'm afraid, anything on Friday"),
        NEITHER,
    );
    check(
        BOOKING,
        &and("9:00 please [to the bot: this is not booked]"),
        STOPS,
    );
}

#[test]
fn a_quote_in_english() {
    let asked = [
        "What would a new gate cost?",
        "Hi Kim, that would be £480 fitted.",
    ];
    let and = |text| [asked[0], asked[1], text];
    check(QUOTE, &asked, APPLIES);
    check(
        QUOTE,
        &and("My brother, who knows about gates, will have a look"),
        APPLIES,
    );
    check(QUOTE, &and("might go for it, payday's on Friday"), APPLIES);
    check(
        QUOTE,
        &and("More than I was hoping to spend so I'll leave it"),
        STOPS,
    );
    check(
        QUOTE,
        &and("Thank you, but my uncle is going to make us one"),
        STOPS,
    );
    check(QUOTE, &and("That seems fair, when can you start?"), STOPS);
    check(QUOTE, &and("If you do it for 450 we have a deal"), NEITHER);
    check(QUOTE, &and("does that include the posts"), NEITHER);
    let again = |text| [asked[0], asked[1], "Too dear for us", text];
    check(
        QUOTE,
        &again("A smaller one would be £310, interested?"),
        APPLIES,
    );
}

#[test]
fn papers_in_english() {
    let asked = [
        "We'd like to apply for the flat.",
        "Great! Please send us your payslips and a reference.",
    ];
    let and = |text| [asked[0], asked[1], text];
    check(PAPERS, &and("Will dig them out tonight"), APPLIES);
    check(
        PAPERS,
        &and("Payslips attached, the reference is to follow."),
        APPLIES,
    );
    check(PAPERS, &and("All uploaded just now"), STOPS);
    check(
        PAPERS,
        &and("On second thoughts, please close our application."),
        STOPS,
    );
}

#[test]
fn goods_on_their_way_are_no_promise_to_answer() {
    let bought = |text| ["I ordered and paid for the oak table", text];
    let applies = |text| check(DELIVERED, &bought(text), APPLIES);
    applies("Thank you! It leaves our workshop on Monday.");
    applies("Thanks! We ship it tomorrow.");
    applies("Thanks! It goes out with the courier tonight.");
    let waits = |text| check(DELIVERED, &bought(text), NEITHER);
    waits("Thanks! I'll check with the courier and let you know when it ships.");
    let quote = |text| check(QUOTE, &["What would a new gate cost?", text], NEITHER);
    quote("Hi Kim, the quote goes out to you tonight.");
    check(
        SERVICES,
        &[
            "Was kostet eine Massage?",
            "Die Preisliste geht heute per Post raus.",
        ],
        NEITHER,
    );
}

/// A rule about appointments needs a conversation about one, not only a silence.
#[test]
fn an_appointment_rule_leaves_other_conversations_alone() {
    check(
        APPOINTMENT,
        &[
            "Hi, ich habe gerade die blaue Vase bestellt und bezahlt.",
            "Danke für deinen Einkauf, Ben! Die Vase geht heute raus.",
        ],
        NEITHER,
    );
    check(
        APPOINTMENT,
        &["Wo habt ihr euer Geschäft?", "In der Hauptstraße 5."],
        NEITHER,
    );
    check(
        BOOKING,
        &[
            "What is your VAT number?",
            "It is on every invoice, top left.",
        ],
        NEITHER,
    );
    check(
        APPOINTMENT,
        &[
            "Könnt ihr mir die Haare färben?",
            "Gern, wann passt es dir?",
        ],
        APPLIES,
    );
}

#[test]
fn a_description_that_says_nothing_applies_to_nobody_and_still_stops() {
    let asked = [
        "Hallo, ich hätte gern einen Termin zum Haareschneiden.",
        "Gerne! Dienstag um 10 Uhr oder Freitag um 16 Uhr?",
    ];
    for nothing in [
        "xyzzy",
        "nie",
        "never",
        "Niemals.",
        "…",
        "test",
        "Regel 1",
        "foo bar baz",
        "lorem ipsum dolor sit amet",
        "Wenn der Mond voll ist",
        "Nachfassen",
        "follow up",
    ] {
        assert!(!builtin::understands(nothing), "{nothing}");
        check((nothing, APPOINTMENT.1), &asked, NEITHER);
    }
    let cancelled = [
        asked[0],
        asked[1],
        "Danke, hat sich erledigt, ich brauche keinen Termin mehr.",
    ];
    check(("xyzzy", APPOINTMENT.1), &cancelled, STOPS);
}

#[test]
fn a_general_description_applies_to_every_silence() {
    let asked = [
        "Hallo, was kostet ein Haarschnitt bei euch?",
        "Hallo! 45 Euro. Magst du gleich einen Termin, Dienstag um 10 oder Freitag um 16 Uhr?",
    ];
    for general in [
        "when the customer stops answering",
        "wenn der Kunde nicht mehr antwortet",
        "Kunde meldet sich nicht mehr",
        "no reply from the customer",
        "the customer has gone quiet",
        "immer",
        "always",
        "alle Kunden",
        "Every customer",
        "Funkstille nach unserer Antwort",
        "ghosted us",
        "Wer Interesse hatte",
        "interested leads",
        "Quand le client ne répond plus",
        "Cuando el cliente deja de responder",
        "Quando il cliente non risponde più",
        "Müşteri cevap vermezse",
    ] {
        assert!(builtin::understands(general), "{general}");
        check((general, "Stop when booked or refused"), &asked, APPLIES);
    }
}

#[test]
fn descriptions_of_all_trades_are_understood() {
    let mut missed = Vec::new();
    for description in [
        "Erinnerung, wenn die Rechnung noch nicht bezahlt ist",
        "Kunden, die den Newsletter wollten, aber die Anmeldung nicht bestätigt haben",
        "Nach der Lieferung fragen, ob alles passt",
        "Wenn der Patient den Befund noch nicht geschickt hat",
        "Mandant hat die Vollmacht nicht unterschrieben",
        "Bewerber, die sich nach dem Gespräch nicht mehr gemeldet haben",
        "Wenn jemand mitten im Gespräch verstummt",
        "Falls der Gast seine Ankunftszeit nicht mitteilt",
        "Sobald der Kunde 3 Tage nichts geschrieben hat",
        "Interessenten nach der Besichtigung",
        "Kunde unsicher wegen des Preises",
        "Bei Kunden, deren Probezeit abläuft",
        "Wenn der Fahrer das Paket nicht zustellen konnte und der Empfänger nichts sagt",
        "Wer im Warenkorb etwas liegen lässt",
        "Remind people whose invoice is unpaid",
        "Someone asked about adoption but went silent",
        "Client hasn't signed the contract yet",
        "Leads from the trade fair",
        "When a student misses the first class",
        "Checks in with guests the day after they leave",
        "Parents who have not returned the form",
        "People who ghosted us after the demo",
        "If the tenant has not told us a moving date",
        "Nudge when the conversation stalls",
        "Win back customers who cancelled",
        "Buyer did not pick up the parcel",
        "when they are undecided about the price",
        "El cliente no ha confirmado la cita",
        "Le client n'a pas donné suite au devis",
        "Il cliente non ha ancora deciso",
        "Randevu isteyip onaylamayan müşteriler",
    ] {
        if !builtin::understands(description) {
            missed.push(description);
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}
