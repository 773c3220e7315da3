//! E-mail templates: what they say, what may stand in them, how they look.

use serde_json::{Value, json};

use crate::world::World;

const WAIVER: &str = "/v1/mail-templates/waiver_updated";

fn text(subject: &str, text: &str) -> Value {
    json!({"subject": subject, "body": {"format": "text", "text": text}})
}

/// MO-12: all can be found, each with its own variables and no others.
#[tokio::test]
async fn mo_12_every_template_is_listed_with_the_variables_that_work_in_it() {
    let world = World::new().await;
    let mut kinds = Vec::new();
    let mut at = "/v1/mail-templates?limit=8&locale=de".to_owned();
    loop {
        let page = world.get(&at).await.expect(200).body;
        kinds.extend(page["mail_templates"].as_array().unwrap().clone());
        let Some(next) = page["meta"]["next_cursor"].as_str() else {
            break;
        };
        at = format!("/v1/mail-templates?limit=8&locale=de&cursor={next}");
    }
    assert_eq!(kinds.len(), mail::TemplateKind::ALL.len());
    assert!(
        kinds
            .iter()
            .all(|kind| kind["built_in"] == true && kind["version"] == 0)
    );

    let waiver = world.get(&format!("{WAIVER}?locale=de")).await.expect(200);
    assert_eq!(waiver.header("etag"), "\"0\"");
    let names: Vec<&str> = waiver.body["variables"]
        .as_array()
        .unwrap()
        .iter()
        .map(|variable| variable["copy"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "##{{first_name}}",
            "##{{last_name}}",
            "##{{full_name}}",
            "##{{business_name}}",
            "##{{noteToCustomers}}",
            "##{{url}}",
        ]
    );
    assert_eq!(waiver.body["variables"][5]["required"], true);
    assert_eq!(waiver.body["title"], "Aktualisierte Verzichtserklärung");
    world
        .get("/v1/mail-templates/newsletter")
        .await
        .problem(404, "not_found", "");
}

/// MO-14: a misspelt variable is refused with the nearest name; MO-20: `##{{url}}` must stay.
#[tokio::test]
async fn mo_14_and_mo_20_what_would_look_odd_or_be_useless_is_refused_on_save() {
    let world = World::new().await;
    let misspelt = json!({"versions": {"de": text("Neu", "Hallo ##{{firstname}}, ##{{url}}")}});
    let refused = world.patch(WAIVER, misspelt).await.problem(
        422,
        "unknown_variable",
        "versions.de.body.text",
    );
    assert!(
        refused.body.to_string().contains("first_name"),
        "{}",
        refused.body
    );

    let without = json!({"versions": {"de": text("Neu", "Bitte unterschreiben.")}});
    let refused =
        world
            .patch(WAIVER, without)
            .await
            .problem(422, "required_variable", "versions.de.body");
    assert!(
        refused.body.to_string().contains("##{{url}}"),
        "{}",
        refused.body
    );

    let foreign = json!({"versions": {"de": text("Neu", "##{{class_name}} ##{{url}}")}});
    world
        .patch(WAIVER, foreign)
        .await
        .problem(422, "unknown_variable", "versions.de.body.text");
    let nothing = json!({"versions": {"de": null, "en": null}});
    world
        .patch(WAIVER, nothing)
        .await
        .problem(422, "required", "versions");
    assert_eq!(world.get(WAIVER).await.body["version"], 0);
}

/// MO-19: as text, as blocks and as HTML; one language at a time; back to the built-in texts.
#[tokio::test]
async fn mo_19_a_template_is_changed_by_language_and_reset() {
    let world = World::new().await;
    let german = text("Neue Erklärung", "Hallo ##{{first_name}}!\n\n##{{url}}");
    let changed = world
        .patch(WAIVER, json!({"versions": {"de": german}}))
        .await
        .expect(200);
    assert_eq!(
        (&changed.body["version"], &changed.body["built_in"]),
        (&json!(1), &json!(false))
    );
    assert_eq!(changed.body["versions"]["de"], german);
    assert!(
        changed.body["versions"]["en"].is_object(),
        "the other language stays"
    );

    let blocks = json!({"subject": "New waiver", "body": {"format": "blocks", "blocks": [
        {"type": "heading", "level": 1, "text": "Hello ##{{first_name}}"},
        {"type": "columns", "columns": [
            [{"type": "text", "runs": [{"text": "Please ", "bold": true}, {"text": "sign again."}]}],
            [{"type": "button", "label": "Sign", "link": "##{{url}}"}],
        ]},
    ]}});
    let stale = [("if-match", "\"0\"")];
    let body = json!({"versions": {"en": blocks}});
    let refused = world
        .call("PATCH", WAIVER, &stale, Some(body.clone()))
        .await;
    refused.problem(412, "stale_version", "");
    let changed = world.patch(WAIVER, body).await.expect(200);
    assert_eq!(changed.header("etag"), "\"2\"");

    let alone = world
        .patch(WAIVER, json!({"versions": {"de": null}}))
        .await
        .expect(200);
    assert_eq!(alone.body["warnings"][0]["code"], "no_version");
    assert_eq!(alone.body["warnings"][0]["field"], "versions.de");

    let reset = world.call("DELETE", WAIVER, &[], None).await.expect(200);
    assert_eq!(
        (&reset.body["version"], &reset.body["built_in"]),
        (&json!(4), &json!(true))
    );
    let again = world.call("DELETE", WAIVER, &[], None).await.expect(200);
    assert_eq!(again.body["version"], 4, "nothing changed");

    let audit = world
        .get("/v1/audit?resource=mail_template")
        .await
        .expect(200)
        .body;
    // All within one millisecond, so in no order.
    let after = |action: &str| -> Vec<Value> {
        let entries = audit["audit"].as_array().unwrap().iter();
        let wanted = entries.filter(|entry| entry["action"] == action);
        wanted.map(|entry| entry["after"].clone()).collect()
    };
    assert_eq!(after("reset_mail_template"), [Value::Null]);
    let changes = after("update_mail_template");
    assert_eq!(changes.len(), 3, "{audit}");
    assert!(changes.iter().any(|after| after["de"] == german));
}

/// A preview shows the draft with the business's name, looks and address, and saves nothing.
#[tokio::test]
async fn mo_13_a_preview_fills_in_samples_and_shows_what_stays_empty() {
    let world = World::new().await;
    let layout = json!({
        "accent": "#005F73", "logo": "https://example.org/logo.png",
        "address": ["Torstraße 12", "10119 Berlin"],
    });
    let layout = world.patch("/v1/mail-layout", layout).await.expect(200);
    assert_eq!(layout.body["accent"], "#005f73");
    let draft = json!({"versions": {"de": text(
        "Für ##{{first_name}}", "Bei ##{{business_name}}: ##{{noteToCustomers}}\n\n##{{url}}"
    )}});
    let at = format!("{WAIVER}/preview?locale=de");
    let mail = world.post(&at, draft).await.expect(200).body;
    assert_eq!(mail["subject"], "Für Ursula");
    let (text, html) = (
        mail["text"].as_str().unwrap(),
        mail["html"].as_str().unwrap(),
    );
    assert!(
        text.contains("Bei Salon Mitte: Jane ist leider krank."),
        "{text}"
    );
    assert!(
        text.contains("10119 Berlin") && text.contains("abbestellen"),
        "{text}"
    );
    assert!(html.contains("https://example.org/logo.png") && html.contains("#005f73"));
    assert_eq!(world.get(WAIVER).await.body["version"], 0);

    let saved = world.post(&at, json!({})).await.expect(200).body;
    assert_ne!(saved["subject"], mail["subject"]);
    let staff = "/v1/mail-templates/staff_booking/preview";
    let staff = world.post(staff, json!({})).await.expect(200).body;
    assert!(!staff["text"].as_str().unwrap().contains("abbestellen"));
}

#[tokio::test]
async fn looks_that_no_mail_can_have_are_refused_by_field() {
    let world = World::new().await;
    for (body, code, field) in [
        (json!({"accent": "blue"}), "invalid_color", "accent"),
        (
            json!({"logo": "http://example.org/logo.png"}),
            "invalid_link",
            "logo",
        ),
        (
            json!({"address": ["a", "b", "c", "d", "e", "f", "g"]}),
            "too_many",
            "address",
        ),
        (json!({"address": ["a", " "]}), "required", "address[1]"),
        (
            json!({"refund_texts": {"card": {"de": "##{{amout}} zurück"}}}),
            "unknown_variable",
            "refund_texts.card.de",
        ),
    ] {
        world
            .patch("/v1/mail-layout", body)
            .await
            .problem(422, code, field);
    }
    let kept = world
        .patch("/v1/mail-layout", json!({"address": ["Torstraße 12"]}))
        .await;
    assert_eq!(kept.expect(200).body["version"], 1);
    let cleared = json!({"accent": null, "logo": null, "address": null});
    let cleared = world
        .patch("/v1/mail-layout", cleared)
        .await
        .expect(200)
        .body;
    assert_eq!(cleared["address"], json!([]));
}

/// One text for each means of payment; what is taken back is the built-in one again.
#[tokio::test]
async fn mo_33_texts_about_refunds_are_the_businesss_own() {
    let world = World::new().await;
    let of = |texts: Value| json!({ "refund_texts": texts });
    let own = json!({"card": {"de": "Auf Ihre Karte: ##{{amount}}"}, "free": {"en": ""}});
    let saved = world.patch("/v1/mail-layout", of(own.clone())).await;
    assert_eq!(saved.expect(200).body["refund_texts"], own);
    let back = json!({"card": {"de": null}});
    let saved = world.patch("/v1/mail-layout", of(back)).await.expect(200);
    assert_eq!(saved.body["refund_texts"], json!({"free": {"en": ""}}));
}

/// The audit log holds a template twice, before and after, and has to hold the largest, too.
#[tokio::test]
async fn a_template_at_the_limit_of_the_body_is_saved_and_audited() {
    let world = World::new().await;
    let long = |word: &str| {
        let html = format!(
            "<p>##{{{{url}}}}</p>{}",
            format!("<p>{word}</p>").repeat(10_000)
        );
        json!({"versions": {"de": {"subject": "Lang", "body": {
            "format": "html", "html": html, "text": "##{{url}}",
        }}}})
    };
    for word in ["eins", "zwei"] {
        let saved = world.patch(WAIVER, long(word)).await.expect(200);
        assert_eq!(saved.body["warnings"][0]["code"], "clipped_by_gmail");
    }
    let audit = world
        .get("/v1/audit?resource=mail_template&limit=1")
        .await
        .expect(200)
        .body;
    let after = &audit["audit"][0]["after"]["de"];
    assert!(after["body_bytes"].as_u64().unwrap() > 100_000, "{after}");
}
