//! `cargo run -p ai --example judge -- FILE..`: how good the built-in decider is on labelled
//! conversations. `cargo run -- judge FILE` does the same with the model, but builds everything.

use std::error::Error;
use std::io::Write as _;

use ai::score::{self, CaseAnswer};
use chrono::DateTime;

fn main() -> Result<(), Box<dyn Error>> {
    // No label depends on the date.
    let now = DateTime::UNIX_EPOCH;
    let mut out = std::io::stdout().lock();
    for file in std::env::args().skip(1) {
        let cases = score::parse_cases(&std::fs::read_to_string(&file)?)?;
        let answers: Vec<CaseAnswer> = cases
            .iter()
            .map(|case| CaseAnswer::without_model(case, now))
            .collect();
        let report = score::score(&cases, &answers, &score::known_injections());
        writeln!(out, "{file}\n{}", report.render())?;
    }
    Ok(())
}
