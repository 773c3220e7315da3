//! Creating, finding and changing customers.

use domain::channel::Channel;
use serde_json::{Value, json};

use crate::world::World;

fn berta() -> Value {
    json!({
        "reference": "crm-17",
        "name": {"first": "Berta", "last": "Brot"},
        "emails": [
            {"value": "Berta.Brot@Example.com", "kind": "work"},
            {"value": "brot@example.org", "kind": "newsletter"},
        ],
        "phones": [{"value": "+49 151 1234567", "kind": "mobile"}],
        "locale": "de",
        "zone": "Europe/Vienna",
        "tags": ["Stammkundin", "VIP", "VIP"],
        "fields": {"shoe_size": 39, "allergic": true, "birthday": "1990-02-28"},
        "locations": ["Mitte"],
        "responsible": ["Jane"],
    })
}

async fn create(world: &World, body: Value) -> String {
    let made = world.post("/v1/customers", body).await.expect(201);
    made.body["id"].as_str().unwrap().to_owned()
}

async fn found(world: &World, filter: &str) -> Vec<String> {
    let answer = world
        .get(&format!("/v1/customers?{filter}"))
        .await
        .expect(200);
    let names = answer.body["customers"].as_array().unwrap().iter();
    names
        .map(|c| c["full_name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_customer_is_made_shown_and_changed() {
    let world = World::new().await;
    let made = world.post("/v1/customers", berta()).await.expect(201);
    let path = made.header("location").to_owned();
    assert_eq!(made.header("etag"), "\"1\"");
    let shown = world.get(&path).await.expect(200);
    assert_eq!(shown.body, made.body);
    assert_eq!(shown.body["full_name"], "Berta Brot");
    assert_eq!(shown.body["emails"][0]["value"], "Berta.Brot@example.com");
    assert_eq!(shown.body["phones"][0]["value"], "+491511234567");
    assert_eq!(shown.body["tags"], json!(["Stammkundin", "VIP"]));
    assert_eq!(shown.body["fields"]["shoe_size"], 39);
    assert_eq!(shown.body["opted_out_at"], Value::Null);

    let change = json!({"zone": null, "tags": [], "fields": {"shoe_size": null, "hat": "rund"}});
    let changed = world.patch(&path, change).await.expect(200);
    assert_eq!(changed.body["version"], 2);
    assert_eq!(changed.body["zone"], Value::Null);
    assert_eq!(changed.body["tags"], json!([]));
    let left = json!({"allergic": true, "birthday": "1990-02-28", "hat": "rund"});
    assert_eq!(changed.body["fields"], left);
    assert_eq!(changed.body["emails"], made.body["emails"]);
    // The same once more changes nothing.
    let again = world.patch(&path, json!({"tags": []})).await.expect(200);
    assert_eq!(again.body["version"], 2);
    let stale = [("if-match", "\"1\"")];
    let refused = world.call("PATCH", &path, &stale, Some(json!({"tags": ["x"]})));
    refused.await.problem(412, "stale_version", "");
}

#[tokio::test]
async fn a_customer_is_found_by_everything_they_are_known_as() {
    let world = World::new().await;
    let id = create(&world, berta()).await;
    create(
        &world,
        json!({"name": {"display": "Bernd Butter"}, "emails": [{"value": "brot@example.org"}]}),
    )
    .await;
    create(&world, json!({"name": {"display": "Zoë Zimt"}})).await;
    for (filter, names) in [
        ("reference=crm-17", vec!["Berta Brot"]),
        ("email=BERTA.brot@EXAMPLE.com", vec!["Berta Brot"]),
        ("email=brot@example.org", vec!["Bernd Butter", "Berta Brot"]),
        ("email=nobody@example.org", vec![]),
        ("phone=%2B491511234567", vec!["Berta Brot"]),
        ("name=BER", vec!["Bernd Butter", "Berta Brot"]),
        ("name=zo%C3%AB%20z", vec!["Zoë Zimt"]),
        ("name=brot", vec![]),
        ("", vec!["Bernd Butter", "Berta Brot", "Zoë Zimt"]),
    ] {
        assert_eq!(found(&world, filter).await, names, "{filter}");
    }
    // Also those of one address come in pages.
    let family = "/v1/customers?email=brot@example.org&limit=1";
    let first = world.get(family).await.expect(200).body;
    let cursor = first["meta"]["next_cursor"].as_str().unwrap();
    let second = world.get(&format!("{family}&cursor={cursor}")).await;
    let second = second.expect(200).body;
    let name = |page: &Value| page["customers"][0]["full_name"].to_string();
    assert_ne!(name(&first), name(&second));
    assert_eq!(second["customers"].as_array().map(Vec::len), Some(1));
    // What they are not known as any more does not find them, and somebody else can have it.
    let path = format!("/v1/customers/{id}");
    let change = json!({"reference": null, "emails": [{"value": "brot@example.org"}]});
    world.patch(&path, change).await.expect(200);
    assert!(
        found(&world, "email=berta.brot@example.com")
            .await
            .is_empty()
    );
    assert!(found(&world, "reference=crm-17").await.is_empty());
    let other = world.post("/v1/customers", json!({"reference": "crm-17"}));
    let other = other.await.expect(201).header("location").to_owned();
    let taken = world.patch(&path, json!({"reference": "crm-17"})).await;
    taken.problem(422, "taken", "reference");
    let taken = world
        .post("/v1/customers", json!({"reference": "crm-17"}))
        .await;
    taken.problem(422, "taken", "reference");
    // Another workspace has its own.
    let stranger = world.second().await;
    assert!(found(&stranger, "name=ber").await.is_empty());
    create(&stranger, berta()).await;
    stranger.get(&other).await.problem(404, "not_found", "");
}

#[tokio::test]
async fn who_writes_is_in_the_list_and_can_be_described() {
    let world = World::new().await;
    let id = world.conversation(world.loopback, Channel::Loopback).await;
    let head = world
        .get(&format!("/v1/conversations/{id}"))
        .await
        .expect(200);
    let customer = head.body["customer"]["id"].as_str().unwrap();
    assert_eq!(found(&world, "name=anna").await, ["Anna Alt"]);
    let path = format!("/v1/customers/{customer}");
    let described = world.patch(&path, json!({"emails": [{"value": "anna@example.com"}]}));
    assert_eq!(described.await.expect(200).body["full_name"], "Anna Alt");
    assert_eq!(found(&world, "email=anna@example.com").await, ["Anna Alt"]);
}

#[tokio::test]
async fn a_name_that_is_longer_than_names_are_is_refused() {
    let world = World::new().await;
    let list = async |length| {
        let path = format!("/v1/customers?name={}", "0".repeat(length));
        world.get(&path).await
    };
    list(100).await.expect(200);
    list(101).await.problem(400, "too_long", "name");
}

#[tokio::test]
async fn the_list_comes_in_pages() {
    let world = World::new().await;
    for number in 0..7 {
        // Several of one name.
        let name = format!("Kundin {}", number / 3);
        create(&world, json!({"name": {"display": name}})).await;
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = world
            .get(&format!("/v1/customers?name=kundin&limit=3{cursor}"))
            .await
            .expect(200);
        let customers = page.body["customers"].as_array().unwrap();
        seen.extend(
            customers
                .iter()
                .map(|c| c["id"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page.body["meta"]["next_cursor"].as_str() else {
            break;
        };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen.len(), 7);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 7);
    let forged = domain::cursor::encode("anna#rul_1");
    let answer = world.get(&format!("/v1/customers?cursor={forged}")).await;
    answer.problem(400, "bad_cursor", "");
}

#[tokio::test]
async fn nothing_of_an_erased_customer_stays() {
    let world = World::new().await;
    let headers = [("idempotency-key", "once")];
    let made = world
        .call("POST", "/v1/customers", &headers, Some(berta()))
        .await;
    let path = made.expect(201).header("location").to_owned();
    world
        .patch(&path, json!({"tags": ["Brotfreundin"]}))
        .await
        .expect(200);
    let traces = [
        "Berta",
        "berta",
        "Brot",
        "brot",
        "1511234567",
        "crm-17",
        "Stammkundin",
    ];
    let mentions = async || {
        let items = world.items().await.into_iter();
        items
            .map(|(_, text)| text)
            .filter(|text| traces.iter().any(|trace| text.contains(trace)))
            .count()
    };
    assert!(mentions().await >= 2);
    let gone = world.call("DELETE", &path, &[], None).await;
    gone.expect(204);
    assert_eq!(mentions().await, 0);
    for filter in ["email=brot@example.org", "reference=crm-17", "name=berta"] {
        assert!(found(&world, filter).await.is_empty(), "{filter}");
    }
    // Also not of the ways to find them.
    let items = world.items().await;
    assert!(
        items.iter().all(|(key, _)| !key.contains("#WHO#")),
        "{items:?}"
    );
}

#[tokio::test]
async fn wrong_input_is_refused_with_its_field_and_nothing_is_stored() {
    let world = World::new().await;
    for (body, field) in [
        (json!({"emails": [{"value": "berta"}]}), "emails[0].value"),
        (
            json!({"emails": [{"value": "a@example.com"}, {"value": "b@"}]}),
            "emails[1].value",
        ),
        (
            json!({"emails": vec![json!({"value": "a@example.com"}); 21]}),
            "emails",
        ),
        (
            json!({"phones": [{"value": "0151 1234567"}]}),
            "phones[0].value",
        ),
        (
            json!({"phones": [{"value": "+491511234567", "kind": "fax"}]}),
            "phones[0].kind",
        ),
        (json!({"name": {"first": "x".repeat(101)}}), "name.first"),
        (json!({"name": {"display": "a\nb"}}), "name.display"),
        (json!({"zone": "Berlin"}), "zone"),
        (json!({"locale": "fr"}), "locale"),
        (json!({"tags": [""]}), "tags[0]"),
        (json!({"fields": {"": 1}}), "fields."),
        (json!({"fields": {"size": 1.5}}), "fields.size"),
        (json!({"reference": "a b"}), "reference"),
        (json!({"vip": true}), "vip"),
    ] {
        let refused = world.post("/v1/customers", body).await;
        let named = refused.expect(422).body["errors"]
            .as_array()
            .unwrap()
            .clone();
        let named: Vec<_> = named
            .iter()
            .map(|error| error["field"].as_str().unwrap())
            .collect();
        assert_eq!(named, [field]);
    }
    for (filter, field) in [
        ("email=berta", "email"),
        ("phone=0151", "phone"),
        ("name=a&email=a@example.com", "name"),
    ] {
        let refused = world.get(&format!("/v1/customers?{filter}")).await;
        refused.problem(400, "invalid_value", field);
    }
    assert!(found(&world, "").await.is_empty());
}

#[tokio::test]
async fn an_opt_out_of_somebody_who_has_not_written_yet_holds_when_they_do() {
    let world = World::new().await;
    let id = create(&world, berta()).await;
    let path = format!("/v1/customers/{id}/consent");
    let said = |opted_out: bool| json!({"opted_out": opted_out, "source": "phone", "note": "Brot allein genuegt"});
    // Twice is once.
    for _ in 0..2 {
        let recorded = world.post(&path, said(true)).await.expect(200);
        assert!(recorded.body["opted_out_at"].is_string());
    }
    let log = world.get("/v1/audit?resource=customer").await.expect(200);
    let log = log.body["audit"].as_array().unwrap().clone();
    let noted = log
        .iter()
        .filter(|entry| entry["action"] == "record_consent");
    assert_eq!(noted.count(), 1, "{log:?}");

    let conversation = world.conversation(world.loopback, Channel::Loopback).await;
    let joined = format!("/v1/conversations/{conversation}/customer");
    let body = Some(json!({"customer_id": id}));
    let head = world.call("PUT", &joined, &[], body).await.expect(200);
    assert!(head.body["customer"]["opted_out_at"].is_string());

    let taken_back = world.post(&path, said(false)).await.expect(200);
    assert_eq!(taken_back.body["opted_out_at"], Value::Null);
    // What they said goes with them.
    let person = format!("/v1/customers/{id}");
    let gone = world.call("DELETE", &person, &[], None);
    gone.await.expect(204);
    let items = world.items().await;
    assert!(
        items.iter().all(|(_, text)| !text.contains("Brot")),
        "{items:?}"
    );
}

/// RFC 7396: what is absent stays, `null` clears.
#[tokio::test]
async fn a_customer_is_changed_by_a_merge_patch() {
    let world = World::new().await;
    let made = world
        .post(
            "/v1/customers",
            json!({
                "name": {"first": "Anna", "last": "Alt"}, "tags": ["vip"], "locations": ["Mitte"],
                "emails": [{"value": "anna@example.com"}], "fields": {"shoe": 38, "hat": 5},
            }),
        )
        .await
        .expect(201);
    let path = format!("/v1/customers/{}", made.body["id"].as_str().unwrap());
    let change = async |patch| world.patch(&path, patch).await.expect(200).body;
    let named = change(json!({"name": {"last": "Neu"}})).await;
    assert_eq!(named["name"]["first"], "Anna");
    assert_eq!(named["name"]["last"], "Neu");
    let half = change(json!({"name": {"first": null}, "fields": {"hat": null}})).await;
    assert_eq!(half["full_name"], "Neu");
    assert_eq!(half["fields"], json!({"shoe": 38}));
    let bare = json!({
        "name": null, "tags": null, "locations": null, "emails": null, "fields": null,
        "responsible": null, "phones": null,
    });
    let bare = change(bare).await;
    assert_eq!(bare["full_name"], "");
    for list in ["tags", "locations", "emails"] {
        assert_eq!(bare[list], json!([]), "{list}");
    }
    assert_eq!(bare["fields"], json!({}));
}

/// A part that staff correct is seen, whoever gave the whole name; what changes nothing does not
/// keep the platform's name from being updated.
#[tokio::test]
async fn a_corrected_part_of_a_name_is_seen() {
    let world = World::new().await;
    let id = create(&world, json!({"name": {"display": "Anna Alt"}})).await;
    let path = format!("/v1/customers/{id}");
    let named = world.patch(&path, json!({"name": {"last": "Neu"}})).await;
    assert_eq!(named.expect(200).body["full_name"], "Anna Neu");
    let same = world.patch(&path, json!({"name": {}})).await.expect(200);
    assert_eq!(same.body["version"], 2);
}
