//! What an operator can watch: a few numbers about the whole installation. Nothing personal, and
//! no number per workspace or conversation.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::receipt::{Entry, Verdict};

/// One number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// What it is called, in the log and on the dashboard.
    pub name: &'static str,
    /// What it counts in.
    pub unit: Unit,
    /// How many or how much.
    pub value: u64,
}

/// What a metric counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Seconds.
    Seconds,
}

impl Metric {
    /// A number of things.
    #[must_use]
    pub fn count(name: &'static str, value: u64) -> Self {
        Self {
            name,
            unit: Unit::Count,
            value,
        }
    }

    /// A time in seconds.
    #[must_use]
    pub fn seconds(name: &'static str, value: u64) -> Self {
        Self {
            name,
            unit: Unit::Seconds,
            value,
        }
    }
}

/// Messages that a platform took.
pub const SENDS_ACCEPTED: &str = "sends_accepted";
/// Messages that failed for good, at once or by a later report.
pub const SENDS_FAILED: &str = "sends_failed";
/// Messages of which nobody knows whether the platform has them.
pub const SENDS_UNKNOWN: &str = "sends_unknown";
/// Messages that were decided against.
pub const SENDS_SKIPPED: &str = "sends_skipped";
/// Events that a platform or a queue delivered again.
pub const DUPLICATES: &str = "duplicates";

/// Where the numbers go. Never fails: nothing depends on it.
pub trait Metrics: Send + Sync {
    /// Takes numbers that belong together.
    fn put(&self, metrics: &[Metric]);
}

/// Sums in memory, for processes that nobody scrapes and for tests.
#[derive(Debug, Default)]
pub struct Totals(Mutex<BTreeMap<&'static str, u64>>);

impl Totals {
    /// The sum so far.
    #[must_use]
    pub fn total(&self, name: &str) -> u64 {
        self.sums().get(name).copied().unwrap_or_default()
    }

    fn sums(&self) -> MutexGuard<'_, BTreeMap<&'static str, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Metrics for Totals {
    fn put(&self, metrics: &[Metric]) {
        let mut sums = self.sums();
        for metric in metrics {
            let sum = sums.entry(metric.name).or_default();
            *sum = sum.saturating_add(metric.value);
        }
    }
}

/// What a receipt counts as; empty for most.
pub(crate) fn of_receipt(entries: &[Entry]) -> Vec<Metric> {
    let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
    for entry in entries {
        let name = match entry.verdict {
            Verdict::Accepted => SENDS_ACCEPTED,
            Verdict::Failed { .. } => SENDS_FAILED,
            Verdict::Unknown => SENDS_UNKNOWN,
            Verdict::Skipped { .. } => SENDS_SKIPPED,
            Verdict::WillAssess { .. }
            | Verdict::Planned { .. }
            | Verdict::Held { .. }
            | Verdict::SetAside { .. }
            | Verdict::Sending { .. }
            | Verdict::Cancelled { .. }
            | Verdict::Suspended { .. }
            | Verdict::CountsAnew { .. }
            | Verdict::Joined { .. }
            | Verdict::Nothing { .. } => continue,
        };
        *counts.entry(name).or_default() += 1;
    }
    counts
        .into_iter()
        .map(|(name, value)| Metric::count(name, value))
        .collect()
}
