//! The SDK's configuration, read once per process, and the clients made from it.

use std::sync::Arc;
use std::time::Duration;

use app::ports::{Clock, Queues};
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};

use crate::{BedrockModel, SchedulerTimers, SesMailer, SqsQueues, SsmSecrets, TimerTarget};

/// Every function has at least 20 seconds; a call that hangs must not use them all up.
const CONNECT: Duration = Duration::from_secs(2);
const ATTEMPT: Duration = Duration::from_secs(4);
const OPERATION: Duration = Duration::from_secs(10);
const ATTEMPTS: u32 = 3;

/// Where the ports come from. Only the clients that are asked for are built: each costs start-up
/// time.
#[derive(Debug, Clone)]
pub struct Aws(SdkConfig);

impl Aws {
    /// Reads region, credentials and `AWS_ENDPOINT_URL` from where the SDK looks for them.
    pub async fn load() -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT)
            .operation_attempt_timeout(ATTEMPT)
            .operation_timeout(OPERATION)
            .build();
        let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .timeout_config(timeouts)
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS));
        Self(Box::pin(config.load()).await)
    }

    /// Clients over a configuration that was made elsewhere: the call counts put a connector of
    /// their own under it.
    #[must_use]
    pub fn over(config: SdkConfig) -> Self {
        Self(config)
    }

    /// The client for the store.
    #[must_use]
    pub fn table(&self) -> aws_sdk_dynamodb::Client {
        let config = aws_sdk_dynamodb::config::Builder::from(&self.0);
        let config = config.retry_classifier(store::RetryConflicts);
        aws_sdk_dynamodb::Client::from_conf(config.build())
    }

    /// The two queues by their URLs.
    #[must_use]
    pub fn queues(&self, events_url: &str, due_url: &str) -> SqsQueues {
        SqsQueues::new(aws_sdk_sqs::Client::new(&self.0), events_url, due_url)
    }

    /// Timers that put a task on the queue `due`; what is due already goes to `queues` at once.
    #[must_use]
    pub fn timers(
        &self,
        target: TimerTarget,
        queues: Arc<dyn Queues>,
        clock: Arc<dyn Clock>,
    ) -> SchedulerTimers {
        SchedulerTimers::new(
            aws_sdk_scheduler::Client::new(&self.0),
            target,
            queues,
            clock,
        )
    }

    /// Secrets under a prefix such as `/nachfass/production`.
    #[must_use]
    pub fn secrets(&self, prefix: &str, clock: Arc<dyn Clock>) -> SsmSecrets {
        SsmSecrets::new(aws_sdk_ssm::Client::new(&self.0), prefix, clock)
    }

    /// SES, or what speaks its API under this address.
    #[must_use]
    pub fn mailer(&self, base_url: Option<&str>) -> SesMailer {
        // One attempt: whether to try again is decided by whoever knows what may have left.
        let mut config = aws_sdk_sesv2::config::Builder::from(&self.0)
            .retry_config(RetryConfig::disabled())
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT)
                    .operation_timeout(OPERATION)
                    .build(),
            );
        if let Some(base_url) = base_url {
            config = config.endpoint_url(base_url);
        }
        SesMailer::new(aws_sdk_sesv2::Client::from_conf(config.build()))
    }

    /// A model of Bedrock, by id or inference profile.
    #[must_use]
    pub fn bedrock(&self, model: &str, patience: Duration) -> BedrockModel {
        // One attempt that may take as long as the caller waits: thinking is not hanging.
        let config = aws_sdk_bedrockruntime::config::Builder::from(&self.0)
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT)
                    .operation_timeout(patience)
                    .build(),
            )
            .retry_config(RetryConfig::standard().with_max_attempts(2))
            .build();
        BedrockModel::new(
            aws_sdk_bedrockruntime::Client::from_conf(config),
            model,
            patience,
        )
    }
}
