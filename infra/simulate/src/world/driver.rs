//! The driver: whose turn it is, what ended, who died, and when time goes on.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use anyhow::Context as _;
use app::ports::Queues as _;
use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::WorkspaceId;
use local::Queue;

use super::{After, Delivery, Ended, Function, Invocation, Item, World, finish};
use crate::bugs::Bug;
use crate::faults::Fault;
use crate::hub::Parked;
use crate::observer::{BOUND, SKEW};
use crate::table::{lock, watch};

/// In seconds, as in the template.
const SWEEP_EVERY: i64 = 300;
/// How long the world goes on after the storm: longer than a platform redelivers a webhook, than
/// a follow-up waits, than an unknown outcome is awaited.
const CALM: TimeDelta = TimeDelta::days(9);
/// A simulation that takes more steps than this runs in circles.
const MOST_STEPS: u64 = 60_000;

impl World {
    pub(super) fn run(&mut self) -> anyhow::Result<()> {
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
        let detail = format!("more than {MOST_STEPS} steps at {}", self.hub.time());
        watch(&self.observer, |it| it.never_rests(detail));
        Ok(())
    }

    /// Nothing is left to wait for. Was that all?
    pub(super) fn finish_up(&mut self, end: Option<DateTime<Utc>>) -> anyhow::Result<bool> {
        if !self.hub.has_bug(Bug::NoRedrive) && self.queues.inner.redrive()? > 0 {
            self.queues.touch();
            return Ok(false);
        }
        // Overdue by the bound is what "forgotten" means; so far time must have gone.
        let until = self.hub.time() + BOUND + TimeDelta::minutes(10);
        self.hub.move_to(end.map_or(until, |end| end.max(until)));
        Ok(true)
    }

    pub(super) fn next_moment(&self) -> anyhow::Result<Option<DateTime<Utc>>> {
        let agenda = self.agenda.keys().next().map(|(at, _)| *at);
        let waiting = self.running.iter().filter_map(|it| match it.parked {
            Parked::Until(at) => Some(at),
            Parked::Turn | Parked::Dead => None,
        });
        let queued = self.queues.next_visible_at()?;
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
    pub(super) fn next_sweep(&self) -> Option<DateTime<Utc>> {
        if self.hub.has_bug(Bug::SweepOff) {
            return None;
        }
        let due = watch(&self.observer, |it| it.next_due())?;
        let at = (due + sweep::OVERDUE_AFTER + SKEW)
            .max(self.last_sweep + TimeDelta::seconds(SWEEP_EVERY));
        let round = (at.timestamp() + SWEEP_EVERY - 1).div_euclid(SWEEP_EVERY) * SWEEP_EVERY;
        DateTime::from_timestamp(round, 0)
    }

    pub(super) fn sweep_if_time(&mut self) {
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

    pub(super) fn fire_timers(&mut self) -> anyhow::Result<()> {
        for timer in self.timers.due(self.hub.time()) {
            let task = app::timers::wake(timer.workspace, timer.conversation, timer.generation);
            finish(
                &self.hub,
                self.queues.inner.send_due(&task, std::time::Duration::ZERO),
            )?;
            self.queues.touch();
        }
        Ok(())
    }

    pub(super) fn free(&self, function: Function) -> Option<usize> {
        (0..function.slots()).find(|slot| {
            !self
                .running
                .iter()
                .any(|it| (it.function, it.slot) == (function, *slot))
        })
    }

    pub(super) fn begin(
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
    pub(super) fn go_on(&mut self, nth: usize) -> anyhow::Result<()> {
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
        self.lie_in_wait()?;
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
    pub(super) fn die(&mut self, nth: usize) -> anyhow::Result<()> {
        let dead = self.running.swap_remove(nth);
        self.hub
            .note(&format!("{:?} {} dies", dead.function, dead.number));
        self.processes.remove(&(dead.function, dead.slot));
        drop(dead.future);
        match dead.after {
            After::Webhook(delivery) => self.deliver_again(delivery),
            // Its visibility ends some time.
            After::Task(..) | After::Nothing => {}
        }
        Ok(())
    }

    pub(super) fn ended(&mut self, after: After, ended: Ended) -> anyhow::Result<()> {
        match (after, ended) {
            (After::Webhook(delivery), Ended::Http(200, _)) => {
                self.totals.webhooks += 1;
                let account = delivery.account.clone();
                let expected = delivery.message.map(|message| (account, message));
                self.expected.extend(expected);
                if self.hub.fault(Fault::WebhookDoubled) {
                    let seconds = self.hub.dice(|dice| dice.between(1, 3 * 86_400));
                    self.put(
                        self.hub.time() + TimeDelta::seconds(seconds),
                        Item::Deliver(delivery),
                    );
                }
            }
            (After::Webhook(delivery), _) => self.deliver_again(delivery),
            (After::Task(id, told), Ended::Task(Ok(()))) => {
                self.totals.tasks += 1;
                watch(&self.observer, |it| it.told(&told, true));
                // A delete whose answer was lost is one that never happened.
                let kept = self.hub.fault(Fault::QueueDoubled);
                if let Some(id) = id.filter(|_| !kept) {
                    self.queues.inner.delete(&id)?;
                    self.queues.touch();
                }
            }
            (After::Task(..), Ended::Task(Err(error))) => {
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
    pub(super) fn deliver_again(&mut self, delivery: Delivery) {
        let pause = TimeDelta::seconds(10 << delivery.tries.min(12));
        let delivery = Delivery {
            tries: delivery.tries + 1,
            ..delivery
        };
        self.put(self.hub.time() + pause, Item::Deliver(delivery));
    }
}
