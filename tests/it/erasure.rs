//! An erased person through the whole system: who had opted out stays so, and nobody else.

use domain::channel::Channel;
use serde_json::Value;

use crate::world::{Happening, World};

async fn writes(world: &mut World, person: &str, text: &str) -> Value {
    let wrote = Happening::Wrote {
        text: text.to_owned(),
        at: world.now(),
    };
    world.happens("salon", person, &wrote).await.unwrap();
    let id = world.conversation(person, "salon").unwrap();
    world.get(&format!("/v1/conversations/{id}")).await.unwrap()["customer"].take()
}

#[tokio::test]
async fn who_had_opted_out_stays_so_after_the_erasure_and_may_take_it_back() {
    let now = "2026-11-02T08:00:00Z".parse().unwrap();
    let mut world = World::start(now, None).await.unwrap();
    world.connect(Channel::WhatsApp, "salon").await.unwrap();
    for (person, last, refused) in [("anna", "STOP", true), ("ben", "Danke!", false)] {
        writes(
            &mut world,
            person,
            "Hallo, habt ihr noch einen Termin frei?",
        )
        .await;
        let customer = writes(&mut world, person, last).await;
        assert_eq!(customer["opted_out_at"].is_string(), refused, "{person}");
        let path = format!("/v1/customers/{}", customer["id"].as_str().unwrap());
        let erased = world.api("DELETE", &path, None).await.unwrap();
        assert_eq!(erased.status, 204, "{}", erased.body);
        let id = world.conversation(person, "salon").unwrap();
        let gone = world
            .api("GET", &format!("/v1/conversations/{id}"), None)
            .await;
        assert_eq!(gone.unwrap().status, 404);
        // The timers and tasks of what is gone find nothing, and fail at nothing.
        world.advance(chrono::TimeDelta::hours(25)).await.unwrap();

        let again = writes(&mut world, person, "Hallo, ich bin's wieder").await;
        assert_eq!(again["opted_out_at"].is_string(), refused, "{person}");
    }
    let back = writes(&mut world, "anna", "START").await;
    assert_eq!(back["opted_out_at"], Value::Null);
    world.finish().unwrap();
}

/// Staff had joined two, who are erased as one. Another runner of the erasure is still under way when one of
/// them writes again, and takes back what they had refused: that is not taken back for the other.
#[tokio::test]
async fn nx_11_what_one_takes_back_while_they_are_erased_lifts_no_refusal_of_the_other() {
    let now = "2026-11-02T08:00:00Z".parse().unwrap();
    let mut world = World::start(now, None).await.unwrap();
    world.connect(Channel::WhatsApp, "salon").await.unwrap();
    let anna = writes(&mut world, "anna", "STOP").await;
    writes(&mut world, "ben", "Hallo").await;
    let joins = format!(
        "/v1/conversations/{}/customer",
        world.conversation("ben", "salon").unwrap()
    );
    let body = serde_json::json!({"customer_id": anna["id"]});
    world
        .api("PUT", &joins, Some(body))
        .await
        .unwrap()
        .ok()
        .unwrap();

    let (ws, app) = (
        world.local.installation.workspace,
        world.runner().app.clone(),
    );
    let id = anna["id"].as_str().unwrap().parse().unwrap();
    let change = app::audit::Change {
        by: None,
        action: "erase_customer",
    };
    let erasure = app::erase::begin(&app, ws, id, change).await.unwrap();
    let erasure = erasure.unwrap();
    // The first runner has come to where the customer and the conversations are gone.
    let key = app.fresh_book(ws).await.unwrap().suppression_key.clone();
    let key = key.unwrap();
    let hashes = erasure.users.iter();
    let hashes: Vec<_> = hashes.map(|(on, user)| key.hash(*on, user)).collect();
    let customer = app.store.customer(ws, id).await.unwrap().unwrap();
    let forgotten = app.store.forget_customer(&customer, (&hashes, &[]));
    assert!(forgotten.await.unwrap());
    for conversation in &erasure.conversations {
        while app
            .store
            .delete_conversation_page(ws, *conversation)
            .await
            .unwrap()
        {}
    }
    world.advance(chrono::TimeDelta::seconds(20)).await.unwrap();
    writes(&mut world, "anna", "START").await;
    app::erase::go_on(&app, ws, id).await.unwrap();
    let ben = writes(&mut world, "ben", "Hallo, ich bin's wieder").await;
    assert!(ben["opted_out_at"].is_string(), "{ben}");
}
