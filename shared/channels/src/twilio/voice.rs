//! What the provider posts about telephone calls.

use chrono::{DateTime, Utc};
use domain::channel::{ChannelUser, PhoneNumber};
use domain::content::{Call, CallOutcome};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::inbound::form;
use crate::inbound::{InboundEvent, InboundKind, Telephone};
use crate::node::{Node, Problem, kept};
use crate::sms::SmsEvent;

/// Something that happened to a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoiceEvent {
    /// The provider's id of the call.
    pub call: String,
    /// Who calls; hidden numbers have a word of the provider's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<ChannelUser>,
    /// Who is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<ChannelUser>,
    /// When it was reported.
    pub at: DateTime<Utc>,
    /// Equal for two deliveries of the same event.
    pub dedup: String,
    /// What happened.
    pub kind: VoiceKind,
    /// As received, where it could not be understood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<Value>,
}

impl VoiceEvent {
    /// The caller's number, where it is one and is not hidden.
    pub fn caller(&self) -> Option<PhoneNumber> {
        let number = self.from.as_ref()?.reveal();
        (!HIDDEN.contains(&number)).then(|| PhoneNumber::parse(number).ok())?
    }
}

/// Whose conversation holds the calls of hidden numbers: no number, so nobody can write there.
const ANONYMOUS: &str = "anonymous";

impl VoiceEvent {
    /// What the conversation with the caller hears of it, on the channel of the number's SMS; `None`
    /// where it hears nothing. `forwards` says whether calls are passed on: if not, one that comes in is
    /// missed already.
    pub fn into_inbound(self, forwards: bool) -> Option<InboundEvent> {
        let entry = |outcome, seconds, recording| Call {
            outcome,
            seconds,
            recording,
        };
        let (entry, seconds) = match self.kind {
            VoiceKind::Incoming if forwards => return None,
            VoiceKind::Incoming => (entry(CallOutcome::Missed, None, None), None),
            VoiceKind::Forwarded { result, seconds } if result.was_answered() => {
                (entry(CallOutcome::Answered, seconds, None), seconds)
            }
            VoiceKind::Forwarded { seconds, .. } => {
                (entry(CallOutcome::Missed, None, None), seconds)
            }
            VoiceKind::Voicemail {
                ref recording,
                seconds,
                ..
            } => {
                let recording = Some(recording.clone());
                (entry(CallOutcome::Voicemail, seconds, recording), seconds)
            }
            // Whoever hung up while it rang is heard of here alone. What was told before stays.
            VoiceKind::Status {
                status, seconds, ..
            } if status.is_over() => (entry(CallOutcome::Missed, None, None), seconds),
            VoiceKind::Status { .. } | VoiceKind::NoVoicemail => return None,
            VoiceKind::Unknown { problem } => {
                let kind = InboundKind::Unknown {
                    kind: "telephone".to_owned(),
                    path: String::new(),
                    problem: Some(problem),
                };
                return Some(about(None, self.to, self.at, self.dedup, kind, self.raw));
            }
        };
        // The report on a recording names no caller; its length came with the call before.
        let from = self.from.as_ref()?.reveal();
        let caller = match HIDDEN.contains(&from) {
            true => ChannelUser::parse(ANONYMOUS),
            false => ChannelUser::parse(from),
        };
        let kind = InboundKind::Telephone(Telephone {
            call: self.call,
            entry,
            seconds: seconds.unwrap_or_default(),
        });
        let caller = caller.ok();
        Some(about(caller, self.to, self.at, self.dedup, kind, None))
    }
}

fn about(
    user: Option<ChannelUser>,
    account: Option<ChannelUser>,
    at: DateTime<Utc>,
    dedup: String,
    kind: InboundKind,
    raw: Option<Value>,
) -> InboundEvent {
    let event = SmsEvent {
        account,
        user,
        at,
        at_is_ours: true,
        dedup,
        kind,
        segments: None,
        raw,
    };
    event.into()
}

/// The provider spells ANONYMOUS, RESTRICTED, UNAVAILABLE, UNKNOWN and BLOCKED on the keys of a
/// telephone.
const HIDDEN: [&str; 5] = [
    "+266696687",
    "+7378742883",
    "+86282452253",
    "+8656696",
    "+2562533",
];

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum VoiceKind {
    /// Somebody calls us and waits for instructions, see [`super::twiml`].
    Incoming,
    /// The call that was forwarded came back.
    Forwarded {
        /// How that went.
        result: CallStatus,
        /// How long they spoke.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seconds: Option<u32>,
    },
    /// The caller left a message.
    Voicemail {
        /// The provider's id of the recording.
        recording: String,
        /// Where it lies; reading it takes the account's token.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        url: Option<String>,
        /// How long it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seconds: Option<u32>,
    },
    /// There is no recording: too short, silent, or it failed.
    NoVoicemail,
    /// What became of a call, also of one of ours.
    Status {
        /// What.
        status: CallStatus,
        /// How long it was; billed by the started minute.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seconds: Option<u32>,
        /// `human`, `machine_end_beep`, ... where that was asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answered_by: Option<String>,
    },
    /// Something nobody knows; it is kept.
    Unknown {
        /// What was missing.
        problem: String,
    },
}

/// How a call stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallStatus {
    /// It waits.
    Queued,
    /// It is being set up.
    Initiated,
    /// It rings.
    Ringing,
    /// They speak.
    InProgress,
    /// Somebody answered, and it is over.
    Completed,
    /// Engaged.
    Busy,
    /// It could not be set up.
    Failed,
    /// Nobody answered.
    NoAnswer,
    /// It was called off.
    Canceled,
    /// A word nobody knows.
    Other,
}

impl CallStatus {
    fn of(word: &str) -> Self {
        match word {
            "queued" => Self::Queued,
            "initiated" => Self::Initiated,
            "ringing" => Self::Ringing,
            "in-progress" | "answered" => Self::InProgress,
            "completed" => Self::Completed,
            "busy" => Self::Busy,
            "failed" => Self::Failed,
            "no-answer" => Self::NoAnswer,
            "canceled" => Self::Canceled,
            _ => Self::Other,
        }
    }

    /// Whether nothing more comes of it.
    pub fn is_over(self) -> bool {
        match self {
            Self::Queued | Self::Initiated | Self::Ringing | Self::InProgress | Self::Other => {
                false
            }
            Self::Completed | Self::Busy | Self::Failed | Self::NoAnswer | Self::Canceled => true,
        }
    }

    /// Whether people spoke, so that nobody needs to leave a message.
    pub fn was_answered(self) -> bool {
        matches!(self, Self::Completed | Self::InProgress)
    }
}

/// Reads one form. Every form is an event, if only an unknown one.
pub fn parse(raw: &[u8], received_at: DateTime<Utc>) -> VoiceEvent {
    let body = form(raw);
    let body = Node::root(&body);
    let call = body.text("CallSid");
    let read = read(&body);
    let (kind, dedup, raw) = match (read, &call) {
        (Ok((kind, dedup)), Some(call)) => (kind, format!("call:{call}:{dedup}"), None),
        (Err(Problem(problem)), _) => unknown(&body, problem),
        (Ok(_), None) => {
            let Problem(problem) = body.missing("CallSid", "text");
            unknown(&body, problem)
        }
    };
    VoiceEvent {
        call: call.unwrap_or_default(),
        from: body.user("From"),
        to: body.user("To"),
        at: received_at.max(DateTime::UNIX_EPOCH),
        dedup,
        kind,
        raw,
    }
}

fn unknown(body: &Node<'_>, problem: String) -> (VoiceKind, String, Option<Value>) {
    let kind = VoiceKind::Unknown { problem };
    let dedup = crate::inbound::fingerprint(body);
    (kind, dedup, Some(kept(body.value().clone())))
}

/// The most telling field decides: every form carries `CallStatus`, too.
fn read(body: &Node<'_>) -> Result<(VoiceKind, String), Problem> {
    let seconds = |key: &str| body.int(key).and_then(|count| count.try_into().ok());
    if let Some(recording) = body.text("RecordingSid") {
        let status = body.text("RecordingStatus");
        let dedup = format!("recording:{recording}");
        if matches!(status.as_deref(), Some("absent" | "failed")) {
            return Ok((VoiceKind::NoVoicemail, dedup));
        }
        let kind = VoiceKind::Voicemail {
            recording,
            url: body.text("RecordingUrl"),
            seconds: seconds("RecordingDuration"),
        };
        return Ok((kind, dedup));
    }
    if let Some(word) = body.text("DialCallStatus") {
        let kind = VoiceKind::Forwarded {
            result: CallStatus::of(&word),
            seconds: seconds("DialCallDuration"),
        };
        return Ok((kind, "forwarded".to_owned()));
    }
    let word = body.need_text("CallStatus")?;
    let status = CallStatus::of(&word);
    let inbound = body.text("Direction").as_deref() == Some("inbound");
    let reported = body.has("SequenceNumber") || body.has("CallbackSource");
    if inbound && !reported && matches!(status, CallStatus::Ringing | CallStatus::InProgress) {
        return Ok((VoiceKind::Incoming, "incoming".to_owned()));
    }
    let kind = VoiceKind::Status {
        status,
        seconds: seconds("CallDuration"),
        answered_by: body.text("AnsweredBy"),
    };
    Ok((kind, format!("status:{word}")))
}
