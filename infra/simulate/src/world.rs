//! One simulation: an installation with two businesses, what people do in it, and a driver that
//! lets its functions meet in every possible order.

mod people;

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use anyhow::Context as _;
use app::config::Config;
use app::ports::{Clock, Part, Queues as _};
use app::tasks::{DueTask, EventTask};
use app::{App, bootstrap};
use axum::Router;
use axum::body::Body;
use chrono::{DateTime, TimeDelta, Utc};
use domain::channel::Channel;
use domain::ids::{ConnectionId, MessageId, WorkspaceId};
use http::Request;
use local::{Dynamo, FileSecrets, LocalQueues, Queue, QueueLimits, Retries, SeededEntropy};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use store::{Role, Store};
use tower::ServiceExt as _;

use crate::bugs::Bug;
use crate::faults::Fault;
use crate::hub::{Hub, Parked, entropy};
use crate::life::{Action, Life, Talk};
use crate::observer::{Observer, SKEW};
use crate::platform::{self, Person};
use crate::ports::{SimHttp, SimModel, SimQueues, SimSecrets, SimTimers};
use crate::table::{SimWire, Watch, lock, watch};
use crate::{Outcome, Totals};
use people::uses_api;

const TABLE: &str = "nachfass";
const SWEEP_EVERY: i64 = 300;
/// What happens this long after the last action happens without faults.
const STORM_AFTER: TimeDelta = TimeDelta::hours(30);
/// How long the world goes on after the storm: longer than a platform redelivers a webhook, than
/// a follow-up waits, than an unknown outcome is awaited.
const CALM: TimeDelta = TimeDelta::days(9);
/// A simulation that takes more steps than this runs in circles.
const MOST_STEPS: u64 = 60_000;

/// The five functions, with how many of each run at the same time and for how long they may
/// (seconds, as in the template).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Function {
    Webhooks,
    Api,
    Evaluate,
    Dispatch,
    Sweep,
}

impl Function {
    fn slots(self) -> usize {
        match self {
            Self::Webhooks | Self::Api => 2,
            Self::Evaluate | Self::Dispatch => 3,
            Self::Sweep => 1,
        }
    }

    fn timeout(self) -> TimeDelta {
        TimeDelta::seconds(match self {
            Self::Webhooks => 20,
            Self::Api => 29,
            Self::Evaluate => 30,
            Self::Dispatch => 60,
            Self::Sweep => 600,
        })
    }
}

/// A warm process: what it keeps in memory is its own.
struct Process {
    app: Arc<App>,
    router: Option<Router>,
    skew: TimeDelta,
}

/// How a function ended.
enum Ended {
    Http(u16, Value),
    Task(Result<(), String>),
}

/// What is done when a function has ended, or its process has died.
enum After {
    /// A platform waits for 200.
    Webhook(Delivery),
    /// A message of a queue waits to be deleted; `None` for a copy.
    Task(Option<String>),
    /// Nobody waits.
    Nothing,
}

struct Invocation {
    number: u64,
    function: Function,
    slot: usize,
    workspace: Option<WorkspaceId>,
    future: Pin<Box<dyn Future<Output = Ended>>>,
    parked: Parked,
    after: After,
}

/// A webhook on its way.
#[derive(Clone)]
struct Delivery {
    account: Account,
    body: Arc<str>,
    /// The message that must be in the inbox afterwards.
    message: Option<MessageId>,
    tries: u32,
}

#[derive(Clone)]
struct Account {
    id: ConnectionId,
    channel: Channel,
    secret: String,
}

/// Something that happens at a time.
enum Item {
    Act(Action),
    Deliver(Delivery),
    /// A queue delivers a message that was done already.
    Copy(Queue, String, Option<WorkspaceId>),
    /// It is night: cloud timers and conversations are compared.
    Reconcile,
    /// The function has run for as long as it may.
    TimeOut(u64),
    StormEnds,
}

struct Place {
    workspace: WorkspaceId,
    key: String,
    accounts: Vec<Account>,
    rules: Vec<String>,
}

pub(crate) struct World {
    hub: Arc<Hub>,
    observer: Watch,
    acting_for: Arc<Mutex<Option<WorkspaceId>>>,
    workspaces: Arc<Mutex<Vec<WorkspaceId>>>,
    store: Store,
    config: Config,
    entropy: Arc<SeededEntropy>,
    queues: Arc<SimQueues>,
    timers: Arc<SimTimers>,
    http: Arc<SimHttp>,
    secrets: Arc<SimSecrets>,
    model: Option<Arc<SimModel>>,
    processes: BTreeMap<(Function, usize), Process>,
    places: Vec<Place>,
    talks: Vec<Talk>,
    people: Vec<Person>,
    agenda: BTreeMap<(DateTime<Utc>, u64), Item>,
    running: Vec<Invocation>,
    /// No message of this queue is handed out before: nothing was there when it was last asked.
    quiet_until: [Option<DateTime<Utc>>; 2],
    last_sweep: DateTime<Utc>,
    expected: Vec<MessageId>,
    counted: u64,
    totals: Totals,
    started: DateTime<Utc>,
}

/// Plays one seed to its end.
pub(crate) fn play(seed: u64, bug: Option<Bug>, keep_trace: bool) -> anyhow::Result<Outcome> {
    let start: DateTime<Utc> = "2026-03-26T06:00:00Z".parse()?;
    let hub = Arc::new(Hub::new(seed, start, bug, keep_trace));
    let life = hub.dice(|dice| Life::draw(dice, start));
    let mut world = World::make(seed, &hub, &life, start)?;
    world.settle_in(&life)?;
    world.run()?;
    let dead = world.queues.inner.dead_letters()?.len();
    let now = hub.time();
    let expected = std::mem::take(&mut world.expected);
    let violations = watch(&world.observer, |it| {
        it.at_the_end(now, &expected, dead);
        std::mem::take(&mut it.violations)
    });
    let (faults, trace) = hub.end();
    Ok(Outcome {
        seed,
        totals: world.totals,
        faults,
        violations,
        trace,
    })
}

impl World {
    fn make(seed: u64, hub: &Arc<Hub>, life: &Life, start: DateTime<Utc>) -> anyhow::Result<Self> {
        let observer: Watch = Arc::new(Mutex::new(Observer::default()));
        let acting_for = Arc::new(Mutex::new(None));
        let workspaces = Arc::default();
        let dynamo = Dynamo::memory()?.with_retries(Retries::Off);
        finish(hub, dynamo.ensure_table(store::table_definition(TABLE)))?;
        let wire = SimWire {
            hub: Arc::clone(hub),
            observer: Arc::clone(&observer),
            acting_for: Arc::clone(&acting_for),
            workspaces: Arc::clone(&workspaces),
        };
        let clock: Arc<dyn Clock> = Arc::<Hub>::clone(hub);
        let limits = QueueLimits {
            visibility: TimeDelta::seconds(180),
            ..QueueLimits::default()
        };
        let world = Self {
            store: Store::new(dynamo.client_through(Arc::new(wire)), TABLE),
            config: Config::read(|_| None)?,
            entropy: entropy(seed),
            queues: Arc::new(SimQueues {
                hub: Arc::clone(hub),
                inner: Arc::new(LocalQueues::memory(clock, limits)?),
                changed: Mutex::default(),
            }),
            timers: Arc::new(SimTimers {
                hub: Arc::clone(hub),
                armed: Mutex::default(),
            }),
            http: Arc::new(SimHttp::new(Arc::clone(hub), Arc::clone(&observer))),
            secrets: Arc::new(SimSecrets {
                hub: Arc::clone(hub),
                inner: Arc::new(FileSecrets::memory()),
            }),
            model: life.has_model.then(|| {
                Arc::new(SimModel {
                    hub: Arc::clone(hub),
                })
            }),
            hub: Arc::clone(hub),
            observer,
            acting_for,
            workspaces,
            processes: BTreeMap::new(),
            places: Vec::new(),
            talks: life.talks.clone(),
            people: (0..life.talks.len())
                .map(|number| Person::new(&format!("kunde{number}"), number + 1))
                .collect(),
            agenda: BTreeMap::new(),
            running: Vec::new(),
            quiet_until: [None, None],
            last_sweep: start,
            expected: Vec::new(),
            counted: 0,
            totals: Totals::default(),
            started: start,
        };
        Ok(world)
    }

    /// The businesses move in, in fine weather.
    fn settle_in(&mut self, life: &Life) -> anyhow::Result<()> {
        for business in &life.businesses {
            let app = self.process(Function::Api, 0).app.clone();
            let made = finish(
                &self.hub,
                bootstrap::create_workspace(&app, "Salon", None, None, Role::Owner),
            )?;
            let mut place = Place {
                workspace: made.workspace,
                key: made.key.expose_secret().to_owned(),
                accounts: Vec::new(),
                rules: Vec::new(),
            };
            let settings = Some(business.settings.clone());
            self.now_api(&place.key, "PATCH", "/v1/settings", settings)?;
            for (number, channel) in business.accounts.iter().enumerate() {
                let secret = format!("secret-{number}");
                let body = platform::account(*channel, &format!("account {number}"), &secret);
                let made = self.now_api(&place.key, "POST", "/v1/connections", Some(body))?;
                place.accounts.push(Account {
                    id: ConnectionId::parse(made["id"].as_str().unwrap_or_default())?,
                    channel: *channel,
                    secret,
                });
            }
            for rule in &business.rules {
                let made = self.now_api(&place.key, "POST", "/v1/rules", Some(rule.clone()))?;
                place
                    .rules
                    .push(made["id"].as_str().unwrap_or_default().to_owned());
            }
            lock(&self.workspaces).push(place.workspace);
            self.places.push(place);
        }
        for (at, action) in &life.actions {
            self.put(*at, Item::Act(action.clone()));
        }
        for _ in 0..self.hub.dice(|dice| dice.between(0, 3)) {
            let minutes = self.hub.dice(|dice| dice.between(0, 4 * 24 * 60));
            self.put(self.started + TimeDelta::minutes(minutes), Item::Reconcile);
        }
        let last = life.actions.last().map_or(self.started, |(at, _)| *at);
        self.put(last + STORM_AFTER, Item::StormEnds);
        self.hub.set_storm(true);
        Ok(())
    }

    fn now_api(
        &mut self,
        key: &str,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> anyhow::Result<Value> {
        let router = self.process(Function::Api, 0).router.clone();
        let router = router.context("the api has a router")?;
        let answer = finish(
            &self.hub,
            call(router, api_request(key, method, path, body)?),
        );
        match answer {
            Ended::Http(200..=299, body) => Ok(body),
            Ended::Http(status, body) => anyhow::bail!("{method} {path}: {status} {body}"),
            Ended::Task(_) => anyhow::bail!("no answer"),
        }
    }

    fn put(&mut self, at: DateTime<Utc>, item: Item) {
        self.counted += 1;
        self.agenda.insert((at, self.counted), item);
    }

    fn process(&mut self, function: Function, slot: usize) -> &Process {
        if !self.processes.contains_key(&(function, slot)) {
            let skew = self.skew(function);
            let mut app = App::new(
                self.store.clone(),
                Arc::<Hub>::clone(&self.hub),
                Arc::<SeededEntropy>::clone(&self.entropy),
                self.config.clone(),
            )
            .with_queues(Arc::<SimQueues>::clone(&self.queues))
            .with_timers(Arc::<SimTimers>::clone(&self.timers))
            .with_http(Arc::<SimHttp>::clone(&self.http))
            .with_secrets(Arc::<SimSecrets>::clone(&self.secrets));
            if let Some(model) = &self.model {
                app = app.with_model(Some(Arc::<SimModel>::clone(model)));
            }
            let app = Arc::new(app);
            let router = match function {
                Function::Webhooks => Some(webhooks::router(Arc::clone(&app))),
                Function::Api => Some(api::router(Arc::clone(&app))),
                _ => None,
            };
            self.processes
                .insert((function, slot), Process { app, router, skew });
        }
        &self.processes[&(function, slot)]
    }

    fn skew(&self, function: Function) -> TimeDelta {
        if self.hub.has_bug(Bug::SlowClock) && function == Function::Dispatch {
            return TimeDelta::hours(-20);
        }
        if self.hub.fault(Fault::ClockSkewed) {
            let most = SKEW.num_milliseconds();
            return TimeDelta::milliseconds(self.hub.dice(|dice| dice.between(-most, most)));
        }
        TimeDelta::zero()
    }
}

// The driver.
impl World {
    fn run(&mut self) -> anyhow::Result<()> {
        let mut end = None;
        while self.totals.steps < MOST_STEPS {
            self.totals.steps += 1;
            self.fire_timers()?;
            let now = self.hub.time();
            let items = self
                .agenda
                .range(..=(now, u64::MAX))
                .next()
                .map(|(key, _)| *key);
            let ready: Vec<usize> = (0..self.running.len())
                .filter(|nth| match self.running[*nth].parked {
                    Parked::Turn => true,
                    Parked::Until(at) => at <= now,
                    Parked::Dead => false,
                })
                .collect();
            // One more chance each for a new thing to begin while others are at work.
            let chosen = self.hub.dice(|dice| dice.below(ready.len() + 3));
            if let Some(nth) = ready.get(chosen) {
                self.go_on(*nth)?;
                continue;
            }
            let begun = match chosen - ready.len() {
                0 => self.begin_item(items)?,
                1 => self.begin_task(Queue::Events)?,
                _ => self.begin_task(Queue::Due)?,
            };
            if begun {
                continue;
            }
            if let Some(nth) = ready.first() {
                self.go_on(*nth)?;
                continue;
            }
            if self.begin_item(items)?
                || self.begin_task(Queue::Events)?
                || self.begin_task(Queue::Due)?
            {
                continue;
            }
            match self.next_moment()? {
                Some(next) if end.is_none_or(|end| next <= end) => {
                    self.hub.move_to(next);
                    self.sweep_if_time();
                }
                _ => {
                    if self.finish_up(end)? {
                        return Ok(());
                    }
                }
            }
            if end.is_none()
                && !self
                    .agenda
                    .values()
                    .any(|item| matches!(item, Item::StormEnds))
            {
                end = Some(self.hub.time() + CALM);
            }
        }
        anyhow::bail!("more than {MOST_STEPS} steps at {}", self.hub.time())
    }

    /// Nothing is left to wait for. Was that all?
    fn finish_up(&mut self, end: Option<DateTime<Utc>>) -> anyhow::Result<bool> {
        if !self.hub.has_bug(Bug::NoRedrive) && self.queues.inner.redrive()? > 0 {
            *lock(&self.queues.changed) = true;
            return Ok(false);
        }
        // Overdue by the bound is what "forgotten" means; so far time must have gone.
        let until = self.hub.time() + crate::observer::BOUND + TimeDelta::minutes(10);
        self.hub.move_to(end.map_or(until, |end| end.max(until)));
        Ok(true)
    }

    fn next_moment(&self) -> anyhow::Result<Option<DateTime<Utc>>> {
        let agenda = self.agenda.keys().next().map(|(at, _)| *at);
        let waiting = self.running.iter().filter_map(|it| match it.parked {
            Parked::Until(at) => Some(at),
            Parked::Turn | Parked::Dead => None,
        });
        let queued = self.queues.inner.next_visible_at()?;
        let now = self.hub.time();
        Ok([
            agenda,
            self.timers.next_at(),
            queued.filter(|at| *at > now),
            self.next_sweep(),
        ]
        .into_iter()
        .flatten()
        .chain(waiting)
        .min()
        .map(|at| at.max(now)))
    }

    /// The sweep runs every five minutes; only the rounds that could find something are played.
    fn next_sweep(&self) -> Option<DateTime<Utc>> {
        if self.hub.has_bug(Bug::SweepOff) {
            return None;
        }
        let due = watch(&self.observer, |it| it.next_due())?;
        let at = (due + sweep::OVERDUE_AFTER + SKEW)
            .max(self.last_sweep + TimeDelta::seconds(SWEEP_EVERY));
        let round = (at.timestamp() + SWEEP_EVERY - 1).div_euclid(SWEEP_EVERY) * SWEEP_EVERY;
        DateTime::from_timestamp(round, 0)
    }

    fn sweep_if_time(&mut self) {
        let now = self.hub.time();
        if self.next_sweep().is_none_or(|at| at > now) {
            return;
        }
        let Some(slot) = self.free(Function::Sweep) else {
            return;
        };
        self.last_sweep = now;
        let app = Arc::clone(&self.process(Function::Sweep, slot).app);
        let future = Box::pin(async move {
            Ended::Task(
                sweep::sweep(&app)
                    .await
                    .map(drop)
                    .map_err(|it| it.to_string()),
            )
        });
        self.begin(Function::Sweep, slot, None, future, After::Nothing);
    }

    fn fire_timers(&mut self) -> anyhow::Result<()> {
        for timer in self.timers.due(self.hub.time()) {
            let task = app::timers::wake(timer.workspace, timer.conversation, timer.generation);
            finish(
                &self.hub,
                self.queues.inner.send_due(&task, std::time::Duration::ZERO),
            )?;
            *lock(&self.queues.changed) = true;
        }
        Ok(())
    }

    fn free(&self, function: Function) -> Option<usize> {
        (0..function.slots()).find(|slot| {
            !self
                .running
                .iter()
                .any(|it| (it.function, it.slot) == (function, *slot))
        })
    }

    fn begin(
        &mut self,
        function: Function,
        slot: usize,
        workspace: Option<WorkspaceId>,
        future: Pin<Box<dyn Future<Output = Ended>>>,
        after: After,
    ) {
        self.counted += 1;
        let number = self.counted;
        self.hub.note(&format!("{function:?} {number} begins"));
        self.put(self.hub.time() + function.timeout(), Item::TimeOut(number));
        self.running.push(Invocation {
            number,
            function,
            slot,
            workspace,
            future,
            parked: Parked::Turn,
            after,
        });
    }

    /// Polls one function to its next gate.
    fn go_on(&mut self, nth: usize) -> anyhow::Result<()> {
        let skew = self
            .processes
            .get(&(self.running[nth].function, self.running[nth].slot))
            .map_or(TimeDelta::zero(), |process| process.skew);
        self.hub.set_skew(skew);
        *lock(&self.acting_for) = self.running[nth].workspace;
        let polled = {
            let future = self.running[nth].future.as_mut();
            future.poll(&mut Context::from_waker(Waker::noop()))
        };
        self.hub.set_skew(TimeDelta::zero());
        self.report_accepted()?;
        match polled {
            Poll::Ready(ended) => {
                let done = self.running.swap_remove(nth);
                self.hub
                    .note(&format!("{:?} {} ends", done.function, done.number));
                self.ended(done.after, ended)
            }
            Poll::Pending => {
                let parked = self.hub.take_parked().context("pending without a gate")?;
                self.running[nth].parked = parked;
                if parked == Parked::Dead {
                    self.die(nth)?;
                }
                Ok(())
            }
        }
    }

    /// The process is gone, with everything it kept in memory.
    fn die(&mut self, nth: usize) -> anyhow::Result<()> {
        let dead = self.running.swap_remove(nth);
        self.hub
            .note(&format!("{:?} {} dies", dead.function, dead.number));
        self.processes.remove(&(dead.function, dead.slot));
        drop(dead.future);
        match dead.after {
            After::Webhook(delivery) => self.deliver_again(delivery),
            // Its visibility ends some time.
            After::Task(_) | After::Nothing => {}
        }
        Ok(())
    }

    fn ended(&mut self, after: After, ended: Ended) -> anyhow::Result<()> {
        match (after, ended) {
            (After::Webhook(delivery), Ended::Http(200, _)) => {
                self.totals.webhooks += 1;
                self.expected.extend(delivery.message);
                if self.hub.fault(Fault::WebhookDoubled) {
                    let seconds = self.hub.dice(|dice| dice.between(1, 3 * 86_400));
                    self.put(
                        self.hub.time() + TimeDelta::seconds(seconds),
                        Item::Deliver(delivery),
                    );
                }
            }
            (After::Webhook(delivery), _) => self.deliver_again(delivery),
            (After::Task(id), Ended::Task(Ok(()))) => {
                self.totals.tasks += 1;
                // A delete whose answer was lost is one that never happened.
                let kept = self.hub.fault(Fault::QueueDoubled);
                if let Some(id) = id.filter(|_| !kept) {
                    self.queues.inner.delete(&id)?;
                    *lock(&self.queues.changed) = true;
                }
            }
            (After::Task(_), Ended::Task(Err(error))) => {
                self.totals.failed_tasks += 1;
                self.hub.note(&format!("task failed: {error}"));
            }
            (After::Nothing, Ended::Http(status, body)) if status >= 400 => {
                self.hub.note(&format!("api: {status} {}", body["code"]));
            }
            _ => {}
        }
        Ok(())
    }

    /// Platforms come back for seven days, less and less often.
    fn deliver_again(&mut self, delivery: Delivery) {
        let pause = TimeDelta::seconds(10 << delivery.tries.min(12));
        let delivery = Delivery {
            tries: delivery.tries + 1,
            ..delivery
        };
        self.put(self.hub.time() + pause, Item::Deliver(delivery));
    }

    fn begin_item(&mut self, key: Option<(DateTime<Utc>, u64)>) -> anyhow::Result<bool> {
        let Some(key) = key else { return Ok(false) };
        let function = match self.agenda.get(&key) {
            Some(Item::Deliver(_)) => Some(Function::Webhooks),
            Some(Item::Copy(Queue::Events, ..)) => Some(Function::Evaluate),
            Some(Item::Copy(Queue::Due, ..)) => Some(Function::Dispatch),
            Some(Item::Act(action)) if uses_api(action) => Some(Function::Api),
            Some(Item::Reconcile) => Some(Function::Sweep),
            _ => None,
        };
        if function.is_some_and(|function| self.free(function).is_none()) {
            return Ok(false);
        }
        match self.agenda.remove(&key) {
            Some(Item::Act(action)) => self.act(&action)?,
            Some(Item::Deliver(delivery)) => self.deliver(delivery)?,
            Some(Item::Copy(queue, body, workspace)) => {
                let slot = function.and_then(|it| self.free(it)).unwrap_or_default();
                self.hand_over(queue, slot, &body, workspace, None)?;
            }
            Some(Item::Reconcile) => {
                let app = Arc::clone(&self.process(Function::Sweep, 0).app);
                let future = Box::pin(async move {
                    let mut found = sweep::Reconciled::default();
                    for part in (0..Part::COUNT).map(|part| Part::new(part.into())) {
                        if let Err(error) = sweep::reconcile_part(&app, part, &mut found).await {
                            return Ended::Task(Err(error.to_string()));
                        }
                    }
                    Ended::Task(Ok(()))
                });
                self.begin(Function::Sweep, 0, None, future, After::Nothing);
            }
            Some(Item::TimeOut(number)) => {
                if let Some(nth) = self.running.iter().position(|it| it.number == number) {
                    self.die(nth)?;
                }
            }
            Some(Item::StormEnds) => {
                self.hub.set_storm(false);
                self.hub.note("the storm is over");
                // Whoever switched an account off or lost its token has seen to it.
                for workspace in 0..self.places.len() {
                    for account in 0..self.places[workspace].accounts.len() {
                        let what = "enable";
                        self.act(&Action::SwitchesAccount {
                            workspace,
                            account,
                            what,
                        })?;
                    }
                }
                if !self.hub.has_bug(Bug::NoRedrive) {
                    self.queues.inner.redrive()?;
                }
                *lock(&self.queues.changed) = true;
            }
            None => return Ok(false),
        }
        Ok(true)
    }

    fn begin_task(&mut self, queue: Queue) -> anyhow::Result<bool> {
        let now = self.hub.time();
        let nth = usize::from(queue == Queue::Due);
        if std::mem::take(&mut *lock(&self.queues.changed)) {
            self.quiet_until = [None, None];
        }
        if self.quiet_until[nth].is_some_and(|until| until > now) {
            return Ok(false);
        }
        let function = match queue {
            Queue::Events => Function::Evaluate,
            Queue::Due => Function::Dispatch,
        };
        let Some(slot) = self.free(function) else {
            return Ok(false);
        };
        let Some(message) = self.queues.inner.receive(queue, 1)?.pop() else {
            let next = self.queues.inner.next_visible_at()?.filter(|at| *at > now);
            self.quiet_until[nth] = Some(next.unwrap_or(DateTime::<Utc>::MAX_UTC));
            return Ok(false);
        };
        if queue == Queue::Due && self.hub.fault(Fault::QueueLost) {
            self.queues.inner.delete(&message.id)?;
            return Ok(true);
        }
        let workspace = workspace_of(&message.body);
        if queue == Queue::Due && self.hub.fault(Fault::QueueDoubled) {
            let later = TimeDelta::seconds(self.hub.dice(|dice| dice.between(0, 600)));
            let copy = Item::Copy(queue, message.body.clone(), workspace);
            self.put(now + later, copy);
        }
        if self.hub.has_bug(Bug::EarlyAck) {
            self.queues.inner.delete(&message.id)?;
        }
        self.hand_over(queue, slot, &message.body, workspace, Some(message.id))?;
        Ok(true)
    }

    fn hand_over(
        &mut self,
        queue: Queue,
        slot: usize,
        body: &str,
        workspace: Option<WorkspaceId>,
        id: Option<String>,
    ) -> anyhow::Result<()> {
        match queue {
            Queue::Events => {
                let task: EventTask = serde_json::from_str(body)?;
                let app = Arc::clone(&self.process(Function::Evaluate, slot).app);
                let future = Box::pin(async move {
                    let done = evaluate::handle(&app, task).await;
                    Ended::Task(done.map_err(|error| error.to_string()))
                });
                self.begin(Function::Evaluate, slot, workspace, future, After::Task(id));
            }
            Queue::Due => {
                let task: DueTask = serde_json::from_str(body)?;
                let app = Arc::clone(&self.process(Function::Dispatch, slot).app);
                let future = Box::pin(async move {
                    let done = dispatch::handle(&app, task).await;
                    Ended::Task(done.map_err(|error| error.to_string()))
                });
                self.begin(Function::Dispatch, slot, workspace, future, After::Task(id));
            }
        }
        Ok(())
    }
}

fn workspace_of(body: &str) -> Option<WorkspaceId> {
    let task: Value = serde_json::from_str(body).ok()?;
    WorkspaceId::parse(task["workspace"].as_str()?).ok()
}

fn api_request(
    key: &str,
    method: &str,
    path: &str,
    body: Option<Value>,
) -> anyhow::Result<Request<Body>> {
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    Ok(Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "application/json")
        .body(Body::from(body))?)
}

async fn call(router: Router, request: Request<Body>) -> Ended {
    let Ok(response) = router.oneshot(request).await;
    let status = response.status().as_u16();
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await;
    let body = bytes
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok());
    Ended::Http(status, body.unwrap_or_default())
}

/// Runs something alone, to its end.
fn finish<T>(hub: &Hub, future: impl Future<Output = T>) -> T {
    let mut future = Box::pin(future);
    loop {
        match future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Ready(done) => return done,
            Poll::Pending => {
                if let Some(Parked::Until(at)) = hub.take_parked() {
                    hub.move_to(at);
                }
            }
        }
    }
}
