//! Does a message ask for no more messages?
//!
//! A keyword counts only as the whole message, politeness aside. In sentences the request
//! must be about messages: stopping a charge, cancelling an appointment or leaving a
//! course is none. What is neither clear nor clearly something else goes to a person.

use std::sync::LazyLock;

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

/// Reads one customer message. `language` is that of the conversation, for messages too
/// short to show their own.
pub(super) fn read(text: &str, channel: &str, language: Option<Language>) -> OptOut {
    if is_keyword(text, channel) {
        return OptOut::Yes;
    }
    match guess_language(text).or(language) {
        Some(language) => in_sentences(text, language),
        None => match in_sentences(text, Language::De) {
            OptOut::No => in_sentences(text, Language::En),
            found => found,
        },
    }
}

fn is_keyword(text: &str, channel: &str) -> bool {
    static LISTS: LazyLock<[Vec<String>; 3]> =
        LazyLock::new(|| [KEYWORDS, SMS_KEYWORDS, POLITE].map(bare_words));
    let [keywords, sms, polite] = &*LISTS;
    let words = bare_words(&text.replace(['-', '_'], ""));
    let is_key =
        |word: &String| keywords.contains(word) || (channel == "sms" && sms.contains(word));
    // A question is a question, and a keyword in a row of other words is a sentence.
    words.len() <= 6
        && !text.contains('?')
        && words.iter().any(is_key)
        && words
            .iter()
            .all(|word| is_key(word) || polite.contains(word))
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
