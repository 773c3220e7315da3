//! What the business says that nobody wrote to this customer alone.

use chrono::TimeDelta;

use super::world::World;
use crate::channel::Channel;
use crate::decide::Event;
use crate::fixtures::{manual, quiet, rule};
use crate::receipt::Reason;
use crate::rule::Purpose;

fn told(world: &mut World, purpose: Purpose, after: i64) {
    let (run, message) = world.new_ids();
    let send_at = world.now + TimeDelta::minutes(after);
    let at = world.now;
    for _ in 0..2 {
        // The same one again changes nothing.
        world.happens(&Event::Notice {
            run,
            message,
            at,
            send_at,
            purpose,
        });
    }
}

#[test]
fn mo_03_a_notice_is_no_answer_and_disturbs_no_follow_up() {
    let mut world = World::answered(Channel::Telegram, vec![rule("rule", manual(60))]);
    told(&mut world, Purpose::Transactional, 10);
    world.advance(120);
    assert_eq!(world.minutes(), [11, 61]);

    let mut waiting = World::on(Channel::Telegram, vec![rule("rule", manual(60))]);
    waiting.customer_writes();
    told(&mut waiting, Purpose::Transactional, 0);
    waiting.advance(1);
    assert_eq!(waiting.minutes(), [0]);
    assert!(waiting.head.waiting_since.is_some());
    assert_eq!(waiting.head.last_business_at, None);
}

#[test]
fn advertising_waits_for_the_morning_and_what_was_asked_for_does_not() {
    for (purpose, minutes) in [(Purpose::Transactional, 60), (Purpose::Marketing, 120)] {
        let mut world = World::answered(Channel::Telegram, Vec::new());
        // It is ten in the morning in Berlin when the test begins.
        world.settings.quiet_hours = Some(quiet("11:00", "12:00"));
        told(&mut world, purpose, 59);
        world.advance(300);
        assert_eq!(world.minutes(), [minutes], "{purpose:?}");
    }
}

#[test]
fn who_wants_nothing_gets_nothing_and_who_wants_no_advertising_is_still_told() {
    let mut world = World::answered(Channel::Telegram, Vec::new());
    world.customer.chat.marketing_stopped_at = Some(world.now);
    told(&mut world, Purpose::Marketing, 0);
    told(&mut world, Purpose::Transactional, 0);
    world.advance(10);
    assert_eq!(world.sent.len(), 1);

    told(&mut world, Purpose::Transactional, 60);
    let at = world.now;
    world.customer.chat.opted_out_at = Some(at);
    world.happens(&Event::Consent {
        at,
        opted_out: true,
    });
    told(&mut world, Purpose::Transactional, 0);
    world.advance(120);
    assert_eq!(world.sent.len(), 1);
    assert!(world.head.runs.is_empty());
}

#[test]
fn what_nobody_could_send_for_two_days_is_not_sent_any_more() {
    let mut world = World::answered(Channel::Telegram, Vec::new());
    told(&mut world, Purpose::Transactional, 0);
    world.now += TimeDelta::days(2) + TimeDelta::minutes(1);
    world.fire();
    assert!(world.sent.is_empty());
    assert_eq!(world.last_reason(), Some(Reason::Expired));
}

#[test]
fn a_reply_changes_nothing() {
    let mut world = World::answered(Channel::Telegram, Vec::new());
    told(&mut world, Purpose::Marketing, 60);
    world.customer_writes();
    world.advance(120);
    assert_eq!(world.sent.len(), 1);
}
