//! When to try again, as data.

use chrono::TimeDelta;

/// The pauses between attempts. After the last one the message has failed.
pub const SCHEDULE: [TimeDelta; 6] = [
    TimeDelta::seconds(10),
    TimeDelta::minutes(1),
    TimeDelta::minutes(5),
    TimeDelta::minutes(15),
    TimeDelta::hours(1),
    TimeDelta::hours(3),
];

/// A platform that asks for more than a day is asked again after a day.
pub const LONGEST: TimeDelta = TimeDelta::hours(24);

/// The pause after failed attempt number `attempt`, counted from 1; `None`: give up.
///
/// The platform's own wish is a lower bound. `jitter` (0 to 999, drawn by the caller)
/// lengthens the pause by up to a fifth, so that many messages do not return at once.
pub fn delay(attempt: u32, retry_after: Option<TimeDelta>, jitter: u16) -> Option<TimeDelta> {
    let index = usize::try_from(attempt.checked_sub(1)?).ok()?;
    let planned = *SCHEDULE.get(index)?;
    let wished = retry_after.unwrap_or_default().min(LONGEST);
    let pause = planned.max(wished);
    let extra = pause.num_milliseconds() * i64::from(jitter.min(999)) / 5_000;
    Some(pause + TimeDelta::milliseconds(extra))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        let pauses: Vec<_> = (1..=6).filter_map(|n| delay(n, None, 0)).collect();
        assert_eq!(pauses, SCHEDULE);
        assert!(pauses.is_sorted());
        assert_eq!(delay(7, None, 0), None);
        assert_eq!(delay(0, None, 0), None);
    }

    #[test]
    fn the_platform_can_ask_for_longer_but_not_for_ever() {
        let wish = Some(TimeDelta::seconds(42));
        assert_eq!(delay(1, wish, 0), wish);
        assert_eq!(delay(2, wish, 0), Some(TimeDelta::minutes(1)));
        assert_eq!(delay(1, Some(TimeDelta::days(30)), 0), Some(LONGEST));
        assert_eq!(delay(1, Some(TimeDelta::seconds(-5)), 0), Some(SCHEDULE[0]));
    }

    #[test]
    fn jitter_only_lengthens_and_by_less_than_a_fifth() {
        for attempt in 1..=6 {
            let plain = delay(attempt, None, 0).unwrap();
            let most = delay(attempt, None, u16::MAX).unwrap();
            assert!(most > plain && most < plain * 6 / 5);
        }
    }
}
