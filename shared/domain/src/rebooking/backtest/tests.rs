use proptest::prelude::*;

use super::*;
use crate::rebooking::category::CategoryRhythm;
use crate::rebooking::interval::Dice;
use crate::rebooking::predict::{History, predict};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A shop of barber's customers, each with a rhythm of their own, some of whom leave.
fn shop(customers: usize, seed: u64) -> Shop {
    let mut dice = Dice::new(seed);
    let histories = (0..customers).map(|_| {
        let rhythm = 21 + dice.below(40) as u64;
        let mut at = day("2020-01-01") + Days::new(dice.below(400) as u64);
        let mut visits = Vec::new();
        while at < day("2024-01-01") {
            visits.push(Seen {
                day: at,
                category: 0,
            });
            let holiday = if dice.below(15) == 0 { 60 } else { 0 };
            at = at + Days::new(rhythm - 7 + dice.below(15) as u64 + holiday);
            if dice.below(40) == 0 {
                break;
            }
        }
        Customer {
            visits,
            further: Vec::new(),
        }
    });
    Shop {
        categories: vec![KnownCategory {
            category: Category::parse("mens_cut").unwrap(),
            default_days: 35,
        }],
        customers: histories.collect(),
    }
}

fn plan() -> Plan {
    Plan {
        from: day("2021-07-01"),
        to: day("2022-12-31"),
        follow_up_days: 365,
        settings: Settings::default(),
        seed: 1,
    }
}

fn figures(report: &Report, method: Method) -> Figures {
    let found = report.figures.iter().find(|(found, _)| *found == method);
    found.unwrap().1
}

#[test]
fn every_count_adds_up() {
    let report = run(&shop(300, 1), &plan());
    for (choice, timing) in &report.timing {
        assert_eq!(
            timing.sent,
            timing.in_time + timing.too_early + timing.never_came
        );
        assert_eq!(timing.cycles, timing.sent + timing.came_first);
        assert!(timing.sent > 0, "{choice:?}");
    }
    let all: u64 = report
        .by_visits
        .iter()
        .skip(1)
        .map(|group| group.formula.count)
        .sum();
    for method in Method::ALL {
        assert_eq!(figures(&report, method).count, all);
        assert_eq!(
            figures(&report, method).within[60].min(all),
            figures(&report, method).within[60]
        );
    }
    assert_eq!(report.calibration.returned, all);
}

#[test]
fn the_formula_beats_the_simple_rules_where_people_go_on_holiday() {
    let report = run(&shop(300, 1), &plan());
    let formula = figures(&report, Method::Formula);
    for method in [Method::MeanGap, Method::LastGap] {
        assert!(formula.log_error < 0.92 * figures(&report, method).log_error);
    }
    assert_eq!(report.changes[0].verdict, Verdict::Better);
    // Written to less often, and more of it in time.
    let (_, three) = report.timing[2];
    let (_, predicted) = report.timing[3];
    assert!(predicted.sent * 2 < three.sent);
    assert!(predicted.in_time * three.sent > three.in_time * predicted.sent);
}

#[test]
fn too_little_data_gets_no_verdict() {
    for customers in [0, 1, 5] {
        let report = run(&shop(customers, 1), &plan());
        assert!(
            report
                .changes
                .iter()
                .all(|change| change.verdict == Verdict::TooLittleData)
        );
        assert!(table(&report).contains("no verdict: too little data"));
        assert!(!table(&report).contains("NaN"));
        assert!(!svg(&report).contains("NaN"));
        assert!(!terminal(&report).contains("NaN"));
    }
}

#[test]
fn what_comes_later_changes_nothing_that_was_predicted_before() {
    let whole = shop(300, 2);
    let plan = Plan {
        follow_up_days: 200,
        ..plan()
    };
    // Everything after the last follow-up is unknown.
    let end = plan.to + Days::new(200);
    let mut cut = whole.clone();
    for customer in &mut cut.customers {
        customer.visits.retain(|seen| seen.day <= end);
    }
    let (report, of_cut) = (run(&whole, &plan), run(&cut, &plan));
    assert_eq!(report.figures, of_cut.figures);
    assert_eq!(report.timing, of_cut.timing);
}

#[test]
fn the_predicted_reminder_is_the_one_that_would_have_been_sent() {
    let shop = shop(1, 3);
    let days: Vec<NaiveDate> = shop.customers[0]
        .visits
        .iter()
        .map(|seen| seen.day)
        .collect();
    let plan = Plan {
        from: days[4],
        to: days[4],
        ..plan()
    };
    let report = run(&shop, &plan);
    let category = CategoryRhythm::blended(
        &shop.categories[0].category,
        35,
        &mut [crate::rebooking::category::own_median(gaps_newest_first(&days[..4])).unwrap()],
    );
    let history = History::new(days.iter().copied());
    let found = predict(&history, &category, &Settings::default(), days[4]).unwrap();
    let (_, timing) = report.timing[3];
    let expected = timing::outcome(
        (found.reminder - found.last_visit).num_days(),
        Some(gap(days[4], days[5])),
    );
    assert_eq!(timing.cycles, 1);
    assert_eq!(timing.came_first == 1, expected == Outcome::CameFirst);
    assert_eq!(timing.in_time == 1, expected == Outcome::InTime);
}

#[test]
fn a_reminder_is_judged_by_the_visit_that_follows() {
    for (reminder, next, expected) in [
        (30, None, Outcome::NeverCame),
        (30, Some(29), Outcome::CameFirst),
        (30, Some(30), Outcome::CameFirst),
        (30, Some(31), Outcome::InTime),
        (30, Some(44), Outcome::InTime),
        (30, Some(45), Outcome::TooEarly),
    ] {
        assert_eq!(outcome(reminder, next), expected, "{reminder} {next:?}");
    }
}

#[test]
fn what_really_happened_is_counted_like_what_would_have() {
    let found = TimingFigures::of([
        (30, Some(20)),
        (30, Some(33)),
        (30, Some(40)),
        (30, Some(90)),
        (30, None),
    ]);
    assert_eq!(
        found,
        TimingFigures {
            cycles: 5,
            sent: 4,
            in_time: 2,
            too_early: 1,
            never_came: 1,
            came_first: 1,
            median_lead_days: 10,
        }
    );
}

#[test]
fn where_nothing_ever_errs_nothing_is_proven() {
    let daily = (0..60).map(|_| Customer {
        visits: (0..500)
            .map(|n| Seen {
                day: day("2021-07-01") + Days::new(n),
                category: 0,
            })
            .collect(),
        further: Vec::new(),
    });
    let shop = Shop {
        customers: daily.collect(),
        ..shop(0, 0)
    };
    let report = run(
        &shop,
        &Plan {
            to: day("2021-09-01"),
            ..plan()
        },
    );
    assert!(
        report
            .changes
            .iter()
            .all(|change| change.verdict == Verdict::NotProven)
    );
    assert!(!table(&report).contains("NaN"));
}

#[test]
fn the_sensible_window_leaves_a_past_and_a_future() {
    let of = |first: &str, last: &str| {
        let seen = |text| Seen {
            day: day(text),
            category: 0,
        };
        let shop = Shop {
            customers: vec![Customer {
                visits: vec![seen(first), seen(last)],
                further: Vec::new(),
            }],
            ..Shop::default()
        };
        let plan = Plan::sensible(&shop, Settings::default(), 0).unwrap();
        (
            plan.from.to_string(),
            plan.to.to_string(),
            plan.follow_up_days,
        )
    };
    let expected = |from: &str, to: &str, days| (from.to_owned(), to.to_owned(), days);
    assert_eq!(
        of("2021-01-04", "2024-12-31"),
        expected("2022-07-01", "2024-01-01", 365)
    );
    assert_eq!(
        of("1997-01-01", "1998-06-30"),
        expected("1997-10-01", "1998-01-01", 180)
    );
    assert_eq!(
        of("2024-01-01", "2024-09-30"),
        expected("2024-05-01", "2024-07-24", 68)
    );
    assert_eq!(
        of("2024-01-01", "2024-01-01"),
        expected("2024-01-01", "2023-12-31", 1)
    );
    assert_eq!(
        Plan::sensible(&Shop::default(), Settings::default(), 0),
        None
    );
}

#[test]
fn the_report_in_words_and_pictures() {
    let report = run(&shop(300, 1), &plan());
    insta::assert_snapshot!("table", table(&report));
    insta::assert_snapshot!("terminal", terminal(&report));
    insta::assert_snapshot!("svg", svg(&report));
}

proptest! {
    #[test]
    fn any_past_can_be_played(
        histories in prop::collection::vec(prop::collection::btree_set(0u64..1500, 0..12), 0..12),
        learn in 0u64..1500, length in 0u64..800, follow_up_days in 1u32..700,
    ) {
        let customers = histories.into_iter().map(|days| {
            let seen = |days| Seen { day: day("2020-02-28") + Days::new(days), category: 0 };
            Customer { visits: days.into_iter().map(seen).collect(), further: Vec::new() }
        });
        let shop = Shop { customers: customers.collect(), ..shop(0, 0) };
        let from = day("2020-02-28") + Days::new(learn);
        let plan = Plan { from, to: from + Days::new(length), follow_up_days, ..plan() };
        let report = run(&shop, &plan);
        let text = table(&report) + &terminal(&report) + &svg(&report);
        prop_assert!(!text.contains("NaN") && !text.contains("inf "));
        for (_, timing) in &report.timing {
            prop_assert_eq!(timing.cycles, timing.sent + timing.came_first);
        }
    }
}
