//! Customers from a file, to an installation anywhere: in parts, so that files of any length pass and
//! memory holds one part.

use std::fmt::Write as _;
use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, bail};
use csv::{ByteRecord, Writer};
use domain::table::Start;
use reqwest::{Client, StatusCode};
use serde::Deserialize;

use crate::options::Import;

/// Few enough that a part is stored within the time that a request has.
const ROWS: usize = 1000;
/// Below what a request may hold.
const BYTES: usize = 3 * 1024 * 1024;
/// How often a part is sent: what was stored is found again.
const TRIES: u32 = 5;
/// Between two tries.
const PAUSE: Duration = Duration::from_secs(5);
/// How long the installation may take for a part.
const PATIENCE: Duration = Duration::from_secs(60);
/// So many problems are printed; all of them are in the report.
const SHOWN: usize = 20;

/// What the installation says of a part.
#[derive(Default, Deserialize)]
struct Report {
    rows: u64,
    new: u64,
    completed: u64,
    unchanged: u64,
    broken: u64,
    refusals_kept: u64,
    problems: Vec<Problem>,
}

#[derive(Deserialize)]
struct Problem {
    row: u64,
    column: Option<u32>,
    code: String,
    message: String,
    remedy: String,
}

/// Sends the table, and tells what became of it.
#[expect(
    clippy::disallowed_methods,
    reason = "how long somebody has waited is told by no virtual clock"
)]
pub async fn run(table: &Import, url: &str, key: &str) -> anyhow::Result<String> {
    let started = Instant::now();
    let sender = Sender {
        client: Client::builder().timeout(PATIENCE).build()?,
        table,
        url,
        key,
    };
    // All rows before the first one is stored: nothing is half-imported.
    let mut found = sender.pass(true).await?;
    let is_good = found.broken == 0 || table.skip_broken;
    let stores = is_good && !table.dry_run;
    if stores {
        let problems = std::mem::take(&mut found.problems);
        found = sender.pass(false).await?;
        found.problems = problems;
    }
    if let Some(path) = &table.report {
        write(path, &found.problems)?;
    }
    let took = started.elapsed();
    Ok(text(&found, stores, took))
}

struct Sender<'a> {
    client: Client,
    table: &'a Import,
    url: &'a str,
    key: &'a str,
}

impl Sender<'_> {
    async fn pass(&self, dry_run: bool) -> anyhow::Result<Report> {
        let name = self.table.file.display();
        let mut file =
            File::open(&self.table.file).with_context(|| format!("{name} cannot be opened"))?;
        let start = Start::look_at_list(&mut file, None).map_err(|why| anyhow!("{name} {why}"))?;
        let mut rows = start.rows(file)?;
        let header = rows.byte_headers()?.clone();
        let mut sum = Report::default();
        let mut part = Part::new(&header, start.separator())?;
        let mut record = ByteRecord::new();
        loop {
            let goes_on = rows.read_byte_record(&mut record)?;
            if goes_on {
                part.rows.write_byte_record(&record)?;
                part.count += 1;
            }
            let is_full = part.count == ROWS || part.bytes() > BYTES;
            if part.count > 0 && (is_full || !goes_on) {
                let before = sum.rows;
                let full = std::mem::replace(&mut part, Part::new(&header, start.separator())?);
                let told = self
                    .send(full.rows.into_inner()?, start.separator(), dry_run)
                    .await?;
                sum.add(told, before);
            }
            if !goes_on {
                return Ok(sum);
            }
        }
    }

    async fn send(&self, part: Vec<u8>, separator: u8, dry_run: bool) -> anyhow::Result<Report> {
        let url = format!("{}/v1/customers/import", self.url.trim_end_matches('/'));
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("dry_run", &dry_run.to_string());
        query.append_pair("skip_broken", &self.table.skip_broken.to_string());
        query.append_pair("separator", separator_name(separator));
        let texts = [
            ("fields", &self.table.fields),
            ("consent_text", &self.table.consent_text),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                query.append_pair(name, text);
            }
        }
        let url = format!("{url}?{}", query.finish());
        // The first tick comes at once.
        let mut pause = tokio::time::interval(PAUSE);
        for tries in 1.. {
            pause.tick().await;
            let request = self.client.post(&url).bearer_auth(self.key);
            let request = request
                .header("content-type", "text/csv")
                .body(part.clone());
            let why = match request.send().await {
                Ok(answer) if answer.status().is_success() => {
                    return serde_json::from_slice(&answer.bytes().await?).context(
                        "the installation answers in another way than this version expects",
                    );
                }
                Ok(answer) => {
                    let status = answer.status();
                    let told = answer.text().await.unwrap_or_default();
                    let may_pass =
                        status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
                    if !may_pass {
                        bail!("the installation refuses it: {status} {told}");
                    }
                    format!("{status} {told}")
                }
                Err(error) => error.to_string(),
            };
            if tries == TRIES {
                bail!("{why}; what was stored stays, and the same call goes on with it");
            }
        }
        unreachable!("the last try returns")
    }
}

/// As the API names it: the header as it is sent on may look like one of another separator.
fn separator_name(separator: u8) -> &'static str {
    match separator {
        b';' => "semicolon",
        b'\t' => "tab",
        b'|' => "bar",
        _ => "comma",
    }
}

/// Rows that are sent together.
struct Part {
    rows: Writer<Vec<u8>>,
    count: usize,
}

impl Part {
    fn new(header: &ByteRecord, separator: u8) -> anyhow::Result<Self> {
        let mut form = csv::WriterBuilder::new();
        let mut rows = form
            .delimiter(separator)
            .flexible(true)
            .from_writer(Vec::new());
        rows.write_byte_record(header)?;
        Ok(Self { rows, count: 0 })
    }

    fn bytes(&self) -> usize {
        self.rows.get_ref().len()
    }
}

impl Report {
    /// What is told of a part; so many rows came before it.
    fn add(&mut self, part: Self, before: u64) {
        self.rows += part.rows;
        self.new += part.new;
        self.completed += part.completed;
        self.unchanged += part.unchanged;
        self.broken += part.broken;
        self.refusals_kept += part.refusals_kept;
        self.problems
            .extend(part.problems.into_iter().map(|problem| Problem {
                row: problem.row + before,
                ..problem
            }));
    }
}

fn write(path: &Path, problems: &[Problem]) -> anyhow::Result<()> {
    let mut rows =
        Writer::from_path(path).with_context(|| format!("{} cannot be written", path.display()))?;
    rows.write_record(["row", "column", "code", "message", "remedy"])?;
    for problem in problems {
        let column = problem
            .column
            .map_or_else(String::new, |column| column.to_string());
        let row = problem.row.to_string();
        rows.write_record([
            &row,
            &column,
            &problem.code,
            &problem.message,
            &problem.remedy,
        ])?;
    }
    Ok(rows.flush()?)
}

fn text(found: &Report, stored: bool, took: Duration) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: u64| {
        let _ = writeln!(text, "{name:<28} {value:>10}");
    };
    line("rows", found.rows);
    line("new customers", found.new);
    line("completed", found.completed);
    line("unchanged", found.unchanged);
    line("broken rows", found.broken);
    line("consents against a refusal", found.refusals_kept);
    let _ = writeln!(text, "{:<28} {:>10.1}", "seconds", took.as_secs_f64());
    let _ = writeln!(
        text,
        "{}",
        if stored {
            "stored"
        } else {
            "NOTHING was stored"
        }
    );
    for problem in found.problems.iter().take(SHOWN) {
        let column = problem
            .column
            .map_or_else(String::new, |column| format!(", column {column}"));
        let (row, message, remedy) = (problem.row, &problem.message, &problem.remedy);
        let _ = writeln!(text, "row {row}{column}: {message}; {remedy}");
    }
    if found.problems.len() > SHOWN {
        let more = found.problems.len() - SHOWN;
        let _ = writeln!(text, "and {more} more; --report FILE writes all of them");
    }
    text
}
