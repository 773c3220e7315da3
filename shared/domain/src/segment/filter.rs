//! What a filter can ask, and what is checked when one is saved.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::channel::Channel;
use crate::consent::{Class, State};
use crate::contact::{CustomValue, FieldName, Tag};
use crate::field::{FieldError, FieldErrors, required_text};
use crate::ids::{SegmentId, WorkspaceId};
use crate::rebooking::{Category, Status};
use crate::settings::Locale;

/// The longest name, in Unicode scalar values.
pub const NAME_LIMIT: usize = 100;
/// The most conditions in one filter.
pub const CONDITIONS: usize = 60;
/// The most levels of conditions inside conditions.
pub const DEPTH: usize = 6;
/// The longest span, in days.
pub const DAYS: u32 = 3_650;
/// The longest text to compare with, in Unicode scalar values.
pub const TEXT_LIMIT: usize = 200;

/// A saved filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Its id.
    pub id: SegmentId,
    /// Whose.
    pub workspace: WorkspaceId,
    /// Rises with every change.
    pub version: u64,
    /// Its name in lists.
    pub name: String,
    /// Whom it holds.
    pub filter: Filter,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// What the owner sends; [`check`] says whether it can be saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentDraft {
    /// Its name.
    pub name: Option<String>,
    /// Whom it is to hold.
    pub filter: Filter,
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
pub enum Filter {
    /// All of these hold.
    All {
        /// Which.
        of: Vec<Filter>,
    },
    /// At least one of these holds.
    Any {
        /// Which.
        of: Vec<Filter>,
    },
    /// This does not hold.
    Not {
        /// What.
        of: Box<Filter>,
    },
    /// Has the tag.
    Tagged {
        /// Which.
        tag: Tag,
    },
    /// Comes to the location.
    AtLocation {
        /// Which.
        location: Tag,
    },
    /// Is taken care of by this person.
    Responsible {
        /// Whom.
        name: String,
    },
    /// Is known to want the language.
    Language {
        /// Which.
        locale: Locale,
    },
    /// Can be reached there.
    Reachable {
        /// Where.
        on: Reachable,
    },
    /// One of the owner's own fields.
    Field {
        /// Its name.
        name: FieldName,
        /// What it must be.
        test: FieldTest,
    },
    /// Was first heard of at most so many days ago.
    NewWithin {
        /// How many.
        days: u32,
    },
    /// What was said about a class of messages.
    Consent {
        /// Which.
        class: Class,
        /// What.
        state: Standing,
    },
    /// Appointments.
    Appointments {
        /// Of what sort, when, how many.
        test: AppointmentTest,
    },
    /// The last completed visit was at least so many days ago. Not for those who never came.
    LastVisitBefore {
        /// How many.
        days: u32,
    },
    /// Something was noted about them in the last days.
    Activity {
        /// What.
        kind: Tag,
        /// How many days.
        days: u32,
    },
    /// Wrote to us in the last days.
    WroteWithin {
        /// How many.
        days: u32,
    },
    /// Has a conversation that nobody has read.
    Unread,
    /// Waits for an answer of a person.
    Waiting,
}

/// Where somebody can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reachable {
    /// By e-mail.
    Email,
    /// By SMS.
    Sms,
    /// In this messenger.
    #[serde(untagged)]
    Chat(Channel),
}

/// How a class of messages stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Nobody said anything.
    Unsaid,
    /// Asked for, not confirmed.
    Pending,
    /// Agreed to, and not stopped.
    Granted,
    /// Refused, or stopped together with others.
    Refused,
}

impl From<State> for Standing {
    fn from(state: State) -> Self {
        match state {
            State::Unsaid => Self::Unsaid,
            State::Pending { .. } => Self::Pending,
            State::Granted { .. } => Self::Granted,
            State::Refused { .. } => Self::Refused,
        }
    }
}

/// What a field must be. A field that is not filled in fails every test but `missing`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "test", rename_all = "snake_case", deny_unknown_fields)]
pub enum FieldTest {
    /// Not filled in.
    Missing,
    /// This value; texts are compared without case.
    Equals {
        /// Which.
        value: CustomValue,
    },
    /// A text with this in it, without case.
    Contains {
        /// What.
        text: String,
    },
    /// A number.
    AtLeast {
        /// The smallest.
        number: i64,
    },
    /// A number.
    AtMost {
        /// The largest.
        number: i64,
    },
    /// A day.
    OnOrAfter {
        /// The first.
        date: NaiveDate,
    },
    /// A day.
    OnOrBefore {
        /// The last.
        date: NaiveDate,
    },
    /// A day whose anniversary is today or in the next days: birthdays.
    AnniversaryWithin {
        /// How many days ahead; 0: today.
        days: u32,
    },
}

/// At least `at_least` appointments in a span that ends or begins now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppointmentTest {
    /// In which state.
    pub status: Status,
    /// In the next days (booked ones) or the last days (all others); `None`: at any time.
    pub days: Option<u32>,
    /// Only of this category.
    pub category: Option<Category>,
    /// How many at least, from 1.
    pub at_least: u32,
}

/// Name and filter of a draft, or everything that is wrong with it.
pub fn check(draft: &SegmentDraft) -> Result<(String, Filter), Vec<FieldError>> {
    let mut errors = FieldErrors::default();
    let purpose = "a name under which the list is found, such as `Regulars without appointment`";
    let name = errors.take(required_text(
        "name",
        draft.name.as_deref(),
        NAME_LIMIT,
        purpose,
    ));
    let conditions = draft.filter.count();
    if conditions > CONDITIONS {
        errors.push(FieldError::new(
            "filter",
            "too_many_conditions",
            format!("the filter has {conditions} conditions; at most {CONDITIONS} are allowed"),
            "mark the customers with a tag and filter by that",
        ));
    }
    check_filter(&draft.filter, "filter", 1, &mut errors);
    errors.finish()?;
    Ok((name.unwrap_or_default(), draft.filter.clone()))
}

impl Filter {
    /// How many conditions it has, itself included.
    #[must_use]
    pub fn count(&self) -> usize {
        match self {
            Self::All { of } | Self::Any { of } => 1 + of.iter().map(Self::count).sum::<usize>(),
            Self::Not { of } => 1 + of.count(),
            _ => 1,
        }
    }
}

/// What of a customer a filter looks at besides the customer's own record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Their conversations.
    pub threads: bool,
    /// Their appointments.
    pub appointments: bool,
    /// What was noted about them.
    pub activity: bool,
}

impl Filter {
    /// What has to be read to evaluate it.
    #[must_use]
    pub fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        self.note(&mut needs);
        needs
    }

    fn note(&self, needs: &mut Needs) {
        match self {
            Self::All { of } | Self::Any { of } => of.iter().for_each(|one| one.note(needs)),
            Self::Not { of } => of.note(needs),
            Self::WroteWithin { .. } | Self::Unread | Self::Waiting => needs.threads = true,
            Self::Appointments { .. } | Self::LastVisitBefore { .. } => needs.appointments = true,
            Self::Activity { .. } => needs.activity = true,
            Self::Tagged { .. }
            | Self::AtLocation { .. }
            | Self::Responsible { .. }
            | Self::Language { .. }
            | Self::Reachable { .. }
            | Self::Field { .. }
            | Self::NewWithin { .. }
            | Self::Consent { .. } => {}
        }
    }
}

fn check_filter(filter: &Filter, path: &str, depth: usize, errors: &mut FieldErrors) {
    if depth > DEPTH {
        errors.push(FieldError::new(
            path,
            "too_deep",
            format!("conditions stand in more than {DEPTH} levels"),
            "take a level out; `not` inside `not` is never needed",
        ));
        return;
    }
    match filter {
        Filter::All { of } | Filter::Any { of } => {
            if of.is_empty() {
                errors.push(FieldError::new(
                    &format!("{path}.of"),
                    "required",
                    "there is no condition in it",
                    "add one, or leave the whole group out",
                ));
            }
            for (place, inner) in of.iter().enumerate() {
                check_filter(inner, &format!("{path}.of[{place}]"), depth + 1, errors);
            }
        }
        Filter::Not { of } => check_filter(of, &format!("{path}.of"), depth + 1, errors),
        Filter::Responsible { name } => {
            text(&format!("{path}.name"), name, errors);
        }
        Filter::Field { test, .. } => check_field(test, &format!("{path}.test"), errors),
        Filter::NewWithin { days: n }
        | Filter::LastVisitBefore { days: n }
        | Filter::Activity { days: n, .. }
        | Filter::WroteWithin { days: n } => days(&format!("{path}.days"), *n, errors),
        Filter::Appointments { test } => {
            let path = format!("{path}.test");
            if let Some(n) = test.days {
                days(&format!("{path}.days"), n, errors);
            }
            if test.at_least == 0 {
                errors.push(FieldError::new(
                    &format!("{path}.at_least"),
                    "too_small",
                    "every customer has at least 0 appointments",
                    "write 1 or more; for those without any, put `not` around the condition",
                ));
            }
        }
        Filter::Tagged { .. }
        | Filter::AtLocation { .. }
        | Filter::Language { .. }
        | Filter::Reachable { .. }
        | Filter::Consent { .. }
        | Filter::Unread
        | Filter::Waiting => {}
    }
}

fn check_field(test: &FieldTest, path: &str, errors: &mut FieldErrors) {
    match test {
        FieldTest::Equals { value } => {
            if let CustomValue::Text(value) = value {
                text(&format!("{path}.value"), value, errors);
            }
        }
        FieldTest::Contains { text: part } => text(&format!("{path}.text"), part, errors),
        FieldTest::AnniversaryWithin { days: n } => {
            if *n > 365 {
                errors.push(FieldError::new(
                    &format!("{path}.days"),
                    "too_large",
                    format!("every day has its anniversary within {n} days"),
                    "write 0 to 365",
                ));
            }
        }
        FieldTest::Missing
        | FieldTest::AtLeast { .. }
        | FieldTest::AtMost { .. }
        | FieldTest::OnOrAfter { .. }
        | FieldTest::OnOrBefore { .. } => {}
    }
}

fn text(field: &str, text: &str, errors: &mut FieldErrors) {
    errors.take(required_text(
        field,
        Some(text),
        TEXT_LIMIT,
        "write what to compare with",
    ));
}

fn days(field: &str, n: u32, errors: &mut FieldErrors) {
    if !(1..=DAYS).contains(&n) {
        errors.push(FieldError::new(
            field,
            "out_of_range",
            format!("{n} days are not possible"),
            format!("write 1 to {DAYS}"),
        ));
    }
}
