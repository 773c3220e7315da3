//! What must hold when a follow-up is claimed, when a platform is called, and when it accepts.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::channel::Channel;
use domain::connection::Connection;
use domain::conversation::{Conversation, OnReply, Run, Sending, Source, State};
use domain::ids::{ConversationId, MessageId, WorkspaceId};
use domain::local_time::Zone;
use domain::message::Status;
use domain::receipt::How;
use domain::rule::{OnUnknown, Purpose};

use super::{Claim, Due, Observer, SKEW, Stage};

/// The platforms' free-form window.
const WINDOW: TimeDelta = TimeDelta::hours(24);

impl Observer {
    pub(super) fn claimed(
        &mut self,
        head: &Conversation,
        sending: &Sending,
        old: Option<&Conversation>,
        now: DateTime<Utc>,
    ) {
        let run = &sending.run;
        let what = format!("{} attempt {} in {}", run.message, sending.attempt, head.id);
        if !self
            .connections
            .get(&head.connection)
            .is_some_and(Connection::is_active)
        {
            self.violated("no-send-on-stopped-connection", what.clone());
        }
        let has_window = matches!(
            head.channel,
            Channel::WhatsApp | Channel::Messenger | Channel::Instagram
        );
        if has_window && sending.how == How::FreeForm {
            let last = self.last_words.get(&head.id);
            let last = last.and_then(|words| words.opened_at);
            if last.is_none_or(|last| now >= last + WINDOW) {
                self.violated(
                    "no-send-outside-window",
                    format!("{what}, last word {last:?}"),
                );
            }
        }
        if self.told.blocked(head.id) {
            self.violated("no-send-to-blocked", what.clone());
        }
        let planned = self
            .planned
            .get(&run.id)
            .map_or(self.writes, |(_, write)| *write);
        let last_words = self.last_words.get(&head.id);
        let replied = last_words.is_some_and(|words| planned <= words.write);
        let heeds_replies = match run.source {
            Source::Rule { .. } => true,
            Source::Manual { on_reply, .. } => match on_reply {
                OnReply::Cancel => true,
                // What was tried is on its way.
                OnReply::Hold => run.attempts == 0,
                OnReply::Keep => false,
            },
            Source::Notice { .. } => false,
        };
        if heeds_replies && replied {
            self.violated("no-send-after-reply", what.clone());
        }
        if heeds_replies && self.replied_elsewhere(head, run, planned) {
            self.violated("no-send-after-reply", format!("{what}, elsewhere"));
        }
        let Some(rule) = run.rule() else { return };
        if run.episode != head.episode {
            self.violated("no-send-after-reply", format!("{what}, another silence"));
        }
        if self.told.elsewhere(head.id) {
            self.violated("no-send-elsewhere", what.clone());
        }
        let advertises = self
            .rules
            .get(&rule)
            .is_some_and(|it| it.spec.purpose == Purpose::Marketing);
        let all = self.heads.values();
        let of_theirs = all.filter(|it| it.customer == head.customer);
        let of_theirs: Vec<_> = of_theirs.map(|it| it.id).collect();
        if advertises && self.told.marketing_stopped(self.led_to(&of_theirs)) {
            self.violated("no-marketing-after-stop", what.clone());
        }
        if self.answers.get(&head.id).is_some_and(|at| planned <= *at) {
            self.violated("no-send-after-answer", what.clone());
        }
        if old.is_some_and(|old| old.state != State::Open) {
            self.violated("no-send-after-stop", what.clone());
        }
        if self.refusing.contains(&head.customer) {
            self.violated("no-send-after-opt-out", what.clone());
        }
        if let Source::Rule { version, .. } = run.source
            && !self
                .rules
                .get(&rule)
                .is_some_and(|it| it.enabled && it.version == version)
        {
            self.violated("no-send-by-stale-rule", what.clone());
        }
        let Some(settings) = self.settings.get(&head.workspace).cloned() else {
            return;
        };
        if let Some(quiet) = &settings.quiet_hours {
            let inside = |at| quiet.contains(at, settings.zone);
            if inside(now - SKEW - SKEW) && inside(now + SKEW + SKEW) {
                self.violated("no-send-in-quiet-hours", what.clone());
            }
        }
        let cap = settings.frequency_cap;
        let since = sending.claimed_at - cap.span();
        // What the owner wants repeated where nobody knows what became of it is the same message.
        let recent = self.claims.iter().filter(|((message, _), claim)| {
            claim.customer == head.customer
                && *message != run.message
                && self.counts(*message, claim)
                && claim.at > since
        });
        let recent: BTreeSet<_> = recent.map(|((message, _), _)| message).collect();
        if recent.len() >= cap.messages as usize {
            self.violated("within-frequency-cap", what);
        }
        let claim = Claim {
            workspace: head.workspace,
            customer: head.customer,
            at: sending.claimed_at,
            rule,
            episode: run.episode,
            conversation: head.id,
            accepted: 0,
        };
        self.claims.insert((run.message, sending.attempt), claim);
    }

    /// Whether the customer has written in another conversation since this was planned.
    fn replied_elsewhere(&self, head: &Conversation, run: &Run, planned: u64) -> bool {
        let joined = |id: &ConversationId| self.joined.get(id).copied().unwrap_or_default();
        let others = self
            .heads
            .values()
            .filter(|it| it.customer == head.customer);
        others.filter(|it| it.id != head.id).any(|other| {
            let words = self.last_words.get(&other.id);
            words.is_some_and(|words| {
                // What they wrote before it was known that it was they counts by its time.
                match words.write > joined(&head.id).max(joined(&other.id)) {
                    true => planned <= words.write,
                    false => run.planned_at + SKEW < words.at,
                }
            })
        })
    }

    fn under_way(&self, message: MessageId) -> Option<(ConversationId, &Sending)> {
        let heads = self.heads.values();
        let sending = heads.filter_map(|head| Some((head.id, head.sending.as_ref()?)));
        let outlived = self.outlived.iter().map(|(id, sending)| (*id, sending));
        let mut sending = sending.chain(outlived);
        sending.find(|(_, it)| it.run.message == message)
    }

    /// A platform takes its time with this message.
    pub(crate) fn lingers(&mut self, message: MessageId) {
        if let Some((conversation, sending)) = self.under_way(message)
            && let Some(rule) = sending.run.rule()
        {
            let at = sending.claimed_at;
            let stage = Stage::UnderWay;
            self.due.push(Due {
                conversation,
                rule,
                at,
                stage,
            });
        }
    }

    /// A platform is called for this message.
    pub(crate) fn called(&mut self, message: MessageId) -> u32 {
        let attempt = self.under_way(message).map(|(_, it)| it.attempt);
        match attempt {
            Some(attempt) if self.called.insert((message, attempt)) => attempt,
            other => {
                self.violated(
                    "claimed-before-call",
                    format!("{message}, claimed: {other:?}"),
                );
                other.unwrap_or_default()
            }
        }
    }

    /// A platform has accepted it.
    pub(crate) fn accepted(&mut self, message: MessageId, attempt: u32) {
        // An answer of staff may have waited for hours: it is news when it goes out.
        let sent = self.under_way(message);
        let answer = sent.filter(|(_, sending)| sending.run.is_persons());
        if let Some((conversation, at)) = answer.map(|(id, sending)| (id, sending.claimed_at)) {
            let newest = self.newest.entry(conversation).or_default();
            *newest = at.max(*newest);
        }
        let times = {
            let times = self.accepted.entry(message).or_default();
            *times += 1;
            *times
        };
        let rule = self.messages.get(&message).and_then(|seen| seen.rule);
        let may_repeat = rule
            .and_then(|rule| self.rules.get(&rule))
            .is_some_and(|rule| rule.spec.on_unknown == OnUnknown::Resend);
        if times > 1 && !may_repeat {
            self.violated("no-double-send", format!("{message}: {times} times"));
        }
        let Some(claim) = self.claims.get_mut(&(message, attempt)) else {
            return;
        };
        claim.accepted += 1;
        let (conversation, episode, rule) = (claim.conversation, claim.episode, claim.rule);
        let (workspace, at) = (claim.workspace, claim.at);
        let date = self.day(workspace, at);
        // One that the platform reported as failed has not reached anybody.
        let in_silence = self.claims.iter().filter(|((message, _), it)| {
            self.counts(*message, it)
                && (it.conversation, it.episode, it.rule) == (conversation, episode, rule)
        });
        if in_silence.count() > 1 && !may_repeat {
            self.violated(
                "one-follow-up-per-silence",
                format!("{rule} in {conversation}"),
            );
        }
        let limit = self
            .settings
            .get(&workspace)
            .map_or(u64::MAX, |it| it.daily_send_limit);
        let accepted = self.of_day(workspace, date, false);
        if accepted > limit {
            self.violated(
                "within-daily-limit",
                format!("{accepted} of {limit} on {date}"),
            );
        }
    }

    /// A message that the platform took and never reported as failed.
    pub(super) fn counts(&self, message: MessageId, claim: &Claim) -> bool {
        let status = self.messages.get(&message).map(|seen| seen.status);
        let failed = match status {
            Some(status) => status == Status::Failed,
            None => self.erased.get(&message).copied().unwrap_or_default(),
        };
        claim.accepted > 0 && !failed
    }

    /// The calendar day of the workspace.
    fn day(&self, ws: WorkspaceId, at: DateTime<Utc>) -> NaiveDate {
        let settings = self.settings.get(&ws);
        settings.map_or(Zone::UTC, |it| it.zone).day(at)
    }

    /// Follow-ups of a day: those that count, or all that were claimed.
    pub(super) fn of_day(&self, ws: WorkspaceId, date: NaiveDate, claimed: bool) -> u64 {
        let claims = self.claims.iter();
        let found = claims.filter(|(_, it)| it.workspace == ws && self.day(ws, it.at) == date);
        found
            .filter(|((message, _), it)| claimed || self.counts(*message, it))
            .count() as u64
    }
}
