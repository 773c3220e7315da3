//! What people do in one simulation: customers, staff, the owner. Thrown with the dice.

use chrono::{DateTime, TimeDelta, Utc};
use domain::channel::Channel;
use serde_json::{Value, json};

use crate::dice::Dice;
use crate::observer::Stage;

/// Somebody does something.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    /// The customer writes.
    Writes { talk: usize, text: &'static str },
    /// A machine of the customer's writes.
    WritesByMachine { talk: usize },
    /// Staff answer through the API.
    Answers { talk: usize, text: &'static str },
    /// Staff write something for later, and say what a reply does to it until then.
    Schedules {
        talk: usize,
        text: &'static str,
        seconds: i64,
        on_reply: &'static str,
    },
    /// Staff look at what a reply has set aside, and send it.
    Releases { talk: usize },
    /// Somebody has the customer erased.
    Erases { talk: usize },
    /// The platform gives the customer a new id, and tells so after so many seconds.
    Renames {
        talk: usize,
        hides_phone: bool,
        lag: i64,
    },
    /// The customer gets the phone number of the other one, who has a new one.
    TakesNumber { talk: usize, of: usize },
    /// Staff answer in the platform's own app.
    Echo { talk: usize, text: &'static str },
    /// The customer changes what they wrote last; it is told after so many seconds.
    Corrects {
        talk: usize,
        text: &'static str,
        lag: i64,
    },
    /// The customer writes and changes it at once; the message itself is on its way for so long.
    WritesLate {
        talk: usize,
        text: &'static str,
        correction: &'static str,
        lag: i64,
    },
    /// The customer takes back what they wrote last, or staff, in the platform's own app, what they
    /// typed there last.
    TakesBack { talk: usize, by_business: bool },
    /// Staff change in the platform's own app what they typed there; the message itself is on its
    /// way for so long.
    EchoCorrected {
        talk: usize,
        text: &'static str,
        correction: &'static str,
        lag: i64,
    },
    /// The customer stops marketing in the platform's menu, or allows it.
    Marketing { talk: usize, stopped: bool },
    /// The thread is passed to people in the platform's inbox, or back; it is told after so long.
    Passes { talk: usize, to_us: bool, lag: i64 },
    /// The customer writes while somebody else has the thread.
    WritesElsewhere { talk: usize, text: &'static str },
    /// The customer blocks the business.
    Blocks { talk: usize },
    /// The customer lets the business in again; it is told after so many seconds.
    Unblocks { talk: usize, lag: i64 },
    /// Staff say that the first is with the same person as the second.
    Joins { talk: usize, with: usize },
    /// Staff do something to the conversation: `close`, `reopen`, `read`.
    Handles { talk: usize, what: &'static str },
    /// The owner does something to a rule: `enable`, `disable`.
    Switches {
        workspace: usize,
        rule: usize,
        what: &'static str,
    },
    /// The owner changes the delay of a rule.
    Edits {
        workspace: usize,
        rule: usize,
        minutes: u32,
    },
    /// The owner removes a rule.
    Removes { workspace: usize, rule: usize },
    /// The owner switches an account off or on.
    SwitchesAccount {
        workspace: usize,
        account: usize,
        what: &'static str,
    },
    /// The owner deletes an account and connects it again.
    Reconnects { workspace: usize, account: usize },
    /// The owner changes the quiet hours.
    Quiet {
        workspace: usize,
        hours: Option<(&'static str, &'static str)>,
    },
}

/// Who talks to whom.
#[derive(Debug, Clone)]
pub(crate) struct Talk {
    pub(crate) workspace: usize,
    pub(crate) account: usize,
    pub(crate) person: usize,
}

/// A business before anything happens.
#[derive(Debug, Clone)]
pub(crate) struct Business {
    pub(crate) accounts: Vec<Channel>,
    pub(crate) rules: Vec<Value>,
    pub(crate) settings: Value,
}

/// Everything people do.
#[derive(Debug, Clone)]
pub(crate) struct Life {
    pub(crate) businesses: Vec<Business>,
    pub(crate) talks: Vec<Talk>,
    pub(crate) actions: Vec<(DateTime<Utc>, Action)>,
    pub(crate) has_model: bool,
}

const QUESTIONS: &[&str] = &[
    "Hallo, habt ihr diese Woche noch einen Termin frei?",
    "Was kostet ein Haarschnitt bei euch?",
    "Hi, do you have a free slot on Friday?",
    "Könnt ihr mir einen Termin für Dienstag geben?",
];
const ANSWERS: &[&str] = &[
    "Ja, Dienstag um 10:00 oder Donnerstag um 17:00. Was passt dir?",
    "Yes, Friday at 3 or at 5. Which one suits you?",
    "Ein Haarschnitt kostet 42 Euro. Möchtest du einen Termin?",
];
const LATER_WORDS: &[&str] = &[
    "Danke, ich überlege es mir.",
    "Danke, hat sich erledigt, ich brauche keinen Termin mehr.",
    "Passt, Dienstag um 10:00 nehme ich!",
    "STOP",
    "Bitte keine Nachrichten mehr",
    "START",
    "ok",
];
const DELAYS: &[u32] = &[5, 30, 120, 240, 600, 1200];
const NIGHTS: &[Option<(&str, &str)>] = &[None, Some(("21:00", "08:00")), Some(("18:00", "09:30"))];

impl Life {
    pub(crate) fn draw(dice: &mut Dice, start: DateTime<Utc>) -> Self {
        let businesses: Vec<_> = (0..2).map(|_| business(dice)).collect();
        let mut talks = Vec::new();
        for person in 0..dice.between(2, 4) {
            let workspace = usize::from(dice.one_in(3));
            talks.push(Talk {
                workspace,
                account: dice.below(businesses[workspace].accounts.len()),
                person,
            });
        }
        // Some talk to a business on another account, too.
        for first in 0..talks.len() {
            let Talk {
                workspace,
                account,
                person,
            } = talks[first];
            let other = dice.below(businesses[workspace].accounts.len());
            if other != account && dice.one_in(2) {
                talks.push(Talk {
                    workspace,
                    account: other,
                    person,
                });
            }
        }
        let mut actions = Vec::new();
        for talk in 0..talks.len() {
            chat(dice, start, talk, &mut actions);
        }
        let span = TimeDelta::days(2).num_seconds();
        for _ in 0..dice.between(0, 4) {
            let at = start + TimeDelta::seconds(dice.between(0, span));
            actions.push((at, interference(dice, &businesses)));
        }
        for talk in 0..talks.len() {
            if dice.one_in(12) {
                let at = start + TimeDelta::seconds(dice.between(0, span));
                actions.push((at, Action::Erases { talk }));
            }
            let channel = businesses[talks[talk].workspace].accounts[talks[talk].account];
            if let Some(of) = somebody_else(&talks, talk)
                && channel == Channel::WhatsApp
                && dice.one_in(2)
            {
                let at = start + TimeDelta::seconds(dice.between(0, span));
                number_changes_hands(dice, at, talk, of, &mut actions);
            }
            if let Some(with) = same_person(&talks, talk)
                && dice.one_in(3)
            {
                let at = start + TimeDelta::seconds(dice.between(0, span));
                actions.push((at, Action::Joins { talk, with }));
            }
        }
        actions.sort_by_key(|(at, _)| *at);
        Self {
            businesses,
            talks,
            actions,
            has_model: dice.one_in(2),
        }
    }
}

fn business(dice: &mut Dice) -> Business {
    let channels = [
        Channel::WhatsApp,
        Channel::Telegram,
        Channel::Messenger,
        Channel::Loopback,
    ];
    let accounts = (0..dice.between(1, 2))
        .map(|_| dice.one_of(&channels))
        .collect();
    let rules = (0..dice.between(1, 2))
        .map(|number| rule(dice, number))
        .collect();
    let mut settings = json!({
        "quiet_hours": quiet(dice.one_of(NIGHTS)),
        "unknown_wait_minutes": dice.one_of(&[5, 30]),
    });
    if dice.one_in(3) {
        settings["daily_send_limit"] = json!(dice.between(1, 3));
    }
    if dice.one_in(2) {
        settings["frequency_cap"] = json!({ "messages": dice.between(1, 2), "hours": 24 });
    }
    Business {
        accounts,
        rules,
        settings,
    }
}

fn rule(dice: &mut Dice, number: u32) -> Value {
    let delay = if dice.one_in(4) {
        json!({ "mode": "ai" })
    } else {
        json!({ "mode": "manual", "minutes": dice.one_of(DELAYS) })
    };
    let message = if dice.one_in(3) {
        json!({ "mode": "ai" })
    } else {
        json!({ "mode": "custom", "text": "Hallo ##{{first_name}}, passt dir einer der Termine?" })
    };
    json!({
        "name": format!("Regel {number}"),
        "priority": dice.between(0, 2),
        "trigger": {
            "description": "Nachfassen, wenn ein Kunde nach einem Termin oder Preis fragt und dann nicht mehr antwortet",
            "any_silence": dice.one_in(3),
        },
        "stop": { "description": "Stoppen, wenn der Kunde den Termin bestätigt oder absagt" },
        "delay": delay,
        "message": message,
        "on_unknown": if dice.one_in(4) { "resend" } else { "skip" },
        "purpose": if dice.one_in(2) { "marketing" } else { "transactional" },
    })
}

pub(crate) fn quiet(hours: Option<(&str, &str)>) -> Value {
    hours.map_or(Value::Null, |(from, to)| json!({ "from": from, "to": to }))
}

/// A question, an answer, a silence; perhaps more.
fn chat(
    dice: &mut Dice,
    start: DateTime<Utc>,
    talk: usize,
    actions: &mut Vec<(DateTime<Utc>, Action)>,
) {
    let mut at = start + TimeDelta::seconds(dice.between(0, 36 * 3600));
    for _ in 0..dice.between(1, 3) {
        let text = dice.one_of(QUESTIONS);
        actions.push((at, Action::Writes { talk, text }));
        at += TimeDelta::seconds(dice.between(1, 3000));
        if !dice.one_in(6) {
            let text = dice.one_of(ANSWERS);
            let action = match dice.between(0, 8) {
                0..=2 => Action::Echo { talk, text },
                3 => schedules(dice, talk),
                _ => Action::Answers { talk, text },
            };
            actions.push((at, action));
        }
        at += silence(dice);
        for _ in 0..dice.between(0, 2) {
            let action = match dice.between(0, 15) {
                10 | 11 => Action::Corrects {
                    talk,
                    text: dice.one_of(LATER_WORDS),
                    lag: lag(dice),
                },
                12 | 13 => late(dice, talk),
                14 | 15 => from_the_menu(dice, talk),
                0..=5 => Action::Writes {
                    talk,
                    text: dice.one_of(LATER_WORDS),
                },
                6 => Action::WritesByMachine { talk },
                7 => Action::Blocks { talk },
                _ => Action::Handles {
                    talk,
                    what: dice.one_of(&["close", "reopen", "read"]),
                },
            };
            // Somebody who takes the thread over answers there.
            let takes_over = matches!(action, Action::Passes { to_us: false, .. });
            actions.push((at, action));
            if takes_over {
                at += TimeDelta::seconds(dice.between(1, 3000));
                let text = dice.one_of(ANSWERS);
                actions.push((at, Action::Echo { talk, text }));
            }
            at += silence(dice);
        }
    }
}

/// Somebody has the number of somebody else, and writes from it; staff answer there.
fn number_changes_hands(
    dice: &mut Dice,
    at: DateTime<Utc>,
    talk: usize,
    of: usize,
    actions: &mut Vec<(DateTime<Utc>, Action)>,
) {
    actions.push((at, Action::TakesNumber { talk, of }));
    let mut at = at + silence(dice);
    let text = dice.one_of(QUESTIONS);
    actions.push((at, Action::Writes { talk, text }));
    at += TimeDelta::seconds(dice.between(1, 3000));
    let text = dice.one_of(ANSWERS);
    actions.push((at, Action::Echo { talk, text }));
}

/// The conversation with somebody else on the same account.
fn somebody_else(talks: &[Talk], talk: usize) -> Option<usize> {
    let Talk {
        workspace,
        account,
        person,
    } = talks[talk];
    talks.iter().position(|other| {
        (other.workspace, other.account) == (workspace, account) && other.person != person
    })
}

/// The conversation with the same person on another account of the business.
pub(crate) fn same_person(talks: &[Talk], talk: usize) -> Option<usize> {
    let of = &talks[talk];
    let mut others = talks.iter().enumerate();
    let found = others.find(|(place, other)| {
        *place != talk && (other.workspace, other.person) == (of.workspace, of.person)
    });
    found.map(|(place, _)| place)
}

fn schedules(dice: &mut Dice, talk: usize) -> Action {
    Action::Schedules {
        talk,
        text: dice.one_of(ANSWERS),
        seconds: silence(dice).num_seconds(),
        on_reply: dice.one_of(&["cancel", "hold", "keep"]),
    }
}

/// How long something is on its way: mostly no time at all.
fn lag(dice: &mut Dice) -> i64 {
    match dice.between(0, 3) {
        0 => dice.between(1, 60),
        1 => dice.between(60, 20_000),
        _ => 0,
    }
}

/// Something overtakes what it changes.
fn late(dice: &mut Dice, talk: usize) -> Action {
    let (text, correction) = (dice.one_of(LATER_WORDS), dice.one_of(LATER_WORDS));
    let lag = lag(dice).max(1);
    if dice.one_in(3) {
        let (text, correction) = (dice.one_of(ANSWERS), dice.one_of(ANSWERS));
        return Action::EchoCorrected {
            talk,
            text,
            correction,
            lag,
        };
    }
    Action::WritesLate {
        talk,
        text,
        correction,
        lag,
    }
}

/// What people do without a word.
fn from_the_menu(dice: &mut Dice, talk: usize) -> Action {
    match dice.between(0, 5) {
        0 => Action::Marketing {
            talk,
            stopped: true,
        },
        1 => Action::Marketing {
            talk,
            stopped: false,
        },
        2 => Action::TakesBack {
            talk,
            by_business: dice.one_in(2),
        },
        3 => Action::Passes {
            talk,
            to_us: dice.one_in(2),
            lag: lag(dice),
        },
        4 => Action::WritesElsewhere {
            talk,
            text: dice.one_of(LATER_WORDS),
        },
        _ => Action::Unblocks {
            talk,
            lag: lag(dice),
        },
    }
}

/// Often about as long as a delay: that is where a reply meets a send.
fn silence(dice: &mut Dice) -> TimeDelta {
    let seconds = match dice.between(0, 3) {
        0 => dice.between(1, 300),
        1 => dice.between(300, 20_000),
        2 => i64::from(dice.one_of(DELAYS)) * 60 + dice.between(-20, 40),
        _ => dice.between(20_000, 100_000),
    };
    TimeDelta::seconds(seconds.max(1))
}

/// What somebody does just when a follow-up of this rule is due in this talk, or under way; with
/// how many seconds to wait before each.
pub(crate) fn meddling(
    dice: &mut Dice,
    talk: usize,
    of: &Talk,
    (on, other): (Channel, Option<usize>),
    rule: usize,
    stage: Stage,
) -> Vec<(i64, Action)> {
    if dice.one_in(3) {
        return meddling_with_what_was_said(dice, talk, of, (on, other), rule);
    }
    let workspace = of.workspace;
    let writes = |text| Action::Writes { talk, text };
    let switches = |what| Action::Switches {
        workspace,
        rule,
        what,
    };
    let switches_account = |what| Action::SwitchesAccount {
        workspace,
        account: of.account,
        what,
    };
    let later = dice.between(5, 7200);
    let what = match stage {
        Stage::Planned => dice.between(0, 17),
        // What the claim looks at again must change between the sender's look and the claim.
        Stage::Woken => dice.between(8, 17),
        // A changed rule or account stops every further try; then nothing else has to.
        Stage::UnderWay | Stage::Tried => dice.between(0, 11),
    };
    let (text, answer) = (dice.one_of(LATER_WORDS), dice.one_of(ANSWERS));
    let question = writes(dice.one_of(QUESTIONS));
    let now = |action| vec![(0, action)];
    match what {
        0 | 1 => now(writes(text)),
        2 => now(question),
        // Who refuses and then asks something has refused.
        3 => vec![(0, writes("STOP")), (later, question)],
        4 | 5 => now(Action::Answers { talk, text: answer }),
        6..=8 => now(Action::Echo { talk, text: answer }),
        9 => now(Action::Handles {
            talk,
            what: "close",
        }),
        10 => now(Action::Blocks { talk }),
        11 => vec![(0, switches("disable")), (later, switches("enable"))],
        12 => now(Action::Edits {
            workspace,
            rule,
            minutes: dice.one_of(DELAYS),
        }),
        13 => now(Action::Removes { workspace, rule }),
        14 => vec![
            (0, switches_account("disable")),
            (later, switches_account("enable")),
        ],
        15 => now(Action::Erases { talk }),
        _ => now(Action::Quiet {
            workspace,
            hours: dice.one_of(NIGHTS),
        }),
    }
}

/// The same, where what counts was said before, elsewhere or without a word.
fn meddling_with_what_was_said(
    dice: &mut Dice,
    talk: usize,
    of: &Talk,
    (on, other): (Channel, Option<usize>),
    rule: usize,
) -> Vec<(i64, Action)> {
    let later = dice.between(5, 7200);
    let lag = lag(dice);
    let (text, question) = (dice.one_of(LATER_WORDS), dice.one_of(QUESTIONS));
    let now = |action| vec![(0, action)];
    // What only some platforms tell is done there half of the time.
    let what = match on {
        Channel::Messenger | Channel::Instagram if dice.one_in(2) => 4,
        Channel::WhatsApp if dice.one_in(3) => 10,
        Channel::WhatsApp | Channel::Loopback if dice.one_in(2) => 3,
        _ => dice.between(0, 9),
    };
    match (what, other) {
        (9, _) => {
            let releases = Action::Releases { talk };
            let soon = dice.between(1, 600);
            vec![
                (0, schedules(dice, talk)),
                (soon, Action::Writes { talk, text }),
                (later, releases),
            ]
        }
        // What they write under the new id may arrive before anybody tells that it is they.
        (10, _) => {
            let renames = Action::Renames {
                talk,
                hides_phone: dice.one_in(2),
                lag,
            };
            vec![
                (0, renames),
                (dice.between(0, 60), Action::Writes { talk, text }),
            ]
        }
        (0, _) => now(Action::Corrects {
            talk,
            text: "STOP",
            lag,
        }),
        (1, _) => now(Action::Corrects { talk, text, lag }),
        (2, _) => now(late(dice, talk)),
        (3, _) => {
            let marketing = |stopped| Action::Marketing { talk, stopped };
            vec![(0, marketing(true)), (later, marketing(false))]
        }
        (4, _) => {
            let passes = |to_us| Action::Passes { talk, to_us, lag };
            // A changed rule has the silence looked at once more.
            let edits = Action::Edits {
                workspace: of.workspace,
                rule,
                minutes: dice.one_of(DELAYS),
            };
            vec![
                (0, passes(false)),
                (dice.between(1, 300), edits),
                (later, passes(true)),
            ]
        }
        (5, _) => now(Action::WritesElsewhere { talk, text }),
        (6, Some(with)) => now(Action::Joins { talk, with }),
        (7, Some(other)) => now(Action::Writes {
            talk: other,
            text: question,
        }),
        (6, None) => vec![
            (0, Action::Blocks { talk }),
            (later, Action::Unblocks { talk, lag }),
        ],
        (7, None) => now(Action::TakesBack {
            talk,
            by_business: dice.one_in(2),
        }),
        _ => {
            let (workspace, account) = (of.workspace, of.account);
            let again = Action::Writes {
                talk,
                text: question,
            };
            let first = match dice.one_in(2) {
                true => "STOP",
                false => text,
            };
            vec![
                (0, Action::Writes { talk, text: first }),
                (lag, Action::Reconnects { workspace, account }),
                (later, again),
            ]
        }
    }
}

fn interference(dice: &mut Dice, businesses: &[Business]) -> Action {
    let workspace = dice.below(businesses.len());
    let business = &businesses[workspace];
    let rule = dice.below(business.rules.len());
    match dice.between(0, 6) {
        6 => Action::Reconnects {
            workspace,
            account: dice.below(business.accounts.len()),
        },
        0 | 1 => Action::Switches {
            workspace,
            rule,
            what: dice.one_of(&["enable", "disable"]),
        },
        2 => Action::Edits {
            workspace,
            rule,
            minutes: dice.one_of(DELAYS),
        },
        3 => Action::Removes { workspace, rule },
        4 => Action::SwitchesAccount {
            workspace,
            account: dice.below(business.accounts.len()),
            what: dice.one_of(&["enable", "disable"]),
        },
        _ => Action::Quiet {
            workspace,
            hours: dice.one_of(NIGHTS),
        },
    }
}
