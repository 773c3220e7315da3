//! A short run of the simulation, and the proof that it can fail.

#![expect(clippy::print_stdout, reason = "the figures are worth reading")]

use simulate::{Bug, play, report};

/// Enough for a test command; the step `simulate` of `.ci/run` plays more, with the optimiser's help.
const SEEDS: u64 = 15;
/// So many seeds may pass in a test command until a bug is noticed.
const SOON: u64 = 20;

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
    let (one, other) = (play(3, None, true), play(3, None, true));
    let (one, other) = (one.expect("plays"), other.expect("plays"));
    assert_eq!(one.trace.lines, other.trace.lines);
    assert_eq!(one.trace.hash, other.trace.hash);
    let hash = |seed| play(seed, None, false).expect("plays").trace.hash;
    assert_ne!(hash(3), hash(7));
}

/// Each within the number of seeds that stands with it; the step `simulate` of `.ci/run` makes those
/// that take longer, too.
#[test]
fn bugs_are_noticed() {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let soon: Vec<_> = Bug::ALL.iter().filter(|bug| bug.within() <= SOON).collect();
    assert!(soon.len() >= 8);
    for bug in soon {
        let (name, within) = (bug.word(), bug.within());
        let noticed = report::notice(*bug, 1, within, threads);
        let (after, violation) = noticed.unwrap_or_else(|| panic!("{name} went unnoticed"));
        println!("{name}: seed {after} of {within}: {}", violation.invariant);
    }
}
