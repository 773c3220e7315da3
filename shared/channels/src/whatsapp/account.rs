//! What is not about one message: ids, preferences, templates, alerts.

use domain::channel::ChannelUser;

use super::inbound::{Person, contact_of, error, profile};
use crate::inbound::{
    AccountAlert, CategoryChange, Draft, InboundEvent, InboundKind, MarketingChoice, TemplateRef,
    TemplateStatus, each, fingerprint,
};
use crate::node::{Node, Problem};

/// Fields whose value is a list of elements.
pub(crate) fn read_lists(
    draft: &Draft,
    entry: &Node<'_>,
    value: &Node<'_>,
    field: &str,
    events: &mut Vec<InboundEvent>,
) {
    each(draft, value, "user_preferences", events, |preference| {
        read_preference(draft, value, preference)
    });
    each(draft, value, "user_id_update", events, |update| {
        read_id_update(draft, update)
    });
    each(draft, value, "errors", events, |failure| {
        let error = error(failure).ok_or_else(|| failure.missing("code", "a number"))?;
        let kind = InboundKind::AccountAlert(AccountAlert {
            field: field.to_owned(),
            event: Some("error".to_owned()),
            errors: vec![error],
        });
        Ok(account_event(draft, entry, failure, kind))
    });
}

fn read_preference(
    draft: &Draft,
    value: &Node<'_>,
    preference: &Node<'_>,
) -> Result<InboundEvent, Problem> {
    let choice = preference.need_text("value")?;
    let category = preference.need_text("category")?;
    let marketing = match (category.as_str(), choice.as_str()) {
        ("marketing_messages", "stop") => MarketingChoice::Stop,
        ("marketing_messages", "resume") => MarketingChoice::Resume,
        _ => {
            let kind = format!("preference {category} {choice}");
            return Ok(draft.unknown(preference, &kind, None));
        }
    };
    let person = Person::of(preference, "user_id", "wa_id", "parent_user_id");
    let at = preference.time("timestamp");
    let seconds = at.map_or(0, |at| at.timestamp());
    let dedup = format!("preference:{}:{choice}:{seconds}", person.key());
    let kind = InboundKind::PreferenceChanged { marketing };
    let contact = contact_of(value, &person);
    let event = draft
        .event(at, dedup, kind)
        .with_profile(profile(contact.as_ref(), preference));
    Ok(person.attach(event))
}

fn read_id_update(draft: &Draft, update: &Node<'_>) -> Result<InboundEvent, Problem> {
    let change = update
        .get("user_id")
        .ok_or_else(|| update.missing("user_id", "an object"))?;
    let (previous, current) = previous_and_current(&change)
        .ok_or_else(|| change.missing("previous", "two ids, previous and current"))?;
    let at = update.time("timestamp");
    Ok(id_changed(draft, update, at, previous, current))
}

fn previous_and_current(change: &Node<'_>) -> Option<(ChannelUser, ChannelUser)> {
    Some((change.user("previous")?, change.user("current")?))
}

fn id_changed(
    draft: &Draft,
    update: &Node<'_>,
    at: Option<chrono::DateTime<chrono::Utc>>,
    previous: ChannelUser,
    current: ChannelUser,
) -> InboundEvent {
    let dedup = format!("user_id:{}:{}", previous.reveal(), current.reveal());
    let user = previous.clone();
    let kind = InboundKind::UserIdChanged { previous, current };
    let event = draft.event(at, dedup, kind).by(Some(user));
    InboundEvent {
        aliases: update.user("wa_id").into_iter().collect(),
        ..event
    }
}

/// A message of type `system`: a customer's number or id changed.
pub(crate) fn system_kind(message: &Node<'_>, system: &Node<'_>) -> InboundKind {
    let kind = system.text("type").unwrap_or_else(|| "system".to_owned());
    let named = system
        .get("user_id")
        .and_then(|change| previous_and_current(&change));
    // A new number brings a new scoped id; numbers count where no scoped id is named.
    let guessed = || {
        let changed = matches!(
            kind.as_str(),
            "user_changed_user_id" | "user_changed_number" | "customer_changed_number"
        );
        let scoped = message.user("from_user_id").zip(system.user("user_id"));
        let numbers = message
            .user("from")
            .zip(system.user("wa_id").or_else(|| system.user("new_wa_id")));
        if changed { scoped.or(numbers) } else { None }
    };
    match named.or_else(guessed) {
        Some((previous, current)) => InboundKind::UserIdChanged { previous, current },
        None => InboundKind::System { kind },
    }
}

/// Fields whose value is one object: templates and the account itself.
pub(crate) fn read_change(
    draft: &Draft,
    entry: &Node<'_>,
    change: &Node<'_>,
    value: &Node<'_>,
    field: &str,
) -> InboundEvent {
    match change_kind(change, value, field) {
        Some(kind @ InboundKind::AccountAlert(_)) => account_event(draft, entry, change, kind),
        Some(kind) => {
            let at = entry.time("time");
            draft.event(at, template_dedup(entry, &kind), kind)
        }
        None => draft.unknown(change, field, None),
    }
}

/// The platform's own samples mislabel some fields, so what a value holds comes first.
fn change_kind(change: &Node<'_>, value: &Node<'_>, field: &str) -> Option<InboundKind> {
    if let Some(template) = template_ref(value) {
        return template_kind(change, value, field, template);
    }
    let alert = matches!(
        field,
        "phone_number_quality_update"
            | "phone_number_name_update"
            | "account_update"
            | "account_alerts"
            | "account_review_update"
            | "business_capability_update"
            | "security"
    );
    alert.then(|| {
        InboundKind::AccountAlert(AccountAlert {
            field: field.to_owned(),
            event: ["event", "alert_type", "decision"]
                .iter()
                .find_map(|key| value.text(key)),
            errors: Vec::new(),
        })
    })
}

fn template_ref(value: &Node<'_>) -> Option<TemplateRef> {
    Some(TemplateRef {
        id: value.text("message_template_id")?,
        name: value.text("message_template_name"),
        language: value.text("message_template_language"),
    })
}

fn template_kind(
    change: &Node<'_>,
    value: &Node<'_>,
    field: &str,
    template: TemplateRef,
) -> Option<InboundKind> {
    if let Some(current) = value.text("new_quality_score") {
        return Some(InboundKind::TemplateQuality {
            template,
            previous: value.text("previous_quality_score"),
            current,
        });
    }
    if let Some(change) = category_change(value) {
        return Some(InboundKind::TemplateCategory { template, change });
    }
    if let Some(event) = value.text("event") {
        return Some(InboundKind::TemplateStatus(TemplateStatus {
            template,
            event,
            category: value.text("message_template_category"),
            reason: value.text("reason").filter(|reason| reason != "NONE"),
            advice: advice(change, value),
        }));
    }
    let edited = field == "message_template_components_update";
    edited.then_some(InboundKind::TemplateEdited(template))
}

fn category_change(value: &Node<'_>) -> Option<CategoryChange> {
    if let Some(correct) = value.text("correct_category") {
        return Some(CategoryChange::Impending {
            current: value.text("new_category"),
            correct,
            at: value.time("category_update_timestamp"),
        });
    }
    Some(CategoryChange::Done {
        previous: value.text("previous_category"),
        current: value.text("new_category")?,
    })
}

/// The rejection stands in the value or beside it, the samples disagree.
fn advice(change: &Node<'_>, value: &Node<'_>) -> Option<String> {
    let rejection = value
        .get("rejection_info")
        .or_else(|| change.get("rejection_info"));
    let other = value.get("other_info");
    rejection
        .and_then(|info| info.text("recommendation").or_else(|| info.text("reason")))
        .or_else(|| {
            let info = other?;
            info.text("description").or_else(|| info.text("title"))
        })
}

fn template_dedup(entry: &Node<'_>, kind: &InboundKind) -> String {
    let (template, what) = match kind {
        InboundKind::TemplateStatus(status) => (&status.template, status.event.as_str()),
        InboundKind::TemplateCategory { template, change } => match change {
            CategoryChange::Impending { .. } => (template, "category impending"),
            CategoryChange::Done { .. } => (template, "category"),
        },
        InboundKind::TemplateQuality {
            template, current, ..
        } => (template, current.as_str()),
        InboundKind::TemplateEdited(template) => (template, "edited"),
        _ => return fingerprint(entry),
    };
    let time = entry.int("time").unwrap_or_default();
    format!("template:{time}:{}:{what}", template.id)
}

/// Alerts have no id, and some no time: then the same alert counts once a day.
fn account_event(
    draft: &Draft,
    entry: &Node<'_>,
    element: &Node<'_>,
    kind: InboundKind,
) -> InboundEvent {
    let at = entry.time("time");
    let when = match at {
        Some(at) => at.timestamp().to_string(),
        None => draft.received_at.date_naive().to_string(),
    };
    let dedup = format!("account:{when}:{}", fingerprint(element));
    draft.event(at, dedup, kind).with_raw(element)
}
