//! What a function finds around it: environment variables, and the ports built from them.
//!
//! Each `main.rs` asks for exactly the ports its function uses; a client that nobody asks for
//! is neither built at start nor linked into the binary.

use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use app::App;
use app::config::{self, Config, ModelConfig};
use app::ports::{Clock, Model, Queues, Secrets};
use store::Store;
use tracing_subscriber::filter::LevelFilter;

use crate::hosting::{HostError, start_logging};
use crate::{
    Aws, EmbeddedMetrics, HttpsModel, OsEntropy, ReqwestHttp, SchedulerTimers, SesMailer,
    SqsQueues, SsmSecrets, TimerTarget, WallClock,
};

/// Set by Lambda itself.
const FUNCTION_NAME: &str = "AWS_LAMBDA_FUNCTION_NAME";
/// A platform that takes longer has probably not answered at all; shorter than the function.
const PROVIDER_PATIENCE: Duration = Duration::from_secs(15);
/// How long a model may think.
const MODEL_PATIENCE: Duration = Duration::from_secs(20);
/// The secret that holds the key of an OpenAI-compatible endpoint.
const MODEL_KEY: &str = "model/key";

/// A function's environment, read once at start.
pub struct Environment {
    aws: Aws,
    clock: Arc<dyn Clock>,
    config: Config,
}

impl Environment {
    /// Starts logging and reads the configuration.
    pub async fn read() -> Result<Self, HostError> {
        let level = variable(config::LOG_LEVEL).unwrap_or_else(|| "info".to_owned());
        start_logging(LevelFilter::from_str(&level).unwrap_or(LevelFilter::INFO));
        Ok(Self {
            aws: Aws::load().await,
            clock: Arc::new(WallClock),
            config: Config::read(variable)?,
        })
    }

    /// The app with its table; ports are added by the caller.
    pub fn app(&self) -> Result<App, HostError> {
        let store = Store::new(self.aws.table(), required(config::TABLE_NAME)?);
        Ok(App::new(
            store,
            Arc::clone(&self.clock),
            Arc::new(OsEntropy),
            self.config.clone(),
        )
        .with_metrics(Arc::new(EmbeddedMetrics::new(
            variable(FUNCTION_NAME).unwrap_or_default(),
            Arc::clone(&self.clock),
        ))))
    }

    /// Both queues; a function that puts nothing on one of them has no URL of it.
    #[must_use]
    pub fn queues(&self) -> Arc<SqsQueues> {
        let url = |name| variable(name).unwrap_or_default();
        Arc::new(
            self.aws
                .queues(&url(config::EVENTS_QUEUE_URL), &url(config::DUE_QUEUE_URL)),
        )
    }

    /// Timers of EventBridge Scheduler.
    pub fn timers(&self, queues: Arc<dyn Queues>) -> Result<Arc<SchedulerTimers>, HostError> {
        let target = TimerTarget {
            group: required(config::SCHEDULE_GROUP)?,
            queue_arn: required(config::DUE_QUEUE_ARN)?,
            role_arn: required(config::SCHEDULER_ROLE_ARN)?,
            dead_letter_arn: required(config::TIMER_DLQ_ARN)?,
        };
        Ok(Arc::new(self.aws.timers(
            target,
            queues,
            Arc::clone(&self.clock),
        )))
    }

    /// The same for a function that only lists and removes them.
    pub fn listed_timers(
        &self,
        queues: Arc<dyn Queues>,
    ) -> Result<Arc<SchedulerTimers>, HostError> {
        let target = TimerTarget {
            group: required(config::SCHEDULE_GROUP)?,
            queue_arn: String::new(),
            role_arn: String::new(),
            dead_letter_arn: String::new(),
        };
        Ok(Arc::new(self.aws.timers(
            target,
            queues,
            Arc::clone(&self.clock),
        )))
    }

    /// Secrets of connections.
    pub fn secrets(&self) -> Result<Arc<SsmSecrets>, HostError> {
        let prefix = required(config::SECRETS_PREFIX)?;
        Ok(Arc::new(self.aws.secrets(&prefix, Arc::clone(&self.clock))))
    }

    /// The way out to the platforms: https to public addresses and nothing else.
    pub fn http(&self) -> Result<Arc<ReqwestHttp>, HostError> {
        Ok(Arc::new(ReqwestHttp::public(PROVIDER_PATIENCE)?))
    }

    /// The way out for e-mail.
    #[must_use]
    pub fn mailer(&self) -> Arc<SesMailer> {
        Arc::new(self.aws.mailer(self.config.providers.ses.as_deref()))
    }

    /// The configured model.
    pub async fn model(&self, secrets: &dyn Secrets) -> Result<Option<Arc<dyn Model>>, HostError> {
        Ok(match &self.config.model {
            ModelConfig::None => None,
            ModelConfig::Bedrock { model } => {
                Some(Arc::new(self.aws.bedrock(model, MODEL_PATIENCE)))
            }
            ModelConfig::OpenAi { model, url } => {
                let http = Arc::new(ReqwestHttp::public(MODEL_PATIENCE)?);
                let key = secrets.get(MODEL_KEY).await?;
                Some(Arc::new(HttpsModel::new(http, url, key, model)))
            }
        })
    }
}

fn required(name: &'static str) -> Result<String, HostError> {
    let missing = || config::ConfigError {
        name,
        problem: "is not set; template.yaml sets it".to_owned(),
    };
    Ok(variable(name).ok_or_else(missing)?)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where functions read their environment"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
