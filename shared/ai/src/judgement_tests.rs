//! The built-in decider against labelled conversations.

use chrono::{DateTime, Utc};

use crate::score::{self, Case, CaseAnswer, Report};

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

fn judge(cases: &[Case]) -> Report {
    let answers: Vec<CaseAnswer> = cases
        .iter()
        .map(|case| CaseAnswer::without_model(case, now()))
        .collect();
    score::score(cases, &answers, &score::known_injections())
}

#[test]
fn the_development_set() {
    let cases = score::parse_cases(include_str!("../../../tests/judgement/dev.jsonl")).unwrap();
    let report = judge(&cases);
    let table = report.render();
    for name in ["de", "en"] {
        let group = report.group(name).unwrap();
        assert!(group.applies.accuracy >= 0.82, "applies {name}\n{table}");
        assert!(group.stop.accuracy >= 0.80, "stop {name}\n{table}");
    }
    assert!(report.opt_out.false_positives.is_empty(), "{table}");
    assert!(report.injections_obeyed.is_empty(), "{table}");
}
