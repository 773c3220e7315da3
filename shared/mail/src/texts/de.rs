//! The built-in texts in German.

use super::Text;
use crate::kind::TemplateKind;

pub(super) fn text(kind: TemplateKind) -> Text {
    match kind {
        TemplateKind::BookingConfirmation => Text {
            subject: "Gebucht: ##{{class_name}} am ##{{class_date}}",
            before: "Hallo ##{{first_name}},\n\
                     \n\
                     Ihr Platz ist gebucht.\n\
                     \n\
                     ##{{class_name}}\n\
                     ##{{class_date}}, ##{{class_time}}\n\
                     ##{{location_name}}\n\
                     ##{{location_address}}\n\
                     \n\
                     ##{{welcomeMessage}}",
            button: Some(("Buchung ansehen oder ändern", "manage_url")),
            after: "Viele Grüße\n\
                     ##{{business_name}}",
        },
        TemplateKind::BookingCancelled => Text {
            subject: "Storniert: ##{{class_name}} am ##{{class_date}}",
            before: "Hallo ##{{first_name}},\n\
                     \n\
                     Ihre Buchung für ##{{class_name}} am ##{{class_date}}, ##{{class_time}}, ist \
                     storniert.\n\
                     \n\
                     ##{{refundNotice}}\n\
                     \n\
                     Viele Grüße\n\
                     ##{{business_name}}",
            button: None,
            after: "",
        },
        TemplateKind::ClassCancelled => Text {
            subject: "Abgesagt: ##{{class_name}} am ##{{class_date}}",
            before: "Hallo ##{{first_name}},\n\
                     \n\
                     leider findet ##{{class_name}} am ##{{class_date}}, ##{{class_time}}, nicht \
                     statt.\n\
                     \n\
                     ##{{noteToCustomers}}\n\
                     \n\
                     ##{{refundNotice}}\n\
                     \n\
                     Viele Grüße\n\
                     ##{{business_name}}",
            button: None,
            after: "",
        },
        TemplateKind::ClassChanged => Text {
            subject: "Geändert: ##{{class_name}}",
            before: "Hallo ##{{first_name}},\n\
                     \n\
                     ##{{class_name}} vom ##{{previous_date}}, ##{{previous_time}}, wurde geändert. \
                     Jetzt gilt:\n\
                     \n\
                     ##{{class_name}}\n\
                     ##{{class_date}}, ##{{class_time}}\n\
                     ##{{location_name}}\n\
                     ##{{location_address}}\n\
                     \n\
                     ##{{noteToCustomers}}",
            button: Some(("Buchung ansehen oder ändern", "manage_url")),
            after: "Viele Grüße\n\
                     ##{{business_name}}",
        },
        TemplateKind::ClassReminder => Text {
            subject: "Erinnerung: ##{{class_name}} am ##{{class_date}}",
            before: "Hallo ##{{first_name}},\n\
                     \n\
                     wir freuen uns auf Sie.\n\
                     \n\
                     ##{{class_name}}\n\
                     ##{{class_date}}, ##{{class_time}}\n\
                     ##{{location_name}}\n\
                     ##{{location_address}}\n\
                     \n\
                     ##{{welcomeMessage}}",
            button: Some(("Buchung ansehen oder ändern", "manage_url")),
            after: "Viele Grüße\n\
                     ##{{business_name}}",
        },
        TemplateKind::AppointmentConfirmation => Text {
            subject: "Ihr Termin am ##{{appointment_date}}",
            before: "Hallo ##{{first_name}},\n\
                     \n\
                     Ihr Termin ist eingetragen.\n\
                     \n\
                     ##{{appointment_name}}\n\
                     ##{{appointment_date}}, ##{{appointment_time}}\n\
                     ##{{location_name}}\n\
                     ##{{location_address}}",
            button: Some(("Termin ansehen oder ändern", "manage_url")),
            after: "Viele Grüße\n\
                     ##{{business_name}}",
        },
        TemplateKind::AppointmentCancelled => Text {
            subject: "Termin am ##{{appointment_date}} storniert",
            before: "Hallo ##{{first_name}},\n\
                     \n\
                     Ihr Termin am ##{{appointment_date}}, ##{{appointment_time}}, ist storniert: \
                     ##{{appointment_name}}.\n\
                     \n\
                     ##{{noteToCustomers}}\n\
                     \n\
                     ##{{refundNotice}}\n\
                     \n\
                     Viele Grüße\n\
                     ##{{business_name}}",
            button: None,
            after: "",
        },
        TemplateKind::AppointmentChanged => Text {
            subject: "Ihr Termin wurde geändert",
            before: "Hallo ##{{first_name}},\n\
                     \n\
                     Ihr Termin vom ##{{previous_date}}, ##{{previous_time}}, wurde geändert. Jetzt \
                     gilt:\n\
                     \n\
                     ##{{appointment_name}}\n\
                     ##{{appointment_date}}, ##{{appointment_time}}\n\
                     ##{{location_name}}\n\
                     ##{{location_address}}\n\
                     \n\
                     ##{{noteToCustomers}}",
            button: Some(("Termin ansehen oder ändern", "manage_url")),
            after: "Viele Grüße\n\
                     ##{{business_name}}",
        },
        TemplateKind::AppointmentReminder => Text {
            subject: "Erinnerung: Ihr Termin am ##{{appointment_date}}",
            before: "Hallo ##{{first_name}},\n\
                     \n\
                     wir freuen uns auf Sie.\n\
                     \n\
                     ##{{appointment_name}}\n\
                     ##{{appointment_date}}, ##{{appointment_time}}\n\
                     ##{{location_name}}\n\
                     ##{{location_address}}",
            button: Some(("Termin ansehen oder ändern", "manage_url")),
            after: "Viele Grüße\n\
                     ##{{business_name}}",
        },
        TemplateKind::WaitingListJoined => Text {
            subject: "Warteliste: ##{{class_name}} am ##{{class_date}}",
            before: "Hallo ##{{first_name}},\n\
                     \n\
                     Sie stehen auf der Warteliste für ##{{class_name}} am ##{{class_date}}, \
                     ##{{class_time}}.\n\
                     \n\
                     Wird ein Platz frei, schreiben wir Ihnen. Dann haben Sie \
                     ##{{numberOfMinutesToRespond}} Minuten Zeit zu antworten.",
            button: Some(("Warteliste ansehen", "manage_url")),
            after: "Viele Grüße\n\
                     ##{{business_name}}",
        },
        TemplateKind::WaitingListPlace => Text {
            subject: "Ein Platz ist frei: ##{{class_name}} am ##{{class_date}}",
            before: "Hallo ##{{first_name}},\n\
                     \n\
                     für ##{{class_name}} am ##{{class_date}}, ##{{class_time}}, ist ein Platz frei \
                     geworden.\n\
                     \n\
                     Antworten Sie bitte innerhalb von ##{{numberOfMinutesToRespond}} Minuten, \
                     danach fragen wir die Nächsten auf der Liste.",
            button: Some(("Platz nehmen", "url")),
            after: "Viele Grüße\n\
                     ##{{business_name}}",
        },
        TemplateKind::WaitingListBooked => Text {
            subject: "Sie sind dabei: ##{{class_name}} am ##{{class_date}}",
            before: "Hallo ##{{first_name}},\n\
                     \n\
                     ein Platz wurde frei, und wir haben ihn für Sie gebucht.\n\
                     \n\
                     ##{{class_name}}\n\
                     ##{{class_date}}, ##{{class_time}}\n\
                     ##{{location_name}}\n\
                     ##{{location_address}}\n\
                     \n\
                     ##{{welcomeMessage}}",
            button: Some(("Buchung ansehen oder ändern", "manage_url")),
            after: "Viele Grüße\n\
                     ##{{business_name}}",
        },
        TemplateKind::Receipt => Text {
            subject: "Ihre Quittung ##{{receipt_number}}",
            before: "Hallo ##{{first_name}},\n\
                     \n\
                     vielen Dank für Ihre Zahlung.\n\
                     \n\
                     Quittung ##{{receipt_number}} vom ##{{receipt_date}}\n\
                     ##{{receipt_items}}\n\
                     \n\
                     Bezahlt: ##{{amount}}\n\
                     ##{{payment_method}}\n\
                     \n\
                     Viele Grüße\n\
                     ##{{business_name}}",
            button: None,
            after: "",
        },
        TemplateKind::Refund => Text {
            subject: "Ihre Rückerstattung zu ##{{receipt_number}}",
            before: "Hallo ##{{first_name}},\n\
                     \n\
                     zu Quittung ##{{receipt_number}} haben wir Ihnen ##{{amount}} erstattet.\n\
                     \n\
                     ##{{refundNotice}}\n\
                     \n\
                     Viele Grüße\n\
                     ##{{business_name}}",
            button: None,
            after: "",
        },
        TemplateKind::PackageExpiring => Text {
            subject: "##{{package_name}}: gültig bis ##{{expiry_date}}",
            before: "Hallo ##{{first_name}},\n\
                     \n\
                     Ihr Paket ##{{package_name}} gilt bis ##{{expiry_date}}. Noch offene Besuche: \
                     ##{{credits_left}}.",
            button: Some(("Jetzt buchen", "manage_url")),
            after: "Viele Grüße\n\
                     ##{{business_name}}",
        },
        TemplateKind::WaiverRequest => Text {
            subject: "Bitte unterschreiben Sie noch",
            before: "Hallo ##{{first_name}},\n\
                     \n\
                     vor Ihrem ersten Besuch brauchen wir noch Ihre Unterschrift unter unsere \
                     Verzichtserklärung.",
            button: Some(("Lesen und unterschreiben", "url")),
            after: "Viele Grüße\n\
                     ##{{business_name}}",
        },
        TemplateKind::WaiverUpdated => Text {
            subject: "Unsere Verzichtserklärung hat sich geändert",
            before: "Hallo ##{{first_name}},\n\
                     \n\
                     unsere Verzichtserklärung hat sich geändert. Bitte lesen Sie die neue Fassung \
                     vor Ihrem nächsten Besuch und unterschreiben Sie sie.\n\
                     \n\
                     ##{{noteToCustomers}}",
            button: Some(("Lesen und unterschreiben", "url")),
            after: "Viele Grüße\n\
                     ##{{business_name}}",
        },
        TemplateKind::SubscriptionConfirmation => Text {
            subject: "Bitte bestätigen Sie Ihre Anmeldung",
            before: "Hallo ##{{first_name}},\n\
                     \n\
                     bitte bestätigen Sie, dass Sie Neuigkeiten von ##{{business_name}} per E-Mail \
                     bekommen möchten.",
            button: Some(("Anmeldung bestätigen", "url")),
            after: "Haben Sie sich nicht angemeldet, dann tun Sie bitte nichts: Ohne Ihre \
                     Bestätigung schreiben wir Ihnen nicht.\n\
                     \n\
                     Viele Grüße\n\
                     ##{{business_name}}",
        },
        TemplateKind::StaffBooking => Text {
            subject: "Neue Buchung: ##{{class_name}} am ##{{class_date}}",
            before: "Hallo ##{{first_name}},\n\
                     \n\
                     ##{{customer_name}} hat gebucht.\n\
                     \n\
                     ##{{class_name}}\n\
                     ##{{class_date}}, ##{{class_time}}\n\
                     ##{{location_name}}",
            button: None,
            after: "",
        },
        TemplateKind::StaffCancellation => Text {
            subject: "Storniert: ##{{class_name}} am ##{{class_date}}",
            before: "Hallo ##{{first_name}},\n\
                     \n\
                     ##{{customer_name}} hat storniert.\n\
                     \n\
                     ##{{class_name}}\n\
                     ##{{class_date}}, ##{{class_time}}\n\
                     ##{{location_name}}",
            button: None,
            after: "",
        },
        TemplateKind::OwnerSmsSpent => Text {
            subject: "Ihre SMS für diesen Monat sind verbraucht",
            before: "Hallo ##{{first_name}},\n\
                     \n\
                     ##{{segments_used}} von ##{{segments_limit}} SMS-Segmenten dieses Monats sind \
                     verbraucht. Bis Sie die Stufe erhöhen oder der Monat endet, verschickt \
                     ##{{business_name}} keine SMS mehr. Wo es erlaubt und möglich ist, gehen die \
                     Nachrichten stattdessen als E-Mail hinaus.",
            button: Some(("Stufe erhöhen", "url")),
            after: "",
        },
    }
}
