//! A visit history from a table of another program, for customers who are known.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Cursor;
use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::contact::Reference;
use domain::field::FieldError;
use domain::ids::{CustomerId, WorkspaceId};
use domain::rebooking::import::{Past, Reading, Role, SlashOrder, read_past};
use domain::rebooking::{Record, Status};
use domain::settings::Settings;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use serde::{Deserialize, Serialize};
use store::{KnownAs, MOST_APPOINTMENTS_AT_ONCE, PageRequest};
use utoipa::{IntoParams, ToSchema};

use super::backtest::{Dates, unreadable};
use super::change::{plan, with_habit};
use super::find::customer;
use crate::auth::Admin;
use crate::http::{Csv, Problem, Query, Separator, WriteProblems};

/// A function of the API runs for half a minute.
const MOST_ROWS: u64 = 5000;
/// So many problems are told; all are counted.
const TOLD: usize = 1000;
/// So many customers are stored at the same time.
const AT_ONCE: usize = 16;
/// How often a lost race is tried again.
const TRIES: u32 = 5;

/// How the table is to be read, and what is to be done with it.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportAppointments {
    /// `true`: nothing is stored; the report is the same.
    #[param(default = false)]
    dry_run: Option<bool>,
    /// What becomes of the good rows when others are broken: unless this is `true`, nothing.
    #[param(default = false)]
    skip_broken: Option<bool>,
    /// What separates the fields; the first line tells unless given.
    #[param(inline)]
    separator: Option<Separator>,
    /// What dates with slashes mean; the table tells unless given.
    #[param(inline)]
    dates: Option<Dates>,
    /// Words of the status column that mean a completed visit, divided by commas.
    #[param(example = "da gewesen,ok")]
    completed: Option<String>,
    /// Words that mean that it was called off.
    not_completed: Option<String>,
    /// The column with your own id of the customer, unless it has a usual name.
    customer: Option<String>,
    /// The column with the date, unless it has a usual name.
    date: Option<String>,
    /// The column with the category, unless it has a usual name.
    category: Option<String>,
    /// The column with the status, unless it has a usual name.
    status: Option<String>,
}

/// What became of the table.
#[derive(Serialize, ToSchema)]
pub(crate) struct AppointmentImport {
    /// Whether anything was stored: not in a dry run, and not where rows are broken.
    stored: bool,
    /// All rows, without the header.
    rows: u64,
    /// Appointments that were not known.
    new: u64,
    /// Those of which the table says something newer.
    changed: u64,
    /// Those of which it says nothing new.
    unchanged: u64,
    /// Customers whom the good rows are about.
    customers: u64,
    /// Rows that cannot be used.
    broken: u64,
    /// What is wrong, in the order of the rows: the first thousand.
    problems: Vec<AppointmentImportProblem>,
}

/// What is wrong with a row.
#[derive(Serialize, ToSchema)]
struct AppointmentImportProblem {
    /// From 1, which is the header.
    row: u64,
    /// `broken_row`, `unknown_customer` or `doubled`.
    code: String,
    message: String,
    remedy: String,
}

/// Import a visit history from a table.
///
/// The body is CSV with a header, as a booking program exports it: a row per visit or appointment, at
/// most 5,000 rows and 4 MiB; send longer tables in parts. The customer's column holds the `reference` of
/// somebody who is known here (see `POST /v1/customers/import`). Columns are found by their usual names in
/// English and German; without one for the status every row is a completed visit. A column with your own
/// id of the appointment makes it the one that is told by that id; without one the same table again names
/// the same appointments, so it may be sent again. What was told of an appointment since its day stays.
///
/// Nothing is half-imported: as long as one row is broken, none is stored, unless `skip_broken` says so.
/// The past is not written to: reminders begin with visits whose day has just come.
#[utoipa::path(
    post, path = "/v1/appointments/import", tag = "appointments",
    security(("key" = ["admin"])), params(ImportAppointments),
    request_body(content = String, content_type = "text/csv",
        example = "customer_id,date,category\nK-17,2026-01-05,mens_cut\nK-17,2026-02-09,mens_cut\n"),
    responses(
        (status = 200, description = "What became of it.", body = AppointmentImport), WriteProblems
    )
)]
pub(crate) async fn import_appointments(
    caller: Admin,
    State(app): State<Arc<App>>,
    Query(query): Query<ImportAppointments>,
    Csv(body): Csv,
) -> Result<Json<AppointmentImport>, Problem> {
    let (ws, now) = (caller.workspace(), app.now());
    let book = app.book(ws).await?;
    let reading = query.reading(&book.settings, now);
    let mut table = Table::read(&body, &reading, now)?;
    let known = table.find_customers(&app, ws).await?;
    let skip_broken = query.skip_broken.unwrap_or_default();
    let stores = !query.dry_run.unwrap_or_default() && (table.broken == 0 || skip_broken);
    let customers = known.len() as u64;
    let done = stream::iter(known)
        .map(|(id, rows)| Box::pin(import(&app, ws, id, rows, stores)))
        .buffer_unordered(AT_ONCE)
        .try_fold(Done::default(), async |sum, done| Ok(sum.and(done)))
        .await?;
    Ok(Json(AppointmentImport {
        stored: stores,
        rows: table.rows,
        new: done.new,
        changed: done.changed,
        unchanged: done.unchanged,
        customers,
        broken: table.broken,
        problems: table.problems,
    }))
}

impl ImportAppointments {
    fn reading(&self, settings: &Settings, now: DateTime<Utc>) -> Reading {
        let named = [
            (Role::Customer, &self.customer),
            (Role::Date, &self.date),
            (Role::Category, &self.category),
            (Role::Status, &self.status),
        ];
        let words = |words: &Option<String>, means: Status| {
            let words = words.as_deref().unwrap_or_default().split(',');
            let words = words.map(str::trim).filter(|word| !word.is_empty());
            words
                .map(|word| (word.to_owned(), means))
                .collect::<Vec<_>>()
        };
        let mut reading = Reading::new(settings.zone, settings.zone.day(now));
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
}

/// What stands in the table.
struct Table {
    rows: u64,
    broken: u64,
    problems: Vec<AppointmentImportProblem>,
    /// In the order of their references, so that a table is always worked on in the same way.
    by_customer: BTreeMap<String, (Reference, Vec<Past>)>,
}

impl Table {
    fn read(body: &[u8], reading: &Reading, now: DateTime<Utc>) -> Result<Self, Problem> {
        let mut table = Self {
            rows: 0,
            broken: 0,
            problems: Vec::new(),
            by_customer: BTreeMap::new(),
        };
        let read = read_past(Cursor::new(body), reading, now, |line, row| {
            table.rows += 1;
            match row {
                Ok(past) => table.take(past),
                Err(error) => {
                    let remedy = "correct the row, or name the right columns";
                    table.breaks(line, "broken_row", error.to_string(), remedy);
                }
            }
        });
        read.map_err(|error| Problem::invalid(vec![unreadable(&error)]))?;
        if table.rows > MOST_ROWS {
            return Err(Problem::invalid(vec![FieldError::new(
                "",
                "too_many_rows",
                format!("the table has more than {MOST_ROWS} rows"),
                "send it in parts, each with the header",
            )]));
        }
        table.find_doubles();
        Ok(table)
    }

    fn take(&mut self, past: Past) {
        let key = past.customer.reveal().to_owned();
        let customer = past.customer.clone();
        let rows = self.by_customer.entry(key);
        rows.or_insert_with(|| (customer, Vec::new())).1.push(past);
    }

    fn breaks(&mut self, row: u64, code: &str, message: String, remedy: &str) {
        self.broken += 1;
        if self.problems.len() < TOLD {
            self.problems.push(AppointmentImportProblem {
                row,
                code: code.to_owned(),
                message,
                remedy: remedy.to_owned(),
            });
        }
    }

    /// Two rows under one id would be one appointment that stands in two ways.
    fn find_doubles(&mut self) {
        let mut doubles = Vec::new();
        for (_, rows) in self.by_customer.values_mut() {
            let mut known = HashSet::new();
            rows.retain(|past| {
                let is_first = known.insert(past.reference.reveal().to_owned());
                if !is_first {
                    doubles.push(past.line);
                }
                is_first
            });
        }
        doubles.sort_unstable();
        for line in doubles {
            let message = "another row of this customer has the same appointment id".to_owned();
            self.breaks(line, "doubled", message, "leave one of them out");
        }
    }

    /// Whose rows these are; those of nobody are broken.
    async fn find_customers(
        &mut self,
        app: &App,
        ws: WorkspaceId,
    ) -> Result<Vec<(CustomerId, Vec<Past>)>, Problem> {
        let all = std::mem::take(&mut self.by_customer);
        let found: Vec<_> = stream::iter(all.into_values())
            .map(async |(reference, rows)| {
                let page = PageRequest {
                    limit: 1,
                    ..PageRequest::default()
                };
                let who = KnownAs::Reference(&reference);
                let found = app.store.customers_known_as(ws, who, &page).await?;
                Ok::<_, Problem>((found.items.first().copied(), rows))
            })
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        let mut known = Vec::new();
        for (id, rows) in found {
            match id {
                Some(id) => known.push((id, rows)),
                None => rows.iter().for_each(|past| {
                    self.breaks(
                        past.line,
                        "unknown_customer",
                        "no customer has this reference".to_owned(),
                        "import the customers first (POST /v1/customers/import), with this reference",
                    );
                }),
            }
        }
        self.problems.sort_by_key(|problem| problem.row);
        Ok(known)
    }
}

/// What was done, or would be.
#[derive(Clone, Copy, Default)]
struct Done {
    new: u64,
    changed: u64,
    unchanged: u64,
}

impl Done {
    fn and(self, more: Self) -> Self {
        Self {
            new: self.new + more.new,
            changed: self.changed + more.changed,
            unchanged: self.unchanged + more.unchanged,
        }
    }
}

/// The rows of one customer, as many in a write as fit, and then what follows from all of them.
async fn import(
    app: &App,
    ws: WorkspaceId,
    id: CustomerId,
    rows: Vec<Past>,
    stores: bool,
) -> Result<Done, Problem> {
    let mut done = Done::default();
    for some in rows.chunks(MOST_APPOINTMENTS_AT_ONCE) {
        done = done.and(store_some(app, ws, id, some, stores).await?);
    }
    if stores && done.new + done.changed > 0 {
        plan(app, ws, id).await;
    }
    Ok(done)
}

async fn store_some(
    app: &App,
    ws: WorkspaceId,
    id: CustomerId,
    rows: &[Past],
    stores: bool,
) -> Result<Done, Problem> {
    let now = app.now();
    for _ in 0..TRIES {
        let known = customer(app, ws, id).await?;
        let all = app.store.all_appointments(ws, id).await?;
        let mut all: HashMap<String, Record> = all
            .into_iter()
            .map(|record| (record.reference.reveal().to_owned(), record))
            .collect();
        let (mut done, mut told) = (Done::default(), Vec::new());
        for past in rows {
            let key = past.reference.reveal().to_owned();
            let record = match all.get(&key) {
                None => {
                    done.new += 1;
                    Some(Record {
                        workspace: ws,
                        customer: id,
                        reference: past.reference.clone(),
                        version: 1,
                        appointment: past.appointment.clone(),
                        changed_at: past.changed_at,
                        created_at: now,
                    })
                }
                Some(before) => {
                    let record = before.told(past.appointment.clone(), past.changed_at);
                    match record {
                        Some(_) => done.changed += 1,
                        None => done.unchanged += 1,
                    }
                    record
                }
            };
            if let Some(record) = record {
                all.insert(key, record.clone());
                told.push(record);
            }
        }
        if !stores || told.is_empty() {
            return Ok(done);
        }
        let all: Vec<Record> = all.into_values().collect();
        let known = with_habit(app, known, &all, now).await?;
        if app.store.put_appointments(&told, &known).await? {
            return Ok(done);
        }
    }
    Err(Problem::stale(None))
}
