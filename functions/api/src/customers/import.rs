//! Customers from a table of another program.

use std::collections::HashMap;
use std::io::Cursor;
use std::sync::Arc;

use app::{App, refused};
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::channel::PhoneNumber;
use domain::contact::import::{Draft, NoTable, RowProblem, Rows};
use domain::contact::{FieldName, Profile};
use domain::customer::{ChatConsent, Customer, CustomerName};
use domain::field::FieldError;
use domain::ids::CustomerId;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use serde::{Deserialize, Serialize};
use store::{Book, Committed, Consistency, KnownAs, PageRequest, Resource};
use tokio::sync::Mutex;
use utoipa::{IntoParams, ToSchema};

use crate::auth::{Admin, Caller};
use crate::http::{Csv, Problem, Query, Separator, WriteProblems, no_table, optional_text};

/// A function of the API runs for half a minute.
const MOST_ROWS: usize = 5000;
/// So many problems are told; all are counted.
const TOLD: usize = 1000;
/// So many rows are looked up or stored at the same time.
const AT_ONCE: usize = 16;
/// How often a lost race is tried again: messages change customers, too.
const TRIES: u32 = 5;
/// Of so many who share an address the one that a row describes is found.
const FAMILY: u16 = 50;
/// The longest text that customers agreed to, in characters.
const LONGEST_TEXT: usize = 2000;

/// How the table is to be read, and what is to be done with it.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportCustomers {
    /// `true`: nothing is stored; the report is the same.
    #[param(default = false)]
    dry_run: Option<bool>,
    /// What becomes of the good rows when others are broken: unless this is `true`, nothing.
    #[param(default = false)]
    skip_broken: Option<bool>,
    /// What separates the fields; the first line tells unless given.
    #[param(inline)]
    separator: Option<Separator>,
    /// Columns that are fields of your own, divided by commas.
    #[param(example = "shoe_size,birthday")]
    fields: Option<String>,
    /// What the customers agreed to whose consent stands in the table: the text that they had before
    /// them.
    #[param(max_length = 2000)]
    consent_text: Option<String>,
}

/// What became of the table.
#[derive(Serialize, ToSchema)]
pub(crate) struct Import {
    /// Whether anything was stored: not in a dry run, and not where rows are broken.
    stored: bool,
    /// All rows, without the header.
    rows: u64,
    /// Customers who were not known.
    new: u64,
    /// Those about whom something was added.
    completed: u64,
    /// Those about whom the table says nothing new.
    unchanged: u64,
    /// Rows that cannot be used.
    broken: u64,
    /// How often a consent stands in the table that the customer had refused: it counts for nothing.
    refusals_kept: u64,
    /// What is wrong, in the order of the rows: the first thousand.
    problems: Vec<ImportProblem>,
}

/// What is wrong with a row.
#[derive(Serialize, ToSchema)]
struct ImportProblem {
    /// From 1, which is the header.
    row: u64,
    /// From 1; `null`: the row as a whole.
    column: Option<u32>,
    field: String,
    code: String,
    message: String,
    remedy: String,
}

/// Import customers from a table.
///
/// The body is CSV with a header: at most 5,000 rows and 4 MiB; send longer tables in parts. Columns
/// are found by their usual names in English and German (`reference`, `name`, `first_name`,
/// `last_name`, `email`, `email_work`, `phone`, `mobile`, `tags`, `locations`, `language`, `zone`,
/// `email_marketing`, `sms_marketing`, `chat_marketing`, `sms_stopped` and others); a name that begins
/// with `#` is left out. Phone numbers are written in international form with `+`.
///
/// Nothing is half-imported: as long as one row is broken, none is stored, unless `skip_broken` says
/// so. A row about somebody who is known (by `reference`, else by an address and no other name) adds
/// what is missing and replaces nothing; so a table may be sent again, after a time-out as well. A
/// consent lifts no refusal, and who was erased and had refused messages still does.
#[utoipa::path(
    post, path = "/v1/customers/import", tag = "customers",
    security(("key" = ["admin"])), params(ImportCustomers),
    request_body(content = String, content_type = "text/csv",
        example = "reference,name,email,tags\ncrm-17,Berta Brot,berta@example.org,vip\n"),
    responses((status = 200, description = "What became of it.", body = Import), WriteProblems)
)]
pub(crate) async fn import_customers(
    caller: Admin,
    State(app): State<Arc<App>>,
    Query(query): Query<ImportCustomers>,
    Csv(body): Csv,
) -> Result<Json<Import>, Problem> {
    let mut table = query.read(&body, app.now())?;
    let text = query.consent_text()?;
    if text.is_none() && table.drafts.iter().any(|(_, draft)| draft.agrees()) {
        return Err(Problem::invalid(vec![FieldError::new(
            "consent_text",
            "missing",
            "the table says that customers agreed to messages, and not to which text",
            "send what they agreed to in the query parameter `consent_text`, or leave the column out",
        )]));
    }
    table.find_doubles();
    let skip_broken = query.skip_broken.unwrap_or_default();
    let stores = !query.dry_run.unwrap_or_default() && (table.broken == 0 || skip_broken);
    let importing = Importing {
        app: &app,
        book: app.fresh_book(caller.workspace()).await?,
        caller: &caller,
        text: text.as_deref(),
        stores,
        entry: Mutex::new(Some(Imported {
            rows: table.rows(),
            broken: table.broken,
        })),
    };
    let done = Box::pin(importing.carry_out(&table)).await?;
    Ok(Json(table.report(stores, &done)))
}

impl ImportCustomers {
    fn read(&self, body: &[u8], now: DateTime<Utc>) -> Result<Table, Problem> {
        let own = self.fields.as_deref().unwrap_or_default().split(',');
        let own = own.map(str::trim).filter(|name| !name.is_empty());
        let own = own.map(|name| {
            FieldName::parse(name).map_err(|error| {
                let message = format!("the name of a field {error}");
                let remedy = "send the names of columns, divided by commas";
                Problem::parameter(FieldError::new("fields", "invalid_value", message, remedy))
            })
        });
        let own = own.collect::<Result<Vec<_>, _>>()?;
        let separator = self.separator.map(Separator::byte);
        let unreadable = |error| {
            let remedy = "send a header and a row per customer";
            Problem::invalid(vec![no_table(&error, remedy)])
        };
        let rows = Rows::open(Cursor::new(body), separator, &own);
        let mut rows = rows.map_err(|error| match error {
            NoTable::Unreadable(error) => unreadable(error),
            NoTable::Columns(errors) => Problem::invalid(errors),
        })?;
        let mut table = Table::default();
        while let Some((number, row)) = rows.next(&phone, now).map_err(unreadable)? {
            if table.rows() == MOST_ROWS {
                return Err(Problem::invalid(vec![FieldError::new(
                    "",
                    "too_many_rows",
                    format!("the table has more than {MOST_ROWS} rows"),
                    "send it in parts, each with the header",
                )]));
            }
            match row {
                Ok(draft) => table.drafts.push((number, draft)),
                Err(problems) => table.breaks(problems),
            }
        }
        Ok(table)
    }

    fn consent_text(&self) -> Result<Option<String>, Problem> {
        let text = self.consent_text.as_deref();
        optional_text("consent_text", text, LONGEST_TEXT).map_err(Problem::parameter)
    }
}

fn phone(cell: &str) -> Result<PhoneNumber, FieldError> {
    PhoneNumber::parse(cell).map_err(|error| {
        let message = format!("the cell {error}");
        let remedy = "write it in international form, such as +49 151 1234567";
        FieldError::new("phone", "invalid_value", message, remedy)
    })
}

/// What stands in the table.
#[derive(Default)]
struct Table {
    drafts: Vec<(u64, Draft)>,
    broken: usize,
    problems: Vec<RowProblem>,
}

impl Table {
    fn rows(&self) -> usize {
        self.drafts.len() + self.broken
    }

    fn breaks(&mut self, problems: Vec<RowProblem>) {
        self.broken += 1;
        self.problems.extend(problems);
    }

    /// Two rows with one reference would be one customer with two names.
    fn find_doubles(&mut self) {
        let mut first: HashMap<String, u64> = HashMap::new();
        for (number, draft) in std::mem::take(&mut self.drafts) {
            let reference = draft.reference.as_ref().map(|it| it.reveal().to_owned());
            let known = reference.and_then(|it| match first.get(&it) {
                Some(known) => Some(*known),
                None => {
                    first.insert(it, number);
                    None
                }
            });
            match known {
                None => self.drafts.push((number, draft)),
                Some(known) => self.breaks(vec![RowProblem {
                    row: number,
                    column: None,
                    error: FieldError::new(
                        "reference",
                        "doubled",
                        format!("row {known} has the same reference"),
                        "leave one of them out, or correct the reference",
                    ),
                }]),
            }
        }
        self.problems
            .sort_by_key(|problem| (problem.row, problem.column));
    }

    /// Rows that share something are stored one after the other, so that each sees what came of the
    /// one before.
    fn lanes(&self) -> Vec<Vec<&Draft>> {
        let mut lanes: Vec<Vec<(u64, &Draft)>> = Vec::new();
        let mut lane_of: HashMap<String, usize> = HashMap::new();
        for (number, draft) in &self.drafts {
            let emails = draft.profile.emails.iter().map(|it| it.value.key());
            let phones = draft.profile.phones.iter();
            let phones = phones.map(|it| it.value.reveal().to_owned());
            let keys: Vec<_> = emails
                .chain(phones)
                .chain([draft.name.sort_key()])
                .collect();
            let mut shared: Vec<_> = keys.iter().filter_map(|key| lane_of.get(key)).collect();
            shared.sort_unstable();
            shared.dedup();
            let mut lane = vec![(*number, draft)];
            for shared in shared {
                lane.append(&mut lanes[*shared]);
            }
            lane.sort_unstable_by_key(|(number, _)| *number);
            let place = lanes.len();
            if lane.len() > 1 {
                let of_lane = lane_of.values_mut();
                let emptied = of_lane.filter(|known| lanes[**known].is_empty());
                emptied.for_each(|known| *known = place);
            }
            lanes.push(lane);
            lane_of.extend(keys.into_iter().map(|key| (key, place)));
        }
        let drafts = |lane: Vec<(u64, _)>| lane.into_iter().map(|(_, draft)| draft).collect();
        lanes.into_iter().map(drafts).collect()
    }

    fn report(self, stored: bool, done: &Done) -> Import {
        Import {
            stored,
            rows: self.rows() as u64,
            new: done.new,
            completed: done.completed,
            unchanged: done.unchanged,
            broken: self.broken as u64,
            refusals_kept: done.refusals_kept,
            problems: self.problems.into_iter().take(TOLD).map(shown).collect(),
        }
    }
}

fn shown(RowProblem { row, column, error }: RowProblem) -> ImportProblem {
    ImportProblem {
        row,
        column,
        field: error.field,
        code: error.code,
        message: error.message,
        remedy: error.remedy,
    }
}

/// What was done, or would be.
#[derive(Clone, Copy, Default)]
struct Done {
    new: u64,
    completed: u64,
    unchanged: u64,
    refusals_kept: u64,
}

impl Done {
    fn and(self, more: Self) -> Self {
        Self {
            new: self.new + more.new,
            completed: self.completed + more.completed,
            unchanged: self.unchanged + more.unchanged,
            refusals_kept: self.refusals_kept + more.refusals_kept,
        }
    }
}

/// What the audit log keeps: not who they are.
#[derive(Serialize)]
struct Imported {
    rows: usize,
    broken: usize,
}

struct Importing<'a> {
    app: &'a App,
    book: Arc<Book>,
    caller: &'a Caller,
    text: Option<&'a str>,
    stores: bool,
    /// Written with the first customer who is stored.
    entry: Mutex<Option<Imported>>,
}

impl Importing<'_> {
    async fn carry_out(&self, table: &Table) -> Result<Done, Problem> {
        let lanes = table.lanes().into_iter().map(|lane| self.lane(lane));
        let lanes: Vec<_> = lanes.collect();
        let mut lanes = stream::iter(lanes).buffer_unordered(AT_ONCE);
        let mut done = Done::default();
        while let Some(lane) = lanes.try_next().await? {
            done = done.and(lane);
        }
        Ok(done)
    }

    async fn lane(&self, lane: Vec<&Draft>) -> Result<Done, Problem> {
        let mut done = Done::default();
        // What a dry run would have stored before.
        let mut made: Vec<Customer> = Vec::new();
        for draft in lane {
            done = done.and(Box::pin(self.row(draft, &mut made)).await?);
        }
        Ok(done)
    }

    async fn row(&self, draft: &Draft, made: &mut Vec<Customer>) -> Result<Done, Problem> {
        for _ in 0..TRIES {
            let made_before = made.iter().position(|it| draft.describes(it));
            let known = match made_before {
                Some(place) => Some(made.swap_remove(place)),
                None => self.find(draft).await?,
            };
            let mut after = match &known {
                Some(known) => known.clone(),
                None => self.nobody(draft).await?,
            };
            let key = self.caller.key().id;
            let in_vain = draft.onto(&mut after, key, self.text, self.app.now());
            let refusals_kept = in_vain.into();
            let one = match &known {
                None => Done {
                    new: 1,
                    ..Done::default()
                },
                Some(before) if *before == after => Done {
                    unchanged: 1,
                    ..Done::default()
                },
                Some(_) => Done {
                    completed: 1,
                    ..Done::default()
                },
            };
            let one = Done {
                refusals_kept,
                ..one
            };
            if one.unchanged == 1 {
                return Ok(one);
            }
            if !self.stores {
                made.push(after);
                return Ok(one);
            }
            after.version += 1;
            let was = known.as_ref().map(|known| &known.profile);
            if was.is_some_and(|was| {
                was.phones != after.profile.phones || was.emails != after.profile.emails
            }) {
                // The sweep plans them: there may be thousands.
                after.remind_again(self.app.now());
            }
            if self.save(known.as_ref(), &mut after).await? {
                return Ok(one);
            }
        }
        Err(Problem::stale(None))
    }

    /// `false`: somebody else changed them, or took the reference, at this moment.
    async fn save(&self, before: Option<&Customer>, after: &mut Customer) -> Result<bool, Problem> {
        let after = after.to_store();
        let mut entry = self.entry.lock().await;
        let Some(imported) = entry.as_ref() else {
            drop(entry);
            let stored = self.app.store.put_customer(before, &after, None).await?;
            return Ok(stored == Committed::Done);
        };
        // All others wait until the audit log tells of it.
        let what = (Resource::Customer, after.id.to_string());
        let caller = self.caller;
        let store = caller.noting(self.app, "import_customers", what, &(), imported)?;
        let stored = store.put_customer(before, &after, None).await?;
        if stored == Committed::Done {
            *entry = None;
        }
        Ok(stored == Committed::Done)
    }

    /// Who the row describes. Of several the one who was known first.
    async fn find(&self, draft: &Draft) -> Result<Option<Customer>, Problem> {
        let (app, ws) = (self.app, self.caller.workspace());
        let page = PageRequest {
            limit: FAMILY,
            ..PageRequest::default()
        };
        let reference = draft.reference.as_ref().map(KnownAs::Reference);
        let emails = draft.profile.emails.iter();
        let phones = draft.profile.phones.iter();
        let addresses: Vec<_> = emails
            .map(|it| KnownAs::Email(&it.value))
            .chain(phones.map(|it| KnownAs::Phone(&it.value)))
            .collect();
        let mut ids: Vec<CustomerId> = Vec::new();
        if let Some(reference) = reference {
            ids = app
                .store
                .customers_known_as(ws, reference, &page)
                .await?
                .items;
        }
        if ids.is_empty() {
            for address in &addresses {
                let found = app.store.customers_known_as(ws, *address, &page).await?;
                ids.extend(found.items);
            }
        }
        let mut known = app.store.customers(ws, &ids, Consistency::Strong).await?;
        if draft.reference.is_none() && addresses.is_empty() {
            let name = draft.name.sort_key();
            let found = app.store.customers_by_name(ws, Some(&name), &page).await?;
            known.extend(found.items);
        }
        known.retain(|customer| draft.describes(customer));
        known.sort_by_key(|customer| (customer.created_at, customer.id));
        Ok(known.into_iter().next())
    }

    /// Somebody of whom nothing is known, or only what they refused before they were erased.
    async fn nobody(&self, draft: &Draft) -> Result<Customer, Problem> {
        let (app, ws, now) = (self.app, self.caller.workspace(), self.app.now());
        let mut nobody = Customer {
            id: CustomerId::new(now, app.random10()),
            workspace: ws,
            version: 0,
            name: CustomerName::default(),
            language: None,
            conversations: Vec::new(),
            chat: ChatConsent::default(),
            offered: Vec::new(),
            said: Vec::new(),
            turn: 0,
            automated_at: Vec::new(),
            named_by_staff: false,
            habit: Box::default(),
            reference: None,
            profile: Profile::default(),
            created_at: now,
        };
        if let Some(refused) = refused::with_profile(app, &self.book, &draft.profile).await? {
            nobody.refuse_as(nobody.id, &refused, now);
        }
        Ok(nobody)
    }
}
