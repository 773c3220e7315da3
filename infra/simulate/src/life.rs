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
    /// Staff answer in the platform's own app.
    Echo { talk: usize, text: &'static str },
    /// The customer blocks the business.
    Blocks { talk: usize },
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
        let mut actions = Vec::new();
        for talk in 0..talks.len() {
            chat(dice, start, talk, &mut actions);
        }
        let span = TimeDelta::days(2).num_seconds();
        for _ in 0..dice.between(0, 4) {
            let at = start + TimeDelta::seconds(dice.between(0, span));
            actions.push((at, interference(dice, &businesses)));
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
            let action = if dice.one_in(3) {
                Action::Echo { talk, text }
            } else {
                Action::Answers { talk, text }
            };
            actions.push((at, action));
        }
        at += silence(dice);
        for _ in 0..dice.between(0, 2) {
            let action = match dice.between(0, 9) {
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
            actions.push((at, action));
            at += silence(dice);
        }
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
    rule: usize,
    stage: Stage,
) -> Vec<(i64, Action)> {
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
        Stage::Planned => dice.between(0, 15),
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
        _ => now(Action::Quiet {
            workspace,
            hours: dice.one_of(NIGHTS),
        }),
    }
}

fn interference(dice: &mut Dice, businesses: &[Business]) -> Action {
    let workspace = dice.below(businesses.len());
    let business = &businesses[workspace];
    let rule = dice.below(business.rules.len());
    match dice.between(0, 5) {
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
