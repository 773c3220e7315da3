//! The kinds of transactional templates: when each is sent, to whom, and what may stand in it.

use std::fmt;
use std::str::FromStr;

use domain::settings::Locale;
use serde::{Deserialize, Serialize};

use crate::value::Values;
use crate::variable::{self as v, Variable};

/// Who receives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// A customer.
    Customer,
    /// A member of staff or a teacher.
    Staff,
    /// The owner of the business.
    Owner,
}

macro_rules! kinds {
    ($(
        $(#[$doc:meta])*
        $kind:ident = $name:literal, $audience:ident, $de:literal, $en:literal,
        [$($own:ident),*], must keep [$($required:literal),*];
    )*) => {
        /// A kind of template.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum TemplateKind {
            $($(#[$doc])* $kind,)*
        }

        impl TemplateKind {
            /// Every kind, in the order lists show them.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// The name in JSON, keys and addresses.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }

            /// Who receives it.
            #[must_use]
            pub fn audience(self) -> Audience {
                match self { $(Self::$kind => Audience::$audience,)* }
            }

            /// The name for people.
            #[must_use]
            pub fn title(self, locale: Locale) -> &'static str {
                match (self, locale) {
                    $((Self::$kind, Locale::De) => $de, (Self::$kind, Locale::En) => $en,)*
                }
            }

            /// The variables that may stand in it, in the order lists show them.
            #[must_use]
            pub fn variables(self) -> &'static [&'static Variable] {
                match self {
                    $(Self::$kind => &[
                        &v::FIRST_NAME, &v::LAST_NAME, &v::FULL_NAME, &v::BUSINESS_NAME,
                        $(&v::$own),*
                    ],)*
                }
            }

            /// The variables that must stand in the body: without them the mail has no use.
            #[must_use]
            pub fn required(self) -> &'static [&'static str] {
                match self { $(Self::$kind => &[$($required),*],)* }
            }
        }
    };
}

kinds! {
    /// A customer booked a class.
    BookingConfirmation = "booking_confirmation", Customer, "Buchungsbestätigung", "Booking confirmation",
        [CLASS_NAME, CLASS_DATE, CLASS_TIME, TEACHER_NAME, LOCATION_NAME, LOCATION_ADDRESS, WELCOME_MESSAGE, MANAGE_URL],
        must keep [];
    /// A customer cancelled a booking.
    BookingCancelled = "booking_cancelled", Customer, "Buchung storniert", "Booking cancelled",
        [CLASS_NAME, CLASS_DATE, CLASS_TIME, TEACHER_NAME, LOCATION_NAME, REFUND_NOTICE],
        must keep [];
    /// The business cancelled a class.
    ClassCancelled = "class_cancelled", Customer, "Kursstunde abgesagt", "Class cancelled",
        [CLASS_NAME, CLASS_DATE, CLASS_TIME, TEACHER_NAME, LOCATION_NAME, NOTE_TO_CUSTOMERS, REFUND_NOTICE],
        must keep [];
    /// The business moved a class.
    ClassChanged = "class_changed", Customer, "Kursstunde geändert", "Class changed",
        [CLASS_NAME, CLASS_DATE, CLASS_TIME, PREVIOUS_DATE, PREVIOUS_TIME, TEACHER_NAME, LOCATION_NAME, LOCATION_ADDRESS, NOTE_TO_CUSTOMERS, MANAGE_URL],
        must keep [];
    /// A class is near.
    ClassReminder = "class_reminder", Customer, "Erinnerung an Kursstunde", "Class reminder",
        [CLASS_NAME, CLASS_DATE, CLASS_TIME, TEACHER_NAME, LOCATION_NAME, LOCATION_ADDRESS, WELCOME_MESSAGE, MANAGE_URL],
        must keep [];
    /// An appointment was made.
    AppointmentConfirmation = "appointment_confirmation", Customer, "Terminbestätigung", "Appointment confirmation",
        [APPOINTMENT_NAME, APPOINTMENT_DATE, APPOINTMENT_TIME, STAFF_NAME, LOCATION_NAME, LOCATION_ADDRESS, MANAGE_URL],
        must keep [];
    /// An appointment was cancelled, by whomever.
    AppointmentCancelled = "appointment_cancelled", Customer, "Termin storniert", "Appointment cancelled",
        [APPOINTMENT_NAME, APPOINTMENT_DATE, APPOINTMENT_TIME, STAFF_NAME, LOCATION_NAME, NOTE_TO_CUSTOMERS, REFUND_NOTICE],
        must keep [];
    /// An appointment was moved.
    AppointmentChanged = "appointment_changed", Customer, "Termin geändert", "Appointment changed",
        [APPOINTMENT_NAME, APPOINTMENT_DATE, APPOINTMENT_TIME, PREVIOUS_DATE, PREVIOUS_TIME, STAFF_NAME, LOCATION_NAME, LOCATION_ADDRESS, NOTE_TO_CUSTOMERS, MANAGE_URL],
        must keep [];
    /// An appointment is near.
    AppointmentReminder = "appointment_reminder", Customer, "Erinnerung an Termin", "Appointment reminder",
        [APPOINTMENT_NAME, APPOINTMENT_DATE, APPOINTMENT_TIME, STAFF_NAME, LOCATION_NAME, LOCATION_ADDRESS, MANAGE_URL],
        must keep [];
    /// A customer went on the waiting list.
    WaitingListJoined = "waiting_list_joined", Customer, "Auf der Warteliste", "On the waiting list",
        [CLASS_NAME, CLASS_DATE, CLASS_TIME, TEACHER_NAME, LOCATION_NAME, NUMBER_OF_MINUTES_TO_RESPOND, MANAGE_URL],
        must keep [];
    /// A place is free, and the customer has to answer.
    WaitingListPlace = "waiting_list_place", Customer, "Platz frei", "A place is free",
        [CLASS_NAME, CLASS_DATE, CLASS_TIME, TEACHER_NAME, LOCATION_NAME, NUMBER_OF_MINUTES_TO_RESPOND, URL],
        must keep ["url"];
    /// A place was free, and the customer has it without having been asked.
    WaitingListBooked = "waiting_list_booked", Customer, "Von der Warteliste gebucht", "Booked from the waiting list",
        [CLASS_NAME, CLASS_DATE, CLASS_TIME, TEACHER_NAME, LOCATION_NAME, LOCATION_ADDRESS, WELCOME_MESSAGE, MANAGE_URL],
        must keep [];
    /// Something was paid.
    Receipt = "receipt", Customer, "Quittung", "Receipt",
        [RECEIPT_NUMBER, RECEIPT_DATE, RECEIPT_ITEMS, AMOUNT, PAYMENT_METHOD],
        must keep ["amount"];
    /// Money went back.
    Refund = "refund", Customer, "Rückerstattung", "Refund",
        [RECEIPT_NUMBER, RECEIPT_DATE, AMOUNT, PAYMENT_METHOD, REFUND_NOTICE],
        must keep [];
    /// A package is about to end with visits left.
    PackageExpiring = "package_expiring", Customer, "Paket läuft ab", "Package about to expire",
        [PACKAGE_NAME, CREDITS_LEFT, EXPIRY_DATE, MANAGE_URL],
        must keep [];
    /// A customer has not signed the waiver yet.
    WaiverRequest = "waiver_request", Customer, "Bitte um Unterschrift", "Waiver to sign",
        [URL],
        must keep ["url"];
    /// The waiver changed and has to be signed again.
    WaiverUpdated = "waiver_updated", Customer, "Aktualisierte Verzichtserklärung", "Updated waiver",
        [NOTE_TO_CUSTOMERS, URL],
        must keep ["url"];
    /// A customer asked for marketing mail and has to confirm the address.
    SubscriptionConfirmation = "subscription_confirmation", Customer, "Anmeldung bestätigen", "Confirm your subscription",
        [URL],
        must keep ["url"];
    /// A customer booked with a member of staff.
    StaffBooking = "staff_booking", Staff, "Neue Buchung (Team)", "New booking (staff)",
        [CUSTOMER_NAME, CLASS_NAME, CLASS_DATE, CLASS_TIME, LOCATION_NAME],
        must keep [];
    /// A booking with a member of staff was cancelled.
    StaffCancellation = "staff_cancellation", Staff, "Stornierung (Team)", "Cancellation (staff)",
        [CUSTOMER_NAME, CLASS_NAME, CLASS_DATE, CLASS_TIME, LOCATION_NAME],
        must keep [];
    /// The month's SMS are used up; what follows goes by e-mail.
    OwnerSmsSpent = "owner_sms_spent", Owner, "SMS-Stufe verbraucht", "SMS tier used up",
        [SEGMENTS_USED, SEGMENTS_LIMIT, URL],
        must keep ["url"];
}

impl TemplateKind {
    /// The variable of this name, if it may stand here.
    #[must_use]
    pub fn variable(self, name: &str) -> Option<&'static Variable> {
        let mut all = self.variables().iter();
        all.find(|variable| variable.name == name).copied()
    }

    /// Name and meaning, as [`domain::variables::check`] takes them.
    #[must_use]
    pub fn known(self, locale: Locale) -> Vec<(&'static str, &'static str)> {
        let of = |variable: &&Variable| (variable.name, variable.meaning(locale));
        self.variables().iter().map(of).collect()
    }

    /// A value for each variable, for previews and test sends.
    #[must_use]
    pub fn sample(self, locale: Locale) -> Values {
        let of = |variable: &&Variable| (variable.name.to_owned(), variable.sample(locale));
        self.variables().iter().map(of).collect()
    }
}

impl fmt::Display for TemplateKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// There is no such kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown kind of template")]
pub struct UnknownKind;

impl FromStr for TemplateKind {
    type Err = UnknownKind;

    fn from_str(name: &str) -> Result<Self, UnknownKind> {
        let mut all = Self::ALL.iter();
        all.find(|kind| kind.as_str() == name)
            .copied()
            .ok_or(UnknownKind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_through_text_and_json() {
        for kind in TemplateKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(*kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        assert_eq!("newsletter".parse::<TemplateKind>(), Err(UnknownKind));
    }

    #[test]
    fn what_must_stay_is_always_there_to_stay() {
        for kind in TemplateKind::ALL {
            for name in kind.required() {
                let variable = kind.variable(name).expect("one of its variables");
                assert!(!variable.may_be_empty, "{kind}: {name}");
            }
        }
    }
}
