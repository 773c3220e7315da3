//! The decider that needs no model: small grammars and word lists, German and English
//! first, with basic French, Spanish, Italian and Turkish.
//!
//! A message is read for what it does (`reading`, with the `lexicon` of its language), the
//! conversation is told turn by turn (`story`), the rule is read for what it presupposes
//! (`rule`), and `verdict` puts the two together. Every verdict has a reason.

mod language;
mod lexicon;
mod opt_out;
mod pattern;
mod reading;
mod rule;
mod slots;
mod stems;
mod story;
mod text;
mod time;
mod topics;
mod verdict;
mod write;

pub use language::guess_language;
pub use time::pick_time;
pub use verdict::assess;
pub use write::write;

/// Whether a text asks for no more messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptOut {
    Yes,
    No,
    /// A person should look at it.
    Unclear,
}

/// Whether one customer message asks for no more messages. On SMS a few more keywords
/// count, which elsewhere may be about an appointment (`cancel`, `ende`).
pub fn opt_out(text: &str, channel: &str) -> OptOut {
    opt_out::read(text, channel, None)
}
#[cfg(test)]
mod dbg_tmp {
    #[test]
    fn dbg() {
        let Ok(t) = std::fs::read_to_string("/tmp/dbg-text") else {
            return;
        };
        for line in t.lines() {
            let lang = super::guess_language(line);
            println!("== {line} [{lang:?}] {:?}", super::opt_out(line, "x"));
            let lex = super::lexicon::Lexicon::of(lang.unwrap_or(crate::Language::De));
            for s in super::text::sentences(line) {
                for (a, sp) in lex.acts(&s) {
                    println!("   {a:?}: {}", s.words[sp.start..sp.end].join(" "));
                }
            }
        }
    }
}
#[cfg(test)]
mod dbg_tmp2 {
    use crate::transcript::*;
    #[test]
    fn phr() {
        let Ok(t) = std::fs::read_to_string("/tmp/phrases") else {
            return;
        };
        let now = chrono::DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let mut bad = 0;
        let mut n = 0;
        for line in t.lines() {
            let p: Vec<&str> = line.splitn(3, '|').collect();
            if p.len() < 3 {
                continue;
            }
            let (c, b, lang) = match p[1] {
                "de" => (
                    "Hallo, was würde das kosten?",
                    "Hallo Frau Klein, das wären 340 €. Sollen wir das für Sie so einplanen?",
                    Language::De,
                ),
                "ds" => (
                    "Hallo, hätten Sie nächste Woche noch einen Termin?",
                    "Hallo Frau Klein, Dienstag um 10:20 oder Donnerstag um 16 Uhr. Was passt besser?",
                    Language::De,
                ),
                "es" => (
                    "Hi, could I come in next week?",
                    "Hi Jo, Tuesday at 10:20 or Thursday at 4. Which suits you?",
                    Language::En,
                ),
                _ => (
                    "Hi, what would that cost?",
                    "Hi Jo, that would be £340. Shall we book it for you?",
                    Language::En,
                ),
            };
            let turn = |author, m: i64, text: &str| Turn {
                author,
                at: now - chrono::TimeDelta::minutes(m),
                text: text.into(),
            };
            let tr = Transcript {
                channel: "whatsapp".into(),
                language: None,
                turns: vec![
                    turn(Author::Customer, 5000, c),
                    turn(Author::Business, 4900, b),
                    turn(Author::Customer, 4000, p[2]),
                ],
            };
            let rule = if lang == Language::De {
                RuleText { id: "r".into(), description: "Nachfassen, wenn ein Kunde angefragt hat und sich nach unserer Antwort nicht entschieden hat.".into(), stop: "Gebucht oder abgesagt.".into() }
            } else {
                RuleText {
                    id: "r".into(),
                    description:
                        "Follow up when a customer asked and has not decided after our answer."
                            .into(),
                    stop: "Booked or declined.".into(),
                }
            };
            let a = super::assess(&tr, &[rule], now);
            let v = &a.rules[0];
            let got = if a.opt_out {
                "O"
            } else if v.stop {
                "S"
            } else if v.applies {
                "A"
            } else {
                "W"
            };
            n += 1;
            if got != p[0] {
                bad += 1;
                println!("!! want {} got {got} ({}) {}", p[0], v.reason, p[2]);
            }
        }
        println!("!! {bad} of {n}");
    }
}
#[cfg(test)]
mod dbg_tmp3 {
    use crate::transcript::*;
    #[test]
    fn convo() {
        let Ok(t) = std::fs::read_to_string("/tmp/convos") else {
            return;
        };
        let now = chrono::DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let mut bad = 0;
        let mut n = 0;
        for line in t.lines() {
            let p: Vec<&str> = line.splitn(3, '|').collect();
            if p.len() < 3 {
                continue;
            }
            let (d, s) = match p[1] {
                "appt" => (
                    "Nachfassen, wenn ein Kunde einen Termin möchte, aber noch keinen bestätigt hat.",
                    "Termin vereinbart oder kein Bedarf mehr.",
                ),
                "offer" => (
                    "Nachfassen, wenn ein Kunde unser Angebot erhalten und nicht darauf geantwortet hat.",
                    "Angebot angenommen oder abgelehnt.",
                ),
                "docs" => (
                    "Erinnern, wenn ein Kunde die angeforderten Unterlagen noch nicht geschickt hat.",
                    "Unterlagen eingegangen oder Auftrag zurückgezogen.",
                ),
                "sale" => (
                    "Nach einem Kauf nachfragen, ob der Kunde zufrieden ist.",
                    "Kunde ist zufrieden, meldet ein Problem oder bedankt sich.",
                ),
                "eappt" => (
                    "Follow up when a customer wants an appointment but has not confirmed one.",
                    "Appointment booked or no longer needed.",
                ),
                "eoffer" => (
                    "Follow up when a customer got our quote and has not replied.",
                    "Quote accepted or declined.",
                ),
                "edocs" => (
                    "Follow up when a client was asked for documents and has not sent them.",
                    "Documents received or client withdraws.",
                ),
                _ => (
                    "After a purchase, ask whether the customer is happy.",
                    "Customer is happy, reports a problem or says thanks.",
                ),
            };
            let parts: Vec<&str> = p[2].split(" / ").collect();
            let k = parts.len() as i64;
            let tr = Transcript {
                channel: "whatsapp".into(),
                language: None,
                turns: parts
                    .iter()
                    .enumerate()
                    .map(|(i, t)| {
                        let (a, x) = t.split_once(':').unwrap();
                        Turn {
                            author: if a.trim() == "C" {
                                Author::Customer
                            } else {
                                Author::Business
                            },
                            at: now - chrono::TimeDelta::minutes((k - i as i64) * 700),
                            text: x.trim().into(),
                        }
                    })
                    .collect(),
            };
            let a = super::assess(
                &tr,
                &[RuleText {
                    id: "r".into(),
                    description: d.into(),
                    stop: s.into(),
                }],
                now,
            );
            let v = &a.rules[0];
            let got = if a.opt_out {
                "O"
            } else if v.stop {
                "S"
            } else if v.applies {
                "A"
            } else {
                "W"
            };
            n += 1;
            if got != p[0] {
                bad += 1;
                println!("!! want {} got {got} ({}) {}", p[0], v.reason, p[2]);
            }
        }
        println!("!! {bad} of {n}");
    }
}
