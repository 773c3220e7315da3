//! Typed ids: a prefix that names the noun, then a UUID as 32 hex digits.
//!
//! New ids are UUID v7, built from a given time and given random bytes, so they sort by time and
//! are the same in every replay. Ids that must be found again without a look-up are derived from
//! what identifies the thing ([`ConversationId::derive`], [`MessageId::derive`]).

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

/// Why a text is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an id here starts with `{prefix}` and goes on with 32 hexadecimal digits")]
pub struct IdError {
    prefix: &'static str,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl $name {
            /// What every id of this kind starts with.
            pub const PREFIX: &'static str = $prefix;

            /// A new id that sorts by `now`.
            #[must_use]
            pub fn new(now: DateTime<Utc>, random: [u8; 10]) -> Self {
                let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
                Self(Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
            }

            /// The id that these parts always lead to.
            #[must_use]
            pub fn derive(parts: &[&str]) -> Self {
                Self(derived(Self::PREFIX, parts))
            }

            /// Reads the text form.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                text.strip_prefix(Self::PREFIX)
                    .filter(|hex| hex.len() == 32 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
                    .and_then(|hex| Uuid::try_parse(hex).ok())
                    .map(Self)
                    .ok_or(IdError { prefix: Self::PREFIX })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", Self::PREFIX, self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::parse(text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

id!(
    /// The owner's account: first element of every key.
    WorkspaceId,
    "ws_"
);
id!(
    /// One account on one channel: a WhatsApp number, a page, a bot, the loopback channel.
    ConnectionId,
    "con_"
);
id!(
    /// One customer on one connection.
    ConversationId,
    "cnv_"
);
id!(
    /// A person, on whichever channels they write.
    CustomerId,
    "cus_"
);
id!(
    /// One message, in or out.
    MessageId,
    "msg_"
);
id!(
    /// A follow-up rule.
    RuleId,
    "rul_"
);
id!(
    /// One pending or running application of a rule to a conversation.
    RunId,
    "run_"
);
id!(
    /// A stored explanation of a decision.
    ReceiptId,
    "rcp_"
);
id!(
    /// A saved filter over customers.
    SegmentId,
    "seg_"
);
id!(
    /// A message to many.
    BroadcastId,
    "brd_"
);
id!(
    /// An API key.
    KeyId,
    "key_"
);
id!(
    /// An entry of the audit log.
    AuditId,
    "aud_"
);
id!(
    /// Something that a person should look at.
    NotificationId,
    "ntf_"
);

/// SHA-256 over the length-prefixed parts, so that no two lists of parts collide by shifting.
fn derived(prefix: &str, parts: &[&str]) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(prefix.as_bytes());
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_text_form_and_refuses_other_prefixes() {
        let id = RuleId::derive(&["a", "b"]);
        assert_eq!(RuleId::parse(&id.to_string()), Ok(id));
        assert!(RunId::parse(&id.to_string()).is_err());
        assert!(RuleId::parse("rul_").is_err());
        assert!(RuleId::parse("rul_ZZ").is_err());
    }

    #[test]
    fn parts_do_not_collide_by_shifting() {
        assert_ne!(RuleId::derive(&["ab", "c"]), RuleId::derive(&["a", "bc"]));
    }

    #[test]
    fn new_ids_sort_by_time() {
        let early = DateTime::from_timestamp(1_000, 0).unwrap();
        let late = DateTime::from_timestamp(2_000, 0).unwrap();
        assert!(MessageId::new(early, [255; 10]) < MessageId::new(late, [0; 10]));
    }
}
