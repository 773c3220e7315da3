//! The command on files as shops have them.

#![expect(clippy::unwrap_used, reason = "a test fails where it unwraps")]

use std::path::PathBuf;

use backtest::command::{Done, backtest};
use backtest::options::{Backtest, HELP, Options};
use backtest::read::read;
use chrono::NaiveDate;
use domain::rebooking::backtest::{Figures, Method, Verdict};
use domain::rebooking::import::SlashOrder;

fn today() -> NaiveDate {
    "2026-06-30".parse().unwrap()
}

fn options(file: &str) -> Backtest {
    Backtest::of(PathBuf::from(file), today())
}

/// A file in a folder that lasts as long as the test.
fn written(bytes: &[u8]) -> (tempfile::TempDir, Backtest) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("visits.csv");
    std::fs::write(&file, bytes).unwrap();
    let options = Backtest::of(file, today());
    (folder, options)
}

/// What was read, with the file's name as it would be without its folder.
fn text(options: &Backtest) -> String {
    let folder = options.file.parent().unwrap().to_str().unwrap();
    read(options)
        .unwrap()
        .text
        .replace(&format!("{folder}/"), "")
}

fn error(options: &Backtest) -> String {
    format!("{:#}", read(options).unwrap_err())
}

/// The table of the reference: at least so much less error than the mean and the last gap.
fn check_reference(file: &str, predictions: u64, days: f64, log: f64) {
    let Done { text, report, .. } = backtest(&options(file)).unwrap();
    assert!(!text.contains("broken"));
    let of = |method: Method| -> Figures {
        let found = report.figures.iter().find(|(found, _)| *found == method);
        found.unwrap().1
    };
    let formula = of(Method::Formula);
    assert_eq!(formula.count, predictions);
    for method in [Method::MeanGap, Method::LastGap] {
        let other = of(method);
        assert!(
            formula.mean_error_days <= (1.0 - days) * other.mean_error_days,
            "{method:?}"
        );
        assert!(
            formula.log_error <= (1.0 - log) * other.log_error,
            "{method:?}"
        );
    }
    assert!(formula.mean_error_days <= of(Method::MedianGap).mean_error_days);
    let (mean, last) = (of(Method::MeanGap), of(Method::LastGap));
    assert!(last.mean_error_days > mean.mean_error_days && last.log_error > mean.log_error);
    assert!(
        report
            .changes
            .iter()
            .all(|change| change.verdict == Verdict::Better)
    );
    insta::assert_snapshot!(file.rsplit('/').next().unwrap(), text);
}

#[test]
fn the_synthetic_salon_reaches_the_figures_of_the_reference() {
    check_reference("tests/data/synthetic_salon.csv", 6310, 0.10, 0.09);
}

#[test]
fn cdnow_reaches_the_figures_of_the_reference() {
    check_reference("tests/data/cdnow.csv", 5107, 0.13, 0.06);
}

#[test]
fn a_german_export_is_read_and_every_row_is_accounted_for() {
    let (_folder, options) = written(
        "\u{feff}Kunden-Nr.;Datum;Leistung;Status;Dauer (Min);Preis\r\n\
         1;05.01.2026 09:30;Herrenschnitt;erledigt;30;32,00 €\r\n\
         1;05.01.2026 09:30;Herrenschnitt;erledigt;30;32,00 €\r\n\
         1;5.1.26;\"Bart; kurz\";erledigt;15;12,00 €\r\n\
         1;09.02.2026;Herrenschnitt;Abgeschlossen;30;32,00 €\r\n\
         \r\n\
         1;16.03.2026;Herrenschnitt;Nicht erschienen;30;32,00 €\r\n\
         2;30.02.2026;Damenschnitt;erledigt;60;58,00 €\r\n\
         2;02.03.2026;Damenschnitt;vielleicht;60;58,00 €\r\n\
         ;02.03.2026;Damenschnitt;erledigt;60;58,00 €\r\n\
         2;02.03.2026;Damenschnitt\r\n\
         2;02.03.2026;Damenschnitt;erledigt;60;58,00 €;\r\n\
         2;02.03.2026;Damenschnitt;storniert;60;58,00 €;more\r\n\
         2;02.12.2026;Damenschnitt;erledigt;60;58,00 €\r\n\
         3;02.04.2026;Damenschnitt;abgesagt;lang;58,00 €\r\n\
         3;02.04.2026;Damenschnitt;abgesagt;;frei\r\n"
            .as_bytes(),
    );
    insta::assert_snapshot!(text(&options));
}

#[test]
fn other_separators_column_names_words_and_encodings() {
    let (_folder, mut options) =
        written(b"wer\twann\twie\nM\xfcller\t2026-01-05\tda\nM\xfcller\t2026-02-05\tweg\n");
    assert!(
        error(&options)
            .contains("no column looks like the customer; the columns are `wer`, `wann`, `wie`")
    );
    let Options::Backtest(read) = Options::read(
        [
            "backtest",
            "x",
            "--customer",
            "wer",
            "--date",
            "wann",
            "--status",
            "wie",
            "--completed",
            "da",
            "--not-completed",
            "weg",
        ]
        .map(str::to_owned),
        today(),
    )
    .unwrap() else {
        panic!("a backtest");
    };
    options.reading.columns = read.reading.columns;
    options.reading.words = read.reading.words;
    insta::assert_snapshot!(text(&options));
}

#[test]
fn dates_with_slashes_are_told_by_one_of_them_or_by_the_owner() {
    let days = |dates: &str, order| {
        let (_folder, mut options) = written(format!("client,date\n{dates}").as_bytes());
        options.reading.dates = order;
        let found = read(&options).unwrap();
        let visits = found
            .shop
            .customers
            .iter()
            .flat_map(|customer| &customer.visits);
        let days: Vec<String> = visits.map(|seen| seen.day.to_string()).collect();
        (days.join(" "), found.tally.broken)
    };
    let found = |days: &str, broken| (days.to_owned(), broken);
    let mixed = "1,04/05/2026\n1,31/05/2026\n";
    assert_eq!(days(mixed, None), found("2026-05-04 2026-05-31", 0));
    assert_eq!(days("1,04/05/2026\n", None), found("", 1));
    let month_first = Some(SlashOrder::MonthFirst);
    assert_eq!(days("1,04/05/2026\n", month_first), found("2026-04-05", 0));
    assert_eq!(days(mixed, month_first), found("2026-04-05", 1));
    // One says this, another one that: only what is certain is read.
    let both = "1,31/05/2026\n1,05/30/2026\n1,04/05/2026\n";
    assert_eq!(days(both, None), found("2026-05-30 2026-05-31", 1));
}

#[test]
fn an_instant_falls_on_its_day_in_the_business_zone() {
    let (_folder, mut options) = written(b"client,start\n1,2026-05-31T22:30:00Z\n");
    let day = |options: &Backtest| {
        read(options).unwrap().shop.customers[0].visits[0]
            .day
            .to_string()
    };
    assert_eq!(day(&options), "2026-06-01");
    options.reading.zone = domain::local_time::Zone::parse("America/New_York").unwrap();
    assert_eq!(day(&options), "2026-05-31");
}

#[test]
fn files_that_are_no_table_are_refused_with_the_remedy() {
    let refused = |bytes: &[u8]| error(&written(bytes).1);
    assert!(refused(b"").contains("a header like `customer_id,date` is needed"));
    assert!(refused(b"\xff\xfec\0u\0").contains("save it as CSV in UTF-8"));
    assert!(refused(b"name\nx\n").contains("is needed"));
    assert!(error(&options("tests/data/nothing.csv")).contains("cannot be opened"));
    assert!(error(&options("tests/data")).contains("cannot be read"));
    let (_folder, none) = written(b"client,date,status\n1,2026-01-01,cancelled\n");
    let refused = format!("{:#}", backtest(&none).unwrap_err());
    assert!(refused.contains("1 cancelled") && refused.contains("no completed visit"));
}

#[test]
fn broken_rows_fail_where_that_is_asked_for_or_where_they_are_most() {
    let good = |bytes: &[u8], strict| {
        let (_folder, mut options) = written(bytes);
        options.strict = strict;
        backtest(&options).unwrap().good
    };
    let few = b"client,date\n1,2026-01-01\n1,2026-02-01\n1,soon\n";
    assert!(good(few, false));
    assert!(!good(few, true));
    assert!(!good(b"client,date\n1,2026-01-01\n1,soon\n1,soon\n", false));
}

#[test]
fn the_plot_is_written_where_it_is_asked_for() {
    let (folder, mut options) = written(b"client,date\n1,2026-01-01\n1,2026-02-01\n");
    let file = folder.path().join("plot.svg");
    options.svg = Some(file.clone());
    backtest(&options).unwrap();
    let svg = std::fs::read_to_string(file).unwrap();
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    options.svg = Some(folder.path().join("no/such/folder.svg"));
    assert!(format!("{:#}", backtest(&options).unwrap_err()).contains("cannot be written"));
}

#[test]
fn options_are_read_and_mistakes_are_explained() {
    let read = |line: &str| Options::read(line.split_whitespace().map(str::to_owned), today());
    let Options::Backtest(found) = read(
        "backtest v.csv --separator ; --dates dmy --zone UTC --days Bart=21 --spread 50 \
         --from 2025-01-01 --to 2025-12-31 --follow-up 90 --today 2026-01-01 --seed 9 --svg p.svg --strict",
    )
    .unwrap() else {
        panic!("a backtest");
    };
    let beard = domain::rebooking::Category::parse("Bart").unwrap();
    assert_eq!(found.reading.patterns.days(&beard), 21);
    assert_eq!(found.settings.prior_spread_percent, 50);
    assert_eq!(
        (found.reading.separator, found.follow_up_days, found.seed),
        (Some(b';'), Some(90), 9)
    );
    let mistake = |line: &str, part: &str| {
        let error = format!("{:#}", read(line).unwrap_err());
        assert!(error.contains(part), "{line}: {error}");
    };
    mistake("play", "`play` is not known");
    mistake("backtest", "which file?");
    mistake("backtest a b", "`b` is a second one");
    mistake("backtest a --zone Berlin", "`Berlin` is no IANA time zone");
    mistake("backtest a --dates ymd", "dmy or mdy");
    mistake("backtest a --days Bart", "CATEGORY=DAYS");
    mistake("backtest a --days Bart=0", "write 1 to 730");
    mistake("backtest a --spread 5", "must be 10 to 150");
    mistake("backtest a --follow-up 0", "1 to 3660");
    mistake("backtest a --from", "--from needs a value");
    mistake("backtest a --from 1.1.2026", "a day like 2026-06-01");
    mistake("backtest a --colour red", "--colour is unknown");
    mistake("bench --customers many", "a whole number, not `many`");
    assert!(
        matches!(read("bench --customers 10,20").unwrap(), Options::Bench { customers, .. } if customers == [10, 20])
    );
    assert!(matches!(read("").unwrap(), Options::Help));
    for flag in [
        "--customer",
        "--separator",
        "--days",
        "--follow-up",
        "--strict",
        "--customers",
    ] {
        assert!(HELP.contains(flag), "{flag}");
    }
}
