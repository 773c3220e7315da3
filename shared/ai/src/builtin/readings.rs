//! Everything that was read in a conversation and a rule, as names. `weights` has learned what each
//! speaks for.

use super::reading::Reading;
use super::rule::RuleReading;
use super::story::{Ask, Event, Story};
use crate::transcript::Author;

const EVENTS: [Event; 11] = [
    Event::Confirmed,
    Event::Done,
    Event::Delivered,
    Event::Declined,
    Event::Elsewhere,
    Event::NeedGone,
    Event::Problem,
    Event::Pleased,
    Event::Thanked,
    Event::Replied,
    Event::Postponed,
];

/// The names of all that holds, each once.
pub(super) fn names(rule: &RuleReading, story: &Story, misfit: bool) -> Vec<String> {
    let mut names = vec!["always".to_owned()];
    names.extend(of_rule(rule));
    names.extend(of_story(rule, story));
    if misfit {
        names.push("the rule is about something else".to_owned());
    }
    let last = story.read.last().map(|(author, _)| *author);
    for (index, (author, reading)) in story.read.iter().enumerate() {
        let later = &story.read[index + 1..];
        let is_latest = later.iter().all(|(other, _)| other != author);
        let side = match author {
            Author::Customer => "customer",
            Author::Business | Author::Automation => "business",
        };
        for name in of_message(reading) {
            if is_latest && last == Some(*author) {
                names.push(format!("{side}, with the last word: {name}"));
            }
            let when = if is_latest { "last" } else { "earlier" };
            names.push(format!("{side} {when}: {name}"));
        }
        if is_latest && last == Some(*author) {
            names.push(format!("{side} wrote last"));
        }
    }
    names.sort_unstable();
    names.dedup();
    names
}

fn of_rule(rule: &RuleReading) -> Vec<String> {
    let stops = rule.stops_on;
    held(&[
        ("rule: needs an offer", rule.needs_offer),
        ("rule: about an offer", rule.about_offer),
        ("rule: about an appointment", rule.about_appointment),
        ("rule: about documents", rule.about_documents),
        ("rule: after a sale", rule.after_sale),
        ("rule: after a visit", rule.after_visit),
        ("rule: after an event", rule.after_event),
        ("stops on: goal", stops.goal),
        ("stops on: delivered", stops.delivered),
        ("stops on: postponed", stops.postponed),
        ("stops on: refusal", stops.refusal),
        ("stops on: problem", stops.problem),
        ("stops on: pleased", stops.pleased),
        ("stops on: thanks", stops.thanks),
        ("stops on: feedback", stops.feedback),
    ])
}

fn of_story(rule: &RuleReading, story: &Story) -> Vec<String> {
    let mut names = held(&[
        ("story: offered", story.offered),
        ("story: answered", story.answered),
        ("story: announced", story.announced),
        ("story: served", story.served),
        ("story: times were named", story.has_times()),
        ("story: open", story.is_open()),
        ("offer missing", rule.needs_offer && !story.offered),
        ("offer there", rule.about_offer && story.offered),
    ]);
    names.push(format!(
        "open: {}",
        story.ask.map_or("nothing", name_of_ask)
    ));
    names.push(format!("waits: {}", story.waits.unwrap_or("no")));
    for event in EVENTS {
        if story.has(event) {
            names.push(format!("event: {event:?}"));
        }
        if story.has_lately(event) {
            names.push(format!("event since the last question: {event:?}"));
        }
    }
    names
}

fn name_of_ask(ask: Ask) -> &'static str {
    match ask {
        Ask::Slots => "times",
        Ask::Decision => "yes or no",
        Ask::Info => "information",
        Ask::Documents => "documents",
        Ask::Feedback => "feedback",
        Ask::Offer => "an offer",
        Ask::Invitation => "an invitation",
    }
}

fn of_message(reading: &Reading) -> Vec<String> {
    let mut names = held(&[
        ("question mark", reading.question_mark),
        ("asks", reading.asks()),
        ("price", reading.price),
        ("choice of times", reading.offers_a_choice()),
        ("times", !reading.slots.is_empty()),
        ("media", reading.media),
        ("laughs", reading.laughs),
        ("promise", reading.promises()),
        ("short", reading.word_count < 4),
        ("long", reading.word_count > 25),
    ]);
    names.extend(reading.acts().into_iter().map(|(act, stated)| {
        if stated {
            format!("{act:?}")
        } else {
            format!("({act:?})")
        }
    }));
    names
}

fn held(all: &[(&str, bool)]) -> Vec<String> {
    let holding = all.iter().filter(|(_, holds)| *holds);
    holding.map(|(name, _)| (*name).to_owned()).collect()
}
