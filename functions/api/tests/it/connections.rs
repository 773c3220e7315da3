//! Connections: their secrets go in and never come out.

use std::sync::Arc;

use app::connection_secrets;
use app::ports::{PortError, Secrets};
use async_trait::async_trait;
use domain::ids::ConnectionId;
use local::{Fault, FileSecrets};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use store::Store;

use crate::world::World;

fn whatsapp() -> Value {
    json!({
        "channel": "whatsapp", "name": "Salon", "account": "1065", "business_account": "1029",
        "secrets": {"token": "EAAG-secret", "app_secrets": ["new-secret", "old-secret"], "verify_token": "my-word"},
    })
}

#[tokio::test]
async fn secrets_are_kept_where_the_functions_find_them_and_never_shown() {
    let world = World::new().await;
    let made = world.post("/v1/connections", whatsapp()).await.expect(201);
    let id = made.body["id"].as_str().unwrap().to_owned();
    assert_eq!(
        made.body["webhook_path"],
        format!("/webhooks/whatsapp/{id}")
    );
    assert_eq!(
        made.body["secrets"],
        json!({"token": true, "app_secrets": true, "verify_token": true})
    );
    for path in [
        format!("/v1/connections/{id}"),
        "/v1/connections".to_owned(),
    ] {
        let shown = world.get(&path).await.expect(200).body.to_string();
        assert!(
            !shown.contains("-secret") && !shown.contains("my-word"),
            "{shown}"
        );
    }
    let kept = world.secret(&id, "app_secrets").await;
    assert_eq!(kept.as_deref(), Some("new-secret\nold-secret"));
    // `null` removes, absent stays.
    let body = json!({"secrets": {"verify_token": null}});
    let changed = world
        .patch(&format!("/v1/connections/{id}"), body)
        .await
        .expect(200);
    assert_eq!(
        changed.body["secrets"],
        json!({"token": true, "app_secrets": true, "verify_token": false})
    );
    assert_eq!(changed.body["version"], 2);
}

#[tokio::test]
async fn loopback_and_telegram_get_a_webhook_secret_that_is_shown_once() {
    let world = World::new().await;
    for channel in ["loopback", "telegram"] {
        let body = json!({"channel": channel, "name": "x"});
        let made = world.post("/v1/connections", body).await.expect(201);
        let secret = made.body["webhook_secret"].as_str().unwrap().to_owned();
        let id = made.body["id"].as_str().unwrap();
        let kept = world.secret(id, "webhook_secrets").await;
        assert_eq!(kept.as_deref(), Some(secret.as_str()));
        let shown = world
            .get(&format!("/v1/connections/{id}"))
            .await
            .expect(200)
            .body;
        assert!(!shown.to_string().contains(&secret));
    }
}

#[tokio::test]
async fn what_a_channel_needs_and_does_not_have_is_named() {
    let world = World::new().await;
    let check = |body: Value, code: &'static str, field: &'static str| {
        let world = &world;
        async move {
            world
                .post("/v1/connections", body)
                .await
                .problem(422, code, field)
        }
    };
    check(
        json!({"channel": "fax", "name": "x"}),
        "unknown_value",
        "channel",
    )
    .await;
    check(
        json!({"channel": "whatsapp", "name": "x"}),
        "required",
        "account",
    )
    .await;
    check(
        json!({"channel": "loopback", "name": ""}),
        "required",
        "name",
    )
    .await;
    check(
        json!({"channel": "telegram", "name": "x", "account": "7"}),
        "not_on_this_channel",
        "account",
    )
    .await;
    check(
        json!({"channel": "instagram", "name": "x", "account": "../7"}),
        "invalid_characters",
        "account",
    )
    .await;
    let secret = json!({"channel": "telegram", "name": "x", "secrets": {"token": "a b"}});
    check(secret, "invalid_characters", "secrets.token").await;
    let secret = json!({"channel": "telegram", "name": "x", "secrets": {"app_secrets": ["a"]}});
    check(secret, "not_on_this_channel", "secrets.app_secrets").await;
    let known = world.get("/v1/connections").await.expect(200);
    assert_eq!(known.body["connections"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_connection_is_switched_and_deleted_with_all_that_belongs_to_it() {
    let world = World::new().await;
    let made = world.post("/v1/connections", whatsapp()).await.expect(201);
    let at = made.header("location").to_owned();
    let off = world
        .call("POST", &format!("{at}/disable"), &[], None)
        .await
        .expect(200);
    assert_eq!(off.body["state"], "disabled");
    let on = world
        .call("POST", &format!("{at}/enable"), &[], None)
        .await
        .expect(200);
    assert_eq!(
        (&on.body["state"], &on.body["version"]),
        (&json!("active"), &json!(3))
    );
    let stale = world
        .call("DELETE", &at, &[("if-match", "\"1\"")], None)
        .await;
    stale.problem(412, "stale_version", "");
    world.call("DELETE", &at, &[], None).await.expect(204);
    world.get(&at).await.problem(404, "not_found", "");
    let id = made.body["id"].as_str().unwrap();
    assert!(world.names_of(id).is_empty());
}

#[tokio::test]
async fn a_refused_change_leaves_the_old_secret_working() {
    let world = World::new().await;
    let made = world.post("/v1/connections", whatsapp()).await.expect(201);
    let (at, id) = (made.header("location"), made.body["id"].as_str().unwrap());
    let before = world.names_of(id);
    let replaced = json!({"secrets": {"token": "EAAG-other", "verify_token": null}});

    // Somebody else's change lands between the reading and the writing of this one.
    let racing = Racing {
        secrets: world.secrets.clone(),
        store: world.app.store.clone(),
        connection: ConnectionId::parse(id).unwrap(),
    };
    let world = world.with_secrets(Some(Arc::new(racing)));
    let refused = world.patch(at, replaced.clone()).await;
    refused.problem(412, "stale_version", "");
    assert_eq!(
        world.secret(id, "token").await.as_deref(),
        Some("EAAG-secret")
    );
    assert_eq!(
        world.secret(id, "verify_token").await.as_deref(),
        Some("my-word")
    );
    assert_eq!(world.names_of(id), before);

    let secrets = world.secrets.clone();
    let world = world.with_secrets(Some(secrets));
    for (fault, token) in [
        (Fault::Unavailable, "EAAG-secret"),
        (Fault::ApplyButLoseAnswer, "EAAG-other"),
    ] {
        world.dynamo.fail_by(move |operation, _| match operation {
            "TransactWriteItems" => fault,
            _ => Fault::None,
        });
        let failed = world.patch(at, replaced.clone()).await;
        failed.problem(503, "unavailable", "");
        world.dynamo.heal();
        let kept = world.secret(id, "token").await;
        assert_eq!(kept.as_deref(), Some(token), "{fault:?}");
    }
}

#[tokio::test]
async fn a_replaced_secret_is_removed_and_still_found_by_who_read_the_connection_before() {
    let world = World::new().await;
    let made = world.post("/v1/connections", whatsapp()).await.expect(201);
    let (at, id) = (made.header("location"), made.body["id"].as_str().unwrap());
    let read_before = world
        .app
        .store
        .connection_by_id(ConnectionId::parse(id).unwrap())
        .await
        .unwrap()
        .unwrap();
    let body = json!({"secrets": {"token": "EAAG-other", "verify_token": null}});
    world.patch(at, body).await.expect(200);
    assert_eq!(world.names_of(id).len(), 2);
    for (kind, value) in [("token", Some("EAAG-other")), ("verify_token", None)] {
        let found = connection_secrets::read(&world.app, &read_before, kind).await;
        let found = found.unwrap();
        assert_eq!(found.as_ref().map(ExposeSecret::expose_secret), value);
    }
    // Nothing to take away: nothing changes.
    let body = json!({"secrets": {"verify_token": null}});
    let same = world.patch(at, body).await.expect(200);
    assert_eq!(same.body["version"], 2);
}

#[tokio::test]
async fn showing_connections_reads_no_secret() {
    let world = World::new().await;
    let made = world.post("/v1/connections", whatsapp()).await.expect(201);
    // Whoever asks this app for a secret fails.
    let world = world.with_secrets(None);
    let list = world.get("/v1/connections").await.expect(200);
    assert_eq!(list.body["connections"].as_array().unwrap().len(), 2);
    let shown = world.get(made.header("location")).await.expect(200);
    assert_eq!(shown.body["secrets"], made.body["secrets"]);
}

/// Whenever a secret is kept, somebody else changes the connection.
struct Racing {
    secrets: Arc<FileSecrets>,
    store: Store,
    connection: ConnectionId,
}

#[async_trait]
impl Secrets for Racing {
    async fn get(&self, name: &str) -> Result<Option<SecretString>, PortError> {
        self.secrets.get(name).await
    }

    async fn put(&self, name: &str, value: &SecretString) -> Result<(), PortError> {
        let found = self.store.connection_by_id(self.connection).await.unwrap();
        let mut changed = found.unwrap();
        changed.version += 1;
        assert!(self.store.put_connection(&changed).await.unwrap());
        self.secrets.put(name, value).await
    }

    async fn delete(&self, name: &str) -> Result<(), PortError> {
        self.secrets.delete(name).await
    }
}

impl World {
    /// The names under which values of this connection are kept.
    fn names_of(&self, id: &str) -> Vec<String> {
        let mut names = self.secrets.names();
        names.retain(|name| name.starts_with(id));
        names
    }
}

#[tokio::test]
async fn an_account_has_one_connection_in_a_workspace() {
    let world = World::new().await;
    let account = |number: &str| {
        json!({
            "channel": "whatsapp", "name": "Konto", "account": number,
            "business_account": "4711002", "secrets": {"token": "token-of-mitte"},
        })
    };
    let made = world
        .post("/v1/connections", account("4711009"))
        .await
        .expect(201);
    let again = world.post("/v1/connections", account("4711009")).await;
    let detail = again.problem(409, "taken", "account").body["detail"].to_string();
    assert!(
        detail.contains(made.body["id"].as_str().unwrap()),
        "{detail}"
    );
    let other = world
        .post("/v1/connections", account("4711010"))
        .await
        .expect(201);
    let path = format!("/v1/connections/{}", other.body["id"].as_str().unwrap());
    let moved = world.patch(&path, json!({"account": "4711009"})).await;
    moved.problem(409, "taken", "account");
    // Its own account is no obstacle, nor is that of somebody else.
    world
        .patch(&path, json!({"account": "4711010", "name": "Neu"}))
        .await
        .expect(200);
    let stranger = world.second().await;
    stranger
        .post("/v1/connections", account("4711009"))
        .await
        .expect(201);
    // Deleted, it is free.
    let first = format!("/v1/connections/{}", made.body["id"].as_str().unwrap());
    world.call("DELETE", &first, &[], None).await.expect(204);
    world
        .post("/v1/connections", account("4711009"))
        .await
        .expect(201);
}

#[tokio::test]
async fn an_sms_account_has_a_sender_and_one_token_for_both_directions() {
    let world = World::new().await;
    let sms = |sender: Value| {
        json!({
            "channel": "sms", "name": "Salon", "account": "ACfeed", "sender": sender,
        })
    };
    let pool = format!("MG{}", "0a".repeat(16));
    for (sender, code) in [
        (Value::Null, "required"),
        (json!("030 555123"), "invalid"),
        (json!("+49 30 555123"), "invalid"),
        (json!("Salon"), "invalid"),
    ] {
        world
            .post("/v1/connections", sms(sender))
            .await
            .problem(422, code, "sender");
    }
    let made = world
        .post("/v1/connections", sms(json!("+4930555123")))
        .await
        .expect(201);
    let shown = |body: &Value| (body["can_send"].clone(), body["can_receive"].clone());
    assert_eq!(shown(&made.body), (json!(false), json!(false)));
    assert_eq!(made.body["missing"], json!(["token"]));
    let path = format!("/v1/connections/{}", made.body["id"].as_str().unwrap());
    let body = json!({"secrets": {"token": "auth-token"}});
    let complete = world.patch(&path, body).await.expect(200);
    assert_eq!(shown(&complete.body), (json!(true), json!(true)));
    assert_eq!(complete.body["sender"], "+4930555123");

    // One account has many numbers; the same number twice is one too many.
    world
        .post("/v1/connections", sms(json!(pool)))
        .await
        .expect(201);
    world
        .post("/v1/connections", sms(json!("+4930555123")))
        .await
        .expect(409);
    world
        .patch(&path, json!({"sender": pool}))
        .await
        .expect(409);
    let mut other = whatsapp();
    other["sender"] = json!("+4930555123");
    world
        .post("/v1/connections", other)
        .await
        .problem(422, "not_on_this_channel", "sender");
}

#[tokio::test]
async fn an_email_connection_has_a_sender_and_needs_no_secret() {
    let world = World::new().await;
    let email = |sender: Value, mail: Value| json!({"channel": "email", "name": "Post", "sender": sender, "mail": mail});
    let fine = json!("hallo@salon.example");
    for (sender, mail, code, field) in [
        (Value::Null, Value::Null, "required", "sender"),
        (
            json!("Salon <hallo@salon.example>"),
            Value::Null,
            "invalid",
            "sender",
        ),
        (
            json!("hallo@Salon.example"),
            Value::Null,
            "invalid",
            "sender",
        ),
        (
            json!("grüße@salon.example"),
            Value::Null,
            "invalid",
            "sender",
        ),
        (
            fine.clone(),
            json!({"reply_to": "salon"}),
            "invalid",
            "mail.reply_to",
        ),
        (
            fine.clone(),
            json!({"from_name": "Salon\nBcc: x"}),
            "invalid",
            "mail.from_name",
        ),
        (
            fine.clone(),
            json!({"configuration_set": "a b"}),
            "invalid_characters",
            "mail.configuration_set",
        ),
    ] {
        world
            .post("/v1/connections", email(sender, mail))
            .await
            .problem(422, code, field);
    }
    let mail = json!({"from_name": "Salon Mitte", "track_opens": true});
    let made = world.post("/v1/connections", email(fine, mail)).await;
    let made = made.expect(201).body;
    assert_eq!(
        [&made["state"], &made["can_send"], &made["can_receive"]],
        [&json!("active"), &json!(true), &json!(true)]
    );
    assert_eq!(made["webhook_path"], Value::Null);
    assert_eq!(made["mail"]["track_opens"], true);
    assert_eq!(made["mail"]["track_clicks"], false);

    let path = format!("/v1/connections/{}", made["id"].as_str().unwrap());
    let changed = world.patch(&path, json!({"mail": null})).await.expect(200);
    assert_eq!(changed.body["mail"], Value::Null);
    let mut other = whatsapp();
    other["mail"] = json!({"from_name": "Salon"});
    world
        .post("/v1/connections", other)
        .await
        .problem(422, "not_on_this_channel", "mail");
}
