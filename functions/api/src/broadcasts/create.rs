//! Making a broadcast, which begins with counting who gets it, and throwing it away.

use std::collections::BTreeSet;
use std::sync::Arc;

use app::{App, broadcasts};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::broadcast::{
    Audience, Broadcast, FASTEST, Figures, NAMED, Says, State as Stands, Walk,
};
use domain::channel::Channel;
use domain::consent::Medium;
use domain::customer::CustomerName;
use domain::field::{FieldError, required_text};
use domain::ids::{BroadcastId, CustomerId, WorkspaceId};
use domain::settings::Settings;
use domain::variables;
use mail::{Audience as ReadBy, TemplateKind, given};
use serde_json::{Map, Value};
use store::{Committed, Consistency, Resource, SavedAnswer};

use super::list::find;
use super::wire::{AudienceIn, BroadcastIn, BroadcastMedium, BroadcastOut};
use crate::auth::{Agent, Caller};
use crate::conversations::{TEXT_LIMIT, checked_subject, connection_for, due};
use crate::http::{
    Id, IdempotencyHeader, IdempotencyKey, IfMatch, IfMatchHeader, Json, Keep, Once, Problem,
    Versioned, WriteProblems, check_range, once,
};
use crate::schema;

const EMAILS_A_MINUTE: u32 = 600;
const SMS_A_MINUTE: u32 = 60;

/// Make a broadcast. Nothing is sent: it is counted who would get it, and who would not and why; what
/// was `counted` is sent once it is confirmed.
#[utoipa::path(
    post, path = "/v1/broadcasts", tag = "broadcasts", security(("key" = ["agent"])),
    params(IdempotencyHeader),
    request_body = BroadcastIn,
    responses(
        (status = 201, description = "It was made, and is being counted.", body = BroadcastOut, headers(
            ("ETag" = String, description = "The version."),
            ("Location" = String, description = "Where the broadcast is.")
        )),
        WriteProblems
    )
)]
pub(crate) async fn create_broadcast(
    caller: Agent,
    State(app): State<Arc<App>>,
    key: IdempotencyKey,
    Json(body): Json<BroadcastIn>,
) -> Result<Response, Problem> {
    let fingerprint = serde_json::to_string(&body).map_err(Problem::internal)?;
    let at = Once {
        app: &app,
        ws: caller.workspace(),
        key,
        request: format!("POST /v1/broadcasts {fingerprint}"),
        now: app.now(),
    };
    Box::pin(once(at, |keep| create(&app, &caller, body, keep))).await
}

async fn create(
    app: &App,
    caller: &Caller,
    body: BroadcastIn,
    keep: Keep,
) -> Result<SavedAnswer, Problem> {
    let (ws, now) = (caller.workspace(), keep.now);
    let book = app.fresh_book(ws).await?;
    let (medium, channel, usual) = match body.medium {
        BroadcastMedium::Email => (Medium::Email, Channel::Email, EMAILS_A_MINUTE),
        BroadcastMedium::Sms => (Medium::Sms, Channel::Sms, SMS_A_MINUTE),
    };
    let per_minute = body.per_minute.unwrap_or(usual);
    check_range("per_minute", u64::from(per_minute), 1..=u64::from(FASTEST))
        .map_err(|error| Problem::invalid(vec![error]))?;
    let send_at = body.send_at;
    due("send_at", send_at, now)?;
    let connection = connection_for(&book, channel, body.connection)?.id;
    let says = match body.template {
        Some(kind) => template(app, ws, medium, kind, &body).await?,
        None => text(&book.settings, channel, &body)?,
    };
    let broadcast = Broadcast {
        id: BroadcastId::new(now, app.random10()),
        workspace: ws,
        version: 1,
        medium,
        connection,
        audience: audience(app, ws, body.audience).await?,
        says,
        per_minute,
        send_at,
        created_at: now,
        created_by: caller.key().id,
        state: Stands::Counting {
            walk: Walk::begin(now),
        },
        counted: Figures::default(),
        sent: Figures::default(),
    };
    let location = format!("/v1/broadcasts/{}", broadcast.id);
    let shown = BroadcastOut::new(broadcast.clone(), &book.settings);
    let answer = Versioned::created(broadcast.version, location, shown).saved()?;
    let keyed = keep.with(&answer);
    let what = (Resource::Broadcast, broadcast.id.to_string());
    let store = caller.noting(app, "create_broadcast", what, &(), &broadcast)?;
    let stored = store
        .put_broadcast(&broadcast, None, keyed.as_ref())
        .await?;
    if stored != Committed::Done {
        return Err(Problem::stale(None));
    }
    broadcasts::publish(app, &broadcast, now).await;
    Ok(answer)
}

fn text(settings: &Settings, channel: Channel, body: &BroadcastIn) -> Result<Says, Problem> {
    let invalid = |error| Problem::invalid(vec![error]);
    if !body.values.is_empty() {
        return Err(invalid(FieldError::new(
            "values",
            "not_allowed",
            "only a template has values",
            "leave `values` out, or name a `template`",
        )));
    }
    let text = required_text("text", body.text.as_deref(), TEXT_LIMIT, "write something");
    let text = text.map_err(invalid)?;
    let limit = channel.text_limit();
    if !limit.fits(&text) {
        let (length, max, unit) = (limit.measure(&text), limit.max(), limit.unit());
        return Err(invalid(FieldError::new(
            "text",
            "too_long",
            format!("the text has {length} {unit}; {channel} takes at most {max}"),
            "shorten it",
        )));
    }
    let subject = body.subject.as_deref();
    let subject = match (channel, subject) {
        (Channel::Email, subject) => Some(checked_subject(subject.unwrap_or_default())?),
        (_, None) => None,
        (_, Some(_)) => {
            return Err(invalid(FieldError::new(
                "subject",
                "not_on_this_channel",
                format!("messages on {channel} have no subject"),
                "leave it out",
            )));
        }
    };
    // Whoever it is for has some name; that of the business is the same for all.
    let somebody = CustomerName::told(Some("Ursula Hoffmann"), Some("Ursula"));
    for (field, text) in [("subject", subject.as_ref()), ("text", Some(&text))] {
        if let Some(text) = text {
            if variables::uses(text, "business_name") && settings.business_name.trim().is_empty() {
                return Err(invalid(FieldError::new(
                    field,
                    "no_business_name",
                    "it names the business, which has no name yet",
                    "give it one in the settings (`business_name`)",
                )));
            }
            variables::filled(field, text, &somebody, &settings.business_name).map_err(invalid)?;
        }
    }
    Ok(Says::Text { subject, text })
}

async fn template(
    app: &App,
    ws: WorkspaceId,
    medium: Medium,
    kind: TemplateKind,
    body: &BroadcastIn,
) -> Result<Says, Problem> {
    let invalid = |error| Problem::invalid(vec![error]);
    if medium != Medium::Email {
        return Err(invalid(FieldError::new(
            "template",
            "not_on_this_channel",
            "templates are e-mails",
            "choose the medium `email`, or write a `text`",
        )));
    }
    let of_texts = [
        ("subject", body.subject.is_some()),
        ("text", body.text.is_some()),
    ];
    if let Some((field, _)) = of_texts.into_iter().find(|(_, is_there)| *is_there) {
        return Err(invalid(FieldError::new(
            field,
            "not_allowed",
            "the template says it",
            format!("leave `{field}` out, or leave `template` out"),
        )));
    }
    if kind.audience() != ReadBy::Customer {
        return Err(invalid(FieldError::new(
            "template",
            "not_for_customers",
            format!("`{kind}` is for the business's own people"),
            "choose a template for customers: `GET /v1/mail-templates` lists them",
        )));
    }
    let layout = app.store.mail_layout(ws).await?;
    let locale = app.book(ws).await?.settings.locale;
    given::values(kind, &body.values, &layout.refund_texts, locale).map_err(Problem::invalid)?;
    let values: Map<String, Value> = body.values.clone();
    Ok(Says::Template {
        kind: kind.to_string(),
        values,
    })
}

async fn audience(app: &App, ws: WorkspaceId, wanted: AudienceIn) -> Result<Audience, Problem> {
    Ok(match wanted {
        AudienceIn::Everybody => Audience::Everybody,
        AudienceIn::UpcomingBooking => Audience::UpcomingBooking,
        AudienceIn::Segment { segment } => {
            let found = app.store.segment(ws, segment).await?;
            let found = found.ok_or_else(|| {
                Problem::invalid(vec![FieldError::new(
                    "audience.segment",
                    "unknown",
                    "there is no such segment in this workspace",
                    "see `GET /v1/segments`",
                )])
            })?;
            Audience::Segment {
                id: found.id,
                name: found.name,
                filter: found.filter,
            }
        }
        AudienceIn::Customers { customers } => Audience::Customers {
            of: named(app, ws, customers).await?,
        },
    })
}

/// Each of them once.
async fn named(
    app: &App,
    ws: WorkspaceId,
    customers: Vec<CustomerId>,
) -> Result<Vec<CustomerId>, Problem> {
    let field = "audience.customers";
    check_range(field, customers.len() as u64, 1..=NAMED as u64)
        .map_err(|error| Problem::invalid(vec![error]))?;
    let mut seen = BTreeSet::new();
    let named = customers.into_iter().filter(|id| seen.insert(*id));
    let named: Vec<_> = named.collect();
    let found = app.store.customers(ws, &named, Consistency::Strong).await?;
    let found: BTreeSet<_> = found.iter().map(|customer| customer.id).collect();
    match named.iter().find(|id| !found.contains(id)) {
        None => Ok(named),
        Some(unknown) => Err(Problem::invalid(vec![FieldError::new(
            field,
            "unknown",
            format!("there is no customer {unknown} in this workspace"),
            "leave them out: `GET /v1/customers` lists who is there",
        )])),
    }
}

/// Throw a broadcast away that was never confirmed.
#[utoipa::path(
    delete, path = "/v1/broadcasts/{id}", tag = "broadcasts", security(("key" = ["agent"])),
    params(("id" = schema::BroadcastId, Path), IfMatchHeader),
    responses((status = 204, description = "It is gone."), WriteProblems)
)]
pub(crate) async fn delete_broadcast(
    caller: Agent,
    State(app): State<Arc<App>>,
    Id(id): Id<BroadcastId>,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    let broadcast = find(&app, caller.workspace(), id).await?;
    if_match.check(broadcast.version)?;
    if !matches!(
        broadcast.state,
        Stands::Counting { .. } | Stands::Counted { .. }
    ) {
        return Err(Problem::conflict(
            "it was confirmed, and what was sent stays on record; it can be cancelled",
        ));
    }
    let what = (Resource::Broadcast, id.to_string());
    let store = caller.noting(&app, "delete_broadcast", what, &broadcast, &())?;
    if !store.delete_broadcast(&broadcast).await? {
        return Err(Problem::stale(None));
    }
    Ok(StatusCode::NO_CONTENT)
}
