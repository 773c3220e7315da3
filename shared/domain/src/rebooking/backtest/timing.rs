//! When a reminder would have come, seen from the customer's own next visit.
//!
//! Used on the past before switch-on and, with the days on which reminders really left, after it.

/// A reminder is in time when the customer's own visit follows within so many days: late enough
/// to be welcome, early enough to book.
pub const IN_TIME_DAYS: i64 = 14;

/// What one reminder was worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It would have come too late: the customer was there before, and nothing is sent.
    CameFirst,
    /// The own visit followed within two weeks.
    InTime,
    /// The own visit followed later.
    TooEarly,
    /// No visit followed: somebody to win back.
    NeverCame,
}

/// Judges a reminder by the days from the last visit to it and to the next one, if one came.
#[must_use]
pub fn outcome(reminder_day: i64, next_visit: Option<u32>) -> Outcome {
    match next_visit.map(i64::from) {
        None => Outcome::NeverCame,
        Some(next) if next <= reminder_day => Outcome::CameFirst,
        Some(next) if next - reminder_day <= IN_TIME_DAYS => Outcome::InTime,
        Some(_) => Outcome::TooEarly,
    }
}

/// What all reminders of one choice would have been worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimingFigures {
    /// Visits after which a reminder could have been due.
    pub cycles: u64,
    /// Messages that would have left: all but those to customers who came first.
    pub sent: u64,
    /// Sent in time.
    pub in_time: u64,
    /// Sent too early.
    pub too_early: u64,
    /// Sent to customers who did not come back.
    pub never_came: u64,
    /// Too late, and therefore not sent.
    pub came_first: u64,
    /// Days from the message to the own visit, the median.
    pub median_lead_days: u32,
}

impl TimingFigures {
    /// Of reminders by the days from the last visit to them and to the next one, if one came:
    /// after switch-on those that really were due.
    #[must_use]
    pub fn of(reminders: impl IntoIterator<Item = (i64, Option<u32>)>) -> Self {
        let mut collector = Collector::default();
        for (reminder_day, next_visit) in reminders {
            collector.add(reminder_day, next_visit);
        }
        collector.finish()
    }
}

/// Counts outcomes.
#[derive(Clone, Debug, Default)]
pub(super) struct Collector {
    figures: TimingFigures,
    /// How many came so many days after the message.
    leads: Vec<u64>,
}

impl Collector {
    pub(super) fn add(&mut self, reminder_day: i64, next_visit: Option<u32>) {
        let figures = &mut self.figures;
        figures.cycles += 1;
        let outcome = outcome(reminder_day, next_visit);
        match outcome {
            Outcome::CameFirst => figures.came_first += 1,
            Outcome::InTime => figures.in_time += 1,
            Outcome::TooEarly => figures.too_early += 1,
            Outcome::NeverCame => figures.never_came += 1,
        }
        if outcome == Outcome::CameFirst {
            return;
        }
        figures.sent += 1;
        let lead = next_visit.and_then(|next| usize::try_from(i64::from(next) - reminder_day).ok());
        if let Some(lead) = lead {
            if self.leads.len() <= lead {
                self.leads.resize(lead + 1, 0);
            }
            self.leads[lead] += 1;
        }
    }

    pub(super) fn finish(mut self) -> TimingFigures {
        let half = self.leads.iter().sum::<u64>().div_ceil(2);
        let mut so_far = 0;
        let median = self.leads.iter().position(|count| {
            so_far += count;
            so_far >= half.max(1)
        });
        self.figures.median_lead_days = median
            .and_then(|days| u32::try_from(days).ok())
            .unwrap_or(0);
        self.figures
    }
}
