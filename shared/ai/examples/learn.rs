//! `cargo run --release -p ai --example learn -- FILE..` learns from labelled conversations what each reading
//! of the built-in decider speaks for, and prints `src/builtin/weights.tsv`. With `--across` first
//! it prints instead how good weights are on each file that were learned from the others.
//!
//! A logistic model over named readings, kept small by a penalty on large weights. Same files in the
//! same order, same weights.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write as _;

use ai::builtin::{self, Course, Weight, Weights};
use ai::score::{self, Case, CaseAnswer};
use chrono::DateTime;

const COURSES: usize = Course::ALL.len();
/// Of the squares of all weights; more makes them smaller.
const PENALTY: f64 = 10.0;
/// What fewer cases have says little about the next case.
const FEWEST_CASES: usize = 3;
const ROUNDS: u32 = 600;

struct Example {
    readings: Vec<String>,
    course: Course,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut files: Vec<String> = std::env::args().skip(1).collect();
    let across = files.first().is_some_and(|first| first == "--across");
    if across {
        files.remove(0);
    }
    let mut sets = Vec::new();
    for file in &files {
        let cases = score::parse_cases(&std::fs::read_to_string(file)?)?;
        sets.push((file.as_str(), cases));
    }
    let mut out = std::io::stdout().lock();
    if across {
        for (file, cases) in &sets {
            let others = sets.iter().filter(|(other, _)| other != file);
            let weights = learn(&examples(others.flat_map(|(_, cases)| cases)));
            let report = judge(&weights, cases);
            writeln!(out, "{file}, learned from the others\n{report}")?;
        }
    } else {
        let weights = learn(&examples(sets.iter().flat_map(|(_, cases)| cases)));
        write!(out, "{}", weights.render())?;
    }
    Ok(())
}

fn judge(weights: &Weights, cases: &[Case]) -> String {
    // No label depends on the date.
    let now = DateTime::UNIX_EPOCH;
    let answers: Vec<CaseAnswer> = cases
        .iter()
        .map(|case| {
            let transcript = case.transcript(now);
            let assessment = builtin::assess_with(weights, &transcript, &[case.rule()], now);
            CaseAnswer::of(case, &assessment)
        })
        .collect();
    score::score(cases, &answers, &score::known_injections()).render()
}

fn examples<'a>(cases: impl Iterator<Item = &'a Case>) -> Vec<Example> {
    let now = DateTime::UNIX_EPOCH;
    cases
        .filter_map(|case| {
            let readings = builtin::readings_of(&case.transcript(now), &case.rule())?;
            let course = match (case.applies, case.stop) {
                (_, true) => Course::Stop,
                (true, false) => Course::FollowUp,
                (false, false) => Course::Neither,
            };
            Some(Example { readings, course })
        })
        .collect()
}

/// Descends along the slope of the penalised loss, with momentum.
fn learn(examples: &[Example]) -> Weights {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for name in examples.iter().flat_map(|example| &example.readings) {
        *counts.entry(name).or_default() += 1;
    }
    counts.retain(|_, count| *count >= FEWEST_CASES);
    let names: Vec<&str> = counts.keys().copied().collect();
    let rows: Vec<(Vec<usize>, Course)> = examples
        .iter()
        .map(|example| {
            let read = example.readings.iter();
            let known = read.filter_map(|name| names.binary_search(&name.as_str()).ok());
            (known.collect(), example.course)
        })
        .collect();
    // No step may be longer than the loss is curved: half the largest sum of squares.
    let squares: usize = rows.iter().map(|(row, _)| row.len()).sum();
    let step = 1.0 / (squares as f64 / 2.0 + PENALTY);
    let mut weights = vec![[0.0; COURSES]; names.len()];
    let mut before = weights.clone();
    for round in 0..ROUNDS {
        let momentum = f64::from(round) / f64::from(round + 3);
        let ahead: Vec<[f64; COURSES]> = weights
            .iter()
            .zip(&before)
            .map(|(now, was)| std::array::from_fn(|c| now[c] + momentum * (now[c] - was[c])))
            .collect();
        let slope = slope(&rows, &ahead);
        before = weights;
        weights = ahead
            .iter()
            .zip(&slope)
            .map(|(at, slope)| std::array::from_fn(|c| at[c] - step * slope[c]))
            .collect();
    }
    let hundredths = |weight: f64| (weight * 100.0).round() as i32;
    names
        .iter()
        .zip(&weights)
        .map(|(name, weight)| ((*name).to_owned(), weight.map(hundredths)))
        .filter(|(_, weight): &(String, Weight)| *weight != [0; COURSES])
        .collect()
}

fn slope(rows: &[(Vec<usize>, Course)], weights: &[[f64; COURSES]]) -> Vec<[f64; COURSES]> {
    let mut slope: Vec<[f64; COURSES]> = weights
        .iter()
        .map(|weight| weight.map(|w| PENALTY * w))
        .collect();
    for (row, course) in rows {
        let sums: [f64; COURSES] =
            std::array::from_fn(|c| row.iter().map(|name| weights[*name][c]).sum());
        let highest = sums.iter().copied().fold(f64::MIN, f64::max);
        let shares = sums.map(|sum| (sum - highest).exp());
        let all: f64 = shares.iter().sum();
        for (c, share) in shares.iter().enumerate() {
            let wanted = f64::from(u8::from(*course as usize == c));
            for name in row {
                slope[*name][c] += share / all - wanted;
            }
        }
    }
    slope
}
