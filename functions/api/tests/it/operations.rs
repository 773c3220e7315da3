//! Every operation of the router, from the document that is made of the same routes: a new route
//! is tried by every test that goes through these, or fails it.

use std::collections::BTreeMap;

use domain::channel::Channel;
use serde_json::{Value, json};

use crate::world::{World, rule};

/// From the lowest to the highest.
pub(crate) const ROLES: [&str; 5] = ["viewer", "agent", "editor", "admin", "owner"];

/// What answers without a key.
const PUBLIC: [&str; 2] = ["get_health", "get_openapi"];

/// One method of one address.
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: String,
    pub(crate) template: String,
    /// The place in [`ROLES`] of the lowest role that may call it; `None`: public.
    pub(crate) needed: Option<usize>,
}

/// All of them, in the order of their addresses.
pub(crate) fn operations() -> Vec<Operation> {
    let document: Value = serde_json::to_value(api::openapi()).unwrap();
    let mut found = Vec::new();
    for (template, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap().to_owned();
            let scopes = operation["security"][0]["key"].as_array();
            let needed = scopes.map(|scopes| {
                let [role] = scopes.as_slice() else {
                    panic!("{id} names {scopes:?}; one role")
                };
                let place = ROLES.iter().position(|known| role == known);
                place.unwrap_or_else(|| panic!("{id} names the unknown role {role}"))
            });
            assert_eq!(
                needed.is_none(),
                PUBLIC.contains(&id.as_str()),
                "{id} declares no role, or is public and declares one"
            );
            assert_eq!(
                operation["requestBody"].is_object(),
                example_body(&id).is_some(),
                "{id} needs an example in `example_body`"
            );
            found.push(Operation {
                id,
                method: method.to_uppercase(),
                template: template.clone(),
                needed,
            });
        }
    }
    assert!(found.len() > 30, "{}", found.len());
    found
}

impl Operation {
    /// The address with the ids of what exists.
    pub(crate) fn path(&self, things: &Things) -> String {
        let mut path = self.template.clone();
        if path.contains("{id}") {
            let noun = path.split('/').nth(2).unwrap();
            let id = things.ids.get(noun);
            path = path.replace("{id}", id.unwrap_or_else(|| panic!("no example of {noun}")));
        }
        let path = path.replace("{message_id}", &things.message);
        let path = path.replace("{reference}", "T-4711");
        let path = path.replace("{kind}", "waiver_updated");
        match self.id.as_str() {
            "list_messages" => format!("{path}?category=manual"),
            _ => path,
        }
    }

    /// A body that is accepted.
    pub(crate) fn body(&self) -> Option<Value> {
        example_body(&self.id)
    }
}

/// One of every noun, in a workspace.
pub(crate) struct Things {
    ids: BTreeMap<&'static str, String>,
    message: String,
    /// What an answer to somebody else must not hold.
    pub(crate) private: Vec<String>,
}

impl Things {
    pub(crate) async fn make(world: &World) -> Self {
        let made = |answer: crate::world::Answer| {
            let body = answer.expect(201).body;
            body["id"].as_str().unwrap().to_owned()
        };
        let conversation = world.conversation(world.loopback, Channel::Loopback).await;
        let head = world
            .get(&format!("/v1/conversations/{conversation}"))
            .await
            .expect(200);
        let customer = head.body["customer"]["id"].as_str().unwrap().to_owned();
        // To whom mails can be written.
        let emails = json!({"emails": [{"value": "anna@example.org", "kind": "private"}]});
        let path = format!("/v1/customers/{customer}");
        world
            .call("PATCH", &path, &[], Some(emails))
            .await
            .expect(200);
        let sender =
            json!({"channel": "email", "name": "Post Mitte", "sender": "hallo@salon.example"});
        made(world.post("/v1/connections", sender).await);
        let listed = world
            .get(&format!("/v1/conversations/{conversation}/messages"))
            .await
            .expect(200);
        let message = listed.body["messages"][0]["id"].as_str().unwrap();
        let rule = made(world.post("/v1/rules", rule()).await);
        let connection = json!({
            "channel": "whatsapp", "name": "Konto Mitte", "account": "4711001",
            "business_account": "4711002", "secrets": {"token": "token-of-mitte"},
        });
        let connection = made(world.post("/v1/connections", connection).await);
        let key = json!({"name": "Schluessel Mitte", "role": "viewer"});
        let key = made(world.post("/v1/keys", key).await);
        let segment = json!({"name": "Liste Mitte", "filter": {"is": "unread"}});
        let segment = made(world.post("/v1/segments", segment).await);
        let broadcast = json!({
            "medium": "email", "subject": "Neues", "text": "Neues von Mitte",
            "audience": {"kind": "everybody"},
        });
        let broadcast = made(world.post("/v1/broadcasts", broadcast).await);
        let notification = world.notification(conversation).await;
        let appointment = format!("/v1/customers/{customer}/appointments/T-4711");
        let booked = json!({"starts_at": world.app.now(), "status": "booked"});
        world
            .call("PUT", &appointment, &[], Some(booked))
            .await
            .expect(201);
        let conversation = conversation.to_string();
        let private = [
            world.workspace.to_string().as_str(),
            &world.loopback.to_string(),
            &world.key,
            &conversation,
            &customer,
            &rule,
            &connection,
            &key,
            &notification,
            &segment,
            "Liste Mitte",
            "Neues von Mitte",
            &broadcast,
            "Anna Alt",
            "Salon Mitte",
            "Konto Mitte",
            "Schluessel Mitte",
            "token-of-mitte",
            "4711",
            "kann ich einen Termin haben",
            "Erinnerung an ausstehenden Termin",
        ]
        .map(str::to_owned)
        .to_vec();
        Self {
            message: message.to_owned(),
            ids: BTreeMap::from([
                ("conversations", conversation),
                ("customers", customer),
                ("rules", rule),
                ("connections", connection),
                ("keys", key),
                ("notifications", notification),
                ("segments", segment),
                ("broadcasts", broadcast),
            ]),
            private,
        }
    }

    /// Well-formed ids of nothing.
    pub(crate) fn none() -> Self {
        let nothing = "0".repeat(32);
        let nouns = [
            ("conversations", "cnv_"),
            ("customers", "cus_"),
            ("rules", "rul_"),
            ("connections", "con_"),
            ("keys", "key_"),
            ("notifications", "ntf_"),
            ("segments", "seg_"),
            ("broadcasts", "brd_"),
        ];
        Self {
            ids: nouns
                .into_iter()
                .map(|(noun, prefix)| (noun, format!("{prefix}{nothing}")))
                .collect(),
            message: format!("msg_{nothing}"),
            private: Vec::new(),
        }
    }

    pub(crate) fn id(&self, noun: &str) -> &str {
        &self.ids[noun]
    }
}

fn example_body(operation: &str) -> Option<Value> {
    Some(match operation {
        "create_rule" | "preview_draft" => rule(),
        "update_rule" | "update_connection" => json!({"name": "meins"}),
        "create_connection" => json!({"channel": "loopback", "name": "meins"}),
        "update_conversation" => json!({"assignee": "ich"}),
        "create_customer" | "update_customer" => json!({"name": {"first": "Berta"}}),
        "join_conversation" => json!({"customer_id": format!("cus_{}", "0".repeat(32))}),
        "rehearse_message" => json!({"text": "Ich möchte keine Nachrichten mehr"}),
        "record_consent" => json!({"opted_out": true, "source": "phone", "note": "called us"}),
        "create_link" => json!({"for": "unsubscribe", "class": "email_marketing"}),
        "switch_consent" => json!({"class": "email_marketing", "allowed": false}),
        "import_appointments" => json!("customer_id,date\nK-1,2026-01-05\n"),
        "import_customers" => json!("name,email\nBerta Brot,berta@example.org\n"),
        "backtest_rebooking" => json!("customer_id,date\n1,2026-01-05\n1,2026-02-09\n"),
        "create_message" | "update_message" => json!({"text": "Hallo"}),
        "create_customer_message" => {
            json!({"medium": "email", "subject": "Hallo", "text": "Hallo"})
        }
        "put_appointment" => json!({"starts_at": "2026-11-20T10:00:00Z", "status": "booked"}),
        "create_appointment_event" => json!({
            "type": "created", "appointment": "T-1", "customer": "K-1",
            "at": "2026-11-01T10:00:00Z", "starts_at": "2026-11-20T10:00:00Z",
        }),
        "create_template" => json!({
            "name": "meins", "language": "de", "category": "utility", "body": "Hallo.",
        }),
        "create_key" => json!({"name": "meins", "role": "owner"}),
        "restrict_key" => json!({"location": "Bonn"}),
        "create_broadcast" => json!({
            "medium": "email", "subject": "Hallo", "text": "Hallo",
            "audience": {"kind": "everybody"},
        }),
        "confirm_broadcast" => json!({"receive": 1}),
        "create_segment" => {
            json!({"name": "Stammkundschaft", "filter": {"is": "tagged", "tag": "vip"}})
        }
        "update_segment" => json!({"name": "meins"}),
        "preview_segment" => json!({"filter": {"is": "waiting"}}),
        "order_segments" => json!({"segments": []}),
        "update_mail_template" | "preview_mail_template" => json!({"versions": {"en": null}}),
        "update_mail_layout" => json!({"accent": "#005f73"}),
        "except_account" => json!({"until": null}),
        "update_settings" => json!({"business_name": "meins"}),
        _ => return None,
    })
}
