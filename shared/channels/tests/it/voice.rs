//! Telephone calls: what is answered, and what is read.

use channels::twilio::outbound::{Call, call};
use channels::twilio::twiml::{
    self, Forward, Speech, Voicemail, Volume, after_forward, forward, play, speak, voicemail,
};
use channels::twilio::voice::{CallStatus, VoiceEvent, VoiceKind, parse};
use domain::channel::PhoneNumber;
use domain::settings::Locale;

use crate::fixtures::arrival;
use crate::reports::body;
use crate::sms::{account, form};

fn mailbox(locale: Locale, greeting: Option<&str>) -> Voicemail<'_> {
    Voicemail {
        locale,
        greeting,
        business_name: "Salon <Mitte> & Söhne",
        action: "https://hooks.example/v/done?a=1&b=2",
        recording_callback: "https://hooks.example/v/recording",
    }
}

fn event(name: &str) -> VoiceEvent {
    parse(&body("twilio_voice", name), arrival())
}

#[test]
fn mo_21_a_call_is_forwarded_and_then_the_caller_may_leave_a_message() {
    assert_eq!(event("incoming").kind, VoiceKind::Incoming);
    let to = PhoneNumber::parse("+4915198765432").unwrap();
    let answer = forward(&Forward {
        to: &to,
        ring_seconds: 20,
        action: "https://hooks.example/v/after?c=con_1&x=\"",
    })
    .unwrap();
    assert_eq!(
        answer,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Dial answerOnBridge=\"true\" timeout=\"20\" \
         action=\"https://hooks.example/v/after?c=con_1&amp;x=&quot;\" method=\"POST\">\
         <Number>+4915198765432</Number></Dial></Response>"
    );
    let after = |name| match event(name).kind {
        VoiceKind::Forwarded { result, .. } => {
            after_forward(result, &mailbox(Locale::De, None)).unwrap()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(after("forward_answered"), twiml::hang_up());
    let unanswered = after("forward_no_answer");
    assert!(
        unanswered.contains("Salon &lt;Mitte&gt; &amp; Söhne"),
        "{unanswered}"
    );
    assert!(unanswered.contains("<Record action=\"https://hooks.example/v/done?a=1&amp;b=2\""));
    assert!(matches!(
        event("voicemail").kind,
        VoiceKind::Voicemail {
            seconds: Some(19),
            ..
        }
    ));
    assert_eq!(event("voicemail_absent").kind, VoiceKind::NoVoicemail);
}

#[test]
fn the_greeting_speaks_the_language_of_the_business() {
    let english = voicemail(&mailbox(Locale::En, None)).unwrap();
    assert!(english.contains("<Say language=\"en-GB\">Hello, this is"));
    let own = voicemail(&mailbox(Locale::De, Some("Hallo <b>"))).unwrap();
    assert!(own.contains("<Say language=\"de-DE\">Hallo &lt;b&gt;</Say>"));
    let blank = voicemail(&mailbox(Locale::De, Some(" "))).unwrap();
    assert!(blank.contains("Guten Tag"));
    assert!(voicemail(&mailbox(Locale::De, Some(&"a".repeat(3_001)))).is_err());
}

#[test]
fn a_call_of_ours_speaks_or_plays() {
    let speech = Speech {
        text: "Danke, Anna & Bert!",
        locale: Locale::De,
        voice: Some("Polly.Vicki"),
        volume: Volume::Loud,
        rate_percent: 90,
        times: 1,
    };
    let spoken = speak(&speech).unwrap();
    assert!(spoken.contains(
        "<Say language=\"de-DE\" loop=\"1\" voice=\"Polly.Vicki\"><prosody rate=\"90%\" volume=\"loud\">\
         Danke, Anna &amp; Bert!</prosody></Say>"
    ));
    let evil = Speech {
        voice: Some("a\"/><Hangup"),
        ..speech.clone()
    };
    assert!(speak(&evil).is_err());
    assert!(play("http://example.org/a.mp3").is_err());
    assert!(
        play("https://example.org/a.mp3?x=1&y=2")
            .unwrap()
            .contains("x=1&amp;y=2</Play>")
    );

    let number = PhoneNumber::parse("+4915112345612").unwrap();
    let request = Call {
        to: &number,
        from: &number,
        twiml: &spoken,
        status_callback: Some("https://hooks.example/v/status"),
        ring_seconds: 30,
        detect_machine: true,
    };
    let sent = call(&account(), &request).unwrap();
    assert!(sent.url.ends_with("/Calls.json"));
    let names: Vec<String> = form(&sent).into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        [
            "To",
            "From",
            "Twiml",
            "Timeout",
            "MachineDetection",
            "StatusCallback",
            "StatusCallbackMethod",
            "StatusCallbackEvent",
            "StatusCallbackEvent"
        ]
    );
    let long = "a".repeat(4_001);
    assert!(
        call(
            &account(),
            &Call {
                twiml: &long,
                ..request.clone()
            }
        )
        .is_err()
    );
    assert!(
        call(
            &account(),
            &Call {
                ring_seconds: 601,
                ..request
            }
        )
        .is_err()
    );
}

#[test]
fn calls_end_in_a_status() {
    let status = |name| match event(name).kind {
        VoiceKind::Status {
            status, seconds, ..
        } => (status, seconds),
        other => panic!("{other:?}"),
    };
    assert_eq!(status("completed"), (CallStatus::Completed, Some(95)));
    assert_eq!(status("outgoing_answered"), (CallStatus::InProgress, None));
    assert_eq!(status("outgoing_busy"), (CallStatus::Busy, Some(0)));
    assert!(event("incoming").caller().is_some());
    assert_eq!(event("incoming_hidden").caller(), None);
}
