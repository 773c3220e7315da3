//! Time that can be moved: the wall clock plus an offset, or a clock that stands still.
//!
//! It never goes back. The offset is written to its file *before* it takes effect, so a process
//! killed in between finds itself later, never earlier, than what it has already stored.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use app::ports::Clock;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::file;

/// Why the clock could not be moved or opened.
#[derive(Debug, thiserror::Error)]
pub enum ClockError {
    /// Time only moves forward.
    #[error("the clock stands at {now} and cannot go back to {wanted}")]
    Backwards {
        /// Where the clock is.
        now: DateTime<Utc>,
        /// Where it was asked to go.
        wanted: DateTime<Utc>,
    },
    /// The time asked for is beyond what a date can hold.
    #[error("the clock cannot go that far")]
    TooFar,
    /// The file of the offset cannot be read or written.
    #[error("the file of the clock offset cannot be used")]
    File(#[source] std::io::Error),
}

/// The clock of everything in one local process.
pub struct VirtualClock {
    /// `None`: the clock stands still and only `advance` moves it.
    wall: Option<Arc<dyn Clock>>,
    file: Option<PathBuf>,
    state: Mutex<State>,
}

struct State {
    /// Running: what is added to the wall clock. Standing: unused.
    offset: TimeDelta,
    /// The latest time ever told; nothing earlier is told again.
    latest: DateTime<Utc>,
}

#[derive(Serialize, Deserialize)]
struct Saved {
    offset_milliseconds: i64,
}

impl VirtualClock {
    /// A clock that stands still until it is moved: for tests and the simulator.
    #[must_use]
    pub fn standing_at(now: DateTime<Utc>) -> Self {
        Self::new(None, None, TimeDelta::zero(), now)
    }

    /// The wall clock, without a file: an advance is forgotten with the process.
    #[must_use]
    pub fn running() -> Self {
        Self::over(Arc::new(Wall), None, TimeDelta::zero())
    }

    /// The wall clock plus the offset kept in this file, which is created by the first advance.
    pub fn open(file: &Path) -> Result<Self, ClockError> {
        Self::open_over(file, Arc::new(Wall))
    }

    fn open_over(file: &Path, wall: Arc<dyn Clock>) -> Result<Self, ClockError> {
        let saved = file::read(file).map_err(ClockError::File)?;
        let offset = match saved {
            None => TimeDelta::zero(),
            Some(bytes) => {
                let saved: Saved = serde_json::from_slice(&bytes)
                    .map_err(|error| ClockError::File(error.into()))?;
                TimeDelta::try_milliseconds(saved.offset_milliseconds).ok_or(ClockError::TooFar)?
            }
        };
        Ok(Self::over(wall, Some(file.to_owned()), offset))
    }

    fn over(wall: Arc<dyn Clock>, file: Option<PathBuf>, offset: TimeDelta) -> Self {
        let latest = wall.now() + offset;
        Self::new(Some(wall), file, offset, latest)
    }

    fn new(
        wall: Option<Arc<dyn Clock>>,
        file: Option<PathBuf>,
        offset: TimeDelta,
        latest: DateTime<Utc>,
    ) -> Self {
        Self {
            wall,
            file,
            state: Mutex::new(State { offset, latest }),
        }
    }

    /// Moves the clock forward and says where it is then.
    pub fn advance(&self, by: TimeDelta) -> Result<DateTime<Utc>, ClockError> {
        let target = self
            .now()
            .checked_add_signed(by)
            .ok_or(ClockError::TooFar)?;
        self.set(target)
    }

    /// Moves the clock forward to a moment. Asking for where it already is changes nothing.
    pub fn set(&self, to: DateTime<Utc>) -> Result<DateTime<Utc>, ClockError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.read(&mut state);
        if to < now {
            return Err(ClockError::Backwards { now, wanted: to });
        }
        if let Some(wall) = &self.wall {
            let offset = to - wall.now();
            self.save(offset)?;
            state.offset = offset;
        }
        state.latest = to;
        Ok(to)
    }

    /// Does it stand still unless moved?
    #[must_use]
    pub fn is_standing(&self) -> bool {
        self.wall.is_none()
    }

    fn save(&self, offset: TimeDelta) -> Result<(), ClockError> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        // Rounded up: over a restart the clock may gain a millisecond, never lose one.
        let saved = Saved {
            offset_milliseconds: offset.num_milliseconds().saturating_add(1),
        };
        let bytes = serde_json::to_vec(&saved).map_err(|error| ClockError::File(error.into()))?;
        file::replace(file, &bytes).map_err(ClockError::File)
    }

    fn read(&self, state: &mut State) -> DateTime<Utc> {
        if let Some(wall) = &self.wall {
            // The wall clock itself may be set back by the machine; ours then waits for it.
            let now = wall
                .now()
                .checked_add_signed(state.offset)
                .unwrap_or(DateTime::<Utc>::MAX_UTC);
            state.latest = state.latest.max(now);
        }
        state.latest
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> DateTime<Utc> {
        self.read(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct Wall;

impl Clock for Wall {
    #[expect(
        clippy::disallowed_methods,
        reason = "the clock port of the local process itself"
    )]
    fn now(&self) -> DateTime<Utc> {
        std::time::SystemTime::now().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_standing_clock_moves_only_when_told_and_never_back() {
        let clock = VirtualClock::standing_at(at("2026-03-01T08:00:00Z"));
        assert_eq!(clock.now(), at("2026-03-01T08:00:00Z"));
        assert_eq!(
            clock.advance(TimeDelta::hours(4)).unwrap(),
            at("2026-03-01T12:00:00Z")
        );
        assert!(matches!(
            clock.set(at("2026-03-01T11:59:59Z")),
            Err(ClockError::Backwards { .. })
        ));
        assert!(matches!(
            clock.advance(TimeDelta::seconds(-1)),
            Err(ClockError::Backwards { .. })
        ));
        assert!(matches!(
            clock.advance(TimeDelta::MAX),
            Err(ClockError::TooFar)
        ));
        assert_eq!(clock.now(), at("2026-03-01T12:00:00Z"));
    }

    #[test]
    fn the_offset_survives_a_restart_and_time_does_not_go_back() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("clock.json");
        let wall = Arc::new(VirtualClock::standing_at(at("2026-03-01T08:00:00.000900Z")));

        let before = VirtualClock::open_over(&file, wall.clone()).unwrap();
        let reached = before.advance(TimeDelta::days(3)).unwrap();
        drop(before);

        let after = VirtualClock::open_over(&file, wall.clone()).unwrap();
        assert!(after.now() >= reached);
        assert!(after.now() - reached <= TimeDelta::milliseconds(2));
        wall.advance(TimeDelta::minutes(1)).unwrap();
        assert!(after.now() >= reached + TimeDelta::minutes(1));
    }

    #[test]
    fn an_unreadable_file_is_an_error_and_not_a_reset() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("clock.json");
        std::fs::write(&file, "not json").unwrap();
        assert!(matches!(
            VirtualClock::open(&file),
            Err(ClockError::File(_))
        ));
    }
}
