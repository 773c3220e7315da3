//! SMS from outside: what a provider signs, what it gets to hear, and what a delivery repeated does.

use app::config::CalledAt;
use axum::body::Body;
use channels::twilio::verify::{Algorithm, SIGNATURE_HEADER, sign};
use chrono::TimeDelta;
use domain::channel::ChannelUser;
use domain::conversation::Conversation;
use domain::ids::ConnectionId;
use http::Request;
use serde_json::json;
use store::PageRequest;

use crate::installation::{Answer, Installation, call};

const HOST: &str = "x1.execute-api.eu-central-1.amazonaws.com";
const TOKEN: &str = "token-of-the-account";
const ANNA: &str = "+4915112345678";

struct World {
    installation: Installation,
    connection: ConnectionId,
}

impl World {
    async fn new() -> Self {
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

    fn path(&self) -> String {
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
        let path = self.path();
        let url = format!("https://{HOST}{path}");
        self.post(&path, Some(HOST), &signed(TOKEN, &url, body), body)
            .await
    }

    fn queued(&self) -> u64 {
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
