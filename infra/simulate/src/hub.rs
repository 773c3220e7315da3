//! What everything in one simulation shares: the time, the dice, the weather and the trace; and
//! the gate at which a function waits before and after each of its effects.
//!
//! A function is a future that is polled by hand. At a gate it is put aside, and whoever the dice
//! choose goes on: that is how two functions meet between any two of their effects. A future that
//! is dropped at a gate is a process that died there.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use app::ports::Clock;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use local::SeededEntropy;

use crate::bugs::Bug;
use crate::dice::Dice;
use crate::faults::{Fault, Weather};

/// Why a function that was polled has not gone on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parked {
    /// Anybody's turn.
    Turn,
    /// Not before this.
    Until(DateTime<Utc>),
    /// Its process died here.
    Dead,
}

pub(crate) struct Hub(Mutex<State>);

struct State {
    now: DateTime<Utc>,
    skew: TimeDelta,
    dice: Dice,
    weather: Weather,
    storm: bool,
    bug: Option<Bug>,
    faults: BTreeMap<Fault, u64>,
    parked: Option<Parked>,
    trace: Trace,
}

/// What happened, as text for people and as a hash for comparisons.
#[derive(Debug, Clone)]
pub struct Trace {
    /// The lines, if they are kept.
    pub lines: Option<Vec<String>>,
    /// FNV-1a over all lines.
    pub hash: u64,
}

impl Hub {
    pub(crate) fn new(seed: u64, start: DateTime<Utc>, bug: Option<Bug>, keep_trace: bool) -> Self {
        let mut dice = Dice::new(seed);
        let weather = Weather::draw(&mut dice);
        Self(Mutex::new(State {
            now: start,
            skew: TimeDelta::zero(),
            dice,
            weather,
            storm: false,
            bug,
            faults: BTreeMap::new(),
            parked: None,
            trace: Trace {
                lines: keep_trace.then(Vec::new),
                hash: 0xcbf2_9ce4_8422_2325,
            },
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time of the world; what a process takes for it may differ.
    pub(crate) fn time(&self) -> DateTime<Utc> {
        self.state().now
    }

    pub(crate) fn move_to(&self, at: DateTime<Utc>) {
        let mut state = self.state();
        state.now = state.now.max(at);
    }

    /// The clock of the process whose turn it is.
    pub(crate) fn set_skew(&self, skew: TimeDelta) {
        self.state().skew = skew;
    }

    /// From here on things go wrong, or no longer.
    pub(crate) fn set_storm(&self, storm: bool) {
        self.state().storm = storm;
    }

    pub(crate) fn is_stormy(&self) -> bool {
        self.state().storm
    }

    /// Something may fail altogether about this time.
    pub(crate) fn draw_outage(&self, about: DateTime<Utc>) {
        let state = &mut *self.state();
        state.weather.draw_outage(&mut state.dice, about);
    }

    pub(crate) fn has_bug(&self, bug: Bug) -> bool {
        self.state().bug == Some(bug)
    }

    pub(crate) fn dice<T>(&self, throw: impl FnOnce(&mut Dice) -> T) -> T {
        throw(&mut self.state().dice)
    }

    /// Does this go wrong now?
    pub(crate) fn fault(&self, fault: Fault) -> bool {
        let mut state = self.state();
        let rate = if state.storm {
            state.weather.rate(fault, state.now)
        } else {
            0
        };
        let strikes = state.dice.per_mille(rate);
        if strikes {
            *state.faults.entry(fault).or_default() += 1;
            state.note(&format!("fault: {}", fault.word()));
        }
        strikes
    }

    pub(crate) fn note(&self, line: &str) {
        self.state().note(line);
    }

    pub(crate) fn end(&self) -> (BTreeMap<Fault, u64>, Trace) {
        let state = self.state();
        (state.faults.clone(), state.trace.clone())
    }

    /// Where the function that was polled last stands.
    pub(crate) fn take_parked(&self) -> Option<Parked> {
        self.state().parked.take()
    }

    /// Lets others go first.
    pub(crate) async fn turn(self: &Arc<Self>) {
        self.gate(Parked::Turn).await;
    }

    /// Waits on the virtual clock.
    pub(crate) async fn pause(self: &Arc<Self>, for_so_long: TimeDelta) {
        let until = self.time() + for_so_long;
        self.gate(Parked::Until(until)).await;
    }

    /// The place before and after an effect: others may go first, or the process dies.
    pub(crate) async fn edge(self: &Arc<Self>) {
        if self.fault(Fault::ProcessKilled) {
            self.gate(Parked::Dead).await;
        }
        if self.dice(|dice| dice.one_in(2)) {
            self.turn().await;
        }
    }

    fn gate(self: &Arc<Self>, why: Parked) -> Gate {
        Gate {
            hub: Arc::clone(self),
            why,
            seen: false,
        }
    }

    /// `None` if it may go on.
    fn park(&self, why: Parked, seen: bool) -> bool {
        let mut state = self.state();
        let may_go_on = match why {
            Parked::Turn => seen,
            Parked::Until(at) => seen && state.now >= at,
            Parked::Dead => false,
        };
        if !may_go_on {
            state.parked = Some(why);
        }
        may_go_on
    }
}

impl State {
    fn note(&mut self, line: &str) {
        let at = self.now.to_rfc3339_opts(SecondsFormat::Millis, true);
        let line = format!("{at} {line}");
        for byte in line.bytes().chain([b'\n']) {
            self.trace.hash = (self.trace.hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        if let Some(lines) = &mut self.trace.lines {
            lines.push(line);
        }
    }
}

impl Clock for Hub {
    fn now(&self) -> DateTime<Utc> {
        let state = self.state();
        state.now + state.skew
    }
}

struct Gate {
    hub: Arc<Hub>,
    why: Parked,
    seen: bool,
}

impl Future for Gate {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let seen = std::mem::replace(&mut self.seen, true);
        if self.hub.park(self.why, seen) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

/// The randomness of the functions themselves; apart from the dice, so that a fault more or less
/// does not change every id.
pub(crate) fn entropy(seed: u64) -> Arc<SeededEntropy> {
    Arc::new(SeededEntropy::new(seed ^ 0x5eed))
}
