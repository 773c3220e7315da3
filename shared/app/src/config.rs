//! Every environment variable of the functions, read in one place.
//!
//! Reading takes a look-up function, so that nothing here touches the process environment.

use std::time::Duration;

use domain::local_time::Zone;
use domain::settings::Locale;

/// Name of the DynamoDB table.
pub const TABLE_NAME: &str = "TABLE_NAME";
/// URL of the FIFO queue `events`.
pub const EVENTS_QUEUE_URL: &str = "EVENTS_QUEUE_URL";
/// URL of the queue `due`.
pub const DUE_QUEUE_URL: &str = "DUE_QUEUE_URL";
/// ARN of the queue `due`, the target of timers.
pub const DUE_QUEUE_ARN: &str = "DUE_QUEUE_ARN";
/// ARN of the queue for timers that could not be delivered.
pub const TIMER_DLQ_ARN: &str = "TIMER_DLQ_ARN";
/// EventBridge Scheduler group that holds the timers.
pub const SCHEDULE_GROUP: &str = "SCHEDULE_GROUP";
/// Role that EventBridge Scheduler assumes to reach the queue `due`.
pub const SCHEDULER_ROLE_ARN: &str = "SCHEDULER_ROLE_ARN";
/// Up to how many seconds ahead a timer is a queue delay, 0 to 900. Default 900.
pub const SQS_HORIZON_SECONDS: &str = "SQS_HORIZON_SECONDS";
/// What the names of secrets start with: `/nachfass/<stack>`.
pub const SECRETS_PREFIX: &str = "SECRETS_PREFIX";
/// `error`, `warn`, `info` or `debug`. Default `info`.
pub const LOG_LEVEL: &str = "LOG_LEVEL";
/// `none`, `bedrock` or `openai` (any compatible endpoint). Default `none`.
pub const MODEL_PROVIDER: &str = "MODEL_PROVIDER";
/// The model's name at the provider.
pub const MODEL_ID: &str = "MODEL_ID";
/// Base URL of an OpenAI-compatible endpoint; its key is the secret `model/key`.
pub const MODEL_URL: &str = "MODEL_URL";
/// Tokens a day for a new workspace; 0 switches models off. Default 200000.
pub const MODEL_DAILY_TOKENS: &str = "MODEL_DAILY_TOKENS";
/// What a million tokens that the model reads cost, in millionths of the currency's unit:
/// `250000` is 0.25. Default 0: not known.
pub const MODEL_INPUT_PRICE: &str = "MODEL_INPUT_PRICE";
/// The same for tokens that the model writes.
pub const MODEL_OUTPUT_PRICE: &str = "MODEL_OUTPUT_PRICE";
/// The currency of the prices, in three letters. Default `USD`.
pub const MODEL_CURRENCY: &str = "MODEL_CURRENCY";
/// Version of Meta's Graph API. Default: the one this release was written for.
pub const GRAPH_API_VERSION: &str = "GRAPH_API_VERSION";
/// Where this installation is reached from outside: `https://messages.example.org`, without a slash
/// at the end. Behind API Gateway the functions that it calls know its own address without this.
pub const PUBLIC_URL: &str = "PUBLIC_URL";
/// Base URL for WhatsApp, Messenger and Instagram.
pub const GRAPH_BASE_URL: &str = "GRAPH_BASE_URL";
/// Base URL for Instagram accounts with an Instagram login.
pub const INSTAGRAM_BASE_URL: &str = "INSTAGRAM_BASE_URL";
/// Base URL for Telegram.
pub const TELEGRAM_BASE_URL: &str = "TELEGRAM_BASE_URL";
/// Base URL for SMS, of Twilio or of a provider that speaks its API.
pub const TWILIO_BASE_URL: &str = "TWILIO_BASE_URL";
/// Base URL for e-mail, of something that speaks the API of SES v2. Unset: SES of the Region.
pub const SES_BASE_URL: &str = "SES_BASE_URL";
/// The configuration set of SES through which reports on mails come back, where a connection names
/// none. Without one nobody hears of bounces and complaints.
pub const MAIL_CONFIGURATION_SET: &str = "MAIL_CONFIGURATION_SET";
/// Zone of a new workspace. Default `Europe/Berlin`.
pub const DEFAULT_ZONE: &str = "DEFAULT_ZONE";
/// Language of a new workspace, `de` or `en`. Default `de`.
pub const DEFAULT_LOCALE: &str = "DEFAULT_LOCALE";
/// How long after the last message rules are assessed, at most, in seconds, for a new workspace.
/// Default 120.
pub const ASSESS_DELAY_SECONDS: &str = "ASSESS_DELAY_SECONDS";

/// What the environment says.
#[derive(Debug, Clone)]
pub struct Config {
    /// See [`SQS_HORIZON_SECONDS`].
    pub queue_horizon: Duration,
    /// See [`PUBLIC_URL`].
    pub public_url: Option<String>,
    /// Where the platforms are.
    pub providers: Providers,
    /// Which model, if any.
    pub model: ModelConfig,
    /// What it costs.
    pub prices: ModelPrices,
    /// What a new workspace starts with.
    pub defaults: Defaults,
}

/// Where the platforms are.
#[derive(Debug, Clone)]
pub struct Providers {
    /// See [`GRAPH_API_VERSION`].
    pub graph_version: String,
    /// See [`GRAPH_BASE_URL`].
    pub graph: String,
    /// See [`INSTAGRAM_BASE_URL`].
    pub instagram: String,
    /// See [`TELEGRAM_BASE_URL`].
    pub telegram: String,
    /// See [`TWILIO_BASE_URL`].
    pub twilio: String,
    /// See [`SES_BASE_URL`].
    pub ses: Option<String>,
    /// See [`MAIL_CONFIGURATION_SET`].
    pub mail_configuration_set: Option<String>,
}

/// Which model answers, if any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelConfig {
    /// The built-in decider answers everything.
    None,
    /// Amazon Bedrock.
    Bedrock {
        /// Model or inference profile.
        model: String,
    },
    /// An OpenAI-compatible endpoint.
    OpenAi {
        /// Model name.
        model: String,
        /// Base URL.
        url: String,
    },
}

/// What a model's tokens cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelPrices {
    /// See [`MODEL_INPUT_PRICE`].
    pub input: u64,
    /// See [`MODEL_OUTPUT_PRICE`].
    pub output: u64,
    /// See [`MODEL_CURRENCY`].
    pub currency: String,
}

impl ModelPrices {
    /// What so many tokens cost, in millionths of the currency's unit, rounded up.
    #[must_use]
    pub fn cost_micros(&self, input_tokens: u64, output_tokens: u64) -> u64 {
        let parts = u128::from(input_tokens) * u128::from(self.input)
            + u128::from(output_tokens) * u128::from(self.output);
        u64::try_from(parts.div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }
}

/// What a new workspace starts with.
#[derive(Debug, Clone)]
pub struct Defaults {
    /// See [`DEFAULT_ZONE`].
    pub zone: Zone,
    /// See [`DEFAULT_LOCALE`].
    pub locale: Locale,
    /// See [`ASSESS_DELAY_SECONDS`].
    pub assess_delay_seconds: u32,
    /// See [`MODEL_DAILY_TOKENS`].
    pub daily_tokens: u64,
}

/// A variable that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("environment variable {name}: {problem}")]
pub struct ConfigError {
    /// Which one.
    pub name: &'static str,
    /// Why.
    pub problem: String,
}

impl Config {
    /// Reads the configuration; unset variables take their defaults.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let text = |name: &'static str, default: &str| {
            variable(name)
                .filter(|value| !value.trim().is_empty())
                .unwrap_or_else(|| default.to_owned())
        };
        let set = |name: &'static str| Some(text(name, "")).filter(|value| !value.is_empty());
        let horizon: u64 = number(SQS_HORIZON_SECONDS, &text(SQS_HORIZON_SECONDS, "900"))?;
        if horizon > 900 {
            return Err(problem(
                SQS_HORIZON_SECONDS,
                "at most 900, the longest delay of a queue",
            ));
        }
        Ok(Self {
            queue_horizon: Duration::from_secs(horizon),
            public_url: public_url(&text(PUBLIC_URL, ""))?,
            providers: Providers {
                graph_version: text(GRAPH_API_VERSION, channels::outbound::DEFAULT_GRAPH_VERSION),
                graph: text(GRAPH_BASE_URL, "https://graph.facebook.com"),
                instagram: text(INSTAGRAM_BASE_URL, "https://graph.facebook.com"),
                telegram: text(TELEGRAM_BASE_URL, "https://api.telegram.org"),
                twilio: text(TWILIO_BASE_URL, "https://api.twilio.com"),
                ses: set(SES_BASE_URL),
                mail_configuration_set: set(MAIL_CONFIGURATION_SET),
            },
            model: model(&text)?,
            prices: prices(&text)?,
            defaults: Defaults {
                zone: Zone::parse(&text(DEFAULT_ZONE, "Europe/Berlin"))
                    .map_err(|error| problem(DEFAULT_ZONE, &error.to_string()))?,
                locale: match text(DEFAULT_LOCALE, "de").as_str() {
                    "de" => Locale::De,
                    "en" => Locale::En,
                    _ => return Err(problem(DEFAULT_LOCALE, "`de` or `en`")),
                },
                assess_delay_seconds: number(
                    ASSESS_DELAY_SECONDS,
                    &text(ASSESS_DELAY_SECONDS, "120"),
                )?,
                daily_tokens: number(MODEL_DAILY_TOKENS, &text(MODEL_DAILY_TOKENS, "200000"))?,
            },
        })
    }

    /// The base URL of a channel's platform.
    #[must_use]
    pub fn base_url(&self, channel: domain::channel::Channel) -> &str {
        use domain::channel::Channel;
        match channel {
            Channel::WhatsApp | Channel::Messenger => &self.providers.graph,
            Channel::Instagram => &self.providers.instagram,
            Channel::Telegram => &self.providers.telegram,
            Channel::Sms => &self.providers.twilio,
            // Called through the SDK, or in another way than the others; see `Mailer`.
            Channel::Email | Channel::Loopback => "",
        }
    }
}

/// Signatures and links are made over it, so it is used as it stands here. SMS providers refuse hosts
/// with underscores.
fn public_url(value: &str) -> Result<Option<String>, ConfigError> {
    let address = value.trim().trim_end_matches('/');
    if address.is_empty() {
        return Ok(None);
    }
    let rest = ["https://", "http://"]
        .iter()
        .find_map(|scheme| address.strip_prefix(scheme));
    let host = rest.and_then(|rest| rest.split('/').next());
    let plain = !address.contains(['?', '#', '@', ' ', '\\']) && address.is_ascii();
    match host {
        Some(host) if plain && !host.is_empty() && !host.contains('_') => {
            Ok(Some(address.to_owned()))
        }
        _ => Err(problem(
            PUBLIC_URL,
            "an address like `https://messages.example.org`, without query and without `_` in its host",
        )),
    }
}

/// The host that the gateway was called under, in its own word: what a header says could be
/// anything. The hosting puts it into the requests; it stands in for a missing [`PUBLIC_URL`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalledAt(pub String);

impl Config {
    /// Where this installation is reached from outside, without a slash at the end.
    #[must_use]
    pub fn public_url(&self, called_at: Option<&CalledAt>) -> Option<String> {
        let own = |CalledAt(host): &CalledAt| format!("https://{host}");
        self.public_url.clone().or_else(|| called_at.map(own))
    }
}

fn model(text: &impl Fn(&'static str, &str) -> String) -> Result<ModelConfig, ConfigError> {
    let needed = |name: &'static str, when: &str| match text(name, "") {
        value if value.is_empty() => Err(problem(name, &format!("must be set when {when}"))),
        value => Ok(value),
    };
    match text(MODEL_PROVIDER, "none").as_str() {
        "none" => Ok(ModelConfig::None),
        "bedrock" => Ok(ModelConfig::Bedrock {
            model: needed(MODEL_ID, "MODEL_PROVIDER is")?,
        }),
        "openai" => Ok(ModelConfig::OpenAi {
            model: needed(MODEL_ID, "MODEL_PROVIDER is")?,
            url: needed(MODEL_URL, "MODEL_PROVIDER is `openai`")?,
        }),
        _ => Err(problem(MODEL_PROVIDER, "`none`, `bedrock` or `openai`")),
    }
}

fn prices(text: &impl Fn(&'static str, &str) -> String) -> Result<ModelPrices, ConfigError> {
    let price = |name| number(name, &text(name, "0"));
    let currency = text(MODEL_CURRENCY, "USD");
    if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(problem(MODEL_CURRENCY, "three capital letters, like `USD`"));
    }
    Ok(ModelPrices {
        input: price(MODEL_INPUT_PRICE)?,
        output: price(MODEL_OUTPUT_PRICE)?,
        currency,
    })
}

fn number<T: std::str::FromStr>(name: &'static str, value: &str) -> Result<T, ConfigError> {
    value
        .trim()
        .parse()
        .map_err(|_| problem(name, "a whole number"))
}

fn problem(name: &'static str, problem: &str) -> ConfigError {
    ConfigError {
        name,
        problem: problem.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_has_to_be_set() {
        let config = Config::read(|_| None).unwrap();
        assert_eq!(config.queue_horizon, Duration::from_secs(900));
        assert_eq!(config.model, ModelConfig::None);
        assert_eq!(config.public_url, None);
    }

    #[test]
    fn the_public_address_has_no_slash_at_its_end() {
        let read = |value: &str| {
            let given = |asked: &str| (asked == PUBLIC_URL).then(|| value.to_owned());
            Config::read(given).map(|config| config.public_url)
        };
        for (given, expected) in [
            ("https://x.example.org", "https://x.example.org"),
            (" https://x.example.org/a/ ", "https://x.example.org/a"),
            ("http://127.0.0.1:8787", "http://127.0.0.1:8787"),
        ] {
            assert_eq!(read(given).unwrap().as_deref(), Some(expected));
        }
        for wrong in [
            "x.example.org",
            "ftp://x.org",
            "https://",
            "https://a_b.org",
            "https://x.org/?a=1",
        ] {
            assert_eq!(read(wrong).unwrap_err().name, PUBLIC_URL, "{wrong}");
        }
    }

    #[test]
    fn what_tokens_cost_is_rounded_up() {
        let prices = ModelPrices {
            input: 250_000,
            output: 1_250_000,
            currency: "USD".to_owned(),
        };
        assert_eq!(prices.cost_micros(0, 0), 0);
        assert_eq!(prices.cost_micros(1, 0), 1);
        assert_eq!(prices.cost_micros(4_000, 800), 2_000);
        assert_eq!(prices.cost_micros(u64::MAX, u64::MAX), u64::MAX);
    }

    #[test]
    fn an_error_names_the_variable() {
        let check = |name: &'static str, value: &str| {
            let error =
                Config::read(|asked| (asked == name).then(|| value.to_owned())).unwrap_err();
            assert_eq!(error.name, name);
        };
        check(SQS_HORIZON_SECONDS, "901");
        check(SQS_HORIZON_SECONDS, "soon");
        check(DEFAULT_ZONE, "Berlin");
        check(DEFAULT_LOCALE, "fr");
        check(MODEL_PROVIDER, "other");
        check(MODEL_INPUT_PRICE, "0.25");
        check(MODEL_CURRENCY, "euro");
    }
}
