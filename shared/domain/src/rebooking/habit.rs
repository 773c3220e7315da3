//! What a customer's appointments come to: as much of them as decides about a reminder.
//!
//! It stands with the customer and is written with every appointment, in one write. A claim, which
//! checks that the customer is still the one that was read, so checks the appointments, too: who has
//! just booked again gets nothing (PH-08).

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::category::{Category, CategoryRhythm, Patterns};
use super::formula::GAPS;
use super::predict::{History, Prediction, Settings, predict};
use super::record::Record;
use super::visit::{Status, primary};
use crate::ids::MessageId;
use crate::local_time::Zone;

/// So many of the newest visits are kept: as many as the formula looks back to.
const MOST_VISITS: usize = GAPS + 1;
/// So many appointments in the book are kept: the soonest, and the last of all.
const MOST_BOOKED: usize = 10;

/// What a customer's appointments come to.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Habit {
    /// When each of the newest visits began, oldest first; which days these are depends on the zone.
    #[serde(default)]
    pub visits: Vec<DateTime<Utc>>,
    /// The primary service of the last one.
    #[serde(default)]
    pub category: Option<Category>,
    /// Who did it, as customers know them.
    #[serde(default)]
    pub staff: Option<String>,
    /// Since when the last visit is known here, as an appointment.
    #[serde(default)]
    pub known_since: Option<DateTime<Utc>>,
    /// When the appointments in the book begin, soonest first.
    #[serde(default)]
    pub booked: Vec<DateTime<Utc>>,
    /// The last reminder that was claimed.
    #[serde(default)]
    pub reminded: Option<Reminded>,
    /// The appointments changed then, and nobody has planned anew since.
    #[serde(default)]
    pub plan_since: Option<DateTime<Utc>>,
}

/// A reminder that was claimed: whatever became of it, the visit has had its one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reminded {
    /// For which visit.
    pub visit: NaiveDate,
    /// By which message: another try of it is no second one.
    pub message: MessageId,
}

impl fmt::Debug for Habit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Habit")
            .field("visits", &self.visits)
            .field("category", &self.category)
            .field("staff", &self.staff.as_ref().map(|_| "…"))
            .field("known_since", &self.known_since)
            .field("booked", &self.booked)
            .field("reminded", &self.reminded)
            .field("plan_since", &self.plan_since)
            .finish()
    }
}

impl Habit {
    /// Whether there is nothing to keep.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What these, all that there are, come to. It has to be planned anew.
    #[must_use]
    pub fn told(
        &self,
        all: &[Record],
        patterns: &Patterns,
        zone: Zone,
        now: DateTime<Utc>,
    ) -> Self {
        let day = |record: &Record| zone.day(record.appointment.starts_at);
        let with = |status| {
            let mut some: Vec<&Record> = all
                .iter()
                .filter(|one| one.appointment.status == status)
                .collect();
            some.sort_by_key(|one| one.appointment.starts_at);
            some
        };
        let completed = with(Status::Completed);
        let days: Vec<&[&Record]> = completed.chunk_by(|a, b| day(a) == day(b)).collect();
        // One that begins later today is told as completed when the customer leaves early; one of
        // next year is a slip, and no day to count from.
        let today = zone.day(now);
        let last = days.iter().rfind(|of_day| day(of_day[0]) <= today);
        let services = last.iter().flat_map(|of_day| of_day.iter());
        let services = services.flat_map(|one| &one.appointment.services);
        let primary = primary(services, patterns);
        let begun = days.iter().map(|of_day| of_day[0].appointment.starts_at);
        let mut visits: Vec<_> = begun.collect();
        visits.drain(..visits.len().saturating_sub(MOST_VISITS));
        let in_the_book = with(Status::Booked).into_iter();
        let mut booked: Vec<_> = in_the_book
            .map(|one| one.appointment.starts_at)
            .filter(|at| *at > now)
            .collect();
        if booked.len() > MOST_BOOKED {
            booked.drain(MOST_BOOKED - 1..booked.len() - 1);
        }
        Self {
            visits,
            category: primary.map(|service| service.category.clone()),
            staff: primary.and_then(|service| service.staff.clone()),
            known_since: last.and_then(|of_day| of_day.iter().map(|one| one.created_at).min()),
            booked,
            reminded: self.reminded,
            plan_since: Some(now),
        }
    }

    /// The next appointment in the book (PH-08).
    #[must_use]
    pub fn next_booking(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.booked.iter().copied().find(|at| *at > now)
    }

    /// The day of the last visit that is not in the future.
    #[must_use]
    pub fn last_visit(&self, zone: Zone, now: DateTime<Utc>) -> Option<NaiveDate> {
        let today = zone.day(now);
        let days = self.visits.iter().rev().map(|at| zone.day(*at));
        days.filter(|day| *day <= today).max()
    }

    /// When the customer is expected again, as of now.
    #[must_use]
    pub fn predict(
        &self,
        patterns: &Patterns,
        zone: Zone,
        now: DateTime<Utc>,
    ) -> Option<Prediction> {
        let category = self.category.clone().unwrap_or_else(Category::unknown);
        let rhythm = CategoryRhythm::default_of(&category, patterns);
        let history = History::new(self.visits.iter().map(|at| zone.day(*at)));
        predict(&history, &rhythm, &Settings::default(), zone.day(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::Reference;
    use crate::ids::{CustomerId, WorkspaceId};
    use crate::rebooking::{Appointment, Service};

    fn record(at: &str, status: Status, services: &[(&str, u32, &str)]) -> Record {
        let starts_at: DateTime<Utc> = at.parse().unwrap();
        let services = services.iter().map(|(category, minutes, staff)| Service {
            category: Category::parse(category).unwrap(),
            duration_minutes: *minutes,
            price_minor: 0,
            staff: Some((*staff).to_owned()),
        });
        Record {
            workspace: WorkspaceId::derive(&["ws"]),
            customer: CustomerId::derive(&["anna"]),
            reference: Reference::parse(at).unwrap(),
            version: 1,
            appointment: Appointment {
                starts_at,
                status,
                services: services.collect(),
            },
            changed_at: starts_at,
            created_at: starts_at,
        }
    }

    fn berlin() -> Zone {
        Zone::parse("Europe/Berlin").unwrap()
    }

    fn habit(all: &[Record], now: &str) -> Habit {
        let now = now.parse().unwrap();
        Habit::default().told(all, &Patterns::default(), berlin(), now)
    }

    #[test]
    fn it_says_the_same_as_all_appointments() {
        let mut all: Vec<Record> = (0..200)
            .map(|week| {
                let at: DateTime<Utc> = "2022-01-05T09:00:00Z".parse().unwrap();
                let at = at + chrono::TimeDelta::weeks(week);
                record(
                    &at.to_rfc3339(),
                    Status::Completed,
                    &[("mens_cut", 30, "Jane")],
                )
            })
            .collect();
        all.push(record("2026-03-02T09:00:00Z", Status::NoShow, &[]));
        let now = "2026-03-03T09:00:00Z";
        let found = habit(&all, now);
        assert_eq!(found.visits.len(), MOST_VISITS);
        let now = now.parse().unwrap();
        let patterns = Patterns::default();
        let appointments: Vec<_> = all.iter().map(|one| one.appointment.clone()).collect();
        let visits = crate::rebooking::visits(&appointments, &patterns, berlin(), now);
        let category = Category::parse("mens_cut").unwrap();
        let rhythm = CategoryRhythm::default_of(&category, &patterns);
        let history = History::of(&visits);
        let whole = predict(&history, &rhythm, &Settings::default(), berlin().day(now)).unwrap();
        let kept = found.predict(&patterns, berlin(), now).unwrap();
        assert_eq!(
            (kept.at_risk, kept.reminder),
            (whole.at_risk, whole.reminder)
        );
        assert_eq!(kept.basis, whole.basis);
        assert_eq!(found.last_visit(berlin(), now), Some(whole.last_visit));
    }

    #[test]
    fn the_primary_service_of_the_last_day_names_category_and_staff() {
        let all = [
            record(
                "2026-03-02T07:00:00Z",
                Status::Completed,
                &[("brows", 15, "Ida")],
            ),
            record(
                "2026-03-02T09:00:00Z",
                Status::Completed,
                &[("waxing", 45, "Jane")],
            ),
            // A slip: it is not April yet.
            record(
                "2026-04-02T09:00:00Z",
                Status::Completed,
                &[("massage", 60, "Tom")],
            ),
        ];
        let found = habit(&all, "2026-03-03T09:00:00Z");
        assert_eq!(found.staff.as_deref(), Some("Jane"));
        assert_eq!(found.category, Category::parse("waxing").ok());
        let now = "2026-03-03T09:00:00Z".parse().unwrap();
        assert_eq!(found.last_visit(berlin(), now), "2026-03-02".parse().ok());
        assert!(!format!("{found:?}").contains("Jane"));
    }

    #[test]
    fn of_many_bookings_the_soonest_and_the_last_are_kept() {
        let all: Vec<Record> = (1..=28)
            .map(|day| record(&format!("2026-03-{day:02}T09:00:00Z"), Status::Booked, &[]))
            .collect();
        let found = habit(&all, "2026-03-02T10:00:00Z");
        assert_eq!(found.booked.len(), MOST_BOOKED);
        let next = |now: &str| {
            let at = found.next_booking(now.parse().unwrap());
            at.map(|at| at.to_rfc3339()[..10].to_owned())
        };
        assert_eq!(next("2026-03-02T10:00:00Z").as_deref(), Some("2026-03-03"));
        assert_eq!(next("2026-03-20T10:00:00Z").as_deref(), Some("2026-03-28"));
        assert_eq!(next("2026-03-28T10:00:00Z"), None);
    }
}
