//! Which threads the inbox shows (MO-03, MO-04, MO-06, MO-09, MO-11).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Thread;
use crate::channel::Channel;
use crate::contact::Tag;
use crate::message::Category;
use crate::settings::Locale;

/// What somebody wants to see. Every part narrows it further.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct View {
    /// Unread, waiting, both or all.
    pub only: BTreeSet<Only>,
    /// On this channel.
    pub channel: Option<Channel>,
    /// With a message of ours of this category.
    pub category: Option<Category>,
}

/// The two boxes to tick; they do not depend on each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Only {
    /// Messages nobody has read.
    Unread,
    /// The customer waits for a person's answer. Automated messages and hidden notes are none.
    Waiting,
}

/// What somebody may see.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "sees", rename_all = "snake_case")]
pub enum Visibility {
    /// Everything.
    #[default]
    All,
    /// Customers of one location. Those without a location are for people who see everything.
    Location {
        /// Which.
        location: Tag,
    },
}

/// A thread in the list, with what is known of its customer.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The thread.
    pub thread: &'a Thread,
    /// The customer's locations.
    pub locations: &'a BTreeSet<Tag>,
    /// The categories of our messages in it.
    pub categories: &'a BTreeSet<Category>,
}

/// Why a list is empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "snake_case")]
pub enum Empty {
    /// There is nothing at all.
    Nothing,
    /// Nothing fits the view.
    View,
    /// There would be something, at other locations.
    Location {
        /// The one they see.
        location: Tag,
    },
}

impl Visibility {
    /// Whether somebody may see the customer.
    #[must_use]
    pub fn shows(&self, locations: &BTreeSet<Tag>) -> bool {
        match self {
            Self::All => true,
            Self::Location { location } => locations.contains(location),
        }
    }
}

impl View {
    /// Whether the thread is in the list.
    #[must_use]
    pub fn shows(&self, row: Row<'_>) -> bool {
        let thread = row.thread;
        self.only.iter().all(|only| match only {
            Only::Unread => thread.unread > 0,
            Only::Waiting => thread.waiting_since.is_some(),
        }) && self.channel.is_none_or(|channel| thread.channel == channel)
            && self.category.is_none_or(|it| row.categories.contains(&it))
    }

    /// Why nothing is shown, of how many there are and how many of them may be seen; `None` when
    /// something is.
    #[must_use]
    pub fn empty(
        &self,
        seen_by: &Visibility,
        there: u64,
        may_see: u64,
        shown: u64,
    ) -> Option<Empty> {
        match (seen_by, there, may_see, shown) {
            (_, _, _, 1..) => None,
            (_, 0, _, _) => Some(Empty::Nothing),
            (Visibility::Location { location }, _, 0, _) => Some(Empty::Location {
                location: location.clone(),
            }),
            _ => Some(Empty::View),
        }
    }
}

impl Empty {
    /// The reason in plain language, with what to do.
    #[must_use]
    pub fn explain(&self, locale: Locale) -> String {
        match (locale, self) {
            (Locale::De, Self::Nothing) => "Es gibt noch keine Nachrichten.".to_owned(),
            (Locale::En, Self::Nothing) => "There are no messages yet.".to_owned(),
            (Locale::De, Self::View) => "Keine Unterhaltung passt zu diesen Filtern.".to_owned(),
            (Locale::En, Self::View) => "No conversation fits these filters.".to_owned(),
            (Locale::De, Self::Location { location }) => format!(
                "Ihr Konto sieht nur den Standort „{location}“, und dort gibt es keine Nachrichten. Ein Admin kann die Einschränkung im Mitarbeiterkonto aufheben."
            ),
            (Locale::En, Self::Location { location }) => format!(
                "Your account sees the location “{location}” only, and there are no messages there. An admin can remove the restriction in the staff account."
            ),
        }
    }
}
