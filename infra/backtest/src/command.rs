//! From a file to the report.

use std::fmt::Write as _;

use anyhow::{Context as _, bail};
use domain::rebooking::backtest::{Plan, Report, run, svg, table, terminal};

use crate::options::Backtest;
use crate::read::read;

/// What is printed, and whether all is well.
#[derive(Debug)]
pub struct Done {
    /// Everything that is printed.
    pub text: String,
    /// What came out.
    pub report: Report,
    /// Not when `--strict` found a broken row, or when more than half of them are.
    pub good: bool,
}

/// Reads, plays, draws.
pub fn backtest(options: &Backtest) -> anyhow::Result<Done> {
    let found = read(options)?;
    let mut text = found.text;
    let Some(mut plan) = Plan::sensible(&found.shop, options.settings, options.seed) else {
        bail!("{text}\nthere is no completed visit to test");
    };
    plan.from = options.from.unwrap_or(plan.from);
    if let Some(days) = options.follow_up_days {
        let moved = i64::from(plan.follow_up_days) - i64::from(days);
        plan.follow_up_days = days;
        plan.to += chrono::TimeDelta::days(moved);
    }
    plan.to = options.to.unwrap_or(plan.to);
    let report = run(&found.shop, &plan);
    let _ = write!(text, "\n{}\n{}", table(&report), terminal(&report));
    if let Some(path) = &options.svg {
        std::fs::write(path, svg(&report))
            .with_context(|| format!("{} cannot be written", path.display()))?;
        let _ = writeln!(text, "\nplot: {}", path.display());
    }
    let tally = found.tally;
    let mostly_broken = tally.broken * 2 > tally.rows;
    if mostly_broken {
        text.push_str("\nMore than half of the rows are broken: are the columns the right ones?\n");
    }
    Ok(Done {
        text,
        report,
        good: !mostly_broken && (tally.broken == 0 || !options.strict),
    })
}
