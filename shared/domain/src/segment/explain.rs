//! A filter in plain language.

use super::filter::{AppointmentTest, FieldTest, Filter, Reachable, Standing};
use crate::contact::CustomValue;
use crate::rebooking::{Category, Status};
use crate::receipt::channel_name;
use crate::settings::Locale;

impl Filter {
    /// What the filter says about a customer, as part of a sentence: `has the tag "vip"`.
    #[must_use]
    pub fn explain(&self, locale: Locale) -> String {
        let pick = |de: String, en: String| match locale {
            Locale::De => de,
            Locale::En => en,
        };
        let both = |de: &str, en: &str| pick(de.to_owned(), en.to_owned());
        match self {
            Self::All { of } => joined(of, pick(" und ".into(), " and ".into()), locale),
            Self::Any { of } => joined(of, pick(" oder ".into(), " or ".into()), locale),
            Self::Not { of } => {
                let inner = of.explain(locale);
                pick(format!("nicht: {inner}"), format!("not: {inner}"))
            }
            Self::Tagged { tag } => pick(
                format!("hat das Etikett „{tag}“"),
                format!("has the tag “{tag}”"),
            ),
            Self::AtLocation { location } => pick(
                format!("kommt zum Standort „{location}“"),
                format!("comes to the location “{location}”"),
            ),
            Self::Responsible { name } => pick(
                format!("wird von „{name}“ betreut"),
                format!("is taken care of by “{name}”"),
            ),
            Self::Language { locale: Locale::De } => both("spricht Deutsch", "speaks German"),
            Self::Language { locale: Locale::En } => both("spricht Englisch", "speaks English"),
            Self::Reachable {
                on: Reachable::Email,
            } => both("hat eine E-Mail-Adresse", "has an e-mail address"),
            Self::Reachable { on: Reachable::Sms } => {
                both("hat eine Nummer für SMS", "has a number for SMS")
            }
            Self::Reachable {
                on: Reachable::Chat(channel),
            } => {
                let channel = channel_name(*channel);
                pick(
                    format!("schreibt über {channel}"),
                    format!("writes on {channel}"),
                )
            }
            Self::Field { name, test } => {
                let what = field(test, locale);
                pick(format!("„{name}“ {what}"), format!("“{name}” {what}"))
            }
            Self::NewWithin { days } => {
                let span = last_days(*days, locale);
                pick(
                    format!("wurde {span} bekannt"),
                    format!("became known {span}"),
                )
            }
            Self::Consent { class, state } => {
                let (de, en) = class.names();
                match state {
                    Standing::Unsaid => pick(
                        format!("hat sich zu „{de}“ nicht geäußert"),
                        format!("said nothing about {en}"),
                    ),
                    Standing::Pending => pick(
                        format!("hat „{de}“ noch nicht bestätigt"),
                        format!("has not confirmed {en} yet"),
                    ),
                    Standing::Granted => {
                        pick(format!("hat „{de}“ zugestimmt"), format!("agreed to {en}"))
                    }
                    Standing::Refused => {
                        pick(format!("hat „{de}“ abgelehnt"), format!("refused {en}"))
                    }
                }
            }
            Self::Appointments { test } => appointments(test, locale),
            Self::LastVisitBefore { days } => pick(
                format!("war zuletzt vor mindestens {} da", days_de(*days)),
                format!("last came at least {} ago", days_en(*days)),
            ),
            Self::Activity { kind, days } => {
                let span = last_days(*days, locale);
                pick(
                    format!("hat „{kind}“ {span}"),
                    format!("has “{kind}” {span}"),
                )
            }
            Self::WroteWithin { days } => {
                let span = last_days(*days, locale);
                pick(format!("hat {span} geschrieben"), format!("wrote {span}"))
            }
            Self::Unread => both("hat ungelesene Nachrichten", "has unread messages"),
            Self::Waiting => both("wartet auf eine Antwort", "waits for an answer"),
        }
    }
}

/// Groups inside a group stand in brackets.
fn joined(of: &[Filter], with: String, locale: Locale) -> String {
    let parts = of.iter().map(|it| match it {
        Filter::All { of } | Filter::Any { of } if of.len() > 1 => {
            format!("({})", it.explain(locale))
        }
        _ => it.explain(locale),
    });
    parts.collect::<Vec<_>>().join(&with)
}

fn field(test: &FieldTest, locale: Locale) -> String {
    let (de, en) = match test {
        FieldTest::Missing => ("fehlt".to_owned(), "is missing".to_owned()),
        FieldTest::Equals { value } => match value {
            CustomValue::Flag(true) => ("trifft zu".to_owned(), "is true".to_owned()),
            CustomValue::Flag(false) => ("trifft nicht zu".to_owned(), "is false".to_owned()),
            CustomValue::Number(n) => (format!("ist {n}"), format!("is {n}")),
            CustomValue::Date(day) => (format!("ist {day}"), format!("is {day}")),
            CustomValue::Text(text) => (format!("ist „{text}“"), format!("is “{text}”")),
        },
        FieldTest::Contains { text } => (format!("enthält „{text}“"), format!("contains “{text}”")),
        FieldTest::AtLeast { number } => (
            format!("ist mindestens {number}"),
            format!("is at least {number}"),
        ),
        FieldTest::AtMost { number } => (
            format!("ist höchstens {number}"),
            format!("is at most {number}"),
        ),
        FieldTest::OnOrAfter { date } => (
            format!("ist am {date} oder später"),
            format!("is on {date} or later"),
        ),
        FieldTest::OnOrBefore { date } => (
            format!("ist am {date} oder früher"),
            format!("is on {date} or earlier"),
        ),
        FieldTest::AnniversaryWithin { days } => (
            format!("jährt sich {}", next_days(*days, Locale::De)),
            format!("has its anniversary {}", next_days(*days, Locale::En)),
        ),
    };
    match locale {
        Locale::De => de,
        Locale::En => en,
    }
}

fn appointments(test: &AppointmentTest, locale: Locale) -> String {
    let both = |de: String, en: String| match locale {
        Locale::De => de,
        Locale::En => en,
    };
    let say = |de: &str, en: &str| both(de.to_owned(), en.to_owned());
    let mut text = match (test.status, test.at_least) {
        (Status::Booked, 1) => say("hat einen gebuchten Termin", "has a booked appointment"),
        (Status::Booked, n) => both(
            format!("hat mindestens {n} gebuchte Termine"),
            format!("has at least {n} booked appointments"),
        ),
        (Status::Completed, 1) => say("war da", "came"),
        (Status::Completed, n) => both(
            format!("war mindestens {n}-mal da"),
            format!("came at least {n} times"),
        ),
        (Status::Cancelled, 1) => say("hat einen Termin abgesagt", "cancelled an appointment"),
        (Status::Cancelled, n) => both(
            format!("hat mindestens {n} Termine abgesagt"),
            format!("cancelled at least {n} appointments"),
        ),
        (Status::NoShow, 1) => say("kam nicht", "did not come"),
        (Status::NoShow, n) => both(
            format!("kam mindestens {n}-mal nicht"),
            format!("did not come at least {n} times"),
        ),
    };
    if let Some(category) = test.category.as_ref().map(Category::as_str) {
        let category = both(format!(" („{category}“)"), format!(" (“{category}”)"));
        text.push_str(&category);
    }
    if let Some(days) = test.days {
        text.push(' ');
        text.push_str(&match test.status {
            Status::Booked => next_days(days, locale),
            _ => last_days(days, locale),
        });
    }
    text
}

fn last_days(days: u32, locale: Locale) -> String {
    match (locale, days) {
        (Locale::De, 1) => "seit gestern".to_owned(),
        (Locale::En, 1) => "since yesterday".to_owned(),
        (Locale::De, n) => format!("in den letzten {n} Tagen"),
        (Locale::En, n) => format!("in the last {n} days"),
    }
}

fn next_days(days: u32, locale: Locale) -> String {
    match (locale, days) {
        (Locale::De, 0) => "heute".to_owned(),
        (Locale::En, 0) => "today".to_owned(),
        (Locale::De, 1) => "heute oder morgen".to_owned(),
        (Locale::En, 1) => "today or tomorrow".to_owned(),
        (Locale::De, n) => format!("in den nächsten {n} Tagen"),
        (Locale::En, n) => format!("in the next {n} days"),
    }
}

fn days_de(days: u32) -> String {
    match days {
        1 => "einem Tag".to_owned(),
        n => format!("{n} Tagen"),
    }
}

fn days_en(days: u32) -> String {
    match days {
        1 => "a day".to_owned(),
        n => format!("{n} days"),
    }
}
