//! An appointment as JSON.

use chrono::{DateTime, Utc};
use domain::field::FieldError;
use domain::ids::CustomerId;
use domain::rebooking::{Appointment, Category, Record, Service, Status};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::{Meta, Problem};
use crate::schema;

/// An appointment.
#[derive(Serialize, ToSchema)]
#[schema(as = Appointment)]
pub(crate) struct AppointmentOut {
    #[schema(value_type = schema::CustomerId)]
    customer_id: CustomerId,
    /// The business's own id.
    reference: String,
    /// Also in `ETag`.
    version: u64,
    starts_at: DateTime<Utc>,
    #[schema(value_type = schema::AppointmentStatus)]
    status: Status,
    services: Vec<ServiceOut>,
    /// When it became so, on the clock of the system that told it.
    changed_at: DateTime<Utc>,
    created_at: DateTime<Utc>,
}

/// One service of an appointment.
#[derive(Serialize, ToSchema)]
#[schema(as = Service)]
struct ServiceOut {
    category: String,
    /// 0: not known.
    duration_minutes: u32,
    /// In the smallest unit of the currency; 0: not known.
    price_minor: u64,
    staff: Option<String>,
}

/// A page of a customer's appointments.
#[derive(Serialize, ToSchema)]
pub(crate) struct AppointmentList {
    pub(super) appointments: Vec<AppointmentOut>,
    pub(super) meta: Meta,
}

/// An appointment as it stands now.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AppointmentIn {
    /// At most 50 years ago and 5 years ahead.
    starts_at: DateTime<Utc>,
    /// Only `completed` ones are visits; only `booked` ones in the future keep a reminder back.
    #[schema(value_type = schema::AppointmentStatus)]
    status: Status,
    /// The longest one, of equally long ones the dearest, gives the category and the name of the staff.
    #[serde(default)]
    #[schema(max_items = 20)]
    services: Vec<ServiceIn>,
    /// When it became so, on the clock of your system; now, if absent or in the future. What arrives
    /// late changes nothing that became so after it; of one moment the last to arrive counts.
    #[schema(required = false)]
    changed_at: Option<DateTime<Utc>>,
}

/// One service.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ServiceIn {
    /// As you call it, as `mens_cut`. Absent: not known.
    #[schema(
        required = false,
        min_length = 1,
        max_length = 100,
        example = "mens_cut"
    )]
    category: Option<String>,
    /// 0: not known.
    #[serde(default)]
    #[schema(maximum = 1440)]
    duration_minutes: u32,
    /// In the smallest unit of the currency; 0: not known.
    #[serde(default)]
    #[schema(maximum = 100_000_000)]
    price_minor: u64,
    /// Who does it, as customers know them.
    #[schema(required = false, min_length = 1, max_length = 100)]
    staff: Option<String>,
}

impl AppointmentIn {
    pub(super) fn told(
        starts_at: DateTime<Utc>,
        status: Status,
        services: Vec<ServiceIn>,
        changed_at: DateTime<Utc>,
    ) -> Self {
        Self {
            starts_at,
            status,
            services,
            changed_at: Some(changed_at),
        }
    }

    /// What is told, and since when it is so. A clock ahead of ours must not outlast what comes after.
    pub(super) fn checked(
        self,
        now: DateTime<Utc>,
    ) -> Result<(Appointment, DateTime<Utc>), Problem> {
        let mut errors = Vec::new();
        let services = self.services.into_iter().enumerate();
        let services = services.filter_map(|(place, service)| {
            let category = match &service.category {
                None => Ok(Category::unknown()),
                Some(text) => Category::parse(text),
            };
            let category = category.map_err(|error| {
                errors.push(FieldError::new(
                    &format!("services[{place}].category"),
                    "invalid_value",
                    format!("`category` {error}"),
                    "send it as your system calls it, or leave it out",
                ));
            });
            Some(Service {
                category: category.ok()?,
                duration_minutes: service.duration_minutes,
                price_minor: service.price_minor,
                staff: service.staff,
            })
        });
        let appointment = Appointment {
            starts_at: self.starts_at,
            status: self.status,
            services: services.collect(),
        };
        errors.extend(appointment.check(now).err().into_iter().flatten());
        if errors.is_empty() {
            Ok((appointment, self.changed_at.unwrap_or(now).min(now)))
        } else {
            Err(Problem::invalid(errors))
        }
    }
}

impl From<Record> for AppointmentOut {
    fn from(record: Record) -> Self {
        let services = record.appointment.services.into_iter();
        Self {
            customer_id: record.customer,
            reference: record.reference.reveal().to_owned(),
            version: record.version,
            starts_at: record.appointment.starts_at,
            status: record.appointment.status,
            services: services.map(ServiceOut::from).collect(),
            changed_at: record.changed_at,
            created_at: record.created_at,
        }
    }
}

impl From<Service> for ServiceOut {
    fn from(service: Service) -> Self {
        Self {
            category: service.category.as_str().to_owned(),
            duration_minutes: service.duration_minutes,
            price_minor: service.price_minor,
            staff: service.staff,
        }
    }
}
