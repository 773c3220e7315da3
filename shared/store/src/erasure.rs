//! Everything that is stored about one person: read as a whole, and erased as a whole.
//!
//! An erasure is noted first and carried out in steps that may each be repeated, so that one which
//! was interrupted goes on where it was. The note holds what has to be looked for and is the last
//! thing to go.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use domain::channel::{Channel, ChannelUser};
use domain::conversation::Conversation;
use domain::cursor;
use domain::customer::Customer;
use domain::ids::{ConversationId, CustomerId, WorkspaceId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::customer::known_as;
use crate::items::{self, ErasureItem, Item, text};
use crate::lists::Page;
use crate::suppression::suppressed_item;
use crate::writes::{Meaning, Writes};
use crate::{Check, Committed, Store, StoreError, keys};

/// Where raw events of no conversation stand in an export.
const RAW: &str = "RAW";
/// A transaction has at most a hundred actions.
const PER_DELETION: i32 = 50;
const PER_WRITE: usize = 50;

/// What has to be erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// Whose customer.
    pub workspace: WorkspaceId,
    /// The person.
    pub customer: CustomerId,
    /// The same person under ids that they were known by before.
    pub earlier: Vec<CustomerId>,
    /// Every conversation with them.
    pub conversations: Vec<ConversationId>,
    /// Every id of theirs on a channel.
    pub users: Vec<(Channel, ChannelUser)>,
    /// The ids that their other addresses would be.
    #[serde(default)]
    pub addresses: Vec<(Channel, ChannelUser)>,
    /// When it was asked for.
    pub started_at: DateTime<Utc>,
    /// How far what mentions them was looked through.
    #[serde(default)]
    pub looked_to: Option<String>,
}

/// One item about a person, as it is stored.
#[derive(Debug, Clone)]
pub struct StoredRecord {
    /// `conversation`, `message`, `attempt`, `receipt`, `event`, `delivery`, `pointer`,
    /// `appointment`, `consent`, `link`, `click` or `broadcast`.
    pub kind: &'static str,
    /// The conversation; `None`: an event that belongs to none.
    pub conversation: Option<ConversationId>,
    /// The item.
    pub data: Value,
}

impl Store {
    /// The conversations that led to this one under earlier ids of the same person.
    pub async fn pointers(
        &self,
        ws: WorkspaceId,
        id: ConversationId,
    ) -> Result<Vec<ConversationId>, StoreError> {
        let pk = keys::conversation(ws, id);
        let (found, _) = self.some_of(pk, Some("P#"), None, 1000).await?;
        let ids = found.iter().filter_map(|item| {
            let id = items::text_of(item, "sk")?.strip_prefix("P#")?;
            ConversationId::parse(id).ok()
        });
        Ok(ids.collect())
    }

    /// What is stored about a person, of whom these traces are known; one query a page.
    pub async fn stored_records(
        &self,
        traces: &Erasure,
        page: Option<&str>,
    ) -> Result<Page<StoredRecord>, StoreError> {
        let ws = traces.workspace;
        let conversations = &traces.conversations;
        let people = traces.people().map(|id| id.to_string());
        let mut sources: Vec<String> = conversations.iter().map(ToString::to_string).collect();
        sources.extend(people.chain([RAW.to_owned()]));
        let (source, after) = match page {
            None => (sources[0].clone(), None),
            Some(cursor) => {
                let key = cursor::decode(cursor).ok_or(StoreError::BadCursor)?;
                let (source, after) = key.split_once('|').ok_or(StoreError::BadCursor)?;
                let after = (!after.is_empty()).then(|| after.to_owned());
                (source.to_owned(), after)
            }
        };
        let place = sources.iter().position(|known| *known == source);
        let place = place.ok_or(StoreError::BadCursor)?;
        let conversation = conversations.get(place).copied();
        let pk = match (conversation, CustomerId::parse(&source)) {
            (Some(id), _) => keys::conversation(ws, id),
            (None, Ok(id)) => keys::customer(ws, id),
            (None, Err(_)) => keys::raw_events(ws),
        };
        let is_raw = source == RAW;
        let (found, last) = self.some_of(pk, None, after, 100).await?;
        let mut records = Vec::new();
        for item in found {
            if is_customer(&item) || is_raw && !mentions_any(&item, &traces.users)? {
                continue;
            }
            let kind = kind_of(items::text_of(&item, "sk").unwrap_or_default());
            records.push(StoredRecord {
                kind,
                conversation,
                data: items::body("a record", item)?,
            });
        }
        let next = match (last, sources.get(place + 1)) {
            (Some(sk), _) => Some(format!("{source}|{sk}")),
            (None, Some(next)) => Some(format!("{next}|")),
            (None, None) => None,
        };
        Ok(Page {
            items: records,
            next_cursor: next.map(|key| cursor::encode(&key)),
        })
    }

    /// Notes that the person is to be erased. `false` if the customer changed meanwhile.
    pub async fn begin_erasure(
        &self,
        erasure: &Erasure,
        customer: &Customer,
    ) -> Result<bool, StoreError> {
        let ws = erasure.workspace;
        let mut writes = Writes::new(&self.table);
        writes.put(note(erasure)?, None, Meaning::Plain)?;
        let unchanged = Check::CustomerUnchanged {
            customer: customer.id,
            version: customer.version,
        };
        writes.check(ws, &unchanged)?;
        Ok(writes.send(self).await? == Committed::Done)
    }

    /// Notes how far it has come, unless it has ended.
    pub async fn go_on_with_erasure(&self, erasure: &Erasure) -> Result<(), StoreError> {
        let mut writes = Writes::new(&self.table);
        let there = Some("attribute_exists(pk)");
        writes.put(note(erasure)?, there, Meaning::Plain)?;
        writes.send(self).await.map(|_: Committed| ())
    }

    /// The erasure that is under way.
    pub async fn erasure(
        &self,
        ws: WorkspaceId,
        customer: CustomerId,
    ) -> Result<Option<Erasure>, StoreError> {
        self.get_body("an erasure", keys::erasures(ws), &customer.to_string())
            .await
    }

    /// Erasures that began before this and have not come to their end, oldest first.
    pub async fn unfinished_erasures(
        &self,
        before: DateTime<Utc>,
        limit: u16,
    ) -> Result<Vec<(WorkspaceId, CustomerId)>, StoreError> {
        let found = self.overdue_in(keys::ERASURES, before, limit).await?;
        let of = |item: &Item| {
            keys::parse_erasure(items::text_of(item, "pk")?, items::text_of(item, "sk")?)
        };
        Ok(found.iter().filter_map(of).collect())
    }

    /// Takes the note away: nothing is left.
    pub async fn end_erasure(&self, erasure: &Erasure) -> Result<(), StoreError> {
        let mut writes = Writes::new(&self.table);
        let pk = keys::erasures(erasure.workspace);
        writes.delete(pk, erasure.customer.to_string())?;
        self.must_be_done(writes).await
    }

    /// Removes a customer, and before that keeps under these hashes what they had refused: those
    /// of their own ids, and those of addresses that others may have, too. `false`: they changed at this
    /// moment.
    pub async fn forget_customer(
        &self,
        customer: &Customer,
        (own, shared): (&[String], &[String]),
    ) -> Result<bool, StoreError> {
        let ws = customer.workspace;
        let refuses = customer.chat.refuses_anything();
        let hashes: Vec<_> = match refuses {
            true => own.iter().chain(shared).collect(),
            // They may have taken back what they refused before an earlier erasure.
            false => own.iter().collect(),
        };
        // Before the customer goes, and again if they say something else meanwhile.
        for some in hashes.chunks(PER_WRITE) {
            let mut writes = Writes::new(&self.table);
            for hash in some {
                if refuses {
                    let item = suppressed_item(ws, hash, &customer.chat)?;
                    writes.put(item, None, Meaning::Plain)?;
                } else {
                    writes.delete(keys::suppressed(ws), *hash)?;
                }
            }
            self.must_be_done(writes).await?;
        }
        let mut writes = Writes::new(&self.table);
        for known in known_as(customer) {
            writes.delete(known.pk(ws), known.sk(customer.id))?;
        }
        let pk = keys::customer(ws, customer.id);
        writes.delete_version(pk, keys::CUSTOMER, customer.version)?;
        Ok(writes.send(self).await? == Committed::Done)
    }

    /// Removes one page of a conversation, whatever it is. `false`: nothing was left.
    pub async fn delete_conversation_page(
        &self,
        ws: WorkspaceId,
        id: ConversationId,
    ) -> Result<bool, StoreError> {
        let pk = keys::conversation(ws, id);
        let (found, _) = self.some_of(pk, None, None, PER_DELETION).await?;
        self.delete_items(&found).await?;
        Ok(!found.is_empty())
    }

    /// Removes one page of what stands beside a customer, appointments, the ledger, and links with
    /// the ways in that they were. `false`: nothing was left.
    pub async fn delete_beside_customer_page(
        &self,
        ws: WorkspaceId,
        id: CustomerId,
    ) -> Result<bool, StoreError> {
        let pk = keys::customer(ws, id);
        let (mut found, _) = self.some_of(pk, None, None, PER_DELETION).await?;
        // Whoever came back meanwhile is forgotten in a write of their own.
        found.retain(|item| !is_customer(item));
        self.delete_items(&found).await?;
        Ok(!found.is_empty())
    }

    /// Removes what mentions the person outside their conversations: events of no conversation,
    /// answers kept for repetitions, notifications, and what the audit log says about the conversations.
    /// So many pages at the most; where it stopped, if there are more.
    pub async fn delete_mentions(
        &self,
        erasure: &Erasure,
        pages: u32,
    ) -> Result<Option<String>, StoreError> {
        let ws = erasure.workspace;
        let mut words: Vec<String> = erasure
            .conversations
            .iter()
            .map(ToString::to_string)
            .collect();
        words.extend(
            erasure
                .users
                .iter()
                .map(|(_, user)| user.reveal().to_owned()),
        );
        let ids: Vec<_> = erasure.people().map(|id| id.to_string()).collect();
        let any = |text: &str, words: &[String]| words.iter().any(|word| mentions(text, word));
        let looked_to = erasure.looked_to.as_deref();
        let (first, mut after) = match looked_to.and_then(|place| place.split_once('|')) {
            Some((partition, sk)) => (partition.parse().unwrap_or(0), Some(sk.to_owned())),
            None => (0, None),
        };
        let partitions = [
            keys::raw_events(ws),
            keys::idempotency(ws),
            keys::audit(ws),
            keys::notifications(ws),
        ];
        let mut read = 0;
        for (place, pk) in partitions.into_iter().enumerate().skip(first) {
            // The audit log keeps that somebody was changed and erased, but not what they said.
            let keeps_ids = pk == keys::audit(ws);
            loop {
                if let Some(sk) = after.as_ref().filter(|_| read >= pages) {
                    return Ok(Some(format!("{place}|{sk}")));
                }
                read += 1;
                let (found, last) = self.some_of(pk.clone(), None, after, PER_DELETION).await?;
                let mut doomed = Vec::new();
                for item in found {
                    let text = shown(&item);
                    let by_id = !keeps_ids || text.contains("record_consent");
                    if any(&text, &words) || by_id && any(&text, &ids) {
                        doomed.push(item);
                    }
                }
                self.delete_items(&doomed).await?;
                after = last;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(None)
    }

    async fn delete_items(&self, found: &[Item]) -> Result<(), StoreError> {
        let mut writes = Writes::new(&self.table);
        for item in found {
            let part = |name| items::text_of(item, name).unwrap_or_default().to_owned();
            if let Some(hash) = part("sk").strip_prefix(keys::LINK) {
                writes.delete(keys::link_entrance(hash), keys::ENTRY)?;
            }
            writes.delete(part("pk"), part("sk"))?;
        }
        self.must_be_done(writes).await
    }

    /// Nothing is checked, so only another write of this very moment can be in the way.
    async fn must_be_done(&self, writes: Writes<'_>) -> Result<(), StoreError> {
        match writes.send(self).await? {
            Committed::Done => Ok(()),
            _ => Err(StoreError::Unavailable {
                operation: "TransactWriteItems",
                code: "TransactionConflict".to_owned(),
                detail: "what is to be erased is being written at this moment".to_owned(),
            }),
        }
    }

    /// One query: items of a partition, and where it stopped.
    async fn some_of(
        &self,
        pk: String,
        prefix: Option<&str>,
        after: Option<String>,
        limit: i32,
    ) -> Result<(Vec<Item>, Option<String>), StoreError> {
        let mut condition = "pk = :pk".to_owned();
        let mut query = self.client.query().table_name(&self.table);
        if let Some(prefix) = prefix {
            condition.push_str(" AND begins_with(sk, :prefix)");
            query = query.expression_attribute_values(":prefix", text(prefix));
        }
        let start = after.map(|sk| items::key(pk.clone(), sk));
        let answer = query
            .key_condition_expression(condition)
            .expression_attribute_values(":pk", text(pk))
            .consistent_read(true)
            .limit(limit)
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(|error| StoreError::sdk("Query", error))?;
        let last = answer.last_evaluated_key.as_ref();
        let last = last
            .and_then(|key| items::text_of(key, "sk"))
            .map(str::to_owned);
        Ok((answer.items.unwrap_or_default(), last))
    }
}

impl Erasure {
    /// The person under every id they were known by, the present one last.
    pub fn people(&self) -> impl Iterator<Item = CustomerId> + '_ {
        self.earlier.iter().copied().chain([self.customer])
    }

    /// What is known of the person from these heads.
    #[must_use]
    pub fn of(customer: &Customer, heads: &[Conversation], now: DateTime<Utc>) -> Self {
        let mut users: Vec<_> = heads
            .iter()
            .flat_map(|head| head.users().map(|user| (head.channel, user.clone())))
            .collect();
        users.sort_by(|(_, one), (_, other)| one.cmp(other));
        users.dedup();
        let mut addresses = customer.profile.channel_ids();
        addresses.retain(|known| !users.contains(known));
        Self {
            workspace: customer.workspace,
            customer: customer.id,
            earlier: Vec::new(),
            conversations: heads.iter().map(|head| head.id).collect(),
            users,
            addresses,
            started_at: now,
            looked_to: None,
        }
    }
}

fn note(erasure: &Erasure) -> Result<Item, StoreError> {
    let item = ErasureItem {
        pk: keys::erasures(erasure.workspace),
        sk: erasure.customer.to_string(),
        overdue_pk: keys::ERASURES,
        overdue_sk: keys::at_customer(erasure.started_at, erasure.customer),
        body: erasure,
    };
    items::to_item("an erasure", item)
}

/// Whether it is the customer, who stands among what is theirs.
fn is_customer(item: &Item) -> bool {
    items::text_of(item, "sk") == Some(keys::CUSTOMER)
}

fn kind_of(sk: &str) -> &'static str {
    match sk.split('#').next() {
        Some("APPT") => "appointment",
        Some("CONSENT") => "consent",
        Some("LINK") => "link",
        Some("CLICK") => "click",
        Some("FATE") => "broadcast",
        Some("M") => "message",
        Some("A") => "attempt",
        Some("R") => "receipt",
        Some("P") => "pointer",
        Some("D") => "delivery",
        Some(keys::HEAD) => "conversation",
        _ => "event",
    }
}

fn mentions_any(item: &Item, users: &[(Channel, ChannelUser)]) -> Result<bool, StoreError> {
    let shown = shown(item);
    Ok(users
        .iter()
        .any(|(_, user)| mentions(&shown, user.reveal())))
}

/// Every text and number of the item.
fn shown(item: &HashMap<String, AttributeValue>) -> String {
    format!("{item:?}")
}

/// The word as a whole: `12` is not in `412`.
fn mentions(shown: &str, word: &str) -> bool {
    let outside = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    shown.match_indices(word).any(|(at, found)| {
        outside(shown[..at].chars().next_back())
            && outside(shown[at + found.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_as_a_whole_only() {
        for (shown, found) in [
            ("S(\"491511\")", true),
            ("{\\\"id\\\":491511}", true),
            ("4915112", false),
            ("x491511", false),
            ("4915112 491511", true),
            ("", false),
        ] {
            assert_eq!(mentions(shown, "491511"), found, "{shown}");
        }
    }
}
