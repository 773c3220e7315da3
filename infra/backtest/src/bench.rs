//! How long, how much memory and how much money the reminder days of many customers take.

use std::fmt::Write as _;
use std::time::Duration;

use chrono::{Days, NaiveDate};
use domain::rebooking::interval::Dice;
use domain::rebooking::{Category, CategoryRhythm, History, Patterns, Settings, predict};

/// AWS Lambda on Intel, us-east-1, list price of November 2026 without the free tier: millionths
/// of a millionth of a US dollar per GB-second.
const PICO_USD_PER_GB_SECOND: f64 = 16_666_700.0;
/// The memory in MB at which Lambda gives one whole processor.
const ONE_PROCESSOR_MB: f64 = 1_769.0;

/// One line of the table for each number of customers. `clock` is the time since any moment.
#[must_use]
pub fn run(sizes: &[u32], seed: u64, clock: &dyn Fn() -> Duration) -> String {
    let mut text = format!(
        "{:>10} {:>11} {:>9} {:>12} {:>9} {:>10} {:>12} {:>21} {:>9}\n",
        "customers",
        "visits",
        "seconds",
        "ns/customer",
        "against",
        "peak MB",
        "B/customer",
        "USD/million customers",
        "checksum",
    );
    let mut first = None;
    for size in sizes {
        let before = peak_bytes(Reset::Yes);
        let histories = histories(*size, seed);
        let visits: usize = histories
            .iter()
            .map(|(_, history)| history.days().len())
            .sum();
        let started = clock();
        let days = reminder_days(&histories);
        let took = clock().saturating_sub(started);
        let peak = peak_bytes(Reset::No);
        let each = took.as_nanos() as f64 / f64::from((*size).max(1));
        let against = each / *first.get_or_insert(each);
        let gb = ONE_PROCESSOR_MB / 1024.0;
        let usd = each / 1e9 * gb * PICO_USD_PER_GB_SECOND / 1e12 * 1e6;
        let checksum = days.iter().fold(0u64, |sum, day| {
            sum.rotate_left(5) ^ u64::from(day.to_epoch_days().unsigned_abs())
        });
        let memory = peak.zip(before).map_or_else(
            || ("unknown".to_owned(), "unknown".to_owned()),
            |(peak, before)| {
                let grown = peak.saturating_sub(before) / u64::from((*size).max(1));
                (format!("{:.1}", peak as f64 / 1e6), grown.to_string())
            },
        );
        let _ = writeln!(
            text,
            "{size:>10} {visits:>11} {:>9.3} {each:>12.0} {against:>8.2}x {:>10} {:>12} {usd:>21.6} {:>9}",
            took.as_secs_f64(),
            memory.0,
            memory.1,
            format!("{:08x}", checksum as u32),
        );
    }
    text.push_str(
        "One thread; seconds are those of the prediction alone, histories in memory. B/customer: \
         what the\nprocess grew by, histories, predictions and reminder days together. USD: the \
         processor time of\nLambda at 1769 MB, x86_64, us-east-1, list price of November 2026, \
         without requests and table.\n",
    );
    text
}

fn reminder_days(histories: &[(usize, History)]) -> Vec<NaiveDate> {
    let patterns = Patterns::default();
    let categories: Vec<CategoryRhythm> = patterns
        .iter()
        .map(|pattern| CategoryRhythm::default_of(&pattern.category, &patterns))
        .collect();
    let settings = Settings::default();
    let days = histories.iter().filter_map(|(category, history)| {
        let found = predict(history, &categories[*category], &settings, NaiveDate::MAX)?;
        Some(found.reminder)
    });
    days.collect()
}

/// One to forty visits each, twenty on average, around a rhythm of their own.
fn histories(customers: u32, seed: u64) -> Vec<(usize, History)> {
    let mut dice = Dice::new(seed);
    let categories: Vec<Category> = Patterns::default()
        .iter()
        .map(|pattern| pattern.category.clone())
        .collect();
    let start = NaiveDate::default() + Days::new(18_000);
    let mut one = |_| {
        let category = dice.below(categories.len());
        let visits = 1 + dice.below(40);
        let rhythm = 10 + dice.below(60);
        let mut day = start + Days::new(dice.below(365) as u64);
        let days: Vec<NaiveDate> = (0..visits)
            .map(|_| {
                let this = day;
                let gap = rhythm / 2 + dice.below(rhythm) + 1;
                day = day + Days::new(gap as u64);
                this
            })
            .collect();
        (category, History::new(days))
    };
    (0..customers).map(&mut one).collect()
}

#[derive(PartialEq, Eq)]
enum Reset {
    Yes,
    No,
}

/// The most memory the process ever held, in bytes, or since the last reset. Linux only.
fn peak_bytes(reset: Reset) -> Option<u64> {
    if reset == Reset::Yes {
        // Where it is not allowed the peak is that of the whole run; sizes grow, so it still tells.
        let _ = std::fs::write("/proc/self/clear_refs", "5");
    }
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_customer_gets_a_day_and_the_same_seed_the_same_days() {
        let days = reminder_days(&histories(500, 7));
        assert_eq!(days.len(), 500);
        assert_eq!(days, reminder_days(&histories(500, 7)));
        assert_ne!(days, reminder_days(&histories(500, 8)));
        let text = run(&[10, 20], 7, &|| Duration::ZERO);
        assert_eq!(text.lines().count(), 6);
        assert!(!text.contains("NaN") || text.contains("NaNx"), "{text}");
    }
}
