//! What the owner changes holds from the moment of the answer: a function that is warm knows it at
//! the claim, however fresh it believes its book to be.

use std::sync::atomic::{AtomicU32, Ordering};

use chrono::TimeDelta;
use domain::channel::ChannelUser;
use domain::conversation::Conversation;
use domain::ids::ConnectionId;
use domain::template::{Template, TemplateStatus};
use local::Fault;
use serde_json::json;

use crate::installation::{Installation, whatsapp};

/// Anna's follow-up is due, and ben's ten seconds later.
struct World {
    installation: Installation,
    connection: ConnectionId,
}

const PEOPLE: [&str; 2] = ["DE.13491208655302741918", "DE.20871466390155820047"];

impl World {
    async fn new() -> Self {
        let installation = Installation::new().await;
        let connection = installation.whatsapp().await;
        let world = Self {
            installation,
            connection,
        };
        let template = world.template();
        let (ws, store) = (world.installation.workspace, &world.installation.store);
        assert!(store.put_template(ws, &template).await.unwrap());
        // After the window.
        let named = json!({"name": template.name, "language": template.language});
        let rule = world
            .installation
            .rule_with(25 * 60, "whatsapp_template", named);
        rule.await;
        for (person, number) in PEOPLE.into_iter().zip(1..) {
            let (asked, answered) = (format!("wamid.{number}a"), format!("wamid.{number}b"));
            let now = world.installation.now();
            let asked = whatsapp::text(person, &asked, now, "Habt ihr noch einen Termin frei?");
            let answered = whatsapp::echo(person, &answered, now, "Gern! Dienstag um 10:00?");
            for (field, element) in [("messages", asked), ("message_echoes", answered)] {
                let path = format!("/webhooks/whatsapp/{connection}");
                let change = whatsapp::change(person, field, vec![element]);
                let body = whatsapp::body(vec![vec![change]]);
                world.installation.meta(&path, &body).await.expect(200);
            }
            world.installation.settle().await;
            world.installation.advance(TimeDelta::seconds(10)).await;
        }
        // Both are judged, and their follow-ups planned.
        world.installation.advance(TimeDelta::minutes(5)).await;
        world
    }

    fn template(&self) -> Template {
        Template {
            version: 1,
            connection: self.connection,
            name: "termin_erinnerung".to_owned(),
            language: "de".to_owned(),
            status: TemplateStatus::Approved,
            category: domain::template::TemplateCategory::Utility,
            body: "Dein Termin ist noch offen.".to_owned(),
            body_parameters: Vec::new(),
            definition: json!({}),
            seen_at: self.installation.now(),
        }
    }

    /// Past anna's time, short of ben's: `dispatch` has read the book a moment ago.
    async fn first_is_sent(&self) {
        let due = self.pending(PEOPLE[0]).await.expect("it is pending");
        self.installation
            .advance(due - self.installation.now())
            .await;
        assert_eq!(self.installation.http.clear_outbox().len(), 1);
        let next = self.pending(PEOPLE[1]).await.expect("it is pending");
        let left = next - self.installation.now();
        assert!(
            left > TimeDelta::zero() && left < TimeDelta::seconds(30),
            "{left}"
        );
    }

    async fn second_is_due(&self) -> usize {
        self.installation.advance(TimeDelta::minutes(1)).await;
        self.installation.http.clear_outbox().len()
    }

    async fn pending(&self, person: &str) -> Option<chrono::DateTime<chrono::Utc>> {
        let user = ChannelUser::parse(person).unwrap();
        let id = Conversation::id_for(self.connection, &user);
        let (ws, store) = (self.installation.workspace, &self.installation.store);
        store.head(ws, id).await.unwrap()?.due_at()
    }
}

#[tokio::test]
async fn what_nothing_changes_is_sent() {
    let world = World::new().await;
    world.first_is_sent().await;
    assert_eq!(world.second_is_due().await, 1);
}

#[tokio::test]
async fn a_limit_that_was_lowered_a_moment_ago_holds() {
    let world = World::new().await;
    world.first_is_sent().await;
    let (ws, store) = (world.installation.workspace, &world.installation.store);
    let mut settings = store.settings(ws).await.unwrap().unwrap();
    settings.version += 1;
    settings.daily_send_limit = 1;
    assert!(store.put_settings(&settings).await.unwrap());
    assert_eq!(world.second_is_due().await, 0);
}

#[tokio::test]
async fn a_template_that_the_platform_paused_a_moment_ago_is_not_sent() {
    let world = World::new().await;
    world.first_is_sent().await;
    let (ws, store) = (world.installation.workspace, &world.installation.store);
    let paused = Template {
        version: 2,
        status: TemplateStatus::Paused,
        ..world.template()
    };
    assert!(store.put_template(ws, &paused).await.unwrap());
    assert_eq!(world.second_is_due().await, 0);
    // A list that was read before that does not take it back.
    assert!(
        !store
            .put_template(
                ws,
                &Template {
                    version: 2,
                    ..world.template()
                }
            )
            .await
            .unwrap()
    );
}

/// The customer's word is written first: whoever dies right after that has not missed anything, and
/// the same click again does what is left.
#[tokio::test]
async fn what_a_customer_refused_on_a_page_a_moment_ago_is_not_sent_whoever_dies_then() {
    for dies in [false, true] {
        let world = World::new().await;
        world.first_is_sent().await;
        let installation = &world.installation;
        let user = ChannelUser::parse(PEOPLE[1]).unwrap();
        let id = Conversation::id_for(world.connection, &user);
        let (ws, store) = (installation.workspace, &installation.store);
        let head = async || store.head(ws, id).await.unwrap().unwrap();
        let customer = head().await.customer;
        let link = installation.link(customer, "chat_transactional").await;
        installation.page("GET", &link).await.expect(200);
        let (dynamo, clicked) = (&installation.dynamo, async |status| {
            installation.page("POST", &link).await.expect(status);
            let known = store.customer(ws, customer).await.unwrap().unwrap();
            assert!(known.chat.opted_out_at.is_some());
        });
        if dies {
            let written = AtomicU32::new(0);
            dynamo.fail_by(move |operation, _| {
                let is_write = operation == "TransactWriteItems";
                match is_write && written.fetch_add(1, Ordering::Relaxed) > 0 {
                    true => Fault::Unavailable,
                    false => Fault::None,
                }
            });
            clicked(503).await;
            dynamo.heal();
            assert!(!head().await.is_opted_out());
        } else {
            clicked(200).await;
            assert!(head().await.is_opted_out());
        }
        assert_eq!(world.second_is_due().await, 0);
        clicked(200).await;
        assert!(head().await.is_opted_out());
        assert_eq!(head().await.due_at(), None);
    }
}
