//! What holds for a whole workspace.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::account::LockRule;
use crate::booking_page::BookingPage;
use crate::broadcast::EMAIL_RECIPIENTS;
use crate::ids::WorkspaceId;
use crate::local_time::{QuietHours, Zone};
use crate::rebooking::{Category, Patterns};
use crate::sms::tier::Tier;

/// The language in which customers are written to when nothing else is known.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Locale {
    /// German.
    #[default]
    De,
    /// English.
    En,
}

impl Locale {
    /// Every language, in the order lists show them.
    pub const ALL: [Self; 2] = [Self::De, Self::En];

    /// Its code, as HTML and JSON spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::De => "de",
            Self::En => "en",
        }
    }
}

/// At most this many automated messages to one customer within this time, over all rules,
/// conversations and channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FrequencyCap {
    /// How many messages, 1 to 100.
    pub messages: u32,
    /// Within how many hours, 1 to 720 (rolling).
    pub hours: u32,
}

impl FrequencyCap {
    /// The time span.
    #[must_use]
    pub fn span(&self) -> TimeDelta {
        TimeDelta::hours(i64::from(self.hours))
    }
}

/// Settings of a workspace. Owned by the owner, read by every decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Whose settings.
    pub workspace: WorkspaceId,
    /// Rises with every change.
    pub version: u64,
    /// What customers know the business as; `##{{business_name}}`.
    pub business_name: String,
    /// The zone of all civil times.
    pub zone: Zone,
    /// The language customers are written to in.
    pub locale: Locale,
    /// Hours without automated messages.
    pub quiet_hours: Option<QuietHours>,
    /// The limit per customer.
    pub frequency_cap: FrequencyCap,
    /// How long after the last message rules are assessed, at most. A rule with a shorter delay
    /// is assessed sooner.
    pub assess_delay_seconds: u32,
    /// How long a send whose outcome is unknown waits for the platform's own receipt.
    pub unknown_wait_minutes: u32,
    /// Model tokens a day; at the limit the built-in decider answers. 0: no model at all.
    pub ai_daily_tokens: u64,
    /// What models may cost a day, in millionths of the currency's unit; `None`: whatever the
    /// tokens cost. Holds only where the operator has told what a token costs.
    #[serde(default)]
    pub ai_daily_cost_micros: Option<u64>,
    /// Automated sends a day, over the whole workspace.
    pub daily_send_limit: u64,
    /// Messages of staff a day by one key.
    #[serde(default = "key_daily_messages")]
    pub key_daily_messages: u64,
    /// Requests to the API a minute by one key.
    #[serde(default = "key_requests_per_minute")]
    pub key_requests_per_minute: u32,
    /// Requests to the API a minute by all keys.
    #[serde(default = "requests_per_minute")]
    pub requests_per_minute: u32,
    /// What the business may choose from: how many SMS segments a month, for what price.
    #[serde(default)]
    pub sms_tiers: Vec<Tier>,
    /// The name of the one it has chosen; `None`: no limit.
    #[serde(default)]
    pub sms_tier: Option<String>,
    /// How many segments every minute of an incoming call counts that has begun (MO-34).
    #[serde(default = "segments_per_call_minute")]
    pub segments_per_call_minute: u32,
    /// Where the owner raises it: an https address that the notice of spent segments holds, and no
    /// customer is ever shown (MO-23).
    #[serde(default)]
    pub sms_upgrade_url: Option<String>,
    /// After how many days the business's customers usually repeat a service of a category, where
    /// the owner knows better than the defaults.
    #[serde(default)]
    pub category_days: BTreeMap<Category, u32>,
    /// Where customers book: `##{{booking_link}}` leads there.
    #[serde(default)]
    pub booking_url: Option<BookingPage>,
    /// Whether e-mails to many have no limit (MO-08).
    #[serde(default)]
    pub marketing_suite: bool,
    /// Without that, to how many at once no e-mail goes any more.
    #[serde(default = "email_recipients_limit")]
    pub email_recipients_limit: u32,
    /// When the account is locked; `None`: never (MO-25).
    #[serde(default)]
    pub account_lock: Option<LockRule>,
}

fn email_recipients_limit() -> u32 {
    EMAIL_RECIPIENTS
}

fn segments_per_call_minute() -> u32 {
    1
}

fn key_daily_messages() -> u64 {
    2_000
}

fn key_requests_per_minute() -> u32 {
    6_000
}

fn requests_per_minute() -> u32 {
    12_000
}

impl Settings {
    /// The settings a new workspace starts with.
    #[must_use]
    pub fn new(
        workspace: WorkspaceId,
        zone: Zone,
        locale: Locale,
        quiet_hours: Option<QuietHours>,
    ) -> Self {
        Self {
            workspace,
            version: 1,
            business_name: String::new(),
            zone,
            locale,
            quiet_hours,
            frequency_cap: FrequencyCap {
                messages: 3,
                hours: 24,
            },
            assess_delay_seconds: 120,
            unknown_wait_minutes: 30,
            ai_daily_tokens: 200_000,
            ai_daily_cost_micros: None,
            daily_send_limit: 10_000,
            key_daily_messages: key_daily_messages(),
            key_requests_per_minute: key_requests_per_minute(),
            requests_per_minute: requests_per_minute(),
            sms_tiers: Vec::new(),
            sms_tier: None,
            segments_per_call_minute: segments_per_call_minute(),
            sms_upgrade_url: None,
            category_days: BTreeMap::new(),
            booking_url: None,
            account_lock: None,
            marketing_suite: false,
            email_recipients_limit: email_recipients_limit(),
        }
    }

    /// The tier of SMS segments that was chosen.
    #[must_use]
    pub fn chosen_tier(&self) -> Option<&Tier> {
        let name = self.sms_tier.as_ref()?;
        self.sms_tiers.iter().find(|tier| tier.name == *name)
    }

    /// After how many days services are usually repeated: the defaults, with what the owner says.
    #[must_use]
    pub fn patterns(&self) -> Patterns {
        let mut patterns = Patterns::default();
        for (category, days) in &self.category_days {
            let set = patterns.set(category.clone(), *days);
            debug_assert!(set.is_ok(), "checked when it was stored");
        }
        patterns
    }

    /// The assessment delay as a duration.
    #[must_use]
    pub fn assess_delay(&self) -> TimeDelta {
        TimeDelta::seconds(i64::from(self.assess_delay_seconds))
    }

    /// The waiting time for unknown outcomes as a duration.
    #[must_use]
    pub fn unknown_wait(&self) -> TimeDelta {
        TimeDelta::minutes(i64::from(self.unknown_wait_minutes))
    }
}
