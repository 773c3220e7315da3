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
