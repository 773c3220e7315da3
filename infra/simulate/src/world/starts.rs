//! What begins: an entry of the agenda, a task of a queue.

use std::sync::Arc;

use app::ports::Part;
use app::tasks::{DueTask, EventTask};
use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::WorkspaceId;
use local::Queue;
use serde_json::Value;

use super::people::uses_api;
use super::{After, Ended, Function, Item, World};
use crate::bugs::Bug;
use crate::faults::Fault;
use crate::life::Action;
use crate::observer::Told;
use crate::table::{lock, watch};

impl World {
    pub(super) fn begin_item(&mut self, key: Option<(DateTime<Utc>, u64)>) -> anyhow::Result<bool> {
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
                // The other parts are empty.
                let parts: Vec<_> = watch(&self.observer, |it| {
                    let parts = (0..Part::COUNT).map(|part| Part::new(part.into()));
                    let heads = it.heads.keys();
                    parts
                        .filter(|part| heads.clone().any(|id| part.has(*id)))
                        .collect()
                });
                let future = Box::pin(async move {
                    let mut found = sweep::Reconciled::default();
                    for part in parts {
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
                self.queues.touch();
            }
            None => return Ok(false),
        }
        Ok(true)
    }

    pub(super) fn begin_task(&mut self, queue: Queue) -> anyhow::Result<bool> {
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
        let next = self.queues.next_visible_at()?;
        let message = match next.filter(|at| *at <= now) {
            Some(_) => self.queues.receive(queue)?,
            None => None,
        };
        let Some(message) = message else {
            let next = self.queues.next_visible_at()?.filter(|at| *at > now);
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

    pub(super) fn hand_over(
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
                let told = Told::of(&task);
                watch(&self.observer, |it| it.told(&told, false));
                let app = Arc::clone(&self.process(Function::Evaluate, slot).app);
                let future = Box::pin(async move {
                    let done = evaluate::handle(&app, task).await;
                    Ended::Task(done.map_err(|error| error.to_string()))
                });
                let after = After::Task(id, told);
                self.begin(Function::Evaluate, slot, workspace, future, after);
            }
            Queue::Due => {
                let task: DueTask = serde_json::from_str(body)?;
                self.disturb(&task)?;
                let app = Arc::clone(&self.process(Function::Dispatch, slot).app);
                let future = Box::pin(async move {
                    let done = dispatch::handle(&app, task).await;
                    Ended::Task(done.map_err(|error| error.to_string()))
                });
                let after = After::Task(id, Vec::new());
                self.begin(Function::Dispatch, slot, workspace, future, after);
            }
        }
        Ok(())
    }
}

fn workspace_of(body: &str) -> Option<WorkspaceId> {
    let task: Value = serde_json::from_str(body).ok()?;
    WorkspaceId::parse(task["workspace"].as_str()?).ok()
}
