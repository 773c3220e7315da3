//! Puts a conversation and a rule together: does it apply, must it stop, and why.

use chrono::{DateTime, Utc};

use super::language::guess_language;
use super::rule::{self, RuleReading};
use super::story::{self, Ask, Event, OptOutFound, Story};
use super::topics;
use crate::assess::{Assessment, RuleVerdict};
use crate::transcript::{Language, RuleText, Transcript};

/// Such a rule would apply to everybody, so it applies to nobody.
const NOT_UNDERSTOOD: &str = "description not understood; needs a model or clearer words";

/// Answers `assess::prompt` without a model. Silence is judged by who owes the next word, not by
/// the clock; `now` only tells whether "tomorrow" has been.
pub fn assess(transcript: &Transcript, rules: &[RuleText], now: DateTime<Utc>) -> Assessment {
    let language = transcript
        .language
        .unwrap_or_else(|| language_of(transcript, rules));
    let story = story::tell(transcript, language);
    let opt_out = story.opt_out == OptOutFound::Yes;
    Assessment {
        customer_waits: story.waits.is_some(),
        opt_out,
        rules: rules
            .iter()
            .map(|rule| verdict(rule, &story, now))
            .collect(),
    }
}

/// The chat's language; where its few words leave it open, that of the rules.
fn language_of(transcript: &Transcript, rules: &[RuleText]) -> Language {
    let chat = transcript.turns.iter().map(|turn| turn.text.as_str());
    let written = rules.iter().map(|rule| rule.description.as_str());
    let guess = |texts: Vec<&str>| guess_language(&texts.join("\n"));
    guess(chat.collect())
        .or_else(|| guess(written.collect()))
        .unwrap_or(Language::De)
}

fn verdict(rule: &RuleText, story: &Story, now: DateTime<Utc>) -> RuleVerdict {
    let reading = rule::read(rule);
    let (applies, stop, reason) = decide(&reading, story, now);
    RuleVerdict {
        rule: rule.id.clone(),
        applies,
        stop,
        reason: reason.to_owned(),
    }
}

fn decide(rule: &RuleReading, story: &Story, now: DateTime<Utc>) -> (bool, bool, &'static str) {
    if story.opt_out == OptOutFound::Yes {
        return (false, true, "the customer asked for no more messages");
    }
    if let Some(misfit) = misfit(rule, story) {
        return (false, false, misfit);
    }
    let called_off = [
        Event::Declined,
        Event::Elsewhere,
        Event::NeedGone,
        Event::Done,
    ]
    .iter()
    .any(|event| story.has(*event));
    if rule.after_event && story.lies_ahead(now) && !called_off {
        return (false, false, "what the rule waits for has not happened yet");
    }
    if let Some(reason) = stop_reason(rule, story) {
        return (false, true, reason);
    }
    if !rule.understood {
        return (false, false, NOT_UNDERSTOOD);
    }
    if let Some(reason) = story.waits {
        return (false, false, reason);
    }
    let (applies, reason) = weigh(&evidence(rule, story));
    (applies, false, reason)
}

/// One thing that speaks for (above zero) or against a follow-up.
struct Evidence {
    weight: i32,
    holds: bool,
    reason: &'static str,
}

/// What is known once nobody waits and nothing has ended. That the business wrote last is
/// usually enough, so a rule whose topic cannot be recognised leans to yes if it says anything else.
fn evidence(rule: &RuleReading, story: &Story) -> [Evidence; 6] {
    let told = story.has(Event::Pleased) || story.has(Event::Replied);
    let after_the_fact = story.served || told || story.ask == Some(Ask::Feedback);
    let of_appointment = story.has_times() || rule::speak_of_appointment(&story.words);
    let needs_appointment =
        rule.about_appointment && !rule.about_offer && !rule.after_sale && !rule.about_documents;
    let evidence = |weight, holds, reason| Evidence {
        weight,
        holds,
        reason,
    };
    [
        evidence(
            3,
            story.is_open(),
            "the customer owes the next word and has gone silent",
        ),
        evidence(
            2,
            story.answered,
            "the customer has gone silent after our answer",
        ),
        evidence(
            3,
            rule.after_sale && after_the_fact,
            "all was delivered and the customer has not said how it was",
        ),
        evidence(
            -9,
            rule.needs_offer && !story.offered,
            "no offer or price was given yet",
        ),
        evidence(
            -9,
            needs_appointment && !of_appointment,
            "nobody has spoken of an appointment",
        ),
        evidence(
            -9,
            rule.after_sale && !after_the_fact,
            "nothing has been delivered or done yet",
        ),
    ]
}

/// The sum decides; the heaviest on its side is the reason.
fn weigh(evidence: &[Evidence]) -> (bool, &'static str) {
    let holding = || evidence.iter().filter(|e| e.holds);
    let applies = holding().map(|e| e.weight).sum::<i32>() > 0;
    let reason = holding()
        .filter(|e| (e.weight > 0) == applies)
        .max_by_key(|e| e.weight.abs())
        .map_or("nothing is open on the customer's side", |e| e.reason);
    (applies, reason)
}

/// The rule is about something else.
fn misfit(rule: &RuleReading, story: &Story) -> Option<&'static str> {
    let excluded = rule.excluded.iter().any(|stem| {
        story
            .words
            .iter()
            .any(|word| word.starts_with(stem.as_str()))
    });
    if excluded {
        return Some("the description leaves this kind of conversation out");
    }
    topics::exclude_each_other(
        &rule.topics,
        &story.topics,
        &story.customer_topics,
        story.ask.is_some(),
    )
    .then_some("the conversation is about something else")
}

fn stop_reason(rule: &RuleReading, story: &Story) -> Option<&'static str> {
    let stops = rule.stops_on;
    let offer_missing = rule.needs_offer && !story.offered;
    // A rule that begins after the appointment does not end with that appointment.
    let agreed = if rule.after_visit {
        story.has_lately(Event::Confirmed)
    } else {
        story.has(Event::Confirmed)
    };
    let confirmed = agreed && !offer_missing && !rule.about_documents && !rule.after_sale;
    let replied = rule.after_sale && story.has(Event::Replied);
    let checks = [
        (
            stops.refusal || stops.goal,
            story.has(Event::Elsewhere),
            "found it somewhere else",
        ),
        (
            stops.refusal || stops.goal,
            story.has(Event::NeedGone),
            "the need is gone",
        ),
        (
            stops.refusal,
            story.has(Event::Declined),
            "the customer declined",
        ),
        (stops.goal, story.has(Event::Done), "the goal was reached"),
        (stops.goal, confirmed, "the customer confirmed"),
        (
            stops.postponed,
            story.has(Event::Postponed),
            "the customer has put it off",
        ),
        (
            stops.delivered,
            story.has(Event::Delivered),
            "what was asked for has been sent",
        ),
        (
            stops.problem,
            story.has(Event::Problem),
            "the customer reported a problem",
        ),
        (
            stops.pleased,
            story.has(Event::Pleased),
            "the customer is satisfied",
        ),
        (
            stops.thanks,
            story.has(Event::Thanked),
            "the customer said thank you",
        ),
        (stops.feedback, replied, "the customer has told how it was"),
    ];
    checks
        .into_iter()
        .find(|(listed, happened, _)| *listed && *happened)
        .map(|(_, _, reason)| reason)
}
