//! Domain types as the OpenAPI document shows them. `domain` knows nothing of HTTP, so what it
//! serialises is described here; tests hold the two against each other.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

macro_rules! ids {
    ($($name:ident, $prefix:literal, $what:literal;)*) => {$(
        #[doc = $what]
        pub(crate) struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .pattern(Some(concat!("^", $prefix, "[0-9a-f]{32}$")))
                    .description(Some($what))
                    .into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }
        }
    )*};
}

ids! {
    AuditId, "aud_", "Id of an entry of the audit log.";
    BroadcastId, "brd_", "Id of a broadcast.";
    ConnectionId, "con_", "Id of a connection.";
    ConversationId, "cnv_", "Id of a conversation.";
    CustomerId, "cus_", "Id of a customer.";
    KeyId, "key_", "Id of an API key.";
    MessageId, "msg_", "Id of a message.";
    NotificationId, "ntf_", "Id of a notification.";
    ReceiptId, "rcp_", "Id of a receipt.";
    RuleId, "rul_", "Id of a rule.";
    SegmentId, "seg_", "Id of a segment.";
    RunId, "run_", "Id of a pending follow-up.";
}

// A word that `domain` has and this list has not does not compile.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident = $domain:ty {
        $($(#[$attribute:meta])* $variant:ident),* $(,)?
    })*) => {$(
        $(#[$doc])*
        #[derive(Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub(crate) enum $name { $($(#[$attribute])* $variant),* }

        const _: fn(&$domain) = |word| match word { $(<$domain>::$variant => ()),* };
    )*};
}

words! {
    /// A platform that carries messages.
    Channel = domain::channel::Channel {
        #[serde(rename = "whatsapp")]
        WhatsApp,
        Instagram,
        Messenger,
        Telegram,
        Sms,
        Email,
        Loopback,
    }
    /// A label colour.
    Colour = domain::rule::Colour { Blue, Green, Yellow, Orange, Red, Purple, Pink, Grey }
    /// How an appointment stands.
    AppointmentStatus = domain::rebooking::Status { Booked, Completed, Cancelled, NoShow }
    /// Which consent a message needs.
    Purpose = domain::rule::Purpose { Transactional, Marketing }
    /// What to do when the outcome of a send stays unknown.
    OnUnknown = domain::rule::OnUnknown { Skip, Resend }
    /// What a key may do; each role may do all that the ones before it may.
    Role = store::Role { Viewer, Agent, Editor, Admin, Owner }
    /// What kind of thing changed.
    Resource = store::Resource {
        Settings, Account, Key, Connection, Template, Rule, Conversation, Customer, Segment, Broadcast, MailTemplate, MailLayout,
    }
    /// A language.
    Locale = domain::settings::Locale { De, En }
    /// Where the usual rhythm of a category comes from.
    PatternSource = domain::rebooking::PatternSource { Measured, TradePress, Owner }
    /// The day of a rebooking reminder.
    DayChoice = domain::rebooking::DayChoice {
        OneDayAfter, TwoDaysAfter, ThreeDaysAfter, Predicted,
    }
    /// What a reply does to a message that waits for its time.
    OnReply = domain::conversation::OnReply { Cancel, Hold, Keep }
    /// What an address is used for.
    ContactKind = domain::contact::ContactKind { Work, Private, Newsletter, Mobile, Other }
    /// Where a message stands.
    Status = domain::message::Status {
        Received, Planned, Sending, Unknown, Accepted, Sent, Delivered, Read, Failed, Skipped,
    }
    /// The categories of the sent log.
    Category = domain::message::Category { Transactional, Sequence, Manual }
    /// A gate that was looked at.
    GateName = domain::receipt::GateName {
        Conversation, Thread, Rule, Channel, Connection, RateLimit, Pace, Answered, Reply, Applies, Stop, Episode, Priority,
        Consent, Reachable, FrequencyCap, QuietHours, Window, Template, DailyLimit, Text,
        Person, Due, Visit, TimeOfDay, Address, Suppression, StopWord, Segments, Account,
    }
    /// A point of the check list.
    CheckItem = domain::review::CheckItem { Channels, Name, Delay, Description, Stop, Message, Template, Cost }
    /// What a transactional e-mail is for.
    MailTemplateKind = mail::TemplateKind {
        BookingConfirmation, BookingCancelled, ClassCancelled, ClassChanged, ClassReminder,
        AppointmentConfirmation, AppointmentCancelled, AppointmentChanged, AppointmentReminder,
        WaitingListJoined, WaitingListPlace, WaitingListBooked, Receipt, Refund, PackageExpiring,
        WaiverRequest, WaiverUpdated, SubscriptionConfirmation, StaffBooking, StaffCancellation,
        OwnerSmsSpent,
    }
    /// Who receives it.
    Audience = mail::Audience { Customer, Staff, Owner }
    /// A class of messages that can be refused by itself.
    ConsentClass = domain::consent::Class {
        EmailMarketing, EmailTransactional, SmsMarketing, SmsTransactional, ChatMarketing,
        ChatTransactional,
    }
    /// How a class of messages stands.
    ConsentState = domain::segment::Standing { Unsaid, Pending, Granted, Refused }
    /// Where a block stands.
    Align = mail::Align { Left, Center, Right }
    /// A kind of media.
    MediaKind = domain::content::MediaKind { Image, Video, Audio, Document, Sticker }
}

/// The business's own id of a thing: 1 to 128 characters, no white space.
#[derive(Serialize, Deserialize, ToSchema)]
#[schema(min_length = 1, max_length = 128, pattern = r"^\S+$")]
pub(crate) struct Reference(String);

/// What a message says. The other members depend on `type`.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct Content {
    /// `text`, `email`, `media`, `template`, `location`, `contacts`, `call`, `reply`, `form`, `reaction`, `order`,
    /// `share` or `unsupported`.
    r#type: String,
}

/// A decision. The other members depend on `verdict`.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct Verdict {
    /// `will_assess`, `planned`, `held`, `sending`, `accepted`, `unknown`, `failed`, `skipped`,
    /// `cancelled`, `suspended`, `counts_anew`, `nothing` or `joined`.
    verdict: String,
}

/// Why. The other members depend on `code`.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct Reason {
    /// Stable, for programs: `customer_replied`.
    code: String,
}

/// The value of a field of the business's own.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum FieldValue {
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Number(i64),
    /// Anything else; at most 500 characters.
    Text(String),
}

/// The value of a template's header.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Header {
    /// A text header with one variable.
    Text {
        /// The parameter's name, for templates with named parameters.
        name: Option<String>,
        /// Its value.
        text: String,
    },
    /// A picture, film or document.
    Media {
        /// What kind.
        #[schema(value_type = MediaKind)]
        kind: String,
        /// The platform's id.
        id: Option<String>,
        /// A public address.
        link: Option<String>,
        /// The text under it.
        caption: Option<String>,
        /// The name of the file.
        filename: Option<String>,
        /// Its type.
        mime: Option<String>,
    },
    /// A place.
    Location {
        /// North is positive.
        #[schema(minimum = -180, maximum = 180)]
        latitude: f64,
        /// East is positive.
        #[schema(minimum = -180, maximum = 180)]
        longitude: f64,
        /// What it is called.
        name: Option<String>,
        /// Its address.
        address: Option<String>,
    },
}

/// The value of a template's button.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Button {
    /// The end of the button's address.
    Url {
        /// Which button, from 0.
        index: u8,
        /// Appended to the address.
        suffix: String,
    },
    /// What comes back when the customer taps.
    QuickReply {
        /// Which button, from 0.
        index: u8,
        /// Our own string.
        payload: String,
    },
    /// The code that the customer copies.
    CopyCode {
        /// Which button, from 0.
        index: u8,
        /// The code.
        code: String,
    },
}

/// A value of a template's body: by its place, or by its name.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Parameter {
    /// By its place.
    Positional(String),
    /// By its name.
    Named {
        /// The parameter's name.
        name: String,
        /// Its value.
        text: String,
    },
}

/// An e-mail template, by language.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct MailVersions {
    /// In German.
    de: Option<MailVersion>,
    /// In English.
    en: Option<MailVersion>,
}

/// What is said about a refund, by what had paid.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct RefundTexts {
    /// A visit of a package.
    package: Option<RefundText>,
    /// Money on the customer's account.
    account_money: Option<RefundText>,
    /// Cash.
    cash: Option<RefundText>,
    /// A card.
    card: Option<RefundText>,
    /// A membership.
    membership: Option<RefundText>,
    /// Nothing: it was free.
    free: Option<RefundText>,
    /// Anything else.
    other: Option<RefundText>,
}

/// A text by language.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct RefundText {
    /// In German.
    #[schema(max_length = 500)]
    de: Option<String>,
    /// In English.
    #[schema(max_length = 500)]
    en: Option<String>,
}

/// An e-mail template in one language.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct MailVersion {
    /// One line; may hold variables.
    #[schema(min_length = 1, max_length = 200)]
    subject: String,
    body: MailBody,
}

/// What an e-mail says; may hold variables.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(tag = "format", rename_all = "snake_case")]
pub(crate) enum MailBody {
    /// Plain text; the HTML part is made from it.
    Text {
        /// Paragraphs, separated by empty lines.
        #[schema(min_length = 1, max_length = 20000)]
        text: String,
    },
    /// Blocks; both parts are made from them.
    Blocks {
        /// From top to bottom, at most 100 with those in columns.
        #[schema(min_items = 1, max_items = 100)]
        blocks: Vec<MailBlock>,
    },
    /// HTML written by hand, with its text part.
    Html {
        /// A small subset of HTML: what stands in the body, without head and footer.
        html: String,
        /// The same in plain text.
        #[schema(min_length = 1, max_length = 20000)]
        text: String,
    },
}

/// A block.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum MailBlock {
    /// A heading.
    Heading {
        /// 1 is the largest.
        #[schema(minimum = 1, maximum = 3)]
        level: u8,
        /// Its words.
        #[schema(min_length = 1, max_length = 300)]
        text: String,
        /// `left` unless given.
        align: Option<Align>,
    },
    /// Paragraphs, separated by empty lines.
    Text {
        /// Words of one look each; put together they are the text.
        runs: Vec<MailRun>,
        /// `left` unless given.
        align: Option<Align>,
    },
    /// A picture.
    Image {
        /// Where it lies: https.
        source: String,
        /// What it shows, for those who do not see it.
        #[schema(min_length = 1, max_length = 300)]
        alt: String,
        /// In pixels; 600 unless given.
        #[schema(minimum = 1, maximum = 600)]
        width: Option<u16>,
        /// Where a tap leads.
        link: Option<String>,
        /// `left` unless given.
        align: Option<Align>,
    },
    /// A link that looks like a button. Left out where its link is a variable without a value.
    Button {
        /// Its words.
        #[schema(min_length = 1, max_length = 300)]
        label: String,
        /// Where it leads.
        link: String,
    },
    /// A line across.
    Divider {},
    /// Two or three columns beside each other; on a phone below each other. No columns in columns.
    Columns {
        /// What stands in each.
        #[schema(no_recursion, min_items = 2, max_items = 3)]
        columns: Vec<Vec<MailBlock>>,
    },
}

/// Words of one look.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct MailRun {
    /// The words; line breaks are kept.
    text: String,
    /// Set in bold.
    bold: Option<bool>,
    /// Set in italics.
    italic: Option<bool>,
    /// Where a tap leads.
    link: Option<String>,
}

/// Whom a segment holds: one condition, which may hold others.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(crate) enum SegmentFilter {
    /// All of these hold.
    All {
        /// Which.
        #[schema(no_recursion, min_items = 1)]
        of: Vec<SegmentFilter>,
    },
    /// At least one of these holds.
    Any {
        /// Which.
        #[schema(no_recursion, min_items = 1)]
        of: Vec<SegmentFilter>,
    },
    /// This does not hold.
    Not {
        /// What.
        #[schema(no_recursion)]
        of: Box<SegmentFilter>,
    },
    /// Has the tag.
    Tagged {
        /// Which.
        tag: String,
    },
    /// Comes to the location.
    AtLocation {
        /// Which.
        location: String,
    },
    /// Is taken care of by this person.
    Responsible {
        /// Whom.
        #[schema(min_length = 1, max_length = 200)]
        name: String,
    },
    /// Is known to want the language.
    Language {
        /// Which.
        locale: Locale,
    },
    /// Can be reached there.
    Reachable {
        /// `email`, `sms` or a channel.
        on: String,
    },
    /// One of the business's own fields.
    Field {
        /// Its name.
        name: String,
        /// What it must be.
        test: SegmentFieldTest,
    },
    /// Was first heard of at most so many days ago.
    NewWithin {
        /// How many.
        #[schema(minimum = 1, maximum = 3650)]
        days: u32,
    },
    /// What was said about a class of messages.
    Consent {
        /// Which.
        class: ConsentClass,
        /// What.
        state: ConsentState,
    },
    /// At least so many appointments.
    Appointments {
        /// Of what sort, when, how many.
        test: SegmentAppointmentTest,
    },
    /// The last completed visit was at least so many days ago. Not for those who never came.
    LastVisitBefore {
        /// How many.
        #[schema(minimum = 1, maximum = 3650)]
        days: u32,
    },
    /// Something was noted about them in the last days.
    Activity {
        /// What.
        kind: String,
        /// How many days.
        #[schema(minimum = 1, maximum = 3650)]
        days: u32,
    },
    /// Wrote to us in the last days.
    WroteWithin {
        /// How many.
        #[schema(minimum = 1, maximum = 3650)]
        days: u32,
    },
    /// Has a conversation that nobody has read.
    Unread,
    /// Waits for an answer of a person.
    Waiting,
}

/// What a field must be. A field that is not filled in fails every test but `missing`.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(tag = "test", rename_all = "snake_case")]
pub(crate) enum SegmentFieldTest {
    /// Not filled in.
    Missing,
    /// This value; texts are compared without case.
    Equals {
        /// Which.
        value: FieldValue,
    },
    /// A text with this in it, without case.
    Contains {
        /// What.
        #[schema(min_length = 1, max_length = 200)]
        text: String,
    },
    /// A number, the smallest.
    AtLeast {
        /// Which.
        number: i64,
    },
    /// A number, the largest.
    AtMost {
        /// Which.
        number: i64,
    },
    /// A day, the first.
    OnOrAfter {
        /// Which.
        date: chrono::NaiveDate,
    },
    /// A day, the last.
    OnOrBefore {
        /// Which.
        date: chrono::NaiveDate,
    },
    /// A day whose anniversary is today or in the next days: birthdays.
    AnniversaryWithin {
        /// How many days ahead; 0: today.
        #[schema(maximum = 365)]
        days: u32,
    },
}

/// Appointments in a span that ends or begins now.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct SegmentAppointmentTest {
    /// In which state.
    status: AppointmentStatus,
    /// In the next days (booked ones) or the last days (all others); `null`: at any time.
    #[schema(minimum = 1, maximum = 3650)]
    days: Option<u32>,
    /// Only of this category.
    category: Option<String>,
    /// How many at least.
    #[schema(minimum = 1)]
    at_least: u32,
}
