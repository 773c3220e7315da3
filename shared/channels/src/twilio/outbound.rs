//! An SMS or a call becomes a request.

use std::fmt;

use domain::channel::PhoneNumber;

use crate::http::HttpRequest;
use crate::outbound::{OutboundError, check_link};
use crate::sms::{Sender, check_body};

/// Where the provider is reached when the configuration says nothing else.
pub const DEFAULT_BASE_URL: &str = "https://api.twilio.com";
/// The longest `TwiML` that can be sent with a call.
pub const LONGEST_TWIML: usize = 4_000;

/// The account at the provider.
#[derive(Clone, Copy)]
pub struct Account<'a> {
    /// See [`DEFAULT_BASE_URL`].
    pub base_url: &'a str,
    /// `AC` and 32 digits.
    pub sid: &'a str,
    /// Who signs in: the account itself, or a key of it (`SK...`).
    pub user: &'a str,
    /// The account's token or the key's secret.
    pub secret: &'a str,
}

impl fmt::Debug for Account<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("base_url", &self.base_url)
            .field("sid", &self.sid)
            .finish_non_exhaustive()
    }
}

impl Account<'_> {
    fn post(&self, what: &str, fields: &[(&str, String)]) -> Result<HttpRequest, OutboundError> {
        let url = self.url(&format!("{what}.json"))?;
        Ok(HttpRequest::post_form(url, fields).basic(self.user, self.secret.trim()))
    }

    /// The address of something below the account.
    fn url(&self, what: &str) -> Result<String, OutboundError> {
        let invalid = |field, reason| OutboundError::Invalid {
            field,
            reason,
            remedy: "correct the connection's settings",
        };
        let base = self.base_url.trim_end_matches('/');
        let has_scheme = base.starts_with("https://") || base.starts_with("http://");
        if !has_scheme || base.contains(['?', '#', ' ']) {
            return Err(invalid(
                "account.base_url",
                "must be an http or https address without query",
            ));
        }
        let plain =
            |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric());
        if !plain(self.sid) || !plain(self.user) {
            return Err(invalid("account.sid", "is no id of an account"));
        }
        if self.secret.trim().is_empty() || self.secret.chars().any(char::is_control) {
            return Err(invalid("account.secret", "is empty or no secret"));
        }
        Ok(format!("{base}/2010-04-01/Accounts/{}/{what}", self.sid))
    }
}

/// An SMS.
#[derive(Clone, Debug)]
pub struct Sms<'a> {
    /// The recipient.
    pub to: &'a PhoneNumber,
    /// Who it comes from.
    pub from: &'a Sender,
    /// The text.
    pub text: &'a str,
    /// Where the provider reports what became of it.
    pub status_callback: Option<&'a str>,
    /// After how many seconds it is not worth sending any more, 1 to 36,000.
    pub validity_seconds: Option<u32>,
    /// The provider may replace signs to save segments.
    pub smart_encoded: bool,
}

/// The request for an SMS.
pub fn sms(account: &Account<'_>, sms: &Sms<'_>) -> Result<HttpRequest, OutboundError> {
    check_body(sms.text)?;
    let mut fields = vec![("To", sms.to.reveal().to_owned())];
    fields.push(match sms.from {
        Sender::Number(number) => ("From", number.reveal().to_owned()),
        Sender::Name(name) => ("From", name.as_str().to_owned()),
        Sender::Pool(pool) => ("MessagingServiceSid", pool.clone()),
    });
    fields.push(("Body", sms.text.to_owned()));
    if let Some(address) = sms.status_callback {
        fields.push(("StatusCallback", callback(address)?));
    }
    if let Some(seconds) = sms.validity_seconds {
        if !(1..=36_000).contains(&seconds) {
            return Err(OutboundError::Invalid {
                field: "validity_seconds",
                reason: "is not between 1 and 36,000",
                remedy: "choose 10 hours at most",
            });
        }
        fields.push(("ValidityPeriod", seconds.to_string()));
    }
    fields.push(("SmartEncoded", sms.smart_encoded.to_string()));
    account.post("Messages", &fields)
}

/// The request for a recording, as MP3.
pub fn recording(account: &Account<'_>, id: &str) -> Result<HttpRequest, OutboundError> {
    if id.is_empty() || !id.chars().all(|c| c.is_ascii_alphanumeric()) {
        return Err(OutboundError::Invalid {
            field: "recording",
            reason: "is no id of a recording",
            remedy: "take it from the provider's report",
        });
    }
    let url = account.url(&format!("Recordings/{id}.mp3"))?;
    Ok(HttpRequest::get(url).basic(account.user, account.secret.trim()))
}

/// A call.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// Who is called.
    pub to: &'a PhoneNumber,
    /// The number that is shown.
    pub from: &'a PhoneNumber,
    /// What happens when somebody answers; see [`super::twiml`].
    pub twiml: &'a str,
    /// Where the provider reports how the call went.
    pub status_callback: Option<&'a str>,
    /// How long it rings, 5 to 600 seconds.
    pub ring_seconds: u16,
    /// Find out whether an answering machine answered.
    pub detect_machine: bool,
}

/// The request for a call.
pub fn call(account: &Account<'_>, call: &Call<'_>) -> Result<HttpRequest, OutboundError> {
    let length = call.twiml.chars().count();
    if length > LONGEST_TWIML {
        return Err(OutboundError::TooLong {
            field: "twiml",
            limit: LONGEST_TWIML,
            actual: length,
            unit: "characters",
            remedy: "say less",
        });
    }
    if !(5..=600).contains(&call.ring_seconds) {
        return Err(OutboundError::Invalid {
            field: "ring_seconds",
            reason: "is not between 5 and 600",
            remedy: "choose about 30",
        });
    }
    let mut fields = vec![
        ("To", call.to.reveal().to_owned()),
        ("From", call.from.reveal().to_owned()),
        ("Twiml", call.twiml.to_owned()),
        ("Timeout", call.ring_seconds.to_string()),
    ];
    if call.detect_machine {
        fields.push(("MachineDetection", "DetectMessageEnd".to_owned()));
    }
    if let Some(address) = call.status_callback {
        fields.push(("StatusCallback", callback(address)?));
        fields.push(("StatusCallbackMethod", "POST".to_owned()));
        for event in ["answered", "completed"] {
            fields.push(("StatusCallbackEvent", event.to_owned()));
        }
    }
    account.post("Calls", &fields)
}

/// The provider refuses hosts with underscores.
fn callback(address: &str) -> Result<String, OutboundError> {
    check_link("status_callback", address)?;
    let host = address.split('/').nth(2).unwrap_or_default();
    if host.contains('_') {
        return Err(OutboundError::Invalid {
            field: "status_callback",
            reason: "has an underscore in its host",
            remedy: "use another host",
        });
    }
    Ok(address.to_owned())
}
