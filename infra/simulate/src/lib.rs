//! Plays whole installations with everything going wrong that can, and checks after every step
//! that nothing happened which must not.
//!
//! The functions, the store and the queues are the real ones. They run on a virtual clock, one
//! step at a time, and the dice say whose turn it is: between any two effects another function
//! may go first, a process may die, an answer may be lost. One seed decides everything, so a
//! seed that fails can be played again.
//!
//! | module | what |
//! |---|---|
//! | `dice`, `hub` | chance, time, and the gates at which functions wait |
//! | `faults` | what can go wrong |
//! | `table`, `ports` | where it goes wrong: the table, queues, timers, platforms, the model |
//! | `life`, `platform` | what people do, and how platforms tell of it |
//! | `world` | the driver |
//! | `observer` | what must hold |
//! | `bugs` | mistakes on purpose, to see that they are noticed |
//! | `report` | many seeds, and the table at the end |

mod bugs;
mod dice;
mod faults;
mod hub;
mod life;
mod observer;
pub mod platform;
mod ports;
pub mod report;
mod table;
mod world;

use std::collections::BTreeMap;

pub use bugs::Bug;
pub use faults::Fault;
pub use hub::Trace;
pub use observer::{INVARIANTS, Violation};

/// What happened in one simulation, in numbers.
#[derive(Debug, Clone, Copy, Default)]
pub struct Totals {
    /// Things people did.
    pub actions: u64,
    /// Webhooks answered 200.
    pub webhooks: u64,
    /// Tasks done.
    pub tasks: u64,
    /// Tasks that failed and came again.
    pub failed_tasks: u64,
    /// Messages that platforms accepted, other than on loopback.
    pub accepted: u64,
    /// Steps of the driver.
    pub steps: u64,
}

/// One simulation.
#[derive(Debug)]
pub struct Outcome {
    /// Its seed.
    pub seed: u64,
    /// In numbers.
    pub totals: Totals,
    /// What went wrong, how often.
    pub faults: BTreeMap<Fault, u64>,
    /// What must not be.
    pub violations: Vec<Violation>,
    /// What happened.
    pub trace: Trace,
}

/// Plays one seed. Needs no runtime around it.
pub fn play(seed: u64, bug: Option<Bug>, keep_trace: bool) -> anyhow::Result<Outcome> {
    // The SDK asks for a timer when it is built; none ever fires.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    let _entered = runtime.enter();
    world::play(seed, bug, keep_trace)
}
