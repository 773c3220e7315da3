//! Reminders after visits, beside everything else that happens in a conversation.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use proptest::prelude::*;
use proptest::sample::select;

use super::world::World;
use crate::channel::{Channel, ChannelUser, PhoneNumber};
use crate::consent::{Change, Class, Source};
use crate::contact::{ContactKind, Reference};
use crate::decide::{Event, SendOutcome};
use crate::fixtures::{after_visit, berlin, hours, manual, quiet, rule, utc};
use crate::local_time::Zone;
use crate::rebooking::due::SLOT;
use crate::rebooking::{Appointment, Category, DayChoice, Record, Service, Status};
use crate::receipt::Reason;
use crate::rule::{OnUnknown, Rule};

const PHONE: &str = "+4915112345678";

/// A customer with a telephone, and their appointments.
struct Salon {
    world: World,
    appointments: Vec<Record>,
}

impl Salon {
    /// On Monday, the 2nd of November, at 10:00 in Berlin.
    fn with(rules: Vec<Rule>) -> Self {
        let mut world = World::on(Channel::Sms, rules);
        world.head.user = ChannelUser::parse(PHONE).unwrap();
        let number = PhoneNumber::parse(PHONE).unwrap();
        let profile = &mut world.customer.profile;
        profile.add_phone(number, ContactKind::Mobile, world.now);
        Self {
            world,
            appointments: Vec::new(),
        }
    }

    fn reminding(day: DayChoice, at: &str) -> Self {
        Self::with(vec![after_visit("reminder", day, at)])
    }

    /// The business's own system tells it.
    fn told(&mut self, reference: &str, starts_at: DateTime<Utc>, status: Status) {
        let known = self.appointments.iter_mut();
        let mut known = known.filter(|one| one.reference.reveal() == reference);
        let appointment = Appointment {
            starts_at,
            status,
            services: vec![Service {
                category: Category::parse("mens_cut").unwrap(),
                duration_minutes: 30,
                price_minor: 3000,
                staff: Some("Jane".into()),
            }],
        };
        match known.next() {
            Some(known) => known.appointment = appointment,
            None => self.appointments.push(Record {
                workspace: self.world.customer.workspace,
                customer: self.world.customer.id,
                reference: Reference::parse(reference).unwrap(),
                version: 1,
                appointment,
                changed_at: self.world.now,
                created_at: self.world.now,
            }),
        }
        self.plan();
    }

    /// As the application does when anything changes.
    fn plan(&mut self) {
        let world = &mut self.world;
        let (patterns, zone) = (world.settings.patterns(), world.settings.zone);
        let habit = &world.customer.habit;
        let habit = habit.told(&self.appointments, &patterns, zone, world.now);
        *world.customer.habit = habit;
        let plan = Some(world.new_ids());
        world.happens(&Event::VisitsChanged { plan });
    }

    fn visit(&mut self, reference: &str, at: &str) {
        let at = utc(at);
        self.world.advance_to(at);
        self.told(reference, at, Status::Completed);
    }

    /// When each reminder left, as the shop's clock shows it.
    fn left(&self) -> Vec<String> {
        let local = |at: DateTime<Utc>| berlin().local(at).format("%Y-%m-%d %H:%M").to_string();
        self.world.sent.iter().map(|sent| local(sent.at)).collect()
    }
}

#[test]
fn ph_07_the_reminder_leaves_at_the_hour_of_the_day() {
    for (day, expected) in [
        (DayChoice::OneDayAfter, "2026-11-03 09:30"),
        (DayChoice::TwoDaysAfter, "2026-11-04 09:30"),
        (DayChoice::ThreeDaysAfter, "2026-11-05 09:30"),
        // 35 days by the category, overdue from day 52, five days before.
        (DayChoice::Predicted, "2026-12-19 09:30"),
    ] {
        let mut salon = Salon::reminding(day, "09:30");
        salon.visit("V1", "2026-11-02T10:00:00Z");
        salon.world.advance(90 * 24 * 60);
        assert_eq!(salon.left(), [expected], "{day:?}");
    }
}

#[test]
fn ph_12_two_visits_go_by_the_category_and_three_by_the_customer() {
    let mut salon = Salon::reminding(DayChoice::Predicted, "10:00");
    for (reference, at) in [
        ("V1", "2026-11-03T10:00:00Z"),
        ("V2", "2026-11-10T10:00:00Z"),
    ] {
        salon.visit(reference, at);
    }
    let due = |salon: &Salon| {
        let run = salon.world.pending().unwrap();
        berlin().day(run.due_at).to_string()
    };
    assert_eq!(due(&salon), "2026-12-27");
    salon.visit("V3", "2026-11-17T10:00:00Z");
    let third = due(&salon);
    assert!(third.as_str() < "2026-12-10", "{third}");
}

#[test]
fn ph_08_a_booking_takes_the_reminder_back_and_its_end_brings_it_again() {
    let mut salon = Salon::reminding(DayChoice::TwoDaysAfter, "10:00");
    salon.visit("V1", "2026-11-02T10:00:00Z");
    let next = utc("2026-12-01T10:00:00Z");
    salon.told("V2", next, Status::Booked);
    assert_eq!(salon.world.pending(), None);
    let reason = salon.world.last_reason();
    assert_eq!(reason, Some(Reason::FutureAppointment { at: next }));
    salon.told("V2", next, Status::Cancelled);
    salon.world.advance(5 * 24 * 60);
    assert_eq!(salon.left(), ["2026-11-04 10:00"]);
    // The visit has had its one.
    salon.plan();
    salon.world.advance(60 * 24 * 60);
    assert_eq!(salon.left().len(), 1);
    assert_eq!(salon.world.last_reason(), Some(Reason::AlreadyReminded));
}

#[test]
fn ph_08_a_booking_just_before_the_claim_stops_it() {
    let mut salon = Salon::reminding(DayChoice::OneDayAfter, "10:00");
    salon.visit("V1", "2026-11-02T10:00:00Z");
    let run = salon.world.pending().unwrap().clone();
    salon.world.now = run.due_at;
    // Nobody has planned anew yet: the fact alone is enough.
    let next = utc("2026-11-20T10:00:00Z");
    salon.world.customer.habit.booked = vec![next];
    assert!(!salon.world.claim(run.id));
    let reason = salon.world.last_reason();
    assert_eq!(reason, Some(Reason::FutureAppointment { at: next }));
    assert_eq!(salon.world.pending(), None);
}

#[test]
fn silences_and_replies_have_nothing_to_do_with_it() {
    let reminder = after_visit("reminder", DayChoice::ThreeDaysAfter, "10:00");
    let mut salon = Salon::with(vec![rule("silence", manual(240)), reminder.clone()]);
    salon.visit("V1", "2026-11-02T10:00:00Z");
    salon.world.customer_writes();
    assert!(salon.world.pending().is_some_and(|run| run.visit.is_some()));
    salon.world.advance(1);
    salon.world.staff_answers();
    salon.world.happens(&Event::Closed);
    salon.world.happens(&Event::Reopened);
    salon.world.advance(24 * 60);
    // The follow-up on the silence went, and did not end with the reminder nor end it.
    assert_eq!(salon.world.sent.len(), 1);
    salon.world.happens(&Event::Closed);
    salon.world.advance(5 * 24 * 60);
    let rules: Vec<_> = salon.world.sent.iter().map(|sent| sent.rule).collect();
    assert_eq!(rules[1], Some(reminder.id));
    assert_eq!(salon.left()[1], "2026-11-05 10:00");
    assert_eq!(salon.world.head.episode_sent, 1);
}

#[test]
fn whoever_talks_with_us_is_reminded_on_another_day() {
    let mut salon = Salon::reminding(DayChoice::OneDayAfter, "10:00");
    salon.visit("V1", "2026-11-02T10:00:00Z");
    salon.world.advance_to(utc("2026-11-03T08:00:00Z"));
    salon.world.customer_writes();
    salon.world.advance(10 * 24 * 60);
    assert_eq!(salon.left(), ["2026-11-04 10:00"]);
}

#[test]
fn ph_13_what_is_off_sends_nothing_and_what_is_on_again_plans_anew() {
    let mut salon = Salon::reminding(DayChoice::TwoDaysAfter, "10:00");
    salon.visit("V1", "2026-11-02T10:00:00Z");
    let id = salon.world.rules[0].id;
    for enabled in [false, true] {
        let rule = &mut salon.world.rules[0];
        rule.enabled = enabled;
        rule.version += 1;
        rule.updated_at = salon.world.now;
        salon.world.happens(&Event::RuleChanged { rule: id });
        assert_eq!(salon.world.pending(), None);
        salon.plan();
        assert_eq!(salon.world.pending().is_some(), enabled);
    }
    salon.world.advance(5 * 24 * 60);
    assert_eq!(salon.left(), ["2026-11-04 10:00"]);
}

#[test]
fn ph_15_a_refusal_of_advertising_ends_it_and_an_older_one_is_a_gate() {
    let refuse = |salon: &mut Salon| {
        let change = Change::Refuse {
            class: Class::SmsMarketing,
        };
        let now = salon.world.now;
        let customer = &mut salon.world.customer;
        customer
            .say(change, Source::Preferences, None, now)
            .unwrap();
    };
    let mut salon = Salon::reminding(DayChoice::OneDayAfter, "10:00");
    salon.visit("V1", "2026-11-02T10:00:00Z");
    refuse(&mut salon);
    let class = Class::SmsMarketing;
    salon.world.happens(&Event::ClassRefused { class });
    assert_eq!(salon.world.pending(), None);
    // Planned again all the same, for who refuses now may have allowed it by then.
    salon.plan();
    salon.world.advance(5 * 24 * 60);
    assert_eq!(salon.left(), [""; 0]);
    let reason = salon.world.last_reason();
    assert!(
        matches!(reason, Some(Reason::ClassRefused { .. })),
        "{reason:?}"
    );
}

#[test]
fn ph_14_a_reminder_that_waits_is_skipped_when_it_is_too_late() {
    let mut salon = Salon::reminding(DayChoice::OneDayAfter, "10:00");
    salon.world.settings.frequency_cap.messages = 1;
    salon.world.settings.frequency_cap.hours = 720;
    salon.visit("V1", "2026-11-02T10:00:00Z");
    salon.world.customer.automated_at = vec![salon.world.now - TimeDelta::days(26)];
    salon.world.advance(60 * 24 * 60);
    // Three days late there is room again, soon enough after the time of day.
    assert_eq!(salon.left(), ["2026-11-06 11:00"]);

    let mut salon = Salon::reminding(DayChoice::OneDayAfter, "10:00");
    salon.world.settings.frequency_cap.messages = 1;
    salon.world.settings.frequency_cap.hours = 720;
    salon.visit("V1", "2026-11-02T10:00:00Z");
    salon.world.customer.automated_at = vec![salon.world.now];
    salon.world.advance(60 * 24 * 60);
    assert_eq!(salon.left(), [""; 0]);
    let reason = salon.world.last_reason();
    assert!(
        matches!(reason, Some(Reason::FrequencyCap { .. })),
        "{reason:?}"
    );
}

#[test]
fn ph_16_quiet_hours_move_it_within_its_day() {
    for (at, quiet_hours, expected) in [
        ("07:00", ("20:00", "08:30"), "2026-11-03 08:30"),
        ("21:00", ("20:00", "08:30"), "2026-11-03 19:55"),
        ("13:00", ("12:00", "14:00"), "2026-11-03 14:00"),
        ("10:00", ("20:00", "08:30"), "2026-11-03 10:00"),
    ] {
        let mut salon = Salon::reminding(DayChoice::OneDayAfter, at);
        salon.world.settings.quiet_hours = Some(quiet(quiet_hours.0, quiet_hours.1));
        salon.visit("V1", "2026-11-02T10:00:00Z");
        salon.world.advance(9 * 24 * 60);
        assert_eq!(salon.left(), [expected], "{at} in {quiet_hours:?}");
    }
}

#[test]
fn a_try_that_failed_is_no_second_reminder_and_a_failure_is_the_only_one() {
    let mut salon = Salon::reminding(DayChoice::OneDayAfter, "10:00");
    salon.visit("V1", "2026-11-02T10:00:00Z");
    let due = salon.world.pending().unwrap().due_at;
    let again = due + TimeDelta::minutes(20);
    let detail = "429".to_owned();
    salon.world.outcomes.push_back(SendOutcome::Retry {
        at: Some(again),
        detail: detail.clone(),
    });
    salon.world.outcomes.push_back(SendOutcome::Permanent {
        class: "number".into(),
        detail,
        unreachable: false,
    });
    salon.world.advance(2 * 24 * 60);
    assert_eq!(salon.left(), ["2026-11-03 10:00", "2026-11-03 10:20"]);
    salon.plan();
    assert_eq!(salon.world.pending(), None);
    assert_eq!(salon.world.last_reason(), Some(Reason::AlreadyReminded));
}

#[test]
fn an_unknown_outcome_follows_the_rule_and_never_another_reminder() {
    for (on_unknown, expected) in [(OnUnknown::Skip, 1), (OnUnknown::Resend, 2)] {
        let mut reminder = after_visit("reminder", DayChoice::OneDayAfter, "10:00");
        reminder.spec.on_unknown = on_unknown;
        let mut salon = Salon::with(vec![reminder]);
        salon.visit("V1", "2026-11-02T10:00:00Z");
        let detail = "timeout".to_owned();
        let outcome = SendOutcome::Unknown { detail };
        salon.world.outcomes.push_back(outcome);
        salon.world.advance(30 * 60);
        salon.plan();
        salon.world.advance(5 * 24 * 60);
        assert_eq!(salon.left().len(), expected, "{on_unknown:?}");
    }
}

#[test]
fn a_number_that_is_theirs_no_more_gets_nothing() {
    let mut salon = Salon::reminding(DayChoice::OneDayAfter, "10:00");
    salon.visit("V1", "2026-11-02T10:00:00Z");
    salon.world.customer.profile.phones.clear();
    salon.world.advance(3 * 24 * 60);
    assert_eq!(salon.left(), [""; 0]);
    let reason = salon.world.last_reason();
    assert!(
        matches!(reason, Some(Reason::NoAddress { .. })),
        "{reason:?}"
    );
}

#[test]
fn of_several_rules_one_reminds() {
    let one = after_visit("one", DayChoice::OneDayAfter, "10:00");
    let mut other = after_visit("other", DayChoice::TwoDaysAfter, "10:00");
    other.spec.priority = 5;
    let mut salon = Salon::with(vec![one, other.clone()]);
    salon.visit("V1", "2026-11-02T10:00:00Z");
    salon.world.advance(30 * 24 * 60);
    let by: Vec<_> = salon.world.sent.iter().map(|sent| sent.rule).collect();
    assert_eq!(by, [Some(other.id)]);
}

/// What may happen.
#[derive(Clone, Debug)]
enum Op {
    /// An appointment with this number is told, so many hours from now.
    Told(u8, i64, Status),
    Advance(i64),
    CustomerWrites,
    StaffAnswers,
    Closed,
    Switch,
    Fails(SendOutcome),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let status = select(vec![
        Status::Booked,
        Status::Completed,
        Status::Completed,
        Status::Cancelled,
        Status::NoShow,
    ]);
    let detail = || "x".to_owned();
    let outcomes = vec![
        SendOutcome::Unknown { detail: detail() },
        SendOutcome::Retry {
            at: None,
            detail: detail(),
        },
    ];
    let op = prop_oneof![
        4 => (0u8..6, -2000i64..2000, status).prop_map(|(n, at, status)| Op::Told(n, at, status)),
        4 => (1i64..20_000).prop_map(Op::Advance),
        1 => Just(Op::CustomerWrites),
        1 => Just(Op::StaffAnswers),
        1 => Just(Op::Closed),
        1 => Just(Op::Switch),
        1 => select(outcomes).prop_map(Op::Fails),
    ];
    prop::collection::vec(op, 1..25)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn reminders_keep_their_promises_whatever_happens(
        ops in ops(),
        zone in select(vec!["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"]),
        day in select(DayChoice::ALL.to_vec()),
        hour in 0u32..24, minute in 0u32..60,
        start in 1_790_000_000i64..1_830_000_000,
        night: bool,
    ) {
        let at = format!("{hour:02}:{minute:02}");
        let mut salon = Salon::reminding(day, &at);
        let zone = Zone::parse(zone).unwrap();
        salon.world.settings.zone = zone;
        salon.world.settings.quiet_hours = night.then(|| quiet("20:00", "08:00"));
        salon.world.now = DateTime::from_timestamp(start, 0).unwrap();
        let id = salon.world.rules[0].id;
        for op in ops {
            let before = salon.world.sent.len();
            let on = salon.world.rules[0].enabled;
            match op {
                Op::Told(number, after, status) => {
                    let starts_at = salon.world.now + hours(after);
                    salon.told(&format!("V{number}"), starts_at, status);
                }
                Op::Advance(minutes) => salon.world.advance(minutes),
                Op::CustomerWrites => salon.world.customer_writes(),
                Op::StaffAnswers => salon.world.staff_answers(),
                Op::Closed => drop(salon.world.happens(&Event::Closed)),
                Op::Switch => {
                    let rule = &mut salon.world.rules[0];
                    rule.enabled = !rule.enabled;
                    rule.version += 1;
                    rule.updated_at = salon.world.now;
                    salon.world.happens(&Event::RuleChanged { rule: id });
                    salon.plan();
                }
                Op::Fails(outcome) => salon.world.outcomes.push_back(outcome),
            }
            let new = &salon.world.sent[before..];
            prop_assert!(new.is_empty() || on);
            for sent in new {
                let today = zone.day(sent.at);
                let visit = sent.visit.unwrap();
                prop_assert!(today > visit, "before its visit: {sent:?}");
                // Whatever was booked then is booked now: nothing is told while time passes.
                let booked = salon.appointments.iter().find(|one| {
                    one.appointment.status == Status::Booked && one.appointment.starts_at > sent.at
                });
                prop_assert!(booked.is_none(), "{sent:?} with {booked:?}");
                let completed = salon.appointments.iter().filter(|one| {
                    one.appointment.status == Status::Completed
                });
                let last = completed
                    .map(|one| zone.day(one.appointment.starts_at))
                    .filter(|day| *day <= today)
                    .max();
                prop_assert_eq!(last, Some(visit), "after another visit");
                let at = &salon.world.rules[0].spec.after_visit().unwrap().0.at;
                let quiet = salon.world.settings.quiet_hours;
                let at = quiet.map_or(*at, |quiet| quiet.within_day(*at));
                let opens = zone.instant(at.on(today));
                prop_assert!(opens <= sent.at && sent.at < opens + SLOT, "outside its hour: {sent:?}");
                prop_assert!(quiet.is_none_or(|quiet| !quiet.contains(sent.at, zone)));
            }
            let visits: Vec<NaiveDate> = salon.world.sent.iter().filter_map(|sent| sent.visit).collect();
            let unique: BTreeSet<NaiveDate> = visits.iter().copied().collect();
            prop_assert_eq!(visits.len(), unique.len(), "twice for one visit");
            let reminders = salon.world.head.runs.iter().filter(|run| run.visit.is_some());
            prop_assert!(reminders.count() <= 1);
        }
    }
}
