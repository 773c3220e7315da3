//! A message to many (MO-01, MO-31, MO-32): who is counted, what somebody confirms, how it goes on.
//!
//! ```text
//! counting -> counted -> sending -> done
//!                ^          |  ^
//!     count again|          v  |
//!                        paused        counting, counted, sending, paused -> cancelled
//! ```
//! The counting walks over the audience with the same question as the sending: would this customer get
//! it, and if not, why? Nobody confirms what was not counted a moment ago.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::consent::Medium;
use crate::field::FieldError;
use crate::ids::{
    BroadcastId, ConnectionId, ConversationId, CustomerId, KeyId, MessageId, SegmentId, WorkspaceId,
};
use crate::rebooking::Status as Appointment;
use crate::rule::Purpose;
use crate::segment::{AppointmentTest, Filter};

/// Without the marketing suite an e-mail goes to fewer recipients than this at once; the default of
/// the setting (MO-08).
pub const EMAIL_RECIPIENTS: u32 = 75;
/// The most customers that can be named one by one.
pub const NAMED: usize = 1_000;
/// The most messages of a broadcast that may leave in a minute.
pub const FASTEST: u32 = 6_000;
/// How long figures are good for: whoever confirms older ones no longer knows whom they write to.
pub const FRESH: TimeDelta = TimeDelta::hours(1);
/// Customers who are counted in one go.
const COUNTED_AT_ONCE: u16 = 100;
/// Customers to whom messages are handed over in one go, at most.
const SENT_AT_ONCE: u32 = 50;

/// Whether the owner has switched the marketing suite on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarketingSuite {
    /// Yes.
    On,
    /// No.
    #[default]
    Off,
}

/// A message to many.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broadcast {
    /// Its id.
    pub id: BroadcastId,
    /// Whose.
    pub workspace: WorkspaceId,
    /// Rises with every change.
    pub version: u64,
    /// By e-mail or by SMS.
    pub medium: Medium,
    /// The account that sends it.
    pub connection: ConnectionId,
    /// To whom.
    pub audience: Audience,
    /// What it says.
    pub says: Says,
    /// How many messages leave in a minute, at most.
    pub per_minute: u32,
    /// When it begins; `None`: once it is confirmed.
    pub send_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// By whom.
    pub created_by: KeyId,
    /// Where it stands.
    pub state: State,
    /// Who would get it, as far as that was counted.
    pub counted: Figures,
    /// Who was given it, as far as it went.
    pub sent: Figures,
}

/// To whom a broadcast goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Audience {
    /// Every customer.
    Everybody,
    /// Those whom a filter holds when they are counted, and again when it is sent.
    Segment {
        /// The segment it was taken from.
        id: SegmentId,
        /// Its name then.
        name: String,
        /// Its filter then: what was confirmed is what is sent.
        filter: Filter,
    },
    /// Those with an appointment to come (MO-20).
    UpcomingBooking,
    /// These.
    Customers {
        /// Whom.
        of: Vec<CustomerId>,
    },
}

impl Audience {
    /// The filter that holds them; `None` for those who are named one by one.
    #[must_use]
    pub fn filter(&self) -> Option<Filter> {
        match self {
            Self::Everybody => Some(Filter::All { of: Vec::new() }),
            Self::Segment { filter, .. } => Some(filter.clone()),
            Self::UpcomingBooking => Some(Filter::Appointments {
                test: AppointmentTest {
                    status: Appointment::Booked,
                    days: None,
                    category: None,
                    at_least: 1,
                },
            }),
            Self::Customers { .. } => None,
        }
    }
}

/// What a broadcast says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Says {
    /// What somebody wrote, with variables.
    Text {
        /// Of an e-mail.
        subject: Option<String>,
        /// The text.
        text: String,
    },
    /// An e-mail template.
    Template {
        /// Its kind.
        kind: String,
        /// What its variables stand for.
        values: serde_json::Map<String, serde_json::Value>,
    },
}

impl Says {
    /// What it is for: what somebody writes to many is advertising, whatever it says (MO-29); the
    /// templates are confirmations and the like.
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        match self {
            Self::Text { .. } => Purpose::Marketing,
            Self::Template { .. } => Purpose::Transactional,
        }
    }

    /// The template's kind.
    #[must_use]
    pub fn template(&self) -> Option<&str> {
        match self {
            Self::Text { .. } => None,
            Self::Template { kind, .. } => Some(kind),
        }
    }
}

/// Where a broadcast stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// Its audience is being counted.
    Counting {
        /// How far.
        walk: Walk,
    },
    /// It waits for somebody to confirm the figures.
    Counted {
        /// When they were complete.
        at: DateTime<Utc>,
    },
    /// It is being handed over, or will be.
    Sending {
        /// How far.
        walk: Walk,
    },
    /// Nothing more is handed over until somebody lets it go on.
    Paused {
        /// How far it had come.
        walk: Walk,
    },
    /// Nothing more is handed over.
    Cancelled {
        /// Since when.
        at: DateTime<Utc>,
    },
    /// Everybody was looked at.
    Done {
        /// Since when.
        at: DateTime<Utc>,
    },
}

impl State {
    /// The name in answers.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Counting { .. } => "counting",
            Self::Counted { .. } => "counted",
            Self::Sending { .. } => "sending",
            Self::Paused { .. } => "paused",
            Self::Cancelled { .. } => "cancelled",
            Self::Done { .. } => "done",
        }
    }
}

/// How far somebody has come who walks over the audience.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walk {
    /// Where the next page begins.
    pub cursor: Option<String>,
    /// When it may be looked at.
    pub next_at: DateTime<Utc>,
}

impl Walk {
    /// From the beginning.
    #[must_use]
    pub fn begin(at: DateTime<Utc>) -> Self {
        Self {
            cursor: None,
            next_at: at,
        }
    }
}

/// How many of an audience get a message, and why the others do not (MO-31). Nobody is counted twice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Those who do.
    pub receive: u64,
    /// Those who do not, by the code of the gravest reason.
    pub refused: BTreeMap<String, u64>,
    /// SMS segments of all that go.
    pub segments: u64,
    /// The only one so far: a message to one customer is one to one (MO-30).
    pub only: Option<CustomerId>,
}

impl Figures {
    /// How many the list has, whether or not they get the message.
    #[must_use]
    pub fn recipients(&self) -> u64 {
        self.receive + self.refused.values().sum::<u64>()
    }

    /// Counts one more.
    pub fn add(&mut self, customer: CustomerId, fate: &Fate) {
        self.only = (self.recipients() == 0).then_some(customer);
        match fate {
            Fate::Receives { segments, .. } => {
                self.receive += 1;
                self.segments += u64::from(*segments);
            }
            Fate::Refused { code } => *self.refused.entry(code.clone()).or_default() += 1,
        }
    }

    fn plus(&self, page: &Self) -> Self {
        let mut sum = self.clone();
        sum.only = match (self.recipients(), page.recipients()) {
            (0, _) => page.only,
            (_, 0) => self.only,
            _ => None,
        };
        sum.receive += page.receive;
        sum.segments += page.segments;
        for (code, count) in &page.refused {
            *sum.refused.entry(code.clone()).or_default() += count;
        }
        sum
    }
}

/// What becomes of a broadcast for one customer; kept beside them, so that they get it once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fate", rename_all = "snake_case")]
pub enum Fate {
    /// They get this message.
    Receives {
        /// Where it stands.
        conversation: ConversationId,
        /// Which one.
        message: MessageId,
        /// SMS segments.
        segments: u32,
    },
    /// They do not.
    Refused {
        /// The code of the gravest reason.
        code: String,
    },
}

/// Why a broadcast cannot be changed like that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Not from where it stands.
    State {
        /// Where that is.
        is: &'static str,
        /// What can be done instead.
        remedy: &'static str,
    },
    /// The figures are older than [`FRESH`].
    Outdated,
    /// Somebody confirms other figures than those that were counted.
    OtherFigures {
        /// How many get it.
        counted: u64,
    },
    /// Nobody would get it.
    Nobody,
    /// More than may be written to at once.
    TooMany(FieldError),
}

impl Broadcast {
    /// When the next page is to be looked at, if there is one.
    #[must_use]
    pub fn next_at(&self) -> Option<DateTime<Utc>> {
        match &self.state {
            State::Counting { walk } | State::Sending { walk } => Some(walk.next_at),
            State::Counted { .. }
            | State::Paused { .. }
            | State::Cancelled { .. }
            | State::Done { .. } => None,
        }
    }

    /// How many customers are looked at in one go: no more than leave in ten seconds, so that who
    /// pauses or cancels holds back all others.
    #[must_use]
    pub fn page(&self) -> u16 {
        match &self.state {
            State::Sending { .. } => {
                let in_ten_seconds = self.per_minute / 6;
                u16::try_from(in_ten_seconds.clamp(1, SENT_AT_ONCE)).unwrap_or(1)
            }
            _ => COUNTED_AT_ONCE,
        }
    }

    /// When the message at this place of a page leaves that is handed over at `now`.
    #[must_use]
    pub fn leaves_at(&self, place: u64, now: DateTime<Utc>) -> DateTime<Utc> {
        now + self.spacing(place)
    }

    fn spacing(&self, messages: u64) -> TimeDelta {
        let millis = messages.saturating_mul(60_000) / u64::from(self.per_minute.max(1));
        TimeDelta::milliseconds(i64::try_from(millis).unwrap_or(i64::MAX / 2))
    }

    /// After a page. `cursor`: where the next one begins; `None`: this was the last.
    #[must_use]
    pub fn after(mut self, page: &Figures, cursor: Option<String>, now: DateTime<Utc>) -> Self {
        self.version += 1;
        match &self.state {
            State::Counting { .. } => {
                self.counted = self.counted.plus(page);
                self.state = match cursor {
                    Some(_) => State::Counting {
                        walk: Walk {
                            cursor,
                            next_at: now,
                        },
                    },
                    None => State::Counted { at: now },
                };
            }
            State::Sending { .. } => {
                self.sent = self.sent.plus(page);
                self.state = match cursor {
                    Some(_) => State::Sending {
                        walk: Walk {
                            cursor,
                            next_at: now + self.spacing(page.receive),
                        },
                    },
                    None => State::Done { at: now },
                };
            }
            State::Counted { .. }
            | State::Paused { .. }
            | State::Cancelled { .. }
            | State::Done { .. } => {}
        }
        self
    }

    /// Counts from the beginning.
    pub fn count_again(mut self, now: DateTime<Utc>) -> Result<Self, Refused> {
        match &self.state {
            State::Counting { .. } | State::Counted { .. } => {
                self.version += 1;
                self.counted = Figures::default();
                self.state = State::Counting {
                    walk: Walk::begin(now),
                };
                Ok(self)
            }
            other => Err(refused(other, "make a new one: this one was confirmed")),
        }
    }

    /// Somebody has seen that so many get it, and wants that.
    pub fn confirm(
        mut self,
        receive: u64,
        (suite, limit): (MarketingSuite, u32),
        now: DateTime<Utc>,
    ) -> Result<Self, Refused> {
        let at = match &self.state {
            State::Counted { at } => *at,
            State::Counting { .. } => {
                return Err(refused(&self.state, "wait until it is `counted`"));
            }
            other => return Err(refused(other, "it was confirmed already")),
        };
        if now - at > FRESH {
            return Err(Refused::Outdated);
        }
        if self.counted.receive != receive {
            let counted = self.counted.receive;
            return Err(Refused::OtherFigures { counted });
        }
        self.at_once(suite, limit).map_err(Refused::TooMany)?;
        if receive == 0 {
            return Err(Refused::Nobody);
        }
        // What one customer alone gets is theirs whoever else the filter holds by then.
        if let Some(only) = self.counted.only {
            self.audience = Audience::Customers { of: vec![only] };
        }
        let begins = self.send_at.map_or(now, |at| at.max(now));
        self.version += 1;
        self.state = State::Sending {
            walk: Walk::begin(begins),
        };
        Ok(self)
    }

    /// Whether so many may be written to at once (MO-08). The letters that a template has are no
    /// mailing, and go to whomever they concern.
    pub fn at_once(&self, suite: MarketingSuite, limit: u32) -> Result<(), FieldError> {
        match &self.says {
            Says::Template { .. } => Ok(()),
            Says::Text { .. } => recipients(self.medium, self.counted.recipients(), suite, limit),
        }
    }

    /// Nothing more is handed over until it goes on.
    pub fn pause(mut self) -> Result<Self, Refused> {
        match self.state {
            State::Sending { walk } => {
                self.version += 1;
                self.state = State::Paused { walk };
                Ok(self)
            }
            other => Err(refused(&other, "only what is being sent can be paused")),
        }
    }

    /// Goes on where it was paused.
    pub fn resume(mut self, now: DateTime<Utc>) -> Result<Self, Refused> {
        match self.state {
            State::Paused { walk } => {
                let next_at = walk.next_at.max(now);
                self.version += 1;
                self.state = State::Sending {
                    walk: Walk { next_at, ..walk },
                };
                Ok(self)
            }
            other => Err(refused(&other, "only what is paused can go on")),
        }
    }

    /// Nothing more is handed over, ever.
    pub fn cancel(mut self, now: DateTime<Utc>) -> Result<Self, Refused> {
        match &self.state {
            State::Cancelled { .. } | State::Done { .. } => {
                Err(refused(&self.state, "it has ended"))
            }
            _ => {
                self.version += 1;
                self.state = State::Cancelled { at: now };
                Ok(self)
            }
        }
    }
}

fn refused(state: &State, remedy: &'static str) -> Refused {
    Refused::State {
        is: state.as_str(),
        remedy,
    }
}

/// Whether so many recipients may be written to at once. `limit` is the first number that may not.
fn recipients(
    medium: Medium,
    recipients: u64,
    suite: MarketingSuite,
    limit: u32,
) -> Result<(), FieldError> {
    let limited = medium == Medium::Email && suite == MarketingSuite::Off;
    if !limited || recipients < u64::from(limit) {
        return Ok(());
    }
    Err(FieldError::new(
        "recipients",
        "marketing_suite_needed",
        format!(
            "an e-mail to {recipients} recipients needs the marketing suite; without it fewer than {limit} are allowed at once"
        ),
        "switch the marketing suite on in the settings (`marketing_suite`), or choose fewer recipients",
    ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fixtures::{hours, monday};

    fn broadcast(medium: Medium, listed: u64) -> Broadcast {
        let now = monday();
        Broadcast {
            id: BroadcastId::derive(&["1"]),
            workspace: WorkspaceId::derive(&["1"]),
            version: 1,
            medium,
            connection: ConnectionId::derive(&["1"]),
            audience: Audience::Everybody,
            says: Says::Text {
                subject: Some("News".to_owned()),
                text: "Hello".to_owned(),
            },
            per_minute: 60,
            send_at: None,
            created_at: now,
            created_by: KeyId::derive(&["1"]),
            state: State::Counted { at: now },
            counted: Figures {
                receive: listed,
                ..Figures::default()
            },
            sent: Figures::default(),
        }
    }

    fn confirmed(
        broadcast: Broadcast,
        receive: u64,
        suite: MarketingSuite,
    ) -> Result<Broadcast, Refused> {
        broadcast.confirm(receive, (suite, EMAIL_RECIPIENTS), monday())
    }

    #[test]
    fn mo_08_seventy_four_pass_and_seventy_five_do_not() {
        let mail = |n, suite| confirmed(broadcast(Medium::Email, n), n, suite);
        assert!(mail(74, MarketingSuite::Off).is_ok());
        assert!(mail(100_000, MarketingSuite::On).is_ok());
        let Err(Refused::TooMany(error)) = mail(75, MarketingSuite::Off) else {
            panic!("75 must be refused");
        };
        insta::assert_json_snapshot!(error, @r#"
        {
          "field": "recipients",
          "code": "marketing_suite_needed",
          "message": "an e-mail to 75 recipients needs the marketing suite; without it fewer than 75 are allowed at once",
          "remedy": "switch the marketing suite on in the settings (`marketing_suite`), or choose fewer recipients"
        }
        "#);
        assert!(confirmed(broadcast(Medium::Sms, 75), 75, MarketingSuite::Off).is_ok());
        // Those who would not get it are recipients all the same: the list has 75.
        let mut some = broadcast(Medium::Email, 70);
        some.counted.refused.insert("no_address".to_owned(), 5);
        assert!(matches!(
            confirmed(some, 70, MarketingSuite::Off),
            Err(Refused::TooMany(_))
        ));
        let mut letter = broadcast(Medium::Email, 200);
        letter.says = Says::Template {
            kind: "waiver_updated".to_owned(),
            values: serde_json::Map::new(),
        };
        assert!(confirmed(letter, 200, MarketingSuite::Off).is_ok());
    }

    #[test]
    fn only_fresh_figures_can_be_confirmed_and_only_those_that_were_shown() {
        let counted = broadcast(Medium::Sms, 5);
        let other = confirmed(counted.clone(), 4, MarketingSuite::Off);
        assert_eq!(other, Err(Refused::OtherFigures { counted: 5 }));
        let late = counted
            .clone()
            .confirm(5, (MarketingSuite::Off, 75), monday() + hours(2));
        assert_eq!(late, Err(Refused::Outdated));
        let nobody = confirmed(broadcast(Medium::Sms, 0), 0, MarketingSuite::Off);
        assert_eq!(nobody, Err(Refused::Nobody));
        let counting = counted.clone().count_again(monday()).unwrap();
        assert_eq!(counting.counted, Figures::default());
        assert!(matches!(
            confirmed(counting, 5, MarketingSuite::Off),
            Err(Refused::State { is: "counting", .. })
        ));
        let sending = confirmed(counted, 5, MarketingSuite::Off).unwrap();
        assert!(matches!(
            confirmed(sending, 5, MarketingSuite::Off),
            Err(Refused::State { is: "sending", .. })
        ));
    }

    #[test]
    fn a_list_of_one_is_one_to_one_and_stays_that() {
        let customer = CustomerId::derive(&["only"]);
        let fate = Fate::Refused {
            code: "class_refused".to_owned(),
        };
        let mut page = Figures::default();
        page.add(customer, &fate);
        assert_eq!(page.only, Some(customer));
        let mut two = page.clone();
        two.add(CustomerId::derive(&["other"]), &fate);
        assert_eq!(two.only, None);
        assert_eq!(page.plus(&page).only, None);
        assert_eq!(page.plus(&Figures::default()).only, Some(customer));
        assert_eq!(Figures::default().plus(&page).only, Some(customer));

        let mut alone = broadcast(Medium::Sms, 1);
        alone.counted.only = Some(customer);
        let sending = confirmed(alone, 1, MarketingSuite::Off).unwrap();
        let of = vec![customer];
        assert_eq!(sending.audience, Audience::Customers { of });
    }

    #[test]
    fn a_pause_holds_the_place_and_an_end_is_final() {
        let sending = confirmed(broadcast(Medium::Sms, 500), 500, MarketingSuite::Off).unwrap();
        let page = Figures {
            receive: 10,
            ..Figures::default()
        };
        let on_its_way = sending.after(&page, Some("10".to_owned()), monday());
        assert_eq!(
            on_its_way.next_at(),
            Some(monday() + TimeDelta::seconds(10))
        );
        let paused = on_its_way.clone().pause().unwrap();
        assert_eq!(paused.next_at(), None);
        let later = monday() + hours(3);
        let resumed = paused.clone().resume(later).unwrap();
        assert_eq!(
            resumed.state,
            State::Sending {
                walk: Walk {
                    cursor: Some("10".to_owned()),
                    next_at: later
                }
            }
        );
        assert_eq!(resumed.sent.receive, 10);
        let cancelled = paused.cancel(later).unwrap();
        assert_eq!(cancelled.next_at(), None);
        for again in [
            cancelled.clone().resume(later),
            cancelled.clone().cancel(later),
            cancelled.clone().count_again(later),
        ] {
            assert!(matches!(
                again,
                Err(Refused::State {
                    is: "cancelled",
                    ..
                })
            ));
        }
        // A page that was under way when somebody cancelled changes nothing any more.
        let after = cancelled.clone().after(&page, None, later);
        assert_eq!((after.state, after.sent), (cancelled.state, cancelled.sent));
        let done = on_its_way.after(&page, None, later);
        assert_eq!((done.state.as_str(), done.sent.receive), ("done", 20));
    }

    proptest! {
        #[test]
        fn no_minute_holds_more_than_the_pace_allows(per_minute in 1..=FASTEST, pages in 1_usize..60) {
            let mut it = Broadcast { per_minute, ..broadcast(Medium::Sms, 1_000_000) };
            it = confirmed(it, 1_000_000, MarketingSuite::Off).unwrap();
            let mut left = Vec::new();
            for number in 0..pages {
                let now = it.next_at().unwrap();
                let size = u64::from(it.page());
                left.extend((0..size).map(|place| it.leaves_at(place, now)));
                let page = Figures { receive: size, ..Figures::default() };
                it = it.after(&page, Some(number.to_string()), now);
            }
            let minute = TimeDelta::minutes(1);
            for (place, from) in left.iter().enumerate() {
                let within = left.partition_point(|at| *at - *from < minute) - place;
                // Times are whole milliseconds.
                prop_assert!(within <= per_minute as usize + pages, "{within} in a minute at {per_minute}");
            }
        }
    }
}
