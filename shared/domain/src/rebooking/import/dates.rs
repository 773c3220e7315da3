//! What a date means, as programs and people write it.

use chrono::{DateTime, Datelike, NaiveDate};

use crate::local_time::Zone;

/// Years before this one and after the other are slips, not visits.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=2199;

/// How dates with slashes are meant: `04/05/2026` is the fourth of May or the fifth of April.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlashOrder {
    /// `dd/mm/yyyy`.
    DayFirst,
    /// `mm/dd/yyyy`.
    MonthFirst,
}

/// The text is no date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// Nothing there.
    #[error("the date is empty")]
    Empty,
    /// Slashes, and nobody said how they are meant.
    #[error("day or month first? say which")]
    Ambiguous,
    /// Not on the calendar, or a form we do not know.
    #[error("is no date; write it like 2026-06-01 or 01.06.2026")]
    Unreadable,
    /// A year in which nobody was there.
    #[error("has a year outside {} to {}", YEARS.start(), YEARS.end())]
    Year,
}

/// The day in the business zone.
///
/// Reads `2026-06-01`, `2026/06/01`, `20260601`, `01.06.2026`,
/// `1.6.26`, dates with slashes under `order`, each also with a time; a time with an offset is
/// an instant, and its day is that of the zone.
pub fn parse_day(
    text: &str,
    order: Option<SlashOrder>,
    zone: Zone,
) -> Result<NaiveDate, DateError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(DateError::Empty);
    }
    let (date, time) = match text.find(['T', ' ']) {
        Some(at) => (&text[..at], text[at + 1..].trim()),
        None => (text, ""),
    };
    let day = civil(date, order)?;
    if !YEARS.contains(&day.year()) {
        return Err(DateError::Year);
    }
    if time.is_empty() {
        return Ok(day);
    }
    if !time.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(DateError::Unreadable);
    }
    if !time.ends_with(['Z', 'z']) && !time.contains(['+', '-']) {
        return Ok(day);
    }
    let time = time.replace(['Z', 'z'], "+0000").replace(' ', "");
    let text = format!("{day}T{time}");
    ["%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%dT%H:%M%z"]
        .iter()
        .find_map(|format| DateTime::parse_from_str(&text, format).ok())
        .map(|at| zone.local(at.to_utc()).date())
        .ok_or(DateError::Unreadable)
}

fn civil(date: &str, order: Option<SlashOrder>) -> Result<NaiveDate, DateError> {
    let separator = date.chars().find(|c| !c.is_ascii_digit());
    let parts: Option<Vec<u32>> = match separator {
        None if date.len() == 8 => [&date[..4], &date[4..6], &date[6..]]
            .iter()
            .map(|part| part.parse().ok())
            .collect(),
        None => None,
        Some(separator) => date
            .split(separator)
            .map(|part| part.parse().ok().filter(|_| part.len() <= 4))
            .collect(),
    };
    let Some([first, second, third]) = parts.as_deref() else {
        return Err(DateError::Unreadable);
    };
    let year_first = date.starts_with(|c: char| c.is_ascii_digit())
        && separator.is_none_or(|separator| date.find(separator) == Some(4));
    let (year, month, day) = match (separator, year_first) {
        (None | Some('-' | '/' | '.'), true) => (first, second, third),
        (Some('.'), false) => (third, second, first),
        (Some('/' | '-'), false) => match order {
            Some(SlashOrder::DayFirst) => (third, second, first),
            Some(SlashOrder::MonthFirst) => (third, first, second),
            None if hint(*first, *second) == Some(SlashOrder::DayFirst) => (third, second, first),
            None if hint(*first, *second) == Some(SlashOrder::MonthFirst) => (third, first, second),
            None => return Err(DateError::Ambiguous),
        },
        _ => return Err(DateError::Unreadable),
    };
    let year = i32::try_from(*year).map_err(|_| DateError::Year)?;
    let year = if year < 100 { year + 2000 } else { year };
    NaiveDate::from_ymd_opt(year, *month, *day).ok_or(DateError::Unreadable)
}

fn hint(first: u32, second: u32) -> Option<SlashOrder> {
    match (first > 12, second > 12) {
        (true, false) => Some(SlashOrder::DayFirst),
        (false, true) => Some(SlashOrder::MonthFirst),
        _ => None,
    }
}

/// What one date with slashes tells about the others of its file, if it tells something.
#[must_use]
pub fn slash_hint(text: &str) -> Option<SlashOrder> {
    let date = text.trim().split(['T', ' ']).next()?;
    let mut parts = date.split(['/', '-']).map(|part| part.parse::<u32>().ok());
    let (first, second) = (parts.next()??, parts.next()??);
    hint(first, second).filter(|_| first < 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<String, DateError> {
        let zone = Zone::parse("Europe/Berlin").unwrap();
        parse_day(text, None, zone).map(|day| day.to_string())
    }

    #[test]
    fn dates_are_read_as_programs_and_people_write_them() {
        for text in [
            "2026-06-01",
            " 2026-06-01 ",
            "2026/06/01",
            "2026.06.01",
            "20260601",
            "01.06.2026",
            "1.6.2026",
            "1.6.26",
            "01.06.2026 09:30",
            "2026-06-01 23:30:00",
            "2026-06-01T23:30:00",
            "2026-05-31T22:30:00Z", // 00:30 in Berlin
            "2026-05-31 22:30:00.000+00:00",
            "2026-05-31T22:30Z",
            "2026-06-01T20:30:00+0200",
        ] {
            assert_eq!(parse(text).as_deref(), Ok("2026-06-01"), "{text}");
        }
        assert_eq!(parse("29.02.2024").as_deref(), Ok("2024-02-29"));
    }

    #[test]
    fn dates_with_slashes_are_not_guessed() {
        assert_eq!(parse("04/05/2026"), Err(DateError::Ambiguous));
        assert_eq!(parse("31/05/2026").as_deref(), Ok("2026-05-31"));
        assert_eq!(parse("05/31/2026").as_deref(), Ok("2026-05-31"));
        let with = |order| {
            parse_day("04/05/2026", Some(order), Zone::UTC)
                .unwrap()
                .to_string()
        };
        assert_eq!(with(SlashOrder::DayFirst), "2026-05-04");
        assert_eq!(with(SlashOrder::MonthFirst), "2026-04-05");
        assert_eq!(slash_hint("31/05/2026 10:00"), Some(SlashOrder::DayFirst));
        assert_eq!(slash_hint("05/31/2026"), Some(SlashOrder::MonthFirst));
        for nothing in ["04/05/2026", "2026-05-31", "31.05.2026", "", "x/y"] {
            assert_eq!(slash_hint(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "yesterday",
            "2026-13-01",
            "30.02.2026",
            "29.02.2026",
            "2026-06",
            "1.6",
            "45123",
            "2026-06-01 soon",
            "2026-06-01T25:00:00Z",
            "1.6.2026.1",
            "-1-1-1",
            "1.ü.2026",
            "ü",
        ] {
            assert_eq!(parse(text), Err(DateError::Unreadable), "{text}");
        }
        assert_eq!(parse(""), Err(DateError::Empty));
        assert_eq!(parse("01.01.1900"), Err(DateError::Year));
        assert_eq!(parse("9999-12-31"), Err(DateError::Year));
    }
}
