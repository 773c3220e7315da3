//! What was said about messages to a customer: how each class stands, the ledger it comes from, and
//! the switches of staff (MO-26).

use std::sync::Arc;

use app::App;
use axum::Json as Out;
use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::consent::{self, Class, Denied, Entry, Medium, Source, Standing, Stoppable};
use domain::field::FieldError;
use domain::ids::{CustomerId, KeyId};
use domain::segment;
use serde::{Deserialize, Serialize};
use store::Resource;
use utoipa::{IntoParams, ToSchema};

use super::consent::find;
use super::update::save;
use crate::auth::{Agent, Viewer};
use crate::http::{
    Cursor, Id, Json, Limit, ListProblems, Meta, Problem, Query, WriteProblems, request,
};
use crate::schema;

/// How often a lost race is tried again: messages change customers, too.
const TRIES: u32 = 5;

/// How messages to a customer stand.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConsentStanding {
    /// Every class, always in the same order.
    classes: Vec<ClassOut>,
    /// Since when they want no automated chat message at all; only they take that back.
    chat_stopped_at: Option<DateTime<Utc>>,
    /// Since when they want no SMS at all (STOP); only they take that back.
    sms_stopped_at: Option<DateTime<Utc>>,
    /// Since when they want no marketing in chats, as they told the platform; only there do they
    /// take that back.
    marketing_stopped_at: Option<DateTime<Utc>>,
}

/// How one class stands, what stops it together with others aside.
#[derive(Serialize, ToSchema)]
#[schema(as = ClassStanding)]
struct ClassOut {
    #[schema(value_type = schema::ConsentClass)]
    class: Class,
    #[schema(value_type = schema::ConsentState)]
    state: segment::Standing,
    /// Since when; `null`: nobody said anything.
    since: Option<DateTime<Utc>>,
    /// Who said so.
    said_by: Option<SaidBy>,
    /// Whether staff can switch it. What has no switch ends with a STOP of the customer only.
    has_switch: bool,
}

/// By whom something was said.
#[derive(Serialize, ToSchema)]
struct SaidBy {
    /// The customer: `keyword`, `message`, `footer_link`, `preferences`, `form`,
    /// `confirmation_link`, `told` (to staff, who recorded it), or `platform` (in its app). Somebody
    /// else: `staff`, `import`, `merge` (another customer turned out to be the same person, or was
    /// remembered), `migration` (known from before there was a ledger).
    source: &'static str,
    /// The key that recorded it.
    #[schema(value_type = Option<schema::KeyId>)]
    key: Option<KeyId>,
}

/// A customer's consent, and a page of the ledger.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConsentList {
    standing: ConsentStanding,
    /// What was said, oldest first. Entries are never changed, and each holds the hash of the one
    /// before it.
    entries: Vec<EntryOut>,
    meta: Meta,
}

/// One thing that was said.
#[derive(Serialize, ToSchema)]
#[schema(as = ConsentEntry)]
struct EntryOut {
    /// From 1, without gaps.
    number: u64,
    at: DateTime<Utc>,
    /// About a class: `grant`, `ask` (to be confirmed), `confirm`, `refuse`, `restore` (the refusal
    /// is taken back). About all of `what`: `stop`, `start`. `merge`: all that `from` had refused.
    /// About an address of theirs on `what`: `suppress` (it does not exist, or its owner complained),
    /// `lift`.
    change: &'static str,
    #[schema(value_type = Option<schema::ConsentClass>)]
    class: Option<Class>,
    /// `sms`, `chat` or `email`.
    what: Option<&'static str>,
    #[schema(value_type = Option<schema::CustomerId>)]
    from: Option<CustomerId>,
    said_by: SaidBy,
    /// The text they had before them.
    shown: Option<String>,
    /// SHA-256 over all of the above and the entry before, in hexadecimal digits.
    hash: String,
}

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListConsents {
    /// At most this many.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 100, default = 50)]
    limit: Option<Limit>,
    /// `meta.next_cursor` of the page before.
    #[param(value_type = Option<String>, min_length = 1)]
    cursor: Option<Cursor>,
}

/// Get how messages to a customer stand, and the ledger of what was said about them.
#[utoipa::path(
    get, path = "/v1/customers/{id}/consents", tag = "customers", security(("key" = ["viewer"])),
    params(("id" = schema::CustomerId, Path), ListConsents),
    responses((status = 200, description = "A page of the ledger.", body = ConsentList), ListProblems)
)]
pub(crate) async fn list_consents(
    caller: Viewer,
    State(app): State<Arc<App>>,
    Id(id): Id<CustomerId>,
    Query(query): Query<ListConsents>,
) -> Result<Out<ConsentList>, Problem> {
    let ws = caller.workspace();
    let customer = find(&app, ws, id).await?;
    let page = request(query.limit, query.cursor);
    let found = app.store.consents(ws, id, &page).await?;
    Ok(Out(ConsentList {
        standing: ConsentStanding::of(&customer.chat),
        entries: found.items.into_iter().map(EntryOut::from).collect(),
        meta: Meta {
            next_cursor: found.next_cursor,
        },
    }))
}

/// A switch of staff.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConsentSwitch {
    /// One that has a switch: not `sms_transactional`, not `chat_transactional`.
    #[schema(value_type = schema::ConsentClass)]
    class: Class,
    /// `false`: none of its messages any more. `true`: what held before that holds again.
    allowed: bool,
}

/// Switch a class of messages to a customer off, or on again.
///
/// Switching on takes back what staff or an import had refused; it is no consent: what needs one
/// still needs it. What the customers refused themselves stays, and so do a STOP and what they told
/// the platform: send them a link to their preferences (`POST /v1/customers/{id}/links`).
#[utoipa::path(
    post, path = "/v1/customers/{id}/consents", tag = "customers", security(("key" = ["agent"])),
    params(("id" = schema::CustomerId, Path)),
    request_body = ConsentSwitch,
    responses((status = 200, description = "As it is now.", body = ConsentStanding), WriteProblems)
)]
pub(crate) async fn switch_consent(
    caller: Agent,
    State(app): State<Arc<App>>,
    Id(id): Id<CustomerId>,
    Json(switch): Json<ConsentSwitch>,
) -> Result<Out<ConsentStanding>, Problem> {
    let ws = caller.workspace();
    let source = Source::Staff {
        key: caller.key().id,
    };
    for _ in 0..TRIES {
        let before = find(&app, ws, id).await?;
        // Also where nothing would change: who asks for it must not believe that a STOP is lifted.
        if !switch.class.has_switch() {
            return Err(switch.denied(Denied::NoSwitch));
        }
        let Some(change) = switch.change(&before.chat) else {
            return Ok(Out(ConsentStanding::of(&before.chat)));
        };
        let mut after = before.clone();
        let said = after.say(change, source, None, app.now());
        said.map_err(|denied| switch.denied(denied))?;
        after.version += 1;
        let what = (Resource::Customer, id.to_string());
        let (was, is) = (switch.of(&before.chat), switch.of(&after.chat));
        let store = caller.noting(&app, "switch_consent", what, &was, &is)?;
        if save(&store, Some(&before), &after, None).await? {
            return Ok(Out(ConsentStanding::of(&after.chat)));
        }
    }
    Err(Problem::stale(None))
}

/// What the audit log keeps of it.
#[derive(Serialize)]
struct Switched {
    class: Class,
    state: segment::Standing,
}

impl ConsentSwitch {
    /// `None`: it stands like that already.
    fn change(&self, standing: &Standing) -> Option<consent::Change> {
        let class = self.class;
        let refused = standing.class(class).refused.is_some();
        let at_platform = class == Class::ChatMarketing && standing.marketing_stopped_at.is_some();
        match self.allowed {
            false => (!refused).then_some(consent::Change::Refuse { class }),
            true => (refused || at_platform).then_some(consent::Change::Restore { class }),
        }
    }

    fn of(&self, standing: &Standing) -> Switched {
        Switched {
            class: self.class,
            state: standing.state(self.class).into(),
        }
    }

    fn denied(&self, denied: Denied) -> Problem {
        match denied {
            Denied::NoSwitch => Problem::invalid(vec![FieldError::new(
                "class",
                "no_switch",
                denied.to_string(),
                "if the customer told you, record it with `POST /v1/customers/{id}/consent`",
            )]),
            Denied::OnlyTheCustomer => Problem::conflict(format!(
                "{denied}; give them a link to their preferences with \
                 `POST /v1/customers/{{id}}/links`"
            )),
            denied => Problem::conflict(denied.to_string()),
        }
    }
}

impl ConsentStanding {
    fn of(standing: &Standing) -> Self {
        let class = |class: Class| {
            let state = standing.state(class);
            let mark = match state {
                consent::State::Unsaid => None,
                consent::State::Pending { mark }
                | consent::State::Granted { mark }
                | consent::State::Refused { mark } => Some(mark),
            };
            ClassOut {
                class,
                state: state.into(),
                since: mark.map(|mark| mark.at),
                said_by: mark.map(|mark| SaidBy::from(mark.source)),
                has_switch: class.has_switch(),
            }
        };
        Self {
            classes: Class::ALL.map(class).into(),
            chat_stopped_at: standing.stopped(Stoppable::Chat),
            sms_stopped_at: standing.stopped(Stoppable::Sms),
            marketing_stopped_at: standing.marketing_stopped_at,
        }
    }
}

impl From<Source> for SaidBy {
    fn from(source: Source) -> Self {
        let (source, key) = match source {
            Source::Keyword => ("keyword", None),
            Source::Message => ("message", None),
            Source::FooterLink => ("footer_link", None),
            Source::Preferences => ("preferences", None),
            Source::Form => ("form", None),
            Source::ConfirmationLink => ("confirmation_link", None),
            Source::Told { key } => ("told", Some(key)),
            Source::Platform => ("platform", None),
            Source::Staff { key } => ("staff", Some(key)),
            Source::Import { key } => ("import", Some(key)),
            Source::Merge => ("merge", None),
            Source::Migration => ("migration", None),
        };
        Self { source, key }
    }
}

impl From<Entry> for EntryOut {
    fn from(entry: Entry) -> Self {
        use consent::Change;
        let about = |what| match what {
            Stoppable::Sms => "sms",
            Stoppable::Chat => "chat",
        };
        let on = |medium| match medium {
            Medium::Email => "email",
            Medium::Sms => "sms",
            Medium::Chat | Medium::InApp => "chat",
        };
        let (change, class, what, from) = match entry.change {
            Change::Grant { class } => ("grant", Some(class), None, None),
            Change::Ask { class } => ("ask", Some(class), None, None),
            Change::Confirm { class } => ("confirm", Some(class), None, None),
            Change::Refuse { class } => ("refuse", Some(class), None, None),
            Change::Restore { class } => ("restore", Some(class), None, None),
            Change::Stop { what } => ("stop", None, Some(about(what)), None),
            Change::Start { what } => ("start", None, Some(about(what)), None),
            Change::Suppress { medium, .. } => ("suppress", None, Some(on(medium)), None),
            Change::Lift { medium, .. } => ("lift", None, Some(on(medium)), None),
            Change::Merge { from, .. } => ("merge", None, None, Some(from)),
        };
        Self {
            number: entry.number,
            at: entry.at,
            change,
            class,
            what,
            from,
            said_by: entry.source.into(),
            shown: entry.shown,
            hash: entry.hash.to_string(),
        }
    }
}
