//! Mail: calls, answers, reports.

use channels::email::header::Mailbox;
use channels::email::inbound::{EmailEvent, Suppression, parse};
use channels::email::outbound::{
    Attachment, Email, OneClick, Origin, SendEmail, Thread, Tracking, send_email,
};
use channels::email::outcome::{Answer, classify};
use channels::inbound::DeliveryStatus;
use channels::{FailureReason, OutboundError, Outcome};
use chrono::TimeDelta;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fixtures::arrival;
use crate::reports::body;

fn mailbox(address: &str) -> Mailbox {
    Mailbox::parse(address).unwrap()
}

fn email() -> Email {
    Email {
        from: mailbox("salon@example.org").named("Salon Müller").unwrap(),
        to: mailbox("anna@example.com"),
        reply_to: None,
        subject: "Ihr Termin am Freitag – bis bald".to_owned(),
        text: "Hallo Anna".to_owned(),
        html: Some("<p>Hallo Anna</p>".to_owned()),
        attachments: Vec::new(),
        origin: Origin::Automatic,
        unsubscribe: Some(OneClick {
            link: "https://links.example.org/u/7hq2".to_owned(),
            mailto: Some(mailbox("abmelden@example.org")),
        }),
        thread: Thread::default(),
        tracking: Tracking::default(),
        configuration_set: Some("nachfass".to_owned()),
        correlation: "msg_0199f0aa6d1c7a3c9f1e2d3c4b5a6978".to_owned(),
        tags: [("kind".to_owned(), "booking_confirmation".to_owned())].into(),
    }
}

fn header<'a>(sent: &'a SendEmail, name: &str) -> Option<&'a str> {
    let headers = &sent.content.simple.headers;
    let found = headers.iter().find(|header| header.name == name);
    found.map(|header| header.value.as_str())
}

fn field(email: &Email) -> String {
    send_email(email).unwrap_err().field().to_owned()
}

#[test]
fn a_mail_becomes_the_call_of_the_api() {
    let mut email = email();
    email.reply_to = Some(mailbox("team@example.org"));
    email.tracking.clicks = true;
    email.attachments = vec![Attachment {
        filename: "Angebot Müller.pdf".to_owned(),
        content_type: "application/pdf".to_owned(),
        content: b"%PDF-".to_vec(),
        content_id: None,
    }];
    assert_eq!(
        serde_json::to_value(send_email(&email).unwrap()).unwrap(),
        json!({
            "FromEmailAddress": "=?UTF-8?B?U2Fsb24gTcO8bGxlcg==?= <salon@example.org>",
            "Destination": { "ToAddresses": ["anna@example.com"] },
            "ReplyToAddresses": ["team@example.org"],
            "Content": { "Simple": {
                "Subject": { "Data": "Ihr Termin am Freitag – bis bald", "Charset": "UTF-8" },
                "Body": {
                    "Text": { "Data": "Hallo Anna", "Charset": "UTF-8" },
                    "Html": { "Data": "<p>Hallo Anna</p>", "Charset": "UTF-8" },
                },
                "Headers": [
                    { "Name": "List-Unsubscribe", "Value": "<https://links.example.org/u/7hq2>, <mailto:abmelden@example.org?subject=unsubscribe>" },
                    { "Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click" },
                    { "Name": "Auto-Submitted", "Value": "auto-generated" },
                    { "Name": "X-Auto-Response-Suppress", "Value": "OOF, AutoReply" },
                ],
                "Attachments": [{
                    "RawContent": "JVBERi0=",
                    "FileName": "Angebot Müller.pdf",
                    "ContentType": "application/pdf",
                    "ContentDisposition": "ATTACHMENT",
                    "ContentTransferEncoding": "BASE64",
                }],
            } },
            "EmailTags": [
                { "Name": "message", "Value": "msg_0199f0aa6d1c7a3c9f1e2d3c4b5a6978" },
                { "Name": "kind", "Value": "booking_confirmation" },
            ],
            "ConfigurationSetName": "nachfass",
            "ConfigurationOverrides": { "Tracking": {
                "OpenTrackingEnabled": "DISABLED", "ClickTrackingEnabled": "ENABLED",
            } },
        })
    );
}

#[test]
fn nx_47_programs_are_told_not_to_answer_and_people_are_not() {
    let mut email = email();
    email.unsubscribe = None;
    email.origin = Origin::Person;
    assert!(
        send_email(&email)
            .unwrap()
            .content
            .simple
            .headers
            .is_empty()
    );
    email.origin = Origin::Automatic;
    let sent = send_email(&email).unwrap();
    assert_eq!(header(&sent, "Auto-Submitted"), Some("auto-generated"));
    assert_eq!(header(&sent, "Precedence"), None);
}

#[test]
fn nx_44_mail_to_many_has_a_way_out_or_does_not_leave() {
    let mut email = email();
    email.origin = Origin::Bulk;
    let sent = send_email(&email).unwrap();
    assert_eq!(header(&sent, "Precedence"), Some("bulk"));
    assert_eq!(
        header(&sent, "List-Unsubscribe-Post"),
        Some("List-Unsubscribe=One-Click")
    );
    email.unsubscribe = None;
    assert_eq!(field(&email), "unsubscribe");
    for wrong in [
        "http://a.example/u",
        "https://a.example/u>,<b",
        "https://a.example/ü",
        "https://",
    ] {
        email.unsubscribe = Some(OneClick {
            link: wrong.to_owned(),
            mailto: None,
        });
        assert_eq!(field(&email), "unsubscribe.link", "{wrong}");
    }
}

#[test]
fn an_answer_names_what_it_answers() {
    let mut email = email();
    email.thread = Thread {
        in_reply_to: Some("c@mail.example".to_owned()),
        references: vec![
            "<a@mail.example>".to_owned(),
            "no id".to_owned(),
            "<b@mail.example>".to_owned(),
        ],
    };
    let sent = send_email(&email).unwrap();
    assert_eq!(header(&sent, "In-Reply-To"), Some("<c@mail.example>"));
    assert_eq!(
        header(&sent, "References"),
        Some("<a@mail.example> <b@mail.example> <c@mail.example>")
    );
    email.thread.references = (0..100)
        .map(|n| format!("<{n}@{}>", "x".repeat(40)))
        .collect();
    let sent = send_email(&email).unwrap();
    let references = header(&sent, "References").unwrap();
    assert!(references.len() <= 995 && references.starts_with("<0@"));
    assert!(references.ends_with("<c@mail.example>") && references.contains("<99@"));
}

#[test]
fn what_ses_would_refuse_is_refused_here() {
    let change = |change: &dyn Fn(&mut Email)| {
        let mut email = email();
        change(&mut email);
        field(&email)
    };
    assert_eq!(change(&|e| e.subject = " ".to_owned()), "subject");
    assert_eq!(
        change(&|e| e.subject = "a\r\nBcc: b@c.example".to_owned()),
        "subject"
    );
    assert_eq!(change(&|e| e.subject = "a".repeat(501)), "subject");
    assert_eq!(change(&|e| e.text = String::new()), "text");
    assert_eq!(change(&|e| e.correlation = "a.b".to_owned()), "tags");
    assert_eq!(
        change(&|e| drop(e.tags.insert("message".to_owned(), "x".to_owned()))),
        "tags"
    );
    assert_eq!(
        change(&|e| drop(e.tags.insert("a".to_owned(), String::new()))),
        "tags"
    );
    let attach = |filename: &str, content_type: &str, content_id: Option<&str>| Attachment {
        filename: filename.to_owned(),
        content_type: content_type.to_owned(),
        content: vec![0],
        content_id: content_id.map(str::to_owned),
    };
    assert_eq!(
        change(&|e| e.attachments = vec![attach("a\r\n", "a/b", None)]),
        "attachment.filename"
    );
    assert_eq!(
        change(&|e| e.attachments = vec![attach("../a", "a/b", None)]),
        "attachment.filename"
    );
    assert_eq!(
        change(&|e| e.attachments = vec![attach("a", "pdf", None)]),
        "attachment.content_type"
    );
    assert_eq!(
        change(&|e| e.attachments = vec![attach("a", "a/b", Some("a b"))]),
        "attachment.content_id"
    );
    assert_eq!(
        change(&|e| e.attachments = vec![attach("a", "a/b", None); 21]),
        "attachments"
    );
    let big = Attachment {
        content: vec![0; 30_000_000],
        ..attach("a", "a/b", None)
    };
    assert_eq!(
        change(&|e| e.attachments = vec![big.clone()]),
        "attachments"
    );
}

#[test]
fn answers_have_classes() {
    let refused = |status, code, message| {
        classify(&Answer::Refused {
            status,
            code,
            message,
        })
    };
    let class = |status, code| refused(status, code, "x").class();
    assert_eq!(class(429, "TooManyRequestsException"), "retry");
    assert_eq!(
        class(400, "com.amazonaws.sesv2#TooManyRequestsException:http://x"),
        "retry"
    );
    assert_eq!(class(500, "InternalFailure"), "unknown");
    assert_eq!(class(502, ""), "unknown");
    assert_eq!(class(503, "ServiceUnavailable"), "retry");
    assert_eq!(class(504, ""), "unknown");
    for code in [
        "AccountSuspendedException",
        "SendingPausedException",
        "MailFromDomainNotVerifiedException",
        "LimitExceededException",
        "AccessDeniedException",
    ] {
        assert!(refused(400, code, "x").stops_connection(), "{code}");
    }
    for code in [
        "MessageRejected",
        "BadRequestException",
        "NotFoundException",
    ] {
        assert_eq!(class(400, code), "request_bug", "{code}");
    }
    assert_eq!(class(418, "Teapot"), "unrecognised");
    let daily = refused(
        429,
        "TooManyRequestsException",
        "Daily message quota exceeded",
    );
    assert_eq!(daily.holds_connection(1), Some(TimeDelta::minutes(10)));
    assert!(matches!(
        classify(&Answer::Accepted {
            message_id: "0107-1"
        }),
        Outcome::Accepted { .. }
    ));
    assert_eq!(
        classify(&Answer::Accepted { message_id: "" }).class(),
        "unknown"
    );
    let hidden = refused(
        400,
        "MessageRejected",
        "Email address is not verified: anna@example.com",
    );
    assert!(!hidden.detail().unwrap().to_string().contains("anna@"));
}

fn events(name: &str) -> Vec<EmailEvent> {
    parse(&body("ses", name), arrival()).unwrap()
}

fn event(name: &str) -> EmailEvent {
    let [event] = events(name).try_into().expect("one event");
    event
}

#[test]
fn permanent_bounces_and_complaints_suppress_and_nothing_else_does() {
    let check = |name, suppresses| assert_eq!(event(name).suppresses(), suppresses, "{name}");
    check("bounce_permanent", Some(Suppression::Bounced));
    check("bounce_suppressed", Some(Suppression::Bounced));
    check("identity_bounce", Some(Suppression::Bounced));
    check("bounce_content", None);
    check("bounce_mailbox_full", None);
    check("bounce_undetermined", None);
    check("complaint_not_spam", None);
    check("complaint_on_list", Some(Suppression::Complained));
    for name in [
        "send",
        "delivery",
        "open",
        "click",
        "reject",
        "delay",
        "new_event",
    ] {
        check(name, None);
    }
    let complaints = events("complaint");
    assert_eq!(complaints.len(), 2, "everybody the complaint names");
    assert!(
        complaints
            .iter()
            .all(|one| one.suppresses() == Some(Suppression::Complained))
    );
}

#[test]
fn reports_raise_the_status_and_say_why_it_failed() {
    let status = |name| event(name).status();
    assert_eq!(status("send"), Some(DeliveryStatus::Sent));
    assert_eq!(status("delivery"), Some(DeliveryStatus::Delivered));
    assert_eq!(status("delivery_raw"), Some(DeliveryStatus::Delivered));
    assert_eq!(
        status("delivery_eventbridge"),
        Some(DeliveryStatus::Delivered)
    );
    for name in [
        "bounce_permanent",
        "bounce_mailbox_full",
        "reject",
        "rendering_failure",
        "complaint_on_list",
    ] {
        assert_eq!(status(name), Some(DeliveryStatus::Failed), "{name}");
        assert!(event(name).failure().is_some(), "{name}");
    }
    for name in [
        "open",
        "click",
        "delay",
        "complaint_not_spam",
        "subscription",
    ] {
        assert_eq!(status(name), None, "{name}");
        assert_eq!(event(name).failure(), None, "{name}");
    }
    assert!(
        event("bounce_permanent")
            .failure()
            .unwrap()
            .is_unreachable()
    );
    assert!(
        !event("bounce_mailbox_full")
            .failure()
            .unwrap()
            .is_unreachable()
    );
    assert!(matches!(
        event("bounce_content").failure(),
        Some(Outcome::Permanent {
            reason: FailureReason::RequestBug,
            ..
        })
    ));
    let correlation = event("delivery").correlation;
    assert_eq!(
        correlation.as_deref(),
        Some("msg_0199f0aa6d1c7a3c9f1e2d3c4b5a6978")
    );
    assert_eq!(
        event("delivery_eventbridge").recipient.unwrap().reveal(),
        "anna@example.com"
    );
}

#[test]
fn a_topic_confirmation_is_kept_for_a_person() {
    let event = event("subscription_confirmation");
    assert!(
        event
            .raw
            .is_some_and(|raw: Value| raw["SubscribeURL"].is_string())
    );
}

proptest! {
    #[test]
    fn no_text_gets_into_another_header(subject in any::<String>(), name in any::<String>(), id in any::<String>()) {
        let mut email = email();
        email.subject = subject.clone();
        email.thread.references = vec![id];
        let Ok(from) = mailbox("a@b.example").named(&name) else { return Ok(()); };
        email.from = from;
        match send_email(&email) {
            Ok(sent) => {
                prop_assert!(!subject.chars().any(char::is_control));
                let json = serde_json::to_value(&sent).unwrap();
                let headers = json["Content"]["Simple"]["Headers"].as_array().unwrap();
                let values = headers.iter().map(|header| header["Value"].as_str().unwrap());
                for value in values.chain([sent.from_email_address.as_str()]) {
                    prop_assert!(value.chars().all(|c| c == ' ' || c.is_ascii_graphic()), "{value}");
                    prop_assert!(value.len() <= 995);
                }
            }
            Err(OutboundError::Invalid { field, .. } | OutboundError::Empty { field, .. } | OutboundError::TooLong { field, .. }) => {
                prop_assert_eq!(field, "subject");
            }
            Err(other) => prop_assert!(false, "{}", other),
        }
    }
}
