//! A short run of the simulation, and the proof that it can fail.

#![expect(clippy::print_stdout, reason = "the figures are worth reading")]

use simulate::{Bug, play, report};

/// Enough for a test command; the step `simulate` of `.ci/run` plays more, with the optimiser's help.
const SEEDS: u64 = 15;

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

/// Those that are noticed soon; the step `simulate` of `.ci/run` makes all of them.
#[test]
fn bugs_are_noticed() {
    let soon = [(Bug::PublishBeforeCommit, 15), (Bug::ForeignKey, 10)];
    for (bug, most) in soon {
        let noticed = report::notice(bug, 1, most);
        let (after, violation) = noticed.unwrap_or_else(|| panic!("{} went unnoticed", bug.word()));
        println!("{}: seed {after}: {}", bug.word(), violation.invariant);
    }
}
