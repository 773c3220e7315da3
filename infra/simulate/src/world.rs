//! One simulation: an installation with two businesses, what people do in it, and a driver that
//! lets its functions meet in every possible order.

mod driver;
mod meddling;
mod people;
mod setup;
mod starts;

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use app::App;
use app::config::Config;
use axum::Router;
use axum::body::Body;
use chrono::{DateTime, TimeDelta, Utc};
use domain::channel::Channel;
use domain::ids::{ConnectionId, MessageId, WorkspaceId};
use http::Request;
use local::{Queue, SeededEntropy};
use serde_json::Value;
use store::Store;
use tower::ServiceExt as _;

use crate::bugs::Bug;
use crate::hub::{Hub, Parked};
use crate::life::{Action, Life, Talk};
use crate::observer::Told;
use crate::platform::Person;
use crate::ports::{SimHttp, SimModel, SimQueues, SimSecrets, SimTimers};
use crate::table::{Watch, watch};
use crate::{Outcome, Totals};

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
    /// A message of a queue waits to be deleted, `None` for a copy; and what it tells.
    Task(Option<String>, Vec<Told>),
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
    expected: Vec<(Account, MessageId)>,
    counted: u64,
    /// The number of what a platform told last, and of what was last written and typed in each talk.
    told: u64,
    said: BTreeMap<usize, u64>,
    typed: BTreeMap<usize, u64>,
    /// How many numbers changed hands.
    numbers: usize,
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
    let expected = std::mem::take(&mut world.expected).into_iter();
    // Who wrote to an account that was deleted meanwhile is not heard.
    let expected: Vec<_> = expected
        .filter(|(account, _)| !world.is_gone(account))
        .map(|(_, message)| message)
        .collect();
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
