//! A broadcast as JSON.

use chrono::{DateTime, Utc};
use domain::broadcast::{Audience, Broadcast, Figures, MarketingSuite, Says, State};
use domain::consent::Medium;
use domain::field::FieldError;
use domain::ids::{BroadcastId, ConnectionId, CustomerId, KeyId, SegmentId};
use domain::rule::Purpose;
use domain::settings::Settings;
use mail::TemplateKind;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::http::Meta;
use crate::schema;

/// A message to many.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BroadcastIn {
    /// How it travels.
    pub(super) medium: BroadcastMedium,
    /// To whom.
    pub(super) audience: AudienceIn,
    /// The subject of the e-mail; variables as in the text.
    #[serde(default)]
    #[schema(required = false, min_length = 1, max_length = 200)]
    pub(super) subject: Option<String>,
    /// The text. `##{{first_name}}`, `##{{last_name}}`, `##{{full_name}}` and `##{{business_name}}`
    /// are filled in for each customer; other variables are refused. What somebody writes to many is
    /// advertising: it goes to nobody who refused that, and ends with the link to unsubscribe.
    #[serde(default)]
    #[schema(required = false, min_length = 1, max_length = 20000)]
    pub(super) text: Option<String>,
    /// Instead of subject and text: which e-mail template says it, in each customer's language. It is a
    /// transactional e-mail, and as many may get it as it concerns.
    #[serde(default)]
    #[schema(value_type = Option<schema::MailTemplateKind>, required = false)]
    pub(super) template: Option<TemplateKind>,
    /// What its variables stand for, as in `POST /v1/customers/{id}/messages`; the same for everybody.
    #[serde(default)]
    #[schema(value_type = Object, required = false)]
    pub(super) values: Map<String, Value>,
    /// On which connection; unless given, the only active one for this medium.
    #[serde(default)]
    #[schema(value_type = Option<schema::ConnectionId>, required = false)]
    pub(super) connection: Option<ConnectionId>,
    /// How many leave in a minute, at most: 1 to 6,000. Unless given, 600 e-mails or 60 SMS. More than
    /// the provider takes is told by it, and waits.
    #[serde(default)]
    #[schema(required = false, minimum = 1, maximum = 6000)]
    pub(super) per_minute: Option<u32>,
    /// When it begins, at most a year ahead; once it is confirmed unless given.
    #[serde(default)]
    #[schema(required = false)]
    pub(super) send_at: Option<DateTime<Utc>>,
}

/// How a broadcast travels.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BroadcastMedium {
    Email,
    Sms,
}

impl From<BroadcastMedium> for Medium {
    fn from(medium: BroadcastMedium) -> Self {
        match medium {
            BroadcastMedium::Email => Self::Email,
            BroadcastMedium::Sms => Self::Sms,
        }
    }
}

/// To whom a broadcast goes.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum AudienceIn {
    /// Every customer.
    Everybody,
    /// Those whom a segment holds when they are counted, and again when it is sent; by its filter as it
    /// is when the broadcast is made.
    Segment {
        #[schema(value_type = schema::SegmentId)]
        segment: SegmentId,
    },
    /// Those with an appointment to come.
    UpcomingBooking,
    /// These. One alone gets it whatever they prefer, unless they said STOP: that is one to one.
    Customers {
        #[schema(value_type = Vec<schema::CustomerId>, min_items = 1, max_items = 1000)]
        customers: Vec<CustomerId>,
    },
}

/// Somebody has seen the figures, and wants it sent.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfirmationIn {
    /// `counted.receive` as it was shown. Another number is refused: who confirms it has seen other figures.
    pub(super) receive: u64,
}

/// A message to many.
#[derive(Serialize, ToSchema)]
#[schema(as = Broadcast)]
pub(crate) struct BroadcastOut {
    #[schema(value_type = schema::BroadcastId)]
    id: BroadcastId,
    /// Also in `ETag`.
    version: u64,
    medium: BroadcastMedium,
    #[schema(value_type = schema::Purpose)]
    purpose: Purpose,
    #[schema(value_type = schema::ConnectionId)]
    connection: ConnectionId,
    audience: AudienceOut,
    subject: Option<String>,
    text: Option<String>,
    /// The kind of e-mail template.
    template: Option<String>,
    #[schema(value_type = Object)]
    values: Map<String, Value>,
    per_minute: u32,
    send_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    #[schema(value_type = schema::KeyId)]
    created_by: KeyId,
    state: BroadcastState,
    /// Since when it has been counted, cancelled or done; `null` while it is none of these.
    since: Option<DateTime<Utc>>,
    /// Who would get it: all of the list once it is `counted`, and as far as it was counted before.
    counted: FiguresOut,
    /// Who was given it so far. What became of each message, `GET /v1/messages?broadcast=` tells.
    sent: FiguresOut,
    /// Why it cannot be confirmed as it is, and what can be done about that.
    hindrance: Option<Hindrance>,
}

/// What stands in the way of confirming a broadcast.
#[derive(Serialize, ToSchema)]
struct Hindrance {
    code: String,
    message: String,
    remedy: String,
}

impl From<FieldError> for Hindrance {
    fn from(error: FieldError) -> Self {
        Self {
            code: error.code.to_string(),
            message: error.message,
            remedy: error.remedy,
        }
    }
}

/// To whom it goes.
#[derive(Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schema(as = BroadcastAudience)]
enum AudienceOut {
    Everybody,
    Segment {
        #[schema(value_type = schema::SegmentId)]
        segment: SegmentId,
        /// Its name when the broadcast was made.
        name: String,
    },
    UpcomingBooking,
    Customers {
        #[schema(value_type = Vec<schema::CustomerId>)]
        customers: Vec<CustomerId>,
    },
}

/// Where a broadcast stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BroadcastState {
    /// The figures are on their way.
    Counting,
    /// It waits for somebody to confirm the figures, which they are good for an hour.
    Counted,
    /// It is being handed over, or waits for its time.
    Sending,
    Paused,
    Cancelled,
    /// Everybody was looked at.
    Done,
}

/// How many get it, and why the others do not.
#[derive(Serialize, ToSchema)]
#[schema(as = BroadcastFigures)]
pub(crate) struct FiguresOut {
    /// How many the list has.
    recipients: u64,
    /// Those of them who get it.
    receive: u64,
    /// Those who do not, by the code of the gravest reason: `class_refused` (unsubscribed),
    /// `sms_stopped`, `no_address`, `address_suppressed` and so on. Nobody is counted twice.
    refused: Vec<RefusedOut>,
    /// SMS segments of all that go.
    segments: u64,
    /// What these are of the price of the chosen tier, in its smallest unit, rounded up; `null`: no tier
    /// is chosen, or it has no segments.
    cost_cents: Option<u64>,
}

/// How many do not get it for one reason.
#[derive(Serialize, ToSchema)]
#[schema(as = BroadcastRefusals)]
pub(crate) struct RefusedOut {
    code: String,
    count: u64,
}

/// A page of broadcasts.
#[derive(Serialize, ToSchema)]
pub(crate) struct BroadcastList {
    pub(super) broadcasts: Vec<BroadcastOut>,
    pub(super) meta: Meta,
}

impl BroadcastOut {
    pub(super) fn new(broadcast: Broadcast, settings: &Settings) -> Self {
        let suite = match settings.marketing_suite {
            true => MarketingSuite::On,
            false => MarketingSuite::Off,
        };
        let waits = matches!(
            broadcast.state,
            State::Counting { .. } | State::Counted { .. }
        );
        let hindrance = broadcast
            .at_once(suite, settings.email_recipients_limit)
            .err();
        let purpose = broadcast.says.purpose();
        let (subject, text, template, values) = match broadcast.says {
            Says::Text { subject, text } => (subject, Some(text), None, Map::new()),
            Says::Template { kind, values } => (None, None, Some(kind), values),
        };
        let (state, since) = match broadcast.state {
            State::Counting { .. } => (BroadcastState::Counting, None),
            State::Counted { at } => (BroadcastState::Counted, Some(at)),
            State::Sending { .. } => (BroadcastState::Sending, None),
            State::Paused { .. } => (BroadcastState::Paused, None),
            State::Cancelled { at } => (BroadcastState::Cancelled, Some(at)),
            State::Done { at } => (BroadcastState::Done, Some(at)),
        };
        Self {
            id: broadcast.id,
            version: broadcast.version,
            medium: match broadcast.medium {
                Medium::Sms => BroadcastMedium::Sms,
                Medium::Email | Medium::Chat | Medium::InApp => BroadcastMedium::Email,
            },
            purpose,
            connection: broadcast.connection,
            audience: match broadcast.audience {
                Audience::Everybody => AudienceOut::Everybody,
                Audience::Segment {
                    id: segment, name, ..
                } => AudienceOut::Segment { segment, name },
                Audience::UpcomingBooking => AudienceOut::UpcomingBooking,
                Audience::Customers { of: customers } => AudienceOut::Customers { customers },
            },
            subject,
            text,
            template,
            values,
            per_minute: broadcast.per_minute,
            send_at: broadcast.send_at,
            created_at: broadcast.created_at,
            created_by: broadcast.created_by,
            state,
            since,
            counted: FiguresOut::new(&broadcast.counted, settings),
            sent: FiguresOut::new(&broadcast.sent, settings),
            hindrance: hindrance.filter(|_| waits).map(Hindrance::from),
        }
    }
}

impl FiguresOut {
    fn new(figures: &Figures, settings: &Settings) -> Self {
        let tier = settings.chosen_tier().filter(|tier| tier.segments > 0);
        let cost = tier.map(|tier| {
            let cents = u128::from(tier.price_cents) * u128::from(figures.segments);
            u64::try_from(cents.div_ceil(u128::from(tier.segments))).unwrap_or(u64::MAX)
        });
        Self {
            recipients: figures.recipients(),
            receive: figures.receive,
            refused: figures
                .refused
                .iter()
                .map(|(code, count)| RefusedOut {
                    code: code.clone(),
                    count: *count,
                })
                .collect(),
            segments: figures.segments,
            cost_cents: cost,
        }
    }
}
