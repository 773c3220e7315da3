use proptest::prelude::*;

use super::*;
use crate::rebooking::category::{Category, CategoryRhythm, Patterns};
use crate::rebooking::predict::{History, Settings, predict};

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn berlin() -> Zone {
    Zone::parse("Europe/Berlin").unwrap()
}

fn predicted(days: impl IntoIterator<Item = NaiveDate>) -> Prediction {
    let patterns = Patterns::default();
    let category = Category::parse("mens_cut").unwrap();
    let category = CategoryRhythm::default_of(&category, &patterns);
    predict(
        &History::new(days),
        &category,
        &Settings::default(),
        NaiveDate::MAX,
    )
    .unwrap()
}

fn timing(day: DayChoice, at: &str) -> Timing {
    Timing {
        day,
        at: TimeOfDay::parse(at).unwrap(),
    }
}

fn situation(now: &str, visit: &str) -> Situation {
    Situation {
        now: utc(now),
        zone: berlin(),
        last_visit: day(visit),
        next_booking: None,
        reminded_for: None,
        marketing: Marketing::Allowed,
        live_since: utc("2020-01-01T00:00:00Z"),
    }
}

fn decision(choice: DayChoice, at: &str, situation: &Situation) -> Decision {
    let prediction = predicted([situation.last_visit]);
    decide(
        &prediction,
        &timing(choice, at),
        &Limits::default(),
        situation,
    )
}

fn on_time(at: &str) -> Decision {
    Decision::Send {
        at: utc(at),
        late_days: 0,
    }
}

#[test]
fn ph_07_ph_14_the_time_of_day_applies_to_each_of_the_four_days() {
    // One visit at the barber's: 35 days by the category, overdue from day 52.
    let now = situation("2026-03-01T17:00:00Z", "2026-03-01");
    let check = |choice, expected: &str| {
        assert_eq!(
            decision(choice, "09:30", &now),
            on_time(expected),
            "{choice:?}"
        );
    };
    check(DayChoice::OneDayAfter, "2026-03-02T08:30:00Z");
    check(DayChoice::TwoDaysAfter, "2026-03-03T08:30:00Z");
    check(DayChoice::ThreeDaysAfter, "2026-03-04T08:30:00Z");
    check(DayChoice::Predicted, "2026-04-17T07:30:00Z"); // summer time by then
    assert_eq!(DayChoice::default(), DayChoice::Predicted); // PH-09
    let words: Vec<String> = DayChoice::ALL
        .iter()
        .map(|choice| serde_json::to_string(choice).unwrap())
        .collect();
    assert_eq!(
        words.join(" "),
        r#""one_day_after" "two_days_after" "three_days_after" "predicted""#
    );
    assert!(serde_json::from_str::<DayChoice>("\"four_days_after\"").is_err());
}

#[test]
fn nx_41_a_time_in_the_gap_or_the_fold_of_daylight_saving_follows_the_policy() {
    let spring = situation("2026-03-28T18:00:00Z", "2026-03-28");
    let sent = decision(DayChoice::OneDayAfter, "02:30", &spring);
    assert_eq!(sent, on_time("2026-03-29T01:30:00Z")); // shows 03:30
    let autumn = situation("2026-10-24T18:00:00Z", "2026-10-24");
    let sent = decision(DayChoice::OneDayAfter, "02:30", &autumn);
    assert_eq!(sent, on_time("2026-10-25T00:30:00Z")); // the first 02:30
    // The day of the visit is a day in the zone: 23:30 in Berlin, 21:30 in UTC.
    let late = situation("2026-06-01T21:30:00Z", "2026-06-01");
    let sent = decision(DayChoice::OneDayAfter, "00:00", &late);
    assert_eq!(sent, on_time("2026-06-01T22:00:00Z"));
}

#[test]
fn ph_14_what_is_past_moves_to_the_next_slot_and_is_skipped_after_the_limit() {
    let at = |now: &str| {
        decision(
            DayChoice::OneDayAfter,
            "09:00",
            &situation(now, "2026-06-01"),
        )
    };
    let sent = |at: &str, late_days| Decision::Send {
        at: utc(at),
        late_days,
    };
    // 09:00 in Berlin is 07:00. The slot of the day itself is open until noon.
    assert_eq!(at("2026-06-02T06:59:59Z"), on_time("2026-06-02T07:00:00Z"));
    assert_eq!(at("2026-06-02T09:59:59Z"), on_time("2026-06-02T09:59:59Z"));
    assert_eq!(at("2026-06-02T10:00:00Z"), sent("2026-06-03T07:00:00Z", 1));
    assert_eq!(at("2026-06-08T10:00:00Z"), sent("2026-06-09T07:00:00Z", 7));
    assert_eq!(at("2026-06-09T08:00:00Z"), sent("2026-06-09T08:00:00Z", 7));
    let too_late = Decision::Skip(Skip::TooLate {
        late_days: 8,
        limit_days: 7,
    });
    assert_eq!(at("2026-06-09T10:00:00Z"), too_late);
    assert_eq!(at("2026-06-10T06:00:00Z"), too_late);
}

#[test]
fn ph_08_ph_14_ph_15_every_reason_to_send_nothing() {
    let plain = situation("2026-06-02T07:00:00Z", "2026-06-01");
    let check = |situation: Situation, expected: Skip| {
        // The plan was made from the first of June.
        let prediction = predicted([day("2026-06-01")]);
        let timing = timing(DayChoice::OneDayAfter, "09:00");
        let found = decide(&prediction, &timing, &Limits::default(), &situation);
        assert_eq!(found, Decision::Skip(expected));
        for locale in [Locale::De, Locale::En] {
            assert!(expected.explain(locale, berlin()).ends_with('.'));
        }
    };
    let at = utc("2026-06-02T07:00:01Z");
    let booked = Situation {
        next_booking: Some(at),
        ..plain
    };
    check(booked, Skip::FutureAppointment { at });
    let on = day("2026-06-02");
    check(
        Situation {
            last_visit: on,
            ..plain
        },
        Skip::LaterVisit { on },
    );
    let reminded = Situation {
        reminded_for: Some(day("2026-06-01")),
        ..plain
    };
    check(reminded, Skip::AlreadyReminded);
    let refused = Situation {
        marketing: Marketing::NotAllowed,
        ..plain
    };
    check(refused, Skip::NoConsent);
    // The rule was switched on five days later.
    let new = Situation {
        now: utc("2026-06-07T07:00:00Z"),
        live_since: utc("2026-06-07T06:00:00Z"),
        ..plain
    };
    check(
        new,
        Skip::BeforeGoLive {
            late_days: 5,
            limit_days: 3,
        },
    );
    // An appointment that has begun is in the future no more; a reminder for the visit before
    // is none for this one.
    let fine = Situation {
        next_booking: Some(plain.now),
        reminded_for: Some(day("2026-05-31")),
        ..plain
    };
    assert_eq!(
        decision(DayChoice::OneDayAfter, "09:00", &fine),
        on_time("2026-06-02T07:00:00Z")
    );
}

#[test]
fn decisions_and_their_reasons_survive_json_and_limits_have_limits() {
    let at = utc("2026-06-02T07:00:00Z");
    let skip = Skip::FutureAppointment { at };
    for decision in [
        Decision::Send { at, late_days: 2 },
        Decision::Hold { until: at },
        Decision::Skip(skip),
        Decision::Skip(Skip::NoConsent),
    ] {
        let json = serde_json::to_string(&decision).unwrap();
        assert_eq!(
            serde_json::from_str::<Decision>(&json).unwrap(),
            decision,
            "{json}"
        );
    }
    assert_eq!(
        serde_json::to_string(&Decision::Skip(skip)).unwrap(),
        r#"{"decision":"skip","code":"future_appointment","at":"2026-06-02T07:00:00Z"}"#
    );
    assert!(Limits::default().check().is_ok());
    let limits = Limits {
        late_days: 61,
        go_live_days: 99,
    };
    assert_eq!(limits.check().unwrap_err().len(), 2);
}

#[test]
fn go_live_reaches_back_three_days_and_not_four() {
    let at = |now: &str| {
        let live = Situation {
            live_since: utc(now),
            ..situation(now, "2026-06-01")
        };
        decision(DayChoice::OneDayAfter, "09:00", &live)
    };
    assert!(matches!(
        at("2026-06-05T07:00:00Z"),
        Decision::Send { late_days: 3, .. }
    ));
    assert!(matches!(
        at("2026-06-06T07:00:00Z"),
        Decision::Skip(Skip::BeforeGoLive { late_days: 4, .. })
    ));
}

#[test]
fn a_visit_that_is_still_to_come_waits_for_its_day() {
    let before = situation("2026-06-01T07:00:00Z", "2026-06-03");
    assert_eq!(
        decision(DayChoice::OneDayAfter, "09:00", &before),
        Decision::Hold {
            until: utc("2026-06-02T22:00:00Z")
        }
    );
}

const ZONES: [&str; 8] = [
    "Europe/Berlin",
    "America/New_York",
    "America/Santiago", // its gap is at midnight
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Asia/Kathmandu",
    "UTC",
];

#[derive(Clone, Debug)]
struct Case {
    prediction: Prediction,
    timing: Timing,
    situation: Situation,
}

fn cases() -> impl Strategy<Value = Case> {
    let days = prop::collection::vec(1u64..120, 0..8);
    let start = 16_436u64..22_000; // from 2015 on
    let zone = prop::sample::select(ZONES.to_vec());
    let choice = prop::sample::select(DayChoice::ALL.to_vec());
    let booking = prop::option::of(-20_000i64..200_000);
    let reminded = prop::option::of(-3i64..3);
    (
        (start, days, zone, choice, 0u32..1440),
        (
            -3_000i64..400_000,
            booking,
            reminded,
            any::<bool>(),
            0i64..400_000,
        ),
    )
        .prop_map(|((start, gaps, zone, choice, minute), more)| {
            let (minutes, booking, reminded, allowed, live) = more;
            let zone = Zone::parse(zone).unwrap();
            let first = NaiveDate::from_epoch_days(i32::try_from(start).unwrap()).unwrap();
            let visits = gaps.iter().scan(first, |day, gap| {
                *day = *day + Days::new(*gap);
                Some(*day)
            });
            let prediction = predicted(std::iter::once(first).chain(visits));
            let visit = prediction.last_visit;
            let noon = zone.instant(visit.and_hms_opt(12, 0, 0).unwrap());
            let now = noon + TimeDelta::minutes(minutes);
            let at = format!("{:02}:{:02}", minute / 60, minute % 60);
            Case {
                timing: timing(choice, &at),
                situation: Situation {
                    now,
                    zone,
                    last_visit: visit,
                    next_booking: booking.map(|minutes| now + TimeDelta::minutes(minutes)),
                    reminded_for: reminded.map(|days| visit + TimeDelta::days(days)),
                    marketing: match allowed {
                        true => Marketing::Allowed,
                        false => Marketing::NotAllowed,
                    },
                    live_since: noon + TimeDelta::minutes(live - 200_000),
                },
                prediction,
            }
        })
}

impl Case {
    fn decide(&self) -> Decision {
        decide(
            &self.prediction,
            &self.timing,
            &Limits::default(),
            &self.situation,
        )
    }

    /// With every reason to send nothing taken away.
    fn unhindered(mut self) -> Self {
        let noon = self.situation.now;
        self.situation.next_booking = None;
        self.situation.reminded_for = None;
        self.situation.marketing = Marketing::Allowed;
        self.situation.live_since = noon - TimeDelta::days(10_000);
        self
    }
}

proptest! {
    #[test]
    fn nothing_leaves_before_the_visit_or_in_the_past(case in cases()) {
        for case in [case.clone().unhindered(), case] {
            if let Decision::Send { at, .. } = case.decide() {
                let zone = case.situation.zone;
                prop_assert!(at >= case.situation.now);
                prop_assert!(zone.local(at).date() > case.prediction.last_visit);
            }
        }
    }

    #[test]
    fn ph_08_nothing_leaves_when_a_future_appointment_exists(case in cases(), minutes in 1i64..500_000) {
        let mut case = case.unhindered();
        case.situation.next_booking = Some(case.situation.now + TimeDelta::minutes(minutes));
        prop_assert!(!matches!(case.decide(), Decision::Send { .. }), "{:?}", case.decide());
    }

    #[test]
    fn nothing_leaves_without_consent(case in cases()) {
        let mut case = case.unhindered();
        case.situation.marketing = Marketing::NotAllowed;
        prop_assert!(!matches!(case.decide(), Decision::Send { .. }), "{:?}", case.decide());
    }

    /// Asked every hour for two months, as a fleet of doubled and late timers would.
    #[test]
    fn nothing_leaves_twice_for_one_visit(case in cases()) {
        let mut case = case.unhindered();
        let mut sent = 0;
        for _ in 0..1500 {
            if let Decision::Send { at, .. } = case.decide()
                && at == case.situation.now
            {
                sent += 1;
                case.situation.reminded_for = Some(case.prediction.last_visit);
            }
            case.situation.now += TimeDelta::hours(1);
        }
        prop_assert!(sent <= 1, "{sent}");
    }

    #[test]
    fn what_leaves_leaves_in_the_slot_of_its_day_in_the_business_zone(case in cases()) {
        let case = case.unhindered();
        if let Decision::Send { at, late_days } = case.decide() {
            let zone = case.situation.zone;
            let wanted = case.timing.day.day(&case.prediction).unwrap();
            let local = zone.local(at);
            prop_assert_eq!(local.date(), wanted + Days::new(u64::from(late_days)));
            let opens = zone.instant(case.timing.at.on(local.date()));
            prop_assert!(opens <= at && at < opens + SLOT);
        }
    }

    #[test]
    fn what_was_planned_still_holds_when_its_moment_comes(case in cases()) {
        let mut case = case.unhindered();
        if let Decision::Send { at, late_days } = case.decide() {
            case.situation.now = at;
            prop_assert_eq!(case.decide(), Decision::Send { at, late_days });
        }
    }

    #[test]
    fn a_later_visit_is_never_reminded_of_earlier(case in cases(), by in 1u64..400) {
        let case = case.unhindered();
        let mut later = case.clone();
        let moved = |day: NaiveDate| day + Days::new(by);
        later.prediction.last_visit = moved(case.prediction.last_visit);
        later.prediction.expected_next = moved(case.prediction.expected_next);
        later.prediction.at_risk = moved(case.prediction.at_risk);
        later.prediction.reminder = moved(case.prediction.reminder);
        later.situation.last_visit = later.prediction.last_visit;
        if let (Decision::Send { at: first, .. }, Decision::Send { at: second, .. }) =
            (case.decide(), later.decide())
        {
            prop_assert!(first <= second);
        }
    }
}
