//! How the code is written.

use super::{files, none, read};

/// Data tables; everything else is split by noun or by rule before it gets this long.
const LONG: [&str; 2] = [
    "shared/ai/src/builtin/lexicon/de.rs",
    "shared/ai/src/builtin/lexicon/en.rs",
];
const LINES: usize = 900;

/// What must not appear, in two parts so that this file is not its own finding, why, and the
/// one file where it may.
const BANNED: [(&str, &str, &str, &str); 5] = [
    (
        "#[ign",
        "ore",
        "a test that does not run proves nothing",
        "",
    ),
    (
        "#[should_",
        "panic",
        "say what is expected with `Result` or `assert!`",
        "",
    ),
    ("thread::", "sleep", "time is virtual; move the clock", ""),
    (
        "tokio::time::",
        "sleep(",
        "time is virtual; move the clock",
        "shared/aws/src/timers.rs",
    ),
    (
        "#![al",
        "low(",
        "use `#[expect(lint, reason = \"..\")]` where it is needed",
        "",
    ),
];

#[test]
fn tests_neither_sleep_nor_skip_nor_expect_a_panic() {
    let mut problems = Vec::new();
    for path in files(".rs") {
        let text = read(&path);
        for (head, tail, remedy, exception) in BANNED {
            let banned = format!("{head}{tail}");
            if text.contains(&banned) != (path == exception) {
                problems.push(match path == exception {
                    true => format!("{path}: no {banned} any more; take it off the list"),
                    false => format!("{path}: {banned} - {remedy}"),
                });
            }
        }
    }
    none(&problems);
}

/// Unit tests that belong to the file above them need no introduction.
fn is_unit_test(path: &str) -> bool {
    let inside = path.contains("/src/") && path.contains("/tests/");
    inside || path.ends_with("/tests.rs") || path.ends_with("_tests.rs")
}

#[test]
fn every_module_says_what_it_is_for() {
    let mut problems = Vec::new();
    for path in files(".rs").into_iter().filter(|path| !is_unit_test(path)) {
        let text = read(&path);
        let first = text.lines().find(|line| !line.starts_with("#!["));
        if !first.unwrap_or_default().starts_with("//! ") {
            problems.push(format!(
                "{path}: begin with `//!`: what it is for, what it must not know"
            ));
        }
    }
    none(&problems);
}

#[test]
fn no_file_is_too_long_to_be_read() {
    let mut problems = Vec::new();
    for path in files(".rs").into_iter().chain(files(".py")) {
        let lines = read(&path).lines().count();
        if lines > LINES && !LONG.contains(&path.as_str()) {
            problems.push(format!(
                "{path}: {lines} lines; split it by noun or by rule"
            ));
        }
    }
    none(&problems);
}

#[test]
fn every_fixture_has_its_snapshot_and_every_snapshot_its_fixture() {
    let stems = |folder: &str, ending: &str| -> Vec<String> {
        let paths = files(ending).into_iter();
        paths
            .filter_map(|path| {
                let path = path.strip_prefix(folder)?.strip_suffix(ending)?;
                Some(path.to_owned())
            })
            .collect()
    };
    let mut fixtures = stems("shared/channels/fixtures/", ".json");
    fixtures.extend(stems("shared/channels/fixtures/", ".form"));
    fixtures.sort();
    let mut snapshots = stems("shared/channels/tests/it/snapshots/", ".snap");
    snapshots.sort();
    assert!(!fixtures.is_empty());
    assert_eq!(fixtures, snapshots);
}

#[tokio::test]
async fn every_router_builds() {
    use std::sync::Arc;

    use local::SeededEntropy;
    use nachfass::control::Local;
    use nachfass::first_start;
    use nachfass::runner::{Parts, Runner};

    // A route in old syntax panics here, which in Lambda would be a crash at every cold start.
    let config = app::Config::read(|_| None).unwrap();
    let now = "2026-11-02T09:00:00Z".parse().unwrap();
    let parts = Parts::memory(now, Arc::new(SeededEntropy::new(1)), config).unwrap();
    let runner = Runner::start(parts).await.unwrap();
    drop(api::router(Arc::clone(&runner.app)));
    drop(webhooks::router(Arc::clone(&runner.app)));
    drop(links::router(Arc::clone(&runner.app)));
    let installation = first_start::open(&runner.app, None, None).await.unwrap();
    drop(nachfass::control::router(Arc::new(Local::new(
        runner,
        installation,
    ))));
}
