//! An installation before anything happens: the table, the ports, two businesses that moved in.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use anyhow::Context as _;
use app::config::Config;
use app::ports::Clock;
use app::{App, bootstrap};
use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::ConnectionId;
use local::{Dynamo, FileSecrets, LocalQueues, QueueLimits, Retries, SeededEntropy};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use store::{Role, Store};

use super::{Account, Ended, Function, Item, Place, Process, World, api_request, call, finish};
use crate::Totals;
use crate::bugs::Bug;
use crate::faults::Fault;
use crate::hub::{Hub, entropy};
use crate::life::Life;
use crate::observer::{Observer, SKEW};
use crate::platform::{self, Person};
use crate::ports::{SimHttp, SimModel, SimQueues, SimSecrets, SimTimers};
use crate::table::{SimWire, Watch, lock};

const TABLE: &str = "nachfass";
/// What happens this long after the last action happens without faults.
const STORM_AFTER: TimeDelta = TimeDelta::hours(30);

impl World {
    pub(super) fn make(
        seed: u64,
        hub: &Arc<Hub>,
        life: &Life,
        start: DateTime<Utc>,
    ) -> anyhow::Result<Self> {
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
                next: Mutex::default(),
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
            told: 0,
            said: BTreeMap::new(),
            typed: BTreeMap::new(),
            numbers: 0,
            totals: Totals::default(),
            started: start,
        };
        Ok(world)
    }

    /// The businesses move in, in fine weather.
    pub(super) fn settle_in(&mut self, life: &Life) -> anyhow::Result<()> {
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
                let name = format!("account {number}");
                let body = platform::account(*channel, &name, number, &secret);
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

    pub(super) fn now_api(
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

    pub(super) fn put(&mut self, at: DateTime<Utc>, item: Item) {
        self.counted += 1;
        self.agenda.insert((at, self.counted), item);
    }

    pub(super) fn process(&mut self, function: Function, slot: usize) -> &Process {
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

    pub(super) fn skew(&self, function: Function) -> TimeDelta {
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
