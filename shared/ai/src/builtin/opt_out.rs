//! Does a message ask for no more messages?
//!
//! A keyword counts only as the whole message, politeness aside. In sentences the request
//! must be about messages: stopping a charge, cancelling an appointment or leaving a
//! course is none. What is neither clear nor clearly something else goes to a person.

use domain::keyword::{self, Keyword, Place, Reading, Receiving};

use super::OptOut;
use super::language::guess_language;
use super::lexicon::{Act, Lexicon};
use super::reading;
use crate::transcript::Language;

/// Reads one customer message. `language` is that of the conversation; a message that
/// clearly is in another one is read in that too.
pub(super) fn read(text: &str, channel: &str, language: Option<Language>) -> OptOut {
    if is_keyword(text, channel) {
        return OptOut::Yes;
    }
    let guess = guess_language(text);
    let languages = match (language, guess) {
        (Some(known), Some(guess)) => vec![known, guess],
        (Some(one), None) | (None, Some(one)) => vec![one],
        (None, None) => vec![Language::De, Language::En],
    };
    languages
        .into_iter()
        .map(|language| in_sentences(text, language))
        .find(|found| *found != OptOut::No)
        .unwrap_or(OptOut::No)
}

fn is_keyword(text: &str, channel: &str) -> bool {
    let place = if channel == "sms" {
        Place::Sms
    } else {
        Place::Chat
    };
    let stop = Reading::Keyword {
        keyword: Keyword::Stop,
    };
    keyword::read(text, place, Receiving::Yes) == stop
}

/// A sentence that asks for it and is not about something else is clear; one that may be
/// about either is for a person.
fn in_sentences(text: &str, language: Language) -> OptOut {
    let reading = reading::customer(text, Lexicon::of(language));
    if reading.mentions_apart_from(Act::OptOut, Act::OptIn) {
        OptOut::Yes
    } else if reading.mentions(Act::OptOut)
        || reading.mentions_apart_from(Act::MaybeOptOut, Act::OptIn)
    {
        OptOut::Unclear
    } else {
        OptOut::No
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: OptOut) {
        assert_eq!(read(text, "whatsapp", None), expected, "{text}");
    }

    #[test]
    fn keywords_are_whole_messages() {
        check("STOP", OptOut::Yes);
        check("Stopp, danke!", OptOut::Yes);
        check("unsubscribe please", OptOut::Yes);
        check("Can't stop thinking about that kitchen", OptOut::No);
        check("Stopp, das ist der falsche Preis!", OptOut::Unclear);
    }

    #[test]
    fn cancel_is_a_keyword_on_sms_only() {
        assert_eq!(read("CANCEL", "sms", None), OptOut::Yes);
        check("cancel", OptOut::No);
    }

    #[test]
    fn requests_in_sentences() {
        check("Bitte schreiben Sie mir nicht mehr.", OptOut::Yes);
        check("Nehmt mich bitte von der Liste", OptOut::Yes);
        check("lass mich in Frieden", OptOut::Yes);
        check("Löschen Sie bitte meine Nummer.", OptOut::Yes);
        check("Schreibt mir bitte nicht mehr", OptOut::Yes);
        check("Ab jetzt bitte keine Impf-SMS mehr", OptOut::Yes);
        check("Take me off your mailing list", OptOut::Yes);
        check("No more texts please", OptOut::Yes);
        check("Could you stop messaging me, please?", OptOut::Yes);
        check("I no longer wish to hear from you.", OptOut::Yes);
        check("pls dont keep texting me", OptOut::Yes);
        check("I do not wish to receive any more reminders", OptOut::Yes);
        check("I'd prefer it if you didn't message me again", OptOut::Yes);
        check("Do NOT text this number", OptOut::Yes);
        check("hört auf mich vollzuspammen", OptOut::Yes);
        check("Je ne souhaite plus recevoir de messages.", OptOut::Yes);
        check("Por favor, no me mandéis más mensajes", OptOut::Yes);
        check("Non mandatemi più messaggi per favore", OptOut::Yes);
        check("Lütfen bana bir daha mesaj atmayın", OptOut::Yes);
    }

    #[test]
    fn look_alikes_are_none() {
        check("Bitte den Termin am Freitag streichen.", OptOut::No);
        check("Please cancel my appointment on Friday.", OptOut::No);
        check("Bitte keine Nüsse, ich bin allergisch.", OptOut::No);
        check("Ich schaue es mir in Ruhe an", OptOut::No);
        check("Sorry to bother you again, any news?", OptOut::No);
        check("Take me off the Tuesday class, please", OptOut::No);
        check("My tooth keeps bothering me", OptOut::No);
        check("Please don't text, ring me instead", OptOut::No);
        check("I never got your email", OptOut::No);
        check("No need to send the brochure, I have it", OptOut::No);
        check("Please do not share my number", OptOut::No);
        check("Please don't stop sending the wine tips!", OptOut::No);
        check("Eine kurze Mail reicht", OptOut::No);
        for text in [
            "please stop sending him out without his coat",
            "no idea how to unsubscribe from my old gym",
        ] {
            assert_ne!(read(text, "whatsapp", None), OptOut::Yes, "{text}");
        }
        check("Die Bremse blockiert, wann haben Sie Zeit", OptOut::No);
        check("Lassen Sie uns das in Ruhe besprechen", OptOut::No);
    }

    #[test]
    fn what_could_be_either_goes_to_a_person() {
        check("Rufen Sie mich bitte nicht mehr an", OptOut::Unclear);
        check("Take me off please, that is not mine", OptOut::Unclear);
        check("Take me off the Saturday list", OptOut::Unclear);
        check("no contact lenses for me, thanks", OptOut::Unclear);
        check("I don't want the newsletter discount code", OptOut::Unclear);
        check(
            "Ich habe seit Montag von Ihnen nichts mehr gehört",
            OptOut::Unclear,
        );
        check("Warum bekomme ich keine Nachrichten mehr?", OptOut::Unclear);
    }
}
