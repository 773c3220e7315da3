//! Why something was decided: stable codes, and a sentence for each in German and English.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::channel_name;
use crate::channel::Channel;
use crate::consent::{Cause, Class, Medium};
use crate::ids::{ConversationId, RuleId};
use crate::local_time::Zone;
use crate::rebooking::Skip;
use crate::settings::Locale;

/// Why something was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "`explain` says in two languages what each one means"
)]
pub enum Reason {
    CustomerReplied,
    BusinessAnswered,
    BusinessIsWriting,
    NeverWrote,
    NoAnswerYet,
    AutomaticMessage,
    CustomerWaits,
    NoRules,
    DoesNotApply,
    StopTriggerMet {
        rule: RuleId,
    },
    OptedOut {
        since: DateTime<Utc>,
    },
    MarketingRefused {
        since: DateTime<Utc>,
    },
    ClassRefused {
        class: Class,
        since: DateTime<Utc>,
    },
    NotConfirmed {
        class: Class,
        since: DateTime<Utc>,
    },
    NoConsent {
        class: Class,
    },
    SmsStopped {
        since: DateTime<Utc>,
    },
    AddressSuppressed {
        cause: Cause,
        since: DateTime<Utc>,
    },
    NoAddress {
        medium: Medium,
    },
    SegmentsSpent {
        used: u64,
        limit: u64,
    },
    AccountLocked {
        messages: u64,
        limit: u64,
    },
    Unreachable,
    ConversationClosed,
    ConversationSuspended,
    ThreadElsewhere,
    RuleDisabled,
    RuleDeleted,
    RuleChanged,
    ChannelNotReached {
        channel: Channel,
    },
    ChannelLeftOut {
        channel: Channel,
    },
    ConnectionInactive,
    ConnectionHeld {
        until: DateTime<Utc>,
    },
    ConnectionPaused {
        until: DateTime<Utc>,
        detail: String,
    },
    Paced {
        until: DateTime<Utc>,
    },
    WindowClosed {
        closed_at: Option<DateTime<Utc>>,
    },
    TemplateNotApproved {
        name: String,
        language: String,
    },
    Outranked {
        by: RuleId,
        #[serde(default)]
        rank: Rank,
    },
    EpisodeDone,
    FrequencyCap {
        until: DateTime<Utc>,
    },
    QuietHours {
        until: DateTime<Utc>,
    },
    DailyLimit {
        limit: u64,
    },
    InFlight {
        until: DateTime<Utc>,
    },
    MovedToOtherConversation {
        conversation: ConversationId,
    },
    ConversationWentOn {
        conversation: ConversationId,
    },
    TextUnusable {
        detail: String,
    },
    Provider {
        class: String,
        detail: String,
    },
    RetriesExhausted {
        detail: String,
    },
    OutcomeUnknown {
        detail: String,
    },
    HeldByPlatform,
    OutcomeNeverKnown,
    SentAgain,
    AnswerFailed,
    Withdrawn,
    AwaitsReview,
    Expired,
    NoVisit,
    AppointmentsChanged,
    AlreadyReminded,
    LaterVisit {
        on: NaiveDate,
    },
    FutureAppointment {
        at: DateTime<Utc>,
    },
    ReminderTooLate {
        late_days: u32,
        limit_days: u32,
    },
    BeforeGoLive {
        late_days: u32,
        limit_days: u32,
    },
    TimeOfDay {
        until: DateTime<Utc>,
    },
}

/// By what one rule comes before another (DK-24).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rank {
    /// Its priority is higher.
    #[default]
    Priority,
    /// It is older, and the priorities are the same.
    Age,
    /// Its message was pending already.
    Pending,
}

impl Reason {
    /// The stable code, as in JSON.
    #[must_use]
    pub fn code(&self) -> String {
        serde_json::to_value(self)
            .ok()
            .and_then(|value| {
                value
                    .get("code")
                    .and_then(|code| code.as_str().map(str::to_owned))
            })
            .unwrap_or_default()
    }

    /// The reason in plain language, with times on the workspace's wall clock.
    #[must_use]
    pub fn explain(&self, locale: Locale, zone: Zone) -> String {
        let (de, en) = self.texts(zone);
        match locale {
            Locale::De => de,
            Locale::En => en,
        }
    }

    fn texts(&self, zone: Zone) -> (String, String) {
        let both = |de: &str, en: &str| (de.to_owned(), en.to_owned());
        let skip = |skip: &Skip| {
            (
                skip.explain(Locale::De, zone),
                skip.explain(Locale::En, zone),
            )
        };
        match self {
            Self::CustomerReplied => both(
                "Der Kunde hat wieder geschrieben.",
                "The customer wrote again.",
            ),
            Self::BusinessAnswered => both(
                "Jemand aus dem Team hat geantwortet; die Stille zählt neu.",
                "Somebody of the team answered; the silence starts anew.",
            ),
            Self::BusinessIsWriting => both(
                "Eine Nachricht aus dem Team geht gleich hinaus.",
                "A message of the team is about to go out.",
            ),
            Self::NeverWrote => both(
                "Der Kunde hat hier noch nie selbst geschrieben; nachgefasst wird nur, wo er es getan hat.",
                "The customer has never written here themselves; follow-ups go only where they have.",
            ),
            Self::NoAnswerYet => both(
                "Wir haben dem Kunden noch nicht geantwortet; er wartet auf uns.",
                "We have not answered the customer yet; they wait for us.",
            ),
            Self::AutomaticMessage => both(
                "Die Nachricht des Kunden kam von einem Automaten.",
                "The customer's message came from a machine.",
            ),
            Self::CustomerWaits => both(
                "Der Kunde wartet auf eine Antwort von uns.",
                "The customer waits for an answer of ours.",
            ),
            Self::NoRules => both(
                "Für diese Unterhaltung gilt keine eingeschaltete Regel.",
                "No rule that is switched on acts here.",
            ),
            Self::DoesNotApply => both(
                "Die Beschreibung der Regel passt nicht.",
                "The rule's description does not fit.",
            ),
            Self::StopTriggerMet { .. } => both(
                "Der Stopp-Auslöser ist erfüllt; weiter geht es erst, wenn der Kunde wieder schreibt.",
                "The stop trigger is met; planning resumes when the customer writes again.",
            ),
            Self::OptedOut { since } => (
                format!(
                    "Der Kunde möchte keine Nachrichten (seit {}).",
                    zone.show(*since)
                ),
                format!(
                    "The customer wants no messages (since {}).",
                    zone.show(*since)
                ),
            ),
            Self::MarketingRefused { since } => (
                format!(
                    "Der Kunde möchte keine Werbung (seit {}).",
                    zone.show(*since)
                ),
                format!(
                    "The customer wants no marketing (since {}).",
                    zone.show(*since)
                ),
            ),
            Self::ClassRefused { class, since } => (
                format!(
                    "Der Kunde möchte keine {} (seit {}).",
                    class.names().0,
                    zone.show(*since)
                ),
                format!(
                    "The customer wants no {} (since {}).",
                    class.names().1,
                    zone.show(*since)
                ),
            ),
            Self::NotConfirmed { class, since } => (
                format!(
                    "Für {} fehlt noch die Bestätigung des Kunden (angefragt am {}).",
                    class.names().0,
                    zone.show(*since)
                ),
                format!(
                    "The customer has not confirmed {} yet (asked on {}).",
                    class.names().1,
                    zone.show(*since)
                ),
            ),
            Self::NoConsent { class } => (
                format!("Für {} fehlt die Einwilligung.", class.names().0),
                format!("The consent to {} is missing.", class.names().1),
            ),
            Self::SmsStopped { since } => (
                format!(
                    "Der Kunde hat mit STOP alle SMS beendet (seit {}); nur er selbst hebt das mit START auf.",
                    zone.show(*since)
                ),
                format!(
                    "The customer ended all SMS with STOP (since {}); only they lift that, with START.",
                    zone.show(*since)
                ),
            ),
            Self::AddressSuppressed { cause, since } => (
                format!(
                    "An diese Adresse geht nichts mehr: {} (seit {}).",
                    cause.names().0,
                    zone.show(*since)
                ),
                format!(
                    "Nothing goes to this address any more: {} (since {}).",
                    cause.names().1,
                    zone.show(*since)
                ),
            ),
            Self::NoAddress { medium } => {
                let (de, en) = match medium {
                    Medium::Email => ("eine E-Mail-Adresse", "an e-mail address"),
                    Medium::Sms => ("eine Mobilnummer", "a mobile number"),
                    Medium::Chat => ("ein Chat", "a chat"),
                    Medium::InApp => ("ein Konto in der App", "an account in the app"),
                };
                (
                    format!("Dem Kunden fehlt {de}."),
                    format!("The customer is without {en}."),
                )
            }
            Self::SegmentsSpent { used, limit } => (
                format!("Die SMS-Segmente des Monats sind verbraucht ({used} von {limit})."),
                format!("The month's SMS segments are spent ({used} of {limit})."),
            ),
            Self::AccountLocked { messages, limit } => (
                format!(
                    "Das Konto ist gesperrt, weil es vor allem Nachrichten sendet ({messages}, erlaubt {limit}); der Betreiber der Installation kann eine Ausnahme machen."
                ),
                format!(
                    "The account is locked because it mainly sends messages ({messages}, allowed {limit}); the owner of the installation can grant an exception."
                ),
            ),
            Self::Unreachable => both(
                "Der Kunde ist auf diesem Kanal nicht erreichbar.",
                "The customer cannot be reached on this channel.",
            ),
            Self::ConversationClosed => both(
                "Die Unterhaltung ist geschlossen.",
                "The conversation is closed.",
            ),
            Self::ConversationSuspended => both(
                "Nachfassen ist für diese Unterhaltung ausgesetzt.",
                "Follow-ups are suspended for this conversation.",
            ),
            Self::ThreadElsewhere => both(
                "Eine andere Anwendung oder jemand im Posteingang der Plattform führt das Gespräch; weiter geht es, wenn es zurückgegeben ist.",
                "Another application, or somebody in the platform's inbox, has the thread; it goes on when it is given back.",
            ),
            Self::RuleDisabled => both("Die Regel ist ausgeschaltet.", "The rule is switched off."),
            Self::RuleDeleted => both("Die Regel wurde gelöscht.", "The rule was deleted."),
            Self::RuleChanged => both(
                "Die Regel wurde geändert; es wird neu geplant.",
                "The rule was changed; it is planned anew.",
            ),
            Self::ChannelNotReached { channel } => (
                format!("Die Regel gilt nicht für {}.", channel_name(*channel)),
                format!("The rule does not act on {}.", channel_name(*channel)),
            ),
            Self::ChannelLeftOut { channel } => (
                format!(
                    "Die Regel lässt {0} aus: {0} kennt keine Vorlagen, und freier Text fehlt ihr oder käme erst nach dem 24-Stunden-Fenster.",
                    channel_name(*channel)
                ),
                format!(
                    "The rule leaves {0} out: {0} has no templates, and free text is missing or would come after the 24-hour window.",
                    channel_name(*channel)
                ),
            ),
            Self::ConnectionInactive => both(
                "Die Verbindung darf gerade nicht senden.",
                "The connection may not send at present.",
            ),
            Self::ConnectionHeld { until } => (
                format!(
                    "Die Plattform bremst die Verbindung; weiter geht es ab {}.",
                    zone.show(*until)
                ),
                format!(
                    "The platform slows the connection down; it goes on from {}.",
                    zone.show(*until)
                ),
            ),
            Self::ConnectionPaused { detail, .. } => (
                format!(
                    "Die Verbindung ist angehalten ({detail}); weiter geht es, sobald sie wieder eingeschaltet ist."
                ),
                format!(
                    "The connection is paused ({detail}); it goes on once it is switched on again."
                ),
            ),
            Self::Paced { until } => (
                format!(
                    "Die Plattform nimmt so schnell keine zweite Nachricht an diesen Kunden; weiter geht es ab {}.",
                    zone.show(*until)
                ),
                format!(
                    "The platform takes no second message to this customer that soon; it goes on from {}.",
                    zone.show(*until)
                ),
            ),
            Self::WindowClosed {
                closed_at: Some(at),
            } => (
                format!(
                    "Das 24-Stunden-Fenster endet am {}; ab 5 Minuten davor geht nur noch eine freigegebene WhatsApp-Vorlage hinaus.",
                    zone.show(*at)
                ),
                format!(
                    "The 24-hour window ends at {}; from 5 minutes before only an approved WhatsApp template may leave.",
                    zone.show(*at)
                ),
            ),
            Self::WindowClosed { closed_at: None } => both(
                "Der Kunde hat hier noch nie geschrieben; ohne freigegebene WhatsApp-Vorlage geht nichts hinaus.",
                "The customer never wrote here; without an approved WhatsApp template nothing may leave.",
            ),
            Self::TemplateNotApproved { name, language } => (
                format!("Die Vorlage {name} ({language}) ist nicht freigegeben."),
                format!("The template {name} ({language}) is not approved."),
            ),
            Self::Outranked { rank, .. } => match rank {
                Rank::Priority => both(
                    "Eine Regel mit höherer Priorität kommt zum Zug.",
                    "A rule with a higher priority goes first.",
                ),
                Rank::Age => both(
                    "Eine ältere Regel mit gleicher Priorität kommt zum Zug.",
                    "An older rule with the same priority goes first.",
                ),
                Rank::Pending => both(
                    "Eine andere Regel hat hier schon etwas geplant.",
                    "Another rule has something pending here already.",
                ),
            },
            Self::EpisodeDone => both(
                "In dieser Stille ging schon eine automatische Nachricht hinaus.",
                "This silence has already had its automated message.",
            ),
            Self::FrequencyCap { until } => (
                format!(
                    "Der Kunde hat genug automatische Nachrichten bekommen; frühestens {}.",
                    zone.show(*until)
                ),
                format!(
                    "The customer had enough automated messages; {} at the earliest.",
                    zone.show(*until)
                ),
            ),
            Self::QuietHours { until } => (
                format!("Ruhezeit bis {}.", zone.show(*until)),
                format!("Quiet hours until {}.", zone.show(*until)),
            ),
            Self::DailyLimit { limit } => (
                format!("Das Tageslimit von {limit} automatischen Nachrichten ist erreicht."),
                format!("The daily limit of {limit} automated messages is reached."),
            ),
            Self::InFlight { until } => (
                format!(
                    "Eine andere Nachricht ist gerade unterwegs (bis {}).",
                    zone.show(*until)
                ),
                format!(
                    "Another message is on its way (until {}).",
                    zone.show(*until)
                ),
            ),
            Self::MovedToOtherConversation { .. } => both(
                "Geht auf dem nächsten Kanal des Kunden hinaus.",
                "Goes out on the customer's next channel.",
            ),
            Self::ConversationWentOn { .. } => both(
                "In der Unterhaltung, aus der die Nachricht kommt, hat sich inzwischen etwas getan.",
                "Something has happened since in the conversation that the message comes from.",
            ),
            Self::TextUnusable { detail } => (
                format!("Der Text lässt sich nicht senden: {detail}"),
                format!("The text cannot be sent: {detail}"),
            ),
            Self::Provider { class, detail } => (
                format!("Die Plattform lehnt ab ({class}): {detail}"),
                format!("The platform refused ({class}): {detail}"),
            ),
            Self::RetriesExhausted { detail } => (
                format!("Alle Versuche sind fehlgeschlagen: {detail}"),
                format!("Every attempt failed: {detail}"),
            ),
            Self::OutcomeUnknown { detail } => (
                format!(
                    "Unklar, ob die Plattform die Nachricht hat ({detail}); sie wird nicht blind wiederholt."
                ),
                format!(
                    "It is not known whether the platform has the message ({detail}); it is not resent blindly."
                ),
            ),
            Self::HeldByPlatform => both(
                "Die Plattform hat die Nachricht angenommen und prüft noch die Qualität der Vorlage.",
                "The platform took the message and is still checking the quality of the template.",
            ),
            Self::OutcomeNeverKnown => both(
                "Die Plattform hat den Versand nie bestätigt; es wird nicht erneut gesendet.",
                "The platform never confirmed the send; it is not sent again.",
            ),
            Self::SentAgain => both(
                "Die Plattform hat den Versand nie bestätigt; die Regel verlangt, erneut zu senden.",
                "The platform never confirmed the send; the rule asks to send again.",
            ),
            Self::AnswerFailed => both(
                "Die Antwort aus dem Team kam nicht an; der Kunde wartet weiter.",
                "The team's answer did not arrive; the customer still waits.",
            ),
            Self::Withdrawn => both(
                "Zurückgezogen, bevor sie hinausging.",
                "Withdrawn before it went out.",
            ),
            Self::AwaitsReview => both(
                "Der Kunde hat vorher geschrieben; jemand sieht sie noch einmal an und ändert, verschickt oder verwirft sie.",
                "The customer wrote before it went out; somebody looks at it again and changes, sends or withdraws it.",
            ),
            Self::Expired => both(
                "Der Zeitpunkt dafür liegt zu lange zurück.",
                "Its time is too long past.",
            ),
            Self::NoVisit => both(
                "Es gibt keinen abgeschlossenen Besuch, an den die Erinnerung anknüpft.",
                "There is no completed visit that the reminder follows.",
            ),
            Self::AppointmentsChanged => both(
                "Die Termine des Kunden haben sich geändert; es wurde neu geplant.",
                "The customer's appointments changed; it was planned anew.",
            ),
            Self::AlreadyReminded => skip(&Skip::AlreadyReminded),
            Self::LaterVisit { on } => skip(&Skip::LaterVisit { on: *on }),
            Self::FutureAppointment { at } => skip(&Skip::FutureAppointment { at: *at }),
            Self::ReminderTooLate {
                late_days,
                limit_days,
            } => skip(&Skip::TooLate {
                late_days: *late_days,
                limit_days: *limit_days,
            }),
            Self::BeforeGoLive {
                late_days,
                limit_days,
            } => skip(&Skip::BeforeGoLive {
                late_days: *late_days,
                limit_days: *limit_days,
            }),
            Self::TimeOfDay { until } => (
                format!("Wartet auf ihre Uhrzeit: {}.", zone.show(*until)),
                format!("Waits for its time of day: {}.", zone.show(*until)),
            ),
        }
    }
}

impl From<Skip> for Reason {
    fn from(skip: Skip) -> Self {
        match skip {
            Skip::AlreadyReminded => Self::AlreadyReminded,
            Skip::LaterVisit { on } => Self::LaterVisit { on },
            Skip::FutureAppointment { at } => Self::FutureAppointment { at },
            Skip::NoConsent => Self::NoConsent {
                class: Class::SmsMarketing,
            },
            Skip::TooLate {
                late_days,
                limit_days,
            } => Self::ReminderTooLate {
                late_days,
                limit_days,
            },
            Skip::BeforeGoLive {
                late_days,
                limit_days,
            } => Self::BeforeGoLive {
                late_days,
                limit_days,
            },
        }
    }
}
