use super::world::World;
use crate::channel::Channel;
use crate::conversation::State;
use crate::decide::{Effect, Event, LEASE};
use crate::fixtures::{hours, manual, minutes, monday, quiet, rule, with_template};
use crate::ids::RuleId;
use crate::receipt::{Rank, Reason, Verdict};
use crate::rule::{Delay, Rule};

fn prioritised(name: &str, delay: Delay, priority: u16) -> Rule {
    let mut rule = rule(name, delay);
    rule.spec.priority = priority;
    rule
}

#[test]
fn a_model_is_asked_once_for_each_silence_and_in_time_for_short_delays() {
    let mut world = World::answered(Channel::WhatsApp, vec![rule("4h", manual(240))]);
    assert_eq!(world.head.assess_at, Some(monday() + minutes(3)));
    world.advance(1);
    world.staff_answers();
    world.advance(2000);
    assert_eq!((world.asked, world.minutes()), (1, vec![242]));

    let mut short = World::answered(Channel::WhatsApp, vec![rule("1m", manual(1))]);
    let expected = monday() + minutes(1) + chrono::TimeDelta::seconds(30);
    assert_eq!(short.head.assess_at, Some(expected));
    short.advance(1);
    assert_eq!(short.minutes(), [2]);
}

#[test]
fn an_assessment_is_asked_for_again_only_when_its_answer_is_lost() {
    let mut world = World::answered(Channel::WhatsApp, vec![rule("4h", manual(240))]);
    world.now += minutes(2);
    let asks = |world: &mut World| {
        let (_, effects) = world.happens(&Event::TimerFired);
        effects
            .iter()
            .filter(|effect| matches!(effect, Effect::Assess { .. }))
            .count()
    };
    assert_eq!(asks(&mut world), 1);
    assert_eq!(asks(&mut world), 0, "a doubled timer asks nothing twice");
    world.now += LEASE;
    assert_eq!(asks(&mut world), 1, "a lost answer is asked for again");
}

#[test]
fn an_answer_about_a_world_that_moved_on_is_void() {
    let ids = [rule("4h", manual(240)).id];
    let pending = |change: &dyn Fn(&mut World)| {
        let mut world = World::answered(Channel::WhatsApp, vec![rule("4h", manual(240))]);
        world.now += minutes(2);
        world.happens(&Event::TimerFired);
        let answer = world.answer(&ids);
        change(&mut world);
        world.happens(&Event::Assessed(answer));
        let runs = world.head.runs.iter();
        runs.filter(|run| run.rule().is_some()).count()
    };
    assert_eq!(pending(&|_| {}), 1);
    assert_eq!(pending(&|world| world.customer_writes()), 0);
    assert_eq!(pending(&|world| world.staff_answers()), 0);
    assert_eq!(
        pending(&|world| {
            world.staff_writes(world.now);
        }),
        0
    );
    assert_eq!(pending(&|world| drop(world.happens(&Event::Closed))), 0);
    assert_eq!(
        pending(&|world| {
            world.now += minutes(1);
            world.rules[0].version += 1;
            world.rules[0].updated_at = world.now;
            let rule = world.rules[0].id;
            world.happens(&Event::RuleChanged { rule });
        }),
        0
    );
}

#[test]
fn dk_14_15_a_stop_trigger_stops_every_rule_until_the_customer_writes_again() {
    let rules = vec![rule("a", manual(240)), rule("b", manual(300))];
    let mut world = World::answered(Channel::WhatsApp, rules);
    world.opinion.stop = Some(world.rules[1].id);
    world.advance(3000);
    assert!(world.sent.is_empty());
    let rule = world.rules[1].id;
    assert_eq!(world.last_reason(), Some(Reason::StopTriggerMet { rule }));
    assert!(matches!(world.head.state, State::Suspended { .. }));

    // Our own word does not lift it, the customer's does.
    world.opinion.stop = None;
    world.staff_answers();
    world.advance(3000);
    assert!(world.sent.is_empty());
    world.customer_writes();
    world.staff_answers();
    world.advance(300);
    assert_eq!(world.sent.len(), 1);
}

#[test]
fn dk_24_one_message_per_silence_and_the_priority_decides_then_the_age() {
    let mut old = prioritised("old", manual(240), 5);
    old.created_at -= hours(1);
    let rules = vec![
        prioritised("low", manual(60), 4),
        prioritised("young", manual(120), 5),
        old.clone(),
    ];
    let mut world = World::answered(Channel::WhatsApp, rules);
    world.advance(3000);
    assert_eq!((world.sent.len(), world.sent[0].rule), (1, Some(old.id)));
    for (loser, rank) in [("low", Rank::Priority), ("young", Rank::Age)] {
        let reason = Reason::Outranked { by: old.id, rank };
        let verdict = Verdict::Nothing { reason };
        let outranked = world
            .entries
            .iter()
            .any(|entry| entry.rule == Some(RuleId::derive(&[loser])) && entry.verdict == verdict);
        assert!(outranked, "{loser} {rank:?}");
    }
}

#[test]
fn when_the_first_choice_comes_to_nothing_the_next_one_goes_without_asking_again() {
    let first = prioritised("first", manual(240), 9);
    let second = with_template(prioritised("second", manual(1500), 1));
    let mut world = World::answered(Channel::WhatsApp, vec![first, second.clone()]);
    world.advance(200);
    assert_eq!(world.head.backlog, [second.id]);
    // The text of the first turns out to be unusable.
    world
        .outcomes
        .push_back(crate::decide::SendOutcome::NotSent {
            reason: Reason::TextUnusable {
                detail: "empty".into(),
            },
        });
    world.advance(3000);
    assert_eq!(world.asked, 1);
    assert_eq!(world.minutes(), [241, 1501]);
    assert_eq!(world.sent[1].rule, Some(second.id));
    assert_eq!(world.head.backlog, []);
}

#[test]
fn a_rule_that_does_not_apply_says_so() {
    let mut world = World::answered(Channel::WhatsApp, vec![rule("4h", manual(240))]);
    world.opinion.unfit = vec![world.rules[0].id];
    world.advance(3000);
    assert!(world.sent.is_empty());
    assert_eq!(world.last_reason(), Some(Reason::DoesNotApply));
}

#[test]
fn nx_10_the_decider_chooses_only_inside_the_legal_interval() {
    let check = |chosen: Option<i64>, expected: i64| {
        let mut world = World::answered(Channel::Instagram, vec![rule("ai", Delay::Ai)]);
        world.opinion.time = chosen.map(|minute| monday() + minutes(minute));
        world.advance(5000);
        assert_eq!(world.minutes(), [expected], "{chosen:?}");
    };
    check(Some(300), 300);
    check(None, 241);
    check(Some(-1000), 16); // a quarter of an hour at least
    check(Some(16), 16);
    check(Some(5000), 1430); // 23 h 50 min: inside the window, with room for a late timer
}

#[test]
fn an_interval_never_ends_in_the_quiet_hours() {
    let mut world = World::answered(Channel::Instagram, vec![rule("ai", Delay::Ai)]);
    world.settings.quiet_hours = Some(quiet("20:00", "11:00"));
    world.opinion.time = Some(monday() + hours(40));
    world.advance(5000);
    // Monday 19:59 in Berlin; the window closes on Tuesday at 10:00.
    assert_eq!(world.minutes(), [9 * 60 + 59]);
}

#[test]
fn without_the_customers_consent_nothing_is_assessed_or_sent() {
    let mut world = World::answered(Channel::WhatsApp, vec![rule("4h", manual(240))]);
    world.opinion.opt_out = true;
    world.advance(3000);
    assert!(world.customer.chat.opted_out_at.is_some());
    assert!(world.sent.is_empty());
    world.customer_writes();
    world.staff_answers();
    world.advance(3000);
    assert_eq!(world.asked, 1);
}

#[test]
fn a_chosen_time_that_quiet_hours_move_stands_in_the_receipt_beside_the_one_it_became() {
    let mut world = World::answered(Channel::Telegram, vec![rule("ai", Delay::Ai)]);
    world.settings.quiet_hours = Some(quiet("20:00", "11:00"));
    world.opinion.time = Some(monday() + hours(14));
    world.advance(10);
    let planned = world.entries.iter().find_map(|entry| match entry.verdict {
        Verdict::Planned { due_at, .. } => Some((due_at, entry.remark.clone().unwrap())),
        _ => None,
    });
    let (due_at, remark) = planned.unwrap();
    // Tuesday 11:00 in Berlin.
    assert_eq!(due_at, monday() + hours(25));
    assert!(
        remark.ends_with("[chosen: 2026-11-03 00:00 CET; moved out of the quiet hours]"),
        "{remark}"
    );
}
