//! Filters: what they hold, what is refused, how they read.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;

use super::inbox::{Empty, Only, Row, View, Visibility};
use super::*;
use crate::channel::Channel;
use crate::consent::{Change, Class, Source, Stoppable};
use crate::contact::{ContactKind, EmailAddress, Profile, Tag};
use crate::customer::Customer;
use crate::fixtures::{berlin, conversation, customer, hours, monday, utc};
use crate::message::Category;
use crate::rebooking::{Appointment, Service, Status};
use crate::settings::Locale;

/// A customer of whom everything is known.
struct World {
    customer: Customer,
    profile: Profile,
    appointments: Vec<Appointment>,
    activity: Vec<Activity>,
    threads: Vec<Thread>,
}

fn tag(text: &str) -> Tag {
    Tag::parse(text).unwrap()
}

impl World {
    fn new() -> Self {
        let mut profile = Profile::default();
        let address = EmailAddress::parse("ada@x.de").unwrap();
        profile.add_email(address, ContactKind::Private, monday());
        profile.tags.insert(tag("vip"));
        profile.locations.insert(tag("Köln"));
        profile.responsible.insert("Jane".to_owned());
        profile.locale = Some(Locale::De);
        let fields =
            json!({ "size": 38, "hair": "Dark Brown", "birthday": "1992-02-29", "member": true });
        profile.fields = serde_json::from_value(fields).unwrap();
        let appointment = |at: &str, status, category: &str| Appointment {
            starts_at: utc(at),
            status,
            services: vec![Service {
                category: crate::rebooking::Category::parse(category).unwrap(),
                duration_minutes: 0,
                price_minor: 0,
                staff: None,
            }],
        };
        let mut customer = customer(&conversation(Channel::Telegram));
        customer.created_at = utc("2026-09-01T08:00:00Z");
        let refuse = Change::Refuse {
            class: Class::EmailMarketing,
        };
        customer
            .chat
            .append(refuse, Source::FooterLink, None, monday())
            .unwrap();
        Self {
            customer,
            profile,
            appointments: vec![
                appointment("2026-08-03T10:00:00Z", Status::Completed, "cut"),
                appointment("2026-10-03T10:00:00Z", Status::Completed, "colour"),
                appointment("2026-10-20T10:00:00Z", Status::NoShow, "cut"),
                // Tomorrow at half past midnight in Berlin, today in London.
                appointment("2026-11-02T23:30:00Z", Status::Booked, "cut"),
            ],
            activity: vec![Activity {
                kind: tag("waiting list"),
                at: utc("2026-10-30T12:00:00Z"),
            }],
            threads: vec![Thread {
                channel: Channel::Telegram,
                unread: 0,
                waiting_since: Some(monday()),
                last_customer_at: Some(monday() - hours(30)),
            }],
        }
    }

    fn fits(&self, filter: &Filter) -> bool {
        let subject = Subject {
            customer: &self.customer,
            profile: &self.profile,
            appointments: &self.appointments,
            activity: &self.activity,
            threads: &self.threads,
        };
        matches(filter, subject, monday(), berlin())
    }
}

fn filter(json: serde_json::Value) -> Filter {
    serde_json::from_value(json).unwrap()
}

/// Each condition, whether it holds of the customer above, and its opposite twin.
fn conditions() -> Vec<(serde_json::Value, bool)> {
    let field = |name: &str, test| json!({ "is": "field", "name": name, "test": test });
    let booked = |days, n| {
        json!({ "is": "appointments", "test":
        { "status": "booked", "days": days, "category": null, "at_least": n } })
    };
    let came = |category: Option<&str>, days: Option<u32>, n| {
        json!({ "is": "appointments", "test":
        { "status": "completed", "days": days, "category": category, "at_least": n } })
    };
    vec![
        (json!({ "is": "tagged", "tag": "vip" }), true),
        (json!({ "is": "tagged", "tag": "VIP" }), false),
        (json!({ "is": "at_location", "location": "Köln" }), true),
        (json!({ "is": "at_location", "location": "Bonn" }), false),
        (json!({ "is": "responsible", "name": "Jane" }), true),
        (json!({ "is": "responsible", "name": "Jim" }), false),
        (json!({ "is": "language", "locale": "de" }), true),
        (json!({ "is": "language", "locale": "en" }), false),
        (json!({ "is": "reachable", "on": "email" }), true),
        (json!({ "is": "reachable", "on": "sms" }), false),
        (json!({ "is": "reachable", "on": "telegram" }), true),
        (json!({ "is": "reachable", "on": "whatsapp" }), false),
        (
            field("size", json!({ "test": "at_least", "number": 38 })),
            true,
        ),
        (
            field("size", json!({ "test": "at_least", "number": 39 })),
            false,
        ),
        (
            field("size", json!({ "test": "at_most", "number": 38 })),
            true,
        ),
        (
            field("size", json!({ "test": "equals", "value": 37 })),
            false,
        ),
        (
            field("member", json!({ "test": "equals", "value": true })),
            true,
        ),
        (
            field("hair", json!({ "test": "equals", "value": "dark brown" })),
            true,
        ),
        (
            field("hair", json!({ "test": "contains", "text": "BROWN" })),
            true,
        ),
        (
            field("hair", json!({ "test": "contains", "text": "red" })),
            false,
        ),
        (
            field("hair", json!({ "test": "at_least", "number": 0 })),
            false,
        ),
        (field("eyes", json!({ "test": "missing" })), true),
        (
            field("eyes", json!({ "test": "contains", "text": "b" })),
            false,
        ),
        (
            field(
                "birthday",
                json!({ "test": "on_or_after", "date": "1992-02-29" }),
            ),
            true,
        ),
        (
            field(
                "birthday",
                json!({ "test": "on_or_before", "date": "1992-02-28" }),
            ),
            false,
        ),
        // From 2 November 2026 to 1 March 2027, the next year has no 29 February.
        (
            field(
                "birthday",
                json!({ "test": "anniversary_within", "days": 119 }),
            ),
            true,
        ),
        (
            field(
                "birthday",
                json!({ "test": "anniversary_within", "days": 118 }),
            ),
            false,
        ),
        (json!({ "is": "new_within", "days": 62 }), true),
        (json!({ "is": "new_within", "days": 61 }), false),
        (
            json!({ "is": "consent", "class": "email_marketing", "state": "refused" }),
            true,
        ),
        (
            json!({ "is": "consent", "class": "sms_marketing", "state": "unsaid" }),
            true,
        ),
        (
            json!({ "is": "consent", "class": "sms_marketing", "state": "granted" }),
            false,
        ),
        (
            json!({ "is": "consent", "class": "email_marketing", "state": "pending" }),
            false,
        ),
        (booked(Some(1), 1), true),
        (booked(None, 2), false),
        (came(None, None, 2), true),
        (came(Some("cut"), None, 2), false),
        (came(None, Some(30), 1), true),
        (came(None, Some(29), 1), false),
        (
            json!({ "is": "appointments", "test": { "status": "no_show", "days": 13, "category": "cut", "at_least": 1 } }),
            true,
        ),
        (
            json!({ "is": "appointments", "test": { "status": "cancelled", "days": null, "category": null, "at_least": 1 } }),
            false,
        ),
        (json!({ "is": "last_visit_before", "days": 30 }), true),
        (json!({ "is": "last_visit_before", "days": 31 }), false),
        (
            json!({ "is": "activity", "kind": "waiting list", "days": 3 }),
            true,
        ),
        (
            json!({ "is": "activity", "kind": "waiting list", "days": 2 }),
            false,
        ),
        (json!({ "is": "wrote_within", "days": 1 }), true),
        (json!({ "is": "waiting" }), true),
        (json!({ "is": "unread" }), false),
    ]
}

#[test]
fn every_condition_holds_or_not_and_reads_well() {
    let world = World::new();
    let mut lines = Vec::new();
    for (json, holds) in conditions() {
        let filter = filter(json.clone());
        assert_eq!(world.fits(&filter), holds, "{json}");
        // It survives its JSON.
        assert_eq!(serde_json::to_value(&filter).unwrap(), json);
        let (de, en) = (filter.explain(Locale::De), filter.explain(Locale::En));
        assert_ne!(de, en);
        lines.push(format!("{de}\n  {en}"));
    }
    lines.dedup();
    insta::assert_snapshot!("conditions", lines.join("\n"));
}

#[test]
fn a_stop_counts_as_a_refusal() {
    let mut world = World::new();
    let refused =
        filter(json!({ "is": "consent", "class": "sms_transactional", "state": "refused" }));
    assert!(!world.fits(&refused));
    let stop = Change::Stop {
        what: Stoppable::Sms,
    };
    world
        .customer
        .chat
        .append(stop, Source::Keyword, None, monday())
        .unwrap();
    assert!(world.fits(&refused));
}

#[test]
fn groups_read_with_brackets() {
    let vip = json!({ "is": "tagged", "tag": "vip" });
    let filter = filter(json!({ "is": "all", "of": [
        vip,
        { "is": "any", "of": [{ "is": "unread" }, { "is": "waiting" }] },
        { "is": "not", "of": { "is": "wrote_within", "days": 7 } },
    ] }));
    assert_eq!(
        filter.explain(Locale::En),
        "has the tag “vip” and (has unread messages or waits for an answer) and not: wrote in the last 7 days"
    );
}

#[test]
fn what_cannot_be_saved_is_refused_all_at_once() {
    let mut deep = json!({ "is": "unread" });
    for _ in 0..6 {
        deep = json!({ "is": "not", "of": deep });
    }
    let draft = SegmentDraft {
        name: Some(" ".into()),
        filter: filter(json!({ "is": "all", "of": [
            { "is": "any", "of": [] },
            { "is": "new_within", "days": 0 },
            { "is": "responsible", "name": "" },
            { "is": "field", "name": "size", "test": { "test": "anniversary_within", "days": 366 } },
            { "is": "appointments", "test": { "status": "booked", "days": 4000, "category": null, "at_least": 0 } },
            deep,
        ] })),
    };
    insta::assert_json_snapshot!(check(&draft).unwrap_err());
    let many = |n: usize| SegmentDraft {
        name: Some("Many".into()),
        filter: Filter::Any {
            of: vec![Filter::Unread; n],
        },
    };
    assert!(check(&many(59)).is_ok());
    assert_eq!(check(&many(60)).unwrap_err()[0].code, "too_many_conditions");
    // Closed: what is not known is no condition.
    for wrong in [
        json!({ "is": "tagged", "tag": "vip", "and": 1 }),
        json!({ "is": "sql", "text": "1=1" }),
        json!({ "is": "tagged", "tag": "" }),
    ] {
        assert!(serde_json::from_value::<Filter>(wrong).is_err());
    }
}

#[test]
fn segments_stand_as_they_were_dragged() {
    let id = |name: &str| crate::ids::SegmentId::derive(&[name]);
    let [a, b, c, gone] = ["a", "b", "c", "gone"].map(id);
    assert_eq!(in_order(&[a, b, c], &[]), [a, b, c]);
    assert_eq!(in_order(&[a, b, c], &[c, gone, a, c]), [c, a, b]);
}

#[test]
fn the_inbox_shows_what_is_asked_for_and_may_be_seen() {
    let thread = |unread, waits: bool| Thread {
        channel: Channel::Telegram,
        unread,
        waiting_since: waits.then_some(monday()),
        last_customer_at: Some(monday()),
    };
    let locations = BTreeSet::from([tag("Köln")]);
    let categories = BTreeSet::from([Category::Sequence]);
    let shows = |view: &View, thread: &Thread| {
        view.shows(Row {
            thread,
            locations: &locations,
            categories: &categories,
        })
    };
    let only = |list: &[Only]| View {
        only: list.iter().copied().collect(),
        ..View::default()
    };
    // Read but not answered, unread but answered, both, neither.
    for (unread, waits) in [(0, true), (1, false), (2, true), (0, false)] {
        let thread = thread(unread, waits);
        assert!(shows(&View::default(), &thread));
        assert_eq!(shows(&only(&[Only::Unread]), &thread), unread > 0);
        assert_eq!(shows(&only(&[Only::Waiting]), &thread), waits);
        assert_eq!(
            shows(&only(&[Only::Unread, Only::Waiting]), &thread),
            unread > 0 && waits
        );
    }
    let of = |channel, category| View {
        channel,
        category,
        ..View::default()
    };
    let one = thread(1, true);
    assert!(shows(
        &of(Some(Channel::Telegram), Some(Category::Sequence)),
        &one
    ));
    assert!(!shows(&of(Some(Channel::WhatsApp), None), &one));
    assert!(!shows(&of(None, Some(Category::Manual)), &one));
    let here = Visibility::Location {
        location: tag("Köln"),
    };
    let there = Visibility::Location {
        location: tag("Bonn"),
    };
    assert!(here.shows(&locations) && !there.shows(&locations));
    assert!(Visibility::All.shows(&BTreeSet::new()) && !here.shows(&BTreeSet::new()));
    let view = View::default();
    assert_eq!(view.empty(&there, 5, 5, 1), None);
    assert_eq!(
        view.empty(&there, 5, 0, 0),
        Some(Empty::Location {
            location: tag("Bonn")
        })
    );
    assert_eq!(view.empty(&there, 5, 2, 0), Some(Empty::View));
    assert_eq!(view.empty(&Visibility::All, 0, 0, 0), Some(Empty::Nothing));
}

fn any_filter() -> impl Strategy<Value = Filter> {
    let leaf = proptest::sample::select(conditions()).prop_map(|(json, _)| filter(json));
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 1..4).prop_map(|of| Filter::All { of }),
            proptest::collection::vec(inner.clone(), 1..4).prop_map(|of| Filter::Any { of }),
            inner.prop_map(|of| Filter::Not { of: Box::new(of) }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn groups_obey_the_laws_of_logic(one in any_filter(), other in any_filter()) {
        let world = World::new();
        let not = |it: &Filter| Filter::Not { of: Box::new(it.clone()) };
        let (a, b) = (world.fits(&one), world.fits(&other));
        let both = vec![one.clone(), other.clone()];
        prop_assert_eq!(world.fits(&not(&one)), !a);
        prop_assert_eq!(world.fits(&Filter::All { of: both.clone() }), a && b);
        let any = Filter::Any { of: both };
        prop_assert_eq!(world.fits(&any), a || b);
        let morgan = not(&Filter::All { of: vec![not(&one), not(&other)] });
        prop_assert_eq!(world.fits(&morgan), world.fits(&any));
        prop_assert_eq!(any.count(), 1 + one.count() + other.count());
        let json = serde_json::to_string(&any).unwrap();
        prop_assert_eq!(serde_json::from_str::<Filter>(&json).unwrap(), any);
    }
}
