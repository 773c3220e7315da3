//! Values of variables, and how each is written in a language.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{Datelike, NaiveDate, NaiveTime, Timelike};
use domain::settings::Locale;
use serde::{Deserialize, Serialize};

use crate::link::Link;

/// What a variable stands for in one mail.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum Value {
    /// Words on one line.
    Text(String),
    /// Words that may go over several lines.
    Lines(String),
    /// A civil date, already in the business's zone.
    Date(NaiveDate),
    /// A time of day, already in the business's zone.
    Time(NaiveTime),
    /// An amount.
    Money(Money),
    /// How many.
    Count(u32),
    /// Where to go.
    Link(Link),
}

/// The type of a variable's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueType {
    /// See [`Value::Text`].
    Text,
    /// See [`Value::Lines`].
    Lines,
    /// See [`Value::Date`].
    Date,
    /// See [`Value::Time`].
    Time,
    /// See [`Value::Money`].
    Money,
    /// See [`Value::Count`].
    Count,
    /// See [`Value::Link`].
    Link,
}

impl Value {
    /// Its type.
    #[must_use]
    pub fn value_type(&self) -> ValueType {
        match self {
            Self::Text(_) => ValueType::Text,
            Self::Lines(_) => ValueType::Lines,
            Self::Date(_) => ValueType::Date,
            Self::Time(_) => ValueType::Time,
            Self::Money(_) => ValueType::Money,
            Self::Count(_) => ValueType::Count,
            Self::Link(_) => ValueType::Link,
        }
    }

    /// As it is written in a language. Only lines keep their line breaks.
    #[must_use]
    pub fn show(&self, locale: Locale) -> String {
        match self {
            Self::Text(text) => one_line(text),
            Self::Lines(text) => lines(text),
            Self::Date(date) => show_date(*date, locale),
            Self::Time(time) => show_time(*time, locale),
            Self::Money(money) => money.show(locale),
            Self::Count(count) => count.to_string(),
            Self::Link(link) => link.as_str().to_owned(),
        }
    }
}

/// Says the type, not the value: most values are about a person.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Value::{:?}(…)", self.value_type())
    }
}

/// Values by the variables' names.
pub type Values = BTreeMap<String, Value>;

/// An amount in the smallest unit of a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// Cents, for example.
    pub minor: i64,
    /// Three letters of ISO 4217.
    pub currency: Currency,
}

/// A currency by its three letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// The letters of a currency are not three capitals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a currency is three capital letters, such as EUR")]
pub struct CurrencyError;

impl Currency {
    /// The currency of the euro area.
    pub const EUR: Self = Self(*b"EUR");

    /// The only way in.
    pub fn parse(text: &str) -> Result<Self, CurrencyError> {
        let letters: [u8; 3] = text.as_bytes().try_into().map_err(|_| CurrencyError)?;
        if letters.iter().all(u8::is_ascii_uppercase) {
            Ok(Self(letters))
        } else {
            Err(CurrencyError)
        }
    }

    /// The letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).expect("three ASCII letters")
    }

    /// How many digits stand behind the decimal sign, by ISO 4217.
    fn digits(self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG"
            | b"RWF" | b"UGX" | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            _ => 2,
        }
    }

    fn symbol(self) -> Option<&'static str> {
        match &self.0 {
            b"EUR" => Some("€"),
            b"GBP" => Some("£"),
            b"USD" => Some("$"),
            _ => None,
        }
    }
}

impl TryFrom<String> for Currency {
    type Error = CurrencyError;

    fn try_from(text: String) -> Result<Self, CurrencyError> {
        Self::parse(&text)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.as_str().to_owned()
    }
}

impl Money {
    /// As it is written in a language: `1.250,00 €`, `€1,250.00`.
    #[must_use]
    pub fn show(&self, locale: Locale) -> String {
        let (thousands, decimal) = match locale {
            Locale::De => ('.', ','),
            Locale::En => (',', '.'),
        };
        let digits = self.currency.digits();
        let unit = 10_u64.pow(digits);
        let amount = self.minor.unsigned_abs();
        let mut number = grouped(amount / unit, thousands);
        if digits > 0 {
            let width = digits as usize;
            number.push_str(&format!("{decimal}{:0width$}", amount % unit));
        }
        let sign = if self.minor < 0 { "-" } else { "" };
        match (locale, self.currency.symbol()) {
            (Locale::En, Some(symbol)) => format!("{sign}{symbol}{number}"),
            (Locale::De, Some(symbol)) => format!("{sign}{number} {symbol}"),
            (_, None) => format!("{sign}{number} {}", self.currency.as_str()),
        }
    }
}

fn grouped(number: u64, sign: char) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(sign);
        }
        out.push(digit);
    }
    out
}

const DAYS_DE: [&str; 7] = [
    "Montag",
    "Dienstag",
    "Mittwoch",
    "Donnerstag",
    "Freitag",
    "Samstag",
    "Sonntag",
];
const DAYS_EN: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];
const MONTHS_DE: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];
const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn show_date(date: NaiveDate, locale: Locale) -> String {
    let weekday = date.weekday().num_days_from_monday() as usize;
    let month = date.month0() as usize;
    let (day, year) = (date.day(), date.year());
    match locale {
        Locale::De => format!("{}, {day}. {} {year}", DAYS_DE[weekday], MONTHS_DE[month]),
        Locale::En => format!("{}, {day} {} {year}", DAYS_EN[weekday], MONTHS_EN[month]),
    }
}

fn show_time(time: NaiveTime, locale: Locale) -> String {
    let (hour, minute) = (time.hour(), time.minute());
    match locale {
        Locale::De => format!("{hour:02}:{minute:02} Uhr"),
        Locale::En => {
            let half = if hour < 12 { "am" } else { "pm" };
            let hour = (hour + 11) % 12 + 1;
            format!("{hour}:{minute:02} {half}")
        }
    }
}

/// One line, also when the value brought several.
fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// Line breaks as `\n`, and no other control character.
fn lines(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let kept = text.chars().filter(|c| !c.is_control() || *c == '\n');
    kept.collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_are_written_as_people_write_them() {
        let date = Value::Date(NaiveDate::from_ymd_opt(2026, 3, 1).unwrap());
        assert_eq!(date.show(Locale::De), "Sonntag, 1. März 2026");
        assert_eq!(date.show(Locale::En), "Sunday, 1 March 2026");
        let time = |hour, minute, locale| {
            Value::Time(NaiveTime::from_hms_opt(hour, minute, 0).unwrap()).show(locale)
        };
        assert_eq!(time(9, 5, Locale::De), "09:05 Uhr");
        assert_eq!(time(0, 0, Locale::En), "12:00 am");
        assert_eq!(time(12, 30, Locale::En), "12:30 pm");
        assert_eq!(time(23, 59, Locale::En), "11:59 pm");
    }

    #[test]
    fn amounts_are_written_as_people_write_them() {
        let show = |minor, currency, locale| {
            let currency = Currency::parse(currency).unwrap();
            Money { minor, currency }.show(locale)
        };
        assert_eq!(show(123_456_700, "EUR", Locale::De), "1.234.567,00 €");
        assert_eq!(show(2_505, "EUR", Locale::En), "€25.05");
        assert_eq!(show(-50, "USD", Locale::En), "-$0.50");
        assert_eq!(show(1_200, "CHF", Locale::De), "12,00 CHF");
        assert_eq!(show(1_200, "JPY", Locale::En), "1,200 JPY");
        assert_eq!(
            show(i64::MIN, "KWD", Locale::En),
            "-9,223,372,036,854,775.808 KWD"
        );
        for wrong in ["eur", "EU", "EURO", "€UR"] {
            assert!(Currency::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_lines_bring_line_breaks() {
        let text = "Anna\r\n Bcc: x@y.z\u{0}";
        assert_eq!(
            Value::Text(text.to_owned()).show(Locale::De),
            "Anna Bcc: x@y.z"
        );
        assert_eq!(
            Value::Lines("a\r\nb\rc\u{7}\n".to_owned()).show(Locale::De),
            "a\nb\nc"
        );
        let shown = format!("{:?}", Value::Text("Anna".to_owned()));
        assert_eq!(shown, "Value::Text(…)");
    }
}
