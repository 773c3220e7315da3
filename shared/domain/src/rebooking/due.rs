//! The moment of the reminder in the business zone, or why there is none.
//!
//! Asked when a visit is completed, when anything about the customer's appointments changes, and
//! again immediately before the send: the same function with fresh facts (PH-08).

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::predict::Prediction;
use crate::field::{FieldError, FieldErrors};
use crate::local_time::{TimeOfDay, Zone};
use crate::settings::Locale;

/// The slot that begins at the chosen time of day stays open so long, or until midnight: room
/// for a queue, a retry, the morning rush. Later than that it is the next day's slot.
pub const SLOT: TimeDelta = TimeDelta::hours(3);

/// Which day. No other is offered or accepted (PH-07).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayChoice {
    /// The day after the visit.
    OneDayAfter,
    /// Two days after it.
    TwoDaysAfter,
    /// Three days after it.
    ThreeDaysAfter,
    /// Five days before this customer is overdue: recommended, and preselected (PH-09).
    #[default]
    Predicted,
}

impl DayChoice {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 4] = [
        Self::OneDayAfter,
        Self::TwoDaysAfter,
        Self::ThreeDaysAfter,
        Self::Predicted,
    ];

    /// The day for this customer; `None` where the calendar ends.
    #[must_use]
    pub fn day(self, prediction: &Prediction) -> Option<NaiveDate> {
        let after = |days| prediction.last_visit.checked_add_days(Days::new(days));
        match self {
            Self::OneDayAfter => after(1),
            Self::TwoDaysAfter => after(2),
            Self::ThreeDaysAfter => after(3),
            Self::Predicted => Some(prediction.reminder),
        }
    }
}

/// What the owner chose: the time of day always applies (PH-14).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Timing {
    /// The day.
    pub day: DayChoice,
    /// The time of day, on the wall clock of the business.
    pub at: TimeOfDay,
}

/// How late is too late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Limits {
    /// A reminder may leave so many days after its day (PH-14).
    pub late_days: u32,
    /// So many where its day was before the rule was switched on or the visit imported: nobody
    /// wants a bulk mailing of the past.
    pub go_live_days: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            late_days: 7,
            go_live_days: 3,
        }
    }
}

impl Limits {
    /// Most days late that can be allowed: later, the next visit is due.
    pub const MOST_DAYS: u32 = 60;

    /// What is outside its limits.
    pub fn check(&self) -> Result<(), Vec<FieldError>> {
        let mut errors = FieldErrors::default();
        for (field, days) in [
            ("late_days", self.late_days),
            ("go_live_days", self.go_live_days),
        ] {
            if days > Self::MOST_DAYS {
                errors.push(FieldError::new(
                    field,
                    "out_of_range",
                    format!("is {days}, and must be 0 to {}", Self::MOST_DAYS),
                    "Leave late_days at 7 and go_live_days at 3.",
                ));
            }
        }
        errors.finish()
    }
}

/// Whether the customer may be sent marketing, which a rebooking prompt is (PH-15): the answer
/// of [`consent::may_send`](crate::consent::may_send), or of what a channel knows of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Marketing {
    /// Consent is there and was not withdrawn.
    Allowed,
    /// No consent, an opt-out, a STOP.
    NotAllowed,
}

/// Everything else that is known at the moment of deciding.
#[derive(Clone, Copy, Debug)]
pub struct Situation {
    /// The clock.
    pub now: DateTime<Utc>,
    /// The business zone.
    pub zone: Zone,
    /// The last completed visit of the customer, now.
    pub last_visit: NaiveDate,
    /// The next appointment in the book.
    pub next_booking: Option<DateTime<Utc>>,
    /// The latest visit for which a reminder was sent.
    pub reminded_for: Option<NaiveDate>,
    /// Consent.
    pub marketing: Marketing,
    /// Since when both the rule is on and the visit known here.
    pub live_since: DateTime<Utc>,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum Decision {
    /// The reminder leaves at this moment: now, or in the future.
    Send {
        /// When.
        at: DateTime<Utc>,
        /// How many days after the day it was meant for.
        late_days: u32,
    },
    /// The visit is not over: ask again when it is.
    Hold {
        /// When it may be decided.
        until: DateTime<Utc>,
    },
    /// Nothing is sent for this visit.
    Skip(Skip),
}

/// Why nothing is sent for this visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Skip {
    /// This visit has had its reminder.
    AlreadyReminded,
    /// The customer was there again; the reminder is planned from that visit.
    LaterVisit {
        /// When.
        on: NaiveDate,
    },
    /// The customer has booked again.
    FutureAppointment {
        /// When it starts.
        at: DateTime<Utc>,
    },
    /// There is no consent to marketing.
    NoConsent,
    /// Its day is too long past.
    TooLate {
        /// By how many days it would be late.
        late_days: u32,
        /// How many are allowed.
        limit_days: u32,
    },
    /// Its day was before the rule was on or the visit known, by more than the window.
    BeforeGoLive {
        /// By how many days it would be late.
        late_days: u32,
        /// How many are allowed.
        limit_days: u32,
    },
}

/// Decides for the visit from which `prediction` was made. The first reason that holds is named.
#[must_use]
pub fn decide(
    prediction: &Prediction,
    timing: &Timing,
    limits: &Limits,
    situation: &Situation,
) -> Decision {
    let Situation { now, zone, .. } = *situation;
    let visit = prediction.last_visit;
    let today = zone.local(now).date();
    if visit > today {
        let until = zone.instant(visit.and_time(chrono::NaiveTime::MIN));
        return Decision::Hold { until };
    }
    if situation.reminded_for.is_some_and(|day| day >= visit) {
        return Decision::Skip(Skip::AlreadyReminded);
    }
    if situation.last_visit > visit {
        let on = situation.last_visit;
        return Decision::Skip(Skip::LaterVisit { on });
    }
    if let Some(at) = situation.next_booking.filter(|at| *at > now) {
        return Decision::Skip(Skip::FutureAppointment { at });
    }
    if situation.marketing == Marketing::NotAllowed {
        return Decision::Skip(Skip::NoConsent);
    }
    let slot = timing.day.day(prediction).map(|day| {
        let (at, slot_day) = next_slot(day, timing.at, zone, now);
        (
            at,
            u32::try_from((slot_day - day).num_days()).unwrap_or(0),
            day,
        )
    });
    // No slot: the calendar ends before it, which is as good as never.
    let Some((at, late_days, day)) = slot else {
        return Decision::Skip(Skip::TooLate {
            late_days: 0,
            limit_days: limits.late_days,
        });
    };
    if zone.instant(timing.at.on(day)) < situation.live_since && late_days > limits.go_live_days {
        return Decision::Skip(Skip::BeforeGoLive {
            late_days,
            limit_days: limits.go_live_days,
        });
    }
    if late_days > limits.late_days {
        return Decision::Skip(Skip::TooLate {
            late_days,
            limit_days: limits.late_days,
        });
    }
    Decision::Send { at, late_days }
}

/// The first slot on this day or later that is not over: its moment, not before now, and its day.
fn next_slot(
    day: NaiveDate,
    time: TimeOfDay,
    zone: Zone,
    now: DateTime<Utc>,
) -> (DateTime<Utc>, NaiveDate) {
    let today = zone.local(now).date();
    let opens = |day| zone.instant(time.on(day));
    if day > today {
        return (opens(day), day);
    }
    let at = opens(today);
    if now < at + SLOT {
        (at.max(now), today)
    } else {
        let tomorrow = today.succ_opt().unwrap_or(today);
        (opens(tomorrow), tomorrow)
    }
}

impl Skip {
    /// The reason in plain language, with times on the wall clock of the business.
    #[must_use]
    pub fn explain(&self, locale: Locale, zone: Zone) -> String {
        let (de, en) = match self {
            Self::AlreadyReminded => (
                "Für diesen Besuch ging schon eine Erinnerung hinaus.".to_owned(),
                "This visit has had its reminder.".to_owned(),
            ),
            Self::LaterVisit { on } => (
                format!("Der Kunde war inzwischen wieder da ({on})."),
                format!("The customer has been there again ({on})."),
            ),
            Self::FutureAppointment { at } => (
                format!("Der nächste Termin steht schon fest: {}.", zone.show(*at)),
                format!("The next appointment is booked: {}.", zone.show(*at)),
            ),
            Self::NoConsent => (
                "Es liegt keine Einwilligung in Werbung vor.".to_owned(),
                "There is no consent to marketing.".to_owned(),
            ),
            Self::TooLate {
                late_days,
                limit_days,
            } => (
                format!("Die Erinnerung käme {late_days} Tage zu spät; erlaubt sind {limit_days}."),
                format!("The reminder would be {late_days} days late; {limit_days} are allowed."),
            ),
            Self::BeforeGoLive {
                late_days,
                limit_days,
            } => (
                format!(
                    "Ihr Tag lag {late_days} Tage vor dem Einschalten oder dem Import; nachgeholt wird bis zu {limit_days} Tage."
                ),
                format!(
                    "Its day was {late_days} days before switch-on or import; up to {limit_days} days are made up for."
                ),
            ),
        };
        match locale {
            Locale::De => de,
            Locale::En => en,
        }
    }
}

#[cfg(test)]
mod tests;
