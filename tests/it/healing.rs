//! What a lost call leaves behind, and how it heals.

use chrono::TimeDelta;
use domain::ids::ConnectionId;
use serde_json::json;
use store::PageRequest;

use crate::installation::{Installation, whatsapp};

const ANNA: &str = "DE.13491208655302741918";

/// Anna asked and was answered, a moment ago.
async fn silent(installation: &Installation, connection: ConnectionId) {
    let path = format!("/webhooks/whatsapp/{connection}");
    let asked = whatsapp::text(
        ANNA,
        "wamid.1",
        installation.now(),
        "Habt ihr noch einen Termin frei?",
    );
    let answered = whatsapp::echo("wamid.2", installation.now(), "Gern! Dienstag um 10:00?");
    for (field, element) in [("messages", asked), ("message_echoes", answered)] {
        let body = whatsapp::body(vec![vec![whatsapp::change(ANNA, field, vec![element])]]);
        installation.meta(&path, &body).await.expect(200);
        installation.settle().await;
    }
}

async fn pending(installation: &Installation) -> usize {
    let page = PageRequest {
        limit: 10,
        ..PageRequest::default()
    };
    let found = installation.store.pending(installation.workspace, &page);
    found.await.unwrap().items.len()
}

#[tokio::test]
async fn a_changed_rule_whose_announcement_was_lost_is_announced_by_the_sweep() {
    let installation = Installation::new().await;
    let connection = installation.whatsapp().await;
    silent(&installation, connection).await;

    installation.sdk.fail_queues(true);
    installation
        .rule(
            240,
            json!({"mode": "custom", "text": "Passt einer der Termine?"}),
        )
        .await;
    installation.sdk.fail_queues(false);
    installation.advance(TimeDelta::minutes(5)).await;
    assert_eq!(pending(&installation).await, 0);

    assert_eq!(installation.sweep().await.rules, 1);
    installation.advance(TimeDelta::minutes(5)).await;
    assert_eq!(pending(&installation).await, 1);
    assert_eq!(installation.sweep().await.rules, 0);
}

#[tokio::test]
async fn a_changed_rule_that_was_announced_is_not_announced_again() {
    let installation = Installation::new().await;
    let connection = installation.whatsapp().await;
    silent(&installation, connection).await;
    installation
        .rule(
            240,
            json!({"mode": "custom", "text": "Passt einer der Termine?"}),
        )
        .await;
    installation.advance(TimeDelta::minutes(5)).await;
    assert_eq!(pending(&installation).await, 1);
    assert_eq!(installation.sweep().await.rules, 0);
}
