//! A customer as JSON.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::channel::Channel;
use domain::contact::{
    ContactDraft, ContactKind, CustomValue, FieldName, Labelled, ProfileDraft, Reference,
};
use domain::customer::{Customer, CustomerName, Reach};
use domain::field::{FieldError, FieldErrors};
use domain::ids::{ConnectionId, ConversationId, CustomerId};
use domain::settings::Locale;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::{Patch, Problem, optional_text};
use crate::schema;

const NAME_LIMIT: usize = 100;

/// A customer: one person, whichever channels they write on.
#[derive(Serialize, ToSchema)]
#[schema(as = Customer)]
pub(crate) struct CustomerOut {
    #[schema(value_type = schema::CustomerId)]
    id: CustomerId,
    /// Also in `ETag`; rises with every change, also with messages.
    version: u64,
    /// The business's own id.
    reference: Option<String>,
    name: NameOut,
    /// The whole name, as lists show and sort it.
    full_name: String,
    /// In the order in which they stand here, the first one first where one has to be chosen.
    emails: Vec<ContactOut>,
    phones: Vec<ContactOut>,
    #[schema(value_type = Option<schema::Locale>)]
    locale: Option<Locale>,
    /// The language that the platform told, in two letters.
    language: Option<String>,
    /// An IANA zone; `null`: that of the workspace.
    zone: Option<String>,
    tags: Vec<String>,
    /// Texts, whole numbers, dates, `true` and `false`.
    #[schema(value_type = BTreeMap<String, schema::FieldValue>)]
    fields: BTreeMap<FieldName, CustomValue>,
    locations: Vec<String>,
    /// Who of the team takes care of them.
    responsible: Vec<String>,
    conversations: Vec<ReachOut>,
    /// Since when they want no automated message at all.
    opted_out_at: Option<DateTime<Utc>>,
    /// Since when they want no marketing.
    marketing_stopped_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

/// The parts of a name.
#[derive(Serialize, ToSchema)]
#[schema(as = CustomerName)]
struct NameOut {
    /// As the platform shows it, or as it was typed.
    display: Option<String>,
    first: Option<String>,
    last: Option<String>,
}

/// An address.
#[derive(Serialize, ToSchema)]
#[schema(as = Contact)]
struct ContactOut {
    value: String,
    #[schema(value_type = schema::ContactKind)]
    kind: ContactKind,
    added_at: DateTime<Utc>,
}

/// A conversation with them.
#[derive(Serialize, ToSchema)]
#[schema(as = CustomerConversation)]
struct ReachOut {
    #[schema(value_type = schema::ConversationId)]
    id: ConversationId,
    #[schema(value_type = schema::ConnectionId)]
    connection: ConnectionId,
    #[schema(value_type = schema::Channel)]
    channel: Channel,
}

/// What is to be known about a customer, as a JSON merge patch (RFC 7396): what is absent stays,
/// `null` clears, parts of objects (`name`, `fields`) that are not named stay, lists are replaced.
#[derive(Clone, Default, Deserialize, Serialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = CustomerInput)]
pub(crate) struct CustomerIn {
    /// Your own id of the customer, unique in the workspace.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 128)]
    reference: Patch<String>,
    /// `null`: nothing is known of the name.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    #[schema(value_type = Option<NameIn>)]
    name: Patch<NameIn>,
    /// All of them; `null`: none.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    #[schema(value_type = Option<Vec<ContactIn>>, max_items = 20)]
    emails: Patch<Vec<ContactIn>>,
    /// All of them, in international form with `+`; `null`: none.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    #[schema(value_type = Option<Vec<ContactIn>>, max_items = 20)]
    phones: Patch<Vec<ContactIn>>,
    /// The language to write to them in; `null`: what the platform told, else the workspace's.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    #[schema(value_type = Option<schema::Locale>)]
    locale: Patch<Locale>,
    /// An IANA zone; `null`: that of the workspace.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    #[schema(value_type = Option<String>, example = "Europe/Vienna")]
    zone: Patch<String>,
    /// All of them; `null`: none.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    #[schema(value_type = Option<Vec<String>>, max_items = 50)]
    tags: Patch<Vec<String>>,
    /// Texts up to 500 characters, whole numbers, `true` and `false`; `null` removes a field, and
    /// one that is not named stays; `null` for all removes all. Dates are texts such as `2026-11-22`.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    #[schema(value_type = Option<BTreeMap<String, serde_json::Value>>)]
    fields: Patch<BTreeMap<String, Option<CustomValue>>>,
    /// All of them; `null`: none.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    #[schema(value_type = Option<Vec<String>>, max_items = 20)]
    locations: Patch<Vec<String>>,
    /// Who of the team takes care of them; `null`: nobody.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    #[schema(value_type = Option<Vec<String>>, max_items = 20)]
    responsible: Patch<Vec<String>>,
}

/// The parts of a name; what is absent stays, `null` clears. With a first or last name from you the
/// display name that a platform told gives way.
#[derive(Clone, Default, Deserialize, Serialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = CustomerNameInput)]
struct NameIn {
    #[serde(skip_serializing_if = "Patch::is_absent")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    display: Patch<String>,
    #[serde(skip_serializing_if = "Patch::is_absent")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    first: Patch<String>,
    #[serde(skip_serializing_if = "Patch::is_absent")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    last: Patch<String>,
}

/// An address and what it is used for.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ContactInput)]
struct ContactIn {
    #[schema(min_length = 1, max_length = 254)]
    value: String,
    /// `other` unless given.
    #[serde(default)]
    #[schema(value_type = schema::ContactKind, required = false)]
    kind: ContactKind,
}

impl CustomerIn {
    /// The customer with these changes, or everything that is wrong with them.
    pub(super) fn applied(self, to: &Customer, now: DateTime<Utc>) -> Result<Customer, Problem> {
        let mut errors = FieldErrors::default();
        let name = self.name.into_option().map(|name| match name {
            None => CustomerName::default(),
            Some(name) => name.checked(to, &mut errors),
        });
        let draft = ProfileDraft {
            emails: all(self.emails).map(drafts),
            phones: all(self.phones).map(drafts),
            locale: self.locale.into_option(),
            zone: self.zone.into_option(),
            tags: all(self.tags),
            fields: match self.fields {
                Patch::Absent => BTreeMap::new(),
                Patch::Null => {
                    let known = to.profile.fields.keys();
                    known.map(|name| (name.to_string(), None)).collect()
                }
                Patch::Value(fields) => fields,
            },
            locations: all(self.locations),
            responsible: all(self.responsible),
        };
        let profile = to.profile.changed(&draft, now);
        let profile = profile.map_err(|wrong| wrong.into_iter().for_each(|e| errors.push(e)));
        let reference = self.reference.into_option().map(|reference| {
            let parsed = reference.as_deref().map(Reference::parse).transpose();
            errors.take(parsed).flatten()
        });
        errors.finish()?;
        let mut changed = to.clone();
        if let Some(name) = name {
            if name != to.name {
                changed.named_by_staff = name != CustomerName::default();
            }
            changed.name = name;
        }
        if let Some(reference) = reference {
            changed.reference = reference;
        }
        if let Ok(profile) = profile {
            changed.profile = profile;
        }
        Ok(changed)
    }
}

impl NameIn {
    fn checked(self, to: &Customer, errors: &mut FieldErrors) -> CustomerName {
        let mut known = to.name.clone();
        let parts = [&self.first, &self.last];
        let names_a_part = parts.iter().any(|part| matches!(part, Patch::Value(_)));
        if names_a_part && self.display.is_absent() {
            // What is shown as the whole name would hide the part that staff correct.
            let part = |text: String| Some(text).filter(|text| !text.is_empty());
            known = CustomerName {
                display: None,
                first: part(known.first_name()),
                last: part(known.last_name()),
            };
        }
        let mut part = |field: &str, text: Patch<String>, known: &mut Option<String>| {
            let Some(text) = text.into_option() else {
                return;
            };
            let checked = optional_text(field, text.as_deref(), NAME_LIMIT);
            let checked = checked.and_then(|text| one_line(field, text));
            *known = errors.take(checked).flatten();
        };
        part("name.display", self.display, &mut known.display);
        part("name.first", self.first, &mut known.first);
        part("name.last", self.last, &mut known.last);
        known
    }
}

/// `null` is the empty list.
fn all<T>(list: Patch<Vec<T>>) -> Option<Vec<T>> {
    list.into_option().map(Option::unwrap_or_default)
}

fn one_line(field: &str, text: Option<String>) -> Result<Option<String>, FieldError> {
    match text {
        Some(text) if text.contains(char::is_control) => Err(FieldError::new(
            field,
            "control_character",
            format!("`{field}` has more than one line"),
            "write the name in one line",
        )),
        text => Ok(text),
    }
}

fn drafts(contacts: Vec<ContactIn>) -> Vec<ContactDraft> {
    let draft = |ContactIn { value, kind }| ContactDraft { value, kind };
    contacts.into_iter().map(draft).collect()
}

impl CustomerOut {
    pub(super) fn new(customer: Customer) -> Self {
        let Customer {
            id,
            workspace: _,
            version,
            name,
            language,
            conversations,
            offered: _,
            chat,
            named_by_staff: _,
            turn: _,
            said: _,
            automated_at: _,
            habit: _,
            reference,
            profile,
            created_at,
        } = customer;
        Self {
            id,
            version,
            reference: reference.map(String::from),
            full_name: name.full_name(),
            name: NameOut {
                display: name.display,
                first: name.first,
                last: name.last,
            },
            emails: contacts(profile.emails),
            phones: contacts(profile.phones),
            locale: profile.locale,
            language,
            zone: profile.zone.map(|zone| zone.name().to_owned()),
            tags: profile.tags.into_iter().map(String::from).collect(),
            fields: profile.fields,
            locations: profile.locations.into_iter().map(String::from).collect(),
            responsible: profile.responsible.into_iter().collect(),
            conversations: conversations.into_iter().map(ReachOut::from).collect(),
            opted_out_at: chat.opted_out_at,
            marketing_stopped_at: chat.marketing_stopped_at,
            created_at,
        }
    }
}

fn contacts<T: Into<String>>(contacts: Vec<Labelled<T>>) -> Vec<ContactOut> {
    let shown = |contact: Labelled<T>| ContactOut {
        value: contact.value.into(),
        kind: contact.kind,
        added_at: contact.added_at,
    };
    contacts.into_iter().map(shown).collect()
}

impl From<Reach> for ReachOut {
    fn from(reach: Reach) -> Self {
        let Reach {
            conversation,
            connection,
            channel,
            window_closes_at: _,
            refusal: _,
        } = reach;
        Self {
            id: conversation,
            connection,
            channel,
        }
    }
}
