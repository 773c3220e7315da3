//! Telephone calls: what the caller is told, what the conversation shows, and what the month counts.

use chrono::TimeDelta;
use domain::channel::ChannelUser;
use domain::content::{CallOutcome, Content};
use domain::conversation::Conversation;
use domain::message::Status;
use http::Method;
use local::Answer as Provider;
use serde_json::{Value, json};

use crate::sms::{HOST, World};

const ANNA: &str = "+4915112345612";
const PRIVATE: &str = "+4915198765432";

impl World {
    async fn answers_calls(&self, voice: Value) -> Value {
        let path = format!("/v1/connections/{}", self.connection);
        let change = json!({"voice": voice});
        let changed = self.installation.admin(Method::PATCH, &path, change).await;
        let later = self.installation.now() + TimeDelta::minutes(2);
        // What a connection says is kept for a minute.
        self.installation.clock.set(later).unwrap();
        changed.expect(200).json()
    }

    /// What a caller hears next, in the provider's language.
    async fn told(&self, call: &str, more: &str) -> String {
        let body = format!(
            "AccountSid=ACfeed&CallSid={call}&From=%2B4915112345612&To=%2B4930555123&Direction=inbound&{more}"
        );
        self.told_of(&body).await
    }

    async fn told_of(&self, body: &str) -> String {
        let path = format!("{}/voice", self.path());
        let answer = self.posted_to(path, body).await.expect(200);
        assert_eq!(answer.headers["content-type"], "text/xml; charset=utf-8");
        let later = self.installation.now() + TimeDelta::seconds(20);
        self.installation.clock.set(later).unwrap();
        answer.body
    }

    async fn calls_of(&self, user: &str) -> Vec<domain::content::Call> {
        self.installation.evaluate().await;
        let messages = self.installation.messages(self.connection, user).await;
        let calls = messages.into_iter().map(|message| match message.content {
            Content::Call(call) => call,
            other => panic!("{other:?}"),
        });
        calls.collect()
    }

    async fn head(&self, user: &str) -> Conversation {
        let id = Conversation::id_for(self.connection, &ChannelUser::parse(user).unwrap());
        let (store, ws) = (&self.installation.store, self.installation.workspace);
        store.head(ws, id).await.unwrap().unwrap()
    }
}

#[tokio::test]
async fn mo_21_a_call_rings_at_the_business_and_else_the_caller_leaves_a_message() {
    let world = World::new().await;
    let shown = world.answers_calls(json!({"forward_to": PRIVATE})).await;
    assert_eq!(
        (&shown["sender"], &shown["voice"]["ring_seconds"]),
        (&json!("+4930555123"), &json!(20)),
        "the number to publish"
    );
    assert_eq!(shown["voice_path"], format!("{}/voice", world.path()));

    let rings = world.told("CA1", "CallStatus=ringing").await;
    let here = format!("https://{HOST}{}/voice", world.path());
    assert!(
        rings.contains(&format!("action=\"{here}\""))
            && rings.contains(&format!("<Number>{PRIVATE}</Number>")),
        "{rings}"
    );
    assert_eq!(world.queued(), 0, "nothing happened yet");

    let recorded = world
        .told("CA1", "CallStatus=in-progress&DialCallStatus=no-answer")
        .await;
    assert!(
        recorded.contains("Salon Mitte") && recorded.contains("<Record "),
        "{recorded}"
    );
    let thanked = world
        .told("CA1", "CallStatus=completed&RecordingSid=RE1&RecordingDuration=19&RecordingUrl=https%3A%2F%2Fx")
        .await;
    assert!(thanked.contains("<Hangup/>"), "{thanked}");
    // The same once more, without the caller's number, and the end of the call.
    let report = "AccountSid=ACfeed&CallSid=CA1&RecordingSid=RE1&RecordingStatus=completed&RecordingDuration=19";
    world.told_of(report).await;
    let ended =
        "CallStatus=completed&CallDuration=41&SequenceNumber=2&CallbackSource=call-progress-events";
    world.told("CA1", ended).await;

    let calls = world.calls_of(ANNA).await;
    let outcomes: Vec<_> = calls.iter().map(|call| call.outcome).collect();
    assert_eq!(outcomes, [CallOutcome::Missed, CallOutcome::Voicemail]);
    assert_eq!(calls[1].seconds, Some(19));
    let head = world.head(ANNA).await;
    assert_eq!(head.unread, 2);
    assert!(head.waiting_since.is_some());

    // They call again, and somebody answers: nobody waits any more, and nothing is to follow by itself.
    world.told("CA2", "CallStatus=ringing").await;
    let over = world
        .told(
            "CA2",
            "CallStatus=in-progress&DialCallStatus=completed&DialCallDuration=65",
        )
        .await;
    assert!(over.ends_with("<Response><Hangup/></Response>"), "{over}");
    let calls = world.calls_of(ANNA).await;
    assert_eq!(calls[2].outcome, CallOutcome::Answered);
    assert_eq!(calls[2].seconds, Some(65));
    let head = world.head(ANNA).await;
    assert_eq!(
        (head.unread, head.waiting_since, head.assess_at),
        (0, None, None)
    );
}

#[tokio::test]
async fn mo_21_the_recording_is_passed_on_from_the_provider() {
    let world = World::new().await;
    world.answers_calls(json!({})).await;
    // There is nobody to pass it on to.
    let recorded = world.told("CA1", "CallStatus=ringing").await;
    assert!(recorded.contains("<Record "), "{recorded}");
    world
        .told(
            "CA1",
            "CallStatus=in-progress&RecordingSid=RE1&RecordingDuration=5",
        )
        .await;
    assert_eq!(world.calls_of(ANNA).await.len(), 2);

    let installation = &world.installation;
    let conversation = world.head(ANNA).await.id;
    let messages = installation.messages(world.connection, ANNA).await;
    let path = |number: usize| {
        let message = messages[number].id;
        format!("/v1/conversations/{conversation}/messages/{message}/recording")
    };
    let listen = async |number| {
        let path = path(number);
        installation.admin(Method::GET, &path, json!(null)).await
    };
    installation.http.answer_by(|request, _| {
        assert_eq!(
            request.url,
            "https://api.twilio.com/2010-04-01/Accounts/ACfeed/Recordings/RE1.mp3"
        );
        let signed_in = |(name, value): &(String, String)| {
            name == "authorization" && value.starts_with("Basic ")
        };
        assert!(request.headers.iter().any(signed_in));
        Provider::Status {
            status: 200,
            retry_after: None,
            body: "ID3 sound".to_owned(),
        }
    });
    let heard = listen(1).await.expect(200);
    assert_eq!(heard.headers["content-type"], "audio/mpeg");
    assert_eq!(heard.headers["cache-control"], "private, no-store");
    assert_eq!(heard.body, "ID3 sound");
    listen(0).await.problem(404, "not_found");
    for (answer, status, code) in [
        (Provider::json(404, &json!({})), 404, "not_found"),
        (Provider::json(401, &json!({})), 424, "platform_failed"),
        (Provider::Refused, 424, "platform_failed"),
    ] {
        installation.http.next(answer);
        listen(1).await.problem(status, code);
    }
}

#[tokio::test]
async fn mo_21_who_may_not_call_and_who_hides_their_number() {
    let world = World::new().await;
    let declined = world.told("CA1", "CallStatus=ringing").await;
    assert!(declined.contains("<Reject/>"), "{declined}");
    assert_eq!(world.queued(), 0);

    let path = format!("/v1/connections/{}", world.connection);
    for (voice, field) in [
        (json!({"forward_to": "0151 1234"}), "voice.forward_to"),
        (json!({"forward_to": "+4930555123"}), "voice.forward_to"),
        (json!({"ring_seconds": 4}), "voice.ring_seconds"),
        (json!({"greeting": "a".repeat(1_001)}), "voice.greeting"),
    ] {
        let change = json!({"voice": voice});
        let refused = world.installation.admin(Method::PATCH, &path, change).await;
        assert_eq!(refused.expect(422).json()["errors"][0]["field"], field);
    }
    let greeting = json!({"forward_to": PRIVATE, "greeting": "Bitte sprechen Sie."});
    world.answers_calls(greeting).await;
    let unsigned = format!("{}/voice", world.path());
    world
        .installation
        .post(&unsigned, &[], "CallSid=CA2")
        .await
        .problem(401, "signature_mismatch");

    let hidden =
        "AccountSid=ACfeed&CallSid=CA3&From=%2B266696687&To=%2B4930555123&Direction=inbound";
    let said = world
        .told_of(&format!(
            "{hidden}&CallStatus=in-progress&DialCallStatus=busy"
        ))
        .await;
    assert!(said.contains(">Bitte sprechen Sie.<"), "{said}");
    world
        .told_of(&format!(
            "{hidden}&CallStatus=in-progress&RecordingSid=RE3&RecordingDuration=9"
        ))
        .await;
    assert_eq!(world.calls_of("anonymous").await.len(), 2);
    // What nobody can read is kept, and the provider is not bothered with it.
    world.told_of("AccountSid=ACfeed&Direction=inbound").await;
    world.installation.evaluate().await;
    assert_eq!(world.installation.raw_events().await.len(), 1);
}

#[tokio::test]
async fn mo_34_every_minute_of_a_call_that_has_begun_counts_segments() {
    let world = World::new().await;
    let installation = &world.installation;
    let settings = json!({
        "segments_per_call_minute": 3, "sms_tier": "S",
        "sms_tiers": [{"name": "S", "segments": 7, "price_cents": 900}],
    });
    installation
        .admin(Method::PATCH, "/v1/settings", settings)
        .await
        .expect(200);
    world.answers_calls(json!({"forward_to": PRIVATE})).await;
    let parts = [
        "CallStatus=in-progress&DialCallStatus=completed&DialCallDuration=61",
        "CallStatus=completed&CallDuration=95&SequenceNumber=2&CallbackSource=call-progress-events",
        "CallStatus=completed&CallDuration=95&SequenceNumber=3&CallbackSource=call-progress-events",
    ];
    for part in parts {
        world.told("CA1", part).await;
    }
    // Nobody answered, and nobody spoke.
    world
        .told("CA2", "CallStatus=in-progress&DialCallStatus=no-answer")
        .await;
    assert_eq!(world.calls_of(ANNA).await.len(), 2);
    let usage = async || {
        let path = "/v1/usage";
        let answer = installation.admin(Method::GET, path, json!(null)).await;
        let sms = &answer.expect(200).json()["sms"];
        [
            &sms["segments_used"],
            &sms["call_segments"],
            &sms["segments_left"],
        ]
        .map(|count| count.as_u64().unwrap())
    };
    assert_eq!(usage().await, [6, 6, 1]);

    // One segment is left: a text of two does not leave, one of one does.
    let conversation = world.head(ANNA).await.id;
    let path = format!("/v1/conversations/{conversation}/messages");
    for text in ["a".repeat(161), "Bis gleich!".to_owned()] {
        let said = json!({"text": text});
        installation
            .admin(Method::POST, &path, said)
            .await
            .expect(202);
        installation.advance(TimeDelta::minutes(1)).await;
    }
    assert_eq!(usage().await, [7, 6, 0]);
    let messages = installation.messages(world.connection, ANNA).await;
    let statuses: Vec<_> = messages[2..].iter().map(|m| m.status).collect();
    assert_eq!(statuses, [Status::Skipped, Status::Accepted]);
}
