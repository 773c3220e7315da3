//! A customer as filters see them, and whether one holds.

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::filter::{AppointmentTest, FieldTest, Filter, Reachable, Standing};
use crate::channel::Channel;
use crate::contact::{CustomValue, Profile, Tag};
use crate::customer::Customer;
use crate::local_time::Zone;
use crate::rebooking::{Appointment, Status};

/// Everything a filter can ask of one customer.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Name, consent, channels.
    pub customer: &'a Customer,
    /// Addresses, tags, fields.
    pub profile: &'a Profile,
    /// All appointments, in any order.
    pub appointments: &'a [Appointment],
    /// What was noted, in any order.
    pub activity: &'a [Activity],
    /// Their conversations.
    pub threads: &'a [Thread],
}

/// Something that was noted about a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// What.
    pub kind: Tag,
    /// When.
    pub at: DateTime<Utc>,
}

/// A conversation, as far as lists go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    /// Its channel.
    pub channel: Channel,
    /// Messages nobody has read.
    pub unread: u32,
    /// Since when the customer waits for a person's answer.
    pub waiting_since: Option<DateTime<Utc>>,
    /// When the customer last wrote.
    pub last_customer_at: Option<DateTime<Utc>>,
}

/// Whether the customer belongs to the filter.
#[must_use]
pub fn matches(filter: &Filter, subject: Subject<'_>, now: DateTime<Utc>, zone: Zone) -> bool {
    let days_ago = |at: DateTime<Utc>| (day(now, zone) - day(at, zone)).num_days();
    // Clocks differ: what was written a moment from now was written today.
    let within = |at: DateTime<Utc>, days: u32| days_ago(at) <= i64::from(days);
    let (customer, profile) = (subject.customer, subject.profile);
    match filter {
        Filter::All { of } => of.iter().all(|it| matches(it, subject, now, zone)),
        Filter::Any { of } => of.iter().any(|it| matches(it, subject, now, zone)),
        Filter::Not { of } => !matches(of, subject, now, zone),
        Filter::Tagged { tag } => profile.tags.contains(tag),
        Filter::AtLocation { location } => profile.locations.contains(location),
        Filter::Responsible { name } => profile.responsible.contains(name),
        Filter::Language { locale } => profile.locale == Some(*locale),
        Filter::Reachable { on } => match on {
            Reachable::Email => !profile.emails.is_empty(),
            Reachable::Sms => profile.phone_for_sms().is_some(),
            Reachable::Chat(channel) => {
                let mut reaches = customer.conversations.iter();
                reaches.any(|reach| reach.channel == *channel)
            }
        },
        Filter::Field { name, test } => field(profile.fields.get(name), test, day(now, zone)),
        Filter::NewWithin { days } => within(customer.created_at, *days),
        Filter::Consent { class, state } => {
            let stopped = class
                .stoppable()
                .is_some_and(|what| customer.chat.stopped(what).is_some());
            let said = match stopped {
                true => Standing::Refused,
                false => customer.chat.state(*class).into(),
            };
            said == *state
        }
        Filter::Appointments { test } => appointments(subject.appointments, test, now, zone),
        Filter::LastVisitBefore { days } => subject
            .appointments
            .iter()
            .filter(|it| it.status == Status::Completed)
            .map(|it| it.starts_at)
            .max()
            .is_some_and(|last| days_ago(last) >= i64::from(*days)),
        Filter::Activity { kind, days } => {
            let mut noted = subject.activity.iter();
            noted.any(|it| it.kind == *kind && within(it.at, *days))
        }
        Filter::WroteWithin { days } => {
            let mut wrote = subject.threads.iter().filter_map(|it| it.last_customer_at);
            wrote.any(|at| within(at, *days))
        }
        Filter::Unread => subject.threads.iter().any(|it| it.unread > 0),
        Filter::Waiting => subject.threads.iter().any(|it| it.waiting_since.is_some()),
    }
}

fn day(at: DateTime<Utc>, zone: Zone) -> NaiveDate {
    zone.local(at).date()
}

fn field(value: Option<&CustomValue>, test: &FieldTest, today: NaiveDate) -> bool {
    let Some(value) = value else {
        return *test == FieldTest::Missing;
    };
    let lower = |text: &str| text.trim().to_lowercase();
    match (test, value) {
        (
            FieldTest::Equals {
                value: CustomValue::Text(one),
            },
            CustomValue::Text(other),
        ) => lower(one) == lower(other),
        (FieldTest::Equals { value: wanted }, value) => wanted == value,
        (FieldTest::Contains { text }, CustomValue::Text(value)) => {
            lower(value).contains(&lower(text))
        }
        (FieldTest::AtLeast { number }, CustomValue::Number(value)) => value >= number,
        (FieldTest::AtMost { number }, CustomValue::Number(value)) => value <= number,
        (FieldTest::OnOrAfter { date }, CustomValue::Date(value)) => value >= date,
        (FieldTest::OnOrBefore { date }, CustomValue::Date(value)) => value <= date,
        (FieldTest::AnniversaryWithin { days }, CustomValue::Date(value)) => {
            next_anniversary(*value, today)
                .is_some_and(|next| (next - today).num_days() <= i64::from(*days))
        }
        _ => false,
    }
}

/// The next day with the same month and day of the month, today included. The 29th of February is
/// kept on the 1st of March in other years.
fn next_anniversary(date: NaiveDate, today: NaiveDate) -> Option<NaiveDate> {
    let in_year = |year| {
        let kept = NaiveDate::from_ymd_opt(year, 3, 1);
        date.with_year(year).or(kept)
    };
    let this_year = in_year(today.year())?;
    if this_year >= today {
        Some(this_year)
    } else {
        in_year(today.year() + 1)
    }
}

fn appointments(
    all: &[Appointment],
    test: &AppointmentTest,
    now: DateTime<Utc>,
    zone: Zone,
) -> bool {
    let today = day(now, zone);
    let in_span = |at: DateTime<Utc>| {
        let (from, to) = match (test.status, test.days) {
            // What has begun is no appointment to come, whatever it says.
            (Status::Booked, _) if at < now => return false,
            (_, None) => return true,
            (Status::Booked, Some(days)) => {
                (Some(today), today.checked_add_days(Days::new(days.into())))
            }
            (_, Some(days)) => (today.checked_sub_days(Days::new(days.into())), Some(today)),
        };
        let on = day(at, zone);
        from.is_none_or(|from| from <= on) && to.is_none_or(|to| on <= to)
    };
    let count = all
        .iter()
        .filter(|it| it.status == test.status && in_span(it.starts_at))
        .filter(|it| {
            let mut services = it.services.iter();
            let category = test.category.as_ref();
            category.is_none_or(|wanted| services.any(|it| it.category == *wanted))
        })
        .count();
    count >= test.at_least as usize
}
