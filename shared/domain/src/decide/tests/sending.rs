use chrono::{DateTime, Utc};

use super::world::World;
use crate::channel::Channel;
use crate::connection::{ConnectionState, Hold};
use crate::conversation::{Origin, Run};
use crate::customer::Reach;
use crate::decide::{Effect, Event, LEASE, SendOutcome};
use crate::fixtures::{hours, manual, minutes, monday, quiet, rule, with_template};
use crate::ids::{ConnectionId, ConversationId};
use crate::receipt::{Reason, Rescue, Verdict};
use crate::rule::Rule;
use crate::sms::tier::Spent;

fn hourly() -> Vec<Rule> {
    vec![rule("1h", manual(60))]
}

fn retry(minute: i64) -> SendOutcome {
    SendOutcome::Retry {
        at: Some(monday() + minutes(minute)),
        detail: "busy".into(),
    }
}

/// Up to the claim of the hourly rule, at minute 61.
fn claimed() -> World {
    let mut world = World::answered(Channel::WhatsApp, hourly());
    world.advance(59);
    world.now += minutes(1);
    world.happens(&Event::TimerFired);
    let run = world.pending().unwrap().id;
    assert!(world.claim(run));
    world
}

fn finish(world: &mut World, outcome: SendOutcome) {
    let run = world.head.sending.as_ref().unwrap().run.id;
    world.happens(&Event::SendFinished { run, outcome });
}

#[test]
fn a_chat_with_pauses_arms_one_far_timer_and_no_more() {
    let mut world = World::answered(Channel::WhatsApp, vec![rule("4h", manual(240))]);
    world.advance(5);
    let armed = world.head.far_timer.unwrap();
    assert_eq!(armed.at, world.pending().unwrap().due_at);
    for _ in 0..9 {
        world.customer_writes();
        world.advance(3);
        world.staff_answers();
        world.advance(3);
        assert_eq!(world.head.far_timer, Some(armed));
        assert!(world.head.has_armed(armed.generation));
    }
    let due = world.pending().unwrap().due_at;
    world.advance_to(armed.at);
    let moved = world.head.far_timer.unwrap();
    assert_eq!(moved.at, due, "it fired early and is armed again");
    world.advance_to(due);
    assert_eq!(world.sent.len(), 1);
}

#[test]
fn a_timer_that_should_have_fired_is_armed_again_by_whatever_happens_next() {
    let mut world = World::answered(Channel::WhatsApp, hourly());
    world.advance(5);
    let lost = world.head.far_timer.unwrap();
    world.now = lost.at + minutes(1);
    assert_eq!(world.head.needs_timer(world.now), world.head.due_at());
    world.now = lost.at - minutes(1);
    assert_eq!(world.head.needs_timer(world.now), None);
}

#[test]
fn a_timer_that_fires_twice_asks_for_one_send() {
    let mut world = World::answered(Channel::WhatsApp, hourly());
    world.advance(59);
    world.now += minutes(1);
    let sends = |world: &mut World| {
        let (_, effects) = world.happens(&Event::TimerFired);
        effects
            .iter()
            .filter(|effect| matches!(effect, Effect::Send { .. }))
            .count()
    };
    assert_eq!(sends(&mut world), 1);
    assert_eq!(sends(&mut world), 0);
    world.now += LEASE;
    assert_eq!(
        sends(&mut world),
        1,
        "a sender that died before its claim is replaced"
    );
    let run = world.pending().unwrap().id;
    assert!(world.claim(run));
    assert!(!world.claim(run), "two workers, one claim");
}

#[test]
fn the_cap_does_not_count_a_message_against_itself() {
    let mut world = World::answered(Channel::WhatsApp, hourly());
    world.settings.frequency_cap.messages = 1;
    world.advance(59);
    world.now += minutes(1);
    world.happens(&Event::TimerFired);
    let run = world.pending().unwrap().id;
    world.customer.note_automated(world.now);
    assert!(world.claim(run));
}

#[test]
fn nx_22_every_gate_is_looked_at_again_at_the_claim() {
    let claims = |change: &dyn Fn(&mut World)| {
        let mut world = World::answered(Channel::WhatsApp, hourly());
        world.advance(59);
        world.now += minutes(1);
        world.happens(&Event::TimerFired);
        let run = world.pending().unwrap().id;
        change(&mut world);
        world.claim(run)
    };
    assert!(claims(&|_| {}));
    assert!(!claims(&|world| world.customer_writes()));
    assert!(!claims(&|world| world.staff_answers()));
    assert!(!claims(&|world| world.rules[0].enabled = false));
    assert!(!claims(&|world| world.rules[0].version += 1));
    assert!(!claims(
        &|world| world.customer.chat.opted_out_at = Some(monday())
    ));
    assert!(!claims(
        &|world| world.settings.quiet_hours = Some(quiet("11:00", "12:00"))
    ));
    assert!(!claims(&|world| world.settings.daily_send_limit = 0));
    assert!(!claims(&|world| world.now += hours(23)));
    assert!(!claims(
        &|world| world.connection.state = crate::connection::ConnectionState::Disabled
    ));
}

#[test]
fn what_closes_the_door_after_the_claim_keeps_it_from_being_tried_again() {
    let tried_again = |change: &dyn Fn(&mut World)| {
        let mut world = claimed();
        change(&mut world);
        // Before the rules could be assessed again.
        finish(&mut world, retry(62));
        world.opinion.customer_waits = true;
        world.advance_to(monday() + minutes(62));
        world.sent.iter().filter(|sent| sent.rule.is_some()).count() > 1
    };
    assert!(tried_again(&|_| {}));
    assert!(!tried_again(&|world| world.customer_writes()));
    assert!(!tried_again(&|world| world.staff_answers()));
    assert!(!tried_again(&|world| {
        world.staff_writes(world.now + hours(5));
    }));
    assert!(!tried_again(&|world| drop(world.happens(&Event::Closed))));
    assert!(!tried_again(&|world| world.reachable(false)));
    assert!(!tried_again(&|world| drop(world.happens(
        &Event::Consent {
            at: DateTime::<Utc>::MAX_UTC,
            opted_out: true
        }
    ))));
    assert!(!tried_again(&|world| {
        let rule = world.rules.remove(0).id;
        world.happens(&Event::RuleChanged { rule });
    }));
}

#[test]
fn a_message_that_was_on_its_way_when_the_customer_wrote_does_not_use_up_the_new_silence() {
    let mut world = claimed();
    world.now += minutes(1);
    world.customer_writes();
    finish(&mut world, SendOutcome::Accepted);
    assert_eq!(world.head.episode_sent, 0);
    world.staff_answers();
    world.advance(60);
    assert_eq!(world.minutes(), [61, 122]);
}

#[test]
fn a_failed_follow_up_is_settled_told_and_over() {
    let mut world = World::answered(Channel::WhatsApp, hourly());
    world.outcomes.push_back(SendOutcome::Permanent {
        class: "unreachable".into(),
        detail: "no such user".into(),
        unreachable: true,
    });
    world.advance(1000);
    assert_eq!(world.sent.len(), 1);
    assert!(!world.head.reachable);
    assert!(
        world
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::NotifyStaff { .. }))
    );
    assert!(
        world
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Settle { .. }))
    );
}

#[test]
fn a_gate_that_says_until_when_holds_and_any_other_skips() {
    let mut world = claimed();
    let until = world.now + minutes(30);
    finish(
        &mut world,
        SendOutcome::NotSent {
            reason: Reason::FrequencyCap { until },
        },
    );
    assert_eq!(world.pending().unwrap().due_at, until);
    let mut world = claimed();
    finish(
        &mut world,
        SendOutcome::NotSent {
            reason: Reason::CustomerReplied,
        },
    );
    assert!(world.pending().is_none());
}

#[test]
fn every_attempt_writes_the_same_item() {
    let mut world = claimed();
    let first = monday() + minutes(61); // when it was first claimed
    assert_eq!(world.head.sending.as_ref().unwrap().message_at, first);
    finish(&mut world, retry(65));
    world.now = monday() + minutes(65);
    world.happens(&Event::TimerFired);
    let run = world.pending().unwrap().id;
    assert!(world.claim(run));
    let sending = world.head.sending.as_ref().unwrap();
    assert_eq!((sending.message_at, sending.attempt), (first, 2));
}

#[test]
fn retries_keep_the_order_of_a_persons_messages() {
    let mut world = World::answered(Channel::WhatsApp, Vec::new());
    let first = world.staff_writes(world.now);
    world.outcomes.push_back(retry(10));
    world.advance(1);
    world.staff_writes(world.now);
    world.advance(3);
    assert_eq!(world.sent.len(), 1, "the second waits for the first");
    world.advance(20);
    assert_eq!(world.minutes(), [1, 10, 10]);
    let accepted: Vec<_> = world
        .entries
        .iter()
        .filter(|entry| entry.verdict == crate::receipt::Verdict::Accepted)
        .filter_map(|entry| entry.message)
        .collect();
    assert_eq!(accepted[0], first);
}

#[test]
fn retries_end_with_a_failure() {
    let mut world = World::answered(Channel::WhatsApp, hourly());
    world.outcomes.push_back(retry(63));
    world.outcomes.push_back(SendOutcome::Retry {
        at: None,
        detail: "busy".into(),
    });
    world.advance(1000);
    assert_eq!(world.sent.len(), 2);
    assert_eq!(world.last_reason().unwrap().code(), "retries_exhausted");
}

// Window rescue (NX-02): the customer wrote on Monday at 10:00 in Berlin, the window closes on
// Tuesday at 10:00, and the quiet hours end after that.
fn at_night(rule: Rule, channel: Channel) -> World {
    let mut world = World::on(channel, vec![rule]);
    world.settings.quiet_hours = Some(quiet("21:00", "11:00"));
    world.customer_writes();
    world.staff_answers();
    world
}

#[test]
fn nx_02_it_goes_earlier_in_the_last_legal_slot() {
    let mut world = at_night(with_template(rule("rule", manual(720))), Channel::WhatsApp);
    world.advance(5);
    let wanted = monday() + hours(12);
    assert_eq!(
        world.pending().unwrap().rescue,
        Some(Rescue::Earlier { wanted })
    );
    world.advance(3000);
    assert_eq!(world.minutes(), [10 * 60 + 55]); // 20:55, with room for a late timer
    assert_eq!(world.sent[0].how, crate::receipt::How::FreeForm);
}

#[test]
fn nx_02_else_as_template_when_the_quiet_hours_have_begun() {
    let mut world = at_night(with_template(rule("rule", manual(60))), Channel::WhatsApp);
    world.now = monday() + hours(10) + minutes(30);
    world.staff_answers(); // at 20:30, wanted at 21:30
    world.now = monday() + hours(11) + minutes(5);
    world.advance(3000); // the timer is late
    assert_eq!(world.minutes(), [25 * 60]);
    assert_eq!(world.sent[0].how, crate::receipt::How::Template);
}

#[test]
fn nx_02_else_on_the_customers_next_channel_else_not_at_all() {
    let other = Reach {
        conversation: ConversationId::derive(&["telegram"]),
        connection: ConnectionId::derive(&["telegram"]),
        channel: Channel::Telegram,
        window_closes_at: None,
        refusal: None,
    };
    let night = |others: Vec<Reach>| {
        let mut world = at_night(rule("rule", manual(60)), Channel::WhatsApp);
        world.customer.conversations.extend(others);
        world.now = monday() + hours(10) + minutes(30);
        world.staff_answers();
        world.now = monday() + hours(11) + minutes(5);
        world.advance(3000);
        world
    };
    let world = night(vec![other.clone()]);
    assert!(world.sent.is_empty());
    let moved = world.effects.iter().find_map(|effect| match effect {
        Effect::MoveTo { run, to } => Some((run.clone(), *to)),
        _ => None,
    });
    let (run, to) = moved.unwrap();
    assert_eq!(to, other.conversation);

    // It stays until the other conversation has taken it, whoever dies in between.
    let origin = Origin::of(&world.head);
    let mut here = night(vec![other.clone()]);
    assert_eq!(here.pending().map(|run| run.id), Some(run.id));
    let asked = |world: &World| {
        let moves = world.effects.iter();
        moves.filter(|e| matches!(e, Effect::MoveTo { .. })).count()
    };
    assert!(asked(&here) > 1);
    here.now = monday() + hours(26);
    here.happens(&Event::MovedAway { run: run.id, to });
    assert_eq!(here.pending(), None);
    assert_eq!(
        here.last_reason().unwrap().code(),
        "moved_to_other_conversation"
    );
    // And then this silence has had its message.
    here.happens(&Event::CustomerActed { at: here.now });
    here.happens(&Event::RuleChanged {
        rule: here.rules[0].id,
    });
    here.advance(5000);
    assert!(here.sent.is_empty());
    assert_eq!(here.pending(), None);

    // There it goes out, once, unless the customer waits for us there.
    let mut there = World::answered(Channel::Telegram, vec![rule("rule", manual(60))]);
    there.happens(&Event::Closed);
    there.happens(&Event::Reopened);
    there.head.assess_at = None;
    for _ in 0..3 {
        there.happens(&Event::MovedHere {
            run: run.clone(),
            from: origin,
            instead: None,
        });
        there.advance(5);
    }
    assert_eq!(there.sent.len(), 1);
    let mut waiting = World::on(Channel::Telegram, vec![rule("rule", manual(60))]);
    waiting.customer_writes();
    waiting.happens(&Event::MovedHere {
        run: run.clone(),
        from: origin,
        instead: None,
    });
    waiting.advance(500);
    assert!(waiting.sent.is_empty());
    assert_eq!(waiting.last_reason(), Some(Reason::CustomerWaits));
    // Where it could not leave at once it is not taken, and the next channel is asked.
    let mut paused = World::answered(Channel::Telegram, vec![rule("rule", manual(60))]);
    paused.head.assess_at = None;
    paused.connection.state = paused_state();
    paused.happens(&Event::MovedHere {
        run,
        from: origin,
        instead: None,
    });
    assert_eq!(paused.pending(), None);
    let refused = Reach {
        refusal: Some(Reason::CustomerWaits),
        ..other.clone()
    };
    assert_eq!(asked(&night(vec![refused])), 0);

    let world = night(Vec::new());
    assert!(world.sent.is_empty());
    assert_eq!(world.last_reason().unwrap().code(), "window_closed");
}

#[test]
fn nothing_goes_out_after_a_reply_in_another_conversation_of_the_customer() {
    let telegram = Reach {
        conversation: ConversationId::derive(&["telegram"]),
        connection: ConnectionId::derive(&["telegram"]),
        channel: Channel::Telegram,
        window_closes_at: None,
        refusal: None,
    };
    let two = || {
        let mut world = World::on(Channel::WhatsApp, hourly());
        world.customer.conversations.push(telegram.clone());
        world.customer_writes();
        world.advance(1);
        world.staff_answers();
        world
    };
    let elsewhere = |world: &mut World| world.customer.heard(telegram.conversation, None, true);

    let mut undisturbed = two();
    undisturbed.advance(3000);
    assert_eq!(undisturbed.minutes(), [61]);
    for minutes in [1, 30, 59] {
        // Before the rules are assessed, and after.
        let mut world = two();
        world.advance(minutes);
        elsewhere(&mut world);
        world.advance(3000);
        assert!(world.sent.is_empty(), "{minutes}");
        assert_eq!(world.last_reason(), Some(Reason::CustomerReplied));
    }
    // A reply that is recorded between the timer and the claim is seen by the claim.
    let mut world = two();
    world.advance(59);
    world.now += minutes(1);
    world.happens(&Event::TimerFired);
    let run = world.pending().unwrap().id;
    elsewhere(&mut world);
    assert!(!world.claim(run));
    // Once we have answered here again, silence is silence.
    world.staff_answers();
    world.advance(3000);
    assert_eq!(world.sent.len(), 1);
}

fn paused_state() -> ConnectionState {
    ConnectionState::Paused {
        reason: "190: the token has expired".into(),
        since: monday(),
    }
}

#[test]
fn while_the_connection_is_paused_messages_wait_as_long_as_they_may() {
    let fall_silent = |rules| {
        let mut world = World::answered(Channel::WhatsApp, rules);
        world.advance(30);
        world.connection.state = paused_state();
        world
    };
    // Switched on again in time: it leaves at once.
    let mut world = fall_silent(hourly());
    world.advance(200);
    assert!(world.sent.is_empty());
    assert_eq!(world.last_reason().unwrap().code(), "connection_paused");
    world.connection.state = ConnectionState::Active;
    world.happens(&Event::ConnectionBack);
    world.advance(0);
    assert_eq!(world.minutes(), [231]);
    // The announcement was lost: within the hour.
    let mut world = fall_silent(hourly());
    world.advance(200);
    world.connection.state = ConnectionState::Active;
    world.advance(60);
    assert_eq!(world.minutes(), [241]);
    // Too late for free text: the template, else nothing, and the reason is the window's.
    for (rule, sent) in [
        (with_template(rule("rule", manual(60))), 1),
        (rule("rule", manual(60)), 0),
    ] {
        let mut world = fall_silent(vec![rule]);
        world.advance(25 * 60);
        let over = world.pending().is_none();
        assert_eq!(over, sent == 0);
        world.connection.state = ConnectionState::Active;
        world.happens(&Event::ConnectionBack);
        world.advance(100);
        assert_eq!(world.sent.len(), sent);
        match world.sent.first() {
            Some(sent) => assert_eq!(sent.how, crate::receipt::How::Template),
            None => assert_eq!(world.last_reason().unwrap().code(), "window_closed"),
        }
    }
    // Nobody looks after it: it is given up in the end, a person's message as well.
    let mut world = fall_silent(vec![with_template(rule("rule", manual(60)))]);
    world.advance(5000);
    assert_eq!(world.last_reason(), Some(Reason::Expired));
    let mut world = World::answered(Channel::Telegram, Vec::new());
    world.staff_writes(world.now + minutes(10));
    world.connection.state = paused_state();
    world.advance(5000);
    assert_eq!(world.last_reason(), Some(Reason::NoRules));
    assert_eq!(world.head.due_at(), None);
    assert!(world.sent.is_empty());
    // A connection that its owner switched off is none to wait for.
    let mut world = World::answered(Channel::WhatsApp, hourly());
    world.advance(30);
    world.connection.state = ConnectionState::Disabled;
    world.advance(60);
    assert_eq!(world.last_reason(), Some(Reason::ConnectionInactive));
}

#[test]
fn quiet_hours_never_pull_a_message_into_a_window_that_its_delay_misses() {
    // Wanted at 10:30 on Tuesday, half an hour after the window: no reason to go on Monday.
    let mut world = at_night(rule("rule", manual(24 * 60 + 30)), Channel::WhatsApp);
    world.advance(5000);
    assert!(world.sent.is_empty());
    assert_eq!(world.last_reason().unwrap().code(), "window_closed");
}

#[test]
fn while_the_platform_holds_the_connection_neither_rules_nor_people_send() {
    let mut world = World::answered(Channel::WhatsApp, hourly());
    world.advance(59);
    let until = world.now + minutes(5);
    world.connection.hold = Some(Hold {
        until,
        reason: "too many".into(),
    });
    world.staff_writes(world.now + minutes(1));
    world.advance(3);
    assert_eq!(world.sent.len(), 0);
    assert_eq!(world.last_reason(), Some(Reason::ConnectionHeld { until }));
    world.advance(3);
    assert_eq!(world.sent.len(), 1);
}

#[test]
fn a_hold_that_begins_before_the_claim_is_seen_by_it() {
    let mut world = World::answered(Channel::WhatsApp, hourly());
    world.advance(59);
    world.now += minutes(1);
    world.happens(&Event::TimerFired);
    let run = world.pending().unwrap().id;
    let until = world.now + minutes(2);
    world.connection.hold = Some(Hold {
        until,
        reason: "too many".into(),
    });
    assert!(!world.claim(run));
    assert_eq!(world.pending().unwrap().due_at, until);
}

#[test]
fn messages_to_one_customer_keep_the_platforms_pace() {
    for (channel, seconds) in [
        (Channel::WhatsApp, [0, 6, 12]),
        (Channel::Telegram, [0, 1, 2]),
        (Channel::Messenger, [0, 0, 0]),
    ] {
        let mut world = World::on(channel, hourly());
        world.customer_writes();
        for _ in 0..3 {
            world.staff_writes(world.now);
        }
        world.advance(1);
        let left = world
            .sent
            .iter()
            .map(|sent| (sent.at - monday()).num_seconds());
        assert_eq!(left.collect::<Vec<_>>(), seconds, "{channel}");
    }
}

#[test]
fn what_never_left_does_not_count_for_the_pace() {
    let mut world = claimed();
    assert_eq!(world.head.last_claimed_at, Some(world.now));
    let reason = Reason::TextUnusable {
        detail: "empty".into(),
    };
    finish(&mut world, SendOutcome::NotSent { reason });
    assert_eq!(world.head.last_claimed_at, None);
}

#[test]
fn a_follow_up_that_moved_is_overtaken_only_by_what_matters_where_it_comes_from() {
    let here = World::answered(Channel::WhatsApp, vec![rule("rule", manual(60))]);
    let origin = Origin::of(&here.head);
    let after = |change: &dyn Fn(&mut World)| {
        let mut world = World::answered(Channel::WhatsApp, vec![rule("rule", manual(60))]);
        world.advance(1);
        change(&mut world);
        origin.still_waits(&world.head, world.now)
    };
    assert!(after(&|world| drop(world.happens(&Event::Read))));
    assert!(after(&|world| world.head.labels.push("VIP".into())));
    assert!(after(&|world| {
        world.head.version += 1;
        world.head.forget_timers();
    }));
    assert!(!after(&|world| world.customer_writes()));
    assert!(!after(&|world| world.staff_answers()));
    assert!(!after(&|world| drop(world.happens(&Event::Closed))));
    assert!(!after(&|world| {
        drop(world.happens(&Event::Consent {
            at: DateTime::<Utc>::MAX_UTC,
            opted_out: true,
        }));
    }));
    assert!(!after(&|world| {
        world.reachable(false);
    }));
    // What is over again by then counts, too, and so does a changed message.
    assert!(!after(&|world| {
        world.happens(&Event::Closed);
        world.happens(&Event::Reopened);
    }));
    assert!(!after(&|world| {
        world.reachable(false);
        world.advance(1);
        world.reachable(true);
    }));
    for opt_out in [false, true] {
        assert!(!after(&|world| {
            world.happens(&Event::CustomerChanged { opt_out });
        }));
    }
    assert!(!after(&|world| {
        let at = world.now;
        world.happens(&Event::CustomerActed { at });
    }));
}

/// What one message needs says nothing of the next one, which may be shorter.
#[test]
fn mo_23_segments_that_do_not_suffice_stop_one_message_only() {
    let mut world = World::on(Channel::Sms, Vec::new());
    world.customer_writes();
    let later = world.now + minutes(5);
    let long = world.staff_writes(later - minutes(1));
    let short = world.staff_writes(later);
    world.now = later;
    let of = |message| move |run: &&Run| run.message == message;
    let id = world.head.runs.iter().find(of(long)).unwrap().id;
    let spent = Spent {
        needed: 5,
        used: 98,
        limit: 100,
    };
    world.segments_spent = Some((id, spent));
    let (entries, effects) = world.happens(&Event::TimerFired);
    let skipped = entries.iter().find(|entry| entry.run == Some(id)).unwrap();
    let reason = spent.reason();
    assert_eq!(skipped.verdict, Verdict::Skipped { reason });
    let sends =
        |effect: &Effect| matches!(effect, Effect::Send { run, .. } if run.message == short);
    assert!(effects.iter().any(sends), "{effects:?}");
    // With an address it goes there, and the customer still waits for it here.
    let mut reached = World::on(Channel::Sms, Vec::new());
    reached.customer_writes();
    let message = reached.staff_writes(reached.now);
    let id = reached.head.runs.iter().find(of(message)).unwrap().id;
    reached.segments_spent = Some((id, spent));
    let to = ConversationId::derive(&["mail"]);
    reached.customer.offered = vec![Reach {
        conversation: to,
        connection: ConnectionId::derive(&["mail"]),
        channel: Channel::Email,
        window_closes_at: None,
        refusal: None,
    }];
    let (_, effects) = reached.happens(&Event::TimerFired);
    let moves =
        |effect: &Effect| matches!(effect, Effect::MoveTo { to: there, .. } if *there == to);
    assert!(effects.iter().any(moves), "{effects:?}");
    reached.happens(&Event::MovedAway { run: id, to });
    assert!(reached.head.runs.is_empty());
    assert!(reached.head.waiting_since.is_some());
}
