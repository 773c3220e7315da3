//! What must hold when the last fault is long over.

use chrono::{DateTime, TimeDelta, Utc};
use domain::conversation::State;
use domain::ids::{MessageId, WorkspaceId};
use domain::receipt::Verdict;

use super::{BOUND, Observer};

impl Observer {
    /// The same is done again and again.
    pub(crate) fn never_rests(&mut self, detail: String) {
        self.violated("comes-to-rest", detail);
    }

    /// Looks at everything once more.
    pub(crate) fn at_the_end(&mut self, now: DateTime<Utc>, expected: &[MessageId], dead: usize) {
        let mut found = Vec::new();
        for (id, head) in &self.heads {
            if let Some(due) = head.due_at().filter(|due| *due < now - BOUND) {
                found.push(("nothing-forgotten", format!("{id} was due at {due}")));
            }
        }
        for (id, since) in &self.unheard {
            if *since < now - BOUND {
                found.push(("nothing-forgotten", format!("{id}, changed at {since}")));
            }
        }
        for (id, since) in &self.erasing {
            if *since < now - BOUND {
                let detail = format!("the erasure of {id}, asked for at {since}");
                found.push(("nothing-forgotten", detail));
            }
        }
        for id in expected {
            if !self.messages.contains_key(id) && !self.erased.contains_key(id) {
                found.push(("every-event-stored", format!("{id} is not there")));
            }
        }
        if dead > 0 {
            found.push(("no-dead-letters", format!("{dead} tasks were given up")));
        }
        for ((pk, sk), counted) in &self.counters {
            let (Some(ws), Some(date)) = (
                pk.split('#')
                    .nth(1)
                    .and_then(|ws| WorkspaceId::parse(ws).ok()),
                sk.strip_prefix("DAY#").and_then(|date| date.parse().ok()),
            ) else {
                continue;
            };
            let least = self.of_day(ws, date, false);
            let most = self.of_day(ws, date, true);
            let counted = u64::try_from(*counted).unwrap_or_default();
            if !(least..=most).contains(&counted) {
                found.push((
                    "counters-true",
                    format!("{counted} on {date}, {least} accepted, {most} claimed"),
                ));
            }
        }
        found.extend(self.unexplained(now));
        for (invariant, detail) in found {
            self.violated(invariant, detail);
        }
    }

    /// Rules about which nothing was said although a silence went on under their eyes.
    pub(super) fn unexplained(&self, now: DateTime<Utc>) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        for (id, head) in &self.heads {
            let Some(word) = self.last_words.get(id).map(|words| words.write) else {
                continue;
            };
            let silent = now - head.last_message_at() > TimeDelta::days(2);
            let opted_out = self.refusing.contains(&head.customer);
            let open = head.state == State::Open && head.reachable && !opted_out;
            // Of an account that was removed nothing is heard any more, so nothing is decided there.
            let connected = self.connections.contains_key(&head.connection);
            if !silent || !open || !connected || head.moved_to.is_some() {
                continue;
            }
            let said = self.receipts.get(id).map(Vec::as_slice).unwrap_or_default();
            let since: Vec<_> = said.iter().filter(|(write, _)| *write >= word).collect();
            for rule in self.rules.values() {
                let was_there = self.rule_changed.get(&rule.id).is_some_and(|at| *at < word);
                let concerned = rule.workspace == head.workspace
                    && rule.enabled
                    && rule.spec.reaches(head.channel)
                    && was_there;
                let named = since.iter().any(|(_, receipt)| {
                    receipt.entries.iter().any(|entry| {
                        let of_all = matches!(entry.verdict, Verdict::Nothing { .. });
                        entry.rule == Some(rule.id) || entry.rule.is_none() && of_all
                    })
                });
                if concerned && !named {
                    let detail = format!("{} in {id} since write {word}", rule.id);
                    found.push(("silence-explained", detail));
                }
            }
        }
        found
    }
}
