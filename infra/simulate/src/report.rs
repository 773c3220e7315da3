//! Many seeds on all cores, and what they came to.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::table::lock;
use crate::{Bug, Fault, INVARIANTS, Outcome, Totals, Violation, play};

/// Many simulations together.
#[derive(Debug, Default)]
pub struct Report {
    /// How many.
    pub seeds: u64,
    totals: Totals,
    faults: BTreeMap<Fault, u64>,
    violations: BTreeMap<&'static str, u64>,
    /// The first seeds that failed, with what was seen.
    pub failed: Vec<(u64, Violation)>,
    /// Seeds that could not be played to the end.
    pub broken: Vec<(u64, String)>,
    /// The mistake that was made on purpose.
    bug: Option<Bug>,
}

/// So many failed seeds are shown.
const SHOWN: usize = 10;

impl Report {
    fn add(&mut self, outcome: Outcome) {
        self.seeds += 1;
        let (all, one) = (&mut self.totals, outcome.totals);
        all.actions += one.actions;
        all.webhooks += one.webhooks;
        all.tasks += one.tasks;
        all.failed_tasks += one.failed_tasks;
        all.accepted += one.accepted;
        all.steps += one.steps;
        for (fault, times) in outcome.faults {
            *self.faults.entry(fault).or_default() += times;
        }
        for violation in &outcome.violations {
            *self.violations.entry(violation.invariant).or_default() += 1;
        }
        if let Some(first) = outcome.violations.into_iter().next() {
            self.failed.push((outcome.seed, first));
        }
    }

    /// Whether nothing happened that must not.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.failed.is_empty() && self.broken.is_empty()
    }

    /// The tables; `took` is left out where it must be the same every time.
    #[must_use]
    pub fn to_text(&self, took: Option<Duration>) -> String {
        let mut text = String::new();
        let mut line = |name: &str, value: &dyn std::fmt::Display| {
            let _ = writeln!(text, "{name:<32} {value:>12}");
        };
        line("seeds", &self.seeds);
        line("actions of people", &self.totals.actions);
        line("webhooks answered 200", &self.totals.webhooks);
        line("tasks done", &self.totals.tasks);
        line("tasks failed and redelivered", &self.totals.failed_tasks);
        line("messages platforms accepted", &self.totals.accepted);
        line("steps", &self.totals.steps);
        if let Some(took) = took {
            line("seconds", &format!("{:.1}", took.as_secs_f64()));
            let per_second = self.seeds as f64 / took.as_secs_f64().max(0.001);
            line("seeds per second", &format!("{per_second:.1}"));
        }
        let _ = writeln!(text, "\nfaults");
        for fault in Fault::ALL {
            let times = self.faults.get(fault).copied().unwrap_or_default();
            let _ = writeln!(text, "  {:<30} {times:>12}", fault.word());
        }
        let _ = writeln!(text, "\nviolations");
        for (name, means) in INVARIANTS {
            let times = self.violations.get(name).copied().unwrap_or_default();
            let _ = writeln!(text, "  {name:<30} {times:>12}  {means}");
        }
        let with = self.bug.map(|bug| format!(" --bug {}", bug.word()));
        let with = with.unwrap_or_default();
        for (seed, violation) in self.failed.iter().take(SHOWN) {
            let _ = writeln!(
                text,
                "\nseed {seed}: {}: {}",
                violation.invariant, violation.detail
            );
            let _ = writeln!(
                text,
                "  replay: cargo run --release -p simulate -- --seed {seed}{with}"
            );
        }
        for (seed, error) in self.broken.iter().take(SHOWN) {
            let _ = writeln!(text, "\nseed {seed} could not be played: {error}");
        }
        text
    }
}

/// Plays `count` seeds from `first` on, on this many threads.
#[must_use]
pub fn run(first: u64, count: u64, threads: usize, bug: Option<Bug>) -> Report {
    let report = Mutex::new(Report {
        bug,
        ..Report::default()
    });
    each(first, count, threads, |seed| {
        let played = play(seed, bug, false);
        let mut report = lock(&report);
        match played {
            Ok(outcome) => report.add(outcome),
            Err(error) => report.broken.push((seed, format!("{error:#}"))),
        }
        ControlFlow::Continue(())
    });
    let mut report = report.into_inner().unwrap_or_else(PoisonError::into_inner);
    report.failed.sort_by_key(|(seed, _)| *seed);
    report.broken.sort();
    report
}

/// Within how many seeds a bug is noticed, and by which invariant.
#[must_use]
pub fn notice(bug: Bug, first: u64, most: u64, threads: usize) -> Option<(u64, Violation)> {
    let noticed = Mutex::new(BTreeMap::new());
    each(first, most, threads, |seed| {
        // A seed that a bug keeps from ever coming to its end has shown nothing that is named.
        let violations = play(seed, Some(bug), false).map(|outcome| outcome.violations);
        match violations.unwrap_or_default().into_iter().next() {
            Some(violation) => {
                lock(&noticed).insert(seed, violation);
                ControlFlow::Break(())
            }
            None => ControlFlow::Continue(()),
        }
    });
    // Seeds are handed out in order, and whoever has one plays it to its end: the least is the same
    // on any number of threads.
    let noticed = noticed.into_inner().unwrap_or_else(PoisonError::into_inner);
    let (seed, violation) = noticed.into_iter().next()?;
    Some((seed - first + 1, violation))
}

/// Hands out the seeds in order until there are no more or somebody has seen enough.
fn each(first: u64, count: u64, threads: usize, work: impl Fn(u64) -> ControlFlow<()> + Sync) {
    let next = AtomicU64::new(first);
    let enough = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                while !enough.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + count {
                        return;
                    }
                    if work(seed).is_break() {
                        enough.store(true, Ordering::Relaxed);
                    }
                }
            });
        }
    });
}
