//! Rebooking on the business's own past, before it is switched on (NX-05).

use std::io::Cursor;
use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::State;
use chrono::{Days, NaiveDate};
use domain::field::FieldError;
use domain::rebooking::backtest::{
    Calibration, Change, Figures, Method, Plan, Report, TimingFigures, Verdict, run, svg, table,
};
use domain::rebooking::import::{
    BrokenRow, ColumnsError, Reading, Role, SlashOrder, Table, TableError, Tally, read,
};
use domain::rebooking::{DayChoice, Settings, Status};
use domain::settings::Settings as WorkspaceSettings;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::Editor;
use crate::http::{Csv, Problem, Query, Separator, WriteProblems, check_range, no_table};
use crate::schema;

/// Who has not come back after so many days counts as not coming back.
const FOLLOW_UP_MAX: u32 = 3660;
/// The intervals are the same at every call.
const SEED: u64 = 1;

/// How the table is to be read and what is to be tested.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct BacktestRebooking {
    /// The name of the column with the customer, where it is not a usual one.
    customer: Option<String>,
    /// The name of the column with the day or time.
    date: Option<String>,
    /// The name of the column with the category of the service.
    category: Option<String>,
    /// The name of the column with the status.
    status: Option<String>,
    /// The name of the column with the minutes.
    duration: Option<String>,
    /// The name of the column with the price.
    price: Option<String>,
    /// What separates the fields; the first line tells unless given.
    #[param(inline)]
    separator: Option<Separator>,
    /// What `04/05/2026` means; the dates tell unless given.
    #[param(inline)]
    dates: Option<Dates>,
    /// Words of the status column that mean a completed visit besides the usual ones, divided by
    /// commas.
    completed: Option<String>,
    /// Words of the status column that mean none, divided by commas.
    not_completed: Option<String>,
    /// The first day whose visits are tested; unless given, what leaves enough past to learn from.
    from: Option<NaiveDate>,
    /// The last day whose visits are tested; unless given, what leaves enough future to look into.
    to: Option<NaiveDate>,
    /// Who has not come back after so many days counts as not coming back.
    #[param(minimum = 1, maximum = 3660)]
    follow_up: Option<u32>,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Dates {
    Dmy,
    Mdy,
}

impl From<Dates> for SlashOrder {
    fn from(dates: Dates) -> Self {
        match dates {
            Dates::Dmy => Self::DayFirst,
            Dates::Mdy => Self::MonthFirst,
        }
    }
}

/// What the past says about the days to choose from.
#[derive(Serialize, ToSchema)]
pub(crate) struct Backtest {
    rows: Rows,
    /// Which column was taken for what.
    columns: Vec<ColumnOut>,
    /// The first twenty rows that could not be used.
    broken: Vec<BrokenOut>,
    /// Not all of it is UTF-8; what is not was read as Latin-1.
    not_utf8: bool,
    /// The first day whose visits were tested.
    from: NaiveDate,
    /// The last one.
    to: NaiveDate,
    /// Who has not come back after so many days counts as not coming back.
    follow_up_days: u32,
    /// Customers with at least one tested visit.
    tested_customers: u64,
    /// What the reminders of each day to choose from would have been worth.
    choices: Vec<ChoiceOut>,
    /// How far off the next visit was, by method; customers with three visits or more.
    methods: Vec<MethodOut>,
    /// The formula against each of the other methods.
    changes: Vec<ChangeOut>,
    calibration: CalibrationOut,
    /// The same as a table of plain text.
    table: String,
    /// A plot, as an SVG document.
    svg: String,
}

/// What became of the rows.
#[derive(Serialize, ToSchema)]
#[schema(as = BacktestRows)]
struct Rows {
    /// All of them.
    rows: u64,
    /// Those that could not be used.
    broken: u64,
    cancelled: u64,
    no_show: u64,
    /// Never completed.
    booked: u64,
    /// After today.
    future: u64,
    duplicates: u64,
    /// Further services on a day that is a visit already.
    same_day: u64,
    visits: u64,
    customers: u64,
}

#[derive(Serialize, ToSchema)]
#[schema(as = BacktestColumn)]
struct ColumnOut {
    /// `customer`, `date`, `category`, `status`, `duration` or `price`.
    role: String,
    name: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = BacktestBrokenRow)]
struct BrokenOut {
    /// From 1; the header is the first line.
    line: u64,
    problem: String,
}

/// What the reminders of one choice would have been worth.
#[derive(Serialize, ToSchema)]
#[schema(as = BacktestChoice)]
struct ChoiceOut {
    #[schema(value_type = schema::DayChoice)]
    day: DayChoice,
    /// Visits after which a reminder could have been due.
    visits: u64,
    /// Messages that would have left.
    sent: u64,
    /// The own visit followed within two weeks.
    in_time: u64,
    /// It followed later.
    too_early: u64,
    /// None followed.
    never_came: u64,
    /// Too late: the customer had been there before, and nothing would have been sent.
    came_first: u64,
    /// From the message to the own visit, in days.
    median_lead_days: u32,
}

/// How far off one method was.
#[derive(Serialize, ToSchema)]
#[schema(as = BacktestMethod)]
struct MethodOut {
    method: MethodName,
    /// Predictions of which the truth is known.
    predictions: u64,
    mean_error_days: f64,
    median_error_days: f64,
    /// Share of predictions at most a week off.
    within_7_days: f64,
    /// Mean absolute error of the logarithm: 0.35 is off by about a third.
    log_error: f64,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = BacktestMethodName)]
enum MethodName {
    MeanGap,
    LastGap,
    MedianGap,
    Formula,
}

/// The formula against another method; less than 0: the formula errs less.
#[derive(Serialize, ToSchema)]
#[schema(as = BacktestChange)]
struct ChangeOut {
    against: MethodName,
    days_percent: f64,
    /// Where that lies with 95 % certainty; `null`: too little data.
    days_range: Option<[f64; 2]>,
    log_percent: f64,
    /// Where that lies with 95 % certainty; `null`: too little data.
    log_range: Option<[f64; 2]>,
    /// What follows for the error in days.
    verdict: VerdictOut,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = BacktestVerdict)]
enum VerdictOut {
    TooLittleData,
    NotProven,
    Better,
    Worse,
}

/// Whether "overdue" means what it says; customers with three visits or more.
#[derive(Serialize, ToSchema)]
#[schema(as = BacktestCalibration)]
struct CalibrationOut {
    visits: u64,
    /// Those after which the customer came back within the follow-up.
    returned: u64,
    /// Those of them after which they came before they were overdue.
    before_at_risk: u64,
}

/// Play rebooking reminders on a visit history: how many would have come in time, too early or too
/// late on each of the days to choose from. Nothing of it is kept, and nothing is sent.
///
/// The body is a table with a header, as a booking program exports it: a row per visit or
/// appointment, at most 4 MiB. Columns are found by their usual names in English and German. Without a
/// column for the status every row is a completed visit. Rows that cannot be used are left out and
/// told of.
#[utoipa::path(
    post, path = "/v1/rebooking/backtest", tag = "appointments",
    security(("key" = ["editor"])), params(BacktestRebooking),
    request_body(content = String, content_type = "text/csv",
        example = "customer_id,date\n1,2026-01-05\n1,2026-02-09\n1,2026-03-16\n"),
    responses((status = 200, description = "What came out.", body = Backtest), WriteProblems)
)]
pub(crate) async fn backtest_rebooking(
    caller: Editor,
    State(app): State<Arc<App>>,
    Query(query): Query<BacktestRebooking>,
    Csv(body): Csv,
) -> Result<Json<Backtest>, Problem> {
    if let Some(days) = query.follow_up {
        let checked = check_range("follow_up", days.into(), 1..=FOLLOW_UP_MAX.into());
        checked.map_err(Problem::parameter)?;
    }
    let book = app.book(caller.workspace()).await?;
    let today = book.settings.zone.day(app.now());
    let reading = query.reading(&book.settings, today);
    // Seconds for a long history: other requests go on.
    let played = tokio::task::spawn_blocking(move || query.play(&body, &reading));
    played.await.map_err(Problem::internal)?.map(Json)
}

impl BacktestRebooking {
    fn reading(&self, settings: &WorkspaceSettings, today: NaiveDate) -> Reading {
        let named = [
            (Role::Customer, &self.customer),
            (Role::Date, &self.date),
            (Role::Category, &self.category),
            (Role::Status, &self.status),
            (Role::Duration, &self.duration),
            (Role::Price, &self.price),
        ];
        let words = |words: &Option<String>, means| {
            let words = words.as_deref().unwrap_or_default().split(',');
            let words = words.map(str::trim).filter(|word| !word.is_empty());
            words
                .map(|word| (word.to_owned(), means))
                .collect::<Vec<_>>()
        };
        let mut reading = Reading::new(settings.zone, today);
        reading.patterns = settings.patterns();
        reading.columns = named
            .into_iter()
            .filter_map(|(role, name)| Some((role, name.clone()?)))
            .collect();
        reading.separator = self.separator.map(Separator::byte);
        reading.dates = self.dates.map(SlashOrder::from);
        reading.words = words(&self.completed, Status::Completed);
        reading
            .words
            .extend(words(&self.not_completed, Status::Cancelled));
        reading
    }

    fn play(&self, body: &[u8], reading: &Reading) -> Result<Backtest, Problem> {
        let found = read(Cursor::new(body), reading)
            .map_err(|error| Problem::invalid(vec![unreadable(&error)]))?;
        let plan = Plan::sensible(&found.shop, Settings::default(), SEED);
        let plan = plan.ok_or_else(|| Problem::invalid(no_visits(&found)))?;
        let plan = self.changed(plan, &found).map_err(Problem::parameter)?;
        let report = run(&found.shop, &plan);
        Ok(Backtest::new(found, &report))
    }

    /// The plan with what was asked for; days without visits are no part of it.
    fn changed(&self, mut plan: Plan, found: &Table) -> Result<Plan, FieldError> {
        let customers = found.shop.customers.iter();
        let days = customers.flat_map(|customer| customer.visits.iter().map(|seen| seen.day));
        let first = days.clone().min().unwrap_or(plan.from);
        let last = days.max().unwrap_or(plan.to);
        if let Some(days) = self.follow_up {
            plan.follow_up_days = days;
            let to = last.checked_sub_days(Days::new(days.into()));
            plan.to = to.unwrap_or(first);
        }
        plan.from = self.from.unwrap_or(plan.from).clamp(first, last);
        plan.to = self.to.unwrap_or(plan.to).clamp(first, last);
        if plan.from > plan.to {
            let days = plan.follow_up_days;
            let field = match (self.from, self.to) {
                (None, None) => "follow_up",
                (Some(_), _) => "from",
                (None, Some(_)) => "to",
            };
            return Err(FieldError::new(
                field,
                "no_days",
                format!(
                    "the visits are from {first} to {last}; with a follow-up of {days} days none is \
                     left to test from {} to {}",
                    plan.from, plan.to
                ),
                "ask for fewer days of follow-up, or for other days",
            ));
        }
        Ok(plan)
    }
}

pub(super) fn unreadable(error: &TableError) -> FieldError {
    match error {
        TableError::Unreadable(error) => no_table(error, "send a header and a row per visit"),
        TableError::Columns(error) => {
            let role = match error {
                ColumnsError::Missing { role, .. } | ColumnsError::Unknown { role, .. } => role,
                ColumnsError::Twice { second, .. } => second,
            };
            let remedy = format!("name the right column with the query parameter `{role}`");
            FieldError::new(role.word(), "unknown_column", error.to_string(), remedy)
        }
    }
}

/// Nothing to test, and the first rows that say why.
fn no_visits(found: &Table) -> Vec<FieldError> {
    let Tally { rows, broken, .. } = found.tally;
    let nothing = FieldError::new(
        "",
        "no_visits",
        format!("{rows} rows, {broken} of them broken, and no completed visit before today"),
        "send the visits of the past; say with `completed` which words of the status mean one",
    );
    let broken = found.broken.iter().map(|row| {
        let field = format!("line {}", row.line);
        let remedy = "correct the row, or name the right columns";
        FieldError::new(&field, "broken_row", row.problem.clone(), remedy)
    });
    std::iter::once(nothing).chain(broken).collect()
}

impl Backtest {
    fn new(found: Table, report: &Report) -> Self {
        let named = Role::ALL.into_iter().filter_map(|role| {
            let name = found.header.get(found.columns.place(role)?)?.clone();
            let role = role.word().to_owned();
            Some(ColumnOut { role, name })
        });
        Self {
            columns: named.collect(),
            rows: Rows::from(found.tally),
            broken: found.broken.into_iter().map(BrokenOut::from).collect(),
            not_utf8: found.not_utf8,
            from: report.plan.from,
            to: report.plan.to,
            follow_up_days: report.plan.follow_up_days,
            tested_customers: report.tested_customers,
            choices: report.timing.iter().map(ChoiceOut::from).collect(),
            methods: report.figures.iter().map(MethodOut::from).collect(),
            changes: report.changes.iter().map(ChangeOut::from).collect(),
            calibration: CalibrationOut::from(report.calibration),
            table: table(report),
            svg: svg(report),
        }
    }
}

impl From<Tally> for Rows {
    fn from(tally: Tally) -> Self {
        let Tally {
            rows,
            broken,
            cancelled,
            no_show,
            booked,
            future,
            duplicates,
            same_day,
            visits,
            customers,
        } = tally;
        Self {
            rows,
            broken,
            cancelled,
            no_show,
            booked,
            future,
            duplicates,
            same_day,
            visits,
            customers,
        }
    }
}

impl From<BrokenRow> for BrokenOut {
    fn from(row: BrokenRow) -> Self {
        let BrokenRow { line, problem } = row;
        Self { line, problem }
    }
}

impl From<&(DayChoice, TimingFigures)> for ChoiceOut {
    fn from((choice, figures): &(DayChoice, TimingFigures)) -> Self {
        Self {
            day: *choice,
            visits: figures.cycles,
            sent: figures.sent,
            in_time: figures.in_time,
            too_early: figures.too_early,
            never_came: figures.never_came,
            came_first: figures.came_first,
            median_lead_days: figures.median_lead_days,
        }
    }
}

impl From<Method> for MethodName {
    fn from(method: Method) -> Self {
        match method {
            Method::MeanGap => Self::MeanGap,
            Method::LastGap => Self::LastGap,
            Method::MedianGap => Self::MedianGap,
            Method::Formula => Self::Formula,
        }
    }
}

impl From<&(Method, Figures)> for MethodOut {
    fn from((method, figures): &(Method, Figures)) -> Self {
        Self {
            method: (*method).into(),
            predictions: figures.count,
            mean_error_days: rounded(figures.mean_error_days),
            median_error_days: rounded(figures.median_error_days),
            within_7_days: rounded(figures.within_7_days),
            log_error: rounded(figures.log_error),
        }
    }
}

impl From<&Change> for ChangeOut {
    fn from(change: &Change) -> Self {
        let range = |low: f64, high: f64| [rounded(low), rounded(high)];
        Self {
            against: change.against.into(),
            days_percent: rounded(change.days_percent),
            days_range: change.days_range.map(|it| range(it.low, it.high)),
            log_percent: rounded(change.log_percent),
            log_range: change.log_range.map(|it| range(it.low, it.high)),
            verdict: match change.verdict {
                Verdict::TooLittleData => VerdictOut::TooLittleData,
                Verdict::NotProven => VerdictOut::NotProven,
                Verdict::Better => VerdictOut::Better,
                Verdict::Worse => VerdictOut::Worse,
            },
        }
    }
}

impl From<Calibration> for CalibrationOut {
    fn from(calibration: Calibration) -> Self {
        Self {
            visits: calibration.cycles,
            returned: calibration.returned,
            before_at_risk: calibration.before_at_risk,
        }
    }
}

/// To the thousandth. What nothing was found for is 0.
fn rounded(number: f64) -> f64 {
    if number.is_finite() {
        (number * 1000.0).round() / 1000.0
    } else {
        0.0
    }
}
