//! What holds now: the fold of the ledger.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Change, Class, Entry, Hash, Source, Stoppable};
use crate::rule::Purpose;

/// What one customer has said about messages, as far as it holds now.
///
/// The three times at the top are older than the ledger; items from before it read as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// No automated chat message at all: the customer asked for that.
    pub opted_out_at: Option<DateTime<Utc>>,
    /// They took that back; what they said before it is not held against them.
    #[serde(default)]
    pub opted_in_at: Option<DateTime<Utc>>,
    /// No marketing in chats: the customer told the platform so.
    pub marketing_stopped_at: Option<DateTime<Utc>>,
    /// No SMS at all: the customer sent STOP (MO-28).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sms_stopped_at: Option<DateTime<Utc>>,
    /// They took that back (START).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sms_started_at: Option<DateTime<Utc>>,
    /// The classes about which something was said.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub classes: BTreeMap<Class, ClassStanding>,
    /// Number and hash of the last entry of the ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<(u64, Hash)>,
}

/// What was said about one class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassStanding {
    /// Yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted: Option<Mark>,
    /// Yes, to be confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Mark>,
    /// No. Stands above the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Mark>,
}

/// When something was said, and by whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// When.
    pub at: DateTime<Utc>,
    /// By whom.
    #[serde(flatten)]
    pub source: Source,
}

/// How a class stands, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// Nobody said anything.
    Unsaid,
    /// Asked for, not confirmed.
    Pending {
        /// Since when, and by whom.
        mark: Mark,
    },
    /// Agreed to.
    Granted {
        /// Since when, and by whom.
        mark: Mark,
    },
    /// Refused.
    Refused {
        /// Since when, and by whom.
        mark: Mark,
    },
}

/// What a customer chose on a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wanted {
    /// They want these messages.
    Yes,
    /// They want none of them.
    No,
}

/// Why an entry was not written: it would change nothing, because who said it may not say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Denied {
    /// The class ends with a STOP and in no other way.
    #[error(
        "this class has no switch; only a STOP of the customer ends it, and only a START lifts that"
    )]
    NoSwitch,
    /// Nobody but the customer lifts it.
    #[error("only the customer can take this back")]
    OnlyTheCustomer,
    /// The customer refused it in the platform's app and must allow it there.
    #[error("only the platform can take this back")]
    OnlyThePlatform,
    /// An import adds what is not known; it overrules nobody.
    #[error("the customer has refused this; an import cannot change that")]
    RefusedBefore,
    /// A yes of somebody else than the customer needs the text they agreed to.
    #[error("the text that the customer agreed to is missing")]
    NoText,
    /// There is no request to confirm, or it was withdrawn meanwhile.
    #[error("there is nothing to confirm")]
    NothingToConfirm,
    /// There is no refusal to take back.
    #[error("there is nothing to take back")]
    NothingRefused,
}

impl Standing {
    /// Writes the next entry of the ledger and takes it in; the entry is to be stored in the same
    /// transaction.
    pub fn append(
        &mut self,
        change: Change,
        source: Source,
        shown: Option<String>,
        at: DateTime<Utc>,
    ) -> Result<Entry, Denied> {
        let entry = Entry::chained(self.head, change, source, shown, at);
        let mut after = self.clone();
        after.take(&entry)?;
        after.head = Some((entry.number, entry.hash));
        *self = after;
        Ok(entry)
    }

    /// Takes an entry in that was written before. One that its source may not make changes
    /// nothing, however it got there.
    pub fn fold(&mut self, entry: &Entry) {
        let mut after = self.clone();
        if after.take(entry).is_ok() {
            *self = after;
        }
        self.head = Some((entry.number, entry.hash));
    }

    /// The entries that a standing from before the ledger comes from; it stands on them afterwards.
    pub fn adopt(&mut self) -> Vec<Entry> {
        if self.head.is_some() {
            return Vec::new();
        }
        let mut said: Vec<_> = [
            (
                self.opted_in_at,
                Change::Start {
                    what: Stoppable::Chat,
                },
            ),
            (
                self.opted_out_at,
                Change::Stop {
                    what: Stoppable::Chat,
                },
            ),
            (
                self.marketing_stopped_at,
                Change::Refuse {
                    class: Class::ChatMarketing,
                },
            ),
        ]
        .into_iter()
        .filter_map(|(at, change)| Some((at?, change)))
        .collect();
        // What was taken back cannot have been said after what still holds.
        said.sort_by_key(|(at, change)| (matches!(change, Change::Stop { .. }), *at));
        let mut adopted = Self::default();
        let entries = said
            .into_iter()
            .map(|(at, change)| {
                let append = adopted.append(change, Source::Migration, None, at);
                append.expect("a migration may say what was stored before")
            })
            .collect();
        *self = adopted;
        entries
    }

    /// How a class stands, STOP and the platform's own switch aside.
    #[must_use]
    pub fn state(&self, class: Class) -> State {
        let said = self.class(class);
        match (said.refused, said.granted, said.asked) {
            (Some(mark), _, _) => State::Refused { mark },
            (None, Some(mark), _) => State::Granted { mark },
            (None, None, Some(mark)) => State::Pending { mark },
            (None, None, None) => State::Unsaid,
        }
    }

    /// What was said about a class.
    #[must_use]
    pub fn class(&self, class: Class) -> ClassStanding {
        self.classes.get(&class).copied().unwrap_or_default()
    }

    /// Since when everything of this sort is stopped.
    #[must_use]
    pub fn stopped(&self, what: Stoppable) -> Option<DateTime<Utc>> {
        match what {
            Stoppable::Sms => self.sms_stopped_at,
            Stoppable::Chat => self.opted_out_at,
        }
    }

    /// When the customer last took back a stop of everything of this sort.
    #[must_use]
    pub fn started(&self, what: Stoppable) -> Option<DateTime<Utc>> {
        match what {
            Stoppable::Sms => self.sms_started_at,
            Stoppable::Chat => self.opted_in_at,
        }
    }

    /// Whether the customer refused the class in their own words, not only somebody for them.
    #[must_use]
    pub fn is_refused_by_themselves(&self, class: Class) -> bool {
        let refused = self.class(class).refused;
        refused.is_some_and(|mark| mark.source.is_customer())
    }

    /// Whether messages of the class are let through by what was said about it, or about all that
    /// ends with it: what a tick on the page of preferences shows.
    #[must_use]
    pub fn lets_through(&self, class: Class) -> bool {
        match class.stoppable().filter(|_| !class.has_switch()) {
            Some(what) => self.stopped(what).is_none(),
            None => {
                let at_platform =
                    class == Class::ChatMarketing && self.marketing_stopped_at.is_some();
                let said = self.state(class);
                !at_platform && !matches!(said, State::Refused { .. } | State::Pending { .. })
            }
        }
    }

    /// What is to be written when the customer themselves say, on a page of ours, that they want
    /// messages of this class or none. What has no switch is stopped, or started again, with all that
    /// ends together with it. `None`: they have said so before. That only staff have refused for them
    /// is not the same, for staff may take that back.
    #[must_use]
    pub fn hear(&self, class: Class, wanted: Wanted) -> Option<Change> {
        match (class.stoppable().filter(|_| !class.has_switch()), wanted) {
            (Some(what), Wanted::No) => {
                let news = self.stopped(what).is_none();
                news.then_some(Change::Stop { what })
            }
            (Some(what), Wanted::Yes) => {
                let stopped = self.stopped(what).is_some();
                stopped.then_some(Change::Start { what })
            }
            (None, Wanted::No) => {
                // What they asked for since is withdrawn: its confirmation may still be on its way.
                let asked = self.class(class).asked.is_some();
                let news = asked || !self.is_refused_by_themselves(class);
                news.then_some(Change::Refuse { class })
            }
            (None, Wanted::Yes) => {
                let said = matches!(self.state(class), State::Granted { .. });
                (!said).then_some(Change::Grant { class })
            }
        }
    }

    /// Whether any message is refused.
    #[must_use]
    pub fn refuses_anything(&self) -> bool {
        self.opted_out_at.is_some()
            || self.marketing_stopped_at.is_some()
            || self.sms_stopped_at.is_some()
            || self.classes.values().any(|said| said.refused.is_some())
    }

    /// Since when automated chat messages of this purpose are refused.
    #[must_use]
    pub fn refused_since(&self, purpose: Purpose) -> Option<DateTime<Utc>> {
        let marketing = self.class(Class::ChatMarketing).refused;
        match purpose {
            Purpose::Transactional => self.opted_out_at,
            Purpose::Marketing => self
                .opted_out_at
                .or_else(|| earliest(self.marketing_stopped_at, marketing.map(|mark| mark.at))),
        }
    }

    /// What the other one refused is refused here, too, since the earlier of the two.
    pub fn refuse_also(&mut self, other: &Self) {
        self.opted_out_at = earliest(self.opted_out_at, other.opted_out_at);
        self.marketing_stopped_at = earliest(self.marketing_stopped_at, other.marketing_stopped_at);
        self.sms_stopped_at = earliest(self.sms_stopped_at, other.sms_stopped_at);
        for (class, theirs) in &other.classes {
            let Some(refused) = theirs.refused else {
                continue;
            };
            let ours = self.classes.entry(*class).or_default();
            ours.asked = None;
            ours.refused = stricter(ours.refused, Some(refused));
        }
    }

    /// Only what was refused: what is kept of a person who is erased.
    #[must_use]
    pub fn refusals(&self) -> Self {
        let mut kept = Self::default();
        kept.refuse_also(self);
        kept
    }

    /// What still holds of what one person refused in several places. An opt-out that they took
    /// back elsewhere later does not; when marketing was allowed again is not known, so a refusal
    /// of that stays. Whoever still refuses where they once said START is two who were joined: what the
    /// one took back holds for them, not for the other.
    #[must_use]
    pub fn still_refused(places: &[Self]) -> Self {
        let lifted = |what| {
            let words = places.iter().map(|it| (it.started(what), it.stopped(what)));
            let lifts = |started: &DateTime<Utc>, stopped: Option<DateTime<Utc>>| {
                stopped.is_none_or(|stopped| *started <= stopped)
            };
            words
                .filter_map(|(started, stopped)| started.filter(|it| lifts(it, stopped)))
                .max()
        };
        let (chat, sms) = (lifted(Stoppable::Chat), lifted(Stoppable::Sms));
        let stands = |stopped: DateTime<Utc>, lifted: Option<DateTime<Utc>>| {
            lifted.is_none_or(|lifted| lifted <= stopped)
        };
        let mut kept = Self::default();
        for place in places {
            let mut refused = place.refusals();
            refused.opted_out_at = refused.opted_out_at.filter(|at| stands(*at, chat));
            refused.sms_stopped_at = refused.sms_stopped_at.filter(|at| stands(*at, sms));
            kept.refuse_also(&refused);
        }
        kept
    }

    fn take(&mut self, entry: &Entry) -> Result<(), Denied> {
        let (at, source) = (entry.at, entry.source);
        let mark = Mark { at, source };
        match &entry.change {
            Change::Grant { class } => self.grant(*class, mark, entry.shown.is_some()),
            Change::Ask { class } => {
                let said = self.switch(*class)?;
                if said.granted.is_none() || said.refused.is_some() {
                    said.asked = Some(mark);
                }
                Ok(())
            }
            Change::Confirm { class } => self.confirm(*class, mark),
            Change::Refuse { class } => self.refuse(*class, mark),
            Change::Restore { class } => self.restore(*class, source),
            // Transactional SMS have no switch for staff (MO-26), so all SMS have none either.
            Change::Stop {
                what: Stoppable::Sms,
            } if matches!(source, Source::Staff { .. }) => Err(Denied::NoSwitch),
            Change::Stop { what } => {
                let stopped = match what {
                    Stoppable::Sms => &mut self.sms_stopped_at,
                    Stoppable::Chat => &mut self.opted_out_at,
                };
                // The newest: a START from before it does not lift it.
                *stopped = (*stopped).max(Some(at));
                Ok(())
            }
            Change::Start { what } => self.start(*what, mark),
            // Kept with the address. Only what its provider tells puts it there.
            Change::Suppress { .. } if source != Source::Platform => Err(Denied::OnlyThePlatform),
            Change::Suppress { .. } => Ok(()),
            Change::Lift { cause, .. } if !cause.lifted_by(source) => Err(Denied::OnlyTheCustomer),
            Change::Lift { .. } => Ok(()),
            Change::Merge { standing, .. } => {
                self.merge(standing);
                Ok(())
            }
        }
    }

    fn grant(&mut self, class: Class, mark: Mark, with_text: bool) -> Result<(), Denied> {
        let said = self.switch(class)?;
        match mark.source {
            // A click in the platform's app says nothing about what we showed.
            Source::Platform | Source::Merge => return Err(Denied::OnlyTheCustomer),
            Source::Staff { .. } | Source::Import { .. } if said.refused.is_some() => {
                return Err(Denied::RefusedBefore);
            }
            Source::Staff { .. } | Source::Import { .. } if !with_text => {
                return Err(Denied::NoText);
            }
            // What still waits for the customer's confirmation is not confirmed by a list.
            Source::Import { .. } if said.asked.is_some() => return Err(Denied::OnlyTheCustomer),
            _ => {}
        }
        said.granted = Some(mark);
        said.asked = None;
        said.refused = None;
        Ok(())
    }

    fn confirm(&mut self, class: Class, mark: Mark) -> Result<(), Denied> {
        if !mark.source.is_customer() {
            return Err(Denied::OnlyTheCustomer);
        }
        let said = self.switch(class)?;
        if said.asked.is_none() {
            return Err(Denied::NothingToConfirm);
        }
        said.granted = Some(mark);
        said.asked = None;
        said.refused = None;
        Ok(())
    }

    fn refuse(&mut self, class: Class, mark: Mark) -> Result<(), Denied> {
        let from_platform = matches!(mark.source, Source::Platform | Source::Migration);
        if class == Class::ChatMarketing && from_platform {
            // The newest: what is older than it, and comes late, does not lift it.
            self.marketing_stopped_at = self.marketing_stopped_at.max(Some(mark.at));
            return Ok(());
        }
        let said = self.switch(class)?;
        said.asked = None;
        said.refused = stricter(said.refused, Some(mark));
        Ok(())
    }

    fn restore(&mut self, class: Class, source: Source) -> Result<(), Denied> {
        match source {
            Source::Platform if class == Class::ChatMarketing => {
                let stopped = self.marketing_stopped_at.take();
                return stopped.map(|_| ()).ok_or(Denied::NothingRefused);
            }
            Source::Platform | Source::Merge | Source::Migration => {
                return Err(Denied::OnlyTheCustomer);
            }
            Source::Import { .. } => return Err(Denied::RefusedBefore),
            Source::Staff { .. } if self.is_refused_by_themselves(class) => {
                return Err(Denied::OnlyTheCustomer);
            }
            _ => {}
        }
        let at_platform = class == Class::ChatMarketing && self.marketing_stopped_at.is_some();
        match self.switch(class)?.refused.take() {
            Some(_) => Ok(()),
            None if at_platform => Err(Denied::OnlyThePlatform),
            None => Err(Denied::NothingRefused),
        }
    }

    fn start(&mut self, what: Stoppable, mark: Mark) -> Result<(), Denied> {
        if !(mark.source.is_customer() || mark.source == Source::Migration) {
            return Err(Denied::OnlyTheCustomer);
        }
        match what {
            Stoppable::Sms => {
                self.sms_stopped_at = None;
                self.sms_started_at = Some(mark.at);
            }
            Stoppable::Chat => {
                self.opted_out_at = None;
                self.opted_in_at = Some(mark.at);
            }
        }
        Ok(())
    }

    /// Stricter wins: a refusal of either holds, and withdraws what the other had still to confirm.
    /// A yes of either holds where neither refused, for it is the same person who said it.
    pub fn merge(&mut self, other: &Self) {
        let before = self.clone();
        self.refuse_also(other);
        self.opted_in_at = earliest(self.opted_in_at, other.opted_in_at);
        self.sms_started_at = earliest(self.sms_started_at, other.sms_started_at);
        for class in Class::ALL {
            let (one, two) = (before.class(class), other.class(class));
            if (one, two) == Default::default() {
                continue;
            }
            let merged = self.classes.entry(class).or_default();
            merged.granted = earlier(one.granted, two.granted);
            merged.asked = earlier(
                one.asked.filter(|_| two.refused.is_none()),
                two.asked.filter(|_| one.refused.is_none()),
            )
            .filter(|_| merged.granted.is_none());
        }
    }

    fn switch(&mut self, class: Class) -> Result<&mut ClassStanding, Denied> {
        if !class.has_switch() {
            return Err(Denied::NoSwitch);
        }
        Ok(self.classes.entry(class).or_default())
    }
}

fn earlier(one: Option<Mark>, other: Option<Mark>) -> Option<Mark> {
    one.into_iter().chain(other).min_by_key(|mark| mark.at)
}

/// Of two refusals the customer's own, which staff cannot take back; of two alike the earlier.
fn stricter(one: Option<Mark>, other: Option<Mark>) -> Option<Mark> {
    let marks = one.into_iter().chain(other);
    marks.min_by_key(|mark| (!mark.source.is_customer(), mark.at))
}

fn earliest(one: Option<DateTime<Utc>>, other: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    one.into_iter().chain(other).min()
}
