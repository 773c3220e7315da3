//! Why a message was planned, held, skipped or sent, and why nothing was.
//!
//! A receipt is made by the function that decides, so it cannot disagree with the decision. It
//! lists every gate that was looked at, with its input, for every rule that was considered.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::channel::Channel;
use crate::ids::{ConversationId, CustomerId, MessageId, ReceiptId, RuleId, RunId};
use crate::local_time::Zone;
use crate::settings::Locale;

/// The stored explanation of one decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Its id.
    pub id: ReceiptId,
    /// The conversation.
    pub conversation: ConversationId,
    /// When it was decided.
    pub at: DateTime<Utc>,
    /// What set the decision off.
    pub event: String,
    /// Who judged, where judgement was asked for: `built-in` or the model, and why the built-in
    /// decider stood in.
    pub decided_by: Option<String>,
    /// What was decided, one entry for each thing considered.
    pub entries: Vec<Entry>,
}

/// What was decided about one rule, one message or the conversation as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The rule, where it is about one.
    pub rule: Option<RuleId>,
    /// The run, where there is one.
    pub run: Option<RunId>,
    /// The message, where there is one.
    pub message: Option<MessageId>,
    /// The decision.
    pub verdict: Verdict,
    /// The gates that were looked at, in order.
    pub gates: Vec<Gate>,
    /// What the decider said, in its own words.
    pub remark: Option<String>,
}

impl Entry {
    /// An entry about the conversation as a whole.
    #[must_use]
    pub fn new(verdict: Verdict) -> Self {
        Self {
            rule: None,
            run: None,
            message: None,
            verdict,
            gates: Vec::new(),
            remark: None,
        }
    }

    /// The same about a rule.
    #[must_use]
    pub fn rule(mut self, rule: RuleId) -> Self {
        self.rule = Some(rule);
        self
    }

    /// The same about a run.
    #[must_use]
    pub fn run(mut self, run: RunId) -> Self {
        self.run = Some(run);
        self
    }

    /// The same about a message.
    #[must_use]
    pub fn message(mut self, message: MessageId) -> Self {
        self.message = Some(message);
        self
    }

    /// The same with the gates that led to it.
    #[must_use]
    pub fn gates(mut self, gates: Vec<Gate>) -> Self {
        self.gates = gates;
        self
    }

    /// The same with the decider's words.
    #[must_use]
    pub fn remark(mut self, remark: impl Into<String>) -> Self {
        self.remark = Some(remark.into()).filter(|text| !text.is_empty());
        self
    }
}

/// A decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// The rules will be put to the decider at this time.
    WillAssess {
        /// When.
        at: DateTime<Utc>,
    },
    /// A follow-up is pending.
    Planned {
        /// When it is due.
        due_at: DateTime<Utc>,
        /// As what it will go out.
        how: How,
        /// What had to be changed to make it legal.
        rescue: Option<Rescue>,
    },
    /// It waits.
    Held {
        /// Until when.
        until: DateTime<Utc>,
        /// Why.
        reason: Reason,
    },
    /// It is being sent.
    Sending {
        /// As what.
        how: How,
        /// The number of this attempt, from 1.
        attempt: u32,
    },
    /// The provider took it.
    Accepted,
    /// Nobody knows whether the provider has it.
    Unknown,
    /// The provider or the text stood in the way.
    Failed {
        /// Why.
        reason: Reason,
    },
    /// Nothing is sent.
    Skipped {
        /// Why.
        reason: Reason,
    },
    /// What was pending is not any more.
    Cancelled {
        /// Why.
        reason: Reason,
    },
    /// No more follow-ups until something changes.
    Suspended {
        /// Why.
        reason: Reason,
    },
    /// Nothing to do.
    Nothing {
        /// Why.
        reason: Reason,
    },
    /// Staff said whose conversation this is.
    Joined {
        /// Whom it belonged to.
        from: CustomerId,
        /// Whom it belongs to now.
        to: CustomerId,
    },
}

/// As what a message goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// Free text, inside the window.
    FreeForm,
    /// The approved template; costs extra.
    Template,
}

/// How a send was saved that quiet hours or the window would have made impossible (NX-02).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Rescue {
    /// It goes before the quiet hours.
    Earlier {
        /// When it should have gone.
        wanted: DateTime<Utc>,
    },
    /// The template takes the place of the text.
    Template,
    /// It goes on the customer's next channel.
    NextChannel {
        /// In this conversation.
        conversation: ConversationId,
        /// Which is on this channel.
        channel: Channel,
    },
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// Its name.
    pub gate: GateName,
    /// Whether it let the message pass.
    pub passed: bool,
    /// What it was decided on.
    pub input: String,
}

impl Gate {
    /// A gate and its verdict.
    pub fn new(gate: GateName, passed: bool, input: impl Into<String>) -> Self {
        Self {
            gate,
            passed,
            input: input.into(),
        }
    }
}

/// The gates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateName {
    /// The conversation is open, not suspended, not closed.
    Conversation,
    /// The rule is on and still the version that was planned.
    Rule,
    /// The rule may act on this channel.
    Channel,
    /// The connection may send.
    Connection,
    /// The platform does not ask the connection to wait.
    RateLimit,
    /// Nothing left for this customer a moment ago.
    Pace,
    /// We have answered, so that silence means theirs.
    Answered,
    /// The customer has not written since.
    Reply,
    /// The description fits.
    Applies,
    /// The stop trigger is not met.
    Stop,
    /// This silence has not had its message yet.
    Episode,
    /// No rule with a higher priority applies.
    Priority,
    /// The customer agreed to be written to.
    Consent,
    /// The customer can be reached.
    Reachable,
    /// Not too many automated messages lately.
    FrequencyCap,
    /// Not at night.
    QuietHours,
    /// The platform's free-form window.
    Window,
    /// The approved template.
    Template,
    /// The workspace's sends of the day.
    DailyLimit,
    /// The text can be sent as it is.
    Text,
    /// No message of a person is waiting to be sent.
    Person,
    /// Its time is not too long past.
    Due,
}

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
    NoAnswerYet,
    AutomaticMessage,
    CustomerWaits,
    NoRules,
    DoesNotApply,
    StopTriggerMet { rule: RuleId },
    OptedOut { since: DateTime<Utc> },
    MarketingRefused { since: DateTime<Utc> },
    Unreachable,
    ConversationClosed,
    ConversationSuspended,
    RuleDisabled,
    RuleDeleted,
    RuleChanged,
    ChannelNotReached { channel: Channel },
    ConnectionInactive,
    ConnectionHeld { until: DateTime<Utc> },
    Paced { until: DateTime<Utc> },
    WindowClosed { closed_at: Option<DateTime<Utc>> },
    TemplateNotApproved { name: String, language: String },
    Outranked { by: RuleId },
    EpisodeDone,
    FrequencyCap { until: DateTime<Utc> },
    QuietHours { until: DateTime<Utc> },
    DailyLimit { limit: u64 },
    InFlight { until: DateTime<Utc> },
    MovedToOtherConversation { conversation: ConversationId },
    TextUnusable { detail: String },
    Provider { class: String, detail: String },
    RetriesExhausted { detail: String },
    OutcomeUnknown { detail: String },
    OutcomeNeverKnown,
    SentAgain,
    AnswerFailed,
    Withdrawn,
    Expired,
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
            Self::Outranked { .. } => both(
                "Eine Regel mit höherer Priorität kommt zum Zug.",
                "A rule with a higher priority goes first.",
            ),
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
            Self::Expired => both(
                "Der Zeitpunkt dafür liegt zu lange zurück.",
                "Its time is too long past.",
            ),
        }
    }
}

impl Verdict {
    /// The decision in plain language.
    #[must_use]
    pub fn explain(&self, locale: Locale, zone: Zone) -> String {
        let de = locale == Locale::De;
        let show = |at: &DateTime<Utc>| zone.show(*at);
        match self {
            Self::WillAssess { at } if de => format!("Die Regeln werden am {} geprüft.", show(at)),
            Self::WillAssess { at } => format!("The rules will be assessed at {}.", show(at)),
            Self::Planned {
                due_at,
                how,
                rescue,
            } => {
                let base = match (de, how) {
                    (true, How::FreeForm) => {
                        format!("Geplant für {} als freier Text.", show(due_at))
                    }
                    (true, How::Template) => {
                        format!(
                            "Geplant für {} als freigegebene Vorlage (kostet extra).",
                            show(due_at)
                        )
                    }
                    (false, How::FreeForm) => format!("Planned for {} as free text.", show(due_at)),
                    (false, How::Template) => {
                        format!(
                            "Planned for {} as approved template (costs extra).",
                            show(due_at)
                        )
                    }
                };
                match rescue {
                    None => base,
                    Some(rescue) => format!("{base} {}", rescue.explain(locale, zone)),
                }
            }
            Self::Held { until, reason } => {
                let why = reason.explain(locale, zone);
                if de {
                    format!("Wartet bis {}: {why}", show(until))
                } else {
                    format!("Held until {}: {why}", show(until))
                }
            }
            Self::Sending { attempt, .. } if de => format!("Wird gesendet (Versuch {attempt})."),
            Self::Sending { attempt, .. } => format!("Being sent (attempt {attempt})."),
            Self::Accepted if de => "Von der Plattform angenommen.".to_owned(),
            Self::Accepted => "Accepted by the platform.".to_owned(),
            Self::Unknown if de => "Ausgang unbekannt.".to_owned(),
            Self::Unknown => "Outcome unknown.".to_owned(),
            Self::Failed { reason } => with("Fehlgeschlagen", "Failed", reason, locale, zone),
            Self::Skipped { reason } => with("Nicht gesendet", "Not sent", reason, locale, zone),
            Self::Cancelled { reason } => with("Abgebrochen", "Cancelled", reason, locale, zone),
            Self::Suspended { reason } => with("Ausgesetzt", "Suspended", reason, locale, zone),
            Self::Nothing { reason } => {
                with("Nichts zu tun", "Nothing to do", reason, locale, zone)
            }
            Self::Joined { from, to } if de => format!(
                "Gehört jetzt zu {to}, bisher zu {from}. Was einer der beiden abgelehnt hat, bleibt abgelehnt."
            ),
            Self::Joined { from, to } => format!(
                "Belongs to {to} now, before to {from}. What either of them refused stays refused."
            ),
        }
    }
}

impl Rescue {
    fn explain(&self, locale: Locale, zone: Zone) -> String {
        match (locale, self) {
            (Locale::De, Self::Earlier { wanted }) => {
                format!(
                    "Vorgezogen von {}, weil die Ruhezeit das Fenster überdauert.",
                    zone.show(*wanted)
                )
            }
            (Locale::En, Self::Earlier { wanted }) => {
                format!(
                    "Moved up from {} because the quiet hours outlast the window.",
                    zone.show(*wanted)
                )
            }
            (Locale::De, Self::Template) => {
                "Die Vorlage ersetzt den Text, weil das Fenster zu ist.".to_owned()
            }
            (Locale::En, Self::Template) => {
                "The template takes the place of the text because the window is closed.".to_owned()
            }
            (Locale::De, Self::NextChannel { channel, .. }) => {
                format!("Geht stattdessen über {}.", channel_name(*channel))
            }
            (Locale::En, Self::NextChannel { channel, .. }) => {
                format!("Goes out on {} instead.", channel_name(*channel))
            }
        }
    }
}

impl fmt::Display for GateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = serde_json::to_value(self)
            .ok()
            .and_then(|value| value.as_str().map(str::to_owned));
        f.write_str(&name.unwrap_or_default())
    }
}

/// The channel as people write it.
#[must_use]
pub fn channel_name(channel: Channel) -> &'static str {
    match channel {
        Channel::WhatsApp => "WhatsApp",
        Channel::Instagram => "Instagram",
        Channel::Messenger => "Messenger",
        Channel::Telegram => "Telegram",
        Channel::Loopback => "Loopback",
    }
}

fn with(de: &str, en: &str, reason: &Reason, locale: Locale, zone: Zone) -> String {
    let head = match locale {
        Locale::De => de,
        Locale::En => en,
    };
    format!("{head}: {}", reason.explain(locale, zone))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{berlin, hours, monday};

    /// One of each. The match makes sure that a new reason is added here too.
    fn every_reason() -> Vec<Reason> {
        use Reason as R;
        let rule = RuleId::derive(&["rule"]);
        let conversation = ConversationId::derive(&["other"]);
        let (at, channel) = (monday(), Channel::Instagram);
        let detail = || "the connection broke".to_owned();
        let list = vec![
            R::CustomerReplied,
            R::BusinessAnswered,
            R::BusinessIsWriting,
            R::NoAnswerYet,
            R::AutomaticMessage,
            R::CustomerWaits,
            R::NoRules,
            R::DoesNotApply,
            R::StopTriggerMet { rule },
            R::OptedOut { since: at },
            R::MarketingRefused { since: at },
            R::Unreachable,
            R::ConversationClosed,
            R::ConversationSuspended,
            R::RuleDisabled,
            R::RuleDeleted,
            R::RuleChanged,
            R::ChannelNotReached { channel },
            R::ConnectionInactive,
            R::ConnectionHeld { until: at },
            R::Paced { until: at },
            R::WindowClosed {
                closed_at: Some(at),
            },
            R::WindowClosed { closed_at: None },
            R::TemplateNotApproved {
                name: "termin".into(),
                language: "de".into(),
            },
            R::Outranked { by: rule },
            R::EpisodeDone,
            R::FrequencyCap { until: at },
            R::QuietHours { until: at },
            R::DailyLimit { limit: 100 },
            R::InFlight { until: at },
            R::MovedToOtherConversation { conversation },
            R::TextUnusable { detail: detail() },
            R::Provider {
                class: "blocked".into(),
                detail: detail(),
            },
            R::RetriesExhausted { detail: detail() },
            R::OutcomeUnknown { detail: detail() },
            R::OutcomeNeverKnown,
            R::SentAgain,
            R::AnswerFailed,
            R::Withdrawn,
            R::Expired,
        ];
        for reason in &list {
            match reason {
                R::CustomerReplied | R::BusinessAnswered | R::BusinessIsWriting => {}
                R::NoAnswerYet | R::AutomaticMessage | R::CustomerWaits | R::NoRules => {}
                R::DoesNotApply | R::StopTriggerMet { .. } | R::OptedOut { .. } => {}
                R::MarketingRefused { .. } | R::Unreachable | R::ConversationClosed => {}
                R::ConversationSuspended | R::RuleDisabled | R::RuleDeleted => {}
                R::RuleChanged | R::ChannelNotReached { .. } | R::ConnectionInactive => {}
                R::ConnectionHeld { .. } | R::Paced { .. } => {}
                R::WindowClosed { .. } | R::TemplateNotApproved { .. } => {}
                R::Outranked { .. } | R::EpisodeDone | R::FrequencyCap { .. } => {}
                R::QuietHours { .. } | R::DailyLimit { .. } | R::InFlight { .. } => {}
                R::MovedToOtherConversation { .. } | R::TextUnusable { .. } => {}
                R::Provider { .. } | R::RetriesExhausted { .. } => {}
                R::OutcomeUnknown { .. } | R::OutcomeNeverKnown | R::SentAgain => {}
                R::AnswerFailed | R::Withdrawn | R::Expired => {}
            }
        }
        list
    }

    #[test]
    fn every_reason_is_a_sentence_in_german_and_english() {
        let mut lines = Vec::new();
        for reason in every_reason() {
            let de = reason.explain(Locale::De, berlin());
            let en = reason.explain(Locale::En, berlin());
            assert_ne!(de, en);
            lines.push(format!("{}\n  de {de}\n  en {en}", reason.code()));
        }
        insta::assert_snapshot!("reasons", lines.join("\n"));
    }

    #[test]
    fn every_verdict_is_a_sentence_in_german_and_english() {
        let (at, reason) = (monday(), Reason::Expired);
        let planned = |how, rescue| Verdict::Planned {
            due_at: at,
            how,
            rescue,
        };
        let next = Rescue::NextChannel {
            conversation: ConversationId::derive(&["other"]),
            channel: Channel::Telegram,
        };
        let verdicts = [
            Verdict::WillAssess { at },
            planned(How::FreeForm, None),
            planned(How::Template, Some(Rescue::Template)),
            planned(
                How::FreeForm,
                Some(Rescue::Earlier {
                    wanted: at + hours(2),
                }),
            ),
            planned(How::FreeForm, Some(next)),
            Verdict::Held {
                until: at,
                reason: Reason::QuietHours { until: at },
            },
            Verdict::Sending {
                how: How::FreeForm,
                attempt: 2,
            },
            Verdict::Accepted,
            Verdict::Unknown,
            Verdict::Failed {
                reason: reason.clone(),
            },
            Verdict::Skipped {
                reason: reason.clone(),
            },
            Verdict::Cancelled {
                reason: reason.clone(),
            },
            Verdict::Suspended {
                reason: reason.clone(),
            },
            Verdict::Nothing { reason },
            Verdict::Joined {
                from: CustomerId::derive(&["one"]),
                to: CustomerId::derive(&["other"]),
            },
        ];
        let lines: Vec<_> = verdicts
            .iter()
            .flat_map(|verdict| [Locale::De, Locale::En].map(|l| verdict.explain(l, berlin())))
            .collect();
        insta::assert_snapshot!("verdicts", lines.join("\n"));
    }

    #[test]
    fn a_receipt_survives_its_json() {
        for reason in every_reason() {
            let json = serde_json::to_string(&reason).unwrap();
            assert_eq!(serde_json::from_str::<Reason>(&json).unwrap(), reason);
            assert!(!reason.code().is_empty());
        }
    }
}
