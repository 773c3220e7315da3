//! Rows of a visit history, which come from anybody's program. The first line is the header,
//! the others are rows; fields are separated by semicolons.
#![no_main]

use std::io::Cursor;

use domain::local_time::Zone;
use domain::rebooking::Patterns;
use domain::rebooking::backtest::{Plan, run, svg, table, terminal};
use domain::rebooking::import::{Columns, Reading, Role, Row, ShopBuilder, parse_day, read_past};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    as_appointments(text);
    let mut lines = text.lines();
    let header: Vec<String> = lines
        .next()
        .unwrap_or_default()
        .split(';')
        .map(str::to_owned)
        .collect();
    let columns = Columns::find(&header, |_: Role| None).unwrap_or(Columns {
        customer: 0,
        date: 1,
        category: Some(2),
        status: Some(3),
        duration: Some(4),
        price: Some(5),
    });
    let today = "2030-01-01".parse().expect("a day");
    let mut builder = ShopBuilder::new(Zone::UTC, today, None, Patterns::default());
    let (mut rows, mut broken) = (0, 0);
    for line in lines {
        let fields: Vec<&str> = line.split(';').collect();
        let field = |place: usize| fields.get(place).copied();
        let row = Row {
            customer: field(columns.customer).unwrap_or_default(),
            date: field(columns.date).unwrap_or_default(),
            category: columns.category.and_then(field),
            status: columns.status.and_then(field),
            duration: columns.duration.and_then(field),
            price: columns.price.and_then(field),
        };
        rows += 1;
        broken += u64::from(builder.add(&row).is_err());
        if let Ok(day) = parse_day(row.date, None, Zone::UTC) {
            let again = parse_day(&day.to_string(), None, Zone::UTC);
            assert_eq!(again, Ok(day), "what is written as ISO is the same day");
        }
    }
    let (shop, tally) = builder.finish();
    assert_eq!((tally.rows, tally.broken), (rows, broken));
    let not_visits = tally.cancelled + tally.no_show + tally.booked + tally.future;
    let visits = tally.visits + tally.same_day + tally.duplicates;
    assert_eq!(rows, broken + not_visits + visits, "no row is lost");
    for customer in &shop.customers {
        let days: Vec<_> = customer.visits.iter().map(|seen| seen.day).collect();
        assert!(days.is_sorted_by(|a, b| a < b), "one visit a day, in order");
    }
    if let Some(plan) = Plan::sensible(&shop, Default::default(), 1) {
        let report = run(&shop, &plan);
        let text = table(&report) + &terminal(&report) + &svg(&report);
        assert!(!text.contains("NaN"));
    }
});

/// The same as appointments that are to be stored: each is one that may be, and the same table again
/// names the same ones.
fn as_appointments(text: &str) {
    let reading = Reading::new(Zone::UTC, "2030-01-01".parse().expect("a day"));
    let now = "2030-01-01T12:00:00Z".parse().expect("a time");
    let read = || {
        let mut found = Vec::new();
        let read = read_past(Cursor::new(text), &reading, now, |line, row| {
            found.push((line, row))
        });
        read.ok().map(|()| found)
    };
    let found = read();
    assert_eq!(found, read(), "the same table says the same");
    for past in found.into_iter().flatten().filter_map(|(_, row)| row.ok()) {
        assert_eq!(past.appointment.check(now), Ok(()));
        assert!(past.changed_at <= now);
    }
}
