//! A connection as JSON.

use std::collections::BTreeMap;

use channels::email::header::Mailbox;
use channels::sms::Sender;
use chrono::{DateTime, Utc};
use domain::channel::{Channel, PhoneNumber};
use domain::connection::{Connection, ConnectionState, Hold, MailAccount, VoiceLine, secrets_of};
use domain::contact::EmailAddress;
use domain::field::{FieldError, FieldErrors, required_text};
use domain::ids::ConnectionId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::secrets::SecretsIn;
use crate::http::{Meta, Patch, Problem, check_range};
use crate::schema;

const NAME_LIMIT: usize = 100;
const ACCOUNT_LIMIT: usize = 64;
/// A caller hangs up before.
const LONGEST_RING: u64 = 60;
/// That is more than a minute of speech.
const GREETING_LIMIT: usize = 1_000;

/// A connection to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConnectionIn {
    #[schema(value_type = schema::Channel)]
    pub(super) channel: Channel,
    /// What you call it.
    #[schema(min_length = 1, max_length = 100)]
    pub(super) name: String,
    /// The account's id on the platform: phone number id, page id, Instagram account id, account SID
    /// of an SMS provider. Required on those channels.
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = "^[A-Za-z0-9_-][A-Za-z0-9._-]*$"
    )]
    pub(super) account: Option<String>,
    /// WhatsApp: the business account that owns the templates.
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = "^[A-Za-z0-9_-][A-Za-z0-9._-]*$"
    )]
    pub(super) business_account: Option<String>,
    /// SMS: the number they come from (`+4915112345678`), or the provider's id of a messaging
    /// service (`MG...`). E-mail: the address they come from, verified with Amazon SES. Required there.
    #[schema(
        max_length = 254,
        pattern = "^(\\+[1-9][0-9]{6,14}|MG[0-9A-Fa-f]{32}|[^@ ]+@[^@ ]+)$"
    )]
    pub(super) sender: Option<String>,
    /// E-mail: what else belongs to its sender.
    #[serde(default)]
    #[schema(required = false)]
    pub(super) mail: Option<MailSender>,
    /// SMS: what happens to calls of the number in `sender`; without it they are declined.
    #[serde(default)]
    #[schema(required = false)]
    pub(super) voice: Option<Voice>,
    /// Write-only.
    #[serde(default)]
    #[schema(required = false)]
    pub(super) secrets: SecretsIn,
}

/// A change of a connection; what is absent stays, `null` takes away. The channel never changes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConnectionPatch {
    #[schema(min_length = 1, max_length = 100)]
    pub(super) name: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_-][A-Za-z0-9._-]*$")]
    pub(super) account: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_-][A-Za-z0-9._-]*$")]
    pub(super) business_account: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 254, pattern = "^(\\+[1-9][0-9]{6,14}|MG[0-9A-Fa-f]{32}|[^@ ]+@[^@ ]+)$")]
    pub(super) sender: Patch<String>,
    /// As a whole.
    #[serde(default)]
    #[schema(value_type = Option<MailSender>)]
    pub(super) mail: Patch<MailSender>,
    /// As a whole; `null`: calls are declined.
    #[serde(default)]
    #[schema(value_type = Option<Voice>)]
    pub(super) voice: Patch<Voice>,
    /// Write-only.
    #[serde(default)]
    #[schema(required = false)]
    pub(super) secrets: SecretsIn,
}

/// What belongs to a sender of e-mail beside its address.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MailSender {
    /// The name beside the address; unless given, that of the business.
    #[serde(default)]
    #[schema(max_length = 100)]
    from_name: Option<String>,
    /// Where answers go, if not to the sender.
    #[serde(default)]
    #[schema(max_length = 254, pattern = "^[^@ ]+@[^@ ]+$")]
    reply_to: Option<String>,
    /// The configuration set of SES through which reports come back; unless given, that of the
    /// installation.
    #[serde(default)]
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    configuration_set: Option<String>,
    /// Opens are counted, with a picture that nobody sees.
    #[serde(default)]
    #[schema(required = false)]
    track_opens: bool,
    /// Clicks are counted, with links that lead over SES.
    #[serde(default)]
    #[schema(required = false)]
    track_clicks: bool,
}

/// What happens to calls: they are passed on, and where nobody answers, or there is nobody to pass them on
/// to, the caller can leave a message.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Voice {
    /// Who answers: a business or a private number in international form, which no caller gets to know.
    /// `null`: every caller is asked to leave a message.
    #[serde(default)]
    #[schema(pattern = "^\\+[1-9][0-9]{6,14}$", example = "+4915198765432")]
    forward_to: Option<String>,
    /// How long it rings there, in seconds. The voicemail of a mobile number answers after about 25.
    #[serde(default = "ring_seconds")]
    #[schema(minimum = 5, maximum = 60, default = 20, required = false)]
    ring_seconds: u16,
    /// What the caller hears before they leave a message; `null`: a greeting with the business's name.
    #[serde(default)]
    #[schema(max_length = 1000)]
    greeting: Option<String>,
}

fn ring_seconds() -> u16 {
    20
}

impl Voice {
    /// As it is stored, with what is wrong.
    pub(super) fn checked(self, errors: &mut FieldErrors) -> VoiceLine {
        let number = self.forward_to.map(|number| {
            PhoneNumber::parse(&number).map_err(|error| {
                let message = format!("`voice.forward_to` {error}");
                let remedy = "write it in international form, as `+4915198765432`";
                FieldError::new("voice.forward_to", "invalid", message, remedy)
            })
        });
        let ring = u64::from(self.ring_seconds);
        if let Err(error) = check_range("voice.ring_seconds", ring, 5..=LONGEST_RING) {
            errors.push(error);
        }
        let greeting = self.greeting.map(|text| {
            let remedy = "say less, or send `null` for the built-in greeting";
            required_text("voice.greeting", Some(&text), GREETING_LIMIT, remedy)
        });
        VoiceLine {
            forward_to: number.and_then(|number| errors.take(number)),
            ring_seconds: self.ring_seconds,
            greeting: greeting.and_then(|greeting| errors.take(greeting)),
        }
    }
}

impl From<VoiceLine> for Voice {
    fn from(line: VoiceLine) -> Self {
        Self {
            forward_to: line.forward_to.map(|number| number.reveal().to_owned()),
            ring_seconds: line.ring_seconds,
            greeting: line.greeting,
        }
    }
}

impl From<MailSender> for MailAccount {
    fn from(sender: MailSender) -> Self {
        Self {
            from_name: sender.from_name,
            reply_to: sender.reply_to,
            configuration_set: sender.configuration_set,
            track_opens: sender.track_opens,
            track_clicks: sender.track_clicks,
        }
    }
}

impl From<MailAccount> for MailSender {
    fn from(account: MailAccount) -> Self {
        Self {
            from_name: account.from_name,
            reply_to: account.reply_to,
            configuration_set: account.configuration_set,
            track_opens: account.track_opens,
            track_clicks: account.track_clicks,
        }
    }
}

/// A connection.
#[derive(Serialize, ToSchema)]
#[schema(as = Connection)]
pub(crate) struct ConnectionOut {
    #[schema(value_type = schema::ConnectionId)]
    id: ConnectionId,
    /// Also in `ETag`.
    version: u64,
    #[schema(value_type = schema::Channel)]
    channel: Channel,
    name: String,
    account: Option<String>,
    business_account: Option<String>,
    /// SMS: the number they come from, or the provider's id of a messaging service. E-mail: the address.
    sender: Option<String>,
    /// E-mail: what else belongs to its sender.
    mail: Option<MailSender>,
    /// SMS: what happens to calls of its number; `null`: they are declined.
    voice: Option<Voice>,
    /// `active`, `incomplete` (active, but secrets are missing), `disabled` (by you) or `paused` (by
    /// the platform).
    state: ConnectionStateName,
    /// The secrets that are not set and without which it cannot send (`token`) or cannot receive (the
    /// others; for SMS the `token`, too).
    missing: Vec<String>,
    /// Whether it has what it needs to send.
    can_send: bool,
    /// Whether it has what it needs to receive.
    can_receive: bool,
    /// The platform asked all sends of this account to wait; `null` when that is over, too.
    hold: Option<HoldOut>,
    /// Why the platform paused it.
    paused_reason: Option<String>,
    /// Since when it is paused.
    paused_since: Option<DateTime<Utc>>,
    /// Which secrets are set. Their values never leave.
    secrets: BTreeMap<String, bool>,
    /// Where the platform's webhook points to, after the address of this service. E-mail has none: its
    /// reports come through a queue.
    webhook_path: Option<String>,
    /// Where the provider asks what to do with a call and reports its end, after the address of this
    /// service: its "a call comes in" and its "call status changes".
    voice_path: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A pause that the platform asked for.
#[derive(Serialize, ToSchema)]
#[schema(as = Hold)]
pub(crate) struct HoldOut {
    /// Nothing is sent until then.
    until: DateTime<Utc>,
    /// Why, in the platform's words.
    reason: String,
}

/// Whether it may send.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ConnectionState)]
enum ConnectionStateName {
    Active,
    Incomplete,
    Disabled,
    Paused,
}

/// A connection that was just made.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConnectionCreated {
    #[serde(flatten)]
    pub(super) connection: ConnectionOut,
    /// Telegram and loopback: the secret of the webhook, when none was sent. Shown this once.
    pub(super) webhook_secret: Option<String>,
}

/// A page of connections.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConnectionList {
    pub(super) connections: Vec<ConnectionOut>,
    pub(super) meta: Meta,
}

impl ConnectionOut {
    pub(super) fn new(connection: Connection, now: DateTime<Utc>) -> Self {
        let (missing, can_send) = (connection.missing_secrets(), connection.can_send());
        let can_receive = connection.can_receive();
        let has_webhook = connection.channel != Channel::Email;
        let webhook_path = has_webhook.then(|| connection.webhook_path());
        let voice_path = connection.voice_path();
        let hold = connection.held(now).cloned();
        let secrets = secrets_of(connection.channel)
            .iter()
            .map(|kind| ((*kind).to_owned(), connection.secrets.contains_key(*kind)))
            .collect();
        let (state, paused_reason, paused_since) = match connection.state {
            ConnectionState::Active if missing.is_empty() => {
                (ConnectionStateName::Active, None, None)
            }
            ConnectionState::Active => (ConnectionStateName::Incomplete, None, None),
            ConnectionState::Disabled => (ConnectionStateName::Disabled, None, None),
            ConnectionState::Paused { reason, since } => {
                (ConnectionStateName::Paused, Some(reason), Some(since))
            }
        };
        Self {
            webhook_path,
            voice_path,
            can_receive,
            id: connection.id,
            version: connection.version,
            channel: connection.channel,
            name: connection.name,
            account: connection.account,
            business_account: connection.business_account,
            sender: connection.sender,
            mail: connection.mail.map(MailSender::from),
            voice: connection.voice.map(Voice::from),
            state,
            paused_reason,
            paused_since,
            can_send,
            missing: missing.into_iter().map(str::to_owned).collect(),
            hold: hold.map(|Hold { until, reason }| HoldOut { until, reason }),
            secrets,
            created_at: connection.created_at,
            updated_at: connection.updated_at,
        }
    }
}

pub(super) fn name(name: &str) -> Result<String, FieldError> {
    required_text(
        "name",
        Some(name),
        NAME_LIMIT,
        "give it a name, such as the number or page",
    )
}

/// Two connections of one account would each hear of every message, and each would follow up.
pub(super) fn only_one_of_account(
    connection: &Connection,
    known: &[Connection],
) -> Result<(), Problem> {
    let same = known.iter().find(|other| {
        // An SMS account has many numbers.
        let same_account = (other.channel, &other.account, &other.sender)
            == (connection.channel, &connection.account, &connection.sender);
        other.id != connection.id && other.account.is_some() && same_account
    });
    match same {
        None => Ok(()),
        Some(other) => {
            let taken = FieldError::new(
                "account",
                "taken",
                format!("the connection {} has this account already", other.id),
                "change that connection, or delete it first",
            );
            Err(Problem::conflict(taken.message.clone()).with_errors(vec![taken]))
        }
    }
}

/// The account ids that a channel needs and may have.
pub(super) fn check_accounts(connection: &Connection, errors: &mut FieldErrors) {
    let channel = connection.channel;
    let has_account = !matches!(
        channel,
        Channel::Telegram | Channel::Email | Channel::Loopback
    );
    let fields = [
        ("account", &connection.account, has_account, has_account),
        (
            "business_account",
            &connection.business_account,
            channel.has_templates(),
            false,
        ),
    ];
    for (field, value, allowed, required) in fields {
        let error = match value {
            None if required => Some((
                "required",
                format!("`{field}` is required on {channel}"),
                "send the account's id on the platform",
            )),
            Some(_) if !allowed => Some((
                "not_on_this_channel",
                format!("{channel} has no `{field}`"),
                "leave it out",
            )),
            Some(value) if !is_platform_id(value) => Some((
                "invalid_characters",
                format!("`{field}` has 1 to {ACCOUNT_LIMIT} letters, digits, `.`, `_` and `-`"),
                "copy the id from the platform, not the name or the number",
            )),
            _ => None,
        };
        if let Some((code, message, remedy)) = error {
            errors.push(FieldError::new(field, code, message, remedy));
        }
    }
    if let Some((code, message, remedy)) = wrong_sender(connection) {
        errors.push(FieldError::new("sender", code, message, remedy));
    }
    if let Some(mail) = &connection.mail {
        check_mail(channel, mail, errors);
    }
    if let Some(line) = &connection.voice {
        check_voice(connection, line, errors);
    }
}

/// People call a number, and never one that passes the call on to itself.
fn check_voice(connection: &Connection, line: &VoiceLine, errors: &mut FieldErrors) {
    let sender = connection.sender.as_deref().map(Sender::parse);
    let (field, code, message, remedy) = match sender {
        _ if connection.channel != Channel::Sms => (
            "voice",
            "not_on_this_channel",
            format!("{} has no `voice`", connection.channel),
            "leave it out",
        ),
        Some(Ok(Sender::Number(own))) if line.forward_to.as_ref() == Some(&own) => (
            "voice.forward_to",
            "invalid",
            "`voice.forward_to` is the number that is called".to_owned(),
            "give the number of whoever is to answer",
        ),
        Some(Ok(Sender::Pool(_) | Sender::Name(_))) => (
            "voice",
            "needs_a_number",
            "nobody can call the id of a messaging service".to_owned(),
            "send the number that people call as `sender`",
        ),
        // What is wrong with the sender is told already.
        Some(Ok(Sender::Number(_)) | Err(_)) | None => return,
    };
    errors.push(FieldError::new(field, code, message, remedy));
}

fn check_mail(channel: Channel, mail: &MailAccount, errors: &mut FieldErrors) {
    if channel != Channel::Email {
        errors.push(FieldError::new(
            "mail",
            "not_on_this_channel",
            format!("{channel} has no `mail`"),
            "leave it out",
        ));
        return;
    }
    let anybody = Mailbox::parse("a@example.org");
    let name = mail.from_name.as_deref().unwrap_or_default();
    if let Err(error) = anybody.and_then(|it| it.named(name)) {
        let remedy = "write it on one line, at most 100 characters";
        errors.push(FieldError::new(
            "mail.from_name",
            "invalid",
            error.to_string(),
            remedy,
        ));
    }
    if let Some(Err(error)) = mail.reply_to.as_deref().map(Mailbox::parse) {
        let remedy = "give one plain address, such as hallo@example.org";
        errors.push(FieldError::new(
            "mail.reply_to",
            "invalid",
            error.to_string(),
            remedy,
        ));
    }
    let of_set = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let is_set =
        |name: &String| (1..=ACCOUNT_LIMIT).contains(&name.len()) && name.bytes().all(of_set);
    if !mail.configuration_set.as_ref().is_none_or(is_set) {
        errors.push(FieldError::new(
            "mail.configuration_set",
            "invalid_characters",
            format!("the name has 1 to {ACCOUNT_LIMIT} letters, digits, `_` and `-`"),
            "copy the name of the configuration set from SES",
        ));
    }
}

fn wrong_sender(connection: &Connection) -> Option<(&'static str, String, &'static str)> {
    let by_sms = connection.channel == Channel::Sms;
    let by_email = connection.channel == Channel::Email;
    match &connection.sender {
        None if by_email => Some((
            "required",
            "`sender` is required on email".to_owned(),
            "send the address that your e-mails come from, verified with Amazon SES",
        )),
        Some(sender) if by_email => {
            let plain = Mailbox::parse(sender).is_ok()
                && EmailAddress::parse(sender).is_ok_and(|known| known.reveal() == sender);
            (!plain).then(|| {
                (
                    "invalid",
                    "`sender` is no plain e-mail address in ASCII".to_owned(),
                    "write it as `hallo@example.org`, the part behind the @ in lower case; the name goes into `mail.from_name`",
                )
            })
        }
        None if by_sms => Some((
            "required",
            "`sender` is required on sms".to_owned(),
            "send the number in international form, or the id of a messaging service",
        )),
        Some(_) if !by_sms => Some((
            "not_on_this_channel",
            format!("{} has no `sender`", connection.channel),
            "leave it out",
        )),
        // In the one spelling that it is compared in.
        Some(sender) if !Sender::parse(sender).is_ok_and(|known| known.reveal() == sender) => {
            Some((
                "invalid",
                "`sender` is neither a number in international form nor the id of a messaging service".to_owned(),
                "write the number as `+4915112345678`, or copy the id, which begins with `MG`",
            ))
        }
        _ => None,
    }
}

/// It becomes part of an address.
fn is_platform_id(value: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    (1..=ACCOUNT_LIMIT).contains(&value.len())
        && !value.starts_with('.')
        && value.bytes().all(allowed)
}
