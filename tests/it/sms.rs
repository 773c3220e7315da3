//! SMS from outside: what a provider signs, what it gets to hear, and what a delivery repeated does.

use app::config::CalledAt;
use axum::body::Body;
use channels::twilio::verify::{Algorithm, SIGNATURE_HEADER, sign};
use chrono::TimeDelta;
use domain::channel::{Channel, ChannelUser};
use domain::conversation::Conversation;
use domain::ids::ConnectionId;
use http::Request;
use serde_json::{Value, json};
use store::PageRequest;

use crate::installation::{Answer, Installation, call};
use crate::world::{self, Happening};

pub(crate) const HOST: &str = "x1.execute-api.eu-central-1.amazonaws.com";
const TOKEN: &str = "token-of-the-account";
const ANNA: &str = "+4915112345678";

pub(crate) struct World {
    pub(crate) installation: Installation,
    pub(crate) connection: ConnectionId,
}

impl World {
    pub(crate) async fn new() -> Self {
        let installation = Installation::new().await;
        let body = json!({
            "channel": "sms", "name": "Salon", "account": "ACfeed", "sender": "+4930555123",
            "secrets": {"token": TOKEN},
        });
        let made = installation.make("/v1/connections", body).await;
        let connection = ConnectionId::parse(made["id"].as_str().unwrap()).unwrap();
        Self {
            installation,
            connection,
        }
    }

    pub(crate) fn path(&self) -> String {
        format!("/webhooks/sms/{}", self.connection)
    }

    /// Posted through a gateway that was called under this host, if there is one.
    async fn post(&self, path: &str, host: Option<&str>, signature: &str, body: &str) -> Answer {
        let mut request = Request::post(path)
            .header("host", "elsewhere.example.org")
            .header("content-type", "application/x-www-form-urlencoded");
        if !signature.is_empty() {
            request = request.header(SIGNATURE_HEADER, signature);
        }
        if let Some(host) = host {
            request = request.extension(CalledAt(host.to_owned()));
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        call(&self.installation.webhooks, request).await
    }

    async fn posted(&self, body: &str) -> Answer {
        self.posted_to(self.path(), body).await
    }

    pub(crate) async fn posted_to(&self, path: String, body: &str) -> Answer {
        let url = format!("https://{HOST}{path}");
        self.post(&path, Some(HOST), &signed(TOKEN, &url, body), body)
            .await
    }

    pub(crate) fn queued(&self) -> u64 {
        self.installation.queues.counts().unwrap().ready
    }
}

fn signed(token: &str, url: &str, body: &str) -> String {
    sign(Algorithm::Sha1, token, url, body.as_bytes()).unwrap()
}

fn hello(id: &str) -> String {
    format!(
        "MessageSid={id}&AccountSid=ACfeed&From=%2B4915112345678&To=%2B4930555123&Body=Hallo&NumMedia=0"
    )
}

#[tokio::test]
async fn a_provider_signs_the_address_that_was_called_and_every_field() {
    let world = World::new().await;
    let (path, body) = (world.path(), hello("SM1"));
    let url = format!("https://{HOST}{path}");
    let right = signed(TOKEN, &url, &body);
    for (path, host, signature, code) in [
        (path.clone(), Some(HOST), String::new(), "signature_missing"),
        (
            path.clone(),
            Some(HOST),
            "%".to_owned(),
            "signature_malformed",
        ),
        (
            path.clone(),
            Some(HOST),
            signed("another", &url, &body),
            "signature_mismatch",
        ),
        (
            path.clone(),
            Some(HOST),
            signed(TOKEN, &url, "Body=x"),
            "signature_mismatch",
        ),
        (
            format!("{path}?c=1"),
            Some(HOST),
            right.clone(),
            "signature_mismatch",
        ),
        // What stands in a header is nobody's word.
        (
            path.clone(),
            Some(HOST),
            signed(
                TOKEN,
                &format!("https://elsewhere.example.org{path}"),
                &body,
            ),
            "signature_mismatch",
        ),
        // Nobody knows where it was called.
        (path.clone(), None, right.clone(), "signature_mismatch"),
    ] {
        let answer = world.post(&path, host, &signature, &body).await;
        answer.problem(401, code);
    }
    assert_eq!(world.queued(), 0);

    let taken = world.posted(&body).await.expect(200);
    assert_eq!(taken.headers["content-type"], "text/xml; charset=utf-8");
    assert!(
        taken.body.ends_with("<Response></Response>"),
        "{}",
        taken.body
    );
    assert_eq!(world.queued(), 1);
}

/// The provider tells no time, so a second delivery seems to be from another moment.
#[tokio::test]
async fn a_delivery_that_is_repeated_later_is_the_same_message() {
    let world = World::new().await;
    for _ in 0..2 {
        world.posted(&hello("SM1")).await.expect(200);
        assert_eq!(world.installation.evaluate().await, 1);
        let later = world.installation.now() + TimeDelta::minutes(10);
        world.installation.clock.set(later).unwrap();
    }
    world.posted(&hello("SM2")).await.expect(200);
    world.installation.evaluate().await;

    let id = Conversation::id_for(world.connection, &ChannelUser::parse(ANNA).unwrap());
    let (store, ws) = (&world.installation.store, world.installation.workspace);
    let page = PageRequest {
        limit: 10,
        ..PageRequest::default()
    };
    let messages = store.messages(ws, id, &page).await.unwrap().items;
    let ids: Vec<_> = messages
        .iter()
        .map(|message| message.provider_id.as_ref().unwrap().reveal())
        .collect();
    assert_eq!(ids, ["SM1", "SM2"]);
    assert_eq!(store.head(ws, id).await.unwrap().unwrap().unread, 2);
}

#[tokio::test]
async fn a_report_on_what_has_not_left_the_provider_changes_nothing() {
    let world = World::new().await;
    world.posted(&hello("SM1")).await.expect(200);
    world.installation.evaluate().await;
    let id = Conversation::id_for(world.connection, &ChannelUser::parse(ANNA).unwrap());
    let (store, ws) = (&world.installation.store, world.installation.workspace);
    let before = store.head(ws, id).await.unwrap().unwrap();
    let report = "MessageSid=SM9&MessageStatus=queued&AccountSid=ACfeed&From=%2B4930555123&To=%2B4915112345678";
    world.posted(report).await.expect(200);
    assert_eq!(world.installation.evaluate().await, 1);
    assert_eq!(store.head(ws, id).await.unwrap().unwrap(), before);
}

async fn writes(world: &mut world::World, account: &str, text: &str) -> Value {
    let wrote = Happening::Wrote {
        text: text.to_owned(),
        at: world.now(),
    };
    world.happens(account, "anna", &wrote).await.unwrap();
    world.advance(TimeDelta::minutes(1)).await.unwrap();
    let id = world.conversation("anna", account).unwrap();
    let head = world.get(&format!("/v1/conversations/{id}")).await.unwrap();
    let path = format!("/v1/customers/{}", head["customer"]["id"].as_str().unwrap());
    let consents = world.get(&format!("{path}/consents")).await.unwrap();
    json!({"path": path, "standing": consents["standing"], "entries": consents["entries"]})
}

/// The STOP stands in the ledger as what it was, no switch lifts it, and it outlives the person.
#[tokio::test]
async fn mo_28_a_stop_survives_erasure_and_ends_with_start_alone() {
    let now = "2026-11-02T08:00:00Z".parse().unwrap();
    let mut world = world::World::start(now, None).await.unwrap();
    for account in ["sms", "zweite"] {
        world.connect(Channel::Sms, account).await.unwrap();
    }
    let stopped = writes(&mut world, "sms", "Stop!").await;
    let last = stopped["entries"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&last["change"], &last["what"], &last["said_by"]["source"]),
        (&json!("stop"), &json!("sms"), &json!("keyword"))
    );
    assert_eq!(stopped["standing"]["chat_stopped_at"], Value::Null);
    let path = stopped["path"].as_str().unwrap().to_owned();
    for (class, status) in [("sms_marketing", 200), ("sms_transactional", 422)] {
        let switch = json!({"class": class, "allowed": true});
        let path = format!("{path}/consents");
        let answer = world.api("POST", &path, Some(switch)).await.unwrap();
        assert_eq!(answer.status, status, "{}", answer.body);
    }
    let again = writes(&mut world, "sms", "Hallo?").await;
    assert!(again["standing"]["sms_stopped_at"].is_string());

    let erased = world.api("DELETE", &path, None).await.unwrap();
    assert_eq!(erased.status, 204, "{}", erased.body);
    world.advance(TimeDelta::hours(25)).await.unwrap();
    for account in ["sms", "zweite"] {
        let back = writes(&mut world, account, "Hallo, ich bin's wieder").await;
        assert!(back["standing"]["sms_stopped_at"].is_string(), "{account}");
    }
    writes(&mut world, "zweite", "Start").await;
    for account in ["sms", "zweite"] {
        let started = writes(&mut world, account, "Danke").await;
        assert_eq!(started["standing"]["sms_stopped_at"], Value::Null);
        let last = started["entries"]
            .as_array()
            .unwrap()
            .last()
            .unwrap()
            .clone();
        assert_eq!(
            (&last["change"], &last["said_by"]["source"]),
            (&json!("start"), &json!("keyword"))
        );
    }
    world.finish().unwrap();
}

/// The owner may choose words of their own at the provider, which blocks and tells us so.
#[tokio::test]
async fn mo_28_what_the_provider_heeds_is_a_stop_whatever_the_word() {
    let world = World::new().await;
    let id = Conversation::id_for(world.connection, &ChannelUser::parse(ANNA).unwrap());
    let said = |id: &str, word: &str, kind: &str| {
        format!("{}&OptOutType={kind}", hello(id).replace("Hallo", word))
    };
    let stopped = async || {
        world.installation.evaluate().await;
        let later = world.installation.now() + TimeDelta::minutes(1);
        world.installation.clock.set(later).unwrap();
        let (store, ws) = (&world.installation.store, world.installation.workspace);
        let head = store.head(ws, id).await.unwrap().unwrap();
        let customer = store.customer(ws, head.customer).await.unwrap().unwrap();
        customer.chat.sms_stopped_at.is_some()
    };
    world.posted(&hello("SM1")).await.expect(200);
    assert!(!stopped().await);
    world
        .posted(&said("SM2", "Genug", "STOP"))
        .await
        .expect(200);
    assert!(stopped().await);
    world
        .posted(&said("SM3", "Wieder", "START"))
        .await
        .expect(200);
    assert!(!stopped().await);
}

/// An equal consent that is told to staff is recorded with its source and note (MO-28).
#[tokio::test]
async fn mo_28_what_a_customer_tells_about_sms_is_recorded_for_sms() {
    let now = "2026-11-02T08:00:00Z".parse().unwrap();
    let mut world = world::World::start(now, None).await.unwrap();
    world.connect(Channel::Sms, "sms").await.unwrap();
    let known = writes(&mut world, "sms", "Hallo").await;
    let path = format!("{}/consent", known["path"].as_str().unwrap());
    for (opted_out, about, sms, chat) in [
        (true, "sms", true, false),
        (true, "chat", true, true),
        (false, "chat", true, false),
        (false, "sms", false, false),
    ] {
        let said = json!({
            "opted_out": opted_out, "about": about, "source": "phone", "note": "as they said",
        });
        world
            .api("POST", &path, Some(said))
            .await
            .unwrap()
            .ok()
            .unwrap();
        world.advance(TimeDelta::minutes(1)).await.unwrap();
        let consents = world.get(&format!("{path}s")).await.unwrap();
        let standing = &consents["standing"];
        let stands = [&standing["sms_stopped_at"], &standing["chat_stopped_at"]];
        assert_eq!(
            stands.map(Value::is_string),
            [sms, chat],
            "{opted_out} {about}"
        );
    }
}
