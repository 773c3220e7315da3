//! Whatever happens in whatever order: what must never be, and what must always be.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::world::{World, failed, reason};
use crate::channel::Channel;
use crate::consent::{self, Class, Medium, Stoppable, Wanted};
use crate::conversation::{OnReply, Run, Source, State};
use crate::decide::{CustomerWrote, Effect, Event, Report, SendOutcome};
use crate::fixtures::{any_silence, manual, quiet, rule, with_template, without_text};
use crate::ids::{MessageId, RunId};
use crate::receipt::{How, Reason, Rescue, Verdict};
use crate::rule::{Delay, OnUnknown, Purpose, Rule};
use crate::settings::FrequencyCap;
use crate::template::TemplateStatus;

/// One thing that happens. Lags are minutes between writing and arrival.
#[derive(Clone, Debug)]
enum Op {
    Customer {
        lag: i64,
        automatic: bool,
        opt_out: bool,
    },
    React,
    /// The customer changes what they wrote.
    Change {
        opt_out: bool,
    },
    Echo {
        lag: i64,
    },
    Staff {
        after: i64,
    },
    /// A confirmation, or a message to many.
    Notice {
        after: i64,
        purpose: Purpose,
    },
    Withdraw,
    Pass {
        minutes: i64,
    },
    /// The timer fires, whether it is due or not.
    Fire,
    /// The clock jumps to the armed timer, which fires.
    NextTimer,
    Answer {
        which: Index,
        waits: bool,
        stop: bool,
        unfit: usize,
        hours: i64,
    },
    Claim {
        which: Index,
    },
    Finish {
        which: Index,
        outcome: Ending,
    },
    Receipt {
        which: Index,
        delivered: bool,
    },
    Rule {
        which: Index,
        change: RuleChange,
    },
    Template {
        approved: bool,
    },
    Close,
    Reopen,
    Block {
        reachable: bool,
        lag: i64,
    },
    /// The thread is given to somebody else, or back to us.
    Thread {
        ours: bool,
        lag: i64,
    },
    /// Stopped or allowed in the platform's menu.
    Marketing {
        stopped: bool,
    },
    /// Chosen on our page of preferences.
    Advertising {
        wanted: Wanted,
    },
    OptIn,
}

#[derive(Clone, Copy, Debug)]
enum Ending {
    Accepted,
    Retry(i64),
    Exhausted,
    Permanent,
    Unknown,
    NotSent,
}

#[derive(Clone, Copy, Debug)]
enum RuleChange {
    Edit,
    Toggle,
    /// Without the event that tells of it.
    SilentEdit,
    Delete,
}

fn lag() -> impl Strategy<Value = i64> {
    prop_oneof![3 => Just(0), 1 => 0i64..90, 1 => Just(-30)]
}

fn ops() -> impl Strategy<Value = Op> {
    let ending = select(vec![
        Ending::Accepted,
        Ending::Accepted,
        Ending::Retry(2),
        Ending::Retry(45),
        Ending::Exhausted,
        Ending::Permanent,
        Ending::Unknown,
        Ending::NotSent,
    ]);
    let change = select(vec![
        RuleChange::Edit,
        RuleChange::Toggle,
        RuleChange::SilentEdit,
        RuleChange::Delete,
    ]);
    let index = any::<Index>;
    prop_oneof![
        4 => (prop_oneof![4 => Just(0), 1 => 0i64..90, 1 => Just(-30)], prop::bool::weighted(0.15), prop::bool::weighted(0.05))
            .prop_map(|(lag, automatic, opt_out)| Op::Customer { lag, automatic, opt_out }),
        1 => Just(Op::React),
        4 => lag().prop_map(|lag| Op::Echo { lag }),
        2 => prop_oneof![3 => Just(0), 1 => 1i64..600, 1 => Just(10_000)].prop_map(|after| Op::Staff { after }),
        1 => (0i64..600, select(vec![Purpose::Marketing, Purpose::Transactional]))
            .prop_map(|(after, purpose)| Op::Notice { after, purpose }),
        4 => prop_oneof![2 => 0i64..10, 2 => 10i64..400, 1 => 400i64..3000].prop_map(|minutes| Op::Pass { minutes }),
        3 => Just(Op::Fire),
        12 => Just(Op::NextTimer),
        8 => (index(), prop::bool::weighted(0.1), prop::bool::weighted(0.05), 0usize..4, -5i64..60)
            .prop_map(|(which, waits, stop, unfit, hours)| Op::Answer { which, waits, stop, unfit, hours }),
        8 => index().prop_map(|which| Op::Claim { which }),
        7 => (index(), ending).prop_map(|(which, outcome)| Op::Finish { which, outcome }),
        1 => (index(), any::<bool>()).prop_map(|(which, delivered)| Op::Receipt { which, delivered }),
        2 => (index(), change).prop_map(|(which, change)| Op::Rule { which, change }),
        1 => any::<bool>().prop_map(|approved| Op::Template { approved }),
        1 => Just(Op::Withdraw),
        1 => Just(Op::Close),
        1 => Just(Op::Reopen),
        1 => (any::<bool>(), lag()).prop_map(|(reachable, lag)| Op::Block { reachable, lag }),
        2 => (any::<bool>(), lag()).prop_map(|(ours, lag)| Op::Thread { ours, lag }),
        1 => any::<bool>().prop_map(|stopped| Op::Marketing { stopped }),
        1 => select(vec![Wanted::Yes, Wanted::No])
            .prop_map(|wanted| Op::Advertising { wanted }),
        2 => prop::bool::weighted(0.2).prop_map(|opt_out| Op::Change { opt_out }),
        1 => Just(Op::OptIn),
    ]
}

fn rules() -> impl Strategy<Value = Vec<Rule>> {
    let delay = prop_oneof![
        Just(Delay::Ai),
        (1u32..300).prop_map(manual),
        (1300u32..1500).prop_map(manual),
        (1500u32..6000).prop_map(manual),
    ];
    let one = (
        delay,
        0u16..3,
        0u8..3,
        any::<bool>(),
        prop::bool::weighted(0.2),
        any::<bool>(),
    );
    prop::collection::vec(one, 1..4).prop_map(|rules| {
        let named = rules.into_iter().enumerate();
        named
            .map(
                |(number, (delay, priority, content, resend, any, advertises))| {
                    let mut rule = rule(&format!("rule {number}"), delay);
                    if content > 0 {
                        rule = with_template(rule);
                    }
                    if content > 1 {
                        rule = without_text(rule);
                    }
                    rule.spec.priority = priority;
                    if advertises {
                        rule.spec.purpose = Purpose::Marketing;
                    }
                    if resend {
                        rule.spec.on_unknown = OnUnknown::Resend;
                    }
                    rule.spec.trigger = any_silence(any);
                    rule
                },
            )
            .collect()
    })
}

/// The world, and beside it what an observer has seen, kept without looking into the head.
struct Observed {
    world: World,
    asked: Vec<crate::decide::Assessed>,
    offered: Vec<RunId>,
    claimed: Vec<(RunId, MessageId)>,
    /// Rises when something happens that must cancel what rules have pending.
    doors: u64,
    /// The door count at which each run was first pending.
    planned: BTreeMap<RunId, u64>,
    /// The last message of a person, as far as it could be an answer.
    last_customer: Option<DateTime<Utc>>,
    last_business: Option<DateTime<Utc>>,
    opened: Option<DateTime<Utc>>,
    /// When automated messages left that were not proven to have failed.
    automated: BTreeMap<MessageId, DateTime<Utc>>,
    customer_times: BTreeSet<DateTime<Utc>>,
    /// What was last told of whether they can be reached, and of who has the thread.
    reach: Told,
    thread: Told,
    /// When follow-ups were last let in again.
    let_in: Option<DateTime<Utc>>,
}

/// What is told by the platform's clock, in any order.
#[derive(Clone, Copy, Default)]
struct Told {
    at: Option<DateTime<Utc>>,
    shut: bool,
}

impl Told {
    /// Whether that is news; of two from one moment the careful one counts.
    fn tell(&mut self, at: DateTime<Utc>, shut: bool) -> bool {
        let newest = self.at.is_none_or(|told| at > told || shut && at == told);
        if newest {
            self.at = Some(at);
        }
        newest && std::mem::replace(&mut self.shut, shut) != shut
    }
}

impl Observed {
    fn new(world: World) -> Self {
        Self {
            world,
            asked: Vec::new(),
            offered: Vec::new(),
            claimed: Vec::new(),
            doors: 0,
            planned: BTreeMap::new(),
            last_customer: None,
            last_business: None,
            opened: None,
            automated: BTreeMap::new(),
            customer_times: BTreeSet::new(),
            reach: Told::default(),
            thread: Told::default(),
            let_in: None,
        }
    }

    fn apply(&mut self, op: &Op) {
        let now = self.world.now;
        match op {
            Op::Customer {
                lag,
                automatic,
                opt_out,
            } => self.customer(*lag, *automatic, *opt_out),
            Op::React => {
                self.opened = self.opened.max(Some(now));
                self.happens(&Event::CustomerActed { at: now });
            }
            Op::Echo { lag } => {
                let at = (now - TimeDelta::minutes(*lag)).min(now);
                if self
                    .last_customer
                    .max(self.last_business)
                    .is_none_or(|last| at >= last)
                {
                    self.doors += 1;
                }
                self.last_business = self.last_business.max(Some(at));
                let preview = "Echo".to_owned();
                self.happens(&Event::BusinessWrote {
                    at: now - TimeDelta::minutes(*lag),
                    preview,
                });
                self.silence_has_a_reason();
            }
            Op::Staff { after } => {
                if *after <= 24 * 60 {
                    self.doors += 1;
                }
                let (run, message) = self.world.new_ids();
                let send_at = now + TimeDelta::minutes(*after);
                self.happens(&Event::ManualMessage {
                    run,
                    message,
                    at: now,
                    send_at,
                    on_reply: [OnReply::Keep, OnReply::Hold, OnReply::Cancel][*after as usize % 3],
                    set_aside_at: None,
                });
            }
            Op::Notice { after, purpose } => {
                let waits = self.world.head.waiting_since;
                let (run, message) = self.world.new_ids();
                self.happens(&Event::Notice {
                    run,
                    message,
                    at: now,
                    send_at: now + TimeDelta::minutes(*after),
                    purpose: *purpose,
                });
                assert_eq!(
                    self.world.head.waiting_since, waits,
                    "a notice is no answer"
                );
            }
            Op::Withdraw => {
                let mut runs = self.world.head.runs.iter();
                if let Some(run) = runs.find(|run| run.rule().is_none()) {
                    let message = run.message;
                    self.happens(&Event::ManualWithdrawn { message });
                }
            }
            Op::Pass { minutes } => self.world.now += TimeDelta::minutes(*minutes),
            Op::Fire => self.fire(),
            Op::NextTimer => {
                if let Some(at) = self.world.head.next_timer() {
                    self.world.now = now.max(at);
                    self.fire();
                }
            }
            Op::Answer {
                which,
                waits,
                stop,
                unfit,
                hours,
            } => {
                if self.asked.is_empty() {
                    return;
                }
                let mut answer = self.asked[which.index(self.asked.len())].clone();
                answer.customer_waits = *waits;
                answer.new_run = self.world.new_ids();
                for (place, judgement) in answer.rules.iter_mut().enumerate() {
                    judgement.applies = place != *unfit;
                    judgement.stop = *stop && place == 0;
                    judgement.time = (*hours > 0).then(|| answer.anchor + TimeDelta::hours(*hours));
                }
                self.happens(&Event::Assessed(answer));
            }
            Op::Claim { which } => self.claim(*which),
            Op::Finish { which, outcome } => self.finish(*which, *outcome),
            Op::Receipt { which, delivered } => {
                if self.claimed.is_empty() {
                    return;
                }
                let (run, message) = self.claimed[which.index(self.claimed.len())];
                if !delivered && self.is_open(run) {
                    self.automated.remove(&message);
                }
                let report = if *delivered {
                    Report::Delivered
                } else {
                    failed(self.world.now, None)
                };
                self.happens(&Event::ReceiptArrived { message, report });
            }
            Op::Rule { which, change } => self.change(*which, *change),
            Op::Template { approved } => {
                self.world.templates[0].status = if *approved {
                    TemplateStatus::Approved
                } else {
                    TemplateStatus::Paused
                };
            }
            Op::Close => {
                self.doors += 1;
                self.happens(&Event::Closed);
            }
            Op::Reopen => {
                if self.world.head.state != State::Open {
                    self.let_in = Some(now);
                }
                self.happens(&Event::Reopened);
            }
            Op::Block { reachable, lag } => {
                let at = now - TimeDelta::minutes(*lag);
                let news = self.reach.tell(at.min(now), !reachable);
                self.shut_or_let_in(news, at.min(now), !reachable);
                let reachable = *reachable;
                self.happens(&Event::Reachability { at, reachable });
                assert_eq!(self.world.head.reachable, !self.reach.shut);
            }
            Op::Thread { ours, lag } => {
                // Elsewhere there is nobody to share the thread with.
                let channel = self.world.head.channel;
                if !matches!(channel, Channel::Messenger | Channel::Instagram) {
                    return;
                }
                let at = now - TimeDelta::minutes(*lag);
                let news = self.thread.tell(at.min(now), !ours);
                self.shut_or_let_in(news, at.min(now), !ours);
                self.happens(&Event::ThreadOwner { at, ours: *ours });
            }
            Op::Marketing { stopped } => {
                self.world.customer.chat.marketing_stopped_at = stopped.then_some(now);
            }
            Op::Advertising { wanted } => {
                let class = self.advertising();
                let customer = &mut self.world.customer;
                if let Some(change) = customer.chat.hear(class, *wanted) {
                    let said = customer.say(change, consent::Source::Preferences, None, now);
                    assert_eq!(said, Ok(()));
                }
                self.happens(&Event::ClassRefused { class });
                let refused = *wanted == Wanted::No;
                assert!(!refused || !self.world.snapshot().plans(class));
            }
            Op::Change { opt_out } => {
                self.happens(&Event::CustomerChanged { opt_out: *opt_out });
                assert!(!opt_out || self.opted_out().is_some());
            }
            Op::OptIn => {
                if self.opted_out().is_some() {
                    self.let_in = Some(now);
                }
                self.happens(&Event::Consent {
                    at: DateTime::<Utc>::MAX_UTC,
                    opted_out: false,
                });
            }
        }
    }

    fn advertising(&self) -> Class {
        let medium = Medium::of(self.world.head.channel);
        Class::of(medium, Purpose::Marketing).expect("channels have classes")
    }

    /// Since when the customer wants nothing on this channel.
    fn opted_out(&self) -> Option<DateTime<Utc>> {
        let what = Stoppable::of(self.world.head.channel);
        self.world.customer.chat.stopped(what)
    }

    fn shut_or_let_in(&mut self, news: bool, at: DateTime<Utc>, shut: bool) {
        match (news, shut) {
            (true, true) => self.doors += 1,
            (true, false) => self.let_in = self.let_in.max(Some(at)),
            (false, _) => {}
        }
    }

    fn customer(&mut self, lag: i64, automatic: bool, opt_out: bool) {
        let now = self.world.now;
        let sent_at = now - TimeDelta::minutes(lag);
        let at = sent_at.min(now);
        self.opened = self.opened.max(Some(at));
        let news = self.reach.tell(at, false);
        self.shut_or_let_in(news, at, false);
        if !automatic {
            self.last_customer = self.last_customer.max(Some(at));
            self.customer_times.insert(at);
        }
        if !automatic || opt_out {
            self.doors += 1;
        }
        self.happens(&Event::CustomerWrote(CustomerWrote {
            at: sent_at,
            preview: "Hallo".into(),
            opens_window: true,
            automatic,
            opt_out,
        }));
        if !automatic {
            self.silence_has_a_reason();
        }
    }

    fn fire(&mut self) {
        let (_, effects) = self.happens_with(&Event::TimerFired);
        for effect in effects {
            match effect {
                Effect::Assess { rules } => {
                    let ids: Vec<_> = rules.iter().map(|(id, _)| *id).collect();
                    let answer = self.world.answer(&ids);
                    self.asked.push(answer);
                }
                Effect::Send { run, .. } => self.offered.push(run.id),
                _ => {}
            }
        }
        // A timer that fires again at the same moment comes to rest.
        let mut copy = self.world.head.clone();
        for _ in 0..10 {
            let known = crate::decide::Snapshot {
                conversation: &copy,
                ..self.world.snapshot()
            };
            copy = crate::decide::decide(&known, &Event::TimerFired, self.world.now).conversation;
        }
        assert!(
            copy.due_at().is_none_or(|due| due > self.world.now),
            "a busy loop: {copy:#?}"
        );
    }

    fn claim(&mut self, which: Index) {
        if self.offered.is_empty() {
            return;
        }
        let run = self.offered[which.index(self.offered.len())];
        let pending = self
            .world
            .head
            .runs
            .iter()
            .find(|pending| pending.id == run)
            .cloned();
        if !self.world.claim(run) {
            self.after();
            return;
        }
        let run = pending.expect("only what is pending can be claimed");
        let how = self.world.head.sending.as_ref().unwrap().how;
        self.claimed.push((run.id, run.message));
        match run.source {
            Source::Rule { .. } => {
                self.may_leave(&run, how);
                let now = self.world.now;
                self.automated.insert(run.message, now);
            }
            Source::Notice { purpose, .. } => self.notice_may_leave(&run, purpose),
            Source::Manual { .. } => {}
        }
        self.after();
    }

    fn notice_may_leave(&self, run: &Run, purpose: Purpose) {
        let (world, now) = (&self.world, self.world.now);
        if let (Purpose::Marketing, Some(quiet)) = (purpose, world.settings.quiet_hours) {
            let night = quiet.contains(now, world.settings.zone);
            assert!(!night, "advertising in the quiet hours");
        }
        if let Some(length) = world.head.channel.free_form_window() {
            let open = self.opened.is_some_and(|opened| now < opened + length);
            assert!(open, "outside the window");
        }
        assert!(now - run.wanted_at <= TimeDelta::days(2), "too late");
        assert!(
            !matches!(world.head.state, State::Suspended { .. }),
            "to somebody who wants nothing"
        );
        assert_eq!(self.opted_out(), None);
        assert!(!self.reach.shut, "to somebody who blocks us");
        assert!(!self.thread.shut, "while somebody else has the thread");
        if purpose == Purpose::Marketing {
            self.wants_advertising();
        }
    }

    fn wants_advertising(&self) {
        let (class, chat) = (self.advertising(), &self.world.customer.chat);
        assert_eq!(chat.class(class).refused, None);
        if class == Class::ChatMarketing {
            assert_eq!(chat.marketing_stopped_at, None);
        }
    }

    /// The guarantees, from what the observer saw.
    fn may_leave(&self, run: &Run, how: How) {
        let (world, now) = (&self.world, self.world.now);
        if let Some(quiet) = world.settings.quiet_hours {
            assert!(
                !quiet.contains(now, world.settings.zone),
                "in the quiet hours"
            );
        }
        let windowed = world.head.channel.free_form_window();
        if let (How::FreeForm, Some(length)) = (how, windowed) {
            let left = self.opened.map(|opened| opened + length - now);
            assert!(
                left.is_some_and(|left| left > TimeDelta::minutes(5)),
                "window: {left:?}"
            );
        }
        if how == How::Template {
            assert_eq!(world.templates[0].status, TemplateStatus::Approved);
        }
        assert_eq!(
            self.planned.get(&run.id),
            Some(&self.doors),
            "a door closed since planning"
        );
        assert_eq!(world.head.state, State::Open);
        assert_eq!(self.opted_out(), None);
        assert!(!self.reach.shut, "to somebody who blocks us");
        assert!(!self.thread.shut, "while somebody else has the thread");
        let rule = world
            .rules
            .iter()
            .find(|rule| Some(rule.id) == run.rule())
            .expect("deleted");
        assert!(rule.enabled);
        let Source::Rule { version, .. } = run.source else {
            unreachable!()
        };
        assert_eq!(rule.version, version);
        if rule.spec.purpose == Purpose::Marketing {
            self.wants_advertising();
        }
        if let (Some(delay), Some(from)) = (rule.spec.first_step().after.fixed(), self.let_in)
            && !matches!(run.rescue, Some(Rescue::Earlier { .. }))
        {
            assert!(now >= from + delay, "at once after what held it back");
        }
        // Since the last automated message somebody must have written.
        let earlier = self
            .automated
            .iter()
            .filter(|(message, _)| **message != run.message);
        for (_, sent) in earlier {
            assert!(
                self.customer_times.iter().any(|wrote| wrote >= sent),
                "two automated messages in one silence"
            );
        }
    }

    fn finish(&mut self, which: Index, ending: Ending) {
        if self.claimed.is_empty() {
            return;
        }
        // Mostly the send that is under way, sometimes one that was given up long ago.
        let under_way = self
            .world
            .head
            .sending
            .as_ref()
            .map(|sending| (sending.run.id, sending.run.message));
        let (run, message) =
            under_way.unwrap_or_else(|| self.claimed[which.index(self.claimed.len())]);
        let outcome = match ending {
            Ending::Accepted => SendOutcome::Accepted,
            Ending::Retry(minutes) => SendOutcome::Retry {
                at: Some(self.world.now + TimeDelta::minutes(minutes)),
                detail: String::new(),
            },
            Ending::Exhausted => SendOutcome::Retry {
                at: None,
                detail: String::new(),
            },
            Ending::Permanent => SendOutcome::Permanent {
                class: "class".into(),
                detail: String::new(),
                unreachable: false,
            },
            Ending::Unknown => SendOutcome::Unknown {
                detail: String::new(),
            },
            Ending::NotSent => SendOutcome::NotSent {
                reason: Reason::TextUnusable {
                    detail: String::new(),
                },
            },
        };
        let certain = !matches!(ending, Ending::Accepted | Ending::Unknown);
        if certain && self.is_open(run) {
            self.automated.remove(&message);
        }
        self.happens(&Event::SendFinished { run, outcome });
    }

    /// Under way or unknown: what is reported about it now decides.
    fn is_open(&self, run: RunId) -> bool {
        let head = &self.world.head;
        let unknown = head.unknown.iter().map(|unknown| unknown.run.id);
        let sending = head.sending.iter().map(|sending| sending.run.id);
        unknown.chain(sending).any(|open| open == run)
    }

    fn change(&mut self, which: Index, change: RuleChange) {
        if self.world.rules.is_empty() {
            return;
        }
        let place = which.index(self.world.rules.len());
        let id = self.world.rules[place].id;
        let now = self.world.now;
        let rule = &mut self.world.rules[place];
        rule.version += 1;
        rule.updated_at = now;
        match change {
            RuleChange::Edit | RuleChange::SilentEdit => {}
            RuleChange::Toggle => rule.enabled = !rule.enabled,
            RuleChange::Delete => drop(self.world.rules.remove(place)),
        }
        if !matches!(change, RuleChange::SilentEdit) {
            self.happens(&Event::RuleChanged { rule: id });
        }
    }

    fn happens(&mut self, event: &Event) {
        self.happens_with(event);
    }

    fn happens_with(&mut self, event: &Event) -> (Vec<crate::receipt::Entry>, Vec<Effect>) {
        let before = self.world.head.clone();
        let (entries, effects) = self.world.happens(event);
        assert!(
            self.world.head.episode >= before.episode,
            "episodes only rise"
        );
        assert!(self.world.head.last_customer_at >= before.last_customer_at);
        assert!(self.world.head.window_closes_at >= before.window_closes_at);
        if effects.iter().any(|effect| {
            matches!(
                effect,
                Effect::SetOptOut {
                    opted_out: true,
                    ..
                }
            )
        }) {
            self.doors += 1;
        }
        let suspended =
            |entry: &&crate::receipt::Entry| matches!(entry.verdict, Verdict::Suspended { .. });
        if entries.iter().any(|entry| suspended(&entry)) {
            self.doors += 1;
        }
        // Nothing pending disappears without a word.
        for run in &before.runs {
            let told = entries.iter().any(|entry| entry.run == Some(run.id));
            let kept = self.world.head.runs.iter().any(|kept| kept.id == run.id);
            assert!(kept || told, "{run:?} is gone without an entry");
        }
        self.after();
        (entries, effects)
    }

    /// What holds after every event.
    fn after(&mut self) {
        let head = &self.world.head;
        for run in &head.runs {
            self.planned.entry(run.id).or_insert(self.doors);
        }
        if let Some(due) = head.due_at()
            && head.sending.is_none()
        {
            assert!(
                head.next_timer().is_some_and(|armed| armed <= due),
                "a due time is forgotten"
            );
        }
        let of_rules = head.runs.iter().filter_map(Run::rule);
        assert!(
            of_rules.count() <= 1,
            "one follow-up pending at a time: {:#?}",
            head.runs
        );
        let sending = head.sending.iter().map(|sending| sending.run.id);
        let unknown = head.unknown.iter().map(|unknown| unknown.run.id);
        let all: Vec<_> = head
            .runs
            .iter()
            .map(|run| run.id)
            .chain(sending)
            .chain(unknown)
            .collect();
        let distinct: BTreeSet<_> = all.iter().collect();
        assert_eq!(all.len(), distinct.len(), "one run in two places");
        let plans = head.runs.iter().any(|run| run.rule().is_some()) || head.assess_at.is_some();
        assert!(
            !plans || head.state == State::Open,
            "planned while not open"
        );
    }

    /// A silence is assessed, or somebody can read why it is not.
    fn silence_has_a_reason(&self) {
        let head = &self.world.head;
        let planned = head.assess_at.is_some() || head.runs.iter().any(|run| run.rule().is_some());
        let last = self.world.entries.last().map(|entry| &entry.verdict);
        let explained = last.and_then(reason).is_some();
        assert!(
            planned || explained,
            "silent and unplanned without a reason"
        );
    }
}

fn world(channel: Channel, rules: Vec<Rule>, night: Option<(u32, u32)>, cap: u32) -> World {
    let mut world = World::on(channel, rules);
    world.settings.quiet_hours = night.map(|(from, length)| {
        let time = |minutes: u32| format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60);
        quiet(&time(from), &time(from + length))
    });
    world.settings.frequency_cap = FrequencyCap {
        messages: cap,
        hours: 24,
    };
    world
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_happens_no_guarantee_is_broken(
        channel in select(Channel::ALL.to_vec()),
        rules in rules(),
        night in prop::option::of((0u32..1440, 60u32..900)),
        cap in 1u32..4,
        ops in prop::collection::vec(ops(), 1..120),
    ) {
        let mut observed = Observed::new(world(channel, rules, night, cap));
        for op in &ops {
            observed.apply(op);
        }
    }

    #[test]
    fn a_quiet_customer_gets_at_most_one_message_and_the_conversation_comes_to_rest(
        channel in select(Channel::ALL.to_vec()),
        rules in rules(),
        night in prop::option::of((0u32..1440, 60u32..900)),
        late in 0i64..3000,
    ) {
        let mut world = world(channel, rules, night, 3);
        world.customer_writes();
        world.advance(late);
        world.staff_answers();
        world.advance(30 * 24 * 60);
        prop_assert!(world.sent.len() <= 1);
        prop_assert_eq!(world.head.due_at(), None);
        let explained = world.sent.len() == 1 || world.last_reason().is_some();
        prop_assert!(explained);
    }
}
