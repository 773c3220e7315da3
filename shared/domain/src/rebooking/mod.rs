//! Rebooking: who has not come back, and on which day to remind them.
//!
//! From appointments to [`visit`]s, from visits to a [`Prediction`], from the prediction to the
//! moment [`due`] in the business zone, or to the reason why nothing is sent. [`backtest`] plays
//! the same functions on a shop's past, [`holdout`] judges what happened after switch-on,
//! [`import`] reads the fields of other people's tables.
//!
//! Days are calendar days in the business zone (`NaiveDate`), lengths of time between visits are
//! whole days. Only [`formula`] and the statistics compute with floating point.

pub mod backtest;
pub mod category;
pub mod due;
pub mod formula;
pub mod habit;
pub mod holdout;
pub mod import;
pub mod interval;
pub mod predict;
pub mod record;
pub mod visit;
mod words;

pub use category::{
    Category, CategoryPattern, CategoryRhythm, PATTERN_DAYS_MAX, Patterns, Source as PatternSource,
};
pub use due::{DayChoice, Decision, Limits, Situation, Skip, Timing, decide};
pub use habit::{Habit, Reminded};
pub use predict::{Basis, History, Prediction, Settings, predict};
pub use record::Record;
pub use visit::{Appointment, Service, Status, Visit, next_booking, visits};
