//! How the parsers of all platforms put events together.

use chrono::{DateTime, TimeDelta, Utc};
use domain::channel::{Channel, ChannelUser};
use domain::content::Content;
use sha2::{Digest, Sha256};

use super::{InboundEvent, InboundKind, Profile};
use crate::node::{Node, Problem, kept};

/// What is known about an element before it is read.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) channel: Channel,
    pub(crate) account: Option<String>,
    pub(crate) business: Option<String>,
    pub(crate) received_at: DateTime<Utc>,
    pub(crate) standby: bool,
}

impl Draft {
    pub(crate) fn new(channel: Channel, received_at: DateTime<Utc>) -> Self {
        Self {
            channel,
            account: None,
            business: None,
            received_at,
            standby: false,
        }
    }

    /// An event; customer, aliases and profile are added by the parser.
    ///
    /// The platform's time is kept even where its clock runs ahead of ours: it is part of the key
    /// that a second delivery must find again. A day ahead is no clock, so then arrival wins.
    /// There was no platform before 1970, and keys in the order of time begin there.
    pub(crate) fn event(
        &self,
        at: Option<DateTime<Utc>>,
        dedup: String,
        kind: InboundKind,
    ) -> InboundEvent {
        InboundEvent {
            channel: self.channel,
            account: self.account.clone(),
            business: self.business.clone(),
            user: None,
            aliases: Vec::new(),
            profile: Profile::default(),
            at: at
                .filter(|at| *at < self.received_at + TimeDelta::days(1))
                .unwrap_or(self.received_at)
                .max(DateTime::UNIX_EPOCH),
            at_is_ours: at.is_none_or(|at| at > self.received_at),
            dedup,
            standby: self.standby,
            kind,
            raw: None,
        }
    }

    /// An element that could not be read, or that nobody knows.
    pub(crate) fn unknown(
        &self,
        node: &Node<'_>,
        kind: &str,
        problem: Option<Problem>,
    ) -> InboundEvent {
        let at = node.time("timestamp").or_else(|| node.time("date"));
        let unknown = InboundKind::Unknown {
            kind: kind.to_owned(),
            path: node.path().to_owned(),
            problem: problem.map(|Problem(text)| text),
        };
        self.event(at, fingerprint(node), unknown).with_raw(node)
    }
}

impl InboundEvent {
    pub(crate) fn by(mut self, user: Option<ChannelUser>) -> Self {
        self.user = user;
        self
    }

    pub(crate) fn with_profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    pub(crate) fn with_raw(mut self, node: &Node<'_>) -> Self {
        self.raw = Some(kept(node.value().clone()));
        self
    }

    /// Keeps the JSON of messages whose content could not be read.
    pub(crate) fn with_raw_if_unsupported(self, node: &Node<'_>) -> Self {
        let unsupported = match &self.kind {
            InboundKind::Message(message) => {
                matches!(message.content, Content::Unsupported { .. })
            }
            _ => false,
        };
        if unsupported {
            self.with_raw(node)
        } else {
            self
        }
    }
}

/// Reads every element of an array field. A field that should be an array and is none
/// becomes one unknown event instead of vanishing.
pub(crate) fn each(
    draft: &Draft,
    parent: &Node<'_>,
    key: &str,
    events: &mut Vec<InboundEvent>,
    read: impl Fn(&Node<'_>) -> Result<InboundEvent, Problem>,
) {
    let Some(field) = parent.get(key) else {
        return;
    };
    let Some(elements) = field.elements() else {
        let problem = parent.missing(key, "a list");
        events.push(draft.unknown(&field, key, Some(problem)));
        return;
    };
    events.extend(elements.iter().map(|element| {
        read(element).unwrap_or_else(|problem| draft.unknown(element, key, Some(problem)))
    }));
}

/// A key for elements that have no id: equal bytes, equal key.
pub(crate) fn fingerprint(node: &Node<'_>) -> String {
    let digest = Sha256::digest(node.value().to_string().as_bytes());
    format!("raw:{}", hex::encode(&digest[..16]))
}
