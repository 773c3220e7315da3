//! What an owner's rule says: what its description takes for granted, what it leaves
//! out, and which events its stop text lists.

use super::stems::List;
use super::text::{BREAK, Sentence, Token, fold, sentences};
use super::topics::{self, Topic};
use crate::transcript::RuleText;

#[derive(Debug)]
pub(super) struct RuleReading {
    /// Something in the description says in which conversations the rule applies.
    pub(super) understood: bool,
    /// An offer or a price must have been given.
    pub(super) needs_offer: bool,
    pub(super) about_offer: bool,
    pub(super) about_appointment: bool,
    /// It speaks of customers who asked for something.
    pub(super) who_asked: bool,
    /// It is about papers, pictures or data the customer is to hand in.
    pub(super) about_documents: bool,
    /// It asks how a purchase, a visit or a repair has turned out.
    pub(super) after_sale: bool,
    /// It begins after a viewing, a trial, an appointment.
    pub(super) after_visit: bool,
    /// It begins after something that has a date.
    pub(super) after_event: bool,
    pub(super) topics: Vec<Topic>,
    /// Stems of what "not for ..." names, and of other words for it.
    pub(super) excluded: Vec<String>,
    pub(super) stops_on: StopsOn,
}

/// The kinds of event a stop text lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct StopsOn {
    /// Booked, confirmed, accepted, bought, paid, chosen.
    pub(super) goal: bool,
    /// Of these a purchase or a payment.
    purchase: bool,
    /// Of these anything else.
    other_goal: bool,
    pub(super) delivered: bool,
    /// Put off to next year, paused for a term.
    pub(super) postponed: bool,
    /// Declined, cancelled, not interested, no need, bought elsewhere.
    pub(super) refusal: bool,
    pub(super) problem: bool,
    pub(super) pleased: bool,
    pub(super) thanks: bool,
    /// Thanks as such, not for one thing.
    pub(super) any_thanks: bool,
    /// Any word back: "has given feedback".
    pub(super) feedback: bool,
}

// Folded stems of all languages together: an owner's few words hardly collide.

/// Whether any of these words says in which conversations a rule applies.
fn says_when(words: &[Token]) -> bool {
    let known: [List; 18] = [
        List::Situation,
        List::Offer,
        List::Asked,
        List::Sent,
        List::Appointment,
        List::Meeting,
        List::Documents,
        List::HandedIn,
        List::Purchase,
        List::Sale,
        List::Care,
        List::Asks,
        List::Decision,
        List::Goal,
        List::Problem,
        List::Pleased,
        List::Thanks,
        List::Feedback,
    ];
    known.iter().any(|list| list.in_any(words)) || !topics::topics(words).is_empty()
}

const NOT_FOR: [&[&str]; 26] = [
    // Folded: "oe" is "o".
    &["dos", "not", "apply"],
    &["dosnt", "apply"],
    &["not", "with"],
    &["not", "about"],
    &["nicht", "gedacht"],
    &["nicht", "aber"],
    &["sauf"],
    &["excepto"],
    &["salvo"],
    &["tranne"],
    &["nicht", "bei"],
    &["nicht", "fur"],
    &["nicht", "wenn"],
    &["nicht", "an"],
    &["gilt", "nicht"],
    &["ausser"],
    &["ausgenommen"],
    &["ausnahme"],
    &["not", "for"],
    &["not", "when"],
    &["not", "if"],
    &["except"],
    &["excluding"],
    &["pas", "pour"],
    &["no", "para"],
    &["non", "per"],
];

pub(super) fn read(rule: &RuleText) -> RuleReading {
    let (description, excluded) = split_exclusion(sentences(&rule.description));
    RuleReading {
        understood: is_understood(&rule.description),
        needs_offer: List::Offer.in_any(&description)
            && List::Given.in_any(&description)
            && !only_asked_for(&description),
        about_offer: List::Offer.in_any(&description),
        about_appointment: List::Appointment.in_any(&description),
        who_asked: List::Asked.in_any(&description) || List::Interested.in_any(&description),
        about_documents: List::Documents.in_any(&description)
            || List::HandedIn.in_any(&description) && !List::Offer.in_any(&description),
        after_sale: is_after_sale(&description),
        after_visit: follows(&description, List::Appointment),
        after_event: follows(&description, List::Appointment) || follows(&description, List::Event),
        topics: topics::topics(&description),
        excluded: with_kin(excluded),
        stops_on: stops_on(&rule.stop),
    }
}

/// Whether a description says in which conversations its rule applies, in words that are known here.
pub(super) fn is_understood(description: &str) -> bool {
    let (description, excluded) = split_exclusion(sentences(description));
    says_when(&description) || !excluded.is_empty()
}

/// Whether these words can be about an appointment at all.
pub(super) fn speak_of_appointment(words: &[Token]) -> bool {
    List::Appointment.in_any(words) || List::Meeting.in_any(words)
}

fn is_after_sale(words: &[Token]) -> bool {
    let asks = List::Asks.in_any(words);
    let cares = List::Care.in_any(words);
    follows(words, List::Purchase)
        || (asks || cares) && follows(words, List::Sale)
        || asks && cares && !List::Offer.in_any(words)
}

/// "after" with an event right behind it.
fn follows(words: &[Token], event: List) -> bool {
    words.iter().enumerate().any(|(i, word)| {
        let rest = &words[i + 1..];
        let near = &rest[..rest.len().min(4)];
        List::After.in_any(std::slice::from_ref(word))
            && near.iter().enumerate().any(|(at, next)| {
                let behind = rest.get(at + 1).map_or(&[][..], std::slice::from_ref);
                event.in_any(std::slice::from_ref(next)) && !List::For.in_any(behind)
            })
    })
}

/// What a stop text lists, alternative by alternative. One that names nothing known is taken
/// for whatever ends a matter.
fn stops_on(stop: &str) -> StopsOn {
    let mut stops = StopsOn::default();
    let mut listed = false;
    for sentence in sentences(stop) {
        for alternative in sentence.words.split(|word| is_joiner(word)) {
            if alternative.iter().any(|word| !says_nothing(word)) {
                stops.add(alternative);
                listed = true;
            }
        }
    }
    if !listed {
        stops.add(&[]);
    }
    stops
}

impl StopsOn {
    /// The goal is that something was bought or paid for, and nothing less.
    pub(super) fn only_a_purchase(self) -> bool {
        self.purchase && !self.other_goal
    }

    fn add(&mut self, alternative: &[Token]) {
        let decided = List::Decision.in_any(alternative);
        let bought = List::Bought.in_any(alternative);
        // "unzufrieden" holds the word for its opposite.
        let pleased = alternative.iter().any(|word| {
            !word.starts_with("unzufrieden") && List::Pleased.in_any(std::slice::from_ref(word))
        });
        let events = [
            (&mut self.goal, decided || List::Goal.in_any(alternative)),
            (&mut self.purchase, bought),
            (
                &mut self.other_goal,
                decided || List::Goal.in_any(alternative) && !bought,
            ),
            (
                &mut self.refusal,
                decided || List::Refusal.in_any(alternative),
            ),
            (
                &mut self.delivered,
                List::Delivered.in_any(alternative) || List::Numbers.in_any(alternative),
            ),
            (&mut self.postponed, List::Postponed.in_any(alternative)),
            (&mut self.problem, List::Problem.in_any(alternative)),
            (&mut self.pleased, pleased),
            (&mut self.thanks, List::Thanks.in_any(alternative)),
            (
                &mut self.any_thanks,
                List::Thanks.in_any(alternative) && !List::ForSomething.in_any(alternative),
            ),
            (&mut self.feedback, List::Feedback.in_any(alternative)),
        ];
        let mut known = false;
        for (stops, named) in events {
            *stops |= named;
            known |= named;
        }
        self.goal |= !known;
        self.refusal |= !known;
        self.delivered |= !known;
    }
}

fn is_joiner(word: &str) -> bool {
    const JOINERS: [&str; 8] = [BREAK, "or", "oder", "ou", "o", "veya", "ya", "bzw"];
    JOINERS.contains(&word)
}

/// "Stoppen, wenn ...": words that frame the alternatives.
fn says_nothing(word: &str) -> bool {
    const FRAME: [&str; 18] = [
        "stop", "stopp", "stoppen", "stops", "if", "when", "once", "as", "soon", "wenn", "sobald",
        "falls", "der", "die", "kunde", "customer", "the", "they",
    ];
    FRAME.contains(&word)
}

/// "has asked for a price" speaks of no price given.
fn only_asked_for(words: &[Token]) -> bool {
    let asked = List::Asked.in_any(words);
    let given = List::Sent.in_any(words);
    asked && !given
}

fn split_exclusion(sentences: Vec<Sentence>) -> (Vec<Token>, Vec<String>) {
    let mut description = Vec::new();
    let mut excluded = Vec::new();
    for sentence in sentences {
        let cut = exclusion_start(&sentence.words).unwrap_or(sentence.words.len());
        description.extend_from_slice(&sentence.words[..cut]);
        excluded.extend(sentence.words[cut..].iter().filter_map(|word| stem(word)));
    }
    (description, excluded)
}

/// Words for one thing, so that "not for weddings" leaves "we marry in May" out.
const KIN: [&str; 7] = [
    "grundstück grundstücke bauplatz baugrund parzelle plot land terreno terrain arsa",
    "wedding marry married marriage bride groom hochzeit heirat braut brautpaar trauung standesamt \
     mariage boda matrimonio sposi düğün",
    "reklam beschwer complaint mangel mängel defekt kaputt broken faulty",
    "firma firmen unternehmen gmbh company companies business corporate entreprise empresa azienda",
    "miete mieten mietanfrage vermiet rent rental renting tenant location",
    "notfall notfälle emergenc urgent urgence",
    "kind kinder child children kids enfant niños bambin",
];

fn with_kin(mut excluded: Vec<String>) -> Vec<String> {
    for group in KIN {
        let group = fold(group);
        let kin = || group.split_whitespace();
        if excluded
            .iter()
            .any(|stem| kin().any(|word| word.starts_with(stem.as_str())))
        {
            excluded.extend(kin().map(str::to_owned));
        }
    }
    excluded
}

/// Where "not for ..." begins: at the start of a sentence or after a comma.
fn exclusion_start(words: &[Token]) -> Option<usize> {
    (0..words.len()).find(|&i| {
        const OPENERS: [&str; 8] = [BREAK, "aber", "jedoch", "but", "mais", "pero", "ma", "und"];
        const BARE: [&str; 6] = ["ausser", "except", "sauf", "excepto", "salvo", "tranne"];
        let at_border =
            i == 0 || OPENERS.contains(&words[i - 1].as_str()) || BARE.contains(&words[i].as_str());
        at_border
            && NOT_FOR.iter().any(|phrase| {
                phrase
                    .iter()
                    .zip(&words[i..])
                    .filter(|(a, b)| **a == b.as_str())
                    .count()
                    == phrase.len()
            })
    })
}

/// The beginning of a word that its other forms share: "Mietanfragen" and "mieten".
fn stem(word: &str) -> Option<String> {
    const EMPTY: [&str; 32] = [
        "dos",
        "apply",
        "applies",
        "meant",
        "about",
        "with",
        "gedacht",
        "sauf",
        "nicht",
        "wenn",
        "gilt",
        "ausser",
        "ausgenommen",
        "ausnahme",
        "except",
        "excluding",
        "when",
        "kunden",
        "kunde",
        "customers",
        "customer",
        "people",
        "personen",
        "leute",
        "eine",
        "einer",
        "einem",
        "those",
        "pour",
        "para",
        "anfragen",
        "requests",
    ];
    let length = word.chars().count();
    if length < 4 || EMPTY.contains(&word) {
        return None;
    }
    let keep = match length {
        4..=6 => 4,
        7..=9 => 5,
        // A German compound: its first part names the thing.
        _ => 4,
    };
    Some(word.chars().take(keep).collect())
}
