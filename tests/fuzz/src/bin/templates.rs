//! A page of templates as WhatsApp lists them, with the values of one message beside it under
//! `message`.
#![no_main]

use channels::whatsapp::parameters::check_parameters;
use channels::whatsapp::templates::{TemplateDefinition, parse_list};
use channels::{Account, OutboundMessage, To, request};
use domain::channel::{Channel, ChannelUser};
use domain::content::{Content, TemplateMessage};
use fuzz::table;
use serde_json::Value;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(page) = parse_list(data) else { return };
    let body: Value = serde_json::from_slice(data).expect("the page was read from it");
    let elements = body["data"].as_array().map_or(0, Vec::len);
    assert_eq!(
        page.templates.len() + page.unreadable.len(),
        elements,
        "none is lost"
    );
    let message = serde_json::from_value::<TemplateMessage>(body["message"].clone()).ok();
    for template in &page.templates {
        table::holds(template);
        if let Some(message) = &message {
            property(template, message);
        }
    }
});

fn property(template: &TemplateDefinition, message: &TemplateMessage) {
    let rendered = template.render(message);
    if check_parameters(template, message).is_err() {
        return;
    }
    let content = Content::Template(TemplateMessage {
        rendered: Some(rendered),
        ..message.clone()
    });
    table::holds(&content);
    let named = (1..=512).contains(&message.name.trim().len())
        && (1..=15).contains(&message.language.trim().len());
    if named {
        let account = Account {
            sms: None,
            channel: Channel::WhatsApp,
            base_url: "https://graph.facebook.com",
            api_version: "v25.0",
            id: "106540352242922",
            token: "token",
        };
        let to = To::user(ChannelUser::parse("4915112345678").expect("a user"));
        let message = OutboundMessage::follow_up(content, "msg_1");
        let request = request(&account, &to, &message);
        assert!(
            request.is_ok(),
            "values that fit cannot be sent: {request:?}"
        );
    }
    let plain = message
        .body
        .iter()
        .all(|value| !value.text.contains(['{', '}']));
    if let (Some(body), true) = (template.body(), plain) {
        let alone = TemplateDefinition {
            components: vec![body.clone()],
            ..template.clone()
        };
        let filled = alone.render(message);
        let left = body.variables();
        let left = left
            .iter()
            .find(|name| filled.contains(&format!("{{{{{name}}}}}")));
        assert_eq!(left, None, "a variable without its value: {filled}");
    }
}
