//! Does a message ask for no more messages?
//!
//! A keyword counts only as the whole message, politeness aside. In sentences the request
//! must be about messages: stopping a charge, cancelling an appointment or leaving a
//! course is none. What is neither clear nor clearly something else goes to a person.

use super::OptOut;
use super::language::guess_language;
use super::lexicon::{Act, Lexicon};
use super::reading;
use super::text::bare_words;
use crate::transcript::Language;

/// Whole messages that mean it on every channel.
const KEYWORDS: &str = "stop stopp stopall unsubscribe optout abmelden abbestellen arret désabonner \
    desinscrire disiscrivi disiscrivimi bajalista darmedebaja stoppen stopit unsub abonelikten çık";

/// Whole messages that mean it where a keyword is all one can write; elsewhere "cancel"
/// is more likely about an appointment.
const SMS_KEYWORDS: &str = "cancel end quit revoke remove td ende aufhören kündigen baja alto parar \
    cancelar detener fin basta ferma cancella annulla fine iptal dur ret";

/// Words that may stand around a keyword.
const POLITE: &str = "bitte danke pls please thanks thank you ty thx plz vielen dank all the messages \
    nachrichten keine werbung mehr sofort jetzt now merci s il vous plaît svp gracias por favor \
    grazie per favore lütfen teşekkürler endlich immediately hi hallo hello it this me newsletter \
    alle alles ok okay ciao cheers x";

pub(super) fn read(text: &str, channel: &str) -> OptOut {
    if is_keyword(text, channel) {
        return OptOut::Yes;
    }
    languages(text).into_iter().map(|language| in_sentences(text, language)).fold(
        OptOut::No,
        |found, next| match (found, next) {
            (OptOut::Yes, _) | (_, OptOut::Yes) => OptOut::Yes,
            (OptOut::Unclear, _) | (_, OptOut::Unclear) => OptOut::Unclear,
            (OptOut::No, OptOut::No) => OptOut::No,
        },
    )
}

fn is_keyword(text: &str, channel: &str) -> bool {
    let folded = |list: &str| -> Vec<String> { bare_words(list) };
    let keywords = folded(KEYWORDS);
    let sms = if channel == "sms" { folded(SMS_KEYWORDS) } else { Vec::new() };
    let polite = folded(POLITE);
    let words = bare_words(&text.replace(['-', '_'], ""));
    let is_key = |word: &String| keywords.contains(word) || sms.contains(word);
    let keys = words.iter().filter(|word| is_key(word)).count();
    // A question is a question, and a keyword in a row of other words is a sentence.
    keys > 0
        && words.len() <= 6
        && !text.contains('?')
        && words.iter().all(|word| is_key(word) || polite.contains(word))
}

/// A short text may be guessed wrong, so German and English are always tried.
fn languages(text: &str) -> Vec<Language> {
    let mut languages = vec![Language::De, Language::En];
    if let Some(guess) = guess_language(text)
        && !languages.contains(&guess)
    {
        languages = vec![guess];
    }
    languages
}

fn in_sentences(text: &str, language: Language) -> OptOut {
    let reading = reading::customer(text, Lexicon::of(language));
    let asks_for_it = reading.mentions(Act::OptOut);
    let about_something_else = reading.mentions(Act::OptIn);
    match (asks_for_it, about_something_else) {
        (true, false) => OptOut::Yes,
        (true, true) => OptOut::Unclear,
        (false, false) if reading.mentions(Act::MaybeOptOut) => OptOut::Unclear,
        (false, _) => OptOut::No,
    }
}
