//! `cargo run -- judge FILE`: how good the decider is on labelled conversations.

use std::fmt::Write as _;
use std::path::Path;

use ai::score::{self, CaseAnswer};
use anyhow::Context as _;
use app::App;

/// Judges every case of the file and renders the report.
pub async fn run(app: &App, file: &Path) -> anyhow::Result<String> {
    let text =
        std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    let cases = score::parse_cases(&text).with_context(|| format!("reading {}", file.display()))?;
    anyhow::ensure!(
        !cases.is_empty(),
        "there is nothing to judge in {}: a case is one JSON object a line, as in tests/judgement/dev.jsonl",
        file.display()
    );
    let now = app.now();
    let mut answers = Vec::new();
    let mut unusable = 0;
    for case in &cases {
        let (transcript, rule) = (case.transcript(now), case.rule());
        let rules = std::slice::from_ref(&rule);
        let modelled = match &app.model {
            None => None,
            Some(model) => {
                let prompt = ai::assess::prompt(&transcript, rules, now);
                let answer = model.ask(&prompt).await.ok();
                let parsed = answer.and_then(|answer| ai::assess::parse(&answer.json, rules).ok());
                unusable += usize::from(parsed.is_none());
                parsed
            }
        };
        let assessment = modelled.unwrap_or_else(|| ai::builtin::assess(&transcript, rules, now));
        answers.push(CaseAnswer::of(case, &assessment));
    }
    let mut report = score::score(&cases, &answers, &score::known_injections()).render();
    if app.model.is_some() {
        let _ = writeln!(
            report,
            "\n{unusable} of {} answers were unusable; the built-in decider stood in",
            cases.len()
        );
    }
    Ok(report)
}
