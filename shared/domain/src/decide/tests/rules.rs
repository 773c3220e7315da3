use super::world::World;
use crate::channel::Channel;
use crate::decide::{Event, Outlook, forecast, gates};
use crate::fixtures::{
    hours, manual, minutes, monday, quiet, rule, template, with_template, without_text,
};
use crate::receipt::{How, Reason};
use crate::rule::{Purpose, Rule};
use crate::template::{TemplateCategory, TemplateStatus};

/// The rule is changed as an edit on save changes it.
fn edit(world: &mut World, change: impl Fn(&mut Rule)) {
    let rule = &mut world.rules[0];
    change(rule);
    rule.version += 1;
    rule.updated_at = world.now;
    let rule = rule.id;
    world.happens(&Event::RuleChanged { rule });
}

fn rule_with(minutes: u32) -> Vec<Rule> {
    vec![rule("rule", manual(minutes))]
}

#[test]
fn dk_12_free_text_leaves_until_23_54_59_and_from_23_55_on_only_a_template() {
    let check = |minutes: u32, expected: &[How]| {
        let rules = vec![with_template(rule("rule", manual(minutes)))];
        let mut world = World::on(Channel::WhatsApp, rules);
        world.customer_writes();
        world.staff_answers();
        world.advance(5000);
        let how: Vec<_> = world.sent.iter().map(|sent| sent.how).collect();
        assert_eq!(how, expected, "{minutes}");
    };
    check(1434, &[How::FreeForm]);
    check(1435, &[How::Template]);
    check(1439, &[How::Template]);
    check(1440, &[How::Template]);
}

#[test]
fn dk_12_the_margin_counts_in_seconds() {
    let check = |seconds: i64, sent: usize| {
        let mut world = World::on(Channel::Messenger, rule_with(60));
        world.customer_writes();
        world.advance_to(monday() + hours(20));
        world.now = monday() + hours(22) + minutes(55) + chrono::TimeDelta::seconds(seconds);
        world.staff_answers();
        world.advance(100);
        assert_eq!(world.sent.len(), sent, "{seconds}");
    };
    check(-1, 1); // due at 23:54:59
    check(0, 0); // due at 23:55:00
}

#[test]
fn dk_17_19_inside_the_window_the_text_outside_the_template_else_skipped_with_a_reason() {
    let sent = |rule: Rule, answer_after: i64| {
        let mut world = World::on(Channel::WhatsApp, vec![rule]);
        world.customer_writes();
        world.now += hours(answer_after);
        world.staff_answers();
        world.advance(600);
        (world.sent.first().map(|sent| sent.how), world.last_reason())
    };
    let both = || with_template(rule("rule", manual(240)));
    assert_eq!(sent(both(), 1).0, Some(How::FreeForm));
    assert_eq!(sent(both(), 21).0, Some(How::Template));
    let closed_at = Some(monday() + hours(24));
    assert_eq!(
        sent(rule("rule", manual(240)), 21),
        (None, Some(Reason::WindowClosed { closed_at }))
    );
}

#[test]
fn dk_18_a_template_that_is_not_approved_any_more_is_not_sent() {
    let rules = vec![with_template(rule("rule", manual(1440)))];
    let mut world = World::answered(Channel::WhatsApp, rules);
    world.advance(600);
    assert!(world.pending().is_some());
    world.templates[0].status = TemplateStatus::Paused;
    world.advance(3000);
    assert!(world.sent.is_empty());
    let reason = world.last_reason().unwrap();
    assert_eq!(reason.code(), "template_not_approved");
}

#[test]
fn dk_22_a_disabled_or_deleted_rule_cancels_and_an_edit_plans_anew() {
    let mut world = World::answered(Channel::WhatsApp, rule_with(240));
    world.advance(60);
    edit(&mut world, |rule| rule.enabled = false);
    assert_eq!(world.head.runs, []);
    world.advance(60);
    edit(&mut world, |rule| rule.enabled = true);
    world.advance(200);
    assert_eq!(world.minutes(), [241]);

    let mut world = World::answered(Channel::WhatsApp, rule_with(240));
    world.advance(60);
    edit(&mut world, |rule| rule.spec.steps[0].after = manual(30));
    world.advance(0);
    assert_eq!(world.minutes(), [61], "the shorter delay is past already");

    let mut world = World::answered(Channel::WhatsApp, rule_with(240));
    world.advance(60);
    edit(&mut world, |rule| rule.spec.steps[0].after = manual(300));
    world.advance(1000);
    assert_eq!(world.minutes(), [301]);

    let mut world = World::answered(Channel::WhatsApp, rule_with(240));
    world.advance(60);
    let rule = world.rules.remove(0).id;
    world.happens(&Event::RuleChanged { rule });
    assert_eq!(world.last_reason(), Some(Reason::NoRules));
    world.advance(1000);
    assert!(world.sent.is_empty());
}

#[test]
fn nothing_is_sent_with_old_settings_even_when_the_change_was_not_told_yet() {
    let mut world = World::answered(Channel::WhatsApp, rule_with(240));
    world.advance(60);
    world.rules[0].version += 1;
    world.advance(1000);
    assert!(world.sent.is_empty());
    assert_eq!(world.last_reason(), Some(Reason::RuleChanged));
}

#[test]
fn a_rule_made_while_a_silence_is_running_still_applies_and_competes() {
    let mut world = World::answered(Channel::WhatsApp, Vec::new());
    assert_eq!(world.last_reason(), Some(Reason::NoRules));
    world.advance(100);
    world.rules = rule_with(240);
    let first = world.rules[0].id;
    world.happens(&Event::RuleChanged { rule: first });
    world.advance(20);
    assert_eq!(world.pending().and_then(|run| run.rule()), Some(first));

    let mut better = rule("better", manual(300));
    better.spec.priority = 1;
    world.rules.push(better.clone());
    world.happens(&Event::RuleChanged { rule: better.id });
    world.advance(1000);
    assert_eq!(world.minutes(), [301]);
    assert_eq!(world.sent[0].rule, Some(better.id));
}

#[test]
fn a_new_rule_does_not_wake_everybody_who_ever_fell_silent() {
    let check = |silent: i64, sent: usize| {
        let mut world = World::answered(Channel::Telegram, Vec::new());
        world.advance(silent);
        world.rules = rule_with(240);
        let rule = world.rules[0].id;
        world.happens(&Event::RuleChanged { rule });
        world.advance(5000);
        assert_eq!(
            (world.asked as usize, world.sent.len()),
            (sent, sent),
            "{silent}"
        );
    };
    let two_days = 2 * 24 * 60;
    check(240 + two_days, 1);
    check(241 + two_days, 0);
    check(30 * 24 * 60, 0);
}

#[test]
fn dk_27_a_rule_stays_on_its_channels() {
    let mut restricted = rule("rule", manual(240));
    restricted.spec.channels = vec![Channel::WhatsApp];
    let mut world = World::answered(Channel::Instagram, vec![restricted]);
    assert_eq!(world.last_reason(), Some(Reason::NoRules));
    world.advance(1000);
    assert!(world.sent.is_empty());
}

#[test]
fn dk_28_a_template_alone_goes_at_any_delay() {
    for delay in [60, 1440, 10_000] {
        let rules = vec![without_text(with_template(rule("rule", manual(delay))))];
        let mut world = World::answered(Channel::WhatsApp, rules);
        world.advance(20_000);
        assert_eq!(world.minutes(), [i64::from(delay) + 1]);
        assert_eq!(world.sent[0].how, How::Template);
    }
}

#[test]
fn cf_06_consent_follows_the_purpose_and_the_templates_category() {
    let sent = |purpose: Purpose, category: TemplateCategory, delay: u32| {
        let mut rule = with_template(rule("rule", manual(delay)));
        rule.spec.purpose = purpose;
        let mut world = World::answered(Channel::WhatsApp, vec![rule]);
        world.customer.chat.marketing_stopped_at = Some(monday());
        world.templates[0].category = category;
        world.advance(5000);
        world.sent.len()
    };
    use Purpose::{Marketing, Transactional};
    assert_eq!(sent(Transactional, TemplateCategory::Utility, 2000), 1);
    assert_eq!(sent(Transactional, TemplateCategory::Marketing, 2000), 0);
    assert_eq!(
        sent(Transactional, TemplateCategory::Marketing, 60),
        1,
        "free text is no template"
    );
    assert_eq!(sent(Marketing, TemplateCategory::Utility, 60), 0);
}

#[test]
fn a_refused_class_ends_what_is_planned_of_it_at_once_and_nothing_else() {
    use crate::consent::{Change, Class, Medium, Source};
    for channel in [Channel::Telegram, Channel::Sms] {
        for purpose in [Purpose::Marketing, Purpose::Transactional] {
            let mut rule = rule("rule", manual(60));
            rule.spec.purpose = purpose;
            let mut world = World::answered(channel, vec![rule]);
            world.advance(5);
            let (planned, since) = (world.pending().cloned().unwrap(), world.now);
            let class = Class::of(Medium::of(channel), Purpose::Marketing).unwrap();
            // Nothing was refused: nothing ends.
            world.happens(&Event::ClassRefused { class });
            assert_eq!(world.pending(), Some(&planned));
            let refuse = Change::Refuse { class };
            let said = world.customer.say(refuse, Source::FooterLink, None, since);
            assert_eq!(said, Ok(()));
            let (entries, _) = world.happens(&Event::ClassRefused { class });
            world.advance(5);
            let advertises = purpose == Purpose::Marketing;
            assert_eq!(
                world.pending().is_none(),
                advertises,
                "{channel} {purpose:?}"
            );
            let expected = match channel {
                Channel::Sms => Reason::ClassRefused { class, since },
                _ => Reason::MarketingRefused { since },
            };
            let reasons: Vec<_> = entries
                .iter()
                .filter_map(|entry| super::world::reason(&entry.verdict))
                .collect();
            assert_eq!(reasons.contains(&expected), advertises, "{reasons:?}");
            world.advance(5000);
            assert_eq!(world.sent.len(), usize::from(!advertises));
        }
    }
}

#[test]
fn nx_28_in_quiet_hours_a_follow_up_is_held_not_dropped() {
    let mut world = World::answered(Channel::Telegram, rule_with(700));
    world.settings.quiet_hours = Some(quiet("21:00", "08:00"));
    world.advance(5000);
    // Wanted at 21:41 in Berlin, sent at 08:00.
    assert_eq!(world.minutes(), [22 * 60]);
}

#[test]
fn quiet_hours_that_begin_before_the_send_hold_it_at_send_time() {
    let mut world = World::answered(Channel::Telegram, rule_with(240));
    world.advance(60);
    world.settings.quiet_hours = Some(quiet("14:00", "16:00"));
    world.advance(600);
    assert_eq!(world.minutes(), [6 * 60]);
}

#[test]
fn the_frequency_cap_holds_as_long_as_it_is_worth_it() {
    let mut world = World::answered(Channel::Telegram, rule_with(240));
    world.settings.frequency_cap = crate::settings::FrequencyCap {
        messages: 1,
        hours: 24,
    };
    world.customer.note_automated(monday());
    world.advance(600);
    assert!(world.sent.is_empty());
    assert_eq!(world.pending().unwrap().due_at, monday() + hours(24));
    world.advance(3000);
    assert_eq!(world.minutes(), [24 * 60]);

    let mut world = World::answered(Channel::WhatsApp, rule_with(240));
    world.settings.frequency_cap = crate::settings::FrequencyCap {
        messages: 1,
        hours: 24,
    };
    world.customer.note_automated(monday());
    world.advance(600);
    assert!(world.head.runs.is_empty(), "the window closes before");
    assert_eq!(world.last_reason().unwrap().code(), "frequency_cap");
}

#[test]
fn nx_24_the_pending_view_says_what_the_sender_will_do() {
    let rules = vec![with_template(rule("rule", manual(1500)))];
    let mut world = World::answered(Channel::WhatsApp, rules);
    world.advance(600);
    let outlook = |world: &World| {
        let run = world.pending().unwrap();
        forecast(&world.snapshot(), run, run.due_at.max(world.now)).outlook
    };
    assert_eq!(outlook(&world), Outlook::Send { how: How::Template });
    world.templates[0].status = TemplateStatus::Rejected;
    let skip = Outlook::Skip {
        reason: Reason::TemplateNotApproved {
            name: "termin".into(),
            language: "de".into(),
        },
    };
    assert_eq!(outlook(&world), skip);
    world.templates = vec![template()];
    world.rules[0].enabled = false;
    assert_eq!(
        outlook(&world),
        Outlook::Skip {
            reason: Reason::RuleDisabled
        }
    );
}

#[test]
fn nx_18_a_run_of_an_earlier_silence_never_passes() {
    let mut world = World::answered(Channel::WhatsApp, rule_with(240));
    world.advance(10);
    let run = world.pending().unwrap().clone();
    let refusal = |world: &World| gates(&world.snapshot(), &run, world.now).1;
    assert_eq!(refusal(&world), None);
    world.customer_writes();
    assert_eq!(refusal(&world), Some(Reason::CustomerReplied));
}

#[test]
fn no_rust_leaks_into_what_people_read() {
    let rules = vec![with_template(rule("rule", manual(1500)))];
    let mut world = World::answered(Channel::WhatsApp, rules);
    world.settings.quiet_hours = Some(quiet("21:00", "08:00"));
    world.advance(600);
    let run = world.pending().unwrap();
    let gates = forecast(&world.snapshot(), run, run.due_at).gates;
    let lines: Vec<_> = gates
        .iter()
        .map(|gate| {
            format!(
                "{} {}: {}",
                if gate.passed { "+" } else { "-" },
                gate.gate,
                gate.input
            )
        })
        .collect();
    insta::assert_snapshot!("gates", lines.join("\n"));
}
