//! A long table of customers, sent in parts to an installation that keeps its data on a disk.
//! `NACHFASS_IMPORT_ROWS` makes it longer; the figures are printed.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use app::Config;
use local::OsEntropy;
use nachfass::control::{self, Local};
use nachfass::demo;
use nachfass::import::run;
use nachfass::options::Import;
use nachfass::runner::{Parts, Runner};
use store::PageRequest;

const KEY: &str = "a-key-of-the-owner";
/// The ordinary run.
const ROWS: u64 = 400;

/// Every hundredth row is broken, each time in another way.
fn table(rows: u64) -> (String, Vec<(u64, &'static str)>) {
    let mut text = "reference;name;email;mobile;tags;language\n".to_owned();
    let mut broken = Vec::new();
    for row in 1..=rows {
        let name = format!("Kundin \"Nr. {row}\"; Salon").replace('"', "\"\"");
        let (email, phone) = (
            format!("kundin{row}@example.org"),
            format!("+4915{row:010}"),
        );
        let (email, phone, language, code) = match row {
            row if row % 100 != 0 => (email, phone, "de", None),
            row if row % 300 == 0 => ("kundin@".to_owned(), phone, "de", Some("email")),
            row if row % 200 == 0 => (email, phone, "xx", Some("language")),
            _ => (email, "0151 1".to_owned(), "de", Some("invalid_value")),
        };
        let _ = writeln!(
            text,
            "crm-{row};\"{name}\";{email};{phone};regular|vip;{language}"
        );
        broken.extend(code.map(|code| (row + 1, code)));
    }
    (text, broken)
}

async fn serve(folder: &Path) -> (Arc<Local>, String) {
    let config = Config::read(|_| None).unwrap();
    let parts = Parts::open(Some(folder), Arc::new(OsEntropy), config).unwrap();
    let runner = Runner::start(parts).await.unwrap();
    let installation = demo::open(&runner, Some(folder), Some(KEY)).await.unwrap();
    let local = Arc::new(Local::new(runner, installation));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = control::router(Arc::clone(&local));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (local, url)
}

async fn customers(local: &Local) -> u64 {
    let (store, ws) = (&local.runner.app.store, local.installation.workspace);
    let mut page = PageRequest {
        limit: 100,
        ..PageRequest::default()
    };
    let mut count = 0;
    loop {
        let found = store.customers_by_name(ws, None, &page).await.unwrap();
        count += found.items.len() as u64;
        match found.next_cursor {
            Some(next) => page.cursor = Some(next),
            None => return count,
        }
    }
}

fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
    number.and_then(|kb| kb.parse().ok()).unwrap_or_default()
}

#[expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "the figures are asked for on the command line, and read there"
)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_table_is_reported_to_the_row_and_then_stored() {
    let folder = tempfile::tempdir().unwrap();
    let rows = std::env::var("NACHFASS_IMPORT_ROWS").map_or(ROWS, |rows| rows.parse().unwrap());
    let (text, broken) = table(rows);
    let import = Import {
        file: folder.path().join("customers.csv"),
        report: Some(folder.path().join("problems.csv")),
        ..Import::default()
    };
    std::fs::write(&import.file, text).unwrap();
    let (local, url) = serve(&folder.path().join("data")).await;
    let before = customers(&local).await;

    let told = run(&import, &url, KEY).await.unwrap();
    assert!(told.contains("NOTHING was stored"), "{told}");
    assert_eq!(customers(&local).await, before);
    let mut report = csv::Reader::from_path(import.report.as_ref().unwrap()).unwrap();
    let found: Vec<(u64, String)> = report
        .records()
        .map(Result::unwrap)
        .map(|row| (row[0].parse().unwrap(), row[2].to_owned()))
        .collect();
    let expected = broken.iter().map(|(row, code)| (*row, (*code).to_owned()));
    assert_eq!(found, expected.collect::<Vec<_>>());

    let import = Import {
        skip_broken: true,
        ..import
    };
    let good = rows - broken.len() as u64;
    println!("rows {rows}, broken {}", broken.len());
    for (what, new) in [("first", good), ("again", 0)] {
        let (started, held) = (Instant::now(), memory());
        let told = run(&import, &url, KEY).await.unwrap();
        let grown = memory().saturating_sub(held);
        let seconds = started.elapsed().as_secs_f64();
        println!("{what}: {seconds:.1} s, memory grew by {grown} kB (client and server)\n{told}");
        let line = |name: &str, value: u64| format!("{name:<28} {value:>10}\n");
        assert!(told.contains(&line("new customers", new)), "{told}");
        assert!(told.contains(&line("unchanged", good - new)), "{told}");
        assert_eq!(customers(&local).await, before + good);
    }
}
