//! Customers from a table of another program.

use app::erase::go_on;
use domain::channel::{Channel, ChannelUser};
use domain::conversation::Conversation;
use domain::customer::Reach;
use domain::ids::CustomerId;
use serde_json::{Value, json};
use store::Commit;

use crate::world::World;

const TABLE: &str = "\
reference,Vorname,Nachname,E-Mail,Mobil,Tags,#notes
crm-1,Berta,Brot,berta@example.org,+49 151 1234567,vip; regular,x
crm-2,Carl,Cidre,carl@example.org,,,
";

async fn import(world: &World, query: &str, table: &str) -> Value {
    let path = format!("/v1/customers/import?{query}");
    world.post(&path, json!(table)).await.expect(200).body
}

async fn customers(world: &World) -> Vec<Value> {
    let listed = world.get("/v1/customers").await.expect(200);
    listed.body["customers"].as_array().unwrap().clone()
}

fn counts(report: &Value) -> [u64; 5] {
    ["rows", "new", "completed", "unchanged", "broken"].map(|name| report[name].as_u64().unwrap())
}

#[tokio::test]
async fn a_table_becomes_customers_and_a_second_time_nothing_new() {
    let world = World::new().await;
    let dry = import(&world, "dry_run=true", TABLE).await;
    assert_eq!(
        (counts(&dry), &dry["stored"]),
        ([2, 2, 0, 0, 0], &json!(false))
    );
    assert_eq!(customers(&world).await.len(), 0);
    let first = import(&world, "", TABLE).await;
    assert_eq!(
        (counts(&first), &first["stored"]),
        ([2, 2, 0, 0, 0], &json!(true))
    );
    let known = customers(&world).await;
    assert_eq!(known[0]["full_name"], "Berta Brot");
    assert_eq!(known[0]["tags"], json!(["regular", "vip"]));
    assert_eq!(known[0]["phones"][0]["value"], "+491511234567");
    assert_eq!(known[1]["reference"], "crm-2");
    let again = import(&world, "", TABLE).await;
    assert_eq!(counts(&again), [2, 0, 0, 2, 0]);
    assert_eq!(customers(&world).await, known);
    let audit = world.get("/v1/audit").await.expect(200).body;
    let imports = audit["audit"].as_array().unwrap().iter();
    let imports: Vec<_> = imports
        .filter(|it| it["action"] == "import_customers")
        .collect();
    assert_eq!(imports.len(), 1);
    assert_eq!(imports[0]["after"], json!({"rows": 2, "broken": 0}));
}

#[tokio::test]
async fn what_is_known_stays_and_what_is_missing_is_added() {
    let world = World::new().await;
    import(&world, "", TABLE).await;
    let more = "reference;name;email;language\n\
        crm-1;Somebody Else;b.brot@example.net;de\n\
        ;Carl Cidre;CARL@example.org;en\n\
        ;Dora Dill;carl@example.org;\n";
    let report = import(&world, "", more).await;
    assert_eq!(counts(&report), [3, 1, 2, 0, 0]);
    let known = customers(&world).await;
    let names: Vec<_> = known
        .iter()
        .map(|it| it["full_name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["Berta Brot", "Carl Cidre", "Dora Dill"]);
    assert_eq!(known[0]["emails"].as_array().unwrap().len(), 2);
    assert_eq!(
        (&known[1]["locale"], &known[1]["reference"]),
        (&json!("en"), &json!("crm-2"))
    );
}

#[tokio::test]
async fn as_long_as_a_row_is_broken_none_is_stored() {
    let world = World::new().await;
    let table = "reference,name,email,language\n\
        crm-1,Berta Brot,berta@,de\n\
        crm-2,Carl Cidre,carl@example.org,kl\n\
        crm-3,Dora Dill,dora@example.org,de\n\
        crm-3,Dora Dull,dull@example.org,de\n\
        crm-5,too,many,cells,here\n";
    let report = import(&world, "", table).await;
    assert_eq!(
        (counts(&report), &report["stored"]),
        ([5, 1, 0, 0, 4], &json!(false))
    );
    let problems = report["problems"].as_array().unwrap().iter();
    let found: Vec<_> = problems
        .map(|it| (it["row"].as_u64().unwrap(), it["code"].as_str().unwrap()))
        .collect();
    assert_eq!(
        found,
        [(2, "email"), (3, "language"), (5, "doubled"), (6, "cells")]
    );
    assert!(
        !report.to_string().contains("berta@"),
        "no cell is repeated"
    );
    assert_eq!(customers(&world).await.len(), 0);
    let report = import(&world, "skip_broken=true", table).await;
    assert_eq!(
        (counts(&report), &report["stored"]),
        ([5, 1, 0, 0, 4], &json!(true))
    );
    assert_eq!(customers(&world).await.len(), 1);
}

#[tokio::test]
async fn mo_28_an_import_lifts_no_refusal_and_needs_the_text_that_was_agreed_to() {
    let world = World::new().await;
    import(&world, "", TABLE).await;
    let id = customers(&world).await[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/v1/customers/{id}/consents");
    let refuse = json!({"class": "email_marketing", "allowed": false});
    world.post(&path, refuse).await.expect(200);
    let table = "reference,email,email_marketing,sms_stopped\n\
        crm-1,berta@example.org,ja,\ncrm-2,carl@example.org,ja,ja\n";
    let refused = world.post("/v1/customers/import", json!(table)).await;
    refused.problem(422, "missing", "consent_text");
    let query = "consent_text=Ja%2C%20schickt%20mir%20den%20Newsletter";
    let report = import(&world, query, table).await;
    assert_eq!(
        (counts(&report), &report["refusals_kept"]),
        ([2, 0, 1, 1, 0], &json!(1))
    );
    let standing = async |id: &str| {
        let path = format!("/v1/customers/{id}/consents");
        world.get(&path).await.expect(200).body
    };
    let state = |said: &Value| {
        let mut classes = said["standing"]["classes"].as_array().unwrap().iter();
        let found = classes.find(|it| it["class"] == "email_marketing");
        found.unwrap()["state"].clone()
    };
    assert_eq!(state(&standing(&id).await), "refused");
    let carl = customers(&world).await[1]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let said = standing(&carl).await;
    assert_eq!(state(&said), "granted");
    assert_eq!(
        said["entries"][0]["shown"],
        "Ja, schickt mir den Newsletter"
    );
    // What is told again is said once.
    let again = import(&world, query, table).await;
    assert_eq!(counts(&again), [2, 0, 0, 2, 0]);
}

async fn writes_by_sms(world: &World, id: CustomerId) {
    let (ws, connection, channel) = (world.workspace, world.loopback, Channel::Sms);
    let user = ChannelUser::parse("+491511234567").unwrap();
    let mut head = Conversation::new(ws, connection, channel, user, id, world.app.now());
    head.version = 1;
    let mut customer = world.app.store.customer(ws, id).await.unwrap().unwrap();
    customer.version += 1;
    customer.conversations.push(Reach {
        conversation: head.id,
        connection,
        channel,
        window_closes_at: None,
        refusal: None,
    });
    world
        .commit(&Commit {
            head: Some(head),
            customer: Some(customer),
            ..Commit::default()
        })
        .await;
}

#[tokio::test]
async fn nx_11_who_was_erased_and_had_refused_still_does_when_they_are_imported() {
    let world = World::new().await;
    let made = world.post("/v1/customers", json!({"name": {"first": "Berta"}}));
    let id = made.await.expect(201).body["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let id = CustomerId::parse(&id).unwrap();
    writes_by_sms(&world, id).await;
    let told = json!({"opted_out": true, "source": "phone", "note": "called us"});
    let path = format!("/v1/customers/{id}/consent");
    world.post(&path, told).await.expect(200);
    let path = format!("/v1/customers/{id}");
    world.call("DELETE", &path, &[], None).await.expect(204);
    go_on(&world.app, world.workspace, id).await.unwrap();
    import(&world, "", TABLE).await;
    let known = customers(&world).await;
    assert!(known[0]["opted_out_at"].is_string(), "{known:?}");
    assert!(known[1]["opted_out_at"].is_null());
}

/// A refusal of e-mail outlives the person as well, whether or not a mail was ever written to them, and
/// whoever else has the address is told to by it.
#[tokio::test]
async fn nx_11_who_was_erased_still_wants_no_advertising_by_mail() {
    let world = World::new().await;
    let berta = json!({"name": {"first": "Berta"}, "emails": [{"value": "berta@example.org"}]});
    let made = world.post("/v1/customers", berta.clone()).await.expect(201);
    let path = format!("/v1/customers/{}", made.body["id"].as_str().unwrap());
    let off = json!({"class": "email_marketing", "allowed": false});
    world
        .post(&format!("{path}/consents"), off)
        .await
        .expect(200);
    let refused = async |id: &str| {
        let shown = world
            .get(&format!("/v1/customers/{id}/consents"))
            .await
            .expect(200)
            .body;
        let mut classes = shown["standing"]["classes"].as_array().unwrap().iter();
        let marketing = classes.find(|it| it["class"] == "email_marketing").unwrap();
        marketing["state"] == "refused"
    };
    world.call("DELETE", &path, &[], None).await.expect(204);
    let id = CustomerId::parse(made.body["id"].as_str().unwrap()).unwrap();
    go_on(&world.app, world.workspace, id).await.unwrap();

    let table = "name,email,email_marketing\nBerta,berta@example.org,yes\n";
    import(&world, "consent_text=Ja", table).await;
    let known = customers(&world).await;
    assert!(refused(known[0]["id"].as_str().unwrap()).await, "{known:?}");

    let path = format!("/v1/customers/{}", known[0]["id"].as_str().unwrap());
    world.call("DELETE", &path, &[], None).await.expect(204);
    let id = CustomerId::parse(known[0]["id"].as_str().unwrap()).unwrap();
    go_on(&world.app, world.workspace, id).await.unwrap();
    let again = world.post("/v1/customers", berta).await.expect(201).body;
    assert!(refused(again["id"].as_str().unwrap()).await);
    let other = json!({"name": {"first": "Otto"}});
    let other = world.post("/v1/customers", other).await.expect(201).body;
    let other = other["id"].as_str().unwrap();
    assert!(!refused(other).await);
    let emails = json!({"emails": [{"value": "Berta@example.org"}]});
    let path = format!("/v1/customers/{other}");
    world
        .call("PATCH", &path, &[], Some(emails))
        .await
        .expect(200);
    assert!(refused(other).await);
}

#[tokio::test]
async fn tables_that_are_none_are_refused() {
    let world = World::new().await;
    let post = async |query: &str, table: &str| {
        let path = format!("/v1/customers/import?{query}");
        world.post(&path, json!(table)).await
    };
    let answer = post("", "frist_name,email\nBerta,b@example.org\n").await;
    answer.problem(422, "unknown_column", "columns[0]");
    let answer = post("fields=shoe%20size", "name,shoe size\nBerta,39\n").await;
    answer.expect(200);
    let long: String = (0..=5000)
        .map(|n| format!("kunde{n}@example.org\n"))
        .collect();
    let answer = post("dry_run=true", &format!("email\n{long}")).await;
    assert!(
        answer
            .expect(422)
            .body
            .to_string()
            .contains("too_many_rows")
    );
    let list = post("dry_run=true", "email\na@example.org\nb@example.org\n").await;
    assert_eq!(counts(&list.expect(200).body), [2, 2, 0, 0, 0]);
}
