//! Templates: listed, checked, created.

use channels::Account;
use channels::whatsapp::parameters::{Misfit, check_parameters};
use channels::whatsapp::templates::{
    self, NewButton, NewHeader, NewTemplate, ParameterFormat, TemplateDefinition, TemplateState,
};
use domain::channel::Channel;
use domain::content::{
    ButtonParameter, ButtonValue, HeaderParameter, Media, MediaKind, TemplateMessage, TextParameter,
};
use serde_json::{Value, json};

fn account() -> Account<'static> {
    Account {
        sms: None,
        channel: Channel::WhatsApp,
        base_url: "https://graph.facebook.com",
        api_version: "v25.0",
        id: "106540352242922",
        token: "geheim",
    }
}

fn list() -> Value {
    json!({
        "data": [
            { "id": "1689556908129832", "name": "termin_erinnerung", "language": "de",
              "status": "APPROVED", "category": "UTILITY", "parameter_format": "POSITIONAL",
              "quality_score": { "score": "GREEN", "date": 1_795_000_000 },
              "components": [
                { "type": "HEADER", "format": "IMAGE", "example": { "header_handle": ["4::a"] } },
                { "type": "BODY", "text": "Hallo {{1}}, bis morgen um {{2}} Uhr!",
                  "example": { "body_text": [["Anna", "11"]] } },
                { "type": "FOOTER", "text": "Salon Mitte" },
                { "type": "BUTTONS", "buttons": [
                    { "type": "URL", "text": "Ändern", "url": "https://example.org/t/{{1}}", "example": ["x"] },
                    { "type": "QUICK_REPLY", "text": "Absagen" },
                    { "type": "PHONE_NUMBER", "text": "Anrufen", "phone_number": "+4930555123" } ] } ] },
            { "id": 7, "name": "gruss", "language": "de", "status": "PAUSED", "category": "MARKETING",
              "parameter_format": "NAMED", "previous_category": "UTILITY", "rejected_reason": null,
              "components": [
                { "type": "HEADER", "format": "TEXT", "text": "Neues aus {{ort}}" },
                { "type": "BODY", "text": "Hallo {{first_name}}, es ist wieder so weit." } ] },
            { "id": "9", "name": "ohne_sprache", "status": "APPROVED", "category": "UTILITY" },
        ],
        "paging": { "cursors": { "before": "MAZDZD", "after": "MjQZD=" }, "next": "https://graph.facebook.com/next" },
    })
}

fn definition(index: usize) -> TemplateDefinition {
    let page = templates::parse_list(list().to_string().as_bytes()).unwrap();
    page.templates[index].clone()
}

fn reminder() -> TemplateMessage {
    let mut message = TemplateMessage::new("termin_erinnerung", "de");
    let picture = Media::by_link(MediaKind::Image, "https://example.org/a.jpg");
    message.header = Some(HeaderParameter::Media(picture));
    message.body = vec![
        TextParameter::positional("Anna"),
        TextParameter::positional("11"),
    ];
    message.buttons = vec![button(
        0,
        ButtonValue::Url {
            suffix: "8".to_owned(),
        },
    )];
    message
}

fn button(index: u8, value: ButtonValue) -> ButtonParameter {
    ButtonParameter { index, value }
}

fn problems(definition: &TemplateDefinition, message: &TemplateMessage) -> Vec<(String, Misfit)> {
    match check_parameters(definition, message) {
        Ok(()) => Vec::new(),
        Err(errors) => errors.into_iter().map(|e| (e.field, e.problem)).collect(),
    }
}

#[test]
fn a_page_of_the_list_is_read_and_leads_to_the_next() {
    let page = templates::parse_list(list().to_string().as_bytes()).unwrap();
    assert_eq!(page.templates.len(), 2);
    assert_eq!(page.unreadable.len(), 1);
    assert!(
        page.unreadable[0].contains("data[2]"),
        "{:?}",
        page.unreadable
    );
    assert_eq!(page.next.as_deref(), Some("MjQZD="));
    let next = templates::list(&account(), "102290129340398", page.next.as_deref()).unwrap();
    assert!(
        next.url.ends_with("&limit=100&after=MjQZD%3D"),
        "{}",
        next.url
    );
    assert_eq!(page.templates[0].state(), TemplateState::Approved);
    assert_eq!(page.templates[1].state(), TemplateState::Paused);
    assert_eq!(
        page.templates[1].previous_category.as_deref(),
        Some("UTILITY")
    );
    let last = json!({ "data": [], "paging": { "cursors": { "after": "x" } } }).to_string();
    assert_eq!(templates::parse_list(last.as_bytes()).unwrap().next, None);
    assert!(templates::parse_list(b"{}").is_err());
}

#[test]
fn values_that_fit_pass() {
    assert_eq!(problems(&definition(0), &reminder()), []);
    let mut with_payload = reminder();
    with_payload.buttons.push(button(
        1,
        ButtonValue::QuickReply {
            payload: "ab".to_owned(),
        },
    ));
    assert_eq!(problems(&definition(0), &with_payload), []);
}

#[test]
fn every_misfit_is_named() {
    let check = |change: fn(&mut TemplateMessage), field: &str, problem: Misfit| {
        let mut message = reminder();
        change(&mut message);
        assert_eq!(
            problems(&definition(0), &message),
            [(field.to_owned(), problem)]
        );
    };
    check(|m| m.header = None, "header", Misfit::Missing);
    check(
        |m| m.header = Some(HeaderParameter::Text(TextParameter::positional("x"))),
        "header",
        Misfit::WrongKind("an image"),
    );
    check(
        |m| {
            let nowhere = Media::by_link(MediaKind::Image, "example.org/a.jpg");
            m.header = Some(HeaderParameter::Media(nowhere));
        },
        "header",
        Misfit::NoSource,
    );
    check(|m| m.body.truncate(1), "body.2", Misfit::Missing);
    check(
        |m| m.body.push(TextParameter::positional("x")),
        "body.3",
        Misfit::Superfluous,
    );
    check(
        |m| m.body[0].text = "A\nB".to_owned(),
        "body.1",
        Misfit::WhiteSpace,
    );
    check(|m| m.body[0].text.clear(), "body.1", Misfit::Empty);
    check(|m| m.buttons.clear(), "buttons.0", Misfit::Missing);
    check(
        |m| {
            m.buttons[0].value = ButtonValue::CopyCode {
                code: "A".to_owned(),
            }
        },
        "buttons.0",
        Misfit::WrongKind("the end of a link"),
    );
    check(
        |m| {
            m.buttons.push(button(
                5,
                ButtonValue::QuickReply {
                    payload: "x".to_owned(),
                },
            ))
        },
        "buttons.5",
        Misfit::Superfluous,
    );
    check(
        |m| {
            m.buttons.push(button(
                2,
                ButtonValue::QuickReply {
                    payload: "x".to_owned(),
                },
            ))
        },
        "buttons.2",
        Misfit::Superfluous,
    );
    check(
        |m| m.body[0].text = "x".repeat(1024),
        "body",
        Misfit::TooLong {
            limit: 1024,
            actual: 1024 + 29,
        },
    );
}

#[test]
fn named_values_are_matched_by_name_and_a_paused_template_is_no_template() {
    let mut message = TemplateMessage::new("gruss", "de");
    message.header = Some(HeaderParameter::Text(TextParameter::named("ort", "Mitte")));
    message.body = vec![TextParameter::named("vorname", "Anna")];
    assert_eq!(
        problems(&definition(1), &message),
        [
            (
                "template".to_owned(),
                Misfit::NotApproved("paused".to_owned())
            ),
            ("body.first_name".to_owned(), Misfit::Missing),
            ("body.vorname".to_owned(), Misfit::Superfluous),
        ]
    );
}

#[test]
fn a_filled_template_reads_as_the_customer_sees_it() {
    assert_eq!(
        definition(0).render(&reminder()),
        "[photo]\nHallo Anna, bis morgen um 11 Uhr!\nSalon Mitte"
    );
}

fn new_template() -> NewTemplate {
    NewTemplate {
        name: "termin_erinnerung".to_owned(),
        language: "de".to_owned(),
        category: "UTILITY".to_owned(),
        format: ParameterFormat::Positional,
        header: Some(NewHeader::Text {
            text: "Erinnerung".to_owned(),
            example: None,
        }),
        body: "Hallo {{1}}, bis morgen um {{2}} Uhr!".to_owned(),
        examples: vec![
            TextParameter::positional("Anna"),
            TextParameter::positional("11"),
        ],
        footer: Some("Salon Mitte".to_owned()),
        buttons: vec![NewButton::QuickReply {
            text: "Absagen".to_owned(),
        }],
    }
}

#[test]
fn a_new_template_is_described_for_the_platform() {
    let request = templates::create(&account(), "102290129340398", &new_template()).unwrap();
    assert_eq!(
        request.url,
        "https://graph.facebook.com/v25.0/102290129340398/message_templates"
    );
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(
        body,
        json!({
            "name": "termin_erinnerung", "language": "de", "category": "UTILITY",
            "parameter_format": "POSITIONAL",
            "components": [
                { "type": "HEADER", "format": "TEXT", "text": "Erinnerung" },
                { "type": "BODY", "text": "Hallo {{1}}, bis morgen um {{2}} Uhr!",
                  "example": { "body_text": [["Anna", "11"]] } },
                { "type": "FOOTER", "text": "Salon Mitte" },
                { "type": "BUTTONS", "buttons": [{ "type": "QUICK_REPLY", "text": "Absagen" }] },
            ],
        })
    );
    let created =
        templates::parse_created(br#"{"id":"5","status":"PENDING","category":"MARKETING"}"#);
    assert_eq!(created.unwrap().category.as_deref(), Some("MARKETING"));
    assert_eq!(templates::parse_created(b"{}"), None);
}

#[test]
fn definitions_that_the_platform_would_reject_do_not_leave() {
    let check = |change: fn(&mut NewTemplate), field: &str| {
        let mut template = new_template();
        change(&mut template);
        let error = templates::create(&account(), "1", &template).unwrap_err();
        assert_eq!(error.field(), field, "{error}");
    };
    check(|t| t.name = "Termin".to_owned(), "name");
    check(|t| t.name = "a".repeat(513), "name");
    check(|t| t.category = "SERVICE".to_owned(), "category");
    check(|t| t.body = "x".repeat(1025), "body");
    check(|t| t.body = "{{1}} und {{2}} da".to_owned(), "body");
    check(|t| t.body = "Hallo {{1}} und {{2}}".to_owned(), "body");
    check(|t| t.body = "Hallo {{1}} {{2}}!".to_owned(), "body");
    check(
        |t| t.body = "Hallo {{2}}, bis {{1}} Uhr!".to_owned(),
        "body",
    );
    check(|t| t.examples.truncate(1), "body");
    check(|t| t.footer = Some("f".repeat(61)), "footer");
    check(|t| t.footer = Some("Ihr {{1}} Team".to_owned()), "footer");
    check(
        |t| {
            t.header = Some(NewHeader::Text {
                text: "h".repeat(61),
                example: None,
            })
        },
        "header",
    );
    check(
        |t| {
            t.buttons = vec![NewButton::QuickReply {
                text: "x".repeat(26),
            }]
        },
        "buttons.text",
    );
    check(
        |t| {
            t.buttons = vec![
                NewButton::QuickReply {
                    text: "x".to_owned()
                };
                11
            ]
        },
        "buttons",
    );
    let url = |url: &str| NewButton::Url {
        text: "Auf".to_owned(),
        url: url.to_owned(),
        example: Some("https://example.org/1".to_owned()),
    };
    let with = |buttons: Vec<NewButton>| {
        let template = NewTemplate {
            buttons,
            ..new_template()
        };
        templates::create(&account(), "1", &template).map(|_| ())
    };
    let reply = || NewButton::QuickReply {
        text: "x".to_owned(),
    };
    let plain = "https://example.org/a";
    assert_eq!(
        with(vec![url(plain); 3]).unwrap_err().field(),
        "buttons.url"
    );
    assert!(with(vec![reply(), url(plain), reply()]).is_err());
    assert!(with(vec![reply(), reply(), url("https://example.org/{{1}}")]).is_ok());
    assert!(with(vec![url("https://example.org/{{1}}/a")]).is_err());
}
