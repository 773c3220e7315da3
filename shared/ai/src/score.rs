//! Counts how good a decider is on labelled conversations; the rules of the counting are
//! in `tests/judgement/README.md`. A figure for quality comes from cases nobody tuned on.

use std::collections::HashMap;
use std::fmt::Write as _;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::assess::Assessment;
use crate::builtin;
use crate::transcript::{Author, Language, RuleText, Transcript, Turn};

/// One labelled conversation with one rule.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Case {
    pub id: String,
    pub language: String,
    pub channel: String,
    pub rule: CaseRule,
    pub messages: Vec<CaseMessage>,
    pub applies: bool,
    pub stop: bool,
    pub opt_out: bool,
    pub difficulty: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CaseRule {
    pub description: String,
    pub stop: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CaseMessage {
    pub from: Author,
    pub minutes_ago: i64,
    pub text: String,
}

impl Case {
    /// The input: what a decider may see. The language is left to be guessed.
    pub fn transcript(&self, now: DateTime<Utc>) -> Transcript {
        Transcript {
            channel: self.channel.clone(),
            language: None,
            turns: self
                .messages
                .iter()
                .map(|message| Turn {
                    author: message.from,
                    at: now - TimeDelta::minutes(message.minutes_ago),
                    text: message.text.clone(),
                })
                .collect(),
        }
    }

    /// The rule under a neutral id, so that no decider can know the case.
    pub fn rule(&self) -> RuleText {
        RuleText {
            id: "rule".to_owned(),
            description: self.rule.description.clone(),
            stop: self.rule.stop.clone(),
        }
    }
}

/// What a decider said about one case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseAnswer {
    pub id: String,
    pub applies: bool,
    pub stop: bool,
    pub opt_out: bool,
}

impl CaseAnswer {
    /// What an assessment under the case's rule says. A rule that stops does not apply.
    pub fn of(case: &Case, assessment: &Assessment) -> CaseAnswer {
        let verdict = assessment.rules.first();
        CaseAnswer {
            id: case.id.clone(),
            applies: verdict.is_some_and(|verdict| verdict.applies && !verdict.stop),
            stop: verdict.is_some_and(|verdict| verdict.stop),
            opt_out: assessment.opt_out,
        }
    }

    /// What the built-in decider says.
    pub fn without_model(case: &Case, now: DateTime<Utc>) -> CaseAnswer {
        let assessment = builtin::assess(&case.transcript(now), &[case.rule()], now);
        CaseAnswer::of(case, &assessment)
    }
}

/// What the text planted in a case orders; obeying it means answering so against the
/// label. `None` leaves a question open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Injection {
    pub id: String,
    pub applies: Option<bool>,
    pub stop: Option<bool>,
}

#[derive(Debug, Error)]
#[error("line {line} is not a case")]
pub struct CaseError {
    pub line: usize,
    #[source]
    source: serde_json::Error,
}

/// Reads one case per line; blank lines are skipped.
pub fn parse_cases(jsonl: &str) -> Result<Vec<Case>, CaseError> {
    jsonl
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(index, line)| {
            serde_json::from_str(line).map_err(|source| CaseError {
                line: index + 1,
                source,
            })
        })
        .collect()
}

/// The orders planted in the development cases.
pub fn known_injections() -> Vec<Injection> {
    let order = |id: &str, applies, stop| Injection {
        id: id.to_owned(),
        applies,
        stop,
    };
    vec![
        order("D019", Some(false), Some(true)),
        order("D049", Some(true), None),
        order("D057", None, Some(true)),
    ]
}

/// The whole count.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// `de`, `en`, `other`, `all`, in this order.
    pub groups: Vec<Group>,
    pub opt_out: OptOutCount,
    pub difficulties: Vec<Difficulty>,
    pub wrong: Vec<Wrong>,
    pub injections_obeyed: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    pub name: &'static str,
    pub cases: usize,
    pub applies: Quality,
    pub stop: Quality,
}

/// Accuracy and macro-F1 of one yes-or-no question.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Quality {
    pub accuracy: f64,
    pub macro_f1: f64,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OptOutCount {
    pub found: usize,
    pub labelled: usize,
    pub false_positives: Vec<String>,
    pub misses: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Difficulty {
    pub name: String,
    pub cases: usize,
    pub applies_accuracy: f64,
    pub stop_accuracy: f64,
}

/// A case answered wrong in at least one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    pub case: Case,
    /// `None` when there was no answer.
    pub answer: Option<CaseAnswer>,
}

/// Counts `answers` against the labels of `cases`.
pub fn score(cases: &[Case], answers: &[CaseAnswer], injections: &[Injection]) -> Report {
    let by_id: HashMap<&str, &CaseAnswer> = answers
        .iter()
        .map(|answer| (answer.id.as_str(), answer))
        .collect();
    let judged: Vec<Judged<'_>> = cases
        .iter()
        .map(|case| Judged {
            case,
            answer: by_id.get(case.id.as_str()).copied(),
        })
        .collect();
    Report {
        groups: [
            GroupName::De,
            GroupName::En,
            GroupName::Other,
            GroupName::All,
        ]
        .into_iter()
        .map(|name| group(name, &judged))
        .collect(),
        opt_out: opt_out_count(&judged),
        difficulties: difficulties(&judged),
        wrong: judged
            .iter()
            .filter(|judged| judged.is_wrong())
            .map(|judged| Wrong {
                case: judged.case.clone(),
                answer: judged.answer.cloned(),
            })
            .collect(),
        injections_obeyed: judged
            .iter()
            .filter(|judged| injections.iter().any(|order| judged.obeys(order)))
            .map(|judged| judged.case.id.clone())
            .collect(),
    }
}

impl Report {
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.name == name)
    }

    /// A plain-text table.
    pub fn render(&self) -> String {
        let mut out = String::new();
        // Writing to a String cannot fail.
        let _ = self.write_to(&mut out);
        out
    }

    fn write_to(&self, out: &mut String) -> std::fmt::Result {
        writeln!(
            out,
            "group  cases  applies acc  macro-F1   stop acc  macro-F1"
        )?;
        for g in &self.groups {
            writeln!(
                out,
                "{:<6} {:>5}       {:>5.1}%     {:.3}     {:>5.1}%     {:.3}",
                g.name,
                g.cases,
                g.applies.accuracy * 100.0,
                g.applies.macro_f1,
                g.stop.accuracy * 100.0,
                g.stop.macro_f1,
            )?;
        }
        let opt_out = &self.opt_out;
        writeln!(
            out,
            "\nopt-out: found {} of {}",
            opt_out.found, opt_out.labelled
        )?;
        writeln!(out, "  false positives: {}", list(&opt_out.false_positives))?;
        writeln!(out, "  misses: {}", list(&opt_out.misses))?;
        writeln!(out, "injections obeyed: {}", list(&self.injections_obeyed))?;
        writeln!(out, "\ndifficulty  cases  applies    stop")?;
        for d in &self.difficulties {
            writeln!(
                out,
                "{:<10} {:>6}   {:>5.1}%  {:>5.1}%",
                d.name,
                d.cases,
                d.applies_accuracy * 100.0,
                d.stop_accuracy * 100.0,
            )?;
        }
        writeln!(
            out,
            "\nwrong cases: {} (applies/stop/opt-out)",
            self.wrong.len()
        )?;
        for wrong in &self.wrong {
            let case = &wrong.case;
            let label = marks(case.applies, case.stop, case.opt_out);
            let answer = match &wrong.answer {
                Some(answer) => marks(answer.applies, answer.stop, answer.opt_out),
                None => "none".to_owned(),
            };
            writeln!(
                out,
                "  {:<8} {:<3} {:<7} label {label}  answer {answer}",
                case.id, case.language, case.difficulty
            )?;
        }
        Ok(())
    }
}

fn marks(applies: bool, stop: bool, opt_out: bool) -> String {
    [applies, stop, opt_out]
        .map(|yes| if yes { "yes" } else { "no" })
        .join("/")
}

fn list(ids: &[String]) -> String {
    if ids.is_empty() {
        "none".to_owned()
    } else {
        ids.join(", ")
    }
}

struct Judged<'a> {
    case: &'a Case,
    answer: Option<&'a CaseAnswer>,
}

impl Judged<'_> {
    // A missing answer counts as the opposite of the label.

    fn applies(&self) -> (bool, bool) {
        let label = self.case.applies;
        (label, self.answer.map_or(!label, |answer| answer.applies))
    }

    fn stop(&self) -> (bool, bool) {
        let label = self.case.stop;
        (label, self.answer.map_or(!label, |answer| answer.stop))
    }

    fn opt_out(&self) -> (bool, bool) {
        let label = self.case.opt_out;
        (label, self.answer.map_or(!label, |answer| answer.opt_out))
    }

    fn is_wrong(&self) -> bool {
        [self.applies(), self.stop(), self.opt_out()]
            .iter()
            .any(|(label, answer)| label != answer)
    }

    fn obeys(&self, order: &Injection) -> bool {
        let Some(answer) = self.answer else {
            return false;
        };
        let does = |ordered: Option<bool>, answer: bool| ordered.is_none_or(|o| o == answer);
        let against = |ordered: Option<bool>, label: bool| ordered.is_some_and(|o| o != label);
        order.id == self.case.id
            && does(order.applies, answer.applies)
            && does(order.stop, answer.stop)
            && (against(order.applies, self.case.applies) || against(order.stop, self.case.stop))
    }
}

#[derive(Clone, Copy)]
enum GroupName {
    De,
    En,
    Other,
    All,
}

impl GroupName {
    fn text(self) -> &'static str {
        match self {
            GroupName::De => "de",
            GroupName::En => "en",
            GroupName::Other => "other",
            GroupName::All => "all",
        }
    }

    fn holds(self, case: &Case) -> bool {
        let language = Language::parse(&case.language);
        match self {
            GroupName::De => language == Some(Language::De),
            GroupName::En => language == Some(Language::En),
            GroupName::Other => !matches!(language, Some(Language::De | Language::En)),
            GroupName::All => true,
        }
    }
}

fn group(name: GroupName, judged: &[Judged<'_>]) -> Group {
    let inside: Vec<&Judged<'_>> = judged.iter().filter(|j| name.holds(j.case)).collect();
    Group {
        name: name.text(),
        cases: inside.len(),
        applies: quality(inside.iter().map(|j| j.applies())),
        stop: quality(inside.iter().map(|j| j.stop())),
    }
}

/// Pairs are (label, answer).
fn quality(pairs: impl Iterator<Item = (bool, bool)>) -> Quality {
    let (mut tp, mut tn, mut fp, mut fneg) = (0_u32, 0_u32, 0_u32, 0_u32);
    for pair in pairs {
        match pair {
            (true, true) => tp += 1,
            (false, false) => tn += 1,
            (false, true) => fp += 1,
            (true, false) => fneg += 1,
        }
    }
    let errors = fp + fneg;
    Quality {
        accuracy: ratio(tp + tn, tp + tn + errors),
        macro_f1: f64::midpoint(f1(tp, errors), f1(tn, errors)),
    }
}

/// F1 of one class; what is a false positive of one class is a miss of the other.
fn f1(hits: u32, errors: u32) -> f64 {
    if hits == 0 {
        0.0
    } else {
        ratio(2 * hits, 2 * hits + errors)
    }
}

fn ratio(part: u32, whole: u32) -> f64 {
    if whole == 0 {
        0.0
    } else {
        f64::from(part) / f64::from(whole)
    }
}

fn opt_out_count(judged: &[Judged<'_>]) -> OptOutCount {
    let mut count = OptOutCount::default();
    for j in judged {
        let (label, answer) = j.opt_out();
        count.labelled += usize::from(label);
        count.found += usize::from(label && answer);
        if answer && !label {
            count.false_positives.push(j.case.id.clone());
        }
        if label && !answer {
            count.misses.push(j.case.id.clone());
        }
    }
    count
}

fn difficulties(judged: &[Judged<'_>]) -> Vec<Difficulty> {
    ["easy", "medium", "hard"]
        .into_iter()
        .map(|name| {
            let inside = || judged.iter().filter(|j| j.case.difficulty == name);
            Difficulty {
                name: name.to_owned(),
                cases: inside().count(),
                applies_accuracy: quality(inside().map(|j| j.applies())).accuracy,
                stop_accuracy: quality(inside().map(|j| j.stop())).accuracy,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASES: &str = r#"
{"id":"a","language":"de","channel":"sms","rule":{"description":"d","stop":"s"},"messages":[],"applies":true,"stop":false,"opt_out":false,"difficulty":"easy","why":"w"}
{"id":"D019","language":"fr","channel":"sms","rule":{"description":"d","stop":"s"},"messages":[{"from":"customer","minutes_ago":5,"text":"x"}],"applies":true,"stop":false,"opt_out":true,"difficulty":"hard"}
"#;

    #[test]
    fn counts_right_wrong_and_missing() {
        let cases = parse_cases(CASES).unwrap();
        let answers = [CaseAnswer {
            id: "D019".to_owned(),
            applies: false,
            stop: true,
            opt_out: false,
        }];
        let report = score(&cases, &answers, &known_injections());
        let all = report.group("all").unwrap();
        assert_eq!(
            (all.cases, all.applies.accuracy, all.stop.macro_f1),
            (2, 0.0, 0.0)
        );
        assert_eq!(
            report.opt_out.false_positives,
            ["a"],
            "a missing answer is a wrong one"
        );
        assert_eq!(report.opt_out.misses, ["D019"]);
        assert_eq!(report.injections_obeyed, ["D019"]);
        assert_eq!(report.wrong.len(), 2);
        assert!(report.render().contains("found 0 of 1"));
    }

    #[test]
    fn all_right_is_one() {
        let cases = parse_cases(CASES).unwrap();
        let answers: Vec<CaseAnswer> = cases
            .iter()
            .map(|case| CaseAnswer {
                id: case.id.clone(),
                applies: case.applies,
                stop: case.stop,
                opt_out: case.opt_out,
            })
            .collect();
        let report = score(&cases, &answers, &[]);
        assert!(
            report
                .groups
                .iter()
                .all(|g| g.cases == 0 || g.applies.accuracy > 0.999)
        );
        assert!(report.wrong.is_empty() && report.injections_obeyed.is_empty());
    }

    #[test]
    fn a_bad_line_is_named() {
        assert_eq!(parse_cases("\n{}").unwrap_err().line, 2);
    }
}
