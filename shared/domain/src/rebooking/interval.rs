//! How sure a number is: intervals that say so when the data are few.

/// The 95 % point of the normal distribution, two-sided.
const Z: f64 = 1.959_963_984_540_054;

/// From and to, both included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    /// Whether it lies on one side of zero.
    #[must_use]
    pub fn excludes_zero(&self) -> bool {
        self.low > 0.0 || self.high < 0.0
    }
}

/// Wilson's interval for a share of `hits` in `of`; everything is possible when `of` is 0.
#[must_use]
pub fn wilson(hits: u64, of: u64) -> Interval {
    if of == 0 {
        return Interval {
            low: 0.0,
            high: 1.0,
        };
    }
    let (n, p) = (of as f64, hits as f64 / of as f64);
    let z2 = Z * Z;
    let middle = p + z2 / (2.0 * n);
    let half = Z * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z2 / n;
    Interval {
        low: ((middle - half) / scale).max(0.0),
        high: ((middle + half) / scale).min(1.0),
    }
}

/// Newcombe's interval for the difference of two shares, first minus second.
#[must_use]
pub fn difference(first: (u64, u64), second: (u64, u64)) -> Interval {
    let share = |(hits, of): (u64, u64)| {
        if of == 0 {
            0.0
        } else {
            hits as f64 / of as f64
        }
    };
    let (p1, p2) = (share(first), share(second));
    let (w1, w2) = (wilson(first.0, first.1), wilson(second.0, second.1));
    Interval {
        low: (p1 - p2) - ((p1 - w1.low).powi(2) + (w2.high - p2).powi(2)).sqrt(),
        high: (p1 - p2) + ((w1.high - p1).powi(2) + (p2 - w2.low).powi(2)).sqrt(),
    }
}

/// Numbers that look random and follow from a seed: `SplitMix64`.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// The same seed, the same numbers.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// One of `sides`, from 0; 0 where there are none.
    pub fn below(&mut self, sides: usize) -> usize {
        let wide = u128::from(self.roll()) * sides as u128;
        usize::try_from(wide >> 64).unwrap_or(0)
    }
}

/// The 95 % bootstrap interval of a statistic over customers: whole customers are drawn again,
/// because the visits of one customer resemble each other.
#[must_use]
pub fn bootstrap<T>(
    customers: &[T],
    seed: u64,
    statistic: impl Fn(&mut dyn Iterator<Item = &T>) -> f64,
) -> Option<Interval> {
    if customers.is_empty() {
        return None;
    }
    // A thousand draws; fewer where a draw alone is millions of customers.
    let draws = (40_000_000 / customers.len()).clamp(200, 1000);
    let mut dice = Dice::new(seed);
    let mut found: Vec<f64> = (0..draws)
        .map(|_| {
            let mut again = (0..customers.len()).map(|_| &customers[dice.below(customers.len())]);
            statistic(&mut again)
        })
        .filter(|value| value.is_finite())
        .collect();
    found.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| found.get(((found.len() as f64 - 1.0) * share).round() as usize);
    Some(Interval {
        low: *at(0.025)?,
        high: *at(0.975)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: Interval, low: f64, high: f64) {
        let near = |a: f64, b: f64| (a - b).abs() < 5e-4;
        assert!(near(found.low, low) && near(found.high, high), "{found:?}");
    }

    #[test]
    fn the_intervals_are_those_of_the_textbook() {
        // Newcombe 1998: 81 of 263, and 56 of 70 against 48 of 80.
        close(wilson(81, 263), 0.2553, 0.3662);
        close(wilson(0, 20), 0.0, 0.1611);
        close(difference((56, 70), (48, 80)), 0.0524, 0.3339);
        assert_eq!(
            wilson(0, 0),
            Interval {
                low: 0.0,
                high: 1.0
            }
        );
    }

    #[test]
    fn the_bootstrap_follows_from_its_seed_and_covers_the_mean() {
        let values: Vec<f64> = (0..400).map(|n| f64::from(n % 20)).collect();
        let mean = |again: &mut dyn Iterator<Item = &f64>| {
            let (sum, n) = again.fold((0.0, 0.0), |(sum, n), value| (sum + value, n + 1.0));
            sum / n
        };
        let found = bootstrap(&values, 7, mean).unwrap();
        assert_eq!(bootstrap(&values, 7, mean), Some(found));
        // Mean 9.5, standard error 5.77 / 20.
        assert!((8.85..9.0).contains(&found.low), "{found:?}");
        assert!((10.0..10.15).contains(&found.high), "{found:?}");
        assert_eq!(bootstrap(&[], 7, mean), None);
    }
}
