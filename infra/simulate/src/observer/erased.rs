//! What is forgotten with a person: nothing of it counts for who comes back.

use domain::ids::{ConversationId, CustomerId, MessageId};
use domain::message::Status;
use serde_json::Value;

use super::Observer;
use super::items::{customer_of, erasure_of, text};

/// No silence has this number.
const NEVER: u32 = u32::MAX;

impl Observer {
    /// An item is removed. Only an erasure removes what is about people.
    pub(super) fn erased(&mut self, key: &Value, sk: &str) {
        if let Some(customer) = erasure_of(key) {
            self.erasing.remove(&customer);
            return;
        }
        if let Some(customer) = customer_of(key) {
            if sk == "CUSTOMER" {
                self.refusing.remove(&customer);
                let nobody = CustomerId::derive(&["erased"]);
                let claims = self.claims.values_mut();
                let of_theirs = claims.filter(|claim| claim.customer == customer);
                of_theirs.for_each(|claim| claim.customer = nobody);
            } else if sk.starts_with("CONSENT#") {
                self.ledgers.remove(&customer);
            }
            return;
        }
        let pk = text(&key["pk"]);
        let conversation = pk
            .split_once("#V#")
            .map(|(_, id)| ConversationId::parse(id));
        let Some(Ok(conversation)) = conversation else {
            return;
        };
        if sk == "HEAD" {
            self.forget(conversation);
        } else if sk.starts_with("M#")
            && let Some(id) = sk.rsplit('#').next()
            && let Ok(id) = MessageId::parse(id)
        {
            let known = self.messages.remove(&id);
            let failed = known.is_some_and(|known| known.status == Status::Failed);
            self.erased.insert(id, failed);
        }
    }

    fn forget(&mut self, id: ConversationId) {
        let Some(head) = self.heads.remove(&id) else {
            return;
        };
        // What has left the house cannot be called back.
        self.outlived
            .extend(head.sending.map(|sending| (id, sending)));
        self.last_words.remove(&id);
        self.joined.remove(&id);
        self.answers.remove(&id);
        self.newest.remove(&id);
        self.receipts.remove(&id);
        self.told.forget(id);
        self.words.forget(id);
        let claims = self.claims.values_mut();
        let of_theirs = claims.filter(|claim| claim.conversation == id);
        of_theirs.for_each(|claim| claim.episode = NEVER);
    }
}
