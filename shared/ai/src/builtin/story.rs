//! A conversation, told turn by turn: whose word is next, what is on the table, and what
//! has happened to the matter it is about now.
//!
//! A finished matter is put aside when the customer opens a new one, so an old "all
//! sorted" does not end a newer question.

use std::sync::LazyLock;

use super::OptOut;
use super::lexicon::{Act, Lexicon};
use super::opt_out;
use super::reading::{self, Reading};
use super::slots::{self, Slot};
use super::stems::Stems;
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
    pub(super) words: Vec<String>,
    pub(super) opt_out: OptOutFound,
    /// The business has answered the customer with something of substance.
    pub(super) answered: bool,
    /// Something was bought, done or delivered.
    pub(super) served: bool,
    /// What had happened before the business opened the present question.
    pub(super) earlier: Vec<Event>,
    slots: Vec<Slot>,
    choice: bool,
    /// The refusal was of an appointment or an order, which a new proposal takes up again.
    cancelled: bool,
    business_wrote: bool,
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
    /// Has told how it was, good or bad.
    Replied,
}

/// Words of an order, a delivery, a visit that has been.
static SERVED: LazyLock<Stems> = LazyLock::new(|| {
    Stems::new(
        "*bestellt *bestellung *einkauf *kauf *gekauft *bezahlt *liefer* *geliefert *zugestellt *verlegt *versandt *versendet \
    verschickt *abhol* *abgeholt *besuch *aufenthalt *repar* unterwegs *montiert *eingebaut fertig \
    ordered order purchase* bought paid payment deliver* dispatched ship* collect* pick*-up installed finished complete stay* \
    ready visit stay repair* fixed install* coming-in on-way procedure surgery home command* achat* \
    livr* expédi* pedido compra* envia* entreg* ordine acquist* spedi* consegn* sipariş* kargo* teslim*",
    )
});

/// Why a customer waits who sent no words. What they write next may tell what it was about.
const MEDIA: &str = "a voice message or picture is unanswered";

pub(super) fn tell(transcript: &Transcript, language: Language) -> Story {
    let lexicon = Lexicon::of(language);
    let mut story = Story::default();
    let mut customer_words: Vec<String> = Vec::new();
    for turn in &transcript.turns {
        match turn.author {
            Author::Customer => {
                let reading = reading::customer(&turn.text, lexicon);
                if story.opens_new_matter(&reading) {
                    story.start_over();
                    customer_words.clear();
                }
                story.note_opt_out(&turn.text, &transcript.channel, language);
                customer_words.extend(reading.words().map(str::to_owned));
                story.words.extend(reading.words().map(str::to_owned));
                story.customer_wrote(&reading);
            }
            Author::Business => {
                let reading = reading::business(&turn.text, lexicon);
                story.words.extend(reading.words().map(str::to_owned));
                story.business_wrote(&reading);
            }
            Author::Automation => {}
        }
    }
    story.served = SERVED.in_any(&story.words);
    story.topics = topics::topics(&story.words);
    story.customer_topics = topics::topics(&customer_words);
    story
}

impl Story {
    pub(super) fn has(&self, event: Event) -> bool {
        self.events.contains(&event)
    }

    /// Something lies with the customer: a question, an offer, a promise of their own.
    /// Times were named, or somebody proposed some.
    pub(super) fn has_times(&self) -> bool {
        !self.slots.is_empty() || self.ask == Some(Ask::Slots)
    }

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

    fn note_opt_out(&mut self, text: &str, channel: &str, language: Language) {
        match opt_out::read(text, channel, Some(language)) {
            OptOut::Yes => self.opt_out = OptOutFound::Yes,
            OptOut::Unclear if self.opt_out == OptOutFound::No => {
                self.opt_out = OptOutFound::Unclear;
            }
            OptOut::No | OptOut::Unclear => {}
        }
    }

    // The customer

    fn customer_wrote(&mut self, reading: &Reading) {
        if is_automatic(reading) {
            return;
        }
        let counter_proposal = self.ask == Some(Ask::Slots) && !reading.slots.is_empty();
        let agrees = matches!(self.ask, Some(Ask::Slots | Ask::Decision))
            && reading.states_strongly(Act::Agrees)
            || reading.states_apart_from(Act::Books, &[Act::Announces]);
        let hesitates = reading.mentions(Act::Announces)
            || reading.mentions(Act::Intends) && !agrees
            || reading.mentions(Act::Undecided)
            || reading.mentions(Act::Hedges) && !counter_proposal;
        let asks = reading.asks();
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
        self.note_who_waits(reading, hesitates, asks, ended);
        self.announced |= hesitates && !ended;
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
        if is_over(Act::Elsewhere) {
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
        if self.asked_for_documents && firm(Act::Delivers) && !asks && !hesitates {
            self.events.push(Event::Delivered);
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
        (says_so && !only_this_time || cancels && self.ask.is_some()) && !hesitates && !asks
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
        let reason = if asks && !(ended && reading.states(Act::Elsewhere)) {
            Some("the customer's question is open")
        } else if ended {
            None
        } else if !self.business_wrote {
            Some("nobody has answered the customer yet")
        } else if reading.states(Act::Requests) {
            Some("the customer asked for something")
        } else if reading.media && reading.word_count < 30 && !reading.states(Act::Pleased) {
            Some(MEDIA)
        } else if reading.states(Act::Chases) {
            Some("the customer is waiting to hear from the business")
        } else if reading.states(Act::Problem) && !hesitates {
            Some("the customer reported a problem")
        } else if hesitates {
            // Their own promise replaces what they were waiting for only if nothing was.
            self.waits = self.waits.filter(|reason| *reason != MEDIA);
            return;
        } else if reading.states(Act::Wants) {
            Some("the customer asked for something")
        } else if counters {
            Some("the customer set a condition the business must answer")
        } else if reading.states(Act::Delivers) && self.asked_for_documents {
            Some("what was asked for is there; the business is next")
        } else if answers {
            Some("the customer answered our question; the business is next")
        } else if (reading.mentions(Act::BadTime) || other_time) && self.ask == Some(Ask::Slots) {
            Some("the proposed time does not suit; another is to be proposed")
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
        if is_automatic(reading) && !reading.price && !proposes_time {
            return;
        }
        if is_advertising(reading) {
            return;
        }
        if reading.promises() && !substance && !reading.mentions(Act::AsksDocs) {
            self.waits = Some("the business promised to come back");
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
            && (asks || reading.offers_a_choice() || reading.mentions(Act::Invites))
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
        self.offered |= reading.price || reading.mentions(Act::Offers);
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
    fn ends_the_matter(self) -> bool {
        !matches!(
            self,
            Event::Problem | Event::Pleased | Event::Thanked | Event::Delivered | Event::Replied
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
    reading.words().any(|word| BUTS.contains(&word))
}
