//! A message becomes one `SendEmail` call.

use std::collections::BTreeMap;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use domain::channel::{ProviderMessageId, TextLimit};
use serde::{Serialize, Serializer};

use super::TAG_MESSAGE;
use super::header::{Mailbox, check_line, check_value, message_id};
use crate::http::HttpRequest;
use crate::outbound::{OutboundError, check_text};

/// A message may have this many bytes once it is encoded.
pub const LARGEST: usize = 40_000_000;
/// The longest subject, in characters.
pub const LONGEST_SUBJECT: usize = 500;
/// How many attachments one message may have.
pub const MOST_ATTACHMENTS: usize = 20;

/// What to send, to one person: every report then concerns one customer.
#[derive(Clone, Debug)]
pub struct Email {
    /// The sender.
    pub from: Mailbox,
    /// The recipient.
    pub to: Mailbox,
    /// Where answers go, if not to the sender.
    pub reply_to: Option<Mailbox>,
    /// One line.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: Option<String>,
    /// Files.
    pub attachments: Vec<Attachment>,
    /// On whose initiative it is sent, and to how many.
    pub origin: Origin,
    /// How to hear no more. Required in marketing mail.
    pub unsubscribe: Option<OneClick>,
    /// What it answers.
    pub thread: Thread,
    /// Whether opens and clicks are counted.
    pub tracking: Tracking,
    /// The set of SES through which reports come back.
    pub configuration_set: Option<String>,
    /// Our own message id; every report carries it.
    pub correlation: String,
    /// Further tags, for statistics: letters, digits, `-` and `_` only.
    pub tags: BTreeMap<String, String>,
}

/// On whose initiative a mail is sent. Other programs must know when not to answer (RFC 3834).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A person wrote it to this recipient.
    Person,
    /// A program sends it to this recipient.
    Automatic,
    /// Many get the same.
    Bulk,
}

/// The one-click way out (RFC 8058).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneClick {
    /// An https address that a mail program posts to. A GET of it must change nothing.
    pub link: String,
    /// An address for programs that only know how to write.
    pub mailto: Option<Mailbox>,
}

/// The mails before this one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thread {
    /// The `Message-ID` of the mail that is answered.
    pub in_reply_to: Option<String>,
    /// The `Message-ID`s of the mails before, oldest first.
    pub references: Vec<String>,
}

/// Whether opens and clicks are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tracking {
    /// With a picture that nobody sees.
    pub opens: bool,
    /// With links that lead over SES.
    pub clicks: bool,
}

/// A file. `Debug` shows its size.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name.
    pub filename: String,
    /// Such as `application/pdf`.
    pub content_type: String,
    /// Its bytes.
    pub content: Vec<u8>,
    /// For pictures inside the HTML: what `cid:` refers to.
    pub content_id: Option<String>,
}

impl std::fmt::Debug for Attachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attachment")
            .field("content_type", &self.content_type)
            .field("content", &format_args!("{} bytes", self.content.len()))
            .finish_non_exhaustive()
    }
}

/// The call, with the names of the API: its JSON is the body of
/// `POST /v2/email/outbound-emails`. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SendEmail {
    /// The sender.
    pub from_email_address: String,
    /// The recipient.
    pub destination: Destination,
    /// Where answers go.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reply_to_addresses: Vec<String>,
    /// What it says.
    pub content: Content,
    /// Come back with every report.
    pub email_tags: Vec<NameValue>,
    /// Through which set reports come back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration_set_name: Option<String>,
    /// This message's own switches.
    pub configuration_overrides: ConfigurationOverrides,
}

impl std::fmt::Debug for SendEmail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SendEmail").finish_non_exhaustive()
    }
}

/// Who receives it.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Destination {
    /// One address.
    pub to_addresses: Vec<String>,
}

/// SES has other kinds; we use one.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Content {
    /// Parts, headers and files; SES builds the MIME.
    pub simple: Simple,
}

/// What it says.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Simple {
    /// One line.
    pub subject: Text,
    /// The parts.
    pub body: Body,
    /// Header fields beyond those of SES.
    pub headers: Vec<NameValue>,
    /// Files.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<File>,
}

/// The parts.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Body {
    /// Plain text.
    pub text: Text,
    /// HTML.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub html: Option<Text>,
}

/// Words.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Text {
    /// The words.
    pub data: String,
    /// Always UTF-8.
    pub charset: &'static str,
}

/// A header field or a tag.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct NameValue {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// A file.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct File {
    /// Its bytes; base64 in JSON.
    #[serde(serialize_with = "base64")]
    pub raw_content: Vec<u8>,
    /// Its name.
    pub file_name: String,
    /// Its type.
    pub content_type: String,
    /// `ATTACHMENT` or `INLINE`.
    pub content_disposition: &'static str,
    /// What `cid:` refers to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_id: Option<String>,
    /// How it travels.
    pub content_transfer_encoding: &'static str,
}

/// This message's own switches.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ConfigurationOverrides {
    /// Of tracking.
    pub tracking: TrackingOptions,
}

/// Whether opens and clicks are counted.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TrackingOptions {
    /// `ENABLED` or `DISABLED`.
    pub open_tracking_enabled: &'static str,
    /// `ENABLED` or `DISABLED`.
    pub click_tracking_enabled: &'static str,
}

fn base64<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&BASE64_STANDARD.encode(bytes))
}

/// Builds the call.
pub fn send_email(email: &Email) -> Result<SendEmail, OutboundError> {
    check_text("subject", &email.subject, TextLimit::Chars(LONGEST_SUBJECT))?;
    check_line("subject", &email.subject)?;
    check_text("text", &email.text, TextLimit::Bytes(LARGEST))?;
    check_size(email)?;
    let files: Result<Vec<File>, OutboundError> = email.attachments.iter().map(file).collect();
    let words = |data: &str| Text {
        data: data.to_owned(),
        charset: "UTF-8",
    };
    let switch = |on| if on { "ENABLED" } else { "DISABLED" };
    Ok(SendEmail {
        from_email_address: email.from.header(),
        destination: Destination {
            to_addresses: vec![email.to.header()],
        },
        reply_to_addresses: email.reply_to.iter().map(Mailbox::header).collect(),
        content: Content {
            simple: Simple {
                subject: words(&email.subject),
                body: Body {
                    text: words(&email.text),
                    html: email.html.as_deref().map(words),
                },
                headers: headers(email)?,
                attachments: files?,
            },
        },
        email_tags: tags(email)?,
        configuration_set_name: email.configuration_set.clone(),
        configuration_overrides: ConfigurationOverrides {
            tracking: TrackingOptions {
                open_tracking_enabled: switch(email.tracking.opens),
                click_tracking_enabled: switch(email.tracking.clicks),
            },
        },
    })
}

/// SES adds what belongs to every mail: sender, recipient, subject, date, id, MIME.
fn headers(email: &Email) -> Result<Vec<NameValue>, OutboundError> {
    let mut headers = Vec::new();
    let mut add = |field: &'static str, value: String| {
        check_value(field, &value)?;
        headers.push(NameValue {
            name: field.to_owned(),
            value,
        });
        Ok::<(), OutboundError>(())
    };
    match (&email.unsubscribe, email.origin) {
        (Some(one_click), _) => {
            add("List-Unsubscribe", way_out(one_click)?)?;
            let post = "List-Unsubscribe=One-Click".to_owned();
            add("List-Unsubscribe-Post", post)?;
        }
        (None, Origin::Bulk) => {
            return Err(OutboundError::Empty {
                field: "unsubscribe",
                remedy: "mail to many needs a way out: give the recipient's own link",
            });
        }
        (None, Origin::Person | Origin::Automatic) => {}
    }
    if email.origin != Origin::Person {
        add("Auto-Submitted", "auto-generated".to_owned())?;
        // Exchange knows only this one.
        add("X-Auto-Response-Suppress", "OOF, AutoReply".to_owned())?;
    }
    if email.origin == Origin::Bulk {
        add("Precedence", "bulk".to_owned())?;
    }
    if let Some(id) = email.thread.in_reply_to.as_deref().and_then(message_id) {
        add("In-Reply-To", id)?;
    }
    if let Some(references) = references(&email.thread) {
        add("References", references)?;
    }
    Ok(headers)
}

fn way_out(one_click: &OneClick) -> Result<String, OutboundError> {
    let odd = |c: char| !c.is_ascii_graphic() || matches!(c, '<' | '>' | ',' | '"');
    let host = one_click.link.strip_prefix("https://");
    if host.is_none_or(str::is_empty) || one_click.link.chars().any(odd) {
        return Err(OutboundError::Invalid {
            field: "unsubscribe.link",
            reason: "is no https address in ASCII",
            remedy: "give the full address; mail programs post to it",
        });
    }
    Ok(match &one_click.mailto {
        Some(mailbox) => format!(
            "<{}>, <mailto:{}?subject=unsubscribe>",
            one_click.link,
            mailbox.address().reveal()
        ),
        None => format!("<{}>", one_click.link),
    })
}

/// All ids, or when that is too long the first and the last ones (RFC 5537, 3.4.4).
fn references(thread: &Thread) -> Option<String> {
    let parent = thread.in_reply_to.as_deref();
    let given = thread.references.iter().map(String::as_str).chain(parent);
    let mut ids: Vec<String> = Vec::new();
    for id in given.filter_map(message_id) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let length = |ids: &[String]| ids.iter().map(|id| id.len() + 1).sum::<usize>();
    while length(&ids) > super::header::LONGEST_VALUE && ids.len() > 2 {
        ids.remove(1);
    }
    (!ids.is_empty()).then(|| ids.join(" "))
}

fn tags(email: &Email) -> Result<Vec<NameValue>, OutboundError> {
    let own = std::iter::once((TAG_MESSAGE, email.correlation.as_str()));
    let further = email
        .tags
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let mut tags = Vec::new();
    for (name, value) in own.chain(further) {
        let plain = |text: &str| {
            let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
            (1..=256).contains(&text.len()) && text.chars().all(fits)
        };
        let doubled = tags.iter().any(|tag: &NameValue| tag.name == name);
        if !plain(name) || !plain(value) || doubled {
            return Err(OutboundError::Invalid {
                field: "tags",
                reason: "have something other than 1 to 256 letters, digits, - and _, or a name twice",
                remedy: "choose other names and values",
            });
        }
        tags.push(NameValue {
            name: name.to_owned(),
            value: value.to_owned(),
        });
    }
    Ok(tags)
}

fn file(attachment: &Attachment) -> Result<File, OutboundError> {
    let invalid = |field, reason| OutboundError::Invalid {
        field,
        reason,
        remedy: "correct the attachment",
    };
    check_text(
        "attachment.filename",
        &attachment.filename,
        TextLimit::Chars(255),
    )?;
    check_line("attachment.filename", &attachment.filename)?;
    if attachment.filename.contains(['/', '\\']) {
        return Err(invalid("attachment.filename", "is a path"));
    }
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$&^_.+-".contains(c);
    let is_type = attachment
        .content_type
        .split_once('/')
        .is_some_and(|(kind, name)| {
            !kind.is_empty() && !name.is_empty() && kind.chars().chain(name.chars()).all(token)
        });
    if !is_type || attachment.content_type.len() > 78 {
        return Err(invalid(
            "attachment.content_type",
            "is no type such as application/pdf",
        ));
    }
    let of_id = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@');
    let id_fits = |id: &String| (1..=78).contains(&id.len()) && id.chars().all(of_id);
    if !attachment.content_id.as_ref().is_none_or(id_fits) {
        return Err(invalid(
            "attachment.content_id",
            "has something other than 1 to 78 letters, digits and . - _ @",
        ));
    }
    Ok(File {
        raw_content: attachment.content.clone(),
        file_name: attachment.filename.clone(),
        content_type: attachment.content_type.clone(),
        content_disposition: match attachment.content_id {
            Some(_) => "INLINE",
            None => "ATTACHMENT",
        },
        content_id: attachment.content_id.clone(),
        content_transfer_encoding: "BASE64",
    })
}

fn check_size(email: &Email) -> Result<(), OutboundError> {
    if email.attachments.len() > MOST_ATTACHMENTS {
        return Err(OutboundError::TooLong {
            field: "attachments",
            limit: MOST_ATTACHMENTS,
            actual: email.attachments.len(),
            unit: "files",
            remedy: "put links into the text instead",
        });
    }
    // Base64 in lines of 76 characters.
    let encoded = |bytes: usize| bytes.div_ceil(3) * 4 * 78 / 76;
    let html = email.html.as_ref().map_or(0, String::len);
    let files = email.attachments.iter().map(|file| file.content.len());
    let actual = files.chain([email.text.len(), html]).map(encoded).sum();
    if actual > LARGEST {
        return Err(OutboundError::TooLong {
            field: "attachments",
            limit: LARGEST,
            actual,
            unit: "bytes",
            remedy: "put links into the text instead",
        });
    }
    Ok(())
}

/// The call as the API takes it over HTTP, at an address that asks for no signature: a stand-in of SES.
/// SES itself is called through its SDK.
pub fn request(base_url: &str, email: &SendEmail) -> HttpRequest {
    let url = format!(
        "{}/v2/email/outbound-emails",
        base_url.trim_end_matches('/')
    );
    let body = serde_json::to_value(email).expect("it has only keys that are text");
    let mut request = HttpRequest::post_json(url, &body);
    // Stand-ins want to see some signature, and check none.
    let header = ("authorization", "AWS4-HMAC-SHA256 unsigned");
    request
        .headers
        .push((header.0.to_owned(), header.1.to_owned()));
    request
}

/// The `Message-ID` under which SES sent it: the answer's id at the sending region's host.
pub fn message_id_of(id: &ProviderMessageId, region: &str) -> String {
    let host = match region {
        "us-east-1" => "email.amazonses.com".to_owned(),
        other => format!("{other}.amazonses.com"),
    };
    format!("<{}@{host}>", id.reveal())
}
