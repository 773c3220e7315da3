//! `/v1/usage`: what was counted, by day, and the SMS segments of the month.

use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::State;
use chrono::{Days, NaiveDate};
use domain::settings::Settings;
use domain::sms;
use domain::sms::tier::Month;
use serde::{Deserialize, Deserializer, Serialize};
use store::Usage;
use utoipa::{IntoParams, ToSchema};

use super::settings::SmsTier;
use crate::auth::Viewer;
use crate::http::{ListProblems, Meta, Problem, Query};

/// How many days.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListUsage {
    /// The last so many days, today included.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 31, default = 7)]
    days: Option<Span>,
}

/// 1 to 31 days.
#[derive(Clone, Copy)]
struct Span(u64);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.parse() {
            Ok(days @ 1..=31) => Ok(Self(days)),
            _ => Err(serde::de::Error::custom(
                "`days` is a whole number from 1 to 31",
            )),
        }
    }
}

/// The counters of a calendar day in the workspace's zone.
#[derive(Serialize, ToSchema)]
#[schema(as = Usage)]
pub(crate) struct UsageOut {
    date: NaiveDate,
    /// Automated sends.
    automated_sends: u64,
    /// Questions put to a model.
    model_calls: u64,
    input_tokens: u64,
    output_tokens: u64,
    /// Tokens in both directions as they count towards the limit: with what is set aside for
    /// questions that are not answered yet.
    model_tokens: u64,
    /// What they cost, in millionths of the currency's unit.
    model_cost_micros: u64,
}

/// Counters, newest day first, and the limits they count towards.
#[derive(Serialize, ToSchema)]
pub(crate) struct UsageList {
    usage: Vec<UsageOut>,
    /// Of every cost, in three letters.
    #[schema(example = "USD")]
    currency: String,
    limits: UsageLimits,
    sms: SmsUsage,
    meta: Meta,
}

/// The SMS segments of this month.
#[derive(Serialize, ToSchema)]
struct SmsUsage {
    /// The calendar month in the workspace's zone.
    #[schema(example = "2026-11")]
    month: String,
    /// Of messages that were sent, or may have been, and of calls.
    segments_used: u64,
    /// Of incoming calls: they are taken whether or not any segments are left.
    call_segments: u64,
    /// `null`: no limit.
    segments_left: Option<u64>,
    /// The tier that was chosen in the settings.
    tier: Option<SmsTier>,
    /// All others.
    other_tiers: Vec<SmsTier>,
}

impl SmsUsage {
    fn new(settings: &Settings, usage: sms::tier::Usage) -> Self {
        let tier = settings.chosen_tier();
        let tiers = settings.sms_tiers.iter().cloned();
        let others = tiers.filter(|other| Some(&other.name) != settings.sms_tier.as_ref());
        Self {
            month: usage.month.to_string(),
            segments_used: usage.total(),
            call_segments: usage.calls,
            segments_left: tier.map(|tier| usage.left(tier)),
            tier: tier.cloned().map(SmsTier::from),
            other_tiers: others.map(SmsTier::from).collect(),
        }
    }
}

/// What stops at which number; see the settings.
#[derive(Serialize, ToSchema)]
struct UsageLimits {
    automated_sends_per_day: u64,
    model_tokens_per_day: u64,
    /// `null`: none but that of the tokens.
    model_cost_micros_per_day: Option<u64>,
}

/// List what was counted.
#[utoipa::path(
    get, path = "/v1/usage", tag = "workspace", params(ListUsage), security(("key" = ["viewer"])),
    responses((status = 200, description = "A page of the list.", body = UsageList), ListProblems)
)]
pub(crate) async fn list_usage(
    caller: Viewer,
    State(app): State<Arc<App>>,
    Query(query): Query<ListUsage>,
) -> Result<Json<UsageList>, Problem> {
    let ws = caller.workspace();
    let book = app.book(ws).await?;
    let today = book.settings.zone.day(app.now());
    let Span(days) = query.days.unwrap_or(Span(7));
    let mut usage = Vec::new();
    for ago in 0..days {
        let Some(date) = today.checked_sub_days(Days::new(ago)) else {
            break;
        };
        usage.push(UsageOut::new(date, app.store.usage(ws, date).await?));
    }
    let month = Month::of(app.now(), book.settings.zone);
    let sms = SmsUsage::new(&book.settings, app.store.sms_usage(ws, month).await?);
    Ok(Json(UsageList {
        usage,
        sms,
        limits: UsageLimits {
            automated_sends_per_day: book.settings.daily_send_limit,
            model_tokens_per_day: book.settings.ai_daily_tokens,
            model_cost_micros_per_day: book.settings.ai_daily_cost_micros,
        },
        currency: app.config.prices.currency.clone(),
        meta: Meta { next_cursor: None },
    }))
}

impl UsageOut {
    fn new(date: NaiveDate, usage: Usage) -> Self {
        let Usage {
            automated_sends,
            model_calls,
            input_tokens,
            output_tokens,
            model,
        } = usage;
        Self {
            date,
            automated_sends,
            model_calls,
            input_tokens,
            output_tokens,
            model_tokens: model.tokens,
            model_cost_micros: model.cost_micros,
        }
    }
}
