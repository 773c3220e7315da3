//! Everything that is not a message: who can be reached, what they allow, what became of
//! templates and accounts. What we do not know is kept as it came.

use std::collections::BTreeSet;

use ai::builtin::OptOut;
use app::apply::{self, Applied, Change, Loaded};
use app::reading::Reading;
use app::{App, AppError, audit};
use channels::InboundEvent;
use channels::inbound::{
    CategoryChange, Handover, InboundKind, MarketingChoice, Reaching, TemplateRef,
};
use chrono::{DateTime, Utc};
use domain::channel::ChannelUser;
use domain::consent::{self, Class, Source, Standing, Stoppable};
use domain::conversation::Conversation;
use domain::decide::Event;
use domain::ids::{ConnectionId, WorkspaceId};
use domain::template::{Template, TemplateCategory, TemplateStatus};
use serde_json::{Value, json};
use store::{RawEvent, Resource};

use crate::arrival::{Arrival, kind_of, other_connections};

/// How often a lost race is decided again.
const TRIES: u32 = 10;

/// The customer did something that opens the window.
pub(crate) async fn acted(app: &App, arrival: &Arrival) -> Result<(), AppError> {
    let event = Event::CustomerActed {
        at: arrival.event.at,
    };
    let opens = arrival.event.opens_window();
    change(app, arrival, "customer_acted", opens.then_some(event)).await
}

/// The customer blocked us, or let us in again.
pub(crate) async fn reachability(
    app: &App,
    arrival: &Arrival,
    state: Reaching,
) -> Result<(), AppError> {
    let reachable = state == Reaching::Unblocked;
    let at = arrival.event.at;
    let event = Event::Reachability { at, reachable };
    if reachable {
        return change(app, arrival, "reachability", Some(event)).await;
    }
    // Known before their first message, which is on its way still: it must not be followed up.
    apply::apply_read(app, arrival.now, || async {
        Ok(arrival.find_or_begin(app).await?.map(|loaded| {
            let change = Change {
                raw: arrival.raw(),
                ..Change::event("reachability", event.clone())
            };
            (loaded, change)
        }))
    })
    .await?;
    Ok(())
}

/// The thread was passed between applications, or somebody asks for it.
pub(crate) async fn handover(
    app: &App,
    arrival: &Arrival,
    handover: &Handover,
) -> Result<(), AppError> {
    let Some(ours) = handover.is_to_us() else {
        return keep(app, arrival).await;
    };
    let at = arrival.event.at;
    // Whoever only stands by does not have it.
    let ours = ours && !arrival.event.standby;
    let event = Event::ThreadOwner { at, ours };
    change(app, arrival, "handover", Some(event)).await
}

/// The customer told the platform whether they want marketing from this business. They may do so
/// before they have ever written: that is kept until they do.
pub(crate) async fn preference(
    app: &App,
    arrival: &Arrival,
    choice: MarketingChoice,
) -> Result<(), AppError> {
    let is_known = choose_marketing(app, arrival, choice).await?;
    if choice == MarketingChoice::Resume || !is_known {
        arrival.keep_marketing(app, choice).await?;
    }
    // A conversation that began meanwhile has not seen what was kept.
    if is_known || choose_marketing(app, arrival, choice).await? {
        return Ok(());
    }
    keep_for_workspace(app, arrival.workspace, arrival.connection, &arrival.event).await
}

/// Whether the person is known, and has heard of it.
async fn choose_marketing(
    app: &App,
    arrival: &Arrival,
    choice: MarketingChoice,
) -> Result<bool, AppError> {
    let applied = apply::apply_read(app, arrival.now, || async {
        Ok(arrival.find(app).await?.map(|loaded| {
            let change = marketing(arrival, &loaded, choice);
            (loaded, change)
        }))
    })
    .await?;
    Ok(!matches!(applied, Applied::Nothing))
}

/// What is older than what they said last only stands in the history.
fn marketing(arrival: &Arrival, loaded: &Loaded, choice: MarketingChoice) -> Change {
    let mut customer = loaded.customer.clone();
    let known = customer.chat.marketing_stopped_at;
    let class = Class::ChatMarketing;
    let said = match (choice, known) {
        (_, Some(known)) if known > arrival.event.at => None,
        // Delivered twice is said once.
        (MarketingChoice::Stop, Some(known)) if known == arrival.event.at => None,
        (MarketingChoice::Stop, _) => Some(consent::Change::Refuse { class }),
        (MarketingChoice::Resume, Some(_)) => Some(consent::Change::Restore { class }),
        (MarketingChoice::Resume, None) => None,
    };
    if let Some(said) = said {
        let said = customer.say(said, Source::Platform, None, arrival.event.at);
        debug_assert_eq!(said, Ok(()), "the platform may say so");
    }
    Change {
        customer: (customer != loaded.customer).then_some(customer),
        raw: arrival.raw(),
        cause: "preference",
        ..Change::default()
    }
}

/// A STOP or START by SMS is about the customer's number: it counts on every other number of ours as
/// well, also where they are another customer of ours. (Whose conversations are joined are one, and
/// their standing has heard of it.) It comes after the message itself, and again with each delivery.
pub(crate) async fn stopped_or_started(
    app: &App,
    arrival: &Arrival,
    words: Option<&str>,
) -> Result<(), AppError> {
    let words = words.unwrap_or_default();
    let (channel, at) = (arrival.event.channel, arrival.event.at);
    let stopped = Standing {
        sms_stopped_at: Some(at),
        ..Standing::default()
    };
    let reading = Reading::of(words, channel, &stopped);
    let stops = reading.opt_out == OptOut::Yes;
    if !stops && !reading.opts_in {
        return Ok(());
    }
    let book = app.fresh_book(arrival.workspace).await?;
    for connection in other_connections(&book, arrival.connection, channel) {
        let id = Conversation::id_for(connection, &arrival.user);
        let Some(there) = apply::load_followed(app, arrival.workspace, id).await? else {
            continue;
        };
        apply::apply(
            app,
            arrival.workspace,
            there.conversation.id,
            arrival.now,
            |loaded| {
                let standing = &loaded.customer.chat;
                let reading = Reading::of(words, channel, standing);
                let (what, said) = (Stoppable::Sms, Some(at));
                // A delivery that is repeated lifts or ends nothing that is newer.
                let is_news = standing.stopped(what) < said && standing.started(what) < said;
                let event = match stops {
                    true if is_news => Event::Consent {
                        at,
                        opted_out: true,
                    },
                    true => return None,
                    false => reading.consent(channel, standing, at)?,
                };
                Some(Change {
                    said_by: Some(reading.said_by),
                    ..Change::event("said_on_another_number", event)
                })
            },
        )
        .await?;
    }
    Ok(())
}

/// The platform gave the person a new id: the conversation stays, the new id leads to it. Who has
/// written under the new one already is one customer with who wrote under the old one.
pub(crate) async fn user_id_changed(
    app: &App,
    arrival: &Arrival,
    previous: &ChannelUser,
    current: &ChannelUser,
) -> Result<(), AppError> {
    let renamed = Arrival {
        user: current.clone(),
        event: InboundEvent {
            aliases: std::iter::once(previous)
                .chain(&arrival.event.aliases)
                .cloned()
                .collect(),
            ..arrival.event.clone()
        },
        workspace: arrival.workspace,
        connection: arrival.connection,
        key_at: arrival.key_at,
        now: arrival.now,
    };
    // Finding it under the old id leaves the pointer under the new one.
    let Some(found) = renamed.find(app).await? else {
        return keep(app, arrival).await;
    };
    let under_previous = Conversation::id_for(arrival.connection, previous);
    for id in BTreeSet::from([found.conversation.id, under_previous]) {
        apply::apply(app, arrival.workspace, id, arrival.now, |loaded| {
            let head = &loaded.conversation;
            // Told again after the next change, it changes nothing.
            let is_theirs = head.user == *previous && head.moved_to.is_none();
            let renamed = is_theirs.then(|| {
                let mut head = head.clone();
                head.goes_by(current.clone());
                head
            });
            let has_raw = head.id == found.conversation.id && arrival.event.raw.is_some();
            (is_theirs || has_raw).then(|| Change {
                head: renamed,
                raw: arrival.raw(),
                cause: "user_id_changed",
                ..Change::default()
            })
        })
        .await?;
    }
    Ok(())
}

/// Stored as it came, beside the conversation if there is one.
pub(crate) async fn keep(app: &App, arrival: &Arrival) -> Result<(), AppError> {
    change(app, arrival, "kept", None).await
}

/// An event about the account, not about a person: templates, alerts, things unknown.
pub(crate) async fn about_the_account(
    app: &App,
    workspace: WorkspaceId,
    connection: ConnectionId,
    event: &InboundEvent,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    match &event.kind {
        InboundKind::TemplateStatus(status) => {
            let word = status.event.as_str();
            change_template(
                app,
                workspace,
                connection,
                &status.template,
                now,
                |template| {
                    template.status = template_status(word);
                    if let Some(category) = &status.category {
                        template.category = template_category(category);
                    }
                },
            )
            .await?;
        }
        InboundKind::TemplateCategory {
            template,
            change: CategoryChange::Done { current, .. },
        } => {
            change_template(app, workspace, connection, template, now, |template| {
                template.category = template_category(current);
            })
            .await?;
        }
        InboundKind::AccountAlert(_) => {
            tracing::warn!(connection.id = %connection, "the platform sent an alert about the account");
        }
        _ => {}
    }
    keep_for_workspace(app, workspace, connection, event).await
}

/// Every copy of the template: accounts of one business share them.
async fn change_template(
    app: &App,
    workspace: WorkspaceId,
    connection: ConnectionId,
    which: &TemplateRef,
    now: DateTime<Utc>,
    edit: impl Fn(&mut Template),
) -> Result<(), AppError> {
    let book = app.fresh_book(workspace).await?;
    // Templates belong to the business account; another one may use the same names.
    let business = book
        .connection(connection)
        .and_then(|known| known.business_account.clone());
    let shares = |id: ConnectionId| {
        id == connection
            || business.is_some()
                && book
                    .connection(id)
                    .is_some_and(|known| known.business_account == business)
    };
    let same = |template: &&Template| {
        let by_name = which.name.as_deref() == Some(template.name.as_str())
            && which.language.as_deref() == Some(template.language.as_str());
        let by_id =
            template.definition.get("id").and_then(|id| id.as_str()) == Some(which.id.as_str());
        (by_name || by_id) && shares(template.connection)
    };
    for template in book.templates.iter().filter(same) {
        change_one(app, workspace, template.clone(), now, &edit).await?;
    }
    Ok(())
}

async fn change_one(
    app: &App,
    workspace: WorkspaceId,
    mut known: Template,
    now: DateTime<Utc>,
    edit: impl Fn(&mut Template),
) -> Result<(), AppError> {
    for _ in 0..TRIES {
        let mut changed = known.clone();
        edit(&mut changed);
        changed.seen_at = now;
        let changed = changed.after(Some(&known));
        // Category and status decide on prices and consent: what the platform made of them, and
        // when, can be looked up. A repetition changes nothing and is no entry.
        let (before, after) = (judged(&known), judged(&changed));
        let is_stored = if before == after {
            app.store.put_template(workspace, &changed).await?
        } else {
            let change = audit::Change {
                by: None,
                action: "platform_changed_template",
            };
            let what = (Resource::Template, known.connection.to_string());
            let entry = change.of(app, now, what, before, after);
            let store = app.store.noting(workspace, &entry)?;
            store.put_template(workspace, &changed).await?
        };
        if is_stored {
            return Ok(());
        }
        // A synchronisation wrote at this moment.
        let which = (
            known.connection,
            known.name.as_str(),
            known.language.as_str(),
        );
        match app.store.template(workspace, which).await? {
            Some(fresh) => known = fresh,
            None => return Ok(()),
        }
    }
    Err(AppError::Contended)
}

/// What the platform decides about a template.
fn judged(template: &Template) -> Value {
    json!({
        "name": template.name,
        "language": template.language,
        "status": template.status,
        "category": template.category,
    })
}

async fn change(
    app: &App,
    arrival: &Arrival,
    cause: &'static str,
    event: Option<Event>,
) -> Result<(), AppError> {
    let applied = apply::apply_read(app, arrival.now, || async {
        Ok(arrival.find(app).await?.map(|loaded| {
            let change = Change {
                events: event.clone().into_iter().collect(),
                cause,
                raw: arrival.raw(),
                ..Change::default()
            };
            (loaded, change)
        }))
    })
    .await?;
    if let Applied::Nothing = applied {
        return keep_for_workspace(app, arrival.workspace, arrival.connection, &arrival.event)
            .await;
    }
    Ok(())
}

pub(crate) async fn keep_for_workspace(
    app: &App,
    workspace: WorkspaceId,
    connection: ConnectionId,
    event: &InboundEvent,
) -> Result<(), AppError> {
    let raw = match &event.raw {
        Some(raw) => raw.clone(),
        None => serde_json::to_value(&event.kind).unwrap_or_default(),
    };
    let kept = RawEvent {
        at: event.at,
        dedup: event.dedup.clone(),
        kind: kind_of(&event.kind),
        raw,
    };
    Ok(app.store.keep_raw(workspace, connection, &kept).await?)
}

fn template_status(word: &str) -> TemplateStatus {
    match word.to_ascii_uppercase().as_str() {
        "APPROVED" | "REINSTATED" | "UNPAUSE" => TemplateStatus::Approved,
        "PENDING" | "IN_APPEAL" => TemplateStatus::Pending,
        "REJECTED" => TemplateStatus::Rejected,
        "PAUSED" => TemplateStatus::Paused,
        "DISABLED" => TemplateStatus::Disabled,
        // A warning about its quality: it may still be sent.
        "FLAGGED" => TemplateStatus::Approved,
        other => TemplateStatus::Other(other.to_owned()),
    }
}

fn template_category(word: &str) -> TemplateCategory {
    match word.to_ascii_uppercase().as_str() {
        "MARKETING" => TemplateCategory::Marketing,
        "UTILITY" => TemplateCategory::Utility,
        "AUTHENTICATION" => TemplateCategory::Authentication,
        other => TemplateCategory::Other(other.to_owned()),
    }
}
