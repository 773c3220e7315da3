use chrono::{DateTime, Utc};

use super::world::{World, failed};
use crate::channel::Channel;
use crate::decide::{Effect, Event, Report, SendOutcome};
use crate::fixtures::{manual, minutes, monday, rule};
use crate::receipt::{Reason, Verdict};
use crate::rule::OnUnknown;

fn unknown() -> SendOutcome {
    SendOutcome::Unknown {
        detail: "timed out".into(),
    }
}

fn world(on_unknown: OnUnknown) -> World {
    let mut rule = rule("1h", manual(60));
    rule.spec.on_unknown = on_unknown;
    let mut world = World::answered(Channel::WhatsApp, vec![rule]);
    world.outcomes.push_back(unknown());
    world.advance(65);
    assert_eq!((world.sent.len(), world.head.unknown.len()), (1, 1));
    world
}

fn message(world: &World) -> crate::ids::MessageId {
    world.head.unknown[0].run.message
}

#[test]
fn nx_04_an_unknown_outcome_is_never_resent_blindly() {
    let mut world = world(OnUnknown::Skip);
    assert!(
        world
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::NotifyStaff { .. }))
    );
    world.advance(3000);
    assert_eq!(world.sent.len(), 1);
    assert_eq!(world.last_reason(), Some(Reason::OutcomeNeverKnown));
    assert!(world.head.unknown.is_empty());
}

#[test]
fn a_rule_that_asks_for_it_sends_again_after_the_wait_but_not_for_ever() {
    let mut sent_again = world(OnUnknown::Resend);
    sent_again.advance(3000);
    assert_eq!(sent_again.minutes(), [61, 91]);

    let mut never = world(OnUnknown::Resend);
    never
        .outcomes
        .extend([unknown(), unknown(), unknown(), unknown()]);
    never.advance(3000);
    assert_eq!(never.minutes(), [61, 91, 121]);
}

#[test]
fn it_is_not_sent_again_once_somebody_spoke() {
    let again = |change: &dyn Fn(&mut World)| {
        let mut world = world(OnUnknown::Resend);
        change(&mut world);
        world.opinion.customer_waits = true;
        world.advance(3000);
        world.sent.iter().filter(|sent| sent.rule.is_some()).count() - 1
    };
    assert_eq!(again(&|_| {}), 1);
    assert_eq!(again(&|world| world.customer_writes()), 0);
    assert_eq!(again(&|world| world.staff_answers()), 0);
    assert_eq!(again(&|world| drop(world.happens(&Event::Closed))), 0);
    assert_eq!(
        again(&|world| drop(world.happens(&Event::Consent {
            at: DateTime::<Utc>::MAX_UTC,
            opted_out: true
        }))),
        0
    );
}

#[test]
fn the_platforms_own_receipt_settles_it() {
    let mut world = world(OnUnknown::Resend);
    let message = message(&world);
    world.happens(&Event::ReceiptArrived {
        message,
        report: Report::Delivered,
    });
    assert_eq!(world.entries.last().unwrap().verdict, Verdict::Accepted);
    assert_eq!(world.head.episode_sent, 1);
    world.advance(3000);
    assert_eq!(world.sent.len(), 1);
}

#[test]
fn a_receipt_that_is_faster_than_the_sender_counts() {
    let mut world = World::answered(Channel::WhatsApp, vec![rule("1h", manual(60))]);
    world.advance(59);
    world.now += minutes(1);
    world.happens(&Event::TimerFired);
    let run = world.pending().unwrap().clone();
    assert!(world.claim(run.id));
    world.happens(&Event::ReceiptArrived {
        message: run.message,
        report: Report::Delivered,
    });
    assert!(world.head.sending.is_none());
    // The sender dies, or comes back with what it believes: nothing changes any more.
    world.happens(&Event::SendFinished {
        run: run.id,
        outcome: unknown(),
    });
    assert_eq!((world.head.episode_sent, world.head.unknown.len()), (1, 0));
    world.advance(3000);
    assert_eq!(world.sent.len(), 1);
}

#[test]
fn a_sender_that_comes_back_late_with_certainty_is_believed() {
    let late = |outcome: SendOutcome, minutes_later: i64| {
        let mut world = world(OnUnknown::Resend);
        let run = world.head.unknown[0].run.id;
        world.now += minutes(minutes_later);
        if minutes_later > 30 {
            // It waits to be sent again already.
            world.happens(&Event::TimerFired);
            assert_eq!(world.head.runs.len(), 1);
        }
        world.happens(&Event::SendFinished { run, outcome });
        world.advance(3000);
        world.sent.len()
    };
    assert_eq!(late(SendOutcome::Accepted, 5), 1);
    assert_eq!(late(SendOutcome::Accepted, 40), 1);
    let at = Some(monday() + minutes(80));
    let detail = String::from("busy");
    assert_eq!(late(SendOutcome::Retry { at, detail }, 5), 2);
}

#[test]
fn a_claim_whose_sender_died_becomes_unknown() {
    let mut world = World::answered(Channel::WhatsApp, vec![rule("1h", manual(60))]);
    world.advance(59);
    world.now += minutes(1);
    world.happens(&Event::TimerFired);
    let run = world.pending().unwrap().id;
    assert!(world.claim(run));
    world.advance(2);
    assert_eq!(
        (world.head.sending.is_none(), world.head.unknown.len()),
        (true, 1)
    );
    world.advance(3000);
    assert_eq!(world.sent.len(), 1);
}

#[test]
fn an_answer_that_was_unknown_counts_from_when_it_left() {
    let mut world = World::answered(Channel::WhatsApp, Vec::new());
    world.advance(10);
    world.customer_writes();
    world.outcomes.push_back(unknown());
    let message = world.staff_writes(world.now + minutes(1));
    world.advance(5);
    assert!(world.head.waiting_since.is_some());
    // The customer replies to it before the platform's receipt arrives: they wait again.
    world.customer_writes();
    world.happens(&Event::ReceiptArrived {
        message,
        report: Report::Delivered,
    });
    assert!(world.head.waiting_since.is_some());
    assert_eq!(world.head.last_business_at, Some(monday() + minutes(12)));
}

#[test]
fn what_may_have_arrived_counts_as_this_silences_message() {
    let mut world = world(OnUnknown::Skip);
    world.staff_answers();
    assert_eq!(world.last_reason(), Some(Reason::EpisodeDone));
    world.advance(3000);
    assert_eq!(world.sent.len(), 1);
}

#[test]
fn a_follow_up_that_fails_after_it_was_accepted_is_not_counted_and_not_sent_again() {
    let mut world = World::answered(Channel::WhatsApp, vec![rule("1h", manual(60))]);
    world.advance(61);
    let (rule, claimed_at) = (world.rules[0].id, world.sent[0].at);
    let message = world.entries.last().unwrap().message.unwrap();
    assert_eq!(world.head.episode_sent, 1);
    world.happens(&Event::ReceiptArrived {
        message,
        report: failed(world.now, Some((rule, claimed_at))),
    });
    assert_eq!(world.head.episode_sent, 0);
    let entry = world.entries.last().unwrap();
    assert!(matches!(entry.verdict, Verdict::Failed { .. }));
    assert_eq!(entry.message, Some(message));
    world.advance(3000);
    assert_eq!(world.sent.len(), 1);
}

#[test]
fn who_is_unreachable_by_a_late_report_is_reachable_once_they_write() {
    let unreachable = |world: &mut World, at| {
        let Report::Failed { class, detail, .. } = failed(at, None) else {
            unreachable!("it says so");
        };
        world.happens(&Event::ReceiptArrived {
            message: crate::ids::MessageId::derive(&["ours"]),
            report: Report::Failed {
                at,
                class,
                detail,
                unreachable: true,
                counted: None,
            },
        });
    };
    let mut world = World::answered(Channel::WhatsApp, vec![rule("1h", manual(60))]);
    world.advance(10);
    let at = world.now;
    unreachable(&mut world, at);
    assert!(!world.head.reachable);
    assert_eq!(world.pending(), None);
    world.advance(10);
    world.customer_writes();
    // The same report, delivered again, is older than what they wrote.
    unreachable(&mut world, at);
    assert!(world.head.reachable);
}
