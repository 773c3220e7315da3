//! People act just when a follow-up is due, while it is under way and while it waits for another
//! try: a promise is broken there or nowhere.

use app::tasks::DueTask;
use chrono::TimeDelta;

use super::{Item, World};
use crate::life::{meddling, same_person};
use crate::observer::{Due, Observer, Stage};
use crate::table::watch;

impl World {
    /// Whatever has got a new time may have somebody act about that time.
    pub(super) fn lie_in_wait(&mut self) -> anyhow::Result<()> {
        let now = self.hub.time();
        for due in watch(&self.observer, Observer::take_due) {
            if due.stage == Stage::Planned {
                self.hub.draw_outage(due.at);
            }
            let one_in = match due.stage {
                Stage::Planned => 4,
                Stage::Woken | Stage::UnderWay => 1,
                Stage::Tried => 2,
            };
            if !self.hub.is_stormy() || !self.hub.dice(|dice| dice.one_in(one_in)) {
                continue;
            }
            let left = (due.at - now).num_seconds();
            let seconds = self.hub.dice(|dice| match due.stage {
                Stage::Woken | Stage::UnderWay => dice.between(0, 3),
                Stage::Tried => dice.between(0, left.max(0)),
                Stage::Planned => {
                    left + match dice.between(0, 2) {
                        0 => 0,
                        1 => dice.between(-3, 3),
                        _ => dice.between(-40, 20),
                    }
                }
            });
            self.meddle(due, TimeDelta::seconds(seconds.max(0)))?;
        }
        Ok(())
    }

    /// The sender has just been woken.
    pub(super) fn disturb(&mut self, task: &DueTask) -> anyhow::Result<()> {
        let DueTask::WakeV1 { conversation, .. } = task else {
            return Ok(());
        };
        let now = self.hub.time();
        let due = watch(&self.observer, |it| it.due_now(*conversation, now));
        match due {
            Some(due) if self.hub.is_stormy() && self.hub.dice(|dice| dice.one_in(3)) => {
                let stage = Stage::Woken;
                self.meddle(Due { stage, ..due }, TimeDelta::zero())
            }
            _ => Ok(()),
        }
    }

    fn meddle(&mut self, due: Due, wait: TimeDelta) -> anyhow::Result<()> {
        let Some(talk) = self.talk_of(due.conversation)? else {
            return Ok(());
        };
        let of = self.talks[talk].clone();
        let on = self.places[of.workspace].accounts[of.account].channel;
        let other = same_person(&self.talks, talk);
        let rule = due.rule.to_string();
        let rules = &self.places[of.workspace].rules;
        let Some(rule) = rules.iter().position(|known| *known == rule) else {
            return Ok(());
        };
        let actions = self
            .hub
            .dice(|dice| meddling(dice, talk, &of, (on, other), rule, due.stage));
        let mut at = self.hub.time() + wait;
        for (pause, action) in actions {
            at += TimeDelta::seconds(pause);
            self.put(at, Item::Act(action));
        }
        Ok(())
    }
}
