//! Templates: read from the platform, made on it.

use local::Answer;
use serde_json::{Value, json};

use crate::world::World;

async fn whatsapp(world: &World) -> String {
    let body = json!({
        "channel": "whatsapp", "name": "Salon", "account": "1065", "business_account": "1029",
        "secrets": {"token": "EAAG"},
    });
    world
        .post("/v1/connections", body)
        .await
        .expect(201)
        .header("location")
        .to_owned()
}

fn template(name: &str, status: &str) -> Value {
    json!({
        "id": "1", "name": name, "language": "de", "status": status, "category": "UTILITY",
        "parameter_format": "NAMED",
        "components": [{"type": "BODY", "text": "Hallo {{first_name}}, Ihr Termin am {{tag}} steht."}],
    })
}

#[tokio::test]
async fn a_synchronisation_pages_through_the_list_and_marks_what_vanished() {
    let world = World::new().await;
    let at = whatsapp(&world).await;
    let first = json!({"data": [template("termin", "APPROVED")], "paging": {"next": "https://x", "cursors": {"after": "c2"}}});
    let second =
        json!({"data": [template("kauf", "PENDING")], "paging": {"cursors": {"after": "c3"}}});
    world.http.answer_by(move |request, _| {
        let page = if request.url.contains("&after=c2") {
            &second
        } else {
            &first
        };
        Answer::json(200, page)
    });
    let sync = format!("{at}/templates/sync");
    let found = world.call("POST", &sync, &[], None).await.expect(200);
    assert_eq!(
        found.body,
        json!({"found": 2, "vanished": [], "unreadable": []})
    );
    assert_eq!(world.http.outbox().len(), 2);

    let approved = world
        .get(&format!("{at}/templates?status=approved"))
        .await
        .expect(200);
    let approved = approved.body["templates"].as_array().unwrap().clone();
    assert_eq!(approved.len(), 1);
    assert_eq!(approved[0]["body_parameters"], json!(["first_name", "tag"]));

    world.http.next(Answer::json(
        200,
        &json!({"data": [template("kauf", "APPROVED")]}),
    ));
    let again = world.call("POST", &sync, &[], None).await.expect(200);
    assert_eq!(again.body["vanished"], json!(["termin (de)"]));
    let vanished = world
        .get(&format!("{at}/templates?status=vanished"))
        .await
        .expect(200);
    assert_eq!(vanished.body["templates"][0]["name"], "termin");
}

#[tokio::test]
async fn a_template_is_made_on_the_platform_and_used_in_a_rule_when_approved() {
    let world = World::new().await;
    let at = format!("{}/templates", whatsapp(&world).await);
    world.http.next(Answer::json(
        200,
        &json!({"id": "9", "status": "APPROVED", "category": "MARKETING"}),
    ));
    let body = json!({
        "name": "termin_erinnerung", "language": "de", "category": "utility", "format": "named",
        "body": "Hallo {{first_name}}, Ihr Termin steht.", "examples": [{"name": "first_name", "text": "Anna"}],
    });
    let made = world.post(&at, body).await.expect(201);
    // The platform decides about the category.
    assert_eq!(
        (&made.body["category"], &made.body["status"]),
        (&json!("marketing"), &json!("approved"))
    );

    let rule = crate::world::rule_with(json!({
        "delay": {"hours": 48}, "message": null,
        "whatsapp_template": {"name": "termin_erinnerung", "language": "de",
            "parameters": [{"name": "first_name", "text": "##{{first_name}}"}]},
    }));
    let shown = world
        .post("/v1/rules/preview", rule.clone())
        .await
        .expect(200);
    assert_eq!(
        shown.body["sample"]["template"],
        "Hallo Ursula, Ihr Termin steht."
    );
    assert_eq!(shown.body["review"]["cost"]["extra"], true);
    world.post("/v1/rules", rule).await.expect(201);
}

#[tokio::test]
async fn what_the_platform_would_refuse_is_refused_here_and_its_own_no_is_told() {
    let world = World::new().await;
    let at = format!("{}/templates", whatsapp(&world).await);
    let body = |name: &str| json!({"name": name, "language": "de", "category": "utility", "body": "Hallo."});
    world
        .post(&at, body("Mit Leerzeichen"))
        .await
        .problem(422, "invalid_value", "name");
    assert!(world.http.outbox().is_empty());
    let no = json!({"error": {"code": 190, "message": "Session has expired"}});
    world.http.next(Answer::json(401, &no));
    let answer = world
        .post(&at, body("gut"))
        .await
        .problem(424, "platform_failed", "");
    assert!(
        answer.body["detail"].as_str().unwrap().contains("190"),
        "{}",
        answer.body
    );
    world.http.next(Answer::Refused);
    world
        .call("POST", &format!("{at}/sync"), &[], None)
        .await
        .problem(424, "platform_failed", "");
    let loopback = format!("/v1/connections/{}/templates/sync", world.loopback);
    world
        .call("POST", &loopback, &[], None)
        .await
        .problem(409, "conflict", "");
}
