//! Does a message ask for no more messages?
//!
//! A keyword counts only as the whole message, politeness aside. In sentences the request
//! must be about messages: stopping a charge, cancelling an appointment or leaving a
//! course is none, and neither is what somebody else said, what is quoted, what was settled
//! with another sender, or a question about it. What is neither clear nor clearly something
//! else goes to a person.

use domain::keyword::{self, Keyword, Place, Receiving};

use super::OptOut;
use super::language::guess_language;
use super::lexicon::{Act, Lexicon};
use super::pattern::Span;
use super::reading::{self, Reading};
use super::stems::List;
use super::text::{BREAK, Sentence, Token};
use crate::transcript::Language;

/// Reads one customer message, of which the language is not known.
pub(super) fn read(text: &str, channel: &str) -> OptOut {
    if is_keyword(text, channel) {
        return OptOut::Yes;
    }
    match guess_language(text) {
        Some(language) => in_sentences(text, language),
        None => match in_sentences(text, Language::De) {
            OptOut::No => in_sentences(text, Language::En),
            found => found,
        },
    }
}

/// Reads a message of a conversation in `language`, in which it has been read already; one that
/// clearly is in another language is read in that too.
pub(super) fn read_again(
    text: &str,
    channel: &str,
    language: Language,
    reading: &Reading,
) -> OptOut {
    if is_keyword(text, channel) {
        return OptOut::Yes;
    }
    let found = if without_quotes(text) == text {
        in_reading(reading)
    } else {
        in_sentences(text, language)
    };
    match guess_language(text) {
        Some(guess) if guess != language && found == OptOut::No => in_sentences(text, guess),
        _ => found,
    }
}

fn is_keyword(text: &str, channel: &str) -> bool {
    let place = if channel == "sms" {
        Place::Sms
    } else {
        Place::Chat
    };
    let stop = keyword::Reading::Keyword {
        keyword: Keyword::Stop,
    };
    keyword::read(text, place, Receiving::Yes) == stop
}

/// A sentence that asks for it and is not about something else is clear; one that may be
/// about either is for a person.
fn in_sentences(text: &str, language: Language) -> OptOut {
    in_reading(&reading::customer(
        &without_quotes(text),
        Lexicon::of(language),
    ))
}

fn in_reading(reading: &Reading) -> OptOut {
    let asks_us = reading
        .where_said_apart_from(Act::OptOut, Act::OptIn)
        .any(|(sentence, span)| is_a_request_to_us(sentence, span));
    // Either alone may be about anything.
    let has_enough = reading.mentions_apart_from(Act::Peace, Act::OptIn)
        && reading.mentions_apart_from(Act::ManyMessages, Act::OptIn)
        && !reading.question_mark;
    if asks_us || has_enough {
        OptOut::Yes
    } else if reading.mentions(Act::OptOut)
        || reading.mentions_apart_from(Act::MaybeOptOut, Act::OptIn)
    {
        OptOut::Unclear
    } else {
        OptOut::No
    }
}

// Folded stems of all languages together.

/// Whether the wish found in a sentence is the customer's own, and meant for us.
fn is_a_request_to_us(sentence: &Sentence, wish: Span) -> bool {
    let words = &sentence.words;
    let clause = clause_around(words, wish.start);
    let of_others = List::SomebodyElse.in_any(clause) && !List::SpeaksToUs.in_any(clause)
        || is_from_elsewhere(clause);
    let told = List::AlreadyDone.in_any(words) && !List::SpeaksToUs.in_any(words);
    let before = &words[..wish.start];
    let told = told || List::ToldSomebody.in_any(before) && !List::SpeaksToUs.in_any(before);
    let of_one_thing = List::AboutOneThing.in_any(&words[wish.start..]);
    let partly = List::AtCertainHours.in_any(clause) || List::ToOneAddress.in_any(clause);
    let shown = List::Shown.in_any(&words[..wish.end]) || List::ConfirmedToThem.in_any(words);
    let asked = sentence.question_mark
        && !ends_with_a_tag(words)
        && (!List::CanAskForIt.in_any(words) || List::OnCondition.in_any(words));
    !of_others && !told && !of_one_thing && !partly && !shown && !asked
}

/// "no more texts from the bank", but not "from the list".
fn is_from_elsewhere(clause: &[Token]) -> bool {
    const POINTS: [&str; 13] = [
        "the", "my", "that", "those", "our", "some", "der", "dem", "den", "meiner", "meinem",
        "unserer", "unserem",
    ];
    clause.windows(2).enumerate().any(|(at, pair)| {
        let rest = &clause[at + 2..];
        matches!(pair[0].as_str(), "from" | "von")
            && POINTS.contains(&pair[1].as_str())
            && !List::OurMessages.in_any(&rest[..rest.len().min(3)])
    })
}

/// ", ok?" asks for nothing but a nod.
fn ends_with_a_tag(words: &[Token]) -> bool {
    const TAGS: [&str; 14] = [
        "gell", "gelle", "ja", "ok", "okay", "oder", "ne", "wa", "right", "yeah", "yes", "please",
        "eh", "thanks",
    ];
    matches!(words, [.., comma, tag] if *comma == BREAK && TAGS.contains(&tag.as_str()))
}

/// The words between two borders of clauses.
fn clause_around(words: &[Token], at: usize) -> &[Token] {
    const BORDERS: [&str; 8] = [BREAK, "und", "and", "so", "but", "aber", "because", "weil"];
    let is_border = |word: &Token| BORDERS.contains(&word.as_str());
    let at = at.min(words.len());
    let start = words[..at].iter().rposition(is_border).map_or(0, |i| i + 1);
    let length = words[at..].iter().position(is_border);
    &words[start..length.map_or(words.len(), |length| at + length)]
}

/// Takes quotations of several words out; a message that is nothing but one stays.
fn without_quotes(text: &str) -> String {
    const PAIRS: [(char, &[char]); 6] = [
        ('"', &['"']),
        ('„', &['“', '”', '"']),
        ('“', &['”', '"']),
        ('«', &['»']),
        ('»', &['«']),
        ('\'', &['\'']),
    ];
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        let at_word = kept
            .chars()
            .next_back()
            .is_none_or(|c| !c.is_alphanumeric());
        let pair = PAIRS.iter().find(|(open, _)| *open == c && at_word);
        let end = pair.and_then(|(_, closing)| end_of_quote(after, closing));
        match end {
            Some(end) if after[..end].trim().contains(char::is_whitespace) => {
                kept.push(',');
                rest = after[end..]
                    .split_at(after[end..].chars().next().map_or(0, char::len_utf8))
                    .1;
            }
            _ => {
                kept.push(c);
                rest = after;
            }
        }
    }
    let says_more = kept.chars().any(char::is_alphanumeric);
    if says_more { kept } else { text.to_owned() }
}

/// Where a closing mark stands that is no apostrophe.
fn end_of_quote(text: &str, closing: &[char]) -> Option<usize> {
    text.char_indices()
        .find(|(at, c)| {
            let next = text[at + c.len_utf8()..].chars().next();
            closing.contains(c) && next.is_none_or(|next| !next.is_alphanumeric())
        })
        .map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: OptOut) {
        assert_eq!(read(text, "whatsapp"), expected, "{text}");
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
        assert_eq!(read("CANCEL", "sms"), OptOut::Yes);
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
        check("just take my number out your system mate", OptOut::Yes);
        check("and pack it in with the messages will you", OptOut::Yes);
        check("I would be grateful not to hear from you.", OptOut::Yes);
        check("hört auf mich vollzuspammen", OptOut::Yes);
        check("Lassen Sie solche Nachrichten bitte sein.", OptOut::Yes);
        check("I would ask that the correspondence rests.", OptOut::Yes);
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
            assert_ne!(read(text, "whatsapp"), OptOut::Yes, "{text}");
        }
        check("Die Bremse blockiert, wann haben Sie Zeit", OptOut::No);
        check("Lassen Sie uns das in Ruhe besprechen", OptOut::No);
    }

    #[test]
    fn who_limits_the_hours_or_the_address_has_not_opted_out() {
        for text in [
            "Please stop sending letters there, we moved.",
            "Bitte schickt nichts mehr an die alte Adresse.",
            "Please don't text me during working hours.",
            "no messages on Sundays please",
            "Bitte schreiben Sie mir nicht nachts, da schlafe ich.",
            "Bitte keine Nachrichten am Wochenende",
        ] {
            assert_ne!(read(text, "whatsapp"), OptOut::Yes, "{text}");
        }
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
