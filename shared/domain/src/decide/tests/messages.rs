use chrono::{DateTime, Utc};

use super::world::{World, failed};
use crate::channel::Channel;
use crate::conversation::{OnReply, State};
use crate::decide::{CustomerWrote, Effect, Event, SendOutcome};
use crate::fixtures::{any_silence, hours, manual, minutes, monday, rule};
use crate::receipt::{Reason, Verdict};
use crate::rule::Rule;

fn four_hours() -> Vec<Rule> {
    vec![rule("4h", manual(240))]
}

#[test]
fn dk_08_the_delay_counts_from_our_answer_and_the_window_from_the_customer() {
    let mut world = World::answered(Channel::WhatsApp, four_hours());
    assert_eq!(world.head.window_closes_at, Some(monday() + hours(24)));
    world.advance(240);
    assert_eq!(world.minutes(), [241]);
}

#[test]
fn dk_09_a_new_customer_message_cancels_and_the_next_silence_starts_afresh() {
    let mut world = World::answered(Channel::WhatsApp, four_hours());
    world.advance(100);
    assert!(world.pending().is_some());
    world.customer_writes();
    assert_eq!(world.head.runs, []);
    assert_eq!(world.last_reason(), Some(Reason::CustomerReplied));
    world.opinion.customer_waits = true;
    world.advance(500);
    assert_eq!(world.last_reason(), Some(Reason::CustomerWaits));
    assert!(world.sent.is_empty());

    world.opinion.customer_waits = false;
    world.staff_answers();
    world.advance(239);
    assert!(world.sent.is_empty());
    world.advance(1);
    assert_eq!(world.minutes(), [841]);
}

#[test]
fn mo_21_an_answered_call_ends_the_silence_and_leaves_nobody_waiting() {
    let mut world = World::answered(Channel::Sms, four_hours());
    world.advance(100);
    assert!(world.pending().is_some());
    let called = Event::Spoke {
        at: world.now,
        preview: "[call]".into(),
    };
    world.happens(&called);
    assert_eq!(world.last_reason(), Some(Reason::CustomerReplied));
    let head = &world.head;
    assert_eq!((&head.runs[..], head.assess_at), (&[][..], None));
    assert_eq!((head.unread, head.waiting_since), (0, None));
    world.advance(1_000);
    assert!(world.sent.is_empty());

    // What is written after the call is answered in writing again.
    world.staff_answers();
    world.advance(240);
    assert_eq!(world.sent.len(), 1);

    // One that they tell us of late does not answer what was written since.
    let before = world.now;
    world.customer_writes();
    let late = Event::Spoke {
        at: before - minutes(1),
        preview: "[call]".into(),
    };
    world.happens(&late);
    assert_eq!(world.head.unread, 1);
    assert_eq!(world.head.waiting_since, Some(before));
}

#[test]
fn nx_23_without_an_answer_of_ours_nothing_is_even_assessed() {
    let mut world = World::on(Channel::WhatsApp, four_hours());
    world.customer_writes();
    assert_eq!(world.last_reason(), Some(Reason::NoAnswerYet));
    world.advance(3000);
    assert_eq!((world.asked, world.sent.len()), (0, 0));
}

#[test]
fn any_silence_also_follows_up_where_our_own_answers_are_not_visible() {
    let mut any = rule("any", manual(240));
    any.spec.trigger = any_silence(true);
    let usual = rule("usual", manual(60));
    let mut world = World::on(Channel::WhatsApp, vec![usual, any.clone()]);
    world.customer_writes();
    world.opinion.customer_waits = true;
    world.advance(1000);
    assert_eq!(world.sent.len(), 1);
    assert_eq!(
        (world.sent[0].rule, world.minutes()),
        (Some(any.id), vec![240])
    );
}

#[test]
fn nx_21_an_answer_in_the_platforms_own_app_moves_the_anchor() {
    let mut world = World::answered(Channel::WhatsApp, four_hours());
    world.advance(239);
    world.staff_answers();
    assert_eq!(world.head.runs, []);
    world.advance(239);
    assert!(world.sent.is_empty());
    world.advance(1);
    assert_eq!(world.minutes(), [480]);
}

#[test]
fn d052_an_automatic_reply_cancels_nothing_and_opens_no_silence() {
    let mut world = World::answered(Channel::WhatsApp, four_hours());
    world.advance(10);
    let robot = |world: &World| {
        Event::CustomerWrote(CustomerWrote {
            at: world.now,
            preview: "Automatische Antwort".into(),
            opens_window: true,
            automatic: true,
            opt_out: false,
        })
    };
    let before = world.head.clone();
    world.happens(&robot(&world));
    assert_eq!(world.head.runs, before.runs);
    assert_eq!(world.head.episode, before.episode);
    assert_eq!(world.head.waiting_since, None);
    assert_eq!(world.head.unread, 1);
    assert_eq!(world.last_reason(), Some(Reason::AutomaticMessage));
    world.advance(240);
    assert_eq!(world.minutes(), [241]);

    // Two machines do not keep each other going.
    for _ in 0..5 {
        world.happens(&robot(&world));
        world.advance(600);
    }
    assert_eq!(world.sent.len(), 1);
}

#[test]
fn messages_that_arrive_late_do_not_disturb_the_order() {
    let mut world = World::answered(Channel::WhatsApp, four_hours());
    // A second question from before our answer, delivered after it.
    world.writes(monday() + minutes(0));
    assert_eq!(world.head.last_customer_at, Some(monday()));
    assert_eq!(world.head.waiting_since, None);
    world.advance(240);
    assert_eq!(world.minutes(), [241]);
    // Another one, delivered after the follow-up, does not earn a second follow-up.
    world.writes(monday() + minutes(2));
    assert_eq!(world.last_reason(), Some(Reason::EpisodeDone));
    world.advance(3000);
    assert_eq!(world.sent.len(), 1);
}

#[test]
fn an_echo_older_than_the_customers_last_message_is_no_answer_to_it() {
    let mut world = World::answered(Channel::WhatsApp, four_hours());
    world.advance(30);
    world.customer_writes();
    let waiting = world.head.waiting_since;
    assert_eq!(waiting, Some(world.now));
    world.happens(&Event::BusinessWrote {
        at: monday() + minutes(5),
        preview: "spät zugestellt".into(),
    });
    assert_eq!(world.head.waiting_since, waiting);
    assert_eq!(world.head.unread, 1);
    assert!(world.head.preview.as_ref().unwrap().from_customer);
}

#[test]
fn a_platform_clock_that_runs_ahead_is_clamped() {
    let mut world = World::on(Channel::WhatsApp, four_hours());
    world.writes(monday() + hours(5));
    assert_eq!(world.head.last_customer_at, Some(monday()));
    assert_eq!(world.head.window_closes_at, Some(monday() + hours(24)));
    world.happens(&Event::BusinessWrote {
        at: monday() + hours(9),
        preview: String::new(),
    });
    world.advance(240);
    assert_eq!(world.minutes(), [240]);
}

#[test]
fn a_persons_message_cancels_and_its_failure_leaves_the_customer_waiting() {
    let mut world = World::answered(Channel::WhatsApp, four_hours());
    world.advance(10);
    world.customer_writes();
    let since = world.head.waiting_since;
    world.outcomes.push_back(SendOutcome::Permanent {
        class: "payment".into(),
        detail: "no".into(),
        unreachable: false,
    });
    world.staff_writes(world.now);
    world.advance(0);
    assert_eq!(world.head.waiting_since, since);
    assert_eq!(world.head.last_business_at, Some(monday() + minutes(1)));
    // The silence is not forgotten: the rules are assessed.
    assert!(world.head.assess_at.is_some());

    world.staff_writes(world.now);
    world.advance(1);
    assert_eq!(world.head.waiting_since, None);
    assert_eq!(world.sent.len(), 2);
}

#[test]
fn an_answer_that_fails_after_it_was_accepted_is_taken_back() {
    let mut world = World::on(Channel::WhatsApp, four_hours());
    world.customer_writes();
    world.advance(1);
    let message = world.staff_writes(world.now);
    world.advance(5);
    assert!(world.pending().is_some());
    world.happens(&Event::ReceiptArrived {
        message,
        report: failed(world.now, None),
    });
    assert_eq!(world.head.waiting_since, Some(monday()));
    assert_eq!(world.head.last_business_at, None);
    assert_eq!(world.head.runs, []);
    assert_eq!(world.last_reason(), Some(Reason::NoAnswerYet));
    world.advance(3000);
    assert_eq!(world.sent.len(), 1);
}

#[test]
fn a_message_for_next_week_keeps_no_follow_up_back_and_one_for_today_does() {
    let mut world = World::answered(Channel::Telegram, four_hours());
    world.staff_writes(world.now + hours(24 * 7));
    world.advance(240);
    assert_eq!(world.minutes(), [241]);

    let mut world = World::answered(Channel::Telegram, four_hours());
    world.advance(60);
    world.staff_writes(world.now + hours(6));
    assert_eq!(world.last_reason(), Some(Reason::BusinessIsWriting));
    // The person's message goes out, and the silence after it gets its follow-up.
    world.advance(2000);
    assert_eq!(world.minutes(), [421, 661]);
}

#[test]
fn nx_33_a_scheduled_message_can_be_moved_and_withdrawn_until_it_goes() {
    let mut world = World::answered(Channel::Telegram, four_hours());
    let message = world.staff_writes(world.now + hours(2));
    let run = world.pending().unwrap().clone();
    let moved = |send_at| Event::ManualMessage {
        run: run.id,
        message,
        at: monday(),
        send_at,
        on_reply: OnReply::Keep,
        set_aside_at: None,
    };
    world.happens(&moved(monday() + hours(3)));
    world.advance(60);
    world.happens(&moved(monday() + hours(3)));
    assert_eq!(world.head.runs.len(), 1);
    assert_eq!(world.pending().unwrap().due_at, monday() + hours(3));

    world.happens(&Event::ManualWithdrawn { message });
    assert!(world.effects.iter().any(|effect| {
        matches!(
            effect,
            crate::decide::Effect::Settle {
                reason: Reason::Withdrawn,
                ..
            }
        )
    }));
    // The silence is followed up again.
    world.advance(1000);
    assert_eq!(world.minutes(), [241]);
    assert!(world.sent[0].rule.is_some());
    world.happens(&Event::ManualWithdrawn { message });
}

#[test]
fn nx_33_a_reply_cancels_a_scheduled_message_if_its_author_said_so() {
    let check = |on_reply, sent: usize| {
        let mut world = World::answered(Channel::Telegram, Vec::new());
        world.staff_writes_unless(world.now + hours(2), on_reply);
        world.advance(60);
        world.customer_writes();
        world.advance(120);
        assert_eq!(world.sent.len(), sent, "{on_reply:?}");
    };
    check(OnReply::Keep, 1);
    check(OnReply::Hold, 0);
    check(OnReply::Cancel, 0);
}

fn staff_are_told(world: &World) -> Vec<Reason> {
    let told = world.effects.iter().filter_map(|effect| match effect {
        Effect::NotifyStaff { reason, .. } => Some(reason.clone()),
        _ => None,
    });
    told.collect()
}

#[test]
fn nx_26_what_a_reply_sets_aside_goes_when_a_person_says_so() {
    let mut world = World::answered(Channel::Telegram, four_hours());
    let message = world.staff_writes_unless(world.now + hours(2), OnReply::Hold);
    let run = world.pending().unwrap().clone();
    let written_at = world.now;
    world.advance(60);
    world.customer_writes();
    assert_eq!(staff_are_told(&world), [Reason::AwaitsReview]);
    // It is not due, keeps nobody from answering, and is not set aside twice.
    let set_aside = Some(world.now);
    assert_eq!(world.head.runs[0].set_aside_at, set_aside);
    assert!(world.head.due_at() > Some(world.now + minutes(1)) || world.head.due_at().is_none());
    assert!(!world.head.person_is_writing(world.now));
    world.customer_writes();
    assert_eq!(staff_are_told(&world), [Reason::AwaitsReview]);
    world.staff_answers();
    world.advance(600);
    let by_rules = world.sent.iter().filter(|sent| sent.rule.is_some());
    assert_eq!((by_rules.count(), world.sent.len()), (1, 1));

    // Its text alone is changed: it still waits.
    let changed = |send_at, set_aside_at| Event::ManualMessage {
        run: run.id,
        message,
        at: written_at,
        send_at,
        on_reply: OnReply::Hold,
        set_aside_at,
    };
    world.happens(&changed(run.wanted_at, set_aside));
    world.advance(60);
    assert_eq!(world.sent.len(), 1);
    world.happens(&changed(world.now, None));
    world.advance(1);
    assert_eq!(world.sent.len(), 2);
    assert!(world.sent[1].rule.is_none());
}

#[test]
fn nx_26_a_reply_in_another_conversation_sets_it_aside_when_its_time_comes() {
    let mut world = World::answered(Channel::Telegram, Vec::new());
    world.staff_writes_unless(world.now + hours(2), OnReply::Hold);
    world.customer.turn += 1;
    world.advance(180);
    assert_eq!(world.sent.len(), 0);
    assert_eq!(staff_are_told(&world), [Reason::AwaitsReview]);
    assert!(world.head.runs[0].set_aside_at.is_some());
}

#[test]
fn nx_26_an_opt_out_withdraws_what_was_set_aside() {
    let mut world = World::answered(Channel::Telegram, Vec::new());
    world.staff_writes_unless(world.now + hours(2), OnReply::Hold);
    world.customer_writes();
    world.advance(200);
    world.happens(&Event::Consent {
        at: world.now,
        opted_out: true,
    });
    assert_eq!(world.head.runs, []);
    assert!(staff_are_told(&world).contains(&Reason::OptedOut { since: world.now }));
}

#[test]
fn messages_of_a_person_go_until_the_last_second_of_the_window() {
    let check = |seconds: i64, sent: usize| {
        let mut world = World::answered(Channel::Instagram, Vec::new());
        world.now = monday() + hours(24) - chrono::TimeDelta::seconds(seconds);
        world.staff_writes(world.now);
        world.advance(0);
        assert_eq!(world.sent.len(), sent, "{seconds}");
    };
    check(1, 1);
    check(0, 0);
}

#[test]
fn an_opt_out_lasts_until_the_customer_takes_it_back() {
    let mut world = World::answered(Channel::WhatsApp, four_hours());
    world.advance(10);
    let stop = CustomerWrote {
        opt_out: true,
        ..world.writes(world.now)
    };
    world.happens(&Event::CustomerWrote(stop));
    assert!(matches!(world.head.state, State::Suspended { .. }));
    assert!(matches!(world.last_reason(), Some(Reason::OptedOut { .. })));
    world.staff_answers();
    world.customer_writes();
    world.staff_answers();
    world.happens(&Event::Reopened);
    world.advance(3000);
    assert_eq!((world.asked, world.sent.len()), (1, 0));

    world.customer_writes();
    world.happens(&Event::Consent {
        at: DateTime::<Utc>::MAX_UTC,
        opted_out: false,
    });
    assert_eq!(world.head.state, State::Open);
    world.staff_answers();
    world.advance(240);
    assert_eq!(world.sent.len(), 1);
}

#[test]
fn consent_does_not_lift_a_stop_trigger_or_a_closed_conversation() {
    let mut world = World::answered(Channel::WhatsApp, four_hours());
    world.happens(&Event::Closed);
    world.happens(&Event::Consent {
        at: DateTime::<Utc>::MAX_UTC,
        opted_out: false,
    });
    assert!(matches!(world.head.state, State::Closed { .. }));
}

#[test]
fn a_closed_conversation_opens_again_by_hand_or_by_the_customer() {
    let mut world = World::answered(Channel::WhatsApp, four_hours());
    world.advance(10);
    world.happens(&Event::Closed);
    assert_eq!(world.head.runs, []);
    world.advance(60);
    world.happens(&Event::Reopened);
    world.advance(240);
    // The four hours count from there.
    assert_eq!(world.minutes(), [311]);

    world.happens(&Event::Closed);
    world.customer_writes();
    assert_eq!(world.head.state, State::Open);
}

#[test]
fn a_customer_who_blocked_us_gets_nothing_until_they_let_us_in_again() {
    let mut world = World::answered(Channel::Telegram, four_hours());
    world.advance(10);
    world.reachable(false);
    assert_eq!(world.last_reason(), Some(Reason::Unreachable));
    world.advance(600);
    assert!(world.sent.is_empty());
    world.reachable(true);
    world.advance(600);
    // The four hours count from there.
    assert_eq!(world.minutes(), [11 + 600 + 240]);
}

#[test]
fn blocks_and_messages_may_overtake_each_other() {
    let mut world = World::answered(Channel::Telegram, four_hours());
    let told = |world: &mut World, minute: i64, reachable: bool| {
        let at = monday() + crate::fixtures::minutes(minute);
        world.happens(&Event::Reachability { at, reachable });
        world.head.reachable
    };
    world.advance(60);
    assert!(!told(&mut world, 30, false));
    // They had let us in before they blocked us again, and wrote before that.
    assert!(!told(&mut world, 20, true));
    world.writes(monday() + crate::fixtures::minutes(25));
    assert!(!world.head.reachable);
    assert!(told(&mut world, 40, true));
    // Delivered again.
    assert!(told(&mut world, 30, false));
    // Who writes after a block has lifted it, also if the report of that is lost.
    assert!(!told(&mut world, 45, false));
    world.writes(monday() + crate::fixtures::minutes(50));
    assert!(world.head.reachable);
    assert!(told(&mut world, 45, false));
}

#[test]
fn a_reaction_has_the_pending_follow_up_judged_again() {
    let mut world = World::answered(Channel::WhatsApp, four_hours());
    world.advance(100);
    let run = world.pending().cloned();
    world.happens(&Event::CustomerActed { at: world.now });
    assert_eq!(world.head.window_closes_at, Some(world.now + hours(24)));
    world.advance(5);
    assert_eq!((world.asked, world.pending().cloned()), (2, run));

    world.happens(&Event::CustomerActed { at: world.now });
    world.opinion.stop = Some(world.rules[0].id);
    world.advance(500);
    assert!(world.sent.is_empty());
}

/// What was held back is not sent the moment that it may be: the delay counts from there, and a
/// silence that is over by then stays over.
#[test]
fn delays_count_from_when_an_opt_out_is_undone_or_a_conversation_opened_again() {
    let stopped = [
        Event::Closed,
        Event::Consent {
            at: DateTime::<Utc>::MAX_UTC,
            opted_out: true,
        },
    ];
    let undone = [
        Event::Reopened,
        Event::Consent {
            at: DateTime::<Utc>::MAX_UTC,
            opted_out: false,
        },
    ];
    for (stop, undo) in stopped.iter().zip(&undone) {
        let mut world = World::answered(Channel::Telegram, four_hours());
        world.happens(stop);
        world.advance(600);
        world.happens(undo);
        let told = world
            .entries
            .iter()
            .any(|entry| entry.verdict == Verdict::CountsAnew { from: world.now });
        assert!(told, "{undo:?}: {:?}", world.entries);
        world.advance(239);
        assert!(world.sent.is_empty(), "{undo:?}");
        world.advance(2);
        assert_eq!(world.sent.len(), 1, "{undo:?}");

        // A newer silence counts by itself.
        let mut world = World::answered(Channel::Telegram, four_hours());
        world.happens(stop);
        world.advance(600);
        world.happens(undo);
        world.advance(60);
        world.customer_writes();
        world.staff_answers();
        world.advance(239);
        assert!(world.sent.is_empty(), "{undo:?}");
        world.advance(2);
        assert_eq!(world.sent.len(), 1, "{undo:?}");

        let mut world = World::answered(Channel::Telegram, four_hours());
        world.happens(stop);
        world.advance(60 * 24 * 30);
        world.happens(undo);
        assert_eq!(world.last_reason(), Some(Reason::Expired), "{undo:?}");
        world.advance(600);
        assert!(world.sent.is_empty(), "{undo:?}");
    }
}

#[test]
fn who_has_the_thread_stands_beside_everything_else_that_stops_follow_ups() {
    let elsewhere = |world: &World| Event::ThreadOwner {
        at: world.now,
        ours: false,
    };
    // A stop trigger is neither lifted by it nor forgotten over it.
    let mut world = World::answered(Channel::Messenger, four_hours());
    world.opinion.stop = Some(world.rules[0].id);
    world.advance(10);
    let stopped = world.head.state.clone();
    assert!(matches!(
        &stopped,
        State::Suspended {
            reason: Reason::StopTriggerMet { .. },
            ..
        }
    ));
    world.happens(&elsewhere(&world));
    assert_eq!(world.head.state, stopped);
    world.advance(10);
    world.happens(&Event::ThreadOwner {
        at: world.now,
        ours: true,
    });
    assert_eq!(world.head.state, stopped);

    // It is heard while the conversation is closed or opted out, and outlasts that.
    for (stop, undo) in [
        (Event::Closed, Event::Reopened),
        (
            Event::Consent {
                at: DateTime::<Utc>::MAX_UTC,
                opted_out: true,
            },
            Event::Consent {
                at: DateTime::<Utc>::MAX_UTC,
                opted_out: false,
            },
        ),
    ] {
        let mut world = World::answered(Channel::Messenger, four_hours());
        world.happens(&stop);
        world.happens(&elsewhere(&world));
        world.now += minutes(1);
        world.happens(&undo);
        assert_eq!(world.head.state, State::Open);
        assert_eq!(world.last_reason(), Some(Reason::ThreadElsewhere));
        world.advance(600);
        assert!(world.sent.is_empty(), "{stop:?}");
        world.happens(&Event::ThreadOwner {
            at: world.now,
            ours: true,
        });
        // The four hours count from there.
        world.advance(239);
        assert!(world.sent.is_empty(), "{stop:?}");
        world.advance(1);
        assert_eq!(world.sent.len(), 1, "{stop:?}");
    }
}

#[test]
fn reports_of_who_has_the_thread_may_repeat_and_overtake_each_other() {
    let mut world = World::answered(Channel::Instagram, four_hours());
    let told = |world: &mut World, minute: i64, ours: bool| {
        let at = monday() + crate::fixtures::minutes(minute);
        world.happens(&Event::ThreadOwner { at, ours });
        world.head.thread.elsewhere_since.is_some()
    };
    world.advance(60);
    assert!(told(&mut world, 20, false));
    // Given back before it was taken: that report was overtaken.
    assert!(told(&mut world, 10, true));
    assert!(!told(&mut world, 30, true));
    // Delivered again, at once and late.
    let stands = |world: &World| {
        let head = world.head.clone();
        (head.thread, head.runs, head.assess_at, world.entries.len())
    };
    let before = stands(&world);
    assert!(!told(&mut world, 30, true));
    assert!(!told(&mut world, 20, false));
    assert_eq!(before, stands(&world));
    // Of two from one moment the careful one counts, whichever comes first.
    assert!(told(&mut world, 40, false));
    assert!(told(&mut world, 40, true));
    assert!(!told(&mut world, 50, true));
    assert!(told(&mut world, 50, false));
}

#[test]
fn a_head_from_before_there_was_a_thread_says_it_by_its_state() {
    let mut world = World::answered(Channel::Messenger, four_hours());
    let mut stored = serde_json::to_value(&world.head).unwrap();
    stored.as_object_mut().unwrap().remove("thread");
    let reason = serde_json::to_value(Reason::ThreadElsewhere).unwrap();
    let since = serde_json::to_value(monday()).unwrap();
    stored["state"] = serde_json::json!({
        "state": "suspended", "reason": reason, "since": since,
    });
    world.head = serde_json::from_value(stored).unwrap();
    world.advance(600);
    assert!(world.sent.is_empty());
    world.happens(&Event::ThreadOwner {
        at: world.now,
        ours: true,
    });
    world.advance(240);
    assert_eq!((&world.head.state, world.sent.len()), (&State::Open, 1));
}

#[test]
fn a_start_from_before_a_stop_lifts_it_no_more_however_late_it_comes() {
    let says = |world: &mut World, at, opted_out| {
        world.happens(&Event::Consent { at, opted_out });
        world.customer.chat.opted_out_at
    };
    let mut world = World::answered(Channel::Telegram, four_hours());
    let start = world.now;
    let stop = start + minutes(1);
    world.now += minutes(10);
    assert_eq!(says(&mut world, stop, true), Some(stop));
    // Put back from the dead letters an hour later, or from the very same moment.
    world.now += minutes(60);
    for late in [start, stop] {
        assert_eq!(says(&mut world, late, false), Some(stop));
        assert_eq!(world.last_reason(), Some(Reason::OptedOut { since: stop }));
    }
    world.advance(600);
    assert!(world.sent.is_empty());
    assert_eq!(says(&mut world, stop + minutes(1), false), None);
}
