use serde_json::{Value, json};

use super::*;
use crate::booking_page::BookingPage;
use crate::connection::ConnectionState;
use crate::fixtures::{connection, minutes, settings, template};
use crate::rule::{Action, Rule};
use crate::settings::{Locale, Settings};
use crate::template::{TemplateCategory, TemplateStatus};

/// A workspace with these channels connected and the approved template `termin`.
struct World {
    connections: Vec<Connection>,
    templates: Vec<Template>,
    settings: Settings,
    described: Option<TimeDelta>,
    understood: bool,
    has_business_name: bool,
}

impl World {
    fn on(channels: &[Channel]) -> Self {
        Self {
            connections: channels
                .iter()
                .map(|channel| connection(*channel))
                .collect(),
            templates: vec![template()],
            settings: settings(),
            described: None,
            understood: true,
            has_business_name: true,
        }
    }

    fn check(&self, draft: Value) -> Result<Checked, Vec<FieldError>> {
        let draft: RuleDraft = serde_json::from_value(draft).unwrap();
        check(
            &draft,
            &Reachable {
                connections: &self.connections,
                templates: &self.templates,
                locale: self.settings.locale,
                described_delay: self.described,
                understood: self.understood,
                has_business_name: self.has_business_name,
                has_booking_page: self.settings.booking_url.is_some(),
                quiet_hours: self.settings.quiet_hours,
            },
        )
    }

    fn saved(&self, changes: Value) -> Checked {
        self.check(with(changes)).unwrap()
    }

    /// `field code` of every error.
    fn refused(&self, changes: Value) -> Vec<String> {
        let errors = self.check(with(changes)).unwrap_err();
        for error in &errors {
            assert!(
                !error.message.is_empty() && !error.remedy.is_empty(),
                "{error:?}"
            );
        }
        errors
            .iter()
            .map(|error| format!("{} {}", error.field, error.code))
            .collect()
    }
}

fn all() -> World {
    World::on(&Channel::ALL)
}

/// The first example of the source without its template.
fn basic() -> Value {
    json!({
        "name": "Erinnerung an ausstehenden Termin - 4 Stunden",
        "colour": "blue",
        "trigger": { "type": "silence", "description": "Nachfassaktion senden, wenn ein Kunde Interesse an der Vereinbarung eines Termins zeigt, aber Datum und Uhrzeit nicht bestätigt" },
        "stop": { "description": "Stoppen, wenn der Kunde den Termin bestätigt, die Anfrage storniert oder anzeigt, dass er nicht mehr interessiert ist" },
        "delay": { "mode": "manual", "hours": 4 },
        "message": { "mode": "custom", "text": "Hallo ##{{first_name}}, Dienstag 10 Uhr oder Mittwoch 15 Uhr?" },
    })
}

fn with(changes: Value) -> Value {
    let mut draft = basic();
    for (field, value) in changes.as_object().unwrap() {
        if value.is_null() {
            draft.as_object_mut().unwrap().remove(field);
        } else {
            draft[field] = value.clone();
        }
    }
    draft
}

fn termin() -> Value {
    json!({ "name": "termin", "language": "de", "parameters": ["##{{first_name}}"] })
}

fn manual(minutes: u32) -> Value {
    json!({ "mode": "manual", "minutes": minutes })
}

fn warnings(checked: &Checked) -> Vec<&str> {
    checked
        .review
        .warnings
        .iter()
        .map(|warning| warning.code.as_str())
        .collect()
}

fn left_out(checked: &Checked) -> Vec<(Channel, &str)> {
    checked
        .review
        .channels
        .iter()
        .filter_map(|outlook| Some((outlook.channel, outlook.left_out.as_ref()?.code.as_str())))
        .collect()
}

#[test]
fn dk_01_without_an_active_channel_nothing_is_created_and_the_reason_says_what_is_missing() {
    let errors = World::on(&[]).check(basic()).unwrap_err();
    assert_eq!(errors[0].code, "no_active_channel");
    for name in ["WhatsApp", "Instagram", "Messenger"] {
        assert!(errors[0].message.contains(name), "{}", errors[0].message);
    }

    let mut asleep = World::on(&[Channel::WhatsApp]);
    asleep.connections[0].state = ConnectionState::Disabled;
    let errors = asleep.check(basic()).unwrap_err();
    assert!(
        errors[0]
            .message
            .contains("\"Our whatsapp\" is switched off")
    );

    let telegram = World::on(&[Channel::Telegram]);
    assert_eq!(
        telegram.refused(json!({ "channels": ["instagram"] })),
        ["channels no_active_channel"]
    );
    for channel in Channel::ALL.into_iter().filter(|it| *it != Channel::Email) {
        World::on(&[channel]).saved(json!({}));
    }
    // Nobody writes to us by e-mail: no silence begins there.
    let mail = World::on(&[Channel::Email]);
    assert_eq!(mail.refused(json!({})), ["channels no_active_channel"]);
}

#[test]
fn dk_05_a_name_has_1_to_100_characters_not_bytes() {
    all().saved(json!({ "name": "ü".repeat(100) }));
    assert_eq!(
        all().refused(json!({ "name": "ü".repeat(101) })),
        ["name too_long"]
    );
    assert_eq!(all().refused(json!({ "name": " " })), ["name required"]);
    assert_eq!(all().refused(json!({ "name": null })), ["name required"]);
}

#[test]
fn dk_06_colours_are_a_fixed_set_or_none() {
    for (name, colour) in crate::rule::Colour::ALL {
        assert_eq!(
            all().saved(json!({ "colour": name })).spec.colour,
            Some(colour)
        );
    }
    assert_eq!(all().saved(json!({ "colour": "none" })).spec.colour, None);
    assert_eq!(all().saved(json!({ "colour": null })).spec.colour, None);
    for wrong in ["Blue", "azure", "", "#00f"] {
        assert_eq!(
            all().refused(json!({ "colour": wrong })),
            ["colour unknown_value"]
        );
    }
}

#[test]
fn dk_07_31_a_delay_is_chosen_by_ai_or_a_whole_number_of_at_least_one_minute() {
    let after = |delay: Value| {
        all()
            .saved(json!({ "delay": delay }))
            .spec
            .first_step()
            .after
    };
    assert_eq!(after(json!({ "mode": "ai" })), Delay::Ai);
    assert_eq!(
        after(json!({ "mode": "manual", "minutes": 1 })),
        Delay::Manual { minutes: 1 }
    );
    assert_eq!(
        after(json!({ "mode": "manual", "hours": 4 })),
        Delay::Manual { minutes: 240 }
    );
    assert_eq!(
        after(json!({ "minutes": 90.0 })),
        Delay::Manual { minutes: 90 }
    );

    let check = |delay: Value, expected: &str| {
        assert_eq!(all().refused(json!({ "delay": delay })), [expected]);
    };
    check(json!({ "minutes": 0 }), "delay.minutes too_small");
    check(json!({ "minutes": -5 }), "delay.minutes too_small");
    check(json!({ "minutes": -0.5 }), "delay.minutes too_small");
    check(json!({ "minutes": 0.5 }), "delay.minutes not_whole");
    check(json!({ "hours": 1.5 }), "delay.hours not_whole");
    check(json!({ "minutes": 1e300 }), "delay.minutes too_large");
    check(json!({ "minutes": u64::MAX }), "delay.minutes too_large");
    check(json!({ "minutes": 1, "hours": 1 }), "delay contradiction");
    check(json!({ "mode": "ai", "minutes": 1 }), "delay contradiction");
    check(json!({ "mode": "manual" }), "delay.minutes required");
    check(json!({ "mode": "later" }), "delay.mode unknown_value");
    check(json!({}), "delay required");
    assert_eq!(all().refused(json!({ "delay": null })), ["delay required"]);
    let errors = all()
        .check(with(json!({ "delay": { "hours": 1.5 } })))
        .unwrap_err();
    assert_eq!(errors[0].remedy, "write `delay.minutes`: 90");
}

#[test]
fn dk_10_instagram_and_messenger_refuse_24_hours_and_more() {
    let meta = World::on(&[Channel::Instagram, Channel::Messenger]);
    meta.saved(json!({ "delay": manual(1439) }));
    for delay in [1440, 1441, 100_000] {
        assert_eq!(
            meta.refused(json!({ "delay": manual(delay) })),
            ["delay.minutes delay_over_window"]
        );
    }
    assert_eq!(
        meta.refused(json!({ "delay": { "hours": 24 } })),
        ["delay.hours delay_over_window"]
    );
}

#[test]
fn dk_11_12_18_whatsapp_needs_an_approved_template_from_24_hours_on() {
    let whatsapp = World::on(&[Channel::WhatsApp]);
    whatsapp.saved(json!({ "delay": manual(1439) }));
    assert_eq!(
        whatsapp.refused(json!({ "delay": manual(1440) })),
        ["whatsapp_template template_required"]
    );
    // With a template there is no upper limit.
    for delay in [1440, 43_200, 5_256_000] {
        let saved =
            whatsapp.saved(json!({ "delay": manual(delay), "whatsapp_template": termin() }));
        assert!(saved.review.channels[0].template);
    }
    for status in [
        TemplateStatus::Pending,
        TemplateStatus::Rejected,
        TemplateStatus::Paused,
        TemplateStatus::Disabled,
        TemplateStatus::Other("in_appeal".into()),
    ] {
        let mut world = World::on(&[Channel::WhatsApp]);
        world.templates[0].status = status;
        assert_eq!(
            world.refused(json!({ "delay": manual(1440), "whatsapp_template": termin() })),
            ["whatsapp_template template_not_approved"]
        );
    }
}

#[test]
fn dk_12_between_23_55_and_24_hours_it_is_saved_with_a_warning() {
    let whatsapp = World::on(&[Channel::WhatsApp]);
    let codes = |minutes: u32| {
        let saved = whatsapp.saved(json!({ "delay": manual(minutes) }));
        warnings(&saved).contains(&"delay_in_margin")
    };
    assert!(!codes(1434));
    assert!(codes(1435));
    assert!(codes(1439));
    let telegram = World::on(&[Channel::Telegram]);
    assert!(warnings(&telegram.saved(json!({ "delay": manual(1439) }))).is_empty());
}

#[test]
fn dk_13_14_description_and_stop_trigger_are_required() {
    let empty = json!({ "description": " \n" });
    assert_eq!(
        all().refused(json!({ "trigger": empty })),
        ["trigger.description required"]
    );
    assert_eq!(
        all().refused(json!({ "trigger": null })),
        ["trigger.description required"]
    );
    assert_eq!(
        all().refused(json!({ "stop": empty })),
        ["stop.description required"]
    );
    assert_eq!(
        all().refused(json!({ "stop": null })),
        ["stop.description required"]
    );
    let saved = all().saved(json!({ "trigger": { "description": "Termin offen" } }));
    assert_eq!(warnings(&saved), ["vague_description"]);
    let odd = json!({ "type": "birthday", "description": "when it is their birthday" });
    assert_eq!(
        all().refused(json!({ "trigger": odd })),
        ["trigger.type unknown_value"]
    );
}

#[test]
fn dk_16_a_message_is_written_by_ai_or_custom_with_known_variables() {
    all().saved(json!({ "message": { "mode": "ai" } }));
    all().saved(json!({ "message": { "text": "Hallo" } }));
    let check = |message: Value, expected: &str| {
        assert_eq!(all().refused(json!({ "message": message })), [expected]);
    };
    check(json!({ "mode": "custom" }), "message.text required");
    check(
        json!({ "mode": "custom", "text": " " }),
        "message.text required",
    );
    check(
        json!({ "mode": "ai", "text": "Hallo" }),
        "message.text contradiction",
    );
    check(json!({ "mode": "robot" }), "message.mode unknown_value");
    check(
        json!({ "text": "Hallo ##{{firstname}}" }),
        "message.text unknown_variable",
    );
    check(
        json!({ "text": "Hallo ##{{first_name" }),
        "message.text unclosed_variable",
    );
    check(json!({}), "message.mode required");
    assert_eq!(
        all().refused(json!({ "message": null })),
        ["message nothing_to_send"]
    );
}

#[test]
fn a_text_too_long_for_every_channel_is_refused_and_for_some_it_is_a_warning() {
    let text = |length: usize| json!({ "message": { "text": "ü".repeat(length) } });
    let instagram = World::on(&[Channel::Instagram]);
    instagram.saved(text(500));
    assert_eq!(instagram.refused(text(501)), ["message.text too_long"]);

    let both = World::on(&[Channel::Instagram, Channel::Messenger]);
    let saved = both.saved(text(501));
    assert_eq!(left_out(&saved), [(Channel::Instagram, "text_too_long")]);
    assert_eq!(warnings(&saved), ["text_too_long", "channel_left_out"]);
    assert!(saved.review.warnings[0].message.contains("Instagram"));
    assert_eq!(both.refused(text(2001)), ["message.text too_long"]);
    assert_eq!(all().refused(text(4097)), ["message.text too_long"]);

    let tight = format!("##{{{{full_name}}}}{}", "x".repeat(990));
    let saved = instagram.saved(json!({ "message": { "text": tight } }));
    assert_eq!(warnings(&saved), ["text_may_be_too_long"]);
}

#[test]
fn dk_18_a_template_is_chosen_from_the_known_ones() {
    let whatsapp = World::on(&[Channel::WhatsApp]);
    let unknown = json!({ "name": "kauf", "language": "de" });
    let errors = whatsapp
        .check(with(json!({ "whatsapp_template": unknown })))
        .unwrap_err();
    assert_eq!(errors[0].code, "template_unknown");
    assert!(
        errors[0].remedy.contains("termin (de)"),
        "{}",
        errors[0].remedy
    );
    let other_language = json!({ "name": "termin", "language": "en", "parameters": ["x"] });
    assert_eq!(
        whatsapp.refused(json!({ "whatsapp_template": other_language })),
        ["whatsapp_template.name template_unknown"]
    );
    assert_eq!(
        whatsapp.refused(json!({ "whatsapp_template": {} })),
        [
            "whatsapp_template.name required",
            "whatsapp_template.language required"
        ]
    );

    // Below 24 h the rule works without the template, so one in review is only a warning.
    let mut pending = World::on(&[Channel::WhatsApp]);
    pending.templates[0].status = TemplateStatus::Pending;
    let saved = pending.saved(json!({ "whatsapp_template": termin() }));
    assert_eq!(warnings(&saved), ["template_waiting"]);
    pending.templates[0].status = TemplateStatus::Rejected;
    assert_eq!(
        pending.refused(json!({ "whatsapp_template": termin() })),
        ["whatsapp_template template_not_approved"]
    );

    // A template of an account that the rule cannot use does not count.
    let mut elsewhere = World::on(&[Channel::WhatsApp]);
    elsewhere.templates[0].connection = connection(Channel::Telegram).id;
    assert_eq!(
        elsewhere.refused(json!({ "whatsapp_template": termin() })),
        ["whatsapp_template.name template_unknown"]
    );
}

#[test]
fn nx_34_the_values_of_a_template_match_its_definition() {
    let mut world = World::on(&[Channel::WhatsApp]);
    let refused =
        |world: &World, template: Value| world.refused(json!({ "whatsapp_template": template }));
    let parameters =
        |list: Value| json!({ "name": "termin", "language": "de", "parameters": list });
    let count = ["whatsapp_template.parameters parameter_count"];
    assert_eq!(refused(&world, parameters(json!([]))), count);
    assert_eq!(refused(&world, parameters(json!(["a", "b"]))), count);
    assert_eq!(
        refused(&world, parameters(json!(["##{{vorname}}"]))),
        ["whatsapp_template.parameters[0] unknown_variable"]
    );
    assert_eq!(
        refused(&world, parameters(json!([""]))),
        ["whatsapp_template.parameters[0] required"]
    );
    assert_eq!(
        refused(&world, parameters(json!(["a\nb"]))),
        ["whatsapp_template.parameters[0] bad_white_space"]
    );
    let name = ["whatsapp_template.parameters[0] parameter_name"];
    let named = parameters(json!([{ "name": "name", "text": "a" }]));
    assert_eq!(refused(&world, named.clone()), name);

    world.templates[0].body_parameters = vec![Some("name".into())];
    assert_eq!(refused(&world, parameters(json!(["a"]))), name);
    world.saved(json!({ "whatsapp_template": named }));

    world.templates[0] = template();
    world.templates[0].definition = json!({ "components": [
        { "type": "HEADER", "format": "IMAGE" },
        { "type": "BUTTONS", "buttons": [
            { "type": "QUICK_REPLY", "text": "Ja" },
            { "type": "URL", "text": "Buchen", "url": "https://example.org/{{1}}" },
        ] },
    ] });
    assert_eq!(
        refused(&world, parameters(json!(["a"]))),
        [
            "whatsapp_template.header header_mismatch",
            "whatsapp_template.buttons button_missing",
        ]
    );
    let mut without_source = parameters(json!(["a"]));
    without_source["buttons"] = json!([{ "index": 1, "type": "url", "suffix": "a" }]);
    for link in [json!(null), json!("example.org/a.png"), json!("https:// a")] {
        without_source["header"] = json!({ "type": "media", "kind": "image", "link": link });
        assert_eq!(
            refused(&world, without_source.clone()),
            ["whatsapp_template.header.link not_an_address"]
        );
    }
    let mut whole = parameters(json!(["a"]));
    whole["header"] =
        json!({ "type": "media", "kind": "image", "link": "https://example.org/a.png" });
    whole["buttons"] = json!([{ "index": 1, "type": "url", "suffix": "termin" }]);
    world.saved(json!({ "whatsapp_template": whole }));
    whole["buttons"] = json!([
        { "index": 1, "type": "url", "suffix": "termin" },
        { "index": 2, "type": "quick_reply", "payload": "x" },
    ]);
    assert_eq!(
        refused(&world, whole),
        ["whatsapp_template.buttons[1] button_mismatch"]
    );
}

#[test]
fn dk_20_the_cost_is_told_with_the_official_price_list() {
    let free = all().saved(json!({}));
    assert!(!free.review.cost.extra);
    let paid = all().saved(json!({ "whatsapp_template": termin() }));
    assert!(paid.review.cost.extra);
    assert!(paid.review.cost.message.contains("Region"));
    assert_eq!(paid.review.cost.price_list, PRICE_LIST);
}

#[test]
fn dk_21_the_review_lists_every_point_and_the_rule_is_active() {
    let saved = all().saved(json!({}));
    assert!(saved.enabled);
    assert!(!all().saved(json!({ "enabled": false })).enabled);
    insta::assert_json_snapshot!("review_de", saved.review);

    let mut english = all();
    english.settings.locale = Locale::En;
    let saved = english.saved(json!({ "delay": manual(1440), "whatsapp_template": termin() }));
    insta::assert_json_snapshot!("review_en", saved.review);
}

#[test]
fn dk_23_the_examples_of_the_source_are_saved() {
    let first = all().saved(json!({ "whatsapp_template": termin() }));
    assert_eq!(warnings(&first), [] as [&str; 0]);

    let mut world = all();
    world.templates.push(Template {
        name: "kaufbestaetigung".into(),
        body_parameters: Vec::new(),
        ..template()
    });
    let second = world.saved(json!({
        "name": "Nachfassaktion nach dem Verkauf",
        "colour": "green",
        "trigger": { "description": "Nachfassaktion nach einem Kauf, um Kundenzufriedenheit sicherzustellen" },
        "stop": { "description": "Stoppen, wenn der Kunde Zufriedenheit bestätigt, ein Problem meldet (zur Eskalation an den Support) oder sich für die Nachfassaktion bedankt" },
        "delay": { "hours": 24 },
        "message": { "mode": "ai" },
        "whatsapp_template": { "name": "kaufbestaetigung", "language": "de" },
    }));
    let Action::Message { message, template } = &second.spec.first_step().action;
    assert!(message.is_some() && template.is_some());
}

#[test]
fn dk_27_from_24_hours_on_the_review_names_the_channels_left_out() {
    let world = World::on(&[Channel::WhatsApp, Channel::Instagram, Channel::Messenger]);
    let saved = world.saved(json!({ "delay": manual(1440), "whatsapp_template": termin() }));
    assert_eq!(
        left_out(&saved),
        [
            (Channel::Instagram, "delay_over_window"),
            (Channel::Messenger, "delay_over_window"),
        ]
    );
    let restricted = json!({ "delay": manual(1440), "channels": ["instagram"] });
    assert_eq!(
        world.refused(restricted),
        ["delay.minutes delay_over_window"]
    );
    let odd = json!({ "channels": ["whatsapp", "fax"] });
    assert_eq!(world.refused(odd), ["channels[1] unknown_value"]);
    let twice = world.saved(json!({ "channels": ["whatsapp", "whatsapp"] }));
    assert_eq!(twice.spec.channels, [Channel::WhatsApp]);
}

#[test]
fn channels_without_a_window_take_free_text_after_any_delay() {
    for channel in [Channel::Telegram, Channel::Loopback] {
        let saved = World::on(&[channel]).saved(json!({ "delay": manual(10_000) }));
        assert_eq!(left_out(&saved), []);
    }
    let mixed = World::on(&[Channel::Instagram, Channel::Telegram]);
    let saved = mixed.saved(json!({ "delay": manual(1440) }));
    assert_eq!(
        left_out(&saved),
        [(Channel::Instagram, "delay_over_window")]
    );

    // The test channel does not save a rule that no real channel can send, unless it is named.
    let world = World::on(&[Channel::Instagram, Channel::Loopback]);
    assert_eq!(
        world.refused(json!({ "delay": manual(1440) })),
        ["delay.minutes delay_over_window"]
    );
    world.saved(json!({ "delay": manual(1440), "channels": ["loopback"] }));
}

#[test]
fn dk_28_a_template_alone_is_sent_at_any_delay() {
    let draft = |delay: u32| json!({ "message": null, "delay": manual(delay), "whatsapp_template": termin() });
    let world = World::on(&[Channel::WhatsApp, Channel::Instagram]);
    for delay in [1, 1439, 1440, 20_000] {
        let saved = world.saved(draft(delay));
        assert_eq!(left_out(&saved), [(Channel::Instagram, "no_message")]);
        assert!(!saved.review.channels[0].free_form);
    }
    let mut pending = World::on(&[Channel::WhatsApp]);
    pending.templates[0].status = TemplateStatus::Pending;
    assert_eq!(
        pending.refused(draft(60)),
        ["whatsapp_template template_not_approved"]
    );
    assert_eq!(
        World::on(&[Channel::Telegram]).refused(draft(60)),
        ["whatsapp_template nothing_to_send"]
    );
}

#[test]
fn dk_29_text_beside_a_late_template_is_said_to_be_rarely_used() {
    let world = World::on(&[Channel::WhatsApp]);
    let saved = world.saved(json!({
        "delay": { "hours": 24 }, "message": { "mode": "ai" }, "whatsapp_template": termin(),
    }));
    assert_eq!(warnings(&saved), ["text_rarely_used"]);
}

#[test]
fn dk_30_a_time_in_the_description_that_differs_is_a_warning() {
    let mut world = all();
    world.described = Some(minutes(360));
    assert_eq!(
        warnings(&world.saved(json!({}))),
        ["described_delay_differs"]
    );
    let text = &world.saved(json!({})).review.warnings[0].message;
    assert!(
        text.contains("6 Stunden") && text.contains("4 Stunden"),
        "{text}"
    );
    world.described = Some(minutes(240));
    assert!(warnings(&world.saved(json!({}))).is_empty());
    world.described = Some(minutes(360));
    assert!(warnings(&world.saved(json!({ "delay": { "mode": "ai" } }))).is_empty());
}

#[test]
fn other_surprises_are_warned_of() {
    let check = |world: &World, changes: Value, expected: &str| {
        assert_eq!(warnings(&world.saved(changes)), [expected]);
    };
    let message = |text: &str| json!({ "message": { "text": text } });
    check(&all(), message("Passt es dir morgen?"), "relative_date");
    check(&all(), message("Nächste Woche ist frei."), "relative_date");
    assert!(warnings(&all().saved(message("Guten Morgen!"))).is_empty());
    check(
        &all(),
        message("Hallo {{first_name}}, passt das?"),
        "variable_without_hashes",
    );
    let mut nameless = all();
    nameless.has_business_name = false;
    let signed = message("Bis bald, ##{{business_name}}");
    check(&nameless, signed.clone(), "business_name_missing");
    assert!(warnings(&all().saved(signed)).is_empty());
    assert!(warnings(&nameless.saved(message("Bis bald!"))).is_empty());
    let mut puzzled = all();
    puzzled.understood = false;
    check(&puzzled, json!({}), "description_not_understood");
    let trigger =
        json!({ "description": "Wer nicht mehr schreibt, bekommt etwas", "any_silence": true });
    check(&all(), json!({ "trigger": trigger }), "any_silence");

    let telegram = World::on(&[Channel::Telegram]);
    check(
        &telegram,
        json!({ "whatsapp_template": termin() }),
        "template_unchecked",
    );
    let restricted = json!({ "whatsapp_template": termin(), "channels": ["telegram"] });
    check(&all(), restricted, "template_unused");

    let mut marketing = World::on(&[Channel::WhatsApp]);
    marketing.templates[0].category = TemplateCategory::Marketing;
    check(
        &marketing,
        json!({ "whatsapp_template": termin() }),
        "template_is_marketing",
    );
    let told = marketing.saved(json!({ "whatsapp_template": termin(), "purpose": "marketing" }));
    assert!(warnings(&told).is_empty());

    let mut two = World::on(&[Channel::WhatsApp]);
    two.connections.push(Connection {
        id: crate::ids::ConnectionId::derive(&["second"]),
        ..connection(Channel::WhatsApp)
    });
    check(
        &two,
        json!({ "whatsapp_template": termin() }),
        "template_not_everywhere",
    );
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let errors = World::on(&[])
        .check(json!({ "priority": 1001, "on_unknown": "ask" }))
        .unwrap_err();
    let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "name",
            "priority",
            "trigger.description",
            "stop.description",
            "delay",
            "on_unknown",
            "channels"
        ]
    );
}

#[test]
fn unknown_fields_are_refused_by_name() {
    let error = serde_json::from_value::<RuleDraft>(json!({ "delay": { "minuten": 4 } }));
    assert!(error.unwrap_err().to_string().contains("minuten"));
}

#[test]
fn a_rule_becomes_a_draft_and_the_same_rule_again() {
    let saved = all().saved(json!({
        "whatsapp_template": termin(), "channels": ["telegram", "whatsapp"], "priority": 7,
        "purpose": "marketing", "on_unknown": "resend",
    }));
    let rule = Rule {
        spec: saved.spec.clone(),
        ..crate::fixtures::rule("x", Delay::Ai)
    };
    let draft = RuleDraft::from(&rule);
    let again = all().check(serde_json::to_value(&draft).unwrap()).unwrap();
    assert_eq!(again.spec, saved.spec);

    let patch = json!({ "delay": { "mode": "ai" }, "colour": null, "stop": { "description": "sobald der Kunde absagt" } });
    let patched = draft.patched(&patch).unwrap();
    let again = all()
        .check(serde_json::to_value(&patched).unwrap())
        .unwrap()
        .spec;
    assert_eq!(again.first_step().after, Delay::Ai);
    assert_eq!(again.colour, None);
    assert_eq!(again.stop, "sobald der Kunde absagt");
    assert_eq!(again.name, saved.spec.name);
    assert!(draft.patched(&json!({ "nmae": "x" })).is_err());
}

/// A salon with SMS and a booking page.
fn salon() -> World {
    let mut world = World::on(&[Channel::Sms]);
    world.settings.booking_url = BookingPage::parse("https://salon.example/buchen").ok();
    world
}

/// As little as a reminder after a visit needs.
fn reminder(trigger: Value) -> Value {
    let mut draft = json!({ "name": "Nachtermin", "trigger": { "type": "appointment_completed" } });
    let given = trigger.as_object().unwrap().clone();
    draft["trigger"].as_object_mut().unwrap().extend(given);
    draft
}

#[test]
fn ph_09_a_reminder_begins_with_the_recommended_time_and_the_default_text() {
    use crate::rebooking::{DayChoice, Limits};
    for locale in Locale::ALL {
        let mut world = salon();
        world.settings.locale = locale;
        let checked = world.check(reminder(json!({}))).unwrap();
        assert_eq!(warnings(&checked), [""; 0]);
        let spec = checked.spec;
        let (timing, limits) = spec.after_visit().unwrap();
        assert_eq!(
            (timing.day, *limits),
            (DayChoice::Predicted, Limits::default())
        );
        assert_eq!(timing.at.to_string(), "10:00");
        assert_eq!(spec.purpose, crate::rule::Purpose::Marketing);
        assert_eq!(spec.channels, [Channel::Sms]);
        let Action::Message { message, .. } = &spec.first_step().action;
        let text = crate::variables::default_reminder(locale).to_owned();
        assert_eq!(*message, Some(MessageText::Custom { text }));
        // What was saved can be saved again.
        let rule = Rule {
            spec,
            ..crate::fixtures::rule("x", Delay::Ai)
        };
        let draft = serde_json::to_value(RuleDraft::from(&rule)).unwrap();
        assert_eq!(world.check(draft).unwrap().spec, rule.spec);
    }
}

#[test]
fn ph_07_what_a_reminder_cannot_be_is_named_with_its_limit() {
    let refused = |draft: Value| -> Vec<String> {
        let errors = salon().check(draft).unwrap_err();
        errors
            .iter()
            .map(|error| format!("{} {}", error.field, error.code))
            .collect()
    };
    let with = |field: &str, value: Value| {
        let mut draft = reminder(json!({}));
        draft[field] = value;
        refused(draft)
    };
    let trigger = |trigger: Value| refused(reminder(trigger));
    assert_eq!(
        trigger(json!({"day": "four_days_after"})),
        ["trigger.day unknown_value"]
    );
    assert_eq!(
        trigger(json!({"at": "24:00"})),
        ["trigger.at invalid_value"]
    );
    assert_eq!(
        trigger(json!({"late_days": 61})),
        ["trigger.late_days out_of_range"]
    );
    assert_eq!(
        trigger(json!({"go_live_days": 1.5})),
        ["trigger.go_live_days out_of_range"]
    );
    assert_eq!(
        trigger(json!({"description": "x"})),
        ["trigger.description not_allowed"]
    );
    assert_eq!(
        with("stop", json!({"description": "x"})),
        ["stop not_allowed"]
    );
    assert_eq!(with("delay", manual(60)), ["delay not_allowed"]);
    assert_eq!(
        with("purpose", json!("transactional")),
        ["purpose not_allowed"]
    );
    assert_eq!(
        with("message", json!({"mode": "ai"})),
        ["message.mode not_allowed"]
    );
    assert_eq!(
        with("channels", json!(["telegram"])),
        ["channels no_active_channel"]
    );
    // A silence has no hour.
    let of_silence = json!({"description": "when nobody answers any more", "at": "10:00"});
    let errors = all().refused(json!({ "trigger": of_silence }));
    assert_eq!(errors, ["trigger.at not_allowed"]);
}

#[test]
fn ph_04_the_link_is_missed_and_one_that_leads_nowhere_is_refused() {
    let mut draft = reminder(json!({}));
    draft["message"] = json!({"text": "Hallo ##{{first_name}}, bis bald!"});
    let checked = salon().check(draft).unwrap();
    assert_eq!(warnings(&checked), ["booking_link_missing"]);
    let errors = World::on(&[Channel::Sms])
        .check(reminder(json!({})))
        .unwrap_err();
    assert_eq!(errors[0].code, "booking_page_missing");
    let mut quiet = salon();
    quiet.settings.quiet_hours = Some(crate::fixtures::quiet("20:00", "08:00"));
    let checked = quiet.check(reminder(json!({"at": "22:30"}))).unwrap();
    assert_eq!(warnings(&checked), ["time_in_quiet_hours"]);
}

#[test]
fn on_whatsapp_a_reminder_needs_its_template() {
    let mut world = World::on(&[Channel::WhatsApp]);
    world.settings.booking_url = salon().settings.booking_url;
    let mut draft = reminder(json!({}));
    draft["channels"] = json!(["whatsapp"]);
    let errors = world.check(draft.clone()).unwrap_err();
    assert_eq!(errors[0].code, "template_required");
    draft["whatsapp_template"] = json!({
        "name": "termin", "language": "de", "parameters": ["##{{staff_name}} ##{{booking_link}}"],
    });
    let checked = world.check(draft).unwrap();
    assert!(checked.spec.links_to_booking());
    assert_eq!(warnings(&checked), [""; 0]);
}
