//! The formula: from the gaps between visits to a rhythm.
//!
//! A weighted median of the logarithms (half the weight lies on the last four visits), with the
//! category's rhythm as one more visit, and a spread that starts at the prior and learns. One
//! long holiday or one double visit moves neither much. Nothing here knows a date.

/// Own gaps count from so many completed visits on (PH-11, PH-12).
pub const OWN_PATTERN_VISITS: usize = 3;
/// The newest gaps that count.
pub const GAPS: usize = 24;
/// The reminder leaves so many days before the at-risk day (PH-10, PH-16). Not a setting: "the
/// 5 never changes silently".
pub const LEAD_DAYS: i64 = 5;

/// Each older gap weighs so much of the next newer one.
const DECAY: f64 = 0.85;
/// The category counts as much as one newest gap.
const CATEGORY_WEIGHT: f64 = 1.0;
/// The prior spread counts as much as so many newest gaps.
const SPREAD_WEIGHT: f64 = 4.0;
/// One deviation counts at most so much (a factor of 4.5).
const MOST_DEVIATION: f64 = 1.5;

/// How often somebody comes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rhythm {
    /// Days from one visit to the next, typically.
    pub typical_days: f64,
    /// Usual relative deviation from it, as a difference of logarithms: 0.25 is about 25 %.
    pub spread: f64,
    /// Days after the last visit from which the customer is overdue.
    pub at_risk_day: i64,
}

impl Rhythm {
    /// Days after the last visit on which the reminder leaves: never before the typical day.
    #[must_use]
    pub fn reminder_day(&self) -> i64 {
        self.at_risk_day - LEAD_DAYS
    }
}

/// The rhythm that follows from gaps in days, newest first, and the typical gap of the category.
///
/// Gaps of zero days are dropped; fewer than two gaps (three visits) are not used at all.
/// `prior_spread` is the spread of somebody of whom nothing is known, 0.4 by default.
#[must_use]
pub fn rhythm(
    gaps_newest_first: impl IntoIterator<Item = u32>,
    category_days: f64,
    prior_spread: f64,
) -> Rhythm {
    // Own gaps newest first, the category last: the order that a stable sort keeps for equals.
    let mut points = [(0.0, 0.0); GAPS + 1];
    let mut own = 0;
    let mut weight = 1.0;
    for gap in gaps_newest_first
        .into_iter()
        .filter(|gap| *gap > 0)
        .take(GAPS)
    {
        points[own] = (f64::from(gap).ln(), weight);
        weight *= DECAY;
        own += 1;
    }
    if own + 1 < OWN_PATTERN_VISITS {
        own = 0;
    }
    points[own] = (category_days.ln(), CATEGORY_WEIGHT);

    let mut sorted = points;
    let sorted = &mut sorted[..=own];
    sorted.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    let middle = weighted_median(sorted);

    let (mut weights, mut deviations) = (0.0, 0.0);
    for (value, weight) in &points[..own] {
        weights += weight;
        deviations += weight * (value - middle).abs().min(MOST_DEVIATION);
    }
    let spread = (SPREAD_WEIGHT * prior_spread + deviations) / (SPREAD_WEIGHT + weights);
    let typical_days = middle.exp();
    let floor = typical_days + LEAD_DAYS as f64;
    Rhythm {
        typical_days,
        spread,
        at_risk_day: (typical_days * spread.exp()).max(floor).round() as i64,
    }
}

/// By the mid-point rule: a point stands at the middle of its weight, between points the values
/// are interpolated, outside the first and the last value count. Needs at least one point.
fn weighted_median(sorted: &[(f64, f64)]) -> f64 {
    let total: f64 = sorted.iter().map(|(_, weight)| weight).sum();
    let mut before = 0.0;
    let mut last: Option<(f64, f64)> = None;
    for &(value, weight) in sorted {
        let at = (before + weight / 2.0) / total;
        before += weight;
        if at >= 0.5 {
            return match last {
                None => value,
                Some((left, left_at)) => left + (0.5 - left_at) / (at - left_at) * (value - left),
            };
        }
        last = Some((value, at));
    }
    last.map_or(0.0, |(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of the reference: gaps oldest first, the category, and what comes of it.
    const GOLDEN: &str = include_str!("../../tests/data/golden_predictions.csv");

    #[test]
    fn the_formula_equals_all_44_golden_vectors() {
        let mut checked = 0;
        for line in GOLDEN.lines().skip(1) {
            let field: Vec<&str> = line.split(',').collect();
            let gaps: Vec<u32> = field[0]
                .split_whitespace()
                .map(|gap| gap.parse().unwrap())
                .collect();
            let found = rhythm(gaps.iter().rev().copied(), field[1].parse().unwrap(), 0.4);
            let shown = [
                format!("{:.6}", found.typical_days),
                format!("{:.6}", found.spread),
                found.at_risk_day.to_string(),
                found.reminder_day().to_string(),
            ];
            assert_eq!(shown[..], field[2..], "{line}");
            checked += 1;
        }
        assert_eq!(checked, 44);
    }

    #[test]
    fn ph_16_the_reminder_is_never_before_the_typical_day() {
        for days in 1..=400 {
            for gaps in [vec![], vec![days; 2], vec![days; 30]] {
                let found = rhythm(gaps, f64::from(days), 0.4);
                assert!(found.reminder_day() >= found.typical_days.round() as i64);
            }
        }
    }

    #[test]
    fn gaps_of_zero_and_gaps_beyond_the_newest_24_change_nothing() {
        let gaps: Vec<u32> = (0..30).map(|n| 20 + n).collect();
        let all = rhythm(gaps.iter().copied(), 35.0, 0.4);
        assert_eq!(all, rhythm(gaps[..24].iter().copied(), 35.0, 0.4));
        let zeros = gaps.iter().flat_map(|gap| [0, *gap]);
        assert_eq!(all, rhythm(zeros, 35.0, 0.4));
    }
}
