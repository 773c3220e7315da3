//! Connections: their secrets go in and never come out.

use app::ports::Secrets;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

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
    let kept = world
        .secrets
        .get(&format!("{id}/app_secrets"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(kept.expose_secret(), "new-secret\nold-secret");
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
        let kept = world
            .secrets
            .get(&format!("{id}/webhook_secrets"))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(kept.expose_secret(), secret);
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
    assert!(
        world
            .secrets
            .get(&format!("{id}/token"))
            .await
            .unwrap()
            .is_none()
    );
}
