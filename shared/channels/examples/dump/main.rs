//! Prints what this crate makes of its fixtures and of a few sample messages, as one JSON
//! document, so that programs in other languages can compare it with what they make of them.

mod providers;

use std::error::Error;
use std::fs;
use std::path::Path;

use channels::{Account, OutboundAction, OutboundMessage, To, parse, request};
use domain::channel::{Channel, ChannelUser};
use domain::content::{
    ButtonParameter, ButtonValue, Content, Degrees, HeaderParameter, Location, Media, MediaKind,
    TemplateMessage, TextParameter,
};
use serde_json::{Map, Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let dump = json!({
        "inbound": inbound()?,
        "outbound": outbound()?,
        "signatures": signatures(),
        "providers": providers::all()?,
    });
    #[expect(clippy::print_stdout, reason = "printing is what this program is for")]
    {
        println!("{dump:#}");
    }
    Ok(())
}

/// Channel, then fixture, then the payload and what it was read as.
fn inbound() -> Result<Value, Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let received_at = "2026-11-22T12:00:00Z".parse()?;
    let mut channels = Map::new();
    // The forms of SMS providers are dumped by `providers`.
    for channel in Channel::ALL
        .into_iter()
        .filter(|it| !matches!(it, Channel::Sms | Channel::Email))
    {
        let mut fixtures = Map::new();
        for entry in fs::read_dir(root.join(channel.as_str()))? {
            let path = entry?.path();
            let raw = fs::read(&path)?;
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            let payload: Value = serde_json::from_slice(&raw)?;
            let batch = parse(channel, &raw, received_at)?;
            let events = serde_json::to_value(batch.events)?;
            fixtures.insert(
                name.into_owned(),
                json!({ "payload": payload, "events": events }),
            );
        }
        channels.insert(channel.to_string(), fixtures.into());
    }
    Ok(channels.into())
}

/// Bodies with the signature that Meta would send beside them.
fn signatures() -> Vec<Value> {
    let bodies = ["", "{}", r#"{"text":"Grüße \u00fc 😀"}"#];
    let secrets = [
        "geheim",
        "ein sehr langes Geheimnis, länger als ein Block der Prüfsumme, also als 64 Zeichen",
    ];
    let pairs = bodies
        .iter()
        .flat_map(|body| secrets.map(|secret| (body, secret)));
    pairs
        .map(|(body, secret)| {
            let signature = channels::verify::sign(secret, body.as_bytes());
            json!({ "body": body, "secret": secret, "signature": signature })
        })
        .collect()
}

/// Channel, then sample, then the request.
fn outbound() -> Result<Value, Box<dyn Error>> {
    let mut channels = Map::new();
    for channel in [
        Channel::WhatsApp,
        Channel::Messenger,
        Channel::Instagram,
        Channel::Telegram,
    ] {
        let mut requests = Map::new();
        for (name, content) in samples()? {
            let account = Account {
                channel,
                base_url: "https://platform.example",
                api_version: "v25.0",
                id: "106540352242922",
                token: "123:token",
                sms: None,
            };
            let to = To::user(ChannelUser::parse("4915123456789")?);
            let message = OutboundMessage::follow_up(content, "msg_0199f0aa6d1c7a3c");
            // Not every platform takes every sample.
            if let Ok(OutboundAction::Http(request)) = request(&account, &to, &message) {
                let body: Value = serde_json::from_slice(&request.body)?;
                requests.insert(name.to_owned(), json!({ "url": request.url, "body": body }));
            }
        }
        channels.insert(channel.to_string(), requests.into());
    }
    Ok(channels.into())
}

fn samples() -> Result<Vec<(&'static str, Content)>, Box<dyn Error>> {
    let image = || Media::by_link(MediaKind::Image, "https://example.org/salon.jpg");
    let mut positional = TemplateMessage::new("termin_erinnerung", "de");
    positional.header = Some(HeaderParameter::Media(image()));
    positional.body = vec![
        TextParameter::positional("Anna"),
        TextParameter::positional("11 Uhr"),
    ];
    positional.buttons = vec![
        button(
            0,
            ButtonValue::Url {
                suffix: "t/8".to_owned(),
            },
        ),
        button(
            1,
            ButtonValue::QuickReply {
                payload: "absagen".to_owned(),
            },
        ),
        button(
            2,
            ButtonValue::CopyCode {
                code: "HERBST".to_owned(),
            },
        ),
    ];
    let mut named = TemplateMessage::new("gruss", "de");
    named.header = Some(HeaderParameter::Text(TextParameter::named("ort", "Mitte")));
    named.body = vec![TextParameter::named("first_name", "Anna")];
    Ok(vec![
        ("text", Content::text("Hallo Anna, passt Samstag?")),
        (
            "text_with_link",
            Content::text("Hier geht es weiter: https://example.org/t/8"),
        ),
        ("image", Content::Media(image())),
        (
            "image_with_caption",
            Content::Media(Media {
                caption: Some("Unser Salon".to_owned()),
                ..image()
            }),
        ),
        (
            "document",
            Content::Media(Media {
                caption: Some("Ihr Angebot".to_owned()),
                filename: Some("Angebot.pdf".to_owned()),
                ..Media::by_link(MediaKind::Document, "https://example.org/angebot.pdf")
            }),
        ),
        (
            "audio",
            Content::Media(Media::by_link(
                MediaKind::Audio,
                "https://example.org/gruss.mp3",
            )),
        ),
        (
            "location",
            Content::Location(Location {
                latitude: Degrees::parse(52.516024)?,
                longitude: Degrees::parse(13.376915)?,
                name: Some("Salon Mitte".to_owned()),
                address: Some("Torstraße 12".to_owned()),
            }),
        ),
        ("template_positional", Content::Template(positional)),
        ("template_named", Content::Template(named)),
        (
            "template_plain",
            Content::Template(TemplateMessage::new("danke", "de")),
        ),
    ])
}

fn button(index: u8, value: ButtonValue) -> ButtonParameter {
    ButtonParameter { index, value }
}
