//! A short run of the simulation, and the proof that it can fail.

#![expect(clippy::print_stdout, reason = "the figures are worth reading")]

use simulate::{Bug, play, report};

/// Enough for a test command; the long run is `cargo run --release -p simulate`.
const SEEDS: u64 = 60;
/// Within so many seeds every bug is noticed.
const NOTICED_WITHIN: u64 = 60;

#[test]
fn nothing_is_lost_doubled_or_forgotten() {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let report = report::run(1, SEEDS, threads, None);
    let text = report.to_text(None);
    println!("{text}");
    assert!(report.is_clean(), "{text}");
}

#[test]
fn one_seed_is_one_trace() {
    for seed in [3, 7] {
        let (one, other) = (play(seed, None, true), play(seed, None, true));
        let (one, other) = (one.expect("plays"), other.expect("plays"));
        assert_eq!(one.trace.lines, other.trace.lines);
        assert_eq!(one.trace.hash, other.trace.hash);
    }
    let hash = |seed| play(seed, None, false).expect("plays").trace.hash;
    assert_ne!(hash(3), hash(7));
}

#[test]
fn every_bug_is_noticed() {
    let missed: Vec<_> = Bug::ALL
        .iter()
        .filter(|bug| match report::notice(**bug, 1, NOTICED_WITHIN) {
            Some((after, violation)) => {
                println!("{}: seed {after}: {}", bug.word(), violation.invariant);
                false
            }
            None => true,
        })
        .map(|bug| bug.word())
        .collect();
    assert!(missed.is_empty(), "not noticed: {missed:?}");
}
