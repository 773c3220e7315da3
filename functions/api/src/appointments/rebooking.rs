//! When a customer is expected again, and why.

use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, NaiveDate, Utc};
use domain::customer::Customer;
use domain::decide::{reminder, visit_rule};
use domain::ids::{ConversationId, CustomerId, RuleId};
use domain::rebooking::{
    Category, CategoryPattern, CategoryRhythm, History, PatternSource, Prediction, Settings,
    next_booking, predict, visits,
};
use domain::settings::Locale;
use serde::{Deserialize, Serialize};
use store::{Book, Clicks};
use utoipa::{IntoParams, ToSchema};

use super::find::customer;
use crate::auth::Viewer;
use crate::http::{Id, ListProblems, Problem, Query};
use crate::schema;

/// When a customer is expected again.
#[derive(Serialize, ToSchema)]
pub(crate) struct Rebooking {
    /// Days with a completed appointment.
    visits: u32,
    last_visit: Option<NaiveDate>,
    /// The next `booked` appointment. As long as there is one, nobody is reminded.
    next_booking: Option<DateTime<Utc>>,
    /// `null` without a visit.
    prediction: Option<PredictionOut>,
    /// What the rule that reminds after visits does for the last one; `null` where there is no such
    /// rule that is on.
    reminder: Option<ReminderOut>,
    /// How often the links to book that the customer was sent were followed, by visit.
    link_clicks: Vec<LinkClicksOut>,
}

/// The reminder after the last visit, as things stand now. Consent, quiet hours and limits are looked at
/// again when it is due.
#[derive(Serialize, ToSchema)]
#[schema(as = Reminder)]
struct ReminderOut {
    #[schema(value_type = schema::RuleId)]
    rule: RuleId,
    /// When it goes; `null`: it does not.
    due_at: Option<DateTime<Utc>>,
    /// The conversation in which it waits; `null`: nowhere, or nobody has an address for it.
    #[schema(value_type = Option<schema::ConversationId>)]
    conversation: Option<ConversationId>,
    /// Why it does not go.
    reason: Option<ReminderReason>,
}

/// Why a reminder does not go.
#[derive(Serialize, ToSchema)]
struct ReminderReason {
    /// Stable, for programs: `future_appointment`.
    code: String,
    explanation: String,
}

/// How often a link to book was followed.
#[derive(Serialize, ToSchema)]
#[schema(as = LinkClicks)]
struct LinkClicksOut {
    /// The visit after which it was sent.
    visit: NaiveDate,
    /// By people, as far as one can tell.
    people: u32,
    /// By programs that look where links lead: nobody's intent.
    machines: u32,
    first_at: DateTime<Utc>,
    last_at: DateTime<Utc>,
}

/// Calendar days in the zone of the workspace.
#[derive(Serialize, ToSchema)]
#[schema(as = Prediction)]
struct PredictionOut {
    /// From one visit to the next.
    typical_days: u32,
    /// The usual deviation from that, in percent; above 80 a reminder is likely to be early.
    spread_percent: u32,
    /// The day on which they would come by their own habit.
    expected_next: NaiveDate,
    /// The first day on which they are overdue.
    at_risk: NaiveDate,
    /// Five days before that.
    reminder: NaiveDate,
    /// In words.
    #[schema(example = "usually every 34 days, last three: 33, 36, 34")]
    explanation: String,
}

/// In which language.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExplainRebooking {
    /// The workspace's own language unless given.
    #[param(inline, value_type = Option<schema::Locale>)]
    locale: Option<Locale>,
}

/// Get the day on which a customer is expected again, and why.
#[utoipa::path(
    get, path = "/v1/customers/{id}/rebooking", tag = "appointments",
    security(("key" = ["viewer"])),
    params(("id" = schema::CustomerId, Path), ExplainRebooking),
    responses((status = 200, description = "As of now.", body = Rebooking), ListProblems)
)]
pub(crate) async fn get_rebooking(
    caller: Viewer,
    State(app): State<Arc<App>>,
    Id(id): Id<CustomerId>,
    Query(query): Query<ExplainRebooking>,
) -> Result<Json<Rebooking>, Problem> {
    let (ws, now) = (caller.workspace(), app.now());
    let known = customer(&app, ws, id).await?;
    let book = app.fresh_book(ws).await?;
    let zone = book.settings.zone;
    let locale = query.locale.unwrap_or(book.settings.locale);
    let patterns = book.settings.patterns();
    let mut records = app.store.appointments_of(ws, &[id]).await?;
    let records = records.remove(&id).unwrap_or_default().into_iter();
    let appointments: Vec<_> = records.map(|record| record.appointment).collect();
    let visits = visits(&appointments, &patterns, zone, now);
    let primary = visits.last().and_then(|visit| visit.primary.as_ref());
    let prediction = visits.last().and_then(|_| {
        let category = primary.map(|service| service.category.clone());
        let rhythm =
            CategoryRhythm::default_of(&category.unwrap_or_else(Category::unknown), &patterns);
        let today = zone.local(now).date();
        predict(&History::of(&visits), &rhythm, &Settings::default(), today)
    });
    let reminder = reminder_of(&app, &book, &known, locale).await?;
    let clicks = app.store.clicks(ws, id).await?.into_iter();
    Ok(Json(Rebooking {
        reminder,
        link_clicks: clicks.map(LinkClicksOut::from).collect(),
        visits: u32::try_from(visits.len()).unwrap_or(u32::MAX),
        last_visit: visits.last().map(|visit| visit.day),
        next_booking: next_booking(&appointments, now),
        prediction: prediction.map(|found| {
            let explanation = found.explain(&patterns, locale);
            PredictionOut::new(&found, explanation)
        }),
    }))
}

/// The functions that plan and send, asked the same question.
async fn reminder_of(
    app: &App,
    book: &Book,
    known: &Customer,
    locale: Locale,
) -> Result<Option<ReminderOut>, Problem> {
    let Some(rule) = visit_rule(&book.rules) else {
        return Ok(None);
    };
    let reaches = known.conversations.iter();
    let ids: Vec<_> = reaches
        .map(|reach| (known.workspace, reach.conversation))
        .collect();
    let heads = match ids.is_empty() {
        true => Vec::new(),
        false => app.store.heads(&ids).await?,
    };
    let planned = heads.iter().find_map(|head| {
        let mut runs = head.runs.iter();
        runs.find(|run| run.visit.is_some())
            .map(|run| (head.id, run))
    });
    let own = planned.map(|(_, run)| run.message);
    let found = reminder(known, &book.settings, rule, own, app.now());
    let zone = book.settings.zone;
    Ok(Some(ReminderOut {
        rule: rule.id,
        due_at: found
            .as_ref()
            .ok()
            .map(|due| planned.map_or(due.at, |(_, run)| run.due_at)),
        conversation: planned.map(|(id, _)| id),
        reason: found.err().map(|reason| ReminderReason {
            code: reason.code(),
            explanation: reason.explain(locale, zone),
        }),
    }))
}

impl From<Clicks> for LinkClicksOut {
    fn from(clicks: Clicks) -> Self {
        let Clicks {
            visit,
            people,
            machines,
            first_at,
            last_at,
        } = clicks;
        Self {
            visit,
            people,
            machines,
            first_at,
            last_at,
        }
    }
}

/// After how many days services are usually repeated.
#[derive(Serialize, ToSchema)]
pub(crate) struct PatternList {
    patterns: Vec<PatternOut>,
}

/// After how many days a service of a category is usually repeated.
#[derive(Serialize, ToSchema)]
#[schema(as = CategoryPattern)]
struct PatternOut {
    /// As appointments and `category_days` of the settings name it.
    category: String,
    name: String,
    days: u32,
    /// `measured`: published figures of the trade; `trade_press`: its rule of thumb; `owner`: yours.
    #[schema(value_type = schema::PatternSource)]
    source: PatternSource,
}

/// List the usual rhythm of each category: the defaults, with what the settings say
/// (`category_days`). It counts for customers with fewer than three visits.
#[utoipa::path(
    get, path = "/v1/rebooking/patterns", tag = "appointments",
    security(("key" = ["viewer"])), params(ExplainRebooking),
    responses((status = 200, description = "All of them.", body = PatternList), ListProblems)
)]
pub(crate) async fn list_rebooking_patterns(
    caller: Viewer,
    State(app): State<Arc<App>>,
    Query(query): Query<ExplainRebooking>,
) -> Result<Json<PatternList>, Problem> {
    let book = app.fresh_book(caller.workspace()).await?;
    let locale = query.locale.unwrap_or(book.settings.locale);
    let patterns = book.settings.patterns();
    let listed = patterns.iter().map(|pattern: &CategoryPattern| PatternOut {
        category: pattern.category.as_str().to_owned(),
        name: patterns.name(&pattern.category, locale).to_owned(),
        days: pattern.days,
        source: pattern.source,
    });
    Ok(Json(PatternList {
        patterns: listed.collect(),
    }))
}

impl PredictionOut {
    fn new(found: &Prediction, explanation: String) -> Self {
        Self {
            typical_days: found.typical_days,
            spread_percent: found.spread_percent,
            expected_next: found.expected_next,
            at_risk: found.at_risk,
            reminder: found.reminder,
            explanation,
        }
    }
}
