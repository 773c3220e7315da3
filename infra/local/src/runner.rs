//! Carries tasks from the queues to the functions, and moves the clock.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use app::App;
use app::config::{Config, ModelConfig};
use app::metrics::Totals;
use app::ports::{Clock, Entropy, Http, Model, Queues as _, Secrets, Timer, Timers as _};
use app::tasks::{DueTask, EventTask};
use chrono::{DateTime, TimeDelta, Utc};
use local::{
    DataFolder, Dynamo, FileSecrets, LocalHttp, LocalQueues, LocalTimers, Queue, QueueLimits,
    SesOverHttp, VirtualClock,
};
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use store::Store;
use tokio::sync::Mutex;

/// How often the sweep runs, on the virtual clock.
const SWEEP_EVERY: TimeDelta = TimeDelta::minutes(5);
/// How many tasks of a queue are handled before the other one has its turn.
const AT_ONCE: usize = 10;
/// How long a model may think.
const MODEL_PATIENCE: Duration = Duration::from_secs(30);
/// The name of the table in the embedded engine.
const TABLE: &str = "nachfass";

/// The parts of a local installation.
pub struct Runner {
    /// What the functions work with.
    pub app: Arc<App>,
    /// The time of everything.
    pub clock: Arc<VirtualClock>,
    /// The two queues.
    pub queues: Arc<LocalQueues>,
    /// The timers.
    pub timers: Arc<LocalTimers>,
    /// The way out, and its outbox.
    pub http: Arc<LocalHttp>,
    /// The embedded engine.
    pub dynamo: Dynamo,
    /// Numbers for the operator.
    pub metrics: Arc<Totals>,
    /// One consumer at a time: order is what makes a run repeatable.
    consumer: Mutex<Sweeps>,
    /// Other processes are kept out for as long as this one lives.
    _folder: Option<DataFolder>,
}

/// When the sweep last ran.
#[derive(Default)]
struct Sweeps {
    last: Option<DateTime<Utc>>,
}

/// What a local installation is made of, before it runs.
pub struct Parts {
    /// The time of everything.
    pub clock: Arc<VirtualClock>,
    /// The source of ids and secrets.
    pub entropy: Arc<dyn Entropy>,
    /// The two queues.
    pub queues: Arc<LocalQueues>,
    /// The way out.
    pub http: Arc<LocalHttp>,
    /// The embedded engine.
    pub dynamo: Dynamo,
    /// Secrets of connections.
    pub secrets: Arc<dyn Secrets>,
    /// The model, if there is one.
    pub model: Option<Arc<dyn Model>>,
    /// Configuration.
    pub config: Config,
    /// Where all of it is kept; `None` in memory.
    folder: Option<DataFolder>,
}

impl Parts {
    /// Everything in memory, the clock standing at `now`: for tests.
    pub fn memory(
        now: DateTime<Utc>,
        entropy: Arc<dyn Entropy>,
        config: Config,
    ) -> anyhow::Result<Self> {
        let clock = Arc::new(VirtualClock::standing_at(now));
        Self::over(clock, entropy, None, config)
    }

    /// Everything in a folder, or in memory, with the clock running. The folder is this process's
    /// alone: two would each keep a clock, and what one has said the other would take back.
    pub fn open(
        folder: Option<&Path>,
        entropy: Arc<dyn Entropy>,
        config: Config,
    ) -> anyhow::Result<Self> {
        let folder = folder.map(DataFolder::open).transpose()?;
        let clock = match &folder {
            Some(folder) => VirtualClock::open(&folder.file("clock.json"))?,
            None => VirtualClock::running(),
        };
        Self::over(Arc::new(clock), entropy, folder, config)
    }

    /// Asks this model, where the configuration names one.
    pub fn use_model(&mut self, key: Option<String>) -> anyhow::Result<()> {
        self.model = match &self.config.model {
            ModelConfig::None => None,
            ModelConfig::Bedrock { .. } => {
                anyhow::bail!("Bedrock needs the deployed stack; locally set MODEL_PROVIDER=openai")
            }
            ModelConfig::OpenAi { model, url } => {
                let http = aws::ReqwestHttp::public_and_loopback(MODEL_PATIENCE)?;
                let key = key.map(SecretString::from);
                Some(Arc::new(aws::HttpsModel::new(
                    Arc::new(http),
                    url,
                    key,
                    model,
                )))
            }
        };
        Ok(())
    }

    fn over(
        clock: Arc<VirtualClock>,
        entropy: Arc<dyn Entropy>,
        folder: Option<DataFolder>,
        config: Config,
    ) -> anyhow::Result<Self> {
        let time: Arc<dyn Clock> = Arc::<VirtualClock>::clone(&clock);
        let (dynamo, queues, secrets) = match &folder {
            Some(folder) => (
                Dynamo::open(&folder.database("table.sqlite")?)?,
                LocalQueues::open(
                    &folder.database("queues.sqlite")?,
                    Arc::clone(&time),
                    QueueLimits::default(),
                )?,
                FileSecrets::open(&folder.file("secrets.json"))?,
            ),
            None => (
                Dynamo::memory()?,
                LocalQueues::memory(Arc::clone(&time), QueueLimits::default())?,
                FileSecrets::memory(),
            ),
        };
        Ok(Self {
            clock,
            entropy,
            queues: Arc::new(queues),
            http: Arc::new(way_out(time, &config)?),
            dynamo,
            secrets: Arc::new(secrets),
            model: None,
            config,
            folder,
        })
    }
}

impl Runner {
    /// Puts the parts together, creates the table where there is none, and arms the timers that
    /// an earlier process left.
    pub async fn start(parts: Parts) -> anyhow::Result<Self> {
        let Parts {
            clock,
            entropy,
            queues,
            http,
            dynamo,
            secrets,
            model,
            config,
            folder,
        } = parts;
        dynamo
            .ensure_table(store::table_definition(TABLE))
            .await
            .context("creating the table")?;
        let timers = Arc::new(LocalTimers::new());
        let metrics = Arc::new(Totals::default());
        let ses = config.providers.ses.clone();
        let out: Arc<dyn Http> = Arc::<LocalHttp>::clone(&http);
        let mailer = SesOverHttp::new(out, ses.as_deref());
        let app = App::new(
            Store::new(dynamo.client(), TABLE),
            Arc::<VirtualClock>::clone(&clock),
            entropy,
            config,
        )
        .with_queues(Arc::<LocalQueues>::clone(&queues))
        .with_timers(Arc::<LocalTimers>::clone(&timers))
        .with_http(Arc::<LocalHttp>::clone(&http))
        .with_mailer(Arc::new(mailer))
        .with_secrets(secrets)
        .with_metrics(Arc::<Totals>::clone(&metrics))
        .with_model(model);
        let runner = Self {
            app: Arc::new(app),
            clock,
            queues,
            timers,
            http,
            dynamo,
            metrics,
            consumer: Mutex::default(),
            _folder: folder,
        };
        runner.rebuild_timers().await?;
        Ok(runner)
    }

    /// The present on the virtual clock.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Does everything that is due now.
    pub async fn settle(&self) -> anyhow::Result<()> {
        let mut sweeps = self.consumer.lock().await;
        self.settle_with(&mut sweeps).await
    }

    /// Moves the clock; everything due on the way happens, in order, before this returns.
    pub async fn advance(&self, by: TimeDelta) -> anyhow::Result<DateTime<Utc>> {
        let mut sweeps = self.consumer.lock().await;
        let target = self
            .now()
            .checked_add_signed(by)
            .context("the clock cannot go that far")?;
        self.settle_with(&mut sweeps).await?;
        while let Some(next) = self.next_event()?.filter(|at| *at <= target) {
            self.move_to(next)?;
            self.settle_with(&mut sweeps).await?;
        }
        self.move_to(target)?;
        self.settle_with(&mut sweeps).await?;
        Ok(self.now())
    }

    /// When something will be due next, without a sweep.
    pub fn next_event(&self) -> anyhow::Result<Option<DateTime<Utc>>> {
        let queued = self.queues.next_visible_at()?;
        Ok([queued, self.timers.next_at()].into_iter().flatten().min())
    }

    fn move_to(&self, at: DateTime<Utc>) -> anyhow::Result<()> {
        // The clock may run: it can have passed the moment while the last one was worked on.
        if at > self.now() {
            self.clock.set(at)?;
        }
        Ok(())
    }

    async fn settle_with(&self, sweeps: &mut Sweeps) -> anyhow::Result<()> {
        if sweeps
            .last
            .is_none_or(|last| self.now() - last >= SWEEP_EVERY)
        {
            sweeps.last = Some(self.now());
            sweep::sweep(&self.app).await?;
        }
        loop {
            for timer in self.timers.due(self.now()) {
                let task = app::timers::wake(timer.workspace, timer.conversation, timer.generation);
                self.queues.send_due(&task, Duration::ZERO).await?;
            }
            let events = self.consume(Queue::Events).await?;
            let due = self.consume(Queue::Due).await?;
            if events + due == 0 {
                return Ok(());
            }
        }
    }

    /// Hands what can be received to its function, one at a time: what waits its turn is not in
    /// hand when the process is killed. A failed task becomes visible again later, and is a dead
    /// letter after the fifth time, as on AWS.
    async fn consume(&self, queue: Queue) -> anyhow::Result<usize> {
        for count in 0..AT_ONCE {
            let Some(message) = self.queues.receive(queue, 1)?.pop() else {
                return Ok(count);
            };
            let done = match queue {
                Queue::Events => self.handle_event(&message.body).await,
                Queue::Due => self.handle_due(&message.body).await,
            };
            match done {
                Ok(()) => self.queues.delete(&message.id)?,
                Err(error) => {
                    tracing::error!(queue = ?queue, error = format!("{error:#}"), "a task failed and will be tried again");
                }
            }
        }
        Ok(AT_ONCE)
    }

    async fn handle_event(&self, body: &str) -> anyhow::Result<()> {
        // Boxed: without optimisation they are large, and the stack of a test is small.
        Ok(Box::pin(evaluate::handle(&self.app, read::<EventTask>(body)?)).await?)
    }

    /// What SES told its topic: handled at once, and all that follows from it.
    pub async fn report(&self, body: &[u8]) -> anyhow::Result<()> {
        Box::pin(evaluate::report(&self.app, body)).await?;
        Ok(())
    }

    async fn handle_due(&self, body: &str) -> anyhow::Result<()> {
        Ok(Box::pin(dispatch::handle(&self.app, read::<DueTask>(body)?)).await?)
    }

    /// Whom to wake and when stands in the table. What the queue has of it from an earlier process
    /// goes, or every restart would double it.
    async fn rebuild_timers(&self) -> anyhow::Result<()> {
        self.queues
            .drop_due(|body| matches!(serde_json::from_str(body), Ok(DueTask::WakeV1 { .. })))?;
        let far = self.now() + TimeDelta::days(36_500);
        for shard in Store::due_shards() {
            for due in self.app.store.overdue(shard, far, u16::MAX).await? {
                let timer = Timer {
                    workspace: due.workspace,
                    conversation: due.conversation,
                    generation: app::timers::ANY_GENERATION,
                    at: due.at,
                };
                self.timers.arm(&timer).await?;
            }
        }
        Ok(())
    }
}

/// Platforms are stood in for, unless their base URL points to a server on this machine.
fn way_out(clock: Arc<dyn Clock>, config: &Config) -> anyhow::Result<LocalHttp> {
    let providers = &config.providers;
    let mut http = LocalHttp::new(clock);
    for base in [
        &providers.graph,
        &providers.instagram,
        &providers.telegram,
        &providers.twilio,
    ]
    .into_iter()
    .chain(&providers.ses)
    {
        if let Some((_, rest)) = base
            .split_once("://")
            .filter(|(scheme, _)| *scheme == "http")
        {
            let host = rest.split('/').next().unwrap_or_default();
            http = http.forward(host, &format!("http://{host}"))?;
        }
    }
    Ok(http)
}

fn read<T: DeserializeOwned>(body: &str) -> anyhow::Result<T> {
    serde_json::from_str(body).context("an unreadable task")
}
