//! A conversation, told turn by turn: whose word is next, what is on the table, and what
//! has happened to the matter it is about now.
//!
//! A finished matter is put aside when the customer opens a new one, so an old "all
//! sorted" does not end a newer question.

use chrono::{DateTime, TimeDelta, Utc};

use super::OptOut;
use super::lexicon::{Act, Lexicon};
use super::opt_out;
use super::reading::{self, Reading};
use super::slots::{self, Slot};
use super::stems::List;
use super::text::Token;
use super::topics::{self, Topic};
use crate::transcript::{Author, Language, Transcript};

#[derive(Debug, Default)]
pub(super) struct Story {
    /// Why the customer waits for the business, if so.
    pub(super) waits: Option<&'static str>,
    /// What the business last put before the customer in this matter.
    pub(super) ask: Option<Ask>,
    /// A price or an offer was given in this matter.
    pub(super) offered: bool,
    pub(super) asked_for_documents: bool,
    /// The customer said to come back to it.
    pub(super) announced: bool,
    pub(super) events: Vec<Event>,
    /// What this matter's words are about.
    pub(super) topics: Vec<Topic>,
    /// What the customer's words of this matter are about.
    pub(super) customer_topics: Vec<Topic>,
    /// Every word of this matter.
    pub(super) words: Vec<Token>,
    pub(super) opt_out: OptOutFound,
    /// All messages as they were read, of this matter and of earlier ones.
    pub(super) read: Vec<(Author, Reading)>,
    /// The business has answered the customer with something of substance.
    pub(super) answered: bool,
    /// Something was bought, done or delivered.
    pub(super) served: bool,
    /// What had happened before the business opened the present question.
    pub(super) earlier: Vec<Event>,
    /// Until when something that was spoken of lies ahead.
    ahead_until: Option<DateTime<Utc>>,
    slots: Vec<Slot>,
    choice: bool,
    /// The customer asked what it costs.
    asked_price: bool,
    /// A number was asked for: how many people, which final count.
    asked_for_number: bool,
    /// What was known before the customer's last message, in case it was a joke.
    before_joke: Option<(Vec<Event>, Option<&'static str>)>,
    /// The refusal was of an appointment or an order, which a new proposal takes up again.
    cancelled: bool,
    business_wrote: bool,
    customer_wrote: bool,
    closed: bool,
    /// The customer asked for or agreed to something that a booking can follow.
    wished: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum OptOutFound {
    #[default]
    No,
    Unclear,
    Yes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    /// One or several times to choose from.
    Slots,
    /// Yes or no.
    Decision,
    /// Which, when, how many.
    Info,
    Documents,
    Feedback,
    /// A price or an offer without a question.
    Offer,
    /// "Just let us know."
    Invitation,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// Takes a proposed time or offer.
    Confirmed,
    /// Has bought, paid, signed.
    Done,
    Delivered,
    Declined,
    Elsewhere,
    NeedGone,
    Problem,
    Pleased,
    Thanked,
    /// Said thank you, for whatever.
    SaidThanks,
    /// Has told how it was, good or bad.
    Replied,
    /// Has put it off for a season or longer.
    Postponed,
}

/// Why a customer waits who sent no words. What they write next may tell what it was about.
const MEDIA: &str = "a voice message or picture is unanswered";

pub(super) const ASKED: &str = "the customer's question is open";
pub(super) const WANTS: &str = "the customer asked for something";
pub(super) const CHASES: &str = "the customer is waiting to hear from the business";
pub(super) const UNANSWERED: &str = "nobody has answered the customer yet";
pub(super) const PROMISED: &str = "the business promised to come back";

pub(super) fn tell(transcript: &Transcript, language: Language) -> Story {
    let lexicon = Lexicon::of(language);
    let mut story = Story::default();
    let mut customer_words: Vec<Token> = Vec::new();
    let mut opening_words: Vec<Token> = Vec::new();
    let mut read = Vec::new();
    for turn in &transcript.turns {
        match turn.author {
            Author::Customer => {
                let reading = reading::customer(&turn.text, lexicon);
                if story.opens_new_matter(&reading) {
                    story.start_over();
                    customer_words.clear();
                }
                story.note_opt_out(opt_out::read_again(
                    &turn.text,
                    &transcript.channel,
                    language,
                    &reading,
                ));
                customer_words.extend(reading.words().cloned());
                story.words.extend(reading.words().cloned());
                story.customer_wrote(&reading);
                read.push((turn.author, reading));
            }
            Author::Business => {
                let reading = reading::business(&turn.text, lexicon);
                story.note_what_lies_ahead(&reading, turn.at);
                if !story.customer_wrote {
                    opening_words.extend(reading.words().cloned());
                }
                story.words.extend(reading.words().cloned());
                story.business_wrote(&reading);
                read.push((turn.author, reading));
            }
            Author::Automation => {}
        }
    }
    story.read = read;
    story.served = List::Served.in_any(&story.words);
    story.topics = topics::topics(&story.words);
    // What we brought up first is no side matter of theirs.
    let ours = topics::topics(&opening_words);
    story.customer_topics = topics::topics(&customer_words);
    story.customer_topics.retain(|topic| !ours.contains(topic));
    story
}

impl Story {
    pub(super) fn has(&self, event: Event) -> bool {
        self.events.contains(&event)
    }

    /// Times were named, or somebody proposed some.
    pub(super) fn has_times(&self) -> bool {
        !self.slots.is_empty() || self.ask == Some(Ask::Slots)
    }

    /// An appointment that was spoken of has not been yet.
    pub(super) fn lies_ahead(&self, now: DateTime<Utc>) -> bool {
        self.ahead_until.is_some_and(|until| now < until) && self.ask != Some(Ask::Feedback)
    }

    /// Something lies with the customer: a question, an offer, a promise of their own.
    pub(super) fn is_open(&self) -> bool {
        self.ask.is_some() || self.offered || self.announced
    }

    /// The same, but not before the business opened its present question.
    pub(super) fn has_lately(&self, event: Event) -> bool {
        let count = |events: &[Event]| events.iter().filter(|e| **e == event).count();
        count(&self.events) > count(&self.earlier)
    }

    fn opens_new_matter(&self, reading: &Reading) -> bool {
        let requests = reading.asks() || reading.states(Act::Wants);
        let ends = reading.states(Act::Declines) || reading.states(Act::Elsewhere);
        self.closed && self.waits.is_none() && requests && !ends
    }

    fn start_over(&mut self) {
        *self = Story {
            opt_out: self.opt_out,
            ..Story::default()
        };
    }

    fn note_opt_out(&mut self, found: OptOut) {
        match found {
            OptOut::Yes => self.opt_out = OptOutFound::Yes,
            OptOut::Unclear if self.opt_out == OptOutFound::No => {
                self.opt_out = OptOutFound::Unclear;
            }
            OptOut::No | OptOut::Unclear => {}
        }
    }

    /// "Tomorrow" is a day ahead; of a weekday it is not known how far, so only the next day counts.
    fn note_what_lies_ahead(&mut self, reading: &Reading, at: DateTime<Utc>) {
        let words: Vec<Token> = reading.words().cloned().collect();
        let ahead = reading.slots.iter().filter_map(|slot| match slot {
            Slot::Day(8) => Some(TimeDelta::hours(36)),
            Slot::Day(0..=6) if List::ToCome.in_any(&words) => Some(TimeDelta::hours(24)),
            _ => None,
        });
        if let Some(ahead) = ahead.max()
            && !reading.question_mark
        {
            self.ahead_until = at.checked_add_signed(ahead);
        }
    }

    // The customer

    fn customer_wrote(&mut self, reading: &Reading) {
        self.customer_wrote = true;
        if is_automatic(reading) {
            return;
        }
        let counter_proposal = self.ask == Some(Ask::Slots) && !reading.slots.is_empty();
        let agrees = matches!(self.ask, Some(Ask::Slots | Ask::Decision))
            && reading.states_strongly(Act::Agrees)
            || reading.states_apart_from(Act::Books, &[Act::Announces]);
        if reading.mentions(Act::Jokes)
            && let Some((events, waits)) = self.before_joke.take()
        {
            self.events = events;
            self.waits = waits;
        }
        self.before_joke = Some((self.events.clone(), self.waits));
        // Who says no and wants to hear of other things has still said no.
        let says_no = [Act::Declines, Act::NeedGone, Act::Postpones]
            .iter()
            .any(|act| reading.states(*act));
        let asks_again = reading.mentions(Act::AsksAgain) && says_no;
        let announces = if asks_again {
            reading.mentions_apart_from(Act::Announces, Act::AsksAgain)
        } else {
            reading.mentions(Act::Announces)
        };
        let hesitates = announces
            || reading.mentions(Act::Intends) && !agrees
            || reading.mentions(Act::Undecided)
            || reading.mentions(Act::Hedges) && !counter_proposal;
        let asks = if asks_again {
            reading.asks_apart_from(Act::AsksAgain)
        } else {
            reading.asks() && !reading.mentions(Act::Jokes)
        };
        if reading.states(Act::Cancels) {
            self.events.retain(|event| *event != Event::Confirmed);
        }
        let before = self.events.len();
        if self.business_wrote {
            self.note_events(reading, hesitates, asks);
        }
        let ended = self.events[before..]
            .iter()
            .any(|event| event.ends_the_matter());
        let puts_off = hesitates || reading.says(Act::Postpones);
        self.note_who_waits(reading, puts_off, asks, ended);
        self.announced |= puts_off && !ended;
        self.asked_price |= List::AsksPrice.in_any(&self.words);
        self.wished |= asks || reading.states(Act::Wants) || reading.mentions(Act::Agrees);
        self.closed = ended
            || (!asks && (reading.states(Act::Thanks) || reading.states(Act::NeedGone)))
            || self.closed && !asks;
    }

    fn note_events(&mut self, reading: &Reading, hesitates: bool, asks: bool) {
        let undecided = reading.mentions(Act::Undecided);
        let firm = |act| reading.states_apart_from(act, &[Act::Announces]) && !undecided;
        let is_over =
            |act| reading.states_apart_from(act, &[Act::Announces, Act::Asks]) && !undecided;
        let picks = reading.states_apart_from(Act::Books, &[Act::BadTime])
            || slots::overlap(&self.slots, &reading.affirmed_slots);
        let refuses_time = reading.mentions(Act::BadTime) && !picks || reading.states(Act::Rebooks);
        if is_over(Act::Elsewhere) && !reading.says_last(Act::Announces, Act::Elsewhere) {
            self.events.push(Event::Elsewhere);
        } else if is_over(Act::NeedGone) && !reading.says_last(Act::Announces, Act::NeedGone) {
            self.events.push(Event::NeedGone);
        } else if self.declines(reading, hesitates, refuses_time, asks) {
            self.cancelled = reading.states(Act::Cancels);
            self.events.push(Event::Declined);
        } else if firm(Act::Done) {
            self.events.push(Event::Done);
        } else if self.confirms(reading, hesitates || undecided, asks, refuses_time) {
            self.events.push(Event::Confirmed);
        }
        let hands_in = self.asked_for_documents && firm(Act::Delivers)
            || self.asked_for_number && names_a_number(reading);
        if hands_in && !asks && !hesitates {
            self.events.push(Event::Delivered);
        }
        if reading.says(Act::Postpones) && !asks {
            self.events.push(Event::Postponed);
        }
        self.note_experience(reading, hesitates, asks);
    }

    /// Problems, praise and thanks. Thanks for an answer are not thanks for a follow-up: they
    /// count after a question how it was, or together with praise of the thing.
    fn note_experience(&mut self, reading: &Reading, hesitates: bool, asks: bool) {
        let asked = self.ask == Some(Ask::Feedback);
        if reading.states(Act::Problem) || self.complains(reading, hesitates, asks) {
            self.events.push(Event::Problem);
        } else if !asks {
            let praises = asked && reading.states(Act::Pleased) || reading.praises();
            if praises {
                self.events.push(Event::Pleased);
            }
            if reading.states(Act::Thanks) && (asked || praises) {
                self.events.push(Event::Thanked);
            }
        }
        if reading.states(Act::Thanks) && !asks {
            self.events.push(Event::SaidThanks);
        }
        let tells = reading.mentions(Act::Problem) || reading.praises();
        if asked && self.is_content(reading) && !hesitates && !asks || tells {
            self.events.push(Event::Replied);
        }
    }

    /// Asked how it was, whoever neither praises nor thanks nor puts it off complains.
    fn complains(&self, reading: &Reading, hesitates: bool, asks: bool) -> bool {
        let good = reading.states(Act::Pleased) || reading.states(Act::Thanks);
        let but = says_but(reading);
        self.ask == Some(Ask::Feedback)
            && (!good || but)
            && !hesitates
            && !asks
            && (but || self.is_content(reading) && reading.word_count > 2)
    }

    fn declines(&self, reading: &Reading, hesitates: bool, refuses_time: bool, asks: bool) -> bool {
        let something_else = [
            Act::Problem,
            Act::Delivers,
            Act::Done,
            Act::Books,
            Act::Agrees,
            Act::Wants,
            Act::Requests,
        ];
        let politely = reading.states(Act::ThanksBut)
            && self.is_open()
            && !something_else.iter().any(|act| reading.mentions(*act));
        let says_so = reading.states(Act::Declines) || politely;
        let cancels = reading.states(Act::Cancels) && !reading.states(Act::Rebooks);
        let only_this_time = refuses_time && self.ask == Some(Ask::Slots);
        (says_so && !only_this_time || cancels) && !hesitates && !asks
    }

    fn confirms(&self, reading: &Reading, hesitates: bool, asks: bool, refuses_time: bool) -> bool {
        if hesitates || refuses_time || reading.states_conditionally(Act::Books) {
            return false;
        }
        let takes_slot = self.ask == Some(Ask::Slots)
            && slots::overlap(&self.slots, &reading.affirmed_slots)
            && !reading.mentions(Act::Condition)
            && !reading.mentions(Act::Hedges)
            && !asks;
        // A day that was not on offer is a counter-proposal, however it is put.
        let other_time = self.ask == Some(Ask::Slots)
            && !reading.affirmed_slots.is_empty()
            && !slots::overlap(&self.slots, &reading.affirmed_slots);
        let books = reading.states(Act::Books)
            && self.is_open()
            && !other_time
            && !reading.states(Act::Problem);
        let yes = match self.ask {
            Some(Ask::Slots) => !self.choice && self.says_yes(reading, asks),
            Some(Ask::Decision) => self.says_yes(reading, asks),
            _ => false,
        };
        let starts = reading.mentions(Act::Starts)
            && (reading.mentions(Act::Agrees) || reading.mentions(Act::Books))
            && self.is_open();
        takes_slot || books && (!asks || reading.states(Act::Agrees)) || yes || starts
    }

    fn says_yes(&self, reading: &Reading, asks: bool) -> bool {
        let but = says_but(reading);
        let problem = reading.states(Act::Problem);
        let polite_only = reading.states(Act::Thanks) && !reading.states_strongly(Act::Agrees);
        reading.states(Act::Agrees) && !asks && !but && !problem && !polite_only
    }

    fn note_who_waits(&mut self, reading: &Reading, hesitates: bool, asks: bool, ended: bool) {
        let counters = !hesitates
            && (reading.states_conditionally(Act::Agrees)
                || reading.states_conditionally(Act::Books))
            && (self.ask.is_some() || self.answered);
        let answers = matches!(self.ask, Some(Ask::Info | Ask::Documents))
            && !hesitates
            && self.is_content(reading);
        let other_time = self.ask == Some(Ask::Slots) && !reading.slots.is_empty();
        let side_remark = reading.laughs
            && matches!(
                self.ask,
                Some(Ask::Decision | Ask::Slots | Ask::Offer | Ask::Feedback)
            );
        let reason = if asks && !(ended && reading.states(Act::Elsewhere)) {
            Some(ASKED)
        } else if ended {
            None
        } else if !self.business_wrote {
            Some(UNANSWERED)
        } else if reading.states(Act::Requests) {
            Some(WANTS)
        } else if reading.media && reading.word_count < 30 && !reading.states(Act::Pleased) {
            Some(MEDIA)
        } else if reading.states(Act::Chases) {
            Some(CHASES)
        } else if reading.states(Act::Problem) && !hesitates {
            Some("the customer reported a problem")
        } else if hesitates {
            // Their own promise replaces what they were waiting for only if nothing was.
            self.waits = self.waits.filter(|reason| *reason != MEDIA);
            return;
        } else if reading.states(Act::Wants) {
            Some(WANTS)
        } else if counters {
            Some("the customer set a condition the business must answer")
        } else if reading.states(Act::Delivers) && self.asked_for_documents {
            Some("what was asked for is there; the business is next")
        } else if answers {
            Some("the customer answered our question; the business is next")
        } else if (reading.mentions(Act::BadTime) || other_time) && self.ask == Some(Ask::Slots) {
            Some("the proposed time does not suit; another is to be proposed")
        } else if side_remark {
            return;
        } else if is_plain_statement(reading) {
            Some("the customer told something that wants an answer")
        } else {
            return;
        };
        self.waits = reason;
    }

    /// More than a thank-you, a yes or a smile.
    fn is_content(&self, reading: &Reading) -> bool {
        let polite = reading.count(Act::Thanks) + usize::from(reading.mentions(Act::Agrees));
        reading.word_count > 2 * polite
    }

    // The business

    fn business_wrote(&mut self, reading: &Reading) {
        let asks = reading.question_mark;
        let proposes_time = asks && !reading.slots.is_empty();
        let substance = reading.price || asks || reading.offers_a_choice();
        self.business_wrote = true;
        let words: Vec<Token> = reading.words().cloned().collect();
        self.asked_for_number |= List::AsksNumber.in_any(&words);
        if is_automatic(reading) && !reading.price && !proposes_time {
            return;
        }
        if is_advertising(reading) || !self.customer_wrote && is_mailing(reading) {
            return;
        }
        if reading.promises() && !substance && !reading.mentions(Act::AsksDocs) {
            self.waits = Some(PROMISED);
            return;
        }
        self.waits = None;
        self.answered |= reading.word_count > 2 && !reading.mentions(Act::Regrets);
        if !asks && self.books_in(reading) {
            self.events.push(Event::Confirmed);
            self.closed = true;
            return;
        }
        if !asks && reading.mentions(Act::Regrets) && self.ask.is_some() && !self.announced {
            self.events.push(Event::Declined);
            self.closed = true;
            return;
        }
        self.note_ask(reading, asks);
    }

    fn books_in(&self, reading: &Reading) -> bool {
        reading.mentions(Act::Booked)
            && (self.ask.is_some() || self.wished)
            && !self.announced
            && !reading.price
            && !reading.offers_a_choice()
            && !reading.mentions(Act::AsksYes)
    }

    fn note_ask(&mut self, reading: &Reading, asks: bool) {
        let ask = if reading.mentions(Act::AsksFeedback)
            && (asks || reading.mentions(Act::Invites))
            && reading.slots.is_empty()
        {
            Some(Ask::Feedback)
        } else if reading.mentions(Act::AsksDocs) && !reading.price {
            self.asked_for_documents = true;
            Some(Ask::Documents)
        } else if !reading.slots.is_empty()
            && (asks
                || reading.offers_a_choice()
                || reading.mentions(Act::Invites)
                || self.wished && offers_a_time(reading))
        {
            Some(Ask::Slots)
        } else if asks && reading.mentions(Act::AsksInfo) {
            Some(Ask::Info)
        } else if asks || reading.mentions(Act::AsksYes) {
            Some(Ask::Decision)
        } else if reading.price || reading.mentions(Act::Offers) {
            Some(Ask::Offer)
        } else if reading.mentions(Act::Invites) {
            Some(self.ask.unwrap_or(Ask::Invitation))
        } else {
            None
        };
        let says_a_price = reading.price || self.asked_price && names_a_large_number(reading);
        self.offered |= says_a_price || reading.mentions(Act::Offers);
        if (asks || reading.price) && !reading.mentions(Act::Regrets) {
            self.open_again(ask, reading.price);
        }
        if let Some(ask) = ask {
            if ask != Ask::Invitation || self.ask.is_none() {
                self.ask = Some(ask);
            }
            self.closed = false;
            if ask == Ask::Slots {
                self.slots.clone_from(&reading.slots);
                self.choice = reading.offers_a_choice();
                // A new proposal takes up the matter again.
                self.events.retain(|event| *event != Event::Declined);
            }
        }
    }
}

impl Story {
    /// A new question or price of the business takes the matter up where it had seemed to end.
    fn open_again(&mut self, ask: Option<Ask>, new_price: bool) {
        let cancelled = std::mem::take(&mut self.cancelled);
        self.events.retain(|event| match event {
            Event::Declined => !cancelled && !new_price,
            Event::NeedGone | Event::Elsewhere => false,
            _ => true,
        });
        if self.closed && ask != Some(Ask::Documents) {
            self.earlier = self.events.clone();
        }
    }
}

impl Event {
    pub(super) fn ends_the_matter(self) -> bool {
        !matches!(
            self,
            Event::Problem
                | Event::Pleased
                | Event::Thanked
                | Event::SaidThanks
                | Event::Delivered
                | Event::Replied
                | Event::Postponed
        )
    }
}

/// Neither thanks nor a yes nor praise: "there's a mistake in my name".
fn is_plain_statement(reading: &Reading) -> bool {
    let courtesies = [Act::Thanks, Act::Agrees, Act::Pleased, Act::Undecided];
    reading.word_count >= 4 && !courtesies.iter().any(|act| reading.mentions(*act))
}

/// An out-of-office note says so, or says two things such notes say.
pub(super) fn is_automatic(reading: &Reading) -> bool {
    let says_so = reading.mentions(Act::AutoLabel) || reading.count(Act::AutoReply) >= 2;
    says_so && !reading.question_mark
}

/// A machine wrote it and says so of itself. It keeps a follow-up alive, so it must be certain: a
/// person who uses a word of such notes, thanks for one or names a day has replied, unless the text
/// begins by calling itself automatic.
pub(super) fn calls_itself_automatic(reading: &Reading) -> bool {
    let of_a_person = [Act::Thanks, Act::Agrees];
    let is_label_alone = reading.mentions_impersonally(Act::AutoLabel)
        && reading.slots.is_empty()
        && !of_a_person.iter().any(|act| reading.mentions(*act));
    !reading.question_mark && (reading.begins_as_automatic() || is_label_alone)
}

/// Opens a conversation with nobody's name and nothing in hand.
fn is_mailing(reading: &Reading) -> bool {
    let personal = [Act::Delivers, Act::AsksDocs, Act::AsksYes];
    reading.mentions(Act::Promo)
        && !reading.question_mark
        && !has_salutation(reading)
        && !personal.iter().any(|act| reading.mentions(*act))
}

fn has_salutation(reading: &Reading) -> bool {
    const GREETINGS: [&str; 15] = [
        "hi", "hello", "hallo", "hey", "hiya", "dear", "liebe", "lieber", "guten", "sehr", "moin",
        "servus", "gruezi", "good", "morning",
    ];
    let first = reading
        .sentences
        .first()
        .and_then(|sentence| sentence.words.first());
    first.is_some_and(|word| GREETINGS.contains(&word.as_str()))
}

/// A day or an hour, said to somebody who asked for one. "Daily from 7 to 10" offers no time.
fn offers_a_time(reading: &Reading) -> bool {
    const RANGE: [&str; 9] = [
        "bis", "to", "till", "until", "taglich", "daily", "every", "each", "jeden",
    ];
    let is_time = |slot: &Slot| !matches!(slot, Slot::Number(_, 0));
    let on_the_hour = || reading.words().any(|word| *word == "uhr" || *word == "at");
    !reading.price
        && (reading.slots.iter().any(is_time) || on_the_hour())
        && !reading.words().any(|word| RANGE.contains(&word.as_str()))
}

fn names_a_number(reading: &Reading) -> bool {
    const SPELLED: [&str; 14] = [
        "zwei", "drei", "vier", "zehn", "zwolf", "zwanzig", "dreissig", "two", "three", "ten",
        "twelve", "twenty", "thirty", "forty",
    ];
    reading.words().any(|word| {
        word.starts_with(|c: char| c.is_ascii_digit()) || SPELLED.contains(&word.as_str())
    })
}

/// No hour and no day of a month: "390 plus 62 an hour" to somebody who asked for the price.
fn names_a_large_number(reading: &Reading) -> bool {
    reading
        .words()
        .filter_map(|word| word.replace('.', "").parse::<u32>().ok())
        .any(|number| number > 31)
}

fn is_advertising(reading: &Reading) -> bool {
    reading.count(Act::Promo) >= 2 && !reading.question_mark
}

fn says_but(reading: &Reading) -> bool {
    const BUTS: [&str; 9] = [
        "aber",
        "but",
        "mais",
        "pero",
        "ma",
        "ama",
        "nur",
        "only",
        "allerdings",
    ];
    reading.words().any(|word| BUTS.contains(&word.as_str()))
}
