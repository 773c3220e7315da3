//! What to write, without a model: a short polite text per language and kind of rule.

use super::rule;
use super::text::bare_words;
use super::texts::{self, Kind};
use crate::transcript::{Author, Language, RuleText, Transcript};

/// Answers `writing::prompt` without a model.
pub fn write(
    rule: &RuleText,
    transcript: &Transcript,
    language: Language,
    first_name: Option<&str>,
) -> String {
    let body = match (language, addresses_informally(transcript)) {
        (Language::De, true) => texts::german_informal(kind(rule)),
        _ => texts::polite(language, kind(rule)),
    };
    format!(
        "{} {body}",
        greeting(language, first_name.and_then(plain_name))
    )
}

fn kind(rule: &RuleText) -> Kind {
    let reading = rule::read(rule);
    if reading.about_documents {
        Kind::Documents
    } else if reading.after_sale {
        Kind::AfterSale
    } else if reading.about_appointment {
        Kind::Appointment
    } else if reading.about_offer {
        Kind::Offer
    } else {
        Kind::Generic
    }
}

fn greeting(language: Language, name: Option<&str>) -> String {
    let hello = match language {
        Language::De => "Hallo",
        Language::En => "Hi",
        Language::Fr => "Bonjour",
        Language::Es => "Hola",
        Language::It => "Buongiorno",
        Language::Tr => "Merhaba",
    };
    match name {
        Some(name) => format!("{hello} {name},"),
        None => format!("{hello},"),
    }
}

/// A name is what a customer typed into a profile; only something that looks like one is
/// repeated back.
fn plain_name(name: &str) -> Option<&str> {
    let name = name.trim();
    let plain = |c: char| c.is_alphabetic() || matches!(c, '-' | '\'' | '’' | ' ');
    let fits = (1..=30).contains(&name.chars().count()) && name.chars().all(plain);
    fits.then_some(name)
}

/// Whether the business says "du"; without a sign of either it stays polite.
fn addresses_informally(transcript: &Transcript) -> bool {
    let said = |wanted: &[&str]| {
        transcript
            .turns
            .iter()
            .filter(|turn| turn.author == Author::Business)
            .flat_map(|turn| bare_words(&turn.text))
            .filter(|word| wanted.contains(&word.as_str()))
            .count()
    };
    let informal = said(&[
        "du", "dir", "dich", "dein", "deine", "deinen", "deiner", "euch", "magst", "dei",
    ]);
    informal
        > said(&[
            "ihnen", "ihr", "ihre", "ihren", "ihrer", "mochten", "konnten",
        ])
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::transcript::Turn;

    fn rule(description: &str) -> RuleText {
        RuleText {
            id: "r".to_owned(),
            description: description.to_owned(),
            stop: String::new(),
        }
    }

    fn said_by_business(text: &str) -> Transcript {
        Transcript {
            channel: "whatsapp".to_owned(),
            language: None,
            turns: vec![Turn {
                author: Author::Business,
                at: DateTime::UNIX_EPOCH,
                text: text.to_owned(),
            }],
        }
    }

    fn check(
        description: &str,
        business: &str,
        language: Language,
        name: Option<&str>,
        begins: &str,
    ) {
        let text = write(
            &rule(description),
            &said_by_business(business),
            language,
            name,
        );
        assert!(text.starts_with(begins), "{text}");
    }

    #[test]
    fn a_text_per_kind_and_form_of_address() {
        let appointment = "Nachfassen, wenn ein Kunde einen Termin möchte";
        check(
            appointment,
            "Wann passt es dir?",
            Language::De,
            Some("Jana"),
            "Hallo Jana, hast du",
        );
        check(
            appointment,
            "Wann passt es Ihnen?",
            Language::De,
            None,
            "Hallo, haben Sie",
        );
        check(appointment, "", Language::En, Some("Jo"), "Hi Jo, have you");
        check(
            "Follow up when a quote was sent",
            "",
            Language::En,
            None,
            "Hi, have you had a chance",
        );
    }

    #[test]
    fn a_name_that_is_none_is_left_out() {
        check("x", "", Language::En, Some("http://a.example"), "Hi, ");
        check("x", "", Language::En, Some("##{{x}}"), "Hi, ");
    }
}
