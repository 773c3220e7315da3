//! Messages, reports and echoes.
//!
//! The business-scoped user id is the identity; the phone number is an alias that may be
//! missing for good once a customer has chosen a user name.

use domain::channel::{ChannelUser, ProviderMessageId};

use super::{account, content};
use crate::inbound::{
    Call, DeliveryStatus, Draft, Echo, EchoOrigin, InboundEvent, InboundKind, InboundMessage,
    Pricing, Profile, ProviderError, Referral, StatusUpdate, each,
};
use crate::node::{Node, Problem};

/// One business account's share of the body.
pub(crate) fn entry(draft: &Draft, entry: &Node<'_>) -> Vec<InboundEvent> {
    let draft = Draft {
        business: entry.text("id"),
        ..draft.clone()
    };
    let Some(changes) = entry.get("changes").and_then(|changes| changes.elements()) else {
        let problem = entry.missing("changes", "a list");
        return vec![draft.unknown(entry, "entry", Some(problem))];
    };
    changes
        .iter()
        .flat_map(|change| read_change(&draft, entry, change))
        .collect()
}

fn read_change(draft: &Draft, entry: &Node<'_>, change: &Node<'_>) -> Vec<InboundEvent> {
    let field = change.text("field").unwrap_or_default();
    let Some(value) = change.get("value") else {
        let problem = change.missing("value", "an object");
        return vec![draft.unknown(change, &field, Some(problem))];
    };
    let draft = Draft {
        account: value
            .at(&["metadata"])
            .and_then(|metadata| metadata.text("phone_number_id")),
        ..draft.clone()
    };
    let mut events = Vec::new();
    each(&draft, &value, "messages", &mut events, |message| {
        read_message(&draft, &value, message)
    });
    each(&draft, &value, "statuses", &mut events, |status| {
        read_status(&draft, &value, status)
    });
    each(&draft, &value, "message_echoes", &mut events, |echo| {
        read_echo(&draft, &value, echo)
    });
    each(&draft, &value, "calls", &mut events, |call| {
        read_call(&draft, &value, call)
    });
    account::read_lists(&draft, entry, &value, &field, &mut events);
    if events.is_empty() {
        events.push(account::read_change(&draft, entry, change, &value, &field));
    }
    events
}

fn read_message(
    draft: &Draft,
    value: &Node<'_>,
    message: &Node<'_>,
) -> Result<InboundEvent, Problem> {
    let id = message.need_message_id("id")?;
    let kind = message_kind(message)?;
    let person =
        Person::of(message, "from_user_id", "from", "from_parent_user_id").completed(value);
    let contact = contact_of(value, &person);
    let dedup = format!("msg:{}", id.reveal());
    let event = draft
        .event(message.time("timestamp"), dedup, kind)
        .with_profile(profile(contact.as_ref(), message));
    Ok(person.attach(event).with_raw_if_unsupported(message))
}

fn message_kind(message: &Node<'_>) -> Result<InboundKind, Problem> {
    let kind = message.text("type").unwrap_or_else(|| "no type".to_owned());
    let detail = message.get(&kind);
    match (kind.as_str(), detail) {
        ("reaction", Some(reaction)) => Ok(InboundKind::Reaction {
            target: reaction.need_message_id("message_id")?,
            emoji: reaction.text("emoji"),
        }),
        ("edit", Some(edit)) => edited(&edit, false),
        ("revoke", Some(revoke)) => revoked(&revoke, false),
        // The customer opened the chat for the first time, and has not written yet.
        ("request_welcome", _) => Ok(InboundKind::System { kind }),
        ("system", Some(system)) => Ok(account::system_kind(message, &system)),
        _ => {
            let id = message.need_message_id("id")?;
            Ok(InboundKind::Message(Box::new(inbound_message(id, message))))
        }
    }
}

fn edited(edit: &Node<'_>, by_business: bool) -> Result<InboundKind, Problem> {
    let content = match edit.get("message") {
        Some(now) => content::read(&now),
        None => content::unsupported("edit"),
    };
    Ok(InboundKind::Edited {
        target: edit.need_message_id("original_message_id")?,
        content,
        by_business,
    })
}

fn revoked(revoke: &Node<'_>, by_business: bool) -> Result<InboundKind, Problem> {
    Ok(InboundKind::Revoked {
        target: revoke.need_message_id("original_message_id")?,
        by_business,
    })
}

fn inbound_message(id: ProviderMessageId, message: &Node<'_>) -> InboundMessage {
    let context = message.get("context");
    let context = context.as_ref();
    InboundMessage {
        reply_to: context.and_then(|context| context.message_id("id")),
        forwarded: context.is_some_and(|context| {
            context.is_true("forwarded") || context.is_true("frequently_forwarded")
        }),
        referral: message
            .object("referral")
            .map(|referral| ad(&referral))
            .or_else(|| {
                context?
                    .get("referred_product")
                    .map(|product| shop(&product))
            }),
        group: message.text("group_id"),
        ..InboundMessage::new(id, content::read(message))
    }
}

fn ad(referral: &Node<'_>) -> Referral {
    Referral {
        source: referral.text("source_type"),
        source_id: referral.text("source_id"),
        url: referral.text("source_url"),
        headline: referral.text("headline"),
        click_id: referral.text("ctwa_clid"),
        ..Referral::default()
    }
}

fn shop(product: &Node<'_>) -> Referral {
    Referral {
        source: Some("product".to_owned()),
        source_id: product.text("catalog_id"),
        product: product.text("product_retailer_id"),
        ..Referral::default()
    }
}

fn read_status(
    draft: &Draft,
    value: &Node<'_>,
    status: &Node<'_>,
) -> Result<InboundEvent, Problem> {
    let id = status.need_message_id("id")?;
    let name = status.need_text("status")?;
    let Some(delivery) = DeliveryStatus::from_name(&name) else {
        return Ok(draft.unknown(status, &format!("status {name}"), None));
    };
    let participant = status.user("recipient_participant_id");
    let mut dedup = format!("status:{}:{name}", id.reveal());
    if let Some(participant) = &participant {
        dedup = format!("{dedup}:{}", participant.reveal());
    }
    let update = StatusUpdate {
        id,
        status: delivery,
        correlation: status.text("biz_opaque_callback_data"),
        errors: status.list("errors").iter().filter_map(error).collect(),
        pricing: status.get("pricing").map(|pricing| read_pricing(&pricing)),
        free_until: status
            .get("conversation")
            .and_then(|conversation| conversation.time("expiration_timestamp")),
        participant,
    };
    // In a group `recipient_id` is the group, and nobody's alias.
    let address = match status.text("recipient_type").as_deref() {
        Some("group") => "recipient_participant_id",
        _ => "recipient_id",
    };
    let person = Person::of(
        status,
        "recipient_user_id",
        address,
        "recipient_parent_user_id",
    )
    .completed(value);
    let contact = contact_of(value, &person);
    let kind = InboundKind::Status(update);
    let event = draft
        .event(status.time("timestamp"), dedup, kind)
        .with_profile(profile(contact.as_ref(), status));
    Ok(person.attach(event))
}

/// An error of a status, a message or the account.
pub(crate) fn error(error: &Node<'_>) -> Option<ProviderError> {
    Some(ProviderError {
        code: error.int("code")?,
        subcode: error.int("error_subcode"),
        title: error.text("title").or_else(|| error.text("message")),
        details: error
            .get("error_data")
            .and_then(|data| data.text("details")),
    })
}

fn read_pricing(pricing: &Node<'_>) -> Pricing {
    Pricing {
        billable: pricing
            .get("billable")
            .and_then(|billable| billable.value().as_bool()),
        model: pricing.text("pricing_model"),
        kind: pricing.text("type"),
        category: pricing.text("category"),
    }
}

/// A message that somebody typed in the WhatsApp Business app.
fn read_echo(draft: &Draft, value: &Node<'_>, echo: &Node<'_>) -> Result<InboundEvent, Problem> {
    let id = echo.need_message_id("id")?;
    let dedup = format!("echo:{}", id.reveal());
    let kind = match (echo.get("edit"), echo.get("revoke")) {
        (Some(edit), _) => edited(&edit, true)?,
        (None, Some(revoke)) => revoked(&revoke, true)?,
        (None, None) => InboundKind::Echo(Echo {
            id,
            content: content::read(echo),
            origin: EchoOrigin::Person,
            metadata: None,
        }),
    };
    let person = Person::of(echo, "to_user_id", "to", "to_parent_user_id").completed(value);
    let contact = contact_of(value, &person);
    let profile = Profile {
        phone: echo.phone("to"),
        ..profile(contact.as_ref(), echo)
    };
    let event = draft.event(echo.time("timestamp"), dedup, kind);
    Ok(person.attach(event.with_profile(profile)))
}

fn read_call(draft: &Draft, value: &Node<'_>, call: &Node<'_>) -> Result<InboundEvent, Problem> {
    let id = call.need_text("id")?;
    let event = call.text("event");
    let by_customer = call.text("direction").as_deref() == Some("USER_INITIATED");
    let person = if by_customer {
        Person::of(call, "from_user_id", "from", "from_parent_user_id")
    } else {
        Person::of(call, "to_user_id", "to", "to_parent_user_id")
    };
    let dedup = format!("call:{id}:{}", event.as_deref().unwrap_or_default());
    let kind = InboundKind::Call(Call {
        id,
        event,
        by_customer,
    });
    let person = person.completed(value);
    let contact = contact_of(value, &person);
    let event = draft
        .event(call.time("timestamp"), dedup, kind)
        .with_profile(profile(contact.as_ref(), call));
    Ok(person.attach(event))
}

/// The ids of one customer, the most stable one first.
pub(crate) struct Person {
    ids: Vec<ChannelUser>,
}

impl Person {
    pub(crate) fn of(node: &Node<'_>, scoped: &str, phone: &str, parent: &str) -> Self {
        let mut ids = Vec::new();
        for id in [node.user(scoped), node.user(phone), node.user(parent)] {
            ids.extend(id.filter(|id| !ids.contains(id)));
        }
        Self { ids }
    }

    /// Adds the ids of the contact that is surely the same person: one of them is shared.
    pub(crate) fn completed(mut self, value: &Node<'_>) -> Self {
        let contacts = value.list("contacts");
        let Some(same) = contacts.iter().find(|contact| self.owns(contact)) else {
            return self;
        };
        let scoped = same.user("user_id");
        let others = [same.user("wa_id"), same.user("parent_user_id")];
        let mut ids: Vec<ChannelUser> = scoped.into_iter().collect();
        for id in self.ids.into_iter().chain(others.into_iter().flatten()) {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        self.ids = ids;
        self
    }

    fn owns(&self, contact: &Node<'_>) -> bool {
        let ids = [contact.user("user_id"), contact.user("wa_id")];
        ids.iter().flatten().any(|id| self.ids.contains(id))
    }

    pub(crate) fn key(&self) -> &str {
        self.ids.first().map_or("", ChannelUser::reveal)
    }

    pub(crate) fn attach(self, event: InboundEvent) -> InboundEvent {
        let mut ids = self.ids.into_iter();
        InboundEvent {
            user: ids.next(),
            aliases: ids.collect(),
            ..event
        }
    }
}

/// The contact that belongs to the sender; the only one, when there is just one.
pub(crate) fn contact_of<'a>(value: &Node<'a>, person: &Person) -> Option<Node<'a>> {
    let contacts = value.list("contacts");
    let named = contacts.iter().find(|contact| person.owns(contact));
    match (named, contacts.as_slice()) {
        (Some(contact), _) | (None, [contact]) => Some(contact.clone()),
        _ => None,
    }
}

pub(crate) fn profile(contact: Option<&Node<'_>>, message: &Node<'_>) -> Profile {
    let shown = contact.and_then(|contact| contact.get("profile"));
    let shown = shown.as_ref();
    let given = message.list("contacts");
    let own = given
        .iter()
        .find(|card| card.text("origin").as_deref() == Some("contact_request"))
        .and_then(|card| card.list("phones").first()?.phone("wa_id"));
    Profile {
        display_name: shown.and_then(|shown| shown.text("name")),
        username: shown.and_then(|shown| shown.text("username")),
        phone: message
            .phone("from")
            .or_else(|| contact.and_then(|contact| contact.phone("wa_id")))
            .or(own),
        ..Profile::default()
    }
}
