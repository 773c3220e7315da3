//! To a customer who need not have written, at an address of theirs: what staff write (MO-01), and
//! confirmations, receipts and the like in the words of a template (MO-12).

use std::sync::Arc;

use app::App;
use app::confirmation::Confirmation;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::channel::{Channel, PhoneNumber};
use domain::connection::Connection;
use domain::consent::Medium;
use domain::contact::EmailAddress;
use domain::conversation::OnReply;
use domain::customer::Customer;
use domain::field::FieldError;
use domain::ids::{ConnectionId, CustomerId, WorkspaceId};
use domain::receipt::Reason;
use domain::rule::Purpose;
use domain::segment::inbox::Visibility;
use mail::{Audience, TemplateKind};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::Book;
use utoipa::ToSchema;

use super::message::MessageOut;
use super::wire::Words;
use super::write::{Address, MessageIn, Target, Writing, write};
use crate::auth::{Agent, Scoped};
use crate::http::{
    Id, IdempotencyHeader, IdempotencyKey, Json, Once, Problem, WriteProblems, once,
};
use crate::schema;

/// What staff write to a customer.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CustomerMessageIn {
    /// How it travels.
    medium: MessageMedium,
    /// The subject of an e-mail, and required there; variables as in the text.
    #[serde(default)]
    #[schema(required = false, min_length = 1, max_length = 200)]
    subject: Option<String>,
    /// The text. `##{{first_name}}`, `##{{last_name}}`, `##{{full_name}}` and `##{{business_name}}`
    /// are filled in; other variables are refused.
    #[serde(default)]
    #[schema(required = false, min_length = 1, max_length = 20000)]
    text: Option<String>,
    /// Instead of subject and text: which template says it, as `/v1/mail-templates` has it, in the
    /// customer's language. It is a transactional e-mail, no answer of a person's: it ends with the
    /// link to unsubscribe from such e-mails, and who has done so gets none.
    #[serde(default)]
    #[schema(value_type = Option<schema::MailTemplateKind>, required = false)]
    template: Option<TemplateKind>,
    /// What its variables stand for, by name; `GET /v1/mail-templates/{kind}` lists them with their types.
    /// Dates as `2026-11-27`, times as `09:30`, amounts as `{"minor": 15000, "currency": "EUR"}`.
    /// `refundNotice` may say what had paid, `{"paid_with": "package", "amount": null}`, and
    /// `welcomeMessage` what is at hand, `{"class": "…", "class_template": "…"}`. The names of customer
    /// and business are filled in.
    #[serde(default)]
    #[schema(value_type = Object, required = false)]
    values: Map<String, Value>,
    /// Which of the customer's addresses or numbers; unless given, the first address that is not for
    /// advertising only, or the first mobile number.
    #[serde(default)]
    #[schema(required = false, max_length = 254)]
    to: Option<String>,
    /// On which connection; unless given, the only active one for this medium.
    #[serde(default)]
    #[schema(value_type = Option<schema::ConnectionId>, required = false)]
    connection: Option<ConnectionId>,
    /// When it is to go out, at most a year ahead; now unless given. Until then it can be changed and
    /// withdrawn.
    #[serde(default)]
    #[schema(required = false)]
    send_at: Option<DateTime<Utc>>,
    /// What becomes of it if the customer writes before that: `cancel`, `hold` or `keep`. Unless given,
    /// `hold` for what has a `send_at`, and `keep` for what goes out now.
    #[serde(default)]
    #[schema(value_type = Option<schema::OnReply>, required = false)]
    on_reply: Option<OnReply>,
}

/// How a message travels to somebody who need not have written.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum MessageMedium {
    Email,
    Sms,
}

/// Write to a customer by e-mail or SMS (202: it is on its way); the conversation begins with it, unless
/// there is one.
#[utoipa::path(
    post, path = "/v1/customers/{id}/messages", tag = "customers",
    security(("key" = ["agent"])),
    params(("id" = schema::CustomerId, Path), IdempotencyHeader),
    request_body = CustomerMessageIn,
    responses(
        (status = 202, body = MessageOut, description = "The message will be sent."),
        WriteProblems
    )
)]
pub(crate) async fn create_customer_message(
    caller: Scoped<Agent>,
    State(app): State<Arc<App>>,
    Id(id): Id<CustomerId>,
    key: IdempotencyKey,
    Json(body): Json<CustomerMessageIn>,
) -> Result<Response, Problem> {
    let fingerprint = serde_json::to_string(&body).unwrap_or_default();
    let ws = caller.workspace();
    let at = Once {
        app: &app,
        ws,
        key,
        request: format!("POST /v1/customers/{id}/messages {fingerprint}"),
        now: app.now(),
    };
    if let Visibility::Location { .. } = caller.visibility() {
        // Also of the answer to somebody else's request.
        let customer = app.store.customer(ws, id).await?;
        let seen = customer.filter(|it| caller.visibility().shows(&it.profile.locations));
        seen.ok_or_else(|| Problem::not_found("a customer"))?;
    }
    // All of it inside: a repetition gets the first answer, whatever has changed since.
    let send = async |keep| {
        let customer = app.store.customer(ws, id).await?;
        let customer = customer.ok_or_else(|| Problem::not_found("a customer"))?;
        let book = app.fresh_book(ws).await?;
        let channel = match body.medium {
            MessageMedium::Email => Channel::Email,
            MessageMedium::Sms => Channel::Sms,
        };
        let target = Target::Address {
            customer: id,
            connection: Box::new(connection_for(&book, channel, body.connection)?.clone()),
            address: address(&customer, &book, channel, body.to.as_deref())?,
        };
        let writing = body.writing(&app, ws).await?;
        write(&app, &caller, target, writing, keep).await
    };
    Box::pin(once(at, send)).await
}

impl CustomerMessageIn {
    async fn writing(self, app: &App, ws: WorkspaceId) -> Result<Writing, Problem> {
        let Some(kind) = self.template else {
            if !self.values.is_empty() {
                return Err(not_with("values", "only a template has values"));
            }
            let text = self.text.unwrap_or_default();
            // Whether there is to be one is checked where the channel is known.
            let subject = match self.medium {
                MessageMedium::Email => Some(self.subject.unwrap_or_default()),
                MessageMedium::Sms => self.subject,
            };
            let message = MessageIn::new(subject, text, self.send_at, self.on_reply);
            return Ok(message.checked()?.writing());
        };
        if self.medium != MessageMedium::Email {
            return Err(Problem::invalid(vec![FieldError::new(
                "template",
                "not_on_this_channel",
                "templates are e-mails",
                "choose the medium `email`, or write a `text`",
            )]));
        }
        let not_of_templates = [
            ("subject", self.subject.is_some()),
            ("text", self.text.is_some()),
            ("on_reply", self.on_reply.is_some()),
        ];
        if let Some((field, _)) = not_of_templates.into_iter().find(|(_, is_there)| *is_there) {
            return Err(not_with(field, "the template says it"));
        }
        if kind.audience() != Audience::Customer {
            return Err(Problem::invalid(vec![FieldError::new(
                "template",
                "not_for_customers",
                format!("`{kind}` is for the business's own people"),
                "choose a template for customers: `GET /v1/mail-templates` lists them",
            )]));
        }
        let says = Confirmation {
            template: app.store.mail_template(ws, kind).await?.template(),
            values: self.values,
            layout: app.store.mail_layout(ws).await?,
        };
        Ok(Writing::confirmation(says, self.send_at))
    }
}

fn not_with(field: &str, why: &str) -> Problem {
    let remedy = format!("leave `{field}` out, or write `subject` and `text` without `template`");
    Problem::invalid(vec![FieldError::new(field, "not_allowed", why, remedy)])
}

/// The connection for this channel that was named, or the only one.
pub(crate) fn connection_for(
    book: &Book,
    channel: Channel,
    wanted: Option<ConnectionId>,
) -> Result<&Connection, Problem> {
    let wrong = |code, message: String, remedy| {
        let error = FieldError::new("connection", code, message, remedy);
        Problem::invalid(vec![error])
    };
    if let Some(id) = wanted {
        let found = book.connection(id);
        return found
            .filter(|found| found.channel == channel)
            .ok_or_else(|| {
                let message = format!("there is no connection for {channel} with this id");
                wrong("unknown", message, "see `GET /v1/connections`")
            });
    }
    let known = book.connections.iter();
    let mut active = known.filter(|it| it.channel == channel && it.is_active());
    match (active.next(), active.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => Err(Problem::conflict(format!(
            "no connection for {channel} is active; make one with `POST /v1/connections`, or switch one on"
        ))),
        (Some(_), Some(_)) => {
            let message = format!("several connections for {channel} are active");
            Err(wrong("required", message, "name the one to send on"))
        }
    }
}

/// An address of the customer's, or the one for messages to them.
fn address(
    customer: &Customer,
    book: &Book,
    channel: Channel,
    wanted: Option<&str>,
) -> Result<Address, Problem> {
    let profile = &customer.profile;
    let found = match (channel, wanted) {
        (Channel::Sms, None) => profile.phone_for_sms().cloned().map(Address::Phone),
        (Channel::Sms, Some(wanted)) => {
            let number = PhoneNumber::parse(wanted).ok();
            let mut known = profile.phones.iter().map(|known| &known.value);
            let found = known.find(|known| Some(*known) == number.as_ref());
            found.cloned().map(Address::Phone)
        }
        (_, None) => {
            let first = profile.email_for(Purpose::Transactional);
            first.cloned().map(Address::Email)
        }
        (_, Some(wanted)) => {
            let key = EmailAddress::parse(wanted).ok().map(|it| it.key());
            let mut known = profile.emails.iter().map(|known| &known.value);
            let found = known.find(|known| Some(known.key()) == key);
            found.cloned().map(Address::Email)
        }
    };
    found.ok_or_else(|| match wanted {
        None => {
            let words = Words::of(&book.settings, None);
            let medium = Medium::of(channel);
            let reason = Reason::NoAddress { medium };
            Problem::conflict(reason.explain(words.locale, words.zone))
        }
        Some(_) => Problem::invalid(vec![FieldError::new(
            "to",
            "unknown",
            "the customer has no such address or number",
            "add it to the customer first, or leave `to` out",
        )]),
    })
}
