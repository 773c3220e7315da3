//! `/v1/settings`.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use app::App;
use axum::extract::State;
use domain::account::LockRule;
use domain::booking_page::BookingPage;
use domain::decide::visit_rule;
use domain::field::{FieldError, FieldErrors, required_text};
use domain::ids::WorkspaceId;
use domain::local_time::{QuietHours, TimeOfDay, Zone};
use domain::rebooking::{Category, PATTERN_DAYS_MAX};
use domain::settings::{FrequencyCap, Locale, Settings};
use domain::sms::tier::Tier;
use mail::link::Link;
use serde::{Deserialize, Serialize};
use store::Resource;
use utoipa::ToSchema;

use crate::auth::{Admin, Viewer};
use crate::http::{
    IfMatch, IfMatchHeader, ItemProblems, Json, Patch, Problem, Versioned, WriteProblems,
    check_range,
};
use crate::rules::announce;
use crate::schema;

const NAME_LIMIT: usize = 100;
const MOST_TIERS: u64 = 20;
/// Every decision reads the settings.
const MOST_CATEGORIES: usize = 200;

/// Settings of the workspace.
#[derive(Serialize, ToSchema)]
#[schema(as = Settings)]
pub(crate) struct SettingsOut {
    /// Also in `ETag`.
    version: u64,
    /// What customers know the business as; `##{{business_name}}`.
    business_name: String,
    /// The IANA zone of all civil times.
    #[schema(example = "Europe/Berlin")]
    zone: String,
    /// The language customers are written to in.
    #[schema(value_type = schema::Locale)]
    locale: Locale,
    /// Hours without automated messages; `null`: any hour.
    quiet_hours: Option<QuietHoursOut>,
    /// At most this many automated messages to one customer.
    frequency_cap: FrequencyCapOut,
    /// How long after the last message rules are looked at, at most.
    assess_delay_seconds: u32,
    /// How long a send whose outcome is unknown waits for the platform's own receipt.
    unknown_wait_minutes: u32,
    /// Model tokens a day; 0: no model at all.
    ai_daily_tokens: u64,
    /// What models may cost a day, in millionths of the currency's unit (see `/v1/usage`); `null`:
    /// whatever the tokens cost. Holds only where the operator has told what a token costs.
    ai_daily_cost_micros: Option<u64>,
    /// Automated sends a day.
    daily_send_limit: u64,
    /// Messages of staff a day by one key.
    key_daily_messages: u64,
    /// Requests a minute by one key, of each process that serves the API.
    key_requests_per_minute: u32,
    /// Requests a minute by all keys, of each process that serves the API.
    requests_per_minute: u32,
    /// What may be chosen from: SMS segments a month.
    sms_tiers: Vec<SmsTier>,
    /// The name of the tier that was chosen; `null`: no limit. When it is spent no SMS leaves until the
    /// next month: what was written goes by e-mail where the customer may be written to there. What is
    /// used is listed by `/v1/usage`.
    sms_tier: Option<String>,
    /// How many segments every minute of an incoming call counts that has begun.
    segments_per_call_minute: u32,
    /// Where you raise the tier; the notification that it is spent holds it, customers never see it.
    sms_upgrade_url: Option<String>,
    /// After how many days customers usually repeat a service of a category, where the owner knows
    /// better than the defaults; `GET /v1/rebooking/patterns` lists both.
    category_days: BTreeMap<String, u32>,
    /// Where customers book; `##{{booking_link}}` of a reminder leads there, with the customer's own
    /// `reference` where they have one.
    booking_url: Option<String>,
    /// Whether an e-mail may go to any number of customers at once.
    marketing_suite: bool,
    /// Without the marketing suite: the number of recipients that is too many for one e-mail.
    email_recipients_limit: u32,
    /// When the account is locked because it mainly sends messages; `null`: never. `GET /v1/account` says
    /// how it stands.
    account_lock: Option<AccountLock>,
}

/// SMS segments a month, for a price.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SmsTier {
    #[schema(min_length = 1, max_length = 100)]
    pub(super) name: String,
    /// Segments a month.
    #[schema(minimum = 0, maximum = 10000000)]
    pub(super) segments: u64,
    /// The price of a month, in hundredths of your currency's unit.
    #[schema(minimum = 0, maximum = 1000000000)]
    pub(super) price_cents: u64,
}

/// On the wall clock of the workspace; may span midnight.
#[derive(Serialize, ToSchema)]
#[schema(as = QuietHours)]
struct QuietHoursOut {
    #[schema(example = "20:00")]
    from: String,
    #[schema(example = "08:00")]
    to: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = FrequencyCap)]
struct FrequencyCapOut {
    messages: u32,
    /// Within this many hours (rolling).
    hours: u32,
}

/// A change of settings; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettingsPatch {
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 100)]
    business_name: Patch<String>,
    /// An IANA zone.
    #[schema(example = "Europe/Berlin")]
    zone: Option<String>,
    #[schema(value_type = Option<schema::Locale>)]
    locale: Option<Locale>,
    /// `null`: messages may go at any hour.
    #[serde(default)]
    #[schema(value_type = Option<QuietHoursIn>)]
    quiet_hours: Patch<QuietHoursIn>,
    frequency_cap: Option<FrequencyCapIn>,
    #[schema(minimum = 0, maximum = 3600)]
    assess_delay_seconds: Option<u64>,
    #[schema(minimum = 1, maximum = 1440)]
    unknown_wait_minutes: Option<u64>,
    #[schema(minimum = 0, maximum = 1000000000)]
    ai_daily_tokens: Option<u64>,
    /// `null`: no limit but that of the tokens.
    #[serde(default)]
    #[schema(value_type = Option<u64>, minimum = 0, maximum = 1000000000)]
    ai_daily_cost_micros: Patch<u64>,
    #[schema(minimum = 0, maximum = 1000000)]
    daily_send_limit: Option<u64>,
    #[schema(minimum = 0, maximum = 1000000)]
    key_daily_messages: Option<u64>,
    #[schema(minimum = 600, maximum = 60000)]
    key_requests_per_minute: Option<u64>,
    #[schema(minimum = 600, maximum = 600000)]
    requests_per_minute: Option<u64>,
    /// Takes the place of all of them.
    #[schema(max_items = 20)]
    sms_tiers: Option<Vec<SmsTier>>,
    /// The name of one of them; `null`: no limit.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 100)]
    sms_tier: Patch<String>,
    #[schema(minimum = 0, maximum = 100)]
    segments_per_call_minute: Option<u64>,
    /// An https address; `null`: none.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 2000, example = "https://example.org/plan")]
    sms_upgrade_url: Patch<String>,
    /// By category, 1 to 730 days each; `null` for one: the default again. Categories that are not
    /// named stay; at most 200 in all.
    #[schema(value_type = Option<BTreeMap<String, Option<u32>>>)]
    category_days: Option<BTreeMap<String, Option<u64>>>,
    /// Where customers book: an `https` address; `null`: nowhere.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 500, example = "https://salon.example/buchen")]
    booking_url: Patch<String>,
    marketing_suite: Option<bool>,
    #[schema(minimum = 1, maximum = 1000000)]
    email_recipients_limit: Option<u64>,
    /// `null`: the account is never locked.
    #[serde(default)]
    #[schema(value_type = Option<AccountLock>)]
    account_lock: Patch<AccountLock>,
}

/// Of 30 days, looked at once a day: more messages than `always_allowed`, and more than `messages_each` for
/// each booking or each active customer, whichever are more, lock the account.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountLock {
    #[schema(minimum = 1, maximum = 100000)]
    messages_each: u64,
    #[schema(minimum = 0, maximum = 1000000000)]
    always_allowed: u64,
}

impl From<LockRule> for AccountLock {
    fn from(rule: LockRule) -> Self {
        Self {
            messages_each: u64::from(rule.messages_each.get()),
            always_allowed: rule.always_allowed,
        }
    }
}

impl AccountLock {
    fn checked(self) -> Result<LockRule, FieldError> {
        let each = check_range(
            "account_lock.messages_each",
            self.messages_each,
            1..=100_000,
        )?;
        let always = "account_lock.always_allowed";
        let always_allowed = check_range(always, self.always_allowed, 0..=1_000_000_000)?;
        let messages_each = NonZeroU32::new(small(each)).unwrap_or(NonZeroU32::MIN);
        Ok(LockRule {
            messages_each,
            always_allowed,
        })
    }
}

/// From the first quiet minute to the first one that is not.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct QuietHoursIn {
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", example = "20:00")]
    from: String,
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", example = "08:00")]
    to: String,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FrequencyCapIn {
    #[schema(minimum = 1, maximum = 100)]
    messages: u64,
    /// Within this many hours (rolling).
    #[schema(minimum = 1, maximum = 720)]
    hours: u64,
}

/// Get the settings.
#[utoipa::path(
    get, path = "/v1/settings", tag = "workspace", security(("key" = ["viewer"])),
    responses(
        (status = 200, description = "As it is now.", body = SettingsOut,
         headers(("ETag" = String, description = "The version."))),
        ItemProblems
    )
)]
pub(crate) async fn get_settings(
    caller: Viewer,
    State(app): State<Arc<App>>,
) -> Result<Versioned<SettingsOut>, Problem> {
    let settings = read(&app, caller.workspace()).await?;
    Ok(Versioned::ok(settings.version, settings.into()))
}

/// Change settings.
#[utoipa::path(
    patch, path = "/v1/settings", tag = "workspace", security(("key" = ["admin"])),
    params(IfMatchHeader),
    request_body = SettingsPatch,
    responses(
        (status = 200, description = "As it is now.", body = SettingsOut,
         headers(("ETag" = String, description = "The version."))),
        WriteProblems
    )
)]
pub(crate) async fn update_settings(
    caller: Admin,
    State(app): State<Arc<App>>,
    if_match: IfMatch,
    Json(patch): Json<SettingsPatch>,
) -> Result<Versioned<SettingsOut>, Problem> {
    let before = read(&app, caller.workspace()).await?;
    if_match.check(before.version)?;
    let after = patch.applied(before.clone())?;
    if after == before {
        return Ok(Versioned::ok(before.version, before.into()));
    }
    let after = Settings {
        version: before.version + 1,
        ..after
    };
    if after.account_lock != before.account_lock && after.account_lock.is_some() {
        app::account::look_soon(&app, after.workspace, app.now()).await?;
    }
    let book = app.fresh_book(after.workspace).await?;
    let retold = visit_rule(&book.rules).filter(|_| moves_reminders(&before, &after));
    let retold = retold.map(|rule| rule.id);
    let store = caller.noting(
        &app,
        "update_settings",
        (Resource::Settings, after.workspace.to_string()),
        &SettingsOut::from(before),
        &SettingsOut::from(after.clone()),
    )?;
    let stored = match retold {
        None => store.put_settings(&after).await?,
        Some(rule) => {
            let now = app.now();
            store.put_settings_of_reminders(&after, rule, now).await?
        }
    };
    if !stored {
        return Err(Problem::stale(None));
    }
    app.fresh_book(after.workspace).await?;
    if let Some(rule) = retold {
        // What is planned goes by another clock now. Lost, the sweep tells of it.
        announce(&app, after.workspace, rule).await;
    }
    Ok(Versioned::ok(after.version, after.into()))
}

/// Whether reminders after visits go at another time, or in another hour of the business's clock.
fn moves_reminders(before: &Settings, after: &Settings) -> bool {
    before.zone != after.zone
        || before.quiet_hours != after.quiet_hours
        || before.category_days != after.category_days
}

async fn read(app: &App, ws: WorkspaceId) -> Result<Settings, Problem> {
    let settings = app.store.settings(ws).await?;
    settings.ok_or_else(|| app::AppError::NoWorkspace.into())
}

impl SettingsPatch {
    fn applied(self, mut settings: Settings) -> Result<Settings, Problem> {
        let mut errors = FieldErrors::default();
        match self.business_name {
            Patch::Absent => {}
            Patch::Null => settings.business_name.clear(),
            Patch::Value(name) => {
                settings.business_name = errors.take(business_name(&name)).unwrap_or_default();
            }
        }
        if let Some(zone) = self.zone {
            settings.zone = errors.take(parse_zone(&zone)).unwrap_or(settings.zone);
        }
        settings.locale = self.locale.unwrap_or(settings.locale);
        match self.booking_url {
            Patch::Absent => {}
            Patch::Null => settings.booking_url = None,
            Patch::Value(url) => settings.booking_url = errors.take(booking_page(&url)),
        }
        match self.quiet_hours {
            Patch::Absent => {}
            Patch::Null => settings.quiet_hours = None,
            Patch::Value(hours) => settings.quiet_hours = errors.take(hours.parse()),
        }
        if let Some(cap) = self.frequency_cap {
            let cap = cap.parse(&mut errors);
            settings.frequency_cap = cap.unwrap_or(settings.frequency_cap);
        }
        let mut number = |field: &str, value: Option<u64>, range, current: u64| match value {
            None => current,
            Some(value) => errors
                .take(check_range(field, value, range))
                .unwrap_or(current),
        };
        let assess = u64::from(settings.assess_delay_seconds);
        let assess = number(
            "assess_delay_seconds",
            self.assess_delay_seconds,
            0..=3600,
            assess,
        );
        let wait = u64::from(settings.unknown_wait_minutes);
        let wait = number(
            "unknown_wait_minutes",
            self.unknown_wait_minutes,
            1..=1440,
            wait,
        );
        let tokens = settings.ai_daily_tokens;
        let tokens = number(
            "ai_daily_tokens",
            self.ai_daily_tokens,
            0..=1_000_000_000,
            tokens,
        );
        let sends = settings.daily_send_limit;
        let sends = number(
            "daily_send_limit",
            self.daily_send_limit,
            0..=1_000_000,
            sends,
        );
        settings.ai_daily_cost_micros = match self.ai_daily_cost_micros {
            Patch::Absent => settings.ai_daily_cost_micros,
            Patch::Null => None,
            Patch::Value(cost) => Some(number(
                "ai_daily_cost_micros",
                Some(cost),
                0..=1_000_000_000,
                0,
            )),
        };
        let messages = settings.key_daily_messages;
        let messages = number(
            "key_daily_messages",
            self.key_daily_messages,
            0..=1_000_000,
            messages,
        );
        let by_key = u64::from(settings.key_requests_per_minute);
        let by_key = number(
            "key_requests_per_minute",
            self.key_requests_per_minute,
            600..=60_000,
            by_key,
        );
        let by_all = u64::from(settings.requests_per_minute);
        let by_all = number(
            "requests_per_minute",
            self.requests_per_minute,
            600..=600_000,
            by_all,
        );
        let many = u64::from(settings.email_recipients_limit);
        let many = number(
            "email_recipients_limit",
            self.email_recipients_limit,
            1..=1_000_000,
            many,
        );
        let per_minute = number(
            "segments_per_call_minute",
            self.segments_per_call_minute,
            0..=100,
            u64::from(settings.segments_per_call_minute),
        );
        if let Some(suite) = self.marketing_suite {
            settings.marketing_suite = suite;
        }
        if let Some(tiers) = self.sms_tiers {
            settings.sms_tiers = sms_tiers(tiers, &mut errors);
        }
        self.sms_tier.apply(&mut settings.sms_tier);
        if let Some(name) = &settings.sms_tier
            && settings.chosen_tier().is_none()
        {
            errors.push(FieldError::new(
                "sms_tier",
                "unknown_value",
                format!("there is no tier `{name}` in `sms_tiers`"),
                "name one of them, or send `null` for no limit",
            ));
        }
        match self.account_lock {
            Patch::Absent => {}
            Patch::Null => settings.account_lock = None,
            Patch::Value(lock) => settings.account_lock = errors.take(lock.checked()),
        }
        match self.sms_upgrade_url {
            Patch::Absent => {}
            Patch::Null => settings.sms_upgrade_url = None,
            Patch::Value(url) => settings.sms_upgrade_url = errors.take(https(&url)),
        }
        for (name, days) in self.category_days.into_iter().flatten() {
            let of_category = set_category(&mut settings.category_days, &name, days);
            errors.take(of_category);
        }
        errors.take(check_categories(&settings.category_days));
        errors.finish()?;
        settings.email_recipients_limit = small(many);
        settings.segments_per_call_minute = small(per_minute);
        settings.key_daily_messages = messages;
        settings.key_requests_per_minute = small(by_key);
        settings.requests_per_minute = small(by_all);
        settings.assess_delay_seconds = small(assess);
        settings.unknown_wait_minutes = small(wait);
        settings.ai_daily_tokens = tokens;
        settings.daily_send_limit = sends;
        Ok(settings)
    }
}

fn https(url: &str) -> Result<String, FieldError> {
    let link = Link::parse(url).map_err(|error| {
        let remedy = "give an address like https://example.org/plan, or `null`";
        let message = format!("the link {error}");
        FieldError::new("sms_upgrade_url", "invalid_value", message, remedy)
    })?;
    Ok(link.as_str().to_owned())
}

/// `None`: the default again.
fn set_category(
    known: &mut BTreeMap<Category, u32>,
    name: &str,
    days: Option<u64>,
) -> Result<(), FieldError> {
    let field = format!("category_days.{name}");
    let category = Category::parse(name).map_err(|error| {
        let remedy = "name the category as your appointments do";
        FieldError::new(&field, "invalid_value", format!("{name:?} {error}"), remedy)
    })?;
    match days {
        None => known.remove(&category),
        Some(days) => {
            let days = check_range(&field, days, 1..=PATTERN_DAYS_MAX.into())?;
            known.insert(category, small(days))
        }
    };
    Ok(())
}

fn check_categories(known: &BTreeMap<Category, u32>) -> Result<(), FieldError> {
    if known.len() <= MOST_CATEGORIES {
        return Ok(());
    }
    Err(FieldError::new(
        "category_days",
        "too_many",
        format!("{} categories; at most {MOST_CATEGORIES}", known.len()),
        "take some back with `null`, or give similar services one category",
    ))
}

impl QuietHoursIn {
    fn parse(&self) -> Result<QuietHours, FieldError> {
        const REMEDY: &str = "write them like {\"from\": \"20:00\", \"to\": \"08:00\"}";
        let time = |field: &str, text: &str| {
            TimeOfDay::parse(text).map_err(|error| {
                FieldError::new(field, "invalid_value", format!("`{field}` {error}"), REMEDY)
            })
        };
        let from = time("quiet_hours.from", &self.from)?;
        let to = time("quiet_hours.to", &self.to)?;
        QuietHours::new(from, to).map_err(|error| {
            FieldError::new("quiet_hours", "invalid_value", error.to_string(), REMEDY)
        })
    }
}

impl FrequencyCapIn {
    fn parse(&self, errors: &mut FieldErrors) -> Option<FrequencyCap> {
        let messages = errors.take(check_range(
            "frequency_cap.messages",
            self.messages,
            1..=100,
        ));
        let hours = errors.take(check_range("frequency_cap.hours", self.hours, 1..=720));
        Some(FrequencyCap {
            messages: small(messages?),
            hours: small(hours?),
        })
    }
}

fn sms_tiers(tiers: Vec<SmsTier>, errors: &mut FieldErrors) -> Vec<Tier> {
    const REMEDY: &str = "give each a name of its own";
    if let Err(error) = check_range("sms_tiers", tiers.len() as u64, 0..=MOST_TIERS) {
        errors.push(error);
        return Vec::new();
    }
    let mut known: Vec<Tier> = Vec::new();
    for (place, tier) in tiers.into_iter().enumerate() {
        let field = |name: &str| format!("sms_tiers[{place}].{name}");
        let name = required_text(&field("name"), Some(&tier.name), NAME_LIMIT, REMEDY);
        let name = errors.take(name).unwrap_or_default();
        let segments = check_range(&field("segments"), tier.segments, 0..=10_000_000);
        let price = check_range(&field("price_cents"), tier.price_cents, 0..=1_000_000_000);
        if known.iter().any(|other| other.name == name) {
            let message = format!("there are two tiers `{name}`");
            errors.push(FieldError::new(&field("name"), "taken", message, REMEDY));
        }
        known.push(Tier {
            name,
            segments: errors.take(segments).unwrap_or_default(),
            price_cents: errors.take(price).unwrap_or_default(),
        });
    }
    known
}

impl From<Tier> for SmsTier {
    fn from(tier: Tier) -> Self {
        let Tier {
            name,
            segments,
            price_cents,
        } = tier;
        Self {
            name,
            segments,
            price_cents,
        }
    }
}

fn business_name(name: &str) -> Result<String, FieldError> {
    if name.trim().is_empty() {
        return Ok(String::new());
    }
    required_text(
        "business_name",
        Some(name),
        NAME_LIMIT,
        "write the name of the business",
    )
}

fn booking_page(url: &str) -> Result<BookingPage, FieldError> {
    BookingPage::parse(url).map_err(|error| {
        FieldError::new(
            "booking_url",
            "not_an_address",
            format!("`booking_url` {error}"),
            "copy it from the browser, as in `https://salon.example/buchen`",
        )
    })
}

fn parse_zone(name: &str) -> Result<Zone, FieldError> {
    Zone::parse(name).map_err(|error| {
        let message = format!("`zone` {error}");
        FieldError::new(
            "zone",
            "unknown_value",
            message,
            "use the name of an IANA time zone",
        )
    })
}

/// The range check before made it small.
fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl From<Settings> for SettingsOut {
    fn from(settings: Settings) -> Self {
        Self {
            version: settings.version,
            business_name: settings.business_name,
            zone: settings.zone.name().to_owned(),
            locale: settings.locale,
            quiet_hours: settings.quiet_hours.map(|hours| QuietHoursOut {
                from: hours.from().to_string(),
                to: hours.to().to_string(),
            }),
            frequency_cap: FrequencyCapOut {
                messages: settings.frequency_cap.messages,
                hours: settings.frequency_cap.hours,
            },
            assess_delay_seconds: settings.assess_delay_seconds,
            unknown_wait_minutes: settings.unknown_wait_minutes,
            ai_daily_tokens: settings.ai_daily_tokens,
            ai_daily_cost_micros: settings.ai_daily_cost_micros,
            daily_send_limit: settings.daily_send_limit,
            key_daily_messages: settings.key_daily_messages,
            key_requests_per_minute: settings.key_requests_per_minute,
            requests_per_minute: settings.requests_per_minute,
            sms_tiers: settings.sms_tiers.into_iter().map(SmsTier::from).collect(),
            sms_tier: settings.sms_tier,
            segments_per_call_minute: settings.segments_per_call_minute,
            sms_upgrade_url: settings.sms_upgrade_url,
            booking_url: settings.booking_url.map(String::from),
            marketing_suite: settings.marketing_suite,
            email_recipients_limit: settings.email_recipients_limit,
            account_lock: settings.account_lock.map(AccountLock::from),
            category_days: settings
                .category_days
                .into_iter()
                .map(|(category, days)| (category.into(), days))
                .collect(),
        }
    }
}
