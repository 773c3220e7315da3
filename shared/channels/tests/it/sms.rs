//! SMS over both providers, and messages in the app.

use channels::in_app::{self, InAppMessage};
use channels::inbound::{DeliveryStatus, InboundKind};
use channels::outcome::{Response, TransportError};
use channels::sms::{Sender, SenderName, SmsEvent};
use channels::sns_sms::outbound::{SmsType, publish};
use channels::standard_webhooks::Secret;
use channels::twilio::outbound::{Account, Sms, sms};
use channels::twilio::outcome::{accepted, classify, classify_report};
use channels::{HttpRequest, OutboundError, Outcome, sns_sms, twilio};
use domain::channel::{PhoneNumber, ProviderMessageId};
use domain::content::Content;
use domain::keyword::Keyword;
use serde_json::json;

use crate::fixtures::arrival;
use crate::reports::body;

fn phone(number: &str) -> PhoneNumber {
    PhoneNumber::parse(number).unwrap()
}

pub(crate) fn account() -> Account<'static> {
    Account {
        base_url: "https://provider.example/",
        sid: "AC00000000000000000000000000000001",
        user: "SK1",
        secret: "geheim",
    }
}

pub(crate) fn form(request: &HttpRequest) -> Vec<(String, String)> {
    let text = String::from_utf8(request.body.clone()).unwrap();
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap();
        (name.to_owned(), value.to_owned())
    };
    text.split('&').map(pair).collect()
}

fn request(from: &Sender, text: &str) -> Result<HttpRequest, OutboundError> {
    let to = phone("+4915112345612");
    sms(
        &account(),
        &Sms {
            to: &to,
            from,
            text,
            status_callback: Some("https://hooks.example/twilio/status?c=con_1"),
            validity_seconds: Some(3_600),
            smart_encoded: false,
        },
    )
}

#[test]
fn an_sms_becomes_a_form() {
    let from = Sender::Number(phone("+493012345678"));
    let sent = request(&from, "Grüße & Küsse + 😀").unwrap();
    assert_eq!(
        sent.url,
        "https://provider.example/2010-04-01/Accounts/AC00000000000000000000000000000001/Messages.json"
    );
    let authorization = (
        "authorization".to_owned(),
        "Basic U0sxOmdlaGVpbQ==".to_owned(),
    );
    assert!(sent.headers.contains(&authorization));
    assert_eq!(
        String::from_utf8(sent.body.clone()).unwrap(),
        "To=%2B4915112345612&From=%2B493012345678&Body=Gr%C3%BC%C3%9Fe+%26+K%C3%BCsse+%2B+%F0%9F%98%80\
         &StatusCallback=https%3A%2F%2Fhooks.example%2Ftwilio%2Fstatus%3Fc%3Dcon_1&ValidityPeriod=3600\
         &SmartEncoded=false"
    );
    assert!(!format!("{sent:?} {:?}", account()).contains("geheim"));
}

#[test]
fn a_pool_and_a_name_are_senders_too() {
    let name = |from: &Sender| form(&request(from, "x").unwrap())[1].clone();
    let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let pool = Sender::Pool("MG1".to_owned());
    assert_eq!(name(&pool), own("MessagingServiceSid", "MG1"));
    let salon = Sender::Name(SenderName::parse("Salon").unwrap());
    assert_eq!(name(&salon), own("From", "Salon"));
}

#[test]
fn what_the_provider_would_refuse_is_refused_here() {
    let from = Sender::Number(phone("+493012345678"));
    assert!(request(&from, &"a".repeat(1_600)).is_ok());
    assert_eq!(
        request(&from, &"a".repeat(1_601)).unwrap_err().field(),
        "text"
    );
    assert_eq!(request(&from, " ").unwrap_err().field(), "text");
    let to = phone("+4915112345612");
    let base = Sms {
        to: &to,
        from: &from,
        text: "x",
        status_callback: None,
        validity_seconds: None,
        smart_encoded: true,
    };
    let underscore = Sms {
        status_callback: Some("https://a_b.example/x"),
        ..base.clone()
    };
    assert_eq!(
        sms(&account(), &underscore).unwrap_err().field(),
        "status_callback"
    );
    let late = Sms {
        validity_seconds: Some(36_001),
        ..base.clone()
    };
    assert_eq!(
        sms(&account(), &late).unwrap_err().field(),
        "validity_seconds"
    );
    let other = Account {
        sid: "AC1/../x",
        ..account()
    };
    assert_eq!(sms(&other, &base).unwrap_err().field(), "account.sid");
    let blank = Account {
        secret: " ",
        ..account()
    };
    assert_eq!(sms(&blank, &base).unwrap_err().field(), "account.secret");
    let nowhere = Account {
        base_url: "provider.example",
        ..account()
    };
    assert_eq!(
        sms(&nowhere, &base).unwrap_err().field(),
        "account.base_url"
    );
}

fn answer(status: u16, body: &str) -> Outcome {
    classify(&Response {
        status,
        retry_after: None,
        body: body.as_bytes(),
    })
}

#[test]
fn twilio_codes() {
    let class = |code: i64, status: u16| {
        let body = json!({ "code": code, "message": "x", "more_info": "y", "status": status });
        answer(status, &body.to_string()).class()
    };
    for code in [21_211, 21_612, 21_614, 30_004, 30_005, 30_006] {
        assert_eq!(class(code, 400), "recipient_unreachable", "{code}");
        assert_eq!(classify_report(Some(code)).class(), "recipient_unreachable");
    }
    assert_eq!(class(21_610, 400), "opted_out");
    assert_eq!(class(30_007, 400), "filtered");
    for code in [21_603, 21_604, 21_617, 30_019] {
        assert_eq!(class(code, 400), "request_bug", "{code}");
    }
    for code in [20_003, 21_408, 21_606, 21_659, 30_032, 30_034] {
        assert_eq!(class(code, 400), "connection_stopped", "{code}");
    }
    for (code, status) in [
        (20_429, 429),
        (30_001, 400),
        (30_003, 400),
        (30_008, 400),
        (14_107, 400),
        (20_500, 500),
        (99_999, 503),
    ] {
        assert_eq!(class(code, status), "retry", "{code}");
    }
    // What was taken and did not get through is not sent again.
    for code in [30_003, 30_008] {
        assert_eq!(
            classify_report(Some(code)).class(),
            "not_delivered",
            "{code}"
        );
    }
    assert_eq!(classify_report(Some(21_610)).class(), "opted_out");
    assert!(classify_report(Some(30_001)).holds_connection(1).is_some());
    assert_eq!(class(77_777, 400), "unrecognised");
    assert_eq!(classify_report(None).class(), "unrecognised");
    assert_eq!(answer(504, "").class(), "unknown");
    assert_eq!(answer(500, "<html>").class(), "retry");
    assert_eq!(answer(401, "{}").class(), "connection_stopped");
    assert_eq!(answer(201, "{}").class(), "unknown");
    assert_eq!(
        answer(201, r#"{"sid":"SM1","error_code":null,"num_segments":"2"}"#).class(),
        "accepted"
    );
    assert_eq!(
        answer(201, r#"{"sid":"SM1","error_code":21610}"#).class(),
        "opted_out"
    );
    let response = Response {
        status: 201,
        retry_after: None,
        body: br#"{"sid":"SM1","num_segments":"2"}"#,
    };
    assert_eq!(accepted(&response).unwrap().1, 2);
}

fn event(name: &str) -> SmsEvent {
    twilio::inbound::parse(&body("twilio_sms", name), arrival())
}

#[test]
fn what_came_in_is_a_message_and_what_went_out_has_a_status() {
    let text = event("text");
    assert_eq!(text.phone(), Some(phone("+4915112345612")));
    let InboundKind::Message(message) = &text.kind else {
        panic!()
    };
    assert_eq!(
        message.content,
        Content::text("Passt Samstag um 11? Grüße & Küsse 😀")
    );
    let InboundKind::Message(stop) = event("stop").kind else {
        panic!()
    };
    assert_eq!(stop.opt_out, Some(Keyword::Stop));
    assert_eq!(event("short_code").phone(), None);
    let status = |name| match event(name).kind {
        InboundKind::Status(update) => Some((update.status, update.errors.first().map(|e| e.code))),
        _ => None,
    };
    assert_eq!(
        status("status_delivered"),
        Some((DeliveryStatus::Delivered, None))
    );
    assert_eq!(
        status("status_undelivered"),
        Some((DeliveryStatus::Failed, Some(30_005)))
    );
    assert_eq!(status("status_queued"), None);
    assert_eq!(
        event("status_sent").phone(),
        Some(phone("+4915112345612")),
        "the customer"
    );
}

#[test]
fn the_aws_way_takes_a_name_or_a_number() {
    let to = phone("+4915112345612");
    let salon = Sender::Name(SenderName::parse("Salon").unwrap());
    let call = publish(
        &to,
        "Hallo",
        Some(&salon),
        SmsType::Transactional,
        Some(1_250_000),
    )
    .unwrap();
    assert_eq!(
        serde_json::to_value(&call).unwrap(),
        json!({
            "PhoneNumber": "+4915112345612",
            "Message": "Hallo",
            "MessageAttributes": {
                "AWS.SNS.SMS.MaxPrice": { "DataType": "Number", "StringValue": "1.250000" },
                "AWS.SNS.SMS.SMSType": { "DataType": "String", "StringValue": "Transactional" },
                "AWS.SNS.SMS.SenderID": { "DataType": "String", "StringValue": "Salon" },
            },
        })
    );
    let pool = Sender::Pool("MG1".to_owned());
    assert!(publish(&to, "x", Some(&pool), SmsType::Promotional, None).is_err());
    let spaced = Sender::Name(SenderName::parse("Salon Mitte").unwrap());
    assert!(publish(&to, "x", Some(&spaced), SmsType::Promotional, None).is_err());
    assert!(publish(&to, &"a".repeat(1_601), None, SmsType::Promotional, None).is_err());
}

#[test]
fn sns_answers_have_classes() {
    use sns_sms::outcome::{Answer, classify};
    let class = |status, code| {
        classify(&Answer::Refused {
            status,
            code,
            message: "x",
        })
        .class()
    };
    assert_eq!(class(400, "ThrottledException"), "retry");
    assert_eq!(class(500, "InternalError"), "retry");
    assert_eq!(class(504, ""), "unknown");
    assert_eq!(class(400, "InvalidParameter"), "request_bug");
    assert_eq!(class(400, "ValidationException"), "request_bug");
    assert_eq!(class(403, "AuthorizationError"), "connection_stopped");
    assert_eq!(class(400, "KMSAccessDenied"), "connection_stopped");
    assert_eq!(class(400, "Other"), "unrecognised");
    assert!(classify(&Answer::OptedOut).is_unreachable());
    assert_eq!(
        classify(&Answer::Accepted { message_id: "a" }).class(),
        "accepted"
    );
}

#[test]
fn an_answer_over_aws_names_what_it_answers() {
    let read =
        |name| sns_sms::inbound::parse(&body("end_user_messaging", name), arrival()).unwrap();
    let event = read("text");
    let InboundKind::Message(message) = &event.kind else {
        panic!()
    };
    assert_eq!(
        message.reply_to.as_ref().unwrap().reveal(),
        "wJalrXUtnFEMI-K7MDENG"
    );
    assert!(!event.at_is_ours, "the envelope tells the time");
    assert!(read("text_raw").at_is_ours);
}

#[test]
fn the_app_is_told_with_a_signature_and_may_be_told_again() {
    let message = InAppMessage {
        id: "msg_0199f0aa6d1c7a3c9f1e2d3c4b5a6978".to_owned(),
        conversation: "cnv_1".to_owned(),
        customer: "cus_1".to_owned(),
        text: "Hallo Anna".to_owned(),
        link: None,
        created_at: arrival(),
        read_at: None,
    };
    let secrets = [Secret::new(&[7; 32]).unwrap()];
    let address = "https://app.example/hooks/nachfass";
    let sent = in_app::created(address, &message, &secrets, arrival()).unwrap();
    let names: Vec<&str> = sent.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "content-type",
            "webhook-id",
            "webhook-timestamp",
            "webhook-signature"
        ]
    );
    let body: serde_json::Value = serde_json::from_slice(&sent.body).unwrap();
    assert_eq!(body["type"], "in_app_message.created");
    assert_eq!(body["data"]["text"], "Hallo Anna");
    assert!(in_app::created(address, &message, &[], arrival()).is_err());
    assert!(in_app::created("app.example", &message, &secrets, arrival()).is_err());
    assert!(!format!("{message:?}").contains("Anna"));
    assert_eq!(
        message.clone().read(arrival()).read(arrival()).read_at,
        Some(arrival())
    );

    let id = ProviderMessageId::parse(&message.id).unwrap();
    let answer = |status| {
        let response = Response {
            status,
            retry_after: Some("30"),
            body: b"",
        };
        in_app::classify(&id, Ok(response)).class()
    };
    assert_eq!([answer(200), answer(204)], ["accepted"; 2]);
    assert_eq!(
        [answer(302), answer(400), answer(429), answer(500)],
        ["retry"; 4]
    );
    assert_eq!(answer(410), "connection_stopped");
    let lost = TransportError::MaybeSent("timeout".to_owned());
    assert_eq!(in_app::classify(&id, Err(lost)).class(), "retry");
}
