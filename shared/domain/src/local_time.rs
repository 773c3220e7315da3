//! The only place where local time becomes an instant, and back.
//!
//! Policy at daylight-saving changes, the same everywhere: a local time that does not exist is
//! read with the offset from before the gap (02:30 becomes 03:30), a local time that exists
//! twice means its first occurrence. Calendar days are days on the wall, not 24 hours.

use std::fmt;
use std::str::FromStr;

use chrono::{
    DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Timelike, Utc,
};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// An IANA time zone such as `Europe/Berlin`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone(Tz);

/// The text names no time zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no IANA time zone; write it like `Europe/Berlin` or `America/New_York`")]
pub struct ZoneError;

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(Tz::UTC);

    /// The only way in.
    pub fn parse(name: &str) -> Result<Self, ZoneError> {
        Tz::from_str(name).map(Self).map_err(|_| ZoneError)
    }

    /// The IANA name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// What the wall clock shows at this instant.
    #[must_use]
    pub fn local(self, at: DateTime<Utc>) -> NaiveDateTime {
        at.with_timezone(&self.0).naive_local()
    }

    /// The calendar day at this instant.
    #[must_use]
    pub fn day(self, at: DateTime<Utc>) -> NaiveDate {
        self.local(at).date()
    }

    /// When the next calendar day begins.
    #[must_use]
    pub fn next_day(self, at: DateTime<Utc>) -> DateTime<Utc> {
        let next = self.day(at) + Days::new(1);
        self.instant(next.and_time(NaiveTime::MIN))
    }

    /// The first instant at which the wall clock shows this, under the policy above.
    #[must_use]
    pub fn instant(self, local: NaiveDateTime) -> DateTime<Utc> {
        self.candidates(local).0
    }

    /// Like [`instant`](Self::instant), but of two occurrences the first one after `after`.
    #[must_use]
    pub fn instant_after(self, local: NaiveDateTime, after: DateTime<Utc>) -> DateTime<Utc> {
        let (first, second) = self.candidates(local);
        if first > after { first } else { second }
    }

    /// The instant as local text, for people: `2026-03-29 03:30 CEST`.
    #[must_use]
    pub fn show(self, at: DateTime<Utc>) -> String {
        let local = at.with_timezone(&self.0);
        local.format("%Y-%m-%d %H:%M %Z").to_string()
    }

    fn candidates(self, local: NaiveDateTime) -> (DateTime<Utc>, DateTime<Utc>) {
        let found = self.0.from_local_datetime(&local);
        match (found.earliest(), found.latest()) {
            (Some(first), Some(last)) => (first.to_utc(), last.to_utc()),
            _ => {
                let shifted = self.with_offset_before_gap(local);
                (shifted, shifted)
            }
        }
    }

    /// No gap is longer than a day, so the offset of a day earlier is the one before the gap.
    fn with_offset_before_gap(self, local: NaiveDateTime) -> DateTime<Utc> {
        let offset = self
            .0
            .from_local_datetime(&(local - TimeDelta::days(1)))
            .latest()
            .map_or(0, |day_before| day_before.offset().fix().local_minus_utc());
        (local - TimeDelta::seconds(i64::from(offset))).and_utc()
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl TryFrom<String> for Zone {
    type Error = ZoneError;

    fn try_from(name: String) -> Result<Self, ZoneError> {
        Self::parse(&name)
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.name().to_owned()
    }
}

/// A time on the wall, to the minute: `08:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay(NaiveTime);

/// The text is no time of day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no time of day; write it like `08:00`, from 00:00 to 23:59")]
pub struct TimeOfDayError;

impl TimeOfDay {
    /// The only way in: `HH:MM`.
    pub fn parse(text: &str) -> Result<Self, TimeOfDayError> {
        if text.len() != 5 {
            return Err(TimeOfDayError);
        }
        NaiveTime::parse_from_str(text, "%H:%M")
            .map(Self)
            .map_err(|_| TimeOfDayError)
    }

    /// This time on a date.
    #[must_use]
    pub fn on(self, date: NaiveDate) -> NaiveDateTime {
        date.and_time(self.0)
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0.hour(), self.0.minute())
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = TimeOfDayError;

    fn try_from(text: String) -> Result<Self, TimeOfDayError> {
        Self::parse(&text)
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        time.to_string()
    }
}

/// Hours in which nothing automated is sent, on the wall clock of the workspace. May span
/// midnight. The first minute is quiet, the last one (`to`) is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "QuietHoursText")]
pub struct QuietHours {
    from: TimeOfDay,
    to: TimeOfDay,
}

/// Quiet hours as they stand in JSON.
#[derive(Deserialize)]
struct QuietHoursText {
    from: TimeOfDay,
    to: TimeOfDay,
}

/// The two times are the same, which would be no hour or every hour.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("start and end must differ; to send at any hour, leave the quiet hours out")]
pub struct QuietHoursError;

impl QuietHours {
    /// The only way in.
    pub fn new(from: TimeOfDay, to: TimeOfDay) -> Result<Self, QuietHoursError> {
        if from == to {
            Err(QuietHoursError)
        } else {
            Ok(Self { from, to })
        }
    }

    /// When the quiet begins.
    #[must_use]
    pub fn from(&self) -> TimeOfDay {
        self.from
    }

    /// When it ends.
    #[must_use]
    pub fn to(&self) -> TimeOfDay {
        self.to
    }

    /// Whether it is quiet at this instant.
    #[must_use]
    pub fn contains(&self, at: DateTime<Utc>, zone: Zone) -> bool {
        let time = zone.local(at).time();
        if self.from < self.to {
            self.from.0 <= time && time < self.to.0
        } else {
            self.from.0 <= time || time < self.to.0
        }
    }

    /// What is to happen at this time of day, at a time of the same day that is not quiet: at the end of
    /// the quiet, or shortly before it where it lasts until the next day.
    #[must_use]
    pub fn within_day(&self, at: TimeOfDay) -> TimeOfDay {
        /// Whatever waits in a queue for a moment is still on time.
        const SLACK: TimeDelta = TimeDelta::minutes(5);
        let spans_midnight = self.to < self.from;
        let in_the_morning = spans_midnight && at < self.to;
        let in_the_evening = spans_midnight && at >= self.from;
        let by_day = !spans_midnight && self.from <= at && at < self.to;
        if in_the_morning || by_day {
            return self.to;
        }
        if !in_the_evening {
            return at;
        }
        let (earlier, other_day) = self.from.0.overflowing_sub_signed(SLACK);
        // Between two quiet spans there may be less than that.
        match other_day == 0 && earlier >= self.to.0 {
            true => TimeOfDay(earlier),
            false => self.to,
        }
    }

    /// The instant itself when it is not quiet, else the end of the quiet.
    #[must_use]
    pub fn next_allowed(&self, at: DateTime<Utc>, zone: Zone) -> DateTime<Utc> {
        let mut at = at;
        // A second round is needed only when a daylight-saving change lands in the quiet again.
        for _ in 0..3 {
            if !self.contains(at, zone) {
                return at;
            }
            let local = zone.local(at);
            let ends_tomorrow = self.to < self.from && local.time() >= self.from.0;
            let date = local.date() + TimeDelta::days(i64::from(ends_tomorrow));
            at = zone.instant_after(self.to.on(date), at);
        }
        at
    }

    /// The last full minute before the quiet that contains `at`; `at` itself when it is not quiet.
    #[must_use]
    pub fn last_allowed_before(&self, at: DateTime<Utc>, zone: Zone) -> DateTime<Utc> {
        if !self.contains(at, zone) {
            return at;
        }
        let local = zone.local(at);
        let began_yesterday = self.to < self.from && local.time() < self.to.0;
        let date = local.date() - TimeDelta::days(i64::from(began_yesterday));
        zone.instant(self.from.on(date)) - TimeDelta::minutes(1)
    }
}

impl TryFrom<QuietHoursText> for QuietHours {
    type Error = QuietHoursError;

    fn try_from(text: QuietHoursText) -> Result<Self, QuietHoursError> {
        Self::new(text.from, text.to)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn berlin() -> Zone {
        Zone::parse("Europe/Berlin").unwrap()
    }

    fn quiet(from: &str, to: &str) -> QuietHours {
        QuietHours::new(
            TimeOfDay::parse(from).unwrap(),
            TimeOfDay::parse(to).unwrap(),
        )
        .unwrap()
    }

    #[test]
    fn a_time_in_the_gap_is_shifted_and_one_in_the_fold_is_the_first() {
        let check = |local: &str, expected: &str| {
            let local = local.parse::<NaiveDateTime>().unwrap();
            assert_eq!(berlin().instant(local), utc(expected), "{local}");
        };
        check("2026-03-29T01:59:00", "2026-03-29T00:59:00Z");
        check("2026-03-29T02:30:00", "2026-03-29T01:30:00Z"); // shows 03:30
        check("2026-03-29T03:00:00", "2026-03-29T01:00:00Z");
        check("2026-10-25T02:30:00", "2026-10-25T00:30:00Z"); // the first 02:30
        check("2026-10-25T03:00:00", "2026-10-25T02:00:00Z");
    }

    #[test]
    fn quiet_hours_over_midnight_end_on_the_wall_clock_of_the_next_day() {
        let night = quiet("21:00", "08:00");
        let check = |at: &str, expected: &str| {
            assert_eq!(night.next_allowed(utc(at), berlin()), utc(expected), "{at}");
        };
        check("2026-03-28T19:59:00Z", "2026-03-28T19:59:00Z"); // 20:59
        check("2026-03-28T20:00:00Z", "2026-03-29T06:00:00Z"); // 21:00 -> 08:00 summer time
        check("2026-03-29T05:59:00Z", "2026-03-29T06:00:00Z"); // 07:59
        check("2026-10-24T22:00:00Z", "2026-10-25T07:00:00Z"); // 00:00 -> 08:00 winter time
        assert_eq!(
            night.last_allowed_before(utc("2026-03-29T05:59:00Z"), berlin()),
            utc("2026-03-28T19:59:00Z")
        );
    }

    #[test]
    fn quiet_hours_that_end_inside_the_fold_never_go_back_in_time() {
        let night = quiet("22:00", "02:30");
        let second_0210 = utc("2026-10-25T01:10:00Z");
        let allowed = night.next_allowed(second_0210, berlin());
        assert_eq!(allowed, utc("2026-10-25T01:30:00Z"));
    }

    #[test]
    fn nx_41_gaps_and_folds_elsewhere() {
        let check = |zone: &str, local: &str, expected: &str| {
            let local = local.parse::<NaiveDateTime>().unwrap();
            let zone = Zone::parse(zone).unwrap();
            assert_eq!(zone.instant(local), utc(expected), "{zone} {local}");
        };
        check(
            "America/New_York",
            "2026-03-08T01:59:00",
            "2026-03-08T06:59:00Z",
        );
        check(
            "America/New_York",
            "2026-03-08T02:30:00",
            "2026-03-08T07:30:00Z",
        ); // shows 03:30
        check(
            "America/New_York",
            "2026-11-01T01:30:00",
            "2026-11-01T05:30:00Z",
        ); // the first
        check(
            "America/New_York",
            "2026-11-01T02:00:00",
            "2026-11-01T07:00:00Z",
        );
        // Half an hour only, from +10:30 to +11 and back.
        check(
            "Australia/Lord_Howe",
            "2026-10-04T02:15:00",
            "2026-10-03T15:45:00Z",
        ); // shows 02:45
        check(
            "Australia/Lord_Howe",
            "2026-10-04T02:30:00",
            "2026-10-03T15:30:00Z",
        );
        check(
            "Australia/Lord_Howe",
            "2026-04-05T01:45:00",
            "2026-04-04T14:45:00Z",
        ); // the first
        // A whole day that never was.
        check(
            "Pacific/Apia",
            "2011-12-30T12:00:00",
            "2011-12-30T22:00:00Z",
        );
    }

    #[test]
    fn quiet_hours_that_end_in_the_gap_end_with_it() {
        let night = quiet("22:00", "02:30");
        let check = |zone: &str, at: &str, expected: &str| {
            let zone = Zone::parse(zone).unwrap();
            assert_eq!(night.next_allowed(utc(at), zone), utc(expected), "{zone}");
        };
        check(
            "Europe/Berlin",
            "2026-03-28T23:00:00Z",
            "2026-03-29T01:30:00Z",
        ); // 03:30
        check(
            "America/New_York",
            "2026-03-08T05:00:00Z",
            "2026-03-08T07:30:00Z",
        ); // 03:30
        check(
            "Australia/Lord_Howe",
            "2026-10-03T14:00:00Z",
            "2026-10-03T15:30:00Z",
        ); // 02:30
    }

    #[test]
    fn equal_ends_and_wrong_texts_are_refused() {
        let eight = TimeOfDay::parse("08:00").unwrap();
        assert_eq!(QuietHours::new(eight, eight), Err(QuietHoursError));
        for wrong in ["8:00", "24:00", "08:60", "08-00", "0800", "08:00:00"] {
            assert!(TimeOfDay::parse(wrong).is_err(), "{wrong}");
        }
        assert!(Zone::parse("Berlin").is_err());
        assert!(Zone::parse("").is_err());
    }

    proptest! {
        #[test]
        fn the_next_allowed_instant_is_never_quiet_and_never_earlier(
            seconds in 1_700_000_000i64..1_900_000_000,
            from in 0u32..1440, length in 1u32..1439,
            zone in prop::sample::select(vec!["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "UTC", "Asia/Kathmandu"]),
        ) {
            let time = |m: u32| TimeOfDay(NaiveTime::from_hms_opt((m / 60) % 24, m % 60, 0).unwrap());
            let hours = QuietHours::new(time(from), time((from + length) % 1440)).unwrap();
            let zone = Zone::parse(zone).unwrap();
            let at = DateTime::from_timestamp(seconds, 0).unwrap();
            let next = hours.next_allowed(at, zone);
            prop_assert!(next >= at);
            prop_assert!(!hours.contains(next, zone));
            prop_assert!(hours.last_allowed_before(at, zone) <= at);
        }
    }
}
