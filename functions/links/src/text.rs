//! Every word on the pages, German and English.

use domain::consent::{Class, Medium};
use domain::settings::Locale;
use http::StatusCode;

/// Chooses by language.
pub(crate) fn by<T>(locale: Locale, german: T, english: T) -> T {
    match locale {
        Locale::De => german,
        Locale::En => english,
    }
}

/// What a link of a class ends, and how that is said. What has no switch ends with all that is like it.
pub(crate) struct Ending {
    /// Follows "von" and "from".
    pub(crate) what: &'static str,
    /// Follows "keine" and "no".
    pub(crate) no: &'static str,
}

pub(crate) fn ending(class: Class, locale: Locale) -> Ending {
    let (german, english) = match class {
        Class::EmailMarketing => (["Werbe-E-Mails", "Werbe-E-Mails"], "marketing e-mails"),
        Class::EmailTransactional => (
            ["E-Mails zu Ihren Buchungen", "E-Mails zu Ihren Buchungen"],
            "e-mails about your bookings",
        ),
        Class::SmsMarketing => (["Werbe-SMS", "Werbe-SMS"], "marketing text messages"),
        Class::SmsTransactional => (["SMS", "SMS"], "text messages"),
        Class::ChatMarketing => (
            ["Werbung im Chat", "Werbung im Chat"],
            "advertising in chats",
        ),
        Class::ChatTransactional => (
            [
                "automatische Chat-Nachrichten",
                "automatischen Chat-Nachrichten",
            ],
            "automatic chat messages",
        ),
    };
    match locale {
        Locale::De => Ending {
            what: german[0],
            no: german[1],
        },
        Locale::En => Ending {
            what: english,
            no: english,
        },
    }
}

/// Of whom: the business, or "us" where it has not said its name.
pub(crate) fn whom(business: &str, locale: Locale) -> &str {
    match business.trim() {
        "" => by(locale, "uns", "us"),
        name => name,
    }
}

/// The page that asks.
pub(crate) struct Asking {
    pub(crate) title: String,
    pub(crate) promise: String,
    pub(crate) button: &'static str,
    pub(crate) more: &'static str,
}

impl Asking {
    /// What the customer had before them, for the ledger.
    pub(crate) fn shown(&self) -> String {
        format!("{}\n{}\n[{}]", self.title, self.promise, self.button)
    }
}

pub(crate) fn asking(class: Class, business: &str, locale: Locale) -> Asking {
    let (Ending { what, no }, whom) = (ending(class, locale), whom(business, locale));
    let also = match class {
        Class::SmsTransactional => by(
            locale,
            " Das gilt auch für SMS zu Ihren Buchungen.",
            " That includes text messages about your bookings.",
        ),
        Class::EmailTransactional => by(
            locale,
            " Das sind Bestätigungen, Absagen und Belege.",
            " These are confirmations, cancellations and receipts.",
        ),
        _ => "",
    };
    Asking {
        title: by(
            locale,
            format!("{what} abbestellen"),
            format!("Unsubscribe from {what}"),
        ),
        promise: by(
            locale,
            format!("Sie bekommen dann keine {no} mehr von {whom}.{also}"),
            format!("You will get no more {no} from {whom}.{also}"),
        ),
        button: by(locale, "Abbestellen", "Unsubscribe"),
        more: by(locale, "Alle Einstellungen ansehen", "See all settings"),
    }
}

/// The page after it.
pub(crate) struct Done {
    pub(crate) title: &'static str,
    pub(crate) promise: String,
    pub(crate) more: &'static str,
}

pub(crate) fn done(class: Class, business: &str, locale: Locale) -> Done {
    let (no, whom) = (ending(class, locale).no, whom(business, locale));
    Done {
        title: by(locale, "Abbestellt", "You are unsubscribed"),
        promise: by(
            locale,
            format!("Sie bekommen keine {no} mehr von {whom}. Das gilt ab sofort."),
            format!("You get no more {no} from {whom}, from now on."),
        ),
        more: by(
            locale,
            "Alle Einstellungen ansehen oder ändern",
            "See or change all settings",
        ),
    }
}

/// One choice on the page of preferences.
pub(crate) struct Row {
    pub(crate) label: &'static str,
    pub(crate) hint: &'static str,
}

impl Row {
    /// What the customer had before them, for the ledger.
    pub(crate) fn shown(&self) -> String {
        format!("{}\n{}", self.label, self.hint)
    }
}

pub(crate) fn row(class: Class, locale: Locale) -> Row {
    let (german, english) = match class {
        Class::EmailMarketing => (
            ("Werbe-E-Mails", "Angebote, Neuigkeiten und Einladungen."),
            ("Marketing e-mails", "Offers, news and invitations."),
        ),
        Class::EmailTransactional => (
            ("E-Mails zu Buchungen", "Bestätigungen, Absagen und Belege."),
            (
                "E-mails about bookings",
                "Confirmations, cancellations and receipts.",
            ),
        ),
        Class::SmsMarketing => (
            ("Werbe-SMS", "Angebote und Neuigkeiten."),
            ("Marketing text messages", "Offers and news."),
        ),
        Class::SmsTransactional => (
            (
                "SMS überhaupt",
                "Ohne Häkchen kommt gar keine SMS mehr, auch keine zu Ihren Buchungen. Wer STOP \
                 geschickt hat, schickt für neue SMS auch START an dieselbe Nummer.",
            ),
            (
                "Any text messages",
                "Without the tick there will be none at all, not even about your bookings. If you \
                 sent STOP, also send START to the same number to get them again.",
            ),
        ),
        Class::ChatMarketing => (
            ("Werbung im Chat", "Angebote und Neuigkeiten."),
            ("Advertising in chats", "Offers and news."),
        ),
        Class::ChatTransactional => (
            (
                "Automatische Chat-Nachrichten",
                "Ohne Häkchen schreibt Ihnen im Chat nur noch ein Mensch.",
            ),
            (
                "Automatic chat messages",
                "Without the tick only a person will write to you in the chat.",
            ),
        ),
    };
    let (label, hint) = by(locale, german, english);
    Row { label, hint }
}

/// Why a choice cannot be made here.
pub(crate) fn at_platform(locale: Locale) -> &'static str {
    by(
        locale,
        "Das haben Sie in der App des Messengers abgestellt; nur dort lässt es sich ändern.",
        "You switched this off in the messenger's own app; it can only be changed there.",
    )
}

/// The heading of a group of choices.
pub(crate) fn medium(medium: Medium, locale: Locale) -> &'static str {
    match medium {
        Medium::Email => by(locale, "E-Mail", "E-mail"),
        Medium::Sms => by(locale, "SMS", "Text messages"),
        Medium::Chat => by(locale, "Messenger", "Messengers"),
        Medium::InApp => by(locale, "App", "App"),
    }
}

/// The page of preferences around its choices.
pub(crate) struct Choosing {
    pub(crate) title: &'static str,
    pub(crate) intro: String,
    pub(crate) save: &'static str,
    pub(crate) end_all: &'static str,
    pub(crate) saved: &'static str,
}

pub(crate) fn choosing(business: &str, locale: Locale) -> Choosing {
    let whom = whom(business, locale);
    Choosing {
        title: by(
            locale,
            "Welche Nachrichten möchten Sie bekommen?",
            "Which messages would you like to get?",
        ),
        intro: by(
            locale,
            format!("Ein Häkchen heißt: Diese Nachrichten von {whom} sind erwünscht."),
            format!("A tick means: these messages from {whom} are welcome."),
        ),
        save: by(locale, "Speichern", "Save"),
        end_all: by(locale, "Alles abbestellen", "Unsubscribe from everything"),
        saved: by(
            locale,
            "Gespeichert. Das gilt ab sofort.",
            "Saved. It holds from now on.",
        ),
    }
}

/// Title and remedy of a page that shows nothing else.
pub(crate) fn trouble(status: StatusCode, locale: Locale) -> (&'static str, &'static str) {
    match status {
        StatusCode::NOT_FOUND => by(
            locale,
            (
                "Dieser Link führt nirgendwohin",
                "Er ist unvollständig oder gilt nicht mehr. Nehmen Sie den Link aus der neuesten \
                 Nachricht, oder antworten Sie auf sie.",
            ),
            (
                "This link leads nowhere",
                "It is incomplete or no longer valid. Take the link of the latest message, or reply to it.",
            ),
        ),
        StatusCode::SERVICE_UNAVAILABLE => by(
            locale,
            (
                "Das hat gerade nicht geklappt",
                "Es wurde nichts geändert. Bitte versuchen Sie es in einer Minute noch einmal.",
            ),
            (
                "That did not work just now",
                "Nothing was changed. Please try again in a minute.",
            ),
        ),
        _ => by(
            locale,
            (
                "Das war nicht zu verstehen",
                "Es wurde nichts geändert. Bitte öffnen Sie den Link noch einmal und benutzen Sie den Knopf auf der Seite.",
            ),
            (
                "That could not be understood",
                "Nothing was changed. Please open the link again and use the button on the page.",
            ),
        ),
    }
}
