//! From appointments to visits.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::category::{Category, Patterns, own_median};
use super::predict::gaps_newest_first;
use crate::local_time::Zone;

/// How an appointment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// In the book.
    Booked,
    /// The customer was there.
    Completed,
    /// Called off.
    Cancelled,
    /// The customer did not come.
    NoShow,
}

/// One service of an appointment.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Its category.
    pub category: Category,
    /// How long it takes, in minutes; 0 where that is not known.
    pub duration_minutes: u32,
    /// What it costs, in the smallest unit of the currency; 0 where that is not known.
    pub price_minor: u64,
    /// Who does it, as customers know them.
    pub staff: Option<String>,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service")
            .field("category", &self.category)
            .field("duration_minutes", &self.duration_minutes)
            .field("price_minor", &self.price_minor)
            .field("staff", &self.staff.as_ref().map(|_| "…"))
            .finish()
    }
}

/// One appointment with one or more services.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appointment {
    /// When it starts.
    pub starts_at: DateTime<Utc>,
    /// How it stands.
    pub status: Status,
    /// What is done.
    pub services: Vec<Service>,
}

/// A day on which the customer was there (PH-14): everything that was completed on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// The day, in the business zone. A customer has at most one visit a day.
    pub day: NaiveDate,
    /// The service that gives the category and the name of the staff.
    pub primary: Option<Service>,
    /// The categories of everything that was done, each once.
    pub categories: BTreeSet<Category>,
}

/// The visits of one customer, oldest first: completed appointments that have begun, those of
/// one day in the business zone together.
#[must_use]
pub fn visits(
    appointments: &[Appointment],
    patterns: &Patterns,
    zone: Zone,
    now: DateTime<Utc>,
) -> Vec<Visit> {
    let mut completed: Vec<(NaiveDate, &Appointment)> = appointments
        .iter()
        .filter(|one| one.status == Status::Completed && one.starts_at <= now)
        .map(|one| (zone.local(one.starts_at).date(), one))
        .collect();
    fn services<'a>(day: &'a [(NaiveDate, &'a Appointment)]) -> impl Iterator<Item = &'a Service> {
        day.iter().flat_map(|(_, one)| &one.services)
    }
    completed.sort_by_key(|(_, one)| one.starts_at);
    completed
        .chunk_by(|(day, _), (next, _)| day == next)
        .map(|day| Visit {
            day: day[0].0,
            categories: services(day)
                .map(|service| service.category.clone())
                .collect(),
            primary: primary(services(day), patterns).cloned(),
        })
        .collect()
}

/// The primary service of several: the longest, of equally long ones the dearest (PH-14).
///
/// Where neither is known, as in most imported histories, the category that is repeated after
/// more days: reminding for the rarer service too early is the worse mistake. One rule names
/// the category, the staff and the days, so the explanation never speaks of a service whose
/// rhythm was not used. What still is equal is settled by name, not by the order of arrival.
pub fn primary<'a>(
    services: impl IntoIterator<Item = &'a Service>,
    patterns: &Patterns,
) -> Option<&'a Service> {
    services.into_iter().max_by(|a, b| {
        let by_size = (a.duration_minutes, a.price_minor).cmp(&(b.duration_minutes, b.price_minor));
        by_size
            .then_with(|| patterns.days(&a.category).cmp(&patterns.days(&b.category)))
            .then_with(|| (&b.category, &b.staff).cmp(&(&a.category, &a.staff)))
    })
}

/// The customer's vote on how often a category is repeated: the median of the gaps in days
/// between visits with a service of it.
#[must_use]
pub fn median_gap(visits: &[Visit], category: &Category) -> Option<f64> {
    let with = visits
        .iter()
        .filter(|visit| visit.categories.contains(category));
    let days: Vec<NaiveDate> = with.map(|visit| visit.day).collect();
    own_median(gaps_newest_first(&days))
}

/// The next appointment in the book: as long as there is one, nobody is reminded (PH-08).
#[must_use]
pub fn next_booking(appointments: &[Appointment], now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let booked = appointments
        .iter()
        .filter(|one| one.status == Status::Booked && one.starts_at > now);
    booked.map(|one| one.starts_at).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(category: &str, duration_minutes: u32, price_minor: u64) -> Service {
        Service {
            category: Category::parse(category).unwrap(),
            duration_minutes,
            price_minor,
            staff: Some(format!("does {category}")),
        }
    }

    fn appointment(at: &str, status: Status, services: &[Service]) -> Appointment {
        Appointment {
            starts_at: at.parse().unwrap(),
            status,
            services: services.to_vec(),
        }
    }

    fn days(appointments: &[Appointment], zone: &str, now: &str) -> Vec<String> {
        let zone = Zone::parse(zone).unwrap();
        visits(
            appointments,
            &Patterns::default(),
            zone,
            now.parse().unwrap(),
        )
        .iter()
        .map(|visit| visit.day.to_string())
        .collect()
    }

    #[test]
    fn ph_14_only_completed_appointments_that_have_begun_are_visits() {
        let of = |at, status| appointment(at, status, &[]);
        let all = [
            of("2026-03-10T09:00:00Z", Status::Completed),
            of("2026-01-10T09:00:00Z", Status::Completed),
            of("2026-02-01T09:00:00Z", Status::Cancelled),
            of("2026-02-02T09:00:00Z", Status::NoShow),
            of("2026-02-03T09:00:00Z", Status::Booked),
            of("2026-05-01T09:00:00Z", Status::Completed), // a slip: it is not May yet
        ];
        let found = days(&all, "Europe/Berlin", "2026-04-01T00:00:00Z");
        assert_eq!(found, ["2026-01-10", "2026-03-10"]);
    }

    #[test]
    fn ph_14_appointments_of_one_day_in_the_business_zone_are_one_visit() {
        let all = [
            appointment("2026-06-01T07:00:00Z", Status::Completed, &[]),
            appointment("2026-06-01T21:30:00Z", Status::Completed, &[]),
            appointment("2026-06-01T22:30:00Z", Status::Completed, &[]), // 00:30 in Berlin
        ];
        let now = "2026-07-01T00:00:00Z";
        assert_eq!(
            days(&all, "Europe/Berlin", now),
            ["2026-06-01", "2026-06-02"]
        );
        assert_eq!(days(&all, "UTC", now), ["2026-06-01"]);
        assert_eq!(
            days(&all, "Asia/Tokyo", now),
            ["2026-06-01", "2026-06-02"] // 16:00, then 06:30 and 07:30
        );
    }

    #[test]
    fn ph_14_the_longest_service_is_the_primary_one_and_the_dearer_of_two() {
        let check = |services: &[Service], expected: &str| {
            let patterns = Patterns::default();
            let mut turned = services.to_vec();
            turned.reverse();
            for services in [services, &turned] {
                let found = primary(services, &patterns).unwrap();
                assert_eq!(found.category.as_str(), expected);
                assert_eq!(found.staff, Some(format!("does {expected}")));
            }
        };
        check(
            &[service("brows", 15, 9000), service("mens_cut", 30, 3000)],
            "mens_cut",
        );
        check(
            &[service("brows", 30, 2000), service("mens_cut", 30, 3000)],
            "mens_cut",
        );
        // Nothing is known but the categories: 70 days against 35.
        check(
            &[service("highlights", 0, 0), service("colour_roots", 0, 0)],
            "highlights",
        );
        check(
            &[service("massage", 0, 0), service("facial", 0, 0)],
            "facial",
        );
        // Over all appointments of the day.
        let visit = visits(
            &[
                appointment(
                    "2026-06-01T07:00:00Z",
                    Status::Completed,
                    &[service("brows", 15, 0)],
                ),
                appointment(
                    "2026-06-01T09:00:00Z",
                    Status::Completed,
                    &[service("waxing", 45, 0)],
                ),
            ],
            &Patterns::default(),
            Zone::UTC,
            "2026-07-01T00:00:00Z".parse().unwrap(),
        );
        assert_eq!(visit.len(), 1);
        assert_eq!(
            visit[0].primary.as_ref().unwrap().category.as_str(),
            "waxing"
        );
        assert!(!format!("{visit:?}").contains("does"));
        let of = |category: &str| Category::parse(category).unwrap();
        assert!(visit[0].categories.contains(&of("brows")));
        assert_eq!(median_gap(&visit, &of("brows")), None);
        let later = |day: &str| Visit {
            day: day.parse().unwrap(),
            ..visit[0].clone()
        };
        let three = [
            later("2026-06-01"),
            later("2026-06-29"),
            later("2026-08-10"),
        ];
        assert_eq!(median_gap(&three, &of("brows")), Some(35.0));
        assert_eq!(median_gap(&three, &of("facial")), None);
    }

    #[test]
    fn ph_08_a_booking_counts_until_it_begins() {
        let all = [
            appointment("2026-06-09T07:00:00Z", Status::Booked, &[]),
            appointment("2026-06-05T07:00:00Z", Status::Booked, &[]),
            appointment("2026-06-03T07:00:00Z", Status::Cancelled, &[]),
        ];
        let next = |now: &str| next_booking(&all, now.parse().unwrap()).map(|at| at.to_rfc3339());
        assert_eq!(
            next("2026-06-01T00:00:00Z").unwrap(),
            "2026-06-05T07:00:00+00:00"
        );
        assert_eq!(
            next("2026-06-05T07:00:00Z").unwrap(),
            "2026-06-09T07:00:00+00:00"
        );
        assert_eq!(next("2026-06-09T07:00:00Z"), None);
    }
}
