//! Why a message was planned, held, skipped or sent, and why nothing was.
//!
//! A receipt is made by the function that decides, so it cannot disagree with the decision. It
//! lists every gate that was looked at, with its input, for every rule that was considered.

mod reason;

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::channel::Channel;
use crate::ids::{ConversationId, CustomerId, MessageId, ReceiptId, RuleId, RunId};
use crate::local_time::Zone;
use crate::settings::Locale;

pub use reason::{Rank, Reason};

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
    /// It waits until a person has looked at it again.
    SetAside {
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
    /// Follow-ups may be planned again, and delays count from here.
    CountsAnew {
        /// Since when.
        from: DateTime<Utc>,
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
    /// It goes by e-mail because the month has no SMS segments left for it (MO-23).
    EmailInstead,
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
    /// Nobody else has the thread.
    Thread,
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
    /// The visit is the customer's last one, has had no reminder, and nothing is booked.
    Visit,
    /// The time of day at which it may go.
    TimeOfDay,
    /// There is an address to send to.
    Address,
    /// Nothing is known against the address.
    Suppression,
    /// The customer did not stop everything with one word.
    StopWord,
    /// The segments of the month.
    Segments,
    /// The account may send.
    Account,
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
            Self::SetAside { reason } => with("Zurückgestellt", "Set aside", reason, locale, zone),
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
            Self::CountsAnew { from } if de => format!(
                "Nachfassen ist wieder möglich; Wartezeiten zählen ab {}.",
                show(from)
            ),
            Self::CountsAnew { from } => {
                format!(
                    "Follow-ups are possible again; delays count from {}.",
                    show(from)
                )
            }
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
            (Locale::De, Self::EmailInstead) => {
                "Geht per E-Mail, weil die SMS-Segmente des Monats nicht reichen.".to_owned()
            }
            (Locale::En, Self::EmailInstead) => {
                "Goes by e-mail because the month's SMS segments do not suffice.".to_owned()
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
        Channel::Sms => "SMS",
        Channel::Email => "E-Mail",
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
    use crate::consent::{Cause, Class, Medium};
    use crate::fixtures::{berlin, hours, monday};

    /// One of each. The match makes sure that a new reason is added here too.
    fn every_reason() -> Vec<Reason> {
        use Reason as R;
        let rule = RuleId::derive(&["rule"]);
        let conversation = ConversationId::derive(&["other"]);
        let (at, channel) = (monday(), Channel::Instagram);
        let detail = || "the connection broke".to_owned();
        let outranked = |rank| R::Outranked { by: rule, rank };
        let list = vec![
            R::CustomerReplied,
            R::BusinessAnswered,
            R::BusinessIsWriting,
            R::NeverWrote,
            R::NoAnswerYet,
            R::AutomaticMessage,
            R::CustomerWaits,
            R::NoRules,
            R::DoesNotApply,
            R::StopTriggerMet { rule },
            R::OptedOut { since: at },
            R::MarketingRefused { since: at },
            R::ClassRefused {
                class: Class::EmailMarketing,
                since: at,
            },
            R::NotConfirmed {
                class: Class::SmsMarketing,
                since: at,
            },
            R::NoConsent {
                class: Class::ChatMarketing,
            },
            R::SmsStopped { since: at },
            R::AddressSuppressed {
                cause: Cause::HardBounce,
                since: at,
            },
            R::NoAddress {
                medium: Medium::Email,
            },
            R::SegmentsSpent {
                used: 499,
                limit: 500,
            },
            R::AccountLocked {
                messages: 5001,
                limit: 5000,
            },
            R::Unreachable,
            R::ConversationClosed,
            R::ConversationSuspended,
            R::ThreadElsewhere,
            R::RuleDisabled,
            R::RuleDeleted,
            R::RuleChanged,
            R::ChannelNotReached { channel },
            R::ChannelLeftOut { channel },
            R::ConnectionInactive,
            R::ConnectionHeld { until: at },
            R::ConnectionPaused {
                until: at,
                detail: detail(),
            },
            R::Paced { until: at },
            R::WindowClosed {
                closed_at: Some(at),
            },
            R::WindowClosed { closed_at: None },
            R::TemplateNotApproved {
                name: "termin".into(),
                language: "de".into(),
            },
            outranked(Rank::Priority),
            outranked(Rank::Age),
            outranked(Rank::Pending),
            R::EpisodeDone,
            R::FrequencyCap { until: at },
            R::QuietHours { until: at },
            R::DailyLimit { limit: 100 },
            R::InFlight { until: at },
            R::MovedToOtherConversation { conversation },
            R::ConversationWentOn { conversation },
            R::TextUnusable { detail: detail() },
            R::Provider {
                class: "blocked".into(),
                detail: detail(),
            },
            R::RetriesExhausted { detail: detail() },
            R::OutcomeUnknown { detail: detail() },
            R::HeldByPlatform,
            R::OutcomeNeverKnown,
            R::SentAgain,
            R::AnswerFailed,
            R::Withdrawn,
            R::AwaitsReview,
            R::Expired,
            R::NoVisit,
            R::AppointmentsChanged,
            R::AlreadyReminded,
            R::LaterVisit {
                on: at.date_naive(),
            },
            R::FutureAppointment { at },
            R::ReminderTooLate {
                late_days: 9,
                limit_days: 7,
            },
            R::BeforeGoLive {
                late_days: 5,
                limit_days: 3,
            },
            R::TimeOfDay { until: at },
        ];
        for reason in &list {
            match reason {
                R::CustomerReplied | R::BusinessAnswered | R::BusinessIsWriting => {}
                R::NeverWrote | R::NoAnswerYet | R::AutomaticMessage => {}
                R::CustomerWaits | R::NoRules => {}
                R::DoesNotApply | R::StopTriggerMet { .. } | R::OptedOut { .. } => {}
                R::MarketingRefused { .. } | R::Unreachable | R::ConversationClosed => {}
                R::ClassRefused { .. } | R::NotConfirmed { .. } | R::NoConsent { .. } => {}
                R::SmsStopped { .. } | R::AddressSuppressed { .. } | R::NoAddress { .. } => {}
                R::SegmentsSpent { .. } | R::AccountLocked { .. } => {}
                R::ConversationSuspended | R::RuleDisabled | R::RuleDeleted => {}
                R::RuleChanged | R::ChannelNotReached { .. } | R::ConnectionInactive => {}
                R::ConnectionHeld { .. } | R::ConnectionPaused { .. } | R::Paced { .. } => {}
                R::ConversationWentOn { .. } => {}
                R::ThreadElsewhere | R::ChannelLeftOut { .. } | R::HeldByPlatform => {}
                R::WindowClosed { .. } | R::TemplateNotApproved { .. } => {}
                R::Outranked { .. } | R::EpisodeDone | R::FrequencyCap { .. } => {}
                R::QuietHours { .. } | R::DailyLimit { .. } | R::InFlight { .. } => {}
                R::MovedToOtherConversation { .. } | R::TextUnusable { .. } => {}
                R::Provider { .. } | R::RetriesExhausted { .. } => {}
                R::OutcomeUnknown { .. } | R::OutcomeNeverKnown | R::SentAgain => {}
                R::AnswerFailed | R::Withdrawn | R::AwaitsReview | R::Expired => {}
                R::NoVisit | R::AppointmentsChanged | R::AlreadyReminded | R::TimeOfDay { .. } => {}
                R::LaterVisit { .. } | R::FutureAppointment { .. } => {}
                R::ReminderTooLate { .. } | R::BeforeGoLive { .. } => {}
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
            planned(How::FreeForm, Some(Rescue::EmailInstead)),
            Verdict::Held {
                until: at,
                reason: Reason::QuietHours { until: at },
            },
            Verdict::SetAside {
                reason: Reason::AwaitsReview,
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
            Verdict::CountsAnew { from: at },
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
