//! Timers in memory. After a restart the host fills them again from the table's overdue index,
//! which is the same way the deployed system heals a lost timer.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use app::ports::{ArmedPage, Part, PortError, Timer, Timers};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::ids::{ConversationId, WorkspaceId};

/// One timer per conversation; arming it again moves it.
#[derive(Debug, Default)]
pub struct LocalTimers(Mutex<HashMap<(WorkspaceId, ConversationId), Timer>>);

impl LocalTimers {
    /// No timer yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// When the next timer fires.
    #[must_use]
    pub fn next_at(&self) -> Option<DateTime<Utc>> {
        self.timers().values().map(|timer| timer.at).min()
    }

    /// Takes out every timer that has fired by `now`, earliest first. Equal times come in the
    /// order of their ids, so that a replay does the same things in the same order.
    #[must_use]
    pub fn due(&self, now: DateTime<Utc>) -> Vec<Timer> {
        let mut timers = self.timers();
        let mut due: Vec<Timer> = timers
            .extract_if(|_, timer| timer.at <= now)
            .map(|(_, timer)| timer)
            .collect();
        due.sort_by_key(|timer| (timer.at, timer.workspace, timer.conversation));
        due
    }

    /// How many are armed.
    #[must_use]
    pub fn armed(&self) -> usize {
        self.timers().len()
    }

    /// Forgets everything, as a purged schedule group would: for the simulator.
    pub fn clear(&self) {
        self.timers().clear();
    }

    fn timers(&self) -> MutexGuard<'_, HashMap<(WorkspaceId, ConversationId), Timer>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Timers for LocalTimers {
    async fn arm(&self, timer: &Timer) -> Result<(), PortError> {
        self.timers()
            .insert((timer.workspace, timer.conversation), timer.clone());
        Ok(())
    }

    async fn armed(&self, part: Part, _page: Option<String>) -> Result<ArmedPage, PortError> {
        let mut timers: Vec<_> = self.timers().keys().copied().collect();
        timers.retain(|(_, conversation)| part.has(*conversation));
        timers.sort_unstable();
        Ok(ArmedPage { timers, next: None })
    }

    async fn disarm(&self, ws: WorkspaceId, conversation: ConversationId) -> Result<(), PortError> {
        self.timers().remove(&(ws, conversation));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timer(conversation: &str, generation: u64, at: &str) -> Timer {
        Timer {
            workspace: WorkspaceId::derive(&["w"]),
            conversation: ConversationId::derive(&[conversation]),
            generation,
            at: at.parse().unwrap(),
        }
    }

    #[tokio::test]
    async fn arming_again_moves_the_timer_and_firing_takes_it_out() {
        let timers = LocalTimers::new();
        timers
            .arm(&timer("a", 1, "2026-03-01T10:00:00Z"))
            .await
            .unwrap();
        timers
            .arm(&timer("b", 1, "2026-03-01T09:00:00Z"))
            .await
            .unwrap();
        timers
            .arm(&timer("a", 2, "2026-03-01T08:00:00Z"))
            .await
            .unwrap();

        assert_eq!(
            timers.next_at(),
            Some("2026-03-01T08:00:00Z".parse().unwrap())
        );
        assert_eq!(timers.due("2026-03-01T07:59:59Z".parse().unwrap()), []);
        let due = timers.due("2026-03-01T09:00:00Z".parse().unwrap());
        assert_eq!(
            due,
            [
                timer("a", 2, "2026-03-01T08:00:00Z"),
                timer("b", 1, "2026-03-01T09:00:00Z")
            ]
        );
        assert_eq!((timers.armed(), timers.next_at()), (0, None));
    }
}
