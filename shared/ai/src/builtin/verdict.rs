//! Puts a conversation and a rule together: does it apply, must it stop, and why.

use chrono::{DateTime, Utc};

use super::language::guess_language;
use super::lexicon::Act;
use super::rule::{self, RuleReading};
use super::story::{self, Ask, Event, OptOutFound, Story};
use super::topics;
use super::weights::{Course, Weights};
use super::{readings, reasons};
use crate::assess::{Assessment, RuleVerdict};
use crate::transcript::{Author, Language, RuleText, Transcript};

/// Such a rule would apply to everybody, so it applies to nobody.
const NOT_UNDERSTOOD: &str = "description not understood; needs a model or clearer words";

/// Answers `assess::prompt` without a model. Silence is judged by who owes the next word, not by
/// the clock; `now` only tells whether "tomorrow" has been.
pub fn assess(transcript: &Transcript, rules: &[RuleText], now: DateTime<Utc>) -> Assessment {
    assess_with(Weights::learned(), transcript, rules, now)
}

/// The same with other weights than the committed ones; how good they are shows only on cases they
/// were not learned from.
pub fn assess_with(
    weights: &Weights,
    transcript: &Transcript,
    rules: &[RuleText],
    now: DateTime<Utc>,
) -> Assessment {
    let story = story_of(transcript, rules);
    let opt_out = story.opt_out == OptOutFound::Yes;
    let rules: Vec<RuleVerdict> = rules
        .iter()
        .map(|rule| verdict(weights, rule, &story, now))
        .collect();
    // An answer that is due for sure lets no rule apply; a weaker sign of waiting can be outweighed.
    let outweighed = rules.iter().any(|rule| rule.applies);
    Assessment {
        customer_waits: story.waits.is_some() && !outweighed,
        opt_out,
        rules,
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

/// The names of all that is read in a conversation and a rule: what weights are learned for. `None`
/// after an opt-out, of which nothing is to be learned about the matter.
pub fn readings_of(transcript: &Transcript, rule: &RuleText) -> Option<Vec<String>> {
    let story = story_of(transcript, std::slice::from_ref(rule));
    let rule = rule::read(rule);
    let misfit = misfit(&rule, &story).is_some();
    (story.opt_out != OptOutFound::Yes).then(|| readings::names(&rule, &story, misfit))
}

fn story_of(transcript: &Transcript, rules: &[RuleText]) -> Story {
    let language = transcript
        .language
        .unwrap_or_else(|| language_of(transcript, rules));
    story::tell(transcript, language)
}

fn verdict(weights: &Weights, rule: &RuleText, story: &Story, now: DateTime<Utc>) -> RuleVerdict {
    let reading = rule::read(rule);
    let (course, reason) = match certain(&reading, story, now) {
        Some((course, reason)) => (course, reason.to_owned()),
        None => likely(weights, &reading, story),
    };
    RuleVerdict {
        rule: rule.id.clone(),
        applies: course == Course::FollowUp,
        stop: course == Course::Stop,
        reason,
    }
}

/// An end that is read out of a yes, and not told in so many words.
const CONFIRMED: &str = "the customer confirmed";

/// How much more it takes to go against the one reading that matters most, in hundredths.
const PLAINLY: i32 = 25;

/// What no weighing may change.
fn certain(
    rule: &RuleReading,
    story: &Story,
    now: DateTime<Utc>,
) -> Option<(Course, &'static str)> {
    if story.opt_out == OptOutFound::Yes {
        return Some((Course::Stop, "the customer asked for no more messages"));
    }
    if let Some(misfit) = misfit(rule, story) {
        return Some((Course::Neither, misfit));
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
        let reason = "what the rule waits for has not happened yet";
        return Some((Course::Neither, reason));
    }
    match stop_reason(rule, story) {
        Some(reason) if reason != CONFIRMED || asks_to_start(story) => Some((Course::Stop, reason)),
        None if !rule.understood => Some((Course::Neither, NOT_UNDERSTOOD)),
        _ => None,
    }
}

/// What the readings say together. Where that is what the single reading says that decides by the
/// rules below, it is the reason; otherwise the readings that weighed most are.
fn likely(weights: &Weights, rule: &RuleReading, story: &Story) -> (Course, String) {
    let (plain, reason) = plainly(rule, story);
    let readings = readings::names(rule, story, false);
    let mut sum = weights.sum(&readings);
    sum[plain as usize] += PLAINLY;
    let nothing_open = plain == Course::Neither && story.waits.is_none();
    let may_follow_up = !nothing_open && !is_owed_an_answer(story);
    // Who asked, was answered and is silent is whom such a rule means.
    let asked_and_silent = rule.who_asked && plain == Course::FollowUp;
    let still_wants = !story.events.iter().any(|event| event.ends_the_matter())
        && [Some(story::WANTS), Some(story::CHASES)].contains(&story.waits);
    let not_bought = rule.stops_on.only_a_purchase() && plain != Course::Stop;
    // All was delivered, and not a word about it yet.
    let told = rule.after_sale && plain == Course::FollowUp;
    let may = |course| match course {
        Course::Neither => !asked_and_silent && !told,
        Course::Stop => !still_wants && !not_bought && !told,
        // A yes that was read may be one to something else; it is never the wish for a reminder.
        Course::FollowUp => may_follow_up && plain != Course::Stop,
    };
    let course = Course::ALL
        .into_iter()
        .filter(|course| may(*course))
        .max_by_key(|course| (sum[*course as usize], *course == plain))
        .unwrap_or(plain);
    if course == plain {
        return (course, reason.to_owned());
    }
    (
        course,
        reasons::weighed(course, &weights.strongest(&readings, course)),
    )
}

/// "When can you start?" is a yes, though a question.
fn asks_to_start(story: &Story) -> bool {
    let mut theirs = story.read.iter().rev();
    let latest = theirs.find(|(author, _)| *author == Author::Customer);
    latest.is_some_and(|(_, reading)| reading.mentions(Act::Starts))
}

/// Nobody is reminded of a thing while a promise or an answer to their question is due from us.
fn is_owed_an_answer(story: &Story) -> bool {
    let waits_surely = story
        .waits
        .is_some_and(|reason| [story::PROMISED, story::ASKED, story::UNANSWERED].contains(&reason));
    waits_surely || story.read.is_empty()
}

/// By the one reading that matters most.
fn plainly(rule: &RuleReading, story: &Story) -> (Course, &'static str) {
    if let Some(reason) = stop_reason(rule, story) {
        return (Course::Stop, reason);
    }
    if let Some(reason) = story.waits {
        return (Course::Neither, reason);
    }
    let (applies, reason) = weigh(&evidence(rule, story));
    let course = if applies {
        Course::FollowUp
    } else {
        Course::Neither
    };
    (course, reason)
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
    // Whose question is open is in the middle of what the rule is about.
    let asked = story.ask == Some(Ask::Info);
    let needs_appointment = !asked
        && rule.about_appointment
        && !rule.about_offer
        && !rule.after_sale
        && !rule.about_documents;
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
    // Whoever takes an appointment has bought nothing yet.
    let only_a_time = rule.stops_on.only_a_purchase() && story.has_times();
    let confirmed =
        agreed && !only_a_time && !offer_missing && !rule.about_documents && !rule.after_sale;
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
        (stops.goal, confirmed, CONFIRMED),
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
            story.has(Event::Thanked) || stops.any_thanks && story.has(Event::SaidThanks),
            "the customer said thank you",
        ),
        (stops.feedback, replied, "the customer has told how it was"),
    ];
    checks
        .into_iter()
        .find(|(listed, happened, _)| *listed && *happened)
        .map(|(_, _, reason)| reason)
}
