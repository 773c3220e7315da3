//! The built-in texts in English.

use super::Text;
use crate::kind::TemplateKind;

pub(super) fn text(kind: TemplateKind) -> Text {
    match kind {
        TemplateKind::BookingConfirmation => Text {
            subject: "Booked: ##{{class_name}} on ##{{class_date}}",
            before: "Hello ##{{first_name}},\n\
                     \n\
                     Your place is booked.\n\
                     \n\
                     ##{{class_name}}\n\
                     ##{{class_date}}, ##{{class_time}}\n\
                     ##{{location_name}}\n\
                     ##{{location_address}}\n\
                     \n\
                     ##{{welcomeMessage}}",
            button: Some(("View or change booking", "manage_url")),
            after: "Kind regards\n\
                     ##{{business_name}}",
        },
        TemplateKind::BookingCancelled => Text {
            subject: "Cancelled: ##{{class_name}} on ##{{class_date}}",
            before: "Hello ##{{first_name}},\n\
                     \n\
                     Your booking for ##{{class_name}} on ##{{class_date}} at ##{{class_time}} is \
                     cancelled.\n\
                     \n\
                     ##{{refundNotice}}\n\
                     \n\
                     Kind regards\n\
                     ##{{business_name}}",
            button: None,
            after: "",
        },
        TemplateKind::ClassCancelled => Text {
            subject: "Cancelled: ##{{class_name}} on ##{{class_date}}",
            before: "Hello ##{{first_name}},\n\
                     \n\
                     We are sorry: ##{{class_name}} on ##{{class_date}} at ##{{class_time}} will \
                     not take place.\n\
                     \n\
                     ##{{noteToCustomers}}\n\
                     \n\
                     ##{{refundNotice}}\n\
                     \n\
                     Kind regards\n\
                     ##{{business_name}}",
            button: None,
            after: "",
        },
        TemplateKind::ClassChanged => Text {
            subject: "Changed: ##{{class_name}}",
            before: "Hello ##{{first_name}},\n\
                     \n\
                     ##{{class_name}} of ##{{previous_date}} at ##{{previous_time}} has been \
                     changed. It is now:\n\
                     \n\
                     ##{{class_name}}\n\
                     ##{{class_date}}, ##{{class_time}}\n\
                     ##{{location_name}}\n\
                     ##{{location_address}}\n\
                     \n\
                     ##{{noteToCustomers}}",
            button: Some(("View or change booking", "manage_url")),
            after: "Kind regards\n\
                     ##{{business_name}}",
        },
        TemplateKind::ClassReminder => Text {
            subject: "Reminder: ##{{class_name}} on ##{{class_date}}",
            before: "Hello ##{{first_name}},\n\
                     \n\
                     We look forward to seeing you.\n\
                     \n\
                     ##{{class_name}}\n\
                     ##{{class_date}}, ##{{class_time}}\n\
                     ##{{location_name}}\n\
                     ##{{location_address}}\n\
                     \n\
                     ##{{welcomeMessage}}",
            button: Some(("View or change booking", "manage_url")),
            after: "Kind regards\n\
                     ##{{business_name}}",
        },
        TemplateKind::AppointmentConfirmation => Text {
            subject: "Your appointment on ##{{appointment_date}}",
            before: "Hello ##{{first_name}},\n\
                     \n\
                     Your appointment is confirmed.\n\
                     \n\
                     ##{{appointment_name}}\n\
                     ##{{appointment_date}}, ##{{appointment_time}}\n\
                     ##{{location_name}}\n\
                     ##{{location_address}}",
            button: Some(("View or change appointment", "manage_url")),
            after: "Kind regards\n\
                     ##{{business_name}}",
        },
        TemplateKind::AppointmentCancelled => Text {
            subject: "Appointment on ##{{appointment_date}} cancelled",
            before: "Hello ##{{first_name}},\n\
                     \n\
                     Your appointment on ##{{appointment_date}} at ##{{appointment_time}} is \
                     cancelled: ##{{appointment_name}}.\n\
                     \n\
                     ##{{noteToCustomers}}\n\
                     \n\
                     ##{{refundNotice}}\n\
                     \n\
                     Kind regards\n\
                     ##{{business_name}}",
            button: None,
            after: "",
        },
        TemplateKind::AppointmentChanged => Text {
            subject: "Your appointment has been changed",
            before: "Hello ##{{first_name}},\n\
                     \n\
                     Your appointment of ##{{previous_date}} at ##{{previous_time}} has been \
                     changed. It is now:\n\
                     \n\
                     ##{{appointment_name}}\n\
                     ##{{appointment_date}}, ##{{appointment_time}}\n\
                     ##{{location_name}}\n\
                     ##{{location_address}}\n\
                     \n\
                     ##{{noteToCustomers}}",
            button: Some(("View or change appointment", "manage_url")),
            after: "Kind regards\n\
                     ##{{business_name}}",
        },
        TemplateKind::AppointmentReminder => Text {
            subject: "Reminder: your appointment on ##{{appointment_date}}",
            before: "Hello ##{{first_name}},\n\
                     \n\
                     We look forward to seeing you.\n\
                     \n\
                     ##{{appointment_name}}\n\
                     ##{{appointment_date}}, ##{{appointment_time}}\n\
                     ##{{location_name}}\n\
                     ##{{location_address}}",
            button: Some(("View or change appointment", "manage_url")),
            after: "Kind regards\n\
                     ##{{business_name}}",
        },
        TemplateKind::WaitingListJoined => Text {
            subject: "Waiting list: ##{{class_name}} on ##{{class_date}}",
            before: "Hello ##{{first_name}},\n\
                     \n\
                     You are on the waiting list for ##{{class_name}} on ##{{class_date}} at \
                     ##{{class_time}}.\n\
                     \n\
                     If a place becomes free we will write to you. You will then have \
                     ##{{numberOfMinutesToRespond}} minutes to answer.",
            button: Some(("View the waiting list", "manage_url")),
            after: "Kind regards\n\
                     ##{{business_name}}",
        },
        TemplateKind::WaitingListPlace => Text {
            subject: "A place is free: ##{{class_name}} on ##{{class_date}}",
            before: "Hello ##{{first_name}},\n\
                     \n\
                     A place has become free for ##{{class_name}} on ##{{class_date}} at \
                     ##{{class_time}}.\n\
                     \n\
                     Please answer within ##{{numberOfMinutesToRespond}} minutes; after that we \
                     will ask the next on the list.",
            button: Some(("Take the place", "url")),
            after: "Kind regards\n\
                     ##{{business_name}}",
        },
        TemplateKind::WaitingListBooked => Text {
            subject: "You are in: ##{{class_name}} on ##{{class_date}}",
            before: "Hello ##{{first_name}},\n\
                     \n\
                     A place became free, and we have booked it for you.\n\
                     \n\
                     ##{{class_name}}\n\
                     ##{{class_date}}, ##{{class_time}}\n\
                     ##{{location_name}}\n\
                     ##{{location_address}}\n\
                     \n\
                     ##{{welcomeMessage}}",
            button: Some(("View or change booking", "manage_url")),
            after: "Kind regards\n\
                     ##{{business_name}}",
        },
        TemplateKind::Receipt => Text {
            subject: "Your receipt ##{{receipt_number}}",
            before: "Hello ##{{first_name}},\n\
                     \n\
                     Thank you for your payment.\n\
                     \n\
                     Receipt ##{{receipt_number}} of ##{{receipt_date}}\n\
                     ##{{receipt_items}}\n\
                     \n\
                     Paid: ##{{amount}}\n\
                     ##{{payment_method}}\n\
                     \n\
                     Kind regards\n\
                     ##{{business_name}}",
            button: None,
            after: "",
        },
        TemplateKind::Refund => Text {
            subject: "Your refund for ##{{receipt_number}}",
            before: "Hello ##{{first_name}},\n\
                     \n\
                     We have refunded ##{{amount}} of receipt ##{{receipt_number}}.\n\
                     \n\
                     ##{{refundNotice}}\n\
                     \n\
                     Kind regards\n\
                     ##{{business_name}}",
            button: None,
            after: "",
        },
        TemplateKind::PackageExpiring => Text {
            subject: "##{{package_name}}: valid until ##{{expiry_date}}",
            before: "Hello ##{{first_name}},\n\
                     \n\
                     Your package ##{{package_name}} is valid until ##{{expiry_date}}. Visits left: \
                     ##{{credits_left}}.",
            button: Some(("Book now", "manage_url")),
            after: "Kind regards\n\
                     ##{{business_name}}",
        },
        TemplateKind::WaiverRequest => Text {
            subject: "Your signature is still missing",
            before: "Hello ##{{first_name}},\n\
                     \n\
                     Before your first visit we need your signature on our waiver.",
            button: Some(("Read and sign", "url")),
            after: "Kind regards\n\
                     ##{{business_name}}",
        },
        TemplateKind::WaiverUpdated => Text {
            subject: "Our waiver has changed",
            before: "Hello ##{{first_name}},\n\
                     \n\
                     Our waiver has changed. Please read the new version before your next visit and \
                     sign it.\n\
                     \n\
                     ##{{noteToCustomers}}",
            button: Some(("Read and sign", "url")),
            after: "Kind regards\n\
                     ##{{business_name}}",
        },
        TemplateKind::SubscriptionConfirmation => Text {
            subject: "Please confirm your subscription",
            before: "Hello ##{{first_name}},\n\
                     \n\
                     Please confirm that you would like to receive news from ##{{business_name}} by \
                     e-mail.",
            button: Some(("Confirm subscription", "url")),
            after: "If you did not subscribe, simply do nothing: without your confirmation we will \
                     not write to you.\n\
                     \n\
                     Kind regards\n\
                     ##{{business_name}}",
        },
        TemplateKind::StaffBooking => Text {
            subject: "New booking: ##{{class_name}} on ##{{class_date}}",
            before: "Hello ##{{first_name}},\n\
                     \n\
                     ##{{customer_name}} has booked.\n\
                     \n\
                     ##{{class_name}}\n\
                     ##{{class_date}}, ##{{class_time}}\n\
                     ##{{location_name}}",
            button: None,
            after: "",
        },
        TemplateKind::StaffCancellation => Text {
            subject: "Cancelled: ##{{class_name}} on ##{{class_date}}",
            before: "Hello ##{{first_name}},\n\
                     \n\
                     ##{{customer_name}} has cancelled.\n\
                     \n\
                     ##{{class_name}}\n\
                     ##{{class_date}}, ##{{class_time}}\n\
                     ##{{location_name}}",
            button: None,
            after: "",
        },
        TemplateKind::OwnerSmsSpent => Text {
            subject: "Your SMS for this month are used up",
            before: "Hello ##{{first_name}},\n\
                     \n\
                     ##{{segments_used}} of ##{{segments_limit}} SMS segments of this month are \
                     used up. Until you choose a higher tier or the month ends, ##{{business_name}} \
                     sends no more SMS. Where that is allowed and possible, the messages go by \
                     e-mail instead.",
            button: Some(("Choose a higher tier", "url")),
            after: "",
        },
    }
}
