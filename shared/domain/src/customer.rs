//! A customer: one person, whichever channels they write on.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::channel::Channel;
/// The name from before there was a ledger.
pub use crate::consent::Standing as ChatConsent;
use crate::consent::{self, Denied, Entry, Source};
use crate::contact::{Profile, Reference};
use crate::ids::{ConnectionId, ConversationId, CustomerId, WorkspaceId};
use crate::rebooking::Habit;
use crate::receipt::Reason;
use crate::settings::FrequencyCap;
use crate::window::Window;

/// One person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// Its id.
    pub id: CustomerId,
    /// Whose customer.
    pub workspace: WorkspaceId,
    /// Rises with every change.
    pub version: u64,
    /// What is known of the name.
    pub name: CustomerName,
    /// Staff gave the name: what the platform tells does not replace it.
    #[serde(default)]
    pub named_by_staff: bool,
    /// The language they write in (two letters), as far as the platform told.
    pub language: Option<String>,
    /// Where they can be written to.
    pub conversations: Vec<Reach>,
    /// Where else they could be written to: in conversations that we may begin, with an address they
    /// gave us. Never stored.
    #[serde(skip)]
    pub offered: Vec<Reach>,
    /// What they said about messages, on every medium. Its name in the table is older than the
    /// other media.
    pub chat: ChatConsent,
    /// What was said about messages since this was read. Stored in the ledger when the customer is.
    #[serde(skip)]
    pub said: Vec<Entry>,
    /// Rises each time they write, as long as they have several conversations: what was planned in
    /// any of them before that is not a follow-up any more.
    #[serde(default)]
    pub turn: u64,
    /// When automated messages went out lately; as long as the frequency cap looks back.
    pub automated_at: Vec<DateTime<Utc>>,
    /// The business's own id; unique in the workspace.
    #[serde(default)]
    pub reference: Option<Reference>,
    /// What the business knows of them.
    #[serde(default)]
    pub profile: Profile,
    /// What their appointments come to. Boxed: customers are carried about a lot, and few have any.
    #[serde(default, skip_serializing_if = "Habit::is_empty")]
    pub habit: Box<Habit>,
    /// When we first heard of them.
    pub created_at: DateTime<Utc>,
}

/// How many characters of a name lists are sorted by.
const SORTED_BY: usize = 60;
/// Nobody's name is longer; platforms let people enter whatever they like.
const NAME_LIMIT: usize = 80;

/// The parts of a name.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerName {
    /// As the platform shows it.
    pub display: Option<String>,
    /// First name, where the platform has one of its own.
    pub first: Option<String>,
    /// Last name.
    pub last: Option<String>,
}

impl std::fmt::Debug for CustomerName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CustomerName(…)")
    }
}

impl CustomerName {
    /// What a platform tells of a name, cleaned: what comes from outside is part of texts and of the
    /// values of templates, which take neither line breaks nor thousands of characters.
    #[must_use]
    pub fn told(display: Option<&str>, first: Option<&str>) -> Self {
        let part = |part: Option<&str>| part.map(cleaned).filter(|part| !part.is_empty());
        Self {
            display: part(display),
            first: part(first),
            last: None,
        }
    }

    /// The first name: the platform's own, else the first word of the display name.
    #[must_use]
    pub fn first_name(&self) -> String {
        let first_word = || self.words().next().map(str::to_owned);
        let first = self.first.clone().or_else(first_word);
        cleaned(&first.unwrap_or_default())
    }

    /// The last name: the platform's own, else the last of several words.
    #[must_use]
    pub fn last_name(&self) -> String {
        let last_word = || self.words().skip(1).last().map(str::to_owned);
        let last = self.last.clone().or_else(last_word);
        cleaned(&last.unwrap_or_default())
    }

    /// The whole name.
    #[must_use]
    pub fn full_name(&self) -> String {
        let whole = match (&self.display, &self.first, &self.last) {
            (Some(display), _, _) => display.clone(),
            (None, first, last) => [first.as_deref(), last.as_deref()]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(" "),
        };
        cleaned(&whole)
    }

    /// What lists are sorted and searched by: the whole name in lower case, without what would be
    /// read as the end of it, and not for ever.
    #[must_use]
    pub fn sort_key(&self) -> String {
        let name = self.full_name().to_lowercase().replace('#', " ");
        name.split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .chars()
            .take(SORTED_BY)
            .collect()
    }

    fn words(&self) -> impl Iterator<Item = &str> {
        self.display
            .as_deref()
            .unwrap_or_default()
            .split_whitespace()
    }
}

/// One line without control characters, marks that turn the direction of the text around, and the
/// braces of variables.
fn cleaned(name: &str) -> String {
    let invisible = |c: char| matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    let name: String = name
        .chars()
        .map(|c| {
            if c.is_control() || invisible(c) {
                ' '
            } else {
                c
            }
        })
        .filter(|c| !matches!(c, '{' | '}'))
        .collect();
    let words: Vec<_> = name.split_whitespace().collect();
    let line: String = words.join(" ").chars().take(NAME_LIMIT).collect();
    line.trim_end().to_owned()
}

/// One conversation the customer can be reached in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reach {
    /// The conversation.
    pub conversation: ConversationId,
    /// Its connection.
    pub connection: ConnectionId,
    /// Its channel.
    pub channel: Channel,
    /// When the platform's free-form window closes, as last seen; `None` where there is none.
    pub window_closes_at: Option<DateTime<Utc>>,
    /// Why it takes no follow-up from elsewhere at this moment, if it was asked; never stored.
    #[serde(skip)]
    pub refusal: Option<Reason>,
}

impl Customer {
    /// When the frequency cap allows the next automated message; `None`: now.
    #[must_use]
    pub fn capped_until(&self, cap: FrequencyCap, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut recent: Vec<_> = self
            .automated_at
            .iter()
            .filter(|at| **at > now - cap.span())
            .copied()
            .collect();
        recent.sort_unstable();
        // The message that must leave the span before the next one may come.
        let place = recent.len().checked_sub(cap.messages.max(1) as usize)?;
        recent.get(place).map(|at| *at + cap.span())
    }

    /// They wrote in one of their conversations, or did something else that opens its window. Only
    /// who has several is ever written to in another one, so only then is it worth a write.
    pub fn heard(
        &mut self,
        conversation: ConversationId,
        opened: Option<DateTime<Utc>>,
        wrote: bool,
    ) {
        if self.conversations.len() < 2 {
            return;
        }
        self.turn += u64::from(wrote);
        let mut known = self.conversations.iter_mut();
        if let Some(reach) = known.find(|reach| reach.conversation == conversation) {
            let closes = opened.and_then(|at| Window::opened(reach.channel, at));
            reach.window_closes_at = reach.window_closes_at.max(closes);
        }
    }

    /// Writes down what was said about messages. What holds from before there was a ledger is its
    /// beginning.
    pub fn say(
        &mut self,
        change: consent::Change,
        source: Source,
        shown: Option<String>,
        now: DateTime<Utc>,
    ) -> Result<(), Denied> {
        let allows = change.allows();
        let mut chat = self.chat.clone();
        let mut said = chat.adopt();
        said.push(chat.append(change, source, shown, now)?);
        self.chat = chat;
        self.said.append(&mut said);
        if allows {
            self.remind_again(now);
        }
        Ok(())
    }

    /// A reminder after their last visit may reach them from now on, or somewhere else: it is planned
    /// anew.
    pub fn remind_again(&mut self, now: DateTime<Utc>) {
        if !self.habit.visits.is_empty() {
            self.habit.plan_since.get_or_insert(now);
        }
    }

    /// Remembers what they had refused as somebody else, or before they were forgotten.
    pub fn refuse_as(&mut self, from: CustomerId, standing: &ChatConsent, now: DateTime<Utc>) {
        let standing = Box::new(standing.clone());
        let merge = consent::Change::Merge { from, standing };
        let said = self.say(merge, Source::Merge, None, now);
        debug_assert_eq!(said, Ok(()), "nobody is denied a merge");
    }

    /// The customer as it is to be stored, with what was said; from now on nothing new was.
    pub fn to_store(&mut self) -> Self {
        let stored = self.clone();
        self.said.clear();
        stored
    }

    /// Takes a conversation over from somebody who turned out to be the same person. What either
    /// of them refused stays refused, and messages to either count for the frequency cap.
    pub fn take_over(&mut self, reach: Reach, from: &Self, now: DateTime<Utc>) {
        self.conversations
            .retain(|known| known.conversation != reach.conversation);
        self.conversations.push(reach);
        if from.chat != ChatConsent::default() {
            self.refuse_as(from.id, &from.chat, now);
        }
        self.automated_at.extend(&from.automated_at);
        self.automated_at.sort_unstable();
        self.automated_at.dedup();
        if self.name == CustomerName::default() {
            self.name = from.name.clone();
        }
        if self.language.is_none() {
            self.language.clone_from(&from.language);
        }
    }

    /// Notes an automated message and forgets what no cap looks back to.
    pub fn note_automated(&mut self, at: DateTime<Utc>) {
        self.automated_at
            .retain(|earlier| *earlier > at - TimeDelta::days(30));
        self.automated_at.push(at);
    }

    /// Takes back the note of an automated message that did not go out. Whether there was one.
    pub fn forget_automated(&mut self, at: DateTime<Utc>) -> bool {
        let place = self.automated_at.iter().rposition(|noted| *noted == at);
        place.is_some_and(|place| {
            self.automated_at.remove(place);
            true
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart_only_as_far_as_needed() {
        let name = |display: &str| CustomerName {
            display: Some(display.into()),
            ..CustomerName::default()
        };
        assert_eq!(name("Ada King Lovelace").first_name(), "Ada");
        assert_eq!(name("Ada King Lovelace").last_name(), "Lovelace");
        assert_eq!(name("Ada").last_name(), "");
        assert_eq!(CustomerName::default().full_name(), "");
    }

    #[test]
    fn odd_names_are_cleaned_when_they_are_told_and_when_they_are_used() {
        let told = |display: &str| CustomerName::told(Some(display), None).display;
        let check = |display: &str, expected: &str| {
            assert_eq!(told(display).unwrap_or_default(), expected, "{display:?}");
            // One that was stored before.
            let stored = CustomerName {
                display: Some(display.to_owned()),
                ..CustomerName::default()
            };
            assert_eq!(stored.full_name(), expected, "{display:?}");
            let parts = [stored.first_name(), stored.last_name()];
            for part in parts {
                assert!(part.chars().count() <= NAME_LIMIT && !part.contains(char::is_control));
            }
        };
        check("Ada\nKing\t Lovelace", "Ada King Lovelace");
        check("\u{202e}adA\u{0}", "adA");
        check("##{{first_name}}", "##first_name");
        check("👩\u{200d}🔧 Ada", "👩\u{200d}🔧 Ada");
        check(&"x".repeat(4096), &"x".repeat(NAME_LIMIT));
        check(&"ab ".repeat(2000), &"ab ".repeat(27).trim_end()[..80]);
        check(" \n ", "");
        assert_eq!(told(" \n "), None);
    }

    #[test]
    fn who_takes_a_conversation_over_takes_every_refusal_with_it() {
        use crate::fixtures::{conversation, customer, hours, monday};
        let telegram = conversation(Channel::Telegram);
        let from = Customer {
            chat: ChatConsent {
                opted_out_at: Some(monday() + hours(1)),
                opted_in_at: None,
                marketing_stopped_at: Some(monday() + hours(3)),
                ..ChatConsent::default()
            },
            automated_at: vec![monday(), monday() + hours(2)],
            language: Some("de".into()),
            ..customer(&telegram)
        };
        let mut to = Customer {
            chat: ChatConsent {
                opted_out_at: None,
                opted_in_at: Some(monday() + hours(2)),
                marketing_stopped_at: Some(monday() + hours(2)),
                ..ChatConsent::default()
            },
            automated_at: vec![monday() + hours(1), monday() + hours(2)],
            language: None,
            ..customer(&conversation(Channel::WhatsApp))
        };
        let known = to.conversations.len();
        let reach = Reach {
            conversation: telegram.id,
            connection: telegram.connection,
            channel: telegram.channel,
            window_closes_at: None,
            refusal: None,
        };
        // Twice is once.
        for _ in 0..2 {
            to.take_over(reach.clone(), &from, monday() + hours(4));
            assert_eq!(to.conversations.len(), known + 1);
            assert_eq!(to.chat.opted_out_at, Some(monday() + hours(1)));
            assert_eq!(to.chat.marketing_stopped_at, Some(monday() + hours(2)));
            let automated = [monday(), monday() + hours(1), monday() + hours(2)];
            assert_eq!(to.automated_at, automated);
            assert_eq!(to.language.as_deref(), Some("de"));
        }
        // An opt-out of the one who takes over holds as well.
        let mut to = from.clone();
        to.take_over(reach, &customer(&telegram), monday() + hours(4));
        assert_eq!(to.chat, from.chat);
    }

    #[test]
    fn the_frequency_cap_rolls() {
        use crate::fixtures::{conversation, customer, hours, monday};
        let mut customer = customer(&conversation(Channel::Telegram));
        let until = |customer: &Customer, messages: u32, after: i64| {
            let cap = FrequencyCap {
                messages,
                hours: 24,
            };
            customer.capped_until(cap, monday() + hours(after))
        };
        assert_eq!(until(&customer, 1, 0), None);
        for hour in [0, 5, 10] {
            customer.note_automated(monday() + hours(hour));
        }
        assert_eq!(until(&customer, 4, 11), None);
        assert_eq!(until(&customer, 3, 11), Some(monday() + hours(24)));
        assert_eq!(until(&customer, 2, 11), Some(monday() + hours(29)));
        assert_eq!(until(&customer, 1, 11), Some(monday() + hours(34)));
        assert_eq!(until(&customer, 0, 11), Some(monday() + hours(34)));
        assert_eq!(until(&customer, 3, 24), None);
    }
}
