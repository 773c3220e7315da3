//! What the platforms post, in their own words: the shapes are those of the fixtures in
//! `shared/channels`.

mod sent;

use anyhow::bail;
use channels::twilio::verify::{self, Algorithm};
use chrono::{DateTime, SecondsFormat, Utc};
use domain::channel::Channel;
use serde_json::{Value, json};

pub use sent::Sent;

/// Our page, number, account.
const ACCOUNT: &str = "106540352242922";
/// Our account at the SMS provider.
const SMS_ACCOUNT: &str = "ACfeedfeedfeedfeedfeedfeedfeedfeed";
const BUSINESS: &str = "102290129340398";
/// The inbox of Meta's own tools.
const INBOX_APP: u64 = 26_390_203_743_090;
/// The app that sends for us.
const OUR_APP: u64 = 517_793_741_234_567;

/// A customer, the same on every channel.
#[derive(Clone)]
pub struct Person {
    pub name: String,
    number: usize,
    /// How often WhatsApp has given them a new id.
    renamed: usize,
    /// Which phone number they have: that of their own, of somebody else, or a new one.
    phone_of: usize,
    /// WhatsApp tells their id alone.
    hides_phone: bool,
}

/// What a platform can tell about a conversation.
pub enum Happening {
    /// The customer wrote, at this time by the platform's clock.
    Wrote { text: String, at: DateTime<Utc> },
    /// The customer changed what they wrote as the platform's message of this number, at this time
    /// by the platform's clock (Telegram, WhatsApp).
    Edited {
        number: u64,
        text: String,
        at: DateTime<Utc>,
    },
    /// Somebody of the business changed, in the platform's own app, what they wrote as the message
    /// of this number (WhatsApp).
    EchoEdited { number: u64, text: String },
    /// The customer took back what they wrote as the message of this number; or somebody of the
    /// business did, in the platform's own app (WhatsApp).
    Revoked { number: u64, by_business: bool },
    /// The customer wrote beside a post that they shared: a message of two parts (Messenger,
    /// Instagram).
    Shared { text: String },
    /// The customer stopped marketing messages in the platform's menu, or allowed them (WhatsApp).
    Marketing { stopped: bool },
    /// The platform gave the customer a new id; this was the last one (WhatsApp).
    Renamed { previous: String },
    /// A machine of theirs wrote.
    WroteByMachine { text: String },
    /// Somebody of the business wrote in the platform's own app.
    Echo { text: String },
    /// What became of a message of ours: `sent`, `delivered`, `read`, `failed` with a code.
    Status {
        of: Sent,
        status: String,
        code: Option<i64>,
    },
    /// The customer tapped a button; Telegram tells no time of it.
    Tapped { button: String },
    /// The customer has read everything up to now.
    ReadAll,
    /// The customer wrote to another application, which has the thread (Messenger, Instagram).
    WroteElsewhere { text: String },
    /// The thread was passed to the people in the platform's inbox, or back from them, at this time
    /// by the platform's clock.
    Passed { to_us: bool, at: DateTime<Utc> },
    /// The customer blocked us.
    Blocked,
    /// The customer let us in again, at this time by the platform's clock (Telegram).
    Unblocked { at: DateTime<Utc> },
    /// The platform stopped using a template.
    TemplatePaused { name: String, language: String },
}

impl Person {
    pub fn new(name: &str, number: usize) -> Self {
        Self {
            name: name.to_owned(),
            number,
            renamed: 0,
            phone_of: number,
            hides_phone: false,
        }
    }

    /// WhatsApp gives them a new id, and may show their number no more.
    pub fn rename(&mut self, hides_phone: bool) {
        self.renamed += 1;
        self.hides_phone = hides_phone;
    }

    /// They get the number of somebody else, who has one that nobody had before.
    pub fn take_number(&mut self, of: &mut Self, fresh: usize) {
        (self.phone_of, of.phone_of) = (of.phone_of, fresh);
    }

    /// The id on a channel by which we know them.
    pub fn user(&self, channel: Channel) -> String {
        match channel {
            Channel::WhatsApp => self.scoped(self.renamed),
            Channel::Instagram => format!("98441023607{:04}", self.number),
            Channel::Messenger => format!("612987443021{:04}", self.number),
            Channel::Telegram => format!("520883{:04}", self.number),
            Channel::Sms => format!("+{}", self.phone()),
            Channel::Email => format!("{}@example.org", self.name),
            Channel::Loopback => self.name.clone(),
        }
    }

    /// WhatsApp's id of theirs, the first or a later one.
    fn scoped(&self, renamed: usize) -> String {
        format!("DE.1349120865530274{:04}", self.number + 100 * renamed)
    }

    pub fn phone(&self) -> String {
        format!("49151234567{:02}", self.phone_of)
    }

    /// Every id under which WhatsApp may have told of them.
    pub fn ids_on_whatsapp(&self) -> Vec<String> {
        let scoped = (0..=self.renamed).map(|renamed| self.scoped(renamed));
        scoped.chain([self.phone()]).collect()
    }

    /// Every id that a request of ours may carry.
    pub fn ids(&self) -> Vec<String> {
        let mut ids: Vec<_> = Channel::ALL
            .iter()
            .map(|channel| self.user(*channel))
            .collect();
        ids.extend(self.ids_on_whatsapp());
        ids.push(format!("+{}", self.phone()));
        ids
    }

    fn first_name(&self) -> String {
        let mut letters = self.name.chars();
        let first = letters.next().map(char::to_uppercase);
        first.into_iter().flatten().chain(letters).collect()
    }
}

/// What is sent to the API to connect an account; `number` tells several of one channel apart.
pub fn account(channel: Channel, name: &str, number: usize, secret: &str) -> Value {
    let mut body = json!({ "channel": channel, "name": name });
    match channel {
        Channel::WhatsApp | Channel::Instagram | Channel::Messenger => {
            body["account"] = json!(if number == 0 {
                ACCOUNT.to_owned()
            } else {
                format!("{ACCOUNT}{number}")
            });
            body["secrets"] =
                json!({ "token": "token", "app_secrets": [secret], "verify_token": "verify" });
        }
        Channel::Telegram => {
            body["secrets"] = json!({ "token": "123:token", "webhook_secrets": [secret] });
        }
        Channel::Sms => {
            body["account"] = json!(SMS_ACCOUNT);
            body["sender"] = json!(sender(number));
            body["secrets"] = json!({ "token": secret });
        }
        Channel::Email => {
            body["sender"] = json!(match number {
                0 => "hallo@salon.example".to_owned(),
                number => format!("hallo{number}@salon.example"),
            });
        }
        Channel::Loopback => body["secrets"] = json!({ "webhook_secrets": [secret] }),
    }
    if channel == Channel::WhatsApp {
        body["business_account"] = json!(BUSINESS);
    }
    body
}

/// The header that proves where a webhook comes from; `url` is the address that was called.
pub fn signature(channel: Channel, secret: &str, url: &str, body: &str) -> (&'static str, String) {
    let signed = || channels::verify::sign(secret, body.as_bytes()).unwrap_or_default();
    match channel {
        Channel::WhatsApp | Channel::Instagram | Channel::Messenger => {
            ("x-hub-signature-256", signed())
        }
        Channel::Telegram => ("x-telegram-bot-api-secret-token", secret.to_owned()),
        Channel::Sms => {
            let signed = verify::sign(Algorithm::Sha1, secret, url, body.as_bytes());
            (verify::SIGNATURE_HEADER, signed.unwrap_or_default())
        }
        // Its reports come through a queue, and nobody signs them.
        Channel::Email | Channel::Loopback => ("x-nachfass-signature", signed()),
    }
}

/// The query and the body of a webhook as they are posted: of an SMS the form, all others are JSON.
pub fn posted(channel: Channel, body: &Value) -> (String, String) {
    if channel != Channel::Sms {
        return (String::new(), body.to_string());
    }
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in body["form"].as_object().into_iter().flatten() {
        form.append_pair(name, value.as_str().unwrap_or_default());
    }
    let query = body["query"].as_str();
    (
        query.map_or_else(String::new, |query| format!("?{query}")),
        form.finish(),
    )
}

/// The body of a webhook.
pub fn body(
    channel: Channel,
    person: &Person,
    happening: &Happening,
    number: u64,
    now: DateTime<Utc>,
) -> anyhow::Result<Value> {
    let update = Update {
        person,
        number,
        now,
    };
    match channel {
        Channel::WhatsApp => update.whatsapp(happening),
        Channel::Instagram => update.meta("instagram", channel, happening),
        Channel::Messenger => update.meta("page", channel, happening),
        Channel::Telegram => update.telegram(happening),
        Channel::Sms => update.sms(happening),
        Channel::Email => update.email(happening),
        Channel::Loopback => update.loopback(happening),
    }
}

/// As if WhatsApp knew people by their numbers alone.
pub fn forget_names(body: &mut Value) {
    let entries = body["entry"].as_array_mut().into_iter().flatten();
    let changes = entries.flat_map(|entry| entry["changes"].as_array_mut().into_iter().flatten());
    for change in changes {
        let lists = change["value"].as_object_mut().into_iter().flatten();
        let told = lists.flat_map(|(_, list)| list.as_array_mut().into_iter().flatten());
        for told in told.filter_map(Value::as_object_mut) {
            if ["from", "wa_id", "recipient_id"]
                .iter()
                .any(|name| told.contains_key(*name))
            {
                for name in ["from_user_id", "user_id", "recipient_user_id"] {
                    told.remove(name);
                }
            }
        }
    }
}

/// Who has a name at WhatsApp may keep the number to themselves.
fn hide_phone(value: &mut Value) {
    for (list, name, id) in [
        ("messages", "from", "from_user_id"),
        ("contacts", "wa_id", "user_id"),
        ("statuses", "recipient_id", "recipient_user_id"),
        ("user_preferences", "wa_id", "user_id"),
    ] {
        let told = value[list].as_array_mut().into_iter().flatten();
        for told in told.filter_map(Value::as_object_mut) {
            if told.contains_key(id) {
                told.remove(name);
            }
        }
    }
}

/// The numbers that our SMS come from.
fn sender(number: usize) -> String {
    format!("+49305551{number:02}")
}

struct Update<'a> {
    person: &'a Person,
    number: u64,
    now: DateTime<Utc>,
}

impl Update<'_> {
    fn whatsapp(&self, happening: &Happening) -> anyhow::Result<Value> {
        let (phone, user) = (self.person.phone(), self.person.user(Channel::WhatsApp));
        let id = format!("wamid.IN{}", self.number);
        let seconds = |at: DateTime<Utc>| at.timestamp().to_string();
        let (field, mut value) = match happening {
            Happening::Wrote { text, at } => (
                "messages",
                json!({ "messages": [{
                    "from": phone, "from_user_id": user, "id": id, "timestamp": seconds(*at),
                    "type": "text", "text": { "body": text },
                }] }),
            ),
            Happening::WroteByMachine { text } => (
                "messages",
                json!({ "messages": [{
                    "from": phone, "from_user_id": user, "id": id,
                    "timestamp": seconds(self.now), "type": "text", "text": { "body": text },
                }] }),
            ),
            Happening::Echo { text } => (
                "smb_message_echoes",
                json!({ "message_echoes": [{
                    "from": "4930555123", "to": phone, "id": id, "timestamp": seconds(self.now),
                    "type": "text", "text": { "body": text },
                }] }),
            ),
            Happening::Status { of, status, code } => {
                let mut told = json!({
                    "id": of.provider_id.clone().unwrap_or(id), "status": status,
                    "timestamp": seconds(self.now), "recipient_id": phone,
                    "recipient_user_id": user, "biz_opaque_callback_data": of.correlation,
                });
                if let Some(code) = code {
                    told["errors"] = json!([{ "code": code, "title": "as the scenario says" }]);
                }
                ("messages", json!({ "statuses": [told] }))
            }
            Happening::TemplatePaused { name, language } => (
                "message_template_status_update",
                json!({
                    "event": "PAUSED", "message_template_id": 1_689_556_908_129_832_u64,
                    "message_template_name": name, "message_template_language": language,
                    "reason": null,
                }),
            ),
            Happening::Edited { number, text, at } => (
                "messages",
                json!({ "messages": [{
                    "from": phone, "from_user_id": user, "id": id, "timestamp": seconds(*at),
                    "type": "edit", "edit": {
                        "original_message_id": format!("wamid.IN{number}"),
                        "message": { "type": "text", "text": { "body": text } },
                    },
                }] }),
            ),
            Happening::EchoEdited { number, text } => (
                "smb_message_echoes",
                json!({ "message_echoes": [{
                    "from": "4930555123", "to": phone, "id": id, "timestamp": seconds(self.now),
                    "type": "edit", "edit": {
                        "original_message_id": format!("wamid.IN{number}"),
                        "message": { "type": "text", "text": { "body": text } },
                    },
                }] }),
            ),
            Happening::Revoked {
                number,
                by_business,
            } => {
                let mut revoke = json!({
                    "id": id, "timestamp": seconds(self.now), "type": "revoke",
                    "revoke": { "original_message_id": format!("wamid.IN{number}") },
                });
                if *by_business {
                    revoke["from"] = json!("4930555123");
                    revoke["to"] = json!(phone);
                    ("smb_message_echoes", json!({ "message_echoes": [revoke] }))
                } else {
                    revoke["from"] = json!(phone);
                    revoke["from_user_id"] = json!(user);
                    ("messages", json!({ "messages": [revoke] }))
                }
            }
            Happening::Renamed { previous } => (
                "user_id_update",
                json!({ "user_id_update": [{
                    "detail": "User changed phone number", "user_id": {
                        "previous": previous, "current": user,
                    },
                    "timestamp": seconds(self.now),
                }] }),
            ),
            Happening::Marketing { stopped } => (
                "user_preferences",
                json!({ "user_preferences": [{
                    "wa_id": phone, "user_id": user, "category": "marketing_messages",
                    "value": if *stopped { "stop" } else { "resume" },
                    "timestamp": self.now.timestamp(),
                }] }),
            ),
            Happening::Tapped { .. }
            | Happening::ReadAll
            | Happening::WroteElsewhere { .. }
            | Happening::Passed { .. }
            | Happening::Shared { .. } => {
                bail!("WhatsApp has nothing of that kind")
            }
            Happening::Blocked | Happening::Unblocked { .. } => {
                bail!("WhatsApp does not tell who blocks")
            }
        };
        if field != "message_template_status_update" {
            value["messaging_product"] = json!("whatsapp");
            value["metadata"] =
                json!({ "display_phone_number": "4930555123", "phone_number_id": ACCOUNT });
            if field != "user_id_update" {
                value["contacts"] = json!([{
                    "profile": { "name": self.person.first_name() }, "wa_id": phone, "user_id": user,
                }]);
            }
        }
        if self.person.hides_phone {
            hide_phone(&mut value);
        }
        Ok(json!({
            "object": "whatsapp_business_account",
            "entry": [{ "id": BUSINESS, "changes": [{ "field": field, "value": value }] }],
        }))
    }

    fn meta(&self, object: &str, channel: Channel, happening: &Happening) -> anyhow::Result<Value> {
        let user = self.person.user(channel);
        let mid = format!("m_IN{}", self.number);
        let mut at = self.now;
        let ours = || (ACCOUNT.to_owned(), user.clone());
        let ((sender, recipient), what, told) = match happening {
            Happening::Wrote { text, at: wrote } => {
                at = *wrote;
                let said = json!({ "mid": mid, "text": text });
                ((user.clone(), ACCOUNT.to_owned()), "message", said)
            }
            Happening::Echo { text } => {
                let mut echo = json!({ "mid": mid, "is_echo": true, "text": text });
                if channel == Channel::Messenger {
                    echo["app_id"] = json!(INBOX_APP);
                }
                (ours(), "message", echo)
            }
            Happening::Status { of, .. } => {
                let echo = json!({
                    "mid": of.provider_id.clone().unwrap_or(mid), "is_echo": true,
                    "app_id": OUR_APP, "metadata": of.correlation, "text": of.text,
                });
                (ours(), "message", echo)
            }
            Happening::Shared { text } => {
                let post = json!({
                    "type": "share", "payload": { "url": "https://example.com/post" },
                });
                let said = json!({ "mid": mid, "text": text, "attachments": [post] });
                ((user.clone(), ACCOUNT.to_owned()), "message", said)
            }
            Happening::Edited {
                number,
                text,
                at: changed,
            } => {
                at = *changed;
                let edit = json!({
                    "mid": format!("m_IN{number}"), "text": text, "num_edit": self.number,
                });
                ((user.clone(), ACCOUNT.to_owned()), "message_edit", edit)
            }
            Happening::Revoked {
                number,
                by_business: false,
            } => {
                let deleted = json!({ "mid": format!("m_IN{number}"), "is_deleted": true });
                ((user.clone(), ACCOUNT.to_owned()), "message", deleted)
            }
            Happening::WroteElsewhere { text } => {
                let said = json!({ "mid": mid, "text": text });
                ((user.clone(), ACCOUNT.to_owned()), "message", said)
            }
            Happening::Passed { to_us, at: passed } => {
                at = *passed;
                let (ours, inbox) = (OUR_APP.to_string(), INBOX_APP.to_string());
                let (from, to) = if *to_us { (inbox, ours) } else { (ours, inbox) };
                let passed = json!({ "previous_owner_app_id": from, "new_owner_app_id": to });
                let parties = (user.clone(), ACCOUNT.to_owned());
                (parties, "pass_thread_control", passed)
            }
            Happening::ReadAll if channel == Channel::Messenger => {
                let watermark = json!({ "watermark": at.timestamp_millis() });
                ((user.clone(), ACCOUNT.to_owned()), "read", watermark)
            }
            _ => bail!("{channel} has nothing of that kind"),
        };
        let mut update = json!({
            "sender": { "id": sender }, "recipient": { "id": recipient },
            "timestamp": at.timestamp_millis(),
        });
        update[what] = told;
        let list = match happening {
            Happening::WroteElsewhere { .. } => "standby",
            _ => "messaging",
        };
        Ok(json!({
            "object": object,
            "entry": [{ "id": ACCOUNT, "time": at.timestamp_millis(), list: [update] }],
        }))
    }

    fn telegram(&self, happening: &Happening) -> anyhow::Result<Value> {
        let user: i64 = self.person.user(Channel::Telegram).parse()?;
        let name = self.person.first_name();
        let from = json!({
            "id": user, "is_bot": false, "first_name": name, "language_code": "de",
        });
        let chat = json!({ "id": user, "first_name": name, "type": "private" });
        let mut update = json!({ "update_id": 730_115_000 + self.number });
        match happening {
            Happening::Wrote { text, at } => {
                update["message"] = json!({
                    "message_id": self.number, "from": from, "chat": chat,
                    "date": at.timestamp(), "text": text,
                });
            }
            Happening::Edited { number, text, at } => {
                update["edited_message"] = json!({
                    "message_id": number, "from": from, "chat": chat,
                    "date": at.timestamp(), "edit_date": at.timestamp(), "text": text,
                });
            }
            Happening::Tapped { button } => {
                update["callback_query"] = json!({
                    "id": format!("223601{}", self.number), "from": from, "data": "yes",
                    "chat_instance": "-3871205592861433010",
                    "message": {
                        "message_id": 1, "date": self.now.timestamp(), "chat": chat,
                        "reply_markup": { "inline_keyboard": [
                            [{ "text": button, "callback_data": "yes" }],
                        ] },
                    },
                });
            }
            Happening::Blocked => update["my_chat_member"] = self.member(true, self.now)?,
            Happening::Unblocked { at } => update["my_chat_member"] = self.member(false, *at)?,
            _ => bail!("Telegram has nothing of that kind"),
        }
        Ok(update)
    }

    /// The customer blocked the bot, or let it in again.
    fn member(&self, blocked: bool, at: DateTime<Utc>) -> anyhow::Result<Value> {
        let user: i64 = self.person.user(Channel::Telegram).parse()?;
        let name = self.person.first_name();
        let (before, after) = if blocked {
            ("member", "kicked")
        } else {
            ("kicked", "member")
        };
        let bot = json!({ "id": 1, "is_bot": true, "first_name": "Salon" });
        Ok(json!({
            "chat": { "id": user, "first_name": name, "type": "private" },
            "from": { "id": user, "is_bot": false, "first_name": name, "language_code": "de" },
            "date": at.timestamp(),
            "old_chat_member": { "user": bot, "status": before, "until_date": 0 },
            "new_chat_member": { "user": bot, "status": after, "until_date": 0 },
        }))
    }

    fn sms(&self, happening: &Happening) -> anyhow::Result<Value> {
        let (customer, ours) = (self.person.user(Channel::Sms), sender(0));
        match happening {
            Happening::Wrote { text, .. } | Happening::WroteByMachine { text } => {
                Ok(json!({ "form": {
                    "MessageSid": format!("SMIN{}", self.number), "AccountSid": SMS_ACCOUNT,
                    "From": customer, "To": ours, "Body": text, "NumMedia": "0",
                    "NumSegments": "1", "SmsStatus": "received", "ApiVersion": "2010-04-01",
                } }))
            }
            Happening::Status { of, status, code } => {
                let unknown = || format!("SMOUT{}", self.number);
                let id = of.provider_id.clone().unwrap_or_else(unknown);
                let mut form = json!({
                    "MessageSid": id, "SmsSid": id, "AccountSid": SMS_ACCOUNT, "From": ours,
                    "To": customer, "MessageStatus": status, "SmsStatus": status,
                });
                if let Some(code) = code {
                    form["ErrorCode"] = json!(code.to_string());
                }
                let query = of.correlation.as_ref().map(|ours| format!("c={ours}"));
                Ok(json!({ "form": form, "query": query }))
            }
            _ => bail!("an SMS provider has nothing of that kind"),
        }
    }

    /// A report of SES, as its topic delivers it to the queue; `status` is the kind of event and, of a
    /// bounce, its type.
    fn email(&self, happening: &Happening) -> anyhow::Result<Value> {
        let Happening::Status { of, status, .. } = happening else {
            bail!("SES tells of nothing but mails of ours");
        };
        let (to, at) = (self.person.user(Channel::Email), self.now);
        let at = at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let (kind, part, told) = match status.as_str() {
            "sent" => ("Send", "send", json!({})),
            "delivered" => (
                "Delivery",
                "delivery",
                json!({ "timestamp": at, "recipients": [to], "smtpResponse": "250 ok" }),
            ),
            "bounced" | "full" => {
                let (class, sub) = match status.as_str() {
                    "bounced" => ("Permanent", "NoEmail"),
                    _ => ("Transient", "MailboxFull"),
                };
                let bounced = json!({
                    "bounceType": class, "bounceSubType": sub, "timestamp": at,
                    "feedbackId": format!("bounce-{}", self.number),
                    "bouncedRecipients": [{ "emailAddress": to, "status": "5.1.1" }],
                });
                ("Bounce", "bounce", bounced)
            }
            "complained" => (
                "Complaint",
                "complaint",
                json!({
                    "timestamp": at, "feedbackId": format!("complaint-{}", self.number),
                    "complaintFeedbackType": "abuse",
                    "complainedRecipients": [{ "emailAddress": to }],
                }),
            ),
            "opened" => (
                "Open",
                "open",
                json!({ "timestamp": at, "ipAddress": "192.0.2.1", "userAgent": "Mozilla/5.0 (X11)" }),
            ),
            other => bail!("SES has no report `{other}`"),
        };
        let mut report = json!({
            "eventType": kind,
            "mail": {
                "timestamp": at, "messageId": of.provider_id.clone().unwrap_or_default(),
                "source": "hallo@salon.example", "destination": [to],
                "tags": { "message": [of.correlation], "workspace": [of.workspace()] },
            },
        });
        report[part] = told;
        Ok(json!({
            "Type": "Notification", "MessageId": format!("sns-{}", self.number),
            "TopicArn": "arn:aws:sns:eu-central-1:1:mail", "Timestamp": at,
            "Message": report.to_string(),
        }))
    }

    fn loopback(&self, happening: &Happening) -> anyhow::Result<Value> {
        let mut event = json!({
            "from": self.person.user(Channel::Loopback), "name": self.person.first_name(),
            "id": format!("lo-{}", self.number),
        });
        let mut at = self.now;
        match happening {
            Happening::Wrote { text, at: wrote } => {
                at = *wrote;
                event["text"] = json!(text);
            }
            Happening::WroteByMachine { text } => {
                event["text"] = json!(text);
                event["automatic"] = json!(true);
            }
            Happening::Echo { text } => {
                event["type"] = json!("echo");
                event["text"] = json!(text);
            }
            Happening::Edited {
                number,
                text,
                at: changed,
            } => {
                at = *changed;
                event["type"] = json!("edited");
                event["target"] = json!(format!("lo-{number}"));
                event["text"] = json!(text);
            }
            Happening::Revoked {
                number,
                by_business: false,
            } => {
                event["type"] = json!("revoked");
                event["target"] = json!(format!("lo-{number}"));
            }
            Happening::Marketing { stopped: true } => event["type"] = json!("marketing_stop"),
            Happening::Marketing { stopped: false } => event["type"] = json!("marketing_resume"),
            Happening::Blocked => event["type"] = json!("blocked"),
            Happening::Unblocked { at: unblocked } => {
                at = *unblocked;
                event["type"] = json!("unblocked");
            }
            _ => bail!("the loopback channel has nothing of that kind"),
        }
        event["at"] = json!(at.to_rfc3339_opts(SecondsFormat::Millis, true));
        Ok(event)
    }
}
