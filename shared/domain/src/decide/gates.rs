//! The gates that stand before a send, whatever its time and form.

use chrono::{DateTime, NaiveDate, Utc};

use super::Snapshot;
use super::visits::visit_gate;
use crate::channel::{Channel, PhoneNumber};
use crate::connection::ConnectionState;
use crate::consent::{Address, Audience, Medium, Policy, Send, may_send};
use crate::contact::{EmailAddress, Labelled};
use crate::conversation::{LATEST_AFTER_DUE, Run, Source, State};
use crate::receipt::{Gate, GateName, Reason, Rescue};
use crate::rule::{Purpose, Rule};

/// The gates that stand before a send, looked at with fresh state.
///
/// The same predicate serves planning, sending, the pending view and the preview (NX-24);
/// [`forecast`](super::forecast()) adds window, quiet hours and frequency cap.
#[must_use]
pub fn gates(known: &Snapshot<'_>, run: &Run, now: DateTime<Utc>) -> (Vec<Gate>, Option<Reason>) {
    let mut looked = Looked::default();
    looked.at_conversation(known, run, now);
    match &run.source {
        Source::Rule { rule, version, .. } => {
            let found = known.rules.iter().find(|known| known.id == *rule);
            looked.at_rule(found, *version);
            match (found, run.visit) {
                (Some(rule), Some(day)) => looked.at_reminder(known, run, rule, day, now),
                (Some(rule), None) => looked.at_rule_run(known, run, rule, now),
                (None, _) => {}
            }
        }
        Source::Manual { .. } => {
            // One that is held is set aside by it, and not refused: `forecast` says so.
            if run.ends_with_reply() {
                looked.at_reply(known, run);
            }
            if has_media_gate(known.conversation.channel) {
                // Preferences do not count for one-to-one messages, but a STOP does (MO-30, CF-01), and
                // so does what is known against the address.
                looked.at_media_consent(known, Purpose::Transactional, Audience::OneToOne);
            }
        }
        Source::Notice { purpose, .. } => {
            looked.at_consent(known, *purpose);
            looked.at_due(known, run, now);
        }
    }
    (looked.gates, looked.refusal)
}

#[derive(Default)]
struct Looked {
    gates: Vec<Gate>,
    /// The first reason; later ones do not cover it up (NX-19).
    refusal: Option<Reason>,
}

impl Looked {
    fn look(&mut self, gate: GateName, input: impl Into<String>, refusal: Option<Reason>) {
        self.gates.push(Gate::new(gate, refusal.is_none(), input));
        if self.refusal.is_none() {
            self.refusal = refusal;
        }
    }

    fn at_conversation(&mut self, known: &Snapshot<'_>, run: &Run, now: DateTime<Utc>) {
        let head = known.conversation;
        let (state, refusal) = match &head.state {
            State::Open => ("open", None),
            // A person may always write; what nobody wrote to them alone stops with them.
            State::Suspended { .. } => (
                "suspended",
                (!run.is_persons()).then_some(Reason::ConversationSuspended),
            ),
            State::Closed { .. } => ("closed", run.rule().map(|_| Reason::ConversationClosed)),
        };
        // What staff are done with may have been about anything.
        let refusal =
            refusal.filter(|reason| run.visit.is_none() || *reason != Reason::ConversationClosed);
        self.look(GateName::Conversation, state, refusal);

        if matches!(head.channel, Channel::Messenger | Channel::Instagram) {
            let elsewhere = head.thread.elsewhere_since;
            let input = match elsewhere {
                None => "we have the thread".to_owned(),
                Some(since) => {
                    let since = known.settings.zone.show(since);
                    format!("somebody else has had the thread since {since}")
                }
            };
            // The platform itself says whether a person's message may still leave.
            let refusal = elsewhere.filter(|_| !run.is_persons());
            let refusal = refusal.map(|_| Reason::ThreadElsewhere);
            self.look(GateName::Thread, input, refusal);
        }

        let reach = if head.reachable {
            "not blocked"
        } else {
            "the customer cannot be written to"
        };
        let refusal = (!head.reachable).then_some(Reason::Unreachable);
        self.look(GateName::Reachable, reach, refusal);

        if let Some((gate, refusal)) = known.account.gate(known.settings.account_lock, now) {
            self.gates.push(gate);
            self.refusal = self.refusal.take().or(refusal);
        }

        let connection = known.connection;
        let state = match &connection.state {
            ConnectionState::Active => "active".to_owned(),
            ConnectionState::Disabled => "switched off".to_owned(),
            // Nothing is lost by that: `forecast` holds it.
            ConnectionState::Paused { .. } => return,
        };
        let refusal = (!connection.is_active()).then_some(Reason::ConnectionInactive);
        self.look(GateName::Connection, state, refusal);
    }

    fn at_rule(&mut self, rule: Option<&Rule>, version: u64) {
        let (input, refusal) = match rule {
            None => ("deleted".to_owned(), Some(Reason::RuleDeleted)),
            Some(rule) => {
                let switch = if rule.enabled { "on" } else { "off" };
                let refusal = if !rule.enabled {
                    Some(Reason::RuleDisabled)
                } else {
                    (rule.version != version).then_some(Reason::RuleChanged)
                };
                let input = format!(
                    "{switch}, version {} (planned with {version})",
                    rule.version
                );
                (input, refusal)
            }
        };
        self.look(GateName::Rule, input, refusal);
    }

    fn at_reply(&mut self, known: &Snapshot<'_>, run: &Run) {
        let (input, replied) = reply(known, run);
        let refusal = replied.then_some(Reason::CustomerReplied);
        self.look(GateName::Reply, input, refusal);
    }

    fn at_channel(&mut self, known: &Snapshot<'_>, run: &Run, rule: &Rule) {
        let channel = known.conversation.channel;
        // What was to be an SMS goes by e-mail whether or not the rule names it (MO-23).
        let reaches = rule.spec.reaches(channel) || run.rescue == Some(Rescue::EmailInstead);
        self.look(
            GateName::Channel,
            channel.to_string(),
            (!reaches).then_some(Reason::ChannelNotReached { channel }),
        );
    }

    fn at_rule_run(&mut self, known: &Snapshot<'_>, run: &Run, rule: &Rule, now: DateTime<Utc>) {
        let head = known.conversation;
        self.at_channel(known, run, rule);
        self.at_reply(known, run);
        let writing = head.person_is_writing(now);
        self.look(
            GateName::Person,
            if writing {
                "a person's message goes out within a day"
            } else {
                "no person's message goes out within a day"
            },
            writing.then_some(Reason::BusinessIsWriting),
        );
        self.look(
            GateName::Episode,
            format!("{} automated in this silence", head.episode_sent),
            (head.episode_sent > 0).then_some(Reason::EpisodeDone),
        );
        self.at_permission(known, rule);
        self.at_due(known, run, now);
    }

    /// After a visit nobody waits for a word of the customer's, so silences and replies say nothing.
    fn at_reminder(
        &mut self,
        known: &Snapshot<'_>,
        run: &Run,
        rule: &Rule,
        day: NaiveDate,
        now: DateTime<Utc>,
    ) {
        self.at_channel(known, run, rule);
        let (input, refusal) = visit_gate(known, rule, run, day, now);
        self.look(GateName::Visit, input, refusal);
        self.at_permission(known, rule);
    }

    /// What the customer allows, and the day's limit.
    fn at_permission(&mut self, known: &Snapshot<'_>, rule: &Rule) {
        self.at_consent(known, rule.spec.purpose);
        let limit = known.settings.daily_send_limit;
        self.look(
            GateName::DailyLimit,
            if known.sent_today >= limit {
                format!("all {limit} of the day are sent")
            } else {
                format!("at most {limit} a day, counted when a send is claimed")
            },
            (known.sent_today >= limit).then_some(Reason::DailyLimit { limit }),
        );
    }

    fn at_due(&mut self, known: &Snapshot<'_>, run: &Run, now: DateTime<Utc>) {
        let zone = known.settings.zone;
        let input = format!(
            "wanted {}, now {}",
            zone.show(run.wanted_at),
            zone.show(now)
        );
        let refusal = is_too_late(run.wanted_at, now).then_some(Reason::Expired);
        self.look(GateName::Due, input, refusal);
    }

    /// What the customer said about messages that nobody wrote to them alone.
    fn at_consent(&mut self, known: &Snapshot<'_>, purpose: Purpose) {
        if has_media_gate(known.conversation.channel) {
            self.at_media_consent(known, purpose, Audience::Automated);
        } else {
            let (input, refusal) = consent(known, purpose);
            self.look(GateName::Consent, input, refusal);
        }
    }

    /// Who has a conversation there has a number or an address. What is known against a number is part
    /// of the standing, what is known against an address of the conversation with it.
    fn at_media_consent(&mut self, known: &Snapshot<'_>, purpose: Purpose, audience: Audience) {
        let send = Send {
            medium: Medium::of(known.conversation.channel),
            purpose,
            audience,
            address: address(known),
        };
        let (standing, zone) = (&known.customer.chat, known.settings.zone);
        let verdict = may_send(
            send,
            standing,
            known.conversation.suppressed.as_slice(),
            &Policy::default(),
            zone,
        );
        self.refusal = self.refusal.take().or_else(|| verdict.reason().cloned());
        self.gates.extend(verdict.gates);
    }
}

/// Who has written by SMS has a number. An address of e-mail, and a number from which nobody ever wrote,
/// is the customer's as long as it stands in their profile.
fn address(known: &Snapshot<'_>) -> Address {
    let (head, profile) = (known.conversation, &known.customer.profile);
    let is_it = |known: &Labelled<EmailAddress>| known.value.key() == head.user.reveal();
    let is_number = |known: &Labelled<PhoneNumber>| known.value.reveal() == head.user.reveal();
    let has = match head.channel {
        Channel::Email => profile.emails.iter().any(is_it),
        Channel::Sms if head.last_customer_at.is_none() => profile.phones.iter().any(is_number),
        _ => true,
    };
    match has {
        true => Address::Known,
        false => Address::Missing,
    }
}

/// Whether consent is asked for by medium and class; chats have an older, equal gate.
fn has_media_gate(channel: Channel) -> bool {
    matches!(Medium::of(channel), Medium::Sms | Medium::Email)
}

/// Whether the customer has written since the run was planned.
pub(super) fn reply(known: &Snapshot<'_>, run: &Run) -> (String, bool) {
    let head = known.conversation;
    if run.episode != head.episode {
        let input = format!("planned in silence {}, now {}", run.episode, head.episode);
        (input, true)
    } else if run.turn != known.customer.turn {
        let input = "the customer has written in another conversation since";
        (input.to_owned(), true)
    } else {
        ("the customer has not written since".to_owned(), false)
    }
}

/// Whether a follow-up that was wanted then is not worth sending any more.
pub(super) fn is_too_late(wanted: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now - wanted > LATEST_AFTER_DUE
}

/// What the customer said about messages of this purpose.
pub(super) fn consent(known: &Snapshot<'_>, purpose: Purpose) -> (String, Option<Reason>) {
    let (chat, zone) = (&known.customer.chat, known.settings.zone);
    let name = match purpose {
        Purpose::Transactional => "transactional",
        Purpose::Marketing => "marketing",
    };
    match (chat.opted_out_at, chat.refused_since(purpose)) {
        (Some(since), _) => (
            format!("no messages wanted since {}", zone.show(since)),
            Some(Reason::OptedOut { since }),
        ),
        (None, Some(since)) => (
            format!("{name} refused since {}", zone.show(since)),
            Some(Reason::MarketingRefused { since }),
        ),
        (None, None) => (format!("{name} allowed"), None),
    }
}
