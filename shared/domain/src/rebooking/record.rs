//! An appointment as the business's own system tells it: by its own id, in any order of arrival.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::visit::Appointment;
use crate::contact::Reference;
use crate::field::{FieldError, FieldErrors};
use crate::ids::{CustomerId, WorkspaceId};

/// Most services of one appointment.
pub const MOST_SERVICES: usize = 20;
/// The longest service, in minutes: a day.
pub const LONGEST_MINUTES: u32 = 24 * 60;
/// The dearest service, in the smallest unit of the currency: a million of euros.
pub const DEAREST_MINOR: u64 = 100_000_000;
/// The longest name of who does it, in characters.
pub const LONGEST_STAFF: usize = 100;
/// So far ahead an appointment may be.
const FURTHEST: TimeDelta = TimeDelta::days(5 * 365);
/// So far back.
const LONGEST_AGO: TimeDelta = TimeDelta::days(50 * 365);

/// What is stored of an appointment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Whose customer.
    pub workspace: WorkspaceId,
    /// Who comes.
    pub customer: CustomerId,
    /// The business's own id of it.
    pub reference: Reference,
    /// Rises with every change.
    pub version: u64,
    /// How it stands.
    pub appointment: Appointment,
    /// When it became so, on the clock of the system that tells it.
    pub changed_at: DateTime<Utc>,
    /// When it was first told here.
    pub created_at: DateTime<Utc>,
}

impl Record {
    /// What is to be stored after this was told; `None`: it says nothing new, or what it says was
    /// over before. Of two that became so at one moment, the one told last counts.
    #[must_use]
    pub fn told(&self, appointment: Appointment, changed_at: DateTime<Utc>) -> Option<Self> {
        let told = Self {
            version: self.version + 1,
            appointment,
            changed_at,
            ..self.clone()
        };
        let is_news = told.appointment != self.appointment || changed_at > self.changed_at;
        (changed_at >= self.changed_at && is_news).then_some(told)
    }
}

impl Appointment {
    /// What is outside its limits.
    pub fn check(&self, now: DateTime<Utc>) -> Result<(), Vec<FieldError>> {
        let mut errors = FieldErrors::default();
        if !(now - LONGEST_AGO..=now + FURTHEST).contains(&self.starts_at) {
            errors.push(FieldError::new(
                "starts_at",
                "out_of_range",
                "`starts_at` is more than 50 years ago or more than 5 years ahead",
                "check the year",
            ));
        }
        if self.services.len() > MOST_SERVICES {
            errors.push(FieldError::new(
                "services",
                "too_many",
                format!("an appointment has at most {MOST_SERVICES} services"),
                "put those of one category together",
            ));
        }
        for (place, service) in self.services.iter().enumerate() {
            let too_large = |field: &str, most: u64| {
                FieldError::new(
                    &format!("services[{place}].{field}"),
                    "out_of_range",
                    format!("`{field}` is at most {most}"),
                    "send 0 where it is not known",
                )
            };
            if service.duration_minutes > LONGEST_MINUTES {
                errors.push(too_large("duration_minutes", LONGEST_MINUTES.into()));
            }
            if service.price_minor > DEAREST_MINOR {
                errors.push(too_large("price_minor", DEAREST_MINOR));
            }
            let staff = service.staff.as_deref().unwrap_or("-");
            let is_name = !staff.trim().is_empty() && !staff.chars().any(char::is_control);
            if !is_name || staff.chars().count() > LONGEST_STAFF {
                errors.push(FieldError::new(
                    &format!("services[{place}].staff"),
                    "invalid_value",
                    format!("`staff` has 1 to {LONGEST_STAFF} characters in one line"),
                    "send the name as customers know it, or leave it out",
                ));
            }
        }
        errors.finish()
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::super::Category;
    use super::super::visit::{Service, Status};
    use super::*;

    fn at(hour: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, 2, hour, 0, 0).unwrap()
    }

    fn appointment(status: Status, hour: u32) -> Appointment {
        Appointment {
            starts_at: at(hour),
            status,
            services: Vec::new(),
        }
    }

    fn record() -> Record {
        Record {
            workspace: WorkspaceId::derive(&["ws"]),
            customer: CustomerId::derive(&["anna"]),
            reference: Reference::parse("T-1").unwrap(),
            version: 1,
            appointment: appointment(Status::Booked, 15),
            changed_at: at(9),
            created_at: at(9),
        }
    }

    #[test]
    fn what_was_over_before_changes_nothing() {
        let cancelled = appointment(Status::Cancelled, 15);
        assert_eq!(record().told(cancelled.clone(), at(8)), None);
        let later = record().told(cancelled.clone(), at(10)).unwrap();
        assert_eq!((later.version, &later.appointment), (2, &cancelled));
        assert_eq!(later.told(appointment(Status::Booked, 16), at(9)), None);
    }

    #[test]
    fn the_same_again_is_no_news_and_of_one_moment_the_last_counts() {
        let same = record().appointment;
        assert_eq!(record().told(same.clone(), at(9)), None);
        assert!(record().told(same, at(10)).is_some());
        assert!(
            record()
                .told(appointment(Status::Completed, 15), at(9))
                .is_some()
        );
    }

    #[test]
    fn each_limit_is_named() {
        let service = |duration_minutes, price_minor, staff: &str| Service {
            category: Category::unknown(),
            duration_minutes,
            price_minor,
            staff: Some(staff.to_owned()),
        };
        let fields = |starts_at, services| {
            let wrong = Appointment {
                starts_at,
                status: Status::Booked,
                services,
            };
            let errors = wrong.check(at(9)).err().unwrap_or_default();
            errors.into_iter().map(|e| e.field).collect::<Vec<_>>()
        };
        assert_eq!(
            fields(at(9), vec![service(1440, 100_000_000, "Jane"); 20]),
            [""; 0]
        );
        let year = TimeDelta::days(365);
        assert_eq!(fields(at(9) + year * 6, Vec::new()), ["starts_at"]);
        assert_eq!(fields(at(9) - year * 51, Vec::new()), ["starts_at"]);
        assert_eq!(fields(at(9), vec![service(0, 0, "Jane"); 21]), ["services"]);
        let wrong = fields(at(9), vec![service(1441, 100_000_001, " ")]);
        let names = ["duration_minutes", "price_minor", "staff"];
        assert_eq!(wrong, names.map(|name| format!("services[0].{name}")));
    }
}
