//! How far off the predicted days were.

use super::Method;
use crate::rebooking::category::median;
use crate::rebooking::interval::{Interval, bootstrap};

/// The curve of a plot ends here.
pub const WITHIN_DAYS: usize = 60;
/// Fewer tested customers allow no verdict.
const LEAST_CUSTOMERS: usize = 50;
/// Nor do fewer predictions.
const LEAST_PREDICTIONS: u64 = 200;

/// How far off one method was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// Predictions of which the truth is known.
    pub count: u64,
    /// Mean absolute error, in days.
    pub mean_error_days: f64,
    /// Median absolute error, in days.
    pub median_error_days: f64,
    /// Share of predictions at most a week off.
    pub within_7_days: f64,
    /// Mean absolute error of the logarithm: 0.35 is off by about a third.
    pub log_error: f64,
    /// Pinball loss of the logarithm at 80 %: how good the day is by which four of five should
    /// have come.
    pub pinball_80: f64,
    /// How many predictions were at most so many days off, from 0 days.
    pub within: [u64; WITHIN_DAYS + 1],
}

/// Collects predictions and what came.
#[derive(Clone, Debug, Default)]
pub(super) struct Collector {
    errors: Vec<f64>,
    log_error: f64,
    pinball: f64,
}

impl Collector {
    /// `at_80` is the logarithm of the day by which 80 % should have come.
    pub(super) fn add(&mut self, predicted: f64, at_80: f64, actual: u32) {
        let actual = f64::from(actual);
        self.errors.push((predicted - actual).abs());
        self.log_error += (predicted.ln() - actual.ln()).abs();
        let over = actual.ln() - at_80;
        self.pinball += if over >= 0.0 { 0.8 * over } else { -0.2 * over };
    }

    pub(super) fn finish(mut self) -> Figures {
        let count = self.errors.len();
        // An empty sum is -0.
        let per_one = |sum: f64| sum / count.max(1) as f64 + 0.0;
        let mut curve = [0; WITHIN_DAYS + 1];
        for error in &self.errors {
            // Saturates: what is far off is beyond the curve.
            if let Some(place) = curve.get_mut(error.ceil() as usize) {
                *place += 1;
            }
        }
        let mut so_far = 0;
        for place in &mut curve {
            so_far += *place;
            *place = so_far;
        }
        Figures {
            count: count as u64,
            mean_error_days: per_one(self.errors.iter().sum()),
            within_7_days: per_one(curve[7] as f64),
            log_error: per_one(self.log_error),
            pinball_80: per_one(self.pinball),
            within: curve,
            median_error_days: median(&mut self.errors).unwrap_or(0.0),
        }
    }
}

/// What one customer adds up to, for each method.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    pub(super) count: u64,
    days: [f64; 4],
    logs: [f64; 4],
}

impl Sums {
    pub(super) fn add(&mut self, method: usize, predicted: f64, actual: u32) {
        let actual = f64::from(actual);
        self.count += u64::from(method == 0);
        self.days[method] += (predicted - actual).abs();
        self.logs[method] += (predicted.ln() - actual.ln()).abs();
    }
}

/// What may be concluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Too few customers or predictions.
    TooLittleData,
    /// The ranges include no difference.
    NotProven,
    /// The formula is better.
    Better,
    /// The formula is worse.
    Worse,
}

/// The formula against another method. Negative percent: the formula errs less.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// The other method.
    pub against: Method,
    /// Change of the mean error in days, in percent.
    pub days_percent: f64,
    /// The range that holds it with 95 % certainty.
    pub days_range: Option<Interval>,
    /// Change of the error of the logarithm, in percent.
    pub log_percent: f64,
    /// The range that holds it with 95 % certainty.
    pub log_range: Option<Interval>,
    /// What follows for the error in days.
    pub verdict: Verdict,
}

/// The formula against each of the others.
pub(super) fn changes(sums: &[Sums], seed: u64) -> Vec<Change> {
    let predictions: u64 = sums.iter().map(|own| own.count).sum();
    let enough = sums.len() >= LEAST_CUSTOMERS && predictions >= LEAST_PREDICTIONS;
    let change = |method: usize, of: fn(&Sums) -> &[f64; 4]| {
        let percent = move |all: &mut dyn Iterator<Item = &Sums>| {
            let (ours, theirs) = all.fold((0.0, 0.0), |(ours, theirs), own| {
                (ours + of(own)[3], theirs + of(own)[method])
            });
            100.0 * (ours / theirs - 1.0)
        };
        let found = percent(&mut sums.iter());
        let range = enough.then(|| bootstrap(sums, seed, percent)).flatten();
        (if found.is_finite() { found } else { 0.0 }, range)
    };
    let against = Method::ALL.into_iter().take(3).enumerate();
    against
        .map(|(place, against)| {
            let (days_percent, days_range) = change(place, |own| &own.days);
            let (log_percent, log_range) = change(place, |own| &own.logs);
            let verdict = match days_range {
                _ if !enough => Verdict::TooLittleData,
                Some(range) if range.high < 0.0 => Verdict::Better,
                Some(range) if range.low > 0.0 => Verdict::Worse,
                // Also where neither ever erred, and there is no range.
                _ => Verdict::NotProven,
            };
            Change {
                against,
                days_percent,
                days_range,
                log_percent,
                log_range,
                verdict,
            }
        })
        .collect()
}
