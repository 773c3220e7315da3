//! What models may use up in a day, and what of it is counted.

use std::sync::Arc;

use app::ports::ModelFailure;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use store::{ModelLimits, Spent};

use crate::world::{Happening, PlayedModel, Say, World};

fn monday() -> DateTime<Utc> {
    "2026-11-02T08:00:00Z".parse().unwrap()
}

async fn usage(world: &World) -> Value {
    world.get("/v1/usage?days=1").await.unwrap()["usage"][0].clone()
}

#[tokio::test]
async fn calls_beside_each_other_do_not_pass_the_limits_together() {
    let world = World::start(monday(), None).await.unwrap();
    let app = Arc::clone(&world.runner().app);
    let ws = world.local.installation.workspace;
    let today = monday().date_naive();
    let most = Spent {
        tokens: 300,
        cost_micros: 70,
    };
    let admitted = async |limits: ModelLimits, date| {
        let tries = (0..20).map(|_| {
            let app = Arc::clone(&app);
            tokio::spawn(async move { app.store.reserve_model_call(ws, date, most, limits).await })
        });
        let mut admitted = 0;
        for one in tries.collect::<Vec<_>>() {
            admitted += u32::from(one.await.unwrap().unwrap());
        }
        admitted
    };
    let tokens = ModelLimits {
        tokens: 1_499,
        cost_micros: None,
    };
    assert_eq!(admitted(tokens, today).await, 4);
    let cost = ModelLimits {
        tokens: 1_000_000,
        cost_micros: Some(210),
    };
    assert_eq!(admitted(cost, today.succ_opt().unwrap()).await, 3);
    let nothing = ModelLimits {
        tokens: 299,
        cost_micros: None,
    };
    assert_eq!(admitted(nothing, today.pred_opt().unwrap()).await, 0);
}

/// Anna writes and is answered; the rules are put to the model two minutes later.
async fn ask(world: &mut World, person: &str) {
    let wrote = Happening::Wrote {
        text: "Hallo, habt ihr noch einen Termin frei?".to_owned(),
        at: world.now(),
    };
    world.happens("loopback", person, &wrote).await.unwrap();
    let id = world.conversation(person, "loopback").unwrap();
    let path = format!("/v1/conversations/{id}/messages");
    let answer = json!({ "text": "Gern! Dienstag um 10:00?" });
    let answer = world.api("POST", &path, Some(answer)).await.unwrap();
    answer.ok().unwrap();
    world.advance(TimeDelta::minutes(3)).await.unwrap();
}

#[tokio::test]
async fn what_was_set_aside_is_settled_and_a_late_answer_counts_as_read() {
    let model = Arc::new(PlayedModel::default());
    let mut world = World::start(monday(), Some(Arc::clone(&model)))
        .await
        .unwrap();
    let rule = json!({
        "name": "Termin", "enabled": true,
        "trigger": { "type": "silence", "description": "Asked for an appointment" },
        "stop": { "description": "Stop when it is booked" },
        "delay": { "mode": "manual", "minutes": 240 },
        "message": { "mode": "custom", "text": "Passt einer der Termine?" },
    });
    world
        .api("POST", "/v1/rules", Some(rule))
        .await
        .unwrap()
        .ok()
        .unwrap();

    // An answer that cannot be used was paid for all the same: 100 tokens read, 10 written.
    model.next(Say::Text("nonsense".to_owned()), None);
    ask(&mut world, "anna").await;
    let first = usage(&world).await;
    assert_eq!(first["model_calls"], 1);
    assert_eq!(
        (&first["input_tokens"], &first["output_tokens"]),
        (&json!(100), &json!(10))
    );
    assert_eq!(first["model_tokens"], 110);
    assert_eq!(first["model_cost_micros"], 150);

    model.next(Say::Fail(ModelFailure::Late), None);
    ask(&mut world, "ben").await;
    let second = usage(&world).await;
    assert_eq!(second["model_calls"], 2);
    let read = second["input_tokens"].as_u64().unwrap() - 100;
    assert!(read > 200, "the question is longer than that: {read}");
    assert_eq!(second["output_tokens"], 10);
    assert_eq!(second["model_tokens"], 110 + read);
    assert_eq!(second["model_cost_micros"], 150 + read);

    // Less is left than the question may need: it is not asked.
    let limit = json!({ "ai_daily_cost_micros": 150 + read + 100 });
    world
        .api("PATCH", "/v1/settings", Some(limit))
        .await
        .unwrap()
        .ok()
        .unwrap();
    ask(&mut world, "cara").await;
    assert_eq!(usage(&world).await, second);
    assert_eq!(model.asked(), 2);
}
