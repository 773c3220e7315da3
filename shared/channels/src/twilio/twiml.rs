//! Instructions for a call. Everything that comes from people is escaped.

use std::fmt::Write as _;

use domain::channel::PhoneNumber;
use domain::settings::Locale;

use super::voice::CallStatus;
use crate::outbound::{OutboundError, check_link};

/// The type of the answer.
pub const CONTENT_TYPE: &str = "text/xml; charset=utf-8";
/// How long a caller may speak.
pub const LONGEST_MESSAGE_SECONDS: u16 = 180;
/// The longest text that is spoken, in characters.
pub const LONGEST_SPEECH: usize = 3_000;

/// Nothing is to be done: also the answer to an SMS that is not answered in the same breath.
pub fn nothing() -> String {
    document("")
}

/// Hangs up.
pub fn hang_up() -> String {
    document("<Hangup/>")
}

/// Hangs up before anybody pays.
pub fn reject() -> String {
    document("<Reject/>")
}

/// An incoming call is passed on.
#[derive(Clone, Debug)]
pub struct Forward<'a> {
    /// To whom.
    pub to: &'a PhoneNumber,
    /// How long it rings there, 5 to 600 seconds. A voicemail there answers after about 25.
    pub ring_seconds: u16,
    /// Where the provider asks what to do when nobody answered; see [`after_forward`].
    pub action: &'a str,
}

/// Passes an incoming call on.
pub fn forward(forward: &Forward<'_>) -> Result<String, OutboundError> {
    check_link("action", forward.action)?;
    Ok(document(&format!(
        "<Dial answerOnBridge=\"true\" timeout=\"{}\" action=\"{}\" method=\"POST\"><Number>{}</Number></Dial>",
        forward.ring_seconds.clamp(5, 600),
        escaped(forward.action),
        escaped(forward.to.reveal()),
    )))
}

/// Where the caller can leave a message.
#[derive(Clone, Debug)]
pub struct Voicemail<'a> {
    /// The language of what is said.
    pub locale: Locale,
    /// What the caller hears; without one the built-in greeting with the business's name.
    pub greeting: Option<&'a str>,
    /// The name of the business; empty where nobody has told it.
    pub business_name: &'a str,
    /// Where the provider goes when the caller has spoken.
    pub action: &'a str,
    /// Where the provider reports that the recording is ready.
    pub recording_callback: &'a str,
}

const ASKED_DE: &str = "Wir können gerade nicht ans Telefon gehen. Bitte sprechen Sie nach dem \
     Signalton Ihren Namen, Ihre Telefonnummer und Ihr Anliegen auf Band.";
const ASKED_EN: &str = "We cannot answer the telephone at the moment. Please leave your name, your \
     number and your message after the tone.";

/// Greets the caller and records what they say.
pub fn voicemail(voicemail: &Voicemail<'_>) -> Result<String, OutboundError> {
    check_link("action", voicemail.action)?;
    check_link("recording_callback", voicemail.recording_callback)?;
    let built_in = || match (voicemail.locale, voicemail.business_name.trim()) {
        (Locale::De, "") => format!("Guten Tag. {ASKED_DE}"),
        (Locale::De, name) => format!("Guten Tag, hier ist {name}. {ASKED_DE}"),
        (Locale::En, "") => format!("Hello. {ASKED_EN}"),
        (Locale::En, name) => format!("Hello, this is {name}. {ASKED_EN}"),
    };
    let greeting = voicemail
        .greeting
        .map(str::trim)
        .filter(|text| !text.is_empty());
    let greeting = greeting.map_or_else(built_in, str::to_owned);
    let thanks = match voicemail.locale {
        Locale::De => "Es wurde nichts aufgenommen. Auf Wiederhören.",
        Locale::En => "Nothing was recorded. Goodbye.",
    };
    Ok(document(&format!(
        "{}<Record action=\"{}\" method=\"POST\" maxLength=\"{LONGEST_MESSAGE_SECONDS}\" timeout=\"5\" \
         finishOnKey=\"#\" playBeep=\"true\" recordingStatusCallback=\"{}\" \
         recordingStatusCallbackMethod=\"POST\" recordingStatusCallbackEvent=\"completed absent\"/>{}<Hangup/>",
        say(&greeting, voicemail.locale)?,
        escaped(voicemail.action),
        escaped(voicemail.recording_callback),
        say(thanks, voicemail.locale)?,
    )))
}

/// What to do when a forwarded call came back: nothing more when they spoke, else the voicemail.
pub fn after_forward(result: CallStatus, mailbox: &Voicemail<'_>) -> Result<String, OutboundError> {
    if result.was_answered() {
        Ok(hang_up())
    } else {
        voicemail(mailbox)
    }
}

/// Thanks for a message and hangs up.
pub fn thanks(locale: Locale) -> Result<String, OutboundError> {
    let words = match locale {
        Locale::De => "Vielen Dank. Auf Wiederhören.",
        Locale::En => "Thank you. Goodbye.",
    };
    Ok(document(&format!("{}<Hangup/>", say(words, locale)?)))
}

/// A text that is spoken to whom we call.
#[derive(Clone, Debug)]
pub struct Speech<'a> {
    /// The text.
    pub text: &'a str,
    /// Its language.
    pub locale: Locale,
    /// A voice of the provider's, such as `Polly.Vicki`; without one the language decides.
    pub voice: Option<&'a str>,
    /// How loud.
    pub volume: Volume,
    /// How fast, in percent of the usual speed: 20 to 200.
    pub rate_percent: u8,
    /// How often it is said, 1 to 5.
    pub times: u8,
}

/// How loud a voice is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Volume {
    /// Soft.
    Soft,
    /// As usual.
    #[default]
    Medium,
    /// Loud.
    Loud,
}

/// Speaks a text.
pub fn speak(speech: &Speech<'_>) -> Result<String, OutboundError> {
    check_speech(speech.text)?;
    let voice = match speech.voice {
        None => String::new(),
        Some(voice) => {
            let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
            if voice.is_empty() || !voice.chars().all(fits) {
                return Err(OutboundError::Invalid {
                    field: "voice",
                    reason: "is no name of a voice",
                    remedy: "choose one of the provider's list, such as Polly.Vicki",
                });
            }
            format!(" voice=\"{voice}\"")
        }
    };
    let volume = match speech.volume {
        Volume::Soft => "soft",
        Volume::Medium => "medium",
        Volume::Loud => "loud",
    };
    Ok(document(&format!(
        "<Say language=\"{}\" loop=\"{}\"{voice}><prosody rate=\"{}%\" volume=\"{volume}\">{}</prosody></Say>",
        language(speech.locale),
        speech.times.clamp(1, 5),
        speech.rate_percent.clamp(20, 200),
        escaped(speech.text),
    )))
}

/// Plays a recording from a public https address.
pub fn play(url: &str) -> Result<String, OutboundError> {
    check_link("recording", url)?;
    if !url.starts_with("https://") {
        return Err(OutboundError::Invalid {
            field: "recording",
            reason: "is no https address",
            remedy: "give the full address, starting with https://",
        });
    }
    Ok(document(&format!("<Play>{}</Play>", escaped(url))))
}

fn say(text: &str, locale: Locale) -> Result<String, OutboundError> {
    check_speech(text)?;
    Ok(format!(
        "<Say language=\"{}\">{}</Say>",
        language(locale),
        escaped(text)
    ))
}

fn check_speech(text: &str) -> Result<(), OutboundError> {
    let limit = domain::channel::TextLimit::Chars(LONGEST_SPEECH);
    crate::outbound::check_text("speech", text, limit)
}

fn language(locale: Locale) -> &'static str {
    match locale {
        Locale::De => "de-DE",
        Locale::En => "en-GB",
    }
}

fn document(inside: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>{inside}</Response>")
}

/// Text as it can stand in XML 1.0; what cannot stand there at all is left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => {}
            // A reader turns these into spaces inside attributes, or drops them.
            '\n' | '\r' | '\t' => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            c if c.is_control() => {}
            other => out.push(other),
        }
    }
    out
}
