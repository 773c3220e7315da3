//! One message, read: which acts its sentences do, with negation, conditions, questions
//! and planted orders taken into account.

use super::lexicon::{Act, Found, Lexicon};
use super::pattern::Span;
use super::slots::{self, Slot};
use super::text::{BREAK, Sentence, THUMB, Token, sentences};

#[derive(Debug, Default)]
pub(super) struct Reading {
    said: Vec<Said>,
    /// The sentences left after planted orders were taken out.
    pub(super) sentences: Vec<Sentence>,
    /// `[audio]`, `[photo]` and the like.
    pub(super) media: bool,
    pub(super) slots: Vec<Slot>,
    /// Slots in clauses that deny nothing: "not Tuesday" takes no Tuesday.
    pub(super) affirmed_slots: Vec<Slot>,
    pub(super) price: bool,
    pub(super) question_mark: bool,
    /// Laughter, in letters or as a face.
    pub(super) laughs: bool,
    /// Words that carry meaning; a smile and a thumbs-up have none.
    pub(super) word_count: usize,
}

#[derive(Debug, Clone, Copy)]
struct Said {
    act: Act,
    span: Span,
    sentence: usize,
    negated: bool,
    conditional: bool,
    /// Under a condition or a "maybe".
    uncertain: bool,
    in_question: bool,
    weak: bool,
}

/// A sentence with the acts found in it.
type Marked = (Sentence, Vec<Found>);

/// Reads a customer's message; orders to the program are not read.
pub(super) fn customer(text: &str, lexicon: &Lexicon) -> Reading {
    read(text, lexicon, without_planted)
}

/// Reads a message of the business, which is trusted.
pub(super) fn business(text: &str, lexicon: &Lexicon) -> Reading {
    read(text, lexicon, |sentences| sentences)
}

fn read(text: &str, lexicon: &Lexicon, keep: impl Fn(Vec<Marked>) -> Vec<Marked>) -> Reading {
    let (text, media) = without_media(text);
    let marked = sentences(&text)
        .into_iter()
        .map(|sentence| {
            let mut acts = lexicon.acts(&sentence);
            if acts.iter().any(|found| found.act == Act::EndsOther) {
                acts.retain(|found| !found.act.is_an_end());
            }
            (sentence, acts)
        })
        .collect();
    let marked = keep(marked);
    let said = marked
        .iter()
        .enumerate()
        .flat_map(|(index, (sentence, acts))| said(index, sentence, acts, lexicon))
        .collect();
    let affirmed_slots = marked
        .iter()
        .flat_map(|(sentence, acts)| affirmed_slots(sentence, acts, lexicon))
        .collect();
    let sentences: Vec<Sentence> = marked.into_iter().map(|(sentence, _)| sentence).collect();
    Reading {
        said,
        media,
        laughs: laughs(&text),
        slots: sentences.iter().flat_map(slots::slots).collect(),
        affirmed_slots,
        price: sentences.iter().any(slots::has_price),
        question_mark: sentences.iter().any(|sentence| sentence.question_mark),
        word_count: sentences
            .iter()
            .flat_map(|sentence| &sentence.words)
            .filter(|word| *word != BREAK && *word != THUMB)
            .count(),
        sentences,
    }
}

/// Whether nobody speaks of themselves in it.
fn is_impersonal(words: &[Token]) -> bool {
    const FIRST_PERSON: [&str; 14] = [
        "ich", "mir", "mich", "mein", "meine", "wir", "uns", "i", "im", "ive", "my", "me", "we",
        "our",
    ];
    let mut words = words.iter();
    !words.any(|word| FIRST_PERSON.contains(&word.as_str()))
}

impl Reading {
    /// Said at all, whatever stands around it.
    pub(super) fn mentions(&self, act: Act) -> bool {
        self.said.iter().any(|said| said.act == act)
    }

    /// Said in a sentence in which nobody speaks of themselves.
    pub(super) fn mentions_impersonally(&self, act: Act) -> bool {
        let said = self.said.iter().filter(|said| said.act == act);
        said.filter_map(|said| self.sentences.get(said.sentence))
            .any(|sentence| is_impersonal(&sentence.words))
    }

    /// "Automatic reply: ..." and "this is an automatic message ...", whatever follows.
    pub(super) fn begins_as_automatic(&self) -> bool {
        const WITHIN: usize = 5;
        let Some(first) = self.sentences.first() else {
            return false;
        };
        let is_label = |said: &&Said| said.act == Act::AutoLabel && said.sentence == 0;
        self.said.iter().filter(is_label).any(|said| {
            let (start, end) = (said.span.start, said.span.end);
            let before = first.words.get(..start).unwrap_or_default();
            let mut label = first.words.get(start..end).unwrap_or_default().iter();
            start < WITHIN
                && is_impersonal(before)
                && label.any(|word| word.as_str().starts_with("auto"))
        })
    }

    pub(super) fn count(&self, act: Act) -> usize {
        self.said.iter().filter(|said| said.act == act).count()
    }

    /// Said as a fact: not negated, not under a condition, not asked.
    pub(super) fn states(&self, act: Act) -> bool {
        self.facts(act).next().is_some()
    }

    /// Said, if only as likely or on a condition.
    pub(super) fn says(&self, act: Act) -> bool {
        self.said
            .iter()
            .any(|said| said.act == act && !said.negated && !said.in_question)
    }

    /// A fact in a sentence that does none of the `others`.
    pub(super) fn states_apart_from(&self, act: Act, others: &[Act]) -> bool {
        self.facts(act).any(|fact| {
            !self
                .said
                .iter()
                .any(|said| others.contains(&said.act) && said.sentence == fact.sentence)
        })
    }

    /// Said in a sentence that does not also do `other`.
    pub(super) fn mentions_apart_from(&self, act: Act, other: Act) -> bool {
        self.said.iter().any(|said| {
            said.act == act
                && !self
                    .said
                    .iter()
                    .any(|s| s.act == other && s.sentence == said.sentence)
        })
    }

    /// The sentences that do something but not also `other`, and where.
    pub(super) fn where_said_apart_from(
        &self,
        act: Act,
        other: Act,
    ) -> impl Iterator<Item = (&Sentence, Span)> {
        self.said
            .iter()
            .filter(move |said| {
                let beside = |s: &Said| s.act == other && s.sentence == said.sentence;
                said.act == act && !self.said.iter().any(beside)
            })
            .map(|said| (&self.sentences[said.sentence], said.span))
    }

    /// Said in a later sentence than anything of `other`.
    pub(super) fn says_last(&self, act: Act, other: Act) -> bool {
        let last = |act| {
            self.said
                .iter()
                .filter(move |said| said.act == act)
                .map(|said| said.sentence)
                .max()
        };
        last(act) > last(other)
    }

    /// Praise of a thing ("it looks lovely"), more than a cheerful "super!".
    pub(super) fn praises(&self) -> bool {
        const VERBS: &str = "ist sind war waren sieht sehen schaut passt passen sitzt sitzen gefallt \
            gefallen schmeckt lauft funktioniert liebe lieben bin is are was were been its theyre looks \
            look fits fit works runs love loves loved im est sont suis es esta e sono cok";
        self.facts(Act::Pleased).any(|fact| {
            let words = &self.sentences[fact.sentence].words;
            words.len() > 2
                && words
                    .iter()
                    .any(|word| VERBS.split(' ').any(|verb| *word == verb))
        })
    }

    /// A clear yes, more than an "ok".
    pub(super) fn states_strongly(&self, act: Act) -> bool {
        self.facts(act).any(|fact| !fact.weak)
    }

    /// Something said only under a condition.
    pub(super) fn states_conditionally(&self, act: Act) -> bool {
        self.said
            .iter()
            .any(|said| said.act == act && said.conditional && !said.negated)
    }

    fn facts(&self, act: Act) -> impl Iterator<Item = &Said> {
        self.said.iter().filter(move |said| {
            said.act == act && !said.negated && !said.uncertain && !said.in_question
        })
    }

    /// A question that wants an answer.
    pub(super) fn asks(&self) -> bool {
        self.asks_in(|_| true)
    }

    /// The same, outside sentences that do something.
    pub(super) fn asks_apart_from(&self, act: Act) -> bool {
        self.asks_in(|index| {
            !self
                .said
                .iter()
                .any(|said| said.act == act && said.sentence == index)
        })
    }

    fn asks_in(&self, counts: impl Fn(usize) -> bool) -> bool {
        let counted = self.sentences.iter().enumerate();
        counted
            .filter(|(index, _)| counts(*index))
            .any(|(index, sentence)| {
                let does = |act| {
                    self.said
                        .iter()
                        .any(|s| s.act == act && s.sentence == index)
                };
                if sentence.question_mark {
                    !self.asks_leave(index) && !only_repeats_a_figure(sentence)
                } else {
                    let otherwise = does(Act::Announces) || does(Act::Declines);
                    does(Act::Asks) && (!otherwise || opens_with_question_word(sentence))
                }
            })
    }

    /// "Can I let you know tomorrow?" asks for patience only.
    fn asks_leave(&self, index: usize) -> bool {
        asks_permission(&self.sentences[index]).is_some_and(|at| {
            self.said
                .iter()
                .filter(|said| said.act == Act::Announces && said.sentence == index)
                .any(|said| (at..at + 7).contains(&said.span.start))
        })
    }

    /// A promise of the business itself. "Let us know" with no "we" around is none, "pay, then
    /// we send it" waits for the customer, and goods that go out are no word to come; an offer
    /// that goes out is one.
    pub(super) fn promises(&self) -> bool {
        const FIRST_PERSON: &[&str] = &[
            "ich", "wir", "i", "we", "ill", "well", "let", "lemme", "someone", "sich", "je", "on",
            "nous",
        ];
        const THEN: &[&str] = &["dann", "then", "danach", "anschliessend", "sobald", "once"];
        self.said
            .iter()
            .filter(|said| said.act == Act::Promises)
            .any(|promise| {
                let invites = self.said.iter().any(|said| {
                    matches!(said.act, Act::Invites | Act::AsksDocs)
                        && said.sentence == promise.sentence
                });
                let words = &self.sentences[promise.sentence].words;
                let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
                let ours = !invites || has(FIRST_PERSON) && !has(THEN);
                ours && !self.is_about_goods(promise)
            })
    }

    fn is_about_goods(&self, promise: &Said) -> bool {
        let beside = |act| {
            self.said
                .iter()
                .filter(move |said| said.act == act && said.sentence == promise.sentence)
        };
        beside(Act::Ships).any(|ships| ships.span.overlaps(promise.span))
            && beside(Act::Offers).next().is_none()
    }

    /// Several times to choose from.
    pub(super) fn offers_a_choice(&self) -> bool {
        slots::is_choice(&self.sentences)
    }

    /// What the message does in the matter, each act once, and whether it is stated as a fact.
    pub(super) fn acts(&self) -> Vec<(Act, bool)> {
        let mut acts: Vec<(Act, bool)> = Vec::new();
        for said in &self.said {
            let known = acts.iter().any(|(act, _)| *act == said.act);
            if !known && !said.act.is_about_messages() {
                acts.push((said.act, self.states(said.act)));
            }
        }
        acts
    }

    pub(super) fn words(&self) -> impl Iterator<Item = &Token> {
        self.sentences.iter().flat_map(|sentence| &sentence.words)
    }
}

/// Days and times in clauses that neither deny nor turn down.
fn affirmed_slots(sentence: &Sentence, acts: &[Found], lexicon: &Lexicon) -> Vec<Slot> {
    const BORDERS: [&str; 6] = [BREAK, "but", "aber", "mais", "pero", "ma"];
    let words = &sentence.words;
    let turned_down = |at: usize| {
        let mut refusals = acts.iter().filter(|found| found.act == Act::BadTime);
        refusals.any(|found| (found.span.start..found.span.end).contains(&at))
    };
    let mut slots = Vec::new();
    let mut start = 0;
    for clause in words.split(|word| BORDERS.contains(&word.as_str())) {
        let end = start + clause.len();
        let denied = (start..end).any(|at| lexicon.is_negator(&words[at]) || turned_down(at));
        if !denied {
            slots.extend(slots::slots(&Sentence {
                words: clause.to_vec(),
                question_mark: false,
            }));
        }
        start = end + 1;
    }
    slots
}

fn said(index: usize, sentence: &Sentence, acts: &[Found], lexicon: &Lexicon) -> Vec<Said> {
    let does = |act| acts.iter().any(|found| found.act == act);
    let condition = does(Act::Condition);
    let uncertain = condition || does(Act::Hedges);
    acts.iter()
        .map(|found| Said {
            act: found.act,
            span: found.span,
            sentence: index,
            negated: !found.negative && is_negated(sentence, found.span, lexicon),
            conditional: condition,
            uncertain,
            in_question: sentence.question_mark,
            weak: is_weak(sentence, found.span),
        })
        .collect()
}

/// "£900??" is astonishment.
fn only_repeats_a_figure(sentence: &Sentence) -> bool {
    const BESIDE: [&str; 13] = [
        "so", "wow", "puh", "uff", "oh", "what", "was", "uhr", "ganze", "whole", "stop", "it",
        "haha",
    ];
    let figure =
        |word: &Token| slots::is_money(word) || word.starts_with(|c: char| c.is_ascii_digit());
    let mut clauses = sentence.words.rsplit(|word| word == BREAK);
    let last = clauses.find(|clause| !clause.is_empty()).unwrap_or(&[]);
    last.iter().any(|word| slots::is_money(word))
        && last
            .iter()
            .all(|word| figure(word) || BESIDE.contains(&word.as_str()))
}

fn laughs(text: &str) -> bool {
    const FACES: [char; 12] = [
        '😂', '🤣', '😅', '😆', '😄', '😁', '🙈', '😜', '😹', '🤪', '😝', '😬',
    ];
    let in_letters = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        matches!(
            word,
            "lol" | "lmao" | "rofl" | "haha" | "hehe" | "hihi" | "ha"
        ) || word.starts_with("haha")
            || word.starts_with("hehe")
    };
    text.chars().any(|c| FACES.contains(&c))
        || text.to_lowercase().split_whitespace().any(in_letters)
}

fn opens_with_question_word(sentence: &Sentence) -> bool {
    const WORDS: [&str; 14] = [
        "how", "hows", "what", "whats", "which", "where", "wie", "wann", "wo", "wieviel", "welche",
        "combien", "cuanto", "quanto",
    ];
    let first = sentence.words.first();
    first.is_some_and(|word| WORDS.contains(&word.as_str()))
}

/// Where "can I" stands.
fn asks_permission(sentence: &Sentence) -> Option<usize> {
    const MAY: [&str; 9] = [
        "can", "could", "may", "kann", "darf", "konnen", "durfen", "konnte", "konnten",
    ];
    const I: [&str; 5] = ["i", "we", "ich", "wir", "mich"];
    let words = &sentence.words;
    let is = |word: &Token, list: &[&str]| list.contains(&word.as_str());
    let asks = |pair: &[Token]| is(&pair[0], &MAY) && is(&pair[1], &I);
    words.windows(2).position(asks)
}

/// A negator in the phrase's gaps ("have not yet paid"), or shortly before or after it in
/// the same clause.
fn is_negated(sentence: &Sentence, span: Span, lexicon: &Lexicon) -> bool {
    let words = &sentence.words;
    let negates = |i: &usize| {
        let next = words.get(i + 1).map_or("", Token::as_str);
        lexicon.is_negator(&words[*i]) && !COURTESY.contains(&next)
    };
    if (span.start..span.end).any(|i| negates(&i)) {
        return true;
    }
    let same_clause = |i: &usize| words[*i] != BREAK;
    let mut before = (0..span.start).rev().take(3).take_while(same_clause);
    let mut after = (span.end..words.len()).take(2).take_while(same_clause);
    before.any(|i| negates(&i)) || after.any(|i| negates(&i))
}

/// "no worries", "kein Problem": the negator stays with its word.
const COURTESY: [&str; 12] = [
    "worries", "problem", "probs", "thanks", "stress", "rush", "hurry", "sorge", "ding", "thema",
    "wunder", "doubt",
];

/// One word of politeness that is not yet a yes.
fn is_weak(sentence: &Sentence, span: Span) -> bool {
    const WEAK: [&str; 34] = [
        "ok", "okay", "oki", "k", "kk", "super", "top", "cool", "toll", "gut", "klar", "great",
        "fine", "vale", "bien", "tamam", "d", "genau", "sehr", "klingt", "schon", "sounds",
        "lovely", "ace", "good", "brill", "parfait", "guzel", "bello", "bene", "perfecto", "prima",
        "fein", "wow",
    ];
    let span_words = &sentence.words[span.start..span.end];
    matches!(span_words, [word] if WEAK.contains(&word.as_str()))
}

/// Takes out sentences that give orders to the program, and what follows them in the
/// same breath; a question, a wish or an announcement after them is the customer's own again.
fn without_planted(sentences: Vec<Marked>) -> Vec<Marked> {
    let mut planted = false;
    sentences
        .into_iter()
        .filter(|(sentence, acts)| {
            let does = |wanted: Act| acts.iter().any(|found| found.act == wanted);
            if does(Act::Planted) {
                planted = true;
            } else if sentence.question_mark || does(Act::Wants) || does(Act::Announces) {
                planted = false;
            }
            !planted
        })
        .collect()
}

/// Cuts `[photo]` and its like out of a text.
fn without_media(text: &str) -> (String, bool) {
    const KINDS: [&str; 17] = [
        "audio",
        "voice",
        "photo",
        "image",
        "picture",
        "video",
        "document",
        "file",
        "media",
        "foto",
        "bild",
        "gif",
        "location",
        "contact",
        "pdf",
        "attachment",
        "voice message",
    ];
    let mut rest = text;
    let mut kept = String::with_capacity(text.len());
    let mut media = false;
    while let Some((before, after)) = rest.split_once('[') {
        kept.push_str(before);
        match after.split_once(']') {
            Some((kind, tail)) if KINDS.contains(&kind.trim().to_lowercase().as_str()) => {
                media = true;
                rest = tail;
            }
            _ => {
                kept.push('[');
                rest = after;
            }
        }
    }
    kept.push_str(rest);
    (kept, media)
}
