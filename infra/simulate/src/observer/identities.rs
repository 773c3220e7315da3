//! Who is behind the ids: known to the world, and to the system only by what platforms tell.

use std::collections::BTreeMap;

use domain::conversation::Conversation;
use domain::ids::{ConversationId, MessageId};
use domain::message::Message;

use super::Observer;

/// Who wrote which message, and in which conversation.
#[derive(Default)]
pub(super) struct Words {
    by: BTreeMap<MessageId, usize>,
    within: BTreeMap<ConversationId, Vec<usize>>,
}

impl Words {
    pub(super) fn stored(&mut self, message: &Message) {
        if let Some(person) = self.by.get(&message.id) {
            let known = self.within.entry(message.conversation).or_default();
            if !known.contains(person) {
                known.push(*person);
            }
        }
    }

    pub(super) fn forget(&mut self, id: ConversationId) {
        self.within.remove(&id);
    }
}

impl Observer {
    /// This person writes the message.
    pub(crate) fn writes(&mut self, message: MessageId, person: usize) {
        self.words.by.insert(message, person);
    }

    /// Somebody else has this phone number from now on: whoever refused messages under it was not
    /// they.
    pub(crate) fn changes_hands(&mut self, number: &str) {
        self.refusing_users.retain(|(_, _, user)| user != number);
    }

    /// These conversations, and all ids that lead to them.
    pub(super) fn led_to(&self, heads: &[ConversationId]) -> Vec<ConversationId> {
        let leads = |head: &&Conversation| head.moved_to.is_some_and(|to| heads.contains(&to));
        let pointers = self.heads.values().filter(leads).map(|head| head.id);
        heads.iter().copied().chain(pointers).collect()
    }

    /// The conversation was written.
    pub(super) fn of_one_person(&mut self, id: ConversationId) {
        let Some(Conversation { customer, .. }) = self.heads.get(&id) else {
            return;
        };
        let of_theirs = self.heads.values().filter(|it| it.customer == *customer);
        let words = of_theirs.filter_map(|head| self.words.within.get(&head.id));
        let mut people: Vec<_> = words.flatten().collect();
        people.sort();
        people.dedup();
        if people.len() > 1 {
            let detail = format!("{customer} with {id}: {people:?}");
            self.violated("one-person", detail);
        }
    }
}
