//! What platforms, and people who only claim to be one, get to hear from the public webhooks.

use chrono::TimeDelta;
use domain::content::Content;
use domain::ids::ConnectionId;
use domain::message::Author;
use serde_json::{Value, json};

use crate::installation::{APP_SECRET, Installation, VERIFY_TOKEN, whatsapp};

const ANNA: &str = "DE.13491208655302741918";

struct World {
    installation: Installation,
    connection: ConnectionId,
    path: String,
}

impl World {
    async fn new() -> Self {
        let installation = Installation::new().await;
        let connection = installation.whatsapp().await;
        let path = format!("/webhooks/whatsapp/{connection}");
        Self {
            installation,
            connection,
            path,
        }
    }

    fn hello(&self) -> Value {
        let text = whatsapp::text(ANNA, "wamid.1", self.installation.now(), "Hallo");
        whatsapp::body(vec![vec![whatsapp::change(ANNA, "messages", vec![text])]])
    }

    fn queued(&self) -> u64 {
        self.installation.queues.counts().unwrap().ready
    }

    /// The status and code of a POST with exactly these headers.
    async fn refused(&self, headers: &[(&str, &str)], body: String, status: u16, code: &str) {
        self.installation
            .post(&self.path, headers, body)
            .await
            .problem(status, code);
        assert_eq!(self.queued(), 0, "{code}");
    }
}

fn signed(secret: &str, body: &str) -> String {
    channels::verify::sign(secret, body.as_bytes()).unwrap()
}

#[tokio::test]
async fn the_handshake_answers_who_knows_the_token() {
    let world = World::new().await;
    let ask = async |query: &str| {
        world
            .installation
            .get(&format!("{}?{query}", world.path))
            .await
    };
    let right =
        format!("hub.mode=subscribe&hub.verify_token={VERIFY_TOKEN}&hub.challenge=1158201444");
    let answer = ask(&right).await.expect(200);
    assert_eq!(answer.body, "1158201444");
    assert!(
        answer.headers["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/plain")
    );

    for wrong in [
        "hub.mode=subscribe&hub.verify_token=another&hub.challenge=1",
        "hub.mode=subscribe&hub.verify_token=&hub.challenge=1",
        "hub.mode=unsubscribe&hub.verify_token=a-token-of-ours&hub.challenge=1",
        "hub.mode=subscribe&hub.verify_token=a-token-of-ours",
        "",
    ] {
        ask(wrong).await.problem(403, "handshake_refused");
    }
    // A channel without handshake has no token that could fit.
    let loopback = format!("/webhooks/loopback/{}?{right}", world.installation.loopback);
    world
        .installation
        .get(&loopback)
        .await
        .problem(403, "handshake_refused");
}

#[tokio::test]
async fn only_the_platforms_own_signature_opens_the_door() {
    let world = World::new().await;
    let body = world.hello().to_string();
    let right = signed(APP_SECRET, &body);

    world
        .refused(&[], body.clone(), 401, "signature_missing")
        .await;
    let of_another = signed("another secret", &body);
    for (wrong, code) in [
        (of_another.as_str(), "signature_mismatch"),
        (&signed(APP_SECRET, "{}"), "signature_mismatch"),
        (&right[..right.len() - 2], "signature_malformed"),
        (&right.replace("sha256=", "sha1="), "signature_malformed"),
        ("sha256=zz", "signature_malformed"),
        ("", "signature_malformed"),
    ] {
        world
            .refused(&[("x-hub-signature-256", wrong)], body.clone(), 401, code)
            .await;
    }
    // The signature is of the raw bytes: the same JSON in another shape is another body.
    let header = [("x-hub-signature-256", right.as_str())];
    world
        .refused(&header, format!("{body} "), 401, "signature_mismatch")
        .await;

    world
        .installation
        .post(&world.path, &header, body)
        .await
        .expect(200);
    assert_eq!(world.queued(), 1);
}

#[tokio::test]
async fn while_a_secret_is_replaced_both_are_accepted_and_then_only_the_new_one() {
    let world = World::new().await;
    let (old, new) = (APP_SECRET, "0f1e2d3c4b5a69788796a5b4c3d2e1f0");
    let post = async |secret: &str| {
        let body = world.hello().to_string();
        let header = signed(secret, &body);
        let headers = [("x-hub-signature-256", header.as_str())];
        world
            .installation
            .post(&world.path, &headers, body)
            .await
            .status
            .as_u16()
    };
    let put = async |values: &[&str]| {
        let installation = &world.installation;
        installation.sign_with(world.connection, values).await;
        // Connections are kept for a minute.
        installation.advance(TimeDelta::seconds(61)).await;
    };
    assert_eq!((post(old).await, post(new).await), (200, 401));
    put(&[old, new]).await;
    assert_eq!((post(old).await, post(new).await), (200, 200));
    put(&[new]).await;
    assert_eq!((post(old).await, post(new).await), (401, 200));
}

#[tokio::test]
async fn a_body_above_four_mebibytes_is_too_large_and_one_of_four_is_not() {
    let world = World::new().await;
    let largest = webhooks::BODY_LIMIT;
    let hello = world.hello().to_string();
    let padded = |length: usize| format!("{hello}{}", " ".repeat(length - hello.len()));

    let body = padded(largest + 1);
    let header = signed(APP_SECRET, &body);
    world
        .refused(
            &[("x-hub-signature-256", &header)],
            body,
            413,
            "body_too_large",
        )
        .await;

    let body = padded(largest);
    let header = signed(APP_SECRET, &body);
    let headers = [("x-hub-signature-256", header.as_str())];
    world
        .installation
        .post(&world.path, &headers, body)
        .await
        .expect(200);
    assert_eq!(world.queued(), 1);
}

#[tokio::test]
async fn an_event_that_is_too_large_for_the_queue_is_cut_and_still_ends_the_silence() {
    let world = World::new().await;
    let long = "ä".repeat(700_000);
    let text = whatsapp::text(ANNA, "wamid.long", world.installation.now(), &long);
    let body = whatsapp::body(vec![vec![whatsapp::change(ANNA, "messages", vec![text])]]);
    world
        .installation
        .meta(&world.path, &body)
        .await
        .expect(200);
    assert_eq!(world.installation.evaluate().await, 1);
    let messages = world.installation.messages(world.connection, ANNA).await;
    assert_eq!(messages.len(), 1);
    let stored = messages[0].content.words().unwrap();
    assert!(stored.starts_with("ää") && stored.len() < 40_000);
    assert!(
        stored.ends_with("[… 1400000 bytes]"),
        "it says what is missing"
    );
}

#[tokio::test]
async fn an_event_of_too_many_parts_still_ends_the_silence() {
    let world = World::new().await;
    let mut text = whatsapp::text(ANNA, "wamid.many", world.installation.now(), "Hallo");
    text["type"] = json!("contacts");
    let one =
        json!({ "name": { "formatted_name": "a".repeat(100) }, "phones": [{ "phone": "1" }] });
    text["contacts"] = json!(vec![one; 20_000]);
    let body = whatsapp::body(vec![vec![whatsapp::change(ANNA, "messages", vec![text])]]);
    world
        .installation
        .meta(&world.path, &body)
        .await
        .expect(200);
    assert_eq!(world.installation.evaluate().await, 1);
    let messages = world.installation.messages(world.connection, ANNA).await;
    assert_eq!(messages.len(), 1);
    let unread = Content::Unsupported {
        kind: "too_large".to_owned(),
    };
    assert_eq!(messages[0].content, unread);
    assert_eq!(messages[0].author, Author::Customer { automatic: false });
}

#[tokio::test]
async fn what_is_no_json_object_is_kept_as_it_came_and_not_delivered_again() {
    let world = World::new().await;
    let bodies = [
        "",
        "{",
        "hello",
        "[]",
        "null",
        "\u{feff}{}",
        "{\"a\":1}{\"b\":2}",
    ];
    for body in bodies {
        let unsigned = body.to_owned();
        world.refused(&[], unsigned, 401, "signature_missing").await;
    }
    for body in bodies {
        let header = signed(APP_SECRET, body);
        let headers = [("x-hub-signature-256", header.as_str())];
        let answer = world
            .installation
            .post(&world.path, &headers, body.to_owned())
            .await;
        answer.expect(200);
    }
    assert_eq!(world.installation.evaluate().await, bodies.len());
    let kept = world.installation.raw_events().await;
    assert_eq!(kept.len(), bodies.len(), "{kept:?}");
    assert!(kept.iter().any(|raw| raw.contains("hello")), "{kept:?}");
}

#[tokio::test]
async fn an_address_that_leads_nowhere_says_nothing_more_than_that() {
    let world = World::new().await;
    let id = world.connection;
    let stranger = ConnectionId::derive(&["stranger"]);
    let body = world.hello();
    for path in [
        format!("/webhooks/whatsapp/{stranger}"),
        format!("/webhooks/messenger/{id}"),
        format!("/webhooks/loopback/{id}"),
        format!("/webhooks/pigeon/{id}"),
        "/webhooks/whatsapp/con_1".to_owned(),
        "/webhooks/whatsapp".to_owned(),
        format!("/webhooks/whatsapp/{id}/more"),
        "/".to_owned(),
    ] {
        world
            .installation
            .meta(&path, &body)
            .await
            .problem(404, "not_found");
    }
    let query = format!("hub.mode=subscribe&hub.verify_token={VERIFY_TOKEN}&hub.challenge=1");
    let elsewhere = format!("/webhooks/messenger/{id}?{query}");
    world
        .installation
        .get(&elsewhere)
        .await
        .problem(404, "not_found");
    assert_eq!(world.queued(), 0);

    let method = world.installation.put(&world.path).await;
    method.problem(405, "method_not_allowed");
}

#[tokio::test]
async fn a_kind_of_update_that_nobody_knows_is_accepted_and_kept_as_it_came() {
    let world = World::new().await;
    let later = json!({"field": "thoughts", "value": {"of": "the customer", "list": [1, 2]}});
    let body = json!({"object": "whatsapp_business_account", "entry": [
        {"id": "102290129340398", "changes": [later]},
    ]});
    world
        .installation
        .meta(&world.path, &body)
        .await
        .expect(200);
    // Not a kind but a whole product of Meta's that does not exist yet.
    let product = json!({"object": "hologram", "entry": []});
    world
        .installation
        .meta(&world.path, &product)
        .await
        .expect(200);
    assert_eq!(world.installation.evaluate().await, 2);

    let kept = world.installation.raw_events().await;
    assert_eq!(kept.len(), 2, "{kept:?}");
    assert!(
        kept.iter().any(|raw| raw.contains("the customer")),
        "{kept:?}"
    );
    assert!(kept.iter().any(|raw| raw.contains("hologram")), "{kept:?}");
}

#[tokio::test]
async fn an_unknown_kind_of_a_known_customer_is_kept_beside_the_conversation() {
    let world = World::new().await;
    world
        .installation
        .meta(&world.path, &world.hello())
        .await
        .expect(200);
    let at = world.installation.now().timestamp().to_string();
    let update = json!({
        "from": whatsapp::phone(ANNA), "from_user_id": ANNA, "id": "wamid.2", "timestamp": at,
        "type": "hologram", "hologram": {"title": "Frisur"},
    });
    let body = whatsapp::body(vec![vec![whatsapp::change(ANNA, "messages", vec![update])]]);
    world
        .installation
        .meta(&world.path, &body)
        .await
        .expect(200);
    world.installation.evaluate().await;
    let messages = world.installation.messages(world.connection, ANNA).await;
    assert_eq!(messages.len(), 2, "it is a message all the same");
}

#[tokio::test]
async fn telegram_proves_itself_with_the_secret_token() {
    let world = World::new().await;
    let token = "Q2xhcmEtVm9ndC0yMDI2";
    let made = world
        .installation
        .make(
            "/v1/connections",
            json!({"channel": "telegram", "name": "Bot", "secrets": {"token": "1:A", "webhook_secrets": [token]}}),
        )
        .await;
    let path = format!("/webhooks/telegram/{}", made["id"].as_str().unwrap());
    let update = json!({"update_id": 1, "message": {
        "message_id": 95, "date": world.installation.now().timestamp(), "text": "Wann habt ihr offen?",
        "from": {"id": 5_208_831_190_u64, "is_bot": false, "first_name": "Mira"},
        "chat": {"id": 5_208_831_190_u64, "first_name": "Mira", "type": "private"},
    }})
    .to_string();
    let post = async |headers: &[(&str, &str)]| {
        world
            .installation
            .post(&path, headers, update.clone())
            .await
    };
    post(&[]).await.problem(401, "signature_missing");
    let name = "x-telegram-bot-api-secret-token";
    post(&[(name, "another")])
        .await
        .problem(401, "signature_mismatch");
    post(&[(name, "not a token")])
        .await
        .problem(401, "signature_malformed");
    assert_eq!(world.queued(), 0);
    post(&[(name, token)]).await.expect(200);
    assert_eq!(world.queued(), 1);
}

#[tokio::test]
async fn loopback_is_signed_with_the_secret_of_its_connection() {
    let world = World::new().await;
    let path = format!("/webhooks/loopback/{}", world.installation.loopback);
    let body = r#"{"from":"anna","text":"Hallo"}"#;
    let post = async |headers: &[(&str, &str)]| world.installation.post(&path, headers, body).await;
    post(&[]).await.problem(401, "signature_missing");
    let wrong = signed(APP_SECRET, body);
    post(&[("x-nachfass-signature", &wrong)])
        .await
        .problem(401, "signature_mismatch");
    let right = signed(&world.installation.loopback_secret, body);
    post(&[("x-nachfass-signature", &right)]).await.expect(200);
    assert_eq!(world.queued(), 1);
}

#[tokio::test]
async fn a_queue_that_fails_makes_the_platform_deliver_again() {
    let world = World::new().await;
    world.installation.sdk.fail_queues(true);
    let answer = world.installation.meta(&world.path, &world.hello()).await;
    answer.problem(503, "queue_unavailable");
    world.installation.sdk.fail_queues(false);
    world
        .installation
        .meta(&world.path, &world.hello())
        .await
        .expect(200);
    world.installation.evaluate().await;
    assert_eq!(
        world
            .installation
            .messages(world.connection, ANNA)
            .await
            .len(),
        1
    );
}

#[tokio::test]
async fn a_table_that_cannot_be_read_makes_the_platform_deliver_again() {
    let world = World::new().await;
    world
        .installation
        .dynamo
        .fail_by(|_, _| local::Fault::Unavailable);
    let answer = world.installation.meta(&world.path, &world.hello()).await;
    answer.problem(503, "unavailable");
    world.installation.dynamo.heal();
    world
        .installation
        .meta(&world.path, &world.hello())
        .await
        .expect(200);
    assert_eq!(world.queued(), 1);
}

#[tokio::test]
async fn a_refusal_repeats_nothing_of_what_was_sent() {
    let world = World::new().await;
    let body = world.hello().to_string();
    let answer = world.installation.post(&world.path, &[], body).await;
    for private in ["Hallo", ANNA, &whatsapp::phone(ANNA), APP_SECRET] {
        assert!(!answer.body.contains(private), "{}", answer.body);
    }
}

/// Its signature has no time in it: a repetition is found out by the event's id, however late.
#[tokio::test]
async fn a_captured_call_of_the_loopback_channel_changes_nothing_when_it_is_repeated() {
    let now = "2026-11-02T08:00:00Z".parse().unwrap();
    let mut world = crate::world::World::start(now, None).await.unwrap();
    let wrote = crate::world::Happening::Wrote {
        text: "Hallo, habt ihr noch einen Termin frei?".to_owned(),
        at: world.now(),
    };
    world.happens("loopback", "anna", &wrote).await.unwrap();
    let id = world.conversation("anna", "loopback").unwrap();
    let path = format!("/v1/conversations/{id}");
    let answer = json!({ "text": "Gern! Dienstag um 10:00?" });
    let at = format!("{path}/messages");
    let sent = world.api("POST", &at, Some(answer)).await.unwrap();
    sent.ok().unwrap();
    // Longer than the queue remembers.
    world.advance(TimeDelta::days(8)).await.unwrap();
    let before = world.get(&path).await.unwrap();
    world.happens_again().await.unwrap();
    assert_eq!(world.get(&path).await.unwrap(), before);
    let messages = world.get(&at).await.unwrap();
    assert_eq!(messages["messages"].as_array().unwrap().len(), 2);
}

/// Found by the simulation: the key of a message once followed our clock instead of theirs.
#[tokio::test]
async fn a_platform_whose_clock_runs_ahead_is_stored_once_however_often_it_delivers() {
    let world = World::new().await;
    let ahead = world.installation.now() + TimeDelta::seconds(4);
    let text = whatsapp::text(ANNA, "wamid.1", ahead, "Hallo");
    let body = whatsapp::body(vec![vec![whatsapp::change(ANNA, "messages", vec![text])]]);
    for _ in 0..2 {
        world
            .installation
            .meta(&world.path, &body)
            .await
            .expect(200);
        world.installation.settle().await;
        // Longer than the queue remembers what it has seen.
        world.installation.advance(TimeDelta::minutes(10)).await;
    }
    let stored = world.installation.messages(world.connection, ANNA).await;
    let stored: Vec<_> = stored.iter().map(|it| (it.at, &it.author)).collect();
    assert_eq!(stored.len(), 1, "{stored:?}");
}

/// NX-38: consent and prices follow the category, so what the platform made of it is on record.
#[tokio::test]
async fn a_template_that_the_platform_calls_marketing_is_so_at_once_and_on_record() {
    use domain::template::{Template, TemplateCategory, TemplateStatus};
    let world = World::new().await;
    let installation = &world.installation;
    let (ws, store) = (installation.workspace, &installation.store);
    let template = Template {
        version: 1,
        connection: world.connection,
        name: "termin_erinnerung".to_owned(),
        language: "de".to_owned(),
        status: TemplateStatus::Approved,
        category: TemplateCategory::Utility,
        body: "Hallo".to_owned(),
        body_parameters: Vec::new(),
        definition: json!({}),
        seen_at: installation.now(),
    };
    store.put_template(ws, &template).await.unwrap();
    let update =
        include_str!("../../shared/channels/fixtures/whatsapp/template_category_done.json");
    let update: Value = serde_json::from_str(update).unwrap();
    for _ in 0..2 {
        installation.meta(&world.path, &update).await.expect(200);
        assert_eq!(installation.evaluate().await, 1);
        // Longer than the queue remembers what it has seen.
        installation.advance(TimeDelta::minutes(10)).await;
    }
    let book = store.book(ws).await.unwrap().unwrap();
    let found = &book.templates_of(world.connection)[0];
    assert_eq!(found.category, TemplateCategory::Marketing);

    let filter = store::AuditFilter {
        resource: Some(store::Resource::Template),
        resource_id: None,
    };
    let log = store
        .audit(ws, &filter, &store::PageRequest::default())
        .await
        .unwrap();
    let changes: Vec<_> = log.items.iter().map(|it| (&it.before, &it.after)).collect();
    let [(before, after)] = changes.as_slice() else {
        panic!("{changes:?}")
    };
    assert_eq!(
        (&before["category"], &after["category"]),
        (&json!("utility"), &json!("marketing"))
    );
    assert_eq!(after["name"], "termin_erinnerung");
}
