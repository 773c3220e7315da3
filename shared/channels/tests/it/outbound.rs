//! Requests, and what is refused before it leaves.

use channels::{
    Account, HttpRequest, OutboundAction, OutboundError, OutboundMessage, Purpose, To, request,
};
use domain::channel::{Channel, ChannelUser, PhoneNumber, ProviderMessageId};
use domain::content::{
    ButtonParameter, ButtonValue, Content, Degrees, HeaderParameter, Location, Media, MediaKind,
    TemplateMessage, TextParameter,
};
use serde_json::{Value, json};

const CORRELATION: &str = "msg_0199f0aa6d1c7a3c9f1e2d3c4b5a6978";

fn account(channel: Channel) -> Account<'static> {
    Account {
        channel,
        base_url: "https://platform.example/",
        api_version: "v25.0",
        id: "106540352242922",
        token: "123:geheim",
        sms: None,
    }
}

fn to(user: &str) -> To {
    To::user(ChannelUser::parse(user).unwrap())
}

fn send(channel: Channel, user: &str, message: &OutboundMessage) -> HttpRequest {
    match request(&account(channel), &to(user), message).unwrap() {
        OutboundAction::Http(request) => request,
        OutboundAction::Email(_) | OutboundAction::Loopback => panic!("no request leaves"),
    }
}

fn body(request: &HttpRequest) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

fn refused(channel: Channel, content: Content) -> OutboundError {
    let message = OutboundMessage::follow_up(content, CORRELATION);
    request(&account(channel), &to("1"), &message).unwrap_err()
}

fn text(text: &str) -> OutboundMessage {
    OutboundMessage::follow_up(Content::text(text), CORRELATION)
}

#[test]
fn whatsapp_gets_text() {
    let sent = send(
        Channel::WhatsApp,
        "4915123456789",
        &text("Hallo https://example.org"),
    );
    assert_eq!(
        sent.url,
        "https://platform.example/v25.0/106540352242922/messages"
    );
    let authorization = ("authorization".to_owned(), "Bearer 123:geheim".to_owned());
    assert!(sent.headers.contains(&authorization));
    assert_eq!(
        body(&sent),
        json!({
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": "+4915123456789",
            "type": "text",
            "text": { "body": "Hallo https://example.org", "preview_url": true },
            "biz_opaque_callback_data": CORRELATION,
        })
    );
}

#[test]
fn whatsapp_addresses_scoped_ids_and_numbers_differently() {
    let scoped = body(&send(Channel::WhatsApp, "DE.1349", &text("Hallo")));
    assert_eq!(scoped["recipient"], "DE.1349");
    assert!(scoped.get("to").is_none());
    let both = To {
        user: ChannelUser::parse("DE.1349").unwrap(),
        phone: Some(PhoneNumber::parse("+4915123456789").unwrap()),
    };
    let OutboundAction::Http(sent) =
        request(&account(Channel::WhatsApp), &both, &text("Hallo")).unwrap()
    else {
        panic!("nothing leaves");
    };
    assert!(body(&sent).get("to").is_none());
}

#[test]
fn whatsapp_gets_a_template_with_all_its_values() {
    let mut template = TemplateMessage::new("termin_erinnerung", "de");
    template.header = Some(HeaderParameter::Media(Media::by_link(
        MediaKind::Image,
        "https://example.org/salon.jpg",
    )));
    template.body = vec![
        TextParameter::positional("Anna"),
        TextParameter::positional("11 Uhr"),
    ];
    template.buttons = vec![
        ButtonParameter {
            index: 0,
            value: ButtonValue::Url {
                suffix: "t/8".to_owned(),
            },
        },
        ButtonParameter {
            index: 1,
            value: ButtonValue::QuickReply {
                payload: "stop".to_owned(),
            },
        },
        ButtonParameter {
            index: 2,
            value: ButtonValue::CopyCode {
                code: "HERBST".to_owned(),
            },
        },
    ];
    let message = OutboundMessage::follow_up(Content::Template(template), CORRELATION);
    let sent = body(&send(Channel::WhatsApp, "DE.1349", &message));
    assert_eq!(
        sent["template"],
        json!({
            "name": "termin_erinnerung",
            "language": { "code": "de" },
            "components": [
                { "type": "header", "parameters": [
                    { "type": "image", "image": { "link": "https://example.org/salon.jpg" } } ] },
                { "type": "body", "parameters": [
                    { "type": "text", "text": "Anna" }, { "type": "text", "text": "11 Uhr" } ] },
                { "type": "button", "sub_type": "url", "index": "0", "parameters": [
                    { "type": "text", "text": "t/8" } ] },
                { "type": "button", "sub_type": "quick_reply", "index": "1", "parameters": [
                    { "type": "payload", "payload": "stop" } ] },
                { "type": "button", "sub_type": "copy_code", "index": "2", "parameters": [
                    { "type": "coupon_code", "coupon_code": "HERBST" } ] },
            ],
        })
    );
}

#[test]
fn a_template_without_variables_has_no_components() {
    let template = Content::Template(TemplateMessage::new("danke", "de"));
    let message = OutboundMessage::follow_up(template, CORRELATION);
    let sent = body(&send(Channel::WhatsApp, "DE.1349", &message));
    assert!(sent["template"].get("components").is_none());
}

#[test]
fn named_values_carry_their_names() {
    let mut template = TemplateMessage::new("gruss", "de");
    template.header = Some(HeaderParameter::Text(TextParameter::named("ort", "Mitte")));
    template.body = vec![TextParameter::named("first_name", "Anna")];
    let message = OutboundMessage::follow_up(Content::Template(template), CORRELATION);
    let sent = body(&send(Channel::WhatsApp, "DE.1349", &message));
    let header = &sent["template"]["components"][0]["parameters"][0];
    assert_eq!(
        header,
        &json!({ "type": "text", "parameter_name": "ort", "text": "Mitte" })
    );
    let value = &sent["template"]["components"][1]["parameters"][0];
    assert_eq!(value["parameter_name"], "first_name");
}

#[test]
fn whatsapp_gets_media_places_and_quotes() {
    let document = Media {
        caption: Some("Ihr Angebot".to_owned()),
        filename: Some("Angebot.pdf".to_owned()),
        ..Media::by_link(MediaKind::Document, "https://example.org/a.pdf")
    };
    let mut message = OutboundMessage::follow_up(Content::Media(document), CORRELATION);
    message.reply_to = Some(ProviderMessageId::parse("wamid.A").unwrap());
    let sent = body(&send(Channel::WhatsApp, "DE.1349", &message));
    assert_eq!(
        sent["document"],
        json!({ "link": "https://example.org/a.pdf", "caption": "Ihr Angebot", "filename": "Angebot.pdf" })
    );
    assert_eq!(sent["context"], json!({ "message_id": "wamid.A" }));
    let place = Content::Location(Location {
        latitude: Degrees::parse(52.5).unwrap(),
        longitude: Degrees::parse(13.4).unwrap(),
        name: Some("Salon".to_owned()),
        address: None,
    });
    let sent = body(&send(
        Channel::WhatsApp,
        "DE.1349",
        &OutboundMessage::follow_up(place, CORRELATION),
    ));
    assert_eq!(
        sent["location"],
        json!({ "latitude": 52.5, "longitude": 13.4, "name": "Salon" })
    );
}

#[test]
fn pages_are_told_on_whose_initiative_a_message_is_sent() {
    let purpose = |channel, purpose| {
        let message = OutboundMessage {
            purpose,
            ..text("Hallo")
        };
        body(&send(channel, "6129874430219843", &message))
    };
    for channel in [Channel::Messenger, Channel::Instagram] {
        assert_eq!(
            purpose(channel, Purpose::FollowUp),
            json!({
                "recipient": { "id": "6129874430219843" },
                "messaging_type": "UPDATE",
                "message": { "text": "Hallo", "metadata": CORRELATION },
            })
        );
        assert_eq!(
            purpose(channel, Purpose::Reply)["messaging_type"],
            "RESPONSE"
        );
        let person = purpose(channel, Purpose::PersonAfterWindow);
        assert_eq!(person["messaging_type"], "MESSAGE_TAG");
        assert_eq!(person["tag"], "HUMAN_AGENT");
    }
}

#[test]
fn automation_never_carries_the_human_agent_tag() {
    for channel in Channel::ALL
        .into_iter()
        .filter(|it| !matches!(it, Channel::Sms | Channel::Email))
    {
        for purpose in [Purpose::FollowUp, Purpose::Reply] {
            let message = OutboundMessage {
                purpose,
                ..text("Hallo")
            };
            let action = request(&account(channel), &to("1"), &message).unwrap();
            if let OutboundAction::Http(sent) = action {
                assert!(
                    !String::from_utf8(sent.body)
                        .unwrap()
                        .contains("HUMAN_AGENT")
                );
            }
        }
    }
}

#[test]
fn whatsapp_has_no_tag_for_people_outside_the_window() {
    let check = |content: Content| {
        let message = OutboundMessage {
            purpose: Purpose::PersonAfterWindow,
            ..OutboundMessage::follow_up(content, CORRELATION)
        };
        request(&account(Channel::WhatsApp), &to("DE.1349"), &message).is_ok()
    };
    assert!(!check(Content::text("Hallo")));
    assert!(check(Content::Template(TemplateMessage::new(
        "danke", "de"
    ))));
}

#[test]
fn pages_get_media_without_text() {
    let file = Content::Media(Media::by_link(
        MediaKind::Document,
        "https://example.org/a.pdf",
    ));
    let message = OutboundMessage::follow_up(file, CORRELATION);
    let sent = body(&send(Channel::Messenger, "6129", &message));
    assert_eq!(
        sent["message"]["attachment"],
        json!({ "type": "file", "payload": { "url": "https://example.org/a.pdf", "is_reusable": false } })
    );
    let with_text = Media {
        caption: Some("Angebot".to_owned()),
        ..Media::by_link(MediaKind::Image, "https://example.org/a.png")
    };
    let error = refused(Channel::Instagram, Content::Media(with_text));
    assert_eq!(error.field(), "media.caption");
}

#[test]
fn telegram_gets_numbers_and_quotes_inside_the_chat() {
    let mut message = text("Hallo");
    message.reply_to = Some(ProviderMessageId::parse("5208831190:42").unwrap());
    let sent = send(Channel::Telegram, "5208831190", &message);
    assert_eq!(
        sent.url,
        "https://platform.example/bot123:geheim/sendMessage"
    );
    assert!(!format!("{sent:?}").contains("geheim"));
    assert_eq!(
        body(&sent),
        json!({
            "chat_id": 5_208_831_190_i64,
            "text": "Hallo",
            "reply_parameters": { "message_id": 42, "allow_sending_without_reply": true },
        })
    );
    let photo = Media {
        caption: Some("Bild".to_owned()),
        ..Media::by_link(MediaKind::Image, "https://example.org/a.png")
    };
    let message = OutboundMessage::follow_up(Content::Media(photo), CORRELATION);
    let sent = send(Channel::Telegram, "-1001928374650", &message);
    assert!(sent.url.ends_with("/sendPhoto"));
    assert_eq!(
        body(&sent),
        json!({ "chat_id": -1_001_928_374_650_i64, "photo": "https://example.org/a.png", "caption": "Bild" })
    );
}

#[test]
fn nothing_leaves_on_the_loopback_channel() {
    let action = request(&account(Channel::Loopback), &to("anna"), &text("Hallo")).unwrap();
    assert_eq!(action, OutboundAction::Loopback);
}

#[test]
fn every_limit_is_exact_and_names_itself() {
    for (channel, limit) in [
        (Channel::WhatsApp, 4096),
        (Channel::Messenger, 2000),
        (Channel::Instagram, 1000),
        (Channel::Telegram, 4096),
        (Channel::Loopback, 4096),
    ] {
        let fits = OutboundMessage::follow_up(Content::text("a".repeat(limit)), CORRELATION);
        assert!(
            request(&account(channel), &to("1"), &fits).is_ok(),
            "{channel}"
        );
        let error = refused(channel, Content::text("a".repeat(limit + 1)));
        let OutboundError::TooLong {
            field,
            limit: named,
            actual,
            ..
        } = &error
        else {
            panic!("{error}");
        };
        assert_eq!((*field, *named, *actual), ("text", limit, limit + 1));
    }
    // Instagram counts bytes: 501 umlauts are 1002 of them.
    let error = refused(Channel::Instagram, Content::text("ü".repeat(501)));
    assert_eq!(
        error.to_string(),
        "text has 1002 bytes, the limit is 1000: shorten it"
    );
}

#[test]
fn what_a_platform_cannot_do_is_refused_with_a_remedy() {
    let template = || Content::Template(TemplateMessage::new("danke", "de"));
    for channel in [Channel::Messenger, Channel::Instagram, Channel::Telegram] {
        let error = refused(channel, template());
        assert!(
            matches!(error, OutboundError::NotSupported { .. }),
            "{error}"
        );
        assert!(!error.remedy().is_empty());
    }
    let voice = Media {
        caption: Some("hör mal".to_owned()),
        ..Media::by_link(MediaKind::Audio, "https://example.org/a.mp3")
    };
    assert_eq!(
        refused(Channel::WhatsApp, Content::Media(voice)).field(),
        "media.caption"
    );
    let no_source = Content::Media(Media::empty(MediaKind::Image));
    assert!(matches!(
        refused(Channel::WhatsApp, no_source),
        OutboundError::Empty { .. }
    ));
    for link in ["ftp://a", "https://", "javascript:alert(1)", "https://a b"] {
        let media = Content::Media(Media::by_link(MediaKind::Image, link));
        assert_eq!(
            refused(Channel::Messenger, media).field(),
            "media.link",
            "{link}"
        );
    }
    assert!(matches!(
        refused(Channel::Telegram, Content::text(" \n")),
        OutboundError::Empty { .. }
    ));
}

#[test]
fn values_with_line_breaks_never_reach_the_platform() {
    for value in ["a\nb", "a\tb", "a     b", "", "  "] {
        let mut template = TemplateMessage::new("gruss", "de");
        template.body = vec![TextParameter::positional(value)];
        let error = refused(Channel::WhatsApp, Content::Template(template));
        assert_eq!(error.field(), "body.1", "{value:?}");
    }
    let mut template = TemplateMessage::new("gruss", "de");
    template.body = vec![TextParameter::positional("a    b")];
    let message = OutboundMessage::follow_up(Content::Template(template), CORRELATION);
    assert!(request(&account(Channel::WhatsApp), &to("1"), &message).is_ok());
}

#[test]
fn settings_cannot_break_out_of_the_address() {
    let message = text("Hallo");
    let check = |change: fn(&mut Account<'static>)| {
        let mut account = account(Channel::WhatsApp);
        change(&mut account);
        request(&account, &to("1"), &message)
            .unwrap_err()
            .field()
            .to_owned()
    };
    assert_eq!(check(|a| a.id = "1/../2"), "account.id");
    assert_eq!(check(|a| a.api_version = ""), "account.api_version");
    assert_eq!(check(|a| a.token = "a\r\nx: y"), "account.token");
    assert_eq!(
        check(|a| a.base_url = "platform.example"),
        "account.base_url"
    );
}

#[test]
fn the_correlation_has_a_limit() {
    let long = OutboundMessage::follow_up(Content::text("Hallo"), "x".repeat(513));
    let error = request(&account(Channel::WhatsApp), &to("1"), &long).unwrap_err();
    assert_eq!(error.field(), "correlation");
}

#[test]
fn a_bot_is_told_where_to_post() {
    let account = account(Channel::Telegram);
    let sent =
        channels::telegram::setup::set_webhook(&account, "https://example.org/in/8", "S3-cret_")
            .unwrap();
    assert!(sent.url.ends_with("/setWebhook"));
    let sent = body(&sent);
    assert_eq!(sent["secret_token"], "S3-cret_");
    assert!(
        sent["allowed_updates"]
            .as_array()
            .unwrap()
            .contains(&json!("my_chat_member"))
    );
    let refused =
        channels::telegram::setup::set_webhook(&account, "https://example.org", "a b").unwrap_err();
    assert_eq!(refused.field(), "webhook.secret");
}
