//! Every key of the table is built here, and nowhere else.
//!
//! The workspace comes first in every partition that holds a workspace's data. The one exception
//! are the entrances: a key hash and a connection id are what the workspace is learned *from*.

use chrono::{DateTime, NaiveDate, Utc};
use domain::contact::Reference;
use domain::ids::{
    AuditId, BroadcastId, ConnectionId, ConversationId, CustomerId, KeyId, MessageId,
    NotificationId, ReceiptId, RuleId, SegmentId, WorkspaceId,
};
use domain::sms::tier::Month;
use mail::TemplateKind;
use sha2::{Digest, Sha256};

/// Into how many partitions the index of due conversations is spread.
pub(crate) const DUE_SHARDS: u8 = 8;

pub(crate) const HEAD: &str = "HEAD";
pub(crate) const CUSTOMER: &str = "CUSTOMER";
pub(crate) const SETTINGS: &str = "SETTINGS";
pub(crate) const SUPPRESSION_KEY: &str = "SUPPRESSION";
pub(crate) const ACCOUNT: &str = "ACCOUNT";
pub(crate) const ENTRY: &str = "ENTRY";

pub(crate) fn workspace(ws: WorkspaceId) -> String {
    format!("W#{ws}")
}

pub(crate) fn api_keys(ws: WorkspaceId) -> String {
    format!("W#{ws}#KEYS")
}

pub(crate) fn days(ws: WorkspaceId) -> String {
    format!("W#{ws}#DAYS")
}

pub(crate) fn idempotency(ws: WorkspaceId) -> String {
    format!("W#{ws}#IDEM")
}

pub(crate) fn gone(ws: WorkspaceId) -> String {
    format!("W#{ws}#GONE")
}

pub(crate) fn audit(ws: WorkspaceId) -> String {
    format!("W#{ws}#AUDIT")
}

pub(crate) fn audit_entry(at: DateTime<Utc>, id: AuditId) -> String {
    format!("L#{}#{id}", millis(at))
}

pub(crate) fn notifications(ws: WorkspaceId) -> String {
    format!("W#{ws}#NOTES")
}

pub(crate) const NOTIFICATION: &str = "N#";

/// Ids sort by time.
pub(crate) fn notification(id: NotificationId) -> String {
    format!("{NOTIFICATION}{id}")
}

pub(crate) fn mail(ws: WorkspaceId) -> String {
    format!("W#{ws}#MAIL")
}

pub(crate) const MAIL_KIND: &str = "KIND#";
pub(crate) const MAIL_LAYOUT: &str = "LAYOUT";

pub(crate) fn mail_template(kind: TemplateKind) -> String {
    format!("{MAIL_KIND}{kind}")
}

pub(crate) fn segments(ws: WorkspaceId) -> String {
    format!("W#{ws}#SEGMENTS")
}

pub(crate) const SEGMENT: &str = "SEG#";

pub(crate) fn segment(id: SegmentId) -> String {
    format!("{SEGMENT}{id}")
}

/// In which order the holder of this key sees them.
pub(crate) fn segment_order(key: KeyId) -> String {
    format!("ORDER#{key}")
}

/// Apart from the refusals, whose keys are hashes alone.
pub(crate) fn suppressed_address(hash: &str) -> String {
    format!("ADDRESS#{hash}")
}

pub(crate) fn suppressed(ws: WorkspaceId) -> String {
    format!("W#{ws}#SUPPRESSED")
}

pub(crate) fn erasures(ws: WorkspaceId) -> String {
    format!("W#{ws}#ERASING")
}

/// From a conversation to one that goes on as it.
pub(crate) fn pointer(from: ConversationId) -> String {
    format!("P#{from}")
}

pub(crate) fn raw_events(ws: WorkspaceId) -> String {
    format!("W#{ws}#RAW")
}

/// Rules whose change has not reached the conversations.
pub(crate) fn changed(ws: WorkspaceId) -> String {
    format!("W#{ws}#CHANGED")
}

pub(crate) fn customer(ws: WorkspaceId, id: CustomerId) -> String {
    format!("W#{ws}#C#{id}")
}

pub(crate) const APPOINTMENT: &str = "APPT#";

/// By the business's own id, hashed: keys stand in logs and metrics of the table.
pub(crate) fn appointment(reference: &Reference) -> String {
    format!("{APPOINTMENT}{}", short_hash(reference.reveal()))
}

/// What a customer said about messages, in its order.
pub(crate) const CONSENT: &str = "CONSENT#";

pub(crate) fn consent(number: u64) -> String {
    format!("{CONSENT}{number:010}")
}

/// Of the index of customers.
pub(crate) fn customers(ws: WorkspaceId) -> String {
    format!("W#{ws}#CUSTOMERS")
}

/// In the index of customers: by name, then by id.
pub(crate) fn customer_by_name(name: &str, id: CustomerId) -> String {
    format!("{name}#{id}")
}

/// Who has this address, or this reference. Hashed: keys stand in logs and metrics of the table.
pub(crate) fn known_as(ws: WorkspaceId, kind: &str, value: &str) -> String {
    format!("W#{ws}#WHO#{}", short_hash(&format!("{kind}:{value}")))
}

pub(crate) fn conversation(ws: WorkspaceId, id: ConversationId) -> String {
    format!("W#{ws}#V#{id}")
}

pub(crate) fn rule(id: RuleId) -> String {
    format!("RULE#{id}")
}

pub(crate) fn connection(id: ConnectionId) -> String {
    format!("CON#{id}")
}

pub(crate) fn gone_connection(id: ConnectionId) -> String {
    format!("GONE#{id}")
}

pub(crate) fn template(connection: ConnectionId, name: &str, language: &str) -> String {
    format!("TPL#{connection}#{name}#{language}")
}

pub(crate) fn api_key(id: KeyId) -> String {
    format!("KEY#{id}")
}

pub(crate) fn day(date: NaiveDate) -> String {
    format!("DAY#{date}")
}

/// Below the days: a call counts for a month.
pub(crate) fn call(id: &str) -> String {
    format!("CALL#{id}")
}

pub(crate) fn month(month: Month) -> String {
    format!("MONTH#{month}")
}

pub(crate) fn message(at: DateTime<Utc>, id: MessageId) -> String {
    format!("M#{}#{id}", millis(at))
}

/// That a message came in, whenever that was.
pub(crate) fn delivery(id: MessageId) -> String {
    format!("D#{id}")
}

pub(crate) fn attempt(id: MessageId, attempt: u32) -> String {
    format!("A#{id}#{attempt:04}")
}

/// The version orders what was decided within one millisecond.
pub(crate) fn receipt(at: DateTime<Utc>, version: u64, id: ReceiptId) -> String {
    format!("R#{}#{version:010}#{id}", millis(at))
}

pub(crate) fn raw_event(at: DateTime<Utc>, dedup: &str) -> String {
    format!("E#{}#{}", millis(at), short_hash(dedup))
}

pub(crate) fn key_entrance(hash: &str) -> String {
    format!("ENTRY#KEY#{hash}")
}

pub(crate) fn connection_entrance(id: ConnectionId) -> String {
    format!("ENTRY#CON#{id}")
}

pub(crate) fn link_entrance(hash: &str) -> String {
    format!("ENTRY#LINK#{hash}")
}

/// What leads to a customer, beside them.
pub(crate) const LINK: &str = "LINK#";

pub(crate) fn link(hash: &str) -> String {
    format!("{LINK}{hash}")
}

/// How often a link was followed, beside the customer.
pub(crate) const CLICK: &str = "CLICK#";

pub(crate) fn click(hash: &str) -> String {
    format!("{CLICK}{hash}")
}

pub(crate) fn inbox(ws: WorkspaceId) -> String {
    format!("W#{ws}#INBOX")
}

pub(crate) fn unread(ws: WorkspaceId) -> String {
    format!("W#{ws}#UNREAD")
}

pub(crate) fn waiting(ws: WorkspaceId) -> String {
    format!("W#{ws}#WAITING")
}

pub(crate) fn pending(ws: WorkspaceId) -> String {
    format!("W#{ws}#PENDING")
}

pub(crate) fn sent(ws: WorkspaceId, category: &str) -> String {
    format!("W#{ws}#SENT#{category}")
}

/// Of the index of what is overdue: changed rules. Few, so one partition will do.
pub(crate) const CHANGED_RULES: &str = "CHANGED";

pub(crate) fn at_rule(at: DateTime<Utc>, id: RuleId) -> String {
    format!("{}#{id}", millis(at))
}

/// Of the index of what is overdue: customers whose appointments changed. Planned at once, so few are
/// there at any time.
pub(crate) const UNPLANNED: &str = "UNPLANNED";

/// The workspace and customer that a customer's partition names.
pub(crate) fn parse_customer(pk: &str) -> Option<(WorkspaceId, CustomerId)> {
    let (ws, id) = pk.strip_prefix("W#")?.split_once("#C#")?;
    Some((WorkspaceId::parse(ws).ok()?, CustomerId::parse(id).ok()?))
}

pub(crate) fn broadcasts(ws: WorkspaceId) -> String {
    format!("W#{ws}#BROADCASTS")
}

pub(crate) const BROADCAST: &str = "B#";

/// Ids sort by time.
pub(crate) fn broadcast(id: BroadcastId) -> String {
    format!("{BROADCAST}{id}")
}

/// What became of a broadcast for a customer, beside them.
pub(crate) const FATE: &str = "FATE#";

pub(crate) fn fate(id: BroadcastId) -> String {
    format!("{FATE}{id}")
}

/// Of the index of what is overdue: broadcasts with a page to be looked at.
pub(crate) const RUNNING_BROADCASTS: &str = "BROADCASTS";

pub(crate) fn at_broadcast(at: DateTime<Utc>, id: BroadcastId) -> String {
    format!("{}#{id}", millis(at))
}

/// The workspace and broadcast that the key of a broadcast names.
pub(crate) fn parse_broadcast(pk: &str, sk: &str) -> Option<(WorkspaceId, BroadcastId)> {
    let ws = pk.strip_prefix("W#")?.strip_suffix("#BROADCASTS")?;
    let id = sk.strip_prefix(BROADCAST)?;
    Some((WorkspaceId::parse(ws).ok()?, BroadcastId::parse(id).ok()?))
}

/// Of the index of what is overdue: accounts to be looked at.
pub(crate) const ACCOUNTS: &str = "ACCOUNTS";

pub(crate) fn at_workspace(at: DateTime<Utc>, id: WorkspaceId) -> String {
    format!("{}#{id}", millis(at))
}

/// The workspace that its own partition names.
pub(crate) fn parse_workspace(pk: &str) -> Option<WorkspaceId> {
    WorkspaceId::parse(pk.strip_prefix("W#")?).ok()
}

pub(crate) const ERASURES: &str = "ERASING";

pub(crate) fn at_customer(at: DateTime<Utc>, id: CustomerId) -> String {
    format!("{}#{id}", millis(at))
}

/// The workspace and person that the key of an erasure names.
pub(crate) fn parse_erasure(pk: &str, sk: &str) -> Option<(WorkspaceId, CustomerId)> {
    let ws = pk.strip_prefix("W#")?.strip_suffix("#ERASING")?;
    Some((WorkspaceId::parse(ws).ok()?, CustomerId::parse(sk).ok()?))
}

/// The workspace and rule that the key of a changed rule names.
pub(crate) fn parse_changed(pk: &str, sk: &str) -> Option<(WorkspaceId, RuleId)> {
    let ws = pk.strip_prefix("W#")?.strip_suffix("#CHANGED")?;
    Some((
        WorkspaceId::parse(ws).ok()?,
        RuleId::parse(sk.strip_prefix("RULE#")?).ok()?,
    ))
}

pub(crate) fn due_shard(shard: u8) -> String {
    format!("DUE#{shard}")
}

pub(crate) fn due_shard_of(id: ConversationId) -> String {
    let byte = Sha256::digest(id.to_string().as_bytes())[0];
    due_shard(byte % DUE_SHARDS)
}

/// Time first, so that a range of sort keys is a range of time.
pub(crate) fn at_conversation(at: DateTime<Utc>, id: ConversationId) -> String {
    format!("{}#{id}", millis(at))
}

pub(crate) fn at_message(
    at: DateTime<Utc>,
    conversation: ConversationId,
    message: MessageId,
) -> String {
    format!("{}#{conversation}#{message}", millis(at))
}

/// Thirteen digits sort as text until the year 2286; nothing before 1970 happens here.
pub(crate) fn millis(at: DateTime<Utc>) -> String {
    format!("{:013}", at.timestamp_millis().max(0))
}

/// The workspace and conversation that a conversation's partition key names.
pub(crate) fn parse_conversation(pk: &str) -> Option<(WorkspaceId, ConversationId)> {
    let mut parts = pk.split('#');
    match (
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
    ) {
        (Some("W"), Some(ws), Some("V"), Some(id), None) => Some((
            WorkspaceId::parse(ws).ok()?,
            ConversationId::parse(id).ok()?,
        )),
        _ => None,
    }
}

fn short_hash(text: &str) -> String {
    Sha256::digest(text.as_bytes())[..12]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
