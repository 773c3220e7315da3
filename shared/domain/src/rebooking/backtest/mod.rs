//! What the prediction would have been worth on a shop's own past (NX-05).
//!
//! Every completed visit inside a window is an origin: what comes after it is hidden, the next
//! visit is predicted, and the truth is looked up. What is learned from the other customers (the
//! patterns of the categories, how far off the simple rules usually are) comes from before the
//! month's first day only. Customers who did not come back within the follow-up count as such.

mod figures;
mod known;
mod plot;
mod table;
mod timing;

use chrono::{Days, Months, NaiveDate};

use super::category::Category;
use super::due::DayChoice;
use super::formula;
use super::predict::{Settings, gaps_newest_first};
use crate::rebooking::category::median;
use crate::rebooking::formula::{GAPS, OWN_PATTERN_VISITS};
use figures::Sums;
use known::Known;

pub use figures::{Change, Figures, Verdict, WITHIN_DAYS};
pub use plot::{svg, terminal};
pub use table::table;
pub use timing::{IN_TIME_DAYS, Outcome, TimingFigures, outcome};

/// A shop's past.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shop {
    /// The categories; visits name them by their place here.
    pub categories: Vec<KnownCategory>,
    /// The customers.
    pub customers: Vec<Customer>,
}

/// One customer's past.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Customer {
    /// The visits: in order, one a day.
    pub visits: Vec<Seen>,
    /// Further services on the days of visits, in order. They say how often their category is
    /// repeated, and nothing else.
    pub further: Vec<Seen>,
}

impl Shop {
    fn visits(&self) -> impl Iterator<Item = &Seen> {
        self.customers.iter().flat_map(|customer| &customer.visits)
    }
}

/// A category and what is assumed of it before anything is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownCategory {
    /// Its name.
    pub category: Category,
    /// Days from one visit to the next, by default.
    pub default_days: u32,
}

/// One visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// On which day.
    pub day: NaiveDate,
    /// The category of its primary service, by its place in the shop's list.
    pub category: u16,
}

/// Which visits are tested, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The first day of the window.
    pub from: NaiveDate,
    /// The last day of the window.
    pub to: NaiveDate,
    /// Who has not come back after so many days counts as not coming back.
    pub follow_up_days: u32,
    /// The settings under test.
    pub settings: Settings,
    /// The seed of the intervals.
    pub seed: u64,
}

impl Plan {
    /// A window that leaves enough past to learn from and enough future to look into: a
    /// follow-up of a year, of half a year when there are less than three years in all, of a
    /// quarter of the time when there is less than one; the first eighteen months, or half of
    /// the time, are for learning. `None` when nobody ever came.
    #[must_use]
    pub fn sensible(shop: &Shop, settings: Settings, seed: u64) -> Option<Self> {
        let days = || shop.visits().map(|seen| seen.day);
        let (first, last) = (days().min()?, days().max()?);
        let span = u64::try_from((last - first).num_days()).ok()?;
        let follow_up = match span {
            1095.. => 365,
            365.. => 180,
            _ => (span / 4).max(1),
        };
        let learn = (span / 2).min(548);
        Some(Self {
            from: nearest_month(first + Days::new(learn)),
            to: last - Days::new(follow_up),
            follow_up_days: u32::try_from(follow_up).ok()?,
            settings,
            seed,
        })
    }

    /// The first day of the window and of each month in it: the days on which is learned.
    fn origins(&self) -> Vec<NaiveDate> {
        let mut origins = vec![self.from];
        let mut next = first_of_month(self.from).checked_add_months(Months::new(1));
        while let Some(origin) = next.filter(|origin| *origin <= self.to) {
            origins.push(origin);
            next = origin.checked_add_months(Months::new(1));
        }
        origins
    }
}

fn first_of_month(day: NaiveDate) -> NaiveDate {
    use chrono::Datelike;
    day.with_day(1).unwrap_or(day)
}

fn nearest_month(day: NaiveDate) -> NaiveDate {
    let this = first_of_month(day);
    match this.checked_add_months(Months::new(1)) {
        Some(next) if next - day < day - this => next,
        _ => this,
    }
}

/// A way to predict the next gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The mean of the last 24 gaps.
    MeanGap,
    /// The last gap.
    LastGap,
    /// The median of the last 24 gaps.
    MedianGap,
    /// The formula.
    Formula,
}

impl Method {
    /// All of them, the formula last.
    pub const ALL: [Self; 4] = [Self::MeanGap, Self::LastGap, Self::MedianGap, Self::Formula];

    /// What it is called in tables.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::MeanGap => "mean gap",
            Self::LastGap => "last gap",
            Self::MedianGap => "median gap",
            Self::Formula => "the formula",
        }
    }
}

/// The simple methods, in the order of [`Method::ALL`]. Needs a gap.
fn simple(days: &[NaiveDate]) -> Option<[f64; 3]> {
    let mut gaps: Vec<f64> = gaps_newest_first(days).take(GAPS).map(f64::from).collect();
    let last = *gaps.first()?;
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    Some([mean, last, median(&mut gaps)?])
}

/// How good the expected day was for customers of so many visits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ByVisits {
    /// From so many visits.
    pub from: usize,
    /// To so many; `None` for all above.
    pub to: Option<usize>,
    /// The mean gap; of customers with one visit there is none.
    pub mean_gap: Option<Figures>,
    /// The formula.
    pub formula: Figures,
}

/// Whether "overdue" means what it says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calibration {
    /// Cycles of customers with three visits or more.
    pub cycles: u64,
    /// Those who came back within the follow-up.
    pub returned: u64,
    /// Those of them who had come before they were overdue.
    pub before_at_risk: u64,
}

/// What came out.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// What was tested.
    pub plan: Plan,
    /// Customers of the shop.
    pub customers: u64,
    /// Their visits.
    pub visits: u64,
    /// Customers with at least one tested prediction.
    pub tested_customers: u64,
    /// The next visit of customers with three visits or more, for each method.
    pub figures: Vec<(Method, Figures)>,
    /// The formula against each of the others.
    pub changes: Vec<Change>,
    /// By how much was known of the customer.
    pub by_visits: Vec<ByVisits>,
    /// When the reminders would have come, for each choice of the owner's.
    pub timing: Vec<(DayChoice, TimingFigures)>,
    /// How the at-risk day did.
    pub calibration: Calibration,
}

/// Where customers are split by the number of their visits.
const GROUPS: [(usize, Option<usize>); 4] = [(1, Some(2)), (3, Some(5)), (6, Some(11)), (12, None)];

/// Plays the past.
#[must_use]
pub fn run(shop: &Shop, plan: &Plan) -> Report {
    let known = Known::at_each(&plan.origins(), shop);
    let mut figures = [(); 4].map(|()| figures::Collector::default());
    let mut groups = GROUPS.map(|_| (figures::Collector::default(), figures::Collector::default()));
    let mut timing = DayChoice::ALL.map(|choice| (choice, timing::Collector::default()));
    let mut calibration = Calibration::default();
    let mut sums = Vec::new();
    for Customer { visits, .. } in &shop.customers {
        let days: Vec<NaiveDate> = visits.iter().map(|seen| seen.day).collect();
        let mut own = Sums::default();
        for (at, seen) in visits.iter().enumerate() {
            if seen.day < plan.from || seen.day > plan.to {
                continue;
            }
            let past = &days[..=at];
            let next = days.get(at + 1).map(|next| gap(seen.day, *next));
            let next = next.filter(|gap| *gap <= plan.follow_up_days);
            let known = known.at(seen.day);
            let category_days = known.category_days[usize::from(seen.category)];
            let rhythm = formula::rhythm(
                gaps_newest_first(past),
                category_days,
                plan.settings.prior_spread(),
            );
            for (choice, collector) in &mut timing {
                let day = match choice {
                    DayChoice::OneDayAfter => 1,
                    DayChoice::TwoDaysAfter => 2,
                    DayChoice::ThreeDaysAfter => 3,
                    DayChoice::Predicted => rhythm.reminder_day(),
                };
                collector.add(day, next);
            }
            let simple = simple(past);
            let regular = past.len() >= OWN_PATTERN_VISITS;
            if regular {
                calibration.cycles += 1;
                calibration.returned += u64::from(next.is_some());
                let in_time = next.is_some_and(|gap| i64::from(gap) <= rhythm.at_risk_day);
                calibration.before_at_risk += u64::from(in_time);
            }
            let Some(actual) = next else { continue };
            let at_80 = (rhythm.at_risk_day as f64).ln();
            let group = GROUPS
                .iter()
                .position(|(_, to)| to.is_none_or(|to| past.len() <= to))
                .unwrap_or(GROUPS.len() - 1);
            groups[group].1.add(rhythm.typical_days, at_80, actual);
            if let Some([mean, ..]) = simple {
                groups[group]
                    .0
                    .add(mean, mean.ln() + known.offsets[0], actual);
            }
            if let Some(simple) = simple.filter(|_| regular) {
                for (method, predicted) in simple.into_iter().enumerate() {
                    let at_80 = predicted.ln() + known.offsets[method];
                    figures[method].add(predicted, at_80, actual);
                    own.add(method, predicted, actual);
                }
                figures[3].add(rhythm.typical_days, at_80, actual);
                own.add(3, rhythm.typical_days, actual);
            }
        }
        if own.count > 0 {
            sums.push(own);
        }
    }
    let [mean_gap, last_gap, median_gap, formula] = figures.map(figures::Collector::finish);
    Report {
        plan: *plan,
        customers: shop.customers.len() as u64,
        visits: shop.visits().count() as u64,
        tested_customers: sums.len() as u64,
        changes: figures::changes(&sums, plan.seed),
        figures: Method::ALL
            .into_iter()
            .zip([mean_gap, last_gap, median_gap, formula])
            .collect(),
        by_visits: GROUPS
            .into_iter()
            .zip(groups)
            .map(|((from, to), (mean_gap, formula))| ByVisits {
                from,
                to,
                mean_gap: (from > 1).then(|| mean_gap.finish()),
                formula: formula.finish(),
            })
            .collect(),
        timing: timing
            .into_iter()
            .map(|(choice, collector)| (choice, collector.finish()))
            .collect(),
        calibration,
    }
}

fn gap(from: NaiveDate, to: NaiveDate) -> u32 {
    u32::try_from((to - from).num_days()).unwrap_or(0)
}

#[cfg(test)]
mod tests;
