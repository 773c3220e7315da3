//! Every variable of every template: its name, its type, what it stands for, a sample.
//!
//! The same name stands for the same thing in all templates. The names in camel case are those of
//! the source.

use chrono::{NaiveDate, NaiveTime};
use domain::settings::Locale;

use crate::link::Link;
use crate::value::{Currency, Money, Value, ValueType};

/// A variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variable {
    /// What stands between the braces.
    pub name: &'static str,
    /// Whether there are mails in which it stands for nothing.
    pub may_be_empty: bool,
    de: &'static str,
    en: &'static str,
    sample: Sample,
}

/// A value that can be written as a constant; its kind is the variable's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sample {
    Text(&'static str, &'static str),
    Lines(&'static str, &'static str),
    Date(i32, u32, u32),
    Time(u32, u32),
    Money(i64),
    Count(u32),
    Link(&'static str),
}

impl Variable {
    /// What it stands for.
    #[must_use]
    pub fn meaning(&self, locale: Locale) -> &'static str {
        match locale {
            Locale::De => self.de,
            Locale::En => self.en,
        }
    }

    /// The type of its values.
    #[must_use]
    pub fn value_type(&self) -> ValueType {
        match self.sample {
            Sample::Text(..) => ValueType::Text,
            Sample::Lines(..) => ValueType::Lines,
            Sample::Date(..) => ValueType::Date,
            Sample::Time(..) => ValueType::Time,
            Sample::Money(_) => ValueType::Money,
            Sample::Count(_) => ValueType::Count,
            Sample::Link(_) => ValueType::Link,
        }
    }

    /// A value for previews and test sends.
    #[must_use]
    pub fn sample(&self, locale: Locale) -> Value {
        let words = |de: &str, en: &str| match locale {
            Locale::De => de.to_owned(),
            Locale::En => en.to_owned(),
        };
        match self.sample {
            Sample::Text(de, en) => Value::Text(words(de, en)),
            Sample::Lines(de, en) => Value::Lines(words(de, en)),
            Sample::Date(year, month, day) => {
                Value::Date(NaiveDate::from_ymd_opt(year, month, day).expect("a day that exists"))
            }
            Sample::Time(hour, minute) => {
                Value::Time(NaiveTime::from_hms_opt(hour, minute, 0).expect("a time that exists"))
            }
            Sample::Money(minor) => Value::Money(Money {
                minor,
                currency: Currency::EUR,
            }),
            Sample::Count(count) => Value::Count(count),
            Sample::Link(link) => Value::Link(Link::parse(link).expect("an https address")),
        }
    }
}

const fn always(
    name: &'static str,
    de: &'static str,
    en: &'static str,
    sample: Sample,
) -> Variable {
    Variable {
        name,
        may_be_empty: false,
        de,
        en,
        sample,
    }
}

const fn at_times(
    name: &'static str,
    de: &'static str,
    en: &'static str,
    sample: Sample,
) -> Variable {
    Variable {
        name,
        may_be_empty: true,
        de,
        en,
        sample,
    }
}

macro_rules! variables {
    ($($constant:ident = $how:ident $arguments:tt;)*) => {
        $(pub(crate) const $constant: Variable = $how $arguments;)*

        /// Every variable there is.
        pub const ALL: &[&Variable] = &[$(&$constant),*];
    };
}

variables! {
    FIRST_NAME = at_times("first_name", "Vorname der Empfängerin oder des Empfängers",
        "the recipient's first name", Sample::Text("Ursula", "Ursula"));
    LAST_NAME = at_times("last_name", "Nachname der Empfängerin oder des Empfängers",
        "the recipient's last name", Sample::Text("Hoffmann", "Hoffmann"));
    FULL_NAME = at_times("full_name", "ganzer Name der Empfängerin oder des Empfängers",
        "the recipient's whole name", Sample::Text("Ursula Hoffmann", "Ursula Hoffmann"));
    BUSINESS_NAME = always("business_name", "Name des Betriebs",
        "the name of the business", Sample::Text("Studio Mitte", "Studio Mitte"));
    CUSTOMER_NAME = always("customer_name", "Name der Kundin oder des Kunden, um die es geht",
        "the name of the customer it is about", Sample::Text("Ursula Hoffmann", "Ursula Hoffmann"));
    CLASS_NAME = always("class_name", "Name der Kursstunde",
        "the name of the class", Sample::Text("Yoga am Morgen", "Morning yoga"));
    CLASS_DATE = always("class_date", "Tag der Kursstunde",
        "the day of the class", Sample::Date(2026, 11, 27));
    CLASS_TIME = always("class_time", "Beginn der Kursstunde",
        "when the class begins", Sample::Time(9, 30));
    TEACHER_NAME = at_times("teacher_name", "Name der Kursleitung",
        "who teaches the class", Sample::Text("Jane", "Jane"));
    APPOINTMENT_NAME = always("appointment_name", "was vereinbart ist",
        "what the appointment is for", Sample::Text("Schneiden und Färben", "Cut and colour"));
    APPOINTMENT_DATE = always("appointment_date", "Tag des Termins",
        "the day of the appointment", Sample::Date(2026, 11, 27));
    APPOINTMENT_TIME = always("appointment_time", "Uhrzeit des Termins",
        "the time of the appointment", Sample::Time(14, 0));
    STAFF_NAME = at_times("staff_name", "Name der Person, bei der der Termin ist",
        "who the appointment is with", Sample::Text("Jane", "Jane"));
    PREVIOUS_DATE = always("previous_date", "der Tag vor der Änderung",
        "the day before it was changed", Sample::Date(2026, 11, 26));
    PREVIOUS_TIME = always("previous_time", "die Uhrzeit vor der Änderung",
        "the time before it was changed", Sample::Time(18, 0));
    LOCATION_NAME = at_times("location_name", "Name des Ortes",
        "the name of the place", Sample::Text("Studio Mitte", "Studio Mitte"));
    LOCATION_ADDRESS = at_times("location_address", "Anschrift des Ortes",
        "the address of the place", Sample::Text("Torstraße 12, 10119 Berlin", "Torstraße 12, 10119 Berlin"));
    NOTE_TO_CUSTOMERS = at_times("noteToCustomers", "die Anmerkung, die beim Absagen oder Ändern geschrieben wurde",
        "the note written when it was cancelled or changed",
        Sample::Lines("Jane ist leider krank.", "Jane is ill, we are sorry."));
    NUMBER_OF_MINUTES_TO_RESPOND = always("numberOfMinutesToRespond", "so viele Minuten ist Zeit zu antworten (Einstellungen der Warteliste)",
        "how many minutes there are to answer (settings of the waiting list)", Sample::Count(90));
    REFUND_NOTICE = at_times("refundNotice", "was mit dem Geld geschieht, je nach Zahlungsart",
        "what happens to the money, by means of payment",
        Sample::Text("Ihnen wurde ein Guthaben gutgeschrieben. Es wurde Ihrem Paket wieder hinzugefügt.",
            "You have been credited. The credit has been added back to your package."));
    WELCOME_MESSAGE = at_times("welcomeMessage", "die Willkommensnachricht der Kursstunde oder ihrer Vorlage",
        "the welcome message of the class or of its template",
        Sample::Lines("Bitte bringen Sie eine Matte mit.\nDer Eingang ist im Hof.",
            "Please bring a mat.\nThe entrance is in the courtyard."));
    URL = always("url", "der Link, um den es geht",
        "the link it is about", Sample::Link("https://example.org/s/8f3k2"));
    MANAGE_URL = at_times("manage_url", "der Link zum Ändern oder Absagen",
        "the link to change or cancel", Sample::Link("https://example.org/b/8f3k2"));
    RECEIPT_NUMBER = always("receipt_number", "Nummer des Belegs",
        "the number of the receipt", Sample::Text("2026-1184", "2026-1184"));
    RECEIPT_DATE = always("receipt_date", "Tag der Zahlung",
        "the day of the payment", Sample::Date(2026, 11, 22));
    RECEIPT_ITEMS = always("receipt_items", "was bezahlt wurde, eine Zeile je Posten",
        "what was paid for, one line each",
        Sample::Lines("1 × 10er-Karte Yoga: 150,00 €", "1 × Ten yoga classes: €150.00"));
    AMOUNT = always("amount", "der Betrag",
        "the amount", Sample::Money(15_000));
    PAYMENT_METHOD = at_times("payment_method", "womit bezahlt wurde",
        "how it was paid", Sample::Text("Karte", "card"));
    PACKAGE_NAME = always("package_name", "Name des Pakets",
        "the name of the package", Sample::Text("10er-Karte Yoga", "Ten yoga classes"));
    CREDITS_LEFT = always("credits_left", "so viele Besuche sind noch offen",
        "how many visits are left", Sample::Count(3));
    EXPIRY_DATE = always("expiry_date", "der letzte Tag, an dem es gilt",
        "the last day on which it is valid", Sample::Date(2026, 12, 31));
    SEGMENTS_USED = always("segments_used", "in diesem Monat verbrauchte SMS-Segmente",
        "SMS segments used this month", Sample::Count(500));
    SEGMENTS_LIMIT = always("segments_limit", "SMS-Segmente der gewählten Stufe",
        "SMS segments of the chosen tier", Sample::Count(500));
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_name_stands_for_two_things() {
        let names: BTreeSet<&str> = ALL.iter().map(|variable| variable.name).collect();
        assert_eq!(names.len(), ALL.len());
    }

    #[test]
    fn every_sample_is_of_the_type_of_its_variable() {
        for variable in ALL {
            for locale in Locale::ALL {
                let sample = variable.sample(locale);
                assert_eq!(sample.value_type(), variable.value_type());
                assert!(!sample.show(locale).is_empty());
            }
        }
    }
}
