//! Mail, SMS, calls and signed webhooks: what we make of them, for others to compare.

use std::error::Error;

use channels::email::header::{Mailbox, encoded};
use channels::email::outbound::{
    Attachment, Email, OneClick, Origin, Thread, Tracking, send_email,
};
use channels::sms::{Sender, SenderName};
use channels::sns_sms::outbound::{SmsType, publish};
use channels::standard_webhooks::{Secret, headers};
use channels::twilio::outbound::{Account, Call, Sms, call, sms};
use channels::twilio::twiml::{
    Forward, Speech, Voicemail, Volume, forward, nothing, play, speak, voicemail,
};
use channels::twilio::verify::{Algorithm, sign};
use chrono::DateTime;
use domain::channel::PhoneNumber;
use domain::settings::Locale;
use serde_json::{Value, json};

/// Texts that are hard to encode.
const TEXTS: [&str; 6] = [
    "Hallo Anna",
    "Grüße & Küsse <b>\"'+=%\u{1f600}",
    "Zeile eins\nZeile zwei\r\nZeile drei\tTab",
    "Ğüşıöç – „Anführung“ … €",
    "e\u{301} \u{202e}rückwärts\u{200d}👩\u{200d}👧",
    "=?UTF-8?B?SGFsbG8=?= sieht nur so aus, ä",
];

pub(crate) fn all() -> Result<Value, Box<dyn Error>> {
    Ok(json!({
        "twilio_signatures": twilio_signatures(),
        "twilio_requests": twilio_requests()?,
        "twiml": twiml()?,
        "webhooks": webhooks()?,
        "encoded_words": TEXTS.map(|text| json!({ "text": text, "encoded": encoded(text) })),
        "mails": mails()?,
        "publish": published()?,
    }))
}

/// Always the same numbers (Knuth's MMIX generator).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % end
    }

    fn text(&mut self, longest: usize) -> String {
        const SIGNS: [char; 20] = [
            'a', 'b', 'Z', '0', '9', ' ', '+', '&', '=', '%', '/', ':', 'ä', 'ß', 'ğ', '€', '😀',
            '\n', '"', '_',
        ];
        let length = self.below(longest + 1);
        (0..length)
            .map(|_| SIGNS[self.below(SIGNS.len())])
            .collect()
    }
}

fn twilio_signatures() -> Vec<Value> {
    let mut numbers = Numbers(1);
    let mut one = |_| {
        let fields: Vec<(String, String)> = (0..numbers.below(8))
            .map(|_| (format!("F{}", numbers.text(6)), numbers.text(40)))
            .collect();
        // Sometimes the same name twice, with another value or the same.
        let fields: Vec<_> = match (fields.first().cloned(), numbers.below(3)) {
            (Some((name, _)), 0) => fields.into_iter().chain([(name, "x".to_owned())]).collect(),
            (Some(first), 1) => fields.into_iter().chain([first]).collect(),
            _ => fields,
        };
        let mut form = form_urlencoded::Serializer::new(String::new());
        let body = form.extend_pairs(&fields).finish();
        let port = ["", ":443", ":8443"][numbers.below(3)];
        let url = format!(
            "https://hooks.example{port}/t/{}?c={}",
            numbers.below(99),
            numbers.below(99)
        );
        let secret = format!("s{}", numbers.text(40));
        let signature = |algorithm| sign(algorithm, &secret, &url, body.as_bytes());
        json!({
            "url": url, "fields": fields, "secret": secret,
            "sha1": signature(Algorithm::Sha1), "sha256": signature(Algorithm::Sha256),
        })
    };
    (0..1_000).map(&mut one).collect()
}

fn twilio_requests() -> Result<Vec<Value>, Box<dyn Error>> {
    let account = Account {
        base_url: "https://provider.example",
        sid: "AC00000000000000000000000000000001",
        user: "AC00000000000000000000000000000001",
        secret: "geheim",
    };
    let (ours, theirs) = (
        PhoneNumber::parse("+493012345678")?,
        PhoneNumber::parse("+4915112345612")?,
    );
    let mut requests = Vec::new();
    for text in TEXTS {
        let request = sms(
            &account,
            &Sms {
                to: &theirs,
                from: &Sender::Number(ours.clone()),
                text,
                status_callback: Some("https://hooks.example/status"),
                validity_seconds: Some(3_600),
                smart_encoded: true,
            },
        )?;
        requests.push(json!({ "kind": "sms", "text": text, "url": request.url, "body": String::from_utf8(request.body)? }));
    }
    let twiml = play("https://example.org/a.mp3")?;
    let request = call(
        &account,
        &Call {
            to: &theirs,
            from: &ours,
            twiml: &twiml,
            status_callback: Some("https://hooks.example/status"),
            ring_seconds: 30,
            detect_machine: true,
        },
    )?;
    requests.push(json!({ "kind": "call", "text": twiml, "url": request.url, "body": String::from_utf8(request.body)? }));
    Ok(requests)
}

fn twiml() -> Result<Value, Box<dyn Error>> {
    let number = PhoneNumber::parse("+4915112345612")?;
    let mut spoken = Vec::new();
    for text in TEXTS {
        let xml = speak(&Speech {
            text,
            locale: Locale::De,
            voice: Some("Polly.Vicki"),
            volume: Volume::Loud,
            rate_percent: 90,
            times: 2,
        })?;
        let mailbox = voicemail(&Voicemail {
            locale: Locale::De,
            greeting: Some(text),
            business_name: "Salon",
            action: "https://hooks.example/done?a=1&b=2",
            recording_callback: "https://hooks.example/recording",
        })?;
        spoken.push(json!({ "text": text, "speak": xml, "voicemail": mailbox }));
    }
    Ok(json!({
        "nothing": nothing(),
        "play": play("https://example.org/a.mp3?x=1&y=2")?,
        "forward": forward(&Forward { to: &number, ring_seconds: 20, action: "https://hooks.example/after?a=1&b=2" })?,
        "spoken": spoken,
    }))
}

fn webhooks() -> Result<Vec<Value>, Box<dyn Error>> {
    let at = DateTime::from_timestamp(1_795_255_200, 0).ok_or("a time")?;
    let mut all = Vec::new();
    for (index, text) in TEXTS.iter().enumerate() {
        let byte = u8::try_from(index)?;
        let secrets = [Secret::new(&[byte; 24])?, Secret::new(&[255 - byte; 64])?];
        let body = json!({ "text": text }).to_string();
        let headers = headers(&format!("msg_{index}"), at, body.as_bytes(), &secrets);
        let secrets = secrets.map(|secret| secret.reveal());
        all.push(json!({ "body": body, "secrets": secrets, "headers": headers }));
    }
    Ok(all)
}

fn mails() -> Result<Vec<Value>, Box<dyn Error>> {
    let mut mails = Vec::new();
    for text in TEXTS {
        let line = text.replace(['\r', '\n', '\t'], " ");
        let email = Email {
            from: Mailbox::parse("salon@example.org")?.named(&line)?,
            to: Mailbox::parse("anna@example.com")?,
            reply_to: Some(Mailbox::parse("team@example.org")?.named("Team \"Mitte\", GmbH")?),
            subject: line.clone(),
            text: text.to_owned(),
            html: Some("<p>Hallo</p>".to_owned()),
            attachments: vec![Attachment {
                filename: "Angebot Müller.pdf".to_owned(),
                content_type: "application/pdf".to_owned(),
                content: b"%PDF-1.7".to_vec(),
                content_id: None,
            }],
            origin: Origin::Bulk,
            unsubscribe: Some(OneClick {
                link: "https://links.example.org/u/7hq2?a=1&b=2".to_owned(),
                mailto: Some(Mailbox::parse("abmelden@example.org")?),
            }),
            thread: Thread {
                in_reply_to: Some("<c@mail.example>".to_owned()),
                references: vec!["<a@mail.example>".to_owned()],
            },
            tracking: Tracking::default(),
            configuration_set: Some("nachfass".to_owned()),
            correlation: "msg_0199f0aa6d1c7a3c9f1e2d3c4b5a6978".to_owned(),
            tags: [("kind".to_owned(), "receipt".to_owned())].into(),
        };
        mails.push(json!({ "name": line.trim(), "call": send_email(&email)? }));
    }
    Ok(mails)
}

fn published() -> Result<Vec<Value>, Box<dyn Error>> {
    let to = PhoneNumber::parse("+4915112345612")?;
    let name = Sender::Name(SenderName::parse("Salon")?);
    let number = Sender::Number(PhoneNumber::parse("+493012345678")?);
    let mut calls = Vec::new();
    for (sender, kind) in [
        (None, SmsType::Promotional),
        (Some(&name), SmsType::Transactional),
        (Some(&number), SmsType::Transactional),
    ] {
        calls.push(serde_json::to_value(publish(
            &to,
            TEXTS[1],
            sender,
            kind,
            Some(500_000),
        )?)?);
    }
    Ok(calls)
}
